"""
Octets of a message in, facts out: tolerant of what clients write, and limited before anything is parsed.

Nothing is believed here. Each field is read on its own, so that one that
cannot be read costs that field and no more; a message that is too large, has
too many parts or takes too long is not read at all.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from typing import Any, TypeVar

from icalendar import Calendar, Component

from eventhub.directory.rules import clean_line, clean_text
from eventhub.replies.rules import (
    LARGEST_CALENDAR,
    LARGEST_MESSAGE,
    LONGEST_COMMENT,
    MOST_BEGINS,
    MOST_PARTS,
    READING_SECONDS,
    CalendarFacts,
    MessageFacts,
    Report,
    bounce_in_words,
    normal_address,
    recipient_in_words,
    reported,
    verdicts_of,
)
from eventhub.words import Sentence

#: Octets of the headers that are read of a message that is too large for more.
_HEAD = 64 * 1024
#: ATTENDEE lines of one calendar, and characters of text that staff see.
_MOST_ATTENDEES, _MOST_TEXT = 200, 20_000
#: SEQUENCE is an INTEGER of the database.
_LARGEST_SEQUENCE = 2**31 - 1

#: Lines that might part a message; and octets of a header with parameters, which take the square of its length to read.
_MOST_DASHES, _LONGEST_HEADER = 1000, 8192

_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mdaemon|mail-daemon|microsoftexchange[0-9a-f]*)@", re.IGNORECASE)
_RETURNED = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|incomplete)|mail delivery|returned (?:mail|to sender)|"
    r"failure notice|not delivered|unzustellbar|non remis|no se puede entregar",
    re.IGNORECASE,
)

T = TypeVar("T")


class Unreadable(Exception):
    """A message or a calendar that is not read; the first argument says why."""


async def read_message(octets: bytes, *, envelope_recipient: str | None, authserv_id: str) -> MessageFacts:
    """
    Read a message in a thread, for a few seconds at most.

    Args:
        envelope_recipient: Whom the envelope named, when the mail system told us.
        authserv_id: The name of our own mail server in Authentication-Results.

    """
    reading = asyncio.to_thread(read, octets, envelope_recipient=envelope_recipient, authserv_id=authserv_id)
    try:
        return await asyncio.wait_for(reading, READING_SECONDS)
    except TimeoutError:
        return MessageFacts(trouble=Sentence("It took too long to read."))


def read(octets: bytes, *, envelope_recipient: str | None = None, authserv_id: str = "") -> MessageFacts:
    """What a message says, as far as it can be read; never an exception."""
    try:
        if len(octets) > LARGEST_MESSAGE:
            raise Unreadable(Sentence("It is too large to be read."))
        if octets.lower().count(b"\ncontent-type:") > MOST_PARTS or octets.count(b"\n--") > _MOST_DASHES:
            raise Unreadable(Sentence("It has too many parts to be read."))
        if _longest_header(octets) > _LONGEST_HEADER:
            raise Unreadable(Sentence("It is broken and cannot be read."))
        return _read(message_from_bytes(octets, policy=policy.compat32), envelope_recipient, authserv_id)
    except Unreadable as unreadable:
        return _head_only(octets, unreadable.args[0])
    except Exception:  # a parser that fails on what somebody wrote must cost that message only
        return _head_only(octets, Sentence("It is broken and cannot be read."))


def _longest_header(octets: bytes) -> int:
    """Octets of the longest Content- header with its folded lines."""
    longest = length = 0
    for line in octets.split(b"\n"):
        if line[:8].lower() == b"content-":
            length = len(line)
        elif length and line[:1] in (b" ", b"\t"):
            length += len(line)
        else:
            length = 0
        longest = max(longest, length)
    return longest


def _head_only(octets: bytes, why: Sentence) -> MessageFacts:
    head = re.split(rb"\r?\n\r?\n", octets[:_HEAD], maxsplit=1)[0]
    message = _or(lambda: message_from_bytes(head, policy=policy.compat32), Message())
    return MessageFacts(
        sender=_sender(message), subject=_header(message, "Subject", 300), message_id=_message_id(message), trouble=why
    )


def _read(message: Message, envelope_recipient: str | None, authserv_id: str) -> MessageFacts:
    parts = []
    for part in message.walk():
        parts.append(part)
        if len(parts) > MOST_PARTS:
            raise Unreadable(Sentence("It has too many parts to be read."))
    text = _plain_text(parts)
    sender, subject = _sender(message), _header(message, "Subject", 300)
    precedence = _header(message, "Precedence", 40).lower()
    report = _report(message, parts) or _report_in_words(sender, subject, text, parts)
    return MessageFacts(
        sender=sender,
        subject=subject,
        message_id=_message_id(message),
        recipients=(envelope_recipient.strip(),) if envelope_recipient else _recipients(message),
        auto_submitted=_header(message, "Auto-Submitted", 60).partition(";")[0].strip().lower(),
        is_bulk=precedence in ("bulk", "list", "junk", "auto_reply")
        or any(message.get(name) is not None for name in ("List-Id", "X-Autoreply", "X-Autorespond")),
        has_null_sender=_header(message, "Return-Path", 300).replace(" ", "") == "<>",
        verdicts=verdicts_of([str(value) for value in message.get_all("Authentication-Results", [])], authserv_id),
        calendars=() if report else tuple(_calendars(parts)),
        report=report,
        text=text,
    )


def _or(read_one: Callable[[], T], otherwise: T) -> T:
    """What can be read, or what stands for it when it cannot."""
    try:
        return read_one()
    except Exception:  # parsers of mail and calendars raise whatever they like
        return otherwise


# Headers


def _header(message: Message, name: str, most: int) -> str:
    """A header in one line, its encoded words read."""
    value = message.get(name)
    if value is None:
        return ""
    raw = str(value)[:4000]
    return _storable(clean_line(_or(lambda: str(make_header(decode_header(raw))), raw)))[:most]


def _storable(text: str) -> str:
    """Text as both databases take it: no NUL, and no half characters."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _sender(message: Message) -> str:
    # nested comments make the parser of the standard library run out of stack
    return _or(lambda: parseaddr(_header(message, "From", 1000))[1], "")[:254]


