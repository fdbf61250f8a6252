"""Dates and pairs of words as each language writes them."""

from datetime import UTC, date, datetime

import pytest

from eventhub import languages
from eventhub.languages import day_in_words, first_of_month, format_day_range, format_moments, format_time_range
from eventhub.pages import environment
from eventhub.resources import TEMPLATES

FIRST = datetime(2027, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "lundi 1er mars 2027"), ("es", "lunes, 1 de marzo de 2027"), ("en", "Monday, 1 March 2027")],
)
def test_the_first_of_a_month_is_written_as_the_language_does(language: str, words: str):
    assert day_in_words(FIRST.date(), "full", language) == words


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_of_a_french_year_has_its_first_day(month: int):
    for form in ("long", "medium", "d MMMM", "EEE d MMM"):
        assert " 1er " in f" {day_in_words(date(2027, month, 1), form, 'fr')}"
        for day in (2, 11, 21):
            assert "1er" not in day_in_words(date(2027, month, day), form, "fr")


def test_ranges_and_moments_have_it_too():
    assert format_day_range(date(2027, 3, 1), date(2027, 3, 3), "fr") == "1er–3 mars 2027"
    assert format_day_range(date(2027, 2, 28), date(2027, 3, 1), "fr") == "28 févr.\u2009–\u20091er mars 2027"
    assert format_day_range(date(2027, 3, 21), date(2027, 3, 31), "fr") == "21–31 mars 2027"
    assert format_moments(FIRST, None, "UTC", "fr") == "lundi 1er mars 2027, 09:30"
    late = datetime(2027, 2, 28, 23, tzinfo=UTC)
    assert format_time_range(late, FIRST, "UTC", "fr") == "23:00–09:30 (1er mars)"


def test_nothing_else_is_touched():
    for words in ("01/03/2027", "1 personne en mars", "1.1 mars", "2027-03-1 mars", "11 mars"):
        assert first_of_month(words, "fr") == words
    assert first_of_month("1 mars", "en") == "1 mars"


def test_pages_write_it_as_well():
    template = environment().from_string(
        "{{ at|date('full') }} / {{ at|datetime('UTC', 'd MMM y') }} / {{ at|datetime('UTC') }}"
    )
    with languages.speaking("fr"):
        said = template.render(at=FIRST)
    assert said == "lundi 1er mars 2027 / 1er mars 2027 / 1er mars 2027, 09:30:00"


def test_no_page_puts_a_colon_after_a_translated_word_by_itself():
    """French wants a space before it, so that it has to be part of a message."""
    found = [
        f"{path.relative_to(TEMPLATES)}: {line.strip()[:100]}"
        for path in sorted(TEMPLATES.rglob("*"))
        if path.suffix in (".html", ".txt")
        for line in path.read_text().splitlines()
        if "}}:" in line
    ]
    assert found == []
