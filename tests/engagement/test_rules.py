"""Cells as printed, quarters, and when a member belongs."""

from datetime import date

import pytest

from eventhub.engagement.columns import COLUMNS
from eventhub.engagement.counts import is_world_metropolitan_day
from eventhub.engagement.rules import (
    Cell,
    CellKind,
    Column,
    Roles,
    Unreadable,
    belongs_in,
    belongs_on,
    kept_text,
    printed,
    quarter_ends,
    quarter_of,
    read_value,
)


def column(kind):
    return Column("x", "X", "X.", CellKind(kind))


@pytest.mark.parametrize(
    ("kind", "text", "value", "again"),
    [
        ("yes", " Yes ", 1, "yes"), ("yes", "x", 1, "yes"), ("yes", "1", 1, "yes"), ("yes", "", 0, ""),
        ("yes", "no", 0, ""), ("one", "1", 1, 1), ("one", "X", 1, 1), ("one", " ", 0, None),
        ("number", "12", 12, 12), ("number", "0", 0, None), ("number", "–", 0, None),
        ("year", "2019", 2019, 2019), ("year", "", 0, None),
        ("role", "L", Roles(1, 0), "L"), ("role", "p (2)", Roles(0, 2), "P (2)"), ("role", "L, P", Roles(1, 1), "L, P"),
        ("role", "P(3), L (2)", Roles(2, 3), "L (2), P (3)"), ("role", "", Roles(), ""),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_printed_and_printed_as_read(kind, text, value, again):
    assert read_value(column(kind), text, 2020) == value
    assert printed(column(kind), value) == again
    assert read_value(column(kind), kept_text(column(kind), value), 2020) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("yes", "2"), ("yes", "perhaps"), ("one", "2"), ("number", "yes"), ("number", "1.5"), ("number", "-1"),
        ("number", "²"), ("number", "12345"), ("year", "2021"), ("year", "19"), ("role", "2"), ("role", "L, L"),
        ("role", "X"), ("role", "P ()"), ("role", "L,"),
    ],
)  # fmt: skip
def test_what_a_cell_cannot_hold_is_refused(kind, text):
    with pytest.raises(Unreadable):
        read_value(column(kind), text, 2020)


def test_the_last_days_and_the_quarters_of_days():
    ends = [quarter_ends(2024, quarter) for quarter in (1, 2, 3, 4)]
    assert ends == [date(2024, 3, 31), date(2024, 6, 30), date(2024, 9, 30), date(2024, 12, 31)]
    assert [quarter_of(day) for day in ends] == [1, 2, 3, 4]
    assert [quarter_of(date(2024, month, 1)) for month in (1, 4, 7, 10)] == [1, 2, 3, 4]


def test_a_member_belongs_to_the_year_of_joining_and_to_its_last_day():
    assert belongs_on(2023, None, date(2023, 1, 1))
    assert not belongs_on(2024, None, date(2023, 12, 31))
    assert belongs_on(None, date(2023, 3, 31), date(2023, 3, 31))
    assert not belongs_on(None, date(2023, 3, 31), date(2023, 4, 1))
    assert belongs_in(None, date(2023, 1, 1), 2023)
    assert not belongs_in(None, date(2022, 12, 31), 2023)


def test_what_is_said_goes_before_what_is_computed_even_when_it_is_nothing():
    assert Cell(0, 2, 0).value == 0
    assert Cell(0, 2, 0).differs
    assert Cell(0, 2).value == 2
    assert Cell(Roles(), None).value == Roles()
    assert not Cell(0, None, 1).differs


@pytest.mark.parametrize(
    ("title", "slug", "is_one"),
    [
        ("World Metropolitan Day 2024", "x", True), ("Día Metropolitano Mundial", "x", True),
        ("Journée métropolitaine mondiale", "x", True), ("October", "wmd-2024", True), ("Care", "care", False),
        ("Mobility month", "mobility", False),
    ],
)  # fmt: skip
def test_world_metropolitan_day_is_known_by_its_names(title, slug, is_one):
    assert is_world_metropolitan_day(title, slug) is is_one


def test_the_closing_rows_follow_the_table_of_the_brief():
    said = {column.code: (column.members_row.value, column.total_row.value) for column in COLUMNS[:11]}
    assert [code for code, (_, total) in said.items() if total == "sum"] == [
        "bilateral_meetings", "learning_activities", "wmd_organiser_or_speaker", "wmd_participant",
    ]  # fmt: skip
    assert [code for code, (members, _) in said.items() if members == "of_the_year"] == ["indicators_analysed_year"]
    assert {column.code for column in COLUMNS if not column.activates} == {
        "activated", "fee_paid", "indicators_analysed_year",
    }  # fmt: skip
