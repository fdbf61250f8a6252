"""Pages and files of the engagement of members, the JSON interface and the command line."""

import json
import os
import re
import subprocess
import sys

import pytest

from eventhub.access import CSRF_FIELD
from eventhub.database import sql
from eventhub.engagement.commands import Word, confirm_quarter, state_cells
from eventhub.engagement.queries import activation_of, engagement_of
from eventhub.engagement.sections import engagement_sections
from tests.engagement.rows import an_engaged_year
from tests.make import NOW, a_member, a_token, bearer
from tests.statistics.rows import a_year
from tests.statistics.test_web import csv_rows, sheet_rows, table_of

MATRIX = "/staff/figures/2023/engagement"


async def posted(client, page, form, data, files=None):
    """Send a form of a page as a browser would."""
    html = (await client.get(page)).text
    token = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', html[html.index(f'id="{form}"') :])[1]
    action = re.search(rf'id="{form}" method="post" action="([^"]+)"', html)[1]
    return await client.post(action, data={CSRF_FIELD: token, **data}, files=files)


async def test_page_csv_and_xlsx_of_the_engagement_matrix_are_the_same(reader):
    await an_engaged_year()
    page = await reader.get(MATRIX)
    as_csv = await reader.get(f"{MATRIX}.csv")
    as_xlsx = await reader.get(f"{MATRIX}.xlsx")
    assert as_csv.content[:3] == b"\xef\xbb\xbf"
    head, *rows = csv_rows(as_csv)
    assert head[1:4] == ["activated", "fee_paid", "board_meetings"]
    assert head[-3:] == ["key", "new_member", "board_member"]
    assert rows[0] == ["Barcelona", "yes", "", "1", "", "", "", "", "", "1", "", "", "5", "1", "2", "barcelona", "", ""]
    assert rows[-1] == ["Total", "–", "–", "–", "–", "1", "–", "–", "0", "4", "3", "–", "13", "3", "2", "", "", ""]
    assert sheet_rows(as_xlsx, "Engagement")[1:] == rows
    shown = [[re.sub(r" \([NB]\)", "", cell) for cell in row] for row in table_of(page.text, "engagement")[1:]]
    assert shown == [row[:-3] for row in rows]


async def test_new_members_and_the_board_are_marked_in_letters(reader):
    await an_engaged_year()
    page = (await reader.get(MATRIX)).text
    names = [row[0] for row in table_of(page, "engagement")]
    assert [name for name in names if name.endswith(")")] == ["Newtown (N)", "Rome (B)"]
    assert 'title="New member">(N)' in page and 'title="Member of the board">(B)' in page


async def test_what_staff_said_bears_a_star_with_the_computed_value_in_brackets_where_it_differs(reader):
    await an_engaged_year()
    await state_cells(2023, "rome", {"board_meetings": "3", "fee_paid": "1"}, now=NOW, account_id=None)
    await confirm_quarter(2023, 4, {"rome": Word(False)}, now=NOW, account_id=None)
    row = next(row for row in table_of((await reader.get(MATRIX)).text, "engagement") if row[0].startswith("Rome"))
    assert row[1:4] == ["no* (yes)", "1*", "3* (2)"]


async def test_each_row_leads_to_what_made_it_and_names_are_for_those_who_may_see_people(reader, keeper):
    await an_engaged_year()
    assert f'href="{MATRIX}/rome"' in (await reader.get(MATRIX)).text
    for browser, sees in ((reader, False), (keeper, True)):
        page = (await browser.get(f"{MATRIX}/rome")).text
        assert ">Landmark</a>" in page and 'href="/staff/events/landmark-2023-10-07"' in page
        assert bool(re.search(r"\bGus\b", page)) is sees
        assert ("engagement-cells" in page) is sees
    for gender in ("woman", "non_binary", "undisclosed", "Women"):
        assert gender not in page


