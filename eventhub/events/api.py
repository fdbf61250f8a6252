"""Events and programmes as JSON."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from eventhub.access import Policy, account_of, identity_of, open_to
from eventhub.directory.queries import regions
from eventhub.errors import Problems
from eventhub.events.commands import cancel_event, change_event, create_event, event_faults, publish_event
from eventhub.events.queries import (
    EventFilter,
    EventRow,
    EventTies,
    ItemRow,
    event_by_slug,
    events,
    programme_of,
    public_event,
    themes,
    ties_of,
)
from eventhub.events.rules import (
    EventFacts,
    EventKind,
    EventStatus,
    Involvement,
    ItemFacts,
    Mode,
    RegistrationMode,
    is_zone,
)
from eventhub.events.zones import as_instant, wall_time
from eventhub.listing import Listing, listing, window
from eventhub.problems import check_words
from eventhub.programme.commands import add_programme_item
from eventhub.settings import KNOWN_LANGUAGES, current_settings
from eventhub.words import Sentence

Wall = tuple[date | None, time | None, bool]
OptionalText = str | UnsetType | None


class EventIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What can be said of an event; in a PATCH, what is left out stays as it is."""

    title: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    mode: str | UnsetType = UNSET
    involvement: str | UnsetType = UNSET
    starts_at: OptionalText = UNSET
    ends_at: OptionalText = UNSET
    time_zone: OptionalText = UNSET
    capacity: int | UnsetType | None = UNSET
    place: OptionalText = UNSET
    country: OptionalText = UNSET
    online_url: OptionalText = UNSET
    description: OptionalText = UNSET
    language: str | UnsetType = UNSET
    action_lines: list[str] | UnsetType = UNSET
    themes: list[str] | UnsetType = UNSET
    parent: OptionalText = UNSET
    counts_in_statistics: bool | UnsetType = UNSET
    registration_mode: str | UnsetType = UNSET
    registration_opens_at: OptionalText = UNSET
    registration_closes_at: OptionalText = UNSET
    offer_hours: int | UnsetType | None = UNSET
    parity_exempt_reason: OptionalText = UNSET


class EventOut(msgspec.Struct, kw_only=True):
    """An event; instants bear the offset of its own zone. `online_url` is null for the public."""

    id: UUID
    slug: str
    title: str
    kind: str
    mode: str
    involvement: str
    is_own: bool
    status: str
    starts_at: str | None
    ends_at: str | None
    starts_on: date
    ends_on: date | None
    time_zone: str | None
    place: str
    country: str
    online_url: str | None
    description: str
    language: str
    capacity: int | None
    seats_taken: int
    waiting: int
    registration_mode: str
    registration_opens_at: str | None
    registration_closes_at: str | None
    offer_hours: int | None
    parent: str | None
    counts_in_statistics: bool
    action_lines: list[str]
    themes: list[str]
    cancel_reason: str
    version: int
    url: str


class ItemIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A programme item."""

    title: str
    kind: str
    starts_at: str
    ends_at: str
    room: str | None = None
    capacity: int | None = None
    description: str | None = None
    parity_exempt_reason: str | None = None
    track: str | None = None
    takes_sign_up: bool = False


class ItemOut(msgspec.Struct, kw_only=True):
    """A programme item; instants bear the offset of the event's zone."""

    id: UUID
    event: str
    title: str
    kind: str
    starts_at: str
    ends_at: str
    room: str
    capacity: int | None
    description: str
    track: str
    takes_sign_up: bool


class PublishIn(msgspec.Struct, forbid_unknown_fields=True):
    """Why an event is published in spite of its panels, if it is."""

    exception_reason: str | None = None


class CancelIn(msgspec.Struct, forbid_unknown_fields=True):
    """Why an event is called off; registered people read it."""

    reason: str


