"""Shares, growth, disclosure, and what the annex prints."""

from dataclasses import replace
from datetime import date, time

import pytest

from eventhub.speakers.rules import Counts
from eventhub.statistics.rules import (
    COLUMNS,
    Figure,
    MemberRow,
    PanelCounts,
    annex_order,
    growth,
    leading,
    printed_day,
    printed_location,
    protected_figure,
    shares,
    total,
    total_members,
)
from eventhub.words import Sentence


def speakers(counts):
    name = Sentence("Speakers")
    return Figure.of_people(counts, code="speakers", name=name, definition=name, year=2023, scope=name)


def own_events(value, earlier):
    name = Sentence("Own events")
    return Figure("own_events", name, name, value, 2023, name, None, earlier)


@pytest.mark.parametrize(
    ("women", "men", "expected"),
    [(1, 2, (33, 67)), (2, 1, (67, 33)), (1, 7, (13, 87)), (7, 1, (88, 12)), (0, 4, (0, 100)), (0, 0, None)],
)
def test_shares_are_whole_rounded_half_up_for_women_and_add_up_to_100(women, men, expected):
    assert shares(women, men) == expected


def test_shares_always_add_up_to_100():
    assert all(sum(shares(women, men)) == 100 for women in range(60) for men in range(60) if women + men)


@pytest.mark.parametrize(
    ("value", "earlier", "expected"), [(3, 2, 50), (2, 3, -33), (35_300, 31_998, 10), (0, 5, -100), (5, 0, None)]
)
def test_growth_is_taken_over_the_earlier_value(value, earlier, expected):
    assert growth(value, earlier) == expected


def test_people_who_said_something_else_or_nothing_are_in_no_share_and_are_counted_as_not_known():
    figure = speakers(Counts(women=1, men=2, others=1, undisclosed=3))
    assert (figure.value, figure.women_pct, figure.men_pct, figure.known, figure.unknown) == (7, 33, 67, 3, 4)


def test_who_is_no_data_steward_sees_no_breakdown_of_small_groups_and_rounded_numbers_of_others():
    small = protected_figure(speakers(Counts(women=2, men=2, undisclosed=30)))
    assert (small.value, small.women_pct, small.men_pct, small.known, small.unknown) == (34, None, None, None, None)
    large = protected_figure(speakers(Counts(women=36, men=64, undisclosed=3)))
    assert (large.value, large.women_pct, large.men_pct, large.known, large.unknown) == (103, 35, 65, 100, 5)
    assert small.counts is None
    assert large.counts is None
    assert protected_figure(own_events(3, 0)) == own_events(3, 0)


def test_a_figure_without_people_has_no_shares_and_no_known():
    figure = own_events(3, 2)
    assert (figure.women_pct, figure.men_pct, figure.known, figure.unknown) == (None, None, None, None)
    assert figure.growth_pct == 50
    assert replace(figure, earlier=0).growth_pct is None


def test_the_share_of_balanced_panels_is_taken_over_all_that_were_checked():
    assert PanelCounts(1, 1, 1).share_balanced_pct == 33
    assert PanelCounts().share_balanced_pct is None


def test_several_kinds_can_lead_and_none_does_when_there_is_nothing():
    assert leading({"forum": 2, "webinar": 2, "visit": 1}) == ["forum", "webinar"]
    assert leading({"futures": 0}) == []


@pytest.mark.parametrize(
    ("mode", "place", "country", "expected"),
    [
        ("in_person", "Quito", "Ecuador", "Quito, Ecuador"),
        ("in_person", "Quito, Ecuador", "Ecuador", "Quito, Ecuador"),
        ("in_person", "Singapore", "Singapore", "Singapore"),
        ("in_person", "Barcelona", "", "Barcelona"),
        ("in_person", "", "Spain", "Spain"),
        ("hybrid", "Riyadh", "Saudi Arabia", "Riyadh & Online"),
        ("hybrid", "", "", "Online"),
        ("online", "ignored", "Spain", "Online"),
    ],
)
def test_places_are_printed_as_in_the_calendars(mode, place, country, expected):
    assert printed_location(mode, place, country) == expected


def test_days_are_printed_with_two_digits_and_unknown_ones_not_at_all():
    assert (printed_day(date(2023, 4, 3)), printed_day(None)) == ("03/04/2023", "")


def test_imported_rows_keep_their_printed_order_within_a_day():
    day = date(2020, 9, 30)
    rows = [
        annex_order(day, None, "calendar:63", "u20 side event"),
        annex_order(day, None, "calendar:62", "urban 20"),
        annex_order(day, time(9), None, "morning"),
        annex_order(day, None, "calendar:7", "earlier row"),
    ]
    assert [row[3] for row in sorted(rows)] == ["morning", "earlier row", "urban 20", "u20 side event"]


def test_totals_count_members_and_add_up_only_the_columns_that_the_matrix_adds_up():
    nothing = dict.fromkeys((column.code for column in COLUMNS), 0)
    rows = [
        MemberRow("a", "A", nothing | {"activated": 1, "learning_activities": 3, "board_meetings": 2}),
        MemberRow("b", "B", nothing | {"activated": 1, "learning_activities": 1}),
        MemberRow("c", "C", nothing),
    ]
    members, sums = total_members(rows), total(rows)
    assert (members["activated"], members["learning_activities"], members["board_meetings"]) == (2, 2, 1)
    assert (sums["activated"], sums["learning_activities"], sums["board_meetings"]) == (None, 4, None)
