"""Reads of events, and the doors through which one event is reached."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.directory.folding import fold
from eventhub.errors import NotFound
from eventhub.events.rules import OWN, PRIVATE_KINDS, Door, EventStatus, Mode, PartnerRole
from eventhub.registrations.rules import Pool, seats_situation, ways_to_attend
from eventhub.words import Sentence


class EventRow(msgspec.Struct, frozen=True):
    """One event, all of its columns."""

    id: UUID
    slug: str
    title: str
    title_folded: str
    kind: str
    mode: str
    involvement: str
    status: str
    starts_on: date
    starts_time: time | None
    ends_on: date | None
    ends_time: time | None
    time_zone: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    place: str
    country: str
    online_url: str
    description: str
    language: str
    capacity: int | None
    registration_mode: str
    registration_closes_at: datetime | None
    parent: UUID | None
    counts_in_statistics: bool
    host_member: UUID | None
    parity_exempt_reason: str
    printed_start: str
    printed_end: str
    printed_title: str
    printed_location: str
    import_key: str | None
    calendar_uid: str
    sequence: int
    version: int
    cancel_reason: str
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    cancelled_at: datetime | None
    series: UUID | None = None
    edition: int | None = None
    campaign: UUID | None = None
    organiser_name: str = ""
    archived_at: datetime | None = None
    minimum_break: int = 0
    registration_opens_at: datetime | None = None
    offer_hours: int | None = None

    @property
    def is_own(self) -> bool:
        """Led or co-led by the association."""
        return self.involvement in OWN

    @property
    def href(self) -> str:
        """Its public address."""
        return f"/events/{self.slug}"

    @property
    def is_public(self) -> bool:
        """Whether everybody may know of it."""
        return self.status != EventStatus.DRAFT and self.kind not in PRIVATE_KINDS

    @property
    def has_online(self) -> bool:
        """Whether people can join online."""
        return self.mode in (Mode.ONLINE, Mode.HYBRID)

    @property
    def on_site(self) -> bool:
        """Whether people can come in person."""
        return self.mode in (Mode.IN_PERSON, Mode.HYBRID)

    def is_past(self, now: datetime) -> bool:
        """Whether it is over; an event without times is over when its last day is, everywhere."""
        if end := self.ends_at or self.starts_at:
            return end < now
        return (self.ends_on or self.starts_on) < now.date()

    def door(self, now: datetime) -> Door:
        """Who can register at an instant, or why nobody can."""
        if self.status == EventStatus.CANCELLED:
            return Door.CANCELLED
        if self.is_past(now):
            return Door.OVER
        if self.status != EventStatus.PUBLISHED or self.starts_at is None or self.registration_mode == Door.CLOSED:
            return Door.CLOSED
        if self.registration_closes_at and self.registration_closes_at <= now:
            return Door.LATE
        if self.registration_opens_at and now < self.registration_opens_at:
            return Door.EARLY
        return Door(self.registration_mode)

    def takes_registrations(self, now: datetime) -> bool:
        """Whether anybody could register now, or ask to."""
        return self.door(now) in (Door.OPEN, Door.APPROVAL)


class ItemRow(msgspec.Struct, frozen=True):
    """One programme item, all of its columns."""

    id: UUID
    event: UUID
    title: str
    kind: str
    starts_on: date
    starts_time: time
    ends_on: date
    ends_time: time
    starts_at: datetime
    ends_at: datetime
    room: str
    capacity: int | None
    description: str
    parity_exempt_reason: str
    takes_sign_up: bool = False
    taken: int = 0
    track: str = ""
    sequence: int = 0


EVENT_COLUMNS = ", ".join(EventRow.__struct_fields__)
_ITEM_COLUMNS = ", ".join(ItemRow.__struct_fields__)


def no_such_event(slug: str) -> NotFound:
    """What drafts, forbidden events and unknown ones all look like."""
    return NotFound(Sentence("There is no event “%(slug)s”.", slug=slug[:90]))


async def event_by_slug(slug: str) -> EventRow:
    """
    One event, whatever its status; for staff.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"SELECT {EVENT_COLUMNS} FROM event WHERE slug = {{}}", slug.replace("\x00", " "))
    if not rows:
        raise no_such_event(slug)
    return EventRow(**rows[0])


