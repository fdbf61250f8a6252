"""Line-ups: who speaks where, and how many women and men that makes."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.directory.rules import Gender, Level
from eventhub.errors import NotFound
from eventhub.events.queries import EventRow, event_by_id
from eventhub.speakers.rules import (
    COUNTED_STATUSES,
    Counts,
    LineUp,
    ParityCheck,
    SpeakerStatus,
    check_event,
)
from eventhub.words import Sentence


class SlotRow(msgspec.Struct, frozen=True):
    """One speaker slot as pages show it; nobody's gender is in it."""

    id: UUID
    programme_item: UUID
    person: UUID
    name: str
    role: str
    level: str
    status: str
    member_key: str | None
    member_name: str | None
    biography: str = ""
    portrait_at: datetime | None = None


#: A profile without the picture itself, which is as large as the rest of a page.
PROFILE_COLUMNS = (
    "COALESCE(f.biography, '') AS biography, CASE WHEN f.portrait IS NOT NULL THEN f.updated_at END AS portrait_at"
)


def with_profile(row: Row) -> Row:
    """A row with PROFILE_COLUMNS; SQLite knows the type of columns, not of expressions."""
    if isinstance(row["portrait_at"], str):
        row["portrait_at"] = datetime.fromisoformat(row["portrait_at"])
    return row


async def speakers_of(event_id: UUID, *, confirmed_only: bool = False) -> dict[UUID, list[SlotRow]]:
    """Speaker slots by programme item, by name; those who declined last."""
    only = " AND s.status = 'confirmed'" if confirmed_only else ""
    rows = await sql(
        "SELECT s.id AS id, s.programme_item AS programme_item, s.person AS person, p.name AS name, s.role AS role, "
        "s.level AS level, s.status AS status, m.key AS member_key, m.name AS member_name, "
        f"{PROFILE_COLUMNS} FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item "
        "JOIN person p ON p.id = s.person LEFT JOIN member m ON m.id = s.member "
        f"LEFT JOIN speaker_profile f ON f.person = s.person WHERE i.event = {{}}{only}",
        event_id,
    )
    slots = sorted(
        (SlotRow(**with_profile(row)) for row in rows), key=lambda s: (s.status == SpeakerStatus.DECLINED, s.name, s.id)
    )
    found: dict[UUID, list[SlotRow]] = defaultdict(list)
    for slot in slots:
        found[slot.programme_item].append(slot)
    return dict(found)


async def parity_of(event_id: UUID, *, exempt_reason: str = "") -> ParityCheck:
    """The parity check of an event; two queries whatever its size."""
    return (await parity_of_events({event_id: exempt_reason}))[event_id]


async def parity_of_events(exempt_reasons: dict[UUID, str]) -> dict[UUID, ParityCheck]:
    """The parity checks of several events; two queries whatever their number."""
    from eventhub.settings import current_settings

    if not exempt_reasons:
        return {}
    marks = ", ".join("{}" for _ in exempt_reasons)
    items = await sql(
        f"SELECT id, event, title, parity_exempt_reason FROM programme_item WHERE event IN ({marks}) ORDER BY starts_at, title, id",
        *exempt_reasons,
    )
    slots = await sql(
        "SELECT s.programme_item AS item, i.event AS event, s.person AS person, s.role AS role, s.level AS level, "
        "s.status AS status, COALESCE(g.gender, 'undisclosed') AS gender "
        "FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item "
        f"LEFT JOIN gender_statement g ON g.person = s.person WHERE i.event IN ({marks})",
        *exempt_reasons,
    )
    counted_roles = current_settings().counted_roles
    standing = [slot for slot in slots if slot["status"] in COUNTED_STATUSES]
    by_item: dict[UUID, list[Row]] = defaultdict(list)
    by_event: dict[UUID, list[Row]] = defaultdict(list)
    for slot in standing:
        by_item[slot["item"]].append(slot)
        by_event[slot["event"]].append(slot)
    line_ups: dict[UUID, list[LineUp]] = defaultdict(list)
    for item in items:
        here = by_item[item["id"]]
        counted = counts_of(slot for slot in here if slot["role"] in counted_roles)
        line_ups[item["event"]].append(
            LineUp(str(item["id"]), item["title"], counted, counts_of(here), item["parity_exempt_reason"])
        )
    checks = {}
    for event_id, exempt in exempt_reasons.items():
        here = by_event[event_id]
        counted_here = [slot for slot in here if slot["role"] in counted_roles]
        checks[event_id] = check_event(
            line_ups[event_id],
            everybody=_each_once(counted_here),
            political=_each_once(slot for slot in counted_here if slot["level"] == Level.POLITICAL),
            with_moderators=(_each_once(here), _each_once(slot for slot in here if slot["level"] == Level.POLITICAL)),
            exempt_reason=exempt,
            minimum_share=current_settings().parity_minimum_share,
        )
    return checks


def _each_once(slots: Iterable[Row]) -> Counts:
    return counts_of({slot["person"]: slot for slot in slots}.values())


def counts_of(slots: Iterable[Row]) -> Counts:
    """Count people by what they stated; the rows must hold each person once."""
    found: dict[str, int] = defaultdict(int)
    for slot in slots:
        found[slot["gender"]] += 1
    return Counts(
        women=found[Gender.WOMAN],
        men=found[Gender.MAN],
        others=found[Gender.NON_BINARY],
        undisclosed=found[Gender.UNDISCLOSED],
    )


async def exceptions_of(event_id: UUID) -> list[Row]:
    """Parity exceptions of an event with who granted them, newest first."""
    return await sql(
        "SELECT x.reason AS reason, x.findings AS findings, x.granted_at AS granted_at, a.name AS account_name "
        "FROM parity_exception x JOIN account a ON a.id = x.account WHERE x.event = {} ORDER BY x.granted_at DESC",
        event_id,
    )


async def slot_by_id(slot_id: UUID) -> tuple[SlotRow, EventRow]:
    """
    One speaker slot with its event.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(
        "SELECT i.event AS event, s.id AS id, s.programme_item AS programme_item, s.person AS person, p.name AS name, "
        "s.role AS role, s.level AS level, s.status AS status, m.key AS member_key, m.name AS member_name "
        "FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item JOIN person p ON p.id = s.person "
        "LEFT JOIN member m ON m.id = s.member WHERE s.id = {}",
        slot_id,
    )
    if not rows:
        raise NotFound(Sentence("There is no such speaker slot."))
    event_id = rows[0].pop("event")
    return SlotRow(**rows[0]), await event_by_id(event_id)
