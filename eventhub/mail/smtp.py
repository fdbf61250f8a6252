"""The talk with the mail relay: connections, and what its answers mean."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from eventhub.mail.rules import Outcome, Stage, outcome_of

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PORTS = {"smtp": 25, "smtps": 465}


class RelayUnavailable(Exception):
    """No letter can be sent now: the relay cannot be reached, or refuses us."""


@dataclass(frozen=True)
class Answer:
    """What the relay said to one letter; after a lost connection nothing more can be sent on it."""

    outcome: Outcome
    text: str
    code: int | None = None
    lost: bool = False


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
    """One talk with the relay; never shared by two tasks, never opened twice (aiosmtplib#15, #243)."""

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
        return self.letters >= self._relay.letters_per_connection or not self._smtp.is_connected

    async def deliver(self, sender: str, recipient: str, octets: bytes) -> Answer:
        """
        Hand one letter to the relay; whatever happens is an answer.

        The three commands stand here and not in `sendmail`, which parses both
        addresses twice and the letter once more: an eighth of the time.

        Args:
            sender: As `deliverable` gives it, like the recipient.
            recipient: The one person who gets the letter.
            octets: With CRLF line ends.

        """
        self.letters += 1
        try:
            async with asyncio.timeout(3 * self._relay.timeout):
                for stage, verb, argument in (
                    (Stage.SENDER, b"MAIL", f"FROM:<{sender}>"),
                    (Stage.RECIPIENT, b"RCPT", f"TO:<{recipient}>"),
                ):
                    code, said = await self._smtp.execute_command(verb, argument.encode("ascii"))
                    if not 200 <= code < 300:
                        return await self._refused(stage, code, said)
                code, said = await self._smtp.data(octets)
                return Answer(Outcome.SENT, f"{code} {said}", code)
        except asyncio.CancelledError:  # the process stops: no goodbye in the middle of a letter
            self._smtp.close()
            raise
        except aiosmtplib.SMTPDataError as error:
            return await self._refused(Stage.CONTENT, error.code, error.message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # It may have been accepted: the next attempt has the same Message-ID.
            self._smtp.close()
            return Answer(outcome_of(Stage.CONTENT, None), _said(error), lost=True)

    async def _refused(self, stage: Stage, code: int, said: str) -> Answer:
        """What was begun is taken back, so that the next letter finds the relay ready."""
        try:
            async with asyncio.timeout(self._relay.timeout):
                await self._smtp.rset()
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._smtp.close()
        lost = not self._smtp.is_connected
        return Answer(outcome_of(stage, code), f"{code} {said}", code, lost)

    async def close(self) -> None:
        """Say goodbye. What goes wrong now changes nothing: the letters were accepted (aiosmtplib#345)."""
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            if self._smtp.is_connected:
                async with asyncio.timeout(min(self._relay.timeout, 5)):
                    await self._smtp.quit()
        self._smtp.close()


def _said(error: Exception) -> str:
    """An error in words, for staff."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
