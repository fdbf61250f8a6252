"""Words and law of registrations: who gets a seat, who waits, what may be asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from eventhub.words import Sentence


class RegistrationStatus(StrEnum):
    """Where a claim to a seat stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    OFFERED = "offered"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"
    DECLINED = "declined"


#: A person has one of these per event at most; the database keeps it so.
STANDING = frozenset(
    {
        RegistrationStatus.PENDING,
        RegistrationStatus.CONFIRMED,
        RegistrationStatus.OFFERED,
        RegistrationStatus.WAITLISTED,
    }
)


class Attends(StrEnum):
    """How a person takes part."""

    ON_SITE = "on_site"
    ONLINE = "online"


def ways_to_attend(mode: str) -> tuple[Attends, ...]:
    """What a person may choose at an event of this mode."""
    return {
        "in_person": (Attends.ON_SITE,),
        "online": (Attends.ONLINE,),
        "hybrid": (Attends.ON_SITE, Attends.ONLINE),
    }[mode]


class Role(StrEnum):
    """The part of a person in the delegation of a member."""

    HEAD = "head"
    DELEGATE = "delegate"
    OBSERVER = "observer"
    REPLACEMENT = "replacement"


class Verb(StrEnum):
    """What staff decide about a registration."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    WAITLIST = "waitlist"


@dataclass(frozen=True)
class Pool:
    """
    Some of the seats of an event.

    Position 0 is the event's own. A pool for a way to attend has a queue of
    its own. One for a region or a member is reserved: no queue, and what is
    left of it goes to the pool with the queue at `returns_at`.
    """

    id: UUID
    position: int
    capacity: int | None
    taken: int = 0
    waiting: int = 0
    is_open: bool = False
    name: str = ""
    attends: str | None = None
    region: UUID | None = None
    member: UUID | None = None
    returns_at: datetime | None = None
    returned_at: datetime | None = None

    @property
    def is_reserved(self) -> bool:
        """Whether it is for some members only."""
        return self.region is not None or self.member is not None

    @property
    def has_free_seat(self) -> bool:
        """Whether the capacity leaves one, whoever waits."""
        return self.capacity is None or self.taken < self.capacity

    @property
    def free(self) -> int | None:
        """Seats that a newcomer could get now; None: no limit. Nobody overtakes the queue."""
        if self.capacity is None:
            return None
        return 0 if self.waiting else max(0, self.capacity - self.taken)

    def is_due(self, now: datetime) -> bool:
        """Whether what is left of it should have been given back by now."""
        return self.is_reserved and self.returned_at is None and self.returns_at is not None and self.returns_at <= now

    def is_for(self, attends: str, region: UUID | None, member: UUID | None) -> bool:
        """Whether a person of this member and region who attends this way may have a seat of it."""
        return (
            self.attends in (None, attends)
            and (self.region is None or self.region == region)
            and (self.member is None or self.member == member)
        )


def queue_pool(pools: Sequence[Pool], attends: str | None) -> Pool:
    """The pool whose queue people who attend this way wait in: its own if there is one, else the event's."""
    own = (pool for pool in pools if pool.position and attends and pool.attends == attends and not pool.is_reserved)
    return next(own, min(pools, key=lambda pool: pool.position))


def pools_to_try(
    pools: Sequence[Pool], attends: str, region: UUID | None = None, member: UUID | None = None
) -> list[Pool]:
    """
    Where somebody may get a seat, in the order in which it is tried; the last one has the queue.

    A seat kept for the member comes before one kept for the region, and both
    before those that everybody may have.
    """
    reserved = [
        pool for pool in pools if pool.is_reserved and pool.returned_at is None and pool.is_for(attends, region, member)
    ]
    reserved.sort(key=lambda pool: (pool.member is None, pool.attends is None, pool.position))
    return [*reserved, queue_pool(pools, attends)]


