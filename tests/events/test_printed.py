"""Cells of printed calendars: strict days, liberal places, nothing invented."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.directory.countries import country_codes, country_named
from eventhub.events.printed import Location, UnreadableDay, kind_of_title, read_day, read_location
from eventhub.events.rules import EventKind, Mode


@given(
    day=st.dates(date(1985, 1, 1), date(2100, 12, 31)), short=st.booleans(), space=st.sampled_from(["", " ", "\u00a0"])
)
def test_every_day_is_read_with_and_without_leading_zeros(day: date, short: bool, space: str) -> None:
    printed = f"{day.day}/{day.month}/{day.year}" if short else day.strftime("%d/%m/%Y")
    assert read_day(f"{space}{printed}{space}") == day


@given(text=st.text("0123456789/-. ٣", max_size=12))
def test_what_is_read_as_a_day_can_be_printed_back(text: str) -> None:
    try:
        day = read_day(text)
    except UnreadableDay:
        return
    assert [int(part) for part in text.split("/")] == [day.day, day.month, day.year]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("31/02/2020", "there is no day 31/02/2020."),
        ("29/2/2019", "there is no day 29/2/2019."),
        ("0/1/2020", "there is no day 0/1/2020."),
        ("1/13/2020", "there is no day 1/13/2020."),
        ("1/1/1984", "the year lies between 1985 and 2100."),
        ("1/1/20", "“1/1/20” is no day. Days are written day/month/year, such as 7/10/2020."),
        ("2020-10-07", "“2020-10-07” is no day. Days are written day/month/year, such as 7/10/2020."),
        ("7.10.2020", "“7.10.2020” is no day. Days are written day/month/year, such as 7/10/2020."),
        ("٧/١٠/٢٠٢٠", "“٧/١٠/٢٠٢٠” is no day. Days are written day/month/year, such as 7/10/2020."),
        ("October 2020", "“October 2020” is no day. Days are written day/month/year, such as 7/10/2020."),
    ],
)
def test_other_days_are_refused_with_the_reason(text: str, sentence: str) -> None:
    with pytest.raises(UnreadableDay) as refusal:
        read_day(text)
    assert str(refusal.value.sentence) == sentence


@pytest.mark.parametrize(
    ("printed", "location"),
    [
        ("Online", Location(Mode.ONLINE, "", "")),
        ("Online ", Location(Mode.ONLINE, "", "")),
        ("\u00a0online\u00a0", Location(Mode.ONLINE, "", "")),
        ("On-line", Location(Mode.ONLINE, "", "")),
        ("Online (Zoom)", Location(Mode.ONLINE, "", "")),
        ("New York & Online", Location(Mode.HYBRID, "New York", "")),
        ("New York  &\u00a0Online ", Location(Mode.HYBRID, "New York", "")),
        ("New York&Online", Location(Mode.HYBRID, "New York", "")),
        ("Online & New York", Location(Mode.HYBRID, "New York", "")),
        ("Guangzhou, China & Online", Location(Mode.HYBRID, "Guangzhou", "CN")),
        ("Berlin and online", Location(Mode.HYBRID, "Berlin", "")),
        ("Barcelona", Location(Mode.IN_PERSON, "Barcelona", "")),
        ("Quito, Ecuador", Location(Mode.IN_PERSON, "Quito", "EC")),
        ("Quito ,  Ecuador ", Location(Mode.IN_PERSON, "Quito", "EC")),
        ("Abu Dhabi, United Arab Emirates", Location(Mode.IN_PERSON, "Abu Dhabi", "AE")),
        ("Abidjan, Côte d'Ivoire", Location(Mode.IN_PERSON, "Abidjan", "CI")),
        ("Ankara, Turkey", Location(Mode.IN_PERSON, "Ankara", "TR")),
        ("Seoul, Republic of Korea", Location(Mode.IN_PERSON, "Seoul", "KR")),
        ("Gyeonggi, Suwon, South Korea", Location(Mode.IN_PERSON, "Gyeonggi, Suwon", "KR")),
        ("Barcelona, Spian", Location(Mode.IN_PERSON, "Barcelona, Spian", "")),
        ("Singapore", Location(Mode.IN_PERSON, "Singapore", "")),
        (", Spain", Location(Mode.IN_PERSON, ", Spain", "ES")),
    ],
)
def test_locations_are_read_as_they_are_printed(printed: str, location: Location) -> None:
    assert read_location(printed, country_named) == location


@given(text=st.text(min_size=1).filter(lambda text: text.strip()))
def test_any_text_is_a_location_and_no_country_is_made_up(text: str) -> None:
    read = read_location(text, country_named)
    assert read.country == "" or read.country in country_codes()
    assert read.mode in set(Mode)


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("World Metropolitan Day 2020", EventKind.CAMPAIGN_EVENT),
        ("WORLD METROPOLITAN DAY 2020. Bogotá", EventKind.CAMPAIGN_EVENT),
        ("Extraordinary Meeting of the Board of Directors", EventKind.BOARD_OF_DIRECTORS),
        ("General Assembly of Members 2020 Online Edition", EventKind.GENERAL_ASSEMBLY),
        ("UN General Assembly", EventKind.GLOBAL_EVENT),
        ("UCLG World Council 2020", EventKind.GLOBAL_EVENT),
    ],
)
def test_a_title_tells_its_kind_only_where_that_is_certain(title: str, kind: EventKind) -> None:
    assert kind_of_title(title) == kind
