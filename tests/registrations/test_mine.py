"""What the holder of a personal link sees and does: ticket, details, lost links, and what else is at the same time."""

import asyncio
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from eventhub.checkin.queries import registration_of_ticket
from eventhub.checks import integrity
from eventhub.database import engine, sql
from eventhub.errors import Problems
from eventhub.events.commands import cancel_event
from eventhub.links import make_link
from eventhub.mail.rendering import render
from eventhub.questions.commands import add_question
from eventhub.questions.rules import Definition, Texts
from eventhub.registrations.commands import MailboxNotProven, NotStanding, cancel_registration
from eventhub.registrations.mine import (
    Details,
    TooLate,
    change_details,
    send_my_links,
    send_replacement,
    switch_attends,
    ticket_code,
    would_wait,
)
from eventhub.registrations.overlaps import Span, overlap, overlaps_at, overlaps_of_address, span_of
from eventhub.registrations.pools import add_pool
from eventhub.registrations.queries import registration_by_id
from eventhub.registrations.rules import PoolFacts
from tests.make import NOW, an_event, an_item, field, post_form, registered, some_account
from tests.registrations.looking import gender_of, letter_token_of, letters_of, rows_of, statuses, token_of
from tests.registrations.test_web import words

LATER = datetime(2099, 6, 1, tzinfo=UTC)


def page_of(done: Any, *, by_letter: bool = True) -> str:
    return f"/registrations/{letter_token_of(done) if by_letter else token_of(done)}"


async def letters(kind: str) -> list[dict[str, Any]]:
    return await sql(
        "SELECT kind, recipient_name, recipient_address, language, facts FROM letter WHERE kind = {} "
        "ORDER BY created_at, id",
        kind,
    )


async def told(done: Any) -> dict[str, Any]:
    rows = await sql(
        "SELECT name, organisation, level, language, access_needs, version FROM registration WHERE id = {}",
        done.registration.id,
    )
    return rows[0]


DETAILS = {"name": "Ada King", "organisation": "Care Network", "level": "technical", "language": "fr"}


# The ticket


async def test_a_ticket_opens_the_registration_it_was_made_for_and_no_link_does(database):
    event = await an_event()
    ada, bo = await registered(event, "Ada"), await registered(event, "Bo")
    code = ticket_code(ada.registration)
    for one in (ada, bo):
        found = await registration_of_ticket(ticket_code(one.registration))
        assert found is not None
        assert found.id == one.registration.id
    others = (token_of(ada), letter_token_of(ada), code[:-1], code + "x", "", "\x00", "x" * 5000, "\u202eé")
    for wrong in (*others, make_link("ticket", ada.registration.id, 2)):
        assert await registration_of_ticket(wrong) is None


async def test_a_ticket_opens_no_page(client):
    event = await an_event()
    ada = await registered(event, "Ada")
    code = ticket_code(ada.registration)
    for path in (f"/registrations/{code}", f"/registrations/{code}/ticket", f"/registrations/{code}.ics"):
        assert (await client.get(path)).status_code == 404


async def test_a_new_link_version_ends_the_old_ticket_and_the_old_link(client):
    event = await an_event()
    ada = await registered(event, "Ada")
    code, page = ticket_code(ada.registration), page_of(ada)
    assert (await client.get(f"{page}/ticket")).status_code == 200
    await sql("UPDATE registration SET link_version = 2 WHERE id = {}", ada.registration.id)
    assert (await client.get(f"{page}/ticket")).status_code == 404
    assert await registration_of_ticket(code) is None


async def test_the_ticket_is_a_page_with_a_code_that_needs_nothing_from_elsewhere(client):
    event = await an_event(title="Care & <b>shade</b>")
    ada = await registered(event, "Ada")
    shown = await client.get(f"{page_of(ada)}/ticket")
    assert shown.status_code == 200
    assert "Ada" in words(shown)
    assert "<b>shade" not in shown.text
    (svg,) = re.findall(r"<svg[^>]*class=\"qr\".*?</svg>", shown.text, re.S)
    assert "style=" not in svg
    assert "viewBox" in svg
    assert shown.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("how", ["waiting", "cancelled", "called off"])
async def test_there_is_a_ticket_only_for_who_has_a_seat(client, how):
    event = await an_event(capacity=1)
    await registered(event, "Zoe")
    done = await registered(event, "Ada")
    if how != "waiting":
        await cancel_registration(done.registration.id, now=NOW)
    if how == "called off":
        await cancel_event(event.slug, reason="The river rose.", now=NOW, account_id=await some_account())
    assert (await client.get(f"{page_of(done)}/ticket")).status_code == 409
    assert f"{page_of(done)}/ticket" not in (await client.get(page_of(done))).text


