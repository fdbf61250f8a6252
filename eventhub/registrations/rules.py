"""Words and law of registrations: who gets a seat, who waits, what may be asked."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True)
class SeatsSituation:
    """What people should know before they fill in a form; numbers of people."""

    capacity: int | None
    taken: int
    waiting: int

    @property
    def free(self) -> int | None:
        """Seats that a newcomer could get now; None: no limit. Nobody overtakes the queue."""
        if self.capacity is None:
            return None
        return 0 if self.waiting else max(0, self.capacity - self.taken)
