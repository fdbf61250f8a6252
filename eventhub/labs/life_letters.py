"""Letters of a cohort: facts in, unsent letters out."""

from uuid import UUID

from eventhub.labs.cohort_queries import Participant
from eventhub.labs.queries import LabRow
from eventhub.mail.commands import OutgoingLetter


def welcome_letter(lab: LabRow, participant: Participant, *, key: str) -> OutgoingLetter:
    """The personal link to the page of the cohort."""
    return OutgoingLetter(
        kind="cohort_welcome",
        dedupe_key=key,
        recipient_name=participant.name,
        recipient_address=participant.email,
        language=participant.language,
        facts={
            "recipient_name": participant.name,
            "manage_url": participant.url,
            "lab_name": lab.full_title or lab.name,
        },
        event_id=None,
        person_id=participant.person,
    )


def message_letter(
    lab: LabRow, sender: Participant, recipient: Participant, *, message: UUID, subject: str, body: str
) -> OutgoingLetter:
    """What one of a cohort writes to another: with a link to answer, and without anybody's address."""
    return OutgoingLetter(
        kind="cohort_message",
        dedupe_key=f"cohort_message:{message}",
        recipient_name=recipient.name,
        recipient_address=recipient.email,
        language=recipient.language,
        facts={
            "recipient_name": recipient.name,
            "manage_url": f"{recipient.url}/people/{sender.id}",
            "stop_url": f"{recipient.url}/me",
            "from_name": sender.name,
            "from_member": sender.member_name,
            "lab_name": lab.full_title or lab.name,
            "said_subject": subject,
            "said": body,
        },
        event_id=None,
        person_id=recipient.person,
    )
