"""Free questions on the year that is counted by hand (tests/statistics/rows.py), by query, page, file and JSON."""

import csv
import io
import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from python_calamine import CalamineWorkbook

from eventhub.database import sql
from eventhub.errors import Problems
from eventhub.explorer.queries import answer, behind, choices
from eventhub.explorer.rules import Answer, Question, asked, definitions, leading
from eventhub.statistics.parity_queries import parity_in
from eventhub.statistics.queries import figures_of
from tests.conftest import browser
from tests.make import NOW, a_member, a_person, a_token, bearer, signed_in
from tests.statistics.rows import a_registration, a_slot, a_year, an_event, an_item


@pytest.fixture
async def year(database: None) -> None:
    await a_year()


async def ask(**given: str) -> Answer:
    """The answer to an address."""
    known = await choices()
    question, problems = asked(given, known.known)
    assert not problems, problems
    return await answer(question, known.names)


def groups(found: Answer) -> dict[str | None, int]:
    return {group.key: group.total for group in found.groups}


OWN_2023 = {"year": "2023", "involvement": "own"}


async def test_own_events_are_counted_by_kind(year: None) -> None:
    found = await ask(count="events", by="kind", **OWN_2023)
    assert groups(found) == {"lab_session": 2, "forum": 1, "policy_debate": 1, "webinar": 1}
    assert found.totals.total == 5


async def test_columns_are_a_second_dimension(year: None) -> None:
    found = await ask(by="kind", across="mode", **OWN_2023)
    assert found.columns == ("in_person", "online", "hybrid")
    assert {group.key: group.cells for group in found.groups} == {
        "lab_session": (0, 2, 0), "forum": (1, 0, 0), "policy_debate": (0, 0, 1), "webinar": (0, 1, 0),
    }  # fmt: skip
    assert (found.totals.cells, found.totals.total) == ((1, 3, 1), 5)


async def test_attendances_take_head_counts_only_where_there_is_no_list(year: None) -> None:
    found = await ask(count="attendances", by="kind", **OWN_2023)
    # Forum: Ana, Bo, Chi, Eli, Gus, and not the 200 of its head count. Webinar: a head count of 10, and Ana and Ian.
    assert groups(found) == {"webinar": 12, "forum": 5, "policy_debate": 4, "lab_session": 4}
    assert found.totals.total == 25


async def test_people_are_counted_once_in_all_and_once_in_each_group(year: None) -> None:
    found = await ask(count="unique_people", by="kind", **OWN_2023)
    assert groups(found) == {"forum": 5, "policy_debate": 4, "lab_session": 3, "webinar": 2}
    assert found.totals.total == 7  # Ana, Bo, Chi, Eli, Gus, Jo, Ian


async def test_the_explorer_and_the_figures_of_the_year_say_the_same(year: None) -> None:
    figures = await figures_of(2023)
    for count, code in (
        ("events", "own_events"), ("attendances", "attendances"), ("unique_people", "unique_people"),
        ("speakers", "speakers"), ("members", "members_involved"),
    ):  # fmt: skip
        found = await ask(count=count, by="year", **OWN_2023)
        assert found.totals.total == figures[code].value, count
        assert groups(found) == {"2023": figures[code].value}
    assert (await ask(count="labs", by="year", year="2023")).totals.total == figures["labs"].value
    political = await ask(count="speakers", by="year", level="political", **OWN_2023)
    assert political.totals.total == figures["political_speakers"].value


async def test_people_count_under_the_member_for_which_they_came_to_that_event(year: None) -> None:
    found = await ask(count="attendances", by="member", **OWN_2023)
    # Barcelona: Ana five times. Lima: Bo at forum and debate. Quito: Eli at both. Rome: Gus at session 16.
    # Academy: Chi twice. Nobody's: Gus who moderated, Ian, and Jo.
    assert groups(found) == {"barcelona": 5, "academy": 2, "lima": 2, "quito": 2, "rome": 1, None: 3}
    assert found.totals.total == 15  # without the head count of ten
    assert [group.key for group in found.groups][-1] is None


async def test_a_person_with_two_parts_is_one_attendance(year: None) -> None:
    found = await ask(count="attendances", by="level", kind="webinar", **OWN_2023)
    assert groups(found) == {"political": 1, "technical": 1}
    both = await ask(count="attendances", by="level", kind="forum", **OWN_2023)
    # Ana registered without a level and spoke at the technical one: what the programme says of her counts.
    assert groups(both) == {"technical": 3, None: 2}


