"""Files of registrations and attendance: what they write, what they refuse, and that they go out and in unchanged."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.registrations.commands import NotStanding, RegistrationClosed, cancel_registration, record_attendance
from eventhub.registrations.exports import attendance_table, registrations_table
from eventhub.registrations.imports import import_attendance, import_registrations
from eventhub.spreadsheets import BadFile, Change, table_bytes
from tests.make import NOW, a_member, a_person, an_event, an_item, field, registered, signed_in, some_account

TABLES = ("registration", "seat_pool", "person", "attendance", "letter", "audit_entry")


async def everything() -> list[Any]:
    return [await sql(f"SELECT * FROM {table} ORDER BY id") for table in TABLES]


def text(*lines: str) -> bytes:
    return "\n".join(lines).encode()


async def refused(importer: Any, content: bytes, **more: Any) -> list[str]:
    """The sentences of a refusal, the same dry and wet, after which nothing was written."""
    before = await everything()
    for dry_run in (True, False):
        with pytest.raises(BadFile) as refusal:
            await importer(content, "file.csv", dry_run=dry_run, now=NOW, **more)
    assert await everything() == before
    return [str(sentence) for sentence in refusal.value.sentences]


async def test_newcomers_get_seats_in_the_order_of_the_file_and_then_places_in_the_queue(database: None) -> None:
    await a_member("Barcelona")
    event = await an_event(capacity=2)
    content = text(
        "name,email,member,outside_key",
        "Ana,ana@example.org,barcelona,C1",
        "Bo,bo@example.org,,",
        "Chi,chi@example.org,,",
    )
    dry = await import_registrations(content, "r.csv", event=event.slug, dry_run=True, now=NOW)
    assert (dry.new, dry.written) == (("Ana", "Bo", "Chi"), False)
    assert await sql("SELECT id FROM registration") == []
    done = await import_registrations(content, "r.csv", event=event.slug, dry_run=False, now=NOW)
    assert done.fingerprint == dry.fingerprint
    rows = await sql(
        "SELECT r.name AS name, r.status AS status, p.outside_key AS key, m.key AS member FROM registration r "
        "JOIN person p ON p.id = r.person LEFT JOIN member m ON m.id = r.member ORDER BY r.name"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("Ana", "confirmed", "C1", "barcelona"), ("Bo", "confirmed", None, None), ("Chi", "waitlisted", None, None),
    ]  # fmt: skip
    assert (await sql("SELECT taken, waiting FROM seat_pool"))[0] == {"taken": 2, "waiting": 1}
    kinds = [row["kind"] for row in await sql("SELECT kind FROM letter ORDER BY kind")]
    assert kinds == ["registration_confirmed", "registration_confirmed", "registration_waitlisted"]
    before = await everything()
    again = await import_registrations(content, "r.csv", event=event.slug, dry_run=False, now=NOW)
    assert (again.is_empty, again.unchanged) == (True, 3)
    assert await everything() == before


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_registrations_go_out_and_in_again_without_a_difference(database: None, form: str) -> None:
    await a_member("Barcelona")
    event = await an_event(title="=Care", mode="hybrid", place="Barcelona", country="ES")
    other = await an_event(title="Other")
    await registered(event, "=Ana", email="ana@example.org", member="barcelona", level="political", attends="on_site")
    gone = await registered(event, "Bo", attends="online")
    await cancel_registration(gone.registration.id, now=NOW)
    await registered(event, "Bo", attends="on_site", country="ES", city="Vic")
    nobody = await registered(other, "Chi")
    await sql("UPDATE person SET email = NULL, email_key = NULL WHERE id = {}", nobody.registration.person)
    columns, rows = await registrations_table(slug=None, year=None)
    content = b"".join(table_bytes(form, "Registrations", columns, await asyncio.to_thread(list, rows), mark=True))
    before = await everything()
    again = await import_registrations(content, f"r.{form}", dry_run=False, now=NOW)
    assert (again.is_empty, again.unchanged) == (True, 4)
    assert await everything() == before


async def test_what_the_file_has_otherwise_is_shown_and_written(database: None) -> None:
    await a_member("Barcelona")
    event = await an_event()
    await registered(event, "Ana", organisation="City")
    content = text("name,email,member,level,organisation", "Ana Pérez,ana@example.org,barcelona,political,City")
    dry = await import_registrations(content, "r.csv", event=event.slug, dry_run=True, now=NOW)
    assert dry.changes == (
        Change("Ana", "name", "Ana", "Ana Pérez"),
        Change("Ana", "level", "", "political"),
        Change("Ana", "member", "", "barcelona"),
    )
    assert (await sql("SELECT name FROM registration"))[0]["name"] == "Ana"
    done = await import_registrations(content, "r.csv", event=event.slug, dry_run=False, now=NOW)
    assert (done.changed, done.written) == (1, True)
    row = (await sql("SELECT name, level, organisation, status FROM registration"))[0]
    assert tuple(row.values()) == ("Ana Pérez", "political", "City", "confirmed")
    trail = await sql("SELECT detail FROM audit_entry WHERE action = 'import_registrations'")
    assert trail == [{"detail": "0 new, 1 changed"}]


async def test_every_bad_row_of_registrations_is_named(database: None) -> None:
    event = await an_event(mode="hybrid", place="Barcelona", country="ES")
    for name, key in (("Ana", "A"), ("Bo", "B"), ("Fay", "F")):
        person = await a_person(name, f"{name.lower()}@example.org")
        await sql("UPDATE person SET outside_key = {} WHERE id = {}", key, person)
    await registered(event, "Dee", attends="online")
    content = text(
        "name,email,outside_key,attends,country",
        "Nobody,,,online,",
        "Mixed,ana@example.org,B,online,",
        "Moved,new@example.org,A,online,",
        "Other,fay@example.org,Z,online,",
        "Unknown,,Z,online,",
        "Wrong,wrong,,online,XX",
        "Chi,chi@example.org,,,",
        "Eli,eli@example.org,,online,",
        "Eli,ELI@example.org,,online,",
        "Dee,dee@example.org,,on_site,",
    )
    assert await refused(import_registrations, content, event=event.slug) == [
        "Line 2, column “email”: a person needs an e-mail address or an outside key, to be found again.",
        "Line 3, column “email”: the address belongs to another person than the key “B”.",
        "Line 4, column “email”: the person of the key “A” has another address. Please import the people first.",
        "Line 5, column “outside_key”: the person with this address has the outside key “F”.",
        "Line 6, column “outside_key”: there is no person with this key. Please import the people first.",
        "Line 7, column “email”: “wrong” is no e-mail address. It looks like name@example.org.",
        "Line 7, column “country”: “XX” is no country code. Codes look like FR.",
        "Line 8, column “attends”: Please say whether you attend on site or online.",
        "Line 10, column “email”: “ELI@example.org” is in line 9 too.",
        "Line 11, column “attends”: this may need another seat. Please change it on the page of the registration.",
    ]
    assert await refused(
        import_registrations, text("name,email,gender", "A,a@example.org,woman"), event=event.slug
    ) == [
        "The column “gender” is not taken: how a person is counted is only what the person states, "
        "never what a file says. Please take the column out."
    ]
    assert await refused(
        import_registrations, text("name,event", f"A,{event.slug}", "B,", "C,x"), event=event.slug
    ) == [f"Line 4, column “event”: this is another event than “{event.slug}”."]
    assert await refused(import_registrations, text("name,event", "A,", "B,nowhere")) == [
        "Line 2, column “event”: the cell is empty.", "Line 3, column “event”: There is no event “nowhere”.",
    ]  # fmt: skip


async def test_an_event_that_is_closed_takes_no_newcomers_from_a_file(database: None) -> None:
    event = await an_event()
    await registered(event, "Ana")
    later = datetime(2099, 4, 1, tzinfo=UTC)
    content = text("name,email", "Ana,ana@example.org", "Bo,bo@example.org")
    before = await everything()
    for dry_run in (True, False):
        with pytest.raises(RegistrationClosed, match="is over"):
            await import_registrations(content, "r.csv", event=event.slug, dry_run=dry_run, now=later)
    assert await everything() == before
    known = await import_registrations(text("name,email", "Ana,ana@example.org"), "r.csv", event=event.slug,
                                       dry_run=False, now=later)  # fmt: skip
    assert known.unchanged == 1
    with pytest.raises(NotFound):
        await import_registrations(content, "r.csv", event="nowhere", dry_run=True, now=NOW)


async def test_attendance_of_people_with_seats_is_imported_once(database: None) -> None:
    event = await an_event()
    await an_item(event, "Opening")
    ana, bo = await registered(event, "Ana"), await registered(event, "Bo")
    await sql("UPDATE person SET outside_key = 'B' WHERE id = {}", bo.registration.person)
    content = text("email,outside_key,session", "ana@example.org,,", "ana@example.org,,Opening", ",B,")
    dry = await import_attendance(content, "a.csv", event=event.slug, dry_run=True, now=NOW)
    assert dry.new == ("Ana", "Ana (Opening)", "Bo")
    assert await sql("SELECT id FROM attendance") == []
    await import_attendance(content, "a.csv", event=event.slug, dry_run=False, now=NOW, account_id=await some_account())
    rows = await sql("SELECT registration, programme_item IS NULL AS whole, mode FROM attendance")
    assert sorted((row["registration"] == ana.registration.id, bool(row["whole"]), row["mode"]) for row in rows) == [
        (False, True, "online"), (True, False, "online"), (True, True, "online"),
    ]  # fmt: skip
    before = await everything()
    again = await import_attendance(content, "a.csv", event=event.slug, dry_run=False, now=NOW)
    assert (again.is_empty, again.unchanged) == (True, 3)
    assert await everything() == before


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_attendance_goes_out_and_in_again_without_a_difference(database: None, form: str) -> None:
    event = await an_event(mode="hybrid", place="Barcelona", country="ES")
    item = await an_item(event, "Opening")
    for name in ("Ana", "Bo"):
        one = (await registered(event, name, attends="on_site")).registration
        await record_attendance(one.id, attended=True, mode="online", now=NOW, account_id=await some_account())
        await record_attendance(one.id, attended=True, programme_item=item.id, now=NOW, account_id=await some_account())
    await sql("UPDATE person SET email = NULL, email_key = NULL WHERE name = 'Bo'")
    columns, rows = await attendance_table(slug=event.slug, year=None)
    content = b"".join(table_bytes(form, "Attendance", columns, await asyncio.to_thread(list, rows), mark=True))
    before = await everything()
    again = await import_attendance(content, f"a.{form}", dry_run=False, now=NOW)
    assert (again.is_empty, again.unchanged) == (True, 4)
    assert await everything() == before
    other = await import_attendance(
        text("email,mode", "ana@example.org,on_site"), "a.csv", event=event.slug, dry_run=False, now=NOW
    )
    assert other.changes == (Change("Ana", "mode", "online", "on_site"),)


async def test_every_bad_row_of_attendance_is_named(database: None) -> None:
    event = await an_event(capacity=1)
    await an_item(event, "Talk")
    await an_item(event, "Talk")
    await registered(event, "Ana")
    await registered(event, "Bo")  # waits
    content = text(
        "email,session,mode,registration_id",
        "chi@example.org,,,",
        "bo@example.org,,,",
        "ana@example.org,Nothing,,",
        "ana@example.org,Talk,,",
        "ana@example.org,,on_site,",
        f"ana@example.org,,,{uuid4()}",
        "ana@example.org,,,",
        "ANA@example.org,,,",
        ",,,",
    )
    assert await refused(import_attendance, content, event=event.slug) == [
        "Line 2, column “email”: “chi@example.org” is not registered for “Care in the metropolis”.",
        "Line 3, column “email”: “bo@example.org” has no seat; only people with a seat can have been there.",
        "Line 4, column “session”: “Nothing” is no item of the programme of this event.",
        "Line 5, column “session”: “Talk” is the title of several programme items.",
        "Line 6, column “mode”: “on_site” is none of: online.",
        "Line 7, column “registration_id”: no registration for “Care in the metropolis” that stands has this key.",
        "Line 9, column “email”: “ana@example.org” is in line 8 too.",
    ]


async def test_a_list_is_not_begun_beside_a_head_count(database: None) -> None:
    event = await an_event()
    await registered(event, "Ana")
    await sql(
        "INSERT INTO head_count (event, women, men, others, undisclosed, political, source, recorded_at) "
        "VALUES ({}, 1, 1, 0, 0, 0, 'counted', {})",
        event.id, NOW,
    )  # fmt: skip
    for dry_run in (True, False):
        with pytest.raises(NotStanding, match="must not be counted twice"):
            await import_attendance(
                text("email", "ana@example.org"), "a.csv", event=event.slug, dry_run=dry_run, now=NOW
            )
    assert await sql("SELECT id FROM attendance") == []


async def test_the_page_shows_the_differences_first_and_then_writes_them(app: Any, client: Any) -> None:
    event = await an_event()
    async with await signed_in(app, "programme") as staff:
        shown = await staff.get("/staff/import")

        async def send(content: bytes, **more: str) -> Any:
            data = {"_csrf_token": field(shown.text, "_csrf_token"), "kind": "registrations", **more}
            return await staff.post("/staff/import", data=data, files={"file": ("r.csv", content)})

        wrong = await send(text("name,email", "Ana,ana@example.org"), event="nowhere")
        assert (wrong.status_code, "There is no event “nowhere”." in wrong.text) == (404, True)
        assert 'value="nowhere"' in wrong.text
        preview = await send(text("name,email", "Ana,ana@example.org"), event=event.slug)
        assert (preview.status_code, "One is new" in preview.text) == (200, True)
        assert await sql("SELECT id FROM registration") == []
        data = {"_csrf_token": field(preview.text, "_csrf_token"), "parcel": field(preview.text, "parcel")}
        done = await staff.post("/staff/import/confirm", data=data)
        assert done.status_code == 303
    assert [row["name"] for row in await sql("SELECT name FROM registration")] == ["Ana"]


async def test_files_are_taken_out_by_page(app: Any, client: Any) -> None:
    event = await an_event()
    await registered(event, "Ana")
    async with await signed_in(app, "programme") as staff:
        for kind in ("members", "partners", "people", "events", "registrations", "attendance", "speakers"):
            answer = await staff.get("/staff/export", params={"kind": kind, "form": "csv", "year": "", "event": ""})
            assert (answer.status_code, answer.content[:3]) == (200, b"\xef\xbb\xbf"), kind
            assert "gender" not in answer.text
        one = await staff.get("/staff/export", params={"kind": "registrations", "event": event.slug, "form": "json"})
        assert [row["name"] for row in one.json()] == ["Ana"]
        assert f'filename="registrations-{event.slug}.json"' in one.headers["content-disposition"]
        for params, sentence in (
            ({"kind": "friends"}, "“friends” is none of: members"),
            ({"kind": "people", "year": "2024"}, "Please leave both empty."),
            ({"kind": "events", "event": event.slug}, "Events are narrowed by their year only."),
            ({"kind": "attendance", "year": "20"}, "The year lies between 1985 and 2100."),
            ({"kind": "attendance", "year": "2024", "event": event.slug}, "an event has its own year"),
            ({"kind": "people", "form": "pdf"}, "“pdf” is none of: csv, xlsx, json"),
        ):
            answer = await staff.get("/staff/export", params=params)
            assert (answer.status_code, sentence in answer.text) == (422, True), params
        assert (await staff.get("/staff/export", params={"kind": "attendance", "event": "nowhere"})).status_code == 404
    async with await signed_in(app, "organiser") as staff:
        assert (await staff.get("/staff/export", params={"kind": "people"})).status_code == 403