def _message_id(message: Message) -> str:
    return _header(message, "Message-ID", 255)


def _recipients(message: Message) -> tuple[str, ...]:
    """
    Whom the envelope named, as the mail system of the mailbox wrote it down.

    The letter's own To counts only where no header tells; then the secret in
    it is still the proof.
    """
    found: list[str] = []
    for name in ("X-Original-To", "X-Envelope-To", "Delivered-To"):
        found += [_storable(str(value)[:400]).strip().strip("<>") for value in message.get_all(name, [])[:20]]
    if found:
        return tuple(dict.fromkeys(address for address in found[:20] if address))
    addressed = [str(value)[:4000] for value in message.get_all("To", [])[:20]]
    pairs: list[tuple[str, str]] = []
    with contextlib.suppress(Exception):
        pairs = getaddresses(addressed)[:50]
    return tuple(dict.fromkeys(_storable(address) for _, address in pairs if "+" in address))


# Words


def _plain_text(parts: list[Message]) -> str:
    """What a person or a mail system wrote, from the first part in plain words; failing that, the HTML without its tags."""
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == wanted and not _name(part).lower().endswith(".ics"):
                words = _decoded(part)
                if wanted == "text/html":
                    words = _without_tags(words)
                if words.strip():
                    return _storable(clean_text(words[: 2 * _MOST_TEXT]))[:_MOST_TEXT]
    return ""


_STYLE = re.compile(r"(</?(?:style|script)\b[^<>]*>)", re.IGNORECASE)


def _without_tags(html: str) -> str:
    """HTML without its tags, styles and scripts; patterns that no input makes slow."""
    kept, is_inside = [], False
    for piece in _STYLE.split(html[: 10 * _MOST_TEXT]):
        if _STYLE.fullmatch(piece):
            is_inside = not piece.startswith("</")
        elif not is_inside:
            kept.append(piece)
    return re.sub(r"<[^<>]{0,2000}>", " ", "".join(kept))


def _name(part: Message) -> str:
    return _or(lambda: str(part.get_filename() or part.get_param("name") or ""), "")


def _octets(part: Message) -> bytes:
    payload = _or(lambda: part.get_payload(decode=True), None)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: Message) -> str:
    charset: str = _or(lambda: str(part.get_content_charset() or "utf-8"), "utf-8")
    octets = _octets(part)
    try:
        return octets.decode(charset, "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")


# Calendars


