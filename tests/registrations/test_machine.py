"""
Any order of commands against a model in plain Python, compared after each step.

Hypothesis writes the lists of operations and shortens those that fail. The
clock jumps by a day either way among them: only offers may lapse by it.
"""

from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.rush import broken_promises
from eventhub.database import sql, transaction
from eventhub.errors import NotFound
from eventhub.events.queries import event_by_id
from eventhub.links import make_link
from eventhub.registrations.commands import (
    NewRegistration,
    NoSeatFree,
    NotStanding,
    RegistrationClosed,
    SentBefore,
    cancel_by_link,
    cancel_registration,
    decide,
    put_first,
    register_participant,
)
from eventhub.registrations.pools import add_pool, answer_offer, change_pool, lapse_offers, move_pool, take_over_seat
from eventhub.registrations.queries import manage_url, pools_of
from eventhub.registrations.rules import PoolFacts
from eventhub.registrations.seats import CapacityTooSmall, resize_pool, set_pool_open
from tests.make import NOW, a_member, an_event, some_account
from tests.registrations.looking import audit_of

PEOPLE, FORMS = 6, 3
#: These are of the member that seats are kept for.
MEMBERS = (0, 1)
STANDING = ("pending", "confirmed", "offered", "waitlisted")
OFFER_HOURS = 12


@dataclass
class Claim:
    """What the model knows of one registration."""

    person: int
    attends: str
    pool: int
    status: str
    letters: list[str]
    form: int | None = None
    until: datetime | None = None

    @property
    def holds_seat(self) -> bool:
        return self.status in ("confirmed", "offered")


@dataclass
class Model:
    """Seats and queues as a person with pencil and paper would keep them; pool 0 is the event's own."""

    capacities: list[int | None]
    #: What the second pool is for: a way to attend, or a member.
    second: str
    offers: bool
    mode: str = "open"
    claims: dict[Any, Claim] = field(default_factory=dict)
    queues: list[list[Any]] = field(default_factory=lambda: [[], []])

    def taken(self, pool: int) -> int:
        return sum(claim.pool == pool and claim.holds_seat for claim in self.claims.values())

    def standing(self, person: int) -> Any:
        return next((k for k, c in self.claims.items() if c.person == person and c.status in STANDING), None)

    def of_form(self, form: int | None) -> Any:
        return next((k for k, c in self.claims.items() if form is not None and c.form == form), None)

    def has_room(self, pool: int) -> bool:
        capacity = self.capacities[pool]
        return capacity is None or self.taken(pool) < capacity

    def wanted(self, person: int, attends: str) -> list[int]:
        """The pools to try, the one with the queue last."""
        if self.second == "online":
            return [1 if attends == "online" else 0]
        return [1, 0] if self.second == "member" and person in MEMBERS else [0]

    def free_for(self, person: int, attends: str, *, past_the_queue: bool) -> int | None:
        for pool in self.wanted(person, attends):
            if self.has_room(pool) and (past_the_queue or not self.queues[pool]):
                return pool
        return None

    def next_for(self, pool: int) -> Any:
        if self.second == "member" and pool == 1:
            return next((key for key in self.queues[0] if self.claims[key].person in MEMBERS), None)
        return next(iter(self.queues[pool]), None)

    def promote(self, now: datetime) -> None:
        """Each free seat goes to whoever waited longest of those whom it is for."""
        for pool in range(len(self.capacities)):
            while self.has_room(pool) and (key := self.next_for(pool)) is not None:
                claim = self.claims[key]
                self.queues[claim.pool].remove(key)
                claim.pool = pool
                claim.status = "offered" if self.offers else "confirmed"
                claim.until = now + timedelta(hours=OFFER_HOURS) if self.offers else None
                claim.letters.append("registration_offered" if self.offers else "registration_promoted")

    def add(self, key: Any, person: int, attends: str, form: int | None, *, asks: bool) -> None:
        queue = self.wanted(person, attends)[-1]
        seat = self.free_for(person, attends, past_the_queue=False)
        if asks:
            status, pool = "pending", queue
        else:
            status, pool = ("waitlisted", queue) if seat is None else ("confirmed", seat)
        self.claims[key] = Claim(person, attends, pool, status, [f"registration_{status}"], form)
        if status == "waitlisted":
            self.queues[pool].append(key)

    def leave(self, key: Any, status: str, now: datetime, letter: str = "registration_cancelled") -> None:
        claim = self.claims[key]
        if claim.status not in STANDING:
            return
        if claim.status == "waitlisted":
            self.queues[claim.pool].remove(key)
        claim.status, claim.until = status, None
        claim.letters.append(letter)
        self.promote(now)


