"""The form by which others propose an event for a campaign."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, Optional

from eventhub import languages
from eventhub.campaigns.rules import LONGEST_TEXT, Proposal
from eventhub.events.forms import country_choices, labelled, zone_choices
from eventhub.events.rules import Mode
from eventhub.forms import Form
from eventhub.settings import current_settings


class ProposalForm(Form):
    """An event that somebody proposes. Gender is not asked."""

    organiser_kind = wtforms.SelectField("Who organises it?", [InputRequired()])
    member = wtforms.SelectField("Which member?", [Optional()])
    organiser_name = wtforms.StringField("Name of the organiser, if not a member", [Length(max=200)])
    contact_name = wtforms.StringField("Name of the contact", [InputRequired(), Length(max=200)])
    contact_email = wtforms.StringField("E-mail of the contact", [InputRequired(), Length(max=254)])
    title = wtforms.StringField("Title", [InputRequired(), Length(max=300)])
    mode = wtforms.SelectField("Where people meet", [InputRequired()])
    starts_on = wtforms.DateField("First day", [InputRequired()])
    starts_time = wtforms.TimeField("Start time", [InputRequired()])
    ends_on = wtforms.DateField("Last day", [Optional()])
    ends_time = wtforms.TimeField("End time", [Optional()])
    time_zone = wtforms.SelectField("Time zone", [InputRequired()])
    place = wtforms.StringField("Place", [Length(max=300)], description="House, street, city.")
    country = wtforms.SelectField("Country", [Optional()])
    description = wtforms.TextAreaField("Description", [Length(max=LONGEST_TEXT)])
    language = wtforms.SelectField("Language of title and description", [InputRequired()])
    submission_key = wtforms.HiddenField()

    def __init__(self, *args: Any, members: dict[str, list[tuple[str, str]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = languages.gettext
        self.organiser_kind.choices = [
            ("member", words("A member")), ("partner", words("A partner")), ("other", words("Others")),
        ]  # fmt: skip
        self.member.choices = {"": [("", "–")], **members}
        self.mode.choices = labelled(Mode)
        self.time_zone.choices = zone_choices()
        self.country.choices = [("", "–"), *country_choices(languages.current())]
        self.language.choices = labelled(current_settings().language_codes)

    def proposal(self) -> Proposal:
        """What was typed."""
        texts = ("organiser_kind", "organiser_name", "contact_name", "contact_email", "title", "mode", "time_zone",
                 "place", "country", "description", "language", "member", "submission_key")  # fmt: skip
        days = ("starts_on", "starts_time", "ends_on", "ends_time")
        typed: dict[str, Any] = {n: self[n].data or "" for n in texts} | {n: self[n].data for n in days}
        return Proposal(**typed)
