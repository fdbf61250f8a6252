"""Each of the thirty questions on a year counted by hand; see `a_year` and `a_year_of_meetings` in tests/statistics/rows.py."""

from datetime import date
from uuid import uuid4

import pytest

from eventhub.answers.asking import ANSWERS, Asked, ask
from eventhub.answers.printing import tables_of
from eventhub.answers.rules import QUESTIONS
from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.reports.building import report_of
from eventhub.settings import current_settings
from tests.make import NOW, a_member, a_person
from tests.statistics.rows import (
    a_head_count,
    a_registration,
    a_slot,
    a_year,
    a_year_of_meetings,
    an_event,
    an_item,
    the_themes,
)

TODAY = NOW.date()


async def answer(number, year, **more):
    """The answer as a data steward gets it: its sentences, and its tables by code."""
    found = await ask(number, Asked(year, TODAY, is_exact=True, may_edit_events=True, **more))
    assert found.title == QUESTIONS[number].words
    sentences = [str(one) for one in found.sentences] + [str(one) for part in found.parts for one in part.sentences]
    return sentences, {table.code: [tuple(row) for row in (*table.rows, *table.totals)] for table in tables_of(found)}


def texts(rows):
    return [tuple(str(cell) if cell is not None else None for cell in row) for row in rows]


async def test_1_own_events_by_kind_mode_and_action_line(database):
    await a_year()
    line, event = (
        uuid4(),
        (await sql("SELECT id FROM event WHERE title = 'Forum' AND starts_on >= {}", date(2023, 1, 1)))[0]["id"],
    )
    await sql(
        "INSERT INTO action_line (id, code, plan, first_year, last_year, number, name) VALUES ({}, '2021-2023/AL1', "
        "'2021-2023', 2021, 2023, 1, 'Diplomacy')",
        line,
    )
    await sql("INSERT INTO event_action_line (id, event, action_line) VALUES ({}, {}, {})", uuid4(), event, line)
    sentences, tables = await answer(1, 2023)
    assert sentences[0] == "5 own events were held in 2023."
    assert tables["kinds"] == [
        ("Policy debate", 0, 0, 1, 1), ("Forum", 1, 0, 0, 1), ("Webinar", 0, 1, 0, 1), ("Lab session", 0, 2, 0, 2),
        ("Total", 1, 3, 1, 5),
    ]  # fmt: skip
    assert tables["action_lines"] == [("2021-2023/AL1", "Diplomacy", 1)]


async def test_2_people_engaged_at_own_events(database):
    await a_year()
    sentences, tables = await answer(2, 2023)
    assert sentences == [
        "Own events of 2023 engaged 25 people, counted once for each event; counted once in the year: 7.",
        "50% were women and 50% men, of 16 people known as either; 9 are known as neither.",
    ]
    assert [row[1:7] for row in tables["people"]] == [(25, 50, 50, 16, 9, 1), (7, 25, 75, 4, 3, 1)]


async def test_3_the_same_over_all_events_led_or_co_led(database):
    await a_year_of_meetings()
    sentences, tables = await answer(3, 2021)
    assert sentences[0] == (
        "Over all events led or co-led it is 14 people instead of 12: 2 more, from bilateral meetings."
    )
    assert [row[1] for row in tables["people"]] == [12, 14, 6, 6, 5, 6]


async def test_4_women_among_the_speakers_in_all_and_by_region(database):
    await a_year()
    sentences, tables = await answer(4, 2023)
    assert sentences == [
        "4 people spoke at own events.",
        "33% were women and 67% men, of 3 people known as either; 1 are known as neither.",
        "In 2020 the printed share of women was 36%.",
    ]
    assert tables["regions"] == [("Europe", 1, 2, 0, 33, 67), ("For no member", 0, 0, 1, None, None)]


