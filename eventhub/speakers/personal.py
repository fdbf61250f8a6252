"""What the personal link of a speaker opens, profiles, and what somebody has spoken at over the years."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.events.rules import PRIVATE_KINDS, EventStatus
from eventhub.links import make_link, read_link
from eventhub.settings import current_settings
from eventhub.speakers.queries import PROFILE_COLUMNS, with_profile
from eventhub.speakers.rules import SpeakerStatus
from eventhub.words import Sentence

_LINK = "speaker"


class SpeakingRow(msgspec.Struct, frozen=True):
    """One slot as its speaker and the person's letters know it; no gender, and no portrait."""

    id: UUID
    event: UUID
    person: UUID
    name: str
    email: str
    language: str
    role: str
    level: str
    status: str
    link_version: int
    invited_at: datetime | None
    answered_at: datetime | None
    item_id: UUID
    item_title: str
    item_kind: str
    starts_at: datetime
    ends_at: datetime
    room: str
    stands_for: str
    reader_zone: str
    biography: str
    portrait_at: datetime | None
    item_description: str = ""
    item_sequence: int = 0


async def speaking_at(items: Sequence[UUID]) -> list[SpeakingRow]:
    """Everybody with an address who is asked to speak at one of these items and has not declined."""
    if not items:
        return []
    keys = ", ".join("{}" for _ in items)
    rows = await sql(
        f"{_SLOT} WHERE s.programme_item IN ({keys}) AND s.status <> 'declined' AND p.email IS NOT NULL ORDER BY s.id",
        *items,
    )
    return [SpeakingRow(**with_profile(row)) for row in rows]


#: The reader's zone is the one last given with a registration; failing that, that of the member spoken for.
_SLOT = (
    "SELECT s.id AS id, i.event AS event, s.person AS person, p.name AS name, COALESCE(p.email, '') AS email, "
    "p.language AS language, s.role AS role, s.level AS level, s.status AS status, s.link_version AS link_version, "
    "s.invited_at AS invited_at, s.answered_at AS answered_at, i.id AS item_id, i.title AS item_title, "
    "i.kind AS item_kind, i.description AS item_description, i.sequence AS item_sequence, i.starts_at AS starts_at, i.ends_at AS ends_at, i.room AS room, "
    "COALESCE(m.name, '') AS stands_for, COALESCE((SELECT r.time_zone FROM registration r WHERE r.person = p.id "
    "AND r.time_zone <> '' ORDER BY r.registered_at DESC LIMIT 1), m.time_zone, '') AS reader_zone, "
    f"{PROFILE_COLUMNS} FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item JOIN person p ON p.id = s.person "
    "LEFT JOIN member m ON m.id = s.member LEFT JOIN speaker_profile f ON f.person = s.person"
)


def speaking_url(slot_id: UUID, link_version: int) -> str:
    """The personal link of a speaker; it goes out in letters only, and so proves the mailbox."""
    return f"{current_settings().base_url}/speaking/{make_link(_LINK, slot_id, link_version)}"


async def slot_by_link(token: str) -> SpeakingRow:
    """
    The slot that a personal link opens.

    Raises:
        NotFound: the link is not ours, or was replaced, or the speaker was taken off.

    """
    opened = read_link(_LINK, token)
    rows = await sql(f"{_SLOT} WHERE s.id = {{}} AND s.link_version = {{}}", *opened) if opened else []
    if not rows:
        raise NotFound(Sentence("This personal link is not valid. Please use the link in your newest letter."))
    return SpeakingRow(**with_profile(rows[0]))


