"""All that is held about one person."""

import base64
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import sql
from eventhub.directory.rules import email_key
from eventhub.errors import NotFound
from eventhub.words import Sentence

#: Identifiers in one statement.
AT_ONCE = 200


async def records_of(address: str) -> list[UUID]:
    """
    The record with an address, and those that were merged with it; the one that stands first.

    Raises:
        NotFound: nobody has this address.

    """
    key = email_key(address.replace("\x00", ""))[:254]
    rows = await sql("SELECT COALESCE(merged_into, id) AS id FROM person WHERE email_key = {}", key)
    if not rows:
        raise NotFound(Sentence("Nobody with the address “%(address)s” is known here.", address=address[:254]))
    found = [UUID(str(rows[0]["id"]))]
    for person_id in found:  # grows while it is read: a record may have been merged into one that was merged later
        merged = await sql("SELECT id FROM person WHERE merged_into = {} ORDER BY id", person_id)
        found += [UUID(str(row["id"])) for row in merged if UUID(str(row["id"])) not in found]
    return found


async def everything_about(address: str) -> dict[str, Any]:
    """
    What is held about the person of an address, as JSON values; files are in Base64.

    Raises:
        NotFound: nobody has this address.

    """
    ids = await records_of(address)
    people = await _rows("SELECT * FROM person WHERE id IN ({ids})", ids)
    addresses = sorted({row["email_key"] for row in people if row["email_key"]})
    registrations = await _rows(
        "SELECT r.*, e.slug AS event_slug, e.title AS event_title, m.name AS member_name FROM registration r "
        "JOIN event e ON e.id = r.event LEFT JOIN member m ON m.id = r.member WHERE r.person IN ({ids})",
        ids,
    )
    mine = [UUID(row["id"]) for row in registrations]
    for row in registrations:
        row["answers"] = _json(row["answers"])
    applications = await _rows("SELECT * FROM application WHERE contact IN ({ids})", ids)
    slots = await _rows(
        "SELECT s.*, i.title AS item_title, e.slug AS event_slug FROM speaker_slot s JOIN programme_item i "
        "ON i.id = s.programme_item JOIN event e ON e.id = i.event WHERE s.person IN ({ids})",
        ids,
    )
    subjects = [*ids, *mine, *(UUID(row["id"]) for row in (*applications, *slots))]
    return {
        "person": people,
        "gender_statement": await _rows("SELECT * FROM gender_statement WHERE person IN ({ids})", ids),
        "speaker_profile": await _rows("SELECT * FROM speaker_profile WHERE person IN ({ids})", ids),
        "registrations": registrations,
        "answer_files": await _rows("SELECT * FROM answer_file WHERE registration IN ({ids})", mine),
        "attendance": await _rows("SELECT * FROM attendance WHERE registration IN ({ids})", mine),
        "item_sign_ups": await _rows("SELECT * FROM item_sign_up WHERE registration IN ({ids})", mine),
        "join_clicks": await _rows("SELECT * FROM join_click WHERE registration IN ({ids})", mine),
        "invitations": await _rows("SELECT * FROM registration_invitation WHERE email_key IN ({ids})", addresses),
        "delegations": await _rows("SELECT * FROM delegation WHERE LOWER(contact_email) IN ({ids})", addresses),
        "proposed_events": await _rows(
            "SELECT * FROM campaign_submission WHERE LOWER(contact_email) IN ({ids})", addresses
        ),
        "speaker_slots": slots,
        "lab_participations": await _rows(
            "SELECT p.*, l.slug AS lab_slug FROM lab_participant p JOIN lab l ON l.id = p.lab WHERE p.person IN ({ids})",
            ids,
        ),
        "lab_applications": applications,
        "letters": await _rows(
            "SELECT id, kind, event, recipient_name, recipient_address, language, status, created_at, attempts, "
            "last_answer FROM letter WHERE person IN ({ids})",
            ids,
        ),
        "audit_entries": await _rows(
            "SELECT at, action, object_kind, object_id FROM audit_entry WHERE object_id IN ({ids})",
            [str(one) for one in subjects],
        ),
    }


async def _rows(statement: str, values: list[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for start in range(0, len(values), AT_ONCE):
        part = values[start : start + AT_ONCE]
        marks = ", ".join("{}" for _ in part)
        found += await sql(statement.replace("{ids}", marks), *part)
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
