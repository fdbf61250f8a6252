"""What people of a cohort write to each other: through the product, and nobody sees an address."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.labs.cohort_queries import Participant, participant_by_link, participant_in
from eventhub.labs.life_letters import message_letter
from eventhub.labs.queries import lab_by_id, no_such_link
from eventhub.mail.commands import post_letter
from eventhub.words import Sentence

LONGEST_SUBJECT = 150
LONGEST_MESSAGE = 5_000
#: Messages of one person within a day, and of these to one and the same.
MOST_A_DAY, MOST_TO_ONE = 20, 5
#: The same message within this time was sent by a button pressed twice.
SAME_WITHIN = timedelta(minutes=10)
SHOWN = 20


class NotWritable(Refusal):
    """One of the two is not shown to the cohort, and so neither writes nor is written to."""

    status_code = 409


class TooMany(Refusal):
    """Somebody writes more than one person reads."""

    status_code = 429


class MessageRow(msgspec.Struct, frozen=True):
    """A message between two of a cohort."""

    id: UUID
    sender: UUID
    subject: str
    body: str
    sent_at: datetime


async def colleague(reader: Participant, participant_id: UUID) -> Participant:
    """
    Somebody of the same cohort who is shown to it.

    Raises:
        NotFound: there is no such person, or it is the reader; alike for who is hidden, and who left.

    """
    found = await participant_in(reader.lab, participant_id)
    if not found.is_shown or found.left_at is not None or found.id == reader.id or not found.email:
        raise _nobody()
    return found


def _nobody() -> NotFound:
    return NotFound(Sentence("There is no such person in this cohort."))


async def messages_between(reader: Participant, other: Participant) -> list[MessageRow]:
    """The newest messages of two people to each other, newest first."""
    rows = await sql(
        "SELECT id, sender, subject, body, sent_at FROM cohort_message "
        "WHERE (sender = {} AND recipient = {}) OR (sender = {} AND recipient = {}) "
        f"ORDER BY sent_at DESC, id LIMIT {SHOWN}",
        reader.id, other.id, other.id, reader.id,
    )  # fmt: skip
    return [MessageRow(**row) for row in rows]


async def write_message(token: str, recipient_id: UUID, *, subject: str, body: str, now: datetime) -> bool:
    """
    Write to somebody of the same cohort; both are shown to it.

    Returns:
        False: it is the message of a moment ago, which is not sent again.

    Raises:
        NotFound: the link opens nothing, or there is no such person.
        Problems: subject or message is missing or too long.
        NotWritable: the writer is not shown to the cohort.
        TooMany: it is one message too many for a day.

    """
    sender = await participant_by_link(token)
    subject, body = clean_line(subject), clean_text(body)
    problems: dict[str, list[str]] = {}
    if not subject:
        problems["subject"] = [Sentence("Please give the message a subject.")]
    if not body:
        problems["body"] = [Sentence("Please write the message.")]
    for name, text, most in (("subject", subject, LONGEST_SUBJECT), ("body", body, LONGEST_MESSAGE)):
        if len(text) > most:
            problems[name] = [Sentence("This is too long; %(most)s characters is the most.", most=most)]
    await colleague(sender, recipient_id)
    if problems:
        raise Problems(problems)
    lab = await lab_by_id(sender.lab)
    async with transaction():
        # in one order, or two who write to each other would wait for each other
        for key in sorted((sender.id, recipient_id)):
            await sql(f"SELECT id FROM lab_participant WHERE id = {{}}{lock_clause()}", key)
        sender = await participant_in(lab.id, sender.id)
        if sender.left_at is not None:
            raise no_such_link()
        recipient = await colleague(sender, recipient_id)
        if not sender.is_shown:
            raise NotWritable(Sentence("To write to others, let them see your name first. They can then answer you."))
        written = await sql(
            "SELECT recipient, subject, body, sent_at FROM cohort_message WHERE sender = {} AND sent_at > {}",
            sender.id,
            now - timedelta(days=1),
        )
        to_one = [row for row in written if row["recipient"] == recipient.id]
        if any(
            (row["subject"], row["body"]) == (subject, body) and row["sent_at"] > now - SAME_WITHIN for row in to_one
        ):
            return False
        if len(written) >= MOST_A_DAY or len(to_one) >= MOST_TO_ONE:
            raise TooMany(
                Sentence(
                    "You can write %(most)s messages a day, and %(one)s to the same person. Please go on tomorrow.",
                    most=MOST_A_DAY,
                    one=MOST_TO_ONE,
                )
            )
        new = uuid4()
        await sql(
            "INSERT INTO cohort_message (id, lab, sender, recipient, subject, body, sent_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {})",
            new, lab.id, sender.id, recipient.id, subject, body, now,
        )  # fmt: skip
        await post_letter(message_letter(lab, sender, recipient, message=new, subject=subject, body=body), now=now)
    return True
