"""The form of a question, and how answers are read from a form and faults shown in it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import wtforms
from litestar.datastructures import FormMultiDict, UploadFile
from markupsafe import Markup
from wtforms.validators import InputRequired, Optional

from eventhub import languages
from eventhub.errors import Problems
from eventhub.forms import Form
from eventhub.pages import OWN_NAMES
from eventhub.questions.rules import (
    CHOOSING,
    LARGEST_FILE,
    MOST_OPTIONS,
    Asked,
    Condition,
    Definition,
    Option,
    Question,
    QuestionKind,
    SentFile,
    Texts,
    control_name,
)
from eventhub.settings import current_settings
from eventhub.words import Sentence

KIND_WORDS = {
    QuestionKind.TEXT: Sentence("Short text"),
    QuestionKind.LONG_TEXT: Sentence("Long text"),
    QuestionKind.CHOICE: Sentence("One answer from a list"),
    QuestionKind.CHOICES: Sentence("Several answers from a list"),
    QuestionKind.NUMBER: Sentence("Number"),
    QuestionKind.DATE: Sentence("Day"),
    QuestionKind.FILE: Sentence("File (PDF, JPEG or PNG)"),
}
_CONDITION_WORDS = {
    "attends=on_site": Sentence("People who attend on site"),
    "attends=online": Sentence("People who attend online"),
    "member=yes": Sentence("People who represent a member"),
    "member=no": Sentence("People who represent none of the members"),
}


class Asking(Protocol):
    """What asks questions: an event, or the call of a lab."""

    @property
    def language(self) -> str:
        """The language in which texts must be there."""

    @property
    def mode(self) -> str:
        """How people attend; only where they choose can a question be for some of them."""


class _QuestionForm(Form):
    """What is the same in every language."""

    kind = wtforms.SelectField("What an answer looks like", [InputRequired()], validate_choice=False)
    is_required = wtforms.BooleanField("An answer is required")
    shown_if = wtforms.SelectField("Who is asked", [Optional()], validate_choice=False)
    least = wtforms.IntegerField("Smallest number", [Optional()])
    most = wtforms.IntegerField("Largest number", [Optional()])

    def definition(self) -> Definition:
        """The question as it was typed; empty rows of answers to choose from are left out."""
        codes = current_settings().language_codes
        condition = None
        if self.shown_if.data:
            name, _, value = self.shown_if.data.partition("=")
            condition = Condition(name, value)
        options = tuple(
            Option(
                self[f"option_{row}_code"].data or "", {code: self[f"option_{row}_{code}"].data or "" for code in codes}
            )
            for row in self.rows_in_use()
        )
        return Definition(
            kind=self.kind.data or "",
            texts={
                code: Texts(*((self[f"{part}_{code}"].data or "") for part in ("label", "help", "purpose")))
                for code in codes
            },
            options=options if self.kind.data in CHOOSING else (),
            shown_if=condition,
            is_required=bool(self.is_required.data),
            least=self.least.data,
            most=self.most.data,
        )

    @property
    def rows(self) -> range:
        """Numbers of the rows of answers to choose from."""
        return range(sum(name.endswith("_code") for name in self._fields))

    def rows_in_use(self) -> list[int]:
        """Those with words in any language."""
        codes = current_settings().language_codes
        return [row for row in self.rows if any((self[f"option_{row}_{code}"].data or "").strip() for code in codes)]

    def add_faults(self, problems: Problems) -> None:
        """Put what is wrong beside the fields; rules count only the rows in use."""
        rows = self.rows_in_use()

        def field_of(name: str) -> str:
            found = re.fullmatch(r"option_(\d+)_(\w+)", name)
            return f"option_{rows[int(found[1])]}_{found[2]}" if found else name

        self.add_problems({field_of(name): said for name, said in problems.fields.items()})


def question_form(
    posted: FormMultiDict | None,
    event: Asking,
    before: Sequence[Question],
    question: Question | None = None,
    more: Mapping[str, Any] | None = None,
) -> Any:
    """
    The form of a question in all languages.

    Args:
        before: Questions that its condition may name.
        question: The one that is changed; None: a new one.
        more: Further fields by name.

    """
    codes = current_settings().language_codes
    rows = _rows_posted(posted) if posted is not None else max(5, len(question.options) + 3 if question else 0)
    members: dict[str, Any] = dict(more or {})
    for code in codes:
        named = OWN_NAMES[code]
        members[f"label_{code}"] = wtforms.StringField(
            languages.gettext("Question (%(language)s)") % {"language": named}
        )
        members[f"help_{code}"] = wtforms.TextAreaField(languages.gettext("Help (%(language)s)") % {"language": named})
        members[f"purpose_{code}"] = wtforms.StringField(
            languages.gettext("Why you ask (%(language)s)") % {"language": named}
        )
    for row in range(min(rows, MOST_OPTIONS + 5)):
        members[f"option_{row}_code"] = wtforms.HiddenField()
        for code in codes:
            members[f"option_{row}_{code}"] = wtforms.StringField(
                languages.gettext("Answer %(number)s (%(language)s)") % {"number": row + 1, "language": OWN_NAMES[code]}
            )
    form = type("QuestionForm", (_QuestionForm,), members)(posted, data=_values(question) if question else None)
    form.kind.choices = [(str(kind), languages.say(words)) for kind, words in KIND_WORDS.items()]
    form.shown_if.choices = _condition_choices(event, before, form.shown_if.data)
    for name in (f"label_{event.language}", f"purpose_{event.language}"):
        form[name].flags.required = True
    return form


def _rows_posted(posted: FormMultiDict) -> int:
    numbers = [int(found[1]) for name in posted if (found := re.fullmatch(r"option_(\d{1,3})_\w+", name))]
    return max(5, max(numbers, default=-1) + 1)


def _values(question: Question) -> dict[str, Any]:
    values: dict[str, Any] = {
        "kind": question.kind,
        "is_required": question.is_required,
        "least": question.least,
        "most": question.most,
        "shown_if": f"{question.shown_if.field}={question.shown_if.value}" if question.shown_if else "",
    }
    for code, texts in question.texts.items():
        values |= {f"label_{code}": texts.label, f"help_{code}": texts.help, f"purpose_{code}": texts.purpose}
    for row, option in enumerate(question.options):
        values[f"option_{row}_code"] = option.code
        values |= {f"option_{row}_{code}": label for code, label in option.labels.items()}
    return values


def _condition_choices(
    event: Asking, before: Sequence[Question], current: str | None
) -> dict[str, list[tuple[str, str]]]:
    """Groups of conditions: those on standard fields, and those on answers to the questions before."""
    ways = {code: words for code, words in _CONDITION_WORDS.items() if event.mode == "hybrid" or "attends" not in code}
    if current in _CONDITION_WORDS:
        ways[current] = _CONDITION_WORDS[current]
    choices = {
        "": [("", languages.gettext("Everybody")), *((code, languages.say(words)) for code, words in ways.items())]
    }
    for number, question in enumerate(before, start=1):
        if question.kind in CHOOSING:
            label = question.in_words(event.language, event.language)[0].label
            choices[f"{number}. {label}"] = [
                (
                    f"{question.id}={option.code}",
                    languages.say(
                        Sentence(
                            "People who answered “%(answer)s”",
                            answer=question.option_in_words(option.code, event.language, event.language),
                        )
                    ),
                )
                for option in question.options
            ]
    return choices


class CopyQuestionsForm(Form):
    """The event whose questions are asked here as well."""

    event = wtforms.SelectField("Event", [InputRequired()], validate_choice=False)

    def __init__(self, posted: Any = None, *, events: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(posted, **kwargs)
        self.event.choices = list(events)


# Answers


async def posted_answers(posted: FormMultiDict) -> dict[str, Any]:
    """
    What a form says to the questions of an event, by the id of the question, as `check_answers` takes it.

    A box to remove a file counts unless another file is sent with it.
    """
    found: dict[str, Any] = {}
    prefix = control_name("")
    for name in posted:
        if not name.startswith(prefix):
            continue
        question_id = name.removeprefix(prefix)
        if question_id.endswith("-remove"):
            found.setdefault(question_id.removesuffix("-remove"), "")
            continue
        values = posted.getall(name)
        first = values[0]
        if isinstance(first, UploadFile):
            if first.filename:
                found[question_id] = SentFile(first.filename, await first.read(LARGEST_FILE + 1))
        elif not isinstance(found.get(question_id), SentFile):
            typed = [one for one in values if isinstance(one, str)]
            found[question_id] = typed[0] if len(typed) == 1 else typed
    return found


def add_answer_problems(
    form: Form, problems: Problems, questions: Sequence[Asked], typed: Mapping[str, Any]
) -> dict[str, list[str]]:
    """
    Put what is wrong into a form with questions: into its summary, and beside its fields.

    Returns:
        What is wrong with answers, by the id of the question, for `questions/_fields.html`.

    """
    ids = {question.id for question in questions}
    form.add_problems({name: said for name, said in problems.fields.items() if name not in ids})
    found = {name: [languages.say(one) for one in said] for name, said in problems.fields.items() if name in ids}
    for question in questions:
        for sentence in found.get(question.id, ()):
            link = Markup('<a href="#{}">{}: {}</a>').format(control_name(question.id), question.label, sentence)
            form.form_errors.append(link)
        if isinstance(typed.get(question.id), SentFile) and question.id not in found:
            again = Sentence("Please choose the file again; browsers do not keep it.")
            found[question.id] = [languages.say(again)]
    return found
