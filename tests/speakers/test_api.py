"""Speakers and the parity check as other systems see them, and what nobody ever sees."""

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from eventhub.database import sql
from eventhub.events.commands import publish_event
from eventhub.mail.rendering import render
from tests.make import NOW, a_token, an_event, an_item, bearer, registered, signed_in, some_account, speaking

ADA = {"name": "Ada", "email": "ada@example.org", "gender": "woman", "level": "political", "role": "panellist"}


async def test_a_speaker_is_added_and_nobodys_gender_is_answered(client: httpx.AsyncClient) -> None:
    staff = bearer(await a_token("organiser"))
    item = await an_item(await an_event(publish=False))
    answer = await client.post(f"/api/v1/programme/{item.id}/speakers", json=ADA, headers=staff)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "id": answer.json()["id"], "programme_item": str(item.id), "name": "Ada", "level": "political",
        "role": "panellist", "status": "invited", "member": None,
    }  # fmt: skip
    again = await client.post(f"/api/v1/programme/{item.id}/speakers", json=ADA, headers=staff)
    assert (again.status_code, again.json()["sentences"]) == (409, ["Ada is on “Opening” already."])


async def test_the_answer_shows_the_name_that_is_kept(client: httpx.AsyncClient) -> None:
    staff = bearer(await a_token("organiser"))
    event = await an_event(publish=False)
    names = []
    for title, name in (("First", "Ada"), ("Second", "Somebody")):
        item = await an_item(event, title)
        answer = await client.post(f"/api/v1/programme/{item.id}/speakers", json=ADA | {"name": name}, headers=staff)
        names.append(answer.json()["name"])
    assert names == ["Ada", "Ada"]


@pytest.mark.parametrize(
    ("change", "status", "fields"),
    [
        ({"name": ""}, 422, {"name"}),
        ({"name": "x" * 501}, 422, {"name"}),
        ({"name": "\x00"}, 422, {"name"}),
        ({"name": 5}, 422, {"name"}),
        ({"email": "nobody"}, 422, {"email"}),
        ({"email": "a\x00b@example.org"}, 422, {"email"}),
        ({"email": f"{'x' * 500}@example.org"}, 422, {"email"}),
        ({"gender": "female"}, 422, {"gender"}),
        ({"gender": "w\x00"}, 422, {"gender"}),
        ({"level": "king", "role": "guest", "status": "?"}, 422, {"level", "role", "status"}),
        ({"member": "atlantis"}, 422, {"member"}),
        ({"member": "\x00"}, 422, {"member"}),
        ({"sex": "f"}, 422, {"sex"}),
    ],
)
async def test_a_wrong_speaker_is_refused_by_field(
    client: httpx.AsyncClient, change: dict[str, Any], status: int, fields: set[str]
) -> None:
    staff = bearer(await a_token("organiser"))
    item = await an_item(await an_event(publish=False))
    answer = await client.post(f"/api/v1/programme/{item.id}/speakers", json=ADA | change, headers=staff)
    assert (answer.status_code, {one["field"] for one in answer.json()["errors"]}) == (status, fields)
    assert await sql("SELECT id FROM speaker_slot") == []


async def test_an_item_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    staff = bearer(await a_token("organiser"))
    for item in (uuid4(), "nonsense", "0" * 500):
        answer = await client.post(f"/api/v1/programme/{item}/speakers", json=ADA, headers=staff)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)


async def test_the_check_is_answered_in_numbers(client: httpx.AsyncClient) -> None:
    staff = bearer(await a_token("organiser"))
    event = await an_event(publish=False)
    item = await an_item(event)
    await speaking(item, "man", "man", level="political")
    await speaking(item, "woman", role="moderator")
    answer = await client.get(f"/api/v1/events/{event.slug}/parity", headers=staff)
    assert answer.json() == {
        "result": "unbalanced",
        "panels": [
            {
                "id": str(item.id), "title": "Opening", "women": 0, "men": 2, "others": 0, "undisclosed": 0,
                "result": "unbalanced", "missing": 1, "missing_group": "women", "women_with_moderators": 1,
                "men_with_moderators": 2, "exempt_reason": "",
            }
        ],
        "event": {
            "women": 0, "men": 2, "others": 0, "undisclosed": 0, "result": "unbalanced", "missing": 1,
            "missing_group": "women",
        },
        "political": {
            "women": 0, "men": 2, "others": 0, "undisclosed": 0, "result": "unbalanced", "missing": 1,
            "missing_group": "women",
        },
        "sentences": [
            "“Opening” has one gender only, 0 women and 2 men; it needs at least 1 of each: 1 woman is missing."
        ],
    }  # fmt: skip
    assert (await client.get(f"/api/v1/events/{event.slug}/parity")).status_code == 401
    assert (await client.get("/api/v1/events/nothing/parity", headers=staff)).status_code == 404


