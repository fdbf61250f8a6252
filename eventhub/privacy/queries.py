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

#: Tables in which an address stands without a record of the person, with the column.
ADDRESSES = {
    "letter": "recipient_address",
    "registration_invitation": "email",
    "delegation": "contact_email",
    "campaign_submission": "contact_email",
    "application_editor": "email",
    "proposed_person": "email",
    "inbound_message": "sender",
}


#: Columns that point at a person and say more than that a letter was written; where one does, the person is kept.
TIES = (
    ("gender_statement", "person"),
    ("speaker_slot", "person"),
    ("registration", "person"),
    ("application", "contact"),
    ("lab_participant", "person"),
    ("speaker_profile", "person"),
    ("person", "merged_into"),
    ("person_merge", "kept"),
    ("person_merge", "merged"),
    ("calendar_answer", "person"),
    ("inbound_message", "person"),
    ("time_proposal", "person"),
    ("opt_out", "person"),
    ("feed_link", "person"),
    ("proposed_person", "person"),
    ("feedback", "person"),
    ("outcome", "contact"),
)

#: Letters that tell of an application and of nothing else; they go with it.
ABOUT_APPLICATIONS = ("application_begun", "application_reminder", "call_extended", "eligibility_decided")


async def is_tied(person_id: UUID, address: str | None) -> bool:
    """Whether anything but letters about an application needs the record of a person, or bears its address."""
    ties = " UNION ALL ".join(f"SELECT 1 AS one FROM {table} WHERE {column} = {{}}" for table, column in TIES)
    if await sql(ties, *(person_id for _ in TIES)):
        return True
    kinds = ", ".join("{}" for _ in ABOUT_APPLICATIONS)
    if await sql(
        f"SELECT 1 AS one FROM letter WHERE person = {{}} AND kind NOT IN ({kinds}) LIMIT 1",
        person_id, *ABOUT_APPLICATIONS,
    ):  # fmt: skip
        return True
    if not address:
        return True
    if await sql("SELECT 1 AS one FROM account WHERE email_key = {}", address):
        return True
    return any([await bearing(table, address) for table in ADDRESSES if table != "letter"])


async def records_of(address: str) -> list[UUID]:
    """
    The record with an address, and those that were merged with it; the one that stands first.

    None for somebody who only proposed an event, was invited, is the contact of a delegation, or is named in an
    application to a lab.

    Raises:
        NotFound: nobody has this address.

    """
    key = key_of(address)
    rows = await sql("SELECT COALESCE(merged_into, id) AS id FROM person WHERE email_key = {}", key)
    if not rows:
        if not [one for table in ADDRESSES for one in await bearing(table, key)]:
            raise NotFound(Sentence("Nobody with the address “%(address)s” is known here.", address=address[:254]))
        return []
    found = [UUID(str(rows[0]["id"]))]
    for person_id in found:  # grows while it is read: a record may have been merged into one that was merged later
        merged = await sql("SELECT id FROM person WHERE merged_into = {} ORDER BY id", person_id)
        found += [UUID(str(row["id"])) for row in merged if UUID(str(row["id"])) not in found]
    return found


def key_of(address: str) -> str:
    """An address as it is compared."""
    return email_key(address.replace("\x00", ""))[:254]


async def bearing(table: str, key: str) -> list[UUID]:
    """Rows of a table of `ADDRESSES` that bear an address, in whatever case, also as “Name <address>”."""
    column, (local, at, _) = ADDRESSES[table], key.rpartition("@")
    if not at:
        return []
    # SQLite lowers only ASCII letters, and the wildcards of LIKE match more rows, never fewer.
    rows = await sql(
        f"SELECT id, {column} AS address FROM {table} WHERE LOWER({column}) LIKE {{}}",
        "%" + local.replace("\\", "_") + "@%",
    )
    said = {UUID(str(row["id"])): email_key(row["address"]) for row in rows}
    return [one for one, address in said.items() if address == key or address.endswith(f"<{key}>")]


