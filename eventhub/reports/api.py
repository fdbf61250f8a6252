"""Published annual reports as JSON."""

from datetime import date, datetime
from typing import Any

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, open_to
from eventhub.errors import Problems
from eventhub.reports.queries import EditionRow, content_of, public_edition, public_editions
from eventhub.sections import Cell, Chart, Section
from eventhub.settings import current_settings
from eventhub.statistics.queries import checked_year
from eventhub.words import Sentence


class EditionOut(msgspec.Struct):
    """The newest edition of a year that was not withdrawn."""

    year: int
    edition: int
    published_at: datetime
    note: str
    href: str

    @classmethod
    def of(cls, row: EditionRow) -> "EditionOut":
        """From a row; who published it is for staff."""
        return cls(row.year, row.number, row.published_at, row.note, f"/api/v1/reports/{row.year}")


class ReportsOut(msgspec.Struct):
    """All years of which a report is published, the newest first."""

    items: list[EditionOut]


class ReportColumnOut(msgspec.Struct):
    """One column: `code` never changes, `name` is in the language asked for."""

    code: str
    name: str
    is_number: bool


class ReportTableOut(msgspec.Struct):
    """One table; cells are texts, numbers, days by ISO 8601, or null where nothing is known or shown. Totals are rows as well."""

    code: str
    title: str
    note: str
    columns: list[ReportColumnOut]
    rows: list[list[str | int | None]]
    totals: list[list[str | int | None]]


class ReportChartOut(msgspec.Struct):
    """The numbers of one chart; its title is the finding. `kind` is `bars`, or `stacked` for parts of a whole."""

    code: str
    kind: str
    title: str
    unit: str
    series: list[str]
    labels: list[str]
    numbers: list[list[int]]


class ReportSectionOut(msgspec.Struct):
    """One section; `depth` is 1 for a section and 2 for a part of the one before it."""

    code: str
    depth: int
    title: str
    sentences: list[str]
    charts: list[ReportChartOut]
    tables: list[ReportTableOut]


class ReportOut(msgspec.Struct):
    """One published report, in the order in which it is read."""

    year: int
    edition: int
    published_at: datetime
    note: str
    language: str
    title: str
    sections: list[ReportSectionOut]


class Reports(Controller):
    """Published annual reports; their numbers protect people and never change."""

    path = "/api/v1/reports"
    opt = open_to(Policy.PUBLIC)

    @get("/")
    async def index(self) -> ReportsOut:
        """The newest edition of each year."""
        return ReportsOut([EditionOut.of(one) for one in await public_editions()])

    @get("/{year:int}")
    async def show(self, year: FromPath[int], language: FromQuery[str | None] = None) -> ReportOut:
        """The newest edition of a year, whole; `language` is English when left out."""
        known = current_settings().language_codes
        if language is not None and language not in known:
            raise Problems({"language": [Sentence("This is not one of the languages.")]})
        edition = await public_edition(checked_year(year))
        report = await content_of(edition.id)
        with languages.speaking(language or "en"):
            return ReportOut(
                year, edition.number, edition.published_at, edition.note, languages.current(), _say(report.title),
                [_section(depth, section) for depth, section in report.all_sections],
            )  # fmt: skip


def _say(text: str) -> str:
    return languages.say(text)


def _section(depth: int, one: Section) -> ReportSectionOut:
    return ReportSectionOut(
        one.code,
        depth,
        _say(one.title),
        [_say(sentence) for sentence in one.sentences],
        [_chart(chart) for chart in one.charts],
        [
            ReportTableOut(
                table.code,
                _say(table.title),
                _say(table.note or ""),
                [ReportColumnOut(column.code, _say(column.head), column.is_number) for column in table.columns],
                [_row(row) for row in table.rows],
                [_row(row) for row in table.totals],
            )
            for table in one.tables
        ],
    )


def _chart(one: Chart) -> ReportChartOut:
    return ReportChartOut(
        one.code, one.kind.value, _say(one.title), one.unit, [_say(name) for name in one.series],
        [_say(label) for label, _ in one.rows], [list(numbers) for _, numbers in one.rows],
    )  # fmt: skip


def _row(row: tuple[Cell, ...]) -> list[Any]:
    return [
        _say(cell) if isinstance(cell, str) else cell.isoformat() if isinstance(cell, date) else cell for cell in row
    ]


REPORT_API: list[type[Controller]] = [Reports]
