"""Figures are kept for exactly as long as nothing that they count has changed."""

import asyncio
import contextlib
import re
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from eventhub.database import is_sqlite, sql, transaction, utc_now
from eventhub.engagement.queries import engagement_of
from eventhub.statistics.kept import REMEMBERED, forget_changes, kept, stamp
from eventhub.statistics.queries import figures_of
from tests.make import NOW, a_member, a_person, some_account
from tests.statistics.rows import a_registration, a_year, an_event, an_item

SOURCES = ("statistics", "engagement", "indicators", "labs/report.py", "labs/queries.py", "bodies/queries.py")
#: Read beside the figures, and in none of them.
NOT_COUNTED = {
    "person", "account", "audit_entry", "figure_change", "lab_call", "application_review", "conflict_of_interest", "round_call", "seat_pool",
    "attendance", "registration", "gender_statement",
}  # fmt: skip


def tables_read() -> set[str]:
    """Tables that stand after FROM and JOIN in what figures are read by."""
    folder = Path(__file__).parents[2] / "eventhub"
    files = [path for one in SOURCES for path in (sorted((folder / one).glob("*.py")) or [folder / one])]
    return {name for path in files for name in re.findall(r"(?:FROM|JOIN) ([a-z_]+)\b", path.read_text("utf-8"))}


async def tables() -> set[str]:
    rows = await sql(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if is_sqlite()
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    return {row["name"] for row in rows}


async def watched() -> set[str]:
    """Tables whose changes are told."""
    rows = await sql(
        "SELECT DISTINCT tbl_name AS name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_figures%' ESCAPE '\\'"
        if is_sqlite()
        else "SELECT DISTINCT c.relname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE t.tgname LIKE '%\\_figures%'"
    )
    return {row["name"] for row in rows}


async def test_every_table_that_figures_read_tells_of_its_changes(database):
    read = tables_read() & await tables()
    assert {"event", "speaker_slot", "lab_participant", "indicator_value", "engagement_cell"} <= read
    assert read - NOT_COUNTED - await watched() == set()
    assert {"registration", "gender_statement"} <= await watched()


async def told() -> dict[str, set[str]]:
    """What changes of each watched table are told: rows that are added, changed, taken away."""
    found: dict[str, set[str]] = defaultdict(set)
    if is_sqlite():
        rows = await sql(
            "SELECT tbl_name AS name, sql AS how FROM sqlite_master WHERE type = 'trigger' "
            "AND sql LIKE '%INSERT INTO figure_change%'"
        )
        for row in rows:
            found[row["name"]].add(re.findall(r"AFTER (INSERT|UPDATE|DELETE)", row["how"])[0])
        return found
    rows = await sql(
        "SELECT c.relname AS name, t.tgtype AS bits FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname IN ('figures_changed', 'gender_of_counted')"
    )
    for row in rows:  # the bits of pg_trigger.tgtype
        found[row["name"]] |= {how for how, bit in (("INSERT", 4), ("DELETE", 8), ("UPDATE", 16)) if row["bits"] & bit}
    return found


async def test_rows_that_are_added_changed_and_taken_away_are_all_told(database):
    found = await told()
    assert set(found) == await watched()
    assert {name: how for name, how in found.items() if how != {"INSERT", "UPDATE", "DELETE"}} == {}


async def test_an_answer_is_given_again_until_something_changes(database):
    await a_year()
    first = await figures_of(2023)
    assert (await figures_of(2023)).figures is first.figures
    assert await engagement_of(2023) is await engagement_of(2023)
    await sql("UPDATE event SET status = 'cancelled' WHERE title = 'Webinar'")
    second = await figures_of(2023)
    assert (first["own_events"].value, second["own_events"].value) == (5, 4)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE registration SET member = NULL WHERE has_attended",
        "DELETE FROM attendance",
        "UPDATE gender_statement SET gender = 'man'",
        "DELETE FROM gender_statement",
        "UPDATE speaker_slot SET status = 'declined'",
        "UPDATE head_count SET women = 7",
        "UPDATE member SET kind = 'honorary'",
        "DELETE FROM lab_participant",
        "UPDATE lab_round SET year = 2020",
        "DELETE FROM event_theme",
        "DELETE FROM parity_exception",
    ],
)
async def test_changes_of_what_is_counted_change_the_stamp(database, change):
    await a_year()
    event = (await sql("SELECT id FROM event WHERE title = 'Debate'"))[0]["id"]
    theme = (await sql("SELECT id FROM theme WHERE code = 'gender'"))[0]["id"]
    await sql("INSERT INTO event_theme (id, event, theme) VALUES ({}, {}, {})", uuid4(), event, theme)
    before = await stamp()
    await sql(change)
    assert await stamp() != before


