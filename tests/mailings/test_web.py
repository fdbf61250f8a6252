from typing import Any
from uuid import uuid4

import pytest

from eventhub.database import sql
from eventhub.mail.rules import WORDABLE_KINDS
from tests.make import an_event, field, post_form, registered, signed_in

WORDING = "/staff/events/care-in-the-metropolis/letters/wording?kind=registration_confirmed&language=en"
LETTERS = "/staff/events/care-in-the-metropolis/letters"
MESSAGE: dict[str, Any] = {
    "kind": "planned_message", "audience": "registered", "attends": "", "only_language": "", "region": "", "member": "",
    "when": "now", "unit": "days", "side": "before_start", "subject_en": "Shoes", "body_en": "Dear [name], bring shoes.",
}  # fmt: skip


async def new_letter(staff: Any, **changes: Any) -> Any:
    """Fill in the form of a letter to a group; answers what the page says then."""
    page = await staff.get(f"{LETTERS}/new")
    return await post_form(staff, f"{LETTERS}/new", MESSAGE | {"key": field(page.text, "key")} | changes)


async def test_the_door_and_strangers_do_not_read_or_change_letters(database: None, app: Any, client: Any) -> None:
    await an_event()
    pages = (LETTERS, f"{LETTERS}/wording", f"{LETTERS}/preview", f"{LETTERS}/preview/html", f"{LETTERS}/new")
    for path in (*pages, "/staff/outbox/planned"):
        assert (await client.get(path)).status_code in (303, 401), path
    async with await signed_in(app, "check-in") as door:
        for path in (*pages, "/staff/outbox/planned"):
            assert (await door.get(path)).status_code == 403, path
        for path in ("wording?kind=reminder&language=en", "presets", "test", "new", f"{uuid4()}/withdraw"):
            page = await post_form(door, f"{LETTERS}/{path}", {}, page="/staff/")
            assert page.status_code == 403, path
    async with await signed_in(app, "organiser") as organiser:
        for path in (*pages, "/staff/outbox/planned"):
            assert (await organiser.get(path)).status_code == 200, path


async def test_a_wording_is_saved_and_shown_with_what_it_means_for_other_languages(database: None, app: Any) -> None:
    await an_event()
    async with await signed_in(app, "programme") as staff:
        page = await staff.get(WORDING)
        assert "[event_link]" in page.text
        assert "Care in the metropolis" in page.text
        saved = await post_form(staff, WORDING, {"seen": "", "subject": "Mine [title]", "body": "Dear [name]"})
        assert saved.status_code == 303
        page = await staff.get(WORDING)
        assert 'value="Mine [title]"' in page.text
        assert "The usual wording stays in: Spanish, French." in page.text
        assert "Mine Care in the metropolis" in (await staff.get(WORDING.replace("wording", "preview"))).text
        usual = await post_form(
            staff, WORDING.replace("wording?", "wording/usual?"), {"seen": field(page.text, "seen")}, page=WORDING
        )
        assert usual.status_code == 303
        assert "Mine [title]" not in (await staff.get(WORDING)).text


async def test_of_two_edits_the_later_sees_both_texts_and_may_save_again(database: None, app: Any) -> None:
    await an_event()
    async with await signed_in(app, "programme") as staff:
        await post_form(staff, WORDING, {"seen": "", "subject": "Theirs", "body": "Their text"})
        late = await post_form(staff, WORDING, {"seen": "", "subject": "Ours", "body": "Our text"})
        assert late.status_code == 409
        assert "Theirs" in late.text
        assert "Their text" in late.text
        assert 'value="Ours"' in late.text
        assert "Our text" in late.text
        again = {"seen": field(late.text, "seen"), "subject": "Ours", "body": "Our text"}
        assert (await post_form(staff, WORDING, again)).status_code == 303
        assert 'value="Ours"' in (await staff.get(WORDING)).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"subject": "", "body": "x"}, "Please write something here."),
        ({"subject": "s" * 600, "body": "x"}, "This is too long"),
        ({"subject": "s", "body": "x" * 20000}, "This is too long"),
        ({"subject": "s", "body": "[nobody]"}, "We do not know [nobody]"),
        ({"subject": "[title", "body": "x"}, "[title has no closing bracket"),
        ({}, "Please write something here."),
    ],
)
async def test_a_fault_of_a_wording_is_said_at_its_field_and_what_was_typed_is_kept(
    database: None, app: Any, typed: dict[str, str], said: str
) -> None:
    await an_event()
    async with await signed_in(app, "programme") as staff:
        answer = await post_form(staff, WORDING, {"seen": "", **typed})
        assert answer.status_code == 422
        assert said in answer.text
        if typed.get("body") == "[nobody]":
            assert ">\n[nobody]</textarea>" in answer.text.replace("\r\n", "\n")
    assert await sql("SELECT 1 FROM letter_wording") == []


