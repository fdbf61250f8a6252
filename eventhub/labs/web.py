"""Pages of labs: for everybody, for members who apply, and for staff."""

from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.accounts.queries import audit_trail
from eventhub.calls.forms import proposed_call
from eventhub.calls.opening import open_call
from eventhub.calls.queries import template_by_id, templates
from eventhub.calls.rules import time_left
from eventhub.calls.words import words_of, words_of_kinds
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.feed_queries import listed_sessions
from eventhub.events.feeds import listed_feed
from eventhub.events.queries import action_lines, themes
from eventhub.labs.commands import (
    add_lab_session,
    change_lab,
    create_lab,
    remove_lab_session,
)
from eventhub.labs.forms import (
    CALL_FIELDS,
    CallForm,
    LabForm,
    SessionForm,
    values_of_lab,
)
from eventhub.labs.queries import (
    ApplicationRow,
    LabRow,
    action_lines_of_lab,
    lab_by_slug,
    labs,
    mix_of,
    open_calls,
    round_by_id,
    sessions_of,
    sessions_to_add,
)
from eventhub.labs.rules import ApplicationStatus
from eventhub.pages import redirect, render
from eventhub.reviewing.queries import Reader, applications_for
from eventhub.settings import current_settings
from eventhub.wording.queries import wording_hints
from eventhub.words import Sentence

#: The address is a secret: no search engine, no referrer.
PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class PublicLabs(Controller):
    """What everybody can see, and the form for members."""

    path = "/labs"
    opt = open_to(Policy.PUBLIC)

    @get("/")
    async def index(
        self, request: Request[Any, Any, Any], now: NamedDependency[datetime], kind: FromQuery[str] = ""
    ) -> Response[str]:
        """Open calls first, then the labs of every round, newest round first; all, or those of one kind."""
        found, words = await labs(), await words_of_kinds()
        kinds = sorted({lab.kind for lab in found})
        wanted = kind if kind in kinds else ""
        return render(
            request,
            "labs/labs",
            open_labs=[lab for lab in await open_calls(now) if not wanted or lab.kind == wanted],
            rounds=by_round([lab for lab in found if not wanted or lab.kind == wanted]),
            kinds=kinds,
            kind=wanted,
            words={one: words.get(one) or words["lab"] for one in {*kinds, "lab"}},
            now=now,
        )

    @get("/{slug:str}")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """One lab, or the calendar file of its sessions when the address ends in .ics."""
        if slug.endswith(".ics"):
            lab = await lab_by_slug(slug.removesuffix(".ics"))
            listed = await listed_sessions(lab.id)
            return await listed_feed(request, listed, now, name=lab.name, path=f"{lab.href}.ics")
        lab = await lab_by_slug(slug)
        return render(
            request,
            "labs/lab",
            lab=lab,
            state=lab.call_state(now),
            left=time_left(lab.call.closes_at, now) if lab.call else None,
            texts=lab.call.content.words(languages.current()) if lab.call else None,
            words=await words_of(lab.kind),
            sessions=await sessions_of(lab.id),
            action_lines=await action_lines_of_lab(lab.id),
            now=now,
        )


