"""Work on many registrations: filter, choose, confirm, decline, write and take the table along."""

import asyncio
import csv
import html
import io
import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from eventhub.database import engine, sql
from eventhub.errors import Problems
from eventhub.mail.rendering import render
from eventhub.registrations.bulk import Message, Verb, act_on_many, write_to_many
from eventhub.registrations.commands import cancel_registration
from eventhub.registrations.lists import matching, staff_filter
from tests.conftest import BASE_URL
from tests.make import NOW, a_member, an_event, field, post_form, registered, signed_in, some_account
from tests.registrations.looking import audit_of, letters_of, statuses
from tests.registrations.test_web import words

FULL = "No seat is free. Raise the capacity first, or cancel another registration."


async def many(event: Any, *names: str, **changes: Any) -> list[Any]:
    return [
        (await registered(event, name, now=NOW + timedelta(seconds=i), **changes)).registration
        for i, name in enumerate(names)
    ]


def path_of(event: Any) -> str:
    return f"/staff/events/{event.slug}/registrations"


async def names_on(staff: Any, address: str) -> list[str]:
    page = await staff.get(address)
    assert page.status_code == 200
    return re.findall(r'<th scope="row"><span dir="auto">([^<]*)', page.text)


async def seats_set(event: Any, capacity: int) -> None:
    await sql("UPDATE seat_pool SET capacity = {} WHERE event = {}", capacity, event.id)


# The list


async def test_the_list_is_narrowed_by_level_region_member_and_words(app, client):
    await a_member("Barcelona")
    await a_member("Montevideo", region="latin_america_caribbean", zone="America/Montevideo", country="UY")
    event = await an_event()
    await many(event, "Ada", member="barcelona", level="political")
    await many(event, "Bo", member="montevideo")
    await many(event, "Cy", organisation="Care 100% Network")
    async with await signed_in(app, "organiser") as staff:
        path = path_of(event)
        assert await names_on(staff, f"{path}?region=europe") == ["Ada"]
        assert await names_on(staff, f"{path}?member=montevideo") == ["Bo"]
        assert await names_on(staff, f"{path}?member=none") == ["Cy"]
        assert await names_on(staff, f"{path}?level=political") == ["Ada"]
        assert await names_on(staff, f"{path}?level=none&sort=name") == ["Bo", "Cy"]
        assert await names_on(staff, f"{path}?q=montevideo") == ["Bo"]
        assert await names_on(staff, f"{path}?q=100%25") == ["Cy"]
        assert await names_on(staff, f"{path}?q=%25%00_") == []
        assert await names_on(staff, f"{path}?region=atlantis") == []
        assert sorted(await names_on(staff, f"{path}?level=x&needs=x&sort=x&size=x")) == ["Ada", "Bo", "Cy"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["Ada", "Bo", "Cy"]),
        ("-name", ["Cy", "Bo", "Ada"]),
        ("time", ["Cy", "Ada", "Bo"]),
        ("-time", ["Bo", "Ada", "Cy"]),
        ("status", ["Ada", "Bo", "Cy"]),
        ("-status", ["Cy", "Bo", "Ada"]),
        ("member", ["Bo", "Cy", "Ada"]),
    ],
)
async def test_the_list_is_sorted_by_its_headings(app, client, sort, order):
    event = await an_event(capacity=1)
    await registered(event, "Cy", now=NOW, organisation="Zebra")
    await registered(event, "Ada", now=NOW + timedelta(seconds=1))
    await registered(event, "Bo", now=NOW + timedelta(seconds=2), organisation="aqua")
    async with await signed_in(app, "organiser") as staff:
        address = f"{path_of(event)}?sort={sort}"
        assert await names_on(staff, address) == order
        page = (await staff.get(address)).text
        way = "descending" if sort.startswith("-") else "ascending"
        assert re.findall(r'aria-sort="([a-z]+)"', page) == [way]


