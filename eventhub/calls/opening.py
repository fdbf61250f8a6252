"""What staff do with a call: announce it, extend it, and say what it asks and weighs."""

from dataclasses import dataclass, replace
from dataclasses import replace as altered
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.calls.content import as_json, content_of, template_content_of
from eventhub.calls.letters import eligibility_letter, extension_letter
from eventhub.calls.queries import (
    Holder,
    applicant_by_id,
    applicants_of_call,
    editors_of_call,
    holder_of,
    template_by_id,
)
from eventhub.calls.rules import (
    CallContent,
    CallQuestion,
    CallText,
    Criterion,
    as_call_question,
    as_question,
    content_problems,
    criteria_problems,
    moved,
    one_too_many,
    question_problems,
    tidied_text,
    with_plain_text,
)
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.directory.folding import slugify
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.rules import is_zone
from eventhub.events.zones import NoSuchTime, TwoSuchTimes, to_utc
from eventhub.labs.queries import LabRow, RoundRow, lab_by_id, lab_by_slug, round_by_id
from eventhub.labs.rules import FIRST_YEAR, LAST_YEAR, LONGEST_REMARK, LONGEST_TEXT, MOST_COHORT, LabStatus, too_long
from eventhub.mail.commands import post_letter
from eventhub.questions.commands import DependedOn, NotInThisOrder, tidied
from eventhub.questions.rules import CHOOSING, Definition, needs_new_question
from eventhub.settings import current_settings
from eventhub.words import Sentence


class CallChanged(Refusal):
    """Somebody else has changed the call, the round or the template since the form was opened."""

    status_code = 409


class NothingToDecide(Refusal):
    """Nobody has to find this application eligible."""

    status_code = 409


@dataclass(frozen=True)
class NewCall:
    """
    The invitation to apply to a lab.

    An instant with an offset is taken as it is; one without is what the
    clocks in `time_zone` show; `second_opening` and `second_closing` say which
    of two is meant where they show it twice, None asks.
    """

    opens_at: datetime | None
    closes_at: datetime | None
    time_zone: str
    text: str = ""
    criteria: str = ""
    cohort_size: int | None = None
    second_opening: bool | None = None
    second_closing: bool | None = None


async def open_call(slug: str, call: NewCall, *, now: datetime, account_id: UUID) -> LabRow:
    """
    Announce the call of a lab, or change the one it has.

    A new one asks and weighs what the lab's template proposes. If it closes
    later than was said before, those who have begun or sent are told.

    Raises:
        Problems: a date, the zone, a text or the size of the group cannot be used.

    """
    lab = await lab_by_slug(slug)
    call = replace(call, text=clean_text(call.text), criteria=clean_text(call.criteria))
    opens_at, closes_at = _call_instants(call)
    async with transaction():
        own = await _locked_call("lab_call", "lab", lab.id)
        content = with_plain_text(
            _kept_content(own) if own else await _proposed(lab.template),
            text=call.text, criteria=call.criteria, cohort_size=call.cohort_size,
        )  # fmt: skip
        await sql(
            "INSERT INTO lab_call (id, lab, text, criteria, opens_at, closes_at, time_zone, cohort_size, content) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (lab) DO UPDATE SET text = excluded.text, "
            "criteria = excluded.criteria, opens_at = excluded.opens_at, closes_at = excluded.closes_at, "
            "time_zone = excluded.time_zone, cohort_size = excluded.cohort_size, content = excluded.content, "
            "version = lab_call.version + 1",
            uuid4(), lab.id, call.text, call.criteria, opens_at, closes_at, call.time_zone, call.cohort_size,
            as_json(content),
        )  # fmt: skip
        await sql("UPDATE lab SET status = {} WHERE id = {} AND status = {}", LabStatus.OPEN, lab.id, LabStatus.PLANNED)
        await record("change_call" if own else "open_call", "lab", lab.id, account_id=account_id, now=now)
        if own and closes_at > own["closes_at"]:
            await _extended("lab", lab.id, own["closes_at"], closes_at, call.time_zone, now)
    return await lab_by_id(lab.id)


