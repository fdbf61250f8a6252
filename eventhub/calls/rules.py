"""Words and law of calls: what one says in each language, asks and weighs, and until when something may be sent."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum

from eventhub.directory.rules import clean_line, clean_text
from eventhub.labs.rules import LONGEST_NAME, LONGEST_TEXT, MOST_COHORT, CallState, call_state
from eventhub.questions.rules import (
    Condition,
    Definition,
    Option,
    Question,
    Texts,
    check_definition,
    too_long,
    too_many,
)
from eventhub.words import Sentence


class Eligibility(StrEnum):
    """Who may apply."""

    MEMBERS = "members"
    #: Also those who are no member: staff say of each whether it may, and why.
    EVERYBODY = "everybody"


#: The first stage is short; the second is asked of those who are invited to it.
FIRST_STAGE, SECOND_STAGE = 1, 2
#: A code of a question or criterion.
LONGEST_CODE = 36
MOST_CRITERIA = 12
ALL_WEIGHTS = 100
LONGEST_CRITERION = 200
LONGEST_HINT = 500
LONGEST_LETTER = 3_000
LONGEST_PHRASE, LONGEST_LEAD = 120, 500
MOST_PEOPLE = 20
MOST_APPLICATIONS = 20
MOST_SESSIONS = 30
#: Letters to applicants whose wording a template proposes and a call may change.
LETTERS = ("received", "reminder", "accepted", "waiting", "declined")
#: Days before the closing on which those who have begun and not sent are reminded, each once.
REMINDER_DAYS = (7, 1)


@dataclass(frozen=True)
class CallText:
    """What a call says in one language; plain text of several lines."""

    title: str = ""
    text: str = ""
    criteria: str = ""
    eligibility: str = ""


_TEXTS = tuple(one.name for one in fields(CallText))


@dataclass(frozen=True)
class OptionContent:
    """One of the answers to choose from; labels by language."""

    code: str
    labels: dict[str, str]


@dataclass(frozen=True)
class QuestionText:
    """A question in one language; `purpose` says why it is asked."""

    label: str = ""
    help: str = ""
    purpose: str = ""


@dataclass(frozen=True)
class ConditionContent:
    """The question before this one, and the answer that this one waits for."""

    field: str
    value: str


@dataclass(frozen=True)
class CallQuestion:
    """A question of a call as it is kept; see `Question`, whose rules it follows."""

    id: str
    kind: str
    texts: dict[str, QuestionText]
    stage: int = FIRST_STAGE
    options: tuple[OptionContent, ...] = ()
    shown_if: ConditionContent | None = None
    is_required: bool = False
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Criterion:
    """By what applications are weighed; names and hints by language, weights in hundredths."""

    code: str
    names: dict[str, str]
    weight: int
    hints: dict[str, str] = field(default_factory=dict)

    def name_in(self, language: str, fallback: str = "en") -> str:
        """Its name in a language, else in the fallback, else in any."""
        return _in_words(self.names, language, fallback)

    def hint_in(self, language: str, fallback: str = "en") -> str:
        """What to look at, in a language, else in the fallback, else in any."""
        return _in_words(self.hints, language, fallback)


@dataclass(frozen=True)
class CallContent:
    """
    All that a call says besides when.

    Args:
        language: Stands in for texts that are missing in another.
        people_min, people_max: How many people a member proposes.
        second_stage_closes_at: Until when the questions of the second stage may be answered; None: staff say later.
        letters: Own words in letters, by `LETTERS` and language.

    """

    language: str = "en"
    texts: dict[str, CallText] = field(default_factory=dict)
    questions: tuple[CallQuestion, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    eligibility: str = Eligibility.MEMBERS
    people_min: int = 0
    people_max: int = 5
    applications_per_member: int = 1
    cohort_size: int | None = None
    second_stage_closes_at: datetime | None = None
    letters: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def has_second_stage(self) -> bool:
        """Whether something is asked later."""
        return any(question.stage == SECOND_STAGE for question in self.questions)

    @property
    def members_only(self) -> bool:
        """Whether only members may apply."""
        return self.eligibility != Eligibility.EVERYBODY

    def questions_of(self, stage: int | None = None) -> list[Question]:
        """The questions of a stage, or all, as the rules of questions take them."""
        return [
            as_question(one, position)
            for position, one in enumerate(self.questions)
            if stage is None or one.stage == stage
        ]

    def words(self, language: str) -> CallText:
        """Its texts in a language; each that is missing falls back to the call's own language, then to any."""
        order = [self.texts[code] for code in (language, self.language, *self.texts) if code in self.texts]
        return CallText(
            **{name: next((found for one in order if (found := getattr(one, name))), "") for name in _TEXTS}
        )

    def spoken(self, language: str) -> str:
        """The language in which a reader of `language` gets the text of the call."""
        codes = (language, self.language, *self.texts)
        return next((code for code in codes if code in self.texts and self.texts[code].text), self.language)

    def letter(self, kind: str, language: str) -> str:
        """The call's own words for a letter, or nothing."""
        return _in_words(self.letters.get(kind, {}), language, self.language)


