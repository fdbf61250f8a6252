"""Wording, letters to groups, and what goes when."""

from typing import Any

MAILING_PAGES: list[Any] = []
