"""The year of rows.py, counted by hand; every number below can be found in the docstring of `a_year`."""

from datetime import date
from decimal import Decimal

import pytest

from eventhub.database import engine, sql
from eventhub.errors import NotFound
from eventhub.settings import current_settings
from eventhub.speakers.rules import Counts
from eventhub.statistics.queries import (
    calendar_annex,
    checked_year,
    figures_of,
    parity_of_year,
    years_with_figures,
)
from eventhub.statistics.rows import Page, rows_behind
from eventhub.statistics.rules import PanelCounts, ThemeCount
from tests.make import a_member, a_person
from tests.statistics.rows import (
    a_head_count,
    a_partner,
    a_registration,
    a_slot,
    a_year,
    a_year_of_meetings,
    an_event,
    an_item,
    the_themes,
)


@pytest.fixture
def queries(monkeypatch):
    """Every statement that is sent to the database, in order."""
    sent = []
    kind = type(engine())
    original = kind.run_querystring

    async def counting(self, querystring, *args, **kwargs):
        sent.append(str(querystring))
        return await original(self, querystring, *args, **kwargs)

    monkeypatch.setattr(kind, "run_querystring", counting)
    return sent


#: The figures that most of the report rests on.
FIRST = (
    "own_events", "global_events", "supported_events", "learning_activities", "attendances", "unique_people",
    "speakers", "political_speakers", "members_involved", "associates_involved", "labs", "active_member_cities",
    "lab_participants",
)  # fmt: skip


def numbers(found):
    return {f.code: (f.value, f.women_pct, f.men_pct, f.known, f.unknown, f.earlier) for f in found.figures}


async def test_the_figures_of_a_year_are_those_counted_by_hand(database):
    await a_year()
    found = numbers(await figures_of(2023))
    assert {code: of for code, of in found.items() if code in FIRST} == {
        # Forum, Webinar, Debate and two sessions; one the year before
        "own_events": (5, None, None, None, None, 1),
        # the summit and the imported row
        "global_events": (2, None, None, None, None, 0),
        "supported_events": (1, None, None, None, None, 0),
        "learning_activities": (1, None, None, None, None, 0),
        # 5 + 12 + 4 + 2 + 2: women 1+4+1+1+1, men 3+2+2+0+1, others 0+1+1, undisclosed 1+5+0+1
        "attendances": (25, 50, 50, 16, 9, 1),
        # Ana; Bo, Eli, Gus; Jo, Chi, Ian
        "unique_people": (7, 25, 75, 4, 3, 1),
        # Ana; Bo, Eli; Ian
        "speakers": (4, 33, 67, 3, 1, 0),
        # Ana and Bo
        "political_speakers": (2, 50, 50, 2, 0, 0),
        # Barcelona, Lima, Quito, Rome
        "members_involved": (4, None, None, None, None, 1),
        "associates_involved": (1, None, None, None, None, 0),
        "labs": (2, None, None, None, None, 0),
        # Barcelona; Lima never came, the academy is an associate, Rome sent an expert
        "active_member_cities": (1, None, None, None, None, 0),
        # Ana, Bo, Chi
        "lab_participants": (3, 50, 50, 2, 1, 0),
    }


