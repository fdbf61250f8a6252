"""Forms of editions."""

import wtforms
from wtforms.validators import InputRequired, Length, Optional

from eventhub.forms import Form
from eventhub.reports.rules import LONGEST_NOTE


class EditionForm(Form):
    """What readers are told of an edition; which edition was the newest when the page was shown."""

    note = wtforms.TextAreaField(
        "Note for readers",
        [Optional(), Length(max=LONGEST_NOTE)],
        description="What is different from the edition before, for example.",
    )
    after = wtforms.HiddenField()

    @property
    def seen(self) -> int:
        """The number of the newest edition on the page; what is no number never matches."""
        text = self.after.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else -1


class WithdrawForm(Form):
    """Why an edition is withdrawn."""

    reason = wtforms.TextAreaField(
        "Why it is withdrawn", [InputRequired(), Length(max=LONGEST_NOTE)], description="Readers see this reason."
    )
