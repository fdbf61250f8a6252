"""Events and the parts of their programme."""

from typing import Any
from uuid import uuid4

from piccolo.columns import (
    UUID,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Time,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Member


class ActionLine(Table, tablename="action_line"):
    """One line of a plan; the plan in force depends on the date."""

    id = UUID(primary_key=True, default=uuid4)
    code = Varchar(length=30, help_text="Plan and line, such as 2024-2026/AL1.")
    plan = Varchar(length=20)
    first_year = Integer()
    last_year = Integer()
    number = SmallInt()
    name = Varchar(length=200)


class Theme(Table, tablename="theme"):
    """A thematic priority."""

    id = UUID(primary_key=True, default=uuid4)
    code = Varchar(length=30)
    name = Varchar(length=120)
    tag = Varchar(length=60)
    position = SmallInt()


class Event(Table, tablename="event"):
    """
    Anything with dates that people attend, whoever leads it.

    The wall time in the event's zone is the truth; `starts_at` and `ends_at`
    are derived from it. An event known from a printed calendar only has days:
    it has neither times nor a zone, and its end may be unknown.
    """

    id = UUID(primary_key=True, default=uuid4)
    slug = Varchar(length=90)
    title = Varchar(length=300)
    title_folded = Varchar(length=300)
    kind = Varchar(length=30)
    mode = Varchar(length=20)
    involvement = Varchar(length=20)
    status = Varchar(length=20)
    starts_on = Date()
    starts_time = Time(null=True, default=None)
    ends_on = Date(null=True, default=None)
    ends_time = Time(null=True, default=None)
    time_zone = Varchar(length=60, null=True, default=None)
    starts_at = Timestamptz(null=True, default=None, help_text="UTC, derived.")
    ends_at = Timestamptz(null=True, default=None, help_text="UTC, derived.")
    place = Varchar(length=300, default="")
    country = Varchar(length=2, default="")
    online_url = Varchar(length=500, default="", help_text="Shown to registered people only.")
    description = Text(default="")
    language = Varchar(length=2, default="en", help_text="Of title and description.")
    capacity = Integer(null=True, default=None, help_text="Seats; None: no limit.")
    registration_mode = Varchar(length=20, default="open")
    registration_closes_at = Timestamptz(null=True, default=None)
    parent: ForeignKey[Any] = ForeignKey("self", null=True, default=None)
    counts_in_statistics = Boolean(default=True)
    host_member = ForeignKey(Member, null=True, default=None)
    parity_exempt_reason = Text(default="", help_text="Why the parity check is switched off, if it is.")
    printed_start = Varchar(length=40, default="")
    printed_end = Varchar(length=40, default="")
    printed_title = Text(default="")
    printed_location = Varchar(length=300, default="")
    import_key = Varchar(
        length=120, null=True, default=None, help_text="Source and row: the same file twice changes nothing."
    )
    calendar_uid = Varchar(length=255)
    sequence = Integer(default=0, help_text="RFC 5546 2.1.4: grows with what matters.")
    version = Integer(default=1, help_text="Grows with every edit; two people editing at once are told.")
    cancel_reason = Text(default="")
    created_by = ForeignKey(Account, null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    published_at = Timestamptz(null=True, default=None)
    cancelled_at = Timestamptz(null=True, default=None)


class EventActionLine(Table, tablename="event_action_line"):
    """An action line that an event serves."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    action_line = ForeignKey(ActionLine, null=False)


class EventTheme(Table, tablename="event_theme"):
    """A thematic priority that an event treats."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    theme = ForeignKey(Theme, null=False)


class ProgrammeItem(Table, tablename="programme_item"):
    """One part of an event's programme; a panel is one with two or more speaker slots."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    title = Varchar(length=300)
    kind = Varchar(length=30)
    starts_on = Date()
    starts_time = Time()
    ends_on = Date()
    ends_time = Time()
    starts_at = Timestamptz(help_text="UTC, derived from wall time and the event's zone.")
    ends_at = Timestamptz(help_text="UTC, derived.")
    room = Varchar(length=120, default="")
    capacity = Integer(null=True, default=None)
    description = Text(default="")
    parity_exempt_reason = Text(default="")
