"""
Database engines: one code base on SQLite (embedded default) and PostgreSQL.

This is the only file that knows one from the other. Commands open
`transaction()`; `sql()` runs a statement written for both engines. Why each
naive version fails is measured in docs/decisions/0002-database-engines.md.
"""

import asyncio
import contextlib
import contextvars
import random
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache, lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from piccolo.engine import engine_finder
from piccolo.engine.exceptions import TransactionError
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.engine.sqlite import CONVERTERS, SQLiteEngine, SQLiteTransaction, TransactionType, dict_factory
from piccolo.querystring import QueryString

Row = dict[str, Any]
Fetched = TypeVar("Fetched")

#: FULL: an acknowledged registration survives a power failure (0.35 ms each).
PRAGMAS = (
    "busy_timeout=0",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-16000",
    "temp_store=MEMORY",
)
#: Long reads see the file in memory instead of copying each page: a fifth less for the figures of a year.
_MAPPED = "PRAGMA mmap_size=1073741824"
#: When in doubt a statement goes to the writer.
_READ = re.compile(r"\s*(SELECT\b|WITH\b(?!.*\b(INSERT|UPDATE|DELETE)\b))", re.I | re.S)
_only_reads = lru_cache(maxsize=2048)(_READ.match)
_offloaded: contextvars.ContextVar[bool] = contextvars.ContextVar("sqlite_offloaded", default=False)


#: SQLite gives text, and reading keys and times out of it took longer than
#: the query; what comes again is converted once.
for _name in ("UUID", "INTEGER", "DATE", "TIME", "TIMESTAMPTZ"):
    sqlite3.register_converter(_name, lru_cache(maxsize=16_384)(CONVERTERS[_name]))


class PragmaConnection(sqlite3.Connection):
    """sqlite3.connect(factory=...): every connection gets the settings, also Piccolo's own for batch()."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        end = time.monotonic() + 10
        for pragma in PRAGMAS:
            while True:
                try:
                    self.execute(f"PRAGMA {pragma}").close()
                    break
                except sqlite3.OperationalError:  # two processes switching a new file to WAL
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.01)


class InlineConnection:
    """The part of aiosqlite.Connection that Piccolo uses, without its thread per connection."""

    def __init__(self, con: sqlite3.Connection) -> None:
        self.con = con

    async def execute(self, statement: str, args: Any = ()) -> sqlite3.Cursor:
        """Run one statement here and now."""
        return self.con.execute(statement, args)

    async def close(self) -> None:
        """Close the connection."""
        self.con.close()


class EmbeddedSQLiteEngine(SQLiteEngine):
    """
    SQLite with one writer and one reader kept open between start and close of the pool.

    Piccolo 1.38 opens a connection and starts a thread for every statement
    outside a transaction. Here statements run on the thread of the event
    loop: they take 10 to 300 microseconds, a hop to a thread takes longer.
    Writers queue on an asyncio.Lock; other processes are waited for without
    blocking the loop. Long reports run inside `async with offloaded():`.
    COMMIT waits for the disk, so it runs on a thread that is kept for it,
    while the loop prepares what the next writer will write.
    """

    __slots__ = ("_committer", "_lock", "_reader", "_writer", "busy_seconds")

    _committer: ThreadPoolExecutor
    _lock: asyncio.Lock
    _reader: InlineConnection | None
    _writer: InlineConnection | None

    def __init__(self, path: str, busy_seconds: float = 10.0, **kwargs: Any) -> None:
        self._writer = self._reader = None
        self.busy_seconds = busy_seconds
        super().__init__(path=path, factory=PragmaConnection, cached_statements=512, check_same_thread=False, **kwargs)

    def _open(self) -> InlineConnection:
        con = sqlite3.connect(**self.connection_kwargs)
        con.row_factory = dict_factory
        return InlineConnection(con)

    async def start_connection_pool(self, **_: Any) -> None:
        """Open the writer and the reader."""
        if self._writer is None:
            self._lock, self._writer, self._reader = asyncio.Lock(), self._open(), self._open()
            self._committer = ThreadPoolExecutor(1, "commit")
            self._reader.con.execute("PRAGMA query_only=ON")

    async def close_connection_pool(self) -> None:
        """
        Close them, after the last writer.

        No `PRAGMA optimize`: its statistics of a small or young table make
        SQLite read whole tables later, when they have grown.
        """
        if self._writer is not None and self._reader is not None:
            async with self._lock:
                self._reader.con.close()
                self._writer.con.close()
                self._writer = self._reader = None
                self._committer.shutdown()

    async def checkout(self) -> tuple[InlineConnection, Callable[[], None]]:
        """The writer, once it is this task's turn, and how to give it back."""
        if self._writer is None:  # the command line and scripts have no pool
            con = self._open()
            return con, con.con.close
        await self._lock.acquire()
        return self._writer, self._lock.release

    async def commit(self, con: InlineConnection) -> None:
        """
        Keep what the transaction wrote. Nothing stops it once it has begun, so the writer is never given back before.

        Raises:
            CancelledError: the task was cancelled meanwhile; all is kept all the same.

        """
        if con is not self._writer:
            con.con.execute("COMMIT")
            return
        work = asyncio.get_running_loop().run_in_executor(self._committer, con.con.execute, "COMMIT")
        cancelled = None
        while not work.done():
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError as error:
                cancelled = error
        work.result()
        if cancelled:
            raise cancelled

    async def busy_retry(self, con: InlineConnection, statement: str, args: Any = ()) -> list[Row]:
        """Run a statement; while another process writes, wait without blocking the loop."""
        end, pause = time.monotonic() + self.busy_seconds, 0.0005
        while True:
            try:
                return con.con.execute(statement, args).fetchall()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  no secret is made
            pause = min(pause * 2, 0.01)

    async def _run_in_new_connection(
        self, query: str, args: Any = None, query_type: str = "generic", table: Any = None
    ) -> list[Row]:
        if not _only_reads(query):
            con, release = await self.checkout()
            try:
                return await self.busy_retry(con, query, args or ())
            finally:
                release()
        return await self._read(lambda con: con.execute(query, args or ()).fetchall())

    async def _read(self, fetch: "Callable[[sqlite3.Connection], Fetched]") -> "Fetched":
        """Fetch with the kept reader, or beside the event loop with a connection of its own."""
        if self._reader is not None and not _offloaded.get():
            return fetch(self._reader.con)

        def on_its_own() -> "Fetched":
            con = self._open()
            con.con.execute(_MAPPED)
            try:
                return fetch(con.con)
            finally:
                con.con.close()

        return await asyncio.to_thread(on_its_own) if self._reader else on_its_own()

    async def tuples(self, query: str, args: Sequence[Any]) -> list[Sequence[Any]]:
        """Read rows without the names of their columns."""

        def fetch(con: sqlite3.Connection) -> list[Sequence[Any]]:
            cursor = con.cursor()
            cursor.row_factory = None
            return cursor.execute(query, args).fetchall()

        return await self._read(fetch)

    async def _run_in_existing_connection(
        self, connection: Any, query: str, args: Any = None, query_type: str = "generic", table: Any = None
    ) -> list[Row]:
        if connection is None:
            raise TransactionError("a task outlived the transaction it was started in")
        rows: list[Row] = connection.con.execute(query, args or ()).fetchall()
        return rows

    def transaction(
        self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True
    ) -> "EmbeddedTransaction":
        """A transaction that takes the writer at once."""
        return EmbeddedTransaction(self, transaction_type=transaction_type, allow_nested=allow_nested)