@dataclass(frozen=True)
class SessionPattern:
    """The sessions that a template proposes: how many, how far apart and how long; titles by language."""

    number: int = 0
    every_days: int = 14
    minutes: int = 120
    mode: str = "online"
    titles: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class KindWords:
    """
    What pages say for a kind, whole phrases in one language.

    `numbered` holds %(number)s and %(year)s, `round` and `round_new` hold %(year)s.
    """

    one: str
    many: str
    lead: str = ""
    numbered: str = ""
    round: str = ""
    new: str = ""
    change: str = ""
    places: str = ""

    def with_number(self, number: int, year: int) -> str:
        """The kind with its number in a round."""
        return _filled(self.numbered or "%(one)s %(number)s, %(year)s", one=self.one, number=number, year=year)

    def of_round(self, year: int) -> str:
        """The round of a year."""
        return _filled(self.round or "%(many)s %(year)s", many=self.many, year=year)


#: The parts of the words of a kind.
PHRASES = tuple(one.name for one in fields(KindWords))


@dataclass(frozen=True)
class TemplateWords:
    """Only the words of a template, for pages that need no more of it."""

    words: dict[str, KindWords] = field(default_factory=dict)

    def words_in(self, language: str) -> KindWords | None:
        """The words of the kind, in a language or in the first that there is."""
        return self.words.get(language) or next(iter(self.words.values()), None)


@dataclass(frozen=True)
class TemplateContent(TemplateWords):
    """What a new lab, or whatever else starts with a call, begins with; people change all of it afterwards."""

    description: dict[str, str] = field(default_factory=dict)
    call: CallContent = CallContent()
    sessions: SessionPattern = SessionPattern()
    follow_up_months: tuple[int, ...] = (3, 6, 12)


def _in_words(texts: Mapping[str, str], language: str, fallback: str) -> str:
    order = (texts.get(code, "") for code in (language, fallback, *texts))
    return next((text for text in order if text), "")


def _filled(pattern: str, **values: object) -> str:
    for name, value in values.items():
        pattern = pattern.replace(f"%({name})s", str(value))
    return pattern


def with_plain_text(content: CallContent, *, text: str, criteria: str, cohort_size: int | None) -> CallContent:
    """A content whose own language says something else; the other languages stay."""
    own = content.texts.get(content.language, CallText())
    own = replace(own, text=text, criteria=criteria)
    return replace(content, texts=content.texts | {content.language: own}, cohort_size=cohort_size)


def as_question(one: CallQuestion, position: int = 0) -> Question:
    """A question of a call as the rules of questions take it."""
    return Question(
        id=one.id,
        position=position,
        kind=one.kind,
        texts={code: Texts(words.label, words.help, words.purpose) for code, words in one.texts.items()},
        options=tuple(Option(option.code, option.labels) for option in one.options),
        shown_if=Condition(one.shown_if.field, one.shown_if.value) if one.shown_if else None,
        is_required=one.is_required,
        least=one.least,
        most=one.most,
    )


def as_call_question(new: Definition, *, question_id: str, stage: int) -> CallQuestion:
    """A question as it is kept in a call."""
    return CallQuestion(
        id=question_id,
        kind=new.kind,
        texts={code: QuestionText(words.label, words.help, words.purpose) for code, words in new.texts.items()},
        stage=stage,
        options=tuple(OptionContent(option.code, dict(option.labels)) for option in new.options),
        shown_if=ConditionContent(new.shown_if.field, new.shown_if.value) if new.shown_if else None,
        is_required=new.is_required,
        least=new.least,
        most=new.most,
    )


# Checking


def tidied_text(text: CallText) -> CallText:
    """Without what nobody sees."""
    return CallText(
        clean_line(text.title), clean_text(text.text), clean_text(text.criteria), clean_text(text.eligibility)
    )


