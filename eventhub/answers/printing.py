"""Answers as text for a terminal and as plain values for JSON."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from eventhub.sections import Cell, DataTable, Section


def plain(cell: Cell) -> Any:
    """A cell for JSON: days as RFC 3339."""
    return cell.isoformat() if isinstance(cell, date) else str(cell) if isinstance(cell, str) else cell


def as_values(section: Section) -> dict[str, Any]:
    """A section with its parts as plain values, in English; columns by their codes."""
    return {
        "code": section.code,
        "title": str(section.title),
        "sentences": [str(sentence) for sentence in section.sentences],
        "tables": [
            {
                "code": table.code,
                "title": str(table.title),
                "columns": [{"code": column.code, "name": str(column.head)} for column in table.columns],
                "rows": [[plain(cell) for cell in row] for row in table.rows],
                "totals": [[plain(cell) for cell in row] for row in table.totals],
                "note": None if table.note is None else str(table.note),
            }
            for table in section.tables
        ],
        "parts": [as_values(part) for part in section.parts],
    }


def as_text(section: Section, level: int = 0) -> str:
    """A section for a terminal."""
    lines = [("  " * level + str(section.title)), ""]
    lines += ["  " * level + str(sentence) for sentence in section.sentences]
    for table in section.tables:
        lines += ["", *_text_of(table)]
    for part in section.parts:
        lines += ["", as_text(part, level + 1)]
    return "\n".join(lines)


def _text_of(table: DataTable) -> Iterator[str]:
    rows = [
        tuple(str(column.head) for column in table.columns),
        *(tuple("" if cell is None else str(plain(cell)) for cell in row) for row in (*table.rows, *table.totals)),
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.columns))]
    yield str(table.title)
    for row in rows:
        cells = (
            cell.rjust(width) if column.is_number else cell.ljust(width)
            for cell, width, column in zip(row, widths, table.columns, strict=True)
        )
        yield "  ".join(cells).rstrip()


def tables_of(section: Section) -> Iterator[DataTable]:
    """All tables of a section and its parts."""
    yield from section.tables
    for part in section.parts:
        yield from tables_of(part)
