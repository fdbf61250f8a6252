"""Reads behind the parity of years: counts of speakers, panels out of balance, exceptions, what is switched off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from uuid import UUID

from eventhub.database import Row, offloaded, sql
from eventhub.directory.membership import at, belonged
from eventhub.directory.queries import regions
from eventhub.directory.rules import Level
from eventhub.events.rules import FIRST_YEAR, LAST_YEAR, OWN, PRIVATE_KINDS, EventKind
from eventhub.settings import current_settings
from eventhub.speakers.look_ahead import unanswered_of
from eventhub.speakers.queries import parity_of_events
from eventhub.speakers.rules import Counts, Finding, LineUp, ParityResult, WhatIf, what_if
from eventhub.statistics.parity_rules import Group, Part, counts_by, protected_groups, tables_shown
from eventhub.statistics.queries import ParityExceptionRow, exceptions_of_year

_WORST = {ParityResult.UNBALANCED: 0, ParityResult.UNKNOWN: 1}
#: What speakers are grouped by, in the order of the pages.
GROUPINGS = ("kind", "region", "level")
#: The same, those most asked for first.
_ASKED_FOR = ("region", "level", "kind")


@dataclass(frozen=True)
class Filters:
    """What the trend is narrowed to; empty is everything."""

    kind: str = ""
    region: str = ""
    level: str = ""

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return bool(self.kind or self.region or self.level)


@dataclass(frozen=True)
class Trend:
    """
    All years with speakers: each year as one group, and its groups by kind, region and level.

    `groups` has, by grouping and code, one group for each of `years`, None
    where the year has no such speaker. `regions` are names by code.
    """

    years: tuple[int, ...]
    totals: tuple[Group, ...]
    groups: dict[str, dict[str, list[Group | None]]]
    regions: dict[str, str]


@dataclass(frozen=True)
class UnevenPanel:
    """One panel that is not balanced or cannot be told, what would mend it, and who has not answered yet."""

    slug: str
    event_title: str
    starts_on: date
    line_up: LineUp
    finding: Finding
    change: WhatIf | None
    invited: tuple[str, ...]


@dataclass(frozen=True)
class UnevenEvent:
    """An event as a whole, or its political level alone, that is not balanced or cannot be told."""

    slug: str
    title: str
    is_political: bool
    finding: Finding
    with_moderators: Counts
    change: WhatIf | None


@dataclass(frozen=True)
class SwitchedOff:
    """An event, or one item of it, whose check is switched off, with the written reason."""

    slug: str
    title: str
    item: str
    reason: str


@dataclass(frozen=True)
class YearOfParity:
    """Everything that the page of a year shows."""

    year: int
    total: Group
    change: WhatIf | None
    groups: dict[str, tuple[Group, ...]]
    regions: dict[str, str]
    panels: tuple[UnevenPanel, ...]
    checked: int
    events: tuple[UnevenEvent, ...]
    exceptions: tuple[ParityExceptionRow, ...]
    switched_off: tuple[SwitchedOff, ...]
    years: tuple[int, ...]


async def trend(wanted: Filters, *, small_groups: bool) -> Trend:
    """
    Speakers at own events of every year; two queries whatever their number.

    Args:
        small_groups: Whether the reader may see groups of fewer than five.

    """
    async with offloaded():
        parts = await _parts()
        names = {row["code"]: row["name"] for row in await regions()}
    parts = [
        part
        for part in parts
        if wanted.kind in ("", part.kind) and wanted.region in ("", part.region) and wanted.level in ("", part.level)
    ]
    by_year = counts_by(parts, lambda part: part.year)
    years = sorted(by_year)
    of_years: dict[int, list[Part]] = {year: [] for year in years}
    for part in parts:
        of_years[part.year].append(part)
    tables = [_tables(of_years[year], list(names), small_groups=small_groups) for year in years]
    groups: dict[str, dict[str, list[Group | None]]] = {}
    for grouping in GROUPINGS:
        found: dict[str, list[Group | None]] = {}
        for position, of_year in enumerate(tables):
            for group in of_year[grouping]:
                found.setdefault(group.code, [None] * len(years))[position] = group
        groups[grouping] = {code: found[code] for code in sorted(found, key=_Order(grouping, list(names)))}
    totals = tuple(_shown([Group(str(year), by_year[year])], small_groups=small_groups)[0] for year in years)
    return Trend(tuple(years), totals, groups, names)


async def parity_in(year: int, *, small_groups: bool) -> YearOfParity:
    """Speakers, panels, exceptions and what is switched off in one year; nine queries at most whatever its size."""
    async with offloaded():
        return await _parity_in(year, small_groups=small_groups)


async def _parity_in(year: int, *, small_groups: bool) -> YearOfParity:
    parts = await _parts(year)
    own = {row["id"]: row for row in await _own_events(year)}
    checks = await parity_of_events({key: row["parity_exempt_reason"] for key, row in own.items()})
    invited = await unanswered_of(list(own))
    share = current_settings().parity_minimum_share
    names = {row["code"]: row["name"] for row in await regions()}
    panels = [
        UnevenPanel(
            own[key]["slug"],
            own[key]["title"],
            own[key]["starts_on"],
            line_up,
            finding,
            what_if(finding.counts, share),
            tuple(invited.get(UUID(line_up.item_id), ())),
        )
        for key, check in checks.items()
        for line_up, finding in check.panels
        if finding.result in _WORST
    ]
    events = [
        UnevenEvent(
            own[key]["slug"], own[key]["title"], political, finding, moderated, what_if(finding.counts, share)
        )
        for key, check in checks.items()
        for political, finding, moderated in (
            (False, check.event, check.event_with_moderators),
            (True, check.political, check.political_with_moderators),
        )
        if finding.result in _WORST
    ]  # fmt: skip
    total = counts_by(parts, lambda part: part.year).get(year, Counts())
    (shown,) = _shown([Group("", total)], small_groups=small_groups)
    return YearOfParity(
        year=year,
        total=shown,
        change=what_if(shown.counts, share) if shown.counts and shown.has_shares else None,
        groups=_tables(parts, list(names), small_groups=small_groups),
        regions=names,
        panels=tuple(sorted(panels, key=lambda one: (_WORST[one.finding.result], -one.finding.missing))),
        checked=sum(
            finding.result is not ParityResult.NOT_APPLICABLE
            for check in checks.values()
            for _, finding in check.panels
        ),
        events=tuple(sorted(events, key=lambda one: (_WORST[one.finding.result], -one.finding.missing))),
        exceptions=await exceptions_of_year(year),
        switched_off=await _switched_off(own),
        years=await _years(),
    )


def _shown(groups: list[Group], *, small_groups: bool, is_safe: bool = True) -> tuple[Group, ...]:
    return tuple(groups) if small_groups else protected_groups(groups, is_safe=is_safe)


def _tables(parts: Sequence[Part], region_codes: list[str], *, small_groups: bool) -> dict[str, tuple[Group, ...]]:
    """The speakers of one year by everything they are grouped by."""
    may_be_seen = () if small_groups else tables_shown(parts, _ASKED_FOR)
    found = {}
    for grouping in GROUPINGS:
        counts: dict[str, Counts] = counts_by(parts, attrgetter(grouping))
        ordered = sorted(counts, key=_Order(grouping, region_codes))
        found[grouping] = _shown(
            [Group(code, counts[code]) for code in ordered], small_groups=small_groups, is_safe=grouping in may_be_seen
        )
    return found


class _Order:
    """Sorts codes of kinds, regions or levels as pages list them; no region comes last."""

    def __init__(self, grouping: str, region_codes: list[str]) -> None:
        codes = {"kind": [*EventKind], "region": region_codes, "level": [*Level]}[grouping]
        self._places = {str(code): place for place, code in enumerate(codes)}

    def __call__(self, code: str) -> tuple[int, str]:
        return self._places.get(code, len(self._places)), code


_PRIVATE = sorted(PRIVATE_KINDS)
_IS_OWN = (
    "e.status = 'published' AND e.counts_in_statistics "
    f"AND e.involvement IN ({', '.join('{}' for _ in OWN)}) AND e.kind NOT IN ({', '.join('{}' for _ in _PRIVATE)})"
)
_IS_OWN_VALUES = (*sorted(OWN), *_PRIVATE)


async def _parts(year: int | None = None) -> list[Part]:
    """Confirmed parts in roles that count, at own events of one year or of all; one query."""
    roles = sorted(current_settings().counted_roles)
    days = (date(year or FIRST_YEAR, 1, 1), date((year or LAST_YEAR) + 1, 1, 1))
    rows = await sql(
        "SELECT DISTINCT SUBSTR(CAST(e.starts_on AS TEXT), 1, 4) AS year, s.person AS person, e.kind AS kind, "
        "COALESCE(r.code, '') AS region, s.level AS level, COALESCE(g.gender, 'undisclosed') AS gender "
        "FROM event e JOIN programme_item i ON i.event = e.id JOIN speaker_slot s ON s.programme_item = i.id "
        f"LEFT JOIN member m ON m.id = s.member AND {belonged('e.starts_on')} "
        f"LEFT JOIN region r ON r.id = {at('region', 'e.starts_on')} "
        "LEFT JOIN gender_statement g ON g.person = s.person "
        f"WHERE {_IS_OWN} AND e.starts_on >= {{}} AND e.starts_on < {{}} AND s.status = 'confirmed' "
        f"AND s.role IN ({', '.join('{}' for _ in roles)})",
        *_IS_OWN_VALUES,
        *days,
        *roles,
    )
    return [
        Part(int(row["year"]), row["person"], row["kind"], row["region"], row["level"], row["gender"]) for row in rows
    ]


async def _own_events(year: int) -> list[Row]:
    return await sql(
        "SELECT e.id AS id, e.slug AS slug, e.title AS title, e.starts_on AS starts_on, "
        f"e.parity_exempt_reason AS parity_exempt_reason FROM event e WHERE {_IS_OWN} "
        "AND e.starts_on >= {} AND e.starts_on < {} ORDER BY e.starts_on, e.title_folded, e.slug",
        *_IS_OWN_VALUES,
        date(year, 1, 1),
        date(year + 1, 1, 1),
    )


async def _switched_off(own: dict[UUID, Row]) -> tuple[SwitchedOff, ...]:
    """Events and items of them that are not checked, in the order of the events; one query."""
    if not own:
        return ()
    rows = await sql(
        "SELECT i.event AS event, i.title AS item, i.parity_exempt_reason AS reason FROM programme_item i "
        f"WHERE i.parity_exempt_reason <> '' AND i.event IN ({', '.join('{}' for _ in own)}) "
        "ORDER BY i.starts_at, i.title, i.id",
        *own,
    )
    items: dict[UUID, list[Row]] = {}
    for row in rows:
        items.setdefault(row["event"], []).append(row)
    found = []
    for key, event in own.items():
        if event["parity_exempt_reason"]:
            found.append(SwitchedOff(event["slug"], event["title"], "", event["parity_exempt_reason"]))
        found += [SwitchedOff(event["slug"], event["title"], row["item"], row["reason"]) for row in items.get(key, ())]
    return tuple(found)


async def _years() -> tuple[int, ...]:
    """Years with own events, oldest first."""
    rows = await sql(
        f"SELECT DISTINCT SUBSTR(CAST(e.starts_on AS TEXT), 1, 4) AS year FROM event e WHERE {_IS_OWN}", *_IS_OWN_VALUES
    )
    return tuple(sorted(int(row["year"]) for row in rows))
