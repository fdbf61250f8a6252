"""What a copy of an event keeps: facts and programme, shifted by whole days, and never people."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time, timedelta

from eventhub.events.rules import EventFacts, ItemFacts
from eventhub.programme.rules import on_other_days


def copied_facts(
    facts: EventFacts, starts_on: date, *, starts_time: time | None = None, time_zone: str | None = None
) -> EventFacts:
    """
    The facts of an event on another first day, with the same wall times.

    What belongs to one occasion stays behind: the address to join online, the
    end of registration, the reason why panels are not checked, and the
    deliverables it is evidence for. An end without a time of day stays behind
    too, since it cannot be moved.

    Args:
        facts: What stands.
        starts_on: The new first day.
        starts_time: For an event of which no time of day is known.
        time_zone: For an event of which no zone is known.

    """
    ends_on = None
    if facts.ends_on and facts.ends_time:
        ends_on = shifted(facts.ends_on, starts_on - facts.starts_on) if facts.starts_on else facts.ends_on
    return replace(
        facts,
        starts_on=starts_on,
        starts_time=facts.starts_time or starts_time,
        ends_on=ends_on,
        ends_time=facts.ends_time if ends_on else None,
        time_zone=facts.time_zone or time_zone,
        online_url="",
        registration_closes_at=None,
        parity_exempt_reason="",
        deliverables=None,
        second_start=None,
        second_end=None,
    )


def copied_items(items: Iterable[ItemFacts], by: timedelta) -> list[ItemFacts]:
    """The programme some days later or earlier, with the same wall times."""
    return [replace(on_other_days(item, by), parity_exempt_reason="") for item in items]


def shifted(day: date, by: timedelta) -> date:
    """A day some days later or earlier; the end of the calendar is the end."""
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta(0) else date.min
