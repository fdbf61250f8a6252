"""The matrix of the year of rows.py, counted by hand; every number can be found in the docstring of `an_engaged_year`."""

from datetime import date
from uuid import uuid4

import pytest

from eventhub.database import engine, sql
from eventhub.engagement.columns import COLUMNS, columns_of
from eventhub.engagement.commands import Word, confirm_quarter, state_cells
from eventhub.engagement.queries import activation_of, engagement_of, member_engagement, members_that_sent_nobody
from eventhub.engagement.rules import printed
from eventhub.errors import NotFound, Problems
from eventhub.labs.queries import active_members
from eventhub.statistics.queries import figures_of
from eventhub.statistics.rows import Page, rows_behind
from tests.engagement.rows import COUNTED, an_engaged_year
from tests.make import NOW, a_member, a_person, some_account
from tests.statistics.rows import (
    a_lab,
    a_lab_participant,
    a_registration,
    a_round,
    a_session,
    a_slot,
    a_year,
    an_event,
    an_item,
)


def cells(matrix):
    """Cells that are not empty, as printed, by name."""
    return {
        row.name: {
            column.code: text for column in matrix.columns if (text := printed(column, row.cells[column.code].value))
        }
        for row in matrix.rows
    }


async def test_the_engagement_matrix_is_what_is_counted_by_hand(database):
    await an_engaged_year()
    assert cells(await engagement_of(2023)) == COUNTED


async def test_the_engagement_matrix_has_a_row_for_each_member_of_the_year_and_none_for_associates(database):
    await a_year()
    assert list(cells(await engagement_of(2023))) == ["Barcelona", "Lima", "Montréal", "Quito", "Rome"]
    assert list(cells(await engagement_of(2022))) == ["Barcelona", "Gone", "Lima", "Montréal", "Quito", "Rome"]
    assert list(cells(await engagement_of(2024))) == ["Barcelona", "Later", "Lima", "Montréal", "Quito", "Rome"]


async def test_the_engagement_matrix_holds_nothing_of_other_years(database):
    await an_engaged_year()
    assert {name: row for name, row in cells(await engagement_of(2022)).items() if row} == {
        "Barcelona": {"activated": "yes", "events_attended": 1}
    }
    assert not any(cells(await engagement_of(2024)).values())


async def test_the_closing_rows_count_members_add_up_or_print_a_dash(database):
    await an_engaged_year()
    matrix = await engagement_of(2023)
    members, total = matrix.total_members(), matrix.total()
    assert members == {
        "activated": 6, "fee_paid": 0, "board_meetings": 3, "annual_meeting": 1, "bilateral_meetings": 1,
        "pilot_projects": 2, "indicators_analysed_year": 0, "learning_activities": 0, "wmd_organiser_or_speaker": 4,
        "wmd_participant": 3, "call_endorsed": 0, "events_attended": 4, "speakers": 3, "labs": 1,
    }  # fmt: skip
    assert total == {
        "activated": None, "fee_paid": None, "board_meetings": None, "annual_meeting": None, "bilateral_meetings": 1,
        "pilot_projects": None, "indicators_analysed_year": None, "learning_activities": 0,
        "wmd_organiser_or_speaker": 4, "wmd_participant": 3, "call_endorsed": None, "events_attended": 13,
        "speakers": 3, "labs": 2,
    }  # fmt: skip


async def test_new_members_and_those_on_the_board_are_marked(database):
    await an_engaged_year()
    rows = (await engagement_of(2023)).rows
    assert [row.name for row in rows if row.is_new] == ["Newtown"]
    assert [row.name for row in rows if row.is_board_member] == ["Rome"]
    before = (await engagement_of(2022)).rows
    assert [row.name for row in before if row.is_board_member] == ["Lima", "Rome"]


async def test_a_member_that_left_within_the_year_has_a_row_and_is_not_in_the_rate(database):
    await an_engaged_year()
    matrix = await engagement_of(2023)
    assert [row.name for row in matrix.rows if not row.is_member_at_end] == ["Old Town"]
    assert (matrix.activated_at_end, matrix.members_at_end, matrix.rate_pct) == (5, 6, 83)


