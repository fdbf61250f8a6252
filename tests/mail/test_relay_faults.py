"""A relay that misbehaves in every way: nothing is lost, nothing comes twice that was told, and the log names nobody."""

import asyncio
import contextlib
import logging
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from eventhub.database import sql
from eventhub.mail.postman import Postman
from eventhub.mail.smtp import Connection, Relay, final_octets
from tests.mail.test_postman import a_letter, standing
from tests.make import NOW

LETTERS = 12
#: The relay had not heard of the letter, which goes over another connection at once.
SEEN_BY_NOBODY = ("hangs up before a letter", "talks nonsense", "never comes to an end")


class Faulty:
    """
    A relay by hand that does one thing wrong, the n-th time that it comes to it, and all else right.

    Args:
        fault: What it does.
        pipelining: Whether it offers to take commands at once (RFC 2920).

    """

    def __init__(self, fault: str, *, pipelining: bool, times: int = 1) -> None:
        self.fault, self.pipelining, self.times = fault, pipelining, times
        self.taken: list[str] = []
        self.connections = 0
        self.server: asyncio.Server | None = None

    async def __aenter__(self) -> "Faulty":
        self.server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: Any) -> None:
        assert self.server is not None
        self.server.close()

    def relay(self, **changed: Any) -> Relay:
        assert self.server is not None
        port = self.server.sockets[0].getsockname()[1]
        return Relay("127.0.0.1", port, **{"start_tls": False, "our_name": "example.org", "timeout": 0.3} | changed)

    def _now(self, fault: str, after: int) -> bool:
        """Whether the fault is due: once so many letters were taken, and as often as was asked."""
        if self.fault != fault or len(self.taken) < after or not self.times:
            return False
        self.times -= 1
        return True

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        if self._now("421 at the door", 0):
            return say("421 4.3.2 too busy")
        say("220 faulty.example.org")
        recipient, refused = "", False
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say("250-faulty.example.org")
                say("250 PIPELINING" if self.pipelining else "250 8BITMIME")
            elif verb == b"MAIL":
                if self._now("421 in the middle", 3):
                    say("421 4.3.2 closing for a while")
                    return None
                if self._now("hangs up before a letter", 3):
                    return None
                if self._now("hangs", 3):
                    await asyncio.sleep(5)
                    return None
                if self._now("talks nonsense", 3):
                    writer.write(b"\x00\xff hello\r\n")
                    return None
                if self._now("never comes to an end", 3):
                    writer.write(b"250-" + b"x" * 20_000)
                say("250 2.1.0 ok")
            elif verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
                refused = self._now("refuses one", 3) or self._now("refuses one and leaves", 3)
                say("550 5.1.1 unknown" if refused else "250 2.1.5 ok")
                if refused and self.fault == "refuses one and leaves":
                    await writer.drain()
                    return None
            elif verb == b"DATA":
                if refused and self.fault != "takes what it refused":
                    say("503 5.5.1 no valid recipients")
                    continue
                say("354 go on")
                await reader.readuntil(b"\r\n.\r\n")
                if self._now("hangs up before it takes a letter", 3):
                    return None
                self.taken.append(recipient)
                if self._now("takes a letter and dies", 4):
                    return None
                if self._now("takes a letter and hangs", 4):
                    await asyncio.sleep(5)
                    return None
                say("250 2.0.0 queued")
                if self._now("leaves between letters", 4):
                    say("421 4.4.2 idle")
                    await writer.drain()
                    return None
            elif verb == b"QUIT":
                return say("221 bye")
            else:
                say("250 ok")
        return None


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize(
    ("fault", "twice"),
    [
        ("421 at the door", 0),
        ("421 in the middle", 0),
        ("hangs up before a letter", 0),
        ("hangs up before it takes a letter", 0),
        ("leaves between letters", 0),
        ("hangs", 0),
        ("talks nonsense", 0),
        ("never comes to an end", 0),
        ("takes a letter and dies", 1),
        ("takes a letter and hangs", 1),
    ],
)
async def test_whatever_the_relay_does_every_letter_arrives(database, caplog, fault, twice, pipelining):
    async with Faulty(fault, pipelining=pipelining) as faulty:
        for number in range(LETTERS):
            await a_letter(f"p{number}@example.org")
        postman = Postman(faulty.relay())
        now = NOW
        with caplog.at_level(logging.INFO):
            for _ in range(20):
                await postman.drain(now)
                now += timedelta(minutes=2)
                if not await sql("SELECT 1 AS one FROM letter WHERE status <> 'sent'"):
                    break

    assert set(await standing("status")) == {"sent"}
    copies = Counter(faulty.taken)
    assert set(copies) == {f"p{number}@example.org" for number in range(LETTERS)}
    assert sum(copies.values()) - LETTERS == twice
    said = [record.getMessage() for record in caplog.records if record.name.startswith("eventhub")]
    assert not [line for line in said if "@" in line]
    tries = await sql("SELECT outcome, answer FROM delivery_attempt")
    told = [
        line for line in said if ("attempt" in line and "sent " not in line) or "resting" in line or "another" in line
    ]
    # others carry the letters when one connection is not let in, and a goodbye between two of them troubles nobody
    assert fault in ("421 at the door", "leaves between letters") or told
    assert bool(tries) is (fault not in ("421 at the door", "leaves between letters", *SEEN_BY_NOBODY))


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("fault", ["refuses one", "refuses one and leaves"])
async def test_a_refused_recipient_costs_only_its_own_letter(database, fault, pipelining):
    async with Faulty(fault, pipelining=pipelining) as faulty:
        for number in range(LETTERS):
            await a_letter(f"p{number}@example.org")
        await Postman(faulty.relay(connections=1)).drain(NOW)

    found = Counter(await standing("status"))
    assert found == {"sent": LETTERS - 1, "failed": 1}
    assert len(faulty.taken) == LETTERS - 1
    assert await sql("SELECT outcome, code, answer FROM delivery_attempt") == [
        {"outcome": "give up", "code": 550, "answer": "550 5.1.1 unknown"}
    ]


async def test_a_relay_that_wants_a_letter_although_it_refused_whom_it_is_for_gets_none(database):
    async with Faulty("takes what it refused", pipelining=True) as faulty:
        talking = Connection(faulty.relay())
        await talking.open()
        assert (await talking.deliver("a@example.org", "b@example.org", b"Subject: x\r\n\r\nx")).code == 250
        await talking.close()
    assert faulty.taken == ["b@example.org"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (b"a\nb", b"a\r\nb\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n.\r\nb\r\n"),
        (b".a\rb\r\n", b".a\r\nb\r\n"),
        (b"", b"\r\n"),
    ],
)
def test_line_ends_are_what_the_line_wants(given, sent):
    assert final_octets(given) == sent


async def test_lines_that_are_a_point_arrive_as_they_were(database):
    from tests.mail.test_postman import TestRelay

    found = TestRelay()
    await found.open()
    talking = Connection(found.relay())
    await talking.open()
    text = b"Subject: points\r\n\r\n.\r\n..\r\n.x\r\nend\r\n"
    await talking.deliver("a@example.org", "b@example.org", text)
    await talking.close()
    await found.close()
    assert found.got[0][1] == text
