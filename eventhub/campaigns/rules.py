"""What holds of campaigns and of events proposed for them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from eventhub.words import Sentence

#: The last zone on Earth in which a day ends, in hours behind UTC.
_LAST_ZONE = timedelta(hours=12)
FIRST_YEAR, LAST_YEAR = 1985, 2100
LONGEST_TEXT = 10_000
LONGEST_REASON = 2000
ORGANISER_KINDS = ("member", "partner", "other")
#: What a proposal accepted by staff can be to the association.
INVOLVEMENTS = ("supported", "co_organised")


@dataclass(frozen=True)
class CampaignFacts:
    """What staff say of a campaign."""

    title: str
    theme: str
    starts_on: date
    ends_on: date
    description: str = ""
    language: str = "en"
    submissions_until: date | None = None
    is_public: bool = False


@dataclass(frozen=True)
class Proposal:
    """
    An event that somebody proposes; the wall time in its zone is the truth.

    `second_start` and `second_end` say which of two instants is meant when
    the clocks are put back; None has not been asked.
    """

    organiser_kind: str
    organiser_name: str
    contact_name: str
    contact_email: str
    title: str
    mode: str
    starts_on: date | None
    starts_time: time | None
    ends_on: date | None
    ends_time: time | None
    time_zone: str
    place: str = ""
    country: str = ""
    description: str = ""
    language: str = "en"
    member: str = ""
    submission_key: str | None = None
    second_start: bool | None = None
    second_end: bool | None = None


def today_somewhere(now: datetime) -> date:
    """The day that has not yet ended everywhere on Earth; what ends on an earlier one is over."""
    return (now - _LAST_ZONE).date()


def takes_proposals(until: date | None, ends_on: date, now: datetime) -> bool:
    """Whether the last day for proposals has not yet ended everywhere on Earth."""
    return today_somewhere(now) <= (until or ends_on)


def campaign_problems(facts: CampaignFacts, *, languages: tuple[str, ...]) -> dict[str, list[str]]:
    """Say everything that is wrong with a campaign, by field."""
    found: dict[str, list[str]] = {}
    for name in ("title", "theme"):
        if not getattr(facts, name):
            found[name] = [Sentence("Please fill this in.")]
        elif len(getattr(facts, name)) > 200:
            found[name] = [Sentence("This is too long; %(most)s characters is the most.", most=200)]
    if len(facts.description) > LONGEST_TEXT:
        found["description"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_TEXT)]
    if facts.language not in languages:
        found["language"] = [Sentence("This is not one of the languages.")]
    for name in ("starts_on", "ends_on", "submissions_until"):
        day = getattr(facts, name)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            found[name] = [
                Sentence("The year lies between %(first)s and %(last)s.", first=str(FIRST_YEAR), last=str(LAST_YEAR))
            ]
    if found.keys() & {"starts_on", "ends_on", "submissions_until"}:
        return found
    if facts.ends_on < facts.starts_on:
        found["ends_on"] = [Sentence("The end lies before the start.")]
    elif facts.submissions_until and facts.submissions_until > facts.ends_on:
        found["submissions_until"] = [Sentence("Events are proposed before the campaign ends.")]
    return found


def proposal_problems(proposal: Proposal, starts_on: date, ends_on: date) -> dict[str, list[str]]:
    """Say what is wrong with a proposal beyond what is asked of every event, by field."""
    found: dict[str, list[str]] = {}
    if proposal.organiser_kind not in ORGANISER_KINDS:
        found["organiser_kind"] = [Sentence("Please choose who organises it.")]
    for name in ("organiser_name", "contact_name"):
        if name == "organiser_name" and proposal.organiser_kind == "member":
            continue
        if not getattr(proposal, name):
            found[name] = [Sentence("Please fill this in.")]
        elif len(getattr(proposal, name)) > 200:
            found[name] = [Sentence("This is too long; %(most)s characters is the most.", most=200)]
    if len(proposal.description) > LONGEST_TEXT:
        found["description"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_TEXT)]
    for name, day in (("starts_on", proposal.starts_on), ("ends_on", proposal.ends_on)):
        if day and not starts_on <= day <= ends_on:
            found[name] = [outside(starts_on, ends_on)]
    return found


def outside(starts_on: date, ends_on: date) -> Sentence:
    """That a day lies outside the campaign."""
    return Sentence(
        "The campaign lasts from %(first)s to %(last)s; this day lies outside it.",
        first=starts_on.isoformat(),
        last=ends_on.isoformat(),
    )
