"""How a text loses a person."""

import re
from collections.abc import Collection
from typing import Any
from uuid import UUID

#: What stands where a name or an address stood in a text.
GAP = "…"
#: In `person.outside_key`: this record is of somebody who was forgotten.
ERASED_KEY = "erased:"


def name_of_erased(person_id: UUID) -> str:
    """A name that says nothing; different for each, so that two who were forgotten are not taken for one."""
    return f"Erased {person_id.hex[:8]}"


def telling(texts: Collection[str]) -> list[str]:
    """
    Texts that point at a person wherever they stand, longest first; a single word, such as “Paris”, does not.

    Addresses always do.
    """
    found = {text.strip() for text in texts if "@" in text or len(text.split()) > 1}
    return sorted(found, key=lambda text: (-len(text), text))


def without(value: Any, texts: Collection[str]) -> Any:
    """A JSON value in which none of the texts stand any more, in whatever case they are written."""
    if isinstance(value, str):
        for text in texts:
            value = _replaced(value, text)
        return value
    if isinstance(value, list):
        return [without(one, texts) for one in value]
    if isinstance(value, dict):
        return {name: without(one, texts) for name, one in value.items()}
    return value


def _replaced(value: str, text: str) -> str:
    return re.sub(re.escape(text), GAP, value, flags=re.IGNORECASE)
