"""Two records made one, and two again."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventhub.database import Row, is_sqlite, sql
from eventhub.delegations.commands import (
    ByStaff,
    Contact,
    NewDelegate,
    Terms,
    add_delegate,
    replace_delegate,
    set_delegation,
)
from eventhub.delegations.queries import member_at
from eventhub.directory.people import person_with_email
from eventhub.directory.queries import persons
from eventhub.errors import NotFound, Refusal
from eventhub.feeds.commands import make_feed_link
from eventhub.feeds.queries import FeedKind, feed_by_token, of_person
from eventhub.merging.commands import NotToBeMerged, NotToBeUndone, merge_people, tell_apart, undo_merge
from eventhub.merging.queries import MOVED_ROWS, pairs_alike
from eventhub.registrations.commands import cancel_registration
from eventhub.registrations.queries import registration_by_link, standing_registration
from eventhub.speakers.commands import remove_speaker
from eventhub.speakers.queries import parity_of
from tests.looking import references
from tests.make import NOW, a_member, a_person, an_event, an_item, registered, some_account, speaking
from tests.registrations.looking import gender_of, letter_token_of, token_of

#: Tables that tell what was done; everything else must be as it was.
_TRACES = {"person_merge", "audit_entry", "schema_migration", "shared_stamp", "page_stamp", "figure_change"}


async def everything() -> dict[str, list[str]]:
    """Every row of every table, as text and sorted."""
    await some_account()  # not made in between
    if is_sqlite():
        names = [
            r["name"]
            for r in await sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        ]
    else:
        names = [r["tablename"] for r in await sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return {name: sorted(map(_text, await sql(f"SELECT * FROM {name}"))) for name in names if name not in _TRACES}


def _text(row: Row) -> str:
    return repr(sorted((name, str(value)) for name, value in row.items()))


async def person_of(done: Any) -> UUID:
    return UUID(str(done.registration.person))


async def merged(kept: UUID, other: UUID) -> UUID:
    return await merge_people(kept, other, now=NOW, account_id=await some_account())


async def undone(merge: UUID) -> None:
    await undo_merge(merge, now=NOW, account_id=await some_account())


async def slot(person: UUID, event: Any) -> UUID:
    item, new = await an_item(event, f"Item {uuid4().hex[:6]}"), uuid4()
    await sql(
        "INSERT INTO speaker_slot (id, programme_item, person, role, level, status, created_at) "
        "VALUES ({}, {}, {}, 'speaker', 'technical', 'confirmed', {})",
        new, item.id, person, NOW,
    )  # fmt: skip
    return new


async def states(person: UUID, gender: str, source: str = "self") -> None:
    await sql("DELETE FROM gender_statement WHERE person = {}", person)
    await sql(
        "INSERT INTO gender_statement (person, gender, source, purpose, consent_version, consent_language, stated_at) "
        "VALUES ({}, {}, {}, 'gender statistics', '2026-11', 'en', {})",
        person, gender, source, NOW,
    )  # fmt: skip


async def profile(person: UUID, biography: str) -> None:
    await sql("INSERT INTO speaker_profile (person, biography, updated_at) VALUES ({}, {}, {})", person, biography, NOW)


async def test_what_belongs_to_the_merged_record_belongs_to_the_kept_one(database):
    event, other = await an_event(), await an_event()
    ada = await registered(event, "Ada", email="ada@example.org")
    again = await registered(other, "Ada", email="ada@example.net")
    kept, gone = await person_of(ada), await person_of(again)
    part = await slot(gone, other)
    await profile(gone, "She counts.")
    await states(gone, "woman")
    await merged(kept, gone)
    assert {r["person"] for r in await sql("SELECT person FROM registration")} == {kept}
    assert [r["person"] for r in await sql("SELECT person FROM speaker_slot WHERE id = {}", part)] == [kept]
    assert [r["person"] for r in await sql("SELECT person FROM speaker_profile")] == [kept]
    assert {r["person"] for r in await sql("SELECT person FROM letter")} == {kept}
    assert (await gender_of(kept), await gender_of(gone)) == ("woman", None)
    found, total = await persons("ada", limit=10)
    assert [(one.id, total) for one in found] == [(kept, 1)]


async def test_personal_links_work_before_and_after(database):
    event, other = await an_event(), await an_event()
    ada = await registered(event, "Ada", email="ada@example.org")
    again = await registered(other, "Ada", email="ada@example.net")
    kept, gone = await person_of(ada), await person_of(again)

    async def works() -> None:
        for done in (ada, again):
            for token in (token_of(done), letter_token_of(done)):
                assert (await registration_by_link(token)).id == done.registration.id

    calendar = await make_feed_link(FeedKind.PERSON, gone, language="en", now=NOW)

    async def in_calendar() -> set[UUID]:
        person = (await feed_by_token(calendar)).subject
        return {seat.event for seat in (await of_person(person, NOW.date())).seats}

    await works()
    merge = await merged(kept, gone)
    await works()
    assert await in_calendar() == {event.id, other.id}
    await undone(merge)
    await works()
    assert await in_calendar() == {other.id}


async def test_the_merged_address_leads_to_the_kept_record(database):
    event = await an_event()
    ada = await registered(event, "Ada", email="ada@example.org")
    kept, gone = await person_of(ada), await a_person("Ada", "ada@example.net")
    merge = await merged(kept, gone)
    assert await person_with_email("ADA@example.net", name="Ada", now=NOW) == kept
    again = await registered(event, "Ada", email="ada@example.net")
    assert not again.is_new
    assert again.registration.id == ada.registration.id
    found = await standing_registration(event.id, "ada@example.net")
    assert found is not None
    await undone(merge)
    assert await person_with_email("ada@example.net", name="Ada", now=NOW) == gone


async def test_the_only_address_goes_along_and_comes_back(database):
    kept, gone = await a_person("Ada"), await a_person("Ada", "ada@example.net")
    before = await everything()
    merge = await merged(kept, gone)
    rows = await sql("SELECT id, email, email_key FROM person WHERE email IS NOT NULL")
    assert [(r["id"], r["email"], r["email_key"]) for r in rows] == [(kept, "ada@example.net", "ada@example.net")]
    await undone(merge)
    assert await everything() == before


async def test_two_registrations_at_one_event_hold_a_merge_back(database):
    event = await an_event(title="Care in the metropolis")
    ada = await registered(event, "Ada", email="ada@example.org")
    again = await registered(event, "Ada", email="ada@example.net")
    kept, gone = await person_of(ada), await person_of(again)
    before = await everything()
    with pytest.raises(NotToBeMerged) as refused:
        await merged(kept, gone)
    assert refused.value.sentences == (
        "Both are registered for “Care in the metropolis”. Cancel one of these registrations first.",
    )
    assert await everything() == before
    await cancel_registration(again.registration.id, now=NOW)
    await merged(kept, gone)


async def test_two_parts_in_one_item_hold_a_merge_back(database):
    event = await an_event()
    kept, gone = await a_person("Ada"), await a_person("Ada")
    part = await slot(kept, event)
    await sql(
        "INSERT INTO speaker_slot (id, programme_item, person, role, level, status, created_at) "
        "SELECT {}, programme_item, {}, role, level, status, created_at FROM speaker_slot WHERE id = {}",
        uuid4(), gone, part,
    )  # fmt: skip
    with pytest.raises(NotToBeMerged, match="Both are speakers of"):
        await merged(kept, gone)


async def test_two_answers_of_the_person_are_decided_by_nobody_else(database):
    kept, gone = await a_person("Ada", gender="woman"), await a_person("Ada", gender="man")
    with pytest.raises(NotToBeMerged) as refused:
        await merged(kept, gone)
    said = " ".join(refused.value.sentences)
    assert "Only the person can say which is right" in said
    assert "woman" not in said
    assert " man" not in said


async def test_what_the_person_said_wins_over_what_staff_noted_and_comes_back(database):
    kept, gone = await a_person("Ada"), await a_person("Ada")
    await states(kept, "man", "staff")
    await states(gone, "woman", "self")
    before = await everything()
    merge = await merged(kept, gone)
    assert await gender_of(kept) == "woman"
    await undone(merge)
    assert await everything() == before


@pytest.mark.parametrize("kept_before", [None, "staff"])
async def test_an_answer_changed_since_stays_and_nobody_gets_anothers(database, kept_before):
    kept, gone = await a_person("Ada"), await a_person("Ada", gender="woman")
    if kept_before:
        await states(kept, "man", kept_before)
    merge = await merged(kept, gone)
    await sql(
        "UPDATE gender_statement SET gender = 'undisclosed', stated_at = {} WHERE person = {}",
        NOW.replace(hour=11),
        kept,
    )
    await undone(merge)
    assert (await gender_of(kept), await gender_of(gone)) == ("undisclosed", None)


async def test_nothing_of_the_answer_is_kept_in_the_merge_or_the_trail(database):
    kept, gone = await a_person("Ada"), await a_person("Ada", "ada@example.net", gender="non_binary")
    await merged(kept, gone)
    kept_text = str(await sql("SELECT detail FROM person_merge")) + str(await sql("SELECT detail FROM audit_entry"))
    assert "non_binary" not in kept_text
    assert "ada@example.net" not in kept_text


async def test_what_came_since_stays_with_the_kept_record(database):
    event, later = await an_event(), await an_event()
    kept = await a_person("Ada", "ada@example.org")
    again = await registered(event, "Ada", email="ada@example.net")
    gone = await person_of(again)
    merge = await merged(kept, gone)
    since = await registered(later, "Ada", email="ada@example.org")
    await undone(merge)
    assert await person_of(again) == gone
    rows = {r["id"]: r["person"] for r in await sql("SELECT id, person FROM registration")}
    assert rows == {again.registration.id: gone, since.registration.id: kept}


async def test_a_chain_of_merges_is_undone_from_its_end(database):
    event = await an_event()
    done = await registered(event, "Ada", email="a@example.org")
    first, second, third = (
        await person_of(done),
        await a_person("Ada", "b@example.org"),
        await a_person("Ada", "c@example.org"),
    )
    before = await everything()
    one = await merged(second, first)
    two = await merged(third, second)
    assert await person_with_email("a@example.org", name="Ada", now=NOW) == third
    assert [r["person"] for r in await sql("SELECT person FROM registration")] == [third]
    with pytest.raises(NotToBeUndone, match="Undo that merge first"):
        await undone(one)
    await undone(two)
    await undone(one)
    assert await everything() == before
    with pytest.raises(NotToBeUndone, match="was undone before"):
        await undone(one)


async def test_merges_that_make_no_sense_are_refused(database):
    kept, gone = await a_person("Ada"), await a_person("Ada")
    with pytest.raises(NotToBeMerged, match="the same record"):
        await merged(kept, kept)
    for one, other in ((kept, uuid4()), (uuid4(), kept)):
        with pytest.raises(NotFound):
            await merged(one, other)
    with pytest.raises(NotFound):
        await undone(uuid4())
    await merged(kept, gone)
    for one, other in ((kept, gone), (gone, kept), (await a_person("Bo"), gone), (gone, await a_person("Bo"))):
        with pytest.raises(NotToBeMerged, match="was merged into another record already"):
            await merged(one, other)


async def test_of_two_merges_at_once_one_is_done(database):
    event = await an_event()
    done = await registered(event, "Ada", email="a@example.org")
    one, other = await person_of(done), await a_person("Ada", "b@example.org")
    before = await everything()
    answers = await asyncio.gather(merged(one, other), merged(other, one), merged(one, other), return_exceptions=True)
    merges = [answer for answer in answers if isinstance(answer, UUID)]
    assert len(merges) == 1
    assert all(isinstance(answer, NotToBeMerged) for answer in answers if answer not in merges)
    assert len(await sql("SELECT id FROM person_merge")) == 1
    answers = await asyncio.gather(undone(merges[0]), undone(merges[0]), return_exceptions=True)
    assert [type(answer) for answer in answers if answer] == [NotToBeUndone]
    assert await everything() == before


async def test_registering_during_a_merge_never_makes_two_registrations_of_one_person(database):
    event, other = await an_event(), await an_event()
    ada = await registered(other, "Ada", email="a@example.org")
    gone = await person_of(ada)
    kept = await a_person("Ada", "b@example.org")
    await asyncio.gather(
        merged(kept, gone),
        registered(event, "Ada", email="b@example.org"),
        registered(event, "Bo"),
        cancel_registration(ada.registration.id, now=NOW),
        return_exceptions=False,
    )
    rows = await sql("SELECT person FROM registration WHERE event = {} AND status = 'confirmed'", event.id)
    assert len({r["person"] for r in rows}) == len(rows) == 2


async def test_who_registers_while_records_are_merged_registers_as_the_one_that_is_kept(database):
    events = [await an_event(title=f"Event {number}") for number in range(6)]
    for number in range(6):
        done = await registered(events[number - 1], "Ada", email=f"gone{number}@example.org")
        gone, kept = await person_of(done), await a_person("Ada", f"kept{number}@example.org")
        await asyncio.gather(
            *(registered(event, "Ada", email=f"gone{number}@example.org") for event in events[:3]),
            merged(kept, gone),
            *(registered(event, "Ada", email=f"gone{number}@example.org") for event in events[3:]),
        )
        rows = await sql("SELECT event FROM registration WHERE person = {} AND status = 'confirmed'", kept)
        assert len(rows) == len({row["event"] for row in rows}) == 6
        assert await sql("SELECT id FROM registration WHERE person = {}", gone) == []


async def test_a_pair_told_apart_is_offered_no_more(database):
    for number in range(2):
        done = await person_with_email(
            f"ada{number}@example.org", name="Ada  LOVELACE", organisation="City Hall", now=NOW
        )
    assert done
    (pair,) = await pairs_alike()
    await tell_apart(pair.merged, pair.kept, now=NOW, account_id=await some_account())
    await tell_apart(pair.kept, pair.merged, now=NOW, account_id=await some_account())
    assert await pairs_alike() == []
    assert len(await sql("SELECT id FROM audit_entry WHERE action = 'tell_people_apart'")) == 1
    with pytest.raises(NotFound):
        await tell_apart(pair.kept, uuid4(), now=NOW, account_id=await some_account())


async def test_merged_records_are_offered_no_more(database):
    kept = await person_with_email("a@example.org", name="Ádà", organisation="City hall", now=NOW)
    gone = await person_with_email("b@example.org", name="ada", organisation="CITY HALL", now=NOW)
    assert len(await pairs_alike()) == 1
    merge = await merged(kept, gone)
    assert await pairs_alike() == []
    await undone(merge)
    assert len(await pairs_alike()) == 1


SIDES = st.fixed_dictionaries(
    {
        "email": st.booleans(),
        "events": st.sets(st.integers(0, 2)),
        "slots": st.integers(0, 2),
        "gender": st.sampled_from([None, ("woman", "self"), ("man", "staff"), ("woman", "staff")]),
        "profile": st.booleans(),
    }
)


async def _made(side: dict[str, Any], name: str, events: list[Any]) -> UUID:
    if side["email"]:
        person = await person_with_email(f"{uuid4().hex}@example.org", name=name, now=NOW)
        address = (await sql("SELECT email FROM person WHERE id = {}", person))[0]["email"]
        for number in sorted(side["events"]):
            await registered(events[number], name, email=address)
    else:
        person = await a_person(name)
    for _ in range(side["slots"]):
        await slot(person, events[0])
    if side["gender"]:
        await states(person, *side["gender"])
    if side["profile"]:
        await profile(person, name)
    return person


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(one=SIDES, other=SIDES)
async def test_merging_and_undoing_leaves_every_table_as_it_was(database, one, other):
    events = [await an_event(capacity=2, title=f"Event {uuid4().hex}") for _ in range(3)]
    kept, gone = await _made(one, "Ada", events), await _made(other, "Ada", events)
    before = await everything()
    together = one["email"] and other["email"] and one["events"] & other["events"]
    undecided = {one["gender"], other["gender"]} == {("man", "staff"), ("woman", "staff")}
    if together or undecided:
        with pytest.raises(NotToBeMerged):
            await merged(kept, gone)
    else:
        merge = await merged(kept, gone)
        assert not await sql("SELECT id FROM registration WHERE person = {}", gone)
        assert await everything() != before
        await undone(merge)
    assert await everything() == before


# What hangs on the persons


async def seat_on(item: Any, person: UUID) -> None:
    await sql(
        "INSERT INTO speaker_slot (id, programme_item, person, role, level, status, created_at) "
        "VALUES ({}, {}, {}, 'panellist', 'technical', 'confirmed', {})",
        uuid4(), item.id, person, NOW,
    )  # fmt: skip


async def told() -> list[tuple[str, str]]:
    rows = await sql("SELECT recipient_address, facts FROM letter WHERE kind = 'parity_tipped' ORDER BY created_at, id")
    return [(row["recipient_address"], " ".join(msgspec.json.decode(row["facts"])["sentences"])) for row in rows]


async def gate(event: Any) -> str:
    return str((await parity_of(event.id)).result)


async def test_a_merge_that_tips_a_panel_over_is_told_to_the_leads_and_so_is_no_other(database):
    event, quiet = await an_event(title="Care"), await an_event(title="Water")
    item, balanced = await an_item(event, "Who cares?"), await an_item(quiet, "Who drinks?")
    await speaking(item, "man")
    await speaking(balanced, "man", "woman", "man", "woman")
    kept, gone = await a_person("Ada"), await a_person("Ada")
    await states(kept, "man", "self")
    await states(gone, "woman", "staff")
    await seat_on(item, gone)
    await seat_on(balanced, kept)
    assert (await gate(event), await gate(quiet)) == ("balanced", "balanced")
    before = await everything()
    merge = await merged(kept, gone)
    assert (await gate(event), await gate(quiet)) == ("unbalanced", "balanced")
    ((address, said),) = await told()
    assert address == "dull@example.org"
    assert "Who cares?" in said
    await undone(merge)
    assert await gate(event) == "balanced"
    assert len(await told()) == 1  # a panel that is in balance again is no news
    await sql("DELETE FROM letter WHERE kind = 'parity_tipped'")
    assert await everything() == before


async def test_undoing_a_merge_that_had_brought_balance_is_told_too(database):
    event = await an_event(title="Care")
    item = await an_item(event, "Who cares?")
    await speaking(item, "man")
    kept, gone = await a_person("Ada"), await a_person("Ada", gender="woman")
    await seat_on(item, kept)
    assert await gate(event) == "unknown"
    merge = await merged(kept, gone)
    assert (await gate(event), await told()) == ("balanced", [])
    await undone(merge)
    assert await gate(event) == "unknown"
    assert [address for address, _ in await told()] == ["dull@example.org"]


@pytest.mark.parametrize("state", ["draft", "over", "exempt", "declined"])
async def test_nobody_is_told_of_panels_that_hold_nothing_back(database, state):
    event = await an_event(title="Care", publish=state != "draft")
    item = await an_item(event, "Who cares?")
    await speaking(item, "man")
    kept, gone = await a_person("Ada"), await a_person("Ada")
    await states(kept, "man", "self")
    await states(gone, "woman", "staff")
    await seat_on(item, gone)
    if state == "over":
        await sql(
            "UPDATE event SET starts_on = '2020-01-01', ends_on = '2020-01-01', starts_at = {}, ends_at = {} WHERE id = {}",
            NOW.replace(year=2020), NOW.replace(year=2020, hour=23), event.id,
        )  # fmt: skip
    if state == "exempt":
        await sql("UPDATE event SET parity_exempt_reason = 'A meeting of two.' WHERE id = {}", event.id)
    if state == "declined":
        await sql("UPDATE speaker_slot SET status = 'declined' WHERE person = {}", gone)
    await merged(kept, gone)
    assert await told() == []


async def test_one_person_twice_on_a_panel_is_one_speaker_once_a_slot_is_gone_and_the_leads_hear_of_it(database):
    event = await an_event(title="Care")
    item = await an_item(event, "Who cares?")
    await speaking(item, "man", "man", "man")
    kept, gone = await a_person("Ada", gender="woman"), await a_person("Ada", gender="woman")
    await seat_on(item, kept)
    await seat_on(item, gone)
    assert await gate(event) == "balanced"  # two of five, as long as she is counted twice
    with pytest.raises(NotToBeMerged, match="Take one of them off first"):
        await merged(kept, gone)
    (twice,) = await sql("SELECT id FROM speaker_slot WHERE person = {}", gone)
    await remove_speaker(twice["id"], now=NOW, account_id=await some_account())
    await merged(kept, gone)
    assert await gate(event) == "unbalanced"  # one of four
    assert len(await told()) == 1


async def test_colleagues_who_turn_out_to_be_one_leave_quota_and_parts_as_they_are(database):
    await a_member()
    event = await an_event(title="Assembly", kind="general_assembly")
    who = ByStaff(event.slug, "barcelona", await some_account())
    await set_delegation(
        event.slug, "barcelona", Terms(2, 1), Contact("C", "c@example.org", "en"), now=NOW, account_id=who.account_id
    )
    await add_delegate(who, NewDelegate("Ada", "a@example.org", "head"), now=NOW)
    with pytest.raises(Refusal):
        await add_delegate(who, NewDelegate("Bo", "bo@example.org", "head"), now=NOW)
    (first,) = await sql("SELECT id, person FROM registration")
    await replace_delegate(who, first["id"], NewDelegate("Ada", "b@example.org"), now=NOW)
    (again,) = await sql("SELECT person FROM registration WHERE id <> {}", first["id"])
    gone, kept = first["person"], again["person"]
    before, desk = await everything(), await member_at(event, "barcelona")
    merge = await merged(kept, gone)
    after = await member_at(event, "barcelona")
    assert [(one.id, one.part, one.is_standing) for one in after.people] == [
        (one.id, one.part, one.is_standing) for one in desk.people
    ]
    assert (len(after.standing), len(after.left), after.lacking) == (1, 1, desk.lacking)
    await undone(merge)
    assert await everything() == before


@pytest.mark.parametrize("status", ["pending", "offered", "waitlisted", "confirmed"])
async def test_two_registrations_at_one_event_hold_a_merge_back_whatever_they_wait_for(database, status):
    event = await an_event(title="Care")
    ada = await registered(event, "Ada", email="ada@example.org")
    again = await registered(event, "Ada", email="ada@example.net")
    await sql(
        "UPDATE registration SET status = {}, queue_place = {}, offer_until = {} WHERE id = {}",
        status, 1 if status == "waitlisted" else None, NOW if status == "offered" else None, again.registration.id,
    )  # fmt: skip
    with pytest.raises(NotToBeMerged, match="Both are registered for “Care”"):
        await merged(await person_of(ada), await person_of(again))


async def an_answer(person: UUID, event: Any, uid: str) -> None:
    await sql(
        "INSERT INTO calendar_answer (id, person, calendar_uid, event, answer, comment, sequence, stamped_at, answered_at) "
        "VALUES ({}, {}, {}, {}, 'accepted', '', 0, {}, {})",
        uuid4(), person, uid, event.id, NOW, NOW,
    )  # fmt: skip


async def test_what_a_person_has_once_moves_unless_the_other_record_has_it_as_well_and_comes_back(database):
    event, other = await an_event(), await an_event()
    kept, gone = await a_person("Ada"), await a_person("Ada", "ada@example.net")
    for person, what in ((gone, None), (gone, event.id), (kept, event.id), (gone, other.id)):
        await sql(
            "INSERT INTO opt_out (id, person, event, opted_out_at) VALUES ({}, {}, {}, {})", uuid4(), person, what, NOW
        )
    for person, uid in ((kept, "one"), (gone, "one"), (gone, "two")):
        await an_answer(person, event, uid)
    before = await everything()
    merge = await merged(kept, gone)
    rows = await sql("SELECT event FROM opt_out WHERE person = {}", kept)
    assert {row["event"] for row in rows} == {None, event.id, other.id}
    assert len(rows) == 3
    rows = await sql("SELECT calendar_uid FROM calendar_answer WHERE person = {} ORDER BY calendar_uid", kept)
    assert [row["calendar_uid"] for row in rows] == ["one", "two"]
    await undone(merge)
    assert await everything() == before


async def test_a_merge_of_before_a_table_was_there_can_still_be_undone(database):
    kept, gone = await a_person("Ada"), await a_person("Ada")
    merge = await merged(kept, gone)
    detail = msgspec.json.decode((await sql("SELECT detail FROM person_merge"))[0]["detail"])
    del detail["opt_out"], detail["calendar_answer"]
    await sql("UPDATE person_merge SET detail = {}", msgspec.json.encode(detail).decode())
    await undone(merge)
    assert await sql("SELECT id FROM person WHERE merged_into IS NOT NULL") == []


async def test_every_row_that_names_a_person_is_moved_or_has_a_reason_to_stay(database):
    decided = {(table, column) for table, column in MOVED_ROWS.items()} | {
        ("gender_statement", "person"),  # exchanged as a whole, or left to its own record
        ("speaker_profile", "person"),  # moves when the kept record has none
        ("person_merge", "kept"),  # what was done, by which it is undone
        ("person_merge", "merged"),
    }
    assert {(table, column) for table, column, target in await references() if target == "person"} == decided
