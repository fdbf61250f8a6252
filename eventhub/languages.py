"""Languages: translations, and dates, zones and countries in the reader's words."""

import contextlib
import contextvars
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_time, get_timezone_location, get_timezone_name
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from eventhub.resources import LOCALES
from eventhub.settings import current_settings
from eventhub.words import Sentence

_current: contextvars.ContextVar[str | None] = contextvars.ContextVar("language", default=None)


def current() -> str:
    """The language being spoken: the reader's, or the fallback outside a request."""
    return _current.get() or current_settings().language_codes[0]


def locale(language: str | None = None) -> str:
    """The Babel locale of a language: dates in English are British."""
    code = language or current()
    return "en_GB" if code == "en" else code


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak this language inside the block."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


@cache
def translations(language: str) -> NullTranslations:
    """
    The translations of a language, read from its .po file once.

    Only .po files are kept in the repository, so nothing has to be built.
    """
    path = LOCALES / language / "LC_MESSAGES" / "eventhub.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def gettext(message: str) -> str:
    """Translate a message into the language being spoken."""
    return _translated(current(), message) if message else ""


@lru_cache(maxsize=8192)
def _translated(language: str, message: str) -> str:
    return str(translations(language).ugettext(message))


def ngettext(singular: str, plural: str, number: int) -> str:
    """Translate the form that goes with a number."""
    return str(translations(current()).ungettext(singular, plural, number))


def say(text: str, language: str | None = None) -> str:
    """A sentence of a rule in the reader's language; other text is left as it is."""
    if not isinstance(text, Sentence):
        return str(text)
    with speaking(language or current()):
        plural = text.plural
        form = gettext(text.message) if plural is None else ngettext(text.message, plural, text.number)
        values = {name: _said(value) for name, value in text.values.items()}
        return form % values if values else form


def _said(value: Any) -> Any:
    if isinstance(value, float):
        return format_decimal(value, locale=locale())
    if isinstance(value, date):
        return day_in_words(value)
    return say(value) if isinstance(value, str) else value


#: A first day of a month in French, alone or at the beginning of a range: “1 mars”, “1–3 mars”.
_FRENCH_FIRST = re.compile(
    r"(?<![\d.,/:-])1(?=(?:[–-]\d{1,2})?\s(?:janv|févr|mars|avr|mai|juin|juil|août|sept|oct|nov|déc))"
)


def first_of_month(words: str, language: str | None = None) -> str:
    """A date in words as it is written: the first day of a month is “1er” in French, which Babel does not know."""
    return _FRENCH_FIRST.sub("1er", words) if locale(language) == "fr" else words


def day_in_words(day: date, form: str = "long", language: str | None = None) -> str:
    """A day in words; `form` is one of Babel's lengths, or a pattern."""
    return first_of_month(str(format_date(day, format=form, locale=locale(language))), language)


@lru_cache(maxsize=4096)
def format_day_range(start: date, end: date | None, language: str) -> str:
    """Days in words, as short as the language allows: “12–14 May 2027”."""
    if end is None or end == start:
        return day_in_words(start, "long", language)
    return first_of_month(str(format_interval(start, end, skeleton="yMMMd", locale=locale(language))), language)


@lru_cache(maxsize=4096)
def format_time_range(start: datetime, end: datetime | None, zone: str, language: str) -> str:
    """Clock times in a zone: “09:30–10:15”; the end names its day when that differs."""
    there = ZoneInfo(zone)
    first = format_time(start.astimezone(there), format="short", locale=locale(language))
    if end is None:
        return str(first)
    last = format_time(end.astimezone(there), format="short", locale=locale(language))
    if end.astimezone(there).date() != start.astimezone(there).date():
        last = f"{last} ({day_in_words(end.astimezone(there).date(), 'd MMM', language)})"
    return f"{first}–{last}"


@cache
def zone_name(zone: str, language: str) -> str:
    """A zone in words with its IANA name: “Madrid (Europe/Madrid)”."""
    place = get_timezone_location(zone, locale=locale(language), return_city=True)
    return f"{place} ({zone})" if place else zone


@lru_cache(maxsize=4096)
def format_moments(start: datetime, end: datetime | None, zone: str, language: str) -> str:
    """Day and clock times in a zone: “Wednesday, 12 May 2027, 09:30–10:15”; each end with its day when they differ."""
    first, last = in_zone(start, zone), in_zone(end, zone) if end else None
    day = day_in_words(first.date(), "full", language)
    clock = format_time(first, format="short", locale=locale(language))
    if last is None:
        return f"{day}, {clock}"
    last_clock = format_time(last, format="short", locale=locale(language))
    if last.date() == first.date():
        return f"{day}, {clock}–{last_clock}"
    return f"{day}, {clock} – {day_in_words(last.date(), 'full', language)}, {last_clock}"


def in_zone(instant: datetime, zone: str) -> datetime:
    """What clocks in a zone show at an instant."""
    return instant.astimezone(ZoneInfo(zone))


@lru_cache(maxsize=1024)
def zone_in_words(zone: str, instant: datetime, language: str) -> str:
    """The name of a zone at an instant: “Central European Summer Time, Madrid (Europe/Madrid)”."""
    name = get_timezone_name(in_zone(instant, zone), width="long", locale=locale(language))
    return f"{name}, {zone_name(zone, language)}"


@cache
def country_name(code: str, language: str) -> str:
    """The name of a country; the code itself when it is none."""
    return str(Locale.parse(language).territories.get(code.upper(), code)) if code else ""
