"""What is shown of a group never tells anybody's gender, whatever else is known of it."""

import random
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from eventhub.speakers.rules import Counts
from eventhub.statistics.disclosure import (
    BEHIND,
    Crowd,
    ShownCounts,
    added,
    exact,
    may_be_shown,
    protected,
    rounded,
    shown_parts,
    shown_together,
    total,
)

NOTHING = ShownCounts(None, None, None, None, None, None, True)


@pytest.mark.parametrize(
    ("women", "men"),
    [(5, 4), (9, 0), (0, 9), (30, 4), (4, 30), (30, 0), (0, 30)],
    ids=["nine are too few", "nine women", "nine men", "four men", "four women", "no man", "no woman"],
)
def test_nothing_is_shown_of_small_and_of_nearly_uniform_groups(women, men):
    assert protected(Counts(women, men, 0, 7)) == NOTHING


def test_numbers_of_larger_groups_are_rounded_and_shares_are_those_of_the_rounded_numbers():
    assert protected(Counts(12, 13, 1, 1)) == ShownCounts(10, 15, 25, 0, 40, 60, True)
    assert protected(Counts(54, 46, 2, 2)) == ShownCounts(55, 45, 100, 5, 55, 45, True)


def test_small_bases_have_no_shares():
    assert protected(Counts(11, 13)) == ShownCounts(10, 15, 25, 0, None, None, True)


def test_a_data_steward_sees_numbers_as_they_are():
    assert exact(Counts(1, 2, 1, 3)) == ShownCounts(1, 2, 3, 4, 33, 67, False)
    assert exact(Counts()) == ShownCounts(0, 0, 0, 0, None, None, False)


def test_one_hidden_part_hides_all_parts():
    large, small = Counts(20, 20), Counts(3, 9)
    assert shown_parts([large, small, Counts()], is_exact=False) == [NOTHING] * 3
    assert shown_parts([large, large, Counts()], is_exact=False)[0].women == 20
    assert shown_parts([large, small], is_exact=True)[1].women == 3


def populations_of(what: ShownCounts, size: int) -> set[tuple[int, int, int]]:
    """All women, men and others that a group of this known size may have, given what is shown of it."""
    every = ((women, men, size - women - men) for women in range(size + 1) for men in range(size + 1 - women))
    return {
        (women, men, rest)
        for women, men, rest in every
        if (what.is_protected and protected(Counts(women, men, 0, rest)) == what)
        or (not what.is_protected and exact(Counts(women, men, 0, rest)) == what)
    }


def is_anybody_certain(found: set[tuple[int, int, int]]) -> bool:
    """Whether all populations agree that those who are known as women or men have one gender."""
    return all(men == 0 for _, men, _ in found) or all(women == 0 for women, _, _ in found)


@pytest.mark.parametrize("size", range(1, 31))
def test_an_attacker_who_knows_the_size_of_a_group_is_never_certain(size):
    recovered = [
        (women, men)
        for women in range(size + 1)
        for men in range(size + 1 - women)
        if women + men
        and is_anybody_certain(populations_of(protected(Counts(women, men, 0, size - women - men)), size))
    ]
    assert recovered == []


def test_the_attack_succeeds_on_exact_numbers():
    assert is_anybody_certain(populations_of(exact(Counts(12, 0, 0, 3)), 15))


def test_without_the_rule_on_small_cells_the_attack_succeeds_on_rounded_numbers():
    """The control: thirteen women of thirteen people are fifteen after rounding, which only thirteen women can be."""

    def careless(women: int, men: int) -> tuple[int, int]:
        return rounded(women), rounded(men)

    found = {(w, m, 13 - w - m) for w in range(14) for m in range(14 - w) if careless(w, m) == careless(13, 0)}
    assert is_anybody_certain(found)


def intervals(number: int) -> range:
    """Values that are shown as this multiple of five."""
    return range(max(5, number - 2), number + 3)


