"""
Our load generator: one process, kept connections, one request after the other on each.

httpx and aiohttp are slower than the servers measured here, so this one
writes ready bytes and reads only the status, the length and the end.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass
class Load:
    """What came back within the time."""

    seconds: float = 0.0
    answers: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    octets: int = 0
    waits: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def p99(self) -> float:
        """Seconds within which 99 of 100 answers came."""
        return sorted(self.waits)[max(0, len(self.waits) * 99 // 100 - 1)] if self.waits else 0.0


def request(
    method: str, path: str, *, host: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> bytes:
    """The octets of one request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept: */*"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def form_request(path: str, fields: dict[str, str], *, host: str, headers: dict[str, str] | None = None) -> bytes:
    """The octets of a form that is sent."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return request("POST", path, host=host, headers=kind | (headers or {}), body=urlencode(fields).encode())


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as an answer is complete."""

    def __init__(self, requests: Iterator[bytes], load: Load, ended: asyncio.Future[None]) -> None:
        self._requests, self._load, self._ended = requests, load, ended
        self._buffer = b""
        self._missing: int | None = None
        self._began = 0.0
        self.stopped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        if self.stopped:
            self._transport.close()
        else:
            self._began = time.perf_counter()
            self._transport.write(next(self._requests))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self._missing is None:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            at = head.find(b"\r\ncontent-length:")
            if at < 0:
                self._fail(f"an answer without a length: {self._buffer[:200]!r}")
                return
            stop = head.find(b"\r\n", at + 2)
            length = int(head[at + 17 : stop if stop > 0 else None])
            status = int(head[9:12])
            self._load.statuses[status] = self._load.statuses.get(status, 0) + 1
            data, self._missing, self._buffer = self._buffer[end + 4 :], length, b""
        self._missing -= len(data)
        self._load.octets += len(data)
        if self._missing <= 0:
            self._missing = None
            self._load.answers += 1
            self._load.waits.append(time.perf_counter() - self._began)
            self._send()

    def _fail(self, why: str) -> None:
        if not self._ended.done():
            self._ended.set_exception(RuntimeError(why))
        self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._ended.done():
            if self.stopped:
                self._ended.set_result(None)
            else:
                self._ended.set_exception(RuntimeError(f"the server has closed the connection: {error}"))


async def load(
    port: int,
    requests: Callable[[int], Iterator[bytes]],
    *,
    connections: int,
    seconds: float,
    expect: int,
    host: str = "127.0.0.1",
) -> Load:
    """
    Keep a server busy for some seconds, and until it has answered what was sent by then.

    Those last answers count with their time: else a server would lose the
    work that it has begun for sixty people, and more of it in a short round.

    Args:
        requests: Gives the endless requests of one connection, by its number.
        expect: The only status that counts as an answer.

    Raises:
        RuntimeError: the server closed a connection, or answered with another status.

    """
    loop = asyncio.get_running_loop()
    found, made = Load(), []
    began = time.perf_counter()
    for number in range(connections):
        ended = loop.create_future()
        protocol = _Connection(requests(number), found, ended)
        await loop.create_connection(lambda protocol=protocol: protocol, host, port)  # type: ignore[misc]
        made.append((protocol, ended))
    await asyncio.wait([ended for _, ended in made], timeout=seconds)
    for protocol, _ in made:
        protocol.stopped = True
    await asyncio.gather(*(ended for _, ended in made))
    found.seconds = time.perf_counter() - began
    if set(found.statuses) != {expect}:
        raise RuntimeError(f"other answers than {expect}: {found.statuses}")
    return found
