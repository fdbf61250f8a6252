"""The forms by which programme staff give and end seats."""

from typing import Any

import wtforms
from wtforms.validators import InputRequired, Optional

from eventhub.bodies.queries import SeatRow
from eventhub.forms import Form


class SeatForm(Form):
    """A seat to give."""

    member = wtforms.SelectField("Member", [InputRequired()])
    starts_on = wtforms.DateField("First day", [InputRequired()])
    ends_on = wtforms.DateField("Last day, if it is known", [Optional()])

    def __init__(self, *args: Any, members: dict[str, list[tuple[str, str]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member.choices = {"": [("", "–")], **members}


class EndForm(Form):
    """A seat to end."""

    seat = wtforms.SelectField("Seat", [InputRequired()])
    last_day = wtforms.DateField("Last day", [InputRequired()])

    def __init__(self, *args: Any, seats: list[SeatRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seat.choices = [("", "–"), *((str(one.id), f"{one.member_name} ({days_of(one)})") for one in seats)]


def days_of(seat: SeatRow) -> str:
    """The days of a term as figures: 2024-06-01 – 2026-05-31."""
    return f"{seat.starts_on} – {seat.ends_on or '…'}"
