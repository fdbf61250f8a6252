"""
What a cohort may be asked to be: candidates, bounds, and whether bounds are met. No solver, no database.

Everything is counted in whole numbers, so that a proposal can be checked without rounding.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise

from eventhub.words import Sentence

MINUTES_A_DAY = 24 * 60


class BoundKind(StrEnum):
    """What a bound counts."""

    SIZE = "size"
    DECIDED = "decided"
    REGION = "region"
    EACH_REGION = "each_region"
    REGIONS = "regions"
    EACH_MEMBER = "each_member"
    WOMEN = "women"
    NEWCOMERS = "newcomers"
    LANGUAGE = "language"
    HOURS = "hours"


@dataclass(frozen=True)
class Candidate:
    """
    One application as the choice sees it.

    Args:
        key: Its name in the proposal.
        score: Thousandths of a point, the mean of its reviews.
        women: Proposed people who said that they are women; `men` likewise. Nobody else is in either.
        offset: Minutes that local clocks are ahead of UTC when the lab meets.
        bonus: Thousandths of a point for the member's preference among several labs.
        decided: True: people have put it in; False: they have left it out; None: nobody has said.

    """

    key: str
    score: int
    member: str
    region: str
    is_newcomer: bool = False
    women: int = 0
    men: int = 0
    languages: frozenset[str] = frozenset()
    offset: int = 0
    bonus: int = 0
    decided: bool | None = None

    @property
    def worth(self) -> int:
        """Thousandths of a point that it adds; at least one, since a place that is filled is better than an empty one."""
        return max(1, self.score + self.bonus)

    @property
    def lot(self) -> str:
        """What orders equals: a digest of the key, so neither the time of sending nor a name favours anybody."""
        return lot_of(self.key)


@dataclass(frozen=True)
class Bound:
    """
    At least and at most so many; None: no limit on that side.

    Units: applications; for WOMEN per cent of the proposed women and men; for
    HOURS hours between the earliest and the latest clock; for REGIONS regions.

    Args:
        key: The region or language that is meant.
        name: What people call it.

    """

    kind: BoundKind
    at_least: int | None = None
    at_most: int | None = None
    key: str = ""
    name: str = ""


@dataclass(frozen=True)
class Task:
    """One cohort to choose: its candidates and everything asked of it, its size among them."""

    key: str
    candidates: tuple[Candidate, ...]
    bounds: tuple[Bound, ...]


def lot_of(key: str) -> str:
    """The SHA-256 digest of a key: an order that is always the same and that nobody can choose."""
    return sha256(key.encode()).hexdigest()


def has_scores(tasks: Iterable[Task]) -> bool:
    """Whether any application was given a score."""
    return any(one.score for task in tasks for one in task.candidates)


def is_met(bound: Bound, chosen: Sequence[Candidate], left: Sequence[Candidate] = ()) -> bool:
    """Whether these applications keep to a bound; `left` are those not chosen."""
    if bound.kind is BoundKind.DECIDED:
        return all(one.decided is not False for one in chosen) and all(one.decided is not True for one in left)
    if bound.kind is BoundKind.WOMEN:
        women, known = sum(one.women for one in chosen), sum(one.women + one.men for one in chosen)
        return (bound.at_least is None or 100 * women >= bound.at_least * known) and (
            bound.at_most is None or 100 * women <= bound.at_most * known
        )
    if bound.kind in (BoundKind.EACH_REGION, BoundKind.EACH_MEMBER):
        groups = Counter(one.region if bound.kind is BoundKind.EACH_REGION else one.member for one in chosen)
        return bound.at_most is None or max(groups.values(), default=0) <= bound.at_most
    found = counted(bound, chosen)
    return (bound.at_least is None or found >= bound.at_least) and (bound.at_most is None or found <= bound.at_most)


def counted(bound: Bound, chosen: Sequence[Candidate]) -> int:
    """What a bound counts, in its unit; of HOURS the hours begun, of WOMEN whole per cent, rounded down."""
    match bound.kind:
        case BoundKind.REGION:
            return sum(one.region == bound.key for one in chosen)
        case BoundKind.REGIONS:
            return len({one.region for one in chosen})
        case BoundKind.NEWCOMERS:
            return sum(one.is_newcomer for one in chosen)
        case BoundKind.LANGUAGE:
            return sum(bound.key in one.languages for one in chosen)
        case BoundKind.HOURS:
            return -(-clock_spread({one.offset for one in chosen}) // 60)
        case BoundKind.WOMEN:
            known = sum(one.women + one.men for one in chosen)
            return 100 * sum(one.women for one in chosen) // known if known else 0
        case BoundKind.EACH_REGION:
            return max(Counter(one.region for one in chosen).values(), default=0)
        case BoundKind.EACH_MEMBER:
            return max(Counter(one.member for one in chosen).values(), default=0)
        case _:
            return len(chosen)


def clock_spread(offsets: Collection[int]) -> int:
    """
    Minutes between the earliest and the latest of these clocks, the short way round the day.

    The widest gap between two clocks that follow each other is the night of
    all of them; the rest of the day is the spread.
    """
    around = sorted({offset % MINUTES_A_DAY for offset in offsets})
    if len(around) < 2:
        return 0
    gaps = [later - earlier for earlier, later in pairwise(around)]
    return MINUTES_A_DAY - max([*gaps, around[0] + MINUTES_A_DAY - around[-1]])


def bound_problems(bound: Bound) -> list[str]:
    """Say what is wrong with a bound as such."""
    least, most = bound.at_least, bound.at_most
    top = {BoundKind.WOMEN: 100, BoundKind.HOURS: 24}.get(bound.kind, 1000)
    if least is None and most is None and bound.kind is not BoundKind.DECIDED:
        return [Sentence("Please give a least or a most number, or leave the bound out.")]
    if any(number is not None and not 0 <= number <= top for number in (least, most)):
        return [Sentence("A number of this bound lies between 0 and %(top)s.", top=top)]
    if least is not None and most is not None and least > most:
        return [Sentence("The least number is above the most.")]
    return []


def in_words(bound: Bound) -> str:
    """A bound as a phrase that can stand after “because of the bound”."""
    least, most = bound.at_least, bound.at_most
    match bound.kind:
        case BoundKind.SIZE:
            what = Sentence("applications in the cohort")
        case BoundKind.DECIDED:
            return Sentence("what people have decided about single applications")
        case BoundKind.REGION:
            what = Sentence("applications from %(region)s", region=bound.name or bound.key)
        case BoundKind.EACH_REGION:
            what = Sentence("applications from each region")
        case BoundKind.REGIONS:
            what = Sentence("different regions")
        case BoundKind.EACH_MEMBER:
            what = Sentence("applications of each member")
        case BoundKind.WOMEN:
            what = Sentence("per cent of women among the proposed people")
        case BoundKind.NEWCOMERS:
            what = Sentence("applications of newcomers")
        case BoundKind.LANGUAGE:
            what = Sentence("applications with %(language)s", language=bound.name or bound.key)
        case BoundKind.HOURS:
            what = Sentence("hours between the clocks of the cohort")
    if least is not None and most is not None:
        if least == most:
            return Sentence("%(what)s: exactly %(number)s", what=what, number=least)
        return Sentence("%(what)s: %(least)s to %(most)s", what=what, least=least, most=most)
    if least is not None:
        return Sentence("%(what)s: at least %(number)s", what=what, number=least)
    return Sentence("%(what)s: at most %(number)s", what=what, number=most)