async def test_the_size_of_a_page_is_chosen_and_kept(app, client):
    event = await an_event()
    await many(event, *(f"Person {number:02}" for number in range(30)))
    async with await signed_in(app, "organiser") as staff:
        address = f"{path_of(event)}?size=25&sort=name"
        assert len(await names_on(staff, address)) == 25
        assert await names_on(staff, f"{address}&page_number=2") == [f"Person {number:02}" for number in range(25, 30)]
        page = (await staff.get(address)).text
        assert "size=25" in re.findall(r'rel="next" href="([^"]*)"', page)[0]
        assert len(await names_on(staff, path_of(event))) == 30


async def copies(event: Any, number: int) -> None:
    """More people with seats, written as rows: the command for one takes its time."""
    first = (await sql("SELECT * FROM registration WHERE event = {}", event.id))[0]
    for i in range(number):
        person = uuid4()
        await sql(
            "INSERT INTO person (id, name, email, email_key, organisation, country, language, created_at) "
            "VALUES ({}, {}, {}, {}, '', '', 'en', {})",
            person, f"P{i}", f"p{i}@example.net", f"p{i}@example.net", NOW,
        )  # fmt: skip
        row = {**first, "id": uuid4(), "person": person, "name": f"P{i}", "submission_key": None}
        await sql(f"INSERT INTO registration ({', '.join(row)}) VALUES ({', '.join('{}' for _ in row)})", *row.values())


async def test_the_list_of_1400_takes_as_many_queries_as_that_of_20(app, client):
    small, large = await an_event(), await an_event()
    for event, number in ((small, 19), (large, 1399)):
        await registered(event, "Ada")
        await sql(
            "DELETE FROM person WHERE email_key LIKE 'p%@example.net' AND id NOT IN (SELECT person FROM registration)"
        )
        await copies(event, number) if event is large else await many(event, *(f"Q{i}" for i in range(number)))
    kind = type(engine())
    plain, seen = kind.run_querystring, []

    async def counting(self: Any, querystring: Any, *rest: Any, **more: Any) -> Any:
        seen.append(querystring)
        return await plain(self, querystring, *rest, **more)

    async with await signed_in(app, "organiser") as staff:
        counts = []
        for event, size in ((small, 20), (large, 200)):
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(kind, "run_querystring", counting)
                seen.clear()
                assert len(await names_on(staff, f"{path_of(event)}?size=200&sort=member&q=example")) == size
                counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 16


async def test_access_needs_are_for_organisers_only(app, client):
    event = await an_event()
    ada, _ = await many(event, "Ada", "Bo")
    await sql("UPDATE registration SET access_needs = 'A ramp' WHERE id = {}", ada.id)
    async with await signed_in(app, "organiser") as staff:
        assert await names_on(staff, f"{path_of(event)}?needs=yes") == ["Ada"]
        assert "A ramp" in (await staff.get(f"{path_of(event)}/{ada.id}")).text
        assert "A ramp" in (await staff.get(f"{path_of(event)}/export.csv")).text
    async with await signed_in(app, "check-in") as door:
        assert await names_on(door, f"{path_of(event)}?needs=yes") == ["Ada", "Bo"]
        assert "A ramp" not in (await door.get(f"{path_of(event)}/{ada.id}")).text
        assert "Access needs" not in (await door.get(path_of(event))).text
        assert (await door.get(f"{path_of(event)}/export.csv")).status_code == 403


# Choosing and acting


async def chosen_page(staff: Any, event: Any, verb: str, **fields: Any) -> Any:
    return await post_form(staff, f"{path_of(event)}/selected", {"verb": verb, **fields}, page=path_of(event))


async def apply_page(staff: Any, event: Any, shown: Any, **fields: Any) -> Any:
    """Press the button of the page that shows what would be done."""
    form = shown.text[shown.text.index('id="bulk"') :]
    hidden: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form):
        hidden.setdefault(name, []).append(value)
    return await staff.post(f"{path_of(event)}/apply", data={**hidden, **fields}, headers={"Origin": BASE_URL})


