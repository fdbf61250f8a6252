"""Letters to people who registered: facts in, unsent letters out."""

from typing import Any

from eventhub.events.letters import event_facts
from eventhub.events.queries import EventRow
from eventhub.mail.commands import OutgoingLetter
from eventhub.registrations.queries import RegistrationRow, manage_url
from eventhub.registrations.rules import RegistrationStatus


def registration_letter(
    kind: str,
    event: EventRow,
    registration: RegistrationRow,
    *,
    key: str | None = None,
    **more: Any,
) -> OutgoingLetter:
    """
    A letter about one registration; its dedupe key names the version it tells of.

    Args:
        kind: The folder below templates/mail/.
        key: Another dedupe key, for letters that change nothing, such as a link sent again.

    """
    has_seat = registration.status == RegistrationStatus.CONFIRMED
    return OutgoingLetter(
        kind=kind,
        dedupe_key=key or f"registration:{registration.id}:v{registration.version}:{kind}",
        recipient_name=registration.name,
        recipient_address=registration.email,
        language=registration.language,
        facts={
            "recipient_name": registration.name,
            "reader_zone": registration.time_zone or None,
            "manage_url": manage_url(registration.id, registration.link_version, by_letter=True),
            "event": event_facts(event, with_link=has_seat),
            "calendar_method": _METHODS.get(kind),
            **more,
        },
        event_id=event.id,
        person_id=registration.person,
        not_after=event.ends_at or event.starts_at,
    )


#: Which letters carry a calendar file, and with which method (RFC 5546).
_METHODS = {
    "registration_confirmed": "REQUEST",
    "registration_promoted": "REQUEST",
    "event_changed": "REQUEST",
}
