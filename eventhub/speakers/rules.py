"""
The parity rule: when a panel is balanced, and what it lacks.

Source: the domain brief, section 4, and docs/decisions/0004-parity-rule.md.
Counts come in, findings go out; nobody's gender is named.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from eventhub.words import Sentence

#: The smallest share of a panel that women and men must each hold; a setting.
MINIMUM_SHARE = Fraction(2, 5)


class SpeakerRole(StrEnum):
    """A person's part in a programme item."""

    SPEAKER = "speaker"
    PANELLIST = "panellist"
    KEYNOTE = "keynote"
    MODERATOR = "moderator"


class SpeakerStatus(StrEnum):
    """Where an invitation to speak stands; those who declined count nowhere."""

    INVITED = "invited"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


#: A woman who only moderates does not balance a panel of men; the setting EVENTHUB_PARITY_ROLES says otherwise.
COUNTED_ROLES = frozenset({SpeakerRole.SPEAKER, SpeakerRole.PANELLIST, SpeakerRole.KEYNOTE})
COUNTED_STATUSES = frozenset({SpeakerStatus.INVITED, SpeakerStatus.CONFIRMED})


class ParityResult(StrEnum):
    """What the check says of a panel, an event or the political level."""

    BALANCED = "balanced"
    UNBALANCED = "unbalanced"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Counts:
    """Speakers by what they stated; others are non-binary, undisclosed said nothing."""

    women: int = 0
    men: int = 0
    others: int = 0
    undisclosed: int = 0

    @property
    def everybody(self) -> int:
        """All of them."""
        return self.women + self.men + self.others + self.undisclosed


@dataclass(frozen=True)
class Finding:
    """The result for some counts; `missing` people of `missing_group` are lacking at this size."""

    counts: Counts
    result: ParityResult
    missing: int = 0
    missing_group: str = ""
    single_gender: bool = False


