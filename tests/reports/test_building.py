"""The report of a year that is counted by hand; see tests/statistics/rows.py for what is in it."""

import re
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.reports.building import report_of
from eventhub.reports.frozen import frozen
from eventhub.reports.rules import Report
from tests.make import NOW, a_member, a_person
from tests.statistics import worlds
from tests.statistics.rows import (
    YEAR,
    a_head_count,
    a_lab,
    a_lab_participant,
    a_registration,
    a_round,
    a_session,
    a_slot,
    a_year,
    an_event,
    an_item,
    the_themes,
)

pytestmark = pytest.mark.usefixtures("database")


def table(report: Report, code: str):
    """A table by its code."""
    return next(one for _, one in report.tables if one.code == code)


def cells(report: Report, code: str):
    """Rows of a table by their first cell, each as a dictionary by column."""
    found = table(report, code)
    names = [column.code for column in found.columns]
    return {str(row[0]): dict(zip(names[1:], row[1:], strict=True)) for row in (*found.rows, *found.totals)}


def codes(report: Report):
    return [section.code for _, section in report.all_sections]


async def a_large_event(women: int, men: int, undisclosed: int = 0, title: str = "Congress", kind: str = "congress", day: date = date(YEAR, 9, 1)):  # fmt: skip
    """An own event with so many speakers, whose names tell nothing."""
    event = await an_event(title, day, kind=kind)
    item = await an_item(event)
    for gender, number in (("woman", women), ("man", men), ("undisclosed", undisclosed)):
        for _ in range(number):
            await a_slot(item, await a_person("x", gender=gender))
    return event


async def test_headline_figures_have_the_year_before_growth_and_what_is_known():
    await a_year()
    found = cells(await report_of(YEAR, is_exact=True), "figures")
    assert found["Own events"] == {
        "value": 5, "earlier": 1, "growth_pct": 400, "women_pct": None, "men_pct": None, "known": None, "unknown": None,
    }  # fmt: skip
    assert found["People engaged (attendances)"] | {"earlier": 0, "growth_pct": 0} == {
        "value": 25, "earlier": 0, "growth_pct": 0, "women_pct": 50, "men_pct": 50, "known": 16, "unknown": 9,
    }  # fmt: skip
    assert found["Solutions Labs"] == {
        "value": 2, "earlier": 0, "growth_pct": None, "women_pct": None, "men_pct": None, "known": None, "unknown": None,
    }  # fmt: skip


async def test_own_events_are_counted_by_kind_and_mode_with_their_sums():
    await a_year()
    report = await report_of(YEAR, is_exact=False)
    found = cells(report, "events_by_kind")
    assert found["Forum"] == {"in_person": 1, "online": 0, "hybrid": 0, "total": 1}
    assert found["Lab session"] == {"in_person": 0, "online": 2, "hybrid": 0, "total": 2}
    assert found["Total"] == {"in_person": 1, "online": 3, "hybrid": 1, "total": 5}
    chart = next(c for _, s in report.all_sections for c in s.charts if c.code == "own_events_by_kind")
    assert chart.title == "Most frequent among the own events: Lab session, 2 of 5"
    assert chart.rows[0] == ("Lab session", (2,))


async def test_involvement_is_counted_without_umbrellas():
    await a_year()
    found = cells(await report_of(YEAR, is_exact=False), "events_by_involvement")
    assert {name: row["events"] for name, row in found.items()} == {
        "Organised by the association": 4, "Co-organised with members or partners": 1, "Led by others, with a speaker of the association": 1,
        "Led by others, with the association taking part": 1, "Supported by the association": 1, "Total": 8,
    }  # fmt: skip


async def test_the_calendar_annex_has_the_four_printed_columns():
    await a_year()
    annex = table(await report_of(YEAR, is_exact=False), "calendar")
    assert [column.code for column in annex.columns] == ["start", "end", "title", "location"]
    assert ("01/10/2023", "", "Debate", "Quito & Online") in annex.rows
    assert ("3/4/2023", "", "“Cities are listening", "online") in annex.rows
    assert len(annex.rows) == 9


async def test_the_engagement_matrix_has_its_two_closing_rows():
    await a_year()
    matrix = table(await report_of(YEAR, is_exact=False), "engagement-matrix")
    assert [row[0] for row in matrix.rows] == ["Barcelona", "Lima", "Montréal", "Quito", "Rome"]
    assert [str(row[0]) for row in matrix.totals] == ["Total members", "Total"]