async def test_what_is_typed_in_goes_first_and_the_computed_value_is_kept_beside_it(database):
    await an_engaged_year()
    account = await some_account()
    said = {"board_meetings": "3", "fee_paid": "x", "pilot_projects": "L, P (2)", "speakers": "0", "call_endorsed": ""}
    assert await state_cells(2023, "rome", said, now=NOW, account_id=account) == 4
    row = next(row for row in (await engagement_of(2023)).rows if row.key == "rome")
    board = row.cells["board_meetings"]
    assert (board.value, board.computed, board.stated, board.differs) == (3, 2, 3, True)
    assert (row.cells["fee_paid"].value, row.cells["fee_paid"].computed) == (1, None)
    assert str(row.cells["pilot_projects"].value) == "L, P (2)"
    assert (row.cells["speakers"].is_stated, row.cells["speakers"].differs) == (True, False)
    assert await state_cells(2023, "rome", said, now=NOW, account_id=account) == 0
    assert await state_cells(2023, "rome", {"board_meetings": ""}, now=NOW, account_id=account) == 1
    row = next(row for row in (await engagement_of(2023)).rows if row.key == "rome")
    assert (row.cells["board_meetings"].value, row.cells["board_meetings"].is_stated) == (2, False)


async def test_every_cell_that_cannot_be_read_is_named_and_nothing_is_kept(database):
    await a_year()
    with pytest.raises(Problems) as found:
        await state_cells(2023, "rome", {"fee_paid": "1", "board_meetings": "some", "pilot_projects": "Q"}, now=NOW, account_id=None)  # fmt: skip
    assert set(found.value.fields) == {"board_meetings", "pilot_projects"}
    assert await sql("SELECT id FROM engagement_cell") == []


async def test_only_those_analysed_in_the_year_itself_are_counted(database):
    await a_year()
    for key, year in (("rome", "2023"), ("lima", "2019"), ("quito", "2023")):
        await state_cells(2023, key, {"indicators_analysed_year": year}, now=NOW, account_id=None)
    matrix = await engagement_of(2023)
    assert matrix.total_members()["indicators_analysed_year"] == 2
    assert [row.cells["indicators_analysed_year"].value for row in matrix.rows] == [0, 2019, 0, 2023, 2023]


async def test_the_fee_and_an_analysis_alone_do_not_activate_and_the_call_does(database):
    await a_year()
    said = {"fee_paid": "1", "indicators_analysed_year": "2023"}
    await state_cells(2023, "montreal", said, now=NOW, account_id=None)
    row = next(row for row in (await engagement_of(2023)).rows if row.key == "montreal")
    assert row.cells["activated"].value == 0
    await state_cells(2023, "montreal", {"call_endorsed": "yes"}, now=NOW, account_id=None)
    row = next(row for row in (await engagement_of(2023)).rows if row.key == "montreal")
    assert row.cells["activated"].value == 1


async def test_activation_by_quarter_counts_from_the_beginning_of_the_year_over_the_members_at_its_end(database):
    """
    Until March: Board 1 (Barcelona, Rome, Old Town) and the webinar (a part for Barcelona). Until June: the forum (Lima
    too; Quito spoke), the bilateral meeting and a lab. October brings Montréal. Pilots were entered after the year.
    """
    await an_engaged_year()
    quarters = [await activation_of(2023, quarter) for quarter in (1, 2, 3, 4)]
    assert [{row.name for row in one.rows if row.active} for one in quarters] == [
        {"Barcelona", "Rome", "Old Town"},
        {"Barcelona", "Rome", "Lima", "Quito"},
        {"Barcelona", "Rome", "Lima", "Quito"},
        {"Barcelona", "Rome", "Lima", "Quito", "Montréal"},
    ]
    assert [(one.activated, one.members, one.rate_pct) for one in quarters] == [
        (3, 7, 43), (4, 6, 67), (4, 6, 67), (5, 6, 83),
    ]  # fmt: skip
    assert [one.ends_on for one in quarters][:2] == [date(2023, 3, 31), date(2023, 6, 30)]


async def test_what_staff_confirm_holds_and_its_history_stays(database):
    await an_engaged_year()
    account = await some_account()
    words = {"rome": Word(False, "Only a courtesy visit."), "montreal": Word(True), "lima": Word(True)}
    assert await confirm_quarter(2023, 4, words, now=NOW, account_id=account) == 3
    assert await confirm_quarter(2023, 4, words, now=NOW, account_id=account) == 0
    assert await confirm_quarter(2023, 4, {"lima": Word(False)}, now=NOW, account_id=account) == 1
    quarter = {row.name: row for row in (await activation_of(2023, 4)).rows}
    assert (quarter["Rome"].active, quarter["Rome"].suggested, quarter["Rome"].comment) == (False, True, "Only a courtesy visit.")  # fmt: skip
    assert quarter["Rome"].differs and quarter["Rome"].confirmed_by
    assert quarter["Quito"].confirmed is None
    cell = next(row for row in (await engagement_of(2023)).rows if row.key == "rome").cells["activated"]
    assert (cell.value, cell.computed, cell.differs) == (0, 1, True)
    history = (await member_engagement(2023, "lima", people=False)).activations
    assert sorted((one.is_active, one.replaced_at is None) for one in history) == [(False, True), (True, False)]