async def test_those_ticked_are_confirmed_and_nobody_else(app, client):
    event = await an_event(capacity=1)
    _, bo, cy, _ = await many(event, "Ada", "Bo", "Cy", "Di")
    await seats_set(event, 4)
    async with await signed_in(app, "organiser") as staff:
        shown = await chosen_page(staff, event, "confirm", id=[str(bo.id), str(cy.id)])
        assert "Confirm 2 people" in words(shown)
        assert "3 seats are not taken." in words(shown)
        assert (await statuses(event))["Bo"] == "waitlisted"
        done = await apply_page(staff, event, shown, reason="Invited by the host")
        assert done.status_code == 303
        assert "2 people have a seat now." in words(await staff.get(path_of(event)))
    assert await statuses(event) == {"Ada": "confirmed", "Bo": "confirmed", "Cy": "confirmed", "Di": "waitlisted"}


async def test_everybody_who_matches_is_confirmed_as_far_as_seats_go_and_the_rest_is_named(app, client):
    event = await an_event(capacity=1)
    await many(event, "Ada", "Bo", "Cy", "Di")
    await seats_set(event, 3)
    async with await signed_in(app, "organiser") as staff:
        shown = await chosen_page(staff, event, "confirm", all="1", status="waitlisted", q="example")
        assert "Confirm 3 people" in words(shown)
        done = await apply_page(staff, event, shown)
        assert done.status_code == 200
        assert "One person is as before" in words(done)
        assert "2 people have a seat now." in words(done)
        assert f"For one person it could not be done: {FULL}" in words(done)
        assert f"Di {FULL}" in words(done)
    assert await statuses(event) == {"Ada": "confirmed", "Bo": "confirmed", "Cy": "confirmed", "Di": "waitlisted"}


async def test_declining_needs_a_reason_and_keeps_what_was_typed(app, client):
    event = await an_event()
    ada, bo = await many(event, "Ada", "Bo")
    async with await signed_in(app, "organiser") as staff:
        shown = await chosen_page(staff, event, "decline", all="1")
        for reason, said in (
            ("", "Please give the reason; the people read it in their letter."),
            ("x" * 2001, "2000 characters"),
        ):
            refused = await apply_page(staff, event, shown, reason=reason)
            assert refused.status_code == 422
            assert said in words(refused)
            assert reason in refused.text
        assert await statuses(event) == {"Ada": "confirmed", "Bo": "confirmed"}
        done = await apply_page(staff, event, shown, reason="The room is too small.")
        assert done.status_code == 303
        assert "2 registrations are declined." in words(await staff.get(path_of(event)))
    assert await statuses(event) == {"Ada": "declined", "Bo": "declined"}
    for one in (ada, bo):
        assert await audit_of(one.id) == ["declined_registration"]


async def test_other_people_than_those_shown_are_asked_about_again(app, client):
    event = await an_event()
    await many(event, "Ada")
    async with await signed_in(app, "organiser") as staff:
        shown = await chosen_page(staff, event, "decline", all="1")
        await registered(event, "Bo", now=NOW + timedelta(seconds=5))
        again = await apply_page(staff, event, shown, reason="The room is too small.")
        assert again.status_code == 409
        assert "Other people match now than when you looked." in words(again)
        assert "Decline 2 registrations" in words(again)
        assert await statuses(event) == {"Ada": "confirmed", "Bo": "confirmed"}
        assert (await apply_page(staff, event, again, reason="The room is too small.")).status_code == 303
    assert await statuses(event) == {"Ada": "declined", "Bo": "declined"}


