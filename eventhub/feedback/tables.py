"""What people said of an event or a lab."""

from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.directory.tables import Person
from eventhub.events.tables import Event
from eventhub.labs.tables import Lab


class Feedback(Table, tablename="feedback"):
    """What somebody was asked about one event or one lab as a whole, and what they said."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=True, default=None)
    lab = ForeignKey(Lab, null=True, default=None)
    person = ForeignKey(Person, null=True, default=None)
    language = Varchar(length=2)
    link_version = Integer(default=1)
    asked_at = Timestamptz()
    usefulness = SmallInt(null=True, default=None)
    overall = SmallInt(null=True, default=None)
    comment = Text(default="")
    consent = Varchar(length=20, default="none")
    answered_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