async def test_meetings_membership_campaigns_and_partners_are_those_counted_by_hand(database, monkeypatch):
    monkeypatch.setattr(current_settings(), "allied_partners", "uclg, taskforce")
    await a_year_of_meetings()
    found = await figures_of(2021)
    assert {figure.code: figure.value for figure in found.figures} == {
        # Congress, Assembly, two Boards, Webinar; with the Bilateral six
        "own_events": 5, "led_events": 6, "global_events": 2, "allied_events": 1, "supported_events": 0,
        # the Congress and the Forum of others; at the Seminar nobody of the association spoke
        "gender_events": 2,
        # 5 + 3 + 1 + 3; with the Bilateral 14
        "attendances": 12, "led_attendances": 14,
        # Ana, Bo, Cy, Di, Ed, Fay
        "unique_people": 6, "led_unique_people": 6,
        "speakers": 1, "political_speakers": 0, "experts": 1,
        "congress_people": 5, "congress_cities": 4, "congress_countries": 4, "congress_representatives": 2,
        "congress_members": 2, "assembly_people": 3, "assembly_members": 2, "assembly_political": 2,
        "assemblies": 1, "board_meetings": 2, "board_attendance_rate": 50,
        "learning_activities": 1, "learning_attendances": 3, "learning_people": 3, "learning_experts": 1,
        "learning_members": 1, "campaign_events": 1, "campaign_attendances": 3,
        # Quito, Rome and Oslo; Lima has left
        "members": 3, "new_members": 1,
        # Lima and Quito at the Congress, Rome at the Assembly, Oslo spoke
        "members_involved": 4, "associates_involved": 1,
        # Paris and Callao; Ed's Quito is a member
        "other_cities": 2, "partners": 2,
        "labs": 0, "active_member_cities": 0, "lab_participants": 0, "satisfaction": Decimal("4.6"),
        "satisfaction_answers": 5,
    }  # fmt: skip
    # the associate of May is Rome, of which two facts are kept
    assert found["attendances"].counts == Counts(women=6, men=5, undisclosed=1)
    next_year = await figures_of(2022)
    assert (next_year["own_events"].earlier, next_year["members"].value, next_year.get("board_attendance_rate")) == (
        5, 3, None,
    )  # fmt: skip


async def test_a_figure_that_the_data_cannot_give_is_left_out(database):
    found = await figures_of(1999)
    assert found.get("satisfaction") is None
    assert found.get("congress_people") is None
    assert found["own_events"].value == 0
    with pytest.raises(KeyError):
        found["satisfaction"]


async def test_kinds_labs_themes_and_panels_are_those_counted_by_hand(database):
    await a_year()
    found = await figures_of(2023)
    assert [(row.kind, row.in_person, row.online, row.hybrid) for row in found.kinds] == [
        ("policy_debate", 0, 0, 1),
        ("forum", 1, 0, 0),
        ("webinar", 0, 1, 0),
        ("lab_session", 0, 2, 0),
    ]
    assert found.themes == (
        ThemeCount("futures", "Futures", 1, 1),
        ThemeCount("ecosystems", "Ecosystems", 0, 0),
        ThemeCount("cohesion", "Cohesion", 0, 0),
        ThemeCount("institutions", "Institutions", 0, 0),
        ThemeCount("gender", "Gender", 2, 1),
    )
    assert [(lab.name, lab.themes, lab.active_members, lab.counts.everybody) for lab in found.labs] == [
        ("Water", ("futures", "gender"), 1, 3),
        ("Care", ("gender",), 1, 1),
    ]
    # Forum: 2 women and 1 man with the invited one; Debate: 2 men; Webinar: 1 woman and somebody never asked
    assert found.panels == PanelCounts(balanced=1, unbalanced=1, unknown=1)
    assert [(row.title, row.account_name, row.reason) for row in found.exceptions] == [
        ("Debate", "Organiser", "Two women had to cancel.")
    ]
    parity = await parity_of_year(2023)
    assert (parity.panels, parity.speakers, parity.exceptions) == (
        found.panels,
        found["speakers"],
        found.exceptions,
    )


async def test_the_calendar_annex_keeps_what_was_printed_and_leaves_out_what_nobody_may_see(database):
    await a_year()
    assert [(row.start, row.end, row.title, row.location) for row in await calendar_annex(2023)] == [
        ("03/03/2023", "03/03/2023", "Webinar", "Online"),
        ("3/4/2023", "", "“Cities are listening", "online"),
        ("10/05/2023", "11/05/2023", "Forum", "Barcelona, Spain"),
        ("01/06/2023", "01/06/2023", "Umbrella", "Barcelona, Spain"),
        ("15/06/2023", "15/06/2023", "Session 15", "Online"),
        ("16/06/2023", "16/06/2023", "Session 16", "Online"),
        ("01/07/2023", "01/07/2023", "Summit of others", "Singapore"),
        ("02/07/2023", "02/07/2023", "Supported", "Barcelona, Spain"),
        ("01/10/2023", "", "Debate", "Quito & Online"),
    ]


