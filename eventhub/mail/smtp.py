"""The talk with the mail relay: connections, and what its answers mean."""

import asyncio
import contextlib
import re
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from eventhub.mail.rules import Outcome, Stage, outcome_of

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PORTS = {"smtp": 25, "smtps": 465}


class RelayUnavailable(Exception):
    """No letter can be sent now: the relay cannot be reached, or refuses us."""


@dataclass(frozen=True)
class Answer:
    """
    What the relay said to one letter.

    Args:
        lost: Nothing more can be sent on this connection.
        stage: How far the talk had come.
        was_gone: The relay had closed a connection that had carried letters before it saw anything of this one.

    """

    outcome: Outcome
    text: str
    code: int | None = None
    lost: bool = False
    stage: Stage = Stage.CONTENT
    was_gone: bool = False


@dataclass(frozen=True)
class Relay:
    """
    Where letters go.

    Args:
        start_tls: True demands encryption, None takes it when offered, False never.
        timeout: Seconds that the relay may take for one answer.
        connections: How many talk to it at once; many relays allow three.
        letters_per_connection: Relays close a connection after so many of their own accord.

    """

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False
    start_tls: bool | None = None
    timeout: float = 15.0
    connections: int = 3
    letters_per_connection: int = 50
    our_name: str | None = None

    @cached_property
    def tls_context(self) -> ssl.SSLContext:
        """Made once: reading the certificates takes 20 ms."""
        return ssl.create_default_context()


