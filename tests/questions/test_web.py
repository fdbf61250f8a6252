"""Pages of questions: what staff write and see, and the form that participants fill in."""

import asyncio
import base64
import re
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.database import sql
from eventhub.links import make_link
from eventhub.questions.commands import change_question, retire_question
from eventhub.questions.queries import answers_of, questions_of
from eventhub.questions.rules import Condition, Definition, Texts
from tests.make import (
    BASE_URL,
    NOW,
    a_member,
    a_question,
    an_event,
    field,
    post_form,
    registered,
    signed_in,
    some_account,
)
from tests.registrations.looking import letter_token_of

pytestmark = pytest.mark.usefixtures("database")
YES_NO = (("yes", "Yes"), ("no", "No"))
PDF = b"%PDF-1.7 one"
EVIL = '"><script>alert(1)</script>'
VISA = {
    "kind": "choice", "label_en": "Do you need a visa?", "purpose_en": "To write letters of invitation.",
    "label_es": "¿Necesita visado?", "option_0_en": "Yes", "option_0_es": "Sí", "option_2_en": "No", "option_2_es": "No",
    "shown_if": "attends=on_site", "is_required": "y", "least": "", "most": "",
}  # fmt: skip


def on(event: Any, rest: str = "") -> str:
    return f"/staff/events/{event.slug}/questions{rest}"


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


async def kept_answers(event: Any) -> list[dict[str, Any]]:
    rows = await sql("SELECT id FROM registration WHERE event = {} ORDER BY registered_at, name", event.id)
    return [(await answers_of(row["id"])).answers for row in rows]


async def send(client: Any, event: Any, data: dict[str, Any], files: dict[str, Any] | None = None) -> Any:
    """Register as a browser does."""
    page = (await client.get(f"{event.href}/register")).text
    typed = {"_csrf_token": field(page, "_csrf_token"), "name": "Ada", "email": "ada@example.org", "language": "en"}
    return await client.post(f"{event.href}/register", data=typed | data, files=files, headers={"Origin": BASE_URL})


# Staff


async def test_an_event_without_questions_says_what_they_are_for(app: Any):
    event = await an_event()
    async with await signed_in(app) as staff:
        page = (await staff.get(on(event))).text
    assert "This event asks nothing of its own" in page


async def test_a_question_is_written_changed_moved_and_removed_by_forms(app: Any):
    event = await an_event(mode="hybrid", place="Barcelona")
    async with await signed_in(app) as staff:
        assert (await post_form(staff, on(event, "/new"), VISA)).status_code == 303
        (visa,) = await questions_of(event.id)
        assert visa.texts == {
            "en": Texts("Do you need a visa?", "", "To write letters of invitation."), "es": Texts("¿Necesita visado?"),
        }  # fmt: skip
        assert [(one.code, dict(one.labels)) for one in visa.options] == [
            ("yes", {"en": "Yes", "es": "Sí"}),
            ("no", {"en": "No", "es": "No"}),
        ]
        assert (visa.shown_if, visa.is_required) == (Condition("attends", "on_site"), True)
        page = (await staff.get(on(event, f"/{visa.id}"))).text
        assert field(page, "option_1_code") == "no" and 'value="¿Necesita visado?"' in page
        changed = VISA | {"option_0_code": "yes", "option_0_en": "Certainly", "option_2_code": "no", "shown_if": ""}
        assert (await post_form(staff, on(event, f"/{visa.id}"), changed)).status_code == 303
        (visa,) = await questions_of(event.id)
        assert [one.code for one in visa.options] == ["yes", "no"] and visa.options[0].labels["en"] == "Certainly"
        diet = await a_question(event, "Diet")
        assert (await post_form(staff, on(event, f"/{diet.id}/up"), {}, on(event))).status_code == 303
        assert [one.id for one in await questions_of(event.id)] == [diet.id, visa.id]
        page = (await staff.get(on(event))).text
        assert "Only if you attend" not in page and "Missing in Français" in page
        assert "Missing in Español, Français" in page
        answer = await post_form(staff, on(event, f"/{diet.id}/remove"), {}, on(event))
        assert answer.status_code == 303
        assert "The question is deleted; nobody had answered it." in (await staff.get(on(event))).text
        await registered(event, "Ada", attends="online", answers={visa.id: "yes"})
        page = (await staff.get(on(event, f"/{visa.id}"))).text
        assert "1 registration answers this question." in page
        await post_form(staff, on(event, f"/{visa.id}/remove"), {}, on(event))
        page = (await staff.get(on(event))).text
        assert "The question is asked no more. Its answers stay." in page and "Asked no more" in page


