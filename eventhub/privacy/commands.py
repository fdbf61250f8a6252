"""
Forgetting a person: identity goes, counts stay.

Registrations, presences, parts in programmes and the way a person wanted to be
counted stay as rows of nobody, so that figures which were published do not
change. What says who it was is overwritten or deleted.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.events.queries import event_by_id
from eventhub.privacy.queries import AT_ONCE, records_of
from eventhub.privacy.rules import ERASED_KEY, name_of_erased, telling, without
from eventhub.registrations.commands import NotStanding, cancel_registration

#: Free texts in which a name or an address of somebody may stand, with the column that names the row.
_TEXTS = (
    ("letter", "facts", "id"),
    ("letter", "last_answer", "id"),
    ("application", "motivation", "id"),
    ("application", "offers", "id"),
    ("application", "needs", "id"),
    ("application", "reason", "id"),
    ("application_review", "comment", "id"),
    ("registration", "decision_reason", "id"),
    ("registration", "answers", "id"),
    ("programme_version", "items", "id"),
    ("programme_version", "changes", "id"),
    ("participant_report", "unmatched", "id"),
    ("parity_exception", "findings", "id"),
    ("parity_exception", "reason", "id"),
    ("idempotent_answer", "body", "key_hash"),
    ("person_merge", "detail", "id"),
    ("campaign_submission", "description", "id"),
    ("campaign_submission", "reason", "id"),
    ("delegation", "contact_name", "id"),
)


@dataclass(frozen=True)
class Erasure:
    """What was forgotten, in numbers."""

    person: UUID
    registrations: int
    cancelled: int
    letters: int
    files: int
    coming_parts: int
    has_account: bool


async def erase_person(address: str, *, now: datetime, account_id: UUID | None = None) -> Erasure:
    """
    Forget the person of an address; seats at coming events go to those who wait.

    Raises:
        NotFound: nobody has this address.

    """
    ids = await records_of(address)
    cancelled = await _give_seats_back(ids, now)
    async with transaction():
        people = await _of(f"SELECT id, name, email, email_key FROM person WHERE id IN ({{ids}}){lock_clause()}", ids)
        registrations = await _of("SELECT id, name FROM registration WHERE person IN ({ids})", ids)
        mine = [UUID(str(row["id"])) for row in registrations]
        addresses = [row["email_key"] for row in people if row["email_key"]]
        names = [row["name"] for row in (*people, *registrations)]
        invited = await _of("SELECT name FROM registration_invitation WHERE email_key IN ({ids})", addresses)
        texts = telling(
            {*names, *(row["name"] for row in invited), *addresses, *(row["email"] or "" for row in people)}
        )

        letters = await _of("DELETE FROM letter WHERE person IN ({ids}) RETURNING id", ids)
        letters += await _of("DELETE FROM letter WHERE LOWER(recipient_address) IN ({ids}) RETURNING id", addresses)
        files = await _of("DELETE FROM answer_file WHERE registration IN ({ids}) RETURNING id", mine)
        await _of("DELETE FROM speaker_profile WHERE person IN ({ids})", ids)
        await _of("DELETE FROM join_click WHERE registration IN ({ids})", mine)
        for person_id in ids:
            await _empty_records(person_id)
        await _empty_contacts(addresses)
        for table, column, key in _TEXTS:
            await _take_out(table, column, key, texts)
        coming = await _coming_parts(ids, now)
        accounts = await _of("SELECT id FROM account WHERE email_key IN ({ids})", addresses)
        await record("erase_person", "person", ids[0], account_id=account_id, now=now, detail=f"{len(ids)} records")
    return Erasure(ids[0], len(mine), cancelled, len(letters), len(files), coming, bool(accounts))


async def _give_seats_back(ids: list[UUID], now: datetime) -> int:
    """Cancel what stands at events that are not over, each in a transaction of its own, as every cancellation."""
    rows = await _of(
        "SELECT id, event FROM registration WHERE person IN ({ids}) "
        "AND status IN ('pending', 'confirmed', 'offered', 'waitlisted')",
        ids,
    )
    cancelled = 0
    for row in rows:
        if (await event_by_id(row["event"])).is_past(now):
            continue
        try:
            await cancel_registration(row["id"], now=now)
            cancelled += 1
        except NotStanding:  # the person was there: that stays, as a row of nobody
            continue
    return cancelled


async def _empty_records(person_id: UUID) -> None:
    nobody = name_of_erased(person_id)
    await sql(
        "UPDATE person SET name = {}, email = NULL, email_key = NULL, organisation = '', outside_key = {} WHERE id = {}",
        nobody, f"{ERASED_KEY}{person_id}", person_id,
    )  # fmt: skip
    # Raising the version makes personal links, tickets and invitations stop working.
    await sql(
        "UPDATE registration SET name = {}, organisation = '', city = '', time_zone = '', answers = {}, "
        "access_needs = '', decision_reason = '', submission_key = NULL, link_version = link_version + 1 "
        "WHERE person = {}",
        nobody, "{}", person_id,
    )  # fmt: skip
    await sql("UPDATE speaker_slot SET link_version = link_version + 1 WHERE person = {}", person_id)
    await sql(
        "UPDATE application SET contact_name = {}, link_version = link_version + 1 WHERE contact = {}",
        nobody,
        person_id,
    )


async def _empty_contacts(addresses: list[str]) -> None:
    """What bears the address without belonging to the record; an invitation keeps a key of its own, as each must."""
    for address in addresses:
        await sql(
            "UPDATE registration_invitation SET email = '', email_key = {} || CAST(id AS VARCHAR(36)), name = '', "
            "link_version = link_version + 1 WHERE email_key = {}",
            ERASED_KEY,
            address,
        )
        await sql(
            "UPDATE delegation SET contact_name = '', contact_email = '', link_version = link_version + 1 "
            "WHERE LOWER(contact_email) = {}",
            address,
        )
        await sql(
            "UPDATE campaign_submission SET contact_name = '', contact_email = '' WHERE LOWER(contact_email) = {}",
            address,
        )


async def _take_out(table: str, column: str, key: str, texts: list[str]) -> None:
    """Take names and addresses out of a column."""
    for text in texts:
        forms = _forms_of(text)
        condition = " OR ".join(f"LOWER({column}) LIKE {{}} OR {column} LIKE {{}}" for _ in forms)
        values = [f"%{form}%" for one in forms for form in (one.lower(), one)]
        rows = await sql(f"SELECT {key} AS key, {column} AS said FROM {table} WHERE {condition}", *values)
        for row in rows:
            await sql(
                f"UPDATE {table} SET {column} = {{}} WHERE {key} = {{}}", _cleared(row["said"], texts), row["key"]
            )


def _forms_of(text: str) -> list[str]:
    """
    A text as it is written, in capitals, and as JSON writes it.

    SQLite lowers only ASCII letters. The wildcards of LIKE in a text match more rows, never fewer.
    """
    plain = [text, text.upper()]
    in_json = [msgspec.json.encode(form).decode()[1:-1] for form in plain]
    return sorted({form.replace("\\", "_") for form in (*plain, *in_json)})


def _cleared(said: str, texts: list[str]) -> str:
    try:
        value: Any = msgspec.json.decode(said)
    except msgspec.DecodeError:
        return str(without(said, texts))
    if not isinstance(value, dict | list):
        return str(without(said, texts))
    return msgspec.json.encode(without(value, texts)).decode()


async def _coming_parts(ids: list[UUID], now: datetime) -> int:
    rows = await _of(
        "SELECT s.id AS id, i.ends_at AS ends_at FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item "
        "WHERE s.person IN ({ids}) AND s.status <> 'declined'",
        ids,
    )
    return sum(row["ends_at"] > now for row in rows)


async def _of(statement: str, values: list[Any]) -> list[Row]:
    found: list[Row] = []
    for start in range(0, len(values), AT_ONCE):
        part = values[start : start + AT_ONCE]
        found += await sql(statement.replace("{ids}", ", ".join("{}" for _ in part)), *part) or []
    return found
