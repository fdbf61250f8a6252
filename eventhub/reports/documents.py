"""The files of a report: HTML, DOCX, XLSX and a CSV for each table, all from the same sections."""

import asyncio
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from eventhub import languages
from eventhub.pages import environment
from eventhub.reports.pictures import pictures_of
from eventhub.reports.rules import FORMATS, Report, without_links
from eventhub.reports.word import document_bytes
from eventhub.reports.workbook import workbook_bytes
from eventhub.sections import Cell, number_of
from eventhub.spreadsheets import csv_bytes
from eventhub.words import Sentence

#: In archives, so that the same report gives the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Imprint:
    """What the first page says of the report: an edition with its number and day, or how things stood on a day."""

    day: date
    edition: int | None = None
    note: str = ""
    is_withdrawn: bool = False

    def lines(self, report: Report) -> list[Sentence]:
        """In sentences; the day is in words of the language being spoken."""
        day = languages.day_in_words(self.day)
        found = [
            Sentence("Edition %(number)s, published on %(day)s.", number=self.edition, day=day)
            if self.edition
            else Sentence("As things stood on %(day)s; this is no published edition.", day=day)
        ]
        if self.is_withdrawn:
            found.append(Sentence("This edition has been withdrawn."))
        if report.is_exact:
            found.append(
                Sentence("Numbers by gender are exact: for data stewards only, and not to be passed on or published.")
            )
        return found


async def file_of(report: Report, language: str, form: str, imprint: Imprint) -> bytes:
    """
    A report as a file in one language; the same bytes for the same report.

    Args:
        report: In any language yet.
        language: `en`, `es` or `fr`.
        form: One of FORMATS; `csv` gives a ZIP archive with one file per table.
        imprint: What its first page says of it.

    Raises:
        CannotPrint: the charts of a DOCX could not be drawn.

    """
    assert form in FORMATS
    report = without_links(report)
    pictures: list[bytes] = []
    if form == "docx":
        charts = [chart for _, section in report.all_sections for chart in section.charts]
        pictures = await pictures_of(charts, language)
    return await asyncio.to_thread(_file, report, language, form, imprint, pictures)


def _file(report: Report, language: str, form: str, imprint: Imprint, pictures: list[bytes]) -> bytes:
    with languages.speaking(language):
        if form == "html":
            return html_text(report, language, imprint).encode()
        lines = [languages.say(line) for line in imprint.lines(report)] + ([imprint.note] if imprint.note else [])
        if form == "docx":
            return document_bytes(report, language, lines, pictures)
        if form == "xlsx":
            return workbook_bytes(report, lines, imprint.day)
        return _archive(csv_files(report))


def html_text(report: Report, language: str, imprint: Imprint) -> str:
    """The whole report as one page that needs nothing else: its style is in it, its charts are SVG."""
    template = environment().get_template("reports/document.html")
    return template.render(report=report, language=language, imprint=imprint, lines=imprint.lines(report))


def csv_files(report: Report) -> Iterator[tuple[str, bytes]]:
    """
    Name and content of a CSV for each table, in the language being spoken.

    The first line has the codes of the columns, which are the same in every language.
    """
    for _, table in report.tables:
        columns, rows = [column.code for column in table.columns], (*table.rows, *table.totals)
        yield f"{table.code}.csv", b"".join(csv_bytes(columns, [_said(row) for row in rows], mark=True))


def _said(row: tuple[Cell, ...]) -> list[Cell | float]:
    """Numbers as programs read them, in every language; sentences in the one that is spoken."""
    numbers = map(number_of, row)
    return [
        number if number is not None else languages.say(cell) if isinstance(cell, Sentence) else cell
        for number, cell in zip(numbers, row, strict=True)
    ]


def _archive(files: Iterator[tuple[str, bytes]]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), content, zipfile.ZIP_DEFLATED)
    return kept.getvalue()
