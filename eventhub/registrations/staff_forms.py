"""What organisers fill in about the people of an event."""

import wtforms

from eventhub.forms import Form
from eventhub.registrations.bulk import LONGEST_MESSAGE, LONGEST_SUBJECT, Message
from eventhub.registrations.rules import LONGEST_REASON


class ReasonForm(Form):
    """Why people get a seat, wait, or are declined."""

    reason = wtforms.TextAreaField("Reason", [wtforms.validators.Length(max=LONGEST_REASON)])


class MessageForm(Form):
    """A letter to people who registered."""

    subject = wtforms.StringField(
        "Subject", [wtforms.validators.InputRequired(), wtforms.validators.Length(max=LONGEST_SUBJECT)]
    )
    text = wtforms.TextAreaField(
        "Letter",
        [wtforms.validators.InputRequired(), wtforms.validators.Length(max=LONGEST_MESSAGE)],
        description="Plain words; an empty line begins a new paragraph. [name] becomes the name of each person.",
    )

    def message(self) -> Message:
        """What was written."""
        return Message(self.subject.data or "", self.text.data or "")