async def test_exact_numbers_by_gender_are_those_counted_by_hand():
    await a_year()
    found = cells(await report_of(YEAR, is_exact=True), "gender_people")
    assert found["People engaged (attendances)"] == {
        "people": 25, "women": 8, "men": 8, "women_pct": 50, "men_pct": 50, "known": 16, "unknown": 9,
    }  # fmt: skip
    # Ana, Bo, Eli and Ian speak; Gus is an expert of a lab besides.
    assert (found["Speakers"]["people"], found["Speakers"]["women"], found["Speakers"]["men"]) == (4, 1, 2)
    assert (found["Experts"]["people"], found["Experts"]["women"], found["Experts"]["men"]) == (5, 1, 3)
    # Ana and Bo speak with political level.
    assert (found["People of political level"]["women"], found["People of political level"]["men"]) == (1, 1)


async def test_protected_numbers_show_nothing_of_small_groups_and_round_the_others():
    await a_year()
    report = await report_of(YEAR, is_exact=False)
    found = cells(report, "gender_people")
    # of the 25 attendances ten are a head count, and behind the others are seven people only, one of them at five events
    hidden = dict.fromkeys(("women", "men", "women_pct", "men_pct", "known", "unknown"))
    for name in (
        "People engaged (attendances)", "People engaged (unique people)", "Speakers", "Experts", "People of political level",
    ):  # fmt: skip
        assert {code: found[name][code] for code in hidden} == hidden, name
    for code in ("gender_trend", "gender_labs"):
        for row in cells(report, code).values():
            assert {name: row[name] for name in hidden} == hidden
    assert cells(report, "figures")["Speakers"]["known"] is None
    assert cells(report, "figures")["Speakers"]["women_pct"] is None


async def test_protected_numbers_of_large_groups_are_rounded():
    world = worlds.World(dict(enumerate("w" * 12 + "m" * 13 + "u" * 2)), [worlds.Event(listed=set(range(27)))])
    await worlds.build(world)
    found = cells(await report_of(worlds.YEAR, is_exact=False), "gender_people")
    for name in ("People engaged (attendances)", "People engaged (unique people)"):
        assert found[name] == {
            "people": 27, "women": 10, "men": 15, "women_pct": 40, "men_pct": 60, "known": 25, "unknown": 0,
        }  # fmt: skip


async def test_no_protected_number_by_gender_is_other_than_a_multiple_of_five():
    await a_large_event(women=17, men=13, undisclosed=3)
    report = await report_of(YEAR, is_exact=False)
    row = cells(report, "gender_people")["Speakers"]
    assert row == {
        "people": 33, "women": 15, "men": 15, "women_pct": 50, "men_pct": 50, "known": 30, "unknown": 5,
    }  # fmt: skip
    for _, one in report.tables:
        for place, column in enumerate(one.columns):
            if column.code in ("women", "men", "known", "unknown"):
                assert all((line[place] or 0) % 5 == 0 for line in one.rows), one.code
    exact = cells(await report_of(YEAR, is_exact=True), "gender_people")["Speakers"]
    assert (exact["women"], exact["men"], exact["women_pct"], exact["unknown"]) == (17, 13, 57, 3)


async def test_one_small_lab_hides_the_numbers_of_all_labs():
    themes, member = await the_themes(), await a_member("Lima")
    lab_round = await a_round(YEAR)
    large, small = await a_lab(lab_round, 1, "Large", themes["gender"]), await a_lab(lab_round, 2, "Small")
    for gender in ["woman"] * 15 + ["man"] * 12:
        await a_lab_participant(large, await a_person("x", gender=gender), member)
    shown = cells(await report_of(YEAR, is_exact=False), "gender_labs")["Large"]
    assert (shown["women"], shown["men"], shown["women_pct"]) == (15, 10, 60)
    await a_lab_participant(small, await a_person("x", gender="woman"), member)
    report = await report_of(YEAR, is_exact=False)
    assert {row["women"] for row in cells(report, "gender_labs").values()} == {None}


