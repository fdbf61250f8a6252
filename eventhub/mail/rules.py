"""What becomes of a letter: its statuses, when it is tried again, and what an answer of the relay means."""

import re
import unicodedata
from datetime import timedelta
from enum import StrEnum


class LetterStatus(StrEnum):
    """Where a letter stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


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
