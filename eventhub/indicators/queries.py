"""Reads of indicators: stated values, and the years beside each other with what is computed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from eventhub.bodies.queries import all_seats
from eventhub.bodies.rules import entitled_on
from eventhub.database import Row, offloaded, sql
from eventhub.directory.folding import fold
from eventhub.engagement.counts import is_world_metropolitan_day
from eventhub.engagement.queries import engagement_of
from eventhub.errors import NotFound
from eventhub.indicators.computing import YearData, compute, functions
from eventhub.indicators.definitions import definitions
from eventhub.indicators.rules import FIRST_REPORT, Computed, StatedValue, YearEntry, compare, plain, tidy
from eventhub.statistics.campaigns import campaign_people, campaigns_of
from eventhub.statistics.definitions import DEFINITIONS
from eventhub.statistics.disclosure import total
from eventhub.statistics.queries import as_seen, figures_of, years_with_figures
from eventhub.statistics.reading import members_at_end, members_joined, membership_of
from eventhub.words import Sentence

#: Columns of a file of values, in this order; `indicator_id` is the reference of the row.
COLUMNS = (
    "indicator_id", "year", "scope", "indicator", "value", "unit", "qualifier", "women_pct", "men_pct", "pct_source",
    "value_as_printed", "basis", "source_doc", "source_section", "code",
)  # fmt: skip
#: Columns of the table of years beside each other.
COMPARED_COLUMNS = (
    "code", "name", "scope", "unit", "year", "stated", "qualifier", "in_words", "computed", "difference",
    "growth_pct", "growth_over", "computed_growth_pct", "computed_growth_over", "women_pct", "men_pct",
    "computed_women_pct", "computed_men_pct", "source_doc", "source_section", "definition",
)  # fmt: skip
_SELECT = (
    "SELECT v.id AS id, v.version AS version, v.updated_at AS updated_at, v.reference AS reference, v.code AS code, "
    "v.year AS year, v.scope AS scope, v.indicator AS indicator, v.value AS value, v.unit AS unit, "
    "v.qualifier AS qualifier, v.women_pct AS women_pct, v.men_pct AS men_pct, v.pct_source AS pct_source, "
    "v.value_as_printed AS value_as_printed, v.basis AS basis, v.source_doc AS source_doc, "
    "v.source_section AS source_section FROM indicator_value v"
)


@dataclass(frozen=True)
class ValueRow:
    """A stated figure as it is kept."""

    id: UUID
    version: int
    updated_at: datetime
    stated: StatedValue


@dataclass(frozen=True)
class Indicator:
    """
    One indicator with everything that documents state of it, oldest first, the undated ones last.

    Name, unit and scope are sentences where the product ships a definition,
    and words of the newest row elsewhere.
    """

    code: str
    name: str
    unit: str
    scope: str
    definition: Sentence | None
    values: tuple[ValueRow, ...]

    @property
    def is_computed(self) -> bool:
        """Whether there is a function or a figure for it."""
        return self.code in functions() or self.code in DEFINITIONS

    @property
    def by_year(self) -> dict[int, StatedValue]:
        """What is stated, by year."""
        return {row.stated.year: row.stated for row in self.values if row.stated.year is not None}

    @property
    def undated(self) -> ValueRow | None:
        """What a document without a date states."""
        return next((row for row in self.values if row.stated.year is None), None)

    @property
    def href(self) -> str:
        """Its page."""
        return f"/staff/indicators/{self.code}"


@dataclass(frozen=True)
class IndicatorFilter:
    """What a list is narrowed to: a folded scope, and words of name, scope or code."""

    scope: str = ""
    q: str = ""

    def matches(self, one: Indicator) -> bool:
        """Whether an indicator is in the list; words are looked for in English and in the reader's language."""
        from eventhub.languages import say

        if self.scope and fold(one.scope) != self.scope:
            return False
        texts = [fold(f"{one.name} {one.scope} {one.code} {say(one.name)} {say(one.scope)}")]
        texts += [fold(row.stated.indicator) for row in one.values]
        return all(word in " ".join(texts) for word in fold(self.q).split())


@dataclass(frozen=True)
class Compared:
    """One indicator with its years beside each other."""

    indicator: Indicator
    years: tuple[YearEntry, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known in any of the years."""
        return all(entry.is_empty for entry in self.years)


async def stated_values() -> list[ValueRow]:
    """Every stated value in the order of its file."""
    rows = await sql(f"{_SELECT} ORDER BY COALESCE(v.year, 9999), v.reference")
    return [_value(row) for row in rows]


async def value_by_id(value_id: UUID) -> ValueRow:
    """
    One stated value.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_SELECT} WHERE v.id = {{}}", value_id)
    if not rows:
        raise NotFound(Sentence("There is no such value."))
    return _value(rows[0])


def _value(row: Row) -> ValueRow:
    numbers = {name: None if row[name] is None else tidy(row[name]) for name in ("value", "women_pct", "men_pct")}
    kept = {name: row.pop(name) for name in ("id", "version", "updated_at")}
    return ValueRow(**kept, stated=StatedValue(**(row | numbers)))


