"""The same answer as a page, a file, JSON and on the command line."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from eventhub.answers.rules import QUESTIONS
from eventhub.cli import main
from tests.make import a_token, bearer, signed_in
from tests.statistics.rows import a_year


async def test_the_page_lists_thirty_questions_and_each_has_a_page(app, database):
    await a_year()
    async with await signed_in(app, "reader") as reader:
        listed = (await reader.get("/staff/answers?year=2023")).text
        assert all(f"/staff/answers/{number}?year=2023" in listed for number in QUESTIONS)
        for number, question in QUESTIONS.items():
            page = await reader.get(f"/staff/answers/{number}?year=2023")
            assert page.status_code == 200, number
            assert str(question.words).replace("’", "’") in page.text
            assert ' style="' not in page.text


async def test_page_file_and_json_have_the_same_rows(app, client):
    await a_year()
    found = (await client.get("/api/v1/statistics/answers/1?year=2023", headers=bearer(await a_token("reader")))).json()
    assert (found["number"], found["year"], found["sentences"][0]) == (1, 2023, "5 own events were held in 2023.")
    kinds = found["tables"][0]
    assert [column["code"] for column in kinds["columns"]] == ["kind", "in_person", "online", "hybrid", "total"]
    assert kinds["rows"][1] == ["Forum", 1, 0, 0, 1]
    assert kinds["totals"] == [["Total", 1, 3, 1, 5]]
    async with await signed_in(app, "reader") as reader:
        lines = list(
            csv.reader(io.StringIO((await reader.get("/staff/answers/1.csv?year=2023")).text.lstrip("\ufeff")))
        )
        page = (await reader.get("/staff/answers/1?year=2023")).text
    assert ["kinds", "Forum", "1", "0", "0", "1"] in lines
    assert ["kinds", "kind", "in_person", "online", "hybrid", "total"] in lines
    assert "5 own events were held in 2023." in page


async def test_who_is_no_data_steward_gets_protected_numbers_in_every_way(app, client):
    await a_year()
    as_reader = (
        await client.get("/api/v1/statistics/answers/24?year=2023", headers=bearer(await a_token("reader")))
    ).json()
    as_admin = (
        await client.get("/api/v1/statistics/answers/24?year=2023", headers=bearer(await a_token("administrator")))
    ).json()
    assert as_admin["tables"][0]["rows"][0] == ["Water", 3, 1, 1, 50, 50]
    assert as_reader["tables"][0]["rows"][0] == ["Water", 3, None, None, None, None]
    async with await signed_in(app, "reader") as reader:
        page = (await reader.get("/staff/answers/24?year=2023")).text
        assert "50%" not in page
        assert "Data stewards see exact numbers." in page


@pytest.mark.parametrize(
    "path", ["31", "0", "x", "1.pdf", "1?year=1900", "1?year=soon", "19?year=2023&series=none", "20?campaign=x"]
)
async def test_what_is_not_there_is_not_found(app, database, path):
    async with await signed_in(app, "reader") as reader:
        assert (await reader.get(f"/staff/answers/{path}")).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"), [("1", 422), ("1?year=20", 422), ("31?year=2023", 404), ("19?year=2023&series=none", 404)]
)
async def test_wrong_questions_to_the_json_interface_are_problems(client, query, status):
    answer = await client.get(f"/api/v1/statistics/answers/{query}", headers=bearer(await a_token("reader")))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_answers_are_for_staff_only(client):
    assert (await client.get("/api/v1/statistics/answers/1?year=2023")).status_code == 401
    assert (await client.get("/api/v1/statistics/answers")).status_code == 401


async def test_the_json_interface_lists_the_questions(client):
    found = (await client.get("/api/v1/statistics/answers", headers=bearer(await a_token("reader")))).json()
    assert [one["number"] for one in found] == list(range(1, 31))
    assert {one["needs"] for one in found} == {"nothing", "series", "campaign"}


def test_the_command_lists_the_questions_and_refuses_others_in_one_sentence():
    listed = CliRunner().invoke(main, ["questions", "--json"])
    assert [one["number"] for one in json.loads(listed.output)] == list(range(1, 31))
    refused = CliRunner().invoke(main, ["answer", "31"])
    assert (refused.exit_code, refused.stderr) == (2, "There are questions 1 to 30.\n")


@pytest.mark.parametrize(("option", "number"), [("--series", 1), ("--campaign", 28), ("--series", 20)])
def test_the_command_takes_no_option_that_would_narrow_nothing(option, number):
    refused = CliRunner().invoke(main, ["answer", str(number), option, "forum"])
    said = f"{option} is not for question {number}; please leave it out.\n"
    assert (refused.exit_code, refused.stderr) == (2, said)
