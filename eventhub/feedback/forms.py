"""The short form of feedback."""

from typing import Any

import wtforms
from wtforms.validators import Length, Optional

from eventhub import languages
from eventhub.feedback.commands import Answer
from eventhub.feedback.queries import FeedbackRow
from eventhub.feedback.rules import HIGHEST, LONGEST_COMMENT, LOWEST, Consent
from eventhub.forms import Form
from eventhub.words import Sentence

_CONSENT_WORDS = {
    Consent.NONE: Sentence("Do not quote me"),
    Consent.ANONYMOUS: Sentence("You may quote me without my name and city"),
    Consent.NAMED: Sentence("You may quote me with my name and city"),
}


def _scale(lowest: Sentence, highest: Sentence) -> list[tuple[str, str]]:
    """The numbers from 1 to 5, with words at the ends."""
    words = {LOWEST: languages.say(lowest), HIGHEST: languages.say(highest)}
    return [
        (str(number), f"{number} – {words[number]}" if number in words else str(number))
        for number in range(LOWEST, HIGHEST + 1)
    ]  # fmt: skip


class FeedbackForm(Form):
    """What somebody says of an event or a lab."""

    usefulness = wtforms.RadioField("How useful was it for your work?", validate_choice=False)
    overall = wtforms.RadioField("How was it overall?", validate_choice=False)
    comment = wtforms.TextAreaField("What would you like to tell us?", [Optional(), Length(max=LONGEST_COMMENT)])
    consent = wtforms.RadioField("May we quote what you wrote?", validate_choice=False)
    version = wtforms.HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.usefulness.choices = _scale(Sentence("not useful at all"), Sentence("very useful"))
        self.overall.choices = _scale(Sentence("poor"), Sentence("very good"))
        for field in (self.usefulness, self.overall, self.consent):
            field.flags.required = True
        self.consent.choices = [(code.value, languages.say(words)) for code, words in _CONSENT_WORDS.items()]

    def answer(self) -> Answer:
        """What was typed; a number that is none counts as missing."""
        return Answer(
            _number(self.usefulness.data), _number(self.overall.data), self.comment.data or "", self.consent.data or ""
        )

    @property
    def seen(self) -> int:
        """The version that the form was opened with; 0: none that exists."""
        return _number(self.version.data) or 0


def _number(text: object) -> int | None:
    """A short number as typed, or None."""
    typed = str(text or "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def values_of(feedback: FeedbackRow) -> dict[str, Any]:
    """What the form shows of what was said before."""
    return {
        "usefulness": str(feedback.usefulness or ""),
        "overall": str(feedback.overall or ""),
        "comment": feedback.comment,
        "consent": feedback.consent if feedback.answered_at else Consent.NONE.value,
        "version": str(feedback.version),
    }
