"""Pages: inclusive wording: words that are pointed out, with an alternative."""

from typing import Any

WORDING_PAGES: list[Any] = []
