"""Figures as JSON: the same numbers as the pages, for staff only."""

import re
from datetime import datetime
from typing import Any

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromQuery

from eventhub.access import Policy, identity_of, open_to, sees_small_groups
from eventhub.errors import Problems
from eventhub.events.rules import FIRST_YEAR, LAST_YEAR
from eventhub.statistics.queries import (
    ParityExceptionRow,
    as_seen,
    engagement_of,
    figures_of,
    parity_of_year,
)
from eventhub.statistics.rules import COLUMNS, Column, Figure, MemberRow, protected_figure, total, total_members
from eventhub.words import Sentence


class FigureOut(msgspec.Struct):
    """
    One figure with its definition.

    Shares are whole per cent over the `known` women and men and add up to
    100; all four are null for figures that do not count people, shares also
    when nobody is known.
    """

    code: str
    name: str
    definition: str
    value: int | float
    unit: str
    women_pct: int | None
    men_pct: int | None
    known: int | None
    unknown: int | None
    scope: str

    @classmethod
    def of(cls, figure: Figure) -> "FigureOut":
        """From a figure."""
        return cls(
            figure.code, str(figure.name), str(figure.definition), figure.number, figure.unit, figure.women_pct,
            figure.men_pct, figure.known, figure.unknown, str(figure.scope),
        )  # fmt: skip


class ThemeOut(msgspec.Struct):
    """Labs of one thematic priority; a lab with several counts under each of them."""

    theme: str
    name: str
    labs: int
    active_member_cities: int


class StatisticsOut(msgspec.Struct):
    """The figures of a year."""

    year: int
    figures: list[FigureOut]
    labs: list[ThemeOut]


class ParityExceptionOut(msgspec.Struct):
    """
    An event published in spite of its panels: by whom, why, and what was overruled.

    `findings` is empty for those who work on no event: numbers of single panels can tell of people.
    """

    event: str
    title: str
    account: str
    reason: str
    findings: list[str]
    granted_at: datetime

    @classmethod
    def of(cls, row: ParityExceptionRow, *, counted: bool) -> "ParityExceptionOut":
        """From a row; `counted` is whether the reader may see numbers of single panels."""
        findings = row.findings.splitlines() if counted else []
        return cls(row.slug, row.title, row.account_name, row.reason, findings, row.granted_at)


class ParityOut(msgspec.Struct):
    """The panels of own events of a year; those that the check does not apply to are left out."""

    year: int
    panels: int
    balanced: int
    unbalanced: int
    unknown: int
    share_balanced_pct: int | None
    speakers: FigureOut
    exceptions: list[ParityExceptionOut]


class ColumnOut(msgspec.Struct):
    """One column of the engagement matrix."""

    code: str
    name: str
    definition: str


class EngagementOut(msgspec.Struct):
    """
    The engagement matrix: one row per member, then the rows “Total members” and “Total”.

    Cells are numbers, or true and false; null in “Total” where the matrix prints a dash.
    """

    year: int
    columns: list[ColumnOut]
    items: list[dict[str, str | int | bool | None]]
    totals: list[dict[str, str | int | bool | None]]


class Statistics(Controller):
    """Figures of a year."""

    path = "/api/v1/statistics"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def figures(self, request: Request[Any, Any, Any], year: FromQuery[str | None] = None) -> StatisticsOut:
        """All figures of a year, and its labs by thematic priority."""
        found = as_seen(await figures_of(asked_year(year)), is_exact=sees_small_groups(request))
        return StatisticsOut(
            year=found.year,
            figures=[FigureOut.of(figure) for figure in found.figures],
            labs=[ThemeOut(theme.code, theme.name, theme.labs, theme.active_members) for theme in found.themes],
        )  # fmt: skip

    @get("/parity")
    async def parity(self, request: Request[Any, Any, Any], year: FromQuery[str | None] = None) -> ParityOut:
        """Panels, speakers and parity exceptions of a year."""
        who = identity_of(request)
        counted = who is not None and who.may(Policy.EDIT_EVENTS)
        found = await parity_of_year(asked_year(year))
        panels = found.panels
        return ParityOut(
            year=found.year,
            panels=panels.panels,
            balanced=panels.balanced,
            unbalanced=panels.unbalanced,
            unknown=panels.unknown,
            share_balanced_pct=panels.share_balanced_pct,
            speakers=FigureOut.of(found.speakers if sees_small_groups(request) else protected_figure(found.speakers)),
            exceptions=[ParityExceptionOut.of(row, counted=counted) for row in found.exceptions],
        )

    @get("/engagement")
    async def engagement(self, year: FromQuery[str | None] = None) -> EngagementOut:
        """The engagement matrix of a year."""
        wanted = asked_year(year)
        rows = await engagement_of(wanted)
        return EngagementOut(
            year=wanted,
            columns=[ColumnOut(column.code, str(column.name), str(column.definition)) for column in COLUMNS],
            items=[_member(row) for row in rows],
            totals=[{"member": "Total members", **total_members(rows)}, {"member": "Total", **total(rows)}],
        )


def _member(row: MemberRow) -> dict[str, str | int | bool | None]:
    return {"key": row.key, "member": row.name} | {c.code: _cell(c, row.cells[c.code]) for c in COLUMNS}


def _cell(column: Column, count: int) -> int | bool:
    return bool(count) if column.is_yes_or_no else count


def asked_year(text: str | None) -> int:
    """
    The year that was asked for.

    Raises:
        Problems: none was given, or it is none we have figures for.

    """
    if not text:
        raise Problems({"year": [Sentence("Please name a year, such as ?year=2024.")]})
    if not re.fullmatch(r"[0-9]{4}", text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise Problems(
            {"year": [Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)]}
        )
    return int(text)


STATISTICS_API: list[type[Controller]] = [Statistics]
