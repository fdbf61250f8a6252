"""Letters about an event as somebody would get them, without anything that is theirs alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from icalendar import Calendar

from eventhub.events.letters import event_facts, part_facts
from eventhub.events.queries import EventRow, programme_of
from eventhub.languages import current, day_in_words, format_moments, gettext, speaking, zone_in_words
from eventhub.mail.commands import OutgoingLetter
from eventhub.mail.rendering import RenderedLetter, render, when
from eventhub.mail.rules import ITEM_NEWS, SPEAKER_NEWS, Wording, is_transactional
from eventhub.mailings.queries import Somebody, wording_in_force
from eventhub.settings import current_settings

#: An address that is nobody's (RFC 2606).
_ADDRESS = "person@example.org"
_BRINGS_CALENDAR = frozenset(
    {
        "registration_confirmed", "registration_promoted", "event_changed", "item_confirmed", "item_changed",
        "speaker_invited", "speaker_changed",
    }
)  # fmt: skip
_WITHDRAWS = frozenset(
    {"registration_cancelled", "registration_replaced", "event_cancelled", "item_cancelled", "speaker_cancelled"}
)


@dataclass(frozen=True)
class Preview:
    """A letter and what its calendar file says, as pairs of a term and a value."""

    letter: RenderedLetter
    calendar: list[tuple[str, str]]


async def example_facts(
    kind: str, event: EventRow, who: Somebody | None, language: str, now: datetime
) -> dict[str, Any]:
    """
    What a letter of a kind would be told, with links that open nothing.

    Whoever looks at the letters of others must not get hold of their personal
    links; what a letter tells of one person, such as a reason, is an example.
    """
    base = current_settings().base_url
    facts = {**event_facts(event), "time_zone": event.time_zone or "UTC"}
    with speaking(language):
        name = who.name if who else gettext("Alex Example")
        item_title, role = gettext("Opening"), gettext("Speaker")
        reason, colleague, member = gettext("The reason stands here."), gettext("Sam Example"), gettext("Example City")
        sentences = [gettext("What has changed stands here.")]
    about = facts
    if kind in ITEM_NEWS | SPEAKER_NEWS:
        items = await programme_of(event.id)
        own = [item for item in items if who and item.id == who.item] or items
        begins = event.starts_at or now
        times = (own[0].starts_at, own[0].ends_at) if own else (begins, event.ends_at or begins + timedelta(hours=1))
        item_title = own[0].title if own else item_title
        about = part_facts(event, uuid4(), item_title, times, own[0].room if own else "", "", 0)
    joins = event.has_online and event.starts_at is not None and kind not in _WITHDRAWS | SPEAKER_NEWS
    method = "REQUEST" if kind in _BRINGS_CALENDAR else "CANCEL" if kind in _WITHDRAWS else None
    facts = {
        "recipient_name": name,
        "reader_zone": (who.zone if who else "") or None,
        "manage_url": f"{base}/registrations/example",
        "join_url": f"{base}/join/example" if joins else "",
        "opt_out_url": "" if is_transactional(kind) else f"{base}/letters/stop/example",
        "event": {
            **about,
            "uid": f"{uuid4()}@eventhub-example",
            "status": "CANCELLED" if method == "CANCEL" else "CONFIRMED",
        },
        "calendar_method": method,
        "position": 3,
        "offer_until": (now + timedelta(hours=event.offer_hours or 24)).isoformat(),
        "had_seat": True,
        "declined": False,
        "colleague": colleague,
        "reason": reason if kind == "event_cancelled" else "",
        "sentences": sentences,
        "programme_url": f"{base}{event.href}/programme",
        "event_title": event.title,
        "is_public": event.is_public,
        "role": role,
        "is_confirmed": False,
        "speaks": False,
        "has_declined": False,
        "event_cancelled": False,
        "member_name": (who.member if who else "") or member,
        "places": [],
        "closes_at": event.starts_at.isoformat() if event.starts_at else None,
        "certificate_url": f"{base}/registrations/example/certificate.pdf",
        "soon": "day",
        "audience": "registered",
        "written_at": now.isoformat(),
    }
    return facts | ({"item_title": item_title} if kind in ITEM_NEWS | SPEAKER_NEWS else {})


async def preview(
    kind: str,
    event: EventRow,
    who: Somebody | None,
    language: str,
    *,
    now: datetime,
    texts: Mapping[str, str] | None = None,
    wording: Wording | None = None,
) -> Preview:
    """
    A letter of a kind as it stands.

    Args:
        texts: `message_subject` and `message` of a letter to a group.
        wording: Instead of the one in force.

    """
    facts = {**await example_facts(kind, event, who, language, now), **(texts or {})}
    if wording is None and texts is None and (stands := await wording_in_force(event.id, kind, language)):
        wording = Wording(stands.subject, stands.body)
    letter = render(kind, language, facts, recipient_address=_ADDRESS, wording=wording)
    return Preview(letter, calendar_facts(letter, event.time_zone or "UTC"))


def calendar_facts(letter: RenderedLetter, zone: str) -> list[tuple[str, str]]:
    """What the calendar file of a letter says, in the words of the reader of the page; empty: there is none."""
    if letter.calendar is None:
        return []
    (found,) = Calendar.from_ical(letter.calendar).walk("VEVENT")
    says = {
        "REQUEST": gettext("Puts the event into the calendar, to be answered"),
        "CANCEL": gettext("Takes the event out of the calendar"),
    }
    pairs = [
        (gettext("What it does"), says[str(letter.method)]),
        (gettext("Title"), str(found.get("SUMMARY", ""))),
        (gettext("Begins"), _said(found.get("DTSTART"), zone)),
        (gettext("Ends"), _said(found.get("DTEND"), zone)),
        (gettext("Place"), str(found.get("LOCATION", ""))),
        (gettext("Organiser"), _address(found.get("ORGANIZER"))),
        (gettext("Sent to"), _address(found.get("ATTENDEE"))),
    ]
    return [(term, value) for term, value in pairs if value]


def _said(moment: Any, zone: str) -> str:
    if moment is None:
        return ""
    if not isinstance(moment.dt, datetime):
        return day_in_words(moment.dt)
    return f"{format_moments(moment.dt, None, zone, current())}, {zone_in_words(zone, moment.dt, current())}"


def _address(value: Any) -> str:
    return str(value or "").removeprefix("mailto:").removeprefix("MAILTO:")


async def trial_letter(
    kind: str,
    event: EventRow,
    who: Somebody | None,
    language: str,
    *,
    name: str,
    address: str,
    key: UUID,
    now: datetime,
) -> OutgoingLetter:
    """
    A letter to try out, to the account that asks for it.

    It is nobody's: no person stands at it, its calendar file names the account
    and an event that no calendar has, and its links open nothing.
    """
    facts = await example_facts(kind, event, who, language, now)
    facts["is_test"] = True
    facts.pop("written_at")
    return OutgoingLetter(
        kind=kind,
        dedupe_key=f"test:{key}",
        recipient_name=name,
        recipient_address=address,
        language=language,
        facts=facts,
        event_id=event.id,
        person_id=None,
        not_after=now + timedelta(days=1),
    )


async def placeholder_values(event: EventRow, who: Somebody | None, language: str, now: datetime) -> dict[str, str]:
    """What each placeholder becomes for somebody, for the list beside the form."""
    facts = await example_facts("registration_confirmed", event, who, language, now)
    about = facts["event"]
    said = when(about["starts"], about["ends"], about["time_zone"], facts["reader_zone"], language)
    here = f"{said.here}, {said.here_zone}" if said.here_zone else said.here
    return {
        "name": facts["recipient_name"],
        "title": event.title,
        "when": f"{here} / {said.there}, {said.there_zone}" if said.there else here,
        "place": event.place or facts["join_url"],
        "link": facts["manage_url"],
        "event_link": about["url"],
        "organiser": current_settings().sender[0],
    }
