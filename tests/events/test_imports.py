"""Printed calendars into events: as printed, the same file twice changes nothing, differences are shown."""

import csv
import io
from datetime import date, time
from typing import Any

import pytest

from eventhub.database import sql
from eventhub.events.imports import import_events
from eventhub.resources import DATA
from eventhub.spreadsheets import BadFile, Change, xlsx_bytes
from tests.make import NOW, an_account

CALENDAR = (DATA / "calendar_2020_public.csv").read_bytes()
PRINTED = list(csv.DictReader(io.StringIO(CALENDAR.decode(), newline="")))
HEAD = "row_no,start,end,title,location"


def text(*lines: str) -> bytes:
    return "\n".join((HEAD, *lines)).encode()


async def imported(content: bytes, **kwargs: Any) -> Any:
    return await import_events(content, "calendar.csv", **{"dry_run": False, "now": NOW, **kwargs})


async def everything() -> list[Any]:
    return [await sql(f"SELECT * FROM {table} ORDER BY id") for table in ("event", "seat_pool", "audit_entry")]


async def refused(content: bytes) -> list[str]:
    before = await everything()
    for dry_run in (True, False):
        with pytest.raises(BadFile) as refusal:
            await imported(content, dry_run=dry_run)
    assert await everything() == before
    return [str(sentence) for sentence in refusal.value.sentences]


async def test_every_row_is_kept_as_printed_and_nothing_is_invented(database: None) -> None:
    account = await an_account()
    report = await imported(CALENDAR, account_id=account)
    assert (len(report.new), report.changed, report.unchanged) == (52, 0, 0)
    found = {row["import_key"]: row for row in await sql("SELECT * FROM event")}
    for row in PRINTED:
        event = found[f"calendar-2020:{row['row_no']}"]
        assert [event[f"printed_{name}"] for name in ("start", "end", "title", "location")] == [
            row[name] for name in ("start", "end", "title", "location")
        ]
        assert (event["mode"], event["place"], event["country"]) == (row["mode"], row["place"], row["country"])
        day, month, year = (int(part) for part in row["start"].split("/"))
        assert event["starts_on"] == date(year, month, day)
        assert (event["ends_on"] is None) == (row["end"] == "")
        for name in ("starts_time", "ends_time", "time_zone", "starts_at", "ends_at", "capacity", "parent"):
            assert event[name] is None
        assert (event["status"], event["registration_mode"]) == ("published", "closed")
        assert (event["involvement"], event["created_by"], event["published_at"]) == ("participated", account, NOW)
    kinds = await sql("SELECT kind, COUNT(*) AS n FROM event GROUP BY kind ORDER BY kind")
    assert {row["kind"]: row["n"] for row in kinds} == {
        "board_of_directors": 1, "campaign_event": 5, "general_assembly": 1, "global_event": 45,
    }  # fmt: skip
    pools = await sql("SELECT COUNT(*) AS n FROM seat_pool WHERE capacity IS NULL AND NOT is_open")
    assert pools[0]["n"] == 52
    assert (await sql("SELECT action, object_id, detail FROM audit_entry WHERE action = 'import_events'")) == [
        {"action": "import_events", "object_id": "calendar-2020", "detail": "52 new, 0 changed"}
    ]


async def test_the_same_file_twice_changes_nothing(database: None) -> None:
    dry = await imported(CALENDAR, dry_run=True)
    assert await sql("SELECT id FROM event") == []
    assert (await imported(CALENDAR)).fingerprint == dry.fingerprint
    before = await everything()
    again = await imported(CALENDAR)
    assert (again.new, again.changes, again.unchanged) == ((), (), 52)
    assert await everything() == before


async def test_the_derived_columns_are_derived_where_the_file_lacks_them(database: None) -> None:
    await imported("\n".join([HEAD, *(_line(row) for row in PRINTED)]).encode())
    events = await sql("SELECT import_key, mode, place, country FROM event")
    derived = {row["import_key"]: (row["mode"], row["place"], row["country"]) for row in events}
    for row in PRINTED:
        mode, place, country = derived[f"calendar-2020:{row['row_no']}"]
        assert (mode, place) == (row["mode"], row["place"])
        assert country in (row["country"], "")
        assert country == row["country"] or "," not in row["location"]


