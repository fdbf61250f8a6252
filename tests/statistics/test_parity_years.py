"""The parity of years: against the baseline of 2020, by kind, region and level, and what would balance a year."""

import csv
import io
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from eventhub.database import engine, sql, transaction
from eventhub.settings import current_settings
from eventhub.speakers.rules import Counts
from eventhub.statistics.parity_queries import Filters, parity_in, trend
from eventhub.statistics.parity_rules import (
    Group,
    Part,
    counts_by,
    goal_sentence,
    protected_groups,
    tables_shown,
    unknown_sentence,
)
from tests.make import NOW, a_member, a_person, an_account, signed_in
from tests.statistics.rows import a_slot, a_year, an_event, an_item
from tests.statistics.test_web import table_of

GENDERS = {"w": "woman", "m": "man", "n": "non_binary", "u": "undisclosed"}


async def people(letters: str) -> list[UUID]:
    """One person for each letter: w, m, n, u as stated, - for nothing said; in few statements, as they may be many."""
    found = [uuid4() for _ in letters]
    async with transaction():
        for first in range(0, len(found), 50):
            ids = found[first : first + 50]
            await sql(
                "INSERT INTO person (id, name, email, email_key, organisation, country, language, created_at) VALUES "
                + ", ".join("({}, {}, {}, {}, '', '', 'en', {})" for _ in ids),
                *(value for one in ids for value in (one, f"Person {one.hex[:8]}", None, None, NOW)),
            )
            said = [
                (one, GENDERS[letter])
                for one, letter in zip(ids, letters[first : first + 50], strict=True)
                if letter in GENDERS
            ]
            if said:
                await sql(
                    "INSERT INTO gender_statement (person, gender, source, purpose, consent_version, consent_language, "
                    "stated_at) VALUES "
                    + ", ".join("({}, {}, 'self', 'statistics', '2026-11', 'en', {})" for _ in said),
                    *(value for one, gender in said for value in (one, gender, NOW)),
                )
    return found


async def speak(item: UUID, who: list[UUID], member: UUID | None = None, **part: str) -> None:
    """All of them have a part in an item."""
    values = {"role": "speaker", "status": "confirmed", "level": "technical"} | part
    async with transaction():
        for first in range(0, len(who), 50):
            ids = who[first : first + 50]
            await sql(
                "INSERT INTO speaker_slot (id, programme_item, person, role, level, status, member, created_at) VALUES "
                + ", ".join("({}, {}, {}, {}, {}, {}, {}, {})" for _ in ids),
                *(
                    v
                    for p in ids
                    for v in (uuid4(), item, p, values["role"], values["level"], values["status"], member, NOW)
                ),
            )


async def a_panel_of(letters: str, day: date = date(2024, 5, 1), title: str = "Panel", member: UUID | None = None, level: str = "technical", **event: Any) -> UUID:  # fmt: skip
    """An own event with one panel."""
    new = await an_event(f"Event of {title}", day, **event)
    await speak(await an_item(new, title), await people(letters), member, level=level)
    return new


async def test_36_per_cent_of_160_speakers_six_swaps_or_ten_additions_for_a_whole_year_of_real_rows(
    client: httpx.AsyncClient, app: Any
) -> None:
    crowd = await people("w" * 58 + "m" * 102)
    for number in range(4):
        item = await an_item(await an_event(f"Forum {number}", date(2020, 3 + number, 1)))
        await speak(item, crowd[number * 40 : number * 40 + 40])
    again = await an_item(await an_event("Forum once more", date(2020, 12, 1)))
    await speak(again, crowd[:20])  # who speaks twice in a year is one person
    found = await parity_in(2020, small_groups=True)
    assert found.total.counts == Counts(women=58, men=102)
    assert found.change is not None
    assert (found.change.group, found.change.swaps, found.change.additions) == ("women", 6, 10)
    assert (found.total.women_pct, found.total.men_pct, found.total.difference) == (36, 64, 0)
    async with await signed_in(app, "administrator") as staff:
        page = (await staff.get("/staff/parity/years/2020")).text
    assert "36% of 160 speakers are women: 6 swaps or 10 additions reach 40%." in page
    assert "All 160 speakers are known as women or men." in page
    assert "its annual report of 2020 prints 160 speakers at own events, 36% women and 64% men." in page
    assert table_of(page, "all-table")[1] == ["2020", "58", "102", "0", "0", "58 of 160 (36%)", "the same"]