async def test_5_panels_of_the_coming_three_months_that_are_not_balanced(database):
    uneven = await an_event("Uneven", date(2026, 12, 1))
    item = await an_item(uneven, "Water")
    for name in ("Bo", "Cy", "Di"):
        await a_slot(item, await a_person(name, gender="man"))
    late = await an_event("Late", date(2027, 6, 1))
    item = await an_item(late)
    for name in ("Ed", "Flo"):
        await a_slot(item, await a_person(name, gender="man"))
    sentences, tables = await answer(5, 2026)
    assert sentences == ["1 panel between 25 November 2026 and 25 February 2027 is not balanced, or cannot be told."]
    assert texts(tables["panels"]) == [("Water", "Uneven", "2026-12-01", "Not balanced", "1 woman", "")]


async def test_6_women_among_speakers_of_political_level_this_year_and_last_year(database):
    await a_year()
    sentences, tables = await answer(6, 2023)
    assert sentences == [
        "2023: 2 speakers of political level.",
        "50% were women and 50% men, of 2 people known as either; 0 are known as neither.",
        "2022: 0 speakers of political level.",
        "Nobody of them is known as woman or man.",
    ]
    assert (tables["this_year"][0][1], tables["last_year"][0][1]) == (2, 0)


async def test_7_parity_exceptions_by_whom_and_why(database):
    await a_year()
    sentences, tables = await answer(7, 2023)
    assert sentences == ["1 event of 2023 was published with an exception."]
    assert tables["exceptions"] == [("Debate", "Organiser", "Two women had to cancel.", NOW.date())]


async def test_8_events_of_others_and_those_of_allies(database, monkeypatch):
    monkeypatch.setattr(current_settings(), "allied_partners", "uclg")
    await a_year_of_meetings()
    sentences, tables = await answer(8, 2021)
    assert sentences[0] == ("We took part in 2 events of others; with the partner federation or the taskforce: 1.")
    assert [(row[0], row[3]) for row in tables["events"]] == [("Forum of others", "yes"), ("Seminar of others", None)]


async def test_9_members_and_people_at_the_general_assembly(database):
    await a_year_of_meetings()
    sentences, _ = await answer(9, 2021)
    assert sentences == ["2 members and 3 people came to the general assembly; of these people, 2 had political level."]
    sentences, tables = await answer(9, 2020)
    assert (sentences, tables) == (["No attendance of a general assembly is recorded for 2020."], {})


async def test_10_attendance_rate_of_the_board_and_its_empty_seats(database):
    await a_year_of_meetings()
    sentences, tables = await answer(10, 2021)
    assert sentences == ["50% of the seats were present: 1 of 2 over 1 meeting."]
    assert [row[1:] for row in tables["meetings"]] == [
        (date(2021, 7, 2), 1, 2, 50, "Rome"),
        (date(2021, 7, 3), None, 2, None, "attendance not recorded"),
    ]


async def test_11_meetings_of_each_body_online_and_in_person(database):
    await a_year_of_meetings()
    sentences, tables = await answer(11, 2021)
    assert sentences == ["3 meetings of statutory bodies were held."]
    assert [row[1:] for row in tables["bodies"]] == [(1, 0, 0, 1), (0, 2, 0, 2), (0, 0, 0, 0), (0, 0, 0, 0)]


async def test_12_people_cities_countries_and_representatives_at_the_congress(database):
    await a_year_of_meetings()
    sentences, _ = await answer(12, 2021)
    assert sentences == ["At the congress: 5 people from 4 cities in 4 countries; 2 of them represented 2 members."]


async def test_16_learning_activities_and_the_people_at_them(database):
    await a_year_of_meetings()
    sentences, _ = await answer(16, 2021)
    assert sentences == [
        "1 learning activity was held for 3 people.",
        "100% were women and 0% men, of 3 people known as either; 0 are known as neither.",
    ]


async def test_17_members_in_learning_by_region(database):
    await a_year_of_meetings()
    sentences, tables = await answer(17, 2021)
    assert sentences[0] == "1 member joined learning activities, from 1 region."
    assert tables["regions"] == [("Europe", 1, "Oslo")]


async def test_18_experts_of_learning(database):
    await a_year_of_meetings()
    sentences, _ = await answer(18, 2021)
    assert sentences == [
        "1 expert gave learning sessions.",
        "100% were women and 0% men, of 1 people known as either; 0 are known as neither.",
    ]


