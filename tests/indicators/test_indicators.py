"""Loading, computing, typing in, files, on a real database; expected numbers were counted by hand."""

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from eventhub.cli.files import EXPORTS, IMPORTS, ExportRequest, ImportRequest
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.indicators.commands import ChangedMeanwhile, NewValue, add_value, change_value, delete_value
from eventhub.indicators.imports import import_indicators, load_indicators
from eventhub.indicators.queries import (
    Compared,
    IndicatorFilter,
    compared,
    indicator_by_code,
    indicators,
    stated_values,
    value_by_id,
    values_table,
)
from eventhub.indicators.rules import Computed, Growth
from eventhub.indicators.sections import indicator_sections, trend_chart
from eventhub.resources import DATA
from eventhub.spreadsheets import BadFile, csv_bytes, table_bytes
from tests.engagement.rows import an_engaged_year
from tests.make import NOW, a_member, a_person, an_event, some_account
from tests.statistics import rows
from tests.statistics.rows import a_lab, a_lab_participant, a_registration, a_round, a_session, a_year

SHIPPED = (DATA / "indicators.csv").read_bytes()
HEAD = "indicator_id,year,scope,indicator,value,unit"
WORKSHOPS = NewValue(
    2025, "own events", "workshops held", Decimal(7), "events", "about", source_doc="annual_report_2025"
)  # fmt: skip


async def one(code: str, *years: int, is_exact: bool = False) -> Compared:
    found = [each for each in await indicators() if each.code == code]
    return (await compared(found, years, is_exact=is_exact))[0]


async def computed(code: str, year: int, *, is_exact: bool = False) -> Computed | None:
    return (await one(code, year, is_exact=is_exact)).years[0].computed


async def count() -> int:
    return int((await sql("SELECT COUNT(*) AS n FROM indicator_value"))[0]["n"])


async def actions() -> list[str]:
    found = await sql(
        "SELECT action, detail FROM audit_entry WHERE object_kind IN ('indicator', 'file') ORDER BY at, action"
    )
    return [f"{row['action']} {row['detail']}" for row in found]


# The figures that ship


async def test_all_184_printed_rows_are_loaded_once(database: None) -> None:
    assert await load_indicators(now=NOW) == 184
    assert await load_indicators(now=NOW) == 0
    assert await count() == 184
    by_year = await sql("SELECT COALESCE(year, 0) AS year, COUNT(*) AS n FROM indicator_value GROUP BY year ORDER BY 1")
    assert [(row["year"], row["n"]) for row in by_year] == [(0, 2), (2020, 115), (2023, 33), (2024, 34)]
    members = await one("members", *range(2020, 2025))
    stated = [entry.printed and entry.printed.value for entry in members.years]
    assert stated == [Decimal(141), None, None, Decimal(154), Decimal(164)]
    undated = members.indicator.undated
    assert undated is not None
    assert str(undated.stated.words) == "at least 150"
    assert await actions() == ["load_indicators 184 new"]


async def test_loading_leaves_what_staff_have_corrected_or_typed_in(database: None) -> None:
    await load_indicators(now=NOW)
    account = await some_account()
    members = (await one("members", 2024)).indicator
    row = next(row for row in members.values if row.stated.year == 2024)
    await change_value(row.id, _typed(row.stated, value=Decimal(165)), version=1, now=NOW, account_id=account)
    experts = (await indicator_by_code("experts")).values[0]
    await delete_value(experts.id, version=1, now=NOW, account_id=account)
    other = NewValue(2020, "experts", "experts collaborated with", Decimal(401), "people")
    assert (await add_value(other, now=NOW, account_id=account)).stated.code == "experts"
    assert await load_indicators(now=NOW) == 0
    assert (await value_by_id(row.id)).stated.value == Decimal(165)


def _typed(stated: Any, **changes: Any) -> NewValue:
    names = [name for name in NewValue.__dataclass_fields__ if name != "code"]
    return replace(NewValue(**{name: getattr(stated, name) for name in names}), **changes)


# Computed