def _line(row: dict[str, str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([row[name] for name in HEAD.split(",")])
    return out.getvalue().strip()


async def test_the_same_calendar_without_numbers_is_known_again(database: None) -> None:
    await imported(CALENDAR)
    bare = text(*(_line({**row, "row_no": ""}) for row in PRINTED))
    again = await imported(bare)
    assert (again.new, again.changes, again.unchanged) == ((), (), 52)


def unpadded(row: dict[str, str]) -> dict[str, str]:
    days = {name: "/".join(part.lstrip("0") for part in row[name].split("/")) for name in ("start", "end")}
    return {**row, **days, "title": f" {row['title']}\u00a0"}


@pytest.mark.parametrize("numbered", [True, False])
async def test_the_same_days_without_leading_zeros_are_the_same_calendar(database: None, numbered: bool) -> None:
    await imported(CALENDAR)
    before = await everything()
    rows = [unpadded(row) for row in PRINTED]
    assert [row["start"] for row in rows] != [row["start"] for row in PRINTED]
    again = await imported(text(*(_line(row if numbered else {**row, "row_no": ""}) for row in rows)))
    assert (again.new, again.changes, again.unchanged) == ((), (), 52)
    assert await everything() == before


async def test_rows_without_numbers_are_known_again_however_their_days_are_written(database: None) -> None:
    await imported(text(",15/1/2020,,A seminar,Online"))
    assert (await imported(text(",15/01/2020,,A seminar,Online"))).unchanged == 1
    assert await refused(text(",15/1/2020,,A seminar,Online", ",15/01/2020,,A seminar,Online")) == [
        "Line 3, column “title”: “A seminar” is in line 2 too."
    ]
    for other in (",15/2/2020,,A seminar,Online", ",15/1/2020,,A seminar,Quito", ",15/1/2020,,A Seminar!,Online"):
        assert len((await imported(text(other), dry_run=True)).new) == 1


async def test_a_location_in_a_state_that_is_called_like_a_country_has_no_country(database: None) -> None:
    await imported(text('1,1/2/2020,,A seminar,"Atlanta, Georgia"', "2,1/2/2020,,Another,Hybrid"))
    assert await sql("SELECT mode, place, country FROM event ORDER BY title") == [
        {"mode": "in_person", "place": "Atlanta, Georgia", "country": ""},
        {"mode": "hybrid", "place": "", "country": ""},
    ]


async def test_an_xlsx_with_real_dates_is_the_same_calendar(database: None) -> None:
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    page, days = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
    page.write_row(0, 0, HEAD.split(","))
    page.write_row(1, 0, [7, "", "", "A congress", "Quito, Ecuador"])
    page.write_datetime(1, 1, date(2020, 10, 7), days)
    book.close()
    await imported(text('7,07/10/2020,,A congress,"Quito, Ecuador"'))
    assert (await imported(file.getvalue())).is_empty
    columns = HEAD.split(",")
    content = b"".join(xlsx_bytes("Calendar", columns, [["7", "07/10/2020", "", "A congress", "Quito, Ecuador"]]))
    assert (await imported(content)).is_empty


async def test_every_bad_row_is_named_with_line_column_and_reason(database: None) -> None:
    content = text(
        "1,31/02/2020,,A,Online",
        "2,02/10/2020,01/10/2020,B,Online",
        "3,,,C,Online",
        "4,1.2.2020,x,D,Online",
        "5,1/2/2020,,,",
        "x,1/2/2020,1/4/2021,E,Online",
        f"7,1/2/2020,,{'t' * 301},{'l' * 301}",
        "8,1/2/2020,,F,Online",
        "08,1/2/2020,,G,Online",
    )
    assert await refused(content) == [
        "Line 2, column “start”: there is no day 31/02/2020.",
        "Line 3, column “end”: the end lies before the start.",
        "Line 4, column “start”: the cell is empty.",
        "Line 5, column “start”: “1.2.2020” is no day. Days are written day/month/year, such as 7/10/2020.",
        "Line 5, column “end”: “x” is no day. Days are written day/month/year, such as 7/10/2020.",
        "Line 6, column “title”: the cell is empty.",
        "Line 6, column “location”: the cell is empty.",
        "Line 7, column “row_no”: “x” is no number of a row.",
        "Line 7, column “end”: an event lasts 400 days at most.",
        "Line 8, column “title”: the text is longer than 300 characters.",
        "Line 8, column “location”: the text is longer than 300 characters.",
        "Line 10, column “row_no”: “8” is in line 9 too.",
    ]


async def test_unknown_words_in_the_optional_columns_are_named(database: None) -> None:
    content = b"start,end,title,location,mode,country,kind,involvement\n1/2/2020,,A,Online,remote,XX,party,hosted\n"
    sentences = await refused(content)
    assert [sentence.partition(":")[0] for sentence in sentences] == [
        "Line 2, column “mode”", "Line 2, column “country”", "Line 2, column “kind”", "Line 2, column “involvement”",
    ]  # fmt: skip


async def test_the_same_title_on_other_days_is_another_event_and_an_identical_row_is_an_error(database: None) -> None:
    first, other_day = ",1/2/2020,,A seminar,Online", ",2/2/2020,,A seminar,Online"
    await imported(text(first, other_day))
    assert [row["slug"] for row in await sql("SELECT slug FROM event ORDER BY slug")] == [
        "a-seminar-2020",
        "a-seminar-2020-2",
    ]
    assert await refused(text(first, ",1/2/2020 ,,A seminar,Online\u00a0")) == [
        "Line 3, column “title”: “A seminar” is in line 2 too."
    ]


async def test_identical_rows_with_numbers_of_their_own_are_two_events(database: None) -> None:
    content = text("1,1/2/2020,,A seminar,Online", "2,1/2/2020,,A seminar,Online")
    assert len((await imported(text("1,1/2/2020,,A seminar,Online"))).new) == 1
    assert len((await imported(content)).new) == 1
    assert (await imported(content)).unchanged == 2


async def test_a_changed_row_shows_the_difference_and_overwrites_nothing_else(database: None) -> None:
    await imported(text("1,1/2/2020,,A seminar,Online", "2,1/2/2020,,Another,Online"))
    await sql(
        "UPDATE event SET kind = 'seminar', involvement = 'organised', description = 'Ours.' WHERE title = 'A seminar'"
    )
    content = text("1,1/2/2020,3/2/2020,A seminar,Berlin & Online", "2,1/2/2020,,Another,Online")
    report = await imported(content)
    assert report.changes == (
        Change("A seminar (1/2/2020)", "printed_end", "", "3/2/2020"),
        Change("A seminar (1/2/2020)", "printed_location", "Online", "Berlin & Online"),
        Change("A seminar (1/2/2020)", "ends_on", "", "2020-02-03"),
        Change("A seminar (1/2/2020)", "mode", "online", "hybrid"),
        Change("A seminar (1/2/2020)", "place", "", "Berlin"),
    )
    event = (await sql("SELECT * FROM event WHERE title = 'A seminar'"))[0]
    assert (event["ends_on"], event["mode"], event["place"]) == (date(2020, 2, 3), "hybrid", "Berlin")
    assert (event["kind"], event["involvement"], event["description"]) == ("seminar", "organised", "Ours.")
    assert (event["version"], event["sequence"]) == (2, 1)
    assert (await imported(content)).is_empty


async def test_what_staff_have_changed_stays_as_long_as_the_file_says_the_same(database: None) -> None:
    content = text('1,1/2/2020,,a  "seminar,Barcelona')
    await imported(content)
    await sql("UPDATE event SET title = 'A seminar', place = 'Barcelona, Spain', country = 'ES'")
    assert (await imported(content)).is_empty


async def test_the_days_of_an_event_with_times_are_not_changed_by_a_file(database: None) -> None:
    await imported(text("1,1/2/2020,,A seminar,Online"))
    await sql("UPDATE event SET starts_time = {}, time_zone = 'UTC'", time(10))
    assert await refused(text("1,2/2/2020,,A seminar,Online")) == [
        "Line 2, column “start”: “A seminar” has times of day by now; change its days on its page."
    ]


async def test_calendars_of_other_sources_do_not_meet(database: None) -> None:
    content = text("1,1/2/2020,,A seminar,Online")
    await imported(content)
    assert len((await imported(content, source="partners 2020")).new) == 1
    keys = [row["import_key"] for row in await sql("SELECT import_key FROM event ORDER BY import_key")]
    assert keys == ["calendar-2020:1", "partners 2020:1"]
    with pytest.raises(BadFile):
        await imported(content, source="s" * 81)


@pytest.mark.parametrize(
    "title", ['Urban "Campus', "السلام عليكم", "'=1+1", "x" * 300, "Ürban\u00a0forum ", "<b>bold</b>"]
)
async def test_any_title_is_kept_exactly(database: None, title: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([HEAD.split(","), ["1", "1/2/2020", "", title, " Online\u00a0"]])
    await imported(out.getvalue().encode())
    event = (await sql("SELECT printed_title, printed_location, mode FROM event"))[0]
    printed = title[1:] if title.startswith("'=") else title
    assert (event["printed_title"], event["printed_location"], event["mode"]) == (printed, " Online\u00a0", "online")