def _calendars(parts: list[Message]) -> Iterator[CalendarFacts]:
    """
    The calendar objects of a message, wherever they are and whatever they are called.

    Raises:
        Unreadable: none of its calendars can be read.

    """
    found, trouble = 0, None
    seen: set[bytes] = set()
    for part in parts:
        is_calendar = part.get_content_type() in ("text/calendar", "application/ics", "text/x-vcalendar")
        if part.is_multipart() or not (is_calendar or _name(part).lower().endswith(".ics")):
            continue
        octets = _octets(part)
        if octets in seen:  # most clients put the same file in twice
            continue
        seen.add(octets)
        try:
            said = str(_or(lambda part=part: part.get_param("method") or "", ""))  # type: ignore[misc]
            for facts in read_calendar(octets, method=said):
                found += 1
                yield facts
        except Unreadable as unreadable:
            trouble = trouble or unreadable
    if trouble and not found:
        raise trouble


def read_calendar(octets: bytes, *, method: str = "") -> list[CalendarFacts]:
    """
    The events of one calendar.

    Args:
        method: What the MIME part says; it counts only when the calendar itself says nothing (MS-STANOICAL V0343).

    Raises:
        Unreadable: it is too large, nests too deep, or is none.

    """
    if len(octets) > LARGEST_CALENDAR:
        raise Unreadable(Sentence("Its calendar is too large to be read."))
    text = octets.decode("utf-8-sig", "replace").replace("\0", "")
    upper = text.upper()
    if upper.count("BEGIN:") > MOST_BEGINS:
        raise Unreadable(Sentence("Its calendar has too many parts to be read."))
    if upper.count("\nATTENDEE") > _MOST_ATTENDEES:
        raise Unreadable(Sentence("Its calendar names too many people."))
    found = _parsed(text)
    if not found:
        raise Unreadable(Sentence("Its calendar is broken and cannot be read."))
    return [
        _event_facts(event, str(_or(lambda c=calendar: c.get("METHOD") or "", "")) or method)  # type: ignore[misc]
        for calendar in found
        for event in calendar.walk("VEVENT")
    ]


_ZONES = re.compile(r"(?ims)^BEGIN:VTIMEZONE[ \t]*\r?$.*?^END:VTIMEZONE[ \t]*\r?$\n?")


def _parsed(text: str) -> list[Component]:
    """
    The calendars in a text, without the time zones that it defines.

    Their rules are worked out to the year 2038 when they are read, however
    many instants that makes; names of zones are understood without them.
    """
    text = _ZONES.sub("", re.sub(r"\r?\n[ \t]", "", text))
    if re.search(r"(?im)^[ \t]*BEGIN[^\n]{0,200}VTIMEZONE", text):
        return []
    with contextlib.suppress(Exception):
        found: list[Component] = [c for c in Calendar.from_ical(text, multiple=True) if c.name == "VCALENDAR"]
        if any(one.walk("VEVENT") for one in found):
            return found
    return []


def _event_facts(event: Any, method: str) -> CalendarFacts:
    attendees: Any = event.get("ATTENDEE") or []
    attendees = attendees if isinstance(attendees, list) else [attendees]
    starts, ends = _or(lambda: _time(event["DTSTART"].dt), None), _or(lambda: _time(event["DTEND"].dt), None)
    if starts and not ends and "DURATION" in event:
        ends = _or(lambda: starts + event["DURATION"].dt, None)
    return CalendarFacts(
        method=clean_line(_storable(method)).upper()[:20],
        uid=_storable(_or(lambda: str(event["UID"]).strip(), ""))[:255],
        attendees=tuple(dict.fromkeys(_or(lambda a=one: _attendee(a), ("", "")) for one in attendees)),  # type: ignore[misc]
        sequence=_or(lambda: min(max(int(event["SEQUENCE"]), 0), _LARGEST_SEQUENCE), None),
        stamped_at=_or(lambda: _instant(event["DTSTAMP"].dt), None),
        comment=_or(lambda: _comment(event, attendees), ""),
        starts_at=starts,
        ends_at=ends,
        is_part_of_series="RECURRENCE-ID" in event,
    )


def _attendee(value: Any) -> tuple[str, str]:
    address = normal_address(_storable(str(value)))[:320]
    return address, _storable(str(value.params.get("PARTSTAT", ""))).strip().upper()[:20]


def _comment(event: Any, attendees: list[Any]) -> str:
    """What the person wrote: COMMENT, or the parameter in which Google puts it."""
    values = event.get("COMMENT") or []
    words = [str(value) for value in (values if isinstance(values, list) else [values])]
    if not any(word.strip() for word in words):
        words = [str(one.params.get("X-RESPONSE-COMMENT", "")) for one in attendees]
    return _storable(clean_text("\n".join(words)[: 4 * LONGEST_COMMENT])).strip()[:LONGEST_COMMENT]


