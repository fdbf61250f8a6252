"""What of a form is a change, what is a conflict, and what is missing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from eventhub.applying.rules import (
    Conflict,
    completeness_problems,
    digest,
    free_entry,
    joined,
    kept_as,
    merged,
    open_stage,
    person_field,
    tidied,
    value_problem,
)
from eventhub.calls.rules import CallContent
from tests.applying.making import a_person_typed, question

KEY = UUID(int=7)


def test_what_its_writer_left_alone_changes_nothing_whatever_has_become_of_it() -> None:
    done = merged({"needs": "Changed by another."}, {"needs": "As shown."}, {"needs": digest("As shown.")})
    assert (done.changes, done.conflicts) == ({}, {})


def test_what_only_one_has_changed_is_a_change() -> None:
    done = merged({"needs": "Old.", "offers": "Theirs."}, {"needs": "New.", "offers": "Shown."},
                  {"needs": digest("Old."), "offers": digest("Shown.")})  # fmt: skip
    assert done.changes == {"needs": "New."}
    assert done.conflicts == {}


def test_what_both_have_changed_is_a_conflict_with_both_texts() -> None:
    done = merged({"needs": "Theirs."}, {"needs": "Mine."}, {"needs": digest("Old.")})
    assert done.changes == {}
    assert done.conflicts == {"needs": Conflict("Theirs.", "Mine.")}


def test_the_same_change_by_both_is_none() -> None:
    done = merged({"needs": "Same."}, {"needs": "Same."}, {"needs": digest("Old.")})
    assert (done.changes, done.conflicts) == ({}, {})


def test_a_form_that_remembers_nothing_overwrites_nothing() -> None:
    done = merged({"needs": "Theirs."}, {"needs": "Mine.", "offers": "New."}, {})
    assert done.changes == {"offers": "New."}
    assert list(done.conflicts) == ["needs"]


def test_ticked_boxes_are_compared_whatever_their_order() -> None:
    done = merged({"languages": ["en", "fr"]}, {"languages": ["fr", "en"]}, {})
    assert (done.changes, done.conflicts) == ({}, {})
    assert joined(["en"], ["fr", "en"]) == ["en", "fr"]
    assert joined("One.", "Two.") == "One.\n\nTwo."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "tlh"), ("languages", ["en", "tlh"]), ("preference", "0"), ("preference", "1e9"),
        (person_field(KEY.hex, "level"), "royal"), (person_field(KEY.hex, "gender"), "cat"),
        ("motivation", "x" * 5001), ("contact_name", "x" * 201),
    ],
)  # fmt: skip
def test_a_draft_keeps_no_value_that_it_could_not_hold(name: str, value: object) -> None:
    kept = kept_as(name, (), 1)
    assert kept is not None
    assert value_problem(name, tidied(value, kept), kept, languages=("en", "es", "fr"))


def test_whatever_is_typed_can_be_kept() -> None:
    kept = kept_as("needs", (), 1)
    assert kept is not None
    assert tidied("\u202e\x00", kept) == ""
    assert tidied(None, kept) == ""
    assert tidied(["a", "b"], kept) == "a"
    assert len(str(tidied("x" * 10**6, kept))) == 5001


def test_other_names_are_no_fields() -> None:
    for name in ("status", "is_eligible", "entry", "person_x_name", "q-none", "id", "version"):
        assert kept_as(name, (), 1) is None
    assert kept_as("motivation", (), 2) is None


def test_everything_that_is_missing_is_named_at_its_field() -> None:
    content = CallContent(people_min=2, people_max=2)
    values = {"contact_name": "", "motivation": "", **a_person_typed(KEY, name="", role="", level="")}
    faults = completeness_problems(values, content, address_problems={})
    assert set(faults) == {
        "contact_name", "motivation", "people", *(person_field(KEY.hex, part) for part in ("name", "role", "level"))
    }  # fmt: skip
    assert faults["people"] == ["Please propose at least 2 people."]


def test_two_people_need_two_addresses_and_no_more_than_the_call_wants() -> None:
    values = {"contact_name": "A", "motivation": "B", **a_person_typed(KEY), **a_person_typed(UUID(int=8), email="ADA@example.org")}  # fmt: skip
    faults = completeness_problems(values, CallContent(people_max=1), address_problems={})
    assert faults == {
        person_field(UUID(int=8).hex, "email"): ["Two people have this address. Each needs an address of their own."],
        "people": ["You can propose 1 person at most."],
    }


def test_the_second_stage_is_for_those_who_have_sent_the_first_once_the_call_has_closed() -> None:
    closes = datetime(2026, 12, 1, tzinfo=UTC)
    grace = timedelta(minutes=10)
    content = CallContent(
        questions=(question("b", "More?", stage=2),), second_stage_closes_at=closes + timedelta(days=9)
    )

    def stage(status: str, *, takes: bool, now: datetime) -> int | None:
        return open_stage(status, content, takes=takes, closes_at=closes, now=now, grace=grace)

    assert stage("draft", takes=True, now=closes - grace) == 1
    assert stage("submitted", takes=True, now=closes - grace) == 1
    assert stage("submitted", takes=False, now=closes) == 2
    assert stage("submitted", takes=False, now=closes + timedelta(days=9, minutes=9)) == 2
    assert stage("submitted", takes=False, now=closes + timedelta(days=9, minutes=10)) is None
    for status in ("draft", "waiting", "declined", "withdrawn"):
        assert stage(status, takes=False, now=closes) is None


def test_entries_are_counted_up_to_what_the_call_allows() -> None:
    assert free_entry([], 1) == 1
    assert free_entry([1], 1) is None
    assert free_entry([1, 3], 3) == 2
