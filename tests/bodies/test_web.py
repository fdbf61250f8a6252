"""Pages of statutory bodies: who is entitled, the forms, and the seats at a meeting."""

from datetime import date
from typing import Any

from eventhub.bodies.commands import give_seat
from eventhub.bodies.queries import all_seats
from eventhub.database import sql
from eventhub.registrations.commands import record_attendance
from tests.make import NOW, a_member, an_event, field, post_form, registered, signed_in, some_account

BOARD = "board_of_directors"
PAGE = f"/staff/bodies/{BOARD}"


async def seats(code: str = BOARD, *members: str, first: date = date(2026, 1, 1), last: date | None = None) -> None:
    for member in members:
        await give_seat(code, member, first, last, now=NOW, account_id=await some_account())


async def test_everybody_of_the_staff_reads_and_only_programme_staff_see_forms(app: Any, database: None) -> None:
    await a_member("Bogotá <D.C.>")
    await sql("UPDATE member SET key = 'bogota'")
    await seats(BOARD, "bogota")
    async with await signed_in(app, "reader") as browser:
        listed = await browser.get("/staff/bodies")
        assert listed.status_code == 200
        assert all(f'href="/staff/bodies/{code}"' in listed.text for code in (BOARD, "general_assembly"))
        shown = await browser.get(PAGE)
        assert shown.status_code == 200
        assert "Bogotá &lt;D.C.&gt;" in shown.text
        assert 'id="give"' not in shown.text and "Take back" not in shown.text
    async with await signed_in(app, "programme") as browser:
        shown = (await browser.get(PAGE)).text
        assert 'id="give"' in shown and 'id="end"' in shown


async def test_another_day_shows_who_was_entitled_then(app: Any, database: None) -> None:
    for name in ("Barcelona", "Lyon", "Rabat"):
        await a_member(name)
    await seats(BOARD, "barcelona", first=date(2020, 1, 1), last=date(2021, 12, 31))
    await seats(BOARD, "lyon", first=date(2021, 1, 1))
    await seats(BOARD, "rabat", first=date(2099, 1, 1))
    async with await signed_in(app, "reader") as browser:
        page = (await browser.get(f"{PAGE}?on=2021-06-01")).text
        assert "2 seats on" in page
        page = (await browser.get(f"{PAGE}?on=2020-06-01")).text
        assert "One seat on" in page
        assert page.index("Barcelona") < page.index("Terms that begin later") < page.index("Lyon") < page.index("Rabat")
        page = (await browser.get(f"{PAGE}?on=1990-06-01")).text
        assert "Nobody has a seat on this day" in page
        for wrong in ("2021-02-30", "yesterday", "0001-01-01", "9999-12-31", "x" * 600, "%00", "٢٠٢١-٠٦-٠١"):
            answer = await browser.get(f"{PAGE}?on={wrong}")
            assert (answer.status_code, "is no day" in answer.text) == (422, True), wrong
        assert (await browser.get("/staff/bodies/webinar")).status_code == 404


async def test_programme_staff_give_end_and_take_back(app: Any, database: None) -> None:
    await a_member("Barcelona")
    async with await signed_in(app, "programme") as browser:
        asked = {"member": "barcelona", "starts_on": "2026-05-01", "ends_on": "2026-04-01"}
        bad = await post_form(browser, f"{PAGE}/seats", asked, page=PAGE)
        assert bad.status_code == 422
        assert "The end lies before the start." in bad.text and 'value="2026-04-01"' in bad.text
        for wrong in (
            {"member": "atlantis"}, {"starts_on": "soon"}, {"starts_on": ""}, {"starts_on": "9999-01-01"},
            {"member": "x" * 600}, {"member": "barce\x00lon"},
        ):  # fmt: skip
            bad = await post_form(browser, f"{PAGE}/seats", asked | {"ends_on": ""} | wrong, page=PAGE)
            assert bad.status_code == 422, wrong
        assert await all_seats() == []
        done = await post_form(browser, f"{PAGE}/seats", asked | {"ends_on": ""}, page=PAGE)
        assert (done.status_code, done.headers["location"]) == (303, PAGE)
        (seat,) = await all_seats(BOARD)
        again = await post_form(browser, f"{PAGE}/seats", asked | {"ends_on": ""}, page=PAGE)
        assert (again.status_code, "has this seat already" in again.text) == (422, True)
        for wrong in ({"seat": "nobody"}, {"seat": ""}, {"last_day": "2026-04-30"}, {"last_day": "x" * 600}):
            ending = {"seat": str(seat.id), "last_day": "2026-12-31"} | wrong
            assert (await post_form(browser, f"{PAGE}/end", ending, page=PAGE)).status_code == 422, wrong
        ending = {"seat": str(seat.id), "last_day": "2026-12-31"}
        assert (await post_form(browser, f"{PAGE}/end", ending, page=PAGE)).status_code == 303
        assert [one.ends_on for one in await all_seats(BOARD)] == [date(2026, 12, 31)]
        assert "Take back the seat of Barcelona" in (await browser.get(PAGE)).text
        assert (await post_form(browser, f"{PAGE}/seats/{seat.id}/remove", {}, page=PAGE)).status_code == 303
        assert await all_seats() == []
        assert (await post_form(browser, f"{PAGE}/seats/{seat.id}/remove", {}, page=PAGE)).status_code == 404
        assert (await post_form(browser, "/staff/bodies/webinar/seats", asked, page=PAGE)).status_code == 404


