"""Every route for everybody: the matrix is made from the application itself."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar, get

from eventhub.access import (
    FROM_ANYWHERE,
    ROLES,
    UNSAFE_METHODS,
    Policy,
    csrf_token,
    is_api,
    local_path,
    open_to,
    routes_without_policy,
)
from eventhub.accounts.commands import make_sign_in_link, sign_in
from eventhub.accounts.rules import Role
from eventhub.database import utc_now
from tests.conftest import browser
from tests.make import BASE_URL, a_token, an_account, bearer

Route = tuple[str, str, Policy]
#: What is not there for anybody, whatever the route is about.
NOTHING = {"slug": "nothing", "token": "nothing", "key": "nothing", "file_path": "nothing.css", "path": "nothing"}


def routes(app: Any) -> list[Route]:
    """Method, an address for which nothing is there, and policy of every route."""
    found = []
    for route in app.routes:
        for method, (handler, _) in route.route_handler_map.items():
            if method == "OPTIONS":
                continue
            path = re.sub(r"\{(\w+):uuid\}", lambda _: str(uuid4()), route.path)
            path = re.sub(r"\{\w+:int\}", "1", path)
            path = re.sub(r"\{(\w+):\w+\}", lambda part: NOTHING.get(part[1], "nothing"), path)
            found.append((method, path.replace("//", "/"), handler.opt["policy"]))
    return sorted(found)


async def call(client: httpx.AsyncClient, method: str, path: str, *, session: str, token: str | None) -> httpx.Response:
    """As a page of ours would send it, or as a program with a token."""
    if is_api(path):
        headers = bearer(token) if token else {}
        return await client.request(method, path, headers=headers, json={} if method in UNSAFE_METHODS else None)
    client.cookies.clear()
    client.cookies.set("eventhub" if session else "visitor", session or "somebody")
    if method not in UNSAFE_METHODS:
        return await client.request(method, path)
    from eventhub.accounts.queries import token_hash

    data = {"_csrf_token": csrf_token(token_hash(session) if session else "somebody")}
    if path.endswith("/save"):  # what is saved as people type comes as JSON
        headers = {"X-CSRF-Token": data["_csrf_token"]}
        return await client.request(method, path, json={"fields": {}}, headers=headers)
    return await client.request(method, path, data=data)


@pytest.fixture
async def bare(app: Any, database: None) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as found:
        yield found


def test_there_are_routes_of_every_policy(app: Any) -> None:
    assert {policy for _, _, policy in routes(app)} == set(Policy)
    assert len(routes(app)) > 90
    assert routes_without_policy(app) == []


def test_a_route_that_names_no_policy_is_found() -> None:
    @get("/open-door")
    async def open_door() -> None:
        """Forgotten."""

    @get("/other", opt={"policy": "public"})
    async def no_policy_of_ours() -> None:
        """A word that only looks like one."""

    @get("/good", opt=open_to(Policy.STAFF))
    async def good() -> None:
        """As it should be."""

    found = routes_without_policy(Litestar([open_door, no_policy_of_ours, good], openapi_config=None))
    assert sorted(found) == ["GET /open-door", "GET /other"]


def test_the_roles_of_each_policy_are_these() -> None:
    working = {"administrator", "programme", "organiser"}
    assert {policy.value: {role.value for role in roles} for policy, roles in ROLES.items()} == {
        "staff": working | {"reader", "check-in"},
        "see_people": working | {"check-in"},
        "edit_events": working,
        "edit_labs": {"administrator", "programme"},
        "read_applications": working,
        "record_attendance": working | {"check-in"},
        "edit_directory": {"administrator", "programme"},
        "read_outbox": working,
        "publish_reports": {"administrator", "programme"},
        "administer": {"administrator"},
    }


@pytest.mark.parametrize("role", ["nobody", *Role])
async def test_every_route_answers_each_role_as_its_policy_says(app: Any, bare: httpx.AsyncClient, role: str) -> None:
    session, token = "", None
    if role != "nobody":
        token = await a_token(role)
    wrong = []
    for method, path, policy in routes(app):
        if role != "nobody" and not session:
            link = await make_sign_in_link(f"{role}@example.org", now=utc_now())
            assert link is not None
            session = await sign_in(link.rpartition("/")[2], now=utc_now(), former_session=None)
        answer = await call(bare, method, path, session=session, token=token)
        if method in UNSAFE_METHODS:  # signing out is a route as well
            session = ""
        status = answer.status_code
        if policy in (Policy.PUBLIC, Policy.HOLDER):
            right = status not in (401, 403) and status < 500
        elif role == "nobody":
            location = answer.headers.get("location", "")
            right = (status == 303 and location.startswith("/sign-in?next=")) or status == 401
            right = right and (status == 401) == (method in UNSAFE_METHODS or is_api(path))
        elif role in ROLES[policy]:
            right = status not in (401, 403) and status < 500 and "/sign-in" not in answer.headers.get("location", "")
        else:
            right = status == 403
        if not right:
            wrong.append((method, path, policy.value, status))
    assert wrong == []


async def test_no_answer_of_a_holders_page_opens_without_the_secret(app: Any, bare: httpx.AsyncClient) -> None:
    for method, path, policy in routes(app):
        if policy is Policy.HOLDER:
            assert (await call(bare, method, path, session="", token=None)).status_code == 404, path


def forms(app: Any) -> list[tuple[str, str]]:
    """Everything that takes a form from our pages, and only from them."""
    return [
        (method, path)
        for method, path, _ in routes(app)
        if method in UNSAFE_METHODS and not is_api(path) and not path.startswith("/letters/stop/")
    ]


def test_only_the_button_of_mail_programs_is_taken_from_anywhere(app: Any) -> None:
    taken = {
        (method, route.path)
        for route in app.routes
        for method, (handler, _) in route.route_handler_map.items()
        if handler.opt.get(FROM_ANYWHERE)
    }
    assert taken == {("POST", "/letters/stop/{token:str}")}


async def administrators_session() -> str:
    await an_account("administrator")
    link = await make_sign_in_link("administrator@example.org", now=utc_now())
    assert link is not None
    return await sign_in(link.rpartition("/")[2], now=utc_now(), former_session=None)


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        ({}, {}),
        ({"_csrf_token": ""}, {}),
        ({"_csrf_token": "é" * 64}, {}),
        ({"_csrf_token": csrf_token("another session")}, {}),
        ({"_csrf_token": csrf_token("")}, {}),
        ({"_csrf_token": "OWN"}, {"Sec-Fetch-Site": "cross-site"}),
        ({"_csrf_token": "OWN"}, {"Sec-Fetch-Site": "same-site"}),
        ({"_csrf_token": "OWN"}, {"Origin": "https://evil.example"}),
        ({"_csrf_token": "OWN"}, {"Origin": "null"}),
        ({"_csrf_token": "OWN"}, {"Origin": "http://127.0.0.1:8000.evil.example"}),
        ({}, {"X-CSRF-Token": "é".encode()}),
        ({"_csrf_token": "OWN"}, {"X-CSRF-Token": "wrong"}),
    ],
    ids=[
        "no token", "empty token", "token with accents", "token of another session", "token of no session",
        "another site says the browser", "a sister site", "another origin", "no origin", "an origin that begins like ours",
        "header with an accent", "wrong header beside a right field",
    ],
)  # fmt: skip
async def test_no_form_is_taken_that_our_pages_have_not_sent(
    app: Any, bare: httpx.AsyncClient, data: dict[str, str], headers: dict[str, Any]
) -> None:
    from eventhub.accounts.queries import token_hash

    session = await administrators_session()
    own = csrf_token(token_hash(session))
    bare.cookies.set("eventhub", session)
    sent = {name: own if value == "OWN" else value for name, value in data.items()}
    taken = []
    for method, path in forms(app):
        answer = await bare.request(method, path, data=sent, headers=headers)
        if answer.status_code != 403:
            taken.append((path, answer.status_code))
    assert taken == []
    assert (await bare.get("/staff/")).status_code == 200  # still signed in


async def test_a_form_of_ours_is_taken_whichever_way_the_browser_tells(app: Any, bare: httpx.AsyncClient) -> None:
    from eventhub.accounts.queries import token_hash

    session = await administrators_session()
    own = csrf_token(token_hash(session))
    bare.cookies.set("eventhub", session)
    for data, headers in (
        ({"_csrf_token": own}, {}),
        ({"_csrf_token": own}, {"Origin": BASE_URL}),
        ({"_csrf_token": own}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}),
        ({}, {"X-CSRF-Token": own}),
    ):
        assert (await bare.post("/staff/events/nothing/cancel", data=data, headers=headers)).status_code == 404


async def test_the_methods_of_an_address_are_told_and_nothing_else(app: Any, bare: httpx.AsyncClient) -> None:
    for path in {path for _, path, _ in routes(app)}:
        answer = await bare.options(path)
        assert (answer.status_code, answer.content) == (204, b""), path
        assert "OPTIONS" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/staff/events?q=1#x", True), ("/", True), ("/é", True), ("/a//b", True), ("", False), ("staff", False),
        ("//evil.example", False), ("/\\evil.example", False), ("/a\\b", False), ("https://evil.example", False),
        ("/\tevil", False), ("/\n//evil", False), ("javascript:1", False), (" /x", False), ("\x00/x", False),
    ],
)  # fmt: skip
def test_only_addresses_of_ours_are_gone_to(path: str, kept: bool) -> None:
    assert local_path(path, "/fallback") == (path if kept else "/fallback")
