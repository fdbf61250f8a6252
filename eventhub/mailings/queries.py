"""Reads of wordings, of planned letters, and of the people whom a letter to a group reaches."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.checkin.queries import join_url
from eventhub.database import Row, sql
from eventhub.delegations.queries import desk_url
from eventhub.errors import NotFound
from eventhub.events.queries import EventRow
from eventhub.events.rules import Mode
from eventhub.mail.rules import Wording
from eventhub.mailings.rules import Audience, Narrowing, due_at
from eventhub.registrations.letters import Reader
from eventhub.registrations.queries import manage_url
from eventhub.registrations.rules import Attends
from eventhub.speakers.personal import speaking_url
from eventhub.words import Sentence


class WordingRow(msgspec.Struct, frozen=True):
    """The wording in force of one kind of letter about one event in one language."""

    id: UUID
    kind: str
    language: str
    subject: str
    body: str
    by: str | None
    written_at: datetime


class PlannedRow(msgspec.Struct, frozen=True):
    """A letter to a group with the times of its event as they stand."""

    id: UUID
    event: UUID
    kind: str
    audience: str
    texts: str
    anchor: str
    minutes: int
    send_at: datetime | None
    status: str
    version: int
    recipients: int | None
    created_at: datetime
    sent_at: datetime | None
    by: str | None
    event_slug: str
    event_title: str
    event_status: str
    time_zone: str | None
    starts_at: datetime | None
    ends_at: datetime | None

    @property
    def due(self) -> datetime | None:
        """When it goes; None: its event has no time yet."""
        return due_at(self.anchor, self.minutes, self.send_at, self.starts_at, self.ends_at)

    @property
    def wordings(self) -> dict[str, Wording]:
        """What staff wrote, by language."""
        return wordings_of(self.texts)

    @property
    def only(self) -> Narrowing:
        """What the audience is narrowed to."""
        return Narrowing(**msgspec.json.decode(self.texts).get(_ONLY, {}))


#: Beside the languages, which have two letters, the texts hold what the audience is narrowed to.
_ONLY = "only"


def packed(texts: dict[str, Wording], only: Narrowing) -> str:
    """Texts and narrowing as a planned letter keeps them."""
    narrowed = {name: value for name, value in asdict(only).items() if value}
    kept: dict[str, Any] = {code: asdict(text) for code, text in sorted(texts.items())}
    return msgspec.json.encode(kept | ({_ONLY: narrowed} if narrowed else {})).decode()


def wordings_of(texts: str) -> dict[str, Wording]:
    """The texts of a planned letter by language."""
    return {code: Wording(**text) for code, text in msgspec.json.decode(texts).items() if code != _ONLY}


async def wordings(event_id: UUID) -> list[WordingRow]:
    """Every wording in force for an event."""
    rows = await sql(
        "SELECT w.id AS id, w.kind AS kind, w.language AS language, w.subject AS subject, w.body AS body, a.name AS by, "
        "w.written_at AS written_at FROM letter_wording w LEFT JOIN account a ON a.id = w.account "
        "WHERE w.event = {} AND w.replaced_at IS NULL ORDER BY w.kind, w.language",
        event_id,
    )
    return [WordingRow(**row) for row in rows]


async def wording_in_force(event_id: UUID, kind: str, language: str) -> WordingRow | None:
    """What staff want a kind of letter about an event to say; None: what it usually says."""
    found = [one for one in await wordings(event_id) if (one.kind, one.language) == (kind, language)]
    return found[0] if found else None


_PLANNED = (
    "SELECT l.id AS id, l.event AS event, l.kind AS kind, l.audience AS audience, l.texts AS texts, "
    "l.anchor AS anchor, l.minutes AS minutes, l.send_at AS send_at, l.status AS status, l.version AS version, "
    "l.recipients AS recipients, l.created_at AS created_at, l.sent_at AS sent_at, a.name AS by, "
    "e.slug AS event_slug, e.title AS event_title, e.status AS event_status, e.time_zone AS time_zone, "
    "e.starts_at AS starts_at, e.ends_at AS ends_at "
    "FROM planned_letter l JOIN event e ON e.id = l.event LEFT JOIN account a ON a.id = l.account"
)


async def planned_of(event_id: UUID) -> list[PlannedRow]:
    """The letters to groups of one event: what is still to come by its time, then the rest, the newest first."""
    rows = [
        PlannedRow(**row) for row in await sql(f"{_PLANNED} WHERE l.event = {{}} ORDER BY l.created_at, l.id", event_id)
    ]
    coming = sorted((row for row in rows if row.status == "planned"), key=_by_due)
    return [*coming, *(row for row in reversed(rows) if row.status != "planned")]


async def planned_waiting() -> list[PlannedRow]:
    """Everything that is still to come, by its time; one query."""
    return sorted((PlannedRow(**row) for row in await sql(f"{_PLANNED} WHERE l.status = 'planned'")), key=_by_due)


def _by_due(row: PlannedRow) -> tuple[bool, float, str]:
    return row.due is None, row.due.timestamp() if row.due else 0.0, str(row.id)


async def planned_by_id(event_id: UUID, planned_id: UUID) -> PlannedRow:
    """
    One letter to a group.

    Raises:
        NotFound: there is none of this event.

    """
    rows = await sql(f"{_PLANNED} WHERE l.id = {{}} AND l.event = {{}}", planned_id, event_id)
    if not rows:
        raise NotFound(Sentence("There is no such letter."))
    return PlannedRow(**rows[0])


class Recipients(msgspec.Struct, frozen=True):
    """
    Whom a letter to a group reaches.

    Attributes:
        found: By the key that keeps anybody from getting it twice.
        opted_out: How many want no such letters.
        without_address: How many have no e-mail address.

    """

    found: dict[str, Reader]
    opted_out: int
    without_address: int


_STATUS = {
    Audience.REGISTERED: "confirmed",
    Audience.WAITING: "waitlisted",
    Audience.PENDING: "pending",
    Audience.ATTENDED: "confirmed",
    Audience.ABSENT: "confirmed",
}
_WAS_THERE = "EXISTS (SELECT 1 FROM attendance t WHERE t.registration = r.id)"
_OPTED_OUT = (
    "(p.id IS NOT NULL AND EXISTS (SELECT 1 FROM opt_out o WHERE o.person = p.id "
    "AND (o.event IS NULL OR o.event = {}))) AS opted_out"
)


async def recipients(event: EventRow, audience: str, only: Narrowing) -> Recipients:
    """Everybody whom a letter reaches as things stand, in the order of their ids; one query."""
    statement, values = _audience(event, audience)
    for column, value in (("language", only.language), ("region", only.region), ("member", only.member)):
        if value:
            statement += f" AND {_COLUMN[audience].get(column, _BY_MEMBER[column])} = {{}}"
            values.append(value)
    if only.attends and audience in _STATUS:
        statement += " AND r.attends = {}"
        values.append(only.attends)
    found: dict[str, Reader] = {}
    opted_out, silent = set[str](), set[str]()
    for row in await sql(f"{statement} ORDER BY id", event.id, *values):
        key = str(row["person"] or row["id"])
        if row["opted_out"]:
            opted_out.add(key)
        elif not row["address"]:
            silent.add(key)
        elif key not in found:
            found[key] = _reader(event, audience, row)
    return Recipients(found, len(opted_out), len(silent))


_BY_MEMBER = {
    "region": "(SELECT g.code FROM region g WHERE g.id = m.region)",
    "member": "m.key",
    "language": "p.language",
}
_COLUMN: dict[str, dict[str, str]] = {
    **{audience: {"language": "r.language"} for audience in _STATUS},
    Audience.SPEAKERS: {},
    Audience.DELEGATIONS: {"language": "d.language"},
    Audience.COHORT: {},
}


def _audience(event: EventRow, audience: str) -> tuple[str, list[Any]]:
    """The people of an audience, with a WHERE that can go on; the first value is the event of the opt-outs."""
    if audience in _STATUS:
        was_there = {Audience.ATTENDED: f" AND {_WAS_THERE}", Audience.ABSENT: f" AND NOT {_WAS_THERE}"}
        return (
            "SELECT r.id AS id, r.person AS person, r.name AS name, COALESCE(p.email, '') AS address, "
            "r.language AS language, r.time_zone AS zone, r.link_version AS link_version, r.attends AS attends, "
            f"r.status AS status, {_OPTED_OUT} FROM registration r JOIN person p ON p.id = r.person "
            "LEFT JOIN member m ON m.id = r.member "
            f"WHERE r.event = {{}} AND r.status = {{}}{was_there.get(Audience(audience), '')}",
            [event.id, _STATUS[Audience(audience)]],
        )
    if audience == Audience.SPEAKERS:
        return (
            "SELECT s.id AS id, s.person AS person, p.name AS name, COALESCE(p.email, '') AS address, "
            "p.language AS language, COALESCE(m.time_zone, '') AS zone, s.link_version AS link_version, "
            f"{_OPTED_OUT} FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item "
            "JOIN person p ON p.id = s.person LEFT JOIN member m ON m.id = s.member "
            "WHERE i.event = {} AND s.status IN ('invited', 'confirmed')",
            [event.id],
        )
    if audience == Audience.DELEGATIONS:
        return (
            "SELECT d.id AS id, p.id AS person, d.contact_name AS name, d.contact_email AS address, "
            f"d.language AS language, COALESCE(m.time_zone, '') AS zone, d.link_version AS link_version, {_OPTED_OUT} "
            "FROM delegation d JOIN member m ON m.id = d.member LEFT JOIN person p ON p.email_key = LOWER(d.contact_email) "
            "WHERE d.event = {} AND d.invited_at IS NOT NULL",
            [event.id],
        )
    return (
        "SELECT q.id AS id, q.person AS person, p.name AS name, COALESCE(p.email, '') AS address, "
        f"p.language AS language, COALESCE(m.time_zone, '') AS zone, {_OPTED_OUT} "
        "FROM lab_session x JOIN lab_participant q ON q.lab = x.lab JOIN person p ON p.id = q.person "
        "LEFT JOIN member m ON m.id = q.member WHERE x.event = {}",
        [event.id],
    )


def _reader(event: EventRow, audience: str, row: Row) -> Reader:
    manage = join = ""
    if audience in _STATUS:
        manage = manage_url(row["id"], row["link_version"], by_letter=True)
        joins = row["attends"] == Attends.ONLINE or event.mode == Mode.ONLINE
        if joins and row["status"] == "confirmed" and event.starts_at:
            join = join_url(row["id"], row["link_version"])
    elif audience == Audience.SPEAKERS:
        manage = speaking_url(row["id"], row["link_version"])
    elif audience == Audience.DELEGATIONS:
        manage = desk_url(row["id"], row["link_version"])
    return Reader(
        person_id=row["person"], name=row["name"], address=row["address"], language=row["language"],
        reader_zone=row["zone"] or "", manage_url=manage, join_url=join,
    )  # fmt: skip


async def has_cohort(event_id: UUID) -> bool:
    """Whether an event is the session of a lab."""
    return bool(await sql("SELECT 1 AS one FROM lab_session WHERE event = {}", event_id))


async def region_choices() -> list[tuple[str, str]]:
    """Codes and names of the regions."""
    return [(row["code"], row["name"]) for row in await sql("SELECT code, name FROM region ORDER BY name")]


async def letters_by_kind(event_id: UUID) -> list[Row]:
    """How many letters of each kind about an event stand where, and when the newest was written; one query."""
    return await sql(
        "SELECT kind, status, COUNT(*) AS n FROM letter WHERE event = {} GROUP BY kind, status ORDER BY kind, status",
        event_id,
    )


class Somebody(msgspec.Struct, frozen=True):
    """Whose letter a preview shows, without links of theirs."""

    key: str
    name: str
    language: str
    zone: str
    item: UUID | None = None
    member: str = ""


async def somebodies(event_id: UUID) -> list[Somebody]:
    """People and desks of an event whose letter can be looked at, a few of each sort; three queries."""
    few = 15
    registered = await sql(
        "SELECT id, name, language, time_zone AS zone FROM registration WHERE event = {} "
        "AND status IN ('pending', 'offered', 'waitlisted', 'confirmed') ORDER BY registered_at, id LIMIT {}",
        event_id, few,
    )  # fmt: skip
    speakers = await sql(
        "SELECT s.id AS id, p.name AS name, p.language AS language, '' AS zone, s.programme_item AS item FROM speaker_slot s "
        "JOIN programme_item i ON i.id = s.programme_item JOIN person p ON p.id = s.person "
        "WHERE i.event = {} AND s.status <> 'declined' ORDER BY s.id LIMIT {}",
        event_id, few,
    )  # fmt: skip
    desks = await sql(
        "SELECT d.id AS id, COALESCE(NULLIF(d.contact_name, ''), m.name) AS name, d.language AS language, "
        "m.time_zone AS zone, m.name AS member FROM delegation d JOIN member m ON m.id = d.member WHERE d.event = {} ORDER BY m.name, d.id LIMIT {}",
        event_id, few,
    )  # fmt: skip
    return [
        Somebody(
            f"{sort}:{row['id']}",
            row["name"],
            row["language"],
            row["zone"] or "",
            row.get("item"),
            row.get("member") or "",
        )
        for sort, rows in (("registration", registered), ("speaker", speakers), ("delegation", desks))
        for row in rows
    ]
