"""
Measure EventHub against its limits, both in one run and by turns; print ratios.

    python -m benchmarks                     everything, a few minutes
    python -m benchmarks page registration   some of it
    python -m benchmarks --seconds 1 --rounds 3

A limit does the least that the same job takes: the same template without a
database, the same statements on the bare driver, the same letters from a bare
client. Machines differ; the ratio stays. Aims: docs/benchmarks.md.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import form_request, load, request

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = 16
#: Everybody who registers is another person, whatever the round.
_NUMBERS = itertools.count(1_000_000)


@dataclass
class Measured:
    """What one benchmark found; per second."""

    name: str
    ours: float
    limit: float
    ratio: float
    aim: float


@dataclass
class Given:
    """How long to measure."""

    seconds: float
    rounds: int


def environment(url: str, port: int, **more: str) -> dict[str, str]:
    """The settings of a measured process, and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")}
    return kept | {
        "EVENTHUB_DATABASE_URL": url,
        "EVENTHUB_BASE_URL": f"http://127.0.0.1:{port}",
        "EVENTHUB_SECRET_KEY": "a key for measurements only, long enough to be taken",
        "EVENTHUB_RATE_LIMITS": "off",
        "EVENTHUB_SERVE": "no-postman",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def pin(process_id: int, core: int) -> None:
    """Keep a process on one core, so that servers do not share it with the load."""
    if len(CORES) > 1:
        os.sched_setaffinity(process_id, {CORES[core]})


@contextlib.contextmanager
def serving(target: str, settings: dict[str, str], port: int, path: str, *, processes: int = 1) -> Iterator[int]:
    """A server in a process of its own, on the first core, or in several; ready when it answers."""
    command = [
        sys.executable, "-m", "uvicorn", target, "--factory", "--host", "127.0.0.1", "--port", str(port),
        "--loop", "uvloop", "--http", "httptools", "--log-level", "error", "--no-access-log", "--no-server-header",
        "--workers", str(processes),
    ]  # fmt: skip
    process = subprocess.Popen(command, env=settings, cwd=ROOT)
    if processes == 1:
        pin(process.pid, 0)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"{target} did not start") from None
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def run_here(code: str, settings: dict[str, str]) -> str:
    """Run a few lines in a process with other settings; returns what they print."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=settings, cwd=ROOT, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return done.stdout.strip()


SET_UP = """
import asyncio
from datetime import date, time
from eventhub.accounts.commands import add_account
from eventhub.database import close_pool, start_pool, utc_now
from eventhub.demo import load_demo
from eventhub.events.commands import create_event, publish_event
from eventhub.programme.commands import add_programme_item
from eventhub.events.queries import EventFilter, events, programme_of
from eventhub.events.rules import EventFacts, ItemFacts
from eventhub.migrations import migrate
from eventhub.speakers.commands import NewSpeaker, add_speaker