async def test_a_seat_of_another_day_cannot_be_taken_back(app: Any, database: None) -> None:
    await a_member("Barcelona")
    await seats(BOARD, "barcelona")
    async with await signed_in(app, "programme") as browser:
        (seat,) = await all_seats(BOARD)
        await sql("UPDATE audit_entry SET at = {} WHERE object_kind = 'seat'", NOW.replace(year=2020))
        assert "Take back" not in (await browser.get(PAGE)).text
        refused = await post_form(browser, f"{PAGE}/seats/{seat.id}/remove", {}, page=PAGE)
        assert (refused.status_code, "Only a seat that was given today" in refused.text) == (409, True)
    assert len(await all_seats(BOARD)) == 1


async def test_others_of_the_staff_cannot_change_seats(app: Any, database: None) -> None:
    await a_member("Barcelona")
    async with await signed_in(app, "organiser") as browser:
        token = field((await browser.get(PAGE)).text, "_csrf_token")
        for path in ("seats", "end"):
            sent = {"_csrf_token": token, "member": "barcelona", "starts_on": "2026-05-01"}
            assert (await browser.post(f"{PAGE}/{path}", data=sent)).status_code == 403
    assert await all_seats() == []


async def test_the_seats_of_a_meeting_name_members_and_never_people(app: Any, database: None) -> None:
    for name in ("Barcelona", "Lyon"):
        await a_member(name)
    await seats(BOARD, "barcelona", "lyon")
    event = await an_event(title="Board in March", kind=BOARD)
    path = f"/staff/events/{event.slug}/seats"
    async with await signed_in(app, "reader") as browser:
        assert "Attendance was not recorded." in (await browser.get(path)).text
        done = await registered(event, "Zoe Example", member="barcelona")
        await record_attendance(done.registration.id, attended=True, now=NOW, account_id=await some_account())
        page = await browser.get(path)
        assert page.status_code == 200
        assert "1 / 2" in page.text and "50%" in page.text and "Empty seat" in page.text
        assert "Zoe" not in page.text
        other = await an_event(title="Care")
        wrong = await browser.get(f"/staff/events/{other.slug}/seats")
        assert wrong.status_code == 404
        assert "“Care” is not a meeting of a statutory body, so nobody has a seat at it." in wrong.text
        assert (await browser.get("/staff/events/nothing/seats")).status_code == 404


async def test_the_meetings_of_the_year_have_rates_and_empty_seats(app: Any, database: None) -> None:
    for name in ("Barcelona", "Lyon"):
        await a_member(name)
    await seats(BOARD, "barcelona", "lyon", first=date(2025, 1, 1))
    day = date(2025, 3, 4)
    event = await an_event(title="Board in March", kind=BOARD)
    done = await registered(event, "Zoe Example", member="barcelona")
    await record_attendance(done.registration.id, attended=True, now=NOW, account_id=await some_account())
    await sql("UPDATE event SET starts_on = {}, ends_on = {} WHERE id = {}", day, day, event.id)
    async with await signed_in(app, "reader") as browser:
        page = (await browser.get(f"{PAGE}?on=2025-12-31")).text
        assert "Meetings held in 2025" in page
        row = page[page.index("Board in March") :]
        row = row[: row.index("</tr>")]
        assert "1 / 2" in row and "50%" in row and "Lyon" in row and "Barcelona" not in row
        assert "Zoe" not in page
        assert "No published meeting of this kind" in (await browser.get(f"{PAGE}?on=2024-12-31")).text


async def test_a_file_of_seats_is_imported_on_the_page(app: Any, database: None) -> None:
    await a_member("Barcelona")
    async with await signed_in(app, "programme") as browser:
        form = (await browser.get("/staff/import")).text
        assert 'value="seats"' in form
        shown = await browser.post(
            "/staff/import",
            data={"_csrf_token": field(form, "_csrf_token"), "kind": "seats", "source": ""},
            files={"file": ("s.csv", f"body,member,starts_on\n{BOARD},barcelona,2026-01-01\n".encode())},
        )
        assert shown.status_code == 200 and await all_seats() == []
        sent = {name: field(shown.text, name) for name in ("_csrf_token", "parcel")}
        assert (await browser.post("/staff/import/confirm", data=sent)).status_code == 303
    assert [seat.member for seat in await all_seats(BOARD)] == ["barcelona"]