async def test_a_quarter_that_has_not_begun_cannot_be_confirmed_and_nobody_else_than_its_members(database):
    await an_engaged_year()
    with pytest.raises(Problems):
        await confirm_quarter(2027, 1, {"rome": Word(True)}, now=NOW, account_id=None)
    with pytest.raises(Problems):
        await confirm_quarter(2023, 1, {"rome": Word(True, "x" * 501)}, now=NOW, account_id=None)
    with pytest.raises(NotFound):
        await confirm_quarter(2023, 2, {"old-town": Word(True)}, now=NOW, account_id=None)
    assert await confirm_quarter(2023, 1, {"old-town": Word(True)}, now=NOW, account_id=None) == 1


async def test_whoever_is_confirmed_in_a_quarter_stays_activated_in_the_year(database):
    await an_engaged_year()
    await confirm_quarter(2023, 1, {"newtown": Word(True, "In the news.")}, now=NOW, account_id=None)
    assert "Newtown" in {row.name for row in (await activation_of(2023, 3)).rows if row.active}
    assert cells(await engagement_of(2023))["Newtown"] == {"activated": "yes"}


async def test_members_that_sent_nobody_neither_attended_nor_spoke_anywhere(database):
    """Montréal was registered, invited or declined only; Rome was at the umbrella; Quito spoke."""
    await a_year()
    assert [row.name for row in await members_that_sent_nobody(2023)] == ["Montréal"]
    await state_cells(2023, "montreal", {"learning_activities": "2"}, now=NOW, account_id=None)
    assert await members_that_sent_nobody(2023) == ()


async def test_being_at_an_event_of_others_is_having_sent_somebody(database):
    member = await a_member("Oslo")
    assert [row.name for row in await members_that_sent_nobody(2023)] == ["Oslo"]
    event = await an_event("Summit of others", date(2023, 5, 1), involvement="participated")
    await a_registration(event, await a_person("Ana"), member)
    assert await members_that_sent_nobody(2023) == ()


async def test_the_page_of_a_member_has_every_event_part_and_project_that_made_its_cells(database):
    await an_engaged_year()
    found = await member_engagement(2023, "rome", people=True)
    assert [(event.title, event.people, event.codes) for event in found.events] == [
        ("Board", 2, ("board_meetings", "events_attended")),
        ("Session 16", 1, ("events_attended",)),
        ("Landmark", 1, ("wmd_participant", "events_attended")),
        ("Board", 1, ("board_meetings", "events_attended")),
    ]
    assert [(part.title, part.role, part.name, part.codes) for part in found.parts] == [
        ("Landmark", "moderator", "Gus", ("wmd_organiser_or_speaker",)),
    ]  # fmt: skip
    assert [(lab.name, lab.role) for lab in found.labs] == [("Trams", "partner"), ("Parks", "partner"), ("Wells", "partner")]  # fmt: skip
    for code in ("board_meetings", "events_attended", "wmd_participant"):
        assert sum(code in event.codes for event in found.events) == found.row.cells[code].value


@pytest.mark.parametrize("key", ["barcelona", "lima", "montreal", "old-town", "quito", "rome"])
async def test_the_evidence_of_each_member_adds_up_to_its_cells(database, key):
    await an_engaged_year()
    found = await member_engagement(2023, key, people=False)
    counted = dict.fromkeys(("board_meetings", "wmd_participant", "events_attended", "learning_activities"), 0)
    for event in found.events:
        for code in event.codes:
            counted[code] = counted.get(code, 0) + 1
    assert {code: found.row.cells[code].value for code in counted} == counted
    roles = sum("wmd_organiser_or_speaker" in part.codes for part in found.parts)
    assert roles == found.row.cells["wmd_organiser_or_speaker"].value
    assert not any(event.names for event in found.events)
    assert not any(part.name for part in found.parts)


async def test_there_is_no_page_of_a_member_that_is_not_in_the_matrix(database):
    await a_year()
    for key in ("academy", "gone", "nobody"):
        with pytest.raises(NotFound):
            await member_engagement(2023, key, people=True)


@pytest.fixture
def queries(monkeypatch):
    """Texts of the queries that are sent."""
    sent = []
    kind = type(engine())
    original = kind.run_querystring

    async def counting(self, querystring, *args, **kwargs):
        sent.append(str(querystring))
        return await original(self, querystring, *args, **kwargs)

    monkeypatch.setattr(kind, "run_querystring", counting)
    return sent