async def public_event(slug: str) -> EventRow:
    """
    One event as the public may see it: published or cancelled, and not of a private kind.

    Raises:
        NotFound: there is none, or it is not public.

    """
    event = await event_by_slug(slug)
    if not event.is_public:
        raise no_such_event(slug)
    return event


class PageState(msgspec.Struct, frozen=True):
    """All that tells whether the public page of an event still shows what stands, time apart."""

    event: UUID
    parent: UUID | None
    stamp: int
    stamp_above: int | None
    stamps_below: int | None
    parts: int
    stamp_shared: int
    #: Position, capacity, seats taken and people waiting of each pool.
    seats: tuple[tuple[int | None, int | None, int | None, int | None], ...]


async def page_state(slug: str) -> PageState | None:
    """
    The stamps of an event's page, of its parent and of its parts, and its seats; one query, a row for each pool.

    Subqueries where joins would do: PostgreSQL guesses more rows from those before it has
    statistics, and then compiles the query for 20 ms each time.
    """
    rows = await sql(
        "SELECT e.id AS event, e.parent AS parent, (SELECT stamp FROM page_stamp WHERE event = e.id) AS stamp, "
        "(SELECT stamp FROM page_stamp WHERE event = e.parent) AS stamp_above, "
        "(SELECT SUM(v.stamp) FROM event x JOIN page_stamp v ON v.event = x.id WHERE x.parent = e.id) AS stamps_below, "
        "(SELECT COUNT(*) FROM event x WHERE x.parent = e.id) AS parts, (SELECT stamp FROM shared_stamp) AS stamp_shared, "
        "p.position AS position, p.capacity AS capacity, p.taken AS taken, p.waiting AS waiting "
        "FROM event e LEFT JOIN seat_pool p ON p.event = e.id WHERE e.slug = {}",
        slug,
    )
    if not rows:
        return None
    seats = [tuple(row.pop(name) for name in ("position", "capacity", "taken", "waiting")) for row in rows]
    return PageState(**rows[0], seats=tuple(sorted(seats, key=lambda pool: pool[0] or 0)))


async def event_by_id(event_id: UUID) -> EventRow:
    """
    One event by its key.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"SELECT {EVENT_COLUMNS} FROM event WHERE id = {{}}", event_id)
    if not rows:
        raise no_such_event(str(event_id))
    return EventRow(**rows[0])


async def programme_of(event_id: UUID) -> list[ItemRow]:
    """The programme items of an event in order of time."""
    rows = await sql(
        f"SELECT {_ITEM_COLUMNS} FROM programme_item WHERE event = {{}} ORDER BY starts_at, title, id",
        event_id,
    )
    return [ItemRow(**row) for row in rows]


async def item_by_id(item_id: UUID) -> ItemRow:
    """
    One programme item.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"SELECT {_ITEM_COLUMNS} FROM programme_item WHERE id = {{}}", item_id)
    if not rows:
        raise NotFound(Sentence("There is no such programme item."))
    return ItemRow(**rows[0])


class EventFilter(msgspec.Struct, frozen=True):
    """
    What a list of events is narrowed to; empty means everything.

    A month without a year is that month of every year. An event lies in the
    region of its host member; without a host, in each region that has a member
    in the country of the event. An online event without either is in none.
    """

    year: int | None = None
    month: int | None = None
    region: str = ""
    kind: str = ""
    mode: str = ""
    involvement: str = ""
    status: str = ""
    language: str = ""
    q: str = ""
    theme: str = ""
    from_day: date | None = None
    until_day: date | None = None
    before_day: date | None = None
    public_only: bool = False
    archived: bool | None = None