async def test_what_takes_too_long_goes_on_with_the_next_press(app, client, monkeypatch):
    monkeypatch.setattr("eventhub.registrations.staff_web.SECONDS_AT_ONCE", -1.0)
    event = await an_event()
    await many(event, "Ada", "Bo")
    async with await signed_in(app, "organiser") as staff:
        shown = await chosen_page(staff, event, "decline", all="1")
        paused = await apply_page(staff, event, shown, reason="The <river> rose.")
        assert paused.status_code == 200
        assert "The turn of 2 people is still to come" in words(paused)
        monkeypatch.setattr("eventhub.registrations.staff_web.SECONDS_AT_ONCE", 15.0)
        form = paused.text[paused.text.index('id="bulk"') :]
        hidden = {name: html.unescape(value) for name, value in re.findall(r'name="([^"]*)" value="([^"]*)"', form)}
        for wrong in ("x", "\x00", ","):
            bad = await staff.post(
                f"{path_of(event)}/apply", data=hidden | {"rest": wrong}, headers={"Origin": BASE_URL}
            )
            assert bad.status_code == 404
        done = await staff.post(f"{path_of(event)}/apply", data=hidden, headers={"Origin": BASE_URL})
        assert done.status_code == 303
    assert await statuses(event) == {"Ada": "declined", "Bo": "declined"}
    facts = await sql("SELECT facts FROM letter WHERE kind = 'registration_cancelled'")
    assert all("The <river> rose." in row["facts"] for row in facts)


async def test_people_are_marked_as_present_by_the_door_too(app, client):
    event = await an_event(capacity=2)
    await many(event, "Ada", "Bo", "Cy")
    async with await signed_in(app, "check-in") as door:
        for verb in ("confirm", "decline", "waitlist", "write", "csv", "xlsx", "explode", ""):
            assert (await chosen_page(door, event, verb, all="1")).status_code == 404
        shown = await chosen_page(door, event, "present", all="1")
        done = await apply_page(door, event, shown)
        assert "2 people are marked as present." in words(done)
        assert "Cy Only people with a seat can be marked as present. Confirm the registration first." in words(done)
        again = await apply_page(door, event, shown)
        assert "No" not in words(again)[:2]
        assert "For 2 people it was so before." in words(again)
    assert len(await sql("SELECT id FROM attendance")) == 2


async def test_choosing_nobody_is_said_on_the_list(app, client):
    event, other = await an_event(), await an_event()
    await many(event, "Ada")
    (stranger,) = await many(other, "Bo")
    async with await signed_in(app, "organiser") as staff:
        for fields in ({}, {"id": str(stranger.id)}, {"id": str(uuid4())}):
            page = await chosen_page(staff, event, "decline", **fields)
            assert page.status_code == 422
            assert "Nobody is chosen. Tick people first, or choose everybody who matches." in words(page)
        for wrong in ("x", "\x00", "9" * 600):
            assert (await chosen_page(staff, event, "decline", id=wrong)).status_code == 404
    assert await statuses(other) == {"Bo": "confirmed"}


async def test_what_is_done_meanwhile_is_reported_and_the_rest_goes_on(database):
    event = await an_event(capacity=1)
    ada, bo, cy = await many(event, "Ada", "Bo", "Cy")
    await cancel_registration(bo.id, now=NOW)
    await seats_set(event, 3)
    account = await some_account()
    report = await act_on_many(event, [cy.id, bo.id, ada.id], Verb.CONFIRM, "Known to us", now=NOW, account_id=account)
    assert (report.done, report.unchanged) == (1, 1)
    assert report.refused == (("Bo", "This registration was cancelled; the person can register again."),)
    assert await statuses(event) == {"Ada": "confirmed", "Bo": "cancelled", "Cy": "confirmed"}


async def test_who_waits_longest_gets_the_last_seat_in_whatever_order_people_were_ticked(database):
    event = await an_event(capacity=1)
    _, bo, cy = await many(event, "Ada", "Bo", "Cy")
    await seats_set(event, 2)
    await act_on_many(event, [cy.id, bo.id], Verb.CONFIRM, "", now=NOW, account_id=await some_account())
    assert await statuses(event) == {"Ada": "confirmed", "Bo": "confirmed", "Cy": "waitlisted"}


