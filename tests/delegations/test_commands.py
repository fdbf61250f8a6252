"""Desks of members, on the real database; two people at one desk at once."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from eventhub.bodies.commands import give_seat
from eventhub.database import is_sqlite, sql
from eventhub.delegations import commands
from eventhub.delegations.commands import (
    ByLink,
    ByStaff,
    Contact,
    DeskClosed,
    NewDelegate,
    NotToBeInvited,
    QuotaUsedUp,
    Terms,
    add_delegate,
    change_part,
    invite_contacts,
    remove_delegate,
    renew_desk_link,
    replace_delegate,
    set_all_delegations,
    set_delegation,
)
from eventhub.delegations.queries import delegation_by_link, member_at, overview_of, people_of
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.commands import cancel_event
from eventhub.mail.rendering import render
from eventhub.registrations.commands import cancel_registration, record_attendance
from tests.make import NOW, a_member, an_event, registered, some_account

LATER = NOW + timedelta(minutes=5)
TWO_AND_ONE = Terms(2, 1)
CONTACT = Contact("Carme Contact", "contact@barcelona.example.org", "en")


async def a_desk(event: Any = None, *, terms: Terms = TWO_AND_ONE, contact: Contact = CONTACT) -> tuple[Any, str]:
    """An event with the desk of Barcelona, whose contact was written to; the secret part of the link."""
    event = event or await an_event()
    if not await sql("SELECT id FROM member WHERE key = 'barcelona'"):
        await a_member()
    await set_delegation(event.slug, "barcelona", terms, contact, now=NOW, account_id=await some_account())
    await invite_contacts(event.slug, "barcelona", now=NOW, account_id=await some_account())
    return event, await link()


async def link() -> str:
    return str((await letters("delegation_invited"))[-1]["manage_url"].rpartition("/")[2])


async def letters(kind: str) -> list[dict[str, Any]]:
    rows = await sql(
        "SELECT facts, recipient_name, recipient_address, language FROM letter WHERE kind = {} ORDER BY created_at, id",
        kind,
    )
    return [
        json.loads(row["facts"])
        | {"name": row["recipient_name"], "to": row["recipient_address"], "in": row["language"]}
        for row in rows
    ]


def person(name: str, part: str = "delegate", **more: Any) -> NewDelegate:
    return NewDelegate(**{"name": name, "email": f"{name.lower()}@barcelona.example.org", "part": part} | more)


async def parts(event: Any) -> dict[str, str | None]:
    return {one.name: one.part for one in await people_of(event.id) if one.is_standing}


async def statuses(event: Any) -> dict[str, str]:
    rows = await sql("SELECT name, status FROM registration WHERE event = {}", event.id)
    return {row["name"]: row["status"] for row in rows}


async def key_of(event: Any, name: str) -> UUID:
    rows = await sql(
        "SELECT id FROM registration WHERE event = {} AND name = {} AND status <> 'cancelled'", event.id, name
    )
    return UUID(str(rows[0]["id"]))


async def staff(event: Any, member: str = "barcelona") -> ByStaff:
    return ByStaff(event.slug, member, await some_account())


async def actions() -> list[str]:
    return [row["action"] for row in await sql("SELECT action FROM audit_entry ORDER BY at, id")]


# What the contact does


async def test_whom_a_desk_adds_is_registered_with_a_part_and_gets_the_letters_of_everybody(database: None):
    event, token = await a_desk()
    done = await add_delegate(ByLink(token), person("Ada", "head", language="fr"), now=NOW)
    assert (done.name, done.part, done.status, done.was_registered) == ("Ada", "head", "confirmed", False)
    assert await parts(event) == {"Ada": "head"}
    (letter,) = await letters("registration_confirmed")
    assert (letter["to"], letter["in"]) == ("ada@barcelona.example.org", "fr")
    rows = await sql("SELECT m.key AS key FROM registration r JOIN member m ON m.id = r.member")
    assert rows == [{"key": "barcelona"}]


async def test_the_quota_of_delegates_counts_the_head_and_nobody_is_registered_beyond_it(database: None):
    event, token = await a_desk()
    await add_delegate(ByLink(token), person("Ada", "head"), now=NOW)
    await add_delegate(ByLink(token), person("Bo"), now=NOW)
    with pytest.raises(Problems) as refused:
        await add_delegate(ByLink(token), person("Cem"), now=NOW)
    assert refused.value.fields == {"part": ["The quota is 2 delegates, the head included, and it is used up."]}
    assert await statuses(event) == {"Ada": "confirmed", "Bo": "confirmed"}
    await add_delegate(ByLink(token), person("Cem", "observer"), now=NOW)
    with pytest.raises(Problems):
        await add_delegate(ByLink(token), person("Dee", "observer"), now=NOW)
    assert await parts(event) == {"Ada": "head", "Bo": "delegate", "Cem": "observer"}


async def test_a_delegation_has_one_head(database: None):
    event, token = await a_desk()
    await add_delegate(ByLink(token), person("Ada", "head"), now=NOW)
    with pytest.raises(Problems) as refused:
        await add_delegate(ByLink(token), person("Bo", "head"), now=NOW)
    assert list(refused.value.fields) == ["part"]
    await add_delegate(ByLink(token), person("Bo"), now=NOW)
    with pytest.raises(Problems):
        await change_part(ByLink(token), await key_of(event, "Bo"), "head", now=NOW)
    await change_part(ByLink(token), await key_of(event, "Ada"), "delegate", now=NOW)
    await change_part(ByLink(token), await key_of(event, "Bo"), "head", now=NOW)
    assert await parts(event) == {"Ada": "delegate", "Bo": "head"}


async def test_a_colleague_who_registered_alone_can_be_given_a_part_and_shows_no_address(database: None):
    event, token = await a_desk()
    await registered(event, "Eva", member="barcelona")
    await add_delegate(ByLink(token), person("Ada", "head"), now=NOW)
    shown = {one.name: (one.part, one.email) for one in await people_of(event.id)}
    assert shown == {"Eva": (None, ""), "Ada": ("head", "ada@barcelona.example.org")}
    await change_part(ByLink(token), await key_of(event, "Eva"), "delegate", now=NOW)
    shown = {one.name: (one.part, one.email) for one in await people_of(event.id)}
    assert shown["Eva"] == ("delegate", "")


async def test_adding_a_colleague_who_registered_alone_gives_the_part_and_no_second_letter(database: None):
    event, token = await a_desk()
    await registered(event, "Eva", member="barcelona")
    done = await add_delegate(ByLink(token), NewDelegate("E. V. A.", "eva@example.org", "head"), now=NOW)
    assert done.was_registered
    assert await parts(event) == {"Eva": "head"}
    assert len(await letters("registration_confirmed")) == 1
    assert [one.email for one in await people_of(event.id)] == [""]


async def test_the_same_person_twice_is_refused_and_stays_once(database: None):
    event, token = await a_desk()
    await add_delegate(ByLink(token), person("Ada", "head"), now=NOW)
    with pytest.raises(Problems) as refused:
        await add_delegate(ByLink(token), person("Ada"), now=NOW)
    assert refused.value.fields == {"email": ["This person is in the delegation already."]}
    assert await parts(event) == {"Ada": "head"}
    assert await statuses(event) == {"Ada": "confirmed"}


async def test_a_person_registered_for_another_member_is_not_taken_over_and_not_named(database: None):
    event, token = await a_desk()
    await a_member("Lyon", country="FR")
    await registered(event, "Secret", member="lyon")
    await registered(event, "Nobody")
    for address in ("secret@example.org", "nobody@example.org"):
        with pytest.raises(Problems) as refused:
            await add_delegate(ByLink(token), NewDelegate("Ada", address), now=NOW)
        assert list(refused.value.fields) == ["email"]
        assert "Secret" not in str(refused.value)
        assert "Lyon" not in str(refused.value)
    assert await statuses(event) == {"Secret": "confirmed", "Nobody": "confirmed"}
    assert await parts(event) == {"Secret": None}


async def test_people_of_another_member_are_out_of_reach(database: None):
    event, token = await a_desk()
    await a_member("Lyon", country="FR")
    other = await registered(event, "Secret", member="lyon")
    for key in (other.registration.id, uuid4()):
        with pytest.raises(NotFound):
            await change_part(ByLink(token), key, "delegate", now=NOW)
        with pytest.raises(NotFound):
            await remove_delegate(ByLink(token), key, now=NOW)
        with pytest.raises(NotFound):
            await replace_delegate(ByLink(token), key, person("Bo"), now=NOW)
    assert await statuses(event) == {"Secret": "confirmed"}
    assert await parts(event) == {"Secret": None}


async def test_whom_a_desk_wrote_down_is_registered_no_more_when_taken_off(database: None):
    event, token = await a_desk()
    await add_delegate(ByLink(token), person("Ada", "head"), now=NOW)
    await remove_delegate(ByLink(token), await key_of(event, "Ada"), now=LATER)
    assert await statuses(event) == {"Ada": "cancelled"}
    assert [letter["name"] for letter in await letters("registration_cancelled")] == ["Ada"]
    assert [one.name for one in (await member_at(event, "barcelona")).left] == ["Ada"]
    await add_delegate(ByLink(token), person("Bo", "head"), now=LATER)
    assert await parts(event) == {"Bo": "head"}


async def test_who_registered_alone_stays_registered_when_the_part_is_taken_away(database: None):
    event, token = await a_desk()
    await registered(event, "Eva", member="barcelona")
    key = await key_of(event, "Eva")
    await change_part(ByLink(token), key, "observer", now=NOW)
    await remove_delegate(ByLink(token), key, now=NOW)
    assert await statuses(event) == {"Eva": "confirmed"}
    assert await parts(event) == {"Eva": None}
    assert await letters("registration_cancelled") == []


async def test_whoever_is_marked_as_present_is_not_taken_off(database: None):
    event, token = await a_desk()
    await add_delegate(ByLink(token), person("Ada", "head"), now=NOW)
    key = await key_of(event, "Ada")
    await record_attendance(key, attended=True, now=NOW, account_id=await some_account())
    with pytest.raises(Refusal):
        await remove_delegate(ByLink(token), key, now=NOW)
    assert await parts(event) == {"Ada": "head"}
    assert "remove_delegate" not in await actions()


async def test_a_replacement_gets_the_part_and_the_seat(database: None):
    event, token = await a_desk(await an_event(capacity=1))
    await add_delegate(ByLink(token), person("Ada", "head"), now=NOW)
    await registered(event, "Waiting")
    done = await replace_delegate(ByLink(token), await key_of(event, "Ada"), person("Bo", "observer"), now=LATER)
    assert (done.name, done.part) == ("Bo", "head")
    assert await statuses(event) == {"Ada": "cancelled", "Bo": "confirmed", "Waiting": "waitlisted"}
    assert await parts(event) == {"Bo": "head"}
    (bo,) = [one for one in await people_of(event.id) if one.name == "Bo"]
    assert (bo.email, bo.replaces) == ("bo@barcelona.example.org", "Ada")


async def test_a_full_event_puts_delegates_on_the_waiting_list_and_the_quota_counts_them(database: None):
    event, token = await a_desk(await an_event(capacity=1), terms=Terms(1, 0))
    await registered(event, "First")
    done = await add_delegate(ByLink(token), person("Ada", "head"), now=NOW)
    assert done.status == "waitlisted"
    with pytest.raises(Problems):
        await add_delegate(ByLink(token), person("Bo"), now=NOW)
    await cancel_registration(await key_of(event, "Ada"), now=LATER)
    await add_delegate(ByLink(token), person("Bo"), now=LATER)
    assert await parts(event) == {"Bo": "delegate"}


# Links and deadlines


async def test_links_that_open_nothing(database: None):
    event, token = await a_desk()
    for wrong in ("", "x", token[:-1], token + "x", "ü", "a" * 5000):
        with pytest.raises(NotFound):
            await delegation_by_link(wrong)
    await renew_desk_link(event.slug, "barcelona", now=NOW, account_id=await some_account())
    for act in (
        add_delegate(ByLink(token), person("Ada"), now=NOW),
        change_part(ByLink(token), uuid4(), "head", now=NOW),
        remove_delegate(ByLink(token), uuid4(), now=NOW),
        replace_delegate(ByLink(token), uuid4(), person("Ada"), now=NOW),
    ):
        with pytest.raises(NotFound):
            await act
    await invite_contacts(event.slug, "barcelona", now=LATER, account_id=await some_account())
    assert (await delegation_by_link(await link())).member_key == "barcelona"


async def test_a_new_address_of_the_contact_kills_the_link_of_the_old_one(database: None):
    event, token = await a_desk()
    account = await some_account()
    await set_delegation(event.slug, "barcelona", Terms(5, 5), CONTACT, now=NOW, account_id=account)
    assert (await delegation_by_link(token)).delegates == 5
    other = Contact("Other", "other@barcelona.example.org")
    desk = await set_delegation(event.slug, "barcelona", Terms(5, 5), other, now=NOW, account_id=account)
    assert desk.invited_at is None
    with pytest.raises(NotFound):
        await delegation_by_link(token)


async def test_after_the_deadline_only_staff_change_a_delegation(database: None):
    event, token = await a_desk(terms=Terms(3, 1, closes_at=LATER))
    await add_delegate(ByLink(token), person("Ada", "head"), now=LATER - timedelta(seconds=1))
    key = await key_of(event, "Ada")
    for act in (
        add_delegate(ByLink(token), person("Bo"), now=LATER),
        change_part(ByLink(token), key, "observer", now=LATER),
        remove_delegate(ByLink(token), key, now=LATER),
        replace_delegate(ByLink(token), key, person("Bo"), now=LATER),
    ):
        with pytest.raises(DeskClosed):
            await act
    assert await parts(event) == {"Ada": "head"}
    by = await staff(event)
    await add_delegate(by, person("Bo"), now=LATER)
    await change_part(by, key, "observer", now=LATER)
    await remove_delegate(by, await key_of(event, "Bo"), now=LATER)
    assert await parts(event) == {"Ada": "observer"}


async def test_nobody_is_added_to_a_delegation_of_an_event_that_was_cancelled_or_is_a_draft(database: None):
    event, token = await a_desk()
    await cancel_event(event.slug, reason="Storm.", now=NOW, account_id=await some_account())
    for by in (ByLink(token), await staff(event)):
        with pytest.raises(DeskClosed):
            await add_delegate(by, person("Ada"), now=NOW)
    draft = await an_event(publish=False)
    with pytest.raises(Refusal):
        await add_delegate(await staff(draft), person("Ada"), now=NOW)
    assert await sql("SELECT 1 AS one FROM registration") == []


async def test_staff_stand_at_the_desk_of_a_member_that_has_none_yet(database: None):
    event = await an_event()
    await a_member()
    await add_delegate(await staff(event), person("Ada", "head"), now=NOW)
    assert await parts(event) == {"Ada": "head"}
    rows = await sql("SELECT account FROM audit_entry WHERE action = 'add_delegate'")
    assert rows == [{"account": await some_account()}]
    with pytest.raises(NotFound):
        await add_delegate(await staff(event, "atlantis"), person("Bo"), now=NOW)


# What staff set


async def test_quota_and_deadline_are_set_for_every_member_with_a_seat_at_once(database: None):
    event = await an_event(kind="board_of_directors", title="Board")
    account = await some_account()
    for name in ("Barcelona", "Lyon", "Quito"):
        await a_member(name)
    for key in ("barcelona", "lyon"):
        await give_seat("board_of_directors", key, NOW.date(), now=NOW, account_id=account)
    await set_delegation(event.slug, "lyon", Terms(9), CONTACT, now=NOW, account_id=account)
    assert await set_all_delegations(event.slug, Terms(2, 1, LATER), now=NOW, account_id=account) == 2
    rows = await sql(
        "SELECT m.key AS key, d.delegates AS delegates, d.observers AS observers, d.contact_name AS contact "
        "FROM delegation d JOIN member m ON m.id = d.member ORDER BY m.key"
    )
    assert [tuple(row.values()) for row in rows] == [("barcelona", 2, 1, ""), ("lyon", 2, 1, "Carme Contact")]


async def test_an_event_for_nobody_says_what_is_missing(database: None):
    account = await some_account()
    for event in (await an_event(), await an_event(kind="general_assembly", title="Assembly")):
        with pytest.raises(Problems):
            await set_all_delegations(event.slug, Terms(2), now=NOW, account_id=account)


@pytest.mark.parametrize(
    ("terms", "contact", "fields"),
    [
        (Terms(-1, 1001), Contact(), ["delegates", "observers"]),
        (Terms(closes_at=NOW.replace(year=2100)), Contact(), ["closes_time"]),
        (Terms(), Contact("x" * 500, "no address", "xx"), ["contact_email", "contact_name", "language"]),
        (Terms(10**12), Contact(email="a\x00b@example.org"), ["contact_email", "delegates"]),
    ],
)
async def test_what_cannot_be_set_is_said_at_its_field(
    database: None, terms: Terms, contact: Contact, fields: list[str]
):
    event = await an_event()
    await a_member()
    with pytest.raises(Problems) as refused:
        await set_delegation(event.slug, "barcelona", terms, contact, now=NOW, account_id=await some_account())
    assert sorted(refused.value.fields) == fields
    assert await sql("SELECT 1 AS one FROM delegation") == []


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewDelegate("", ""), ["email", "name"]),
        (NewDelegate("x" * 501, f"{'y' * 500}@example.org"), ["email", "name"]),
        (NewDelegate("Ada", "ada@example.org", part="king"), ["part"]),
        (NewDelegate("Ada", "ada@example.org", part=""), ["part"]),
        (NewDelegate("Ada", "ada@example.org", level="royal", language="xx"), ["language", "level"]),
        (NewDelegate("Ada", "ada@example.org", attends="on_site"), ["attends"]),
        (NewDelegate("\x00", "ada\x00@example.org"), ["email", "name"]),
    ],
)
async def test_what_cannot_be_added_is_said_at_its_field_and_nobody_is_registered(
    database: None, new: NewDelegate, fields: list[str]
):
    event, token = await a_desk()
    with pytest.raises(Problems) as refused:
        await add_delegate(ByLink(token), new, now=NOW)
    assert sorted(refused.value.fields) == fields
    assert await statuses(event) == {}


# Letters


async def test_the_letter_says_what_is_asked_in_the_language_of_the_contact(database: None):
    event, _ = await a_desk(
        contact=Contact("Carme", "carme@example.org", "fr"), terms=Terms(3, 0, closes_at=NOW + timedelta(days=3))
    )
    (letter,) = await letters("delegation_invited")
    assert (letter["to"], letter["in"], letter["member_name"]) == ("carme@example.org", "fr", "Barcelona")
    assert len(letter["places"]) == 2
    text = render("delegation_invited", "en", letter, recipient_address="carme@example.org").text
    assert event.title in text
    assert letter["manage_url"] in text
    assert "28 November 2026" in text


async def test_all_contacts_are_written_to_once_and_one_can_be_written_to_again(database: None):
    event = await an_event()
    account = await some_account()
    for name in ("Barcelona", "Lyon", "Quito"):
        await a_member(name)
        contact = Contact(name, f"{name.lower()}@example.org") if name != "Quito" else Contact()
        await set_delegation(event.slug, name.lower(), Terms(2), contact, now=NOW, account_id=account)
    done = await invite_contacts(event.slug, now=NOW, account_id=account)
    assert (done.written, done.without_address) == (2, 1)
    done = await invite_contacts(event.slug, now=LATER, account_id=account)
    assert (done.written, done.without_address) == (0, 1)
    await invite_contacts(event.slug, "lyon", now=LATER, account_id=account)
    await invite_contacts(event.slug, "lyon", now=LATER, account_id=account)
    assert [letter["name"] for letter in await letters("delegation_invited")] == ["Barcelona", "Lyon", "Lyon"]


async def test_who_is_not_written_to(database: None):
    account = await some_account()
    await a_member()
    event = await an_event()
    with pytest.raises(NotFound):
        await invite_contacts(event.slug, "barcelona", now=NOW, account_id=account)
    await set_delegation(event.slug, "barcelona", Terms(), Contact(), now=NOW, account_id=account)
    with pytest.raises(NotToBeInvited):
        await invite_contacts(event.slug, "barcelona", now=NOW, account_id=account)
    draft = await an_event(publish=False)
    await set_delegation(draft.slug, "barcelona", Terms(), CONTACT, now=NOW, account_id=account)
    for slug, when in ((draft.slug, NOW), (event.slug, NOW.replace(year=2100))):
        with pytest.raises(NotToBeInvited):
            await invite_contacts(slug, now=when, account_id=account)
    assert await letters("delegation_invited") == []


# Quorum


async def a_board(*names: str) -> Any:
    event = await an_event(kind="board_of_directors", title="Board")
    for name in names:
        await a_member(name)
        await give_seat("board_of_directors", name.lower(), NOW.date(), now=NOW, account_id=await some_account())
    return event


async def test_the_quorum_counts_heads_and_where_absent_replacements(database: None):
    event = await a_board("Barcelona", "Lyon", "Quito")
    account = await some_account()

    async def named(member: str, name: str, part: str) -> UUID:
        await add_delegate(await staff(event, member), person(name, part), now=NOW)
        return await key_of(event, name)

    head, observer = await named("barcelona", "Ada", "head"), await named("barcelona", "Bo", "observer")
    replacement = await named("lyon", "Cem", "replacement")
    await named("lyon", "Dee", "head")
    overview = await overview_of(event)
    assert (overview.expected.entitled, overview.expected.filled, overview.expected.needed) == (3, 2, 2)
    assert overview.quorum_says == "The quorum is in sight: 2 of 3 seats are confirmed, and 2 are needed."
    await record_attendance(observer, attended=True, now=NOW, account_id=account)
    await record_attendance(replacement, attended=True, now=NOW, account_id=account)
    overview = await overview_of(event)
    assert overview.quorum_says == (
        "The quorum is not reached: 1 seat is missing. 1 of 3 are present, and 2 are needed."
    )
    await record_attendance(head, attended=True, now=NOW, account_id=account)
    assert (await overview_of(event)).there.is_reached


async def test_a_member_that_gave_nobody_a_part_is_in_its_seat_when_anybody_of_it_is_there(database: None):
    event = await a_board("Barcelona")
    done = await registered(event, "Eva", member="barcelona")
    assert (await overview_of(event)).expected.is_reached
    await cancel_registration(done.registration.id, now=NOW)
    assert not (await overview_of(event)).expected.is_reached


async def test_the_overview_takes_the_same_number_of_queries_whatever_the_number_of_members(
    database: None, monkeypatch: pytest.MonkeyPatch
):
    from eventhub.bodies import queries as of_bodies
    from eventhub.delegations import queries

    asked: list[str] = []

    async def counted(statement: str, *values: Any) -> Any:
        asked.append(statement)
        return await sql(statement, *values)

    monkeypatch.setattr(queries, "sql", counted)
    monkeypatch.setattr(of_bodies, "sql", counted)
    event = await a_board("Barcelona")
    asked.clear()
    await overview_of(event)
    few = len(asked)
    for name in ("Lyon", "Quito", "Lima"):
        await a_member(name)
        await give_seat("board_of_directors", name.lower(), NOW.date(), now=NOW, account_id=await some_account())
        await add_delegate(await staff(event, name.lower()), person(name, "head"), now=NOW)
    asked.clear()
    assert len((await overview_of(event)).members) == 4
    assert len(asked) == few == 4


# Many at once


@pytest.fixture
def rush(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Six people at one desk who have all looked before the first is registered, and who write slowly."""
    everybody = asyncio.Barrier(6)
    register, write = commands.register_participant, commands._write_part

    async def after_all_have_looked(*args: Any, **more: Any) -> Any:
        await everybody.wait()
        return await register(*args, **more)

    async def slowly(*args: Any) -> None:
        await asyncio.sleep(0.02)
        await write(*args)

    async def run(token: str) -> list[Any]:
        return await asyncio.gather(
            *(add_delegate(ByLink(token), person(f"P{n}"), now=NOW) for n in range(6)), return_exceptions=True
        )

    monkeypatch.setattr(commands, "register_participant", after_all_have_looked)
    monkeypatch.setattr(commands, "_write_part", slowly)
    return run


