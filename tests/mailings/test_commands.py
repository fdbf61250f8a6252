import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.database import sql
from eventhub.errors import Problems
from eventhub.events.queries import event_by_slug
from eventhub.mail.queries import letter_by_id, wording_by_id
from eventhub.mail.rendering import RenderedLetter, render
from eventhub.mail.rules import WORDABLE_KINDS, Wording
from eventhub.mailings import commands
from eventhub.mailings.commands import (
    NotPlannedAnyMore,
    WordingChanged,
    change_plan,
    copy_wordings,
    plan_letter,
    propose_presets,
    send_test,
    send_to_group,
    use_usual_wording,
    withdraw_plan,
    word_letter,
    write_due,
)
from eventhub.mailings.previews import preview, trial_letter
from eventhub.mailings.queries import planned_by_id, planned_of, recipients, somebodies, wording_in_force
from eventhub.mailings.rules import DAY, HOUR, Narrowing, Plan
from eventhub.registrations.commands import cancel_registration
from tests.make import NOW, a_member, a_person, an_event, an_item, registered, some_account, speaking

STARTS = datetime(2099, 3, 1, 9, tzinfo=UTC)
HELLO = {"en": Wording("About [title]", "Dear [name], bring shoes.")}


async def letters(kind: str) -> list[dict[str, Any]]:
    return await sql("SELECT * FROM letter WHERE kind = {} ORDER BY recipient_name", kind)


async def shown(letter_id: UUID) -> RenderedLetter:
    row, facts = await letter_by_id(letter_id)
    return render(
        row.kind, row.language, facts, recipient_address=row.recipient_address, person_id=row.person,
        wording=await wording_by_id(row.wording),
    )  # fmt: skip


async def actions() -> list[str]:
    return [row["action"] for row in await sql("SELECT action FROM audit_entry ORDER BY at, id")]


async def planned(event: Any, **changes: Any) -> UUID:
    key = uuid4()
    plan = replace(Plan("planned_message", "registered", "start", -DAY, texts=HELLO), **changes)
    await plan_letter(event, plan, key=key, now=NOW, account_id=await some_account())
    return key


async def worded(event: Any, text: Wording, *, seen: UUID | None = None, kind: str = "registration_confirmed") -> Any:
    await word_letter(event, kind, "en", text, seen=seen, now=NOW, account_id=await some_account())
    return await wording_in_force(event.id, kind, "en")


async def test_new_words_reach_letters_that_wait_and_later_ones_but_none_that_was_tried(database: None) -> None:
    event = await an_event()
    await registered(event, "Ana First")
    await registered(event, "Bo Second")
    await sql("UPDATE letter SET attempts = 1 WHERE recipient_name = 'Bo Second'")
    row = await worded(event, Wording("Seat at [title]", "Welcome."))
    await registered(event, "Cy Third")
    assert [letter["wording"] for letter in await letters("registration_confirmed")] == [row.id, None, row.id]
    first = await shown((await letters("registration_confirmed"))[0]["id"])
    assert first.subject == "Seat at Care in the metropolis"
    assert "Welcome." in first.text
    assert (await actions()).count("word_letter") == 1


async def test_an_edit_replaces_and_a_letter_tried_before_keeps_its_words(database: None) -> None:
    event = await an_event()
    await registered(event, "Ana First")
    old = await worded(event, Wording("Old", "Old words."))
    await sql("UPDATE letter SET attempts = 1")
    new = await worded(event, Wording("New", "New words."), seen=old.id)
    (letter,) = await letters("registration_confirmed")
    assert letter["wording"] == old.id
    assert (await shown(letter["id"])).subject == "Old"
    rows = await sql("SELECT id, subject, replaced_at FROM letter_wording")
    assert {row["subject"]: row["replaced_at"] is None for row in rows} == {"Old": False, "New": True}
    assert new.subject == "New"