async def test_the_number_of_queries_does_not_grow_with_members_and_events(database, queries):
    async def spent():
        queries.clear()
        await engagement_of(2023)
        return len(queries)

    async def grow(names):
        event = await an_event("Forum", date(2023, 1, 1 + len(await sql("SELECT id FROM event"))))
        item = await an_item(event)
        for name in names:
            member, person = await a_member(name), await a_person(name)
            await a_slot(item, person, member)
            await a_registration(event, person, member)

    await grow(["One"])
    with_one = await spent()
    await grow(["Two", "Three"])
    assert await spent() == with_one == 9


def test_every_column_has_a_definition_that_is_a_sentence_and_the_printed_ones_come_in_their_order():
    assert all(column.definition.endswith(".") for column in COLUMNS)
    assert [column.code for column in columns_of(2020)][:11] == [
        "activated", "fee_paid", "board_meetings", "annual_meeting", "bilateral_meetings", "pilot_projects",
        "indicators_analysed_year", "learning_activities", "wmd_organiser_or_speaker", "wmd_participant",
        "call_endorsed",
    ]  # fmt: skip


async def _becomes_an_associate(member, last):
    """A member until a day, and an associate from the next one on."""
    region = (await sql("SELECT region FROM member WHERE id = {}", member))[0]["region"]
    await sql(
        "INSERT INTO former_membership (id, member, kind, region, ends_on) VALUES ({}, {}, 'member', {}, {})",
        uuid4(), member, region, last,
    )  # fmt: skip
    await sql("UPDATE member SET kind = 'associate' WHERE id = {}", member)


async def test_a_congress_that_is_an_umbrella_is_an_annual_meeting_and_no_own_event(database):
    lima, quito, rome = [await a_member(name) for name in ("Lima", "Quito", "Rome")]
    congress = await an_event("Congress", date(2023, 5, 1), kind="congress", counts_in_statistics=False)
    plenary = await an_event("Plenary", date(2023, 5, 1), parent=congress)
    others = await an_event("Of others", date(2023, 5, 3), kind="congress", involvement="participated")
    for event, member in ((congress, lima), (plenary, quito), (others, rome)):
        await a_registration(event, await a_person(f"Of {event}"), member)
    matrix = await engagement_of(2023)
    cells = {row.name: {code: cell.value for code, cell in row.cells.items() if cell.value} for row in matrix.rows}
    assert cells == {
        "Lima": {"activated": 1, "annual_meeting": 1},
        "Quito": {"activated": 1, "annual_meeting": 1, "events_attended": 1},
        "Rome": {},
    }
    (attended,) = (await member_engagement(2023, "lima", people=False)).events
    assert (attended.title, attended.codes) == ("Congress", ("annual_meeting",))


async def test_the_rate_is_taken_over_those_that_are_members_at_the_end(database):
    lagos, _ = await a_member("Lagos"), await a_member("Milan")
    await a_registration(await an_event("Forum", date(2023, 2, 1)), await a_person(), lagos)
    await _becomes_an_associate(lagos, date(2023, 6, 30))
    matrix = await engagement_of(2023)
    assert [(row.name, row.is_member_at_end) for row in matrix.rows] == [("Lagos", False), ("Milan", True)]
    assert (matrix.activated_at_end, matrix.members_at_end) == (0, 1)
    assert [(one.activated, one.members) for one in [await activation_of(2023, quarter) for quarter in (1, 2, 3)]] == [
        (1, 2), (1, 2), (0, 1),
    ]  # fmt: skip


async def test_active_member_cities_are_the_same_in_figures_labs_and_matrix(database):
    lagos, milan, late, gone = [await a_member(name) for name in ("Lagos", "Milan", "Late", "Gone")]
    lab = await a_lab(await a_round(2023), 1, "Water")
    first, second = await a_session(lab, date(2023, 5, 5)), await a_session(lab, date(2024, 1, 15), 2)
    for event, member in ((first, lagos), (first, milan), (second, late), (second, gone)):
        person = await a_person()
        await a_lab_participant(lab, person, member)
        await a_registration(event, person, member)
    await _becomes_an_associate(lagos, date(2023, 6, 30))
    await sql("UPDATE member SET left_on = {} WHERE id = {}", date(2023, 12, 31), gone)
    figures, matrix = await figures_of(2023), await engagement_of(2023)
    assert figures["active_member_cities"].value == figures.labs[0].active_members == 3
    assert (await rows_behind("active_member_cities", 2023, Page(), may_see_people=True)).total == 3
    assert [row["name"] for row in await active_members(2023)] == ["Lagos", "Late", "Milan"]
    assert [row.name for row in matrix.rows if row.cells["labs"].value] == ["Lagos", "Late", "Milan"]
    assert [one.name for one in (await member_engagement(2023, "lagos", people=False)).labs] == ["Water"]
    assert (await member_engagement(2023, "gone", people=False)).labs == ()
