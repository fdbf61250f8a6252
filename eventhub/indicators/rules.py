"""
What a stated figure is, how it is said in words, and how years and computed figures are compared.

Numbers are decimals with three places at most, so that what was printed is kept
exactly. Growth is always taken over the earlier value.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from eventhub.statistics.rules import growth
from eventhub.words import Sentence

#: The association was founded in 1985; nobody plans beyond the century.
FIRST_YEAR, LAST_YEAR = 1985, 2100
#: What files write for the year of a document without a date.
UNDATED = "n.d."
#: The first year of which reports are in the product; pages show the years from here on.
FIRST_REPORT = 2020
LONGEST_SCOPE, LONGEST_INDICATOR, LONGEST_UNIT, LONGEST_PRINTED = 120, 200, 40, 80
LONGEST_DOCUMENT, LONGEST_SECTION, LONGEST_CODE, LONGEST_REFERENCE = 120, 300, 80, 40
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,3})?")
_ANNUAL_REPORT = re.compile("annual_report_([0-9]{4})")
_CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
#: Addresses of pages; an indicator cannot be called so.
_RESERVED = frozenset({"new", "values"})
#: Units that do not grow: a share that goes from 2 to 4 per cent has not grown by 100 % of anything.
_UNITS_WITHOUT_GROWTH = frozenset({"percent", "rank", "ratio", "edition", "points"})


class Qualifier(StrEnum):
    """How near a stated number is to the true one, as its document says."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    ABOUT = "about"
    LESS_THAN = "less_than"


class Basis(StrEnum):
    """Where a figure comes from: computed from events, from the matrix, typed in by staff, or context only."""

    SYSTEM = "system"
    MATRIX = "matrix"
    REGISTER = "register"
    CONTEXT = "context"


QUALIFIER_WORDS = {
    Qualifier.EXACT: Sentence("Exact"),
    Qualifier.AT_LEAST: Sentence("At least (“over”, “+”)"),
    Qualifier.ABOUT: Sentence("About (“almost”, rounded)"),
    Qualifier.LESS_THAN: Sentence("Less than"),
}
BASIS_WORDS = {
    Basis.SYSTEM: Sentence("From events, labs, registrations and speakers"),
    Basis.MATRIX: Sentence("From the engagement matrix"),
    Basis.REGISTER: Sentence("Kept by staff"),
    Basis.CONTEXT: Sentence("For reference only"),
}
#: Where shares of women and men come from; empty without shares.
PCT_SOURCES = {"printed": Sentence("Printed"), "computed": Sentence("Computed from printed head counts")}


def in_words(value: Decimal, qualifier: str = Qualifier.EXACT) -> Sentence:
    """A number with its qualifier: “at least 2,450”, “about 75”, “less than 2”, or the number alone."""
    number = float(value)
    if qualifier == Qualifier.AT_LEAST:
        return Sentence("at least %(number)s", number=number)
    if qualifier == Qualifier.ABOUT:
        return Sentence("about %(number)s", number=number)
    if qualifier == Qualifier.LESS_THAN:
        return Sentence("less than %(number)s", number=number)
    return Sentence("%(number)s", number=number)


@dataclass(frozen=True)
class StatedValue:
    """
    One figure as a document states it.

    `reference` is the name of the row in files (`indicator_id`), `code` the
    indicator that it belongs to, `scope`, `indicator` and `unit` what is
    counted, in words of the row. A year of None: the document has no date.
    Shares are per cent.
    """

    reference: str
    code: str
    year: int | None
    scope: str
    indicator: str
    value: Decimal
    unit: str
    qualifier: str = Qualifier.EXACT
    women_pct: Decimal | None = None
    men_pct: Decimal | None = None
    pct_source: str = ""
    value_as_printed: str = ""
    basis: str = Basis.REGISTER
    source_doc: str = ""
    source_section: str = ""

    @property
    def document(self) -> str:
        """The document that it stands in, as readers know it; a Sentence where it has a name in every language."""
        return document_words(self.source_doc)

    @property
    def name(self) -> str:
        """The row in words of the file."""
        return f"{self.reference} ({self.indicator})" if self.reference else f"{self.year_text}, {self.indicator}"

    @property
    def year_text(self) -> str:
        """The year as files write it."""
        return UNDATED if self.year is None else str(self.year)

    @property
    def words(self) -> Sentence:
        """The number with its qualifier."""
        return in_words(self.value, self.qualifier)


def document_words(name: str) -> str:
    """A document as readers know it: `annual_report_2024` is the annual report 2024; other names stay as they were typed."""
    found = _ANNUAL_REPORT.fullmatch(name)
    return Sentence("Annual report %(year)s", year=found[1]) if found else name


def read_number(text: str) -> Decimal | None:
    """A number such as 1164 or 15.6, without signs between its digits; None if it is none."""
    return tidy(Decimal(text)) if _NUMBER.fullmatch(text) else None


