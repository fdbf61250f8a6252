"""Words and law of Solutions Labs: when a call is open, and what may become of an application."""

from datetime import datetime
from enum import StrEnum

from eventhub.words import Sentence


class LabStatus(StrEnum):
    """Where a lab stands, as staff say; whether its call is open follows from the call's dates."""

    PLANNED = "planned"
    OPEN = "open"
    RUNNING = "running"
    FINISHED = "finished"


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class ParticipantRole(StrEnum):
    """What somebody is in the cohort of a lab."""

    PARTICIPANT = "participant"
    EXPERT = "expert"
    FACILITATOR = "facilitator"


class CallState(StrEnum):
    """What a call is at an instant."""

    NOT_YET_OPEN = "not_yet_open"
    OPEN = "open"
    CLOSED = "closed"


#: What staff decide; any of them may be revised, since people change their plans.
DECISIONS = frozenset({ApplicationStatus.ACCEPTED, ApplicationStatus.WAITING, ApplicationStatus.DECLINED})
#: What staff may still decide about. A withdrawn application stays withdrawn; a draft was never sent.
DECIDABLE = frozenset({ApplicationStatus.SUBMITTED, *DECISIONS})
#: What the applicant may take back. A declined one stays, or the member could apply again at once.
WITHDRAWABLE = frozenset(
    {
        ApplicationStatus.DRAFT,
        ApplicationStatus.SUBMITTED,
        ApplicationStatus.WAITING,
        ApplicationStatus.ACCEPTED,
    }
)
#: What the applicant may still rewrite; nobody changes the text that a decision was made on.
CHANGEABLE = frozenset({ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED})

#: Thematic priorities of one lab; one to three were seen in 2024.
FEWEST_THEMES, MOST_THEMES = 1, 3
FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST_NAME = 200
LONGEST_TITLE = 300
LONGEST_TEXT = 20_000
#: Characters of one answer in an application, and of a comment or reason of staff.
LONGEST_ANSWER = 5_000
LONGEST_REMARK = 2_000
MOST_COHORT = 1_000
LOWEST_SCORE, HIGHEST_SCORE = 1, 5


def call_state(opens_at: datetime, closes_at: datetime, now: datetime) -> CallState:
    """What a call is at an instant. It is open from `opens_at` on and closed at `closes_at` exactly."""
    if now < opens_at:
        return CallState.NOT_YET_OPEN
    return CallState.OPEN if now < closes_at else CallState.CLOSED


def may_apply(state: CallState | None) -> bool:
    """Whether a member may apply to a lab whose call is in this state; None: it has no call."""
    return state is CallState.OPEN


def may_change(status: str, state: CallState | None) -> bool:
    """Whether the applicant may rewrite an application: until the call closes or somebody decides."""
    return may_apply(state) and status in CHANGEABLE


def may_withdraw(status: str) -> bool:
    """Whether the applicant may take an application back."""
    return status in WITHDRAWABLE


def may_decide(status: str) -> bool:
    """Whether staff may review an application, accept it, let it wait or decline it."""
    return status in DECIDABLE


def lab_problems(*, name: str, year: int, themes: list[str], texts: dict[str, tuple[str, int]]) -> dict[str, list[str]]:
    """
    Say everything that is wrong with the facts of a lab, by field.

    Args:
        themes: Codes, each once.
        texts: The other texts with the most characters each may have.

    """
    faults: dict[str, list[str]] = {}
    if not name:
        faults["name"] = [Sentence("Please give it a name.")]
    if not FIRST_YEAR <= year <= LAST_YEAR:
        faults["year"] = [Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)]
    if not FEWEST_THEMES <= len(themes) <= MOST_THEMES:
        faults["themes"] = [Sentence("Please choose one to three themes.")]
    return faults | too_long({"name": (name, LONGEST_NAME), **texts})


def application_problems(*, contact_name: str, motivation: str, offers: str, needs: str) -> dict[str, list[str]]:
    """Say everything that is wrong with what a member wrote, by field."""
    faults: dict[str, list[str]] = {}
    if not contact_name:
        faults["contact_name"] = [Sentence("Please give the name of the contact person.")]
    if not motivation:
        faults["motivation"] = [Sentence("Please say why you apply.")]
    return faults | too_long(
        {
            "contact_name": (contact_name, LONGEST_NAME),
            "motivation": (motivation, LONGEST_ANSWER),
            "offers": (offers, LONGEST_ANSWER),
            "needs": (needs, LONGEST_ANSWER),
        }
    )


def score_problem(score: int) -> Sentence | None:
    """Say what is wrong with a score, or None."""
    if LOWEST_SCORE <= score <= HIGHEST_SCORE:
        return None
    return Sentence("A score lies between %(lowest)s and %(highest)s.", lowest=LOWEST_SCORE, highest=HIGHEST_SCORE)


def too_long(texts: dict[str, tuple[str, int]]) -> dict[str, list[str]]:
    """A sentence for every text with more characters than it may have."""
    return {
        field: [Sentence("This is too long; %(most)s characters is the most.", most=most)]
        for field, (text, most) in texts.items()
        if len(text) > most
    }
