"""
What the figures of a year mean, and how shares and growth are worked out.

Source: the domain brief, section 5. Every figure carries its definition, so
that no number stands alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time

from eventhub.speakers.rules import Counts, ParityResult
from eventhub.words import Sentence

#: Fewer people than this are never broken down in public.
SMALLEST_PUBLIC_GROUP = 5

#: Events of others with active participation; `supported` ones are only listed.
TAKEN_PART = frozenset({"spoke_at", "participated"})
#: Webinars and other learning.
LEARNING_KINDS = frozenset({"webinar", "learning", "training_course", "mentoring"})


def rounded_share(part: int, whole: int) -> int | None:
    """A share in whole per cent, rounded half up; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None


def shares(women: int, men: int) -> tuple[int, int] | None:
    """
    Shares of women and men in whole per cent; they add up to 100.

    Taken over those known as woman or man; women are rounded half up, men are
    the rest. None when nobody is known.
    """
    women_pct = rounded_share(women, women + men)
    return None if women_pct is None else (women_pct, 100 - women_pct)


def growth(value: int, earlier: int) -> int | None:
    """
    Growth in whole per cent of the earlier value, rounded half up.

    None when the earlier value is 0: there is nothing to grow from. (One
    figure of the printed reports was taken over the later value; ours never is.)
    """
    return rounded_share(value - earlier, earlier)


@dataclass(frozen=True)
class Figure:
    """
    One number of one year with its definition.

    Figures of people have counts, and so shares; figures of events, labs and
    members have none. `earlier` is the value of the year before.
    """

    code: str
    name: Sentence
    definition: Sentence
    value: int
    year: int
    scope: Sentence
    counts: Counts | None = None
    earlier: int = 0

    @property
    def _shares(self) -> tuple[int, int] | None:
        return shares(self.counts.women, self.counts.men) if self.counts else None

    @property
    def women_pct(self) -> int | None:
        """Whole per cent of those known as woman or man."""
        return self._shares[0] if self._shares else None

    @property
    def men_pct(self) -> int | None:
        """What is left to 100."""
        return self._shares[1] if self._shares else None

    @property
    def known(self) -> int | None:
        """How many are known as woman or man: what the shares are taken over."""
        return self.counts.women + self.counts.men if self.counts else None

    @property
    def unknown(self) -> int | None:
        """How many are not: they said something else, or nothing."""
        return self.counts.others + self.counts.undisclosed if self.counts else None

    @property
    def growth_pct(self) -> int | None:
        """Growth over the year before."""
        return growth(self.value, self.earlier)


def publishable(figure: Figure) -> Figure:
    """
    A figure as the public may see it: without any breakdown of fewer than five known people.

    Staff see it as it is. See the domain brief, section 1.
    """
    if figure.known is not None and figure.known < SMALLEST_PUBLIC_GROUP:
        return replace(figure, counts=None)
    return figure


@dataclass(frozen=True)
class Definition:
    """A saved definition: what is counted, over which events, in a sentence to print beside the number."""

    name: Sentence
    scope: Sentence
    sentence: Sentence

    def figure(self, code: str, year: int, value: int, earlier: int, counts: Counts | None = None) -> Figure:
        """The figure for these numbers."""
        return Figure(code, self.name, self.sentence, value, year, self.scope, counts, earlier)


_OWN = Sentence("own events")
_LABS = Sentence("Solutions Labs")

