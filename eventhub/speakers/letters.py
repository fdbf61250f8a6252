"""Letters to speakers, and to the team that asked them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from eventhub.database import Row
from eventhub.events.letters import part_facts
from eventhub.events.queries import EventRow
from eventhub.events.rules import EventStatus
from eventhub.labels import label_of
from eventhub.languages import gettext, speaking
from eventhub.mail.commands import OutgoingLetter
from eventhub.registrations.letters import SETTLING
from eventhub.settings import current_settings
from eventhub.speakers.personal import SpeakingRow, speaking_url
from eventhub.speakers.rules import SpeakerStatus


def invitation_letter(slot: SpeakingRow, event: EventRow, *, now: datetime) -> OutgoingLetter:
    """
    The letter with the personal link of a speaker, and the item for their calendar.

    The minute is in its dedupe key: a button pressed twice writes once, and
    a link that was lost can be sent again.
    """
    key = f"speaker:{slot.id}:v{slot.link_version}:{now:%Y%m%d%H%M}"
    return _slot_letter("speaker_invited", slot, event, key=key, calendar_method="REQUEST")


def moved_letter(slot: SpeakingRow, event: EventRow, *, now: datetime) -> OutgoingLetter:
    """That the item has another time or place; to whoever was invited to it, once it has settled."""
    key = f"speaker:{slot.id}:moved:{slot.item_sequence}"
    letter = _slot_letter("speaker_changed", slot, event, key=key, calendar_method="REQUEST")
    return replace(letter, available_at=now + SETTLING)


def removed_letter(slot: SpeakingRow, event: EventRow, *, now: datetime, has_declined: bool = False) -> OutgoingLetter:
    """That somebody does not speak any more, so that their calendar forgets it; to whoever was invited."""
    return _slot_letter(
        "speaker_cancelled", slot, event, key=f"speaker:{slot.id}:removed:{now.isoformat()}",
        calendar_method="CANCEL", has_declined=has_declined, event_cancelled=event.status == EventStatus.CANCELLED,
    )  # fmt: skip


def _slot_letter(kind: str, slot: SpeakingRow, event: EventRow, *, key: str, **more: Any) -> OutgoingLetter:
    with speaking(slot.language):
        role = gettext(label_of(slot.role))
    return OutgoingLetter(
        kind=kind,
        dedupe_key=key,
        recipient_name=slot.name,
        recipient_address=slot.email,
        language=slot.language,
        facts={
            "recipient_name": slot.name,
            "reader_zone": slot.reader_zone or None,
            "manage_url": speaking_url(slot.id, slot.link_version),
            "event": part_facts(
                event,
                slot.item_id,
                slot.item_title,
                (slot.starts_at, slot.ends_at),
                slot.room,
                slot.item_description,
                slot.item_sequence,
            ),
            "item_title": slot.item_title,
            "event_title": event.title,
            "role": role,
            "is_confirmed": slot.status == SpeakerStatus.CONFIRMED,
            "is_public": event.is_public,
            "may_counter": True,
            **more,
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
