"""Cells of printed calendars: strict days, liberal places, nothing invented."""

from datetime import date

import pytest
from babel import Locale
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
        ("Paris - Online", Location(Mode.HYBRID, "Paris", "")),
        ("Paris – Online", Location(Mode.HYBRID, "Paris", "")),
        ("Paris (online)", Location(Mode.HYBRID, "Paris", "")),
        ("Paris, France (Online)", Location(Mode.HYBRID, "Paris", "FR")),
        ("Paris and Online", Location(Mode.HYBRID, "Paris", "")),
        ("Paris / Online", Location(Mode.HYBRID, "Paris", "")),
        ("Paris + Online", Location(Mode.HYBRID, "Paris", "")),
        ("Online & Paris", Location(Mode.HYBRID, "Paris", "")),
        ("Online - Paris", Location(Mode.HYBRID, "Paris", "")),
        ("Washington D.C. & Online.", Location(Mode.HYBRID, "Washington D.C.", "")),
        ("Port of Spain, Trinidad and Tobago and Online", Location(Mode.HYBRID, "Port of Spain", "TT")),
        ("Online.", Location(Mode.ONLINE, "", "")),
        ("On line", Location(Mode.ONLINE, "", "")),
        ("Virtual", Location(Mode.ONLINE, "", "")),
        ("Webinar", Location(Mode.ONLINE, "", "")),
        ("(online)", Location(Mode.ONLINE, "", "")),
        ("Online & Online", Location(Mode.ONLINE, "", "")),
        ("& Online", Location(Mode.ONLINE, "", "")),
        ("Online &", Location(Mode.ONLINE, "", "")),
        ("- Online", Location(Mode.ONLINE, "", "")),
        ("Hybrid", Location(Mode.HYBRID, "", "")),
        ("hybrid.", Location(Mode.HYBRID, "", "")),
        ("Hybrid & Online", Location(Mode.HYBRID, "", "")),
        ("Paris (hybrid)", Location(Mode.HYBRID, "Paris", "")),
        ("Hybrid (Paris)", Location(Mode.HYBRID, "Paris", "")),
        ("Hybrid - Quito, Ecuador", Location(Mode.HYBRID, "Quito", "EC")),
        ("Stratford-upon-Avon", Location(Mode.IN_PERSON, "Stratford-upon-Avon", "")),
        ("Washington D.C.", Location(Mode.IN_PERSON, "Washington D.C.", "")),
        ("Virtual Reality Centre", Location(Mode.IN_PERSON, "Virtual Reality Centre", "")),
        ("Sandline", Location(Mode.IN_PERSON, "Sandline", "")),
        ("&", Location(Mode.IN_PERSON, "&", "")),
        ("Atlanta, Georgia", Location(Mode.IN_PERSON, "Atlanta, Georgia", "")),
        ("Atlanta, Georgia & Online", Location(Mode.HYBRID, "Atlanta, Georgia", "")),
        ("Atlanta, Georgia, U.S.A.", Location(Mode.IN_PERSON, "Atlanta, Georgia", "US")),
        ("Niamey, Niger", Location(Mode.IN_PERSON, "Niamey", "NE")),
        ("Kinshasa, Congo", Location(Mode.IN_PERSON, "Kinshasa, Congo", "")),
    ],
)
def test_locations_are_read_as_they_are_printed(printed: str, location: Location) -> None:
    assert read_location(printed, country_named) == location


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Trinidad and Tobago", "TT"),
        ("Trinidad & Tobago", "TT"),
        ("Bosnia and Herzegovina", "BA"),
        ("Bosnia & Herzegovina", "BA"),
        ("Sao Tome and Principe", "ST"),
        ("São Tomé & Príncipe", "ST"),
        ("Antigua and Barbuda", "AG"),
        ("Antigua & Barbuda", "AG"),
        ("Saint Kitts and Nevis", "KN"),
        ("St. Lucia", "LC"),
        ("Myanmar", "MM"),
        ("Cabo Verde", "CV"),
        ("Vatican", "VA"),
        ("Vatican City", "VA"),
        ("Republic of the Congo", "CG"),
        ("Democratic Republic of the Congo", "CD"),
        ("DRC", "CD"),
        ("U.S.A.", "US"),
        ("U. S. A.", "US"),
        ("the United States", "US"),
        ("U.S. Virgin Islands", "VI"),
        ("U.K.", "GB"),
        ("Côte d'Ivoire", "CI"),
        ("Côte d’Ivoire", "CI"),
        ("The Gambia", "GM"),
        ("The Netherlands", "NL"),
        ("Guinea", "GN"),
        ("Guinea-Bissau", "GW"),
        ("Georgia", ""),
        ("and", ""),
        ("Tobago", ""),
        ("", ""),
    ],
)
def test_countries_are_known_by_their_english_names(name: str, code: str) -> None:
    assert country_named(name) == code


def test_every_country_but_the_ambiguous_is_known_by_its_name_and_by_no_other() -> None:
    names = Locale("en").territories
    assert {code for code in country_codes() if country_named(names[code]) != code} == {"GE"}


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