async def test_speakers_are_grouped_by_their_level(year: None) -> None:
    found = await ask(count="speakers", by="level", **OWN_2023)
    # Political: Ana (webinar), Bo (debate). Technical: Ana and Eli (forum), Ian (webinar), Eli (debate).
    assert groups(found) == {"technical": 3, "political": 2}
    assert found.totals.total == 4


async def test_members_are_counted_by_region_and_associates_are_not(year: None) -> None:
    europe = await ask(count="members", by="region", **OWN_2023)
    assert groups(europe) == {"europe": 4}  # Barcelona, Lima, Quito, Rome
    asia = await a_member("Seoul", region="asia", zone="Asia/Seoul", country="KR")
    event = await an_event("Seminar", date(2023, 9, 9), kind="seminar")
    await a_registration(event, await a_person("Lea"), asia)
    assert groups(await ask(count="members", by="region", **OWN_2023)) == {"europe": 4, "asia": 1}
    assert groups(await ask(count="events", by="region", **OWN_2023)) == {"europe": 5, "asia": 1}
    assert groups(await ask(count="events", by="member", region="asia", **OWN_2023)) == {"seoul": 1}


async def test_what_has_two_themes_counts_under_both_and_once_in_all(year: None) -> None:
    found = await ask(count="labs", by="theme", year="2023")
    assert groups(found) == {"gender": 2, "futures": 1}
    assert found.totals.total == 2
    assert groups(await ask(count="labs", by="theme", year="2023", theme="futures")) == {"futures": 1}
    assert groups(await ask(count="labs", by="member", year="2023")) == {"barcelona": 2, "academy": 1, "lima": 1}


async def test_events_without_a_theme_are_a_group_of_their_own(year: None) -> None:
    forum = (await sql("SELECT id FROM event WHERE title = 'Forum' AND starts_on >= {}", date(2023, 1, 1)))[0]["id"]
    for code in ("gender", "futures"):
        theme = (await sql("SELECT id FROM theme WHERE code = {}", code))[0]["id"]
        await sql("INSERT INTO event_theme (id, event, theme) VALUES ({}, {}, {})", theme, forum, theme)
    found = await ask(count="attendances", by="theme", **OWN_2023)
    # Sessions have the themes of their labs: two people in that of Water (both themes), two in that of Care (gender).
    assert groups(found) == {"gender": 5 + 2 + 2, "futures": 5 + 2, None: 25 - 5 - 2 - 2}
    assert (first := leading(found.groups)) is not None
    assert first.key == "gender"  # and not those of which no theme is known, though they are more
    assert found.totals.total == 25
    assert (await ask(count="attendances", by="kind", theme="none", **OWN_2023)).totals.total == 16
    both = await ask(count="attendances", by="theme", across="kind", theme="gender", **OWN_2023)
    assert (groups(both), both.columns) == ({"gender": 9}, ("forum", "lab_session"))


async def test_events_are_narrowed_by_their_first_day(year: None) -> None:
    days = {"from": "2023-03-03", "to": "2023-05-10"}
    assert groups(await ask(by="month", involvement="own", **days)) == {"2023-03": 1, "2023-05": 1}
    assert (await ask(by="month", involvement="own", **{"from": "2023-03-04", "to": "2023-05-09"})).groups == ()


async def test_led_or_co_led_takes_in_bilateral_meetings(year: None) -> None:
    found = await ask(by="kind", year="2023", involvement="led")
    assert (groups(found)["bilateral"], found.totals.total) == (1, 6)
    listed, _ = await behind(found.question.narrowed("bilateral"), limit=9, offset=0)
    assert [one.title for one in listed] == ["Bilateral"]
    assert "Led or co-led are own events and bilateral meetings." in definitions(found.question)


async def test_events_are_grouped_by_campaign(year: None) -> None:
    campaign = uuid4()
    await sql(
        "INSERT INTO campaign (id, slug, title, theme, description, starts_on, ends_on, created_at) "
        "VALUES ({}, 'day', 'World Metropolitan Day', '', '', {}, {}, {})",
        campaign, date(2023, 10, 1), date(2023, 10, 31), NOW,
    )  # fmt: skip
    await sql("UPDATE event SET campaign = {} WHERE title IN ('Supported', 'Webinar')", campaign)
    assert groups(await ask(by="campaign", **OWN_2023)) == {"day": 1, None: 4}
    assert groups(await ask(by="involvement", year="2023", campaign="day")) == {"co_organised": 1, "supported": 1}


