"""Answers that are files: the same table as CSV, XLSX or JSON."""

from collections.abc import Iterable, Sequence

from litestar.response import Stream

from eventhub.spreadsheets import table_bytes

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def download(form: str, name: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Stream:
    """
    Answer with a table as a file.

    Args:
        form: `csv`, `xlsx` or `json`.
        name: Of the file, without its ending: ASCII letters, digits and hyphens, ours and never typed.
        title: Of the sheet in a workbook.
        columns: Names of the columns.
        rows: Their values.

    """
    return Stream(
        table_bytes(form, title, columns, rows, mark=True),
        media_type=MEDIA_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{form}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