# Details


async def test_details_are_changed_and_no_letter_is_written(client):
    event = await an_event()
    ada = await registered(event, "Ada")
    before = await sql("SELECT COUNT(*) AS n FROM letter")
    typed = DETAILS | {"access_needs": "A place for a wheelchair"}
    answer = await post_form(client, f"{page_of(ada)}/details", typed, page=page_of(ada))
    assert answer.status_code == 303
    assert await told(ada) == typed | {"version": 1}
    assert await sql("SELECT COUNT(*) AS n FROM letter") == before
    again = await post_form(client, f"{page_of(ada)}/details", typed, page=page_of(ada))
    assert again.status_code == 303
    assert await told(ada) == typed | {"version": 1}
    assert "A place for a wheelchair" in (await client.get(page_of(ada))).text


async def test_access_needs_are_told_to_nobody_who_has_only_the_link_of_the_screen(client):
    event = await an_event()
    ada = await registered(event, "Ada")
    await change_details(letter_token_of(ada), Details(**DETAILS, access_needs="Sign language"), now=NOW)
    page = page_of(ada, by_letter=False)
    assert "Sign language" not in (await client.get(page)).text
    answer = await post_form(client, f"{page}/details", DETAILS | {"name": "A", "access_needs": "None"}, page=page)
    assert answer.status_code == 303
    assert await told(ada) == DETAILS | {"name": "A", "access_needs": "Sign language", "version": 1}
    with pytest.raises(MailboxNotProven):
        await change_details(token_of(ada), Details(**DETAILS, access_needs="None"), now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "\x00"},
        {"name": "\u202e\u200f"},
        {"name": "x" * 500},
        {"organisation": "x" * 500},
        {"level": "royal"},
        {"language": "tlh"},
        {"language": ""},
        {"access_needs": "x" * 2001},
    ],
)
async def test_a_wrong_detail_comes_back_with_a_sentence_and_changes_nothing(client, wrong):
    event = await an_event()
    ada = await registered(event, "Ada")
    before = await told(ada)
    answer = await post_form(client, f"{page_of(ada)}/details", DETAILS | wrong, page=page_of(ada))
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert re.search(r'<details id="details" open>', answer.text)
    assert await told(ada) == before


async def test_details_are_shown_escaped(client):
    event = await an_event()
    ada = await registered(event, "Ada")
    await change_details(letter_token_of(ada), Details("<b>Ada</b>", "<i>", "", "en", "</textarea><script>"), now=NOW)
    shown = (await client.get(page_of(ada))).text
    assert "<b>Ada" not in shown
    assert "</textarea><script>" not in shown


async def test_details_stay_when_the_registration_or_the_event_has_ended(database):
    event = await an_event()
    ada = await registered(event, "Ada")
    before = await told(ada)
    with pytest.raises(TooLate):
        await change_details(letter_token_of(ada), Details(**DETAILS), now=LATER)
    await cancel_registration(ada.registration.id, now=NOW)
    with pytest.raises(NotStanding):
        await change_details(letter_token_of(ada), Details(**DETAILS), now=NOW)
    assert {**await told(ada), "version": 1} == before
    bo = await registered(event, "Bo")
    await cancel_event(event.slug, reason="The river rose.", now=NOW, account_id=await some_account())
    with pytest.raises(TooLate):
        await change_details(letter_token_of(bo), Details(**DETAILS), now=NOW)


@pytest.mark.parametrize("verb", ["details", "answers", "attends", "replacement", "offer", "cancel", "ticket"])
async def test_a_link_that_is_not_ours_opens_nothing(client, verb):
    event = await an_event(mode="hybrid", place="Hall")
    ada = await registered(event, "Ada", attends="online")
    forged = [
        token_of(ada)[:-1] + "x",
        make_link("registration", event.id, 1),
        make_link("person", ada.registration.id, 1),
    ]
    filled = DETAILS | {
        "attends": "on_site",
        "answer": "accept",
        "colleague-name": "Bo",
        "colleague-email": "bo@example.org",
    }
    before = await told(ada)
    for token in forged:
        if verb == "ticket":
            answer = await client.get(f"/registrations/{token}/ticket")
        else:
            answer = await post_form(client, f"/registrations/{token}/{verb}", filled, page=page_of(ada))
        assert answer.status_code == 404, (verb, answer.text)
    assert await told(ada) == before


# Answers to the questions of the event


