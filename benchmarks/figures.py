"""
The figures of a year out of ten, with 1,000,000 registrations: `python -m benchmarks.figures`.

Milliseconds of the page of a year and of the engagement matrix, over the application: cold (nothing kept) and warm;
beside the bare statements that give their numbers, written by hand and run by the bare driver by turns in the same
process. Then the whole report in seconds, and the same of a database that holds two years alone, which tells whether
a year costs more for the years around it. Making the history takes some minutes and is not measured.
"""

import argparse
import asyncio
import contextlib
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.pgserver import postgres

YEAR = 2024
#: Aims: milliseconds warm and cold, seconds of the report, times the bare statements.
WARM, COLD, REPORT, TIMES = 300, 1500, 20, 3

_LED = (
    "WITH led AS (SELECT id, starts_on, starts_on >= '2024-01-01' AS recent, kind, campaign, host_member FROM event "
    "WHERE starts_on >= '2023-01-01' AND starts_on < '2025-01-01' AND status = 'published' AND counts_in_statistics "
    "AND involvement IN ('organised', 'co_organised') AND kind <> 'internal') "
)
_THERE = (
    "SELECT l.id AS event, r.person AS person FROM led l JOIN registration r ON r.event = l.id WHERE r.has_attended "
    "UNION SELECT i.event, s.person FROM led l JOIN programme_item i ON i.event = l.id "
    "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.status = 'confirmed'"
)
#: The least that gives the numbers of the page: people at each event and once, members, speakers, events.
BARE_PAGE = (
    _LED + f", there AS ({_THERE}), present AS MATERIALIZED (SELECT t.event, t.person, g.gender FROM there t "
    "LEFT JOIN gender_statement g ON g.person = t.person), once AS (SELECT l.recent, p.person, MIN(p.gender) AS gender, "
    "MAX(CASE WHEN l.kind = 'bilateral' THEN 0 ELSE 1 END) AS own, MAX(CASE WHEN l.kind IN ('webinar', 'learning', "
    "'training_course', 'mentoring') THEN 1 ELSE 0 END) AS learning, MAX(CASE WHEN l.campaign IS NULL THEN 0 ELSE 1 END) "
    "AS campaign FROM present p JOIN led l ON l.id = p.event GROUP BY l.recent, p.person) "
    "SELECT event, NULL, gender, COUNT(*), 0, 0, 0 FROM present GROUP BY event, gender "
    "UNION ALL SELECT NULL, recent, gender, COUNT(*), SUM(own), SUM(learning), SUM(campaign) FROM once "
    "GROUP BY recent, gender",
    _LED + "SELECT l.recent, r.member, COUNT(DISTINCT l.id) FROM led l JOIN registration r ON r.event = l.id "
    "WHERE r.has_attended GROUP BY l.recent, r.member",
    _LED + "SELECT l.recent, s.person, s.level, s.role FROM led l JOIN programme_item i ON i.event = l.id "
    "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.status = 'confirmed'",
    "SELECT id, title, kind, mode, involvement, starts_on FROM event WHERE starts_on >= '2023-01-01' "
    "AND starts_on < '2025-01-01'",
)
#: The least that gives the numbers of the matrix: events of each member by kind, and its speakers.
BARE_MATRIX = (
    _LED + "SELECT x.member, l.kind, COUNT(*) FROM (SELECT r.event, r.member FROM registration r WHERE r.event IN "
    "(SELECT id FROM led WHERE recent) AND r.has_attended GROUP BY r.event, r.member) x JOIN led l ON l.id = x.event "
    "GROUP BY x.member, l.kind",
    _LED + "SELECT s.member, COUNT(DISTINCT s.person) FROM led l JOIN programme_item i ON i.event = l.id "
    "JOIN speaker_slot s ON s.programme_item = i.id WHERE l.recent AND s.status = 'confirmed' GROUP BY s.member",
    "SELECT key, name FROM member",
)  # fmt: skip


async def milliseconds(work: Callable[[], Awaitable[Any]]) -> float:
    """How long something takes once."""
    start = time.perf_counter()
    await work()
    return (time.perf_counter() - start) * 1000


