"""Words and law of questions: what an event may ask, whom it asks, and what is an answer."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from eventhub.directory.rules import clean_line, clean_text
from eventhub.words import Sentence


class QuestionKind(StrEnum):
    """What an answer looks like."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    DATE = "date"
    FILE = "file"


CHOOSING = frozenset({QuestionKind.CHOICE, QuestionKind.CHOICES})

#: Questions of one event, and those of them that take a file.
MOST_QUESTIONS, MOST_FILE_QUESTIONS = 60, 3
FEWEST_OPTIONS, MOST_OPTIONS = 2, 60
#: Characters of what organisers write.
LONGEST_LABEL, LONGEST_HELP, LONGEST_PURPOSE, LONGEST_OPTION = 300, 1_000, 500, 200
#: Characters of what participants write.
LONGEST_LINE, LONGEST_TEXT = 300, 5_000
#: Characters of all answers of one person together.
LONGEST_ALL_ANSWERS = 20_000
LARGEST_NUMBER = 1_000_000_000
#: Bytes of a file.
LARGEST_FILE = 5_000_000
#: Bytes of a form with all its files.
LARGEST_FORM = MOST_FILE_QUESTIONS * LARGEST_FILE + 1_000_000
#: Bytes of a form that are read to show it again as it was typed, with the file that is too large named; files of more
#: than 1 MB lie on the disk meanwhile. Beyond that nothing is read.
LARGEST_READ = 40_000_000
FIRST_YEAR, LAST_YEAR = 1900, 2200
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: Standard fields of the form that a condition may name, with the answers that it may wait for.
STANDARD_CONDITIONS = {"attends": ("on_site", "online"), "member": ("yes", "no")}


@dataclass(frozen=True)
class Texts:
    """A question in one language."""

    label: str = ""
    help: str = ""
    purpose: str = ""


@dataclass(frozen=True)
class Option:
    """One of the answers to choose from. The code is kept with answers, so the words may change."""

    code: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Condition:
    """Ask only whom another answer makes it matter to: the field or question, and the answer that it waits for."""

    field: str
    value: str


@dataclass(frozen=True)
class Definition:
    """A question as organisers write it; `least` and `most` bound a number."""

    kind: str
    texts: Mapping[str, Texts]
    options: tuple[Option, ...] = ()
    shown_if: Condition | None = None
    is_required: bool = False
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Question(Definition):
    """A question of an event."""

    id: str = ""
    position: int = 0
    is_retired: bool = False

    def in_words(self, language: str, fallback: str) -> tuple[Texts, str]:
        """The texts in a language, else in the fallback, else in any; and which language that is."""
        for code in (language, fallback, *self.texts):
            if (found := self.texts.get(code)) and found.label:
                return found, code
        return Texts(label="?"), fallback

    def option_in_words(self, code: str, language: str, fallback: str) -> str:
        """The words of an option; the code itself when it is none."""
        for option in self.options:
            if option.code == code:
                labels = (option.labels.get(name, "") for name in (language, fallback, *option.labels))
                return next((label for label in labels if label), code)
        return code

    def missing_languages(self, languages: Sequence[str]) -> tuple[str, ...]:
        """Languages in which the label or an option is not written yet."""
        return tuple(
            code
            for code in languages
            if not self.texts.get(code, Texts()).label or any(not o.labels.get(code) for o in self.options)
        )


@dataclass(frozen=True)
class Asked:
    """A question as one reader sees it; `language` is that of its words."""

    id: str
    kind: str
    label: str
    help: str
    purpose: str
    language: str
    options: tuple[tuple[str, str], ...]
    is_required: bool
    condition: Sentence | None
    #: Name and value of the control that the question waits for: "" no answer, "*" any.
    waits_for: tuple[str, str] | None
    least: int | None
    most: int | None


@dataclass(frozen=True)
class SentFile:
    """A file as it was sent."""

    name: str
    content: bytes


@dataclass(frozen=True)
class KeptFile:
    """A file that is an answer: a name with the ending of what it is, and its media type by its content."""

    name: str
    content_type: str
    content: bytes