async def test_cells_are_typed_in_by_those_who_keep_members(keeper):
    await an_engaged_year()
    answer = await posted(keeper, f"{MATRIX}/rome", "engagement-cells", {"fee_paid": "1", "board_meetings": "4"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{MATRIX}/rome")
    row = next(row for row in (await engagement_of(2023)).rows if row.key == "rome")
    assert (row.cells["fee_paid"].value, row.cells["board_meetings"].stated) == (1, 4)
    wrong = await posted(keeper, f"{MATRIX}/rome", "engagement-cells", {"fee_paid": "many"})
    assert wrong.status_code == 422
    assert "“many” is neither yes nor empty." in wrong.text and 'value="many"' in wrong.text


async def test_a_whole_quarter_is_confirmed_at_once(keeper):
    await an_engaged_year()
    page = f"{MATRIX}-quarters/4"
    html = (await keeper.get(page)).text
    assert html.count('name="active"') == 6
    assert len(re.findall(r'name="active"[^>]* checked', html)) == 5
    keys = re.findall(r'name="member" value="([^"]+)"', html)
    data = {"member": keys, "active": ["rome", "newtown"], "comment-newtown": "In the news."}
    answer = await posted(keeper, page, "confirm-quarter", data)
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    found = await activation_of(2023, 4)
    assert {row.key for row in found.rows if row.active} == {"rome", "newtown"}
    assert (found.confirmed, found.rate_pct) == (6, 33)
    assert "In the news." in (await keeper.get(page)).text
    audit = await sql("SELECT detail FROM audit_entry WHERE action = 'confirm_quarter'")
    assert [row["detail"] for row in audit] == ["2023/4: 6"]
    too_long = await posted(keeper, page, "confirm-quarter", {"member": ["rome"], "comment-rome": "x" * 501})
    assert too_long.status_code == 422 and "too long" in too_long.text


async def test_a_matrix_is_uploaded_shown_and_then_imported(keeper):
    await a_year()
    content = b"member,activated,fee_paid\nRome,yes,1\nAtlantis,,1\nTotal members,2,2\n"
    page = f"{MATRIX}-import"
    refused = await posted(keeper, page, "import-engagement", {}, {"file": ("m.csv", content, "text/csv")})
    assert refused.status_code == 422 and "there is no member “Atlantis”" in refused.text
    none = await posted(keeper, page, "import-engagement", {"create_missing": "y"})
    assert none.status_code == 422
    shown = await posted(
        keeper, page, "import-engagement", {"create_missing": "y"}, {"file": ("m.csv", content, "text/csv")}
    )
    assert shown.status_code == 200
    assert "the file says 2, and the matrix will say 4" in shown.text  # Barcelona, Lima and Quito did things
    assert await sql("SELECT id FROM engagement_cell") == []
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', shown.text))
    done = await keeper.post(f"{page}/confirm", data=hidden)
    assert (done.status_code, done.headers["location"]) == (303, MATRIX)
    assert {row["value"] for row in await sql("SELECT value FROM engagement_cell")} == {"1"}
    again = await keeper.post(f"{page}/confirm", data=hidden)
    assert again.status_code == 409
    forged = await keeper.post(f"{page}/confirm", data=hidden | {"parcel": "x"})
    assert forged.status_code == 409


async def test_members_that_sent_nobody_are_a_page_and_a_file(reader):
    await a_year()
    page = await reader.get("/staff/figures/2023/sent-nobody")
    rows = csv_rows(await reader.get("/staff/figures/2023/sent-nobody.csv"))
    assert "1 member sent nobody to any event of 2023." in page.text
    assert rows[1:] == [["montreal", "Montréal", "Europe", ""]]
    assert (await reader.get("/staff/figures/2023/sent-nobody.xlsx")).content[:2] == b"PK"


@pytest.mark.parametrize(
    "path",
    [
        "abc/engagement", "1984/engagement", "2101/sent-nobody", "2023.csv/engagement", "2023/engagement.pdf",
        "2023/engagement/nobody", "2023/engagement/academy", "2023/engagement-quarters/0",
        "2023/engagement-quarters/5", "2023/engagement-quarters/x", "2023/engagement.csv.", "1984/engagement-quarters/1",
    ],
)  # fmt: skip
async def test_what_is_no_year_no_quarter_and_no_member_is_not_found(reader, path):
    await a_year()
    assert (await reader.get(f"/staff/figures/{path}")).status_code == 404


async def test_a_year_without_members_says_so(reader):
    page = await reader.get("/staff/figures/1999/engagement")
    assert "There is no member yet" in page.text
    for path in ("sent-nobody", "engagement-quarters", "engagement-quarters/1"):
        assert (await reader.get(f"/staff/figures/1999/{path}")).status_code == 200


@pytest.mark.parametrize(
    "path", ["engagement", "engagement.csv", "engagement/rome", "engagement-quarters/1", "sent-nobody"]
)
async def test_engagement_is_for_staff_only(client, path):
    answer = await client.get(f"/staff/figures/2023/{path}")
    assert (answer.status_code, answer.headers["location"][:9]) == (303, "/sign-in?")


async def test_a_reader_can_change_nothing(reader):
    await an_engaged_year()
    for path in ("engagement/rome", "engagement-quarters/4", "engagement-import"):
        assert (await reader.post(f"/staff/figures/2023/{path}", data={})).status_code == 403
    assert (await reader.get("/staff/figures/2023/engagement-import")).status_code == 403


async def test_the_engagement_matrix_as_json(client):
    await an_engaged_year()
    answer = await client.get("/api/v1/statistics/engagement?year=2023", headers=bearer(await a_token("reader")))
    body = answer.json()
    lima = next(row for row in body["items"] if row["key"] == "lima")
    assert lima == {
        "key": "lima", "member": "Lima", "activated": True, "fee_paid": 0, "board_meetings": 0, "annual_meeting": True,
        "bilateral_meetings": 1, "pilot_projects": "L (2)", "indicators_analysed_year": 0, "learning_activities": 0,
        "wmd_organiser_or_speaker": 1, "wmd_participant": 1, "call_endorsed": False, "events_attended": 3, "speakers": 1,
        "labs": 0, "new_member": False, "board_member": False, "member_at_end": True, "stated": [], "differing": [],
    }  # fmt: skip
    assert [row["member"] for row in body["totals"]] == ["Total members", "Total"]
    assert (body["totals"][0]["activated"], body["totals"][1]["activated"]) == (6, None)
    assert [column["code"] for column in body["columns"]] == list(body["totals"][0])[1:]
    assert (body["activated_at_end"], body["members_at_end"], body["rate_pct"]) == (5, 6, 83)


async def test_the_sections_of_the_report_say_the_rate_and_hold_the_matrix(database):
    await an_engaged_year()
    (section,) = await engagement_sections(2023)
    assert section.sentences[0] == "5 of 6 members at the end of 2023 were activated in it: 83%."
    matrix = section.tables[0]
    assert [row[0] for row in matrix.rows] == [
        "Barcelona", "Lima", "Montréal", "Newtown (N)", "Old Town", "Quito", "Rome (B)",
    ]  # fmt: skip
    assert matrix.links[0] == f"{MATRIX}/barcelona"
    assert matrix.totals[1][1] == "–"
    assert [part.code for part in section.parts] == ["activation", "sent-nobody"]
    assert [row[2:5] for row in section.parts[0].tables[0].rows] == [(3, 7, 43), (4, 6, 67), (4, 6, 67), (5, 6, 83)]


async def test_a_year_without_members_has_its_sections(database):
    (section,) = await engagement_sections(1999)
    assert section.sentences == ("No member belonged to the association at the end of 1999.",)


def eventhub(folder, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")} | {
        "EVENTHUB_DATABASE_URL": f"sqlite:///{folder}/cli.sqlite"
    }
    return subprocess.run(
        [sys.executable, "-c", "from eventhub.cli import main; main()", *arguments],
        capture_output=True, text=True, env=environment, timeout=60, check=False,
    )  # fmt: skip


def test_a_matrix_is_imported_and_exported_by_the_command_line(tmp_path):
    file = tmp_path / "matrix.csv"
    file.write_text("member,activated\nAtlantis,Yes\nTotal members,2\n")
    assert (
        eventhub(tmp_path, "import", "engagement", str(file)).stderr == "Please name the year, such as --year 2024.\n"
    )
    unknown = eventhub(tmp_path, "import", "engagement", str(file), "--year", "2020")
    assert unknown.returncode == 2 and "there is no member “Atlantis”" in unknown.stderr
    done = eventhub(tmp_path, "import", "engagement", str(file), "--year", "2020", "--create-missing")
    assert done.returncode == 0
    assert "New: Atlantis" in done.stdout and "the file says 2, and the matrix will say 1." in done.stdout
    out = eventhub(tmp_path, "export", "engagement", "--year", "2020", "--format", "json")
    assert [row["member"] for row in json.loads(out.stdout)] == ["Atlantis", "Total members", "Total"]
    absent = eventhub(tmp_path, "export", "sent-nobody", "--year", "2020")
    assert absent.stdout.splitlines()[1] == "atlantis,Atlantis,Region not known,yes"


def test_options_of_the_matrix_are_for_the_matrix_only(tmp_path):
    file = tmp_path / "members.csv"
    file.write_text("x\n")
    for option in (("--year", "2020"), ("--create-missing",)):
        answer = eventhub(tmp_path, "import", "members", str(file), *option)
        assert (answer.returncode, answer.stderr) == (2, f"{option[0]} is not for members; please leave it out.\n")


@pytest.mark.parametrize("query", ["", "?year=", "?year=abc", "?year=1984", "?year=²⁰²⁴"])
async def test_a_missing_or_wrong_year_is_a_problem_that_names_the_field(client, query):
    await a_member()
    answer = await client.get(f"/api/v1/statistics/engagement{query}", headers=bearer(await a_token("reader")))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["year"]


async def test_what_nobody_knows_of_a_member_is_neither_0_nor_no(reader):
    await an_engaged_year()
    cells = {row[0]: row[1:] for row in table_of((await reader.get(f"{MATRIX}/rome")).text, "cells")}
    unknown = {
        name: shown[0]
        for name, shown in cells.items()
        if len(shown) > 1 and shown[1] == "cannot be computed" and not shown[2]
    }
    assert unknown
    assert set(unknown.values()) == {"–"}
