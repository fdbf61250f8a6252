"""Panels of several events at a look, and speakers as a table; nobody's gender is in it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from eventhub.database import sql
from eventhub.events.exports import chosen_events
from eventhub.events.rules import OWN
from eventhub.speakers.queries import parity_of_events

SPEAKER_COLUMNS = ("event", "item", "name", "role", "level", "status", "member")


async def parity_overview(*, slug: str | None, year: int | None, now: datetime) -> list[dict[str, Any]]:
    """
    The parity check of one event, of the own events of a year, or of those to come.

    Raises:
        NotFound: there is no event of this name.
    """
    condition, values = await chosen_events(slug, year)
    if not slug:
        condition += f" AND e.involvement IN ({', '.join('{}' for _ in OWN)}) AND e.status <> 'cancelled'"
        values += sorted(OWN)
        if year is None:
            condition += " AND e.starts_on >= {}"
            values.append(now.date())
    rows = await sql(
        "SELECT e.id AS id, e.slug AS slug, e.title AS title, e.parity_exempt_reason AS reason FROM event e "
        f"WHERE {condition} ORDER BY e.starts_on, e.slug",
        *values,
    )
    checks = await parity_of_events({row["id"]: row["reason"] for row in rows})
    return [
        {
            "slug": row["slug"],
            "title": row["title"],
            "result": str(checks[row["id"]].result),
            "sentences": [str(sentence) for sentence in checks[row["id"]].problems],
        }
        for row in rows
    ]


async def speakers_table(*, slug: str | None, year: int | None) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """Speaker slots of one event, of a year, or all, in the order of the programme."""
    condition, values = await chosen_events(slug, year)
    rows = await sql(
        "SELECT e.slug AS event, i.title AS item, p.name AS name, s.role AS role, s.level AS level, s.status AS status, "
        "m.key AS member FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item "
        "JOIN event e ON e.id = i.event JOIN person p ON p.id = s.person LEFT JOIN member m ON m.id = s.member "
        f"WHERE {condition} ORDER BY e.starts_on, e.slug, i.starts_at, p.name, s.id",
        *values,
    )
    return SPEAKER_COLUMNS, (tuple(row[name] for name in SPEAKER_COLUMNS) for row in rows)