async def test_a_registration_of_somebody_who_has_not_come_changes_nothing(database):
    event = await an_event("Forum", date(2023, 5, 1))
    before = await stamp()
    await a_registration(event, await a_person("Ana", gender="woman"), attended=False)
    assert await stamp() == before
    await a_registration(event, await a_person("Bo", gender="man"))
    assert await stamp() != before


async def test_whether_somebody_was_there_stands_beside_the_registration(database):
    event = await an_event("Forum", date(2023, 5, 1))
    ana, bo = await a_person("Ana"), await a_person("Bo")
    await a_registration(event, ana)
    await a_registration(event, bo, attended=False)

    async def there():
        rows = await sql("SELECT person, has_attended FROM registration WHERE event = {}", event)
        return {row["person"]: bool(row["has_attended"]) for row in rows}

    assert await there() == {ana: True, bo: False}
    other = (await sql("SELECT id FROM registration WHERE person = {}", bo))[0]["id"]
    await sql("UPDATE attendance SET registration = {}", other)
    assert await there() == {ana: False, bo: True}
    await sql("DELETE FROM attendance")
    assert await there() == {ana: False, bo: False}


async def test_who_asks_at_the_same_time_waits_for_the_one_who_counts(database):
    counted = 0

    async def count():
        nonlocal counted
        counted += 1
        await asyncio.sleep(0.01)
        return counted

    assert await asyncio.gather(*(kept("test", 1, count=count) for _ in range(5))) == [1] * 5
    assert await kept("test", 2, count=count) == 2


async def test_a_change_while_somebody_counts_is_seen_by_the_next_who_asks(database):
    async def count():
        found = (await sql("SELECT COUNT(*) AS n FROM region"))[0]["n"]
        await a_member("Lima", region="latin_america")
        return found

    async def count_again():
        return (await sql("SELECT COUNT(*) AS n FROM region"))[0]["n"]

    assert await kept("test", 3, count=count) == 0
    assert await kept("test", 3, count=count_again) == 1


async def test_old_changes_are_forgotten_and_one_row_comes_in_their_place(database):
    await a_member("Lima")
    await a_member("Quito")
    before = await stamp()
    await forget_changes(NOW - timedelta(days=400))
    assert await stamp() == before
    later = utc_now() + REMEMBERED + timedelta(seconds=2)
    await forget_changes(later)
    assert (await stamp())[0] == 1
    rows = await sql("SELECT changed_at FROM figure_change")
    assert [row["changed_at"] for row in rows] == [later]


async def test_forgetting_never_brings_an_earlier_answer_back(database):
    """Counted before anything had changed, then a change, then hours in which nobody asks."""
    await sql("DELETE FROM figure_change")

    async def count():
        return (await sql("SELECT COUNT(*) AS n FROM member"))[0]["n"]

    assert await kept("test", 4, count=count) == 0
    await a_member("Lima")
    await forget_changes(utc_now() + REMEMBERED + timedelta(seconds=2))
    assert await kept("test", 4, count=count) == 1


async def test_what_is_not_committed_is_counted_each_time_and_never_kept(database):
    async def count():
        return (await sql("SELECT COUNT(*) AS n FROM member"))[0]["n"]

    async def counted():
        return await kept("test", 5, count=count)

    async def given_up():
        async with transaction():
            await a_member("Lima")
            assert await counted() == 1
            await a_member("Quito")
            assert await counted() == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await given_up()
    assert await counted() == 0
    async with transaction():
        await a_member("Lima")
        assert await counted() == 1
        await a_member("Quito")
    assert await counted() == 2


