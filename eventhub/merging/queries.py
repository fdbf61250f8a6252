"""Reads for merging: records that look alike, two of them side by side, and what was merged."""

import asyncio
import contextlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, offloaded, sql
from eventhub.directory.folding import fold
from eventhub.errors import NotFound
from eventhub.merging.rules import Outcome, Pair, Statement, Traits, duplicates, outcome_of
from eventhub.words import Sentence

#: How the audit trail says that two records are two people.
DIFFERENT = "tell_people_apart"
PAIR = "person_pair"
_STANDING = "('pending', 'confirmed', 'offered', 'waitlisted')"

#: Tables whose rows go over to the person that is kept, with the column that names the person.
MOVED_ROWS = {
    "registration": "person",
    "speaker_slot": "person",
    "lab_participant": "person",
    "application": "contact",
    "letter": "person",
    "calendar_answer": "person",
    "time_proposal": "person",
    "opt_out": "person",
    "feed_link": "person",
    "feedback": "person",
    "outcome": "contact",
    "inbound_message": "person",
    "proposed_person": "person",
    "person": "merged_into",
}

#: Of these a person has one each; what the person that is kept has already stays with the other record.
ONE_EACH = {
    "feedback": "(k.event = feedback.event OR k.lab = feedback.lab)",
    "opt_out": "(k.event = opt_out.event OR (k.event IS NULL AND opt_out.event IS NULL))",
    "calendar_answer": "k.calendar_uid = calendar_answer.calendar_uid",
}


class PersonSide(msgspec.Struct, frozen=True):
    """One of two records, as the preview shows it; never with a gender."""

    id: UUID
    name: str
    email: str | None
    member: UUID | None
    member_name: str | None
    organisation: str
    country: str
    language: str
    outside_key: str | None
    created_at: datetime
    merged_into: UUID | None
    has_profile: bool
    registrations: list[str]
    slots: list[str]
    labs: list[str]
    letters: int


class Preview(msgspec.Struct, frozen=True):
    """Two records side by side, what would become of the statements, and what holds a merge back."""

    kept: PersonSide
    merged: PersonSide
    outcome: Outcome
    obstacles: list[Sentence]


class MergeRow(msgspec.Struct, frozen=True):
    """A merge that was done, perhaps undone since."""

    id: UUID
    kept: UUID
    merged: UUID
    kept_name: str
    merged_name: str
    account_name: str | None
    merged_at: datetime
    undone_at: datetime | None


def address_key(email_key: str) -> str:
    """
    An address as mail servers compare it: the domain in its ASCII form, without a dot at the end.

    Before the @ nothing is touched: dots and plus signs make other mailboxes.
    """
    local, at, domain = email_key.rpartition("@")
    domain = domain.rstrip(".")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local}{at}{domain}"


async def pairs_alike() -> list[Pair]:
    """Pairs of records that may be one person's, by name; two queries, however many there are."""
    async with offloaded():
        people = await sql(
            "SELECT id, name, email_key, member, organisation, created_at FROM person WHERE merged_into IS NULL"
        )
        apart = await sql("SELECT object_id FROM audit_entry WHERE object_kind = {}", PAIR)
    return await asyncio.to_thread(_alike, people, {row["object_id"] for row in apart})


def _alike(people: list[Row], different: set[str]) -> list[Pair]:
    traits = [
        Traits(
            UUID(str(row["id"])), fold(row["name"]), address_key(row["email_key"] or ""),
            UUID(str(row["member"])) if row["member"] else None, fold(row["organisation"]), row["created_at"],
        )
        for row in people
    ]  # fmt: skip
    names = {one.id: one.name for one in traits}
    found = duplicates(traits, different)
    return sorted(found, key=lambda pair: (names[pair.kept], pair.kept.hex, pair.merged.hex))


async def names_of(ids: list[UUID]) -> dict[UUID, Row]:
    """Names, addresses and whom they stand for of some people; one query, at most 500."""
    if not ids:
        return {}
    rows = await sql(
        "SELECT p.id AS id, p.name AS name, COALESCE(p.email, '') AS email, COALESCE(m.name, p.organisation) AS stands_for "
        f"FROM person p LEFT JOIN member m ON m.id = p.member WHERE p.id IN ({', '.join('{}' for _ in ids)})",
        *ids,
    )
    return {UUID(str(row["id"])): row for row in rows}


