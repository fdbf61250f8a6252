"""An attacker who knows who did what, and reads all pages, files and reports of a year, is certain of nobody's gender."""

import pytest

from eventhub.speakers.rules import Counts
from tests.statistics.attacker import Told, told_of
from tests.statistics.worlds import Event, Slot, World, build, each_by_itself, read, some_world

NOBODY = {"w": [], "m": []}
#: Random years of which the attacker tells somebody where every group is looked at by itself.
SEEDS = (2, 4, 10, 11, 13, 19, 20, 24)


def people(letters: str) -> dict[int, str]:
    """What people stated, by their numbers."""
    return dict(enumerate(letters))


def of(first: int, last: int) -> set[int]:
    """People by number, the last one left out."""
    return set(range(first, last))


#: Forty women and men of whom everybody can be exchanged with somebody, then one man; years that tell of him.
CROWD = people("w" * 23 + "m" * 17 + "m")
YEARS = {
    "one man listens while everybody else speaks": World(CROWD, [Event(listed={40}, slots=[Slot(n) for n in of(0, 40)])]),
    "one man is at the assembly only as a speaker": World(
        CROWD, [Event("general_assembly", listed=of(0, 40), slots=[Slot(40)])]
    ),
    "one man is listed beside a head count": World(
        people("w"), [Event(heads=Counts(12, 15)), Event(slots=[Slot(0)])]
    ),
    "everybody was in the lab but one man": World(CROWD, [Event(listed=of(0, 41))], [of(0, 40)]),
}  # fmt: skip


@pytest.mark.parametrize("name", YEARS)
async def test_nobody_follows_from_a_year_in_which_one_person_differs(database, name):
    world = YEARS[name]
    await build(world)
    assert told_of(world.genders, await read(world)) == NOBODY


@pytest.mark.parametrize("name", YEARS)
def test_somebody_would_follow_from_each_of_these_years_if_every_group_were_looked_at_by_itself(name):
    assert told_of(YEARS[name].genders, each_by_itself(YEARS[name])) != NOBODY


@pytest.mark.parametrize("seed", SEEDS)
async def test_nobody_follows_from_random_years(database, seed):
    world = some_world(seed)
    await build(world)
    assert told_of(world.genders, await read(world)) == NOBODY


@pytest.mark.parametrize("seed", SEEDS)
def test_somebody_would_follow_from_random_years_if_every_group_were_looked_at_by_itself(seed):
    """The control: the attacker finds somebody in each of the random years."""
    world = some_world(seed)
    assert told_of(world.genders, each_by_itself(world)) != NOBODY


async def test_a_year_in_which_everybody_can_be_exchanged_is_shown(database):
    """The other control: it is not that nothing is shown."""
    world = World(
        people("wm" * 30), [Event(listed=of(0, 60), slots=[Slot(n) for n in of(0, 30)]), Event(listed=of(20, 60))]
    )
    await build(world)
    rows: list[Told] = await read(world)
    assert {"speakers", "attendances", "unique_people", "led_attendances"} <= {row.name for row in rows}
    assert told_of(world.genders, rows) == NOBODY
