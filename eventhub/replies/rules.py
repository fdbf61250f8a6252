"""
What a message that came in means, and how far it is believed; facts in, verdicts out.

The order of the questions is that of the trust they give: what is no answer at
all goes first, then who was asked, then who answers, then which of two answers
is the newer one. Whatever is not certain is put before staff with the reason.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from eventhub.words import Sentence

#: Octets of a message and of a calendar in it, parts of a message, and BEGIN: lines of a calendar.
LARGEST_MESSAGE, LARGEST_CALENDAR = 512 * 1024, 128 * 1024
MOST_PARTS, MOST_BEGINS = 40, 60
#: Seconds that reading one message may take.
READING_SECONDS = 5.0
#: Characters of a comment.
LONGEST_COMMENT = 500
#: Times that a message may bring its reader down before it is set aside.
MOST_ATTEMPTS = 3
#: A proposed time further ahead than this is a mistake.
FURTHEST = timedelta(days=366 * 100)


class Kind(StrEnum):
    """What a message is."""

    UNREAD = "unread"
    REPLY = "reply"
    COUNTER = "counter"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    SELF_TEST = "self_test"
    OTHER = "other"


class Status(StrEnum):
    """What became of a message."""

    RECEIVED = "received"
    DONE = "done"
    REVIEW = "review"
    IGNORED = "ignored"
    FAILED = "failed"


class Decision(StrEnum):
    """What staff do with a message that they have to decide about."""

    APPLY = "apply"
    IGNORE = "ignore"


class PartStat(StrEnum):
    """The answers that we note."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


@dataclass(frozen=True)
class CalendarFacts:
    """One calendar object of an answer, as far as it could be read."""

    method: str = ""
    uid: str = ""
    attendees: tuple[tuple[str, str], ...] = ()
    sequence: int | None = None
    stamped_at: datetime | None = None
    comment: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_part_of_series: bool = False


