"""Choosing cohorts on the database: proposals, deviations, decisions, letters, places that are confirmed or lapse."""

import asyncio
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from eventhub.cohorts import commands
from eventhub.cohorts.commands import (
    Adoption,
    ConflictInLab,
    PlaceGone,
    ProposalStands,
    adopt_proposal,
    confirm_place,
    deviate,
    give_up_place,
    keep_places_filled,
    propose_cohort,
    propose_round,
    send_decisions,
    undo_deviation,
    unsent_decisions,
)
from eventhub.cohorts.queries import (
    NoSuchPlace,
    Span,
    Wishes,
    lines_of,
    newest_proposal,
    newest_view,
    places_of,
    proposal_by_id,
)
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.labs.queries import application_by_id, lab_by_slug
from eventhub.mail.rendering import render
from eventhub.reviewing.commands import CohortFull, accept_application, declare_conflict, review_application
from eventhub.reviewing.queries import Reader
from tests.make import NOW, a_lab_with_call, a_member, a_region, an_account, an_application, some_account

MEETS = datetime(2027, 2, 3, 13, tzinfo=UTC)
CITIES = {"Barcelona": "europe", "Rome": "europe", "Berlin": "europe", "Lima": "america", "Quito": "america", "Accra": "africa"}  # fmt: skip
#: Reviewed scores in this order, so that Europe would win without bounds.
SCORES = {"Barcelona": 5, "Rome": 5, "Berlin": 4, "Lima": 3, "Quito": 2, "Accra": 1}


async def some_applications(lab: Any, *cities: str) -> dict[str, UUID]:
    """Reviewed applications of member cities to a lab."""
    sent = {}
    for city in cities or CITIES:
        region = await a_region(CITIES[city], CITIES[city].title())
        rows = await sql("SELECT id FROM member WHERE key = {}", city.lower())
        if not rows:
            await a_member(city)
        await sql("UPDATE member SET region = {} WHERE key = {}", region, city.lower())
        one = await an_application(lab, city.lower(), f"{city.lower()}-{lab.slug}@example.org")
        await review_application(one.id, score=SCORES[city], now=NOW, account_id=await some_account())
        sent[city] = one.id
    return sent


async def a_reviewed_lab(name: str = "Water Stress", **more: Any) -> tuple[Any, dict[str, UUID]]:
    lab = await a_lab_with_call(name, **more)
    return lab, await some_applications(lab)


def wishes(**more: Any) -> Wishes:
    return Wishes(**{"size": Span(3, 3), "meets_at": MEETS, **more})


async def chosen(lab: Any) -> list[str]:
    """The members that are in, deviations included."""
    view = await newest_view(lab, Reader(await some_account(), True), NOW.date())
    return sorted(one.applicant for one in view.entries if one.is_in)


async def statuses(lab: Any) -> dict[str, str]:
    rows = await sql(
        "SELECT m.name AS name, a.status AS status FROM application a JOIN member m ON m.id = a.member "
        "WHERE a.lab = {} ORDER BY m.name",
        lab.id,
    )
    return {row["name"]: row["status"] for row in rows}


async def adopted(lab: Any, waiting: int = 2, **more: Any) -> UUID:
    account = await some_account()
    proposal = await propose_cohort(lab.slug, wishes(**more), now=NOW, account_id=account)
    how = Adoption(waiting, "Strong.", "Nearly.", "Too many.")
    await adopt_proposal(proposal, how, now=NOW, account_id=account)
    return proposal


async def token_of(application: UUID, lab: Any) -> str:
    everyone = await places_of(lab.id, ["accepted", "waiting", "declined", "withdrawn", "submitted"])
    return next(place.path for place in everyone if place.application == application).rsplit("/", 1)[1]


async def test_the_best_cohort_within_bounds_is_kept_with_its_price(database: None) -> None:
    lab, _ = await a_reviewed_lab()
    proposal = await propose_cohort(
        lab.slug, wishes(each_region=1, number_of_regions=Span(3)), now=NOW, account_id=await some_account()
    )
    kept = await proposal_by_id(proposal)
    assert await chosen(lab) in (["Accra", "Barcelona", "Lima"], ["Accra", "Lima", "Rome"])
    assert (kept.result.score, kept.result.unbounded, kept.result.price) == (9000, 14000, 5000)
    assert kept.result.per_cent(5000) == 35.7
    assert {price.bound.kind: price.lost for price in kept.result.prices}["each_region"] == 0
    assert kept.wishes == wishes(each_region=1, number_of_regions=Span(3))