def test_a_whole_with_up_to_three_parts_leaves_room_for_both_in_the_rest():
    """10,000 random structures: what the attacker can derive of the people in no shown part."""
    chance = random.Random(7)  # noqa: S311
    attacked = 0
    for _ in range(10_000):
        parts = [Counts(chance.randint(0, 15), chance.randint(0, 15)) for _ in range(chance.randint(1, 3))]
        rest = Counts(chance.randint(0, 6), chance.randint(0, 6))
        whole = Counts(sum(p.women for p in parts) + rest.women, sum(p.men for p in parts) + rest.men)
        shown_whole, shown = protected(whole), [protected(part) for part in parts if may_be_shown(part)]
        if shown_whole.women is None or shown_whole.men is None or not shown:
            continue
        attacked += 1
        for rounded_whole, cells in (
            (shown_whole.women, [part.women or 0 for part in shown]),
            (shown_whole.men, [part.men or 0 for part in shown]),
        ):
            most_left = max(intervals(rounded_whole)) - sum(min(intervals(cell)) for cell in cells)
            assert most_left >= 1, (whole, parts)
    assert attacked > 3_000


def test_four_parts_of_a_whole_would_not_be_safe():
    """Why no more than three parts of a whole are shown beside it when others are hidden."""
    cells = [8, 8, 8, 8]
    assert rounded(sum(cells)) == 30
    assert max(intervals(30)) - sum(min(intervals(rounded(cell))) for cell in cells) == 0


def test_rounding_is_to_the_nearest_five():
    assert [rounded(number) for number in (0, 2, 3, 7, 8, 12, 13)] == [0, 0, 5, 5, 10, 10, 15]
    assert all(abs(rounded(number) - number) <= 2 for number, _ in product(range(200), range(1)))


def what_lies_between(whole: ShownCounts, part: ShownCounts, size: int) -> tuple[range, range]:
    """Women and men that may be between a part and its whole, whose exact sizes are known."""
    assert None not in (whole.women, whole.men, part.women, part.men)
    between = []
    for more, less in ((whole.women, part.women), (whole.men, part.men)):
        least = max(0, min(intervals(more)) - max(intervals(less)))
        between.append(range(least, min(size, max(intervals(more)) - min(intervals(less))) + 1))
    return between[0], between[1]


def tells_of_somebody(women: range, men: range, size: int) -> bool:
    """Whether everybody between them must be a woman, or a man, or one of the two is there for certain and alone."""
    return bool(size) and (
        women[0] >= size or men[0] >= size or (women[0] >= 1 and men[-1] == 0) or (men[0] >= 1 and women[-1] == 0)
    )


def structures(number: int) -> Iterator[tuple[Counts, Counts]]:
    """Parts with wholes that are up to twelve people larger."""
    chance = random.Random(11)  # noqa: S311
    for _ in range(number):
        part = Counts(chance.randint(5, 30), chance.randint(5, 30), 0, chance.randint(0, 4))
        more = Counts(chance.randint(0, 6), chance.randint(0, 6), 0, chance.choice((0, 0, 0, 2)))
        yield part, added(part, more)


def attacked(show: Callable[[Counts, Counts], tuple[ShownCounts, ShownCounts]]) -> int:
    """How often the attacker knows the gender of those between a part and its whole."""
    found = 0
    for part, whole in structures(10_000):
        of_part, of_whole = show(part, whole)
        if of_part.women is None or of_whole.women is None:
            continue
        size = whole.everybody - part.everybody
        women, men = what_lies_between(of_whole, of_part, size)
        found += not len(women) or not len(men) or tells_of_somebody(women, men, size)
    return found


def own_and_led(own: Counts, led: Counts, *, is_exact: bool = False) -> dict[str, ShownCounts]:
    """Numbers of people at own events, and of those at events led or co-led, each there once."""
    rest = Counts(led.women - own.women, led.men - own.men, led.others - own.others, led.undisclosed - own.undisclosed)
    crowd = Crowd({frozenset({"unique_people", "led_unique_people"}): own, frozenset({"led_unique_people"}): rest})
    groups = {"unique_people": own, "led_unique_people": led}
    return shown_together(groups, crowd, is_exact=is_exact)


def test_nobody_between_a_part_and_its_whole_can_be_told_of():
    def together(part: Counts, whole: Counts) -> tuple[ShownCounts, ShownCounts]:
        found = own_and_led(part, whole)
        return found["unique_people"], found["led_unique_people"]

    assert attacked(together) == 0


