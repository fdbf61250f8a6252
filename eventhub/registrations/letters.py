"""Letters to people who registered: facts in, unsent letters out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from eventhub.checkin.queries import join_url
from eventhub.events.letters import event_facts, item_facts
from eventhub.events.queries import EventRow, ItemRow
from eventhub.events.rules import Mode
from eventhub.mail.commands import OutgoingLetter
from eventhub.mail.rendering import when
from eventhub.mail.rules import REGISTRATION_NEWS, STANDING_NEWS
from eventhub.registrations.queries import RegistrationRow, manage_url
from eventhub.registrations.rules import Attends, RegistrationStatus


def registration_letter(
    kind: str,
    event: EventRow,
    registration: RegistrationRow,
    *,
    key: str | None = None,
    **more: Any,
) -> OutgoingLetter:
    """
    A letter about one registration; its dedupe key names the version it tells of.

    Args:
        kind: The folder below templates/mail/.
        key: Another dedupe key, for letters that change nothing, such as a link sent again.

    """
    has_seat = registration.status == RegistrationStatus.CONFIRMED
    joins = has_seat and event.starts_at and (registration.attends == Attends.ONLINE or event.mode == Mode.ONLINE)
    return OutgoingLetter(
        kind=kind,
        dedupe_key=key or f"registration:{registration.id}:v{registration.version}:{kind}",
        recipient_name=registration.name,
        recipient_address=registration.email,
        language=registration.language,
        facts={
            "recipient_name": registration.name,
            "reader_zone": registration.time_zone or None,
            "manage_url": manage_url(registration.id, registration.link_version, by_letter=True),
            "join_url": join_url(registration.id, registration.link_version) if joins else "",
            "event": event_facts(event),
            "calendar_method": _method(kind, has_seat=has_seat),
            **({"asks_first": True} if kind == "registration_waitlisted" and event.offer_hours else {}),
            **({"delegation_of": registration.entered_for} if registration.entered_for else {}),
            **({"offer_until": registration.offer_until.isoformat()} if registration.offer_until else {}),
            **more,
        },
        event_id=event.id,
        person_id=registration.person,
        not_after=registration.offer_until or event.ends_at or event.starts_at,
        is_first=registration.version == 1 and kind.startswith("registration_"),
    )


def _method(kind: str, *, has_seat: bool) -> str | None:
    """
    Which calendar file tells of the news (RFC 5546): an invitation to whoever has a seat, its withdrawal to others.

    post_letter leaves a withdrawal out where there was no invitation.
    """
    if kind not in REGISTRATION_NEWS:
        return None
    return "REQUEST" if has_seat and kind in STANDING_NEWS else "CANCEL"


#: Letters about a part of a programme that was moved wait so long: whoever arranges a programme moves it again.
SETTLING = timedelta(minutes=5)


def item_letter(
    kind: str, event: EventRow, item: ItemRow, registration: RegistrationRow, *, now: datetime
) -> OutgoingLetter:
    """
    News of a part of the programme that somebody has signed up for.

    Args:
        kind: `item_confirmed`, `item_changed` or `item_cancelled`.

    """
    key = f"item:{item.id}:{registration.id}:{kind}:{item.sequence}:{now.isoformat()}"
    letter = registration_letter(kind, event, registration, key=key)
    facts = {
        **letter.facts,
        "event": item_facts(event, item),
        "item_title": item.title,
        "event_title": event.title,
        "is_public": event.is_public,
        "calendar_method": "CANCEL" if kind == "item_cancelled" else "REQUEST",
    }
    later = now + SETTLING if kind == "item_changed" else None
    return replace(letter, facts=facts, not_after=item.ends_at, available_at=later)


def reminder_letter(event: EventRow, registration: RegistrationRow, *, soon: str, key: str) -> OutgoingLetter:
    """
    That an event is soon, for one person who registered.

    Args:
        soon: `weeks` (two of them), `day` or `hour`; empty: at another time before it.
        key: The dedupe key.

    """
    letter = registration_letter("reminder", event, registration, key=key, soon=soon, audience="registered")
    return replace(letter, not_after=event.starts_at)


@dataclass(frozen=True)
class Reader:
    """Somebody to whom staff write about an event; the links are empty where there are none."""

    person_id: UUID | None
    name: str
    address: str
    language: str
    reader_zone: str = ""
    manage_url: str = ""
    join_url: str = ""


def group_letter(
    kind: str, event: EventRow, reader: Reader, *, audience: str, key: str, planned: UUID | None = None, **more: Any
) -> OutgoingLetter:
    """
    A reminder or a planned message to one person of a group, registered or not.

    Args:
        kind: `reminder`, with `soon`; or `planned_message`, with `message_subject` and `message`.
        audience: One of those of planned letters, which says why the person gets it.
        key: The dedupe key.
        planned: The planned letter.

    """
    return OutgoingLetter(
        kind=kind,
        dedupe_key=key,
        recipient_name=reader.name,
        recipient_address=reader.address,
        language=reader.language,
        facts={
            "recipient_name": reader.name,
            "reader_zone": reader.reader_zone or None,
            "manage_url": reader.manage_url,
            "join_url": reader.join_url,
            "event": event_facts(event),
            "calendar_method": None,
            "audience": audience,
            "is_public": event.is_public,
            **more,
        },
        event_id=event.id,
        person_id=reader.person_id,
        not_after=event.starts_at if kind == "reminder" else None,
        planned=planned,
    )


def message_letter(
    event: EventRow, registration: RegistrationRow, subject: str, text: str, *, key: str
) -> OutgoingLetter:
    """
    What staff wrote to people who registered, as a letter to one of them.

    Args:
        key: Of the form it was written in; with it nobody gets the same letter twice.

    """
    letter = registration_letter(
        "message_to_registered", event, registration, key=f"message:{registration.id}:{key}", message_subject=subject,
        message=text,
    )  # fmt: skip
    return replace(letter, not_after=None)


@dataclass(frozen=True)
class LinkFacts:
    """One registration in a letter that gives several links."""

    event: EventRow
    url: str
    status: str


def links_letter(
    links: Sequence[LinkFacts],
    *,
    name: str,
    address: str,
    language: str,
    reader_zone: str | None,
    person_id: UUID,
    stamp: str,
) -> OutgoingLetter:
    """
    The personal links of one person, those of the next event first.

    Args:
        links: At least one.
        name: How the person has written it.
        address: The address that the registrations were made with, not the one typed now.
        language: The language of the letter.
        reader_zone: The zone of the person's clocks, if known.
        person_id: Whose links they are.
        stamp: The minute in which somebody asked; there is one letter a minute.

    """
    last = max(links, key=lambda link: link.event.ends_at or link.event.starts_at or link.event.created_at).event
    return OutgoingLetter(
        kind="registration_links",
        dedupe_key=f"person:{person_id}:links:{stamp}",
        recipient_name=name,
        recipient_address=address,
        language=language,
        facts={
            "recipient_name": name,
            "links": [
                {
                    "title": link.event.title,
                    "when": moments_in_words(event_facts(link.event), reader_zone, language),
                    "url": link.url,
                    "status": link.status,
                }
                for link in links
            ],
        },
        event_id=None,
        person_id=person_id,
        not_after=last.ends_at or last.starts_at,
    )


def moments_in_words(facts: dict[str, Any], reader_zone: str | None, language: str) -> str:
    """When something is, on the clocks of its place and on the reader's: one line."""
    said = when(facts["starts"], facts["ends"], facts["time_zone"], reader_zone, language)
    here = f"{said.here}, {said.here_zone}" if said.here_zone else said.here
    return f"{here} / {said.there}, {said.there_zone}" if said.there else here