async def test_a_bad_question_is_shown_again_as_it_was_typed(app: Any):
    event = await an_event()
    bad = VISA | {
        "label_en": "x" * 501, "purpose_en": "", "option_0_en": "", "option_2_en": EVIL, "kind": "riddle",
        "shown_if": "gender=woman", "least": "many",
    }  # fmt: skip
    async with await signed_in(app) as staff:
        page = await post_form(staff, on(event, "/new"), bad)
        assert page.status_code == 422
        assert "x" * 501 in page.text and "<script>alert" not in page.text
        for wrong in (
            {"kind": "choice"},
            {"kind": "choice", "least": "", "shown_if": "=="},
            {"kind": "number", "least": "9" * 5000},
        ):
            page = await post_form(staff, on(event, "/new"), bad | wrong)
            assert page.status_code == 422
        page = await post_form(staff, on(event, "/new"), bad | {"kind": "choice", "least": ""})
        words = text_of(page.text)
        assert "Please say why you ask. Everybody who registers reads it." in words
        assert "Answer 1 (English): Please write this answer in the language of the event." in words
        assert "Please choose an answer to a question that is asked before this one." in words
    assert await questions_of(event.id) == []


async def test_a_refusal_is_shown_on_the_page(app: Any):
    event = await an_event()
    visa = await a_question(event, "Visa", kind="choice", options=YES_NO)
    passport = await a_question(event, "Passport", shown_if=Condition(visa.id, "yes"))
    async with await signed_in(app) as staff:
        for path, at in ((f"/{visa.id}/remove", on(event)), (f"/{passport.id}/up", on(event)), (f"/{visa.id}", None)):
            answer = await post_form(staff, on(event, path), VISA | {"kind": "text", "shown_if": ""}, at)
            assert answer.status_code == 409 and "“Passport”" in answer.text
        answer = await post_form(staff, on(event, f"/{visa.id}/burn"), {}, on(event))
        assert answer.status_code == 404
    assert [one.id for one in await questions_of(event.id)] == [visa.id, passport.id]


async def test_questions_are_copied_from_another_event(app: Any):
    event, other = await an_event(), await an_event(title="Other")
    await a_question(other, "Diet")
    async with await signed_in(app) as staff:
        for wrong in ("nothing", "", event.slug, "x" * 501, "\x00"):
            assert (await post_form(staff, on(event, "/copy"), {"event": wrong}, on(event))).status_code == 422
        assert (await post_form(staff, on(event, "/copy"), {"event": other.slug}, on(event))).status_code == 303
        assert "1 question is copied." in (await staff.get(on(event))).text


async def test_the_preview_shows_the_form_in_each_language_and_leaves_the_reader_s_own_alone(app: Any):
    event = await an_event()
    visa = await a_question(event, texts={"en": Texts("Visa?", "", "Why so"), "es": Texts("¿Visado?", "", "Porque sí")})
    await a_question(event, "Diet")
    async with await signed_in(app) as staff:
        spanish = await staff.get(on(event, "/preview?lang=es"))
        assert spanish.status_code == 200 and spanish.headers["content-language"] == "es"
        assert "¿Visado?" in spanish.text and "Porque sí" in spanish.text and 'lang="en"' in spanish.text
        assert not [name for name in spanish.headers.get_list("set-cookie") if name.startswith("lang=")]
        assert (
            f'name="q-{visa.id}"' in spanish.text
            and 'type="submit"' not in spanish.text.split('id="preview"')[1].split("</form>")[0]
        )
        assert "Questions of the registration form" in (await staff.get(on(event))).text


async def test_readers_see_questions_and_cannot_change_them(app: Any):
    event = await an_event()
    question = await a_question(event)
    async with await signed_in(app, "reader") as reader:
        page = await reader.get(on(event))
        assert page.status_code == 200 and "Add a question" not in page.text and "/remove" not in page.text
        assert (await reader.get(on(event, "/preview"))).status_code == 200
        assert (await reader.get(on(event, "/new"))).status_code == 403
        assert (await reader.get(on(event, f"/{question.id}"))).status_code == 403


