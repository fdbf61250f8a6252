"""Forms: a campaign, an event that others propose for it, and the decision on that."""

from typing import Any
from uuid import UUID

import wtforms
from wtforms.validators import InputRequired, Length, Optional

from eventhub import languages
from eventhub.campaigns.queries import CampaignRow
from eventhub.campaigns.rules import INVOLVEMENTS, LONGEST_REASON, LONGEST_TEXT, CampaignFacts, Proposal
from eventhub.database import Row
from eventhub.events.forms import HALVES, country_choices, halves, labelled, zone_choices
from eventhub.events.rules import Mode
from eventhub.forms import Form
from eventhub.settings import current_settings


class ProposalForm(Form):
    """An event that somebody proposes. Gender is not asked."""

    organiser_kind = wtforms.SelectField("Who organises it?", [InputRequired()])
    member = wtforms.SelectField("Which member?", [Optional()])
    organiser_name = wtforms.StringField("Name of the organiser, if not a member", [Optional(), Length(max=200)])
    contact_name = wtforms.StringField("Name of the contact", [InputRequired(), Length(max=200)])
    contact_email = wtforms.StringField("E-mail of the contact", [InputRequired(), Length(max=254)])
    title = wtforms.StringField("Title", [InputRequired(), Length(max=300)])
    mode = wtforms.SelectField("Where people meet", [InputRequired()])
    starts_on = wtforms.DateField("First day", [InputRequired()])
    starts_time = wtforms.TimeField("Start time", [InputRequired()])
    which_start = wtforms.RadioField("Which of the two start times?", [Optional()], validate_choice=False)
    ends_on = wtforms.DateField("Last day", [Optional()])
    ends_time = wtforms.TimeField("End time", [Optional()])
    which_end = wtforms.RadioField("Which of the two end times?", [Optional()], validate_choice=False)
    time_zone = wtforms.SelectField("Time zone", [InputRequired()])
    place = wtforms.StringField("Place", [Length(max=300)], description="House, street, city.")
    country = wtforms.SelectField("Country", [Optional()])
    description = wtforms.TextAreaField("Description", [Length(max=LONGEST_TEXT)])
    language = wtforms.SelectField(
        "Language of title and description", [InputRequired()], description="Our letters to the contact are in it."
    )
    submission_key = wtforms.HiddenField()

    def __init__(self, *args: Any, members: dict[str, list[tuple[str, str]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        gettext = languages.gettext
        self.organiser_kind.choices = [
            ("member", gettext("A member")), ("partner", gettext("A partner")), ("other", gettext("Others")),
        ]  # fmt: skip
        self.member.choices = {"": [("", "–")], **members}
        self.mode.choices = labelled(Mode)
        self.time_zone.choices = {"": [("", "–")], **zone_choices()}
        self.country.choices = [("", "–"), *country_choices(languages.current())]
        self.language.choices = labelled(current_settings().language_codes)
        self.which_start.choices = self.which_end.choices = halves()

    def proposal(self) -> Proposal:
        """What was typed."""
        texts = ("organiser_kind", "organiser_name", "contact_name", "contact_email", "title", "mode", "time_zone",
                 "place", "country", "description", "language", "member", "submission_key")  # fmt: skip
        days = ("starts_on", "starts_time", "ends_on", "ends_time")
        typed: dict[str, Any] = {n: self[n].data or "" for n in texts} | {n: self[n].data for n in days}
        second: dict[str, Any] = {
            f"second_{end}": HALVES.get(self[f"which_{end}"].data or "") for end in ("start", "end")
        }
        return Proposal(**typed, **second)


class CampaignForm(Form):
    """What staff say of a campaign."""

    title = wtforms.StringField("Title", [InputRequired(), Length(max=200)])
    theme = wtforms.StringField("Theme of the year", [InputRequired(), Length(max=200)])
    starts_on = wtforms.DateField("First day", [InputRequired()])
    ends_on = wtforms.DateField("Last day", [InputRequired()])
    submissions_until = wtforms.DateField(
        "Last day to propose an event",
        [Optional()],
        description="Leave it empty to take proposals until the campaign ends.",
    )
    language = wtforms.SelectField("Language of title, theme and description", [InputRequired()])
    description = wtforms.TextAreaField("Description", [Length(max=LONGEST_TEXT)])
    is_public = wtforms.BooleanField(
        "Everybody can see it", description="Its page then takes proposals. Until then only staff know of it."
    )
    version = wtforms.HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = labelled(current_settings().language_codes)

    def facts(self) -> CampaignFacts:
        """What was typed, once it is valid."""
        names = ("title", "theme", "starts_on", "ends_on", "submissions_until", "language", "description", "is_public")
        values: dict[str, Any] = {name: self[name].data for name in names}
        return CampaignFacts(**values | {"description": values["description"] or ""})

    def shown_version(self) -> int | None:
        """The version of the campaign that the form showed; None if it names none."""
        shown = str(self.version.data or "")
        return int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 9 else None


def values_of_campaign(campaign: CampaignRow) -> dict[str, Any]:
    """What the form shows for a campaign that exists."""
    names = (
        "title", "theme", "starts_on", "ends_on", "submissions_until", "language", "description", "is_public", "version",
    )  # fmt: skip
    return {name: getattr(campaign, name) for name in names}


class _OfOneProposal(Form):
    """A form that comes several times on a page, so its fields carry the key of the proposal."""

    def __init__(self, *args: Any, proposal: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.id = f"{field.name}-{proposal}"


class AcceptForm(_OfOneProposal):
    """How the association is involved in an event that it accepts."""

    involvement = wtforms.SelectField("How the association is involved", [InputRequired()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.involvement.choices = labelled(INVOLVEMENTS)


class AddEventForm(Form):
    """Which event becomes part of a campaign."""

    event = wtforms.SelectField("Event", [InputRequired()])

    def __init__(self, *args: Any, events: list[Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = languages.format_day_range
        self.event.choices = [
            (row["slug"], f"{days(row['starts_on'], None, languages.current())}: {row['title']}") for row in events
        ]


class DeclineForm(_OfOneProposal):
    """Why a proposal is declined."""

    reason = wtforms.TextAreaField(
        "Reason", [InputRequired(), Length(max=LONGEST_REASON)], description="The contact reads it in a letter."
    )
