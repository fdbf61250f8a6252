"""What clashes on a programme, case by case."""

import random
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from eventhub.programme.rules import Booking, Hours, Planned, Snapshot, changes, conflicts, same_room, timetable

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


def put(title: str, start: str, end: str, room: str = "", day: int = 1) -> Planned:
    """An item of a timetable by its clock in UTC."""
    return Planned(title, *(datetime.fromisoformat(f"2099-03-{day:02}T{at}+00:00") for at in (start, end)), room)


class Placed(Planned):
    """An item that knows its day."""

    @property
    def starts_on(self) -> date:
        return self.starts_at.date()


def laid_out(*items: tuple[str, ...], **more: object) -> list[list[tuple[str, int, int]]]:
    """Rows of the first day: titles of the cells that begin there, with rows and columns; “·” for a free one."""
    placed = [Placed(one.title, one.starts_at, one.ends_at, one.room) for one in (put(*given) for given in items)]
    (day, *_) = timetable(placed, lambda item: item.room, "UTC", **more)  # type: ignore[arg-type]
    return [
        [(cell.item.title if cell.item else "·", cell.rows, cell.columns) for cell in row.cells] for row in day.rows
    ]


def test_rooms_are_columns_and_what_overlaps_in_one_room_lies_side_by_side() -> None:
    assert laid_out(
        ("A", "10:00", "11:00", "Red"), ("B", "10:00", "12:00", "Blue"), ("C", "10:30", "11:00", " red")
    ) == [
        [("B", 3, 1), ("A", 2, 1), ("·", 1, 1)],
        [("C", 1, 1)],
        [("·", 1, 1), ("·", 1, 1)],
    ]


def test_what_everybody_does_together_goes_over_the_whole_width() -> None:
    rows = laid_out(
        ("A", "10:00", "11:00", "Red"), ("B", "10:00", "11:00", "Blue"), ("Lunch", "11:00", "12:00"),
        ("Walk", "12:00", "13:00"), ("C", "12:30", "13:00", "Red"),
    )  # fmt: skip
    assert rows[1] == [("Lunch", 1, 3)]
    assert rows[2] == [("·", 1, 1), ("·", 1, 1), ("Walk", 2, 1)]


def test_rows_begin_at_whole_steps_of_the_clocks_of_the_event() -> None:
    item = Placed("A", datetime(2099, 3, 1, 4, 20, tzinfo=UTC), datetime(2099, 3, 1, 5, 0, tzinfo=UTC), "Red")
    (day,) = timetable([item], lambda one: one.room, "Asia/Kathmandu", step=timedelta(minutes=30))
    clocks = [f"{row.at.astimezone(ZoneInfo('Asia/Kathmandu')):%H:%M}" for row in day.rows]
    assert clocks == ["10:00", "10:05", "10:30", "10:45"]
    assert [[cell.rows for cell in row.cells if cell.item] for row in day.rows] == [[], [2], [], []]


def test_the_days_and_hours_of_the_event_are_places_to_put_things_with_every_room() -> None:
    item = Placed("A", datetime(2099, 3, 1, 10, tzinfo=UTC), datetime(2099, 3, 1, 11, tzinfo=UTC), "Red")
    other = Placed("B", datetime(2099, 3, 1, 10, tzinfo=UTC), datetime(2099, 3, 1, 11, tzinfo=UTC), "Blue")
    hours = Hours(date(2099, 3, 1), date(2099, 3, 2), time(9), time(12))
    first, second = timetable([item, other], lambda one: one.room, "UTC", step=timedelta(hours=1), hours=hours)
    assert [row.at.hour for row in first.rows] == [9, 10, 11]
    assert first.columns == second.columns == [("Blue", 1), ("Red", 1)]
    assert [[cell.column for cell in row.cells] for row in second.rows] == [["Blue", "Red"]] * 3
    assert not any(cell.item for row in second.rows for cell in row.cells)


def test_every_cell_of_the_table_is_filled_exactly_once() -> None:
    dice = random.Random(7)  # noqa: S311
    for _ in range(200):
        items = []
        for number in range(dice.randrange(1, 12)):
            start = dice.randrange(0, 80) * 10
            end = start + dice.randrange(1, 12) * 10
            at = datetime(2099, 3, 1, 6, tzinfo=UTC)
            room = dice.choice(["", "Red", "Blue", "Green"])
            items.append(Placed(str(number), at + timedelta(minutes=start), at + timedelta(minutes=end), room))
        items.sort(key=lambda one: one.starts_at)
        for step in (None, timedelta(minutes=30)):
            for day in timetable(items, lambda one: one.room, "UTC", step=step):
                width = sum(lanes for _, lanes in day.columns)
                area = sum(cell.rows * cell.columns for row in day.rows for cell in row.cells)
                assert area == width * len(day.rows)
                assert sorted(c.item.title for r in day.rows for c in r.cells if c.item) == sorted(
                    one.title for one in items if one.starts_on == day.day
                )


def snapshot(
    title: str = "Opening", start: int = 10, room: str = "Red", key: int = 1, sign_up: bool = False
) -> Snapshot:
    at = datetime(2099, 3, 1, start, tzinfo=UTC)
    return Snapshot(UUID(int=key), title, at, at + timedelta(hours=1), room, sign_up)


@pytest.mark.parametrize(
    ("after", "count"),
    [
        ([snapshot()], 0),
        ([snapshot(sign_up=True)], 0),
        ([snapshot(title="Closing")], 1),
        ([snapshot(start=11)], 1),
        ([snapshot(room="")], 1),
        ([], 1),
        ([snapshot(), snapshot(key=2)], 1),
        ([snapshot(key=2)], 2),
    ],
)
def test_title_time_and_room_are_what_people_are_told(after: list[Snapshot], count: int) -> None:
    assert len(changes([snapshot()], after)) == count


def test_only_what_stands_and_stood_with_sign_up_is_told_to_those_alone() -> None:
    new = changes([], [snapshot(sign_up=True)])
    moved_one = changes([snapshot(sign_up=True)], [snapshot(start=11, sign_up=True)])
    gone = changes([snapshot(sign_up=True)], [])
    assert [one.takes_sign_up for (one,) in (new, moved_one, gone)] == [False, True, False]
