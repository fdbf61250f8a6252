"""Forms of outcomes and follow-ups."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import wtforms
from wtforms.validators import InputRequired, Length, Optional

from eventhub import languages
from eventhub.database import Row
from eventhub.forms import Form
from eventhub.outcomes.commands import OutcomeFacts
from eventhub.outcomes.queries import FollowUpRow, OutcomeRow
from eventhub.outcomes.rules import LONGEST_DESCRIPTION, LONGEST_NOTE, LONGEST_TITLE, STATE_WORDS


def _states() -> list[tuple[str, str]]:
    return [(state.value, languages.say(words)) for state, words in STATE_WORDS.items()]


class OutcomeForm(Form):
    """What a lab agreed."""

    title = wtforms.StringField("What was agreed", [InputRequired(), Length(max=LONGEST_TITLE)])
    description = wtforms.TextAreaField("In more words", [Optional(), Length(max=LONGEST_DESCRIPTION)])
    members = wtforms.SelectMultipleField("Between which members", validate_choice=False)
    agreed_on = wtforms.DateField("Agreed on", [InputRequired()])
    state = wtforms.SelectField("Where it stands", validate_choice=False)
    contact = wtforms.SelectField(
        "Contact",
        validate_choice=False,
        description="Gets a letter after 3, 6 and 12 months that asks how it goes on.",
    )
    version = wtforms.HiddenField()

    def __init__(
        self, *args: Any, members: Mapping[str, list[tuple[str, str]]], contacts: list[Row], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.members.choices = dict(members)
        self.members.flags.required = self.state.flags.required = True
        self.state.choices = _states()
        named = [
            (str(row["id"]), f"{row['name']} ({row['member_name']})" if row["member_name"] else row["name"])
            for row in contacts
        ]
        self.contact.choices = [("", languages.gettext("Nobody yet")), *named]

    def facts(self) -> OutcomeFacts:
        """The facts as typed; an identifier that is none is nobody of the lab."""
        typed = self.contact.data or ""
        try:
            contact = UUID(typed) if typed else None
        except ValueError:
            contact = UUID(int=0)
        return OutcomeFacts(
            title=self.title.data or "",
            agreed_on=self.agreed_on.data,
            members=tuple(self.members.data or ()),
            state=self.state.data or "",
            description=self.description.data or "",
            contact=contact,
        )

    @property
    def seen(self) -> int:
        """The version that the form was opened with; 0: none that exists."""
        typed = self.version.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def values_of(outcome: OutcomeRow) -> dict[str, Any]:
    """What the form shows of an outcome that exists."""
    return {
        "title": outcome.title,
        "description": outcome.description,
        "members": [key for key, _ in outcome.members],
        "agreed_on": outcome.agreed_on,
        "state": outcome.state,
        "contact": str(outcome.contact or ""),
        "version": str(outcome.version),
    }


class FollowUpForm(Form):
    """How something agreed goes on."""

    state = wtforms.RadioField("Where does it stand?", validate_choice=False)
    note = wtforms.TextAreaField("What would you like to add?", [Optional(), Length(max=LONGEST_NOTE)])
    seen = wtforms.HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state.choices = _states()
        self.state.flags.required = True


def values_of_follow_up(follow_up: FollowUpRow, chosen: str = "") -> dict[str, Any]:
    """What the form shows: the answer of the link that was followed, or the one given before."""
    state = chosen if chosen in set(STATE_WORDS) else follow_up.state or ""
    return {"state": state, "note": follow_up.note, "seen": follow_up.seen}
