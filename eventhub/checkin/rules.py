"""Words and law of the door, of participant reports, and of personal links to join."""

import hashlib
import re
from datetime import datetime, timedelta
from enum import StrEnum

from eventhub.words import Sentence

#: A scan that waited for the network counts for this long.
OLDEST_SCAN = timedelta(days=3)
#: A personal link to join opens this long before the start.
JOIN_BEFORE = timedelta(minutes=30)
#: How long a link opens after the start of an event without an end.
JOIN_WITHOUT_END = timedelta(hours=12)
#: Fewer minutes than this in a video conference are no attendance, unless staff choose another number.
MINIMUM_MINUTES = 10
MOST_MINUTES = 1440
LONGEST_CODE = 500
LONGEST_NAME = 200
LONGEST_ADDRESS = 254

#: Crockford's base 32: no I, L, O and U, which people mistake.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SHORT_CODE = re.compile(f"[{_ALPHABET}]{{8}}")


class Verdict(StrEnum):
    """What the door says of a ticket."""

    PRESENT = "present"
    ALREADY = "already"
    NOT_SIGNED_UP = "not_signed_up"
    NOT_REGISTERED = "not_registered"
    WAITING = "waiting"
    UNDECIDED = "undecided"
    OTHER_EVENT = "other_event"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    TOO_OLD = "too_old"
    TAKEN_BACK = "taken_back"


class Decision(StrEnum):
    """What staff make of a row of a report that matches nobody."""

    OPEN = ""
    MATCHED = "matched"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


#: The colour and shape of each answer.
KINDS = {
    Verdict.PRESENT: "good",
    Verdict.ALREADY: "warning",
    Verdict.NOT_SIGNED_UP: "warning",
    Verdict.WAITING: "warning",
    Verdict.UNDECIDED: "warning",
    Verdict.TAKEN_BACK: "warning",
}

#: The word above the name; it is said in the language of the page.
WORDS = {
    Verdict.PRESENT: Sentence("Present"),
    Verdict.ALREADY: Sentence("Already present"),
    Verdict.NOT_SIGNED_UP: Sentence("Present, not signed up"),
    Verdict.NOT_REGISTERED: Sentence("Not registered"),
    Verdict.WAITING: Sentence("On the waiting list"),
    Verdict.UNDECIDED: Sentence("No seat yet"),
    Verdict.OTHER_EVENT: Sentence("Other event"),
    Verdict.CANCELLED: Sentence("Cancelled"),
    Verdict.DECLINED: Sentence("Declined"),
    Verdict.TOO_OLD: Sentence("Scanned too long ago"),
    Verdict.TAKEN_BACK: Sentence("Taken back"),
}

#: What a registration without a seat answers at the door.
WITHOUT_SEAT = {
    "waitlisted": Verdict.WAITING,
    "pending": Verdict.UNDECIDED,
    "offered": Verdict.UNDECIDED,
    "cancelled": Verdict.CANCELLED,
    "declined": Verdict.DECLINED,
}


def verdict_sentence(verdict: Verdict, *, name: str = "", clock: str = "", event: str = "") -> Sentence:
    """The whole sentence of an answer."""
    match verdict:
        case Verdict.PRESENT:
            return Sentence("%(name)s is marked as present now.", name=name)
        case Verdict.ALREADY:
            return Sentence("%(name)s was marked as present before, at %(clock)s.", name=name, clock=clock)
        case Verdict.NOT_SIGNED_UP:
            return Sentence("%(name)s is marked as present now, without having signed up for this item.", name=name)
        case Verdict.WAITING:
            return Sentence("%(name)s is on the waiting list and has no seat.", name=name)
        case Verdict.UNDECIDED:
            return Sentence("The registration of %(name)s is not confirmed yet.", name=name)
        case Verdict.OTHER_EVENT:
            return Sentence("The ticket of %(name)s is for another event: %(event)s.", name=name, event=event)
        case Verdict.CANCELLED:
            return Sentence("The registration of %(name)s was cancelled.", name=name)
        case Verdict.DECLINED:
            return Sentence("The registration of %(name)s was declined.", name=name)
        case Verdict.TOO_OLD:
            return Sentence("This was scanned more than three days ago and does not count. Look for the name instead.")
        case Verdict.TAKEN_BACK:
            return Sentence("The mark of %(name)s was taken back after this scan, and stays so.", name=name)
        case _:
            return Sentence(
                "No registration has this code. The ticket may have been replaced by a newer one: look for the name."
            )


def ticket_of(text: str) -> str:
    """The code in what a camera or a hand gives: the code itself, or an address that ends with it."""
    text = text.replace("\x00", "").strip()
    return text.split("?")[0].split("#")[0].rstrip("/").rpartition("/")[2] if "/" in text else text


def short_code(ticket: str) -> str:
    """
    Eight letters and digits made from a ticket, to be typed when a camera cannot read it.

    They are 40 bits of a hash: they find a ticket at one event and open nothing. static/checkin.js makes the same.
    """
    number = int.from_bytes(hashlib.sha256(ticket.encode()).digest()[:5])
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))


def shown_code(ticket: str) -> str:
    """The short code as a ticket shows it: “7K3M-9QXA”."""
    code = short_code(ticket)
    return f"{code[:4]}-{code[4:]}"


def typed_code(text: str) -> str | None:
    """The short code that somebody meant, or None; I and L are read as 1 and O as 0."""
    code = re.sub(r"[\s\-–.]", "", text.upper()).translate(str.maketrans("ILO", "110"))
    return code if _SHORT_CODE.fullmatch(code) else None


def scan_time(at: datetime | None, now: datetime) -> datetime | None:
    """When somebody was there: the time of the scan, never in the future; None when it is too long ago."""
    if at is None or at > now:
        return now
    return at if now - at <= OLDEST_SCAN else None


def join_window(starts_at: datetime, ends_at: datetime | None) -> tuple[datetime, datetime]:
    """From when and until when a personal link leads to the video conference."""
    return starts_at - JOIN_BEFORE, ends_at or starts_at + JOIN_WITHOUT_END
