"""How an invitation stands, and which link opens it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.invitations.rules import InvitationState, invited_again, sent_version, state_of
from tests.make import NOW


@pytest.mark.parametrize(
    ("version", "has_registered", "withdrawn_at", "state"),
    [
        (0, False, None, InvitationState.NOT_SENT),
        (-3, False, None, InvitationState.NOT_SENT),
        (1, False, None, InvitationState.SENT),
        (1, False, NOW, InvitationState.WITHDRAWN),
        (0, False, NOW, InvitationState.WITHDRAWN),
        (1, True, None, InvitationState.REGISTERED),
        (0, True, NOW, InvitationState.REGISTERED),
    ],
)
def test_an_invitation_is_not_sent_sent_used_or_withdrawn(version, has_registered, withdrawn_at, state):
    assert state_of(version, has_registered=has_registered, withdrawn_at=withdrawn_at) is state


@given(st.lists(st.sampled_from(["send", "withdraw and invite again"]), max_size=20))
def test_no_link_from_before_a_withdrawal_ever_opens_again(steps):
    version, shut, last = 0, set(), None
    for step in steps:
        if step == "send":
            version = sent_version(version)
            assert version > 0
            assert version not in shut
            last = version
        else:
            shut |= {last} if last else set()
            version = invited_again(version)
            assert version <= 0