async def a_series(*editions):
    """A series whose editions are of these years with so many people; the first has a head count instead of a list."""
    series = uuid4()
    await sql(
        "INSERT INTO event_series (id, slug, name, created_at) VALUES ({}, 'diploma', 'Diploma', {})", series, NOW
    )
    for number, (year, people) in enumerate(editions, start=1):
        event = await an_event("Diploma", date(year, 4, 1), kind="training_course", series=series, edition=number)
        if number == 1:
            await a_head_count(event, people, 0)
            continue
        panel = await an_item(event)
        for place in range(people):
            person = await a_person(f"{year} {place}", gender="woman" if place % 2 else "man")
            await a_registration(event, person)
            if not place:
                await a_slot(panel, person)


async def test_19_speakers_and_participants_of_a_series(database):
    await a_series((2020, 4), (2022, 5))
    sentences, tables = await answer(19, 2022, series="diploma")
    assert "1 event with 1 speaker and 4 other participants." in sentences
    assert "No member took part." in sentences
    assert tables["series-diploma"] == [("Speakers", 1, 0, 1, 0, 100), ("Participants", 4, 2, 2, 50, 50)]
    assert (await answer(19, 2023))[0] == ["No event of 2023 belongs to a series."]
    with pytest.raises(NotFound):
        await answer(19, 2022, series="nothing")


async def test_28_growth_of_a_series_over_the_edition_before(database):
    await a_series((2020, 4), (2022, 10))
    sentences, tables = await answer(28, 2022)
    assert sentences == ["“Diploma” had 10 people against 4 in 2020: 2.50 times as many."]
    assert tables["series"] == [("Diploma", 10, 2020, 4, "2.50", 150)]
    sentences, _ = await answer(28, 2020)
    assert sentences == ["“Diploma” has no earlier edition with attendance to compare with."]


async def test_20_events_of_a_campaign_by_organiser(database):
    await a_year_of_meetings()
    campaign = (await sql("SELECT id FROM campaign"))[0]["id"]
    member = (await sql("SELECT id FROM member WHERE key = 'quito'"))[0]["id"]
    await an_event("Of a member", date(2021, 10, 8), involvement="supported", campaign=campaign, host_member=member)
    await an_event("Of others", date(2021, 10, 9), involvement="supported", campaign=campaign)
    await an_event("Together", date(2021, 10, 9), involvement="co_organised", campaign=campaign)
    sentences, tables = await answer(20, 2021)
    assert sentences == ["“World Metropolitan Day” had 4 events."]
    assert tables["campaigns"] == [("World Metropolitan Day", 1, 1, 1, 0, 1, 4)]
    with pytest.raises(NotFound):
        await answer(20, 2021, campaign="nothing")


async def test_22_people_at_own_events_of_a_campaign(database):
    await a_year_of_meetings()
    sentences, _ = await answer(22, 2021, campaign="world-metropolitan-day-2021")
    assert sentences == [
        "3 people were engaged in own events of the campaign, counted once for each event.",
        "100% were women and 0% men, of 3 people known as either; 0 are known as neither.",
    ]


async def test_23_labs_and_active_member_cities_counted_once(database):
    await a_year()
    sentences, tables = await answer(23, 2023)
    assert sentences[0] == "2 Solutions Labs ran, with 1 active member city, each counted once."
    assert tables["labs"] == [("Water", 1), ("Care", 1)]


async def test_24_women_and_men_in_each_lab_and_over_all(database):
    await a_year()
    sentences, tables = await answer(24, 2023)
    assert sentences == ["50% were women and 50% men, of 2 people known as either; 1 are known as neither."]
    assert tables["labs"] == [
        ("Water", 3, 1, 1, 50, 50), ("Care", 1, 1, 0, 100, 0), ("Over all, each person once", 3, 1, 1, 50, 50),
    ]  # fmt: skip