async def side_of(person_id: UUID) -> PersonSide:
    """
    One record with what belongs to it.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(
        "SELECT p.id AS id, p.name AS name, p.email AS email, p.member AS member, m.name AS member_name, "
        "p.organisation AS organisation, p.country AS country, p.language AS language, p.outside_key AS outside_key, "
        "p.created_at AS created_at, p.merged_into AS merged_into, "
        "(SELECT COUNT(*) FROM speaker_profile f WHERE f.person = p.id) AS has_profile, "
        "(SELECT COUNT(*) FROM letter l WHERE l.person = p.id) AS letters "
        "FROM person p LEFT JOIN member m ON m.id = p.member WHERE p.id = {}",
        person_id,
    )
    if not rows:
        raise NotFound(Sentence("There is no such person."))
    titles: dict[str, list[str]] = {}
    for name, statement in _BELONGS.items():
        values = [person_id] * statement.count("{}")
        titles[name] = [row["title"] for row in await sql(statement, *values)]
    return PersonSide(**{**rows[0], "has_profile": bool(rows[0]["has_profile"]), **titles})


_BELONGS = {
    "registrations": "SELECT e.title AS title FROM registration r JOIN event e ON e.id = r.event WHERE r.person = {} "
    "ORDER BY e.starts_on DESC, e.title, r.id",
    "slots": "SELECT i.title AS title FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item "
    "WHERE s.person = {} ORDER BY i.starts_at DESC, i.title",
    "labs": "SELECT l.name AS title FROM lab_participant t JOIN lab l ON l.id = t.lab WHERE t.person = {} "
    "UNION ALL SELECT l.name AS title FROM application a JOIN lab l ON l.id = a.lab WHERE a.contact = {} ORDER BY title",
}


async def preview_of(kept_id: UUID, merged_id: UUID) -> Preview:
    """
    What merging two records would do.

    Raises:
        NotFound: one of them is not there.

    """
    kept, merged = await side_of(kept_id), await side_of(merged_id)
    statements = await statements_of(kept_id, merged_id)
    outcome = outcome_of(statements.get(kept_id), statements.get(merged_id))
    return Preview(kept, merged, outcome, await obstacles_to(kept, merged, outcome))


async def statements_of(*ids: UUID) -> dict[UUID, Statement]:
    """What people stated; for deciding whose statement stays, and shown to nobody."""
    rows = await sql(
        f"SELECT person, gender, source FROM gender_statement WHERE person IN ({', '.join('{}' for _ in ids)})", *ids
    )
    return {UUID(str(row["person"])): Statement(row["gender"], row["source"]) for row in rows}


async def obstacles_to(kept: PersonSide, merged: PersonSide, outcome: Outcome) -> list[Sentence]:
    """Everything that holds a merge back, in sentences."""
    if kept.id == merged.id:
        return [Sentence("These are the same record.")]
    found = [
        Sentence("“%(name)s” was merged into another record already.", name=one.name)
        for one in (kept, merged)
        if one.merged_into
    ]
    for row in await sql(
        "SELECT e.title AS title FROM registration r JOIN registration o ON o.event = r.event AND o.person = {} "
        f"AND o.status IN {_STANDING} JOIN event e ON e.id = r.event "
        f"WHERE r.person = {{}} AND r.status IN {_STANDING} ORDER BY e.starts_on, e.title, e.id",
        merged.id, kept.id,
    ):  # fmt: skip
        found.append(
            Sentence("Both are registered for “%(title)s”. Cancel one of these registrations first.", **row)
        )  # fmt: skip
    for row in await sql(
        "SELECT i.title AS item, e.title AS title FROM speaker_slot s JOIN speaker_slot o "
        "ON o.programme_item = s.programme_item AND o.person = {} JOIN programme_item i ON i.id = s.programme_item "
        "JOIN event e ON e.id = i.event WHERE s.person = {} ORDER BY i.starts_at, i.title, i.id",
        merged.id, kept.id,
    ):  # fmt: skip
        found.append(
            Sentence("Both are speakers of “%(item)s” at “%(title)s”. Take one of them off first.", **row)
        )  # fmt: skip
    for row in await sql(
        "SELECT l.name AS title FROM lab_participant t JOIN lab_participant o ON o.lab = t.lab AND o.person = {} "
        "JOIN lab l ON l.id = t.lab WHERE t.person = {} ORDER BY l.name",
        merged.id, kept.id,
    ):  # fmt: skip
        found.append(Sentence("Both take part in the lab “%(title)s”, so they stay two records.", **row))
    if outcome is Outcome.ASK:
        found.append(
            Sentence(
                "The two records state differently how the person wants to be counted. Only the person can say which is "
                "right: ask them to change one through their personal link, and merge afterwards."
            )
        )
    return found


async def merges(*, limit: int) -> list[MergeRow]:
    """The newest merges; one query."""
    rows = await sql(
        "SELECT g.id AS id, g.kept AS kept, g.merged AS merged, k.name AS kept_name, o.name AS merged_name, "
        "a.name AS account_name, g.merged_at AS merged_at, g.undone_at AS undone_at FROM person_merge g "
        "JOIN person k ON k.id = g.kept JOIN person o ON o.id = g.merged LEFT JOIN account a ON a.id = g.account "
        "ORDER BY g.merged_at DESC, g.id LIMIT {}",
        limit,
    )
    return [MergeRow(**row) for row in rows]


async def merge_by_id(merge_id: UUID) -> dict[str, Any]:
    """
    One merge with the rows that it moved.

    Raises:
        NotFound: there is none.

    """
    rows = await sql("SELECT id, kept, merged, detail, undone_at FROM person_merge WHERE id = {}", merge_id)
    if not rows:
        raise NotFound(Sentence("There is no such merge."))
    return {**rows[0], "detail": msgspec.json.decode(rows[0]["detail"])}