async def test_labels_are_never_markup(app: Any, client: Any):
    event = await an_event()
    first = await a_question(
        event, texts={"en": Texts(EVIL, EVIL, EVIL)}, kind="choice", options=(("a", EVIL), ("b", "%(x)s %s {}"))
    )
    await a_question(event, "%(x)s 100 % {}", shown_if=Condition(first.id, "a"), is_required=True)
    async with await signed_in(app) as staff:
        pages = [await staff.get(on(event, rest)) for rest in ("", f"/{first.id}", "/preview", "/new")]
        pages.append(await staff.get(on(event, "/preview?lang=fr")))
    pages.append(await client.get(f"{event.href}/register"))
    pages.append(await send(client, event, {f"q-{first.id}": "a"}))
    assert [page.status_code for page in pages] == [200, 200, 200, 200, 200, 200, 422]
    for page in pages:
        assert "<script>alert" not in page.text
        assert "alert(1)" in page.text


# The form


async def test_the_form_shows_questions_with_purpose_condition_and_what_a_script_needs(client: Any):
    event = await an_event(mode="hybrid", place="Barcelona")
    hotel = await a_question(event, "Hotel", shown_if=Condition("attends", "on_site"))
    page = (await client.get(f"{event.href}/register")).text
    words = text_of(page)
    assert "Why we ask: To prepare the event." in words and "Only if you attend on site." in words
    assert 'data-shown-if="attends" data-shown-value="on_site"' in page
    assert f'aria-describedby="q-{hotel.id}-for q-{hotel.id}-why"' in page
    assert "We ask so that the organisers can prepare it; only they read your answer." in words
    assert "style=" not in page and "onclick" not in page and "multipart" not in page


async def test_answers_of_every_kind_are_kept(client: Any):
    event = await an_event()
    text = await a_question(event, "Text")
    long_text = await a_question(event, "Long", kind="long_text")
    choice = await a_question(event, "Choice", kind="choice", options=YES_NO)
    choices = await a_question(event, "Choices", kind="choices", options=YES_NO)
    number = await a_question(event, "Number", kind="number")
    day = await a_question(event, "Day", kind="date")
    passport = await a_question(event, "File", kind="file")
    assert 'enctype="multipart/form-data"' in (await client.get(f"{event.href}/register")).text
    data = {
        f"q-{text.id}": "a\x00b", f"q-{long_text.id}": "a\r\nb", f"q-{choice.id}": "yes",
        f"q-{choices.id}": ["no", "yes"], f"q-{number.id}": "3,5", f"q-{day.id}": "2027-05-12", "q-other": "x",
        "access_needs": "captions",
    }  # fmt: skip
    answer = await send(client, event, data, {f"q-{passport.id}": ("p.pdf", PDF, "text/html")})
    assert answer.status_code == 303
    assert await kept_answers(event) == [
        {
            text.id: "a b", long_text.id: "a\nb", choice.id: "yes", choices.id: ["yes", "no"], number.id: 3.5,
            day.id: "2027-05-12", passport.id: "p.pdf",
        }
    ]  # fmt: skip
    assert await sql("SELECT access_needs FROM registration") == [{"access_needs": "captions"}]


async def test_faults_are_said_at_the_question_and_in_the_summary_and_what_was_typed_stays(client: Any):
    event = await an_event()
    diet = await a_question(event, "Diet", is_required=True)
    visa = await a_question(event, "Visa", kind="choice", options=YES_NO, is_required=True)
    days = await a_question(event, "Days", kind="choices", options=YES_NO)
    story = await a_question(event, "Story", kind="long_text")
    data = {f"q-{visa.id}": EVIL, f"q-{days.id}": ["yes"], f"q-{story.id}": "x" * 5001 + "<b>", "name": ""}
    page = await send(client, event, data)
    assert page.status_code == 422
    words = text_of(page.text)
    assert "Diet: Please answer this question." in words and "Visa: Please choose one of the answers." in words
    assert "Story: This is too long; 5000 characters is the most." in words and "Please give your name." in words
    assert f'<a href="#q-{diet.id}">' in page.text and f'id="q-{diet.id}"' in page.text
    assert "x" * 5001 + "&lt;b&gt;</textarea>" in page.text
    assert re.search(rf'id="q-{days.id}" name="q-{days.id}" value="yes" checked', page.text)
    assert page.text.count("<title>Error:") == 1
    assert await kept_answers(event) == []