def needed_of_each(size: int, minimum_share: Fraction = MINIMUM_SHARE) -> int:
    """
    How many the smaller group must have among `size` women and men.

    The share, rounded up; where the number of people does not allow it, the
    two groups may differ by one: for 2 to 10 people 1, 1, 2, 2, 3, 3, 4, 4, 4.

    Raises:
        ValueError: `minimum_share` is above 1/2, which no panel could meet.

    """
    if minimum_share > Fraction(1, 2):
        raise ValueError("the minimum share cannot be above 1/2")
    return min(math.ceil(minimum_share * size), size // 2)


def _is_balanced(women: int, men: int, minimum_share: Fraction) -> bool:
    return min(women, men) >= needed_of_each(women + men, minimum_share)


def check(counts: Counts, minimum_share: Fraction = MINIMUM_SHARE) -> Finding:
    """
    Check one panel, one event, or the political level of one.

    Non-binary and undisclosed speakers are in neither group. When every way
    of filling in the undisclosed as women or men gives the same answer, that
    is the answer; else it is unknown. Fewer than two who are or may be women
    or men make nothing to check.
    """
    if counts.women + counts.men + counts.undisclosed < 2:
        return Finding(counts, ParityResult.NOT_APPLICABLE)
    answers = {
        _is_balanced(counts.women + more, counts.men + counts.undisclosed - more, minimum_share)
        for more in range(counts.undisclosed + 1)
    }
    needed = needed_of_each(counts.women + counts.men, minimum_share)
    missing = max(0, needed - min(counts.women, counts.men))
    group = "" if not missing else "women" if counts.women < counts.men else "men"
    alone = counts.everybody in (counts.women, counts.men)
    if answers == {True}:
        return Finding(counts, ParityResult.BALANCED)
    result = ParityResult.UNBALANCED if answers == {False} else ParityResult.UNKNOWN
    return Finding(counts, result, missing, group, alone)


@dataclass(frozen=True)
class LineUp:
    """
    Who sits on one panel, in numbers.

    `with_moderators` is shown beside the result and decides nothing;
    `exempt_reason` switches the check off, for programmes meant for women.
    """

    item_id: str
    title: str
    counts: Counts
    with_moderators: Counts = Counts()
    exempt_reason: str = ""

    @property
    def is_panel(self) -> bool:
        """A panel has two or more slots, those of moderators among them."""
        return self.with_moderators.everybody >= 2 or self.counts.everybody >= 2


def finding_of(line_up: LineUp, minimum_share: Fraction = MINIMUM_SHARE) -> Finding:
    """The check of one panel; not applicable when it is switched off or no panel."""
    if line_up.exempt_reason or not line_up.is_panel:
        return Finding(line_up.counts, ParityResult.NOT_APPLICABLE)
    return check(line_up.counts, minimum_share)


def _people(women: int, men: int) -> tuple[Sentence, Sentence]:
    return (
        Sentence.counted("%(num)s woman", "%(num)s women", women),
        Sentence.counted("%(num)s man", "%(num)s men", men),
    )


def parity_problems(line_ups: Sequence[LineUp], *, minimum_share: Fraction = MINIMUM_SHARE) -> list[Sentence]:
    """
    Say which panels hold publishing back; an empty list means the gate is open.

    Panels of one gender only come first, then the others by title; each
    sentence says how many women or men are missing.
    """
    found: list[tuple[int, str, Sentence]] = []
    for line_up in line_ups:
        finding = finding_of(line_up, minimum_share)
        if finding.result is ParityResult.UNBALANCED:
            found.append(
                (
                    0 if finding.single_gender else 1,
                    line_up.title,
                    _unbalanced(line_up, finding, minimum_share),
                )
            )
        elif finding.result is ParityResult.UNKNOWN:
            found.append((2, line_up.title, _unknown(line_up, finding, minimum_share)))
    return [sentence for _, _, sentence in sorted(found, key=lambda entry: entry[:2])]


def _unbalanced(line_up: LineUp, finding: Finding, minimum_share: Fraction) -> Sentence:
    counts = finding.counts
    women, men = _people(counts.women, counts.men)
    size = counts.women + counts.men
    needed = needed_of_each(size, minimum_share)
    if finding.missing_group == "women":
        missing = Sentence.counted("%(num)s woman is missing", "%(num)s women are missing", finding.missing)
    else:
        missing = Sentence.counted("%(num)s man is missing", "%(num)s men are missing", finding.missing)
    if finding.single_gender:
        return Sentence(
            "“%(title)s” has one gender only, %(women)s and %(men)s; it needs at least %(needed)s of each: %(missing)s.",
            title=line_up.title, women=women, men=men, needed=needed, missing=missing,
        )  # fmt: skip
    return Sentence(
        "“%(title)s” has %(women)s and %(men)s; it needs at least %(needed)s of each: %(missing)s.",
        title=line_up.title, women=women, men=men, needed=needed, missing=missing,
    )  # fmt: skip


def _unknown(line_up: LineUp, finding: Finding, minimum_share: Fraction) -> Sentence:
    counts = finding.counts
    women, men = _people(counts.women, counts.men)
    size = counts.women + counts.men + counts.undisclosed
    return Sentence(
        "“%(title)s” cannot be judged: %(women)s and %(men)s, and %(unknown)s. "
        "A panel of %(size)s needs at least %(needed)s of each.",
        size=size,
        needed=needed_of_each(size, minimum_share),
        title=line_up.title,
        women=women,
        men=men,
        unknown=Sentence.counted(
            "%(num)s person whose gender is not known", "%(num)s people whose gender is not known",
            counts.undisclosed,
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class WhatIf:
    """The smallest change that would balance some counts: `swaps` at this size, or `additions` to it."""

    group: str
    swaps: int
    additions: int


@dataclass(frozen=True)
class ParityCheck:
    """The checks of one event: each panel, the event as a whole, the political level alone."""

    panels: tuple[tuple[LineUp, Finding], ...]
    event: Finding
    political: Finding
    problems: tuple[Sentence, ...]
    event_with_moderators: Counts = Counts()
    political_with_moderators: Counts = Counts()

    @property
    def holding_back(self) -> frozenset[str]:
        """Keys of the panels that hold publishing back."""
        bad = (ParityResult.UNBALANCED, ParityResult.UNKNOWN)
        return frozenset(line_up.item_id for line_up, finding in self.panels if finding.result in bad)

    @property
    def result(self) -> ParityResult:
        """What the gate says: the worst of the panels, or that there are none to check."""
        results = {finding.result for _, finding in self.panels}
        for worst in (ParityResult.UNBALANCED, ParityResult.UNKNOWN, ParityResult.BALANCED):
            if worst in results:
                return worst
        return ParityResult.NOT_APPLICABLE


def check_event(
    line_ups: Sequence[LineUp],
    *,
    everybody: Counts,
    political: Counts,
    exempt_reason: str = "",
    minimum_share: Fraction = MINIMUM_SHARE,
    with_moderators: tuple[Counts, Counts] = (Counts(), Counts()),
) -> ParityCheck:
    """
    Check all of an event at once.

    Args:
        everybody: Speakers of the event, each person once.
        political: Those of them with political level.
        exempt_reason: Why the check is switched off for the whole event, if it is.
        with_moderators: The first two with those who only moderate; shown, and decides nothing.

    """
    if exempt_reason:
        line_ups = [
            LineUp(one.item_id, one.title, one.counts, one.with_moderators, one.exempt_reason or exempt_reason)
            for one in line_ups
        ]
    off = ParityResult.NOT_APPLICABLE
    return ParityCheck(
        panels=tuple((one, finding_of(one, minimum_share)) for one in line_ups if one.is_panel),
        event=Finding(everybody, off) if exempt_reason else check(everybody, minimum_share),
        political=Finding(political, off) if exempt_reason else check(political, minimum_share),
        problems=tuple(parity_problems(line_ups, minimum_share=minimum_share)),
        event_with_moderators=with_moderators[0],
        political_with_moderators=with_moderators[1],
    )


def what_if(counts: Counts, minimum_share: Fraction = MINIMUM_SHARE) -> WhatIf | None:
    """
    Say how few people would have to change places, or be added, for balance.

    A swap puts somebody of the smaller group in the place of somebody of the
    larger one; an addition puts one more of the smaller group on the panel.
    Works for a panel, an event or a whole year: of 160 speakers of whom 58
    are women, 6 swaps or 10 additions reach 40 %. Only those known as women
    or men are looked at. None: they are balanced as they are, or fewer than two.
    """
    smaller, larger = sorted((counts.women, counts.men))
    size = smaller + larger
    if size < 2 or smaller >= needed_of_each(size, minimum_share):
        return None
    swaps = needed_of_each(size, minimum_share) - smaller
    # the larger group stays, so it decides how small the other may be; no panel needs more than equals
    additions = next(
        more for more in range(1, larger - smaller + 1) if smaller + more >= needed_of_each(size + more, minimum_share)
    )
    return WhatIf("women" if counts.women < counts.men else "men", swaps, additions)
