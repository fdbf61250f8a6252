"""What a call may say, ask and weigh, and until when something may be sent."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from eventhub.calls.commands import _Shipped
from eventhub.calls.content import as_json, content_of
from eventhub.calls.rules import (
    LETTERS,
    PHRASES,
    CallContent,
    CallQuestion,
    CallText,
    ConditionContent,
    Criterion,
    KindWords,
    OptionContent,
    QuestionText,
    as_question,
    content_problems,
    criteria_problems,
    missing_languages,
    moved,
    question_problems,
    reminder_due,
    takes,
    template_problems,
    time_left,
)
from eventhub.resources import DATA

LANGUAGES = ("en", "es", "fr")
OPENS, CLOSES = datetime(2026, 11, 1, 9, tzinfo=UTC), datetime(2026, 12, 1, 17, tzinfo=UTC)
GRACE = timedelta(minutes=10)


def a_criterion(code: str, weight: int, name: str | None = None) -> Criterion:
    return Criterion(code, {"en": name or code}, weight)


def a_question(question_id: str = "case", **more: object) -> CallQuestion:
    return CallQuestion(question_id, "text", {"en": QuestionText("Which case?", "", "To know.")}, **more)  # type: ignore[arg-type]


def test_a_new_application_is_taken_until_the_call_closes_exactly() -> None:
    def at(now: datetime) -> bool:
        return takes(OPENS, CLOSES, now, begun_at=None, grace=GRACE)

    assert [at(OPENS - timedelta(seconds=1)), at(OPENS), at(CLOSES - timedelta(microseconds=1)), at(CLOSES)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_what_was_begun_before_the_closing_is_taken_for_the_grace_and_no_longer() -> None:
    begun = CLOSES - timedelta(hours=1)

    def at(now: datetime, begun_at: datetime = begun) -> bool:
        return takes(OPENS, CLOSES, now, begun_at=begun_at, grace=GRACE)

    assert at(CLOSES + GRACE - timedelta(seconds=1))
    assert not at(CLOSES + GRACE)
    assert not at(CLOSES + timedelta(minutes=1), begun_at=CLOSES)


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=8), None), (timedelta(days=7), 7), (timedelta(days=2), 7), (timedelta(days=1), 1),
        (timedelta(seconds=1), 1), (timedelta(0), None), (timedelta(days=-3), None),
    ],
)  # fmt: skip
def test_reminders_are_due_7_days_and_1_day_before(left: timedelta, days: int | None) -> None:
    assert reminder_due(CLOSES, CLOSES - left) == days


def test_the_countdown_counts_whole_days_hours_and_minutes() -> None:
    assert time_left(CLOSES, CLOSES - timedelta(days=2, hours=3, minutes=4, seconds=59)) == (2, 3, 4)
    assert time_left(CLOSES, CLOSES - timedelta(seconds=5)) == (0, 0, 1)
    assert time_left(CLOSES, CLOSES) is None


def test_weights_add_up_to_100() -> None:
    assert criteria_problems([a_criterion("a", 60), a_criterion("b", 40)], "en") == {}
    assert criteria_problems([], "en") == {}
    assert criteria_problems([a_criterion("a", 60), a_criterion("b", 41)], "en") == {
        "criteria": ["The weights add up to 101; they must add up to 100."]
    }


def test_a_weight_of_nothing_and_a_criterion_named_twice_are_refused() -> None:
    faults = criteria_problems([a_criterion("a", 100, "Need"), a_criterion("b", 0, "need")], "en")
    assert faults == {
        "weight_1": ["The number lies between 1 and 100."],
        "name_1_en": ["This criterion is there twice."],
    }


def test_bounds_of_people_and_applications_are_kept() -> None:
    content = CallContent(people_min=3, people_max=2, applications_per_member=0, cohort_size=0, eligibility="friends")
    assert sorted(content_problems(content, LANGUAGES)) == [
        "applications_per_member", "cohort_size", "eligibility", "people_max",
    ]  # fmt: skip


def test_a_text_in_no_known_language_and_a_letter_nobody_sends_are_refused() -> None:
    content = CallContent(texts={"xx": CallText(text="?")}, letters={"party": {"en": "Come"}})
    assert sorted(content_problems(content, LANGUAGES)) == ["letters", "texts"]


def test_texts_fall_back_one_by_one_to_the_language_of_the_call() -> None:
    content = CallContent(texts={"en": CallText("Title", "Text", "Criteria"), "fr": CallText(text="Texte")})
    assert content.words("fr") == CallText("Title", "Texte", "Criteria")
    assert content.words("es") == CallText("Title", "Text", "Criteria")
    assert (content.spoken("fr"), content.spoken("es")) == ("fr", "en")
    assert missing_languages(content, LANGUAGES) == ("es", "fr")


def test_a_call_from_before_there_were_contents_says_its_plain_text() -> None:
    found = content_of("", text="Come.", criteria="Be a member.", cohort_size=5)
    assert (found.words("fr").text, found.words("fr").criteria, found.cohort_size) == ("Come.", "Be a member.", 5)
    assert content_of("{nonsense", text="Come.").words("en").text == "Come."


def test_a_content_is_read_as_it_was_written() -> None:
    content = CallContent(
        texts={"en": CallText("T")}, questions=(a_question(stage=2),), criteria=(a_criterion("a", 100),),
        second_stage_closes_at=CLOSES,
    )  # fmt: skip
    assert content_of(as_json(content)) == content
    assert content.has_second_stage
    assert [one.id for one in content.questions_of(2)] == ["case"]
    assert content.questions_of(1) == []


def test_a_question_does_not_wait_for_one_that_is_asked_later() -> None:
    parent = CallQuestion(
        "parent", "choice", {"en": QuestionText("Yes?", "", "To know.")}, stage=2,
        options=(OptionContent("yes", {"en": "Yes"}), OptionContent("no", {"en": "No"})),
    )  # fmt: skip
    child = as_question(a_question(shown_if=ConditionContent("parent", "yes")))
    faults = question_problems(child, 1, language="en", languages=LANGUAGES, standing=[parent])
    assert faults == {"shown_if": ["The question that this one waits for is asked in the second stage only."]}
    assert question_problems(child, 2, language="en", languages=LANGUAGES, standing=[parent]) == {}
    assert question_problems(child, 3, language="en", languages=LANGUAGES, standing=[parent]) == {
        "stage": ["Please say in which stage this is asked."]
    }


def test_a_question_stays_behind_the_one_that_it_waits_for() -> None:
    first, second = a_question("a"), a_question("b", shown_if=ConditionContent("a", "yes"))
    assert moved((first, second), "b", -1) is None
    assert [one.id for one in moved((first, a_question("c")), "c", -1) or ()] == ["c", "a"]
    assert [one.id for one in moved((first, second), "a", -1) or ()] == ["a", "b"]


def test_words_of_a_kind_are_filled_in() -> None:
    words = KindWords("Fund", "Funds", numbered="Fund no. %(number)s of %(year)s", round="Funds in %(year)s")
    assert (words.with_number(2, 2027), words.of_round(2027)) == ("Fund no. 2 of 2027", "Funds in 2027")
    assert KindWords("Fund", "Funds").with_number(2, 2027) == "Fund 2, 2027"


def test_words_that_hold_what_nobody_fills_in_break_nothing() -> None:
    assert KindWords("Fund", "Funds", numbered="100 % %(nobody)s").with_number(1, 2027) == "100 % %(nobody)s"


SHIPPED = msgspec.json.decode((DATA / "lab_templates.json").read_bytes(), type=list[_Shipped])


def test_four_kinds_ship() -> None:
    assert [one.kind for one in SHIPPED] == ["lab", "pilot", "forum", "fund"]


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.code)
def test_every_template_that_ships_is_sound_and_whole_in_three_languages(one: _Shipped) -> None:
    call = one.content.call
    assert template_problems(one.name, one.kind, one.content, LANGUAGES) == {}
    assert content_problems(call, LANGUAGES) == {}
    assert criteria_problems(call.criteria, "en") == {}
    for index, question in enumerate(call.questions):
        assert (
            question_problems(
                as_question(question),
                question.stage,
                language="en",
                languages=LANGUAGES,
                standing=call.questions[:index],
            )
            == {}
        ), question.id
    assert missing_languages(call, LANGUAGES) == ()
    assert sorted(one.content.words) == ["en", "es", "fr"]
    assert all(getattr(words, name) for words in one.content.words.values() for name in PHRASES)
    assert all(sorted(call.letters[letter]) == ["en", "es", "fr"] for letter in LETTERS)
    assert all(len(titles) == one.content.sessions.number for titles in one.content.sessions.titles.values())
