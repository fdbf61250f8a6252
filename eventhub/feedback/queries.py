"""Reads of feedback. Who said what never leaves here together, unless that person agreed to be named."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.directory.folding import fold
from eventhub.errors import NotFound
from eventhub.events.queries import EVENT_COLUMNS, EventRow
from eventhub.feedback.rules import (
    ASK_WITHIN_DAYS,
    HIGHEST,
    LOWEST,
    REMIND_AFTER,
    REMIND_WITHIN,
    Consent,
    Quote,
    Results,
    Scores,
    Subject,
)
from eventhub.links import make_link, read_link
from eventhub.settings import current_settings
from eventhub.words import Sentence


class FeedbackRow(msgspec.Struct, frozen=True):
    """What one person was asked, and what they have said so far; `title` is that of the event or lab."""

    id: UUID
    event: UUID | None
    lab: UUID | None
    person: UUID
    language: str
    link_version: int
    asked_at: datetime
    usefulness: int | None
    overall: int | None
    comment: str
    consent: str
    answered_at: datetime | None
    version: int
    title: str
    lab_name: str

    @property
    def path(self) -> str:
        """The personal link without the host."""
        return f"/feedback/{make_link('feedback', self.id, self.link_version)}"


class Asked(msgspec.Struct, frozen=True):
    """Somebody to ask: who, where to write, in which language."""

    person: UUID
    name: str
    email: str
    language: str


_FEEDBACK = (
    "SELECT f.id AS id, f.event AS event, f.lab AS lab, f.person AS person, f.language AS language, "
    "f.link_version AS link_version, f.asked_at AS asked_at, f.usefulness AS usefulness, f.overall AS overall, "
    "f.comment AS comment, f.consent AS consent, f.answered_at AS answered_at, f.version AS version, "
    "COALESCE(e.title, l.name) AS title, COALESCE(sl.name, l.name, '') AS lab_name "
    "FROM feedback f LEFT JOIN event e ON e.id = f.event LEFT JOIN lab l ON l.id = f.lab "
    "LEFT JOIN lab_session s ON s.event = f.event LEFT JOIN lab sl ON sl.id = s.lab"
)


def feedback_url(feedback_id: UUID, link_version: int) -> str:
    """The personal link."""
    return f"{current_settings().base_url}/feedback/{make_link('feedback', feedback_id, link_version)}"


async def feedback_by_link(token: str) -> FeedbackRow:
    """
    What a personal link opens.

    Raises:
        NotFound: the link is not ours, was replaced, or belongs to somebody who was forgotten.

    """
    opened = read_link("feedback", token)
    rows = (
        await sql(f"{_FEEDBACK} WHERE f.id = {{}} AND f.link_version = {{}} AND f.person IS NOT NULL", *opened)
        if opened
        else []
    )
    if not rows:
        raise NotFound(Sentence("This personal link is not valid. Please use the link in your newest letter."))
    return FeedbackRow(**rows[0])


async def is_asked(subject: Subject, object_id: UUID) -> bool:
    """Whether feedback about an event or lab is asked for by itself; that of a lab covers its sessions."""
    rows = await sql(f"SELECT 1 AS one FROM {subject} WHERE id = {{}} AND asks_feedback", object_id)
    return bool(rows)


async def lab_that_asks(event_id: UUID) -> str | None:
    """The name of the lab whose sessions are asked about and to which an event belongs, if there is one."""
    rows = await sql(
        "SELECT l.name AS name FROM lab_session s JOIN lab l ON l.id = s.lab WHERE s.event = {} AND l.asks_feedback",
        event_id,
    )
    return rows[0]["name"] if rows else None


async def events_to_ask_about(today: date) -> list[EventRow]:
    """Published events of the last days that are asked about by themselves, or as sessions of a lab."""
    columns = ", ".join(f"e.{name} AS {name}" for name in EVENT_COLUMNS.split(", "))
    rows = await sql(
        f"SELECT {columns} FROM event e WHERE e.status = 'published' "
        "AND COALESCE(e.ends_on, e.starts_on) >= {} AND COALESCE(e.ends_on, e.starts_on) <= {} "
        "AND (e.asks_feedback OR e.id IN "
        "(SELECT s.event FROM lab_session s JOIN lab l ON l.id = s.lab WHERE l.asks_feedback)) "
        "ORDER BY e.starts_on, e.id",
        today - timedelta(days=ASK_WITHIN_DAYS["event"]),
        today + timedelta(days=1),
    )
    return [EventRow(**row) for row in rows]


async def labs_to_ask_about(today: date) -> list[Row]:
    """Finished labs whose last session was in the last weeks and that are asked about."""
    return await sql(
        "SELECT l.id AS id, l.name AS name FROM lab l "
        "WHERE l.asks_feedback AND l.status = 'finished' AND EXISTS (SELECT 1 FROM lab_session s "
        "JOIN event e ON e.id = s.event WHERE s.lab = l.id AND COALESCE(e.ends_on, e.starts_on) >= {}) ORDER BY l.id",
        today - timedelta(days=ASK_WITHIN_DAYS["lab"]),
    )


async def attendance_was_recorded(event_id: UUID) -> bool:
    """Whether anybody has said who was at an event."""
    rows = await sql(
        "SELECT 1 AS one FROM registration r JOIN attendance a ON a.registration = r.id WHERE r.event = {} LIMIT 1",
        event_id,
    )
    return bool(rows)


async def people_to_ask(subject: Subject, object_id: UUID) -> list[Asked]:
    """
    Those who attended and were not asked yet; where nobody recorded it, those who had a seat.

    Of a lab: its participants who attended a session; where nobody recorded
    it, all of them. Experts and facilitators are not asked.
    """
    if subject is Subject.EVENT:
        statement = (
            "SELECT r.person AS person, r.name AS name, p.email AS email, r.language AS language "
            "FROM registration r JOIN person p ON p.id = r.person "
            "WHERE r.event = {} AND r.status = 'confirmed' AND p.email IS NOT NULL "
            "AND (EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id) OR NOT EXISTS "
            "(SELECT 1 FROM registration o JOIN attendance a ON a.registration = o.id WHERE o.event = r.event)) "
            "AND NOT EXISTS (SELECT 1 FROM feedback f WHERE f.event = r.event AND f.person = r.person) "
            "ORDER BY r.name, r.id"
        )
    else:
        statement = (
            "SELECT c.person AS person, p.name AS name, p.email AS email, c.language AS language "
            "FROM lab_participant c JOIN person p ON p.id = c.person "
            "WHERE c.lab = {} AND c.role = 'participant' AND c.left_at IS NULL AND p.email IS NOT NULL "
            "AND (EXISTS (SELECT 1 FROM lab_session s JOIN registration r ON r.event = s.event "
            "JOIN attendance a ON a.registration = r.id WHERE s.lab = c.lab AND r.person = c.person) OR NOT EXISTS "
            "(SELECT 1 FROM lab_session s JOIN registration r ON r.event = s.event "
            "JOIN attendance a ON a.registration = r.id WHERE s.lab = c.lab)) "
            "AND NOT EXISTS (SELECT 1 FROM feedback f WHERE f.lab = c.lab AND f.person = c.person) "
            "ORDER BY p.name, c.id"
        )
    return [Asked(**row) for row in await sql(statement, object_id)]


async def unanswered(now: datetime) -> list[tuple[FeedbackRow, Asked]]:
    """Who was asked a week ago and has not answered, with where to write to; two queries."""
    rows = await sql(
        _FEEDBACK.replace(" FROM feedback f", ", p.name AS recipient, p.email AS email FROM feedback f")
        + " JOIN person p ON p.id = f.person WHERE f.answered_at IS NULL AND p.email IS NOT NULL "
        "AND f.asked_at <= {} AND f.asked_at > {} "
        "AND (e.id IS NULL OR e.status = 'published') ORDER BY f.asked_at, f.id",
        now - REMIND_AFTER,
        now - REMIND_WITHIN,
    )
    if not rows:
        return []
    written = await sql(
        "SELECT dedupe_key FROM letter WHERE kind = 'feedback_asked' AND created_at > {}", now - REMIND_WITHIN
    )
    done = {row["dedupe_key"] for row in written}
    found = []
    for row in rows:
        name, email = row.pop("recipient"), row.pop("email")
        if reminder_key(row["id"]) not in done:
            found.append((FeedbackRow(**row), Asked(row["person"], name, email, row["language"])))
    return found


def reminder_key(feedback_id: UUID) -> str:
    """What makes the reminder one letter."""
    return f"feedback:{feedback_id}:reminder"


_COUNTS = ", ".join(
    f"SUM(CASE WHEN f.{name} = {score} THEN 1 ELSE 0 END) AS {name}_{score}"
    for name in ("usefulness", "overall")
    for score in range(LOWEST, HIGHEST + 1)
)


def _scores(row: Row) -> Scores:
    numbers = range(LOWEST, HIGHEST + 1)
    return Scores(
        int(row["asked"] or 0),
        int(row["answered"] or 0),
        tuple(int(row[f"usefulness_{n}"] or 0) for n in numbers),
        tuple(int(row[f"overall_{n}"] or 0) for n in numbers),
    )


async def results_of(subject: Subject, object_id: UUID) -> Results:
    """What may be known of the answers about an event or a lab as a whole; two queries."""
    rows = await sql(
        f"SELECT COUNT(*) AS asked, COUNT(f.answered_at) AS answered, {_COUNTS} "
        f"FROM feedback f WHERE f.{subject} = {{}}",
        object_id,
    )
    scores = _scores(rows[0])
    if not scores.is_shown:
        return Results(scores)
    said = await _said(f"f.{subject} = {{}}", [object_id])
    return Results(scores, texts_of(said), quotes_of(said))


async def _said(condition: str, values: list[Any]) -> list[Row]:
    """What people wrote, with the name and city of those only who agreed to be named."""
    return await sql(
        "SELECT f.event AS event, f.lab AS lab, f.comment AS comment, f.consent AS consent, "
        "CASE WHEN f.consent = 'named' THEN COALESCE(r.name, p.name, '') ELSE '' END AS name, "
        "CASE WHEN f.consent = 'named' THEN COALESCE(NULLIF(r.city, ''), m.name, pm.name, '') ELSE '' END AS city "
        "FROM feedback f LEFT JOIN person p ON p.id = f.person "
        "LEFT JOIN registration r ON r.event = f.event AND r.person = f.person AND r.status = 'confirmed' "
        "LEFT JOIN lab_participant c ON c.lab = f.lab AND c.person = f.person "
        "LEFT JOIN member m ON m.id = COALESCE(r.member, c.member) LEFT JOIN member pm ON pm.id = p.member "
        f"WHERE {condition} AND f.comment <> '' AND f.answered_at IS NOT NULL",
        *values,
    )


def texts_of(said: Iterable[Row]) -> tuple[str, ...]:
    """All texts in the order of their letters: neither time nor name can be read from it."""
    return tuple(sorted((row["comment"] for row in said), key=lambda text: (fold(text), text)))


def quotes_of(said: Iterable[Row]) -> tuple[Quote, ...]:
    """What may be quoted, in the order of its letters."""
    quotes = [Quote(row["comment"], row["name"], row["city"]) for row in said if row["consent"] != Consent.NONE]
    return tuple(sorted(quotes, key=lambda quote: (fold(quote.text), quote.text, quote.name)))


async def results_of_labs(year: int, kind: str = "lab") -> dict[UUID, tuple[Results, list[Results]]]:
    """For each lab of a kind and year the answers about it as a whole, and about each of its sessions; two queries."""
    of_year = (
        "COALESCE(f.lab, s.lab) IN (SELECT l.id FROM lab l JOIN lab_round r ON r.id = l.lab_round "
        "WHERE r.kind = {} AND r.year = {})"
    )
    rows = await sql(
        f"SELECT COALESCE(f.lab, s.lab) AS of_lab, f.event AS event, COUNT(*) AS asked, "
        f"COUNT(f.answered_at) AS answered, {_COUNTS} FROM feedback f LEFT JOIN lab_session s ON s.event = f.event "
        f"WHERE {of_year} GROUP BY COALESCE(f.lab, s.lab), f.event",
        kind,
        year,
    )
    said: dict[tuple[UUID | None, UUID | None], list[Row]] = defaultdict(list)
    condition = (
        f"(f.lab IS NOT NULL OR f.event IN (SELECT event FROM lab_session)) AND {of_year.replace('s.lab', _LAB_OF)}"
    )
    for row in await _said(condition, [kind, year]):
        said[row["event"], row["lab"]].append(row)
    found: dict[UUID, tuple[Results, list[Results]]] = defaultdict(lambda: (Results(Scores()), []))
    for row in sorted(rows, key=lambda row: str(row["event"])):
        scores, lab = _scores(row), UUID(str(row["of_lab"]))
        heard = said[row["event"], None if row["event"] else lab] if scores.is_shown else []
        results = Results(scores, texts_of(heard), quotes_of(heard))
        whole, sessions = found[lab]
        found[lab] = (whole, [*sessions, results]) if row["event"] else (results, sessions)
    return found


_LAB_OF = "(SELECT x.lab FROM lab_session x WHERE x.event = f.event)"
