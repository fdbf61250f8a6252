"""Several pools of seats at one event, approval and invitations, seats on offer, and seats that change hands."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.rush import broken_promises
from eventhub.checks import integrity
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import cancel_event
from eventhub.events.queries import event_by_id
from eventhub.links import make_link
from eventhub.registrations.commands import (
    InvitationNeeded,
    NewRegistration,
    NoSeatFree,
    NotStanding,
    RegistrationClosed,
    cancel_registration,
    confirm_registration,
    decide,
    put_first,
    record_attendance,
    register_participant,
)
from eventhub.registrations.pools import (
    PoolInUse,
    add_pool,
    answer_offer,
    change_pool,
    lapse_offers,
    move_pool,
    remove_pool,
    take_over_seat,
)
from eventhub.registrations.queries import pools_of, registration_by_id, seats_of
from eventhub.registrations.rules import (
    Pool,
    PoolFacts,
    offer_ends,
    pool_problems,
    pools_to_try,
    queue_pool,
)
from eventhub.registrations.seats import CapacityTooSmall, lock_seats, resize_pool, return_due_seats, seats_transaction
from eventhub.registrations.upkeep import keep_up
from tests.make import NOW, a_member, an_event, registered, some_account
from tests.registrations.looking import audit_of, letters_of, queue_of, statuses, token_of

LATER = NOW + timedelta(hours=1)
HYBRID = {"mode": "hybrid", "place": "Town hall", "country": "ES"}


async def a_pool(event: Any, name: str, capacity: int | None, **facts: Any) -> Pool:
    return await add_pool(event.slug, PoolFacts(name, capacity, **facts), now=NOW, account_id=await some_account())


async def counts(event: Any) -> list[tuple[int | None, int, int]]:
    """Capacity, taken and waiting of each pool in order."""
    return [(pool.capacity, pool.taken, pool.waiting) for pool in await pools_of(event.id)]


async def together(*work: Awaitable[Any]) -> list[Any]:
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not hasattr(outcome, "sentences"):
            raise outcome
    return outcomes


async def nothing_is_broken() -> None:
    assert await broken_promises() == []
    assert await integrity(NOW) == []


# The pure functions

REGIONS, MEMBERS = [uuid4() for _ in range(2)], [uuid4() for _ in range(3)]


@st.composite
def any_pools(draw: st.DrawFn) -> list[Pool]:
    pools = [Pool(uuid4(), 0, draw(st.none() | st.integers(0, 3)))]
    ways: set[str] = set()
    for position in range(1, draw(st.integers(0, 6)) + 1):
        region, member = draw(
            st.sampled_from([(r, None) for r in REGIONS] + [(None, m) for m in MEMBERS] + [(None, None)])
        )
        attends = draw(st.sampled_from([None, "on_site", "online"]))
        if region is None and member is None:
            if attends is None or attends in ways:
                continue
            ways.add(attends)
        returned = NOW if (region or member) and draw(st.booleans()) else None
        pools.append(Pool(uuid4(), position, 3, attends=attends, region=region, member=member, returned_at=returned))
    return pools


@given(
    any_pools(),
    st.sampled_from(["on_site", "online"]),
    st.none() | st.sampled_from(REGIONS),
    st.none() | st.sampled_from(MEMBERS),
)
def test_each_pool_that_is_tried_is_for_the_person_and_the_last_one_alone_has_the_queue(
    pools: list[Pool], attends: str, region: UUID | None, member: UUID | None
):
    tried = pools_to_try(pools, attends, region, member)
    *reserved, last = tried
    assert not last.is_reserved
    assert all(pool.is_reserved and pool.returned_at is None for pool in reserved)
    assert all(pool.is_for(attends, region, member) for pool in reserved)
    assert last.position == 0 or last.attends == attends
    assert last == queue_pool(pools, attends)
    left_out = [pool for pool in pools if pool.is_reserved and pool not in tried and pool.returned_at is None]
    assert not any(pool.is_for(attends, region, member) for pool in left_out)
    kinds = [0 if pool.member else 1 for pool in reserved]
    assert kinds == sorted(kinds)
    assert pools_to_try(pools[:1] + pools[:0:-1], attends, region, member) == tried


@given(
    st.integers(0, 400),
    st.none() | st.integers(-500, 9000).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)
def test_an_offer_ends_after_its_hours_or_when_the_event_begins(hours: int, starts_at: datetime | None):
    end = offer_ends(NOW, hours, starts_at)
    if not hours or (starts_at and starts_at <= NOW):
        assert end is None
    else:
        assert end is not None
        assert NOW < end <= NOW + timedelta(hours=hours)
        assert starts_at is None or end <= starts_at


@pytest.mark.parametrize(
    ("facts", "fields"),
    [
        (PoolFacts("", 3, attends="online"), {"name"}),
        (PoolFacts("x" * 121, 3, attends="online"), {"name"}),
        (PoolFacts("A", -1, attends="online"), {"capacity"}),
        (PoolFacts("A", 10**12, attends="online"), {"capacity"}),
        (PoolFacts("A", None, region="europe"), {"capacity"}),
        (PoolFacts("A", 3), {"attends"}),
        (PoolFacts("A", 3, attends="by_boat"), {"attends"}),
        (PoolFacts("A", 3, region="europe", member="barcelona"), {"member"}),
        (PoolFacts("A", 3, attends="online", returns_at=NOW), {"returns_at"}),
        (PoolFacts("A", 3, region="europe", returns_at=LATER + timedelta(days=9)), {"returns_at"}),
        (PoolFacts("A", None, attends="online"), set()),
        (PoolFacts("A", 3, region="europe", returns_at=NOW), set()),
    ],
)
def test_what_is_wrong_with_a_pool_is_said_beside_its_field(facts: PoolFacts, fields: set[str]):
    assert set(pool_problems(facts, ways=("on_site", "online"), starts_at=LATER)) == fields


# Several pools


async def test_each_way_to_attend_has_its_own_seats_and_queue(database: None):
    event = await an_event(capacity=1, **HYBRID)
    await a_pool(event, "Online", 1, attends="online")
    for name, attends in (("A", "on_site"), ("B", "online"), ("C", "on_site"), ("D", "online"), ("E", "online")):
        await registered(event, name, attends=attends)
    assert await counts(event) == [(1, 1, 1), (1, 1, 2)]
    assert await statuses(event) == {
        "A": "confirmed", "B": "confirmed", "C": "waitlisted", "D": "waitlisted", "E": "waitlisted",
    }  # fmt: skip
    seats = await seats_of(event.id)
    assert seats is not None
    assert (seats.capacity, seats.taken, seats.waiting, seats.free) == (2, 2, 3, 0)
    rows = await sql("SELECT id FROM registration WHERE name = 'B'")
    await cancel_registration(rows[0]["id"], now=LATER)
    assert (await statuses(event))["D"] == "confirmed"
    assert (await statuses(event))["C"] == "waitlisted"
    await nothing_is_broken()


async def test_reserved_seats_are_tried_first_and_whoever_finds_them_full_waits_with_the_others(database: None):
    await a_member("Barcelona")
    await a_member("Lima", region="america")
    event = await an_event(capacity=1)
    await a_pool(event, "Europe", 1, region="europe")
    await a_pool(event, "Barcelona", 1, member="barcelona")
    for name, member in (("A", "barcelona"), ("B", "barcelona"), ("C", "barcelona"), ("D", "barcelona"), ("E", "lima")):
        await registered(event, name, member=member)
    assert await counts(event) == [(1, 1, 2), (1, 1, 0), (1, 1, 0)]
    names = await sql(
        "SELECT r.name AS name, p.name AS pool FROM registration r JOIN seat_pool p ON p.id = r.pool ORDER BY r.name"
    )
    assert [row["pool"] for row in names] == ["Barcelona", "Europe", "", "", ""]
    await nothing_is_broken()


async def test_a_reserved_seat_that_becomes_free_goes_to_whoever_of_its_members_waited_longest(database: None):
    await a_member("Barcelona")
    event = await an_event(capacity=0)
    await a_pool(event, "Europe", 1, region="europe")
    first = await registered(event, "A", member="barcelona")
    await registered(event, "Other")
    await registered(event, "B", member="barcelona")
    await cancel_registration(first.registration.id, now=LATER)
    assert await statuses(event) == {"A": "cancelled", "B": "confirmed", "Other": "waitlisted"}
    await nothing_is_broken()


async def test_what_is_left_of_reserved_seats_goes_to_the_queue_in_order(database: None):
    await a_member("Barcelona")
    event = await an_event(capacity=1)
    pool = await a_pool(event, "Europe", 3, region="europe", returns_at=LATER)
    mine = await registered(event, "Mine", member="barcelona")
    for name in ("A", "B", "C", "D"):
        await registered(event, name)
    assert await keep_up(LATER - timedelta(seconds=1)) == (0, 0)
    assert await keep_up(LATER) == (0, 1)
    assert await keep_up(LATER) == (0, 0)
    assert await counts(event) == [(3, 3, 1), (1, 1, 0)]
    assert await queue_of(event) == ["D"]
    assert (await event_by_id(event.id)).capacity == 3
    assert "return_seats" in await audit_of(event.id)
    await nothing_is_broken()
    await cancel_registration(mine.registration.id, now=LATER)
    assert await counts(event) == [(4, 4, 0), (0, 0, 0)]
    assert await queue_of(event) == []
    assert (await event_by_id(event.id)).capacity == 4
    await nothing_is_broken()
    account = await some_account()
    with pytest.raises(PoolInUse):
        await change_pool(event.slug, pool.id, PoolFacts("Europe", 9), now=LATER, account_id=account)
    await remove_pool(event.slug, pool.id, now=LATER, account_id=account)
    assert len(await pools_of(event.id)) == 1
    await nothing_is_broken()


async def test_a_registration_gives_back_what_is_due_before_it_is_decided(database: None):
    event = await an_event(capacity=0)
    await a_member("Barcelona")
    await a_pool(event, "Europe", 1, region="europe", returns_at=LATER)
    assert (await registered(event, "Early")).registration.status == "waitlisted"
    late = await registered(event, "Late", member="barcelona", now=LATER)
    assert await statuses(event) == {"Early": "confirmed", "Late": "waitlisted"}
    assert late.position == 1
    await nothing_is_broken()


async def test_people_who_wait_move_over_to_seats_that_are_made_for_them(database: None):
    event = await an_event(capacity=1, **HYBRID)
    for name, attends in (("A", "on_site"), ("B", "online"), ("C", "on_site"), ("D", "online"), ("E", "online")):
        await registered(event, name, attends=attends)
    pool = await a_pool(event, "Online", 2, attends="online")
    assert await counts(event) == [(1, 1, 1), (2, 2, 1)]
    assert await queue_of(event) == ["C", "E"] or await queue_of(event) == ["E", "C"]
    await change_pool(event.slug, pool.id, PoolFacts("Online", 3), now=LATER, account_id=await some_account())
    assert await counts(event) == [(1, 1, 1), (3, 3, 0)]
    await nothing_is_broken()


async def test_a_pool_is_not_made_smaller_than_its_people_nor_taken_from_them(database: None):
    event = await an_event(capacity=1, **HYBRID)
    pool = await a_pool(event, "Online", 2, attends="online")
    for name in "AB":
        await registered(event, name, attends="online")
    account = await some_account()
    with pytest.raises(CapacityTooSmall, match="2 people have seats already"):
        await change_pool(event.slug, pool.id, PoolFacts("Online", 1), now=LATER, account_id=account)
    with pytest.raises(PoolInUse):
        await remove_pool(event.slug, pool.id, now=LATER, account_id=account)
    with pytest.raises(NotFound):
        await remove_pool(event.slug, (await pools_of(event.id))[0].id, now=LATER, account_id=account)
    with pytest.raises(Problems) as twice:
        await a_pool(event, "Online again", 2, attends="online")
    assert set(twice.value.fields) == {"attends"}
    with pytest.raises(Problems) as unknown:
        await a_pool(event, "x", 2, region="atlantis\x00", attends="on_site")
    assert set(unknown.value.fields) == {"region"}
    assert await counts(event) == [(1, 0, 0), (2, 2, 0)]


# Approval, invitations, times


async def test_where_the_organisers_decide_a_newcomer_holds_no_seat(database: None):
    event = await an_event(capacity=1, registration_mode="approval")
    people = {name: await registered(event, name) for name in "ABCD"}
    assert {one.registration.status for one in people.values()} == {"pending"}
    assert await counts(event) == [(1, 0, 0)]
    ids = {name: one.registration.id for name, one in people.items()}
    account = await some_account()
    with pytest.raises(NotStanding, match="A seat is free"):
        await decide(ids["A"], "waitlist", "", now=LATER, account_id=account)
    await decide(ids["A"], "confirm", "", now=LATER, account_id=account)
    with pytest.raises(NoSeatFree):
        await decide(ids["B"], "confirm", "", now=LATER, account_id=account)
    await decide(ids["B"], "waitlist", "", now=LATER, account_id=account)
    declined = await decide(ids["C"], "decline", " Only cities.\r\n", now=LATER, account_id=account)
    assert declined.decision_reason == "Only cities."
    assert await statuses(event) == {"A": "confirmed", "B": "waitlisted", "C": "declined", "D": "pending"}
    assert await counts(event) == [(1, 1, 1)]
    letters = await letters_of(event)
    assert Counter(letters) == Counter(
        [(name, "registration_pending") for name in "ABCD"]
        + [("A", "registration_confirmed"), ("B", "registration_waitlisted"), ("C", "registration_cancelled")]
    )
    facts = (await sql("SELECT facts FROM letter WHERE recipient_name = 'C' AND kind = 'registration_cancelled'"))[0]
    assert "Only cities." in facts["facts"]
    await nothing_is_broken()


@pytest.mark.parametrize("verb", ["", "remove", "CONFIRM", "x" * 500, "\x00"])
async def test_a_verb_that_is_none_of_ours_is_refused(database: None, verb: str):
    done = await registered(await an_event(), "A")
    with pytest.raises(Problems):
        await decide(done.registration.id, verb, "", now=LATER, account_id=await some_account())
    with pytest.raises(Problems):
        await decide(done.registration.id, "decline", "x" * 2001, now=LATER, account_id=await some_account())


async def an_invitation(event: Any, email: str = "ada@example.org") -> tuple[UUID, str]:
    new = uuid4()
    await sql(
        "INSERT INTO registration_invitation (id, event, email, email_key, name, language, invited_at) "
        "VALUES ({}, {}, {}, {}, 'Ada', 'en', {})",
        new, event.id, email, email.casefold(), NOW,
    )  # fmt: skip
    return new, make_link("invitation", new, 1)


async def test_an_invitation_lets_in_its_own_address_and_nobody_else(database: None):
    event = await an_event(capacity=5, registration_mode="invitation")
    invitation, token = await an_invitation(event)
    for wrong in (
        "",
        "x",
        "x" * 5000,
        token[:-1],
        make_link("invitation", uuid4(), 1),
        make_link("invitation", invitation, 2),
    ):
        with pytest.raises(InvitationNeeded):
            await registered(event, "Eve", invitation_token=wrong)
    with pytest.raises(InvitationNeeded):
        await registered(await an_event(), "Eve", invitation_token=token)
    done = await registered(event, "Eve", invitation_token=token)
    assert (done.registration.email, done.registration.status) == ("ada@example.org", "confirmed")
    assert (await registered(event, "Eve", invitation_token=token)).registration.id == done.registration.id
    rows = await sql("SELECT registration FROM registration_invitation")
    assert rows == [{"registration": done.registration.id}]
    await cancel_registration(done.registration.id, now=LATER)
    await sql("UPDATE registration_invitation SET withdrawn_at = {}", LATER)
    with pytest.raises(InvitationNeeded):
        await registered(event, "Ada", invitation_token=token)
    await nothing_is_broken()


async def test_who_is_vouched_for_needs_no_approval(database: None):
    for mode in ("approval", "invitation"):
        event = await an_event(capacity=1, registration_mode=mode)
        new = NewRegistration("Ada", "ada@example.org")
        done = await register_participant(event.slug, new, now=NOW, vouched=True)
        assert done.registration.status == "confirmed"


async def test_registration_opens_and_closes_at_its_instants(database: None):
    event = await an_event(registration_opens_at=NOW, registration_closes_at=LATER)
    with pytest.raises(RegistrationClosed, match="not open yet"):
        await registered(event, "A", now=NOW - timedelta(microseconds=1))
    await registered(event, "B", now=NOW)
    await registered(event, "C", now=LATER - timedelta(microseconds=1))
    with pytest.raises(RegistrationClosed, match="has closed"):
        await registered(event, "D", now=LATER)
    assert set(await statuses(event)) == {"B", "C"}


# Seats on offer


async def test_a_free_seat_is_offered_and_held_until_the_answer(database: None):
    event = await an_event(capacity=1, offer_hours=48)
    people = [await registered(event, name) for name in "ABC"]
    await cancel_registration(people[0].registration.id, now=NOW)
    assert await statuses(event) == {"A": "cancelled", "B": "offered", "C": "waitlisted"}
    assert await counts(event) == [(1, 1, 1)]
    offered = await registration_by_id(people[1].registration.id)
    assert offered.offer_until == NOW + timedelta(hours=48)
    assert (offered.holds_seat, offered.has_seat) == (True, False)
    with pytest.raises(NotStanding):
        await record_attendance(offered.id, attended=True, now=NOW, account_id=await some_account())
    await nothing_is_broken()
    for _ in range(2):
        assert (await answer_offer(token_of(people[1]), True, now=LATER)).status == "confirmed"
    with pytest.raises(NotStanding):
        await answer_offer(token_of(people[2]), True, now=LATER)
    with pytest.raises(NotStanding):
        await answer_offer(token_of(people[1]), False, now=LATER)
    assert [kind for name, kind in await letters_of(event) if name == "B"] == [
        "registration_waitlisted", "registration_offered", "registration_confirmed",
    ]  # fmt: skip
    await nothing_is_broken()


async def test_an_offer_that_is_left_or_lapses_goes_to_the_next(database: None):
    event = await an_event(capacity=1, offer_hours=2)
    people = {name: await registered(event, name) for name in "ABCD"}
    await cancel_registration(people["A"].registration.id, now=NOW)
    await answer_offer(token_of(people["B"]), False, now=LATER)
    assert (await statuses(event))["C"] == "offered"
    assert await lapse_offers(LATER + timedelta(hours=1)) == 0
    due = LATER + timedelta(hours=2)
    with pytest.raises(NotStanding, match="time to answer is over"):
        await answer_offer(token_of(people["C"]), True, now=due)
    assert await lapse_offers(due) == 1
    assert await statuses(event) == {"A": "cancelled", "B": "cancelled", "C": "cancelled", "D": "offered"}
    assert [kind for name, kind in await letters_of(event) if name == "C"][-1] == "registration_lapsed"
    again = await registered(event, "C", now=due)
    assert again.is_new
    assert again.registration.status == "waitlisted"
    await nothing_is_broken()


async def test_an_offer_ends_with_the_event_and_is_told_of_it(database: None):
    event = await an_event(capacity=1, offer_hours=2)
    people = [await registered(event, name) for name in "AB"]
    await cancel_registration(people[0].registration.id, now=NOW)
    await cancel_event(event.slug, reason="Storm.", now=LATER, account_id=await some_account())
    assert ("B", "event_cancelled") in await letters_of(event)
    assert await lapse_offers(NOW + timedelta(days=9)) == 0
    with pytest.raises(NotStanding):
        await answer_offer(token_of(people[1]), True, now=LATER)


async def test_staff_put_somebody_first_only_with_a_reason_that_is_kept(database: None):
    event = await an_event(capacity=1)
    people = {name: (await registered(event, name)).registration.id for name in "ABC"}
    account = await some_account()
    with pytest.raises(Problems):
        await put_first(people["C"], "  ", now=LATER, account_id=account)
    with pytest.raises(NotStanding):
        await put_first(people["A"], "Speaker.", now=LATER, account_id=account)
    await put_first(people["C"], "Speaker.", now=LATER, account_id=account)
    assert await queue_of(event) == ["C", "B"]
    details = await sql("SELECT detail FROM audit_entry WHERE action = 'put_first'")
    assert details == [{"detail": "Speaker."}]
    await cancel_registration(people["A"], now=LATER)
    assert await statuses(event) == {"A": "cancelled", "B": "waitlisted", "C": "confirmed"}
    await nothing_is_broken()


async def test_after_the_event_a_seat_by_hand_past_others_needs_a_reason(database: None):
    event = await an_event(capacity=1)
    people = {name: (await registered(event, name)).registration.id for name in "ABC"}
    over = datetime(2099, 3, 2, tzinfo=UTC)
    await cancel_registration(people["A"], now=over)
    account = await some_account()
    with pytest.raises(Problems) as needed:
        await confirm_registration(people["C"], now=over, account_id=account)
    assert set(needed.value.fields) == {"reason"}
    done = await confirm_registration(people["C"], reason="Was there.", now=over, account_id=account)
    assert done.status == "confirmed"


# Seats that change hands


async def test_a_seat_is_changed_for_a_free_one_of_the_other_kind(database: None):
    event = await an_event(capacity=1, **HYBRID)
    await a_pool(event, "Online", 1, attends="online")
    site = await registered(event, "Site", attends="on_site")
    await registered(event, "Waits", attends="on_site")
    moved = await move_pool(site.registration.id, "online", now=LATER)
    assert (moved.attends, moved.status) == ("online", "confirmed")
    assert await statuses(event) == {"Site": "confirmed", "Waits": "confirmed"}
    with pytest.raises(NoSeatFree):
        await move_pool(site.registration.id, "on_site", now=LATER)
    assert (await registration_by_id(site.registration.id)).attends == "online"
    waits = await move_pool(site.registration.id, "on_site", may_wait=True, now=LATER)
    assert waits.status == "waitlisted"
    assert await counts(event) == [(1, 1, 1), (1, 0, 0)]
    back = await move_pool(site.registration.id, "online", now=LATER)
    assert back.status == "confirmed"
    assert await counts(event) == [(1, 1, 0), (1, 1, 0)]
    for wrong in ("by_boat", "", "\x00"):
        with pytest.raises(Problems):
            await move_pool(site.registration.id, wrong, now=LATER)
    await nothing_is_broken()


async def test_with_one_pool_a_change_of_way_changes_no_seat(database: None):
    event = await an_event(capacity=1, **HYBRID)
    one = await registered(event, "A", attends="on_site")
    waits = await registered(event, "B", attends="on_site")
    await move_pool(one.registration.id, "online", now=LATER)
    await move_pool(waits.registration.id, "online", now=LATER)
    assert await counts(event) == [(1, 1, 1)]
    assert {row["attends"] for row in await sql("SELECT attends FROM registration")} == {"online"}


async def test_a_replacement_gets_the_seat_and_nobody_is_overtaken(database: None):
    event = await an_event(capacity=1)
    one, waits = await registered(event, "A"), await registered(event, "B")
    with pytest.raises(Problems) as known:
        await take_over_seat(one.registration.id, NewRegistration("B", "b@example.org"), now=LATER)
    assert set(known.value.fields) == {"email"}
    done = await take_over_seat(one.registration.id, NewRegistration("C", "c@example.org"), now=LATER)
    assert (done.registration.status, done.registration.replaces) == ("confirmed", one.registration.id)
    assert await statuses(event) == {"A": "cancelled", "B": "waitlisted", "C": "confirmed"}
    assert await counts(event) == [(1, 1, 1)]
    with pytest.raises(NotStanding):
        await take_over_seat(one.registration.id, NewRegistration("D", "d@example.org"), now=LATER)
    place = await take_over_seat(waits.registration.id, NewRegistration("D", "d@example.org"), now=LATER)
    assert place.position == 1
    assert await counts(event) == [(1, 1, 1)]
    await nothing_is_broken()


async def test_a_seat_kept_for_a_member_is_not_handed_to_somebody_of_another(database: None):
    await a_member("Barcelona")
    await a_member("Lima", region="america")
    event = await an_event(capacity=0)
    await a_pool(event, "Barcelona", 1, member="barcelona")
    one = await registered(event, "A", member="barcelona")
    with pytest.raises(Problems):
        await take_over_seat(one.registration.id, NewRegistration("C", "c@example.org", member="lima"), now=LATER)
    done = await take_over_seat(one.registration.id, NewRegistration("C", "c@example.org"), now=LATER)
    assert done.registration.status == "confirmed"
    await nothing_is_broken()


# Many at once


async def test_a_hundred_people_at_three_pools(database: None):
    await a_member("Barcelona")
    event = await an_event(capacity=10, **HYBRID)
    await a_pool(event, "Online", 15, attends="online")
    await a_pool(event, "Europe", 5, region="europe")
    await together(
        *(
            registered(
                event, f"P{number:03}", attends=("on_site", "online")[number % 2],
                member="barcelona" if number % 5 == 0 else "",
            )
            for number in range(100)
        )
    )  # fmt: skip
    taken = await counts(event)
    assert [(capacity, seats) for capacity, seats, _ in taken] == [(10, 10), (15, 15), (5, 5)]
    assert sum(waiting for _, _, waiting in taken) == 70
    await nothing_is_broken()


async def held_up(event: Any) -> None:
    """Somebody else has the seats for a moment, so that all others have looked before the first of them may act."""
    async with seats_transaction(event.id):
        await lock_seats(event.id)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("first", ["answer", "lapse"])
async def test_a_lapse_that_meets_the_answer_ends_one_way_only(database: None, first: str):
    for _ in range(6):
        event = await an_event(capacity=1, offer_hours=1)
        people = [await registered(event, name) for name in "ABC"]
        await cancel_registration(people[0].registration.id, now=NOW)
        work = [answer_offer(token_of(people[1]), True, now=LATER - timedelta(seconds=1)), lapse_offers(LATER)]
        await together(held_up(event), *(work if first == "answer" else reversed(work)), lapse_offers(LATER))
        found = await statuses(event)
        assert (found["B"], found["C"]) in (("confirmed", "waitlisted"), ("cancelled", "offered"))
        assert await counts(event) in ([(1, 1, 1)], [(1, 1, 0)])
    await nothing_is_broken()


async def test_a_return_that_meets_registrations_gives_each_seat_once(database: None):
    await a_member("Barcelona")
    for _ in range(4):
        event = await an_event(capacity=2)
        await a_pool(event, "Europe", 6, region="europe", returns_at=LATER)
        await together(
            *(registered(event, f"P{n}", member="barcelona" if n % 3 == 0 else "", now=NOW) for n in range(10)),
            return_due_seats(LATER),
            *(registered(event, f"Q{n}", member="barcelona" if n % 3 == 0 else "", now=LATER) for n in range(10)),
            return_due_seats(LATER),
        )
        assert sum(taken for _, taken, _ in await counts(event)) == 8
        assert sum(capacity or 0 for capacity, _, _ in await counts(event)) == 8
    await nothing_is_broken()


async def test_a_move_that_meets_a_cancellation_loses_no_seat(database: None):
    for _ in range(6):
        event = await an_event(capacity=2, **HYBRID)
        await a_pool(event, "Online", 2, attends="online")
        site = [await registered(event, name, attends="on_site") for name in ("A", "B", "C")]
        online = [await registered(event, name, attends="online") for name in ("D", "E", "F")]
        await together(
            move_pool(site[0].registration.id, "online", now=LATER),
            cancel_registration(site[0].registration.id, now=LATER),
            cancel_registration(online[0].registration.id, now=LATER),
            move_pool(online[1].registration.id, "on_site", now=LATER),
            move_pool(site[2].registration.id, "online", now=LATER),
            take_over_seat(site[1].registration.id, NewRegistration("G", "g@example.org"), now=LATER),
            cancel_registration(site[1].registration.id, now=LATER),
        )
        for capacity, taken, waiting in await counts(event):
            assert taken <= (capacity or 0)
            assert not (waiting and taken < (capacity or 0))
    await nothing_is_broken()


async def test_an_event_with_pools_that_is_changed_and_cancelled_among_registrations_ends_in_order(database: None):
    await a_member("Barcelona")
    event = await an_event(capacity=3, **HYBRID)
    await a_pool(event, "Online", 3, attends="online")
    await a_pool(event, "Europe", 2, region="europe", returns_at=LATER)
    first = [await registered(event, f"F{n}", attends=("on_site", "online")[n % 2]) for n in range(8)]

    async def widen() -> None:
        async with seats_transaction(event.id):
            await sql("UPDATE event SET capacity = 5 WHERE id = {}", event.id)
            await resize_pool(event, 5, now=LATER)

    await together(
        *(registered(event, f"P{n}", attends="on_site", member="barcelona") for n in range(8)),
        widen(),
        *(cancel_registration(one.registration.id, now=LATER) for one in first[:4]),
        return_due_seats(LATER),
        *(registered(event, f"Q{n}", attends="online") for n in range(8)),
    )
    await nothing_is_broken()