async def test_a_size_left_out_is_that_of_the_call(database: None) -> None:
    lab, _ = await a_reviewed_lab(cohort_size=2)
    await propose_cohort(lab.slug, wishes(size=Span()), now=NOW, account_id=await some_account())
    assert await chosen(lab) == ["Barcelona", "Rome"]


async def test_without_any_size_nothing_is_proposed(database: None) -> None:
    lab, _ = await a_reviewed_lab()
    with pytest.raises(Problems):
        await propose_cohort(lab.slug, wishes(size=Span()), now=NOW, account_id=await some_account())
    assert await sql("SELECT id FROM cohort_proposal") == []


async def test_every_application_has_one_sentence_that_says_why(database: None) -> None:
    lab, _ = await a_reviewed_lab()
    await propose_cohort(lab.slug, wishes(regions={"africa": Span(1)}), now=NOW, account_id=await some_account())
    view = await newest_view(lab, Reader(await some_account(), True), NOW.date())
    why = {one.applicant: str(one.why) for one in view.entries}
    assert len(why) == 6
    assert why["Barcelona"] in ("It is in by its score, which has place 1.", "It is in by its score, which has place 2.")  # fmt: skip
    assert "applications from Africa: at least 1" in why["Accra"]
    assert why["Quito"] == "It is out by its score, which has place 5."
    assert why["Berlin"].startswith("It is out, with place 3 by score, because of the bound")


async def test_without_reviews_places_are_filled_and_no_sentence_speaks_of_a_score(database: None) -> None:
    lab, _ = await a_reviewed_lab()
    await sql("DELETE FROM application_review")
    await propose_cohort(lab.slug, wishes(size=Span(None, 3)), now=NOW, account_id=await some_account())
    view = await newest_view(lab, Reader(await some_account(), True), NOW.date())
    inside = [one for one in view.entries if one.is_in]
    assert sorted(one.region for one in inside) == ["africa", "america", "europe"]
    for one in view.entries:
        assert str(one.why).startswith("No review has a score yet.")
        assert "by its score" not in str(one.why)


async def test_what_contradicts_each_other_is_named_with_what_would_be_possible(database: None) -> None:
    lab, _ = await a_reviewed_lab()
    proposal = await propose_cohort(
        lab.slug, wishes(regions={"africa": Span(2)}), now=NOW, account_id=await some_account()
    )
    result = (await proposal_by_id(proposal)).result
    assert result.chosen is None
    assert [(one.bound.kind, one.bound.key, one.possible) for one in result.contradictions] == [("region", "africa", 1)]
    with pytest.raises(ProposalStands):
        await adopt_proposal(proposal, Adoption(), now=NOW, account_id=await some_account())


