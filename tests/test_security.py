"""What surrounds every answer, and input that should never get through, or never fail."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from eventhub.database import sql
from eventhub.questions.rules import LARGEST_READ
from tests.conftest import browser
from tests.make import a_member, a_token, an_event, an_item, bearer, field, registered, signed_in, speaking

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
FORM = {"content-type": "application/x-www-form-urlencoded"}
ODD = {
    "NUL": "\x00",
    "characters that hide or turn": "a\x00b\u0301\u202e\u2066\u200b\ufeff\U0010ffff💧İßŁ\x1b[31m",
    "what other languages take for code": "' OR 1=1 -- {{ 7*7 }} %s %(x)s {} {0} <img src=x onerror=alert(1)>",
    "letters that fold to many": "ﷺ" * 300,
    "very long": "x" * 25_000,
    "empty lines": "\r\n\r\n",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200), ("GET", "/nothing", 404), ("GET", "/staff/", 303), ("GET", "/static/app.css", 200),
        ("GET", "/static/../eventhub/settings.py", 404), ("POST", "/sign-in", 403), ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/members", 401), ("DELETE", "/", 405), ("GET", "/health/live", 200), ("GET", "/calendar.ics", 200),
        ("GET", "/static/%2e%2e/pyproject.toml", 404), ("GET", "/%FF", 404), ("GET", "/events/%00", 404),
    ],
)  # fmt: skip
async def test_every_answer_has_the_headers(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "strict-transport-security" not in answer.headers  # no TLS here
    assert "server" not in answer.headers


async def test_personal_pages_tell_no_other_site_their_address(client: httpx.AsyncClient) -> None:
    done = await registered(await an_event(), "Ada")
    page = await client.get(done.manage_url)
    assert (page.status_code, page.headers["referrer-policy"]) == (200, "no-referrer")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "",
        "127.0.0.2",
        "evil.example:8000",
        "[::1",
        "é",
        "127.0.0.1, evil.example",
    ],
)
async def test_another_host_is_not_served(client: httpx.AsyncClient, host: str) -> None:
    answer = await client.get("/", headers={"Host": host.encode()})
    assert (answer.status_code, answer.text) == (421, "This address is not served here.\n")
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "127.0.0.1", "localhost:9", "[::1]:8000", "LOCALHOST"])
async def test_this_machine_is_served_under_each_of_its_names(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/health/live", headers={"Host": host})).status_code == 200


async def test_two_hosts_are_none(app: Any, client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=[("Host", "127.0.0.1"), ("Host", "evil.example")])
    assert answer.status_code == 421


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/events", "/campaigns/x/propose", "/staff/events/new"])
async def test_a_body_of_more_than_a_megabyte_is_refused(app: Any, client: httpx.AsyncClient, path: str) -> None:
    staff = bearer(await a_token("organiser"))
    async with await signed_in(app, "organiser") as web:
        sender, headers = (client, staff) if path.startswith("/api") else (web, FORM)

        async def slowly() -> Any:
            for _ in range(11):
                yield b"x" * 100_000

        for body in (b"x" * 1_000_001, slowly()):
            answer = await sender.post(path, content=body, headers=headers)
            assert answer.status_code == 413, answer.text
            assert "larger than we take" in answer.text


async def test_a_form_that_takes_files_is_read_up_to_a_bound_of_its_own(client: httpx.AsyncClient) -> None:
    async def slowly() -> Any:
        for _ in range(LARGEST_READ // 1_000_000 + 1):
            yield b"x" * 1_000_000

    answer = await client.post("/events/x/register", content=slowly(), headers=FORM)
    assert (answer.status_code, "larger than we take" in answer.text) == (413, True)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"_csrf_token=%ff%fe&email=\xff", FORM),
        (b"_csrf_token=%ED%A0%80", FORM),
        (b"&&&===;;;%", FORM),
        (b"a=b&" * 100_000, FORM),
        (b"x", {"content-type": "multipart/form-data"}),
        (b"x", {"content-type": "multipart/form-data; boundary=x"}),
        (b"--x\r\n\r\n--x--", {"content-type": "multipart/form-data; boundary=x"}),
        (b"--x\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n\xff\r\n--x--", {"content-type": "multipart/form-data; boundary=x"}),
        (b"--x\r\nContent-Disposition: form-data; name=\"_csrf_token\"; filename=\"a\"\r\n\r\nx\r\n--x--\r\n", {"content-type": "multipart/form-data; boundary=x"}),
        (b"{}", {"content-type": "application/json"}),
        (b"x", {"content-type": "é;=;"}),
        (b"x", {}),
        (b"", {}),
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
async def test_a_form_that_cannot_be_read_is_no_failure(
    client: httpx.AsyncClient, body: bytes, headers: dict[str, str]
) -> None:
    await client.get("/sign-in")
    raw = {name.encode(): value.encode() for name, value in headers.items()}
    answer = await client.post("/sign-in", content=body, headers=raw)  # type: ignore[arg-type]
    assert answer.status_code in (400, 403), answer.text


@pytest.mark.parametrize(
    "cookie", ["eventhub=é", "eventhub=%00", "visitor=\xff", "notice=x.y.z", "tz=%00", "lang=é", "=;=;", "x" * 5000]
)
async def test_odd_cookies_are_no_failure(app: Any, client: httpx.AsyncClient, cookie: str) -> None:
    async with browser(app) as other:
        for path in ("/", "/staff/", "/sign-in"):
            answer = await other.get(path, headers={"Cookie": cookie.encode("latin-1")})  # type: ignore[dict-item]
            assert answer.status_code in (200, 303)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
async def test_odd_text_in_every_field_of_every_form_is_no_failure(
    app: Any, client: httpx.AsyncClient, odd: str
) -> None:
    await a_member()
    event = await an_event(publish=False, mode="hybrid", place="Here")
    item = await an_item(event)
    slots = await speaking(item, "man", "man")
    open_event = await an_event(title="Open")
    fields = {
        "/sign-in": ("email",),
        "/staff/accounts": ("name", "email", "role"),
        "/staff/events/new": (
            "title", "kind", "mode", "involvement", "starts_on", "starts_time", "ends_on", "ends_time", "time_zone",
            "place", "country", "capacity", "language", "online_url", "description", "themes", "action_lines", "parent",
            "parity_exempt_reason", "which_start", "registration_mode",
        ),
        f"/staff/events/{event.slug}/edit": ("title", "version", "place", "parent", "capacity"),
        f"/staff/events/{event.slug}/programme/new": ("title", "kind", "starts_on", "starts_time", "ends_time", "room"),
        f"/staff/programme/{item.id}": ("title", "room", "description", "parity_exempt_reason"),
        f"/staff/programme/{item.id}/speakers/new": ("name", "email", "role", "level", "status", "member", "gender"),
        f"/staff/speakers/{slots[0]}": ("role", "level", "status"),
        f"/staff/events/{event.slug}/publish": ("exception_reason",),
        f"/staff/events/{event.slug}/cancel": ("reason",),
        f"/events/{open_event.slug}/register": ("name", "email", "attends", "gender", "organisation", "submission_key"),
    }  # fmt: skip
    good = {
        "title": "Care", "kind": "webinar", "mode": "online", "involvement": "organised", "starts_on": "2027-03-01",
        "starts_time": "09:00", "ends_time": "10:00", "ends_on": "2027-03-01", "time_zone": "Europe/Madrid",
        "language": "en", "registration_mode": "open", "name": "Ada", "role": "speaker", "level": "technical",
        "status": "invited", "gender": "", "attends": "online", "email": "ada@example.org",
    }  # fmt: skip
    async with await signed_in(app) as staff:
        tokens = {
            web: field((await web.get("/sign-in" if web is client else "/staff/events/new")).text, "_csrf_token")
            for web in (client, staff)
        }
        for path, names in fields.items():
            web = client if path.startswith(("/sign-in", "/events")) else staff
            for data in (dict.fromkeys(names, odd), *({**good, name: odd} for name in names)):
                answer = await web.post(path, data={"_csrf_token": tokens[web], **data})
                assert answer.status_code in (200, 303, 409, 422), (path, data, answer.status_code)
                assert "<img src=x" not in answer.text
                assert ">49<" not in answer.text
        for path in ("/", "/staff/", "/staff/events", f"/staff/events/{event.slug}", "/staff/audit", "/staff/accounts"):
            page = await staff.get(path)
            assert page.status_code == 200
            assert "<img src=x" not in page.text


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
async def test_odd_text_in_every_field_of_the_interface_is_no_failure(client: httpx.AsyncClient, odd: str) -> None:
    token = bearer(await a_token("administrator"))
    event = await an_event(publish=False)
    item = await an_item(event)
    bodies: dict[str, dict[str, Any]] = {
        "/api/v1/events": {
            "title": "Care", "kind": "webinar", "mode": "online", "involvement": "organised", "time_zone": "UTC",
            "starts_at": "2027-03-01T10:00:00Z", "ends_at": "2027-03-01T11:00:00Z", "place": "", "country": "",
            "online_url": "", "description": "", "language": "en", "parent": None, "registration_mode": "open",
            "registration_closes_at": None, "parity_exempt_reason": "", "themes": [], "action_lines": [],
        },
        f"/api/v1/events/{event.slug}/programme": {
            "title": "x", "kind": "talk", "starts_at": "2099-03-01T10:00:00Z", "ends_at": "2099-03-01T11:00:00Z",
            "room": "", "description": "", "parity_exempt_reason": "",
        },
        f"/api/v1/programme/{item.id}/speakers": {
            "name": "Ada", "email": "", "gender": "", "level": "technical", "role": "speaker", "status": "invited",
            "member": None,
        },
        f"/api/v1/events/{event.slug}/publish": {"exception_reason": ""},
        f"/api/v1/events/{event.slug}/cancel": {"reason": "x"},
    }  # fmt: skip
    for path, body in bodies.items():
        for name in body:
            sent = body | {name: [odd] if isinstance(body[name], list) else odd}
            answer = await client.post(path, json=sent, headers=token)
            assert answer.status_code in (200, 201, 409, 422), (path, name, answer.text)
    for name in ("q", "kind", "mode", "involvement", "status", "year", "limit", "cursor"):
        answer = await client.get("/api/v1/events", params={name: odd}, headers=token)
        assert answer.status_code in (200, 400, 422), (name, answer.text)
    kept = str(await sql("SELECT title, place, description, slug FROM event"))
    assert "\\x00" not in kept


async def test_a_failure_of_ours_names_an_id_and_nothing_else(
    app: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eventhub.events import queries, web

    async def broken(*_: Any, **__: Any) -> Any:
        raise ValueError(f"secret {uuid4()}")

    monkeypatch.setattr(web, "public_event", broken)
    assert queries.public_event is not broken
    page = await client.get("/events/x")
    assert page.status_code == 500
    assert "secret" not in page.text
    assert "Traceback" not in page.text
    assert {name: page.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/api/v1/events", "/nothing"])
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    shown, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (shown.status_code, b"")
    assert head.headers["content-type"] == shown.headers["content-type"]


@pytest.mark.parametrize("path", ["/privacy", "/api/v1/labs/nothing"])
async def test_a_wrong_method_names_the_right_ones(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.delete(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_searching_programs_are_told_what_to_leave_alone(client: httpx.AsyncClient) -> None:
    answer = await client.get("/robots.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.splitlines() == [
        "User-agent: *", "Disallow: /registrations/", "Disallow: /applications/", "Disallow: /speaking/",
        "Disallow: /people/", "Disallow: /feeds/", "Disallow: /cohorts/", "Disallow: /lab-places/",
        "Disallow: /feedback/", "Disallow: /follow-ups/", "Disallow: /staff/", "Disallow: /sign-in",
    ]  # fmt: skip
    icon = await client.get("/favicon.ico")
    assert (icon.status_code, icon.headers["location"]) == (303, "/static/icon.svg")


async def test_an_unknown_token_is_refused_on_public_calls_too(client: httpx.AsyncClient) -> None:
    for token in ("eh_nothing", ""):
        answer = await client.get("/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["detail"] == "This token is unknown or no longer valid."


@pytest.mark.parametrize(
    ("body", "why"), [(b"[" * 200_000, "it is nested too deeply"), (b'{"name": "\xff"}', "it is not in UTF-8")]
)
async def test_a_body_that_cannot_be_read_says_why(client: httpx.AsyncClient, body: bytes, why: str) -> None:
    answer = await client.post(
        "/api/v1/events/x/registrations", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"The body is no JSON that can be read: {why}."


async def test_every_call_describes_its_errors(app: Any) -> None:
    description = app.openapi_schema.to_schema()
    calls = [(path, call) for path, item in description["paths"].items() for call in item.values()]
    for path, call in calls:
        for status in ("400", "401", "403", "404", "409", "413", "422", "429"):
            assert call["responses"][status]["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
            }, (path, status)
    assert not description["paths"]["/api/v1/events/{slug}/publish"]["post"]["requestBody"]["required"]


async def test_the_id_of_a_session_is_asked_for_in_words(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        f"/api/v1/registrations/{uuid4()}/attendance",
        json={"session": "xyz"},
        headers=bearer(await a_token("check-in")),
    )
    message = "This must be an id, such as 0190a3c4-7d1e-7b52-9c0f-3a5d2e8b6f11."
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": "session", "message": message}])


async def test_files_of_figures_name_their_characters_once(client: httpx.AsyncClient, app: Any) -> None:
    from tests.make import signed_in

    async with await signed_in(app, "reader") as reader:
        answer = await reader.get("/staff/figures/2024.csv")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
