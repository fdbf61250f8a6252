"""Sentences that rules say in English and pages say in the reader's language."""

from collections.abc import Sequence
from datetime import date
from typing import Any

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Sentence(str):
    """
    An English sentence that knows how it was made, so that it can be translated.

    It is a plain string to everyone who does not care. `message` is what the
    translators see; `values` are put in by name (`%(title)s`). A float among
    them is written as the reader writes numbers (2,450 or 2.450), a day in words.
    """

    __slots__ = ("message", "number", "plural", "values")

    message: str
    plural: str | None
    number: int
    values: dict[str, Any]

    def __new__(cls, message: str, /, **values: Any) -> "Sentence":
        """Make the sentence for these values."""
        return cls._make(message, None, 1, values)

    @classmethod
    def counted(cls, singular: str, plural: str, num: int, /, **values: Any) -> "Sentence":
        """Make the sentence that goes with a number, which it may name as `%(num)s`, written as the reader writes numbers."""
        return cls._make(singular, plural, num, {"num": float(num), **values})

    @classmethod
    def _make(cls, message: str, plural: str | None, number: int, values: dict[str, Any]) -> "Sentence":
        chosen = message if plural is None or number == 1 else plural
        english = {name: _written(value) for name, value in values.items()}
        made = str.__new__(cls, chosen % english if values else chosen)
        made.message, made.plural, made.number, made.values = message, plural, number, values
        return made


def _written(value: Any) -> Any:
    """A float with commas between thousands and three places at most, a day in words, anything else as it is."""
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}" if isinstance(value, date) else value


def enumeration(names: Sequence[str]) -> Sentence | None:
    """Some names as one sentence with commas between them, each translated by itself; None without any."""
    if not names:
        return None
    marks = ", ".join(f"%(n{place})s" for place in range(len(names)))
    return Sentence(marks, **{f"n{place}": name for place, name in enumerate(names)})
