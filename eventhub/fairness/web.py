"""Pages: time-zone fairness: at which local hour a meeting falls for whom."""

from typing import Any

FAIRNESS_PAGES: list[Any] = []
