"""Making two records of one person one, and undoing it: what moved goes back, and nothing else."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction, violated
from eventhub.errors import Refusal
from eventhub.events.queries import EventRow, event_by_id
from eventhub.events.rules import EventStatus
from eventhub.merging.queries import (
    DIFFERENT,
    MOVED_ROWS,
    ONE_EACH,
    PAIR,
    PersonSide,
    merge_by_id,
    obstacles_to,
    side_of,
    statements_of,
)
from eventhub.merging.rules import Outcome, outcome_of, pair_key
from eventhub.speakers.commands import tell_if_tipped
from eventhub.speakers.queries import parity_of_events
from eventhub.speakers.rules import ParityCheck
from eventhub.words import Sentence

_AT_ONCE = 200
_CHANGED_JUST_NOW = Sentence(
    "Something of these two records has changed just now. Nothing was written; please look again."
)


class NotToBeMerged(Refusal):
    """Something of the two records stands against each other."""

    status_code = 409


class NotToBeUndone(Refusal):
    """The merge was undone before, or a later one built on it."""

    status_code = 409


async def merge_people(kept_id: UUID, merged_id: UUID, *, now: datetime, account_id: UUID) -> UUID:
    """
    Give everything of one record to another one; personal links go on working, since they open what moved.

    Parts in programmes count by the statement of the record that is kept, so
    the leads of coming events hear of every panel that this tips over.

    Returns:
        The merge, by which it is undone.

    Raises:
        NotFound: one of the records is not there.
        NotToBeMerged: both are at the same event, item or lab, one was merged before, or the statements differ.

    """
    merge_id = uuid4()
    async with _unless_collision(NotToBeMerged), transaction():
        line_ups = await _lock(kept_id, merged_id, now, NotToBeMerged)
        kept, merged = await side_of(kept_id), await side_of(merged_id)
        statements = await statements_of(kept_id, merged_id)
        outcome = outcome_of(statements.get(kept_id), statements.get(merged_id))
        if obstacles := await obstacles_to(kept, merged, outcome):
            raise NotToBeMerged(*obstacles)
        detail: dict[str, Any] = {
            table: await _move_all(table, column, merged_id, kept_id) for table, column in MOVED_ROWS.items()
        }
        detail["address"] = await _move_address(merged, kept)
        detail["speaker_profile"] = merged.has_profile and not kept.has_profile
        if detail["speaker_profile"]:
            await sql("UPDATE speaker_profile SET person = {} WHERE person = {}", kept_id, merged_id)
        detail["statement"] = outcome if outcome in (Outcome.MOVES, Outcome.SWAPS) else None
        if detail["statement"]:
            await _exchange_statements(kept_id, merged_id)
            detail["stated_at"] = await _stated_at(kept_id)
        await sql("UPDATE person SET merged_into = {} WHERE id = {}", kept_id, merged_id)
        await sql(
            "INSERT INTO person_merge (id, kept, merged, detail, account, merged_at) VALUES ({}, {}, {}, {}, {}, {})",
            merge_id, kept_id, merged_id, msgspec.json.encode(detail).decode(), account_id, now,
        )  # fmt: skip
        await record(
            "merge_people", "person", kept_id, account_id=account_id, now=now, detail=f"from {str(merged_id)[:8]}"
        )
        await _tell_leads(line_ups, now)
    return merge_id


async def undo_merge(merge_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Give back exactly what a merge moved; what came to the person since then stays. Leads hear of tipped panels again.

    Raises:
        NotFound: there is no such merge.
        NotToBeUndone: it was undone before, or the record that was kept has itself been merged since.

    """
    before = await merge_by_id(merge_id)
    kept_id, merged_id = UUID(str(before["kept"])), UUID(str(before["merged"]))
    async with _unless_collision(NotToBeUndone), transaction():
        line_ups = await _lock(kept_id, merged_id, now, NotToBeUndone)
        merge = await merge_by_id(merge_id)
        kept, merged = await side_of(kept_id), await side_of(merged_id)
        if merge["undone_at"]:
            raise NotToBeUndone(Sentence("This merge was undone before."))
        if kept.merged_into or merged.merged_into != kept_id:
            raise NotToBeUndone(
                Sentence("“%(name)s” was merged into another record since. Undo that merge first.", name=kept.name)
            )
        await sql("UPDATE person SET merged_into = NULL WHERE id = {}", merged_id)
        detail: dict[str, Any] = merge["detail"]
        for table, column in MOVED_ROWS.items():
            await _move_back(table, column, detail.get(table, []), kept_id, merged_id)
        if detail["address"]:
            await _move_address(kept, merged)
        if detail["speaker_profile"]:
            await sql("UPDATE speaker_profile SET person = {} WHERE person = {}", merged_id, kept_id)
        if detail["statement"]:
            await _give_statement_back(kept_id, merged_id, detail["stated_at"])
        await sql("UPDATE person_merge SET undone_at = {} WHERE id = {}", now, merge_id)
        await record(
            "undo_merge", "person", kept_id, account_id=account_id, now=now, detail=f"gives {str(merged_id)[:8]} back"
        )
        await _tell_leads(line_ups, now)