async def test_a_file_that_lies_or_is_too_large_is_refused_and_a_good_one_asked_for_again(client: Any):
    event = await an_event()
    passport = await a_question(event, "Passport", kind="file")
    photo = await a_question(event, "Photo", kind="file")
    files = {
        f"q-{passport.id}": ("passport.pdf", b"<html><script>alert(1)</script>", "application/pdf"),
        f"q-{photo.id}": ("photo.pdf", PDF, "application/pdf"),
    }
    page = await send(client, event, {}, files)
    words = text_of(page.text)
    assert page.status_code == 422
    assert (
        "Passport: Please choose a PDF, JPEG or PNG file. This file is none of these, whatever its name says." in words
    )
    assert "Please choose the file again; browsers do not keep it." in words
    page = await send(client, event, {}, {f"q-{passport.id}": ("p.pdf", PDF + b" " * 5_000_000, "application/pdf")})
    assert page.status_code == 422 and "This file is larger than 5 MB." in page.text
    page = await send(client, event, {}, {f"q-{passport.id}": ("p.pdf", PDF + b" " * 41_000_000, "application/pdf")})
    assert page.status_code == 413
    assert await kept_answers(event) == []


async def test_files_far_too_large_lose_nothing_that_was_typed(client: Any):
    event = await an_event()
    passport = await a_question(event, "Passport", kind="file", is_required=True)
    why = await a_question(event, "Why", kind="long_text")
    large = ("p.pdf", PDF + b" " * 25_000_000, "application/pdf")
    typed = {"name": "Zoë Ångström", "access_needs": "A ramp", f"q-{why.id}": "Because of <trees>"}
    page = await send(client, event, typed, {f"q-{passport.id}": large})
    assert page.status_code == 422
    assert "Passport: This file is larger than 5 MB." in text_of(page.text)
    for said in ("Zoë Ångström", "A ramp", "Because of &lt;trees&gt;"):
        assert said in page.text
    assert await kept_answers(event) == []


async def test_the_form_speaks_the_reader_s_language(client: Any):
    event = await an_event()
    await a_question(event, texts={"en": Texts("Visa?", "", "Why so"), "es": Texts("¿Visado?", "", "Porque sí")})
    page = (await client.get(f"{event.href}/register?lang=es")).text
    assert "¿Visado?" in page and "Porque sí" in page and "Visa?" not in page


async def test_a_condition_on_the_member_waits_for_any_member(client: Any):
    await a_member("Barcelona")
    event = await an_event()
    office = await a_question(event, "Office", is_required=True, shown_if=Condition("member", "yes"))
    other = await a_question(event, "Who pays", is_required=True, shown_if=Condition("member", "no"))
    assert 'data-shown-if="member" data-shown-value="*"' in (await client.get(f"{event.href}/register")).text
    page = await send(client, event, {"member": "barcelona", f"q-{other.id}": "x"})
    assert page.status_code == 422 and "Office: Please answer" in text_of(page.text)
    page = await send(client, event, {"member": "barcelona", f"q-{office.id}": "Mayor", f"q-{other.id}": "x"})
    assert page.status_code == 303
    assert await kept_answers(event) == [{office.id: "Mayor"}]


# Files