async def test_by_approval_many_are_confirmed_put_on_the_list_and_declined_with_their_reason(app, client):
    event = await an_event(capacity=1, registration_mode="approval")
    ada, bo, cy = await many(event, "Ada", "Bo", "Cy")
    assert set((await statuses(event)).values()) == {"pending"}
    async with await signed_in(app, "organiser") as staff:
        assert await names_on(staff, f"{path_of(event)}?status=pending&sort=name") == ["Ada", "Bo", "Cy"]
        for verb, one, fields in (
            ("confirm", ada, {}),
            ("waitlist", bo, {}),
            ("decline", cy, {"reason": "The room is for members."}),
        ):
            shown = await chosen_page(staff, event, verb, id=str(one.id))
            assert (await apply_page(staff, event, shown, **fields)).status_code == 303
    assert await statuses(event) == {"Ada": "confirmed", "Bo": "waitlisted", "Cy": "declined"}
    facts = await sql("SELECT facts FROM letter WHERE recipient_name = 'Cy' ORDER BY created_at DESC, id DESC LIMIT 1")
    assert "The room is for members." in facts[0]["facts"]


async def test_two_colleagues_at_once_never_confirm_more_than_there_are_seats(database):
    event = await an_event(capacity=1)
    people = await many(event, *(f"P{i}" for i in range(9)))
    await seats_set(event, 5)
    account = await some_account()
    reports = await asyncio.gather(
        *(
            act_on_many(event, [p.id for p in people], Verb.CONFIRM, "Both of us", now=NOW, account_id=account)
            for _ in range(2)
        )
    )
    assert sorted((await statuses(event)).values()) == ["confirmed"] * 5 + ["waitlisted"] * 4
    assert sum(report.done + report.unchanged + len(report.refused) for report in reports) == 18


async def test_registrations_of_another_event_are_left_alone(database):
    event, other = await an_event(), await an_event()
    (stranger,) = await many(other, "Bo")
    account = await some_account()
    report = await act_on_many(event, [stranger.id], Verb.DECLINE, "No room", now=NOW, account_id=account)
    assert (report.done, report.unchanged, report.refused) == (0, 0, ())
    report = await write_to_many(event, [stranger.id], Message("Hello", "Hi"), key="k", now=NOW, account_id=account)
    assert report.done == 0
    assert await statuses(other) == {"Bo": "confirmed"}


async def test_450_registrations_are_done_in_parts(database):
    event = await an_event()
    await registered(event, "Ada")
    await copies(event, 449)
    ids = await matching(event.id, staff_filter({}))
    account = await some_account()
    report = await write_to_many(event, ids, Message("Hello", "Dear [name]"), key="k", now=NOW, account_id=account)
    assert (report.done, report.unchanged, report.refused) == (450, 0, ())
    again = await write_to_many(event, ids, Message("Hello", "Dear [name]"), key="k", now=NOW, account_id=account)
    assert (again.done, again.unchanged) == (0, 450)


# Writing


async def test_a_letter_goes_to_each_with_the_name_and_link_of_their_own(app, client):
    event = await an_event()
    await many(event, "Ada [name]", language="fr")
    await many(event, "Bo")
    async with await signed_in(app, "organiser") as staff:
        shown = await chosen_page(staff, event, "write", all="1")
        assert "Write to 2 people" in words(shown)
        wrong = await apply_page(staff, event, shown, subject="", text="x" * 5001)
        assert wrong.status_code == 422
        assert "x" * 5001 in wrong.text
        named = await apply_page(staff, event, shown, subject="For [name]", text="Hello")
        assert "The name can only stand in the text, not in the subject." in words(named)
        typed = {"subject": "Bring <shoes>", "text": "Dear [name],\r\n\r\nIt will\r\nrain."}
        assert (await apply_page(staff, event, shown, **typed)).status_code == 303
        assert "2 letters are on their way." in words(await staff.get(path_of(event)))
        assert (await apply_page(staff, event, shown, **typed)).status_code == 303
        rows = await sql("SELECT recipient_name, facts FROM letter WHERE kind = 'message_to_registered'")
        assert sorted(row["recipient_name"] for row in rows) == ["Ada [name]", "Bo"]
        outbox = await staff.get("/staff/outbox?kind=message_to_registered")
        assert outbox.status_code == 200
    letters = [kind for _, kind in await letters_of(event)]
    assert letters.count("message_to_registered") == 2
    texts = {
        row["recipient_name"]: render(
            "message_to_registered", "en", json.loads(row["facts"]), recipient_address="x@example.org"
        )
        for row in rows
    }
    letter = texts["Ada [name]"]
    assert letter.subject == "Bring <shoes>"
    assert letter.text.startswith("Dear Ada [name],\n\nIt will\nrain.\n")
    assert "Dear Ada [name],</p>" in letter.html
    assert "It will<br>rain.</p>" in letter.html
    assert texts["Bo"].text.startswith("Dear Bo,")
    assert "/registrations/" in letter.text


