"""The pages of the door, of reports and of links to join, as browsers use them."""

import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from eventhub.checkin.queries import clicks_of, join_url, reports_of, ticket_text
from eventhub.checkin.rules import shown_code
from eventhub.database import sql
from eventhub.registrations.commands import NewHeadCount, record_head_count
from tests.conftest import BASE_URL
from tests.make import NOW, an_event, an_item, field, post_form, registered, signed_in, some_account

REPORT = b"Name,Email,Duration\nAlex Example,,30\nNobody Known,home@example.net,45\nShort,,2\n"


@pytest.fixture
async def staff(app: Any, database: None) -> AsyncIterator[httpx.AsyncClient]:
    """The narrowest role that may do all of this."""
    async with await signed_in(app, "check-in") as browser:
        yield browser


def door(event: Any) -> str:
    return f"/staff/events/{event.slug}/check-in"


def reports(event: Any) -> str:
    return f"/staff/events/{event.slug}/participant-report"


def ticket(registration: Any) -> str:
    return ticket_text(registration.id, registration.link_version)


async def fetched(client: httpx.AsyncClient, event: Any, path: str = "", **data: str) -> httpx.Response:
    """As the script of the page posts."""
    token = field((await client.get(door(event))).text, "_csrf_token")
    headers = {"Accept": "application/json", "X-CSRF-Token": token, "Origin": BASE_URL}
    return await client.post(door(event) + path, data=data, headers=headers)


def words(page: httpx.Response) -> str:
    """The text of the verdict on a page."""
    found = re.search(r'<div id="verdict"[^>]*>(.*?)<template', page.text, re.S)
    assert found
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1]))).strip()


async def test_only_the_page_of_the_door_may_use_the_camera(staff: httpx.AsyncClient) -> None:
    event = await an_event()
    assert "camera=(self)" in (await staff.get(door(event))).headers["permissions-policy"]
    assert "camera=()" in (await staff.get(reports(event))).headers["permissions-policy"]


async def test_a_code_marks_somebody_and_the_next_page_says_who_with_a_way_back(staff: httpx.AsyncClient) -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    await registered(event, "Bo Sample")
    answer = await post_form(staff, door(event), {"code": shown_code(ticket(alex))})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{door(event)}?last={alex.id}")
    page = await staff.get(answer.headers["location"])
    assert words(page).startswith("Present Alex Example Alex Example is marked as present since")
    assert 'class="verdict good"' in page.text
    assert '<strong id="door-present">1</strong>' in page.text
    assert '<strong id="door-confirmed">2</strong>' in page.text
    back = await post_form(staff, f"{door(event)}/undo", {"registration": str(alex.id)}, page=door(event))
    assert back.status_code == 303
    after = await staff.get(back.headers["location"])
    assert "Alex Example is not marked as present any more." in after.text
    assert '<strong id="door-present">0</strong>' in after.text


async def test_every_answer_has_a_word_a_shape_and_a_whole_sentence(staff: httpx.AsyncClient) -> None:
    event, other = await an_event(capacity=1), await an_event(title="Another event")
    alex = (await registered(event, "Alex Example")).registration
    bo = (await registered(event, "Bo Waiting")).registration
    cy = (await registered(other, "Cy Elsewhere")).registration
    await post_form(staff, door(event), {"code": ticket(alex)})
    for code, kind, status, said in (
        (ticket(alex), "warning", 200, "Already present Alex Example Alex Example was marked as present before, at "),
        (
            ticket(bo),
            "warning",
            409,
            "On the waiting list Bo Waiting Bo Waiting is on the waiting list and has no seat.",
        ),
        (
            ticket(cy),
            "bad",
            409,
            "Other event Cy Elsewhere The ticket of Cy Elsewhere is for another event: Another event.",
        ),
        ("ZZZZ-ZZZZ", "bad", 409, "Not registered No registration has this code."),
    ):
        page = await post_form(staff, door(event), {"code": code})
        assert (page.status_code, words(page)[: len(said)]) == (status, said)
        assert f'class="verdict {kind}"' in page.text


async def test_the_search_finds_people_and_offers_a_button_only_for_those_with_a_seat(staff: httpx.AsyncClient) -> None:
    event = await an_event(capacity=1)
    alex = (await registered(event, "Alex Example")).registration
    await registered(event, "Álex Waiting")
    page = await staff.get(door(event), params={"q": "ex"})
    assert page.text.count(' data-name="') == 1
    assert f'name="registration" value="{alex.id}"' in page.text
    assert "2 people match" in page.text
    assert "Nobody matches" in (await staff.get(door(event), params={"q": "zzz\x00" + "y" * 600})).text
    answer = await post_form(staff, door(event), {"registration": str(alex.id)})
    assert answer.status_code == 303


