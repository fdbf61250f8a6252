"""
Time-zone fairness: at which local hour a meeting falls for whom, and whose turn it is for a bad one.

The measure. Each started local hour of a meeting is of the day (08 to 18,
weight 0), of its edge (07 to 08 and 18 to 22, weight 1) or of the night
(weight 3); a member bears the weight of its worst hour. Of a slot, `worst` is
the greatest weight that any member bears and `total` the sum over all. The
ledger is what each member has borne at earlier meetings. To rotate, `worst`
counts the ledger in: it is the most that any member will have borne after the
meeting. `total` then weighs each member one time more for every point that it
has borne already, so that who bore much is spared first.

Instants are aware; local clocks are those of the IANA zone at that instant, so
half and quarter hours and changes of clocks come out right. Weekends are not
looked at: working weeks differ between countries. Standard library only.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo


class HourClass(StrEnum):
    """How a local hour suits people."""

    WORKING = "working"
    EDGE = "edge"
    NIGHT = "night"


class Order(StrEnum):
    """What slots are ranked by."""

    WORST = "worst"
    TOTAL = "total"


#: What one bad hour weighs; nights weigh as much as three edges of the day.
WEIGHTS = {HourClass.WORKING: 0, HourClass.EDGE: 1, HourClass.NIGHT: 3}
#: Minutes of a session; with less or more the local hour of its start says little.
SHORTEST, LONGEST = 5, 12 * 60
_DAY_MINUTES = 24 * 60
_BY_WEIGHT = {weight: found for found, weight in WEIGHTS.items()}


def class_of_hour(hour: int) -> HourClass:
    """
    The class of a local hour, 0 to 23.

    Raises:
        ValueError: there is no such hour.

    """
    if not 0 <= hour <= 23:
        raise ValueError(f"{hour} is no hour of the day")
    if 8 <= hour < 18:
        return HourClass.WORKING
    return HourClass.EDGE if hour == 7 or 18 <= hour < 22 else HourClass.NIGHT


_HOUR_WEIGHTS = tuple(WEIGHTS[class_of_hour(hour)] for hour in range(24))


@dataclass(frozen=True)
class Slot:
    """One candidate start: for how many it is of the day, its edge and the night, and what it ranks by."""

    starts_at: datetime
    working: int
    edge: int
    night: int
    worst: int
    total: int


@dataclass(frozen=True)
class Meeting:
    """An earlier meeting, and the IANA zone of each member it was for, by the member's key."""

    starts_at: datetime
    length: timedelta
    zones: Mapping[str, str]


@dataclass
class Borne:
    """What one member has borne: meetings by the class of its worst hour."""

    working: int = 0
    edge: int = 0
    night: int = 0

    @property
    def meetings(self) -> int:
        """At how many it was."""
        return self.working + self.edge + self.night

    @property
    def weight(self) -> int:
        """The sum of the weights."""
        return self.edge * WEIGHTS[HourClass.EDGE] + self.night * WEIGHTS[HourClass.NIGHT]


@dataclass(frozen=True)
class Cell:
    """Local starts in some zones, earliest and latest, as wall times; the class is that of the worst-off zone."""

    first: datetime
    last: datetime
    found: HourClass


def local_class(starts_at: datetime, length: timedelta, zone: str) -> tuple[int, HourClass]:
    """The local hour at which a meeting starts in a zone, and the class of its worst hour."""
    clock = _Clock(zone)
    return clock.local(starts_at).hour, _BY_WEIGHT[_weight(clock, starts_at, length)]


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    """A zone, read once: ZoneInfo itself keeps eight, and members live in seventy."""
    return ZoneInfo(name)


