"""The proposal is the best there is: compared with every choice there is, on cases small enough for that."""

from collections import Counter
from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.cohorts.rules import Bound, BoundKind, Candidate, Task, clock_spread, counted, is_met
from eventhub.cohorts.solver import Why, propose

numbers = st.integers(0, 4)
candidates = st.builds(
    Candidate,
    key=st.just(""),
    score=st.integers(1000, 5000),
    member=st.sampled_from("abcd"),
    region=st.sampled_from(["north", "south", "east"]),
    is_newcomer=st.booleans(),
    women=st.integers(0, 3),
    men=st.integers(0, 3),
    languages=st.frozensets(st.sampled_from(["en", "es", "fr"])),
    offset=st.sampled_from([-480, -300, 0, 60, 330, 540, 780]),
    bonus=st.sampled_from([0, 0, 250, 500]),
    decided=st.sampled_from([None, None, None, None, True, False]),
)


@st.composite
def bounds(draw: st.DrawFn) -> Bound:
    kind = draw(st.sampled_from([kind for kind in BoundKind if kind not in (BoundKind.SIZE, BoundKind.DECIDED)]))
    key = {BoundKind.REGION: ["north", "south", "east", "west"], BoundKind.LANGUAGE: ["en", "es", "fr", "pt"]}.get(kind)
    top = {BoundKind.WOMEN: 100, BoundKind.HOURS: 24}.get(kind, 4)
    least = (
        draw(st.none() | st.integers(0, top)) if kind not in (BoundKind.EACH_REGION, BoundKind.EACH_MEMBER) else None
    )
    most = draw(st.integers(least or 0, top)) if least is None or draw(st.booleans()) else None
    return Bound(kind, least, most, key=draw(st.sampled_from(key)) if key else "")


@st.composite
def tasks(draw: st.DrawFn, key: str = "lab", most: int = 8) -> Task:
    found = draw(st.lists(candidates, max_size=most))
    size = draw(st.integers(0, 5))
    given_ = (Bound(BoundKind.SIZE, size, draw(st.integers(size, 6))), *draw(st.lists(bounds(), max_size=4)))
    if draw(st.booleans()):
        given_ += (Bound(BoundKind.DECIDED),)
    return Task(key, tuple(replace(one, key=f"{key}{at}") for at, one in enumerate(found)), given_)


def every_choice(task: Task) -> list[tuple[Candidate, ...]]:
    """Each choice that keeps to the bounds, counted by nothing but `is_met`."""
    return [
        chosen
        for size in range(len(task.candidates) + 1)
        for chosen in combinations(task.candidates, size)
        if all(is_met(bound, chosen, [one for one in task.candidates if one not in chosen]) for bound in task.bounds)
    ]


def value(chosen: tuple[Candidate, ...]) -> int:
    return sum(one.score + one.bonus for one in chosen)


@settings(max_examples=150, deadline=None)
@given(task=tasks())
def test_no_choice_within_the_bounds_has_more(task: Task) -> None:
    found = propose([task])
    best = max(map(value, every_choice(task)), default=None)
    assert (found.best.value if found.best else None) == best
    if found.best is None:
        # none of the contradicting bounds can be spared: without any one of them the rest fits
        named = [one.bound for one in found.contradictions]
        assert named
        assert not every_choice(replace(task, bounds=tuple(named)))
        for one in named:
            assert every_choice(replace(task, bounds=tuple(bound for bound in named if bound is not one)))
        return
    for price in found.prices:
        rest = replace(task, bounds=tuple(bound for bound in task.bounds if bound is not price.bound))
        assert price.lost == max(map(value, every_choice(rest))) - best
    chosen = [found.best.chosen["lab"], *(one.chosen["lab"] for one in found.alternatives)]
    assert len(set(chosen)) == len(chosen)
    fitting = {frozenset(one.key for one in choice) for choice in every_choice(task)}
    assert set(chosen) <= fitting


@settings(max_examples=60, deadline=None)
@given(first=tasks("a", 5), second=tasks("b", 5), most_labs=st.integers(0, 2))
def test_a_round_is_the_best_of_all_its_labs_together(first: Task, second: Task, most_labs: int) -> None:
    def fits(pair: tuple[tuple[Candidate, ...], tuple[Candidate, ...]]) -> bool:
        members = [member for chosen in pair for member in {one.member for one in chosen}]
        return all(members.count(member) <= most_labs for member in members)

    pairs = filter(fits, product(every_choice(first), every_choice(second)))
    best = max((value(one) + value(other) for one, other in pairs), default=None)
    found = propose([first, second], most_labs=most_labs).best
    assert (found.value if found else None) == best


@settings(max_examples=60, deadline=None)
@given(task=tasks())
def test_the_possible_number_is_the_nearest_that_fits(task: Task) -> None:
    for one in propose([task]).contradictions:
        if one.possible is None or one.bound.at_least is None or one.bound.at_most is not None:
            continue
        for number in range(one.possible, one.bound.at_least + 1):
            changed = replace(one.bound, at_least=number)
            rest = replace(task, bounds=tuple(changed if bound is one.bound else bound for bound in task.bounds))
            assert bool(every_choice(rest)) == (number == one.possible)


