"""Each figure leads to the very rows that it counts."""

import csv
import io
import re
from datetime import date
from uuid import uuid4

import pytest

from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.statistics.definitions import DEFINITIONS
from eventhub.statistics.queries import figures_of
from eventhub.statistics.rows import NAMING, SOURCES, Page, rows_behind
from tests.make import NOW, a_person, signed_in
from tests.statistics.rows import a_lab, a_round, a_year, a_year_of_meetings, an_event

EVERYTHING = Page(0, 1000)


async def rows_of(code, year):
    found = await rows_behind(code, year, EVERYTHING, may_see_people=True)
    return [row[0] for row in found.table.rows], found


@pytest.mark.parametrize(("load", "year"), [(a_year, 2023), (a_year_of_meetings, 2021)], ids=["2023", "2021"])
async def test_the_rows_of_every_figure_are_as_many_as_it_says(database, load, year):
    await load()
    figures = await figures_of(year)
    counted = 0
    for figure in figures.figures:
        if figure.code in SOURCES and not figure.unit:
            _, found = await rows_of(figure.code, year)
            assert found.total == figure.value, figure.code
            assert len(found.table.rows) == found.listed, figure.code
            counted += 1
    assert counted > 25


def test_only_shares_and_means_have_no_rows():
    assert set(DEFINITIONS) - set(SOURCES) == {"satisfaction"}


async def test_the_rows_are_those_counted_by_hand(database):
    await a_year()
    assert (await rows_of("own_events", 2023))[0] == ["Webinar", "Forum", "Session 15", "Session 16", "Debate"]
    _, attendances = await rows_of("attendances", 2023)
    assert [(row[0], row[3]) for row in attendances.table.rows] == [
        ("Webinar", 12), ("Forum", 5), ("Session 15", 2), ("Session 16", 2), ("Debate", 4),
    ]  # fmt: skip
    assert (attendances.total, attendances.listed) == (25, 5)
    assert (await rows_of("unique_people", 2023))[0] == ["Ana", "Bo", "Chi", "Eli", "Gus", "Ian", "Jo"]
    assert (await rows_of("speakers", 2023))[0] == ["Ana", "Bo", "Eli", "Ian"]
    assert (await rows_of("members_involved", 2023))[0] == ["Barcelona", "Lima", "Quito", "Rome"]
    assert (await rows_of("lab_participants", 2023))[0] == ["Ana", "Bo", "Chi"]


async def test_the_rows_of_meetings_are_those_counted_by_hand(database):
    await a_year_of_meetings()
    assert (await rows_of("congress_people", 2021))[1].total == 5
    assert (await rows_of("congress_cities", 2021))[0] == ["Callao", "Paris", "Quito", "Roma"]
    assert (await rows_of("congress_countries", 2021))[0] == ["EC", "FR", "IT", "PE"]
    assert (await rows_of("assembly_members", 2021))[0] == ["Quito", "Rome"]
    assert (await rows_of("other_cities", 2021))[0] == ["Callao", "Paris"]
    _, board = await rows_of("board_attendance_rate", 2021)
    assert [(row[2], row[3], row[4]) for row in board.table.rows] == [(1, 2, "Rome")]
    _, partners = await rows_of("partners", 2021)
    assert list(partners.table.rows) == [("foundation", 1), ("uclg", 1)]


async def test_rows_come_in_pages(database):
    await a_year()
    first = await rows_behind("unique_people", 2023, Page(0, 3), may_see_people=True)
    last = await rows_behind("unique_people", 2023, Page(6, 3), may_see_people=True)
    assert ([row[0] for row in first.table.rows], [row[0] for row in last.table.rows]) == (["Ana", "Bo", "Chi"], ["Jo"])
    assert (first.listed, last.listed) == (7, 7)


async def test_names_of_people_are_for_those_who_work_on_events(app, reader):
    await a_year()
    with pytest.raises(NotFound):
        await rows_behind("speakers", 2023, EVERYTHING, may_see_people=False)
    page = (await reader.get("/staff/figures/2023")).text
    links = set(re.findall(r"/staff/figures/2023/rows/(\w+)", page))
    assert "own_events" in links
    assert links & NAMING == set()
    for code in NAMING:
        for ending in ("", ".csv"):
            assert (await reader.get(f"/staff/figures/2023/rows/{code}{ending}")).status_code == 404
    async with await signed_in(app, "organiser") as staff:
        page = (await staff.get("/staff/figures/2023")).text
        assert set(re.findall(r"/staff/figures/2023/rows/(\w+)", page)) >= {"speakers", "unique_people"}
        people = (await staff.get("/staff/figures/2023/rows/speakers")).text
        assert all(name in people for name in ("Ana", "Bo", "Eli", "Ian"))
        assert "Fay" not in people


async def test_the_page_and_the_file_hold_the_same_rows(reader):
    await a_year()
    page = (await reader.get("/staff/figures/2023/rows/members_involved")).text
    rows = list(
        csv.reader(
            io.StringIO((await reader.get("/staff/figures/2023/rows/members_involved.csv")).text.lstrip("\ufeff"))
        )
    )
    assert rows == [["member", "region"], *([name, "Europe"] for name in ("Barcelona", "Lima", "Quito", "Rome"))]
    assert all(f"/staff/members/{name.lower()}" in page for name, _ in rows[1:])
    assert "These are the 4 rows that are counted." in page


@pytest.mark.parametrize(
    "path", ["2023/rows/nothing", "2023/rows/own_events.pdf", "1900/rows/own_events", "2023.csv/rows/own_events"]
)
async def test_rows_that_are_not_there_are_not_found(reader, path):
    assert (await reader.get(f"/staff/figures/{path}")).status_code == 404


async def test_answers_about_satisfaction_are_counted_also_when_they_are_too_few_for_a_mean(database):
    event, lab = await an_event("Forum", date(2023, 5, 1)), await a_lab(await a_round(2023), 1, "Water")
    others = await an_event("Of others", date(2023, 5, 1), involvement="participated")
    for column, of, score in (("event", event, 5), ("event", event, 4), ("event", event, None), ("lab", lab, 3), ("event", others, 1)):  # fmt: skip
        await sql(
            f"INSERT INTO feedback (id, {column}, person, language, asked_at, overall) VALUES ({{}}, {{}}, {{}}, 'en', {{}}, {{}})",
            uuid4(), of, await a_person(), NOW, score,
        )  # fmt: skip
    found = await figures_of(2023)
    assert (found.get("satisfaction"), found["satisfaction_answers"].value) == (None, 3)
    _, rows = await rows_of("satisfaction_answers", 2023)
    assert (list(rows.table.rows), rows.total, rows.listed) == (
        [("Forum", date(2023, 5, 1), 2), ("Water", None, 1)], 3, 2,
    )  # fmt: skip