async def test_the_year_counted_by_hand_stands_beside_what_is_printed(database: None) -> None:
    """The figures of the year in tests/statistics/rows.py, counted there; three of them are printed with others."""
    await a_year()
    for words, number in (("own events of all international kinds", 6), ("speakers at own events", 3)):
        await add_value(
            NewValue(2023, "own events", words, Decimal(number), "events"), now=NOW, account_id=await some_account()
        )
    own, speakers = await one("own_events", 2022, 2023), await one("speakers", 2023)
    # Forum, Webinar, Debate, two sessions; a forum the year before
    assert [entry.computed and entry.computed.value for entry in own.years] == [Decimal(1), Decimal(5)]
    assert own.years[1].computed_growth == Growth(400, 2022)
    assert own.years[1].difference == Decimal(-1)
    # Ana, Eli, Ian, Bo; Gus only moderates
    assert (speakers.years[0].computed, speakers.years[0].difference) == (Computed(Decimal(4)), Decimal(1))
    # 5 + 12 + 4 + 2 + 2
    assert await computed("attendances", 2023) == Computed(Decimal(25))
    assert await computed("labs", 2023) == Computed(Decimal(2))
    assert await computed("labs", 2022) is None  # no round, and a forum: nothing is known of labs
    assert await computed("active_member_cities", 2023) == Computed(Decimal(1))
    assert await computed("policy_debates", 2023) == Computed(Decimal(1))
    assert await computed("board_meetings_in_person", 2023) == Computed(Decimal(0))
    assert await computed("learning_activities", 2023) == Computed(Decimal(1))
    # six shown own and other events, the umbrella, the supported one: everything published but private kinds
    published = await sql(
        "SELECT COUNT(*) AS n FROM event WHERE status = 'published' AND kind NOT IN ('internal', 'bilateral') "
        "AND starts_on >= {} AND starts_on <= {}",
        date(2023, 1, 1), date(2023, 12, 31),
    )  # fmt: skip
    assert await computed("calendar_rows", 2023) == Computed(Decimal(published[0]["n"]))
    assert published[0]["n"] == 9


async def test_where_nothing_is_known_nothing_is_computed(database: None) -> None:
    for code in ("own_events", "members", "board_seats", "board_attendance_rate", "labs", "experts"):
        assert await computed(code, 2021) is None


async def test_members_are_those_of_the_last_day_of_the_year(database: None) -> None:
    for name, kind, joined, left in (
        ("Lima", "member", None, None),
        ("Quito", "member", 2021, None),
        ("Rome", "member", 2022, None),
        ("Oslo", "member", 2020, date(2021, 12, 30)),
        ("Bern", "member", 2020, date(2021, 12, 31)),
        ("Institute", "associate", 2021, None),
        ("Founder", "honorary", None, None),
    ):
        await sql(
            "UPDATE member SET kind = {}, joined_year = {}, left_on = {} WHERE id = {}",
            kind, joined, left, await a_member(name),
        )  # fmt: skip
    for year in (2020, 2021, 2022):
        await rows.an_event("Forum", date(year, 5, 1))
    found = {
        code: [entry.computed and int(entry.computed.value) for entry in (await one(code, 2020, 2021, 2022)).years]
        for code in ("members", "new_members", "new_associates", "honorary_members")
    }
    # 2020: Lima, Oslo, Bern. 2021: Lima, Quito, Bern. 2022: Lima, Quito, Rome
    assert found == {
        "members": [3, 3, 3],
        "new_members": [2, 1, 1],
        "new_associates": [0, 1, 0],
        "honorary_members": [1, 1, 1],
    }


async def test_the_board_has_seats_and_a_rate_of_attendance(database: None) -> None:
    from eventhub.bodies.commands import give_seat

    account = await some_account()
    lima, _ = await a_member("Lima"), await a_member("Quito")
    await give_seat("board_of_directors", "lima", date(2020, 1, 1), now=NOW, account_id=account)
    await give_seat("board_of_directors", "quito", date(2020, 1, 1), date(2023, 6, 30), now=NOW, account_id=account)
    for day, mode in ((date(2023, 3, 1), "online"), (date(2023, 9, 1), "in_person")):
        meeting = await rows.an_event("Board", day, kind="board_of_directors", mode=mode)
        await a_registration(meeting, await a_person(), lima)
    await rows.an_event("Forum", date(2022, 5, 1))
    # two seats entitled in March and one in September, Lima there both times: 2 of 3
    assert await computed("board_attendance_rate", 2023) == Computed(Decimal(67))
    assert await computed("board_seats", 2022) == Computed(Decimal(2))
    assert await computed("board_seats", 2023) == Computed(Decimal(1))
    assert await computed("board_meetings", 2023) == Computed(Decimal(2))
    assert await computed("board_meetings_in_person", 2023) == Computed(Decimal(1))