@settings(max_examples=100, deadline=None)
@given(task=tasks())
def test_without_any_score_places_are_filled_as_well_as_the_bounds_allow(task: Task) -> None:
    task = replace(task, candidates=tuple(replace(one, score=0) for one in task.candidates))

    def order(chosen: tuple[Candidate, ...]) -> tuple[int, int, int]:
        regions = Counter(one.region for one in chosen)
        return len(chosen), sum(one.bonus for one in chosen), -sum(number**2 for number in regions.values())

    found, choices = propose([task]), every_choice(task)
    if not choices:
        assert found.best is None
        return
    assert found.best
    chosen = tuple(one for one in task.candidates if one.key in found.best.chosen["lab"])
    assert chosen in choices
    assert order(chosen) == max(map(order, choices))
    assert (found.best.score, found.best.value) == (0, 1000 * len(chosen))
    # what is first in the list, which is what was sent first, makes no difference
    turned = propose([replace(task, candidates=tuple(reversed(task.candidates)))])
    assert turned.best
    assert turned.best.chosen == found.best.chosen
    assert all(one.rank == 0 and one.why != Why.BY_SCORE for one in found.reasons["lab"])


def test_a_lab_without_applications_contradicts_no_bound_on_hours() -> None:
    size, hours = Bound(BoundKind.SIZE, None, 2), Bound(BoundKind.HOURS, at_most=4)
    found = propose([Task("lab", five(), (size,)), Task("other", (), (size, hours))])
    assert found.best
    assert found.best.chosen == {"lab": {"a", "b"}, "other": frozenset()}
    least = Bound(BoundKind.HOURS, at_least=1)
    assert propose([Task("lab", five(), (size,)), Task("other", (), (size, least))]).best is None


def test_a_place_is_filled_also_with_what_has_no_score_beside_scores() -> None:
    scored, other = Candidate("a", 4000, "a", "north"), Candidate("b", 0, "b", "north")
    found = propose([Task("lab", (scored, other), (Bound(BoundKind.SIZE, None, 2),))])
    assert found.best
    assert found.best.chosen == {"lab": {"a", "b"}}


def five(**more: int) -> tuple[Candidate, ...]:
    return (
        Candidate("a", 5000, "a", "north", men=2),
        Candidate("b", 4500, "b", "north", men=1),
        Candidate("c", 4000, "c", "north", men=1, women=1),
        Candidate("d", 3000, "d", "south", women=2, is_newcomer=True),
        Candidate("e", 2000, "e", "south", women=1),
    )


SIZE_3 = Bound(BoundKind.SIZE, 3, 3)


def test_the_price_of_balance_and_who_is_in_because_of_what() -> None:
    women = Bound(BoundKind.WOMEN, at_least=50)
    found = propose([Task("lab", five(), (SIZE_3, women))])
    assert found.best
    assert found.best.chosen == {"lab": {"a", "c", "d"}}
    assert (found.best.score, found.price_of_balance) == (12_000, 1_500)
    assert [(price.bound, price.lost) for price in found.prices] == [(women, 1_500)]
    reasons = {one.key: (one.is_in, one.rank, one.why, one.bounds) for one in found.reasons["lab"]}
    assert reasons == {
        "a": (True, 1, Why.BY_SCORE, ()),
        "b": (False, 2, Why.BY_BOUND, (women,)),
        "c": (True, 3, Why.BY_SCORE, ()),
        "d": (True, 4, Why.BY_BOUND, (women,)),
        "e": (False, 5, Why.BY_SCORE, ()),
    }


def test_bounds_that_cannot_hold_together_are_named_with_what_would_be_possible() -> None:
    newcomers, north = Bound(BoundKind.NEWCOMERS, at_least=2), Bound(BoundKind.REGION, at_least=1, key="north")
    found = propose([Task("lab", five(), (SIZE_3, newcomers, north))])
    assert found.best is None
    assert [(one.bound, one.possible) for one in found.contradictions] == [(newcomers, 1)]


def test_too_few_applications_say_how_many_there_are() -> None:
    size = Bound(BoundKind.SIZE, 9, 9)
    found = propose([Task("lab", five(), (size, Bound(BoundKind.NEWCOMERS, at_least=1)))])
    assert [(one.bound, one.possible) for one in found.contradictions] == [(size, 5)]


def test_what_people_decided_is_kept_and_said() -> None:
    task = Task(
        "lab",
        tuple(replace(one, decided={"e": True, "a": False}.get(one.key)) for one in five()),
        (SIZE_3, Bound(BoundKind.DECIDED)),
    )
    found = propose([task])
    assert found.best
    assert found.best.chosen == {"lab": {"b", "c", "e"}}
    assert {one.key for one in found.reasons["lab"] if one.why == Why.DECIDED} == {"a", "e"}


@pytest.mark.parametrize(
    ("offsets", "minutes"),
    [([], 0), ([60], 0), ([0, 60], 60), ([-480, 60], 540), ([780, -660], 0), ([-300, 540], 600), ([0, 480, 960], 960)],
)
def test_clocks_are_compared_the_short_way_round_the_day(offsets: list[int], minutes: int) -> None:
    assert clock_spread(offsets) == minutes
    chosen = [Candidate(str(at), 1, "m", "r", offset=offset) for at, offset in enumerate(offsets)]
    assert counted(Bound(BoundKind.HOURS, at_most=24), chosen) == -(-minutes // 60)
