"""Pages, files and JSON of reports, as their readers get them."""

import io
import re

import pytest
from docx import Document

from eventhub.database import sql
from eventhub.reports.commands import publish_edition, withdraw_edition
from tests.make import NOW, post_form, signed_in, some_account
from tests.statistics.rows import YEAR, a_year

pytestmark = pytest.mark.usefixtures("database")
DESK = f"/staff/figures/{YEAR}/report"


async def published(after=0, note="Printed."):
    return await publish_edition(YEAR, note, after=after, now=NOW, account_id=await some_account())


def speakers(html):
    """The cells of the speakers among women and men."""
    table = re.search(r'id="gender_people-table".*?</table>', html, re.S)[0]
    row = re.search(r"<tr><th[^>]*>(?:<[^>]+>)?Speakers<.*?</tr>", table, re.S)[0]
    return re.findall(r"<td[^>]*>(.*?)</td>", row)


async def test_the_desk_reads_the_report_and_downloads_it_in_each_format_and_language(app):
    await a_year()
    async with await signed_in(app, "reader") as client:
        page = await client.get(DESK)
        assert page.status_code == 200
        links = re.findall(rf'href="({DESK}/files/[^"]+)"', page.text)
        assert len(links) == 12
        for link in links:
            answer = await client.get(link)
            assert answer.status_code == 200, link
            assert answer.headers["content-disposition"] == f'attachment; filename="{link.rsplit("/", 1)[1]}"'
            assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("role", "women"), [("administrator", "1"), ("programme", ""), ("reader", "")])
async def test_exact_numbers_are_for_data_stewards_only(app, role, women):
    await a_year()
    async with await signed_in(app, role) as client:
        assert speakers((await client.get(DESK)).text)[1] == women
        file = await client.get(f"{DESK}/files/annual-report-{YEAR}-en.html")
        assert speakers(file.text)[1] == women
        assert ("for data stewards only" in file.text) is bool(women)