async def everything_about(address: str) -> dict[str, Any]:
    """
    What is held about the person of an address, as JSON values; files are in Base64.

    Raises:
        NotFound: nobody has this address.

    """
    ids = await records_of(address)
    people = await _rows("SELECT * FROM person WHERE id IN ({ids})", ids)
    addresses = sorted({key_of(address), *(row["email_key"] for row in people if row["email_key"])})
    by_address = {table: [one for key in addresses for one in await bearing(table, key)] for table in ADDRESSES}
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
        "invitations": await _rows(
            "SELECT * FROM registration_invitation WHERE id IN ({ids})", by_address["registration_invitation"]
        ),
        "delegations": await _rows("SELECT * FROM delegation WHERE id IN ({ids})", by_address["delegation"]),
        "proposed_events": await _rows(
            "SELECT * FROM campaign_submission WHERE id IN ({ids})", by_address["campaign_submission"]
        ),
        "calendar_answers": await _rows("SELECT * FROM calendar_answer WHERE person IN ({ids})", ids),
        "time_proposals": await _rows("SELECT * FROM time_proposal WHERE person IN ({ids})", ids),
        "opt_outs": await _rows("SELECT * FROM opt_out WHERE person IN ({ids})", ids),
        "feed_links": await _rows(
            "SELECT id, kind, language, created_at, fetched_at, revoked_at FROM feed_link WHERE person IN ({ids})", ids
        ),
        "messages_received": await _each_once(
            "SELECT id, source, received_at, sender, subject, kind, status, verdict, reason, octets FROM inbound_message",
            {"person": ids, "id": by_address["inbound_message"]},
        ),
        "speaker_slots": slots,
        "lab_participations": await _rows(
            "SELECT p.*, l.slug AS lab_slug FROM lab_participant p JOIN lab l ON l.id = p.lab WHERE p.person IN ({ids})",
            ids,
        ),
        "cohort_messages": await _each_once(
            "SELECT c.* FROM cohort_message c JOIN lab_participant f ON f.id = c.sender "
            "JOIN lab_participant t ON t.id = c.recipient",
            {"f.person": ids, "t.person": ids},
        ),
        "lab_applications": applications,
        "application_versions": await _rows(
            "SELECT * FROM application_version WHERE application IN ({ids})", [UUID(row["id"]) for row in applications]
        ),
        "application_editors": await _rows(
            "SELECT * FROM application_editor WHERE id IN ({ids})", by_address["application_editor"]
        ),
        "proposed_people": await _rows(
            "SELECT p.*, g.gender AS gender, g.purpose AS purpose, g.stated_at AS stated_at FROM proposed_person p "
            "LEFT JOIN proposed_gender g ON g.proposed_person = p.id WHERE p.id IN ({ids})",
            by_address["proposed_person"],
        ),
        "feedback": await _rows("SELECT * FROM feedback WHERE person IN ({ids})", ids),
        "outcomes": await _rows("SELECT * FROM outcome WHERE contact IN ({ids})", ids),
        "follow_ups": await _rows(
            "SELECT f.* FROM follow_up f JOIN outcome o ON o.id = f.outcome WHERE o.contact IN ({ids})", ids
        ),
        "letters": await _each_once(
            "SELECT id, kind, event, recipient_name, recipient_address, language, status, created_at, attempts, "
            "last_answer, bounced_at, bounce FROM letter",
            {"person": ids, "id": by_address["letter"]},
        ),
        "audit_entries": await _rows(
            "SELECT at, action, object_kind, object_id FROM audit_entry WHERE object_id IN ({ids})",
            [str(one) for one in subjects],
        ),
    }


async def _each_once(statement: str, columns: dict[str, list[UUID]]) -> list[dict[str, Any]]:
    """Rows that one of several columns points at, each once."""
    found = [row for name, ids in columns.items() for row in await _rows(f"{statement} WHERE {name} IN ({{ids}})", ids)]
    return list({row["id"]: row for row in found}.values())


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
