"""Pages: plans of the association: measures, deliverables, and the events that are evidence."""

from typing import Any

PLAN_PAGES: list[Any] = []
