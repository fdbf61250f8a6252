"""Reads of questions and of what was answered."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.questions.rules import Condition, Option, Question, Texts, in_words
from eventhub.words import Sentence

_COLUMNS = (
    "q.id AS id, q.position AS position, q.kind AS kind, q.texts AS texts, q.options AS options, "
    "q.shown_if AS shown_if, q.is_required AS is_required, q.retired_at AS retired_at FROM question q"
)


def question_of_row(row: Row) -> Question:
    """A question as rules know it."""
    options = msgspec.json.decode(row["options"])
    condition = msgspec.json.decode(row["shown_if"])
    bounds = options if isinstance(options, dict) else {}
    return Question(
        id=str(row["id"]),
        position=row["position"],
        kind=row["kind"],
        texts={code: Texts(**texts) for code, texts in msgspec.json.decode(row["texts"]).items()},
        options=() if isinstance(options, dict) else tuple(Option(one["code"], one["labels"]) for one in options),
        shown_if=Condition(condition["field"], condition["is"]) if condition else None,
        is_required=bool(row["is_required"]),
        least=bounds.get("least"),
        most=bounds.get("most"),
        is_retired=row["retired_at"] is not None,
    )


async def questions_of(event_id: UUID, with_retired: bool = False) -> list[Question]:
    """The questions of an event in the order in which they are asked; retired ones behind, in their own order."""
    rows = await sql(
        f"SELECT {_COLUMNS} WHERE q.event = {{}} {'' if with_retired else 'AND q.retired_at IS NULL '}"
        "ORDER BY q.position, q.created_at, q.id",
        event_id,
    )
    return sorted(map(question_of_row, rows), key=lambda question: question.is_retired)


async def answer_counts(event_id: UUID) -> dict[str, int]:
    """How many registrations hold an answer, by the id of the question; one query."""
    counts: dict[str, int] = {}
    rows = await sql("SELECT answers FROM registration WHERE event = {} AND answers <> {}", event_id, "{}")
    for row in rows:
        for key in decoded(row["answers"]):
            counts[key] = counts.get(key, 0) + 1
    return counts


def decoded(answers: str) -> dict[str, Any]:
    """Answers as they are kept; nothing when they cannot be read."""
    try:
        found = msgspec.json.decode(answers or "{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


async def has_answers(question_id: str) -> bool:
    """Whether any registration of the event answers a question."""
    rows = await sql(
        "SELECT 1 AS one FROM registration r WHERE r.event = (SELECT event FROM question WHERE id = {}) "
        "AND r.answers LIKE {} LIMIT 1",
        UUID(question_id),
        f'%"{question_id}"%',
    )
    return bool(rows)


class FileRow(msgspec.Struct, frozen=True):
    """A file that answers a question, without its content."""

    question: UUID
    name: str
    content_type: str
    size: int
    uploaded_at: datetime


class AnswersRow(msgspec.Struct, frozen=True):
    """What one registration says besides who it is of."""

    registration: UUID
    event: UUID
    name: str
    email: str
    status: str
    attends: str
    member: str
    answers: dict[str, Any]
    access_needs: str
    files: tuple[FileRow, ...]

    @property
    def standard(self) -> dict[str, str]:
        """The fields that conditions of questions may name."""
        return {"attends": self.attends, "member": self.member}

    @property
    def on_file(self) -> dict[str, str]:
        """Names of the files, by question."""
        return {str(file.question): file.name for file in self.files}


async def answers_of(registration_id: UUID) -> AnswersRow:
    """
    The answers of one registration, with the files that belong to it; two queries.

    Raises:
        NotFound: there is no such registration.

    """
    rows = await sql(
        "SELECT r.id AS registration, r.event AS event, r.name AS name, COALESCE(p.email, '') AS email, "
        "r.status AS status, r.attends AS attends, COALESCE(m.key, '') AS member, r.answers AS answers, "
        "r.access_needs AS access_needs FROM registration r JOIN person p ON p.id = r.person "
        "LEFT JOIN member m ON m.id = r.member WHERE r.id = {}",
        registration_id,
    )
    if not rows:
        raise NotFound(Sentence("There is no such registration."))
    files = await sql(
        "SELECT question, name, content_type, LENGTH(content) AS size, uploaded_at FROM answer_file "
        "WHERE registration = {} ORDER BY uploaded_at, question",
        registration_id,
    )
    return AnswersRow(
        **{**rows[0], "answers": decoded(rows[0]["answers"])}, files=tuple(FileRow(**file) for file in files)
    )


async def answer_file(event_id: UUID, registration_id: UUID, question_id: UUID) -> Row:
    """
    A file with its name, type and content.

    Raises:
        NotFound: there is none, or it belongs to another event.

    """
    rows = await sql(
        "SELECT f.name AS name, f.content_type AS content_type, f.content AS content FROM answer_file f "
        "JOIN registration r ON r.id = f.registration WHERE r.event = {} AND r.id = {} AND f.question = {}",
        event_id,
        registration_id,
        question_id,
    )
    if not rows:
        raise NotFound(Sentence("There is no such file."))
    return rows[0]


def answers_in_words(
    questions: Sequence[Question], answers: Mapping[str, Any], language: str, fallback: str = "en"
) -> list[tuple[str, str]]:
    """
    What was answered, as pairs of question and answer in words, in the order of the questions.

    Args:
        questions: With the retired ones, so that old answers are shown as well.
        fallback: The language of the event, for what nobody has translated.

    """
    return [
        (question.in_words(language, fallback)[0].label, in_words(question, answers[question.id], language, fallback))
        for question in questions
        if question.id in answers
    ]


async def askable_events(event_id: UUID) -> list[tuple[str, str]]:
    """Slug and title of other events that ask something, the latest first; questions can be copied from them."""
    rows = await sql(
        "SELECT e.slug AS slug, e.title AS title FROM event e WHERE e.id <> {} AND EXISTS "
        "(SELECT 1 FROM question q WHERE q.event = e.id AND q.retired_at IS NULL) "
        "ORDER BY e.starts_on DESC, e.slug LIMIT 200",
        event_id,
    )
    return [(row["slug"], row["title"]) for row in rows]


def columns_for(questions: Iterable[Question], taken: Iterable[str], language: str) -> dict[str, str]:
    """Names of columns for questions in a table, each name once, by the id of the question."""
    used = set(taken)
    columns = {}
    for question in questions:
        label = question.in_words(language, language)[0].label
        name, number = label, 2
        while name in used:
            name, number = f"{label} ({number})", number + 1
        used.add(name)
        columns[question.id] = name
    return columns
