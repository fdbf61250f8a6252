"""
The best cohort within bounds, proven: a 0/1 programme for HiGHS.

Scores are whole thousandths, so an answer whose upper bound is less than one
thousandth above it is the best there is; `Choice.is_proven` says so, and what
HiGHS gives is counted again in whole numbers. See docs/decisions/0016-cohort-solver.md.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import highspy
import numpy

from eventhub.cohorts.rules import MINUTES_A_DAY, Bound, BoundKind, Candidate, Task, has_scores, is_met

#: Alternatives shown at most, and how much of the best score each must have, in thousandths.
MOST_ALTERNATIVES, NEARLY = 3, 970


class NotProven(RuntimeError):
    """The solver gave no answer that can be trusted; it never should."""


@dataclass(frozen=True)
class Choice:
    """
    Applications by task and key; `score` without the bonus of preferences; thousandths of a point.

    Where nothing has a score, `value` is a thousand for each place that is filled.
    """

    chosen: Mapping[str, frozenset[str]]
    score: int
    value: int
    upper: float

    @property
    def is_proven(self) -> bool:
        """Whether no other choice can have more."""
        return self.upper < self.value + 1


@dataclass(frozen=True)
class Price:
    """What a bound costs: thousandths of a point that the best cohort without it has more, and who is in that one."""

    task: str
    bound: Bound
    lost: int
    without: Choice


@dataclass(frozen=True)
class Contradiction:
    """One of the bounds that cannot hold together, and the number with which it could."""

    task: str
    bound: Bound
    possible: int | None


class Why:
    """Why an application is in or out; `bounds` are those that made the difference."""

    BY_SCORE = "by_score"
    BY_BOUND = "by_bound"
    UNSCORED = "unscored"
    TOGETHER = "together"
    DECIDED = "decided"


@dataclass(frozen=True)
class Reason:
    """
    One application of a task, and why it is in or out.

    Args:
        rank: Its place by score among all, 1 for the highest; 0 where nothing has a score.
        bounds: For BY_BOUND, each of them alone made the difference.

    """

    key: str
    is_in: bool
    rank: int
    why: str
    bounds: tuple[Bound, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """The best choice within the bounds, or, without one, the bounds that contradict each other."""

    best: Choice | None
    unbounded: Choice | None
    prices: tuple[Price, ...] = ()
    alternatives: tuple[Choice, ...] = ()
    reasons: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def price_of_balance(self) -> int:
        """Thousandths of a point by which the unbounded best is ahead."""
        return self.unbounded.value - self.best.value if self.best and self.unbounded else 0


def propose(tasks: Sequence[Task], *, most_labs: int | None = None) -> Proposal:
    """
    Propose the best cohorts of one lab or of a whole round.

    Where nothing has a score yet, as many places are filled as the bounds allow: with the preferences of members,
    then evenly by region, then by lot; see `Candidate.lot`.

    Args:
        tasks: One for each lab; at most one application of a member for each is meant by a bound, not here.
        most_labs: In how many labs of the round one member may be; None: in any.

    Raises:
        NotProven: the solver failed.

    """
    tasks = [replace(task, candidates=tuple(sorted(task.candidates, key=lambda one: one.lot))) for task in tasks]
    best = _solve(tasks, most_labs)
    if best is None:
        return Proposal(None, None, contradictions=_contradictions(tasks, most_labs))
    unbounded = _solve([replace(task, bounds=_needed(task)) for task in tasks], most_labs) or best
    prices = []
    for task in tasks:
        for bound in task.bounds:
            if bound.kind in (BoundKind.SIZE, BoundKind.DECIDED):
                continue
            without = _solve(_without(tasks, task.key, bound), most_labs)
            if without is None:
                raise NotProven("fewer bounds cannot fit worse")
            prices.append(Price(task.key, bound, without.value - best.value, without))
    return Proposal(
        best,
        unbounded,
        tuple(prices),
        _alternatives(tasks, most_labs, best),
        {task.key: _reasons(task, best, unbounded, prices, is_scored=has_scores(tasks)) for task in tasks},
    )


def _needed(task: Task) -> tuple[Bound, ...]:
    """What holds also where nothing is balanced: the size, and what people have decided."""
    return tuple(bound for bound in task.bounds if bound.kind in (BoundKind.SIZE, BoundKind.DECIDED))


def _without(tasks: Sequence[Task], key: str, bound: Bound) -> list[Task]:
    return [
        replace(task, bounds=tuple(one for one in task.bounds if one is not bound)) if task.key == key else task
        for task in tasks
    ]


def _alternatives(tasks: Sequence[Task], most_labs: int | None, best: Choice) -> tuple[Choice, ...]:
    """Other choices of nearly the same score, each unlike all the others by a tenth of the cohort or more."""
    found: list[Choice] = []
    unlike = max(1, sum(map(len, best.chosen.values())) // 10)
    while len(found) < MOST_ALTERNATIVES:
        other = _solve(tasks, most_labs, unlike=[(one, unlike) for one in (best, *found)])
        if other is None or other.value * 1000 < best.value * NEARLY:
            break
        found.append(other)
    return tuple(found)


def _reasons(
    task: Task, best: Choice, unbounded: Choice, prices: Iterable[Price], *, is_scored: bool
) -> tuple[Reason, ...]:
    own = [price for price in prices if price.task == task.key]
    has_decisions = any(bound.kind is BoundKind.DECIDED for bound in task.bounds)
    ranked = sorted(task.candidates, key=lambda one: (-one.score - one.bonus, one.lot))
    reasons = []
    bounds: tuple[Bound, ...]
    for rank, one in enumerate(ranked, 1):
        is_in = one.key in best.chosen[task.key]
        if has_decisions and one.decided is not None:
            why, bounds = Why.DECIDED, ()
        elif is_in == (one.key in unbounded.chosen[task.key]):
            why, bounds = (Why.BY_SCORE if is_scored else Why.UNSCORED), ()
        else:
            bounds = tuple(
                price.bound for price in own if price.lost > 0 and (one.key in price.without.chosen[task.key]) != is_in
            )
            why = Why.BY_BOUND if bounds else Why.TOGETHER
        reasons.append(Reason(one.key, is_in, rank if is_scored else 0, why, bounds))
    return tuple(reasons)


def _contradictions(tasks: Sequence[Task], most_labs: int | None) -> tuple[Contradiction, ...]:
    """A smallest set of bounds that cannot hold together: none of them can be left out without the rest fitting."""
    everything = [(task.key, bound) for task in tasks for bound in task.bounds]
    kept = list(everything)
    for one in everything:
        fewer = [other for other in kept if other is not one]
        if _solve(_with_only(tasks, fewer), most_labs) is None:
            kept = fewer
    return tuple(Contradiction(key, bound, _possible(tasks, most_labs, key, bound)) for key, bound in kept)


def _with_only(tasks: Sequence[Task], kept: Sequence[tuple[str, Bound]]) -> list[Task]:
    return [replace(task, bounds=tuple(bound for key, bound in kept if key == task.key)) for task in tasks]


def _possible(tasks: Sequence[Task], most_labs: int | None, key: str, bound: Bound) -> int | None:
    """The number nearest to what was asked with which this bound fits all the others; None: none does."""

    def fits(changed: Bound) -> bool:
        asked = [
            replace(task, bounds=tuple(changed if one is bound else one for one in task.bounds))
            if task.key == key
            else task
            for task in tasks
        ]
        return _solve(asked, most_labs) is not None

    if bound.kind is BoundKind.DECIDED:
        return None
    top = {BoundKind.WOMEN: 100, BoundKind.HOURS: 24}.get(bound.kind, max(len(task.candidates) for task in tasks))
    if bound.at_least is not None:
        most = None if bound.at_most == bound.at_least else bound.at_most
        if (low := _nearest(lambda n: fits(replace(bound, at_least=n, at_most=most)), bound.at_least, 0)) is not None:
            return low
    if bound.at_most is not None:
        least = None if bound.at_most == bound.at_least else bound.at_least
        return _nearest(lambda n: fits(replace(bound, at_least=least, at_most=n)), bound.at_most, top)
    return None


def _nearest(fits: Callable[[int], bool], asked: int, easiest: int) -> int | None:
    """The number nearest to `asked` that fits, given that what is nearer to `easiest` fits more."""
    if not fits(easiest):
        return None
    hard, easy = asked, easiest
    while abs(hard - easy) > 1:
        middle = (hard + easy) // 2
        hard, easy = (hard, middle) if fits(middle) else (middle, easy)
    return easy


_Row = tuple[float, float, dict[int, int]]
_NONE = math.inf


def _solve(tasks: Sequence[Task], most_labs: int | None, unlike: Sequence[tuple[Choice, int]] = ()) -> Choice | None:
    """The choice of the highest value that keeps to every bound; None: there is none."""
    columns = [(task, one) for task in tasks for one in task.candidates]
    if not columns:
        empty = {task.key: frozenset[str]() for task in tasks}
        fits = not unlike and all(is_met(bound, (), ()) for task in tasks for bound in task.bounds)
        return Choice(empty, 0, 0, 0) if fits else None
    model = _Model([0] * len(columns))
    at = 0
    for task in tasks:
        places = range(at, at + len(task.candidates))
        at += len(task.candidates)
        for bound in task.bounds:
            _add(model, bound, dict(zip(places, task.candidates, strict=True)))
    if most_labs is not None:
        _limit_members(model, columns, most_labs)
    for other, by in unlike:
        same = {place: 1 for place, (task, one) in enumerate(columns) if one.key in other.chosen[task.key]}
        model.row(-_NONE, len(same) - by, same)
    reached: list[tuple[int, float]] = []
    for aim in _aims(model, tasks, columns):
        model.aim(aim)
        answer = model.solve()
        if answer is None and reached:
            raise NotProven("what had an answer has none with the same value")
        if answer is None:
            return None
        picked, upper = answer
        reached.append((sum(worth for place, worth in aim.items() if place in picked), upper))
        if not upper < reached[-1][0] + 1:
            raise NotProven("the solver stopped before it had proven its answer")
        model.row(reached[-1][0], _NONE, aim)
    chosen = {
        task.key: frozenset(one.key for place, (owner, one) in enumerate(columns) if owner is task and place in picked)
        for task in tasks
    }
    _check(tasks, chosen)
    score = sum(one.score for place, (_, one) in enumerate(columns) if place in picked)
    return Choice(chosen, score, *reached[0])


def _aims(model: "_Model", tasks: Sequence[Task], columns: Sequence[tuple[Task, Candidate]]) -> list[dict[int, int]]:
    """What is to be highest: worth by column; each aim counts only among what is best by those before it."""
    if has_scores(tasks):
        return [{place: one.worth for place, (_, one) in enumerate(columns)}]
    by_lot = sorted(range(len(columns)), key=lambda place: columns[place][1].lot, reverse=True)
    aims = [dict.fromkeys(range(len(columns)), 1000)]
    if any(one.bonus for _, one in columns):
        aims.append({place: one.bonus for place, (_, one) in enumerate(columns)})
    aims += [_evenness(model, columns), {place: worth for worth, place in enumerate(by_lot, 1)}]
    return aims


def _evenness(model: "_Model", columns: Sequence[tuple[Task, Candidate]]) -> dict[int, int]:
    """The second application of a region in one task adds less than the first, the third less than the second."""
    groups: dict[tuple[str, str], list[int]] = {}
    for place, (task, one) in enumerate(columns):
        groups.setdefault((task.key, one.region), []).append(place)
    worth: dict[int, int] = {}
    for group in groups.values():
        steps = [model.column() for _ in group]
        model.row(0, 0, {**dict.fromkeys(group, 1), **dict.fromkeys(steps, -1)})
        worth |= {step: len(columns) - number for number, step in enumerate(steps)}
    return worth


def _check(tasks: Sequence[Task], chosen: Mapping[str, frozenset[str]]) -> None:
    """Count again in whole numbers what the solver did in floating point."""
    for task in tasks:
        inside = [one for one in task.candidates if one.key in chosen[task.key]]
        outside = [one for one in task.candidates if one.key not in chosen[task.key]]
        for bound in task.bounds:
            if not is_met(bound, inside, outside):
                raise NotProven(f"the solver broke the bound {bound.kind}")


def _limit_members(model: "_Model", columns: Sequence[tuple[Task, Candidate]], most_labs: int) -> None:
    """In at most so many labs of the round one member may be; several applications to one lab are one lab."""
    members: dict[str, dict[str, list[int]]] = {}
    for place, (task, one) in enumerate(columns):
        members.setdefault(one.member, {}).setdefault(task.key, []).append(place)
    for labs in members.values():
        if len(labs) <= most_labs:
            continue
        used = {}
        for places in labs.values():
            lab = model.column()
            used[lab] = 1
            for place in places:
                model.row(-_NONE, 0, {place: 1, lab: -1})
        model.row(-_NONE, most_labs, used)


def _add(model: "_Model", bound: Bound, places: Mapping[int, Candidate]) -> None:
    """A bound as rows of the programme."""
    low = -_NONE if bound.at_least is None else bound.at_least
    high = _NONE if bound.at_most is None else bound.at_most
    match bound.kind:
        case BoundKind.DECIDED:
            for place, one in places.items():
                if one.decided is not None:
                    model.row(int(one.decided), int(one.decided), {place: 1})
        case BoundKind.WOMEN:
            if bound.at_least is not None:
                model.row(0, _NONE, {p: 100 * c.women - bound.at_least * (c.women + c.men) for p, c in places.items()})
            if bound.at_most is not None:
                model.row(-_NONE, 0, {p: 100 * c.women - bound.at_most * (c.women + c.men) for p, c in places.items()})
        case BoundKind.EACH_REGION | BoundKind.EACH_MEMBER:
            of_region = bound.kind is BoundKind.EACH_REGION
            groups: dict[str, dict[int, int]] = {}
            for place, one in places.items():
                groups.setdefault(one.region if of_region else one.member, {})[place] = 1
            for group in groups.values():
                model.row(-_NONE, high, group)
        case BoundKind.REGIONS:
            _add_regions(model, low, high, places)
        case BoundKind.HOURS:
            _add_hours(model, bound, places)
        case _:
            model.row(low, high, {place: 1 for place, one in places.items() if _counts(bound, one)})


def _counts(bound: Bound, one: Candidate) -> bool:
    match bound.kind:
        case BoundKind.REGION:
            return one.region == bound.key
        case BoundKind.NEWCOMERS:
            return one.is_newcomer
        case BoundKind.LANGUAGE:
            return bound.key in one.languages
        case _:
            return True


def _add_regions(model: "_Model", low: float, high: float, places: Mapping[int, Candidate]) -> None:
    """A region counts if and only if one of its applications is in."""
    regions: dict[str, list[int]] = {}
    for place, one in places.items():
        regions.setdefault(one.region, []).append(place)
    present = {}
    for group in regions.values():
        region = model.column()
        present[region] = 1
        model.row(-_NONE, 0, {region: 1, **dict.fromkeys(group, -1)})
        for place in group:
            model.row(-_NONE, 0, {place: 1, region: -1})
    model.row(low, high, present)


def _add_hours(model: "_Model", bound: Bound, places: Mapping[int, Candidate]) -> None:
    """Some clock of a candidate is the earliest, and who is in is no more than so many hours ahead of it."""
    offsets = sorted({one.offset % MINUTES_A_DAY for one in places.values()})
    if bound.at_most is not None and offsets:
        first = {offset: model.column() for offset in offsets}
        model.row(1, 1, dict.fromkeys(first.values(), 1))
        for place, one in places.items():
            near = [
                column
                for offset, column in first.items()
                if (one.offset - offset) % MINUTES_A_DAY <= 60 * bound.at_most
            ]
            model.row(-_NONE, 0, {place: 1, **dict.fromkeys(near, -1)})
    if bound.at_least:
        # no window of fewer hours holds everybody: whichever clock is first, somebody is farther ahead
        if not offsets:
            model.row(1, _NONE, {})
        for offset in offsets:
            far = {
                place: 1
                for place, one in places.items()
                if (one.offset - offset) % MINUTES_A_DAY > 60 * (bound.at_least - 1)
            }
            model.row(1, _NONE, far)


class _Model:
    """A 0/1 programme that is maximised: columns with their worth, rows with their sides."""

    def __init__(self, worth: Sequence[int]) -> None:
        self._worth = list(worth)
        self._rows: list[_Row] = []

    def column(self) -> int:
        """A helping column, worth nothing."""
        self._worth.append(0)
        return len(self._worth) - 1

    def aim(self, worth: Mapping[int, int]) -> None:
        """Make this the sum that is to be highest."""
        self._worth = [worth.get(column, 0) for column in range(len(self._worth))]

    def row(self, low: float, high: float, terms: Mapping[int, int]) -> None:
        """Keep the sum of the terms from `low` to `high`."""
        self._rows.append((low, high, {place: factor for place, factor in terms.items() if factor}))

    def solve(self) -> tuple[frozenset[int], float] | None:
        """The columns that are 1 in the best answer and its upper bound; None: no answer keeps to the rows."""
        solver = highspy.Highs()
        for option, value in (
            ("output_flag", False), ("threads", 1), ("random_seed", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.5),
            ("mip_feasibility_tolerance", 1e-9), ("time_limit", 60.0),
        ):  # fmt: skip
            solver.setOptionValue(option, value)
        solver.passModel(self._programme())
        solver.run()
        status = solver.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise NotProven(f"the solver stopped: {solver.modelStatusToString(status)}")
        values = solver.getSolution().col_value
        return frozenset(place for place, value in enumerate(values) if value > 0.5), solver.getInfo().mip_dual_bound

    def _programme(self) -> highspy.HighsLp:
        starts, places, factors = [0], list[int](), list[int]()
        for _, _, terms in self._rows:
            places += terms.keys()
            factors += terms.values()
            starts.append(len(places))
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = len(self._worth), len(self._rows)
        programme.sense_ = highspy.ObjSense.kMaximize
        programme.col_cost_ = numpy.array(self._worth, dtype=float)
        programme.col_lower_, programme.col_upper_ = numpy.zeros(len(self._worth)), numpy.ones(len(self._worth))
        programme.row_lower_ = numpy.array([low for low, _, _ in self._rows], dtype=float)
        programme.row_upper_ = numpy.array([high for _, high, _ in self._rows], dtype=float)
        programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        programme.a_matrix_.start_ = numpy.array(starts, dtype=numpy.int32)
        programme.a_matrix_.index_ = numpy.array(places, dtype=numpy.int32)
        programme.a_matrix_.value_ = numpy.array(factors, dtype=float)
        programme.integrality_ = [highspy.HighsVarType.kInteger] * len(self._worth)
        return programme
