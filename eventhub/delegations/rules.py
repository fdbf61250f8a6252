"""Law of delegations: parts, quotas, deadlines, who takes the seat of a member, and quorum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import TypeVar

from eventhub.words import Sentence

#: Most people of one kind that a quota may allow; the largest congress had 1,400 people in all.
LARGEST_QUOTA = 1000


class Part(StrEnum):
    """What somebody is in the delegation of a member."""

    HEAD = "head"
    DELEGATE = "delegate"
    OBSERVER = "observer"
    REPLACEMENT = "replacement"


@dataclass(frozen=True)
class Quota:
    """
    How many people of a member may come; None: no limit.

    The head is one of the delegates. Each delegate may have one replacement,
    so that there are never more replacements than `delegates` allows.
    """

    delegates: int | None = None
    observers: int | None = None

    def most(self, part: str) -> int | None:
        """How many may share the quota of a part; None: no limit."""
        return self.observers if part == Part.OBSERVER else self.delegates


@dataclass(frozen=True)
class Seen:
    """One person of a member as the rules see them: the part, and whether the person is expected or was there."""

    part: str | None = None
    confirmed: bool = False
    present: bool = False


AnySeen = TypeVar("AnySeen", bound=Seen)

#: Parts that use up the same quota.
_SHARED = MappingProxyType(
    {
        Part.HEAD: frozenset({Part.HEAD, Part.DELEGATE}),
        Part.DELEGATE: frozenset({Part.HEAD, Part.DELEGATE}),
        Part.OBSERVER: frozenset({Part.OBSERVER}),
        Part.REPLACEMENT: frozenset({Part.REPLACEMENT}),
    }
)


def used(part: Part, others: Mapping[str, int]) -> int:
    """People who use up the quota of a part, out of the numbers of people by part."""
    return sum(others.get(str(one), 0) for one in _SHARED[part])


def part_problem(part: Part, others: Mapping[str, int], quota: Quota) -> Sentence | None:
    """
    Why somebody cannot have a part, beside those who have one already.

    Args:
        others: How many other people who are still coming have each part.

    """
    if part is Part.HEAD and others.get(Part.HEAD):
        return Sentence("The delegation has a head already. Give that person another part first.")
    most = quota.most(part)
    if most is None or used(part, others) < most:
        return None
    if part is Part.OBSERVER:
        return Sentence.counted(
            "The quota is %(num)s observer, and it is used up.",
            "The quota is %(num)s observers, and it is used up.",
            most,
        )
    if part is Part.REPLACEMENT:
        return Sentence.counted(
            "There is one replacement for each delegate, so %(num)s at most.",
            "There is one replacement for each delegate, so %(num)s at most.",
            most,
        )
    return Sentence.counted(
        "The quota is %(num)s delegate, the head included, and it is used up.",
        "The quota is %(num)s delegates, the head included, and it is used up.",
        most,
    )


def lacking(counts: Mapping[str, int], quota: Quota) -> list[Sentence]:
    """What a delegation lacks, or has too much of, in whole sentences; nothing when it is as it should be."""
    if not sum(counts.values()):
        return [Sentence("Nobody is named yet.")]
    said: list[Sentence] = []
    heads = counts.get(Part.HEAD, 0)
    if not heads:
        said.append(Sentence("The delegation has no head."))
    elif heads > 1:
        said.append(Sentence("The delegation has %(heads)s heads; one is right.", heads=heads))
    over = {part: max(0, used(part, counts) - most) for part in Part if (most := quota.most(part)) is not None}
    if num := over.get(Part.DELEGATE):
        said.append(
            Sentence.counted("%(num)s delegate is above the quota.", "%(num)s delegates are above the quota.", num)
        )
    if num := over.get(Part.OBSERVER):
        said.append(
            Sentence.counted("%(num)s observer is above the quota.", "%(num)s observers are above the quota.", num)
        )
    if num := over.get(Part.REPLACEMENT):
        said.append(
            Sentence.counted(
                "%(num)s replacement is above the quota.", "%(num)s replacements are above the quota.", num
            )
        )
    return said


def places_left(counts: Mapping[str, int], quota: Quota) -> list[Sentence]:
    """How many people can still be named, in whole sentences."""
    left = {
        part: None if (most := quota.most(part)) is None else max(0, most - used(part, counts))
        for part in (Part.DELEGATE, Part.OBSERVER)
    }
    delegates, observers = left[Part.DELEGATE], left[Part.OBSERVER]
    if delegates is None:
        of_delegates = Sentence("The number of delegates is not limited.")
    elif delegates:
        of_delegates = Sentence.counted(
            "%(num)s more delegate can be named.", "%(num)s more delegates can be named.", delegates
        )
    else:
        of_delegates = Sentence("All delegates are named.")
    if observers is None:
        of_observers = Sentence("The number of observers is not limited.")
    elif observers:
        of_observers = Sentence.counted(
            "%(num)s more observer can be named.", "%(num)s more observers can be named.", observers
        )
    else:
        of_observers = Sentence("No more observers can be named.")
    return [of_delegates, of_observers]


def closing(closes_at: datetime | None, starts_at: datetime | None) -> datetime | None:
    """When the desk of a member closes: at its deadline, at the latest when the event begins; None: open."""
    return min((moment for moment in (closes_at, starts_at) if moment), default=None)


def takes_the_seat(people: Sequence[AnySeen], *, present: bool) -> AnySeen | None:
    """
    Who takes the seat of a member: the head, or where the head is absent a replacement.

    A member that gave nobody a part is in its seat when anybody of it is
    there. Observers and delegates beside the head never take it.

    Args:
        people: Those of one member, in the order in which replacements come.
        present: Who was there; False: who is expected with a confirmed registration.

    """
    there = [one for one in people if (one.present if present else one.confirmed)]
    if not any(one.part for one in people):
        return there[0] if there else None
    for part in (Part.HEAD, Part.REPLACEMENT):
        for one in there:
            if one.part == part:
                return one
    return None


@dataclass(frozen=True)
class QuorumRule:
    """
    Which part of the seats entitled must be there.

    Attributes:
        share: A part of all seats, from 0 to 1.
        more_than: More than the share; False: the share is enough.

    """

    share: Fraction
    more_than: bool

    def needed(self, entitled: int) -> int:
        """How many seats that is."""
        exact = self.share * entitled
        whole = exact.numerator // exact.denominator
        if self.more_than:
            return min(whole + 1, entitled)
        return whole if whole == exact else whole + 1


#: domain.md 1 and 5 name the bodies and leave the quorum open, as the statutes were not among the documents. More than half
#: of the seats entitled is what most statutes ask for, and errs to the strict side; a body with another rule gets it here.
_MORE_THAN_HALF = QuorumRule(Fraction(1, 2), more_than=True)
QUORUM_RULES: Mapping[str, QuorumRule] = MappingProxyType(
    {
        "general_assembly": _MORE_THAN_HALF,
        "board_of_directors": _MORE_THAN_HALF,
        "executive_committee": _MORE_THAN_HALF,
        "regional_secretariat": _MORE_THAN_HALF,
    }
)


@dataclass(frozen=True)
class Quorum:
    """Numbers of seats: entitled, needed for a valid meeting, and filled."""

    entitled: int
    needed: int
    filled: int

    @property
    def missing(self) -> int:
        """Seats that must still be filled."""
        return max(0, self.needed - self.filled)

    @property
    def is_reached(self) -> bool:
        """Whether the meeting may decide; without a seat entitled there is none."""
        return self.entitled > 0 and not self.missing


def quorum(entitled: int, filled: int, rule: QuorumRule) -> Quorum:
    """Hold the seats that are filled against a rule."""
    return Quorum(entitled, rule.needed(entitled), filled)


def quorum_sentence(found: Quorum, *, present: bool) -> Sentence:
    """
    Whether there is a quorum, in one sentence.

    Args:
        present: The seats were counted in the meeting; False: by confirmed registrations.

    """
    if not found.entitled:
        return Sentence("No member has a seat on the first day of the meeting, so there is no quorum.")
    numbers = {"filled": found.filled, "entitled": found.entitled, "needed": found.needed}
    if present and found.is_reached:
        return Sentence(
            "The quorum is reached: %(filled)s of %(entitled)s seats are present, and %(needed)s are needed.", **numbers
        )
    if present:
        return Sentence.counted(
            "The quorum is not reached: %(num)s seat is missing. %(filled)s of %(entitled)s are present, and %(needed)s are needed.",
            "The quorum is not reached: %(num)s seats are missing. %(filled)s of %(entitled)s are present, and %(needed)s are needed.",
            found.missing, **numbers,
        )  # fmt: skip
    if found.is_reached:
        return Sentence(
            "The quorum is in sight: %(filled)s of %(entitled)s seats are confirmed, and %(needed)s are needed.",
            **numbers,
        )
    return Sentence.counted(
        "For the quorum %(num)s more seat must be confirmed: %(filled)s of %(entitled)s are, and %(needed)s are needed.",
        "For the quorum %(num)s more seats must be confirmed: %(filled)s of %(entitled)s are, and %(needed)s are needed.",
        found.missing, **numbers,
    )  # fmt: skip
