"""What certificates and badges say, in the language of the person whose they are."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.lists import format_list
from babel.units import format_unit

from eventhub import languages
from eventhub.events.queries import EventRow
from eventhub.labels import label_of
from eventhub.languages import gettext, locale
from eventhub.papers.queries import PaperRow, attended_in_person
from eventhub.papers.rules import ROLE_COLOURS, BadgeFormat, badge_role
from eventhub.settings import current_settings


def certificate_facts(event: EventRow, people: list[PaperRow], *, now: datetime) -> dict[str, Any]:
    """Facts for certificates.typ, one page each."""
    day = now.astimezone(ZoneInfo(event.time_zone or current_settings().time_zone)).date()
    with languages.speaking(_language_of_all(people)):
        document = _document(event, day, gettext("Certificate of attendance"))
    return {**document, "papers": [_certificate(event, one, day) for one in people]}


def badge_facts(event: EventRow, people: list[PaperRow], form: BadgeFormat) -> dict[str, Any]:
    """Facts for badges.typ; the day in the file is that of the event, so that the same badges are the same file."""
    with languages.speaking(_language_of_all(people)):
        document = _document(event, event.starts_on, gettext("Badges"))
    return {**document, "format": str(form), "papers": [_badge(event, one) for one in people]}


def _language_of_all(people: list[PaperRow]) -> str:
    """The language of the document: that of the people where they have one in common, else the reader's."""
    spoken = {one.language for one in people}
    return spoken.pop() if len(spoken) == 1 else languages.current()


def organiser_of(event: EventRow) -> str:
    """Who issues the certificate: the organiser written down for the event, else the sender of our letters."""
    return event.organiser_name or current_settings().sender[0]


def _document(event: EventRow, day: date, what: str) -> dict[str, Any]:
    return {
        "title": f"{what}: {event.title}",
        "organiser": organiser_of(event),
        "day": [day.year, day.month, day.day],
        "lang": languages.current(),
    }


def _certificate(event: EventRow, one: PaperRow, day: date) -> dict[str, Any]:
    with languages.speaking(one.language):
        in_person = gettext("We confirm that the person named here attended the event named below in person.")
        online = gettext("We confirm that the person named here attended the event named below online.")
        pairs = [(gettext("When"), languages.format_day_range(event.starts_on, event.ends_on, one.language))]
        if event.has_online and not attended_in_person(one):
            pairs.append((gettext("Where"), gettext("Online")))
        elif place := _place(event, one.language):
            pairs.append((gettext("Where"), place))
        pairs.append((gettext("Took part as"), gettext(label_of(badge_role([p.role for p in one.parts], None)))))
        pairs += [
            (gettext(label_of(part.role)), gettext("“%(title)s”") % {"title": part.item_title}) for part in one.parts
        ]
        if one.minutes:
            pairs.append((gettext("Time attended"), duration(one.minutes, one.language)))
        pairs.append((gettext("Issued by"), organiser_of(event)))
        pairs.append((gettext("Date of issue"), format_date(day, format="long", locale=locale(one.language))))
        return {
            "name": one.name,
            "lang": one.language,
            "organiser": organiser_of(event),
            "heading": gettext("Certificate of attendance"),
            "sentence": in_person if attended_in_person(one) else online,
            "event": event.title,
            "pairs": pairs,
            "check": gettext("Everybody can check here whether this certificate is genuine:"),
            "url": one.certificate_url,
            "qr": one.certificate_url,
            "qr_words": gettext("The address that checks this certificate, as a QR code"),
        }


def _badge(event: EventRow, one: PaperRow) -> dict[str, Any]:
    role = badge_role([part.role for part in one.parts], one.delegation_role)
    with languages.speaking(one.language):
        return {
            "name": one.name,
            "lang": one.language,
            "organisation": one.stands_for,
            "city": one.city,
            "event": event.title,
            "role": _role_words(role),
            "colour": ROLE_COLOURS[role],
            "qr": one.ticket,
            "qr_words": gettext("The ticket as a QR code"),
        }


def _role_words(role: str) -> str:
    """A part in a delegation alone would say too little on a badge, so it has words of its own."""
    words = {
        "head": gettext("Head of delegation"),
        "delegate": gettext("Delegate"),
        "observer": gettext("Observer"),
        "replacement": gettext("Replacement"),
    }
    return words.get(role) or gettext(label_of(role))


def _place(event: EventRow, language: str) -> str:
    parts = [event.place or event.printed_location]
    if event.country and not event.printed_location:
        parts.append(languages.country_name(event.country, language))
    return ", ".join(part for part in parts if part)


def duration(minutes: int, language: str) -> str:
    """Minutes in words: “1 hour and 30 minutes”."""
    hours, rest = divmod(minutes, 60)
    parts = [format_unit(hours, "duration-hour", locale=locale(language))] if hours else []
    if rest or not hours:
        parts.append(format_unit(rest, "duration-minute", locale=locale(language)))
    return format_list(parts, locale=locale(language))
