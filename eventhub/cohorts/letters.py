"""Letters about the decision: accepted, waiting, declined. The call may have own words for each."""

from eventhub.cohorts.queries import Place
from eventhub.labs.queries import LabRow
from eventhub.mail.commands import OutgoingLetter

#: By where an application stands: the kind of the letter, and the name of the call's own words for it.
KINDS = {
    "accepted": ("application_accepted", "accepted"),
    "waiting": ("application_waiting", "waiting"),
    "declined": ("application_declined", "declined"),
}


def decision_key(place: Place) -> str:
    """Keeps the letter about one decision from being written twice; a later decision is another one."""
    return f"application:{place.application}:{place.status}:{place.status_at.isoformat()}"


def decision_letter(lab: LabRow, place: Place, *, lapsed: bool = False) -> OutgoingLetter:
    """
    What was decided about an application, with the reason that staff chose.

    Args:
        lapsed: The place was offered and not taken in time.

    """
    kind, own = KINDS[place.status]
    return OutgoingLetter(
        kind=kind,
        dedupe_key=decision_key(place),
        recipient_name=place.contact_name,
        recipient_address=place.email,
        language=place.language,
        facts={
            "recipient_name": place.contact_name,
            "manage_url": place.url,
            "member_name": place.applicant,
            "lab_name": place.lab_name,
            "reason": place.reason,
            "words": lab.call.content.letter(own, place.language) if lab.call else "",
            "confirm_until": place.confirm_until.isoformat() if place.confirm_until else None,
            "time_zone": place.time_zone,
            "waiting_place": place.waiting_place,
            "lapsed": lapsed,
        },
        event_id=None,
        person_id=place.contact,
    )
