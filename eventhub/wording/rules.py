"""Where a text uses a term of the glossary, and what a term of the glossary has to be. Nothing here blocks anything."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from eventhub.words import Sentence

LONGEST_TERM, LONGEST_ALTERNATIVE = 120, 200
#: A shorter term would be found in nearly every text.
SHORTEST_TERM = 3

#: One character each, so that places in the text stay what they are.
_ALIKE = str.maketrans({"’": "'", "ʼ": "'", "‐": "-", "‑": "-"})
#: Web and mail addresses and names of files: nobody can word these otherwise.
_ADDRESS = re.compile(
    r"(?<![\w+.-])[a-z][a-z0-9+.-]{1,20}://\S*"
    r"|(?<!\w)www\.\S+"
    r"|(?<![\w.+-])[\w.+-]+@[\w.-]+"
    r"|(?<![\w.@-])(?:[a-z0-9-]+\.)+[a-z][a-z0-9]{1,23}(?!\w)(?:/\S*)?",
    re.I,
)
#: “las alcaldesas y los alcaldes”, “les citoyens et citoyennes”, “las y los participantes”: both are named already.
_BOTH_NAMED = re.compile(
    r"\b(?:las y (?:a |de )?los|los y (?:a |de )?las)\s+\w+"
    r"|\b(\w{4})\w*\s+(?:y|e)\s+(?:(?:a|de)\s+)?(?:las\s+)?\1\w*as\b"
    r"|\b(\w{4})\w*as\s+(?:y|e)\s+(?:(?:a|de)\s+)?(?:(?:los|del|al)\s+)?\2\w*"
    r"|\b(\w{4,})\s+y\s+(?:(?:a|de)\s+)?(?:las|los)\s+\3\b"
    r"|\b(\w{4})\w*\s+et\s+(?:(?:les|des|aux|de|la|à)\s+){0,2}\4\w*es\b"
    r"|\b(\w{4})\w*es\s+et\s+(?:(?:les|des|aux|du|au|le)\s+)?\5\w*",
    re.I,
)


@dataclass(frozen=True)
class Hint:
    """A term as it stands in a text, what could stand there, and where it begins (characters, from 0)."""

    found: str
    alternative: str
    position: int

    @property
    def sentence(self) -> Sentence:
        """The hint as people read it."""
        return Sentence(
            "“%(found)s”: “%(alternative)s” includes everybody.", found=self.found, alternative=self.alternative
        )


def term_key(term: str) -> str:
    """A term as it is kept and compared: small letters, composed accents, plain apostrophes and hyphens."""
    return " ".join(unicodedata.normalize("NFC", term).translate(_ALIKE).lower().split())


def hints(text: str, terms: Mapping[str, str]) -> list[Hint]:
    """
    Point out the terms of a text, each once, in the order of the text.

    Whole words count, in capitals or small letters; accents have to be the
    same. A longer term goes before a shorter one inside it. Left alone are
    addresses, both forms beside each other, an alternative that contains the
    term, and a term whose alternative is the term itself. Positions are those
    of the text with composed accents (NFC), as texts are kept.

    Args:
        text: what somebody has written.
        terms: the alternative for each term.

    """
    text = unicodedata.normalize("NFC", text)
    plain = _ADDRESS.sub(lambda match: "\n" * len(match[0]), text.translate(_ALIKE))
    flat = term_key(plain)
    used = {key: alternative for term, alternative in terms.items() if (key := term_key(term)) and key in flat}
    if not used:
        return []
    taken = bytearray(len(plain))
    spans = [match.span() for match in _BOTH_NAMED.finditer(plain)]
    spans += [span for term, said in used.items() if term != term_key(said) for span in _places(term_key(said), plain)]
    for start, end in spans:
        taken[start:end] = b"x" * (end - start)
    found: list[Hint] = []
    for term in sorted(used, key=lambda term: (-len(term), term)):
        free = [(start, end) for start, end in _places(term, plain) if not any(taken[start:end])]
        for start, end in free:
            taken[start:end] = b"x" * (end - start)
        if free and term != term_key(used[term]):
            start, end = free[0]
            found.append(Hint(" ".join(text[start:end].split()), used[term], start))
    return sorted(found, key=lambda hint: hint.position)


def _places(term: str, plain: str) -> list[tuple[int, int]]:
    return [match.span() for match in _pattern(term).finditer(plain)]


@lru_cache(maxsize=2048)
def _pattern(term: str) -> re.Pattern[str]:
    """The term as whole words; its words may stand on two lines."""
    words = r"[^\S\n]*\n?[^\S\n]*(?<=\s)".join(re.escape(word) for word in term.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.I)


def term_problems(language: str, term: str, alternative: str, *, languages: tuple[str, ...]) -> dict[str, list[str]]:
    """Say everything that is wrong with a term of the glossary, by field."""
    found: dict[str, list[str]] = {}
    if language not in languages:
        found["language"] = [Sentence("This is not one of the languages.")]
    if not term:
        found["term"] = [Sentence("Please fill this in.")]
    elif len(term) > LONGEST_TERM:
        found["term"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_TERM)]
    elif len(term) < SHORTEST_TERM or not (term[0].isalnum() and term[-1].isalnum()):
        found["term"] = [
            Sentence("A term has at least %(least)s characters; it begins and ends with a letter.", least=SHORTEST_TERM)
        ]
    if not alternative:
        found["alternative"] = [Sentence("Please fill this in.")]
    elif len(alternative) > LONGEST_ALTERNATIVE:
        found["alternative"] = [
            Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_ALTERNATIVE)
        ]
    return found