async def test_an_administrator_publishes_protected_numbers_by_the_form(app, client):
    await a_year()
    async with await signed_in(app) as staff:
        answer = await post_form(staff, DESK, {"note": "For the assembly.", "after": "0"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{DESK}/editions/1")
        page = await staff.get(f"{DESK}/editions/1")
        assert "Every number is still what was printed." in page.text
        stale = await post_form(staff, DESK, {"note": "Kept as typed.", "after": "0"})
        assert stale.status_code == 409
        assert "An edition was published meanwhile." in stale.text and "Kept as typed." in stale.text
        long = await post_form(staff, DESK, {"note": "x" * 1001, "after": "1"})
        assert long.status_code == 422
    public = await client.get(f"/reports/{YEAR}")
    assert public.status_code == 200
    assert speakers(public.text)[1] == ""
    assert "For the assembly." in public.text


@pytest.mark.parametrize("role", ["organiser", "reader", "check-in"])
async def test_others_see_no_form_and_cannot_publish_or_withdraw(app, role):
    await published()
    async with await signed_in(app, role) as staff:
        page = await staff.get(DESK)
        assert page.status_code == 200 and 'id="publish"' not in page.text
        for path in (DESK, f"{DESK}/editions/1/withdraw"):
            answer = await post_form(staff, path, {"note": "", "after": "1", "reason": "x"}, page=DESK)
            assert answer.status_code == 403
    assert [row["number"] for row in await sql("SELECT number FROM report_edition WHERE withdrawn_at IS NULL")] == [1]


async def test_what_has_changed_since_is_listed(app):
    await a_year()
    await published()
    await sql("UPDATE event SET counts_in_statistics = {} WHERE title = 'Webinar'", False)
    async with await signed_in(app, "programme") as staff:
        page = await staff.get(f"{DESK}/editions/1")
        rows = re.findall(r"<tr><th scope=\"row\"[^>]*>(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td>", page.text)
        assert ("Own events", "In 2023", "5", "4") in rows
        desk = await staff.get(DESK)
        assert "have changed since the newest edition was printed" in desk.text


async def test_an_edition_is_withdrawn_with_a_reason_and_kept(app, client):
    await published()
    async with await signed_in(app, "programme") as staff:
        path = f"{DESK}/editions/1"
        assert (await post_form(staff, f"{path}/withdraw", {"reason": " "}, page=path)).status_code == 422
        done = await post_form(staff, f"{path}/withdraw", {"reason": "A wrong number."}, page=path)
        assert done.status_code == 303
        assert "A wrong number." in (await staff.get(path)).text
        file = await staff.get(f"{path}/annual-report-{YEAR}-edition-1-en.html")
        assert "This edition has been withdrawn." in file.text
        assert (await client.get(f"/reports/{YEAR}")).status_code == 404
        assert (await client.get(f"/reports/{YEAR}/annual-report-{YEAR}-edition-1-en.html")).status_code == 404


async def test_the_public_reads_the_newest_edition_without_reasons_or_names_of_accounts(app, client):
    await a_year()
    await published(note="First.")
    await published(after=1, note="Second.")
    await withdraw_edition(YEAR, 2, "Misprinted.", now=NOW, account_id=await some_account())
    await sql("UPDATE account SET name = 'Zelda Quill'")
    listed = await client.get("/reports")
    assert f'href="/reports/{YEAR}"' in listed.text
    page = await client.get(f"/reports/{YEAR}")
    assert "First." in page.text and "Edition 2 was withdrawn" in page.text and "Misprinted." in page.text
    links = re.findall(rf'href="(/reports/{YEAR}/[^"]+)"', page.text)
    assert len(links) == 12
    answers = [page, listed, *[await client.get(link) for link in links], await client.get(f"/api/v1/reports/{YEAR}")]
    for answer in answers:
        assert answer.status_code == 200
        for secret in (b"Two women had to cancel.", b"Zelda Quill", b"/staff/"):
            assert secret not in answer.content
    docx = Document(io.BytesIO(next(a for a in answers if "wordprocessing" in a.headers["content-type"]).content))
    texts = [cell.text for table in docx.tables for row in table.rows for cell in row.cells]
    assert "Debate" in texts and "Two women had to cancel." not in texts


async def test_editions_are_read_in_the_language_of_the_reader(client):
    await published()
    page = await client.get(f"/reports/{YEAR}?lang=es")
    assert 'lang="es"' in page.text and "Annual report" not in page.text
    api = (await client.get(f"/api/v1/reports/{YEAR}?language=fr")).json()
    assert (api["language"], api["edition"]) == ("fr", 1)
    assert api["title"] != "Annual report 2023"


async def test_json_has_every_section_with_its_tables(client):
    await a_year()
    await published()
    listed = (await client.get("/api/v1/reports")).json()
    assert [(one["year"], one["edition"], one["href"]) for one in listed["items"]] == [
        (YEAR, 1, f"/api/v1/reports/{YEAR}")
    ]
    found = (await client.get(f"/api/v1/reports/{YEAR}")).json()
    assert found["title"] == f"Annual report {YEAR}"
    tables = {table["code"]: table for section in found["sections"] for table in section["tables"]}
    assert tables["calendar"]["rows"][0] == ["03/03/2023", "03/03/2023", "Webinar", "Online"]
    assert ["Own events", 5, 1, 400, None, None, None, None] in tables["figures"]["rows"]
    assert tables["gender_exceptions"]["rows"] == [["Debate", NOW.date().isoformat()]]
    assert {section["depth"] for section in found["sections"]} == {1, 2}


@pytest.mark.parametrize(
    "path",
    [
        "/staff/figures/1984/report", "/staff/figures/abc/report", "/staff/figures/2023.csv/report",
        f"{DESK}/files/annual-report-{YEAR}-en.pdf", f"{DESK}/files/annual-report-{YEAR}-de.html",
        f"{DESK}/files/annual-report-2022-en.html", f"{DESK}/files/x", f"{DESK}/editions/1", f"{DESK}/editions/0",
        f"{DESK}/editions/{'9' * 30}", f"{DESK}/editions/1/x.html", "/reports/2023", "/reports/1", f"/reports/{'9' * 30}",
        "/reports/2023/annual-report-2023-edition-1-en.html", "/api/v1/reports/2023", f"/api/v1/reports/{'9' * 30}",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(app, path):
    async with await signed_in(app) as client:
        answer = await client.get(path)
    assert answer.status_code == 404, path


async def test_an_unknown_language_of_json_gets_a_sentence(client):
    await published()
    answer = await client.get(f"/api/v1/reports/{YEAR}?language=tlh")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "language")