@dataclass
class Checked:
    """What is kept of a form, and what is wrong with it, both by the id of the question."""

    answers: dict[str, Any] = field(default_factory=dict)
    files: dict[str, KeptFile] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)


# Asking


def control_name(question_id: str) -> str:
    """The name of a question's control in a form, and the id of its first input."""
    return f"q-{question_id}"


def as_asked(questions: Sequence[Question], language: str, fallback: str) -> tuple[Asked, ...]:
    """
    The questions in a reader's language, each with its condition in words.

    Args:
        fallback: The language of the event, for what nobody has translated.

    """
    by_id = {question.id: question for question in questions}
    found = []
    for question in questions:
        texts, spoken = question.in_words(language, fallback)
        original = question.texts.get(fallback, Texts())
        found.append(
            Asked(
                id=question.id,
                kind=question.kind,
                label=texts.label,
                help=texts.help or original.help,
                purpose=texts.purpose or original.purpose,
                language=spoken,
                options=tuple((o.code, question.option_in_words(o.code, language, fallback)) for o in question.options),
                is_required=question.is_required,
                condition=condition_in_words(question.shown_if, by_id, language, fallback),
                waits_for=_waits_for(question.shown_if),
                least=question.least,
                most=question.most,
            )
        )
    return tuple(found)


_STANDARD_WORDS = {
    ("attends", "on_site"): Sentence("Only if you attend on site."),
    ("attends", "online"): Sentence("Only if you attend online."),
    ("member", "yes"): Sentence("Only if you represent a member."),
    ("member", "no"): Sentence("Only if you represent none of the members."),
}


def condition_in_words(
    condition: Condition | None, by_id: Mapping[str, Question], language: str, fallback: str
) -> Sentence | None:
    """Whom a question is for, as a sentence; None: everybody."""
    if condition is None:
        return None
    if words := _STANDARD_WORDS.get((condition.field, condition.value)):
        return words
    parent = by_id.get(condition.field)
    if parent is None:
        return Sentence("Only if it applies to you.")
    return Sentence(
        "Only if your answer to “%(question)s” is “%(answer)s”.",
        question=parent.in_words(language, fallback)[0].label,
        answer=parent.option_in_words(condition.value, language, fallback),
    )


def _waits_for(condition: Condition | None) -> tuple[str, str] | None:
    if condition is None:
        return None
    if condition.field == "member":
        return "member", "*" if condition.value == "yes" else ""
    if condition.field in STANDARD_CONDITIONS:
        return condition.field, condition.value
    return control_name(condition.field), condition.value


def applies(condition: Condition | None, standard: Mapping[str, str], answers: Mapping[str, Any]) -> bool:
    """
    Whether a question is asked of somebody.

    Args:
        standard: `attends`, and `member`: the key of a member, or nothing.
        answers: To the questions before this one, by id.

    """
    if condition is None:
        return True
    if condition.field == "member":
        return bool(standard.get("member")) == (condition.value == "yes")
    given = standard.get(condition.field) if condition.field in STANDARD_CONDITIONS else answers.get(condition.field)
    return condition.value in given if isinstance(given, list) else given == condition.value


# Defining


