"""Speakers answer by a personal link, on the real database and through the pages."""

import io
import json
import re
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image

from eventhub.database import sql, utc_now
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import cancel_event, publish_event
from eventhub.links import make_link
from eventhub.mail.rendering import render
from eventhub.speakers.commands import NewSpeaker, add_speaker, change_slot, remove_speaker
from eventhub.speakers.invitations import (
    Answer,
    AnswerTooLate,
    NotToBeInvited,
    answer_invitation,
    invite_speaker,
    renew_speaker_link,
)
from eventhub.speakers.personal import history_of_person, slot_by_link, speaking_by_id
from eventhub.speakers.portraits import LARGEST_PORTRAIT, made_anew
from tests.make import (
    BASE_URL,
    NOW,
    a_member,
    a_person,
    an_event,
    an_item,
    field,
    post_form,
    registered,
    signed_in,
    some_account,
    speaking,
)

LATER = NOW + timedelta(minutes=5)


async def asked(event: Any = None, name: str = "Ada Example", **changes: Any) -> tuple[Any, Any, UUID]:
    """Somebody with an address on a panel of an event."""
    event = event or await an_event(publish=False)
    item = await an_item(event)
    new = NewSpeaker(**{"name": name, "email": "ada@example.org"} | changes)
    return event, item, await add_speaker(item.id, new, now=NOW, account_id=await some_account())


async def invited(slot: UUID, now: datetime = NOW, **more: Any) -> str:
    """The secret part of the link in the letter that a speaker gets."""
    await invite_speaker(slot, now=now, account_id=await some_account(), **more)
    return (await letters("speaker_invited"))[-1]["manage_url"].rpartition("/")[2]


async def letters(kind: str) -> list[dict[str, Any]]:
    rows = await sql(
        "SELECT facts, recipient_address, language FROM letter WHERE kind = {} ORDER BY created_at, id", kind
    )
    return [json.loads(row["facts"]) | {"to": row["recipient_address"], "in": row["language"]} for row in rows]


async def gender_of(slot: UUID) -> list[Any]:
    return await sql(
        "SELECT g.gender AS gender, g.source AS source, g.consent_language AS language FROM gender_statement g "
        "JOIN speaker_slot s ON s.person = g.person WHERE s.id = {}",
        slot,
    )


def picture(form: str = "JPEG", size: tuple[int, int] = (1600, 1000), mode: str = "RGB", **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, "teal").save(written, form, **more)
    return written.getvalue()


async def send(client: httpx.AsyncClient, token: str, portrait: Any = None, **data: str) -> httpx.Response:
    """Fill in the page of a speaker as a browser does, with or without a file."""
    shown = await client.get(f"/speaking/{token}")
    fields = {"_csrf_token": field(shown.text, "_csrf_token"), "name": "Ada Example"} | data
    files = {"portrait": ("", b"", "application/octet-stream") if portrait is None else portrait}
    return await client.post(f"/speaking/{token}", data=fields, files=files, headers={"Origin": BASE_URL})


# The letter


async def test_the_letter_says_what_is_asked_and_when_in_the_zone_of_the_event_and_of_the_speaker(
    database: None,
) -> None:
    await a_member("Montevideo", region="latin_america_caribbean", zone="America/Montevideo", country="UY")
    event = await an_event(publish=False, language="es")
    _, item, slot = await asked(event, member="montevideo", role="keynote")
    token = await invited(slot)
    (letter,) = await letters("speaker_invited")
    assert (letter["to"], letter["in"], letter["recipient_name"]) == ("ada@example.org", "es", "Ada Example")
    assert letter["manage_url"] == f"{BASE_URL}/speaking/{token}"
    text = render("speaker_invited", "en", letter, recipient_address="ada@example.org").text
    assert "When: Sunday, 1 March 2099, 10:00–11:00\nCentral European Standard Time, Madrid (Europe/Madrid)" in text
    assert "On your clocks: Sunday, 1 March 2099, 06:00–07:00" in text
    assert f"Your part: {item.title}" in text
    assert "/events/" not in text  # a draft has no public page
    assert (await speaking_by_id(slot)).invited_at == NOW
    trail = [row["action"] for row in await sql("SELECT action FROM audit_entry WHERE action = 'invite_speaker'")]
    assert trail == ["invite_speaker"]


