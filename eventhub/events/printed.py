"""
Printed calendars: what their cells say, and nothing more.

A printed row has days and no times of day; a blank end stays unknown. The
module is pure, so that every odd cell can be tried without a database.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from eventhub.events.rules import FIRST_YEAR, LAST_YEAR, EventKind, Mode
from eventhub.words import Sentence

#: What a title says of the kind of an event for certain enough to begin with:
#: statutory meetings and the world day bear their name. It is a guess, which
#: staff can change on the event's page or by a column `kind`. The legend of
#: the printed calendar, which told own events from others, is lost.
TITLE_PATTERNS: tuple[tuple[str, EventKind], ...] = (
    (r"\bworld metropolitan day\b", EventKind.CAMPAIGN_EVENT),
    (r"\bboard of directors\b", EventKind.BOARD_OF_DIRECTORS),
    (r"\bgeneral assembly of members\b", EventKind.GENERAL_ASSEMBLY),
)

#: What a row is when its title does not say: an event of others.
USUAL_KIND = EventKind.GLOBAL_EVENT

_HYBRID = r"hybrid(?: (?:event|meeting|edition))?\.*"
_ONLINE = r"(?:on[ -]?line|virtual|webinar)(?: (?:event|meeting|edition))?(?: ?\([^()]*\))?\.*"
_WORD = rf"(?:(?P<hybrid>{_HYBRID})|{_ONLINE})"
#: A hyphen parts only where a space stands beside it: “Stratford-upon-Avon” is one place.
_AND = r"\s*(?:[&+/,;:–—]|\band\b|(?<!\S)-|-(?!\S))\s*"
#: What people do beside a place, or alone: “Paris & Online”, “Paris (online)”, “Online / Paris”, “Hybrid (Paris)”.
_SAID = (
    rf"(?P<place>){_WORD}",
    rf"(?P<place>.*?){_AND}{_WORD}",
    rf"(?P<place>.*?) ?\({_WORD}\)",
    rf"{_WORD}{_AND}(?P<place>.*)",
    rf"(?P<hybrid>{_HYBRID}) ?\((?P<place>[^()]*)\)",
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


class UnreadableDay(ValueError):
    """A cell does not hold a day; the sentence says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Location:
    """Where a printed row takes place; `country` is an ISO code, or empty when nobody said."""

    mode: Mode
    place: str
    country: str


def tidy(text: str) -> str:
    """Printed text with single spaces, whatever kind of space was printed, and nothing invisible."""
    return " ".join(_INVISIBLE.sub("", text).split())


def read_day(text: str) -> date:
    """
    Read a day as printed: day/month/year, one or two digits each, four for the year.

    Raises:
        UnreadableDay: it is written otherwise, or there is no such day.

    """
    found = re.fullmatch("([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", tidy(text))
    if not found:
        raise UnreadableDay(
            Sentence("“%(given)s” is no day. Days are written day/month/year, such as 7/10/2020.", given=text[:40])
        )
    day, month, year = (int(part) for part in found.groups())
    try:
        read = date(year, month, day)
    except ValueError as error:
        raise UnreadableDay(Sentence("there is no day %(given)s.", given=tidy(text))) from error
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UnreadableDay(Sentence("the year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR))
    return read


def read_location(text: str, country_named: Callable[[str], str]) -> Location:
    """
    Read a location as printed: “Online”, “New York & Online”, “Paris (online)”, “Quito, Ecuador” or “Barcelona”.

    A place beside “online” is hybrid; “hybrid” alone is so without a place. A country is recognised after the last comma only; where it is not, the
    place stays as printed and the country is unknown.

    Args:
        text: The cell; it has some text.
        country_named: Gives the code of a country by its English name, else an empty text.

    """
    printed = tidy(text)
    mode = Mode.IN_PERSON
    while found := next((found for said in _SAID if (found := re.fullmatch(said, printed, re.I))), None):
        mode = Mode.HYBRID if found["hybrid"] or mode is Mode.HYBRID else Mode.ONLINE
        printed = found["place"].strip(" &+/,;:-–—")
    if mode is Mode.ONLINE and printed:
        mode = Mode.HYBRID
    place, comma, last = printed.rpartition(",")
    code = country_named(last) if comma else ""
    return Location(mode, place.strip(" ,") if code and place.strip(" ,") else printed, code)


def kind_of_title(title: str) -> EventKind:
    """The kind that a title states, by TITLE_PATTERNS; else the usual one."""
    text = tidy(title)
    return next((kind for pattern, kind in TITLE_PATTERNS if re.search(pattern, text, re.I)), USUAL_KIND)
