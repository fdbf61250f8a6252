"""The database, the application and a client; the same tests run on SQLite and PostgreSQL."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.pgserver import postgres

#: Every test sees this address; links in letters begin with it.
BASE_URL = "http://127.0.0.1:8000"


def memory_folder() -> str | None:
    """A folder in memory where there is one: the tests promise nothing about power failures."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", default="sqlite", choices=["sqlite", "postgres"])
    parser.addoption("--part", default="all", choices=["all", "database", "rest"])


def pytest_configure(config: pytest.Config) -> None:
    """Choose the database before anything imports eventhub: the engine is made on import."""
    stack = contextlib.ExitStack()
    config._eventhub_stack = stack  # type: ignore[attr-defined]
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="eventhub-test-", dir=memory_folder()))
    if config.getoption("--db") == "postgres":
        url = stack.enter_context(postgres())
    elif config.getoption("--part") == "rest":
        url = f"sqlite:///{folder}/none/on/purpose"  # whatever opens it should have asked for the database
    else:
        url = f"sqlite:///{folder}/test.sqlite"
    for name in [name for name in os.environ if name.startswith("EVENTHUB_") and not name.startswith("EVENTHUB_TEST_")]:
        del os.environ[name]
    os.environ["EVENTHUB_DATABASE_URL"] = url
    os.environ["EVENTHUB_SECRET_KEY"] = "a key for tests only, long enough to be taken"
    os.environ["EVENTHUB_BASE_URL"] = BASE_URL
    os.environ["EVENTHUB_DEVELOPMENT"] = "true"
    os.environ["EVENTHUB_RATE_LIMITS"] = "off"  # tests/test_limits.py switches them on


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Part the tests that need the database of `--db` from the rest, which says the same beside either of them."""
    if (part := config.getoption("--part")) == "all":
        return
    chosen: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        asks = not {"pool", "pytestconfig"}.isdisjoint(getattr(item, "fixturenames", ()))
        (chosen if asks == (part == "database") else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = chosen


def pytest_unconfigure(config: pytest.Config) -> None:
    config._eventhub_stack.close()  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def running(app: Any) -> AsyncIterator[Any]:
    """
    Run an application's lifespan in a task of its own.

    Its cancel scopes must be left by the task that entered them, and
    pytest-asyncio tears fixtures down in another (pytest-asyncio#1191).
    """
    ready, stop = asyncio.Event(), asyncio.Event()

    async def serve() -> None:
        async with app.lifespan():
            ready.set()
            await stop.wait()

    task = asyncio.create_task(serve())
    waiter = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield app
    finally:
        stop.set()
        await task


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def pool() -> AsyncIterator[str]:
    """The migrated database with its connections, once a session; the statement that names its filled tables."""
    from eventhub.database import close_pool, is_sqlite, sql, start_pool
    from eventhub.migrations import migrate

    await migrate()
    await start_pool()
    tables = await sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if is_sqlite()
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    names = sorted({row["name"] for row in tables} - {"schema_migration", "shared_stamp"})
    yield " UNION ALL ".join(f"SELECT '{name}' AS name WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
    await close_pool()


@pytest_asyncio.fixture(loop_scope="session")
async def database(pool: str) -> None:
    """
    The database, empty but for its schema.

    Most tests fill a few of the tables; TRUNCATE makes new files for each
    table and index of PostgreSQL, and took longer than most tests.
    """
    from eventhub.database import is_sqlite, sql, transaction

    if filled := await sql(pool):
        async with transaction():
            # the order of the tables is no matter while everything goes
            await sql("PRAGMA defer_foreign_keys=ON" if is_sqlite() else "SET LOCAL session_replication_role = replica")
            for row in filled:
                await sql(f"DELETE FROM {row['name']}")


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def app(pool: str) -> AsyncIterator[Any]:
    """The application as the server runs it, without the postman."""
    from eventhub.app import create_app

    async with running(create_app(postman=False)) as application:
        yield application


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: Any, database: None) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without an account, in the loop of the tests."""
    async with browser(app) as found:
        yield found


@contextlib.asynccontextmanager
async def browser(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """One more browser with cookies of its own; it does not follow redirects."""
    from eventhub.app import asgi

    transport = httpx.ASGITransport(app=asgi(app))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as found:
        yield found
