"""What feedback may say, until when it can be changed, and what may be shown of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from eventhub.statistics.rules import SMALLEST_PUBLIC_GROUP, rounded_share
from eventhub.words import Sentence

LOWEST, HIGHEST = 1, 5
LONGEST_COMMENT = 4_000
#: How long an answer can be given and changed, from when it was asked for.
OPEN_FOR = timedelta(days=60)
#: When the one reminder is due, and from when on it is too late for it.
REMIND_AFTER, REMIND_WITHIN = timedelta(days=7), timedelta(days=14)
#: Where nobody has recorded who was there, we wait this long for somebody to do it.
WAIT_FOR_ATTENDANCE = timedelta(days=1)
#: What is over for longer than this is asked about by the button only.
ASK_WITHIN_DAYS = {"event": 31, "lab": 92}


class Subject(StrEnum):
    """What feedback is about."""

    EVENT = "event"
    LAB = "lab"


class Consent(StrEnum):
    """Whether what somebody wrote may be quoted."""

    NONE = "none"
    ANONYMOUS = "anonymous"
    NAMED = "named"


def is_open(asked_at: datetime, now: datetime) -> bool:
    """Whether an answer can still be given or changed."""
    return now < asked_at + OPEN_FOR


def answer_problems(usefulness: int | None, overall: int | None, comment: str, consent: str) -> dict[str, list[str]]:
    """Say everything that is wrong with an answer, by field."""
    faults: dict[str, list[str]] = {}
    for name, score in (("usefulness", usefulness), ("overall", overall)):
        if score is None:
            faults[name] = [Sentence("Please choose a number from 1 to 5.")]
        elif not LOWEST <= score <= HIGHEST:
            faults[name] = [
                Sentence("The number lies between %(lowest)s and %(highest)s.", lowest=LOWEST, highest=HIGHEST)
            ]
    if len(comment) > LONGEST_COMMENT:
        faults["comment"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_COMMENT)]
    if consent not in set(Consent):
        faults["consent"] = [Sentence("Please say whether we may quote you.")]
    return faults


@dataclass(frozen=True)
class Scores:
    """
    Answers about one thing: how many people were asked, and how often each number from 1 to 5 was given.

    Attributes:
        usefulness: Five counts, that of 1 first.
        overall: The same.

    """

    asked: int = 0
    answered: int = 0
    usefulness: tuple[int, ...] = (0,) * HIGHEST
    overall: tuple[int, ...] = (0,) * HIGHEST

    @property
    def rate_pct(self) -> int | None:
        """Response rate in whole per cent of those asked; None: nobody was."""
        return rounded_share(self.answered, self.asked)

    @property
    def is_shown(self) -> bool:
        """Whether more than the response rate may be shown: never of fewer than five answers."""
        return self.answered >= SMALLEST_PUBLIC_GROUP

    @property
    def mean_usefulness(self) -> float | None:
        """Mean with one decimal, rounded half up; None: too few answers to show."""
        return _mean(self.usefulness) if self.is_shown else None

    @property
    def mean_overall(self) -> float | None:
        """Mean with one decimal, rounded half up; None: too few answers to show."""
        return _mean(self.overall) if self.is_shown else None

    @property
    def distribution(self) -> tuple[tuple[int, int, int], ...]:
        """Number from 1 to 5 with how often it was given for usefulness and overall; nothing of small groups."""
        if not self.is_shown:
            return ()
        return tuple(zip(range(LOWEST, HIGHEST + 1), self.usefulness, self.overall, strict=True))


def _mean(counts: tuple[int, ...]) -> float | None:
    number = sum(counts)
    total = sum(score * count for score, count in enumerate(counts, LOWEST))
    return (20 * total + number) // (2 * number) / 10 if number else None


def together(groups: Iterable[Scores]) -> Scores:
    """
    Several groups as one, without letting anybody work a small group out from the others.

    Response rates count all of them. The scores of groups too small to show
    are counted only where these have five answers together.
    """
    found = list(groups)
    hidden = [group for group in found if not group.is_shown]
    counted = [group for group in found if group.is_shown]
    if sum(group.answered for group in hidden) >= SMALLEST_PUBLIC_GROUP:
        counted = found
    usefulness = tuple(sum(group.usefulness[i] for group in counted) for i in range(HIGHEST))
    overall = tuple(sum(group.overall[i] for group in counted) for i in range(HIGHEST))
    return Scores(
        sum(group.asked for group in found), sum(group.answered for group in found), usefulness, overall
    )  # fmt: skip


@dataclass(frozen=True)
class Quote:
    """What somebody said who agreed to be quoted; name and city only where they agreed to these."""

    text: str
    name: str = ""
    city: str = ""


@dataclass(frozen=True)
class Results:
    """What staff may know of the answers about one thing; texts stand apart from people, scores and time."""

    scores: Scores
    texts: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()

    def rows(self) -> list[tuple[str, str, str | int | float | None]]:
        """The same as lines of a file: what, which, value."""
        scores = self.scores
        found: list[tuple[str, str, str | int | float | None]] = [
            ("asked", "", scores.asked),
            ("answered", "", scores.answered),
            ("response_rate_pct", "", scores.rate_pct),
            ("mean", "usefulness", scores.mean_usefulness),
            ("mean", "overall", scores.mean_overall),
        ]
        for number, usefulness, overall in scores.distribution:
            found += [("usefulness", str(number), usefulness), ("overall", str(number), overall)]
        found += [("text", "", text) for text in self.texts]
        found += [("quote", ", ".join(part for part in (q.name, q.city) if part), q.text) for q in self.quotes]
        return found
