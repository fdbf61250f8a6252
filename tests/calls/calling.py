"""What tests of calls need made."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from eventhub.calls.commands import load_lab_templates
from eventhub.calls.opening import NewCall, open_call
from eventhub.database import sql
from eventhub.labs.commands import LabFacts, create_lab
from tests.make import NOW, a_member, a_person, some_account, themes_loaded

OPENS = datetime(2026, 1, 1, 9, tzinfo=UTC)
CLOSES = datetime(2098, 12, 31, 17, tzinfo=UTC)


def a_new_call(**changes: Any) -> NewCall:
    return NewCall(**({"opens_at": OPENS, "closes_at": CLOSES, "time_zone": "Europe/Madrid", "text": "Come.",
                       "criteria": "Be a member."} | changes))  # fmt: skip


async def a_templated_lab(template: str = "solutions-lab", name: str = "Shade", year: int = 2027) -> Any:
    """A lab made from a template that ships, without a call."""
    await themes_loaded()
    await load_lab_templates(NOW)
    facts = LabFacts(name=name, year=year, themes=("ecosystems",), template=template)
    return await create_lab(facts, now=NOW, account_id=await some_account())


async def a_called_lab(template: str = "solutions-lab", **changes: Any) -> Any:
    """A lab made from a template, with an open call that asks what the template proposes."""
    lab = await a_templated_lab(template)
    return await open_call(lab.slug, a_new_call(**changes), now=NOW, account_id=await some_account())


async def an_application_of(
    lab: Any, member: str, *, status: str = "draft", begun_at: datetime = NOW, email: str = ""
) -> UUID:
    """An application that a member has begun, or sent."""
    key = await sql("SELECT id FROM member WHERE key = {}", member)
    member_id = key[0]["id"] if key else await a_member(member.title())
    contact = await a_person("Alex Example", email or f"{member}@example.org")
    new = uuid4()
    await sql(
        "INSERT INTO application (id, lab, member, contact, contact_name, motivation, offers, needs, status, reason, "
        "language, link_version, version, submitted_at, status_at, begun_at) "
        "VALUES ({}, {}, {}, {}, 'Alex Example', '', '', '', {}, '', 'es', 1, 1, {}, {}, {})",
        new, lab.id, member_id, contact, status, begun_at, begun_at, begun_at,
    )  # fmt: skip
    return new


async def letters_of(kind: str) -> list[Any]:
    """Letters of a kind in the outbox, by address."""
    return await sql(
        "SELECT recipient_address AS to_address, language, facts FROM letter WHERE kind = {} "
        "ORDER BY recipient_address",
        kind,
    )