async def test_people_at_one_desk_who_add_the_last_delegate_at_once_never_exceed_the_quota(database: None, rush: Any):
    for _ in range(5):
        event, token = await a_desk(await an_event())
        outcomes = await rush(token)
        assert sum(isinstance(one, commands.Added) for one in outcomes) == 2
        assert sum(isinstance(one, QuotaUsedUp) for one in outcomes) == 4
        assert len(await parts(event)) == 2
        assert sorted((await statuses(event)).values()) == [*["cancelled"] * 4, *["confirmed"] * 2]
        assert (await member_at(event, "barcelona")).left == []


async def test_without_the_second_look_the_same_rush_exceeds_the_quota(
    database: None, rush: Any, monkeypatch: pytest.MonkeyPatch
):
    """A control: the test above would catch a desk that only looks before it registers somebody."""
    looks = commands._still_open

    async def without_limit(*args: Any) -> Any:
        return msgspec.structs.replace(await looks(*args), delegates=None)

    monkeypatch.setattr(commands, "_still_open", without_limit)
    event, token = await a_desk()
    await rush(token)
    assert len(await parts(event)) == 6


async def test_without_the_lock_the_same_rush_exceeds_the_quota(
    database: None, rush: Any, monkeypatch: pytest.MonkeyPatch
):
    """A control: the row of the desk is what keeps those at it apart."""
    if is_sqlite():
        pytest.skip("the writers of the embedded database queue anyway: pytest --db=postgres runs it")
    everybody, write = asyncio.Barrier(6), commands._write_part

    async def after_all_have_counted(*args: Any) -> None:
        await everybody.wait()
        await write(*args)

    monkeypatch.setattr(commands, "lock_clause", lambda: "")
    monkeypatch.setattr(commands, "_write_part", after_all_have_counted)
    event, token = await a_desk()
    async with asyncio.timeout(30):
        await rush(token)
    assert len(await parts(event)) == 6


async def test_parts_changed_at_once_give_one_head(database: None):
    event, token = await a_desk(terms=Terms(None, None))
    for name in ("Ada", "Bo", "Cem", "Dee"):
        await add_delegate(ByLink(token), person(name), now=NOW)
    keys = [await key_of(event, name) for name in ("Ada", "Bo", "Cem", "Dee")]
    outcomes = await asyncio.gather(
        *(change_part(ByLink(token), key, "head", now=NOW) for key in keys), return_exceptions=True
    )
    assert sum(isinstance(one, Problems) for one in outcomes) == 3
    assert sorted((await parts(event)).values()) == ["delegate", "delegate", "delegate", "head"]


async def test_a_desk_made_twenty_times_at_once_is_one(database: None):
    event = await an_event()
    await a_member()
    by = await staff(event)
    await asyncio.gather(
        *(add_delegate(by, person(f"P{n}", "observer"), now=NOW) for n in range(8)), return_exceptions=True
    )
    assert len(await sql("SELECT 1 AS one FROM delegation")) == 1
    assert len(await parts(event)) == 8
