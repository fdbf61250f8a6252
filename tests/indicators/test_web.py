"""The pages, the files and the JSON interface, as people and programs see them."""

import html
import re
from decimal import Decimal
from typing import Any

import pytest

from eventhub.database import sql
from eventhub.indicators.commands import NewValue, add_value, change_value
from eventhub.indicators.imports import load_indicators
from eventhub.indicators.queries import indicator_by_code, stated_values
from eventhub.resources import DATA
from eventhub.spreadsheets import read_sheet
from tests.conftest import BASE_URL
from tests.indicators.test_indicators import a_lab_of
from tests.make import NOW, a_token, bearer, field, post_form, signed_in, some_account
from tests.statistics.rows import a_year

TYPED = {
    "scope": "own events", "indicator": "workshops held", "year": "2025", "value": "7", "unit": "events",
    "qualifier": "about", "value_as_printed": "almost 7", "women_pct": "", "men_pct": "", "pct_source": "",
    "basis": "register", "source_doc": "annual_report_2025", "source_section": "page 3", "code": "", "version": "",
}  # fmt: skip


def words(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


async def a_value(**changes: Any) -> Any:
    new = NewValue(**({"year": 2025, "scope": "own events", "indicator": "workshops held", "value": Decimal(7),
                       "unit": "events"} | changes))  # fmt: skip
    return await add_value(new, now=NOW, account_id=await some_account())


@pytest.mark.parametrize(
    "path",
    ["/staff/indicators", "/staff/indicators/members", "/staff/indicators.csv", "/staff/indicators/values.csv",
     "/staff/indicators/new"],
)  # fmt: skip
async def test_indicators_are_for_staff(client: Any, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


async def test_a_reader_sees_the_years_beside_each_other_and_no_way_to_change_them(app: Any, client: Any) -> None:
    await load_indicators(now=NOW)
    row = (await stated_values())[0]
    async with await signed_in(app, "reader") as browser:
        page = await browser.get("/staff/indicators", params={"topic": "membership"})
        assert "8 indicators match." in words(page.text)
        assert re.search(
            r"New members Membership · members 5 – not known – not known 10 \+100% over 2020 8 −20% over 2023",
            words(page.text),
        )
        assert "Type in a figure" not in page.text
        one = words((await browser.get("/staff/indicators/followers")).text)
        assert "Followers on social media: up from at least 33,000 in 2020 to about 35,300 in 2023" in one
        assert "Typed in or imported; the source says what it counts." in one
        assert "Annual report 2023 main results" in one
        assert "Correct" not in one
        for path in ("/staff/indicators/new", f"/staff/indicators/values/{row.id}"):
            assert (await browser.get(path)).status_code == 403
        shown = await browser.get("/staff/indicators")
        data = {"_csrf_token": field(shown.text, "_csrf_token"), "version": "1"}
        for path in ("new", f"values/{row.id}", f"values/{row.id}/delete"):
            answer = await browser.post(f"/staff/indicators/{path}", data=data, headers={"Origin": BASE_URL})
            assert answer.status_code == 403
    assert len(await stated_values()) == 184


async def test_the_list_comes_in_pages_and_bears_any_question(app: Any, client: Any) -> None:
    await load_indicators(now=NOW)
    async with await signed_in(app, "reader") as browser:
        first = await browser.get("/staff/indicators")
        assert first.text.count('<th scope="row">') == 50
        last = await browser.get("/staff/indicators", params={"page_number": "4"})
        assert 0 < last.text.count('<th scope="row">') < 50
        for odd in ({"q": "x🏙 " * 500, "topic": "%"}, {"page_number": "-1"}, {"page_number": "9" * 50}):
            assert (await browser.get("/staff/indicators", params=odd)).status_code == 200
        assert "No indicator matches" in (await browser.get("/staff/indicators?q=atlantis")).text
        assert (await browser.get("/staff/indicators/atlantis")).status_code == 404


async def test_without_reports_the_page_says_what_to_do(app: Any, client: Any) -> None:
    async with await signed_in(app, "programme") as browser:
        assert "No report is in here yet" in (await browser.get("/staff/indicators")).text
        assert "Nothing is known of it yet" in (await browser.get("/staff/indicators/experts")).text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_the_files_hold_the_same_indicators(app: Any, client: Any, form: str) -> None:
    await load_indicators(now=NOW)
    async with await signed_in(app, "reader") as browser:
        compared = await browser.get(f"/staff/indicators.{form}", params={"topic": "membership"})
        values = await browser.get(f"/staff/indicators/values.{form}", params={"topic": "membership"})
    assert compared.headers["content-disposition"] == f'attachment; filename="indicators.{form}"'
    sheet = read_sheet(compared.content, f"a.{form}", required=("code", "year", "stated", "growth_pct"), optional=None)
    rows = {(row["code"], row["year"]): row for row in sheet.rows}
    assert (rows["members", "2024"]["stated"], rows["members", "2024"]["growth_pct"]) == ("164", "6")
    assert (rows["members", "2024"]["growth_over"], rows["members", "2024"]["in_words"]) == ("2023", "164")
    again = read_sheet(values.content, f"a.{form}", required=("indicator_id", "value"), optional=None)
    assert [row["indicator_id"] for row in again.rows] == [
        "2020-001", "2020-002", "2020-003", "2020-004", "2020-085", "2020-086", "2023-001", "2023-002", "2024-001",
        "2024-002", "2024-003", "n.d.-001", "n.d.-002",
    ]  # fmt: skip


async def test_a_figure_is_typed_in_corrected_and_deleted_by_form(app: Any, client: Any) -> None:
    async with await signed_in(app, "programme") as browser:
        answer = await post_form(browser, "/staff/indicators/new", TYPED)
        assert answer.status_code == 303
        place = answer.headers["location"]
        assert place == "/staff/indicators/own_events_workshops_held"
        page = await browser.get(place)
        assert "The figure has been written down." in page.text
        assert "about 7" in words(page.text)
        (row,) = await stated_values()
        form = f"/staff/indicators/values/{row.id}"
        answer = await post_form(browser, form, TYPED | {"value": "8", "qualifier": "exact", "version": "1"})
        assert (answer.status_code, answer.headers["location"]) == (303, place)
        assert (await stated_values())[0].stated.value == Decimal(8)
        shown = await browser.get(form)
        data = {"_csrf_token": field(shown.text, "_csrf_token"), "version": "1"}
        late = await browser.post(f"{form}/delete", data=data, headers={"Origin": BASE_URL})
        assert late.status_code == 409
        assert "Nothing was deleted" in late.text
        gone = await browser.post(f"{form}/delete", data=data | {"version": "2"}, headers={"Origin": BASE_URL})
        assert (gone.status_code, gone.headers["location"]) == (303, "/staff/indicators")
    assert await stated_values() == []
    trail = await sql("SELECT action FROM audit_entry WHERE object_kind = 'indicator' ORDER BY at, action")
    assert sorted(row["action"] for row in trail) == ["add_indicator", "change_indicator", "delete_indicator"]


async def test_another_year_begins_with_the_words_of_the_newest(app: Any, client: Any) -> None:
    await load_indicators(now=NOW)
    async with await signed_in(app, "programme") as browser:
        page = await browser.get("/staff/indicators/new?code=members&year=2025")
        values = {name: field(page.text, name) for name in ("year", "indicator", "unit", "code")}
        assert values == {"year": "2025", "indicator": "member cities", "unit": "members", "code": "members"}
        answer = await post_form(
            browser, "/staff/indicators/new", TYPED | values | {"value": "170", "indicator": "Cities that are members"}
        )
        assert answer.headers["location"] == "/staff/indicators/members"
        assert (await browser.get("/staff/indicators/new?code=atlantis")).status_code == 404
        odd = await post_form(browser, "/staff/indicators/new", TYPED | {"code": "atlantis"})
        assert odd.status_code == 404
    assert (await indicator_by_code("members")).by_year[2025].value == Decimal(170)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": "1,164"}, "“1,164” is no number. Numbers look like 1164 or 15.6."),
        ({"value": ""}, "This field is required."),
        ({"year": "25"}, "A year has four digits."),
        ({"year": "1900"}, "The year lies between 1985 and 2100."),
        ({"women_pct": "45"}, "Please say whether the shares were printed or computed from head counts."),
        ({"women_pct": "145", "pct_source": "printed"}, "A share lies between 0 and 100."),
        ({"qualifier": "nearly"}, "Not a valid choice."),
        ({"unit": " "}, "Please fill this in."),
        ({"scope": "x" * 121}, "Field cannot be longer than 120 characters."),
        ({"year": "2024"}, "This indicator has a value of 2024 already. Please correct that one."),
    ],
)
async def test_a_wrong_figure_gets_a_sentence_in_place_and_keeps_what_was_typed(
    app: Any, client: Any, changed: dict[str, str], said: str
) -> None:
    await a_value(year=2024)
    async with await signed_in(app, "programme") as browser:
        answer = await post_form(browser, "/staff/indicators/new", TYPED | changed)
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert 'value="almost 7"' in answer.text
    assert len(await stated_values()) == 1