def conditions(wanted: EventFilter) -> tuple[str, list[Any]]:
    """What a WHERE clause says of a filter, and its values; columns of `event` without its name."""
    parts: list[str] = []
    values: list[Any] = []

    def add(condition: str, *given: Any) -> None:
        parts.append(condition)
        values.extend(given)

    if wanted.archived is not None:
        add("archived_at IS NOT NULL" if wanted.archived else "archived_at IS NULL")
    if wanted.public_only:
        add("status <> 'draft'")
        add(f"kind NOT IN ({', '.join('{}' for _ in PRIVATE_KINDS)})", *sorted(PRIVATE_KINDS))
    if wanted.year is not None and wanted.month is not None:
        first = date(wanted.year, wanted.month, 1)
        add("starts_on >= {} AND starts_on < {}", first, next_month(first))
    elif wanted.month is not None:
        add("SUBSTR(CAST(starts_on AS VARCHAR(10)), 6, 2) = {}", f"{wanted.month:02}")
    elif wanted.year is not None:
        add("starts_on >= {} AND starts_on < {}", date(wanted.year, 1, 1), date(wanted.year + 1, 1, 1))
    if wanted.from_day:
        add("COALESCE(ends_on, starts_on) >= {}", wanted.from_day)
    if wanted.until_day:
        add("starts_on <= {}", wanted.until_day)
    if wanted.before_day:
        add("COALESCE(ends_on, starts_on) < {}", wanted.before_day)
    for name in ("kind", "mode", "involvement", "status", "language"):
        if value := getattr(wanted, name):
            add(f"{name} = {{}}", value)
    if wanted.q.strip():
        words = fold(wanted.q[:200]).split()
        if not words:
            add("1 = 0")
        for word in words[:8]:
            add("title_folded LIKE {}", f"%{word}%")
    if wanted.theme:
        add(
            "id IN (SELECT et.event FROM event_theme et JOIN theme t ON t.id = et.theme WHERE t.code = {})",
            wanted.theme,
        )
    if wanted.region:
        here = "FROM member m JOIN region r ON r.id = m.region WHERE r.code = {}"
        add(
            f"(host_member IN (SELECT m.id {here}) OR (host_member IS NULL AND country <> '' "
            f"AND country IN (SELECT m.country {here})))",
            wanted.region,
            wanted.region,
        )
    return " AND ".join(parts) or "1 = 1", values


