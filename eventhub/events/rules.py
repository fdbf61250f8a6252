"""Words and law of events: kinds, life, and what may be wrong with their facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from eventhub.events.zones import NoSuchTime, TwoSuchTimes, to_utc
from eventhub.words import Sentence


class EventKind(StrEnum):
    """What an event is; see the glossary."""

    CONGRESS = "congress"
    GENERAL_ASSEMBLY = "general_assembly"
    BOARD_OF_DIRECTORS = "board_of_directors"
    EXECUTIVE_COMMITTEE = "executive_committee"
    REGIONAL_SECRETARIAT = "regional_secretariat"
    POLICY_DEBATE = "policy_debate"
    FORUM = "forum"
    SEMINAR = "seminar"
    WORKSHOP = "workshop"
    WEBINAR = "webinar"
    LEARNING = "learning"
    TRAINING_COURSE = "training_course"
    MENTORING = "mentoring"
    LAB_SESSION = "lab_session"
    CAMPAIGN_EVENT = "campaign_event"
    GLOBAL_EVENT = "global_event"
    BILATERAL = "bilateral"
    VISIT = "visit"
    AWARD = "award"
    INTERNAL = "internal"


#: Kinds that no public page or feed ever shows.
PRIVATE_KINDS = frozenset({EventKind.BILATERAL, EventKind.INTERNAL})


class Involvement(StrEnum):
    """How the association is involved."""

    ORGANISED = "organised"
    CO_ORGANISED = "co_organised"
    SPOKE_AT = "spoke_at"
    PARTICIPATED = "participated"
    SUPPORTED = "supported"


#: Own events lead or co-lead.
OWN = frozenset({Involvement.ORGANISED, Involvement.CO_ORGANISED})


class Mode(StrEnum):
    """Where people meet."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    HYBRID = "hybrid"


class EventStatus(StrEnum):
    """Where an event stands in its life; that it is past follows from its dates."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class RegistrationMode(StrEnum):
    """How people register."""

    OPEN = "open"
    APPROVAL = "approval"
    INVITATION = "invitation"
    CLOSED = "closed"


class Door(StrEnum):
    """Who can register at this moment, or why nobody can."""

    OPEN = "open"
    APPROVAL = "approval"
    INVITATION = "invitation"
    EARLY = "early"
    LATE = "late"
    CLOSED = "closed"
    OVER = "over"
    CANCELLED = "cancelled"


class PartnerRole(StrEnum):
    """A partner's part in an event."""

    CO_ORGANISER = "co_organiser"
    HOST = "host"
    FUNDER = "funder"
    KNOWLEDGE_PARTNER = "knowledge_partner"


class ItemKind(StrEnum):
    """What a programme item is."""

    PLENARY = "plenary"
    PANEL = "panel"
    KEYNOTE = "keynote"
    TALK = "talk"
    WORKSHOP = "workshop"
    SIDE_EVENT = "side_event"
    VISIT = "visit"
    CEREMONY = "ceremony"
    LUNCH = "lunch"
    BREAK = "break"


#: The association was founded in 1985; nobody plans beyond the century.
FIRST_YEAR, LAST_YEAR = 1985, 2100
LONGEST_TITLE = 300
LONGEST_TEXT = 20_000
LONGEST_ROOM = 120
MOST_SEATS = 1_000_000
#: Minutes between two items of one room that can be asked for.
LONGEST_BREAK = 240
LONGEST_EVENT = timedelta(days=400)
LONGEST_ORGANISER = 200
#: Hours that a free seat may be kept for an answer.
LONGEST_OFFER = 336
LAST_EDITION = 9999


