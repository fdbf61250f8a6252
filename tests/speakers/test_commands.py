"""Putting people on panels, on the real database."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.database import sql
from eventhub.directory.people import StatedBy, keep_gender_statement
from eventhub.directory.rules import Gender
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import publish_event
from eventhub.speakers.commands import NewSpeaker, SpeaksAlready, add_speaker, change_slot, remove_speaker
from eventhub.speakers.queries import parity_of, slot_by_id, speakers_of
from tests.make import NOW, a_member, a_person, an_account, an_event, an_item, some_account, speaking

LATER = NOW + timedelta(minutes=5)


async def add(item: Any, name: str = "Alex Example", **changes: Any) -> UUID:
    return await add_speaker(item.id, NewSpeaker(name, **changes), now=NOW, account_id=await some_account())


async def counts(event: Any) -> tuple[int, int, int, int]:
    found = (await parity_of(event.id)).panels[0][1].counts
    return found.women, found.men, found.others, found.undisclosed


async def persons() -> int:
    return int((await sql("SELECT COUNT(*) AS n FROM person"))[0]["n"])


async def statement(email: str) -> list[Any]:
    return await sql(
        "SELECT g.gender AS gender, g.source AS source FROM gender_statement g JOIN person p ON p.id = g.person "
        "WHERE p.email_key = {}",
        email,
    )


async def published_with_a_balanced_panel() -> tuple[Any, Any, list[UUID]]:
    event = await an_event(publish=False)
    item = await an_item(event)
    slots = await speaking(item, "woman", "man")
    return await publish_event(event.slug, now=NOW, account_id=await some_account()), item, slots


async def told() -> list[dict[str, Any]]:
    rows = await sql("SELECT facts, recipient_address FROM letter WHERE kind = 'parity_tipped' ORDER BY created_at")
    return [json.loads(row["facts"]) | {"to": row["recipient_address"]} for row in rows]


async def test_a_speaker_is_added_changed_and_removed(database: None) -> None:
    await a_member("Barcelona")
    event = await an_event(publish=False)
    item = await an_item(event)
    slot = await add(item, "  Zoë\x00 Ñandú ", email="zoe@example.org", member="barcelona", level="political")
    row, of = await slot_by_id(slot)
    assert (row.name, row.role, row.level, row.status, row.member_key, of.id) == (
        "Zoë Ñandú", "speaker", "political", "invited", "barcelona", event.id,
    )  # fmt: skip
    account = await some_account()
    await change_slot(slot, role="moderator", level="technical", status="confirmed", now=NOW, account_id=account)
    row, _ = await slot_by_id(slot)
    assert (row.role, row.level, row.status) == ("moderator", "technical", "confirmed")
    await remove_speaker(slot, now=NOW, account_id=account)
    assert await speakers_of(event.id) == {}
    trail = {row["action"] for row in await sql("SELECT action FROM audit_entry WHERE object_kind = 'speaker_slot'")}
    assert trail == {"add_speaker", "change_slot", "remove_speaker"}
    assert await told() == []


async def test_a_person_is_found_by_address_and_keeps_their_name(database: None) -> None:
    await a_person("Ada Example", "ada@example.org")
    event = await an_event(publish=False)
    first, second = await an_item(event), await an_item(event, "Second")
    row, _ = await slot_by_id(await add(first, "Somebody Else", email=" ADA@Example.org "))
    assert (row.name, await persons()) == ("Ada Example", 1)
    again, _ = await slot_by_id(await add(second, "Ada", email="ada@example.org"))
    assert (again.person, await persons()) == (row.person, 1)


async def test_without_an_address_a_name_is_one_person_within_an_event_only(database: None) -> None:
    event, other = await an_event(publish=False), await an_event(publish=False)
    first, second, elsewhere = await an_item(event), await an_item(event, "Second"), await an_item(other)
    await add(first)
    await add(second)
    assert await persons() == 1
    await add(elsewhere)
    assert await persons() == 2


async def test_nobody_is_on_one_item_twice(database: None) -> None:
    event = await an_event(publish=False)
    item = await an_item(event)
    await add(item, email="alex@example.org")
    before = await sql("SELECT * FROM speaker_slot"), await sql("SELECT * FROM audit_entry ORDER BY id")
    with pytest.raises(SpeaksAlready) as refusal:
        await add(item, email="ALEX@example.org", gender="woman")
    assert [str(said) for said in refusal.value.sentences] == ["Alex Example is on “Opening” already."]
    assert (await sql("SELECT * FROM speaker_slot"), await sql("SELECT * FROM audit_entry ORDER BY id")) == before
    assert await statement("alex@example.org") == []


async def test_every_fault_is_said_at_once_and_nothing_is_written(database: None) -> None:
    item = await an_item(await an_event(publish=False))
    with pytest.raises(Problems) as refusal:
        await add(
            item, " \x00", email="nobody", gender="female", level="king", role="guest", status="maybe", member="x\x00y"
        )
    assert set(refusal.value.fields) == {"name", "email", "gender", "level", "role", "status", "member"}
    with pytest.raises(Problems) as long:
        await add(item, "x" * 201, member="x" * 600)
    assert set(long.value.fields) == {"name", "member"}
    assert (await persons(), await sql("SELECT * FROM speaker_slot")) == (0, [])
    account = await some_account()
    with pytest.raises(NotFound):
        await add_speaker(uuid4(), NewSpeaker("Ada"), now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await change_slot(uuid4(), role="speaker", level="technical", status="invited", now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await remove_speaker(uuid4(), now=NOW, account_id=account)


async def test_what_a_person_stated_is_never_overwritten_by_staff(database: None) -> None:
    person = await a_person("Ada", "ada@example.org", "woman")
    event = await an_event(publish=False)
    await add(await an_item(event), "Ada", email="ada@example.org", gender="man")
    assert await statement("ada@example.org") == [{"gender": "woman", "source": "self"}]
    assert await keep_gender_statement(person, Gender.MAN, by=StatedBy.STAFF, language="en", now=LATER) is False
    assert await statement("ada@example.org") == [{"gender": "woman", "source": "self"}]


async def test_staff_mend_what_staff_wrote_and_the_person_has_the_last_word(database: None) -> None:
    event = await an_event(publish=False)
    await add(await an_item(event), "Ada", email="ada@example.org", gender="man")
    await add(await an_item(event, "Second"), "Ada", email="ada@example.org", gender="woman")
    assert await statement("ada@example.org") == [{"gender": "woman", "source": "staff"}]
    person = (await sql("SELECT id FROM person"))[0]["id"]
    await keep_gender_statement(person, Gender.NON_BINARY, by=StatedBy.OWN_PAGE, language="en", now=LATER)
    await add(await an_item(event, "Third"), "Ada", email="ada@example.org", gender="man")
    assert await statement("ada@example.org") == [{"gender": "non_binary", "source": "self"}]


async def test_moderators_and_those_who_declined_are_not_counted(database: None) -> None:
    event = await an_event(publish=False)
    item = await an_item(event)
    await speaking(item, "man", "man")
    await speaking(item, "woman", role="moderator")
    await speaking(item, "woman", status="declined")
    await speaking(item, "woman", status="invited")
    await speaking(item, "non_binary", "")
    assert await counts(event) == (1, 2, 1, 1)
    beside = (await parity_of(event.id)).panels[0][0].with_moderators
    assert (beside.women, beside.men) == (2, 2)


async def test_somebody_on_two_panels_counts_once_for_the_event(database: None) -> None:
    event = await an_event(publish=False)
    for title in ("First", "Second"):
        item = await an_item(event, title)
        await add(item, "Ada", email="ada@example.org", gender="woman", level="political")
        await add(item, "Bo", email="bo@example.org", gender="man", level="political")
    check = await parity_of(event.id)
    assert [finding.counts.everybody for _, finding in check.panels] == [2, 2]
    assert (check.event.counts.everybody, check.political.counts.everybody) == (2, 2)


async def test_the_political_level_is_checked_alone(database: None) -> None:
    event = await an_event(publish=False)
    item = await an_item(event)
    await speaking(item, "man", "man", level="political")
    await speaking(item, "woman", "woman")
    check = await parity_of(event.id)
    assert (check.result, check.political.result) == ("balanced", "unbalanced")


async def test_a_line_up_that_tips_over_after_publishing_is_told_to_the_organiser_once(database: None) -> None:
    event, item, slots = await published_with_a_balanced_panel()
    account = await an_account("programme", "other@example.org")
    await change_slot(slots[0], role="speaker", level="technical", status="declined", now=LATER, account_id=account)
    assert await told() == []  # one speaker is left, so there is nothing to check
    await speaking(item, "man", now=LATER)
    letters = await told()
    assert len(letters) == 1
    assert letters[0]["to"] == "dull@example.org"
    assert letters[0]["sentences"] == [
        "“Opening” has one gender only, 0 women and 2 men; it needs at least 1 of each: 1 woman is missing."
    ]
    assert letters[0]["event_url"].endswith(f"/staff/events/{event.slug}")
    await speaking(item, "man", now=LATER + timedelta(minutes=1))
    assert len(await told()) == 1  # it was out of balance before


async def test_a_letter_names_only_the_panel_that_tipped_and_no_person(database: None) -> None:
    event = await an_event(publish=False)
    agreed = await an_item(event, "Agreed")
    for name in ("Vladimir Unique", "Xavier Unique"):
        await add(agreed, name, gender="man")
    good = await an_item(event, "Good")
    ada = await add(good, "Adelaide Unique", gender="woman")
    await add(good, "Boris Unique", gender="man")
    account = await some_account()
    await publish_event(event.slug, exception_reason="Agreed.", may_except=True, now=NOW, account_id=account)
    await remove_speaker(ada, now=LATER, account_id=account)
    assert await told() == []
    await speaking(good, "man", now=LATER + timedelta(minutes=1))
    letters = await told()
    assert [[sentence[1:5] for sentence in letter["sentences"]] for letter in letters] == [["Good"]]
    assert "Unique" not in json.dumps(letters)


async def test_nobody_is_told_of_drafts_or_of_panels_that_stay_balanced(database: None) -> None:
    draft = await an_item(await an_event(publish=False))
    await speaking(draft, "man", "man", "man")
    _, item, _ = await published_with_a_balanced_panel()
    await speaking(item, "woman", now=LATER)
    assert await told() == []
