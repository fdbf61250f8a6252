"""A letter in its reader's language: facts in, subject, text, HTML and calendar out."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from secrets import token_hex
from typing import Any

import jinja2
import msgspec
from markupsafe import escape

from eventhub import languages
from eventhub.calendars import CalendarEvent, Mailbox, Method, invitation
from eventhub.mail.addresses import deliverable
from eventhub.mail.rules import clean_header
from eventhub.resources import TEMPLATES
from eventhub.settings import current_settings


@dataclass(frozen=True)
class RenderedLetter:
    """What a reader sees; `method` goes with the calendar (RFC 5546)."""

    subject: str
    text: str
    html: str
    calendar: bytes | None
    method: str | None


@dataclass(frozen=True)
class When:
    """
    The time of an event in words, where it is and where the reader is.

    `there` is empty when the clocks of both show the same, or when only the
    days are known.
    """

    here: str
    here_zone: str = ""
    there: str = ""
    there_zone: str = ""


def render(kind: str, language: str, facts: dict[str, Any], *, recipient_address: str) -> RenderedLetter:
    """
    Write a letter of a kind; the same arguments always give the same letter.

    Args:
        kind: The folder below templates/mail/.
        facts: As they were put into the outbox, JSON values only.
        recipient_address: The one that an invitation names.

    Raises:
        jinja2.TemplateError: a template is missing, or a fact that it needs.
        ValueError: a fact is not what it should be.

    """
    method: Method | None = facts.get("calendar_method")
    personal = {name: clean_header(facts[name]) for name in _PERSONAL if name in facts}
    shared = {key: value for key, value in facts.items() if key not in _NOT_SHARED}
    form = _form(kind, language, tuple(personal), msgspec.json.encode(shared))
    text, html = form.text, form.html
    for name, value in personal.items():
        text = text.replace(_TOKENS[name], value)
        html = html.replace(_TOKENS[name], escape(value))
    calendar = None
    if method and (event := facts.get("event")):
        calendar = invitation(
            _calendar_event(event, kind, int(facts.get("cancelled_before", 0))),
            method=method,
            organiser=organiser(),
            attendee=Mailbox(personal["recipient_name"], deliverable(recipient_address)),
            now=datetime.fromisoformat(facts["written_at"]),
            language=language,
        )
    return RenderedLetter(form.subject, text, html, calendar, method if calendar else None)


#: Facts that differ from letter to letter; templates print them and do nothing else with them.
_PERSONAL = ("recipient_name", "manage_url")
_NOT_SHARED = {*_PERSONAL, "written_at", "cancelled_before"}
#: They stand in a form letter until it is one person's; no fact can hold them, since nobody can guess them.
_TOKENS = {name: f"{name}-{token_hex(16)}" for name in _PERSONAL}


@dataclass(frozen=True)
class _FormLetter:
    subject: str
    text: str
    html: str


@lru_cache(maxsize=256)
def _form(kind: str, language: str, personal: tuple[str, ...], shared: bytes) -> _FormLetter:
    """
    What the letters of a kind about one event share.

    The templates take 370 µs; a form letter is filled in for 10. A thousand
    letters about one event are one to them.
    """
    facts = msgspec.json.decode(shared)
    context = {
        **facts,
        **{name: _TOKENS[name] for name in personal},
        "language": language,
        "sender_name": organiser().name,
        "has_invitation": facts.get("calendar_method") == "REQUEST",
    }
    if event := facts.get("event"):
        clean = {name: clean_header(event[name]) for name in ("title", "place", "online_url")}
        context["event"] = {**event, **clean}
        context["when"] = when(event["starts"], event["ends"], event["time_zone"], facts.get("reader_zone"), language)
    subject, text, html = _templates(kind)
    with languages.speaking(language):
        context["subject"] = clean_header(subject.render(context))
        return _FormLetter(context["subject"], text.render(context), html.render(context))


@cache
def organiser() -> Mailbox:
    """The sender of letters, who is the organiser in calendars as well: clients want them equal."""
    name, address = current_settings().sender
    return Mailbox(name, deliverable(address))


@lru_cache(maxsize=4096)
def when(starts: str, ends: str | None, zone: str | None, reader_zone: str | None, language: str) -> When:
    """
    Say when an event is, in its own zone and in the reader's.

    Args:
        starts: An instant or a day in ISO form, as in the facts.
        ends: Likewise, or None; a day is the last one.

    """
    if not zone or "T" not in starts:
        first, last = date.fromisoformat(starts[:10]), ends and date.fromisoformat(ends[:10])
        return When(languages.format_day_range(first, last or None, language))
    start, end = datetime.fromisoformat(starts), ends and datetime.fromisoformat(ends)
    here = languages.format_moments(start, end or None, zone, language)
    here_zone = languages.zone_in_words(zone, start, language)
    if reader_zone:
        there = languages.format_moments(start, end or None, reader_zone, language)
        if there != here:
            there_zone = languages.zone_in_words(reader_zone, start, language)
            return When(here, here_zone, there, there_zone)
    return When(here, here_zone)


def _calendar_event(event: dict[str, Any], kind: str, cancelled_before: int) -> CalendarEvent:
    """
    The event as one person's calendar should have it.

    Whoever cancels gets a CANCEL, and whoever registers again a REQUEST, each
    of which must outnumber the last one (RFC 5546 2.1.4) although the event
    itself did not change: hence two steps for every cancellation.
    """
    steps = 2 * cancelled_before + (1 if kind in ("registration_cancelled", "registration_replaced") else 0)
    return CalendarEvent(
        uid=event["uid"],
        sequence=event["sequence"] + steps,
        title=event["title"],
        starts=_moment(event["starts"]),
        ends=_moment(event["ends"]) if event["ends"] else None,
        time_zone=event["time_zone"],
        place=event["place"],
        online_url=event["online_url"],
        url=event["url"],
        description=event["description"],
        status=event["status"],
        created_at=datetime.fromisoformat(event["created_at"]),
        updated_at=datetime.fromisoformat(event["updated_at"]),
    )


def _moment(text: str) -> datetime | date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


@cache
def _templates(kind: str) -> tuple[jinja2.Template, jinja2.Template, jinja2.Template]:
    folder = f"mail/{kind}"
    names = ("subject.txt", "body.txt", "body.html")
    subject, text, html = (environment().get_template(f"{folder}/{name}") for name in names)
    return subject, text, html


@cache
def environment() -> jinja2.Environment:
    """The one template environment of letters; only HTML is escaped."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(("html",), default=False),
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    found.install_gettext_callables(  # type: ignore[attr-defined]
        languages.gettext, languages.ngettext, newstyle=True
    )
    found.filters["moment"] = _moment_in_words
    return found


def _moment_in_words(instant: str, zone: str) -> str:
    moment, language = datetime.fromisoformat(instant), languages.current()
    words = languages.format_moments(moment, None, zone, language)
    return f"{words}, {languages.zone_in_words(zone, moment, language)}"
