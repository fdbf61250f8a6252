"""Forms of labs, calls and applications."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub import languages
from eventhub.calls.opening import NewCall
from eventhub.database import Row
from eventhub.events.forms import HALVES, country_choices, halves, labelled, which_of, zone_choices
from eventhub.forms import Form
from eventhub.labs.commands import LabFacts
from eventhub.labs.queries import CallRow, LabRow
from eventhub.labs.rules import (
    FIRST_YEAR,
    HIGHEST_SCORE,
    LAST_YEAR,
    LONGEST_NAME,
    LONGEST_REMARK,
    LONGEST_TEXT,
    LONGEST_TITLE,
    LOWEST_SCORE,
    MOST_COHORT,
    LabStatus,
)


class LabForm(Form):
    """What staff say of a lab."""

    template = wtforms.SelectField(
        "Made from",
        [Optional()],
        description="The template proposes texts, questions, criteria, letters and sessions. You can change all of it.",
    )
    name = wtforms.StringField("Name", [InputRequired(), Length(max=LONGEST_NAME)])
    full_title = wtforms.StringField(
        "Full title", [Length(max=LONGEST_TITLE)], description="Only if it differs from the name."
    )
    year = wtforms.IntegerField("Year of the round", [InputRequired(), NumberRange(FIRST_YEAR, LAST_YEAR)])
    themes = wtforms.SelectMultipleField("Thematic priorities", [InputRequired()], description="One to three.")
    action_lines = wtforms.SelectMultipleField("Action lines", [Optional()])
    description = wtforms.TextAreaField("Description", [Length(max=LONGEST_TEXT)])
    place = wtforms.StringField(
        "Host city", [Length(max=LONGEST_NAME)], description="Leave it empty if people meet online only."
    )
    country = wtforms.SelectField("Country", [Optional()])
    status = wtforms.SelectField("Where it stands", [InputRequired()], default=LabStatus.PLANNED)

    def __init__(
        self,
        *args: Any,
        themes: list[Row],
        action_lines: list[Row],
        templates: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.template.choices = [("", languages.gettext("Nothing")), *templates]
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
            template=(self.template.data if self.template else "") or "",
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
    which_opens = wtforms.RadioField("Which of the two opening times?", [Optional()], validate_choice=False)
    which_closes = wtforms.RadioField("Which of the two closing times?", [Optional()], validate_choice=False)
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
        self.which_opens.choices = self.which_closes.choices = halves()

    def call(self) -> NewCall:
        """The call as typed."""
        return NewCall(
            opens_at=_wall(self.opens_on.data, self.opens_time.data),
            closes_at=_wall(self.closes_on.data, self.closes_time.data),
            time_zone=self.time_zone.data or "",
            text=self.text.data or "",
            criteria=self.criteria.data or "",
            cohort_size=self.cohort_size.data,
            second_opening=HALVES.get(self.which_opens.data or ""),
            second_closing=HALVES.get(self.which_closes.data or ""),
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
        "which_opens": which_of(call.opens_at, call.time_zone),
        "which_closes": which_of(call.closes_at, call.time_zone),
        "time_zone": call.time_zone,
        "text": call.text,
        "criteria": call.criteria,
        "cohort_size": call.cohort_size,
    }


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

    event = wtforms.SelectField(
        "Event", [InputRequired()], description="Events of the kind for sessions that belong nowhere yet."
    )

    def __init__(self, *args: Any, events: list[Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event.choices = [(row["slug"], f"{row['title']} ({row['starts_on']})") for row in events]
