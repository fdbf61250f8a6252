"""Writing letters into the outbox, and taking them out of it again."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import count
from secrets import randbits
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import sql
from eventhub.mail.addresses import deliverable
from eventhub.mail.opt_out import opt_out_url
from eventhub.mail.rules import (
    CHANGES,
    FIRST_NEWS,
    FOR_THE_INVITED,
    ITEM_NEWS,
    SPEAKER_NEWS,
    STANDING_NEWS,
    is_transactional,
    overtaken_by,
)
from eventhub.settings import current_settings

#: Wakes the postman of this process. It looks at the outbox every few seconds
#: anyway, so a transaction that is not yet committed then is only later.
letters_waiting = asyncio.Event()

_counter = count()


@dataclass(frozen=True)
class OutgoingLetter:
    """
    A letter before it is in the outbox; `facts` are JSON values only.

    A `calendar_method` among the facts is a wish: what withdraws an invitation
    that this person never had is a letter without a calendar file, or none.

    Attributes:
        is_first: Nothing was written before about this registration, so that hardly ever anything is overtaken.
        available_at: When it may leave; None: at once. Later ones may overtake it until then.
        planned: The planned letter that it was written for.

    """

    kind: str
    dedupe_key: str
    recipient_name: str
    recipient_address: str
    language: str
    facts: dict[str, Any]
    event_id: UUID | None
    person_id: UUID | None
    not_after: datetime | None = None
    is_first: bool = False
    available_at: datetime | None = None
    planned: UUID | None = None


async def post_letter(letter: OutgoingLetter, *, now: datetime) -> bool:
    """
    Put a letter into the outbox, in the caller's transaction.

    What this person would have read about the same thing and has not left is
    withdrawn: it is not true any more. A change of what nobody has heard of is
    told as what it is, news: “you have a seat”, with the new time.

    What an invitation is numbered with (SEQUENCE, RFC 5546 2.1.4) counts the
    withdrawals that this person had of the same calendar object before: each
    must outnumber what came before it, although the event did not change.

    Returns:
        False: it was there already, the person wants no letters of its kind,
        or it would only withdraw an invitation that never left.

    """
    if _overtakes(letter) and not letter.is_first:
        letter = _as_news(letter, await _withdraw_overtaken(letter))
    new = _new_id(now)
    rows = await sql(*_insertion(letter, new, now))
    if rows and letter.is_first and rows[0]["overtakes"]:
        await _withdraw_overtaken(letter)
    if rows:
        letters_waiting.set()
    return bool(rows)


def _overtakes(letter: OutgoingLetter) -> bool:
    return bool(letter.person_id and letter.event_id and overtaken_by(letter.kind))


async def _withdraw_overtaken(letter: OutgoingLetter) -> list[dict[str, Any]]:
    """
    Withdraw what the postman has never tried and this letter makes untrue.

    `IS TRUE` keeps SQLite from walking through all letters of the event instead of the few of the person.
    """
    condition, values = _overtaken(letter, "letter")
    return await sql(
        f"UPDATE letter SET status = 'withdrawn' WHERE dedupe_key <> {{}} AND {condition} "
        "RETURNING id, kind, facts, created_at",
        letter.dedupe_key,
        *values,
    )


def _overtaken(letter: OutgoingLetter, table: str) -> tuple[str, list[Any]]:
    """The condition under which a letter is overtaken by this one, and its values."""
    kinds = ", ".join(f"'{kind}'" for kind in sorted(overtaken_by(letter.kind)))
    condition = (
        f"{table}.person = {{}} AND ({table}.event = {{}}) IS TRUE AND {table}.status = 'queued' "
        f"AND {table}.attempts = 0 AND {table}.kind IN ({kinds})"
    )
    values: list[Any] = [letter.person_id, letter.event_id]
    if letter.kind in ITEM_NEWS | SPEAKER_NEWS:  # of one part of a programme among several
        return f"{condition} AND {table}.calendar_uid = {{}}", [*values, letter.facts["event"]["uid"]]
    return condition, values


def _as_news(letter: OutgoingLetter, overtaken: list[dict[str, Any]]) -> OutgoingLetter:
    """The letter, or, when it tells a change of what the person never heard of, that with the change in it."""
    unheard = [row for row in overtaken if row["kind"] not in CHANGES and row["kind"] in STANDING_NEWS | FIRST_NEWS]
    if letter.kind not in CHANGES or not unheard:
        return letter
    newest = max(unheard, key=lambda row: (row["created_at"], row["id"]))
    facts = {**msgspec.json.decode(newest["facts"]), **letter.facts}
    facts.pop("calendar_sequence", None)
    return replace(letter, kind=newest["kind"], facts=facts)


#: A part of a statement, and its values.
_Part = tuple[str, list[Any]]

#: How often this person's calendar was told to forget something, and whether it holds it now: the newest file
#: that has left, or may have since the postman began with it, is an invitation.
_CALENDAR = (
    "(SELECT COALESCE(SUM(CASE WHEN c.calendar_method = 'CANCEL' THEN 1 ELSE 0 END), 0) AS cancels, "
    "CASE WHEN MAX(CASE WHEN c.calendar_method = 'REQUEST' AND (c.status IN ('sending', 'sent', 'failed') "
    "OR c.attempts > 0) THEN c.calendar_sequence END) > COALESCE(MAX(CASE WHEN c.calendar_method = 'CANCEL' "
    "AND (c.status IN ('sending', 'sent', 'failed') OR c.attempts > 0) THEN c.calendar_sequence END), -1) "
    "THEN 1 ELSE 0 END AS holds FROM letter c WHERE c.person = {} AND c.calendar_uid = {}) k"
)
#: The first letter of its thread; ids, of which Message-IDs are made, sort by time.
_THREAD = (
    "COALESCE((SELECT MIN(t.message_id) FROM letter t WHERE t.person = {} AND (t.event = {}) IS TRUE "
    "AND t.status <> 'withdrawn'), {})"
)
_WORDING = "(SELECT w.id FROM letter_wording w WHERE w.event = {} AND w.kind = {} AND w.language = {} AND w.replaced_at IS NULL)"
_WANTED = "NOT EXISTS (SELECT 1 FROM opt_out o WHERE o.person = {} AND (o.event IS NULL OR o.event = {}))"


def _insertion(letter: OutgoingLetter, new: UUID, now: datetime) -> tuple[Any, ...]:
    """The one statement that puts a letter into the outbox, with its values."""
    person, event = letter.person_id, letter.event_id
    facts: dict[str, Any] = {**letter.facts, "written_at": now.isoformat()}
    announces = person is not None and not is_transactional(letter.kind)
    if announces and person:
        facts["opt_out_url"] = opt_out_url(person, event)
    method = facts.get("calendar_method") if person else None
    columns: dict[str, _Part] = {
        "id": ("{}", [new]),
        "dedupe_key": ("{}", [letter.dedupe_key]),
        "kind": ("{}", [letter.kind]),
        "event": ("{}", [event]),
        "person": ("{}", [person]),
        "recipient_name": ("{}", [letter.recipient_name]),
        "recipient_address": ("{}", [letter.recipient_address]),
        "language": ("{}", [letter.language]),
        "facts": ("{}", [_json(facts)]),
        "message_id": ("{}", [f"<{new}@{_sender_domain()}>"]),
        "status": ("'queued'", []),
        "created_at": ("{}", [now]),
        "available_at": ("{}", [letter.available_at or now]),
        "not_after": ("{}", [letter.not_after]),
        "attempts": ("0", []),
        "last_answer": ("''", []),
        "planned": ("{}", [letter.planned]),
    }
    source: _Part = ("", [])
    conditions: list[_Part] = []
    if method and person:
        source, calendar = _calendar_columns(facts, person)
        columns |= calendar
        if letter.kind in FOR_THE_INVITED:
            conditions.append(("k.holds = 1", []))
    if person and event:
        columns["thread_id"] = (_THREAD, [person, event, f"<{new}@{_sender_domain()}>"])
    if event:
        columns["wording"] = (_WORDING, [event, letter.kind, letter.language])
    if announces:
        conditions.append((_WANTED, [person, event]))
    returning: _Part = ("id", [])
    if letter.is_first and _overtakes(letter):
        overtaken, values = _overtaken(letter, "c")
        returning = (
            f"id, EXISTS (SELECT 1 FROM letter c WHERE c.id <> letter.id AND {overtaken}) AS overtakes",
            values,
        )
    elif letter.is_first:
        returning = ("id, 1 = 0 AS overtakes", [])
    statement = (
        f"INSERT INTO letter ({', '.join(columns)}) SELECT {', '.join(text for text, _ in columns.values())}{source[0]} "
        f"WHERE {' AND '.join(text for text, _ in conditions) or '1 = 1'} "
        f"ON CONFLICT (dedupe_key) DO NOTHING RETURNING {returning[0]}"
    )
    groups = [
        *(values for _, values in columns.values()),
        source[1],
        *(values for _, values in conditions),
        returning[1],
    ]
    return (statement, *(value for values in groups for value in values))


def _calendar_columns(facts: dict[str, Any], person: UUID) -> tuple[_Part, dict[str, _Part]]:
    """
    What a calendar file needs: where it is counted, and the columns that say what the letter brings.

    A CANCEL becomes a letter without a file where the person's calendar holds nothing.
    """
    uid, base = facts["event"]["uid"], int(facts["event"]["sequence"])
    source: _Part = (f" FROM {_CALENDAR}", [person, uid])
    is_cancel = facts["calendar_method"] == "CANCEL"
    number = f"({base} + 2 * k.cancels + {1 if is_cancel else 0})"
    numbered = f"CAST({{}} AS TEXT) || CAST({number} AS TEXT) || CAST({{}} AS TEXT)"
    pieces = ['{"calendar_sequence":', f",{_json(facts)[1:]}"]
    if not is_cancel:
        return source, {
            "facts": (numbered, pieces),
            "calendar_uid": ("{}", [uid]),
            "calendar_method": ("'REQUEST'", []),
            "calendar_sequence": (number, []),
        }
    without = _json({**facts, "calendar_method": None})
    return source, {
        "facts": (f"CASE WHEN k.holds = 1 THEN {numbered} ELSE CAST({{}} AS TEXT) END", [*pieces, without]),
        "calendar_uid": ("CASE WHEN k.holds = 1 THEN CAST({} AS VARCHAR(255)) END", [uid]),
        "calendar_method": ("CASE WHEN k.holds = 1 THEN 'CANCEL' END", []),
        "calendar_sequence": (f"CASE WHEN k.holds = 1 THEN {number} END", []),
    }


def _json(facts: dict[str, Any]) -> str:
    return msgspec.json.encode(facts).decode()


async def withdraw_letters(event_id: UUID, kind: str) -> int:
    """Take back the letters of a kind about an event that a newer one overtakes; returns how many."""
    done = await sql(
        "UPDATE letter SET status = 'withdrawn' WHERE event = {} AND kind = {} AND status = 'queued' RETURNING id",
        event_id,
        kind,
    )
    return len(done)


async def withdraw_letter(dedupe_key: str) -> None:
    """Take back one letter that has not left yet and whose news is no longer true, in the caller's transaction."""
    await sql("UPDATE letter SET status = 'withdrawn' WHERE dedupe_key = {} AND status = 'queued'", dedupe_key)


@cache
def _sender_domain() -> str:
    return deliverable(current_settings().sender[1]).rpartition("@")[2]


def _new_id(now: datetime) -> UUID:
    """A UUID that sorts by time (version 7, RFC 9562 5.7): letters of one instant keep their order."""
    milliseconds = int(now.timestamp() * 1000) & (2**48 - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | (next(_counter) & 0xFFF) << 64 | 2 << 62 | randbits(62))
