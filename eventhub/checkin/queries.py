"""Reads of the door, of participant reports, and of clicks on personal links to join."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from eventhub.checkin.rules import Decision, short_code
from eventhub.database import Row, sql
from eventhub.directory.folding import fold
from eventhub.directory.rules import email_key
from eventhub.errors import NotFound
from eventhub.links import make_link, read_link
from eventhub.registrations.queries import RegistrationRow, registration_by_id, registration_by_link
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: More people than this are not given to a phone beforehand.
MOST_PRELOADED = 3000
_TICKET, _JOIN = "ticket", "join"


def ticket_text(registration_id: UUID, link_version: int) -> str:
    """What the square code of a ticket holds."""
    return make_link(_TICKET, registration_id, link_version)


def join_url(registration_id: UUID, link_version: int) -> str:
    """The personal link that leads to the video conference and notes that it was opened."""
    return f"{current_settings().base_url}/join/{make_link(_JOIN, registration_id, link_version)}"


async def registration_to_join(token: str) -> RegistrationRow:
    """
    The registration whose video conference a link opens: a link of its own, or any personal link.

    Raises:
        NotFound: the link is not ours, or was replaced.

    """
    opened = read_link(_JOIN, token)
    if opened is None:
        return await registration_by_link(token)
    found = await registration_by_id(opened[0])
    if found.link_version != opened[1]:
        raise NotFound(Sentence("This personal link is not valid. Please use the link in your newest letter."))
    return found


async def registration_of_ticket(ticket: str) -> RegistrationRow | None:
    """The registration of a ticket; None when it is not ours or was replaced."""
    opened = read_link(_TICKET, ticket)
    if opened is None:
        return None
    try:
        found = await registration_by_id(opened[0])
    except NotFound:
        return None
    return found if found.link_version == opened[1] else None


async def registration_of_short_code(event_id: UUID, code: str) -> RegistrationRow | None:
    """The registration at an event whose ticket has this short code; a standing one goes first."""
    rows = await sql(
        "SELECT id, link_version, status FROM registration WHERE event = {} ORDER BY registered_at DESC, id", event_id
    )
    rows.sort(key=lambda row: row["status"] in ("cancelled", "declined"))
    found = await asyncio.to_thread(_with_code, rows, code)
    return await registration_by_id(found) if found else None


def _with_code(rows: Sequence[Row], code: str) -> UUID | None:
    return next((row["id"] for row in rows if short_code(ticket_text(row["id"], row["link_version"])) == code), None)


async def door_list(event_id: UUID) -> list[tuple[str, str]]:
    """
    Short code and name of everybody with a seat, for a phone that may lose the network.

    Nothing else of them is in it, and nothing at all when there are too many.
    """
    rows = await sql(
        "SELECT id, link_version, name FROM registration WHERE event = {} AND status = 'confirmed' "
        "ORDER BY name, id LIMIT {}",
        event_id,
        MOST_PRELOADED + 1,
    )
    if len(rows) > MOST_PRELOADED:
        return []
    return await asyncio.to_thread(
        lambda: [(short_code(ticket_text(row["id"], row["link_version"])), row["name"]) for row in rows]
    )


async def present_since(registrations: Sequence[UUID], item: UUID | None) -> dict[UUID, datetime]:
    """Since when those of some registrations who are present at the event, or at an item, have been so."""
    if not registrations:
        return {}
    where, values = ("programme_item = {}", [item]) if item else ("programme_item IS NULL", [])
    rows = await sql(
        f"SELECT registration, recorded_at FROM attendance WHERE {where} "
        f"AND registration IN ({', '.join('{}' for _ in registrations)})",
        *values,
        *registrations,
    )
    return {row["registration"]: row["recorded_at"] for row in rows}


@dataclass(frozen=True)
class DoorCount:
    """How many are present of how many with a seat."""

    present: int
    confirmed: int


async def door_count(event_id: UUID, item: UUID | None) -> DoorCount:
    """The two numbers that a door shows; one query."""
    where, values = ("a.programme_item = {}", [item]) if item else ("a.programme_item IS NULL", [])
    rows = await sql(
        "SELECT COUNT(*) AS confirmed, SUM(CASE WHEN EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id "
        f"AND {where}) THEN 1 ELSE 0 END) AS present FROM registration r WHERE r.event = {{}} "
        "AND r.status = 'confirmed'",
        *values,
        event_id,
    )
    return DoorCount(int(rows[0]["present"] or 0), int(rows[0]["confirmed"]))


async def signed_up_for(registration_id: UUID, item: UUID) -> bool:
    """Whether somebody signed up for an item."""
    return bool(
        await sql(
            "SELECT 1 AS one FROM item_sign_up WHERE registration = {} AND programme_item = {}", registration_id, item
        )
    )


@dataclass(frozen=True)
class Seated:
    """Somebody with a seat, as rows of a report are compared with."""

    id: UUID
    name: str
    email_key: str
    minutes: int | None
    is_present: bool


async def seated_people(event_id: UUID) -> list[Seated]:
    """Everybody with a seat at an event, with what is known of their attendance; one query."""
    rows = await sql(
        "SELECT r.id AS id, r.name AS name, COALESCE(p.email_key, '') AS email_key, a.minutes AS minutes, "
        "CASE WHEN a.id IS NULL THEN 0 ELSE 1 END AS is_present FROM registration r JOIN person p ON p.id = r.person "
        "LEFT JOIN attendance a ON a.registration = r.id AND a.programme_item IS NULL "
        "WHERE r.event = {} AND r.status = 'confirmed' ORDER BY r.name, r.id",
        event_id,
    )
    return [Seated(**{**row, "is_present": bool(row["is_present"])}) for row in rows]


async def seated_by_text(event_id: UUID, text: str) -> UUID | None:
    """Whom staff mean by “Name · address”, an address, or a name that only one person with a seat has."""
    name, _, address = text[:600].replace("\x00", "").rpartition("·")
    seated = await seated_people(event_id)
    key = email_key(address)
    found = [one for one in seated if key and one.email_key == key]
    found = found or [one for one in seated if fold(one.name) == fold(name or address)]
    return found[0].id if len(found) == 1 else None


@dataclass(frozen=True)
class ReportRow:
    """One report that was imported, with its rows that match nobody; decided ones have no name left."""

    id: UUID
    file_name: str
    minimum_minutes: int
    matched: int
    imported_at: datetime
    rows: list[dict[str, Any]]

    @property
    def waiting(self) -> list[dict[str, Any]]:
        """Rows that nobody has decided on."""
        return [row for row in self.rows if row["decision"] == Decision.OPEN]

    @property
    def unknown(self) -> int:
        """How many people are counted although nobody knows them."""
        return sum(row["decision"] == Decision.UNKNOWN for row in self.rows)


async def reports_of(event_id: UUID) -> list[ReportRow]:
    """The reports of an event, newest first."""
    rows = await sql(
        "SELECT id, file_name, minimum_minutes, matched, imported_at, unmatched FROM participant_report "
        "WHERE event = {} ORDER BY imported_at DESC, id",
        event_id,
    )
    return [ReportRow(rows=json.loads(row.pop("unmatched")), **row) for row in rows]


async def clicks_of(event_id: UUID) -> list[Row]:
    """Who opened the personal link to join, and whether they are marked as present."""
    return await sql(
        "SELECT r.id AS id, r.name AS name, r.status AS status, c.first_at AS first_at, c.last_at AS last_at, "
        "c.clicks AS clicks, EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id "
        "AND a.programme_item IS NULL) AS attended FROM join_click c JOIN registration r ON r.id = c.registration "
        "WHERE r.event = {} ORDER BY r.name, r.id",
        event_id,
    )
