"""Reads for certificates and badges; nobody's gender and nobody's access needs are among them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.events.queries import EventRow, event_by_id
from eventhub.links import make_link, read_link
from eventhub.papers.rules import minutes_known
from eventhub.privacy.rules import ERASED_KEY
from eventhub.registrations.queries import registration_by_link
from eventhub.registrations.rules import Attends
from eventhub.settings import current_settings
from eventhub.words import Sentence

_LINK = "certificate"


class NoCertificate(NotFound):
    """There is none, or not yet; the sentence says which to whoever holds the personal link."""


class Part(msgspec.Struct, frozen=True):
    """What somebody did on the programme."""

    role: str
    item_title: str


class PaperRow(msgspec.Struct, frozen=True):
    """One registration as certificates and badges show it."""

    id: UUID
    person: UUID
    name: str
    email: str
    status: str
    attends: str
    language: str
    time_zone: str
    link_version: int
    delegation_role: str | None
    organisation: str
    city: str
    member_name: str | None
    parts: list[Part] = []
    modes: frozenset[str] = frozenset()
    minutes: int | None = None

    @property
    def stands_for(self) -> str:
        """The member or organisation, as people read it."""
        return self.member_name or self.organisation

    @property
    def was_present(self) -> bool:
        """Whether any presence was noted, at the event or at one of its items."""
        return bool(self.modes)

    @property
    def certificate_url(self) -> str:
        """Where everybody can check the certificate."""
        return f"{current_settings().base_url}/certificates/{make_link(_LINK, self.id, 1)}"

    @property
    def ticket(self) -> str:
        """What the QR code of the ticket holds."""
        return make_link("ticket", self.id, self.link_version)


_COLUMNS = (
    "r.id AS id, r.person AS person, r.name AS name, COALESCE(p.email, '') AS email, r.status AS status, "
    "r.attends AS attends, r.language AS language, r.time_zone AS time_zone, r.link_version AS link_version, "
    "r.role AS delegation_role, r.organisation AS organisation, r.city AS city, m.name AS member_name "
    "FROM registration r JOIN person p ON p.id = r.person LEFT JOIN member m ON m.id = r.member"
)
#: There is no paper for somebody who was forgotten.
_KNOWN = f"COALESCE(p.outside_key, '') NOT LIKE '{ERASED_KEY}%'"
_PRESENT = f"r.status = 'confirmed' AND {_KNOWN} AND EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id)"


async def people_for_badges(event_id: UUID, *, status: str, attends: str = "") -> list[PaperRow]:
    """Registrations with a status, by name; two queries."""
    values: list[Any] = [event_id, status]
    condition = f"r.event = {{}} AND r.status = {{}} AND {_KNOWN}"
    if attends:
        condition += " AND r.attends = {}"
        values.append(attends)
    return await _with_parts(event_id, await _rows(condition, *values))


async def people_present(event_id: UUID) -> list[PaperRow]:
    """Everybody with a seat whose presence was noted, by name; three queries."""
    found = await _with_parts(event_id, await _rows(f"r.event = {{}} AND {_PRESENT}", event_id))
    return await _with_presence(found, "r.event = {}", event_id)


async def paper_counts(event_id: UUID) -> Mapping[str, int]:
    """How many badges and certificates there would be: `on_site`, `online`, `present`, `with_letter`; two queries."""
    rows = await sql(
        "SELECT attends, COUNT(*) AS n FROM registration WHERE event = {} AND status = 'confirmed' GROUP BY attends",
        event_id,
    )
    counts = defaultdict(int, {row["attends"]: int(row["n"]) for row in rows})
    rows = await sql(
        "SELECT COUNT(*) AS present, COUNT(CASE WHEN EXISTS (SELECT 1 FROM letter l WHERE l.dedupe_key = "
        "'certificate:' || CAST(r.id AS VARCHAR(36))) THEN 1 END) AS with_letter, COUNT(p.email) AS reachable "
        f"FROM registration r JOIN person p ON p.id = r.person WHERE r.event = {{}} AND {_PRESENT}",
        event_id,
    )
    return counts | {name: int(number) for name, number in rows[0].items()}


async def own_certificate(token: str, *, now: datetime) -> tuple[EventRow, PaperRow]:
    """
    What the certificate of the holder of a personal link says.

    Raises:
        NotFound: the link opens nothing.
        NoCertificate: the event is not over, or nobody noted the person's presence.

    """
    registration = await registration_by_link(token)
    event = await event_by_id(registration.event)
    found = await _present(registration.id)
    if not event.is_past(now):
        raise NoCertificate(Sentence("Certificates of attendance are made when the event is over."))
    if found is None:
        raise NoCertificate(
            Sentence(
                "Your presence at this event was not noted, so there is no certificate. "
                "If you were there, please write to the organiser."
            )
        )
    (with_parts,) = await _with_parts(event.id, [found])
    return event, with_parts


async def certificate_by_code(code: str) -> tuple[EventRow, PaperRow]:
    """
    What a certificate says, by the code printed on it.

    Raises:
        NotFound: we made no such certificate, or what it said is no longer true.

    """
    opened = read_link(_LINK, code)
    found = await _present(opened[0]) if opened and opened[1] == 1 else None
    if found is None:
        raise NotFound(Sentence("We have issued no certificate with this code. Please check the address."))
    return await _event_of(found.id), found


async def _present(registration_id: UUID) -> PaperRow | None:
    rows = await _rows(f"r.id = {{}} AND {_PRESENT}", registration_id)
    found = await _with_presence(rows, "r.id = {}", registration_id)
    return found[0] if found else None


async def _event_of(registration_id: UUID) -> EventRow:
    rows = await sql("SELECT event FROM registration WHERE id = {}", registration_id)
    return await event_by_id(rows[0]["event"])


async def _rows(condition: str, *values: Any) -> list[PaperRow]:
    rows = await sql(f"SELECT {_COLUMNS} WHERE {condition} ORDER BY LOWER(r.name), r.name, r.id", *values)
    return [PaperRow(**row) for row in rows]


async def _with_parts(event_id: UUID, found: list[PaperRow]) -> list[PaperRow]:
    rows = await sql(
        "SELECT s.person AS person, s.role AS role, i.title AS item_title FROM speaker_slot s "
        "JOIN programme_item i ON i.id = s.programme_item WHERE i.event = {} AND s.status = 'confirmed' "
        "ORDER BY i.starts_at, i.title, s.id",
        event_id,
    )
    parts: dict[UUID, list[Part]] = defaultdict(list)
    for row in rows:
        parts[row["person"]].append(Part(row["role"], row["item_title"]))
    return [msgspec.structs.replace(one, parts=parts.get(one.person, [])) for one in found]


async def _with_presence(found: list[PaperRow], condition: str, value: UUID) -> list[PaperRow]:
    rows = await sql(
        "SELECT a.registration AS registration, a.programme_item AS programme_item, a.mode AS mode, "
        f"a.minutes AS minutes FROM attendance a JOIN registration r ON r.id = a.registration WHERE {condition}",
        value,
    )
    modes: dict[UUID, set[str]] = defaultdict(set)
    at_event: dict[UUID, int | None] = {}
    at_items: dict[UUID, list[int]] = defaultdict(list)
    for row in rows:
        modes[row["registration"]].add(row["mode"])
        if row["programme_item"] is None:
            at_event[row["registration"]] = row["minutes"]
        elif row["minutes"] is not None:
            at_items[row["registration"]].append(row["minutes"])
    return [
        msgspec.structs.replace(
            one,
            modes=frozenset(modes[one.id]),
            minutes=minutes_known(at_event.get(one.id), at_items[one.id]),
        )
        for one in found
    ]


def attended_in_person(row: PaperRow) -> bool:
    """Whether somebody was on site, at least for a part of it."""
    return Attends.ON_SITE in row.modes