def plain(answer: httpx.Response) -> str:
    """What was answered, but for tokens and stamps that differ each time."""
    text = re.sub(r'name="(_csrf_token|submission_key)"[^>]*>', "", answer.text)
    return re.sub(r"DTSTAMP:\w+", "", text)


async def test_no_answer_changes_when_two_speakers_swap_their_genders(app: Any, client: httpx.AsyncClient) -> None:
    """Numbers stay the same, so whatever changes would tell who is who."""
    event = await an_event(publish=False)
    item = await an_item(event)
    slots = await speaking(item, "woman", "man")
    ada, bo = [(await sql("SELECT person FROM speaker_slot WHERE id = {}", slot))[0]["person"] for slot in slots]
    event = await publish_event(event.slug, now=NOW, account_id=await some_account())
    done = await registered(event, "Cy", gender="non_binary")
    staff = bearer(await a_token("administrator"))
    slug = event.slug
    public = [
        "/", f"/?q={event.title}", f"/events/{slug}", f"/events/{slug}.ics", "/calendar.ics", f"/events/{slug}/register",
        "/api/v1/events", f"/api/v1/events/{slug}", f"/api/v1/events/{slug}/programme", "/metrics", "/health/ready",
        done.manage_url.removeprefix("http://127.0.0.1:8000") + ".ics",
    ]  # fmt: skip
    desk = [
        "/staff/", "/staff/events", f"/staff/events/{slug}", f"/staff/programme/{item.id}", f"/staff/speakers/{slots[0]}",
        f"/staff/events/{slug}/registrations", "/staff/audit", "/staff/outbox",
    ]  # fmt: skip
    api = [f"/api/v1/events/{slug}/parity", f"/api/v1/events/{slug}/registrations", f"/api/v1/events/{slug}"]

    async def everything() -> dict[str, str]:
        found = {}
        async with await signed_in(app) as browser:
            for path in public:
                found[path] = await client.get(path)
            for path in desk:
                found[path] = await browser.get(path)
            for path in api:
                found[f"staff {path}"] = await client.get(path, headers=staff)
        assert {path: answer.status_code for path, answer in found.items() if answer.status_code != 200} == {}
        return {path: plain(answer) for path, answer in found.items() if path != "/staff/audit"}

    before = await everything()
    await sql("UPDATE gender_statement SET gender = 'man' WHERE person = {}", ada)
    await sql("UPDATE gender_statement SET gender = 'woman' WHERE person = {}", bo)
    after = await everything()
    assert [path for path in before if before[path] != after[path]] == []
    words = re.compile(r"\b(woman|man|women|men|non.binary|undisclosed|gender)\b", re.I)
    asks = f"/events/{slug}/register"
    assert [path for path in public if path != asks and words.search(before[path])] == []


async def test_no_letter_names_anybodys_gender(database: None) -> None:
    event = await an_event(publish=False, capacity=1)
    item = await an_item(event)
    await speaking(item, "woman", "man")
    event = await publish_event(event.slug, now=NOW, account_id=await some_account())
    await registered(event, "Cy", gender="woman")
    await registered(event, "Di", gender="man")
    words = re.compile(r"\b(woman|man|women|men|non.binary|undisclosed)\b", re.I)
    rows = await sql("SELECT kind, language, facts, recipient_address FROM letter ORDER BY kind")
    assert [row["kind"] for row in rows] == ["registration_confirmed", "registration_waitlisted"]
    for row in rows:
        assert words.search(row["facts"]) is None
        letter = render(
            row["kind"], row["language"], json.loads(row["facts"]), recipient_address=row["recipient_address"]
        )
        assert words.search(str(letter)) is None