class EmbeddedTransaction(SQLiteTransaction):
    """
    BEGIN IMMEDIATE by default, and it always gives the writer back.

    A deferred transaction that reads before it writes fails at once with
    “database is locked” when somebody else writes, whatever the timeout.
    """

    engine: EmbeddedSQLiteEngine

    def __init__(
        self,
        engine: EmbeddedSQLiteEngine,
        transaction_type: TransactionType = TransactionType.immediate,
        allow_nested: bool = True,
    ) -> None:
        super().__init__(engine, transaction_type, allow_nested)

    async def begin(self) -> None:
        """Begin, waiting for other processes."""
        await self.engine.busy_retry(self.connection, f"BEGIN {self.transaction_type.value}")

    async def commit(self) -> None:
        """Commit, without stopping everybody else meanwhile."""
        await self.engine.commit(self.connection)
        self._committed = True

    async def __aenter__(self) -> Any:
        if self._parent is not None:
            return self._parent
        self.connection, self._release = await self.engine.checkout()
        try:
            await self.begin()
        except BaseException:
            self._release()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exc_type: Any, exc: Any, tb: Any) -> bool:
        if self._parent:
            return exc is None
        try:
            if exc is None and not self._committed and not self._rolled_back:
                try:
                    await self.commit()
                except BaseException:
                    if self.connection.con.in_transaction:
                        await self.rollback()  # type: ignore[no-untyped-call]
                    raise
            elif exc is not None and not self._rolled_back:
                await self.rollback()  # type: ignore[no-untyped-call]
        finally:
            self.engine.current_transaction.reset(self.context)
            self.connection = None
            self._release()
        return exc is None


@contextlib.asynccontextmanager
async def offloaded() -> AsyncIterator[None]:
    """Run the reads inside on a thread and connection of their own, so that long ones stop nobody."""
    token = _offloaded.set(True)
    try:
        yield
    finally:
        _offloaded.reset(token)


