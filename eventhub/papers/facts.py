"""What certificates and badges say, in the language of the person whose they are; and what attendance sheets say."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.lists import format_list
from babel.units import format_unit

from eventhub import languages
from eventhub.delegations.queries import Delegate, MemberAtEvent, Overview
from eventhub.events.queries import EventRow
from eventhub.labels import label_of
from eventhub.languages import gettext, locale, ngettext, say
from eventhub.papers.queries import PaperRow, attended_in_person
from eventhub.papers.rules import ROLE_COLOURS, BadgeFormat, badge_role
from eventhub.registrations.rules import Attends, RegistrationStatus
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


def attendance_facts(overview: Overview, others: list[PaperRow], language: str) -> dict[str, Any]:
    """
    Facts for attendance.typ, in one language: the members by region, then everybody else.

    Args:
        others: People with a seat who stand for none of the members.

    """
    event = overview.event
    with languages.speaking(language):
        regions: list[dict[str, Any]] = [
            {"name": gettext(region), "groups": [_signing(one, overview) for one in members]}
            for region, members in overview.by_region.items()
        ]
        if others:
            name = gettext("Without a delegation") if regions else ""
            rows = [[one.name, _aside(event, one.stands_for, one)] for one in others]
            regions.append({"name": name, "groups": [{"name": "", "says": "", "rows": rows}]})
        days = languages.format_day_range(event.starts_on, event.ends_on, language)
        if event.starts_at and event.time_zone:
            clock = languages.format_time_range(event.starts_at, event.ends_at, event.time_zone, language)
            days = f"{days}, {clock}, {languages.zone_name(event.time_zone, language)}"
        place = _place(event, language) or (gettext("Online") if event.has_online else "")
        return {
            **_document(event, event.starts_on, gettext("Attendance sheet")),
            "heading": gettext("Attendance sheet"),
            "event": event.title,
            "lines": [line for line in (days, place) if line],
            "says": _quorum_words(overview),
            "columns": [gettext("Name"), gettext("Part in the delegation") if overview.members else gettext("Member or organisation"),
                        gettext("Signature")],
            "papers": regions,
        }  # fmt: skip


def _quorum_words(overview: Overview) -> list[str]:
    """How many seats are entitled, filled and needed, in whole sentences; nothing but at statutory meetings."""
    if overview.expected is None or overview.quorum_says is None:
        return []
    entitled = overview.expected.entitled
    seats = ngettext("%(num)s seat is entitled.", "%(num)s seats are entitled.", entitled) % {"num": entitled}
    return [seats, say(overview.quorum_says)]


def _signing(member: MemberAtEvent, overview: Overview) -> dict[str, Any]:
    """One member with everybody who may sign; where nobody is named, a line is left to write on."""
    people = [*member.standing, *member.without_part]
    rows = [[one.name, _part_words(overview.event, one)] for one in people]
    return {"name": member.name, "says": _seat_words(member, overview), "rows": rows or [["", ""]]}


def _seat_words(member: MemberAtEvent, overview: Overview) -> str:
    if not overview.is_statutory:
        return "" if member.people else gettext("Nobody is named yet.")
    if not member.is_entitled:
        return gettext("No seat is entitled at this meeting.")
    if seated := member.in_seat(present=overview.recorded):
        return gettext("One seat is entitled, and %(name)s fills it.") % {"name": seated.name}
    return gettext("One seat is entitled, and nobody fills it yet.")


def _part_words(event: EventRow, one: Delegate) -> str:
    return _aside(event, gettext(label_of(one.part)) if one.part else gettext("No part yet"), one)


def _aside(event: EventRow, first: str, one: Delegate | PaperRow) -> str:
    """What stands beside a name: also who is not confirmed, and who comes online while others can sign."""
    said = [first]
    if one.status != RegistrationStatus.CONFIRMED:
        said.append(gettext(label_of(one.status)))
    if one.attends == Attends.ONLINE and event.on_site:
        said.append(gettext("Online"))
    return ", ".join(part for part in said if part)


def _language_of_all(people: list[PaperRow]) -> str:
    """The language of the document: that of the people where they have one in common, else the reader's."""
    spoken = {one.language for one in people}
    return spoken.pop() if len(spoken) == 1 else languages.current()


def organiser_of(event: EventRow) -> str:
    """Who issues the certificate: the organiser written down for the event, else the sender of our letters."""
    return event.organiser_name or current_settings().sender[0]


def _document(event: EventRow, day: date, what: str) -> dict[str, Any]:
    return {
        "title": gettext("%(term)s: %(value)s") % {"term": what, "value": event.title},
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
        pairs.append((gettext("Date of issue"), languages.day_in_words(day, "long", one.language)))
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
