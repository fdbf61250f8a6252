"""Whose turn it is for a bad hour."""

import csv
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.fairness.rules import (
    WEIGHTS,
    Borne,
    Cell,
    HourClass,
    Meeting,
    Order,
    cells,
    class_of_hour,
    ledger_of,
    length_of,
    local_class,
    local_words,
    most_borne_first,
    offset_words,
    places,
    ranked_slots,
    same_clock,
    starts_of_day,
    starts_of_week,
)
from eventhub.resources import DATA

HOUR = timedelta(hours=1)
MONDAY = datetime(2027, 3, 1, tzinfo=UTC)
WEEK = [MONDAY + n * HOUR for n in range(168)]


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (0, "night"),
        (6, "night"),
        (7, "edge"),
        (8, "working"),
        (17, "working"),
        (18, "edge"),
        (21, "edge"),
        (22, "night"),
        (23, "night"),
    ],
)
def test_the_classes_of_the_day(hour, expected):
    assert class_of_hour(hour) == expected


@pytest.mark.parametrize("hour", [-1, 24])
def test_an_hour_that_does_not_exist_is_a_mistake(hour):
    with pytest.raises(ValueError, match="no hour"):
        class_of_hour(hour)


def test_a_zone_with_half_hours_is_taken_as_it_is():
    assert local_class(datetime(2027, 3, 1, 2, 0, tzinfo=UTC), HOUR, "Asia/Kolkata") == (7, HourClass.EDGE)
    assert local_class(datetime(2027, 3, 1, 2, 30, tzinfo=UTC), HOUR, "Asia/Kolkata") == (8, HourClass.WORKING)


def test_a_meeting_is_as_bad_as_its_worst_hour():
    assert local_class(datetime(2027, 3, 1, 16, tzinfo=UTC), 2 * HOUR, "UTC")[1] is HourClass.WORKING
    assert local_class(datetime(2027, 3, 1, 17, tzinfo=UTC), 2 * HOUR, "UTC")[1] is HourClass.EDGE
    assert local_class(datetime(2027, 3, 1, 20, tzinfo=UTC), 3 * HOUR, "UTC")[1] is HourClass.NIGHT


def test_clock_changes_move_the_local_hour():
    before, after = datetime(2027, 3, 27, 6, tzinfo=UTC), datetime(2027, 3, 28, 6, tzinfo=UTC)
    assert local_class(before, HOUR, "Europe/Madrid") == (7, HourClass.EDGE)
    assert local_class(after, HOUR, "Europe/Madrid") == (8, HourClass.WORKING)


def test_the_best_slot_for_two_cities_is_one_where_both_work():
    best = ranked_slots({"madrid": "Europe/Madrid", "dakar": "Africa/Dakar"}, WEEK, length=HOUR)[0]
    assert (best.working, best.edge, best.night, best.worst, best.total) == (2, 0, 0, 0, 0)
    assert best.starts_at == datetime(2027, 3, 1, 8, tzinfo=UTC)


def test_who_had_the_night_last_time_is_spared_the_next():
    zones = {"lima": "America/Lima", "tokyo": "Asia/Tokyo"}
    starts = [datetime(2027, 3, 1, 2, tzinfo=UTC), datetime(2027, 3, 1, 16, tzinfo=UTC)]
    # 02:00 UTC is 21:00 in Lima (edge) and 11:00 in Tokyo; 16:00 UTC is 11:00 in Lima and 01:00 in Tokyo (night)
    found = ledger_of([Meeting(starts[0], HOUR, zones)] * 3)
    assert found == {"lima": Borne(edge=3), "tokyo": Borne(working=3)}
    ledger = {key: one.weight for key, one in found.items()}
    assert ledger == {"lima": 3, "tokyo": 0}
    assert [slot.starts_at for slot in ranked_slots(zones, starts, length=HOUR)] == starts
    assert [slot.starts_at for slot in ranked_slots(zones, starts, length=HOUR, ledger=ledger)] == starts[::-1]


@given(
    st.lists(
        st.sampled_from(["Europe/Madrid", "Asia/Kolkata", "America/Lima", "Pacific/Auckland"]), min_size=1, max_size=12
    )
)
def test_every_slot_counts_each_member_once_and_weighs_as_the_measure_says(names):
    zones = {str(n): name for n, name in enumerate(names)}
    for slot in ranked_slots(zones, WEEK[:24], length=HOUR):
        classes = [local_class(slot.starts_at, HOUR, zone)[1] for zone in zones.values()]
        assert (slot.working, slot.edge, slot.night) == tuple(
            classes.count(one) for one in (HourClass.WORKING, HourClass.EDGE, HourClass.NIGHT)
        )
        assert slot.total == sum(WEIGHTS[one] for one in classes)
        assert slot.worst == max(WEIGHTS[one] for one in classes)


