"""Secret calendars: whose they are, what is in them, and that nobody else gets anything."""

import logging
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from eventhub.accounts.queries import token_hash
from eventhub.checkin.queries import join_url
from eventhub.database import sql
from eventhub.delegations.commands import Contact, Terms, set_delegation
from eventhub.events.commands import cancel_event
from eventhub.events.kept_feeds import KEPT_FEEDS
from eventhub.feeds.commands import make_feed_link, revoke_feed_link
from eventhub.feeds.queries import FeedKind
from eventhub.links import make_link
from eventhub.programme.sign_up import sign_up
from eventhub.registrations.commands import cancel_registration
from tests.conftest import BASE_URL
from tests.feeds.reading import facts
from tests.make import (
    NOW,
    a_lab,
    a_member,
    a_person,
    an_account,
    an_event,
    an_item,
    post_form,
    registered,
    signed_in,
    some_account,
    speaking,
)
from tests.registrations.looking import letter_token_of, token_of

START = datetime(2099, 3, 1, 9, tzinfo=UTC)


async def feed_of(kind: FeedKind, subject: UUID, language: str = "en") -> str:
    token = await make_feed_link(kind, subject, language=language, now=NOW)
    return f"/{'people' if kind == FeedKind.PERSON else 'feeds'}/{token}.ics"


async def person_of(done: Any) -> UUID:
    return UUID(str(done.registration.person))


