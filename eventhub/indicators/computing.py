"""
How indicators are computed, by the code of the indicator.

A figure of statistics/ that has the code of an indicator computes it as it is.
What no figure gives is one function here: `@computes(code)`. An indicator with
neither is only typed in or imported. None stands for what EventHub cannot
know, so that no 0 does.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from eventhub.engagement.rules import EngagementMatrix
from eventhub.indicators.rules import Computed
from eventhub.speakers.rules import Counts
from eventhub.statistics.campaigns import CampaignOfYear
from eventhub.statistics.disclosure import FEWEST_PANELS, exact
from eventhub.statistics.queries import YearFigures
from eventhub.statistics.rules import Figure


@dataclass(frozen=True)
class YearData:
    """
    What is known of one year.

    `figures` are those that the reader may see: exact or protected. Members
    are counted by kind, at the end of the year and among those that joined in
    it; `board_seats` is None while nobody has written seats down. `day` are the
    campaigns of World Metropolitan Day, `day_people` the people at their own
    events; `is_exact` is whether the reader may see exact numbers by gender.
    """

    figures: YearFigures
    matrix: EngagementMatrix
    campaigns: Sequence[CampaignOfYear] = ()
    day: Sequence[CampaignOfYear] = ()
    day_people: Counts = field(default_factory=Counts)
    is_exact: bool = False
    members_at_end: Mapping[str, int] = field(default_factory=dict)
    members_joined: Mapping[str, int] = field(default_factory=dict)
    board_seats: int | None = None

    def figure(self, code: str) -> Figure | None:
        """One figure by its code; None where there is no such figure, or the data cannot give it."""
        return next((figure for figure in self.figures.figures if figure.code == code), None)

    @property
    def of_the_day(self) -> Counter[str]:
        """Events of World Metropolitan Day by organiser."""
        found: Counter[str] = Counter()
        for one in self.day:
            found.update(one.by)
        return found

    def computed_figure(self, code: str) -> Computed | None:
        """One figure as an indicator."""
        figure = self.figure(code)
        return Computed(Decimal(figure.value), figure.women_pct, figure.men_pct) if figure else None


Function = Callable[[YearData], Computed | None]
_FUNCTIONS: dict[str, Function] = {}


def computes(code: str) -> Callable[[Function], Function]:
    """Say of a function which indicator it computes."""

    def register(function: Function) -> Function:
        _FUNCTIONS[code] = function
        return function

    return register


def compute(code: str, known: YearData) -> Computed | None:
    """The indicator in a year; None if nothing can be said."""
    function = _FUNCTIONS.get(code)
    return function(known) if function else known.computed_figure(code)


def functions() -> Mapping[str, Function]:
    """The registered functions by the code of the indicator."""
    return _FUNCTIONS


def _number(value: int | None) -> Computed | None:
    return None if value is None else Computed(Decimal(value))


# Members and the board


@computes("honorary_members")
def honorary_members(known: YearData) -> Computed | None:
    """Honorary members at the end of the year."""
    return _number(known.members_at_end.get("honorary", 0))


@computes("new_associates")
def new_associates(known: YearData) -> Computed | None:
    """Associate members that joined in the year."""
    return _number(known.members_joined.get("associate", 0))


@computes("board_seats")
def board_seats(known: YearData) -> Computed | None:
    """Seats on the board of directors on the last day of the year."""
    return _number(known.board_seats)


@computes("board_meetings_in_person")
def board_meetings_in_person(known: YearData) -> Computed | None:
    """Meetings of the board of directors in person."""
    return _number(sum(one.in_person for one in known.figures.kinds if one.kind == "board_of_directors"))


# The engagement matrix: nothing in a column says nothing, for most of it is typed in or imported


@computes("engaged_members_share")
def engaged_members_share(known: YearData) -> Computed | None:
    """Activated members over all members at the end of the year, in per cent."""
    return _number(known.matrix.rate_pct or None)


@computes("members_activated")
def members_activated(known: YearData) -> Computed | None:
    """Activated members at the end of the year."""
    return _number(known.matrix.activated_at_end or None)


def _members_with(column: str) -> Function:
    """The row “Total members” of a column."""
    return lambda known: _number(known.matrix.total_members().get(column) or None)


def _total_of(column: str) -> Function:
    """The row “Total” of a column."""
    return lambda known: _number(known.matrix.total().get(column) or None)


for _code, _function in (
    ("fee_paid", _members_with("fee_paid")),
    ("call_members", _members_with("call_endorsed")),
    ("pilot_members", _members_with("pilot_projects")),
    ("board_members_present", _members_with("board_meetings")),
    ("bilateral_members", _members_with("bilateral_meetings")),
    ("bilateral_attendances", _total_of("bilateral_meetings")),
    ("learning_participations", _total_of("learning_activities")),
    ("wmd_organisers", _members_with("wmd_organiser_or_speaker")),
    ("wmd_members", _members_with("wmd_participant")),
    ("wmd_roles", _total_of("wmd_organiser_or_speaker")),
    ("wmd_participations", _total_of("wmd_participant")),
):
    computes(_code)(_function)


# Campaigns


@computes("campaigns")
def campaigns(known: YearData) -> Computed | None:
    """Campaigns that begin in the year or have events in it."""
    return _number(len(known.campaigns) or None)


@computes("wmd_events")
def wmd_events(known: YearData) -> Computed | None:
    """Events of World Metropolitan Day."""
    return _number(known.of_the_day.total() or None)


@computes("wmd_own_events")
def wmd_own_events(known: YearData) -> Computed | None:
    """Those that the association organised."""
    return _number(known.of_the_day["organised"] if known.of_the_day else None)


@computes("wmd_co_organised_events")
def wmd_co_organised_events(known: YearData) -> Computed | None:
    """Those that it organised with others."""
    return _number(known.of_the_day["co_organised"] if known.of_the_day else None)


@computes("wmd_supporting_events")
def wmd_supporting_events(known: YearData) -> Computed | None:
    """Those of members, partners and others."""
    by = known.of_the_day
    return _number(by["member"] + by["partner"] + by["other"] if by else None)


@computes("wmd_people")
def wmd_people(known: YearData) -> Computed | None:
    """People at own events of the day; shares for data stewards only, as on every page of one campaign."""
    if not known.day_people.everybody:
        return None
    shown = exact(known.day_people) if known.is_exact else None
    return Computed(
        Decimal(known.day_people.everybody), shown.women_pct if shown else None, shown.men_pct if shown else None
    )


# Events and labs


@computes("balanced_panels_share")
def balanced_panels_share(known: YearData) -> Computed | None:
    """Panels that are balanced, in per cent of those that were checked; of few panels for data stewards only."""
    panels = known.figures.panels
    if not known.is_exact and panels.panels < FEWEST_PANELS:
        return None
    return _number(panels.share_balanced_pct)


@computes("calendar_rows")
def calendar_rows(known: YearData) -> Computed | None:
    """Rows of the calendar annex."""
    return _number(len(known.figures.annex))


def _of_labs(known: YearData, code: str) -> Computed | None:
    """A figure of labs; None for a year without a round, which says nothing of labs."""
    return known.computed_figure(code) if known.figures.labs else None


@computes("labs")
def labs(known: YearData) -> Computed | None:
    """Solutions Labs of the year."""
    return _of_labs(known, "labs")


@computes("active_member_cities")
def active_member_cities(known: YearData) -> Computed | None:
    """Member cities active in them."""
    return _of_labs(known, "active_member_cities")


@computes("lab_participants")
def lab_participants(known: YearData) -> Computed | None:
    """People accepted to them."""
    return _of_labs(known, "lab_participants")


@computes("lab_women_share")
def lab_women_share(known: YearData) -> Computed | None:
    """The share of women among the participants of labs, in per cent; as protected as the figure."""
    people = known.figure("lab_participants")
    if people is None or people.women_pct is None:
        return None
    return Computed(Decimal(people.women_pct), people.women_pct, people.men_pct)
