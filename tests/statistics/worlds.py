"""Small years to attack: people, events and labs that lie within one another but for a few."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from eventhub.bodies.rules import BODIES
from eventhub.database import sql, transaction
from eventhub.reports.building import report_of
from eventhub.reports.parts import words
from eventhub.speakers.rules import Counts
from eventhub.statistics.disclosure import ShownCounts, protected
from eventhub.statistics.parity_queries import parity_in
from eventhub.statistics.queries import as_seen, figures_of
from eventhub.statistics.scopes import LEARNING_KINDS
from tests.make import NOW, a_member
from tests.statistics.attacker import Told
from tests.statistics.rows import (
    a_head_count,
    a_lab,
    a_lab_participant,
    a_registration,
    a_round,
    a_slot,
    an_event,
    an_item,
)

YEAR = 2022
STATED = {"w": "woman", "m": "man"}
REGIONS = ("europe", "africa", "")
KINDS = ("forum", "forum", "webinar", "congress", "general_assembly", "board_of_directors", "bilateral")


@dataclass(frozen=True)
class Slot:
    """Somebody speaks."""

    person: int
    level: str = "technical"
    region: str = ""


@dataclass
class Event:
    """A published event of ours: who is on its list, who speaks, and heads where there is no list."""

    kind: str = "forum"
    campaign: int | None = None
    listed: set[int] = field(default_factory=set)
    slots: list[Slot] = field(default_factory=list)
    heads: Counts | None = None

    @property
    def there(self) -> set[int]:
        """Everybody with a name."""
        return self.listed | {slot.person for slot in self.slots}


@dataclass
class World:
    """A year. What people stated by their numbers: “w”, “m”, or “u” for nothing."""

    genders: dict[int, str]
    events: list[Event]
    labs: list[set[int]] = field(default_factory=list)
    experts: set[int] = field(default_factory=set)


async def build(world: World) -> None:
    """Write a world into the database."""
    members = {code: await a_member(f"City of {code}", region=code) for code in REGIONS if code}
    people = {one: uuid4() for one in world.genders}
    async with transaction():
        for one, new in people.items():
            await sql(
                "INSERT INTO person (id, name, email, email_key, organisation, country, language, created_at) "
                "VALUES ({}, {}, NULL, NULL, '', '', 'en', {})", new, f"Person {one}", NOW,
            )  # fmt: skip
            if world.genders[one] in STATED:
                await sql(
                    "INSERT INTO gender_statement (person, gender, source, purpose, consent_version, consent_language, "
                    "stated_at) VALUES ({}, {}, 'self', 'statistics', '2026-11', 'en', {})",
                    new, STATED[world.genders[one]], NOW,
                )  # fmt: skip
        campaigns: dict[int | None, UUID | None] = {None: None}
        for number in sorted({event.campaign for event in world.events if event.campaign is not None}):
            new = campaigns[number] = uuid4()
            await sql(
                "INSERT INTO campaign (id, slug, title, theme, description, starts_on, ends_on, is_public, created_at) "
                "VALUES ({}, {}, {}, '', '', {}, {}, {}, {})",
                new, f"number-{number}", f"Number {number}", date(YEAR, 1, 1), date(YEAR, 12, 31), True, NOW,
            )  # fmt: skip
        for number, event in enumerate(world.events):
            new = await an_event(
                f"Event {number}", date(YEAR, 2, 1), kind=event.kind, campaign=campaigns[event.campaign]
            )
            for one in event.listed:
                await a_registration(new, people[one])
            if event.slots:
                item = await an_item(new)
                for slot in event.slots:
                    await a_slot(item, people[slot.person], members.get(slot.region), level=slot.level)
            if event.heads:
                await a_head_count(new, event.heads.women, event.heads.men)
        if world.labs:
            lab_round = await a_round(YEAR)
            for number, lab in enumerate(world.labs, start=1):
                new = await a_lab(lab_round, number, f"Lab {number}")
                for one in lab:
                    await a_lab_participant(new, people[one], members["europe"])
                for one in world.experts if number == 1 else ():
                    await a_lab_participant(new, people[one], members["europe"], role="expert")


def counted(world: World) -> dict[str, tuple[Counter[int], Counts]]:
    """How often each person is in each group that tables count, and the heads in it: from the world alone."""
    own = [event for event in world.events if event.kind != "bilateral"]
    groups = {
        "attendances": own,
        "led_attendances": world.events,
        "learning_attendances": [event for event in own if event.kind in LEARNING_KINDS],
        "campaign_attendances": [event for event in own if event.campaign is not None],
    }
    for number in sorted({event.campaign for event in own if event.campaign is not None}):
        groups[f"campaign {number}"] = [event for event in own if event.campaign == number]
    found: dict[str, tuple[Counter[int], Counts]] = {}
    for name, events in groups.items():
        heads = [event.heads for event in events if event.heads and not event.listed]
        found[name] = (
            Counter(one for event in events for one in event.there),
            Counts(sum(one.women for one in heads), sum(one.men for one in heads)),
        )
    once: dict[str, set[int]] = defaultdict(set)
    once["unique_people"] = _together(event.there for event in own)
    once["led_unique_people"] = _together(event.there for event in world.events)
    once["learning_people"] = _together(event.there for event in groups["learning_attendances"])
    for event in own:
        once[f"body {event.kind}"] |= event.listed
        for slot in event.slots:
            for name in ("speakers", f"kind {event.kind}", f"region {slot.region}", f"level {slot.level}"):
                once[name].add(slot.person)
            if event.kind in LEARNING_KINDS:
                once["learning_experts"].add(slot.person)
    once["political_speakers"] = once["political_people"] = once["level political"]
    once["experts"] = once["speakers"] | world.experts
    once["lab_participants"] = _together(world.labs)
    once |= {f"lab {number}": lab for number, lab in enumerate(world.labs, start=1)}
    return found | {name: (Counter(people), Counts()) for name, people in once.items()}


def _together(sets: Iterable[set[int]]) -> set[int]:
    return set().union(*sets)


def each_by_itself(world: World) -> list[Told]:
    """What would be shown if every group were looked at by itself."""
    rows = []
    for name, (times, heads) in counted(world).items():
        said = Counter[str]()
        for person, number in times.items():
            said[world.genders[person]] += number
        shown = protected(Counts(said["w"] + heads.women, said["m"] + heads.men, 0, said["u"]))
        if shown.women is not None:
            rows.append(Told(name, times, shown, heads))
    return rows


async def read(world: World) -> list[Told]:
    """Every number by gender that a reader is shown: figures, labs, parity of the year, report."""
    figures = as_seen(await figures_of(YEAR), is_exact=False)
    shown = {one.code: one.shown for one in figures.figures if one.shown}
    shown |= {f"lab {lab.number}": lab.shown for lab in figures.labs}
    for by, groups in (await parity_in(YEAR, small_groups=False)).groups.items():
        for group in groups:
            if group.counts:
                numbers = (group.counts.women, group.counts.men, group.known, group.unknown)
                shown[f"{by} {group.code}"] = ShownCounts(*numbers, None, None, True)
    report = await report_of(YEAR, is_exact=False)
    tables = {table.code: table for _, table in report.tables}
    shown["political_people"] = _shown(tables["gender_people"].rows[2][2:])
    bodies = {str(words(body)): body for body in BODIES}
    for cells in tables["gender_bodies"].rows if "gender_bodies" in tables else ():
        shown[f"body {bodies[str(cells[0])]}"] = _shown(cells[2:])
    for code, table in tables.items():
        if code.startswith("campaign_number_") and code.endswith("_people"):
            shown[f"campaign {code.split('_')[2]}"] = _shown(table.rows[0][1:])
    found = counted(world)
    return [Told(name, found[name][0], one, found[name][1]) for name, one in shown.items() if one.women is not None]


def _shown(cells: tuple[Any, ...]) -> ShownCounts:
    women, men, women_pct, men_pct, known, unknown = cells
    return ShownCounts(women, men, known, unknown, women_pct, men_pct, True)


def some_world(seed: int) -> World:
    """A year whose groups lie within one another but for a few people; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    weights = chance.choice(((5, 5, 0), (5, 5, 1), (7, 3, 1), (3, 7, 0)))
    everybody = list(range(chance.randint(24, 60)))
    genders = {one: chance.choices("wmu", weights)[0] for one in everybody}

    def some(few: int) -> set[int]:
        """All but a few, a few, or any."""
        number = chance.randint(0, few)
        return set(chance.sample(everybody, chance.choice((len(everybody) - number, number, chance.choice(everybody)))))

    events = []
    for _ in range(chance.randint(1, 4)):
        event = Event(chance.choice(KINDS), None, some(3))
        if event.kind != "bilateral":
            event.campaign = chance.choice((None, None, 1, 2))
        if not event.listed and chance.random() < 0.5:
            event.heads = Counts(chance.randint(5, 20), chance.randint(5, 20))
        if chance.random() < 0.8:
            technical, african = some(12), some(12)
            event.slots = [
                Slot(one, "technical" if one in technical else "political", "africa" if one in african else "europe")
                for one in some(3)
            ]
        events.append(event)
    number = chance.choice((0, 0, 1, 2, 3, 4))
    labs = [
        set(everybody[place::number]) | set(chance.sample(everybody, chance.randint(0, 2))) for place in range(number)
    ]
    outside = sorted(set(everybody) - labs[0]) if labs else []
    return World(genders, events, labs, set(outside[: chance.randint(0, 3)]))
