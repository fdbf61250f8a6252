"""A signed-in reader of reports."""

import pytest_asyncio

from eventhub.access import cookie_name
from eventhub.accounts.commands import make_sign_in_link, sign_in
from eventhub.database import utc_now
from tests.conftest import browser
from tests.make import an_account


@pytest_asyncio.fixture(loop_scope="session")
async def reader(app, database):
    """A browser of somebody who may only read; signed in without the page, which takes ten tries a minute."""
    await an_account("reader")
    link = await make_sign_in_link("reader@example.org", now=utc_now())
    async with browser(app) as found:
        found.cookies.set(
            cookie_name("eventhub"), await sign_in(link.rsplit("/", 1)[1], now=utc_now(), former_session=None)
        )
        yield found
