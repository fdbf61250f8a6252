"""Pages of the choice of cohorts, its CSV and JSON, the letters of decision, and the place that a member confirms."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from eventhub.cohorts.commands import send_decisions
from eventhub.database import sql, utc_now
from eventhub.reviewing.commands import assign_reviewer, declare_conflict
from tests.cohorts.test_commands import a_reviewed_lab, adopted, proposed, statuses, token_of
from tests.make import NOW, a_token, bearer, browser, post_form, signed_in, some_account

BOUNDS = {"size_least": "3", "size_most": "3", "each_member": "1", "meets_on": "2027-02-03", "meets_time": "13:00", "keeps": "y"}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def manager(database: None, app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with await signed_in(app, "programme") as client:
        yield client


async def own_account() -> Any:
    (row,) = await sql("SELECT id FROM account WHERE email_key = 'programme@example.org'")
    return row["id"]


async def test_an_empty_page_says_what_to_do(manager: httpx.AsyncClient) -> None:
    lab, _ = await a_reviewed_lab()
    page = await manager.get(f"/staff/labs/{lab.slug}/choice")
    assert page.status_code == 200
    assert "No cohort has been proposed yet" in page.text
    assert (await manager.get(f"/staff/labs/{lab.slug}/choice.csv")).status_code == 404


async def test_page_csv_and_json_say_the_same(manager: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    lab, sent = await a_reviewed_lab()
    page = f"/staff/labs/{lab.slug}/choice"
    answer = await post_form(manager, page, BOUNDS | {"region_africa_least": "1"})
    assert answer.status_code == 303, answer.text
    proposal = (await sql("SELECT id FROM cohort_proposal"))[0]["id"]
    where = f"{page}?proposal={proposal}"
    answer = await post_form(
        manager,
        f"{page}/{proposal}/deviations",
        {"application": str(sent["Rome"]), "reason": "Had four <labs>."},
        where,
    )
    assert answer.status_code == 303
    shown = (await manager.get(page)).text
    assert "Had four &lt;labs&gt;." in shown
    assert "points are the price of balance" in shown and "at least 1" in shown
    rows = list(csv.DictReader(io.StringIO((await manager.get(f"{page}.csv")).content.decode("utf-8-sig"))))
    token = await a_token("administrator")
    found = (await client.get(f"/api/v1/labs/{lab.slug}/cohort", headers=bearer(token))).json()
    yes = {True: "yes", False: "no"}
    told = ("applicant", "in", "proposed", "why", "score", "deviation")
    assert [[float(row[name]) if name == "score" else row[name] for name in told] for row in rows] == [
        [yes[one[name]] if name in ("in", "proposed") else one[name] for name in told] for one in found["applications"]
    ]
    for row in rows:
        assert row["why"] in shown
    assert (found["price_of_balance"], found["score"], found["chosen"]) == (3.0, 11.0, 3)
    assert {one["applicant"] for one in found["applications"] if one["in"]} == {"Barcelona", "Accra"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"size_least": "x"}, {"women_least": "101"}, {"hours": "-1"}, {"meets_on": "soon"}, {"size_most": "9" * 60},
        {"region_africa_least": "5", "region_africa_most": "1"}, {"size_least": "4", "size_most": "3"},
        {"meets_time": "\x00"}, {"newcomers_least": "é" * 600},
    ],
)  # fmt: skip
async def test_bounds_that_cannot_be_meant_are_told_and_kept_as_typed(
    manager: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    lab, _ = await a_reviewed_lab()
    answer = await post_form(manager, f"/staff/labs/{lab.slug}/choice", BOUNDS | wrong)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert await sql("SELECT id FROM cohort_proposal") == []


async def test_what_contradicts_each_other_is_said_with_the_number_that_would_do(manager: httpx.AsyncClient) -> None:
    lab, _ = await a_reviewed_lab()
    page = f"/staff/labs/{lab.slug}/choice"
    await post_form(manager, page, BOUNDS | {"region_africa_least": "3"})
    shown = (await manager.get(page)).text
    assert "Nothing fits all these bounds." in shown
    assert "possible with 1" in shown
    assert 'id="adopt"' not in shown


async def test_a_proposal_is_taken_over_and_letters_go_out_by_a_button(manager: httpx.AsyncClient) -> None:
    lab, _ = await a_reviewed_lab()
    page = f"/staff/labs/{lab.slug}/choice"
    await post_form(manager, page, BOUNDS)
    proposal = (await sql("SELECT id FROM cohort_proposal"))[0]["id"]
    words = {"waiting": "2", "accepted_reason": "Strong case.", "declined_reason": "Many were better."}
    assert (await post_form(manager, f"{page}/{proposal}/adopt", words | {"waiting": "many"}, page)).status_code == 422
    answer = await post_form(manager, f"{page}/{proposal}/adopt", words, page)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff/labs/{lab.slug}/decisions")
    decisions = f"/staff/labs/{lab.slug}/decisions"
    shown = (await manager.get(decisions)).text
    assert "Strong case." in shown and "Many were better." in shown and "Send 6 letters" in shown
    assert "/lab-places/…" in shown  # nobody sees the personal link of an applicant
    asked = shown[shown.index("Last day to confirm a place") :].split("</div>")[0]
    assert "(optional)" not in asked and "Needed because somebody is accepted" in shown
    assert (await post_form(manager, decisions, {"confirm_until": ""})).status_code == 422
    day = (utc_now() + timedelta(days=20)).date().isoformat()
    assert (await post_form(manager, decisions, {"confirm_until": day})).status_code == 303
    assert "Everybody has been told" in (await manager.get(decisions)).text
    again = await post_form(manager, f"{page}/{proposal}/adopt", words, f"/staff/labs/{lab.slug}/reviews")
    assert again.status_code == 409


async def test_a_proposal_of_another_lab_is_not_here(manager: httpx.AsyncClient) -> None:
    lab, sent = await a_reviewed_lab()
    await post_form(manager, f"/staff/labs/{lab.slug}/choice", BOUNDS)
    proposal = (await sql("SELECT id FROM cohort_proposal"))[0]["id"]
    from tests.make import a_lab

    other = await a_lab("Other")
    page = f"/staff/labs/{other.slug}/choice"
    assert (await manager.get(f"{page}?proposal={proposal}")).status_code == 404
    assert (await manager.get(f"{page}?proposal=x")).status_code in (400, 404)
    for path in (f"{proposal}/adopt", f"{proposal}/deviations", f"{proposal}/deviations/{sent['Rome']}/undo"):
        assert (await post_form(manager, f"{page}/{path}", {"waiting": "1"}, page)).status_code == 404


async def test_conflicts_and_open_reviews_hide_here_too(manager: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    lab, sent = await a_reviewed_lab()
    page = f"/staff/labs/{lab.slug}/choice"
    await post_form(manager, page, BOUNDS)
    await declare_conflict(
        sent["Rome"], reviewer=await own_account(), whole_member=True, reason="Near.", now=NOW,
        account_id=await some_account(),
    )  # fmt: skip
    await assign_reviewer(sent["Berlin"], await own_account(), now=NOW, account_id=await some_account())
    from eventhub.accounts.commands import create_api_token

    token = await create_api_token("programme@example.org", name="tests", now=NOW)
    found = (await client.get(f"/api/v1/labs/{lab.slug}/cohort", headers=bearer(token))).json()
    by_name = {one["applicant"]: one["score"] for one in found["applications"]}
    assert ("Rome" in by_name, by_name["Berlin"], by_name["Lima"]) == (False, None, 3.0)
    for path in (page, f"{page}.csv", f"/staff/labs/{lab.slug}/decisions", f"/staff/rounds/{lab.lab_round}/choice"):
        shown = await manager.get(path)
        assert (shown.status_code, "Rome" in shown.text) == (200, False), path
    assert "hidden from you" in (await manager.get(page)).text


async def test_genders_are_shown_as_counts_and_small_groups_not_at_all(manager: httpx.AsyncClient) -> None:
    lab, sent = await a_reviewed_lab()
    await proposed(sent["Rome"], "woman", "man")
    page = f"/staff/labs/{lab.slug}/choice"
    await post_form(manager, page, BOUNDS)
    assert "too few people said something to show it" in (await manager.get(page)).text
    await proposed(sent["Barcelona"], "woman", "woman", "man")
    shown = (await manager.get(page)).text
    assert "3 / 2" in shown


async def test_a_whole_round_is_proposed_and_taken_over(manager: httpx.AsyncClient) -> None:
    lab, _ = await a_reviewed_lab()
    page = f"/staff/rounds/{lab.lab_round}/choice"
    assert "No cohorts have been proposed yet" in (await manager.get(page)).text
    assert (await post_form(manager, page, BOUNDS | {"most_labs": "0"})).status_code == 422
    assert (await post_form(manager, page, BOUNDS | {"most_labs": "2"})).status_code == 303
    shown = (await manager.get(page)).text
    assert "Water Stress" in shown and "Barcelona" in shown
    proposal = (await sql("SELECT id FROM cohort_proposal"))[0]["id"]
    own = f"/staff/labs/{lab.slug}/choice"
    assert (await post_form(manager, f"{own}/{proposal}/adopt", {"waiting": "1"}, own)).status_code == 404
    assert (await post_form(manager, f"{page}/{proposal}/adopt", {"waiting": "1"}, page)).status_code == 303
    assert list((await statuses(lab)).values()).count("accepted") == 3


@pytest.mark.parametrize("role", ["organiser", "reader", "check-in"])
async def test_others_may_not_choose(database: None, app: Any, client: httpx.AsyncClient, role: str) -> None:
    lab, _ = await a_reviewed_lab()
    token = await a_token(role)
    async with await signed_in(app, role) as browser_of_role:
        for path in ("choice", "choice.csv", "decisions"):
            assert (await browser_of_role.get(f"/staff/labs/{lab.slug}/{path}")).status_code == 403
        assert (await browser_of_role.get(f"/staff/rounds/{lab.lab_round}/choice")).status_code == 403
    assert (await client.get(f"/api/v1/labs/{lab.slug}/cohort", headers=bearer(token))).status_code == 403
    assert (await client.get(f"/api/v1/labs/{lab.slug}/cohort")).status_code == 401


async def an_offer() -> tuple[Any, str]:
    lab, sent = await a_reviewed_lab()
    await adopted(lab)
    now = utc_now()
    await send_decisions(lab.slug, (now + timedelta(days=20)).date(), now=now, account_id=await some_account())
    return lab, await token_of(sent["Rome"], lab)


async def test_a_member_confirms_by_a_button_and_twice_is_told_kindly(database: None, app: Any) -> None:
    lab, token = await an_offer()
    page = f"/lab-places/{token}"
    async with browser(app) as member:
        shown = await member.get(page)
        assert (shown.status_code, shown.headers["referrer-policy"]) == (200, "no-referrer")
        assert "Confirm the place" in shown.text
        csrf = shown.text.split('name="_csrf_token" value="')[1].split('"')[0]
        assert await sql("SELECT id FROM lab_participant") == []  # looking changes nothing
        first = await post_form(member, f"{page}/confirm", {}, page)
        again = await post_form(member, f"{page}/confirm", {}, page)
        assert (first.status_code, again.status_code) == (303, 303)
        assert "You have confirmed this place before; it is yours." in (await member.get(page)).text
        assert len(await sql("SELECT id FROM lab_participant WHERE lab = {}", lab.id)) == 1
        assert (await post_form(member, f"{page}/give-up", {}, page)).status_code == 303
        assert "the place given up" in (await member.get(page)).text
        late = await member.post(f"{page}/confirm", data={"_csrf_token": csrf})
        assert (late.status_code, "This place is offered no more." in late.text) == (409, True)


async def test_who_has_left_the_association_is_told_so(database: None, app: Any) -> None:
    _, token = await an_offer()
    page = f"/lab-places/{token}"
    async with browser(app) as member:
        shown = await member.get(page)
        csrf = shown.text.split('name="_csrf_token" value="')[1].split('"')[0]
        await sql("UPDATE member SET left_on = {} WHERE key = 'rome'", NOW.date())
        answer = await member.post(f"{page}/confirm", data={"_csrf_token": csrf})
        assert answer.status_code == 409
        assert "has left the association" in answer.text
        assert "Confirm the place" not in (await member.get(page)).text


async def test_a_day_that_is_over_is_told(database: None, app: Any) -> None:
    _, token = await an_offer()
    page = f"/lab-places/{token}"
    async with browser(app) as member:
        csrf = (await member.get(page)).text.split('name="_csrf_token" value="')[1].split('"')[0]
        await sql("UPDATE application SET confirm_until = {} WHERE confirm_until IS NOT NULL", NOW - timedelta(days=1))
        answer = await member.post(f"{page}/confirm", data={"_csrf_token": csrf})
        assert (answer.status_code, "is over" in answer.text) == (409, True)


@pytest.mark.parametrize("token", ["x", "é" * 300, "%00", "W10.abc"])
async def test_links_of_nobody_open_nothing(client: httpx.AsyncClient, token: str) -> None:
    assert (await client.get(f"/lab-places/{token}")).status_code == 404
