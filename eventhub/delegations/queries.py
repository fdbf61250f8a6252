"""Reads of delegations: the desk that a link opens, its people, and the members of one event with their seats."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from eventhub.bodies.queries import SeatRow, all_seats
from eventhub.bodies.rules import BODIES, entitled_on
from eventhub.database import Row, sql
from eventhub.delegations.rules import (
    QUORUM_RULES,
    Part,
    Quorum,
    Quota,
    Seen,
    closing,
    lacking,
    places_left,
    quorum,
    quorum_sentence,
    takes_the_seat,
)
from eventhub.errors import NotFound
from eventhub.events.queries import EventRow
from eventhub.links import make_link, read_link
from eventhub.registrations.rules import STANDING
from eventhub.settings import current_settings
from eventhub.words import Sentence

_LINK = "delegation"
#: The order in which a delegation is shown.
_ORDER = (*map(str, Part), None)
#: What the audit trail calls it when a desk, or staff at it, wrote somebody down; such a desk may see the address.
ENTERED = ("add_delegate", "replace_delegate")


class DelegationRow(msgspec.Struct, frozen=True):
    """The desk of a member at one event."""

    id: UUID
    event: UUID
    member: UUID
    member_key: str
    member_name: str
    region: str
    time_zone: str
    delegates: int | None
    observers: int | None
    closes_at: datetime | None
    contact_name: str
    contact_email: str
    language: str
    link_version: int
    invited_at: datetime | None

    @property
    def quota(self) -> Quota:
        """How many people may come."""
        return Quota(self.delegates, self.observers)

    def closes(self, event: EventRow) -> datetime | None:
        """When its desk closes for the holder of the link."""
        return closing(self.closes_at, event.starts_at)


_DELEGATION = (
    "SELECT d.id AS id, d.event AS event, d.member AS member, m.key AS member_key, m.name AS member_name, "
    "g.name AS region, m.time_zone AS time_zone, d.delegates AS delegates, d.observers AS observers, "
    "d.closes_at AS closes_at, d.contact_name AS contact_name, d.contact_email AS contact_email, "
    "d.language AS language, d.link_version AS link_version, d.invited_at AS invited_at "
    "FROM delegation d JOIN member m ON m.id = d.member JOIN region g ON g.id = m.region"
)


def desk_url(delegation_id: UUID, link_version: int) -> str:
    """The link of a desk; it goes to the contact of the member, in letters only."""
    return f"{current_settings().base_url}/delegation/{make_link(_LINK, delegation_id, link_version)}"


async def delegation_by_link(token: str) -> DelegationRow:
    """
    The desk that a link opens.

    Raises:
        NotFound: the link is not ours, or was replaced.

    """
    opened = read_link(_LINK, token)
    rows = await sql(f"{_DELEGATION} WHERE d.id = {{}} AND d.link_version = {{}}", *opened) if opened else []
    if not rows:
        raise NotFound(Sentence("This personal link is not valid. Please use the link in your newest letter."))
    return DelegationRow(**rows[0])


async def delegations_of(event_id: UUID) -> list[DelegationRow]:
    """The desks of an event, by the names of their members."""
    rows = await sql(f"{_DELEGATION} WHERE d.event = {{}} ORDER BY m.name_folded, m.key", event_id)
    return [DelegationRow(**row) for row in rows]


async def delegation_of(event_id: UUID, member_key: str) -> DelegationRow | None:
    """The desk of one member at an event, if it was set up."""
    rows = await sql(f"{_DELEGATION} WHERE d.event = {{}} AND m.key = {{}}", event_id, member_key.replace("\x00", ""))
    return DelegationRow(**rows[0]) if rows else None


@dataclass(frozen=True)
class Delegate(Seen):
    """Somebody who is registered for a member: no gender, no access needs, no answers."""

    id: UUID | None = None
    member: UUID | None = None
    name: str = ""
    email: str = ""
    status: str = ""
    attends: str = ""
    is_entered: bool = False
    replaces: str = ""

    @property
    def is_standing(self) -> bool:
        """Whether the person still wants to come."""
        return self.status in STANDING


async def people_of(event_id: UUID, member_id: UUID | None = None) -> list[Delegate]:
    """
    Who is registered for members at an event: those who still come, and those with a part who do not; by part.

    The address is there only where a desk or staff at it wrote the person down.

    Args:
        member_id: One member; None: all of them.

    """
    one = "AND r.member = {}" if member_id else ""
    rows = await sql(
        "SELECT r.id AS id, r.member AS member, r.name AS name, COALESCE(p.email, '') AS email, r.status AS status, "
        "r.attends AS attends, r.role AS part, COALESCE(b.name, '') AS replaces, "
        "EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id) AS present, "
        "EXISTS (SELECT 1 FROM audit_entry x WHERE x.object_kind = 'registration' AND x.object_id = CAST(r.id AS VARCHAR(36)) "
        "AND x.action IN ({}, {})) AS is_entered "
        "FROM registration r JOIN person p ON p.id = r.person LEFT JOIN registration b ON b.id = r.replaces "
        f"WHERE r.event = {{}} AND r.member IS NOT NULL {one} "
        "AND (r.role IS NOT NULL OR r.status NOT IN ('cancelled', 'declined')) ORDER BY r.registered_at, r.id",
        *ENTERED, event_id, *([member_id] if member_id else []),
    )  # fmt: skip
    found = [_delegate(row) for row in rows]
    return sorted(found, key=lambda one: (not one.is_standing, _ORDER.index(one.part)))


def _delegate(row: Row) -> Delegate:
    is_entered = bool(row["is_entered"])
    return Delegate(
        part=row["part"], confirmed=row["status"] == "confirmed", present=bool(row["present"]), id=row["id"],
        member=row["member"], name=row["name"], email=row["email"] if is_entered else "", status=row["status"],
        attends=row["attends"], is_entered=is_entered, replaces=row["replaces"],
    )  # fmt: skip


def counts_of(people: Sequence[Delegate], *, but: UUID | None = None) -> Counter[str]:
    """Numbers of people who still come, by part; perhaps without one of them."""
    return Counter(one.part for one in people if one.part and one.is_standing and one.id != but)


@dataclass(frozen=True)
class MemberAtEvent:
    """One member at an event: whether it has a seat there, its desk if it was set up, and its people."""

    id: UUID
    key: str
    name: str
    region: str
    is_entitled: bool = False
    desk: DelegationRow | None = None
    people: tuple[Delegate, ...] = ()

    @property
    def quota(self) -> Quota:
        """What the desk says; without one there is no limit."""
        return self.desk.quota if self.desk else Quota()

    @property
    def standing(self) -> list[Delegate]:
        """Those with a part who still come."""
        return [one for one in self.people if one.part and one.is_standing]

    @property
    def without_part(self) -> list[Delegate]:
        """Colleagues who registered and have no part yet."""
        return [one for one in self.people if not one.part]

    @property
    def left(self) -> list[Delegate]:
        """Those with a part who do not come any more."""
        return [one for one in self.people if one.part and not one.is_standing]

    def of_part(self, part: str) -> list[Delegate]:
        """Those who still come with one part."""
        return [one for one in self.standing if one.part == part]

    @property
    def states(self) -> list[tuple[str, int]]:
        """Numbers of those who still come with a part, by the status of their registration."""
        return Counter(one.status for one in self.standing).most_common()

    @property
    def on_sheet(self) -> list[Delegate]:
        """Who may sign for the seat: the head and the replacements; of a member without parts everybody."""
        if not self.standing:
            return self.without_part
        return [*self.of_part(Part.HEAD), *self.of_part(Part.REPLACEMENT)]

    @property
    def lacking(self) -> list[Sentence]:
        """What is missing or too much, in whole sentences."""
        return lacking(counts_of(self.people), self.quota)

    @property
    def places_left(self) -> list[Sentence]:
        """How many can still be named, in whole sentences."""
        return places_left(counts_of(self.people), self.quota)

    def in_seat(self, *, present: bool) -> Delegate | None:
        """Who is in the seat, or is expected in it."""
        return takes_the_seat([one for one in self.people if one.is_standing], present=present)


@dataclass(frozen=True)
class Overview:
    """All members that have to do with an event, and the quorum if it is a statutory meeting."""

    event: EventRow
    members: list[MemberAtEvent]
    is_statutory: bool
    recorded: bool
    expected: Quorum | None = None
    there: Quorum | None = None

    @property
    def quorum_says(self) -> Sentence | None:
        """Whether there is a quorum, by those present once attendance is recorded, before that by those confirmed."""
        if self.expected is None or self.there is None:
            return None
        return quorum_sentence(self.there if self.recorded else self.expected, present=self.recorded)

    @property
    def by_region(self) -> dict[str, list[MemberAtEvent]]:
        """The members under the names of their regions, both by name."""
        found: dict[str, list[MemberAtEvent]] = defaultdict(list)
        for member in sorted(self.members, key=lambda one: one.region):
            found[member.region].append(member)
        return dict(found)


async def overview_of(event: EventRow) -> Overview:
    """
    The members of an event with their desks and their people; four queries.

    They are those with a seat at a statutory meeting or else those that the event is
    held for, those with a desk, and those of which somebody has a part.
    """
    is_statutory = event.kind in BODIES
    desks = {desk.member: desk for desk in await delegations_of(event.id)}
    people: dict[UUID, list[Delegate]] = defaultdict(list)
    for one in await people_of(event.id):
        assert one.member
        people[one.member].append(one)
    entitled = await _entitled_keys(event)
    members = [
        MemberAtEvent(
            row["id"], row["key"], row["name"], row["region"], is_statutory and row["key"] in entitled,
            desks.get(row["id"]), tuple(people[row["id"]]),
        )
        for row in await sql(
            "SELECT m.id AS id, m.key AS key, m.name AS name, g.name AS region FROM member m JOIN region g ON g.id = m.region "
            "ORDER BY m.name_folded, m.key"
        )
        if row["key"] in entitled or row["id"] in desks or any(one.part for one in people[row["id"]])
    ]  # fmt: skip
    recorded = any(one.present for mine in people.values() for one in mine)
    if not is_statutory:
        return Overview(event, members, is_statutory=False, recorded=recorded)
    seats, rule = [member for member in members if member.is_entitled], QUORUM_RULES[event.kind]
    expected = sum(member.in_seat(present=False) is not None for member in seats)
    there = sum(member.in_seat(present=True) is not None for member in seats)
    return Overview(
        event, members, is_statutory=True, recorded=recorded,
        expected=quorum(len(seats), expected, rule), there=quorum(len(seats), there, rule),
    )  # fmt: skip


async def _entitled_keys(event: EventRow) -> set[str]:
    """Members that an event is for: at a statutory meeting those with a seat on its first day, else those chosen."""
    if event.kind in BODIES:
        seats: list[SeatRow] = entitled_on(await all_seats(event.kind), event.starts_on)
        return {seat.member for seat in seats}
    rows = await sql(
        "SELECT m.key AS key FROM invited_member i JOIN member m ON m.id = i.member WHERE i.event = {}", event.id
    )
    return {row["key"] for row in rows}


async def desk_of(event: EventRow, desk: DelegationRow) -> MemberAtEvent:
    """One member with its desk and its people."""
    entitled = event.kind in BODIES and desk.member_key in await _entitled_keys(event)
    people = await people_of(event.id, desk.member)
    return MemberAtEvent(desk.member, desk.member_key, desk.member_name, desk.region, entitled, desk, tuple(people))


async def member_at(event: EventRow, key: str) -> MemberAtEvent:
    """
    One member at an event, with or without a desk; for staff.

    Raises:
        NotFound: there is no such member.

    """
    if desk := await delegation_of(event.id, key):
        return await desk_of(event, desk)
    rows = await sql(
        "SELECT m.id AS id, m.key AS key, m.name AS name, g.name AS region FROM member m JOIN region g ON g.id = m.region "
        "WHERE m.key = {}",
        key.replace("\x00", ""),
    )
    if not rows:
        raise NotFound(Sentence("There is no such member."))
    entitled = event.kind in BODIES and key in await _entitled_keys(event)
    people = tuple(await people_of(event.id, rows[0]["id"]))
    return MemberAtEvent(**rows[0], is_entitled=entitled, people=people)
