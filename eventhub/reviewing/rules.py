"""Words and law of reviews: scores per criterion, their weighted mean, and who reviews what. Whole thousandths of a point."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eventhub.labs.rules import HIGHEST_SCORE, LONGEST_REMARK, LOWEST_SCORE, score_problem, too_long
from eventhub.words import Sentence

POINT = 1_000
#: Total scores of one application this far apart are shown as disagreement: two points of five.
DISAGREEMENT = 2 * POINT
MOST_REVIEWS_EACH = 10

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True)
class Mark:
    """What a reviewer gives for one criterion; None: nothing yet."""

    score: int | None = None
    comment: str = ""


def mean_of(marks: Mapping[str, Mark], weights: Mapping[str, int]) -> int | None:
    """
    The weighted mean in thousandths, rounded half up; None: nothing that counts was given.

    Args:
        weights: By criterion; those without a mark are left out. Where all weights are nought they count alike.

    """
    given = {code: mark.score for code, mark in marks.items() if mark.score is not None and code in weights}
    if not given:
        return None
    total = sum(weights[code] for code in given)
    parts = {code: weights[code] for code in given} if total else dict.fromkeys(given, 1)
    weight = total or len(given)
    points = sum(POINT * score * parts[code] for code, score in given.items())
    return (2 * points + weight) // (2 * weight)


def overall(total: int) -> int:
    """A total in whole points, rounded half up, as lists and the JSON interface of one score have it."""
    return min(max((total + POINT // 2) // POINT, LOWEST_SCORE), HIGHEST_SCORE)


def mean_total(totals: Sequence[int]) -> int | None:
    """The mean of several reviews in thousandths, rounded half up; None: there is none."""
    return (2 * sum(totals) + len(totals)) // (2 * len(totals)) if totals else None


def spread_of(totals: Sequence[int]) -> int:
    """Thousandths between the highest and the lowest review."""
    return max(totals) - min(totals) if totals else 0


def marks_problems(marks: Mapping[str, Mark], codes: Collection[str], *, is_sent: bool) -> dict[str, list[str]]:
    """Say everything that is wrong with the marks of a review, by field of its form; a draft may have gaps."""
    faults: dict[str, list[str]] = {}
    for code, mark in marks.items():
        if code not in codes:
            faults["score"] = [Sentence("“%(given)s” is no criterion of this call.", given=code[:40])]
            continue
        if mark.score is not None and (wrong := score_problem(mark.score)):
            faults[f"score_{code}"] = [wrong]
        faults |= too_long({f"comment_{code}": (mark.comment, LONGEST_REMARK)})
    if is_sent:
        for code in codes:
            if marks.get(code, Mark()).score is None:
                faults.setdefault(f"score_{code}", [Sentence("Please give a score for this criterion.")])
    return faults


def spread_evenly(
    applications: Sequence[A],
    reviewers: Sequence[R],
    each: int,
    *,
    assigned: Collection[tuple[A, R]],
    barred: Collection[tuple[A, R]],
) -> list[tuple[A, R]]:
    """
    Which reviewers to add so that each application has `each` of them, with as even a load as conflicts allow.

    Those applications that fewest may review come first; each takes whoever has least to do. What is assigned stays.
    """
    load = {one: sum(1 for _, reviewer in assigned if reviewer == one) for one in reviewers}
    barred, taken = set(barred), set(assigned)
    has = {application: sum(1 for other, _ in taken if other == application) for application in applications}
    free = {
        application: [one for one in reviewers if (application, one) not in barred | taken]
        for application in applications
    }
    order = {one: place for place, one in enumerate(reviewers)}
    added: list[tuple[A, R]] = []
    for application in sorted(applications, key=lambda one: len(free[one])):
        for reviewer in sorted(free[application], key=lambda one: (load[one], order[one]))[
            : max(0, each - has[application])
        ]:
            load[reviewer] += 1
            added.append((application, reviewer))
    return added
