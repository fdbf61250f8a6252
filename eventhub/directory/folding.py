"""Names without accents and capitals: how search, order and imports compare them."""

import re
from functools import lru_cache

from anyascii import anyascii


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """
    Fold a name to plain lower-case letters and digits: “Chișinău” to “chisinau”, “Bogotá D.C.” to “bogota d c”.

    Any script is transliterated; punctuation parts words.
    """
    return re.sub(r"[^a-z0-9]+", " ", anyascii(text).lower()).strip()


def slugify(text: str, longest: int = 80) -> str:
    """A part of an address made from a title: ASCII letters, digits and hyphens; “event” when nothing is left."""
    return fold(text).replace(" ", "-")[:longest].strip("-") or "event"