async def test_the_trend_goes_back_ten_years_and_says_whether_the_share_rose():
    await a_large_event(women=10, men=30, title="Old", day=date(YEAR - 1, 5, 1))
    await a_large_event(women=20, men=20)
    await a_large_event(women=30, men=10, title="Too old", day=date(YEAR - 10, 5, 1))
    report = await report_of(YEAR, is_exact=False)
    assert list(cells(report, "gender_trend")) == ["2022", "2023"]
    chart = next(c for _, s in report.all_sections for c in s.charts if c.code == "gender_trend_chart")
    assert chart.title == "The share of women among the speakers rose from 25 per cent in 2022 to 50 in 2023"
    assert chart.rows == (("2022", (25, 75)), ("2023", (50, 50)))


async def test_how_many_panels_are_balanced_is_published_of_ten_panels_and_more():
    await a_year()
    exact = cells(await report_of(YEAR, is_exact=True), "gender_panels")
    assert {name: row["panels"] for name, row in exact.items()} == {
        "Balanced": 1, "Not balanced": 1, "Not known": 1, "Total": 3,
    }  # fmt: skip
    assert "gender_panels" not in {one.code for _, one in (await report_of(YEAR, is_exact=False)).tables}
    event = await an_event("Many panels", date(YEAR, 11, 1))
    for number in range(7):
        item = await an_item(event, f"Panel {number}")
        await a_slot(item, await a_person("x", gender="woman"))
        await a_slot(item, await a_person("x", gender="man"))
    found = cells(await report_of(YEAR, is_exact=False), "gender_panels")
    assert (found["Balanced"]["panels"], found["Balanced"]["share_pct"], found["Total"]["panels"]) == (8, 80, 10)


async def test_exceptions_have_reasons_for_data_stewards_only_and_never_a_name():
    await a_year()
    await sql("UPDATE account SET name = 'Zelda Quill'")
    exact, public = await report_of(YEAR, is_exact=True), await report_of(YEAR, is_exact=False)
    assert cells(exact, "gender_exceptions") == {
        "Debate": {"granted_on": NOW.date(), "reason": "Two women had to cancel."}
    }
    assert cells(public, "gender_exceptions") == {"Debate": {"granted_on": NOW.date()}}
    assert "Zelda Quill" not in repr(exact)


async def test_statutory_bodies_are_counted_by_meetings_seats_and_people():
    lima, rome = await a_member("Lima"), await a_member("Rome")
    body = uuid4()
    await sql("INSERT INTO statutory_body (id, code, name, position) VALUES ({}, 'board_of_directors', 'Board', 1)", body)  # fmt: skip
    for member in (lima, rome):
        await sql("INSERT INTO seat (id, body, member, starts_on) VALUES ({}, {}, {}, {})", uuid4(), body, member, date(2020, 1, 1))  # fmt: skip
    first = await an_event("Board 1", date(YEAR, 2, 1), kind="board_of_directors")
    await an_event("Board 2", date(YEAR, 8, 1), kind="board_of_directors", mode="online")
    woman = await a_person("x", gender="woman")
    await a_registration(first, woman, lima)
    report = await report_of(YEAR, is_exact=True)
    # Attendance of the second meeting was not recorded, so it is not part of the rate.
    assert cells(report, "statutory_meetings")["Board of directors"] == {
        "in_person": 1, "online": 1, "hybrid": None, "seats": 2, "present": 1, "rate_pct": 50,
    }  # fmt: skip
    assert cells(report, "gender_bodies")["Board of directors"]["women"] == 1
    assert cells(await report_of(YEAR, is_exact=False), "gender_bodies")["Board of directors"]["women"] is None


async def test_each_annual_meeting_is_asked_whether_it_had_an_event_on_gender():
    theme = (await the_themes())["gender"]
    with_one = await an_event("Congress", date(YEAR, 5, 1), kind="congress", ends_on=date(YEAR, 5, 3))
    await an_event("Assembly", date(YEAR, 10, 1), kind="general_assembly")
    at_it = await an_event("Caring cities", date(YEAR, 5, 3), kind="workshop")
    elsewhere = await an_event("Equal transport", date(YEAR, 5, 4), kind="workshop")
    others = await an_event("Of others", date(YEAR, 10, 1), kind="workshop", involvement="supported")
    for event in (at_it, elsewhere, others):
        await sql("INSERT INTO event_theme (id, event, theme) VALUES ({}, {}, {})", uuid4(), event, theme)
    report = await report_of(YEAR, is_exact=False)
    found = cells(report, "annual_meetings")
    assert (str(found["Congress"]["had_one"]), found["Congress"]["event"]) == ("yes", "Caring cities")
    assert (str(found["Assembly"]["had_one"]), found["Assembly"]["event"]) == ("no", None)
    assert list(cells(report, "gender_events")) == ["Caring cities", "Equal transport", "Of others"]
    await sql("UPDATE event SET parent = {} WHERE id = {}", with_one, elsewhere)
    found = cells(await report_of(YEAR, is_exact=False), "annual_meetings")
    assert found["Congress"]["event"] == "Caring cities; Equal transport"


