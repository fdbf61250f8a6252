from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.mail.rules import (
    LATER_WAIT,
    MAX_ATTEMPTS,
    PLACEHOLDERS,
    REGISTRATION_NEWS,
    WORDABLE_KINDS,
    Outcome,
    Stage,
    Wording,
    clean_header,
    filled_in,
    is_transactional,
    outcome_of,
    overtaken_by,
    pause_after,
    wait_after,
    without_addresses,
    wording_problems,
)
from eventhub.resources import TEMPLATES


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 30), (5, 60), (90, 60)])
def test_a_letter_waits_longer_each_time_and_at_last_an_hour(attempts, minutes):
    assert wait_after(attempts, jitter=0.5) == timedelta(minutes=minutes)


def test_waits_are_spread_by_a_fifth_either_way():
    assert wait_after(5, jitter=0) == timedelta(minutes=48)
    assert wait_after(5, jitter=1) == timedelta(minutes=72)


def test_a_letter_is_given_up_after_about_four_days():
    total = sum((wait_after(n, jitter=0.5) for n in range(1, MAX_ATTEMPTS)), timedelta())

    assert timedelta(days=3, hours=20) < total < timedelta(days=4, hours=4)
    assert LATER_WAIT >= 30


def test_the_outbox_rests_longer_each_time_and_at_most_five_minutes():
    rests = [pause_after(n, jitter=0.5).total_seconds() for n in range(1, 9)]

    assert rests == [5, 10, 20, 40, 80, 160, 300, 300]
    assert pause_after(10_000, jitter=0.5) == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("stage", "code", "outcome"),
    [
        pytest.param(Stage.CONTENT, 250, Outcome.SENT, id="accepted"),
        pytest.param(Stage.RECIPIENT, 550, Outcome.GIVE_UP, id="no such mailbox"),
        pytest.param(Stage.RECIPIENT, 450, Outcome.RETRY, id="greylisted"),
        pytest.param(Stage.CONTENT, 554, Outcome.GIVE_UP, id="the text is refused"),
        pytest.param(Stage.CONTENT, 451, Outcome.RETRY, id="the relay has a problem of its own"),
        pytest.param(Stage.CONTENT, None, Outcome.RETRY, id="lost after the text: perhaps accepted"),
        pytest.param(Stage.RECIPIENT, 421, Outcome.RETRY, id="closing because of this letter"),
        pytest.param(Stage.SENDER, 421, Outcome.PAUSE, id="closing whatever the letter"),
        pytest.param(Stage.SENDER, 550, Outcome.PAUSE, id="our sender is refused"),
        pytest.param(Stage.SENDER, 552, Outcome.GIVE_UP, id="the letter is too large"),
        pytest.param(Stage.RECIPIENT, 530, Outcome.PAUSE, id="sign in first"),
        pytest.param(Stage.CONNECTION, 535, Outcome.PAUSE, id="wrong password"),
        pytest.param(Stage.CONNECTION, 421, Outcome.PAUSE, id="too busy"),
        pytest.param(Stage.CONNECTION, None, Outcome.PAUSE, id="nobody there"),
        pytest.param(Stage.CONTENT, -1, Outcome.RETRY, id="an answer that is none"),
    ],
)
def test_an_answer_means(stage, code, outcome):
    assert outcome_of(stage, code) is outcome


@pytest.mark.parametrize(
    ("given_", "clean"),
    [
        ("Ordinary name", "Ordinary name"),
        ("Zoë  Ñandú", "Zoë Ñandú"),
        ("Two\r\nBcc: evil@example.org", "Two Bcc: evil@example.org"),
        ("=?UTF-8?Q?=0ABcc:_evil?=", "= ?UTF-8?Q?=0ABcc:_evil?="),
        ("a\u202eb\u200bc\x00d", "abc d"),
        ("\ud800", ""),
    ],
)
def test_a_header_is_one_visible_line(given_, clean):
    assert clean_header(given_) == clean


@settings(deadline=None)
@given(st.text())
def test_no_text_leaves_its_header(text):
    clean = clean_header(text)

    assert "=?" not in clean
    assert clean == clean_header(clean)
    assert not any(c in clean for c in "\r\n\x00\u2028\u202e")
    clean.encode()


def test_the_log_repeats_no_address():
    said = "550 5.1.1 <alex@example.org>: Recipient address rejected"

    assert without_addresses(said) == "550 5.1.1 … Recipient address rejected"


@pytest.mark.parametrize(
    ("subject", "body", "wrong"),
    [
        ("Welcome to [title]", "Dear [name],\n\nsee [link] and [event_link], [1] [ ] [two words]", {}),
        ("", " \n ", {"subject", "body"}),
        ("[nmae]", "[Name]", {"subject", "body"}),
        ("x" * 201, "x" * 5001, {"subject", "body"}),
        ("two\nlines", "text", {"subject"}),
        ("fine", "Dear [name,", {"body"}),
        ("fine", "[link", {"body"}),
        ("{{ 7 * 7 }} {% x %} %(x)s <b>", "{{ config }}", {}),
    ],
)
def test_a_wording_with_a_fault_is_told_at_its_field(subject, body, wrong):
    assert set(wording_problems(Wording(subject, body))) == set(wrong)


def test_the_fault_names_the_placeholder_and_what_could_be_used():
    (said,) = wording_problems(Wording("fine", "Dear [nmae],"))["body"]

    assert "[nmae]" in said
    assert all(f"[{name}]" in said for name in PLACEHOLDERS)


def test_what_is_filled_in_is_never_filled_in_again():
    values = {"name": "[link]", "link": "https://example.org/[name]"}

    assert filled_in("[name] [link] [sic]", values) == "[link] https://example.org/[name] [sic]"


@settings(deadline=None)
@given(st.text(), st.dictionaries(st.sampled_from(sorted(PLACEHOLDERS)), st.text()))
def test_no_wording_and_no_value_does_anything_but_stand_there(text, values):
    assert filled_in(text, {}) == text
    assert filled_in("".join(f"[{name}]" for name in values), values) == "".join(values.values())


def test_every_kind_whose_words_can_be_changed_has_its_templates():
    assert [kind for kind in WORDABLE_KINDS if not (TEMPLATES / "mail" / kind / "body.txt").is_file()] == []


def test_only_what_people_may_be_without_is_no_news_of_their_own():
    others = {path.name for path in (TEMPLATES / "mail").iterdir() if path.is_dir() and not is_transactional(path.name)}

    assert others == {
        "message_to_registered",
        "planned_message",
        "reminder",
        "certificate_ready",
        "feedback_asked",
    }


def test_news_of_a_seat_overtakes_older_news_of_it_and_no_letter_of_another_sort():
    assert overtaken_by("registration_cancelled") == REGISTRATION_NEWS | {"reminder"}
    assert overtaken_by("registration_link") == overtaken_by("sign_in_link") == frozenset()
    assert overtaken_by("speaker_changed") == {"speaker_invited", "speaker_changed", "speaker_cancelled"}
