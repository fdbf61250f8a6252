"""Pages of programmes: items, the timetable, moving, what has changed, and sign-up."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.errors import Problems
from eventhub.events.kept import KEPT_PAGES
from eventhub.events.queries import (
    EventRow,
    ItemRow,
    event_by_id,
    event_by_slug,
    item_by_id,
    programme_of,
    public_event,
)
from eventhub.events.rules import ItemFacts
from eventhub.pages import redirect, render
from eventhub.programme.commands import (
    add_programme_item,
    change_programme_item,
    move_programme_item,
    release_programme,
    remove_programme_item,
)
from eventhub.programme.forms import AsksBeforeSaving, ItemForm, MoveForm, values_of_item
from eventhub.programme.letters import change_sentences
from eventhub.programme.queries import (
    conflicts_before_saving,
    moved_item,
    people_signed_up,
    programme_conflicts,
    snapshot_of,
    versions_of,
)
from eventhub.programme.rules import Hours, changes, timetable
from eventhub.programme.sign_up import sign_up, withdraw
from eventhub.speakers.queries import speakers_of
from eventhub.words import Sentence

#: Rows of the staff timetable, so that there are places to put an item.
_STEP = timedelta(minutes=30)


class PublicProgramme(Controller):
    """The timetable that everybody sees."""

    opt = open_to(Policy.PUBLIC)

    @get("/events/{slug:str}/programme")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The programme as a timetable by room, and what has changed lately; kept until something on it changes."""

        async def make() -> tuple[EventRow, Response[str]]:
            event = await public_event(slug)
            return event, await _public_page(request, event)

        return await KEPT_PAGES.answer(request, "programme", slug, now, make)


async def _public_page(request: Request[Any, Any, Any], event: EventRow) -> Response[str]:
    items = await programme_of(event.id)
    versions = await versions_of(event.id, limit=5)
    zone = event.time_zone or "UTC"
    return render(
        request,
        "programme/programme",
        event=event,
        tables=timetable(items, lambda item: item.room, zone),
        items=items,
        speakers=await speakers_of(event.id, confirmed_only=True),
        told=_told(versions, zone),
    )


def _told(versions: list[Any], zone: str) -> list[tuple[int, datetime, list[Sentence]]]:
    """Versions with their changes in words; the first one changed nothing."""
    language = languages.current()
    return [
        (version.number, version.released_at, change_sentences(version.changes, zone, language))
        for version in versions
        if version.changes
    ]