async def asking(*, required: bool = False) -> tuple[Any, str, Any]:
    """An event that asks one question, the control of its answer, and Ada, who has answered “None”."""
    event = await an_event(mode="hybrid", place="Hall")
    new = Definition("text", {"en": Texts("What do you eat?", "", "For the kitchen")}, is_required=required)
    question = await add_question(event.slug, new, now=NOW, account_id=await some_account())
    ada = await registered(event, "Ada", attends="on_site", answers={question.id: "None of it"})
    return event, f"q-{question.id}", ada


async def answers_now(done: Any) -> list[Any]:
    rows = await sql("SELECT answers FROM registration WHERE id = {}", done.registration.id)
    return list(msgspec.json.decode(rows[0]["answers"]).values())


async def test_answers_are_seen_and_changed_by_the_link_of_the_letter_only(client):
    _, control, ada = await asking()
    shown = await client.get(page_of(ada))
    assert field(shown.text, control) == "None of it"
    screen = page_of(ada, by_letter=False)
    hidden = await client.get(screen)
    assert "None of it" not in hidden.text
    refused = await post_form(client, f"{screen}/answers", {control: "Everything"}, page=screen)
    assert refused.status_code == 403
    assert await answers_now(ada) == ["None of it"]
    for _ in range(2):
        answer = await post_form(client, f"{page_of(ada)}/answers", {control: "Everything"}, page=page_of(ada))
        assert answer.status_code == 303
    assert await answers_now(ada) == ["Everything"]


@pytest.mark.parametrize("sent", ["", "x" * 50_000, "\x00"])
async def test_a_wrong_answer_comes_back_with_a_sentence(client, sent):
    _, control, ada = await asking(required=True)
    answer = await post_form(client, f"{page_of(ada)}/answers", {control: sent}, page=page_of(ada))
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert re.search(r'<details id="answers" open>', answer.text)
    assert await answers_now(ada) == ["None of it"]


async def test_answers_of_an_ended_registration_stay(client):
    _, control, ada = await asking()
    await cancel_registration(ada.registration.id, now=NOW)
    answer = await post_form(client, f"{page_of(ada)}/answers", {control: "Everything"}, page="/my-links")
    assert answer.status_code == 409
    assert await answers_now(ada) == ["None of it"]


# A seat on offer


async def offered(hours: int = 48) -> tuple[Any, Any, Any]:
    """An event at which Ada has a seat on offer and Bo waits behind her, and the registrations of both."""
    event = await an_event(capacity=1, offer_hours=hours)
    now = datetime.now(UTC)
    zoe, ada, bo = [await registered(event, name, time_zone="Asia/Tokyo") for name in ("Zoe", "Ada", "Bo")]
    await cancel_registration(zoe.registration.id, now=now)
    return event, ada, bo


async def test_a_seat_on_offer_shows_its_end_on_the_clocks_of_both_places(client):
    _, ada, _ = await offered()
    until = (await registration_by_id(ada.registration.id)).offer_until
    said = words(await client.get(page_of(ada)))
    assert "Ada, a seat is free for you until the time below." in said
    assert f"{until.astimezone(ZoneInfo('Europe/Madrid')):%H:%M}, Madrid (Europe/Madrid)" in said
    assert f"{until.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M}, Tokyo (Asia/Tokyo)" in said


async def test_an_offer_is_taken_and_taking_it_twice_is_taking_it_once(client):
    event, ada, bo = await offered()
    for _ in range(2):
        answer = await post_form(client, f"{page_of(ada)}/offer", {"answer": "accept"}, page=page_of(bo))
        assert answer.status_code == 303
    assert await statuses(event) == {"Zoe": "cancelled", "Ada": "confirmed", "Bo": "waitlisted"}
    assert "you have a seat" in words(await client.get(page_of(ada)))
    late = await post_form(client, f"{page_of(ada)}/offer", {"answer": "decline"}, page=page_of(bo))
    assert late.status_code == 409


async def test_an_offer_is_left_to_the_next(client):
    event, ada, bo = await offered()
    for _ in range(2):
        answer = await post_form(client, f"{page_of(ada)}/offer", {"answer": "decline"}, page=page_of(bo))
        assert answer.status_code == 303
    assert await statuses(event) == {"Zoe": "cancelled", "Ada": "cancelled", "Bo": "offered"}


@pytest.mark.parametrize("answer", ["", "maybe", "accept\x00x", "x" * 500])
async def test_only_two_answers_are_answers_to_an_offer(client, answer):
    event, ada, bo = await offered()
    refused = await post_form(client, f"{page_of(ada)}/offer", {"answer": answer}, page=page_of(bo))
    assert refused.status_code == 422
    assert (await statuses(event))["Ada"] == "offered"


