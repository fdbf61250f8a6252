"""Reads of what came in by mail: whom an answer is about, what staff have to decide, and what people have answered."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import lock_clause, sql
from eventhub.directory.rules import email_key
from eventhub.errors import NotFound
from eventhub.links import make_link, read_link
from eventhub.mail.addresses import person_token
from eventhub.replies.rules import normal_address
from eventhub.settings import current_settings
from eventhub.words import Sentence

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_UNDO_LINK = "answer"


# What an answer is about


@dataclass(frozen=True)
class Place:
    """What a calendar object of ours stands for: an event, an item of its programme, or a part that somebody speaks."""

    event: UUID
    item: UUID | None = None
    slot: UUID | None = None


async def place_of(uid: str) -> Place | None:
    """What a UID stands for; None: we have given no such one."""
    rows = await sql("SELECT id FROM event WHERE calendar_uid = {}", uid)
    if rows:
        return Place(rows[0]["id"])
    found = _UUID.search(uid.partition("@")[0])
    if not found:
        return None
    key = UUID(found[0])
    rows = await sql(
        "SELECT i.event AS event, i.id AS item, s.id AS slot FROM speaker_slot s "
        "JOIN programme_item i ON i.id = s.programme_item WHERE s.id = {}",
        key,
    ) or await sql("SELECT event, id AS item FROM programme_item WHERE id = {}", key)
    return Place(**rows[0]) if rows else None


async def people_of_address(event_id: UUID, address: str) -> list[UUID]:
    """Who has to do with an event under an address, now or when a letter went there; whoever has it now comes first."""
    keys = list(dict.fromkeys((email_key(address), normal_address(address), *_as_unicode(address))))
    marks = ", ".join("{}" for _ in keys)
    rows = await sql(
        f"SELECT 0 AS rank, p.id AS id FROM person p WHERE p.email_key IN ({marks}) AND "
        "(EXISTS (SELECT 1 FROM registration r WHERE r.person = p.id AND (r.event = {}) IS TRUE) OR EXISTS "
        "(SELECT 1 FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item "
        "WHERE s.person = p.id AND (i.event = {}) IS TRUE)) "
        f"UNION SELECT 1 AS rank, l.person AS id FROM letter l WHERE l.event = {{}} AND l.person IS NOT NULL "
        f"AND LOWER(l.recipient_address) IN ({marks}) ORDER BY rank, id",
        *keys, event_id, event_id, event_id, *keys,
    )  # fmt: skip
    return list(dict.fromkeys(row["id"] for row in rows))


def _as_unicode(address: str) -> list[str]:
    """The same address with its domain as people write it."""
    local, _, domain = normal_address(address).rpartition("@")
    try:
        return [email_key(f"{local}@{domain.encode('ascii').decode('idna')}")]
    except UnicodeError:
        return []


async def token_fits(person_id: UUID, token: str) -> bool:
    """Whether a secret is that of a person, or of somebody whose data was joined with theirs."""
    if person_token(person_id) == token:
        return True
    rows = await sql("SELECT id FROM person WHERE merged_into = {}", person_id)
    return any(person_token(row["id"]) == token for row in rows)


async def person_of_token(event_id: UUID, token: str) -> UUID | None:
    """Whose secret it is, among those who have to do with an event; a walk through them, for what is put before staff."""
    rows = await sql(
        "SELECT r.person AS id FROM registration r WHERE r.event = {} UNION "
        "SELECT s.person AS id FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item WHERE i.event = {}",
        event_id,
        event_id,
    )
    for row in rows:
        if person_token(row["id"]) == token:
            return UUID(str(row["id"]))
    joined = await sql("SELECT id, merged_into FROM person WHERE merged_into IS NOT NULL")
    people = {row["id"] for row in rows}
    return next(
        (row["merged_into"] for row in joined if row["merged_into"] in people and person_token(row["id"]) == token),
        None,
    )


@dataclass(frozen=True)
class Part:
    """What one person has to do with a calendar object of ours."""

    person: UUID
    name: str
    registration: UUID | None
    slot: UUID | None
    addresses: tuple[str, ...]
    sequence: int | None
    seen: tuple[int, datetime] | None


async def part_of(person_id: UUID, place: Place, uid: str) -> Part:
    """
    What a person has to do with a calendar object, in the caller's transaction; four queries.

    The newest REQUEST says which SEQUENCE an answer must have; a CANCEL that
    followed a "no" must not make a later "yes" an old one.
    """
    people = await sql("SELECT name, COALESCE(email, '') AS email FROM person WHERE id = {}", person_id)
    registrations = await sql(
        "SELECT id FROM registration WHERE person = {} AND (event = {}) IS TRUE ORDER BY "
        "CASE WHEN status IN ('pending', 'confirmed', 'offered', 'waitlisted') THEN 0 ELSE 1 END, "
        "registered_at DESC, id LIMIT 1",
        person_id,
        place.event,
    )
    slots = await sql(
        "SELECT id FROM speaker_slot WHERE person = {} AND (id = {} OR programme_item = {})",
        person_id,
        place.slot,
        place.item if place.slot is None else None,
    )
    letters = await sql(
        "SELECT recipient_address, MAX(CASE WHEN calendar_method = 'REQUEST' AND status NOT IN ('withdrawn', 'expired') "
        "THEN calendar_sequence END) AS sequence FROM letter WHERE person = {} AND (event = {}) IS TRUE "
        "AND calendar_uid = {} GROUP BY recipient_address",
        person_id, place.event, uid,
    )  # fmt: skip
    seen = await sql(
        "SELECT sequence, stamped_at FROM calendar_answer WHERE person = {} AND calendar_uid = {}", person_id, uid
    )
    known = [row["sequence"] for row in letters if row["sequence"] is not None]
    addresses = [*(row["email"] for row in people), *(row["recipient_address"] for row in letters)]
    return Part(
        person=person_id,
        name=people[0]["name"] if people else "",
        registration=registrations[0]["id"] if registrations else None,
        slot=slots[0]["id"] if slots else None,
        addresses=tuple(dict.fromkeys(address for address in addresses if address)),
        sequence=max(known, default=None),
        seen=(seen[0]["sequence"], seen[0]["stamped_at"]) if seen else None,
    )


async def letter_of_message_id(message_id: str) -> UUID | None:
    """The letter with a Message-ID."""
    rows = await sql("SELECT id FROM letter WHERE message_id = {}", message_id) if message_id else []
    return rows[0]["id"] if rows else None


@dataclass(frozen=True)
class SentLetter:
    """A letter as a report about it needs it."""

    id: UUID
    event: UUID | None
    person: UUID | None
    recipient_address: str


async def sent_letter(letter_id: UUID) -> SentLetter | None:
    """A letter that went out, if there is such a one."""
    rows = await sql("SELECT id, event, person, recipient_address FROM letter WHERE id = {}", letter_id)
    return SentLetter(**rows[0]) if rows else None


# What staff see


class InboundRow(msgspec.Struct, frozen=True):
    """One message that came in, as lists show it."""

    id: UUID
    source: str
    received_at: datetime
    sender: str
    subject: str
    kind: str
    status: str
    verdict: str
    reason: str
    event: UUID | None
    person: UUID | None
    registration: UUID | None
    letter: UUID | None
    decided_at: datetime | None
    has_octets: bool
    event_slug: str | None
    event_title: str | None
    person_name: str | None
    decided_by: str | None

    @property
    def why(self) -> Sentence:
        """The reason, to be said in the reader's language."""
        return Sentence(self.reason)


