"""Letters to the contact of a proposed event."""

from typing import Any
from uuid import UUID

from eventhub.mail.commands import OutgoingLetter


def proposal_letter(kind: str, proposal: dict[str, Any], campaign_title: str, **more: Any) -> OutgoingLetter:
    """One of `campaign_proposed`, `campaign_accepted`, `campaign_declined`; each goes out once per proposal."""
    key: UUID = proposal["id"]
    day, clock = proposal["starts_on"], proposal["starts_time"]
    return OutgoingLetter(
        kind=kind,
        dedupe_key=f"proposal:{key}:{kind}",
        recipient_name=proposal["contact_name"],
        recipient_address=proposal["contact_email"],
        language=proposal["language"],
        facts={
            "recipient_name": proposal["contact_name"],
            "campaign_title": campaign_title,
            "title": proposal["title"],
            "organiser_name": proposal["organiser_name"],
            "starts": f"{day.isoformat()} {clock:%H:%M} ({proposal['time_zone']})",
            "place": proposal["place"],
            "description": proposal["description"],
            **more,
        },
        event_id=None,
        person_id=None,
    )