@dataclass(frozen=True)
class EventFacts:
    """
    What an organiser says of an event. The wall time in its zone is the truth.

    `second_start` and `second_end` say which of two instants is meant when
    the clocks are put back; None has not been asked. `minimum_break` is in
    minutes, between two items of one room; `offer_hours` is how long a free
    seat is offered to whoever is next, None: it is theirs at once.

    Of `organiser_name`, `partners` (pairs of role and key), `deliverables`,
    `team` (pairs of account and whether it leads) and `series` None says
    nothing: what stands stays. An empty `series` takes the event out of its
    series; `edition` is read together with `series` only.
    """

    title: str
    kind: str
    mode: str
    involvement: str
    starts_on: date | None
    starts_time: time | None = None
    ends_on: date | None = None
    ends_time: time | None = None
    time_zone: str | None = None
    place: str = ""
    country: str = ""
    online_url: str = ""
    description: str = ""
    language: str = "en"
    capacity: int | None = None
    registration_mode: str = RegistrationMode.OPEN
    registration_closes_at: datetime | None = None
    registration_opens_at: datetime | None = None
    offer_hours: int | None = None
    parity_exempt_reason: str = ""
    counts_in_statistics: bool = True
    minimum_break: int = 0
    parent: str | None = None
    action_lines: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    second_start: bool | None = None
    second_end: bool | None = None
    organiser_name: str | None = None
    partners: tuple[tuple[str, str], ...] | None = None
    deliverables: tuple[str, ...] | None = None
    team: tuple[tuple[str, bool], ...] | None = None
    series: str | None = None
    edition: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def instants(self) -> tuple[datetime | None, datetime | None]:
        """Start and end in UTC, derived from wall time and zone; None where there is no time of day."""
        if self.time_zone is None or self.starts_on is None or self.starts_time is None:
            return None, None
        start = to_utc(self.starts_on, self.starts_time, self.time_zone, second=self.second_start)
        if self.ends_on is None or self.ends_time is None:
            return start, None
        return start, to_utc(self.ends_on, self.ends_time, self.time_zone, second=self.second_end)


Faults = dict[str, list[Sentence]]


def event_problems(facts: EventFacts, *, languages: Sequence[str] = ("en", "es", "fr")) -> dict[str, list[str]]:
    """Say everything that is wrong with the facts of an event, by field; empty means nothing is."""
    faults: Faults = {}

    def wrong(name: str, sentence: Sentence) -> None:
        faults.setdefault(name, []).append(sentence)

    if not facts.title:
        wrong("title", Sentence("Please give a title."))
    elif len(facts.title) > LONGEST_TITLE:
        wrong("title", Sentence("The title is too long: %(length)s characters, and %(most)s is the most.", length=len(facts.title), most=LONGEST_TITLE))  # fmt: skip
    for name, words in (("kind", EventKind), ("mode", Mode), ("involvement", Involvement), ("registration_mode", RegistrationMode)):  # fmt: skip
        if getattr(facts, name) not in set(words):
            wrong(name, unknown_word(getattr(facts, name), words))
    if facts.language not in languages:
        wrong("language", Sentence("“%(given)s” is not one of the languages %(known)s.", given=facts.language[:20], known=", ".join(languages)))  # fmt: skip
    if facts.capacity is not None and not 0 <= facts.capacity <= MOST_SEATS:
        wrong("capacity", Sentence("The number of seats lies between 0 and %(most)s.", most=MOST_SEATS))
    if not 0 <= facts.minimum_break <= LONGEST_BREAK:
        wrong("minimum_break", Sentence("A break lies between 0 and %(most)s minutes.", most=LONGEST_BREAK))
    for name, most in (
        ("place", 300), ("description", LONGEST_TEXT), ("online_url", 500), ("parity_exempt_reason", 2000),
        ("organiser_name", LONGEST_ORGANISER),
    ):  # fmt: skip
        if len(getattr(facts, name) or "") > most:
            wrong(name, Sentence("This is too long; %(most)s characters is the most.", most=most))
    if facts.online_url and not is_web_address(facts.online_url):
        wrong("online_url", Sentence("This is no web address. It begins with https:// or http://."))
    for name in ("registration_opens_at", "registration_closes_at"):
        at = getattr(facts, name)
        if at and not FIRST_YEAR <= at.year <= LAST_YEAR:
            wrong(name, year_sentence())
    if (
        facts.registration_opens_at
        and facts.registration_closes_at
        and facts.registration_closes_at <= facts.registration_opens_at
    ):
        wrong("registration_closes_at", Sentence("Registration closes before it opens."))
    if facts.offer_hours is not None and not 1 <= facts.offer_hours <= LONGEST_OFFER:
        wrong("offer_hours", Sentence("A seat is offered for 1 to %(most)s hours.", most=LONGEST_OFFER))
    for role in sorted({role for role, _ in facts.partners or ()} - set(PartnerRole)):
        wrong("partners", unknown_word(role, PartnerRole))
    if facts.series and facts.edition is not None and not 1 <= facts.edition <= LAST_EDITION:
        wrong("edition", Sentence("The number of the edition lies between 1 and %(most)s.", most=LAST_EDITION))
    if facts.series == "" and facts.edition is not None:
        wrong("edition", Sentence("Please choose the series that this is an edition of."))
    _time_problems(facts, wrong)
    return {name: list(sentences) for name, sentences in faults.items()}