async def a_lab_of(women: int, men: int) -> None:
    lab = await a_lab(await a_round(2023), 1, "Water")
    session = await a_session(lab, date(2023, 6, 15))
    lima = await a_member("Lima")
    for gender, number in (("woman", women), ("man", men)):
        for each in range(number):
            person = await a_person(f"{gender} {each}", gender=gender)
            await a_lab_participant(lab, person, lima)
            await a_registration(session, person, lima)


async def test_shares_of_people_are_protected_except_for_data_stewards(database: None) -> None:
    await a_lab_of(women=17, men=11)
    # exact: 17 of 28 is 60.7; protected: 15 of 25, both rounded to the nearest five
    assert await computed("lab_women_share", 2023, is_exact=True) == Computed(Decimal(61), 61, 39)
    assert await computed("lab_women_share", 2023) == Computed(Decimal(60), 60, 40)
    assert await computed("lab_participants", 2023) == Computed(Decimal(28), 60, 40)


async def test_shares_of_few_people_are_for_data_stewards_only(database: None) -> None:
    await a_lab_of(women=3, men=1)
    assert await computed("lab_women_share", 2023) is None
    assert await computed("lab_participants", 2023) == Computed(Decimal(4))
    assert await computed("lab_women_share", 2023, is_exact=True) == Computed(Decimal(75), 75, 25)


async def test_sections_of_a_report_show_protected_shares_whoever_asks(database: None) -> None:
    await a_lab_of(women=17, men=11)
    labs = next(section for section in await indicator_sections(2023) if section.code == "indicators-solutions-labs")
    cells = {str(row[0]): row for row in labs.tables[0].rows}
    assert cells["Participants of Solutions Labs"][4:6] == (60, 40)
    assert str(cells["Share of women among the participants of Solutions Labs"][3]) == "60"


async def test_sections_have_the_scopes_of_the_year_with_growth_over_the_year_before(database: None) -> None:
    await load_indicators(now=NOW)
    sections = await indicator_sections(2024)
    assert [str(section.title) for section in sections][:2] == [
        "Indicators: Membership", "Indicators: Communication",
    ]  # fmt: skip
    membership = sections[0].tables[0]
    assert membership.title == "Membership in 2024, stated and computed"
    assert [column.code for column in membership.columns] == [
        "indicator", "unit", "printed", "computed", "women_pct", "men_pct", "before", "growth_pct", "source",
    ]  # fmt: skip
    found = [[None if cell is None else str(cell) for cell in row] for row in membership.rows]
    # 10 of 154 is 6.5 %, 8 instead of 10 is a fifth less
    assert found == [
        ["Members", "members", "164", None, None, None, "154", "6", "Annual report 2024, membership review"],
        ["New members", "members", "8", None, None, None, "10", "-20", "Annual report 2024, membership review"],
        ["New associate members", "members", "1", None, None, None, None, None, "Annual report 2024, membership review"],
    ]  # fmt: skip
    assert membership.rows[0][2:7] == (164, None, None, None, 154)  # numbers, not words
    funding = next(section.tables[0] for section in sections if section.code == "indicators-funding")
    assert str(next(row for row in funding.rows if row[0] == "Income from grants")[2]) == "about 1,240,000"
    assert membership.links[0] == "/staff/indicators/members"
    assert sum(len(section.tables[0].rows) for section in sections) == 34
    assert await indicator_sections(2019) == ()


# Typing in


async def test_a_new_indicator_is_typed_in_and_corrected_with_a_trail(database: None) -> None:
    account = await some_account()
    row = await add_value(WORKSHOPS, now=NOW, account_id=account)
    assert (row.stated.reference, row.stated.code) == ("2025-001", "own_events_workshops_held")
    same = await add_value(replace(WORKSHOPS, year=2026, indicator="Workshops  held"), now=NOW, account_id=account)
    assert same.stated.code == row.stated.code
    after = await change_value(row.id, replace(WORKSHOPS, value=Decimal(8)), version=1, now=NOW, account_id=account)
    assert (after.version, after.stated.value, after.stated.reference) == (2, Decimal(8), "2025-001")
    assert (await actions())[-1] == "change_indicator 2025-001: about 7 → about 8"
    assert (await one(row.stated.code, 2025, 2026)).years[1].printed_growth == Growth(-12, 2025)  # −12.5, half up