class StaffLabs(Controller):
    """Labs as staff work on them."""

    path = "/staff/labs"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """All labs by round, newest round first."""
        found, words = await labs(), await words_of_kinds()
        return render(
            request,
            "labs/staff_labs",
            rounds=by_round(found),
            words={lab.kind: words.get(lab.kind) or words["lab"] for lab in found},
            now=now,
        )

    @get("/new", opt=open_to(Policy.EDIT_LABS))
    async def new(
        self,
        request: Request[Any, Any, Any],
        now: NamedDependency[datetime],
        of: FromQuery[UUID | None] = None,
        template: FromQuery[str] = "",
    ) -> Response[str]:
        """The form for a new lab; in the year of a round and from a template of its kind, when they are named."""
        year, offered = now.year, await templates()
        kind = next((one.kind for one in offered if one.code == template), "lab")
        if of:
            found = await round_by_id(of)
            year, kind = found.year, found.kind
        proposed = [one.code for one in offered if one.kind == kind]
        chosen = template if template in proposed else next(iter(proposed), "")
        form = await lab_form(None, data={"year": year, "template": chosen})
        return render(request, "labs/edit", lab=None, kind=kind, form=form, words=await words_of(kind))

    @post("/new", opt=open_to(Policy.EDIT_LABS))
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Write a new lab down."""
        form = await lab_form(await request.form())
        del form.status
        if form.validate():
            try:
                lab = await create_lab(form.facts(), now=now, account_id=account_of(request).account_id)
            except Problems as problems:
                form.add_problems(problems)
            else:
                return redirect(f"/staff/labs/{lab.slug}", Sentence("“%(name)s” has been written down.", name=lab.name))
        chosen = form.template.data if form.template else ""
        kind = next((one.kind for one in await templates() if one.code == chosen), "lab")
        return render(request, "labs/edit", status_code=422, lab=None, kind=kind, form=form, words=await words_of(kind))

    @get("/{slug:str}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        now: NamedDependency[datetime],
        status: FromQuery[str] = "",
    ) -> Response[str]:
        """One lab with its call, sessions and applications."""
        return await self._page(request, await lab_by_slug(slug), now, status=status)

    @get("/{slug:str}/edit", opt=open_to(Policy.EDIT_LABS))
    async def edit(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The form for a lab that exists."""
        lab = await lab_by_slug(slug)
        form = await lab_form(None, data=values_of_lab(lab, await action_lines_of_lab(lab.id)))
        del form.year, form.template
        return render(request, "labs/edit", lab=lab, kind=lab.kind, form=form, words=await words_of(lab.kind))

    @post("/{slug:str}/edit", opt=open_to(Policy.EDIT_LABS))
    async def update(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change it."""
        lab = await lab_by_slug(slug)
        form = await lab_form(await request.form())
        del form.year, form.template
        if form.validate():
            try:
                await change_lab(
                    slug,
                    form.facts(),
                    status=form.status.data,
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Problems as problems:
                form.add_problems(problems)
            else:
                return redirect(f"/staff/labs/{slug}", Sentence("The changes have been saved."))
        return render(
            request, "labs/edit", status_code=422, lab=lab, kind=lab.kind, form=form, words=await words_of(lab.kind)
        )

    @get("/{slug:str}/call", opt=open_to(Policy.EDIT_LABS))
    async def edit_call(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The form for the call."""
        lab = await lab_by_slug(slug)
        template = await template_by_id(lab.template) if lab.template else None
        own = lab.own_call
        return render(request, "labs/call", lab=lab, call=own, form=CallForm(data=proposed_call(own, template)))

    @post("/{slug:str}/call", opt=open_to(Policy.EDIT_LABS))
    async def save_call(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Announce the call, or change it."""
        lab = await lab_by_slug(slug)
        form = CallForm(await request.form())
        if form.validate():
            try:
                await open_call(slug, form.call(), now=now, account_id=account_of(request).account_id)
            except Problems as problems:
                form.add_problems({CALL_FIELDS.get(k, k): v for k, v in problems.fields.items()})
            else:
                return redirect(f"/staff/labs/{slug}", Sentence("The call has been saved."))
        return render(request, "labs/call", status_code=422, lab=lab, call=lab.own_call, form=form)

    @post("/{slug:str}/sessions", opt=open_to(Policy.EDIT_LABS))
    async def add_session(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Make an event a session of the lab."""
        lab = await lab_by_slug(slug)
        form = SessionForm(await request.form(), events=await sessions_to_add())
        status = 422
        if form.validate():
            try:
                await add_lab_session(slug, form.event.data, now=now, account_id=account_of(request).account_id)
            except NotFound:
                raise
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(problems_of(refusal, "event"))
            else:
                return redirect(f"/staff/labs/{slug}", Sentence("The session has been added."))
        return await self._page(request, lab, now, session_form=form, status_code=status)

    @post("/{slug:str}/sessions/{event:str}/remove", opt=open_to(Policy.EDIT_LABS))
    async def remove_session(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        event: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Part an event from the lab."""
        await remove_lab_session(slug, event, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/labs/{slug}", Sentence("The event is no session here any more."))

    async def _page(
        self,
        request: Request[Any, Any, Any],
        lab: LabRow,
        now: datetime,
        *,
        status: str = "",
        session_form: SessionForm | None = None,
        status_code: int = 200,
    ) -> Response[str]:
        applications: list[ApplicationRow] = []
        may_read = account_of(request).may(Policy.READ_APPLICATIONS)
        wanted = status if status in set(ApplicationStatus) else ""
        if may_read:
            who = account_of(request)
            found, _ = await applications_for(Reader(who.account_id, who.may(Policy.EDIT_LABS)), lab, status=wanted)
            applications = [one.application for one in found]
        texts = (lab.name, lab.full_title, lab.description, *((lab.call.text, lab.call.criteria) if lab.call else ()))
        return render(
            request,
            "labs/staff_lab",
            status_code=status_code,
            lab=lab,
            words=await words_of(lab.kind),
            state=lab.call_state(now),
            sessions=await sessions_of(lab.id, public_only=False),
            session_form=session_form or SessionForm(events=await sessions_to_add()),
            action_lines=await action_lines_of_lab(lab.id),
            mix=await mix_of(lab.id),
            applications=applications,
            may_read=may_read,
            wanted=wanted,
            statuses=[one for one in ApplicationStatus if one is not ApplicationStatus.DRAFT],
            trail=await audit_trail(object_kind="lab", object_id=lab.id, limit=10),
            # A lab names no language of its own.
            hints=[hint for code in current_settings().language_codes for hint in await wording_hints(texts, code)],
        )


def by_round(found: list[LabRow]) -> list[tuple[int, str, list[LabRow]]]:
    """Labs by the year and kind of their round, in the order given."""
    return [(year, kind, list(group)) for (year, kind), group in groupby(found, key=lambda lab: (lab.year, lab.kind))]


async def lab_form(posted: Any, **more: Any) -> LabForm:
    """The form of a lab with the themes and action lines that there are."""
    return LabForm(
        posted,
        themes=await themes(),
        action_lines=await action_lines(),
        templates=[(one.code, one.name) for one in await templates()],
        **more,
    )


def problems_of(refusal: Refusal, field: str) -> dict[str, list[str]]:
    """What a refusal says, for a form: its own fields, or all of it beside one field."""
    return refusal.fields if isinstance(refusal, Problems) else {field: list(refusal.sentences)}


LAB_PAGES: list[Any] = [PublicLabs, StaffLabs]
