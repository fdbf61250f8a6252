"""Reads of plans: lines, measures, deliverables, and the events that are evidence for them."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.plans.rules import DeliverableStatus, code_order
from eventhub.words import Sentence


@dataclass(frozen=True)
class Deliverable:
    """What a measure promised, with the events that are evidence for it; those that were cancelled come last."""

    code: str
    name: str
    status: str
    events: tuple[Row, ...] = ()

    @property
    def evidence(self) -> int:
        """Events that are evidence: published or still drafts, never cancelled."""
        return sum(event["status"] != "cancelled" for event in self.events)


@dataclass(frozen=True)
class Measure:
    """A part of an action line."""

    code: str
    name: str
    deliverables: tuple[Deliverable, ...] = ()


@dataclass(frozen=True)
class PlanLine:
    """An action line with its measures."""

    code: str
    number: int
    name: str
    measures: tuple[Measure, ...] = ()

    @property
    def deliverables(self) -> tuple[Deliverable, ...]:
        """The deliverables of all its measures."""
        return tuple(one for measure in self.measures for one in measure.deliverables)


@dataclass(frozen=True)
class Plan:
    """A plan with its lines in order."""

    code: str
    lines: tuple[PlanLine, ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures of all its lines."""
        return tuple(measure for line in self.lines for measure in line.measures)

    @property
    def deliverables(self) -> tuple[Deliverable, ...]:
        """The deliverables of all its lines."""
        return tuple(one for line in self.lines for one in line.deliverables)

    @property
    def by_status(self) -> list[tuple[str, int]]:
        """How many deliverables stand where, in the order of the states; all states, also those of none."""
        counted = Counter(one.status for one in self.deliverables)
        return [(str(status), counted[status]) for status in DeliverableStatus]

    @property
    def with_evidence(self) -> int:
        """How many deliverables have at least one event as evidence."""
        return sum(one.evidence > 0 for one in self.deliverables)


async def plans() -> list[Plan]:
    """All plans, the newest first; four queries."""
    return await _plans("1 = 1", "1 = 1")


async def plan_by_code(code: str) -> Plan:
    """
    One plan by its years, such as 2018-2020; four queries.

    Raises:
        NotFound: there is none.

    """
    code = code.replace("\x00", " ")
    found = await _plans("a.plan = {}", "m.plan = {}", code)
    if not found:
        raise NotFound(Sentence("There is no such plan."))
    return found[0]


async def _plans(lines_where: str, measures_where: str, *values: Any) -> list[Plan]:
    lines = await sql(
        f"SELECT a.code AS code, a.plan AS plan, a.number AS number, a.name AS name FROM action_line a "
        f"WHERE {lines_where} ORDER BY a.plan DESC, a.number",
        *values,
    )
    measures = await sql(
        f"SELECT m.id AS id, m.code AS code, m.line AS line, m.name AS name FROM measure m WHERE {measures_where}",
        *values,
    )
    deliverables = await sql(
        "SELECT d.id AS id, d.measure AS measure, d.code AS code, d.name AS name, d.status AS status "
        f"FROM deliverable d JOIN measure m ON m.id = d.measure WHERE {measures_where}",
        *values,
    )
    evidence = await sql(
        "SELECT x.deliverable AS deliverable, e.slug AS slug, e.title AS title, e.language AS language, "
        "e.status AS status, e.starts_on AS starts_on FROM event_deliverable x JOIN event e ON e.id = x.event "
        f"JOIN deliverable d ON d.id = x.deliverable JOIN measure m ON m.id = d.measure WHERE {measures_where} "
        "ORDER BY CASE WHEN e.status = 'cancelled' THEN 1 ELSE 0 END, e.starts_on, e.slug",
        *values,
    )
    events: dict[Any, list[Row]] = defaultdict(list)
    for row in evidence:
        events[row["deliverable"]].append(row)
    promised: dict[Any, list[Deliverable]] = defaultdict(list)
    for row in sorted(deliverables, key=lambda row: code_order(row["code"])):
        one = Deliverable(row["code"], row["name"], row["status"], tuple(events[row["id"]]))
        promised[row["measure"]].append(one)
    parts: dict[str, list[Measure]] = defaultdict(list)
    for row in sorted(measures, key=lambda row: code_order(row["code"])):
        parts[row["line"]].append(Measure(row["code"], row["name"], tuple(promised[row["id"]])))
    found: dict[str, list[PlanLine]] = defaultdict(list)
    for row in lines:
        found[row["plan"]].append(PlanLine(row["code"], row["number"], row["name"], tuple(parts[row["code"]])))
    return [Plan(code, tuple(of_plan)) for code, of_plan in found.items()]
