"""
An attacker of numbers by gender: finds everybody whose gender follows from what is shown, with certainty.

The attacker knows everything but genders: who attended what, who spoke, head
counts. What is not known of each group of people that were counted alike are
two whole numbers, its women and its men; what is shown are bounds on sums of
them. An integer programme (HiGHS) tells how many women or men there can be.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import highspy

from eventhub.speakers.rules import Counts
from eventhub.statistics.disclosure import SMALLEST_CELL, ShownCounts

W, M = "w", "m"
NO_HEADS = Counts()


@dataclass(frozen=True)
class Told:
    """One row of a table: how often each person is counted in it, the head counts in it, and what is shown."""

    name: str
    times: Mapping[Hashable, int]
    shown: ShownCounts
    heads: Counts = NO_HEADS


def told_of(genders: Mapping[Hashable, str], rows: Sequence[Told]) -> dict[str, list[Hashable]]:
    """
    People of whom is certain that they are no men (“w”), or no women (“m”), with those who are known as such.

    Args:
        genders: What each person stated: “w”, “m”, or “u” for everything else. Only to see whom it is worth asking about.
        rows: Everything that is shown, hidden rows left out.

    """
    shown = list(rows)
    alike: dict[tuple[int, ...], list[Hashable]] = defaultdict(list)
    for person in genders:
        times = tuple(row.times.get(person, 0) for row in shown)
        if any(times):
            alike[times].append(person)
    found: dict[str, list[Hashable]] = {W: [], M: []}
    if not shown:
        return found
    model = _model(list(alike), [len(people) for people in alike.values()], shown)
    for place, people in enumerate(alike.values()):
        stated = {genders[person] for person in people}
        for gender, other, column in ((W, M, 2 * place + 1), (M, W, 2 * place)):
            if gender in stated and other not in stated and _most(model, column) == 0:
                found[gender] += [person for person in people if genders[person] == gender]
    return found


def _model(alike: list[tuple[int, ...]], sizes: list[int], shown: list[Told]) -> highspy.Highs:
    """Columns: women and men of each group of people that are counted alike. Rows: what is shown, and that sizes are known."""
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    for size in sizes:
        for _ in (W, M):
            model.addCol(0.0, 0, size, 0, [], [])
    for column in range(2 * len(sizes)):
        model.changeColIntegrality(column, highspy.HighsVarType.kInteger)
    for place, size in enumerate(sizes):
        model.addRow(0, size, 2, [2 * place, 2 * place + 1], [1.0, 1.0])
    for position, row in enumerate(shown):
        times = {place: one[position] for place, one in enumerate(alike) if one[position]}
        everybody = sum(number * sizes[place] for place, number in times.items())
        columns, values = list(times), [float(one) for one in times.values()]
        assert row.shown.women is not None and row.shown.men is not None and row.shown.unknown is not None
        for shift, value, heads in ((0, row.shown.women, row.heads.women), (1, row.shown.men, row.heads.men)):
            least, most = max(value - 2, SMALLEST_CELL), value + 2
            model.addRow(least - heads, most - heads, len(columns), [2 * c + shift for c in columns], values)
        unknown = row.shown.unknown - row.heads.others - row.heads.undisclosed
        both = [2 * c for c in columns] + [2 * c + 1 for c in columns]
        model.addRow(everybody - unknown - 2, everybody - unknown + 2, len(both), both, values * 2)
    return model


def _most(model: highspy.Highs, column: int) -> int:
    """The most that a column can be; -1 where nothing fits at all."""
    model.changeColCost(column, 1.0)
    model.changeObjectiveSense(highspy.ObjSense.kMaximize)
    model.run()
    status = model.getModelStatus()
    best = round(model.getInfo().objective_function_value) if status == highspy.HighsModelStatus.kOptimal else -1
    model.changeColCost(column, 0.0)
    assert best >= 0, f"nothing fits: {model.modelStatusToString(status)}"
    return best
