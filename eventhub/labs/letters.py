"""Letters to members who applied."""

from eventhub.labs.queries import ApplicationRow, LabRow
from eventhub.mail.commands import OutgoingLetter


def application_letter(lab: LabRow, application: ApplicationRow) -> OutgoingLetter:
    """The receipt for an application, with the personal link."""
    return OutgoingLetter(
        kind="application_received",
        dedupe_key=f"application:{application.id}:received",
        recipient_name=application.contact_name,
        recipient_address=application.email,
        language=application.language,
        facts={
            "recipient_name": application.contact_name,
            "manage_url": application.manage_url,
            "member_name": application.member_name,
            "lab_name": lab.full_title or lab.name,
            "closes_at": lab.call.closes_at.isoformat() if lab.call else None,
            "time_zone": lab.call.time_zone if lab.call else None,
        },
        event_id=None,
        person_id=application.contact,
    )
