"""Finding or making the one row of a person, and keeping what the person stated."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from eventhub.database import Row, share_clause, sql
from eventhub.directory.rules import GENDER_CONSENT_VERSION, GENDER_PURPOSE, Gender, email_key


async def person_with_email(
    address: str,
    *,
    name: str,
    now: datetime,
    member: UUID | None = None,
    organisation: str = "",
    country: str = "",
    language: str = "en",
) -> UUID:
    """
    The person of an address, made when nobody has it yet, in the caller's transaction.

    What somebody types about a known address changes nothing of that person. The address of a record that was
    merged leads to the one that was kept.
    """
    key = email_key(address)
    found: list[Row] = []
    while not found:  # once more where the record was deleted in between, as the contact of a forgotten draft is
        found = await sql(
            "INSERT INTO person (id, name, email, email_key, member, organisation, country, language, created_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (email_key) DO NOTHING RETURNING id",
            uuid4(), name, address.strip(), key, member, organisation, country, language, now,
        )  # fmt: skip
        if not found:  # known before, or somebody else was quicker and has committed by now
            # The lock lets no merge of this record pass before what is made for it now is there to be moved.
            found = await sql(
                f"SELECT COALESCE(merged_into, id) AS id FROM person WHERE email_key = {{}}{share_clause()}", key
            )
    return UUID(str(found[0]["id"]))


class StatedBy(StrEnum):
    """Through which door a statement comes; it decides what it may overwrite."""

    FORM = "form"
    OWN_PAGE = "own page"
    STAFF = "staff"


#: A form can be sent by anybody who knows an address, so it overwrites
#: nothing; staff overwrite only what staff wrote; the own page always counts.
_OVERWRITES = {
    StatedBy.FORM: "1 = 0",
    StatedBy.STAFF: "gender_statement.source = 'staff'",
    StatedBy.OWN_PAGE: "1 = 1",
}


async def keep_gender_statement(person_id: UUID, gender: Gender, *, by: StatedBy, language: str, now: datetime) -> bool:
    """
    Keep how a person wants to be counted, in the caller's transaction.

    Returns:
        False when an earlier statement stands that this door may not overwrite.
    """
    kept = await sql(
        "INSERT INTO gender_statement (person, gender, source, purpose, consent_version, consent_language, stated_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}) ON CONFLICT (person) DO UPDATE SET gender = excluded.gender, "
        "source = excluded.source, purpose = excluded.purpose, consent_version = excluded.consent_version, "
        "consent_language = excluded.consent_language, stated_at = excluded.stated_at "
        f"WHERE {_OVERWRITES[by]} RETURNING person",
        person_id, gender, "staff" if by is StatedBy.STAFF else "self", GENDER_PURPOSE, GENDER_CONSENT_VERSION,
        language, now,
    )  # fmt: skip
    return bool(kept)


async def forget_gender_statement(person_id: UUID) -> None:
    """Delete what a person stated, in the caller's transaction."""
    await sql("DELETE FROM gender_statement WHERE person = {}", person_id)
