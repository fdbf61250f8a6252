"""
Numbers by gender as they may be shown to readers who are no data stewards.

Nobody's gender may follow from what is shown, whatever else is known of a
group, its exact size included. Source: docs/decisions/0017-published-numbers.md;
tests/statistics/test_disclosure.py attacks it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.speakers.rules import Counts

#: A group with fewer known women and men than this is not broken down.
SMALLEST_GROUP = 10
#: Nor is a group with fewer women, or fewer men, than this: of 30 women and no man, everybody's gender would be known.
SMALLEST_CELL = 5
#: Other numbers by gender are rounded to a multiple of this.
ROUNDED_TO = 5
#: Shares are given of at least so many known women and men.
SMALLEST_BASE_OF_SHARES = 25


def rounded(number: int) -> int:
    """A number to the nearest multiple of five; halves cannot occur."""
    return (number + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


@dataclass(frozen=True)
class ShownCounts:
    """
    Women and men of one group as one reader may see them.

    `women` and `men` are None where they are not shown. `known` is how many
    are known as women or men, `unknown` how many are not: they said something
    else, or nothing; the two are one cell. Shares are whole per cent of the
    shown numbers and add up to 100.
    """

    women: int | None
    men: int | None
    known: int | None
    unknown: int | None
    women_pct: int | None
    men_pct: int | None
    is_protected: bool


def _shares(women: int, men: int) -> tuple[int, int] | tuple[None, None]:
    if not women + men:
        return None, None
    share = (200 * women + women + men) // (2 * (women + men))
    return share, 100 - share


def exact(counts: Counts) -> ShownCounts:
    """What a data steward sees: the numbers as they are."""
    women_pct, men_pct = _shares(counts.women, counts.men)
    return ShownCounts(
        counts.women, counts.men, counts.women + counts.men, counts.others + counts.undisclosed, women_pct, men_pct, False
    )  # fmt: skip


def may_be_shown(counts: Counts) -> bool:
    """Whether a group is large and mixed enough for any numbers by gender."""
    return counts.women + counts.men >= SMALLEST_GROUP and min(counts.women, counts.men) >= SMALLEST_CELL


def protected(counts: Counts) -> ShownCounts:
    """What everybody else sees: nothing of small or nearly uniform groups, and rounded numbers of the others."""
    if not may_be_shown(counts):
        return ShownCounts(None, None, None, None, None, None, True)
    women, men = rounded(counts.women), rounded(counts.men)
    has_shares = counts.women + counts.men >= SMALLEST_BASE_OF_SHARES
    women_pct, men_pct = _shares(women, men) if has_shares else (None, None)
    unknown = counts.others + counts.undisclosed
    return ShownCounts(women, men, women + men, rounded(unknown), women_pct, men_pct, True)


def shown(counts: Counts, *, is_exact: bool) -> ShownCounts:
    """The numbers of one group for one reader."""
    return exact(counts) if is_exact else protected(counts)


def shown_parts(parts: Sequence[Counts], *, is_exact: bool) -> list[ShownCounts]:
    """
    The numbers of the parts of one whole, such as labs, kinds or regions, for one reader.

    Parts of a whole are subtracted from it: when one part may not be shown,
    no other part is shown either. Empty parts say nothing and stop nothing.
    """
    if is_exact or all(may_be_shown(part) for part in parts if part.everybody):
        return [shown(part, is_exact=is_exact) for part in parts]
    return [ShownCounts(None, None, None, None, None, None, True) for _ in parts]
