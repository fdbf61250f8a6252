"""Pages: questions that an event asks of those who register."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.directory.queries import member_choices
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.queries import EventRow, event_by_slug
from eventhub.pages import OWN_NAMES, redirect, render
from eventhub.questions.commands import (
    DependedOn,
    NotInThisOrder,
    add_question,
    change_question,
    copy_questions,
    move_question,
    retire_question,
)
from eventhub.questions.forms import KIND_WORDS, CopyQuestionsForm, question_form
from eventhub.questions.queries import answer_counts, answer_file, askable_events, questions_of
from eventhub.questions.rules import CHOOSING, MOST_QUESTIONS, Question, as_asked
from eventhub.registrations.forms import RegistrationForm
from eventhub.settings import current_settings
from eventhub.words import Sentence


class StaffQuestions(Controller):
    """The questions of one event, as staff write them."""

    path = "/staff/events/{slug:str}/questions"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """All questions with their order, and those that are asked no more."""
        return await _list_page(request, await event_by_slug(slug))

    @get("/new", opt=open_to(Policy.EDIT_EVENTS))
    async def new(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """An empty form."""
        event = await event_by_slug(slug)
        form = question_form(None, event, await questions_of(event.id))
        return _form_page(request, event, form)

    @post("/new", opt=open_to(Policy.EDIT_EVENTS))
    async def create(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Ask one more question."""
        event = await event_by_slug(slug)
        form = question_form(await request.form(), event, await questions_of(event.id))
        if form.validate():
            try:
                await add_question(slug, form.definition(), now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/events/{slug}/questions", Sentence("The question is asked from now on."))
            except Problems as problems:
                form.add_faults(problems)
        return _form_page(request, event, form)

    @get("/{question_id:uuid}", opt=open_to(Policy.EDIT_EVENTS))
    async def edit(
        self, request: Request[Any, Any, Any], slug: FromPath[str], question_id: FromPath[UUID]
    ) -> Response[str]:
        """The form with what stands."""
        event = await event_by_slug(slug)
        question, before = _split(await questions_of(event.id), question_id)
        form = question_form(None, event, before, question)
        return _form_page(request, event, form, question, await answer_counts(event.id))

    @post("/{question_id:uuid}", opt=open_to(Policy.EDIT_EVENTS))
    async def update(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        question_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Ask it otherwise; its answers stay."""
        event = await event_by_slug(slug)
        question, before = _split(await questions_of(event.id), question_id)
        form = question_form(await request.form(), event, before)
        refusal: Refusal | None = None
        if form.validate():
            try:
                changed = await change_question(
                    slug, question_id, form.definition(), now=now, account_id=account_of(request).account_id
                )
                said = Sentence("The question is changed.")
                if changed.id != question.id:
                    said = Sentence("The question is asked anew. The answers so far stay with the question as it was.")
                return redirect(f"/staff/events/{slug}/questions", said)
            except Problems as problems:
                form.add_faults(problems)
            except DependedOn as found:
                refusal = found
        return _form_page(request, event, form, question, await answer_counts(event.id), refusal)

    @post("/{question_id:uuid}/{verb:str}", opt=open_to(Policy.EDIT_EVENTS))
    async def act(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        question_id: FromPath[UUID],
        verb: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Move it up or down, or ask it no more."""
        account_id = account_of(request).account_id
        back = f"/staff/events/{slug}/questions"
        try:
            if verb in ("up", "down"):
                await move_question(slug, question_id, up=verb == "up", now=now, account_id=account_id)
                return redirect(f"{back}#question-{question_id}", Sentence("The order is changed."))
            if verb == "remove":
                kept = await retire_question(slug, question_id, now=now, account_id=account_id)
                said = Sentence("The question is deleted; nobody had answered it.")
                return redirect(back, Sentence("The question is asked no more. Its answers stay.") if kept else said)
        except (DependedOn, NotInThisOrder) as refusal:
            return await _list_page(request, await event_by_slug(slug), refusal=refusal)
        raise NotFound(Sentence("There is no such page."))

    @post("/copy", opt=open_to(Policy.EDIT_EVENTS))
    async def copy(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Ask what another event asks as well."""
        event = await event_by_slug(slug)
        form = CopyQuestionsForm(await request.form(), events=await askable_events(event.id))
        if form.validate():
            try:
                count = await copy_questions(slug, form.event.data, now=now, account_id=account_of(request).account_id)
                said = Sentence.counted("%(num)s question is copied.", "%(num)s questions are copied.", count)
                return redirect(f"/staff/events/{slug}/questions", said)
            except Problems as problems:
                form.add_problems(problems)
        return await _list_page(request, event, form)

    @get("/preview")
    async def preview(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The form as participants see it, in the language that `lang` names; staff go on in their own."""
        event = await event_by_slug(slug)
        questions = await questions_of(event.id)
        form = RegistrationForm(
            event=event, members=dict(await member_choices()), data={"language": languages.current(), "gender": ""}
        )
        page = render(
            request,
            "questions/preview",
            event=event,
            form=form,
            questions=as_asked(questions, languages.current(), event.language),
            values={},
            errors={},
            missing=[q for q in questions if q.missing_languages([languages.current()])],
            own_names=[(code, OWN_NAMES[code]) for code in current_settings().language_codes],
        )
        page.cookies = [cookie for cookie in page.cookies if cookie.key != "lang"]
        return page


class AnswerFiles(Controller):
    """Files that answer questions. Only those who work on events see them."""

    opt = open_to(Policy.EDIT_EVENTS)

    @get("/staff/events/{slug:str}/registrations/{registration_id:uuid}/files/{question_id:uuid}")
    async def file(
        self, slug: FromPath[str], registration_id: FromPath[UUID], question_id: FromPath[UUID]
    ) -> Response[bytes]:
        """A file, to be kept on disk and never shown inside a page of ours."""
        event = await event_by_slug(slug)
        found = await answer_file(event.id, registration_id, question_id)
        return Response(
            found["content"],
            media_type=found["content_type"],
            headers={
                "Content-Disposition": disposition(found["name"]),
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "no-store",
            },
        )


def disposition(name: str) -> str:
    """How a file is handed over under its own name (RFC 6266): plain letters first, then all of them."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " .-_()") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _split(standing: Sequence[Question], question_id: UUID) -> tuple[Question, list[Question]]:
    """A question, and those that are asked before it."""
    for index, question in enumerate(standing):
        if question.id == str(question_id):
            return question, list(standing[:index])
    raise NotFound(Sentence("This event asks no such question."))


def _form_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    form: Any,
    question: Question | None = None,
    counts: dict[str, int] | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    codes = current_settings().language_codes
    return render(
        request,
        "questions/edit",
        status_code=refusal.status_code if refusal else 422 if form.errors else 200,
        event=event,
        form=form,
        question=question,
        answered=(counts or {}).get(question.id, 0) if question else 0,
        codes=[event.language, *(code for code in codes if code != event.language)],
        own_names=OWN_NAMES,
        refusals=list(refusal.sentences) if refusal else [],
    )


async def _list_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    form: CopyQuestionsForm | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    found = await questions_of(event.id, with_retired=True)
    asked = as_asked([q for q in found if not q.is_retired], event.language, event.language)
    codes = list(current_settings().language_codes)
    form = form or CopyQuestionsForm(events=await askable_events(event.id))
    return render(
        request,
        "questions/questions",
        status_code=refusal.status_code if refusal else 422 if form.errors else 200,
        event=event,
        asked=asked,
        retired=[(q, q.in_words(event.language, event.language)[0].label) for q in found if q.is_retired],
        missing={q.id: [OWN_NAMES[code] for code in q.missing_languages(codes)] for q in found},
        counts=await answer_counts(event.id),
        kinds=KIND_WORDS,
        choosing=CHOOSING,
        most=MOST_QUESTIONS,
        form=form,
        own_names=[(code, OWN_NAMES[code]) for code in codes],
        refusals=list(refusal.sentences) if refusal else [],
    )


QUESTION_PAGES: list[Any] = [StaffQuestions, AnswerFiles]
