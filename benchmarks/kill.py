"""
Processes that register and cancel are killed in the middle of it; what they acknowledged must be there.

    python benchmarks/kill.py --rounds 100 --database sqlite
    python benchmarks/kill.py --rounds 100 --database postgres

Each round starts some processes on the same database, lets them acknowledge
for a moment, and kills them with SIGKILL. An acknowledged registration must
exist as it was acknowledged, or as a later version of itself; and none of the
promises of benchmarks/rush.py may be broken, so that nothing is half-written
(reliability, properties 14 to 17).
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.rush import Worker, a_database, broken_promises, set_up  # noqa: E402


class Acknowledging(Worker):
    """A worker that writes each answer down the moment it could be sent to a person."""

    def tell(self, registration: Any) -> None:
        line = json.dumps([str(registration.id), registration.version, str(registration.status)])
        os.write(1, f"{line}\n".encode())


async def work(slugs: list[str], seed: int) -> None:
    """Go on until killed."""
    from eventhub.database import start_pool

    await start_pool()
    await Acknowledging(slugs, seed).run(10**9)


async def what_is_wrong(acknowledged: list[tuple[str, int, str]]) -> list[str]:
    """Answers that are lost or were changed without a new version, and promises that are broken."""
    from eventhub.database import sql

    rows = await sql("SELECT id, version, status FROM registration")
    there = {str(row["id"]): (row["version"], row["status"]) for row in rows}
    wrong = await broken_promises()
    for key, version, status in acknowledged:
        stands, stands_as = there.get(key, (0, "lost"))
        if stands < version or (stands == version and stands_as != status):
            wrong.append(f"{key} was acknowledged as version {version}, {status}; it is {stands}, {stands_as}")
    return wrong


async def look(acknowledged: list[tuple[str, int, str]]) -> list[str]:
    """What is wrong after a kill, for a process of its own."""
    from eventhub.database import close_pool, start_pool

    await start_pool()
    try:
        return await what_is_wrong(acknowledged)
    finally:
        await close_pool()


def kill(url: str, *, rounds: int, processes: int = 3, seed: int = 1) -> dict[str, Any]:
    """
    Kill processes round after round on one database.

    Returns:
        How many answers were acknowledged, and what is wrong; after the first
        round in which something is, no other one is started.

    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")},
        "EVENTHUB_DATABASE_URL": url,
        "EVENTHUB_SECRET_KEY": "a key for the rush only, long enough to be taken",
        "PYTHONPATH": str(ROOT),
    }
    dice = random.Random(seed)

    def start(*words: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(Path(__file__).resolve()), *map(str, words)]
        return subprocess.Popen(
            command, env=environment, cwd=tempfile.gettempdir(), text=True, stdin=-1, stdout=-1, stderr=-1
        )

    def asked(process: subprocess.Popen[str], said: str = "") -> Any:
        out, err = process.communicate(said)
        if process.returncode:
            raise RuntimeError(err)
        return json.loads(out)

    slugs = asked(start("--do", "set-up"))
    acknowledged: list[Any] = []
    in_the_middle = 0
    for number in range(rounds):
        running = [start("--do", "work", "--seed", 1000 * seed + 10 * number + n) for n in range(processes)]
        for process in running:
            assert process.stdin
            process.stdin.write(json.dumps(slugs))
            process.stdin.close()
            process.stdin = None
        assert running[0].stdout
        first = running[0].stdout.readline()  # they are at work
        time.sleep(dice.uniform(0.05, 0.6))
        for process in running:
            process.kill()
        said = [
            first + (process.communicate()[0] or "") if process is running[0] else process.communicate()[0]
            for process in running
        ]
        lines = [line for text in said for line in text.splitlines(keepends=True) if line.endswith("\n")]
        if not lines:
            raise RuntimeError("nothing was acknowledged before the kill; a process may have failed to start")
        acknowledged += [json.loads(line) for line in lines]
        in_the_middle += sum(process.returncode == -9 for process in running)
        if wrong := asked(start("--do", "look"), json.dumps(acknowledged)):
            return {"rounds": number + 1, "kills": in_the_middle, "acknowledged": len(acknowledged), "wrong": wrong}
    return {"rounds": rounds, "kills": in_the_middle, "acknowledged": len(acknowledged), "wrong": []}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--do", choices=["set-up", "work", "look"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.do == "set-up":
        print(json.dumps(asyncio.run(set_up())))
    elif given.do == "work":
        asyncio.run(work(json.load(sys.stdin), given.seed))
    elif given.do == "look":
        print(json.dumps(asyncio.run(look(json.load(sys.stdin)))))
    else:
        with a_database(given.database) as url:
            found = kill(url, rounds=given.rounds, processes=given.processes, seed=given.seed)
        print(
            f"{found['rounds']} rounds, {found['kills']} processes killed at work, {found['acknowledged']} answers acknowledged."
        )
        print("Wrong: " + ("; ".join(found["wrong"]) or "nothing"))
        raise SystemExit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
