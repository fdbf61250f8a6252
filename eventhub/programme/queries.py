"""Reads of programmes: what clashes with what, what people were told, and who has signed up."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.directory.rules import clean_line, email_key
from eventhub.events.queries import EventRow, ItemRow, programme_of
from eventhub.events.rules import EventStatus, ItemFacts, item_problems
from eventhub.programme.rules import Booking, Change, Planned, Snapshot, conflicts, moved
from eventhub.registrations.queries import RegistrationRow, confirmed_registrations
from eventhub.words import Sentence

_MOST_BOOKINGS = 100


class VersionRow(msgspec.Struct, frozen=True):
    """A programme as people were told of it, and what had changed by then."""

    number: int
    released_at: datetime
    items: list[Snapshot]
    changes: list[Change]


class SpeakerOnProgramme(msgspec.Struct, frozen=True):
    """A person with an address who speaks at items of an event."""

    person: UUID
    name: str
    email: str
    language: str | None
    items: frozenset[UUID]


async def conflicts_before_saving(event: EventRow, facts: ItemFacts, item_id: UUID | None = None) -> list[Sentence]:
    """
    What an item would clash with as somebody wants it; two queries.

    Facts that cannot be saved anyhow clash with nothing: their faults are told first.
    """
    if event.time_zone is None or item_problems(facts, event.time_zone):
        return []
    start, end = facts.instants(event.time_zone)
    wanted = Planned(clean_line(facts.title), start, end, clean_line(facts.room), item_id)
    bookings = await _bookings_of_item(event, item_id, start, end) if item_id else []
    return _conflicts(event, wanted, [_planned(item) for item in await programme_of(event.id)], bookings)


async def programme_conflicts(event: EventRow, items: list[ItemRow]) -> list[Sentence]:
    """Everything that clashes on a programme as it stands, each pair once; one query."""
    there = await sql(
        "SELECT i.id AS item, p.name AS name, i2.title AS title, e2.title AS event_title, e2.id AS event, i2.id AS other "
        "FROM programme_item i JOIN speaker_slot s ON s.programme_item = i.id "
        "JOIN speaker_slot s2 ON s2.person = s.person JOIN programme_item i2 ON i2.id = s2.programme_item "
        "JOIN event e2 ON e2.id = i2.event JOIN person p ON p.id = s.person "
        "WHERE i.event = {} AND i2.id <> i.id AND i2.starts_at < i.ends_at AND i2.ends_at > i.starts_at "
        "AND s.status <> 'declined' AND s2.status <> 'declined' AND e2.status <> 'cancelled' "
        "ORDER BY p.name, e2.title, i2.title LIMIT {}",
        event.id,
        _MOST_BOOKINGS,
    )
    order = {item.id: number for number, item in enumerate(items)}
    bookings: dict[UUID, list[Booking]] = defaultdict(list)
    for row in there:
        if order.get(row["other"], len(order)) > order.get(row["item"], -1):
            bookings[row["item"]].append(_booking(row, event))
    planned = [_planned(item) for item in items]
    found = []
    for number, item in enumerate(planned):
        assert item.key
        found += _conflicts(event, item, planned[number + 1 :], bookings[item.key])
    return found


async def bookings_of_speaker(email: str, item: ItemRow) -> list[Booking]:
    """Where the person with an address speaks while an item is on; nobody is known without an address."""
    if not email.strip():
        return []
    rows = await sql(
        "SELECT p.name AS name, i.title AS title, e.title AS event_title, e.id AS event FROM person p "
        "JOIN speaker_slot s ON s.person = p.id JOIN programme_item i ON i.id = s.programme_item "
        "JOIN event e ON e.id = i.event WHERE p.email_key = {} AND i.id <> {} AND i.starts_at < {} AND i.ends_at > {} "
        "AND s.status <> 'declined' AND e.status <> 'cancelled' ORDER BY e.title, i.title LIMIT {}",
        email_key(email),
        item.id,
        item.ends_at,
        item.starts_at,
        _MOST_BOOKINGS,
    )
    return [Booking(row["name"], row["title"], row["event_title"], row["event"] == item.event) for row in rows]


async def _bookings_of_item(event: EventRow, item_id: UUID, start: datetime, end: datetime) -> list[Booking]:
    """What the speakers of an item do elsewhere between two instants."""
    rows = await sql(
        "SELECT p.name AS name, i2.title AS title, e2.title AS event_title, e2.id AS event FROM speaker_slot s "
        "JOIN speaker_slot s2 ON s2.person = s.person JOIN programme_item i2 ON i2.id = s2.programme_item "
        "JOIN event e2 ON e2.id = i2.event JOIN person p ON p.id = s.person "
        "WHERE s.programme_item = {} AND i2.id <> {} AND i2.starts_at < {} AND i2.ends_at > {} "
        "AND s.status <> 'declined' AND s2.status <> 'declined' AND e2.status <> 'cancelled' "
        "ORDER BY p.name, e2.title, i2.title LIMIT {}",
        item_id, item_id, end, start, _MOST_BOOKINGS,
    )  # fmt: skip
    return [_booking(row, event) for row in rows]


def _booking(row: Row, event: EventRow) -> Booking:
    return Booking(row["name"], row["title"], row["event_title"], row["event"] == event.id)


def _planned(item: ItemRow) -> Planned:
    return Planned(item.title, item.starts_at, item.ends_at, item.room, item.id)


def _conflicts(event: EventRow, item: Planned, others: list[Planned], bookings: list[Booking]) -> list[Sentence]:
    # an item outside a published event is refused by the command, which cannot be overruled
    span = (None, None) if event.status == EventStatus.PUBLISHED else (event.starts_at, event.ends_at)
    return conflicts(item, others, event=span, minimum_break=timedelta(minutes=event.minimum_break), bookings=bookings)


def facts_of_item(item: ItemRow) -> ItemFacts:
    """What stands, to be changed in part."""
    return ItemFacts(
        item.title, item.kind, item.starts_on, item.starts_time, item.ends_on, item.ends_time, item.room, item.capacity,
        item.description, item.parity_exempt_reason, item.track, item.takes_sign_up,
    )  # fmt: skip


def moved_item(
    item: ItemRow, event: EventRow, day: date, clock: time, room: str, *, second: bool | None = None
) -> ItemFacts:
    """The facts of an item as they would be at another time or in another room."""
    lasts = item.ends_at - item.starts_at
    return moved(facts_of_item(item), lasts, day, clock, room, event.time_zone, second=second)


async def snapshot_of(event_id: UUID) -> list[Snapshot]:
    """The programme as it stands, as versions keep it."""
    return [
        Snapshot(item.id, item.title, item.starts_at, item.ends_at, item.room, item.takes_sign_up)
        for item in await programme_of(event_id)
    ]


async def versions_of(event_id: UUID, *, limit: int = 50) -> list[VersionRow]:
    """What people were told, newest first."""
    rows = await sql(
        "SELECT number, released_at, items, changes FROM programme_version WHERE event = {} ORDER BY number DESC LIMIT {}",
        event_id,
        limit,
    )
    return [
        VersionRow(
            row["number"],
            row["released_at"],
            msgspec.json.decode(row["items"], type=list[Snapshot]),
            msgspec.json.decode(row["changes"], type=list[Change]),
        )
        for row in rows
    ]


async def latest_version(event_id: UUID) -> VersionRow | None:
    """What people were told last."""
    return next(iter(await versions_of(event_id, limit=1)), None)


async def concerned_participants(event_id: UUID, items: set[UUID]) -> list[tuple[RegistrationRow, frozenset[UUID]]]:
    """Everybody with a seat, with those of the items that the person has signed up for; two queries."""
    signed: dict[UUID, set[UUID]] = defaultdict(set)
    for row in await sql(
        "SELECT s.registration AS registration, s.programme_item AS item FROM item_sign_up s "
        "JOIN programme_item i ON i.id = s.programme_item WHERE i.event = {}",
        event_id,
    ):
        if row["item"] in items:
            signed[row["registration"]].add(row["item"])
    return [
        (registration, frozenset(signed.get(registration.id, ())))
        for registration in await confirmed_registrations(event_id)
    ]


async def concerned_speakers(event_id: UUID, items: set[UUID]) -> list[SpeakerOnProgramme]:
    """People with an address who speak at one of the items and have not declined."""
    found: dict[UUID, tuple[Row, set[UUID]]] = {}
    for row in await sql(
        "SELECT p.id AS person, p.name AS name, p.email AS email, p.language AS language, s.programme_item AS item "
        "FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item JOIN person p ON p.id = s.person "
        "WHERE i.event = {} AND s.status <> 'declined' AND p.email IS NOT NULL ORDER BY p.name, p.id",
        event_id,
    ):
        if row["item"] in items:
            found.setdefault(row["person"], (row, set()))[1].add(row["item"])
    return [
        SpeakerOnProgramme(key, row["name"], row["email"], row["language"], frozenset(those))
        for key, (row, those) in found.items()
    ]


async def signed_up_of(registration_id: UUID) -> set[UUID]:
    """The items that a registered person has signed up for."""
    rows = await sql("SELECT programme_item FROM item_sign_up WHERE registration = {}", registration_id)
    return {row["programme_item"] for row in rows}


async def people_signed_up(item_id: UUID) -> list[Row]:
    """Names and addresses of those who signed up for an item, in the order they did."""
    return await sql(
        "SELECT r.id AS registration, r.name AS name, COALESCE(p.email, '') AS email, s.signed_up_at AS signed_up_at "
        "FROM item_sign_up s JOIN registration r ON r.id = s.registration JOIN person p ON p.id = r.person "
        "WHERE s.programme_item = {} ORDER BY s.signed_up_at, r.name, r.id",
        item_id,
    )