async def test_a_button_pressed_twice_writes_once_and_a_minute_later_again(database: None) -> None:
    _, _, slot = await asked()
    first = await invited(slot)
    assert await invited(slot, NOW + timedelta(seconds=5)) == first
    assert len(await letters("speaker_invited")) == 1
    assert await invited(slot, LATER) == first
    assert len(await letters("speaker_invited")) == 2
    await renew_speaker_link(slot, now=LATER, account_id=await some_account())
    assert (await speaking_by_id(slot)).invited_at is None
    assert await invited(slot, LATER) != first  # another link is another letter, even within the minute
    assert len(await letters("speaker_invited")) == 3


async def test_nobody_is_invited_without_an_address_after_declining_or_to_what_is_over(database: None) -> None:
    event, _, slot = await asked(email="")
    for email, said in (("", "Please give"), ("nobody", "address"), ("x" * 600 + "@example.org", "")):
        with pytest.raises(Problems) as refusal:
            await invited(slot, email=email)
        assert said in str(refusal.value.fields["email"][0])
    await a_person("Bo", "bo@example.org")
    with pytest.raises(Problems) as refusal:
        await invited(slot, email="BO@example.org")
    assert "somebody with this address already" in str(refusal.value.fields["email"][0])
    assert await letters("speaker_invited") == []
    await invited(slot, email=" Ada@example.org ")
    assert (await speaking_by_id(slot)).email == "Ada@example.org"
    account = await some_account()
    await change_slot(slot, role="speaker", level="technical", status="declined", now=NOW, account_id=account)
    with pytest.raises(NotToBeInvited):
        await invited(slot)
    await change_slot(slot, role="speaker", level="technical", status="invited", now=NOW, account_id=account)
    with pytest.raises(NotToBeInvited):
        await invited(slot, event.ends_at + timedelta(seconds=1))
    with pytest.raises(NotFound):
        await invite_speaker(uuid4(), now=NOW, account_id=account)
    assert len(await letters("speaker_invited")) == 1


# The link


async def test_links_that_are_old_forged_or_of_another_kind_open_nothing(
    client: httpx.AsyncClient, database: None
) -> None:
    _, item, slot = await asked()
    other = (await speaking(item, "man"))[0]
    token = await invited(slot)
    assert (await slot_by_link(token)).id == slot
    forged = [
        make_link("registration", slot, 1),
        make_link("speaker", slot, 2),
        make_link("speaker", uuid4(), 1),
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        make_link("speaker", other, 1).split(".")[0] + "." + token.split(".")[1],
        "x" * 600,
        "%00",
        "é",
    ]
    for wrong in forged:
        assert (await client.get(f"/speaking/{wrong}")).status_code in (400, 404), wrong
        assert (await client.get(f"/speaking/{wrong}/portrait.jpg")).status_code in (400, 404), wrong
        with pytest.raises(NotFound):
            await answer_invitation(wrong, Answer("confirmed", "Mallory"), now=NOW)
    await renew_speaker_link(slot, now=NOW, account_id=await some_account())
    assert (await client.get(f"/speaking/{token}")).status_code == 404
    newer = await invited(slot, LATER)
    assert (await client.get(f"/speaking/{newer}")).status_code == 200
    await remove_speaker(slot, now=LATER, account_id=await some_account())
    assert (await client.get(f"/speaking/{newer}")).status_code == 404
    assert (await speaking_by_id(other)).status == "confirmed"


async def test_the_page_shows_and_only_the_button_acts(client: httpx.AsyncClient, database: None) -> None:
    event, item, slot = await asked()
    token = await invited(slot)
    before = await sql("SELECT * FROM speaker_slot")
    page = await client.get(f"/speaking/{token}")
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["cache-control"] == "no-store"
    for said in (event.title, item.title, "Sunday, 1 March 2099", "10:00–11:00", "Madrid", "Ada Example"):
        assert said in page.text
    assert 'name="answer" value="confirmed" checked' not in page.text
    in_tokyo = await client.get(f"/speaking/{token}?tz=Asia/Tokyo")
    assert "for you: 18:00–19:00" in in_tokyo.text
    assert await sql("SELECT * FROM speaker_slot") == before