def offer_ends(now: datetime, hours: int | None, starts_at: datetime | None) -> datetime | None:
    """Until when a free seat is offered; None: it is given at once, as also when the event has begun."""
    if not hours or (starts_at is not None and starts_at <= now):
        return None
    end = now + timedelta(hours=hours)
    return min(end, starts_at) if starts_at else end


#: Characters of a reason, and of what somebody needs to take part.
LONGEST_REASON = 2000
LONGEST_POOL_NAME = 120
MOST_POOL_SEATS = 1_000_000
MOST_POOLS = 50


@dataclass(frozen=True)
class PoolFacts:
    """What staff say of a pool; `region` is a code and `member` a key, empty for neither."""

    name: str
    capacity: int | None
    attends: str = ""
    region: str = ""
    member: str = ""
    returns_at: datetime | None = None


def pool_problems(facts: PoolFacts, *, ways: Sequence[str], starts_at: datetime | None) -> dict[str, list[str]]:
    """Say everything that is wrong with a pool by itself, by field."""
    faults: dict[str, list[str]] = {}
    is_reserved = bool(facts.region or facts.member)
    if not facts.name:
        faults["name"] = [Sentence("Please give it a name.")]
    elif len(facts.name) > LONGEST_POOL_NAME:
        faults["name"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_POOL_NAME)]
    if facts.capacity is not None and not 0 <= facts.capacity <= MOST_POOL_SEATS:
        faults["capacity"] = [Sentence("The number of seats lies between 0 and %(most)s.", most=MOST_POOL_SEATS)]
    elif facts.capacity is None and is_reserved:
        faults["capacity"] = [Sentence("Please say how many seats are reserved.")]
    if facts.attends and facts.attends not in ways:
        faults["attends"] = [Sentence("This event does not offer that.")]
    elif not facts.attends and not is_reserved:
        faults["attends"] = [Sentence("Please say whom these seats are for: a way to attend, a region or a member.")]
    if facts.region and facts.member:
        faults["member"] = [Sentence("Please choose a region or a member, not both.")]
    if facts.returns_at and not is_reserved:
        faults["returns_at"] = [Sentence("Only reserved seats are given back.")]
    elif facts.returns_at and starts_at and facts.returns_at > starts_at:
        faults["returns_at"] = [Sentence("Reserved seats are given back before the event begins.")]
    return faults


@dataclass(frozen=True)
class SeatsSituation:
    """What people should know before they fill in a form; numbers of people, over all pools of the event."""

    capacity: int | None
    taken: int
    waiting: int
    pools: tuple[Pool, ...] = ()

    @property
    def free(self) -> int | None:
        """Seats that a newcomer of no member could get now; None: no limit. Nobody overtakes the queue."""
        if self.pools:
            free = [pool.free for pool in self.pools if not pool.is_reserved]
            return None if None in free else sum(number or 0 for number in free)
        if self.capacity is None:
            return None
        return 0 if self.waiting else max(0, self.capacity - self.taken)

    @property
    def has_ways(self) -> bool:
        """Whether a way to attend has seats and a queue of its own."""
        return any(pool.position and not pool.is_reserved for pool in self.pools)

    def free_for(self, attends: str) -> int | None:
        """The same for one way to attend."""
        return queue_pool(self.pools, attends).free if self.pools else self.free


def seats_situation(pools: Sequence[Pool], ways: Sequence[Attends] = tuple(Attends)) -> SeatsSituation:
    """
    All pools of an event together; without a limit as soon as one of them has none.

    Seats that nobody can get, as every way to attend has its own, count only as far as they are taken.
    """
    in_use = {queue_pool(pools, way).id for way in ways} if pools else set()
    pools = [
        pool if pool.is_reserved or pool.id in in_use else replace(pool, capacity=pool.taken, waiting=0)
        for pool in pools
    ]
    limits = [pool.capacity for pool in pools]
    return SeatsSituation(
        None if None in limits else sum(limit or 0 for limit in limits),
        sum(pool.taken for pool in pools),
        sum(pool.waiting for pool in pools),
        tuple(sorted(pools, key=lambda pool: pool.position)),
    )