@dataclass(frozen=True)
class Report:
    """A letter that came back, or a complaint: what the report says of it."""

    kind: str
    address: str = ""
    status_code: str = ""
    said: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class MessageFacts:
    """A message as far as it could be read; what is missing is empty."""

    sender: str = ""
    subject: str = ""
    message_id: str = ""
    #: Whom the envelope named, or, where no header says so, whom the letter is to.
    recipients: tuple[str, ...] = ()
    auto_submitted: str = ""
    is_bulk: bool = False
    has_null_sender: bool = False
    #: Verdicts of our own mail server, such as dmarc: fail.
    verdicts: tuple[tuple[str, str], ...] = ()
    calendars: tuple[CalendarFacts, ...] = ()
    report: Report | None = None
    text: str = ""
    #: Why it could not be read, in a sentence.
    trouble: Sentence | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether no person wrote it (RFC 3834 2, 5)."""
        return self.auto_submitted not in ("", "no") or self.is_bulk or self.has_null_sender


@dataclass(frozen=True)
class Verdict:
    """What is done with a message, and why, in a sentence for staff."""

    kind: Kind
    status: Status
    code: str
    reason: Sentence


def _v(kind: Kind, status: Status, code: str, sentence: Sentence) -> Verdict:
    return Verdict(kind, status, code, sentence)


@dataclass(frozen=True)
class Known:
    """
    What we know of the calendar object and the person that an answer names.

    Attributes:
        is_ours: We have sent this UID.
        invited: Addresses at which the person was invited, of whom the token or the ATTENDEE is.
        token_fits: The secret of the envelope is that of the person named; None: there was none.
        token_is_of_another: It is that of somebody else who was invited.
        plus_addresses: Whether our letters bear secrets.
        sequence: SEQUENCE of the newest letter to this person about it; None: not known.
        seen: SEQUENCE and DTSTAMP of the answer that counts so far.
        has_seat_or_slot: The person was registered for it, or asked to speak at it, at some time.
        is_over: It has ended.

    """

    is_ours: bool = True
    invited: tuple[str, ...] = ()
    token_fits: bool | None = None
    token_is_of_another: bool = False
    plus_addresses: bool = True
    sequence: int | None = None
    seen: tuple[int, datetime] | None = None
    has_seat_or_slot: bool = True
    is_over: bool = False


def first_look(facts: MessageFacts, *, own_sender: bool) -> Verdict | None:
    """
    What can be said of a message without the database; None: it holds an answer to look into.

    Args:
        own_sender: It seems to come from our own address.

    """
    if facts.trouble:
        return _v(Kind.OTHER, Status.FAILED, "unreadable", facts.trouble)
    if facts.report:
        return None
    if not facts.calendars:
        if own_sender:
            return _v(Kind.AUTOMATIC, Status.IGNORED, "own_letter", Sentence("This is a letter of our own."))
        if facts.is_automatic:
            return _v(
                Kind.AUTOMATIC, Status.IGNORED, "automatic", Sentence("A machine wrote this; it holds no answer.")
            )
        return _v(
            Kind.OTHER, Status.REVIEW, "words", Sentence("Somebody wrote to us in words; no calendar answer is in it.")
        )
    methods = {calendar.method for calendar in facts.calendars}
    if own_sender and "REPLY" not in methods:
        return _v(Kind.AUTOMATIC, Status.IGNORED, "own_letter", Sentence("This is a letter of our own."))
    if methods == {""}:
        return _v(
            Kind.OTHER,
            Status.REVIEW,
            "no_method",
            Sentence("A calendar file is in it that does not say what it wants."),
        )
    if not methods & {"REPLY", "COUNTER"}:
        return _v(
            Kind.OTHER, Status.IGNORED, "method",
            Sentence("Its calendar is no answer, and only answers change anything here."),
        )  # fmt: skip
    if facts.is_automatic and "REPLY" not in methods:
        return _v(Kind.AUTOMATIC, Status.IGNORED, "automatic", Sentence("A machine wrote this; it holds no answer."))
    return None


def the_one(calendars: Iterable[CalendarFacts]) -> CalendarFacts | None:
    """The calendar object that all parts of a message agree on; clients put the same one in twice. None: they differ."""
    found = list(dict.fromkeys(calendars))
    return found[0] if len(found) == 1 else None


def judge(facts: MessageFacts, calendar: CalendarFacts | None, known: Known) -> Verdict:
    """
    Tell how far an answer is believed.

    Args:
        calendar: The one calendar object of the message; None: there are several that differ.
        known: What we know of the event and the person it names.

    """
    kind = Kind.COUNTER if any(c.method == "COUNTER" for c in facts.calendars) else Kind.REPLY

    def review(code: str, sentence: Sentence) -> Verdict:
        return _v(kind, Status.REVIEW, code, sentence)

    if calendar is None:
        return review(
            "several", Sentence("Two different calendar entries are in it, so it is not clear which one counts.")
        )
    if not calendar.uid:
        return review("no_uid", Sentence("The answer does not say which event it is about."))
    if calendar.is_part_of_series:
        return review("series", Sentence("The answer is about one of a series, and we send no series."))
    if not known.is_ours:
        return review("unknown_event", Sentence("The answer is about a calendar entry that we do not know."))
    if known.plus_addresses and known.token_fits is None and not known.token_is_of_another:
        return review(
            "no_token",
            Sentence("The answer did not come to the person's own reply address, so anybody might have sent it."),
        )
    if len(calendar.attendees) != 1 and kind is Kind.REPLY:
        return review("attendees", Sentence("The answer names nobody, or several people."))
    if known.token_is_of_another:
        return review(
            "forwarded",
            Sentence(
                "The answer came to the reply address of another person than it names; the invitation may have been forwarded."
            ),
        )
    if known.plus_addresses and not known.token_fits:
        return review("wrong_token", Sentence("The answer came to a reply address that is not this person's."))
    if not known.has_seat_or_slot or not known.invited:
        return review(
            "not_invited",
            Sentence("The answer is of somebody whom we have not invited; the invitation may have been forwarded."),
        )
    if not any(same_address(address, invited) for address, _ in calendar.attendees for invited in known.invited):
        return review(
            "forwarded",
            Sentence("The answer is of another address than the one invited; the invitation may have been forwarded."),
        )
    if fails(facts.verdicts):
        return review(
            "not_authentic", Sentence("Our mail server says that this message does not come from where it claims.")
        )
    if not known.plus_addresses and not any(same_address(facts.sender, invited) for invited in known.invited):
        return review(
            "sender", Sentence("The sender is not the person who was invited, and reply addresses are switched off.")
        )
    newest = (calendar.sequence or 0, calendar.stamped_at)
    if calendar.stamped_at is None:
        return review("no_stamp", Sentence("The answer does not say when it was given, so it may be an old one."))
    if known.seen and (newest[0], calendar.stamped_at) <= known.seen:
        return _v(kind, Status.IGNORED, "duplicate", Sentence("The same answer, or a newer one, came before."))
    if kind is Kind.REPLY:
        answer = calendar.attendees[0][1].upper()
        if answer not in {"ACCEPTED", "DECLINED", "TENTATIVE"}:
            return review("no_answer", Sentence("The answer is neither yes, no nor maybe."))
    if known.is_over:
        return _v(kind, Status.IGNORED, "over", Sentence("The event is over, so the answer changes nothing."))
    if known.sequence is not None and newest[0] < known.sequence:
        return _v(
            kind,
            Status.DONE,
            "outdated",
            Sentence("The answer was given before the last change; the person was asked again."),
        )
    if kind is Kind.COUNTER:
        return _v(kind, Status.DONE, "proposed", Sentence("Another time is proposed."))
    return _v(kind, Status.DONE, answer.lower(), _NOTED[answer])


_NOTED = {
    "ACCEPTED": Sentence("The person comes."),
    "DECLINED": Sentence("The person does not come."),
    "TENTATIVE": Sentence("The person may come; the seat is kept."),
}


def may_be_applied(code: str) -> bool:
    """Whether staff may take an answer under review as that of the person it names."""
    return code in {"no_token", "wrong_token", "forwarded", "not_authentic", "sender", "no_stamp"}


def part_stat(word: str) -> PartStat | None:
    """PARTSTAT as we note it (RFC 5545 3.2.12); None: no answer, or one given on to somebody else."""
    try:
        return PartStat(word.strip().lower())
    except ValueError:
        return None


def proposal_trouble(calendar: CalendarFacts, *, now: datetime) -> Sentence | None:
    """Why a proposed time is not put before the organiser; None: it is."""
    if calendar.starts_at is None:
        return Sentence("Another time is proposed, but not which one.")
    if calendar.starts_at <= now:
        return Sentence("The proposed time has passed.")
    if calendar.starts_at > now + FURTHEST or (
        calendar.ends_at and not calendar.starts_at < calendar.ends_at < now + FURTHEST
    ):
        return Sentence("The proposed time makes no sense.")
    return None


def fails(verdicts: tuple[tuple[str, str], ...]) -> bool:
    """
    Whether our mail server says that a message is forged (RFC 8601 2.7).

    DMARC has looked at the other two and counts alone. Without it, one of
    them suffices: SPF fails behind every forwarder, DKIM behind some lists.
    """
    found = dict(verdicts)
    if found.get("dmarc") in ("pass", "fail"):
        return found["dmarc"] == "fail"
    if found.get("dkim") == "pass" or found.get("spf") == "pass":
        return False
    return "fail" in (found.get("dkim"), found.get("spf"))


_VERDICT = re.compile(r"(?:^|;)\s*(dmarc|dkim|spf)\s*=\s*([a-z]+)", re.IGNORECASE)


def verdicts_of(headers: Iterable[str], authserv_id: str) -> tuple[tuple[str, str], ...]:
    """
    What our own mail server says of a message; what others wrote is not believed (RFC 8601 5).

    Args:
        headers: The values of Authentication-Results, the topmost first.
        authserv_id: The name of our own server; empty: nothing is believed.

    """
    if not authserv_id:
        return ()
    for value in headers:
        plain = re.sub(r"\([^()]*\)", " ", " ".join(value.split())[:4000])
        name, _, rest = plain.partition(";")
        if not name.split() or name.split()[0].casefold() != authserv_id.casefold():
            continue
        found: dict[str, str] = {}
        for method, result in _VERDICT.findall(";" + rest):
            if found.get(method.lower()) != "pass":  # several DKIM signatures: one that holds is enough
                found[method.lower()] = result.lower()
        return tuple(found.items())
    return ()


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are one mailbox: case is no matter, and a domain may be written in its IDNA form."""
    return bool(one) and normal_address(one) == normal_address(other)


