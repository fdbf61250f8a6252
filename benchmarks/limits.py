"""
The limits that EventHub is measured against: bare Litestar handlers without anything around them.

They run in a process of their own, as ours does: `uvicorn benchmarks.limits:page --factory`.
"""

import asyncio
import contextlib
import os
import re
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.response import Redirect

SLUG = os.environ.get("BENCHMARK_SLUG", "")
#: As many transactions as ours lets wait for one row of PostgreSQL; without it the limit is slower.
AT_ONCE = 2


def page() -> Litestar:
    """The public page of an event: the same template, the same data from memory, no database."""
    from eventhub import languages
    from eventhub.database import close_pool, start_pool, utc_now
    from eventhub.events import web
    from eventhub.pages import Page, environment

    kept: dict[str, Any] = {}

    @contextlib.asynccontextmanager
    async def read_once(_: Litestar) -> AsyncIterator[None]:
        web.render = lambda request, template, **context: kept.update(context)  # type: ignore[assignment]
        await start_pool()
        await web.event_page(None, SLUG, utc_now())  # type: ignore[arg-type]
        await close_pool()
        yield

    @get("/events/{slug:str}", media_type=MediaType.HTML)
    async def show(request: Request[Any, Any, Any], slug: str) -> str:
        with languages.speaking("en"):
            if "page" not in kept:
                request.scope["user"] = None
                kept["page"] = Page(request, "en")
            return environment().get_template("events/event.html").render(**kept)

    return Litestar([show], lifespan=[read_once], openapi_config=None)


class Recorded:
    """
    The statements of one registration of ours, to be repeated for other people.

    What differs from person to person is found in the values and replaced:
    keys that were made on the way, the address and the name.
    """

    def __init__(self, calls: list[tuple[str, list[Any], bool]], event: UUID, pool: UUID, number: int) -> None:
        self.calls = calls
        self.event, self.pool = event, pool
        self.number = str(number)
        found = {value for _, values, _ in calls for value in values if isinstance(value, UUID)}
        self.keys = sorted(found - {event, pool})
        self.times = {
            value for _, values, _ in calls for value in values if isinstance(value, datetime) and value.year < 2090
        }

    def repeated(self, number: str, event: UUID, pool: UUID, slug: str) -> list[tuple[str, list[Any], bool]]:
        """The same statements for another person, perhaps at another event."""
        new: dict[Any, Any] = {key: uuid4() for key in self.keys}
        new |= {self.event: event, self.pool: pool, SLUG: slug}
        texts = [(str(key), str(value)) for key, value in new.items()] + [(self.number, number)]
        new |= dict.fromkeys(self.times, datetime.now(UTC))
        return [
            (statement, [new[v] if v in new else replaced(v, texts) for v in values], inside)
            for statement, values, inside in self.calls
        ]


def replaced(value: Any, texts: list[tuple[str, str]]) -> Any:
    """A text with other keys and another number in it."""
    if isinstance(value, str):
        for old, new in texts:
            value = value.replace(old, new)
    return value


async def record_one() -> Recorded:
    """Let EventHub register one person, and keep the statements that it runs."""
    from eventhub.database import engine, sql, utc_now
    from eventhub.registrations.commands import NewRegistration, register_participant

    db, calls = engine(), []
    plain = type(db).run_querystring

    async def kept(self: Any, querystring: Any, *rest: Any, **more: Any) -> Any:
        statement, values = querystring.compile_string(engine_type=self.engine_type)
        calls.append((statement, list(values), self.current_transaction.get() is not None))
        return await plain(self, querystring, *rest, **more)

    number = 900_000_000 + os.getpid()  # each process of the limit records a person of its own
    pool = (await sql("SELECT p.event, p.id FROM seat_pool p JOIN event e ON e.id = p.event WHERE e.slug = {}", SLUG))[
        0
    ]
    type(db).run_querystring = kept  # type: ignore[method-assign]
    try:
        person = NewRegistration(f"Person {number}", f"person-{number}@example.org", language="en", answers={})
        await register_participant(SLUG, person, now=utc_now())
    finally:
        type(db).run_querystring = plain  # type: ignore[method-assign]
    return Recorded(calls, pool["event"], pool["id"], number)


async def as_it_was(_: Any) -> None:
    """Reset nothing, as ours: a connection that changed no session is as it was."""


def registration() -> Litestar:
    """A registration: the same form, the same statements on the bare driver."""
    from eventhub.database import PRAGMAS, close_pool, is_sqlite, sql, start_pool
    from eventhub.settings import current_settings

    kept: dict[str, Any] = {}
    gate = asyncio.Semaphore(AT_ONCE)

    @contextlib.asynccontextmanager
    async def prepare(_: Litestar) -> AsyncIterator[None]:
        await start_pool()
        kept["recorded"] = await record_one()
        rows = await sql(
            "SELECT e.slug AS slug, e.id AS event, p.id AS pool FROM event e JOIN seat_pool p ON p.event = e.id"
        )
        kept["events"] = {row["slug"]: (row["event"], row["pool"]) for row in rows}
        await close_pool()
        if is_sqlite():
            connection = sqlite3.connect(
                current_settings().sqlite_path,
                isolation_level=None,
                detect_types=sqlite3.PARSE_DECLTYPES,
                cached_statements=512,
            )
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            kept["sqlite"] = connection
            yield
            connection.close()
        else:
            import asyncpg

            async with asyncpg.create_pool(
                current_settings().database_url, min_size=2, max_size=8, reset=as_it_was
            ) as pool:
                kept["pool"] = pool
                yield

    async def on_sqlite(calls: list[tuple[str, list[Any], bool]]) -> None:
        connection, began = kept["sqlite"], False
        for statement, values, inside in calls:
            if inside and not began:
                connection.execute("BEGIN IMMEDIATE")
                began = True
            connection.execute(statement, values).fetchall()
        connection.execute("COMMIT")

    async def on_postgres(calls: list[tuple[str, list[Any], bool]]) -> None:
        for statement, values, inside in calls:
            if not inside:
                await kept["pool"].fetch(statement, *values)
        async with gate, kept["pool"].acquire() as connection, connection.transaction():
            for statement, values, inside in calls:
                if inside:
                    await connection.fetch(statement, *values)

    run = on_sqlite if is_sqlite() else on_postgres

    @post("/events/{slug:str}/register", status_code=303)
    async def create(request: Request[Any, Any, Any], slug: str) -> Response[Any]:
        posted = await request.form()
        number = re.sub(r"\D", "", posted["email"])
        calls = kept["recorded"].repeated(number, *kept["events"][slug], slug)
        await run(calls)
        return Redirect(f"/registrations/{number}", status_code=303)

    return Litestar([create], lifespan=[prepare], openapi_config=None)
