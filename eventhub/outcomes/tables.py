"""What labs agreed, and how it goes on."""

from uuid import uuid4

from piccolo.columns import UUID, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Member, Person
from eventhub.labs.tables import Lab


class Outcome(Table, tablename="outcome"):
    """What was agreed in a lab, between which members, and how it goes on."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    title = Varchar(length=300)
    description = Text()
    state = Varchar(length=20)
    agreed_on = Date()
    contact = ForeignKey(Person, null=True, default=None)
    version = Integer(default=1)
    account = ForeignKey(Account, null=True, default=None)
    updated_at = Timestamptz()


class OutcomeMember(Table, tablename="outcome_member"):
    """A member that an outcome binds."""

    id = UUID(primary_key=True, default=uuid4)
    outcome = ForeignKey(Outcome, null=False)
    member = ForeignKey(Member, null=False)


class FollowUp(Table, tablename="follow_up"):
    """A question after some months, how an outcome goes on, and the answer."""

    id = UUID(primary_key=True, default=uuid4)
    outcome = ForeignKey(Outcome, null=False)
    months = SmallInt()
    due_on = Date()
    link_version = Integer(default=1)
    asked_at = Timestamptz(null=True, default=None)
    state = Varchar(length=20, null=True, default=None)
    note = Text(default="")
    answered_at = Timestamptz(null=True, default=None)