async def test_of_two_corrections_the_later_sees_both(app: Any, client: Any) -> None:
    row = await a_value()
    async with await signed_in(app, "programme") as browser:
        form = f"/staff/indicators/values/{row.id}"
        page = await browser.get(form)
        assert field(page.text, "version") == "1"
        new = NewValue(2025, "own events", "workshops held", Decimal(9), "events")
        await change_value(row.id, new, version=1, now=NOW, account_id=await some_account())
        answer = await post_form(browser, form, TYPED | {"value": "8", "version": "1"})
        assert answer.status_code == 409
        assert "Somebody changed this meanwhile." in words(answer.text)
        assert 'value="8"' in answer.text
        assert "Number 9 events" in words(answer.text)
        again = await post_form(browser, form, TYPED | {"value": "8", "version": field(answer.text, "version")})
        assert again.status_code == 303
        odd = await post_form(browser, form, TYPED | {"version": "²"})
        assert odd.status_code == 409


async def test_a_file_is_imported_by_page_after_its_differences_were_shown(app: Any, client: Any) -> None:
    await load_indicators(now=NOW)
    content = (DATA / "indicators.csv").read_bytes().replace(b",164,members,exact", b",165,members,at_least")
    async with await signed_in(app, "programme") as browser:
        shown = await browser.get("/staff/import")
        data = {"_csrf_token": field(shown.text, "_csrf_token"), "kind": "indicators"}
        preview = await browser.post(
            "/staff/import", data=data, files={"file": ("a.csv", content)}, headers={"Origin": BASE_URL}
        )
        assert "2024-001 (member cities) value 164 165" in words(preview.text)
        assert (await indicator_by_code("members")).by_year[2024].value == Decimal(164)
        data = {name: field(preview.text, name) for name in ("_csrf_token", "parcel")}
        assert (await browser.post("/staff/import/confirm", data=data, headers={"Origin": BASE_URL})).status_code == 303
    assert str((await indicator_by_code("members")).by_year[2024].words) == "at least 165"


