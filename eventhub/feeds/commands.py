"""Secret addresses of calendars: made, made anew, taken back."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.accounts.queries import token_hash
from eventhub.database import sql, transaction
from eventhub.feeds.queries import FeedKind, LinkRow

_NOTED_EVERY = timedelta(days=1)


async def make_feed_link(
    kind: FeedKind, subject: UUID, *, language: str, now: datetime, account_id: UUID | None = None
) -> str:
    """
    Give a calendar a new secret address; one that it had stops working.

    Args:
        language: Of the words around the events' own text.
        account_id: Who made it; None: the person whose calendar it is.

    Returns:
        The secret, 256 random bits. Only its hash is kept, so it can be shown this once.

    """
    token, new = secrets.token_urlsafe(32), uuid4()
    async with transaction():
        await _take_back(kind, subject, now)
        await sql(
            f"INSERT INTO feed_link (id, kind, {kind}, language, token_hash, created_by, created_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {})",
            new, kind, subject, language, token_hash(token), account_id, now,
        )  # fmt: skip
        await record("make_feed_link", "feed_link", new, account_id=account_id, now=now, detail=kind)
    return token


async def revoke_feed_link(kind: FeedKind, subject: UUID, *, now: datetime, account_id: UUID | None = None) -> bool:
    """Take the secret address of a calendar back; whether there was one."""
    async with transaction():
        gone = await _take_back(kind, subject, now)
        for key in gone:
            await record("revoke_feed_link", "feed_link", key, account_id=account_id, now=now, detail=kind)
    return bool(gone)


async def _take_back(kind: FeedKind, subject: UUID, now: datetime) -> list[UUID]:
    rows = await sql(
        f"UPDATE feed_link SET revoked_at = {{}} WHERE {kind} = {{}} AND kind = {{}} AND revoked_at IS NULL RETURNING id",
        now,
        subject,
        kind,
    )
    return [row["id"] for row in rows]


async def note_fetch(link: LinkRow, *, now: datetime) -> None:
    """Note that a program has fetched a calendar, once a day, so that its holder sees whether any still does."""
    if link.fetched_at is None or now - link.fetched_at > _NOTED_EVERY:
        await sql("UPDATE feed_link SET fetched_at = {} WHERE id = {}", now, link.id)