async def told(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code == 200
    return facts(answer.content)


# A person's own


async def test_a_person_sees_seats_waiting_lists_items_own_parts_and_lab_sessions(client: httpx.AsyncClient) -> None:
    seat, full, lab_event, speaks = [await an_event(title=title) for title in ("Seat", "Full", "Session", "Speaks")]
    ada = await registered(seat, "Ada")
    await sql("UPDATE seat_pool SET capacity = 0 WHERE event = {}", full.id)
    waiting = await registered(full, "Ada")
    assert waiting.registration.status == "waitlisted"
    item = await an_item(seat, "Workshop", takes_sign_up=True)
    await sign_up(letter_token_of(ada), item.id, now=NOW)
    lab = await a_lab()
    await sql("INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, 1)", lab_event.id, lab.id)
    person = await person_of(ada)
    await sql(
        "INSERT INTO lab_participant (id, lab, person, role, joined_at) VALUES ({}, {}, {}, 'expert', {})",
        uuid4(), lab.id, person, NOW,
    )  # fmt: skip
    panel = await an_item(speaks, "Panel", starts_time=time(11), ends_time=time(12))
    (slot,) = await speaking(panel, "")
    await sql("UPDATE speaker_slot SET person = {} WHERE id = {}", person, slot)

    found = await told(client, await feed_of(FeedKind.PERSON, person))
    assert {uid: (one.title, one.starts, one.status) for uid, one in found.items()} == {
        seat.calendar_uid: ("Seat", START, "CONFIRMED"),
        full.calendar_uid: ("Full", START, "TENTATIVE"),
        lab_event.calendar_uid: ("Session", START, "CONFIRMED"),
        f"{item.id}@eventhub": ("Workshop · Seat", START, "CONFIRMED"),
        f"{panel.id}@eventhub": ("Panel · Speaks", START + timedelta(hours=1), "CONFIRMED"),
    }
    own = join_url(ada.registration.id, ada.registration.link_version)
    assert {uid: one.join for uid, one in found.items()} == {
        seat.calendar_uid: own, full.calendar_uid: "", lab_event.calendar_uid: "https://meet.example.org/care",
        f"{item.id}@eventhub": own, f"{panel.id}@eventhub": "",
    }  # fmt: skip
    assert found[seat.calendar_uid].description.startswith(f"Join online: {own}\n")


async def test_an_invited_speaker_sees_a_part_as_tentative_and_nobody_a_part_they_were_not_told_of(
    client: httpx.AsyncClient,
) -> None:
    event, draft = await an_event(), await an_event(publish=False)
    asked, untold, declined, of_draft, in_draft = [
        await an_item(where, title, starts_time=time(10, minute), ends_time=time(10, minute + 5))
        for where, title, minute in (
            (event, "Asked", 0), (event, "Untold", 5), (event, "Declined", 10), (draft, "Draft", 0), (draft, "Planned", 5),
        )
    ]  # fmt: skip
    person = await a_person("Ada", "ada@example.org")
    for item, status, told_at in (
        (asked, "invited", NOW), (untold, "invited", None), (declined, "declined", NOW), (of_draft, "confirmed", NOW),
        (in_draft, "confirmed", None),
    ):  # fmt: skip
        (slot,) = await speaking(item, "")
        await sql(
            "UPDATE speaker_slot SET person = {}, status = {}, invited_at = {} WHERE id = {}",
            person,
            status,
            told_at,
            slot,
        )
    found = await told(client, await feed_of(FeedKind.PERSON, person))
    assert {one.title.partition(" · ")[0]: one.status for one in found.values()} == {
        "Asked": "TENTATIVE",
        "Draft": "TENTATIVE",
    }


async def test_only_who_attends_online_with_a_seat_gets_a_link_to_join(client: httpx.AsyncClient) -> None:
    event = await an_event(mode="hybrid", place="Barcelona", country="ES")
    for name, attends in (("Ada", "on_site"), ("Bo", "online")):
        done = await registered(event, name, attends=attends)
        path = await feed_of(FeedKind.PERSON, await person_of(done))
        (found,) = (await told(client, path)).values()
        assert bool(found.join) == (attends == "online")
        assert found.place == "Barcelona"
        file = facts((await client.get(f"/registrations/{token_of(done)}.ics")).content)
        assert file[event.calendar_uid].join == found.join


async def test_a_speaker_on_the_waiting_list_gets_no_link_to_join(client: httpx.AsyncClient) -> None:
    event = await an_event()
    await sql("UPDATE seat_pool SET capacity = 0 WHERE event = {}", event.id)
    ada = await registered(event, "Ada")
    (slot,) = await speaking(await an_item(event), "")
    person = await person_of(ada)
    await sql("UPDATE speaker_slot SET person = {} WHERE id = {}", person, slot)
    found = await told(client, await feed_of(FeedKind.PERSON, person))
    assert sorted(one.status for one in found.values()) == ["CONFIRMED", "TENTATIVE"]
    assert {one.join for one in found.values()} == {""}


async def test_a_cancelled_event_stays_and_a_registration_given_back_goes(client: httpx.AsyncClient) -> None:
    event, other = await an_event(), await an_event(title="Other")
    ada = await registered(event, "Ada")
    await registered(other, "Ada")
    path = await feed_of(FeedKind.PERSON, await person_of(ada))
    tag = (await client.get(path)).headers["etag"]
    await cancel_registration(
        (await sql("SELECT id FROM registration WHERE event = {}", other.id))[0]["id"],
        now=NOW,
        account_id=await some_account(),
    )
    await cancel_event(event.slug, reason="Storm", now=NOW, account_id=await some_account())
    answer = await client.get(path, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    found = facts(answer.content)
    assert {uid: (one.status, one.sequence, one.join) for uid, one in found.items()} == {
        event.calendar_uid: ("CANCELLED", event.sequence + 1, "")
    }


async def test_a_calendar_of_a_person_never_holds_anything_of_somebody_else(client: httpx.AsyncClient) -> None:
    event, only_bos = await an_event(), await an_event(title="Only Bo’s")
    ada = await registered(event, "Ada Quetzal", email="quetzal@example.org")
    bo = await registered(event, "Bo Ptarmigan", email="ptarmigan@example.org")
    await registered(only_bos, "Bo Ptarmigan", email="ptarmigan@example.org")
    item = await an_item(event, "Workshop", takes_sign_up=True)
    await sign_up(letter_token_of(bo), item.id, now=NOW)
    panel = await an_item(event, "Panel", starts_time=time(11), ends_time=time(12))
    await speaking(panel, "woman", name="Bo Ptarmigan", email="ptarmigan@example.org")
    hers, his = [await feed_of(FeedKind.PERSON, await person_of(one)) for one in (ada, bo)]
    whole, other = (await client.get(hers)).content, (await client.get(his)).content.replace(b"\r\n ", b"")
    assert set(facts(whole)) == {event.calendar_uid}
    own = whole.replace(b"\r\n ", b"")
    secrets = [
        "Ptarmigan", "ptarmigan", "Only Bo", str(item.id), str(panel.id), join_url(bo.registration.id, 1),
        token_of(bo), letter_token_of(bo), his.rpartition("/")[2], "mailto:", "meet.example.org",
    ]  # fmt: skip
    for secret in secrets:
        assert secret.encode() not in own
    assert join_url(ada.registration.id, 1).encode() in own
    assert join_url(ada.registration.id, 1).encode() not in other


async def test_a_calendar_speaks_the_language_of_its_person(client: httpx.AsyncClient) -> None:
    done = await registered(await an_event(), "Ada", language="es")
    path = await feed_of(FeedKind.PERSON, await person_of(done), "es")
    octets = (await client.get(path, headers={"Accept-Language": "fr"})).content
    (found,) = facts(octets).values()
    assert found.description.startswith("Unirse en línea:") or "Cuándo: domingo, 1 de marzo" in found.description


async def test_after_a_change_of_the_clock_past_events_go(client: httpx.AsyncClient) -> None:
    today = datetime.now(UTC).date()
    done = await registered(await an_event(), "Ada")
    path = await feed_of(FeedKind.PERSON, await person_of(done))
    for days, there in ((89, 1), (92, 0)):
        day = today - timedelta(days=days)
        await sql("UPDATE event SET starts_on = {}, ends_on = {}", day, day)
        assert len(await told(client, path)) == there


# Over HTTP


async def test_a_secret_calendar_is_private_and_sets_no_cookie(client: httpx.AsyncClient) -> None:
    done = await registered(await an_event(), "Ada")
    path = await feed_of(FeedKind.PERSON, await person_of(done))
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    unknown = await client.get("/people/unknown.ics")
    for answer in (first, again):
        assert answer.headers["cache-control"].startswith("private")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"] == "noindex"
    for answer in (first, again, unknown):
        assert "set-cookie" not in answer.headers
    assert b"SOURCE" not in first.content
    assert path.rpartition("/")[2].removesuffix(".ics").encode() not in first.content
    head = await client.head(path)
    assert (head.status_code, head.headers["etag"]) == (200, first.headers["etag"])


async def test_a_conditional_request_writes_nothing_and_a_new_process_answers_the_same(
    client: httpx.AsyncClient, written: list[str], said: list[str]
) -> None:
    done = await registered(await an_event(), "Ada")
    path = await feed_of(FeedKind.PERSON, await person_of(done))
    first = await client.get(path)
    written.clear()
    said.clear()
    assert (await client.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 304
    assert written == []
    assert len(said) == 5
    assert not any("description" in statement or statement.startswith("UPDATE") for statement in said)
    KEPT_FEEDS.clear()
    assert (await client.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 304
    assert (await client.get(path)).content == first.content


async def test_unknown_revoked_and_foreign_secrets_look_alike(client: httpx.AsyncClient, app: Any) -> None:
    done = await registered(await an_event(), "Ada")
    person = await person_of(done)
    old = await feed_of(FeedKind.PERSON, person)
    current = await feed_of(FeedKind.PERSON, person)
    of_member = await feed_of(FeedKind.MEMBER, await a_member())
    await client.get(current)
    refused = [
        old, current.removesuffix(".ics"), current.upper(), current.replace("/people/", "/feeds/"),
        of_member.replace("/feeds/", "/people/"), "/people/nothing.ics", "/feeds/nothing.ics", "/people/.ics",
        f"/people/{'x' * 600}.ics", "/people/%00.ics", "/feeds/%F0%9F%92%A7.ics", "/feeds/..%2f..%2fetc.ics",
        f"/people/{make_link('person', person, 1)}.ics", f"/people/{token_hash(current.rpartition('/')[2].removesuffix('.ics'))}.ics",
        f"/people/{person}.ics",
    ]  # fmt: skip
    pages = set()
    for path in refused:
        answer = await client.get(path)
        assert answer.status_code == 404, path
        assert b"BEGIN:" not in answer.content
        pages.add(
            re.sub(r'(href|value|content)="[^"]*"', "", answer.text) if "%2f" not in path and "%00" not in path else ""
        )
    assert await revoke_feed_link(FeedKind.PERSON, person, now=NOW)
    after = await client.get(current)
    assert after.status_code == 404
    assert (await client.get(current, headers={"If-None-Match": "*"})).status_code == 404
    assert re.sub(r'(href|value|content)="[^"]*"', "", after.text) in pages


async def test_only_a_hash_of_the_secret_is_kept_and_no_log_has_it(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    done = await registered(await an_event(), "Ada")
    path = await feed_of(FeedKind.PERSON, await person_of(done))
    token = path.rpartition("/")[2].removesuffix(".ics")
    assert len(token) >= 22  # 128 bits
    (row,) = await sql("SELECT * FROM feed_link")
    assert token not in str(row)
    assert row["token_hash"] == token_hash(token)
    with caplog.at_level(logging.DEBUG):
        await client.get(path)
        await client.get(path + "x")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert [line for line in ours if token in line] == []
    assert [row for row in await sql("SELECT * FROM audit_entry") if token in str(row)] == []


async def test_a_failure_names_the_route_and_not_the_secret(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eventhub.feeds import personal

    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(personal, "of_person", broken)
    path = await feed_of(FeedKind.PERSON, await person_of(await registered(await an_event(), "Ada")))
    assert (await client.get(path)).status_code == 500
    ours = [record.getMessage() for record in caplog.records if record.name == "eventhub"]
    assert ours
    assert all("/people/{token}" in line and path.rpartition("/")[2] not in line for line in ours)


async def test_the_server_writes_no_access_log(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn
    from click.testing import CliRunner

    from eventhub.cli import main

    asked: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda *_, **options: asked.update(options))
    CliRunner().invoke(main, ["serve", "--port", "18999"])
    assert asked["access_log"] is False


async def test_the_last_fetch_is_noted_once_a_day(client: httpx.AsyncClient) -> None:
    path = await feed_of(FeedKind.PERSON, await person_of(await registered(await an_event(), "Ada")))
    await client.get(path)
    (first,) = await sql("SELECT fetched_at FROM feed_link")
    await client.get(path)
    assert await sql("SELECT fetched_at FROM feed_link") == [first]
    await sql("UPDATE feed_link SET fetched_at = {}", datetime.now(UTC) - timedelta(days=2))
    await client.get(path)
    (later,) = await sql("SELECT fetched_at FROM feed_link")
    assert later["fetched_at"] > first["fetched_at"]


# The page


async def test_a_holder_makes_an_address_sees_it_once_replaces_it_and_takes_it_back(client: httpx.AsyncClient) -> None:
    done = await registered(await an_event(), "Ada", language="fr")
    own = f"/registrations/{letter_token_of(done)}"
    page = f"{own}/calendar"
    assert f'href="{page}"' in (await client.get(own)).text

    async def made() -> str:
        answer = await post_form(client, f"{page}/make", {}, page=page)
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("new-calendar"))
        assert "HttpOnly" in cookie
        assert f"Path={page}" in cookie
        shown = (await client.get(page)).text
        (address,) = re.findall(r'<code id="feed-address">([^<]+)</code>', shown)
        assert f'href="webcal://{address.split("://")[1]}"' in shown
        quoted = address.replace(":", "%3A").replace("/", "%2F")
        assert f'href="https://calendar.google.com/calendar/r?cid={quoted}"' in shown
        assert "Letters are the fast way" in shown
        again = await client.get(page)
        assert "feed-address" not in again.text
        assert again.headers["cache-control"] == "no-store"
        return str(address.removeprefix(BASE_URL))

    first = await made()
    assert (await client.get(first)).status_code == 200
    second = await made()
    assert [(await client.get(path)).status_code for path in (first, second)] == [404, 200]
    assert {row["language"] for row in await sql("SELECT language FROM feed_link")} == {"fr"}
    answer = await post_form(client, f"{page}/revoke", {}, page=page)
    assert answer.status_code == 303
    assert (await client.get(second)).status_code == 404
    assert "The calendar has no address yet." in (await client.get(page)).text
    assert (await post_form(client, f"{page}/revoke", {}, page=page)).status_code == 303
    actions = [row["action"] for row in await sql("SELECT action FROM audit_entry WHERE object_kind = 'feed_link'")]
    assert sorted(actions) == ["make_feed_link", "make_feed_link", "revoke_feed_link"]


async def test_another_holder_cannot_touch_it_and_a_link_shown_on_a_screen_neither(client: httpx.AsyncClient) -> None:
    event = await an_event()
    ada, bo = await registered(event, "Ada"), await registered(event, "Bo")
    path = await feed_of(FeedKind.PERSON, await person_of(ada))
    bos = f"/registrations/{letter_token_of(bo)}/calendar"
    for action in ("make", "revoke"):
        assert (await post_form(client, f"{bos}/{action}", {}, page=bos)).status_code == 303
    assert (await client.get(path)).status_code == 200
    screen = f"/registrations/{token_of(ada)}"
    assert f"{screen}/calendar" not in (await client.get(screen)).text
    assert (await client.get(f"{screen}/calendar")).status_code == 403
    for action in ("make", "revoke"):
        refused = await post_form(client, f"{screen}/calendar/{action}", {}, page=screen)
        assert refused.status_code == 403
        assert (await client.get(f"/registrations/nonsense/calendar/{action}")).status_code in (404, 405)
    assert (await client.get("/registrations/nonsense/calendar")).status_code == 404
    assert (await client.get(path)).status_code == 200


async def test_a_cookie_from_elsewhere_shows_nothing(client: httpx.AsyncClient) -> None:
    done = await registered(await an_event(), "Ada")
    await feed_of(FeedKind.PERSON, await person_of(done))
    page = f"/registrations/{letter_token_of(done)}/calendar"
    shown = await client.get(page, headers={"Cookie": 'new-calendar="><script>alert(1)</script>'})
    assert "script>alert" not in shown.text
    assert "feed-address" not in shown.text


@pytest.mark.parametrize(
    ("role", "member", "lab"),
    [
        ("administrator", 200, 200),
        ("programme", 200, 200),
        ("organiser", 403, 403),
        ("reader", 403, 403),
        ("check-in", 403, 403),
    ],
)
async def test_staff_make_those_of_members_and_labs_by_their_role(
    app: Any, database: None, role: str, member: int, lab: int
) -> None:
    await a_member()
    made = await a_lab()
    async with await signed_in(app, role) as staff:
        for page, status in ((f"/staff/labs/{made.slug}/calendar", lab), ("/staff/members/barcelona/calendar", member)):
            assert (await staff.get(page)).status_code == status
            if status == 200:
                assert (await post_form(staff, f"{page}/make", {}, page=page)).status_code == 303
                (address,) = re.findall(r'<code id="feed-address">([^<]+)</code>', (await staff.get(page)).text)
                assert (await staff.get(address.removeprefix(BASE_URL))).status_code == 200
                assert (await post_form(staff, f"{page}/revoke", {}, page=page)).status_code == 303
                assert (await staff.get(address.removeprefix(BASE_URL))).status_code == 404
            else:
                refused = await post_form(staff, f"{page}/make", {}, page="/staff/")
                assert refused.status_code == 403
        own = "/staff/calendar"
        assert (await post_form(staff, f"{own}/make", {}, page=own)).status_code == 303
        assert "feed-address" in (await staff.get(own)).text
        for missing in ("/staff/members/nobody/calendar", "/staff/labs/none/calendar"):
            assert (await staff.get(missing)).status_code == (404 if lab == 200 else 403)


async def test_nobody_without_an_account_sees_the_pages_of_staff(client: httpx.AsyncClient) -> None:
    await a_member()
    for page in ("/staff/calendar", "/staff/members/barcelona/calendar", "/staff/labs/water-stress/calendar"):
        assert (await client.get(page)).status_code == 303


# A member's, an account's, a cohort's


async def test_a_member_sees_what_is_open_to_it_what_it_hosts_its_invitations_and_its_deadlines(
    client: httpx.AsyncClient,
) -> None:
    ours, theirs = await a_member(zone="America/Lima"), await a_member("Lima")
    opened = await an_event(title="Open")
    asked = await an_event(title="With approval", registration_mode="approval")
    for title, mode in (
        ("Closed", "closed"),
        ("By invitation", "invitation"),
        ("Hosted", "closed"),
        ("Held for us", "closed"),
    ):
        await an_event(title=title, registration_mode=mode)
    events = {row["title"]: row["id"] for row in await sql("SELECT id, title FROM event")}
    invited = await an_event(title="Invited", registration_mode="invitation")
    private = await an_event(title="Bilateral", kind="bilateral", registration_mode="closed")
    await an_event(title="Bilateral of others", kind="bilateral", registration_mode="open")
    await an_event(title="Draft", publish=False)
    await sql("UPDATE event SET host_member = {} WHERE id = {}", ours, events["Hosted"])
    await sql("UPDATE event SET host_member = {} WHERE id = {}", theirs, events["Closed"])
    for event in (events["Held for us"], private.id):
        await sql("INSERT INTO invited_member (id, event, member) VALUES ({}, {}, {})", uuid4(), event, ours)
    for member, number in ((ours, 1), (theirs, 2)):
        await sql(
            "INSERT INTO registration_invitation (id, event, email, email_key, name, member, language, invited_at) "
            "VALUES ({}, {}, {}, {}, 'Ada Quetzal', {}, 'en', {})",
            uuid4(), invited.id, f"ada{number}@example.org", f"ada{number}@example.org", member, NOW,
        )  # fmt: skip
    closes = datetime(2099, 2, 1, 2, 0, tzinfo=UTC)  # still January in Lima
    desk = await set_delegation(
        opened.slug, "barcelona", Terms(delegates=1, observers=1, closes_at=closes),
        contact=Contact("Dana Desk", "desk@example.org", "en"), now=NOW, account_id=await some_account(),
    )  # fmt: skip
    octets = (await client.get(await feed_of(FeedKind.MEMBER, ours))).content
    found = facts(octets)
    assert {one.title for one in found.values()} == {
        "Open", "With approval", "Hosted", "Held for us", "Bilateral", "Invited",
        "Last day to name the delegation: Open",
    }  # fmt: skip
    deadline = found[f"{desk.id}-deadline@eventhub"]
    assert (deadline.starts, deadline.ends) == (date(2099, 1, 31), date(2099, 2, 1))
    assert "21:00" in deadline.description
    assert "America/Lima" in deadline.description
    for never in (b"Quetzal", b"Dana", b"desk@", b"mailto:", b"meet.example.org", b"/delegation/", b"/join/"):
        assert never not in octets
    assert asked.calendar_uid in found


async def test_the_deadline_moves_with_the_desk_and_with_the_event(client: httpx.AsyncClient) -> None:
    member, event = await a_member(), await an_event()
    account = await some_account()
    desk = await set_delegation(
        event.slug, "barcelona", Terms(delegates=1, observers=1),
        contact=Contact("Dana Desk", "desk@example.org", "en"), now=NOW, account_id=account,
    )  # fmt: skip
    path, uid = await feed_of(FeedKind.MEMBER, member), f"{desk.id}-deadline@eventhub"
    assert (await told(client, path))[uid].starts == event.starts_on
    await sql("UPDATE delegation SET closes_at = {}", datetime(2099, 1, 5, 12, tzinfo=UTC))
    assert (await told(client, path))[uid].starts == date(2099, 1, 5)
    await cancel_event(event.slug, reason="Storm", now=NOW, account_id=account)
    assert {one.status for one in (await told(client, path)).values()} == {"CANCELLED"}


async def test_a_member_that_has_left_gets_nothing(client: httpx.AsyncClient) -> None:
    member = await a_member()
    path = await feed_of(FeedKind.MEMBER, member)
    assert (await client.get(path)).status_code == 200
    await sql("UPDATE member SET left_on = {} WHERE id = {}", date(2020, 1, 1), member)
    assert (await client.get(path)).status_code == 404


async def test_the_cohort_of_a_lab_gets_its_sessions_with_the_address_to_join(client: httpx.AsyncClient) -> None:
    lab, other = await a_lab(), await a_lab("Heat")
    on, off, elsewhere = [await an_event(title=title, kind="lab_session") for title in ("On", "Off", "Elsewhere")]
    draft = await an_event(title="Draft", kind="lab_session", publish=False)
    for number, (event, whose) in enumerate(((on, lab), (off, lab), (draft, lab), (elsewhere, other)), 1):
        await sql("INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, {})", event.id, whose.id, number)
    await cancel_event(off.slug, reason="Storm", now=NOW, account_id=await some_account())
    path = await feed_of(FeedKind.LAB, lab.id)
    found = await told(client, path)
    assert {one.title: (one.status, one.join) for one in found.values()} == {
        "On": ("CONFIRMED", "https://meet.example.org/care"), "Off": ("CANCELLED", ""),
    }  # fmt: skip
    await sql("UPDATE lab SET name = 'Renamed' WHERE id = {}", lab.id)
    assert b"NAME:EventHub: Renamed\r\n" in (await client.get(path)).content


async def test_an_account_gets_the_events_it_works_on_drafts_too_until_it_is_closed(client: httpx.AsyncClient) -> None:
    account = await an_account("organiser")
    led, worked, other = (
        await an_event(title="Led"),
        await an_event(title="Draft", publish=False),
        await an_event(title="Other"),
    )
    for event, is_lead in ((led, True), (worked, False)):
        await sql(
            "INSERT INTO event_team (id, event, account, is_lead) VALUES ({}, {}, {}, {})",
            uuid4(),
            event.id,
            account,
            is_lead,
        )
    await sql(
        "INSERT INTO event_team (id, event, account, is_lead) VALUES ({}, {}, {}, {})",
        uuid4(),
        other.id,
        await some_account(),
        True,
    )
    path = await feed_of(FeedKind.ACCOUNT, account)
    assert {one.title: one.status for one in (await told(client, path)).values()} == {
        "Led": "CONFIRMED",
        "Draft": "TENTATIVE",
    }
    await sql("UPDATE account SET is_active = {} WHERE id = {}", False, account)
    assert (await client.get(path)).status_code == 404