async def test_many_changes_at_once_are_told_by_one_row(database):
    event = await an_event("Forum", date(2023, 5, 1))
    people = [await a_person(f"Person {number}") for number in range(20)]
    await sql("DELETE FROM figure_change")
    async with transaction():
        for person in people:
            await a_registration(event, person)
        await sql("UPDATE event SET place = 'Lima'")
    first = await stamp()
    assert first[0] == 1
    await sql("UPDATE registration SET member = NULL")
    assert await stamp() != first
    assert (await sql("SELECT COUNT(*) AS n FROM registration WHERE has_attended"))[0]["n"] == 20


async def test_another_name_of_a_member_is_no_other_city(database):
    event = await an_event("Forum", date(2023, 5, 1))
    await a_registration(event, await a_person("Ana"))
    await sql("UPDATE registration SET city = 'Ciudad Real', country = 'ES'")
    assert (await figures_of(2023))["other_cities"].value == 1
    lima = await a_member("Lima")
    assert (await figures_of(2023))["other_cities"].value == 1
    await sql(
        "INSERT INTO member_name (id, member, name, name_folded) VALUES ({}, {}, 'Ciudad Real', 'ciudad real')",
        uuid4(), lima,
    )  # fmt: skip
    assert (await figures_of(2023))["other_cities"].value == 0


async def test_who_granted_an_exception_and_why_is_never_from_memory(database):
    account = await some_account()
    event = await an_event("Forum", date(2023, 5, 1))
    await sql(
        "INSERT INTO parity_exception (id, event, account, reason, findings, granted_at) VALUES ({}, {}, {}, 'Because of the trains', '[]', {})",
        uuid4(), event, account, NOW,
    )  # fmt: skip
    await figures_of(2023)
    await sql("UPDATE account SET name = 'Zoe' WHERE id = {}", account)
    await sql("UPDATE parity_exception SET reason = 'Scrubbed'")
    exceptions = (await figures_of(2023)).exceptions
    assert [(one.account_name, one.reason) for one in exceptions] == [("Zoe", "Scrubbed")]


async def test_two_doors_note_attendance_without_waiting_for_each_other(database):
    """Each holds its transaction open until the other has written; a row that both change would stop them."""
    if is_sqlite():
        pytest.skip("SQLite has one writer at a time")
    await a_member("Lima")
    taken = []
    for name in ("Ana", "Bo"):
        event = await an_event(f"Forum of {name}", date(2023, 5, 1))
        person = await a_person(name)
        await a_registration(event, person, attended=False)
        taken.append((await sql("SELECT id FROM registration WHERE person = {}", person))[0]["id"])

    async def race(*statements):
        written = [asyncio.Event(), asyncio.Event()]

        async def write(place, statement, *values):
            async with transaction():
                await sql(statement, *values)
                written[place].set()
                await asyncio.wait_for(written[1 - place].wait(), 3)

        async with asyncio.TaskGroup() as group:
            for place, statement in enumerate(statements):
                group.create_task(write(place, *statement))

    note = (
        "INSERT INTO attendance (id, registration, mode, source, recorded_at) VALUES ({}, {}, 'on_site', 'staff', {})"
    )
    await race(*((note, uuid4(), one, NOW) for one in taken))
    with pytest.raises(ExceptionGroup):  # the control: both change one row
        await race(*[("UPDATE member SET language = 'fr'",)] * 2)


async def test_a_note_made_while_another_is_taken_back_is_kept(database):
    """Neither transaction sees the note of the other; whoever comes second must wait and look again."""
    if is_sqlite():
        pytest.skip("SQLite has one writer at a time")
    event = await an_event("Forum", date(2023, 5, 1))
    item = await an_item(event)
    await a_registration(event, await a_person("Ana"))
    registration = (await sql("SELECT id FROM registration"))[0]["id"]
    written, gone = asyncio.Event(), asyncio.Event()

    async def note():
        async with transaction():
            await sql(
                "INSERT INTO attendance (id, registration, programme_item, mode, source, recorded_at) "
                "VALUES ({}, {}, {}, 'on_site', 'staff', {})",
                uuid4(), registration, item, NOW,
            )  # fmt: skip
            written.set()
            # the other is taken back meanwhile, or waits for us
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), 0.5)

    async def take_back():
        await written.wait()
        await sql("DELETE FROM attendance WHERE programme_item IS NULL")
        gone.set()

    await asyncio.gather(note(), take_back())
    assert [row["has_attended"] for row in await sql("SELECT has_attended FROM registration")] == [True]
