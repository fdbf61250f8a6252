"""
What a question of the explorer may ask, and how the address of its page says it.

Every number keeps the definitions of the figures of a year; what a filter or
a group means is said beside the result (docs/decisions/0021-explorer.md).
"""

import calendar
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from eventhub.words import Sentence

FIRST_YEAR, LAST_YEAR = 1985, 2100
#: What stands for “nothing is said of it” in a filter: events without a theme, people without a member.
NONE = "none"
#: More columns than this are no table that anybody reads.
MOST_COLUMNS = 30


class Measure(StrEnum):
    """What is counted."""

    EVENTS = "events"
    ATTENDANCES = "attendances"
    UNIQUE_PEOPLE = "unique_people"
    SPEAKERS = "speakers"
    MEMBERS = "members"
    LABS = "labs"


class Dimension(StrEnum):
    """What a count is grouped by."""

    YEAR = "year"
    MONTH = "month"
    KIND = "kind"
    MODE = "mode"
    INVOLVEMENT = "involvement"
    REGION = "region"
    MEMBER = "member"
    THEME = "theme"
    ACTION_LINE = "action_line"
    CAMPAIGN = "campaign"
    LEVEL = "level"


#: The saved definitions of involvement, beside the single ones.
OWN = "own"
LED = "led"
#: What a person, not an event, is grouped and narrowed by.
OF_PEOPLE = (Dimension.REGION, Dimension.MEMBER, Dimension.LEVEL)
IN_TIME = (Dimension.YEAR, Dimension.MONTH)
#: An event, or a lab, can have more than one of these, so that the groups together may be more than the whole.
SEVERAL = (Dimension.THEME, Dimension.ACTION_LINE)
#: Labs have no kind, mode or involvement of their own; the year is that of their round.
OF_LABS = (Dimension.YEAR, Dimension.REGION, Dimension.MEMBER, Dimension.THEME, Dimension.ACTION_LINE)
#: Filters that are one of some known words.
WORDS = ("kind", "involvement", "mode", "region", "member", "theme", "action_line", "campaign", "level")
#: Those that can also be `none`; every event has a kind, a mode and an involvement.
PERHAPS = ("region", "member", "theme", "action_line", "campaign", "level")
#: What can be counted by gender, for data stewards.
BY_GENDER = (Measure.ATTENDANCES, Measure.UNIQUE_PEOPLE, Measure.SPEAKERS)

#: Every parameter of the address, in its order.
PARAMETERS = ("count", "by", "across", "year", "from", "to", *WORDS, "gender")


