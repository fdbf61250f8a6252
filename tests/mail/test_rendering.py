import re
from typing import Any
from uuid import UUID

import jinja2
import pytest
from icalendar import Calendar

from eventhub.mail.addresses import organiser_for
from eventhub.mail.rendering import render, when
from eventhub.mail.rules import WORDABLE_KINDS, Wording

EVENT: dict[str, Any] = {
    "uid": "8d0e@eventhub",
    "sequence": 0,
    "slug": "water",
    "title": "Cities & water",
    "starts": "2027-05-12T07:30:00+00:00",
    "ends": "2027-05-12T08:15:00+00:00",
    "time_zone": "Europe/Madrid",
    "place": "Room 1, Barcelona",
    "online_url": "",
    "url": "http://127.0.0.1:8000/events/water",
    "description": "",
    "status": "CONFIRMED",
    "created_at": "2026-10-01T08:00:00+00:00",
    "updated_at": "2026-11-02T08:00:00+00:00",
}
FACTS: dict[str, Any] = {
    "recipient_name": "Alex <b>Example</b>",
    "reader_zone": "Asia/Kathmandu",
    "manage_url": "http://127.0.0.1:8000/registrations/k?a=1&b=2",
    "event": EVENT,
    "calendar_method": None,
    "written_at": "2026-11-25T09:00:00+00:00",
    "cancelled_before": 0,
}
APPLICATION = {
    "recipient_name": "Alex",
    "lab_name": "Shade",
    "member_name": "Barcelona",
    "manage_url": "http://127.0.0.1:8000/applications/k",
    "closes_at": "2027-01-01T10:00:00+00:00",
    "time_zone": "Europe/Madrid",
}
DECISION: dict[str, Any] = {
    "reason": "Many good cases.",
    "words": "We had 120 applications.",
    "confirm_until": None,
    "waiting_place": None,
    "lapsed": False,
}
PROPOSAL: dict[str, Any] = {
    "recipient_name": "Alex",
    "campaign_title": "World Metropolitan Day",
    "campaign_url": "http://127.0.0.1:8000/campaigns/world-metropolitan-day",
    "event": {name: EVENT[name] for name in ("title", "starts", "ends", "time_zone", "place", "online_url")},
    "organiser_name": "Care Network",
    "contact": "Alex, alex@example.net",
    "mode": "In person",
    "country": "Spain",
    "text_language": "English",
    "description": "A walk.\nBring shoes.",
}
ITEM: dict[str, Any] = {"item_title": "Opening", "event_title": "Cities & water"}
SPEAKING: dict[str, Any] = {**ITEM, "role": "Panellist", "is_confirmed": False, "is_public": True}
#: Every kind with its own facts.
KINDS: dict[str, dict[str, Any]] = {
    "registration_confirmed": {**FACTS, "calendar_method": "REQUEST"},
    "registration_waitlisted": {**FACTS, "position": 3},
    "registration_promoted": {**FACTS, "calendar_method": "REQUEST"},
    "registration_cancelled": {**FACTS, "calendar_method": "CANCEL", "had_seat": True, "declined": False},
    "event_changed": {**FACTS, "calendar_method": "REQUEST"},
    "event_cancelled": {**FACTS, "calendar_method": "CANCEL", "reason": "The river rose."},
    "registration_link": FACTS,
    "registration_invited": FACTS,
    "message_to_registered": {**FACTS, "message_subject": "Bring shoes", "message": "Dear [name],\n\nit may rain."},
    "registration_pending": FACTS,
    "registration_offered": {**FACTS, "offer_until": "2027-05-10T07:30:00+00:00"},
    "registration_lapsed": FACTS,
    "registration_replaced": {**FACTS, "calendar_method": "CANCEL", "had_seat": True, "colleague": "Bo <b>Example</b>"},
    "registration_links": {
        "recipient_name": "Alex",
        "links": [
            {"title": "Cities & water", "when": "12 May", "url": FACTS["manage_url"], "status": status}
            for status in ("confirmed", "waitlisted")
        ],
    },
    "feedback_asked": {
        "recipient_name": "Alex",
        "title": "Cities & water",
        "manage_url": "http://127.0.0.1:8000/feedback/k",
        "is_reminder": True,
    },
    "follow_up_asked": {
        "recipient_name": "Alex",
        "title": "Quito helps Lima with meters",
        "lab_name": "Shade",
        "months": 3,
        "manage_url": "http://127.0.0.1:8000/follow-ups/k",
    },
    "certificate_ready": {**FACTS, "certificate_url": "http://127.0.0.1:8000/registrations/k/certificate.pdf"},
    "sign_in_link": {"recipient_name": "Alex", "sign_in_url": "http://127.0.0.1:8000/sign-in/x", "minutes": 30},
    "parity_tipped": {
        "recipient_name": "Alex",
        "event_title": "Water",
        "event_url": "http://127.0.0.1:8000/staff/events/water",
        "sentences": ["“Shade” has 3 men and 1 woman."],
    },
    "application_received": {**APPLICATION, "is_change": True, "words": "Thank you <b>all</b>.\n\nUntil May."},
    "application_begun": APPLICATION,
    "application_editor_invited": {**APPLICATION, "invited_by": "Bo <b>Example</b>"},
    "application_reminder": {**APPLICATION, "words": "A short answer is enough."},
    "cohort_welcome": {"recipient_name": "Alex", "lab_name": "Shade", "manage_url": "http://127.0.0.1:8000/cohorts/k"},
    "cohort_message": {
        "recipient_name": "Alex",
        "manage_url": "http://127.0.0.1:8000/cohorts/k/people/p",
        "stop_url": "http://127.0.0.1:8000/cohorts/k/me",
        "from_name": "Bo <b>Example</b>",
        "from_member": "Barcelona",
        "lab_name": "Shade",
        "said_subject": "Trees",
        "said": "Which trees\ndid you <b>plant</b>?",
    },
    "eligibility_decided": {**APPLICATION, "is_eligible": False, "reason": "No public body."},
    "call_extended": {**APPLICATION, "was_to_close_at": "2026-11-20T16:00:00+00:00", "is_sent": True},
    "campaign_proposed": PROPOSAL,
    "campaign_accepted": {**PROPOSAL, "public_url": "http://127.0.0.1:8000/events/water"},
    "campaign_declined": {**PROPOSAL, "reason": "It is not about care."},
    "speaker_invited": {
        "recipient_name": "Alex <b>Example</b>",
        "reader_zone": "Asia/Kathmandu",
        "manage_url": "http://127.0.0.1:8000/speaking/k",
        "event": EVENT,
        **SPEAKING,
        "calendar_method": "REQUEST",
        "written_at": FACTS["written_at"],
        "may_counter": True,
    },
    "speaker_changed": {**FACTS, **SPEAKING, "calendar_method": "REQUEST"},
    "speaker_cancelled": {**FACTS, **SPEAKING, "calendar_method": "CANCEL"},
    "item_confirmed": {**FACTS, **ITEM, "calendar_method": "REQUEST"},
    "item_changed": {**FACTS, **ITEM, "calendar_method": "REQUEST"},
    "item_cancelled": {**FACTS, **ITEM, "calendar_method": "CANCEL"},
    "reminder": {**FACTS, "soon": "day", "audience": "registered"},
    "planned_message": {
        **FACTS,
        "audience": "speakers",
        "message_subject": "For [name]",
        "message": "Dear [name],\n\n[title] is on [when]. <b>[link]</b> {% 7 %} [sic]",
    },
    "speaker_answered": {
        "recipient_name": "Alex",
        "speaker_name": "Bo Example",
        "item_title": "Opening",
        "event_title": "Water",
        "has_confirmed": True,
        "event_url": "http://127.0.0.1:8000/staff/events/water",
    },
    "delegation_invited": {
        "recipient_name": "Alex <b>Example</b>",
        "reader_zone": "Asia/Kathmandu",
        "manage_url": "http://127.0.0.1:8000/delegation/k",
        "event": EVENT,
        "member_name": "Barcelona",
        "places": ["3 more delegates can be named.", "No more observers can be named."],
        "closes_at": "2026-12-01T17:00:00+00:00",
    },
    "programme_changed": {
        **FACTS,
        "calendar_method": None,
        "speaks": False,
        "sentences": ["“Shade” is in “Hall B”."],
        "programme_url": "http://127.0.0.1:8000/events/water/programme",
    },
}


