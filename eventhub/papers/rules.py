"""What can be said on paper: texts that the fonts have letters for, roles and their colours, hours."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum

#: Without a space a word longer than this may be broken, so that it stays on the paper.
LONGEST_WORD = 24
_ZERO_WIDTH_SPACE = "\u200b"
#: Parts of a word that change its neighbours and have no shape of their own: joiners of Persian and Indian names.
_JOINERS = "\u200c\u200d"


class BadgeFormat(StrEnum):
    """How badges lie on paper: eight of 90 × 54 mm on a sheet of A4, or one on a sheet of A6."""

    A4_8 = "a4-8"
    A6 = "a6"


#: The colour of each role on a badge; the word stands beside it. White text on each has a contrast of 4.5 or more.
ROLE_COLOURS = {
    "keynote": "#8a1f5c",
    "speaker": "#8a1f5c",
    "panellist": "#8a1f5c",
    "moderator": "#6b3fa0",
    "head": "#1f4e8c",
    "delegate": "#1f4e8c",
    "replacement": "#1f4e8c",
    "observer": "#3d5a6c",
    "participant": "#1d6b4f",
}
_SPEAKING = ("keynote", "speaker", "panellist", "moderator")


def badge_role(speaks_as: Sequence[str], delegation_role: str | None) -> str:
    """The one role that a badge shows: a part in the programme first, then the one in a delegation."""
    for role in _SPEAKING:
        if role in speaks_as:
            return role
    return delegation_role if delegation_role in ROLE_COLOURS else "participant"


def minutes_known(at_event: int | None, at_items: Sequence[int]) -> int | None:
    """
    Minutes that somebody was there, as far as they were measured: those of the event, else of its items added up.

    Somebody whose presence was only ticked gets no number: a guess would not be a certificate.
    """
    total = at_event if at_event is not None else sum(at_items)
    return total or None


def printable(text: str, has_letter: Callable[[str], bool], in_latin: Callable[[str], str]) -> str:
    """
    A text as it can be printed without empty boxes.

    What no font has a letter for is written in Latin letters; symbols that
    nobody reads aloud, such as emoji, are left out unless nothing else is there.

    Args:
        has_letter: Whether some font has a character.
        in_latin: Latin letters for a text.

    """
    plain = unicodedata.normalize("NFC", re.sub(r"\s+", " ", text)).strip()
    said = "".join(_printed(letter, has_letter, in_latin) for letter in plain)
    said = re.sub(r" +", " ", said).strip(" " + _JOINERS)
    if not said and plain:
        said = "".join(letter for letter in in_latin(plain) if " " <= letter <= "~").strip()
    return " ".join(_breakable(word) for word in said.split(" "))


def _printed(letter: str, has_letter: Callable[[str], bool], in_latin: Callable[[str], str]) -> str:
    category = unicodedata.category(letter)
    if letter in _JOINERS:
        return letter
    if category[0] == "C":  # controls, marks of direction, private and unknown characters
        return ""
    if has_letter(letter):
        return letter
    return "" if category[0] == "S" else "".join(one for one in in_latin(letter) if " " <= one <= "~")


def _breakable(word: str) -> str:
    """A long word with places to break at; scripts that break everywhere are not hurt by them."""
    if len(word) <= LONGEST_WORD:
        return word
    return _ZERO_WIDTH_SPACE.join(word[start : start + LONGEST_WORD] for start in range(0, len(word), LONGEST_WORD))
