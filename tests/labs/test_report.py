"""The report of a lab and of a round: page, file and JSON of one reading, counted by hand on a small round."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.labs.queries import lab_by_slug
from eventhub.labs.report import LessonsChanged, report_of_round, write_lessons
from eventhub.outcomes.commands import OutcomeFacts, add_outcome
from tests.make import (
    NOW,
    a_lab,
    a_member,
    a_person,
    a_token,
    an_event,
    bearer,
    field,
    post_form,
    registered,
    signed_in,
    some_account,
)

TODAY = NOW.date()
YEAR = 2026


async def an_application_of(lab: Any, member: UUID | None, status: str) -> None:
    contact = await a_person("Contact")
    await sql(
        "INSERT INTO application (id, lab, member, contact, contact_name, motivation, offers, needs, status, reason, "
        "language, submitted_at, status_at, organisation, entry) "
        "VALUES ({}, {}, {}, {}, 'Contact', '', '', '', {}, '', 'en', {}, {}, {}, 1)",
        uuid4(), lab.id, member, contact, status, NOW, NOW, "" if member else "Harbour authority",
    )  # fmt: skip


async def somebody(lab: Any, event: Any, name: str, member: UUID, gender: str, *, attended: bool = True) -> UUID:
    """An accepted person of a lab who is registered for its session and was there, or not."""
    found = await registered(event, name)
    person = found.registration.person
    await sql("UPDATE registration SET member = {}, city = 'Callao' WHERE id = {}", member, found.registration.id)
    await sql(
        "INSERT INTO gender_statement (person, gender, source, purpose, consent_version, consent_language, stated_at) "
        "VALUES ({}, {}, 'self', 'gender statistics', '2026-11', 'en', {})",
        person, gender, NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO lab_participant (id, lab, person, member, role, joined_at) VALUES ({}, {}, {}, {}, 'participant', {})",
        uuid4(), lab.id, person, member, NOW,
    )  # fmt: skip
    if attended:
        await sql(
            "INSERT INTO attendance (id, registration, mode, source, recorded_at) VALUES ({}, {}, 'online', 'staff', {})",
            uuid4(), found.registration.id, NOW,
        )  # fmt: skip
    return person


async def feedback(person: UUID, score: int, text: str = "", consent: str = "none", **about: UUID) -> None:
    ((column, object_id),) = about.items()
    await sql(
        f"INSERT INTO feedback (id, {column}, person, language, asked_at, usefulness, overall, comment, consent, "
        "answered_at) VALUES ({}, {}, {}, 'en', {}, {}, {}, {}, {}, {})",
        uuid4(), object_id, person, NOW, score, score, text, consent, NOW,
    )  # fmt: skip


async def a_round() -> tuple[Any, Any]:
    """
    Two labs, counted by hand.

    Water: Lima and Quito accepted, Rome declined, an organisation that is no
    member waiting, Oslo withdrawn; six people, 4 women and 2 men: three of
    Lima and two of Quito were there, one of Rome was not, nor counts its city.
    Shade: Lima accepted, a draft; two people of Lima and of the associate Arup,
    both there: no city but Lima.
    """
    water = await a_lab("Water", year=YEAR, themes=("ecosystems", "gender"))
    shade = await a_lab("Shade", year=YEAR, themes=("gender",))
    lima = await a_member("Lima", region="latin_america")
    quito = await a_member("Quito", region="latin_america")
    rome, oslo = await a_member("Rome"), await a_member("Oslo")
    arup = await a_member("Arup", kind="associate")
    for lab, member, status in (
        (water, lima, "accepted"), (water, quito, "accepted"), (water, rome, "declined"), (water, None, "waiting"),
        (water, oslo, "withdrawn"), (shade, lima, "accepted"), (shade, oslo, "draft"),
    ):  # fmt: skip
        await an_application_of(lab, member, status)
    first = await an_event(title="Water one", kind="lab_session")
    second = await an_event(title="Shade one", kind="lab_session")
    there = [
        await somebody(water, first, f"Water {n}", member, gender)
        for n, (member, gender) in enumerate(
            [(lima, "woman"), (lima, "woman"), (lima, "man"), (quito, "woman"), (quito, "man")]
        )
    ]
    await somebody(water, first, "Absent", rome, "woman", attended=False)
    few = [
        await somebody(shade, second, "Shade 0", lima, "woman"),
        await somebody(shade, second, "Shade 1", arup, "man"),
    ]
    for lab, event in ((water, first), (shade, second)):
        await sql("INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, 1)", event.id, lab.id)
    for number, person in enumerate(there):
        consent = ("named", "anonymous", "none", "none", "none")[number]
        await feedback(person, number + 1, f"Text {number}", consent, lab=water.id)
    for person in few:
        await feedback(person, 5, "Too few", "named", lab=shade.id)
        await feedback(person, 5, "Too few", "named", event=second.id)
    account = await some_account()
    facts = OutcomeFacts("Meters", TODAY - timedelta(days=100), ("lima", "quito"))
    await add_outcome(water.slug, facts, now=NOW, account_id=account)
    done = OutcomeFacts("Shade", TODAY, ("lima",), state="done")
    await add_outcome(water.slug, done, now=NOW, account_id=account)
    await sql("UPDATE lab SET lessons = 'Begin earlier.' WHERE id = {}", water.id)
    return water, shade


async def test_a_small_round_counted_by_hand(database):
    await a_round()
    report = await report_of_round(YEAR, TODAY, is_exact=True)
    assert (len(report.labs), report.applications, report.accepted, report.members_applied) == (2, 5, 3, 3)
    assert [(one.code, one.applications, one.accepted) for one in report.regions] == [
        ("europe", 1, 0),
        ("latin_america", 3, 3),
        ("", 1, 0),
    ]
    assert [(one.code, one.applications, one.accepted) for one in report.members] == [
        ("lima", 2, 2),
        ("quito", 1, 1),
        ("rome", 1, 0),
        ("", 1, 0),
    ]
    assert report.active_member_cities == 2
    assert [name for _, name in report.active] == ["Lima", "Quito"]
    people = report.people
    assert (people.number, people.women, people.men, people.women_pct, people.men_pct) == (8, 5, 3, 63, 37)
    assert [(theme.code, theme.labs) for theme in report.themes] == [("ecosystems", 1), ("gender", 2)]
    assert report.outcomes == {"agreed": 1, "under_way": 0, "done": 1, "dropped": 0}
    assert report.follow_ups == {"agreed": 0, "under_way": 0, "done": 0, "dropped": 0, "open": 1, "coming": 2}
    water, shade = report.labs
    assert (water.applications, water.accepted, water.active_member_cities, water.people.number) == (4, 2, 2, 6)
    assert (shade.applications, shade.accepted, shade.active_member_cities, shade.people.number) == (1, 1, 1, 2)
    assert water.lessons == "Begin earlier."


async def test_small_groups_are_in_no_part_of_the_report(database):
    await a_round()
    report = await report_of_round(YEAR, TODAY)
    water, shade = report.labs
    assert (shade.people.women, shade.people.men_pct) == (None, None)
    assert (water.people.women, water.people.men_pct) == (None, None)  # or the total less Water would be Shade
    assert (report.people.number, report.people.women, report.people.men_pct) == (8, None, None)
    assert (water.whole.answered, water.whole.mean_overall) == (5, 3.0)
    assert (shade.whole.answered, shade.whole.mean_overall) == (2, None)
    assert (report.whole.answered, report.whole.mean_overall) == (7, 3.0)
    assert (report.sessions.answered, report.sessions.mean_overall) == (2, None)
    assert [(one.text, one.name, one.city) for one in report.quotes] == [
        ("Text 0", "Water 0", "Lima"),
        ("Text 1", "", ""),
    ]


async def test_page_file_and_json_agree(app, client):
    await a_round()
    token = bearer(await a_token("administrator"))
    found = (await client.get(f"/api/v1/lab-rounds/{YEAR}/report", headers=token)).json()
    async with await signed_in(app, "administrator") as staff:
        page = (await staff.get(f"/staff/lab-reports/{YEAR}")).text
        lines = list(csv.reader(io.StringIO((await staff.get(f"/staff/lab-reports/{YEAR}.csv")).text.lstrip("\ufeff"))))
        assert (await staff.get("/staff/lab-reports")).headers["location"] == f"/staff/lab-reports/{YEAR}"
    file = {(lab, figure, which): value for lab, figure, which, value in lines[1:]}
    assert found["active_member_cities"] == 2
    assert file["", "active_member_cities", ""] == "2"
    assert '<strong class="stat-value">2</strong>' in page
    for key in ("labs", "applications", "members_applied", "accepted", "active_member_cities"):
        assert file["", key, ""] == str(found[key]), key
    for key in ("women", "men", "women_pct", "men_pct"):
        figure, _, rest = ("participants", "", key) if "_" not in key else ("participants_pct", "", key[:-4])
        assert file["", figure, rest] == str(found["people"][key])
    for part in ("feedback_whole", "feedback_sessions"):
        for key, value in found[part].items():
            assert file["", part, key] == ("" if value is None else str(value)), (part, key)
    for part in ("outcomes", "follow_ups"):
        assert {which: int(v) for (lab, figure, which), v in file.items() if (lab, figure) == ("", part)} == found[part]
    for lab in found["by_lab"]:
        for key in ("applications", "accepted", "active_member_cities", "lessons"):
            assert file[lab["slug"], key, ""] == str(lab[key])
        for one in lab["applications_by_member"]:
            assert file[lab["slug"], "applications_by_member", one["code"] or "other"] == str(one["applications"])
        assert lab["name"] in page
    for quote in found["quotes"]:
        assert quote["text"] in page
    everything = page + str(found) + str(lines)
    assert "Too few" not in everything
    assert "Text 2" not in everything


async def test_the_report_of_a_lab_is_that_part_of_the_round(app, client):
    water, _ = await a_round()
    token = bearer(await a_token("programme"))
    of_round = (await client.get(f"/api/v1/lab-rounds/{YEAR}/report", headers=token)).json()
    of_lab = (await client.get(f"/api/v1/labs/{water.slug}/report", headers=token)).json()
    assert of_lab == of_round["by_lab"][0]
    async with await signed_in(app, "programme") as staff:
        page = (await staff.get(f"/staff/labs/{water.slug}/report")).text
        lines = (await staff.get(f"/staff/labs/{water.slug}/report.csv")).text
    assert "Text 0" in page
    assert f"{water.slug},active_member_cities,,2" in lines


async def test_the_figures_are_those_of_the_year(database):
    from eventhub.statistics.queries import figures_of

    await a_round()
    figures, report = await figures_of(YEAR), await report_of_round(YEAR, TODAY, is_exact=True)
    assert figures["labs"].value == len(report.labs)
    assert figures["active_member_cities"].value == report.active_member_cities == len(report.active)
    assert figures["lab_participants"].value == report.people.number
    assert figures["lab_participants"].women_pct == report.people.women_pct


@pytest.mark.parametrize("year", [1984, 2101, 2031])
async def test_there_is_no_report_without_a_round(database, year):
    with pytest.raises(NotFound):
        await report_of_round(year, TODAY)


async def test_an_empty_round_has_an_empty_report(app, database):
    await a_lab(year=YEAR)
    async with await signed_in(app, "programme") as staff:
        page = await staff.get(f"/staff/lab-reports/{YEAR}")
        lab = (await report_of_round(YEAR, TODAY)).labs[0]
        of_lab = await staff.get(f"/staff/labs/{lab.slug}/report")
    assert page.status_code == of_lab.status_code == 200
    assert "Nobody has applied." in page.text
    assert "Nobody has been asked for feedback yet." in of_lab.text


@pytest.mark.parametrize("name", ["x", "20 26", "2026.xml", "2026.csv.csv", "9999", "1984.csv", "%00"])
async def test_addresses_that_are_no_year_are_not_found(app, database, name):
    async with await signed_in(app, "programme") as staff:
        assert (await staff.get(f"/staff/lab-reports/{name}")).status_code == 404


async def test_no_round_at_all_leads_to_the_labs(app, database):
    async with await signed_in(app, "programme") as staff:
        assert (await staff.get("/staff/lab-reports")).headers["location"] == "/staff/labs"


async def test_of_two_who_write_lessons_the_later_is_told(database):
    lab = await a_lab()
    who = await some_account()
    await write_lessons("lab", lab.id, "One\x00.", version=1, now=NOW, account_id=who)
    with pytest.raises(LessonsChanged):
        await write_lessons("lab", lab.id, "Two.", version=1, now=NOW, account_id=who)
    with pytest.raises(Problems):
        await write_lessons("lab", lab.id, "x" * 20_001, version=2, now=NOW, account_id=who)
    assert (await lab_by_slug(lab.slug)).lessons == "One."


async def test_lessons_are_written_on_the_pages(app, database):
    lab = await a_lab(year=YEAR)
    async with await signed_in(app, "programme") as staff:
        path = f"/staff/labs/{lab.slug}/report"
        typed = {"version": field((await staff.get(path)).text, "version"), "lessons": "Of the lab."}
        assert (await post_form(staff, path, typed)).status_code == 303
        late = await post_form(staff, path, typed | {"lessons": "Too late."})
        assert late.status_code == 409
        assert "Of the lab." in late.text
        assert "Too late." in late.text
        typed = {"version": field(late.text, "version"), "lessons": "x" * 20_001}
        assert (await post_form(staff, path, typed)).status_code == 422

        page = f"/staff/lab-reports/{YEAR}"
        of_round = f"{page}/lessons/{lab.lab_round}"
        prefix = f"of-{lab.lab_round.hex[:8]}-"
        typed = {f"{prefix}version": "1", f"{prefix}lessons": "Of the round."}
        assert (await post_form(staff, of_round, typed, page)).status_code == 303
        late = await post_form(staff, of_round, typed | {f"{prefix}lessons": "Too late."}, page)
        assert late.status_code == 409
        assert "Of the round." in late.text
        assert "Too late." in late.text
        assert (await post_form(staff, f"{page}/lessons/{uuid4()}", typed, page)).status_code == 404
        shown_now = (await staff.get(page)).text
    assert "Of the lab." in shown_now
    assert "Of the round." in shown_now


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [("administrator", 200, 303), ("organiser", 200, 403), ("reader", 403, 403), ("check-in", 403, 403)],
)
async def test_who_may_read_and_write(app, database, role, read, write):
    lab = await a_lab(year=YEAR)
    async with await signed_in(app, role) as staff:
        for address in (
            f"/staff/lab-reports/{YEAR}",
            f"/staff/lab-reports/{YEAR}.csv",
            f"/staff/labs/{lab.slug}/report",
        ):
            assert (await staff.get(address)).status_code == read
        path = f"/staff/labs/{lab.slug}/report"
        done = await post_form(staff, path, {"version": "1", "lessons": "x"}, "/staff/labs/")
        assert done.status_code == write


async def test_nobody_else_reads_it(client):
    await a_lab(year=YEAR)
    assert (await client.get(f"/api/v1/lab-rounds/{YEAR}/report")).status_code == 401
    token = bearer(await a_token())
    assert (await client.get("/api/v1/lab-rounds/2031/report", headers=token)).status_code == 404


async def test_the_number_of_queries_does_not_grow_with_the_labs(database, monkeypatch):
    from eventhub.database import engine

    await a_round()
    engine_class = type(engine())
    run, asked = engine_class.run_querystring, []

    async def counting(self: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(1)
        return await run(self, *args, **kwargs)

    monkeypatch.setattr(engine_class, "run_querystring", counting)
    await report_of_round(YEAR, TODAY)
    few = len(asked)
    assert few > 10
    for number in range(8):
        await a_lab(f"More {number}", year=YEAR)
    asked.clear()
    await report_of_round(YEAR, TODAY)
    assert len(asked) == few


async def test_a_report_never_says_that_nobody_agreed_where_remarks_are_held_back(database, app):
    water, shade = await a_round()
    async with await signed_in(app, "programme") as staff:
        held = (await staff.get(f"/staff/labs/{shade.slug}/report")).text
        assert "What people wrote is shown from five answers on" in held
        assert "Nobody has agreed" not in held and "Too few" not in held
        assert "Text 0" in (await staff.get(f"/staff/labs/{water.slug}/report")).text
        await sql("DELETE FROM feedback WHERE lab = {} OR event IS NOT NULL", shade.id)
        assert "Nobody has agreed to be quoted." in (await staff.get(f"/staff/labs/{shade.slug}/report")).text
