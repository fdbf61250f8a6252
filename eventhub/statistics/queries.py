"""
Reads behind the figures of a year. Genders leave the database as counts only, never beside a person.

Every figure is read for the year and the one before in the same query, so
that growth costs nothing: `recent` tells the two apart.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from eventhub.database import Row, offloaded, sql
from eventhub.directory.rules import Gender
from eventhub.errors import NotFound
from eventhub.events.rules import FIRST_YEAR, LAST_YEAR, OWN, PRIVATE_KINDS, EventKind, Mode
from eventhub.languages import country_name
from eventhub.speakers.queries import parity_of_events
from eventhub.speakers.rules import Counts
from eventhub.statistics.rules import (
    DEFINITIONS,
    LEARNING_KINDS,
    TAKEN_PART,
    AnnexRow,
    Figure,
    KindCount,
    LabCount,
    PanelCounts,
    ThemeCount,
    annex_order,
    printed_day,
    printed_location,
)
from eventhub.words import Sentence

#: Own events of the year and the one before: the scope of most figures.
#: Values: first day of the year, first day of the year before, first day of the next year.
_OWN_EVENTS = (
    "WITH own AS (SELECT id, kind, host_member, starts_on >= {} AS recent FROM event "
    "WHERE starts_on >= {} AND starts_on < {} AND status = 'published' AND counts_in_statistics "
    "AND involvement IN ('organised', 'co_organised') AND kind NOT IN ('bilateral', 'internal'))"
)
_SPEAKS = "s.status = 'confirmed' AND s.role IN ('speaker', 'panellist', 'keynote')"


@dataclass(frozen=True)
class ParityExceptionRow:
    """One event that was published in spite of its panels: by whom, why, and what was overruled."""

    slug: str
    title: str
    account_name: str
    reason: str
    findings: str
    granted_at: datetime


@dataclass(frozen=True)
class YearFigures:
    """Everything that the page, the files and the JSON interface show of one year."""

    year: int
    figures: tuple[Figure, ...]
    kinds: tuple[KindCount, ...]
    labs: tuple[LabCount, ...]
    themes: tuple[ThemeCount, ...]
    panels: PanelCounts
    exceptions: tuple[ParityExceptionRow, ...]
    annex: tuple[AnnexRow, ...]

    def __getitem__(self, code: str) -> Figure:
        """One figure by its code."""
        return next(figure for figure in self.figures if figure.code == code)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the year."""
        return not (self.annex or self.exceptions or any(figure.value for figure in self.figures))


@dataclass(frozen=True)
class ParityYear:
    """The gender section's part on panels: how many are balanced, who speaks, which exceptions were made."""

    year: int
    panels: PanelCounts
    speakers: Figure
    exceptions: tuple[ParityExceptionRow, ...]


