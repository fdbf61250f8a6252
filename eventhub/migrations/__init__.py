"""
One set of numbered SQL files for SQLite and PostgreSQL, applied in order.

Both engines read the same DDL as long as it keeps to what SQLite can parse:
no braces, constraints inside CREATE TABLE, unique and partial indexes as statements of
their own, ALTER TABLE only to add, rename or drop a column. Triggers are the
exception: `NNNN_name.sqlite.sql` and `NNNN_name.postgres.sql` say the same for
one engine each, one trigger a line. See
docs/decisions/0003-migrations.md; tests/test_schema.py compares the outcome
with the tables.
"""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

from eventhub.database import PgEngine, engine, is_sqlite, sql, transaction, utc_now

FOLDER = Path(__file__).parent
_LEDGER = "CREATE TABLE IF NOT EXISTS schema_migration (name VARCHAR(200) PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL)"


def files() -> list[Path]:
    """The migrations of this version for the engine in use, in order; triggers need a file for each engine."""
    other = ".postgres.sql" if is_sqlite() else ".sqlite.sql"
    return [path for path in sorted(FOLDER.glob("[0-9]*.sql")) if not path.name.endswith(other)]


def statements(text: str) -> list[str]:
    """Part a file into statements: each ends with a semicolon at the end of a line."""
    without_comments = re.sub(r"^\s*--.*$", "", text, flags=re.M)
    return [part.strip() for part in re.split(r";\s*$", without_comments, flags=re.M) if part.strip()]


async def pending() -> list[str]:
    """Names of the migrations that the database still lacks."""
    try:
        done = {row["name"] for row in await sql("SELECT name FROM schema_migration")}
    except Exception as error:
        if "schema_migration" not in str(error):
            raise
        done = set()
    return [file.name for file in files() if file.name not in done]


async def migrate() -> list[str]:
    """
    Bring the database to the schema of this version; safe when several processes start at once.

    Returns:
        The names of the migrations applied now, in order.
    """
    async with _alone():
        await engine()._run_in_new_connection(_LEDGER)
        applied = await pending()
        for name in applied:
            async with transaction():
                for statement in statements((FOLDER / name).read_text(encoding="utf-8")):
                    await sql(statement)
                await sql("INSERT INTO schema_migration (name, applied_at) VALUES ({}, {})", name, utc_now())
        return applied


@contextlib.asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    """Keep other processes from migrating at the same time."""
    db = engine()
    if isinstance(db, PgEngine):
        connection = await db.get_new_connection()
        try:
            await connection.execute("SELECT pg_advisory_lock(7262001)")
            yield
        finally:
            await connection.close()  # closing the session frees the lock
        return
    import fcntl

    assert is_sqlite()
    path = Path(db.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.migrate-lock", "w") as lock:  # noqa: ASYNC230  before anything is served
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
