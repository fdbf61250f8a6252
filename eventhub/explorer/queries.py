"""
One question, one statement: the rows are grouped in the database, each total with the joins that it needs and no others.

Genders leave the database as counts only, and only when a question that is
allowed to ask for them does.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from eventhub.campaigns.queries import campaigns
from eventhub.database import Row, offloaded, sql
from eventhub.directory.membership import at, belonged
from eventhub.directory.queries import member_choices, regions
from eventhub.directory.rules import Level
from eventhub.errors import Problems
from eventhub.events.queries import action_lines, themes
from eventhub.events.rules import OWN as OWN_INVOLVEMENTS
from eventhub.events.rules import PRIVATE_KINDS, EventKind, Involvement, Mode
from eventhub.explorer.rules import (
    IN_TIME,
    LED,
    MOST_COLUMNS,
    NONE,
    OWN,
    Answer,
    Dimension,
    Group,
    Measure,
    Question,
)
from eventhub.statistics.reading import SPEAKS, words_of_events
from eventhub.words import Sentence


class _Sql:
    """A statement that is put together from front to end, with its values in the same order."""

    def __init__(self) -> None:
        self.text = ""
        self.values: list[Any] = []

    def add(self, text: str, *values: Any) -> None:
        """Go on with this."""
        self.text += text
        self.values += values


@dataclass(frozen=True)
class Choices:
    """What can be asked for, and the names of what the answers say by code; each in the order of its list."""

    names: dict[Dimension, dict[str, str]]
    members: list[tuple[str, list[tuple[str, str]]]]

    @property
    def known(self) -> dict[str, list[str]]:
        """The words of each filter."""
        known = {dimension.value: list(names) for dimension, names in self.names.items()}
        return known | {"involvement": [OWN, LED, *known["involvement"]]}


async def choices() -> Choices:
    """Kinds, regions, members and the rest; five small queries."""
    members = await member_choices(former=True)
    lines = await action_lines()
    return Choices(
        names={
            Dimension.KIND: {kind.value: "" for kind in EventKind if kind != EventKind.INTERNAL},
            Dimension.INVOLVEMENT: {one.value: "" for one in Involvement},
            Dimension.MODE: {mode.value: "" for mode in Mode},
            Dimension.REGION: {row["code"]: Sentence(row["name"]) for row in await regions()},
            Dimension.MEMBER: {key: name for _, group in members for key, name in group},
            Dimension.THEME: {row["code"]: Sentence(row["name"]) for row in await themes()},
            Dimension.ACTION_LINE: {row["code"]: f"{row['name']} ({row['plan']})" for row in lines},
            Dimension.CAMPAIGN: {campaign.slug: campaign.title for campaign, _ in await campaigns()},
            Dimension.LEVEL: {level.value: "" for level in Level},
        },
        members=members,
    )


async def answer(question: Question, names: dict[Dimension, dict[str, str]]) -> Answer:
    """
    Count; one query, beside the event loop.

    Args:
        names: Of what is grouped by, in the order of columns; see `Choices`.

    Raises:
        Problems: there would be more columns than a table can have.

    """
    statement = _Sql()
    _facts(statement, question)
    parts: list[tuple[str, tuple[Dimension, ...]]] = [("row", (question.by,)), ("all", ())]
    if question.across:
        parts = [("cell", (question.by, question.across)), *parts, ("column", (question.across,))]
    for number, (name, dimensions) in enumerate(parts):
        statement.add(" UNION ALL " if number else " ")
        _counted(statement, question, name, dimensions)
    async with offloaded():
        rows = await sql(statement.text, *statement.values)
    return _answer(question, names, rows)


@dataclass(frozen=True)
class Behind:
    """One event or lab that a question counts, and how much of the number is its own."""

    slug: str
    title: str
    kind: str
    starts_on: date | None
    year: int | None
    counted: int


async def behind(question: Question, *, limit: int, offset: int) -> tuple[list[Behind], int]:
    """A part of the events or labs that a question counts, the latest first, and how many they are; one query."""
    statement = _Sql()
    _facts(statement, question)
    number = _number(question)
    if question.count is Measure.LABS:
        statement.add(
            f" SELECT l.slug AS slug, l.name AS title, '' AS kind, NULL AS starts_on, c.year AS year, {number} AS n, "
            "COUNT(*) OVER () AS found FROM facts f JOIN chosen c ON c.id = f.lab JOIN lab l ON l.id = f.lab "
            "GROUP BY l.slug, l.name, l.number, c.year ORDER BY c.year DESC, l.number, l.slug"
        )
    else:
        statement.add(
            " SELECT e.slug AS slug, e.title AS title, e.kind AS kind, e.starts_on AS starts_on, NULL AS year, "
            f"{number} AS n, COUNT(*) OVER () AS found FROM facts f JOIN event e ON e.id = f.event "
            f"GROUP BY e.slug, e.title, e.kind, e.starts_on HAVING {number} > 0 "
            "ORDER BY e.starts_on DESC, e.title, e.slug"
        )
    statement.add(" LIMIT {} OFFSET {}", limit, offset)
    async with offloaded():
        rows = await sql(statement.text, *statement.values)
    found = [
        Behind(row["slug"], row["title"], row["kind"], _day(row["starts_on"]), row["year"], row["n"]) for row in rows
    ]
    return found, rows[0]["found"] if rows else 0


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


# The rows that are counted: `chosen` are the events or labs, `facts` what is counted of them.


def _facts(to: _Sql, question: Question) -> None:
    """
    Begin the statement by what it counts.

    `facts` has the event or the lab, and as far as they matter the person,
    the key of the member, the code of its region and the level; attendances
    come as numbers `n`.
    """
    to.add("WITH chosen AS (")
    if question.count is Measure.LABS:
        _chosen_labs(to, question)
        to.add("), found AS (SELECT c.id AS lab, p.member AS member FROM chosen c LEFT JOIN lab_participant p ")
        to.add("ON p.lab = c.id AND p.role = 'participant'")
        _narrowed_to_people(to, question, "lab")
        return
    _chosen_events(to, question)
    to.add("), ")
    if question.count is Measure.EVENTS:
        _events_found(to, question)
        _narrowed_to_people(to, question, "event")
    elif question.count is Measure.MEMBERS:
        _involved(to)
        to.add("), found AS (SELECT x.event AS event, x.member AS member, x.level AS level FROM involved x")
        _narrowed_to_people(to, question, "event", only_members=True)
    elif question.count is Measure.SPEAKERS:
        to.add(
            "found AS (SELECT i.event AS event, s.person AS person, s.member AS member, s.level AS level FROM chosen c "
            "JOIN programme_item i ON i.event = c.id JOIN speaker_slot s ON s.programme_item = i.id "
            f"WHERE {SPEAKS}"
        )
        _narrowed_to_people(to, question, "event", keeps_person=True)
    else:
        _people_found(to, question)


def _has(question: Question, *dimensions: Dimension) -> bool:
    return any(dimension in question.dimensions for dimension in dimensions)


def _chosen_events(to: _Sql, question: Question) -> None:
    """Published events that count, as far as they are narrowed by what is said of events."""
    left_out = PRIVATE_KINDS - {EventKind.BILATERAL} if question.involvement == LED else PRIVATE_KINDS
    private = ", ".join(f"'{kind}'" for kind in sorted(left_out))
    to.add(
        "SELECT e.id AS id, e.starts_on AS starts_on, e.kind AS kind, e.mode AS mode, e.involvement AS involvement, "
        "e.campaign AS campaign, e.host_member AS host_member FROM event e WHERE e.status = 'published' "
        f"AND e.counts_in_statistics AND e.kind NOT IN ({private})"
    )
    first, last = question.days
    if first:
        to.add(" AND e.starts_on >= {}", first)
    if last:
        to.add(" AND e.starts_on <= {}", last)
    own = ", ".join(f"'{one}'" for one in sorted(OWN_INVOLVEMENTS))
    if question.involvement in (OWN, LED):
        to.add(f" AND e.involvement IN ({own})")
    elif question.involvement:
        to.add(" AND e.involvement = {}", question.involvement)
    if question.kind:
        to.add(" AND e.kind = {}", question.kind)
    if question.mode:
        to.add(" AND e.mode = {}", question.mode)
    if question.campaign == NONE:
        to.add(" AND e.campaign IS NULL")
    elif question.campaign:
        to.add(" AND e.campaign IN (SELECT id FROM campaign WHERE slug = {})", question.campaign)
    _narrowed_to_several(to, question, "event", "e.id")


def _chosen_labs(to: _Sql, question: Question) -> None:
    to.add("SELECT l.id AS id, r.year AS year FROM lab l JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = 'lab'")
    if question.year is not None:
        to.add(" AND r.year = {}", question.year)
    _narrowed_to_several(to, question, "lab", "l.id")


def _narrowed_to_several(to: _Sql, question: Question, owner: str, key: str) -> None:
    """Themes and action lines, of which there can be more than one."""
    for name in ("theme", "action_line"):
        code, words = getattr(question, name), _words(owner, name)
        if code == NONE:
            to.add(f" AND {key} NOT IN (SELECT x.{owner} FROM {words} x)")
        elif code:
            to.add(
                f" AND {key} IN (SELECT x.{owner} FROM {words} x JOIN {name} y ON y.id = x.{name} WHERE y.code = {{}})",
                code,
            )


def _words(owner: str, name: str) -> str:
    """Where the themes or action lines of events or labs are read."""
    return words_of_events(name) if owner == "event" else f"lab_{name}"


def _involved(to: _Sql) -> None:
    """Members by event and level: somebody attended or spoke for them, or they hosted it, while they belonged."""
    to.add(
        "involved AS (SELECT y.event AS event, y.member AS member, y.level AS level FROM ("
        "SELECT r.event AS event, r.member AS member, r.level AS level FROM chosen c "
        "JOIN registration r ON r.event = c.id WHERE r.member IS NOT NULL "
        "AND r.has_attended "
        "UNION SELECT i.event, s.member, s.level FROM chosen c JOIN programme_item i ON i.event = c.id "
        "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.member IS NOT NULL AND s.status = 'confirmed' "
        "UNION SELECT c.id, c.host_member, NULL FROM chosen c WHERE c.host_member IS NOT NULL"
        ") y JOIN chosen e ON e.id = y.event JOIN member m ON m.id = y.member "
        f"WHERE {belonged('e.starts_on')}"
    )


def _events_found(to: _Sql, question: Question) -> None:
    """Events once for each member or level that matters, and once where there is none."""
    if question.level or _has(question, Dimension.LEVEL):
        to.add(
            "speaking AS (SELECT DISTINCT i.event AS event, s.member AS member, s.level AS level FROM chosen c "
            "JOIN programme_item i ON i.event = c.id JOIN speaker_slot s ON s.programme_item = i.id "
            f"WHERE {SPEAKS}), found AS (SELECT c.id AS event, x.member AS member, x.level AS level FROM chosen c "
            "LEFT JOIN speaking x ON x.event = c.id"
        )
    elif question.tells_people_apart:
        _involved(to)
        to.add(
            "), found AS (SELECT c.id AS event, x.member AS member, x.level AS level FROM chosen c "
            "LEFT JOIN involved x ON x.event = c.id"
        )
    else:
        to.add("found AS (SELECT c.id AS event FROM chosen c")


def _people_found(to: _Sql, question: Question) -> None:
    """Who was at an event, each once for each event; and for attendances the numbers, with the head counts."""
    counts = question.count is Measure.ATTENDANCES
    attended = (
        "SELECT r.event AS event, r.person AS person, r.member AS member, r.level AS level, 1 AS place FROM chosen c "
        "JOIN registration r ON r.event = c.id WHERE r.has_attended"
    )
    spoke = (
        "SELECT i.event, s.person, s.member, s.level, 0 FROM chosen c JOIN programme_item i ON i.event = c.id "
        "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.status = 'confirmed'"
    )
    to.add(f"there AS ({attended} UNION ALL {spoke}), ")
    if question.tells_people_apart:
        # Who spoke and registered is one person, with the member and the level of the part in the programme.
        to.add(
            "found AS (SELECT event, person, member, level FROM (SELECT event, person, member, level, ROW_NUMBER() OVER "
            "(PARTITION BY event, person ORDER BY place, level, member) AS nth FROM there) t WHERE nth = 1"
        )
        _narrowed_to_people(to, question, "event", keeps_person=True, as_numbers=counts)
        return
    gender = _GENDER_OF if question.with_gender else ""
    if not counts:
        to.add(f"facts AS (SELECT t.event AS event, t.person AS person{', g.gender AS gender' if gender else ''} ")
        to.add(f"FROM there t{gender})")
        return
    to.add("facts AS (SELECT t.event AS event, COUNT(DISTINCT t.person) AS n")
    for one in ("woman", "man") if gender else ():
        to.add(f", COUNT(DISTINCT CASE WHEN g.gender = '{one}' THEN t.person END) AS {one}")
    to.add(
        f" FROM there t{gender} GROUP BY t.event "
        "UNION ALL SELECT h.event, h.women + h.men + h.others + h.undisclosed"
        f"{', h.women, h.men' if gender else ''} FROM chosen c JOIN head_count h ON h.event = c.id "
        "WHERE NOT EXISTS (SELECT 1 FROM registration r WHERE r.event = c.id AND r.has_attended))"
    )


_NOW = ("m.kind", "m.region")
_GENDER_OF = " LEFT JOIN gender_statement g ON g.person = t.person"


def _narrowed_to_people(
    to: _Sql,
    question: Question,
    owner: str,
    *,
    keeps_person: bool = False,
    only_members: bool = False,
    as_numbers: bool = False,
) -> None:
    """
    Close `found` and make `facts` of it: keys instead of ids, narrowed by member, region and level.

    Args:
        owner: `event` or `lab`.
        keeps_person: `facts` has the person too.
        only_members: Associates and honorary members are left out.
        as_numbers: Everybody is one of `n`.

    """
    to.add("), facts AS (SELECT t." + owner + " AS " + owner)
    if keeps_person:
        to.add(", t.person AS person")
    if as_numbers:
        to.add(", 1 AS n")
    apart = question.tells_people_apart or only_members
    has_level = apart and owner == "event"
    if apart:
        to.add(", m.key AS member, z.code AS region" + (", t.level AS level" if has_level else ""))
    if question.with_gender:
        to.add(", g.gender AS gender")
        if as_numbers:
            to.add(", CASE WHEN g.gender = 'woman' THEN 1 ELSE 0 END AS woman")
            to.add(", CASE WHEN g.gender = 'man' THEN 1 ELSE 0 END AS man")
    to.add(" FROM found t")
    if question.with_gender:
        to.add(_GENDER_OF)
    if apart:
        # what a member was on the day of the event, and who had left by then was there for no member; a lab has no day
        if owner == "event":
            to.add(" JOIN chosen d ON d.id = t.event")
        to.add(
            " LEFT JOIN member m ON m.id = t.member" + (f" AND {belonged('d.starts_on')}" if owner == "event" else "")
        )
        kind, region = (at("kind", "d.starts_on"), at("region", "d.starts_on")) if owner == "event" else _NOW
        to.add(f" LEFT JOIN region z ON z.id = {region}")
    to.add(" WHERE 1 = 1")
    if only_members:
        to.add(f" AND {kind} = 'member'")
    for name, column in (("member", "m.key"), ("region", "z.code"), ("level", "t.level")):
        code = getattr(question, name)
        if code == NONE:
            to.add(f" AND {column} IS NULL")
        elif code:
            to.add(f" AND {column} = {{}}", code)
    to.add(")")


# Counting


def _number(question: Question) -> str:
    """What is counted of the rows of one group."""
    match question.count:
        case Measure.EVENTS:
            return "COUNT(DISTINCT f.event)"
        case Measure.ATTENDANCES:
            return "CAST(COALESCE(SUM(f.n), 0) AS BIGINT)"
        case Measure.MEMBERS:
            return "COUNT(DISTINCT f.member)"
        case Measure.LABS:
            return "COUNT(DISTINCT f.lab)"
        case _:
            return "COUNT(DISTINCT f.person)"


def _number_of(question: Question, gender: str) -> str:
    if question.count is Measure.ATTENDANCES:
        return f"CAST(COALESCE(SUM(f.{gender}), 0) AS BIGINT)"
    return f"COUNT(DISTINCT CASE WHEN f.gender = '{gender}' THEN f.person END)"


_OF_EVENTS = {
    Dimension.YEAR: "SUBSTR(CAST(c.starts_on AS VARCHAR(10)), 1, 4)",
    Dimension.MONTH: "SUBSTR(CAST(c.starts_on AS VARCHAR(10)), 1, 7)",
    Dimension.KIND: "c.kind",
    Dimension.MODE: "c.mode",
    Dimension.INVOLVEMENT: "c.involvement",
    Dimension.CAMPAIGN: "k.slug",
}


def _counted(to: _Sql, question: Question, part: str, dimensions: Sequence[Dimension]) -> None:
    """One grouping of `facts`, with the joins that its dimensions need."""
    owner = "lab" if question.count is Measure.LABS else "event"
    by = [_expression(dimension, owner) for dimension in dimensions]
    row = by[0] if part in ("cell", "row") else "CAST(NULL AS VARCHAR(10))"
    column = by[-1] if part in ("cell", "column") else "CAST(NULL AS VARCHAR(10))"
    genders = "".join(
        f", {_number_of(question, gender)} AS {gender}" for gender in (("woman", "man") if question.with_gender else ())
    )
    to.add(f"SELECT '{part}' AS part, {row} AS r, {column} AS c, {_number(question)} AS n{genders} FROM facts f")
    if any(dimension not in _KEPT for dimension in dimensions if dimension not in _JOINED):
        to.add(f" JOIN chosen c ON c.id = f.{owner}")
    if Dimension.CAMPAIGN in dimensions:
        to.add(" LEFT JOIN campaign k ON k.id = c.campaign")
    for dimension in dimensions:
        if dimension in _JOINED:
            name, alias = dimension.value, _JOINED[dimension]
            to.add(
                f" LEFT JOIN (SELECT x.{owner} AS owner, y.code AS code FROM {_words(owner, name)} x "
                f"JOIN {name} y ON y.id = x.{name}"
            )
            if code := getattr(question, name):
                to.add(" WHERE y.code = {}", code)
            to.add(f") {alias} ON {alias}.owner = f.{owner}")
    if by:
        to.add(f" GROUP BY {', '.join(by)}")


_KEPT = {Dimension.REGION: "f.region", Dimension.MEMBER: "f.member", Dimension.LEVEL: "f.level"}
_JOINED = {Dimension.THEME: "themes", Dimension.ACTION_LINE: "lines"}


def _expression(dimension: Dimension, owner: str) -> str:
    if dimension in _JOINED:
        return f"{_JOINED[dimension]}.code"
    if dimension in _KEPT:
        return _KEPT[dimension]
    return "CAST(c.year AS VARCHAR(4))" if owner == "lab" else _OF_EVENTS[dimension]


# Putting the rows in order


def _answer(question: Question, names: dict[Dimension, dict[str, str]], rows: Iterable[Row]) -> Answer:
    cells: dict[str | None, dict[str | None, int]] = defaultdict(dict)
    totals: dict[str | None, Row] = {}
    columns: dict[str | None, int] = {}
    everything: Row = {"n": 0}
    for row in rows:
        match row["part"]:
            case "cell":
                cells[row["r"]][row["c"]] = row["n"]
            case "row":
                totals[row["r"]] = row
            case "column":
                columns[row["c"]] = row["n"]
            case _:
                everything = row
    ordered: list[str | None] = []
    if question.across:
        columns = {key: number for key, number in columns.items() if number}
        ordered = sorted(columns, key=_in_list(question.across, names))
        if len(ordered) > MOST_COLUMNS:
            raise Problems(
                {
                    "across": [
                        Sentence(
                            "There would be %(found)s columns. Please narrow the question, or choose other columns.",
                            found=len(ordered),
                        )
                    ]
                }
            )
    groups = [
        Group(key, tuple(cells[key].get(column, 0) for column in ordered), row["n"], row.get("woman"), row.get("man"))
        for key, row in totals.items()
        if row["n"]
    ]
    in_list = _in_list(question.by, names)
    if question.by in IN_TIME:
        groups.sort(key=lambda group: in_list(group.key))
    else:
        groups.sort(key=lambda group: (group.key is None, -group.total, in_list(group.key)))
    return Answer(
        question,
        tuple(ordered),
        tuple(groups),
        Group(
            None,
            tuple(columns[key] for key in ordered),
            everything["n"],
            everything.get("woman"),
            everything.get("man"),
        ),
    )


def _in_list(dimension: Dimension, names: dict[Dimension, dict[str, str]]) -> Any:
    """How the codes of a dimension are put in order: time by itself, words as in their list, nothing said at the end."""
    places = {code: place for place, code in enumerate(names.get(dimension, ()))}
    return lambda key: (key is None, places.get(key, len(places)), key or "")
