"""Numbers in words, growth, years beside each other, and what is wrong with a figure; nothing needs the database."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from eventhub.indicators.computing import YearData, compute, functions
from eventhub.indicators.definitions import code_of_printed_row, definitions
from eventhub.indicators.queries import figure_definition
from eventhub.indicators.rules import (
    Computed,
    Growth,
    StatedValue,
    code_from_words,
    compare,
    document_words,
    growth_over_earlier,
    in_words,
    is_code,
    next_reference,
    plain,
    read_number,
    value_problems,
)
from eventhub.languages import say
from eventhub.resources import DATA
from eventhub.spreadsheets import read_sheet
from eventhub.statistics.rules import PanelCounts

SPEAKERS = StatedValue("2020-008", "speakers", 2020, "own events", "speakers", Decimal(160), "people")


@pytest.mark.parametrize(
    ("value", "qualifier", "english", "spanish_number"),
    [
        ("2450", "at_least", "at least 2,450", "2.450"),
        ("75", "about", "about 75", "75"),
        ("2", "less_than", "less than 2", "2"),
        ("160", "exact", "160", "160"),
        ("15.6", "exact", "15.6", "15,6"),
        ("658382", "exact", "658,382", "658.382"),
    ],
)
def test_a_number_is_said_with_its_qualifier_and_as_the_reader_writes_numbers(
    value, qualifier, english, spanish_number
):
    words = in_words(Decimal(value), qualifier)
    assert str(words) == english
    assert say(words, "en") == english
    assert spanish_number in say(words, "es")


@pytest.mark.parametrize("text", ["141", "15.6", "0", "999999999999.999"])
def test_numbers_are_read(text):
    assert str(read_number(text)) == text


@pytest.mark.parametrize("text", ["", "1,164", "1 164", "-3", "+3", "1e3", "NaN", "15.6000", "٣", "9" * 13, ".5", "5."])
def test_what_is_no_number_is_not_guessed_at(text):
    assert read_number(text) is None


def test_a_number_is_the_same_with_zeros_behind_the_point():
    assert str(read_number("15.60")) == "15.6"
    assert str(read_number("100.0")) == "100"
    assert (plain(Decimal("100")), plain(Decimal("15.6")), plain(None)) == (100, 15.6, None)


def test_growth_is_over_the_earlier_value_and_never_the_later():
    followers = {2022: Decimal(31998), 2023: Decimal(35300)}
    # 3,302 more: 10.3 % of the first number; the report printed 9.3 %, which is of the later one
    assert growth_over_earlier(followers, 2023, "followers") == Growth(10, 2022)


def test_growth_is_over_the_nearest_earlier_year_with_a_value():
    members = {2020: Decimal(141), 2023: Decimal(154), 2024: Decimal(164)}
    assert growth_over_earlier(members, 2020, "members") is None
    assert growth_over_earlier(members, 2023, "members") == Growth(9, 2020)  # 13 of 141 is 9.2
    assert growth_over_earlier(members, 2024, "members") == Growth(6, 2023)  # 10 of 154 is 6.5
    assert growth_over_earlier(members, 2022, "members") is None


def test_growth_over_nothing_and_of_shares_is_not_said():
    assert growth_over_earlier({2020: Decimal(0), 2021: Decimal(5)}, 2021, "events") is None
    assert growth_over_earlier({2020: Decimal(2), 2021: Decimal(4)}, 2021, "percent") is None
    assert growth_over_earlier({2020: Decimal("0.5"), 2021: Decimal(1)}, 2021, "km") == Growth(100, 2020)


def test_growth_has_a_sign_unless_nothing_has_changed():
    assert [Growth(pct, 2020).words for pct in (9, -20, 0)] == ["+9% over 2020", "−20% over 2020", "0% over 2020"]


def test_like_is_compared_with_like():
    printed = {2020: SPEAKERS, 2021: replace(SPEAKERS, year=2021, value=Decimal(200))}
    computed = {2021: Computed(Decimal(190)), 2022: Computed(Decimal(95))}
    first, second, third = compare((2020, 2021, 2022), printed, computed, "people")
    assert (first.difference, first.printed_growth, first.computed_growth) == (None, None, None)
    assert (second.difference, second.printed_growth, second.computed_growth) == (Decimal(-10), Growth(25, 2020), None)
    assert (third.difference, third.printed_growth, third.computed_growth) == (None, None, Growth(-50, 2021))


def test_only_years_that_are_asked_for_are_compared():
    printed = {2020: SPEAKERS, 2023: replace(SPEAKERS, year=2023)}
    assert [entry.printed_growth for entry in compare((2022, 2023), printed, {}, "people")] == [None, None]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"year": 1984}, "year"),
        ({"year": 2101}, "year"),
        ({"code": "Own events"}, "code"),
        ({"code": "new"}, "code"),
        ({"women_pct": Decimal(101), "pct_source": "printed"}, "women_pct"),
        ({"women_pct": Decimal(45)}, "pct_source"),
        ({"pct_source": "printed"}, "pct_source"),
        ({"unit": "percent", "value": Decimal(7600)}, "value"),
    ],
)
def test_a_wrong_figure_is_named_by_its_field(changed, field):
    assert list(value_problems(replace(SPEAKERS, **changed))) == [field]
    assert value_problems(SPEAKERS) == {}


def test_the_next_row_of_a_year_gets_the_next_number():
    taken = ["2024-001", "2024-034", "2025-abc", "2025-002", "n.d.-002"]
    assert [next_reference(year, taken) for year in (2024, 2025, 2026, None)] == [
        "2024-035", "2025-003", "2026-001", "n.d.-003",
    ]  # fmt: skip


@pytest.mark.parametrize(("scope", "words"), [("own events", "people"), ("", ""), ("new", ""), ("x" * 90, "y")])
def test_every_words_give_a_code(scope, words):
    assert is_code(code_from_words(scope, words))


# What ships


def test_every_printed_row_belongs_to_one_indicator():
    sheet = read_sheet(
        (DATA / "indicators.csv").read_bytes(), "indicators.csv", required=("indicator_id",), optional=None
    )
    rows = [row["indicator_id"] for row in sheet.rows]
    named = [reference for one in definitions().values() for reference in one.rows]
    assert len(rows) == 184
    assert sorted(named) == sorted(rows)
    assert len(code_of_printed_row()) == 184


def test_definitions_have_codes_names_units_and_scopes_and_one_name_each_in_its_scope():
    found = definitions().values()
    assert all(is_code(one.code) and one.name and one.unit and one.scope for one in found)
    assert len({(one.scope, one.name) for one in found}) == len(found)


def test_every_function_computes_an_indicator_that_says_how_it_is_counted():
    assert set(functions()) - set(definitions()) == set()
    assert {code for code in functions() if not (definitions()[code].definition or figure_definition(code))} == set()


def test_an_indicator_is_defined_once_here_or_by_its_figure():
    twice = {code for code, one in definitions().items() if one.definition and figure_definition(code)}
    assert twice == set()


def test_the_balance_of_few_panels_is_for_data_stewards_only():
    def shown(panels, *, is_exact):
        known = YearData(SimpleNamespace(panels=panels), SimpleNamespace(), is_exact=is_exact)
        return compute("balanced_panels_share", known)

    assert shown(PanelCounts(balanced=9), is_exact=False) is None
    assert shown(PanelCounts(balanced=9), is_exact=True) == Computed(Decimal(100))
    assert shown(PanelCounts(balanced=5, unbalanced=5), is_exact=False) == Computed(Decimal(50))


def test_documents_are_named_as_readers_know_them():
    assert say(document_words("annual_report_2024"), "fr") == "Rapport annuel 2024"
    assert [document_words(name) for name in ("brochure", "annual_report_final", "")] == [
        "brochure",
        "annual_report_final",
        "",
    ]
