"""Words and law of the directory: kinds, genders, folding of names, keys of addresses."""

import re
import unicodedata
from enum import StrEnum


class MemberKind(StrEnum):
    """What a body is to the association; only a `member` is ever counted as a city."""

    MEMBER = "member"
    ASSOCIATE = "associate"
    HONORARY = "honorary"


class Gender(StrEnum):
    """As stated by the person, never guessed."""

    WOMAN = "woman"
    MAN = "man"
    NON_BINARY = "non_binary"
    UNDISCLOSED = "undisclosed"


class Level(StrEnum):
    """The mandate in which a person takes part; stated per registration or slot."""

    POLITICAL = "political"
    TECHNICAL = "technical"


#: The text of the consent that goes with the question; a new wording gets a new version.
GENDER_CONSENT_VERSION = "2026-11"
GENDER_PURPOSE = "gender statistics"


def email_key(address: str) -> str:
    """
    Fold an e-mail address to what makes it one person's.

    Case is ignored on both sides of the @; nothing else is, since dots and
    plus signs mean different mailboxes with most providers.
    """
    return unicodedata.normalize("NFC", address.strip()).casefold()


def clean_line(text: str) -> str:
    """One line as people see it: no control or direction-changing characters, single spaces."""
    visible = "".join(c if unicodedata.category(c) not in ("Cc", "Cs", "Co", "Zl", "Zp") else " " for c in text)
    visible = re.sub("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", visible)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", visible)).strip()


def clean_text(text: str) -> str:
    """Several lines as people see them: line ends unified, other control characters dropped."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(
        re.sub(
            "[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]",
            "",
            "".join(
                c
                for c in unicodedata.normalize("NFC", line)
                if c == "\t" or unicodedata.category(c) not in ("Cc", "Cs")
            ),
        ).rstrip()
        for line in lines
    ).strip()
