"""What `eventhub check` finds wrong with the data and the settings."""

from typing import Any

import pytest

from eventhub import checks
from eventhub.checks import integrity
from eventhub.database import sql
from eventhub.settings import Settings, current_settings
from tests.make import NOW, an_event, registered


@pytest.fixture
async def full(database: None) -> Any:
    """An event with two people who have seats and one who waits."""
    event = await an_event(capacity=2)
    people = [await registered(event, name) for name in ("Ada", "Bo", "Cy")]
    assert await integrity() == []
    return event, people


async def test_an_empty_database_keeps_its_promises(database: None) -> None:
    assert await integrity() == []


@pytest.mark.parametrize(
    ("statement", "sentences"),
    [
        ("UPDATE seat_pool SET taken = 1, waiting = 1", [
            "1 events count other seats as taken than people hold.", "1 events have people waiting beside free seats.",
        ]),
        ("UPDATE seat_pool SET waiting = 5", ["1 events count other people as waiting than wait."]),
        ("UPDATE seat_pool SET capacity = 3", [
            "1 events have people waiting beside free seats.", "1 events state another capacity than their seats have.",
        ]),
        ("DELETE FROM letter", ["3 registrations have no letter."]),
    ],
)  # fmt: skip
async def test_a_promise_that_the_data_breaks_is_said(full: Any, statement: str, sentences: list[str]) -> None:
    await sql(statement)
    assert await integrity() == sentences


async def test_people_present_without_a_seat_or_counted_twice_are_found(full: Any) -> None:
    event, people = full
    await sql(
        "INSERT INTO attendance (id, registration, mode, source, recorded_at) VALUES ({}, {}, 'online', 'staff', {})",
        event.id, people[2].registration.id, NOW,
    )  # fmt: skip
    await sql("INSERT INTO head_count (event, source, recorded_at) VALUES ({}, '', {})", event.id, NOW)
    assert await integrity() == [
        "1 people are marked as present without a seat.",
        "1 events have both a head count and an attendance list.",
    ]


async def test_a_migrated_database_with_good_settings_has_nothing_wrong() -> None:
    assert checks._about_settings() == []


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        ({"base_url": "http://[::1]:8000"}, []),
        ({"base_url": "https://events.example.org", "development": False}, []),
        (
            {"base_url": "http://events.example.org", "development": True},
            [
                "EVENTHUB_BASE_URL is not https, so sign-in links and cookies travel in the clear.",
                "EVENTHUB_DEVELOPMENT is on although people reach EventHub from elsewhere.",
            ],
        ),
        (
            {"smtp_url": "smtp://mail.example.org"},
            ["EVENTHUB_MAIL_FROM names localhost, so replies and bounces go nowhere."],
        ),
    ],
)
def test_settings_that_are_allowed_but_unwise_are_said(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], sentences: list[str]
) -> None:
    wanted: Settings = current_settings().model_copy(update=values)
    monkeypatch.setattr(checks, "current_settings", lambda: wanted)
    assert checks._about_settings() == sentences