def check_definition(
    new: Definition, *, language: str, languages: Sequence[str], before: Sequence[Question] = ()
) -> dict[str, list[str]]:
    """
    Say everything that is wrong with a question, by field of its form.

    Args:
        language: Of the event: in it the texts must be there.
        languages: All that texts may be written in.
        before: Questions that are asked before this one, which its condition may name.

    """
    faults: dict[str, list[str]] = {}
    if new.kind not in set(QuestionKind):
        faults["kind"] = [Sentence("Please choose what an answer looks like.")]
    own = new.texts.get(language, Texts())
    if not own.label:
        faults[f"label_{language}"] = [Sentence("Please write the question in the language of the event.")]
    if not own.purpose:
        faults[f"purpose_{language}"] = [Sentence("Please say why you ask. Everybody who registers reads it.")]
    bounds = (("label", LONGEST_LABEL), ("help", LONGEST_HELP), ("purpose", LONGEST_PURPOSE))
    for code in new.texts:
        if code not in languages:
            faults["texts"] = [Sentence("“%(given)s” is no language that we write in.", given=code[:20])]
            continue
        for name, longest in bounds:
            if len(getattr(new.texts[code], name)) > longest:
                faults[f"{name}_{code}"] = [too_long(longest)]
    faults |= _option_faults(new, language)
    if new.kind == QuestionKind.NUMBER:
        for name in ("least", "most"):
            if abs(getattr(new, name) or 0) > LARGEST_NUMBER:
                faults[name] = [_out_of_bounds(-LARGEST_NUMBER, LARGEST_NUMBER)]
        if new.least is not None and new.most is not None and new.least > new.most and "most" not in faults:
            faults["most"] = [Sentence("The largest number is smaller than the smallest one.")]
    if wrong := _condition_problem(new.shown_if, before):
        faults["shown_if"] = [wrong]
    return faults


def _option_faults(new: Definition, language: str) -> dict[str, list[str]]:
    if new.kind not in CHOOSING:
        return {}
    faults: dict[str, list[str]] = {}
    if len(new.options) < FEWEST_OPTIONS:
        faults["options"] = [Sentence("Please write at least two answers to choose from.")]
    if len(new.options) > MOST_OPTIONS:
        faults["options"] = [Sentence("%(most)s answers to choose from are the most.", most=MOST_OPTIONS)]
    codes = [option.code for option in new.options]
    if len(set(codes)) < len(codes) or any(not re.fullmatch(r"[a-z0-9-]{1,60}", code) for code in codes):
        faults["options"] = [
            Sentence("Each answer to choose from has a code of its own, of letters, digits and hyphens.")
        ]
    seen: set[str] = set()
    for number, option in enumerate(new.options):
        words = option.labels.get(language, "")
        if not words:
            faults[f"option_{number}_{language}"] = [Sentence("Please write this answer in the language of the event.")]
        elif words.casefold() in seen:
            faults[f"option_{number}_{language}"] = [Sentence("This answer is there twice.")]
        seen.add(words.casefold())
        for code, label in option.labels.items():
            if len(label) > LONGEST_OPTION:
                faults[f"option_{number}_{code}"] = [too_long(LONGEST_OPTION)]
    return faults


def _condition_problem(condition: Condition | None, before: Sequence[Question]) -> Sentence | None:
    if condition is None:
        return None
    if condition.field in STANDARD_CONDITIONS:
        known = condition.value in STANDARD_CONDITIONS[condition.field]
    else:
        parent = next((one for one in before if one.id == condition.field and one.kind in CHOOSING), None)
        known = parent is not None and condition.value in {option.code for option in parent.options}
    return None if known else Sentence("Please choose an answer to a question that is asked before this one.")


def too_many(standing: Sequence[Definition], new: Sequence[Definition]) -> Sentence | None:
    """Why an event cannot ask these questions as well, if it cannot."""
    if len(standing) + len(new) > MOST_QUESTIONS:
        return Sentence("%(most)s questions are the most that an event asks.", most=MOST_QUESTIONS)
    files = sum(one.kind == QuestionKind.FILE for one in (*standing, *new))
    if files > MOST_FILE_QUESTIONS and any(one.kind == QuestionKind.FILE for one in new):
        return Sentence("%(most)s questions for a file are the most that an event asks.", most=MOST_FILE_QUESTIONS)
    return None


def needs_new_question(before: Definition, after: Definition) -> bool:
    """
    Whether answers to a question would mean something else after a change.

    Then the question is retired with its answers, and a new one takes its
    place. Other words, another condition and further options keep it.
    """
    if before.kind != after.kind:
        return True
    return not {option.code for option in before.options} <= {option.code for option in after.options}


def out_of_order(questions: Sequence[Question]) -> Question | None:
    """The first question that is asked before the one that it depends on, if any."""
    seen: set[str] = set()
    for question in questions:
        condition = question.shown_if
        if condition and condition.field not in STANDARD_CONDITIONS and condition.field not in seen:
            return question
        seen.add(question.id)
    return None


