"""Messages in the shape in which clients write them, made for these tests."""

import base64
from datetime import UTC, datetime

STAMP = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def calendar(
    uid: str,
    attendee: str,
    *,
    answer: str = "ACCEPTED",
    method: str = "REPLY",
    sequence: int | None = 0,
    stamp: datetime | None = STAMP,
    organiser: str | None = "mailto:events@example.org",
    more: tuple[str, ...] = (),
    attendees: tuple[str, ...] | None = None,
    product: str = "-//Tests//EN",
    times: tuple[str, ...] = ("DTSTART:20990301T090000Z", "DTEND:20990301T110000Z"),
    zone: tuple[str, ...] = (),
    params: str = "",
) -> str:
    """A calendar with one event."""
    lines = [
        "BEGIN:VCALENDAR", f"PRODID:{product}", "VERSION:2.0", *([f"METHOD:{method}"] if method else []), *zone,
        "BEGIN:VEVENT", f"UID:{uid}", *times,
        *([f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}"] if stamp else []),
        *([f"SEQUENCE:{sequence}"] if sequence is not None else []),
        *([f"ORGANIZER:{organiser}"] if organiser else []),
        *(attendees if attendees is not None else (f"ATTENDEE;PARTSTAT={answer}{params}:mailto:{attendee}",)),
        *more, "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def head(
    sender: str,
    to: str,
    *,
    subject: str = "Accepted: Care in the metropolis",
    delivered_to: str | None = "",
    message_id: str = "<answer-1@client.example>",
    more: tuple[str, ...] = (),
) -> str:
    """The headers of an answer; `delivered_to` empty: the same as To, None: no such header."""
    lines = [
        *([f"Delivered-To: {delivered_to or to}"] if delivered_to is not None else []),
        *more, f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: {message_id}",
        "Date: Wed, 25 Nov 2026 09:30:00 +0000", "MIME-Version: 1.0",
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def _multipart(kind: str, boundary: str, *parts: str) -> str:
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{body}--{boundary}--\r\n'


def _base64(text: str) -> str:
    return base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")


def from_google(uid: str, attendee: str, to: str, **changes: object) -> bytes:
    """Google Calendar: alternative inside mixed, the same file attached, Auto-Submitted, guests counted."""
    changes.setdefault("product", "-//Google Inc//Google Calendar 70.9054//EN")
    changes.setdefault("params", ";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;CN=Alex Example;X-NUM-GUESTS=0")
    ics = calendar(uid, attendee, **changes)  # type: ignore[arg-type]
    method = changes.get("method", "REPLY")
    alternative = _multipart(
        "alternative", "inner",
        "Content-Type: text/plain; charset=UTF-8; format=flowed; delsp=yes\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + _base64("Alex Example has accepted this invitation."),
        "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Accepted=2E</p>",
        f"Content-Type: text/calendar; charset=UTF-8; method={method}\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{ics}",
    )  # fmt: skip
    mixed = _multipart(
        "mixed", "outer", alternative,
        'Content-Type: application/ics; name="invite.ics"\r\nContent-Disposition: attachment; filename="invite.ics"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n" + _base64(ics),
    )  # fmt: skip
    more = ("Sender: Google Calendar <calendar-notification@google.com>", "Auto-Submitted: auto-generated")
    return (head(attendee, to, more=more) + mixed).encode()


OUTLOOK_ZONE = (
    "BEGIN:VTIMEZONE", "TZID:Romance Standard Time",
    "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
    "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE",
)  # fmt: skip


def from_outlook(uid: str, attendee: str, to: str, **changes: object) -> bytes:
    """Outlook and Exchange: no ORGANIZER, Windows zones with a VTIMEZONE of 1601, a comment with a signature."""
    changes = {
        "product": "Microsoft Exchange Server 2010", "organiser": None, "zone": OUTLOOK_ZONE,
        "times": ("DTSTART;TZID=Romance Standard Time:20990301T100000", "DTEND;TZID=Romance Standard Time:20990301T120000"),
        "more": ("COMMENT;LANGUAGE=en-GB:See you there\\n\\nAlex <b>Example</b>\\n", "SUMMARY;LANGUAGE=en-GB:Accepted: Care in the metropolis",
                 "CLASS:PUBLIC", "PRIORITY:5", "TRANSP:OPAQUE", "STATUS:CONFIRMED", "X-MICROSOFT-CDO-APPT-SEQUENCE:0"),
        "params": ";CN=Alex Example",
    } | changes  # fmt: skip
    ics = calendar(uid, attendee, **changes)  # type: ignore[arg-type]
    method = changes.get("method", "REPLY")
    return (
        head(f"Alex Example <{attendee}>", to)
        + _multipart(
            "alternative",
            "_000_",
            "Content-Type: text/plain; charset=us-ascii\r\n\r\nSee you there",
            "Content-Type: text/html; charset=us-ascii\r\n\r\n<html><body>See you there</body></html>",
            f"Content-Type: text/calendar; charset=utf-8; method={method}\r\nContent-Transfer-Encoding: base64\r\n\r\n{_base64(ics)}",
        )
    ).encode()


def from_apple(uid: str, attendee: str, to: str, **changes: object) -> bytes:
    """Apple Calendar: deep inside, as an attachment, no method parameter, no DTEND, perhaps from another account."""
    sender = str(changes.pop("sender", "alex.private@icloud.example"))
    changes = {"product": "-//Apple Inc.//macOS 14.5//EN", "times": ("DTSTART:20990301T090000Z",)} | changes
    ics = calendar(uid, attendee, **changes)  # type: ignore[arg-type]
    related = _multipart(
        "mixed",
        "Apple-2",
        "Content-Type: text/html; charset=us-ascii\r\n\r\n<html></html>",
        'Content-Type: text/calendar; name=iCal-20261125.ics\r\nContent-Disposition: attachment; filename="iCal-20261125.ics"\r\n'
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{ics.replace('=', '=3D')}",
    )
    plain = "Content-Type: text/plain; charset=us-ascii\r\n\r\nAlex Example accepted your invitation."
    return (head(sender, to) + _multipart("alternative", "Apple-1", plain, related)).encode()


def from_thunderbird(uid: str, attendee: str, to: str, **changes: object) -> bytes:
    """Thunderbird: 8bit alternative and the file attached, a full copy of the event."""
    changes = {
        "product": "-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN",
        "more": ("SUMMARY:Care in the metropolis – día", "LOCATION:Café", "CLASS:PUBLIC"),
    } | changes
    ics = calendar(uid, attendee, **changes)  # type: ignore[arg-type]
    alternative = _multipart(
        "alternative", "tb2",
        "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nAlex ha aceptado.",
        f"Content-Type: text/calendar; method=REPLY; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{ics}",
    )  # fmt: skip
    return (
        head(f"=?UTF-8?Q?Al=C3=A9x?= <{attendee}>", to, more=("User-Agent: Thunderbird",))
        + _multipart(
            "mixed",
            "tb1",
            alternative,
            'Content-Type: application/ics; name="invite.ics"\r\nContent-Disposition: attachment; filename="invite.ics"\r\n'
            f"Content-Transfer-Encoding: 8bit\r\n\r\n{ics}",
        )
    ).encode()


def plain(ics: str, sender: str, to: str, **headers: object) -> bytes:
    """A message that is nothing but a calendar."""
    method = "REPLY" if "METHOD:REPLY" in ics else "COUNTER"
    return (
        head(sender, to, **headers)  # type: ignore[arg-type]
        + f"Content-Type: text/calendar; charset=UTF-8; method={method}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{ics}"
    ).encode()


CLIENTS = {"google": from_google, "outlook": from_outlook, "apple": from_apple, "thunderbird": from_thunderbird}


def bounce(
    to: str,
    *,
    recipient: str = "alex-example@example.org",
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    message_id: str = "",
    extra: str = "",
) -> bytes:
    """A report in parts, as RFC 3464 wants it."""
    returned = f"Message-ID: {message_id}\r\nSubject: Registration confirmed\r\n" if message_id else "Subject: x\r\n"
    return (
        "Return-Path: <>\r\n"
        + head("MAILER-DAEMON@mx.example.net", to, subject="Undelivered Mail Returned to Sender",
               more=("Auto-Submitted: auto-replied", extra) if extra else ("Auto-Submitted: auto-replied",))
        + _multipart(
            "report; report-type=delivery-status", "rep",
            "Content-Type: text/plain\r\n\r\nYour message could not be delivered.",
            "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
            f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n",
            f"Content-Type: text/rfc822-headers\r\n\r\n{returned}",
        ).replace('multipart/report; report-type=delivery-status; boundary', "multipart/report; report-type=delivery-status; boundary")
    ).encode()  # fmt: skip


def complaint(to: str, *, message_id: str = "") -> bytes:
    """A complaint, as RFC 5965 wants it."""
    return (
        head("fbl@isp.example", to, subject="FW: Registration confirmed")
        + _multipart(
            "report; report-type=feedback-report", "arf",
            "Content-Type: text/plain\r\n\r\nThis is an email abuse report.",
            "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Isp/1.0\r\nVersion: 1\r\n"
            "Original-Rcpt-To: <alex-example@example.org>\r\n",
            f"Content-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: Registration confirmed\r\n\r\nHello",
        )
    ).encode()  # fmt: skip


def in_words(
    text: str, to: str, *, sender: str = "MAILER-DAEMON@mx.example.net", subject: str = "failure notice"
) -> bytes:
    """A report in plain words."""
    return (
        "Return-Path: <>\r\n" + head(sender, to, subject=subject) + f"Content-Type: text/plain\r\n\r\n{text}"
    ).encode()
