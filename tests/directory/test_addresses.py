"""Who has an address, while somebody else deletes the record of it."""

import asyncio

from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.people import person_with_email
from tests.make import NOW, a_person


async def test_whoever_comes_while_the_record_of_the_address_is_deleted_gets_a_new_one(database: None) -> None:
    """On PostgreSQL the insertion meets the old record, and then waits until it is gone."""
    old = await a_person("Known", "known@example.org")
    locked = asyncio.Event()

    async def forget() -> None:
        async with transaction():
            await sql(f"SELECT id FROM person WHERE id = {{}}{lock_clause()}", old)
            locked.set()
            await asyncio.sleep(0.3)  # the other one gets to its lock
            await sql("DELETE FROM person WHERE id = {}", old)

    async def come() -> object:
        await locked.wait()
        async with transaction():
            return await person_with_email("known@example.org", name="Again", now=NOW)

    _, new = await asyncio.gather(forget(), come())
    assert await sql("SELECT id, name FROM person") == [{"id": new, "name": "Again"}]
