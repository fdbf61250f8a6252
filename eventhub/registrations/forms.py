"""The registration form, and the small forms of the personal page."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, Optional

from eventhub import languages
from eventhub.directory.rules import Gender, Level
from eventhub.events.forms import country_choices, labelled
from eventhub.events.queries import EventRow
from eventhub.forms import Form
from eventhub.registrations.rules import ways_to_attend
from eventhub.settings import current_settings
from eventhub.words import Sentence


def gender_choices() -> list[tuple[str, str]]:
    """The four answers, after the one that answers nothing."""
    words = {
        "": Sentence("No answer"),
        Gender.WOMAN: Sentence("Woman"),
        Gender.MAN: Sentence("Man"),
        Gender.NON_BINARY: Sentence("Non-binary"),
        Gender.UNDISCLOSED: Sentence("I prefer not to say"),
    }
    return [(str(code), languages.say(word)) for code, word in words.items()]


class RegistrationForm(Form):
    """What a participant fills in; one page, no account."""

    name = wtforms.StringField(
        "Full name",
        [InputRequired(), Length(max=200)],
        description="For the list of participants, your badge and your certificate.",
    )
    email = wtforms.EmailField(
        "E-mail address",
        [InputRequired(), Length(max=254)],
        description="Your invitation and your personal link go there.",
    )
    attends = wtforms.RadioField(
        "How will you attend?", [InputRequired()], description="Seats on site and online are counted apart."
    )
    member = wtforms.SelectField(
        "Which member do you represent?", [Optional()], description="Our figures show which members take part."
    )
    organisation = wtforms.StringField(
        "Other organisation", [Length(max=200)], description="If you represent none of the members."
    )
    city = wtforms.StringField("City", [Length(max=120)])
    country = wtforms.SelectField(
        "Country", [Optional()], description="City and country say how far people come, as totals."
    )
    level = wtforms.RadioField(
        "In which mandate do you take part?",
        [Optional()],
        description="Political: elected leaders and people who speak with their mandate. Technical: staff, experts, managers. Our figures tell the two apart, as totals.",
    )
    language = wtforms.SelectField(
        "Language of your letters", [InputRequired()], description="We write to you in this language."
    )
    access_needs = wtforms.TextAreaField(
        "What do you need to take part?",
        [Optional()],
        description="For example a place for a wheelchair, captions or sign language. We ask so that the organisers can prepare it; only they read your answer.",
    )
    gender = wtforms.RadioField(
        "How would you like to be counted in our gender statistics?",
        [Optional()],
        description="We publish totals only, and no group under five people. You can change or delete this at any time.",
    )
    time_zone = wtforms.HiddenField()
    submission_key = wtforms.HiddenField()
    invitation_token = wtforms.HiddenField()

    def __init__(
        self, posted: Any = None, *, event: EventRow, members: dict[str, list[tuple[str, str]]], **kwargs: Any
    ) -> None:
        super().__init__(posted, **kwargs)
        self.attends.choices = labelled(ways_to_attend(event.mode))
        if len(self.attends.choices) == 1:
            self.attends.data = self.attends.choices[0][0]
        none = languages.gettext("None of them")
        self.member.choices = {"": [("", none)], **members}
        self.country.choices = [("", "–"), *country_choices(languages.current())]
        self.level.choices = labelled(Level)
        self.language.choices = labelled(current_settings().language_codes)
        self.gender.choices = gender_choices()


class GenderForm(Form):
    """How the person wants to be counted; changed on the personal page."""

    gender = wtforms.RadioField("How would you like to be counted in our gender statistics?", [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gender.choices = gender_choices()


class LinkForm(Form):
    """The address to which the personal link is sent again."""

    email = wtforms.EmailField("E-mail address", [InputRequired(), Length(max=254)])


class HeadCountForm(Form):
    """Numbers without names for an event that has no list."""

    women = wtforms.IntegerField("Women", [InputRequired()], default=0)
    men = wtforms.IntegerField("Men", [InputRequired()], default=0)
    others = wtforms.IntegerField("Non-binary people", [InputRequired()], default=0)
    undisclosed = wtforms.IntegerField("People whose gender is not known", [InputRequired()], default=0)
    political = wtforms.IntegerField("Of all of these, with political level", [InputRequired()], default=0)
    source = wtforms.StringField("Source", [Length(max=300)], description="Who counted, or which report says so.")