def _time(value: date | datetime) -> datetime | None:
    """When something would be; None where that is in a zone that we do not know."""
    return None if isinstance(value, datetime) and value.tzinfo is None else _instant(value)


def _instant(value: date | datetime) -> datetime | None:
    """An instant in UTC; one without a zone is taken as UTC, a day as its beginning."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    at = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return at if at.year >= 1970 else None


# Letters that came back


def _report(message: Message, parts: list[Message]) -> Report | None:
    """A report in parts (RFC 3464, RFC 5965), whoever wrote it."""
    about = _returned_message_id(parts)
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            fields = _fields(part)
            if not fields or fields[0].get("feedback-type", "abuse").lower() in ("not-spam", "auth-failure", "dmarc"):
                return None
            address = fields[0].get("original-rcpt-to", "") or fields[0].get("removal-recipient", "")
            return Report("complaint", _bare(address), "", fields[0].get("feedback-type", "abuse")[:40], about)
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            return _delivery_report(_fields(part), about)
    return None


def _delivery_report(blocks: list[dict[str, str]], about: str) -> Report:
    """The first recipient that was not reached; our letters have one."""
    none = Report("none", message_id=about)
    for fields in blocks:
        address = _bare(fields.get("original-recipient", "") or fields.get("final-recipient", ""))
        final = _bare(fields.get("final-recipient", ""))
        if not address and "action" not in fields:
            continue
        diagnostic = fields.get("diagnostic-code", "")
        if outcome := reported(fields.get("action", ""), fields.get("status", ""), diagnostic):
            said = diagnostic.partition(";")[2].strip() or diagnostic or fields.get("status", "")
            return Report(outcome[0], address or final, outcome[1], said[:500], about)
        none = Report("none", address or final, "", fields.get("action", "")[:40], about)
    return none


def _fields(part: Message) -> list[dict[str, str]]:
    """The blocks of fields of a report, their names in lower case."""
    payload = part.get_payload()
    if isinstance(payload, list):
        blocks = [block for block in payload if isinstance(block, Message)]
        found = [{k.lower(): _storable(clean_line(str(v)))[:1000] for k, v in block.items()} for block in blocks]
        if any(found):
            return [fields for fields in found if fields]
    text = _octets(part).decode("utf-8", "replace") or str(payload)
    blocks = [message_from_bytes(block.encode("utf-8", "replace")) for block in re.split(r"\r?\n\r?\n", text[:_HEAD])]
    return [{k.lower(): _storable(clean_line(str(v)))[:1000] for k, v in b.items()} for b in blocks if b.items()]


def _bare(value: str) -> str:
    """The address in a field such as `rfc822; name@example.org`."""
    found = value.rpartition(";")[2].strip().strip("<>")
    return found[:254] if "@" in found else ""


def _returned_message_id(parts: list[Message]) -> str:
    """Message-ID of the letter that a report returns, in whole or its headers only."""
    for part in parts:
        kind = part.get_content_type()
        if kind in ("message/rfc822", "message/global") and isinstance(payload := part.get_payload(), list) and payload:
            if isinstance(payload[0], Message) and (found := _message_id(payload[0])):
                return found
        elif kind in ("text/rfc822-headers", "message/global-headers"):
            head = _or(lambda p=part: message_from_bytes(_octets(p)[:_HEAD]), Message())  # type: ignore[misc]
            if found := _message_id(head):
                return found
    return ""


_QUOTED_ID = re.compile(r"^[> ]*Message-ID:\s*(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)


def _report_in_words(sender: str, subject: str, text: str, parts: list[Message]) -> Report | None:
    """What qmail, Exchange and Postfix without its machine-readable part say in plain words."""
    if not (_DAEMON.match(sender) or _RETURNED.search(subject)):
        return None
    outcome = bounce_in_words(subject, text)
    if outcome is None:
        return None
    quoted = _QUOTED_ID.search(text)
    about = _returned_message_id(parts) or (quoted[1] if quoted else "")
    said = next((line.strip() for line in text.splitlines() if re.search(r"\b[45]\d\d\b|\b[45]\.\d\.\d", line)), "")
    return Report(outcome[0], recipient_in_words(text), outcome[1], (said or subject)[:500], about)