async def test_action_lines_of_the_plan_in_force_have_events_labs_and_deliverables():
    line, measure = uuid4(), uuid4()
    await sql("DELETE FROM event_action_line")
    await sql(
        "INSERT INTO action_line (id, code, plan, first_year, last_year, number, name) VALUES ({}, 'T/1', 'T', {}, {}, 1, 'Care')",
        line, YEAR, YEAR,
    )  # fmt: skip
    await sql("INSERT INTO measure (id, code, plan, line, name) VALUES ({}, 'M1', 'T', 'T/1', 'Measure')", measure)
    for code, status in (("D1", "done"), ("D2", "under_way")):
        await sql("INSERT INTO deliverable (id, measure, code, name, status) VALUES ({}, {}, {}, {}, {})", uuid4(), measure, code, f"Promise {code}", status)  # fmt: skip
    own, other = await an_event("Ours", date(YEAR, 3, 1)), await an_event("Theirs", date(YEAR, 4, 1), involvement="supported")  # fmt: skip
    for event in (own, other):
        await sql("INSERT INTO event_action_line (id, event, action_line) VALUES ({}, {}, {})", uuid4(), event, line)
    lab = await a_lab(await a_round(YEAR), 1, "Shade")
    await sql("INSERT INTO lab_action_line (id, lab, action_line) VALUES ({}, {}, {})", uuid4(), lab, line)
    await a_session(lab, date(YEAR, 5, 1))
    report = await report_of(YEAR, is_exact=False)
    section = next(s for _, s in report.all_sections if s.title == "1. Care")
    assert list(map(str, section.sentences)) == [
        "3 events served this line; 2 of them were our own.",
        "1 Solutions Lab served it: Shade.",
        "1 of 2 deliverables are done.",
    ]
    assert list(cells(report, "action_line_1_events")) == ["Ours", "Theirs", "Session 01"]
    assert [(row[0], str(row[2])) for row in table(report, "action_line_1_deliverables").rows] == [("D1", "Done"), ("D2", "Under way")]  # fmt: skip
    assert cells(report, "events_by_action_line")["Care"] == {"events": 2}


async def test_a_campaign_is_counted_by_organiser_and_member():
    lima, rome = await a_member("Lima"), await a_member("Rome")
    day = uuid4()
    await sql(
        "INSERT INTO campaign (id, slug, title, theme, description, language, starts_on, ends_on, is_public, created_at) "
        "VALUES ({}, 'wmd', 'World Metropolitan Day', 'Care', '', 'en', {}, {}, {}, {})",
        day, date(YEAR, 10, 7), date(YEAR, 10, 8), True, NOW,
    )  # fmt: skip
    own = await an_event("Opening", date(YEAR, 10, 7), campaign=day)
    await an_event("In Lima", date(YEAR, 10, 7), campaign=day, involvement="supported", host_member=lima)
    await an_event("Elsewhere", date(YEAR, 10, 8), campaign=day, involvement="supported")
    await a_registration(own, await a_person("x", gender="woman"), rome)
    # no members: an associate that hosts, one that had left, and whoever came to the umbrella only
    arup, gone, quito = await a_member("Arup", kind="associate"), await a_member("Gone"), await a_member("Quito")
    await sql("UPDATE member SET left_on = {} WHERE id = {}", date(YEAR, 1, 31), gone)
    await sql("UPDATE event SET host_member = {} WHERE id = {}", arup, own)
    umbrella = await an_event("The day", date(YEAR, 10, 7), campaign=day, counts_in_statistics=False)
    await a_registration(umbrella, await a_person("q"), quito)
    panel = await an_item(own)
    await a_slot(panel, await a_person("y", gender="man"), lima)
    await a_slot(panel, await a_person("g"), gone, role="moderator")
    counted = await an_event("Walk", date(YEAR, 10, 8), campaign=day, involvement="co_organised")
    await a_head_count(counted, 3, 4)
    report = await report_of(YEAR, is_exact=True)
    organisers = {name: row["events"] for name, row in cells(report, "campaign_wmd_organisers").items()}
    assert organisers == {"The association": 1, "The association with others": 1, "Members": 1, "Others": 1, "Total": 4}
    assert cells(report, "campaign_wmd_members") == {
        "Lima": {"organised": 1, "spoke": 1, "joined": None}, "Rome": {"organised": None, "spoke": None, "joined": 1},
    }  # fmt: skip
    people = cells(report, "campaign_wmd_people")["People engaged"]
    assert (people["women"], people["men"]) == (4, 5)
    assert cells(await report_of(YEAR, is_exact=False), "campaign_wmd_people")["People engaged"]["women"] is None
    await sql("UPDATE campaign SET is_public = {} WHERE id = {}", False, day)
    assert "campaigns" not in codes(await report_of(YEAR, is_exact=False))