async def test_the_sentence_names_the_smaller_group_and_one_swap_in_the_singular() -> None:
    assert goal_sentence(Counts(women=102, men=58)) == (
        "36% of 160 speakers are men: 6 swaps or 10 additions reach 40%."
    )  # fmt: skip
    assert goal_sentence(Counts(women=1, men=3, undisclosed=4)) == (
        "25% of 4 speakers known as woman or man are women: 1 swap or 1 addition reach 40%."
    )  # fmt: skip
    assert goal_sentence(Counts(women=0, men=3)) == "0% of 3 speakers are women: 1 swap or 2 additions reach 33%."
    assert goal_sentence(Counts(women=33, men=67), Fraction(1, 3)) == (
        "33% of 100 speakers are women: 1 swap or 1 addition reach 33%."
    )  # fmt: skip
    for balanced in (Counts(), Counts(women=1), Counts(women=4, men=6), Counts(undisclosed=9)):
        assert goal_sentence(balanced) is None


async def test_unknown_shares_are_said_in_a_whole_sentence() -> None:
    counts = Counts(women=5, men=4, others=1, undisclosed=2)
    assert unknown_sentence(counts, split=True) == (
        "3 of 12 speakers (25%) are known neither as women nor as men (1 non-binary, 2 without a statement); "
        "shares are taken over the others."
    )
    assert unknown_sentence(counts, split=False) == (
        "3 of 12 speakers (25%) are known neither as women nor as men; shares are taken over the others."
    )
    assert unknown_sentence(Counts(women=1, others=1), split=False).startswith("1 of 2 speakers (50%) is known neither")
    assert unknown_sentence(Counts(women=1), split=True) == "The one speaker is known as woman or man."
    assert unknown_sentence(Counts(), split=True) == "Nobody spoke."