async def open_round_call(
    round_id: UUID, call: NewCall, *, template: UUID | None = None, now: datetime, account_id: UUID
) -> RoundRow:
    """
    Announce one call for all labs of a round that have none of their own, or change it.

    Args:
        template: What a new one asks and weighs.

    Raises:
        NotFound: there is no such round.
        Problems: as for the call of a lab.

    """
    found = await round_by_id(round_id)
    call = replace(call, text=clean_text(call.text), criteria=clean_text(call.criteria))
    opens_at, closes_at = _call_instants(call)
    async with transaction():
        own = await _locked_call("round_call", "lab_round", round_id)
        content = with_plain_text(
            _kept_content(own) if own else await _proposed(template),
            text=call.text, criteria=call.criteria, cohort_size=call.cohort_size,
        )  # fmt: skip
        await sql(
            "INSERT INTO round_call (id, lab_round, opens_at, closes_at, time_zone, content) "
            "VALUES ({}, {}, {}, {}, {}, {}) ON CONFLICT (lab_round) DO UPDATE SET opens_at = excluded.opens_at, "
            "closes_at = excluded.closes_at, time_zone = excluded.time_zone, content = excluded.content, "
            "version = round_call.version + 1",
            uuid4(), round_id, opens_at, closes_at, call.time_zone, as_json(content),
        )  # fmt: skip
        await record("change_call" if own else "open_call", "lab_round", round_id, account_id=account_id, now=now)
        if own and closes_at > own["closes_at"]:
            await _extended("round", round_id, own["closes_at"], closes_at, call.time_zone, now)
    return found


async def extend_call(
    kind: str, key: str, closes_at: datetime | None, *, second: bool | None = None, now: datetime, account_id: UUID
) -> int:
    """
    Let a call close later, and tell everybody who has begun or sent.

    Args:
        closes_at: With an offset, or what the clocks in the zone of the call show.
        second: Which is meant where they show it twice; None asks.

    Returns:
        How many letters were written.

    Raises:
        NotFound: there is no such call.
        Problems: the time does not lie behind the one that was said, or has passed.

    """
    holder = await holder_of(kind, key)
    if holder.closes_at is None or holder.opens_at is None:
        raise NotFound(Sentence("There is no such call."))
    problems: dict[str, list[str]] = {}
    at = _instant(
        closes_at, holder.time_zone, second, "closes_at", Sentence("Please say when the call closes."), problems
    )
    if at and at <= holder.closes_at:
        problems["closes_at"] = [Sentence("An extended call closes later than it was to close.")]
    elif at and at <= now:
        problems["closes_at"] = [Sentence("This time has passed already.")]
    if problems or at is None:
        raise Problems(problems)
    table = _TABLES[kind]
    async with transaction():
        done = await sql(
            f"UPDATE {table} SET closes_at = {{}}, version = version + 1 WHERE id = {{}} AND version = {{}} RETURNING id",
            at, holder.id, holder.version,
        )  # fmt: skip
        if not done:
            raise changed_meanwhile()
        await record("extend_call", _OBJECTS[kind], holder.owner, account_id=account_id, now=now)
        return await _extended(kind, holder.owner, holder.closes_at, at, holder.time_zone, now)


async def _extended(
    kind: str, owner: UUID, before: datetime, closes_at: datetime, time_zone: str, now: datetime
) -> int:
    """Note an extension and write to everybody whom it concerns, in the caller's transaction."""
    column = {"lab": "lab", "round": "lab_round"}[kind]
    await sql(
        f"UPDATE {_TABLES[kind]} SET extended_from = {{}}, extended_at = {{}} WHERE {column} = {{}}", before, now, owner
    )
    written = 0
    colleagues = await editors_of_call(kind, owner, drafts_only=False)
    for applicant in await applicants_of_call(kind, owner, drafts_only=False):
        for to in (applicant, *colleagues.get(applicant.id, ())):
            letter = extension_letter(to, closes_at=closes_at, before=before, time_zone=time_zone)
            written += await post_letter(letter, now=now)
    return written


async def decide_eligibility(
    application_id: UUID, is_eligible: bool | None, reason: str, *, now: datetime, account_id: UUID
) -> None:
    """
    Say whether somebody who is no member may apply, and why; the contact person is told.

    Said again word for word, it changes nothing and nobody is told twice.

    Raises:
        NotFound: there is no such application.
        Problems: there is no decision, or no reason.
        NothingToDecide: a member applies, or the application was never sent or was withdrawn.

    """
    applicant = await applicant_by_id(application_id)
    reason = clean_text(reason) if clean_line(reason) else ""
    problems = too_long({"reason": (reason, LONGEST_REMARK)})
    if is_eligible is None:
        problems["is_eligible"] = [Sentence("Please say whether it may apply.")]
    if not reason:
        problems["reason"] = [Sentence("Please give the reason. The applicant reads it.")]
    if problems or is_eligible is None:
        raise Problems(problems)
    async with transaction():
        rows = await sql(
            f"SELECT member, status, is_eligible, eligibility_reason FROM application WHERE id = {{}}{lock_clause()}",
            application_id,
        )
        before = rows[0]
        if before["member"] is not None or before["status"] in ("draft", "withdrawn"):
            raise NothingToDecide(
                Sentence("Only applications that were sent by others than members need to be found eligible.")
            )
        if before["is_eligible"] is not None and (bool(before["is_eligible"]), before["eligibility_reason"]) == (
            is_eligible, reason,
        ):  # fmt: skip
            return
        await sql(
            "UPDATE application SET is_eligible = {}, eligibility_reason = {} WHERE id = {}",
            is_eligible, reason, application_id,
        )  # fmt: skip
        if applicant.email:
            await post_letter(eligibility_letter(applicant, is_eligible=is_eligible, reason=reason, now=now), now=now)
        await record("decide_eligibility", "application", application_id, account_id=account_id, now=now)


