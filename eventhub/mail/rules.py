"""What becomes of a letter: its statuses, when it is tried again, and what an answer of the relay means."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from eventhub.words import Sentence


class LetterStatus(StrEnum):
    """Where a letter stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"


#: The relay may still get these.
UNSENT = frozenset({LetterStatus.QUEUED, LetterStatus.SENDING})


class Stage(StrEnum):
    """How far the talk with the relay had come when it answered."""

    CONNECTION = "connection"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


class Outcome(StrEnum):
    """What an answer means for a letter; PAUSE is about the relay and costs the letter no attempt."""

    SENT = "sent"
    RETRY = "retry"
    GIVE_UP = "give up"
    PAUSE = "pause"


#: Minutes between the first attempts; hourly after that (RFC 5321 4.5.4.1: 30 minutes or more).
FIRST_WAITS = (1, 5, 15, 30)
LATER_WAIT = 60
#: With the waits above this is four days (RFC 5321 4.5.4.1: give up after 4 or 5 days).
MAX_ATTEMPTS = 100
#: Times the process may die while it sends one letter before we blame the letter.
MAX_DEATHS = 5
#: Seconds of the first pause after the relay could not be used, and of the longest.
FIRST_PAUSE, LONGEST_PAUSE = 5, 300
#: Waits are drawn from this much less to this much more, so that letters spread out.
JITTER = 0.2


def wait_after(attempts: int, *, jitter: float) -> timedelta:
    """
    How long a letter waits after its n-th attempt.

    Args:
        attempts: 1 after the first.
        jitter: 0 to 1, drawn by the caller.

    """
    known = attempts <= len(FIRST_WAITS)
    minutes = FIRST_WAITS[max(attempts, 1) - 1] if known else LATER_WAIT
    return timedelta(minutes=minutes * _spread(jitter))


def pause_after(failures: int, *, jitter: float) -> timedelta:
    """How long the whole outbox rests after the n-th failure of the relay in a row."""
    seconds = min(FIRST_PAUSE * 2 ** min(max(failures, 1) - 1, 10), LONGEST_PAUSE)
    return timedelta(seconds=seconds * _spread(jitter))


def _spread(jitter: float) -> float:
    return 1 - JITTER + 2 * JITTER * jitter


def outcome_of(stage: Stage, code: int | None) -> Outcome:
    """
    Tell what an SMTP answer means (RFC 5321 4.2.1); no code stands for a lost connection.

    A relay that refuses us or our sender refuses every letter, so that pauses
    the outbox. What it says of one recipient or one text is about that letter,
    even 421: a letter that always brings it must not stop the others.
    """
    if code is None:
        return Outcome.PAUSE if stage is Stage.CONNECTION else Outcome.RETRY
    if 200 <= code < 300:
        return Outcome.SENT
    if stage is Stage.CONNECTION or code in _ABOUT_US:
        return Outcome.PAUSE
    if stage is Stage.SENDER and code != _TOO_LARGE:
        return Outcome.PAUSE
    return Outcome.GIVE_UP if 500 <= code < 600 else Outcome.RETRY


#: Sign in first, sign-in refused, encryption needed (RFC 4954 6, RFC 3207 4).
_ABOUT_US = frozenset({530, 534, 535, 538})
#: The size is announced with the sender (RFC 1870 6.1), and is the letter's.
_TOO_LARGE = 552

_BIDI = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def clean_header(text: str) -> str:
    """
    Text as a header can hold it: one line, no hidden characters, no encoded words.

    Python decodes `=?UTF-8?Q?=0A?=` in a name into a line break, and what
    follows into a header of its own (cpython#121650).
    """
    if not (text.isascii() and text.isprintable()):
        text = _BIDI.sub("", unicodedata.normalize("NFC", text))
        text = "".join(" " if unicodedata.category(c) in _HIDDEN else c for c in text)
    return " ".join(text.replace("=?", "= ?").split())


_HIDDEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})

_ADDRESS = re.compile(r"\S+@\S+")


def without_addresses(text: str) -> str:
    """An answer of the relay without the addresses it repeats, for the log."""
    return _ADDRESS.sub("…", " ".join(text.split()))


#: What people may be without: they can say so, and what tells of their own seat still comes (RFC 8058).
ANNOUNCEMENTS = frozenset(
    {"message_to_registered", "planned_message", "reminder", "certificate_ready", "feedback_asked"}
)


def is_transactional(kind: str) -> bool:
    """Whether a letter tells somebody of what they did or have, and not of what we would like to say."""
    return kind not in ANNOUNCEMENTS