people = st.integers(0, PEOPLE - 1)
any_claim = st.integers(0, 30)
ways = st.sampled_from(["on_site", "online"])
operation = st.one_of(
    st.tuples(st.just("register"), people, ways, st.none() | st.integers(0, FORMS - 1)),
    st.tuples(st.just("register"), people, ways, st.none()),
    st.tuples(st.just("register"), people, ways, st.none()),
    st.tuples(st.just("cancel"), any_claim),
    st.tuples(st.just("cancel"), any_claim),
    st.tuples(st.just("decline"), any_claim),
    st.tuples(st.just("confirm"), any_claim),
    st.tuples(st.just("wait"), any_claim),
    st.tuples(st.just("first"), any_claim),
    st.tuples(st.just("answer"), any_claim, st.booleans()),
    st.tuples(st.just("move"), any_claim, ways, st.booleans()),
    st.tuples(st.just("replace"), any_claim, people),
    st.tuples(st.just("lapse")),
    st.tuples(st.just("clock"), st.sampled_from([-24, 24])),
    st.tuples(st.just("stranger"), any_claim),
    st.tuples(st.just("resize"), st.integers(0, 1), st.none() | st.integers(0, 4)),
    st.tuples(st.just("door"), st.sampled_from(["open", "open", "closed", "approval"])),
)


async def outcome(work: Awaitable[Any]) -> Any:
    """What came back, or the kind of refusal."""
    try:
        return await work
    except (NotStanding, RegistrationClosed, SentBefore, CapacityTooSmall) as refusal:
        return type(refusal)