async def test_the_usual_wording_comes_back_to_letters_that_wait(database: None) -> None:
    event = await an_event()
    await registered(event, "Ana First")
    usual = (await shown((await letters("registration_confirmed"))[0]["id"])).subject
    row = await worded(event, Wording("Mine", "Mine."))
    await use_usual_wording(
        event, "registration_confirmed", "en", seen=row.id, now=NOW, account_id=await some_account()
    )
    assert await wording_in_force(event.id, "registration_confirmed", "en") is None
    assert (await shown((await letters("registration_confirmed"))[0]["id"])).subject == usual


async def test_of_two_who_word_a_letter_the_later_one_is_told(database: None) -> None:
    event = await an_event()
    row = await worded(event, Wording("First", "First."))
    with pytest.raises(WordingChanged):
        await worded(event, Wording("Second", "Second."))
    stands = await wording_in_force(event.id, "registration_confirmed", "en")
    assert stands is not None
    assert (stands.id, stands.subject) == (row.id, "First")
    results = await asyncio.gather(
        *(worded(event, Wording(f"At once {n}", "Text."), seen=row.id) for n in range(4)), return_exceptions=True
    )
    assert sorted(isinstance(one, WordingChanged) for one in results) == [False, True, True, True]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (Wording("", "x"), "subject"),
        (Wording("x", " "), "body"),
        (Wording("s" * 501, "x"), "subject"),
        (Wording("s", "x" * 5001), "body"),
        (Wording("s", "Dear [nobody]"), "body"),
        (Wording("s", "Dear [name"), "body"),
    ],
)
async def test_a_wording_with_a_fault_is_not_kept(database: None, text: Wording, field: str) -> None:
    event = await an_event()
    with pytest.raises(Problems) as caught:
        await worded(event, text)
    assert set(caught.value.fields) == {field}
    assert await sql("SELECT 1 FROM letter_wording") == []


CODE = "{{ 7 * 7 }} {% raise %} %(name)s {0} ${x} <script>alert(1)</script> {# no #} [name]"


async def test_no_wording_is_ever_run_as_code(database: None) -> None:
    event = await an_event()
    for kind in WORDABLE_KINDS:
        await worded(event, Wording(f"{CODE[:90]}", CODE), kind=kind)
        for language in ("en", "es", "fr"):
            letter = (await preview(kind, event, None, language, now=NOW)).letter
            if language == "en":
                assert "{{ 7 * 7 }} {% raise %} %(name)s {0} ${x}" in letter.text
                assert letter.subject.startswith("{{ 7 * 7 }} {% raise %} %(name)s")
                assert "&lt;script&gt;" in letter.html
            assert "<script" not in letter.html
            assert "49" not in letter.subject


async def test_what_a_name_contains_is_not_filled_in_again(database: None) -> None:
    event = await an_event()
    await worded(event, Wording("For you", "Dear [name]."))
    await registered(event, "[link] {{ 7*7 }}")
    text = (await shown((await letters("registration_confirmed"))[0]["id"])).text
    assert "Dear [link] {{ 7*7 }}." in text


async def test_the_next_edition_has_the_wordings_of_the_last(database: None) -> None:
    event, other = await an_event(), await an_event(title="Next")
    row = await worded(event, Wording("Mine", "Mine."))
    await copy_wordings(event.id, other.id, now=NOW, account_id=await some_account())
    copied = await wording_in_force(other.id, "registration_confirmed", "en")
    assert copied is not None
    assert (copied.subject, copied.id == row.id) == ("Mine", False)


async def test_a_planned_letter_is_written_once_its_time_has_come_and_once_only(database: None) -> None:
    event = await an_event()
    await registered(event, "Ana First")
    await registered(event, "Bo Second", language="fr")
    key = await planned(event, texts={**HELLO, "fr": Wording("Sujet", "Texte [name]")})
    assert await write_due(STARTS - timedelta(days=1, seconds=1)) == (0, 0)
    assert await write_due(STARTS - timedelta(days=1)) == (1, 0)
    assert await write_due(STARTS - timedelta(days=1)) == (0, 0)
    found = await letters("planned_message")
    assert [(row["recipient_name"], row["planned"]) for row in found] == [("Ana First", key), ("Bo Second", key)]
    assert [row["dedupe_key"] for row in found] == [f"planned:{key}:{row['person']}" for row in found]
    first, second = [await shown(row["id"]) for row in found]
    assert (first.subject, second.subject) == ("About Care in the metropolis", "Sujet")
    assert "Dear Ana First, bring shoes." in first.text
    assert first.unsubscribe
    row = await planned_by_id(event.id, key)
    assert (row.status, row.recipients) == ("written", 2)
    assert {"plan_letter", "write_to_group"} <= set(await actions())


