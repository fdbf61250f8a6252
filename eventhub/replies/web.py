"""Messages that came in, as staff read and decide them."""

from typing import Any

REPLY_PAGES: list[Any] = []