async def test_25_labs_of_several_priorities_and_the_priority_with_the_fewest(database):
    await a_year()
    sentences, tables = await answer(25, 2023)
    assert sentences == [
        "1 Solutions Lab belongs to several thematic priorities.",
        "The fewest Solutions Labs have: Ecosystems, Cohesion, Institutions.",
    ]
    assert tables["labs"] == [("Water", "Metropolitan Futures, Gender Equality")]
    assert [row[1] for row in tables["themes"]] == [1, 0, 0, 0, 2]


async def test_29_events_on_gender_and_annual_meetings_without_one(database):
    await a_year_of_meetings()
    sentences, tables = await answer(29, 2021)
    assert sentences == ["We led, co-led or spoke at 2 events on gender.", "1 annual meeting had none."]
    assert [row[0] for row in tables["events"]] == ["Congress", "Forum of others"]
    assert [(row[0], str(row[2])) for row in tables["annual_meetings"]] == [("Congress", "yes"), ("Assembly", "no")]
    # a part of the assembly on gender is one of the assembly
    parent = (await sql("SELECT id FROM event WHERE title = 'Assembly'"))[0]["id"]
    part = await an_event("Debate on care", date(2021, 7, 1), parent=parent)
    theme = (await sql("SELECT id FROM theme WHERE code = 'gender'"))[0]["id"]
    await sql("INSERT INTO event_theme (id, event, theme) VALUES ({}, {}, {})", uuid4(), part, theme)
    assert (await answer(29, 2021))[0][1] == "Each annual meeting had one."


async def test_30_the_calendar_annex_and_what_its_rows_lack(database):
    await a_year()
    sentences, tables = await answer(30, 2023)
    assert sentences == ["The annex has 9 rows.", "2 of them lack something."]
    assert {row[2]: str(row[4]) for row in tables["annex"] if row[4]} == {
        "“Cities are listening": "end",
        "Debate": "end",
    }


async def test_small_groups_are_protected_for_everybody_else(database):
    await a_year()
    for number in (4, 6, 24):
        found = await ask(number, Asked(2023, TODAY))
        told = [str(one) for one in found.sentences]
        assert "Numbers of women and men are not shown: the group is too small, or nearly of one gender." in told
    exact = await ask(24, Asked(2023, TODAY, is_exact=True))
    assert "50% were women" in str(exact.sentences[0])


async def test_every_question_has_an_answer(database):
    for number in QUESTIONS:
        found = await ask(number, Asked(2019, TODAY))
        assert found.sentences or found.tables, number
    assert set(ANSWERS) == set(QUESTIONS) == set(range(1, 31))


@pytest.mark.parametrize("number", [0, 31, -1])
async def test_there_are_thirty_questions(database, number):
    with pytest.raises(NotFound):
        await ask(number, Asked(2023, TODAY))


async def test_13_members_that_sent_nobody(database):
    await a_year()
    sentences, tables = await answer(13, 2023)
    assert sentences[0] == "1 member sent nobody to any event of 2023."
    assert [row[0] for row in tables["sent-nobody-members"]] == ["Montréal"]


async def test_14_activated_members_at_the_end_of_each_quarter_and_the_rate(database):
    await a_year()
    _, tables = await answer(14, 2023)
    # until March Barcelona spoke at the Webinar; until June there were the Forum, Lima's meeting and the labs
    assert [(row[0], row[2], row[3]) for row in tables["activation-quarters"]] == [
        ("1", 1, 5), ("2", 4, 5), ("3", 4, 5), ("4", 4, 5),
    ]  # fmt: skip
    assert [row[0] for row in tables["quarter-1"]] == ["Barcelona"]
    assert [row[0] for row in tables["quarter-4"]] == ["Barcelona", "Lima", "Quito", "Rome"]
    assert {str(row[1]) for row in tables["quarter-4"]} == {"suggested"}


