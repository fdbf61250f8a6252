"""Forms of labs, calls and applications."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub import languages
from eventhub.database import Row
from eventhub.events.forms import country_choices, labelled, zone_choices
from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.labs.commands import LabFacts, NewApplication, NewCall
from eventhub.labs.queries import ApplicationRow, CallRow, LabRow
from eventhub.labs.rules import (
    FIRST_YEAR,
    HIGHEST_SCORE,
    LAST_YEAR,
    LONGEST_ANSWER,
    LONGEST_NAME,
    LONGEST_REMARK,
    LONGEST_TEXT,
    LONGEST_TITLE,
    LOWEST_SCORE,
    MOST_COHORT,
    LabStatus,
)
from eventhub.settings import current_settings


class LabForm(Form):
    """What staff say of a lab."""

    name = wtforms.StringField("Name", [InputRequired(), Length(max=LONGEST_NAME)])
    full_title = wtforms.StringField(
        "Full title", [Length(max=LONGEST_TITLE)], description="Only if it differs from the name."
    )
    year = wtforms.IntegerField("Year of the round", [InputRequired(), NumberRange(FIRST_YEAR, LAST_YEAR)])
    themes = wtforms.SelectMultipleField("Thematic priorities", [InputRequired()], description="One to three.")
    action_lines = wtforms.SelectMultipleField("Action lines", [Optional()])
    description = wtforms.TextAreaField("Description", [Length(max=LONGEST_TEXT)])
    place = wtforms.StringField(
        "Host city", [Length(max=LONGEST_NAME)], description="Leave it empty for a lab that is online only."
    )
    country = wtforms.SelectField("Country", [Optional()])
    status = wtforms.SelectField("Where the lab stands", [InputRequired()], default=LabStatus.PLANNED)

    def __init__(self, *args: Any, themes: list[Row], action_lines: list[Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.themes.choices = labelled(row["code"] for row in themes)
        self.action_lines.choices = [(row["code"], f"{row['plan']}: {row['name']}") for row in action_lines]
        self.country.choices = [("", "–"), *country_choices(languages.current())]
        self.status.choices = labelled(LabStatus)

    def facts(self) -> LabFacts:
        """The facts as typed."""
        return LabFacts(
            name=self.name.data or "",
            year=(self.year.data if self.year else None) or 0,
            themes=tuple(self.themes.data or ()),
            full_title=self.full_title.data or "",
            description=self.description.data or "",
            place=self.place.data or "",
            country=self.country.data or "",
            action_lines=tuple(self.action_lines.data or ()),
        )


def values_of_lab(lab: LabRow, action_lines: list[Row]) -> dict[str, Any]:
    """What the form shows for a lab that exists."""
    names = ("name", "full_title", "year", "description", "place", "country", "status")
    return {
        **{name: getattr(lab, name) for name in names},
        "themes": [code for code, _ in lab.themes],
        "action_lines": [row["code"] for row in action_lines],
    }


class CallForm(Form):
    """The invitation to apply; days and times are what the clocks in the zone show."""

    opens_on = wtforms.DateField("First day", [InputRequired()])
    opens_time = wtforms.TimeField("Opening time", [InputRequired()], default=time(9))
    closes_on = wtforms.DateField("Last day", [InputRequired()])
    closes_time = wtforms.TimeField(
        "Closing time", [InputRequired()], default=time(17), description="Nobody can apply from then on."
    )
    time_zone = wtforms.SelectField("Time zone", [InputRequired()], description="Readers see their own time beside it.")
    text = wtforms.TextAreaField("Text of the call", [Length(max=LONGEST_TEXT)])
    criteria = wtforms.TextAreaField(
        "Criteria", [Length(max=LONGEST_TEXT)], description="Who may apply, and how applicants are chosen."
    )
    cohort_size = wtforms.IntegerField(
        "Places in the group",
        [Optional(), NumberRange(1, MOST_COHORT)],
        description="Leave it empty for no limit.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone.choices = zone_choices()

    def call(self) -> NewCall:
        """The call as typed."""
        return NewCall(
            opens_at=_wall(self.opens_on.data, self.opens_time.data),
            closes_at=_wall(self.closes_on.data, self.closes_time.data),
            time_zone=self.time_zone.data or "",
            text=self.text.data or "",
            criteria=self.criteria.data or "",
            cohort_size=self.cohort_size.data,
        )


#: Beside which field of the form stands what the command says of an instant.
CALL_FIELDS = {"opens_at": "opens_time", "closes_at": "closes_time"}


def _wall(day: date | None, clock: time | None) -> datetime | None:
    return datetime.combine(day, clock) if day and clock else None


def values_of_call(call: CallRow) -> dict[str, Any]:
    """What the form shows for a call that exists."""
    there = ZoneInfo(call.time_zone)
    opens, closes = call.opens_at.astimezone(there), call.closes_at.astimezone(there)
    return {
        "opens_on": opens.date(),
        "opens_time": opens.time(),
        "closes_on": closes.date(),
        "closes_time": closes.time(),
        "time_zone": call.time_zone,
        "text": call.text,
        "criteria": call.criteria,
        "cohort_size": call.cohort_size,
    }


class AnswersForm(Form):
    """What a member writes, and may rewrite until the call closes."""

    contact_name = wtforms.StringField(
        "Name of the contact person",
        [InputRequired(), Length(max=LONGEST_NAME)],
        render_kw={"autocomplete": "name", "spellcheck": "false"},
    )
    motivation = wtforms.TextAreaField(
        "Why you apply",
        [InputRequired(), Length(max=LONGEST_ANSWER)],
        description="The problem of your city, and what you hope to take home.",
    )
    offers = wtforms.TextAreaField(
        "What you bring", [Optional(), Length(max=LONGEST_ANSWER)], description="Cases, experience, people."
    )
    needs = wtforms.TextAreaField("What you need", [Optional(), Length(max=LONGEST_ANSWER)])
    language = wtforms.SelectField("Language of our letters", [InputRequired()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = labelled(current_settings().language_codes)

    def answers(self, *, member: str, email: str) -> NewApplication:
        """The application as typed."""
        return NewApplication(
            member=member,
            contact_name=self.contact_name.data or "",
            email=email,
            motivation=self.motivation.data or "",
            offers=self.offers.data or "",
            needs=self.needs.data or "",
            language=self.language.data or "",
        )


class ApplyForm(AnswersForm):
    """An application to a lab."""

    member = wtforms.SelectField(
        "Member",
        [InputRequired()],
        description="The city or metropolis in whose name you apply.",
    )
    email = wtforms.EmailField(
        "E-mail address",
        [InputRequired(), Length(max=254)],
        description="We send a letter with your personal link there.",
        render_kw={"autocomplete": "email"},
    )

    def __init__(self, *args: Any, members: list[tuple[str, list[tuple[str, str]]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grouped = {languages.gettext(label_of(region)): bodies for region, bodies in members}
        self.member.choices = {None: [("", languages.gettext("Please choose"))], **grouped}


class ChangeForm(AnswersForm):
    """The same, by the personal link."""

    version = wtforms.IntegerField(widget=wtforms.widgets.HiddenInput(), validators=[InputRequired()])


def values_of_application(application: ApplicationRow) -> dict[str, Any]:
    """What the form shows for an application that exists."""
    names = ("contact_name", "motivation", "offers", "needs", "language", "version")
    return {name: getattr(application, name) for name in names}


class ReviewForm(Form):
    """What a member of staff thinks of an application."""

    score = wtforms.RadioField("Score", [InputRequired()], description="1 is the lowest, 5 the highest.")
    comment = wtforms.TextAreaField(
        "Comment", [Optional(), Length(max=LONGEST_REMARK)], description="Only staff read it."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.score.choices = [(str(score), str(score)) for score in range(LOWEST_SCORE, HIGHEST_SCORE + 1)]


class DecisionForm(Form):
    """Why an application is accepted, waits or is declined."""

    reason = wtforms.TextAreaField(
        "Reason",
        [Optional(), Length(max=LONGEST_REMARK)],
        description="The applicant reads it on the page of the application.",
    )


class SessionForm(Form):
    """The event that becomes the next session of a lab."""

    event = wtforms.SelectField("Event", [InputRequired()], description="Events of the kind “lab session”.")

    def __init__(self, *args: Any, events: list[Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event.choices = [(row["slug"], f"{row['title']} ({row['starts_on']})") for row in events]