async def test_a_door_of_one_item_counts_for_that_item(staff: httpx.AsyncClient) -> None:
    event = await an_event()
    item = await an_item(event, "Opening")
    alex = (await registered(event, "Alex Example")).registration
    page = await staff.get(door(event), params={"item": str(item.id)})
    assert f'data-item="{item.id}"' in page.text
    answer = await post_form(staff, door(event), {"code": ticket(alex), "item": str(item.id)})
    assert answer.headers["location"] == f"{door(event)}?item={item.id}&last={alex.id}"
    rows = await sql("SELECT programme_item FROM attendance")
    assert rows == [{"programme_item": item.id}]
    for wrong in (str(uuid4()), "nonsense", "x" * 600):
        assert (await staff.get(door(event), params={"item": wrong})).status_code == 404
        assert (await fetched(staff, event, code=ticket(alex), item=wrong)).status_code == 404


async def test_the_script_gets_the_verdict_as_json_with_counts(staff: httpx.AsyncClient) -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    answer = await fetched(staff, event, code=ticket(alex), key="1", at=datetime.now(UTC).isoformat())
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "verdict": "present", "kind": "good", "word": "Present", "name": "Alex Example",
            "sentence": "Alex Example is marked as present now.", "undo": str(alex.id), "present": 1, "confirmed": 1,
        },
    )  # fmt: skip
    unknown = await fetched(staff, event, code="ZZZZ-ZZZZ")
    assert (unknown.status_code, unknown.json()["verdict"], unknown.json()["undo"]) == (200, "not_registered", "")
    undone = await fetched(staff, event, "/undo", registration=str(alex.id))
    assert (undone.status_code, undone.json()["verdict"], undone.json()["present"]) == (200, "taken_back", 0)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Please scan or type a code, or look for a name."),
        ({"code": "  "}, "Please scan or type a code, or look for a name."),
        ({"registration": "nonsense"}, "Please scan or type a code, or look for a name."),
        ({"code": "x" * 501}, "This is too long; 500 characters is the most."),
        ({"code": "ABCD-EFGH", "at": "yesterday"}, "The time of the scan cannot be read."),
        ({"code": "ABCD-EFGH", "at": "9" * 600}, "The time of the scan cannot be read."),
        ({"code": "ABCD-EFGH", "at": "0001-01-01T00:00:00+14:00"}, "The time of the scan cannot be read."),
    ],
)
async def test_what_cannot_be_read_is_refused_with_a_sentence(
    staff: httpx.AsyncClient, data: dict[str, str], sentence: str
) -> None:
    event = await an_event()
    answer = await fetched(staff, event, **data)
    assert (answer.status_code, answer.json()["sentence"]) == (422, sentence)
    page = await post_form(staff, door(event), data)
    assert (page.status_code, sentence in html.unescape(page.text)) == (422, True)


async def test_a_head_count_is_told_and_nothing_is_marked(staff: httpx.AsyncClient) -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    await record_head_count(event, NewHeadCount(1, 1, 0, 0, 0, ""), now=NOW, account_id=await some_account())
    answer = await fetched(staff, event, code=ticket(alex))
    assert (answer.status_code, answer.json()["verdict"]) == (409, "refused")
    assert "head count" in answer.json()["sentence"]
    assert await sql("SELECT id FROM attendance") == []


async def test_the_list_for_phones_is_json_with_codes_and_names_and_nothing_else(staff: httpx.AsyncClient) -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example", organisation="Harbour Works")).registration
    answer = await staff.get(f"{door(event)}/people")
    code = shown_code(ticket(alex)).replace("-", "")
    assert answer.json() == {"people": [[code, "Alex Example"]]}
    assert answer.headers["cache-control"] == "no-store"


async def test_the_door_is_shut_for_readers_and_visitors(app: Any, client: httpx.AsyncClient) -> None:
    event = await an_event()
    for path in (door(event), f"{door(event)}/people", reports(event)):
        assert (await client.get(path)).status_code == 303
        async with await signed_in(app, "reader") as reader:
            assert (await reader.get(path)).status_code == 403


