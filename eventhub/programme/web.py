"""Pages: the programme of an event: items, conflicts, versions and sign-up."""

from typing import Any

PROGRAMME_PAGES: list[Any] = []