async def test_exact_shares_are_on_the_page_of_a_data_steward_only(app: Any, client: Any) -> None:
    await a_lab_of(women=17, men=11)
    seen = {}
    for role in ("administrator", "reader"):
        async with await signed_in(app, role) as browser:
            page = await browser.get("/staff/indicators/lab_participants")
            seen[role] = re.findall(r"\d+% women, \d+% men", words(page.text).replace("\u00a0", ""))
    assert seen == {"administrator": ["61% women, 39% men"], "reader": ["60% women, 40% men"]}


# JSON


async def test_programs_get_printed_and_computed_figures_of_a_year(client: Any) -> None:
    await load_indicators(now=NOW)
    await a_year()
    headers = bearer(await a_token("reader"))
    answer = await client.get("/api/v1/statistics/indicators?year=2023", headers=headers)
    body = answer.json()
    assert (answer.status_code, body["year"]) == (200, 2023)
    items = {item["code"]: item for item in body["items"]}
    assert items["learning_activities"]["printed"]["value"] == 6
    # the webinar is the only learning activity of the year counted by hand
    assert items["learning_activities"]["computed"] == {
        "value": 1, "women_pct": None, "men_pct": None, "growth_pct": None,
    }  # fmt: skip
    assert items["learning_activities"]["difference"] == -5
    assert items["learning_activities"]["definition"].startswith("Own events that are webinars")
    assert items["followers"]["printed"] | {"source_section": ""} == {
        "indicator_id": "2023-005", "value": 35300, "qualifier": "about", "in_words": "about 35,300",
        "value_as_printed": "35.3k", "women_pct": None, "men_pct": None, "pct_source": "", "basis": "context",
        "source_doc": "annual_report_2023", "source_section": "", "growth_pct": None,
    }  # fmt: skip
    assert items["followers_growth"]["printed"]["value"] == 9.3
    assert items["own_events"]["printed"] is None
    assert items["own_events"]["computed"]["growth_pct"] == 400  # five after one
    grown = await client.get("/api/v1/statistics/indicators?year=2024", headers=headers)
    members = next(item for item in grown.json()["items"] if item["code"] == "members")
    assert members["printed"]["growth_pct"] == 6


@pytest.mark.parametrize("year", ["", "abc", "1984", "²⁰²⁴", "9" * 600])
async def test_a_wrong_year_is_refused_in_a_sentence(client: Any, year: str) -> None:
    token = await a_token("reader")
    answer = await client.get("/api/v1/statistics/indicators", params={"year": year}, headers=bearer(token))
    assert answer.status_code == 422
    assert "year" in answer.text
    assert (await client.get("/api/v1/statistics/indicators?year=2024")).status_code == 401
