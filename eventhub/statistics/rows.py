"""
The very rows that a figure counts.

Each figure names its rows beside nothing but its code: events of a scope,
people, members, places, partners or labs. Rows of people are names without
anything else that was counted by; genders never stand here.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from eventhub.bodies.queries import all_seats, meetings_of
from eventhub.database import Row, offloaded, sql
from eventhub.directory.folding import fold
from eventhub.directory.queries import regions
from eventhub.errors import NotFound
from eventhub.events.rules import EventKind
from eventhub.labels import label_of
from eventhub.sections import Cell, Column, DataTable
from eventhub.statistics.definitions import DEFINITIONS, Definition
from eventhub.statistics.facts import EventFact
from eventhub.statistics.reading import (
    ATTENDED,
    LED_EVENTS,
    SPEAKS,
    active_members,
    days,
    events_of,
    meetings_with_rows,
    members_of,
    membership_of,
    other_cities_of,
    partners_of,
    people_at,
)
from eventhub.statistics.scopes import SCOPES
from eventhub.words import Sentence

#: Rows on one page.
ROWS_ON_A_PAGE = 200

_EVENT = Column("event", Sentence("Event"))
_DAY = Column("starts_on", Sentence("Day"))
_KIND = Column("kind", Sentence("Kind"))
_INVOLVEMENT = Column("involvement", Sentence("Involvement"))
_PEOPLE = Column("people", Sentence("People"), is_number=True)
_SOURCE = Column("source", Sentence("Counted from"))
_NAME = Column("person", Sentence("Name"))
_OF = Column("member", Sentence("Member"))
_REGION = Column("region", Sentence("Region"))


@dataclass(frozen=True)
class Rows:
    """
    One page of the rows behind a figure.

    `listed` is how many rows there are in all; `total` what they count: as
    many, or the sum of the people at the events.
    """

    definition: Definition
    table: DataTable
    total: int
    listed: int
    names_people: bool


@dataclass(frozen=True)
class Page:
    """Which rows are wanted: the number of the first one and how many."""

    offset: int = 0
    limit: int = ROWS_ON_A_PAGE


#: The rows of the page, what all of them count, and how many there are.
Listed = tuple[DataTable, int, int]
Source = Callable[[int, Page], Awaitable[Listed]]


async def rows_behind(code: str, year: int, page: Page, *, may_see_people: bool) -> Rows:
    """
    One page of the rows that a figure counts.

    Raises:
        NotFound: there is no such figure, or its rows have names of people that the reader may not see.

    """
    definition, source = DEFINITIONS.get(code), SOURCES.get(code)
    if definition is None or source is None:
        raise NotFound(Sentence("There is no figure “%(code)s”.", code=code[:60]))
    if code in NAMING and not may_see_people:
        raise NotFound(Sentence("These rows have names of people; your role does not show them."))
    async with offloaded():
        table, total, listed = await source(year, page)
    return Rows(definition, table, total, listed, code in NAMING)


def has_rows(code: str, *, may_see_people: bool) -> bool:
    """Whether a figure leads to its rows for this reader."""
    return code in SOURCES and (may_see_people or code not in NAMING)


def _table(
    columns: tuple[Column, ...], rows: Iterable[tuple[Cell, ...]], links: Iterable[str | None] = ()
) -> DataTable:
    return DataTable("rows", Sentence("Rows"), columns, tuple(rows), links=tuple(links))


def _cut(columns: tuple[Column, ...], rows: list[tuple[tuple[Cell, ...], str | None]], page: Page) -> Listed:
    """A page of rows that were all read."""
    chosen = rows[page.offset : page.offset + page.limit]
    return _table(columns, (row for row, _ in chosen), (link for _, link in chosen)), len(rows), len(rows)


# Events


def _address(event: EventFact) -> str:
    return f"/staff/events/{event.slug}"


def _word(code: str) -> Sentence:
    return Sentence(label_of(code))


def _events(scope: str) -> Source:
    async def source(year: int, page: Page) -> Listed:
        events = [event for event in await events_of(year) if event.starts_on.year == year and SCOPES[scope](event)]
        columns = (_EVENT, _DAY, _KIND, _INVOLVEMENT)
        return _cut(
            columns,
            [
                ((event.title, event.starts_on, _word(event.kind), _word(event.involvement)), _address(event))
                for event in events
            ],
            page,
        )

    return source


def _people_by_event(scope: str) -> Source:
    """Events with the people at them; their sum is the figure."""

    async def source(year: int, page: Page) -> Listed:
        events = [event for event in await events_of(year) if event.starts_on.year == year and SCOPES[scope](event)]
        there = (await people_at(year)).there
        found: list[tuple[tuple[Cell, ...], str | None]] = []
        for event in events:
            known = there[event.id].everybody if event.id in there else 0
            head = event.head.everybody if event.head is not None else 0
            if known + head:
                how = Sentence("head count and speakers") if head else Sentence("attendance list and speakers")
                found.append(((event.title, event.starts_on, how, known + head), _address(event)))
        table, _, listed = _cut((_EVENT, _DAY, _SOURCE, _PEOPLE), found, page)
        return table, sum(int(str(row[3])) for row, _ in found), listed

    return source


async def _board(year: int, page: Page) -> Listed:
    seats = await all_seats(EventKind.BOARD_OF_DIRECTORS)
    held = await meetings_of(EventKind.BOARD_OF_DIRECTORS, year, seats=seats, until=date(year, 12, 31))
    columns = (
        _EVENT, _DAY, Column("present", Sentence("Seats present"), True), Column("entitled", Sentence("Seats"), True),
        Column("empty", Sentence("Empty seats")),
    )  # fmt: skip
    return _cut(
        columns,
        [
            (
                (one.title, one.starts_on, one.present, one.entitled, ", ".join(seat.member_name for seat in one.empty)),
                f"/staff/events/{one.slug}",
            )
            for one in held
            if one.recorded
        ],
        page,
    )  # fmt: skip


# People


_PRESENT = (
    "SELECT l.id AS event, r.person AS person FROM led l JOIN registration r ON r.event = l.id "
    f"WHERE l.recent AND l.{{scope}} = 1 AND {ATTENDED} "
    "UNION SELECT i.event, s.person FROM led l JOIN programme_item i ON i.event = l.id "
    "JOIN speaker_slot s ON s.programme_item = i.id WHERE l.recent AND l.{scope} = 1 AND s.status = 'confirmed'"
)
_PARTS = (
    "SELECT s.person AS person FROM led l JOIN programme_item i ON i.event = l.id "
    f"JOIN speaker_slot s ON s.programme_item = i.id WHERE l.recent AND l.own = 1 AND {SPEAKS}"
)


def _people(statement: str, *values: object, of_labs: bool = False) -> Source:
    """People of a statement, once each, by name."""

    async def source(year: int, page: Page) -> Listed:
        given = (*days(year), *values, *((year,) if of_labs else ()))
        rows = await sql(
            f"{LED_EVENTS}, who AS (SELECT DISTINCT x.person AS person FROM ({statement}) x) "
            "SELECT p.name AS name, m.name AS member FROM who JOIN person p ON p.id = who.person "
            "LEFT JOIN member m ON m.id = p.member ORDER BY p.name, p.id LIMIT {} OFFSET {}",
            *given, page.limit, page.offset,
        )  # fmt: skip
        found = await sql(f"{LED_EVENTS} SELECT COUNT(DISTINCT x.person) AS people FROM ({statement}) x", *given)
        return (
            _table((_NAME, _OF), ((row["name"], row["member"]) for row in rows)),
            found[0]["people"],
            found[0]["people"],
        )

    return source


def _meeting(kind: str, which: str) -> Source:
    """People, members or places of congresses or assemblies."""

    async def source(year: int, page: Page) -> Listed:
        meeting, rows = (await meetings_with_rows(year, await events_of(year)))[True].get(kind, (None, []))
        if meeting is None:
            return _table((_NAME,), ()), 0, 0
        if which in ("people", "political", "representatives"):
            wanted = getattr(meeting, which)
            # for somebody at several events, the row that tells for which member goes first
            ordered = sorted(
                (row for row in rows if row["person"] in wanted), key=lambda row: row["member"] is not None
            )
            chosen: Iterable[Row] = {row["person"]: row for row in ordered}.values()
            people = sorted((row["name"], row["member_name"] or row["organisation"]) for row in chosen)
            listed: list[tuple[tuple[Cell, ...], str | None]] = [(person, None) for person in people]
            heads = [] if which == "representatives" else meeting.heads
            for head in heads:
                number = head.people if which == "people" else head.political
                said = Sentence("Head count of “%(event)s”: %(number)s", event=head.title, number=number)
                listed.append(((said, None), f"/staff/events/{head.slug}"))
            table, _, found = _cut((_NAME, _OF), listed, page)
            counted = sum(head.people if which == "people" else head.political for head in heads)
            return table, len(people) + counted, found
        if which == "members":
            members = sorted({(row["member_name"], row["member"]) for row in rows if row["member"]})
            return _cut((_OF,), [((name,), f"/staff/members/{key}") for name, key in members], page)
        column = Column(which, Sentence("City") if which == "cities" else Sentence("Country"))
        written = sorted(row["city"].strip() for row in rows) + [row["member_name"] or "" for row in rows]
        spelt = {fold(name): name for name in written}
        return _cut((column,), [((spelt.get(place, place),), None) for place in sorted(getattr(meeting, which))], page)

    return source


# Members, partners, places, labs


def _members(scope: str, kind: str = "member") -> Source:
    async def source(year: int, page: Page) -> Listed:
        found = (await members_of(year))[True]
        chosen = {one.key: one for one in found if one.kind == kind and scope in one.scopes}
        ordered = sorted(chosen.values(), key=lambda one: (one.name, one.key))
        names = {row["code"]: Sentence(row["name"]) for row in await regions()}
        return _cut(
            (_OF, _REGION), [((one.name, names[one.region]), f"/staff/members/{one.key}") for one in ordered], page
        )

    return source


def _membership(which: str) -> Source:
    async def source(year: int, page: Page) -> Listed:
        rows = [row for row in await membership_of(year) if row["kind"] == "member"]
        chosen = [row for row in rows if (row["at_end"] if which == "at_end" else row["joined_year"] == year)]
        return _cut((_OF,), [((row["name"],), f"/staff/members/{row['key']}") for row in chosen], page)

    return source


async def _active(year: int, page: Page) -> Listed:
    keys = {member for lab_year, _, member in await active_members(year, "lab") if lab_year == year}
    rows = [row for row in await sql("SELECT key, name FROM member ORDER BY name_folded, key") if row["key"] in keys]
    return _cut((_OF,), [((row["name"],), f"/staff/members/{row['key']}") for row in rows], page)


async def _labs(year: int, page: Page) -> Listed:
    rows = await sql(
        "SELECT l.slug AS slug, l.name AS name FROM lab l JOIN lab_round r ON r.id = l.lab_round "
        "WHERE r.kind = 'lab' AND r.year = {} ORDER BY l.number, l.slug",
        year,
    )
    column = Column("lab", Sentence("Solutions Lab"))
    return _cut((column,), [((row["name"],), f"/staff/labs/{row['slug']}") for row in rows], page)


async def _partners(year: int, page: Page) -> Listed:
    columns = (Column("partner", Sentence("Partner")), Column("events", Sentence("Events"), is_number=True))
    rows = [row for row in await partners_of(year) if row["recent"]]
    return _cut(columns, [((row["name"], row["events"]), None) for row in rows], page)


async def _cities(year: int, page: Page) -> Listed:
    columns = (Column("city", Sentence("City")), Column("country", Sentence("Country")))
    return _cut(
        columns,
        [
            ((city, country), None)
            for (_, country), city in sorted((await other_cities_of(year))[True].items(), key=lambda item: item[0])
        ],
        page,
    )


async def _scored(year: int, page: Page) -> Listed:
    """Own events and labs with the number of overall scores that each was given; their sum is the figure."""
    events = await sql(
        f"{LED_EVENTS} SELECT e.title AS title, e.slug AS slug, e.starts_on AS starts_on, COUNT(*) AS answers FROM led l "
        "JOIN event e ON e.id = l.id JOIN feedback f ON f.event = l.id WHERE l.recent AND l.own = 1 "
        "AND f.overall IS NOT NULL GROUP BY e.title, e.slug, e.starts_on ORDER BY e.starts_on, e.slug",
        *days(year),
    )
    labs = await sql(
        "SELECT b.name AS title, b.slug AS slug, COUNT(*) AS answers FROM feedback f JOIN lab b ON b.id = f.lab "
        "JOIN lab_round r ON r.id = b.lab_round WHERE r.kind = 'lab' AND r.year = {} AND f.overall IS NOT NULL "
        "GROUP BY b.name, b.slug, b.number ORDER BY b.number, b.slug",
        year,
    )
    listed: list[tuple[tuple[Cell, ...], str | None]] = [
        *(((row["title"], row["starts_on"], row["answers"]), f"/staff/events/{row['slug']}") for row in events),
        *(((row["title"], None, row["answers"]), f"/staff/labs/{row['slug']}") for row in labs),
    ]
    columns = (
        Column("event", Sentence("Event or Solutions Lab")), _DAY, Column("answers", Sentence("Answers"), is_number=True),
    )  # fmt: skip
    table, _, found = _cut(columns, listed, page)
    return table, sum(row["answers"] for row in (*events, *labs)), found


_LAB_PEOPLE = (
    "SELECT p.person AS person FROM lab_participant p JOIN lab b ON b.id = p.lab "
    "JOIN lab_round r ON r.id = b.lab_round WHERE r.kind = 'lab' AND p.role IN ({roles}) AND r.year = "
)
_EXPERTS_OF_LABS = _LAB_PEOPLE.format(roles="'expert', 'facilitator'") + "{}"

#: Where the rows of each figure come from. A figure without rows is a share or a mean of others.
SOURCES: Mapping[str, Source] = {
    "own_events": _events("own"),
    "led_events": _events("led"),
    "global_events": _events("global"),
    "allied_events": _events("allies"),
    "supported_events": _events("supported"),
    "gender_events": _events("gender"),
    "assemblies": _events("assembly"),
    "board_meetings": _events("board"),
    "executive_committees": _events("executive"),
    "regional_secretariats": _events("secretariats"),
    "policy_debates": _events("debates"),
    "learning_activities": _events("learning"),
    "campaign_events": _events("campaign"),
    "attendances": _people_by_event("own"),
    "led_attendances": _people_by_event("led"),
    "learning_attendances": _people_by_event("learning"),
    "campaign_attendances": _people_by_event("campaign"),
    "board_attendance_rate": _board,
    "unique_people": _people(_PRESENT.format(scope="own")),
    "led_unique_people": _people(_PRESENT.replace("l.{scope} = 1", "1 = 1")),
    "learning_people": _people(_PRESENT.format(scope="learning")),
    "speakers": _people(_PARTS),
    "political_speakers": _people(f"{_PARTS} AND s.level = 'political'"),
    "learning_experts": _people(f"{_PARTS} AND l.learning = 1"),
    "experts": _people(f"{_PARTS} UNION {_EXPERTS_OF_LABS}", of_labs=True),
    "lab_participants": _people(_LAB_PEOPLE.format(roles="'participant'") + "{}", of_labs=True),
    "congress_people": _meeting("congress", "people"),
    "congress_representatives": _meeting("congress", "representatives"),
    "congress_members": _meeting("congress", "members"),
    "congress_cities": _meeting("congress", "cities"),
    "congress_countries": _meeting("congress", "countries"),
    "assembly_people": _meeting("general_assembly", "people"),
    "assembly_political": _meeting("general_assembly", "political"),
    "assembly_members": _meeting("general_assembly", "members"),
    "members_involved": _members("own"),
    "associates_involved": _members("own", "associate"),
    "learning_members": _members("learning"),
    "members": _membership("at_end"),
    "new_members": _membership("joined"),
    "active_member_cities": _active,
    "labs": _labs,
    "partners": _partners,
    "other_cities": _cities,
    "satisfaction_answers": _scored,
}
#: Figures whose rows have names of people.
NAMING = frozenset(
    {
        "unique_people", "led_unique_people", "learning_people", "speakers", "political_speakers", "learning_experts",
        "experts", "lab_participants", "congress_people", "congress_representatives", "assembly_people",
        "assembly_political",
    }
)  # fmt: skip
