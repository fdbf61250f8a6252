"""
The postman empties the outbox, at least once each letter.

A letter is claimed by a lease, its attempt counted before it is sent, and
marked sent after the relay accepted it. A postman who dies in between leaves
it to the next one: one more copy, with the same Message-ID. Reaching exactly
once is not possible over SMTP (RFC 1047).
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from eventhub.calendars import Mailbox
from eventhub.database import is_sqlite, sql, utc_now
from eventhub.mail.addresses import deliverable
from eventhub.mail.commands import letters_waiting
from eventhub.mail.messages import build_message
from eventhub.mail.rendering import organiser, render
from eventhub.mail.rules import (
    MAX_ATTEMPTS,
    MAX_DEATHS,
    Outcome,
    pause_after,
    wait_after,
    without_addresses,
)
from eventhub.mail.smtp import Answer, Connection, Relay, RelayUnavailable, relay_from_url
from eventhub.settings import current_settings

logger = logging.getLogger(__name__)

#: A claimed letter is ours for so long; well above what one may take (3 x 15 s).
LEASE = timedelta(seconds=150)
#: Nothing is begun when less than this is left of the lease.
_SAFETY = timedelta(seconds=60)
#: Letters claimed by one statement.
CLAIM = 120
#: So many accepted letters, or seconds of the oldest of them, are marked as
#: sent by one statement: what a postman who dies would send again.
_MARK_LETTERS, _MARK_SECONDS = 40, 0.25
#: After so many lost connections in a row it is not the letters.
_LOSSES = 3
#: What the next postman adds to the last answer of a letter whose postman died.
_DIED = " [stopped]"
_ANSWER_LENGTH = 400


class ClaimedLetter(msgspec.Struct, frozen=True):
    """A letter that is ours until its lease runs out."""

    id: UUID
    kind: str
    recipient_name: str
    recipient_address: str
    language: str
    facts: str
    message_id: str
    created_at: datetime
    attempts: int
    last_answer: str
    leased_until: datetime


class Postman:
    """Carries letters from the outbox to the relay; the relay's failures make it rest."""

    def __init__(self, relay: Relay, *, lease: timedelta = LEASE, claim: int = CLAIM) -> None:
        self._relay = relay
        self.lease = lease
        self.claim = claim
        self._failures = 0
        self.resting_until: datetime | None = None

    async def run(self, wake: asyncio.Event, *, poll_seconds: float = 2.0) -> None:
        """Empty the outbox for ever; `wake` spares it the wait for the next look."""
        while True:
            wake.clear()
            try:
                await self.drain(utc_now())
            except Exception:
                logger.exception("the outbox cannot be read")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(poll_seconds):
                    await wake.wait()
            await asyncio.sleep(0.05)  # what is written together goes out together

    async def drain(self, now: datetime) -> int:
        """Send every letter that is due, and return how many the relay accepted."""
        if self.resting_until is not None and now < self.resting_until:
            return 0
        if not await _letters_due(now):
            return 0
        await _expire(now)
        round_ = _Round(self, self._relay, now)
        await round_.carry_all()
        if round_.trouble is not None:
            self._failures += 1
            rest = pause_after(self._failures, jitter=random.random())  # noqa: S311
            self.resting_until = round_.now() + rest
            logger.warning(
                "the relay cannot be used, resting for %.0f s: %s",
                rest.total_seconds(), without_addresses(round_.trouble),
            )  # fmt: skip
        elif round_.accepted:
            self._failures, self.resting_until = 0, None
        return round_.accepted