def written(kind, language="en", **changed):
    return render(kind, language, {**KINDS[kind], **changed}, recipient_address="alex@example.net")


def sequence(letter):
    return Calendar.from_ical(letter.calendar).events[0]["SEQUENCE"]


@pytest.mark.parametrize("language", ["en", "es", "fr"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_subject_a_text_and_html_in_every_language(kind, language):
    letter = written(kind, language)

    assert letter.subject
    assert "\n" not in letter.subject
    assert "\n-- \n" in letter.text
    assert "{{" not in letter.text + letter.html
    assert f'lang="{language}"' in letter.html
    assert letter.html.rstrip().endswith("</html>")
    assert (letter.calendar is not None) == (KINDS[kind].get("calendar_method") is not None)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_in_a_letter_is_loaded_from_elsewhere(kind):
    html = written(kind).html

    for never in ("<img", "<link", "<script", "url(", "@import"):
        assert never not in html


def test_a_letter_is_the_same_each_time_it_is_written():
    assert written("registration_confirmed") == written("registration_confirmed")


def test_each_person_reads_their_own_name_and_link():
    mine = written("registration_confirmed")
    yours = written("registration_confirmed", recipient_name="Bo", manage_url="http://127.0.0.1:8000/registrations/bo")

    assert "Hello Alex <b>Example</b>," in mine.text
    assert "Hello Bo," in yours.text
    assert yours.text.count("/registrations/bo") == yours.html.count("/registrations/bo") == 1
    assert "Alex" not in yours.text + yours.html + yours.calendar.decode()


def test_what_a_person_typed_is_text_in_html():
    html = written("registration_confirmed").html

    assert "Alex &lt;b&gt;Example&lt;/b&gt;" in html
    assert 'href="http://127.0.0.1:8000/registrations/k?a=1&amp;b=2"' in html
    assert "Cities &amp; water" in html
    assert "<b>" not in html


def test_the_time_is_told_in_the_zone_of_the_event_and_of_the_reader():
    text = written("registration_confirmed").text

    assert "When: Wednesday, 12 May 2027, 09:30–10:15\nCentral European Summer Time, Madrid (Europe/Madrid)" in text
    assert "On your clocks: Wednesday, 12 May 2027, 13:15–14:00\nGMT+05:45, Kathmandu (Asia/Kathmandu)" in text


@pytest.mark.parametrize(
    "reader_zone", ["Europe/Paris", None, ""], ids=["whose clocks show the same", "unknown", "left empty"]
)
def test_a_reader_is_told_the_time_once(reader_zone):
    assert "On your clocks" not in written("registration_confirmed", reader_zone=reader_zone).text


def test_dates_are_in_the_language_of_the_letter():
    assert "mercredi 12 mai 2027" in written("registration_confirmed", "fr").text
    assert "heure d’été d’Europe centrale" in written("registration_confirmed", "fr").text


def test_an_event_of_days_names_its_days_only():
    days = {**EVENT, "starts": "2027-05-12", "ends": "2027-05-14", "time_zone": None}

    found = when("2027-05-12", "2027-05-14", None, "Asia/Kathmandu", "en")

    assert (found.here, found.here_zone, found.there) == ("12–14 May 2027", "", "")
    assert "When: 12–14 May 2027\n" in written("registration_link", event=days).text


def test_an_event_over_midnight_names_both_days():
    found = when("2027-05-12T21:00:00+00:00", "2027-05-12T23:00:00+00:00", "Europe/Madrid", None, "en")

    assert found.here == "Wednesday, 12 May 2027, 23:00 – Thursday, 13 May 2027, 01:00"


def test_who_waits_reads_how_many_are_before_them():
    assert "2 people are before you" in written("registration_waitlisted").text
    assert "1 person is before you" in written("registration_waitlisted", position=2).text
    assert "You are the first" in written("registration_waitlisted", position=1).text


def test_a_missing_fact_is_an_error_and_not_a_gap():
    with pytest.raises(jinja2.UndefinedError):
        render("sign_in_link", "en", {"recipient_name": "Alex"}, recipient_address="a@example.net")


def test_cancelling_and_registering_again_is_always_newer_than_the_last_letter():
    moved = {**EVENT, "sequence": 1}
    told = [
        written("registration_confirmed"),
        written("event_changed", event=moved),
        written("registration_cancelled", event=moved),
        written("registration_confirmed", event=moved, cancelled_before=1),
        written("event_cancelled", event={**EVENT, "sequence": 2}, cancelled_before=1),
    ]

    assert [sequence(letter) for letter in told] == [0, 1, 2, 3, 4]
    assert [letter.method for letter in told] == ["REQUEST", "REQUEST", "CANCEL", "REQUEST", "CANCEL"]


def test_the_invitation_names_the_address_of_the_letter_in_the_form_that_relays_take():
    letter = render(
        "registration_confirmed", "en", KINDS["registration_confirmed"], recipient_address="zoe@bücher.example"
    )

    (event,) = Calendar.from_ical(letter.calendar).events
    assert str(event["ATTENDEE"]) == "mailto:zoe@xn--bcher-kva.example"


WORDING = Wording(
    "[title]: hello [name]", "Good to see you, [name].\n\nIt is on [when] at [place].\nSee [link] <i>{{ 1 }}</i>"
)


@pytest.mark.parametrize("kind", WORDABLE_KINDS)
@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_the_words_of_staff_stand_instead_of_the_first_sentences_and_facts_and_links_stay(kind, language):
    usual, worded = written(kind, language), worded_as(WORDING, kind, language)

    assert worded.subject.endswith(": hello Alex <b>Example</b>")
    assert worded.text.startswith("Good to see you, Alex <b>Example</b>.\n\n")
    assert "{{ 1 }}" in worded.text
    assert "&lt;i&gt;{{ 1 }}&lt;/i&gt;" in worded.html
    assert "<b>" not in worded.html
    assert "[" not in worded.text
    for part in ("Cities & water", "Europe/Madrid", "Asia/Kathmandu", "\n-- \n"):
        assert part in worded.text
    assert usual.text.partition("\n-- \n")[2] == worded.text.partition("\n-- \n")[2]
    assert usual.calendar == worded.calendar


def worded_as(wording, kind, language="en"):
    return render(kind, language, KINDS[kind], recipient_address="alex@example.net", wording=wording)


def test_words_that_do_not_name_the_person_follow_the_usual_greeting():
    text = worded_as(Wording("s", "Good news."), "registration_confirmed").text

    assert text.startswith("Hello Alex <b>Example</b>,\n\nGood news.\n\n")


@pytest.mark.parametrize("kind", ["registration_offered", "event_cancelled", "certificate_ready", "programme_changed"])
def test_what_nobody_can_do_without_stays_under_any_words(kind):
    needed = {
        "registration_offered": "Your answer is needed by: Monday, 10 May 2027",
        "event_cancelled": "The river rose.",
        "certificate_ready": "/certificate.pdf",
        "programme_changed": "“Shade” is in “Hall B”.",
    }[kind]

    assert needed in worded_as(Wording("s", "b"), kind).text
    assert needed in worded_as(Wording("s", "b"), kind).html


@pytest.mark.parametrize("kind", [kind for kind, facts in KINDS.items() if "reader_zone" in facts])
@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_every_letter_about_an_event_tells_the_time_on_both_clocks_with_the_names_of_their_zones(kind, language):
    letter = written(kind, language)

    for part in (letter.text, letter.html):
        assert "(Europe/Madrid)" in part
        assert "(Asia/Kathmandu)" in part
        assert part.count("Cities &amp; water" if part is letter.html else "Cities & water")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_no_letter_has_holes_where_nothing_stands_or_a_line_too_many(kind, language):
    text = written(kind, language).text

    assert "\n\n\n" not in text
    assert not text.startswith("\n")
    assert "None" not in text
    assert all(line == line.rstrip() or line == "-- " for line in text.split("\n"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_subjects_are_short_and_letters_have_a_preheader(kind, language):
    letter = written(kind, language)

    assert len(letter.subject.replace("Cities & water", "")) <= 60
    assert re.search(r'overflow:hidden;mso-hide:all">[^<\s][^<]*</div>', letter.html)


def test_without_a_name_a_letter_greets_all_the_same():
    assert written("registration_confirmed", recipient_name="").text.startswith("Hello,\n\n")


@pytest.mark.parametrize(
    ("soon", "subject"), [("hour", "In an hour"), ("day", "Tomorrow"), ("weeks", "In two weeks"), ("", "Soon")]
)
def test_a_reminder_says_how_soon(soon, subject):
    assert written("reminder", soon=soon).subject == f"{subject}: Cities & water"


def test_a_reminder_brings_the_way_in():
    letter = written("reminder", join_url="http://127.0.0.1:8000/join/k")

    assert "Join online: http://127.0.0.1:8000/join/k" in letter.text
    assert 'href="http://127.0.0.1:8000/join/k"' in letter.html
    assert "Where: Room 1, Barcelona" in letter.text


def test_what_staff_write_is_text_whatever_it_looks_like():
    letter = written("planned_message")

    assert letter.subject == "For Alex <b>Example</b>"
    assert letter.text.startswith("Dear Alex <b>Example</b>,\n\nCities & water is on Wednesday, 12 May 2027")
    assert "{% 7 %} [sic]" in letter.text
    assert "&lt;b&gt;" in letter.html
    assert "<b>" not in letter.html


@pytest.mark.parametrize("audience", ["registered", "speakers", "delegations", "cohort"])
@pytest.mark.parametrize("kind", ["reminder", "planned_message"])
def test_a_letter_to_a_group_says_why_and_links_only_where_there_is_a_link(kind, audience):
    why = {
        "registered": "because you registered", "speakers": "on the programme",
        "delegations": "contact of a delegation", "cohort": "take part in the group",
    }[audience]  # fmt: skip

    assert why in written(kind, audience=audience).text
    without = written(kind, audience=audience, manage_url="")
    assert "registrations/" not in without.text + without.html
    assert "link:" not in without.text


def test_letters_that_people_may_be_without_say_how_and_others_do_not():
    link = "http://127.0.0.1:8000/letters/stop/k"

    for kind in ("reminder", "planned_message", "message_to_registered", "certificate_ready"):
        letter = written(kind, opt_out_url=link)
        assert (letter.unsubscribe, link in letter.text, link in letter.html) == (link, True, True)
    assert written("registration_confirmed", opt_out_url=link).unsubscribe == ""


def test_the_number_of_an_invitation_is_what_the_outbox_found():
    assert sequence(written("registration_confirmed", calendar_sequence=7)) == 7


def test_only_what_concerns_the_event_of_a_person_comes_from_their_own_address():
    person = UUID(int=3)

    for kind, facts in KINDS.items():
        letter = render(kind, "en", facts, recipient_address="alex@example.net", person_id=person)
        assert letter.sender == organiser_for(person if "event" in facts else None)
