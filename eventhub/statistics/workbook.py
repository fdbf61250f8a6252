"""The workbook of a year: one sheet per table, and native charts beside the figures."""

import io
from typing import Any

import xlsxwriter

from eventhub.labels import label_of
from eventhub.spreadsheets import PRINTED_DAY_FORMAT, PrintedDay, plain_text
from eventhub.statistics.queries import YearFigures
from eventhub.statistics.rules import leading
from eventhub.statistics.sheets import Sheet, year_sheets

#: Characters; definitions and titles are long, everything else is short.
_WIDE, _NARROW = 60, 14
_WIDE_COLUMNS = frozenset({"definition", "title", "name", "location"})
#: Figures of people that stand one below the other, as a chart needs them.
_PEOPLE = ("attendances", "unique_people", "speakers", "political_speakers")


def year_workbook(found: YearFigures) -> bytes:
    """
    Write the workbook of a year. Text stays text, whatever it begins with.

    The charts read the cells of their sheets, so they change with them.
    """
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": f"Figures of {found.year}"})
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": PRINTED_DAY_FORMAT, "valign": "top", "align": "left"})
    pages = {}
    for sheet in year_sheets(found):
        pages[sheet.title] = _write(book, sheet, bold, wrapped, day)
    first = pages["Figures"]
    below = len(found.figures) + 2
    if found.kinds:
        first.insert_chart(below, 0, _kinds_chart(book, found), {"description": "Own events by kind"})
    if any(found[code].known for code in _PEOPLE):
        first.insert_chart(below, 5, _shares_chart(book, found), {"description": "Shares of women and men"})
    book.close()
    return file.getvalue()


def _write(book: Any, sheet: Sheet, bold: Any, wrapped: Any, day: Any) -> Any:
    page = book.add_worksheet(sheet.title)
    page.freeze_panes(1, 0)
    for position, name in enumerate(sheet.columns):
        page.set_column(position, position, _WIDE if name in _WIDE_COLUMNS else _NARROW, wrapped)
        page.write_string(0, position, name, bold)
    for number, row in enumerate(sheet.rows, start=1):
        for position, value in enumerate(row):
            if isinstance(value, int | float):
                page.write_number(number, position, value)
            elif isinstance(value, PrintedDay) and value.day:
                page.write_datetime(number, position, value.day, day)
            elif text := plain_text(value):
                page.write_string(number, position, text)
    return page


def _kinds_chart(book: Any, found: YearFigures) -> Any:
    """Own events by kind, read from “Events by kind”."""
    last = len(found.kinds)
    chart = book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": "Own events",
            "categories": ["Events by kind", 1, 1, last, 1],
            "values": ["Events by kind", 1, 5, last, 5],
            "data_labels": {"value": True},
        }
    )
    top = " and ".join(label_of(kind) for kind in leading({row.kind: row.total for row in found.kinds}))
    chart.set_title({"name": f"Own events {found.year}, most often: {top}"})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    return chart


def _shares_chart(book: Any, found: YearFigures) -> Any:
    """Women and men in per cent, read from “Figures”."""
    rows = [row for row, figure in enumerate(found.figures, start=1) if figure.code in _PEOPLE]
    chart = book.add_chart({"type": "bar", "subtype": "percent_stacked"})
    striped = {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": "#ffffff", "bg_color": "#e9a179"}}
    for name, column, fill in (("Women, %", 3, {"fill": {"color": "#0b5c58"}}), ("Men, %", 4, striped)):
        chart.add_series(
            {
                "name": name,
                "categories": ["Figures", rows[0], 1, rows[-1], 1],
                "values": ["Figures", rows[0], column, rows[-1], column],
                "border": {"color": "#767f78"},
                "data_labels": {
                    "value": True,
                    "font": {"bold": True, "color": "#ffffff" if column == 3 else "#000000"},
                },
                **fill,
            }
        )
    chart.set_title({"name": f"Shares of women and men {found.year}"})
    chart.set_y_axis({"reverse": True})
    return chart
