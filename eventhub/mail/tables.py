"""The outbox."""

from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Person
from eventhub.events.tables import Event


class LetterWording(Table, tablename="letter_wording"):
    """
    The wording of a kind of letter about one event, as staff gave it.

    It is never changed: a newer one replaces it, so that a letter tried again
    says what it said before.
    """

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    kind = Varchar(length=40)
    language = Varchar(length=2)
    subject = Varchar(length=300)
    body = Text(help_text="Plain text with placeholders.")
    account = ForeignKey(Account, null=True, default=None)
    written_at = Timestamptz()
    replaced_at = Timestamptz(null=True, default=None)


class PlannedLetter(Table, tablename="planned_letter"):
    """A letter to a group of people about one event, written when its time has come."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    kind = Varchar(length=40)
    audience = Varchar(length=20)
    texts = Text(help_text="JSON object: language to subject and body.")
    anchor = Varchar(length=10, help_text="instant, start or end.")
    minutes = Integer(default=0, help_text="From the anchor; negative: before it.")
    send_at = Timestamptz(null=True, default=None)
    status = Varchar(length=20)
    version = Integer(default=1)
    recipients = Integer(null=True, default=None)
    account = ForeignKey(Account, null=True, default=None)
    created_at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)


class MailPause(Table, tablename="mail_pause"):
    """Letters that rest: of an event, of a kind, of both, or all."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=True, default=None)
    kind = Varchar(length=40, null=True, default=None)
    reason = Text()
    account = ForeignKey(Account, null=True, default=None)
    paused_at = Timestamptz()


class Letter(Table, tablename="letter"):
    """
    One letter to one recipient, written in the transaction it tells of.

    Its facts are frozen as JSON when it is written; text, HTML and invitation
    are made from them when somebody looks or the postman sends. Delivery is
    at least once: every copy has the same Message-ID.
    """

    id = UUID(primary_key=True, default=uuid4)
    dedupe_key = Varchar(length=160, help_text="A repeated action writes no second letter.")
    kind = Varchar(length=40, help_text="The folder below templates/mail/.")
    event = ForeignKey(Event, null=True, default=None)
    person = ForeignKey(Person, null=True, default=None)
    recipient_name = Varchar(length=200)
    recipient_address = Varchar(length=254)
    language = Varchar(length=2)
    facts = Text(help_text="JSON object; what the templates need.")
    message_id = Varchar(length=255)
    status = Varchar(length=20)
    created_at = Timestamptz()
    available_at = Timestamptz(help_text="Not before; back-off moves it.")
    not_after = Timestamptz(null=True, default=None, help_text="Expires unsent then.")
    leased_until = Timestamptz(null=True, default=None)
    lease = UUID(null=True, default=None)
    attempts = Integer(default=0)
    last_answer = Varchar(length=500, default="", help_text="What the relay said last.")
    sent_at = Timestamptz(null=True, default=None)
    calendar_uid = Varchar(length=255, null=True, default=None, help_text="The calendar object that it brings.")
    calendar_method = Varchar(length=10, null=True, default=None)
    calendar_sequence = Integer(null=True, default=None)
    thread_id = Varchar(length=255, null=True, default=None, help_text="Message-ID of the first letter of its thread.")
    wording = ForeignKey(LetterWording, null=True, default=None)
    planned = ForeignKey(PlannedLetter, null=True, default=None)
    bounced_at = Timestamptz(null=True, default=None)
    bounce = Varchar(length=500, default="", help_text="What the mail system said when it came back.")


class DeliveryAttempt(Table, tablename="delivery_attempt"):
    """An attempt that did not end with the relay's yes."""

    id = UUID(primary_key=True, default=uuid4)
    letter = ForeignKey(Letter, null=False)
    attempt = Integer()
    tried_at = Timestamptz()
    outcome = Varchar(length=20)
    code = Integer(null=True, default=None)
    answer = Varchar(length=500)


class Suppression(Table, tablename="suppression"):
    """An address that gets no letters, by a keyed hash of it."""

    id = UUID(primary_key=True, default=uuid4)
    address_hash = Varchar(length=64)
    reason = Varchar(length=20)
    said = Varchar(length=500)
    letter = ForeignKey(Letter, null=True, default=None)
    account = ForeignKey(Account, null=True, default=None)
    suppressed_at = Timestamptz()
    lifted_at = Timestamptz(null=True, default=None)
    lifted_by = ForeignKey(Account, null=True, default=None)
    lift_reason = Text(default="")


class Bounce(Table, tablename="bounce"):
    """A letter that came back, or was complained about."""

    id = UUID(primary_key=True, default=uuid4)
    address_hash = Varchar(length=64)
    letter = ForeignKey(Letter, null=True, default=None)
    kind = Varchar(length=20)
    status_code = Varchar(length=20)
    said = Varchar(length=500)
    bounced_at = Timestamptz()


class OptOut(Table, tablename="opt_out"):
    """Somebody who wants no reminders and messages any more, of one event or of any."""

    id = UUID(primary_key=True, default=uuid4)
    person = ForeignKey(Person, null=False)
    event = ForeignKey(Event, null=True, default=None)
    opted_out_at = Timestamptz()
