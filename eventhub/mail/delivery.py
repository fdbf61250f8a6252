"""What became of letters, in plain words, and sending them again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.errors import NotFound, Refusal
from eventhub.mail.commands import letters_waiting
from eventhub.mail.domains import domain_of
from eventhub.mail.pauses import NEVER_REST, Pause
from eventhub.mail.queries import LetterRow
from eventhub.mail.rules import Outcome
from eventhub.mail.suppressions import NEVER_SUPPRESSED, suppressed
from eventhub.settings import current_settings
from eventhub.words import Sentence


class CannotBeSentAgain(Refusal):
    """A letter is on its way, or what it says is over, or nothing gets there."""

    status_code = 409


@dataclass(frozen=True)
class Step:
    """One thing that happened to a letter, and the words of the other mail system if there were any."""

    at: datetime | None
    sentence: str
    said: str = ""
    kind: str = "neutral"


class Delivery(msgspec.Struct, frozen=True):
    """Which letters are looked for; what is empty is not asked about."""

    who: str = ""
    person: UUID | None = None
    event: str = ""
    kind: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked."""
        return any(getattr(self, name) for name in self.__struct_fields__)


_OWN = ", ".join(f"l.{name} AS {name}" for name in LetterRow.__struct_fields__ if not name.startswith("event_"))


async def deliveries(wanted: Delivery, *, limit: int, offset: int = 0) -> tuple[list[LetterRow], int]:
    """
    A part of the letters that match, the newest first, and how many match; two queries.

    Days are those of the head office's clocks.
    """
    conditions, values = ["1 = 1"], list[Any]()
    if text := wanted.who.encode("utf-8", "replace").decode().strip():
        literal = "%" + re.sub(r"([!%_])", r"!\1", text.lower()) + "%"
        conditions.append(
            "(LOWER(l.recipient_name) LIKE {} ESCAPE '!' OR LOWER(l.recipient_address) LIKE {} ESCAPE '!')"
        )
        values += [literal, literal]
    for column, value in (
        ("l.person", wanted.person), ("e.slug", wanted.event), ("l.kind", wanted.kind), ("l.status", wanted.status)
    ):  # fmt: skip
        if value:
            conditions.append(f"{column} = {{}}")
            values.append(value)
    if wanted.since:
        conditions.append("l.created_at >= {}")
        values.append(_midnight(wanted.since))
    if wanted.until:
        conditions.append("l.created_at < {}")
        values.append(_midnight(wanted.until + timedelta(days=1)))
    source = f"FROM letter l LEFT JOIN event e ON e.id = l.event WHERE {' AND '.join(conditions)}"
    rows = await sql(
        f"SELECT {_OWN}, e.slug AS event_slug, e.title AS event_title {source} "
        "ORDER BY l.created_at DESC, l.id DESC LIMIT {} OFFSET {}",
        *values, limit, offset,
    )  # fmt: skip
    total = await sql(f"SELECT COUNT(*) AS n {source}", *values)
    return [LetterRow(**row) for row in rows], int(total[0]["n"])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(current_settings().time_zone)).astimezone(
        ZoneInfo("UTC")
    )


async def delivery_logs(letters: Sequence[LetterRow], pauses: Sequence[Pause] = ()) -> dict[UUID, list[Step]]:
    """
    What happened to each of these letters, in order; two queries.

    Args:
        letters: At most 500.
        pauses: Those in force; a letter that waits says which one holds it.

    """
    if not letters:
        return {}
    keys = [letter.id for letter in letters]
    marks = ", ".join("{}" for _ in keys)
    tries = await sql(
        "SELECT letter, attempt, tried_at, outcome, code, answer FROM delivery_attempt "
        f"WHERE letter IN ({marks}) ORDER BY tried_at, attempt",
        *keys,
    )
    bounces = await sql(
        f"SELECT letter, kind, said, bounced_at FROM bounce WHERE letter IN ({marks}) ORDER BY bounced_at", *keys
    )
    return {
        letter.id: _steps(
            letter,
            [row for row in tries if row["letter"] == letter.id],
            [row for row in bounces if row["letter"] == letter.id],
            pauses,
        )
        for letter in letters
    }


