"""What people read of a programme that has changed: sentences for pages, and letters."""

from collections.abc import Iterable
from datetime import datetime

from eventhub import languages
from eventhub.events.letters import event_facts
from eventhub.events.queries import EventRow
from eventhub.mail.commands import OutgoingLetter
from eventhub.programme.queries import SpeakerOnProgramme
from eventhub.programme.rules import Change, Snapshot
from eventhub.registrations.letters import registration_letter
from eventhub.registrations.queries import RegistrationRow
from eventhub.settings import current_settings
from eventhub.words import Sentence


def change_sentences(
    found: Iterable[Change], zone: str, language: str, reader_zone: str | None = None
) -> list[Sentence]:
    """
    Say what has changed; times in the zone of the event, and in the reader's where that differs.

    Dates and times are written out in `language`, so the sentences are to be
    said in it.
    """

    def times(item: Snapshot) -> str:
        return _times(item.starts_at, item.ends_at, zone, language, reader_zone)

    sentences = []
    for change in found:
        before, after = change.before, change.after
        if after is None and before:
            sentences.append(
                Sentence("“%(title)s” is off the programme (%(was)s).", title=before.title, was=times(before))
            )
        elif before is None and after:
            sentences.append(_new(after, times(after)))
        elif before and after:
            if before.title != after.title:
                sentences.append(Sentence("“%(was)s” is now called “%(title)s”.", was=before.title, title=after.title))
            if (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at):
                sentences.append(Sentence("“%(title)s” has another time: %(when)s, instead of %(was)s.",
                                          title=after.title, when=times(after), was=times(before)))  # fmt: skip
            if before.room != after.room:
                sentences.append(_room(after.title, before.room, after.room))
    return sentences


def _new(item: Snapshot, when: str) -> Sentence:
    if item.room:
        return Sentence("“%(title)s” is new: %(when)s, %(room)s.", title=item.title, when=when, room=item.room)
    return Sentence("“%(title)s” is new: %(when)s.", title=item.title, when=when)


def _room(title: str, before: str, after: str) -> Sentence:
    if not after:
        return Sentence("“%(title)s” has no room any more; it was in “%(was)s”.", title=title, was=before)
    if not before:
        return Sentence("“%(title)s” is in “%(room)s”.", title=title, room=after)
    return Sentence("“%(title)s” is in “%(room)s” instead of “%(was)s”.", title=title, room=after, was=before)


def _times(start: datetime, end: datetime, zone: str, language: str, reader_zone: str | None) -> str:
    here = languages.format_moments(start, end, zone, language)
    there = languages.format_moments(start, end, reader_zone, language) if reader_zone else here
    if there == here:
        return here
    return languages.say(Sentence("%(here)s (%(there)s on your clocks)", here=here, there=there), language)


def participant_letter(
    event: EventRow, registration: RegistrationRow, found: list[Change], number: int
) -> OutgoingLetter:
    """What concerns somebody with a seat of a new version of the programme."""
    language = registration.language
    return registration_letter(
        "programme_changed",
        event,
        registration,
        key=f"programme:{event.id}:{number}:{registration.id}",
        speaks=False,
        **_facts(event, found, language, registration.time_zone or None),
    )


def speaker_letter(event: EventRow, speaker: SpeakerOnProgramme, found: list[Change], number: int) -> OutgoingLetter:
    """What concerns somebody who speaks."""
    language = speaker.language or event.language
    if language not in current_settings().language_codes:
        language = current_settings().language_codes[0]
    return OutgoingLetter(
        kind="programme_changed",
        dedupe_key=f"programme:{event.id}:{number}:speaker:{speaker.person}",
        recipient_name=speaker.name,
        recipient_address=speaker.email,
        language=language,
        facts={
            "recipient_name": speaker.name,
            "reader_zone": None,
            "manage_url": "",
            "event": event_facts(event),
            "calendar_method": None,
            "speaks": True,
            **_facts(event, found, language, None),
        },
        event_id=event.id,
        person_id=speaker.person,
        not_after=event.ends_at or event.starts_at,
    )


def _facts(event: EventRow, found: list[Change], language: str, reader_zone: str | None) -> dict[str, object]:
    zone = event.time_zone or "UTC"
    sentences = change_sentences(found, zone, language, reader_zone)
    return {
        "sentences": [languages.say(sentence, language) for sentence in sentences],
        "programme_url": f"{current_settings().base_url}{event.href}/programme",
    }