def copied(questions: Sequence[Question], ids: Iterable[str]) -> list[Question]:
    """The same questions with other ids; conditions follow, and those on a question that is not among them are lost."""
    new_ids = dict(zip((question.id for question in questions), ids, strict=True))
    found = []
    for question in questions:
        condition = question.shown_if
        if condition and condition.field not in STANDARD_CONDITIONS:
            parent = new_ids.get(condition.field)
            condition = Condition(parent, condition.value) if parent else None
        found.append(replace(question, id=new_ids[question.id], shown_if=condition))
    return found


# Answering


def check_answers(
    questions: Sequence[Question],
    posted: Mapping[str, Any],
    standard: Mapping[str, str],
    *,
    on_file: Mapping[str, str] | None = None,
) -> Checked:
    """
    Read the answers to the questions of an event; never raises, whatever was sent.

    What nobody asks is dropped: unknown keys, retired questions, and those
    that do not apply. Questions that do not apply are not required.

    Args:
        questions: In the order in which they are asked.
        posted: By id: text, a number, a list of codes, or a `SentFile`.
        standard: `attends`, and `member`: the key of a member, or nothing.
        on_file: Names of files that were sent before, by id; they stay unless another one or “” is sent.

    """
    done = Checked()
    for question in questions:
        if question.is_retired or not applies(question.shown_if, standard, done.answers):
            continue
        given = posted.get(question.id)
        if question.kind == QuestionKind.FILE and given is None and on_file and question.id in on_file:
            done.answers[question.id] = on_file[question.id]
            continue
        answer, wrong = _READERS[QuestionKind(question.kind)](question, given)
        if wrong:
            done.problems[question.id] = [wrong]
        elif answer is None:
            if question.is_required:
                done.problems[question.id] = [_missing(question)]
        elif isinstance(answer, KeptFile):
            done.answers[question.id] = answer.name
            done.files[question.id] = answer
        else:
            done.answers[question.id] = answer
    return done


def answered_in_vain(questions: Sequence[Question], posted: Mapping[str, Any]) -> set[str]:
    """Ids of questions that are answered in a form and asked no more; what looks like no id is none."""
    asked = {question.id for question in questions if not question.is_retired}
    return {key for key, answer in posted.items() if answer not in ("", []) and _ID.fullmatch(key)} - asked


def all_characters(posted: Mapping[str, Any]) -> int:
    """How much was typed, in characters; files do not count."""
    return sum(
        len(one)
        for value in posted.values()
        for one in (value if isinstance(value, list) else [value])
        if isinstance(one, str)
    )


def _missing(question: Question) -> Sentence:
    if question.kind in CHOOSING:
        return Sentence("Please choose an answer.")
    if question.kind == QuestionKind.FILE:
        return Sentence("Please choose a file.")
    return Sentence("Please answer this question.")


_Read = tuple[Any, Sentence | None]


def _as_text(given: Any) -> str | None:
    """What was typed, or a number as it is written; None for anything else."""
    if isinstance(given, str):
        return given
    if isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= 10**15:
        return str(given)
    return None


def _read_text(question: Question, given: Any) -> _Read:
    if given is None:
        return None, None
    raw = _as_text(given)
    if raw is None:
        return None, Sentence("Please answer with text.")
    is_long = question.kind == QuestionKind.LONG_TEXT
    longest = LONGEST_TEXT if is_long else LONGEST_LINE
    if len(raw) > 4 * longest:  # not worth tidying
        return None, too_long(longest)
    text = clean_text(raw) if is_long else clean_line(raw)
    return (None, too_long(longest)) if len(text) > longest else (text or None, None)


def _read_choice(question: Question, given: Any) -> _Read:
    if given is None or given in ("", []):
        return None, None
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    if isinstance(given, str) and given in {option.code for option in question.options}:
        return given, None
    return None, Sentence("Please choose one of the answers.")