def tidy(number: Decimal) -> Decimal:
    """The same number without zeros behind its point and without an exponent: 15.60 is 15.6."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def plain(number: Decimal | None) -> int | float | None:
    """A number for files and programs: whole where it can be."""
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def number_reason(text: str) -> Sentence:
    """Why a text is no number."""
    return Sentence("“%(given)s” is no number. Numbers look like 1164 or 15.6.", given=text[:40])


def value_problems(stated: StatedValue) -> dict[str, list[Sentence]]:
    """Say what is wrong with a stated figure whose cells could be read, by field."""
    faults: dict[str, list[Sentence]] = {}
    if stated.year is not None and not FIRST_YEAR <= stated.year <= LAST_YEAR:
        faults["year"] = [
            Sentence("The year lies between %(first)s and %(last)s.", first=str(FIRST_YEAR), last=str(LAST_YEAR))
        ]
    if not is_code(stated.code):
        faults["code"] = [Sentence("“%(given)s” is no code. Codes look like own_events.", given=stated.code[:40])]
    for name, share in (("women_pct", stated.women_pct), ("men_pct", stated.men_pct)):
        if share is not None and share > 100:
            faults[name] = [Sentence("A share lies between 0 and 100.")]
    has_shares = stated.women_pct is not None or stated.men_pct is not None
    if has_shares and not stated.pct_source:
        faults["pct_source"] = [Sentence("Please say whether the shares were printed or computed from head counts.")]
    elif stated.pct_source and not has_shares:
        faults["pct_source"] = [Sentence("Without shares there is nothing to be said of where they come from.")]
    if stated.unit == "percent" and stated.value > 1000:
        faults["value"] = [Sentence("This is too much for a percentage.")]
    return faults


def is_code(text: str) -> bool:
    """Whether a text can be the code of an indicator."""
    return bool(_CODE.fullmatch(text)) and len(text) <= LONGEST_CODE and text not in _RESERVED


def code_from_words(folded_scope: str, folded_indicator: str) -> str:
    """A code for an indicator without a definition, from its scope and words folded to plain letters."""
    code = re.sub("[^a-z0-9]+", "_", f"{folded_scope} {folded_indicator}")[:LONGEST_CODE].strip("_")
    return code if is_code(code) else f"indicator_{code}"[:LONGEST_CODE].rstrip("_")


def next_reference(year: int | None, taken: Iterable[str]) -> str:
    """A name for a new row as the files have them: the year and the next running number, `2025-001`."""
    start = f"{UNDATED if year is None else year}-"
    numbers = [
        int(rest) for one in taken if one.startswith(start) and re.fullmatch("[0-9]{1,9}", rest := one[len(start) :])
    ]
    return f"{start}{max(numbers, default=0) + 1:03}"


# Comparing


@dataclass(frozen=True)
class Computed:
    """A figure worked out from what EventHub knows, with shares of women and men as the reader may see them."""

    value: Decimal
    women_pct: int | None = None
    men_pct: int | None = None


@dataclass(frozen=True)
class Growth:
    """Growth in whole per cent of the value of an earlier year."""

    pct: int
    over: int

    @property
    def change(self) -> str:
        """The percentage with its sign, and none where nothing has changed."""
        return f"{self.pct:+d}".replace("-", "−") if self.pct else "0"

    @property
    def words(self) -> Sentence:
        """Growth with the year that it is over."""
        return Sentence("%(change)s%% over %(year)s", change=self.change, year=str(self.over))


@dataclass(frozen=True)
class YearEntry:
    """
    One indicator in one year: what a document states, what is computed, and what lies between.

    `difference` is computed less stated. Each growth is of like over like:
    stated over stated, computed over computed, the nearest earlier year that
    has a value.
    """

    year: int
    printed: StatedValue | None = None
    computed: Computed | None = None
    printed_growth: Growth | None = None
    computed_growth: Growth | None = None

    @property
    def difference(self) -> Decimal | None:
        """Computed less stated; None unless both exist."""
        return self.computed.value - self.printed.value if self.computed and self.printed else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return self.printed is None and self.computed is None


def growth_over_earlier(values: Mapping[int, Decimal], year: int, unit: str) -> Growth | None:
    """Growth of a year over the nearest earlier one with a value; None without one, over 0, and of shares or ranks."""
    over = max((earlier for earlier in values if earlier < year), default=None)
    if year not in values or over is None or unit in _UNITS_WITHOUT_GROWTH:
        return None
    pct = growth(_thousandths(values[year]), _thousandths(values[over]))
    return None if pct is None else Growth(pct, over)


def _thousandths(number: Decimal) -> int:
    return int(number * 1000)


def compare(
    years: Sequence[int], printed: Mapping[int, StatedValue], computed: Mapping[int, Computed], unit: str
) -> tuple[YearEntry, ...]:
    """The years of one indicator beside each other; only values of these years are compared."""
    stated_numbers = {year: printed[year].value for year in years if year in printed}
    own_numbers = {year: computed[year].value for year in years if year in computed}
    return tuple(
        YearEntry(
            year,
            printed.get(year),
            computed.get(year),
            growth_over_earlier(stated_numbers, year, unit),
            growth_over_earlier(own_numbers, year, unit),
        )
        for year in years
    )
