"""The demonstration plays the round of 2024 from its call to its report; it is loaded once for all of these tests."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from eventhub.accounts.commands import create_api_token
from eventhub.calls.queries import counts_of_call
from eventhub.checks import integrity
from eventhub.cohorts.commands import keep_places_filled
from eventhub.database import is_sqlite, sql, transaction, utc_now
from eventhub.demo import ADMINISTRATOR, load_demo
from eventhub.feedback.commands import ask_due
from eventhub.labs.cohort_page import keep_cohorts
from eventhub.labs.queries import labs
from eventhub.labs.report import report_of_round
from eventhub.outcomes.commands import remind_due
from tests.conftest import browser
from tests.make import NOW, bearer, signed_in

YEAR = 2024


async def _empty(filled: str) -> None:
    if rows := await sql(filled):
        async with transaction():
            await sql("PRAGMA defer_foreign_keys=ON" if is_sqlite() else "SET LOCAL session_replication_role = replica")
            for row in rows:
                await sql(f"DELETE FROM {row['name']}")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def demonstration(pool: str) -> AsyncIterator[None]:
    """The database with the demonstration in it; these tests only read, or do what changes nothing."""
    await _empty(pool)
    await load_demo(utc_now())
    yield
    await _empty(pool)


@pytest.fixture(scope="module", autouse=True)
def _loaded(demonstration: None) -> None:
    """Every test here reads it."""


async def count(statement: str, *values: Any) -> int:
    return int((await sql(f"SELECT COUNT(*) AS n FROM {statement}", *values))[0]["n"])


OF_2024 = "JOIN lab l ON l.id = x.lab JOIN lab_round r ON r.id = l.lab_round WHERE r.year = 2024"


async def test_page_file_and_json_agree_on_ten_labs_and_39_active_member_cities(app: Any) -> None:
    report = await report_of_round(YEAR, utc_now().date(), is_exact=True)
    assert (len(report.labs), report.active_member_cities, len(report.active)) == (10, 39, 39)
    assert (report.people.women, report.people.men) == (54, 46)
    assert (report.people.number, report.people.women_pct, report.people.men_pct) == (104, 54, 46)
    assert report.applications == 126
    assert report.accepted == 50

    token = bearer(await create_api_token(ADMINISTRATOR, name="tests", now=NOW))
    async with browser(app) as program:
        found = (await program.get("/api/v1/lab-rounds/2024/report", headers=token)).json()
        figures = (await program.get("/api/v1/statistics?year=2024", headers=token)).json()
        listed = (await program.get("/api/v1/labs?year=2024", headers=token)).json()
    async with await signed_in(app, "programme") as staff:
        rounded = (await staff.get("/staff/lab-reports/2024")).text
    async with await signed_in(app, ADMINISTRATOR.split("@", maxsplit=1)[0]) as staff:
        page = (await staff.get("/staff/lab-reports/2024")).text
        file = (await staff.get("/staff/lab-reports/2024.csv")).text
    by_code = {one["code"]: one["value"] for one in figures["figures"]}
    assert (by_code["labs"], by_code["active_member_cities"]) == (10, 39)
    assert len(listed["items"]) == 10
    assert (found["labs"], found["active_member_cities"], found["applications"]) == (10, 39, 126)
    assert (found["people"]["women_pct"], found["people"]["men_pct"]) == (54, 46)
    for shown in ("10", "126", "50", "39", "104", "54%", "46%"):
        assert f'<strong class="stat-value">{shown}</strong>' in page
    # who is no data steward sees shares of rounded numbers
    for shown in ("104", "55%", "45%"):
        assert f'<strong class="stat-value">{shown}</strong>' in rounded
    lines = {
        (lab, figure, which): value for lab, figure, which, value in csv.reader(io.StringIO(file.lstrip("\ufeff")))
    }
    assert [lines["", figure, ""] for figure in ("labs", "applications", "accepted", "active_member_cities")] == [
        "10", "126", "50", "39",
    ]  # fmt: skip
    assert [lines["", "participants_pct", which] for which in ("women", "men")] == ["54", "46"]
    for lab in report.labs:
        assert lines[lab.slug, "active_member_cities", ""] == str(lab.active_member_cities)
    # of whole labs and of sessions enough have answered to be shown, and some agreed to be quoted
    assert all(lab.whole.is_shown and lab.sessions.is_shown for lab in report.labs)
    assert {bool(quote.name) for quote in report.quotes} == {True, False}
    assert all(count for state, count in report.outcomes.items())
    assert all(count for state, count in report.follow_ups.items())
    assert all(one.lessons for one in report.rounds)


async def test_every_stage_of_2024_has_been_played() -> None:
    states = await sql(f"SELECT x.status AS status, COUNT(*) AS n FROM application x {OF_2024} GROUP BY x.status")
    assert {row["status"]: row["n"] for row in states} == {
        "accepted": 50, "declined": 76, "withdrawn": 4, "draft": 2,
    }  # fmt: skip
    by_lab = await sql(
        f"SELECT l.number AS number, COUNT(*) AS n FROM application x {OF_2024} AND x.status = 'accepted' GROUP BY l.number"
    )
    assert {row["number"]: row["n"] for row in by_lab} == dict.fromkeys(range(1, 11), 5)
    late = f"application x JOIN lab_round o ON o.year = 2024 JOIN round_call c ON c.lab_round = o.id {OF_2024} "
    assert await count(f"{late} AND x.submitted_at > c.closes_at AND x.status <> 'draft'") == 1
    assert await count("lab_call WHERE extended_from IS NOT NULL") == 1
    several = "(SELECT application FROM application_editor GROUP BY application HAVING COUNT(*) > 1) t"
    assert await count(several) > 20
    people = "proposed_person p LEFT JOIN proposed_gender g ON g.proposed_person = p.id WHERE p.level IS NOT NULL"
    assert 0 < await count(f"{people} AND g.gender IS NOT NULL") < await count(people)
    assert await count("application_review WHERE scores <> '' AND is_sent") > 250
    assert await count("application_review WHERE scores LIKE '%comment%'") > 0
    assert await count("conflict_of_interest") == 3
    assert await count(f"cohort_proposal x {OF_2024} AND x.adopted_at IS NOT NULL") == 10
    assert await count("cohort_deviation WHERE reason <> ''") == 2
    assert await count("audit_entry WHERE action = 'move_up'") == 2
    assert await count("audit_entry WHERE action = 'lapse_place'") == 1
    assert await count(f"lab_participant x {OF_2024} AND x.left_at IS NOT NULL") > 0
    assert await count(f"lab_session x {OF_2024}") == 20
    assert await count("lab_material") > 20
    assert await count("cohort_message") > 20
    (call,) = {lab.lab_round for lab in await labs(year=YEAR)}
    assert await counts_of_call("round", call) == (1, 114)


async def test_the_best_cohort_is_not_always_that_of_the_scores() -> None:
    rows = await sql(
        f"SELECT l.number AS number, x.result AS result FROM cohort_proposal x {OF_2024} ORDER BY l.number"
    )
    priced = [row["number"] for row in rows if '"lost":' in row["result"] and '"why":"by_bound"' in row["result"]]
    assert priced == [2, 7, 9]


async def test_the_round_that_runs_shows_a_draft_a_review_and_an_offer() -> None:
    now = utc_now()
    running = await labs(year=now.year + 1)
    assert [(lab.name, lab.status, lab.call_state(now)) for lab in running] == [
        ("Cool streets for hot summers", "open", "open"),
        ("Safe ways home", "open", "open"),
        ("Rain where it falls", "open", "closed"),
        ("Kerbs that everybody can use", "running", "closed"),
    ]
    _, safe, rain, kerbs = running
    assert await count("application WHERE lab = {} AND status = 'draft'", safe.id) == 3
    sent = "application_review v JOIN application a ON a.id = v.application WHERE a.lab = {} AND "
    assert await count(f"{sent} v.is_sent", rain.id) > 5
    assert await count(f"{sent} NOT v.is_sent", rain.id) == 2
    offered = "application WHERE lab = {} AND status = 'accepted' AND confirmed_at IS"
    assert await count(f"{offered} NULL", kerbs.id) == 2
    assert await count(f"{offered} NOT NULL", kerbs.id) == 3
    assert await count("application WHERE lab = {} AND status = 'waiting'", kerbs.id) == 2
    coming = "lab_session s JOIN event e ON e.id = s.event WHERE s.lab = {} AND e.starts_at > {}"
    assert await count(coming, kerbs.id, now) == 4


async def test_nothing_is_left_to_do_behind_it_and_every_promise_is_kept() -> None:
    now = utc_now()
    letters = await count("letter")
    assert await keep_places_filled(now) == 0
    await keep_cohorts(now)
    assert (await ask_due(now), await remind_due(now)) == (0, 0)
    assert await count("letter") == letters
    assert await count("letter x WHERE x.status = 'queued' AND x.created_at < {}", now.replace(year=now.year - 1)) == 0
    assert await integrity() == []
    strangers = "person WHERE email IS NOT NULL AND email NOT LIKE '%@example.org'"
    assert await count(strangers) == 0
