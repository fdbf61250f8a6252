"""The thirty questions as JSON."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, account_of, open_to
from eventhub.answers.asking import Asked, ask, question
from eventhub.answers.printing import as_values
from eventhub.answers.rules import QUESTIONS
from eventhub.statistics.api import asked_year


class QuestionOut(msgspec.Struct):
    """One question; `needs` names a further parameter that narrows it: `series`, `campaign` or `nothing`."""

    number: int
    question: str
    needs: str


class ColumnOut(msgspec.Struct):
    """One column of a table."""

    code: str
    name: str


class TableOut(msgspec.Struct):
    """One table: cells are text, numbers, days or null; `totals` are rows below the others."""

    code: str
    title: str
    columns: list[ColumnOut]
    rows: list[list[str | int | None]]
    totals: list[list[str | int | None]]
    note: str | None


class PartOut(msgspec.Struct):
    """A part of an answer, such as one series or campaign."""

    code: str
    title: str
    sentences: list[str]
    tables: list[TableOut]


class AnswerOut(msgspec.Struct):
    """The answer to a question in sentences and tables."""

    number: int
    year: int
    title: str
    sentences: list[str]
    tables: list[TableOut]
    parts: list[PartOut]


class AnswersApi(Controller):
    """Questions and answers."""

    path = "/api/v1/statistics/answers"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self) -> list[QuestionOut]:
        """All questions."""
        return [QuestionOut(one.number, str(one.words), one.needs.value) for one in QUESTIONS.values()]

    @get("/{number:int}")
    async def answer(
        self,
        request: Request[Any, Any, Any],
        number: FromPath[int],
        now: NamedDependency[datetime],
        year: FromQuery[str | None] = None,
        series: FromQuery[str] = "",
        campaign: FromQuery[str] = "",
    ) -> AnswerOut:
        """The answer to one question for a year."""
        who = account_of(request)
        question(number)
        asked = Asked(
            asked_year(year), now.date(), is_exact=who.sees_small_groups, series=series, campaign=campaign,
            may_edit_events=who.may(Policy.EDIT_EVENTS),
        )  # fmt: skip
        values = as_values(await ask(number, asked))
        values.pop("code")
        for part in values["parts"]:
            part.pop("parts")
        return msgspec.convert({"number": number, "year": asked.year, **values}, AnswerOut)


ANSWERS_API: list[type[Controller]] = [AnswersApi]
