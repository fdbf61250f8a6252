"""What clashes on a programme, how it lies in a timetable, and what has changed on it."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Generic, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from eventhub.events.rules import ItemFacts
from eventhub.events.zones import NoSuchTime, TwoSuchTimes, to_utc, wall_time
from eventhub.words import Sentence

#: Longer days of a timetable have a row per start and end only.
_LONGEST_RULED_DAY = timedelta(hours=36)
#: Days that a timetable shows before anything is on them.
_MOST_DAYS = 31


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


def fingerprint(found: Sequence[Sentence]) -> str:
    """A short name of what was shown, so that nothing else is accepted with it."""
    return sha256("\n".join(found).encode()).hexdigest()[:16]


def booking_sentence(title: str, booking: Booking) -> Sentence:
    """Say that a person is wanted in two places."""
    if booking.is_same_event:
        return Sentence("%(name)s speaks at “%(other)s” at the same time as at “%(title)s”.",
                        name=booking.name, other=booking.title, title=title)  # fmt: skip
    return Sentence("%(name)s speaks at “%(other)s” of “%(event)s” at the same time as at “%(title)s”.",
                    name=booking.name, other=booking.title, event=booking.event, title=title)  # fmt: skip


def moved(
    facts: ItemFacts,
    lasts: timedelta,
    day: date,
    clock: time,
    room: str,
    zone: str | None,
    *,
    second: bool | None = None,
) -> ItemFacts:
    """
    The facts of an item at another time or in another room; it lasts as long as before.

    A start that does not exist, or that happens twice without anybody having
    said which is meant, is left in the facts for their check to find.
    """
    try:
        start = to_utc(day, clock, zone or "UTC", second=second)
    except (NoSuchTime, TwoSuchTimes):
        end = datetime.combine(day, clock) + lasts
        return replace(
            facts, starts_on=day, starts_time=clock, ends_on=end.date(), ends_time=end.time(), room=room,
            second_start=second, second_end=False,
        )  # fmt: skip
    end_at = start + lasts
    ends_on, ends_time = wall_time(end_at, zone or "UTC")
    return replace(
        facts, starts_on=day, starts_time=clock, ends_on=ends_on, ends_time=ends_time, room=room, second_start=second,
        second_end=to_utc(ends_on, ends_time, zone or "UTC", second=True) == end_at,
    )  # fmt: skip


def on_other_days(facts: ItemFacts, by: timedelta) -> ItemFacts:
    """The facts of an item some days later or earlier, with its wall times; it lasts as long as it can."""
    assert facts.starts_on and facts.ends_on
    try:
        first, last = facts.starts_on + by, facts.ends_on + by
    except OverflowError:  # the calendar ends; the check of the facts says so
        first = last = date.max
    return replace(facts, starts_on=first, ends_on=last, second_start=False, second_end=True)


def by_instants(facts: ItemFacts, start: datetime, end: datetime, zone: str) -> ItemFacts:
    """The facts of an item with the wall times of two instants."""
    (first, clock), (last, last_clock) = wall_time(start, zone), wall_time(end, zone)
    return replace(
        facts, starts_on=first, starts_time=clock, ends_on=last, ends_time=last_clock,
        second_start=to_utc(first, clock, zone, second=True) == start,
        second_end=to_utc(last, last_clock, zone, second=True) == end,
    )  # fmt: skip


class OnTimetable(Protocol):
    """What lies in a timetable."""

    @property
    def starts_on(self) -> date:
        """The day it stands under."""

    @property
    def starts_at(self) -> datetime:
        """Its start, an aware instant."""

    @property
    def ends_at(self) -> datetime:
        """Its end, an aware instant after the start."""


Item = TypeVar("Item", bound=OnTimetable)


@dataclass(frozen=True)
class Cell(Generic[Item]):
    """A cell of a timetable: an item over some rows and columns, or a free place in a column."""

    item: Item | None
    column: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True)
class Row(Generic[Item]):
    """One row of a timetable; an aware instant and the cells that begin here."""

    at: datetime
    cells: list[Cell[Item]]


@dataclass(frozen=True)
class Day(Generic[Item]):
    """One day of a timetable: names of columns with the number of lanes of each, and rows."""

    day: date
    columns: list[tuple[str, int]]
    rows: list[Row[Item]]


@dataclass(frozen=True)
class Hours:
    """The days of an event and its hours on each, in its zone: where there are places to put an item."""

    first: date
    last: date
    starts: time
    ends: time

    def on(self, day: date, zone: str) -> list[datetime]:
        """Start and end of the hours of a day, as far as the clocks show them."""
        found = []
        for clock in (self.starts, self.ends):
            with suppress(NoSuchTime):
                found.append(to_utc(day, clock, zone, second=clock == self.ends))
        return found if len(found) == 2 and found[0] < found[1] else []


def timetable(
    items: Sequence[Item],
    column_of: Callable[[Item], str],
    zone: str,
    *,
    step: timedelta | None = None,
    hours: Hours | None = None,
) -> list[Day[Item]]:
    """
    Lay a programme out in days, columns and rows, as an HTML table has them.

    Items of one column that overlap get lanes of their own. An item without a
    column that nothing else overlaps goes over the whole width, as lunch does.

    Args:
        items: In order of time.
        column_of: The room or the track; empty for none.
        zone: Of the event; rows begin at whole steps of its clocks.
        step: Rows at least this often, so that there are places to put things; None: at starts and ends only.
        hours: Days that are shown with these hours and all columns, whether something is on or not.

    """
    days: dict[date, list[Item]] = {}
    columns: list[str] = []
    if hours:
        for number in range(min((hours.last - hours.first).days + 1, _MOST_DAYS)):
            days[hours.first + timedelta(days=number)] = []
        columns = [column_of(item) for item in items if column_of(item)]
    for item in items:
        days.setdefault(item.starts_on, []).append(item)
    return [
        _day(day, those, column_of, ZoneInfo(zone), step, columns, hours.on(day, zone) if hours else [])
        for day, those in sorted(days.items())
        if those or hours
    ]


def _day(
    day: date,
    items: list[Item],
    column_of: Callable[[Item], str],
    zone: ZoneInfo,
    step: timedelta | None,
    columns: list[str],
    hours: list[datetime],
) -> Day[Item]:
    wide = [
        item for item in items if not column_of(item) and not any(_overlap(item, o) for o in items if o is not item)
    ]
    lanes = _lanes([item for item in items if item not in wide], column_of, columns)
    starts = _row_starts(items, zone, step, hours)
    row_of = {at: number for number, at in enumerate(starts)}
    rows: list[list[tuple[int, Cell[Item]]]] = [[] for _ in starts[:-1]]
    taken: set[tuple[int, int]] = set()
    width = max(1, len(lanes))

    def put(item: Item, lane: int, column: str, columns: int) -> None:
        first, last = row_of[item.starts_at], row_of[item.ends_at]
        rows[first].append((lane, Cell(item, column, last - first, columns)))
        taken.update((row, at) for row in range(first, last) for at in range(lane, lane + columns))

    for lane, (column, those) in enumerate(lanes):
        for item in those:
            put(item, lane, column, 1)
    for item in wide:
        put(item, 0, "", width)
    for number, row in enumerate(rows):
        for lane in range(width):
            if (number, lane) not in taken:
                row.append((lane, Cell(None, lanes[lane][0] if lanes else "")))
    names = list(dict.fromkeys(column for column, _ in lanes)) or [""]
    return Day(
        day,
        [(name, max(1, sum(column == name for column, _ in lanes))) for name in names],
        [
            Row(at, [cell for _, cell in sorted(row, key=lambda pair: pair[0])])
            for at, row in zip(starts[:-1], rows, strict=True)
        ],
    )


def _overlap(one: OnTimetable, other: OnTimetable) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _lanes(items: list[Item], column_of: Callable[[Item], str], columns: list[str]) -> list[tuple[str, list[Item]]]:
    """Columns by name, those without one last; as many lanes each as items are on at once."""
    found: dict[str, tuple[str, list[list[Item]]]] = {}
    for column in columns:
        name = " ".join(column.split())
        found.setdefault(name.casefold(), (name, [[]]))
    for item in items:
        name = " ".join(column_of(item).split())
        _, lanes = found.setdefault(name.casefold(), (name, [[]]))
        for lane in lanes:
            if not lane or lane[-1].ends_at <= item.starts_at:
                lane.append(item)
                break
        else:
            lanes.append([item])
    ordered = sorted(found.items(), key=lambda pair: (not pair[0], pair[0]))
    return [(name, lane) for _, (name, lanes) in ordered for lane in lanes]


def _row_starts(items: list[Item], zone: ZoneInfo, step: timedelta | None, hours: list[datetime]) -> list[datetime]:
    """The instants at which rows begin, and the end of the last row."""
    found = {at for item in items for at in (item.starts_at, item.ends_at)} | set(hours)
    if not found:
        return []
    first, last = min(found), max(found)
    if step and last - first <= _LONGEST_RULED_DAY:
        there = first.astimezone(zone)
        at = first - timedelta(hours=there.hour, minutes=there.minute) % step
        while at < last:
            found.add(at)
            at += step
        found.add(at)
    return sorted(found)


@dataclass(frozen=True)
class Snapshot:
    """One item of a programme as people were told of it; wall times in the zone of the event, and instants."""

    item: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    room: str
    takes_sign_up: bool


@dataclass(frozen=True)
class Change:
    """How an item differs from what people were told; without `before` it is new, without `after` it is gone."""

    item: UUID
    before: Snapshot | None
    after: Snapshot | None

    @property
    def takes_sign_up(self) -> bool:
        """Whether only those who signed up are concerned."""
        return self.before is not None and self.after is not None and self.after.takes_sign_up


_NOWHERE = Snapshot(UUID(int=0), "", datetime.min, datetime.min, "", False)  # noqa: DTZ901  never shown


def changes(before: Iterable[Snapshot], after: Iterable[Snapshot]) -> list[Change]:
    """What differs in title, time or room between what people were told and what stands, in order of time."""
    old, new = {item.item: item for item in before}, {item.item: item for item in after}
    found = []
    for key in {**old, **new}:
        one, other = old.get(key), new.get(key)
        if one and other and _told(one) == _told(other):
            continue
        found.append(Change(key, one, other))
    return sorted(found, key=lambda change: _order(change.after or change.before or _NOWHERE))


def _told(item: Snapshot) -> tuple[str, datetime, datetime, str]:
    return item.title, item.starts_at, item.ends_at, item.room


def _order(item: Snapshot) -> tuple[datetime, str]:
    return item.starts_at, item.title
