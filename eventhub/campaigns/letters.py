"""Letters to the contact of a proposed event."""

from datetime import UTC
from typing import Any

from eventhub import languages
from eventhub.campaigns.queries import CampaignRow
from eventhub.database import Row
from eventhub.events.rules import EventFacts
from eventhub.labels import label_of
from eventhub.mail.commands import OutgoingLetter
from eventhub.settings import current_settings


def proposal_letter(kind: str, proposal: Row, facts: EventFacts, campaign: CampaignRow, **more: str) -> OutgoingLetter:
    """
    One of `campaign_proposed`, `campaign_accepted`, `campaign_declined`; each goes out once per proposal.

    Codes are put into words here, in the language of the proposal: its letters
    are in no other. Times are put into words where all letters do it.
    """
    language = proposal["language"]
    start, end = facts.instants()
    with languages.speaking(language):
        mode, text_language = (languages.gettext(label_of(proposal[name])) for name in ("mode", "language"))
    event: dict[str, Any] = {
        "title": proposal["title"],
        "place": proposal["place"],
        "online_url": "",
        "time_zone": proposal["time_zone"],
        "starts": start.astimezone(UTC).isoformat() if start else proposal["starts_on"].isoformat(),
        "ends": end.astimezone(UTC).isoformat() if end else None,
    }
    return OutgoingLetter(
        kind=kind,
        dedupe_key=f"proposal:{proposal['id']}:{kind}",
        recipient_name=proposal["contact_name"],
        recipient_address=proposal["contact_email"],
        language=language,
        facts={
            "recipient_name": proposal["contact_name"],
            "campaign_title": campaign.title,
            "campaign_url": f"{current_settings().base_url}/campaigns/{campaign.slug}",
            "event": event,
            "organiser_name": proposal["organiser_name"],
            "contact": f"{proposal['contact_name']}, {proposal['contact_email']}",
            "mode": mode,
            "country": languages.country_name(proposal["country"], language),
            "text_language": text_language,
            "description": proposal["description"],
            **more,
        },
        event_id=None,
        person_id=None,
    )