async def test_the_other_parts_of_a_person_at_the_event_are_shown_with_their_states(
    client: httpx.AsyncClient, database: None
) -> None:
    event, _, slot = await asked()
    account = await some_account()
    second = await an_item(event, "Evening talk")
    new = NewSpeaker("Ada", "ada@example.org", status="confirmed")
    other = await add_speaker(second.id, new, now=NOW, account_id=account)
    elsewhere = await an_item(await an_event(publish=False), "Somewhere else")
    await add_speaker(elsewhere.id, NewSpeaker("Ada", "ada@example.org"), now=NOW, account_id=account)
    token = await invited(slot)
    page = (await client.get(f"/speaking/{token}")).text
    assert re.search(r"Evening talk.*?Confirmed", page, re.S)
    assert "Somewhere else" not in page
    assert (await send(client, token, answer="declined")).status_code == 303
    assert (await speaking_by_id(slot)).status == "declined"
    assert (await speaking_by_id(other)).status == "confirmed"


# The answer


async def test_a_speaker_confirms_and_everything_is_kept_and_shown(client: httpx.AsyncClient, database: None) -> None:
    event, _, slot = await asked()
    event = await publish_event(event.slug, now=NOW, account_id=await some_account())
    token = await invited(slot)
    before = (await client.get(event.href)).text
    assert "Ada" not in before
    done = await send(
        client, token, ("me.png", picture("PNG"), "image/png"), answer="confirmed", name="  Adá\x00 Nueva ",
        level="political", biography="Mayor of a <b>city</b>.\r\n\r\nWrites.", gender="non_binary",
    )  # fmt: skip
    assert done.status_code == 303
    row = await speaking_by_id(slot)
    assert (row.name, row.level, row.status) == ("Adá Nueva", "political", "confirmed")
    assert row.biography == "Mayor of a <b>city</b>.\n\nWrites."
    assert row.answered_at is not None
    assert await gender_of(slot) == [{"gender": "non_binary", "source": "self", "language": "en"}]
    public = (await client.get(event.href)).text
    assert "Adá Nueva" in public
    assert "Mayor of a &lt;b&gt;city&lt;/b&gt;." in public
    assert f"/speakers/{slot}/portrait.jpg" in public
    portrait = await client.get(f"/speakers/{slot}/portrait.jpg")
    assert portrait.headers["content-type"] == "image/jpeg"
    assert portrait.headers["cache-control"] == "public, max-age=300"
    assert portrait.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(portrait.content)).size == (800, 500)
    again = await client.get(f"/speakers/{slot}/portrait.jpg", headers={"If-None-Match": portrait.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    page = (await client.get(f"/speaking/{token}")).text
    assert 'value="non_binary" checked' in page
    assert 'value="confirmed" checked' in page
    trail = await sql("SELECT account, detail FROM audit_entry WHERE action = 'answer_invitation'")
    assert trail == [{"account": None, "detail": "confirmed"}]


async def test_the_kept_public_page_follows_each_change_of_a_profile(client: httpx.AsyncClient, database: None) -> None:
    event, _, slot = await asked(status="confirmed")
    event = await publish_event(event.slug, now=NOW, account_id=await some_account())
    token = await invited(slot)
    assert "First words" not in (await client.get(event.href)).text
    for words in ("First words", "Second words"):
        await answer_invitation(token, Answer("confirmed", "Ada Example", biography=words), now=utc_now())
        assert words in (await client.get(event.href)).text
    await answer_invitation(token, Answer("declined"), now=utc_now())
    page = (await client.get(event.href)).text
    assert "Second words" not in page
    assert "Ada Example" not in page


async def test_who_declined_can_still_confirm_and_the_leads_hear_of_each_turn_once(database: None) -> None:
    event, item, slot = await asked()
    token = await invited(slot)
    turns = ["confirmed", "confirmed", "declined", "confirmed"]
    for minute, status in enumerate(turns):
        answer = Answer(status, "Ada Example", gender="non_binary")
        await answer_invitation(token, answer, now=NOW + timedelta(minutes=minute))
    told = await letters("speaker_answered")
    assert [letter["has_confirmed"] for letter in told] == [True, False, True]
    assert {letter["to"] for letter in told} == {"dull@example.org"}
    assert {(letter["speaker_name"], letter["item_title"]) for letter in told} == {("Ada Example", item.title)}
    assert told[0]["event_url"] == f"{BASE_URL}/staff/events/{event.slug}"


async def test_the_answer_of_a_speaker_that_tips_a_published_panel_is_told(database: None) -> None:
    event, item, slot = await asked(gender="woman")
    await speaking(item, "man", "man", "woman")
    await publish_event(event.slug, now=NOW, account_id=await some_account())
    token = await invited(slot)
    await speaking(item, "woman")
    assert await letters("parity_tipped") == []
    await answer_invitation(token, Answer("declined"), now=LATER)
    assert await letters("parity_tipped") == []
    await answer_invitation(token, Answer("confirmed", "Ada", gender="man"), now=LATER + timedelta(minutes=1))
    assert await letters("parity_tipped") == []  # three men, two women of five
    await speaking(item, "man", now=LATER + timedelta(minutes=2))
    assert len(await letters("parity_tipped")) == 1
    await answer_invitation(token, Answer("declined"), now=LATER + timedelta(minutes=3))
    await answer_invitation(token, Answer("confirmed", "Ada"), now=LATER + timedelta(minutes=4))
    assert len(await letters("parity_tipped")) == 2


async def test_after_the_event_and_when_it_is_cancelled_the_page_only_shows(
    client: httpx.AsyncClient, database: None
) -> None:
    event, _, slot = await asked()
    token = await invited(slot)
    with pytest.raises(AnswerTooLate):
        await answer_invitation(token, Answer("confirmed", "Ada"), now=event.ends_at + timedelta(seconds=1))
    await publish_event(event.slug, now=NOW, account_id=await some_account())
    await cancel_event(event.slug, reason="The river rose.", now=NOW, account_id=await some_account())
    page = await client.get(f"/speaking/{token}")
    assert page.status_code == 200
    assert 'id="speaking"' not in page.text
    assert "The river rose." in page.text
    with pytest.raises(AnswerTooLate):
        await answer_invitation(token, Answer("confirmed", "Ada"), now=NOW)
    late = await post_form(client, f"/speaking/{token}", {"answer": "confirmed", "name": "Ada"}, "/sign-in")
    assert late.status_code == 409
    assert (await speaking_by_id(slot)).status == "invited"


async def test_how_one_is_counted_can_be_changed_and_withdrawn_after_the_event(
    client: httpx.AsyncClient, database: None
) -> None:
    _, _, slot = await asked(await an_event(publish=False, starts_on=date(2019, 5, 2), ends_on=date(2019, 5, 2)))
    token = make_link("speaker", slot, 1)
    page = f"/speaking/{token}"
    assert (await post_form(client, f"{page}/gender", {"gender": "woman"}, page)).status_code == 303
    assert [row["gender"] for row in await gender_of(slot)] == ["woman"]
    wrong = await post_form(client, f"{page}/gender", {"gender": "x" * 600}, page)
    assert (wrong.status_code, "is none of" in wrong.text) == (422, True)
    assert 'value="woman" checked' in (await client.get(page)).text
    assert (await post_form(client, f"{page}/gender", {"gender": ""}, page)).status_code == 303
    assert await gender_of(slot) == []
    assert (await post_form(client, page, {"answer": "confirmed", "name": "Ada"})).status_code == 409
    assert (await speaking_by_id(slot)).status == "invited"


async def test_every_fault_is_said_at_its_field_and_nothing_is_written(
    client: httpx.AsyncClient, database: None
) -> None:
    _, _, slot = await asked()
    token = await invited(slot)
    tables = ("speaker_slot", "person", "speaker_profile", "gender_statement", "letter")
    before = [await sql(f"SELECT * FROM {table}") for table in tables]
    wrong = [
        ({}, "Please say whether you will speak."),
        ({"answer": "invited"}, "Please say whether you will speak."),
        ({"answer": "confirmed", "name": " \x00"}, "Please give a name."),
        ({"answer": "confirmed", "name": "x" * 501}, "200 characters is the most"),
        ({"answer": "confirmed", "level": "king"}, "king"),
        ({"answer": "confirmed", "biography": "ñ" * 1201}, "1200 characters is the most"),
        ({"answer": "declined", "gender": "female" * 100}, "is none of"),
    ]
    for data, said in wrong:
        answer = await send(client, token, ("me.jpg", picture(), "image/jpeg"), **data)
        assert (answer.status_code, said in answer.text or (data, answer.text)) == (422, True)
        assert "Please choose the picture again" in answer.text
    kept = await send(client, token, answer="confirmed", biography="Typed", level="king")
    assert ">Typed</textarea>" in kept.text.replace("\n", "").replace("\r", "")
    assert [await sql(f"SELECT * FROM {table}") for table in tables] == before


async def test_gender_is_never_required_is_withdrawn_by_no_answer_and_left_alone_when_not_asked(database: None) -> None:
    _, _, slot = await asked()
    token = await invited(slot)
    await answer_invitation(token, Answer("confirmed", "Ada"), now=NOW)
    assert await gender_of(slot) == []
    await answer_invitation(token, Answer("confirmed", "Ada", gender="woman", language="fr"), now=NOW)
    assert await gender_of(slot) == [{"gender": "woman", "source": "self", "language": "fr"}]
    await answer_invitation(token, Answer("declined"), now=NOW)
    assert await gender_of(slot) == [{"gender": "woman", "source": "self", "language": "fr"}]
    await answer_invitation(token, Answer("confirmed", "Ada", gender=""), now=NOW)
    assert await gender_of(slot) == []


async def test_what_staff_noted_becomes_the_own_word_of_a_speaker_only_when_it_is_changed(
    client: httpx.AsyncClient, database: None
) -> None:
    _, _, slot = await asked(gender="man")
    token = await invited(slot)
    assert "The organisers have noted an answer" in (await client.get(f"/speaking/{token}")).text
    await send(client, token, answer="confirmed", gender="man")
    assert [(row["gender"], row["source"]) for row in await gender_of(slot)] == [("man", "staff")]
    await send(client, token, answer="confirmed", gender="woman")
    assert [(row["gender"], row["source"]) for row in await gender_of(slot)] == [("woman", "self")]
    assert "The organisers have noted an answer" not in (await client.get(f"/speaking/{token}")).text


async def test_nobody_else_reads_how_a_speaker_is_counted(app: Any, client: httpx.AsyncClient, database: None) -> None:
    event, item, slot = await asked(status="confirmed")
    event = await publish_event(event.slug, now=NOW, account_id=await some_account())
    bo = await add_speaker(
        item.id, NewSpeaker("Bo Example", "bo@example.org"), now=NOW, account_id=await some_account()
    )
    token = await invited(slot)
    await answer_invitation(token, Answer("declined", "Ada Example", gender="non_binary"), now=LATER)
    await answer_invitation(token, Answer("confirmed", "Ada Example", "", "Speaks.", "non_binary"), now=LATER)
    of_bo = await invited(bo, LATER)
    person = (await speaking_by_id(slot)).person
    pages = [(await client.get(path)).text for path in (event.href, f"/speaking/{of_bo}")]
    async with await signed_in(app) as staff:
        pages += [
            (await staff.get(path)).text for path in (f"/staff/speakers/{slot}", f"/staff/people/{person}/speaking")
        ]
    assert 'value="non_binary" checked' not in pages[1]
    pages[1] = re.sub(r'<input type="radio"[^>]*name="gender".*?</label>', "", pages[1], flags=re.S)
    written = [json.dumps(row["facts"]) for row in await sql("SELECT facts FROM letter")]
    noted = [json.dumps(row["detail"]) for row in await sql("SELECT detail FROM audit_entry")]
    for text in [*pages, *written, *noted]:
        assert "non_binary" not in text
        assert "Non-binary" not in text


# Portraits


@pytest.mark.parametrize(
    ("form", "mode", "size"),
    [("JPEG", "RGB", (2000, 500)), ("JPEG", "L", (90, 60)), ("JPEG", "CMYK", (900, 900)), ("PNG", "RGBA", (10, 900)),
     ("PNG", "P", (900, 900)), ("PNG", "1", (30, 30)), ("WEBP", "RGB", (850, 810)), ("PNG", "LA", (40, 40))],
)  # fmt: skip
async def test_pictures_of_each_kind_become_a_small_jpeg(form: str, mode: str, size: tuple[int, int]) -> None:
    blank = io.BytesIO()
    Image.new(mode, size).save(blank, form)
    made = Image.open(io.BytesIO(await made_anew(blank.getvalue())))
    assert (made.format, made.mode) == ("JPEG", "RGB")
    assert max(made.size) <= 800
    assert max(made.size) == min(800, max(size))


async def test_a_portrait_stands_upright_and_tells_nothing_of_the_camera() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    exif[0x010F] = "Secret camera"
    exif[0x8825] = {1: "N", 2: (41.0, 23.0, 0.0)}
    sent = picture("JPEG", (1000, 600), exif=exif, comment=b"Secret comment")
    assert b"Secret camera" in sent
    kept = await made_anew(sent)
    made = Image.open(io.BytesIO(kept))
    assert made.size == (480, 800)
    assert dict(made.getexif()) == {}
    assert b"Secret" not in kept
    assert "comment" not in made.info


def bomb() -> bytes:
    """A PNG of 20 kB that says it is 30,000 pixels square."""
    small = bytearray(picture("PNG", (8, 8)))
    import struct
    import zlib

    small[16:24] = struct.pack(">II", 30_000, 30_000)
    small[29:33] = struct.pack(">I", zlib.crc32(bytes(small[12:29])))
    return bytes(small)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no picture", "cannot read this file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot read this file"),
        (picture("GIF"), "cannot read this file"),
        (picture("TIFF"), "cannot read this file"),
        (picture()[:900], "cannot read this file"),
        (picture("PNG")[:200], "cannot read this file"),
        (bomb(), "too many pixels"),
        (picture("PNG", (8000, 5001), "1"), "too many pixels"),
        (b"\xff\xd8" + b"x" * LARGEST_PORTRAIT, "larger than 5 MB"),
    ],
    ids=["text", "svg", "gif", "tiff", "half a jpeg", "half a png", "bomb", "huge", "large"],
)
async def test_a_file_that_is_no_portrait_is_refused_in_a_sentence(
    client: httpx.AsyncClient, database: None, content: bytes, said: str
) -> None:
    _, _, slot = await asked()
    token = await invited(slot)
    answer = await send(client, token, ("me.jpg", content, "image/jpeg"), answer="confirmed", biography="Typed")
    assert (answer.status_code, said in answer.text) == (422, True)
    assert (await speaking_by_id(slot)).status == "invited"
    assert await sql("SELECT person FROM speaker_profile") == []


