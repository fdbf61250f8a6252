"""Rounds, labs, calls and applications."""

from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Member, Person
from eventhub.events.tables import ActionLine, Event, Theme


class LabRound(Table, tablename="lab_round"):
    """All labs of one call period."""

    id = UUID(primary_key=True, default=uuid4)
    year = Integer()
    title = Varchar(length=200)
    lessons = Text(default="", help_text="What the next round should know.")


class Lab(Table, tablename="lab"):
    """A small group of experts and city people on one problem."""

    id = UUID(primary_key=True, default=uuid4)
    lab_round = ForeignKey(LabRound, null=False)
    slug = Varchar(length=90)
    number = SmallInt()
    name = Varchar(length=200)
    full_title = Varchar(length=300, default="")
    description = Text(default="")
    place = Varchar(length=200, default="")
    country = Varchar(length=2, default="")
    status = Varchar(length=20)
    created_at = Timestamptz()


class LabTheme(Table, tablename="lab_theme"):
    """A thematic priority of a lab; a lab has one to three."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    theme = ForeignKey(Theme, null=False)


class LabActionLine(Table, tablename="lab_action_line"):
    """An action line that a lab serves."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    action_line = ForeignKey(ActionLine, null=False)


class LabSession(Table, tablename="lab_session"):
    """One meeting of a lab: an event of kind `lab_session`."""

    event = ForeignKey(Event, primary_key=True, null=False)
    lab = ForeignKey(Lab, null=False)
    number = SmallInt()


class Call(Table, tablename="lab_call"):
    """The invitation to apply to a lab, with its dates in a zone."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    text = Text(default="")
    criteria = Text(default="")
    opens_at = Timestamptz()
    closes_at = Timestamptz()
    time_zone = Varchar(length=60)
    cohort_size = Integer(null=True, default=None)


class Application(Table, tablename="application"):
    """The answer of one member to the call of one lab; a withdrawn one is kept."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    member = ForeignKey(Member, null=False)
    contact = ForeignKey(Person, null=False)
    contact_name = Varchar(length=200)
    motivation = Text()
    offers = Text(default="")
    needs = Text(default="")
    status = Varchar(length=20)
    reason = Text(default="", help_text="Why it was accepted, put on the waiting list or declined.")
    language = Varchar(length=2)
    link_version = Integer(default=1)
    version = Integer(default=1)
    submitted_at = Timestamptz()
    status_at = Timestamptz()


class Review(Table, tablename="application_review"):
    """One account's score for one application."""

    id = UUID(primary_key=True, default=uuid4)
    application = ForeignKey(Application, null=False)
    account = ForeignKey(Account, null=False)
    score = SmallInt(help_text="1 to 5.")
    comment = Text(default="")
    reviewed_at = Timestamptz()


class LabParticipant(Table, tablename="lab_participant"):
    """An accepted person of a lab, standing for a member or for nobody."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    person = ForeignKey(Person, null=False)
    member = ForeignKey(Member, null=True, default=None)
    role = Varchar(length=20, help_text="participant, expert or facilitator.")
    joined_at = Timestamptz()