#: What stands of a registration while it stands; a newer one of them makes the older ones untrue.
STANDING_NEWS = frozenset(
    {
        "registration_pending",
        "registration_confirmed",
        "registration_offered",
        "registration_waitlisted",
        "registration_promoted",
        "event_changed",
    }
)
#: That a registration, or its event, has ended.
ENDING_NEWS = frozenset({"registration_cancelled", "registration_replaced", "registration_lapsed", "event_cancelled"})
REGISTRATION_NEWS = STANDING_NEWS | ENDING_NEWS
#: Of one part of a programme: of whoever signed up for it, and of whoever speaks there.
ITEM_NEWS = frozenset({"item_confirmed", "item_changed", "item_cancelled"})
SPEAKER_NEWS = frozenset({"speaker_invited", "speaker_changed", "speaker_cancelled"})
#: That something is otherwise than the person has heard.
CHANGES = frozenset({"event_changed", "item_changed", "speaker_changed"})
#: What the first letter about a part of a programme is.
FIRST_NEWS = frozenset({"item_confirmed", "speaker_invited"})
#: What only those read whose calendar holds an invitation.
FOR_THE_INVITED = frozenset({"item_cancelled", "speaker_cancelled", "speaker_changed"})


def overtaken_by(kind: str) -> frozenset[str]:
    """
    The kinds of letters to one person about one thing that are not sent any more once this one is written.

    What somebody without a seat, or at another time, need not be reminded of goes with them.
    """
    for family in (ITEM_NEWS, SPEAKER_NEWS):
        if kind in family:
            return family
    if kind not in REGISTRATION_NEWS:
        return frozenset()
    return REGISTRATION_NEWS | {"reminder"}


@dataclass(frozen=True)
class Wording:
    """What staff want a kind of letter to say: a subject, and what stands before the facts; both with placeholders."""

    subject: str
    body: str


#: What staff may put into the wording of a letter, and what it stands for. No other brackets do anything.
PLACEHOLDERS: Mapping[str, Sentence] = {
    "name": Sentence("The name of the person"),
    "title": Sentence("The title of the event, or of the part of its programme"),
    "when": Sentence("Day and time in the zone of the event, and in the person's where that differs"),
    "place": Sentence("The place, or how to join"),
    "link": Sentence("The personal link"),
    "event_link": Sentence("The link to the page of the event"),
    "organiser": Sentence("The sender of the letters"),
}
#: The kinds of letters whose words can be changed for one event; where, when and the links stay.
WORDABLE_KINDS = (
    "registration_confirmed", "registration_waitlisted", "registration_promoted", "registration_pending",
    "registration_offered", "registration_lapsed", "registration_cancelled", "registration_replaced",
    "registration_invited", "registration_link", "event_changed", "event_cancelled", "programme_changed",
    "item_confirmed", "item_changed", "item_cancelled", "speaker_invited", "speaker_changed", "speaker_cancelled",
    "delegation_invited", "certificate_ready", "reminder",
)  # fmt: skip
LONGEST_SUBJECT, LONGEST_BODY = 200, 5000
_PLACEHOLDER = re.compile(r"\[([A-Za-z_]{1,30})\]")
_UNCLOSED = re.compile(rf"\[({'|'.join(PLACEHOLDERS)})\b(?!\])")


def wording_problems(wording: Wording) -> dict[str, list[str]]:
    """Everything that is wrong with a wording, by field: empty, too long, or with a placeholder that nobody knows."""
    problems: dict[str, list[str]] = {}
    for field, text, most in (("subject", wording.subject, LONGEST_SUBJECT), ("body", wording.body, LONGEST_BODY)):
        if not text.strip():
            problems[field] = [Sentence("Please write something here.")]
        elif len(text) > most:
            problems[field] = [Sentence("This is too long; %(most)s characters is the most.", most=most)]
        elif field == "subject" and len(text.splitlines()) > 1:
            problems[field] = [Sentence("The subject is one line.")]
        elif open_ones := _UNCLOSED.findall(text):
            problems[field] = [Sentence("[%(name)s has no closing bracket.", name=open_ones[0])]
        elif unknown := unknown_placeholders(text):
            known = ", ".join(f"[{name}]" for name in PLACEHOLDERS)
            problems[field] = [Sentence("We do not know [%(name)s]. These can be used: %(known)s.", name=unknown[0], known=known)]  # fmt: skip
    return problems


def unknown_placeholders(text: str) -> list[str]:
    """What looks like a placeholder in a text and is none, in order."""
    return [name for name in dict.fromkeys(_PLACEHOLDER.findall(text)) if name not in PLACEHOLDERS]


def filled_in(text: str, values: Mapping[str, str], *, escape: Callable[[str], str] = str) -> str:
    """
    A text with its placeholders filled in, each once: what a value contains is never filled in again.

    Args:
        values: By the names of the placeholders; one that has none, and brackets that are none, stay as they are.
        escape: For what stands around and instead of the placeholders, such as for HTML. A value that is
            markup already says so to it, as `markupsafe.escape` asks.

    """
    parts = _PLACEHOLDER.split(text)
    return "".join(
        str(escape(part)) if number % 2 == 0 else str(escape(values.get(part, f"[{part}]")))
        for number, part in enumerate(parts)
    )
