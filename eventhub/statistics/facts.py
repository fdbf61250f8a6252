"""What one year holds, as plain values: the figures (definitions.py) are worked out from nothing else."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from eventhub.speakers.rules import Counts
from eventhub.statistics.disclosure import added


@dataclass(frozen=True)
class EventFact:
    """
    One published event of the year.

    `counts` is false for umbrellas, whose parts are counted instead. `head`
    is the head count of an event without an attendance list; where there is a
    list, the head count is left out, so that nobody is added up twice;
    `political` is how many of its people had political level.
    """

    id: UUID
    slug: str
    title: str
    kind: str
    mode: str
    involvement: str
    starts_on: date
    ends_on: date | None
    place: str
    counts: bool
    campaign: UUID | None = None
    themes: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    is_allied: bool = False
    has_list: bool = False
    head: Counts | None = None
    political: int = 0
    parent: UUID | None = None


@dataclass(frozen=True)
class MemberFact:
    """
    A member with the kind and region of its time, and the scopes of events at which somebody stood for it.

    A member that changed kind or region within the year has one of these for each.
    """

    key: str
    name: str
    kind: str
    region: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class HeadFact:
    """People at one meeting that has no attendance list, as somebody counted them."""

    slug: str
    title: str
    people: int
    political: int


@dataclass(frozen=True)
class Meeting:
    """
    What people of one kind of meeting, taken together over the year, stand for.

    `people` and `political` leave out the meetings of `heads`, which stand in
    for their lists.
    """

    people: frozenset[UUID] = frozenset()
    political: frozenset[UUID] = frozenset()
    representatives: frozenset[UUID] = frozenset()
    members: frozenset[str] = frozenset()
    cities: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    heads: tuple[HeadFact, ...] = ()

    @property
    def everybody(self) -> int:
        """All people, listed or counted."""
        return len(self.people) + sum(head.people for head in self.heads)

    @property
    def of_political_level(self) -> int:
        """Those of them with political level."""
        return len(self.political) + sum(head.political for head in self.heads)


@dataclass(frozen=True)
class Membership:
    """Members over the year: all at its end, those that joined in it, by kind."""

    at_end: Mapping[str, int] = field(default_factory=dict)
    joined: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class YearFacts:
    """
    Everything the figures of one year are worked out from.

    `there` has the people at each event, once each: those on its list and its
    confirmed speakers. `once` has people once in the year, by scope of events
    (`own`, `led`, `learning`, `campaign`), and `parts` people with a confirmed
    part at own events (`speakers`, `political`, `experts`, `learning_experts`).
    `times` are people by how often they were at events led, own, of learning
    and of campaigns, `groups` by the groups that they are in (see `Crowd`).
    `knows_allies` is whether anybody has said who the allies are.
    """

    year: int
    events: tuple[EventFact, ...]
    there: Mapping[UUID, Counts]
    once: Mapping[str, Counts]
    times: Mapping[tuple[int, ...], Counts]
    groups: Mapping[frozenset[str], Counts]
    parts: Mapping[str, Counts]
    members: tuple[MemberFact, ...]
    meetings: Mapping[str, Meeting]
    membership: Membership
    partners: int
    other_cities: int
    board_seats: tuple[int, int]
    scores: tuple[int, int]
    labs: int
    active_members: frozenset[str]
    lab_people: Counts
    knows_allies: bool = True

    @property
    def is_recorded(self) -> bool:
        """Whether anything is written down of what happened in the year."""
        return bool(self.events or self.labs)

    def where(self, is_in_scope: Callable[[EventFact], bool]) -> list[EventFact]:
        """The events of a scope."""
        return [event for event in self.events if is_in_scope(event)]

    def people_at(self, events: Iterable[EventFact]) -> Counts:
        """People at these events, once for each: lists and speakers, and head counts where there is no list."""
        found = Counts()
        for event in events:
            found = added(found, self.there.get(event.id, Counts()))
            if event.head is not None:
                found = added(found, event.head)
        return found

    def members_in(self, scope: str, kind: str = "member") -> set[str]:
        """Keys of the members for which somebody was there in a scope."""
        return {member.key for member in self.members if member.kind == kind and scope in member.scopes}