def _time_problems(facts: EventFacts, wrong: Any) -> None:
    """Dates, times and the zone, asked about where the clocks change."""
    if facts.starts_on is None:
        wrong("starts_on", Sentence("Please say when it starts."))
        return
    for name in ("starts_on", "ends_on"):
        day = getattr(facts, name)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            wrong(name, year_sentence())
            return
    if facts.ends_on and facts.ends_on < facts.starts_on:
        wrong("ends_on", Sentence("The end lies before the start."))
        return
    if facts.ends_on and facts.ends_on - facts.starts_on > LONGEST_EVENT:
        wrong("ends_on", Sentence("An event lasts 400 days at most."))
        return
    if facts.time_zone is not None and not is_zone(facts.time_zone):
        wrong("time_zone", Sentence("“%(zone)s” is no time zone. Zones look like Europe/Madrid.", zone=facts.time_zone[:60]))  # fmt: skip
        return
    if facts.time_zone is None:
        wrong("time_zone", Sentence("Please say in which time zone it takes place."))
        return
    if facts.starts_time is None:
        wrong("starts_time", Sentence("Please say at what time it starts."))
        return
    instants: list[datetime] = []
    for day_name, time_name in (("starts_on", "starts_time"), ("ends_on", "ends_time")):
        day, clock = getattr(facts, day_name), getattr(facts, time_name)
        if (day is None) != (clock is None):
            wrong(
                time_name if clock is None else day_name,
                Sentence("Please give both the day and the time of the end."),
            )
            return
        if day is None:
            continue
        second = facts.second_start if day_name == "starts_on" else facts.second_end
        try:
            instants.append(to_utc(day, clock, facts.time_zone, second=second))
        except NoSuchTime:
            wrong(time_name, Sentence("The clocks of %(zone)s jump over this time on that day. Please choose another.", zone=facts.time_zone))  # fmt: skip
        except TwoSuchTimes:
            wrong(time_name, Sentence("The clocks of %(zone)s show this time twice on that day. Please say whether you mean the first or the second.", zone=facts.time_zone))  # fmt: skip
    if len(instants) == 2 and instants[1] == instants[0]:
        wrong("ends_time", Sentence("The end is the same as the start."))
    elif len(instants) == 2 and instants[1] < instants[0]:
        wrong("ends_time", Sentence("The end lies before the start."))


def year_sentence() -> Sentence:
    """What is said of a year that nobody means."""
    return Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)


@dataclass(frozen=True)
class ItemFacts:
    """
    What an organiser says of one programme item; wall time in the event's zone.

    `second_start` and `second_end` say which of two instants is meant when
    the clocks are put back; None has not been asked. `track` is a strand of
    the programme; with `takes_sign_up` registered people say that they come
    to this item, as long as there is room.
    """

    title: str
    kind: str
    starts_on: date | None
    starts_time: time | None
    ends_on: date | None
    ends_time: time | None
    room: str = ""
    capacity: int | None = None
    description: str = ""
    parity_exempt_reason: str = ""
    track: str = ""
    takes_sign_up: bool = False
    second_start: bool | None = None
    second_end: bool | None = None

    def instants(self, zone: str) -> tuple[datetime, datetime]:
        """
        Start and end in UTC.

        Raises:
            NoSuchTime: the clocks of the zone jump over one of them.
            TwoSuchTimes: one of them happens twice, and nobody has said which is meant.

        """
        assert self.starts_on and self.starts_time and self.ends_on and self.ends_time
        return (
            to_utc(self.starts_on, self.starts_time, zone, second=self.second_start),
            to_utc(self.ends_on, self.ends_time, zone, second=self.second_end),
        )


