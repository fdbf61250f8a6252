"""Reads of the organisers: the people of one event narrowed and sorted, and the same as a table."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.directory.rules import Level
from eventhub.events.queries import EventRow
from eventhub.events.zones import as_instant
from eventhub.questions.queries import answer_counts, columns_for, decoded, questions_of
from eventhub.questions.rules import answer_cell
from eventhub.registrations.rules import Attends, RegistrationStatus
from eventhub.streaming import lines_in_parts

#: Identifiers in one statement; both engines take several hundred.
AT_ONCE = 200


class ListedRow(msgspec.Struct, frozen=True):
    """One registration as the list shows it; no gender, and no more of the access needs than that there are some."""

    id: UUID
    name: str
    email: str
    status: str
    queue_place: int | None
    attends: str
    level: str | None
    stands_for: str
    registered_at: Any
    has_needs: bool
    attended: bool


class StaffFilter(msgspec.Struct, frozen=True):
    """What the list is narrowed to and sorted by; what is none of the known words narrows nothing."""

    status: str = ""
    attends: str = ""
    level: str = ""
    attended: str = ""
    needs: str = ""
    region: str = ""
    member: str = ""
    q: str = ""
    sort: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order was chosen."""
        return any(getattr(self, name) for name in self.__struct_fields__ if name != "sort")

    @property
    def fields(self) -> dict[str, str]:
        """What has to be sent to get the same list again."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name))}


#: Statuses in the order in which people work through them.
_STATUS_ORDER = (
    "CASE r.status WHEN 'pending' THEN 1 WHEN 'offered' THEN 2 WHEN 'waitlisted' THEN 3 WHEN 'confirmed' THEN 4 "
    "WHEN 'declined' THEN 5 ELSE 6 END"
)
_STANDS_FOR = "COALESCE(m.name, r.organisation)"
#: What the list may be sorted by; with “-” before it the other way round.
ORDERS = {
    "name": "LOWER(r.name)",
    "time": "r.registered_at",
    "status": f"{_STATUS_ORDER} {{way}}, COALESCE(r.queue_place, 0)",
    "member": f"CASE WHEN {_STANDS_FOR} = '' THEN 1 ELSE 0 END, LOWER({_STANDS_FOR})",
}


def _order(sort: str) -> str:
    """The order that was chosen, or else that of the queue."""
    way = "DESC" if sort.startswith("-") else "ASC"
    chosen = ORDERS.get(sort.removeprefix("-"))
    if chosen is None:
        return "COALESCE(r.queue_place, 0), r.registered_at, r.id"
    return f"{chosen.replace('{way}', way)} {way}, r.registered_at, r.id"


def staff_filter(given: dict[str, str]) -> StaffFilter:
    """The filter of an address or a form; words that mean nothing are left out."""

    def one(name: str, known: Iterable[str]) -> str:
        word = given.get(name, "")
        return word if word in set(known) else ""

    def text(name: str, longest: int) -> str:
        return given.get(name, "").replace("\x00", "")[:longest]

    return StaffFilter(
        status=one("status", RegistrationStatus),
        attends=one("attends", Attends),
        level=one("level", [*Level, "none"]),
        attended=one("attended", ("yes", "no")),
        needs=one("needs", ("yes",)),
        region=text("region", 40),
        member=text("member", 80),
        q=text("q", 100),
        sort=one("sort", [f"{sign}{name}" for name in ORDERS for sign in ("", "-")]),
    )


def _conditions(event_id: UUID, wanted: StaffFilter) -> tuple[str, list[Any]]:
    parts: list[str] = ["r.event = {}"]
    values: list[Any] = [event_id]
    for name in ("status", "attends"):
        if value := getattr(wanted, name):
            parts.append(f"r.{name} = {{}}")
            values.append(value)
    if wanted.level == "none":
        parts.append("r.level IS NULL")
    elif wanted.level:
        parts.append("r.level = {}")
        values.append(wanted.level)
    if wanted.attended:
        negation = "" if wanted.attended == "yes" else "NOT "
        parts.append(f"{negation}EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id)")
    if wanted.needs:
        parts.append("r.access_needs <> ''")
    if wanted.region:
        parts.append("m.region = (SELECT id FROM region WHERE code = {})")
        values.append(wanted.region)
    if wanted.member == "none":
        parts.append("r.member IS NULL")
    elif wanted.member:
        parts.append("m.key = {}")
        values.append(wanted.member)
    for word in wanted.q.split()[:5]:
        # SQLite lowers only ASCII letters, so “élodie” is looked for as “Élodie” and “ÉLODIE” as well.
        fields = ("LOWER(r.name)", "r.name", "r.name", "p.email_key", "LOWER(r.organisation)", "m.name_folded")
        forms = (word.lower(), word.capitalize(), word.upper(), word.casefold(), word.lower(), word.lower())
        parts.append("(" + " OR ".join(f"{field} LIKE {{}} ESCAPE '!'" for field in fields) + ")")
        values += [f"%{_literal(form)}%" for form in forms]
    return " AND ".join(parts), values


def _literal(text: str) -> str:
    """Text for LIKE with its wildcards taken literally."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


