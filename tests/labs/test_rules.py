"""When members may apply, and what may become of an application."""

from datetime import UTC, datetime, timedelta

import pytest

from eventhub.labs.rules import (
    ApplicationStatus,
    CallState,
    application_problems,
    call_state,
    lab_problems,
    may_apply,
    may_change,
    may_decide,
    may_withdraw,
    score_problem,
)

OPENS = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
CLOSES = datetime(2026, 4, 1, 15, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        pytest.param(OPENS - SECOND, CallState.NOT_YET_OPEN, id="a second before it opens"),
        pytest.param(OPENS, CallState.OPEN, id="when it opens"),
        pytest.param(CLOSES - SECOND, CallState.OPEN, id="in the last second"),
        pytest.param(CLOSES, CallState.CLOSED, id="at the closing time itself"),
    ],
)
def test_a_call_is_open_from_its_opening_and_closed_at_its_closing_time(now: datetime, state: CallState) -> None:
    assert call_state(OPENS, CLOSES, now) is state


def test_members_apply_only_while_the_call_is_open() -> None:
    assert [may_apply(state) for state in (None, *CallState)] == [False, False, True, False]


@pytest.mark.parametrize(
    ("status", "change", "withdraw", "decide"),
    [
        (ApplicationStatus.DRAFT, True, True, False),
        (ApplicationStatus.SUBMITTED, True, True, True),
        (ApplicationStatus.ACCEPTED, False, True, True),
        (ApplicationStatus.WAITING, False, True, True),
        (ApplicationStatus.DECLINED, False, False, True),
        (ApplicationStatus.WITHDRAWN, False, False, False),
    ],
)
def test_what_may_be_done_with_an_application(
    status: ApplicationStatus, change: bool, withdraw: bool, decide: bool
) -> None:
    assert may_change(status, CallState.OPEN) is change
    assert may_change(status, CallState.CLOSED) is False
    assert may_withdraw(status) is withdraw
    assert may_decide(status) is decide


def test_a_lab_has_a_name_a_year_and_one_to_three_themes() -> None:
    assert lab_problems(name="Energy", year=2026, themes=["cohesion"], texts={}) == {}
    assert lab_problems(name="", year=1999, themes=[], texts={"place": ("x" * 201, 200)}) == {
        "name": ["Please give it a name."],
        "year": ["The year lies between 2000 and 2100."],
        "themes": ["Please choose one to three themes."],
        "place": ["This is too long; 200 characters is the most."],
    }
    assert "themes" in lab_problems(name="Energy", year=2026, themes=["a", "b", "c", "d"], texts={})


def test_an_application_needs_a_contact_and_a_reason_to_apply() -> None:
    assert application_problems(contact_name="", motivation="", offers="", needs="x" * 5001) == {
        "contact_name": ["Please give the name of the contact person."],
        "motivation": ["Please say why you apply."],
        "needs": ["This is too long; 5000 characters is the most."],
    }


def test_scores_lie_between_one_and_five() -> None:
    assert [score_problem(score) for score in (1, 5)] == [None, None]
    assert score_problem(0) == score_problem(6) == "A score lies between 1 and 5."
