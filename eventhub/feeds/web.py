"""Calendars to subscribe to."""

from typing import Any

FEED_PAGES: list[Any] = []
