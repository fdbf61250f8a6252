"""Pages: being there: check-in at the door, participant reports, personal join links."""

from typing import Any

CHECKIN_PAGES: list[Any] = []