def relay_from_url(url: str, *, our_name: str | None = None, connections: int = 3) -> Relay:
    """
    Read `smtp://user:password@host:port`, `smtps://…`, `?starttls=required|never`.

    Left out, STARTTLS is used when the relay offers it, and demanded when a
    password would go over the network; a relay on this machine is spoken to
    in the clear, since its certificate is as a rule for no name at all.

    Args:
        url: As in the settings.
        our_name: How we greet; looking our own name up can take seconds.
        connections: How many talk to the relay at once.

    Raises:
        ValueError: the address is none that we know.

    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("a mail relay looks like smtp://host:port or smtps://user:password@host")
    asked = parse_qs(parts.query).get("starttls", [""])[-1]
    if asked not in ("", "required", "never"):
        raise ValueError("starttls is required or never")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "smtps" or asked == "never":
        start_tls: bool | None = False
    elif asked == "required":
        start_tls = True
    else:
        near = parts.hostname in _LOOPBACK
        start_tls = False if near else (True if password else None)
    port = parts.port or (587 if parts.scheme == "smtp" and user else _PORTS[parts.scheme])
    return Relay(
        parts.hostname, port, user, password, parts.scheme == "smtps", start_tls,
        connections=connections, our_name=our_name,
    )  # fmt: skip


class Connection:
    """
    One talk with the relay; never shared by two tasks, never opened twice (aiosmtplib#15, #243).

    aiosmtplib connects, encrypts and signs in. The letters themselves then go
    over the same transport in a leaner way: it sends the three commands that
    come before a letter one by one and waits for each answer, which takes
    longer than everything else that a letter needs.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._smtp = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user or None,
            password=relay.password if relay.user else None,
            local_hostname=relay.our_name,
            timeout=relay.timeout,
            use_tls=relay.tls,
            start_tls=relay.start_tls,
            tls_context=relay.tls_context if relay.tls or relay.start_tls is not False else None,
        )
        self._talk: _Talk | None = None
        self._at_once = self._heard = False
        self.letters = 0

    async def open(self) -> None:
        """
        Connect, encrypt and sign in.

        Raises:
            RelayUnavailable: it did not work.

        """
        try:
            async with asyncio.timeout(3 * self._relay.timeout):
                await self._smtp.connect()
                await self._greet()
        except (aiosmtplib.SMTPException, OSError, ValueError, TimeoutError) as error:
            self._smtp.close()
            raise RelayUnavailable(_said(error)) from error
        transport = self._smtp.transport
        if transport is None:  # it said goodbye right after its greeting
            raise RelayUnavailable("the relay closed the connection")
        self._talk = _Talk(transport)
        self._at_once = self._smtp.supports_extension("pipelining")

    async def _greet(self) -> None:
        """EHLO, unless encryption or sign-in needed it before; HELO for the oldest relays."""
        if self._smtp.is_ehlo_or_helo_needed:
            try:
                await self._smtp.ehlo()
            except aiosmtplib.SMTPHeloError:
                await self._smtp.helo()

    @property
    def is_used_up(self) -> bool:
        """Whether the next letter needs another connection."""
        return self.letters >= self._relay.letters_per_connection or self._talk is None or not self._talk.is_open

    async def deliver(
        self, sender: str, recipient: str, octets: bytes, before_content: Callable[[], Awaitable[None]] | None = None
    ) -> Answer:
        """
        Hand one letter to the relay; whatever happens is an answer.

        Args:
            sender: As `deliverable` gives it, like the recipient.
            recipient: The one person who gets the letter.
            octets: With CRLF line ends.
            before_content: Waited for when the relay has said that it takes the letter.

        """
        self.letters += 1
        self._heard = False
        talk = self._talk
        if talk is None:
            return Answer(outcome_of(Stage.CONTENT, None), "the connection was lost", lost=True)
        try:
            async with asyncio.timeout(3 * self._relay.timeout):
                return await self._hand_over(talk, sender, recipient, octets, before_content)
        except asyncio.CancelledError:  # the process stops: no goodbye in the middle of a letter
            talk.abort()
            raise
        except (ConnectionLost, OSError, TimeoutError) as error:
            # It may have been accepted: the next attempt has the same Message-ID.
            talk.abort()
            said = str(error) or "the relay did not answer in time"
            was_gone = not self._heard and isinstance(error, ConnectionLost) and self.letters > 1
            return Answer(outcome_of(Stage.CONTENT, None), said, lost=True, was_gone=was_gone)

    async def _hand_over(
        self,
        talk: "_Talk",
        sender: str,
        recipient: str,
        octets: bytes,
        before_content: Callable[[], Awaitable[None]] | None,
    ) -> Answer:
        envelope = (
            (Stage.SENDER, f"MAIL FROM:<{sender}>\r\n".encode("ascii")),
            (Stage.RECIPIENT, f"RCPT TO:<{recipient}>\r\n".encode("ascii")),
            (Stage.CONTENT, b"DATA\r\n"),
        )
        if self._at_once:  # RFC 2920
            talk.send(b"".join(command for _, command in envelope), answers=3)
        refused: tuple[Stage, int, str] | None = None
        for stage, command in envelope:
            if not self._at_once:
                talk.send(command)
            try:
                code, said = await talk.answer()
            except ConnectionLost:
                if refused is None:
                    raise
                break  # it said why before it left
            self._heard = True
            if refused is None and not (200 <= code < 300 or (stage is Stage.CONTENT and code == _GO_ON)):
                refused = stage, code, said
                if not self._at_once or code == _CLOSING:
                    break
            elif refused is not None and stage is Stage.CONTENT and code == _GO_ON:
                talk.send(b".\r\n")  # it wants the letter although it refused whom it is for: an empty one
                with contextlib.suppress(ConnectionLost):
                    await talk.answer()
        if refused is None:
            if before_content is not None:
                await before_content()
            talk.send(_stuffed(octets))
            code, said = await talk.answer()
            if 200 <= code < 300:
                return Answer(Outcome.SENT, f"{code} {said}", code)
            refused = Stage.CONTENT, code, said
        return await self._refused(talk, *refused)

    async def _refused(self, talk: "_Talk", stage: Stage, code: int, said: str) -> Answer:
        """What was begun is taken back, so that the next letter finds the relay ready."""
        try:
            if code == _CLOSING:
                raise ConnectionLost("the relay is closing")
            talk.send(b"RSET\r\n")
            if not 200 <= (await talk.answer())[0] < 300:
                raise ConnectionLost("the relay does not begin again")
        except (ConnectionLost, OSError):
            talk.abort()
        return Answer(outcome_of(stage, code), f"{code} {said}", code, lost=not talk.is_open, stage=stage)

    async def close(self) -> None:
        """Say goodbye. What goes wrong now changes nothing: the letters were accepted (aiosmtplib#345)."""
        talk, self._talk = self._talk, None
        if talk is None:
            self._smtp.close()
            return
        with contextlib.suppress(ConnectionLost, OSError, TimeoutError):
            if talk.is_open:
                async with asyncio.timeout(min(self._relay.timeout, 5)):
                    talk.send(b"QUIT\r\n")
                    await talk.answer()
        talk.close()