def content_problems(content: CallContent, languages: Sequence[str]) -> dict[str, list[str]]:
    """
    Say everything that is wrong with a content besides its questions and criteria, by field of its form.

    Args:
        languages: All that texts may be written in.

    """
    faults: dict[str, list[str]] = {}
    if content.eligibility not in set(Eligibility):
        faults["eligibility"] = [Sentence("Please say who may apply.")]
    for code, words in content.texts.items():
        if code not in languages:
            faults["texts"] = [Sentence("“%(given)s” is no language that we write in.", given=code[:20])]
            continue
        bounds = {"title": 200, "text": LONGEST_TEXT, "criteria": LONGEST_TEXT, "eligibility": LONGEST_TEXT}
        for name, longest in bounds.items():
            if len(getattr(words, name)) > longest:
                faults[f"{name}_{code}"] = [too_long(longest)]
    if not 0 <= content.people_min <= MOST_PEOPLE:
        faults["people_min"] = [_between(0, MOST_PEOPLE)]
    if not 0 <= content.people_max <= MOST_PEOPLE:
        faults["people_max"] = [_between(0, MOST_PEOPLE)]
    elif content.people_max < content.people_min and "people_min" not in faults:
        faults["people_max"] = [Sentence("The largest number is smaller than the smallest one.")]
    if not 1 <= content.applications_per_member <= MOST_APPLICATIONS:
        faults["applications_per_member"] = [_between(1, MOST_APPLICATIONS)]
    if content.cohort_size is not None and not 1 <= content.cohort_size <= MOST_COHORT:
        faults["cohort_size"] = [Sentence("A group has 1 to %(most)s members.", most=MOST_COHORT)]
    for kind, texts in content.letters.items():
        if kind not in LETTERS:
            faults["letters"] = [Sentence("There is no letter “%(given)s”.", given=kind[:40])]
            continue
        for code, typed in texts.items():
            if len(typed) > LONGEST_LETTER:
                faults[f"letter_{kind}_{code}"] = [too_long(LONGEST_LETTER)]
    return faults


def template_problems(name: str, kind: str, content: TemplateContent, languages: Sequence[str]) -> dict[str, list[str]]:
    """
    Say everything that is wrong with a template besides its call, by field of its form.

    Args:
        languages: All that texts may be written in, the fallback first.

    """
    faults: dict[str, list[str]] = {}
    if not name:
        faults["name"] = [Sentence("Please give the template a name.")]
    elif len(name) > LONGEST_NAME:
        faults["name"] = [too_long(LONGEST_NAME)]
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,29}", kind):
        faults["kind"] = [Sentence("A kind is a word of small letters, digits and underscores, such as lab.")]
    first = content.words.get(languages[0])
    for part in ("one", "many"):
        if not (first and getattr(first, part)):
            faults[f"{part}_{languages[0]}"] = [Sentence("Please write this in the first language.")]
    for code, words in content.words.items():
        for part in PHRASES:
            longest = LONGEST_LEAD if part == "lead" else LONGEST_PHRASE
            if len(getattr(words, part)) > longest:
                faults[f"{part}_{code}"] = [too_long(longest)]
    for code, text in content.description.items():
        if len(text) > LONGEST_TEXT:
            faults[f"description_{code}"] = [too_long(LONGEST_TEXT)]
    sessions = content.sessions
    for part, given, least, most in (
        ("session_number", sessions.number, 0, MOST_SESSIONS),
        ("session_days", sessions.every_days, 1, 366),
        ("session_minutes", sessions.minutes, 15, 24 * 60),
    ):
        if not least <= given <= most:
            faults[part] = [_between(least, most)]
    if sessions.mode not in ("in_person", "online", "hybrid"):
        faults["session_mode"] = [Sentence("Please choose how sessions are held.")]
    for code, titles in sessions.titles.items():
        if len(titles) > MOST_SESSIONS or any(len(title) > LONGEST_PHRASE for title in titles):
            faults[f"session_titles_{code}"] = [
                Sentence("%(most)s titles of %(characters)s characters are the most.",
                         most=MOST_SESSIONS, characters=LONGEST_PHRASE)
            ]  # fmt: skip
    if len(content.follow_up_months) > 12 or any(not 1 <= months <= 60 for months in content.follow_up_months):
        faults["follow_up_months"] = [Sentence("Please give up to twelve numbers of months, from 1 to 60.")]
    return faults


