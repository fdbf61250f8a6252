"""The report as a workbook: a first sheet that names the others, one sheet per table, native charts beside their numbers."""

import io
from datetime import date, datetime
from typing import Any

import xlsxwriter

from eventhub.languages import gettext, say
from eventhub.reports.rules import Report
from eventhub.sections import Cell, Chart, ChartKind, DataTable, number_of
from eventhub.spreadsheets import PRINTED_DAY_FORMAT, PrintedDay

#: Colours and patterns of the parts of a bar; the patterns tell them apart without colour.
_FILLS = (("#0b5c58", None), ("#e9a179", "wide_upward_diagonal"), ("#c9c2b0", "dotted_grid"), ("#ece6d9", None))
_WIDEST, _NARROWEST = 60, 9
#: Tables with more columns are printed on pages turned on their side.
_MOST_UPRIGHT = 6
_LONGEST_SHEET_NAME = 31


def workbook_bytes(report: Report, lines: list[str], day: date) -> bytes:
    """
    The workbook in the language being spoken.

    Heads of columns are their codes, which are the same in every language;
    their words stand as a comment. Text stays text, whatever it begins with.
    """
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": say(report.title), "created": datetime(day.year, day.month, day.day)})  # noqa: DTZ001
    formats = {
        "bold": book.add_format({"bold": True, "bottom": 1}),
        "large": book.add_format({"bold": True, "font_size": 16}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "number": book.add_format({"num_format": "#,##0", "valign": "top"}),
        "part": book.add_format({"num_format": "#,##0.0##", "valign": "top"}),
        "printed_day": book.add_format({"num_format": PRINTED_DAY_FORMAT, "valign": "top", "align": "left"}),
        "wrapped": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
    }
    first = book.add_worksheet(gettext("Contents")[:_LONGEST_SHEET_NAME])
    first.set_column(0, 0, 34)
    first.set_column(1, 1, 90)
    first.set_landscape()
    first.fit_to_pages(1, 0)
    first.write_string(0, 0, say(report.title), formats["large"])
    for place, line in enumerate(lines, start=1):
        first.write_string(place, 0, line)
    row, taken = len(lines) + 2, {first.get_name().casefold()}
    for _, section in report.all_sections:
        first.write_string(row, 0, say(section.title), formats["wrapped"])
        for sentence in section.sentences:
            first.write_string(row, 1, say(sentence), formats["text"])
            row += 1
        for table in section.tables:
            name = _sheet_name(table.code, taken)
            _write(book, name, table, formats)
            first.write_url(row, 1, f"internal:'{name}'!A1", string=say(table.title))
            row += 1
        for chart in section.charts:
            name = _draw(book, chart, taken, formats)
            first.write_url(row, 1, f"internal:'{name}'!A1", string=say(chart.title))
            row += 1
        row += not (section.sentences or section.tables or section.charts)
    book.close()
    return file.getvalue()


def _sheet_name(code: str, taken: set[str]) -> str:
    """The code of a table as the name of a sheet: at most 31 characters, none twice."""
    name, number = code[:_LONGEST_SHEET_NAME], 1
    while name.casefold() in taken:
        number += 1
        name = f"{code[: _LONGEST_SHEET_NAME - 1 - len(str(number))]}~{number}"
    taken.add(name.casefold())
    return name


def _write(book: Any, name: str, table: DataTable, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    rows = (*table.rows, *table.totals)
    for place, column in enumerate(table.columns):
        longest = max((len(_said(row[place])) for row in rows if row[place] is not None), default=0)
        sheet.set_column(place, place, min(max(longest, len(column.code), _NARROWEST) + 1, _WIDEST))
        sheet.write_string(0, place, column.code, formats["bold"])
        sheet.write_comment(0, place, say(column.head))
    for number, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            kept = PrintedDay(cell) if table.columns[place].is_printed_day and isinstance(cell, str) else cell
            _write_cell(sheet, number, place, kept, formats)
    sheet.repeat_rows(0)
    if len(table.columns) > _MOST_UPRIGHT:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _said(cell: Cell) -> str:
    return say(cell) if isinstance(cell, str) else str(cell)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, formats: dict[str, Any]) -> None:
    """One cell with its type; “2,100+” is text."""
    if cell is None:
        return
    if isinstance(cell, date):
        sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), formats["day"])  # noqa: DTZ001
    elif isinstance(cell, PrintedDay) and cell.day:
        sheet.write_datetime(row, column, datetime(cell.day.year, cell.day.month, cell.day.day), formats["printed_day"])  # noqa: DTZ001
    elif (found := number_of(cell)) is not None:
        sheet.write_number(row, column, found, formats["number" if found == int(found) else "part"])
    elif isinstance(cell, str):
        sheet.write_string(row, column, say(cell), formats["text"])


def _draw(book: Any, chart: Chart, taken: set[str], formats: dict[str, Any]) -> str:
    """A chart on a sheet of its own, beside the numbers it reads: they change together. Says the name of the sheet."""
    name = _sheet_name(chart.code, taken)
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, len(chart.series), 14)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 1)
    for place, head in enumerate((chart.label_head, *chart.series)):
        sheet.write_string(0, place, say(head), formats["bold"])
    for row, (label, numbers) in enumerate(chart.rows, start=1):
        sheet.write_string(row, 0, say(label))
        for place, number in enumerate(numbers, start=1):
            sheet.write_number(row, place, number)
    stacked = chart.kind is ChartKind.STACKED
    drawn = book.add_chart({"type": "bar", "subtype": "percent_stacked"} if stacked else {"type": "bar"})
    last = len(chart.rows)
    for place in range(len(chart.series)):
        colour, pattern = _FILLS[place]
        fill = {"pattern": {"pattern": pattern, "fg_color": "#ffffff", "bg_color": colour}} if pattern else {"fill": {"color": colour}}  # fmt: skip
        drawn.add_series(
            {
                "name": [name, 0, place + 1],
                "categories": [name, 1, 0, last, 0],
                "values": [name, 1, place + 1, last, place + 1],
                "border": {"color": "#767f78"},
                "data_labels": {"value": True, "num_format": _in_units(chart.unit), "font": {"bold": True, "color": "#ffffff" if stacked and not place else "#000000"}},
                **fill,
            }
        )  # fmt: skip
    drawn.set_title({"name": say(chart.title), "name_font": {"size": 12}, "overlay": False})
    drawn.set_legend({"position": "bottom"} if stacked else {"none": True})
    drawn.set_y_axis({"reverse": True, "name": say(chart.label_head)})
    drawn.set_x_axis({"major_gridlines": {"visible": False}, "visible": False})
    drawn.set_size({"width": 760, "height": 140 + 44 * last})
    sheet.insert_chart(1, len(chart.series) + 2, drawn, {"description": say(chart.title)})
    return name


def _in_units(unit: str) -> str:
    """The form of numbers that are followed by their unit."""
    return f'#,##0"\u202f{unit}"' if unit else "#,##0"
