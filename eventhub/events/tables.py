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
from eventhub.directory.tables import Member, Partner


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


class EventSeries(Table, tablename="event_series"):
    """A repeated event; each of its editions is an event."""

    id = UUID(primary_key=True, default=uuid4)
    slug = Varchar(length=90)
    name = Varchar(length=200)
    created_at = Timestamptz()


class Campaign(Table, tablename="campaign"):
    """A day or month with events of many organisers and a theme."""

    id = UUID(primary_key=True, default=uuid4)
    slug = Varchar(length=90)
    title = Varchar(length=200)
    theme = Varchar(length=200)
    description = Text()
    language = Varchar(length=2, default="en")
    starts_on = Date()
    ends_on = Date()
    submissions_until = Date(null=True, default=None, help_text="Last day on which events can be proposed.")
    is_public = Boolean(default=False)
    created_by = ForeignKey(Account, null=True, default=None)
    created_at = Timestamptz()
    version = Integer(default=1, help_text="An edit begins from it.")


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
    registration_opens_at = Timestamptz(null=True, default=None)
    offer_hours = Integer(null=True, default=None, help_text="A free seat is offered for so long; None: given at once.")
    parent: ForeignKey[Any] = ForeignKey("self", null=True, default=None)
    counts_in_statistics = Boolean(default=True)
    asks_feedback = Boolean(default=False, help_text="Whether people are asked by themselves once it is over.")
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
    series = ForeignKey(EventSeries, null=True, default=None)
    edition = Integer(null=True, default=None, help_text="Which one of its series it is.")
    campaign = ForeignKey(Campaign, null=True, default=None)
    organiser_name = Varchar(length=200, default="", help_text="Who leads it, where that is not the association.")
    archived_at = Timestamptz(null=True, default=None, help_text="Put away from the lists of the desk.")
    minimum_break = Integer(default=0, help_text="Minutes that should lie between two items of one room.")


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
    takes_sign_up = Boolean(default=False, help_text="Registered people sign up for it.")
    taken = Integer(default=0, help_text="How many have; never more than its capacity.")
    track = Varchar(length=120, default="")
    sequence = Integer(default=0, help_text="In calendars (RFC 5546 2.1.4).")


class CampaignSubmission(Table, tablename="campaign_submission"):
    """An event proposed for a campaign; moderation makes it an event or declines it."""

    id = UUID(primary_key=True, default=uuid4)
    campaign = ForeignKey(Campaign, null=False)
    organiser_kind = Varchar(length=20)
    organiser_name = Varchar(length=200)
    member = ForeignKey(Member, null=True, default=None)
    contact_name = Varchar(length=200)
    contact_email = Varchar(length=254)
    title = Varchar(length=300)
    mode = Varchar(length=20)
    starts_on = Date()
    starts_time = Time()
    ends_on = Date(null=True, default=None)
    ends_time = Time(null=True, default=None)
    time_zone = Varchar(length=60)
    place = Varchar(length=300)
    country = Varchar(length=2)
    description = Text()
    language = Varchar(length=2)
    submission_key = Varchar(length=64, null=True, default=None, help_text="Of the form: sent twice, kept once.")
    status = Varchar(length=20)
    reason = Text(help_text="Why it was declined; its contact reads it.")
    event = ForeignKey(Event, null=True, default=None)
    submitted_at = Timestamptz()
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Account, null=True, default=None)
    second_start = Boolean(null=True, default=None, help_text="Which of two equal wall times is meant.")
    second_end = Boolean(null=True, default=None)


class EventPartner(Table, tablename="event_partner"):
    """A partner's part in an event."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    partner = ForeignKey(Partner, null=False)
    role = Varchar(length=20)


class ProgrammeVersion(Table, tablename="programme_version"):
    """The programme of an event as it was told to people at one time."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    number = Integer()
    items = Text(help_text="JSON: the items as they stood.")
    changes = Text(help_text="JSON: what differs from the version before.")
    account = ForeignKey(Account, null=True, default=None)
    released_at = Timestamptz()


class WordingTerm(Table, tablename="wording_term"):
    """A word that staff want pointed out in texts, with an alternative."""

    id = UUID(primary_key=True, default=uuid4)
    language = Varchar(length=2)
    term = Varchar(length=120)
    alternative = Varchar(length=200)


class Measure(Table, tablename="measure"):
    """A part of an action line of a plan."""

    id = UUID(primary_key=True, default=uuid4)
    code = Varchar(length=30)
    plan = Varchar(length=20)
    line = Varchar(length=30)
    name = Varchar(length=300)


class Deliverable(Table, tablename="deliverable"):
    """What a measure promised; events can be evidence for it."""

    id = UUID(primary_key=True, default=uuid4)
    measure = ForeignKey(Measure, null=False)
    code = Varchar(length=30)
    name = Varchar(length=300)
    status = Varchar(length=20)


class EventDeliverable(Table, tablename="event_deliverable"):
    """An event is evidence for a deliverable."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    deliverable = ForeignKey(Deliverable, null=False)


class EventTeam(Table, tablename="event_team"):
    """An account that works on an event."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    account = ForeignKey(Account, null=False)
    is_lead = Boolean(default=False, help_text="Letters about the event go to its leads.")


class InvitedMember(Table, tablename="invited_member"):
    """A member that an event is held for."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    member = ForeignKey(Member, null=False)


class PageStamp(Table, tablename="page_stamp"):
    """A number that rises with every change of what the public page of an event shows; kept by triggers."""

    event = ForeignKey(Event, primary_key=True, null=False)
    stamp = Integer()


class SharedStamp(Table, tablename="shared_stamp"):
    """The same for what pages of several events show; one row."""

    id = SmallInt(primary_key=True)
    stamp = Integer()