async def test_somebody_of_another_event_cannot_be_taken_back_here(staff: httpx.AsyncClient) -> None:
    event, other = await an_event(), await an_event(title="Another event")
    cy = (await registered(other, "Cy Elsewhere")).registration
    await post_form(staff, door(other), {"code": ticket(cy)})
    answer = await fetched(staff, event, "/undo", registration=str(cy.id))
    assert answer.status_code == 404
    assert len(await sql("SELECT id FROM attendance")) == 1


# Reports


async def uploaded(
    client: httpx.AsyncClient, event: Any, content: bytes, name: str = "report.csv", least: str = "10"
) -> httpx.Response:
    token = field((await client.get(reports(event))).text, "_csrf_token")
    data = {"_csrf_token": token, "minimum_minutes": least}
    return await client.post(reports(event), data=data, files={"file": (name, content)}, headers={"Origin": BASE_URL})


async def test_a_report_is_shown_first_then_imported_and_its_rows_decided(staff: httpx.AsyncClient) -> None:
    event = await an_event()
    await registered(event, "Alex Example")
    shown = await uploaded(staff, event, REPORT)
    assert shown.status_code == 200
    assert "One person is marked as present" in shown.text
    assert "Nobody Known" in shown.text
    assert await sql("SELECT id FROM attendance") == []
    parcel = {"_csrf_token": field(shown.text, "_csrf_token"), "parcel": field(shown.text, "parcel")}
    done = await staff.post(f"{reports(event)}/confirm", data=parcel, headers={"Origin": BASE_URL})
    assert done.headers["location"] == reports(event)
    page = await staff.get(reports(event))
    assert "The report is imported: 1 marked as present, 0 known before, 1 to decide." in page.text
    assert "One row waits for a decision" in page.text
    again = await uploaded(staff, event, REPORT)
    assert "Everything in the report is known already." in again.text
    (report,) = await reports_of(event.id)
    decide = f"{reports(event)}/{report.id}/decide"
    key = report.waiting[0]["key"]
    wrong = await post_form(
        staff, decide, {"key": key, "decision": "matched", "person": "<Nobody>"}, page=reports(event)
    )
    assert (wrong.status_code, "Please choose one of the people with a seat." in wrong.text) == (422, True)
    assert 'value="&lt;Nobody&gt;"' in wrong.text
    right = await post_form(staff, decide, {"key": key, "decision": "unknown"}, page=reports(event))
    assert right.status_code == 303
    assert "Nobody Known" not in (await staff.get(reports(event))).text
    gone = await post_form(staff, decide, {"key": key, "decision": "unknown"}, page=reports(event))
    assert gone.status_code == 404


async def test_a_report_that_means_something_else_by_now_is_shown_again(staff: httpx.AsyncClient) -> None:
    event = await an_event()
    await registered(event, "Alex Example")
    shown = await uploaded(staff, event, REPORT)
    await registered(event, "Nobody Known")
    parcel = {"_csrf_token": field(shown.text, "_csrf_token"), "parcel": field(shown.text, "parcel")}
    answer = await staff.post(f"{reports(event)}/confirm", data=parcel, headers={"Origin": BASE_URL})
    assert (answer.status_code, "2 people are marked as present" in answer.text) == (409, True)
    assert await sql("SELECT id FROM attendance") == []


@pytest.mark.parametrize(
    ("content", "name", "least", "status", "sentence"),
    [
        (b"", "", "10", 422, "Please choose a file."),
        (REPORT, "a.csv", "", 422, "This field is required."),
        (REPORT, "a.csv", "-1", 422, "The number lies between 0 and 1440."),
        (REPORT, "a.csv", "9" * 500, 422, "The number lies between 0 and 1440."),
        (REPORT, "a.csv", "ten", 422, "Not a valid integer value."),
        (b"Name,Colour\nAlex,blue\n", "a.csv", "10", 422, "No line of this file names the columns"),
        (b"Name,Duration\nA\x00,5\n", "a.csv", "10", 422, "Line 2 holds a character that cannot be kept."),
        (b"x" * 3_000_001, "a.csv", "10", 422, "The file is larger than 3 MB."),
        (b"x" * 10_000_000, "a.csv", "10", 413, ""),
        (b"PK\x03\x04" + b"x" * 900, "a.xlsx", "10", 422, "This file is not an XLSX."),
    ],
    ids=["none", "no minimum", "negative", "digits", "letters", "no columns", "NUL", "3 MB", "10 MB", "no XLSX"],
)
async def test_a_file_that_cannot_be_taken_is_refused_where_it_was_chosen(
    staff: httpx.AsyncClient, content: bytes, name: str, least: str, status: int, sentence: str
) -> None:
    event = await an_event()
    answer = await uploaded(staff, event, content, name, least)
    assert (answer.status_code, sentence in html.unescape(answer.text)) == (status, True)
    assert await reports_of(event.id) == []


