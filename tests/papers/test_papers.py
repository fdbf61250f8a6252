"""Certificates and badges: what they say, to whom, and that they can be read in every script."""

import asyncio
import io
import re
import time
from datetime import UTC, date, datetime

import pytest
from pypdf import PdfReader

from eventhub.database import sql
from eventhub.delegations.commands import add_delegate
from eventhub.events.queries import event_by_id
from eventhub.links import make_link
from eventhub.papers.facts import badge_facts, duration
from eventhub.papers.press import printed
from eventhub.papers.queries import people_for_badges, people_present
from eventhub.papers.rules import BadgeFormat
from eventhub.papers.typeset import qr_code, qr_codes, typeset
from eventhub.registrations.commands import record_attendance, state_gender
from eventhub.registrations.queries import manage_url
from tests.delegations.test_commands import a_board, person, staff
from tests.make import NOW, a_member, an_event, an_item, post_form, registered, signed_in, some_account, speaking

NAMES = [
    "Zoë Ångström-Łukasz Đặng",
    "محمد عبدالله",
    "Ελένη Παπαδοπούλου",
    "Наталья Щербакова",
    "王小明",
    "김민수",
    "佐藤さくら",
    "שרה כהן",
    "अमित शर्मा",
]


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page; places to break at and the direction of writing are not part of it."""
    return [re.sub(r"[\u200b\u200e\u200f]", "", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def embedded_fonts(pdf: bytes) -> set[str]:
    return {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in PdfReader(io.BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].values()
    }


async def a_past_event(*names: str, **changes):
    """An event on 20 and 21 November 2026, and the registrations of people with a seat at it."""
    event = await an_event(
        **{"mode": "hybrid", "place": "Town Hall", "country": "ES", "starts_on": date(2026, 11, 27),
           "ends_on": date(2026, 11, 28), "organiser_name": "World Association of Metropolises"} | changes
    )  # fmt: skip
    people = [(await registered(event, name, attends="on_site")).registration for name in names]
    await sql(
        "UPDATE event SET starts_on = {}, ends_on = {}, starts_at = {}, ends_at = {} WHERE id = {}",
        date(2026, 11, 20), date(2026, 11, 21), datetime(2026, 11, 20, 9, tzinfo=UTC),
        datetime(2026, 11, 21, 16, tzinfo=UTC), event.id,
    )  # fmt: skip
    return await event_by_id(event.id), people


async def present(registration, *, minutes=None, mode=None):
    await record_attendance(registration.id, attended=True, now=NOW, account_id=await some_account())
    await sql("UPDATE attendance SET minutes = {} WHERE registration = {}", minutes, registration.id)
    if mode:
        await sql("UPDATE attendance SET mode = {} WHERE registration = {}", mode, registration.id)


def own_path(registration, version=None) -> str:
    return manage_url(registration.id, version or registration.link_version).split("8000", 1)[1] + "/certificate.pdf"


async def code_of(event, name) -> str:
    (person,) = [one for one in await people_present(event.id) if one.name == name]
    return person.certificate_url.rpartition("/")[2]


# The certificate of one person


async def test_a_certificate_says_who_was_at_what_when_and_where(database, client):
    event, (alex,) = await a_past_event("Alex Example")
    await present(alex)

    answer = await client.get(own_path(alex))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    (page,) = pages_of(answer.content)
    for said in (
        "Certificate of attendance", "We confirm that the person named here attended the event named below in person.",
        "Alex Example", event.title, "20–21 November 2026", "Town Hall, Spain", "Participant",
        "World Association of Metropolises", "/certificates/",
    ):  # fmt: skip
        assert said in page.replace("Nov 2026", "November 2026"), said
    assert "Time attended" not in page


async def test_a_certificate_is_in_the_language_of_the_registration(database, client):
    _event, (first,) = await a_past_event("Renée Exemple")
    await sql("UPDATE registration SET language = 'fr' WHERE id = {}", first.id)
    await present(first)

    pdf = (await client.get(own_path(first))).content

    assert PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Lang"] == "fr"
    assert "Renée Exemple" in pages_of(pdf)[0]
    assert "nov. 2026" in pages_of(pdf)[0]
    assert "Espagne" in pages_of(pdf)[0]


async def test_speakers_read_their_parts_and_whoever_was_measured_the_hours(database, client):
    event, (alex,) = await a_past_event("Alex Example")
    item = await an_item(event, "Who cares?")
    (slot,) = await speaking(item, "woman", role="moderator")
    await sql("UPDATE speaker_slot SET person = {} WHERE id = {}", alex.person, slot)
    await present(alex, minutes=95)

    (page,) = pages_of((await client.get(own_path(alex))).content)

    assert "Moderator" in page
    assert "“Who cares?”" in page
    assert "1 hour and 35 minutes" in page


async def test_who_declined_to_speak_is_certified_as_participant_only(database, client):
    event, (alex,) = await a_past_event("Alex Example")
    (slot,) = await speaking(await an_item(event, "Who cares?"), "man", status="declined")
    await sql("UPDATE speaker_slot SET person = {} WHERE id = {}", alex.person, slot)
    await present(alex)

    (page,) = pages_of((await client.get(own_path(alex))).content)

    assert "Participant" in page
    assert "Who cares?" not in page


async def test_whoever_joined_online_is_certified_as_online(database, client):
    _, (alex,) = await a_past_event("Alex Example")
    await present(alex, mode="online")

    (page,) = pages_of((await client.get(own_path(alex))).content)

    assert "attended the event named below online." in page
    assert "Town Hall" not in page


async def test_nobody_gets_a_certificate_without_having_been_there(database, client):
    _, (alex,) = await a_past_event("Alex Example")

    answer = await client.get(own_path(alex))

    assert answer.status_code == 404
    assert "Your presence at this event was not noted" in answer.text


async def test_there_is_no_certificate_before_the_end(database, client):
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    await present(alex)

    answer = await client.get(own_path(alex))

    assert answer.status_code == 404
    assert "when the event is over" in answer.text


@pytest.mark.parametrize("token", ["x", "W10.x", "a" * 600, "%00", "é"])
async def test_a_forged_personal_link_opens_no_certificate(database, client, token):
    assert (await client.get(f"/registrations/{token}/certificate.pdf")).status_code == 404


async def test_a_replaced_personal_link_opens_no_certificate(database, client):
    _, (alex,) = await a_past_event("Alex Example")
    await present(alex)
    await sql("UPDATE registration SET link_version = link_version + 1 WHERE id = {}", alex.id)

    assert (await client.get(own_path(alex))).status_code == 404


async def test_neither_gender_nor_access_needs_nor_address_are_on_paper(database, client, app):
    event, (alex,) = await a_past_event("Alex Example")
    await state_gender(manage_url(alex.id, alex.link_version, by_letter=True).rpartition("/")[2], "non_binary", now=NOW)
    await sql("UPDATE registration SET access_needs = 'Sign language' WHERE id = {}", alex.id)
    await present(alex)

    async with await signed_in(app) as desk:
        for path in (
            own_path(alex),
            *(f"/staff/events/{event.slug}/papers/{n}.pdf" for n in ("badges", "certificates")),
        ):
            text = "".join(pages_of((await desk.get(path)).content))
            assert "Alex Example" in text
            for secret in ("Non-binary", "non_binary", "Sign language", "alex-example@"):
                assert secret not in text


# Checking a certificate


async def test_everybody_can_check_a_certificate_and_learns_nothing_else(database, client):
    event, (alex, _bo) = await a_past_event("Alex Example", "Bo Example")
    await present(alex, minutes=95)

    page = await client.get(f"/certificates/{await code_of(event, 'Alex Example')}")

    assert page.status_code == 200
    assert "This certificate is genuine. It was issued by World Association of Metropolises." in page.text
    for said in ("Alex Example", event.title):
        assert said in page.text
    for unsaid in ("Bo Example", "alex-example", "35", str(alex.id), "/registrations/"):
        assert unsaid not in page.text.split("<main", 1)[1].split("</main", 1)[0], unsaid
    assert page.headers["x-robots-tag"] == "noindex"


async def test_the_code_on_paper_is_the_one_that_is_checked(database, client):
    event, (alex,) = await a_past_event("Alex Example")
    await present(alex)

    pdf = (await client.get(own_path(alex))).content

    (link,) = [str(note.get_object()["/A"]["/URI"]) for note in PdfReader(io.BytesIO(pdf)).pages[0]["/Annots"]]
    assert link.endswith(await code_of(event, "Alex Example"))


async def test_a_certificate_still_checks_after_the_personal_link_was_replaced(database, client):
    event, (alex,) = await a_past_event("Alex Example")
    await present(alex)
    code = await code_of(event, "Alex Example")
    await sql("UPDATE registration SET link_version = 2 WHERE id = {}", alex.id)

    assert (await client.get(f"/certificates/{code}")).status_code == 200


async def test_a_forged_code_is_not_found(database, client):
    _, (alex, bo) = await a_past_event("Alex Example", "Bo Example")
    await present(alex)
    genuine = make_link("certificate", alex.id, 1)

    for forged in (
        "x", "a" * 600, genuine[:-1], genuine[:-1] + ("A" if genuine[-1] != "A" else "B"), genuine + "A",
        make_link("registration", alex.id, 1), make_link("ticket", alex.id, 1), make_link("certificate", alex.id, 2),
        make_link("certificate", bo.id, 1), "%00", "é",
    ):  # fmt: skip
        answer = await client.get(f"/certificates/{forged}")
        assert answer.status_code == 404, forged
        assert "Alex" not in answer.text


async def test_a_presence_taken_back_takes_the_certificate_back(database, client):
    event, (alex,) = await a_past_event("Alex Example")
    await present(alex)
    code = await code_of(event, "Alex Example")
    await record_attendance(alex.id, attended=False, now=NOW, account_id=await some_account())

    assert (await client.get(f"/certificates/{code}")).status_code == 404


# Scripts, long names, files


def a_badge(name: str, **changes):
    return {
        "name": name, "lang": "en", "organisation": "Example", "city": "Oslo", "event": "Care", "role": "Participant",
        "colour": "#1d6b4f", "qr": "code", "qr_words": "Ticket",
    } | changes  # fmt: skip


def badges(*papers, form="a4-8") -> bytes:
    return typeset(
        "badges",
        {"title": "Badges", "organiser": "Us", "day": [2026, 11, 25], "lang": "en", "format": form, "papers": papers},
    )


@pytest.mark.parametrize("name", NAMES)
def test_names_of_many_scripts_are_printed_without_boxes(name):
    """PDF/UA-1 refuses a document with a letter that no font has, so its promise in the file is the proof."""
    pdf = badges(a_badge(name))

    assert b"pdfuaid" in pdf
    letters = [letter for letter in pages_of(pdf)[0] if letter.isalpha()]
    assert sorted(set(name) & set(letters)) == sorted({letter for letter in name if letter.isalpha()}), pages_of(pdf)


def test_arabic_letters_are_joined():
    """A joined word needs other glyphs than its letters apart."""
    joined, apart = badges(a_badge("محمد")), badges(a_badge("م ح م د"))

    assert joined != apart
    assert "NotoSansArabic-Bold" in embedded_fonts(joined)


@pytest.mark.parametrize(
    ("name", "printed"),
    [("Ada 😀 Example", "Ada Example"), ("A\x00d\u202ea\ue000", "Ada"), ("සිංහල", "simhl"), ("😀", ":grinning:")],
)
def test_what_no_font_has_is_written_in_latin_or_left_out(name, printed):
    pdf = badges(a_badge(name))

    assert printed in pages_of(pdf)[0]
    assert b"pdfuaid" in pdf


@pytest.mark.parametrize("form", ["a4-8", "a6"])
@pytest.mark.parametrize("name", ["W" * 200, "Ana María " * 20, "王" * 200, "م" * 200, "x" * 199 + "😀"])
def test_the_longest_name_stays_on_the_paper(form, name):
    """What sticks out of a page is still in its text, so its places on the page are looked at."""
    pdf = badges(a_badge(name, organisation=name, city=name[:120], event=name), form=form)

    (page,) = PdfReader(io.BytesIO(pdf)).pages
    places: list[tuple[float, float]] = []
    page.extract_text(visitor_text=lambda text, cm, tm, *_: places.append((tm[4], tm[5])) if text.strip() else None)
    assert places
    assert all(0 <= x <= float(page.mediabox.width) for x, _ in places)
    said = "".join(pages_of(pdf)[0].split())
    assert said.count(name[0]) >= 3 * name.count(name[0])


def test_eight_badges_are_on_a_sheet_of_a4_and_one_on_a_sheet_of_a6():
    people = [a_badge(f"Person {number}") for number in range(17)]

    assert [len(re.findall(r"Person \d+", page)) for page in pages_of(badges(*people))] == [8, 8, 1]
    small = pages_of(badges(*people, form="a6"))
    assert [len(re.findall(r"Person \d+", page)) for page in small] == [1] * 17


def test_the_file_is_tagged_and_has_a_title_and_a_language():
    root = PdfReader(io.BytesIO(badges(a_badge("Alex")))).trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    assert PdfReader(io.BytesIO(badges(a_badge("Alex")))).metadata.title == "Badges"


def test_the_same_facts_are_the_same_file():
    assert badges(a_badge("Alex"), a_badge("محمد")) == badges(a_badge("Alex"), a_badge("محمد"))


def test_text_of_people_is_never_read_as_commands():
    assert '#panic("x") $x$ *b* @x <y>' in pages_of(badges(a_badge('#panic("x") $x$ *b* @x <y>')))[0]


def test_minutes_in_words():
    assert [duration(minutes, "en") for minutes in (1, 60, 95, 120)] == [
        "1 minute", "1 hour", "1 hour and 35 minutes", "2 hours",
    ]  # fmt: skip
    assert duration(95, "es") == "1 hora y 35 minutos"


# Everybody of an event


async def test_staff_get_the_certificates_of_all_who_were_there(database, app):
    event, people = await a_past_event("Alex Example", "Bo Example", "Cy Example")
    for one in people[:2]:
        await present(one)

    async with await signed_in(app) as desk:
        answer = await desk.get(f"/staff/events/{event.slug}/papers/certificates.pdf")

    pages = pages_of(answer.content)
    assert ["Alex Example" in pages[0], "Bo Example" in pages[1], len(pages)] == [True, True, 2]


async def test_badges_are_for_confirmed_people_unless_another_status_is_asked_for(database, app):
    await a_member("Oslo")
    event = await an_event(capacity=2, mode="hybrid", place="Hall", country="ES")
    await registered(event, "Alex Example", attends="on_site", member="oslo")
    await registered(event, "Bo Example", attends="online", organisation="Care Network", city="Lima", country="PE")
    await registered(event, "Cy Example", attends="online")

    async with await signed_in(app) as desk:
        base = f"/staff/events/{event.slug}/papers/badges.pdf"
        (everybody,) = pages_of((await desk.get(base)).content)
        (on_site,) = pages_of((await desk.get(f"{base}?attends=on_site")).content)
        (waiting,) = pages_of((await desk.get(f"{base}?status=waitlisted&format=a6")).content)
        nobody = await desk.get(f"{base}?status=declined")
        wrong = [await desk.get(f"{base}?{q}") for q in ("format=a5", "status=x", "attends=%00")]

    assert all(
        said in everybody for said in ("Alex Example", "Oslo", "Bo Example", "Care Network", "Lima", event.title)
    )
    assert "Cy Example" not in everybody
    assert "Alex Example" in on_site
    assert "Bo Example" not in on_site
    assert "Cy Example" in waiting
    assert (nobody.status_code, "nobody to print a badge for" in nobody.text) == (404, True)
    assert [answer.status_code for answer in wrong] == [422, 422, 422]


async def test_a_badge_shows_the_part_in_the_programme_before_that_in_the_delegation(database):
    from eventhub.papers.facts import badge_facts
    from eventhub.papers.rules import BadgeFormat

    event = await an_event()
    alex = (await registered(event, "Alex")).registration
    await registered(event, "Bo")
    cy = (await registered(event, "Cy")).registration
    (slot,) = await speaking(await an_item(event), "", role="keynote")
    await sql("UPDATE speaker_slot SET person = {} WHERE id = {}", alex.person, slot)
    await sql("UPDATE registration SET role = 'head' WHERE id IN ({}, {})", alex.id, cy.id)

    papers = badge_facts(event, await people_for_badges(event.id, status="confirmed"), BadgeFormat.A6)["papers"]

    assert [(one["name"], one["role"]) for one in papers] == [
        ("Alex", "Keynote speaker"), ("Bo", "Participant"), ("Cy", "Head of delegation"),
    ]  # fmt: skip
    assert papers[0]["qr"] == make_link("ticket", alex.id, 1)


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("check-in", 200)])
async def test_papers_are_for_those_who_may_see_people(database, app, role, status):
    event, (alex,) = await a_past_event("Alex Example")
    await present(alex)

    async with await signed_in(app, role) as desk:
        for path in ("", "/certificates.pdf", "/badges.pdf"):
            assert (await desk.get(f"/staff/events/{event.slug}/papers{path}")).status_code == status


async def test_the_page_counts_and_links_and_says_when_there_is_nothing_yet(database, app):
    event, (alex, _) = await a_past_event("Alex Example", "Bo Example")
    await present(alex)
    empty = await an_event(title="Empty")

    async with await signed_in(app) as desk:
        page = (await desk.get(f"/staff/events/{event.slug}/papers")).text
        nothing = (await desk.get(f"/staff/events/{empty.slug}/papers")).text
        none = await desk.get(f"/staff/events/{empty.slug}/papers/certificates.pdf")

    assert f'href="/staff/events/{event.slug}/papers/badges.pdf"' in page
    assert "Send the certificates" in page
    assert "Nobody has a seat yet" in nothing
    assert "Nobody’s presence is noted yet" in nothing
    assert none.status_code == 404


# Letters


async def test_everybody_who_was_there_gets_one_letter_however_often_the_button_is_pressed(database, app, client):
    event, (alex, _bo) = await a_past_event("Alex Example", "Bo Example")
    await present(alex)
    before = await sql("SELECT COUNT(*) AS n FROM letter")
    path = f"/staff/events/{event.slug}/papers"

    async with await signed_in(app) as desk:
        first = await post_form(desk, f"{path}/send", {}, page=path)
        said = (await desk.get(path)).text
        again = await desk.get(path)
    letters = await sql(
        "SELECT recipient_name, kind, status, not_after, facts FROM letter WHERE kind = 'certificate_ready'"
    )

    assert first.status_code == 303
    assert "1 letter with a certificate is on its way." in said
    assert "Send the certificates" not in again.text
    assert [(one["recipient_name"], one["not_after"]) for one in letters] == [("Alex Example", None)]
    assert len(await sql("SELECT id FROM letter")) == before[0]["n"] + 1
    (link,) = re.findall(r'"certificate_url":"([^"]+)"', letters[0]["facts"])
    assert (await client.get(link.split("8000", 1)[1])).headers["content-type"] == "application/pdf"
    assert [
        row["detail"] for row in await sql("SELECT detail FROM audit_entry WHERE action = 'send_certificates'")
    ] == ["1 letters"]


async def test_sending_at_once_from_two_desks_writes_each_letter_once(database):
    from eventhub.papers.commands import send_certificates

    event, people = await a_past_event("Alex Example", "Bo Example")
    for one in people:
        await present(one)
    account = await some_account()

    done = await asyncio.gather(*(send_certificates(event.slug, now=NOW, account_id=account) for _ in range(4)))

    assert sum(one.written for one in done) == 2
    assert len(await sql("SELECT id FROM letter WHERE kind = 'certificate_ready'")) == 2


async def test_nothing_is_sent_before_the_end_or_for_a_cancelled_event(database, app):
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    await present(alex)
    over, (bo,) = await a_past_event("Bo Example", title="Off")
    await present(bo)
    await sql("UPDATE event SET status = 'cancelled' WHERE id = {}", over.id)

    async with await signed_in(app) as desk:
        for slug in (event.slug, over.slug):
            answer = await post_form(desk, f"/staff/events/{slug}/papers/send", {}, page="/time-zone")
            assert answer.status_code == 409
    assert await sql("SELECT id FROM letter WHERE kind = 'certificate_ready'") == []


async def test_only_those_who_work_on_events_send_certificates(database, app):
    event, (alex,) = await a_past_event("Alex Example")
    await present(alex)

    async with await signed_in(app, "check-in") as desk:
        answer = await post_form(desk, f"/staff/events/{event.slug}/papers/send", {}, page="/time-zone")

    assert answer.status_code == 403


def test_a_certificate_with_the_longest_of_everything_is_one_page():
    pairs = [
        ["Where", "W" * 300],
        ["Issued by", "Association " * 16],
        *[["Panellist", "Caring " * 42] for _ in range(9)],
    ]
    paper = {
        "name": "W" * 200, "lang": "fr", "organiser": "Association " * 16, "heading": "Attestation de présence",
        "sentence": "Nous attestons " * 8, "event": "Care " * 60, "pairs": pairs, "check": "Everybody can check:",
        "url": "https://events.example.org/certificates/" + "x" * 120, "qr": "code", "qr_words": "code",
    }  # fmt: skip
    facts = {"title": "C", "organiser": "Us", "day": [2026, 11, 25], "lang": "fr", "papers": [paper, paper]}

    pages = pages_of(typeset("certificates", facts))

    assert [page.count("Attestation de présence") for page in pages] == [1, 1]
    assert all("Everybody can check:" in page for page in pages)


# The attendance sheet


async def sheet_of(app, event, language="en") -> tuple[int, str]:
    async with await signed_in(app, "check-in") as staff:
        answer = await staff.get(f"/staff/events/{event.slug}/papers/attendance-sheet.pdf?language={language}")
    if answer.status_code != 200:
        return answer.status_code, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert PdfReader(io.BytesIO(answer.content)).trailer["/Root"]["/Lang"] == language
    return 200, " ".join(" ".join(pages_of(answer.content)).split())


async def a_sheet():
    event = await a_board("Barcelona", "Lyon")
    await add_delegate(await staff(event), person("Ada", "head"), now=NOW)
    await add_delegate(await staff(event), person("Cem", "observer"), now=NOW)
    await registered(event, "Dee Outside", organisation="University of Somewhere", email="dee@example.org")
    return event


async def test_the_sheet_of_a_statutory_meeting_says_who_fills_which_seat_and_the_quorum_in_words(database, app):
    _, said = await sheet_of(app, await a_sheet())
    for words in (
        "Attendance sheet", "2 seats are entitled.",
        "For the quorum 1 more seat must be confirmed: 1 of 2 are, and 2 are needed.",
        "Barcelona One seat is entitled, and Ada fills it.", "Ada Head of delegation",
        "Cem Observer", "Lyon One seat is entitled, and nobody fills it yet.",
        "Without a delegation", "Dee Outside University of Somewhere", "Signature",
    ):  # fmt: skip
        assert words in said, words
    assert "@" not in said


async def test_the_sheet_is_in_the_language_asked_for(database, app):
    event = await a_sheet()
    assert "2 sièges" in (await sheet_of(app, event, "fr"))[1]
    assert "Signature" in (await sheet_of(app, event, "fr"))[1]
    assert "Firma" in (await sheet_of(app, event, "es"))[1]
    status, text = await sheet_of(app, event, "xx")
    assert (status, "is not one of the languages" in text) == (422, True)


async def test_any_event_has_a_sheet_of_those_with_a_seat(database, app):
    event = await an_event(mode="hybrid", place="Town Hall")
    assert (await sheet_of(app, event))[0] == 404
    await registered(event, "Alex Example", organisation="Port of Lima", attends="on_site")
    await registered(event, "Zoë Online", attends="online")
    gone = await registered(event, "Gone Example", attends="on_site")
    await sql("UPDATE registration SET status = 'cancelled' WHERE id = {}", gone.registration.id)

    _, said = await sheet_of(app, event)

    assert "Alex Example" in said
    assert "Port of Lima" in said
    assert "Online" in said
    assert "Gone Example" not in said
    assert "quorum" not in said


async def test_the_sheet_is_for_whoever_may_see_people_and_linked_from_their_pages(database, app, client):
    event = await a_sheet()
    path = f"/staff/events/{event.slug}/papers/attendance-sheet.pdf?language="
    assert (await client.get(path)).status_code in (303, 401)
    async with await signed_in(app, "reader") as reader:
        assert (await reader.get(path)).status_code == 403
    async with await signed_in(app) as desk:
        for page in ("delegations", "delegations/sheet", "papers"):
            text = (await desk.get(f"/staff/events/{event.slug}/{page}")).text
            assert [f'href="{path}{code}"' in text for code in ("en", "es", "fr")] == [True] * 3, page


# Many papers


async def test_a_process_for_each_core_makes_the_same_codes():
    texts = [f"https://events.example.org/certificates/{number}" for number in range(250)]
    assert qr_codes(texts) == [qr_code(text) for text in texts]


async def test_others_are_answered_while_many_papers_are_made(database, app, client):
    event, _ = await a_past_event("Alex Example")
    people = await people_for_badges(event.id, status="confirmed") * 400
    made = asyncio.create_task(printed("badges", badge_facts(event, people, BadgeFormat.A4_8)))
    waits = []
    while not made.done():
        started = time.monotonic()
        assert (await client.get("/privacy")).status_code == 200
        waits.append(time.monotonic() - started)
        await asyncio.sleep(0.05)
    assert len(PdfReader(io.BytesIO(await made)).pages) == 50
    assert len(waits) >= 5
    assert max(waits) < 2


async def test_the_page_leads_to_a_sheet_only_where_somebody_is_expected(app, database):
    event = await an_event(2)
    async with await signed_in(app, "organiser") as desk:
        before = (await desk.get(f"/staff/events/{event.slug}/papers")).text
        await registered(event, "Alex Example")
        after = (await desk.get(f"/staff/events/{event.slug}/papers")).text
    assert ("attendance-sheet.pdf" in before, "attendance-sheet.pdf" in after) == (False, True)
    assert "Nobody is expected yet" in before