async def test_the_solver_runs_in_a_thread_of_its_own(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, _ = await a_reviewed_lab()
    threads = []
    propose = commands.propose

    def watched(*args: Any, **more: Any) -> Any:
        threads.append(threading.current_thread())
        return propose(*args, **more)

    monkeypatch.setattr(commands, "propose", watched)
    await propose_cohort(lab.slug, wishes(), now=NOW, account_id=await some_account())
    assert threads and threads[0] is not threading.main_thread()


async def test_who_has_left_was_withdrawn_or_is_not_eligible_cannot_be_chosen(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    await sql("UPDATE member SET left_on = {} WHERE key = 'barcelona'", NOW.date())
    await sql("UPDATE application SET status = 'withdrawn' WHERE id = {}", sent["Rome"])
    await sql("UPDATE application SET is_eligible = {} WHERE id = {}", False, sent["Berlin"])
    lines = (await lines_of([lab], NOW.date()))[lab.id]
    assert sorted(line.applicant for line in lines) == ["Accra", "Lima", "Quito"]


async def test_newcomers_are_members_of_no_earlier_lab(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    earlier = await a_lab_with_call("Old")
    await sql("UPDATE lab_round SET year = 2024 WHERE id = {}", earlier.lab_round)
    old = await an_application(earlier, "rome", "old@example.org")
    await accept_application(old.id, now=NOW, account_id=await some_account())
    # both labs were made in one round; the new lab gets a later one of its own
    await sql("INSERT INTO lab_round (id, year, title, lessons) VALUES ({}, 2026, 'New', '')", new_round := uuid4())
    await sql("UPDATE lab SET lab_round = {} WHERE id = {}", new_round, lab.id)
    lines = (await lines_of([await lab_by_slug(lab.slug)], NOW.date()))[lab.id]
    assert [line.applicant for line in lines if not line.is_newcomer] == ["Rome"]
    assert sent


async def proposed(application: UUID, *genders: str, name: str = "Robin Roe") -> None:
    """Proposed people of an application, each with a gender or none."""
    for position, gender in enumerate(genders):
        new = uuid4()
        await sql(
            "INSERT INTO proposed_person (id, application, position, name, email, role, level) "
            "VALUES ({}, {}, {}, {}, {}, 'Engineer', 'technical')",
            new, application, position, f"{name} {position}", f"p{position}-{application}@example.org",
        )  # fmt: skip
        if gender:
            await sql(
                "INSERT INTO proposed_gender (proposed_person, gender, purpose, stated_at) "
                "VALUES ({}, {}, 'balance of the group', {})",
                new, gender, NOW,
            )  # fmt: skip


async def test_a_share_of_women_is_kept_to_and_no_sentence_about_one_application_tells_it(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    for city in ("Barcelona", "Rome", "Berlin"):
        await proposed(sent[city], "man", "man")
    for city in ("Lima", "Quito"):
        await proposed(sent[city], "woman", "woman")
    await propose_cohort(lab.slug, wishes(women=Span(60)), now=NOW, account_id=await some_account())
    view = await newest_view(lab, Reader(await some_account(), True), NOW.date())
    assert {"Lima", "Quito"} <= set(await chosen(lab))
    assert not any("women" in one.why for one in view.entries)
    assert "women" not in str(view.proposal.result.reasons)
    assert (view.facts.women, view.facts.men) in ((4, 2), (None, None))


async def test_few_who_said_something_are_not_counted_aloud(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    await proposed(sent["Barcelona"], "woman", "man", "undisclosed", "")
    await propose_cohort(lab.slug, wishes(), now=NOW, account_id=await some_account())
    view = await newest_view(lab, Reader(await some_account(), True), NOW.date())
    assert (view.facts.women, view.facts.men) == (None, None)


async def test_a_deviation_is_kept_with_its_reason_and_holds_in_the_next_proposal(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    account = await some_account()
    proposal = await propose_cohort(lab.slug, wishes(), now=NOW, account_id=account)
    for reason in ("", "\u200b", "x" * 2001):
        with pytest.raises(Problems):
            await deviate(proposal, sent["Accra"], is_in=True, reason=reason, now=NOW, account_id=account)
    await deviate(proposal, sent["Accra"], is_in=True, reason="First from there.", now=NOW, account_id=account)
    await deviate(proposal, sent["Berlin"], is_in=False, reason="Was in four labs.", now=NOW, account_id=account)
    assert await chosen(lab) == ["Accra", "Barcelona", "Rome"]
    later = NOW + timedelta(minutes=1)
    await propose_cohort(lab.slug, wishes(size=Span(4, 4)), now=later, account_id=account)
    assert await chosen(lab) == ["Accra", "Barcelona", "Lima", "Rome"]
    view = await newest_view(lab, Reader(account, True), NOW.date())
    why = {one.applicant: str(one.why) for one in view.entries}
    assert (why["Accra"], why["Berlin"]) == (
        "It is in because people decided so.", "It is out because people decided so.",
    )  # fmt: skip


async def test_a_deviation_can_be_undone_until_the_proposal_is_taken_over(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    account = await some_account()
    proposal = await propose_cohort(lab.slug, wishes(), now=NOW, account_id=account)
    await deviate(proposal, sent["Berlin"], is_in=False, reason="No.", now=NOW, account_id=account)
    await undo_deviation(proposal, sent["Berlin"], now=NOW, account_id=account)
    assert await chosen(lab) == ["Barcelona", "Berlin", "Rome"]
    await adopt_proposal(proposal, Adoption(), now=NOW, account_id=account)
    with pytest.raises(ProposalStands):
        await deviate(proposal, sent["Berlin"], is_in=False, reason="No.", now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await deviate(proposal, uuid4(), is_in=False, reason="No.", now=NOW, account_id=account)


async def test_taking_a_proposal_over_decides_about_everybody_at_once(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    await adopted(lab)
    assert await statuses(lab) == {
        "Accra": "declined", "Barcelona": "accepted", "Berlin": "accepted", "Lima": "waiting", "Quito": "waiting",
        "Rome": "accepted",
    }  # fmt: skip
    assert [place.applicant for place in await places_of(lab.id, ["waiting"])] == ["Lima", "Quito"]
    assert (await application_by_id(sent["Accra"])).reason == "Too many."
    # who was offered a place takes part once it is confirmed
    assert await sql("SELECT id FROM lab_participant") == []
    assert await sql("SELECT id FROM letter WHERE kind LIKE 'application_a%'") == []


async def test_of_two_who_take_over_at_once_one_is_told_that_it_was_done(database: None) -> None:
    lab, _ = await a_reviewed_lab()
    account = await some_account()
    proposal = await propose_cohort(lab.slug, wishes(), now=NOW, account_id=account)
    outcome = await asyncio.gather(
        *(adopt_proposal(proposal, Adoption(1), now=NOW, account_id=account) for _ in range(3)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in outcome) == ["ProposalStands", "ProposalStands", "int"]
    assert len(await sql("SELECT id FROM audit_entry WHERE action = 'adopt_cohort'")) == 1


async def test_deviations_cannot_fill_more_places_than_the_call_has(database: None) -> None:
    lab, sent = await a_reviewed_lab(cohort_size=3)
    account = await some_account()
    proposal = await propose_cohort(lab.slug, wishes(), now=NOW, account_id=account)
    await deviate(proposal, sent["Accra"], is_in=True, reason="Yes.", now=NOW, account_id=account)
    with pytest.raises(CohortFull):
        await adopt_proposal(proposal, Adoption(), now=NOW, account_id=account)
    assert set((await statuses(lab)).values()) == {"submitted"}


async def test_a_proposal_with_an_application_that_was_withdrawn_is_not_taken_over(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    proposal = await propose_cohort(lab.slug, wishes(), now=NOW, account_id=await some_account())
    await sql("UPDATE application SET status = 'withdrawn' WHERE id = {}", sent["Rome"])
    with pytest.raises(ProposalStands):
        await adopt_proposal(proposal, Adoption(), now=NOW, account_id=await some_account())
    assert (await statuses(lab))["Barcelona"] == "submitted"


async def test_who_has_a_conflict_sees_it_nowhere_and_decides_about_no_cohort_with_it(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    near = await an_account("programme", "near@example.org")
    await declare_conflict(
        sent["Rome"], reviewer=near, whole_member=True, reason="Near.", now=NOW, account_id=await some_account()
    )
    proposal = await propose_cohort(lab.slug, wishes(), now=NOW, account_id=near)
    view = await newest_view(lab, Reader(near, True), NOW.date())
    assert ("Rome" not in str(view.entries), view.hidden) == (True, 1)
    with pytest.raises(NotFound):
        await deviate(proposal, sent["Rome"], is_in=False, reason="No.", now=NOW, account_id=near)
    with pytest.raises(ConflictInLab):
        await adopt_proposal(proposal, Adoption(), now=NOW, account_id=near)
    with pytest.raises(ConflictInLab):
        await send_decisions(lab.slug, date(2026, 12, 24), now=NOW, account_id=near)


async def test_bad_bounds_are_refused_with_a_sentence_and_nothing_is_kept(database: None) -> None:
    lab, _ = await a_reviewed_lab()
    for wrong in (
        {"women": Span(101)}, {"hours": 25}, {"size": Span(3, 2)}, {"newcomers": Span(-1)}, {"most_labs": 0},
        {"regions": {"africa": Span(9, 1)}},
    ):  # fmt: skip
        with pytest.raises(Problems):
            await propose_cohort(lab.slug, wishes(**wrong), now=NOW, account_id=await some_account())
    assert await sql("SELECT id FROM cohort_proposal") == []


async def test_an_empty_lab_has_nobody_to_choose(database: None) -> None:
    lab = await a_lab_with_call()
    with pytest.raises(Problems):
        await propose_cohort(lab.slug, wishes(), now=NOW, account_id=await some_account())
    with pytest.raises(NotFound):
        await newest_view(lab, Reader(await some_account(), True), NOW.date())


async def test_a_round_is_proposed_as_a_whole_and_members_go_where_they_prefer(database: None) -> None:
    water, shade = await a_lab_with_call("Water"), await a_lab_with_call("Shade")
    first, second = await some_applications(water, "Barcelona", "Rome"), await some_applications(shade, "Barcelona", "Rome")  # fmt: skip
    for application, preference in (
        (first["Barcelona"], 2), (second["Barcelona"], 1), (first["Rome"], 1), (second["Rome"], 2),
    ):  # fmt: skip
        await sql("UPDATE application SET preference = {} WHERE id = {}", preference, application)
    account = await some_account()
    proposal = await propose_round(water.lab_round, wishes(size=Span(1, 1), most_labs=1), now=NOW, account_id=account)
    assert (await chosen(water), await chosen(shade)) == (["Rome"], ["Barcelona"])
    assert await adopt_proposal(proposal, Adoption(1), now=NOW, account_id=account) == 2
    assert await statuses(water) == {"Barcelona": "waiting", "Rome": "accepted"}
    assert await statuses(shade) == {"Barcelona": "accepted", "Rome": "waiting"}


async def test_letters_of_decision_go_out_once_with_the_reason_and_the_link(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    await adopted(lab)
    account = await some_account()
    assert await send_decisions(lab.slug, date(2026, 12, 24), now=NOW, account_id=account) == {
        "accepted": 3, "waiting": 2, "declined": 1,
    }  # fmt: skip
    assert sum((await send_decisions(lab.slug, date(2026, 12, 24), now=NOW, account_id=account)).values()) == 0
    assert await unsent_decisions(lab) == []
    (row,) = await sql(
        "SELECT facts, language FROM letter WHERE kind = 'application_accepted' AND recipient_address = {}",
        f"barcelona-{lab.slug}@example.org",
    )
    facts = msgspec.json.decode(row["facts"])
    letter = render("application_accepted", "en", facts, recipient_address="a@example.org")
    assert "Strong." in letter.text
    assert f"/lab-places/{await token_of(sent['Barcelona'], lab)}" in letter.text
    assert "24" in letter.text


async def test_two_who_send_at_once_write_every_letter_once(database: None) -> None:
    lab, _ = await a_reviewed_lab()
    await adopted(lab)
    account = await some_account()
    sent = await asyncio.gather(
        *(send_decisions(lab.slug, date(2026, 12, 24), now=NOW, account_id=account) for _ in range(3))
    )
    assert sum(sum(one.values()) for one in sent) == 6
    assert len(await sql("SELECT id FROM letter WHERE kind IN ('application_accepted', 'application_waiting', 'application_declined')")) == 6  # fmt: skip


@pytest.mark.parametrize("day", [None, date(2026, 11, 25), date(2020, 1, 1), date(2028, 1, 1)])
async def test_places_need_a_day_to_confirm_that_is_to_come(database: None, day: date | None) -> None:
    lab, _ = await a_reviewed_lab()
    await adopted(lab)
    with pytest.raises(Problems):
        await send_decisions(lab.slug, day, now=NOW, account_id=await some_account())
    assert await sql("SELECT id FROM letter WHERE kind LIKE 'application_w%'") == []


async def offered(**more: Any) -> tuple[Any, dict[str, UUID]]:
    """A lab whose letters of decision have gone out."""
    lab, sent = await a_reviewed_lab(**more)
    await adopted(lab)
    await send_decisions(lab.slug, date(2026, 12, 24), now=NOW, account_id=await some_account())
    return lab, sent


async def test_confirming_makes_the_proposed_people_participants_and_moves_what_they_said(database: None) -> None:
    lab, sent = await offered()
    await proposed(sent["Rome"], "woman", "")
    token = await token_of(sent["Rome"], lab)
    assert await confirm_place(token, now=NOW) is True
    assert await confirm_place(token, now=NOW) is False
    people = await sql(
        "SELECT p.name AS name, x.role AS role, x.application AS application FROM lab_participant x "
        "JOIN person p ON p.id = x.person WHERE x.lab = {} ORDER BY p.name",
        lab.id,
    )
    assert [(row["name"], row["role"], row["application"]) for row in people] == [
        ("Robin Roe 0", "participant", sent["Rome"]), ("Robin Roe 1", "participant", sent["Rome"]),
    ]  # fmt: skip
    assert [row["gender"] for row in await sql("SELECT gender FROM gender_statement")] == ["woman"]
    assert await sql("SELECT gender FROM proposed_gender") == []
    lines = {line.applicant: line for line in (await lines_of([lab], NOW.date()))[lab.id]}
    assert (lines["Rome"].women, lines["Rome"].men) == (1, 0)  # still counted


async def test_what_a_person_has_said_of_themselves_is_not_overwritten(database: None) -> None:
    lab, sent = await offered()
    await proposed(sent["Rome"], "woman")
    from tests.make import a_person

    person = await a_person("Robin", f"p0-{sent['Rome']}@example.org", "man")
    await confirm_place(await token_of(sent["Rome"], lab), now=NOW)
    assert [(row["person"], row["gender"]) for row in await sql("SELECT person, gender FROM gender_statement")] == [(person, "man")]  # fmt: skip


async def test_without_proposed_people_the_contact_takes_part(database: None) -> None:
    lab, sent = await offered()
    await confirm_place(await token_of(sent["Rome"], lab), now=NOW)
    contact = (await application_by_id(sent["Rome"])).contact
    assert [row["person"] for row in await sql("SELECT person FROM lab_participant WHERE lab = {}", lab.id)] == [contact]  # fmt: skip


async def test_a_member_that_has_left_cannot_take_the_place(database: None) -> None:
    lab, sent = await offered()
    await sql("UPDATE member SET left_on = {} WHERE key = 'rome'", NOW.date())
    with pytest.raises(PlaceGone, match="left the association"):
        await confirm_place(await token_of(sent["Rome"], lab), now=NOW)
    assert await sql("SELECT id FROM lab_participant") == []


async def test_links_that_are_not_ours_open_nothing(database: None) -> None:
    lab, sent = await offered()
    token = await token_of(sent["Rome"], lab)
    for wrong in ("", "x", token[:-1], token + "x", "é" * 600):
        with pytest.raises(NoSuchPlace):
            await confirm_place(wrong, now=NOW)


async def test_a_place_that_nobody_was_offered_cannot_be_taken(database: None) -> None:
    lab, sent = await offered()
    for city in ("Lima", "Accra"):
        with pytest.raises(PlaceGone):
            await confirm_place(await token_of(sent[city], lab), now=NOW)


LATE = datetime(2026, 12, 25, 9, tzinfo=UTC)


async def test_a_place_that_is_not_confirmed_in_time_goes_to_the_next(database: None) -> None:
    lab, sent = await offered()
    for city in ("Barcelona", "Berlin"):
        await confirm_place(await token_of(sent[city], lab), now=NOW)
    assert await keep_places_filled(datetime(2026, 12, 24, 22, 58, tzinfo=UTC)) == 0
    assert await keep_places_filled(LATE) == 1
    assert await keep_places_filled(LATE) == 0
    found = await statuses(lab)
    assert (found["Rome"], found["Lima"], found["Quito"]) == ("declined", "accepted", "waiting")
    with pytest.raises(PlaceGone, match="is over"):
        await confirm_place(await token_of(sent["Rome"], lab), now=LATE)
    kinds = await sql("SELECT kind FROM letter WHERE created_at = {} ORDER BY kind", LATE)
    assert [row["kind"] for row in kinds] == ["application_accepted", "application_declined"]
    assert await confirm_place(await token_of(sent["Lima"], lab), now=LATE + timedelta(days=9)) is True


async def test_the_next_who_has_left_the_association_is_passed_over(database: None) -> None:
    lab, sent = await offered()
    await sql("UPDATE member SET left_on = {} WHERE key = 'lima'", NOW.date())
    for city in ("Barcelona", "Berlin"):
        await confirm_place(await token_of(sent[city], lab), now=NOW)
    await keep_places_filled(LATE)
    assert ((await statuses(lab))["Lima"], (await statuses(lab))["Quito"]) == ("waiting", "accepted")


async def test_confirming_and_lapsing_at_once_end_with_one_of_them(database: None) -> None:
    lab, sent = await offered()
    for city in ("Barcelona", "Berlin"):
        await confirm_place(await token_of(sent[city], lab), now=NOW)
    token = await token_of(sent["Rome"], lab)
    in_time = datetime(2026, 12, 24, 22, 58, tzinfo=UTC)
    outcome = await asyncio.gather(
        confirm_place(token, now=in_time), keep_places_filled(LATE), confirm_place(token, now=in_time),
        keep_places_filled(LATE), return_exceptions=True,
    )  # fmt: skip
    found = await statuses(lab)
    accepted = [city for city, status in found.items() if status == "accepted"]
    assert len(accepted) == 3
    if found["Rome"] == "accepted":
        assert sorted(str(one) for one in (outcome[0], outcome[2])) == ["False", "True"]
    else:
        assert isinstance(outcome[0], PlaceGone) and isinstance(outcome[2], PlaceGone)
        assert "Lima" in accepted


async def test_two_who_confirm_at_once_take_one_place(database: None) -> None:
    lab, sent = await offered()
    await proposed(sent["Rome"], "", "")
    token = await token_of(sent["Rome"], lab)
    outcome = await asyncio.gather(*(confirm_place(token, now=NOW) for _ in range(4)))
    assert sorted(outcome) == [False, False, False, True]
    assert len(await sql("SELECT id FROM lab_participant WHERE lab = {}", lab.id)) == 2


async def test_giving_a_place_up_frees_it_for_the_next_at_once(database: None) -> None:
    lab, sent = await offered()
    token = await token_of(sent["Rome"], lab)
    await confirm_place(token, now=NOW)
    assert await give_up_place(token, now=NOW) is True
    assert await give_up_place(token, now=NOW) is False
    found = await statuses(lab)
    assert (found["Rome"], found["Lima"]) == ("withdrawn", "accepted")
    assert await sql("SELECT id FROM lab_participant WHERE lab = {}", lab.id) == []
    with pytest.raises(PlaceGone):
        await give_up_place(await token_of(sent["Accra"], lab), now=NOW)


async def test_before_letters_have_gone_out_nothing_moves_by_itself(database: None) -> None:
    lab, sent = await a_reviewed_lab()
    await adopted(lab)
    await sql("UPDATE application SET status = 'withdrawn' WHERE id = {}", sent["Rome"])
    assert await keep_places_filled(LATE) == 0
    assert (await statuses(lab))["Lima"] == "waiting"


async def test_who_has_confirmed_does_not_lose_the_place_by_another_proposal(database: None) -> None:
    lab, sent = await offered()
    await confirm_place(await token_of(sent["Berlin"], lab), now=NOW)
    account = await some_account()
    later = NOW + timedelta(minutes=1)
    await propose_cohort(lab.slug, wishes(size=Span(2, 2)), now=later, account_id=account)
    assert "Berlin" in await chosen(lab)
    proposal = await propose_cohort(lab.slug, wishes(size=Span(2, 2), keeps=False), now=later + timedelta(minutes=1), account_id=account)  # fmt: skip
    with pytest.raises(ProposalStands):
        await adopt_proposal(proposal, Adoption(), now=later, account_id=account)


async def test_the_newest_proposal_is_that_of_the_lab_or_of_its_round(database: None) -> None:
    lab, _ = await a_reviewed_lab()
    account = await some_account()
    own = await propose_cohort(lab.slug, wishes(), now=NOW, account_id=account)
    whole = await propose_round(lab.lab_round, wishes(), now=NOW + timedelta(minutes=1), account_id=account)
    newest = await newest_proposal(lab)
    assert newest is not None and newest.id == whole != own