# PostgreSQL


class SafePostgresTransaction(PostgresTransaction):
    """
    Always gives its pooled connection back.

    Piccolo 1.38 keeps it when BEGIN or COMMIT itself fails (a deferred
    constraint, a restarted server): three failures empty a pool of three.
    """

    engine: "PgEngine"

    async def _give_back(self) -> None:
        if self.engine.pool:
            await self.engine.pool.release(self.connection)
        else:
            await self.connection.close()

    async def __aenter__(self) -> Any:
        if self._parent is not None:
            return self._parent
        self.connection = await self.get_connection()  # type: ignore[no-untyped-call]
        try:
            self.transaction = self.connection.transaction()
            await self.begin()  # type: ignore[no-untyped-call]
        except BaseException:
            await asyncio.shield(self._give_back())
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exc_type: Any, exc: Any, tb: Any) -> bool:
        if self._parent:
            return exc is None
        try:
            if exc is None and not self._committed and not self._rolled_back:
                await self.commit()  # type: ignore[no-untyped-call]
            elif exc is not None and not self._rolled_back:
                await asyncio.shield(self.rollback())  # type: ignore[no-untyped-call]
        finally:
            self.engine.current_transaction.reset(self.context)
            await asyncio.shield(self._give_back())
        return exc is None


#: Connections of one process, and how many of them may read outside of
#: transactions. Whoever holds a lock must not wait for a connection behind
#: sixty who only want to look something up: the lock would stand idle.
_CONNECTIONS, _READING = 8, 4


async def _nothing_to_reset(_: Any) -> None:
    """
    Nothing: no statement of ours changes a session, so a pooled connection is as it was.

    asyncpg ends a forgotten transaction by itself; its own reset is one more
    trip to the server after each statement.
    """


class PgEngine(PostgresEngine):
    """PostgreSQL 13 or newer through an asyncpg pool."""

    __slots__ = ("_reading",)

    _reading: asyncio.Semaphore

    async def start_connection_pool(self, **kwargs: Any) -> None:
        """Open the pool."""
        self._reading = asyncio.Semaphore(_READING)
        await super().start_connection_pool(min_size=2, max_size=_CONNECTIONS, reset=_nothing_to_reset, **kwargs)

    async def _run_in_pool(self, query: str, args: Any = None) -> Any:
        async with self._reading:
            return await super()._run_in_pool(query, args)

    async def check_version(self) -> None:
        """Do nothing: Piccolo would connect while its configuration is imported."""

    def transaction(self, allow_nested: bool = True) -> SafePostgresTransaction:
        """A transaction that always gives its connection back."""
        return SafePostgresTransaction(engine=self, allow_nested=allow_nested)


