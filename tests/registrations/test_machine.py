"""
Any order of commands against a model in plain Python, compared after each step.

Hypothesis writes the lists of operations and shortens those that fail.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

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
    NotStanding,
    RegistrationClosed,
    SentBefore,
    cancel_by_link,
    cancel_registration,
    confirm_registration,
    decline_registration,
    register_participant,
)
from eventhub.registrations.seats import CapacityTooSmall, resize_pool, set_pool_open
from tests.make import NOW, an_event, some_account
from tests.registrations.looking import audit_of

PEOPLE, FORMS = 6, 3


@dataclass
class Claim:
    """What the model knows of one registration."""

    person: int
    status: str
    letters: list[str]
    form: int | None = None


@dataclass
class Model:
    """Seats and queue as a person with pencil and paper would keep them."""

    capacity: int | None
    is_open: bool = True
    claims: dict[Any, Claim] = field(default_factory=dict)
    queue: list[Any] = field(default_factory=list)

    @property
    def seated(self) -> list[Any]:
        return [key for key, claim in self.claims.items() if claim.status == "confirmed"]

    def standing(self, person: int) -> Any:
        stands = ("confirmed", "waitlisted")
        return next((k for k, c in self.claims.items() if c.person == person and c.status in stands), None)

    def of_form(self, form: int | None) -> Any:
        return next((k for k, c in self.claims.items() if form is not None and c.form == form), None)

    def has_room(self) -> bool:
        return self.capacity is None or len(self.seated) < self.capacity

    def promote(self) -> None:
        while self.queue and self.has_room():
            claim = self.claims[self.queue.pop(0)]
            claim.status = "confirmed"
            claim.letters.append("registration_promoted")

    def add(self, key: Any, person: int, form: int | None) -> None:
        if self.has_room() and not self.queue:
            self.claims[key] = Claim(person, "confirmed", ["registration_confirmed"], form)
        else:
            self.claims[key] = Claim(person, "waitlisted", ["registration_waitlisted"], form)
            self.queue.append(key)

    def leave(self, key: Any, status: str) -> None:
        claim = self.claims[key]
        if claim.status not in ("confirmed", "waitlisted"):
            return
        if claim.status == "waitlisted":
            self.queue.remove(key)
        claim.status = status
        claim.letters.append("registration_cancelled")
        self.promote()


people = st.integers(0, PEOPLE - 1)
any_claim = st.integers(0, 30)
operation = st.one_of(
    st.tuples(st.just("register"), people, st.none() | st.integers(0, FORMS - 1)),
    st.tuples(st.just("register"), people, st.none()),
    st.tuples(st.just("cancel"), any_claim),
    st.tuples(st.just("cancel"), any_claim),
    st.tuples(st.just("decline"), any_claim),
    st.tuples(st.just("confirm"), any_claim),
    st.tuples(st.just("stranger"), any_claim),
    st.tuples(st.just("resize"), st.none() | st.integers(0, 4)),
    st.tuples(st.just("door"), st.booleans()),
)


class Both:
    """Does each operation to the product and to the model, and compares what they say."""

    def __init__(self, event: Any, account: Any) -> None:
        self.event, self.account = event, account
        self.model = Model(event.capacity)
        self.now = NOW

    def chosen(self, number: int) -> Any:
        keys = list(self.model.claims)
        return keys[number % len(keys)] if keys else None

    async def register(self, person: int, form: int | None) -> None:
        key = f"{self.event.slug}-{form}" if form is not None else None
        new = NewRegistration(f"P{person}", f"p{person}@example.org", submission_key=key)
        expected: Any = None
        if not self.model.is_open:
            with pytest.raises(RegistrationClosed):
                await register_participant(self.event.slug, new, now=self.now)
            return
        if (sent := self.model.of_form(form)) is not None:
            if self.model.claims[sent].person != person:
                with pytest.raises(SentBefore):
                    await register_participant(self.event.slug, new, now=self.now)
                return
            expected = sent
        else:
            expected = self.model.standing(person)
        done = await register_participant(self.event.slug, new, now=self.now)
        assert done.is_new == (expected is None)
        assert done.same_form == (sent is not None)
        if done.is_new:
            self.model.add(done.registration.id, person, form)
        else:
            assert done.registration.id == expected
        key = done.registration.id
        assert done.registration.status == self.model.claims[key].status
        assert done.position == (self.model.queue.index(key) + 1 if key in self.model.queue else None)

    async def cancel(self, number: int) -> None:
        if (key := self.chosen(number)) is not None:
            await cancel_registration(key, now=self.now)
            self.model.leave(key, "cancelled")

    async def decline(self, number: int) -> None:
        if (key := self.chosen(number)) is not None:
            await decline_registration(key, now=self.now, account_id=self.account)
            self.model.leave(key, "declined")

    async def confirm(self, number: int) -> None:
        """A seat by hand needs a free one, and those go to the queue at once: nobody can be put first."""
        if (key := self.chosen(number)) is None:
            return
        if self.model.claims[key].status == "confirmed":
            await confirm_registration(key, now=self.now, account_id=self.account)
        else:
            with pytest.raises(NotStanding):
                await confirm_registration(key, now=self.now, account_id=self.account)
        assert "confirm_registration" not in await audit_of(key)

    async def stranger(self, number: int) -> None:
        if (key := self.chosen(number)) is not None:
            with pytest.raises(NotFound):
                await cancel_by_link(make_link("registration", key, 2), now=self.now)

    async def resize(self, capacity: int | None) -> None:
        refused = capacity is not None and capacity < len(self.model.seated)
        try:
            async with transaction():
                await resize_pool(self.event, capacity, now=self.now)
                await sql("UPDATE event SET capacity = {} WHERE id = {}", capacity, self.event.id)
        except CapacityTooSmall:
            assert refused
        else:
            assert not refused
            self.model.capacity = capacity
            self.model.promote()

    async def door(self, is_open: bool) -> None:
        mode = "open" if is_open else "closed"
        async with transaction():
            await sql("UPDATE event SET registration_mode = {} WHERE id = {}", mode, self.event.id)
            await set_pool_open(self.event.id, is_open)
        self.event = await event_by_id(self.event.id)
        self.model.is_open = is_open

    async def compare(self) -> None:
        """Everything the database says of this event, against the model."""
        model = self.model
        pool = (await sql("SELECT capacity, taken, waiting FROM seat_pool WHERE event = {}", self.event.id))[0]
        assert pool == {"capacity": model.capacity, "taken": len(model.seated), "waiting": len(model.queue)}
        rows = await sql("SELECT id, status, version, queue_place FROM registration WHERE event = {}", self.event.id)
        assert {row["id"]: (row["status"], row["version"]) for row in rows} == {
            key: (claim.status, len(claim.letters)) for key, claim in model.claims.items()
        }
        waiting = [row for row in rows if row["queue_place"] is not None]
        assert [row["id"] for row in sorted(waiting, key=lambda row: row["queue_place"])] == model.queue
        letters = await sql("SELECT dedupe_key FROM letter WHERE event = {}", self.event.id)
        assert Counter(row["dedupe_key"] for row in letters) == Counter(
            f"registration:{key}:v{version}:{kind}"
            for key, claim in model.claims.items()
            for version, kind in enumerate(claim.letters, 1)
        )
        assert await broken_promises() == []


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(capacity=st.none() | st.integers(0, 3), operations=st.lists(operation, min_size=5, max_size=40))
async def test_seats_and_queue_are_what_pencil_and_paper_say(
    database: None, capacity: int | None, operations: list[tuple[Any, ...]]
):
    """Each example has an event of its own, so that the database need not be emptied."""
    both = Both(await an_event(capacity=capacity), await some_account())
    for name, *values in operations:
        both.now += timedelta(seconds=1)
        await getattr(both, name)(*values)
        await both.compare()