#: Every figure in the order of the page and the files.
DEFINITIONS: Mapping[str, Definition] = {
    "own_events": Definition(
        Sentence("Own events"),
        _OWN,
        Sentence(
            "Published events organised or co-organised by the association that start in the year; "
            "umbrella events, cancelled events, bilateral and internal meetings are not counted."
        ),
    ),
    "global_events": Definition(
        Sentence("Events of others"),
        Sentence("events of others"),
        Sentence(
            "Published events led by others at which the association spoke or took part; "
            "umbrella and cancelled events are not counted."
        ),
    ),
    "supported_events": Definition(
        Sentence("Supported events"),
        Sentence("events of others"),
        Sentence(
            "Published events of members and partners that the association supports and lists; "
            "umbrella and cancelled events are not counted."
        ),
    ),
    "learning_activities": Definition(
        Sentence("Learning activities"),
        _OWN,
        Sentence("Own events that are webinars, learning sessions, training courses or mentoring programmes."),
    ),
    "attendances": Definition(
        Sentence("People engaged (attendances)"),
        _OWN,
        Sentence(
            "People at own events, once for each event: those on the attendance list, or the head count where "
            "there is no list, and the confirmed speakers and moderators; who spoke and attended is one."
        ),
    ),
    "unique_people": Definition(
        Sentence("People engaged (unique people)"),
        _OWN,
        Sentence(
            "People at own events, once in the year: those on an attendance list and the confirmed speakers "
            "and moderators; head counts have no names and are left out."
        ),
    ),
    "speakers": Definition(
        Sentence("Speakers"),
        _OWN,
        Sentence(
            "People with a confirmed part at own events as speaker, panellist or keynote speaker, "
            "once in the year; those who only moderate are not counted."
        ),
    ),
    "political_speakers": Definition(
        Sentence("Speakers of political level"),
        _OWN,
        Sentence("Those of the speakers who spoke at least once with political level."),
    ),
    "members_involved": Definition(
        Sentence("Members involved"),
        _OWN,
        Sentence(
            "Members for which somebody attended or spoke at own events, or which hosted one, each once; "
            "associate and honorary members are not counted."
        ),
    ),
    "associates_involved": Definition(
        Sentence("Associate members involved"),
        _OWN,
        Sentence("The same for associate members, which are never member cities and are counted apart."),
    ),
    "labs": Definition(Sentence("Solutions Labs"), _LABS, Sentence("All Solutions Labs of the round of the year.")),
    "active_member_cities": Definition(
        Sentence("Active member cities"),
        _LABS,
        Sentence(
            "Members with at least one accepted person who attended at least one session, "
            "each once over all Solutions Labs of the round; associate members are not counted."
        ),
    ),
    "lab_participants": Definition(
        Sentence("Participants of Solutions Labs"),
        _LABS,
        Sentence(
            "People accepted to Solutions Labs of the round, once each; experts and facilitators are not counted."
        ),
    ),
}


@dataclass(frozen=True)
class KindCount:
    """Own events of one kind, by mode."""

    kind: str
    in_person: int
    online: int
    hybrid: int

    @property
    def total(self) -> int:
        """All modes together."""
        return self.in_person + self.online + self.hybrid


@dataclass(frozen=True)
class LabCount:
    """One lab: its themes, the member cities active in it, its participants in numbers."""

    slug: str
    number: int
    name: str
    themes: tuple[str, ...]
    active_members: int
    counts: Counts

    @property
    def women_pct(self) -> int | None:
        """Whole per cent of those known as woman or man."""
        found = shares(self.counts.women, self.counts.men)
        return found[0] if found else None

    @property
    def men_pct(self) -> int | None:
        """What is left to 100."""
        found = shares(self.counts.women, self.counts.men)
        return found[1] if found else None


@dataclass(frozen=True)
class ThemeCount:
    """Labs of one thematic priority; a lab with several counts under each of them."""

    code: str
    name: str
    labs: int
    active_members: int


@dataclass(frozen=True)
class PanelCounts:
    """Panels of own events by what the parity check says; those it does not apply to are left out."""

    balanced: int = 0
    unbalanced: int = 0
    unknown: int = 0

    @classmethod
    def of(cls, results: Mapping[ParityResult, int]) -> "PanelCounts":
        """From the number of panels for each result."""
        return cls(
            results.get(ParityResult.BALANCED, 0),
            results.get(ParityResult.UNBALANCED, 0),
            results.get(ParityResult.UNKNOWN, 0),
        )

    @property
    def panels(self) -> int:
        """All panels that were checked."""
        return self.balanced + self.unbalanced + self.unknown

    @property
    def share_balanced_pct(self) -> int | None:
        """Whole per cent of all panels that were checked; None when there are none."""
        return rounded_share(self.balanced, self.panels)


def leading(counts: Mapping[str, int]) -> list[str]:
    """The codes with the highest count, in their order; none when all are 0."""
    most = max(counts.values(), default=0)
    return [code for code, count in counts.items() if count == most] if most else []


# The calendar annex


@dataclass(frozen=True)
class AnnexRow:
    """One event as the calendar annex prints it."""

    start: str
    end: str
    title: str
    location: str
    slug: str = ""


def printed_day(day: date | None) -> str:
    """A day as day/month/year; blank where it is not known."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}" if day else ""


def printed_location(mode: str, place: str, country: str) -> str:
    """
    A place as the printed calendars have it: “City, Country”, “City & Online” or “Online”.

    Args:
        mode: `in_person`, `online` or `hybrid`.
        place: As the organiser wrote it.
        country: Its name in English.

    """
    if mode == "online":
        return "Online"
    if mode == "hybrid":
        return " & ".join(part for part in (place or country, "Online") if part)
    if place.casefold().endswith(country.casefold()):
        return place or country
    return ", ".join(part for part in (place, country) if part)


def annex_order(
    starts_on: date, starts_time: time | None, import_key: str | None, title_folded: str
) -> tuple[date, int, time, str]:
    """Order of the annex: by day, imported rows as they were printed, then by time and title."""
    row = re.search(r"[0-9]{1,9}$", import_key or "")
    return starts_on, int(row[0]) if row else 0, starts_time or time.min, title_folded