async def test_odd_input_is_answered_with_a_sentence(database: None, app: Any) -> None:
    await an_event()
    async with await signed_in(app, "programme") as staff:
        for path in ("wording?kind=sign_in_link", "wording?language=xx", "preview?kind=../x", "preview/html?kind=%00"):
            assert (await staff.get(f"{LETTERS}/{path}")).status_code == 404, path
        nul = await post_form(staff, WORDING, {"seen": "x", "subject": "a\0b", "body": "{{ x }}"})
        assert nul.status_code == 409, "a key that is none was never in force"
        nul = await post_form(staff, WORDING, {"seen": "", "subject": "a\0b", "body": "{{ x }}\0<b>"})
        assert nul.status_code == 303
        assert "{{ x }}&lt;b&gt;" in (await staff.get(WORDING)).text
        for changes in (
            {"audience": "everybody"}, {"when": "never"}, {"region": "x" * 600}, {"member": "'; --"}, {"kind": "x"},
            {"when": "own", "number": "9" * 40}, {"when": "own", "number": "x"}, {"when": "own", "number": ""},
            {"when": "instant", "day": "9999-99-99", "clock": "25:00"}, {"when": "instant", "day": "9999-12-31", "clock": "23:59"},
            {"when": "instant", "day": "0001-01-01", "clock": "00:00"}, {"when": "instant"}, {"key": "nonsense"},
            {"subject_en": "s" * 600}, {"body_en": "[nobody]"}, {"subject_en": "", "body_en": ""},
        ):  # fmt: skip
            answer = await new_letter(staff, **changes)
            assert answer.status_code == 422, (changes, answer.status_code)
            assert "There is a problem" in answer.text, changes
        for path in (f"{LETTERS}/{uuid4()}/edit", "/staff/events/none/letters"):
            assert (await staff.get(path)).status_code == 404
        gone = await post_form(staff, f"{LETTERS}/{uuid4()}/withdraw", {}, page=LETTERS + "/new")
        assert gone.status_code == 404
    assert await sql("SELECT 1 FROM planned_letter") == []


async def test_a_letter_to_a_group_shows_whom_it_reaches_before_it_goes(database: None, app: Any) -> None:
    event = await an_event()
    for n in range(7):
        await registered(event, f"Person {n}")
    async with await signed_in(app, "organiser") as staff:
        page = await staff.get(f"{LETTERS}/new")
        typed = MESSAGE | {"key": field(page.text, "key")}
        seen = await post_form(staff, f"{LETTERS}/new", typed)
        assert seen.status_code == 200
        assert "This letter reaches 7 people" in seen.text
        assert "and 2 more" in seen.text
        assert "Dear Alex Example, bring shoes." in seen.text
        assert await sql("SELECT 1 FROM letter WHERE kind = 'planned_message'") == []
        (mark,) = _marks(seen.text)
        await registered(event, "Newcomer")
        again = await post_form(staff, f"{LETTERS}/new", typed | {"seen": mark})
        assert again.status_code == 200
        assert "This letter reaches 8 people" in again.text
        (mark,) = _marks(again.text)
        for _ in range(2):
            assert (await post_form(staff, f"{LETTERS}/new", typed | {"seen": mark})).status_code == 303
        assert len(await sql("SELECT 1 FROM letter WHERE kind = 'planned_message'")) == 8
        listed = await staff.get(LETTERS)
        assert "to 8 people" in listed.text
        assert "Shoes" in listed.text


def _marks(page: str) -> list[str]:
    import re

    return re.findall(r'name="seen" value="([0-9a-f]{32})"', page)