def test_a_week_of_all_members_is_ranked_with_nobody_left_out():
    with (DATA / "members.csv").open(encoding="utf-8", newline="") as file:
        zones = {row["member_id"]: row["time_zone"] for row in csv.DictReader(file)}
    ranked = ranked_slots(zones, WEEK, length=HOUR)
    assert len(ranked) == 168
    assert {slot.working + slot.edge + slot.night for slot in ranked} == {160}
    assert ranked == sorted(ranked, key=lambda slot: (slot.worst, slot.total, slot.night, slot.starts_at))


def test_a_start_without_a_zone_is_a_mistake():
    with pytest.raises(ValueError, match="without a zone"):
        ranked_slots({"a": "UTC"}, [datetime(2027, 3, 1)], length=HOUR)  # noqa: DTZ001


def test_the_sum_can_count_first():
    zones = {"lima": "America/Lima", "madrid": "Europe/Madrid", "paris": "Europe/Paris", "rome": "Europe/Rome"}
    # 08:00 UTC: 03:00 in Lima, a working hour for three; 20:00 UTC: 15:00 in Lima, an edge for three; 12:00: 07:00
    starts = [datetime(2027, 3, 1, hour, tzinfo=UTC) for hour in (8, 20)]
    by_worst = ranked_slots(zones, starts, length=HOUR)
    assert [(slot.starts_at.hour, slot.worst, slot.total) for slot in by_worst] == [(20, 1, 3), (8, 3, 3)]
    with_four = {**zones, "vienna": "Europe/Vienna"}
    by_total = ranked_slots(with_four, starts, length=HOUR, order=Order.TOTAL)
    assert [(slot.starts_at.hour, slot.worst, slot.total) for slot in by_total] == [(8, 3, 3), (20, 1, 4)]


def test_with_a_ledger_the_sum_listens_more_to_who_has_borne_much():
    zones = {"lima": "America/Lima", "tokyo": "Asia/Tokyo"}
    (slot,) = ranked_slots(zones, [datetime(2027, 3, 1, 16, tzinfo=UTC)], length=HOUR, ledger={"tokyo": 2})
    assert (slot.working, slot.edge, slot.night, slot.worst, slot.total) == (1, 0, 1, 2 + 3, 3 * (1 + 2))


def test_who_was_not_invited_to_a_meeting_has_not_borne_it():
    one = Meeting(datetime(2027, 3, 1, 16, tzinfo=UTC), HOUR, {"tokyo": "Asia/Tokyo"})
    two = Meeting(datetime(2027, 3, 1, 2, tzinfo=UTC), HOUR, {"tokyo": "Asia/Tokyo", "lima": "America/Lima"})
    ledger = ledger_of([one, two])
    assert most_borne_first(ledger) == [("tokyo", Borne(working=1, night=1)), ("lima", Borne(edge=1))]
    assert (ledger["tokyo"].weight, ledger["tokyo"].meetings) == (3, 2)


@pytest.mark.parametrize(
    ("zone", "utc", "local", "expected"),
    [
        ("Asia/Kathmandu", (1, 15), (7, 0), HourClass.EDGE),
        ("Asia/Kathmandu", (2, 15), (8, 0), HourClass.WORKING),
        ("Asia/Kathmandu", (2, 0), (7, 45), HourClass.EDGE),
        ("Australia/Adelaide", (21, 30), (8, 0), HourClass.WORKING),
        ("Australia/Adelaide", (7, 0), (17, 30), HourClass.EDGE),  # an hour from 17:30 on ends at 18:30
        ("Australia/Eucla", (23, 15), (8, 0), HourClass.WORKING),
        ("America/St_Johns", (11, 30), (8, 0), HourClass.WORKING),
    ],
)
def test_half_and_quarter_hours_are_told_exactly(zone, utc, local, expected):
    start = datetime(2027, 3, 1, *utc, tzinfo=UTC)
    (cell,) = cells([zone], [start], length=HOUR)
    assert ((cell.first.hour, cell.first.minute), cell.found) == (local, expected)


def test_a_cell_over_several_zones_spans_them_and_is_as_bad_as_the_worst():
    (cell,) = cells(["Europe/Madrid", "Europe/Helsinki"], [datetime(2027, 3, 1, 16, 30, tzinfo=UTC)], length=HOUR)
    assert cell == Cell(datetime(2027, 3, 1, 17, 30), datetime(2027, 3, 1, 18, 30), HourClass.EDGE)  # noqa: DTZ001
    assert cells([], [MONDAY], length=HOUR) == []


def test_a_meeting_into_the_change_of_clocks_is_one_of_the_night():
    start = datetime(2027, 3, 27, 20, 30, tzinfo=UTC)  # 21:30 in Madrid, where clocks change at 01:00 UTC
    assert local_class(start, 6 * HOUR, "Europe/Madrid") == (21, HourClass.NIGHT)


