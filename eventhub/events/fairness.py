"""
Time-zone fairness: at which local hour a meeting falls for whom, and whose turn it is for a bad one.

The measure. Each started local hour of a meeting weighs 0 from 08 to 18, 1
from 07 to 08 and from 18 to 22, and 3 at night; a member bears the weight of
its worst hour. A slot is judged first by who is worst off, counting what each
has borne before (the ledger), then by the sum over all. Weekends are not
looked at: working weeks differ between countries. Standard library only.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class HourClass(StrEnum):
    """How a local hour suits people."""

    WORKING = "working"
    EDGE = "edge"
    NIGHT = "night"


#: What one bad hour weighs; nights weigh as much as three edges of the day.
WEIGHTS = {HourClass.WORKING: 0, HourClass.EDGE: 1, HourClass.NIGHT: 3}


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


_CLASSES = tuple(class_of_hour(hour) for hour in range(24))
_ORDER = {HourClass.WORKING: 0, HourClass.EDGE: 1, HourClass.NIGHT: 2}


@dataclass(frozen=True)
class Slot:
    """One candidate start: what it means for how many, and how it ranks; `worst` and `total` count the ledger in."""

    starts_at: datetime
    working: int
    edge: int
    night: int
    worst: int
    total: int


def local_class(starts_at: datetime, length: timedelta, zone: str) -> tuple[int, HourClass]:
    """The local hour at which a meeting starts in a zone, and the class of its worst hour."""
    there = ZoneInfo(zone)
    return starts_at.astimezone(there).hour, _worst_class(starts_at, length, there)


def _worst_class(starts_at: datetime, length: timedelta, there: ZoneInfo) -> HourClass:
    first = starts_at.astimezone(there)
    minutes = first.minute + max(1, int(length.total_seconds() // 60))
    hours = min(24, -(-minutes // 60))
    found = HourClass.WORKING
    for step in range(hours):
        here = _CLASSES[(first.hour + step) % 24]
        if _ORDER[here] > _ORDER[found]:
            found = here
    return found


def ranked_slots(
    zones: Mapping[str, str],
    starts: Sequence[datetime],
    *,
    length: timedelta,
    ledger: Mapping[str, int] | None = None,
) -> list[Slot]:
    """
    Rank candidate starts, the fairest first.

    Args:
        zones: IANA zone of each member, by its key.
        starts: Aware instants, for example the 168 hours of a week.
        length: Of the meeting.
        ledger: Weight that each member has borne so far; who has none bore nothing.

    Raises:
        ValueError: an instant without a zone.
    """
    if any(start.tzinfo is None for start in starts):
        raise ValueError("a start without a zone")
    borne = ledger or {}
    people = Counter(zones.values())
    most_borne: dict[str, int] = {}
    for key, zone in zones.items():
        most_borne[zone] = max(most_borne.get(zone, 0), borne.get(key, 0))
    before = sum(borne.get(key, 0) for key in zones)
    there = {zone: ZoneInfo(zone) for zone in people}
    slots = []
    for start in starts:
        counts = {HourClass.WORKING: 0, HourClass.EDGE: 0, HourClass.NIGHT: 0}
        worst = total = 0
        for zone, number in people.items():
            found = _worst_class(start, length, there[zone])
            counts[found] += number
            total += WEIGHTS[found] * number
            worst = max(worst, most_borne[zone] + WEIGHTS[found])
        slots.append(
            Slot(
                start, counts[HourClass.WORKING], counts[HourClass.EDGE], counts[HourClass.NIGHT], worst, before + total
            )
        )
    return sorted(slots, key=lambda slot: (slot.worst, slot.total, slot.night, slot.starts_at))


def ledger_of(
    zones: Mapping[str, str], meetings: Sequence[tuple[datetime, timedelta]], *, before: Mapping[str, int] | None = None
) -> dict[str, int]:
    """
    What each member has borne over the meetings of a series or lab.

    Args:
        zones: IANA zone of each member, by its key.
        meetings: Start and length of each.
        before: What they had borne before.
    """
    found = {key: (before or {}).get(key, 0) for key in zones}
    for starts_at, length in meetings:
        for key, zone in zones.items():
            found[key] += WEIGHTS[local_class(starts_at, length, zone)[1]]
    return found