async def test_nobody_takes_a_seat_that_is_not_on_offer(client):
    event, _, bo = await offered()
    answer = await post_form(client, f"{page_of(bo)}/offer", {"answer": "accept"}, page=page_of(bo))
    assert answer.status_code == 409
    assert (await statuses(event))["Bo"] == "waitlisted"


# On site or online


async def two_kinds(on_site: int | None = 1) -> Any:
    """A hybrid event whose seats on site are apart; online there is no limit."""
    event = await an_event(mode="hybrid", place="Hall")
    account = await some_account()
    await add_pool(event.slug, PoolFacts("Hall", on_site, attends="on_site"), now=NOW, account_id=account)
    return event


async def how(event: Any) -> dict[str, tuple[str, str]]:
    rows = await sql("SELECT name, attends, status FROM registration WHERE event = {}", event.id)
    return {row["name"]: (row["attends"], row["status"]) for row in rows}


async def test_where_a_seat_is_free_one_switches_and_keeps_a_seat(client):
    event = await two_kinds()
    ada = await registered(event, "Ada", attends="online")
    page = page_of(ada)
    assert "one of that kind is free at present" in words(await client.get(page))
    for _ in range(2):
        answer = await post_form(client, f"{page}/attends", {"attends": "on_site"}, page=page)
        assert answer.status_code == 303
    assert await how(event) == {"Ada": ("on_site", "confirmed")}
    assert await integrity() == []


async def test_before_a_seat_is_given_up_for_the_waiting_list_a_page_asks(client):
    event = await two_kinds()
    bo, ada = await registered(event, "Bo", attends="on_site"), await registered(event, "Ada", attends="online")
    page = page_of(ada)
    assert "you would give your seat up" in words(await client.get(page))
    asked = await post_form(client, f"{page}/attends", {"attends": "on_site"}, page=page)
    assert asked.status_code == 409
    assert "you give your seat online up" in words(asked)
    assert (await how(event))["Ada"] == ("online", "confirmed")
    for _ in range(2):
        done = await post_form(client, f"{page}/attends", {"attends": "on_site", "agreed": "yes"}, page=page)
        assert done.status_code == 303
    assert await how(event) == {"Bo": ("on_site", "confirmed"), "Ada": ("on_site", "waitlisted")}
    assert await letters_of(event) == [
        ("Bo", "registration_confirmed"), ("Ada", "registration_confirmed"), ("Ada", "registration_waitlisted"),
    ]  # fmt: skip
    assert "in place 1" in words(await client.get(page))
    assert await integrity() == []
    await cancel_registration(bo.registration.id, now=NOW)
    assert (await how(event))["Ada"] == ("on_site", "confirmed")
    assert await integrity() == []


async def test_a_seat_that_is_given_up_goes_to_who_waits_for_it(database):
    event = await an_event(mode="hybrid", place="Hall", capacity=1)
    await add_pool(event.slug, PoolFacts("Hall", 1, attends="on_site"), now=NOW, account_id=await some_account())
    await registered(event, "Bo", attends="on_site")
    ada, cy = await registered(event, "Ada", attends="online"), await registered(event, "Cy", attends="online")
    assert await would_wait(ada.registration, "on_site") is True
    await switch_attends(token_of(ada), "on_site", agreed=True, now=NOW)
    assert (await how(event))["Ada"] == ("on_site", "waitlisted")
    assert (await how(event))["Cy"] == ("online", "confirmed")
    await switch_attends(token_of(cy), "on_site", agreed=True, now=NOW)
    assert (await how(event))["Cy"] == ("on_site", "waitlisted")
    assert await integrity() == []


@pytest.mark.parametrize(
    ("sent", "status"), [("", 422), ("by phone", 422), ("online\x00", 422), ("x" * 500, 422), ("online", 303)]
)
async def test_only_what_the_event_offers_can_be_chosen(client, sent, status):
    event = await an_event(mode="hybrid", place="Hall")
    ada = await registered(event, "Ada", attends="on_site")
    answer = await post_form(client, f"{page_of(ada)}/attends", {"attends": sent}, page=page_of(ada))
    assert answer.status_code == status
    assert (await how(event))["Ada"][0] == ("online" if status == 303 else "on_site")


