"""The explorer as JSON: the parameters and the rows of its page."""

from typing import Any

import msgspec
from litestar import Controller, Request, get

from eventhub.access import Policy, open_to, sees_small_groups
from eventhub.explorer.asking import question_of
from eventhub.explorer.queries import answer, choices
from eventhub.explorer.rules import definitions
from eventhub.explorer.sheets import columns_of, rows_of, title_of


class ExplorerColumn(msgspec.Struct):
    """One column of the answer; `code` is its name in the rows and in files."""

    code: str
    name: str


class ExplorerOut(msgspec.Struct):
    """
    The answer to a question.

    `question` has the parameters as they were understood. Each of `items` is
    one group, by the codes of `columns`; `total` counts everything once,
    so it can be less than the sum of the groups.
    """

    question: dict[str, str]
    title: str
    definitions: list[str]
    columns: list[ExplorerColumn]
    items: list[dict[str, str | int | None]]
    total: dict[str, str | int | None]


class ExplorerApi(Controller):
    """Questions that are put together freely."""

    path = "/api/v1/statistics/explorer"
    opt = open_to(Policy.STAFF)

    @get("/", summary="Count events, people, members or labs by what you choose")
    async def ask(self, request: Request[Any, Any, Any]) -> ExplorerOut:
        """
        Count what `count` names, by `by` and perhaps `across`.

        `count` is `events`, `attendances`, `unique_people`, `speakers`, `members` or `labs`; dimensions are `year`,
        `month`, `kind`, `mode`, `involvement`, `region`, `member`, `theme`, `action_line`, `campaign` and `level`.
        Each but the first two is also a filter, with `year`, or `from` and `to`. `involvement` also takes `own` and
        `led`. `gender=yes` adds women and men for data stewards.
        """
        known = await choices()
        given = {name: value.replace("\x00", " ") for name, value in request.query_params.items()}
        question = question_of(given, known, sees_gender=sees_small_groups(request))
        found = await answer(question, known.names)
        columns = columns_of(found, known.names)
        codes = [column.code for column in columns]
        rows: list[dict[str, Any]] = [dict(zip(codes, row, strict=True)) for row in rows_of(found, known.names)]
        return ExplorerOut(
            question=question.parameters,
            title=str(title_of(question)),
            definitions=[str(sentence) for sentence in definitions(question)],
            columns=[ExplorerColumn(column.code, str(column.head)) for column in columns],
            items=rows[:-1],
            total=rows[-1],
        )


EXPLORER_API: list[type[Controller]] = [ExplorerApi]
