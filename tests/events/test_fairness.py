"""Whose turn it is for a bad hour."""

import csv
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.events.fairness import WEIGHTS, HourClass, class_of_hour, ledger_of, local_class, ranked_slots
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
    ledger = ledger_of(zones, [(starts[0], HOUR)] * 3)
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
