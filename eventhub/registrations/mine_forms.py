"""The small forms of the personal page."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, Optional

from eventhub import languages
from eventhub.directory.rules import Level
from eventhub.events.forms import labelled
from eventhub.forms import Form
from eventhub.registrations.rules import LONGEST_REASON
from eventhub.settings import current_settings


class DetailsForm(Form):
    """What a person has told of themselves for one event."""

    name = wtforms.StringField("Full name", [InputRequired(), Length(max=200)])
    organisation = wtforms.StringField("Other organisation", [Length(max=200)])
    level = wtforms.RadioField("In which mandate do you take part?", [Optional()])
    language = wtforms.SelectField("Language of your letters", [InputRequired()])
    access_needs = wtforms.TextAreaField(
        "What do you need to take part?",
        [Length(max=LONGEST_REASON)],
        description="For example a place for a wheelchair, captions or sign language. We ask so that the organisers can prepare it; only they read your answer.",
    )

    def __init__(self, posted: Any = None, *, proven: bool, **kwargs: Any) -> None:
        super().__init__(posted, **kwargs)
        self.level.choices = [("", languages.gettext("No answer")), *labelled(Level)]
        self.language.choices = labelled(current_settings().language_codes)
        if not proven:  # told in confidence; the link on a screen does not show it
            del self.access_needs


class ReplacementForm(Form):
    """The colleague who comes instead."""

    name = wtforms.StringField("Full name of your colleague", [InputRequired(), Length(max=200)])
    email = wtforms.EmailField("E-mail address of your colleague", [InputRequired(), Length(max=254)])
