"""The form of a term of the glossary."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length

from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.languages import gettext
from eventhub.settings import current_settings
from eventhub.wording.rules import LONGEST_ALTERNATIVE, LONGEST_TERM


class TermForm(Form):
    """A term and its alternative."""

    language = wtforms.SelectField("Language of the texts", [InputRequired()])
    term = wtforms.StringField(
        "Term",
        [InputRequired(), Length(max=LONGEST_TERM)],
        description="As it stands in texts. A plural is a term of its own.",
    )
    alternative = wtforms.StringField(
        "Alternative",
        [InputRequired(), Length(max=LONGEST_ALTERNATIVE)],
        description="The term itself, if it is to be left alone.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = [(code, gettext(label_of(code))) for code in current_settings().language_codes]