def _steps(
    letter: LetterRow, tries: Sequence[dict[str, Any]], bounces: Sequence[dict[str, Any]], pauses: Sequence[Pause]
) -> list[Step]:
    domain = domain_of(letter.recipient_address)
    steps = [
        Step(
            row["tried_at"], answer_in_words(row["outcome"], row["code"], row["answer"], domain), row["answer"], "warn"
        )
        for row in tries
    ]
    if letter.sent_at:
        words = Sentence("The mail server for %(domain)s accepted it.", domain=domain)
        said = letter.last_answer if letter.status == "sent" else ""
        steps.append(Step(letter.sent_at, words, said, "good"))
    steps += [
        Step(row["bounced_at"], _CAME_BACK[row["kind"]], row["said"], "bad")
        for row in bounces
        if letter.sent_at and row["bounced_at"] >= letter.sent_at
    ]
    steps.sort(key=lambda step: step.at or letter.created_at)
    return [Step(letter.created_at, Sentence("Written.")), *steps, *_where_it_stands(letter, pauses)]


def _where_it_stands(letter: LetterRow, pauses: Sequence[Pause]) -> list[Step]:
    """What is to come, or why nothing is."""
    if letter.status == "queued":
        held = next((pause for pause in pauses if _holds(pause, letter)), None)
        if held:
            return [Step(None, Sentence("It rests: %(reason)s", reason=held.reason), kind="warn")]
        if letter.attempts:
            return [Step(letter.available_at, Sentence("It is tried again then."))]
        return [Step(None, Sentence("It waits for its turn."))]
    if letter.status == "failed":
        return [Step(None, Sentence("It was given up."), letter.last_answer, "bad")]
    if letter.status == "suppressed":
        return [Step(None, Sentence("It was not sent: letters do not reach this person."), letter.last_answer, "bad")]
    if letter.status == "withdrawn":
        return [Step(None, Sentence("It was taken back, since its news is no longer true."), letter.last_answer)]
    if letter.status == "expired":
        return [Step(None, Sentence("It was not sent: what it tells of is over."))]
    return []


def _holds(pause: Pause, letter: LetterRow) -> bool:
    return (
        letter.kind not in NEVER_REST
        and pause.event in (None, letter.event)
        and pause.kind in (None, letter.kind)
    )  # fmt: skip


_CAME_BACK = {
    "hard": Sentence("It came back: it cannot be delivered."),
    "soft": Sentence("It came back: it cannot be delivered at present."),
    "complaint": Sentence("The reader reported it as unwanted."),
}
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


def answer_in_words(outcome: str, code: int | None, answer: str, domain: str) -> str:
    """
    An answer that was not yes, in a sentence.

    Args:
        outcome: What it meant for the letter.
        code: Of SMTP (RFC 5321 4.2); None: the connection was lost, or never made.
        answer: The words of the relay, which may hold an enhanced code (RFC 3463).
        domain: Of the recipient.

    """
    found = _ENHANCED.search(answer)
    detail = found[0].partition(".")[2] if found else ""
    if code is None:
        if outcome == Outcome.PAUSE:
            return Sentence("The mail relay could not be reached.")
        return Sentence("The connection to the mail server was lost before it said yes.")
    if outcome == Outcome.PAUSE:
        return Sentence("The mail relay refused us, not the letter. All letters wait.")
    if detail in ("1.1", "1.2", "1.3", "1.10"):
        return Sentence("The mail server for %(domain)s does not know the address.", domain=domain)
    if detail == "2.2" or code == _FULL:
        return Sentence("The mail server for %(domain)s said that the mailbox is full.", domain=domain)
    if detail == "2.1":
        return Sentence("The mail server for %(domain)s said that the mailbox is switched off.", domain=domain)
    if detail.startswith("7.") or code == _REFUSED:
        if 400 <= code < 500:
            return Sentence("The mail server for %(domain)s asked us to come back later.", domain=domain)
        return Sentence("The mail server for %(domain)s does not want the letter.", domain=domain)
    if detail == "3.4" or code == _TOO_LARGE:
        return Sentence("The mail server for %(domain)s said that the letter is too large.", domain=domain)
    if 400 <= code < 500:
        return Sentence("The mail server for %(domain)s said that it is busy.", domain=domain)
    return Sentence("The mail server for %(domain)s refused the letter.", domain=domain)


#: Mailbox full or system out of space; the transaction failed; too large (RFC 5321 4.2.3).
_FULL, _REFUSED, _TOO_LARGE = 452, 554, 552


