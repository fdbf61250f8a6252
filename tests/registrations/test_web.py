"""The registration form, the personal page and the organisers' list, as people see them."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from eventhub.database import sql
from eventhub.events.commands import cancel_event
from eventhub.registrations.commands import cancel_registration
from eventhub.registrations.pools import add_pool
from eventhub.registrations.rules import PoolFacts
from tests.conftest import BASE_URL
from tests.make import NOW, a_member, an_event, field, post_form, registered, signed_in, some_account
from tests.registrations.looking import gender_of, letter_token_of, letters_of, rows_of, statuses, token_of

ADA = {"name": "Ada", "email": "ada@example.org", "language": "en"}


def words(answer: httpx.Response) -> str:
    """The text of a page without its tags, with single spaces."""
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def link_of(done: Any) -> str:
    return f"/registrations/{token_of(done)}"


# The form


@pytest.mark.parametrize(
    ("capacity", "people", "said", "button"),
    [
        (3, 1, "2 seats are free.", "Register"),
        (2, 1, "1 seat is free.", "Register"),
        (1, 1, "All seats are taken. You can join the waiting list", "Join the waiting list"),
        (1, 2, "1 person is waiting.", "Join the waiting list"),
        (1, 3, "2 people are waiting.", "Join the waiting list"),
    ],
)
async def test_the_form_says_first_how_things_stand(client, capacity, people, said, button):
    event = await an_event(capacity=capacity)
    for number in range(people):
        await registered(event, f"P{number}")
    page = await client.get(f"{event.href}/register")
    assert page.status_code == 200
    assert said in words(page)
    form = page.text[page.text.index('id="register"') : page.text.index("</form>", page.text.index('id="register"'))]
    assert re.findall(r'type="submit">([^<]*)<', form) == [button]


HYBRID = {"mode": "hybrid", "place": "Barcelona"}


async def kept_apart(event: Any, *, on_site: int, online: int) -> None:
    """Seats and a queue of its own for each way to attend; nobody can get a seat of the event itself any more."""
    account = await some_account()
    await add_pool(event.slug, PoolFacts("Hall", on_site, "on_site"), now=NOW, account_id=account)
    await add_pool(event.slug, PoolFacts("Link", online, "online"), now=NOW, account_id=account)


@pytest.mark.parametrize("capacity", [None, 50])
async def test_seats_that_nobody_can_get_are_not_called_free(client, capacity):
    event = await an_event(capacity=capacity, **HYBRID)
    await kept_apart(event, on_site=1, online=1)
    await registered(event, "Ada", attends="on_site")
    await registered(event, "Bo", attends="online")
    for address in (event.href, f"{event.href}/register"):
        said = words(await client.get(address))
        assert "All seats are taken." in said
        assert "Join the waiting list" in said
        assert "free" not in said.replace("gets the next free seat", "")
        assert "There is room" not in said


async def test_the_form_says_for_each_way_to_attend_how_things_stand(client):
    event = await an_event(capacity=None, **HYBRID)
    await kept_apart(event, on_site=1, online=3)
    await registered(event, "Ada", attends="on_site")
    said = words(await client.get(f"{event.href}/register"))
    assert "On site: All seats are taken. You would join the waiting list." in said
    assert "Online: 3 seats are free." in said
    assert "Join the waiting list" not in said


async def test_at_an_event_of_one_kind_with_seats_for_it_those_of_the_event_are_not_free(client):
    event = await an_event(capacity=5)
    await add_pool(event.slug, PoolFacts("Link", 1, "online"), now=NOW, account_id=await some_account())
    await registered(event, "Ada")
    assert "All seats are taken." in words(await client.get(event.href))


async def test_when_registration_opens_is_said_with_the_clocks_it_is_meant_on(client):
    event = await an_event(registration_opens_at=datetime(2098, 6, 1, 8, tzinfo=UTC))
    await client.get("/?tz=Asia/Tokyo")
    said = words(await client.get(f"{event.href}/register"))
    assert "Sunday, 1 June 2098, 10:00 , Madrid (Europe/Madrid)" in said
    assert "for you: Sunday, 1 June 2098, 17:00, Tokyo (Asia/Tokyo)" in said


async def test_an_event_without_a_limit_says_nothing_of_seats(client):
    event = await an_event(capacity=None)
    page = await client.get(f"{event.href}/register")
    assert "seat is free" not in page.text
    assert "seats are free" not in page.text


async def test_a_registration_leads_to_ones_own_page(client):
    event = await an_event(capacity=1)
    answer = await post_form(client, f"{event.href}/register", ADA)
    assert answer.status_code == 303
    page = await client.get(answer.headers["location"])
    assert "Ada, you have a seat." in words(page)
    answer = await post_form(client, f"{event.href}/register", {"name": "Bo", "email": "bo@example.org"})
    page = await client.get(answer.headers["location"])
    assert "Bo, you are on the waiting list, in place 1." in words(page)
    assert "meet.example.org" not in page.text


async def test_a_mistake_keeps_everything_that_was_typed(client):
    await a_member("Barcelona")
    event = await an_event(mode="hybrid", place="Barcelona")
    typed = {
        "name": "Ada <b>Lovelace</b>", "email": "not an address", "attends": "online", "member": "barcelona",
        "organisation": 'City "hall"', "city": "Zürich", "country": "CH", "level": "political", "language": "fr",
        "gender": "non_binary", "time_zone": "Europe/Zurich", "submission_key": "key-1",
    }  # fmt: skip
    answer = await post_form(client, f"{event.href}/register", typed)
    assert answer.status_code == 422
    assert "“not an address” is no e-mail address." in words(answer)
    assert "<b>Lovelace" not in answer.text
    for name in ("name", "email", "organisation", "city", "time_zone", "submission_key"):
        assert html.unescape(field(answer.text, name)) == typed[name]
    for name in ("member", "country", "language"):
        assert re.search(rf'<option selected value="{typed[name]}">', answer.text), name
    for name in ("attends", "level", "gender"):
        assert re.search(rf'name="{name}" value="{typed[name]}" checked', answer.text), name
    assert await rows_of(event) == []
    corrected = await post_form(client, f"{event.href}/register", typed | {"email": "ada@example.org"})
    assert corrected.status_code == 303


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"name": "x" * 600, "email": "ada@example.org"},
        {"name": "\x00", "email": "\x00"},
        {"name": "Ada", "email": "x" * 5000 + "@example.org"},
        {"name": "Ada", "email": "ada@example.org", "member": "no-such-member"},
        {"name": "Ada", "email": "ada@example.org", "country": "XYZ"},
        {"name": "Ada", "email": "ada@example.org", "gender": "guess", "level": "royal", "attends": "by phone"},
        {"name": "Ada", "email": "ada@example.org", "language": "tlh"},
        {"name": "\u202e\u200f", "email": "ada@example.org"},
    ],
)
async def test_whatever_is_sent_the_form_comes_back_with_a_sentence(client, sent):
    event = await an_event()
    answer = await post_form(client, f"{event.href}/register", sent)
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert await rows_of(event) == await sql("SELECT 1 AS one FROM person") == []


async def test_fields_sent_twice_or_as_files_are_no_accident(client):
    event = await an_event()
    page = await client.get(f"{event.href}/register")
    token = field(page.text, "_csrf_token")
    files = {"name": ("name.txt", b"Ada"), "email": ("e.txt", b"ada@example.org")}
    answer = await client.post(f"{event.href}/register", data={"_csrf_token": token}, files=files)
    assert answer.status_code == 422
    body = f"_csrf_token={token}&name=Ada&name=Eve&email=ada%40example.org&email=eve%40example.org"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": BASE_URL}
    answer = await client.post(f"{event.href}/register", content=body, headers=headers)
    assert answer.status_code == 303
    assert await statuses(event) == {"Ada": "confirmed"}


async def test_the_same_form_sent_twice_gives_the_same_page(client):
    event = await an_event()
    page = await client.get(f"{event.href}/register")
    sent = ADA | {name: field(page.text, name) for name in ("_csrf_token", "submission_key")}
    answers = [await client.post(f"{event.href}/register", data=sent, headers={"Origin": BASE_URL}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(await rows_of(event)) == len(await letters_of(event)) == 1


async def test_each_form_has_a_key_of_its_own(client):
    event = await an_event()
    keys = {field((await client.get(f"{event.href}/register")).text, "submission_key") for _ in range(3)}
    assert len(keys) == 3
    assert all(len(key) >= 20 for key in keys)


async def test_the_key_of_a_form_with_another_address_is_refused(client):
    event = await an_event()
    assert (await post_form(client, f"{event.href}/register", ADA | {"submission_key": "k"})).status_code == 303
    other = ADA | {"email": "bo@example.org", "submission_key": "k"}
    answer = await post_form(client, f"{event.href}/register", other)
    assert answer.status_code == 409
    assert "/registrations/" not in answer.text


async def test_who_is_registered_gets_no_link_on_the_page_but_may_have_it_sent(client):
    event = await an_event()
    done = await registered(event, "Ada")
    answer = await post_form(client, f"{event.href}/register", ADA | {"name": "Curious"})
    assert answer.status_code == 200
    assert "/registrations/" not in answer.text
    assert token_of(done) not in answer.text
    assert 'id="send-link"' in answer.text
    assert await letters_of(event) == [("Ada", "registration_confirmed")]


async def test_sending_the_link_again_says_the_same_for_known_and_unknown_addresses(client):
    event = await an_event()
    await registered(event, "Ada")
    page = f"{event.href}/register"
    said = []
    for address in ("ada@example.org", "nobody@example.org"):
        answer = await post_form(client, f"{event.href}/send-link", {"email": address}, page=page)
        assert answer.status_code == 200
        said.append(words(answer))
    assert said[0] == said[1]
    assert "a letter with the personal link is on its way" in said[0]
    assert sorted(await letters_of(event)) == [("Ada", "registration_confirmed"), ("Ada", "registration_link")]
    answer = await post_form(client, f"{event.href}/send-link", {"email": "nobody"}, page=page)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("closed", "This event takes no registrations at present."),
        ("cancelled", "This event was cancelled."),
    ],
)
async def test_a_closed_door_is_a_page_that_says_why(client, why, said):
    event = await an_event()
    page = await client.get(f"{event.href}/register")
    token = field(page.text, "_csrf_token")
    if why == "cancelled":
        await cancel_event(event.slug, reason="Storm.", now=NOW, account_id=await some_account())
    else:
        await sql("UPDATE event SET registration_mode = 'closed'")
    shown = await client.get(f"{event.href}/register")
    assert said in words(shown)
    assert 'id="register"' not in shown.text
    sent = await client.post(f"{event.href}/register", data=ADA | {"_csrf_token": token}, headers={"Origin": BASE_URL})
    assert sent.status_code == 409
    assert said in words(sent)
    assert await rows_of(event) == []


async def test_a_form_from_elsewhere_registers_nobody(client):
    event = await an_event()
    token = field((await client.get(f"{event.href}/register")).text, "_csrf_token")
    for data, headers in (
        (ADA, {"Origin": BASE_URL}),
        (ADA | {"_csrf_token": "é"}, {"Origin": BASE_URL}),
        (ADA | {"_csrf_token": token}, {"Origin": "https://evil.example.org"}),
    ):
        assert (await client.post(f"{event.href}/register", data=data, headers=headers)).status_code == 403
    assert await rows_of(event) == []


@pytest.mark.parametrize("path", ["/events/unknown/register", "/events/%00/register", f"/events/{'x' * 600}/register"])
async def test_events_that_are_not_there(client, path):
    assert (await client.get(path)).status_code == 404


# The personal page


async def test_the_personal_page_is_kept_from_caches_search_engines_and_other_sites(client):
    done = await registered(await an_event(), "Ada")
    page = await client.get(link_of(done))
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex"


async def test_looking_at_the_cancel_address_cancels_nothing(client):
    event = await an_event()
    done = await registered(event, "Ada")
    for method in ("GET", "HEAD"):
        answer = await client.request(method, f"{link_of(done)}/cancel")
        assert answer.status_code in (404, 405)
    assert await statuses(event) == {"Ada": "confirmed"}


async def test_a_button_cancels_and_a_second_press_changes_nothing(client):
    event = await an_event(capacity=1)
    done = await registered(event, "Ada")
    await registered(event, "Bo")
    token = field((await client.get(link_of(done))).text, "_csrf_token")
    for _ in range(2):
        answer = await client.post(
            f"{link_of(done)}/cancel", data={"_csrf_token": token}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, link_of(done))
    page = await client.get(link_of(done))
    assert "Ada, this registration is cancelled." in words(page)
    assert "Register again" in words(page)
    assert 'id="cancel-registration"' not in page.text
    assert await statuses(event) == {"Ada": "cancelled", "Bo": "confirmed"}
    assert len(await letters_of(event)) == 4


@pytest.mark.parametrize("token", ["nonsense", "%00", "x" * 600, "..%2f..%2fetc"])
async def test_links_that_are_not_ours_all_look_the_same(client, token):
    for answer in (
        await client.get(f"/registrations/{token}"),
        await client.get(f"/registrations/{token}.ics"),
        await client.get(f"/people/{token}.ics"),
    ):
        assert answer.status_code == 404


async def test_who_typed_anothers_address_learns_nothing_of_that_person(client):
    earlier = await registered(await an_event(), "Ada", email="ada@example.org", gender="woman")
    other = await an_event(title="Another event")
    by_a_stranger = await registered(other, "Ada", email="ada@example.org")
    path = link_of(by_a_stranger)
    page = (await client.get(path)).text
    assert 'name="gender"' not in page
    assert "/people/" not in page
    refused = await post_form(client, f"{path}/gender", {"gender": "man"}, page=path)
    assert refused.status_code == 403
    assert await gender_of(earlier.registration.person) == "woman"
    by_letter = f"/registrations/{letter_token_of(by_a_stranger)}"
    assert 'name="gender"' in (await client.get(by_letter)).text


async def test_ones_answer_is_shown_changed_and_deleted(client):
    done = await registered(await an_event(), "Ada", gender="woman")
    person, path = done.registration.person, f"/registrations/{letter_token_of(done)}"
    assert re.search(r'value="woman" checked', (await client.get(path)).text)
    for sent, kept in (("non_binary", "non_binary"), ("", None), ("undisclosed", "undisclosed")):
        answer = await post_form(client, f"{path}/gender", {"gender": sent}, page=path)
        assert answer.status_code == 303
        assert await gender_of(person) == kept
        assert re.search(rf'name="gender" value="{sent}" checked', (await client.get(path)).text)
    wrong = await post_form(client, f"{path}/gender", {"gender": "guess"}, page=path)
    assert wrong.status_code == 422
    assert wrong.headers["referrer-policy"] == "no-referrer"
    assert await gender_of(person) == "undisclosed"


async def test_the_personal_page_speaks_the_readers_language(client):
    done = await registered(await an_event(), "Ada", language="es")
    page = await client.get(link_of(done), headers={"Accept-Language": "fr"})
    assert '<html lang="fr"' in page.text


# The organisers' list


async def test_the_list_is_for_staff_who_see_people(app, client):
    event = await an_event()
    await registered(event, "Ada")
    path = f"/staff/events/{event.slug}/registrations"
    assert (await client.get(path)).status_code == 303
    async with await signed_in(app, "reader") as reader:
        assert (await reader.get(path)).status_code == 403
    async with await signed_in(app, "check-in") as door:
        page = await door.get(path)
        assert "Ada" in words(page)
        assert "/cancel" not in page.text


async def test_the_list_is_narrowed_by_status_attendance_and_words(app, client):
    event = await an_event(capacity=2)
    for i, name in enumerate(("Ada", "Bo", "Cy")):
        await registered(event, name, now=NOW + timedelta(seconds=i))
    path = f"/staff/events/{event.slug}/registrations"
    async with await signed_in(app, "organiser") as staff:
        ada = (await rows_of(event))[0]["id"]
        assert (await post_form(staff, f"{path}/{ada}/present", {}, page=path)).status_code == 303

        async def names(query: str) -> list[str]:
            page = await staff.get(f"{path}?{query}")
            assert page.status_code == 200
            return re.findall(r'<th scope="row"><span dir="auto">([^<]*)', page.text)

        assert await names("") == ["Ada", "Bo", "Cy"]
        assert await names("status=waitlisted") == ["Cy"]
        assert await names("attended=yes") == ["Ada"]
        assert await names("attended=no") == ["Bo", "Cy"]
        assert await names("attends=on_site") == []
        assert await names("q=bo@example") == ["Bo"]
        assert await names("status=x&attends=x&attended=x&page_number=x") == ["Ada", "Bo", "Cy"]
        assert await names("page_number=99999") == []
        assert await names("q=" + "x" * 3000) == []
        assert "Nobody matches" in words(await staff.get(f"{path}?q=zzz"))


async def test_marks_are_given_and_taken_back_from_the_list(app, client):
    event = await an_event()
    done = await registered(event, "Ada")
    path = f"/staff/events/{event.slug}/registrations"
    async with await signed_in(app, "check-in") as door:
        for verb, badge in (("present", True), ("present", True), ("absent", False)):
            back = {"back": f"{path}?q=ada"}
            answer = await post_form(door, f"{path}/{done.registration.id}/{verb}", back, page=path)
            assert answer.headers["location"] == f"{path}?q=ada#r-{done.registration.id}"
            assert ("Was there Take back" in words(await door.get(path))) == badge
        for back in ("https://evil.example.org/", "//evil.example.org", "/sign-out"):
            answer = await post_form(door, f"{path}/{done.registration.id}/present", {"back": back}, page=path)
            assert answer.headers["location"] == f"{path}#r-{done.registration.id}"


async def test_organisers_cancel_and_give_seats_and_the_door_does_not(app, client):
    event = await an_event(capacity=1)
    await registered(event, "Ada")
    waiting = await registered(event, "Bo")
    path = f"/staff/events/{event.slug}/registrations"
    own = f"{path}/{waiting.registration.id}"
    async with await signed_in(app, "check-in") as door:
        for verb in ("cancel", "confirm", "decline"):
            assert (await post_form(door, f"{own}/{verb}", {}, page=path)).status_code == 404
    async with await signed_in(app, "organiser") as staff:
        full = await post_form(staff, f"{own}/confirm", {}, page=path)
        assert full.status_code == 409
        assert "No seat is free." in words(full)
        await sql("UPDATE seat_pool SET capacity = 2")
        assert (await post_form(staff, f"{own}/confirm", {}, page=path)).status_code == 303
        assert await statuses(event) == {"Ada": "confirmed", "Bo": "confirmed"}
        assert (await post_form(staff, f"{own}/cancel", {}, page=path)).status_code == 303
        assert await statuses(event) == {"Ada": "confirmed", "Bo": "cancelled"}
        assert (await post_form(staff, f"{own}/explode", {}, page=path)).status_code == 404
        present = await post_form(staff, f"{own}/present", {}, page=path)
        assert present.status_code == 409


async def test_the_people_of_another_event_are_not_on_this_list(app, client):
    event, other = await an_event(), await an_event()
    await registered(event, "Ada")
    stranger = await registered(other, "Bo")
    path = f"/staff/events/{event.slug}/registrations"
    async with await signed_in(app, "organiser") as staff:
        for verb in ("present", "absent", "cancel", "confirm"):
            answer = await post_form(staff, f"{path}/{stranger.registration.id}/{verb}", {}, page=path)
            assert answer.status_code == 404
        assert (await post_form(staff, f"{path}/not-a-key/present", {}, page=path)).status_code == 404
    assert await statuses(other) == {"Bo": "confirmed"}
    assert await sql("SELECT 1 AS one FROM attendance") == []


NUMBERS = {"women": "3", "men": "2", "others": "0", "undisclosed": "1", "political": "2", "source": "The host"}


async def test_a_head_count_is_typed_in_corrected_and_kept(app, client):
    event = await an_event()
    path = f"/staff/events/{event.slug}/registrations"
    async with await signed_in(app, "organiser") as staff:
        for wrong, said in (
            ({"women": "-1"}, "The number lies between 0 and 1,000,000."),
            ({"women": "9" * 5000}, "Not a valid integer value."),
            ({"women": "many"}, "Not a valid integer value."),
            ({"men": ""}, "This field is required."),
            ({"political": "7"}, "There cannot be more people with political level than people."),
            ({"source": "x" * 301}, "Field cannot be longer than 300 characters."),
        ):
            answer = await post_form(staff, f"{path}/head-count", NUMBERS | wrong, page=path)
            assert answer.status_code == 422, wrong
            assert said in words(answer)
            name, typed = next(iter(wrong.items()))
            assert field(answer.text, name) == typed
            assert await sql("SELECT 1 AS one FROM head_count") == []
        kept = await post_form(staff, f"{path}/head-count", NUMBERS, page=path)
        assert kept.status_code == 303
        assert field((await staff.get(path)).text, "women") == "3"


async def test_a_list_shuts_the_head_count(app, client):
    event = await an_event()
    done = await registered(event, "Ada")
    path = f"/staff/events/{event.slug}/registrations"
    async with await signed_in(app, "organiser") as staff:
        await post_form(staff, f"{path}/{done.registration.id}/present", {}, page=path)
        page = await staff.get(path)
        assert 'id="head-count-form"' not in page.text
        assert (await post_form(staff, f"{path}/head-count", NUMBERS, page=path)).status_code == 409
    assert await sql("SELECT 1 AS one FROM head_count") == []


async def test_no_page_of_registrations_tells_anybodys_gender(app, client):
    event = await an_event()
    await registered(event, "Ada", gender="non_binary")
    async with await signed_in(app, "administrator") as staff:
        page = await staff.get(f"/staff/events/{event.slug}/registrations")
    assert "Ada" in page.text
    assert "non_binary" not in page.text
    assert "Non-binary" not in page.text.replace("Non-binary people", "")


async def test_a_cancelled_registration_does_not_open_the_calendar_of_its_person_to_more(client):
    event = await an_event()
    done = await registered(event, "Ada")
    await cancel_registration(done.registration.id, now=NOW)
    answer = await client.get(f"{link_of(done)}.ics")
    assert answer.status_code in (200, 404)
    assert "meet.example.org" not in answer.text
