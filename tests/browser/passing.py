"""Lets time pass for a lab: nobody waits for days in a test. Runs with the settings of the site."""

import sys
from datetime import timedelta

from eventhub.cli import run
from eventhub.database import sql, utc_now


async def close_call(slug: str) -> None:
    """The call closed an hour ago."""
    await sql(
        "UPDATE lab_call SET closes_at = {} WHERE lab IN (SELECT id FROM lab WHERE slug = {})",
        utc_now() - timedelta(hours=1), slug,
    )  # fmt: skip


async def end_sessions(slug: str) -> None:
    """The sessions took place yesterday."""
    then = utc_now() - timedelta(days=1)
    await sql(
        "UPDATE event SET starts_on = {}, ends_on = {}, starts_at = {}, ends_at = {} WHERE id IN "
        "(SELECT s.event FROM lab_session s JOIN lab l ON l.id = s.lab WHERE l.slug = {})",
        then.date(), then.date(), then, then + timedelta(hours=2), slug,
    )  # fmt: skip


if __name__ == "__main__":
    run(lambda: {"call": close_call, "sessions": end_sessions}[sys.argv[1]](sys.argv[2]))