def next_month(first: date) -> date:
    """The first day of the month after the one that begins on `first`."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


async def events(
    wanted: EventFilter, *, limit: int, offset: int = 0, newest_first: bool = False
) -> tuple[list[EventRow], int]:
    """A part of the events that match, and how many match in all; two queries whatever the size."""
    found = await first_events(wanted, limit=limit, offset=offset, newest_first=newest_first)
    if offset == 0 and len(found) < limit:
        return found, len(found)
    condition, values = conditions(wanted)
    total = await sql(f"SELECT COUNT(*) AS n FROM event WHERE {condition}", *values)
    return found, int(total[0]["n"])


async def first_events(
    wanted: EventFilter, *, limit: int, offset: int = 0, newest_first: bool = False
) -> list[EventRow]:
    """A part of the events that match, in order of time; one query."""
    condition, values = conditions(wanted)
    order = "DESC" if newest_first else "ASC"
    rows = await sql(
        f"SELECT {EVENT_COLUMNS} FROM event WHERE {condition} "
        f"ORDER BY starts_on {order}, COALESCE(starts_at, created_at) {order}, title_folded, id LIMIT {{}} OFFSET {{}}",
        *values,
        limit,
        offset,
    )
    return [EventRow(**row) for row in rows]


async def years_with_events(*, public_only: bool = False) -> list[int]:
    """Years in which events start that are no drafts, newest first; perhaps only of those that everybody may know."""
    condition, values = conditions(EventFilter(public_only=True)) if public_only else ("status <> 'draft'", [])
    rows = await sql(
        f"SELECT DISTINCT SUBSTR(CAST(starts_on AS VARCHAR(10)), 1, 4) AS year FROM event WHERE {condition}", *values
    )
    return sorted((int(row["year"]) for row in rows), reverse=True)


async def themes() -> list[Row]:
    """Thematic priorities in order."""
    return await sql("SELECT id, code, name, tag FROM theme ORDER BY position, code")


async def action_lines(year: int | None = None) -> list[Row]:
    """Action lines of the plan in force in a year, or of all plans."""
    if year is None:
        return await sql("SELECT id, code, plan, number, name FROM action_line ORDER BY first_year, number")
    return await sql(
        "SELECT id, code, plan, number, name FROM action_line WHERE first_year <= {} AND last_year >= {} ORDER BY number",
        year,
        year,
    )


async def deliverables() -> list[Row]:
    """Deliverables of all plans; a code names the plan, the measure and the deliverable."""
    return await sql(
        "SELECT d.id AS id, m.plan || '/' || m.code || '/' || d.code AS code, d.name AS name FROM deliverable d "
        "JOIN measure m ON m.id = d.measure ORDER BY m.plan, m.code, d.code"
    )


async def deliverables_of(event_id: UUID) -> list[Row]:
    """Deliverables that an event is evidence for."""
    return await sql(
        "SELECT m.plan || '/' || m.code || '/' || d.code AS code, d.name AS name FROM event_deliverable x "
        "JOIN deliverable d ON d.id = x.deliverable JOIN measure m ON m.id = d.measure WHERE x.event = {} "
        "ORDER BY m.plan, m.code, d.code",
        event_id,
    )


async def partners_of(event_id: UUID) -> list[Row]:
    """Partners of an event with their roles, in the order of the roles."""
    rows = await sql(
        "SELECT x.role AS role, p.key AS key, p.name AS name FROM event_partner x JOIN partner p ON p.id = x.partner "
        "WHERE x.event = {} ORDER BY p.name_folded, p.key",
        event_id,
    )
    return sorted(rows, key=lambda row: list(PartnerRole).index(row["role"]))


async def partner_choices() -> list[tuple[str, str]]:
    """Key and name of every partner, by name."""
    return [(row["key"], row["name"]) for row in await sql("SELECT key, name FROM partner ORDER BY name_folded, key")]


async def team_of(event_id: UUID) -> list[Row]:
    """Accounts that work on an event, those who lead it first."""
    return await sql(
        "SELECT x.account AS account, x.is_lead AS is_lead, a.name AS name, a.is_active AS is_active "
        "FROM event_team x JOIN account a ON a.id = x.account WHERE x.event = {} ORDER BY x.is_lead DESC, a.name, a.id",
        event_id,
    )


async def team_choices() -> list[tuple[str, str]]:
    """Key and name of every account in use, by name."""
    rows = await sql("SELECT id, name FROM account WHERE is_active ORDER BY name, id")
    return [(str(row["id"]), row["name"]) for row in rows]


async def series_choices() -> list[tuple[str, str]]:
    """Address and name of every series, by name."""
    return [(row["slug"], row["name"]) for row in await sql("SELECT slug, name FROM event_series ORDER BY name, slug")]


async def series_of(event: EventRow) -> Row | None:
    """The series that an event is an edition of."""
    if event.series is None:
        return None
    return (await sql("SELECT slug, name FROM event_series WHERE id = {}", event.series))[0]


async def all_parts_of(event_id: UUID) -> list[EventRow]:
    """The events of which this one is the parent, drafts among them, in order of time; for staff."""
    rows = await sql(
        f"SELECT {EVENT_COLUMNS} FROM event WHERE parent = {{}} ORDER BY starts_on, COALESCE(starts_at, created_at), title",
        event_id,
    )
    return [EventRow(**row) for row in rows]


async def themes_of(event_id: UUID) -> list[Row]:
    """Thematic priorities of one event."""
    return await sql(
        "SELECT t.code AS code, t.name AS name FROM event_theme et JOIN theme t ON t.id = et.theme "
        "WHERE et.event = {} ORDER BY t.position",
        event_id,
    )


async def action_lines_of(event_id: UUID) -> list[Row]:
    """Action lines of one event."""
    return await sql(
        "SELECT a.code AS code, a.name AS name FROM event_action_line ea JOIN action_line a ON a.id = ea.action_line "
        "WHERE ea.event = {} ORDER BY a.first_year, a.number",
        event_id,
    )


async def parts_of(event_id: UUID) -> list[EventRow]:
    """The public events of which this one is the parent, in order of time."""
    rows = await sql(f"SELECT {EVENT_COLUMNS} FROM event WHERE parent = {{}} ORDER BY starts_on, title", event_id)
    return [part for part in (EventRow(**row) for row in rows) if part.is_public]


async def public_parent_of(event: EventRow) -> EventRow | None:
    """The event that this one is part of, if everybody may know of it."""
    parent = await event_by_id(event.parent) if event.parent else None
    return parent if parent and parent.is_public else None


class EventTies(msgspec.Struct, frozen=True):
    """What an event is tied to, and its seats; `public_parent` is the parent if everybody may know of it."""

    parent: str | None = None
    public_parent: str | None = None
    themes: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()
    taken: int = 0
    waiting: int = 0
    #: Seats of all pools together; None: without a limit.
    capacity: int | None = None


async def ties_of(found: Sequence[EventRow]) -> dict[UUID, EventTies]:
    """What events are tied to; four queries whatever their number."""
    if not found:
        return {}
    marks, keys = ", ".join("{}" for _ in found), [event.id for event in found]
    parents = await sql(
        "SELECT e.id AS id, p.slug AS slug, p.status AS status, p.kind AS kind FROM event e "
        f"JOIN event p ON p.id = e.parent WHERE e.id IN ({marks})",
        *keys,
    )
    codes: dict[str, dict[UUID, list[str]]] = {}
    for name, statement in (
        ("themes", "SELECT x.event AS event, t.code AS code FROM event_theme x JOIN theme t ON t.id = x.theme "
         f"WHERE x.event IN ({marks}) ORDER BY t.position, t.code"),
        ("action_lines", "SELECT x.event AS event, a.code AS code FROM event_action_line x "
         f"JOIN action_line a ON a.id = x.action_line WHERE x.event IN ({marks}) ORDER BY a.first_year, a.number"),
    ):  # fmt: skip
        codes[name] = defaultdict(list)
        for row in await sql(statement, *keys):
            codes[name][row["event"]].append(row["code"])
    columns = ", ".join(Pool.__dataclass_fields__)
    pools: dict[UUID, list[Pool]] = defaultdict(list)
    for row in await sql(f"SELECT event, {columns} FROM seat_pool WHERE event IN ({marks}) ORDER BY position", *keys):
        pools[row.pop("event")].append(Pool(**row))
    seats = {event.id: seats_situation(pools[event.id], ways_to_attend(event.mode)) for event in found}
    above = {row["id"]: row for row in parents}
    ties = {}
    for key in keys:
        parent = above.get(key)
        is_public = parent and parent["status"] != EventStatus.DRAFT and parent["kind"] not in PRIVATE_KINDS
        ties[key] = EventTies(
            parent=parent["slug"] if parent else None,
            public_parent=parent["slug"] if parent and is_public else None,
            themes=tuple(codes["themes"][key]),
            action_lines=tuple(codes["action_lines"][key]),
            taken=seats[key].taken,
            waiting=seats[key].waiting,
            capacity=seats[key].capacity if pools[key] else None,
        )
    return ties
