"""Wording, letters to groups, and what goes when."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, account_of, open_to
from eventhub.directory.queries import member_choices
from eventhub.errors import NotFound, Problems
from eventhub.events.queries import EventRow, event_by_slug
from eventhub.mail.pauses import pauses
from eventhub.mail.rules import WORDABLE_KINDS, Wording
from eventhub.mailings.commands import (
    NotPlannedAnyMore,
    WordingChanged,
    change_plan,
    checked_plan,
    plan_letter,
    propose_presets,
    send_test,
    send_to_group,
    use_usual_wording,
    withdraw_plan,
    word_letter,
)
from eventhub.mailings.forms import AUDIENCES, GroupForm, WordingForm, group_form, values_of_plan
from eventhub.mailings.previews import placeholder_values, preview, trial_letter
from eventhub.mailings.queries import (
    PlannedRow,
    Recipients,
    Somebody,
    letters_by_kind,
    planned_by_id,
    planned_of,
    planned_waiting,
    recipients,
    region_choices,
    somebodies,
    wordings,
)
from eventhub.mailings.rules import MESSAGE, Plan, fallback_language, placeholder_examples, soon
from eventhub.pages import chosen_zone, redirect, render
from eventhub.settings import current_settings
from eventhub.wording.queries import wording_hints
from eventhub.words import Sentence

#: How many people the page names before a letter goes to a group.
SAMPLE = 5
AHEAD = timedelta(days=30)


class EventLetters(Controller):
    """The letters about one event."""

    path = "/staff/events/{slug:str}/letters"
    opt = open_to(Policy.READ_OUTBOX)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """What was sent, what waits, what is planned and when it goes, what rests, and which wordings are changed."""
        return await _letters_page(request, await event_by_slug(slug))

    @post("/presets", opt=open_to(Policy.EDIT_EVENTS))
    async def presets(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Plan the usual letters that are still to come."""
        event = await event_by_slug(slug)
        try:
            added = await propose_presets(event, now=now, account_id=account_of(request).account_id)
        except Problems as problems:
            return redirect(_base(event), next(iter(problems.fields.values()))[0], "warning")
        said = Sentence.counted("%(num)s letter is planned.", "%(num)s letters are planned.", added)
        return redirect(_base(event), said if added else Sentence("The usual letters are planned already, or over."))

    @get("/wording")
    async def wording(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        now: NamedDependency[datetime],
        kind: FromQuery[str] = WORDABLE_KINDS[0],
        language: FromQuery[str] = "",
    ) -> Response[str]:
        """What a kind of letter says in one language, with the list of placeholders."""
        event = await event_by_slug(slug)
        kind, language = _known(kind, language or event.language)
        return await _wording_page(request, event, kind, language, None, now)

    @post("/wording", opt=open_to(Policy.EDIT_EVENTS))
    async def reword(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        now: NamedDependency[datetime],
        kind: FromQuery[str] = "",
        language: FromQuery[str] = "",
    ) -> Response[Any]:
        """Give a kind of letter other words."""
        event = await event_by_slug(slug)
        kind, language = _known(kind, language)
        form = WordingForm(await request.form())
        status = 422
        try:
            await word_letter(
                event, kind, language, form.wording(), seen=form.seen_id(), now=now,
                account_id=account_of(request).account_id,
            )  # fmt: skip
            return redirect(
                f"{_base(event)}/wording?kind={kind}&language={language}",
                Sentence("The wording is changed; letters that wait say it too."),
            )
        except Problems as problems:
            form.add_problems(problems)
        except WordingChanged as refusal:
            status = refusal.status_code
            form.add_problems({"": list(refusal.sentences)})
        return await _wording_page(request, event, kind, language, form, now, status_code=status)

    @post("/wording/usual", opt=open_to(Policy.EDIT_EVENTS))
    async def usual(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        now: NamedDependency[datetime],
        kind: FromQuery[str] = "",
        language: FromQuery[str] = "",
    ) -> Response[Any]:
        """Go back to the usual wording."""
        event = await event_by_slug(slug)
        kind, language = _known(kind, language)
        form = WordingForm(await request.form())
        account = account_of(request).account_id
        try:
            await use_usual_wording(event, kind, language, seen=form.seen_id(), now=now, account_id=account)
        except WordingChanged as refusal:
            return redirect(
                f"{_base(event)}/wording?kind={kind}&language={language}",
                Sentence("Somebody else has changed this wording meanwhile. Please look at it again."),
                "warning" if refusal else "info",
            )
        return redirect(
            f"{_base(event)}/wording?kind={kind}&language={language}",
            Sentence("The letter has its usual wording again."),
        )

    @get("/preview")
    async def preview(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        now: NamedDependency[datetime],
        kind: FromQuery[str] = WORDABLE_KINDS[0],
        language: FromQuery[str] = "",
        who: FromQuery[str] = "",
    ) -> Response[str]:
        """A kind of letter as somebody would get it: text, HTML, and what its calendar file says."""
        event = await event_by_slug(slug)
        everybody = await somebodies(event.id)
        chosen = _chosen(everybody, who)
        kind, language = _known(kind, language or (chosen.language if chosen else event.language))
        return render(
            request, "mailings/preview", event=event, base=_base(event), kind=kind, language=language,
            kinds=WORDABLE_KINDS, languages=current_settings().language_codes, everybody=everybody, chosen=chosen,
            shown=await preview(kind, event, chosen, language, now=now), key=uuid4(),
            own_address=account_of(request).email,
        )  # fmt: skip

    @get("/preview/html")
    async def html(
        self,
        slug: FromPath[str],
        now: NamedDependency[datetime],
        kind: FromQuery[str] = WORDABLE_KINDS[0],
        language: FromQuery[str] = "",
        who: FromQuery[str] = "",
    ) -> Response[str]:
        """The HTML part of a preview alone, under the policy of letters: no scripts, nothing from elsewhere."""
        event = await event_by_slug(slug)
        chosen = _chosen(await somebodies(event.id), who)
        kind, language = _known(kind, language or event.language)
        return Response(
            (await preview(kind, event, chosen, language, now=now)).letter.html,
            media_type="text/html",
            headers={
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'",
                "X-Frame-Options": "SAMEORIGIN",
                "Cache-Control": "no-store",
            },
        )

    @post("/test", opt=open_to(Policy.EDIT_EVENTS))
    async def test(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Send a letter to the account that looks at it."""
        event, form = await event_by_slug(slug), await request.form()
        kind, language = _known(str(form.get("kind") or ""), str(form.get("language") or ""))
        chosen = _chosen(await somebodies(event.id), str(form.get("who") or ""))
        account = account_of(request)
        try:
            key = UUID(str(form.get("key") or ""))
        except ValueError:
            key = uuid4()
        letter = await trial_letter(
            kind, event, chosen, language, name=account.name, address=account.email, key=key, now=now
        )
        await send_test(event, letter, now=now, account_id=account.account_id)
        who = f"&who={chosen.key}" if chosen else ""
        return redirect(
            f"{_base(event)}/preview?kind={kind}&language={language}{who}",
            Sentence("A test waits to be sent to %(address)s.", address=account.email),
        )

    @get("/new", opt=open_to(Policy.EDIT_EVENTS))
    async def new(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """An empty form of a letter to a group."""
        event = await event_by_slug(slug)
        form = await _group_form(None, may_leave_now=True, data={"key": str(uuid4())})
        return await _group_page(request, event, form, None, now)

    @post("/new", opt=open_to(Policy.EDIT_EVENTS))
    async def create(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Show whom the letter reaches; once that was seen, send or plan it."""
        event, posted = await event_by_slug(slug), await request.form()
        form = await _group_form(posted, may_leave_now=True)
        key = form.key_id()
        if key is None:
            form.key.data = str(uuid4())
            form.add_problems({"": [Sentence("This form could not be read. Please send it again.")]})
        if key is not None and form.validate():
            plan = form.plan(event.time_zone)
            account = account_of(request).account_id
            try:
                reached, mark = await _reached(event, plan)
                if posted.get("seen") != mark:
                    plan = await checked_plan(event, plan, at_once=form.when.data == "now", now=now)
                    return await _group_page(request, event, form, None, now, plan=plan, reached=reached, mark=mark)
                if form.when.data == "now":
                    count = await send_to_group(event, plan, key=key, now=now, account_id=account)
                    said = Sentence.counted(
                        "%(num)s letter waits to be sent.", "%(num)s letters wait to be sent.", count
                    )
                    return redirect(_base(event), said)
                await plan_letter(event, plan, key=key, now=now, account_id=account)
                return redirect(_base(event), Sentence("The letter is planned."))
            except Problems as problems:
                form.add_problems(problems)
        return await _group_page(request, event, form, None, now, status_code=422)

    @get("/{planned_id:uuid}/edit", opt=open_to(Policy.EDIT_EVENTS))
    async def edit(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        planned_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """A planned letter in its form; once it was written it is shown as it was."""
        event = await event_by_slug(slug)
        row = await planned_by_id(event.id, planned_id)
        form = await _group_form(None, may_leave_now=False, data=values_of_plan(row))
        return await _group_page(request, event, form, row, now)

    @post("/{planned_id:uuid}/edit", opt=open_to(Policy.EDIT_EVENTS))
    async def update(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        planned_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Change a planned letter."""
        event = await event_by_slug(slug)
        row = await planned_by_id(event.id, planned_id)
        form = await _group_form(await request.form(), may_leave_now=False)
        status = 422
        if form.validate():
            try:
                await change_plan(
                    event, planned_id, form.plan(event.time_zone), version=form.shown_version(), now=now,
                    account_id=account_of(request).account_id,
                )  # fmt: skip
                return redirect(_base(event), Sentence("The planned letter is changed."))
            except Problems as problems:
                form.add_problems(problems)
            except NotPlannedAnyMore as refusal:
                status = refusal.status_code
                form.add_problems({"": list(refusal.sentences)})
        return await _group_page(request, event, form, row, now, status_code=status)

    @post("/{planned_id:uuid}/withdraw", opt=open_to(Policy.EDIT_EVENTS))
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        planned_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Take a planned letter back."""
        event = await event_by_slug(slug)
        try:
            await withdraw_plan(event, planned_id, now=now, account_id=account_of(request).account_id)
        except NotPlannedAnyMore as refusal:
            return redirect(_base(event), refusal.sentences[0], "warning")
        return redirect(_base(event), Sentence("The planned letter is withdrawn."))


class PlannedLetters(Controller):
    """What goes when, of all events."""

    path = "/staff/outbox/planned"
    opt = open_to(Policy.READ_OUTBOX)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """The planned letters of the next 30 days, by their time."""
        rows = await planned_waiting()
        return render(
            request, "mailings/planned", rows=[row for row in rows if row.due is not None and row.due <= now + AHEAD],
            later=sum(row.due is None or row.due > now + AHEAD for row in rows), audiences=_audiences(),
            zone=chosen_zone(request), pauses=await pauses(),
        )  # fmt: skip


def _base(event: EventRow) -> str:
    return f"/staff/events/{event.slug}/letters"


def _audiences() -> dict[str, Sentence]:
    return {str(code): words for code, words in AUDIENCES.items()}


def _known(kind: str, language: str) -> tuple[str, str]:
    if kind not in WORDABLE_KINDS or language not in current_settings().language_codes:
        raise NotFound(Sentence("There is no such letter."))
    return kind, language


def _chosen(everybody: list[Somebody], key: str) -> Somebody | None:
    return next((one for one in everybody if one.key == key), None)


async def _letters_page(request: Request[Any, Any, Any], event: EventRow) -> Response[str]:
    rows = await planned_of(event.id)
    return render(
        request, "mailings/letters", event=event, base=_base(event), planned=[r for r in rows if r.status == "planned"],
        over=[r for r in rows if r.status != "planned"], counts=await letters_by_kind(event.id),
        pauses=await pauses(event.id), worded=await wordings(event.id), audiences=_audiences(),
        zone=chosen_zone(request),
    )  # fmt: skip


async def _wording_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    kind: str,
    language: str,
    form: WordingForm | None,
    now: datetime,
    *,
    status_code: int = 200,
) -> Response[str]:
    found = await wordings(event.id)
    stands = next((one for one in found if (one.kind, one.language) == (kind, language)), None)
    is_conflict = status_code == WordingChanged.status_code
    if form is None:
        form = WordingForm(
            data={"seen": str(stands.id), "subject": stands.subject, "body": stands.body} if stands else {"seen": ""}
        )
    elif is_conflict:
        form.seen.data = str(stands.id) if stands else ""
    values = await placeholder_values(event, None, language, now)
    return render(
        request, "mailings/wording", status_code=status_code, event=event, base=_base(event), kind=kind,
        language=language, kinds=WORDABLE_KINDS, languages=current_settings().language_codes, form=form, stands=stands,
        is_conflict=is_conflict, placeholders=placeholder_examples(values),
        others=[code for code in current_settings().language_codes
                if code != language and not any((o.kind, o.language) == (kind, code) for o in found)],
        hints=await wording_hints([form.subject.data or "", form.body.data or ""], language),
        usual=(await preview(kind, event, None, language, now=now, texts={})).letter,
    )  # fmt: skip


async def _group_form(posted: Any, *, may_leave_now: bool, data: Mapping[str, Any] | None = None) -> GroupForm:
    members = [choice for _, group in await member_choices() for choice in group]
    return group_form()(
        posted, regions=await region_choices(), members=members, may_leave_now=may_leave_now, data=data
    )  # fmt: skip


async def _reached(event: EventRow, plan: Plan) -> tuple[Recipients, str]:
    """Whom a letter reaches, and a mark that changes with them and with what it says."""
    found = await recipients(event, plan.audience, plan.only)
    said = "\0".join(
        [*sorted(found.found), plan.kind, repr(sorted(plan.texts.items())), plan.anchor, str(plan.minutes)]
    )
    return found, hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


async def _group_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    form: GroupForm,
    row: PlannedRow | None,
    now: datetime,
    *,
    plan: Plan | None = None,
    reached: Recipients | None = None,
    mark: str = "",
    status_code: int = 200,
) -> Response[str]:
    shown = None
    if plan is not None:
        language = fallback_language(plan.texts, event.language) or event.language
        texts = {"soon": soon(plan.anchor, plan.minutes), "audience": plan.audience}
        if plan.kind == MESSAGE:
            text: Wording = plan.texts[language]
            texts |= {"message_subject": text.subject, "message": text.body}
        shown = (await preview(plan.kind, event, None, language, now=now, texts=texts)).letter
    typed = [(code, words) for code, fields in form.texts.items() if any(words := [f.data or "" for f in fields])]
    hints = [hint for code, words in typed for hint in await wording_hints(words, code)]
    sample = list(reached.found.values())[:SAMPLE] if reached else []
    return render(
        request, "mailings/group", status_code=status_code, event=event, base=_base(event), form=form, row=row,
        reached=reached, sample=sample, mark=mark, shown=shown, hints=hints, plan=plan,
        languages=current_settings().language_codes, fallback=fallback_language(plan.texts, event.language) if plan else "",
        placeholders=placeholder_examples(await placeholder_values(event, None, event.language, now)),
    )  # fmt: skip


MAILING_PAGES: list[Any] = [EventLetters, PlannedLetters]