_OWN = ("id", "source", "received_at", "sender", "subject", "kind", "status", "verdict", "reason", "event", "person",
        "registration", "letter", "decided_at")  # fmt: skip
_INBOUND = (
    f"SELECT {', '.join(f'm.{name} AS {name}' for name in _OWN)}, "
    "CASE WHEN m.octets IS NULL THEN 0 ELSE 1 END AS has_octets, "
    "e.slug AS event_slug, e.title AS event_title, p.name AS person_name, a.name AS decided_by FROM inbound_message m "
    "LEFT JOIN event e ON e.id = m.event LEFT JOIN person p ON p.id = m.person LEFT JOIN account a ON a.id = m.decided_by"
)


def _inbound(row: dict[str, Any]) -> InboundRow:
    return InboundRow(**{**row, "has_octets": bool(row["has_octets"])})


async def inbound_messages(status: str = "", *, limit: int, offset: int = 0) -> tuple[list[InboundRow], int]:
    """A part of the messages that came in, the newest first, and how many there are."""
    where, values = (" WHERE m.status = {}", [status]) if status else ("", [])
    rows = await sql(
        f"{_INBOUND}{where} ORDER BY m.received_at DESC, m.id LIMIT {{}} OFFSET {{}}", *values, limit, offset
    )
    total = await sql(f"SELECT COUNT(*) AS n FROM inbound_message m{where}", *values)
    return [_inbound(row) for row in rows], int(total[0]["n"])


