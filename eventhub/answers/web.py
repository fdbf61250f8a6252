"""The thirty questions as pages for staff, and their tables as files."""

import re
from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from eventhub.access import Policy, account_of, open_to
from eventhub.answers.asking import Asked, ask, question
from eventhub.answers.printing import tables_of
from eventhub.answers.rules import QUESTIONS, Needs
from eventhub.pages import render
from eventhub.series.queries import series_lines
from eventhub.spreadsheets import csv_bytes
from eventhub.statistics.campaigns import campaigns_of
from eventhub.statistics.queries import checked_year, years_with_figures


class Answers(Controller):
    """The questions, and one answer each."""

    path = "/staff/answers"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(
        self, request: Request[Any, Any, Any], now: NamedDependency[datetime], year: FromQuery[str] = ""
    ) -> Response[Any]:
        """All questions, for a year."""
        wanted = await _year(year, now)
        return render(
            request, "answers/questions", questions=QUESTIONS.values(), year=wanted, years=await _years(wanted)
        )

    @get("/{name:str}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        name: FromPath[str],
        now: NamedDependency[datetime],
        year: FromQuery[str] = "",
        series: FromQuery[str] = "",
        campaign: FromQuery[str] = "",
    ) -> Response[Any]:
        """The answer to a question; its tables as a file when the address ends in .csv."""
        found = re.fullmatch(r"([0-9]{1,2})(\.csv)?", name)
        if not found:
            raise NotFoundException
        one, who = question(int(found[1])), account_of(request)
        wanted = await _year(year, now)
        asked = Asked(
            wanted, now.date(), is_exact=who.sees_small_groups, series=series, campaign=campaign,
            may_edit_events=who.may(Policy.EDIT_EVENTS),
        )  # fmt: skip
        answer = await ask(one.number, asked)
        if found[2]:
            rows = [row for table in tables_of(answer) for row in _lines(table)]
            return Stream(
                csv_bytes(("table", "row"), rows, mark=True),
                media_type="text/csv",
                headers={
                    "Content-Disposition": f'attachment; filename="answer-{one.number}-{wanted}.csv"',
                    "Cache-Control": "no-store",
                },
            )
        return render(
            request,
            "answers/answer",
            question=one,
            answer=answer,
            year=wanted,
            years=await _years(wanted),
            series=series,
            campaign=campaign,
            all_series=await series_lines() if one.needs is Needs.SERIES else [],
            all_campaigns=await campaigns_of(wanted) if one.needs is Needs.CAMPAIGN else [],
            exact=who.sees_small_groups,
            query=request.url.query,
        )


def _lines(table: Any) -> list[tuple[Any, ...]]:
    """A table as lines of one file: its code, then its cells; the first line has the codes of its columns."""
    head = (table.code, *(column.code for column in table.columns))
    return [head, *((table.code, *row) for row in (*table.rows, *table.totals))]


async def _years(wanted: int) -> list[int]:
    return sorted({*await years_with_figures(), wanted}, reverse=True)


async def _year(text: str, now: datetime) -> int:
    """
    The year that was asked for; without one the newest with figures that is not in the future.

    Raises:
        NotFound: there are no figures for such a year.

    """
    if not text:
        so_far = [year for year in await years_with_figures() if year <= now.year]
        return max(so_far, default=now.year)
    return checked_year(int(text)) if re.fullmatch(r"[0-9]{4}", text) else checked_year(0)


ANSWER_PAGES: list[Any] = [Answers]
