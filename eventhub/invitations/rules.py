"""Law of invitations: how one stands, and which link opens it."""

from datetime import datetime
from enum import StrEnum


class InvitationState(StrEnum):
    """How an invitation stands."""

    NOT_SENT = "not_sent"
    SENT = "sent"
    REGISTERED = "registered"
    WITHDRAWN = "withdrawn"


class Spent(StrEnum):
    """Why a link of an invitation opens no form any more."""

    USED = "used"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


def state_of(link_version: int, *, has_registered: bool, withdrawn_at: datetime | None) -> InvitationState:
    """
    Tell how an invitation stands.

    Args:
        link_version: Of the link in the newest letter; 0 or less while none has been sent.

    """
    if has_registered:
        return InvitationState.REGISTERED
    if withdrawn_at:
        return InvitationState.WITHDRAWN
    return InvitationState.SENT if link_version > 0 else InvitationState.NOT_SENT


def invited_again(link_version: int) -> int:
    """The version of an invitation that was withdrawn and is given again: not sent, and its old links stay shut."""
    return -abs(link_version)


def sent_version(link_version: int) -> int:
    """The version that the next letter carries: the same as before, or the first one that no letter has had."""
    return link_version if link_version > 0 else 1 - link_version
