"""The tables of the matrix: pages, CSV, XLSX, the report and the command line all show these same rows."""

from dataclasses import dataclass

from eventhub.engagement.queries import Absent
from eventhub.engagement.rules import DASH, Column, EngagementMatrix, Value, printed

Cell = str | int | None

#: Columns of the file after those of the matrix; by `key` an import finds a member again, whatever its name.
MORE_COLUMNS = ("key", "new_member", "board_member")
TOTAL_MEMBERS, TOTAL = "Total members", "Total"


@dataclass(frozen=True)
class Sheet:
    """One table with the names of its columns; None is an empty cell."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def engagement_sheet(matrix: EngagementMatrix) -> Sheet:
    """
    The matrix with its two closing rows; yes or empty, numbers, and a dash where nothing is added up.

    The import takes the same file again.
    """
    codes = [column.code for column in matrix.columns]
    members, total = matrix.total_members(), matrix.total()
    blank = ("",) * len(MORE_COLUMNS)
    return Sheet(
        "Engagement",
        ("member", *codes, *MORE_COLUMNS),
        (
            *(
                (
                    row.name,
                    *(printed(column, row.cells[column.code].value) for column in matrix.columns),
                    row.key,
                    "yes" if row.is_new else "",
                    "yes" if row.is_board_member else "",
                )
                for row in matrix.rows
            ),
            (TOTAL_MEMBERS, *(members[code] for code in codes), *blank),
            (TOTAL, *(closing(total[code]) for code in codes), *blank),
        ),
    )


def closing(number: int | None) -> str | int:
    """A number of the row “Total”, or the dash."""
    return DASH if number is None else number


def absent_sheet(rows: tuple[Absent, ...]) -> Sheet:
    """Members that sent nobody."""
    return Sheet(
        "Sent nobody",
        ("key", "member", "region", "activated"),
        tuple((row.key, row.name, row.region, "yes" if row.activated else "") for row in rows),
    )


def shown(column: Column, value: Value) -> str:
    """A cell as text."""
    return str(printed(column, value) or "")