def bare(url: str, statements: tuple[str, ...]) -> Callable[[], Awaitable[Any]]:
    """The statements on the bare driver, all rows fetched, on a connection that is open already."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False)
        connection.execute("PRAGMA temp_store=MEMORY")

        async def on_sqlite() -> None:
            for statement in statements:
                await asyncio.to_thread(lambda one=statement: connection.execute(one).fetchall())

        return on_sqlite
    opened: list[Any] = []

    async def on_postgres() -> None:
        import asyncpg

        if not opened:
            opened.append(await asyncpg.connect(url))
        for statement in statements:
            await opened[0].fetch(statement)

    return on_postgres


async def measure(url: str, rounds: int) -> dict[str, float]:
    """Medians of what was measured on one database, in milliseconds."""
    import httpx

    from eventhub.access import cookie_name
    from eventhub.accounts.commands import AccountExists, add_account, make_sign_in_link, sign_in
    from eventhub.app import create_app
    from eventhub.database import close_pool, start_pool, utc_now
    from eventhub.migrations import migrate
    from eventhub.statistics import kept

    await migrate()
    await start_pool()
    app = create_app()
    with contextlib.suppress(AccountExists):
        await add_account("reader@example.org", name="Reader", role="administrator", now=utc_now())
    link = await make_sign_in_link("reader@example.org", now=utc_now())
    assert link
    transport = httpx.ASGITransport(app=app)
    found: dict[str, list[float]] = {}
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url=os.environ["EVENTHUB_BASE_URL"]) as client,
    ):
        session = await sign_in(link.rsplit("/", 1)[1], now=utc_now(), former_session=None)
        client.cookies.set(cookie_name("eventhub"), session)

        async def page(path: str) -> None:
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text[:300]

        for name, path, statements in (
            ("page", f"/staff/figures/{YEAR}", BARE_PAGE),
            ("matrix", f"/staff/figures/{YEAR}/engagement", BARE_MATRIX),
        ):
            limit = bare(url, statements)
            await limit()
            await page(path)
            for _ in range(rounds):
                kept.forget_answers()
                found.setdefault(f"{name} cold", []).append(await milliseconds(lambda path=path: page(path)))
                found.setdefault(f"{name} bare", []).append(await milliseconds(limit))
                found.setdefault(f"{name} warm", []).append(await milliseconds(lambda path=path: page(path)))
    await close_pool()
    return {name: statistics.median(values) for name, values in found.items()}


def report_seconds(url: str) -> float:
    """How long `eventhub report` takes for all four formats, with the start of the process."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "eventhub", "report", str(YEAR), "-o", folder], check=True, capture_output=True,
            env={**os.environ, "EVENTHUB_DATABASE_URL": url},
        )  # fmt: skip
        assert any(Path(folder).iterdir())
        return time.perf_counter() - start


def in_a_process(*words: str, url: str) -> str:
    """One part in a process of its own: the database is chosen when the application is imported."""
    done = subprocess.run(
        [sys.executable, "-m", *words], check=True, text=True, stdout=subprocess.PIPE,
        env={
            **os.environ, "EVENTHUB_DATABASE_URL": url, "EVENTHUB_SECRET_KEY": "a key for measurements only, long enough",
            "EVENTHUB_BASE_URL": "http://127.0.0.1:8000",
        },
    )  # fmt: skip
    return done.stdout


def table(kind: str, url: str, alone: str, rounds: int) -> None:
    """Print what was measured on one engine."""
    import json

    found = json.loads(in_a_process("benchmarks.figures", "--measure", url, "--rounds", str(rounds), url=url))
    two = json.loads(in_a_process("benchmarks.figures", "--measure", alone, "--rounds", str(rounds), url=alone))
    for name in ("page", "matrix"):
        warm, cold, limit = (found[f"{name} {one}"] for one in ("warm", "cold", "bare"))
        print(
            f"{kind:10} {name:7} warm {warm:6.0f} ms (aim {WARM})  cold {cold:6.0f} ms (aim {COLD})  "
            f"bare {limit:6.0f} ms, {cold / limit:4.1f} times (aim {TIMES})  "
            f"beside two years alone {cold / two[f'{name} cold']:4.2f} times"
        )
    print(f"{kind:10} report  {report_seconds(url):6.1f} s (aim {REPORT})", flush=True)


def both(rounds: int, given: list[str]) -> None:
    """Make the histories, unless files are given for SQLite, and measure on both engines."""
    with tempfile.TemporaryDirectory() as folder:
        ten, two = given or [f"sqlite:///{folder}/ten.sqlite", f"sqlite:///{folder}/two.sqlite"]
        if not given:
            in_a_process("benchmarks.make_history", ten, url=ten)
            in_a_process("benchmarks.make_history", two, "--first", "2023", "--last", "2024", url=two)
        table("SQLite", ten, two, rounds)
    with postgres(durable=True) as ten, postgres(durable=True) as two:
        in_a_process("benchmarks.make_history", ten, url=ten)
        in_a_process("benchmarks.make_history", two, "--first", "2023", "--last", "2024", url=two)
        table("PostgreSQL", ten, two, rounds)


def main() -> None:
    """Measure all, or one database that is named."""
    parser = argparse.ArgumentParser(description="Figures of a year out of ten.")
    parser.add_argument("--measure", metavar="URL", help="only this one, as JSON")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sqlite", nargs=2, metavar="URL", default=[], help="histories of ten and of two years")
    given = parser.parse_args()
    if given.measure:
        import json

        print(json.dumps(asyncio.run(measure(given.measure, given.rounds))))
        return
    os.environ.setdefault("EVENTHUB_SECRET_KEY", "a key for measurements only, long enough")
    both(given.rounds, given.sqlite)


if __name__ == "__main__":
    main()