async def test_names_of_a_report_are_text_on_the_page(staff: httpx.AsyncClient) -> None:
    event = await an_event()
    shown = await uploaded(staff, event, b'Name,Duration\n"<script>alert(1)</script>",30\n=1+1,30\n')
    assert "<script>alert" not in shown.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text


async def test_a_parcel_of_another_event_or_made_by_hand_is_refused(staff: httpx.AsyncClient) -> None:
    event, other = await an_event(), await an_event(title="Another event")
    shown = await uploaded(staff, event, REPORT)
    for parcel in (field(shown.text, "parcel"), "nonsense", ""):
        answer = await post_form(staff, f"{reports(other)}/confirm", {"parcel": parcel}, page=reports(other))
        assert answer.status_code == 409
        assert "The report was shown too long ago." in answer.text
    assert await sql("SELECT id FROM participant_report") == []


# Links to join


async def running(minutes_ahead: int = 10) -> Any:
    """An event that begins some minutes from now, in UTC, for two hours."""
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=minutes_ahead)
    event = await an_event()
    await sql(
        "UPDATE event SET starts_at = {}, ends_at = {} WHERE id = {}", start, start + timedelta(hours=2), event.id
    )
    return event


def join_path(registration: Any) -> str:
    return join_url(registration.id, registration.link_version).removeprefix(BASE_URL)


async def test_the_link_leads_to_the_conference_and_counts_the_click_but_not_a_head(client: httpx.AsyncClient) -> None:
    event = await running()
    alex = (await registered(event, "Alex Example")).registration
    asked = await client.head(join_path(alex))
    assert (asked.status_code, await clicks_of(event.id)) == (303, [])
    answer = await client.get(join_path(alex))
    assert (answer.status_code, answer.headers["location"]) == (303, "https://meet.example.org/care")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert [row["clicks"] for row in await clicks_of(event.id)] == [1]


async def test_before_the_time_the_link_says_when_and_does_not_give_the_address_away(client: httpx.AsyncClient) -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    answer = await client.get(join_path(alex))
    assert answer.status_code == 200
    assert (
        "You are early. This link leads to the video conference from Sunday, 1 March 2099, 09:30, Madrid (Europe/Madrid)."
        in answer.text
    )
    assert "meet.example.org" not in answer.text
    assert await clicks_of(event.id) == []


async def test_an_address_in_another_script_is_still_a_header(client: httpx.AsyncClient) -> None:
    event = await running()
    await sql("UPDATE event SET online_url = {} WHERE id = {}", "https://meet.example.org/ciudad/méxico?x=ñ", event.id)
    alex = (await registered(event, "Alex Example")).registration
    answer = await client.get(join_path(alex))
    assert answer.headers["location"] == "https://meet.example.org/ciudad/m%C3%A9xico?x=%C3%B1"


async def test_who_has_no_seat_or_a_wrong_link_is_told_so(client: httpx.AsyncClient) -> None:
    event = await running()
    await sql("UPDATE seat_pool SET capacity = 1 WHERE event = {}", event.id)
    await registered(event, "Alex Example")
    bo = (await registered(event, "Bo Waiting")).registration
    answer = await client.get(join_path(bo))
    assert (answer.status_code, "You are on the waiting list" in answer.text) == (200, True)
    for wrong in ("nonsense", "x" * 600, "%00", "é"):
        assert (await client.get(f"/join/{wrong}")).status_code == 404


async def test_staff_see_clicks_and_mark_all_who_clicked(app: Any, staff: httpx.AsyncClient) -> None:
    event = await running()
    alex = (await registered(event, "Alex Example")).registration
    assert "Nobody has opened the link yet" in (await staff.get(reports(event))).text
    await staff.get(join_path(alex))
    page = await staff.get(reports(event))
    assert "Mark one person who clicked as present" in page.text
    done = await post_form(staff, f"{reports(event)}/clicks", {}, page=reports(event))
    assert done.status_code == 303
    after = await staff.get(reports(event))
    assert "One person was marked as present." in after.text
    assert await sql("SELECT mode, source FROM attendance") == [{"mode": "online", "source": "click"}]
