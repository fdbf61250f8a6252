"""What may be wrong with the facts of an event, and what keeps it from being published."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from eventhub.events.rules import (
    EventFacts,
    EventKind,
    ItemFacts,
    event_problems,
    is_web_address,
    is_zone,
    item_problems,
    schedule_problems,
    unknown_word,
)

FACTS = EventFacts(
    title="Care in the metropolis", kind="forum", mode="hybrid", involvement="organised",
    starts_on=date(2027, 3, 1), starts_time=time(9), ends_on=date(2027, 3, 2), ends_time=time(17),
    time_zone="Europe/Madrid", place="Barcelona",
)  # fmt: skip
ITEM = ItemFacts("Opening", "panel", date(2027, 3, 1), time(9), date(2027, 3, 1), time(10))
FOLD = {"starts_on": date(2027, 10, 31), "ends_on": date(2027, 10, 31)}
YEAR = "The year lies between 1985 and 2100."
GAP = "The clocks of Europe/Madrid jump over this time on that day. Please choose another."
TWICE = (
    "The clocks of Europe/Madrid show this time twice on that day. Please say whether you mean the first or the second."
)


def wrong(**changes: Any) -> dict[str, list[str]]:
    return {name: [str(s) for s in said] for name, said in event_problems(replace(FACTS, **changes)).items()}


def item_wrong(zone: str | None = "Europe/Madrid", **changes: Any) -> dict[str, list[str]]:
    return {name: [str(s) for s in said] for name, said in item_problems(replace(ITEM, **changes), zone).items()}


def test_nothing_is_wrong_with_the_facts_of_a_usual_event() -> None:
    assert wrong() == {}
    assert wrong(ends_on=None, ends_time=None) == {}
    assert wrong(capacity=0) == wrong(capacity=1_000_000) == wrong(title="x" * 300) == {}


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": ""}, "title", "Please give a title."),
        ({"title": "x" * 301}, "title", "The title is too long: 301 characters, and 300 is the most."),
        ({"language": "de"}, "language", "“de” is not one of the languages en, es, fr."),
        ({"capacity": -1}, "capacity", "The number of seats lies between 0 and 1000000."),
        ({"capacity": 10**30}, "capacity", "The number of seats lies between 0 and 1000000."),
        ({"place": "x" * 301}, "place", "This is too long; 300 characters is the most."),
        ({"description": "x" * 20_001}, "description", "This is too long; 20000 characters is the most."),
        ({"parity_exempt_reason": "x" * 2001}, "parity_exempt_reason", "This is too long; 2000 characters is the most."),
        ({"online_url": "javascript:alert(1)"}, "online_url", "This is no web address. It begins with https:// or http://."),
        ({"mode": "hologram"}, "mode", "“hologram” is none of: in_person, online, hybrid."),
        ({"registration_mode": "maybe"}, "registration_mode", "“maybe” is none of: open, approval, invitation, closed."),
        ({"registration_closes_at": datetime(1, 1, 1, tzinfo=UTC)}, "registration_closes_at", YEAR),
        ({"registration_closes_at": datetime(9999, 12, 31, tzinfo=UTC)}, "registration_closes_at", YEAR),
        ({"starts_on": None}, "starts_on", "Please say when it starts."),
        ({"starts_on": date(1984, 12, 31)}, "starts_on", YEAR),
        ({"starts_on": date(2101, 1, 1)}, "starts_on", YEAR),
        ({"ends_on": date(9999, 12, 31)}, "ends_on", YEAR),
        ({"ends_on": date(2027, 2, 28)}, "ends_on", "The end lies before the start."),
        ({"ends_on": date(2028, 4, 6)}, "ends_on", "An event lasts 400 days at most."),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "“Mars/Olympus” is no time zone. Zones look like Europe/Madrid."),
        ({"time_zone": None}, "time_zone", "Please say in which time zone it takes place."),
        ({"starts_time": None}, "starts_time", "Please say at what time it starts."),
        ({"ends_time": None}, "ends_time", "Please give both the day and the time of the end."),
        ({"ends_on": None}, "ends_on", "Please give both the day and the time of the end."),
        ({"ends_on": date(2027, 3, 1), "ends_time": time(9)}, "ends_time", "The end is the same as the start."),
        ({"ends_on": date(2027, 3, 1), "ends_time": time(8)}, "ends_time", "The end lies before the start."),
        ({"starts_on": date(2027, 3, 28), "starts_time": time(2, 30), "ends_on": date(2027, 3, 29)}, "starts_time", GAP),
        ({"ends_on": date(2027, 3, 28), "ends_time": time(2, 30)}, "ends_time", GAP),
        (FOLD | {"starts_time": time(2, 30)}, "starts_time", TWICE),
        (FOLD | {"starts_time": time(1), "ends_time": time(2, 30)}, "ends_time", TWICE),
    ],
)  # fmt: skip
def test_each_fault_is_said_beside_its_field(changes: dict[str, Any], field: str, sentence: str) -> None:
    assert wrong(**changes) == {field: [sentence]}


def test_all_faults_are_said_at_once() -> None:
    found = wrong(title="", kind="party", mode="", involvement="x", language="", capacity=-1, time_zone="x")
    assert set(found) == {"title", "kind", "mode", "involvement", "language", "capacity", "time_zone"}


def test_where_the_clocks_are_put_back_the_answers_decide_what_comes_first() -> None:
    same = FOLD | {"starts_time": time(2, 30), "ends_time": time(2, 30)}
    assert wrong(**same, second_start=False, second_end=True) == {}
    assert wrong(**same, second_start=True, second_end=True) == {"ends_time": ["The end is the same as the start."]}
    longer = FOLD | {"starts_time": time(2, 15), "ends_time": time(2, 45)}
    assert wrong(**longer, second_start=True, second_end=False) == {"ends_time": ["The end lies before the start."]}
    shorter = FOLD | {"starts_time": time(2, 45), "ends_time": time(2, 15)}
    assert wrong(**shorter, second_start=False, second_end=True) == {}


def test_instants_follow_from_wall_time_and_zone() -> None:
    assert FACTS.instants() == (datetime(2027, 3, 1, 8, tzinfo=UTC), datetime(2027, 3, 2, 16, tzinfo=UTC))
    assert replace(FACTS, ends_time=None).instants() == (datetime(2027, 3, 1, 8, tzinfo=UTC), None)
    assert replace(FACTS, time_zone=None).instants() == (None, None)
    assert replace(FACTS, starts_time=None).instants() == (None, None)


def test_nothing_is_wrong_with_a_usual_programme_item() -> None:
    assert item_wrong() == {}


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": ""}, "title", "Please give a title."),
        ({"title": "x" * 301}, "title", "The title is too long: 301 characters, and 300 is the most."),
        ({"kind": "party"}, "kind", "“party” is none of: plenary, panel, keynote, talk, workshop, side_event, visit, ceremony, lunch, break."),
        ({"room": "x" * 121}, "room", "This is too long; 120 characters is the most."),
        ({"description": "x" * 20_001}, "description", "This is too long; 20000 characters is the most."),
        ({"capacity": -1}, "capacity", "The number of seats lies between 0 and 1000000."),
        ({"starts_time": None}, "starts_time", "Please say when it starts."),
        ({"ends_on": None}, "ends_time", "Please say when it ends."),
        ({"zone": None}, "starts_time", "The event needs a time zone before it can have a programme."),
        ({"ends_on": date(9999, 1, 1)}, "starts_time", YEAR),
        ({"ends_time": time(9)}, "ends_time", "The end lies before the start, or is the same."),
        ({"starts_on": date(2027, 3, 28), "starts_time": time(2, 30), "ends_on": date(2027, 3, 28)}, "starts_time", GAP),
        ({"starts_on": date(2027, 3, 28), "starts_time": time(1), "ends_on": date(2027, 3, 28), "ends_time": time(2, 30)}, "ends_time", GAP),
    ],
)  # fmt: skip
def test_each_fault_of_an_item_is_said_beside_its_field(changes: dict[str, Any], field: str, sentence: str) -> None:
    assert item_wrong(**changes) == {field: [sentence]}


def test_which_of_two_equal_times_an_item_means_is_asked_and_not_guessed() -> None:
    both = {"starts_time": time(2, 30), "ends_time": time(2, 30)}
    assert item_wrong(**FOLD, **both) == {"starts_time": [TWICE], "ends_time": [TWICE]}
    assert item_wrong(**FOLD, **both, second_end=True) == {"starts_time": [TWICE]}
    assert item_wrong(**FOLD, **both, second_start=False, second_end=True) == {}
    start, end = replace(ITEM, **FOLD, **both, second_start=False, second_end=True).instants("Europe/Madrid")
    assert (start.hour, end.hour) == (0, 1)
    assert item_wrong(**FOLD, starts_time=time(2, 15), ends_time=time(2, 45), second_start=True, second_end=False) == {
        "ends_time": ["The end lies before the start, or is the same."]
    }


def at(hour: int) -> datetime:
    return datetime(2027, 3, 1, hour, tzinfo=UTC)


def test_a_schedule_without_place_and_with_items_outside_says_everything_at_once() -> None:
    items = [("Early", at(7), at(9)), ("Inside", at(9), at(10)), ("Late", at(11), at(13))]
    found = schedule_problems(mode="in_person", place="", event=(at(8), at(12)), items=items)
    assert [str(sentence) for sentence in found] == [
        "The event has no place yet; people on site need one.",
        "“Early” lies outside the event.",
        "“Late” lies outside the event.",
    ]


def test_a_schedule_without_a_time_of_day_cannot_be_compared() -> None:
    found = schedule_problems(mode="online", place="", event=(None, None), items=[("Any", at(1), at(2))])
    assert [str(sentence) for sentence in found] == ["The event has no time of day yet."]


def test_online_events_need_no_place_and_open_ends_bound_nothing() -> None:
    assert schedule_problems(mode="online", place="", event=(at(8), None), items=[("Late", at(20), at(23))]) == []
    assert schedule_problems(mode="hybrid", place="Here", event=(at(8), at(9)), items=[("All", at(8), at(9))]) == []


@pytest.mark.parametrize("name", ["Europe/Madrid", "UTC", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"])
def test_zones_that_exist_are_known(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe",
        "europe/madrid2",
        "../etc/passwd",
        "/etc/localtime",
        "Europe/../Europe/Madrid",
        "a\x00b",
        "x" * 500,
        "\ud800",
    ],
)
def test_other_names_are_no_zones(name: str) -> None:
    assert not is_zone(name)


@pytest.mark.parametrize(
    "text", ["https://meet.example.org/care?x=1#y", "http://127.0.0.1:8000", "https://münchen.de/"]
)
def test_web_addresses_are_known(text: str) -> None:
    assert is_web_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "meet.example.org",
        "ftp://x.org",
        "https://",
        "https://a b",
        "https://a\nb",
        "https://[",
        'https://a"b',
        "javascript:1",
    ],
)
def test_other_texts_are_no_web_addresses(text: str) -> None:
    assert not is_web_address(text)


def test_what_somebody_typed_is_given_back_short() -> None:
    assert str(unknown_word("x" * 500, EventKind)).startswith(f"“{'x' * 40}” is none of: congress, ")
