"""
The mailbox, read over one kept connection every minute.

A message is taken in first and moved to another folder afterwards: one that
was taken in and could not be moved is found again and is then the same one
(its hash). So the mailbox is the queue, and nothing in it is lost or has its
effect twice, whenever the connection is cut. One process reads it, by a lease.
"""

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted

from eventhub.database import sql, utc_now
from eventhub.mail.rules import without_addresses
from eventhub.replies.commands import receive, release_due
from eventhub.replies.rules import LARGEST_MESSAGE, Status
from eventhub.settings import current_settings

logger = logging.getLogger(__name__)

#: Seconds between two looks, of one answer of the server, and of the longest rest after failures.
EVERY, ANSWER, LONGEST_REST = 60.0, 20.0, 900.0
#: The mailbox is ours for so long; renewed with each message.
LEASE = timedelta(minutes=3)
#: Messages of one look, so that the lease and the clock are looked at in between.
_AT_ONCE = 200

PROCESSED, REVIEW, FAILED = "Processed", "Review", "Failed"
_FOLDERS = {Status.DONE: PROCESSED, Status.IGNORED: PROCESSED, Status.REVIEW: REVIEW, Status.FAILED: FAILED}

T = TypeVar("T")


class MailboxTrouble(Exception):
    """The mailbox cannot be read; the text says why, without names and passwords."""


class Connection:
    """A kept IMAP connection; every method blocks, for ANSWER seconds at most, and belongs into the reader's thread."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._box: BaseMailBox | None = None
        self._known: dict[str, str] = {}
        self.uid_validity = ""

    def look(self) -> list[str]:
        """
        The UIDs of the messages in the folder, the oldest first, over the kept connection or a new one.

        Raises:
            MailboxTrouble: the server cannot be reached, or refuses us or the folder.

        """
        try:
            if self._box is not None:
                try:
                    self._box.client.noop()
                except Exception:  # servers close what was quiet for long
                    self.close()
            if self._box is None:
                self._open()
            assert self._box is not None
            return sorted(self._box.uids("ALL"), key=int)[:_AT_ONCE]
        except Exception as error:
            self.close()
            raise _trouble(error) from error

    def fetch(self, uid: str) -> bytes | None:
        """
        The octets of a message without marking it as read, cut behind the largest that is read; None: it is gone.

        Raises:
            MailboxTrouble: the connection is lost.

        """
        try:
            assert self._box is not None
            status, parts = self._box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST_MESSAGE + 1}>)")
        except Exception as error:
            self.close()
            raise _trouble(error) from error
        if status != "OK":
            return None
        return next((bytes(part[1]) for part in parts if isinstance(part, tuple) and b"BODY[" in part[0]), None)

    def put_away(self, uid: str, folder: str) -> None:
        """
        Move a message into another folder, which is made when it is not there.

        Raises:
            MailboxTrouble: the connection is lost, or the server will not.

        """
        try:
            assert self._box is not None
            self._box.move(uid, self._folder(folder))
        except Exception as error:
            self.close()
            raise _trouble(error) from error

    def close(self) -> None:
        """Let the connection go, however it stands."""
        box, self._box = self._box, None
        if box is not None:
            with contextlib.suppress(Exception):
                box.client.sock.settimeout(2)
                box.logout()
            with contextlib.suppress(Exception):
                box.client.shutdown()

    def _open(self) -> None:
        url = self._url
        host, folder = url.hostname or "", unquote(url.path.strip("/")) or "INBOX"
        if url.scheme == "imaps":
            box: BaseMailBox = MailBox(host, url.port or 993, timeout=ANSWER, ssl_context=ssl.create_default_context())
        else:
            box = MailBoxUnencrypted(host, url.port or 143, timeout=ANSWER)
        self._box = box
        name, password = unquote(url.username or ""), unquote(url.password or "")
        sign_in = box.login if (name + password).isascii() else box.login_utf8
        sign_in(name, password, initial_folder=None)
        box.client._get_capabilities()  # many servers name MOVE only after the login
        box.folder.set(folder)
        self.uid_validity = str(box.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])[:20]
        self._known = {}

    def _folder(self, name: str) -> str:
        """The full name of a folder of ours: beside INBOX, or below it where the server wants that."""
        assert self._box is not None
        if not self._known:
            self._known = {info.name.rpartition(info.delim)[2] if info.delim else info.name: info.name
                           for info in self._box.folder.list()}  # fmt: skip
        if name not in self._known:
            delimiter = next((info.delim for info in self._box.folder.list() if info.delim), "/")
            try:
                self._box.folder.create(name)
                self._known[name] = name
            except Exception:
                self._box.folder.create(f"INBOX{delimiter}{name}")
                self._known[name] = f"INBOX{delimiter}{name}"
        return self._known[name]


def _trouble(error: Exception) -> MailboxTrouble:
    """What went wrong, in a few words that may stand in a log."""
    words = str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        words = "it does not answer in time"
    return MailboxTrouble(without_addresses(words.replace("\0", " "))[:300])


class Reader:
    """Looks at the mailbox again and again; `look_once` is one look."""

    def __init__(self, url: str) -> None:
        self._connection = Connection(url)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mailbox")
        self._lease = uuid4()
        #: What was taken in and not moved yet, by UID; it need not be fetched again.
        self._taken: dict[str, str] = {}
        self._failures = 0

    async def look_once(self, now: datetime) -> int | None:
        """
        Take in what lies in the mailbox and put it away; how many messages, or None when another process reads it.

        Raises:
            MailboxTrouble: it cannot be read, or the connection was lost; the next look goes on from there.

        """
        if not await _lease(self._lease, now):
            return None
        done = 0
        try:
            uids = await self._blocking(self._connection.look)
            await self._note_validity(now)
            for uid in uids:
                await self._take(uid)
                done += 1
                if not await _lease(self._lease, utc_now()):
                    break
        except MailboxTrouble as trouble:
            await _note(now, str(trouble))
            raise
        await _note(now, "")
        return done

    async def _take(self, uid: str) -> None:
        if uid not in self._taken:
            octets = await self._blocking(self._connection.fetch, uid)
            if octets is None:
                return
            received = await receive(octets, source="mailbox", envelope_recipient=None, now=utc_now())
            if received.status == Status.RECEIVED:  # another process has it in its hands
                return
            self._taken[uid] = _FOLDERS[Status(received.status)]
        await self._blocking(self._connection.put_away, uid, self._taken[uid])
        del self._taken[uid]
        await sql("UPDATE mailbox SET last_uid = {} WHERE id = 1", uid[:20])

    async def _note_validity(self, now: datetime) -> None:
        """UIDs mean something else once UIDVALIDITY changes (RFC 9051 2.3.1.1): what we remember of them is void."""
        validity = self._connection.uid_validity
        changed = await sql(
            "UPDATE mailbox SET uid_validity = {}, last_uid = '' WHERE id = 1 AND uid_validity <> {} RETURNING id",
            validity,
            validity,
        )
        if changed:
            self._taken.clear()

    async def _blocking(self, work: Callable[..., T], *args: Any) -> T:
        """Do what blocks in the one thread of the connection."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def close(self) -> None:
        """Give the connection and the lease back."""
        self._thread.submit(self._connection.close)
        self._thread.shutdown(wait=False)
        with contextlib.suppress(Exception):
            await sql("UPDATE mailbox SET lease = NULL, leased_until = NULL WHERE id = 1 AND lease = {}", self._lease)

    async def look(self) -> float:
        """One look, whatever happens; the seconds until the next."""
        try:
            await self.look_once(utc_now())
        except MailboxTrouble as trouble:
            self._failures += 1
            logger.warning("the mailbox cannot be read: %s", trouble)
        except Exception:
            self._failures += 1
            logger.exception("what is in the mailbox could not be taken in")
        else:
            self._failures = 0
            return EVERY
        rest: float = min(EVERY * 2 ** min(self._failures - 1, 10), LONGEST_REST)
        return rest * random.uniform(0.8, 1.2)  # noqa: S311  no secret is made


