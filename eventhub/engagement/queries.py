"""Reads of the engagement matrix, of activation by quarter, and of what stands behind a cell. Genders are never read here."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from eventhub.database import Row, offloaded, sql
from eventhub.directory.membership import at, belonged
from eventhub.engagement.columns import columns_of
from eventhub.engagement.counts import (
    PILOT_KIND,
    STANDS_FOR,
    Span,
    activity,
    campaigns_of_the_day,
    chosen_events,
    computed,
)
from eventhub.engagement.rules import (
    Activation,
    ActivationRow,
    Cell,
    Column,
    EngagementMatrix,
    MemberRow,
    Value,
    belongs_in,
    belongs_on,
    nothing,
    quarter_ends,
    read_value,
    suggested,
)
from eventhub.errors import NotFound
from eventhub.statistics.kept import kept
from eventhub.statistics.reading import SPEAKS
from eventhub.words import Sentence

#: Rows of a list on a page of one member; there are more only in the file.
MOST_SHOWN = 200


async def engagement_of(year: int) -> EngagementMatrix:
    """
    The engagement matrix of a year by member's name; nine queries whatever its size.

    Rows are the members that belonged to the association at some time of the
    year, or those that a printed matrix of it lists; associate and honorary
    members are no rows.
    """

    async def count() -> EngagementMatrix:
        async with offloaded():
            return await _matrix(year, _whole(year))

    return await kept("engagement", year, count=count)


async def activation_of(year: int, quarter: int) -> Activation:
    """
    Which members are activated at the end of a quarter, by name: as confirmed, else as activity suggests.

    Activity is counted from the beginning of the year; whoever was confirmed
    in an earlier quarter stays activated. What was typed in or imported has no
    date within the year, so it speaks for the last quarter only.
    """
    ends_on = quarter_ends(year, quarter)
    async with offloaded():
        matrix = await _matrix(year, Span(year, date(year, 1, 1), ends_on + timedelta(days=1)))
        said = await _confirmed(year)
    rows = []
    for row in matrix.rows:
        if not row.is_member_at_end:
            continue
        of_member = said.get(row.key, {})
        before = any(of_member[q]["is_active"] for q in of_member if q < quarter)
        now = of_member.get(quarter)
        rows.append(
            ActivationRow(
                row.key,
                row.name,
                bool(row.cells["activated"].computed) or before,
                bool(now["is_active"]) if now else None,
                now["comment"] if now else "",
                (now["account_name"] or "") if now else "",
                now["confirmed_at"] if now else None,
            )
        )
    return Activation(year, quarter, ends_on, tuple(rows))


@dataclass(frozen=True)
class Absent:
    """One member that sent nobody to any event of a year."""

    key: str
    name: str
    region: str
    activated: bool


async def members_that_sent_nobody(year: int) -> tuple[Absent, ...]:
    """
    Members of the year for which nobody attended or spoke at any published event, by name.

    Events of others and umbrella events count here as well: whoever came, came.
    A cell that was typed in or imported counts too, where it is about being there.
    """
    matrix = await engagement_of(year)
    async with offloaded():
        there = {row["member"] for row in await _present_anywhere(_whole(year))}
        regions = {
            row["key"]: row["region"]
            for row in await sql("SELECT m.key AS key, r.name AS region FROM member m JOIN region r ON r.id = m.region")
        }
    return tuple(
        Absent(row.key, row.name, regions.get(row.key, ""), bool(row.cells["activated"].value))
        for row in matrix.rows
        if row.key not in there
        and not any(row.cells[column.code].value for column in matrix.columns if column.presence)
    )


def _whole(year: int) -> Span:
    return Span(year, date(year, 1, 1), date(year + 1, 1, 1))


async def _present_anywhere(span: Span) -> list[Row]:
    """Keys of members for which anybody attended or spoke at any published event."""
    return await sql(
        "WITH c AS (SELECT id FROM event WHERE starts_on >= {} AND starts_on < {} AND status = 'published'), "
        "there AS (SELECT r.member AS member FROM c JOIN registration r ON r.event = c.id WHERE r.has_attended "
        "UNION SELECT s.member FROM c JOIN programme_item i ON i.event = c.id "
        "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.status = 'confirmed') "
        "SELECT m.key AS member FROM there t JOIN member m ON m.id = t.member",
        span.first,
        span.end,
    )


async def _matrix(year: int, span: Span) -> EngagementMatrix:
    columns = columns_of(year)
    done = await activity(span)
    given = {column.code: computed(done, column) for column in columns}
    stated = await _stated(year, columns) if span.is_whole else {}
    confirmed = await _confirmed(year)
    members = await _members(year, span.end - timedelta(days=1))
    has_listing = any(row["listed"] for row in members)
    rows = []
    for member in members:
        key = member["key"]
        is_row = member["listed"] if has_listing else belongs_in(member["joined_year"], member["left_on"], year)
        acted = any(values and values.get(key) for values in given.values())
        if not (is_row or acted or key in stated):
            continue
        cells = {column.code: _cell(column, given[column.code], key, stated) for column in columns}
        latest = max(confirmed.get(key, {}).items(), default=None, key=lambda pair: pair[0])
        cells["activated"] = Cell(
            computed=suggested(columns, cells), stated=int(bool(latest[1]["is_active"])) if latest else None
        )
        rows.append(
            MemberRow(
                key,
                member["name"],
                cells,
                is_new=bool(member["listed_new"]) or member["joined_year"] == year,
                is_board_member=bool(member["on_board"]),
                is_member_at_end=_is_member_on(member, has_listing, span.end - timedelta(days=1)),
            )
        )
    return EngagementMatrix(year, columns, tuple(rows))


def _cell(
    column: Column, given: Mapping[str, Value] | None, key: str, stated: Mapping[str, Mapping[str, Value]]
) -> Cell:
    empty = nothing(column)
    return Cell(empty, None if given is None else given.get(key, empty), stated.get(key, {}).get(column.code))


def _is_member_on(member: Row, has_listing: bool, day: date) -> bool:
    """Whether a member belongs on a day; where a printed matrix lists the members of the year, that says so."""
    if not has_listing:
        return member["kind_at_end"] == "member" and belongs_on(member["joined_year"], member["left_on"], day)
    left_on = member["left_on"]
    return bool(member["listed"]) and not (left_on and date(day.year, 1, 1) <= left_on < day)


async def _members(year: int, last: date) -> list[Row]:
    """
    All members by name: whether the printed matrix lists them, whether they sat on the board, what they were at the end.

    Args:
        year: The year of the matrix.
        last: The last day of the part of it that is asked for.

    """
    return await sql(
        "SELECT m.id AS id, m.key AS key, m.name AS name, m.joined_year AS joined_year, m.left_on AS left_on, "
        "CASE WHEN g.id IS NULL THEN 0 ELSE 1 END AS listed, COALESCE(g.is_new, false) AS listed_new, "
        "CASE WHEN EXISTS (SELECT 1 FROM seat s JOIN statutory_body b ON b.id = s.body WHERE s.member = m.id "
        "AND b.code = 'board_of_directors' AND s.starts_on < {} AND (s.ends_on IS NULL OR s.ends_on >= {})) "
        f"THEN 1 ELSE 0 END AS on_board, {at('kind', '{}')} AS kind_at_end FROM member m "
        "LEFT JOIN engagement_listing g ON g.member = m.id AND g.year = {} "
        f"WHERE {at('kind', '{}')} = 'member' OR {at('kind', '{}')} = 'member' ORDER BY m.name_folded, m.key",
        date(year + 1, 1, 1),
        date(year, 1, 1),
        last,
        year,
        date(year, 1, 1),
        date(year, 12, 31),
    )


async def _stated(year: int, columns: tuple[Column, ...]) -> dict[str, dict[str, Value]]:
    """What was typed in or imported, by member key and code."""
    known = {column.code: column for column in columns}
    found: dict[str, dict[str, Value]] = defaultdict(dict)
    for row in await sql(
        "SELECT m.key AS member, c.code AS code, c.value AS value FROM engagement_cell c "
        "JOIN member m ON m.id = c.member WHERE c.year = {}",
        year,
    ):
        if row["code"] in known:
            found[row["member"]][row["code"]] = read_value(known[row["code"]], row["value"], year)
    return found


async def _confirmed(year: int) -> dict[str, dict[int, Row]]:
    """What staff have confirmed of each member, by key and quarter; what was replaced since is left out."""
    found: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in await sql(
        "SELECT m.key AS member, x.quarter AS quarter, x.is_active AS is_active, x.comment AS comment, "
        "a.name AS account_name, x.confirmed_at AS confirmed_at FROM activation x JOIN member m ON m.id = x.member "
        "LEFT JOIN account a ON a.id = x.account WHERE x.year = {} AND x.replaced_at IS NULL",
        year,
    ):
        found[row["member"]][row["quarter"]] = row
    return found


# What stands behind the row of one member


@dataclass(frozen=True)
class EventAttended:
    """An event that somebody attended for a member; `names` is empty for readers who may not see people."""

    slug: str
    title: str
    starts_on: date
    kind: str
    people: int
    names: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class PartTaken:
    """A part of a programme that somebody had for a member, or an event that it hosted or proposed."""

    slug: str
    title: str
    starts_on: date
    role: str
    name: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class LabJoined:
    """A Solutions Lab or pilot project of a member."""

    slug: str
    name: str
    role: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class CellSaid:
    """What was typed in or imported for a cell, by whom and when."""

    code: str
    value: str
    source: str
    account_name: str
    stated_at: datetime


@dataclass(frozen=True)
class ActivationSaid:
    """One confirmation; `replaced_at` is set once a later one holds."""

    quarter: int
    is_active: bool
    comment: str
    account_name: str
    confirmed_at: datetime
    replaced_at: datetime | None


@dataclass(frozen=True)
class MemberEngagement:
    """Everything that made the row of one member in the matrix of a year."""

    year: int
    columns: tuple[Column, ...]
    row: MemberRow
    events: tuple[EventAttended, ...]
    parts: tuple[PartTaken, ...]
    labs: tuple[LabJoined, ...]
    said: tuple[CellSaid, ...]
    activations: tuple[ActivationSaid, ...]


async def member_engagement(year: int, key: str, *, people: bool) -> MemberEngagement:
    """
    What stands behind the row of a member.

    Args:
        people: Whether names of people are read at all.

    Raises:
        NotFound: the member is not in the matrix of the year.

    """
    matrix = await engagement_of(year)
    row = next((one for one in matrix.rows if one.key == key), None)
    if row is None:
        raise NotFound(Sentence("There is no such member in the engagement matrix of %(year)s.", year=str(year)))
    span = _whole(year)
    async with offloaded():
        member: UUID = (await sql("SELECT id FROM member WHERE key = {}", key))[0]["id"]
        chosen, values = chosen_events(span, await campaigns_of_the_day(span))
        return MemberEngagement(
            year,
            matrix.columns,
            row,
            await _events_of(chosen, values, span, member, matrix.columns, people),
            await _parts_of(chosen, values, span, member, people),
            await _labs_of(year, member),
            await _said_of(year, member),
            await _activations_of(year, member),
        )


async def _events_of(
    chosen: str, values: list[Any], span: Span, member: UUID, columns: tuple[Column, ...], people: bool
) -> tuple[EventAttended, ...]:
    name = "r.name" if people else "''"
    rows = await sql(
        f"WITH {chosen} SELECT c.slug AS slug, c.title AS title, c.starts_on AS starts_on, c.kind AS kind, "
        f"c.is_own AS is_own, c.is_wmd AS is_wmd, c.is_annual AS is_annual, {name} AS name FROM chosen c "
        "JOIN registration r ON r.event = c.id AND r.member = {} JOIN member m ON m.id = r.member "
        f"WHERE {STANDS_FOR} AND EXISTS (SELECT 1 FROM attendance a WHERE a.registration = r.id) "
        "ORDER BY c.starts_on, c.slug, r.name, r.id",
        *values,
        member,
        span.year,
    )
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["slug"]].append(row)
    return tuple(
        EventAttended(
            slug,
            found[0]["title"],
            found[0]["starts_on"],
            found[0]["kind"],
            len(found),
            tuple(one["name"] for one in found) if people else (),
            tuple(column.code for column in columns if _counts_event(column, found[0])),
        )
        for slug, found in grouped.items()
    )


def _counts_event(column: Column, event: Row) -> bool:
    """Whether a column counts an event at which somebody was; the same questions as in counts.py."""
    match column.count:
        case "attended":
            return bool(event["is_own"]) and (not column.kinds or event["kind"] in column.kinds)
        case "annual":
            return bool(event["is_annual"])
        case "bilateral":
            return bool(event["kind"] == "bilateral")
        case "wmd_attended":
            return bool(event["is_wmd"])
        case _:
            return False


async def _parts_of(
    chosen: str, values: list[Any], span: Span, member: UUID, people: bool
) -> tuple[PartTaken, ...]:  # fmt: skip
    name = "s.name" if people else "''"
    rows = await sql(
        f"WITH {chosen}, part AS (SELECT c.id AS event, s.role AS role, q.name AS name, "
        f"CASE WHEN c.is_own = 1 AND {SPEAKS} THEN 1 ELSE 0 END AS speaks FROM chosen c "
        "JOIN programme_item i ON i.event = c.id JOIN speaker_slot s ON s.programme_item = i.id "
        "JOIN person q ON q.id = s.person WHERE s.member = {} AND s.status = 'confirmed' "
        "UNION SELECT id, 'host', '', 0 FROM chosen WHERE host_member = {} "
        "UNION SELECT c.id, 'proposed', '', 0 FROM chosen c JOIN campaign_submission x ON x.event = c.id "
        "WHERE x.member = {} AND x.status = 'accepted') "
        "SELECT c.slug AS slug, c.title AS title, c.starts_on AS starts_on, c.is_wmd AS is_wmd, c.kind AS kind, "
        f"s.role AS role, {name} AS name, s.speaks AS speaks FROM part s JOIN chosen c ON c.id = s.event "
        f"JOIN member m ON m.id = {{}} WHERE {STANDS_FOR} ORDER BY c.starts_on, c.slug, s.role, s.name",
        *values,
        member,
        member,
        member,
        member,
        span.year,
    )
    return tuple(
        PartTaken(
            row["slug"],
            row["title"],
            row["starts_on"],
            row["role"],
            row["name"],
            tuple(
                code
                for code, counted in (
                    ("bilateral_meetings", row["kind"] == "bilateral" and row["role"] == "host"),
                    ("wmd_organiser_or_speaker", row["is_wmd"]),
                    ("speakers", row["speaks"]),
                )
                if counted
            ),
        )
        for row in rows
    )


async def _labs_of(year: int, member: UUID) -> tuple[LabJoined, ...]:
    rows = await sql(
        "SELECT l.slug AS slug, l.name AS name, l.number AS number, 'active' AS role, 'labs' AS code FROM lab l "
        "JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = 'lab' AND r.year = {} AND EXISTS "
        "(SELECT 1 FROM lab_participant p JOIN lab_session s ON s.lab = p.lab "
        "JOIN registration n ON n.event = s.event AND n.person = p.person JOIN event c ON c.id = s.event "
        "JOIN member m ON m.id = p.member WHERE p.lab = l.id AND p.member = {} AND p.role = 'participant' "
        f"AND n.has_attended AND {at('kind', 'c.starts_on')} = 'member' AND {belonged('c.starts_on')}) "
        "UNION ALL SELECT l.slug, l.name, l.number, CASE WHEN EXISTS (SELECT 1 FROM application a WHERE a.lab = l.id "
        "AND a.member = {} AND a.status = 'accepted') THEN 'leads' ELSE 'partner' END, 'pilot_projects' FROM lab l "
        "JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = {} AND r.year = {} AND (EXISTS "
        "(SELECT 1 FROM application a WHERE a.lab = l.id AND a.member = {} AND a.status = 'accepted') OR EXISTS "
        "(SELECT 1 FROM lab_participant p WHERE p.lab = l.id AND p.member = {})) ORDER BY 5, 3, 1",
        year,
        member,
        member,
        PILOT_KIND,
        year,
        member,
        member,
    )
    return tuple(LabJoined(row["slug"], row["name"], row["role"], (row["code"],)) for row in rows)


async def _said_of(year: int, member: UUID) -> tuple[CellSaid, ...]:
    rows = await sql(
        "SELECT c.code AS code, c.value AS value, c.source AS source, COALESCE(a.name, '') AS account_name, "
        "c.stated_at AS stated_at FROM engagement_cell c LEFT JOIN account a ON a.id = c.account "
        "WHERE c.year = {} AND c.member = {} ORDER BY c.code",
        year,
        member,
    )
    return tuple(CellSaid(**row) for row in rows)


async def _activations_of(year: int, member: UUID) -> tuple[ActivationSaid, ...]:
    rows = await sql(
        "SELECT x.quarter AS quarter, x.is_active AS is_active, x.comment AS comment, "
        "COALESCE(a.name, '') AS account_name, x.confirmed_at AS confirmed_at, x.replaced_at AS replaced_at "
        "FROM activation x LEFT JOIN account a ON a.id = x.account WHERE x.year = {} AND x.member = {} "
        "ORDER BY x.quarter, x.confirmed_at, x.id",
        year,
        member,
    )
    return tuple(ActivationSaid(**row | {"is_active": bool(row["is_active"])}) for row in rows)