async def test_a_message_that_says_nothing_is_refused(database):
    event = await an_event()
    (ada,) = await many(event, "Ada")
    with pytest.raises(Problems) as refused:
        await write_to_many(
            event, [ada.id], Message(" \u200b", "\n\n"), key="k", now=NOW, account_id=await some_account()
        )
    assert set(refused.value.fields) == {"subject", "text"}


# The table


async def test_the_table_has_those_who_match_or_those_ticked(app, client):
    event = await an_event(capacity=2, time_zone="Europe/Madrid")
    ada, bo, _ = await many(event, "Ada", "=Bo", "Cy", gender="woman")
    async with await signed_in(app, "organiser") as staff:
        answer = await staff.get(f"{path_of(event)}/export.csv?status=waitlisted")
        assert answer.headers["content-disposition"] == 'attachment; filename="registrations.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [(row["name"], row["queue_place"]) for row in rows] == [("Cy", "1")]
        assert rows[0]["registered_at"].endswith("+01:00")
        assert "woman" not in answer.text
        ticked = await chosen_page(staff, event, "csv", id=[str(bo.id), str(ada.id)], sort="-name")
        rows = list(csv.DictReader(io.StringIO(ticked.content.decode("utf-8-sig"))))
        assert sorted(row["name"] for row in rows) == ["'=Bo", "Ada"]
        everybody = await chosen_page(staff, event, "csv", all="1", sort="-name")
        rows = list(csv.DictReader(io.StringIO(everybody.content.decode("utf-8-sig"))))
        assert [row["name"] for row in rows] == ["Cy", "Ada", "'=Bo"]
        book = await chosen_page(staff, event, "xlsx", all="1")
        assert book.content.startswith(b"PK")
        assert (await staff.get(f"{path_of(event)}/export.ods")).status_code == 404


# One registration


async def test_passing_over_who_has_waited_longer_needs_a_reason_that_is_kept(app, client):
    event = await an_event(capacity=1)
    _, _, cy = await many(event, "Ada", "Bo", "Cy")
    await seats_set(event, 2)
    own = f"{path_of(event)}/{cy.id}"
    async with await signed_in(app, "organiser") as staff:
        for verb in ("confirm", "first"):
            refused = await post_form(staff, f"{own}/{verb}", {"reason": " "}, page=own)
            assert refused.status_code == 422
            assert "Please say why this person comes first" in words(refused)
        assert (await statuses(event))["Cy"] == "waitlisted"
        first = {"reason": "Speaks at the opening", "back": own}
        assert (await post_form(staff, f"{own}/first", first, page=own)).status_code == 303
        page = words(await staff.get(own))
        assert "Place 1 on the waiting list" in page
        assert "Put first on the waiting list Speaks at the opening" in page
    async with await signed_in(app, "check-in") as door:
        assert "Speaks at the opening" not in (await door.get(own)).text
        assert (await post_form(door, f"{own}/first", first, page=own)).status_code == 404


