"""The form of a speaker."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, Optional

from eventhub import languages
from eventhub.directory.rules import Level
from eventhub.events.forms import labelled
from eventhub.forms import Form
from eventhub.registrations.forms import gender_choices
from eventhub.speakers.rules import SpeakerRole, SpeakerStatus


class SpeakerForm(Form):
    """Who speaks, and in which role."""

    name = wtforms.StringField("Full name", [InputRequired(), Length(max=200)])
    email = wtforms.EmailField(
        "E-mail address", [Optional(), Length(max=254)], description="With it we know the person again at other events."
    )
    role = wtforms.SelectField("Role", [InputRequired()])
    level = wtforms.SelectField("Level", [InputRequired()])
    status = wtforms.SelectField("Status", [InputRequired()])
    member = wtforms.SelectField("Stands for", [Optional()])
    gender = wtforms.RadioField(
        "Gender, as the person stated it",
        [Optional()],
        description="Never guess it from a name or a photo. Leave it at “No answer” until the person has told you.",
    )
    accept_conflicts = wtforms.BooleanField("Save it in spite of this")

    def __init__(self, posted: Any = None, *, members: dict[str, list[tuple[str, str]]], **kwargs: Any) -> None:
        super().__init__(posted, **kwargs)
        self.role.choices = labelled(SpeakerRole)
        self.level.choices = labelled(Level)
        self.status.choices = labelled(SpeakerStatus)
        self.member.choices = {"": [("", languages.gettext("No member"))], **members}
        self.gender.choices = gender_choices()


class SlotForm(Form):
    """Role, level and status of a speaker in one item."""

    role = wtforms.SelectField("Role", [InputRequired()])
    level = wtforms.SelectField("Level", [InputRequired()])
    status = wtforms.SelectField("Status", [InputRequired()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = labelled(SpeakerRole)
        self.level.choices = labelled(Level)
        self.status.choices = labelled(SpeakerStatus)
