"""Two records made one, and two again."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventhub.database import Row, is_sqlite, sql
from eventhub.directory.people import person_with_email
from eventhub.directory.queries import persons
from eventhub.errors import NotFound
from eventhub.merging.commands import NotToBeMerged, NotToBeUndone, merge_people, tell_apart, undo_merge
from eventhub.merging.queries import pairs_alike
from eventhub.registrations.commands import cancel_registration
from eventhub.registrations.queries import events_of_person, registration_by_link, standing_registration
from tests.make import NOW, a_person, an_event, an_item, registered, some_account
from tests.registrations.looking import gender_of, letter_token_of, token_of

#: Tables that tell what was done; everything else must be as it was.
_TRACES = {"person_merge", "audit_entry", "schema_migration", "shared_stamp", "page_stamp"}


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

    await works()
    merge = await merged(kept, gone)
    await works()
    assert {one.id for one in await events_of_person(gone)} == {event.id, other.id}
    await undone(merge)
    await works()
    assert {one.id for one in await events_of_person(gone)} == {other.id}


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