async def tell_apart(one: UUID, other: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Say that two records are two people, so that they are offered no more.

    Raises:
        NotFound: one of the records is not there.

    """
    await side_of(one)
    await side_of(other)
    async with transaction():
        key = pair_key(one, other)
        said = await sql("SELECT id FROM audit_entry WHERE object_kind = {} AND object_id = {}", PAIR, key)
        if not said:
            await record(DIFFERENT, PAIR, key, account_id=account_id, now=now)


@contextlib.asynccontextmanager
async def _unless_collision(refusal: type[Refusal]) -> AsyncIterator[None]:
    """A row that appeared at the same moment is a reason to look again, not a failure."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        if violated(error) is None:
            raise
        raise refusal(_CHANGED_JUST_NOW) from error


async def _lock(one: UUID, other: UUID, now: datetime, refusal: type[Refusal]) -> list[tuple[EventRow, ParityCheck]]:
    """
    The events where they speak, the seats where they have registrations, then both persons in the order of their ids.

    Whoever changes a line-up, registers, cancels or moves up there goes in
    this order too, so nobody waits in a circle. Whoever registers elsewhere
    shares the person (`person_with_email`): we see what they make, or they see
    what we did.

    Returns:
        The published events where they speak and that are not over, each with its check as it stands.

    """
    locked = await _speaking_at(one, other, now, lock=lock_clause())
    await sql(
        "SELECT id FROM seat_pool WHERE event IN (SELECT event FROM registration WHERE person IN ({}, {})) "
        f"ORDER BY event, position{lock_clause()}",
        one,
        other,
    )
    for person_id in sorted((one, other)):
        await sql(f"SELECT id FROM person WHERE id = {{}}{lock_clause()}", person_id)
    if not set(await _speaking_at(one, other, now)) <= set(locked):
        raise refusal(_CHANGED_JUST_NOW)
    events = [event for event in [await event_by_id(event_id) for event_id in locked] if not event.is_past(now)]
    checks = await parity_of_events({event.id: event.parity_exempt_reason for event in events})
    return [(event, checks[event.id]) for event in events]


async def _speaking_at(one: UUID, other: UUID, now: datetime, *, lock: str = "") -> list[UUID]:
    """Published events where one of two persons has a part; those that were over days ago left out."""
    rows = await sql(
        "SELECT id FROM event WHERE status = {} AND COALESCE(ends_on, starts_on) >= {} AND id IN (SELECT i.event FROM speaker_slot s "
        f"JOIN programme_item i ON i.id = s.programme_item WHERE s.person IN ({{}}, {{}})) ORDER BY id{lock}",
        EventStatus.PUBLISHED, (now - timedelta(days=2)).date(), one, other,
    )  # fmt: skip
    return [UUID(str(row["id"])) for row in rows]


async def _tell_leads(line_ups: list[tuple[EventRow, ParityCheck]], now: datetime) -> None:
    """Let the leads hear of what was in balance before and is so no longer."""
    for event, before in line_ups:
        await tell_if_tipped(event, before, now)


async def _move_all(table: str, column: str, source: UUID, target: UUID) -> list[str]:
    """Give all rows of one person to another, but for those that the other one has as well; returns their ids, sorted."""
    statement = f"UPDATE {table} SET {column} = {{}} WHERE {column} = {{}}"
    if same := ONE_EACH.get(table):
        statement += f" AND NOT EXISTS (SELECT 1 FROM {table} k WHERE k.{column} = {{}} AND {same})"
    moved = await sql(f"{statement} RETURNING id", target, source, *([target] if same else []))
    return sorted(str(row["id"]) for row in moved)


async def _move_back(table: str, column: str, ids: list[str], source: UUID, target: UUID) -> None:
    """Give some rows back, as far as they are still there and still the person's."""
    for start in range(0, len(ids), _AT_ONCE):
        part = [UUID(one) for one in ids[start : start + _AT_ONCE]]
        await sql(
            f"UPDATE {table} SET {column} = {{}} WHERE {column} = {{}} AND id IN ({', '.join('{}' for _ in part)})",
            target, source, *part,
        )  # fmt: skip


async def _move_address(source: PersonSide, target: PersonSide) -> bool:
    """Letters need an address: the only one there is goes along."""
    rows = await sql("SELECT email, email_key FROM person WHERE id = {} AND email_key IS NOT NULL", source.id)
    if not rows or target.email:
        return False
    await sql("UPDATE person SET email = NULL, email_key = NULL WHERE id = {}", source.id)
    await sql(
        "UPDATE person SET email = {}, email_key = {} WHERE id = {}", rows[0]["email"], rows[0]["email_key"], target.id
    )
    return True


_STATEMENT = ("person", "gender", "source", "purpose", "consent_version", "consent_language", "stated_at")


async def _exchange_statements(one: UUID, other: UUID) -> None:
    """Let each of two persons have what the other one stated, if anything."""
    columns = ", ".join(_STATEMENT)
    rows = await sql(f"DELETE FROM gender_statement WHERE person IN ({{}}, {{}}) RETURNING {columns}", one, other)
    for row in rows:
        owner = other if UUID(str(row["person"])) == one else one
        await sql(
            f"INSERT INTO gender_statement ({columns}) VALUES ({', '.join('{}' for _ in _STATEMENT)})",
            owner, *(row[name] for name in _STATEMENT[1:]),
        )  # fmt: skip


async def _stated_at(person_id: UUID) -> str | None:
    rows = await sql("SELECT stated_at FROM gender_statement WHERE person = {}", person_id)
    return rows[0]["stated_at"].isoformat() if rows else None


async def _give_statement_back(kept_id: UUID, merged_id: UUID, stated_at: str) -> None:
    """
    Each record has its own statement again, unless the person has changed it since.

    A newer one stays where it was made. What the other record held meanwhile
    was not its own, so it goes: nobody is counted by somebody else's words.
    """
    if await _stated_at(kept_id) == stated_at:
        await _exchange_statements(kept_id, merged_id)
    else:
        await sql("DELETE FROM gender_statement WHERE person = {}", merged_id)
