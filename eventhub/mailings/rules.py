"""When planned letters are due and when they are too late, whom they are for, and what may stand in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from eventhub.mail.rules import PLACEHOLDERS, Wording, filled_in, wording_problems
from eventhub.words import Sentence


class Audience(StrEnum):
    """Whom a letter to a group is for."""

    REGISTERED = "registered"
    WAITING = "waiting"
    PENDING = "pending"
    ATTENDED = "attended"
    ABSENT = "absent"
    SPEAKERS = "speakers"
    DELEGATIONS = "delegations"
    COHORT = "cohort"


class Anchor(StrEnum):
    """What a planned letter counts its minutes from; INSTANT has a time of its own."""

    INSTANT = "instant"
    START = "start"
    END = "end"


class PlanStatus(StrEnum):
    """Where a planned letter stands."""

    PLANNED = "planned"
    WRITTEN = "written"
    WITHDRAWN = "withdrawn"
    MISSED = "missed"


#: The kinds of letters to groups: the product's own text, and the words of staff.
REMINDER, MESSAGE = "reminder", "planned_message"
#: Those who registered, of whom it is known how they take part.
_REGISTRATIONS = frozenset(
    {Audience.REGISTERED, Audience.WAITING, Audience.PENDING, Audience.ATTENDED, Audience.ABSENT}
)
#: A reminder says that an event is soon, and is for those who are expected there.
REMINDED = frozenset({Audience.REGISTERED, Audience.SPEAKERS, Audience.DELEGATIONS, Audience.COHORT})
HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60
#: What a reminder calls the time until the start, by minutes.
_SOON = {-2 * WEEK: "weeks", -DAY: "day", -HOUR: "hour"}
#: A year before or after an event at most, in minutes.
FARTHEST = 366 * DAY
_FARTHEST_INSTANT = timedelta(days=366)
_LATEST = timedelta(hours=6)
#: Letters with a short offset, or none, may still be late by so much.
_LEAST_GRACE = timedelta(minutes=15)


@dataclass(frozen=True)
class Narrowing:
    """What an audience is narrowed to; empty means everybody. Region by code, member by key."""

    attends: str = ""
    language: str = ""
    region: str = ""
    member: str = ""


@dataclass(frozen=True)
class Plan:
    """
    A letter to a group of people, and when it goes.

    Attributes:
        texts: By language; reminders have none.
        minutes: From the anchor; negative: before it.
        send_at: With the anchor INSTANT only.

    """

    kind: str
    audience: str
    anchor: str
    minutes: int = 0
    send_at: datetime | None = None
    texts: Mapping[str, Wording] = field(default_factory=dict)
    only: Narrowing = Narrowing()


@dataclass(frozen=True)
class Preset:
    """A letter that we propose for every event."""

    kind: str
    audience: str
    anchor: str
    minutes: int


PRESETS = (
    Preset(REMINDER, Audience.REGISTERED, Anchor.START, -2 * WEEK),
    Preset(REMINDER, Audience.REGISTERED, Anchor.START, -DAY),
    Preset(REMINDER, Audience.REGISTERED, Anchor.START, -HOUR),
    Preset(MESSAGE, Audience.ATTENDED, Anchor.END, DAY),
)


def due_at(
    anchor: str, minutes: int, send_at: datetime | None, starts_at: datetime | None, ends_at: datetime | None
) -> datetime | None:
    """When a planned letter goes, by the times of its event as they stand; None: the event has no time yet."""
    if anchor == Anchor.INSTANT:
        return send_at
    moment = starts_at if anchor == Anchor.START else ends_at or starts_at
    return moment + timedelta(minutes=minutes) if moment else None


def grace(anchor: str, minutes: int) -> timedelta:
    """How late a letter may be written: six hours, or its offset where that is shorter."""
    if anchor == Anchor.INSTANT:
        return _LATEST
    return min(_LATEST, max(timedelta(minutes=abs(minutes)), _LEAST_GRACE))


def soon(anchor: str, minutes: int) -> str:
    """What a reminder calls the time until the start: weeks, day, hour, or nothing."""
    return _SOON.get(minutes, "") if anchor == Anchor.START else ""


def fallback_language(texts: Mapping[str, Wording], event_language: str) -> str:
    """Whose text people get in whose language there is none: that of the event, else English, else any."""
    return next((one for one in (event_language, "en", *sorted(texts)) if one in texts), "")


def plan_problems(
    plan: Plan,
    *,
    languages: tuple[str, ...],
    now: datetime,
    starts_at: datetime | None,
    ends_at: datetime | None,
    has_cohort: bool,
    at_once: bool,
) -> dict[str, list[str]]:
    """Everything that is wrong with a letter to a group, by the field of its form."""
    problems: dict[str, list[str]] = {}
    if plan.kind not in (REMINDER, MESSAGE):
        problems["kind"] = [Sentence("Choose one of the kinds of letters.")]
    if plan.audience not in set(Audience):
        problems["audience"] = [Sentence("Choose whom the letter is for.")]
    elif plan.kind == REMINDER and plan.audience not in REMINDED:
        problems["audience"] = [Sentence("A reminder goes to people who are expected at the event.")]
    elif plan.audience == Audience.COHORT and not has_cohort:
        problems["audience"] = [Sentence("This event is no session of a lab, so there is no cohort.")]
    elif plan.only.attends and plan.audience not in _REGISTRATIONS:
        problems["attends"] = [Sentence("Only of those who registered it is known how they take part.")]
    if plan.only.language and plan.only.language not in languages:
        problems["only_language"] = [Sentence("Choose one of the languages.")]
    problems |= _text_problems(plan, languages)
    if not at_once and (wrong := _time_problem(plan, now, starts_at, ends_at)):
        problems["when"] = [wrong]
    elif at_once and plan.kind == REMINDER and not (starts_at and now < starts_at):
        problems["when"] = [Sentence("A reminder goes before the event begins.")]
    return problems


def _text_problems(plan: Plan, languages: tuple[str, ...]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if plan.kind == REMINDER:
        return problems
    if not plan.texts:
        problems[f"subject_{languages[0]}"] = [Sentence("Please write the letter in one language at least.")]
    for language, text in plan.texts.items():
        for name, said in wording_problems(text).items():
            problems[f"{name}_{language}"] = said
    return problems


def _time_problem(plan: Plan, now: datetime, starts_at: datetime | None, ends_at: datetime | None) -> str | None:
    if plan.anchor not in set(Anchor) or abs(plan.minutes) > FARTHEST:
        return Sentence("Choose a time within a year of the event.")
    due = due_at(plan.anchor, plan.minutes, plan.send_at, starts_at, ends_at)
    if due is None and plan.anchor == Anchor.INSTANT:
        return Sentence("Please give the day and the time.")
    if due is None:
        return Sentence("The event has no time yet. Choose a day and a time instead.")
    if due <= now:
        return Sentence("This time is over. Choose a later one, or send the letter at once.")
    if plan.anchor == Anchor.INSTANT and due > (ends_at or starts_at or now) + _FARTHEST_INSTANT:
        return Sentence("Choose a time within a year of the event.")
    if plan.kind == REMINDER and (starts_at is None or due >= starts_at):
        return Sentence("A reminder goes before the event begins.")
    return None


def placeholder_examples(values: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Each placeholder as it is typed, what it stands for, and what it becomes for somebody."""
    return [(f"[{name}]", said, filled_in(f"[{name}]", values)) for name, said in PLACEHOLDERS.items()]
