"""
How indicators are computed: one function of a year for each, by the code of the indicator.

A figure of statistics/ that has the code of an indicator computes it without a
function. An indicator with neither is only typed in or imported. Functions
return None where EventHub knows nothing, so that no 0 stands for "unknown".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from eventhub.bodies.queries import Meeting, SeatRow
from eventhub.bodies.rules import attendance_rate, entitled_on
from eventhub.indicators.rules import Computed
from eventhub.speakers.rules import Counts
from eventhub.statistics.disclosure import shown
from eventhub.statistics.queries import YearFigures
from eventhub.statistics.rules import Figure


@dataclass(frozen=True)
class Membership:
    """What the directory says of one member: its kind, when it joined (None: nobody knows), when it left."""

    kind: str
    joined_year: int | None
    left_on: date | None

    def holds_on_last_day_of(self, year: int) -> bool:
        """Whether it belonged to the association on 31 December; a member of unknown beginning did before it left."""
        return (self.joined_year is None or self.joined_year <= year) and (
            self.left_on is None or self.left_on >= date(year, 12, 31)
        )


@dataclass(frozen=True)
class YearData:
    """
    What is known of one year.

    `figures` is None when nothing happened in it as far as EventHub knows.
    `is_exact`: whether the reader may see exact numbers by gender.
    """

    year: int
    figures: YearFigures | None
    members: tuple[Membership, ...]
    board_seats: tuple[SeatRow, ...] = ()
    board_meetings: tuple[Meeting, ...] = ()
    is_exact: bool = False

    def figure(self, code: str) -> Figure | None:
        """One figure by its code; None where there is no such figure (yet)."""
        found = self.figures.figures if self.figures else ()
        return next((figure for figure in found if figure.code == code), None)

    def computed_figure(self, code: str) -> Computed | None:
        """One figure as an indicator."""
        figure = self.figure(code)
        if figure is None:
            return None
        return Computed(Decimal(figure.value), *self.shares(figure.counts))

    def shares(self, counts: Counts | None) -> tuple[int, int] | tuple[None, None]:
        """Shares of women and men of a group as this reader may see them."""
        if counts is None:
            return None, None
        seen = shown(counts, is_exact=self.is_exact)
        return (
            (seen.women_pct, seen.men_pct) if seen.women_pct is not None and seen.men_pct is not None else (None, None)
        )


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


# Membership


def _members(known: YearData, kind: str) -> Computed | None:
    """Members of a kind on the last day of the year; None without a directory."""
    if not known.members:
        return None
    return _number(sum(one.kind == kind and one.holds_on_last_day_of(known.year) for one in known.members))


def _new_members(known: YearData, kind: str) -> Computed | None:
    if not known.members:
        return None
    return _number(sum(one.kind == kind and one.joined_year == known.year for one in known.members))


@computes("members")
def members(known: YearData) -> Computed | None:
    """Members at the end of the year."""
    return _members(known, "member")


@computes("honorary_members")
def honorary_members(known: YearData) -> Computed | None:
    """Honorary members at the end of the year."""
    return _members(known, "honorary")


@computes("new_members")
def new_members(known: YearData) -> Computed | None:
    """Members that joined in the year."""
    return _new_members(known, "member")


@computes("new_associates")
def new_associates(known: YearData) -> Computed | None:
    """Associate members that joined in the year."""
    return _new_members(known, "associate")


# Statutory bodies and other kinds of own events


def _own_events_of(known: YearData, kind: str) -> Computed | None:
    if known.figures is None:
        return None
    return _number(sum(one.total for one in known.figures.kinds if one.kind == kind))


@computes("board_meetings")
def board_meetings(known: YearData) -> Computed | None:
    """Meetings of the board of directors."""
    return _own_events_of(known, "board_of_directors")


@computes("board_meetings_in_person")
def board_meetings_in_person(known: YearData) -> Computed | None:
    """Those of them in person."""
    if known.figures is None:
        return None
    return _number(sum(one.in_person for one in known.figures.kinds if one.kind == "board_of_directors"))


@computes("general_assemblies")
def general_assemblies(known: YearData) -> Computed | None:
    """General assemblies."""
    return _own_events_of(known, "general_assembly")


@computes("regional_secretariat_meetings")
def regional_secretariat_meetings(known: YearData) -> Computed | None:
    """Meetings of the regional secretariats."""
    return _own_events_of(known, "regional_secretariat")


@computes("executive_committee_meetings")
def executive_committee_meetings(known: YearData) -> Computed | None:
    """Meetings of the executive committee."""
    return _own_events_of(known, "executive_committee")


@computes("policy_debates")
def policy_debates(known: YearData) -> Computed | None:
    """Policy debates."""
    return _own_events_of(known, "policy_debate")


@computes("board_seats")
def board_seats(known: YearData) -> Computed | None:
    """Seats on the board of directors on the last day of the year; None while nobody has written any down."""
    return _number(len(entitled_on(known.board_seats, date(known.year, 12, 31)))) if known.board_seats else None


@computes("board_attendance_rate")
def board_attendance_rate(known: YearData) -> Computed | None:
    """Seats present over seats entitled at the meetings whose attendance was recorded, in per cent."""
    recorded = [meeting for meeting in known.board_meetings if meeting.recorded]
    rate = attendance_rate(sum(one.present for one in recorded), sum(one.entitled for one in recorded))
    return _number(None if rate is None else int(rate * 100 + 0.5))


# Events and labs


@computes("balanced_panels_share")
def balanced_panels_share(known: YearData) -> Computed | None:
    """Panels that are balanced, in per cent of those that were checked."""
    return _number(known.figures.panels.share_balanced_pct) if known.figures else None


@computes("calendar_rows")
def calendar_rows(known: YearData) -> Computed | None:
    """Rows of the calendar annex."""
    return _number(len(known.figures.annex)) if known.figures else None


def _of_labs(known: YearData, code: str) -> Computed | None:
    """A figure of labs; None for a year without a round, which says nothing of labs."""
    return known.computed_figure(code) if known.figures and known.figures.labs else None


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
    """The share of women among the participants of labs, in per cent; as protected as the reader demands."""
    figure = known.figure("lab_participants")
    women, men = known.shares(figure.counts) if figure else (None, None)
    return None if women is None else Computed(Decimal(women), women, men)
