"""The columns of the matrix, as data/engagement_columns.csv has them. A new one is one row, and perhaps one count."""

import csv

from eventhub.engagement.rules import CellKind, Column, MembersRow, TotalRow
from eventhub.resources import DATA
from eventhub.words import Sentence


def _column(row: dict[str, str]) -> Column:
    return Column(
        code=row["code"],
        name=Sentence(row["name"]),
        definition=Sentence(row["definition"]),
        cell=CellKind(row["cell"]),
        count=row["count"],
        kinds=frozenset(row["kinds"].split()),
        members_row=MembersRow(row["total_members"]),
        total_row=TotalRow(row["total"]),
        activates=row["activates"] == "yes",
        presence=row["presence"] == "yes",
        first_year=int(row["first_year"]) if row["first_year"] else None,
        last_year=int(row["last_year"]) if row["last_year"] else None,
    )


def _read() -> tuple[Column, ...]:
    with (DATA / "engagement_columns.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_column(row) for row in sorted(csv.DictReader(file), key=lambda row: int(row["order"])))


#: All columns of all years, in the order in which they are printed.
COLUMNS = _read()


def columns_of(year: int) -> tuple[Column, ...]:
    """The columns of the matrix of a year."""
    return tuple(column for column in COLUMNS if column.is_in(year))
