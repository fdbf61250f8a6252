"""
The postman empties the outbox, at least once each letter.

A letter is claimed by a lease, its attempt counted before it is sent, and
marked sent after the relay accepted it. A postman who dies in between leaves
it to the next one: one more copy, with the same Message-ID. Reaching exactly
once is not possible over SMTP (RFC 1047).

What is claimed may still not leave: letters rest while staff want them to,
addresses get none that letters came back from, news that is no longer true is
taken back, and no domain gets more than it takes.
"""

import asyncio
import contextlib
import logging
import random
import re
import time
from collections import Counter, deque
from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec

from eventhub.calendars import Mailbox
from eventhub.database import is_sqlite, sql, sql_without_disk, transaction, utc_now
from eventhub.mail.addresses import deliverable, envelope_sender
from eventhub.mail.commands import letters_waiting
from eventhub.mail.dkim_signing import Signer, signer_from_settings
from eventhub.mail.domains import CONNECTIONS_PER_DOMAIN, DomainLimits, domain_of
from eventhub.mail.messages import build_message
from eventhub.mail.pauses import NEVER_REST, rests
from eventhub.mail.queries import wording_by_id
from eventhub.mail.rendering import organiser, render
from eventhub.mail.rules import (
    MAX_ATTEMPTS,
    MAX_DEATHS,
    Outcome,
    Stage,
    Wording,
    pause_after,
    wait_after,
    without_addresses,
)
from eventhub.mail.smtp import Answer, Connection, Relay, RelayUnavailable, relay_from_url
from eventhub.mail.suppressions import (
    NEVER_SUPPRESSED,
    Suppressed,
    nothing_gets_there,
    record_bounce,
    suppressions_of,
)
from eventhub.settings import WrongSetting, current_settings

logger = logging.getLogger(__name__)

#: A claimed letter is ours for so long; well above what one may take (3 x 15 s).
LEASE = timedelta(seconds=150)
#: Nothing is begun when less than this is left of the lease.
_SAFETY = timedelta(seconds=60)
#: Letters claimed by one statement.
CLAIM = 120
#: After so many lost connections in a row it is not the letters.
_LOSSES = 3
#: Seconds that a connection waits until the letter of another one is accepted and marked.
_PATIENCE = 0.1
#: Seconds after which a postman at work looks again whether letters rest.
_LOOK_AGAIN = 0.5
#: So many attempts that did not end in yes are written down by one statement.
_NOTE = 40
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
    event: UUID | None
    person: UUID | None
    thread_id: str | None
    wording: UUID | None
    created_at: datetime
    attempts: int
    last_answer: str
    leased_until: datetime


class _Tried(NamedTuple):
    """An attempt that did not end in yes."""

    letter: UUID
    attempt: int
    tried_at: datetime
    outcome: str
    code: int | None
    answer: str


