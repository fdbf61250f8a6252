"""Pages: two records of one person made one, and undone."""

from typing import Any

MERGING_PAGES: list[Any] = []