async def send_again(letter_id: UUID, *, account_id: UUID | None, now: datetime) -> UUID:
    """
    Send a letter once more, to the address that its person has now.

    One that never arrived is tried again, under its Message-ID. One that left
    is copied: a new letter, with one of its own. A second click within the
    minute changes nothing.

    Returns:
        The letter that waits to be sent.

    Raises:
        NotFound: there is no such letter.
        CannotBeSentAgain: it is on its way, it is over, or its address gets no letters.

    """
    async with transaction():
        rows = await sql(
            "SELECT l.kind AS kind, l.status AS status, l.not_after AS not_after, l.person AS person, "
            f"{_ADDRESS} AS address FROM letter l LEFT JOIN person p ON p.id = l.person WHERE l.id = {{}}",
            letter_id,
        )
        if not rows:
            raise NotFound(Sentence("There is no such letter."))
        (letter,) = rows
        is_secret = letter["kind"] in NEVER_SUPPRESSED  # it lets somebody in, once
        if letter["status"] not in ("failed", "suppressed", "sent") or (is_secret and letter["status"] == "sent"):
            raise CannotBeSentAgain(Sentence("Only letters that were sent or that failed can be sent again."))
        if letter["not_after"] and letter["not_after"] < now:
            raise CannotBeSentAgain(Sentence("What this letter tells of is over."))
        if not is_secret and await suppressed(letter["address"]):
            raise CannotBeSentAgain(Sentence("Letters do not reach this address. Let them through again first."))
        new = letter_id
        if letter["status"] == "sent":
            new, made = await copy_of(letter_id, letter["address"], now)
            if not made:
                return new
        else:
            await sql(
                "UPDATE letter SET status = 'queued', attempts = 0, available_at = {}, last_answer = '', "
                "recipient_address = {} WHERE id = {}",
                now, letter["address"], letter_id,
            )  # fmt: skip
        detail = "" if new == letter_id else f"a copy of {letter_id}"
        await record("resend_letter", "letter", new, account_id=account_id, now=now, detail=detail)
    letters_waiting.set()
    return new


_ADDRESS = "COALESCE(NULLIF(p.email, ''), l.recipient_address)"


async def copy_of(letter_id: UUID, address: str, now: datetime) -> tuple[UUID, bool]:
    """A copy with a name of its own, and whether it was made now; it follows the same thread."""
    new, key = uuid4(), f"copy:{letter_id}:{now:%Y%m%dT%H%M}"
    domain = current_settings().sender[1].rpartition("@")[2]
    done = await sql(
        "INSERT INTO letter (id, dedupe_key, kind, event, person, recipient_name, recipient_address, language, facts, "
        "message_id, status, created_at, available_at, not_after, attempts, last_answer, calendar_uid, "
        "calendar_method, calendar_sequence, thread_id, wording) "
        "SELECT {}, {}, kind, event, person, recipient_name, {}, language, facts, {}, 'queued', {}, {}, not_after, 0, '', "
        "calendar_uid, calendar_method, calendar_sequence, COALESCE(thread_id, message_id), wording "
        "FROM letter WHERE id = {} ON CONFLICT (dedupe_key) DO NOTHING RETURNING id",
        new, key, address, f"<{new}@{domain}>", now, now, letter_id,
    )  # fmt: skip
    if done:
        return new, True
    rows = await sql("SELECT id FROM letter WHERE dedupe_key = {}", key)
    return UUID(str(rows[0]["id"])), False


@dataclass(frozen=True)
class HeldBack:
    """An address that gets no letters, named by the letter that told us, where it is still there."""

    id: UUID
    address_hash: str
    reason: str
    said: str
    suppressed_at: datetime
    letter: UUID | None
    recipient_name: str | None
    recipient_address: str | None


async def held_back(*, limit: int = 500) -> list[HeldBack]:
    """The suppressions in force, the newest first."""
    rows = await sql(
        "SELECT s.id AS id, s.address_hash AS address_hash, s.reason AS reason, s.said AS said, "
        "s.suppressed_at AS suppressed_at, s.letter AS letter, l.recipient_name AS recipient_name, "
        "l.recipient_address AS recipient_address FROM suppression s LEFT JOIN letter l ON l.id = s.letter "
        "WHERE s.lifted_at IS NULL ORDER BY s.suppressed_at DESC, s.id LIMIT {}",
        limit,
    )
    return [HeldBack(**row) for row in rows]
