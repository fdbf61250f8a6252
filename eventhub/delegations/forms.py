"""Forms of delegations: what staff set, and the people whom a desk writes down."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub import languages
from eventhub.delegations.commands import Contact, NewDelegate, Terms
from eventhub.delegations.queries import DelegationRow
from eventhub.delegations.rules import LARGEST_QUOTA, Part
from eventhub.directory.rules import Level
from eventhub.events.forms import labelled
from eventhub.events.queries import EventRow
from eventhub.events.zones import NoSuchTime, to_utc
from eventhub.forms import Form
from eventhub.registrations.rules import ways_to_attend
from eventhub.settings import current_settings
from eventhub.words import Sentence

_QUOTA = [Optional(), NumberRange(0, LARGEST_QUOTA)]


class TermsForm(Form):
    """Quota and deadline."""

    delegates = wtforms.IntegerField(
        "Delegates, the head included", _QUOTA, description="Empty: as many as wish. Each may have one replacement."
    )
    observers = wtforms.IntegerField("Observers", _QUOTA, description="Empty: as many as wish.")
    closes_on = wtforms.DateField("Names are taken until this day", [Optional()])
    closes_time = wtforms.TimeField("Time of that day", [Optional()], description="On the clocks of the event.")

    def terms(self, event: EventRow) -> Terms | None:
        """What was typed, or None with the fault at its field. Of a time that clocks show twice the later is meant."""
        day, clock = self.closes_on.data, self.closes_time.data
        if (day is None) != (clock is None):
            field = self.closes_on if day is None else self.closes_time
            self.add_problems({field.name: [Sentence("Please give both the day and the time of the deadline.")]})
            return None
        closes_at: datetime | None = None
        if day and clock:
            try:
                closes_at = to_utc(day, clock, event.time_zone or "UTC", second=True)
            except (NoSuchTime, OverflowError):
                self.add_problems({"closes_time": [Sentence("This time does not exist on the clocks of the event.")]})
                return None
        return Terms(self.delegates.data, self.observers.data, closes_at)

    @staticmethod
    def stored(desk: DelegationRow | None, event: EventRow) -> dict[str, Any]:
        """What a desk says already."""
        if desk is None:
            return {}
        closes = desk.closes_at.astimezone(ZoneInfo(event.time_zone or "UTC")) if desk.closes_at else None
        return {
            "delegates": desk.delegates,
            "observers": desk.observers,
            "closes_on": closes.date() if closes else None,
            "closes_time": closes.time() if closes else None,
            "contact_name": desk.contact_name,
            "contact_email": desk.contact_email,
            "language": desk.language,
        }


class DeskForm(TermsForm):
    """Quota, deadline and contact of one member."""

    contact_name = wtforms.StringField("Name of the contact", [Length(max=200)])
    contact_email = wtforms.EmailField(
        "E-mail address of the contact",
        [Optional(), Length(max=254)],
        description="The link goes there. A new address makes the link of the old one stop working.",
    )
    language = wtforms.SelectField("Language of the letters", [InputRequired()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = labelled(current_settings().language_codes)

    def contact(self) -> Contact:
        """Who fills the desk in."""
        return Contact(self.contact_name.data or "", self.contact_email.data or "", self.language.data or "")


class PersonForm(Form):
    """Somebody whom a desk writes down; how they are counted and what they need, only they can say."""

    name = wtforms.StringField("Full name", [InputRequired(), Length(max=200)])
    email = wtforms.EmailField(
        "E-mail address",
        [InputRequired(), Length(max=254)],
        description="The person’s own: the invitation and the personal link go there.",
    )
    part = wtforms.RadioField("Part in the delegation", [InputRequired()], validate_choice=False)
    attends = wtforms.RadioField("How will the person attend?", [InputRequired()], validate_choice=False)
    level = wtforms.RadioField(
        "In which mandate does the person take part?",
        [Optional()],
        description="Political: elected leaders and people who speak with their mandate. Technical: staff, experts, managers.",
        validate_choice=False,
    )
    language = wtforms.SelectField("Language of the letters", [InputRequired()])

    def __init__(self, posted: Any = None, *, event: EventRow, **kwargs: Any) -> None:
        super().__init__(posted, **kwargs)
        self.part.choices = labelled(Part)
        self.attends.choices = labelled(ways_to_attend(event.mode))
        if len(self.attends.choices) == 1:
            self.attends.data = self.attends.choices[0][0]
        self.level.choices = labelled(Level)
        self.language.choices = labelled(current_settings().language_codes)

    def delegate(self) -> NewDelegate:
        """What was typed."""
        return NewDelegate(
            name=self.name.data or "",
            email=self.email.data or "",
            part=self.part.data or "",
            attends=self.attends.data or "",
            level=self.level.data or "",
            language=self.language.data or languages.current(),
        )
