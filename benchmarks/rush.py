"""
Many processes register, cancel, move, answer and resize at once; then SQL looks for broken promises.

    python benchmarks/rush.py --processes 4 --operations 20000 --database sqlite
    python benchmarks/rush.py --processes 4 --operations 20000 --database postgres

Each process draws from few people, few form keys and few events, so that the
same person, the same form and the last seat are fought for all the time. One
event has a single pool of seats, one has three (on site, online, reserved for
a member), and one offers its seats before it gives them.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

ROOT = Path(__file__).resolve().parent.parent
EVENTS = 3
#: Which of them has several pools of seats, and which offers its seats.
WITH_POOLS, OFFERING = 1, 2
MEMBER = "rush"
PEOPLE = 400
TASKS = 8
LETTERS = (
    "('registration_confirmed', 'registration_waitlisted', 'registration_promoted', 'registration_cancelled', "
    "'registration_pending', 'registration_offered', 'registration_lapsed', 'registration_replaced')"
)

#: What must hold between any two commands. Each statement gives the rows that break it.
PROMISES = {
    "the seats taken are those that people hold": (
        "SELECT p.id FROM seat_pool p WHERE taken <> "
        "(SELECT COUNT(*) FROM registration r WHERE r.pool = p.id AND r.status IN ('confirmed', 'offered'))"
    ),
    "nobody sits on a seat that does not exist": (
        "SELECT p.id FROM seat_pool p WHERE taken < 0 OR taken > capacity OR capacity < "
        "(SELECT COUNT(*) FROM registration r WHERE r.pool = p.id AND r.status IN ('confirmed', 'offered'))"
    ),
    "those counted as waiting are those who wait": (
        "SELECT p.id FROM seat_pool p WHERE waiting <> "
        "(SELECT COUNT(*) FROM registration r WHERE r.pool = p.id AND r.status = 'waitlisted')"
    ),
    "nobody waits beside a free seat": (
        "SELECT p.id FROM seat_pool p JOIN event e ON e.id = p.event WHERE e.status = 'published' "
        "AND p.waiting > 0 AND (p.capacity IS NULL OR p.taken < p.capacity)"
    ),
    "a reserved pool has no queue": (
        "SELECT id FROM seat_pool WHERE (region IS NOT NULL OR member IS NOT NULL) AND waiting > 0"
    ),
    "everybody attends as their seat is for": (
        "SELECT r.id FROM registration r JOIN seat_pool p ON p.id = r.pool "
        "WHERE r.status IN ('confirmed', 'offered', 'waitlisted') AND p.attends IS NOT NULL AND p.attends <> r.attends"
    ),
    "a person has one claim to a seat": (
        "SELECT event, person FROM registration WHERE status IN ('pending', 'confirmed', 'offered', 'waitlisted') "
        "GROUP BY event, person HAVING COUNT(*) > 1"
    ),
    "a form is one registration": (
        "SELECT event, submission_key FROM registration WHERE submission_key IS NOT NULL "
        "GROUP BY event, submission_key HAVING COUNT(*) > 1"
    ),
    "a place in the queue is given once": (
        "SELECT pool, queue_place FROM registration WHERE queue_place IS NOT NULL "
        "GROUP BY pool, queue_place HAVING COUNT(*) > 1"
    ),
    "each change has its letter, and each letter its change": (
        "SELECT r.event FROM registration r JOIN event e ON e.id = r.event JOIN person p ON p.id = r.person "
        "WHERE e.status = 'published' AND (p.outside_key IS NULL OR p.outside_key NOT LIKE 'erased:%') "
        "GROUP BY r.event HAVING SUM(r.version) <> "
        f"(SELECT COUNT(*) FROM letter l WHERE l.event = r.event AND l.kind IN {LETTERS})"
    ),
    "an address is one person": (
        "SELECT email_key FROM person WHERE email_key IS NOT NULL GROUP BY email_key HAVING COUNT(*) > 1"
    ),
}


async def broken_promises() -> list[str]:
    """The promises that the rows in the database break."""
    from eventhub.database import sql

    return [promise for promise, statement in PROMISES.items() if await sql(statement)]


async def set_up() -> list[str]:
    """A migrated database with a few events that take registrations; returns their slugs."""
    from eventhub.accounts.commands import add_account
    from eventhub.database import sql, utc_now
    from eventhub.events.commands import create_event, publish_event
    from eventhub.events.rules import EventFacts
    from eventhub.migrations import migrate
    from eventhub.registrations.pools import add_pool
    from eventhub.registrations.rules import PoolFacts

    await migrate()
    region = uuid4()
    await sql("INSERT INTO region (id, code, name) VALUES ({}, 'rush', 'Rush')", region)
    await sql(
        "INSERT INTO member (id, key, name, name_folded, kind, region, country, time_zone, language, "
        "language_confidence, joined_note, listed_in_2020, updated_at) VALUES ({}, {}, 'Rush', 'rush', 'member', {}, "
        "'ES', 'UTC', 'en', 'high', '', {}, {})",
        uuid4(), MEMBER, region, False, utc_now(),
    )  # fmt: skip
    account = await add_account("rush@example.org", name="Rush", role="programme", now=utc_now())
    slugs = []
    for number in range(EVENTS):
        facts = EventFacts(
            f"Rush {number}", "webinar", "online", "organised", date(2099, 1, 1), clock(9), time_zone="UTC",
            capacity=15 + 10 * number, offer_hours=1 if number == OFFERING else None,
        )  # fmt: skip
        if number == WITH_POOLS:
            facts = replace(facts, mode="hybrid", place="Rush")
        event = await create_event(facts, now=utc_now(), account_id=account)
        await publish_event(event.slug, now=utc_now(), account_id=account)
        if number == WITH_POOLS:
            for pool in (PoolFacts("Online", 10, attends="online"), PoolFacts("Rush", 5, member=MEMBER)):
                await add_pool(event.slug, pool, now=utc_now(), account_id=account)
        slugs.append(event.slug)
    return slugs


class Worker:
    """One process: some tasks, each doing one thing after the other."""

    def __init__(self, slugs: list[str], seed: int) -> None:
        self.slugs = slugs
        self.random = random.Random(seed)
        self.links: list[str] = []
        #: Registration to its place in which queue, for those who had to wait.
        self.places: dict[str, tuple[int, str]] = {}
        self.keys: list[UUID] = []
        self.done: Counter[str] = Counter()
        self.slow: list[float] = []

    async def run(self, operations: int) -> None:
        left = iter(range(operations))
        async with asyncio.TaskGroup() as group:
            for _ in range(TASKS):
                group.create_task(self._task(left))

    async def _task(self, left: Iterator[int]) -> None:
        from eventhub.errors import Refusal

        for _ in left:
            draw = self.random.random()
            do = (
                self._register if draw < 0.55
                else self._cancel if draw < 0.8
                else self._answer if draw < 0.88
                else self._move if draw < 0.94
                else self._lapse if draw < 0.97
                else self._resize
            )  # fmt: skip
            began = time.perf_counter()
            try:
                self.done[await do()] += 1
            except Refusal as refusal:
                self.done[type(refusal).__name__] += 1
            self.slow.append(time.perf_counter() - began)

    def tell(self, registration: Any) -> None:
        """Hear what was acknowledged to a person; benchmarks/kill.py writes it down."""

    async def _register(self) -> str:
        from eventhub.database import utc_now
        from eventhub.registrations.commands import NewRegistration, register_participant

        number = self.random.randrange(PEOPLE)
        key = f"form-{self.random.randrange(200)}" if self.random.random() < 0.2 else None
        gender = self.random.choice(("", "woman", "man"))
        slug = self.random.choice(self.slugs)
        attends = self.random.choice(("on_site", "online")) if slug == self.slugs[WITH_POOLS] else "online"
        member = MEMBER if number % 7 == 0 else ""
        new = NewRegistration(
            f"P {number}", f"p{number}@example.org", attends, gender, member=member, submission_key=key
        )
        done = await register_participant(slug, new, now=utc_now())
        self.tell(done.registration)
        self.keys.append(done.registration.id)
        self.links.append(done.manage_url.rpartition("/")[2])
        if done.is_new and done.registration.queue_place is not None:
            self.places[str(done.registration.id)] = (done.registration.queue_place, str(done.registration.pool))
        return "registered" if done.is_new else "registered before"

    async def _cancel(self) -> str:
        from eventhub.database import utc_now
        from eventhub.registrations.commands import cancel_by_link

        if not self.links:
            return "nothing"
        self.tell(await cancel_by_link(self.random.choice(self.links[-200:]), now=utc_now()))
        return "cancelled"

    async def _answer(self) -> str:
        from eventhub.database import utc_now
        from eventhub.registrations.pools import answer_offer

        if not self.links:
            return "nothing"
        await answer_offer(self.random.choice(self.links[-200:]), self.random.random() < 0.7, now=utc_now())
        return "answered"

    async def _move(self) -> str:
        from eventhub.database import utc_now
        from eventhub.registrations.pools import move_pool

        if not self.keys:
            return "nothing"
        attends = self.random.choice(("on_site", "online"))
        may_wait = self.random.random() < 0.3
        await move_pool(self.random.choice(self.keys[-200:]), attends, may_wait=may_wait, now=utc_now())
        return "moved"

    async def _lapse(self) -> str:
        """As if two hours had gone by for those who have not answered."""
        from eventhub.database import utc_now
        from eventhub.registrations.pools import lapse_offers

        await lapse_offers(utc_now() + timedelta(hours=2))
        return "lapsed"

    async def _resize(self) -> str:
        from eventhub.database import transaction, utc_now
        from eventhub.events.queries import event_by_slug
        from eventhub.registrations.seats import resize_pool

        event = await event_by_slug(self.random.choice(self.slugs))
        async with transaction():
            await resize_pool(event, self.random.randrange(10, 50), now=utc_now())
        return "resized"


async def work(slugs: list[str], operations: int, seed: int) -> dict[str, Any]:
    """What one process does, and what it saw."""
    from eventhub.database import close_pool, start_pool

    await start_pool()
    try:
        worker = Worker(slugs, seed)
        await worker.run(operations)
    finally:
        await close_pool()
    return {"done": worker.done, "places": worker.places, "slow": sorted(worker.slow)[-max(1, operations // 100) :]}


async def overtaken(places: dict[str, tuple[int, str]]) -> int:
    """People who still wait although somebody behind them in the same queue has got a seat."""
    from eventhub.database import sql

    rows = await sql("SELECT id, pool, status, queue_place FROM registration")
    promoted: dict[Any, int] = {}
    waiting: dict[Any, int] = {}
    for row in rows:
        place, pool = places.get(str(row["id"]), (0, ""))
        if row["status"] in ("confirmed", "offered") and str(row["pool"]) == pool:
            promoted[row["pool"]] = max(place, promoted.get(row["pool"], 0))
        elif row["status"] == "waitlisted":
            waiting[row["pool"]] = min(row["queue_place"], waiting.get(row["pool"], row["queue_place"]))
    return sum(1 for pool, place in waiting.items() if place < promoted.get(pool, 0))


async def look(places: dict[str, tuple[int, str]]) -> list[str]:
    """Everything that is wrong when all processes have ended."""
    from eventhub.database import close_pool, start_pool

    await start_pool()
    try:
        wrong = await broken_promises()
        if await overtaken(places):
            wrong.append("nobody is overtaken in the queue")
    finally:
        await close_pool()
    return wrong


def rush(url: str, *, processes: int, operations: int, seed: int = 1) -> dict[str, Any]:
    """
    Run it all in processes of its own against one empty database.

    Returns:
        What was done how often, what is broken, and how long it took.

    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")},
        "EVENTHUB_DATABASE_URL": url,
        "EVENTHUB_SECRET_KEY": "a key for the rush only, long enough to be taken",
        "PYTHONPATH": str(ROOT),
    }

    def start(*words: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(Path(__file__).resolve()), *map(str, words)]
        return subprocess.Popen(
            command,
            env=environment,
            cwd=tempfile.gettempdir(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def end(process: subprocess.Popen[str], said: str = "") -> Any:
        out, _ = process.communicate(said)
        if process.returncode:
            raise RuntimeError(f"a process of the rush ended with {process.returncode}")
        return json.loads(out)

    slugs = end(start("--do", "set-up"))
    began = time.perf_counter()
    each = operations // processes
    running = [start("--do", "work", "--operations", each, "--seed", seed * 1000 + n) for n in range(processes)]
    for process in running:
        process.stdin.write(json.dumps(slugs))  # type: ignore[union-attr]
        process.stdin.close()  # type: ignore[union-attr]
        process.stdin = None
    found = [end(process) for process in running]
    seconds = time.perf_counter() - began
    places = {key: place for one in found for key, place in one["places"].items()}
    done: Counter[str] = sum((Counter(one["done"]) for one in found), Counter())
    slowest = sorted(value for one in found for value in one["slow"])
    return {
        "broken": end(start("--do", "look"), json.dumps(places)),
        "done": dict(done),
        "per_second": each * processes / seconds,
        "slowest_percent_from": slowest[0],
        "slowest": slowest[-1],
    }


@contextlib.contextmanager
def a_database(kind: str) -> Iterator[str]:
    """The address of an empty database that is gone afterwards."""
    if kind == "postgres":
        sys.path.insert(0, str(ROOT))
        from tests.pgserver import postgres

        with postgres() as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="eventhub-rush-") as folder:
        yield f"sqlite:///{folder}/rush.sqlite"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--operations", type=int, default=2000, help="of all processes together")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--do", choices=["set-up", "work", "look"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.do == "set-up":
        print(json.dumps(asyncio.run(set_up())))
    elif given.do == "work":
        print(json.dumps(asyncio.run(work(json.load(sys.stdin), given.operations, given.seed))))
    elif given.do == "look":
        print(json.dumps(asyncio.run(look(json.load(sys.stdin)))))
    else:
        with a_database(given.database) as url:
            found = rush(url, processes=given.processes, operations=given.operations, seed=given.seed)
        for name, number in sorted(found["done"].items()):
            print(f"{number:8}  {name}")
        print(f"{found['per_second']:8.0f}  operations a second; the slowest took {found['slowest'] * 1000:.0f} ms")
        print("Promises broken: " + ("; ".join(found["broken"]) or "none"))
        raise SystemExit(1 if found["broken"] else 0)


if __name__ == "__main__":
    main()