async def test_an_empty_year_is_a_report_without_charts():
    report = await report_of(1999, is_exact=False)
    assert not [chart for _, section in report.all_sections for chart in section.charts]
    assert "gender" in codes(report)


@pytest.mark.parametrize("year", [1984, 2101, 0, -1, 10**12])
async def test_years_without_figures_are_refused(year):
    with pytest.raises(NotFound):
        await report_of(year, is_exact=False)


async def test_codes_of_sections_tables_and_charts_are_each_there_once():
    await a_year()
    report = await report_of(YEAR, is_exact=True)
    for found in (codes(report), [one.code for _, one in report.tables]):
        assert len(found) == len(set(found))


async def test_a_protected_report_is_the_same_whatever_the_people_of_small_groups_have_stated():
    lab_round, member = await a_round(YEAR), await a_member("Lima")
    lab = await a_lab(lab_round, 1, "Small")
    event = await an_event("Board", date(YEAR, 2, 1), kind="board_of_directors")
    item = await an_item(event)
    people = [await a_person("x", gender=gender) for gender in ["woman"] * 5 + ["man"] * 4]
    for person in people:
        await a_slot(item, person, level="political")
        await a_registration(event, person, member)
        await a_lab_participant(lab, person, member)
    before = [await report_of(YEAR, is_exact=exact) for exact in (False, True)]
    await sql("UPDATE gender_statement SET gender = 'man' WHERE person = {}", people[0])
    after = [await report_of(YEAR, is_exact=exact) for exact in (False, True)]
    assert frozen(after[0]) == frozen(before[0])
    # The control: in exact numbers it shows.
    assert frozen(after[1]) != frozen(before[1])


async def test_tables_and_their_columns_are_those_of_the_documentation():
    await a_year()
    text = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    told = {
        name: set(re.findall(r"`(\w+)`", columns))
        for name, columns in re.findall(r"^\| `([\w-]+(?:…-values)?)`[^|]*\| (.*) \|$", text, flags=re.M)
    }
    for is_exact in (False, True):
        for _, one in (await report_of(YEAR, is_exact=is_exact)).tables:
            columns = {column.code for column in one.columns}
            if one.code == "gender_exceptions" and not is_exact:
                columns.add("reason")
            if one.code == "engagement-matrix":
                columns = {"member"}
            code = "indicators-…-values" if one.code.startswith("indicators-") else one.code
            assert told[code] == columns


async def test_shares_are_the_same_in_all_parts_of_one_report():
    await a_year()
    exact, protected = await report_of(YEAR, is_exact=True), await report_of(YEAR, is_exact=False)
    engaged = cells(exact, "figures")["People engaged (attendances)"]
    assert (engaged["women_pct"], engaged["men_pct"]) == (50, 50)
    of_indicator = cells(exact, "indicators-own-events-values")["People engaged at own events"]
    assert (of_indicator["women_pct"], of_indicator["men_pct"]) == (50, 50)
    assert cells(protected, "figures")["People engaged (attendances)"]["women_pct"] is None
    assert cells(protected, "indicators-own-events-values")["People engaged at own events"]["women_pct"] is None
