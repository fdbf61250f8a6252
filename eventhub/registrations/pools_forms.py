"""Forms of the kinds of seats of an event."""

from datetime import datetime
from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub import languages
from eventhub.events.forms import labelled
from eventhub.events.queries import EventRow
from eventhub.events.rules import FIRST_YEAR, LAST_YEAR, year_sentence
from eventhub.events.zones import NoSuchTime, to_utc, wall_time
from eventhub.forms import Form
from eventhub.registrations.rules import (
    LONGEST_POOL_NAME,
    LONGEST_REASON,
    MOST_POOL_SEATS,
    Pool,
    PoolFacts,
    ways_to_attend,
)
from eventhub.words import Sentence


class PoolForm(Form):
    """Name, size and time of return: what can be changed once people have these seats."""

    name = wtforms.StringField("Name of these seats", [InputRequired(), Length(max=LONGEST_POOL_NAME)])
    capacity = wtforms.IntegerField(
        "Number of seats", [Optional(), NumberRange(0, MOST_POOL_SEATS)], description="Leave it empty for no limit."
    )
    returns_on = wtforms.DateField("Given back on", [Optional()])
    returns_time = wtforms.TimeField(
        "At this time",
        [Optional()],
        description="On the clocks of the event. What is left of reserved seats then goes to everybody.",
    )

    def facts(self, event: EventRow) -> PoolFacts | None:
        """What was typed, or None with the fault at its field. Of a time that clocks show twice the later is meant."""
        day, clock = self.returns_on.data, self.returns_time.data
        returns_at: datetime | None = None
        if (day is None) != (clock is None):
            field = self.returns_on if day is None else self.returns_time
            self.add_problems({field.name: [Sentence("Please give both the day and the time.")]})
            return None
        if day and clock:
            if not FIRST_YEAR <= day.year <= LAST_YEAR:
                self.add_problems({"returns_on": [year_sentence()]})
                return None
            try:
                returns_at = to_utc(day, clock, event.time_zone or "UTC", second=True)
            except NoSuchTime:
                self.add_problems({"returns_time": [Sentence("This time does not exist on the clocks of the event.")]})
                return None
        return PoolFacts(self["name"].data or "", self.capacity.data, returns_at=returns_at)

    @staticmethod
    def stored(pool: Pool, event: EventRow) -> dict[str, Any]:
        """What stands."""
        day, clock = wall_time(pool.returns_at, event.time_zone or "UTC") if pool.returns_at else (None, None)
        return {"name": pool.name, "capacity": pool.capacity, "returns_on": day, "returns_time": clock}


class NewPoolForm(PoolForm):
    """Also whom the seats are for."""

    attends = wtforms.SelectField("Way to attend", [Optional()])
    region = wtforms.SelectField("Reserved for a region", [Optional()])
    member = wtforms.SelectField("Reserved for a member", [Optional()])

    def __init__(
        self,
        *args: Any,
        event: EventRow,
        regions: list[tuple[str, str]],
        members: dict[str, list[tuple[str, str]]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.attends.choices = labelled(ways_to_attend(event.mode), blank="Either")
        self.region.choices = [("", "–"), *regions]
        self.member.choices = {languages.gettext("None of them"): [("", "–")], **members}

    def facts(self, event: EventRow) -> PoolFacts | None:
        """The same, and whom they are for."""
        facts = super().facts(event)
        if facts is None:
            return None
        return PoolFacts(
            facts.name,
            facts.capacity,
            self.attends.data or "",
            self.region.data or "",
            self.member.data or "",
            facts.returns_at,
        )


class FirstForm(Form):
    """Why somebody passes the others in a queue."""

    reason = wtforms.TextAreaField(
        "Why this person comes first",
        [InputRequired(), Length(max=LONGEST_REASON)],
        description="It is kept in the history of the event with your name.",
    )
