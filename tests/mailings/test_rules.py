from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eventhub.mail.rules import Wording
from eventhub.mailings.rules import DAY, HOUR, Narrowing, Plan, due_at, fallback_language, grace, plan_problems, soon

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
START = NOW + timedelta(days=30)


def faults(plan: Plan, **changes: Any) -> set[str]:
    known = {"now": NOW, "starts_at": START, "ends_at": None, "has_cohort": False, "at_once": False}
    return set(plan_problems(plan, languages=("en", "es", "fr"), **known | changes))


def test_a_planned_letter_moves_with_its_event() -> None:
    assert due_at("start", -DAY, None, START, None) == START - timedelta(days=1)
    assert due_at("start", -DAY, None, START + timedelta(hours=3), None) == START - timedelta(hours=21)
    assert due_at("end", DAY, None, START, START + timedelta(hours=2)) == START + timedelta(hours=26)
    assert due_at("end", DAY, None, START, None) == START + timedelta(days=1)
    assert due_at("instant", 0, NOW, START, None) == NOW
    assert due_at("start", -DAY, None, None, None) is None


def test_a_letter_may_be_six_hours_late_or_its_offset_if_that_is_shorter() -> None:
    assert grace("start", -DAY) == timedelta(hours=6)
    assert grace("start", -HOUR) == timedelta(hours=1)
    assert grace("start", 0) == timedelta(minutes=15)
    assert grace("instant", 0) == timedelta(hours=6)


def test_a_reminder_says_how_soon_it_is_only_where_that_is_true() -> None:
    assert [soon("start", minutes) for minutes in (-14 * DAY, -DAY, -HOUR, -3 * DAY)] == ["weeks", "day", "hour", ""]
    assert soon("end", -DAY) == ""


def test_people_without_a_text_of_their_language_read_that_of_the_event() -> None:
    text = Wording("S", "B")
    assert fallback_language({"es": text, "en": text}, "es") == "es"
    assert fallback_language({"es": text, "en": text}, "fr") == "en"
    assert fallback_language({"es": text}, "fr") == "es"


@pytest.mark.parametrize(
    ("plan", "wrong"),
    [
        (Plan("reminder", "registered", "start", -DAY), set()),
        (Plan("reminder", "waiting", "start", -DAY), {"audience"}),
        (Plan("reminder", "registered", "start", DAY), {"when"}),
        (Plan("reminder", "registered", "start", -40 * DAY), {"when"}),
        (Plan("reminder", "registered", "instant"), {"when"}),
        (Plan("reminder", "registered", "start", -400 * DAY), {"when"}),
        (Plan("planned_message", "cohort", "start", -DAY, texts={"en": Wording("S", "B")}), {"audience"}),
        (Plan("planned_message", "nobody", "start", -DAY, texts={"en": Wording("S", "B")}), {"audience"}),
        (Plan("planned_message", "speakers", "start", -DAY, texts={}), {"subject_en"}),
        (
            Plan("planned_message", "speakers", "start", -DAY, texts={"fr": Wording("", "B [nobody]")}),
            {"subject_fr", "body_fr"},
        ),
        (Plan("sign_in_link", "registered", "start", -DAY), {"kind", "subject_en"}),
        (
            Plan("reminder", "speakers", "start", -DAY, only=Narrowing(attends="online", language="xx")),
            {"attends", "only_language"},
        ),
    ],
)
def test_every_fault_is_said_at_its_field(plan: Plan, wrong: set[str]) -> None:
    assert faults(plan) == wrong
