"""The engagement matrix as JSON, for staff only."""

import msgspec
from litestar import Controller, get
from litestar.params import FromQuery

from eventhub.access import Policy, open_to
from eventhub.engagement.queries import engagement_of
from eventhub.engagement.rules import Column, MemberRow, Roles, Value
from eventhub.engagement.sheets import TOTAL, TOTAL_MEMBERS
from eventhub.statistics.api import asked_year


class ColumnOut(msgspec.Struct):
    """One column of the engagement matrix; `cell` is yes, one, number, year or role."""

    code: str
    name: str
    definition: str
    cell: str
    is_computed: bool


class EngagementOut(msgspec.Struct):
    """
    The engagement matrix: one row per member, then the rows “Total members” and “Total”.

    Cells are numbers, true and false, or texts such as “P (2)”; null in
    “Total” where the matrix prints a dash. `stated` names the columns in which
    somebody has said the value, `differing` those of them in which the data
    say otherwise. The rate is taken over the members at the end of the year.
    """

    year: int
    columns: list[ColumnOut]
    items: list[dict[str, str | int | bool | list[str] | None]]
    totals: list[dict[str, str | int | bool | None]]
    members_at_end: int
    activated_at_end: int
    rate_pct: int | None


class Engagement(Controller):
    """The engagement of members in a year."""

    path = "/api/v1/statistics/engagement"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def engagement(self, year: FromQuery[str | None] = None) -> EngagementOut:
        """The engagement matrix of a year."""
        matrix = await engagement_of(asked_year(year))
        return EngagementOut(
            year=matrix.year,
            columns=[
                ColumnOut(column.code, str(column.name), str(column.definition), column.cell.value, column.is_computed)
                for column in matrix.columns
            ],
            items=[_member(row, matrix.columns) for row in matrix.rows],
            totals=[{"member": TOTAL_MEMBERS, **matrix.total_members()}, {"member": TOTAL, **matrix.total()}],
            members_at_end=matrix.members_at_end,
            activated_at_end=matrix.activated_at_end,
            rate_pct=matrix.rate_pct,
        )


def _member(row: MemberRow, columns: tuple[Column, ...]) -> dict[str, str | int | bool | list[str] | None]:
    return {
        "key": row.key,
        "member": row.name,
        **{column.code: _cell(column, row.cells[column.code].value) for column in columns},
        "new_member": row.is_new,
        "board_member": row.is_board_member,
        "member_at_end": row.is_member_at_end,
        "stated": [column.code for column in columns if row.cells[column.code].is_stated],
        "differing": [column.code for column in columns if row.cells[column.code].differs],
    }


def _cell(column: Column, value: Value) -> str | int | bool:
    if isinstance(value, Roles):
        return str(value)
    return bool(value) if column.is_yes_or_no else value


ENGAGEMENT_API: list[type[Controller]] = [Engagement]