def item_problems(facts: ItemFacts, zone: str | None) -> dict[str, list[str]]:
    """Say everything that is wrong with a programme item, by field."""
    faults: dict[str, list[str]] = {}

    def wrong(name: str, sentence: Sentence) -> None:
        faults.setdefault(name, []).append(sentence)

    if not facts.title:
        wrong("title", Sentence("Please give a title."))
    elif len(facts.title) > LONGEST_TITLE:
        wrong("title", Sentence("The title is too long: %(length)s characters, and %(most)s is the most.", length=len(facts.title), most=LONGEST_TITLE))  # fmt: skip
    if facts.kind not in set(ItemKind):
        wrong("kind", unknown_word(facts.kind, ItemKind))
    for name in ("room", "track"):
        if len(getattr(facts, name)) > LONGEST_ROOM:
            wrong(name, Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_ROOM))
    for name, most in (("description", LONGEST_TEXT), ("parity_exempt_reason", 2000)):
        if len(getattr(facts, name)) > most:
            wrong(name, Sentence("This is too long; %(most)s characters is the most.", most=most))
    if facts.capacity is not None and not 0 <= facts.capacity <= MOST_SEATS:
        wrong("capacity", Sentence("The number of seats lies between 0 and %(most)s.", most=MOST_SEATS))
    if facts.starts_on is None or facts.starts_time is None:
        wrong("starts_time", Sentence("Please say when it starts."))
    if facts.ends_on is None or facts.ends_time is None:
        wrong("ends_time", Sentence("Please say when it ends."))
    if zone is None:
        wrong("starts_time", Sentence("The event needs a time zone before it can have a programme."))
    if faults:
        return faults
    assert facts.starts_on and facts.starts_time and facts.ends_on and facts.ends_time and zone
    if not (FIRST_YEAR <= facts.starts_on.year <= LAST_YEAR and FIRST_YEAR <= facts.ends_on.year <= LAST_YEAR):
        wrong("starts_time", year_sentence())
        return faults
    for name, day, clock, second in (
        ("starts_time", facts.starts_on, facts.starts_time, facts.second_start),
        ("ends_time", facts.ends_on, facts.ends_time, facts.second_end),
    ):
        try:
            to_utc(day, clock, zone, second=second)
        except NoSuchTime:
            wrong(name, Sentence("The clocks of %(zone)s jump over this time on that day. Please choose another.", zone=zone))  # fmt: skip
        except TwoSuchTimes:
            wrong(name, Sentence("The clocks of %(zone)s show this time twice on that day. Please say whether you mean the first or the second.", zone=zone))  # fmt: skip
    if faults:
        return faults
    start, end = facts.instants(zone)
    if end <= start:
        wrong("ends_time", Sentence("The end lies before the start, or is the same."))
    return faults


def schedule_problems(
    *,
    mode: str,
    place: str,
    event: tuple[datetime | None, datetime | None],
    items: Sequence[tuple[str, datetime, datetime]],
) -> list[Sentence]:
    """Say what keeps an event from being published, apart from its panels."""
    found = []
    if mode in (Mode.IN_PERSON, Mode.HYBRID) and not place:
        found.append(Sentence("The event has no place yet; people on site need one."))
    start, end = event
    if start is None:
        found.append(Sentence("The event has no time of day yet."))
        return found
    for title, item_start, item_end in items:
        if item_start < start or (end is not None and item_end > end):
            found.append(Sentence("“%(title)s” lies outside the event.", title=title))
    return found


def unknown_word(given: object, words: type[StrEnum]) -> Sentence:
    """The sentence for a code that is none of ours."""
    return Sentence("“%(given)s” is none of: %(known)s.", given=str(given)[:40], known=", ".join(words))


def is_zone(name: str) -> bool:
    """Tell whether an IANA time zone of this name exists; a machine's own, such as localtime, is none."""
    return name in _zone_names()


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - {"Factory", "localtime", "posixrules"})


def is_web_address(text: str) -> bool:
    """Tell whether this is an http or https address without spaces or control characters."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    visible = all(ord(c) > 32 and c not in '<>"\\' for c in text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and visible
