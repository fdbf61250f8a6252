"""The letter that brings an invitation."""

from datetime import datetime

from eventhub.events.letters import event_facts
from eventhub.events.queries import EventRow
from eventhub.invitations.queries import InvitationRow, invitation_url
from eventhub.mail.commands import OutgoingLetter


def invited_letter(invitation: InvitationRow, event: EventRow, *, now: datetime) -> OutgoingLetter:
    """
    The letter with the link to register by.

    The minute is in its dedupe key: a button pressed twice writes once, and a
    link that was lost can be sent again.
    """
    return OutgoingLetter(
        kind="registration_invited",
        dedupe_key=f"invitation:{invitation.id}:v{invitation.link_version}:{now:%Y%m%d%H%M}",
        recipient_name=invitation.name,
        recipient_address=invitation.email,
        language=invitation.language,
        facts={
            "recipient_name": invitation.name,
            "reader_zone": None,
            "manage_url": invitation_url(event.slug, invitation.id, invitation.link_version),
            "event": event_facts(event),
            "calendar_method": None,
        },
        event_id=event.id,
        person_id=None,
        not_after=event.ends_at or event.starts_at,
    )
