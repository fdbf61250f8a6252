"""Reads of registrations, seats, attendance and head counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.directory.folding import fold
from eventhub.errors import NotFound
from eventhub.links import make_link, read_link
from eventhub.registrations.rules import Pool, RegistrationStatus, SeatsSituation, seats_situation, ways_to_attend
from eventhub.settings import current_settings
from eventhub.words import Sentence


class RegistrationRow(msgspec.Struct, frozen=True):
    """One registration with what pages show of its person and member; no gender."""

    id: UUID
    event: UUID
    pool: UUID
    person: UUID
    name: str
    status: str
    queue_place: int | None
    attends: str
    level: str | None
    member: UUID | None
    organisation: str
    city: str
    country: str
    language: str
    time_zone: str
    link_version: int
    version: int
    registered_at: datetime
    status_at: datetime
    email: str
    member_name: str | None
    offer_until: datetime | None = None
    access_needs: str = ""
    decision_reason: str = ""
    role: str | None = None
    replaces: UUID | None = None
    #: The member whose delegation named this person; empty for whoever registered.
    entered_for: str = ""

    @property
    def has_seat(self) -> bool:
        """Whether the person may come."""
        return self.status == RegistrationStatus.CONFIRMED

    @property
    def holds_seat(self) -> bool:
        """Whether capacity counts it: a seat on offer is nobody else's."""
        return self.status in (RegistrationStatus.CONFIRMED, RegistrationStatus.OFFERED)

    @property
    def stands_for(self) -> str:
        """The member or organisation, as people read it."""
        return self.member_name or self.organisation


_COLUMNS = (
    "r.id AS id, r.event AS event, r.pool AS pool, r.person AS person, r.name AS name, r.status AS status, "
    "r.queue_place AS queue_place, r.attends AS attends, r.level AS level, r.member AS member, "
    "r.organisation AS organisation, r.city AS city, r.country AS country, r.language AS language, "
    "r.time_zone AS time_zone, r.link_version AS link_version, r.version AS version, "
    "r.registered_at AS registered_at, r.status_at AS status_at, COALESCE(p.email, '') AS email, m.name AS member_name, "
    "r.offer_until AS offer_until, r.access_needs AS access_needs, r.decision_reason AS decision_reason, "
    "r.role AS role, r.replaces AS replaces, CASE WHEN r.role IS NOT NULL AND EXISTS (SELECT 1 FROM audit_entry x "
    "WHERE x.object_kind = 'registration' AND x.object_id = CAST(r.id AS VARCHAR(36)) "
    "AND x.action IN ('add_delegate', 'replace_delegate')) THEN COALESCE(m.name, '') ELSE '' END AS entered_for "
    "FROM registration r JOIN person p ON p.id = r.person LEFT JOIN member m ON m.id = r.member"
)


#: The link shown on the screen after registering opens one registration. The
#: one in a letter proves the mailbox as well, so it opens what is the person's.
_SCREEN_LINK, _LETTER_LINK = "registration", "mailbox"


def manage_url(registration_id: UUID, link_version: int, *, by_letter: bool = False) -> str:
    """The personal link of a registration."""
    token = make_link(_LETTER_LINK if by_letter else _SCREEN_LINK, registration_id, link_version)
    return f"{current_settings().base_url}/registrations/{token}"


def no_such_registration() -> NotFound:
    """The same words whether it never existed, was rotated, or is somebody else's."""
    return NotFound(Sentence("This personal link is not valid. Please use the link in your newest letter."))


def proves_mailbox(token: str) -> bool:
    """Whether a personal link came by letter: whoever has it reads the person's mail."""
    return read_link(_LETTER_LINK, token) is not None


async def registration_by_link(token: str) -> RegistrationRow:
    """
    The registration that a personal link opens.

    Raises:
        NotFound: the link is not ours, or was replaced.

    """
    opened = read_link(_LETTER_LINK, token) or read_link(_SCREEN_LINK, token)
    if opened is None:
        raise no_such_registration()
    rows = await sql(f"SELECT {_COLUMNS} WHERE r.id = {{}} AND r.link_version = {{}}", *opened)
    if not rows:
        raise no_such_registration()
    return RegistrationRow(**rows[0])


async def signed_up_for(items: Sequence[UUID]) -> list[tuple[UUID, RegistrationRow]]:
    """Everybody who has signed up for one of these items of a programme, with the item."""
    if not items:
        return []
    keys = ", ".join("{}" for _ in items)
    rows = await sql(
        f"SELECT s.programme_item AS item, {_COLUMNS} JOIN item_sign_up s ON s.registration = r.id "
        f"WHERE s.programme_item IN ({keys}) ORDER BY s.programme_item, r.id",
        *items,
    )
    return [(row.pop("item"), RegistrationRow(**row)) for row in rows]


