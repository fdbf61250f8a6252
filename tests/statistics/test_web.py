"""The pages and files of figures, as staff see them."""

import csv
import io
import re
import zipfile
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from eventhub.database import sql
from tests.statistics.rows import a_lab, a_round, a_year, an_event, the_themes

LABS_OF_2024 = (
    ("Cityverse Envisioning People Digital Solutions", "futures"),
    ("Clean Technology Vehicles", "ecosystems", "cohesion", "gender"),
    ("Energy Communities", "ecosystems", "cohesion"),
    ("Cities Under Water Stress", "ecosystems", "futures"),
    ("Social Cohesion", "cohesion"),
    ("Metropolitan Institutions", "institutions"),
    ("Fair Climate Transition", "ecosystems", "futures"),
    ("Supporting Caregivers", "cohesion", "gender"),
    ("Empowering Women Leaders", "institutions", "gender"),
    ("Gender Perspectives on Transportation", "gender"),
)


def table_of(html, table_id):
    """Head and rows of one table of a page, as text."""
    found = re.search(rf'<caption id="{table_id}".*?</caption>(.*?)</table>', html, re.S)
    assert found, f"no table {table_id}"
    rows = re.findall(r"<tr>(.*?)</tr>", found[1], re.S)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def csv_rows(answer):
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def _as_printed(cell):
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def sheet_rows(answer, name):
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return [[_as_printed(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()]


async def test_page_csv_and_xlsx_of_a_year_show_the_same_figures(steward):
    await a_year()
    page = await steward.get("/staff/figures/2023")
    as_csv = await steward.get("/staff/figures/2023.csv")
    as_xlsx = await steward.get("/staff/figures/2023.xlsx")
    assert (page.status_code, as_csv.status_code, as_xlsx.status_code) == (200, 200, 200)
    assert as_csv.headers["content-disposition"] == 'attachment; filename="figures-2023.csv"'
    head, *rows = csv_rows(as_csv)
    assert head == ["code", "name", "value", "women_pct", "men_pct", "known", "unknown", "year", "scope", "definition"]
    assert sheet_rows(as_xlsx, "Figures") == [head, *rows]
    values = {code: value for code, _, value, *_ in rows}
    tiles = re.findall(r'id="figure-(\w+)">.*?stat-value">([\d,]+)<', page.text, re.S)
    assert dict(tiles) == values
    assert {"own_events", "led_attendances", "assembly_members", "partners"} - {code for code, *_ in rows} == {
        "assembly_members"
    }
    for _, _, _, women, men, known, unknown, _, _, definition in rows:
        assert definition in page.text.replace("&#39;", "'")
        assert not women or int(women) + int(men) == 100
        if known and (women or unknown != "0"):
            assert f"Known as woman or man: {known}. Not known as either: {unknown}." in page.text


async def test_the_workbook_has_one_sheet_per_table_and_native_charts(steward):
    await a_year()
    answer = await steward.get("/staff/figures/2023.xlsx")
    annex = await steward.get("/staff/figures/2023/calendar-annex.csv")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == ["Figures", "Events by kind", "Labs by theme", "Calendar annex"]
    assert sheet_rows(answer, "Calendar annex") == csv_rows(annex)
    assert sheet_rows(answer, "Events by kind")[1:] == [
        ["policy_debate", "Policy debate", "0", "0", "1", "1"],
        ["forum", "Forum", "1", "0", "0", "1"],
        ["webinar", "Webinar", "0", "1", "0", "1"],
        ["lab_session", "Lab session", "0", "2", "0", "2"],
    ]
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert [name for name in names if "charts/" in name] == ["xl/charts/chart1.xml", "xl/charts/chart2.xml"]


async def test_page_csv_and_xlsx_of_the_calendar_annex_are_the_same(reader):
    await a_year()
    page = await reader.get("/staff/figures/2023/calendar-annex")
    as_csv = await reader.get("/staff/figures/2023/calendar-annex.csv")
    as_xlsx = await reader.get("/staff/figures/2023/calendar-annex.xlsx")
    rows = csv_rows(as_csv)
    assert rows[:3] == [
        ["start", "end", "title", "location"],
        ["03/03/2023", "03/03/2023", "Webinar", "Online"],
        ["3/4/2023", "", "“Cities are listening", "online"],
    ]
    assert sheet_rows(as_xlsx, "Calendar annex") == rows
    shown = [[cell.replace("&amp;", "&") for cell in row] for row in table_of(page.text, "annex")]
    assert shown[1:] == rows[1:]


async def test_the_page_says_its_findings_in_sentences(steward):
    await a_year()
    page = (await steward.get("/staff/figures/2023")).text
    for sentence in (
        "Lab session is the most frequent kind: 2 of 5 own events.",
        "33% of the speakers were women, 67% men.",
        "Gender Equality is the most frequent theme of 2 Solutions Labs.",
        "3 panels were checked: 1 balanced (33%), 1 not balanced, 1 that cannot be told.",
        "+400% over 2022, when it was 1.",
        "Two women had to cancel.",
    ):
        assert sentence in page
    assert "This year is not over" not in page
    assert ' style="' not in page


async def test_the_ten_labs_of_2024_are_shown_by_theme(reader):
    themes = await the_themes()
    lab_round = await a_round(2024)
    for number, (name, *codes) in enumerate(LABS_OF_2024, start=1):
        await a_lab(lab_round, number, name, *(themes[code] for code in codes))
    page = (await reader.get("/staff/figures/2024")).text
    assert table_of(page, "themes-table")[1:] == [
        ["Metropolitan Futures", "3"],
        ["Metropolitan Ecosystems", "4"],
        ["Social Cohesion", "4"],
        ["Metropolitan Institutions", "2"],
        ["Gender Equality", "4"],
    ]
    assert (
        "Several themes are the most frequent ones: Metropolitan Ecosystems, Social Cohesion, Gender Equality." in page
    )
    assert [row[0] for row in table_of(page, "labs-table")[1:]] == [name for name, *_ in LABS_OF_2024]


async def test_no_page_and_no_file_puts_a_gender_beside_a_name(reader):
    await a_year()
    answers = [
        (await reader.get(f"/staff/figures/2023{rest}")).text
        for rest in ("", ".csv", "/engagement", "/engagement.csv", "/calendar-annex")
    ]
    for name in ("Ana", "Eli", "Chi", "Ian"):
        assert not any(re.search(rf"\b{name}\b", text) for text in answers)


async def test_the_front_door_goes_to_the_newest_year_that_is_not_in_the_future(reader):
    empty = await reader.get("/staff/figures")
    for year in (2021, 2024, 2090):
        event = await an_event("Forum", date(year, 5, 1))
        assert event
    answer = await reader.get("/staff/figures")
    page = await reader.get("/staff/figures/2024")
    assert re.fullmatch(r"/staff/figures/20\d\d", empty.headers["location"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/figures/2024")
    assert re.findall(r'href="/staff/figures/(\d{4})"', page.text) == ["2090", "2021"]


async def test_an_empty_year_says_so_and_its_files_have_only_their_columns(reader):
    page = await reader.get("/staff/figures/1999")
    annex = await reader.get("/staff/figures/1999/calendar-annex")
    matrix = await reader.get("/staff/figures/1999/engagement")
    rows = csv_rows(await reader.get("/staff/figures/1999/calendar-annex.csv"))
    workbook = await reader.get("/staff/figures/1999.xlsx")
    assert "Nothing is known of 1999 yet" in page.text
    assert "No event of 1999 is published yet" in annex.text
    assert "There is no member yet" in matrix.text
    assert rows == [["start", "end", "title", "location"]]
    assert workbook.status_code == 200


async def test_a_year_that_is_not_over_is_named_as_such(reader):
    await an_event("Forum", date(2090, 5, 1))
    page = await reader.get("/staff/figures/2090")
    assert "This year is not over" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "1984", "2101", "0000", "9999", "abc", "²⁰²⁴", "20240", "2024.pdf", "2024.", "2024.csv.csv", "-2024", "%00",
        "2024/annex", "2024/calendar-annex.", "2024/calendar-annex.pdf", "2024.csv/calendar-annex", "1984/engagement",
        "2024/engagement.csv.", "x" * 600,
    ],
)  # fmt: skip
async def test_addresses_that_are_no_year_are_not_found(reader, path):
    assert (await reader.get(f"/staff/figures/{path}")).status_code == 404


@pytest.mark.parametrize(
    "path", ["", "/2023", "/2023.csv", "/2023.xlsx", "/2023/calendar-annex", "/2023/engagement.csv"]
)
async def test_figures_are_for_staff_only(client, path):
    answer = await client.get(f"/staff/figures{path}")
    assert (answer.status_code, answer.headers["location"][:9]) == (303, "/sign-in?")


async def test_reading_figures_writes_nothing(reader):
    await a_year()
    before = await sql("SELECT COUNT(*) AS n FROM audit_entry")
    for rest in ("", ".csv", ".xlsx", "/calendar-annex", "/engagement"):
        await reader.get(f"/staff/figures/2023{rest}")
    assert await sql("SELECT COUNT(*) AS n FROM audit_entry") == before


async def test_a_title_that_looks_like_a_formula_or_a_tag_stays_text(reader):
    await an_event('=HYPERLINK("x")<b>&', date(2023, 5, 1))
    page = await reader.get("/staff/figures/2023/calendar-annex")
    as_csv = await reader.get("/staff/figures/2023/calendar-annex.csv")
    as_xlsx = await reader.get("/staff/figures/2023.xlsx")
    assert "=HYPERLINK(&#34;x&#34;)&lt;b&gt;&amp;" in page.text
    assert csv_rows(as_csv)[1][2] == '\'=HYPERLINK("x")<b>&'
    assert sheet_rows(as_xlsx, "Calendar annex")[1][2] == '=HYPERLINK("x")<b>&'
