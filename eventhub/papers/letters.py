"""The letter that brings the certificate."""

from eventhub.events.letters import event_facts
from eventhub.events.queries import EventRow
from eventhub.mail.commands import OutgoingLetter
from eventhub.papers.queries import PaperRow
from eventhub.registrations.queries import manage_url


def certificate_letter(event: EventRow, one: PaperRow) -> OutgoingLetter:
    """That the certificate is ready, with its personal link; each person gets it once per event."""
    own = manage_url(one.id, one.link_version, by_letter=True)
    return OutgoingLetter(
        kind="certificate_ready",
        dedupe_key=f"certificate:{one.id}",
        recipient_name=one.name,
        recipient_address=one.email,
        language=one.language,
        facts={
            "recipient_name": one.name,
            "reader_zone": one.time_zone or None,
            "manage_url": own,
            "certificate_url": f"{own}/certificate.pdf",
            "event": event_facts(event),
            "calendar_method": None,
        },
        event_id=event.id,
        person_id=one.person,
    )
