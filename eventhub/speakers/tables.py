"""Who speaks where, and when a panel was let pass without balance."""

from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Member, Person
from eventhub.events.tables import Event, ProgrammeItem


class SpeakerSlot(Table, tablename="speaker_slot"):
    """One person's part in one programme item. Those who declined are kept, and count nowhere."""

    id = UUID(primary_key=True, default=uuid4)
    programme_item = ForeignKey(ProgrammeItem, null=False)
    person = ForeignKey(Person, null=False)
    role = Varchar(length=20)
    level = Varchar(length=20)
    status = Varchar(length=20)
    member = ForeignKey(Member, null=True, default=None, help_text="Whom the person stands for here.")
    created_at = Timestamptz()


class ParityException(Table, tablename="parity_exception"):
    """A named account published an event in spite of its panels, with a written reason."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    account = ForeignKey(Account, null=False)
    reason = Text()
    findings = Text(help_text="The sentences that were overruled, one a line; counts only, no names.")
    granted_at = Timestamptz()
