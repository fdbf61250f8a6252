"""
Reads the facts of a year and of the one before. Genders leave the database as counts only, never beside a person.

Both years are read by the same statements, so that growth costs nothing:
`recent` tells the two apart.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from eventhub.bodies.queries import all_seats, meetings_of
from eventhub.bodies.rules import BODIES
from eventhub.database import Row, sql
from eventhub.directory.folding import fold
from eventhub.directory.membership import at, belonged
from eventhub.directory.rules import Gender
from eventhub.events.rules import OWN, PRIVATE_KINDS, EventKind
from eventhub.settings import current_settings
from eventhub.speakers.rules import Counts
from eventhub.statistics.facts import EventFact, HeadFact, Meeting, MemberFact, Membership, YearFacts
from eventhub.statistics.scopes import LEARNING_KINDS

_LEARNING = ", ".join(f"'{kind}'" for kind in sorted(LEARNING_KINDS))
#: Events led or co-led of the year and the one before, with the scopes that people are counted in.
#: Values: first day of the year, first day of the year before, first day of the next year.
LED_EVENTS = (
    "WITH led AS (SELECT e.id AS id, e.starts_on AS starts_on, e.kind AS kind, e.host_member AS host_member, "
    "e.starts_on >= {} AS recent, CASE WHEN e.kind = 'bilateral' THEN 0 ELSE 1 END AS own, "
    f"CASE WHEN e.kind IN ({_LEARNING}) THEN 1 ELSE 0 END AS learning, "
    "CASE WHEN e.campaign IS NULL OR e.kind = 'bilateral' THEN 0 ELSE 1 END AS campaign "
    "FROM event e WHERE e.starts_on >= {} AND e.starts_on < {} AND e.status = 'published' AND e.counts_in_statistics "
    "AND e.involvement IN ('organised', 'co_organised') AND e.kind <> 'internal')"
)
#: Whether somebody registered was there, at the event or at an item of its programme; kept by triggers (migration 0017).
ATTENDED = "r.has_attended"
SPEAKS = "s.status = 'confirmed' AND s.role IN ('speaker', 'panellist', 'keynote')"
#: The meetings whose people are counted once over the year.
MEETING_KINDS = (EventKind.CONGRESS, EventKind.GENERAL_ASSEMBLY)
_SCOPES = ("own", "learning", "campaign")

ByYear = dict[bool, dict[str, Counts]]


def days(year: int) -> tuple[date, date, date]:
    """First days of the year, of the year before, and of the next year."""
    return date(year, 1, 1), date(year - 1, 1, 1), date(year + 1, 1, 1)


async def facts_of(year: int, kind: str = "lab") -> tuple[YearFacts, YearFacts]:
    """
    The facts of a year and of the one before.

    Args:
        kind: What the figures of labs count: Solutions Labs, or whatever else starts with a call.

    """
    # people take about as long as all the rest, which is read at the same time
    async with asyncio.TaskGroup() as group:
        people = group.create_task(people_at(year, kind))
        events = await events_of(year)
        parts = await parts_of(year, kind)
        members = await members_of(year)
        meetings = await _meetings(year, events)
        partners = await partners_of(year)
        cities = await other_cities_of(year)
        scores = await _scores(year, kind)
        labs = await _labs(year, kind)
        active = await active_members(year, kind)
        lab_people = (await lab_participants(year, kind))[""]
        seats = await all_seats(EventKind.BOARD_OF_DIRECTORS)
    found = people.result()

    async def of(recent: bool) -> YearFacts:
        wanted = year if recent else year - 1
        boards = await meetings_of(EventKind.BOARD_OF_DIRECTORS, wanted, seats=seats, until=date(wanted, 12, 31))
        held = [meeting for meeting in boards if meeting.recorded]
        return YearFacts(
            year=wanted,
            events=tuple(event for event in events if event.starts_on.year == wanted),
            there=found.there,
            once=found.once[recent],
            times=found.times if recent else {},
            groups=found.groups if recent else {},
            parts=parts[recent],
            members=tuple(members[recent]),
            meetings=meetings[recent],
            membership=await _membership(wanted),
            partners=sum(bool(row["recent"]) is recent for row in partners),
            other_cities=len(cities[recent]),
            board_seats=(sum(one.present for one in held), sum(one.entitled for one in held)),
            scores=scores[recent],
            labs=labs[recent],
            active_members=frozenset(member for lab_year, _, member in active if lab_year == wanted),
            lab_people=lab_people[recent],
            knows_allies=bool(current_settings().allied_partner_keys),
        )

    return await of(True), await of(False)


# Events


async def events_of(year: int) -> list[EventFact]:
    """Published events of both years, internal meetings left out."""
    _, before, end = days(year)
    chosen = "e.starts_on >= {} AND e.starts_on < {} AND e.status = 'published' AND e.kind <> 'internal'"
    rows = await sql(
        "SELECT e.id AS id, e.slug AS slug, e.title AS title, e.kind AS kind, e.mode AS mode, "
        "e.involvement AS involvement, e.starts_on AS starts_on, e.ends_on AS ends_on, e.place AS place, "
        "e.counts_in_statistics AS counts, e.campaign AS campaign, e.parent AS parent, h.women AS women, h.men AS men, "
        "h.others AS others, h.undisclosed AS undisclosed, h.political AS political, EXISTS (SELECT 1 FROM registration r "
        "WHERE r.event = e.id AND r.has_attended) AS has_list "
        f"FROM event e LEFT JOIN head_count h ON h.event = e.id WHERE {chosen} "
        "ORDER BY e.starts_on, e.title_folded, e.slug",
        before,
        end,
    )
    themes = await _words("theme", chosen, before, end)
    lines = await _words("action_line", chosen, before, end)
    allied = await _allied(chosen, before, end)
    return [
        EventFact(
            row["id"], row["slug"], row["title"], row["kind"], row["mode"], row["involvement"], row["starts_on"],
            row["ends_on"], row["place"], bool(row["counts"]), row["campaign"], frozenset(themes[row["id"]]),
            frozenset(lines[row["id"]]), row["id"] in allied, bool(row["has_list"]),
            None if row["has_list"] or row["women"] is None
            else Counts(row["women"], row["men"], row["others"], row["undisclosed"]),
            row["political"] or 0, row["parent"],
        )
        for row in rows
    ]  # fmt: skip


def words_of_events(word: str) -> str:
    """
    Events and their themes or action lines, as a subselect with the columns `event` and `theme` or `action_line`.

    The session of a lab has those of its lab beside its own.

    Args:
        word: `theme` or `action_line`.

    """
    return (
        f"(SELECT event, {word} FROM event_{word} "
        f"UNION SELECT n.event, w.{word} FROM lab_session n JOIN lab_{word} w ON w.lab = n.lab)"
    )


async def _words(word: str, chosen: str, before: date, end: date) -> Mapping[UUID, list[str]]:
    """Codes of the themes or action lines of the events."""
    rows = await sql(
        f"SELECT x.event AS event, w.code AS code FROM {words_of_events(word)} x JOIN {word} w ON w.id = x.{word} "
        f"JOIN event e ON e.id = x.event WHERE {chosen}",
        before,
        end,
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        found[row["event"]].append(row["code"])
    return found


async def _allied(chosen: str, before: date, end: date) -> set[UUID]:
    """Events with the partner federation or the taskforce among their partners."""
    keys = current_settings().allied_partner_keys
    if not keys:
        return set()
    rows = await sql(
        "SELECT DISTINCT x.event AS event FROM event_partner x JOIN partner p ON p.id = x.partner "
        f"JOIN event e ON e.id = x.event WHERE p.key IN ({', '.join('{}' for _ in keys)}) AND {chosen}",
        *keys,
        before,
        end,
    )
    return {row["event"] for row in rows}


# People


def counts(rows: Iterable[Row], column: str) -> Counts:
    """Counts from rows of a gender and a number."""
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[row["gender"]] += row[column]
    return Counts(found[Gender.WOMAN], found[Gender.MAN], found[Gender.NON_BINARY], found[Gender.UNDISCLOSED])


def by_year(rows: Iterable[Row], *columns: str) -> ByYear:
    """Counts of this year (True) and the one before (False) for each of some numbers."""
    listed = list(rows)
    return {
        recent: {column: counts((row for row in listed if bool(row["recent"]) is recent), column) for column in columns}
        for recent in (True, False)
    }


def body_group(body: str) -> str:
    """The people at meetings of a statutory body, as `People.groups` calls them."""
    return f"body_{body}"


#: Groups of people by scope of the events at which they were.
_THERE = ("led_unique_people", "unique_people", "learning_people", "campaign_people")
#: Groups of people by what else they were or did in a year; where a source of rows does not name one, nobody is in it.
_MARKS = (
    "political_people", "speakers", "political_speakers", "learning_experts", "experts", "lab_participants",
    *map(body_group, BODIES),
)  # fmt: skip
_LISTED = {"political_people": "r.level = 'political'"} | {body_group(body): f"l.kind = '{body}'" for body in BODIES}
_SPOKE = {
    "political_people": "s.level = 'political'", "speakers": SPEAKS, "experts": SPEAKS,
    "political_speakers": f"{SPEAKS} AND s.level = 'political'", "learning_experts": f"{SPEAKS} AND l.learning = 1",
}  # fmt: skip
_IN_LABS = {"experts": "p.role IN ('expert', 'facilitator')", "lab_participants": "p.role = 'participant'"}


def _marks(source: Mapping[str, str]) -> str:
    return ", ".join(f"CASE WHEN {source[mark]} THEN 1 ELSE 0 END" if mark in source else "0" for mark in _MARKS)


@dataclass(frozen=True)
class People:
    """
    People at events led or co-led of two years: this one (True) and the one before.

    `there` has them by event, and `once` each once in the year by scope. Of
    this year alone, `times` has them by how often they were there, at all and
    in each scope, and `groups` by the groups that they are in, those of labs included.
    """

    there: Mapping[UUID, Counts]
    once: ByYear
    times: Mapping[tuple[int, ...], Counts]
    groups: Mapping[frozenset[str], Counts]


async def people_at(year: int, kind: str = "lab") -> People:
    """Reads them in one pass over those who were there. Who attended and spoke is one."""
    scopes = ("led", *_SCOPES)
    sums = ", ".join(f"SUM(l.{scope}) AS {scope}" for scope in _SCOPES)
    often = ", ".join(f"o.{scope}" for scope in scopes)
    columns = ", ".join(("person", *_MARKS))
    mask = " + ".join(f"MAX({mark}) * {1 << place}" for place, mark in enumerate(_MARKS))
    rows = await sql(
        f"{LED_EVENTS}, there AS (SELECT l.id AS event, r.person AS person FROM led l "
        f"JOIN registration r ON r.event = l.id WHERE {ATTENDED} "
        "UNION SELECT i.event, s.person FROM led l JOIN programme_item i ON i.event = l.id "
        "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.status = 'confirmed'), "
        "present AS MATERIALIZED (SELECT t.event AS event, t.person AS person, "
        "COALESCE(g.gender, 'undisclosed') AS gender FROM there t "
        "LEFT JOIN gender_statement g ON g.person = t.person), "
        "once AS MATERIALIZED (SELECT l.recent AS recent, p.person AS person, MIN(p.gender) AS gender, "
        f"COUNT(*) AS led, {sums} FROM present p JOIN led l ON l.id = p.event GROUP BY l.recent, p.person), "
        f"marked ({columns}) AS (SELECT r.person, {_marks(_LISTED)} FROM led l JOIN registration r ON r.event = l.id "
        f"WHERE l.recent AND l.own = 1 AND {ATTENDED} AND ({' OR '.join(_LISTED.values())}) "
        f"UNION ALL SELECT s.person, {_marks(_SPOKE)} FROM led l JOIN programme_item i ON i.event = l.id "
        "JOIN speaker_slot s ON s.programme_item = i.id WHERE l.recent AND l.own = 1 AND s.status = 'confirmed' "
        f"UNION ALL SELECT p.person, {_marks(_IN_LABS)} FROM lab_participant p JOIN lab b ON b.id = p.lab "
        "JOIN lab_round r ON r.id = b.lab_round WHERE r.kind = {} AND r.year = {}), "
        f"marks AS MATERIALIZED (SELECT person, {mask} AS mask FROM marked GROUP BY person) "
        "SELECT p.event AS event, NULL AS recent, p.gender AS gender, COUNT(*) AS people, "
        "0 AS led, 0 AS own, 0 AS learning, 0 AS campaign, 0 AS mask FROM present p GROUP BY p.event, p.gender "
        f"UNION ALL SELECT NULL, o.recent, o.gender, COUNT(*), {often}, COALESCE(m.mask, 0) FROM once o "
        f"LEFT JOIN marks m ON m.person = o.person AND o.recent GROUP BY o.recent, o.gender, {often}, COALESCE(m.mask, 0) "
        "UNION ALL SELECT NULL, 1 = 1, COALESCE(g.gender, 'undisclosed'), COUNT(*), 0, 0, 0, 0, m.mask FROM marks m "
        "LEFT JOIN gender_statement g ON g.person = m.person "
        "WHERE NOT EXISTS (SELECT 1 FROM once o WHERE o.recent AND o.person = m.person) "
        "GROUP BY COALESCE(g.gender, 'undisclosed'), m.mask",
        *days(year),
        kind,
        year,
    )
    of_events: dict[UUID, list[Row]] = defaultdict(list)
    of_times: dict[bool, dict[tuple[int, ...], list[Row]]] = {True: defaultdict(list), False: defaultdict(list)}
    of_groups: dict[frozenset[str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["event"] is not None:
            of_events[row["event"]].append(row)
            continue
        times = tuple(int(row[scope]) for scope in scopes)
        of_times[bool(row["recent"])][times].append(row)
        if row["recent"]:
            found = [group for group, number in zip(_THERE, times, strict=True) if number]
            found += [mark for place, mark in enumerate(_MARKS) if int(row["mask"]) & 1 << place]
            of_groups[frozenset(found)].append(row)
    return People(
        {event: counts(of_event, "people") for event, of_event in of_events.items()},
        {
            recent: {
                scope: counts((row for times, alike in of_year.items() if times[place] for row in alike), "people")
                for place, scope in enumerate(scopes)
            }
            for recent, of_year in of_times.items()
        },
        {times: counts(alike, "people") for times, alike in of_times[True].items()},
        {groups: counts(alike, "people") for groups, alike in of_groups.items()},
    )


async def parts_of(year: int, kind: str = "lab") -> ByYear:
    """People with a confirmed part at own events, once in the year; experts of labs are experts too."""
    rows = await sql(
        f"{LED_EVENTS}, part AS (SELECT l.recent AS recent, s.person AS person, 1 AS speakers, "
        "CASE WHEN s.level = 'political' THEN 1 ELSE 0 END AS political, l.learning AS learning_experts "
        "FROM led l JOIN programme_item i ON i.event = l.id JOIN speaker_slot s ON s.programme_item = i.id "
        f"WHERE l.own = 1 AND {SPEAKS} "
        "UNION ALL SELECT r.year = {}, p.person, 0, 0, 0 FROM lab_participant p JOIN lab b ON b.id = p.lab "
        "JOIN lab_round r ON r.id = b.lab_round "
        "WHERE p.role IN ('expert', 'facilitator') AND r.kind = {} AND r.year IN ({}, {})), "
        "once AS (SELECT recent, person, MAX(speakers) AS speakers, MAX(political) AS political, "
        "MAX(learning_experts) AS learning_experts FROM part GROUP BY recent, person) "
        "SELECT o.recent AS recent, COALESCE(g.gender, 'undisclosed') AS gender, COUNT(*) AS experts, "
        "SUM(o.speakers) AS speakers, SUM(o.political) AS political, SUM(o.learning_experts) AS learning_experts "
        "FROM once o LEFT JOIN gender_statement g ON g.person = o.person "
        "GROUP BY o.recent, COALESCE(g.gender, 'undisclosed')",
        *days(year),
        year,
        kind,
        year,
        year - 1,
    )
    return by_year(rows, "speakers", "political", "experts", "learning_experts")


# Members


async def members_of(year: int) -> dict[bool, list[MemberFact]]:
    """Members that attended, spoke or hosted, as they were on the days of the events; hosts have joined no learning."""
    rows = await sql(
        f"{LED_EVENTS}, there AS ("
        # In the order of the index (event, member), so that nothing has to be sorted.
        "SELECT r.event AS event, r.member AS member FROM registration r WHERE r.event IN (SELECT id FROM led) "
        f"AND r.member IS NOT NULL AND {ATTENDED} GROUP BY r.event, r.member), "
        "involved AS (SELECT event, member, 1 AS was_there FROM there UNION SELECT l.id, s.member, 1 FROM led l JOIN programme_item i ON i.event = l.id "
        "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.status = 'confirmed' AND s.member IS NOT NULL "
        "UNION ALL SELECT id, host_member, 0 FROM led WHERE host_member IS NOT NULL), "
        f"dated AS (SELECT l.recent AS recent, m.id AS member, {at('kind', 'l.starts_on')} AS kind, "
        f"{at('region', 'l.starts_on')} AS region, l.own AS own, l.learning * x.was_there AS learning, l.campaign AS campaign "
        "FROM involved x JOIN led l ON l.id = x.event JOIN member m ON m.id = x.member "
        f"WHERE {belonged('l.starts_on')}), "
        "grouped AS (SELECT recent, member, kind, region, MAX(own) AS own, MAX(learning) AS learning, "
        "MAX(campaign) AS campaign FROM dated GROUP BY recent, member, kind, region) "
        "SELECT d.recent AS recent, m.key AS key, m.name AS name, d.kind AS kind, g.code AS region, "
        "d.own AS own, d.learning AS learning, d.campaign AS campaign FROM grouped d "
        "JOIN member m ON m.id = d.member JOIN region g ON g.id = d.region ORDER BY m.key, d.kind, g.code",
        *days(year),
    )
    found: dict[bool, list[MemberFact]] = {True: [], False: []}
    for row in rows:
        scopes = frozenset(("led", *(scope for scope in _SCOPES if row[scope])))
        found[bool(row["recent"])].append(MemberFact(row["key"], row["name"], row["kind"], row["region"], scopes))
    return found


async def membership_of(year: int) -> list[Row]:
    """
    Members of every kind that belonged at the end of a year or joined in it, by name.

    The kind is that of the last day of the year, or of the last day of the
    membership if that was earlier; `at_end` is whether it still belonged.
    """
    last = date(year, 12, 31)
    return await sql(
        "SELECT m.key AS key, m.name AS name, m.joined_year AS joined_year, COALESCE((SELECT f.kind "
        "FROM former_membership f WHERE f.member = m.id AND f.ends_on >= CASE WHEN m.left_on < {} THEN m.left_on "
        "ELSE {} END ORDER BY f.ends_on LIMIT 1), m.kind) AS kind, "
        "CASE WHEN m.left_on IS NULL OR m.left_on >= {} THEN 1 ELSE 0 END AS at_end FROM member m "
        "WHERE (m.joined_year IS NULL OR m.joined_year <= {}) "
        "AND (m.left_on IS NULL OR m.left_on >= {} OR m.joined_year = {}) ORDER BY m.name_folded, m.key",
        last,
        last,
        last,
        year,
        last,
        year,
    )


def members_at_end(rows: Iterable[Row]) -> Counter[str]:
    """How many of each kind belonged at the end of the year."""
    return Counter(row["kind"] for row in rows if row["at_end"])


def members_joined(rows: Iterable[Row], year: int) -> Counter[str]:
    """How many of each kind joined in the year, also if they have left again."""
    return Counter(row["kind"] for row in rows if row["joined_year"] == year)


async def _membership(year: int) -> Membership:
    """Members by kind at the end of a year, and those that joined in it."""
    rows = await membership_of(year)
    return Membership(members_at_end(rows), members_joined(rows, year))


async def partners_of(year: int) -> list[Row]:
    """Organisations with a part in an event that counts, and in how many, by name; for both years."""
    first, before, end = days(year)
    return await sql(
        "SELECT e.starts_on >= {} AS recent, p.name AS name, p.key AS key, COUNT(DISTINCT e.id) AS events "
        "FROM event_partner x JOIN partner p ON p.id = x.partner JOIN event e ON e.id = x.event "
        "WHERE e.starts_on >= {} AND e.starts_on < {} AND e.status = 'published' AND e.counts_in_statistics "
        f"AND e.kind NOT IN ({', '.join('{}' for _ in PRIVATE_KINDS)}) GROUP BY 1, p.name, p.key, p.name_folded ORDER BY p.name_folded, p.key",
        first, before, end, *sorted(PRIVATE_KINDS),
    )  # fmt: skip


async def other_cities_of(year: int) -> dict[bool, dict[tuple[str, str], str]]:
    """
    Cities of people at own events who stood for no member, without those that are members by name.

    As they were written, by their name without accents and their country.
    """
    rows = await sql(
        f"{LED_EVENTS} SELECT DISTINCT l.recent AS recent, r.city AS city, r.country AS country FROM led l "
        f"JOIN registration r ON r.event = l.id WHERE l.own = 1 AND r.member IS NULL AND r.city <> '' AND {ATTENDED} "
        "ORDER BY r.city, r.country",
        *days(year),
    )
    found: dict[bool, dict[tuple[str, str], str]] = {True: {}, False: {}}
    if not rows:
        return found
    names = await sql("SELECT name_folded FROM member UNION SELECT name_folded FROM member_name")
    known = {row["name_folded"] for row in names}
    for row in rows:
        if (city := fold(row["city"])) and city not in known:
            found[bool(row["recent"])].setdefault((city, row["country"]), row["city"].strip())
    return found


# Meetings


async def _meetings(year: int, events: Iterable[EventFact]) -> dict[bool, dict[str, Meeting]]:
    return {
        recent: {kind: meeting for kind, (meeting, _) in of_year.items()}
        for recent, of_year in (await meetings_with_rows(year, events)).items()
    }


async def meetings_with_rows(
    year: int, events: Iterable[EventFact]
) -> dict[bool, dict[str, tuple[Meeting, list[Row]]]]:
    """
    Who was at congresses and general assemblies, from their attendance lists, and the lists themselves.

    People count once each, so that these may be umbrellas, as congresses are
    as a rule. Who was at a part of a congress was at the congress.

    Args:
        year: The year; the one before is read with it.
        events: The events of both years.

    """
    rows = await sql(
        f"{_MEETINGS} SELECT x.recent AS recent, x.kind AS kind, x.meeting AS meeting, e.id AS event, "
        "r.person AS person, r.level AS level, r.name AS name, r.organisation AS organisation, r.city AS city, "
        "r.country AS country, m.key AS member, m.name AS member_name, m.country AS member_country "
        "FROM place x JOIN event e ON e.id = x.event JOIN registration r ON r.event = e.id "
        f"LEFT JOIN member m ON m.id = r.member AND {at('kind', 'e.starts_on')} = 'member' AND {belonged('e.starts_on')} "
        f"WHERE {ATTENDED} ORDER BY r.name, r.person",
        *days(year),
        *sorted(PRIVATE_KINDS),
    )
    heads = [one for one in events if one.head is not None and one.kind in MEETING_KINDS and one.involvement in OWN]
    found: dict[bool, dict[str, tuple[Meeting, list[Row]]]] = {True: {}, False: {}}
    for recent, of_year in found.items():
        for kind in MEETING_KINDS:
            lists = [row for row in rows if bool(row["recent"]) is recent and row["kind"] == kind]
            counted = [one for one in heads if (one.starts_on.year == year) is recent and one.kind == kind]
            if lists or counted:
                of_year[kind] = _meeting(lists, counted), lists
    return found


#: Own congresses and general assemblies of both years as `meeting`, each with itself and the parts of a congress as
#: `event`. Values: those of LED_EVENTS, and PRIVATE_KINDS.
_MEETINGS = (
    "WITH meeting AS (SELECT e.id AS id, e.kind AS kind, e.starts_on >= {} AS recent FROM event e "
    "WHERE e.starts_on >= {} AND e.starts_on < {} AND e.status = 'published' "
    "AND e.involvement IN ('organised', 'co_organised') AND e.kind IN ('congress', 'general_assembly')), "
    "place AS (SELECT id AS meeting, id AS event, kind, recent FROM meeting "
    "UNION SELECT o.id, p.id, o.kind, o.recent FROM meeting o JOIN event p ON p.parent = o.id "
    f"WHERE o.kind = 'congress' AND p.status = 'published' AND p.kind NOT IN ({', '.join('{}' for _ in PRIVATE_KINDS)}))"
)


def _meeting(rows: list[Row], heads: list[EventFact]) -> Meeting:
    """
    What the lists and the head counts of meetings of one kind say.

    Where a head count stands in for the list of a meeting, who is on the
    lists of its parts is among those counted already.
    """
    only_counted = {one.id for one in heads}

    def people(condition: str, value: Any = None, *, listed_only: bool = False) -> frozenset[UUID]:
        return frozenset(
            row["person"]
            for row in rows
            if row[condition] is not None
            and value in (None, row[condition])
            and not (listed_only and row["meeting"] in only_counted)
        )

    cities = {fold(row["city"]) or fold(row["member_name"] or "") for row in rows}
    countries = {row["country"] or row["member_country"] or "" for row in rows}
    return Meeting(
        people=people("person", listed_only=True),
        political=people("level", "political", listed_only=True),
        representatives=people("member"),
        members=frozenset(row["member"] for row in rows if row["member"]),
        cities=frozenset(cities - {""}),
        countries=frozenset(countries - {""}),
        heads=tuple(HeadFact(one.slug, one.title, one.head.everybody, one.political) for one in heads if one.head),
    )


async def _scores(year: int, kind: str) -> dict[bool, tuple[int, int]]:
    """Sum and number of the overall scores of own events and of labs of the year."""
    rows = await sql(
        f"{LED_EVENTS} SELECT x.recent AS recent, SUM(x.overall) AS total, COUNT(*) AS answers FROM ("
        "SELECT l.recent AS recent, f.overall AS overall FROM led l JOIN feedback f ON f.event = l.id "
        "WHERE l.own = 1 AND f.overall IS NOT NULL UNION ALL "
        "SELECT r.year = {}, f.overall FROM feedback f JOIN lab b ON b.id = f.lab "
        "JOIN lab_round r ON r.id = b.lab_round WHERE r.kind = {} AND r.year IN ({}, {}) AND f.overall IS NOT NULL"
        ") x GROUP BY x.recent",
        *days(year),
        year,
        kind,
        year,
        year - 1,
    )
    return {True: (0, 0), False: (0, 0)} | {bool(row["recent"]): (int(row["total"]), row["answers"]) for row in rows}


# Solutions Labs


async def _labs(year: int, kind: str) -> dict[bool, int]:
    rows = await sql(
        "SELECT r.year AS year, COUNT(*) AS labs FROM lab l JOIN lab_round r ON r.id = l.lab_round "
        "WHERE r.kind = {} AND r.year IN ({}, {}) GROUP BY r.year",
        kind, year, year - 1,
    )  # fmt: skip
    return {True: 0, False: 0} | {row["year"] == year: row["labs"] for row in rows}


async def active_members(year: int, kind: str) -> list[tuple[int, str, str]]:
    """
    Year, lab and key of each member active in a lab of the year or the one before.

    Active is a member with an accepted person who attended a session of that
    lab, by what it was on the day; the same definition as in labs/queries.py, here lab by lab.
    """
    rows = await sql(
        "SELECT DISTINCT r.year AS year, l.slug AS lab, m.key AS member "
        "FROM lab_participant p JOIN lab l ON l.id = p.lab JOIN lab_round r ON r.id = l.lab_round "
        "JOIN member m ON m.id = p.member JOIN lab_session s ON s.lab = l.id "
        "JOIN registration n ON n.event = s.event AND n.person = p.person "
        "JOIN event e ON e.id = s.event "
        "WHERE r.kind = {} AND r.year IN ({}, {}) AND p.role = 'participant' AND n.has_attended "
        f"AND {at('kind', 'e.starts_on')} = 'member' AND {belonged('e.starts_on')}",
        kind,
        year,
        year - 1,
    )
    return [(row["year"], row["lab"], row["member"]) for row in rows]


async def lab_participants(year: int, kind: str) -> dict[str, dict[bool, Counts]]:
    """Accepted people by lab; under the empty name each once over all labs."""
    rows = await sql(
        "WITH accepted AS (SELECT r.year = {} AS recent, l.slug AS lab, p.person AS person, "
        "COALESCE(g.gender, 'undisclosed') AS gender FROM lab_participant p JOIN lab l ON l.id = p.lab "
        "JOIN lab_round r ON r.id = l.lab_round LEFT JOIN gender_statement g ON g.person = p.person "
        "WHERE r.kind = {} AND r.year IN ({}, {}) AND p.role = 'participant') "
        "SELECT recent, lab, gender, COUNT(*) AS people FROM accepted GROUP BY recent, lab, gender "
        "UNION ALL SELECT recent, '', gender, COUNT(DISTINCT person) FROM accepted GROUP BY recent, gender",
        year,
        kind,
        year,
        year - 1,
    )
    by_lab: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_lab[row["lab"]].append(row)
    found: dict[str, dict[bool, Counts]] = defaultdict(lambda: {True: Counts(), False: Counts()})
    for lab, of_lab in by_lab.items():
        found[lab] = {recent: of_year["people"] for recent, of_year in by_year(of_lab, "people").items()}
    return found
