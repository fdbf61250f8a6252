"""Pages: certificates, badges and attendance sheets as PDF."""

from typing import Any

PAPER_PAGES: list[Any] = []
