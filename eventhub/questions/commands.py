"""What staff do with the questions of an event, and what the holder of a personal link does with answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.folding import slugify
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.locking import locked_event, refuse_cancelled
from eventhub.events.queries import EventRow, event_by_id, event_by_slug
from eventhub.questions.files import drop_files, keep_files
from eventhub.questions.queries import answers_of, has_answers, questions_of
from eventhub.questions.rules import (
    CHOOSING,
    LONGEST_ALL_ANSWERS,
    Definition,
    Option,
    Question,
    QuestionKind,
    Texts,
    all_characters,
    check_answers,
    check_definition,
    copied,
    needs_new_question,
    out_of_order,
    too_long,
    too_many,
)
from eventhub.registrations.queries import registration_by_link
from eventhub.registrations.rules import STANDING
from eventhub.settings import current_settings
from eventhub.words import Sentence


class DependedOn(Refusal):
    """Another question waits for an answer to this one."""

    status_code = 409


class NotInThisOrder(Refusal):
    """A question would come before the one that it depends on."""

    status_code = 409


class AnswersClosed(Refusal):
    """The registration is over or was given up, so its answers stay as they are."""

    status_code = 409


async def add_question(slug: str, new: Definition, *, now: datetime, account_id: UUID) -> Question:
    """
    Ask one more question, after the others.

    Raises:
        Problems: something about it is missing or wrong.
        EventIsCancelled: nobody registers for the event any more.

    """
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        refuse_cancelled(event)
        standing = await questions_of(event.id)
        new = tidied(new, event.language)
        _check(new, event, standing)
        if wrong := too_many(standing, [new]):
            raise Problems({"": [wrong]})
        question = _question(new, position=max((one.position for one in standing), default=-1) + 1)
        await _write(event.id, question, now)
        await _record("add_question", event, question, now=now, account_id=account_id)
    return question


async def change_question(
    slug: str, question_id: UUID, new: Definition, *, now: datetime, account_id: UUID
) -> Question:
    """
    Ask a question otherwise.

    Its answers stay. If they would mean something else, it is retired with
    them, and a new question takes its place.

    Returns:
        The question as it is asked now; with another id if it was replaced.

    Raises:
        NotFound: the event does not ask it.
        Problems: something about it is missing or wrong.
        DependedOn: another question waits for an answer that would be there no more.
        EventIsCancelled: nobody registers for the event any more.

    """
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        refuse_cancelled(event)
        standing = await questions_of(event.id)
        before, index = _found(standing, question_id)
        new = tidied(new, event.language)
        _check(new, event, standing[:index])
        if wrong := too_many([one for one in standing if one is not before], [new]):
            raise Problems({"": [wrong]})
        dependants = _dependants(standing, before.id)
        codes = {option.code for option in new.options} if new.kind in CHOOSING else set()
        for other in dependants:
            if other.shown_if and other.shown_if.value not in codes:
                raise _depended_on(other, event)
        if needs_new_question(before, new) and await has_answers(before.id):
            question = _question(new, position=before.position)
            await sql("UPDATE question SET retired_at = {} WHERE id = {}", now, question_id)
            await _write(event.id, question, now)
            for other in dependants:
                assert other.shown_if is not None
                follows = replace(other, shown_if=replace(other.shown_if, field=question.id))
                await _rewrite(follows)
            await _record("replace_question", event, question, now=now, account_id=account_id)
        else:
            question = _question(new, position=before.position, question_id=before.id)
            await _rewrite(question)
            await _record("change_question", event, question, now=now, account_id=account_id)
    return question


async def retire_question(slug: str, question_id: UUID, *, now: datetime, account_id: UUID) -> bool:
    """
    Ask a question no more.

    Returns:
        Whether it was answered, and therefore stays with its answers; else it is deleted.

    Raises:
        NotFound: the event does not ask it.
        DependedOn: another question waits for an answer to it.

    """
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        standing = await questions_of(event.id)
        question, _ = _found(standing, question_id)
        if dependants := _dependants(standing, question.id):
            raise _depended_on(dependants[0], event)
        # Whoever sends a file just now has the row until it is kept; then it counts as an answer.
        await sql(f"SELECT id FROM question WHERE id = {{}}{lock_clause()}", question_id)
        answered = await has_answers(question.id)
        if answered:
            await sql("UPDATE question SET retired_at = {} WHERE id = {}", now, question_id)
        else:
            await sql("DELETE FROM question WHERE id = {}", question_id)
        verb = "retire_question" if answered else "delete_question"
        await _record(verb, event, question, now=now, account_id=account_id)
    return answered


async def move_question(slug: str, question_id: UUID, *, up: bool, now: datetime, account_id: UUID) -> None:
    """
    Ask a question one place earlier or later; at either end it stays.

    Raises:
        NotFound: the event does not ask it.
        NotInThisOrder: a question would come before the one that it depends on.

    """
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        standing = await questions_of(event.id)
        question, index = _found(standing, question_id)
        other_index = index - 1 if up else index + 1
        if not 0 <= other_index < len(standing):
            return
        order = list(standing)
        order[index], order[other_index] = order[other_index], order[index]
        if wrong := out_of_order(order):
            raise NotInThisOrder(
                Sentence(
                    "“%(question)s” depends on an answer, so it stays behind the question that asks for it.",
                    question=wrong.in_words(event.language, event.language)[0].label,
                )
            )
        for position, one in enumerate(order):
            if one.position != position:
                await sql("UPDATE question SET position = {} WHERE id = {}", position, UUID(one.id))
        await _record("move_question", event, question, now=now, account_id=account_id)


async def copy_questions(slug: str, from_slug: str, *, now: datetime, account_id: UUID) -> int:
    """
    Ask what another event asks, after the questions of one's own.

    Returns:
        How many questions were copied.

    Raises:
        Problems: that event asks nothing, or there would be too many questions.
        EventIsCancelled: nobody registers for the event any more.

    """
    event = await event_by_slug(slug)
    try:
        source = await event_by_slug(from_slug.replace("\x00", ""))
    except NotFound:
        raise Problems({"event": [Sentence("Please choose an event from the list.")]}) from None
    found = await questions_of(source.id)
    if not found or source.id == event.id:
        raise Problems({"event": [Sentence("Please choose an event from the list.")]})
    async with transaction():
        event = await locked_event(event.id)
        refuse_cancelled(event)
        standing = await questions_of(event.id)
        if wrong := too_many(standing, found):
            raise Problems({"event": [wrong]})
        first = max((one.position for one in standing), default=-1) + 1
        await insert_copies(event.id, found, first=first, now=now)
        await record(
            "copy_questions",
            "event",
            event.id,
            account_id=account_id,
            now=now,
            detail=f"{len(found)} from {source.slug}",
        )
    return len(found)


async def insert_copies(event_id: UUID, found: Sequence[Question], *, first: int = 0, now: datetime) -> None:
    """Ask questions of another event, from a position on, in the caller's transaction; what depends goes on depending."""
    for number, question in enumerate(copied(found, [str(uuid4()) for _ in found])):
        await _write(event_id, replace(question, position=first + number), now)