async def test_nobody_switches_at_an_event_of_one_kind_or_one_that_has_begun(database):
    online = await an_event()
    ada = await registered(online, "Ada")
    with pytest.raises(Problems):
        await switch_attends(token_of(ada), "on_site", now=NOW)
    event = await an_event(mode="hybrid", place="Hall")
    bo = await registered(event, "Bo", attends="online")
    with pytest.raises(TooLate):
        await switch_attends(token_of(bo), "on_site", now=event.starts_at)
    await cancel_registration(bo.registration.id, now=NOW)
    with pytest.raises(NotStanding):
        await switch_attends(token_of(bo), "on_site", now=NOW)
    assert await how(event) == {"Bo": ("online", "cancelled")}


# A replacement

COLLEAGUE = {"colleague-name": "Bo", "colleague-email": "bo@example.org"}


async def test_a_colleague_takes_the_seat_over_and_both_get_a_letter(client):
    event = await an_event(capacity=1)
    ada = await registered(event, "Ada", language="fr", organisation="Care Network", gender="woman")
    await change_details(letter_token_of(ada), Details(**DETAILS | {"name": "Ada"}, access_needs="Captions"), now=NOW)
    await registered(event, "Cy")
    page = page_of(ada)
    for _ in range(2):
        answer = await post_form(client, f"{page}/replacement", COLLEAGUE, page="/my-links")
        assert answer.status_code == 303
    assert await statuses(event) == {"Ada": "cancelled", "Bo": "confirmed", "Cy": "waitlisted"}
    written = await sql("SELECT recipient_address, kind, language, facts FROM letter ORDER BY created_at, id")
    assert [(one["recipient_address"], one["kind"], one["language"]) for one in written[2:]] == [
        ("ada@example.org", "registration_replaced", "fr"),
        ("bo@example.org", "registration_confirmed", "fr"),
    ]
    for letter in written[2:]:
        render(letter["kind"], "fr", msgspec.json.decode(letter["facts"]), recipient_address="x@example.org")
    bo = (await sql("SELECT * FROM registration WHERE name = 'Bo'"))[0]
    assert (bo["replaces"], bo["organisation"], bo["access_needs"]) == (ada.registration.id, "Care Network", "")
    assert await gender_of(bo["person"]) is None
    assert "Bo has taken over your seat." in words(await client.get(page))
    assert "Captions" not in (await client.get(page.replace(letter_token_of(ada), token_of(ada)))).text
    assert await integrity() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"colleague-name": ""},
        {"colleague-name": "\x00"},
        {"colleague-name": "x" * 500},
        {"colleague-email": ""},
        {"colleague-email": "not an address"},
        {"colleague-email": "x" * 500 + "@example.org"},
        {"colleague-email": "ADA@example.org"},
        {"colleague-email": "cy@example.org"},
    ],
)
async def test_a_colleague_who_cannot_come_is_refused_beside_the_field(client, wrong):
    event = await an_event()
    ada = await registered(event, "Ada")
    await registered(event, "Cy")
    answer = await post_form(client, f"{page_of(ada)}/replacement", COLLEAGUE | wrong, page=page_of(ada))
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert re.search(r'<details id="replacement" open>', answer.text)
    assert await statuses(event) == {"Ada": "confirmed", "Cy": "confirmed"}


async def test_nobody_is_replaced_without_a_seat_or_after_the_event_began(database):
    event = await an_event(capacity=1)
    ada, waiting = await registered(event, "Ada"), await registered(event, "Cy")
    with pytest.raises(NotStanding):
        await send_replacement(token_of(waiting), "Bo", "bo@example.org", now=NOW)
    with pytest.raises(TooLate):
        await send_replacement(token_of(ada), "Bo", "bo@example.org", now=event.starts_at)
    await cancel_registration(ada.registration.id, now=NOW)
    with pytest.raises(NotStanding):
        await send_replacement(token_of(ada), "Bo", "bo@example.org", now=NOW)
    assert await statuses(event) == {"Ada": "cancelled", "Cy": "confirmed"}


async def test_a_replacement_sent_twice_at_once_is_one(database):
    event = await an_event(capacity=1)
    ada = await registered(event, "Ada")
    done = await asyncio.gather(
        *(send_replacement(token_of(ada), "Bo", "bo@example.org", now=NOW) for _ in range(4)), return_exceptions=True
    )
    assert len({one.id for one in done}) == 1
    assert [row["name"] for row in await rows_of(event)] == ["Ada", "Bo"]
    assert await integrity() == []


# Lost links


