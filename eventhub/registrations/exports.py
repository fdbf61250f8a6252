"""Registrations and attendance as tables; nobody's gender is in them."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from eventhub.database import Row, sql
from eventhub.events.exports import chosen_events
from eventhub.events.queries import event_by_slug
from eventhub.events.zones import as_instant
from eventhub.questions.queries import answer_counts, columns_for, decoded, questions_of
from eventhub.questions.rules import Question, answer_cell
from eventhub.streaming import lines_in_parts

REGISTRATION_COLUMNS = (
    "event", "name", "email", "status", "attends", "level", "member", "organisation", "city", "country", "language",
    "registered_at",
)  # fmt: skip
ATTENDANCE_COLUMNS = ("event", "name", "email", "member", "organisation", "session", "mode", "recorded_at")


async def registrations_table(
    *, slug: str | None, year: int | None
) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """
    Registrations of one event, of a year, or all, in the order in which they came.

    They are read while they are written; see `lines_in_parts`. Those of one event have a column for each of its questions, in the language
    of the event; retired ones too, if somebody has answered them.
    """
    condition, values = await chosen_events(slug, year)
    questions, language = await _questions_for(slug)
    keys = await sql(
        f"SELECT r.id AS id FROM registration r JOIN event e ON e.id = r.event WHERE {condition} "
        "ORDER BY e.starts_on, e.slug, r.registered_at, r.id",
        *values,
    )
    columns = columns_for(questions, REGISTRATION_COLUMNS, language)

    async def read(part: Sequence[UUID]) -> list[Sequence[object]]:
        marks = ", ".join("{}" for _ in part)
        rows = await sql(
            "SELECT r.id AS id, e.slug AS event, e.time_zone AS zone, r.name AS name, p.email AS email, "
            "r.status AS status, r.attends AS attends, r.level AS level, m.key AS member, "
            "r.organisation AS organisation, r.city AS city, r.country AS country, r.language AS language, "
            "r.registered_at AS registered_at, r.answers AS answers "
            "FROM registration r JOIN event e ON e.id = r.event JOIN person p ON p.id = r.person "
            f"LEFT JOIN member m ON m.id = r.member WHERE r.id IN ({marks})",
            *part,
        )
        by_id = {row["id"]: row for row in rows}
        return [tuple(cells(by_id[key])) for key in part if key in by_id]

    def cells(row: Row) -> Iterator[object]:
        yield from (row[name] for name in REGISTRATION_COLUMNS[:-1])
        yield as_instant(row["registered_at"], row["zone"])
        answers = decoded(row["answers"]) if questions else {}
        for question in questions:
            yield answer_cell(question, answers.get(question.id), language)

    return (*REGISTRATION_COLUMNS, *columns.values()), lines_in_parts([row["id"] for row in keys], read)


async def _questions_for(slug: str | None) -> tuple[list[Question], str]:
    """The questions that get a column in the table of one event, and its language."""
    if not slug:
        return [], ""
    event = await event_by_slug(slug)
    questions = await questions_of(event.id, with_retired=True)
    counts = await answer_counts(event.id) if any(question.is_retired for question in questions) else {}
    return [question for question in questions if not question.is_retired or counts.get(question.id)], event.language


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
