"""Registrations and attendance as tables; nobody's gender is in them."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from eventhub.database import sql, tuples
from eventhub.directory.queries import KNOWN_OUTSIDE
from eventhub.events.exports import chosen_events
from eventhub.events.queries import event_by_slug
from eventhub.events.zones import shown_in
from eventhub.questions.queries import answer_counts, columns_for, decoded, questions_of
from eventhub.questions.rules import Question, answer_cell
from eventhub.streaming import lines_in_windows, windows_of

#: The columns of a file, each with what is read for it; imports read the same ones.
_REGISTRATION = {
    "event": "e.slug", "name": "r.name", "email": "p.email", "status": "r.status", "attends": "r.attends",
    "level": "r.level", "member": "m.key", "organisation": "r.organisation", "city": "r.city", "country": "r.country",
    "language": "r.language", "registered_at": "r.registered_at", "event_title": "e.title", "event_day": "e.starts_on",
    "outside_key": KNOWN_OUTSIDE, "member_outside_key": "m.outside_key", "registration_id": "CAST(r.id AS VARCHAR(36))",
}  # fmt: skip
_ATTENDANCE = {
    "event": "e.slug", "name": "r.name", "email": "p.email", "member": "m.key", "organisation": "r.organisation",
    "session": "i.title", "mode": "a.mode", "recorded_at": "a.recorded_at", "event_title": "e.title",
    "event_day": "e.starts_on", "outside_key": KNOWN_OUTSIDE, "member_outside_key": "m.outside_key", "registration_id": "CAST(r.id AS VARCHAR(36))",
}  # fmt: skip
REGISTRATION_COLUMNS = tuple(_REGISTRATION)
ATTENDANCE_COLUMNS = tuple(_ATTENDANCE)
_REGISTERED_AT = REGISTRATION_COLUMNS.index("registered_at")
_RECORDED_AT = ATTENDANCE_COLUMNS.index("recorded_at")


async def registrations_table(
    *, slug: str | None, year: int | None
) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """
    Registrations of one event, of a year, or all, in the order in which they came.

    They are read while they are written; see `lines_in_windows`. Those of one event have a column for each of its
    questions, in the language of the event; retired ones too, if somebody has answered them.
    """
    condition, values = await chosen_events(slug, year)
    questions, language = await _questions_for(slug)
    columns = columns_for(questions, REGISTRATION_COLUMNS, language)
    order = "ORDER BY e.starts_on, e.slug, r.registered_at, r.id"
    answers = ", r.answers" if questions else ""

    async def keys_of(window: Sequence[UUID]) -> list[str]:
        rows = await tuples(
            "SELECT CAST(r.id AS VARCHAR(36)) FROM registration r JOIN event e ON e.id = r.event "
            f"WHERE r.event IN ({_marks(window)}) {order}",
            *window,
        )
        return [row[0] for row in rows]

    async def read(part: Sequence[str]) -> list[Sequence[object]]:
        rows = await tuples(
            f"SELECT {', '.join(_REGISTRATION.values())}, e.time_zone{answers} "
            "FROM registration r JOIN event e ON e.id = r.event JOIN person p ON p.id = r.person "
            f"LEFT JOIN member m ON m.id = r.member WHERE r.id IN ({_marks(part)}) {order}",
            *part,
        )
        return [(*line(row), *answered(row)) for row in rows] if questions else [line(row) for row in rows]

    def line(row: Sequence[Any]) -> tuple[object, ...]:
        return _with_instant(row, _REGISTERED_AT, len(REGISTRATION_COLUMNS))

    def answered(row: Sequence[Any]) -> Iterator[object]:
        answers = decoded(row[-1])
        for question in questions:
            yield answer_cell(question, answers.get(question.id), language)

    windows = await _windows("registration r ON r.event = e.id", condition, values)
    return (*REGISTRATION_COLUMNS, *columns.values()), lines_in_windows(windows, keys_of, read)


def _with_instant(row: Sequence[Any], place: int, width: int) -> tuple[object, ...]:
    """The cells of a row whose instant is shown by the clocks of the zone that follows the cells."""
    return (*row[:place], shown_in(row[place], row[width]), *row[place + 1 : width])


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["{}"] * len(values))


async def _windows(joined: str, condition: str, values: Sequence[Any]) -> list[list[UUID]]:
    """The chosen events in order, so many together that their rows are a few thousand."""
    rows = await sql(
        f"SELECT e.id AS id, COUNT(*) AS n FROM event e JOIN {joined} WHERE {condition} "
        "GROUP BY e.id, e.starts_on, e.slug ORDER BY e.starts_on, e.slug",
        *values,
    )
    return windows_of((row["id"], row["n"]) for row in rows)


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
    order = "ORDER BY e.starts_on, e.slug, r.name, a.recorded_at, a.id"
    joined = "attendance a JOIN registration r ON r.id = a.registration JOIN event e ON e.id = r.event"

    async def keys_of(window: Sequence[UUID]) -> list[str]:
        rows = await tuples(
            f"SELECT CAST(a.id AS VARCHAR(36)) FROM {joined} WHERE r.event IN ({_marks(window)}) {order}", *window
        )
        return [row[0] for row in rows]

    async def read(part: Sequence[str]) -> list[Sequence[object]]:
        rows = await tuples(
            f"SELECT {', '.join(_ATTENDANCE.values())}, e.time_zone FROM {joined} JOIN person p ON p.id = r.person "
            "LEFT JOIN member m ON m.id = r.member LEFT JOIN programme_item i ON i.id = a.programme_item "
            f"WHERE a.id IN ({_marks(part)}) {order}",
            *part,
        )
        return [_with_instant(row, _RECORDED_AT, len(ATTENDANCE_COLUMNS)) for row in rows]

    windows = await _windows(
        "registration r ON r.event = e.id JOIN attendance a ON a.registration = r.id", condition, values
    )
    return ATTENDANCE_COLUMNS, lines_in_windows(windows, keys_of, read)
