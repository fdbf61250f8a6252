"""The outbox."""

from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.directory.tables import Person
from eventhub.events.tables import Event


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