async def test_one_person_at_two_events_is_two_attendances_and_one_unique_person(database):
    ana = await a_person("Ana", gender="woman")
    for day in (1, 2):
        await a_registration(await an_event("Forum", date(2023, 1, day)), ana)
    found = await figures_of(2023)
    assert (found["attendances"].value, found["unique_people"].value) == (2, 1)


async def test_a_head_count_is_never_added_to_a_list_of_the_same_event(database):
    listed, counted = await an_event("Listed", date(2023, 1, 1)), await an_event("Counted", date(2023, 1, 2))
    await a_registration(listed, await a_person("Ana", gender="woman"))
    await a_head_count(listed, 7, 7)
    await a_registration(counted, await a_person("Dee", gender="man"), attended=False)
    await a_head_count(counted, 2, 3)
    found = await figures_of(2023)
    assert (found["attendances"].counts.women, found["attendances"].counts.men) == (3, 3)
    assert found["unique_people"].value == 1


async def test_hosting_speaking_or_attending_alone_makes_a_member_involved_and_registering_does_not(database):
    lima, quito, rome, montreal = [await a_member(name) for name in ("Lima", "Quito", "Rome", "Montréal")]
    event = await an_event("Forum", date(2023, 1, 1), host_member=lima)
    await a_slot(await an_item(event), await a_person("Eli"), quito, role="moderator")
    await a_registration(event, await a_person("Ana"), rome)
    await a_registration(event, await a_person("Dee"), montreal, attended=False)
    await an_event("Hosted by others", date(2023, 1, 2), involvement="supported", host_member=montreal)
    assert (await figures_of(2023))["members_involved"].value == 3


async def test_attendance_at_an_item_alone_is_attendance_at_the_event(database):
    event = await an_event("Forum", date(2023, 1, 1))
    items = (await an_item(event, "One"), await an_item(event, "Two"))
    await a_registration(event, await a_person("Ana"), attended=False, items=items)
    assert (await figures_of(2023))["attendances"].value == 1


async def test_nobody_who_was_only_invited_or_declined_is_counted_as_engaged(database):
    item = await an_item(await an_event("Forum", date(2023, 1, 1)))
    await a_slot(item, await a_person("Fay"), status="invited")
    await a_slot(item, await a_person("Hal"), status="declined")
    found = await figures_of(2023)
    assert (found["attendances"].value, found["speakers"].value) == (0, 0)


async def test_years_end_at_midnight_of_31_december(database):
    for day in (date(2022, 12, 31), date(2023, 1, 1), date(2023, 12, 31), date(2024, 1, 1)):
        await an_event("Forum", day)
    found = await figures_of(2023)
    assert (found["own_events"].value, found["own_events"].earlier) == (2, 1)
    assert await years_with_figures() == [2024, 2023, 2022]


async def test_an_empty_year_is_empty(database):
    await the_themes()
    found = await figures_of(2023)
    assert found.is_empty
    assert {figure.value for figure in found.figures} == {0}


@pytest.mark.parametrize("year", [0, 1984, 2101, 9999])
def test_there_are_no_figures_outside_1985_to_2100(year):
    with pytest.raises(NotFound):
        checked_year(year)


async def test_the_first_and_last_year_can_be_asked_for(database):
    assert [(await figures_of(checked_year(year))).is_empty for year in (1985, 2100)] == [True, True]


async def test_the_number_of_queries_does_not_grow_with_the_year(database, queries):
    async def spent(read):
        queries.clear()
        await read(2023)
        return len(queries)

    async def grow():
        event = await an_event("Forum", date(2023, 1, 1 + len(await sql("SELECT id FROM event"))))
        item = await an_item(event)
        for name in ("Ana", "Bo"):
            await a_slot(item, await a_person(name))
            await a_registration(event, await a_person(name))

    reads = (figures_of, parity_of_year, calendar_annex)
    await grow()
    with_one = [await spent(read) for read in reads]
    await grow()
    await grow()
    assert [await spent(read) for read in reads] == with_one == [29, 8, 1]


