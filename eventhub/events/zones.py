"""Wall time in a zone to an instant. Clock changes are asked about, not guessed."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


class NoSuchTime(ValueError):
    """The clocks jump over this wall time in spring."""


class TwoSuchTimes(ValueError):
    """This wall time happens twice in autumn; say which with `second`."""


def to_utc(day: date, clock: time, zone: str, *, second: bool | None = None) -> datetime:
    """
    The instant at which clocks in a zone show this wall time.

    Args:
        second: Which one, when the wall time happens twice; None asks.

    Raises:
        NoSuchTime: the clocks jump over it.
        TwoSuchTimes: it happens twice and `second` is None.

    """
    there = ZoneInfo(zone)
    first = datetime.combine(day, clock, there).replace(fold=0)
    later = first.replace(fold=1)
    as_first, as_later = first.astimezone(UTC), later.astimezone(UTC)
    if as_first == as_later:
        return as_first
    if as_first.astimezone(there).replace(tzinfo=None) != first.replace(tzinfo=None):
        raise NoSuchTime(f"{day} {clock} does not exist in {zone}")
    if second is None:
        raise TwoSuchTimes(f"{day} {clock} happens twice in {zone}")
    return as_later if second else as_first


def wall_time(instant: datetime, zone: str) -> tuple[date, time]:
    """The day and the clock in a zone at an instant."""
    there = instant.astimezone(ZoneInfo(zone))
    return there.date(), there.time().replace(microsecond=0)


def shown_in(value: datetime | None, zone: str | None) -> datetime | None:
    """An instant as the clocks of a zone show it, with the offset."""
    return value.astimezone(ZoneInfo(zone or "UTC")) if value else None


def as_instant(value: datetime | None, zone: str | None) -> str | None:
    """RFC 3339 with the offset of a zone."""
    shown = shown_in(value, zone)
    return shown.isoformat() if shown else None
