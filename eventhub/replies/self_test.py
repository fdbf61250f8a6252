"""The self-test: a letter to ourselves, which goes out and comes back the way that answers do."""

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.errors import Refusal
from eventhub.mail.addresses import plus_addresses_fit
from eventhub.mail.commands import post_letter
from eventhub.mail.rules import LetterStatus
from eventhub.replies.letters import self_test_letter
from eventhub.replies.queries import MailboxRow, letter_of_test, mailbox_state
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: A mailbox is looked at every minute; one that was not for so long is not read.
_SILENT = timedelta(minutes=5)
#: A letter takes so long at most, unless something is wrong.
PATIENCE = timedelta(minutes=10)


class NoSelfTest(Refusal):
    """There is no mailbox or no relay, or a test is on its way."""

    status_code = 409


async def start_self_test(*, now: datetime, account_id: UUID) -> str:
    """
    Write a letter to ourselves; the mailbox notes when it comes back.

    Returns:
        The secret of the test.

    Raises:
        NoSelfTest: letters cannot go out, or cannot come in, or the last test is on its way.

    """
    if not current_settings().smtp_url:
        raise NoSelfTest(Sentence("No mail relay is set, so no letter can go out."))
    if not current_settings().imap_url:
        raise NoSelfTest(Sentence("No mailbox is set, so no letter can come back."))
    token = secrets.token_hex(10)
    async with transaction():
        await sql("INSERT INTO mailbox (id) VALUES (1) ON CONFLICT DO NOTHING")
        started = await sql(
            "UPDATE mailbox SET test_token = {}, test_sent_at = {}, test_back_at = NULL WHERE id = 1 "
            "AND (test_sent_at IS NULL OR test_back_at IS NOT NULL OR test_sent_at <= {}) RETURNING id",
            token, now, now - PATIENCE,
        )  # fmt: skip
        if not started:
            raise NoSelfTest(Sentence("The last test is still on its way. Please look again in a minute."))
        await post_letter(self_test_letter(token, now=now), now=now)
        await record("self_test", "mailbox", "1", account_id=account_id, now=now)
    return token


async def mailbox_report(now: datetime) -> list[tuple[str, Sentence]]:
    """
    What works on the way back and what does not, in sentences with a colour: success, info, warning or error.

    Two queries.
    """
    settings, state = current_settings(), await mailbox_state()
    found: list[tuple[str, Sentence]] = []
    if not settings.imap_url:
        found.append((
            "info",
            Sentence("No mailbox is set (EVENTHUB_IMAP_URL). People answer by the links in their letters; "
                     "answers of calendars can be piped into “eventhub mail receive”."),
        ))  # fmt: skip
    else:
        found.append(_reading(state, now))
    found.append(_plus_addresses())
    if settings.imap_url and not settings.authserv_id:
        found.append((
            "info",
            Sentence("What the mail server says of forged senders is not looked at (EVENTHUB_AUTHSERV_ID is empty)."),
        ))  # fmt: skip
    if state.test_sent_at:
        found.append(await _test(state, now))
    elif settings.imap_url:
        found.append(("info", Sentence("The way back was never tested.")))
    return found


def _reading(state: MailboxRow, now: datetime) -> tuple[str, Sentence]:
    host = urlsplit(current_settings().imap_url).hostname or ""
    if state.trouble:
        return "error", Sentence("The mailbox at %(host)s cannot be read: %(why)s", host=host, why=state.trouble)
    if state.looked_at is None:
        return "warning", Sentence("The mailbox at %(host)s has not been looked at yet.", host=host)
    if state.looked_at < now - _SILENT:
        minutes = int((now - state.looked_at).total_seconds() // 60)
        return "error", Sentence.counted(
            "The mailbox was last looked at %(num)s minute ago. Does “eventhub serve” or “eventhub postman” run?",
            "The mailbox was last looked at %(num)s minutes ago. Does “eventhub serve” or “eventhub postman” run?",
            minutes,
        )
    return "success", Sentence("The mailbox at %(host)s is read every minute.", host=host)


def _plus_addresses() -> tuple[str, Sentence]:
    if current_settings().plus_addresses == "off":
        return "warning", Sentence(
            "Reply addresses of people are switched off (EVENTHUB_PLUS_ADDRESSES): an answer counts only when its "
            "sender is the person who was invited; everything else is put before you."
        )
    if not plus_addresses_fit():
        return "error", Sentence(
            "The address of the sender is too long for reply addresses; please take a shorter one."
        )
    return "success", Sentence("Every person has a reply address of their own, which proves their answers.")


async def _test(state: MailboxRow, now: datetime) -> tuple[str, Sentence]:
    assert state.test_sent_at is not None
    if state.test_back_at:
        seconds = int((state.test_back_at - state.test_sent_at).total_seconds())
        return "success", Sentence.counted(
            "The self-test came back after %(num)s second: letters go out and answers come in.",
            "The self-test came back after %(num)s seconds: letters go out and answers come in.",
            seconds,
        )
    letter = await letter_of_test(state.test_token)
    if letter is None or letter["status"] in (LetterStatus.FAILED, LetterStatus.EXPIRED, LetterStatus.WITHDRAWN):
        said = letter["last_answer"] if letter else ""
        return "error", Sentence("The letter of the self-test did not go out. %(said)s", said=said)
    if letter["status"] != LetterStatus.SENT:
        late = state.test_sent_at < now - PATIENCE
        return "error" if late else "info", Sentence("The letter of the self-test waits in the outbox.")
    if state.test_sent_at < now - PATIENCE:
        return "error", Sentence(
            "The letter of the self-test went out and did not come back. Does the mail system put events+anything "
            "into this mailbox, and is it the folder that is read?"
        )
    return "info", Sentence("The letter of the self-test has gone out and is not back yet.")
