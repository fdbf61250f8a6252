"""Letters to reviewers."""

from datetime import datetime

from eventhub.database import Row
from eventhub.labs.queries import LabRow
from eventhub.mail.commands import OutgoingLetter
from eventhub.settings import current_settings


def open_reviews_letter(lab: LabRow, reviewer: Row, number: int, now: datetime) -> OutgoingLetter:
    """How many reviews somebody has still to send for a lab, and where; at most one a day. Names no applicant."""
    return OutgoingLetter(
        kind="open_reviews",
        dedupe_key=f"lab:{lab.id}:reviews:{reviewer['id']}:{now.date().isoformat()}",
        recipient_name=reviewer["name"],
        recipient_address=reviewer["email"],
        language=current_settings().language_codes[0],
        facts={
            "recipient_name": reviewer["name"],
            "lab_name": lab.full_title or lab.name,
            "number": number,
            "manage_url": f"{current_settings().base_url}/staff/reviews",
        },
        event_id=None,
        person_id=None,
    )
