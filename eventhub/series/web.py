"""Pages: series of events, their editions, and copies of an event."""

from typing import Any

SERIES_PAGES: list[Any] = []