_TABLES = {"lab": "lab_call", "round": "round_call", "template": "lab_template"}
_OBJECTS = {"lab": "lab", "round": "lab_round", "template": "lab_template"}


# What a call says, asks and weighs


@dataclass(frozen=True)
class ContentFacts:
    """
    What a call says besides its dates, questions and criteria; texts and letters by language.

    `later_of_two` says which end of the second stage is meant where the clocks show it twice; None asks.
    """

    texts: dict[str, CallText]
    eligibility: str
    people_min: int
    people_max: int
    applications_per_member: int
    cohort_size: int | None
    second_stage_closes_at: datetime | None
    letters: dict[str, dict[str, str]]
    later_of_two: bool | None = None


async def change_content(
    kind: str, key: str, facts: ContentFacts, *, version: int, now: datetime, account_id: UUID
) -> Holder:
    """
    Change what a call or a template says, and who may apply.

    Raises:
        NotFound: there is no such call or template.
        Problems: something is too long or out of bounds; every fault at once.
        CallChanged: somebody else was quicker.

    """
    holder = await holder_of(kind, key)
    letters = {
        letter: {code: tidy for code, words in texts.items() if (tidy := clean_text(words))}
        for letter, texts in facts.letters.items()
    }
    content = altered(
        holder.content,
        texts={code: one for code, words in facts.texts.items() if (one := tidied_text(words)) != CallText()},
        eligibility=facts.eligibility, people_min=facts.people_min, people_max=facts.people_max,
        applications_per_member=facts.applications_per_member, cohort_size=facts.cohort_size,
        second_stage_closes_at=_second_stage(facts.second_stage_closes_at, facts.later_of_two, holder),
        letters={letter: texts for letter, texts in letters.items() if texts},
    )  # fmt: skip
    if problems := content_problems(content, current_settings().language_codes):
        raise Problems(problems)
    return await _save(holder, content, "change_call_content", version=version, now=now, account_id=account_id)


async def add_call_question(
    kind: str, key: str, new: Definition, stage: int, *, version: int, now: datetime, account_id: UUID
) -> Holder:
    """
    Ask one more question, after the others.

    Raises:
        NotFound: there is no such call or template.
        Problems: something about it is missing or wrong.
        CallChanged: somebody else was quicker.

    """
    holder = await holder_of(kind, key)
    content = holder.content
    new = tidied(new, content.language)
    _check_question(new, stage, content, content.questions)
    if wrong := one_too_many(content.questions, new):
        raise Problems({"": [wrong]})
    question = as_call_question(new, question_id=str(uuid4()), stage=stage)
    content = altered(content, questions=(*content.questions, question))
    return await _save(holder, content, "add_call_question", version=version, now=now, account_id=account_id)


async def change_call_question(
    kind: str, key: str, question_id: str, new: Definition, stage: int, *, version: int, now: datetime, account_id: UUID
) -> Holder:
    """
    Ask a question otherwise; if its answers would mean something else, it is a new question in its place.

    Raises:
        NotFound: it is not asked.
        Problems: something about it is missing or wrong.
        DependedOn: another question waits for an answer that would be there no more.
        CallChanged: somebody else was quicker.

    """
    holder = await holder_of(kind, key)
    content = holder.content
    index = _index_of(content.questions, question_id)
    before = content.questions[index]
    others = (*content.questions[:index], *content.questions[index + 1 :])
    new = tidied(new, content.language)
    _check_question(new, stage, content, content.questions[:index])
    if wrong := one_too_many(others, new):
        raise Problems({"": [wrong]})
    codes = {option.code for option in new.options} if new.kind in CHOOSING else set()
    for other in others:
        if other.shown_if and other.shown_if.field == question_id and (
            other.shown_if.value not in codes or other.stage < stage
        ):  # fmt: skip
            raise _depended_on(other, content)
    fresh = needs_new_question(as_question(before), new)
    changed = as_call_question(new, question_id=str(uuid4()) if fresh else question_id, stage=stage)
    questions = tuple(
        changed if one is before
        else altered(one, shown_if=altered(one.shown_if, field=changed.id))
        if one.shown_if and one.shown_if.field == question_id else one
        for one in content.questions
    )  # fmt: skip
    content = altered(content, questions=questions)
    return await _save(holder, content, "change_call_question", version=version, now=now, account_id=account_id)