async def test_an_indicator_has_one_value_of_each_year_also_for_two_at_once(database: None) -> None:
    account = await some_account()
    done = await asyncio.gather(
        *(add_value(replace(WORKSHOPS, year=year), now=NOW, account_id=account) for year in (2025, 2025, None, None)),
        return_exceptions=True,
    )
    refused = [each for each in done if isinstance(each, Problems)]
    assert len(refused) == 2
    assert await count() == 2
    assert sorted(str(each) for each in refused) == [
        "This indicator has a value of 2025 already. Please correct that one.",
        "This indicator has a value without a year already. Please correct that one.",
    ]


async def test_what_is_wrong_is_said_at_once_and_nothing_is_written(database: None) -> None:
    wrong = replace(WORKSHOPS, year=1900, unit=" ", women_pct=Decimal(200))
    with pytest.raises(Problems) as refused:
        await add_value(wrong, now=NOW, account_id=await some_account())
    assert set(refused.value.fields) == {"year", "unit", "women_pct", "pct_source"}
    assert await count() == 0


async def test_of_two_who_correct_or_delete_the_later_is_told(database: None) -> None:
    account = await some_account()
    row = await add_value(WORKSHOPS, now=NOW, account_id=account)
    done = await asyncio.gather(
        *(
            change_value(row.id, replace(WORKSHOPS, value=Decimal(n)), version=1, now=NOW, account_id=account)
            for n in (8, 9)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, ChangedMeanwhile) for each in done) == 1
    with pytest.raises(ChangedMeanwhile):
        await delete_value(row.id, version=1, now=NOW, account_id=account)
    await delete_value(row.id, version=2, now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await value_by_id(row.id)
    with pytest.raises(NotFound):
        await delete_value(uuid4(), version=1, now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await indicator_by_code(row.stated.code)


async def test_indicators_are_found_by_scope_and_words_in_any_language(database: None) -> None:
    await load_indicators(now=NOW)

    async def found(**wanted: str) -> set[str]:
        return {each.code for each in await indicators(IndicatorFilter(**wanted))}

    assert await found(scope="experts") == {"experts"}
    assert await found(q="HASHTAG shares") == {"wmd_hashtag_shares"}
    assert await found(q="member governments") == {"members"}  # the words of 2020
    assert await found(q="board_attendance_rate") == {"board_attendance_rate"}
    assert await found(q="atlantis") == set()


# Files


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_what_is_exported_changes_nothing_when_it_is_imported_again(database: None, form: str) -> None:
    await load_indicators(now=NOW)
    await add_value(WORKSHOPS, now=NOW, account_id=await some_account())
    table = await EXPORTS["indicators"](ExportRequest())
    assert len(list(table.rows)) == 185
    content = b"".join(table_bytes(form, table.title, table.columns, table.rows))
    before = [row.stated for row in await stated_values()]
    report = await import_indicators(content, f"file.{form}", dry_run=False, now=NOW)
    assert (report.new, report.changes, report.unchanged) == ((), (), 185)
    assert [row.stated for row in await stated_values()] == before
    await sql("DELETE FROM indicator_value")
    report = await import_indicators(content, f"file.{form}", dry_run=False, now=NOW)
    assert len(report.new) == 185
    assert [row.stated for row in await stated_values()] == before


async def test_the_export_is_narrowed_to_a_year_and_keeps_what_was_printed(database: None) -> None:
    await load_indicators(now=NOW)
    columns, found = await values_table(year=2023)
    assert len(found) == 33
    assert len((await EXPORTS["indicators"](ExportRequest(year=2023))).rows) == 33  # type: ignore[arg-type]
    growth = next(row for row in found if row[0] == "2023-006")
    assert dict(zip(columns, growth, strict=True)) | {"code": ""} == {
        "indicator_id": "2023-006", "year": "2023", "scope": "communication", "indicator": "growth of followers",
        "value": 9.3, "unit": "percent", "qualifier": "exact", "women_pct": None, "men_pct": None, "pct_source": "",
        "value_as_printed": "+ 9.3%", "basis": "context", "source_doc": "annual_report_2023",
        "source_section": "main results", "code": "",
    }  # fmt: skip
    shipped = SHIPPED.decode().splitlines()
    written = b"".join(csv_bytes(columns[:-1], [row[:-1] for row in (await values_table())[1]])).decode()
    # a quote keeps spreadsheets from taking “+ 9.3%” for a formula; reading takes it away
    assert written.replace(",'+", ",+").splitlines() == shipped


async def test_the_file_shows_its_differences_first(database: None) -> None:
    await load_indicators(now=NOW)
    changed = SHIPPED.replace(
        b"2024-001,2024,membership,member cities,164", b"2024-001,2024,membership,member cities,159"
    )
    request = ImportRequest(changed, "file.csv", True)
    report = await IMPORTS["indicators"](request)
    assert [(each.subject, each.field, each.before, each.after) for each in report.changes] == [
        ("2024-001 (member cities)", "value", "164", "159")
    ]
    assert (report.written, report.unchanged) == (False, 183)
    assert (await one("members", 2024)).years[0].printed.value == Decimal(164)  # type: ignore[union-attr]
    await IMPORTS["indicators"](replace(request, dry_run=False))
    row = (await one("members", 2024)).indicator.by_year[2024]
    assert (row.value, row.value_as_printed) == (Decimal(159), "164")
    assert (await actions())[-1] == "import_indicators 0 new, 1 changed"


async def test_a_short_file_finds_the_indicators_by_their_words_and_leaves_what_it_lacks(database: None) -> None:
    await load_indicators(now=NOW)
    content = (
        b"Year;Scope;Indicator;Value;Unit\n2025;Membership;members;170;members\n2024;membership;member cities;164;cities\n"
        b"2025;new scope;something new;3;things\n2025;new scope;something else;4;things\n"
    )
    report = await import_indicators(content, "short.csv", dry_run=False, now=NOW)
    assert report.new == (
        "2025, members: 170 members", "2025, something new: 3 things", "2025, something else: 4 things",
    )  # fmt: skip
    assert [(each.field, each.after) for each in report.changes] == [("unit", "cities")]
    rows = {row.stated.reference: row.stated for row in await stated_values()}
    assert (rows["2025-001"].code, rows["2025-001"].value) == ("members", Decimal(170))
    assert rows["2025-003"].code == "new_scope_something_else"
    assert rows["2024-001"].source_doc == "annual_report_2024"


async def test_rows_may_change_places(database: None) -> None:
    await load_indicators(now=NOW)
    content = (
        f"{HEAD}\n2023-001,2024,membership,member cities,154,members\n"
        "2024-001,2023,membership,member cities,164,members\n"
    )
    await import_indicators(content.encode(), "file.csv", dry_run=False, now=NOW)
    found = (await one("members", 2023)).indicator.by_year
    assert (found[2023].value, found[2024].value) == (Decimal(164), Decimal(154))


async def test_a_bad_file_names_every_row_column_and_reason_and_writes_nothing(database: None) -> None:
    await load_indicators(now=NOW)
    lines = [
        HEAD + ",qualifier,women_pct,pct_source,code",
        "2025-001,20x5,a,b,1,people,exact,,,",
        "2025-002,2025,,b,1,people,exact,,,",
        '2025-003,2025,a,c,"1,164",people,exact,,,',
        "2025-004,2025,a,d,1,people,nearly,,,",
        "2025-005,2025,a,e,1,people,exact,45,,",
        "2025-006,2025,a,f,1,people,exact,145,printed,",
        "2025-007,2025,a,g,1,people,exact,,,Not A Code",
        "2025-008,2025,a,h,1,people,exact,,,",
        "2025-008,2025,a,i,1,people,exact,,,",
        "2025-010,2025,a,h,1,people,exact,,,",
        "2025-011,2024,membership,member cities,1,members,exact,,,",
        "2025-012,,a,j,1,people,exact,,,",
    ]
    with pytest.raises(BadFile) as bad:
        await import_indicators("\n".join(lines).encode(), "bad.csv", dry_run=False, now=NOW)
    assert sorted(bad.value.sentences, key=lambda one: int(one.split(",")[0].split()[1])) == [
        "Line 2, column “year”: “20x5” is no year between 1985 and 2100.",
        "Line 3, column “scope”: the cell is empty.",
        "Line 4, column “value”: “1,164” is no number. Numbers look like 1164 or 15.6.",
        "Line 5, column “qualifier”: “nearly” is none of: exact, at_least, about, less_than.",
        "Line 6, column “pct_source”: Please say whether the shares were printed or computed from head counts.",
        "Line 7, column “women_pct”: A share lies between 0 and 100.",
        "Line 8, column “code”: “Not A Code” is no code. Codes look like own_events.",
        "Line 10, column “indicator_id”: “2025-008” is in line 9 too.",
        "Line 11, column “year”: “h, 2025” is in line 9 too.",
        "Line 12, column “year”: This indicator has a value of 2024 already. Please correct that one.",
        "Line 13, column “year”: the cell is empty.",
    ]
    assert await count() == 184


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"year,scope,indicator,value\n2025,a,b,1\n", "Line 1: the column “unit” is missing."),
        (HEAD.encode() + b",gender\n1,2025,a,b,1,x,woman\n", "Line 1: the column “gender” is unknown."),
        (HEAD.encode() + b"\n\xff,2025,a,b,1,x\n", "Line 2 is not UTF-8."),
        (b"PK\x03\x04 nothing", "This file"),
    ],
)  # fmt: skip
async def test_a_broken_file_is_refused_in_a_sentence(database: None, content: bytes, said: str) -> None:
    with pytest.raises(BadFile) as bad:
        await import_indicators(content, "file.csv", dry_run=False, now=NOW)
    assert any(said[:9] in sentence for sentence in bad.value.sentences)
    assert said in " ".join(bad.value.sentences) or said == "This file"
    assert await count() == 0