async def indicators(wanted: IndicatorFilter | None = None) -> list[Indicator]:
    """The indicators that match: those with a definition in its order, then the others by scope and words; one query."""
    rows: dict[str, list[ValueRow]] = defaultdict(list)
    for row in await stated_values():
        rows[row.stated.code].append(row)
    found = [
        Indicator(
            one.code,
            one.name,
            one.unit,
            one.scope,
            one.definition or figure_definition(one.code),
            tuple(rows.pop(one.code, ())),
        )
        for one in definitions().values()
    ]
    others = [_of_words(code, values) for code, values in rows.items()]
    found += sorted(others, key=lambda one: (fold(one.scope), fold(one.name), one.code))
    return [one for one in found if wanted is None or wanted.matches(one)]


def figure_definition(code: str) -> Sentence | None:
    """How the figure with the code of an indicator is counted; None without such a figure."""
    return DEFINITIONS[code].sentence if code in DEFINITIONS else None


def _of_words(code: str, values: Sequence[ValueRow]) -> Indicator:
    newest = max((row.stated for row in values), key=lambda stated: (stated.year or 0, stated.reference))
    return Indicator(code, newest.indicator, newest.unit, newest.scope, None, tuple(values))


async def indicator_by_code(code: str) -> Indicator:
    """
    One indicator.

    Raises:
        NotFound: there is none with a definition or a value.

    """
    for one in await indicators():
        if one.code == code:
            return one
    raise NotFound(Sentence("There is no such indicator."))


def scopes_of(found: Iterable[Indicator]) -> list[tuple[str, str]]:
    """The scopes in their order: folded for addresses, and as people read them."""
    return list({fold(one.scope): one.scope for one in found}.items())


def years_until(now: datetime) -> tuple[int, ...]:
    """The years that stand beside each other: from the first report to the present one."""
    return tuple(range(FIRST_REPORT, max(now.year, FIRST_REPORT) + 1))


async def compared(found: Sequence[Indicator], years: Sequence[int], *, is_exact: bool) -> list[Compared]:
    """
    Indicators with these years beside each other.

    Args:
        found: Which indicators.
        years: In order; growth is taken among them only.
        is_exact: Whether the reader may see exact numbers by gender.

    """
    known = await known_years(years, is_exact=is_exact) if any(one.is_computed for one in found) else {}
    return [Compared(one, compare(years, one.by_year, _computed(one.code, known), one.unit)) for one in found]


def _computed(code: str, known: Mapping[int, YearData]) -> dict[int, Computed]:
    found = {year: compute(code, data) for year, data in known.items()}
    return {year: computed for year, computed in found.items() if computed is not None}


async def known_years(years: Sequence[int], *, is_exact: bool) -> dict[int, YearData]:
    """What is computed from, for those of some years in which anything happened."""
    async with offloaded():
        lively = set(await years_with_figures())
        seats = await all_seats("board_of_directors")
        found = {}
        for year in lively.intersection(years):
            members = await membership_of(year)
            campaigns = await campaigns_of(year)
            day = [one for one in campaigns if is_world_metropolitan_day(one.title, one.slug)]
            found[year] = YearData(
                as_seen(await figures_of(year), is_exact=is_exact),
                await engagement_of(year),
                campaigns,
                day,
                total([await campaign_people(year, one.slug) for one in day]),
                is_exact,
                members_at_end(members),
                members_joined(members, year),
                len(entitled_on(seats, date(year, 12, 31))) if seats else None,
            )
        return found


# Tables for files


def value_cells(stated: StatedValue) -> tuple[str | int | float | None, ...]:
    """One stated value as a row of a file that can be imported again."""
    return (
        stated.reference, stated.year_text, stated.scope, stated.indicator, plain(stated.value), stated.unit,
        stated.qualifier, plain(stated.women_pct), plain(stated.men_pct), stated.pct_source, stated.value_as_printed,
        stated.basis, stated.source_doc, stated.source_section, stated.code,
    )  # fmt: skip


async def values_table(
    wanted: IndicatorFilter | None = None, year: int | None = None
) -> tuple[tuple[str, ...], list[tuple[str | int | float | None, ...]]]:
    """Columns and rows of the stated values that match, in the order of their file."""
    codes = {one.code for one in await indicators(wanted)}
    rows = [row.stated for row in await stated_values()]
    return COLUMNS, [
        value_cells(stated) for stated in rows if stated.code in codes and (year is None or stated.year == year)
    ]


def compared_table(rows: Iterable[Compared]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Columns and rows of indicators and their years, one row for each year of which something is known."""
    return COMPARED_COLUMNS, [
        _compared_cells(one.indicator, entry) for one in rows for entry in one.years if not entry.is_empty
    ]


def _compared_cells(one: Indicator, entry: YearEntry) -> tuple[Any, ...]:
    stated, own, grown, own_grown = entry.printed, entry.computed, entry.printed_growth, entry.computed_growth
    return (
        one.code, str(one.name), str(one.scope), str(one.unit), entry.year,
        plain(stated.value) if stated else None, stated.qualifier if stated else "", str(stated.words) if stated else "",
        plain(own.value) if own else None, plain(entry.difference),
        grown.pct if grown else None, grown.over if grown else None,
        own_grown.pct if own_grown else None, own_grown.over if own_grown else None,
        plain(stated.women_pct) if stated else None, plain(stated.men_pct) if stated else None,
        own.women_pct if own else None, own.men_pct if own else None,
        stated.source_doc if stated else "", stated.source_section if stated else "", str(one.definition or ""),
    )  # fmt: skip
