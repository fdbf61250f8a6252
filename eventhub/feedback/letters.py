"""The letter that asks for feedback, and reminds of it once."""

from uuid import UUID

from eventhub.feedback.queries import Asked, feedback_url, reminder_key
from eventhub.mail.commands import OutgoingLetter


def feedback_letter(
    feedback_id: UUID, link_version: int, to: Asked, *, event_id: UUID | None, title: str, is_reminder: bool = False
) -> OutgoingLetter:
    """The personal link to the short form."""
    return OutgoingLetter(
        kind="feedback_asked",
        dedupe_key=reminder_key(feedback_id) if is_reminder else f"feedback:{feedback_id}:asked",
        recipient_name=to.name,
        recipient_address=to.email,
        language=to.language,
        facts={
            "recipient_name": to.name,
            "manage_url": feedback_url(feedback_id, link_version),
            "title": title,
            "is_reminder": is_reminder,
        },
        event_id=event_id,
        person_id=to.person,
    )