async def test_a_form_beyond_all_measure_is_refused(client: httpx.AsyncClient, database: None) -> None:
    _, _, slot = await asked()
    token = await invited(slot)
    answer = await send(client, token, ("me.jpg", b"x" * 7_000_000, "image/jpeg"), answer="confirmed")
    assert answer.status_code == 413
    assert (await speaking_by_id(slot)).status == "invited"


async def test_a_portrait_is_kept_replaced_and_removed_and_shown_to_whom_it_may(
    app: Any, client: httpx.AsyncClient, database: None
) -> None:
    event, _, slot = await asked()
    token = await invited(slot)
    public, own = f"/speakers/{slot}/portrait.jpg", f"/speaking/{token}/portrait.jpg"
    assert {(await client.get(path)).status_code for path in (public, own)} == {404}
    await answer_invitation(token, Answer("confirmed", "Ada", portrait=picture()), now=NOW)
    assert (await client.get(own)).status_code == 200
    assert (await client.get(public)).status_code == 404  # a draft
    await publish_event(event.slug, now=NOW, account_id=await some_account())
    first = await client.get(public)
    assert first.status_code == 200
    await answer_invitation(token, Answer("confirmed", "Ada", biography="More."), now=LATER)
    assert (await client.get(public)).content == first.content
    await answer_invitation(
        token, Answer("confirmed", "Ada", portrait=picture(size=(50, 50)), remove_portrait=True), now=LATER
    )
    assert (await client.get(public)).content not in (b"", first.content)
    await answer_invitation(token, Answer("declined"), now=LATER)
    assert (await client.get(public)).status_code == 404
    async with await signed_in(app) as staff:
        assert (await staff.get(f"/staff/speakers/{slot}/portrait.jpg")).status_code == 200
    await answer_invitation(token, Answer("confirmed", "Ada", remove_portrait=True), now=LATER)
    assert {(await client.get(path)).status_code for path in (public, own)} == {404}


