"""The form of a speaker."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, Optional

from eventhub import languages
from eventhub.directory.rules import Level
from eventhub.events.forms import labelled
from eventhub.forms import Form
from eventhub.programme.forms import AsksBeforeSaving
from eventhub.registrations.forms import gender_choices
from eventhub.speakers.rules import SpeakerRole, SpeakerStatus
from eventhub.words import Sentence


class SpeakerForm(AsksBeforeSaving):
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


class InviteForm(Form):
    """Where the invitation goes, for a speaker without an address."""

    email = wtforms.EmailField("E-mail address", [Optional(), Length(max=254)])


class AnswerForm(Form):
    """What a speaker says through the personal link; no title is asked for."""

    answer = wtforms.RadioField("Will you speak?", validate_choice=False)
    name = wtforms.StringField(
        "Your name",
        [InputRequired()],
        description="As it is to be printed in the programme. We print no titles.",
    )
    level = wtforms.RadioField(
        "Level",
        [Optional()],
        description="Political: elected leaders and people who speak with their mandate. Technical: staff, experts, managers.",
    )
    biography = wtforms.TextAreaField(
        "Short biography",
        [Optional()],
        description="For the programme and the page of the event; 1,200 characters at most.",
    )
    portrait = wtforms.FileField(
        "Portrait",
        [Optional()],
        description="A JPEG, PNG or WebP file of 5 MB at most. We make it smaller, and keep nothing of what a camera writes into it.",
    )
    remove_portrait = wtforms.BooleanField("Remove the portrait")
    gender = wtforms.RadioField(
        "How would you like to be counted in our gender statistics?",
        [Optional()],
        description="With your answer you agree that we count it. You can change or delete it here at any time.",
        validate_choice=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answer.choices = [
            (str(SpeakerStatus.CONFIRMED), languages.say(Sentence("Yes, I will speak"))),
            (str(SpeakerStatus.DECLINED), languages.say(Sentence("No, I cannot speak"))),
        ]
        self.answer.flags.required = True
        self.level.choices = labelled(Level)
        self.gender.choices = gender_choices()
