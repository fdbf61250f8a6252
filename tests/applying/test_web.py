"""Pages of those who apply, as a browser sees them: with and without the script."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest

from eventhub.applying.commands import invite_editor, send_application
from eventhub.applying.queries import draft_of
from eventhub.applying.rules import person_field
from eventhub.database import sql, utc_now
from tests.applying.making import PDF, a_call, a_person_typed, begun, letters, question, saved, token, with_colleague
from tests.conftest import browser
from tests.make import BASE_URL, NOW, a_lab_with_call, a_member, a_token, bearer, field, post_form, signed_in

pytestmark = pytest.mark.usefixtures("database")
WHO = {"member": "barcelona", "contact_name": "Zoë <b>Ñandú</b>", "email": "zoe@example.org", "language": "fr"}


def remembered(page: str) -> dict[str, str]:
    """What the form of a page remembers of its fields, as the browser sends it along."""
    return dict(re.findall(r'name="(was-[^"]+)" value="([0-9a-f]*)"', page))


async def send_form(
    client: httpx.AsyncClient, path: str, shown: str, typed: dict[str, Any], action: str = "save", **more: Any
) -> httpx.Response:
    """Press a button of a form that was loaded before."""
    data = {"_csrf_token": field(shown, "_csrf_token"), **remembered(shown), **typed, "action": action}
    return await client.post(path, data=data, headers={"Origin": BASE_URL}, **more)


async def autosave(client: httpx.AsyncClient, path: str, shown: str, fields: Any) -> httpx.Response:
    """What the script sends every few seconds."""
    headers = {"Origin": BASE_URL, "X-CSRF-Token": field(shown, "_csrf_token")}
    return await client.post(f"{path}/save", json={"fields": fields}, headers=headers)


async def test_beginning_sends_a_letter_and_shows_no_link(client: httpx.AsyncClient) -> None:
    await a_member()
    await a_member("Accra", region="africa")
    lab = await a_lab_with_call()
    form = (await client.get(f"/labs/{lab.slug}/apply")).text
    assert 'id="apply"' in form
    assert '<option value="">Please choose</option><optgroup label="Africa">' in form
    assert 'name="organisation"' not in form
    sent = await post_form(client, f"/labs/{lab.slug}/apply", WHO)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/labs/{lab.slug}/apply/sent")
    page = (await client.get(sent.headers["location"])).text
    assert "/applications/" not in page
    (letter,) = await letters("application_begun")
    assert letter["recipient_address"] == "zoe@example.org"
    personal = await client.get(letter["facts"]["manage_url"])
    assert personal.status_code == 200
    assert personal.headers["referrer-policy"] == "no-referrer"
    assert "Zoë &lt;b&gt;Ñandú&lt;/b&gt;" in personal.text
    assert await sql("SELECT seen_at FROM application_editor") == [{"seen_at": None}]


async def test_a_mistake_in_beginning_keeps_everything_typed(client: httpx.AsyncClient) -> None:
    await a_member()
    lab = await a_call(eligibility="everybody")
    wrong = {**WHO, "email": "nobody", "member": "", "organisation": "Port <i>", "country": "FR"}
    page = await post_form(client, f"/labs/{lab.slug}/apply", wrong)
    assert page.status_code == 422
    assert "<title>Error:" in page.text
    assert 'value="nobody"' in page.text
    assert 'value="Port &lt;i&gt;"' in page.text
    assert '<a href="#city">City: Please name the city.</a>' in page.text
    assert await sql("SELECT id FROM application") == []
    for member in ("atlantis", "x" * 600, "\x00"):
        bad = await post_form(client, f"/labs/{lab.slug}/apply", {**WHO, "member": member})
        assert bad.status_code == 422


async def test_a_second_beginning_is_refused_and_shows_nothing_of_the_first(client: httpx.AsyncClient) -> None:
    await a_member()
    lab = await a_lab_with_call()
    first = await begun(lab)
    await saved(token(first), motivation="Secret plan.")
    page = await post_form(client, f"/labs/{lab.slug}/apply", WHO)
    assert page.status_code == 409
    assert "Barcelona has applied to “Water Stress” already, or has begun to." in page.text
    for secret in ("first@example.org", "/applications/", "Secret plan."):
        assert secret not in page.text


async def test_a_draft_is_written_saved_sent_changed_and_withdrawn_without_any_script(
    client: httpx.AsyncClient,
) -> None:
    await a_member()
    editor = await begun(await a_call(question("t", "Case?"), people_min=1, people_max=2))
    path = editor.manage_path
    shown = (await client.get(path)).text
    (key,) = re.findall(r'name="person_([0-9a-f]{32})_name"', shown)
    typed = {"contact_name": "First", "motivation": "One.\nTwo.", "needs": "", "q-t": "Ours", "language": "en",
             **{f"person_{key}_{part}": value for part, value in
                {"name": "Ada", "email": "", "role": "", "level": "", "gender": "woman"}.items()}}  # fmt: skip
    done = await send_form(client, path, shown, typed)
    assert (done.status_code, done.headers["location"]) == (303, path)
    shown = (await client.get(path)).text
    assert "It has not been sent yet." in shown
    assert "Last saved by First" in shown
    wrong = await send_form(client, path, shown, typed, "send")
    assert wrong.status_code == 422
    assert f'<a href="#person_{key}_email">' in wrong.text
    assert "<title>Error:" in wrong.text
    assert '<option selected value="woman">' not in wrong.text
    assert "As answered before" in wrong.text
    added = await send_form(client, path, shown, typed, "add")
    assert added.headers["location"] == f"{path}?more=1#people"
    assert (await client.get(f"{path}?more=1")).text.count('type="email"') == 3  # two people, and the colleague
    more = {
        f"person_{key}_email": "ada@example.org",
        f"person_{key}_role": "Engineer",
        f"person_{key}_level": "political",
    }
    sent = await send_form(client, path, shown, {**typed, **more}, "send")
    assert sent.status_code == 303, sent.text
    page = (await client.get(path)).text
    assert "Your application has been sent." in page
    assert "<p>One.<br>Two.</p>" in page
    assert "woman" not in re.sub(r"<option.*?</option>", "", page)
    changed = await send_form(client, path, page, {"needs": "Pumps"}, "send")
    assert changed.status_code == 303, changed.text
    assert "Pumps" not in (await client.get(f"{path}/versions/1")).text
    assert "Pumps" in (await client.get(f"{path}/versions/2")).text
    for number in ("3", "0", "99999999999999999999"):
        assert (await client.get(f"{path}/versions/{number}")).status_code == 404
    assert (await post_form(client, f"{path}/withdraw", {}, page=path)).status_code == 303
    assert "You have withdrawn this application." in (await client.get(path)).text
    late = await send_form(client, path, page, {"needs": "Typed in vain"}, "send")
    assert late.status_code == 409
    assert "Typed in vain" in late.text
    assert "This application was withdrawn" in late.text


async def test_the_script_saves_what_is_typed_and_hears_who_else_is_there(client: httpx.AsyncClient) -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    path = f"/applications/{first}"
    shown = (await client.get(path)).text
    was = remembered(shown)["was-needs"]
    done = await autosave(client, path, shown, {"needs": {"value": "Pumps", "was": was}})
    assert done.status_code == 200, done.text
    answer = done.json()
    assert answer["saved_by"] == "First"
    assert answer["others"] == []
    assert answer["saved_at"] == (await draft_of(draft.id)).saved_at.isoformat()  # type: ignore[union-attr]
    again = await autosave(client, path, shown, {"needs": {"value": "Pipes", "was": answer["kept"]["needs"]}})
    assert again.status_code == 200
    other = f"/applications/{second}"
    clash = await autosave(client, other, shown, {"needs": {"value": "Mine", "was": was}, "offers": {"value": "Kept"}})
    assert clash.status_code == 409
    assert clash.json()["conflicts"] == {"needs": {"theirs": "Pipes"}}
    assert list(clash.json()["kept"]) == ["offers"]
    bad = await autosave(client, path, shown, {"offers": {"value": "x" * 5001, "was": clash.json()["kept"]["offers"]}})
    assert (bad.status_code, bad.json()["problems"]) == (
        422, {"offers": "This is too long; 5000 characters is the most."}
    )  # fmt: skip
    here = await autosave(client, path, shown, {})
    assert [one["name"] for one in here.json()["others"]] == ["Second"]


async def test_the_script_is_told_to_stop_when_nothing_can_be_saved(client: httpx.AsyncClient) -> None:
    await a_member()
    first, _, _ = await with_colleague(await a_call())
    path = f"/applications/{first}"
    shown = (await client.get(path)).text
    await saved(first, motivation="Why.")
    await send_application(first, {}, {}, now=utc_now())
    done = await autosave(client, path, shown, {"needs": {"value": "Pumps"}})
    assert (done.status_code, done.json()["stopped"]) == (409, True)
    assert "has been sent meanwhile" in done.json()["said"]
    for body in (
        "[]",
        '{"fields": []}',
        '{"fields": {"needs": 1}}',
        '{"fields": {"needs": {}}}',
        "\x00",
        '{"fields": {"needs": {"value": {}}}}',
    ):
        headers = {"X-CSRF-Token": field(shown, "_csrf_token"), "Content-Type": "application/json"}
        bad = await client.post(f"{path}/save", content=body, headers=headers)
        assert bad.status_code == 400, body
    assert (await client.post(f"{path}/save", json={"fields": {}})).status_code == 403


async def test_two_texts_for_one_field_are_shown_side_by_side_and_joined(app: Any, client: httpx.AsyncClient) -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    path = f"/applications/{second}"
    async with browser(app) as other:
        shown = (await other.get(path)).text
        await saved(first, motivation="From <the> first.\nNext line.", languages=["en"])
        clash = await send_form(
            other, path, shown, {"motivation": "From the second.", "languages": "fr", "needs": "Pumps."}
        )
        assert clash.status_code == 409
        assert "From &lt;the&gt; first.<br>Next line." in clash.text
        assert "<p>From the second.</p>" in clash.text
        assert "Text of First" in clash.text
        hidden = {name: unescape(value) for name, value in
                  re.findall(r'<input type="hidden" name="((?:was|mine|theirs|list)-[^"]+)" value="([^"]*)"', clash.text)}  # fmt: skip
        base = {
            "_csrf_token": field(clash.text, "_csrf_token"),
            "action": "save",
            **hidden,
            "conflict": ["motivation", "languages"],
        }
        undecided = await other.post(path, data={**base, "choice-languages": "joined"}, headers={"Origin": BASE_URL})
        assert undecided.status_code == 422
        assert "Please choose which text is kept: Why you apply" in undecided.text
        assert "From the second." in undecided.text
        chosen = {"choice-languages": "joined", "choice-motivation": "joined", "joined-motivation": "Both\r\njoined."}
        done = await other.post(path, data={**base, **chosen}, headers={"Origin": BASE_URL})
        assert done.status_code == 303, done.text
    now = await draft_of(draft.id)
    assert (now.application.motivation, now.languages, now.application.needs) == (
        "Both\njoined.",
        ("en", "fr"),
        "Pumps.",
    )


async def test_a_choice_between_two_texts_that_a_third_overtook_is_asked_again(client: httpx.AsyncClient) -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    path = f"/applications/{second}"
    shown = (await client.get(path)).text
    await saved(first, needs="Theirs.")
    clash = await send_form(client, path, shown, {"needs": "Mine."})
    data = {"_csrf_token": field(clash.text, "_csrf_token"), "action": "save", "conflict": "needs", "choice-needs": "mine",
            "mine-needs": "Mine.", "theirs-needs": "Theirs.", "was-needs": remembered(clash.text)["was-needs"]}  # fmt: skip
    await sql("UPDATE application SET needs = 'Newer.' WHERE id = {}", draft.id)
    again = await client.post(path, data=data, headers={"Origin": BASE_URL})
    assert again.status_code == 409
    assert "Newer." in again.text
    assert "Mine." in again.text


async def test_a_change_of_what_was_sent_that_clashes_carries_the_rest_along(client: httpx.AsyncClient) -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    await saved(first, motivation="Why.")
    await send_application(first, {}, {}, now=utc_now())
    path = f"/applications/{second}"
    shown = (await client.get(path)).text
    await sql("UPDATE application SET needs = 'Theirs.'")
    clash = await send_form(client, path, shown, {"needs": "Mine.", "offers": "Two\nlines."}, "send")
    assert clash.status_code == 409
    hidden = {name: unescape(value) for name, value in
              re.findall(r'<input type="hidden" name="((?:was-|mine-|theirs-)[^"]+|offers)" value="([^"]*)"', clash.text)}  # fmt: skip
    assert hidden["offers"] == "Two\nlines."
    data = {
        "_csrf_token": field(clash.text, "_csrf_token"),
        "action": "send",
        **hidden,
        "conflict": "needs",
        "choice-needs": "mine",
    }
    done = await client.post(path, data=data, headers={"Origin": BASE_URL})
    assert done.status_code == 303, done.text
    now = (await draft_of(draft.id)).application
    assert (now.needs, now.offers) == ("Mine.", "Two\nlines.")


async def test_a_field_that_nobody_touched_is_not_taken_back_by_a_page_that_is_old(client: httpx.AsyncClient) -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    path = f"/applications/{second}"
    shown = (await client.get(path)).text
    await saved(first, motivation="New.")
    wrong = await send_form(client, path, shown, {"motivation": "", "offers": "x" * 5001, "needs": "Pumps."})
    assert wrong.status_code == 422
    assert "x" * 5001 in wrong.text
    assert ">\nNew.</textarea>" in wrong.text.replace("\r", "")
    done = await send_form(client, path, wrong.text, {"motivation": "New.", "offers": "short", "needs": "Pumps."})
    assert done.status_code == 303
    now = (await draft_of(draft.id)).application
    assert (now.motivation, now.offers, now.needs) == ("New.", "short", "Pumps.")


async def test_files_are_sent_with_the_button_and_open_for_this_application_only(client: httpx.AsyncClient) -> None:
    await a_member()
    await a_member("Lyon")
    lab = await a_call(question("f", "Plan", "file"))
    editor, other = await begun(lab), await begun(lab, "lyon", "lyon@example.org")
    shown = (await client.get(editor.manage_path)).text
    bad = await send_form(
        client, editor.manage_path, shown, {"needs": "Kept."}, files={"q-f": ("p.pdf", b"MZ", "application/pdf")}
    )
    assert bad.status_code == 422
    assert "This file is none of these" in bad.text
    sent = await send_form(client, editor.manage_path, shown, {}, files={"q-f": ("pl\u00e4n.exe", PDF, "x/y")})
    assert sent.status_code == 303, sent.text
    (kept,) = (await draft_of(editor.application)).files
    file = await client.get(f"{editor.manage_path}/files/{kept.id}")
    assert (file.content, file.headers["content-type"]) == (PDF, "application/pdf")
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''pl%C3%A4n.pdf"
    assert (await client.get(f"{other.manage_path}/files/{kept.id}")).status_code == 404
    gone = await send_form(client, editor.manage_path, shown, {"q-f-remove": "y"})
    assert gone.status_code == 303
    assert (await client.get(f"{editor.manage_path}/files/{kept.id}")).status_code == 404


async def test_a_person_is_taken_off_by_its_box(client: httpx.AsyncClient) -> None:
    await a_member()
    editor = await begun(await a_call())
    key = uuid4()
    await saved(token(editor), **a_person_typed(key, gender="woman"))
    shown = (await client.get(editor.manage_path)).text
    typed = a_person_typed(key) | {f"remove_{key.hex}": "y", person_field(key.hex, "gender"): ""}
    done = await send_form(client, editor.manage_path, shown, typed)
    assert done.status_code == 303, done.text
    assert (await draft_of(editor.application)).people == ()


async def test_colleagues_are_invited_and_links_taken_back(client: httpx.AsyncClient) -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    path = f"/applications/{first}"
    wrong = await post_form(client, f"{path}/editors", {"colleague-name": "", "colleague-email": "no"}, page=path)
    assert wrong.status_code == 422
    assert 'value="no"' in wrong.text
    done = await post_form(
        client, f"{path}/editors", {"colleague-name": "Bo", "colleague-email": "bo@example.org"}, page=path
    )
    assert done.headers["location"] == f"{path}#colleagues"
    page = (await client.get(path)).text
    assert "Take back the link of Second" in page
    other = f"/applications/{second}"
    assert 'id="invite"' not in (await client.get(other)).text
    assert 'id="withdraw"' not in (await client.get(other)).text
    for route in ("editors", "withdraw"):
        refused = await post_form(
            client, f"{other}/{route}", {"colleague-name": "X", "colleague-email": "x@example.org"}, page=other
        )
        assert refused.status_code == 403
    gone = await post_form(client, f"{path}/editors/{draft.editors[1].id}/remove", {}, page=path)
    assert gone.status_code == 303
    assert (await client.get(other)).status_code == 404


async def test_links_that_are_not_ours_are_not_found(client: httpx.AsyncClient) -> None:
    await a_member()
    editor = await begun(await a_call())
    mine = token(editor)
    for wrong in ("x", "%00", "WyJ4Il0.abc", "é", "x" * 600, mine[:-2] + "AA", mine + "A"):
        for path in ("", "/versions/1", f"/files/{uuid4()}"):
            assert (await client.get(f"/applications/{wrong}{path}")).status_code == 404
        for path in ("", "/withdraw", "/editors"):
            sent = await post_form(client, f"/applications/{wrong}{path}", {"motivation": "x"}, page="/sign-in")
            assert sent.status_code == 404


async def test_a_get_changes_nothing_and_a_post_without_its_token_neither(client: httpx.AsyncClient) -> None:
    await a_member()
    editor = await begun(await a_call())
    path = editor.manage_path
    for route in ("/withdraw", "/editors", "/save"):
        assert (await client.get(f"{path}{route}")).status_code == 405
        assert (await client.post(f"{path}{route}", headers={"Origin": BASE_URL})).status_code == 403
    assert await sql("SELECT status, saved_at FROM application") == [{"status": "draft", "saved_at": None}]


async def test_drafts_are_shown_to_no_staff(app: Any, client: httpx.AsyncClient) -> None:
    await a_member()
    lab = await a_call()
    editor = await begun(lab)
    await saved(token(editor), motivation="Half a thought.")
    async with await signed_in(app, "administrator") as staff:
        for path in (f"/staff/labs/{lab.slug}", f"/staff/labs/{lab.slug}?status=draft"):
            page = (await staff.get(path)).text
            assert "Half a thought." not in page
            assert str(editor.application) not in page
        assert (await staff.get(f"/staff/applications/{editor.application}")).status_code == 404
    listed = await client.get(f"/api/v1/labs/{lab.slug}/applications", headers=bearer(await a_token("programme")))
    assert listed.json()["items"] == []


async def test_after_the_closing_the_page_says_so_and_gives_typed_words_back(client: httpx.AsyncClient) -> None:
    await a_member()
    now = utc_now()
    lab = await a_call(closes_at=now + timedelta(hours=1))
    editor = await begun(lab, now=now)
    shown = (await client.get(editor.manage_path)).text
    await sql("UPDATE lab_call SET closes_at = {}", utc_now() - timedelta(minutes=5))
    await sql("UPDATE application SET begun_at = {}", utc_now() - timedelta(hours=1))
    grace = await client.get(editor.manage_path)
    assert "You can still send what you had begun, but only for a few minutes." in grace.text
    await sql("UPDATE lab_call SET closes_at = {}", utc_now() - timedelta(minutes=11))
    late = await send_form(client, editor.manage_path, shown, {"motivation": "Too late <b>"}, "send")
    assert late.status_code == 409
    assert "The call of “Water Stress” is closed." in late.text
    assert "Too late &lt;b&gt;" in late.text
    page = (await client.get(editor.manage_path)).text
    assert "This application was never sent, so it does not take part." in page
    assert 'id="application"' not in page


async def test_others_than_members_read_what_is_decided_about_them(client: httpx.AsyncClient) -> None:
    lab = await a_call(eligibility="everybody")
    other = {**WHO, "member": "", "organisation": "Greater Port", "city": "Port", "country": "FR"}
    assert (await post_form(client, f"/labs/{lab.slug}/apply", other)).status_code == 303
    (letter,) = await letters("application_begun")
    path = letter["facts"]["manage_url"].removeprefix(BASE_URL)
    page = (await client.get(path)).text
    assert "the association decides whether this application can take part" in page
    assert "Application of Greater Port" in page
    await sql("UPDATE application SET status = 'submitted', is_eligible = {}, eligibility_reason = 'No city.'", False)
    page = (await client.get(path)).text
    assert "No, your application cannot take part in this call." in page
    assert "No city." in page
    assert 'id="application"' not in page


async def test_a_member_that_left_is_told(client: httpx.AsyncClient) -> None:
    member = await a_member()
    editor = await begun(await a_call())
    await sql("UPDATE member SET left_on = {} WHERE id = {}", NOW.date() - timedelta(days=400), member)
    shown = (await client.get(editor.manage_path)).text
    assert "Barcelona has left the association." in shown
    sent = await send_form(client, editor.manage_path, shown, {"motivation": "Why."}, "send")
    assert sent.status_code == 409
    assert "can no longer be sent" in sent.text
    assert (await draft_of(editor.application)).application.motivation == "Why."


async def test_invited_people_write_in_their_language(client: httpx.AsyncClient) -> None:
    await a_member()
    editor = await begun(await a_call(question("t", "Case?")))
    invited = await invite_editor(token(editor), name="Bo", email="bo@example.org", now=NOW)
    for code in ("es", "fr"):
        assert (await client.get(f"{invited.manage_path}?lang={code}")).status_code == 200
