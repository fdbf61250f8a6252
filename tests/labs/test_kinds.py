"""Pilot projects, forums and funds need a template and words only, and are never counted as labs."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from eventhub.applying.commands import SentFile, save_application, send_application
from eventhub.calls.opening import open_call
from eventhub.cohorts.commands import propose_cohort, send_decisions
from eventhub.cohorts.queries import Span, Wishes, places_of
from eventhub.database import sql, utc_now
from eventhub.errors import NotFound
from eventhub.feedback.commands import switch_asking
from eventhub.feedback.rules import Subject
from eventhub.labs.queries import lab_by_id
from eventhub.labs.report import lines_of_round, report_of_round
from eventhub.mail.queries import letter_by_id
from eventhub.mail.rendering import render
from eventhub.outcomes.commands import OutcomeFacts, add_outcome
from eventhub.reviewing.commands import assign_reviewer
from tests.applying.making import PDF, a_person_typed, begun, token, was
from tests.calls.calling import a_new_call, a_templated_lab
from tests.labs.test_report import TODAY, YEAR, a_round
from tests.make import NOW, a_member, a_token, an_application, bearer, post_form, signed_in, some_account

TEMPLATES = ("solutions-lab", "pilot-project", "investment-forum", "fund")


def answers_to(lab: Any) -> tuple[dict[str, Any], dict[str, SentFile]]:
    """Something for each question of the first stage."""
    typed: dict[str, Any] = {"motivation": "We want to try it."}
    files: dict[str, SentFile] = {}
    for one in lab.call.content.questions_of(1):
        name = f"q-{one.id}"
        if one.kind == "file":
            files[one.id] = SentFile("plan.pdf", PDF)
        elif one.options:
            typed[name] = [one.options[0].code] if one.kind == "choices" else one.options[0].code
        else:
            typed[name] = {"number": "3", "url": "https://example.org"}.get(one.kind, "Roofs that stay cool.")
    return typed, files


def said(page: httpx.Response) -> str:
    """What a page says between its navigation and its foot."""
    assert page.status_code == 200, page.text
    main = re.search(r"<main.*?</main>", page.text, re.DOTALL)
    assert main
    title = re.search(r"<title>(.*?)</title>", page.text, re.DOTALL)
    # the history of a page names the facts of the audit, not the kind
    return " ".join([title[1].split(" – ")[0] if title else "", re.sub(r"<[^>]*>", " ", main[0])])


@pytest.mark.parametrize("template", TEMPLATES)
async def test_every_template_goes_from_call_to_report_in_its_own_words(
    app: Any, client: httpx.AsyncClient, template: str
) -> None:
    await a_member("Barcelona")
    made = await a_templated_lab(template, "Cool roofs", YEAR)
    account = await some_account()
    lab = await open_call(made.slug, a_new_call(), now=NOW, account_id=account)
    pages = [said(await client.get(f"{lab.href}{end}")) for end in ("", "/call", "/apply", "/apply/sent")]
    editor = await begun(lab, now=utc_now())
    typed, files = answers_to(lab)
    typed |= a_person_typed(uuid4())
    pages.append(said(await client.get(editor.manage_path)))
    await save_application(token(editor), typed, was(dict.fromkeys(typed, "")), files, now=utc_now())
    await send_application(token(editor), {}, {}, now=utc_now())
    pages.append(said(await client.get(editor.manage_path)))
    application = (await sql("SELECT id FROM application"))[0]["id"]
    base = f"/staff/labs/{lab.slug}"
    async with await signed_in(app, "programme") as staff:
        one = f"/staff/applications/{application}"
        pages.append(said(await staff.get(one)))
        marks = {f"score_{code.code}": "4" for code in lab.call.content.criteria}
        reviewed = await post_form(staff, f"{one}/review", marks or {"score": "4"}, page=one)
        assert reviewed.status_code == 303, reviewed.text
        await propose_cohort(lab.slug, Wishes(size=Span(1, 1), meets_at=NOW), now=utc_now(), account_id=account)
        pages.append(said(await staff.get(f"{base}/choice")))
        accepted = await post_form(staff, f"{one}/accept", {"reason": "Sound."}, page=one)
        assert accepted.status_code == 303, accepted.text
        await send_decisions(lab.slug, (utc_now() + timedelta(days=9)).date(), now=utc_now(), account_id=account)
        place = (await places_of(lab.id, ["accepted"]))[0]
        pages.append(said(await client.get(place.path)))
        confirmed = await post_form(client, f"{place.path}/confirm", {}, page=place.path)
        assert confirmed.status_code == 303
        pages.append(said(await client.get(place.path)))
        await add_outcome(lab.slug, OutcomeFacts("Roofs", TODAY, ("barcelona",)), now=NOW, account_id=account)
        round_page = f"/staff/lab-reports/{YEAR}?kind={lab.kind}"
        for path in (
            "", "/edit", "/reviews", "/decisions", "/cohort", "/sessions/plan", "/feedback", "/outcomes", "/report",
            "/fairness",
        ):  # fmt: skip
            pages.append(said(await staff.get(f"{base}{path}")))
        for path in (round_page, f"/staff/rounds/{lab.lab_round}", f"/staff/rounds/{lab.lab_round}/choice"):
            pages.append(said(await staff.get(path)))
        pages.append(said(await staff.get(f"/staff/calls/lab/{lab.slug}")))
    report = await report_of_round(YEAR, TODAY, lab.kind)
    assert (len(report.labs), report.applications, report.accepted) == (1, 1, 1)
    assert report.outcomes["agreed"] == 1
    letters = []
    for row in await sql("SELECT id FROM letter"):
        found, facts = await letter_by_id(row["id"])
        letter = render(found.kind, "en", facts, recipient_address=found.recipient_address)
        letters.append(f"{letter.subject} {re.sub('https?://[^ ]*', '', letter.text)}")
    assert len(letters) >= 3
    if template != "solutions-lab":
        spoken = [text for text in (*pages, *letters) if re.search(r"\blabs?\b", text, re.IGNORECASE)]
        assert [
            found for text in spoken for found in re.findall(r"[^\n]{0,60}\blabs?\b[^\n]{0,60}", text, re.IGNORECASE)
        ] == []


async def a_pilot(name: str = "Cool roofs") -> Any:
    """A pilot project of the year with two applications, an answer and an outcome."""
    lab = await a_templated_lab("pilot-project", name, YEAR)
    lima = (await sql("SELECT id FROM member WHERE key = 'lima'"))[0]["id"]
    contact = (await sql("SELECT contact FROM application LIMIT 1"))[0]["contact"]
    for status in ("accepted", "declined"):
        await sql(
            "INSERT INTO application (id, lab, member, contact, contact_name, motivation, offers, needs, status, "
            "reason, language, submitted_at, status_at, entry) "
            "VALUES ({}, {}, {}, {}, 'Contact', '', '', '', {}, '', 'en', {}, {}, {})",
            uuid4(), lab.id, lima, contact, status, NOW, NOW, 1 if status == "accepted" else 2,
        )  # fmt: skip
    await sql(
        "INSERT INTO feedback (id, lab, person, language, asked_at, usefulness, overall, comment, consent, answered_at) "
        "VALUES ({}, {}, {}, 'en', {}, 1, 1, 'No.', 'none', {})",
        uuid4(), lab.id, contact, NOW, NOW,
    )  # fmt: skip
    await switch_asking(Subject.LAB, lab.id, on=True, now=NOW, account_id=await some_account())
    facts = OutcomeFacts("Paint", TODAY, ("lima",))
    await add_outcome(lab.slug, facts, now=NOW, account_id=await some_account())
    return lab


async def test_what_is_no_lab_changes_no_figure_of_the_labs(database: None) -> None:
    await a_round()
    before = await report_of_round(YEAR, TODAY)
    pilot = await a_pilot()
    assert await report_of_round(YEAR, TODAY) == before
    own = await report_of_round(YEAR, TODAY, "pilot")
    assert [lab.slug for lab in own.labs] == [pilot.slug]
    assert (own.applications, own.accepted, own.members_applied, own.whole.answered) == (2, 1, 1, 1)
    assert own.outcomes["agreed"] == 1
    assert not [line for line in lines_of_round(before) if pilot.slug in line]


async def test_each_kind_has_its_report_as_page_file_and_json(app: Any, client: httpx.AsyncClient) -> None:
    await a_round()
    pilot = await a_pilot()
    token_ = bearer(await a_token("programme"))
    found = await client.get(f"/api/v1/lab-rounds/{YEAR}/report?kind=pilot", headers=token_)
    assert (found.json()["kind"], found.json()["labs"], found.json()["applications"]) == ("pilot", 1, 2)
    of_labs = (await client.get(f"/api/v1/lab-rounds/{YEAR}/report", headers=token_)).json()
    assert (of_labs["kind"], of_labs["labs"]) == ("lab", 2)
    async with await signed_in(app, "programme") as staff:
        page = (await staff.get(f"/staff/lab-reports/{YEAR}?kind=pilot")).text
        assert f"Report: Pilot projects of {YEAR}" in page
        assert f'href="/staff/lab-reports/{YEAR}"' in page
        lines = (await staff.get(f"/staff/lab-reports/{YEAR}.csv?kind=pilot")).text
        assert ",labs,,1" in lines
        assert f'href="/staff/lab-reports/{YEAR}?kind=pilot"' in (await staff.get(f"/staff/lab-reports/{YEAR}")).text
        one = await staff.get(f"/staff/labs/{pilot.slug}/report")
        assert one.status_code == 200
        of_pilots = UUID(str(pilot.lab_round))
        where = f"/staff/lab-reports/{YEAR}"
        name = f"of-{of_pilots.hex[:8]}-"
        version = (await sql("SELECT version FROM lab_round WHERE id = {}", of_pilots))[0]["version"]
        written = await post_form(
            staff, f"{where}/lessons/{of_pilots}",
            {f"{name}lessons": "Ask for less.", f"{name}version": str(version)}, page=f"{where}?kind=pilot",
        )  # fmt: skip
        assert written.headers["location"].startswith(f"{where}?kind=pilot")
        for wrong in ("?kind=circus", "?kind=%00", f"?kind={'x' * 600}"):
            assert (await staff.get(f"{where}{wrong}")).status_code == 404
    with pytest.raises(NotFound):
        await report_of_round(YEAR, TODAY, "fund")
    assert (await lab_by_id(pilot.id)).kind == "pilot"


async def test_lists_of_staff_that_hold_every_kind_say_of_which_kind_each_is(app: Any) -> None:
    await a_member("Barcelona")
    account = await some_account()
    fund = await a_templated_lab("fund", "Cool roofs", YEAR)
    lab = await open_call(fund.slug, a_new_call(), now=NOW, account_id=account)
    sent = await an_application(lab)
    await add_outcome(fund.slug, OutcomeFacts("Roofs", TODAY, ("barcelona",)), now=NOW, account_id=account)
    async with await signed_in(app, "programme") as staff:
        (me,) = await sql("SELECT id FROM account WHERE email_key = 'programme@example.org'")
        await assign_reviewer(sent.id, me["id"], now=NOW, account_id=account)
        for path in ("/staff/labs", "/staff/reviews", "/staff/follow-ups"):
            page = (await staff.get(path)).text
            main = page[page.index("<main") : page.index("</main>")]
            assert "Labs and other calls" in main, path
            assert "Fund" in main, path
            assert not re.search(r">(New )?[Ll]abs?<", main), path
