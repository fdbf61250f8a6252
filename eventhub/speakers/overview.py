"""Panels of several events at a look, and speakers as a table; nobody's gender is in it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from eventhub.database import sql, tuples
from eventhub.directory.queries import KNOWN_OUTSIDE
from eventhub.events.exports import chosen_events
from eventhub.events.rules import OWN
from eventhub.speakers.queries import parity_of_events
from eventhub.streaming import lines_in_parts

SPEAKER_COLUMNS = (
    "event", "item", "name", "role", "level", "status", "member", "outside_key", "member_outside_key",
)  # fmt: skip


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
    order = "ORDER BY e.starts_on, e.slug, i.starts_at, p.name, s.id"
    slots = (
        "speaker_slot s JOIN programme_item i ON i.id = s.programme_item JOIN event e ON e.id = i.event "
        "JOIN person p ON p.id = s.person"
    )
    keys = await tuples(f"SELECT CAST(s.id AS VARCHAR(36)) FROM {slots} WHERE {condition} {order}", *values)

    async def read(part: Sequence[str]) -> list[Sequence[object]]:
        marks = ", ".join(["{}"] * len(part))
        return await tuples(
            "SELECT e.slug, i.title, p.name, s.role, s.level, s.status, m.key, "
            f"{KNOWN_OUTSIDE}, m.outside_key FROM {slots} LEFT JOIN member m ON m.id = s.member WHERE s.id IN ({marks}) {order}",
            *part,
        )

    return SPEAKER_COLUMNS, lines_in_parts([key for (key,) in keys], read)
