"""Processes are killed in the middle of their work, and nothing that was acknowledged is lost."""

from uuid import uuid4

import pytest

from benchmarks.kill import kill, what_is_wrong
from benchmarks.rush import a_database
from tests.make import an_event, registered


def test_what_was_acknowledged_is_there_after_a_kill(pytestconfig: pytest.Config) -> None:
    """The same as `python benchmarks/kill.py`, which takes a longer run."""
    with a_database(pytestconfig.getoption("--db")) as url:
        found = kill(url, rounds=2, processes=2)
    assert (found["wrong"], found["kills"]) == ([], 4)
    assert found["acknowledged"] > 5


async def test_the_look_after_a_kill_finds_what_is_lost_or_half_written(database: None) -> None:
    """The control: an answer that was acknowledged too early is noticed."""
    event = await an_event()
    there = (await registered(event, "Ada Example")).registration
    true = (str(there.id), 1, "confirmed")
    assert await what_is_wrong([true]) == []
    lost, other = (str(uuid4()), 1, "confirmed"), (str(there.id), 1, "waitlisted")
    later = (str(there.id), 2, "cancelled")
    assert len(await what_is_wrong([true, lost, other, later])) == 3