async def test_a_congress_with_parts_is_an_umbrella_and_still_has_its_people_once_each(database):
    lima = await a_member("Lima", country="PE")
    ana, bo, cy, di = [await a_person(name) for name in ("Ana", "Bo", "Cy", "Di")]
    congress = await an_event("Congress", date(2023, 5, 1), kind="congress", counts_in_statistics=False)
    plenary = await an_event("Plenary", date(2023, 5, 1), parent=congress)
    withdrawn = await an_event("Visit", date(2023, 5, 2), kind="visit", parent=congress, status="cancelled")
    await a_registration(congress, ana)
    await a_registration(plenary, ana, lima)
    await a_registration(plenary, bo, lima)
    await a_registration(withdrawn, cy, lima)
    await a_registration(await an_event("Beside it", date(2023, 5, 1)), di, lima)
    found = await figures_of(2023)
    codes = ("congress_people", "congress_representatives", "congress_members", "congress_cities", "congress_countries")
    assert [found[code].value for code in codes] == [2, 2, 1, 1, 1]
    assert found["own_events"].value == 2


async def test_a_head_count_stands_in_for_the_missing_list_of_a_congress_and_an_assembly(database):
    ana = await a_person("Ana")
    congress = await an_event("Congress", date(2023, 5, 1), kind="congress", counts_in_statistics=False)
    await a_head_count(congress, 700, 690, 5, 5)
    await a_registration(await an_event("Plenary", date(2023, 5, 1), parent=congress), ana)
    assembly = await an_event("Assembly", date(2023, 5, 2), kind="general_assembly")
    await a_head_count(assembly, 20, 18)
    await sql("UPDATE head_count SET political = 22 WHERE event = {}", assembly)
    found = await figures_of(2023)
    codes = ("congress_people", "assembly_people", "assembly_political")
    assert [found[code].value for code in codes] == [1400, 38, 22]
    rows = [await rows_behind(code, 2023, Page(), may_see_people=True) for code in codes]
    assert [(one.total, one.listed) for one in rows] == [(1400, 1), (38, 1), (22, 1)]
    # a list of its own goes first
    await a_registration(assembly, ana)
    found = await figures_of(2023)
    assert [found[code].value for code in codes] == [1400, 1, 0]


async def test_hosting_a_learning_activity_is_not_joining_it(database):
    milan, oslo = await a_member("Milan"), await a_member("Oslo")
    event = await an_event("Learning", date(2023, 5, 1), kind="learning", host_member=milan)
    await a_registration(event, await a_person(), oslo)
    found = await figures_of(2023)
    assert (found["learning_members"].value, found["members_involved"].value) == (1, 2)
    assert (await rows_behind("learning_members", 2023, Page(), may_see_people=True)).total == 1


async def test_who_joined_and_left_in_one_year_is_a_new_member_and_no_member_at_its_end(database):
    short, later = await a_member("Short"), await a_member("Later")
    await sql("UPDATE member SET joined_year = 2023, left_on = {} WHERE id = {}", date(2023, 8, 31), short)
    await sql("UPDATE member SET joined_year = 2023 WHERE id = {}", later)
    found = await figures_of(2023)
    assert (found["members"].value, found["new_members"].value) == (1, 2)
    for code in ("members", "new_members"):
        assert (await rows_behind(code, 2023, Page(), may_see_people=True)).total == found[code].value
    assert (await figures_of(2024))["members"].value == 1


async def test_partners_of_bilateral_meetings_are_none_of_own_events_or_events_of_others(database):
    for kind in ("forum", "bilateral"):
        await a_partner(kind, await an_event(kind, date(2023, 5, 1), kind=kind))
    assert (await figures_of(2023))["partners"].value == 1


async def test_nothing_is_said_of_allies_while_nobody_has_named_them(database):
    await a_year()
    found = await figures_of(2023)
    assert (found["global_events"].value, found.get("allied_events")) == (2, None)


async def test_a_year_of_which_nothing_is_recorded_is_not_known_to_have_had_nothing(database):
    await a_year()  # 2023
    after_nothing = (await figures_of(1991)).figures
    assert {figure.code for figure in after_nothing if figure.earlier is not None} == {"members", "new_members"}
    own = (await figures_of(2024))["own_events"]
    assert own.earlier == (await figures_of(2023))["own_events"].value
