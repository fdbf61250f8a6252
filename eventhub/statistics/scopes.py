"""
Which events a figure counts. Source: the domain brief, sections 2 and 5.

Umbrellas count nowhere: their parts do.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol
from uuid import UUID

from eventhub.events.rules import OWN, PRIVATE_KINDS, EventKind, Involvement
from eventhub.statistics.facts import EventFact

#: Webinars and other learning.
LEARNING_KINDS = frozenset({EventKind.WEBINAR, EventKind.LEARNING, EventKind.TRAINING_COURSE, EventKind.MENTORING})
#: The yearly meeting of all members.
ANNUAL_MEETING_KINDS = frozenset({EventKind.CONGRESS, EventKind.GENERAL_ASSEMBLY})
#: Events of others with active participation; `supported` ones are only listed.
TAKEN_PART = frozenset({Involvement.SPOKE_AT, Involvement.PARTICIPATED})


def is_own(event: EventFact) -> bool:
    """Organised or co-organised by the association; no umbrella, no bilateral and no internal meeting."""
    return event.counts and event.involvement in OWN and event.kind not in PRIVATE_KINDS


def is_led(event: EventFact) -> bool:
    """Led or co-led: own events and bilateral meetings, umbrellas left out."""
    return event.counts and event.involvement in OWN and event.kind != EventKind.INTERNAL


def is_global(event: EventFact) -> bool:
    """Led by others, with somebody of the association speaking or taking part."""
    return event.counts and event.involvement in TAKEN_PART and event.kind not in PRIVATE_KINDS


def is_global_of_allies(event: EventFact) -> bool:
    """Of these, those with the partner federation or the joint taskforce among the partners."""
    return is_global(event) and event.is_allied


def is_supported(event: EventFact) -> bool:
    """An event of a member or partner that the association only lists."""
    return event.counts and event.involvement == Involvement.SUPPORTED and event.kind not in PRIVATE_KINDS


def is_learning(event: EventFact) -> bool:
    """Own learning activities."""
    return is_own(event) and event.kind in LEARNING_KINDS


def is_campaign(event: EventFact) -> bool:
    """Own events of a campaign."""
    return is_own(event) and event.campaign is not None


def is_on_gender(event: EventFact) -> bool:
    """Events with the theme of gender that the association leads, co-leads or speaks at."""
    return "gender" in event.themes and (is_own(event) or (is_global(event) and event.involvement == "spoke_at"))


class Dated(Protocol):
    """What is asked of an event to tell whether it is an annual meeting, or belongs to one."""

    @property
    def id(self) -> UUID:
        """Its key."""

    @property
    def kind(self) -> str:
        """One of EventKind."""

    @property
    def involvement(self) -> str:
        """One of Involvement."""

    @property
    def starts_on(self) -> date:
        """Its first day."""

    @property
    def ends_on(self) -> date | None:
        """Its last day, if it is known."""

    @property
    def parent(self) -> UUID | None:
        """The event that it is a part of."""


def is_annual_meeting(event: Dated) -> bool:
    """A congress or general assembly of our own; as umbrella too."""
    return event.involvement in OWN and event.kind in ANNUAL_MEETING_KINDS


def belongs_to_meeting(event: Dated, meeting: Dated) -> bool:
    """Whether an event is an annual meeting itself, a part of it, or one of our own on its days."""
    last = meeting.ends_on or meeting.starts_on
    on_its_days = event.involvement in OWN and meeting.starts_on <= event.starts_on <= last
    return meeting.id in (event.id, event.parent) or on_its_days


def of_kind(kind: EventKind) -> Callable[[EventFact], bool]:
    """Own events of one kind."""
    return lambda event: is_own(event) and event.kind == kind


#: The scopes by the names that figures, rows and answers use.
SCOPES: Mapping[str, Callable[[EventFact], bool]] = {
    "own": is_own,
    "led": is_led,
    "global": is_global,
    "allies": is_global_of_allies,
    "supported": is_supported,
    "learning": is_learning,
    "campaign": is_campaign,
    "gender": is_on_gender,
    "congress": of_kind(EventKind.CONGRESS),
    "assembly": of_kind(EventKind.GENERAL_ASSEMBLY),
    "board": of_kind(EventKind.BOARD_OF_DIRECTORS),
    "executive": of_kind(EventKind.EXECUTIVE_COMMITTEE),
    "secretariats": of_kind(EventKind.REGIONAL_SECRETARIAT),
    "debates": of_kind(EventKind.POLICY_DEBATE),
}
