"""
The figures of a year with everything that is shown beside them. Genders leave the database as counts only.

What a figure counts stands in definitions.py, how it is read in reading.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from eventhub.database import Row, offloaded, sql
from eventhub.errors import NotFound
from eventhub.events.rules import FIRST_YEAR, LAST_YEAR, PRIVATE_KINDS, EventKind, Mode
from eventhub.languages import country_name
from eventhub.speakers.queries import parity_of_events
from eventhub.speakers.rules import ParityResult
from eventhub.statistics.definitions import DEFINITIONS
from eventhub.statistics.disclosure import Crowd, exact
from eventhub.statistics.facts import EventFact
from eventhub.statistics.kept import kept
from eventhub.statistics.reading import active_members, events_of, facts_of, lab_participants, parts_of
from eventhub.statistics.rules import (
    AnnexRow,
    Figure,
    KindCount,
    LabCount,
    LineCount,
    PanelCounts,
    ThemeCount,
    annex_order,
    printed_day,
    printed_location,
    protected_figures,
    protected_labs,
)
from eventhub.statistics.scopes import is_campaign, is_learning, is_led, is_own
from eventhub.words import Sentence

#: Figures that count somebody once for each event, and the events.
_ATTENDANCES = {
    "attendances": is_own, "led_attendances": is_led,
    "learning_attendances": is_learning, "campaign_attendances": is_campaign,
}  # fmt: skip


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
    lines: tuple[LineCount, ...]
    labs: tuple[LabCount, ...]
    themes: tuple[ThemeCount, ...]
    panels: PanelCounts
    exceptions: tuple[ParityExceptionRow, ...]
    annex: tuple[AnnexRow, ...]
    crowd: Crowd

    def __getitem__(self, code: str) -> Figure:
        """One figure by its code; KeyError where the data cannot give it."""
        found = self.get(code)
        if found is None:
            raise KeyError(code)
        return found

    def get(self, code: str) -> Figure | None:
        """One figure by its code, None where the data cannot give it."""
        return next((figure for figure in self.figures if figure.code == code), None)

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
    All figures of a year; the number of queries does not depend on its size.

    Beside the event loop: 20,000 attendances take half a second on SQLite.

    Args:
        kind: What the figures of labs count: Solutions Labs, or whatever else starts with a call.

    """

    async def count() -> YearFigures:
        async with offloaded():
            return await _figures_of(year, kind)

    found = await kept("figures", year, kind, count=count)
    # reasons are words about persons, and nothing of persons is kept
    return replace(found, exceptions=await exceptions_of_year(year))


async def _figures_of(year: int, kind: str) -> YearFigures:
    this, before = await facts_of(year, kind)
    own = this.where(is_own)
    labs = await _labs(year, kind)
    active = {(slug, member) for lab_year, slug, member in await active_members(year, kind) if lab_year == year}
    lab_people = await lab_participants(year, kind)
    themes, themes_of = await _themes(year, active, kind)
    figures = (definition.figure(this, before) for definition in DEFINITIONS.values())
    return YearFigures(
        year=year,
        figures=tuple(figure for figure in figures if figure is not None),
        kinds=_kinds(own),
        lines=await _lines(year, own),
        labs=tuple(
            LabCount(
                slug=lab["slug"],
                number=lab["number"],
                name=lab["name"],
                themes=tuple(themes_of[lab["slug"]]),
                active_members=sum(slug == lab["slug"] for slug, _ in active),
                people=lab_people[lab["slug"]][True].everybody,
                counts=lab_people[lab["slug"]][True],
                shown=exact(lab_people[lab["slug"]][True]),
            )
            for lab in labs
        ),
        themes=themes,
        panels=await panels_of(own, year),
        exceptions=(),
        annex=await _annex(year),
        crowd=Crowd(
            this.groups,
            {code: this.people_at(this.where(scope)) for code, scope in _ATTENDANCES.items()},
            this.times,
        ),
    )