async def test_a_letter_is_planned_changed_and_withdrawn(database: None, app: Any) -> None:
    await an_event()
    async with await signed_in(app, "organiser") as staff:
        page = await staff.get(f"{LETTERS}/new")
        typed = MESSAGE | {"key": field(page.text, "key"), "when": "own", "number": "3", "unit": "days"}
        seen = await post_form(staff, f"{LETTERS}/new", typed)
        (mark,) = _marks(seen.text)
        assert (await post_form(staff, f"{LETTERS}/new", typed | {"seen": mark})).status_code == 303
        (row,) = await sql("SELECT id, minutes, anchor FROM planned_letter")
        assert (row["minutes"], row["anchor"]) == (-3 * 24 * 60, "start")
        listed = await staff.get(LETTERS)
        assert "3 days before it begins" in listed.text
        assert "26 February 2099" in listed.text.replace("\N{NO-BREAK SPACE}", " ")
        edit = f"{LETTERS}/{row['id']}/edit"
        shown = await staff.get(edit)
        assert 'value="Shoes"' in shown.text
        changed = MESSAGE | {
            "version": field(shown.text, "version"),
            "when": "instant",
            "day": "2099-02-01",
            "clock": "10:00",
        }
        assert (await post_form(staff, edit, changed)).status_code == 303
        late = await post_form(staff, edit, changed | {"subject_en": "Boots"})
        assert late.status_code == 409
        assert 'value="Boots"' in late.text
        again = await staff.get(edit)
        assert 'value="2099-02-01"' in again.text
        assert (await post_form(staff, f"{LETTERS}/{row['id']}/withdraw", {}, page=LETTERS)).status_code == 303
        assert "cannot be changed" in (await staff.get(edit)).text


async def test_what_goes_when_lists_the_next_thirty_days(database: None, app: Any) -> None:
    from datetime import timedelta

    from eventhub.database import utc_now

    event = await an_event()
    starts = utc_now() + timedelta(days=10)
    await sql("UPDATE event SET starts_at = {}, ends_at = NULL WHERE id = {}", starts, event.id)
    async with await signed_in(app, "organiser") as staff:
        empty = await staff.get("/staff/outbox/planned")
        assert "Nothing is planned" in empty.text
        answer = await post_form(staff, f"{LETTERS}/presets", {}, page=LETTERS)
        assert answer.status_code == 303
        page = await staff.get("/staff/outbox/planned")
        assert "Care in the metropolis" in page.text
        assert "1 day before it begins" in page.text
        await sql("UPDATE event SET starts_at = {} WHERE id = {}", utc_now() + timedelta(days=90), event.id)
        assert "3 letters go later." in (await staff.get("/staff/outbox/planned")).text
        assert 'href="/staff/outbox/planned"' in (await staff.get("/staff/outbox")).text
        assert f'href="{LETTERS}"' in (await staff.get("/staff/events/care-in-the-metropolis")).text


async def test_a_preview_shows_a_person_without_their_links_and_a_test_goes_to_the_account(
    database: None, app: Any
) -> None:
    event = await an_event()
    made = await registered(event, "Ana First", time_zone="America/Lima")
    who = f"registration:{made.registration.id}"
    async with await signed_in(app, "organiser") as staff:
        for kind in WORDABLE_KINDS:
            page = await staff.get(f"{LETTERS}/preview?kind={kind}&language=es&who={who}")
            assert page.status_code == 200
            assert "Ana First" in page.text
            assert "/registrations/example" in page.text or "example" in page.text
            html = await staff.get(f"{LETTERS}/preview/html?kind={kind}&language=fr&who={who}")
            assert html.status_code == 200
            assert "sandbox" in html.headers["Content-Security-Policy"]
        page = await staff.get(f"{LETTERS}/preview?kind=registration_confirmed&who={who}")
        assert "Puts the event into the calendar" in page.text
        assert "Sunday, 1 March 2099, 10:00, Central European Standard Time" in page.text.replace(
            "\N{NO-BREAK SPACE}", " "
        )
        form = {"kind": "registration_confirmed", "language": "en", "who": who, "key": field(page.text, "key")}
        for _ in range(2):
            assert (await post_form(staff, f"{LETTERS}/test", form, page=f"{LETTERS}/preview")).status_code == 303
    rows = await sql("SELECT recipient_address, person FROM letter WHERE dedupe_key LIKE 'test:%'")
    assert rows == [{"recipient_address": "organiser@example.org", "person": None}]
