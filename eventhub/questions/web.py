"""Pages: questions that an event asks of those who register."""

from typing import Any

QUESTION_PAGES: list[Any] = []
