"""Terms in statutory bodies: who is entitled when, and which terms cannot be."""

from datetime import date

import pytest

from eventhub.bodies.rules import BODIES, Term, attendance_rate, entitled_on, overlap, term_problems

FIRST, LAST = date(2024, 6, 1), date(2026, 5, 31)
TERM = Term(FIRST, LAST)


def test_the_codes_of_bodies_are_the_kinds_of_their_meetings() -> None:
    assert [str(code) for code in BODIES] == [
        "general_assembly", "board_of_directors", "executive_committee", "regional_secretariat",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "holds"),
    [(date(2024, 5, 31), False), (FIRST, True), (date(2025, 1, 1), True), (LAST, True), (date(2026, 6, 1), False)],
)
def test_a_term_holds_from_its_first_to_its_last_day(day: date, holds: bool) -> None:
    assert entitled_on([TERM], day) == ([TERM] if holds else [])


def test_a_term_without_an_end_holds_until_the_member_leaves() -> None:
    assert Term(FIRST).holds_on(date(2099, 1, 1))
    gone = Term(FIRST, LAST, left_on=date(2025, 3, 1))
    assert (gone.holds_on(date(2025, 3, 1)), gone.holds_on(date(2025, 3, 2))) == (True, False)
    assert gone.last_day == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (Term(date(2026, 6, 1)), False),
        (Term(LAST), True),
        (Term(date(2020, 1, 1), date(2024, 5, 31)), False),
        (Term(date(2020, 1, 1), FIRST), True),
        (Term(date(2020, 1, 1)), True),
        (Term(date(2025, 1, 1), date(2025, 1, 1)), True),
    ],
)
def test_two_terms_overlap_when_they_share_a_day(other: Term, overlaps: bool) -> None:
    assert (overlap(TERM, other), overlap(other, TERM)) == (overlaps, overlaps)


def test_what_cannot_be_a_term_is_said_by_field() -> None:
    assert term_problems(TERM) == {}
    assert term_problems(Term(LAST, FIRST)) == {"ends_on": ["The end lies before the start."]}
    assert term_problems(Term(date(1900, 1, 1), date(9999, 1, 1))) == {
        "starts_on": ["The year lies between 1985 and 2100."],
        "ends_on": ["The year lies between 1985 and 2100."],
    }
    assert term_problems(Term(FIRST, left_on=date(2020, 1, 1))) == {
        "starts_on": ["The member has left the association on 2020-01-01."]
    }
    assert term_problems(Term(LAST), [TERM]) == {
        "starts_on": ["The member has this seat already from 2024-06-01 to 2026-05-31."]
    }
    assert term_problems(TERM, [Term(date(2020, 1, 1))]) == {
        "starts_on": ["The member has this seat already, since 2020-01-01 and without an end."]
    }


def test_the_attendance_rate_of_nobody_is_none() -> None:
    assert (attendance_rate(0, 0), attendance_rate(0, 4), attendance_rate(3, 4)) == (None, 0, 0.75)