def normal_address(address: str) -> str:
    """An address as it is compared; what cannot be read stays as it is."""
    text = address.strip().strip("<>").casefold()
    text = text.removeprefix("mailto:").split("?")[0]
    local, at, domain = text.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        return text
    return f"{local}{at}{domain}"


_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_SMTP = re.compile(r"\b([45])\d\d[ -]")
#: What mail systems without RFC 3464 write; the first that fits.
_PERMANENT = re.compile(
    r"user unknown|no such (?:user|recipient|mailbox)|unknown (?:user|recipient)|does not exist|doesn.t exist|"
    r"mailbox (?:unavailable|not found)|recipient not found|address rejected|no mailbox here|permanent(?:ly)? (?:fatal )?error|"
    r"couldn.t be (?:delivered|found)|wasn.t found|RESOLVER\.ADR|permanent failure|giving up",
    re.IGNORECASE,
)
_NO_SUCH = re.compile(
    r"user unknown|no such (?:user|recipient|mailbox)|unknown (?:user|recipient)|does not exist|doesn.t exist|"
    r"mailbox not found|recipient not found|no mailbox here|wasn.t found|couldn.t be found|RESOLVER\.ADR\.(?:Ex)?RecipNotFound",
    re.IGNORECASE,
)
_FULL = re.compile(r"quota|mailbox (?:is )?full|over (?:its|the) limit", re.IGNORECASE)
_DELAYED = re.compile(
    r"delayed|will (?:be )?retr|still trying|temporar|not yet been delivered|warning message only", re.IGNORECASE
)


