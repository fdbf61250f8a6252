"""Reads of secret calendars: the links to them, what they are made from, and whether any of it has changed."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from eventhub.accounts.queries import token_hash
from eventhub.database import Row, sql
from eventhub.delegations.rules import closing
from eventhub.errors import NotFound
from eventhub.events.feed_queries import Listed
from eventhub.events.rules import PRIVATE_KINDS
from eventhub.words import Sentence


class FeedKind(StrEnum):
    """Whose calendar it is."""

    PERSON = "person"
    ACCOUNT = "account"
    MEMBER = "member"
    LAB = "lab"


class LinkRow(msgspec.Struct, frozen=True):
    """The secret address of a calendar, without the secret."""

    id: UUID
    kind: str
    person: UUID | None
    account: UUID | None
    member: UUID | None
    lab: UUID | None
    language: str
    token_hash: str
    created_at: datetime
    fetched_at: datetime | None

    @property
    def subject(self) -> UUID:
        """Whose calendar it opens."""
        return next(key for key in (self.person, self.account, self.member, self.lab) if key)


_LINK = ", ".join(LinkRow.__struct_fields__)


def no_such_feed() -> NotFound:
    """The same words whether it never existed, was replaced or taken back, or is for another kind of calendar."""
    return NotFound(Sentence("There is no calendar at this address. Its holder may have taken it back."))


async def feed_by_token(token: str) -> LinkRow:
    """
    The calendar that a secret address opens.

    Raises:
        NotFound: we did not make it, it was taken back, the account is closed, or the member has left.

    """
    rows = await sql(f"SELECT {_LINK} FROM feed_link WHERE token_hash = {{}} AND revoked_at IS NULL", token_hash(token))
    if not rows:
        raise no_such_feed()
    return LinkRow(**rows[0])


async def link_of(kind: FeedKind, subject: UUID) -> LinkRow | None:
    """The address in use of somebody's calendar, if there is one."""
    rows = await sql(
        f"SELECT {_LINK} FROM feed_link WHERE {kind} = {{}} AND kind = {{}} AND revoked_at IS NULL "
        "ORDER BY created_at DESC, id LIMIT 1",
        subject,
        kind,
    )
    return LinkRow(**rows[0]) if rows else None


# A person's own


class Seat(msgspec.Struct, frozen=True):
    """A registration that stands, with the stamp of its event."""

    id: UUID
    event: UUID
    status: str
    attends: str
    link_version: int
    status_at: datetime
    stamp: int


class Part(msgspec.Struct, frozen=True):
    """An item that somebody speaks at or has signed up for, with the stamp of its event."""

    item: UUID
    event: UUID
    status: str
    stamp: int


@dataclass(frozen=True)
class OfPerson:
    """All that a person's own calendar depends on."""

    seats: tuple[Seat, ...]
    speaking: tuple[Part, ...]
    signed_up: tuple[Part, ...]
    lab_sessions: tuple[Listed, ...]


async def of_person(person: UUID, from_day: date) -> OfPerson:
    """
    What a person has to do with events that end on a day or later; four queries.

    A speaker of a draft sees only what she or he was asked for.
    """
    late = "COALESCE(e.ends_on, e.starts_on) >= {}"
    seats = await sql(
        "SELECT r.id AS id, r.event AS event, r.status AS status, r.attends AS attends, r.link_version AS link_version, "
        "r.status_at AS status_at, v.stamp AS stamp FROM registration r JOIN event e ON e.id = r.event "
        "JOIN page_stamp v ON v.event = e.id WHERE r.person = {} AND e.status <> 'draft' "
        f"AND r.status IN ('confirmed', 'offered', 'waitlisted', 'pending') AND {late} ORDER BY e.starts_on, e.id",
        person,
        from_day,
    )
    speaking = await sql(
        "SELECT s.programme_item AS item, i.event AS event, s.status AS status, v.stamp AS stamp FROM speaker_slot s "
        "JOIN programme_item i ON i.id = s.programme_item JOIN event e ON e.id = i.event "
        "JOIN page_stamp v ON v.event = e.id WHERE s.person = {} AND ((s.status IN ('invited', 'confirmed') "
        f"AND s.invited_at IS NOT NULL) OR (s.status = 'confirmed' AND e.status <> 'draft')) AND {late} "
        "ORDER BY i.starts_at, i.id",
        person,
        from_day,
    )
    signed_up = await sql(
        "SELECT u.programme_item AS item, i.event AS event, r.status AS status, v.stamp AS stamp FROM registration r "
        "JOIN item_sign_up u ON u.registration = r.id JOIN programme_item i ON i.id = u.programme_item "
        "JOIN event e ON e.id = i.event JOIN page_stamp v ON v.event = e.id "
        f"WHERE r.person = {{}} AND r.status = 'confirmed' AND e.status <> 'draft' AND {late} ORDER BY i.starts_at, i.id",
        person,
        from_day,
    )
    sessions = await sql(
        "SELECT DISTINCT e.id AS id, v.stamp AS stamp, e.starts_on AS starts_on FROM lab_participant p "
        "JOIN lab_session s ON s.lab = p.lab JOIN event e ON e.id = s.event JOIN page_stamp v ON v.event = e.id "
        f"WHERE p.person = {{}} AND p.left_at IS NULL AND e.status <> 'draft' AND {late} ORDER BY e.starts_on, e.id",
        person,
        from_day,
    )
    return OfPerson(
        tuple(Seat(**row) for row in seats),
        tuple(Part(**row) for row in speaking),
        tuple(Part(**row) for row in signed_up),
        tuple((row["id"], int(row["stamp"])) for row in sessions),
    )


