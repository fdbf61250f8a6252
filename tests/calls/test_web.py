"""Rounds, templates and calls as pages."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from eventhub.calls.commands import RoundFacts, load_lab_templates, open_round
from eventhub.calls.opening import open_call, open_round_call
from eventhub.calls.queries import call_of, holder_of, template_by_code, templates
from eventhub.database import sql, utc_now
from eventhub.labs.queries import lab_by_slug, rounds
from tests.calls.calling import a_called_lab, a_new_call, a_templated_lab, an_application_of, letters_of
from tests.make import (
    NOW,
    a_lab,
    a_lab_with_call,
    a_token,
    bearer,
    field,
    post_form,
    signed_in,
    some_account,
    themes_loaded,
)

CALL = {
    "opens_on": "2026-01-01", "opens_time": "09:00", "closes_on": "2098-12-31", "closes_time": "17:00",
    "time_zone": "Europe/Madrid", "text": "Come.", "criteria": "Be a member.", "cohort_size": "",
}  # fmt: skip


async def fields_of(page: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """What a browser would send of a form as it stands: the values of all its fields."""
    from html.parser import HTMLParser

    found: dict[str, Any] = {}

    class Reader(HTMLParser):
        area, name = False, ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            own = dict(attrs)
            name = own.get("name") or ""
            if not name or name in ("csrf", "csrf_token", "lang", "theme", "tz"):
                return
            if tag == "input" and (own.get("type") not in ("radio", "checkbox") or "checked" in own):
                found.setdefault(name, own.get("value") or "")
            if tag == "textarea":
                self.area, self.name = True, name
                found[name] = ""
            if tag == "select":
                self.name = name
                found.setdefault(name, "")

        def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.handle_starttag(tag, attrs)

        def handle_data(self, data: str) -> None:
            if self.area:
                found[self.name] += data

        def handle_endtag(self, tag: str) -> None:
            self.area = False

    answer = await page.get(path)
    assert answer.status_code == 200, answer.text
    Reader().feed(answer.text)
    return found


# For everybody


async def test_a_call_is_read_in_three_languages_with_texts_that_fall_back(client: httpx.AsyncClient) -> None:
    lab = await a_called_lab("fund", text="English only & <b>bold</b>.")
    for language, says in (
        ("en", "English only &amp; &lt;b&gt;bold&lt;/b&gt;."),
        ("es", "Los miembros pueden solicitar una ayuda."),
        ("fr", "Les membres peuvent demander une aide."),
    ):
        page = (await client.get(f"/labs/{lab.slug}/call?lang={language}")).text
        assert says in page
    assert "What is the grant for?" in (await client.get(f"/labs/{lab.slug}/call?lang=en")).text
    plain = await a_lab_with_call("Plain")
    page = (await client.get(f"/labs/{plain.slug}/call?lang=fr")).text
    assert 'lang="en"><p>Come.</p>' in page


async def test_a_call_says_how_long_it_is_open_and_what_counts(client: httpx.AsyncClient) -> None:
    lab = await a_called_lab(closes_at=utc_now() + timedelta(days=3, minutes=5))
    page = (await client.get(f"/labs/{lab.slug}/call")).text
    assert "It closes in 3 days." in page
    assert f'data-closes="{lab.call.closes_at.isoformat()}"' in page
    assert '<th scope="row" dir="auto">Relevance of the case</th><td class="number">30</td>' in page
    assert "So that reviewers know what they read about." in page
    assert f'href="/labs/{lab.slug}/apply"' in page
    assert "It closes in 3 days." in (await client.get(f"/labs/{lab.slug}")).text


async def test_times_are_shown_on_the_readers_clock(client: httpx.AsyncClient) -> None:
    lab = await a_called_lab()
    await client.post("/preferences", data={"tz": "America/Lima"})
    client.cookies.set("tz", "America/Lima")
    page = (await client.get(f"/labs/{lab.slug}/call")).text
    assert "for you:" in page


async def test_a_closed_call_takes_nobody(client: httpx.AsyncClient) -> None:
    lab = await a_called_lab(closes_at=NOW - timedelta(days=400), opens_at=NOW - timedelta(days=500))
    page = (await client.get(f"/labs/{lab.slug}/call")).text
    assert "The call is closed." in page
    assert "/apply" not in page
    assert "It closes in" not in page


async def test_the_call_of_a_round_names_what_one_can_apply_to(client: httpx.AsyncClient) -> None:
    own, follows = await a_lab_with_call("Own"), await a_lab("Follows")
    assert (await client.get("/calls/lab/2026")).status_code == 404
    await open_round_call(own.lab_round, a_new_call(text="For all."), now=NOW, account_id=await some_account())
    page = (await client.get("/calls/lab/2026")).text
    assert "For all." in page
    assert f'href="/labs/{follows.slug}/apply"' in page
    assert f"/labs/{own.slug}" not in page
    assert "For all." in (await client.get(f"/labs/{follows.slug}/call")).text


@pytest.mark.parametrize(
    "path",
    ["/labs/nobody/call", "/calls/lab/1999", "/calls/x%00y/2026", "/calls/lab/99999999999999999999", "/calls/lab/-1"],
)
async def test_calls_that_are_not_there_are_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_a_lab_without_a_call_has_no_page_of_it(client: httpx.AsyncClient) -> None:
    lab = await a_lab()
    assert (await client.get(f"/labs/{lab.slug}/call")).status_code == 404


async def test_pages_say_the_words_of_the_kind(client: httpx.AsyncClient) -> None:
    lab = await a_called_lab("pilot-project")
    page = (await client.get(f"/labs/{lab.slug}?lang=fr")).text
    assert "Projet pilote 1 de 2027" in page
    assert "Solutions Lab" not in page.split("<main", 1)[1].split("</main>")[0]
    listed = (await client.get("/labs/?lang=en&kind=pilot")).text
    assert "<h1>Pilot projects</h1>" in listed
    assert "Pilot projects of 2027" in listed
    await a_lab("Ours")
    both = (await client.get("/labs/?lang=en")).text
    assert 'href="/labs/?kind=pilot"' in both
    assert "<h1>Solutions Labs</h1>" in (await client.get("/labs/?lang=en&kind=gift")).text


# For staff


async def test_a_round_is_set_up_beside_the_lessons_of_the_last_one(app: Any, database: None) -> None:
    await themes_loaded()
    await open_round(
        RoundFacts(2026, title="Labs 2026", lessons="Fewer, longer sessions."), now=NOW, account_id=await some_account()
    )
    async with await signed_in(app) as staff:
        assert "Fewer, longer sessions." in (await staff.get("/staff/rounds/new")).text
        typed = {"kind": "lab", "year": "2027", "title": "Labs 2027", "themes": "gender", "priorities": "Heat.",
                 "lessons": ""}  # fmt: skip
        done = await post_form(staff, "/staff/rounds/new", typed)
        assert done.status_code == 303
        page = (await staff.get(done.headers["location"])).text
        assert page.index("Heat.") < page.index("Lessons of 2026") < page.index("Fewer, longer sessions.")
        again = await post_form(staff, "/staff/rounds/new", typed)
        assert again.status_code == 409
        assert "There is a round of 2027 already." in again.text
        assert "Labs 2027" in again.text
        assert "Labs 2027" in (await staff.get("/staff/rounds")).text
        changed = await fields_of(staff, f"{done.headers['location']}/edit")
        saved = await post_form(staff, f"{done.headers['location']}/edit", changed | {"lessons": "Learnt."})
        assert saved.status_code == 303
        late = await post_form(staff, f"{done.headers['location']}/edit", changed | {"lessons": "Lost?"})
        assert late.status_code == 409
        assert "Lost?" in late.text
    assert [one.lessons for one in await rounds()] == ["Learnt.", "Fewer, longer sessions."]


async def test_a_call_for_all_labs_of_a_round_is_announced(app: Any, database: None) -> None:
    lab = await a_templated_lab()
    async with await signed_in(app) as staff:
        base = f"/staff/rounds/{lab.lab_round}"
        assert "We invite members to apply" in (await staff.get(f"{base}/call")).text
        done = await post_form(staff, f"{base}/call", CALL)
        assert (done.status_code, done.headers["location"]) == (303, f"/staff/calls/round/{lab.lab_round}")
        assert "Which case of your city do you bring?" in (await staff.get(done.headers["location"])).text
        assert "that of the round" in (await staff.get(base)).text
        assert "that of the round" in (await staff.get(f"/staff/labs/{lab.slug}")).text
    call = await call_of(lab.id)
    assert call is not None
    assert call.is_of_round


async def test_a_lab_is_made_from_a_template_and_its_call_proposed(app: Any, database: None) -> None:
    await themes_loaded()
    await load_lab_templates(NOW)
    async with await signed_in(app) as staff:
        assert "New fund" in (await staff.get("/staff/labs/new?template=fund")).text
        typed = {"template": "fund", "name": "Green Fund", "year": "2027", "themes": "ecosystems", "country": ""}
        done = await post_form(staff, "/staff/labs/new", typed)
        assert done.headers["location"] == "/staff/labs/green-fund"
        assert "Change the fund" in (await staff.get("/staff/labs/green-fund")).text
        assert "Members can ask for a grant." in (await staff.get("/staff/labs/green-fund/call")).text
        assert (await post_form(staff, "/staff/labs/green-fund/call", CALL)).status_code == 303
    content = (await lab_by_slug("green-fund")).call
    assert content is not None
    assert content.content.questions[0].id == "purpose"


async def test_the_form_asks_which_of_two_equal_times_is_meant(app: Any, database: None) -> None:
    lab = await a_lab()
    async with await signed_in(app) as staff:
        twice = CALL | {"closes_on": "2027-10-31", "closes_time": "02:30"}
        asked = await post_form(staff, f"/staff/labs/{lab.slug}/call", twice)
        assert asked.status_code == 422
        assert "Please say whether you mean the first or the second." in asked.text
        assert 'name="which_closes"' in asked.text
        done = await post_form(staff, f"/staff/labs/{lab.slug}/call", twice | {"which_closes": "second"})
        assert done.status_code == 303
        assert 'name="which_closes"' in (await staff.get(f"/staff/labs/{lab.slug}/call")).text


async def test_the_call_of_a_lab_is_worked_on(app: Any, database: None) -> None:
    lab = await a_called_lab()
    base = f"/staff/calls/lab/{lab.slug}"
    async with await signed_in(app) as staff:
        content = await fields_of(staff, f"{base}/content")
        saved = await post_form(
            staff, f"{base}/content", content | {"text_es": "Texto nuevo.", "eligibility": "everybody"}
        )
        assert saved.status_code == 303
        late = await post_form(staff, f"{base}/content", content | {"text_es": "Perdido."})
        assert late.status_code == 409
        assert "Perdido." in late.text
        wrong = await post_form(
            staff, f"{base}/content", content | {"people_max": "99", "title_fr": "x" * 500, "cohort_size": "many"}
        )
        assert wrong.status_code == 422
        assert "x" * 500 in wrong.text
        assert "Texto nuevo." in (await staff.get(f"{base}/preview?lang=es")).text
        page = (await staff.get(f"{base}?lang=en")).text
        assert "Members, and others whom staff find eligible, with a reason" in page
        criteria = await fields_of(staff, f"{base}/criteria")
        wrong = await post_form(staff, f"{base}/criteria", criteria | {"weight_0": "31"})
        assert wrong.status_code == 422
        assert "The weights add up to 101; they must add up to 100." in wrong.text
        done = await post_form(
            staff, f"{base}/criteria", criteria | {"weight_0": "20", "weight_4": "10", "name_4_en": "Luck"}
        )
        assert done.status_code == 303
    found = await holder_of("lab", lab.slug)
    assert [(one.code, one.weight) for one in found.content.criteria][-1] == ("luck", 10)
    assert found.content.words("es").text == "Texto nuevo."
    assert not found.content.members_only


async def test_questions_of_a_call_are_worked_on(app: Any, database: None) -> None:
    lab = await a_called_lab("fund")
    base = f"/staff/calls/lab/{lab.slug}"
    async with await signed_in(app) as staff:
        typed = {"kind": "text", "stage": "2", "label_en": "Who <i>pays</i>?", "purpose_en": "To know who.",
                 "version": field((await staff.get(f"{base}/questions/new")).text, "version")}  # fmt: skip
        missing = await post_form(staff, f"{base}/questions/new", typed | {"purpose_en": ""})
        assert missing.status_code == 422
        assert "Please say why you ask." in missing.text
        assert "Who &lt;i&gt;pays&lt;/i&gt;?" in missing.text
        assert (await post_form(staff, f"{base}/questions/new", typed)).status_code == 303
        assert (await post_form(staff, f"{base}/questions/new", typed)).status_code == 409
        question = (await holder_of("lab", lab.slug)).content.questions[-1]
        assert (question.stage, question.texts["en"].label) == (2, "Who <i>pays</i>?")
        own = await fields_of(staff, f"{base}/questions/{question.id}")
        done = await post_form(
            staff, f"{base}/questions/{question.id}", own | {"kind": "text", "stage": "1", "label_fr": "Qui ?"}
        )
        assert done.status_code == 303, done.text
        page = (await staff.get(base)).text
        assert "Who &lt;i&gt;pays&lt;/i&gt;?" in page
        refused = await post_form(staff, f"{base}/questions/other-money/remove", {}, base)
        assert refused.status_code == 409
        assert "is asked only after an answer to this question" in refused.text
        assert (await post_form(staff, f"{base}/questions/{question.id}/up", {}, base)).status_code == 303
        assert (await post_form(staff, f"{base}/questions/{question.id}/remove", {}, base)).status_code == 303
        assert (await post_form(staff, f"{base}/questions/{question.id}/remove", {}, base)).status_code == 404
        assert (await post_form(staff, f"{base}/questions/{question.id}/eat", {}, base)).status_code == 404
        assert (await staff.get(f"{base}/questions/nobody")).status_code == 404


async def test_extending_a_call_says_how_many_letters_are_on_their_way(app: Any, database: None) -> None:
    lab = await a_called_lab(closes_at=utc_now() + timedelta(days=3))
    await an_application_of(lab, "begun")
    base = f"/staff/calls/lab/{lab.slug}"
    async with await signed_in(app) as staff:
        wrong = await post_form(staff, f"{base}/extend", {"closes_on": "2026-01-02", "closes_time": "10:00"}, base)
        assert wrong.status_code == 422
        assert "An extended call closes later than it was to close." in wrong.text
        done = await post_form(staff, f"{base}/extend", {"closes_on": "2090-01-02", "closes_time": "10:00"}, base)
        assert (done.status_code, done.headers["location"]) == (303, base)
        assert "1 letter is on its way." in (await staff.get(base)).text
    assert len(await letters_of("call_extended")) == 1
    call = await call_of(lab.id)
    assert call is not None
    assert "extended; it was to close on" in (await page_of(app, f"/labs/{lab.slug}/call"))


async def page_of(app: Any, path: str) -> str:
    from tests.conftest import browser

    async with browser(app) as client:
        return str((await client.get(path)).text)


async def test_others_than_members_are_decided_about_on_a_page(app: Any, database: None) -> None:
    lab = await a_called_lab("fund")
    new = await an_application_of(lab, "friends", status="submitted")
    await sql("UPDATE application SET member = NULL, organisation = 'Friends <of> Shade' WHERE id = {}", new)
    base = f"/staff/calls/lab/{lab.slug}/eligibility"
    async with await signed_in(app) as staff:
        assert "Friends &lt;of&gt; Shade" in (await staff.get(base)).text
        wrong = await post_form(staff, f"{base}/{new}", {"is_eligible": "maybe", "reason": "Kept."}, base)
        assert wrong.status_code == 422
        assert "Kept." in wrong.text
        summary = wrong.text.split('id="error-summary"', 1)[1].split("</div>")[0]
        named = re.findall('href="#([^"]+)"', summary)
        assert named
        assert all(f'id="{one}"' in wrong.text for one in named), named
        done = await post_form(staff, f"{base}/{new}", {"is_eligible": "no", "reason": "No public body."}, base)
        assert (done.status_code, done.headers["location"]) == (303, base)
        assert "may not apply" in (await staff.get(base)).text
        other = await a_called_lab("pilot-project")
        there = f"/staff/calls/lab/{other.slug}/eligibility"
        assert (await post_form(staff, f"{there}/{new}", {"is_eligible": "yes"}, base)).status_code == 404
    async with await signed_in(app, "reader") as staff:
        assert (await staff.get(base)).status_code == 403


async def test_templates_are_written_changed_and_retired(app: Any, database: None) -> None:
    async with await signed_in(app) as staff:
        assert "There are no templates yet" in (await staff.get("/staff/lab-templates")).text
        await load_lab_templates(NOW)
        assert "Investment forum" in (await staff.get("/staff/lab-templates")).text
        typed = await fields_of(staff, "/staff/lab-templates/new")
        typed |= {"name": "Prize", "kind": "prize", "copy_of": "fund", "session_mode": "online", "one_en": "Prize",
                  "many_en": "Prizes", "session_titles_en": "Jury\nCeremony"}  # fmt: skip
        wrong = await post_form(staff, "/staff/lab-templates/new", typed | {"kind": "Big Prize", "session_number": "x"})
        assert wrong.status_code == 422
        assert "Big Prize" in wrong.text
        done = await post_form(staff, "/staff/lab-templates/new", typed)
        assert (done.status_code, done.headers["location"]) == (303, "/staff/lab-templates/prize")
        assert (await post_form(staff, "/staff/lab-templates/new", typed)).status_code == 409
        assert "Ceremony" in (await staff.get("/staff/lab-templates/prize?lang=en")).text
        own = await fields_of(staff, "/staff/lab-templates/prize/edit")
        own["session_mode"] = "online"
        assert (await post_form(staff, "/staff/lab-templates/prize/edit", own | {"many_fr": "Prix"})).status_code == 303
        assert (await post_form(staff, "/staff/lab-templates/prize/edit", own)).status_code == 409
        assert (
            await post_form(staff, "/staff/lab-templates/prize/retire", {}, "/staff/lab-templates/prize")
        ).status_code == 303
        assert "offered no more" in (await staff.get("/staff/lab-templates/prize")).text
        assert "Prize" not in (await staff.get("/staff/labs/new")).text
        assert (
            await post_form(staff, "/staff/lab-templates/prize/restore", {}, "/staff/lab-templates/prize")
        ).status_code == 303
        for path in ("", "/content", "/criteria", "/questions/new", "/preview?lang=fr"):
            assert (await staff.get(f"/staff/calls/template/prize{path}")).status_code == 200, path
    found = await template_by_code("prize")
    assert found.content.words["fr"].many == "Prix"
    assert found.content.sessions.titles == {"en": ("Jury", "Ceremony")}
    assert len(await templates()) == 5


async def test_who_only_reads_changes_nothing(app: Any, database: None) -> None:
    lab = await a_called_lab()
    base = f"/staff/calls/lab/{lab.slug}"
    async with await signed_in(app, "reader") as staff:
        assert (await staff.get(base)).status_code == 200
        for path in (f"{base}/content", f"{base}/criteria", f"{base}/questions/new", "/staff/rounds/new",
                     "/staff/lab-templates/new", "/staff/lab-templates/fund/edit"):  # fmt: skip
            assert (await staff.get(path)).status_code == 403, path


async def test_pages_of_staff_are_for_staff(client: httpx.AsyncClient) -> None:
    lab = await a_called_lab()
    for path in ("/staff/rounds", "/staff/lab-templates", f"/staff/calls/lab/{lab.slug}",
                 f"/staff/calls/lab/{lab.slug}/preview", f"/staff/rounds/{lab.lab_round}"):  # fmt: skip
        answer = await client.get(path)
        assert answer.status_code in (302, 303, 401), path
        assert "Shade" not in answer.text


async def test_the_json_interface_makes_a_lab_from_a_template(client: httpx.AsyncClient) -> None:
    await themes_loaded()
    await load_lab_templates(NOW)
    headers = bearer(await a_token())
    lab = {"name": "Seeds", "year": 2027, "themes": ["ecosystems"], "template": "fund"}
    assert (await client.post("/api/v1/labs", json=lab, headers=headers)).status_code == 201
    wrong = await client.post("/api/v1/labs", json=lab | {"template": "gift"}, headers=headers)
    assert wrong.status_code == 422
    call = {"opens_at": "2026-01-01T09:00:00Z", "closes_at": "2098-01-01T09:00:00Z", "time_zone": "Europe/Madrid",
            "text": "Plain.", "criteria": "Need."}  # fmt: skip
    answer = await client.post("/api/v1/labs/seeds/call", json=call, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["call"]["text"] == "Plain."
    again = await client.post("/api/v1/labs/seeds/call", json=call | {"text": "Plainer."}, headers=headers)
    assert (again.status_code, again.json()["call"]["text"]) == (200, "Plainer.")


async def test_the_json_interface_shows_the_call_that_a_lab_follows(client: httpx.AsyncClient) -> None:
    lab = await a_lab()
    await open_round_call(lab.lab_round, a_new_call(text="For all."), now=NOW, account_id=await some_account())
    found = (await client.get(f"/api/v1/labs/{lab.slug}")).json()
    assert (found["call"]["text"], found["call"]["state"]) == ("For all.", "open")
    headers = bearer(await a_token())
    call = {"opens_at": "2026-01-01T09:00:00Z", "closes_at": "2098-01-01T09:00:00Z", "time_zone": "Europe/Madrid"}
    answer = await client.post(f"/api/v1/labs/{lab.slug}/call", json=call, headers=headers)
    assert (answer.status_code, answer.json()["call"]["text"]) == (201, "")
    await open_call(lab.slug, a_new_call(), now=NOW, account_id=await some_account())
