"""Claims to seats, and the fact of having been there."""

from uuid import uuid4

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Member, Person
from eventhub.events.tables import Event, ProgrammeItem


class SeatPool(Table, tablename="seat_pool"):
    """
    The seats of one event and the end of its queue.

    Its row is what newcomers, cancellations and changes of capacity lock
    first; one statement on it decides between seat and queue.
    """

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    capacity = Integer(null=True, default=None, help_text="Seats; None: no limit.")
    taken = Integer(default=0)
    waiting = Integer(default=0)
    queue_end = Integer(default=0, help_text="The last place given out; places are never reused.")
    granted = Integer(default=0, help_text="1 when the last newcomer got a seat; read by RETURNING only.")
    is_open = Boolean(default=False, help_text="The event is published and takes registrations.")


class Registration(Table, tablename="registration"):
    """
    One person's claim to a seat at one event.

    A cancelled registration is kept, for the figures; registering again makes
    a new row at the end of the queue. The waiting list is not a table: it is
    the waitlisted registrations of a pool in the order of `queue_place`.
    """

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    pool = ForeignKey(SeatPool, null=False)
    person = ForeignKey(Person, null=False)
    name = Varchar(length=200, help_text="As written in the form.")
    status = Varchar(length=20)
    queue_place = Integer(null=True, default=None)
    attends = Varchar(length=20)
    level = Varchar(length=20, null=True, default=None)
    member = ForeignKey(Member, null=True, default=None)
    organisation = Varchar(length=200, default="")
    city = Varchar(length=120, default="")
    country = Varchar(length=2, default="")
    language = Varchar(length=2)
    time_zone = Varchar(length=60, default="")
    answers = Text(default="{}", help_text="JSON object: answers to the questions of the event.")
    submission_key = Varchar(length=64, null=True, default=None, help_text="A form sent twice is one registration.")
    link_version = Integer(default=1, help_text="Raising it makes older personal links stop working.")
    version = Integer(default=1, help_text="Grows with every change of status; one letter each.")
    registered_at = Timestamptz()
    status_at = Timestamptz()


class Attendance(Table, tablename="attendance"):
    """A registered person was there: at the event, or at one item of its programme."""

    id = UUID(primary_key=True, default=uuid4)
    registration = ForeignKey(Registration, null=False)
    programme_item = ForeignKey(ProgrammeItem, null=True, default=None)
    mode = Varchar(length=20)
    source = Varchar(length=20)
    recorded_at = Timestamptz()
    recorded_by = ForeignKey(Account, null=True, default=None)


class HeadCount(Table, tablename="head_count"):
    """Numbers without names for one event; never added to a list of the same event."""

    event = ForeignKey(Event, primary_key=True, null=False)
    women = Integer()
    men = Integer()
    others = Integer()
    undisclosed = Integer()
    political = Integer()
    source = Varchar(length=300)
    recorded_at = Timestamptz()
    recorded_by = ForeignKey(Account, null=True, default=None)


class ItemSignUp(Table, tablename="item_sign_up"):
    """A registered person signed up for one item of the programme."""

    id = UUID(primary_key=True, default=uuid4)
    programme_item = ForeignKey(ProgrammeItem, null=False)
    registration = ForeignKey(Registration, null=False)
    signed_up_at = Timestamptz()
