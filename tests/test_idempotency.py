"""A call that is repeated with its key gets the first answer and does nothing again."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from eventhub.accounts.rules import IDEMPOTENCY_LIFE
from eventhub.database import sql, utc_now
from tests.make import a_token, an_event, an_item, bearer, speaking

EVENT = {
    "title": "Care", "kind": "webinar", "mode": "online", "involvement": "organised", "time_zone": "Europe/Madrid",
    "starts_at": "2027-03-01T10:00:00+01:00", "online_url": "https://meet.example.org/care",
}  # fmt: skip


@pytest.fixture
async def staff(client: httpx.AsyncClient) -> dict[str, str]:
    return bearer(await a_token("organiser"))


async def make(client: httpx.AsyncClient, headers: dict[str, str], key: str = "one", **changes: Any) -> httpx.Response:
    return await client.post("/api/v1/events", json=EVENT | changes, headers=headers | {"Idempotency-Key": key})


async def how_many() -> int:
    return int((await sql("SELECT COUNT(*) AS n FROM event"))[0]["n"])


async def test_a_repetition_gets_the_first_answer(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    first, second = await make(client, staff), await make(client, staff)
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["content-type"] == first.headers["content-type"]
    assert await how_many() == 1
    assert (await make(client, staff, "two")).json()["slug"] == "care-2"


async def test_a_key_with_another_body_is_refused(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    await make(client, staff)
    other = await make(client, staff, title="Other")
    assert (other.status_code, other.json()["sentences"]) == (
        409, ["This Idempotency-Key was used before with another body."],
    )  # fmt: skip
    assert await how_many() == 1


async def test_a_key_is_one_callers_own_for_one_address(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    await make(client, staff)
    assert (await make(client, bearer(await a_token("programme")))).json()["slug"] == "care-2"
    item = {"title": "x", "kind": "talk", "starts_at": EVENT["starts_at"], "ends_at": "2027-03-01T11:00:00+01:00"}
    headers = staff | {"Idempotency-Key": "one"}
    assert (await client.post("/api/v1/events/care/programme", json=item, headers=headers)).status_code == 201
    assert (await client.patch("/api/v1/events/care", json={"title": "y"}, headers=headers)).json()["title"] == "y"


async def test_a_refusal_leaves_the_key_free_for_another_try(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    assert (await make(client, staff, title="")).status_code == 422
    assert (await make(client, staff)).status_code == 201
    event = await an_event(publish=False)
    item = await an_item(event)
    await speaking(item, "man", "man")
    headers = staff | {"Idempotency-Key": "publish"}
    assert (await client.post(f"/api/v1/events/{event.slug}/publish", json={}, headers=headers)).status_code == 409
    await speaking(item, "woman", "woman")
    assert (await client.post(f"/api/v1/events/{event.slug}/publish", json={}, headers=headers)).status_code == 200


async def test_somebody_without_a_right_gets_no_answer_of_others(
    client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    await make(client, staff)
    assert (await make(client, {})).status_code == 401
    assert (await make(client, bearer(await a_token("reader")))).status_code == 403
    assert await how_many() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "x" * 5000])
async def test_a_key_has_a_length(client: httpx.AsyncClient, staff: dict[str, str], key: str) -> None:
    answer = await make(client, staff, key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert await how_many() == 0


@pytest.mark.parametrize("key", ["x" * 255, "é", "'; --", " "])
async def test_any_other_key_will_do(client: httpx.AsyncClient, staff: dict[str, str], key: str) -> None:
    answers = [
        await client.post("/api/v1/events", json=EVENT, headers={**staff, "Idempotency-Key": key.encode()})  # type: ignore[dict-item]
        for _ in range(2)
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses in ([201, 201], [422, 422])
    assert await how_many() == (1 if statuses[0] == 201 else 0)


async def test_many_repetitions_at_once_do_it_once(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    answers = await asyncio.gather(*(make(client, staff) for _ in range(12)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert 201 in {answer.status_code for answer in answers}
    assert await how_many() == 1


async def test_a_call_that_died_frees_its_key_after_a_minute(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    await make(client, staff)
    await sql("UPDATE idempotent_answer SET status_code = {}", None)
    assert (await make(client, staff)).json()["sentences"] == [
        "The first call with this Idempotency-Key is still at work. Please try again."
    ]
    await sql("UPDATE idempotent_answer SET created_at = {}", utc_now() - timedelta(minutes=2))
    assert (await make(client, staff)).json()["slug"] == "care-2"


async def test_after_a_day_the_key_is_new_again(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    await make(client, staff)
    await sql("UPDATE idempotent_answer SET created_at = {}", utc_now() - IDEMPOTENCY_LIFE - timedelta(seconds=1))
    assert (await make(client, staff)).json()["slug"] == "care-2"


async def test_reading_needs_no_key_and_keeps_nothing(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    await client.get("/api/v1/events", headers=staff | {"Idempotency-Key": "one"})
    assert await sql("SELECT key_hash FROM idempotent_answer") == []


async def test_a_body_that_is_too_large_is_refused_before_it_is_kept(
    client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    headers = staff | {"Idempotency-Key": "one", "content-type": "application/json"}
    answer = await client.post("/api/v1/events", content=b" " * 1_000_001, headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)

    async def slowly() -> Any:
        for _ in range(11):
            yield b" " * 100_000

    assert (await client.post("/api/v1/events", content=slowly(), headers=headers)).status_code == 413
    assert await sql("SELECT key_hash FROM idempotent_answer") == []