class Postman:
    """Carries letters from the outbox to the relay; the relay's failures make it rest."""

    def __init__(
        self,
        relay: Relay,
        *,
        lease: timedelta = LEASE,
        claim: int = CLAIM,
        signer: Signer | None = None,
        letters_per_minute_and_domain: int = 0,
    ) -> None:
        self._relay = relay
        self.lease = lease
        self.claim = claim
        self.signer = signer
        self.limits = DomainLimits(letters_per_minute_and_domain)
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
        self._written: dict[UUID, bytes] = {}
        self._unmarked: deque[tuple[ClaimedLetter, Answer]] = deque()
        self._marking = asyncio.Lock()
        self._handing_over = asyncio.Lock()
        self._tried: list[_Tried] = []
        self._resting: set[tuple[UUID | None, str | None]] = set()
        self._looked = 0.0
        self._talking: Counter[str] = Counter()
        self._place_free = asyncio.Event()
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
                await self._note()
                await self._give_back(self._claimed)
                self._claimed.clear()

    async def _carry(self) -> None:
        connection: Connection | None = None
        try:
            while (letter := await self._next()) is not None:
                domain = domain_of(letter.recipient_address)
                try:
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
                    await self._hand_over(connection, letter, octets)
                finally:
                    self._talking[domain] -= 1
                    self._place_free.set()
            self._carriers -= 1
        finally:
            if connection is not None:
                await connection.close()

    async def _hand_over(self, connection: Connection, letter: ClaimedLetter, octets: bytes) -> None:
        """
        Send one letter and keep what became of it.

        Between its last octet and its mark nobody knows whether the relay has
        it, and a postman who dies then sends it again. So connections take
        turns there, and one letter at most comes twice; only while the relay
        is slow do they not wait for each other, and it may be one for each.
        """
        is_our_turn = False

        async def wait_for_our_turn() -> None:
            nonlocal is_our_turn
            if not self._handing_over.locked():
                is_our_turn = await self._handing_over.acquire()
                return
            await self._write_ahead()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    is_our_turn = await self._handing_over.acquire()

        try:
            answer = await connection.deliver(
                envelope_sender(letter.id), deliverable(letter.recipient_address), octets, wait_for_our_turn
            )
            if answer.was_gone:  # nobody saw the letter
                logger.info("letter %s: %s; another connection carries it", letter.id, without_addresses(answer.text))
                self._claimed.appendleft(letter)
            else:
                await self._answered(letter, answer)
        finally:
            if is_our_turn:
                self._handing_over.release()

    def _retire(self, letter: ClaimedLetter, text: str) -> None:
        """One connection less: some relays allow fewer. Without any the relay cannot be used."""
        self._claimed.appendleft(letter)
        self._carriers -= 1
        if not self._carriers:
            self.trouble = text
            self._tried.append(_Tried(letter.id, letter.attempts, self.now(), Outcome.PAUSE, None, _short(text)))

    async def _next(self) -> ClaimedLetter | None:
        async with self._claiming:
            while self.trouble is None:
                if not self._claimed and not await self._claim():
                    return None
                if (letter := self._take()) is None:
                    self._place_free.clear()
                    await self._place_free.wait()
                    continue
                if time.monotonic() - self._looked > _LOOK_AGAIN:
                    await self._look_for_pauses()
                soon_over = letter.leased_until - self.now() < min(_SAFETY, self._postman.lease / 2)
                if soon_over or (self._resting and self._rests(letter)):
                    await self._give_back([letter])
                    continue
                self._talking[domain_of(letter.recipient_address)] += 1
                return letter
        return None

    def _take(self) -> ClaimedLetter | None:
        """The first claimed letter to a domain that may get another connection; None: all must wait for one."""
        if self._relay.connections <= CONNECTIONS_PER_DOMAIN:
            return self._claimed.popleft()
        for place, letter in enumerate(self._claimed):
            if self._talking[domain_of(letter.recipient_address)] < CONNECTIONS_PER_DOMAIN:
                del self._claimed[place]
                return letter
        return None

    async def _claim(self) -> bool:
        """
        Claim what is due, until some of it may leave; False: nothing is due.

        What was accepted is marked first: later letters of the same person wait for it.
        """
        await self._mark()
        while not self._claimed:
            now = self.now()
            until = now + self._postman.lease
            self._looked, self._resting = time.monotonic(), set()
            self._written.clear()
            rows = await _claim(now, until, self._lease, self._postman.claim)
            if not rows:
                return False
            ours = [ClaimedLetter(**row, leased_until=until) for row in rows]
            ours.sort(key=lambda letter: (letter.created_at, letter.id))
            self._claimed.extend(await self._may_leave(ours, now))
        return True

    async def _may_leave(self, ours: list[ClaimedLetter], now: datetime) -> list[ClaimedLetter]:
        """Sort out what must not leave, or not now; at most two queries for all of them."""
        stale = await _no_longer_true(ours)
        blocked = await suppressions_of(_addresses(ours))
        leaving: list[ClaimedLetter] = []
        later: dict[datetime, list[ClaimedLetter]] = {}
        for letter in ours:
            if letter.last_answer.count(_DIED) >= MAX_DEATHS:
                await self._close(letter, "failed", f"The postman died {MAX_DEATHS} times over it.")
            elif letter.id in stale:
                logger.info("letter %s is no longer true", letter.id)
                await self._close(letter, "withdrawn", _STALE[letter.kind])
            elif (why := blocked.get(letter.recipient_address)) and letter.kind not in NEVER_SUPPRESSED:
                await self._suppressed(letter, why)
            elif letter.kind not in NEVER_REST and (
                at := self._postman.limits.wait_until(letter.id, domain_of(letter.recipient_address), now)
            ):
                later.setdefault(at, []).append(letter)
            else:
                leaving.append(letter)
        for at, letters in later.items():
            await self._give_back(letters, at)
        return leaving

    async def _suppressed(self, letter: ClaimedLetter, why: Suppressed) -> None:
        logger.info("letter %s is to a suppressed address", letter.id)
        said = f" ({why.said})" if why.said else ""
        await self._close(letter, "suppressed", f"{nothing_gets_there(why)}{said}")

    async def _look_for_pauses(self) -> None:
        rows = await sql("SELECT event, kind FROM mail_pause")
        self._resting = {(row["event"], row["kind"]) for row in rows}
        self._looked = time.monotonic()

    def _rests(self, letter: ClaimedLetter) -> bool:
        wanted = ((None, None), (letter.event, None), (None, letter.kind), (letter.event, letter.kind))
        return letter.kind not in NEVER_REST and any(pair in self._resting for pair in wanted)

    async def _write_ahead(self) -> None:
        """Write a letter whose turn comes soon, while the relay has another one to answer."""
        for letter in islice(self._claimed, self._relay.connections):
            if letter.id not in self._written:
                with contextlib.suppress(Exception):  # it fails again when its turn comes, and is closed then
                    self._written[letter.id] = self._write(letter, await wording_by_id(letter.wording))
                return

    async def _octets(self, letter: ClaimedLetter) -> bytes | None:
        """The letter as the relay gets it; one that cannot be written fails and stops no other."""
        if octets := self._written.pop(letter.id, None):
            return octets
        wording = await wording_by_id(letter.wording)
        try:
            return self._write(letter, wording)
        except Exception as error:
            # Its text may name the person: staff may read it, the log may not.
            logger.error("letter %s cannot be written: %s", letter.id, type(error).__name__)
            text = f"The letter cannot be written. {type(error).__name__}: {error}"
            await self._close(letter, "failed", text)
            return None

    def _write(self, letter: ClaimedLetter, wording: Wording | None) -> bytes:
        rendered = render(
            letter.kind,
            letter.language,
            msgspec.json.decode(letter.facts),
            recipient_address=letter.recipient_address,
            person_id=letter.person,
            wording=wording,
        )
        octets = build_message(
            rendered,
            letter_id=letter.id,
            message_id=letter.message_id,
            recipient=Mailbox(letter.recipient_name, letter.recipient_address),
            date=letter.created_at,
            thread_id=letter.thread_id,
        )
        return self._postman.signer.sign(octets) if self._postman.signer else octets

    async def _answered(self, letter: ClaimedLetter, answer: Answer) -> None:
        self._losses = self._losses + 1 if answer.lost else 0
        if answer.outcome is Outcome.SENT:
            self.accepted += 1
            self._unmarked.append((letter, answer))
            await self._mark()
            return
        logger.info(
            "letter %s attempt %d: %s, %s",
            letter.id, letter.attempts, answer.outcome, without_addresses(answer.text),
        )  # fmt: skip
        self._tried.append(
            _Tried(letter.id, letter.attempts, self.now(), answer.outcome, answer.code, _short(answer.text))
        )
        if len(self._tried) >= _NOTE:
            await self._note()
        if answer.outcome is Outcome.PAUSE:
            self.trouble = answer.text
            await self._give_back([letter], said=answer.text)
        elif answer.outcome is Outcome.GIVE_UP or letter.attempts >= MAX_ATTEMPTS:
            await self._close(letter, "failed", answer.text)
            await self._came_back(letter, answer)
        else:
            await self._retry(letter, answer.text)
        if self._losses >= _LOSSES:
            self.trouble = answer.text

    async def _mark(self) -> None:
        """
        Mark what the relay accepted as sent, with its words (its queue id).

        A connection carries nothing more until its last letter is marked.
        """
        async with self._marking:
            while self._unmarked:
                await self._mark_one(*self._unmarked[0])
                self._unmarked.popleft()  # not before: what was accepted is marked rather than sent again

    async def _mark_one(self, letter: ClaimedLetter, answer: Answer) -> None:
        done = await sql_without_disk(  # after a power failure it is sent again
            "UPDATE letter SET status = 'sent', sent_at = {}, lease = NULL, leased_until = NULL, last_answer = {} "
            "WHERE id = {} AND lease = {} RETURNING id",
            self.now(), _short(answer.text), letter.id, self._lease,
        )  # fmt: skip
        if logger.isEnabledFor(logging.INFO):
            logger.info("sent %s attempt %d: %s", letter.id, letter.attempts, without_addresses(answer.text))
        if not done:
            logger.warning("letter %s was sent after its lease", letter.id)

    async def _retry(self, letter: ClaimedLetter, text: str) -> None:
        again = self.now() + wait_after(letter.attempts, jitter=random.random())  # noqa: S311
        await sql(
            "UPDATE letter SET status = 'queued', available_at = {}, lease = NULL, leased_until = NULL, "
            "last_answer = {} WHERE id = {} AND lease = {}",
            again, _short(text), letter.id, self._lease,
        )  # fmt: skip

    async def _give_back(
        self, letters: Collection[ClaimedLetter], at: datetime | None = None, said: str | None = None
    ) -> None:
        """
        It was not the letters: the attempt does not count.

        Args:
            at: When they may leave, if not now.
            said: What the relay said, if it did.

        """
        if not letters:
            return
        changed = {"available_at": at, "last_answer": _short(said) if said else None}
        later = "".join(f", {column} = {{}}" for column, value in changed.items() if value is not None)
        values = [value for value in changed.values() if value is not None]
        await sql(
            "UPDATE letter SET status = 'queued', attempts = attempts - 1, lease = NULL, leased_until = NULL"
            f"{later} WHERE lease = {{}} AND id IN ({', '.join('{}' for _ in letters)})",
            *values, self._lease, *(letter.id for letter in letters),
        )  # fmt: skip

    async def _close(self, letter: ClaimedLetter, status: str, text: str) -> None:
        await sql(
            "UPDATE letter SET status = {}, lease = NULL, leased_until = NULL, last_answer = {} "
            "WHERE id = {} AND lease = {}",
            status, _short(text), letter.id, self._lease,
        )  # fmt: skip

    async def _came_back(self, letter: ClaimedLetter, answer: Answer) -> None:
        """An address that the relay itself does not know is as good as a letter that came back."""
        found = _NOT_KNOWN.search(answer.text) if answer.stage is Stage.RECIPIENT else None
        if found:
            async with transaction():
                await record_bounce(
                    letter.id, letter.recipient_address, "hard", found[0], answer.text, now=self.now()
                )  # fmt: skip

    async def _note(self) -> None:
        """Write down the attempts that did not end in yes, by one statement."""
        tried, self._tried = self._tried, []
        if not tried:
            return
        rows = ", ".join("({}, {}, {}, {}, {}, {}, {})" for _ in tried)
        await sql(
            f"INSERT INTO delivery_attempt (id, letter, attempt, tried_at, outcome, code, answer) VALUES {rows}",
            *(value for one in tried for value in (uuid4(), *one)),
        )


