"""The same news to many people: letters without a calendar file, put into the outbox a few hundred at a time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from eventhub.database import sql
from eventhub.mail.commands import OutgoingLetter, _json, _new_id, _sender_domain, letters_waiting
from eventhub.mail.opt_out import opt_out_url
from eventhub.mail.rules import is_transactional, overtaken_by

AT_ONCE = 200
_COLUMNS = (
    "id", "dedupe_key", "kind", "event", "person", "recipient_name", "recipient_address", "language", "facts",
    "message_id", "status", "created_at", "available_at", "not_after", "attempts", "last_answer", "planned",
    "thread_id", "wording",
)  # fmt: skip


async def post_many(event_id: UUID, kind: str, letters: Sequence[OutgoingLetter], *, now: datetime) -> int:
    """
    Put letters of one kind about one event into the outbox, in the caller's transaction; how many were new.

    Whoever wants none of them must have been left out before. Three queries
    for every 200 letters, so that a congress does not hold up the others.

    Raises:
        ValueError: letters of this kind overtake others or bring a calendar file; `post_letter` writes those.

    """
    if overtaken_by(kind) or any(letter.facts.get("calendar_method") for letter in letters):
        raise ValueError(kind)
    wordings = {
        row["language"]: row["id"]
        for row in await sql(
            "SELECT language, id FROM letter_wording WHERE event = {} AND kind = {} AND replaced_at IS NULL",
            event_id, kind,
        )
    }  # fmt: skip
    written = 0
    for start in range(0, len(letters), AT_ONCE):
        written += await _post(event_id, letters[start : start + AT_ONCE], wordings, now)
    if written:
        letters_waiting.set()
    return written


async def _post(event_id: UUID, part: Sequence[OutgoingLetter], wordings: dict[str, UUID], now: datetime) -> int:
    people = [letter.person_id for letter in part if letter.person_id]
    threads: dict[UUID, str] = {}
    if people:
        keys = ", ".join("{}" for _ in people)
        threads = {
            row["person"]: row["first"]
            for row in await sql(
                f"SELECT person, MIN(message_id) AS first FROM letter WHERE person IN ({keys}) "
                "AND (event = {}) IS TRUE AND status <> 'withdrawn' GROUP BY person",
                *people, event_id,
            )
        }  # fmt: skip
    values: list[object] = []
    for letter in part:
        new = _new_id(now)
        facts = {**letter.facts, "written_at": now.isoformat()}
        if letter.person_id and not is_transactional(letter.kind):
            facts["opt_out_url"] = opt_out_url(letter.person_id, event_id)
        own = f"<{new}@{_sender_domain()}>"
        values += [
            new, letter.dedupe_key, letter.kind, event_id, letter.person_id, letter.recipient_name,
            letter.recipient_address, letter.language, _json(facts), own, "queued", now, letter.available_at or now,
            letter.not_after, 0, "", letter.planned,
            threads.get(letter.person_id, own) if letter.person_id else None, wordings.get(letter.language),
        ]  # fmt: skip
    row = f"({', '.join('{}' for _ in _COLUMNS)})"
    done = await sql(
        f"INSERT INTO letter ({', '.join(_COLUMNS)}) VALUES {', '.join(row for _ in part)} "
        "ON CONFLICT (dedupe_key) DO NOTHING RETURNING id",
        *values,
    )
    return len(done)