async def test_answers_are_on_the_page_and_in_the_table(app, client):
    event = await an_event()
    (ada,) = await many(event, "Ada")
    question = uuid4()
    await sql(
        "INSERT INTO question (id, event, position, kind, texts, options, shown_if, is_required, created_at) "
        "VALUES ({}, {}, 1, 'text', {}, '[]', 'null', {}, {})",
        question, event.id, '{"en": {"label": "Which language?", "help": "", "purpose": "For the booths"}}', False, NOW,
    )  # fmt: skip
    await sql("UPDATE registration SET answers = {} WHERE id = {}", json.dumps({str(question): "Quechua"}), ada.id)
    async with await signed_in(app, "organiser") as staff:
        assert "Which language? Quechua" in words(await staff.get(f"{path_of(event)}/{ada.id}"))
        table = await staff.get(f"{path_of(event)}/export.csv")
        rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
        assert [row["Which language?"] for row in rows] == ["Quechua"]
    async with await signed_in(app, "check-in") as door:
        assert "Quechua" not in (await door.get(f"{path_of(event)}/{ada.id}")).text


async def test_the_page_of_one_registration_has_facts_history_and_decision(app, client):
    event = await an_event(capacity=1)
    _, bo = await many(event, "Ada", "Bo", organisation="City hall")
    own = f"{path_of(event)}/{bo.id}"
    async with await signed_in(app, "organiser") as staff:
        page = await staff.get(own)
        assert "Place 1 on the waiting list" in words(page)
        assert "City hall" in words(page)
        assert "Staff have done nothing with this registration so far." in words(page)
        empty = await post_form(staff, f"{own}/decline", {"reason": ""}, page=own)
        assert empty.status_code == 422
        assert "Please give the reason; the people read it in their letter." in words(empty)
        long = await post_form(staff, f"{own}/decline", {"reason": "x" * 2001}, page=own)
        assert long.status_code == 422
        assert "x" * 2001 in long.text
        await seats_set(event, 2)
        done = await post_form(staff, f"{own}/confirm", {"reason": "", "back": own}, page=own)
        assert done.headers["location"] == f"{own}#r-{bo.id}"
        assert "Seat given by hand" in words(await staff.get(own))
    assert await statuses(event) == {"Ada": "confirmed", "Bo": "confirmed"}


async def test_the_page_of_one_registration_belongs_to_its_event(app, client):
    event, other = await an_event(), await an_event()
    (stranger,) = await many(other, "Bo")
    async with await signed_in(app, "organiser") as staff:
        for identifier in (stranger.id, uuid4(), "x"):
            assert (await staff.get(f"{path_of(event)}/{identifier}")).status_code == 404
    async with await signed_in(app, "reader") as reader:
        assert (await reader.get(f"{path_of(other)}/{stranger.id}")).status_code == 403


async def test_staff_see_who_is_elsewhere_at_the_same_time(app, client):
    event, other = await an_event(), await an_event(title="Water in the metropolis")
    ada, _ = await many(event, "Ada", "Bo")
    await many(other, "Ada")
    async with await signed_in(app, "organiser") as staff:
        page = words(await staff.get(path_of(event)))
        assert page.count("Elsewhere at the same time") == 1
        assert "Water in the metropolis" in words(await staff.get(f"{path_of(event)}/{ada.id}"))


async def test_no_page_of_bulk_work_tells_anybodys_gender(app, client):
    event = await an_event()
    (ada,) = await many(event, "Ada", gender="non_binary")
    async with await signed_in(app, "administrator") as staff:
        pages = [await staff.get(f"{path_of(event)}/{ada.id}"), await chosen_page(staff, event, "confirm", all="1")]
        pages.append(await staff.get(f"{path_of(event)}/export.csv"))
    for page in pages:
        assert "Ada" in page.text
        assert "non_binary" not in page.text
        assert "Non-binary" not in page.text
    assert field(pages[1].text, "verb") == "confirm"