async def seats_in_lab(person: UUID, lab: UUID) -> tuple[Seat, ...]:
    """The registrations of a person for sessions of a lab that stand, in order of time."""
    rows = await sql(
        "SELECT r.id AS id, r.event AS event, r.status AS status, r.attends AS attends, r.link_version AS link_version, "
        "r.status_at AS status_at, v.stamp AS stamp FROM registration r JOIN lab_session s ON s.event = r.event "
        "JOIN event e ON e.id = r.event JOIN page_stamp v ON v.event = e.id WHERE r.person = {} AND s.lab = {} "
        "AND e.status <> 'draft' AND r.status IN ('confirmed', 'offered', 'waitlisted', 'pending') "
        "ORDER BY e.starts_on, e.id",
        person,
        lab,
    )
    return tuple(Seat(**row) for row in rows)


# A member's


class Deadline(msgspec.Struct, frozen=True):
    """When the desk of a delegation closes; the stamp is that of its event."""

    id: UUID
    event: UUID
    closes_at: datetime | None
    starts_at: datetime | None
    stamp: int

    @property
    def at(self) -> datetime | None:
        """The instant; None: it stays open."""
        return closing(self.closes_at, self.starts_at)


@dataclass(frozen=True)
class OfMember:
    """All that a member's calendar depends on."""

    name: str
    time_zone: str
    events: tuple[Listed, ...]
    deadlines: tuple[Deadline, ...]


async def of_member(member: UUID, today: date, from_day: date) -> OfMember:
    """
    What concerns a member from a day on: events open to members, those it hosts or is invited to, its delegations.

    Raises:
        NotFound: it is no member any more.

    """
    rows = await sql(
        "SELECT name, time_zone FROM member WHERE id = {} AND (left_on IS NULL OR left_on >= {})", member, today
    )
    if not rows:
        raise no_such_feed()
    private = ", ".join("{}" for _ in PRIVATE_KINDS)
    events = await sql(
        "SELECT e.id AS id, v.stamp AS stamp FROM event e JOIN page_stamp v ON v.event = e.id "
        "WHERE e.status <> 'draft' AND COALESCE(e.ends_on, e.starts_on) >= {} AND ("
        f"(e.kind NOT IN ({private}) AND e.registration_mode IN ('open', 'approval')) OR e.host_member = {{}} "
        "OR EXISTS (SELECT 1 FROM invited_member x WHERE x.event = e.id AND x.member = {}) "
        "OR EXISTS (SELECT 1 FROM delegation x WHERE x.event = e.id AND x.member = {}) "
        "OR EXISTS (SELECT 1 FROM registration_invitation x WHERE x.event = e.id AND x.member = {} "
        "AND x.withdrawn_at IS NULL)) ORDER BY e.starts_on, e.id",
        from_day,
        *sorted(PRIVATE_KINDS),
        *[member] * 4,
    )
    deadlines = await sql(
        "SELECT d.id AS id, d.event AS event, d.closes_at AS closes_at, e.starts_at AS starts_at, v.stamp AS stamp "
        "FROM delegation d JOIN event e ON e.id = d.event JOIN page_stamp v ON v.event = e.id "
        "WHERE d.member = {} AND e.status <> 'draft' AND COALESCE(e.ends_on, e.starts_on) >= {} ORDER BY d.id",
        member,
        from_day,
    )
    return OfMember(rows[0]["name"], rows[0]["time_zone"], _listed(events), tuple(Deadline(**row) for row in deadlines))


# An account's and a cohort's


async def of_account(account: UUID, from_day: date) -> tuple[Listed, ...]:
    """
    The events that an account leads or works on, drafts too.

    Raises:
        NotFound: the account is closed.

    """
    if not await sql("SELECT id FROM account WHERE id = {} AND is_active", account):
        raise no_such_feed()
    return _listed(
        await sql(
            "SELECT e.id AS id, v.stamp AS stamp FROM event_team t JOIN event e ON e.id = t.event "
            "JOIN page_stamp v ON v.event = e.id WHERE t.account = {} AND COALESCE(e.ends_on, e.starts_on) >= {} "
            "ORDER BY e.starts_on, e.id",
            account,
            from_day,
        )
    )


async def name_of_lab(lab: UUID) -> str:
    """The name of a lab, which its calendar has."""
    return str((await sql("SELECT name FROM lab WHERE id = {}", lab))[0]["name"])


def _listed(rows: list[Row]) -> tuple[Listed, ...]:
    return tuple((row["id"], int(row["stamp"])) for row in rows)
