"""What clashes on a programme, case by case."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from eventhub.programme.rules import Booking, Planned, conflicts, same_room

KEY = uuid4()


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2099, 3, 1, hour, minute, tzinfo=UTC)


def item(title: str, start: datetime, end: datetime, room: str = "Blue room") -> Planned:
    return Planned(title, start, end, room, uuid4())


@pytest.mark.parametrize(
    ("start", "end", "room", "clashes"),
    [
        (at(9), at(10), "Blue room", False),
        (at(11), at(12), "Blue room", False),
        (at(9), at(10, 1), "Blue room", True),
        (at(10, 59), at(12), "Blue room", True),
        (at(10), at(11), "Blue room", True),
        (at(10, 15), at(10, 30), "Blue room", True),
        (at(9), at(12), "Blue room", True),
        (at(10), at(11), "  blue   ROOM ", True),
        (at(10), at(11), "Red room", False),
        (at(10), at(11), "", False),
    ],
)
def test_a_room_holds_one_item_at_a_time(start: datetime, end: datetime, room: str, clashes: bool) -> None:
    wanted = Planned("Wanted", start, end, room)
    standing = item("Standing", at(10), at(11))
    found = conflicts(wanted, [standing], event=(at(8), at(18)))
    sentence = f"“Wanted” and “Standing” are both in “{room}” at the same time."
    assert [str(one) for one in found] == ([sentence] if clashes else [])


def test_items_without_a_room_are_in_no_room_together() -> None:
    assert not same_room("", " ")


def test_an_item_does_not_clash_with_itself() -> None:
    standing = Planned("Standing", at(10), at(11), "Blue room", KEY)
    later = Planned("Standing", at(10, 30), at(11, 30), "Blue room", KEY)
    assert conflicts(later, [standing], event=(at(8), at(18))) == []


@pytest.mark.parametrize(
    ("span", "outside"),
    [
        ((at(10), at(11)), False),
        ((at(10, 1), at(11)), True),
        ((at(10), at(10, 59)), True),
        ((at(10), None), False),
        ((None, None), False),
    ],
)
def test_an_item_lies_within_its_event(span: tuple[datetime | None, datetime | None], outside: bool) -> None:
    found = conflicts(Planned("Wanted", at(10), at(11)), [], event=span)
    assert [str(one) for one in found] == (["“Wanted” lies outside the event."] if outside else [])


@pytest.mark.parametrize(("pause", "minutes"), [(14, [14]), (15, []), (0, [0])])
def test_a_break_is_as_long_as_asked_for_before_and_after(pause: int, minutes: list[int]) -> None:
    standing = item("Standing", at(10), at(11))
    gap = timedelta(minutes=pause)
    for start in (at(11) + gap, at(9) - gap):
        wanted = Planned("Wanted", start, start + timedelta(hours=1), "Blue room")
        found = conflicts(wanted, [standing], event=(at(0), at(23)), minimum_break=timedelta(minutes=15))
        assert [str(one) for one in found] == [
            f"Between “Wanted” and “Standing” in “Blue room” lie {n} minutes; 15 are asked for." for n in minutes
        ]


def test_people_who_speak_elsewhere_are_named_with_the_other_event() -> None:
    bookings = [Booking("Ada", "Care", "Congress", is_same_event=True), Booking("Kim", "Water", "Forum", False)]
    found = conflicts(Planned("Wanted", at(10), at(11)), [], event=(at(8), at(18)), bookings=bookings)
    assert [str(one) for one in found] == [
        "Ada speaks at “Care” at the same time as at “Wanted”.",
        "Kim speaks at “Water” of “Forum” at the same time as at “Wanted”.",
    ]
