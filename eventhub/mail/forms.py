"""What staff fill in about the outbox."""

from typing import Any

import wtforms

from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.languages import gettext
from eventhub.mail.pauses import LONGEST_REASON, pausable_kinds


class PauseForm(Form):
    """Which letters rest, and why."""

    event = wtforms.HiddenField(id="pause-event")
    kind = wtforms.SelectField("Which letters", id="pause-kind")
    reason = wtforms.StringField(
        "Why they rest",
        [wtforms.validators.InputRequired(), wtforms.validators.Length(max=LONGEST_REASON)],
        description="Colleagues read it here and on the page of the event.",
        id="pause-reason",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = sorted((gettext(label_of(kind)), kind) for kind in pausable_kinds())
        self.kind.choices = [("", gettext("All letters")), *((kind, label) for label, kind in kinds)]


class LiftForm(Form):
    """Why letters reach an address again."""

    reason = wtforms.StringField(
        "Why letters get there again",
        [wtforms.validators.InputRequired(), wtforms.validators.Length(max=LONGEST_REASON)],
        description="For example: the person has told us that the mailbox works again.",
    )
