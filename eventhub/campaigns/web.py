"""Pages: campaigns of a day or month, and the events that others propose for them."""

from typing import Any

CAMPAIGN_PAGES: list[Any] = []