def test_groups_looked_at_each_by_itself_would_tell_of_somebody():
    """The control: 142 women are shown as 140 and 143 as 145, so that the one person between them is a woman."""
    assert attacked(lambda part, whole: (protected(part), protected(whole))) > 50


def test_of_two_groups_within_each_other_the_less_asked_for_is_hidden_and_both_are_shown_where_enough_lie_between():
    own, one_more, many_more = Counts(20, 20), Counts(21, 20), Counts(30, 30)
    near, far, same = own_and_led(own, one_more), own_and_led(own, many_more), own_and_led(own, own)
    assert [one.women for one in near.values()] == [20, None]
    assert [one.women for one in far.values()] == [20, 30]
    assert [one.women for one in same.values()] == [20, 20]
    assert own_and_led(own, one_more, is_exact=True)["led_unique_people"].women == 21


def at_events(*often: tuple[tuple[int, int, int, int], Counts]) -> dict[str, int | None]:
    """Women of the figures of attendances, given how often people were at events led, own, of learning, of campaigns."""
    codes = ("led_attendances", "attendances", "learning_attendances", "campaign_attendances")
    groups = {
        code: total(people for times, people in often for _ in range(times[place])) for place, code in enumerate(codes)
    }
    people = {
        frozenset(BEHIND[code] for place, code in enumerate(codes) if times[place]): people for times, people in often
    }
    crowd = Crowd(people, groups, dict(often))
    return {code: shown.women for code, shown in shown_together(groups, crowd, is_exact=False).items()}


def test_two_parts_that_leave_a_single_person_of_their_whole_are_not_both_shown():
    learning, campaign, one = Counts(12, 12), Counts(14, 14), Counts(1)
    enough = at_events(((1, 1, 1, 0), learning), ((1, 1, 0, 1), campaign))
    assert enough == {
        "led_attendances": 25, "attendances": 25, "learning_attendances": 10, "campaign_attendances": 15,
    }  # fmt: skip
    left = at_events(((1, 1, 1, 0), learning), ((1, 1, 0, 1), campaign), ((1, 1, 0, 0), one))
    assert left["campaign_attendances"] is None


def test_who_was_there_more_often_or_less_often_than_everybody_else_cannot_be_told():
    everybody, one = Counts(20, 20), Counts(0, 1)
    assert at_events(((2, 2, 0, 0), everybody))["attendances"] == 40
    assert at_events(((2, 2, 0, 0), everybody), ((1, 1, 0, 0), one))["attendances"] is None
    assert at_events(((1, 1, 0, 0), everybody), ((9, 9, 0, 0), one))["attendances"] is None


def test_many_attendances_of_few_people_are_few_people():
    assert at_events(((10, 10, 0, 0), Counts(2, 1)))["attendances"] is None


def test_a_table_is_shown_where_enough_are_in_one_of_its_rows_only():
    board, assembly = frozenset({"unique_people", "body_board"}), frozenset({"unique_people", "body_assembly"})

    def may_be_shown_too(**also: Counts) -> bool:
        people = {board: Counts(10, 10), assembly: Counts(10, 10)}
        people |= {frozenset({"unique_people", *groups.split("_and_")}): counts for groups, counts in also.items()}
        return Crowd(people).may_be_shown_too(["body_board", "body_assembly"], "unique_people")

    assert may_be_shown_too()
    assert not may_be_shown_too(in_none=Counts(1))
    assert not may_be_shown_too(body_board_and_body_assembly=Counts(1))
    assert may_be_shown_too(in_none=Counts(1), body_board_and_body_assembly=Counts(9, 9))


def test_labs_are_not_shown_where_all_of_them_together_are_not():
    labs = [Counts(10, 10), Counts(10, 10)]

    def women(everybody: Counts, *speakers: Counts) -> list[int | None]:
        people = {frozenset({"lab_participants"}): everybody}
        people |= {frozenset({"lab_participants", "speakers"}): one for one in speakers}
        return [one.women for one in Crowd(people).shown_parts(labs, "lab_participants")]

    assert women(Counts(20, 20)) == [10, 10]
    assert women(Counts(19, 20)) == [None, None], "somebody is in both labs"
    assert women(Counts(1, 0), Counts(19, 20)) == [None, None], "of all of them one did not speak"
