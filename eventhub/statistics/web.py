"""Pages of figures for staff, and the files that hold the same rows."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream

from eventhub.access import Policy, account_of, open_to, sees_small_groups
from eventhub.pages import redirect, render
from eventhub.spreadsheets import csv_bytes, xlsx_bytes
from eventhub.statistics.definitions import GROUPS
from eventhub.statistics.parity_web import ParityYears
from eventhub.statistics.queries import (
    as_seen,
    calendar_annex,
    checked_year,
    figures_of,
    years_with_figures,
)
from eventhub.statistics.rows import ROWS_ON_A_PAGE, Page, has_rows, rows_behind
from eventhub.statistics.rules import leading
from eventhub.statistics.sheets import Cell, Sheet, annex_sheet, figures_sheet
from eventhub.statistics.workbook import year_workbook

#: Rows of one file at most.
MOST_ROWS = 100_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Figures(Controller):
    """Figures by year, each with its definition."""

    path = "/staff/figures"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def newest(self, now: NamedDependency[datetime]) -> Redirect:
        """Go on to the newest year with figures that is not in the future."""
        years = await years_with_figures()
        so_far = [year for year in years if year <= now.year]
        return redirect(f"/staff/figures/{max(so_far, default=min(years, default=now.year))}")

    @get("/{name:str}")
    async def show(
        self, request: Request[Any, Any, Any], name: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The figures of a year, as a page or as a file when the address ends in .csv or .xlsx."""
        year, form = _year_and_form(name)
        found = as_seen(await figures_of(year), is_exact=sees_small_groups(request))
        if form == "csv":
            return _file(f"figures-{year}.csv", csv_bytes(*_parts(figures_sheet(found)), mark=True))
        if form == "xlsx":
            return _file(f"figures-{year}.xlsx", iter([year_workbook(found)]))
        years = await years_with_figures()
        return render(
            request,
            "statistics/year",
            year=year,
            found=found,
            years=sorted({*years, year}, reverse=True),
            is_running=year >= now.year,
            exact=sees_small_groups(request),
            groups=GROUPS,
            has_rows=partial(has_rows, may_see_people=account_of(request).may(Policy.EDIT_EVENTS)),
            leading_kinds=leading({row.kind: row.total for row in found.kinds}),
            leading_themes=leading({theme.code: theme.labs for theme in found.themes}),
        )

    @get("/{name:str}/rows/{code:str}")
    async def rows(
        self,
        request: Request[Any, Any, Any],
        name: FromPath[str],
        code: FromPath[str],
        page_number: FromQuery[int] = 1,
    ) -> Response[Any]:
        """The rows that a figure counts, as a page or, when the address ends in .csv, as a file of all of them."""
        year, form = _year_and_form(name)
        figure, _, ending = code.partition(".")
        if form or (ending and ending != "csv") or code.endswith("."):
            raise NotFoundException
        who = account_of(request)
        number = max(1, min(page_number, 100_000))
        page = Page(0, MOST_ROWS) if ending else Page((number - 1) * ROWS_ON_A_PAGE)
        found = await rows_behind(figure, year, page, may_see_people=who.may(Policy.EDIT_EVENTS))
        if ending:
            columns = [column.code for column in found.table.columns]
            return _file(f"{figure}-{year}.csv", csv_bytes(columns, found.table.rows, mark=True))
        counted = as_seen(await figures_of(year), is_exact=who.sees_small_groups).get(figure)
        return render(
            request,
            "statistics/rows",
            year=year,
            found=found,
            figure=counted,
            number=number,
            pages=max(1, -(-found.listed // ROWS_ON_A_PAGE)),
        )

    @get("/{name:str}/{table:str}")
    async def table(self, request: Request[Any, Any, Any], name: FromPath[str], table: FromPath[str]) -> Response[Any]:
        """The calendar annex, as a page or as a file."""
        year, form = _year_and_form(name)
        kind, _, ending = table.partition(".")
        if form or kind != "calendar-annex" or table not in (kind, f"{kind}.{ending}"):
            raise NotFoundException
        annex = await calendar_annex(year)
        sheet = annex_sheet(annex)
        if ending == "csv":
            return _file(f"{kind}-{year}.csv", csv_bytes(*_parts(sheet), mark=True))
        if ending == "xlsx":
            return _file(f"{kind}-{year}.xlsx", xlsx_bytes(sheet.title, *_parts(sheet)))
        if ending or table.endswith("."):
            raise NotFoundException
        return render(request, "statistics/calendar_annex", year=year, annex=annex)


def _year_and_form(name: str) -> tuple[int, str]:
    """
    The year and the ending in the last part of an address, such as `2024` or `2024.csv`.

    Raises:
        NotFoundException: it is no year.
        NotFound: there are no figures for such a year.

    """
    found = re.fullmatch(r"([0-9]{4})(?:\.(csv|xlsx))?", name)
    if not found:
        raise NotFoundException
    return checked_year(int(found[1])), found[2] or ""


def _parts(sheet: Sheet) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    return sheet.columns, sheet.rows


def _file(name: str, content: Iterator[bytes]) -> Stream:
    """A file to keep; its name is ours, so it needs no quoting."""
    return Stream(
        content,
        media_type=_XLSX if name.endswith(".xlsx") else "text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


STATISTICS_PAGES: list[Any] = [Figures, ParityYears]
