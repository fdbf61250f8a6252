"""The parity rule: counts in, a finding out."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.speakers.rules import (
    COUNTED_ROLES,
    COUNTED_STATUSES,
    Counts,
    LineUp,
    ParityResult,
    check,
    check_event,
    finding_of,
    needed_of_each,
    parity_problems,
)

BALANCED, UNBALANCED, UNKNOWN = ParityResult.BALANCED, ParityResult.UNBALANCED, ParityResult.UNKNOWN
NOT_APPLICABLE = ParityResult.NOT_APPLICABLE
NEEDED = {0: 0, 1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 3, 8: 4, 9: 4, 10: 4, 11: 5, 12: 5}
people = st.integers(0, 30)
shares = st.fractions(0, Fraction(1, 2))


def panel(women: int = 0, men: int = 0, others: int = 0, undisclosed: int = 0, title: str = "Opening") -> LineUp:
    counts = Counts(women, men, others, undisclosed)
    return LineUp(title, title, counts, counts)


def sentences(*line_ups: LineUp) -> list[str]:
    return [str(sentence) for sentence in parity_problems(line_ups)]


@pytest.mark.parametrize(("size", "needed"), NEEDED.items())
def test_the_smaller_group_needs_as_many_as_the_domain_says(size: int, needed: int) -> None:
    assert needed_of_each(size) == needed


@pytest.mark.parametrize("size", range(2, 13))
def test_every_mix_of_women_and_men_is_judged_by_the_smaller_group(size: int) -> None:
    for women in range(size + 1):
        finding = check(Counts(women, size - women))
        smaller = min(women, size - women)
        assert finding.result is (BALANCED if smaller >= NEEDED[size] else UNBALANCED)
        assert finding.missing == max(0, NEEDED[size] - smaller)


@pytest.mark.parametrize("counts", [c for c in product(range(7), repeat=3) if sum(c) <= 6], ids=str)
def test_people_who_are_not_known_are_tried_as_women_and_as_men(counts: tuple[int, int, int]) -> None:
    women, men, undisclosed = counts
    answers = set()
    for filled in product("wm", repeat=undisclosed):
        all_women, all_men = women + filled.count("w"), men + filled.count("m")
        answers.add(min(all_women, all_men) >= NEEDED[all_women + all_men])
    if sum(counts) < 2:
        expected = NOT_APPLICABLE
    else:
        expected = UNKNOWN if len(answers) == 2 else BALANCED if answers == {True} else UNBALANCED
    for others in (0, 1, 5):
        assert check(Counts(women, men, others, undisclosed)).result is expected


@settings(deadline=None)
@given(people, people, people, people, shares)
def test_women_and_men_are_treated_alike(women: int, men: int, others: int, unknown: int, share: Fraction) -> None:
    one, other = check(Counts(women, men, others, unknown), share), check(Counts(men, women, others, unknown), share)
    assert (one.result, one.missing, one.single_gender) == (other.result, other.missing, other.single_gender)
    swapped = {"women": "men", "men": "women", "": ""}
    assert women == men or one.missing_group == swapped[other.missing_group]


@settings(deadline=None)
@given(people, people, shares)
def test_one_more_of_the_smaller_group_never_unbalances_a_panel(women: int, men: int, share: Fraction) -> None:
    smaller, larger = sorted((women, men))
    if check(Counts(smaller, larger), share).result is BALANCED:
        assert check(Counts(smaller + 1, larger), share).result is BALANCED


@settings(deadline=None)
@given(people, people, shares)
def test_as_many_as_the_finding_says_are_missing(women: int, men: int, share: Fraction) -> None:
    finding = check(Counts(women, men), share)
    if finding.result is UNBALANCED:
        smaller, size = min(women, men), women + men
        assert smaller + finding.missing == needed_of_each(size, share)
        assert finding.missing_group == ("women" if women < men else "men")


@settings(deadline=None)
@given(people, people, people)
def test_non_binary_people_are_in_neither_group(women: int, men: int, others: int) -> None:
    assert check(Counts(women, men, others)).result is check(Counts(women, men)).result


def test_moderators_and_those_who_declined_do_not_count() -> None:
    assert set(COUNTED_ROLES) == {"speaker", "panellist", "keynote"}
    assert set(COUNTED_STATUSES) == {"invited", "confirmed"}


def test_a_woman_who_only_moderates_does_not_balance_a_panel_of_men() -> None:
    line_up = LineUp("1", "Opening", Counts(men=2), with_moderators=Counts(women=1, men=2))
    assert finding_of(line_up).result is UNBALANCED


def test_one_speaker_and_a_moderator_are_a_panel_with_nothing_to_check() -> None:
    line_up = LineUp("1", "Talk", Counts(men=1), with_moderators=Counts(women=1, men=1))
    assert (line_up.is_panel, finding_of(line_up).result) == (True, NOT_APPLICABLE)


def test_one_speaker_is_no_panel() -> None:
    assert not panel(men=1).is_panel
    assert sentences(panel(men=1)) == []


@pytest.mark.parametrize("share", [Fraction(51, 100), Fraction(1), Fraction(2, 3)])
def test_a_share_that_no_panel_could_meet_is_refused(share: Fraction) -> None:
    with pytest.raises(ValueError, match=r"^the minimum share cannot be above 1/2$"):
        needed_of_each(4, share)
    with pytest.raises(ValueError, match="above 1/2"):
        check(Counts(2, 2), share)


def test_a_share_of_a_half_lets_odd_panels_differ_by_one() -> None:
    assert [needed_of_each(size, Fraction(1, 2)) for size in range(2, 8)] == [1, 1, 2, 2, 3, 3]
    assert [needed_of_each(size, Fraction(0)) for size in range(2, 8)] == [0] * 6


@pytest.mark.parametrize(
    ("line_up", "sentence"),
    [
        (panel(men=3), "“Opening” has one gender only, 0 women and 3 men; it needs at least 1 of each: 1 woman is missing."),
        (panel(women=2), "“Opening” has one gender only, 2 women and 0 men; it needs at least 1 of each: 1 man is missing."),
        (panel(men=6), "“Opening” has one gender only, 0 women and 6 men; it needs at least 3 of each: 3 women are missing."),
        (panel(women=1, men=3), "“Opening” has 1 woman and 3 men; it needs at least 2 of each: 1 woman is missing."),
        (panel(women=5, men=1), "“Opening” has 5 women and 1 man; it needs at least 3 of each: 2 men are missing."),
        (panel(men=2, others=1), "“Opening” has 0 women and 2 men; it needs at least 1 of each: 1 woman is missing."),
        (panel(men=1, undisclosed=1), "“Opening” cannot be judged: 0 women and 1 man, and 1 person whose gender is not known. A panel of 2 needs at least 1 of each."),
        (panel(undisclosed=2), "“Opening” cannot be judged: 0 women and 0 men, and 2 people whose gender is not known. A panel of 2 needs at least 1 of each."),
    ],
)  # fmt: skip
def test_the_sentence_says_what_is_missing(line_up: LineUp, sentence: str) -> None:
    assert sentences(line_up) == [sentence]


def test_panels_of_one_gender_come_first_then_the_others_by_title() -> None:
    found = sentences(
        panel(undisclosed=2, title="A"),
        panel(women=1, men=3, title="C"),
        panel(women=1, men=3, title="B"),
        panel(women=1, men=1, title="D"),
        panel(men=2, title="Z"),
    )
    assert [sentence[1] for sentence in found] == ["Z", "B", "C", "A"]


def test_a_panel_that_is_switched_off_with_a_reason_is_not_checked() -> None:
    counts = Counts(women=4)
    line_up = LineUp("1", "Leadership for women", counts, counts, exempt_reason="Meant for women.")
    assert finding_of(line_up).result is NOT_APPLICABLE
    assert sentences(line_up) == []


def test_a_reason_for_the_whole_event_switches_everything_off() -> None:
    counts = Counts(women=4)
    found = check_event([panel(women=4)], everybody=counts, political=counts, exempt_reason="Meant for women.")
    assert (found.result, found.event.result, found.political.result) == (NOT_APPLICABLE,) * 3
    assert (found.problems, found.holding_back) == ((), frozenset())


@pytest.mark.parametrize(
    ("panels", "result"),
    [
        ([], NOT_APPLICABLE),
        ([panel(men=1)], NOT_APPLICABLE),
        ([panel(1, 1)], BALANCED),
        ([panel(1, 1), panel(undisclosed=2)], UNKNOWN),
        ([panel(1, 1), panel(undisclosed=2), panel(men=2)], UNBALANCED),
    ],
)
def test_the_event_is_as_good_as_its_worst_panel(panels: list[LineUp], result: ParityResult) -> None:
    assert check_event(panels, everybody=Counts(), political=Counts()).result is result


def test_the_event_and_its_political_level_are_checked_beside_the_panels() -> None:
    found = check_event([panel(1, 1)], everybody=Counts(1, 4), political=Counts(0, 2))
    assert (found.result, found.event.result, found.political.result) == (BALANCED, UNBALANCED, UNBALANCED)
    assert found.problems == ()
