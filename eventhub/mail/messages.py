"""
A letter as the relay gets it: rendered parts in, octets out.

Written by hand and not with `email.message`, which takes milliseconds a
letter (this takes 0.05) and has written headers of a participant's choice
(cpython#121650). The tests read every letter back with the standard library.
"""

import binascii
import textwrap
from datetime import datetime, timedelta
from email.utils import format_datetime, parseaddr
from functools import cache, lru_cache
from uuid import UUID

from eventhub.calendars import Mailbox
from eventhub.mail.addresses import deliverable
from eventhub.mail.forms_of_letters import quoted_printable
from eventhub.mail.rendering import RenderedLetter, organiser
from eventhub.mail.rules import clean_header
from eventhub.settings import current_settings


def build_message(
    rendered: RenderedLetter,
    *,
    letter_id: UUID,
    message_id: str,
    sender: Mailbox | None = None,
    recipient: Mailbox,
    date: datetime,
    thread_id: str | None = None,
) -> bytes:
    """
    The octets of a letter, the same at every attempt.

    With a calendar: mixed[alternative[plain, html, calendar], application/ics],
    the calendar twice in the same octets; Outlook reads the first, others the
    second (RFC 6047 2.4). Without: alternative[plain, html].

    Args:
        letter_id: Makes the boundaries.
        sender: Another one than the rendered letter names; an invitation's is its organiser, or clients refuse it.
        date: When the letter was written.
        thread_id: Message-ID of the first letter of its thread, below which clients show this one.

    Raises:
        UnreachableAddress: no relay can be given the address.

    """
    inner = f"=_{letter_id.hex}_a"
    plain, html = rendered.quoted or (quoted_printable(rendered.text), quoted_printable(rendered.html))
    parts = [_PLAIN + plain, _HTML + html]
    body = b""
    if rendered.calendar is None:
        kind = _multipart("alternative", inner)
        body = _joined(inner, parts)
    else:
        outer = f"=_{letter_id.hex}_m"
        kind = _multipart("mixed", outer)
        calendar = _base64(rendered.calendar)
        parts.append(
            f"Content-Type: text/calendar; charset=UTF-8; method={rendered.method}\r\n".encode() + _BASE64 + calendar
        )
        alternative = f"{_multipart('alternative', inner)}\r\n".encode() + _joined(inner, parts)
        body = _joined(outer, [alternative, _ATTACHMENT + _BASE64 + calendar])
    headers = (
        f"From: {_mailbox(sender or rendered.sender or organiser())}\r\n"
        f"{_reply_to()}"
        f"To: {_mailbox(recipient)}\r\n"
        f"Subject: {_unstructured(clean_header(rendered.subject), len('Subject: '))}\r\n"
        f"Date: {_date(date.replace(microsecond=0), date.utcoffset())}\r\n"
        f"Message-ID: {message_id}\r\n"
        f"{_thread(thread_id, message_id)}"
        "Auto-Submitted: auto-generated\r\n"
        "X-Auto-Response-Suppress: OOF, AutoReply\r\n"
        f"{_unsubscribe(rendered.unsubscribe)}"
        "MIME-Version: 1.0\r\n"
        f"{kind}\r\n"
    )
    return headers.encode("ascii") + body


@lru_cache(maxsize=64)
def _date(second: datetime, _offset: timedelta | None) -> str:
    """What letters that are written together share; equal instants of two zones are not the same words."""
    return format_datetime(second)


@cache
def _reply_to() -> str:
    """Where the words of people go; the answers of their calendars go to the organiser (RFC 6047 2.3)."""
    name, address = parseaddr(current_settings().reply_to)
    return f"Reply-To: {_mailbox(Mailbox(name, address))}\r\n" if address else ""


def _thread(thread_id: str | None, message_id: str) -> str:
    if not thread_id or thread_id == message_id:
        return ""
    return f"In-Reply-To: {thread_id}\r\nReferences: {thread_id}\r\n"


def _unsubscribe(link: str) -> str:
    """How to have no such letters any more with one press of a button (RFC 8058)."""
    if not link:
        return ""
    return f"List-Unsubscribe: <{link}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


_PLAIN, _HTML = (
    f"Content-Type: text/{kind}; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
    for kind in ("plain", "html")
)
_BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\n"
_ATTACHMENT = (
    b'Content-Type: application/ics; name="invite.ics"\r\nContent-Disposition: attachment; filename="invite.ics"\r\n'
)


def _multipart(kind: str, boundary: str) -> str:
    return f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n'


def _joined(boundary: str, parts: list[bytes]) -> bytes:
    """
    Parts between boundaries.

    `=_` occurs in neither quoted-printable nor base64, so no part can hold one.
    """
    line = f"--{boundary}".encode()
    return line + b"\r\n" + (b"\r\n" + line + b"\r\n").join(parts) + b"\r\n" + line + b"--\r\n"


def _base64(octets: bytes) -> bytes:
    """Base64 in lines of 76 characters."""
    whole = binascii.b2a_base64(octets, newline=False)
    return b"\r\n".join([whole[at : at + 76] for at in range(0, len(whole), 76)])


def _mailbox(mailbox: Mailbox) -> str:
    address = deliverable(mailbox.address)
    name = clean_header(mailbox.name)
    if not name:
        return address
    if name.isascii() and (folded := _folded(name.replace("\\", "\\\\").replace('"', '\\"'), 8)):
        return f'"{folded}"\r\n <{address}>' if len(name) + len(address) > 64 else f'"{folded}" <{address}>'
    return f"{_encoded_words(name, len('From: '))}\r\n <{address}>"


def _folded(text: str, used: int) -> str | None:
    """ASCII text in lines of at most 76, or None when a word is too long for one."""
    if used + len(text) <= 76:
        return text
    lines = textwrap.wrap(text, 76 - used, break_long_words=False, break_on_hyphens=False)
    return "\r\n ".join(lines) if max(map(len, lines)) <= 76 - used else None


def _unstructured(text: str, used: int) -> str:
    return (text.isascii() and _folded(text, used)) or _encoded_words(text, used)


def _encoded_words(text: str, used: int) -> str:
    """Text in encoded words of whole characters, a line of at most 76 for each (RFC 2047 2)."""
    words: list[str] = []
    chunk = b""
    for character in text:
        octets = character.encode()
        room = 45 - (used if not words else 0)
        if chunk and len(chunk) + len(octets) > room:
            words.append(_encoded_word(chunk))
            chunk = b""
        chunk += octets
    words.append(_encoded_word(chunk))
    return "\r\n ".join(words)


def _encoded_word(octets: bytes) -> str:
    return f"=?utf-8?b?{binascii.b2a_base64(octets, newline=False).decode()}?="
