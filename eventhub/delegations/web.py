"""Pages: delegations: the desk of a member at one event, and quorum."""

from typing import Any

DELEGATION_PAGES: list[Any] = []
