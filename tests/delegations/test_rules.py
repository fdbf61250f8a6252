"""Parts, quotas, who takes a seat, and quorum."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from eventhub.bodies.rules import BODIES
from eventhub.delegations.rules import (
    QUORUM_RULES,
    Part,
    QuorumRule,
    Quota,
    Seen,
    closing,
    lacking,
    part_problem,
    places_left,
    quorum,
    quorum_sentence,
    takes_the_seat,
)

HALF = QuorumRule(Fraction(1, 2), more_than=True)
TWO_THIRDS = QuorumRule(Fraction(2, 3), more_than=False)


def test_the_head_is_one_of_the_delegates():
    quota = Quota(delegates=2)
    assert part_problem(Part.DELEGATE, {"head": 1}, quota) is None
    assert (
        part_problem(Part.DELEGATE, {"head": 1, "delegate": 1}, quota)
        == "The quota is 2 delegates, the head included, and it is used up."
    )
    assert part_problem(Part.HEAD, {"delegate": 2}, quota) is not None


def test_there_is_one_head():
    assert (
        part_problem(Part.HEAD, {"head": 1}, Quota())
        == "The delegation has a head already. Give that person another part first."
    )


def test_observers_have_a_quota_of_their_own():
    assert part_problem(Part.OBSERVER, {"delegate": 9}, Quota(0, 1)) is None
    assert part_problem(Part.OBSERVER, {"observer": 1}, Quota(0, 1)) == "The quota is 1 observer, and it is used up."
    assert part_problem(Part.OBSERVER, {"observer": 500}, Quota(0, None)) is None


def test_each_delegate_may_have_one_replacement():
    assert part_problem(Part.REPLACEMENT, {"head": 1, "replacement": 1}, Quota(2)) is None
    assert (
        part_problem(Part.REPLACEMENT, {"replacement": 2}, Quota(2))
        == "There is one replacement for each delegate, so 2 at most."
    )


def test_nobody_may_come_where_the_quota_is_nought():
    for part in (Part.HEAD, Part.DELEGATE, Part.OBSERVER, Part.REPLACEMENT):
        assert part_problem(part, {}, Quota(0, 0)) is not None


def test_what_a_delegation_lacks_is_said_in_sentences():
    assert lacking({}, Quota()) == ["Nobody is named yet."]
    assert lacking({"delegate": 1}, Quota()) == ["The delegation has no head."]
    assert lacking({"head": 1, "delegate": 4}, Quota(4, 0)) == ["1 delegate is above the quota."]
    assert lacking({"head": 2}, Quota(4, 0)) == ["The delegation has 2 heads; one is right."]
    assert lacking({"head": 1, "observer": 3, "replacement": 3}, Quota(1, 1)) == [
        "2 observers are above the quota.",
        "2 replacements are above the quota.",
    ]
    assert lacking({"head": 1}, Quota(1, 0)) == []


def test_how_many_can_still_be_named():
    assert places_left({"head": 1}, Quota(3, 1)) == [
        "2 more delegates can be named.",
        "1 more observer can be named.",
    ]
    assert places_left({"head": 1, "delegate": 5}, Quota(3, 0)) == [
        "All delegates are named.",
        "No more observers can be named.",
    ]
    assert places_left({}, Quota()) == [
        "The number of delegates is not limited.",
        "The number of observers is not limited.",
    ]


def test_a_desk_closes_at_its_deadline_and_at_the_latest_when_the_event_begins():
    early, late = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC)
    assert closing(early, late) == early
    assert closing(late, early) == early
    assert closing(None, late) == late
    assert closing(None, None) is None


def test_the_head_takes_the_seat_and_where_absent_a_replacement():
    head = Seen("head", confirmed=True, present=False)
    first, second = Seen("replacement", True, True), Seen("replacement", True, True)
    assert takes_the_seat([first, head], present=False) is head
    assert takes_the_seat([first, second, head], present=True) is first


def test_observers_and_delegates_never_take_the_seat():
    people = [Seen("observer", True, True), Seen("delegate", True, True), Seen("head", False, False)]
    assert takes_the_seat(people, present=True) is None
    assert takes_the_seat(people, present=False) is None


def test_a_colleague_without_a_part_takes_the_seat_only_where_nobody_has_one():
    alone = Seen(None, True, True)
    assert takes_the_seat([alone], present=True) is alone
    assert takes_the_seat([alone, Seen("observer", False, False)], present=True) is None
    assert takes_the_seat([], present=True) is None


@pytest.mark.parametrize(
    ("entitled", "rule", "needed"),
    [(35, HALF, 18), (34, HALF, 18), (2, HALF, 2), (1, HALF, 1), (0, HALF, 0), (6, TWO_THIRDS, 4), (7, TWO_THIRDS, 5)],
)
def test_how_many_seats_a_quorum_needs(entitled: int, rule: QuorumRule, needed: int):
    assert rule.needed(entitled) == needed


def test_a_quorum_is_reached_with_the_last_seat_and_not_before():
    assert not quorum(35, 17, HALF).is_reached
    assert quorum(35, 17, HALF).missing == 1
    assert quorum(35, 18, HALF).is_reached
    assert not quorum(0, 0, HALF).is_reached


def test_every_statutory_body_has_a_rule():
    assert set(QUORUM_RULES) == {str(body) for body in BODIES}


def test_the_quorum_is_told_in_one_sentence():
    assert quorum_sentence(quorum(5, 1, HALF), present=True) == (
        "The quorum is not reached: 2 seats are missing. 1 of 5 are present, and 3 are needed."
    )
    assert quorum_sentence(quorum(5, 3, HALF), present=True) == (
        "The quorum is reached: 3 of 5 seats are present, and 3 are needed."
    )
    assert quorum_sentence(quorum(5, 2, HALF), present=False) == (
        "For the quorum 1 more seat must be confirmed: 2 of 5 are, and 3 are needed."
    )
    assert quorum_sentence(quorum(5, 4, HALF), present=False) == (
        "The quorum is in sight: 4 of 5 seats are confirmed, and 3 are needed."
    )
    assert quorum_sentence(quorum(0, 0, HALF), present=True).startswith("No member has a seat")
