"""Claims to seats, and the fact of having been there."""

from uuid import uuid4

from piccolo.columns import UUID, Boolean, Bytea, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Member, Person, Region
from eventhub.events.tables import Event, ProgrammeItem


class SeatPool(Table, tablename="seat_pool"):
    """
    Seats of one event and the end of their queue.

    The pool at position 0 is the event's own. Pools of a region or a member are
    reserved: they have no queue and give back at a time what is left of them.

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
    position = SmallInt(default=0)
    name = Varchar(length=120, default="")
    attends = Varchar(length=20, null=True, default=None, help_text="Whom it is for; None: both ways to attend.")
    region = ForeignKey(Region, null=True, default=None)
    member = ForeignKey(Member, null=True, default=None)
    returns_at = Timestamptz(null=True, default=None)
    returned_at = Timestamptz(null=True, default=None)


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
    offer_until = Timestamptz(null=True, default=None, help_text="Until when a seat on offer waits for an answer.")
    access_needs = Text(default="")
    decision_reason = Text(default="", help_text="Why it was declined, as the person reads it.")
    role = Varchar(length=20, null=True, default=None, help_text="The part in the delegation of a member.")
    replaces: ForeignKey["Registration"] = ForeignKey("self", null=True, default=None)
    has_attended = Boolean(default=False, help_text="Whether there is any attendance; kept by triggers, never written.")


class Attendance(Table, tablename="attendance"):
    """A registered person was there: at the event, or at one item of its programme."""

    id = UUID(primary_key=True, default=uuid4)
    registration = ForeignKey(Registration, null=False)
    programme_item = ForeignKey(ProgrammeItem, null=True, default=None)
    mode = Varchar(length=20)
    source = Varchar(length=20)
    recorded_at = Timestamptz()
    recorded_by = ForeignKey(Account, null=True, default=None)
    minutes = Integer(null=True, default=None, help_text="In a video conference, over all rejoins.")


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


class Question(Table, tablename="question"):
    """A question that an event asks of those who register; once answered it is retired, never deleted."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    position = SmallInt()
    kind = Varchar(length=20)
    texts = Text(help_text="JSON object by language: label, help and purpose.")
    options = Text(help_text="JSON array of choices: code, and label by language.")
    shown_if = Text(help_text="JSON object: the field or question and the answer it depends on; empty: always.")
    is_required = Boolean(default=False)
    created_at = Timestamptz()
    retired_at = Timestamptz(null=True, default=None)


class AnswerFile(Table, tablename="answer_file"):
    """A file that answers a question."""

    id = UUID(primary_key=True, default=uuid4)
    registration = ForeignKey(Registration, null=False)
    question = ForeignKey(Question, null=False)
    name = Varchar(length=200)
    content_type = Varchar(length=100)
    content = Bytea()
    uploaded_at = Timestamptz()


class RegistrationInvitation(Table, tablename="registration_invitation"):
    """Somebody who may register for an event by invitation; the link is bound to the address."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    email = Varchar(length=254)
    email_key = Varchar(length=254)
    name = Varchar(length=200)
    member = ForeignKey(Member, null=True, default=None)
    language = Varchar(length=2)
    link_version = Integer(default=1)
    registration = ForeignKey(Registration, null=True, default=None)
    invited_by = ForeignKey(Account, null=True, default=None)
    invited_at = Timestamptz()
    withdrawn_at = Timestamptz(null=True, default=None)


class Delegation(Table, tablename="delegation"):
    """The desk of a member at one event."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    member = ForeignKey(Member, null=False)
    delegates = SmallInt(null=True, default=None, help_text="How many may come; None: no limit.")
    observers = SmallInt(null=True, default=None)
    closes_at = Timestamptz(null=True, default=None)
    contact_name = Varchar(length=200)
    contact_email = Varchar(length=254)
    language = Varchar(length=2)
    link_version = Integer(default=1)
    invited_at = Timestamptz(null=True, default=None)


class PersonMerge(Table, tablename="person_merge"):
    """Two records of one person made one, with what is needed to undo it."""

    id = UUID(primary_key=True, default=uuid4)
    kept = ForeignKey(Person, null=False)
    merged = ForeignKey(Person, null=False)
    detail = Text(help_text="JSON object: the rows that were moved.")
    account = ForeignKey(Account, null=True, default=None)
    merged_at = Timestamptz()
    undone_at = Timestamptz(null=True, default=None)


class JoinClick(Table, tablename="join_click"):
    """Somebody opened the personal link to a video conference."""

    registration = ForeignKey(Registration, primary_key=True, null=False)
    first_at = Timestamptz()
    last_at = Timestamptz()
    clicks = Integer(default=1)


class ParticipantReport(Table, tablename="participant_report"):
    """A participant report of a video conference, with the rows that wait for a decision."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    file_name = Varchar(length=200)
    minimum_minutes = Integer()
    unmatched = Text(help_text="JSON array of rows.")
    matched = Integer(default=0)
    imported_by = ForeignKey(Account, null=True, default=None)
    imported_at = Timestamptz()
