"""Wall time to an instant: gaps are refused, double times are asked about."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eventhub.events.zones import NoSuchTime, TwoSuchTimes, to_utc, wall_time

ZONES = ("Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "UTC")
GAPS = [
    ("Europe/Madrid", date(2027, 3, 28), time(2, 0), time(2, 59, 59), time(1, 59), time(3, 0)),
    ("America/New_York", date(2027, 3, 14), time(2, 0), time(2, 59, 59), time(1, 59), time(3, 0)),
    ("Australia/Lord_Howe", date(2027, 10, 3), time(2, 0), time(2, 29, 59), time(1, 59), time(2, 30)),
]
FOLDS = [
    ("Europe/Madrid", date(2027, 10, 31), time(2, 30), "2027-10-31T00:30:00+00:00", "2027-10-31T01:30:00+00:00"),
    ("America/New_York", date(2027, 11, 7), time(1, 30), "2027-11-07T05:30:00+00:00", "2027-11-07T06:30:00+00:00"),
    ("Australia/Lord_Howe", date(2027, 4, 4), time(1, 45), "2027-04-03T14:45:00+00:00", "2027-04-03T15:15:00+00:00"),
]


@pytest.mark.parametrize(("zone", "day", "first", "last", "before", "after"), GAPS, ids=[gap[0] for gap in GAPS])
def test_a_time_that_the_clocks_jump_over_does_not_exist(
    zone: str, day: date, first: time, last: time, before: time, after: time
) -> None:
    for clock in (first, last):
        for second in (None, False, True):
            with pytest.raises(NoSuchTime):
                to_utc(day, clock, zone, second=second)
    assert to_utc(day, after, zone) - to_utc(day, before, zone) == timedelta(minutes=1)


@pytest.mark.parametrize(("zone", "day", "clock", "first", "second"), FOLDS, ids=[fold[0] for fold in FOLDS])
def test_a_time_that_happens_twice_is_asked_about(zone: str, day: date, clock: time, first: str, second: str) -> None:
    with pytest.raises(TwoSuchTimes):
        to_utc(day, clock, zone)
    assert to_utc(day, clock, zone, second=False).isoformat() == first
    assert to_utc(day, clock, zone, second=True).isoformat() == second
    for instant in (first, second):
        assert wall_time(datetime.fromisoformat(instant), zone) == (day, clock)


def test_an_answer_that_was_not_needed_changes_nothing() -> None:
    at = to_utc(date(2027, 6, 1), time(9), "Europe/Madrid")
    assert at == datetime(2027, 6, 1, 7, tzinfo=UTC)
    for second in (False, True):
        assert to_utc(date(2027, 6, 1), time(9), "Europe/Madrid", second=second) == at


days = st.dates(date(1985, 1, 1), date(2100, 12, 31))
clocks = st.times().map(lambda clock: clock.replace(microsecond=0))


@settings(deadline=None)
@given(days, clocks, st.sampled_from(ZONES))
def test_a_wall_time_that_happens_once_comes_back(day: date, clock: time, zone: str) -> None:
    try:
        instant = to_utc(day, clock, zone)
    except (NoSuchTime, TwoSuchTimes):
        assume(False)
        raise
    assert wall_time(instant, zone) == (day, clock)


@settings(deadline=None)
@given(days, clocks, st.sampled_from(ZONES))
def test_an_instant_comes_back_once_it_is_known_which_of_the_two_is_meant(day: date, clock: time, zone: str) -> None:
    instant = datetime.combine(day, clock, UTC)
    there = wall_time(instant, zone)
    assert instant in {to_utc(*there, zone, second=second) for second in (False, True)}
