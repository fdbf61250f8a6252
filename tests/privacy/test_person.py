"""The rights of the persons concerned: getting what is held about them, and being forgotten."""

import asyncio
import json
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from eventhub.database import is_sqlite, sql
from eventhub.engagement.queries import engagement_of
from eventhub.errors import NotFound
from eventhub.papers.commands import send_certificates
from eventhub.papers.queries import people_for_badges, people_present
from eventhub.privacy.commands import erase_person
from eventhub.privacy.queries import everything_about
from eventhub.privacy.rules import telling, without
from eventhub.registrations.commands import record_attendance
from eventhub.registrations.queries import manage_url
from eventhub.statistics.queries import calendar_annex, figures_of, parity_of_year
from tests.make import NOW, a_member, an_event, an_item, registered, some_account, speaking

NAME, EMAIL = "Quirina Ødegård-Zyx", "Quirina@Xylo.example"
#: Everything that the person typed, and the files.
SECRETS = ["quirina", "ødegård", "xylo.example", "qantas club", "zyxville", "sign language qq", "vegan qq", "i quirk"]


async def text_in_database() -> str:
    """All texts and files of all tables, in small letters."""
    if is_sqlite():
        tables = [row["name"] for row in await sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    else:
        tables = [row["tablename"] for row in await sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    found = []
    for table in tables:
        for row in await sql(f"SELECT * FROM {table}"):
            for column, value in row.items():
                text = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
                found.append(f"{table}.{column}: {text}".lower())
    return "\n".join(found)


async def figures():
    return (
        await figures_of(2026), await parity_of_year(2026), await engagement_of(2026), await calendar_annex(2026),
        await sql("SELECT status, attends, level, COUNT(*) AS n FROM registration GROUP BY status, attends, level ORDER BY 1, 2"),
        await sql("SELECT COUNT(*) AS n FROM attendance"),
    )  # fmt: skip


async def a_full_life():
    """Somebody of whom there is something in every table that can hold something of a person."""
    await a_member("Oslo")
    event = await an_event(
        title="Care",
        mode="hybrid",
        place="Hall",
        country="ES",
        starts_on=date(2026, 11, 27),
        ends_on=date(2026, 11, 27),
    )
    done = await registered(
        event, NAME, email=EMAIL, attends="on_site", level="political", gender="woman", member="oslo", city="Zyxville"
    )
    mine = done.registration
    other = (await registered(event, "Bo Example", attends="on_site", gender="man")).registration
    item = await an_item(event, "Who cares?")
    (slot,) = await speaking(item, "woman")
    await sql("UPDATE speaker_slot SET person = {} WHERE id = {}", mine.person, slot)
    await sql(
        "INSERT INTO speaker_profile (person, biography, portrait, updated_at) VALUES ({}, 'I quirk.', {}, {})",
        mine.person, b"Quirina", NOW,
    )  # fmt: skip
    await sql(
        "UPDATE registration SET organisation = 'Qantas Club', access_needs = 'Sign language QQ', answers = {} "
        "WHERE id = {}",
        json.dumps({"diet": "Vegan QQ"}), mine.id,
    )  # fmt: skip
    question = uuid4()
    await sql(
        "INSERT INTO question (id, event, position, kind, texts, options, shown_if, is_required, created_at) "
        "VALUES ({}, {}, 1, 'file', {}, '[]', '', {}, {})",
        question, event.id, "{}", False, NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO answer_file (id, registration, question, name, content_type, content, uploaded_at) "
        "VALUES ({}, {}, {}, 'quirina.txt', 'text/plain', {}, {})",
        uuid4(), mine.id, question, b"Quirina", NOW,
    )  # fmt: skip
    for one in (mine, other):
        await record_attendance(one.id, attended=True, now=NOW, account_id=await some_account())
    await sql(
        "INSERT INTO join_click (registration, first_at, last_at, clicks) VALUES ({}, {}, {}, 1)", mine.id, NOW, NOW
    )
    await sql(
        "INSERT INTO registration_invitation (id, event, email, email_key, name, language, invited_at) "
        "VALUES ({}, {}, {}, {}, {}, 'en', {})",
        uuid4(), event.id, EMAIL, EMAIL.lower(), NAME, NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO delegation (id, event, member, contact_name, contact_email, language) "
        "VALUES ({}, {}, (SELECT id FROM member), {}, {}, 'en')",
        uuid4(), event.id, NAME, EMAIL,
    )  # fmt: skip
    await sql(
        "INSERT INTO participant_report (id, event, file_name, minimum_minutes, unmatched, imported_at) "
        "VALUES ({}, {}, 'report.csv', 10, {}, {})",
        uuid4(), event.id, json.dumps([{"name": NAME.upper(), "email": EMAIL}]), NOW,
    )  # fmt: skip
    await sql(
        "UPDATE letter SET facts = {} WHERE person = {} AND kind = 'registration_confirmed'",
        json.dumps({"recipient_name": "Bo", "speaker_name": NAME}, ensure_ascii=False), other.person,
    )  # fmt: skip
    await sql(
        "INSERT INTO idempotent_answer (key_hash, body_hash, status_code, body, created_at) VALUES ('k', 'b', 201, {}, {})",
        json.dumps({"name": NAME, "email": EMAIL}, ensure_ascii=False), NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO programme_version (id, event, number, items, changes, released_at) VALUES ({}, {}, 90, {}, '[]', {})",
        uuid4(), event.id, json.dumps([{"speakers": [NAME]}], ensure_ascii=False), NOW,
    )  # fmt: skip
    await sql(
        "UPDATE event SET starts_on = {}, ends_on = {}, starts_at = {}, ends_at = {} WHERE id = {}",
        date(2026, 11, 20), date(2026, 11, 20), datetime(2026, 11, 20, 9, tzinfo=UTC),
        datetime(2026, 11, 20, 12, tzinfo=UTC), event.id,
    )  # fmt: skip
    return event, mine, other


async def test_everything_that_is_held_about_a_person_is_exported_and_nothing_of_others(database):
    event, mine, _ = await a_full_life()

    found = await everything_about("QUIRINA@xylo.example ")

    text = json.dumps(found, ensure_ascii=False).lower()
    for said in SECRETS:
        assert said in text, said
    for part in (
        "person", "gender_statement", "speaker_profile", "registrations", "answer_files", "attendance", "join_clicks",
        "invitations", "delegations", "speaker_slots", "letters",
    ):  # fmt: skip
        assert len(found[part]) == 1, part
    assert found["registrations"][0]["answers"] == {"diet": "Vegan QQ"}
    assert found["registrations"][0]["event_slug"] == event.slug
    assert found["answer_files"][0]["content"] == "UXVpcmluYQ=="
    assert found["gender_statement"][0]["gender"] == "woman"
    assert {entry["object_id"] for entry in found["audit_entries"]} >= {str(mine.id)}
    assert "bo example" not in text


async def test_nothing_of_a_person_is_left_anywhere_after_erasure(database):
    await a_full_life()
    before = await text_in_database()
    assert [said for said in SECRETS if said not in before] == []

    await erase_person("quirina@XYLO.example", now=NOW)

    after = await text_in_database()
    assert [line for line in after.splitlines() for said in SECRETS if said in line] == []
    assert "bo example" in after


async def test_figures_are_the_same_before_and_after(database):
    await a_full_life()
    before = await figures()

    await erase_person(EMAIL, now=NOW)

    assert await figures() == before


async def test_letters_of_others_lose_the_name_and_can_still_be_read(database):
    _, _, other = await a_full_life()
    await erase_person(EMAIL, now=NOW)

    (letter,) = await sql("SELECT facts FROM letter WHERE person = {}", other.person)

    assert json.loads(letter["facts"]) == {"recipient_name": "Bo", "speaker_name": "…"}
    assert await sql("SELECT id FROM letter WHERE recipient_address = {}", EMAIL) == []


async def test_personal_links_and_papers_of_somebody_forgotten_are_gone(database, client):
    event, mine, _ = await a_full_life()
    link = manage_url(mine.id, mine.link_version).split("8000", 1)[1]
    (code,) = [one.certificate_url.split("8000", 1)[1] for one in await people_present(event.id) if one.name == NAME]
    assert (await client.get(link)).status_code == 200
    assert (await client.get(code)).status_code == 200

    await erase_person(EMAIL, now=NOW)

    assert (await client.get(link)).status_code == 404
    assert (await client.get(code)).status_code == 404
    assert [one.name for one in await people_present(event.id)] == ["Bo Example"]
    assert [one.name for one in await people_for_badges(event.id, status="confirmed")] == ["Bo Example"]
    assert (await send_certificates(event.slug, now=NOW, account_id=await some_account())).written == 1


async def test_a_seat_at_a_coming_event_goes_to_who_waits(database):
    event = await an_event(capacity=1)
    await registered(event, NAME, email=EMAIL)
    await registered(event, "Bo Example")

    done = await erase_person(EMAIL, now=NOW)

    assert (done.registrations, done.cancelled) == (1, 1)
    rows = await sql("SELECT name, status FROM registration ORDER BY status")
    assert [(row["name"].split()[0], row["status"]) for row in rows] == [("Erased", "cancelled"), ("Bo", "confirmed")]


async def test_a_record_that_was_merged_is_forgotten_with_the_one_that_was_kept(database):
    event = await an_event()
    kept = (await registered(event, "Ada Zwei", email="ada@xylo.example")).registration
    await sql(
        "INSERT INTO person (id, name, email, email_key, organisation, country, language, created_at, merged_into) "
        "VALUES ({}, 'Ada Eins', 'old@xylo.example', 'old@xylo.example', '', '', 'en', {}, {})",
        uuid4(), NOW, kept.person,
    )  # fmt: skip

    await erase_person("old@xylo.example", now=NOW)

    assert "xylo.example" not in await text_in_database()
    assert {row["name"].split()[0] for row in await sql("SELECT name FROM person")} == {"Erased"}


async def test_two_who_were_forgotten_are_still_two(database):
    event = await an_event()
    for name in ("Ada Eins", "Bo Zwei"):
        await registered(event, name)
    await erase_person("ada-eins@example.org", now=NOW)
    await erase_person("bo-zwei@example.org", now=NOW)

    assert len({row["name"] for row in await sql("SELECT name FROM person")}) == 2


async def test_erasure_is_in_the_audit_trail_without_a_name(database):
    await a_full_life()
    done = await erase_person(EMAIL, now=NOW)

    (entry,) = await sql("SELECT object_id, detail FROM audit_entry WHERE action = 'erase_person'")
    assert (entry["object_id"], entry["detail"]) == (str(done.person), "1 records")


async def test_whoever_was_forgotten_can_register_again_as_somebody_new(database):
    _, mine, _ = await a_full_life()
    await erase_person(EMAIL, now=NOW)
    coming = await an_event(title="Next")

    again = (await registered(coming, NAME, email=EMAIL)).registration

    assert again.person != mine.person


@pytest.mark.parametrize("address", ["nobody@example.org", "", "x\x00@example.org", "é" * 600, "%"])
async def test_an_unknown_address_is_refused_and_nothing_changes(database, address):
    await a_full_life()
    before = await text_in_database()

    for work in (everything_about(address), erase_person(address, now=NOW)):
        with pytest.raises(NotFound, match="Nobody with the address"):
            await work

    assert await text_in_database() == before


async def test_two_erasures_at_once_forget_once(database):
    await a_full_life()

    done = await asyncio.gather(*(erase_person(EMAIL, now=NOW) for _ in range(3)), return_exceptions=True)

    assert any(not isinstance(one, Exception) for one in done)
    assert all(isinstance(one, NotFound) for one in done if isinstance(one, Exception))
    assert "quirina" not in await text_in_database()


def test_a_single_word_is_no_name_that_points_at_a_person():
    assert telling(["Paris", "Ada Lovelace", "a@b.c", "", "Ada"]) == ["Ada Lovelace", "a@b.c"]


def test_texts_are_taken_out_wherever_they_stand_in_whatever_case():
    assert without({"a": ["Hello ADA Lovelace, ada@x.org", 3, None]}, ["Ada Lovelace", "Ada@x.org"]) == {
        "a": ["Hello …, …", 3, None]
    }