async def change_answers(token: str, posted: Mapping[str, Any], *, now: datetime) -> None:
    """
    Keep other answers of the holder of a personal link.

    Answers to retired questions stay. A file stays unless another one is
    sent, or “” to remove it.

    Args:
        posted: By the id of a question, as `check_answers` takes it.

    Raises:
        NotFound: the link opens nothing.
        AnswersClosed: the registration was given up, or the event is over.
        Problems: an answer is missing or wrong, by the id of its question.

    """
    opened = await registration_by_link(token)
    async with transaction():
        await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", opened.id)
        kept, event = await answers_of(opened.id), await event_by_id(opened.event)
        if kept.status not in STANDING or event.is_past(now) or event.status == "cancelled":
            raise AnswersClosed(Sentence("This registration is over, so its answers stay as they are."))
        questions = await questions_of(event.id, with_retired=True)
        checked = check_answers(questions, posted, kept.standard, on_file=kept.on_file)
        if all_characters(posted) > LONGEST_ALL_ANSWERS:
            checked.problems["answers"] = [too_long(LONGEST_ALL_ANSWERS)]
        if checked.problems:
            raise Problems(checked.problems)
        retired = {one.id for one in questions if one.is_retired}
        answers = {key: value for key, value in kept.answers.items() if key in retired} | checked.answers
        if answers == kept.answers and not checked.files:
            return
        await sql(
            "UPDATE registration SET answers = {} WHERE id = {}", msgspec.json.encode(answers).decode(), opened.id
        )
        await drop_files(opened.id, set(kept.on_file) - set(answers))
        await keep_files(opened.id, checked.files, now=now)
        await record("change_answers", "registration", opened.id, account_id=None, now=now)


