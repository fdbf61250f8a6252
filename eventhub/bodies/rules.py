"""Statutory bodies, and the terms in which members have seats in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from eventhub.events.rules import EventKind
from eventhub.words import Sentence

#: The statutory bodies in the order of the statutes. The code of a body is the kind of its meetings.
BODIES = (
    EventKind.GENERAL_ASSEMBLY,
    EventKind.BOARD_OF_DIRECTORS,
    EventKind.EXECUTIVE_COMMITTEE,
    EventKind.REGIONAL_SECRETARIAT,
)
#: The association was founded in 1985; nobody plans beyond the century.
FIRST_YEAR, LAST_YEAR = 1985, 2100


@dataclass(frozen=True)
class Term:
    """
    Days on which a member has a seat, the first and the last included.

    `left_on` is the last day of the member's membership, if it has left: a
    seat ends with the membership at the latest.
    """

    starts_on: date
    ends_on: date | None = None
    left_on: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which the seat counts; None while it has no end."""
        return min((day for day in (self.ends_on, self.left_on) if day), default=None)

    def holds_on(self, day: date) -> bool:
        """Whether the member is entitled on a day."""
        return self.starts_on <= day and (self.last_day is None or day <= self.last_day)


AnyTerm = TypeVar("AnyTerm", bound=Term)


def entitled_on(seats: Iterable[AnyTerm], day: date) -> list[AnyTerm]:
    """Those of some seats that count on a day."""
    return [seat for seat in seats if seat.holds_on(day)]


def overlap(one: Term, other: Term) -> bool:
    """Whether two terms of one member in one body share a day. A term may start the day after another ends."""
    return (one.ends_on is None or other.starts_on <= one.ends_on) and (
        other.ends_on is None or one.starts_on <= other.ends_on
    )


def term_problems(term: Term, others: Sequence[Term] = ()) -> dict[str, list[Sentence]]:
    """Say what is wrong with a term beside the other terms of the same member in the same body, by field."""
    found: dict[str, list[Sentence]] = {}
    for name, day in (("starts_on", term.starts_on), ("ends_on", term.ends_on)):
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            found[name] = [
                Sentence("The year lies between %(first)s and %(last)s.", first=str(FIRST_YEAR), last=str(LAST_YEAR))
            ]
    if term.ends_on and term.ends_on < term.starts_on:
        found["ends_on"] = [Sentence("The end lies before the start.")]
    elif term.left_on and term.starts_on > term.left_on:
        found["starts_on"] = [Sentence("The member has left the association on %(day)s.", day=term.left_on.isoformat())]
    elif clash := next((other for other in others if overlap(term, other)), None):
        found["starts_on"] = [overlap_sentence(clash)]
    return found


def overlap_sentence(other: Term) -> Sentence:
    """Why a term cannot be: the member has the seat already."""
    if other.ends_on is None:
        return Sentence(
            "The member has this seat already, since %(first)s and without an end.", first=str(other.starts_on)
        )
    return Sentence(
        "The member has this seat already from %(first)s to %(last)s.",
        first=other.starts_on.isoformat(), last=other.ends_on.isoformat(),
    )  # fmt: skip


def attendance_rate(present: int, entitled: int) -> float | None:
    """Seats present over seats entitled, from 0 to 1; None when nobody was entitled."""
    return present / entitled if entitled else None