async def speaking_by_id(slot_id: UUID) -> SpeakingRow:
    """
    One slot with all that staff see of it.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_SLOT} WHERE s.id = {{}}", slot_id)
    if not rows:
        raise NotFound(Sentence("There is no such speaker slot."))
    return SpeakingRow(**with_profile(rows[0]))


async def others_of(slot: SpeakingRow) -> list[SpeakingRow]:
    """What else the same person does at the same event, in the order of the programme."""
    rows = await sql(
        f"{_SLOT} WHERE i.event = {{}} AND s.person = {{}} AND s.id <> {{}} ORDER BY i.starts_at, i.title, s.id",
        slot.event,
        slot.person,
        slot.id,
    )
    return [SpeakingRow(**with_profile(row)) for row in rows]


async def portrait_of(slot_id: UUID, *, public: bool) -> tuple[bytes, datetime]:
    """
    The portrait of a speaker, and when the profile was changed last.

    Args:
        public: Only where everybody sees the speaker: confirmed, and at an event that is public.

    Raises:
        NotFound: there is none, or not for everybody.

    """
    rows = await sql(
        "SELECT f.portrait AS portrait, f.updated_at AS updated_at, s.status AS status, e.status AS event_status, "
        "e.kind AS kind FROM speaker_slot s JOIN speaker_profile f ON f.person = s.person "
        "JOIN programme_item i ON i.id = s.programme_item JOIN event e ON e.id = i.event "
        "WHERE s.id = {} AND f.portrait IS NOT NULL",
        slot_id,
    )
    if rows and public:
        row = rows[0]
        shown = row["event_status"] != EventStatus.DRAFT and row["kind"] not in PRIVATE_KINDS
        if not shown or row["status"] != SpeakerStatus.CONFIRMED:
            rows = []
    if not rows:
        raise NotFound(Sentence("There is no portrait here."))
    return bytes(rows[0]["portrait"]), rows[0]["updated_at"]


class Appearance(msgspec.Struct, frozen=True):
    """One part of somebody in a programme, at whatever event."""

    slot: UUID
    event: UUID
    slug: str
    event_title: str
    event_status: str
    time_zone: str | None
    item_title: str
    starts_at: datetime
    ends_at: datetime
    role: str
    level: str
    status: str
    stands_for: str

    @property
    def stands(self) -> bool:
        """Whether the person is expected there."""
        return self.status != SpeakerStatus.DECLINED and self.event_status != EventStatus.CANCELLED


@dataclass(frozen=True)
class History:
    """What somebody has spoken at, the newest first; `clashes` names what is on at the same time."""

    person: UUID
    name: str
    appearances: list[Appearance]
    clashes: dict[UUID, list[Appearance]]


async def history_of_person(person_id: UUID) -> History:
    """
    Everything that a person has been asked to speak at, over all years; two queries.

    Raises:
        NotFound: there is no such person, or the person was never asked.

    """
    people = await sql("SELECT name FROM person WHERE id = {}", person_id)
    rows = await sql(
        "SELECT s.id AS slot, e.id AS event, e.slug AS slug, e.title AS event_title, e.status AS event_status, "
        "e.time_zone AS time_zone, i.title AS item_title, i.starts_at AS starts_at, i.ends_at AS ends_at, "
        "s.role AS role, s.level AS level, s.status AS status, COALESCE(m.name, '') AS stands_for "
        "FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item JOIN event e ON e.id = i.event "
        "LEFT JOIN member m ON m.id = s.member WHERE s.person = {} ORDER BY i.starts_at DESC, i.title, s.id",
        person_id,
    )
    if not people or not rows:
        raise NotFound(Sentence("Nobody of this address has been asked to speak."))
    appearances = [Appearance(**row) for row in rows]
    return History(person_id, people[0]["name"], appearances, clashes_of(appearances))


def clashes_of(appearances: Sequence[Appearance]) -> dict[UUID, list[Appearance]]:
    """What is on while something else is, by slot; of what the person is expected at only."""
    standing = sorted((a for a in appearances if a.stands), key=lambda a: (a.starts_at, str(a.slot)))
    found: dict[UUID, list[Appearance]] = {}
    for place, one in enumerate(standing):
        for other in standing[place + 1 :]:
            if other.starts_at >= one.ends_at:
                break
            found.setdefault(one.slot, []).append(other)
            found.setdefault(other.slot, []).append(one)
    return found
