"""What all imports share: one transaction for a file, and writing many rows."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

from eventhub.database import sql, transaction, violated
from eventhub.errors import Refusal
from eventhub.words import Sentence

_ROWS_AT_ONCE = 200


class ImportCollision(Refusal):
    """Somebody else has written the same rows meanwhile; nothing of this import was kept."""

    status_code: ClassVar[int] = 409


@contextlib.asynccontextmanager
async def all_or_nothing() -> AsyncIterator[None]:
    """
    One transaction for a whole file.

    Raises:
        ImportCollision: another import wrote the same rows at the same time.

    """
    try:
        async with transaction():
            yield
    except Refusal:
        raise
    except Exception as error:
        if violated(error) is None:
            raise
        raise ImportCollision(
            Sentence("Somebody else has changed the same rows just now. Nothing was written; please try again.")
        ) from error


async def insert_many(table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Insert rows, a few hundred per statement. Table and columns are constants of the code base."""
    one = f"({', '.join('{}' for _ in columns)})"
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        await sql(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join(one for _ in part)}",
            *(value for row in part for value in row),
        )