async def test_the_portrait_of_a_private_event_is_for_nobody(client: httpx.AsyncClient, database: None) -> None:
    event = await an_event(publish=False, kind="internal")
    _, _, slot = await asked(event)
    token = await invited(slot)
    await answer_invitation(token, Answer("confirmed", "Ada", portrait=picture()), now=NOW)
    await publish_event(event.slug, now=NOW, account_id=await some_account())
    assert (await client.get(f"/speakers/{slot}/portrait.jpg")).status_code == 404


# Staff


async def test_staff_invite_and_renew_from_the_page_of_a_slot(app: Any, database: None) -> None:
    _, _, slot = await asked(email="")
    path = f"/staff/speakers/{slot}"
    async with await signed_in(app) as staff:
        nothing = await post_form(staff, f"{path}/invite", {"email": ""}, path)
        assert nothing.status_code == 422
        assert "Please give an e-mail address" in nothing.text
        long = await post_form(staff, f"{path}/invite", {"email": "x" * 600}, path)
        assert long.status_code == 422
        done = await post_form(staff, f"{path}/invite", {"email": "ada@example.org"}, path)
        assert (done.status_code, done.headers["location"]) == (303, f"{path}#invitation")
        page = (await staff.get(path)).text
        assert "ada@example.org" in page
        assert "Send the invitation again" in page
        assert "/speaking/" not in page.replace(f"/staff/people/{(await speaking_by_id(slot)).person}/speaking", "")
        renewed = await post_form(staff, f"{path}/new-link", {}, path)
        assert renewed.status_code == 303
        assert (await speaking_by_id(slot)).link_version == 2
        missing = await post_form(staff, f"/staff/speakers/{uuid4()}/invite", {}, path)
        assert missing.status_code == 404
        await change_slot(
            slot, role="speaker", level="technical", status="declined", now=NOW, account_id=await some_account()
        )
        refused = await post_form(staff, f"{path}/invite", {}, path)
        assert refused.status_code == 409


