"""The octets on the wire, from a real server: what a test client would hide."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
import uvicorn

from eventhub.feeds.commands import make_feed_link
from eventhub.feeds.queries import FeedKind
from tests.feeds.reading import titles
from tests.make import NOW, an_event, an_item, registered


@pytest_asyncio.fixture(loop_scope="session")
async def port(app: Any, database: None) -> AsyncIterator[int]:
    """The application behind uvicorn, as `eventhub serve` runs it."""
    from eventhub.app import asgi

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(asgi(app), lifespan="off", access_log=False, server_header=False))
    task = asyncio.create_task(server._serve([listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    await task


async def exchange(port: int, *requests: str) -> list[tuple[str, dict[str, str], bytes]]:
    """Several requests over one connection, byte by byte as RFC 9112 delimits them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    for number, request in enumerate(requests):
        line, *fields = request.split("\n")
        last = "Connection: close" if number == len(requests) - 1 else "Connection: keep-alive"
        writer.write("\r\n".join([f"{line} HTTP/1.1", "Host: 127.0.0.1", *fields, last, "", ""]).encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in head[1:] if field)}
        body = b""
        if not line.startswith("HEAD") and " 304 " not in head[0]:
            body = await asyncio.wait_for(reader.readexactly(int(headers["content-length"])), 10)
        answers.append((head[0], headers, body))
    assert await asyncio.wait_for(reader.read(), 10) == b"", "octets that nobody asked for"
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answers


async def test_every_kind_of_calendar_over_one_connection(port: int) -> None:
    event = await an_event(title="Water")
    await an_item(event, "Panel")
    done = await registered(event, "Ada")
    token = await make_feed_link(FeedKind.PERSON, done.registration.person, language="en", now=NOW)
    for path, held in (
        ("/calendar.ics", ["Water"]), (f"{event.href}.ics", ["Water"]), (f"{event.href}/programme.ics", ["Panel"]),
        (f"/people/{token}.ics", ["Water"]),
    ):  # fmt: skip
        ((status, headers, body),) = await exchange(port, f"GET {path}")
        assert (status, titles(body)) == ("HTTP/1.1 200 OK", held)
        tag = f"If-None-Match: {headers['etag']}"
        answers = await exchange(port, f"GET {path}\n{tag}", f"HEAD {path}", f"HEAD {path}\n{tag}", f"GET {path}")
        assert [status.split()[1] for status, _, _ in answers] == ["304", "200", "304", "200"]
        assert answers[3][2] == body
        for status, found, _ in answers:
            assert found["etag"] == headers["etag"]
            assert "set-cookie" not in found
            is_whole = " 200 " in status
            assert found.get("content-length") == (str(len(body)) if is_whole else None)
            assert "transfer-encoding" not in found
            assert found.get("content-type") == ("text/calendar; charset=utf-8" if is_whole else None)