@dataclass(frozen=True)
class Question:
    """
    What is asked. Empty filters narrow nothing.

    `from_day` and `to_day` bound the first day of an event. `across` is the
    second dimension, shown as columns.
    """

    count: Measure = Measure.EVENTS
    by: Dimension = Dimension.KIND
    across: Dimension | None = None
    year: int | None = None
    from_day: date | None = None
    to_day: date | None = None
    kind: str = ""
    involvement: str = ""
    mode: str = ""
    region: str = ""
    member: str = ""
    theme: str = ""
    action_line: str = ""
    campaign: str = ""
    level: str = ""
    with_gender: bool = False

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day on which a counted event may begin."""
        if self.year is not None:
            return date(self.year, 1, 1), date(self.year, 12, 31)
        return self.from_day, self.to_day

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """One or two."""
        return (self.by,) if self.across is None else (self.by, self.across)

    @property
    def tells_people_apart(self) -> bool:
        """Whether it matters for whom, or at which level, somebody was there."""
        return any(dimension in OF_PEOPLE for dimension in self.dimensions) or bool(
            self.region or self.member or self.level
        )

    @property
    def parameters(self) -> dict[str, str]:
        """The address: what is usual is said too, so that a kept one means the same later."""
        said = {"count": self.count.value, "by": self.by.value}
        for name, value in (
            ("across", self.across), ("year", self.year), ("from", self.from_day), ("to", self.to_day),
            *((word, getattr(self, word)) for word in WORDS), ("gender", "yes" if self.with_gender else ""),
        ):  # fmt: skip
            if value:
                said[name] = str(value)
        return said

    def narrowed(self, key: str | None) -> "Question":
        """The question that counts one group of this one and nothing else."""
        if self.by is Dimension.YEAR and self.count is Measure.LABS:
            return replace(self, year=int(key or FIRST_YEAR))
        if self.by not in IN_TIME or key is None:
            changed: dict[str, Any] = {self.by.value: key or NONE}
            return replace(self, **changed)
        year, month = int(key[:4]), int(key[5:] or 0)
        first = date(year, month or 1, 1)
        last = date(year, month or 12, calendar.monthrange(year, month or 12)[1])
        from_day, to_day = self.days
        first, last = max(first, from_day or first), min(last, to_day or last)
        if (first, last) == (date(year, 1, 1), date(year, 12, 31)):
            return replace(self, year=year, from_day=None, to_day=None)
        return replace(self, year=None, from_day=first, to_day=last)


def asked(given: Mapping[str, str], known: Mapping[str, Collection[str]]) -> tuple[Question, dict[str, list[str]]]:
    """
    The question in an address, and every fault by its parameter; with faults the question is of no use.

    Args:
        given: The parameters as they came.
        known: For each of WORDS, the words that can be asked for.

    """
    problems: dict[str, list[str]] = {}

    def wrong(name: str, sentence: Sentence) -> None:
        problems.setdefault(name, []).append(sentence)

    def word(name: str, words: Collection[str]) -> str:
        text = given.get(name, "").strip()
        if text and text not in words:
            few = ", ".join(list(words)[:12]) + (", …" if len(words) > 12 else "")
            wrong(name, Sentence("“%(given)s” is none of: %(known)s.", given=text[:40], known=few))
            return ""
        return text

    for name in given:
        if name not in PARAMETERS:
            wrong(
                name[:40],
                Sentence(
                    "There is no parameter “%(name)s”. Known are: %(known)s.",
                    name=name[:40], known=", ".join(PARAMETERS),
                ),
            )  # fmt: skip
    filters = {name: word(name, [*known[name], *([NONE] if name in PERHAPS else [])]) for name in WORDS}
    question = Question(
        count=Measure(word("count", list(Measure)) or Measure.EVENTS),
        by=Dimension(word("by", list(Dimension)) or Dimension.KIND),
        across=Dimension(across) if (across := word("across", list(Dimension))) else None,
        year=_year(given.get("year", "").strip(), wrong),
        from_day=_day("from", given.get("from", "").strip(), wrong),
        to_day=_day("to", given.get("to", "").strip(), wrong),
        with_gender=word("gender", ("yes",)) == "yes",
        **filters,
    )
    for name, sentence in _does_not_fit(question):
        wrong(name, sentence)
    return question, problems


def _year(text: str, wrong: Callable[[str, Sentence], None]) -> int | None:
    if not text:
        return None
    if not re.fullmatch("[0-9]{4}", text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        wrong("year", Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR))
        return None
    return int(text)


def _day(name: str, text: str, wrong: Callable[[str, Sentence], None]) -> date | None:
    if not text:
        return None
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        day = date.fromisoformat(text)
    except ValueError:
        wrong(name, Sentence("“%(given)s” is no day. Days look like 2026-11-25.", given=text[:40]))
        return None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        wrong(name, Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR))
        return None
    return day


def _does_not_fit(question: Question) -> list[tuple[str, Sentence]]:
    """Parts of a question, each sound by itself, that make no question together."""
    found = []
    if question.year is not None and (question.from_day or question.to_day):
        found.append(("year", Sentence("Please give a year, or days from and to, but not both.")))
    if question.from_day and question.to_day and question.from_day > question.to_day:
        found.append(("to", Sentence("The last day lies before the first.")))
    if question.across == question.by:
        found.append(("across", Sentence("Rows and columns are the same. Please choose another dimension.")))
    if question.with_gender and (question.count not in BY_GENDER or question.across):
        found.append(
            (
                "gender",
                Sentence("Women and men are counted among attendances, people and speakers, with one dimension only."),
            )
        )
    if question.kind == "bilateral" and question.involvement != LED:
        found.append(("kind", Sentence("Bilateral meetings are counted among events led or co-led only.")))
    if question.count is Measure.LABS:
        found += [
            (name, Sentence("Labs cannot be grouped by this; their sessions are events."))
            for name in ("by", "across")
            if (dimension := getattr(question, name)) and dimension not in OF_LABS
        ]
        found += [
            (name, Sentence("Labs cannot be narrowed by this; their sessions are events."))
            for name, value in (("from", question.from_day), ("to", question.to_day))
            if value
        ]
        found += [
            (word, Sentence("Labs cannot be narrowed by this; their sessions are events."))
            for word in WORDS
            if getattr(question, word) and word not in OF_LABS
        ]
    return found


DEFINITIONS: Mapping[Measure, Sentence] = {
    Measure.EVENTS: Sentence(
        "Published events; umbrella events, cancelled events, bilateral and internal meetings are not counted."
    ),
    Measure.ATTENDANCES: Sentence(
        "People at these events, once for each event: those on the attendance list, or the head count where there is no "
        "list, and the confirmed speakers and moderators; who spoke and attended is one."
    ),
    Measure.UNIQUE_PEOPLE: Sentence(
        "People on the attendance lists of these events and their confirmed speakers and moderators, each once; "
        "head counts name nobody and are left out."
    ),
    Measure.SPEAKERS: Sentence(
        "People with a confirmed part as speaker, panellist or keynote speaker, each once; those who only moderate are "
        "not counted."
    ),
    Measure.MEMBERS: Sentence(
        "Members for which somebody attended or spoke, or which hosted an event, each once; associates and honorary "
        "members are not counted."
    ),
    Measure.LABS: Sentence("Solutions Labs, in the year of their round."),
}
_BASE = Sentence(
    "Of published events only; umbrella events, cancelled events, bilateral and internal meetings are not counted."
)
_INVOLVEMENTS = {
    OWN: Sentence("Own events are those that the association organises or co-organises."),
    LED: Sentence("Led or co-led are own events and bilateral meetings."),
}
#: The same where bilateral meetings count.
_BASE_LED = Sentence(
    "Of published events only; umbrella events, cancelled events and internal meetings are not counted."
)
_EVENTS_LED = Sentence("Published events; umbrella events, cancelled events and internal meetings are not counted.")


def definitions(question: Question) -> list[Sentence]:
    """What the numbers of a question mean, in sentences to be printed beside them."""
    labs = question.count is Measure.LABS
    led = question.involvement == LED
    found = [_EVENTS_LED if led and question.count is Measure.EVENTS else DEFINITIONS[question.count]]
    if not labs and question.count is not Measure.EVENTS:
        found.append(_BASE_LED if led else _BASE)
    if question.involvement in _INVOLVEMENTS:
        found.append(_INVOLVEMENTS[question.involvement])
    used = {*question.dimensions, *(Dimension(name) for name in WORDS if getattr(question, name))}
    if used & {Dimension.MEMBER, Dimension.REGION}:
        found.append(_member_means(question.count))
    if Dimension.LEVEL in used:
        found.append(_level_means(question.count))
    if question.count is Measure.ATTENDANCES and question.tells_people_apart:
        found.append(
            Sentence("Head counts are left out here: they do not say for whom, or at which level, people came.")
        )
    if any(dimension in SEVERAL for dimension in question.dimensions):
        found.append(Sentence("What has several themes or action lines counts under each of them and once in all."))
    if not labs and set(question.dimensions) & {Dimension.YEAR, Dimension.MONTH}:
        found.append(Sentence("An event lies in the month and the year in which it begins."))
    return found


def _member_means(count: Measure) -> Sentence:
    if count is Measure.LABS:
        return Sentence("A lab belongs to the members of its accepted participants, and to their regions.")
    if count is Measure.EVENTS:
        return Sentence(
            "An event counts under each member for which somebody attended or spoke or which hosted it, and under the "
            "regions of these members."
        )
    if count is Measure.MEMBERS:
        return Sentence("The region is that of the member.")
    return Sentence(
        "A person counts under the member for which they spoke or registered at that event, and under its region."
    )


def _level_means(count: Measure) -> Sentence:
    if count in (Measure.EVENTS, Measure.SPEAKERS):
        return Sentence("The level is that of the speakers, as each part in the programme states it.")
    return Sentence("The level is that in which a person spoke or registered; who hosted an event has none.")


@dataclass(frozen=True)
class Group:
    """
    One row: its code, None where nothing is said of it, its number in each column and in all.

    `women` and `men` are counted for data stewards only.
    """

    key: str | None
    cells: tuple[int, ...]
    total: int
    women: int | None = None
    men: int | None = None


@dataclass(frozen=True)
class Answer:
    """The groups of a question, the codes of its columns, and the sums; these count everything once."""

    question: Question
    columns: tuple[str | None, ...]
    groups: tuple[Group, ...]
    totals: Group

    @property
    def is_parts(self) -> bool:
        """Whether the cells of every row add up to it, so that they can be drawn as parts of a whole."""
        return all(sum(group.cells) == group.total for group in self.groups)


def leading(groups: Collection[Group]) -> Group | None:
    """The group with the most of those that have a name, if it is one alone and there are others."""
    named = [group for group in groups if group.key is not None]
    most = max((group.total for group in named), default=0)
    found = [group for group in named if group.total == most]
    return found[0] if len(found) == 1 and len(groups) > 1 else None
