from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.mail.rules import (
    LATER_WAIT,
    MAX_ATTEMPTS,
    Outcome,
    Stage,
    clean_header,
    outcome_of,
    pause_after,
    wait_after,
    without_addresses,
)


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
