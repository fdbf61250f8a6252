"""Calls that ask something, and drafts that people have begun."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from eventhub.applying.commands import NewDraft, begin_application, invite_editor, save_application
from eventhub.applying.queries import Draft, EditorRow, draft_of, editors_of
from eventhub.applying.rules import digest, person_field
from eventhub.calls.content import as_json
from eventhub.calls.rules import CallContent, CallQuestion, OptionContent, QuestionText
from eventhub.database import sql
from tests.make import NOW, a_lab_with_call

PDF = b"%PDF-1.7 one"
EARLY = datetime(2026, 11, 24, 9, 0, tzinfo=NOW.tzinfo)


def question(question_id: str, label: str, kind: str = "text", **changes: Any) -> CallQuestion:
    """A question of a call in English."""
    options = tuple(OptionContent(code, {"en": words}) for code, words in changes.pop("options", ()))
    facts = {
        "id": question_id,
        "kind": kind,
        "texts": {"en": QuestionText(label, "", "To choose.")},
        "options": options,
    }
    return CallQuestion(**facts | changes)


async def a_call(
    *questions: CallQuestion, name: str = "Water Stress", closes_at: datetime | None = None, **changes: Any
) -> Any:
    """A lab whose open call asks these questions; members propose nobody unless told otherwise."""
    from eventhub.labs.queries import lab_by_id

    lab = await a_lab_with_call(name, **({"closes_at": closes_at} if closes_at else {}))
    content = CallContent(questions=questions, **{"people_min": 0, "people_max": 3} | changes)
    await sql("UPDATE lab_call SET content = {} WHERE lab = {}", as_json(content), lab.id)
    return await lab_by_id(lab.id)


async def begun(
    lab: Any, member: str = "barcelona", email: str = "first@example.org", now: datetime = NOW
) -> EditorRow:
    """Somebody begins an application; their own link."""
    name = email.partition("@")[0].title()
    await begin_application(lab.slug, NewDraft(contact_name=name, email=email, member=member), now=now)
    rows = await sql(
        "SELECT e.application AS application FROM application_editor e JOIN application a ON a.id = e.application "
        "WHERE e.email = {} AND a.lab = {} AND a.status <> 'withdrawn' ORDER BY a.begun_at DESC",
        email,
        lab.id,
    )
    return (await editors_of(UUID(str(rows[0]["application"]))))[0]


async def with_colleague(lab: Any) -> tuple[str, str, Draft]:
    """The tokens of two who work on one draft."""
    first = await begun(lab)
    second = await invite_editor(token(first), name="Second", email="second@example.org", now=NOW)
    return token(first), token(second), await draft_of(first.application)


def token(one: Any) -> str:
    """The secret part of a personal link."""
    return str(one.manage_path.removeprefix("/applications/"))


def was(values: dict[str, Any]) -> dict[str, str]:
    """What a form remembers that has shown these values."""
    return {name: digest(value) for name, value in values.items()}


async def saved(link: str, now: datetime = NOW, **typed: Any) -> Any:
    """Fields typed into a form that showed them empty, but for those that a new draft has."""
    shown = {"contact_name": "First", "language": "en"}
    return await save_application(link, typed, was({name: shown.get(name, "") for name in typed}), now=now)


def a_person_typed(key: UUID, **changes: str) -> dict[str, str]:
    """The fields of a proposed person."""
    facts = {"name": "Ada", "email": "ada@example.org", "role": "Engineer", "level": "technical"} | changes
    return {person_field(key.hex, part): value for part, value in facts.items()}


async def letters(kind: str) -> list[dict[str, Any]]:
    """Letters of a kind in the order in which they were written, with their facts."""
    rows = await sql(
        "SELECT recipient_address, recipient_name, language, facts FROM letter WHERE kind = {} ORDER BY created_at, id",
        kind,
    )
    return [{**row, "facts": json.loads(row["facts"])} for row in rows]