async def test_one_letter_gives_the_links_of_all_coming_events_to_their_own_address(client):
    first = await an_event(title="Shade")
    second = await an_event(title="Water", starts_on=date(2099, 4, 1), ends_on=date(2099, 4, 1), capacity=0)
    third = await an_event(title="Called off")
    fourth = await an_event(title="Given back")
    ada = [await registered(one, "Ada", language="fr") for one in (first, second, third, fourth)]
    await registered(first, "Bo")
    await cancel_event(third.slug, reason="The river rose.", now=NOW, account_id=await some_account())
    await cancel_registration(ada[3].registration.id, now=NOW)
    answer = await post_form(client, "/my-links", {"email": " ADA@example.org "})
    assert answer.status_code == 200
    (letter,) = await letters("registration_links")
    assert (letter["recipient_address"], letter["language"]) == ("ada@example.org", "fr")
    facts = msgspec.json.decode(letter["facts"])
    said = [(link["title"], link["url"].rpartition("/")[2]) for link in facts["links"]]
    assert said == [("Shade", letter_token_of(ada[0])), ("Water", letter_token_of(ada[1]))]
    written = render("registration_links", "fr", facts, recipient_address="ada@example.org")
    for _, token in said:
        assert token in written.text
        assert token in written.html
    assert (await client.get(f"/registrations/{said[0][1]}")).status_code == 200


async def test_the_answer_about_lost_links_is_the_same_whatever_the_address(client):
    event = await an_event()
    await registered(event, "Ada")
    answers = []
    for email in ("ada@example.org", "nobody@example.org"):
        started = datetime.now(UTC)
        answer = await post_form(client, "/my-links", {"email": email})
        assert datetime.now(UTC) - started >= timedelta(seconds=0.2)
        text = re.sub(r'name="_csrf_token" value="[^"]*"', "", answer.text)
        answers.append(
            (answer.status_code, text, {k: v for k, v in answer.headers.items() if k not in ("content-length",)})
        )
    assert answers[0][:2] == answers[1][:2]
    assert set(answers[0][2]) == set(answers[1][2])
    assert answers[0][0] == 200
    assert "ada@example.org" not in answers[0][1]
    assert [letter["recipient_address"] for letter in await letters("registration_links")] == ["ada@example.org"]


async def test_links_go_to_the_address_that_they_belong_to_and_to_no_other(database):
    event = await an_event()
    for name in ("Ada", "Bo"):
        await registered(event, name)
    for asked in ("ada@example.org", " ADA@EXAMPLE.ORG", "eve@example.org"):
        await send_my_links(asked, now=NOW)
    for asked in ("ada@example.org,bo@example.org", "bo@example.org\nada@example.org", "\x00", "%", "x" * 500):
        with pytest.raises(Problems):
            await send_my_links(asked, now=NOW)
    assert {(one["recipient_name"], one["recipient_address"]) for one in await letters("registration_links")} == {
        ("Ada", "ada@example.org")
    }


async def test_asking_twice_within_a_minute_writes_one_letter(database):
    event = await an_event()
    await registered(event, "Ada")
    for _ in range(2):
        await send_my_links("ada@example.org", now=NOW)
    assert len(await letters("registration_links")) == 1
    await send_my_links("ada@example.org", now=NOW + timedelta(minutes=1))
    assert len(await letters("registration_links")) == 2


async def test_events_that_are_over_have_no_links_in_the_letter(database):
    event = await an_event()
    await registered(event, "Ada")
    await send_my_links("ada@example.org", now=LATER)
    assert await letters("registration_links") == []


@pytest.mark.parametrize(
    "email", ["", "not an address", "x" * 5000 + "@example.org", "\x00", "a@b", "ada@example.org\nBcc: bo@example.org"]
)
async def test_no_address_comes_back_with_a_sentence(client, email):
    event = await an_event()
    await registered(event, "Ada")
    answer = await post_form(client, "/my-links", {"email": email})
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert await letters("registration_links") == []


# At the same time


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2099, 3, 1, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ((9, 11), (10, 12), True),
        ((9, 11), (11, 12), False),
        ((9, 12), (10, 11), True),
        ((9, 10), (10, 11), False),
        ((9, 11), (9, 11), True),
    ],
)
def test_two_spans_meet_when_they_share_time(one, other, meets):
    first, second = Span(at(one[0]), at(one[1])), Span(at(other[0]), at(other[1]))
    assert overlap(first, second) is overlap(second, first) is meets


def test_what_has_no_end_meets_what_runs_when_it_begins():
    open_end = span_of(at(10), None, at(10).date(), None, "UTC")
    assert overlap(open_end, Span(at(9), at(11)))
    assert overlap(open_end, Span(at(10), at(11)))
    assert not overlap(open_end, Span(at(9), at(10)))