async def registration_by_id(registration_id: UUID) -> RegistrationRow:
    """
    One registration, for staff.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"SELECT {_COLUMNS} WHERE r.id = {{}}", registration_id)
    if not rows:
        raise NotFound(Sentence("There is no such registration."))
    return RegistrationRow(**rows[0])


#: SQLite, whose statistics may be of a quieter day, would rather walk through
#: everybody at the event; `IS TRUE` leaves it only the few rows of the person.
_STANDING_OF_PERSON = (
    "r.person = (SELECT COALESCE(merged_into, id) FROM person WHERE email_key = {}) AND (r.event = {}) IS TRUE "
    "AND r.status IN ('pending', 'confirmed', 'offered', 'waitlisted')"
)


async def standing_registration(event_id: UUID, email_key: str) -> RegistrationRow | None:
    """The registration of an address at an event, unless it was cancelled or declined."""
    rows = await sql(
        f"SELECT {_COLUMNS} WHERE {_STANDING_OF_PERSON}",
        email_key,
        event_id,
    )
    return RegistrationRow(**rows[0]) if rows else None


async def earlier_registrations(
    event_id: UUID, email_key: str, submission_key: str | None
) -> tuple[RegistrationRow | None, RegistrationRow | None]:
    """
    What the same form made before, and what stands of the same person at an event.

    One statement, so that a form that is sent twice at once cannot appear between two.
    """
    if submission_key is None:
        return None, await standing_registration(event_id, email_key)
    rows = await sql(
        f"SELECT 1 AS by_form, {_COLUMNS} WHERE r.id = "
        "(SELECT id FROM registration WHERE event = {} AND submission_key = {}) UNION ALL "
        f"SELECT 0 AS by_form, {_COLUMNS} WHERE {_STANDING_OF_PERSON}",
        event_id, submission_key, email_key, event_id,
    )  # fmt: skip
    found = {row.pop("by_form"): RegistrationRow(**row) for row in rows}
    return found.get(1), found.get(0)


async def place_in_queue(registration: RegistrationRow) -> int | None:
    """How many stand before and including this person, counted from 1; None for who does not wait."""
    if registration.queue_place is None:
        return None
    rows = await sql(
        "SELECT COUNT(*) AS n FROM registration WHERE pool = {} AND status = 'waitlisted' AND queue_place <= {}",
        registration.pool,
        registration.queue_place,
    )
    return int(rows[0]["n"])


_POOL_COLUMNS = ", ".join(Pool.__dataclass_fields__)


async def pools_of(event_id: UUID, *, lock: str = "") -> list[Pool]:
    """The pools of an event by position; its own comes first."""
    rows = await sql(f"SELECT {_POOL_COLUMNS} FROM seat_pool WHERE event = {{}} ORDER BY position{lock}", event_id)
    return [Pool(**{**row, "is_open": bool(row["is_open"])}) for row in rows]


async def seats_of(event_id: UUID, mode: str = "hybrid") -> SeatsSituation | None:
    """Capacity, seats taken and people waiting, by the mode of the event; None when it never took registrations."""
    pools = await pools_of(event_id)
    return seats_situation(pools, ways_to_attend(mode)) if pools else None


@dataclass(frozen=True)
class PoolListed:
    """A pool with the words for whom it is."""

    pool: Pool
    region_code: str | None
    member_name: str | None


async def listed_pools(event_id: UUID) -> list[PoolListed]:
    """The pools of an event as staff see them; one query."""
    columns = ", ".join(f"p.{name} AS {name}" for name in Pool.__dataclass_fields__)
    rows = await sql(
        f"SELECT {columns}, r.code AS region_code, m.name AS member_name FROM seat_pool p "
        "LEFT JOIN region r ON r.id = p.region LEFT JOIN member m ON m.id = p.member "
        "WHERE p.event = {} ORDER BY p.position",
        event_id,
    )
    return [
        PoolListed(
            region_code=row.pop("region_code"),
            member_name=row.pop("member_name"),
            pool=Pool(**{**row, "is_open": bool(row["is_open"])}),
        )
        for row in rows
    ]


#: So many people of each queue are shown where staff look after the seats.
FIRST_WAITING = 10


async def first_waiting(event_id: UUID) -> dict[UUID, list[RegistrationRow]]:
    """The first people of each queue of an event, in order; one query."""
    rows = await sql(
        f"SELECT {_COLUMNS} WHERE r.event = {{}} AND r.status = 'waitlisted' AND "
        "(SELECT COUNT(*) FROM registration b WHERE b.pool = r.pool AND b.status = 'waitlisted' "
        "AND b.queue_place < r.queue_place) < {} ORDER BY r.pool, r.queue_place",
        event_id,
        FIRST_WAITING,
    )
    found: dict[UUID, list[RegistrationRow]] = {}
    for row in rows:
        found.setdefault(row["pool"], []).append(RegistrationRow(**row))
    return found


async def region_of_member(member_id: UUID | None) -> UUID | None:
    """The region that a member belongs to."""
    rows = await sql("SELECT region FROM member WHERE id = {}", member_id) if member_id else []
    return rows[0]["region"] if rows else None


class InvitedRow(msgspec.Struct, frozen=True):
    """Somebody who may register by invitation."""

    id: UUID
    event: UUID
    email: str
    name: str
    member: UUID | None
    language: str
    registration: UUID | None
    withdrawn_at: datetime | None


async def invitation_by_token(token: str) -> InvitedRow | None:
    """The invitation that a personal link opens, unless it was withdrawn or its link replaced."""
    if (opened := read_link("invitation", token)) is None:
        return None
    rows = await sql(
        "SELECT id, event, email, name, member, language, registration, withdrawn_at FROM registration_invitation "
        "WHERE id = {} AND link_version = {} AND withdrawn_at IS NULL",
        *opened,
    )
    return InvitedRow(**rows[0]) if rows else None


class RegistrationFilter(msgspec.Struct, frozen=True):
    """What a list of registrations is narrowed to."""

    status: str = ""
    attends: str = ""
    attended: str = ""
    q: str = ""


async def registrations_of(
    event_id: UUID, wanted: RegistrationFilter, *, limit: int, offset: int = 0
) -> tuple[list[tuple[RegistrationRow, bool]], int]:
    """A part of an event's registrations with whether each attended, and how many match; two queries."""
    parts: list[str] = ["r.event = {}"]
    values: list[Any] = [event_id]
    for name in ("status", "attends"):
        if value := getattr(wanted, name):
            parts.append(f"r.{name} = {{}}")
            values.append(value)
    for word in wanted.q[:100].replace("\x00", "").split()[:5]:
        # SQLite lowers only ASCII letters, so “élodie” is looked for as “Élodie” and “ÉLODIE” as well.
        parts.append("(LOWER(r.name) LIKE {} OR r.name LIKE {} OR r.name LIKE {} OR p.email_key LIKE {})")
        values += [f"%{form}%" for form in (word.lower(), word.capitalize(), word.upper(), word.casefold())]
    if wanted.attended in ("yes", "no"):
        negation = "" if wanted.attended == "yes" else "NOT "
        parts.append(f"{negation}EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id)")
    condition = " AND ".join(parts)
    rows = await sql(
        f"SELECT EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id) AS attended, {_COLUMNS} "
        f"WHERE {condition} ORDER BY COALESCE(r.queue_place, 0), r.registered_at, r.id LIMIT {{}} OFFSET {{}}",
        *values,
        limit,
        offset,
    )
    total = await sql(
        f"SELECT COUNT(*) AS n FROM registration r JOIN person p ON p.id = r.person WHERE {condition}",
        *values,
    )
    found = []
    for row in rows:
        attended = bool(row.pop("attended"))
        found.append((RegistrationRow(**row), attended))
    return found, int(total[0]["n"])