def test_a_change_of_half_an_hour_moves_the_start():
    # On 4 April 2027 at 02:00 clocks on Lord Howe go back to 01:30.
    assert local_class(datetime(2027, 4, 2, 21, tzinfo=UTC), HOUR, "Australia/Lord_Howe") == (8, HourClass.WORKING)
    assert local_class(datetime(2027, 4, 3, 21, tzinfo=UTC), HOUR, "Australia/Lord_Howe") == (7, HourClass.EDGE)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2027, 3, 27), "Europe/Madrid", 24),
        (date(2027, 3, 28), "Europe/Madrid", 23),
        (date(2027, 10, 31), "Europe/Madrid", 25),
        (date(2027, 9, 5), "America/Santiago", 23),  # clocks jump over midnight
        (date(2027, 3, 1), "Asia/Kathmandu", 24),
    ],
)
def test_a_day_has_the_hours_that_its_zone_gives_it(day, zone, hours):
    starts = starts_of_day(day, zone)
    assert len(starts) == hours
    assert {start.astimezone(ZoneInfo(zone)).date() for start in starts} == {day}


def test_a_week_begins_on_monday_in_the_zone_and_knows_of_clock_changes():
    assert starts_of_week(date(2027, 3, 4), "UTC") == WEEK
    week = starts_of_week(date(2027, 3, 28), "Europe/Madrid")
    assert (len(week), week[0], week[-1]) == (
        167, datetime(2027, 3, 21, 23, tzinfo=UTC), datetime(2027, 3, 28, 21, tzinfo=UTC),
    )  # fmt: skip


def test_members_with_one_clock_share_a_column_unless_clocks_change_apart():
    zones = {"madrid": "Europe/Madrid", "paris": "Europe/Paris", "lagos": "Africa/Lagos", "ktm": "Asia/Kathmandu"}
    winter = same_clock(zones, WEEK)
    assert winter == [((60,), ["madrid", "paris", "lagos"]), ((345,), ["ktm"])]
    assert same_clock(zones, starts_of_week(date(2027, 3, 28), "UTC")) == [
        ((60,), ["lagos"]), ((60, 120), ["madrid", "paris"]), ((345,), ["ktm"]),
    ]  # fmt: skip
    assert [offset_words(minutes) for minutes in (345, -210, 0)] == ["UTC+05:45", "UTC−03:30", "UTC+00:00"]


@given(
    st.sampled_from(
        ["Europe/Madrid", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
    ),
    st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001
    st.integers(min_value=5, max_value=720),
)
def test_the_quick_way_agrees_with_looking_at_every_minute(zone, naive, minutes):
    start = naive.replace(second=0, microsecond=0, tzinfo=UTC)
    there = ZoneInfo(zone)
    slow = max(
        (class_of_hour((start + timedelta(minutes=n)).astimezone(there).hour) for n in range(minutes)),
        key=lambda one: WEIGHTS[one],
    )
    assert local_class(start, timedelta(minutes=minutes), zone)[1] is slow


@pytest.mark.parametrize(
    ("ends_at", "minutes"),
    [
        (None, 60),
        (MONDAY, 60),
        (MONDAY + timedelta(minutes=90), 90),
        (MONDAY + timedelta(days=2, hours=3), 180),
        (MONDAY + timedelta(days=1), 720),
        (MONDAY + timedelta(hours=20), 720),
    ],
)
def test_an_event_lasts_as_long_as_people_meet_in_a_row(ends_at, minutes):
    assert length_of(MONDAY, ends_at) == timedelta(minutes=minutes)


def test_slots_that_are_equally_fair_share_a_place():
    slots = ranked_slots({"madrid": "Europe/Madrid"}, WEEK[5:9], length=HOUR)
    # 05:00 UTC is 06:00 in Madrid: night; 06:00 the edge; 07:00 and 08:00 of the day
    assert [places(slots, order) for order in Order] == [dict(zip(WEEK[5:9], (4, 3, 1, 1), strict=True))] * 2


def test_local_hours_say_when_they_fall_on_another_day():
    start = datetime(2027, 3, 1, 22, 0, tzinfo=UTC)
    zones = (["UTC"], ["Asia/Kathmandu"], ["UTC", "Asia/Kathmandu"], ["Asia/Tokyo", "Asia/Kathmandu"])
    assert [local_words(cells(of, [start], length=HOUR)[0], date(2027, 3, 1)) for of in zones] == [
        "22:00", "03:45 +1", "22:00–03:45 +1", "03:45–07:00 +1",
    ]  # fmt: skip
    assert local_words(cells(["America/Lima"], [start], length=HOUR)[0], date(2027, 3, 2)) == "17:00 −1"
