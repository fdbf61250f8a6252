"""What `eventhub check` finds wrong with the data and the settings."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from eventhub import checks
from eventhub.checks import integrity
from eventhub.database import sql
from eventhub.programme.sign_up import sign_up
from eventhub.registrations.commands import NewRegistration, cancel_registration
from eventhub.registrations.pools import add_pool, take_over_seat
from eventhub.registrations.rules import PoolFacts
from eventhub.settings import Settings, current_settings
from tests.make import NOW, a_member, an_event, an_item, registered, some_account
from tests.registrations.looking import token_of


@pytest.fixture
async def full(database: None) -> Any:
    """An event with two people who have seats and one who waits."""
    event = await an_event(capacity=2)
    people = [await registered(event, name) for name in ("Ada", "Bo", "Cy")]
    assert await integrity() == []
    return event, people


async def test_an_empty_database_keeps_its_promises(database: None) -> None:
    assert await integrity() == []


async def a_full_house() -> dict[str, Any]:
    """Events with everything that a check looks at; nothing is wrong with them."""
    account = await some_account()
    member, other = await a_member("Barcelona"), await a_member("Lima", region="america")
    event = await an_event(capacity=2, mode="hybrid", place="Town hall")
    for facts in (PoolFacts("Online", 1, attends="online"), PoolFacts("Barcelona", 1, member="barcelona")):
        await add_pool(event.slug, facts, now=NOW, account_id=account)
    people = [await registered(event, name, attends="on_site") for name in ("Ada", "Bo", "Cy")]
    mine = await registered(event, "Mine", attends="on_site", member="barcelona")
    await registered(event, "Line", attends="online")
    second = await an_event(capacity=1, offer_hours=1)
    offered = [await registered(second, name) for name in ("Di", "Ed")]
    await cancel_registration(offered[0].registration.id, now=NOW)
    third = await an_event()
    swapped = await registered(third, "Flo")
    new = await take_over_seat(swapped.registration.id, NewRegistration("Gus", "gus@example.org"), now=NOW)
    item = await an_item(event, takes_sign_up=True)
    await sign_up(token_of(people[0]), item.id, now=NOW)
    queue = await an_event(capacity=1)
    waits = [await registered(queue, name) for name in ("Hal", "Ivy", "Jo")]
    await cancel_registration(waits[0].registration.id, now=NOW)
    return {
        "event": event.id, "second": second.id, "third": third.id, "queue": queue.id, "member": member, "other": other,
        "ada": people[0].registration.id, "cy": people[2].registration.id, "mine": mine.registration.id,
        "ed": offered[1].registration.id, "flo": swapped.registration.id, "gus": new.registration.id,
        "jo": waits[2].registration.id, "ivy": waits[1].registration.id, "ivy_person": waits[1].registration.person,
        "ed_person": offered[1].registration.person, "cy_person": people[2].registration.person, "item": item.id,
        "new": uuid4(), "account": account, "early": NOW - timedelta(hours=1), "late": NOW + timedelta(hours=1), "now": NOW,
        "true": True,
    }  # fmt: skip


#: What is done to the data, with the names of values in angle brackets, and the sentence that finds it.
CORRUPTIONS = (
    ("UPDATE seat_pool SET taken = 1 WHERE event = <event> AND position = 0", "count other seats as taken"),
    ("UPDATE seat_pool SET waiting = 5 WHERE event = <event> AND position = 0", "count other people as waiting"),
    ("UPDATE seat_pool SET capacity = 3 WHERE event = <queue>", "people waiting beside free seats"),
    ("UPDATE event SET capacity = 9 WHERE id = <event>", "state another capacity"),
    ("UPDATE seat_pool SET position = 9 WHERE event = <queue>", "no seats of their own"),
    ("UPDATE event SET registration_mode = 'closed' WHERE id = <queue>", "open to newcomers although"),
    ("UPDATE seat_pool SET waiting = 1 WHERE event = <event> AND position = 2", "reserved kinds of seats have a queue"),
    (
        "UPDATE seat_pool SET capacity = NULL WHERE event = <event> AND position = 2",
        "reserved kinds of seats have no limit",
    ),
    ("UPDATE seat_pool SET returns_at = <early> WHERE event = <event> AND position = 2", "not given back in time"),
    (
        "UPDATE seat_pool SET returned_at = <early>, capacity = 5 WHERE event = <event> AND position = 2",
        "were given back and have free seats",
    ),
    ("UPDATE registration SET event = <third> WHERE id = <ada>", "have a seat of another event"),
    ("UPDATE seat_pool SET attends = 'on_site' WHERE event = <event> AND position = 1", "attend in another way"),
    ("UPDATE registration SET member = <other> WHERE id = <mine>", "a member that they are not of"),
    ("UPDATE registration SET queue_place = 99 WHERE id = <cy>", "behind the end of their queue"),
    ("UPDATE event SET status = 'draft' WHERE id = <third>", "are registered for a draft"),
    ("UPDATE registration SET offer_until = <early> WHERE id = <ed>", "have lapsed and are still held"),
    ("DELETE FROM letter WHERE kind = 'registration_offered'", "offered a seat without a letter"),
    ("DELETE FROM letter WHERE person = <cy_person>", "registrations have no letter"),
    ("UPDATE registration SET version = 7 WHERE id = <ada>", "another number of letters than of changes"),
    ("UPDATE registration SET replaces = <mine> WHERE id = <gus>", "replacements took the place"),
    (
        "INSERT INTO registration_invitation (id, event, email, email_key, name, language, registration, invited_at) "
        "VALUES (<new>, <third>, 'a@example.org', 'a@example.org', 'A', 'en', <ada>, <now>)",
        "invitations were used for another event",
    ),
    (
        "INSERT INTO audit_entry (id, at, account, action, object_kind, object_id, detail) "
        "VALUES (<new>, <now>, <account>, 'put_first', 'registration', 'x', '')",
        "put before others without a reason",
    ),
    ("UPDATE programme_item SET taken = 4 WHERE id = <item>", "count other people than have signed up"),
    ("UPDATE item_sign_up SET registration = <cy>", "signed up for a programme item without a seat"),
    (
        "INSERT INTO attendance (id, registration, mode, source, recorded_at) "
        "VALUES (<new>, <cy>, 'online', 'staff', <now>)",
        "marked as present without a seat",
    ),
    ("UPDATE letter SET created_at = <late> WHERE person = <ivy_person>", "came later was let in before them"),
)


@pytest.mark.parametrize(("statement", "said"), CORRUPTIONS, ids=[said for _, said in CORRUPTIONS])
async def test_each_corruption_is_found_by_its_own_check(database: None, statement: str, said: str) -> None:
    values = await a_full_house()
    assert await integrity(NOW) == []
    first, *parts = re.split(r"<(\w+)>", statement)
    await sql(first + "".join("{}" + part for part in parts[1::2]), *(values[name] for name in parts[::2]))
    found = await integrity(NOW)
    assert sum(said in sentence for sentence in found) == 1, found


async def test_people_present_without_a_seat_or_counted_twice_are_found(full: Any) -> None:
    event, people = full
    await sql(
        "INSERT INTO attendance (id, registration, mode, source, recorded_at) VALUES ({}, {}, 'online', 'staff', {})",
        event.id, people[2].registration.id, NOW,
    )  # fmt: skip
    await sql("INSERT INTO head_count (event, source, recorded_at) VALUES ({}, '', {})", event.id, NOW)
    assert await integrity() == [
        "1 people are marked as present without a seat.",
        "1 events have both a head count and an attendance list.",
    ]


async def test_a_migrated_database_with_good_settings_has_nothing_wrong() -> None:
    assert checks._about_settings() == []


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        ({"base_url": "http://[::1]:8000"}, []),
        ({"base_url": "https://events.example.org", "development": False}, []),
        (
            {"base_url": "http://events.example.org", "development": True},
            [
                "EVENTHUB_BASE_URL is not https, so sign-in links and cookies travel in the clear.",
                "EVENTHUB_DEVELOPMENT is on although people reach EventHub from elsewhere.",
            ],
        ),
        (
            {"smtp_url": "smtp://mail.example.org"},
            ["EVENTHUB_MAIL_FROM names localhost, so replies and bounces go nowhere."],
        ),
    ],
)
def test_settings_that_are_allowed_but_unwise_are_said(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], sentences: list[str]
) -> None:
    wanted: Settings = current_settings().model_copy(update=values)
    monkeypatch.setattr(checks, "current_settings", lambda: wanted)
    assert checks._about_settings() == sentences
