"""Signed-in readers of reports."""

from contextlib import asynccontextmanager

import pytest_asyncio

from eventhub.access import cookie_name
from eventhub.accounts.commands import make_sign_in_link, set_data_steward, sign_in
from eventhub.database import utc_now
from tests.conftest import browser
from tests.make import an_account


@asynccontextmanager
async def signed_in_reader(app):
    """Signed in without the page, which takes ten tries a minute."""
    link = await make_sign_in_link("reader@example.org", now=utc_now())
    async with browser(app) as found:
        found.cookies.set(
            cookie_name("eventhub"), await sign_in(link.rsplit("/", 1)[1], now=utc_now(), former_session=None)
        )
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def reader(app, database):
    """A browser of somebody who may only read."""
    await an_account("reader")
    async with signed_in_reader(app) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def steward(app, database):
    """A browser of somebody who may only read, and sees exact numbers by gender."""
    await an_account("reader")
    await set_data_steward("reader@example.org", on=True, now=utc_now())
    async with signed_in_reader(app) as found:
        yield found