def test_what_has_days_only_takes_them_whole_in_its_own_zone():
    days = span_of(None, None, date(2099, 3, 1), date(2099, 3, 2), "America/Mexico_City")
    assert days == Span(at(6), datetime(2099, 3, 3, 6, tzinfo=UTC))


async def at_once(**changes: Any) -> tuple[Any, Any, Any]:
    """Two events at the same time, and one a day later."""
    first = await an_event(title="Shade", **changes)
    second = await an_event(title="Water", starts_time=time(11), ends_time=time(13))
    third = await an_event(title="Later", starts_on=date(2099, 3, 2), ends_on=date(2099, 3, 2))
    return first, second, third


async def test_everybody_who_is_elsewhere_too_is_found_with_one_query(database, monkeypatch):
    first, second, _ = await at_once()
    for number in range(5):
        for event in (first, second):
            await registered(event, f"Person {number}")
    kind: Any = type(engine())
    plain, seen = kind.run_querystring, []

    async def counting(self: Any, querystring: Any, *rest: Any, **more: Any) -> Any:
        seen.append(querystring)
        return await plain(self, querystring, *rest, **more)

    monkeypatch.setattr(kind, "run_querystring", counting)
    assert len(await overlaps_at(first)) == 5
    assert len(seen) == 1


async def test_staff_learn_of_everybody_who_is_elsewhere_too(database):
    first, second, third = await at_once()
    ada, bo, cy = [await registered(first, name) for name in ("Ada", "Bo", "Cy")]
    for one, name in ((second, "Ada"), (third, "Bo"), (third, "Ada"), (second, "Dee")):
        await registered(one, name)
    given_back = await registered(second, "Cy")
    await cancel_registration(given_back.registration.id, now=NOW)
    found = await overlaps_at(first)
    assert {key: [one.title for one in those] for key, those in found.items()} == {ada.registration.id: ["Water"]}
    assert await overlaps_at(first, [bo.registration.id, cy.registration.id]) == {}
    assert set(await overlaps_at(first, [ada.registration.id, bo.registration.id])) == {ada.registration.id}
    await cancel_event(second.slug, reason="The river rose.", now=NOW, account_id=await some_account())
    assert await overlaps_at(first) == {}


async def test_times_in_other_zones_are_compared_as_instants(database):
    first = await an_event(title="Shade")  # 10 to 12 in Madrid
    same = await an_event(title="Same hours", time_zone="Asia/Tokyo")
    later = await an_event(title="In Tokyo", time_zone="Asia/Tokyo", starts_time=time(19), ends_time=time(20))
    ada = await registered(first, "Ada")
    for one in (same, later):
        await registered(one, "Ada")
    found = await overlaps_at(first)
    assert [one.title for one in found[ada.registration.id]] == ["In Tokyo"]


async def test_an_item_signed_up_for_is_named_when_it_meets_the_other_event(database):
    from eventhub.programme.sign_up import sign_up

    first, second, _ = await at_once()
    early = await an_item(first, "Opening", takes_sign_up=True)
    late = await an_item(first, "Closing", takes_sign_up=True, starts_time=time(11), ends_time=time(12))
    ada = await registered(first, "Ada")
    other = await registered(second, "Ada")
    for item in (early, late):
        await sign_up(letter_token_of(ada), item.id, now=NOW)
    for event, done in ((first, ada), (second, other)):
        ((key, (one,)),) = (await overlaps_at(event)).items()
        assert (key, one.items) == (done.registration.id, ("Closing",))


async def test_the_page_names_the_other_event_only_to_who_reads_the_letters(client):
    first, second, _ = await at_once()
    ada, other = await registered(first, "Ada"), await registered(second, "Ada")
    shown = await client.get(page_of(ada))
    assert "You are registered for something else at the same time." in words(shown)
    assert page_of(other) in shown.text
    hidden = await client.get(page_of(ada, by_letter=False))
    assert "Water" not in hidden.text
    assert "something else" not in words(hidden)
    await cancel_registration(other.registration.id, now=NOW)
    assert "Water" not in (await client.get(page_of(ada))).text


