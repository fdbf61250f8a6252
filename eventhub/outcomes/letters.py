"""The letter that asks how something agreed goes on."""

from eventhub.mail.commands import OutgoingLetter
from eventhub.outcomes.queries import FollowUpRow


def follow_up_letter(follow_up: FollowUpRow) -> OutgoingLetter:
    """The question with a link for each answer; following one changes nothing until it is sent from the page."""
    return OutgoingLetter(
        kind="follow_up_asked",
        dedupe_key=f"follow_up:{follow_up.id}:{follow_up.link_version}",
        recipient_name=follow_up.contact_name,
        recipient_address=follow_up.contact_email,
        language=follow_up.contact_language,
        facts={
            "recipient_name": follow_up.contact_name,
            "manage_url": follow_up.url,
            "title": follow_up.title,
            "lab_name": follow_up.lab_name,
            "months": follow_up.months,
        },
        event_id=None,
        person_id=follow_up.contact,
    )
