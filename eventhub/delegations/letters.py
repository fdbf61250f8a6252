"""The letter that brings the contact of a member the link to its desk."""

from datetime import datetime

from eventhub.delegations.queries import DelegationRow, MemberAtEvent, desk_url
from eventhub.events.letters import event_facts
from eventhub.events.queries import EventRow
from eventhub.languages import say
from eventhub.mail.commands import OutgoingLetter


def delegation_letter(desk: DelegationRow, member: MemberAtEvent, event: EventRow, *, now: datetime) -> OutgoingLetter:
    """
    What the contact of a member reads: who may come, until when names are taken, and the link.

    The minute is in its dedupe key: a button pressed twice writes once, and
    a link that was lost can be sent again.
    """
    closes = desk.closes(event)
    return OutgoingLetter(
        kind="delegation_invited",
        dedupe_key=f"delegation:{desk.id}:v{desk.link_version}:{now:%Y%m%d%H%M}",
        recipient_name=desk.contact_name or desk.member_name,
        recipient_address=desk.contact_email,
        language=desk.language,
        facts={
            "recipient_name": desk.contact_name or desk.member_name,
            "reader_zone": desk.time_zone,
            "manage_url": desk_url(desk.id, desk.link_version),
            "event": event_facts(event),
            "member_name": desk.member_name,
            "places": [say(sentence, desk.language) for sentence in member.places_left],
            "closes_at": closes.isoformat() if closes else None,
        },
        event_id=event.id,
        person_id=None,
        not_after=event.ends_at or event.starts_at,
    )