async def test_its_time_is_that_of_the_event_as_it_stands(database: None) -> None:
    event = await an_event()
    await registered(event, "Ana First")
    await planned(event)
    await sql("UPDATE event SET starts_at = {}, ends_at = NULL WHERE id = {}", STARTS + timedelta(days=5), event.id)
    assert await write_due(STARTS - timedelta(days=1)) == (0, 0)
    assert await write_due(STARTS + timedelta(days=4)) == (1, 0)


async def test_two_processes_write_a_planned_letter_once(database: None) -> None:
    event = await an_event()
    for n in range(3):
        await registered(event, f"Person {n}")
    await planned(event)
    await planned(event, kind="reminder", texts={})
    results = await asyncio.gather(*(write_due(STARTS - timedelta(days=1)) for _ in range(4)))
    assert sum(written for written, _ in results) == 2
    assert (len(await letters("planned_message")), len(await letters("reminder"))) == (3, 3)
    assert (await actions()).count("write_to_group") == 2


async def test_without_the_claim_two_processes_would_both_have_written(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the test above would see if the status were not looked at under the lock."""
    event = await an_event()
    await registered(event, "Person")
    key = await planned(event)
    row = await planned_by_id(event.id, key)
    await asyncio.gather(*(commands._write(event, row, now=NOW, account_id=None) for _ in range(2)))
    assert (await actions()).count("write_to_group") == 2
    assert len(await letters("planned_message")) == 1, "the dedupe key holds even then"


@pytest.mark.parametrize(("minutes", "late", "became"), [
    (-DAY, timedelta(hours=6), "written"),
    (-DAY, timedelta(hours=6, seconds=1), "missed"),
    (-HOUR, timedelta(minutes=59), "written"),
    (-HOUR, timedelta(hours=1, seconds=1), "missed"),
])  # fmt: skip
async def test_a_letter_that_is_too_late_is_missed_and_never_sent(
    database: None, minutes: int, late: timedelta, became: str
) -> None:
    event = await an_event()
    await registered(event, "Ana First")
    key = await planned(event, kind="reminder", texts={}, minutes=minutes)
    moment = STARTS + timedelta(minutes=minutes) + late
    await write_due(moment)
    await write_due(moment)
    assert (await planned_by_id(event.id, key)).status == became
    assert len(await letters("reminder")) == (1 if became == "written" else 0)
    assert (await actions()).count("miss_planned_letter") == (1 if became == "missed" else 0)


async def test_nothing_is_written_about_a_cancelled_event(database: None) -> None:
    event = await an_event()
    await registered(event, "Ana First")
    key = await planned(event)
    await sql("UPDATE event SET status = 'cancelled' WHERE id = {}", event.id)
    assert await write_due(NOW) == (0, 1)
    assert (await planned_by_id(event.id, key)).status == "missed"
    assert await letters("planned_message") == []
    cancelled = await event_by_slug(event.slug)
    with pytest.raises(Problems):
        await planned(cancelled)


async def test_who_cancelled_or_wants_no_such_letters_gets_none(database: None) -> None:
    event = await an_event()
    ana, bo = await registered(event, "Ana First"), await registered(event, "Bo Second")
    await registered(event, "Cy Third")
    await planned(event)
    await sql(
        "INSERT INTO opt_out (id, person, event, opted_out_at) VALUES ({}, {}, {}, {})",
        uuid4(), ana.registration.person, event.id, NOW,
    )  # fmt: skip
    await cancel_registration(bo.registration.id, now=NOW)
    await write_due(STARTS - timedelta(days=1))
    assert [row["recipient_name"] for row in await letters("planned_message")] == ["Cy Third"]


async def test_one_failing_letter_does_not_hold_up_the_others(
    database: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event = await an_event()
    await registered(event, "Ana First")
    bad, good = await planned(event), await planned(event)
    await sql("UPDATE planned_letter SET texts = 'broken' WHERE id = {}", bad)
    with caplog.at_level(logging.CRITICAL):
        assert await write_due(STARTS - timedelta(days=1)) == (1, 0)
    assert (await planned_by_id(event.id, bad)).status == "planned"
    assert (await planned_by_id(event.id, good)).status == "written"


async def test_a_planned_letter_is_changed_and_withdrawn_until_it_is_written(database: None) -> None:
    event, account = await an_event(), await some_account()
    key = await planned(event)
    plan = Plan("planned_message", "waiting", "start", -HOUR, texts=HELLO)
    await change_plan(event, key, plan, version=1, now=NOW, account_id=account)
    with pytest.raises(NotPlannedAnyMore):
        await change_plan(event, key, plan, version=1, now=NOW, account_id=account)
    row = await planned_by_id(event.id, key)
    assert (row.audience, row.minutes, row.version) == ("waiting", -HOUR, 2)
    await withdraw_plan(event, key, now=NOW, account_id=account)
    await withdraw_plan(event, key, now=NOW, account_id=account)
    assert (await actions()).count("withdraw_plan") == 1
    assert await write_due(STARTS - timedelta(hours=1)) == (0, 0)
    other = await planned(event)
    await write_due(STARTS - timedelta(days=1))
    with pytest.raises(NotPlannedAnyMore):
        await withdraw_plan(event, other, now=NOW, account_id=account)


async def test_the_usual_letters_are_planned_by_a_button_and_not_twice(database: None) -> None:
    event, account = await an_event(), await some_account()
    assert await planned_of(event.id) == [], "nothing is planned silently"
    assert await propose_presets(event, now=NOW, account_id=account) == 4
    assert await propose_presets(event, now=NOW, account_id=account) == 0
    rows = await planned_of(event.id)
    assert [(row.kind, row.audience, row.minutes) for row in rows] == [
        ("reminder", "registered", -14 * DAY),
        ("reminder", "registered", -DAY),
        ("reminder", "registered", -HOUR),
        ("planned_message", "attended", DAY),
    ]
    assert set(rows[-1].wordings) == {"en", "es", "fr"}
    draft = await an_event(publish=False, title="Draft")
    with pytest.raises(Problems):
        await propose_presets(draft, now=NOW, account_id=account)


async def test_a_letter_to_a_group_leaves_at_once_and_the_same_form_writes_once(database: None) -> None:
    event, account = await an_event(), await some_account()
    await registered(event, "Ana First")
    key, plan = uuid4(), Plan("planned_message", "registered", "instant", texts=HELLO)
    assert await send_to_group(event, plan, key=key, now=NOW, account_id=account) == 1
    assert await send_to_group(event, plan, key=key, now=NOW, account_id=account) == 1
    assert len(await letters("planned_message")) == 1
    with pytest.raises(Problems) as caught:
        await send_to_group(event, replace(plan, audience="waiting"), key=uuid4(), now=NOW, account_id=account)
    assert set(caught.value.fields) == {"audience"}
    assert len(await planned_of(event.id)) == 1, "what reaches nobody leaves nothing behind"


async def test_audiences_are_who_they_say(database: None) -> None:
    event = await an_event(2, mode="hybrid", place="Room 1, Lima", country="PE")
    await a_member("Barcelona")
    here = await registered(event, "Here", attends="on_site", language="es", member="barcelona")
    await registered(event, "Online", attends="online")
    await registered(event, "Waiting", attends="online")
    await sql(
        "INSERT INTO attendance (id, registration, mode, source, recorded_at) VALUES ({}, {}, 'on_site', 'staff', {})",
        uuid4(), here.registration.id, NOW,
    )  # fmt: skip
    item = await an_item(event)
    await speaking(item, "woman", name="Speaker", email="speaker@example.org")
    await speaking(await an_item(event, "Closing"), "woman", name="Speaker", email="speaker@example.org")

    async def names(audience: str, **only: str) -> list[str]:
        found = await recipients(event, audience, Narrowing(**only))
        return sorted(one.name for one in found.found.values())

    assert await names("registered") == ["Here", "Online"]
    assert await names("registered", attends="online") == ["Online"]
    assert await names("registered", language="es") == ["Here"]
    assert await names("registered", member="barcelona") == ["Here"]
    assert await names("registered", region="europe") == ["Here"]
    assert await names("registered", region="nowhere") == []
    assert await names("waiting") == ["Waiting"]
    assert await names("pending") == []
    assert await names("attended") == ["Here"]
    assert await names("absent") == ["Online"]
    assert await names("speakers") == ["Speaker"]
    assert await names("delegations", region="europe", language="en") == []
    assert await names("cohort", region="europe", member="x", language="en") == []


async def test_the_cohort_of_a_lab_and_heads_of_delegations_are_reached(database: None) -> None:
    from tests.make import a_lab

    event, lab = await an_event(), await a_lab()
    await a_member("Lima")
    await sql("INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, 1)", event.id, lab.id)
    person = await a_person("Cohort Member", "cohort@example.org")
    await sql(
        "INSERT INTO lab_participant (id, lab, person, role, joined_at) VALUES ({}, {}, {}, 'expert', {})",
        uuid4(), lab.id, person, NOW,
    )  # fmt: skip
    member = (await sql("SELECT id FROM member"))[0]["id"]
    await sql(
        "INSERT INTO delegation (id, event, member, contact_name, contact_email, language, invited_at) "
        "VALUES ({}, {}, {}, 'Head', 'head@example.org', 'fr', {})",
        uuid4(), event.id, member, NOW,
    )  # fmt: skip
    for audience, name in (("cohort", "Cohort Member"), ("delegations", "Head")):
        plan = Plan("planned_message", audience, "instant", texts=HELLO)
        account = await some_account()
        assert await send_to_group(event, plan, key=uuid4(), now=NOW, account_id=account) == 1
        assert name in [row["recipient_name"] for row in await letters("planned_message")]
    for row in await letters("planned_message"):
        assert (await shown(row["id"])).text


async def test_five_thousand_people_cost_a_constant_number_of_queries_a_batch(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eventhub.mail import batches

    event, account = await an_event(), await some_account()
    pool = (await sql("SELECT id FROM seat_pool WHERE event = {}", event.id))[0]["id"]
    many = 5000
    for start in range(0, many, 200):
        people = [(uuid4(), n) for n in range(start, start + 200)]
        columns = ", ".join("({}, {}, {}, {}, {}, {}, {}, {})" for _ in people)
        await sql(
            f"INSERT INTO person (id, name, email, email_key, language, organisation, country, created_at) VALUES {columns}",
            *(
                v
                for key, n in people
                for v in (key, f"P{n}", f"p{n}@example.org", f"p{n}@example.org", "en", "", "", NOW)
            ),
        )
        columns = ", ".join(
            "({}, {}, {}, {}, 'P', 'confirmed', 'online', 'en', '', '', '', '', '', {}, {})" for _ in people
        )
        await sql(
            "INSERT INTO registration (id, event, pool, person, name, status, attends, language, organisation, city, country, time_zone, answers, registered_at, status_at) "
            f"VALUES {columns}",
            *(v for key, _ in people for v in (uuid4(), event.id, pool, key, NOW, NOW)),
        )
    asked = 0

    async def counted(*args: Any) -> Any:
        nonlocal asked
        asked += 1
        return await sql(*args)

    monkeypatch.setattr(batches, "sql", counted)
    plan = Plan("planned_message", "registered", "instant", texts=HELLO)
    assert await send_to_group(event, plan, key=uuid4(), now=NOW, account_id=account) == many
    assert asked == 1 + 2 * (many // batches.AT_ONCE)


async def test_a_test_goes_to_the_account_alone_and_changes_nothing_else(database: None) -> None:
    event, account = await an_event(), await some_account()
    made = await registered(event, "Ana First")
    (who,) = await somebodies(event.id)
    before = await sql("SELECT * FROM registration")
    for kind in WORDABLE_KINDS:
        letter = await trial_letter(kind, event, who, "en", name="Me", address="me@example.org", key=uuid4(), now=NOW)
        await send_test(event, letter, now=NOW, account_id=account)
    assert await sql("SELECT * FROM registration") == before
    tests = await sql("SELECT id, recipient_address, person, status FROM letter WHERE dedupe_key LIKE 'test:%'")
    assert {(row["recipient_address"], row["person"], row["status"]) for row in tests} == {
        ("me@example.org", None, "queued")
    }
    assert len(tests) == len(WORDABLE_KINDS)
    for row in tests:
        found = await shown(row["id"])
        assert found.subject.startswith("Test: ")
        assert str(made.registration.id) not in found.text
        if found.calendar:
            calendar = found.calendar.decode().replace("\r\n ", "")
            assert "mailto:me@example.org" in calendar
            assert "ana-first" not in calendar
            assert event.calendar_uid not in calendar
    assert (await letters("registration_confirmed"))[0]["status"] == "queued", "the real letter is not overtaken"


@pytest.mark.parametrize("kind", WORDABLE_KINDS)
async def test_every_kind_of_letter_can_be_looked_at_in_every_language(database: None, kind: str) -> None:
    event = await an_event()
    bare = await an_event(title="No hours", publish=False)
    await sql(
        "UPDATE event SET starts_time = NULL, ends_time = NULL, starts_at = NULL, ends_at = NULL WHERE id = {}", bare.id
    )
    bare = await event_by_slug(bare.slug)
    for one in (event, bare):
        for language in ("en", "es", "fr"):
            found = await preview(kind, one, None, language, now=NOW)
            assert found.letter.subject
            assert found.letter.text
            assert "<html" in found.letter.html
            if one is event:
                assert bool(found.calendar) == (found.letter.calendar is not None)


async def test_a_speaker_sees_the_own_part_and_a_delegation_its_member(database: None) -> None:
    event = await an_event()
    await an_item(event, "Opening")
    closing = await an_item(event, "Closing")
    await speaking(closing, "woman", name="Sol Speaker", email="sol@example.org")
    await a_member("Lima")
    await sql(
        "INSERT INTO delegation (id, event, member, contact_name, contact_email, language) "
        "VALUES ({}, {}, {}, '', 'head@example.org', 'en')",
        uuid4(), event.id, (await sql("SELECT id FROM member"))[0]["id"],
    )  # fmt: skip
    speaker, desk = await somebodies(event.id)
    assert "Closing" in (await preview("speaker_invited", event, speaker, "en", now=NOW)).letter.text
    assert "for Lima" in (await preview("delegation_invited", event, desk, "en", now=NOW)).letter.text


async def test_making_the_next_edition_copies_the_wordings(database: None) -> None:
    from datetime import date

    from eventhub.series.commands import duplicate_event

    event = await an_event()
    await worded(event, Wording("Mine", "Mine."))
    copy = await duplicate_event(event.slug, date(2099, 4, 1), now=NOW, account_id=await some_account())
    found = await wording_in_force(copy.id, "registration_confirmed", "en")
    assert found is not None
    assert found.subject == "Mine"


async def test_a_message_to_chosen_people_knows_the_same_placeholders() -> None:
    from eventhub.registrations.bulk import Message, checked_message

    assert checked_message(Message("About [title]", "Dear [name]")).subject == "About [title]"
    with pytest.raises(Problems) as caught:
        checked_message(Message("About [nobody]", "Dear [name"))
    assert set(caught.value.fields) == {"subject", "text"}


async def test_people_who_registered_at_one_instant_stand_in_one_order(database):
    event = await an_event()
    for name in ("Ana", "Bo", "Cy", "Di", "Eli", "Fay"):
        await registered(event, name)
    ids = [str(row["id"]) for row in await sql("SELECT id FROM registration")]
    assert [one.key.rpartition(":")[2] for one in await somebodies(event.id)] == sorted(ids)
