"""What people do with reports: publish an edition, and withdraw one."""

from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.directory.rules import clean_text
from eventhub.errors import Problems, Refusal
from eventhub.reports.building import report_of
from eventhub.reports.frozen import frozen
from eventhub.reports.queries import EditionRow, edition_by_number
from eventhub.reports.rules import note_problems, without_links
from eventhub.words import Sentence


class PublishedMeanwhile(Refusal):
    """Somebody else was quicker."""

    status_code = 409


class AlreadyWithdrawn(Refusal):
    """It was withdrawn before."""

    status_code = 409


async def publish_edition(year: int, note: str, *, after: int, now: datetime, account_id: UUID) -> EditionRow:
    """
    Publish the report of a year as it stands now, for good: nothing changes it any more.

    It has protected numbers, whoever publishes it.

    Args:
        year: Of the report.
        note: What readers are told of this edition; may be empty.
        after: Number of the newest edition when the page was shown, 0 if there was none.
        now: The time.
        account_id: Who publishes.

    Raises:
        NotFound: there are no figures for such a year.
        Problems: the note is too long.
        PublishedMeanwhile: there is a newer edition than `after`.

    """
    note = clean_text(note)
    if problem := note_problems(note, required=False):
        raise Problems({"note": [problem]})
    content = frozen(without_links(await report_of(year, is_exact=False)))
    async with transaction():
        newest = await sql("SELECT COALESCE(MAX(number), 0) AS number FROM report_edition WHERE year = {}", year)
        # Of two at once, both find the same newest edition; the second one's number is then taken.
        done = newest[0]["number"] == after and await sql(
            "INSERT INTO report_edition (id, year, number, content, note, published_at, account) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}) ON CONFLICT (year, number) DO NOTHING RETURNING id",
            uuid4(), year, after + 1, content, note, now, account_id,
        )  # fmt: skip
        if not done:
            raise PublishedMeanwhile(
                Sentence("An edition was published meanwhile. Please look at it before you publish another one.")
            )
        await record("publish_edition", "report_edition", done[0]["id"], account_id=account_id, now=now)
    return await edition_by_number(year, after + 1)


async def withdraw_edition(year: int, number: int, reason: str, *, now: datetime, account_id: UUID) -> EditionRow:
    """
    Withdraw an edition: it is kept, but no longer what the public reads.

    Raises:
        NotFound: there is no such edition.
        Problems: no reason is given, or it is too long.
        AlreadyWithdrawn: it was withdrawn before.

    """
    edition = await edition_by_number(year, number)
    reason = clean_text(reason)
    if problem := note_problems(reason, required=True):
        raise Problems({"reason": [problem]})
    async with transaction():
        done = await sql(
            "UPDATE report_edition SET withdrawn_at = {}, withdrawn_by = {}, withdraw_reason = {} "
            "WHERE id = {} AND withdrawn_at IS NULL RETURNING id",
            now, account_id, reason, edition.id,
        )  # fmt: skip
        if not done:
            raise AlreadyWithdrawn(Sentence("This edition has been withdrawn already."))
        await record("withdraw_edition", "report_edition", edition.id, account_id=account_id, now=now)
    return await edition_by_number(year, number)
