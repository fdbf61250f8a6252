"""Figures as JSON."""

import pytest

from eventhub.accounts.commands import create_api_token, set_data_steward
from eventhub.statistics.definitions import DEFINITIONS
from tests.make import NOW, a_token, bearer
from tests.statistics.rows import a_year


async def test_the_figures_of_a_year_with_definition_shares_known_and_unknown(client):
    await a_year()
    token = await a_token("reader")
    await set_data_steward("reader@example.org", on=True, now=NOW)
    answer = await client.get("/api/v1/statistics?year=2023", headers=bearer(token))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["year"], list(body)) == (2023, ["year", "figures", "labs"])
    figures = {figure["code"]: figure for figure in body["figures"]}
    assert figures["speakers"] == {
        "code": "speakers",
        "name": "Speakers",
        "definition": "People with a confirmed part at own events as speaker, panellist or keynote speaker, "
        "once in the year; those who only moderate are not counted.",
        "value": 4,
        "unit": "",
        "women_pct": 33,
        "men_pct": 67,
        "known": 3,
        "unknown": 1,
        "scope": "own events",
    }
    assert (figures["attendances"]["value"], figures["unique_people"]["value"]) == (25, 7)
    assert (figures["own_events"]["value"], figures["own_events"]["women_pct"]) == (5, None)
    assert body["labs"][0] == {"theme": "futures", "name": "Futures", "labs": 1, "active_member_cities": 1}
    assert [theme["labs"] for theme in body["labs"]] == [1, 0, 0, 0, 2]


async def test_parity_of_a_year(client):
    await a_year()
    as_reader = await client.get("/api/v1/statistics/parity?year=2023", headers=bearer(await a_token("reader")))
    token = await create_api_token("organiser@example.org", name="tests", now=NOW)
    await set_data_steward("organiser@example.org", on=True, now=NOW)
    answer = await client.get("/api/v1/statistics/parity?year=2023", headers=bearer(token))
    body = answer.json()
    assert as_reader.json()["exceptions"] == [body["exceptions"][0] | {"findings": []}]
    speakers, (exception,) = body.pop("speakers"), body.pop("exceptions")
    assert body == {
        "year": 2023, "panels": 3, "balanced": 1, "unbalanced": 1, "unknown": 1, "share_balanced_pct": 33,
    }  # fmt: skip
    assert (speakers["value"], speakers["women_pct"], speakers["men_pct"]) == (4, 33, 67)
    assert exception.pop("granted_at").startswith("2026-11-25T09:00:00")
    assert exception == {
        "event": "debate-2023-10-01",
        "title": "Debate",
        "account": "Organiser",
        "reason": "Two women had to cancel.",
        "findings": ["“Panel” has one gender only."],
    }


@pytest.mark.parametrize("path", ["", "/parity", "/engagement"])
@pytest.mark.parametrize(
    "query", ["", "?year=", "?year=abc", "?year=1984", "?year=2101", "?year=20.24", "?year=%00", "?year=²⁰²⁴", "?year=" + "9" * 600]
)  # fmt: skip
async def test_a_missing_or_wrong_year_is_a_problem_that_names_the_field(client, path, query):
    answer = await client.get(f"/api/v1/statistics{path}{query}", headers=bearer(await a_token("reader")))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["field"] == "year"


@pytest.mark.parametrize("path", ["", "/parity", "/engagement"])
async def test_figures_are_for_staff_only(client, path):
    answer = await client.get(f"/api/v1/statistics{path}?year=2023")
    assert answer.status_code == 401


async def test_an_empty_year_has_all_figures_with_zero_and_no_shares(client):
    answer = await client.get("/api/v1/statistics?year=1999", headers=bearer(await a_token("reader")))
    figures = answer.json()["figures"]
    # congress, meetings, satisfaction with its answers are left out: the data cannot give them; and nobody has named the allies
    assert len(figures) == len(DEFINITIONS) - 17
    assert {(f["value"], f["women_pct"], f["men_pct"]) for f in figures} == {(0, None, None)}
