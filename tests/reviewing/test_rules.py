"""The weighted mean of a review, the mean of several, and who reviews what."""

from collections import Counter
from itertools import pairwise

import pytest

from eventhub.reviewing.rules import (
    Mark,
    marks_problems,
    mean_of,
    mean_total,
    overall,
    spread_evenly,
    spread_of,
)

WEIGHTS = {"need": 50, "team": 30, "reach": 20}


def test_a_total_is_the_weighted_mean_in_thousandths() -> None:
    assert mean_of({"need": Mark(5), "team": Mark(3), "reach": Mark(1)}, WEIGHTS) == 3600
    assert mean_of({"need": Mark(5), "team": Mark(4)}, WEIGHTS) == 4625  # (5 * 50 + 4 * 30) / 80


def test_it_is_rounded_half_up() -> None:
    assert mean_of({"a": Mark(1), "b": Mark(2)}, {"a": 1, "b": 2}) == 1667
    assert mean_total([1000, 1001]) == 1001


def test_what_has_no_score_or_is_no_criterion_is_left_out() -> None:
    assert mean_of({"need": Mark(None, "Later."), "gone": Mark(5)}, WEIGHTS) is None
    assert mean_of({"need": Mark(2), "gone": Mark(5)}, WEIGHTS) == 2000


def test_criteria_without_any_weight_count_alike() -> None:
    assert mean_of({"a": Mark(1), "b": Mark(4)}, {"a": 0, "b": 0}) == 2500


@pytest.mark.parametrize(("total", "points"), [(1000, 1), (1499, 1), (1500, 2), (4500, 5), (5000, 5), (0, 1)])
def test_a_total_in_whole_points_lies_between_one_and_five(total: int, points: int) -> None:
    assert overall(total) == points


def test_disagreement_is_the_distance_of_the_farthest() -> None:
    assert spread_of([1000, 4200, 3000]) == 3200
    assert spread_of([]) == 0
    assert mean_total([]) is None


def test_what_is_sent_has_a_score_for_every_criterion_and_a_draft_need_not() -> None:
    marks = {"need": Mark(5)}
    assert marks_problems(marks, WEIGHTS, is_sent=False) == {}
    assert set(marks_problems(marks, WEIGHTS, is_sent=True)) == {"score_team", "score_reach"}


def test_every_fault_of_a_mark_is_said() -> None:
    marks = {"need": Mark(6), "team": Mark(0, "x" * 2001), "gone": Mark(1)}
    assert set(marks_problems(marks, WEIGHTS, is_sent=False)) == {"score_need", "score_team", "comment_team", "score"}


def test_the_load_is_even() -> None:
    added = spread_evenly(range(31), ["a", "b", "c", "d"], 2, assigned=(), barred=())
    assert len(added) == len(set(added)) == 62
    assert all(number == 2 for number in Counter(application for application, _ in added).values())
    loads = sorted(Counter(reviewer for _, reviewer in added).values())
    assert loads[-1] - loads[0] <= 1


def test_what_was_asked_before_counts_and_conflicts_are_kept_to() -> None:
    added = spread_evenly([1, 2, 3], ["a", "b", "c"], 2, assigned={(1, "a")}, barred={(2, "a"), (3, "b")})
    assert (1, "a") not in added
    assert not {(2, "a"), (3, "b")} & set(added)
    assert Counter(application for application, _ in added) == {1: 1, 2: 2, 3: 2}


def test_where_conflicts_leave_too_few_as_many_as_there_are_are_asked() -> None:
    assert spread_evenly([1], ["a", "b"], 3, assigned=(), barred={(1, "a")}) == [(1, "b")]


def test_spreading_again_adds_nothing() -> None:
    first = spread_evenly(range(9), ["a", "b", "c"], 2, assigned=(), barred=())
    assert spread_evenly(range(9), ["a", "b", "c"], 2, assigned=first, barred=()) == []


def test_totals_are_in_order_of_their_scores() -> None:
    totals = [mean_of(dict.fromkeys(WEIGHTS, Mark(score)), WEIGHTS) for score in range(1, 6)]
    assert all(low < high for low, high in pairwise(total or 0 for total in totals))