def _addresses(letters: list[ClaimedLetter]) -> list[str]:
    return [letter.recipient_address for letter in letters if letter.kind not in NEVER_SUPPRESSED]


async def _no_longer_true(letters: list[ClaimedLetter]) -> set[UUID]:
    """
    Letters whose news is overtaken: the offer has lapsed or was answered, or they remind of what was cancelled.

    Most of it is taken back where it is overtaken; this looks once more, in
    one query, since letters may have rested for days meanwhile.
    """
    asked = [letter.id for letter in letters if letter.kind in _STALE and letter.person is not None]
    if not asked:
        return set()
    rows = await sql(
        "SELECT l.id AS id FROM letter l LEFT JOIN event e ON e.id = l.event "
        f"WHERE l.id IN ({', '.join('{}' for _ in asked)}) AND "
        f"CASE l.kind WHEN 'registration_offered' THEN NOT EXISTS ({_OWN} AND r.status = 'offered') "
        f"ELSE (e.status = 'cancelled' AND l.kind = 'reminder') OR (EXISTS ({_OWN}) "
        f"AND NOT EXISTS ({_OWN} AND r.status IN ('pending', 'confirmed', 'offered', 'waitlisted')) "
        f"AND NOT EXISTS ({_SPEAKS}) AND NOT EXISTS ({_OTHERWISE})) END",
        *asked,
    )
    return {row["id"] for row in rows}


