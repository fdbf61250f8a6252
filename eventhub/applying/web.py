"""How a member writes an application, together and over days."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from markupsafe import Markup

from eventhub import languages
from eventhub.access import Policy, open_to
from eventhub.applying.commands import (
    BothChanged,
    Incomplete,
    NotYours,
    begin_application,
    invite_editor,
    note_presence,
    remove_editor,
    save_application,
    send_application,
    stage_of,
    withdraw_application,
)
from eventhub.applying.forms import BeginForm, InviteForm, chosen_texts, draft_form, typed_fields
from eventhub.applying.queries import (
    Draft,
    EditorRow,
    draft_of,
    editor_by_link,
    file_content,
    labs_in_round,
    sent_version,
    siblings_of,
)
from eventhub.applying.rules import MOST_EDITORS, Conflict, Value, digest, parts_of_person
from eventhub.calls.rules import FIRST_STAGE, CallContent
from eventhub.calls.words import words_of
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.labels import label_of
from eventhub.labs.commands import CallClosed, check_open
from eventhub.labs.queries import LabRow, lab_by_id, lab_by_slug, members_by_region
from eventhub.labs.rules import may_withdraw
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import redirect, render
from eventhub.questions.forms import add_answer_problems, posted_answers
from eventhub.questions.rules import LARGEST_READ, Asked, QuestionKind, SentFile, as_asked, control_name, in_words
from eventhub.words import Sentence

#: The address is a secret: no search engine, no referrer.
PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
#: A page saves every few seconds, and a whole city hall may sit behind one address.
SAVINGS_PER_MINUTE = 600


class Beginning(Controller):
    """Where a member starts to apply."""

    path = "/labs/{slug:str}/apply"
    opt = open_to(Policy.PUBLIC)

    @get("/")
    async def new(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The form that begins an application, while the call is open."""
        lab = await lab_by_slug(slug)
        check_open(lab, now)
        return render(
            request, "labs/apply", lab=lab, words=await words_of(lab.kind), form=await _begin_form(None, lab, now)
        )

    @post("/", middleware=at_most(FORMS_PER_MINUTE, of="applications"))
    async def create(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Begin it; the personal link goes by letter."""
        lab = await lab_by_slug(slug)
        check_open(lab, now)
        form = await _begin_form(await request.form(), lab, now)
        status = 422
        if form.validate():
            try:
                await begin_application(slug, form.draft(), now=now)
            except CallClosed:
                raise
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(_problems_of(refusal, "member"))
            else:
                return redirect(f"{lab.href}/apply/sent")
        return render(request, "labs/apply", status_code=status, lab=lab, words=await words_of(lab.kind), form=form)

    @get("/sent")
    async def sent(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """That the link is on its way; the same for everybody."""
        lab = await lab_by_slug(slug)
        return render(request, "applying/begun", lab=lab, words=await words_of(lab.kind))


async def _begin_form(posted: FormMultiDict | None, lab: LabRow, now: datetime) -> BeginForm:
    return BeginForm(
        posted,
        members=await members_by_region(now.date()),
        members_only=lab.call is None or lab.call.content.members_only,
        **({} if posted is not None else {"language": languages.current()}),
    )


class TypedField(msgspec.Struct):
    """A field as somebody typed it, with the digest of what the page showed."""

    value: str | list[str]
    was: str = ""


class Typing(msgspec.Struct):
    """What somebody has typed since the last time, by the name of the field."""

    fields: dict[str, TypedField] = {}


class Applications(Controller):
    """One application, for whoever holds a personal link of it."""

    path = "/applications/{token:str}"
    opt = open_to(Policy.HOLDER)

    @get("/")
    async def show(
        self,
        request: Request[Any, Any, Any],
        token: FromPath[str],
        now: NamedDependency[datetime],
        more: FromQuery[str] = "",
    ) -> Response[str]:
        """What is written, what was sent, and what can still be done with it."""
        return await _page(request, token, now, more_people=1 if more else 0)

    @post("/", request_max_body_size=LARGEST_READ)
    async def update(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Save it or send it; what two people changed at once is shown with both texts."""
        editor = await editor_by_link(token)
        posted = await request.form()
        action = str(posted.get("action") or "save")
        typed, was = typed_fields(posted)
        open_ones = [str(name) for name in posted.getall("conflict", [])]
        if open_ones:
            chosen = chosen_texts(posted, open_ones)
            if len(chosen) < len(open_ones):
                return await _again(request, token, posted, open_ones, action)
            typed |= chosen
        files = await _files_in(posted)
        try:
            if action == "send":
                await send_application(token, typed, was, files, now=now)
                said = Sentence("Your application has been sent. A receipt is on its way by letter.")
                return redirect(editor.manage_path, said)
            saved = await save_application(token, typed, was, files, now=now)
        except BothChanged as refusal:
            return await _conflict_page(request, editor, refusal.draft, refusal.conflicts, refusal.pending, was, action)
        except Incomplete as refusal:
            unsaved = {name: typed[name] for name in refusal.unsaved if name in typed}
            return await _page(request, token, now, problems=refusal, unsaved=unsaved, was=was, files=files, status=422)
        except NotFound:
            raise
        except Refusal as refusal:
            return await _page(request, token, now, refusal=refusal, typed=typed, status=refusal.status_code)
        if saved.conflicts:
            return await _conflict_page(request, editor, saved.draft, saved.conflicts, {}, was, action)
        if saved.problems:
            unsaved = {name: typed[name] for name in saved.problems if name in typed}
            return await _page(
                request,
                token,
                now,
                problems=Problems(saved.problems),
                unsaved=unsaved,
                was=was,
                files=files,
                status=422,
            )
        if action == "add":
            return redirect(f"{editor.manage_path}?more=1#people", Sentence("What you wrote is saved."))
        return redirect(editor.manage_path, Sentence("What you wrote is saved. It has not been sent yet."))

    @post("/save", status_code=200, middleware=at_most(SAVINGS_PER_MINUTE, of="saving"))
    async def save(
        self, token: FromPath[str], data: JSONBody[Typing], now: NamedDependency[datetime]
    ) -> Response[dict[str, Any]]:
        """Save fields as they are typed; without any, only that the page is open."""
        typed = {name: one.value for name, one in data.fields.items()}
        was = {name: one.was for name, one in data.fields.items()}
        try:
            if not typed:
                return Response(await _state(token, await note_presence(token, now=now)))
            saved = await save_application(token, typed, was, now=now)
        except Refusal as refusal:
            said = " ".join(languages.say(one) for one in refusal.sentences)
            return Response(
                {"said": said, "stopped": not isinstance(refusal, Problems)}, status_code=refusal.status_code
            )
        call = (await lab_by_id(saved.draft.application.lab)).call
        values = saved.draft.values(call.content) if call else {}
        refused = {*saved.conflicts, *saved.problems}
        answer = {
            **await _state(token, saved.draft),
            "kept": {name: digest(values.get(name, "")) for name in typed if name not in refused},
            "conflicts": {name: {"theirs": one.theirs} for name, one in saved.conflicts.items()},
            "problems": {name: " ".join(languages.say(one) for one in said) for name, said in saved.problems.items()},
        }
        return Response(answer, status_code=409 if saved.conflicts else 422 if saved.problems else 200)

    @post("/editors", middleware=at_most(FORMS_PER_MINUTE, of="applications"))
    async def invite(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Invite a colleague to work on it by a link of their own."""
        editor = await editor_by_link(token)
        form = InviteForm(await request.form(), prefix="colleague-")
        status = 422
        if form.validate():
            try:
                invited = await invite_editor(token, name=form["name"].data or "", email=form.email.data or "", now=now)
            except NotYours:
                raise
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(_problems_of(refusal, "email"))
            else:
                said = Sentence("%(name)s gets a letter with a link.", name=invited.name)
                return redirect(f"{editor.manage_path}#colleagues", said)
        return await _page(request, token, now, invite_form=form, status=status)

    @post("/editors/{editor_id:uuid}/remove")
    async def remove(
        self,
        request: Request[Any, Any, Any],
        token: FromPath[str],
        editor_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Take a colleague's link back."""
        editor = await editor_by_link(token)
        await remove_editor(token, editor_id, now=now)
        return redirect(f"{editor.manage_path}#colleagues", Sentence("That link opens this application no more."))

    @post("/withdraw")
    async def withdraw(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take it back."""
        editor = await editor_by_link(token)
        await withdraw_application(token, now=now)
        return redirect(editor.manage_path, Sentence("Your application has been withdrawn."))

    @get("/versions/{number:int}")
    async def version(
        self, request: Request[Any, Any, Any], token: FromPath[str], number: FromPath[int]
    ) -> Response[str]:
        """Exactly what was sent, the n-th time."""
        editor = await editor_by_link(token)
        draft = await draft_of(editor.application)
        about = next((one for one in draft.versions if one.number == number), None)
        sent = await sent_version(draft.id, number) if about else None
        if about is None or sent is None:
            raise NotFound(Sentence("This application was not sent as often."))
        lab = await lab_by_id(draft.application.lab)
        return render(
            request, "applying/version", headers=PERSONAL, lab=lab, draft=draft, editor=editor, about=about, sent=sent
        )

    @get("/files/{file_id:uuid}")
    async def file(self, token: FromPath[str], file_id: FromPath[UUID]) -> Response[bytes]:
        """A file that was sent with it, always as a download."""
        editor = await editor_by_link(token)
        name, media_type, content = await file_content(editor.application, file_id)
        return Response(
            content,
            media_type=media_type,
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                **PERSONAL,
            },
        )


async def _files_in(posted: FormMultiDict) -> dict[str, SentFile | None]:
    """Files by the id of their question; None where a box to delete one is ticked."""
    answers = await posted_answers(posted)
    return {key: one if isinstance(one, SentFile) else None for key, one in answers.items()
            if isinstance(one, SentFile) or f"{control_name(key)}-remove" in posted}  # fmt: skip


async def _state(token: str, draft: Draft) -> dict[str, Any]:
    """Who else works on an application, and who saved last, for the page that is open."""
    me = await editor_by_link(token)
    return {
        "saved_at": draft.saved_at.isoformat() if draft.saved_at else None,
        "saved_by": draft.saved_by,
        "others": [
            {"name": one.name, "seen_at": one.seen_at.isoformat()}
            for one in draft.editors
            if one.id != me.id and one.seen_at
        ],
    }


async def _page(
    request: Request[Any, Any, Any],
    token: str,
    now: datetime,
    *,
    problems: Problems | None = None,
    unsaved: Mapping[str, Any] | None = None,
    was: Mapping[str, str] | None = None,
    files: Mapping[str, SentFile | None] | None = None,
    refusal: Refusal | None = None,
    typed: Mapping[str, Any] | None = None,
    invite_form: InviteForm | None = None,
    more_people: int = 0,
    status: int = 200,
) -> Response[str]:
    """The page of an application, whatever its state, for one of its editors."""
    editor = await editor_by_link(token)
    draft = await draft_of(editor.application)
    lab = await lab_by_id(draft.application.lab)
    stage, closed = None, None
    try:
        stage = stage_of(draft, lab, now)
    except Refusal as no:
        closed = no
    content = lab.call.content if lab.call else CallContent()
    unsaved = {name: _as_list(name, value) for name, value in (unsaved or {}).items()}
    form, errors = None, {}
    asked: tuple[Asked, ...] = ()
    values: dict[str, Value] = {}
    if stage:
        values = {**draft.values(content), **unsaved}
        asked = as_asked(content.questions_of(stage), languages.current(), content.language)
        form = draft_form(
            draft, content, unsaved, stage=stage, labs=await labs_in_round(lab.id), more_people=more_people
        )
        if problems:
            errors = _add_problems(form, problems, asked, files or {})
    shown = {name: digest(value) for name, value in draft.values(content).items()}
    return render(
        request,
        "labs/application",
        status_code=status,
        headers=PERSONAL,
        lab=lab,
        words=await words_of(lab.kind),
        content=content,
        application=draft.application,
        draft=draft,
        editor=editor,
        is_first=draft.first.id == editor.id,
        others=[one for one in draft.editors if one.id != editor.id],
        stage=stage,
        closed=closed,
        is_in_grace=bool(stage == FIRST_STAGE and lab.call and now >= lab.call.closes_at),
        form=form,
        questions=asked,
        answers={one.id: values[control_name(one.id)] for one in asked if control_name(one.id) in values},
        errors=errors,
        on_file={one.id: draft.answers[one.id] for one in asked if one.kind == "file" and one.id in draft.answers},
        was={**shown, **{name: (was or {}).get(name, "") for name in unsaved}},
        later=sum(one.stage != FIRST_STAGE for one in content.questions) if stage == FIRST_STAGE else 0,
        people_problem=bool(problems and "people" in problems.fields),
        siblings=await siblings_of(draft.application),
        has_left=draft.has_left(now.date()),
        sent=await sent_version(draft.id),
        refusal=refusal,
        lost=_readable(typed or {}, asked, draft, content) if refusal else [],
        invite_form=invite_form or InviteForm(prefix="colleague-"),
        may_invite=stage is not None and draft.first.id == editor.id and len(draft.editors) < MOST_EDITORS,
        may_withdraw=may_withdraw(draft.status) and draft.first.id == editor.id,
    )


def _as_list(name: str, value: Any) -> Any:
    return [value] if name == "languages" and isinstance(value, str) else value


def _add_problems(
    form: Any, problems: Problems, asked: tuple[Asked, ...], files: Mapping[str, SentFile | None]
) -> dict[str, list[str]]:
    """Put what is wrong into the form; faults of answers, by the id of their question, are shown beside them."""
    ids = {control_name(question.id): question.id for question in asked}
    by_id = {ids.get(name, name): said for name, said in problems.fields.items() if name != "people"}
    errors = add_answer_problems(form, Problems(by_id), asked, dict(files))
    for sentence in problems.fields.get("people", ()):
        form.form_errors.append(Markup('<a href="#people">{}</a>').format(languages.say(sentence)))
    return errors


def _labels(draft: Draft, content: CallContent, unsaved: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What fields are called, by their names."""
    form = draft_form(draft, content, unsaved or {}, stage=FIRST_STAGE, labs=2)
    named = {field.name: str(field.label.text) for field in form}
    asked = as_asked(content.questions_of(), languages.current(), content.language)
    return named | {control_name(one.id): one.label for one in asked}


def _readable(
    typed: Mapping[str, Any], asked: tuple[Asked, ...], draft: Draft, content: CallContent
) -> list[tuple[str, str]]:
    """What somebody typed that cannot be kept, so that they can take it elsewhere."""
    labels = _labels(draft, content, typed)
    kept = draft.values(content)
    return [
        (labels[name], ", ".join(value) if isinstance(value, list) else str(value))
        for name, value in typed.items()
        if name in labels
        and value
        and digest(value if isinstance(value, list) else str(value)) != digest(kept.get(name, ""))
    ]


async def _conflict_page(
    request: Request[Any, Any, Any],
    editor: EditorRow,
    draft: Draft,
    conflicts: Mapping[str, Conflict],
    pending: Mapping[str, Value],
    was: Mapping[str, str],
    action: str,
) -> Response[str]:
    """Both texts side by side, with the choice between them."""
    lab = await lab_by_id(draft.application.lab)
    content = lab.call.content if lab.call else CallContent()
    labels = _labels(draft, content, {name: one.mine for name, one in conflicts.items()} | dict(pending))
    rows = [
        _row(
            name, labels, content, theirs=one.theirs, mine=one.mine, was=digest(one.theirs),
            is_list=isinstance(one.theirs, list) or isinstance(one.mine, list),
        )
        for name, one in conflicts.items()
    ]  # fmt: skip
    return _conflicts(
        request, editor, draft, lab, rows, {name: (value, was.get(name, "")) for name, value in pending.items()}, action
    )


def _row(
    name: str, labels: Mapping[str, str], content: CallContent, *, theirs: Value, mine: Value, was: str, is_list: bool
) -> dict[str, Any]:
    """One field of the page that shows both texts."""
    question = next((one for one in content.questions_of() if control_name(one.id) == name), None)

    def said(value: Value) -> str:
        if question:
            return in_words(question, value, languages.current(), content.language)
        if isinstance(value, list):
            return ", ".join(languages.gettext(label_of(one)) for one in value)
        person = parts_of_person(name)
        is_code = bool(value) and (name == "language" or (person is not None and person[1] == "level"))
        return languages.gettext(label_of(value)) if is_code else value

    return {
        "name": name,
        "label": labels.get(name, name[:40]),
        "theirs": theirs,
        "mine": mine,
        "theirs_said": said(theirs),
        "mine_said": said(mine),
        "was": was,
        "is_list": is_list,
        "joins": name in ("motivation", "offers", "needs")
        or (question is not None and question.kind in (QuestionKind.TEXT, QuestionKind.LONG_TEXT)),
    }


async def _again(
    request: Request[Any, Any, Any], token: str, posted: FormMultiDict, names: list[str], action: str
) -> Response[str]:
    """The same page once more, since nobody has said which text is kept."""
    editor = await editor_by_link(token)
    draft = await draft_of(editor.application)
    lab = await lab_by_id(draft.application.lab)
    content = lab.call.content if lab.call else CallContent()
    typed, was = typed_fields(posted)
    labels = _labels(draft, content, dict.fromkeys(names, ""))
    rows = []
    for name in names:
        is_list = posted.get(f"list-{name}") == "y"
        mine, theirs = ([str(one) for one in posted.getall(f"{part}-{name}", [])] for part in ("mine", "theirs"))
        rows.append(
            _row(
                name, labels, content, theirs=theirs if is_list else "".join(theirs[:1]),
                mine=mine if is_list else "".join(mine[:1]), was=was.get(name, ""), is_list=is_list,
            )
        )  # fmt: skip
    pending = {name: (value, was[name]) for name, value in typed.items() if name in was and name not in names}
    return _conflicts(request, editor, draft, lab, rows, pending, action, is_open=True)


def _conflicts(
    request: Request[Any, Any, Any],
    editor: EditorRow,
    draft: Draft,
    lab: LabRow,
    rows: list[dict[str, Any]],
    pending: Mapping[str, tuple[Value, str]],
    action: str,
    *,
    is_open: bool = False,
) -> Response[str]:
    # who wrote which field is not kept; where there are two, it was the other one
    others = [one for one in draft.editors if one.id != editor.id]
    return render(
        request,
        "applying/conflict",
        status_code=422 if is_open else 409,
        headers=PERSONAL,
        lab=lab,
        draft=draft,
        editor=editor,
        rows=rows,
        pending=pending,
        action=action,
        is_open=is_open,
        by=others[0].name if len(others) == 1 else "",
    )


def _problems_of(refusal: Refusal, field: str) -> dict[str, list[str]]:
    """What a refusal says, for a form: its own fields, or all of it beside one field."""
    return refusal.fields if isinstance(refusal, Problems) else {field: list(refusal.sentences)}


APPLYING_PAGES: list[Any] = [Beginning, Applications]
