"""What people do with feedback: ask for it, by hand or by itself, remind once, and answer."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction, utc_now
from eventhub.directory.rules import clean_text
from eventhub.errors import Problems, Refusal
from eventhub.events.queries import EventRow, event_by_id
from eventhub.feedback.letters import feedback_letter
from eventhub.feedback.queries import (
    Asked,
    FeedbackRow,
    attendance_was_recorded,
    events_to_ask_about,
    feedback_by_link,
    labs_to_ask_about,
    people_to_ask,
    unanswered,
)
from eventhub.feedback.rules import WAIT_FOR_ATTENDANCE, Subject, answer_problems, is_open
from eventhub.labs.queries import lab_by_id
from eventhub.mail.commands import post_letter
from eventhub.words import Sentence

logger = logging.getLogger(__name__)

#: Seconds between two looks at the clock.
EVERY = 300.0


class TooEarly(Refusal):
    """Nobody is asked about what is not over."""

    status_code = 409


class FeedbackClosed(Refusal):
    """The answer can no longer be given or changed."""

    status_code = 409


class AnsweredMeanwhile(Refusal):
    """Another answer came in by the same link since the form was opened."""

    status_code = 409


@dataclass(frozen=True)
class Answer:
    """What somebody says; scores from 1 to 5."""

    usefulness: int | None
    overall: int | None
    comment: str = ""
    consent: str = "none"


async def switch_asking(subject: Subject, object_id: UUID, *, on: bool, now: datetime, account_id: UUID) -> None:
    """Ask by itself after an event, or after each session and at the end of a lab; or stop that. Twice is once."""
    column = subject.value
    async with transaction():
        done = await sql(
            f"UPDATE {column} SET asks_feedback = {{}} WHERE id = {{}} AND asks_feedback <> {{}} RETURNING id",
            on, object_id, on,
        )  # fmt: skip
        if done:
            action = "switch_feedback_on" if on else "switch_feedback_off"
            await record(action, column, object_id, account_id=account_id, now=now)


async def ask_now(subject: Subject, object_id: UUID, *, now: datetime, account_id: UUID) -> int:
    """
    Ask everybody who was there and was not asked yet.

    Returns:
        How many people were written to.

    Raises:
        TooEarly: it is not over.

    """
    if subject is Subject.EVENT:
        event = await event_by_id(object_id)
        if not event.is_past(now) or event.status != "published":
            raise TooEarly(Sentence("People are asked once the event is over."))
        return await _ask(subject, object_id, event.title, now=now, account_id=account_id)
    lab = await lab_by_id(object_id)
    if lab.status != "finished":
        raise TooEarly(Sentence("People are asked about all of it once it is finished."))
    return await _ask(subject, object_id, lab.name, now=now, account_id=account_id)


async def ask_due(now: datetime) -> int:
    """
    Ask about what is over where staff switched it on, and remind those once who have not answered for a week.

    Doing it twice is doing it once. Somebody whose attendance is recorded
    later is asked then.

    Returns:
        How many letters were written.

    """
    written = 0
    for event in await events_to_ask_about(now.date()):
        if event.is_past(now) and (_waited(event, now) or await attendance_was_recorded(event.id)):
            written += await _ask(Subject.EVENT, event.id, event.title, now=now)
    for lab in await labs_to_ask_about(now.date()):
        written += await _ask(Subject.LAB, lab["id"], lab["name"], now=now)
    for feedback, to in await unanswered(now):
        async with transaction():
            letter = feedback_letter(
                feedback.id, feedback.link_version, to, event_id=feedback.event, title=feedback.title, is_reminder=True
            )
            written += await post_letter(letter, now=now)
    return written


def _waited(event: EventRow, now: datetime) -> bool:
    return event.is_past(now - WAIT_FOR_ATTENDANCE)


async def _ask(subject: Subject, object_id: UUID, title: str, *, now: datetime, account_id: UUID | None = None) -> int:
    people = await people_to_ask(subject, object_id)
    if not people:
        return 0
    async with transaction():
        asked = 0
        for one in people:
            asked += await _ask_one(subject, object_id, title, one, now)
        if asked:
            detail = str(asked)
            await record("ask_feedback", subject.value, object_id, account_id=account_id, now=now, detail=detail)
    return asked


async def _ask_one(subject: Subject, object_id: UUID, title: str, one: Asked, now: datetime) -> bool:
    """Ask one person; who wants no letters of this kind counts as never asked."""
    new = uuid4()
    done = await sql(
        f"INSERT INTO feedback (id, {subject.value}, person, language, asked_at) VALUES ({{}}, {{}}, {{}}, {{}}, {{}}) "
        "ON CONFLICT DO NOTHING RETURNING id",
        new, object_id, one.person, one.language, now,
    )  # fmt: skip
    if not done:
        return False
    event_id = object_id if subject is Subject.EVENT else None
    if await post_letter(feedback_letter(new, 1, one, event_id=event_id, title=title), now=now):
        return True
    await sql("DELETE FROM feedback WHERE id = {}", new)
    return False


async def give_feedback(token: str, answer: Answer, *, version: int, now: datetime) -> FeedbackRow:
    """
    Write down what somebody says, or change it.

    Raises:
        NotFound: the link is not ours, or was replaced.
        FeedbackClosed: more than 60 days have gone by.
        Problems: something is missing or wrong; every fault at once.
        AnsweredMeanwhile: another answer came in by this link since `version` was shown.

    """
    feedback = await feedback_by_link(token)
    if not is_open(feedback.asked_at, now):
        raise FeedbackClosed(Sentence("Feedback could be given and changed for 60 days; that time is over."))
    comment = clean_text(answer.comment)
    if problems := answer_problems(answer.usefulness, answer.overall, comment, answer.consent):
        raise Problems(problems)
    async with transaction():
        done = await sql(
            "UPDATE feedback SET usefulness = {}, overall = {}, comment = {}, consent = {}, answered_at = {}, "
            "version = version + 1 WHERE id = {} AND version = {} AND person IS NOT NULL RETURNING id",
            answer.usefulness, answer.overall, comment, answer.consent, now, feedback.id, version,
        )  # fmt: skip
        if not done:
            raise AnsweredMeanwhile(
                Sentence("Another answer was sent by this link meanwhile. Compare both, then send yours again.")
            )
    return await feedback_by_link(token)


async def background() -> None:
    """Ask and remind until the task is cancelled; a failure is tried again at the next look."""
    while True:
        try:
            await ask_due(utc_now())
        except Exception:
            logger.exception("feedback could not be asked for")
        await asyncio.sleep(EVERY)