def checked_year(year: int) -> int:
    """
    The year, if figures can be asked for it.

    Raises:
        NotFound: it lies outside 1985 to 2100.

    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound(Sentence("There are figures for the years 1985 to 2100 only."))
    return year


async def years_with_figures() -> list[int]:
    """Years with published events or labs, newest first."""
    rows = await sql(
        "SELECT SUBSTR(CAST(starts_on AS TEXT), 1, 4) AS year FROM event WHERE status = 'published' "
        "UNION SELECT CAST(year AS TEXT) FROM lab_round"
    )
    years = {int(row["year"]) for row in rows}
    return sorted((year for year in years if FIRST_YEAR <= year <= LAST_YEAR), reverse=True)


async def figures_of(year: int, kind: str = "lab") -> YearFigures:
    """
    All figures of a year; eleven queries whatever its size.

    Beside the event loop: 20,000 attendances take half a second on SQLite.

    Args:
        kind: What the figures of labs count: Solutions Labs, or whatever else starts with a call.

    """
    async with offloaded():
        return await _figures_of(year, kind)


async def _figures_of(year: int, kind: str) -> YearFigures:
    events = await _events(year)
    own = [event for event in events if _is_own(event)]
    engaged, unique = await _people_engaged(year, own)
    speakers, political = await _speakers(year)
    members = await _members_involved(year)
    labs = await _labs(year, kind)
    active = await _active_members(year, kind)
    lab_people = await _lab_participants(year, kind)
    recent_labs = [lab for lab in labs if lab["year"] == year]
    active_here = {(slug, member) for lab_year, slug, member in active if lab_year == year}
    themes, themes_of = await _themes(year, active_here, kind)

    def of_events(chosen: Iterable[Row]) -> tuple[int, int]:
        days = [event["starts_on"].year == year for event in chosen]
        return sum(days), len(days) - sum(days)

    def of_people(code: str, counts: dict[bool, Counts]) -> Figure:
        this, before = counts[True], counts[False]
        return DEFINITIONS[code].figure(code, year, this.everybody, before.everybody, this)

    counted: dict[str, tuple[int, int]] = {
        "own_events": of_events(own),
        "global_events": of_events(e for e in _counted(events) if e["involvement"] in TAKEN_PART),
        "supported_events": of_events(e for e in _counted(events) if e["involvement"] == "supported"),
        "learning_activities": of_events(e for e in own if e["kind"] in LEARNING_KINDS),
        "members_involved": (members[True]["member"], members[False]["member"]),
        "associates_involved": (members[True]["associate"], members[False]["associate"]),
        "labs": (len(recent_labs), len(labs) - len(recent_labs)),
        "active_member_cities": (
            len({member for _, member in active_here}),
            len({member for lab_year, _, member in active if lab_year != year}),
        ),
    }
    people = {
        "attendances": engaged,
        "unique_people": unique,
        "speakers": speakers,
        "political_speakers": political,
        "lab_participants": lab_people[""],
    }
    return YearFigures(
        year=year,
        figures=tuple(
            of_people(code, people[code]) if code in people else definition.figure(code, year, *counted[code])
            for code, definition in DEFINITIONS.items()
        ),
        kinds=_kinds(event for event in own if event["starts_on"].year == year),
        labs=tuple(
            LabCount(
                slug=lab["slug"],
                number=lab["number"],
                name=lab["name"],
                themes=tuple(themes_of[lab["slug"]]),
                active_members=sum(slug == lab["slug"] for slug, _ in active_here),
                counts=lab_people[lab["slug"]][True],
            )
            for lab in recent_labs
        ),
        themes=themes,
        panels=await _panels(event for event in own if event["starts_on"].year == year),
        exceptions=await exceptions_of_year(year),
        annex=_annex(event for event in events if event["starts_on"].year == year),
    )


async def parity_of_year(year: int) -> ParityYear:
    """Panels, speakers and exceptions of a year; five queries whatever its size."""
    own = [event for event in await _events(year) if _is_own(event) and event["starts_on"].year == year]
    speakers, _ = await _speakers(year)
    this, before = speakers[True], speakers[False]
    figure = DEFINITIONS["speakers"].figure("speakers", year, this.everybody, before.everybody, this)
    return ParityYear(year, await _panels(own), figure, await exceptions_of_year(year))


async def calendar_annex(year: int) -> tuple[AnnexRow, ...]:
    """The calendar annex of a year: published events of any involvement, parts and umbrellas as rows of one rank."""
    return _annex(event for event in await _events(year) if event["starts_on"].year == year)


# Events


def _days(year: int) -> tuple[date, date, date]:
    """First days of the year, of the year before, and of the next year."""
    return date(year, 1, 1), date(year - 1, 1, 1), date(year + 1, 1, 1)


async def _events(year: int) -> list[Row]:
    """Published events of the year and the one before, private kinds left out, with their head counts."""
    _, before, end = _days(year)
    private = ", ".join("{}" for _ in PRIVATE_KINDS)
    return await sql(
        "SELECT e.id AS id, e.slug AS slug, e.title AS title, e.title_folded AS title_folded, e.kind AS kind, "
        "e.mode AS mode, e.involvement AS involvement, e.starts_on AS starts_on, e.starts_time AS starts_time, "
        "e.ends_on AS ends_on, e.place AS place, e.country AS country, e.counts_in_statistics AS counts, "
        "e.parity_exempt_reason AS parity_exempt_reason, e.import_key AS import_key, "
        "e.printed_start AS printed_start, e.printed_end AS printed_end, e.printed_title AS printed_title, "
        "e.printed_location AS printed_location, h.women AS women, h.men AS men, h.others AS others, "
        "h.undisclosed AS undisclosed, EXISTS (SELECT 1 FROM registration r JOIN attendance a "
        "ON a.registration = r.id WHERE r.event = e.id) AS has_list "
        "FROM event e LEFT JOIN head_count h ON h.event = e.id "
        "WHERE e.starts_on >= {} AND e.starts_on < {} AND e.status = 'published' "
        f"AND e.kind NOT IN ({private})",
        before,
        end,
        *sorted(PRIVATE_KINDS),
    )


def _counted(events: Iterable[Row]) -> Iterable[Row]:
    return (event for event in events if event["counts"])


def _is_own(event: Row) -> bool:
    return bool(event["counts"]) and event["involvement"] in OWN


def _kinds(own: Iterable[Row]) -> tuple[KindCount, ...]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event in own:
        found[event["kind"]][event["mode"]] += 1
    return tuple(
        KindCount(kind.value, *(found[kind.value][mode] for mode in (Mode.IN_PERSON, Mode.ONLINE, Mode.HYBRID)))
        for kind in EventKind
        if kind.value in found
    )  # fmt: skip


def _annex(events: Iterable[Row]) -> tuple[AnnexRow, ...]:
    ordered = sorted(
        events,
        key=lambda e: (
            *annex_order(e["starts_on"], e["starts_time"], e["import_key"], e["title_folded"]),
            e["slug"],
        ),
    )
    return tuple(
        AnnexRow(
            start=event["printed_start"] or printed_day(event["starts_on"]),
            end=event["printed_end"] if event["printed_start"] else printed_day(event["ends_on"]),
            title=event["printed_title"] or event["title"],
            location=event["printed_location"]
            or printed_location(event["mode"], event["place"], country_name(event["country"], "en")),
            slug=event["slug"],
        )
        for event in ordered
    )


# People


def _counts(rows: Iterable[Row], column: str) -> dict[bool, Counts]:
    """Counts of this year (True) and the one before (False) from rows of `recent`, `gender` and a number."""
    found: dict[bool, dict[str, int]] = {True: defaultdict(int), False: defaultdict(int)}
    for row in rows:
        found[bool(row["recent"])][row["gender"]] += row[column]
    return {
        recent: Counts(
            women=genders[Gender.WOMAN],
            men=genders[Gender.MAN],
            others=genders[Gender.NON_BINARY],
            undisclosed=genders[Gender.UNDISCLOSED],
        )
        for recent, genders in found.items()
    }


async def _people_engaged(year: int, own: list[Row]) -> tuple[dict[bool, Counts], dict[bool, Counts]]:
    """People at own events, once for each event and once in the year; head counts stand in for missing lists."""
    rows = await sql(
        f"{_OWN_EVENTS}, present AS ("
        "SELECT o.recent AS recent, r.event AS event, r.person AS person FROM own o "
        "JOIN registration r ON r.event = o.id JOIN attendance a ON a.registration = r.id "
        "UNION SELECT o.recent, i.event, s.person FROM own o JOIN programme_item i ON i.event = o.id "
        "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.status = 'confirmed') "
        "SELECT p.recent AS recent, COALESCE(g.gender, 'undisclosed') AS gender, COUNT(*) AS attendances, "
        "COUNT(DISTINCT p.person) AS people FROM present p LEFT JOIN gender_statement g ON g.person = p.person "
        "GROUP BY p.recent, COALESCE(g.gender, 'undisclosed')",
        *_days(year),
    )
    attendances = _counts(rows, "attendances")
    for event in own:
        if event["women"] is not None and not event["has_list"]:
            recent = event["starts_on"].year == year
            so_far = attendances[recent]
            attendances[recent] = Counts(
                so_far.women + event["women"],
                so_far.men + event["men"],
                so_far.others + event["others"],
                so_far.undisclosed + event["undisclosed"],
            )
    return attendances, _counts(rows, "people")


async def _speakers(year: int) -> tuple[dict[bool, Counts], dict[bool, Counts]]:
    """Speakers at own events, once in the year: all of them, and those of political level."""
    rows = await sql(
        f"{_OWN_EVENTS} SELECT o.recent AS recent, COALESCE(g.gender, 'undisclosed') AS gender, "
        "COUNT(DISTINCT s.person) AS people, "
        "COUNT(DISTINCT CASE WHEN s.level = 'political' THEN s.person END) AS political "
        "FROM own o JOIN programme_item i ON i.event = o.id JOIN speaker_slot s ON s.programme_item = i.id "
        f"LEFT JOIN gender_statement g ON g.person = s.person WHERE {_SPEAKS} "
        "GROUP BY o.recent, COALESCE(g.gender, 'undisclosed')",
        *_days(year),
    )
    return _counts(rows, "people"), _counts(rows, "political")


async def _members_involved(year: int) -> dict[bool, dict[str, int]]:
    """Members by kind for which somebody attended or spoke at own events, or which hosted one; each once."""
    rows = await sql(
        f"{_OWN_EVENTS}, involved AS ("
        "SELECT o.recent AS recent, r.member AS member FROM own o "
        "JOIN registration r ON r.event = o.id JOIN attendance a ON a.registration = r.id "
        "UNION SELECT o.recent, s.member FROM own o JOIN programme_item i ON i.event = o.id "
        "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.status = 'confirmed' "
        "UNION SELECT recent, host_member FROM own) "
        "SELECT x.recent AS recent, m.kind AS kind, COUNT(*) AS members FROM involved x "
        "JOIN member m ON m.id = x.member GROUP BY x.recent, m.kind",
        *_days(year),
    )
    found: dict[bool, dict[str, int]] = {True: defaultdict(int), False: defaultdict(int)}
    for row in rows:
        found[bool(row["recent"])][row["kind"]] = row["members"]
    return found


# Solutions Labs


async def _labs(year: int, kind: str) -> list[Row]:
    return await sql(
        "SELECT r.year AS year, l.slug AS slug, l.number AS number, l.name AS name FROM lab l "
        "JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = {} AND r.year IN ({}, {}) ORDER BY l.number, l.slug",
        kind,
        year,
        year - 1,
    )


async def _themes(
    year: int, active: set[tuple[str, str]], kind: str
) -> tuple[tuple[ThemeCount, ...], dict[str, list[str]]]:
    """Thematic priorities in order with the labs of a year, none included; and the theme codes of each lab."""
    rows = await sql(
        "SELECT t.code AS code, t.name AS name, x.slug AS lab FROM theme t LEFT JOIN "
        "(SELECT lt.theme AS theme, l.slug AS slug FROM lab_theme lt JOIN lab l ON l.id = lt.lab "
        "JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = {} AND r.year = {}) x ON x.theme = t.id "
        "ORDER BY t.position, t.code",
        kind,
        year,
    )
    labs: dict[tuple[str, str], list[str]] = {}
    themes_of: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        here = labs.setdefault((row["code"], row["name"]), [])
        if row["lab"]:
            here.append(row["lab"])
            themes_of[row["lab"]].append(row["code"])
    counted = tuple(
        ThemeCount(code, name, len(slugs), len({member for slug, member in active if slug in slugs}))
        for (code, name), slugs in labs.items()
    )
    return counted, themes_of


async def _active_members(year: int, kind: str) -> list[tuple[int, str, str]]:
    """
    Year, lab and key of each member active in a lab of the year or the one before.

    Active is a member with an accepted person who attended a session of that
    lab; the same definition as in labs/queries.py, here lab by lab.
    """
    rows = await sql(
        "SELECT DISTINCT r.year AS year, l.slug AS lab, m.key AS member "
        "FROM lab_participant p JOIN lab l ON l.id = p.lab JOIN lab_round r ON r.id = l.lab_round "
        "JOIN member m ON m.id = p.member JOIN lab_session s ON s.lab = l.id "
        "JOIN registration n ON n.event = s.event AND n.person = p.person "
        "JOIN attendance a ON a.registration = n.id "
        "WHERE r.kind = {} AND r.year IN ({}, {}) AND p.role = 'participant' AND m.kind = 'member'",
        kind,
        year,
        year - 1,
    )
    return [(row["year"], row["lab"], row["member"]) for row in rows]


async def _lab_participants(year: int, kind: str) -> dict[str, dict[bool, Counts]]:
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
    found.update({lab: _counts(of_lab, "people") for lab, of_lab in by_lab.items()})
    return found


# Parity


async def _panels(own: Iterable[Row]) -> PanelCounts:
    """What the parity check says of the panels of these events; two queries."""
    checks = await parity_of_events({event["id"]: event["parity_exempt_reason"] for event in own})
    results: dict[Any, int] = defaultdict(int)
    for check in checks.values():
        for _, finding in check.panels:
            results[finding.result] += 1
    return PanelCounts.of(results)


async def exceptions_of_year(year: int) -> tuple[ParityExceptionRow, ...]:
    """Parity exceptions of events of the year, also of those cancelled since, by date of the event."""
    first, _, end = _days(year)
    rows = await sql(
        "SELECT e.slug AS slug, e.title AS title, a.name AS account_name, x.reason AS reason, "
        "x.findings AS findings, x.granted_at AS granted_at "
        "FROM parity_exception x JOIN event e ON e.id = x.event JOIN account a ON a.id = x.account "
        "WHERE e.starts_on >= {} AND e.starts_on < {} AND e.status <> 'draft' "
        "ORDER BY e.starts_on, e.title_folded, x.granted_at, x.id",
        first,
        end,
    )
    return tuple(ParityExceptionRow(**row) for row in rows)