def instant(text: str, field: str, problems: dict[str, list[str]]) -> datetime | None:
    """Read an RFC 3339 instant with its offset; what is wrong goes to `problems`."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or found.utcoffset() is None:
        problems[field] = [
            Sentence(
                "“%(given)s” is no instant with its offset. It looks like 2027-03-01T09:00:00+01:00.",
                given=text[:40],
            )
        ]
        return None
    return found


def _wall(sent: OptionalText, field: str, zone: str, problems: dict[str, list[str]]) -> Wall:
    """Day, clock, and whether the second of two equal wall times is meant."""
    if not isinstance(sent, str):
        return None, None, False
    found = instant(sent, field, problems)
    if found is None:
        return None, None, False
    try:
        local = found.astimezone(ZoneInfo(zone))
    except OverflowError:
        problems[field] = [Sentence("This instant lies outside the calendar.")]
        return None, None, False
    day, clock = wall_time(found, zone)
    return day, clock, bool(local.fold)


def _kept(day: date | None, clock: time | None, at: datetime | None, zone: str | None) -> Wall:
    """Day, clock, and which of two equal wall times stands."""
    return day, clock, bool(at and zone and at.astimezone(ZoneInfo(zone)).fold)


async def facts_of(sent: EventIn, before: EventRow | None) -> EventFacts:
    """
    What was sent, over what stands.

    Raises:
        Problems: an instant or the zone cannot be read, together with all that the commands would find wrong.

    """
    ties = (await ties_of([before]))[before.id] if before else EventTies()
    problems: dict[str, list[str]] = {}
    zone = sent.time_zone if isinstance(sent.time_zone, str) else None
    if sent.time_zone is UNSET and before:
        zone = before.time_zone
    if zone is not None and not is_zone(zone):
        problems["time_zone"] = [Sentence("“%(zone)s” is no time zone. Zones look like Europe/Madrid.", zone=zone[:60])]
        zone = None
    reading_zone = zone or current_settings().time_zone
    if sent.starts_at is UNSET and before:
        start = _kept(before.starts_on, before.starts_time, before.starts_at, before.time_zone)
    else:
        start = _wall(sent.starts_at, "starts_at", reading_zone, problems)
        if start[0] is None and "starts_at" not in problems:
            problems["starts_at"] = [Sentence("Please say when it starts.")]
    if sent.ends_at is UNSET and before:
        end = _kept(before.ends_on, before.ends_time, before.ends_at, before.time_zone)
    else:
        end = _wall(sent.ends_at, "ends_at", reading_zone, problems)
    limits: dict[str, datetime | None] = {}
    for name in ("registration_opens_at", "registration_closes_at"):
        typed = getattr(sent, name)
        if typed is UNSET:
            limits[name] = getattr(before, name) if before else None
        else:
            limits[name] = instant(typed, name, problems) if isinstance(typed, str) else None

    def given(name: str, otherwise: Any) -> Any:
        value = getattr(sent, name)
        if value is UNSET:
            return getattr(before, name) if before else otherwise
        return otherwise if value is None else value

    facts = EventFacts(
        title=given("title", ""),
        kind=given("kind", ""),
        mode=given("mode", ""),
        involvement=given("involvement", ""),
        starts_on=start[0],
        starts_time=start[1],
        ends_on=end[0],
        ends_time=end[1],
        time_zone=zone,
        place=given("place", ""),
        country=given("country", ""),
        online_url=given("online_url", ""),
        description=given("description", ""),
        language=given("language", current_settings().language_codes[0]),
        capacity=(before.capacity if before else None) if sent.capacity is UNSET else sent.capacity,
        registration_mode=given("registration_mode", RegistrationMode.OPEN),
        registration_opens_at=limits["registration_opens_at"],
        registration_closes_at=limits["registration_closes_at"],
        offer_hours=(before.offer_hours if before else None) if sent.offer_hours is UNSET else sent.offer_hours,
        parity_exempt_reason=given("parity_exempt_reason", ""),
        counts_in_statistics=given("counts_in_statistics", True),
        minimum_break=before.minimum_break if before else 0,
        parent=ties.parent if sent.parent is UNSET else (sent.parent or None),
        action_lines=ties.action_lines if sent.action_lines is UNSET else tuple(sent.action_lines),
        themes=ties.themes if sent.themes is UNSET else tuple(sent.themes),
        second_start=start[2],
        second_end=end[2],
    )
    if problems:
        others = api_names(await event_faults(facts))
        for name in ("starts_at", "ends_at", "time_zone"):
            others.pop(name, None)
        raise Problems({**others, **problems})
    return facts


def api_names(problems: dict[str, list[str]]) -> dict[str, list[str]]:
    """Days and times of the form are one instant here."""
    found: dict[str, list[str]] = {}
    for name, sentences in problems.items():
        found.setdefault(
            name.replace("_on", "_at").replace("_time", "_at") if name != "time_zone" else name, []
        ).extend(sentences)
    return found


async def event_out(event: EventRow, *, for_staff: bool) -> EventOut:
    """An event as it is answered."""
    return (await events_out([event], for_staff=for_staff))[0]


async def events_out(found: list[EventRow], *, for_staff: bool) -> list[EventOut]:
    """Events as they are answered; the number of queries does not grow with theirs."""
    ties = await ties_of(found)
    return [_event_out(event, ties[event.id], for_staff=for_staff) for event in found]


def _event_out(event: EventRow, ties: EventTies, *, for_staff: bool) -> EventOut:
    return EventOut(
        id=event.id,
        slug=event.slug,
        title=event.title,
        kind=event.kind,
        mode=event.mode,
        involvement=event.involvement,
        is_own=event.is_own,
        status=event.status,
        starts_at=as_instant(event.starts_at, event.time_zone),
        ends_at=as_instant(event.ends_at, event.time_zone),
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        time_zone=event.time_zone,
        place=event.place,
        country=event.country,
        online_url=event.online_url if for_staff else None,
        description=event.description,
        language=event.language,
        capacity=event.capacity,
        seats_taken=ties.taken,
        waiting=ties.waiting,
        registration_mode=event.registration_mode,
        registration_opens_at=as_instant(event.registration_opens_at, event.time_zone),
        registration_closes_at=as_instant(event.registration_closes_at, event.time_zone),
        offer_hours=event.offer_hours,
        parent=ties.parent if for_staff else ties.public_parent,
        counts_in_statistics=event.counts_in_statistics,
        action_lines=list(ties.action_lines),
        themes=list(ties.themes),
        cancel_reason=event.cancel_reason,
        version=event.version,
        url=f"{current_settings().base_url}{event.href}",
    )


def item_out(item: ItemRow, event: EventRow) -> ItemOut:
    """A programme item as it is answered."""
    start, end = as_instant(item.starts_at, event.time_zone), as_instant(item.ends_at, event.time_zone)
    assert start and end
    return ItemOut(
        id=item.id,
        event=event.slug,
        title=item.title,
        kind=item.kind,
        starts_at=start,
        ends_at=end,
        room=item.room,
        capacity=item.capacity,
        description=item.description,
        track=item.track,
        takes_sign_up=item.takes_sign_up,
    )


class EventsApi(Controller):
    """Events, from draft to cancelled."""

    path = "/api/v1/events"
    tags: Sequence[str] = ["events"]

    @post("/", opt=open_to(Policy.EDIT_EVENTS))
    async def create(
        self, request: Request[Any, Any, Any], data: JSONBody[EventIn], now: NamedDependency[datetime]
    ) -> EventOut:
        """Make a draft."""
        facts = await facts_of(data, None)
        try:
            event = await create_event(facts, now=now, account_id=account_of(request).account_id)
        except Problems as problems:
            raise Problems(api_names(problems.fields)) from problems
        return await event_out(event, for_staff=True)

    @get("/", opt=open_to(Policy.PUBLIC))
    async def index(
        self,
        request: Request[Any, Any, Any],
        year: Annotated[int | None, QueryParameter(ge=1, le=9998)] = None,
        month: Annotated[int | None, QueryParameter(ge=1, le=12)] = None,
        region: FromQuery[str] = "",
        kind: FromQuery[str] = "",
        mode: FromQuery[str] = "",
        theme: FromQuery[str] = "",
        language: FromQuery[str] = "",
        involvement: FromQuery[str] = "",
        status: FromQuery[str] = "",
        q: FromQuery[str] = "",
        limit: FromQuery[int] = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Listing[EventOut]:
        """Events that match, in order of time; drafts and private kinds for staff only."""
        size, offset = window(limit, cursor)
        check_words(
            kind=(kind, EventKind),
            mode=(mode, Mode),
            involvement=(involvement, Involvement),
            status=(status, EventStatus),
            language=(language, KNOWN_LANGUAGES),
            region=(region, [str(row["code"]) for row in await regions()] if region else []),
            theme=(theme, [str(row["code"]) for row in await themes()] if theme else []),
        )
        staff = identity_of(request) is not None
        wanted = EventFilter(
            year=year,
            month=month,
            region=region,
            kind=kind,
            mode=mode,
            theme=theme,
            language=language,
            involvement=involvement,
            status=status,
            q=q,
            public_only=not staff,
        )
        found, total = await events(wanted, limit=size, offset=offset)
        return listing(await events_out(found, for_staff=staff), total=total, limit=size, offset=offset)

    @get("/{slug:str}", opt=open_to(Policy.PUBLIC))
    async def show(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> EventOut:
        """One event."""
        staff = identity_of(request) is not None
        event = await (event_by_slug(slug) if staff else public_event(slug))
        return await event_out(event, for_staff=staff)

    @patch("/{slug:str}", opt=open_to(Policy.EDIT_EVENTS))
    async def update(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[EventIn],
        now: NamedDependency[datetime],
    ) -> EventOut:
        """Change some of it; registered people hear of what matters."""
        before = await event_by_slug(slug)
        facts = await facts_of(data, before)
        try:
            event = await change_event(
                slug, facts, version=before.version, now=now, account_id=account_of(request).account_id
            )
        except Problems as problems:
            raise Problems(api_names(problems.fields)) from problems
        return await event_out(event, for_staff=True)

    @get("/{slug:str}/programme", opt=open_to(Policy.PUBLIC))
    async def programme(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> list[ItemOut]:
        """The programme in order of time."""
        staff = identity_of(request) is not None
        event = await (event_by_slug(slug) if staff else public_event(slug))
        return [item_out(item, event) for item in await programme_of(event.id)]

    @post("/{slug:str}/programme", opt=open_to(Policy.EDIT_EVENTS))
    async def add_item(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[ItemIn],
        now: NamedDependency[datetime],
    ) -> ItemOut:
        """Put an item on the programme."""
        event = await event_by_slug(slug)
        problems: dict[str, list[str]] = {}
        zone = event.time_zone or current_settings().time_zone
        start = _wall(data.starts_at, "starts_at", zone, problems)
        end = _wall(data.ends_at, "ends_at", zone, problems)
        if problems:
            raise Problems(problems)
        facts = ItemFacts(
            title=data.title,
            kind=data.kind,
            starts_on=start[0],
            starts_time=start[1],
            ends_on=end[0],
            ends_time=end[1],
            room=data.room or "",
            capacity=data.capacity,
            description=data.description or "",
            parity_exempt_reason=data.parity_exempt_reason or "",
            track=data.track or "",
            takes_sign_up=data.takes_sign_up,
            second_start=start[2],
            second_end=end[2],
        )
        try:
            item = await add_programme_item(slug, facts, now=now, account_id=account_of(request).account_id)
        except Problems as wrong:
            raise Problems(api_names(wrong.fields)) from wrong
        return item_out(item, event)

    @post("/{slug:str}/publish", opt=open_to(Policy.EDIT_EVENTS), status_code=200)
    async def publish(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        now: NamedDependency[datetime],
        data: JSONBody[PublishIn | None] = None,
    ) -> EventOut:
        """Show it to the public, or say every reason why not."""
        who = account_of(request)
        event = await publish_event(
            slug,
            exception_reason=(data.exception_reason if data else None) or "",
            may_except=who.may(Policy.ADMINISTER),
            now=now,
            account_id=who.account_id,
        )
        return await event_out(event, for_staff=True)

    @post("/{slug:str}/cancel", opt=open_to(Policy.EDIT_EVENTS), status_code=200)
    async def cancel(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[CancelIn],
        now: NamedDependency[datetime],
    ) -> EventOut:
        """Call it off; everybody registered is told."""
        event = await cancel_event(slug, reason=data.reason, now=now, account_id=account_of(request).account_id)
        assert event.status == EventStatus.CANCELLED
        return await event_out(event, for_staff=True)