QUESTIONS: list[dict[str, str]] = [
    {"count": "events", "by": "kind", **OWN_2023},
    {"count": "events", "by": "member", "across": "mode"},
    {"count": "events", "by": "region", "year": "2023"},
    {"count": "events", "by": "level", "year": "2023"},
    {"count": "events", "by": "year", "involvement": "own"},
    {"count": "events", "by": "month", "from": "2023-05-10", "to": "2023-06-15"},
    {"count": "attendances", "by": "month", **OWN_2023},
    {"count": "attendances", "by": "mode", "across": "kind"},
    {"count": "attendances", "by": "member", "year": "2023"},
    {"count": "attendances", "by": "level", "across": "region"},
    {"count": "unique_people", "by": "level", "year": "2023"},
    {"count": "unique_people", "by": "involvement"},
    {"count": "unique_people", "by": "theme"},
    {"count": "speakers", "by": "member", "across": "level"},
    {"count": "speakers", "by": "campaign"},
    {"count": "members", "by": "kind", "across": "member"},
    {"count": "members", "by": "action_line"},
    {"count": "labs", "by": "theme", "across": "member"},
    {"count": "labs", "by": "year"},
]


@pytest.mark.parametrize("given", QUESTIONS, ids=lambda given: "-".join(given.values()))
async def test_the_link_of_a_row_leads_to_what_it_counts(year: None, given: dict[str, str]) -> None:
    found = await ask(**given)
    assert found.groups
    additive = given["count"] in ("events", "attendances", "labs")
    for group in found.groups:
        narrowed = found.question.narrowed(group.key)
        again = await ask(**narrowed.parameters)
        assert again.totals.total == group.total, group.key
        listed, total = await behind(narrowed, limit=100, offset=0)
        assert total == len(listed) > 0
        if additive:
            assert sum(one.counted for one in listed) == group.total, group.key
        else:
            assert max(one.counted for one in listed) <= group.total <= sum(one.counted for one in listed)


async def test_women_and_men_are_counted_for_data_stewards(year: None) -> None:
    attendances = await ask(count="attendances", by="kind", gender="yes", **OWN_2023)
    assert {group.key: (group.women, group.men) for group in attendances.groups} == {
        "forum": (1, 3), "webinar": (4, 2), "policy_debate": (1, 2), "lab_session": (2, 1),
    }  # fmt: skip
    people = await ask(count="unique_people", by="year", gender="yes", **OWN_2023)
    assert (people.totals.women, people.totals.men, people.totals.total) == (1, 3, 7)
    by_member = await ask(count="attendances", by="member", member="barcelona", gender="yes", **OWN_2023)
    assert [(group.women, group.men) for group in by_member.groups] == [(5, 0)]
    speakers = await ask(count="speakers", by="level", gender="yes", **OWN_2023)
    assert {group.key: (group.women, group.men) for group in speakers.groups} == {
        "technical": (1, 1),
        "political": (1, 1),
    }


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"kind": "party"}, "kind", "“party” is none of: congress"),
        ({"year": "20"}, "year", "The year lies between 1985 and 2100."),
        ({"from": "1/2/2023"}, "from", "“1/2/2023” is no day."),
        ({"from": "2023-02-30"}, "from", "“2023-02-30” is no day."),
        ({"from": "2023-03-01", "to": "2023-02-01"}, "to", "The last day lies before the first."),
        ({"year": "2023", "to": "2023-02-01"}, "year", "Please give a year, or days from and to, but not both."),
        ({"by": "kind", "across": "kind"}, "across", "Rows and columns are the same."),
        ({"by": "colour"}, "by", "“colour” is none of: year, month"),
        ({"yaer": "2023"}, "yaer", "There is no parameter “yaer”."),
        ({"kind": "bilateral"}, "kind", "Bilateral meetings are counted among events led or co-led only."),
        ({"kind": "none"}, "kind", "“none” is none of: congress"),
        ({"count": "labs", "by": "kind"}, "by", "Labs cannot be grouped by this"),
        ({"count": "labs", "by": "year", "mode": "online"}, "mode", "Labs cannot be narrowed by this"),
        ({"count": "events", "gender": "yes"}, "gender", "Women and men are counted among attendances"),
    ],
)
async def test_a_wrong_parameter_gets_a_sentence_and_nothing_else_is_lost(
    year: None, app: Any, given: dict[str, str], field: str, sentence: str
) -> None:
    async with await signed_in(app) as staff:
        answered = await staff.get("/staff/explorer", params={"campaign": "none", **given})
        assert answered.status_code == 422
        assert sentence in answered.text
        assert '<option value="none" selected' in answered.text
        assert (await staff.get("/staff/explorer.csv", params=given)).status_code == 422
        assert (await staff.get("/staff/explorer/behind", params=given)).status_code == 422
        problem = await staff.get("/api/v1/statistics/explorer", params=given)
        assert problem.status_code in (401, 422)
    token = await a_token("reader")
    if field != "gender":
        async with browser(app) as client:
            problem = await client.get("/api/v1/statistics/explorer", params=given, headers=bearer(token))
        assert problem.status_code == 422
        assert [one["field"] for one in problem.json()["errors"]] == [field]
        assert sentence in problem.json()["errors"][0]["message"]