def criteria_problems(criteria: Sequence[Criterion], language: str) -> dict[str, list[str]]:
    """
    Say everything that is wrong with criteria, by field of their form.

    Args:
        language: Of the call: in it each has a name.

    """
    faults: dict[str, list[str]] = {}
    if len(criteria) > MOST_CRITERIA:
        faults["criteria"] = [Sentence("%(most)s criteria are the most.", most=MOST_CRITERIA)]
    if len({one.code for one in criteria}) < len(criteria):
        faults["criteria"] = [Sentence("Each criterion has a code of its own.")]
    seen: set[str] = set()
    for row, one in enumerate(criteria):
        name = one.names.get(language, "")
        if not name:
            faults[f"name_{row}_{language}"] = [Sentence("Please name the criterion in the language of the call.")]
        elif name.casefold() in seen:
            faults[f"name_{row}_{language}"] = [Sentence("This criterion is there twice.")]
        seen.add(name.casefold())
        if not 1 <= one.weight <= ALL_WEIGHTS:
            faults[f"weight_{row}"] = [_between(1, ALL_WEIGHTS)]
        for part, texts, longest in (("name", one.names, LONGEST_CRITERION), ("hint", one.hints, LONGEST_HINT)):
            for code, words in texts.items():
                if len(words) > longest:
                    faults[f"{part}_{row}_{code}"] = [too_long(longest)]
    total = sum(one.weight for one in criteria)
    if criteria and not any(part.startswith("weight") for part in faults) and total != ALL_WEIGHTS:
        faults["criteria"] = [
            *faults.get("criteria", []),
            Sentence("The weights add up to %(total)s; they must add up to 100.", total=total),
        ]
    return faults


def question_problems(
    new: Definition, stage: int, *, language: str, languages: Sequence[str], standing: Sequence[CallQuestion]
) -> dict[str, list[str]]:
    """
    Say everything that is wrong with a question of a call, by field of its form.

    Args:
        standing: The questions before it, which its condition may name.

    """
    faults = check_definition(
        new, language=language, languages=languages, before=[as_question(one) for one in standing]
    )
    if stage not in (FIRST_STAGE, SECOND_STAGE):
        faults["stage"] = [Sentence("Please say in which stage this is asked.")]
    elif new.shown_if and any(one.id == new.shown_if.field and one.stage > stage for one in standing):
        faults["shown_if"] = [Sentence("The question that this one waits for is asked in the second stage only.")]
    return faults


def one_too_many(standing: Iterable[CallQuestion], new: Definition) -> Sentence | None:
    """Why a call cannot ask this as well, if it cannot."""
    return too_many([as_question(one) for one in standing], [new])


def moved(questions: Sequence[CallQuestion], question_id: str, by: int) -> tuple[CallQuestion, ...] | None:
    """
    The questions with one of them a place further up (-1) or down (+1).

    Returns:
        None if a question would come before the one that it waits for.

    """
    order = list(questions)
    index = next(place for place, one in enumerate(order) if one.id == question_id)
    other = index + by
    if 0 <= other < len(order):
        order[index], order[other] = order[other], order[index]
    seen: set[str] = set()
    for one in order:
        if one.shown_if and one.shown_if.field in {each.id for each in order} and one.shown_if.field not in seen:
            return None
        seen.add(one.id)
    return tuple(order)


def missing_languages(content: CallContent, languages: Sequence[str]) -> tuple[str, ...]:
    """Languages in which something of a call is not written yet; readers get the call's own there."""
    own = content.texts.get(content.language, CallText())
    named = [name for name in _TEXTS if getattr(own, name)]
    return tuple(
        code
        for code in languages
        if any(not getattr(content.texts.get(code, CallText()), name) for name in named)
        or any(code in one.missing_languages(languages) for one in content.questions_of())
        or any(not one.names.get(code) for one in content.criteria)
    )


def _between(least: int, most: int) -> Sentence:
    return Sentence("The number lies between %(least)s and %(most)s.", least=least, most=most)


# Time


def takes(
    opens_at: datetime, closes_at: datetime, now: datetime, *, begun_at: datetime | None, grace: timedelta
) -> bool:
    """
    Whether an application may be saved or sent at an instant.

    New ones until the call closes exactly; what was begun before, the grace longer.
    """
    state = call_state(opens_at, closes_at, now)
    if state is CallState.CLOSED:
        return begun_at is not None and begun_at < closes_at and now < closes_at + grace
    return state is CallState.OPEN


def reminder_due(closes_at: datetime, now: datetime) -> int | None:
    """Which reminder is due at an instant, in days before the closing; None: none."""
    left = closes_at - now
    if left <= timedelta(0):
        return None
    return next((days for days in sorted(REMINDER_DAYS) if left <= timedelta(days=days)), None)


def time_left(closes_at: datetime, now: datetime) -> tuple[int, int, int] | None:
    """Whole days, hours and minutes until a call closes; None: it has closed."""
    seconds = (closes_at - now).total_seconds()
    if seconds <= 0:
        return None
    minutes = max(int(seconds // 60), 1)
    return minutes // 1440, minutes % 1440 // 60, minutes % 60
