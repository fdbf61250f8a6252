"""Feeds are kept per process; each test begins as a new process does."""

from typing import Any

import pytest

from eventhub.events.kept_feeds import KEPT_FEEDS, KEPT_PARTS


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    KEPT_FEEDS.clear()
    KEPT_PARTS.clear()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every query that is sent."""
    from eventhub import database

    engine, found = type(database.engine()), []
    run = engine.run_querystring

    async def counted(self: Any, querystring: Any, *args: Any, **kwargs: Any) -> Any:
        found.append(str(querystring))
        return await run(self, querystring, *args, **kwargs)

    monkeypatch.setattr(engine, "run_querystring", counted)
    return found


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The title of every VEVENT that is written."""
    from eventhub.events import feeds
    from eventhub.feeds import personal

    found: list[str] = []
    for module in (feeds, personal):
        write = module.published_part

        def noted(event: Any, *args: Any, write: Any = write, **kwargs: Any) -> bytes:
            found.append(event.title)
            return write(event, *args, **kwargs)

        monkeypatch.setattr(module, "published_part", noted)
    return found
