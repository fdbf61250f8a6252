"""
Numbers by gender as they may be shown to readers who are no data stewards.

Nobody's gender may follow from what is shown, whatever else is known of a
group, its exact size included. Source: docs/decisions/0017-published-numbers.md;
tests/statistics/test_disclosure.py attacks it.
"""

from collections.abc import Mapping, Sequence
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
        return HIDDEN
    women, men = rounded(counts.women), rounded(counts.men)
    has_shares = counts.women + counts.men >= SMALLEST_BASE_OF_SHARES
    women_pct, men_pct = _shares(women, men) if has_shares else (None, None)
    unknown = counts.others + counts.undisclosed
    return ShownCounts(women, men, women + men, rounded(unknown), women_pct, men_pct, True)


#: Nothing by gender.
HIDDEN = ShownCounts(None, None, None, None, None, None, True)


def shown(counts: Counts, *, is_exact: bool) -> ShownCounts:
    """The numbers of one group for one reader."""
    return exact(counts) if is_exact else protected(counts)


#: Groups of the figures of a year that lie within one another: a part, its whole, and which of the two is hidden
#: where what lies between them could tell of persons. `political_people` is in reports only.
NESTED: tuple[tuple[str, str, str], ...] = (
    ("attendances", "led_attendances", "led_attendances"),
    ("unique_people", "led_unique_people", "led_unique_people"),
    ("unique_people", "attendances", "unique_people"),
    ("speakers", "unique_people", "unique_people"),
    ("learning_attendances", "attendances", "learning_attendances"),
    ("campaign_attendances", "attendances", "campaign_attendances"),
    ("learning_people", "unique_people", "learning_people"),
    ("political_speakers", "speakers", "political_speakers"),
    ("learning_experts", "speakers", "learning_experts"),
    ("speakers", "experts", "experts"),
    ("political_speakers", "political_people", "political_people"),
    ("political_people", "unique_people", "political_people"),
)


def is_safe_beside(part: Counts, whole: Counts) -> bool:
    """
    Whether numbers of a part and of its whole may stand beside each other.

    Exact sizes are public, so that the size of what lies between them is: if
    that were one person, and the whole had five women more after rounding,
    she would be known. It has to be large and mixed itself, or nobody.
    """
    between = Counts(
        whole.women - part.women, whole.men - part.men, whole.others - part.others,
        whole.undisclosed - part.undisclosed,
    )  # fmt: skip
    return between == Counts() or (min(between.women, between.men) >= 0 and may_be_shown(between))


def shown_together(groups: Mapping[str, Counts], *, is_exact: bool) -> dict[str, ShownCounts]:
    """The numbers of groups that lie within one another as NESTED says, for one reader."""
    if is_exact:
        return {code: exact(counts) for code, counts in groups.items()}
    visible = {code: counts for code, counts in groups.items() if may_be_shown(counts)}
    for part, whole, hidden in NESTED:
        if part in visible and whole in visible and not is_safe_beside(visible[part], visible[whole]):
            del visible[hidden]
    for whole in dict.fromkeys(whole for _, whole, _ in NESTED):  # in one order, so that every process hides the same
        parts = [part for part, of, _ in NESTED if of == whole and part in visible]
        for place, one in enumerate(parts):
            for other in parts[place + 1 :]:
                both = added(groups[one], groups[other])
                shows_all = whole in visible and other in visible and is_within(both, groups[whole])
                if shows_all and not is_safe_beside(both, groups[whole]):
                    del visible[other]
    return {code: protected(counts) if code in visible else HIDDEN for code, counts in groups.items()}


def added(one: Counts, other: Counts) -> Counts:
    """Two groups without anybody in common."""
    return Counts(
        one.women + other.women, one.men + other.men, one.others + other.others, one.undisclosed + other.undisclosed
    )


def is_within(part: Counts, whole: Counts) -> bool:
    """Whether a part can lie within a whole; two parts that overlap may be more than it together."""
    return all(
        one <= other
        for one, other in (
            (part.women, whole.women), (part.men, whole.men), (part.others, whole.others),
            (part.undisclosed, whole.undisclosed),
        )
    )  # fmt: skip


def shown_parts(parts: Sequence[Counts], *, is_exact: bool) -> list[ShownCounts]:
    """
    The numbers of the parts of one whole, such as labs, kinds or regions, for one reader.

    Parts of a whole are subtracted from it: when one part may not be shown,
    no other part is shown either. Empty parts say nothing and stop nothing.
    """
    if is_exact or all(may_be_shown(part) for part in parts if part.everybody):
        return [shown(part, is_exact=is_exact) for part in parts]
    return [HIDDEN for _ in parts]