async def main():
    await migrate()
    await start_pool()
    now = utc_now()
    if "{what}" == "demo":
        await load_demo(now)
        found, _ = await events(EventFilter(public_only=True, status="published"), limit=500)
        sizes = [(len(await programme_of(event.id)), event.takes_registrations(now), event.slug) for event in found]
        print(max(sizes)[2])
    else:
        account = await add_account("bench@example.org", name="Bench", role="programme", now=now)
        facts = EventFacts("Rush", "webinar", "online", "organised", date(2099, 1, 1), time(9), date(2099, 1, 1), time(11), time_zone="Europe/Madrid")
        event = await create_event(facts, now=now, account_id=account)
        for number in range({items}):
            slot = time(9 + number // 60, number % 60), time(9 + number // 60, number % 60, 30)
            item = ItemFacts(f"Panel {number}", "panel", event.starts_on, slot[0], event.starts_on, slot[1], room=f"Room {number % 8}", description="Care, water and housing in the metropolis. " * 3)
            item = await add_programme_item(event.slug, item, now=now, account_id=account)
            for gender in ("woman", "man"):
                new = NewSpeaker(f"Speaker {number} {gender}", gender=gender, status="confirmed")
                await add_speaker(item.id, new, now=now, account_id=account)
        slugs = [(await publish_event(event.slug, now=now, account_id=account)).slug]
        for number in range(1, 50 if "{what}" == "fifty events" else 1):
            other = await create_event(facts, now=now, account_id=account)
            slugs.append((await publish_event(other.slug, now=now, account_id=account)).slug)
        print(",".join(slugs))
    await close_pool()
asyncio.run(main())
"""


def set_up(settings: dict[str, str], *, what: str = "one event", items: int = 0) -> str:
    """A migrated database with the demonstration data, or with one event of so many panels; returns a slug."""
    return run_here(SET_UP.replace("{what}", what).replace("{items}", str(items)), settings)


def by_turns(name: str, aim: float, given: Given, ours: Callable[[], float], limit: Callable[[], float]) -> Measured:
    """Let both work in turn, some rounds long after one to warm up; the median of the ratios of the rounds counts."""
    ours(), limit()
    pairs = []
    for number in range(given.rounds):
        pair = (ours(), limit()) if number % 2 == 0 else tuple(reversed((limit(), ours())))
        pairs.append(pair)
        print(f"  {name}: {pair[0]:7.0f} to {pair[1]:7.0f} a second", file=sys.stderr)
    return Measured(
        name,
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[0] / pair[1] for pair in pairs),
        aim,
    )


def page(given: Given) -> list[Measured]:
    """The public page of the demonstration event with the longest programme, and of one with 120 panels."""
    from tests.pgserver import postgres

    found = []
    for name, wanted in (("event page", {"what": "demo"}), ("programme of 120 items", {"items": 120})):
        with tempfile.TemporaryDirectory() as folder:
            found.append(_page(name, f"sqlite:///{folder}/bench.sqlite", given, **wanted))
        with postgres(durable=True) as url:
            found.append(_page(f"{name}, postgres", url, given, **wanted))
    return found


def _page(name: str, url: str, given: Given, **wanted: Any) -> Measured:
    port, other = free_port(), free_port()
    settings = environment(url, port)
    slug = set_up(settings, **wanted)
    settings["BENCHMARK_SLUG"] = slug
    path = f"/events/{slug}"
    with (
        serving("eventhub.server:create", settings, port, path),
        serving("benchmarks.limits:page", settings, other, path),
    ):

        def turn(port: int) -> Callable[[], float]:
            one = request("GET", path, host=f"127.0.0.1:{port}", headers={"Accept-Language": "en"})
            return lambda: (
                asyncio.run(
                    load(
                        port,
                        lambda _: itertools.repeat(one),
                        connections=CONNECTIONS,
                        seconds=given.seconds,
                        expect=200,
                    )
                ).per_second
            )

        return by_turns(name, 1.5, given, turn(port), turn(other))


@contextlib.contextmanager
def two_databases(kind: str) -> Iterator[list[str]]:
    """The addresses of two empty databases, ours and the limit's, that are gone afterwards."""
    from tests.pgserver import postgres

    names = ("ours", "limit")
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield [f"sqlite:///{folder}/{name}.sqlite" for name in names]
        return
    with postgres(durable=True) as base:
        for name in names:
            asyncio.run(_create_database(base, name))
        yield [base.replace("/postgres?", f"/{name}?") for name in names]


def registration(given: Given) -> list[Measured]:
    """A registration through its form, each of another person, at an event without a limit of seats."""
    found = []
    for kind in ("sqlite", "postgres"):
        with contextlib.ExitStack() as stack:
            urls = stack.enter_context(two_databases(kind))
            turns = []
            for target, url in zip(("eventhub.server:create", "benchmarks.limits:registration"), urls, strict=True):
                port = free_port()
                settings = environment(url, port)
                settings["BENCHMARK_SLUG"] = slug = set_up(settings)
                stack.enter_context(serving(target, settings, port, "/"))
                cookie, token = (
                    _form_token(port, slug) if target.startswith("eventhub") else ("visitor=x" * 4, "x" * 64)
                )
                turns.append(_registering(port, [slug], cookie, token, given))
            found.append(by_turns(f"registration, {kind}", 0.5, given, *turns))
    return found


def crowd(given: Given) -> list[Measured]:
    """Registrations at one event and spread over fifty, with more and more people at once; the slowest are printed too."""
    found = []
    for kind, processes, at_once in (("sqlite", 1, 16), ("postgres", 2, 32)):
        with contextlib.ExitStack() as stack:
            urls = stack.enter_context(two_databases(kind))
            contenders = []
            for target, url in zip(("eventhub.server:create", "benchmarks.limits:registration"), urls, strict=True):
                port = free_port()
                settings = environment(url, port)
                slugs = set_up(settings, what="fifty events").split(",")
                settings["BENCHMARK_SLUG"] = slugs[0]
                stack.enter_context(serving(target, settings, port, "/", processes=processes))
                kept = _form_token(port, slugs[0]) if target.startswith("eventhub") else ("visitor=x" * 4, "x" * 64)
                contenders.append((port, slugs, *kept))

            for name, number, connections in (
                (f"hot event, {kind}, {at_once}", 1, at_once), (f"fifty events, {kind}, {at_once}", 50, at_once),
                (f"hot event, {kind}, 64", 1, 64),
            ):  # fmt: skip
                slowest: list[list[float]] = [[], []]
                turns = [
                    _registering(port, slugs[:number], cookie, token, given, connections, waits)
                    for (port, slugs, cookie, token), waits in zip(contenders, slowest, strict=True)
                ]
                found.append(by_turns(name, 0.6, given, *turns))
                ours, limit = (statistics.median(waits) * 1000 for waits in slowest)
                print(f"  {name}: 99 of 100 within {ours:.0f} ms, of the limit within {limit:.0f} ms", file=sys.stderr)
            # What 64 people have sent and nobody has answered at the end of a short round would count against them.
            longer = Given(given.seconds * 3, given.rounds)
            port, slugs, cookie, token = contenders[0]
            many, few = (_registering(port, slugs[:1], cookie, token, longer, number) for number in (64, 16))
            found.append(by_turns(f"64 people to 16, {kind}", 0.9, longer, many, few))
    return found


async def _create_database(url: str, name: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()


def _form_token(port: int, slug: str) -> tuple[str, str]:
    """The cookie and the token of a browser that has loaded the form."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/events/{slug}/register") as answer:
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        found = re.search(r'name="_csrf_token" value="([^"]+)"', answer.read().decode())
    assert found
    return cookie, found[1]


def _registering(
    port: int,
    slugs: list[str],
    cookie: str,
    token: str,
    given: Given,
    connections: int = CONNECTIONS,
    waits: list[float] | None = None,
) -> Callable[[], float]:
    host, numbers = f"127.0.0.1:{port}", _NUMBERS
    headers = {"Cookie": cookie, "Origin": f"http://{host}", "Accept-Language": "en"}

    def requests(_: int) -> Iterator[bytes]:
        for number in numbers:
            fields = {
                "_csrf_token": token, "time_zone": "", "submission_key": f"key-of-person-{number}",
                "name": f"Person {number}", "email": f"person-{number}@example.org", "attends": "online", "member": "",
                "organisation": "City hall", "city": "Barcelona", "country": "ES", "level": "technical",
                "language": "en", "gender": "",
            }  # fmt: skip
            path = f"/events/{slugs[number % len(slugs)]}/register"
            yield form_request(path, fields, host=host, headers=headers)

    def once() -> float:
        found = asyncio.run(load(port, requests, connections=connections, seconds=given.seconds, expect=303))
        if waits is not None:
            waits.append(found.p99)
        return found.per_second

    return once


def letters(given: Given) -> list[Measured]:
    """Letters out of the outbox through a relay on this machine."""
    with contextlib.ExitStack() as stack:
        port = free_port()

        def start(what: str, core: int) -> subprocess.Popen[str]:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.letters", what, str(port)],
                env=environment(f"sqlite:///{folder}/bench.sqlite", port), cwd=ROOT, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            pin(process.pid, core)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            return process

        start("sink", 1)
        turns = []
        for what in ("ours", "limit"):
            process = start(what, 0)
            _line(process)
            turns.append(lambda process=process: float(_line(process, "go")))
        return [by_turns("letters", 0.8, given, *turns)]


def _line(process: subprocess.Popen[str], word: str | None = None) -> str:
    """What a process says, perhaps after it was told a word."""
    assert process.stdin and process.stdout
    if word:
        print(word, file=process.stdin, flush=True)
    said = process.stdout.readline()
    if not said:
        raise SystemExit("a process of the benchmark of letters has ended")
    return said


def fairness(given: Given) -> list[Measured]:
    """A week of starts ranked for all members."""
    from benchmarks.fairness import limit, ours, per_second

    turns = [lambda once=once: per_second(once, given.seconds) for once in (ours, limit)]
    return [by_turns("week of fair hours", 1.0, given, *turns)]


def feeds(given: Given) -> list[Measured]:
    """Calendars of 10,000 events and of a programme of 120 items, and invitations, against icalendar alone."""
    return on_both("benchmarks.feeds", given)


def exports(given: Given) -> list[Measured]:
    """Files of 20,000 registrations, against the csv module and xlsxwriter alone."""
    return on_both("benchmarks.exports", given)


def on_both(module: str, given: Given) -> list[Measured]:
    """What a benchmark in a process of its own finds on each database."""
    found = []
    for kind in ("sqlite", "postgres"):
        with two_databases(kind) as (url, _):
            done = subprocess.run(
                [sys.executable, "-m", module, str(given.rounds)], env=environment(url, free_port()), cwd=ROOT,
                text=True, stdout=subprocess.PIPE, check=True,
            )  # fmt: skip
            for name, ours, limit, aim in json.loads(done.stdout):
                found.append(Measured(name, ours, limit, ours / limit, aim))
    return found


BENCHMARKS: dict[str, Callable[[Given], list[Measured]]] = {
    "page": page,
    "registration": registration,
    "crowd": crowd,
    "letters": letters,
    "fairness": fairness,
    "feeds": feeds,
    "exports": exports,
}


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        prog="benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("which", nargs="*", choices=[*BENCHMARKS, []], help="all, when none is named")
    parser.add_argument("--seconds", type=float, default=0.7, help="length of one round of one contender")
    parser.add_argument("--rounds", type=int, default=15, help="of each contender; the medians count")
    given = parser.parse_args()
    pin(0, 1)
    found = [one for name in given.which or BENCHMARKS for one in BENCHMARKS[name](Given(given.seconds, given.rounds))]
    print(f"{'':28}{'ours/s':>10}{'limit/s':>10}{'ratio':>8}{'aim':>8}")
    for one in found:
        print(f"{one.name:28}{one.ours:10.0f}{one.limit:10.0f}{one.ratio:8.0%}{one.aim:8.0%}")


if __name__ == "__main__":
    main()