def engine_from_url(url: str) -> EmbeddedSQLiteEngine | PgEngine:
    """
    Make the one engine of this process.

    Args:
        url: `sqlite:///relative/path`, `sqlite:////absolute/path` or
            `postgresql://user:password@host:port/name`.

    Raises:
        ValueError: another scheme.

    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return EmbeddedSQLiteEngine(path=rest.removeprefix("/"))
    if scheme in ("postgres", "postgresql"):
        return PgEngine(
            config={
                "dsn": f"postgresql://{rest}",
                "server_settings": {
                    "application_name": "eventhub",
                    "timezone": "UTC",
                    "lock_timeout": "3000",
                    "statement_timeout": "60000",
                    "idle_in_transaction_session_timeout": "15000",
                },
                "timeout": 10,
                "command_timeout": 60,
            }
        )
    raise ValueError(f"unknown database address scheme {scheme!r}")


@cache
def engine() -> EmbeddedSQLiteEngine | PgEngine:
    """The engine of this process, as `piccolo_conf` made it; Piccolo takes 70 microseconds to find it."""
    found = engine_finder()
    assert isinstance(found, EmbeddedSQLiteEngine | PgEngine)
    return found


def is_sqlite() -> bool:
    """Tell whether the embedded database is in use."""
    return engine().engine_type == "sqlite"


class _Statement(QueryString):
    """A statement whose placeholders are translated once, and not each time that it runs."""

    def __init__(self, statement: str, values: tuple[Any, ...]) -> None:
        # Piccolo's own looks for columns among the values, which takes longer than a small statement.
        self.template, self.args, self.columns = statement, values, ()
        self.query_type, self.table, self._alias = "generic", None, None
        self._frozen_compiled_strings = None

    def compile_string(self, engine_type: str = "postgres") -> tuple[str, list[Any]]:
        """The statement as the driver takes it, and its values."""
        return _placeholders(self.template, engine_type), list(self.args)


@lru_cache(maxsize=2048)
def _placeholders(statement: str, engine_type: str) -> str:
    first, *others = statement.split("{}")
    marks = ("?" if engine_type == "sqlite" else f"${number}" for number in range(1, len(others) + 1))
    return first + "".join(mark + part for mark, part in zip(marks, others, strict=True))


async def sql(statement: str, *args: Any) -> list[Row]:
    """
    Run one statement that both engines understand; `{}` stands for a value.

    The query builder costs 100 to 650 microseconds a statement, this 17, so
    lists, joins, statistics and the registration path use it. Only values
    ever go into `args`; statements are constants of this code base.
    """
    rows = await engine().run_querystring(_Statement(statement, args))
    return rows if is_sqlite() else [dict(row) for row in rows or ()]


async def tuples(statement: str, *args: Any) -> list[Sequence[Any]]:
    """
    Read as `sql` does, outside of transactions; each row has its values in the order of the columns.

    For long tables: the names of thirteen columns take longer to attach than their values to read.
    """
    db, asked = engine(), _Statement(statement, args)
    if isinstance(db, EmbeddedSQLiteEngine):
        return await db.tuples(*asked.compile_string("sqlite"))
    rows: list[Sequence[Any]] = await db.run_querystring(asked)
    return rows


async def sql_without_disk(statement: str, *args: Any) -> list[Row]:
    """
    Run one UPDATE with a WHERE, outside a transaction, without a wait for the disk.

    A killed process keeps what it wrote; a power failure may take the last
    moments back, so it is for what is then merely done again.
    """
    db = engine()
    if not isinstance(db, EmbeddedSQLiteEngine):
        # A setting of this one statement's transaction: no other trip to the server.
        setting = "set_config('synchronous_commit', 'off', true) = 'off'"
        return await sql(statement.replace(" WHERE ", f" WHERE {setting} AND ", 1), *args)
    con, release = await db.checkout()
    try:
        con.con.execute("PRAGMA synchronous=NORMAL")
        return await db.busy_retry(con, _placeholders(statement, "sqlite"), args)
    finally:
        con.con.execute("PRAGMA synchronous=FULL")
        release()


@contextlib.asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """
    One unit of work: all of it is kept, or none.

    Never start tasks inside: they would share the connection.

    Raises:
        RuntimeError: inside another unit of work. Piccolo's nested
            transactions are no savepoints, so an inner failure that is caught
            would leave its rows behind.

    """
    db = engine()
    if db.current_transaction.get() is not None:
        raise RuntimeError("a unit of work inside another one")
    async with db.transaction():
        yield


P = ParamSpec("P")
R = TypeVar("R")
#: A deadlock, and a transaction that cannot be put in order with the others (PostgreSQL, appendix A).
_CONFLICTS = frozenset({"40P01", "40001"})
_MOST_TRIES = 5


def retried(command: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """
    Do a command again from its start when the database broke it off for the sake of another, at most five times in all.

    Such a command left nothing behind. Inside somebody else's unit of work it
    is not done again: that is lost as a whole.
    """

    @wraps(command)
    async def again(*args: P.args, **kwargs: P.kwargs) -> R:
        for tried in range(1, _MOST_TRIES):
            try:
                return await command(*args, **kwargs)
            except Exception as error:
                conflict = getattr(error, "sqlstate", None) in _CONFLICTS
                if not conflict or engine().current_transaction.get() is not None:
                    raise
            await asyncio.sleep(random.uniform(0.005, 0.02) * tried)  # noqa: S311  no secret is made
        return await command(*args, **kwargs)

    return again


def lock_clause() -> str:
    """
    Row locks where there are any; SQLite's writers already queue.

    Not FOR UPDATE: that waits for whoever inserts a row with a foreign key to
    the locked one, and they may be waiting for us.
    """
    return "" if is_sqlite() else " FOR NO KEY UPDATE"


def share_clause() -> str:
    """Row locks that others may share, and that only a change of the row waits for."""
    return "" if is_sqlite() else " FOR SHARE"


_NAMED = re.compile(r"(CHECK|UNIQUE) constraint failed: (.+)")


def violated(error: Exception) -> str | None:
    """
    Name what a failed write ran into, or None.

    PostgreSQL gives the constraint's or index's name; SQLite the CHECK's name
    or `table.column, table.column` of a unique index.
    """
    if name := getattr(error, "constraint_name", None):
        return str(name)
    found = _NAMED.search(str(error))
    return found[2] if found else None


def utc_now() -> datetime:
    """The clock. Read at the edges only; rules and commands are given `now`."""
    return datetime.now(UTC)


async def start_pool() -> None:
    """Open the connections that this process keeps."""
    await engine().start_connection_pool()


async def close_pool() -> None:
    """Close them."""
    await engine().close_connection_pool()
