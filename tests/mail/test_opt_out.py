"""The page and the button behind List-Unsubscribe."""

from uuid import uuid4

import pytest

from eventhub.database import sql
from eventhub.mail.opt_out import opt_out_url
from tests.make import an_event, registered


def path(url):
    return url.removeprefix("http://127.0.0.1:8000")


async def kept():
    return [(row["event"], row["person"]) for row in await sql("SELECT event, person FROM opt_out")]


@pytest.fixture
async def link(database):
    event = await an_event()
    person = (await registered(event, "A")).registration.person
    return path(opt_out_url(person, event.id)), event, person


async def test_looking_at_the_page_changes_nothing_and_shows_a_button(client, link):
    address, event, _ = link
    for _ in range(2):
        answer = await client.get(address)
        assert answer.status_code == 200
        assert event.title in answer.text
        assert answer.text.count("<button") >= 2
    assert (await client.head(address)).status_code == 200
    assert await kept() == []
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("headers", [{}, {"origin": "https://mail.example"}, {"sec-fetch-site": "cross-site"}])
async def test_a_mail_program_needs_no_cookie_and_no_token(client, link, headers):
    address, event, person = link
    for _ in range(2):
        answer = await client.post(address, data={"List-Unsubscribe": "One-Click"}, headers=headers)
        assert answer.status_code == 200
    assert await kept() == [(event.id, person)]


async def test_the_second_button_stops_letters_about_all_events(client, link):
    address, _, person = link
    assert (await client.post(address, data={"of": "all"})).status_code == 200
    assert await kept() == [(None, person)]


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"of=" + b"a" * 100_000, b"of=all&of=all"])
async def test_an_odd_form_stops_letters_all_the_same(client, link, body):
    address, _, _ = link
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post(address, content=body, headers=headers)).status_code == 200
    assert len(await kept()) == 1


@pytest.mark.parametrize("token", ["x", "a" * 500, "%00", "é", ".".join("abc"), "WyJ4IiwxXQ.abc"])
async def test_a_link_that_is_none_of_ours_opens_nothing(client, database, token):
    assert (await client.get(f"/letters/stop/{token}")).status_code == 404
    assert (await client.post(f"/letters/stop/{token}")).status_code == 404


async def test_the_link_of_somebody_who_is_forgotten_opens_nothing_more(client, database):
    assert (await client.post(path(opt_out_url(uuid4(), None)))).status_code == 404


async def test_where_the_event_is_gone_the_button_means_all(client, link):
    _, _, person = link
    address = path(opt_out_url(person, uuid4()))
    assert "stop-event" not in (await client.get(address)).text
    assert (await client.post(address, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    assert await kept() == [(None, person)]