async def test_people_are_counted_once_in_each_group_they_belong_to() -> None:
    ana, bo = uuid4(), uuid4()
    parts = [
        Part(2024, ana, "forum", "europe", "technical", "woman"),
        Part(2024, ana, "webinar", "europe", "political", "woman"),
        Part(2023, ana, "forum", "", "technical", "woman"),
        Part(2024, bo, "forum", "africa", "technical", "man"),
    ]
    assert counts_by(parts, lambda part: part.year) == {2024: Counts(women=1, men=1), 2023: Counts(women=1)}
    assert counts_by(parts, lambda part: part.kind) == {"forum": Counts(women=1, men=1), "webinar": Counts(women=1)}


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ([12, 20], [True, True]),
        ([4, 20, 12], [False, False, False]),  # 4 could be told by taking 20 and 12 from the sum
        ([0, 20], [True, True]),
        ([9, 30], [False, False]),
        ([3], [False]),
        ([], []),
    ],
)
async def test_small_groups_are_not_shown_and_cannot_be_worked_out(known: list[int], shown: list[bool]) -> None:
    groups = [Group(str(place), Counts(women=n // 2, men=n - n // 2)) for place, n in enumerate(known)]
    found = protected_groups(groups)
    assert [group.counts is not None for group, n in zip(found, known, strict=True) if n] == [
        one for one, n in zip(shown, known, strict=True) if n
    ]


def test_tables_from_which_somebody_could_be_told_are_not_shown():
    def parts(*groups: tuple[str, str, str]) -> list[Part]:
        """Speakers by what they stated, with one region and level for each group of them."""
        return [
            Part(2024, uuid4(), "forum", region, level, GENDERS[letter])
            for letters, region, level in groups
            for letter in letters
        ]

    many = "w" * 10 + "m" * 10
    everything = ("region", "level", "kind")
    alike = parts((many, "africa", "technical"), (many, "europe", "political"))
    assert tables_shown(alike, everything) == {"region", "level", "kind"}
    # one woman is for Africa, and of political level as everybody for Europe: she is who is not in both
    crossing = parts((many, "africa", "technical"), (many, "europe", "political"), ("w", "africa", "political"))
    assert tables_shown(crossing, everything) == {"level", "kind"}
    twice = [*alike, alike[0]._replace(region="europe")]
    assert tables_shown(twice, everything) == {"level", "kind"}


async def test_years_kinds_regions_and_levels_of_the_hand_counted_year(database: None) -> None:
    await a_year()
    found = await trend(Filters(), small_groups=True)
    # Ana, Eli, Ian (never asked) and Bo spoke at own events of 2023
    assert found.years == (2023,)
    assert found.totals[0].counts == Counts(women=1, men=2, undisclosed=1)
    assert found.totals[0].difference == 33 - 36
    by = {
        name: {code: groups[0].counts for code, groups in found.groups[name].items() if groups[0]}
        for name in found.groups
    }
    assert by["kind"] == {
        "policy_debate": Counts(men=2), "forum": Counts(women=1, men=1), "webinar": Counts(women=1, undisclosed=1),
    }  # fmt: skip
    assert by["region"] == {"europe": Counts(women=1, men=2), "": Counts(undisclosed=1)}
    assert by["level"] == {"political": Counts(women=1, men=1), "technical": Counts(women=1, men=1, undisclosed=1)}


async def test_filters_narrow_the_years(database: None) -> None:
    africa = await a_member("Dakar", region="africa")
    await a_panel_of("wwm", date(2022, 5, 1), "One", africa, "political")
    await a_panel_of("mmm", date(2023, 5, 1), "Two", kind="webinar")
    everything = await trend(Filters(), small_groups=True)
    assert everything.years == (2022, 2023)
    for wanted in (Filters(kind="forum"), Filters(region="africa"), Filters(level="political")):
        found = await trend(wanted, small_groups=True)
        assert (found.years, found.totals[0].counts) == ((2022,), Counts(women=2, men=1))
    assert (await trend(Filters(kind="webinar", region="africa"), small_groups=True)).years == ()


async def test_only_confirmed_parts_in_counted_roles_at_published_own_events_count(database: None) -> None:
    event = await a_panel_of("wm")
    item = await an_item(event, "More")
    for part in ({"status": "invited"}, {"status": "declined"}, {"role": "moderator"}):
        await speak(item, await people("m"), **part)
    for title, change in (
        ("Draft", {"status": "draft"}), ("Cancelled", {"status": "cancelled"}), ("Others", {"involvement": "spoke_at"}),
        ("Umbrella", {"counts_in_statistics": False}), ("Internal", {"kind": "internal"}),
    ):  # fmt: skip
        await a_panel_of("mmmm", title=title, **change)
    assert (await parity_in(2024, small_groups=True)).total.counts == Counts(women=1, men=1)
    assert (await trend(Filters(), small_groups=True)).totals[0].counts == Counts(women=1, men=1)


async def test_the_setting_says_which_roles_count(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await an_event("Forum", date(2024, 5, 1))
    item = await an_item(event)
    await speak(item, await people("mm"))
    await speak(item, await people("ww"), role="moderator")
    found = await parity_in(2024, small_groups=True)
    assert (found.total.counts, len(found.panels)) == (Counts(men=2), 1)
    monkeypatch.setattr(current_settings(), "parity_roles", "speaker,moderator")
    found = await parity_in(2024, small_groups=True)
    assert (found.total.counts, len(found.panels), found.checked) == (Counts(women=2, men=2), 0, 1)


async def a_full_year() -> None:
    uneven = await a_panel_of("mmmw" + "m", title="Water", level="political")
    item = (await sql("SELECT id FROM programme_item WHERE event = {}", uneven))[0]["id"]
    await a_slot(item, await a_person("Zoe Example", gender="woman"), status="invited")
    await a_slot(item, await a_person("Mo Example", gender="woman"), role="moderator")
    await a_panel_of("ww", date(2024, 6, 1), "Leaders", parity_exempt_reason="A programme for women who lead")
    mixed = await an_event("Mixed", date(2024, 7, 1))
    await speak(await an_item(mixed), await people("wm"))
    circle = await an_item(mixed, "Circle")
    await speak(circle, await people("ww"))
    await sql("UPDATE programme_item SET parity_exempt_reason = {} WHERE id = {}", "Meant for women", circle)
    await sql(
        "INSERT INTO parity_exception (id, event, account, reason, findings, granted_at) VALUES ({}, {}, {}, {}, {}, {})",
        uuid4(), uneven, await an_account("programme"), "Two women had to cancel.", "“Water” has 1 woman and 4 men.", NOW,
    )  # fmt: skip


async def test_the_page_of_a_year_lists_panels_exceptions_and_what_is_switched_off(
    client: httpx.AsyncClient, app: Any
) -> None:
    await a_full_year()
    async with await signed_in(app, "administrator") as staff:
        page = (await staff.get("/staff/parity/years/2024")).text
    assert "1 of 2 checked panels is not balanced, or cannot be told." in page
    (_, panel) = table_of(page, "panels-table")
    assert panel == [
        "Water", "Event of Water1 May 2024", "Not balanced", "2 women, 4 men", "3 women, 4 men",
        "1 woman1 to swap, or 1 to add", "Zoe Example",
    ]  # fmt: skip
    assert [[*row[:3], row[4]] for row in table_of(page, "events-table")[1:]] == [
        ["Event of Water", "The event as a whole", "Not balanced", "3 women, 4 men"],
        ["Event of Water", "Political level alone", "Not balanced", "1 woman, 4 men"],
        ["Mixed", "The event as a whole", "Not balanced", "3 women, 1 man"],
    ]
    assert table_of(page, "exceptions-table")[1] == [
        "Event of Water", "Two women had to cancel.", "“Water” has 1 woman and 4 men.", "Programme", "25 Nov 2026",
    ]  # fmt: skip
    assert table_of(page, "switched-off-table")[1:] == [
        ["Event of Leaders", "The whole event", "A programme for women who lead"],
        ["Mixed", "Circle", "Meant for women"],
    ]


async def test_who_is_no_data_steward_sees_results_and_reasons_but_no_small_numbers(reader: httpx.AsyncClient) -> None:
    await a_full_year()
    africa = await a_member("Dakar", region="africa")
    await a_panel_of("wwwwwwwmmmmmnn", date(2024, 8, 1), "Big", africa, kind="webinar")
    page = (await reader.get("/staff/parity/years/2024")).text
    for told in ("Not balanced", "Zoe Example", "Two women had to cancel.", "A programme for women who lead", "Circle"):
        assert told in page
    for hidden in ("2 women", "3 women", "4 men", "1 to swap", "has 1 woman", "non-binary"):
        assert hidden not in page
    # region: 7 and 5 for Dakar, 6 and 6 for no member, rounded; kind the same; level: 4 men and one woman may not be shown
    assert table_of(page, "by-region")[1:] == [
        ["Africa", "5", "5", "0", "5 of 10", "–"],  # shares are given of 25 people and more
        ["For no member", "5", "5", "0", "5 of 10", "–"],
    ]
    assert [row[1] for row in table_of(page, "by-level")[1:]] == ["too few to show", "too few to show"]
    years = (await reader.get("/staff/parity/years?kind=webinar")).text
    assert "Filters are for data stewards too." in years
    assert 'id="filters"' not in years
    assert table_of(years, "years-table")[1][:3] == ["2024", "15", "10"]
    file = list(csv.DictReader(io.StringIO((await reader.get("/staff/parity/years/2024.csv")).text.lstrip("\ufeff"))))
    assert {(row["non_binary"], row["undisclosed"]) for row in file} == {("", "")}


async def test_a_small_year_is_told_to_data_stewards_only(
    reader: httpx.AsyncClient, app: Any
) -> None:  # fmt: skip
    await a_panel_of("wmmm")
    page = (await reader.get("/staff/parity/years/2024")).text
    assert "So few people are known as women or men this year that their numbers are not shown." in page
    assert "too few to show" in page
    assert "25%" not in page
    file = list(csv.DictReader(io.StringIO((await reader.get("/staff/parity/years.csv")).text.lstrip("\ufeff"))))
    assert {(row["women"], row["women_pct"], row["known"]) for row in file} == {("", "", "")}
    async with await signed_in(app, "administrator") as staff:
        assert "25% of 4 speakers are women: 1 swap or 1 addition reach 40%." in (
            await staff.get("/staff/parity/years/2024")
        ).text  # fmt: skip


async def test_the_trend_page_and_its_file_hold_the_same_numbers(client: httpx.AsyncClient, app: Any) -> None:
    africa = await a_member("Dakar", region="africa")
    await a_panel_of("wmm", date(2020, 5, 1), "Old")
    await a_panel_of("wwwmmn-", date(2023, 5, 1), "New", africa, "political", kind="webinar")
    async with await signed_in(app, "administrator") as staff:
        page = (await staff.get("/staff/parity/years")).text
        file = list(csv.DictReader(io.StringIO((await staff.get("/staff/parity/years.csv")).text.lstrip("\ufeff"))))
        narrowed = (await staff.get("/staff/parity/years?region=africa&level=political")).text
    assert table_of(page, "years-table")[1:] == [
        ["2020", "1", "2", "0", "0", "1 of 3 (33%)", "−3 points"],
        ["2023", "3", "2", "1", "1", "3 of 5 (60%)", "+24 points"],
    ]
    assert table_of(page, "by-kind") == [
        ["Kind", "2020", "2023"], ["Forum", "1 of 3 (33%)", "–"], ["Webinar", "–", "3 of 5 (60%)"],
    ]  # fmt: skip
    assert table_of(page, "by-region")[1:] == [["Africa", "–", "3 of 5 (60%)"], ["For no member", "1 of 3 (33%)", "–"]]
    assert table_of(page, "trend-table")[1:] == [
        ["Baseline 2020", "36", "64"],
        ["2020", "33", "67"],
        ["2023", "60", "40"],
    ]
    assert "In 2023 women were 60% of the speakers, 24 points above the baseline." in page
    assert [row["women"] for row in file if row["by"] == "all"] == ["1", "3"]
    assert [(row["name"], row["women_pct"], row["difference_in_points"]) for row in file if row["by"] == "region"] == [
        ("Africa", "60", "24"), ("For no member", "33", "-3"),
    ]  # fmt: skip
    assert [row[0] for row in table_of(narrowed, "years-table")[1:]] == ["2023"]


async def test_without_speakers_the_pages_say_so(client: httpx.AsyncClient, app: Any) -> None:
    async with await signed_in(app, "administrator") as staff:
        years = (await staff.get("/staff/parity/years")).text
        year = (await staff.get("/staff/parity/years/2024")).text
        nothing = (await staff.get("/staff/parity/years?kind=forum")).text
    assert "Nobody has spoken yet" in years
    assert "Nobody spoke who matches" in nothing
    for sentence in (
        "Nobody spoke.", "No panel of an own event was checked.", "No event of 2024 was published with an exception.",
        "The check is switched off for no event of 2024.",
    ):  # fmt: skip
        assert sentence in year


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=nothing", "There is no kind of event “nothing”."),
        ("region=" + "x" * 600, "There is no region “" + "x" * 40 + "”."),
        ("level=%00", "There is no level “"),
        ("region=%F0%9F%8C%8D", "There is no region “🌍”."),
    ],
)
async def test_a_filter_that_is_not_there_is_named(
    client: httpx.AsyncClient, app: Any, query: str, sentence: str
) -> None:
    async with await signed_in(app, "administrator") as staff:
        answer = await staff.get(f"/staff/parity/years?{query}")
    assert answer.status_code == 422
    assert sentence in answer.text


@pytest.mark.parametrize("path", ["1984", "2101", "abc", "20240", "2024.xlsx", "2024.", "²⁰²⁴", "%00", "x" * 600])
async def test_addresses_that_are_no_year_are_not_found(reader: httpx.AsyncClient, path: str) -> None:
    assert (await reader.get(f"/staff/parity/years/{path}")).status_code == 404


async def test_a_decade_costs_as_many_queries_as_one_event(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    kind: Any = type(engine())
    plain, seen = kind.run_querystring, []

    async def counting(self: Any, querystring: Any, *rest: Any, **more: Any) -> Any:
        seen.append(querystring)
        return await plain(self, querystring, *rest, **more)

    async def queries() -> tuple[int, int]:
        with monkeypatch.context() as patched:
            patched.setattr(kind, "run_querystring", counting)
            seen.clear()
            await trend(Filters(), small_groups=True)
            trend_cost = len(seen)
            seen.clear()
            await parity_in(2024, small_groups=True)
            return trend_cost, len(seen)

    await a_panel_of("mm")
    few = await queries()
    for number in range(20):
        await a_panel_of("mmw", date(2015 + number % 10, 5, 1), f"Panel {number}")
    assert await queries() == few == (2, 9)
