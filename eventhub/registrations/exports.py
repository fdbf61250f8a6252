"""Registrations and attendance as tables; nobody's gender is in them."""

from collections.abc import Iterator, Sequence

from eventhub.database import sql
from eventhub.events.exports import chosen_events
from eventhub.events.zones import as_instant

REGISTRATION_COLUMNS = (
    "event", "name", "email", "status", "attends", "level", "member", "organisation", "city", "country", "language",
    "registered_at",
)  # fmt: skip
ATTENDANCE_COLUMNS = ("event", "name", "email", "member", "organisation", "session", "mode", "recorded_at")


async def registrations_table(
    *, slug: str | None, year: int | None
) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """Registrations of one event, of a year, or all, in the order in which they came."""
    condition, values = await chosen_events(slug, year)
    rows = await sql(
        "SELECT e.slug AS event, e.time_zone AS zone, r.name AS name, p.email AS email, r.status AS status, "
        "r.attends AS attends, r.level AS level, m.key AS member, r.organisation AS organisation, r.city AS city, "
        "r.country AS country, r.language AS language, r.registered_at AS registered_at "
        "FROM registration r JOIN event e ON e.id = r.event JOIN person p ON p.id = r.person "
        f"LEFT JOIN member m ON m.id = r.member WHERE {condition} ORDER BY e.starts_on, e.slug, r.registered_at, r.id",
        *values,
    )
    return REGISTRATION_COLUMNS, (
        (*(row[name] for name in REGISTRATION_COLUMNS[:-1]), as_instant(row["registered_at"], row["zone"]))
        for row in rows
    )


async def attendance_table(*, slug: str | None, year: int | None) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """Who was there, at one event, in a year, or at all; `session` is the programme item, if it was one."""
    condition, values = await chosen_events(slug, year)
    rows = await sql(
        "SELECT e.slug AS event, e.time_zone AS zone, r.name AS name, p.email AS email, m.key AS member, "
        "r.organisation AS organisation, i.title AS session, a.mode AS mode, a.recorded_at AS recorded_at "
        "FROM attendance a JOIN registration r ON r.id = a.registration JOIN event e ON e.id = r.event "
        "JOIN person p ON p.id = r.person LEFT JOIN member m ON m.id = r.member "
        f"LEFT JOIN programme_item i ON i.id = a.programme_item WHERE {condition} "
        "ORDER BY e.starts_on, e.slug, r.name, a.recorded_at, a.id",
        *values,
    )
    return ATTENDANCE_COLUMNS, (
        (*(row[name] for name in ATTENDANCE_COLUMNS[:-1]), as_instant(row["recorded_at"], row["zone"])) for row in rows
    )
