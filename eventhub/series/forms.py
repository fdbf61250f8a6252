"""Forms of series and of copies of an event."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, Optional

from eventhub.events.forms import zone_choices
from eventhub.events.queries import EventRow
from eventhub.forms import Form
from eventhub.series.commands import LONGEST_NAME


class SeriesForm(Form):
    """The name of a series."""

    name = wtforms.StringField("Name of the series", [InputRequired(), Length(max=LONGEST_NAME)])


class CopyForm(Form):
    """When the copy of an event takes place; time and zone are asked only where the event has none."""

    what = wtforms.RadioField("What it becomes", [InputRequired()])
    starts_on = wtforms.DateField("First day", [InputRequired()], description="The programme moves by as many days.")
    starts_time = wtforms.TimeField("Start time", [Optional()])
    time_zone = wtforms.SelectField("Time zone", [Optional()])

    def __init__(self, *args: Any, event: EventRow, what: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.what.choices = what
        self.time_zone.choices = zone_choices()
        if event.starts_time is not None:
            del self.starts_time
        if event.time_zone is not None:
            del self.time_zone
