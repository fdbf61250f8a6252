"""Letters to speakers, and to the team that asked them."""

from datetime import datetime

from eventhub.database import Row
from eventhub.events.letters import event_facts
from eventhub.events.queries import EventRow
from eventhub.labels import label_of
from eventhub.languages import gettext, speaking
from eventhub.mail.commands import OutgoingLetter
from eventhub.settings import current_settings
from eventhub.speakers.personal import SpeakingRow, speaking_url


def invitation_letter(slot: SpeakingRow, event: EventRow, *, now: datetime) -> OutgoingLetter:
    """
    The letter with the personal link of a speaker.

    The minute is in its dedupe key: a button pressed twice writes once, and
    a link that was lost can be sent again.
    """
    with speaking(slot.language):
        role = gettext(label_of(slot.role))
    return OutgoingLetter(
        kind="speaker_invited",
        dedupe_key=f"speaker:{slot.id}:v{slot.link_version}:{now:%Y%m%d%H%M}",
        recipient_name=slot.name,
        recipient_address=slot.email,
        language=slot.language,
        facts={
            "recipient_name": slot.name,
            "reader_zone": slot.reader_zone or None,
            "manage_url": speaking_url(slot.id, slot.link_version),
            "event": {
                **event_facts(event),
                "starts": slot.starts_at.isoformat(),
                "ends": slot.ends_at.isoformat(),
            },
            "item_title": slot.item_title,
            "role": role,
            "is_confirmed": slot.status == "confirmed",
            "is_public": event.is_public,
        },
        event_id=event.id,
        person_id=slot.person,
        not_after=event.ends_at or slot.ends_at,
    )


def answer_letter(lead: Row, slot: SpeakingRow, event: EventRow, *, language: str, now: datetime) -> OutgoingLetter:
    """What a lead of an event reads when a speaker has confirmed or declined; how somebody is counted is not in it."""
    return OutgoingLetter(
        kind="speaker_answered",
        dedupe_key=f"speaker_answered:{slot.id}:{lead['id']}:{now.isoformat()}",
        recipient_name=lead["name"],
        recipient_address=lead["email"],
        language=language,
        facts={
            "recipient_name": lead["name"],
            "speaker_name": slot.name,
            "item_title": slot.item_title,
            "event_title": event.title,
            "has_confirmed": slot.status == "confirmed",
            "event_url": f"{current_settings().base_url}/staff/events/{event.slug}",
        },
        event_id=event.id,
        person_id=None,
        not_after=event.ends_at or slot.ends_at,
    )
