"""Letters to people who registered: facts in, unsent letters out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from eventhub.events.letters import event_facts
from eventhub.events.queries import EventRow
from eventhub.mail.commands import OutgoingLetter
from eventhub.mail.rendering import when
from eventhub.registrations.queries import RegistrationRow, manage_url
from eventhub.registrations.rules import RegistrationStatus


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
            "event": event_facts(event, with_link=has_seat),
            "calendar_method": _METHODS.get(kind),
            **({"asks_first": True} if kind == "registration_waitlisted" and event.offer_hours else {}),
            **({"offer_until": registration.offer_until.isoformat()} if registration.offer_until else {}),
            **more,
        },
        event_id=event.id,
        person_id=registration.person,
        not_after=registration.offer_until or event.ends_at or event.starts_at,
    )


#: Which letters carry a calendar file, and with which method (RFC 5546).
_METHODS = {
    "registration_confirmed": "REQUEST",
    "registration_promoted": "REQUEST",
    "event_changed": "REQUEST",
}


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