async def test_too_many_columns_are_refused(year: None, app: Any) -> None:
    for number in range(31):
        event = await an_event(f"Visit {number}", date(2023, 2, 1), kind="visit")
        await a_registration(event, await a_person(f"V {number}"), await a_member(f"Town {number}"))
    with pytest.raises(Problems, match="There would be 35 columns"):  # with Barcelona, Lima, Quito, Rome
        await ask(count="members", by="kind", across="member", **OWN_2023)


@pytest.mark.parametrize("role", ["reader", "organiser", "programme", "check-in"])
async def test_nobody_but_data_stewards_gets_any_number_by_gender(year: None, app: Any, role: str) -> None:
    params = {"count": "attendances", "by": "kind", "gender": "yes", **OWN_2023}
    async with await signed_in(app, role) as staff:
        for address in ("/staff/explorer", "/staff/explorer.json", "/staff/explorer/behind"):
            refused = await staff.get(address, params=params)
            assert (refused.status_code, "Only data stewards see women and men here" in refused.text) == (422, True)
        shown = await staff.get("/staff/explorer", params={k: v for k, v in params.items() if k != "gender"})
        assert shown.status_code == 200
        assert ">Women<" not in shown.text
        assert 'name="gender"' not in shown.text


async def test_a_data_steward_sees_women_and_men_with_their_shares(year: None, app: Any) -> None:
    async with await signed_in(app) as staff:
        found = await staff.get(
            "/staff/explorer.json", params={"count": "attendances", "by": "kind", "gender": "yes", **OWN_2023}
        )
    rows = {row["kind"]: row for row in found.json()}
    assert rows["webinar"] == {
        "kind": "webinar", "name": "Webinar", "attendances": 12, "women": 4, "men": 2, "unknown": 6, "women_pct": 67,
        "men_pct": 33,
    }  # fmt: skip
    assert (rows["total"]["women"], rows["total"]["men"]) == (8, 8)


async def test_page_files_and_json_show_the_same(year: None, app: Any) -> None:
    params = {"by": "kind", "across": "mode", **OWN_2023}
    expected = [
        ("lab_session", "Lab session", 0, 2, 0, 2),
        ("policy_debate", "Policy debate", 0, 0, 1, 1),
        ("forum", "Forum", 1, 0, 0, 1),
        ("webinar", "Webinar", 0, 1, 0, 1),
        ("total", "In all", 1, 3, 1, 5),
    ]
    columns = ["kind", "name", "mode.in_person", "mode.online", "mode.hybrid", "events"]
    async with await signed_in(app) as staff:
        page = (await staff.get("/staff/explorer", params=params)).text
        text = (await staff.get("/staff/explorer.csv", params=params)).content.decode("utf-8-sig")
        book = (await staff.get("/staff/explorer.xlsx", params=params)).content
        listed = (await staff.get("/staff/explorer.json", params=params)).json()
    head, *rows = csv.reader(io.StringIO(text))
    assert (head, rows) == (columns, [[str(cell) for cell in row] for row in expected])
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert sheet == [columns, *(list(row) for row in expected)]
    assert listed == [dict(zip(columns, row, strict=True)) for row in expected]
    assert "“Lab session” has the most: 2 of 5 (Events)." in page
    assert "Own events are those that the association organises or co-organises." in page
    async with browser(app) as client:
        answered = await client.get(
            "/api/v1/statistics/explorer", params=params, headers=bearer(await a_token("reader"))
        )
    assert [*answered.json()["items"], answered.json()["total"]] == listed
    assert answered.json()["question"] == {"count": "events", **params}


