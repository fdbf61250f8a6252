"""
Work on many registrations at once: each by the command for one, so that no rule is known twice.

A selection is done in parts of 200. What a rule refuses for one person leaves
the others as they are, and is reported with its reason.
"""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from eventhub.accounts.commands import record
from eventhub.database import transaction
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import Problems, Refusal
from eventhub.events.queries import EventRow
from eventhub.mail.commands import post_letter
from eventhub.mail.rules import Wording, wording_problems
from eventhub.registrations.commands import decide, record_attendance
from eventhub.registrations.letters import message_letter
from eventhub.registrations.lists import ListedRow, chosen, parts_of
from eventhub.registrations.queries import registration_by_id
from eventhub.registrations.rules import LONGEST_REASON, RegistrationStatus
from eventhub.words import Sentence

LONGEST_SUBJECT = 150
LONGEST_MESSAGE = 5000
#: What stands for the name of each person in a message.
NAME_MARK = "[name]"


class Verb(StrEnum):
    """What can be done to many registrations."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    WAITLIST = "waitlist"
    PRESENT = "present"


#: What a registration is once the verb is done; who is so already is left alone.
_AFTERWARDS = {
    Verb.CONFIRM: RegistrationStatus.CONFIRMED,
    Verb.DECLINE: RegistrationStatus.DECLINED,
    Verb.WAITLIST: RegistrationStatus.WAITLISTED,
}


@dataclass(frozen=True)
class BulkReport:
    """
    What became of a selection.

    Attributes:
        done: People for whom it was done.
        unchanged: People for whom it was so already.
        refused: Name and reason, for everybody else.
        left: Those whose turn did not come before the time was over.

    """

    done: int
    unchanged: int
    refused: tuple[tuple[str, str], ...]
    left: tuple[UUID, ...] = ()

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Each reason with the number of people, the most frequent one first."""
        return Counter(reason for _, reason in self.refused).most_common()


@dataclass(frozen=True)
class Message:
    """A letter that staff write to people who registered; `[name]` in the text becomes the name of each."""

    subject: str
    text: str


def fingerprint(ids: Sequence[UUID]) -> str:
    """Changes when other people are chosen: what somebody agreed to is what gets done."""
    return hashlib.sha256(b"".join(sorted(one.bytes for one in ids))).hexdigest()[:32]


def checked_reason(verb: Verb, reason: str) -> str:
    """
    The reason as it is kept and told.

    Raises:
        Problems: it is too long, or missing although the person reads it.

    """
    text = clean_text(reason)
    if len(text) > LONGEST_REASON:
        raise Problems(
            {"reason": [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_REASON)]}
        )
    if verb is Verb.DECLINE and not text:
        raise Problems({"reason": [Sentence("Please give the reason; the people read it in their letter.")]})
    return text


def checked_message(message: Message) -> Message:
    """
    The message as it is sent.

    Raises:
        Problems: subject or text is missing or too long.

    """
    tidy = Message(clean_line(message.subject), clean_text(message.text))
    problems: dict[str, list[str]] = {}
    if not tidy.subject:
        problems["subject"] = [Sentence("Please give the letter a subject.")]
    elif NAME_MARK in tidy.subject:
        problems["subject"] = [Sentence("The name can only stand in the text, not in the subject.")]
    if not tidy.text:
        problems["text"] = [Sentence("Please write the letter.")]
    for name, most in (("subject", LONGEST_SUBJECT), ("text", LONGEST_MESSAGE)):
        if len(getattr(tidy, name)) > most:
            problems[name] = [Sentence("This is too long; %(most)s characters is the most.", most=most)]
        elif said := wording_problems(Wording("-", getattr(tidy, name) or "-")).get("body"):
            problems.setdefault(name, said)
    if problems:
        raise Problems(problems)
    return tidy


async def act_on_many(
    event: EventRow,
    ids: Sequence[UUID],
    verb: Verb,
    reason: str = "",
    *,
    seconds: float | None = None,
    now: datetime,
    account_id: UUID,
) -> BulkReport:
    """
    Confirm, decline, put on the waiting list or mark as present, one after the other.

    Those who wait longest come first, so that a last free seat goes to them.
    Registrations of other events are left out.

    Args:
        seconds: No further part is begun after these; None: all of them are done.

    Raises:
        Problems: the reason is missing or too long; nothing was done then.

    """
    reason = checked_reason(verb, reason)
    done, unchanged, refused = 0, 0, []
    in_order = [one.id for one in await chosen(event.id, ids)]
    started, reached = time.monotonic(), 0
    for part in parts_of(in_order):
        if seconds is not None and time.monotonic() - started > seconds:
            break
        reached += len(part)
        for one in await chosen(event.id, part):
            if _is_so_already(verb, one):
                unchanged += 1
                continue
            try:
                await _do(verb, one.id, reason, now=now, account_id=account_id)
                done += 1
            except Refusal as refusal:
                refused.append((one.name, refusal.sentences[0]))
            await asyncio.sleep(0)  # others are served in between
    return BulkReport(done, unchanged, tuple(refused), tuple(in_order[reached:]))


def _is_so_already(verb: Verb, one: ListedRow) -> bool:
    return one.attended if verb is Verb.PRESENT else one.status == _AFTERWARDS[verb]


async def _do(verb: Verb, registration_id: UUID, reason: str, *, now: datetime, account_id: UUID) -> None:
    if verb is Verb.PRESENT:
        await record_attendance(registration_id, attended=True, now=now, account_id=account_id)
    else:
        await decide(registration_id, verb, reason, now=now, account_id=account_id)


async def write_to_many(
    event: EventRow, ids: Sequence[UUID], message: Message, *, key: str, now: datetime, account_id: UUID
) -> BulkReport:
    """
    Write the same letter to many people, each with the name and the personal link of their own.

    Args:
        key: Of the form; the same one sent twice writes once.

    Raises:
        Problems: subject or text is missing or too long.

    """
    message = checked_message(message)
    done, unchanged, refused = 0, 0, []
    for part in parts_of([one.id for one in await chosen(event.id, ids)]):
        people = [await registration_by_id(one) for one in part]
        async with transaction():
            for one in people:
                if not one.email:
                    refused.append((one.name, Sentence("There is no e-mail address to write to.")))
                elif await post_letter(message_letter(event, one, message.subject, message.text, key=key), now=now):
                    done += 1
                else:
                    unchanged += 1
    if done:
        async with transaction():
            await record(
                "write_to_registered", "event", event.id, account_id=account_id, now=now, detail=f"{done} letters"
            )
    return BulkReport(done, unchanged, tuple(refused))
