from datetime import date

import pytest

from eventhub.outcomes.rules import is_overdue, months_after, outcome_problems, state_problems


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2024, 11, 30), 3, date(2025, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2026, 6, 15), 6, date(2026, 12, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day, months, expected):
    assert months_after(day, months) == expected


def test_two_weeks_after_it_was_due_it_is_overdue():
    assert not is_overdue(date(2026, 1, 1), date(2026, 1, 14))
    assert is_overdue(date(2026, 1, 1), date(2026, 1, 15))


def test_every_fault_of_an_outcome_is_said_at_once():
    faults = outcome_problems(title="", description="x" * 5001, state="perhaps", agreed_on=None, members=())
    assert set(faults) == {"title", "description", "state", "agreed_on", "members"}
    faults = outcome_problems(
        title="x" * 301, description="", state="done", agreed_on=date(1999, 1, 1), members=("a",) * 51
    )
    assert set(faults) == {"title", "agreed_on", "members"}
    assert outcome_problems(title="x", description="", state="done", agreed_on=date(2026, 1, 1), members=("a",)) == {}


def test_an_answer_needs_a_state_that_exists():
    assert set(state_problems("open", "x" * 2001)) == {"state", "note"}
    assert state_problems("dropped") == {}
