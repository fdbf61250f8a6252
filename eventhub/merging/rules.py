"""Law of merging: which records may be one person's, and whose statement stays."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from uuid import UUID

#: In one heap of equal names; what is left over is offered once these are merged or told apart.
MOST_ALIKE = 25


class Reason(StrEnum):
    """Why two records may be one person's."""

    ADDRESS = "address"
    MEMBER = "member"
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class Traits:
    """What of a person is compared; text is folded, and empty where there is nothing to compare."""

    id: UUID
    name: str
    address: str
    member: UUID | None
    organisation: str
    created_at: datetime


@dataclass(frozen=True)
class Pair:
    """Two records that may be one person's; the first one would be kept."""

    kept: UUID
    merged: UUID
    reasons: tuple[Reason, ...]

    @property
    def key(self) -> str:
        """The same whichever is kept."""
        return pair_key(self.kept, self.merged)


def pair_key(one: UUID, other: UUID) -> str:
    """How the audit trail names two records, in whatever order."""
    first, second = sorted((one.hex, other.hex))
    return f"{first}:{second}"


def duplicates(people: Iterable[Traits], different: Collection[str] = ()) -> list[Pair]:
    """
    Pairs that may be one person: each once, with all its reasons.

    Args:
        different: Keys of the pairs that somebody has told apart.

    """
    heaps: dict[tuple[Reason, object], list[Traits]] = defaultdict(list)
    for one in people:
        if one.address:
            heaps[Reason.ADDRESS, one.address].append(one)
        if one.name and one.member:
            heaps[Reason.MEMBER, (one.name, one.member)].append(one)
        if one.name and one.organisation:
            heaps[Reason.ORGANISATION, (one.name, one.organisation)].append(one)
    found: dict[tuple[UUID, UUID], list[Reason]] = defaultdict(list)
    for (reason, _), heap in heaps.items():
        first_ones = sorted(heap, key=_rank)[:MOST_ALIKE]
        for kept, merged in combinations(first_ones, 2):
            if pair_key(kept.id, merged.id) not in different:
                found[kept.id, merged.id].append(reason)
    return [Pair(kept, merged, tuple(sorted(reasons))) for (kept, merged), reasons in found.items()]


def _rank(one: Traits) -> tuple[bool, datetime, str]:
    """Who has an address is kept rather than who has none, then who was known first."""
    return not one.address, one.created_at, one.id.hex


class Outcome(StrEnum):
    """What becomes of two statements of how a person wants to be counted."""

    NONE = "none"
    STAYS = "stays"
    MOVES = "moves"
    SWAPS = "swaps"
    ASK = "ask"


@dataclass(frozen=True)
class Statement:
    """How a person wants to be counted, and who has said so."""

    gender: str
    source: str


def outcome_of(kept: Statement | None, merged: Statement | None) -> Outcome:
    """
    Whose statement stays: that of the record that is kept, unless only the other one has one or was stated by the person.

    Two different ones that were stated alike cannot be decided by anybody but the person.
    """
    if merged is None:
        return Outcome.NONE if kept is None else Outcome.STAYS
    if kept is None:
        return Outcome.MOVES
    if kept.gender == merged.gender:
        return Outcome.STAYS
    if kept.source == merged.source:
        return Outcome.ASK
    return Outcome.STAYS if kept.source == "self" else Outcome.SWAPS
