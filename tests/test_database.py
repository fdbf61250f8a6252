"""Units of work: whole or not at all, and whatever fails gives its connection back."""

import asyncio
import contextlib
import sqlite3
import threading
import time
from typing import Any
from uuid import uuid4

import pytest
from piccolo.engine.exceptions import TransactionError

from eventhub.database import (
    EmbeddedSQLiteEngine,
    PgEngine,
    engine,
    engine_from_url,
    is_sqlite,
    lock_clause,
    offloaded,
    sql,
    transaction,
    violated,
)

#: Also what opens a database of its own, or none, is about the two of them.
pytestmark = pytest.mark.usefixtures("pool")
MANY = 100


async def insert(code: str, name: str = "x") -> None:
    await sql("INSERT INTO region (id, code, name) VALUES ({}, {}, {})", uuid4(), code, name)


async def codes() -> list[str]:
    return [row["code"] for row in await sql("SELECT code FROM region ORDER BY code")]


async def nothing_is_lost() -> None:
    """A write works, several at once work, and no transaction is left open."""
    await asyncio.wait_for(insert(uuid4().hex), 5)

    async def one() -> None:
        async with transaction():
            await insert(uuid4().hex)

    await asyncio.wait_for(asyncio.gather(*(one() for _ in range(20))), 10)
    db = engine()
    assert db.current_transaction.get() is None
    if isinstance(db, PgEngine):
        assert db.pool is not None
        assert db.pool.get_size() - db.pool.get_idle_size() == 0
        rows = await sql("SELECT COUNT(*) AS n FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
        assert rows == [{"n": 0}]
    else:
        assert db._writer is not None
        assert not db._writer.con.in_transaction
        assert not db._lock.locked()


async def test_a_unit_of_work_is_kept_whole(database: None) -> None:
    async with transaction():
        await insert("a")
        await insert("b")
        assert await codes() == ["a", "b"]
    assert await codes() == ["a", "b"]


async def test_a_unit_of_work_that_fails_leaves_nothing(database: None) -> None:
    async def fail() -> None:
        async with transaction():
            await insert("a")
            raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        await fail()
    assert await codes() == []
    await nothing_is_lost()


async def test_a_hundred_failed_statements_leak_nothing(database: None) -> None:
    async def fail() -> None:
        async with transaction():
            await insert("new")
            await insert("taken")

    await insert("taken")
    for _ in range(MANY):
        with pytest.raises(Exception, match=r"(?i)unique"):
            await fail()
        with pytest.raises(Exception, match=r"(?i)unique"):
            await insert("taken")
    assert await codes() == ["taken"]
    await nothing_is_lost()


async def test_a_hundred_failed_commits_leak_nothing(database: None) -> None:
    """A foreign key that is looked at only when the work is done makes COMMIT itself fail."""
    if not is_sqlite():
        await sql("CREATE TABLE upper_part (id INTEGER PRIMARY KEY)")
        await sql("CREATE TABLE lower_part (upper INTEGER REFERENCES upper_part (id) DEFERRABLE INITIALLY DEFERRED)")

    async def fail() -> None:
        async with transaction():
            await insert("a")
            if is_sqlite():
                await sql("PRAGMA defer_foreign_keys=ON")
                statement = "INSERT INTO member_name (id, member, name, name_folded) VALUES ({}, {}, 'x', 'x')"
                await sql(statement, uuid4(), uuid4())
            else:
                await sql("INSERT INTO lower_part (upper) VALUES (1)")

    try:
        for _ in range(MANY):
            with pytest.raises(Exception, match=r"(?i)foreign key"):
                await fail()
        assert await codes() == []
        await nothing_is_lost()
    finally:
        if not is_sqlite():
            await sql("DROP TABLE lower_part, upper_part")


async def test_a_hundred_failed_beginnings_leak_nothing(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(engine().transaction())

    async def broken(self: Any) -> None:
        raise ConnectionError("the server went away")

    with monkeypatch.context() as patch:
        patch.setattr(kind, "begin", broken)
        for _ in range(MANY):
            with pytest.raises(ConnectionError):
                async with transaction():
                    raise AssertionError("never reached")
    await nothing_is_lost()


async def test_a_hundred_cancelled_units_of_work_leak_nothing(database: None) -> None:
    async def slow(started: asyncio.Event) -> None:
        async with transaction():
            await insert("a")
            started.set()
            await asyncio.sleep(60)

    for _ in range(MANY):
        started = asyncio.Event()
        task = asyncio.create_task(slow(started))
        await started.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert await codes() == []
    await nothing_is_lost()


async def test_tasks_that_are_cancelled_while_they_queue_leak_nothing(database: None) -> None:
    async def short() -> None:
        async with transaction():
            await insert(uuid4().hex)

    for _ in range(MANY // 10):
        tasks = [asyncio.create_task(short()) for _ in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await nothing_is_lost()


async def test_while_a_unit_of_work_is_kept_others_go_on_and_a_late_cancellation_does_not_undo_it(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = engine()
    if not isinstance(db, EmbeddedSQLiteEngine):
        pytest.skip("asyncpg never blocks the loop: pytest without --db runs it")
    assert db._writer is not None
    plain = db._writer.con.execute
    disk = threading.Event()

    def slow_disk(statement: str, *args: Any) -> sqlite3.Cursor:
        if statement == "COMMIT":
            disk.wait(10)
        return plain(statement, *args)

    monkeypatch.setattr(db._writer.con, "execute", slow_disk)

    async def work() -> None:
        async with transaction():
            await insert("a")

    task = asyncio.create_task(work())
    await asyncio.sleep(0.05)
    assert await codes() == []  # answered while the disk keeps the other one waiting
    assert not disk.is_set()
    task.cancel()
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done()
    assert db._lock.locked()  # nobody may write between
    disk.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.undo()
    assert await codes() == ["a"]
    await nothing_is_lost()


async def test_many_who_read_leave_a_connection_to_those_who_write(database: None) -> None:
    if is_sqlite():
        pytest.skip("its reader is nobody's writer: pytest --db=postgres runs it")
    readers = [asyncio.create_task(sql("SELECT 1 AS one FROM pg_sleep(30)")) for _ in range(30)]
    await asyncio.sleep(0.05)
    async with transaction():
        await insert("a")
    assert not any(reader.done() for reader in readers)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    await nothing_is_lost()


async def test_a_unit_of_work_inside_another_is_refused(database: None) -> None:
    async def nest() -> None:
        async with transaction():
            await insert("a")
            async with transaction():
                raise AssertionError("never reached")

    with pytest.raises(RuntimeError, match=r"^a unit of work inside another one$"):
        await nest()
    assert await codes() == []
    await nothing_is_lost()


async def test_tasks_do_not_share_a_unit_of_work(database: None) -> None:
    async def one(code: str, *, fails: bool) -> None:
        async with transaction():
            await insert(code)
            await asyncio.sleep(0.01)
            if fails:
                raise ValueError(code)

    await asyncio.gather(one("a", fails=False), one("b", fails=True), one("c", fails=False), return_exceptions=True)
    assert await codes() == ["a", "c"]


async def test_a_task_that_outlives_its_unit_of_work_is_refused(database: None) -> None:
    async def late(go: asyncio.Event) -> None:
        await go.wait()
        await insert("late")

    go = asyncio.Event()
    async with transaction():
        await insert("a")
        task = asyncio.create_task(late(go))
    go.set()
    with pytest.raises(TransactionError if is_sqlite() else Exception):
        await task
    assert await codes() == ["a"]
    await nothing_is_lost()


async def test_others_do_not_see_what_is_not_yet_kept(database: None) -> None:
    written, seen = asyncio.Event(), asyncio.Event()

    async def writer() -> None:
        async with transaction():
            await insert("a")
            written.set()
            await seen.wait()

    task = asyncio.create_task(writer())
    await written.wait()
    assert await codes() == []
    seen.set()
    await task
    assert await codes() == ["a"]


async def test_a_slow_reader_does_not_keep_a_writer_waiting(database: None) -> None:
    slow = (
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) SELECT COUNT(*) AS n FROM c"
        if is_sqlite()
        else "SELECT COUNT(*) AS n, pg_sleep(1) FROM region"
    )

    async def read() -> float:
        async with offloaded():
            await sql(slow)
        return time.monotonic()

    reading = asyncio.create_task(read())
    await asyncio.sleep(0.05)
    for number in range(10):
        async with transaction():
            await insert(f"w{number}")
    written = time.monotonic()
    assert await reading > written
    assert len(await codes()) == 10


async def test_another_process_that_writes_is_waited_for(database: None) -> None:
    db = engine()
    if not isinstance(db, EmbeddedSQLiteEngine):
        pytest.skip("locks of the embedded database: pytest without --db=postgres runs it")
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def give_way() -> None:
        await asyncio.sleep(0.1)
        other.execute("COMMIT")

    task = asyncio.create_task(give_way())
    async with transaction():
        await insert("a")
    await task
    other.execute("BEGIN IMMEDIATE")
    db.busy_seconds, patience = 0.05, db.busy_seconds
    try:
        for _ in range(20):
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                async with transaction():
                    raise AssertionError("never reached")
    finally:
        db.busy_seconds = patience
        other.close()
    assert await codes() == ["a"]
    await nothing_is_lost()


async def test_values_are_bound_and_never_read_as_statements(database: None) -> None:
    await insert("a", "'); DELETE FROM region; --")
    assert await sql("SELECT name FROM region WHERE code = {}", "a' OR '1'='1") == []
    assert await sql("SELECT name FROM region") == [{"name": "'); DELETE FROM region; --"}]


async def test_what_a_write_ran_into_is_named(database: None) -> None:
    await insert("a")
    with pytest.raises(Exception, match=r"(?i)unique") as unique:
        await insert("a")
    assert violated(unique.value) == ("region.code" if is_sqlite() else "region_code")
    assert violated(ValueError("something else")) is None


def test_locks_are_asked_for_where_there_are_any() -> None:
    assert lock_clause() == ("" if is_sqlite() else " FOR NO KEY UPDATE")


@pytest.mark.parametrize("url", ["mysql://x", "", "sqlite:", "x"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="unknown database address scheme"):
        engine_from_url(url)
