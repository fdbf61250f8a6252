"""
Every figure of a year: its definition in words beside the function that works it out.

A new figure is one function with its row: `@figure(code, group, name, scope, sentence)`.
A function gets the facts of one year and answers with a number, with counts
of people, or with None where the data cannot tell. Source: the domain brief, section 5.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from eventhub.events.rules import EventKind
from eventhub.speakers.rules import Counts
from eventhub.statistics.facts import Meeting, YearFacts
from eventhub.statistics.rules import SMALLEST_PUBLIC_GROUP, Figure, rounded_share
from eventhub.statistics.scopes import (
    is_campaign,
    is_global,
    is_global_of_allies,
    is_learning,
    is_led,
    is_on_gender,
    is_own,
    is_supported,
    of_kind,
)
from eventhub.words import Sentence

Value = int | Decimal | Counts | None
Rule = Callable[[YearFacts], Value]

_OWN = Sentence("own events")
_LED = Sentence("events led or co-led")
_OTHERS = Sentence("events of others")
_LABS = Sentence("Solutions Labs")
_STATUTORY = Sentence("statutory meetings")
_MEMBERSHIP = Sentence("membership")


@dataclass(frozen=True)
class Definition:
    """What is counted, over which events, in a sentence to print beside the number; `unit` follows the number."""

    code: str
    group: str
    name: Sentence
    scope: Sentence
    sentence: Sentence
    rule: Rule
    unit: str = ""

    def figure(self, this: YearFacts, before: YearFacts) -> Figure | None:
        """
        The figure of a year beside the one before; None where the data cannot give it.

        A year without any event or lab says nothing of what happened in it: only its membership is known.
        """
        value = self.rule(this)
        is_known = before.is_recorded or self.scope is _MEMBERSHIP
        return None if value is None else self.of(this.year, value, self.rule(before) if is_known else None)

    def of(self, year: int, value: int | Decimal | Counts, earlier: Value) -> Figure:
        """The figure for values that are known already."""
        facts: dict[str, Any] = {
            "code": self.code, "name": self.name, "definition": self.sentence, "year": year,
            "scope": self.scope, "earlier": None if earlier is None else _number(earlier), "unit": self.unit,
            "group": self.group,
        }  # fmt: skip
        if isinstance(value, Counts):
            return Figure.of_people(value, **facts)
        return Figure(value=value, **facts)


def _number(value: int | Decimal | Counts) -> int | Decimal:
    return value.everybody if isinstance(value, Counts) else value


#: The groups in the order of the page and of the report.
GROUPS: Mapping[str, Sentence] = {
    "events": Sentence("Events"),
    "people": Sentence("People"),
    "meetings": Sentence("Congress and statutory meetings"),
    "learning": Sentence("Learning"),
    "campaign": Sentence("Campaigns"),
    "members": Sentence("Members and partners"),
    "labs": Sentence("Solutions Labs"),
    "quality": Sentence("Satisfaction"),
}

#: Every figure in the order of the page and the files.
DEFINITIONS: dict[str, Definition] = {}


def figure(
    code: str, group: str, name: Sentence, scope: Sentence, sentence: Sentence, unit: str = ""
) -> Callable[[Rule], Rule]:
    """Register a figure."""

    def register(rule: Rule) -> Rule:
        DEFINITIONS[code] = Definition(code, group, name, scope, sentence, rule, unit)
        return rule

    return register


# Events


@figure(
    "own_events",
    "events",
    Sentence("Own events"),
    _OWN,
    Sentence(
        "Published events organised or co-organised by the association that start in the year; "
        "umbrella events, cancelled events, bilateral and internal meetings are not counted."
    ),
)
def own_events(year: YearFacts) -> Value:
    return len(year.where(is_own))


@figure(
    "led_events",
    "events",
    Sentence("Events led or co-led"),
    _LED,
    Sentence(
        "Own events and bilateral meetings; umbrella events, cancelled events and internal meetings are left out."
    ),
)
def led_events(year: YearFacts) -> Value:
    return len(year.where(is_led))


@figure(
    "global_events",
    "events",
    Sentence("Events of others"),
    _OTHERS,
    Sentence(
        "Published events led by others at which the association spoke or took part; "
        "umbrella and cancelled events are not counted."
    ),
)
def global_events(year: YearFacts) -> Value:
    return len(year.where(is_global))


@figure(
    "allied_events",
    "events",
    Sentence("Of these, with the partner federation or the taskforce"),
    _OTHERS,
    Sentence(
        "Those of the events of others that have the partner federation or the joint taskforce among their partners."
    ),
)
def allied_events(year: YearFacts) -> Value:
    return len(year.where(is_global_of_allies)) if year.knows_allies else None


@figure(
    "supported_events",
    "events",
    Sentence("Supported events"),
    _OTHERS,
    Sentence(
        "Published events of members and partners that the association supports and lists; "
        "umbrella and cancelled events are not counted."
    ),
)
def supported_events(year: YearFacts) -> Value:
    return len(year.where(is_supported))


@figure(
    "gender_events",
    "events",
    Sentence("Events on gender"),
    Sentence("events led, co-led or spoken at"),
    Sentence(
        "Events with the theme of gender that the association led, co-led or spoke at; "
        "umbrella and cancelled events are not counted."
    ),
)
def gender_events(year: YearFacts) -> Value:
    return len(year.where(is_on_gender))


# People


@figure(
    "attendances",
    "people",
    Sentence("People engaged (attendances)"),
    _OWN,
    Sentence(
        "People at own events, once for each event: those on the attendance list, or the head count where "
        "there is no list, and the confirmed speakers and moderators; who spoke and attended is one."
    ),
)
def attendances(year: YearFacts) -> Value:
    return year.people_at(year.where(is_own))


@figure(
    "unique_people",
    "people",
    Sentence("People engaged (unique people)"),
    _OWN,
    Sentence(
        "People at own events, once in the year: those on an attendance list and the confirmed speakers "
        "and moderators; head counts have no names and are left out."
    ),
)
def unique_people(year: YearFacts) -> Value:
    return year.once["own"]


@figure(
    "led_attendances",
    "people",
    Sentence("People engaged, led or co-led (attendances)"),
    _LED,
    Sentence("The same over all events led or co-led: bilateral meetings are counted as well."),
)
def led_attendances(year: YearFacts) -> Value:
    return year.people_at(year.where(is_led))


@figure(
    "led_unique_people",
    "people",
    Sentence("People engaged, led or co-led (unique people)"),
    _LED,
    Sentence("The same over all events led or co-led, each person once in the year."),
)
def led_unique_people(year: YearFacts) -> Value:
    return year.once["led"]


@figure(
    "speakers",
    "people",
    Sentence("Speakers"),
    _OWN,
    Sentence(
        "People with a confirmed part at own events as speaker, panellist or keynote speaker, "
        "once in the year; those who only moderate are not counted."
    ),
)
def speakers(year: YearFacts) -> Value:
    return year.parts["speakers"]


@figure(
    "political_speakers",
    "people",
    Sentence("Speakers of political level"),
    _OWN,
    Sentence("Those of the speakers who spoke at least once with political level."),
)
def political_speakers(year: YearFacts) -> Value:
    return year.parts["political"]


@figure(
    "experts",
    "people",
    Sentence("Experts"),
    Sentence("own events and Solutions Labs"),
    Sentence("The speakers and the experts and facilitators of Solutions Labs, once in the year."),
)
def experts(year: YearFacts) -> Value:
    return year.parts["experts"]


# Congress and statutory meetings


def _people_of(year: YearFacts, kind: str) -> Meeting | None:
    return year.meetings.get(kind)


@figure(
    "congress_people",
    "meetings",
    Sentence("People at the congress"),
    Sentence("own congresses"),
    Sentence(
        "People on the attendance lists of own congresses and of their parts, once each, whoever they stand for; "
        "a head count of the congress stands in for its list. Umbrella events are counted here."
    ),
)
def congress_people(year: YearFacts) -> Value:
    meeting = _people_of(year, "congress")
    return meeting.everybody if meeting else None


@figure(
    "congress_cities",
    "meetings",
    Sentence("Cities at the congress"),
    Sentence("own congresses"),
    Sentence(
        "Cities that people on the attendance lists of own congresses and of their parts gave, or the name of their "
        "member where they gave none, once each."
    ),
)
def congress_cities(year: YearFacts) -> Value:
    meeting = _people_of(year, "congress")
    return len(meeting.cities) if meeting else None


@figure(
    "congress_countries",
    "meetings",
    Sentence("Countries at the congress"),
    Sentence("own congresses"),
    Sentence(
        "Countries that people on the attendance lists of own congresses and of their parts gave, or those of their "
        "members, once each."
    ),
)
def congress_countries(year: YearFacts) -> Value:
    meeting = _people_of(year, "congress")
    return len(meeting.countries) if meeting else None


@figure(
    "congress_representatives",
    "meetings",
    Sentence("Representatives of members at the congress"),
    Sentence("own congresses"),
    Sentence("People on the attendance lists of own congresses and of their parts who stood for a member, once each."),
)
def congress_representatives(year: YearFacts) -> Value:
    meeting = _people_of(year, "congress")
    return len(meeting.representatives) if meeting else None


@figure(
    "congress_members",
    "meetings",
    Sentence("Members represented at the congress"),
    Sentence("own congresses"),
    Sentence("Members for which somebody was on the attendance list of an own congress or of a part of it, once each."),
)
def congress_members(year: YearFacts) -> Value:
    meeting = _people_of(year, "congress")
    return len(meeting.members) if meeting else None


@figure(
    "assembly_people",
    "meetings",
    Sentence("People at the general assembly"),
    _STATUTORY,
    Sentence(
        "People on the attendance lists of general assemblies, once in the year; a head count stands in for a missing list."
    ),
)
def assembly_people(year: YearFacts) -> Value:
    meeting = _people_of(year, "general_assembly")
    return meeting.everybody if meeting else None


@figure(
    "assembly_members",
    "meetings",
    Sentence("Members at the general assembly"),
    _STATUTORY,
    Sentence("Members for which somebody was on the attendance list of a general assembly, once each."),
)
def assembly_members(year: YearFacts) -> Value:
    meeting = _people_of(year, "general_assembly")
    return len(meeting.members) if meeting else None


@figure(
    "assembly_political",
    "meetings",
    Sentence("Political representatives at the general assembly"),
    _STATUTORY,
    Sentence("Those of the people at general assemblies who attended with political level, listed or counted."),
)
def assembly_political(year: YearFacts) -> Value:
    meeting = _people_of(year, "general_assembly")
    return meeting.of_political_level if meeting else None


def _held(kind: EventKind) -> Rule:
    is_one = of_kind(kind)
    return lambda year: len(year.where(is_one)) or None


_HELD = Sentence("Own meetings of this kind that start in the year, in person, online and hybrid together.")
for _code, _kind, _name in (
    ("assemblies", EventKind.GENERAL_ASSEMBLY, Sentence("General assemblies held")),
    ("board_meetings", EventKind.BOARD_OF_DIRECTORS, Sentence("Board meetings held")),
    ("executive_committees", EventKind.EXECUTIVE_COMMITTEE, Sentence("Executive committees held")),
    ("regional_secretariats", EventKind.REGIONAL_SECRETARIAT, Sentence("Meetings of regional secretariats held")),
    ("policy_debates", EventKind.POLICY_DEBATE, Sentence("Policy debates held")),
):
    figure(_code, "meetings", _name, _STATUTORY, _HELD)(_held(_kind))


@figure(
    "board_attendance_rate",
    "meetings",
    Sentence("Attendance rate of the board"),
    _STATUTORY,
    Sentence(
        "Seats of the board at whose meetings somebody of their member was there, over the seats entitled, "
        "over all meetings of the year with recorded attendance."
    ),
    "%",
)
def board_attendance_rate(year: YearFacts) -> Value:
    present, entitled = year.board_seats
    return rounded_share(present, entitled)


# Learning


@figure(
    "learning_activities",
    "learning",
    Sentence("Learning activities"),
    _OWN,
    Sentence("Own events that are webinars, learning sessions, training courses or mentoring programmes."),
)
def learning_activities(year: YearFacts) -> Value:
    return len(year.where(is_learning))


@figure(
    "learning_attendances",
    "learning",
    Sentence("People at learning activities (attendances)"),
    Sentence("own learning activities"),
    Sentence("People engaged at learning activities, once for each; head counts stand in for missing lists."),
)
def learning_attendances(year: YearFacts) -> Value:
    return year.people_at(year.where(is_learning))


@figure(
    "learning_people",
    "learning",
    Sentence("People at learning activities (unique people)"),
    Sentence("own learning activities"),
    Sentence("People engaged at learning activities, once in the year; head counts are left out."),
)
def learning_people(year: YearFacts) -> Value:
    return year.once["learning"]


@figure(
    "learning_experts",
    "learning",
    Sentence("Experts of learning activities"),
    Sentence("own learning activities"),
    Sentence(
        "People with a confirmed part at learning activities as speaker, panellist or keynote speaker, once each."
    ),
)
def learning_experts(year: YearFacts) -> Value:
    return year.parts["learning_experts"]


@figure(
    "learning_members",
    "learning",
    Sentence("Members in learning activities"),
    Sentence("own learning activities"),
    Sentence("Members for which somebody attended or spoke at a learning activity, once each."),
)
def learning_members(year: YearFacts) -> Value:
    return len(year.members_in("learning"))


# Campaigns


@figure(
    "campaign_events",
    "campaign",
    Sentence("Own events of campaigns"),
    _OWN,
    Sentence("Own events that belong to a campaign."),
)
def campaign_events(year: YearFacts) -> Value:
    return len(year.where(is_campaign))


@figure(
    "campaign_attendances",
    "campaign",
    Sentence("People at own events of campaigns"),
    _OWN,
    Sentence("People engaged at own events of campaigns, once for each event."),
)
def campaign_attendances(year: YearFacts) -> Value:
    return year.people_at(year.where(is_campaign))


# Members and partners


@figure(
    "members",
    "members",
    Sentence("Members"),
    _MEMBERSHIP,
    Sentence("Members at the end of the year; associate and honorary members are not counted."),
)
def members(year: YearFacts) -> Value:
    return year.membership.at_end.get("member", 0)


@figure(
    "new_members",
    "members",
    Sentence("New members"),
    _MEMBERSHIP,
    Sentence("Members that joined in the year; associate and honorary members are not counted."),
)
def new_members(year: YearFacts) -> Value:
    return year.membership.joined.get("member", 0)


@figure(
    "members_involved",
    "members",
    Sentence("Members involved"),
    _OWN,
    Sentence(
        "Members for which somebody attended or spoke at own events, or which hosted one, each once; "
        "what counts is what they were on the day of the event. Associate and honorary members are not counted."
    ),
)
def members_involved(year: YearFacts) -> Value:
    return len(year.members_in("own"))


@figure(
    "associates_involved",
    "members",
    Sentence("Associate members involved"),
    _OWN,
    Sentence("The same for associate members, which are never member cities and are counted apart."),
)
def associates_involved(year: YearFacts) -> Value:
    return len(year.members_in("own", "associate"))


@figure(
    "other_cities",
    "members",
    Sentence("Cities outside the membership"),
    _OWN,
    Sentence(
        "Cities that people at own events gave who stood for no member, once each; names of members are left out."
    ),
)
def other_cities(year: YearFacts) -> Value:
    return year.other_cities


@figure(
    "partners",
    "members",
    Sentence("Partners"),
    Sentence("own events and events of others"),
    Sentence("Organisations with a part in an event of the year, once each; umbrella events are not counted."),
)
def partners(year: YearFacts) -> Value:
    return year.partners


# Solutions Labs


@figure(
    "labs", "labs", Sentence("Solutions Labs"), _LABS, Sentence("All Solutions Labs of the round of the year.")
)  # fmt: skip
def labs(year: YearFacts) -> Value:
    return year.labs


@figure(
    "active_member_cities",
    "labs",
    Sentence("Active member cities"),
    _LABS,
    Sentence(
        "Members with at least one accepted person who attended at least one session, "
        "each once over all Solutions Labs of the round; associate members are not counted."
    ),
)
def active_member_cities(year: YearFacts) -> Value:
    return len(year.active_members)


@figure(
    "lab_participants",
    "labs",
    Sentence("Participants of Solutions Labs"),
    _LABS,
    Sentence("People accepted to Solutions Labs of the round, once each; experts and facilitators are not counted."),
)
def lab_participants(year: YearFacts) -> Value:
    return year.lab_people


@figure(
    "satisfaction",
    "quality",
    Sentence("Satisfaction"),
    Sentence("own events and Solutions Labs"),
    Sentence(
        "The mean of all overall scores from 1 to 5 that people gave to own events and Solutions Labs of the year; "
        "it is given from five answers on."
    ),
)
def satisfaction(year: YearFacts) -> Value:
    total, answers = year.scores
    if answers < SMALLEST_PUBLIC_GROUP:
        return None
    return (Decimal(total) / answers).quantize(Decimal("0.1"), ROUND_HALF_UP)


@figure(
    "satisfaction_answers",
    "quality",
    Sentence("Answers about satisfaction"),
    Sentence("own events and Solutions Labs"),
    Sentence("Overall scores from 1 to 5 that people gave to own events and Solutions Labs of the year."),
)
def satisfaction_answers(year: YearFacts) -> Value:
    return year.scores[1] or None