async def confirmed_registrations(event_id: UUID) -> list[RegistrationRow]:
    """Everybody with a seat at an event, by name; one query."""
    rows = await sql(
        f"SELECT {_COLUMNS} WHERE r.event = {{}} AND r.status = 'confirmed' ORDER BY r.name, r.id", event_id
    )
    return [RegistrationRow(**row) for row in rows]


async def registration_counts(event_id: UUID) -> dict[str, int]:
    """Registrations of an event by status, and how many of them attended."""
    rows = await sql("SELECT status, COUNT(*) AS n FROM registration WHERE event = {} GROUP BY status", event_id)
    counts = {row["status"]: int(row["n"]) for row in rows}
    there = await sql(
        "SELECT COUNT(DISTINCT a.registration) AS n FROM attendance a JOIN registration r ON r.id = a.registration "
        "WHERE r.event = {}",
        event_id,
    )
    return {**counts, "attended": int(there[0]["n"])}


async def attendance_of(event_id: UUID) -> list[Row]:
    """Attendance rows of an event."""
    return await sql(
        "SELECT a.registration AS registration, a.programme_item AS programme_item, a.mode AS mode, "
        "a.recorded_at AS recorded_at FROM attendance a JOIN registration r ON r.id = a.registration "
        "WHERE r.event = {} ORDER BY a.recorded_at",
        event_id,
    )


async def head_count_of(event_id: UUID) -> Row | None:
    """The head count of an event, if one was typed in."""
    rows = await sql(
        "SELECT women, men, others, undisclosed, political, source, recorded_at FROM head_count WHERE event = {}",
        event_id,
    )
    return rows[0] if rows else None


async def gender_statement_of(person_id: UUID) -> Row | None:
    """What a person stated; for the person's own page only."""
    rows = await sql("SELECT gender, source, stated_at FROM gender_statement WHERE person = {}", person_id)
    return rows[0] if rows else None


async def member_by_key(key: str) -> Row | None:
    """A member by our key, or by its name in any spelling we know."""
    key = key.replace("\x00", "")
    rows = await sql("SELECT id, name, time_zone FROM member WHERE key = {}", key[:80])
    if not rows and (folded := fold(key[:200])):
        rows = await sql(
            "SELECT id, name, time_zone FROM member WHERE name_folded = {} UNION "
            "SELECT m.id, m.name, m.time_zone FROM member_name n JOIN member m ON m.id = n.member WHERE n.name_folded = {}",
            folded,
            folded,
        )
    return rows[0] if len(rows) == 1 else None
