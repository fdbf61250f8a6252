"""What a lab agreed, where that stands, and when we ask how it goes on."""

import calendar
from datetime import date, timedelta
from enum import StrEnum

from eventhub.words import Sentence

#: Months after the agreement at which the contact is asked how it goes on.
FOLLOW_UP_MONTHS = (3, 6, 12)
#: An open follow-up is overdue this long after it was due.
OVERDUE_AFTER = timedelta(days=14)
LONGEST_TITLE = 300
LONGEST_DESCRIPTION = 5_000
LONGEST_NOTE = 2_000
FEWEST_MEMBERS, MOST_MEMBERS = 1, 50
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


class OutcomeState(StrEnum):
    """Where something agreed stands."""

    AGREED = "agreed"
    UNDER_WAY = "under_way"
    DONE = "done"
    DROPPED = "dropped"


#: Of these nobody is asked any more how they go on.
SETTLED = frozenset({OutcomeState.DONE, OutcomeState.DROPPED})

STATE_WORDS = {
    OutcomeState.AGREED: Sentence("Agreed, not begun"),
    OutcomeState.UNDER_WAY: Sentence("Under way"),
    OutcomeState.DONE: Sentence("Done"),
    OutcomeState.DROPPED: Sentence("Dropped"),
}


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def is_overdue(due_on: date, today: date) -> bool:
    """Whether a follow-up without an answer is overdue."""
    return today >= due_on + OVERDUE_AFTER


def outcome_problems(
    *, title: str, description: str, state: str, agreed_on: date | None, members: tuple[str, ...]
) -> dict[str, list[str]]:
    """Say everything that is wrong with an outcome, by field."""
    faults: dict[str, list[str]] = {}
    if not title:
        faults["title"] = [Sentence("Please say in a few words what was agreed.")]
    elif len(title) > LONGEST_TITLE:
        faults["title"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_TITLE)]
    if len(description) > LONGEST_DESCRIPTION:
        faults["description"] = [
            Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_DESCRIPTION)
        ]
    faults |= state_problems(state)
    if agreed_on is None:
        faults["agreed_on"] = [Sentence("Please give the day on which it was agreed.")]
    elif not EARLIEST <= agreed_on <= LATEST:
        faults["agreed_on"] = [Sentence("The year lies between %(first)s and %(last)s.", first=2000, last=2100)]
    if not FEWEST_MEMBERS <= len(members) <= MOST_MEMBERS:
        faults["members"] = [Sentence("Please choose the members between which it was agreed, 50 at most.")]
    return faults


def state_problems(state: str, note: str = "") -> dict[str, list[str]]:
    """Say what is wrong with an answer, by field."""
    faults: dict[str, list[str]] = {}
    if state not in set(OutcomeState):
        faults["state"] = [Sentence("Please choose where it stands.")]
    if len(note) > LONGEST_NOTE:
        faults["note"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_NOTE)]
    return faults