def _question(new: Definition, *, position: int, question_id: str | None = None) -> Question:
    return Question(
        kind=new.kind,
        texts=new.texts,
        options=new.options if new.kind in CHOOSING else (),
        shown_if=new.shown_if,
        is_required=new.is_required,
        least=new.least if new.kind == QuestionKind.NUMBER else None,
        most=new.most if new.kind == QuestionKind.NUMBER else None,
        id=question_id or str(uuid4()),
        position=position,
    )


def tidied(new: Definition, language: str) -> Definition:
    """The texts tidied, languages that say nothing left out, and a code for each option that has none yet."""
    texts = {
        code: Texts(clean_line(one.label), clean_text(one.help), clean_line(one.purpose))
        for code, one in new.texts.items()
    }
    used = {option.code for option in new.options if option.code}
    options = []
    for option in new.options:
        labels = {code: tidy for code, label in option.labels.items() if (tidy := clean_line(label))}
        code = option.code
        if not code:
            base = slugify(labels.get(language) or next(iter(labels.values()), ""))[:50].strip("-") or "option"
            code, number = base, 2
            while code in used:
                code, number = f"{base}-{number}", number + 1
            used.add(code)
        options.append(Option(code, labels))
    return replace(new, texts={code: one for code, one in texts.items() if one != Texts()}, options=tuple(options))


def _check(new: Definition, event: EventRow, before: Sequence[Question]) -> None:
    languages = current_settings().language_codes
    if faults := check_definition(new, language=event.language, languages=languages, before=before):
        raise Problems(faults)


def _found(standing: Sequence[Question], question_id: UUID) -> tuple[Question, int]:
    for index, question in enumerate(standing):
        if question.id == str(question_id):
            return question, index
    raise NotFound(Sentence("This event asks no such question."))


def _dependants(standing: Sequence[Question], question_id: str) -> list[Question]:
    return [one for one in standing if one.shown_if and one.shown_if.field == question_id]


def _depended_on(other: Question, event: EventRow) -> DependedOn:
    return DependedOn(
        Sentence(
            "“%(question)s” is asked only after an answer to this question. Please change that one first.",
            question=other.in_words(event.language, event.language)[0].label,
        )
    )


def _columns(question: Question) -> tuple[str, str, str]:
    """Texts, options and condition as they are kept; the bounds of a number stand in the place of options."""
    bounds = {name: value for name in ("least", "most") if (value := getattr(question, name)) is not None}
    options: Any = bounds or [{"code": one.code, "labels": dict(one.labels)} for one in question.options]
    condition = {"field": question.shown_if.field, "is": question.shown_if.value} if question.shown_if else {}
    texts = {code: asdict(one) for code, one in question.texts.items()}
    return tuple(msgspec.json.encode(part).decode() for part in (texts, options, condition))  # type: ignore[return-value]


async def _write(event_id: UUID, question: Question, now: datetime) -> None:
    await sql(
        "INSERT INTO question (id, event, position, kind, texts, options, shown_if, is_required, created_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})",
        UUID(question.id),
        event_id,
        question.position,
        question.kind,
        *_columns(question),
        question.is_required,
        now,
    )


async def _rewrite(question: Question) -> None:
    await sql(
        "UPDATE question SET kind = {}, texts = {}, options = {}, shown_if = {}, is_required = {} WHERE id = {}",
        question.kind,
        *_columns(question),
        question.is_required,
        UUID(question.id),
    )


async def _record(action: str, event: EventRow, question: Question, *, now: datetime, account_id: UUID) -> None:
    label = question.in_words(event.language, event.language)[0].label
    await record(action, "event", event.id, account_id=account_id, now=now, detail=label[:200])