async def _lease(lease: UUID, now: datetime) -> bool:
    """Take or renew the right to read the mailbox; False: another process has it."""
    held = "UPDATE mailbox SET lease = {}, leased_until = {} WHERE id = 1 AND (lease IS NULL OR lease = {} OR leased_until <= {}) RETURNING id"
    values = (lease, now + LEASE, lease, now)
    if await sql(held, *values):
        return True
    await sql("INSERT INTO mailbox (id) VALUES (1) ON CONFLICT DO NOTHING")
    return bool(await sql(held, *values))


async def _note(now: datetime, trouble: str) -> None:
    await sql("UPDATE mailbox SET looked_at = {}, trouble = {} WHERE id = 1", now, trouble[:500])


async def background() -> None:
    """
    Read the mailbox, and give back the seats that calendars declined, until the task is cancelled.

    Seats are looked after every minute, however long the mailbox rests.
    """
    url = current_settings().imap_url
    reader = Reader(url) if url else None
    next_look = 0.0
    loop = asyncio.get_running_loop()
    try:
        while True:
            try:
                await release_due(utc_now())
            except Exception:
                logger.exception("seats that calendars declined could not be given back")
            if reader and loop.time() >= next_look:
                next_look = loop.time() + await reader.look() - 1
            await asyncio.sleep(EVERY)
    finally:
        if reader:
            await reader.close()
