"""
What the figures of a year mean, and how shares and growth are worked out.

Source: the domain brief, section 5. Every figure carries its definition, so
that no number stands alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from eventhub.speakers.rules import Counts, ParityResult
from eventhub.statistics.disclosure import Crowd, ShownCounts, exact, protected, shown_together
from eventhub.words import Sentence

#: Fewer people than this are never broken down in public.
SMALLEST_PUBLIC_GROUP = 5


def rounded_share(part: int, whole: int) -> int | None:
    """A share in whole per cent, rounded half up; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None


def shares(women: int, men: int) -> tuple[int, int] | None:
    """
    Shares of women and men in whole per cent; they add up to 100.

    Taken over those known as woman or man; women are rounded half up, men are
    the rest. None when nobody is known.
    """
    women_pct = rounded_share(women, women + men)
    return None if women_pct is None else (women_pct, 100 - women_pct)


def growth(value: int, earlier: int) -> int | None:
    """
    Growth in whole per cent of the earlier value, rounded half up.

    None when the earlier value is 0: there is nothing to grow from. (One
    figure of the printed reports was taken over the later value; ours never is.)
    """
    return rounded_share(value - earlier, earlier)


@dataclass(frozen=True)
class Figure:
    """
    One number of one year with its definition.

    Figures of people have counts, and `shown` is what the reader may see of
    them; figures of events, labs and members have neither. `earlier` is the value of the year before, None where
    the data cannot tell it. `unit` is “%” for shares.
    """

    code: str
    name: Sentence
    definition: Sentence
    value: int | Decimal
    year: int
    scope: Sentence
    counts: Counts | None = None
    earlier: int | Decimal | None = 0
    unit: str = ""
    group: str = ""
    shown: ShownCounts | None = None

    @classmethod
    def of_people(cls, counts: Counts, **facts: Any) -> "Figure":
        """A figure of people, with exact numbers by gender."""
        return cls(value=counts.everybody, counts=counts, shown=exact(counts), **facts)

    @property
    def number(self) -> int | float:
        """The value as files and the JSON interface have it."""
        return self.value if isinstance(self.value, int) else float(self.value)

    @property
    def women_pct(self) -> int | None:
        """Whole per cent of those known as woman or man."""
        return self.shown.women_pct if self.shown else None

    @property
    def men_pct(self) -> int | None:
        """What is left to 100."""
        return self.shown.men_pct if self.shown else None

    @property
    def known(self) -> int | None:
        """How many are known as woman or man: what the shares are taken over."""
        return self.shown.known if self.shown else None

    @property
    def unknown(self) -> int | None:
        """How many are not: they said something else, or nothing."""
        return self.shown.unknown if self.shown else None

    @property
    def growth_pct(self) -> int | None:
        """Growth over the year before; None for shares and scores, and where there is nothing to grow from."""
        if self.unit or not isinstance(self.value, int) or not isinstance(self.earlier, int):
            return None
        return growth(self.value, self.earlier)


def protected_figure(figure: Figure) -> Figure:
    """A figure as everybody sees it who is no data steward (docs/decisions/0017-published-numbers.md)."""
    if figure.counts is None:
        return figure
    return replace(figure, counts=None, shown=protected(figure.counts))


def protected_figures(figures: Sequence[Figure], crowd: Crowd) -> tuple[Figure, ...]:
    """All figures of a year as everybody sees them: what can be told of those in one group only is looked at."""
    found = shown_together({one.code: one.counts for one in figures if one.counts is not None}, crowd, is_exact=False)
    return tuple(one if one.counts is None else replace(one, counts=None, shown=found[one.code]) for one in figures)


@dataclass(frozen=True)
class KindCount:
    """Own events of one kind, by mode."""

    kind: str
    in_person: int
    online: int
    hybrid: int

    @property
    def total(self) -> int:
        """All modes together."""
        return self.in_person + self.online + self.hybrid


@dataclass(frozen=True)
class LineCount:
    """Own events of one action line; an event with several counts under each of them."""

    code: str
    name: str
    events: int


@dataclass(frozen=True)
class LabCount:
    """One lab: its themes, the member cities active in it, its participants in numbers."""

    slug: str
    number: int
    name: str
    themes: tuple[str, ...]
    active_members: int
    people: int
    counts: Counts | None
    shown: ShownCounts

    @property
    def women_pct(self) -> int | None:
        """Whole per cent of those known as woman or man."""
        return self.shown.women_pct

    @property
    def men_pct(self) -> int | None:
        """What is left to 100."""
        return self.shown.men_pct


def protected_labs(labs: Sequence[LabCount], crowd: Crowd) -> tuple[LabCount, ...]:
    """Labs as everybody sees them who is no data steward: together they are a whole, so numbers of all or of none."""
    found = crowd.shown_parts([lab.counts or Counts() for lab in labs], "lab_participants")
    return tuple(replace(lab, counts=None, shown=one) for lab, one in zip(labs, found, strict=True))


@dataclass(frozen=True)
class ThemeCount:
    """Labs of one thematic priority; a lab with several counts under each of them."""

    code: str
    name: str
    labs: int
    active_members: int


@dataclass(frozen=True)
class PanelCounts:
    """Panels of own events by what the parity check says; those it does not apply to are left out."""

    balanced: int = 0
    unbalanced: int = 0
    unknown: int = 0

    @classmethod
    def of(cls, results: Mapping[ParityResult, int]) -> "PanelCounts":
        """From the number of panels for each result."""
        return cls(
            results.get(ParityResult.BALANCED, 0),
            results.get(ParityResult.UNBALANCED, 0),
            results.get(ParityResult.UNKNOWN, 0),
        )

    @property
    def panels(self) -> int:
        """All panels that were checked."""
        return self.balanced + self.unbalanced + self.unknown

    @property
    def share_balanced_pct(self) -> int | None:
        """Whole per cent of all panels that were checked; None when there are none."""
        return rounded_share(self.balanced, self.panels)


def leading(counts: Mapping[str, int]) -> list[str]:
    """The codes with the highest count, in their order; none when all are 0."""
    most = max(counts.values(), default=0)
    return [code for code, count in counts.items() if count == most] if most else []


# The calendar annex


@dataclass(frozen=True)
class AnnexRow:
    """One event as the calendar annex prints it."""

    start: str
    end: str
    title: str
    location: str
    slug: str = ""


def printed_day(day: date | None) -> str:
    """A day as day/month/year; blank where it is not known."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}" if day else ""


def printed_location(mode: str, place: str, country: str) -> str:
    """
    A place as the printed calendars have it: “City, Country”, “City & Online” or “Online”.

    Args:
        mode: `in_person`, `online` or `hybrid`.
        place: As the organiser wrote it.
        country: Its name in English.

    """
    if mode == "online":
        return "Online"
    if mode == "hybrid":
        return " & ".join(part for part in (place or country, "Online") if part)
    if place.casefold().endswith(country.casefold()):
        return place or country
    return ", ".join(part for part in (place, country) if part)


def annex_order(
    starts_on: date, starts_time: time | None, import_key: str | None, title_folded: str
) -> tuple[date, int, time, str]:
    """Order of the annex: by day, imported rows as they were printed, then by time and title."""
    row = re.search(r"[0-9]{1,9}$", import_key or "")
    return starts_on, int(row[0]) if row else 0, starts_time or time.min, title_folded
