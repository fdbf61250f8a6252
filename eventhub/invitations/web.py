"""Pages: registration by invitation."""

from typing import Any

INVITATION_PAGES: list[Any] = []
