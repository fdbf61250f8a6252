"""
Numbers by gender as they may be shown to readers who are no data stewards.

Nobody's gender may follow from what is shown, whatever else is known of a
group, its exact size included. Source: docs/decisions/0017-published-numbers.md;
tests/statistics/test_disclosure.py attacks it.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

from eventhub.speakers.rules import Counts

#: A group with fewer known women and men than this is not broken down.
SMALLEST_GROUP = 10
#: Nor is a group with fewer women, or fewer men, than this: of 30 women and no man, everybody's gender would be known.
SMALLEST_CELL = 5
#: Other numbers by gender are rounded to a multiple of this.
ROUNDED_TO = 5
#: Shares are given of at least so many known women and men.
SMALLEST_BASE_OF_SHARES = 25

#: Fewer panels than this say too much of the people on each of them.
FEWEST_PANELS = 10


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


#: Figures by gender, those most asked for first. Each is shown where it tells of nobody beside those before it.
RANKED = (
    "speakers", "attendances", "unique_people", "lab_participants", "political_speakers", "learning_attendances",
    "learning_people", "experts", "learning_experts", "campaign_attendances", "political_people", "led_attendances",
    "led_unique_people",
)  # fmt: skip
#: Who is behind the figures that count somebody once for each event.
BEHIND: Mapping[str, str] = {
    "attendances": "unique_people", "led_attendances": "led_unique_people",
    "learning_attendances": "learning_people", "campaign_attendances": "campaign_people",
}  # fmt: skip
#: What can be counted from attendances: how often somebody was there, at one kind of events or at those of one kind only.
#: By figures that have to be shown for it, with the places of the times that are added, and of those taken away.
_LED, _OWN, _LEARNING, _CAMPAIGN = range(4)
_TIMES: Sequence[tuple[frozenset[str], int, tuple[int, ...]]] = (
    (frozenset({"led_attendances"}), _LED, ()),
    (frozenset({"attendances"}), _OWN, ()),
    (frozenset({"learning_attendances"}), _LEARNING, ()),
    (frozenset({"campaign_attendances"}), _CAMPAIGN, ()),
    (frozenset({"led_attendances", "attendances"}), _LED, (_OWN,)),
    (frozenset({"led_attendances", "learning_attendances"}), _LED, (_LEARNING,)),
    (frozenset({"led_attendances", "campaign_attendances"}), _LED, (_CAMPAIGN,)),
    (frozenset({"attendances", "learning_attendances"}), _OWN, (_LEARNING,)),
    (frozenset({"attendances", "campaign_attendances"}), _OWN, (_CAMPAIGN,)),
    (frozenset({"learning_attendances", "campaign_attendances"}), _LEARNING, (_CAMPAIGN,)),
    (frozenset({"led_attendances", "learning_attendances", "campaign_attendances"}), _LED, (_LEARNING, _CAMPAIGN)),
    (frozenset({"attendances", "learning_attendances", "campaign_attendances"}), _OWN, (_LEARNING, _CAMPAIGN)),
)


@dataclass(frozen=True)
class Crowd:
    """
    Who is in which groups of a year, in numbers: enough to tell what may be shown of all of them together.

    `people` are those who are in exactly these groups, each person once.
    `attendances` are the figures that count somebody once for each event.
    `times` has people by how often they were at events led, own, of learning
    and of campaigns. Head counts are in none of the two: who counted heads knows
    them, and can take them away.
    """

    people: Mapping[frozenset[str], Counts] = field(default_factory=dict)
    attendances: Mapping[str, Counts] = field(default_factory=dict)
    times: Mapping[tuple[int, ...], Counts] = field(default_factory=dict)

    def of(self, *groups: str) -> Counts:
        """People who are in all of these groups."""
        wanted = set(groups)
        return total(counts for found, counts in self.people.items() if wanted <= found)

    def counts(self, group: str) -> Counts:
        """Everybody in a group, as the figure counts them."""
        return self.attendances.get(group, Counts()) if group in BEHIND else self.of(group)

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """Which figures of the year may be shown together, those most asked for first."""
        found: list[str] = []
        for code in RANKED:
            if self._is_large(code) and self._are_safe([*found, code]) and self._are_times_safe({*found, code}, code):
                found.append(code)
        return tuple(found)

    def may_be_shown_too(self, parts: Sequence[str], whole: str) -> bool:
        """
        Whether a table may be shown beside the figures, all its rows or none.

        Args:
            parts: Groups of people, which may have some in common.
            whole: The figure that all of them lie within.

        """
        filled = [part for part in parts if self.of(part).everybody]
        often = {groups: sum(part in groups for part in filled) for groups in self.people}
        missing = total(counts for groups, counts in self.people.items() if whole in groups and not often[groups])
        again = total(counts for groups, counts in self.people.items() if often[groups] > 1)
        return (
            all(map(self._is_large, filled))
            and are_enough(missing, again)
            and all(self._are_safe([*self.visible, *filled[:place], part]) for place, part in enumerate(filled))
        )

    def shown_parts(self, parts: Sequence[Counts], whole: str) -> list[ShownCounts]:
        """Parts of a figure, such as labs: none where the figure is not shown, as together they are the same."""
        if whole not in self.visible:
            return [HIDDEN for _ in parts]
        return shown_parts(parts, is_exact=False, within=[self.counts(whole)])

    def _is_large(self, group: str) -> bool:
        """Whether a group may be shown by itself; ten attendances of three people are three people."""
        behind = self.of(BEHIND[group]) if group in BEHIND else Counts()
        return may_be_shown(self.counts(group)) and (not behind.everybody or may_be_shown(behind))

    def _are_safe(self, shown: Sequence[str]) -> bool:
        """Whether the last of these groups may stand beside each of the others."""
        *others, one = shown
        return all(are_enough(*self._apart(one, other)) for other in others)

    def _apart(self, one: str, other: str) -> tuple[Counts, Counts]:
        """Who is in one of two groups only: in the first, and in the second. Attendances are people here."""
        first, second = BEHIND.get(one, one), BEHIND.get(other, other)
        if first == second or (one in BEHIND and other in BEHIND):
            return Counts(), Counts()  # whom these tell of is a matter of how often somebody was there
        both = self.of(first, second)
        return less(self.of(first), both), less(self.of(second), both)

    def _are_times_safe(self, shown: Set[str], code: str) -> bool:
        """
        Whether nobody can be told by how often they were there.

        If everybody was at two events and one person at one, she is what
        attendances lack to twice the people. So whatever can be counted from the
        figures, and however often each is taken: enough people have to be
        above that number, or below it, or nobody on either side.
        """
        for figures, more, fewer in _TIMES:
            if code not in figures or not figures <= shown:
                continue
            behind = _LED if more == _LED else _OWN
            often: dict[int, Counts] = {}
            for times, people in self.times.items():
                if times[behind]:
                    number = times[more] - sum(times[place] for place in fewer)
                    often[number] = added(often.get(number, Counts()), people)
            below, above = Counts(), total(often.values())
            for number in sorted({0, *often}):
                here = often.get(number, Counts())
                above = less(above, here)
                if not are_enough(above, below):
                    return False
                below = added(below, here)
        return True


def are_enough(first: Counts, second: Counts) -> bool:
    """
    Whether numbers of two groups may stand beside each other, given who is in the first only and in the second only.

    Exact sizes are public, so that it is known how many these are: if they
    were one person, and there were five women more after rounding, she would be
    known. On one side at least there have to be enough, or nobody on either.
    """
    return first == second == Counts() or may_be_shown(first) or may_be_shown(second)


def less(whole: Counts, part: Counts) -> Counts:
    """Those of a group who are not in another; nobody, where the other is the larger one."""
    return Counts(
        max(0, whole.women - part.women), max(0, whole.men - part.men), max(0, whole.others - part.others),
        max(0, whole.undisclosed - part.undisclosed),
    )  # fmt: skip


def shown_together(groups: Mapping[str, Counts], crowd: Crowd, *, is_exact: bool) -> dict[str, ShownCounts]:
    """The figures by gender of one year, for one reader."""
    if is_exact:
        return {code: exact(counts) for code, counts in groups.items()}
    visible = crowd.visible
    return {code: protected(counts) if code in visible else HIDDEN for code, counts in groups.items()}


def added(one: Counts, other: Counts) -> Counts:
    """Two groups without anybody in common."""
    return Counts(
        one.women + other.women, one.men + other.men, one.others + other.others, one.undisclosed + other.undisclosed
    )


def total(groups: Iterable[Counts]) -> Counts:
    """Groups without anybody in common."""
    found = Counts()
    for one in groups:
        found = added(found, one)
    return found


def is_within(part: Counts, whole: Counts) -> bool:
    """Whether a part can lie within a whole; two parts that overlap may be more than it together."""
    return all(
        one <= other
        for one, other in (
            (part.women, whole.women), (part.men, whole.men), (part.others, whole.others),
            (part.undisclosed, whole.undisclosed),
        )
    )  # fmt: skip


def is_safe_beside(part: Counts, whole: Counts) -> bool:
    """Whether those between a part and its whole are enough for numbers of their own, or nobody."""
    between = less(whole, part)
    return is_within(part, whole) and (between == Counts() or may_be_shown(between))


def shown_parts(parts: Sequence[Counts], *, is_exact: bool, within: Sequence[Counts] = ()) -> list[ShownCounts]:
    """
    The numbers of the parts of one whole, such as labs, kinds or regions, for one reader.

    Parts of a whole are subtracted from it: when one part may not be shown,
    no other part is shown either. Empty parts say nothing and stop nothing.

    Args:
        within: Wholes that are shown as well. Neither one part nor all of them may leave too few, and where somebody
            is in two parts, there have to be enough of those.

    """
    filled = [part for part in parts if part.everybody]
    if is_exact or (all(map(may_be_shown, filled)) and all(_are_safe_within(filled, whole) for whole in within)):
        return [shown(part, is_exact=is_exact) for part in parts]
    return [HIDDEN for _ in parts]


def _are_safe_within(parts: Sequence[Counts], whole: Counts) -> bool:
    everybody = total(parts)
    return all(is_safe_beside(part, whole) for part in parts) and (
        is_safe_beside(everybody, whole) or is_safe_beside(whole, everybody) or not parts
    )