async def move_call_question(
    kind: str, key: str, question_id: str, by: int, *, version: int, now: datetime, account_id: UUID
) -> Holder:
    """
    Ask a question one place earlier (-1) or later (+1).

    Raises:
        NotFound: it is not asked.
        NotInThisOrder: it would come before the one that it waits for.
        CallChanged: somebody else was quicker.

    """
    holder = await holder_of(kind, key)
    _index_of(holder.content.questions, question_id)
    questions = moved(holder.content.questions, question_id, by)
    if questions is None:
        raise NotInThisOrder(Sentence("A question comes after the one that it waits for."))
    content = altered(holder.content, questions=questions)
    return await _save(holder, content, "change_call_question", version=version, now=now, account_id=account_id)


async def remove_call_question(
    kind: str, key: str, question_id: str, *, version: int, now: datetime, account_id: UUID
) -> Holder:
    """
    Ask a question no more.

    Raises:
        NotFound: it is not asked.
        DependedOn: another question waits for an answer to it.
        CallChanged: somebody else was quicker.

    """
    holder = await holder_of(kind, key)
    content = holder.content
    _index_of(content.questions, question_id)
    for other in content.questions:
        if other.shown_if and other.shown_if.field == question_id:
            raise _depended_on(other, content)
    content = altered(content, questions=tuple(one for one in content.questions if one.id != question_id))
    return await _save(holder, content, "remove_call_question", version=version, now=now, account_id=account_id)


async def change_criteria(
    kind: str, key: str, criteria: list[Criterion], *, version: int, now: datetime, account_id: UUID
) -> Holder:
    """
    Say by what applications are weighed; the weights add up to 100.

    Args:
        criteria: Those without a code get one; it stays with the scores when the name changes.

    Raises:
        NotFound: there is no such call or template.
        Problems: a name is missing, or the weights do not add up.
        CallChanged: somebody else was quicker.

    """
    holder = await holder_of(kind, key)
    language = holder.content.language
    found: list[Criterion] = []
    used = {one.code for one in criteria if one.code}
    for one in criteria:
        names = {code: tidy for code, name in one.names.items() if (tidy := clean_line(name))}
        hints = {code: tidy for code, hint in one.hints.items() if (tidy := clean_text(hint))}
        code = one.code
        if not code:
            base = slugify(names.get(language) or next(iter(names.values()), ""))[:30].strip("-") or "criterion"
            code, number = base, 2
            while code in used:
                code, number = f"{base}-{number}", number + 1
            used.add(code)
        found.append(Criterion(code, names, one.weight, hints))
    if problems := criteria_problems(found, language):
        raise Problems(problems)
    content = altered(holder.content, criteria=tuple(found))
    return await _save(holder, content, "change_criteria", version=version, now=now, account_id=account_id)


async def _save(
    holder: Holder, content: CallContent, action: str, *, version: int, now: datetime, account_id: UUID
) -> Holder:
    """Write the content where it belongs, unless somebody else has meanwhile."""
    own = content.words(content.language)
    async with transaction():
        if holder.kind == "template":
            kept = as_json(altered(holder.template, call=content))
            done = await sql(
                "UPDATE lab_template SET content = {}, version = version + 1, updated_at = {} "
                "WHERE id = {} AND version = {} RETURNING id",
                kept, now, holder.id, version,
            )  # fmt: skip
        elif holder.kind == "lab":
            done = await sql(
                "UPDATE lab_call SET content = {}, text = {}, criteria = {}, cohort_size = {}, version = version + 1 "
                "WHERE id = {} AND version = {} RETURNING id",
                as_json(content), own.text, own.criteria, content.cohort_size, holder.id, version,
            )  # fmt: skip
        else:
            done = await sql(
                "UPDATE round_call SET content = {}, version = version + 1 WHERE id = {} AND version = {} RETURNING id",
                as_json(content), holder.id, version,
            )  # fmt: skip
        if not done:
            raise changed_meanwhile()
        await record(action, _OBJECTS[holder.kind], holder.owner, account_id=account_id, now=now)
    return await holder_of(holder.kind, holder.key)


