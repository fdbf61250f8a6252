"""A letter in its reader's language: facts in, subject, text, HTML and calendar out."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import jinja2
import msgspec
from markupsafe import Markup, escape

from eventhub import languages
from eventhub.calendars import CalendarEvent, Mailbox, Method, invitation
from eventhub.directory.rules import clean_text
from eventhub.mail.addresses import deliverable, organiser_for
from eventhub.mail.forms_of_letters import PERSONAL, TOKENS, FormText
from eventhub.mail.rules import Wording, clean_header, filled_in, is_transactional
from eventhub.resources import TEMPLATES


@dataclass(frozen=True)
class RenderedLetter:
    """
    What a reader sees, and what the headers need.

    `method` goes with the calendar (RFC 5546), whose ORGANIZER is `sender`;
    `unsubscribe` is the link of letters that people may be without; `quoted`
    holds text and HTML in quoted-printable, where that was at hand.
    """

    subject: str
    text: str
    html: str
    calendar: bytes | None
    method: str | None
    sender: Mailbox | None = None
    unsubscribe: str = ""
    quoted: tuple[bytes, bytes] | None = None


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


def render(
    kind: str,
    language: str,
    facts: dict[str, Any],
    *,
    recipient_address: str,
    person_id: UUID | None = None,
    wording: Wording | None = None,
) -> RenderedLetter:
    """
    Write a letter of a kind; the same arguments always give the same letter.

    Args:
        kind: The folder below templates/mail/.
        facts: As they were put into the outbox, JSON values only.
        recipient_address: The one that an invitation names.
        person_id: Whose letter it is; their calendar answers to an address of their own.
        wording: What staff want it to say instead of the first sentences and the subject.

    Raises:
        jinja2.TemplateError: a template is missing, or a fact that it needs.
        ValueError: a fact is not what it should be.

    """
    method: Method | None = facts.get("calendar_method")
    personal = {name: clean_header(facts[name]) for name in PERSONAL if facts.get(name)}
    shared = {key: "" if key in PERSONAL else value for key, value in facts.items() if key not in _NOT_SHARED}
    form = _form(kind, language, tuple(personal), msgspec.json.encode(shared), wording)
    subject = form.subject.filled(personal)
    in_html = {name: str(escape(value)) for name, value in personal.items()}
    if facts.get("is_test"):
        with languages.speaking(language):
            subject = languages.gettext("Test: %(subject)s") % {"subject": subject}
    sender = organiser_for(person_id if facts.get("event") else None)
    calendar = None
    if method and form.event:
        calendar = invitation(
            form.event,
            method=method,
            organiser=sender,
            attendee=Mailbox(personal.get("recipient_name", ""), deliverable(recipient_address)),
            now=datetime.fromisoformat(facts["written_at"]),
            language=language,
            reader_zone=facts.get("reader_zone"),
            may_counter=bool(facts.get("may_counter")),
            sequence=_sequence(facts, kind),
            join_url=facts.get("join_url") or None,
        )
    return RenderedLetter(
        clean_header(subject),
        form.text.filled(personal),
        form.html.filled(in_html),
        calendar,
        method if calendar else None,
        sender,
        "" if is_transactional(kind) else personal.get("opt_out_url", ""),
        (form.text.quoted(personal), form.html.quoted(in_html)),
    )


#: What is one person's in a calendar.
_NOT_SHARED = {"written_at", "cancelled_before", "calendar_sequence"}


@dataclass(frozen=True)
class _FormLetter:
    subject: FormText
    text: FormText
    html: FormText
    event: CalendarEvent | None


@dataclass(frozen=True)
class _Worded:
    """The words of staff in both forms, and whether they greet the person themselves."""

    text: str
    html: Markup
    greets: bool


@lru_cache(maxsize=256)
def _form(kind: str, language: str, personal: tuple[str, ...], shared: bytes, wording: Wording | None) -> _FormLetter:
    """
    What the letters of a kind about one event share.

    The templates take 370 µs; a form letter is filled in for 20. A thousand
    letters about one event are one to them.
    """
    facts = msgspec.json.decode(shared)
    context = {
        "join_url": "",
        "opt_out_url": "",
        **facts,
        **{name: TOKENS[name] for name in personal},
        "language": language,
        "sender_name": organiser().name,
        "has_invitation": facts.get("calendar_method") == "REQUEST",
        "has_cancellation": facts.get("calendar_method") == "CANCEL",
        "worded": None,
    }
    if event := facts.get("event"):
        clean = {name: clean_header(event[name]) for name in ("title", "place", "online_url")}
        context["event"] = {**event, **clean}
        context["join_url"] = context["join_url"] or clean["online_url"]
        context["when"] = when(event["starts"], event["ends"], event["time_zone"], facts.get("reader_zone"), language)
    subject, text, html = _templates(kind)
    with languages.speaking(language):
        context["subject"] = clean_header(subject.render(context))
        if wording and event:
            values = _values(context)
            context["subject"] = clean_header(filled_in(wording.subject, values))
            context["worded"] = _worded(wording.body, values)
        elif "message" in facts:
            context["worded"] = _worded(facts["message"], _values(context))
            context["subject"] = clean_header(filled_in(facts["message_subject"], _values(context)))
        return _FormLetter(
            FormText(context["subject"]),
            FormText(_tidy(text.render(context))),
            FormText(html.render(context)),
            _calendar_event(event) if event and facts.get("calendar_method") else None,
        )


def _values(context: dict[str, Any]) -> dict[str, str]:
    """What the placeholders of a wording stand for in one form letter (eventhub/mail/rules.py, PLACEHOLDERS)."""
    event, said = context["event"], context["when"]
    here = f"{said.here}, {said.here_zone}" if said.here_zone else said.here
    return {
        "name": context.get("recipient_name", ""),
        "title": clean_header(str(context.get("item_title") or event["title"])),
        "when": f"{here} / {said.there}, {said.there_zone}" if said.there else here,
        "place": event["place"] or context["join_url"],
        "link": context.get("manage_url", ""),
        "event_link": event["url"],
        "organiser": context["sender_name"],
    }


def _worded(body: str, values: dict[str, str]) -> _Worded:
    """The words of staff as text, and as paragraphs of HTML in which nothing is markup but the links."""
    body = clean_text(body)
    links = {name: _link(value) for name, value in values.items() if name in ("link", "event_link") and value}
    paragraph = Markup('<p style="margin:0 0 16px" dir="auto">{}</p>')
    html = Markup("\n").join(
        paragraph.format(Markup("<br>").join(_filled_html(line, {**values, **links}) for line in part.split("\n")))
        for part in re.split(r"\n{2,}", body)
        if part.strip()
    )
    return _Worded(filled_in(body, values), html, "[name]" in body)


def _filled_html(line: str, values: dict[str, str]) -> Markup:
    return Markup(filled_in(line, values, escape=escape))  # noqa: S704  every part was escaped


def _link(address: str) -> Markup:
    return Markup('<a href="{0}">{0}</a>').format(address)


_GAPS = re.compile(r"\n{3,}")


def _tidy(text: str) -> str:
    """At most one empty line in a row; templates leave more where nothing stands."""
    return _GAPS.sub("\n\n", text).lstrip("\n")


def organiser() -> Mailbox:
    """The sender of letters that nobody's calendar answers."""
    return organiser_for(None)


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


def _calendar_event(event: dict[str, Any]) -> CalendarEvent:
    """The event as the calendars of all who get the letter should have it."""
    return CalendarEvent(
        uid=event["uid"],
        sequence=int(event["sequence"]),
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


def _sequence(facts: dict[str, Any], kind: str) -> int:
    """What post_letter found; letters of older versions count the cancellations before them instead."""
    if (found := facts.get("calendar_sequence")) is not None:
        return int(found)
    steps = 1 if kind in ("registration_cancelled", "registration_replaced") else 0
    return int(facts["event"]["sequence"]) + 2 * int(facts.get("cancelled_before", 0)) + steps


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
