"""
Idempotency-Key on unsafe calls of the JSON interface: a repetition gets the first answer.

The key counts per caller, method and path for a day. The same key with
another body is refused; so is a repetition while the first call is at work.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from eventhub.access import UNSAFE_METHODS, identity_of
from eventhub.accounts.rules import IDEMPOTENCY_LIFE
from eventhub.database import Row, sql, utc_now
from eventhub.errors import Problems, Refusal
from eventhub.words import Sentence

#: After this a call that never answered is taken to have died.
_STALE = timedelta(minutes=1)
_LONGEST_KEY = 255
_LONGEST_BODY = 1_000_000
_FIRST_REFUSAL = 400


class KeyInUse(Refusal):
    """The key belongs to another body, or to a call that is still at work."""

    status_code = 409


class BodyTooLarge(Refusal):
    """More than we take."""

    status_code = 413


class IdempotencyMiddleware(ASGIMiddleware):
    """Answers a repeated call from what the first one answered."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass calls without a key through; look the others up."""
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        key = connection.headers.get("idempotency-key")
        method = str(scope.get("method", ""))
        if key is None or method not in UNSAFE_METHODS:
            await next_app(scope, receive, send)
            return
        if not key or len(key) > _LONGEST_KEY:
            raise Problems({"Idempotency-Key": [Sentence("The key has 1 to %(most)s characters.", most=_LONGEST_KEY)]})
        body = await _whole_body(receive)
        who = identity_of(connection)
        caller = str(who.account_id) if who else "anybody"
        key_hash = _digest("\n".join((caller, method, scope["path"], key)).encode())
        first = await _claim(key_hash, _digest(body), utc_now())
        if first is not None:
            await _replay(first, send)
            return
        await _run(key_hash, body, scope, send, next_app)


async def _run(key_hash: str, body: bytes, scope: Scope, send: Send, next_app: ASGIApp) -> None:
    status, answer, given = 0, bytearray(), False

    async def replayed_receive() -> Any:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def keeping_send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            answer.extend(message["body"])
            if not message.get("more_body"):
                await _keep(key_hash, status, bytes(answer))
        await send(message)

    try:
        await next_app(scope, replayed_receive, keeping_send)
    except Exception:
        await _keep(key_hash, _FIRST_REFUSAL, b"")
        raise


async def _whole_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body.extend(bytes(message.get("body") or b""))  # type: ignore[call-overload]
        if len(body) > _LONGEST_BODY:
            raise BodyTooLarge(Sentence("What was sent is larger than 1 MB."))
        if not message.get("more_body"):
            return bytes(body)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def _claim(key_hash: str, body_hash: str, now: datetime) -> Row | None:
    """Take the key, or give the row of the first call."""
    await sql(
        "DELETE FROM idempotent_answer WHERE created_at < {} OR (status_code IS NULL AND created_at < {})",
        now - IDEMPOTENCY_LIFE,
        now - _STALE,
    )
    done = await sql(
        "INSERT INTO idempotent_answer (key_hash, body_hash, status_code, body, created_at) "
        "VALUES ({}, {}, {}, {}, {}) ON CONFLICT (key_hash) DO NOTHING RETURNING key_hash",
        key_hash,
        body_hash,
        None,
        "",
        now,
    )
    if done:
        return None
    rows = await sql("SELECT body_hash, status_code, body FROM idempotent_answer WHERE key_hash = {}", key_hash)
    if not rows or rows[0]["status_code"] is None:
        raise KeyInUse(Sentence("The first call with this Idempotency-Key is still at work. Please try again."))
    if rows[0]["body_hash"] != body_hash:
        raise KeyInUse(Sentence("This Idempotency-Key was used before with another body."))
    return rows[0]


async def _keep(key_hash: str, status: int, body: bytes) -> None:
    """Keep an answer; a refusal or a failure changed nothing, so the key may be tried again."""
    if status >= _FIRST_REFUSAL:
        await sql("DELETE FROM idempotent_answer WHERE key_hash = {}", key_hash)
    else:
        text = body.decode("utf-8", "replace")
        await sql(
            "UPDATE idempotent_answer SET status_code = {}, body = {} WHERE key_hash = {}",
            status,
            text,
            key_hash,
        )


async def _replay(first: Row, send: Send) -> None:
    body = str(first["body"]).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"idempotency-replayed", b"true"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": first["status_code"], "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