async def inbound_counts() -> dict[str, int]:
    """How many messages have each status."""
    rows = await sql("SELECT status, COUNT(*) AS n FROM inbound_message GROUP BY status")
    return {row["status"]: int(row["n"]) for row in rows}


async def inbound_by_id(message_id: UUID) -> InboundRow:
    """
    One message that came in.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_INBOUND} WHERE m.id = {{}}", message_id)
    if not rows:
        raise NotFound(Sentence("There is no such message."))
    return _inbound(rows[0])


async def octets_of(message_id: UUID) -> bytes | None:
    """The message itself, as long as it is kept."""
    rows = await sql("SELECT octets FROM inbound_message WHERE id = {}", message_id)
    return bytes(rows[0]["octets"]) if rows and rows[0]["octets"] is not None else None


class ProposalRow(msgspec.Struct, frozen=True):
    """Another time that somebody proposes, beside the one that stands."""

    id: UUID
    event: UUID
    programme_item: UUID | None
    person: UUID
    starts_at: datetime
    ends_at: datetime | None
    comment: str
    status: str
    proposed_at: datetime
    person_name: str
    event_slug: str
    event_title: str
    item_title: str | None
    time_zone: str | None
    stands_from: datetime | None
    stands_to: datetime | None


_PROPOSALS = (
    "SELECT t.id AS id, t.event AS event, t.programme_item AS programme_item, t.person AS person, "
    "t.starts_at AS starts_at, t.ends_at AS ends_at, t.comment AS comment, t.status AS status, "
    "t.proposed_at AS proposed_at, p.name AS person_name, e.slug AS event_slug, e.title AS event_title, "
    "i.title AS item_title, e.time_zone AS time_zone, "
    "CASE WHEN i.id IS NULL THEN e.starts_at ELSE i.starts_at END AS stands_from, "
    "CASE WHEN i.id IS NULL THEN e.ends_at ELSE i.ends_at END AS stands_to "
    "FROM time_proposal t JOIN person p ON p.id = t.person JOIN event e ON e.id = t.event "
    "LEFT JOIN programme_item i ON i.id = t.programme_item"
)


async def open_proposals(*, limit: int = 100) -> list[ProposalRow]:
    """The proposals that nobody has decided, the oldest first."""
    rows = await sql(f"{_PROPOSALS} WHERE t.status = 'open' ORDER BY t.proposed_at, t.id LIMIT {{}}", limit)
    return [_proposal(row) for row in rows]


async def proposal_by_id(proposal_id: UUID) -> ProposalRow:
    """
    One proposal.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_PROPOSALS} WHERE t.id = {{}}", proposal_id)
    if not rows:
        raise NotFound(Sentence("There is no such proposal."))
    return _proposal(rows[0])


def _proposal(row: dict[str, Any]) -> ProposalRow:
    """SQLite gives the columns of a CASE back as text."""
    at = {
        name: datetime.fromisoformat(row[name]) if isinstance(row[name], str) else row[name]
        for name in ("stands_from", "stands_to")
    }
    return ProposalRow(**{**row, **at})


# What people have answered


class AnswerRow(msgspec.Struct, frozen=True):
    """The newest answer of a person's calendar for one calendar object."""

    id: UUID
    person: UUID
    calendar_uid: str
    event: UUID
    registration: UUID | None
    speaker_slot: UUID | None
    answer: str
    comment: str
    sequence: int
    stamped_at: datetime
    answered_at: datetime
    is_outdated: bool
    release_at: datetime | None


_ANSWER_COLUMNS = ", ".join(AnswerRow.__struct_fields__)


