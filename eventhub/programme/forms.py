"""Forms of programme items."""

from datetime import date, time, timedelta
from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub.events.forms import HALVES, halves, labelled, which_of
from eventhub.events.queries import EventRow, ItemRow
from eventhub.events.rules import LONGEST_ROOM, LONGEST_TEXT, LONGEST_TITLE, MOST_SEATS, ItemFacts, ItemKind
from eventhub.forms import Form
from eventhub.programme.rules import fingerprint
from eventhub.words import Sentence


class AsksBeforeSaving(Form):
    """A form that shows what clashes; it is saved in spite of exactly what was shown."""

    accept_conflicts = wtforms.BooleanField("Save it in spite of this")
    conflicts_seen = wtforms.HiddenField()

    def open_conflicts(self, found: list[Sentence]) -> list[Sentence]:
        """Those of the conflicts that nobody has read and accepted yet: all of them, or none."""
        seen = fingerprint(found)
        if self.accept_conflicts.data and self.conflicts_seen.data == seen:
            return []
        self.conflicts_seen.data, self.accept_conflicts.data = seen, False
        return found


class ItemForm(AsksBeforeSaving):
    """What an organiser says of a programme item; an end before the start is on the next day."""

    title = wtforms.StringField("Title", [InputRequired(), Length(max=LONGEST_TITLE)])
    kind = wtforms.SelectField("Kind of item", [InputRequired()])
    starts_on = wtforms.DateField("Day", [InputRequired()])
    starts_time = wtforms.TimeField("Start time", [InputRequired()])
    which_start = wtforms.RadioField("Which of the two start times?", [Optional()], validate_choice=False)
    ends_time = wtforms.TimeField("End time", [InputRequired()], description="After midnight counts as the next day.")
    which_end = wtforms.RadioField("Which of the two end times?", [Optional()], validate_choice=False)
    room = wtforms.StringField("Room", [Length(max=LONGEST_ROOM)])
    track = wtforms.StringField(
        "Track",
        [Length(max=LONGEST_ROOM)],
        description="A strand of the programme, such as a theme; items of one track stand together.",
    )
    takes_sign_up = wtforms.BooleanField(
        "Registered people sign up for it", description="They do it by their personal link, as long as there is room."
    )
    capacity = wtforms.IntegerField(
        "Number of places", [Optional(), NumberRange(0, MOST_SEATS)], description="Leave it empty for no limit."
    )
    description = wtforms.TextAreaField("Description", [Length(max=LONGEST_TEXT)])
    parity_exempt_reason = wtforms.TextAreaField(
        "Why this panel is not checked",
        [Length(max=2000)],
        description="Only for programmes meant for women or another group; leave it empty otherwise.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = labelled(ItemKind)
        self.which_start.choices = self.which_end.choices = halves()

    def facts(self) -> ItemFacts:
        """The facts as typed; an end that is not after the start lies on the next day."""
        day: date | None = self.starts_on.data
        start: time | None = self.starts_time.data
        end: time | None = self.ends_time.data
        last = day
        if day and start and end and end < start and day < date(9999, 12, 31):
            last = day + timedelta(days=1)
        return ItemFacts(
            title=self.title.data or "",
            kind=self.kind.data or "",
            starts_on=day,
            starts_time=start,
            ends_on=last,
            ends_time=end,
            room=self.room.data or "",
            capacity=self.capacity.data,
            description=self.description.data or "",
            parity_exempt_reason=self.parity_exempt_reason.data or "",
            track=self.track.data or "",
            takes_sign_up=bool(self.takes_sign_up.data),
            second_start=HALVES.get(self.which_start.data or ""),
            second_end=HALVES.get(self.which_end.data or ""),
        )


class MoveForm(AsksBeforeSaving):
    """Where an item is to go; it lasts as long as before."""

    starts_on = wtforms.DateField("Day", [InputRequired()])
    starts_time = wtforms.TimeField("Start time", [InputRequired()])
    which_start = wtforms.RadioField("Which of the two start times?", [Optional()], validate_choice=False)
    room = wtforms.StringField("Room", [Length(max=LONGEST_ROOM)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.which_start.choices = halves()

    @property
    def second(self) -> bool | None:
        """Which of two equal wall times is meant; None has not been asked."""
        return HALVES.get(self.which_start.data or "")


def values_of_item(item: ItemRow, event: EventRow) -> dict[str, Any]:
    """What the form shows for an item that exists."""
    names = (
        "title", "kind", "starts_on", "starts_time", "ends_time", "room", "track", "takes_sign_up", "capacity",
        "description", "parity_exempt_reason",
    )  # fmt: skip
    return {name: getattr(item, name) for name in names} | {
        "which_start": which_of(item.starts_at, event.time_zone),
        "which_end": which_of(item.ends_at, event.time_zone),
    }
