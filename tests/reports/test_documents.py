"""Files of a report, opened with other programs than those that wrote them."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser

import pytest
from docx import Document
from docx.oxml.ns import qn
from python_calamine import CalamineWorkbook

from eventhub.languages import say
from eventhub.reports.building import report_of
from eventhub.reports.documents import Imprint, file_of
from eventhub.reports.frozen import frozen, thawed
from eventhub.reports.word import _widths
from eventhub.sections import Column, DataTable, Section
from eventhub.words import Sentence
from tests.reports.sample import a_report
from tests.statistics.rows import YEAR, a_year

pytestmark = pytest.mark.usefixtures("database")
TODAY = Imprint(date(2024, 3, 1))
LANGUAGES = ("en", "es", "fr")


class Page(HTMLParser):
    """Headings, cells and addresses of a page, and whether every tag is closed."""

    VOID = frozenset({"meta", "rect", "path", "circle", "br", "link", "img", "input"})

    def __init__(self, text):
        super().__init__()
        self.open, self.headings, self.cells, self.hrefs, self.ids, self.tags = [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.hrefs += [value for name, value in attrs if name in ("href", "src")]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"h1", "h2", "h3"} & set(self.open):
            self.headings[-1] += data
        if {"td", "th"} & set(self.open):
            self.cells[-1] += data


def sheets(content):
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def archive(content):
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return {name: found.read(name).decode("utf-8") for name in found.namelist()}


def rows(text):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


async def test_the_html_is_one_sound_file_that_needs_nothing_else():
    text = (await file_of(a_report(), "en", "html", TODAY)).decode()
    page = Page(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert all(href.startswith("#") and href[1:] in page.ids for href in page.hrefs)
    assert "<script" not in text and "/staff/" not in text and 'style="' not in text
    assert ("html", {"lang": "en"}) in page.tags
    assert page.headings[:2] == ["Annual report 2023", "Contents"]
    assert {"Forum", "10 May 2023", "1,234", "Webinar", "Total"} <= {cell.strip() for cell in page.cells}
    assert [tag for tag, _ in page.tags].count("svg") >= 2
    assert "Most are few" in text and "A note." in text
    assert "As things stood on 1 March 2024; this is no published edition." in text


async def test_the_html_of_a_hand_counted_year_has_every_table():
    await a_year()
    report = await report_of(YEAR, is_exact=False)
    page = Page((await file_of(report, "en", "html", TODAY)).decode())
    assert {f"{table.code}-table" for _, table in report.tables} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {"Quito & Online", "“Cities are listening"} <= {cell.strip() for cell in page.cells}


async def test_the_docx_has_headings_captions_tables_pictures_and_contents():
    content = await file_of(a_report(), "en", "docx", TODAY)
    document = Document(io.BytesIO(content))
    styled = [(one.style.name, one.text) for one in document.paragraphs]
    assert ("Title", "Annual report 2023") in styled
    assert [text for name, text in styled if name == "Heading 1"] == ["Events"]
    assert [text for name, text in styled if name == "Heading 2"] == ["A part"]
    assert [text for name, text in styled if name == "Caption"] == [
        "Chart 1. Most are few", "Chart 2. Women were 40 per cent", "Table 1. Things of 2023",
    ]  # fmt: skip
    assert ("Normal", "2 events") in styled
    (table,) = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Title", "First day", "Number"], ["Forum", "10 May 2023", "1,234"], ["Webinar", "", ""], ["Total", "", "1,234"],
    ]  # fmt: skip
    heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
    assert heads == [True, False, False, False]
    described = [one.get("descr") for one in document.element.body.iter(qn("wp:docPr"))]
    assert described == [
        "Most are few. The numbers are in the tables of this section.",
        "Women were 40 per cent. The numbers are in the tables of this section.",
    ]
    parts = [part for part in document.part.package.iter_parts() if part.content_type == "image/png"]
    assert len(parts) == 2 and all(part.blob.startswith(b"\x89PNG") for part in parts)
    fields = "".join(one.text or "" for one in document.element.body.iter(qn("w:instrText")))
    assert 'TOC \\o "1-2"' in fields and "SEQ Table" in fields and "SEQ Figure" in fields
    linked = {one.get(qn("w:anchor")) for one in document.element.body.iter(qn("w:hyperlink"))}
    marked = {one.get(qn("w:name")) for one in document.element.body.iter(qn("w:bookmarkStart"))}
    assert linked and linked <= marked


@pytest.mark.parametrize(("language", "code"), [("en", "en-GB"), ("es", "es-ES"), ("fr", "fr-FR")])
async def test_the_docx_says_in_which_language_it_is(language, code):
    document = Document(io.BytesIO(await file_of(a_report(), language, "docx", TODAY)))
    assert {one.get(qn("w:val")) for one in document.styles.element.iter(qn("w:lang"))} == {code}
    assert document.core_properties.language == code


async def test_wide_tables_of_the_docx_stand_on_pages_turned_on_their_side():
    await a_year()
    document = Document(io.BytesIO(await file_of(await report_of(YEAR, is_exact=False), "en", "docx", TODAY)))
    turned = [section.page_width > section.page_height for section in document.sections]
    assert turned == [False, True, False, True, False]  # the indicators with their heading, and the matrix
    sideways = [
        [item.text for item in section.iter_inner_content() if getattr(item.style, "name", "") == "Heading 1"]
        for section, is_turned in zip(document.sections, turned, strict=True)
        if is_turned
    ]
    assert sideways == [["Indicators"], ["Engagement of members"]]
    matrix = next(table for table in document.tables if table.rows[0].cells[0].text == "Member")
    assert [row.cells[0].text for row in matrix.rows][-2:] == ["Total members", "Total"]


async def test_the_xlsx_has_a_sheet_per_table_with_real_numbers_and_days_and_native_charts():
    content = await file_of(a_report(), "es", "xlsx", TODAY)
    found = sheets(content)
    assert found["things"] == [
        ["title", "starts_on", "number"], ["Forum", date(2023, 5, 10), 1234.0], ["Webinar", "", ""],
        ["Total", "", 1234.0],
    ]  # fmt: skip
    assert found["stacked"][2] == ["2023", 50.0, 50.0]
    charts = {name: text for name, text in archive_bytes(content).items() if "charts/chart" in name}
    assert len(charts) == 2
    assert any("pattFill" in text for text in charts.values()), "without colour the parts are told apart by patterns"
    assert all(
        "Women were" in text or "Most are" in text or say("Most are few", "es") in text for text in charts.values()
    )


async def test_means_and_printed_days_are_real_in_a_workbook_and_the_same_for_programs_in_every_language():
    table = DataTable(
        "things",
        Sentence("Things"),
        (
            Column("start", Sentence("Start"), is_printed_day=True),
            Column("mean", Sentence("Mean"), is_number=True),
        ),
        (("31/12/2024", Sentence("%(number)s", number=1234.5)), ("3/4/2023", None), ("31/02/2024", 7)),
    )
    report = replace(a_report(), sections=(Section("things", Sentence("Things"), tables=(table,)),))
    assert sheets(await file_of(report, "fr", "xlsx", TODAY))["things"][1:] == [
        [date(2024, 12, 31), 1234.5], ["3/4/2023", ""], ["31/02/2024", 7.0],
    ]  # fmt: skip
    found = archive(await file_of(report, "fr", "csv", TODAY))["things.csv"]
    assert rows(found)[1:] == [["31/12/2024", "1234.5"], ["3/4/2023", ""], ["31/02/2024", "7"]]
    edition = thawed(frozen(report))
    assert await file_of(edition, "fr", "xlsx", TODAY) == await file_of(report, "fr", "xlsx", TODAY)


async def test_each_chart_of_the_xlsx_is_on_one_printed_page_and_named_on_the_first_sheet():
    content = await file_of(a_report(), "en", "xlsx", TODAY)
    first = [cell for row in sheets(content)["Contents"] for cell in row]
    assert {"Things of 2023", "Most are few", "Women were 40 per cent"} <= set(first)
    found = [text for name, text in archive_bytes(content).items() if name.startswith("xl/worksheets/sheet")]
    drawn = [text for text in found if "<drawing" in text]
    assert len(drawn) == 2
    for text in drawn:
        assert 'orientation="landscape"' in text and "<fitToPage" in text.replace("pageSetUpPr fitToPage", "<fitToPage")


def test_no_word_of_a_table_of_the_docx_is_broken():
    cities = ("Área Metropolitana de Guadalajara", "Metropolitana", 3)
    few = DataTable("few", Sentence("Few"), tuple(Column(code, Sentence("Member")) for code in "abc"), (cities,))
    widths, size = _widths(few, 9638)
    assert size == 18
    assert all(width >= 108 * len("Metropolitana") + 150 for width in widths[:2])
    # where there is no room for all words, letters become smaller with their columns
    many = DataTable("many", Sentence("Many"), tuple(Column(str(n), Sentence("Metropolitan")) for n in range(15)), ())
    widths, size = _widths(many, 14570)
    assert sum(widths) <= 14570
    assert size < 18


def archive_bytes(content):
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return {name: found.read(name).decode("utf-8", "replace") for name in found.namelist()}


async def test_the_csv_is_one_file_per_table_with_codes_as_heads_and_opens_as_utf_8():
    content = await file_of(a_report(("Montréal", date(2023, 5, 10), 7)), "fr", "csv", TODAY)
    found = archive(content)
    assert list(found) == ["things.csv"]
    assert found["things.csv"].startswith("\ufeff")
    assert rows(found["things.csv"])[:2] == [["title", "starts_on", "number"], ["Montréal", "2023-05-10", "7"]]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://evil.example")'])
async def test_no_title_becomes_a_formula(title):
    report = a_report((title, None, 1))
    assert rows(archive(await file_of(report, "en", "csv", TODAY))["things.csv"])[1][0] == f"'{title}"
    content = await file_of(report, "en", "xlsx", TODAY)
    assert sheets(content)["things"][1][0].strip() == title.strip()
    sheets_xml = [text for name, text in archive_bytes(content).items() if name.startswith("xl/worksheets/sheet")]
    assert not any("<f>" in text for text in sheets_xml)
    assert not any("evil.example" in text for name, text in archive_bytes(content).items() if name.endswith(".rels"))


@pytest.mark.parametrize("title", ['<b onclick="x">', "a & b", "tab\x0b\x00bell\x07", "]]>", "مرحبا", "𝒳", "x" * 3000])
async def test_titles_of_all_kinds_are_in_every_format(title):
    report = a_report((title, None, 1))
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", title)
    text = (await file_of(report, "en", "html", TODAY)).decode()
    assert kept in {re.sub("[\x00-\x08\x0b]", "", cell) for cell in Page(text).cells}
    document = Document(io.BytesIO(await file_of(report, "en", "docx", TODAY)))
    assert document.tables[0].rows[1].cells[0].text == kept
    assert len(sheets(await file_of(report, "en", "xlsx", TODAY))["things"]) == 3


@pytest.mark.parametrize("form", ["html", "docx", "xlsx", "csv"])
async def test_the_same_report_gives_the_same_bytes(form):
    assert await file_of(a_report(), "en", form, TODAY) == await file_of(a_report(), "en", form, TODAY)


async def test_exact_numbers_are_said_to_be_for_data_stewards_in_every_format_that_is_read():
    exact = a_report(is_exact=True)
    warning = "Numbers by gender are exact: for data stewards only, and not to be passed on or published."
    assert warning in (await file_of(exact, "en", "html", TODAY)).decode()
    document = Document(io.BytesIO(await file_of(exact, "en", "docx", TODAY)))
    assert warning in [one.text for one in document.paragraphs]
    assert warning in [row[0] for row in sheets(await file_of(exact, "en", "xlsx", TODAY))["Contents"]]


@pytest.mark.parametrize("language", ["es", "fr"])
async def test_no_heading_caption_or_head_of_a_column_is_left_in_english(language):
    await a_year()
    report = await report_of(YEAR, is_exact=False)
    english = {str(section.title) for _, section in report.all_sections}
    english |= {str(table.title) for _, table in report.tables}
    english |= {str(column.head) for _, table in report.tables for column in table.columns}
    alike = {
        "Lab",
        "Labs",
        "Panels",
        "Solutions Labs",
        "Total",
        "Code",
        "Source",
        "Communication",
        "World Metropolitan Day",
    }
    text = (await file_of(report, language, "html", TODAY)).decode()
    page = Page(text)
    left = [one for one in (*page.headings, *page.cells) if one.strip() in english - alike]
    assert left == []
    document = Document(io.BytesIO(await file_of(report, language, "docx", TODAY)))
    headings = [one.text for one in document.paragraphs if one.style.name.startswith("Heading")]
    assert [one for one in headings if one in english - alike] == []
    assert len(headings) == len(list(report.all_sections))


def test_a_day_of_an_imprint_is_no_time():
    assert not isinstance(TODAY.day, datetime)