def reported(action: str, status: str, diagnostic: str) -> tuple[str, str] | None:
    """
    Tell how a delivery ended (RFC 3464 2.3.3, 2.3.4): hard or soft, and the status; None: it has not failed.

    Args:
        action: failed, delayed, delivered, relayed or expanded; empty when the report does not say.
        status: Such as 5.1.1; empty when the report does not say.
        diagnostic: What the other mail system said.

    """
    word = action.strip().lower()
    if word in ("delivered", "relayed", "expanded", "delayed"):
        return None
    found = _STATUS.search(status) or _STATUS.search(diagnostic)
    code = found[0] if found else ""
    if code.startswith("2."):
        return None
    if code.startswith("4.") or code.endswith(".2.2") or (not code and _FULL.search(diagnostic)):
        return "soft", code
    if code == "5.0.0" and _NO_SUCH.search(diagnostic):
        return "hard", "5.1.1"
    if code:
        return "hard", code
    smtp = _SMTP.search(diagnostic)
    if smtp and smtp[1] == "4":
        return "soft", "4.0.0"
    if word == "failed" or smtp or _PERMANENT.search(diagnostic):
        return "hard", "5.1.1" if _NO_SUCH.search(diagnostic) else "5.0.0"
    return None


def bounce_in_words(subject: str, text: str) -> tuple[str, str] | None:
    """What a report in plain words says: hard or soft and the status; None: it says nothing of a failed delivery."""
    if _DELAYED.search(subject) and not _PERMANENT.search(text):
        return None
    return reported("", "", text[:20_000])


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9]")


def qmail_recipient(text: str) -> str:
    """The address that a report of qmail or Postfix names at the beginning of a line: `<name@host>:`."""
    found = re.search(rf"^<({_ADDRESS.pattern})>:", text[:20_000], re.MULTILINE)
    return found[1] if found else ""


def recipient_in_words(text: str) -> str:
    """The first address in a report in plain words."""
    return qmail_recipient(text) or (_ADDRESS.search(text[:20_000]) or [""])[0]
