"""What came in by mail, and what became of it."""

from uuid import uuid4

from piccolo.columns import UUID, Boolean, Bytea, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Person
from eventhub.events.tables import Event, ProgrammeItem
from eventhub.mail.tables import Letter
from eventhub.registrations.tables import Registration
from eventhub.speakers.tables import SpeakerSlot


class InboundMessage(Table, tablename="inbound_message"):
    """A message as it came in; its octets are kept until what it needs was decided."""

    id = UUID(primary_key=True, default=uuid4)
    content_hash = Varchar(length=64)
    message_id = Varchar(length=255)
    source = Varchar(length=10)
    received_at = Timestamptz()
    sender = Varchar(length=254)
    subject = Varchar(length=300)
    octets = Bytea(null=True, default=None)
    kind = Varchar(length=20)
    status = Varchar(length=20)
    verdict = Varchar(length=40)
    reason = Text()
    attempts = Integer(default=0)
    event = ForeignKey(Event, null=True, default=None)
    person = ForeignKey(Person, null=True, default=None)
    registration = ForeignKey(Registration, null=True, default=None)
    speaker_slot = ForeignKey(SpeakerSlot, null=True, default=None)
    letter = ForeignKey(Letter, null=True, default=None)
    decided_by = ForeignKey(Account, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)


class CalendarAnswer(Table, tablename="calendar_answer"):
    """The newest answer that a person's calendar gave for one calendar object."""

    id = UUID(primary_key=True, default=uuid4)
    person = ForeignKey(Person, null=False)
    calendar_uid = Varchar(length=255)
    event = ForeignKey(Event, null=False)
    registration = ForeignKey(Registration, null=True, default=None)
    speaker_slot = ForeignKey(SpeakerSlot, null=True, default=None)
    answer = Varchar(length=20)
    comment = Varchar(length=500)
    sequence = Integer()
    stamped_at = Timestamptz(help_text="DTSTAMP of the answer.")
    answered_at = Timestamptz()
    is_outdated = Boolean(default=False, help_text="It was given before the last change.")
    release_at = Timestamptz(null=True, default=None, help_text="The seat is given back then.")
    inbound = ForeignKey(InboundMessage, null=True, default=None)


class TimeProposal(Table, tablename="time_proposal"):
    """Another time that somebody proposes from their calendar (COUNTER, RFC 5546 3.2.7)."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    programme_item = ForeignKey(ProgrammeItem, null=True, default=None)
    person = ForeignKey(Person, null=False)
    starts_at = Timestamptz()
    ends_at = Timestamptz(null=True, default=None)
    comment = Varchar(length=500)
    status = Varchar(length=20)
    inbound = ForeignKey(InboundMessage, null=True, default=None)
    proposed_at = Timestamptz()
    decided_by = ForeignKey(Account, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)


class Mailbox(Table, tablename="mailbox"):
    """The mailbox as far as it was read; one row."""

    id = SmallInt(primary_key=True)
    uid_validity = Varchar(length=20, default="")
    last_uid = Varchar(length=20, default="")
    looked_at = Timestamptz(null=True, default=None)
    trouble = Varchar(length=500, default="")
    lease = UUID(null=True, default=None)
    leased_until = Timestamptz(null=True, default=None)
    test_token = Varchar(length=64, default="")
    test_sent_at = Timestamptz(null=True, default=None)
    test_back_at = Timestamptz(null=True, default=None)