class _Clock:
    """The offset of a zone in minutes, asked once for each UTC day on which clocks do not change."""

    def __init__(self, zone: str) -> None:
        self.there = _zone(zone)
        self._midnights: dict[int, int] = {}

    def on_day(self, ordinal: int) -> int | None:
        """The offset of a whole UTC day; None: clocks change on it."""
        first = self._at_midnight(ordinal)
        return first if first == self._at_midnight(ordinal + 1) else None

    def _at_midnight(self, ordinal: int) -> int:
        found = self._midnights.get(ordinal)
        if found is None:
            midnight = datetime.combine(date.fromordinal(ordinal), time(), UTC)
            found = self._midnights[ordinal] = self._exact(midnight)
        return found

    def offset(self, instant: datetime) -> int:
        """The offset at an instant in UTC."""
        constant = self.on_day(instant.toordinal())
        return self._exact(instant) if constant is None else constant

    def _exact(self, instant: datetime) -> int:
        offset = instant.astimezone(self.there).utcoffset()
        assert offset is not None
        return int(offset.total_seconds() // 60)

    def local(self, instant: datetime) -> datetime:
        """The wall time, without a zone."""
        return instant.astimezone(self.there).replace(tzinfo=None)


@lru_cache(maxsize=64)
def _weights(length: timedelta) -> tuple[int, ...]:
    """What a meeting of one length weighs at each local minute of the day that it may start at."""
    hours, more = divmod(max(1, int(length.total_seconds() // 60)) - 1, 60)

    def worst(first: int, last: int) -> int:
        return max(_HOUR_WEIGHTS[hour % 24] for hour in range(first, min(last, first + 23) + 1))

    found: list[int] = []
    for hour in range(24):
        found += [worst(hour, hour + hours)] * (60 - more) + [worst(hour, hour + hours + 1)] * more
    return tuple(found)


def _weight(clock: _Clock, starts_at: datetime, length: timedelta) -> int:
    # The offset at the start is enough: clocks change at night, and a meeting that lasts until then weighs a night.
    start = starts_at.astimezone(UTC)
    return _weights(length)[(start.hour * 60 + start.minute + clock.offset(start)) % _DAY_MINUTES]


def _shared(zones: Iterable[str], starts: Sequence[datetime]) -> dict[tuple[int, ...], list[str]]:
    """Zones whose clocks agree at all starts (in UTC), by their offsets."""
    days: dict[int, list[datetime]] = {}
    for start in starts:
        days.setdefault(start.toordinal(), []).append(start)
    found: dict[tuple[int, ...], list[str]] = {}
    for zone in zones:
        clock = _Clock(zone)
        offsets: list[int] = []
        for ordinal, of_day in days.items():
            constant = clock.on_day(ordinal)
            offsets += map(clock.offset, of_day) if constant is None else [constant] * len(of_day)
        found.setdefault(tuple(offsets), []).append(zone)
    return found


def ranked_slots(
    zones: Mapping[str, str],
    starts: Sequence[datetime],
    *,
    length: timedelta,
    ledger: Mapping[str, int] | None = None,
    order: Order = Order.WORST,
) -> list[Slot]:
    """
    Rank candidate starts, the fairest first; by the measure on top of this file.

    Args:
        zones: IANA zone of each member, by its key.
        starts: Aware instants, for example the 168 hours of a week.
        length: Of the meeting.
        ledger: Weight that each member has borne so far; who has none bore nothing.
        order: What counts first; the other one decides between equals, then fewer nights, then the earlier start.

    Raises:
        ValueError: an instant without a zone.

    """
    if any(start.tzinfo is None for start in starts):
        raise ValueError("a start without a zone")
    borne = ledger or {}
    people = Counter(zones.values())
    most_borne = dict.fromkeys(people, 0)
    heard = dict(people)
    for key, zone in zones.items():
        before = borne.get(key, 0)
        most_borne[zone] = max(most_borne[zone], before)
        heard[zone] += before
    instants = [start.astimezone(UTC) for start in starts]
    groups = [
        (
            offsets,
            sum(people[zone] for zone in shared),
            max(most_borne[zone] for zone in shared),
            sum(heard[zone] for zone in shared),
        )
        for offsets, shared in _shared(people, instants).items()
    ]
    weights = _weights(length)
    slots = []
    for index, (start, instant) in enumerate(zip(starts, instants, strict=True)):
        minute = instant.hour * 60 + instant.minute
        counts = dict.fromkeys(_BY_WEIGHT, 0)
        worst = total = 0
        for offsets, number, most, voice in groups:
            weight = weights[(minute + offsets[index]) % _DAY_MINUTES]
            counts[weight] += number
            total += weight * voice
            if most + weight > worst:  # noqa: PLR1730  twice as quick
                worst = most + weight
        working, edge, night = (counts[WEIGHTS[one]] for one in HourClass)
        slots.append(Slot(start, working, edge, night, worst, total))
    return sorted(slots, key=lambda slot: (*_merit(slot, order), slot.starts_at))


def _merit(slot: Slot, order: Order) -> tuple[int, int, int]:
    first = (slot.total, slot.worst) if order is Order.TOTAL else (slot.worst, slot.total)
    return *first, slot.night


def places(slots: Sequence[Slot], order: Order) -> dict[datetime, int]:
    """The place of each slot by its start, from 1; slots that are equally fair share a place."""
    merits = sorted(_merit(slot, order) for slot in slots)
    return {slot.starts_at: bisect_left(merits, _merit(slot, order)) + 1 for slot in slots}


def ledger_of(meetings: Iterable[Meeting]) -> dict[str, Borne]:
    """What each member has borne over the meetings of a series or a lab that it was invited to."""
    found: dict[str, Borne] = {}
    clocks: dict[str, _Clock] = {}
    for meeting in meetings:
        for key, zone in meeting.zones.items():
            clock = clocks.get(zone) or clocks.setdefault(zone, _Clock(zone))
            one = found.setdefault(key, Borne())
            hour = _BY_WEIGHT[_weight(clock, meeting.starts_at, meeting.length)]
            setattr(one, hour, getattr(one, hour) + 1)
    return found


def most_borne_first(ledger: Mapping[str, Borne]) -> list[tuple[str, Borne]]:
    """The ledger as a list: who has borne most, then who had more nights, then by key."""
    return sorted(ledger.items(), key=lambda pair: (-pair[1].weight, -pair[1].night, pair[0]))


def cells(zones: Iterable[str], starts: Sequence[datetime], *, length: timedelta) -> list[Cell]:
    """The local start of a meeting at each candidate start, over some zones; an empty list without zones."""
    clocks = [_Clock(zone) for zone in dict.fromkeys(zones)]
    weights = _weights(length)
    found = []
    for start in (one.astimezone(UTC) for one in (starts if clocks else ())):
        offsets = sorted({clock.offset(start) for clock in clocks})
        minute, wall = start.hour * 60 + start.minute, start.replace(tzinfo=None)
        worst = max(weights[(minute + offset) % _DAY_MINUTES] for offset in offsets)
        first, last = (wall + timedelta(minutes=offset) for offset in (offsets[0], offsets[-1]))
        found.append(Cell(first, last, _BY_WEIGHT[worst]))
    return found


def local_words(cell: Cell, day: date) -> str:
    """A local start or the span of several, such as 22:30–00:00 +1, where +1 means the day after the given one."""

    def shift(wall: datetime) -> str:
        days = (wall.date() - day).days
        return f" {'−' if days < 0 else '+'}{abs(days)}" if days else ""

    first, last = shift(cell.first), shift(cell.last)
    if cell.first == cell.last:
        return f"{cell.first:%H:%M}{first}"
    return f"{cell.first:%H:%M}{first if first != last else ''}–{cell.last:%H:%M}{last}"


def same_clock(zones: Mapping[str, str], starts: Sequence[datetime]) -> list[tuple[tuple[int, ...], list[str]]]:
    """
    Members whose clocks agree at all starts: their offsets from UTC in minutes, and their keys; west comes first.

    There are two offsets where clocks change in between.
    """
    keys: dict[str, list[str]] = {}
    for key, zone in zones.items():
        keys.setdefault(zone, []).append(key)
    shared = _shared(keys, [start.astimezone(UTC) for start in starts])
    return [
        (tuple(dict.fromkeys(offsets)), [key for zone in shared[offsets] for key in keys[zone]])
        for offsets in sorted(shared)
    ]


def length_of(starts_at: datetime, ends_at: datetime | None) -> timedelta:
    """
    How long people meet in a row: an hour where no end is known.

    An event of several days meets from its start to the time of day at which it ends; twelve hours are the most.
    """
    if ends_at is None or ends_at <= starts_at:
        return timedelta(hours=1)
    minutes = int((ends_at - starts_at).total_seconds() // 60)
    if minutes > LONGEST:
        minutes = minutes % _DAY_MINUTES or LONGEST
    return timedelta(minutes=min(max(minutes, SHORTEST), LONGEST))


def offset_words(minutes: int) -> str:
    """An offset as people write it, such as UTC+05:45."""
    sign = "−" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def monday_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def starts_of_day(day: date, zone: str) -> list[datetime]:
    """The hours of a day in a zone as instants in UTC: 24, or 23 or 25 where clocks change."""
    there = _zone(zone)
    start, end = (datetime.combine(one, time(), there).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return [start + timedelta(hours=n) for n in range(int(-(-(end - start).total_seconds() // 3600)))]


def starts_of_week(day: date, zone: str) -> list[datetime]:
    """The hours of the week of a day in a zone: 168, or one less or more where clocks change."""
    monday = monday_of(day)
    return [start for n in range(7) for start in starts_of_day(monday + timedelta(days=n), zone)]
