"""Browsers of a reader and of somebody who keeps the members."""

import pytest_asyncio

from eventhub.access import cookie_name
from eventhub.accounts.commands import make_sign_in_link, sign_in
from eventhub.database import utc_now
from tests.conftest import browser
from tests.make import an_account


async def _signed_in(app, role):
    await an_account(role)
    link = await make_sign_in_link(f"{role}@example.org", now=utc_now())
    cookie = await sign_in(link.rsplit("/", 1)[1], now=utc_now(), former_session=None)
    found = browser(app)
    return found, cookie


@pytest_asyncio.fixture(loop_scope="session")
async def reader(app, database):
    """Somebody who may only read."""
    opened, cookie = await _signed_in(app, "reader")
    async with opened as found:
        found.cookies.set(cookie_name("eventhub"), cookie)
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(app, database):
    """Somebody who keeps the members."""
    opened, cookie = await _signed_in(app, "programme")
    async with opened as found:
        found.cookies.set(cookie_name("eventhub"), cookie)
        yield found
