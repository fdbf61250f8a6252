"""Indicators of a year as parts of a report, and the chart of one over the years."""

from collections import defaultdict
from decimal import Decimal

from eventhub.directory.folding import slugify
from eventhub.indicators.queries import Compared, compared, indicators
from eventhub.indicators.rules import Computed, Qualifier, StatedValue, YearEntry, in_words, plain
from eventhub.sections import Cell, Chart, ChartKind, Column, DataTable, Section
from eventhub.words import Sentence

HOW_INDICATORS_READ = Sentence(
    "Stated: as a report printed it or staff typed it in. Growth is taken over the year before, stated over "
    "stated and computed over computed; shares and ranks do not grow."
)


async def indicator_sections(year: int, *, is_exact: bool = False) -> tuple[Section, ...]:
    """
    The printed and computed figures of a year, one section for each scope, with growth against the year before.

    Indicators of which nothing is known in the year are left out, and so are
    scopes without any.

    Args:
        year: Of the figures.
        is_exact: Shares of women and men as they are, for data stewards only; otherwise protected ones.

    """
    rows = [
        row
        for row in await compared(await indicators(), (year - 1, year), is_exact=is_exact)
        if not row.years[-1].is_empty
    ]
    by_scope: dict[str, list[Compared]] = defaultdict(list)
    for row in rows:
        by_scope[row.indicator.scope].append(row)
    return tuple(_section(scope, year, found) for scope, found in by_scope.items())


def _section(scope: str, year: int, rows: list[Compared]) -> Section:
    code = f"indicators-{slugify(scope, 60)}"
    title = Sentence("%(scope)s in %(year)s, stated and computed", year=str(year), scope=scope)
    table = _table(f"{code}-values", title, year, rows)
    return Section(code, Sentence("Indicators: %(scope)s", scope=scope), tables=(table,))


def _table(code: str, title: Sentence, year: int, rows: list[Compared]) -> DataTable:
    columns = [
        Column("indicator", Sentence("Indicator")),
        Column("unit", Sentence("Unit")),
        Column("printed", Sentence("Stated in %(year)s", year=str(year)), is_number=True),
        Column("computed", Sentence("Computed"), is_number=True),
        Column("women_pct", Sentence("Women, per cent"), is_number=True),
        Column("men_pct", Sentence("Men, per cent"), is_number=True),
        Column("before", Sentence("Value of %(year)s", year=str(year - 1)), is_number=True),
        Column("growth_pct", Sentence("Growth, per cent"), is_number=True),
        Column("source", Sentence("Source")),
    ]
    return DataTable(
        code,
        title,
        tuple(columns),
        tuple(_cells(row) for row in rows),
        links=tuple(row.indicator.href for row in rows),
    )


def _cells(row: Compared) -> tuple[Cell, ...]:
    before, entry = row.years
    stated, own = entry.printed, entry.computed
    growth = entry.printed_growth or entry.computed_growth
    return (
        row.indicator.name,
        row.indicator.unit,
        _number(stated),
        _number(own),
        *_shares(entry),
        _number(before.printed or before.computed),
        growth.pct if growth else None,
        _source(stated) if stated else None,
    )


def _number(found: StatedValue | Computed | None) -> Cell:
    """A number for workbooks to count with where it is whole and exact; elsewhere its words."""
    if found is None:
        return None
    words = found.words if isinstance(found, StatedValue) else in_words(found.value)
    is_exact = isinstance(found, Computed) or found.qualifier == Qualifier.EXACT
    return int(found.value) if is_exact and found.value == int(found.value) else words


def _shares(entry: YearEntry) -> tuple[Cell, Cell]:
    """The stated shares of women and men, else the computed ones; empty when none are known or shown."""
    for found in (entry.printed, entry.computed):
        if found and found.women_pct is not None and found.men_pct is not None:
            return _share(Decimal(found.women_pct)), _share(Decimal(found.men_pct))
    return None, None


def _share(share: Decimal) -> Cell:
    return int(share) if share == int(share) else in_words(share)


def _source(stated: StatedValue) -> str | None:
    """Document and section."""
    if not (stated.source_doc and stated.source_section):
        return stated.document or stated.source_section or None
    return Sentence("%(document)s, %(section)s", document=stated.document, section=stated.source_section)


def trend_chart(row: Compared, *, this_year: int) -> Chart | None:
    """
    One indicator over the years, its title the finding; None for fewer than two years.

    Like beside like: what documents state, or else what is computed of the
    years that are over.
    """
    stated = [(entry.year, entry.printed.words, entry.printed.value) for entry in row.years if entry.printed]
    own = [
        (entry.year, in_words(entry.computed.value), entry.computed.value)
        for entry in row.years
        if entry.computed and entry.year < this_year
    ]
    drawn = stated if len(stated) >= 2 else own
    if len(drawn) < 2:
        return None
    unit = row.indicator.unit
    return Chart(
        "trend",
        ChartKind.BARS,
        _finding(row.indicator.name, drawn[0], drawn[-1]),
        Sentence("Year"),
        (unit if isinstance(unit, Sentence) else Sentence("Number"),),
        tuple((str(year), (plain(value),)) for year, _, value in drawn),  # type: ignore[misc]  # 15.6 as well
    )


def _finding(name: str, first: tuple[int, Sentence, Decimal], last: tuple[int, Sentence, Decimal]) -> Sentence:
    values = {"name": name, "first": str(first[0]), "before": first[1], "last": str(last[0]), "now": last[1]}
    if last[2] > first[2]:
        return Sentence("%(name)s: up from %(before)s in %(first)s to %(now)s in %(last)s", **values)
    if last[2] < first[2]:
        return Sentence("%(name)s: down from %(before)s in %(first)s to %(now)s in %(last)s", **values)
    return Sentence("%(name)s: %(now)s in %(last)s as in %(first)s", **values)