async def test_15_the_engagement_matrix_with_its_two_closing_rows(database):
    await a_year()
    _, tables = await answer(15, 2023)
    matrix = tables["engagement-matrix"]
    assert [row[0] for row in matrix] == [
        "Barcelona", "Lima", "Montréal", "Quito", "Rome", "Total members", "Total",
    ]  # fmt: skip
    found = await ask(15, Asked(2023, TODAY))
    codes = [column.code for column in found.tables[0].columns]
    place = codes.index("events_attended")
    assert [row[place] for row in matrix] == [4, 1, None, None, 1, 3, 6]
    assert str(matrix[-1][codes.index("activated")]) == "–"


async def test_21_members_that_organised_or_spoke_at_a_campaign_and_that_took_part(database):
    await a_year_of_meetings()
    campaign = (await sql("SELECT id FROM campaign"))[0]["id"]
    quito, oslo = [(await sql("SELECT id FROM member WHERE key = {}", key))[0]["id"] for key in ("quito", "oslo")]
    hosted = await an_event(
        "Of a member", date(2021, 10, 8), involvement="supported", campaign=campaign, host_member=quito
    )  # fmt: skip
    for name in ("Gil", "Hal"):
        await a_registration(hosted, await a_person(name), oslo)
    sentences, tables = await answer(21, 2021)
    assert sentences == ["2 members organised or spoke; members that took part in at least one event: 1."]
    # Oslo spoke once and joined one event with two people; Quito hosted
    assert tables["campaign-world-metropolitan-day-2021"] == [("Oslo", 1, 1), ("Quito", 1, None), ("Total", 2, 1)]


async def test_29_says_of_annual_meetings_what_the_report_says(database):
    theme = (await the_themes())["gender"]
    congress = await an_event(
        "Congress", date(2023, 5, 1), kind="congress", ends_on=date(2023, 5, 4), counts_in_statistics=False
    )  # fmt: skip
    await an_event("Assembly", date(2023, 9, 1), kind="general_assembly", parent=congress)
    beside = await an_event("Women lead", date(2023, 5, 3))
    of_members = await an_event("Of a member", date(2023, 9, 1), involvement="supported")
    for event in (beside, of_members):
        await sql("INSERT INTO event_theme (id, event, theme) VALUES ({}, {}, {})", uuid4(), event, theme)
    sentences, tables = await answer(29, 2023)
    assert sentences == ["We led, co-led or spoke at 1 event on gender.", "1 annual meeting had none."]
    assert [(row[0], str(row[2])) for row in tables["annual_meetings"]] == [("Congress", "yes"), ("Assembly", "no")]
    report = await report_of(2023, is_exact=True)
    (gender,) = (one for one in report.sections if one.code == "gender")
    (on_gender,) = (part for part in gender.parts if part.code == "gender_events")
    assert str(on_gender.sentences[0]) == sentences[0]
    listed = {table.code: table for table in on_gender.tables}
    assert [row[0] for row in listed["gender_events"].rows] == ["Women lead", "Of a member"]
    assert [(row[0], str(row[2])) for row in listed["annual_meetings"].rows] == [
        ("Congress", "yes"),
        ("Assembly", "no"),
    ]


async def test_8_does_not_know_allies_that_nobody_has_named(database):
    await a_year_of_meetings()
    sentences, _ = await answer(8, 2021)
    assert sentences[0] == "We took part in 2 events of others."
    assert "nobody has said who they are" in sentences[1]


async def test_19_names_those_that_were_members_on_the_day(database):
    await a_series((2020, 4), (2022, 1))
    event = (await sql("SELECT id FROM event WHERE starts_on = {}", date(2022, 4, 1)))[0]["id"]
    gone, academy = await a_member("Gone"), await a_member("Academy", kind="associate")
    await sql("UPDATE member SET left_on = {} WHERE id = {}", date(2021, 12, 31), gone)
    for member in (gone, academy, await a_member("Lima")):
        await a_registration(event, await a_person(), member)
    assert "Members that took part: Lima." in (await answer(19, 2022, series="diploma"))[0]


async def test_28_rounds_halves_up(database):
    await a_series((2020, 8), (2022, 9))
    assert (await answer(28, 2022))[1]["series"] == [("Diploma", 9, 2020, 8, "1.13", 13)]
