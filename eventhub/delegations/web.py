"""Pages of delegations: the desk that the contact of a member opens by link, and what staff see of all desks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from eventhub.access import Policy, account_of, open_to
from eventhub.delegations.commands import (
    By,
    ByLink,
    ByStaff,
    DeskClosed,
    add_delegate,
    change_part,
    invite_contacts,
    remove_delegate,
    renew_desk_link,
    replace_delegate,
    set_all_delegations,
    set_delegation,
)
from eventhub.delegations.forms import DeskForm, PersonForm, TermsForm
from eventhub.delegations.queries import (
    Delegate,
    MemberAtEvent,
    delegation_by_link,
    desk_of,
    member_at,
    overview_of,
)
from eventhub.delegations.rules import Part
from eventhub.downloads import download
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.forms import labelled
from eventhub.events.queries import EventRow, event_by_id, event_by_slug
from eventhub.events.rules import Door, EventStatus
from eventhub.labels import label_of
from eventhub.languages import gettext, say
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import redirect, render
from eventhub.words import Sentence

_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}

#: While registration stands so, a desk can add people: it says who comes, whoever else may.
_OPEN = (Door.OPEN, Door.APPROVAL, Door.INVITATION)


@dataclass(frozen=True)
class Desk:
    """A desk as it is open before somebody: who that is, where its pages are, and how it stands."""

    by: By
    base: str
    event: EventRow
    member: MemberAtEvent


async def _desk_by_link(token: str) -> Desk:
    row = await delegation_by_link(token)
    event = await event_by_id(row.event)
    return Desk(ByLink(token), f"/delegation/{token}", event, await desk_of(event, row))


async def _desk_of_staff(request: Request[Any, Any, Any], slug: str, key: str) -> Desk:
    event = await event_by_slug(slug)
    base = f"/staff/events/{slug}/delegations/members/{key}"
    return Desk(ByStaff(slug, key, account_of(request).account_id), base, event, await member_at(event, key))


class PublicDesk(Controller):
    """What the contact of a member sees and does. The link only shows; buttons act."""

    path = "/delegation/{token:str}"
    opt = open_to(Policy.HOLDER)

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """How the delegation stands, and the form for one more person."""
        return _page(request, await _desk_by_link(token), now)

    @post("/people", middleware=at_most(FORMS_PER_MINUTE, of="delegations"))
    async def add(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Register a person with a part."""
        return await _add(request, await _desk_by_link(token), now)

    @post("/people/{person_id:uuid}/part", middleware=at_most(FORMS_PER_MINUTE, of="delegations"))
    async def part(
        self,
        request: Request[Any, Any, Any],
        token: FromPath[str],
        person_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Give somebody a part or another one."""
        return await _change_part(request, await _desk_by_link(token), person_id, now)

    @get("/people/{person_id:uuid}/replace")
    async def replacing(
        self,
        request: Request[Any, Any, Any],
        token: FromPath[str],
        person_id: FromPath[UUID],
    ) -> Response[str]:
        """The form for who comes in the place of somebody."""
        return _replace_page(request, await _desk_by_link(token), person_id)

    @post("/people/{person_id:uuid}/replace", middleware=at_most(FORMS_PER_MINUTE, of="delegations"))
    async def replace(
        self,
        request: Request[Any, Any, Any],
        token: FromPath[str],
        person_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Send somebody else in the place of a person."""
        return await _replace(request, await _desk_by_link(token), person_id, now)

    @post("/people/{person_id:uuid}/remove", middleware=at_most(FORMS_PER_MINUTE, of="delegations"))
    async def remove(
        self, token: FromPath[str], person_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take somebody out of the delegation."""
        return await _remove(await _desk_by_link(token), person_id, now)


class StaffDelegations(Controller):
    """All desks of an event, quorum, and the attendance sheet."""

    path = "/staff/events/{slug:str}/delegations"
    opt = open_to(Policy.SEE_PEOPLE)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """One row for each member, and at statutory meetings the quorum."""
        return await _all_page(request, await event_by_slug(slug))

    @post("/", opt=open_to(Policy.EDIT_EVENTS))
    async def set_all(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The same quota and deadline for all members."""
        event = await event_by_slug(slug)
        form = TermsForm(await request.form())
        if form.validate() and (terms := form.terms(event)):
            try:
                done = await set_all_delegations(slug, terms, now=now, account_id=account_of(request).account_id)
            except Problems as problems:
                form.add_problems(problems)
            else:
                said = Sentence.counted(
                    "Quota and deadline hold for %(num)s member now.",
                    "Quota and deadline hold for %(num)s members now.",
                    done,
                )
                return redirect(f"/staff/events/{slug}/delegations", said)
        return await _all_page(request, event, form)

    @post("/invite", opt=open_to(Policy.EDIT_EVENTS))
    async def invite_all(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write all contacts that were not written to yet."""
        done = await invite_contacts(slug, now=now, account_id=account_of(request).account_id)
        said = Sentence.counted("%(num)s contact gets a letter.", "%(num)s contacts get a letter.", done.written)
        if done.without_address:
            missing = Sentence.counted(
                "%(num)s member has no contact yet.", "%(num)s members have no contact yet.", done.without_address
            )
            said = Sentence("%(first)s %(second)s", first=said, second=missing)
        return redirect(f"/staff/events/{slug}/delegations", said)

    @get("/sheet")
    async def sheet(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The attendance sheet, to print."""
        return render(request, "delegations/sheet", overview=await overview_of(await event_by_slug(slug)))

    @get("/sheet.csv")
    async def sheet_file(self, slug: FromPath[str]) -> Stream:
        """The attendance sheet as a table; the last column is for signatures."""
        overview = await overview_of(await event_by_slug(slug))
        names = (
            Sentence("Region"),
            Sentence("Member"),
            Sentence("Part"),
            Sentence("Name"),
            Sentence("Status"),
            Sentence("Signature"),
        )
        rows = [
            (
                gettext(region),
                member.name,
                gettext(label_of(one.part)) if one and one.part else "",
                one.name if one else "",
                gettext(label_of(one.status)) if one else "",
                "",
            )
            for region, members in overview.by_region.items()
            for member in members
            for one in _or_nobody(member.on_sheet)
        ]
        return download("csv", f"{slug}-attendance-sheet", "Sheet", [say(name) for name in names], rows)


class StaffDesk(Controller):
    """The desk of one member, for staff; the deadline does not bind them."""

    path = "/staff/events/{slug:str}/delegations/members/{key:str}"
    opt = open_to(Policy.EDIT_EVENTS)

    @get("/", opt=open_to(Policy.SEE_PEOPLE))
    async def show(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        key: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Quota, contact and people."""
        return _page(request, await _desk_of_staff(request, slug, key), now)

    @post("/")
    async def change(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        key: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Set quota, deadline and contact."""
        desk = await _desk_of_staff(request, slug, key)
        form = DeskForm(await request.form())
        if form.validate() and (terms := form.terms(desk.event)):
            try:
                await set_delegation(
                    slug, key, terms, form.contact(), now=now, account_id=account_of(request).account_id
                )
                return redirect(desk.base, Sentence("The desk of %(member)s is set.", member=desk.member.name))
            except Problems as problems:
                form.add_problems(problems)
        return _page(request, desk, now, settings=form)

    @post("/invite")
    async def invite(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        key: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Write the contact, for the first time or again."""
        desk = await _desk_of_staff(request, slug, key)
        await invite_contacts(slug, key, now=now, account_id=account_of(request).account_id)
        return redirect(desk.base, Sentence("A letter with the link is on its way."))

    @post("/new-link")
    async def renew(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        key: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Make the link stop working."""
        desk = await _desk_of_staff(request, slug, key)
        await renew_desk_link(slug, key, now=now, account_id=account_of(request).account_id)
        return redirect(desk.base, Sentence("The old link opens nothing any more. The next letter brings a new one."))

    @post("/people")
    async def add(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        key: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Register a person with a part."""
        return await _add(request, await _desk_of_staff(request, slug, key), now)

    @post("/people/{person_id:uuid}/part")
    async def part(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        key: FromPath[str],
        person_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Give somebody a part or another one."""
        return await _change_part(request, await _desk_of_staff(request, slug, key), person_id, now)

    @get("/people/{person_id:uuid}/replace")
    async def replacing(
        self, request: Request[Any, Any, Any], slug: FromPath[str], key: FromPath[str], person_id: FromPath[UUID]
    ) -> Response[str]:
        """The form for who comes in the place of somebody."""
        return _replace_page(request, await _desk_of_staff(request, slug, key), person_id)

    @post("/people/{person_id:uuid}/replace")
    async def replace(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        key: FromPath[str],
        person_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Send somebody else in the place of a person."""
        return await _replace(request, await _desk_of_staff(request, slug, key), person_id, now)

    @post("/people/{person_id:uuid}/remove")
    async def remove(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        key: FromPath[str],
        person_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Take somebody out of the delegation."""
        return await _remove(await _desk_of_staff(request, slug, key), person_id, now)


def _or_nobody(people: list[Delegate]) -> list[Delegate | None]:
    return [*people] or [None]


async def _add(request: Request[Any, Any, Any], desk: Desk, now: datetime) -> Response[Any]:
    form = PersonForm(await request.form(), event=desk.event)
    try:
        done = await add_delegate(desk.by, form.delegate(), now=now)
    except Problems as problems:
        form.add_problems(problems)
        return _page(request, desk, now, person=form)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(request, desk, now, person=form, problems=refusal.sentences, status_code=refusal.status_code)
    if done.was_registered:
        said = Sentence("%(name)s had registered before, and has a part in the delegation now.", name=done.name)
    elif done.status == "confirmed":
        said = Sentence("%(name)s is registered, and gets a letter with the invitation.", name=done.name)
    elif done.status == "waitlisted":
        said = Sentence("%(name)s is on the waiting list, and gets a letter that says so.", name=done.name)
    else:
        said = Sentence("%(name)s is registered, and the organisers have to approve it.", name=done.name)
    return redirect(f"{desk.base}#people", said)


async def _change_part(request: Request[Any, Any, Any], desk: Desk, person_id: UUID, now: datetime) -> Response[Any]:
    typed = (await request.form()).get("part")
    try:
        done = await change_part(desk.by, person_id, typed if isinstance(typed, str) else "", now=now)
    except Problems as problems:
        return _page(request, desk, now, problems=problems.sentences)
    except DeskClosed as refusal:
        return _page(request, desk, now, problems=refusal.sentences, status_code=refusal.status_code)
    return redirect(f"{desk.base}#people", Sentence("The part of %(name)s is changed.", name=done.name))


async def _replace(request: Request[Any, Any, Any], desk: Desk, person_id: UUID, now: datetime) -> Response[Any]:
    person = _person(desk, person_id)
    form = PersonForm(await request.form(), event=desk.event)
    try:
        done = await replace_delegate(desk.by, person_id, form.delegate(), now=now)
    except Problems as problems:
        form.add_problems(problems)
        return _replace_page(request, desk, person_id, form)
    except NotFound:
        raise
    except Refusal as refusal:
        return _replace_page(request, desk, person_id, form, refusal.sentences, refusal.status_code)
    return redirect(
        f"{desk.base}#people",
        Sentence("%(name)s comes in the place of %(before)s. Both get a letter.", name=done.name, before=person.name),
    )


async def _remove(desk: Desk, person_id: UUID, now: datetime) -> Response[Any]:
    person = await remove_delegate(desk.by, person_id, now=now)
    if person.is_entered:
        said = Sentence("%(name)s is not registered any more, and gets a letter that says so.", name=person.name)
    else:
        said = Sentence("%(name)s has no part any more, and stays registered.", name=person.name)
    return redirect(f"{desk.base}#people", said)


def _person(desk: Desk, person_id: UUID) -> Delegate:
    for one in desk.member.standing:
        if one.id == person_id:
            return one
    raise NotFound(Sentence("This person is not registered for this member, or not any more."))


def _page(
    request: Request[Any, Any, Any],
    desk: Desk,
    now: datetime,
    *,
    person: PersonForm | None = None,
    settings: DeskForm | None = None,
    problems: tuple[str, ...] = (),
    status_code: int = 422,
) -> Response[str]:
    """A desk; what was refused is on it with everything as it was typed."""
    by_staff = isinstance(desk.by, ByStaff)
    row = desk.member.desk
    closes = row.closes(desk.event) if row else desk.event.starts_at
    may_change = desk.event.status != EventStatus.CANCELLED and (by_staff or not (closes and now >= closes))
    door = desk.event.door(now)
    refused = bool(problems or (person and person.errors) or (settings and settings.errors))
    return render(
        request,
        "delegations/staff_desk" if by_staff else "delegations/desk",
        status_code=status_code if refused else 200,
        headers=None if by_staff else _PERSONAL,
        base=desk.base,
        event=desk.event,
        member=desk.member,
        desk=row,
        closes=closes,
        is_closed=closes is not None and now >= closes,
        may_change=may_change,
        may_add=may_change and door in _OPEN,
        door=door,
        by_staff=by_staff,
        parts=labelled(Part),
        person=person or PersonForm(event=desk.event, data=_defaults(desk)),
        settings=settings or DeskForm(data=TermsForm.stored(row, desk.event)),
        refused=settings or person,
        problems=[say(problem) for problem in problems],
    )


def _defaults(desk: Desk) -> Mapping[str, Any]:
    row = desk.member.desk
    return {
        "part": Part.DELEGATE if desk.member.of_part(Part.HEAD) else Part.HEAD,
        "language": row.language if row else "en",
    }


def _replace_page(
    request: Request[Any, Any, Any],
    desk: Desk,
    person_id: UUID,
    form: PersonForm | None = None,
    problems: tuple[str, ...] = (),
    status_code: int = 422,
) -> Response[str]:
    by_staff = isinstance(desk.by, ByStaff)
    before = _person(desk, person_id)
    return render(
        request,
        "delegations/replace",
        status_code=status_code if form else 200,
        headers=None if by_staff else _PERSONAL,
        base=desk.base,
        event=desk.event,
        member=desk.member,
        problems=[say(problem) for problem in problems],
        before=before,
        by_staff=by_staff,
        form=form
        or PersonForm(event=desk.event, data={**_defaults(desk), "part": before.part, "attends": before.attends}),
    )


async def _all_page(request: Request[Any, Any, Any], event: EventRow, form: TermsForm | None = None) -> Response[str]:
    overview = await overview_of(event)
    if form is None:
        desks = [member.desk for member in overview.members if member.desk]
        form = TermsForm(data=TermsForm.stored(desks[0], event) if desks else {})
    return render(
        request,
        "delegations/staff_delegations",
        status_code=422 if form.errors else 200,
        event=event,
        overview=overview,
        form=form,
    )


DELEGATION_PAGES: list[Any] = [PublicDesk, StaffDelegations, StaffDesk]
