"""
Speakers of a year in numbers: shares against the association's own baseline, and what would balance a year.

Source: the domain brief, sections 4 and 5. Parts come in without names, counts go out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple, TypeVar
from uuid import UUID

from eventhub.directory.rules import Gender, Level
from eventhub.speakers.rules import MINIMUM_SHARE, Counts, WhatIf, what_if
from eventhub.statistics.disclosure import are_enough, may_be_shown, shown_parts
from eventhub.statistics.rules import shares
from eventhub.statistics.scopes import LEARNING_KINDS
from eventhub.words import Sentence

#: Speakers at own events of 2020, as the annual report of that year prints them: 160, of whom 36 % women and 64 % men.
BASELINE_YEAR, BASELINE_SPEAKERS, BASELINE_WOMEN_PCT, BASELINE_MEN_PCT = 2020, 160, 36, 64
BASELINE_SENTENCE = Sentence(
    "The baseline is the association's own: its annual report of %(year)s prints %(speakers)s speakers at own events, "
    "%(women)s%% women and %(men)s%% men.",
    year=BASELINE_YEAR,
    speakers=BASELINE_SPEAKERS,
    women=BASELINE_WOMEN_PCT,
    men=BASELINE_MEN_PCT,
)  # fmt: skip


Key = TypeVar("Key")


class Part(NamedTuple):
    """One confirmed part of somebody in the programme of an own event; region is that of the member spoken for."""

    year: int
    person: UUID
    kind: str
    region: str
    level: str
    gender: str


@dataclass(frozen=True)
class Group:
    """
    Some speakers of a year, each once.

    `counts` is None when they are not shown to whoever asks, and rounded for
    those who are no data stewards; of few people they have no shares then.
    """

    code: str
    counts: Counts | None
    has_shares: bool = True

    @property
    def known(self) -> int:
        """How many are known as woman or man: what the shares are taken over."""
        return self.counts.women + self.counts.men if self.counts else 0

    @property
    def unknown(self) -> int:
        """How many are known as neither: they said something else, or nothing."""
        return self.counts.others + self.counts.undisclosed if self.counts else 0

    @property
    def women_pct(self) -> int | None:
        """Whole per cent of those known as woman or man, rounded half up."""
        found = shares(self.counts.women, self.counts.men) if self.counts and self.has_shares else None
        return found[0] if found else None

    @property
    def men_pct(self) -> int | None:
        """What is left to 100."""
        return None if self.women_pct is None else 100 - self.women_pct

    @property
    def difference(self) -> int | None:
        """Share of women less that of the baseline, in percentage points."""
        return None if self.women_pct is None else self.women_pct - BASELINE_WOMEN_PCT


def counts_by(parts: Iterable[Part], key: Callable[[Part], Key]) -> dict[Key, Counts]:
    """Count people by what they stated, each once in every group that one of their parts belongs to."""
    people: dict[Key, dict[UUID, str]] = {}
    for part in parts:
        people.setdefault(key(part), {})[part.person] = part.gender
    return {group: _counts(genders.values()) for group, genders in people.items()}


def _counts(genders: Iterable[str]) -> Counts:
    said = list(genders)
    return Counts(
        women=said.count(Gender.WOMAN),
        men=said.count(Gender.MAN),
        others=said.count(Gender.NON_BINARY),
        undisclosed=said.count(Gender.UNDISCLOSED),
    )


def protected_groups(groups: Sequence[Group], *, is_safe: bool = True) -> tuple[Group, ...]:
    """
    The groups of one table as everybody sees them who is no data steward.

    Together they are a whole: rounded numbers of all, or of none
    (docs/decisions/0017-published-numbers.md).

    Args:
        is_safe: Whether the table may stand beside the others; see `tables_shown`.

    """
    found = shown_parts([group.counts or Counts() for group in groups], is_exact=False)
    return tuple(
        replace(
            group,
            counts=None if one.women is None or one.men is None or not is_safe
            else Counts(one.women, one.men, 0, one.unknown or 0),
            has_shares=one.women_pct is not None,
        )
        for group, one in zip(groups, found, strict=True)
    )  # fmt: skip


def tables_shown(parts: Sequence[Part], groupings: Sequence[str]) -> frozenset[str]:
    """
    By what the speakers of one year may be grouped for everybody: where nobody can be told from two groups.

    Beside them stand the speakers, and those of political level and of
    learning, as figures of the year.

    Args:
        groupings: Those most asked for first.

    """
    genders = {part.person: part.gender for part in parts}

    def count(people: Iterable[UUID]) -> Counts:
        return _counts(genders[person] for person in people)

    def are_safe(one: set[UUID], other: set[UUID]) -> bool:
        return are_enough(count(one - other), count(other - one))

    figures = (
        set(genders),
        {part.person for part in parts if part.level == Level.POLITICAL},
        {part.person for part in parts if part.kind in LEARNING_KINDS},
    )
    beside = [group for group in figures if may_be_shown(count(group))]
    found = set()
    for grouping in groupings:
        members: dict[str, set[UUID]] = {}
        for part in parts:
            members.setdefault(getattr(part, grouping), set()).add(part.person)
        table = list(members.values())
        often = Counter(person for group in table for person in group)
        if (
            all(may_be_shown(count(group)) for group in table)
            and are_enough(count(person for person, times in often.items() if times > 1), Counts())
            and all(are_safe(group, other) for place, group in enumerate(table) for other in (*beside, *table[:place]))
        ):
            found.add(grouping)
            beside += table
    return frozenset(found)


def goal_sentence(counts: Counts, minimum_share: Fraction = MINIMUM_SHARE) -> Sentence | None:
    """
    Say what would balance a year: “36% of 160 speakers are women: 6 swaps or 10 additions reach 40%.”

    None when it is balanced, or nobody is known as woman or man.
    """
    change = what_if(counts, minimum_share)
    if change is None:
        return None
    women_pct, men_pct = shares(counts.women, counts.men) or (0, 0)
    known = counts.women + counts.men
    values = {
        "share": women_pct if change.group == "women" else men_pct,
        "people": Sentence.counted("%(num)s speaker", "%(num)s speakers", known)
        if known == counts.everybody
        else Sentence.counted("%(num)s speaker known as woman or man", "%(num)s speakers known as woman or man", known),
        "swaps": Sentence.counted("%(num)s swap", "%(num)s swaps", change.swaps),
        "additions": Sentence.counted("%(num)s addition", "%(num)s additions", change.additions),
        "goal": _reached(counts, change, minimum_share),
    }
    if change.group == "women":
        return Sentence("%(share)s%% of %(people)s are women: %(swaps)s or %(additions)s reach %(goal)s%%.", **values)
    return Sentence("%(share)s%% of %(people)s are men: %(swaps)s or %(additions)s reach %(goal)s%%.", **values)


def _reached(counts: Counts, change: WhatIf, minimum_share: Fraction) -> int:
    """The smallest share asked for, or what is reached where so few people do not allow it; whole per cent."""
    size = counts.women + counts.men
    reached = Fraction(min(counts.women, counts.men) + change.swaps, size)
    return int(min(minimum_share, reached) * 100 + Fraction(1, 2))


def unknown_sentence(counts: Counts, *, split: bool) -> Sentence:
    """Say how many speakers are known as neither woman nor man; `split` tells the two reasons apart."""
    unknown = counts.others + counts.undisclosed
    if not counts.everybody:
        return Sentence("Nobody spoke.")
    if not unknown:
        return Sentence.counted(
            "The one speaker is known as woman or man.",
            "All %(num)s speakers are known as women or men.",
            counts.everybody,
        )
    pct = (200 * unknown + counts.everybody) // (2 * counts.everybody)
    if not split:
        return Sentence.counted(
            "%(num)s of %(all)s speakers (%(pct)s%%) is known neither as woman nor as man; shares are taken over the others.",
            "%(num)s of %(all)s speakers (%(pct)s%%) are known neither as women nor as men; shares are taken over the others.",
            unknown,
            all=counts.everybody,
            pct=pct,
        )
    return Sentence.counted(
        "%(num)s of %(all)s speakers (%(pct)s%%) is known neither as woman nor as man (%(others)s non-binary, "
        "%(undisclosed)s without a statement); shares are taken over the others.",
        "%(num)s of %(all)s speakers (%(pct)s%%) are known neither as women nor as men (%(others)s non-binary, "
        "%(undisclosed)s without a statement); shares are taken over the others.",
        unknown,
        all=counts.everybody,
        pct=pct,
        others=counts.others,
        undisclosed=counts.undisclosed,
    )