async def test_only_those_who_work_on_events_get_a_file_and_as_an_attachment(app: Any, client: Any):
    event, other = await an_event(), await an_event(title="Other")
    passport = await a_question(event, "Passport", kind="file")
    await send(client, event, {}, {f"q-{passport.id}": ('pässe "1".html', PDF, "text/html")})
    (row,) = await sql("SELECT id FROM registration")
    path = f"/staff/events/{event.slug}/registrations/{row['id']}/files/{passport.id}"
    assert (await client.get(path)).status_code in (303, 401)
    for role in ("reader", "check-in"):
        async with await signed_in(app, role) as staff:
            assert (await staff.get(path)).status_code == 403
    async with await signed_in(app, "organiser") as staff:
        answer = await staff.get(path)
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer.headers["content-disposition"] == (
            "attachment; filename=\"p_sse 1.pdf\"; filename*=UTF-8''p%C3%A4sse%201.pdf"
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        assert (await staff.get(path.replace(event.slug, other.slug))).status_code == 404
        assert (await staff.get(path.replace(passport.id, str(row["id"])))).status_code == 404


# The JSON interface


async def test_the_json_interface_checks_answers_in_the_same_way(client: Any):
    event = await an_event()
    diet = await a_question(event, "Diet", is_required=True)
    days = await a_question(event, "Days", kind="choices", options=YES_NO)
    nights = await a_question(event, "Nights", kind="number", least=0, most=9)
    passport = await a_question(event, "Passport", kind="file")
    path, ada = f"/api/v1/events/{event.slug}/registrations", {"name": "Ada", "email": "ada@example.org"}
    answer = await client.post(path, json=ada)
    assert answer.status_code == 422 and diet.id in answer.text
    bad = {diet.id: "x" * 501, days.id: ["never"], nights.id: 10, passport.id: {"name": "p.pdf", "content": "PGI+"}}
    answer = await client.post(path, json=ada | {"answers": bad})
    assert answer.status_code == 422
    assert all(key in answer.text for key in bad)
    for wrong in ({diet.id: {"a": 1}}, {passport.id: {"name": "p", "content": "?"}}, [1], "x"):
        answer = await client.post(path, json=ada | {"answers": wrong})
        assert answer.status_code in (400, 422)
    assert await kept_answers(event) == []
    good = {
        diet.id: "vegan", days.id: ["yes"], nights.id: 2.5, "unknown": "x",
        passport.id: {"name": "p.pdf", "content": base64.b64encode(PDF).decode()},
    }  # fmt: skip
    answer = await client.post(path, json=ada | {"answers": good})
    assert answer.status_code == 201
    assert await kept_answers(event) == [{diet.id: "vegan", days.id: ["yes"], nights.id: 2.5, passport.id: "p.pdf"}]
    assert (await sql("SELECT content FROM answer_file"))[0]["content"] == PDF


# When staff change the form while somebody fills it in


async def staff_do(command: Any, event: Any, question: Any, *more: Any) -> None:
    await command(event.slug, UUID(question.id), *more, now=NOW, account_id=await some_account())


async def opened(client: Any, event: Any) -> dict[str, Any]:
    """The hidden fields of a form that somebody has just opened, and a name and an address."""
    page = (await client.get(f"{event.href}/register")).text
    hidden = {name: field(page, name) for name in ("_csrf_token", "submission_key")}
    return hidden | {"name": "Ada", "email": "ada@example.org", "language": "en"}


@pytest.mark.parametrize("answered", [False, True], ids=["deleted", "asked no more"])
async def test_an_answer_to_a_question_that_was_taken_away_loses_nothing_else(client: Any, answered: bool):
    event = await an_event()
    visa, diet = await a_question(event), await a_question(event, "Diet")
    papers = await a_question(event, "Papers", kind="file")
    typed = await opened(client, event)
    if answered:
        await registered(event, "Bo", answers={visa.id: "yes"})
    for gone in (visa, papers):
        await staff_do(retire_question, event, gone)
    data = typed | {f"q-{visa.id}": "Oh no", f"q-{diet.id}": "Vegan"}
    files = {f"q-{papers.id}": ("p.pdf", PDF, "application/pdf")}
    done = await client.post(f"{event.href}/register", data=data, files=files, headers={"Origin": BASE_URL})
    assert done.status_code == 303
    page = text_of((await client.get(done.headers["location"])).text)
    assert (
        "2 questions were removed or replaced while you had the form open, so your answers to them were not taken over. "
        "Nothing else is lost." in page
    )
    kept = await kept_answers(event)
    assert {diet.id: "Vegan"} in kept and "Oh no" not in str(kept)
    assert await sql("SELECT id FROM answer_file") == []


async def test_who_left_that_question_empty_is_told_nothing(client: Any):
    event = await an_event()
    visa, diet = await a_question(event), await a_question(event, "Diet")
    typed = await opened(client, event)
    await staff_do(retire_question, event, visa)
    data = typed | {f"q-{visa.id}": "", f"q-{diet.id}": "Vegan", "q-nothing": "x", "q-" + "x" * 501: "y", "q-\x00": "z"}
    done = await client.post(f"{event.href}/register", data=data, headers={"Origin": BASE_URL})
    assert done.status_code == 303
    assert "removed or replaced" not in (await client.get(done.headers["location"])).text
    assert await kept_answers(event) == [{diet.id: "Vegan"}]


async def test_a_question_made_required_meanwhile_shows_the_form_again_with_all_that_was_typed(client: Any):
    event = await an_event()
    visa, diet, old = await a_question(event), await a_question(event, "Diet"), await a_question(event, "Old")
    typed = await opened(client, event)
    await staff_do(change_question, event, visa, Definition("text", visa.texts, is_required=True))
    await staff_do(retire_question, event, old)
    data = typed | {"organisation": "City Hall", f"q-{diet.id}": "Vegan", f"q-{old.id}": "Gone", f"q-{visa.id}": ""}
    again = await client.post(f"{event.href}/register", data=data, headers={"Origin": BASE_URL})
    assert again.status_code == 422
    assert f'href="#q-{visa.id}">Do you need a visa?: Please answer this question.' in again.text
    for said in ('value="Ada"', 'value="ada@example.org"', 'value="City Hall"', 'value="Vegan"'):
        assert said in again.text, said
    assert "A question was removed or replaced while you had the form open" in again.text
    assert await sql("SELECT id FROM registration") == []
    assert field(again.text, "submission_key") == typed["submission_key"]
    done = await client.post(f"{event.href}/register", data=data | {f"q-{visa.id}": "No"}, headers={"Origin": BASE_URL})
    assert done.status_code == 303
    assert await kept_answers(event) == [{visa.id: "No", diet.id: "Vegan"}]


async def test_the_holder_is_told_too_when_a_question_is_gone_and_keeps_the_others(client: Any):
    event = await an_event()
    visa, diet = await a_question(event), await a_question(event, "Diet")
    done = await registered(event, "Ada")
    path = f"/registrations/{letter_token_of(done)}"
    page = (await client.get(path)).text
    assert f'name="q-{visa.id}"' in page
    token = field(page, "_csrf_token")
    await staff_do(retire_question, event, visa)
    data = {"_csrf_token": token, f"q-{visa.id}": "Oh no", f"q-{diet.id}": "Vegan"}
    sent = await client.post(f"{path}/answers", data=data, headers={"Origin": BASE_URL})
    assert sent.status_code == 303
    page = (await client.get(path)).text
    assert "Your changes are kept. A question was removed or replaced while you had the form open" in page
    assert await kept_answers(event) == [{diet.id: "Vegan"}]


async def test_files_that_arrive_while_their_question_is_taken_away_break_nothing(client: Any):
    event = await an_event()
    papers = [await a_question(event, f"Papers {number}", kind="file") for number in range(3)]
    forms = [await opened(client, event) | {"email": f"p{number}@example.org"} for number in range(6)]

    async def sends(number: int) -> int:
        files = {f"q-{one.id}": ("p.pdf", PDF, "application/pdf") for one in papers}
        answer = await client.post(
            f"{event.href}/register", data=forms[number], files=files, headers={"Origin": BASE_URL}
        )
        return int(answer.status_code)

    done = await asyncio.gather(*(sends(n) for n in range(6)), *(staff_do(retire_question, event, p) for p in papers))
    assert done[:6] == [303] * 6
    assert len(await sql("SELECT id FROM registration")) == 6
    kept = await sql(
        "SELECT f.question AS question, q.retired_at AS retired FROM answer_file f JOIN question q ON q.id = f.question"
    )
    assert all(row["retired"] for row in kept)  # what was kept is shown as the answer to a question asked no more


# By invitation


async def an_invitation(event: Any, email: str = "ada@example.org") -> str:
    new = uuid4()
    await sql(
        "INSERT INTO registration_invitation (id, event, email, email_key, name, language, link_version, invited_at) "
        "VALUES ({}, {}, {}, {}, 'Ada L.', 'en', 1, {})",
        new, event.id, email, email, NOW,
    )  # fmt: skip
    return make_link("invitation", new, 1)


async def test_an_invitation_opens_the_form_for_its_own_address_and_others_read_why_not(client: Any):
    event, other = (
        await an_event(registration_mode="invitation"),
        await an_event(title="Other", registration_mode="invitation"),
    )
    token, elsewhere = await an_invitation(event), await an_invitation(other)
    for wrong in ("", "?invitation=", "?invitation=nothing", f"?invitation={elsewhere}", "?invitation=%00" + "x" * 501):
        page = await client.get(f"{event.href}/register{wrong}")
        assert page.status_code == 200 and 'id="register"' not in page.text
        assert "This event takes those who were invited." in page.text
    shown = await client.get(f"{event.href}/register?invitation={token}")
    assert "Your invitation is for this address." in shown.text and 'value="Ada L."' in shown.text
    typed = {
        "_csrf_token": field(shown.text, "_csrf_token"),
        "name": "Ada",
        "language": "en",
        "email": "eve@example.org",
    }
    page = await client.post(f"{event.href}/register", data=typed | {"invitation_token": elsewhere})
    assert page.status_code in (403, 404, 409)
    page = await client.post(f"{event.href}/register", data=typed | {"invitation_token": token, "name": ""})
    assert page.status_code == 422 and field(page.text, "invitation_token") == token
    page = await client.post(f"{event.href}/register", data=typed | {"invitation_token": token})
    assert page.status_code == 303
    rows = await sql("SELECT p.email AS email FROM registration r JOIN person p ON p.id = r.person")
    assert rows == [{"email": "ada@example.org"}]