class StaffTimetable(Controller):
    """The timetable on which organisers move items, and from which they tell people what has changed."""

    path = "/staff/events/{slug:str}"
    opt = open_to(Policy.STAFF)

    @get("/timetable")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], by: FromQuery[str] = ""
    ) -> Response[str]:
        """Days, rooms or tracks, and items; what clashes; what people do not know of yet."""
        return await _timetable_page(request, await event_by_slug(slug), by)

    @post("/programme/release", opt=open_to(Policy.EDIT_EVENTS))
    async def release(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write to those concerned by what has changed."""
        letters = await release_programme(slug, now=now, account_id=account_of(request).account_id)
        said = Sentence.counted(
            "%(num)s letter about the changed programme is on its way.",
            "%(num)s letters about the changed programme are on their way.",
            letters,
        )
        return redirect(f"/staff/events/{slug}/timetable#told", said)

    @get("/programme/new", opt=open_to(Policy.EDIT_EVENTS))
    async def new_item(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """An empty form for a programme item."""
        event = await event_by_slug(slug)
        items = await programme_of(event.id)
        start = (items[-1].ends_on, items[-1].ends_time) if items else (event.starts_on, event.starts_time)
        form = ItemForm(starts_on=start[0], starts_time=start[1], kind="panel")
        return await _item_page(request, form, event, None)

    @post("/programme/new", opt=open_to(Policy.EDIT_EVENTS))
    async def create_item(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Put an item on the programme."""
        event = await event_by_slug(slug)
        form = ItemForm(await request.form())
        found: list[Sentence] = []
        if form.validate() and not (found := await _conflicts(form, event, form.facts())):
            try:
                await add_programme_item(slug, form.facts(), now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/events/{slug}#programme", Sentence("The item is on the programme."))
            except Problems as problems:
                form.add_problems(problems)
        return await _item_page(request, form, event, None, found, status_code=422)


class StaffProgramme(Controller):
    """One item of a programme."""

    path = "/staff/programme/{item_id:uuid}"
    opt = open_to(Policy.EDIT_EVENTS)

    @get("/")
    async def edit(self, request: Request[Any, Any, Any], item_id: FromPath[UUID]) -> Response[str]:
        """The form with what stands."""
        item = await item_by_id(item_id)
        event = await event_by_id(item.event)
        return await _item_page(request, ItemForm(**values_of_item(item, event)), event, item)

    @post("/")
    async def update(
        self, request: Request[Any, Any, Any], item_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change it."""
        item = await item_by_id(item_id)
        event = await event_by_id(item.event)
        form = ItemForm(await request.form())
        found: list[Sentence] = []
        if form.validate() and not (found := await _conflicts(form, event, form.facts(), item)):
            try:
                await change_programme_item(item_id, form.facts(), now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/events/{event.slug}#programme", Sentence("The item is changed."))
            except Problems as problems:
                form.add_problems(problems)
        return await _item_page(request, form, event, item, found, status_code=422)

    @get("/move")
    async def ask_move(self, request: Request[Any, Any, Any], item_id: FromPath[UUID]) -> Response[str]:
        """The form with which an item is moved without a pointer."""
        item = await item_by_id(item_id)
        event = await event_by_id(item.event)
        values = values_of_item(item, event)
        form = MoveForm(**{name: values[name] for name in ("starts_on", "starts_time", "which_start", "room")})
        return await _move_page(request, form, event, item)

    @post("/move")
    async def move(
        self, request: Request[Any, Any, Any], item_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Put it elsewhere, unless it would clash there and nobody has accepted that."""
        item = await item_by_id(item_id)
        event = await event_by_id(item.event)
        form = MoveForm(await request.form())
        found: list[Sentence] = []
        if form.validate():
            place = (form.starts_on.data, form.starts_time.data, form.room.data or "")
            facts = moved_item(item, event, *place, second=form.second)
            found = await _conflicts(form, event, facts, item)
            if not found:
                try:
                    await move_programme_item(
                        item_id, *place, second=form.second, now=now, account_id=account_of(request).account_id
                    )
                    return redirect(f"/staff/events/{event.slug}/timetable#t-{item_id}", Sentence("The item is moved."))
                except Problems as problems:
                    form.add_problems(problems)
        return await _move_page(request, form, event, item, found, status_code=422)

    @get("/places", opt=open_to(Policy.SEE_PEOPLE))
    async def sign_ups(self, request: Request[Any, Any, Any], item_id: FromPath[UUID]) -> Response[str]:
        """Who has signed up for it."""
        item = await item_by_id(item_id)
        event = await event_by_id(item.event)
        return render(request, "programme/sign_ups", event=event, item=item, people=await people_signed_up(item_id))

    @post("/remove")
    async def remove(
        self, request: Request[Any, Any, Any], item_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take it off the programme."""
        event = await remove_programme_item(item_id, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/events/{event.slug}#programme", Sentence("The item is off the programme."))


class SignUp(Controller):
    """What holders of a personal link do with single items."""

    path = "/registrations/{token:str}/programme/{item_id:uuid}"
    opt = open_to(Policy.HOLDER)

    @post("/take")
    async def come(
        self,
        request: Request[Any, Any, Any],
        token: FromPath[str],
        item_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Say that the person comes to an item."""
        item = await sign_up(token, item_id, now=now)
        said = Sentence("You have signed up for “%(title)s”.", title=item.title)
        return redirect(f"/registrations/{token}#programme", said)

    @post("/give-back")
    async def stay_away(
        self,
        request: Request[Any, Any, Any],
        token: FromPath[str],
        item_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Give the place back."""
        item = await withdraw(token, item_id, now=now)
        said = Sentence("You are off “%(title)s”, and somebody else can come.", title=item.title)
        return redirect(f"/registrations/{token}#programme", said)


async def _conflicts(
    form: AsksBeforeSaving, event: EventRow, facts: ItemFacts, item: ItemRow | None = None
) -> list[Sentence]:
    """What the item would clash with, unless the organiser has read exactly that and saves in spite of it."""
    return form.open_conflicts(await conflicts_before_saving(event, facts, item.id if item else None))


async def _item_page(
    request: Request[Any, Any, Any],
    form: ItemForm,
    event: EventRow,
    item: ItemRow | None,
    conflicts: list[Sentence] | None = None,
    *,
    status_code: int = 200,
) -> Response[str]:
    rooms, tracks = await _names(event)
    return render(
        request,
        "programme/item_form",
        status_code=status_code,
        form=form,
        event=event,
        item=item,
        conflicts=conflicts or [],
        rooms=rooms,
        tracks=tracks,
    )


async def _move_page(
    request: Request[Any, Any, Any],
    form: MoveForm,
    event: EventRow,
    item: ItemRow,
    conflicts: list[Sentence] | None = None,
    *,
    status_code: int = 200,
) -> Response[str]:
    rooms, _ = await _names(event)
    return render(
        request,
        "programme/move",
        status_code=status_code,
        form=form,
        event=event,
        item=item,
        conflicts=conflicts or [],
        rooms=rooms,
    )


async def _names(event: EventRow) -> tuple[list[str], list[str]]:
    """Rooms and tracks that the programme uses already; one query."""
    items = await programme_of(event.id)
    return sorted({item.room for item in items} - {""}), sorted({item.track for item in items} - {""})


async def _timetable_page(request: Request[Any, Any, Any], event: EventRow, by: str) -> Response[str]:
    items = await programme_of(event.id)
    zone = event.time_zone or "UTC"
    by_track = by == "track" and any(item.track for item in items)
    versions = await versions_of(event.id)
    news = changes(versions[0].items, await snapshot_of(event.id)) if versions else []
    return render(
        request,
        "programme/timetable",
        event=event,
        items=items,
        tables=timetable(
            items, lambda item: item.track if by_track else item.room, zone, step=_STEP, hours=_hours(event)
        ),
        by_track=by_track,
        has_tracks=any(item.track for item in items),
        speakers=await speakers_of(event.id),
        conflicts=await programme_conflicts(event, items),
        news=change_sentences(news, zone, languages.current()),
        told=_told(versions, zone),
    )


def _hours(event: EventRow) -> Hours | None:
    """Where items can be put: the hours of the event on each of its days."""
    if event.starts_time is None or event.ends_time is None:
        return None
    starts, ends = event.starts_time, event.ends_time
    return Hours(event.starts_on, event.ends_on or event.starts_on, min(starts, ends), max(starts, ends))


PROGRAMME_PAGES: list[Any] = [PublicProgramme, StaffTimetable, StaffProgramme, SignUp]
