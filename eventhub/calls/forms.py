"""Forms of rounds, templates and calls."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

import wtforms
from litestar.datastructures import FormMultiDict
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub import languages
from eventhub.calls.commands import RoundFacts, TemplateFacts
from eventhub.calls.opening import ContentFacts
from eventhub.calls.queries import Holder, OutsiderRow, RoundPage, TemplateRow
from eventhub.calls.rules import (
    LETTERS,
    MOST_CRITERIA,
    CallQuestion,
    CallText,
    Criterion,
    Eligibility,
    KindWords,
    SessionPattern,
    as_question,
)
from eventhub.database import Row
from eventhub.events.forms import HALVES, halves, labelled, which_of
from eventhub.events.zones import wall_time
from eventhub.forms import Form
from eventhub.labs.forms import values_of_call
from eventhub.labs.queries import CallRow
from eventhub.labs.rules import FIRST_YEAR, LAST_YEAR, LONGEST_NAME, LONGEST_REMARK, LONGEST_TEXT
from eventhub.pages import OWN_NAMES
from eventhub.questions.forms import question_form
from eventhub.settings import current_settings
from eventhub.words import Sentence

_HIDDEN = wtforms.widgets.HiddenInput()


class RoundForm(Form):
    """What staff say of a round."""

    kind = wtforms.SelectField("What it is a round of", [InputRequired()])
    year = wtforms.IntegerField("Year of the round", [InputRequired(), NumberRange(FIRST_YEAR, LAST_YEAR)])
    title = wtforms.StringField("Name", [InputRequired(), Length(max=LONGEST_NAME)])
    themes = wtforms.SelectMultipleField("Thematic priorities", [Optional()])
    action_lines = wtforms.SelectMultipleField("Action lines", [Optional()])
    priorities = wtforms.TextAreaField(
        "Priorities of members", [Length(max=LONGEST_TEXT)], description="What members have asked for."
    )
    lessons = wtforms.TextAreaField(
        "Lessons", [Length(max=LONGEST_TEXT)], description="What the next round should know. Only staff read it."
    )
    version = wtforms.IntegerField(widget=_HIDDEN, validators=[Optional()])

    def __init__(
        self, *args: Any, kinds: Sequence[tuple[str, str]], themes: list[Row], action_lines: list[Row], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = list(kinds)
        self.themes.choices = labelled(row["code"] for row in themes)
        self.action_lines.choices = [(row["code"], f"{row['plan']}: {row['name']}") for row in action_lines]

    def facts(self) -> RoundFacts:
        """The facts as typed."""
        return RoundFacts(
            year=(self.year.data if self.year else None) or 0,
            kind=(self.kind.data if self.kind else None) or "lab",
            title=self.title.data or "",
            priorities=self.priorities.data or "",
            lessons=self.lessons.data or "",
            themes=tuple(self.themes.data or ()),
            action_lines=tuple(self.action_lines.data or ()),
        )


def values_of_round(page: RoundPage) -> dict[str, Any]:
    """What the form shows for a round that exists."""
    names = ("kind", "year", "title", "priorities", "lessons", "version")
    return {
        **{name: getattr(page.round, name) for name in names},
        "themes": list(page.themes),
        "action_lines": [code for code, _ in page.action_lines],
    }


def proposed_call(call: CallRow | None, template: TemplateRow | None) -> dict[str, Any]:
    """What the form of a call shows: the call as it stands, or what a template proposes for a new one."""
    if call:
        return values_of_call(call)
    values: dict[str, Any] = {"time_zone": current_settings().time_zone}
    if template:
        content = template.content.call
        own = content.words(content.language)
        values |= {"text": own.text, "criteria": own.criteria, "cohort_size": content.cohort_size}
    return values


class EligibilityForm(Form):
    """Whether somebody who is no member may apply, and why."""

    is_eligible = wtforms.RadioField("May it apply?", [InputRequired()], validate_choice=False)
    reason = wtforms.TextAreaField(
        "Reason", [InputRequired(), Length(max=LONGEST_REMARK)], description="The applicant reads it."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_eligible.choices = [("yes", languages.gettext("Yes")), ("no", languages.gettext("No"))]

    def name_apart(self, application: UUID) -> None:
        """Give the fields ids of their own, since a page has several of these forms."""
        self.is_eligible.id, self.reason.id = f"eligible-{application}-choice", f"reason-{application}"
        self.is_eligible.label.field_id, self.reason.label.field_id = self.is_eligible.id, self.reason.id

    def decision(self) -> bool | None:
        """The decision as typed."""
        return {"yes": True, "no": False}.get(self.is_eligible.data or "")


def eligibility_form(outsider: OutsiderRow) -> EligibilityForm:
    """The form with what was decided before."""
    decided = {None: "", True: "yes", False: "no"}[outsider.is_eligible]
    return EligibilityForm(data={"is_eligible": decided, "reason": outsider.eligibility_reason})


class ExtendForm(Form):
    """Until when a call is open now; day and time are what the clocks in its zone show."""

    closes_on = wtforms.DateField("Last day", [InputRequired()])
    closes_time = wtforms.TimeField("Closing time", [InputRequired()], default=time(17))
    which_closes = wtforms.RadioField("Which of the two closing times?", [Optional()], validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.which_closes.choices = halves()

    def closes_at(self) -> datetime | None:
        """The wall time as typed."""
        day, clock = self.closes_on.data, self.closes_time.data
        return datetime.combine(day, clock) if day and clock else None

    def second(self) -> bool | None:
        """Which of two equal wall times is meant."""
        return HALVES.get(self.which_closes.data or "")


# What a call says


LETTER_WORDS = {
    "received": Sentence("Receipt"),
    "reminder": Sentence("Reminder before the closing"),
    "accepted": Sentence("Acceptance"),
    "waiting": Sentence("Waiting list"),
    "declined": Sentence("Refusal"),
}
_TEXT_WORDS = {
    "title": Sentence("Heading"),
    "text": Sentence("Text of the call"),
    "criteria": Sentence("How applicants are chosen"),
    "eligibility": Sentence("Who may apply, in words"),
}


class _ContentForm(Form):
    """What is the same in every language."""

    eligibility = wtforms.RadioField("Who may apply", [InputRequired()], validate_choice=False)
    people_min = wtforms.IntegerField("Fewest people that an application proposes", [InputRequired()])
    people_max = wtforms.IntegerField("Most people that an application proposes", [InputRequired()])
    applications_per_member = wtforms.IntegerField("Applications that a member may send", [InputRequired()])
    cohort_size = wtforms.IntegerField("Places", [Optional()], description="Leave it empty for no limit.")
    second_stage_on = wtforms.DateField("Last day of the second stage", [Optional()])
    second_stage_time = wtforms.TimeField("Closing time of the second stage", [Optional()], default=time(17))
    which_second_stage = wtforms.RadioField("Which of the two closing times?", [Optional()], validate_choice=False)
    version = wtforms.IntegerField(widget=_HIDDEN, validators=[InputRequired()])

    def facts(self) -> ContentFacts:
        """The content as typed."""
        codes = current_settings().language_codes
        day, clock = self.second_stage_on.data, self.second_stage_time.data
        return ContentFacts(
            texts={
                code: CallText(**{part: self[f"{part}_{code}"].data or "" for part in _TEXT_WORDS}) for code in codes
            },
            eligibility=self.eligibility.data or "",
            people_min=self.people_min.data if self.people_min.data is not None else -1,
            people_max=self.people_max.data if self.people_max.data is not None else -1,
            applications_per_member=self.applications_per_member.data or 0,
            cohort_size=self.cohort_size.data,
            second_stage_closes_at=datetime.combine(day, clock or time(17)) if day else None,
            later_of_two=HALVES.get(self.which_second_stage.data or ""),
            letters={
                letter: {code: self[f"letter_{letter}_{code}"].data or "" for code in codes} for letter in LETTERS
            },
        )


def content_form(posted: FormMultiDict | None, holder: Holder) -> Any:
    """The form of what a call or a template says, in all languages."""
    codes = current_settings().language_codes
    members: dict[str, Any] = {}
    for code in codes:
        for part, words in _TEXT_WORDS.items():
            label = f"{languages.say(words)} ({OWN_NAMES[code]})"
            members[f"{part}_{code}"] = (wtforms.StringField if part == "title" else wtforms.TextAreaField)(label)
        for letter, words in LETTER_WORDS.items():
            members[f"letter_{letter}_{code}"] = wtforms.TextAreaField(f"{languages.say(words)} ({OWN_NAMES[code]})")
    form = type("ContentForm", (_ContentForm,), members)(posted, data=_values_of_content(holder, codes))
    form.which_second_stage.choices = halves()
    form.eligibility.choices = [
        (str(Eligibility.MEMBERS), languages.gettext("Members only")),
        (str(Eligibility.EVERYBODY), languages.gettext("Members, and others whom staff find eligible, with a reason")),
    ]
    return form


def _values_of_content(holder: Holder, codes: Sequence[str]) -> dict[str, Any]:
    content = holder.content
    names = ("eligibility", "people_min", "people_max", "applications_per_member", "cohort_size")
    values = {name: getattr(content, name) for name in names} | {"version": holder.version}
    if content.second_stage_closes_at:
        values["second_stage_on"], values["second_stage_time"] = wall_time(
            content.second_stage_closes_at, holder.time_zone
        )
        values["which_second_stage"] = which_of(content.second_stage_closes_at, holder.time_zone)
    for code in codes:
        own = content.texts.get(code, CallText())
        values |= {f"{part}_{code}": getattr(own, part) for part in _TEXT_WORDS}
        values |= {f"letter_{letter}_{code}": content.letters.get(letter, {}).get(code, "") for letter in LETTERS}
    return values


# Criteria


class _CriteriaForm(Form):
    """Rows of criteria; a row without words and weight counts for nothing."""

    version = wtforms.IntegerField(widget=_HIDDEN, validators=[InputRequired()])
    criteria = wtforms.Field(widget=_HIDDEN)

    @property
    def rows(self) -> range:
        """Numbers of the rows."""
        return range(sum(name.startswith("weight_") for name in self._fields))

    def rows_in_use(self) -> list[int]:
        """Those with a weight, or with words in any language."""
        codes = current_settings().language_codes
        return [
            row
            for row in self.rows
            if (self[f"weight_{row}"].data is not None or self[f"weight_{row}"].raw_data not in (None, [], [""]))
            or any((self[f"name_{row}_{code}"].data or "").strip() for code in codes)
        ]

    def typed(self) -> list[Criterion]:
        """The criteria as typed."""
        codes = current_settings().language_codes
        return [
            Criterion(
                code=self[f"code_{row}"].data or "",
                names={code: self[f"name_{row}_{code}"].data or "" for code in codes},
                weight=self[f"weight_{row}"].data or 0,
                hints={code: self[f"hint_{row}_{code}"].data or "" for code in codes},
            )
            for row in self.rows_in_use()
        ]

    def add_faults(self, problems: dict[str, list[str]]) -> None:
        """Put what is wrong beside the fields; rules count only the rows in use."""
        rows = self.rows_in_use()

        def field_of(name: str) -> str:
            found = re.fullmatch(r"(name|hint|weight)_(\d+)(_\w+)?", name)
            return (
                f"{found[1]}_{rows[int(found[2])]}{found[3] or ''}" if found else ("" if name == "criteria" else name)
            )

        self.add_problems({field_of(name): said for name, said in problems.items()})


def criteria_form(posted: FormMultiDict | None, holder: Holder) -> Any:
    """The form of criteria and weights, with a few rows to spare."""
    codes = current_settings().language_codes
    count = min(max(5, len(holder.content.criteria) + 2), MOST_CRITERIA)
    if posted is not None:
        numbers = [int(found[1]) for name in posted if (found := re.fullmatch(r"\w+_(\d{1,2})(_\w+)?", name))]
        count = min(max(count, max(numbers, default=-1) + 1), MOST_CRITERIA + 1)
    members: dict[str, Any] = {}
    values: dict[str, Any] = {"version": holder.version}
    for row in range(count):
        members[f"code_{row}"] = wtforms.HiddenField()
        number = {"number": row + 1}
        members[f"weight_{row}"] = wtforms.IntegerField(
            languages.gettext("Weight of criterion %(number)s") % number, [Optional()]
        )
        for code in codes:
            named = number | {"language": OWN_NAMES[code]}
            members[f"name_{row}_{code}"] = wtforms.StringField(
                languages.gettext("Criterion %(number)s (%(language)s)") % named
            )
            members[f"hint_{row}_{code}"] = wtforms.TextAreaField(
                languages.gettext("What to look at for criterion %(number)s (%(language)s)") % named
            )
    for row, one in enumerate(holder.content.criteria[:count]):
        values |= {f"code_{row}": one.code, f"weight_{row}": one.weight}
        values |= {f"name_{row}_{code}": one.names.get(code, "") for code in codes}
        values |= {f"hint_{row}_{code}": one.hints.get(code, "") for code in codes}
    return type("CriteriaForm", (_CriteriaForm,), members)(posted, data=values)


# Questions


class _Asking:
    """A call as the form of a question takes it."""

    mode = "online"

    def __init__(self, language: str) -> None:
        self.language = language


def call_question_form(
    posted: FormMultiDict | None, holder: Holder, before: Sequence[CallQuestion], question: CallQuestion | None = None
) -> Any:
    """The form of a question of a call, which has a stage too."""
    more = {
        "stage": wtforms.RadioField("When it is asked", [InputRequired()], default="1", validate_choice=False),
        "version": wtforms.IntegerField(widget=_HIDDEN, validators=[InputRequired()], default=holder.version),
    }
    form = question_form(
        posted,
        _Asking(holder.content.language),
        [as_question(one) for one in before],
        as_question(question) if question else None,
        more,
    )
    form.stage.choices = [
        ("1", languages.gettext("In the first stage, which is short")),
        ("2", languages.gettext("In the second stage, later")),
    ]
    if posted is None:
        form.stage.data = str(question.stage) if question else "1"
        form.version.data = holder.version
    return form


# Templates


_PHRASES = {
    "one": (Sentence("One of it"), ""),
    "many": (Sentence("Several of it"), ""),
    "lead": (Sentence("What it is, in a sentence"), ""),
    "numbered": (Sentence("With its number"), "%(number)s, %(year)s"),
    "round": (Sentence("Its round"), "%(year)s"),
    "new": (Sentence("Heading: a new one"), ""),
    "change": (Sentence("Heading: changing it"), ""),
    "places": (Sentence("Heading: how many are chosen"), ""),
}


class _TemplateForm(Form):
    """What is the same in every language."""

    name = wtforms.StringField("Name", [InputRequired(), Length(max=LONGEST_NAME)])
    kind = wtforms.StringField(
        "Kind", [InputRequired(), Length(max=30)], description="A word of small letters, such as lab, pilot or fund."
    )
    copy_of = wtforms.SelectField("Take the call over from", [Optional()])
    session_number = wtforms.IntegerField("Number of sessions", [InputRequired()], default=4)
    session_days = wtforms.IntegerField("Days from one session to the next", [InputRequired()], default=14)
    session_minutes = wtforms.IntegerField("Length in minutes", [InputRequired()], default=120)
    session_mode = wtforms.SelectField("How sessions are held", [InputRequired()], default="online")
    follow_up_months = wtforms.StringField(
        "Months until follow-ups", [Optional()], default="3, 6, 12", description="Numbers parted by commas."
    )
    version = wtforms.IntegerField(widget=_HIDDEN, validators=[Optional()])

    def facts(self) -> TemplateFacts:
        """The template as typed."""
        codes = current_settings().language_codes
        months = [part.strip() for part in (self.follow_up_months.data or "").split(",") if part.strip()][:20]
        return TemplateFacts(
            name=self.name.data or "",
            kind=(self.kind.data if self.kind else "") or "",
            words={code: KindWords(**{part: self[f"{part}_{code}"].data or "" for part in _PHRASES}) for code in codes},
            description={code: self[f"description_{code}"].data or "" for code in codes},
            sessions=SessionPattern(
                number=self.session_number.data or 0,
                every_days=self.session_days.data or 0,
                minutes=self.session_minutes.data or 0,
                mode=self.session_mode.data or "",
                titles={
                    code: tuple(
                        line.strip()
                        for line in (self[f"session_titles_{code}"].data or "").splitlines()
                        if line.strip()
                    )
                    for code in codes
                },
            ),
            follow_up_months=tuple(int(part) if re.fullmatch(r"[0-9]{1,3}", part) else 0 for part in months),
        )


def template_form(
    posted: FormMultiDict | None, template: TemplateRow | None, others: Sequence[TemplateRow] = ()
) -> Any:
    """The form of a template besides its call, in all languages."""
    codes = current_settings().language_codes
    members: dict[str, Any] = {}
    for code in codes:
        for part, (words, holds) in _PHRASES.items():
            label = f"{languages.say(words)} ({OWN_NAMES[code]})"
            hint = languages.gettext("It may hold: %(holds)s") % {"holds": holds} if holds else ""
            members[f"{part}_{code}"] = (wtforms.TextAreaField if part == "lead" else wtforms.StringField)(
                label, description=hint
            )
        members[f"description_{code}"] = wtforms.TextAreaField(
            f"{languages.gettext('Description')} ({OWN_NAMES[code]})"
        )
        members[f"session_titles_{code}"] = wtforms.TextAreaField(
            f"{languages.gettext('Titles of the sessions, one a line')} ({OWN_NAMES[code]})"
        )
    form = type("TemplateForm", (_TemplateForm,), members)(
        posted, data=_values_of_template(template, codes) if template else None
    )
    form.session_mode.choices = labelled(("online", "in_person", "hybrid"))
    form.copy_of.choices = [("", languages.gettext("Nothing")), *((one.code, one.name) for one in others)]
    for name in (f"one_{codes[0]}", f"many_{codes[0]}"):
        form[name].flags.required = True
    return form


def _values_of_template(template: TemplateRow, codes: Sequence[str]) -> dict[str, Any]:
    content = template.content
    values: dict[str, Any] = {
        "name": template.name, "kind": template.kind, "version": template.version,
        "session_number": content.sessions.number, "session_days": content.sessions.every_days,
        "session_minutes": content.sessions.minutes, "session_mode": content.sessions.mode,
        "follow_up_months": ", ".join(map(str, content.follow_up_months)),
    }  # fmt: skip
    for code in codes:
        if own := content.words.get(code):
            values |= {f"{part}_{code}": getattr(own, part) for part in _PHRASES}
        values[f"description_{code}"] = content.description.get(code, "")
        values[f"session_titles_{code}"] = "\n".join(content.sessions.titles.get(code, ()))
    return values