class _Round:
    """One emptying of the outbox by several connections at once."""

    def __init__(self, postman: Postman, relay: Relay, started: datetime) -> None:
        self._postman, self._relay = postman, relay
        self._started, self._clock = started, time.monotonic()
        self._lease = uuid4()
        self._claimed: deque[ClaimedLetter] = deque()
        self._claiming = asyncio.Lock()
        self._unmarked: list[tuple[ClaimedLetter, Answer]] = []
        self._oldest_unmarked = 0.0
        self._carriers = 0
        self._losses = 0
        self.accepted = 0
        self.trouble: str | None = None

    def now(self) -> datetime:
        """The instant at which the round began, and what has gone by since."""
        return self._started + timedelta(seconds=time.monotonic() - self._clock)

    async def carry_all(self) -> None:
        """Carry letters until none is due, or the relay cannot be used."""
        while self.trouble is None and await self._claim():
            self._carriers = min(self._relay.connections, len(self._claimed))
            try:
                async with asyncio.TaskGroup() as carriers:
                    for _ in range(self._carriers):
                        carriers.create_task(self._carry())
            finally:  # also when the process is told to stop
                await self._mark()
                while self._claimed:
                    await self._give_back(self._claimed.popleft())

    async def _carry(self) -> None:
        connection: Connection | None = None
        try:
            while (letter := await self._next()) is not None:
                octets = await self._octets(letter)
                if octets is None:
                    continue
                if connection is None or connection.is_used_up:
                    if connection is not None:
                        await connection.close()
                    connection = Connection(self._relay)
                    try:
                        await connection.open()
                    except RelayUnavailable as error:
                        self._retire(letter, str(error))
                        return
                address = deliverable(letter.recipient_address)
                answer = await connection.deliver(organiser().address, address, octets)
                await self._answered(letter, answer)
            self._carriers -= 1
        finally:
            if connection is not None:
                await connection.close()

    def _retire(self, letter: ClaimedLetter, text: str) -> None:
        """One connection less: some relays allow fewer. Without any the relay cannot be used."""
        self._claimed.appendleft(letter)
        self._carriers -= 1
        if not self._carriers:
            self.trouble = text

    async def _next(self) -> ClaimedLetter | None:
        async with self._claiming:
            while self.trouble is None:
                if not self._claimed and not await self._claim():
                    return None
                letter = self._claimed.popleft()
                if letter.leased_until - self.now() >= min(_SAFETY, self._postman.lease / 2):
                    return letter
                await self._give_back(letter)
        return None

    async def _claim(self) -> bool:
        """Claim what is due. What was accepted is marked first: later letters of the same person wait for it."""
        await self._mark()
        now = self.now()
        until = now + self._postman.lease
        rows = await _claim(now, until, self._lease, self._postman.claim)
        for row in sorted(rows, key=lambda row: (row["created_at"], row["id"])):
            letter = ClaimedLetter(**row, leased_until=until)
            if letter.last_answer.count(_DIED) >= MAX_DEATHS:
                await self._close(letter, "failed", f"The postman died {MAX_DEATHS} times over it.")
            else:
                self._claimed.append(letter)
        return bool(self._claimed)

    async def _octets(self, letter: ClaimedLetter) -> bytes | None:
        """The letter as the relay gets it; one that cannot be written fails and stops no other."""
        try:
            facts: dict[str, Any] = msgspec.json.decode(letter.facts)
            rendered = render(letter.kind, letter.language, facts, recipient_address=letter.recipient_address)
            return build_message(
                rendered,
                letter_id=letter.id,
                message_id=letter.message_id,
                sender=organiser(),
                recipient=Mailbox(letter.recipient_name, letter.recipient_address),
                date=letter.created_at,
            )
        except Exception as error:
            # Its text may name the person: staff may read it, the log may not.
            logger.error("letter %s cannot be written: %s", letter.id, type(error).__name__)
            text = f"The letter cannot be written. {type(error).__name__}: {error}"
            await self._close(letter, "failed", text)
            return None

    async def _answered(self, letter: ClaimedLetter, answer: Answer) -> None:
        self._losses = self._losses + 1 if answer.lost else 0
        if answer.outcome is Outcome.SENT:
            self.accepted += 1
            if not self._unmarked:
                self._oldest_unmarked = time.monotonic()
            self._unmarked.append((letter, answer))
            age = time.monotonic() - self._oldest_unmarked
            if len(self._unmarked) >= _MARK_LETTERS or age >= _MARK_SECONDS:
                await self._mark()
            return
        logger.info(
            "letter %s attempt %d: %s, %s",
            letter.id, letter.attempts, answer.outcome, without_addresses(answer.text),
        )  # fmt: skip
        if answer.outcome is Outcome.PAUSE:
            self.trouble = answer.text
            await self._give_back(letter, answer.text)
        elif answer.outcome is Outcome.GIVE_UP or letter.attempts >= MAX_ATTEMPTS:
            await self._close(letter, "failed", answer.text)
        else:
            await self._retry(letter, answer.text)
        if self._losses >= _LOSSES:
            self.trouble = answer.text

    async def _mark(self) -> None:
        """Mark what the relay accepted as sent, with its words (its queue id), by one statement."""
        marked, self._unmarked = self._unmarked, []
        if not marked:
            return
        words = " ".join("WHEN {} THEN {}" for _ in marked)
        keys = ", ".join("{}" for _ in marked)
        said = [value for letter, answer in marked for value in (letter.id, _short(answer.text))]
        try:
            done = await sql(
                "UPDATE letter SET status = 'sent', sent_at = {}, lease = NULL, leased_until = NULL, "
                f"last_answer = CASE id {words} END WHERE lease = {{}} AND id IN ({keys}) RETURNING id",
                self.now(), *said, self._lease, *(letter.id for letter, _ in marked),
            )  # fmt: skip
        except BaseException:  # they were accepted: try again rather than send them again
            self._unmarked = marked + self._unmarked
            raise
        logger.info("sent %s", "; ".join(_sent(letter, answer) for letter, answer in marked))
        if len(done) < len(marked):
            logger.warning("%d letters were sent after their lease", len(marked) - len(done))

    async def _retry(self, letter: ClaimedLetter, text: str) -> None:
        again = self.now() + wait_after(letter.attempts, jitter=random.random())  # noqa: S311
        await sql(
            "UPDATE letter SET status = 'queued', available_at = {}, lease = NULL, leased_until = NULL, "
            "last_answer = {} WHERE id = {} AND lease = {}",
            again, _short(text), letter.id, self._lease,
        )  # fmt: skip

    async def _give_back(self, letter: ClaimedLetter, text: str | None = None) -> None:
        """It was not the letter: the attempt does not count."""
        await sql(
            "UPDATE letter SET status = 'queued', attempts = attempts - 1, lease = NULL, "
            "leased_until = NULL, last_answer = {} WHERE id = {} AND lease = {}",
            letter.last_answer if text is None else _short(text), letter.id, self._lease,
        )  # fmt: skip

    async def _close(self, letter: ClaimedLetter, status: str, text: str) -> None:
        await sql(
            "UPDATE letter SET status = {}, lease = NULL, leased_until = NULL, last_answer = {} "
            "WHERE id = {} AND lease = {}",
            status, _short(text), letter.id, self._lease,
        )  # fmt: skip


