"""Reviewing on the database: assignments, conflicts of interest, scores by criterion, what is hidden, decisions."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from eventhub.calls.content import as_json
from eventhub.calls.rules import CallContent, Criterion
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.labs.commands import ApplicationStands
from eventhub.labs.queries import application_by_id, lab_by_slug
from eventhub.reviewing.commands import (
    CohortFull,
    TooNear,
    accept_application,
    assign_reviewer,
    declare_conflict,
    decline_application,
    lift_conflict,
    remind_reviewers,
    review_application,
    review_by_criteria,
    spread_reviews,
    unassign_reviewer,
)
from eventhub.reviewing.queries import (
    Reader,
    application_for,
    applications_for,
    completeness,
    reviews_to_do,
)
from eventhub.reviewing.rules import Mark
from tests.make import NOW, a_lab_with_call, a_member, an_account, an_application, some_account

CRITERIA = (
    Criterion("need", {"en": "Need", "es": "Necesidad", "fr": "Besoin"}, 60),
    Criterion("team", {"en": "Team"}, 40),
)


async def a_lab_to_review(
    *members: str, criteria: tuple[Criterion, ...] = CRITERIA, **more: Any
) -> tuple[Any, list[Any]]:
    """A lab with criteria and an application of each member."""
    lab = await a_lab_with_call(**more)
    content = CallContent(criteria=criteria, cohort_size=more.get("cohort_size"))
    await sql("UPDATE lab_call SET content = {} WHERE lab = {}", as_json(content), lab.id)
    sent = []
    for name in members or ("Barcelona", "Lima", "Accra"):
        await a_member(name)
        sent.append(await an_application(lab, name.lower()))
    return await lab_by_slug(lab.slug), sent


def marks(need: int | None, team: int | None) -> dict[str, Mark]:
    return {"need": Mark(need, "Dry."), "team": Mark(team)}


async def test_a_review_by_criteria_gives_the_weighted_mean(database: None) -> None:
    lab, (application, *_) = await a_lab_to_review()
    first, second = await an_account("programme", "a@example.org"), await an_account("organiser", "b@example.org")
    await review_by_criteria(application.id, marks(5, 2), is_sent=True, now=NOW, account_id=first)
    await review_by_criteria(application.id, marks(2, 2), is_sent=True, now=NOW, account_id=second)
    found = await application_for(Reader(await some_account(), True), application.id)
    assert (sorted(found.totals), found.mean, found.spread) == ([2000, 3800], 2900, 1800)
    assert found.application.average == 2.9
    rows, _ = await applications_for(Reader(await some_account(), True), lab)
    assert next(one.mean for one in rows if one.application.id == application.id) == 2900


async def test_one_overall_score_and_scores_by_criterion_count_together(database: None) -> None:
    _, (application, *_) = await a_lab_to_review()
    await review_application(
        application.id, score=5, now=NOW, account_id=await an_account("programme", "a@example.org")
    )
    await review_by_criteria(application.id, marks(4, 4), is_sent=True, now=NOW, account_id=await some_account())
    assert (await application_for(Reader(await some_account(), True), application.id)).mean == 4500


async def test_a_draft_counts_for_nothing_and_what_was_sent_is_no_draft_again(database: None) -> None:
    _, (application, *_) = await a_lab_to_review()
    account = await some_account()
    await review_by_criteria(application.id, marks(5, None), is_sent=False, now=NOW, account_id=account)
    assert (await application_by_id(application.id)).reviews == 0
    await review_by_criteria(application.id, marks(5, 5), is_sent=True, now=NOW, account_id=account)
    with pytest.raises(ApplicationStands):
        await review_by_criteria(application.id, marks(1, None), is_sent=False, now=NOW, account_id=account)
    assert (await application_by_id(application.id)).reviews == 1


async def test_what_is_missing_or_wrong_in_a_review_is_all_said_and_nothing_is_kept(database: None) -> None:
    _, (application, *_) = await a_lab_to_review()
    wrong = {"need": Mark(9), "gone": Mark(1)}
    with pytest.raises(Problems) as raised:
        await review_by_criteria(
            application.id, wrong, comment="x" * 2001, is_sent=True, now=NOW, account_id=await some_account()
        )
    assert set(raised.value.fields) == {"score_need", "score_team", "score", "comment"}
    assert await sql("SELECT id FROM application_review") == []


async def test_reviewers_do_not_see_each_others_scores_until_their_own_is_sent(database: None) -> None:
    lab, (application, *_) = await a_lab_to_review()
    first, second = await an_account("organiser", "a@example.org"), await an_account("programme", "b@example.org")
    for reviewer in (first, second):
        await assign_reviewer(application.id, reviewer, now=NOW, account_id=await some_account())
    await review_by_criteria(application.id, marks(5, 5), comment="Secret.", is_sent=True, now=NOW, account_id=first)
    for reader in (Reader(second, True), Reader(second, False)):
        found = await application_for(reader, application.id)
        assert (found.is_open, found.mean, found.application.average) == (False, None, None)
        assert "Secret." not in str(found) and "5000" not in str(found.reviews)
        listed, _ = await applications_for(reader, lab)
        assert all("Secret." not in str(one) for one in listed)
    await review_by_criteria(application.id, marks(1, 1), is_sent=False, now=NOW, account_id=second)
    assert not (await application_for(Reader(second, True), application.id)).is_open
    await review_by_criteria(application.id, marks(1, 1), is_sent=True, now=NOW, account_id=second)
    found = await application_for(Reader(second, True), application.id)
    assert (found.is_open, found.mean, found.disagrees) == (True, 3000, True)


async def test_a_reviewer_who_does_not_decide_reads_only_what_is_assigned(database: None) -> None:
    lab, (mine, other, _) = await a_lab_to_review()
    reviewer = await an_account("organiser", "a@example.org")
    reader = Reader(reviewer, False)
    assert len((await applications_for(reader, lab))[0]) == 3
    await assign_reviewer(mine.id, reviewer, now=NOW, account_id=await some_account())
    rows, total = await applications_for(reader, lab)
    assert ([one.application.id for one in rows], total) == ([mine.id], 1)
    with pytest.raises(NotFound):
        await application_for(reader, other.id)


@pytest.mark.parametrize("whole_member", [False, True])
async def test_a_conflict_hides_the_application_and_sets_the_review_aside(database: None, whole_member: bool) -> None:
    lab, (application, *_) = await a_lab_to_review()
    near, manager = await an_account("programme", "near@example.org"), await some_account()
    await assign_reviewer(application.id, near, now=NOW, account_id=manager)
    await review_by_criteria(application.id, marks(5, 5), is_sent=True, now=NOW, account_id=near)
    assert (await application_by_id(application.id)).reviews == 1
    await declare_conflict(
        application.id, reviewer=near, whole_member=whole_member, reason="My sister works there.", now=NOW,
        account_id=near,
    )  # fmt: skip
    with pytest.raises(NotFound):
        await application_for(Reader(near, True), application.id)
    rows, total = await applications_for(Reader(near, True), lab)
    assert (application.id not in [one.application.id for one in rows], total) == (True, 2)
    assert await reviews_to_do(near) == []
    for attempt in (
        review_application(application.id, score=5, now=NOW, account_id=near),
        review_by_criteria(application.id, marks(5, 5), is_sent=True, now=NOW, account_id=near),
        accept_application(application.id, now=NOW, account_id=near),
        decline_application(application.id, now=NOW, account_id=near),
        assign_reviewer(application.id, manager, now=NOW, account_id=near),
        unassign_reviewer(application.id, near, now=NOW, account_id=near),
    ):
        with pytest.raises(NotFound):
            await attempt
    found = await application_for(Reader(manager, True), application.id)
    assert (found.mean, found.reviews[0].state, found.reviews[0].conflict) == (
        None, "set_aside", "My sister works there.",
    )  # fmt: skip
    assert (await application_by_id(application.id)).reviews == 0
    with pytest.raises(TooNear):
        await assign_reviewer(application.id, near, now=NOW, account_id=manager)


async def test_a_conflict_with_a_member_hides_its_applications_to_other_labs_too(database: None) -> None:
    _, (application, *_) = await a_lab_to_review()
    other = await a_lab_with_call("Shade")
    second = await an_application(other, "barcelona")
    near = await an_account("programme", "near@example.org")
    await declare_conflict(
        application.id, reviewer=near, whole_member=True, reason="I come from there.", now=NOW,
        account_id=await some_account(),
    )  # fmt: skip
    assert (await applications_for(Reader(near, True), other)) == ([], 0)
    with pytest.raises(NotFound):
        await application_for(Reader(near, True), second.id)


async def test_a_lifted_conflict_brings_the_review_back_and_nobody_lifts_their_own(database: None) -> None:
    _, (application, *_) = await a_lab_to_review()
    near = await an_account("programme", "near@example.org")
    await review_by_criteria(application.id, marks(4, 4), is_sent=True, now=NOW, account_id=near)
    await declare_conflict(application.id, reviewer=near, whole_member=False, reason="Near.", now=NOW, account_id=near)
    (row,) = await sql("SELECT id FROM conflict_of_interest")
    with pytest.raises(TooNear):
        await lift_conflict(row["id"], now=NOW, account_id=near)
    await lift_conflict(row["id"], now=NOW, account_id=await some_account())
    assert (await application_for(Reader(near, True), application.id)).mean == 4000
    with pytest.raises(NotFound):
        await lift_conflict(uuid4(), now=NOW, account_id=near)


async def test_a_conflict_needs_a_reason_of_some_length(database: None) -> None:
    _, (application, *_) = await a_lab_to_review()
    for reason in ("", " \u200b ", "x" * 2001):
        with pytest.raises(Problems):
            await declare_conflict(
                application.id, reviewer=await some_account(), whole_member=False, reason=reason, now=NOW,
                account_id=await some_account(),
            )  # fmt: skip
    assert await sql("SELECT id FROM conflict_of_interest") == []


async def test_reviews_are_spread_with_an_even_load_and_without_conflicts(database: None) -> None:
    lab, sent = await a_lab_to_review("Barcelona", "Lima", "Accra", "Quito", "Dakar")
    people = [await an_account("organiser", f"{name}@example.org") for name in ("a", "b", "c")]
    await declare_conflict(
        sent[0].id, reviewer=people[0], whole_member=True, reason="Near.", now=NOW, account_id=await some_account()
    )
    assert await spread_reviews(lab.slug, people, 2, now=NOW, account_id=await some_account()) == 10
    assert await spread_reviews(lab.slug, people, 2, now=NOW, account_id=await some_account()) == 0
    rows = await sql("SELECT account, COUNT(*) AS n FROM review_assignment GROUP BY account ORDER BY n")
    assert [int(row["n"]) for row in rows] == [3, 3, 4]
    pairs = await sql("SELECT account FROM review_assignment WHERE application = {}", sent[0].id)
    assert people[0] not in [row["account"] for row in pairs]


async def test_two_who_spread_at_once_ask_for_no_more_reviews_than_were_wanted(database: None) -> None:
    lab, _ = await a_lab_to_review()
    people = [await an_account("organiser", f"{name}@example.org") for name in ("a", "b", "c")]
    account = await some_account()
    added = await asyncio.gather(*(spread_reviews(lab.slug, people, 2, now=NOW, account_id=account) for _ in range(4)))
    assert sum(added) == 6


async def test_only_who_may_read_applications_reviews_them(database: None) -> None:
    lab, (application, *_) = await a_lab_to_review()
    door = await an_account("check-in", "door@example.org")
    for chosen, each in (
        ([door], 1),
        ([], 1),
        ([uuid4()], 1),
        ([await some_account()], 0),
        ([await some_account()], 99),
    ):
        with pytest.raises(Problems):
            await spread_reviews(lab.slug, chosen, each, now=NOW, account_id=await some_account())
    with pytest.raises(Problems):
        await assign_reviewer(application.id, door, now=NOW, account_id=await some_account())


async def test_completeness_names_what_lacks_reviews(database: None) -> None:
    lab, (first, second, third) = await a_lab_to_review()
    reviewer, manager = await an_account("organiser", "a@example.org"), await some_account()
    await assign_reviewer(first.id, reviewer, now=NOW, account_id=manager)
    await assign_reviewer(second.id, reviewer, now=NOW, account_id=manager)
    await review_by_criteria(second.id, marks(3, 3), is_sent=True, now=NOW, account_id=reviewer)
    found = completeness((await applications_for(Reader(manager, True), lab))[0])
    assert [one.application.id for one in found.without] == [third.id]
    assert [one.application.id for one in found.incomplete] == [first.id]
    assert not found.is_complete
    assert [(one.applicant, one.is_sent) for one in await reviews_to_do(reviewer)] == [
        ("Barcelona", False),
        ("Lima", True),
    ]


async def test_reviewers_are_reminded_once_a_day_of_what_is_open_and_no_applicant_is_named(database: None) -> None:
    lab, (first, second, _) = await a_lab_to_review()
    reviewer, manager = await an_account("organiser", "a@example.org"), await some_account()
    for one in (first, second):
        await assign_reviewer(one.id, reviewer, now=NOW, account_id=manager)
    await declare_conflict(
        second.id, reviewer=reviewer, whole_member=False, reason="Near.", now=NOW, account_id=manager
    )
    assert await remind_reviewers(lab.slug, now=NOW, account_id=manager) == 1
    assert await remind_reviewers(lab.slug, now=NOW, account_id=manager) == 0
    (letter,) = await sql("SELECT facts FROM letter WHERE kind = 'open_reviews'")
    facts = msgspec.json.decode(letter["facts"])
    assert facts["number"] == 1
    assert "Barcelona" not in letter["facts"]


async def test_of_two_acceptances_at_once_for_the_last_place_of_a_round_call_one_is_refused(database: None) -> None:
    lab, sent = await a_lab_to_review(cohort_size=1)
    account = await some_account()
    outcome = await asyncio.gather(
        *(accept_application(one.id, now=NOW, account_id=account) for one in sent), return_exceptions=True
    )
    assert sum(isinstance(one, CohortFull) for one in outcome) == 2
    assert lab.call.cohort_size == 1


async def test_everything_leaves_an_audit_row(database: None) -> None:
    lab, (application, *_) = await a_lab_to_review()
    account, reviewer = await some_account(), await an_account("organiser", "a@example.org")
    await assign_reviewer(application.id, reviewer, now=NOW, account_id=account)
    await unassign_reviewer(application.id, reviewer, now=NOW, account_id=account)
    await spread_reviews(lab.slug, [reviewer], 1, now=NOW, account_id=account)
    await review_by_criteria(application.id, marks(5, None), is_sent=False, now=NOW, account_id=account)
    await review_by_criteria(application.id, marks(5, 1), is_sent=True, now=NOW, account_id=account)
    await declare_conflict(application.id, reviewer=reviewer, whole_member=False, reason="Near.", now=NOW, account_id=account)  # fmt: skip
    (row,) = await sql("SELECT id FROM conflict_of_interest")
    await lift_conflict(UUID(str(row["id"])), now=NOW, account_id=account)
    actions = {row["action"] for row in await sql("SELECT action FROM audit_entry")}
    assert actions >= {
        "assign_reviewer", "unassign_reviewer", "spread_reviews", "save_review", "review_application",
        "declare_conflict", "lift_conflict",
    }  # fmt: skip