def _answer(row: dict[str, Any]) -> AnswerRow:
    return AnswerRow(**{**row, "is_outdated": bool(row["is_outdated"])})


async def answers_of_event(event_id: UUID) -> dict[UUID, AnswerRow]:
    """By registration: what the calendars of people have answered about the event itself; one query."""
    columns = ", ".join(f"a.{name} AS {name}" for name in AnswerRow.__struct_fields__)
    rows = await sql(
        f"SELECT {columns} FROM calendar_answer a JOIN event e ON e.id = a.event AND e.calendar_uid = a.calendar_uid "
        "WHERE a.event = {} AND a.registration IS NOT NULL",
        event_id,
    )
    return {row["registration"]: _answer(row) for row in rows}


async def answer_of_registration(registration_id: UUID) -> AnswerRow | None:
    """What the calendar of one person has answered about the event itself."""
    columns = ", ".join(f"a.{name} AS {name}" for name in AnswerRow.__struct_fields__)
    rows = await sql(
        f"SELECT {columns} FROM calendar_answer a JOIN event e ON e.id = a.event AND e.calendar_uid = a.calendar_uid "
        "WHERE a.registration = {}",
        registration_id,
    )
    return _answer(rows[0]) if rows else None


async def answers_of_speakers(event_id: UUID) -> dict[UUID, AnswerRow]:
    """By speaker slot: what the calendars of speakers have answered; one query."""
    rows = await sql(
        f"SELECT {_ANSWER_COLUMNS} FROM calendar_answer WHERE event = {{}} AND speaker_slot IS NOT NULL "
        "ORDER BY answered_at",
        event_id,
    )
    return {row["speaker_slot"]: _answer(row) for row in rows}


async def answer_by_id(answer_id: UUID, *, lock: bool = False) -> AnswerRow | None:
    """One answer, its row locked if asked for."""
    rows = await sql(
        f"SELECT {_ANSWER_COLUMNS} FROM calendar_answer WHERE id = {{}}{lock_clause() if lock else ''}", answer_id
    )
    return _answer(rows[0]) if rows else None


def undo_url(answer: AnswerRow) -> str:
    """The link that takes back a "no"; it goes out in letters only, and says nothing but "I come after all"."""
    return f"{current_settings().base_url}/answers/{undo_token(answer)}"


def undo_token(answer: AnswerRow) -> str:
    """The secret of that link."""
    return make_link(_UNDO_LINK, answer.id, 1)


async def answer_by_link(token: str, *, lock: bool = False) -> AnswerRow:
    """
    The answer that a link opens, as it stands now.

    Raises:
        NotFound: it is not ours, or what it was about is gone.

    """
    opened = read_link(_UNDO_LINK, token)
    found = await answer_by_id(opened[0], lock=lock) if opened else None
    if found is None:
        raise NotFound(Sentence("This link is no longer valid. Please use the link in your newest letter."))
    return found


async def due_releases(now: datetime, *, limit: int = 200) -> list[tuple[UUID, UUID]]:
    """Answers whose seats are to be given back by now, with their events; the oldest first."""
    rows = await sql(
        "SELECT id, event FROM calendar_answer WHERE release_at <= {} ORDER BY release_at, id LIMIT {}", now, limit
    )
    return [(row["id"], row["event"]) for row in rows]


# The mailbox


class MailboxRow(msgspec.Struct, frozen=True):
    """How far the mailbox was read, and the last self-test."""

    uid_validity: str = ""
    last_uid: str = ""
    looked_at: datetime | None = None
    trouble: str = ""
    test_token: str = ""
    test_sent_at: datetime | None = None
    test_back_at: datetime | None = None


async def mailbox_state() -> MailboxRow:
    """The mailbox as far as it was read."""
    columns = ", ".join(MailboxRow.__struct_fields__)
    rows = await sql(f"SELECT {columns} FROM mailbox WHERE id = 1")
    return MailboxRow(**rows[0]) if rows else MailboxRow()


async def letter_of_test(token: str) -> dict[str, Any] | None:
    """The letter of a self-test: its status and what the relay said."""
    rows = await sql("SELECT status, last_answer FROM letter WHERE dedupe_key = {}", f"mailbox_test:{token}")
    return rows[0] if rows else None
