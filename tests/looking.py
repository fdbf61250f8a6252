"""What the schema itself says, the same on both engines."""

from eventhub.database import is_sqlite, sql


async def tables() -> list[str]:
    """Names of all tables, sorted."""
    if is_sqlite():
        rows = await sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    else:
        rows = await sql("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [row["name"] for row in rows]


async def columns() -> dict[tuple[str, str], str]:
    """The type of every column, by table and name: `text`, `octets` or `other`."""
    if is_sqlite():
        rows = [
            {"in": table, **row}
            for table in await tables()
            for row in await sql(f"SELECT name AS named, type AS kind FROM pragma_table_info('{table}')")
        ]
    else:
        rows = await sql(
            'SELECT table_name AS "in", column_name AS named, data_type AS kind FROM information_schema.columns '
            "WHERE table_schema = 'public'"
        )
    kinds = {"VARCHAR": "text", "CHARACTER": "text", "TEXT": "text", "BYTEA": "octets", "BLOB": "octets"}
    return {
        (row["in"], row["named"]): next(
            (kind for word, kind in kinds.items() if row["kind"].upper().startswith(word)), "other"
        )
        for row in rows
    }


async def references() -> set[tuple[str, str, str]]:
    """Every foreign key: its table, its column, and the table that it leads to."""
    if is_sqlite():
        return {
            (table, row["source"], row["target"])
            for table in await tables()
            for row in await sql(
                f'SELECT "from" AS source, "table" AS target FROM pragma_foreign_key_list(\'{table}\')'
            )
        }
    rows = await sql(
        "SELECT c.conrelid::regclass::text AS named, a.attname AS source, c.confrelid::regclass::text AS target "
        "FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
        "WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace"
    )
    return {(row["named"], row["source"], row["target"]) for row in rows}