async def test_the_history_of_a_speaker_goes_over_the_years_and_marks_what_overlaps(app: Any, database: None) -> None:
    await a_member("Barcelona")
    old = await an_event(publish=False, title="Old times", starts_on=date(2019, 5, 2), ends_on=date(2019, 5, 2))
    _, _, past = await asked(old, member="barcelona", level="political")
    one, two, gone = [await asked(await an_event(publish=False, title=title)) for title in ("One", "Two", "Gone")]
    back_to_back = await an_item(one[0], "Next hour", starts_time=time(11), ends_time=time(12))
    account = await some_account()
    await add_speaker(back_to_back.id, NewSpeaker("Ada", "ada@example.org"), now=NOW, account_id=account)
    await change_slot(gone[2], role="speaker", level="technical", status="declined", now=NOW, account_id=account)
    person = (await speaking_by_id(past)).person
    history = await history_of_person(person)
    assert [a.event_title for a in history.appearances][-1] == "Old times"
    assert (history.appearances[-1].stands_for, history.appearances[-1].level) == ("Barcelona", "political")
    clashes = {slot: [other.slot for other in others] for slot, others in history.clashes.items()}
    assert clashes == {one[2]: [two[2]], two[2]: [one[2]]}
    path = f"/staff/people/{person}/speaking"
    for role, status in (("administrator", 200), ("organiser", 200), ("check-in", 403), ("reader", 403)):
        async with await signed_in(app, role) as staff:
            page = await staff.get(path)
            assert page.status_code == status, role
            if status == 200:
                assert page.text.count("At the same time") == 2
                assert "2019" in page.text
                assert "/staff/speakers/" in page.text
    async with await signed_in(app) as staff:
        nobody = await a_person("Never Asked", "never@example.org")
        assert (await staff.get(f"/staff/people/{nobody}/speaking")).status_code == 404
        assert (await staff.get(f"/staff/people/{uuid4()}/speaking")).status_code == 404


async def test_the_zone_of_a_speaker_is_the_one_last_registered_with(database: None) -> None:
    _, _, slot = await asked()
    other = await an_event()
    await registered(other, "Ada", email="ada@example.org", time_zone="Asia/Tokyo")
    assert (await speaking_by_id(slot)).reader_zone == "Asia/Tokyo"