#: What letters say that may be overtaken before they leave, and what staff read then.
_STALE = {
    "registration_offered": "Not sent: the seat is not offered to this person any more.",
    "reminder": "Not sent: what it reminds of was cancelled.",
    "planned_message": "Not sent: this person's registration was cancelled.",
}
_OWN = "SELECT 1 FROM registration r WHERE r.person = l.person AND r.event = l.event"
_SPEAKS = (
    "SELECT 1 FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item "
    "WHERE s.person = l.person AND i.event = l.event AND s.status <> 'declined'"
)
#: Planned for people who need no registration.
_OTHERWISE = (
    "SELECT 1 FROM planned_letter p WHERE p.id = l.planned AND p.audience IN ('speakers', 'delegations', 'cohort')"
)
#: A mailbox or domain that does not exist, or is switched off (RFC 3463 3.2, 3.3).
_NOT_KNOWN = re.compile(r"\b5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b")


def _short(text: str) -> str:
    return " ".join(text.split())[:_ANSWER_LENGTH]


_COLUMNS = ", ".join(name for name in ClaimedLetter.__struct_fields__ if name != "leased_until")
_DUE = "l.status IN ('queued', 'sending') AND l.available_at <= {} AND (l.leased_until IS NULL OR l.leased_until < {})"
#: Letters of one person about one event arrive in the order in which they were
#: written. `IS TRUE` keeps SQLite from walking through all letters of the event.
#: One that rests holds others up only when its calendar must come before theirs.
_ITS_TURN = (
    "NOT EXISTS (SELECT 1 FROM letter e WHERE e.person = l.person AND (e.event = l.event) IS TRUE "
    "AND e.status IN ('queued', 'sending') AND (e.created_at, e.id) < (l.created_at, l.id) "
    f"AND (e.calendar_uid IS NOT NULL OR NOT {rests('e')}))"
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


#: Two postmen died while they had it. Whoever dies has many in hand and one to blame, so from then on it is claimed
#: alone, when nothing else is due: the next deaths tell.
_SUSPECT = f"(l.last_answer LIKE '%{_DIED}{_DIED}%' OR (l.status = 'sending' AND l.last_answer LIKE '%{_DIED}%'))"


async def _claim(now: datetime, until: datetime, lease: UUID, limit: int) -> list[dict[str, Any]]:
    """Claim letters that are due, the suspects last and one at a time."""
    return await _claim_some(f"NOT {_SUSPECT}", now, until, lease, limit) or await _claim_some(
        _SUSPECT, now, until, lease, 1
    )


async def _claim_some(condition: str, now: datetime, until: datetime, lease: UUID, limit: int) -> list[dict[str, Any]]:
    """
    One statement on both engines; locked rows are skipped where there are row locks.

    What is due is materialised: inside `IN` PostgreSQL may look for it anew for
    every letter, skip what it has just locked itself, and so forget the limit.

    The attempt is counted here, before anything is sent, and a letter that
    was being sent when its postman died is marked so.
    """
    skip = "" if is_sqlite() else " FOR UPDATE OF l SKIP LOCKED"
    return await sql(
        "WITH due AS MATERIALIZED (SELECT l.id AS id FROM letter l "
        f"WHERE {_DUE} AND {condition} AND NOT {rests('l')} AND {_ITS_TURN} "
        f"ORDER BY l.available_at, l.created_at, l.id LIMIT {{}}{skip}) "
        "UPDATE letter SET status = 'sending', lease = {}, leased_until = {}, attempts = attempts + 1, "
        f"last_answer = CASE WHEN status = 'sending' THEN last_answer || '{_DIED}' ELSE last_answer END "
        f"WHERE id IN (SELECT id FROM due) RETURNING {_COLUMNS}",
        now, now, limit, lease, until,
    )  # fmt: skip


def postman_from_settings() -> Postman | None:
    """
    The postman of this process; None when no relay is set and letters stay in the outbox.

    Raises:
        WrongSetting: letters are to be signed, and the key cannot be used.

    """
    settings = current_settings()
    if not settings.smtp_url:
        return None
    return Postman(
        relay_from_url(settings.smtp_url, our_name=organiser().address.rpartition("@")[2]),
        signer=signer_from_settings(),
        letters_per_minute_and_domain=settings.letters_per_minute_and_domain,
    )


async def background() -> None:
    """Empty the outbox as long as the process runs."""
    try:
        postman = postman_from_settings()
    except WrongSetting as error:
        logger.error("letters stay in the outbox: %s", error)
        return
    if postman is None:
        logger.info("no mail relay is set: letters stay in the outbox")
        return
    await postman.run(letters_waiting)


async def send_due() -> int:
    """Send what is due, once, and tell how many letters were taken; none when no relay is set."""
    postman = postman_from_settings()
    return await postman.drain(utc_now()) if postman else 0
