"""Pages of reviews: what reviewers see and do, what is hidden, and the decision about one application."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from eventhub.database import sql
from eventhub.reviewing.commands import assign_reviewer, declare_conflict, review_by_criteria
from eventhub.reviewing.rules import Mark
from tests.make import NOW, a_token, an_account, bearer, post_form, signed_in, some_account
from tests.reviewing.test_commands import a_lab_to_review, marks


@pytest_asyncio.fixture(loop_scope="session")
async def manager(database: None, app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with await signed_in(app, "programme") as client:
        yield client


async def account(role: str) -> Any:
    (row,) = await sql("SELECT id FROM account WHERE email_key = {}", f"{role}@example.org")
    return row["id"]


async def test_reviewers_score_every_criterion_and_can_go_on_later(manager: httpx.AsyncClient) -> None:
    _, (application, *_) = await a_lab_to_review()
    page = f"/staff/applications/{application.id}/"
    shown = (await manager.get(page)).text
    assert "Need" in shown and "Weight: 60 of 100" in shown
    half = {"score_need": "5", "comment_need": "Very dry. <b>", "then": "save"}
    answer = await post_form(manager, f"{page}review", half, page)
    assert answer.status_code == 303
    kept = (await manager.get(page)).text
    assert "Very dry. &lt;b&gt;" in kept and "<b>" not in kept.replace("<b></b>", "").split("Very dry.")[1][:40]
    answer = await post_form(manager, f"{page}review", {"score_need": "5"}, page)
    assert answer.status_code == 422
    assert "Please give a score for this criterion." in answer.text
    answer = await post_form(manager, f"{page}review", {"score_need": "5", "score_team": "2"}, page)
    assert answer.status_code == 303
    assert "mean score 3.8" in (await manager.get(page)).text


@pytest.mark.parametrize(
    "data",
    [{"score_need": "6", "score_team": "1"}, {"score_need": "x" * 600, "score_team": "\x00"}, {"comment": "x" * 2001}],
)
async def test_bad_scores_are_told_and_nothing_is_kept(manager: httpx.AsyncClient, data: dict[str, str]) -> None:
    _, (application, *_) = await a_lab_to_review()
    page = f"/staff/applications/{application.id}/"
    answer = await post_form(manager, f"{page}review", data, page)
    assert answer.status_code == 422
    assert await sql("SELECT id FROM application_review") == []


async def test_others_scores_show_nowhere_until_the_own_review_is_sent(manager: httpx.AsyncClient) -> None:
    lab, (application, *_) = await a_lab_to_review()
    other = await an_account("organiser", "b@example.org")
    for one in (other, await account("programme")):
        await assign_reviewer(application.id, one, now=NOW, account_id=await some_account())
    await review_by_criteria(
        application.id, {"need": Mark(2, "Hidden words."), "team": Mark(2)}, comment="Hidden too.", is_sent=True, now=NOW,
        account_id=other,
    )  # fmt: skip
    places = (
        f"/staff/applications/{application.id}/", f"/staff/labs/{lab.slug}/reviews", f"/staff/labs/{lab.slug}/reviews.csv",
        f"/staff/labs/{lab.slug}",
    )  # fmt: skip
    for path in places:
        shown = await manager.get(path)
        assert shown.status_code == 200
        assert "Hidden" not in shown.text, path
        assert "2.0" not in shown.text, path
    await post_form(manager, f"{places[0]}review", {"score_need": "5", "score_team": "5"}, places[0])
    assert "Hidden words." in (await manager.get(places[0])).text
    assert "far apart" in (await manager.get(places[1])).text
    assert "Hidden too." in (await manager.get(places[2])).text


async def test_a_conflict_hides_the_application_on_every_page_in_files_and_in_json(
    manager: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    lab, (application, *_) = await a_lab_to_review()
    near = await account("programme")
    page = f"/staff/applications/{application.id}/"
    answer = await post_form(
        manager, f"{page}conflict", {"reviewer": str(near), "whole_member": "y", "reason": "My city."}, page
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff/labs/{lab.slug}/reviews")
    assert (await manager.get(page)).status_code == 404
    for path in (f"/staff/labs/{lab.slug}/reviews", f"/staff/labs/{lab.slug}/reviews.csv", "/staff/reviews"):
        shown = await manager.get(path)
        assert (shown.status_code, "Barcelona" in shown.text) == (200, False), path
    assert str(application.id) not in (await manager.get(f"/staff/labs/{lab.slug}")).text
    (row,) = await sql("SELECT id FROM account WHERE email_key = 'programme@example.org'")
    from eventhub.accounts.commands import create_api_token

    token = await create_api_token("programme@example.org", name="test", now=NOW)
    listed = (await client.get(f"/api/v1/labs/{lab.slug}/applications", headers=bearer(token))).json()
    assert (listed["total"], {one["member"] for one in listed["items"]}) == (2, {"lima", "accra"})
    refused = await client.post(
        f"/api/v1/applications/{application.id}/review", json={"score": 5}, headers=bearer(token)
    )
    assert (refused.status_code, row["id"] == near) == (404, True)


async def test_a_conflict_without_a_reason_keeps_what_was_typed(manager: httpx.AsyncClient) -> None:
    _, (application, *_) = await a_lab_to_review()
    page = f"/staff/applications/{application.id}/"
    for data in ({"reason": ""}, {"reason": "x" * 2001}, {"reason": "Near.", "reviewer": str(uuid4())}):
        answer = await post_form(
            manager, f"{page}conflict", {"reviewer": str(await account("programme")), **data}, page
        )
        assert answer.status_code == 422
    assert await sql("SELECT id FROM conflict_of_interest") == []


async def test_staff_lift_conflicts_of_others(manager: httpx.AsyncClient) -> None:
    lab, (application, *_) = await a_lab_to_review()
    near = await an_account("organiser", "near@example.org")
    await declare_conflict(application.id, reviewer=near, whole_member=True, reason="Cousin.", now=NOW, account_id=near)
    page = f"/staff/labs/{lab.slug}/reviews"
    shown = (await manager.get(page)).text
    assert "Cousin." in shown
    (row,) = await sql("SELECT id FROM conflict_of_interest")
    answer = await post_form(manager, f"/staff/labs/{lab.slug}/conflicts/{row['id']}/lift", {}, page)
    assert answer.status_code == 303
    assert "lifted on" in (await manager.get(page)).text


async def test_reviews_are_spread_by_a_button_and_reviewers_reminded(manager: httpx.AsyncClient) -> None:
    lab, _ = await a_lab_to_review()
    people = [await an_account("organiser", f"{name}@example.org") for name in "ab"]
    page = f"/staff/labs/{lab.slug}/reviews"
    assert (await post_form(manager, f"{page}/spread", {"each": "1"}, page)).status_code == 422
    assert (await post_form(manager, f"{page}/spread", {"each": "9" * 30, "reviewers": str(people[0])}, page)).status_code == 422  # fmt: skip
    answer = await post_form(manager, f"{page}/spread", {"each": "2", "reviewers": [str(one) for one in people]}, page)
    assert answer.status_code == 303
    assert "3 reviews" in (await manager.get(page)).text
    assert (await post_form(manager, f"{page}/remind", {}, page)).status_code == 303
    assert len(await sql("SELECT id FROM letter WHERE kind = 'open_reviews'")) == 2


async def test_an_organiser_reviews_what_was_asked_and_reads_nothing_else(database: None, app: Any) -> None:
    lab, (mine, other, _) = await a_lab_to_review()
    async with await signed_in(app, "organiser") as reviewer:
        me = await account("organiser")
        await assign_reviewer(mine.id, me, now=NOW, account_id=await some_account())
        listed = (await reviewer.get("/staff/reviews")).text
        assert "Barcelona" in listed and "Lima" not in listed
        page = f"/staff/applications/{mine.id}/"
        shown = (await reviewer.get(page)).text
        assert 'id="decision"' not in shown and 'id="assign"' not in shown
        assert (await reviewer.get(f"/staff/applications/{other.id}/")).status_code == 404
        assert "Lima" not in (await reviewer.get(f"/staff/labs/{lab.slug}/reviews")).text
        answer = await post_form(reviewer, f"{page}review", {"score_need": "4", "score_team": "4"}, page)
        assert answer.status_code == 303
        token = {"reviewer": str(me)}
        assert (await post_form(reviewer, f"{page}reviewers", token, page)).status_code == 403
        assert (await post_form(reviewer, f"{page}accept", {}, page)).status_code == 403


@pytest.mark.parametrize("role", ["reader", "check-in"])
async def test_others_may_not_even_look(database: None, app: Any, role: str) -> None:
    lab, (application, *_) = await a_lab_to_review()
    async with await signed_in(app, role) as client:
        for path in (
            "/staff/reviews", f"/staff/labs/{lab.slug}/reviews", f"/staff/labs/{lab.slug}/reviews.csv",
            f"/staff/applications/{application.id}/",
        ):  # fmt: skip
            assert (await client.get(path)).status_code == 403


async def test_staff_ask_for_one_review_and_take_it_back(manager: httpx.AsyncClient) -> None:
    _, (application, *_) = await a_lab_to_review()
    reviewer = await an_account("organiser", "a@example.org")
    page = f"/staff/applications/{application.id}/"
    assert (await post_form(manager, f"{page}reviewers", {"reviewer": str(reviewer)}, page)).status_code == 303
    assert "Ask no more" in (await manager.get(page)).text
    assert (await post_form(manager, f"{page}reviewers/{reviewer}/remove", {}, page)).status_code == 303
    assert await sql("SELECT id FROM review_assignment") == []
    assert (await post_form(manager, f"{page}reviewers", {"reviewer": "nobody"}, page)).status_code == 422


async def test_the_json_review_is_an_overall_score_beside_those_by_criterion(client: httpx.AsyncClient) -> None:
    _, (application, *_) = await a_lab_to_review()
    token = await a_token("programme")
    await review_by_criteria(application.id, marks(4, 4), is_sent=True, now=NOW, account_id=await some_account())
    answer = await client.post(
        f"/api/v1/applications/{application.id}/review", json={"score": 5, "comment": "Yes."}, headers=bearer(token)
    )
    assert (answer.status_code, answer.json()["score"], answer.json()["reviews"]) == (200, 4.5, 2)
