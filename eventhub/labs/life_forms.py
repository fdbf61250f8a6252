"""Forms of sessions, cohorts, materials and messages."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

import wtforms
from litestar.datastructures import FormMultiDict
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub import languages
from eventhub.calls.rules import MOST_SESSIONS
from eventhub.errors import Problems
from eventhub.events.forms import HALVES, country_choices, halves, labelled, zone_choices
from eventhub.events.rules import LONGEST_TITLE, MOST_SEATS, Mode
from eventhub.events.zones import NoSuchTime, TwoSuchTimes, to_utc
from eventhub.fairness.rules import LONGEST, SHORTEST
from eventhub.forms import Form
from eventhub.labs.cohort_page import LONGEST_INTRODUCTION, NewParticipant
from eventhub.labs.materials import LONGEST_TITLE as LONGEST_MATERIAL
from eventhub.labs.materials import LONGEST_URL, NewMaterial
from eventhub.labs.messages import LONGEST_MESSAGE, LONGEST_SUBJECT
from eventhub.labs.rules import ParticipantRole
from eventhub.labs.sessions import MOST_DAYS_APART, Common, Pattern, Planned
from eventhub.questions.rules import SentFile
from eventhub.settings import current_settings
from eventhub.words import Sentence

_UNITS = {"days": 1, "weeks": 7}


class PatternForm(Form):
    """How the sessions of a lab follow each other, and what they have in common."""

    number = wtforms.IntegerField("Number of sessions", [InputRequired(), NumberRange(1, MOST_SESSIONS)])
    first_day = wtforms.DateField("First day", [InputRequired()])
    first_time = wtforms.TimeField("Time of day", [InputRequired()], default=time(14))
    time_zone = wtforms.SelectField("Time zone", [InputRequired()], description="Readers see their own time beside it.")
    every = wtforms.IntegerField("From one to the next", [InputRequired(), NumberRange(1, MOST_DAYS_APART)])
    unit = wtforms.SelectField("Days or weeks", [InputRequired()], default="days")
    minutes = wtforms.IntegerField("Length in minutes", [InputRequired(), NumberRange(SHORTEST, LONGEST)])
    mode = wtforms.SelectField("Where people meet", [InputRequired()])
    online_url = wtforms.StringField(
        "Address to join online",
        [Optional(), Length(max=500)],
        description="Each person gets a link of their own that leads there. You can change it for each session later.",
    )
    place = wtforms.StringField("Place", [Optional(), Length(max=300)], description="Needed when people meet on site.")
    country = wtforms.SelectField("Country", [Optional()])
    language = wtforms.SelectField("Language of the sessions", [InputRequired()])
    capacity = wtforms.IntegerField(
        "Seats", [Optional(), NumberRange(0, MOST_SEATS)], description="Leave it empty for no limit."
    )
    is_published = wtforms.BooleanField(
        "Publish them at once",
        description="The cohort is registered and gets its invitations. Without it, the sessions are drafts until you publish each.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone.choices = zone_choices()
        self.unit.choices = [("days", languages.gettext("days")), ("weeks", languages.gettext("weeks"))]
        self.mode.choices = labelled(Mode)
        self.country.choices = [("", "–"), *country_choices(languages.current())]
        self.language.choices = labelled(current_settings().language_codes)

    def pattern(self) -> Pattern:
        """How they follow each other; the form is sound."""
        return Pattern(
            number=self.number.data, first_day=self.first_day.data, first_time=self.first_time.data,
            time_zone=self.time_zone.data, every_days=self.every.data * _UNITS[self.unit.data],
            minutes=self.minutes.data,
        )  # fmt: skip

    def common(self) -> Common:
        """What they have in common; the form is sound."""
        return Common(
            time_zone=self.time_zone.data, minutes=self.minutes.data, mode=self.mode.data, place=self.place.data or "",
            country=self.country.data or "", online_url=self.online_url.data or "", capacity=self.capacity.data,
            language=self.language.data, is_published=bool(self.is_published.data),
        )  # fmt: skip


class RowForm(Form):
    """One session of the plan."""

    title = wtforms.StringField("Title", [InputRequired(), Length(max=LONGEST_TITLE)])
    day = wtforms.DateField("Day", [InputRequired()])
    at = wtforms.TimeField("Start time", [InputRequired()])
    which = wtforms.RadioField("Which of the two start times?", [Optional()], validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.which.choices = halves()

    def planned(self) -> Planned:
        """The session as typed."""
        return Planned(self.title.data or "", self.day.data, self.at.data, HALVES.get(self.which.data or ""))


def row_prefix(number: int) -> str:
    """What the names of the fields of a row begin with."""
    return f"rows-{number}-"


def posted_rows(posted: FormMultiDict) -> list[RowForm]:
    """The rows of a plan as they were sent; no more than there can be."""
    found = []
    for number in range(MOST_SESSIONS):
        prefix = row_prefix(number)
        if not any(f"{prefix}{name}" in posted for name in ("title", "day", "at")):
            break
        found.append(RowForm(posted, prefix=prefix))
    return found


def planned_rows(planned: Sequence[Planned]) -> list[RowForm]:
    """The rows of a plan that was laid out."""
    return [
        RowForm(prefix=row_prefix(number), data={"title": one.title, "day": one.day, "at": one.at})
        for number, one in enumerate(planned)
    ]


class ParticipantForm(Form):
    """Somebody whom staff take into a cohort."""

    name = wtforms.StringField("Name", [InputRequired(), Length(max=200)])
    email = wtforms.StringField(
        "E-mail address", [InputRequired(), Length(max=254)], description="The others never see it."
    )
    role = wtforms.SelectField("Role", [InputRequired()])
    member = wtforms.SelectField("Member", [Optional()])
    language = wtforms.SelectField("Language of our letters", [InputRequired()])

    def __init__(self, *args: Any, members: list[tuple[str, list[tuple[str, str]]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = labelled(ParticipantRole)
        self.member.choices = {"": [("", "–")], **dict(members)}
        self.language.choices = labelled(current_settings().language_codes)

    def participant(self) -> NewParticipant:
        """Who is taken in."""
        return NewParticipant(
            name=self.name.data or "", email=self.email.data or "", role=self.role.data or "",
            member=self.member.data or "", language=self.language.data or "",
        )  # fmt: skip


class MaterialForm(Form):
    """A file or a link for the cohort."""

    title = wtforms.StringField(
        "Title", [Optional(), Length(max=LONGEST_MATERIAL)], description="Empty: the name of the file."
    )
    file = wtforms.FileField("File", [Optional()], description="PDF, JPEG or PNG, at most 5 MB.")
    url = wtforms.StringField(
        "Or an address", [Optional(), Length(max=LONGEST_URL)], description="It begins with https://."
    )
    event = wtforms.SelectField("Session", [Optional()])
    visible_day = wtforms.DateField(
        "Visible from", [Optional()], description="Leave it empty to show it to the cohort at once."
    )
    visible_time = wtforms.TimeField("From what time", [Optional()])
    which = wtforms.RadioField("Which of the two times?", [Optional()], validate_choice=False)
    time_zone = wtforms.SelectField("Time zone", [InputRequired()])

    def __init__(self, *args: Any, sessions: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event.choices = [("", languages.gettext("All sessions")), *sessions]
        self.time_zone.choices = zone_choices()
        self.which.choices = halves()

    def visible_from(self) -> datetime | None:
        """
        The instant from which the cohort sees it; None: at once.

        Raises:
            Problems: the clocks do not show this time on that day, or twice.

        """
        if self.visible_day.data is None:
            if self.visible_time.data is not None:
                raise Problems({"visible_day": [Sentence("Please give the day too.")]})
            return None
        zone, second = self.time_zone.data, HALVES.get(self.which.data or "")
        try:
            return to_utc(self.visible_day.data, self.visible_time.data or time(0), zone, second=second)
        except NoSuchTime:
            no = Sentence("The clocks of %(zone)s jump over this time on that day. Please choose another.", zone=zone)
            raise Problems({"visible_time": [no]}) from None
        except TwoSuchTimes:
            two = Sentence("The clocks of %(zone)s show this time twice on that day. Please say whether you mean the first or the second.", zone=zone)  # fmt: skip
            raise Problems({"visible_time": [two]}) from None
        except OverflowError:
            raise Problems({"visible_day": [Sentence("Please choose another day.")]}) from None

    def material(self, file: SentFile | None) -> NewMaterial:
        """What is put before the cohort."""
        return NewMaterial(
            title=self.title.data or "",
            url=self.url.data or "",
            file=file,
            event=UUID(self.event.data) if self.event.data else None,
            visible_from=self.visible_from(),
        )


class IntroductionForm(Form):
    """Whether the others see somebody, and what somebody says of themselves."""

    is_shown = wtforms.BooleanField(
        "The others of the group see my name, and can write to me",
        description="They write through this page and never see your address. You can take this back at any time.",
    )
    introduction = wtforms.TextAreaField(
        "What the others may know of you",
        [Optional(), Length(max=LONGEST_INTRODUCTION)],
        description="For example what you work on. It is shown only with your name.",
    )


class MessageForm(Form):
    """A message to somebody of the same cohort."""

    subject = wtforms.StringField("Subject", [InputRequired(), Length(max=LONGEST_SUBJECT)])
    body = wtforms.TextAreaField("Message", [InputRequired(), Length(max=LONGEST_MESSAGE)])