class ConnectionLost(Exception):
    """The relay is gone, or talks what no relay talks; the text says which."""


class _Talk(asyncio.Protocol):
    """Commands out, answers in, over a transport that is connected, encrypted and signed in."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._buffer = b""
        self._lines: list[str] = []
        self._answers: deque[tuple[int, str]] = deque()
        self._awaited = 0
        self._waiter: asyncio.Future[None] | None = None
        self._lost: str | None = None
        self._transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether another command can be sent."""
        return self._lost is None and not self._transport.is_closing()

    def send(self, octets: bytes, *, answers: int = 1) -> None:
        """
        Send octets that so many answers are due to.

        Raises:
            ConnectionLost: there is nobody to send them to.

        """
        if not self.is_open:
            raise ConnectionLost(self._lost or "the connection was lost")
        self._awaited += answers
        self._transport.write(octets)

    async def answer(self) -> tuple[int, str]:
        """
        The next answer, code and text.

        Raises:
            ConnectionLost: it will never come.

        """
        while not self._answers:
            if self._lost is not None:
                raise ConnectionLost(self._lost)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._answers.popleft()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def abort(self) -> None:
        """Close it without sending what is still to be sent."""
        self._give_up("the connection was closed")
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read answers; several lines may be one answer, and several answers may come at once."""
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            if not _ANSWER.match(line) or len(line) > _LONGEST_LINE:
                return self._misunderstood("the relay said something that is no answer")
            self._lines.append(line[4:].decode("utf-8", "replace").strip())
            if line[3:4] != b"-":
                if not self._awaited:  # such as 421 to a connection that idled
                    return self._misunderstood(f"{line[:3].decode()} {self._lines[-1]}")
                self._awaited -= 1
                self._answers.append((int(line[:3]), " ".join(self._lines)))
                self._lines.clear()
                self._wake()
        if len(self._buffer) > _LONGEST_LINE or len(self._lines) > _MOST_LINES:
            self._misunderstood("the relay does not come to an end")
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more comes."""
        self._give_up("the connection was lost")

    def _misunderstood(self, why: str) -> None:
        self._give_up(why)
        self._transport.abort()

    def _give_up(self, why: str) -> None:
        self._lost = self._lost or why
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


#: Answers of a relay (RFC 5321 4.2.1): go on with the letter; it is closing the connection.
_GO_ON, _CLOSING = 354, 421
_ANSWER = re.compile(rb"[2-5][0-9][0-9](?:[ -]|\r?$)")
#: What an answer may take: far more than any relay needs.
_LONGEST_LINE, _MOST_LINES = 8192, 100


def final_octets(octets: bytes) -> bytes:
    """A letter as it goes over the line: CRLF at every end, also at the last. Signatures are made over these."""
    if not octets.count(b"\n") == octets.count(b"\r") == octets.count(b"\r\n"):
        octets = _LINE_END.sub(b"\r\n", octets)
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


_LINE_END = re.compile(rb"\r\n|\r|\n")


def _stuffed(octets: bytes) -> bytes:
    """With the point that ends it, and lines that begin with one doubled (RFC 5321 4.5.2)."""
    octets = final_octets(octets)
    if octets.startswith(b"."):
        octets = b"." + octets
    return octets.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def _said(error: Exception) -> str:
    """An error in words, for staff."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