_FROM = "FROM registration r JOIN person p ON p.id = r.person LEFT JOIN member m ON m.id = r.member"
_LISTED = (
    "SELECT r.id AS id, r.name AS name, COALESCE(p.email, '') AS email, r.status AS status, "
    "r.queue_place AS queue_place, r.attends AS attends, r.level AS level, "
    f"{_STANDS_FOR} AS stands_for, r.registered_at AS registered_at, "
    "CASE WHEN r.access_needs <> '' THEN 1 ELSE 0 END AS has_needs, "
    f"CASE WHEN EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id) THEN 1 ELSE 0 END AS attended {_FROM}"
)


def _listed(row: Row) -> ListedRow:
    return ListedRow(**{**row, "has_needs": bool(row["has_needs"]), "attended": bool(row["attended"])})


async def listed(event_id: UUID, wanted: StaffFilter, *, limit: int, offset: int = 0) -> tuple[list[ListedRow], int]:
    """A part of an event's registrations, and how many match; two queries whatever the size."""
    condition, values = _conditions(event_id, wanted)
    rows = await sql(
        f"{_LISTED} WHERE {condition} ORDER BY {_order(wanted.sort)} LIMIT {{}} OFFSET {{}}", *values, limit, offset
    )
    total = await sql(f"SELECT COUNT(*) AS n {_FROM} WHERE {condition}", *values)
    return [_listed(row) for row in rows], int(total[0]["n"])


async def matching(event_id: UUID, wanted: StaffFilter) -> list[UUID]:
    """Everybody who matches, in the order of the queue and then of registration; one query."""
    condition, values = _conditions(event_id, wanted)
    rows = await sql(f"SELECT r.id AS id {_FROM} WHERE {condition} ORDER BY {_order('')}", *values)
    return [UUID(str(row["id"])) for row in rows]


async def chosen(event_id: UUID, ids: Sequence[UUID]) -> list[ListedRow]:
    """
    Those of an event among some registrations, in the order of the queue and then of registration.

    One query for each 200; what belongs to another event is left out.
    """
    found: list[ListedRow] = []
    for part in parts_of(ids):
        marks = ", ".join("{}" for _ in part)
        found += [
            _listed(row) for row in await sql(f"{_LISTED} WHERE r.event = {{}} AND r.id IN ({marks})", event_id, *part)
        ]
    return sorted(found, key=lambda one: (one.queue_place or 0, one.registered_at, one.id.hex))


