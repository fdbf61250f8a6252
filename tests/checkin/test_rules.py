"""Codes that people type, times of scans, and when a link to join opens."""

from datetime import UTC, datetime, timedelta

import pytest

from eventhub.checkin.rules import (
    KINDS,
    WITHOUT_SEAT,
    WORDS,
    Verdict,
    join_window,
    scan_time,
    short_code,
    shown_code,
    ticket_of,
    typed_code,
    verdict_sentence,
)
from eventhub.registrations.rules import RegistrationStatus

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def test_a_short_code_has_eight_letters_and_digits_and_is_always_the_same() -> None:
    assert short_code("a ticket") == "SGBVXW4V"
    assert shown_code("a ticket") == "SGBV-XW4V"
    assert short_code("another ticket") != short_code("a ticket")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("SE2JF1HT", "SE2JF1HT"),
        ("se2j-f1ht", "SE2JF1HT"),
        (" SE2J F1HT ", "SE2JF1HT"),
        ("se2j–flht", "SE2JF1HT"),
        ("SE2JFIHT", "SE2JF1HT"),
        ("OOOO-0000", "00000000"),
        ("SE2JF1H", None),
        ("SE2JF1HTX", None),
        ("SE2JF1HU", None),
        ("", None),
        ("é" * 8, None),
    ],
)
def test_a_typed_code_forgives_case_gaps_and_letters_that_look_alike(typed: str, meant: str | None) -> None:
    assert typed_code(typed) == meant


@pytest.mark.parametrize(
    ("text", "ticket"),
    [
        ("abc.def", "abc.def"),
        (" abc.def\n", "abc.def"),
        ("https://events.example.org/tickets/abc.def", "abc.def"),
        ("https://events.example.org/tickets/abc.def/?lang=es#top", "abc.def"),
        ("a\x00b", "ab"),
        ("", ""),
    ],
)
def test_a_ticket_is_the_code_or_the_end_of_an_address(text: str, ticket: str) -> None:
    assert ticket_of(text) == ticket


def test_a_scan_counts_for_three_days_and_never_in_the_future() -> None:
    assert scan_time(None, NOW) == NOW
    assert scan_time(NOW + timedelta(hours=1), NOW) == NOW
    assert scan_time(NOW - timedelta(minutes=7), NOW) == NOW - timedelta(minutes=7)
    assert scan_time(NOW - timedelta(days=3), NOW) == NOW - timedelta(days=3)
    assert scan_time(NOW - timedelta(days=3, seconds=1), NOW) is None


def test_every_verdict_has_a_word_and_a_sentence_and_every_status_without_seat_a_verdict() -> None:
    assert set(WORDS) == set(Verdict)
    assert set(KINDS) < set(Verdict)
    sentences = [verdict_sentence(one, name="Alex", clock="10:02", event="Care") for one in Verdict]
    assert len(set(sentences)) == len(Verdict)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert set(WITHOUT_SEAT) == set(RegistrationStatus) - {RegistrationStatus.CONFIRMED}


def test_a_link_to_join_opens_half_an_hour_before_the_start_and_closes_at_the_end() -> None:
    end = NOW + timedelta(hours=2)
    assert join_window(NOW, end) == (NOW - timedelta(minutes=30), end)
    assert join_window(NOW, None) == (NOW - timedelta(minutes=30), NOW + timedelta(hours=12))