def changed_meanwhile() -> CallChanged:
    """What the slower of two people reads."""
    return CallChanged(Sentence("Somebody else has changed this meanwhile. Please look at what stands there now."))


def _check_question(new: Definition, stage: int, content: CallContent, before: tuple[CallQuestion, ...]) -> None:
    languages = current_settings().language_codes
    if faults := question_problems(new, stage, language=content.language, languages=languages, standing=before):
        raise Problems(faults)


def _index_of(questions: tuple[CallQuestion, ...], question_id: str) -> int:
    for index, one in enumerate(questions):
        if one.id == question_id:
            return index
    raise NotFound(Sentence("This call asks no such question."))


def _depended_on(other: CallQuestion, content: CallContent) -> DependedOn:
    return DependedOn(
        Sentence(
            "“%(question)s” is asked only after an answer to this question. Please change that one first.",
            question=as_question(other).in_words(content.language, content.language)[0].label,
        )
    )


def _second_stage(at: datetime | None, second: bool | None, holder: Holder) -> datetime | None:
    """The instant until which the second stage runs; it lies behind the closing of the first."""
    if at is None or holder.kind == "template":
        return None
    problems: dict[str, list[str]] = {}
    found = _instant(at, holder.time_zone, second, "second_stage", Sentence("Please choose a day."), problems)
    if found and holder.closes_at and found <= holder.closes_at:
        problems["second_stage"] = [Sentence("The second stage ends after the call has closed.")]
    if problems:
        raise Problems(problems)
    return found


async def _locked_call(table: str, column: str, owner: UUID) -> Row | None:
    rows = await sql(f"SELECT * FROM {table} WHERE {column} = {{}}{lock_clause()}", owner)
    return rows[0] if rows else None


def _kept_content(row: Row) -> CallContent:
    plain: dict[str, Any] = {name: row[name] for name in ("text", "criteria", "cohort_size") if name in row}
    return content_of(row["content"], **plain)


async def _proposed(template: UUID | None) -> CallContent:
    """What a new call asks and weighs."""
    if template is None:
        return CallContent()
    found = await template_by_id(template)
    return template_content_of(found.content_kept).call


def _call_instants(call: NewCall) -> tuple[datetime, datetime]:
    """
    The instants at which a call opens and closes.

    Raises:
        Problems: anything about the call cannot be used; every fault at once.

    """
    problems = too_long({"text": (call.text, LONGEST_TEXT), "criteria": (call.criteria, LONGEST_TEXT)})
    if call.cohort_size is not None and not 1 <= call.cohort_size <= MOST_COHORT:
        problems["cohort_size"] = [Sentence("A group has 1 to %(most)s members.", most=MOST_COHORT)]
    if not is_zone(call.time_zone):
        problems["time_zone"] = [
            Sentence("“%(zone)s” is no time zone. Zones look like Europe/Madrid.", zone=call.time_zone[:60])
        ]
    opens = _instant(call.opens_at, call.time_zone, call.second_opening, "opens_at",
                     Sentence("Please say when the call opens."), problems)  # fmt: skip
    closes = _instant(call.closes_at, call.time_zone, call.second_closing, "closes_at",
                      Sentence("Please say when the call closes."), problems)  # fmt: skip
    if opens and closes and closes <= opens:
        problems["closes_at"] = [Sentence("The call closes before it opens, or at the same time.")]
    if problems:
        raise Problems(problems)
    assert opens is not None and closes is not None
    return opens, closes


def _instant(
    wall: datetime | None, zone: str, second: bool | None, field: str, missing: Sentence, problems: dict[str, list[str]]
) -> datetime | None:
    """The instant that is meant; what is wrong goes to the problems, and a wall time without a sound zone is none."""
    if wall is None:
        problems[field] = [missing]
    elif not FIRST_YEAR <= wall.year <= LAST_YEAR:
        problems[field] = [Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)]
    elif wall.tzinfo is not None:
        return wall.astimezone(UTC)
    elif is_zone(zone):
        try:
            return to_utc(wall.date(), wall.time(), zone, second=second)
        except NoSuchTime:
            problems[field] = [Sentence("The clocks of %(zone)s jump over this time on that day. Please choose another.", zone=zone)]  # fmt: skip
        except TwoSuchTimes:
            problems[field] = [Sentence("The clocks of %(zone)s show this time twice on that day. Please say whether you mean the first or the second.", zone=zone)]  # fmt: skip
    return None