async def test_the_letter_names_what_else_is_at_the_same_time(database):
    first, second, third = await at_once(capacity=1)
    await registered(first, "Zoe")
    for one in (third, second):
        await registered(one, "Ada")
    await registered(first, "Ada")  # waits
    said = {}
    for letter in await sql("SELECT kind, event, facts, recipient_name FROM letter WHERE recipient_name = 'Ada'"):
        facts = msgspec.json.decode(letter["facts"])
        said[letter["event"]] = (letter["kind"], [one["title"] for one in facts["also_at"]])
        for language in ("en", "es", "fr"):
            written = render(letter["kind"], language, facts, recipient_address="ada@example.org")
            for one in ("Water", "Later", "Shade"):
                if one != facts["event"]["title"]:
                    assert (f"- {one} (" in written.text) is (one in said[letter["event"]][1])
                    assert (one in written.html) is (one in said[letter["event"]][1])
    assert said == {
        third.id: ("registration_confirmed", []),
        second.id: ("registration_confirmed", []),
        first.id: ("registration_waitlisted", ["Water"]),
    }


async def test_an_address_has_the_overlaps_of_its_own_registrations(database):
    first, second, third = await at_once()
    for one in (second, third):
        await registered(one, "Ada")
    assert [one.title for one in await overlaps_of_address(first, "ada@example.org")] == ["Water"]
    assert await overlaps_of_address(first, "bo@example.org") == []
    assert await overlaps_of_address(second, "ada@example.org") == []


async def test_where_a_free_seat_is_offered_first_nobody_is_told_that_it_is_given(client):
    event = await an_event(capacity=1, offer_hours=24)
    for name in ("Ada", "Bo"):
        waits = await registered(event, name)
    for address in (page_of(waits), f"{event.href}/register"):
        said = words(await client.get(address))
        assert "is asked by letter" in said
        assert "gets the next free seat" not in said


# When the event is over or called off


@pytest.mark.parametrize("how", ["over", "cancelled"])
async def test_nobody_is_led_into_a_video_conference_that_is_over(client, how):
    event = await an_event(starts_on=date(2026, 1, 5), ends_on=date(2026, 1, 5)) if how == "over" else await an_event()
    ada = await registered(event, "Ada", now=datetime(2025, 12, 1, tzinfo=UTC))
    if how == "cancelled":
        await cancel_event(event.slug, reason="The hall burned down.", now=NOW, account_id=await some_account())
    page = await client.get(page_of(ada))
    assert "/join/" not in page.text
    assert "is on its way" not in words(page)


async def test_after_the_event_nobody_is_promised_a_seat(client):
    event = await an_event(capacity=1, starts_on=date(2026, 1, 5), ends_on=date(2026, 1, 5))
    for name in ("Ada", "Bo"):
        waits = await registered(event, name, now=datetime(2025, 12, 1, tzinfo=UTC))
    said = words(await client.get(page_of(waits)))
    assert "This event is over. Thank you for your interest." in said
    assert "next free seat" not in said


@pytest.mark.parametrize(
    ("mode", "promise"),
    [
        ("open", "You can register again later, at the end of the queue."),
        ("approval", "You can register again later, at the end of the queue."),
        ("invitation", "You can register again only with an invitation."),
        ("closed", "Registration is closed: you cannot register again."),
    ],
)
async def test_before_one_cancels_the_page_says_whether_there_is_a_way_back(client, mode, promise):
    event = await an_event()
    ada = await registered(event, "Ada")
    await sql("UPDATE event SET registration_mode = {} WHERE id = {}", mode, event.id)
    said = words(await client.get(page_of(ada)))
    assert promise in said
    await cancel_registration(ada.registration.id, now=NOW)
    page = await client.get(page_of(ada))
    assert (f'href="{event.href}/register"' in page.text) is (mode in ("open", "approval"))
    assert f'class="button" href="{event.href}' in page.text


# A page that says no


@pytest.mark.parametrize(
    ("part", "sent", "status"),
    [
        ("offer", {"answer": "decline"}, 409),
        ("offer", {"answer": "perhaps"}, 422),
        ("cancel", {"_csrf_token": "x"}, 403),
    ],
)
async def test_a_refusal_leads_back_to_the_personal_page(client, part, sent, status):
    mine = page_of(await registered(await an_event(), "Ada"))
    answer = await post_form(client, f"{mine}/{part}", sent, page=mine)
    assert answer.status_code == status
    assert f'class="button" href="{mine}"' in answer.text


async def test_a_refusal_of_the_form_leads_back_to_the_form(client):
    event = await an_event()
    answer = await client.post(f"{event.href}/register", data={"name": "Ada"})
    assert answer.status_code == 403
    assert f'class="button" href="{event.href}/register"' in answer.text


async def test_a_link_that_is_not_ours_leads_back_to_no_page(client):
    answer = await client.get("/registrations/not-ours")
    assert answer.status_code == 404
    assert 'class="button" href="/registrations/' not in answer.text
