"""The annual report, and tables of a year for `eventhub export`: the calendar annex."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventhub.cli import main, run
from eventhub.cli.files import EXPORTS, NARROWED_BY, ExportRequest, ImportRequest, Table, keep

if TYPE_CHECKING:
    from eventhub.reports.documents import Imprint
    from eventhub.reports.rules import Report


def asked_year(asked: ExportRequest | ImportRequest) -> int:
    """
    The year that was asked for.

    Raises:
        Problems: none was named.

    """
    from eventhub.errors import Problems
    from eventhub.words import Sentence

    if asked.year is None:
        raise Problems({"year": [Sentence("Please name the year, such as --year 2024.")]})
    return asked.year


async def _calendar_annex_out(asked: ExportRequest) -> Table:
    from eventhub.statistics.queries import calendar_annex
    from eventhub.statistics.sheets import annex_sheet

    sheet = annex_sheet(await calendar_annex(asked_year(asked)))
    return Table(sheet.title, sheet.columns, sheet.rows)


EXPORTS["calendar-annex"] = _calendar_annex_out
NARROWED_BY["calendar-annex"] = frozenset({"--year"})


@main.command("report")
@click.argument("year", type=click.IntRange(1985, 2100))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path(), help="Folder to write into; this one without it.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(("html", "docx", "xlsx", "csv")), help="All four without it.")
@click.option("--language", type=click.Choice(("en", "es", "fr")), default="en", show_default=True, help="Of the files.")  # fmt: skip
@click.option("--exact", is_flag=True, help="Exact numbers by gender, for data stewards only; never pass them on.")
def annual_report(year: int, output: Path, form: str | None, language: str, exact: bool) -> None:
    """
    Write the annual report of YEAR: headline figures, events, action lines, labs,
    campaigns, gender, calendar annex and engagement matrix, with charts.

    One HTML file that prints well, a DOCX to go on editing, an XLSX with a sheet per
    table, and a folder with a CSV per table. Numbers by gender protect people unless
    --exact is given.

    Example: eventhub report 2024 -o reports --format docx --language fr
    """
    chosen = [form] if form else ["html", "docx", "xlsx", "csv"]

    async def write() -> None:
        from eventhub.database import utc_now
        from eventhub.reports.building import report_of
        from eventhub.reports.documents import Imprint

        _say(f"Counting {year} …")
        report = await report_of(year, is_exact=exact)
        for one in chosen:
            for name, content in await _files_of(report, language, one, Imprint(utc_now().date())):
                path = output / name
                keep(path, [content], folders=True)
                click.echo(str(path))
        _say(
            "Numbers by gender are exact: for data stewards only, not to be passed on."
            if exact
            else "Numbers by gender are protected; --exact gives data stewards the exact ones."
        )

    run(write)


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


async def _files_of(report: "Report", language: str, form: str, imprint: "Imprint") -> list[tuple[str, bytes]]:
    from eventhub import languages
    from eventhub.reports.documents import csv_files, file_of
    from eventhub.reports.rules import file_name

    name = file_name(report.year, None, language, form)
    if form == "csv":
        with languages.speaking(language):
            return [(f"{name.removesuffix('.zip')}/{one}", content) for one, content in csv_files(report)]
    return [(name, await file_of(report, language, form, imprint))]
