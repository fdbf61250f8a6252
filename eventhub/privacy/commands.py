"""
Forgetting a person: identity goes, counts stay.

Registrations, presences, parts in programmes and the way a person wanted to be
counted stay as rows of nobody, so that figures which were published do not
change. What says who it was is overwritten or deleted.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.events.queries import event_by_id
from eventhub.privacy.queries import ADDRESSES, AT_ONCE, bearing, is_tied, key_of, records_of
from eventhub.privacy.rules import ERASED_KEY, name_of_erased, telling, without
from eventhub.registrations.commands import NotStanding, cancel_registration

#: Free texts in which a name or an address of somebody may stand, with the column that names the row.
_TEXTS = (
    ("letter", "facts", "id"),
    ("letter", "last_answer", "id"),
    ("letter", "bounce", "id"),
    ("delivery_attempt", "answer", "id"),
    ("bounce", "said", "id"),
    ("suppression", "said", "id"),
    ("suppression", "lift_reason", "id"),
    ("inbound_message", "subject", "id"),
    ("inbound_message", "reason", "id"),
    ("calendar_answer", "comment", "id"),
    ("time_proposal", "comment", "id"),
    ("application", "motivation", "id"),
    ("application", "offers", "id"),
    ("application", "needs", "id"),
    ("application", "reason", "id"),
    ("application", "answers", "id"),
    ("application", "organisation", "id"),
    ("application", "city", "id"),
    ("application", "saved_by", "id"),
    ("application", "eligibility_reason", "id"),
    ("application_version", "content", "id"),
    ("application_version", "sent_by", "id"),
    ("application_file", "name", "id"),
    ("application_editor", "name", "id"),
    ("proposed_person", "name", "id"),
    ("proposed_person", "role", "id"),
    ("application_review", "comment", "id"),
    ("application_review", "scores", "id"),
    ("conflict_of_interest", "reason", "id"),
    ("cohort_deviation", "reason", "id"),
    ("feedback", "comment", "id"),
    ("lab_participant", "introduction", "id"),
    ("cohort_message", "subject", "id"),
    ("cohort_message", "body", "id"),
    ("outcome", "title", "id"),
    ("outcome", "description", "id"),
    ("follow_up", "note", "id"),
    ("registration", "decision_reason", "id"),
    ("registration", "answers", "id"),
    ("programme_version", "items", "id"),
    ("programme_version", "changes", "id"),
    ("participant_report", "file_name", "id"),
    ("participant_report", "unmatched", "id"),
    ("head_count", "source", "event"),
    ("parity_exception", "findings", "id"),
    ("parity_exception", "reason", "id"),
    ("idempotent_answer", "body", "key_hash"),
    ("person_merge", "detail", "id"),
    ("event", "organiser_name", "id"),
    ("campaign_submission", "organiser_name", "id"),
    ("campaign_submission", "title", "id"),
    ("campaign_submission", "place", "id"),
    ("campaign_submission", "description", "id"),
    ("campaign_submission", "reason", "id"),
    ("delegation", "contact_name", "id"),
    ("audit_entry", "detail", "id"),
)


#: Names that stand beside an address of `ADDRESSES`.
_NAMES = {
    "letter": "recipient_name",
    "registration_invitation": "name",
    "delegation": "contact_name",
    "campaign_submission": "contact_name",
    "application_editor": "name",
    "proposed_person": "name",
}


@dataclass(frozen=True)
class Erasure:
    """What was forgotten, in numbers."""

    person: UUID | None
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
        addresses = sorted({key_of(address), *(row["email_key"] for row in people if row["email_key"])})
        by_address = {table: [one for key in addresses for one in await bearing(table, key)] for table in ADDRESSES}
        names = [row["name"] for row in (*people, *registrations)]
        for table, column in _NAMES.items():
            found = await _of(f"SELECT {column} AS name FROM {table} WHERE id IN ({{ids}})", by_address[table])
            names += [row["name"] for row in found]
        texts = telling({*names, *addresses, *(row["email"] or "" for row in people)})

        await _empty_what_was_sent(ids, mine, by_address["inbound_message"])
        letters = await _of("DELETE FROM letter WHERE person IN ({ids}) RETURNING id", ids)
        letters += await _of("DELETE FROM letter WHERE id IN ({ids}) RETURNING id", by_address["letter"])
        files = await _of("DELETE FROM answer_file WHERE registration IN ({ids}) RETURNING id", mine)
        await _of("DELETE FROM speaker_profile WHERE person IN ({ids})", ids)
        await _of("DELETE FROM join_click WHERE registration IN ({ids})", mine)
        for person_id in ids:
            await _empty_records(person_id)
        await _empty_contacts(by_address)
        for table, column, key in _TEXTS:
            await _take_out(table, column, key, texts)
        coming = await _coming_parts(ids, now)
        accounts = await _of("SELECT id FROM account WHERE email_key IN ({ids})", addresses)
        first = ids[0] if ids else None
        await record(
            "erase_person", "person", first or "", account_id=account_id, now=now, detail=f"{len(ids)} records"
        )
    return Erasure(first, len(mine), cancelled, len(letters), len(files), coming, bool(accounts))


async def forget_untied(person_id: UUID, made_at: Collection[datetime]) -> bool:
    """
    Delete a person who was made at one of these instants and is tied to nothing any more, in the caller's transaction.

    Letters about applications go as well. Who was known before, or is known for anything else, stays.
    """
    rows = await sql(
        f"SELECT id, email_key, outside_key, created_at FROM person WHERE id = {{}}{lock_clause()}", person_id
    )
    if not rows or rows[0]["outside_key"] or rows[0]["created_at"] not in made_at:
        return False
    if await is_tied(person_id, rows[0]["email_key"]):
        return False
    await sql("DELETE FROM letter WHERE person = {}", person_id)
    await sql("DELETE FROM person WHERE id = {}", person_id)
    return True


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
    # The trail says with what reason staff decided; that they did stays.
    await sql(
        "UPDATE audit_entry SET detail = '' WHERE object_kind = 'registration' "
        "AND object_id IN (SELECT CAST(id AS VARCHAR(36)) FROM registration WHERE person = {})",
        person_id,
    )
    await sql("UPDATE speaker_slot SET link_version = link_version + 1 WHERE person = {}", person_id)
    await _leave_cohorts(person_id)
    await _cut_off_feedback(person_id)
    await sql(
        "UPDATE application SET contact_name = {}, link_version = link_version + 1 WHERE contact = {}",
        nobody,
        person_id,
    )


async def _leave_cohorts(person_id: UUID) -> None:
    """Nobody sees the person in a lab any more, or reads what was written from or to them; that somebody took part stays."""
    mine = "(SELECT id FROM lab_participant WHERE person = {})"
    await sql(f"DELETE FROM cohort_message WHERE sender IN {mine} OR recipient IN {mine}", person_id, person_id)
    await sql(
        "UPDATE lab_participant SET introduction = '', is_shown = {}, link_version = link_version + 1 WHERE person = {}",
        False,
        person_id,
    )


async def _cut_off_feedback(person_id: UUID) -> None:
    """Scores stay as those of nobody; what was written stays only where it may be quoted, and then without a name."""
    await sql("UPDATE feedback SET comment = '' WHERE person = {} AND consent = 'none'", person_id)
    await sql("UPDATE feedback SET consent = 'anonymous' WHERE person = {} AND consent = 'named'", person_id)
    await sql("UPDATE feedback SET person = NULL, link_version = link_version + 1 WHERE person = {}", person_id)
    await sql(
        "UPDATE follow_up SET link_version = link_version + 1 WHERE outcome IN (SELECT id FROM outcome WHERE contact = {})",
        person_id,
    )
    await sql("UPDATE outcome SET contact = NULL WHERE contact = {}", person_id)


async def _empty_contacts(by_address: dict[str, list[UUID]]) -> None:
    """What bears the address without belonging to the record; an invitation keeps a key of its own, as each must."""
    for one in by_address["registration_invitation"]:
        await sql(
            "UPDATE registration_invitation SET email = '', email_key = {}, name = '', link_version = link_version + 1 "
            "WHERE id = {}",
            f"{ERASED_KEY}{one}", one,
        )  # fmt: skip
    await _of(
        "UPDATE delegation SET contact_name = '', contact_email = '', link_version = link_version + 1 "
        "WHERE id IN ({ids})",
        by_address["delegation"],
    )
    await _of(
        "UPDATE campaign_submission SET contact_name = '', contact_email = '' WHERE id IN ({ids})",
        by_address["campaign_submission"],
    )
    await _of("DELETE FROM application_editor WHERE id IN ({ids})", by_address["application_editor"])
    for one in by_address["proposed_person"]:
        await sql(
            "UPDATE proposed_person SET name = {}, email = '', role = '', person = NULL WHERE id = {}",
            name_of_erased(one), one,
        )  # fmt: skip


async def _empty_what_was_sent(ids: list[UUID], registrations: list[UUID], messages: list[UUID]) -> None:
    """What somebody wrote by mail or through a calendar; that an answer came stays, and links to feeds stop working."""
    await _of("UPDATE calendar_answer SET comment = '' WHERE person IN ({ids})", ids)
    await _of("UPDATE time_proposal SET comment = '' WHERE person IN ({ids})", ids)
    await _of("DELETE FROM opt_out WHERE person IN ({ids})", ids)
    await _of("DELETE FROM feed_link WHERE person IN ({ids})", ids)
    slots = await _of("SELECT id FROM speaker_slot WHERE person IN ({ids})", ids)
    for column, values in (
        ("person", ids),
        ("registration", registrations),
        ("speaker_slot", [UUID(str(row["id"])) for row in slots]),
        ("id", messages),
    ):
        await _of(
            "UPDATE inbound_message SET sender = '', subject = '', octets = NULL, message_id = '', reason = '' "
            f"WHERE {column} IN ({{ids}})",
            values,
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
