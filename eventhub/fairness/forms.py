"""Forms of time-zone fairness: what is compared, and which members an event is held for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import wtforms
from wtforms.validators import InputRequired, NumberRange, ValidationError

from eventhub import languages
from eventhub.events.rules import FIRST_YEAR, LAST_YEAR
from eventhub.fairness.queries import MemberLine
from eventhub.fairness.rules import LONGEST, SHORTEST, Order
from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.words import Sentence

#: Columns with one member each are for groups that fit on a page; above it members share a column by their clocks.
MOST_COLUMNS = 40
ROWS = {"best": "The 20 fairest", "week": "The whole week"}


class ViewForm(Form):
    """The week, the length, the ranking and the columns; sent by GET."""

    week = wtforms.DateField("Week with the day", [InputRequired()])
    minutes = wtforms.IntegerField("Length in minutes", [InputRequired(), NumberRange(SHORTEST, LONGEST)])
    order = wtforms.RadioField("Rank by")
    columns = wtforms.RadioField("Columns")
    rotate = wtforms.BooleanField("Spare those who have borne most so far")
    rows = wtforms.HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        gettext = languages.gettext
        self.order.choices = [(Order.WORST, gettext("Who is worst off")), (Order.TOTAL, gettext("The sum over all"))]
        self.columns.choices = [
            ("clocks", gettext("Clocks that agree")), ("regions", gettext("Regions")), ("members", gettext("Members")),
        ]  # fmt: skip

    def validate_week(self, field: wtforms.DateField) -> None:
        """Only years that an event can be in."""
        if field.data and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
            wrong = Sentence(
                "The year lies between %(first)s and %(last)s.", first=str(FIRST_YEAR), last=str(LAST_YEAR)
            )
            raise ValidationError(languages.say(wrong))

    def only_day(self) -> date | None:
        """The one day that is looked at, if the address names one."""
        try:
            return date.fromisoformat((self.rows.data or "")[:10])
        except ValueError:
            return None


class InvitedForm(Form):
    """The members that an event is held for: all, those of regions, or single ones."""

    scope = wtforms.RadioField("Who is the event held for?", [InputRequired()])
    regions = wtforms.SelectMultipleField("Regions", validate_choice=False)
    members = wtforms.SelectMultipleField("Single members", validate_choice=False)

    def __init__(self, *args: Any, known: Sequence[MemberLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        gettext = languages.gettext
        self.scope.choices = [
            ("all", gettext("All members")),
            ("regions", gettext("Members of regions")),
            ("single", gettext("Single members")),
        ]
        self.known = known
        self.regions.choices = [(code, gettext(label_of(code))) for code in dict.fromkeys(m.region for m in known)]
        self.regions.choices.sort(key=lambda pair: pair[1])
        self.members.choices = {
            label: [(m.key, m.name) for m in known if m.region == code] for code, label in self.regions.choices
        }

    def chosen(self) -> list[str]:
        """Keys of the members that were chosen."""
        if self.scope.data == "all":
            return [member.key for member in self.known]
        if self.scope.data == "regions":
            return [member.key for member in self.known if member.region in set(self.regions.data or ())]
        return list(self.members.data or ())

    def validate_regions(self, field: wtforms.SelectMultipleField) -> None:
        """Whoever chooses by region names one that exists."""
        if self.scope.data != "regions":
            return
        known = {code for code, _ in self.regions.choices}
        if not field.data:
            raise ValidationError(languages.gettext("Please choose at least one region."))
        if unknown := [code for code in field.data if code not in known]:
            raise ValidationError(languages.say(Sentence("There is no region “%(code)s”.", code=unknown[0][:40])))

    @staticmethod
    def stored(invited: Sequence[MemberLine], known: Sequence[MemberLine]) -> dict[str, Any]:
        """How to fill the form in for those who were chosen before."""
        keys = {member.key for member in invited}
        whole = [
            code
            for code in dict.fromkeys(member.region for member in known)
            if all(member.key in keys for member in known if member.region == code)
        ]
        by_region = {member.key for member in known if member.region in whole}
        scope = "single"
        if not keys or keys == {member.key for member in known}:
            scope = "all"
        elif keys == by_region:
            scope = "regions"
        return {"scope": scope, "regions": whole if scope == "regions" else [], "members": sorted(keys)}