def as_seen(found: YearFigures, *, is_exact: bool) -> YearFigures:
    """The figures as one reader sees them: exact for data stewards, protected for everybody else."""
    if is_exact:
        return found
    return replace(
        found,
        figures=protected_figures(found.figures, found.crowd),
        labs=protected_labs(found.labs, found.crowd),
        crowd=Crowd(),
    )


async def parity_of_year(year: int) -> ParityYear:
    """Panels, speakers and exceptions of a year."""
    parts = await parts_of(year)
    events = [event for event in await events_of(year) if event.starts_on.year == year]
    return ParityYear(
        year=year,
        panels=await panels_of(filter(is_own, events), year),
        speakers=DEFINITIONS["speakers"].of(year, parts[True]["speakers"], parts[False]["speakers"]),
        exceptions=await exceptions_of_year(year),
    )


async def calendar_annex(year: int) -> tuple[AnnexRow, ...]:
    """All published events of the year in the order of the printed calendar; private kinds are left out."""
    return await _annex(year)


# Events


def _kinds(own: Iterable[EventFact]) -> tuple[KindCount, ...]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event in own:
        found[event.kind][event.mode] += 1
    return tuple(
        KindCount(kind.value, *(found[kind.value][mode] for mode in (Mode.IN_PERSON, Mode.ONLINE, Mode.HYBRID)))
        for kind in EventKind
        if kind.value in found
    )  # fmt: skip


async def _lines(year: int, own: Sequence[EventFact]) -> tuple[LineCount, ...]:
    """Own events by action line of the plans that were in force, in their order; an event may serve several."""
    rows = await sql("SELECT code, name, first_year, last_year FROM action_line ORDER BY first_year, number, code")
    return tuple(
        LineCount(row["code"], row["name"], events)
        for row in rows
        if (events := sum(row["code"] in event.lines for event in own)) or row["first_year"] <= year <= row["last_year"]
    )


async def _annex(year: int) -> tuple[AnnexRow, ...]:
    private = ", ".join("{}" for _ in PRIVATE_KINDS)
    events = await sql(
        "SELECT e.slug AS slug, e.title AS title, e.title_folded AS title_folded, e.mode AS mode, "
        "e.starts_on AS starts_on, e.starts_time AS starts_time, e.ends_on AS ends_on, e.place AS place, "
        "e.country AS country, e.import_key AS import_key, e.printed_start AS printed_start, "
        "e.printed_end AS printed_end, e.printed_title AS printed_title, e.printed_location AS printed_location "
        "FROM event e WHERE e.starts_on >= {} AND e.starts_on < {} AND e.status = 'published' "
        f"AND e.kind NOT IN ({private})",
        date(year, 1, 1),
        date(year + 1, 1, 1),
        *sorted(PRIVATE_KINDS),
    )
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


# Solutions Labs


async def _labs(year: int, kind: str) -> list[Row]:
    return await sql(
        "SELECT r.year AS year, l.slug AS slug, l.number AS number, l.name AS name FROM lab l "
        "JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = {} AND r.year = {} ORDER BY l.number, l.slug",
        kind,
        year,
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


# Parity


async def panels_of(own: Iterable[EventFact], year: int) -> PanelCounts:
    """What the parity check says of the panels of these events."""
    rows = await sql(
        "SELECT id, parity_exempt_reason FROM event WHERE starts_on >= {} AND starts_on < {} AND status = 'published'",
        date(year, 1, 1),
        date(year + 1, 1, 1),
    )
    reasons = {row["id"]: row["parity_exempt_reason"] for row in rows}
    checks = await parity_of_events({event.id: reasons[event.id] for event in own if event.id in reasons})
    results: dict[ParityResult, int] = defaultdict(int)
    for check in checks.values():
        for _, finding in check.panels:
            results[finding.result] += 1
    return PanelCounts.of(results)


async def exceptions_of_year(year: int) -> tuple[ParityExceptionRow, ...]:
    """Parity exceptions of events of the year, also of those cancelled since, by date of the event."""
    first, end = date(year, 1, 1), date(year + 1, 1, 1)
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