def parts_of(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """A long list in parts that one statement takes."""
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


async def members_and_regions(event_id: UUID) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Keys and names of the members that people of an event stand for, and of their regions; one query."""
    rows = await sql(
        "SELECT DISTINCT m.key AS key, m.name AS name, m.name_folded AS folded, g.code AS code, g.name AS region "
        "FROM registration r JOIN member m ON m.id = r.member JOIN region g ON g.id = m.region WHERE r.event = {} "
        "ORDER BY folded, key",
        event_id,
    )
    regions = sorted({(row["code"], row["region"]) for row in rows}, key=lambda pair: pair[1])
    return [(row["key"], row["name"]) for row in rows], regions


async def more_of(registration_id: UUID) -> Row:
    """What only the page of one registration shows: access needs, reason of the decision, role, pool."""
    rows = await sql(
        "SELECT r.access_needs AS access_needs, r.decision_reason AS decision_reason, r.role AS role, "
        "r.offer_until AS offer_until, r.replaces AS replaces, o.name AS pool_name, "
        "g.name AS region_name, m.key AS member_key, "
        "(SELECT n.id FROM registration n WHERE n.replaces = r.id ORDER BY n.registered_at LIMIT 1) "
        "AS replaced_by FROM registration r JOIN seat_pool o ON o.id = r.pool LEFT JOIN member m ON m.id = r.member "
        "LEFT JOIN region g ON g.id = m.region WHERE r.id = {}",
        registration_id,
    )
    return rows[0]


async def attendance_rows(registration_id: UUID) -> list[Row]:
    """Where somebody was: the event and items of its programme, with how long in a video conference."""
    return await sql(
        "SELECT a.mode AS mode, a.source AS source, a.recorded_at AS recorded_at, a.minutes AS minutes, "
        "i.title AS item FROM attendance a LEFT JOIN programme_item i ON i.id = a.programme_item "
        "WHERE a.registration = {} ORDER BY a.recorded_at, a.id",
        registration_id,
    )


# A table for download

LIST_COLUMNS = (
    "name", "email", "status", "queue_place", "attends", "level", "member", "region", "organisation", "city", "country",
    "language", "role", "access_needs", "registered_at", "attended",
)  # fmt: skip


async def list_table(
    event: EventRow, wanted: StaffFilter, ids: Sequence[UUID] | None = None
) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """
    The registrations that match, or those chosen, as rows of a file; times are in the zone of the event.

    They are read while they are written; see `lines_in_parts`.

    Each question of the event has a column; a retired one too, if somebody has answered it.

    Args:
        ids: Those chosen one by one; None: everybody who matches.

    """
    condition, values = _conditions(event.id, wanted)
    select = (
        "SELECT r.id AS id, r.name AS name, p.email AS email, r.status AS status, r.queue_place AS queue_place, "
        "r.attends AS attends, r.level AS level, m.key AS member, g.code AS region, r.organisation AS organisation, "
        "r.city AS city, r.country AS country, r.language AS language, r.role AS role, "
        "r.access_needs AS access_needs, r.registered_at AS registered_at, r.answers AS answers, "
        "CASE WHEN EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id) THEN 'yes' ELSE 'no' END "
        f"AS attended {_FROM} LEFT JOIN region g ON g.id = m.region"
    )
    if ids is None:
        keys = await sql(f"SELECT r.id AS id {_FROM} WHERE {condition} ORDER BY {_order(wanted.sort)}", *values)
        ids = [row["id"] for row in keys]
    questions = await questions_of(event.id, with_retired=True)
    if any(question.is_retired for question in questions):
        counts = await answer_counts(event.id)
        questions = [question for question in questions if not question.is_retired or counts.get(question.id)]
    columns = columns_for(questions, LIST_COLUMNS, event.language)

    def cells(row: Row) -> Iterator[object]:
        given = decoded(row["answers"]) if questions else {}
        for name in LIST_COLUMNS:
            yield as_instant(row[name], event.time_zone) if name == "registered_at" else row[name]
        for question in questions:
            yield answer_cell(question, given.get(question.id), event.language)

    async def read(part: Sequence[UUID]) -> list[Sequence[object]]:
        marks = ", ".join("{}" for _ in part)
        rows = await sql(f"{select} WHERE r.event = {{}} AND r.id IN ({marks})", event.id, *part)
        by_id = {row["id"]: row for row in rows}
        return [tuple(cells(by_id[key])) for key in part if key in by_id]

    return (*LIST_COLUMNS, *columns.values()), lines_in_parts(ids, read)
