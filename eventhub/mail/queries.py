"""Reads of the outbox."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.mail.rules import Wording
from eventhub.words import Sentence


class LetterRow(msgspec.Struct, frozen=True):
    """One letter as lists show it; its facts are read with `letter_by_id` only."""

    id: UUID
    kind: str
    event: UUID | None
    person: UUID | None
    recipient_name: str
    recipient_address: str
    language: str
    status: str
    created_at: datetime
    available_at: datetime
    not_after: datetime | None
    attempts: int
    last_answer: str
    sent_at: datetime | None
    thread_id: str | None
    wording: UUID | None
    event_slug: str | None
    event_title: str | None


class LetterFilter(msgspec.Struct, frozen=True):
    """What a list of letters is narrowed to; empty means everything."""

    status: str = ""
    kind: str = ""
    event: UUID | None = None


_OWN = [name for name in LetterRow.__struct_fields__ if not name.startswith("event_")]
_COLUMNS = ", ".join(f"l.{name} AS {name}" for name in _OWN)
_FROM = f"{_COLUMNS}, e.slug AS event_slug, e.title AS event_title FROM letter l LEFT JOIN event e ON e.id = l.event"


async def letters(wanted: LetterFilter, *, limit: int, offset: int = 0) -> tuple[list[LetterRow], int]:
    """A part of the letters that match, the newest first, and how many match; two queries."""
    conditions: list[str] = []
    values: list[Any] = []
    for name in ("status", "kind", "event"):
        if value := getattr(wanted, name):
            conditions.append(f"l.{name} = {{}}")
            values.append(value)
    condition = " AND ".join(conditions) or "1 = 1"
    rows = await sql(
        f"SELECT {_FROM} WHERE {condition} ORDER BY l.created_at DESC, l.id DESC LIMIT {{}} OFFSET {{}}",
        *values,
        limit,
        offset,
    )
    total = await sql(f"SELECT COUNT(*) AS n FROM letter l WHERE {condition}", *values)
    return [LetterRow(**row) for row in rows], int(total[0]["n"])


async def letter_by_id(letter_id: UUID) -> tuple[LetterRow, dict[str, Any]]:
    """
    One letter and its facts.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"SELECT l.facts AS facts, {_FROM} WHERE l.id = {{}}", letter_id)
    if not rows:
        raise NotFound(Sentence("There is no such letter."))
    facts: dict[str, Any] = msgspec.json.decode(rows[0].pop("facts"))
    return LetterRow(**rows[0]), facts


#: Wordings that were read; none is ever changed.
_wordings: dict[UUID, Wording] = {}
_MOST_WORDINGS = 1000


async def wording_by_id(wording_id: UUID | None) -> Wording | None:
    """What staff want a letter to say; None: what it usually says."""
    if wording_id is None or wording_id in _wordings:
        return _wordings.get(wording_id) if wording_id else None
    rows = await sql("SELECT subject, body FROM letter_wording WHERE id = {}", wording_id)
    if not rows:
        return None
    if len(_wordings) >= _MOST_WORDINGS:
        _wordings.clear()
    return _wordings.setdefault(wording_id, Wording(rows[0]["subject"], rows[0]["body"]))


async def letter_counts(event_id: UUID | None = None) -> dict[str, int]:
    """How many letters have each status, of one event or of all."""
    condition, values = ("WHERE event = {} ", [event_id]) if event_id else ("", [])
    rows = await sql(f"SELECT status, COUNT(*) AS n FROM letter {condition}GROUP BY status", *values)
    return {row["status"]: int(row["n"]) for row in rows}


async def letter_kinds() -> list[str]:
    """The kinds of letters in the outbox, for its filter."""
    return [row["kind"] for row in await sql("SELECT DISTINCT kind FROM letter ORDER BY kind")]


async def oldest_waiting(now: datetime) -> timedelta | None:
    """How long the oldest letter that is due has waited; None when none is."""
    rows = await sql(
        "SELECT created_at FROM letter WHERE status IN ('queued', 'sending') AND available_at <= {} "
        "ORDER BY created_at LIMIT 1",
        now,
    )
    return now - rows[0]["created_at"] if rows else None