def _sent(letter: ClaimedLetter, answer: Answer) -> str:
    return f"{letter.id} attempt {letter.attempts}: {without_addresses(answer.text)}"


def _short(text: str) -> str:
    return " ".join(text.split())[:_ANSWER_LENGTH]


_COLUMNS = ", ".join(name for name in ClaimedLetter.__struct_fields__ if name != "leased_until")
_DUE = "l.status IN ('queued', 'sending') AND l.available_at <= {} AND (l.leased_until IS NULL OR l.leased_until < {})"
#: Letters of one person about one event arrive in the order in which they were
#: written. `IS TRUE` keeps SQLite from walking through all letters of the event.
_ITS_TURN = (
    "NOT EXISTS (SELECT 1 FROM letter e WHERE e.person = l.person AND (e.event = l.event) IS TRUE "
    "AND e.status IN ('queued', 'sending') AND (e.created_at, e.id) < (l.created_at, l.id))"
)


async def _letters_due(now: datetime) -> bool:
    return bool(await sql(f"SELECT 1 AS one FROM letter l WHERE {_DUE} LIMIT 1", now, now))


async def _expire(now: datetime) -> None:
    """What says something that is over is not sent any more."""
    gone = await sql(
        "UPDATE letter SET status = 'expired', lease = NULL, leased_until = NULL "
        "WHERE status IN ('queued', 'sending') AND not_after < {} "
        "AND (leased_until IS NULL OR leased_until < {}) RETURNING id",
        now,
        now,
    )
    for row in gone:
        logger.info("letter %s expired unsent", row["id"])


async def _claim(now: datetime, until: datetime, lease: UUID, limit: int) -> list[dict[str, Any]]:
    """
    One statement on both engines; locked rows are skipped where there are row locks.

    The attempt is counted here, before anything is sent, and a letter that
    was being sent when its postman died is marked so.
    """
    skip = "" if is_sqlite() else " FOR UPDATE OF l SKIP LOCKED"
    return await sql(
        "UPDATE letter SET status = 'sending', lease = {}, leased_until = {}, attempts = attempts + 1, "
        f"last_answer = CASE WHEN status = 'sending' THEN last_answer || '{_DIED}' ELSE last_answer END "
        f"WHERE id IN (SELECT l.id FROM letter l WHERE {_DUE} AND {_ITS_TURN} "
        f"ORDER BY l.available_at, l.created_at, l.id LIMIT {{}}{skip}) "
        f"RETURNING {_COLUMNS}",
        lease, until, now, now, limit,
    )  # fmt: skip


def postman_from_settings() -> Postman | None:
    """The postman of this process; None when no relay is set and letters stay in the outbox."""
    url = current_settings().smtp_url
    if not url:
        return None
    return Postman(relay_from_url(url, our_name=organiser().address.rpartition("@")[2]))


async def background() -> None:
    """Empty the outbox as long as the process runs."""
    postman = postman_from_settings()
    if postman is None:
        logger.info("no mail relay is set: letters stay in the outbox")
        return
    await postman.run(letters_waiting)


async def send_due() -> int:
    """Send what is due, once, and tell how many letters were taken; none when no relay is set."""
    postman = postman_from_settings()
    return await postman.drain(utc_now()) if postman else 0