def _read_choices(question: Question, given: Any) -> _Read:
    chosen = [given] if isinstance(given, str) else given
    if chosen is None or chosen in ([], [""]):
        return None, None
    known = [option.code for option in question.options]
    if not isinstance(chosen, list) or any(not isinstance(one, str) or one not in known for one in chosen):
        return None, Sentence("Please choose among the answers.")
    return [code for code in known if code in chosen], None


def _read_number(question: Question, given: Any) -> _Read:
    if given is None or given == "":
        return None, None
    text = (_as_text(given) or "")[:50].strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,15}([.,][0-9]{1,4})?", text):
        return None, Sentence("Please answer with a number, in digits.")
    value = float(text.replace(",", "."))
    least = -LARGEST_NUMBER if question.least is None else question.least
    most = LARGEST_NUMBER if question.most is None else question.most
    if not least <= value <= most:
        return None, _out_of_bounds(least, most)
    return int(value) if value.is_integer() else value, None


def _out_of_bounds(least: int, most: int) -> Sentence:
    return Sentence("The number lies between %(least)s and %(most)s.", least=least, most=most)


def _read_date(question: Question, given: Any) -> _Read:
    if given is None or given == "":
        return None, None
    try:
        day = date.fromisoformat(given.strip()[:10]) if len(given.strip()) == 10 else None
    except (AttributeError, TypeError, ValueError):
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None, Sentence("Please answer with a day, such as 2027-05-12.")
    return day.isoformat(), None


#: What a file is, by its first bytes: the media type and the ending of its name.
_SIGNATURES = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png", ".png"),
)


def _read_file(question: Question, given: Any) -> _Read:
    if given is None or given == "":
        return None, None
    if not isinstance(given, SentFile):
        return None, Sentence("Please send a file.")
    return checked_file(given)


def checked_file(given: SentFile) -> tuple[KeptFile | None, Sentence | None]:
    """A file as it is kept, told by its content and not by its name; or what is wrong with it."""
    if len(given.content) > LARGEST_FILE:
        return None, Sentence("This file is larger than 5 MB. Please choose a smaller one.")
    found = next((one for one in _SIGNATURES if given.content.startswith(one[0])), None)
    if found is None:
        return None, Sentence(
            "Please choose a PDF, JPEG or PNG file. This file is none of these, whatever its name says."
        )
    return KeptFile(file_name(given.name, found[2]), found[1], given.content), None


def file_name(name: str, ending: str) -> str:
    """A name that is safe on any disk, with the ending of what the file is."""
    last = re.sub(r'[<>:"|?*]', "", clean_line(re.split(r"[/\\]", name[-500:])[-1]))
    stem, dot, _ = last.rpartition(".")
    return f"{(stem if dot else last).strip('. ')[:150].strip('. ') or 'file'}{ending}"


_READERS = {
    QuestionKind.TEXT: _read_text,
    QuestionKind.LONG_TEXT: _read_text,
    QuestionKind.CHOICE: _read_choice,
    QuestionKind.CHOICES: _read_choices,
    QuestionKind.NUMBER: _read_number,
    QuestionKind.DATE: _read_date,
    QuestionKind.FILE: _read_file,
}


def too_long(most: int) -> Sentence:
    """The sentence for a text that does not fit."""
    return Sentence("This is too long; %(most)s characters is the most.", most=most)


# Reading what was answered


def in_words(question: Question, answer: Any, language: str, fallback: str) -> str:
    """An answer as people read it; whatever is kept, also of a question that was asked otherwise then."""
    if isinstance(answer, list):
        return "; ".join(question.option_in_words(str(one), language, fallback) for one in answer)
    if question.kind in CHOOSING:
        return question.option_in_words(str(answer), language, fallback)
    return str(answer)


def answer_cell(question: Question, answer: Any, language: str) -> object:
    """An answer as a cell of a table: numbers and days stay what they are; None: no answer."""
    if answer is None or (question.kind == QuestionKind.NUMBER and isinstance(answer, int | float)):
        return answer
    if question.kind == QuestionKind.DATE and isinstance(answer, str):
        try:
            return date.fromisoformat(answer)
        except ValueError:
            return answer
    return in_words(question, answer, language, language)