class Both:
    """Does each operation to the product and to the model, and compares what they say."""

    def __init__(self, event: Any, account: Any, model: Model) -> None:
        self.event, self.account, self.model = event, account, model
        self.now = NOW

    def chosen(self, number: int) -> Any:
        keys = list(self.model.claims)
        return keys[number % len(keys)] if keys else None

    def form_of(self, person: int, attends: str = "on_site", form: int | None = None) -> NewRegistration:
        key = f"{self.event.slug}-{form}" if form is not None else None
        member = "machine" if person in MEMBERS else ""
        return NewRegistration(f"P{person}", f"p{person}@example.org", attends, member=member, submission_key=key)

    async def register(self, person: int, attends: str, form: int | None) -> None:
        model = self.model
        done = await outcome(register_participant(self.event.slug, self.form_of(person, attends, form), now=self.now))
        if model.mode == "closed":
            assert done is RegistrationClosed
            return
        sent = model.of_form(form)
        if sent is not None and model.claims[sent].person != person:
            assert done is SentBefore
            return
        expected = model.standing(person) if sent is None else sent
        assert done.is_new == (expected is None)
        assert done.same_form == (sent is not None)
        key = done.registration.id
        if done.is_new:
            model.add(key, person, attends, form, asks=model.mode == "approval")
        else:
            assert key == expected
        claim = model.claims[key]
        assert done.registration.status == claim.status
        queue = model.queues[claim.pool]
        assert done.position == (queue.index(key) + 1 if key in queue else None)

    async def cancel(self, number: int) -> None:
        if (key := self.chosen(number)) is not None:
            await cancel_registration(key, now=self.now)
            self.model.leave(key, "cancelled", self.now)

    async def decline(self, number: int) -> None:
        if (key := self.chosen(number)) is not None:
            await decide(key, "decline", now=self.now, account_id=self.account)
            self.model.leave(key, "declined", self.now)

    async def confirm(self, number: int) -> None:
        """A seat by hand needs a free one; those of a queue go to it at once, so that nobody can be put first."""
        if (key := self.chosen(number)) is None:
            return
        claim = self.model.claims[key]
        done = await outcome(decide(key, "confirm", "Speaker.", now=self.now, account_id=self.account))
        if claim.status == "confirmed":
            assert done.version == len(claim.letters)
            return
        seat = claim.pool
        if claim.status not in STANDING:
            assert done is NotStanding
            return
        if claim.status != "offered":
            free = self.model.free_for(claim.person, claim.attends, past_the_queue=True)
            if claim.status == "waitlisted" or free is None:
                assert free is None
                assert done is NoSeatFree
                return
            seat = free
        claim.status, claim.pool, claim.until = "confirmed", seat, None
        claim.letters.append("registration_confirmed")
        assert done.status == "confirmed"
        assert "confirm_registration" in await audit_of(key)

    async def wait(self, number: int) -> None:
        if (key := self.chosen(number)) is None:
            return
        claim, model = self.model.claims[key], self.model
        done = await outcome(decide(key, "waitlist", now=self.now, account_id=self.account))
        if claim.status == "waitlisted":
            assert done.version == len(claim.letters)
        elif claim.status != "pending" or model.free_for(claim.person, claim.attends, past_the_queue=False) is not None:
            assert done is NotStanding
        else:
            claim.status, claim.pool = "waitlisted", model.wanted(claim.person, claim.attends)[-1]
            claim.letters.append("registration_waitlisted")
            model.queues[claim.pool].append(key)

    async def first(self, number: int) -> None:
        if (key := self.chosen(number)) is None:
            return
        claim = self.model.claims[key]
        done = await outcome(put_first(key, "Speaker.", now=self.now, account_id=self.account))
        if claim.status != "waitlisted":
            assert done is NotStanding
            return
        queue = self.model.queues[claim.pool]
        assert ("put_first" in await audit_of(key)) or queue[0] == key
        queue.remove(key)
        queue.insert(0, key)

    async def answer(self, number: int, accept: bool) -> None:
        if (key := self.chosen(number)) is None:
            return
        claim = self.model.claims[key]
        token = manage_url(key, 1).rpartition("/")[2]
        done = await outcome(answer_offer(token, accept, now=self.now))
        if not accept:
            if claim.status == "confirmed":
                assert done is NotStanding
            else:
                self.model.leave(key, "cancelled", self.now)
        elif claim.status == "offered" and claim.until and claim.until > self.now:
            claim.status, claim.until = "confirmed", None
            claim.letters.append("registration_confirmed")
        else:
            assert (done is NotStanding) == (claim.status != "confirmed")

    async def move(self, number: int, attends: str, may_wait: bool) -> None:
        if (key := self.chosen(number)) is None:
            return
        model, claim = self.model, self.model.claims[key]
        done = await outcome(move_pool(key, attends, may_wait=may_wait, now=self.now))
        if claim.status not in STANDING or (claim.attends != attends and claim.status == "offered"):
            assert done is NotStanding
            return
        if claim.attends == attends:
            return
        if claim.status == "pending" or claim.pool in model.wanted(claim.person, attends):
            claim.attends = attends
            return
        seat = model.free_for(claim.person, attends, past_the_queue=False)
        if claim.status == "confirmed" and seat is None and not may_wait:
            assert done is NoSeatFree
            return
        had_seat = claim.holds_seat
        if not had_seat:
            model.queues[claim.pool].remove(key)
        claim.attends = attends
        claim.pool = model.wanted(claim.person, attends)[-1] if seat is None else seat
        if seat is None:
            claim.status = "waitlisted"
            model.queues[claim.pool].append(key)
            claim.letters += ["registration_waitlisted"] if had_seat else []
        elif not had_seat:
            claim.status = "confirmed"
            claim.letters.append("registration_promoted")
        model.promote(self.now)

    async def replace(self, number: int, person: int) -> None:
        """Somebody else gets exactly what the first one had: a seat, a place, or the wait for a decision."""
        key = self.chosen(number)
        if key is None or self.model.standing(person) is not None or person in MEMBERS:
            return
        model, claim = self.model, self.model.claims[key]
        if self.model.second == "member" and claim.pool == 1 and claim.person not in MEMBERS:
            return
        done = await outcome(take_over_seat(key, self.form_of(person), now=self.now))
        if claim.status not in STANDING or claim.status == "offered":
            assert done is NotStanding
            return
        new = done.registration.id
        model.claims[new] = Claim(person, claim.attends, claim.pool, claim.status, [f"registration_{claim.status}"])
        queue = model.queues[claim.pool]
        if key in queue:
            queue[queue.index(key)] = new
        claim.status = "cancelled"
        claim.letters.append("registration_replaced")

    async def lapse(self) -> None:
        await lapse_offers(self.now)
        due = [(c.until, str(key), key) for key, c in self.model.claims.items() if c.until and c.until <= self.now]
        for _, _, key in sorted(due):
            self.model.leave(key, "cancelled", self.now, "registration_lapsed")

    async def clock(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    async def stranger(self, number: int) -> None:
        if (key := self.chosen(number)) is not None:
            with pytest.raises(NotFound):
                await cancel_by_link(make_link("registration", key, 2), now=self.now)

    async def resize(self, pool: int, capacity: int | None) -> None:
        model = self.model
        if pool >= len(model.capacities) or (pool and model.second == "member" and capacity is None):
            return

        async def own() -> None:
            async with transaction():
                await resize_pool(self.event, capacity, now=self.now)
                await sql("UPDATE event SET capacity = {} WHERE id = {}", capacity, self.event.id)

        async def second() -> None:
            facts = PoolFacts("Second", capacity)
            pools = await pools_of(self.event.id)
            await change_pool(self.event.slug, pools[1].id, facts, now=self.now, account_id=self.account)

        done = await outcome(second() if pool else own())
        if capacity is not None and capacity < model.taken(pool):
            assert done is CapacityTooSmall
        else:
            assert done is None
            model.capacities[pool] = capacity
            model.promote(self.now)

    async def door(self, mode: str) -> None:
        async with transaction():
            await sql("UPDATE event SET registration_mode = {} WHERE id = {}", mode, self.event.id)
            await set_pool_open(self.event.id, mode == "open")
        self.event = await event_by_id(self.event.id)
        self.model.mode = mode

    async def compare(self) -> None:
        """Everything the database says of this event, against the model."""
        model = self.model
        pools = await pools_of(self.event.id)
        assert [(pool.capacity, pool.taken, pool.waiting) for pool in pools] == [
            (capacity, model.taken(n), len(model.queues[n])) for n, capacity in enumerate(model.capacities)
        ]
        numbers = {pool.id: n for n, pool in enumerate(pools)}
        rows = await sql(
            "SELECT id, status, version, queue_place, pool, attends, offer_until FROM registration WHERE event = {}",
            self.event.id,
        )
        assert {
            row["id"]: (row["status"], row["version"], numbers[row["pool"]], row["attends"], row["offer_until"])
            for row in rows
        } == {key: (c.status, len(c.letters), c.pool, c.attends, c.until) for key, c in model.claims.items()}
        waiting = sorted((row for row in rows if row["queue_place"] is not None), key=lambda row: row["queue_place"])
        for n, queue in enumerate(model.queues):
            assert [row["id"] for row in waiting if numbers[row["pool"]] == n] == queue
        letters = await sql("SELECT dedupe_key FROM letter WHERE event = {}", self.event.id)
        assert Counter(row["dedupe_key"] for row in letters) == Counter(
            f"registration:{key}:v{version}:{kind}"
            for key, claim in model.claims.items()
            for version, kind in enumerate(claim.letters, 1)
        )
        assert await broken_promises() == []


@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    capacity=st.none() | st.integers(0, 3),
    second=st.sampled_from(["", "online", "member"]),
    more=st.integers(1, 2),
    offers=st.booleans(),
    operations=st.lists(operation, min_size=8, max_size=40),
)
async def test_seats_and_queues_are_what_pencil_and_paper_say(
    database: None, capacity: int | None, second: str, more: int, offers: bool, operations: list[tuple[Any, ...]]
):
    """Each example has an event of its own, so that the database need not be emptied."""
    if not await sql("SELECT 1 AS one FROM member"):
        await a_member("Machine")
    account = await some_account()
    event = await an_event(
        title=f"Machine {uuid4().hex}",
        capacity=capacity,
        mode="hybrid",
        place="Town hall",
        country="ES",
        offer_hours=OFFER_HOURS if offers else None,
    )
    model = Model([capacity], second, offers)
    if second:
        facts = PoolFacts("Second", more, **({"attends": "online"} if second == "online" else {"member": "machine"}))
        await add_pool(event.slug, facts, now=NOW, account_id=account)
        model.capacities.append(more)
    both = Both(event, account, model)
    for name, *values in operations:
        both.now += timedelta(seconds=1)
        await getattr(both, name)(*values)
        await both.compare()
