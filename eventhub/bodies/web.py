"""Pages: statutory bodies and the seats of members in them."""

from typing import Any

BODY_PAGES: list[Any] = []