async def test_a_draft_makes_no_year_known(database: None) -> None:
    """A year with a draft only is a year of which nothing is known."""
    await an_event(publish=False)
    assert await computed("own_events", NOW.year) is None


async def test_a_chart_shows_like_beside_like_and_no_year_that_is_not_over(database: None) -> None:
    await a_year()
    own = await one("own_events", 2022, 2023)
    drawn = trend_chart(own, this_year=2024)
    assert drawn is not None
    assert str(drawn.title) == "Own events of all international kinds: up from 1 in 2022 to 5 in 2023"
    assert drawn.rows == (("2022", (1,)), ("2023", (5,)))
    assert trend_chart(own, this_year=2023) is None
    await load_indicators(now=NOW)
    learning = trend_chart(await one("learning_activities", 2020, 2021, 2022, 2023), this_year=2024)
    assert learning is not None
    assert str(learning.title) == "Webinars and other learning activities: down from 8 in 2020 to 6 in 2023"


async def test_the_matrix_and_campaigns_of_a_year_stand_beside_what_is_printed_of_them(database: None) -> None:
    """The year of tests/engagement/rows.py, counted there by hand; nothing in a column is not known, and no 0."""
    await an_engaged_year()
    expected = {
        "members_activated": 5, "engaged_members_share": 83, "fee_paid": None, "call_members": None, "pilot_members": 2,
        "board_members_present": 3, "bilateral_members": 1, "bilateral_attendances": 1, "learning_participations": None,
        "wmd_organisers": 4, "wmd_members": 3, "wmd_roles": 4, "wmd_participations": 3, "campaigns": 2,
        "wmd_events": 2, "wmd_own_events": 1, "wmd_co_organised_events": 0, "wmd_supporting_events": 1, "wmd_people": 4,
    }  # fmt: skip
    found = {code: await computed(code, 2023, is_exact=True) for code in expected}
    assert {code: None if one is None else int(one.value) for code, one in found.items()} == expected
    assert all([(await indicator_by_code(code)).definition for code in expected])
    # Ana, Bo, Gus and Kim
    assert found["wmd_people"] == Computed(Decimal(4), 50, 50)
    assert await computed("wmd_people", 2023) == Computed(Decimal(4), None, None)
    # Barcelona was at the one event of the year before
    assert {code for code in expected if await computed(code, 2022)} == {"members_activated", "engaged_members_share"}
