"""Questions and answers as rules: what may be asked, whom, and what is an answer."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.questions.rules import (
    LARGEST_FILE,
    Asked,
    Checked,
    Condition,
    Definition,
    KeptFile,
    Option,
    Question,
    QuestionKind,
    SentFile,
    Texts,
    all_characters,
    answer_cell,
    applies,
    as_asked,
    check_answers,
    check_definition,
    copied,
    file_name,
    in_words,
    needs_new_question,
    out_of_order,
    too_many,
)

YES_NO = (Option("yes", {"en": "Yes", "es": "Sí"}), Option("no", {"en": "No"}))
PDF = b"%PDF-1.7\n..."
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR..."
JPEG = b"\xff\xd8\xff\xe0..."


def a_question(kind: str = "text", key: str = "q", **changes: Any) -> Question:
    options = YES_NO if kind in ("choice", "choices") else ()
    facts = {"texts": {"en": Texts(f"Question {key}", "", "Because.")}, "options": options}
    return Question(kind=kind, id=key, **facts | changes)


def check(question: Question, given: Any, **standard: str) -> Checked:
    return check_answers([question], {question.id: given}, standard)


def problems(new: Definition, **changes: Any) -> dict[str, list[str]]:
    return check_definition(new, **{"language": "en", "languages": ["en", "es", "fr"], "before": ()} | changes)


# Defining


def test_a_whole_question_has_no_problems():
    assert problems(a_question()) == {}
    assert problems(a_question("choice")) == {}


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (a_question("riddle"), {"kind"}),
        (a_question(texts={"es": Texts("¿Visado?", "", "Porque sí.")}), {"label_en", "purpose_en"}),
        (a_question(texts={"en": Texts("Visa?")}), {"purpose_en"}),
        (a_question(texts={"en": Texts("x" * 301, "x" * 1001, "x" * 501)}), {"label_en", "help_en", "purpose_en"}),
        (a_question(texts={"en": Texts("Visa?", "", "Why."), "xx": Texts("?")}), {"texts"}),
        (a_question("choice", options=YES_NO[:1]), {"options"}),
        (a_question("choices", options=tuple(Option(f"o{n}", {"en": f"{n}"}) for n in range(61))), {"options"}),
        (a_question("choice", options=(*YES_NO, Option("yes", {"en": "Aye"}))), {"options"}),
        (a_question("choice", options=(*YES_NO, Option('"><script>', {"en": "Aye"}))), {"options"}),
        (a_question("choice", options=(*YES_NO, Option("oui", {"fr": "Oui"}))), {"option_2_en"}),
        (a_question("choice", options=(*YES_NO, Option("aye", {"en": "YES"}))), {"option_2_en"}),
        (a_question("choice", options=(*YES_NO, Option("aye", {"en": "x" * 201}))), {"option_2_en"}),
        (a_question("number", least=5, most=4), {"most"}),
        (a_question("number", least=-(10**12), most=10**12), {"least", "most"}),
        (a_question(shown_if=Condition("attends", "by bicycle")), {"shown_if"}),
        (a_question(shown_if=Condition("gender", "woman")), {"shown_if"}),
        (a_question(shown_if=Condition("later", "yes")), {"shown_if"}),
    ],
)  # fmt: skip
def test_each_fault_is_named_at_its_field(new: Definition, fields: set[str]):
    assert set(problems(new)) == fields


def test_a_condition_waits_for_an_answer_to_a_question_before():
    visa, name = a_question("choice", "visa"), a_question("text", "name")
    assert problems(a_question(shown_if=Condition("visa", "yes")), before=[visa]) == {}
    assert set(problems(a_question(shown_if=Condition("visa", "perhaps")), before=[visa])) == {"shown_if"}
    assert set(problems(a_question(shown_if=Condition("name", "yes")), before=[name])) == {"shown_if"}


def test_an_event_asks_sixty_questions_and_three_files_at_most():
    sixty = [a_question(key=str(n)) for n in range(60)]
    assert too_many(sixty[:59], sixty[:1]) is None
    assert too_many(sixty, sixty[:1]) == "60 questions are the most that an event asks."
    assert too_many([], sixty * 4) == "60 questions are the most that an event asks."
    files = [a_question("file", str(n)) for n in range(3)]
    assert too_many(files[:2], files[:1]) is None
    assert too_many(files, files[:1]) == "3 questions for a file are the most that an event asks."
    assert too_many(files, sixty[:1]) is None


def test_other_words_keep_a_question_and_another_kind_or_a_removed_option_do_not():
    before = a_question("choice")
    other_words = (
        Option("yes", {"en": "Certainly"}),
        Option("no", {"en": "Never"}),
        Option("perhaps", {"en": "Perhaps"}),
    )
    assert not needs_new_question(before, a_question("choice", options=other_words, is_required=True))
    assert needs_new_question(before, a_question("choice", options=other_words[:1]))
    assert needs_new_question(before, a_question("choices"))


def test_no_order_puts_a_question_before_the_one_it_depends_on():
    visa, passport = a_question("choice", "visa"), a_question("text", "passport", shown_if=Condition("visa", "yes"))
    on_site = a_question("text", "hotel", shown_if=Condition("attends", "on_site"))
    assert out_of_order([on_site, visa, passport]) is None
    assert out_of_order([passport, visa]) is passport


def test_copies_depend_on_copies():
    visa, passport = a_question("choice", "visa"), a_question("text", "passport", shown_if=Condition("visa", "yes"))
    lost = a_question("text", "lost", shown_if=Condition("retired", "yes"))
    kept = a_question("text", "hotel", shown_if=Condition("attends", "on_site"))
    conditions = [one.shown_if for one in copied([visa, passport, lost, kept], ["a", "b", "c", "d"])]
    assert conditions == [None, Condition("a", "yes"), None, Condition("attends", "on_site")]


# Asking


def test_readers_get_their_language_else_that_of_the_event_else_any():
    question = a_question("choice", texts={"en": Texts("Visa?", "Help", "Why"), "es": Texts("¿Visado?")})
    (asked,) = as_asked([question], "es", "en")
    assert (asked.label, asked.help, asked.purpose, asked.language) == ("¿Visado?", "Help", "Why", "es")
    assert asked.options == (("yes", "Sí"), ("no", "No"))
    (asked,) = as_asked([question], "fr", "en")
    assert (asked.label, asked.language) == ("Visa?", "en")
    (asked,) = as_asked([question], "fr", "fr")
    assert (asked.label, asked.language) == ("Visa?", "en")
    assert question.missing_languages(["en", "es", "fr"]) == ("es", "fr")


def test_conditions_are_said_in_words_and_to_the_script():
    visa = a_question("choice", "visa")

    def asked(condition: Condition | None) -> Asked:
        return as_asked([visa, a_question(shown_if=condition)], "en", "en")[1]

    assert (asked(None).condition, asked(None).waits_for) == (None, None)
    on_site = asked(Condition("attends", "on_site"))
    assert (on_site.condition, on_site.waits_for) == ("Only if you attend on site.", ("attends", "on_site"))
    assert asked(Condition("member", "yes")).waits_for == ("member", "*")
    assert asked(Condition("member", "no")).waits_for == ("member", "")
    yes = asked(Condition("visa", "yes"))
    assert yes.condition == "Only if your answer to “Question visa” is “Yes”."
    assert yes.waits_for == ("q-visa", "yes")


def test_who_is_asked_follows_from_fields_and_answers():
    assert applies(None, {}, {})
    assert applies(Condition("attends", "on_site"), {"attends": "on_site"}, {})
    assert not applies(Condition("attends", "on_site"), {"attends": "online"}, {})
    assert not applies(Condition("attends", "on_site"), {}, {})
    assert applies(Condition("member", "yes"), {"member": "barcelona"}, {})
    assert applies(Condition("member", "no"), {"member": ""}, {})
    assert applies(Condition("days", "monday"), {}, {"days": ["monday", "friday"]})
    assert not applies(Condition("days", "tuesday"), {}, {"days": ["monday", "friday"]})


# Answering


@pytest.mark.parametrize(
    ("question", "given", "kept"),
    [
        (a_question(), "  a\x00 b\u202e  ", "a b"),
        (a_question(), 3, "3"),
        (a_question("long_text"), "a\r\nb\x00\r\n", "a\nb"),
        (a_question("choice"), "yes", "yes"),
        (a_question("choice"), ["no"], "no"),
        (a_question("choices"), ["no", "yes", "no"], ["yes", "no"]),
        (a_question("choices"), "no", ["no"]),
        (a_question("number"), "7", 7),
        (a_question("number"), " -7,25 ", -7.25),
        (a_question("number"), 7.0, 7),
        (a_question("number", least=0, most=7), "7", 7),
        (a_question("date"), "2027-05-12", "2027-05-12"),
    ],
)
def test_good_answers_are_kept_tidied(question: Question, given: Any, kept: Any):
    assert check(question, given) == Checked(answers={"q": kept})


@pytest.mark.parametrize(
    ("question", "given", "said"),
    [
        (a_question(), "x" * 301, "This is too long; 300 characters is the most."),
        (a_question(), "x" * 1_000_000, "This is too long; 300 characters is the most."),
        (a_question("long_text"), "x" * 5001, "This is too long; 5000 characters is the most."),
        (a_question(), ["a", "b"], "Please answer with text."),
        (a_question(), True, "Please answer with text."),
        (a_question("choice"), "perhaps", "Please choose one of the answers."),
        (a_question("choice"), ["yes", "no"], "Please choose one of the answers."),
        (a_question("choices"), ["yes", "perhaps"], "Please choose among the answers."),
        (a_question("choices"), {"yes": 1}, "Please choose among the answers."),
        (a_question("number"), "seven", "Please answer with a number, in digits."),
        (a_question("number"), "٧", "Please answer with a number, in digits."),
        (a_question("number"), float("nan"), "Please answer with a number, in digits."),
        (a_question("number"), 10**50, "Please answer with a number, in digits."),
        (a_question("number"), "9999999999", "The number lies between -1000000000 and 1000000000."),
        (a_question("number", least=0, most=7), "8", "The number lies between 0 and 7."),
        (a_question("date"), "2027-02-30", "Please answer with a day, such as 2027-05-12."),
        (a_question("date"), "0001-01-01", "Please answer with a day, such as 2027-05-12."),
        (a_question("date"), 20270512, "Please answer with a day, such as 2027-05-12."),
        (a_question("file"), "cv.pdf", "Please send a file."),
        (a_question("file"), SentFile("a.pdf", PDF + b" " * LARGEST_FILE), "This file is larger than 5 MB. Please choose a smaller one."),
        (a_question("file"), SentFile("a.pdf", b""), "Please choose a PDF, JPEG or PNG file. This file is none of these, whatever its name says."),
        (a_question("file"), SentFile("a.pdf", b"<script>alert(1)</script>"), "Please choose a PDF, JPEG or PNG file. This file is none of these, whatever its name says."),
        (a_question("file"), SentFile("a.png", b"GIF89a"), "Please choose a PDF, JPEG or PNG file. This file is none of these, whatever its name says."),
    ],
)  # fmt: skip
def test_bad_answers_get_a_sentence_and_are_not_kept(question: Question, given: Any, said: str):
    assert check(question, given) == Checked(problems={"q": [said]})


@pytest.mark.parametrize("kind", list(QuestionKind))
def test_a_number_that_python_itself_refuses_to_write_is_a_bad_answer(kind: str):
    assert set(check(a_question(kind), 10**5000).problems) == {"q"}


@pytest.mark.parametrize("kind", list(QuestionKind))
@pytest.mark.parametrize("nothing", [None, "", []])
def test_no_answer_is_a_fault_only_where_one_is_required(kind: str, nothing: Any):
    if kind in ("text", "long_text", "number", "date", "file") and nothing == []:
        return
    assert check(a_question(kind), nothing) == Checked()
    assert set(check(a_question(kind, is_required=True), nothing).problems) == {"q"}


def test_spaces_are_no_answer():
    assert set(check(a_question(is_required=True), " \x00\u200b ").problems) == {"q"}


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("C:\\docs\\cv.pdf", PDF, KeptFile("cv.pdf", "application/pdf", PDF)),
        ("photo.pdf", PNG, KeptFile("photo.png", "image/png", PNG)),
        ("photo.html", JPEG, KeptFile("photo.jpg", "image/jpeg", JPEG)),
        ('../../"x\r\n.pdf', PDF, KeptFile("x.pdf", "application/pdf", PDF)),
        ("", PDF, KeptFile("file.pdf", "application/pdf", PDF)),
    ],
)
def test_the_content_decides_what_a_file_is_and_how_its_name_ends(name: str, content: bytes, kept: KeptFile):
    assert check(a_question("file"), SentFile(name, content)) == Checked(answers={"q": kept.name}, files={"q": kept})


@given(st.text(max_size=600))
def test_a_file_name_is_never_empty_too_long_or_a_path(name: str):
    made = file_name(name, ".pdf")
    assert made.endswith(".pdf") and 5 <= len(made) <= 154
    assert not set(made) & set('/\\"\r\n\x00')


def test_what_does_not_apply_is_neither_required_nor_kept_and_neither_is_what_hangs_on_it():
    hotel = a_question("choice", "hotel", is_required=True, shown_if=Condition("attends", "on_site"))
    nights = a_question("number", "nights", is_required=True, shown_if=Condition("hotel", "yes"))
    posted = {"hotel": "yes", "nights": "x"}
    assert check_answers([hotel, nights], posted, {"attends": "online"}) == Checked()
    assert set(check_answers([hotel, nights], posted, {"attends": "on_site"}).problems) == {"nights"}
    done = check_answers([hotel, nights], {"hotel": "no", "nights": "3"}, {"attends": "on_site"})
    assert done == Checked(answers={"hotel": "no"})


def test_unknown_keys_and_retired_questions_are_dropped():
    retired = a_question(key="old", is_retired=True, is_required=True)
    assert check_answers([retired], {"old": "x", "other": "y"}, {}) == Checked()


def test_a_file_that_was_sent_before_stays_until_another_or_nothing_is_sent():
    question = a_question("file", is_required=True)
    kept = {"q": "cv.pdf"}
    assert check_answers([question], {}, {}, on_file=kept) == Checked(answers={"q": "cv.pdf"})
    assert set(check_answers([question], {"q": ""}, {}, on_file=kept).problems) == {"q"}
    assert check_answers([a_question("file")], {"q": ""}, {}, on_file=kept) == Checked()


def test_characters_are_counted_in_texts_and_lists_and_not_in_files():
    assert all_characters({"a": "four", "b": ["x", "yz"], "c": 1, "d": SentFile("n", b"123"), "e": None}) == 7


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=400)
    | st.binary(max_size=20).map(lambda content: SentFile("x", content))
    | st.sampled_from(["yes", "no", "7", "2027-05-12", PDF, 10**50]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CONDITIONS = st.none() | st.builds(
    Condition, st.sampled_from(["attends", "member", "0", "1", "2", "?"]), st.sampled_from(["yes", "no", "on_site"])
)


@st.composite
def forms(draw: st.DrawFn) -> tuple[list[Question], dict[str, Any], dict[str, str]]:
    kinds = draw(st.lists(st.sampled_from([str(kind) for kind in QuestionKind]), max_size=6))
    questions = [
        a_question(kind, str(number), is_required=draw(st.booleans()), is_retired=draw(st.booleans()), shown_if=draw(CONDITIONS))
        for number, kind in enumerate(kinds)
    ]  # fmt: skip
    keys = st.sampled_from(["0", "1", "2", "3", "4", "5"]) | st.text(max_size=4)
    posted = draw(st.dictionaries(keys, ANYTHING, max_size=8))
    return (
        questions,
        posted,
        {"attends": draw(st.sampled_from(["", "on_site", "?"])), "member": draw(st.text(max_size=2))},
    )


@settings(max_examples=600, deadline=None)
@given(forms())
def test_whatever_is_sent_checking_never_raises_and_keeps_only_what_is_asked(
    form: tuple[list[Question], dict[str, Any], dict[str, str]],
):
    questions, posted, standard = form
    done = check_answers(questions, posted, standard)
    asked = {question.id: question for question in questions if not question.is_retired}
    assert {*done.answers, *done.problems} <= set(asked)
    assert not set(done.answers) & set(done.problems)
    assert set(done.files) == {key for key in done.answers if asked[key].kind == "file"}
    for key, question in asked.items():
        shown = applies(question.shown_if, standard, done.answers)
        if question.shown_if and question.shown_if.field.isdigit() and int(question.shown_if.field) >= int(key):
            continue
        if not shown:
            assert key not in done.answers and key not in done.problems
        elif question.is_required:
            assert key in done.answers or key in done.problems
    # What was kept is an answer again.
    again = check_answers(questions, {k: v for k, v in done.answers.items() if k not in done.files}, standard, on_file={
        key: file.name for key, file in done.files.items()
    })  # fmt: skip
    assert again.answers == done.answers
    for key, answer in done.answers.items():
        assert isinstance(in_words(asked[key], answer, "en", "en"), str)


# In words


def test_answers_are_said_in_words_also_of_a_question_that_was_asked_otherwise():
    choice = a_question("choice")
    assert in_words(choice, "yes", "es", "en") == "Sí"
    assert in_words(choice, "no", "es", "en") == "No"
    assert in_words(choice, "gone", "en", "en") == "gone"
    assert in_words(a_question("choices"), ["yes", "no"], "en", "en") == "Yes; No"
    assert in_words(choice, {"a": 1}, "en", "en") == "{'a': 1}"
    assert answer_cell(a_question("number"), 7, "en") == 7
    assert str(answer_cell(a_question("date"), "2027-05-12", "en")) == "2027-05-12"
    assert answer_cell(a_question("date"), "soon", "en") == "soon"
    assert answer_cell(choice, None, "en") is None
