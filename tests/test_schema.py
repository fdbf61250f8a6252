"""The migrated database is what the tables say, and migrating is safe whoever does it."""

import asyncio
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from piccolo.columns import Bytea, Column, ForeignKey, SmallInt
from piccolo.table import Table

import eventhub
from eventhub.database import PgEngine, engine, is_sqlite, sql
from eventhub.migrations import files, migrate, pending, statements

#: Which migrations there are depends on the database, also where none of them is applied.
pytestmark = pytest.mark.usefixtures("pool")
PACKAGE = Path(eventhub.__file__).parent
MIGRATE = "import asyncio\nfrom eventhub.migrations import migrate\nprint(','.join(asyncio.run(migrate())))"


def tables() -> list[type[Table]]:
    """Every table of every package."""
    found: dict[str, type[Table]] = {}
    for path in sorted(PACKAGE.glob("*/tables.py")):
        module = importlib.import_module(f"eventhub.{path.parent.name}.tables")
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, Table) and thing is not Table:
                found[thing._meta.tablename] = thing
    return list(found.values())


async def columns_of(table: str) -> dict[str, tuple[str, bool]]:
    """Type and nullability of each column, as the database has them."""
    if is_sqlite():
        rows = await sql(f"SELECT name, type, \"notnull\" AS required FROM pragma_table_info('{table}')")
        return {row["name"]: (row["type"], not row["required"]) for row in rows}
    rows = await sql(
        "SELECT column_name AS name, udt_name AS type, character_maximum_length AS length, is_nullable AS nullable "
        "FROM information_schema.columns WHERE table_schema = 'public' AND table_name = {}",
        table,
    )
    words = {"int4": "INTEGER", "int2": "SMALLINT", "bool": "BOOLEAN"}
    return {
        row["name"]: (
            f"VARCHAR({row['length']})" if row["type"] == "varchar" else words.get(row["type"], row["type"].upper()),
            row["nullable"] == "YES",
        )
        for row in rows
    }


def declared(column: Column) -> tuple[str, bool]:
    """Type and nullability of a column, as its table says."""
    kind: Any = column._foreign_key_meta.resolved_target_column if isinstance(column, ForeignKey) else column
    spelt = {SmallInt: "SMALLINT", Bytea: "BYTEA"}  # where Piccolo asks the engine; the migrations say the same to both
    words = spelt.get(type(kind)) or str(kind.column_type)
    return words, bool(column._meta.null)


async def names_of_tables() -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if is_sqlite()
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    return {row["name"] for row in await sql(query)}


async def test_the_database_has_the_tables_of_the_packages_and_no_others(database: None) -> None:
    declared_names = {table._meta.tablename for table in tables()}
    assert await names_of_tables() == declared_names | {"schema_migration"}
    assert len(declared_names) > 20


@pytest.mark.parametrize("table", tables(), ids=lambda table: table._meta.tablename)
async def test_columns_types_and_nullability_are_as_declared(database: None, table: type[Table]) -> None:
    wanted = {column._meta.db_column_name: declared(column) for column in table._meta.columns}
    assert await columns_of(table._meta.tablename) == wanted


async def test_foreign_keys_lead_where_the_tables_say(database: None) -> None:
    wanted = {
        (table._meta.tablename, key._meta.db_column_name, key._foreign_key_meta.resolved_references._meta.tablename)
        for table in tables()
        for key in table._meta.foreign_key_columns
    }
    if is_sqlite():
        found = set()
        for name in await names_of_tables():
            for row in await sql(f'SELECT "from" AS key, "table" AS target FROM pragma_foreign_key_list(\'{name}\')'):
                found.add((name, row["key"], row["target"]))
    else:
        rows = await sql(
            "SELECT c.conrelid::regclass::text AS name, a.attname AS key, c.confrelid::regclass::text AS target "
            "FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
            "WHERE c.contype = 'f'"
        )
        found = {(row["name"], row["key"], row["target"]) for row in rows}
    assert found == wanted


async def test_migrating_again_changes_nothing(database: None) -> None:
    ledger = await sql("SELECT name FROM schema_migration ORDER BY name")
    assert [row["name"] for row in ledger] == [file.name for file in files()]
    assert await pending() == []
    assert await migrate() == []
    assert await sql("SELECT name FROM schema_migration ORDER BY name") == ledger


async def test_four_processes_that_start_at_once_migrate_once(database: None, tmp_path: Path) -> None:
    db = engine()
    if isinstance(db, PgEngine):
        connection = await asyncpg.connect(db.config["dsn"])
        await connection.execute("DROP DATABASE IF EXISTS four")
        await connection.execute("CREATE DATABASE four")
        await connection.close()
        url = db.config["dsn"].replace("/postgres?", "/four?")
    else:
        url = f"sqlite:///{tmp_path / 'new' / 'four.sqlite'}"
    env = os.environ | {"EVENTHUB_DATABASE_URL": url}
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    said = [await process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    applied = sorted(out.decode().strip() for out, _ in said)
    assert applied == ["", "", "", ",".join(file.name for file in files())]


def test_a_migration_is_parted_into_statements_without_comments() -> None:
    text = "-- First; of all.\nCREATE TABLE a (\n    x TEXT -- why; not\n);\n\nINSERT INTO a VALUES ('b;c');\n"
    assert statements(text) == ["CREATE TABLE a (\n    x TEXT -- why; not\n)", "INSERT INTO a VALUES ('b;c')"]
    for file in files():
        assert "{" not in file.read_text(encoding="utf-8")
