import asyncio

from benchmarks.postman_kill import kill
from benchmarks.rush import a_database


async def test_postmen_who_are_killed_at_work_lose_no_letter_and_rename_none(pytestconfig):
    """`benchmarks/postman_kill.py` does it a hundred times."""

    def killed() -> dict[str, object]:
        with a_database(pytestconfig.getoption("--db")) as url:
            return kill(url, rounds=3, letters=30)

    found = await asyncio.to_thread(killed)

    assert (found["kills"], found["written"], found["lost"], found["renamed"]) == (3, 90, 0, 0)
    assert found["standing"] == {"sent": 90}
    # one for each death, unless the machine is so slow that connections do not wait for each other
    assert found["extra"] <= 9
    assert found["most"] <= 4