async def test_a_row_of_the_page_leads_to_its_events(year: None, app: Any) -> None:
    async with await signed_in(app, "reader") as staff:
        page = (await staff.get("/staff/explorer", params={"count": "attendances", "by": "kind", **OWN_2023})).text
        address = page.split(">Forum</span></a>")[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
        if ">Forum</a>" in page:
            address = page.split(">Forum</a>")[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
        assert parse_qs(urlsplit(address).query)["kind"] == ["forum"]
        listed = (await staff.get(address)).text
    assert listed.count('href="/staff/events/forum-2023-05-10"') == 1
    assert "/staff/events/webinar" not in listed


async def test_umbrellas_drafts_and_private_meetings_are_never_counted(year: None) -> None:
    found = await ask(by="kind", year="2023")
    assert groups(found) == {"forum": 4, "lab_session": 2, "policy_debate": 1, "webinar": 1}  # 3 of others among them
    listed, _ = await behind(found.question, limit=100, offset=0)
    assert {one.title for one in listed} == {
        "Forum", "Webinar", "Debate", "Session 15", "Session 16", "Summit of others", "Supported", "Cities are listening",
    }  # fmt: skip


async def test_the_answer_takes_one_statement(year: None, monkeypatch: pytest.MonkeyPatch) -> None:
    known = await choices()
    asked_for: list[str] = []

    async def counting(statement: str, *args: Any) -> Any:
        asked_for.append(statement)
        return await sql(statement, *args)

    monkeypatch.setattr("eventhub.explorer.queries.sql", counting)
    await answer(Question(year=2023), known.names)
    assert len(asked_for) == 1


async def test_an_empty_answer_says_so(year: None, app: Any) -> None:
    async with await signed_in(app) as staff:
        page = await staff.get("/staff/explorer", params={"year": "1990"})
        nothing = json.loads((await staff.get("/staff/explorer.json", params={"year": "1990"})).text)
    assert page.status_code == 200
    assert "There is nothing to count" in page.text
    assert nothing == [{"kind": "total", "name": "In all", "events": 0}]


async def test_the_switch_of_appearance_is_no_theme_of_events(app: Any, year: None) -> None:
    async with await signed_in(app, "reader") as reader:
        for path in ("", "/behind"):
            answer = await reader.get(f"/staff/explorer{path}?count=events&by=kind&theme=dark")
            assert answer.status_code == 200, path
        assert (await reader.get("/staff/explorer?count=events&by=kind&theme=nothing")).status_code == 422


async def test_who_comes_for_a_member_that_has_left_is_there_for_no_member(year: None) -> None:
    gone = (await sql("SELECT id FROM member WHERE name = 'Gone'"))[0]["id"]  # left at the end of 2022
    event = await an_event("Seminar", date(2023, 9, 9), kind="seminar")
    await a_registration(event, await a_person("Lea"), gone)
    await a_slot(await an_item(event), await a_person("Max"), gone)
    asked = {"kind": "seminar", **OWN_2023}
    assert groups(await ask(count="members", by="member", **asked)) == {}
    for count, number in (("events", 1), ("attendances", 2), ("unique_people", 2), ("speakers", 1)):
        for by in ("member", "region"):
            assert groups(await ask(count=count, by=by, **asked)) == {None: number}
    everything = await ask(count="members", by="kind", **OWN_2023)
    assert everything.totals.total == (await figures_of(2023))["members_involved"].value
    regions = {group.code for group in (await parity_in(2023, small_groups=True)).groups["region"]}
    assert regions == {"", "europe"}
    europe = next(g for g in (await parity_in(2023, small_groups=True)).groups["region"] if g.code == "europe")
    assert europe.counts.everybody == 3  # Ana, Bo and Eli, without Max


async def test_regions_and_themes_are_in_the_language_of_the_reader_and_figures_are_marked(
    year: None, app: Any
) -> None:
    async with await signed_in(app) as staff:
        page = (await staff.get("/staff/explorer", params={"by": "theme", "count": "labs", "lang": "es"})).text
        assert ">Europa</option>" in page
        assert ">Europe</option>" not in page
        assert 'href="/staff/figures" aria-current="true"' in page
        assert 'href="/staff/events" aria-current' not in page
