"""Lists of the JSON interface: `{items, total, next}` with `?limit=&cursor=`."""

import re
from typing import Generic, TypeVar

import msgspec

from eventhub.errors import Problems
from eventhub.words import Sentence

T = TypeVar("T")

MOST_ITEMS = 200
USUAL_ITEMS = 50


class Listing(msgspec.Struct, Generic[T]):
    """A part of a list; `next` is the cursor of the following part, null at the end."""

    items: list[T]
    total: int
    next: str | None


def window(limit: int, cursor: str | None) -> tuple[int, int]:
    """
    Limit and offset of the part that was asked for.

    Raises:
        Problems: the cursor is not one of ours, or the limit is out of bounds.

    """
    if not 1 <= limit <= MOST_ITEMS:
        raise Problems({"limit": [Sentence("The limit lies between 1 and %(most)s.", most=MOST_ITEMS)]})
    if cursor is not None and not re.fullmatch(r"[0-9]{1,9}", cursor):
        raise Problems({"cursor": [Sentence("This cursor is unknown; take the one from “next”.")]})
    return limit, int(cursor or 0)


def listing(items: list[T], *, total: int, limit: int, offset: int) -> Listing[T]:
    """The part and the way to the next one."""
    following = offset + limit
    return Listing(items=items, total=total, next=str(following) if following < total else None)
