"""What clashes on a programme: rooms, breaks, people, and the hours of the event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from eventhub.words import Sentence


@dataclass(frozen=True)
class Planned:
    """One item as it stands or as somebody wants it; aware instants, the end not included. No key: not saved yet."""

    title: str
    starts_at: datetime
    ends_at: datetime
    room: str = ""
    key: UUID | None = None

    def meets(self, other: "Planned") -> bool:
        """Whether both are on at some moment."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class Booking:
    """Somebody who speaks elsewhere at the same time."""

    name: str
    title: str
    event: str
    is_same_event: bool


def same_room(one: str, other: str) -> bool:
    """Whether two names, as people type them, mean one room; an item without a room is in none."""
    tidy = " ".join(one.split()).casefold()
    return bool(tidy) and tidy == " ".join(other.split()).casefold()


def conflicts(
    item: Planned,
    others: Sequence[Planned],
    *,
    event: tuple[datetime | None, datetime | None],
    minimum_break: timedelta = timedelta(0),
    bookings: Sequence[Booking] = (),
) -> list[Sentence]:
    """
    Say what one item clashes with.

    Args:
        others: Of the same event; the item itself among them is passed over.
        event: Start and end of the event; None where it is not known.
        minimum_break: What should lie between two items of one room.
        bookings: What its speakers do elsewhere while it is on.

    """
    found = []
    start, end = event
    if (start and item.starts_at < start) or (end and item.ends_at > end):
        found.append(Sentence("“%(title)s” lies outside the event.", title=item.title))
    for other in others:
        if (item.key is not None and other.key == item.key) or not same_room(item.room, other.room):
            continue
        if item.meets(other):
            found.append(
                Sentence("“%(title)s” and “%(other)s” are both in “%(room)s” at the same time.",
                         title=item.title, other=other.title, room=item.room)
            )  # fmt: skip
            continue
        pause = max(other.starts_at - item.ends_at, item.starts_at - other.ends_at)
        if pause < minimum_break:
            found.append(
                Sentence("Between “%(title)s” and “%(other)s” in “%(room)s” lie %(pause)s minutes; %(wanted)s are asked for.",
                         title=item.title, other=other.title, room=item.room, pause=int(pause.total_seconds() // 60),
                         wanted=int(minimum_break.total_seconds() // 60))
            )  # fmt: skip
    found += [booking_sentence(item.title, booking) for booking in bookings]
    return found


def booking_sentence(title: str, booking: Booking) -> Sentence:
    """Say that a person is wanted in two places."""
    if booking.is_same_event:
        return Sentence("%(name)s speaks at “%(other)s” at the same time as at “%(title)s”.",
                        name=booking.name, other=booking.title, title=title)  # fmt: skip
    return Sentence("%(name)s speaks at “%(other)s” of “%(event)s” at the same time as at “%(title)s”.",
                    name=booking.name, other=booking.title, event=booking.event, title=title)  # fmt: skip
