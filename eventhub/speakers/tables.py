"""Who speaks where, and when a panel was let pass without balance."""

from uuid import uuid4

from piccolo.columns import UUID, Bytea, ForeignKey, Integer, Text, Timestamptz, Varchar
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
    link_version = Integer(default=1, help_text="Of the personal link; raised when it is to work no more.")
    invited_at = Timestamptz(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)


class ParityException(Table, tablename="parity_exception"):
    """A named account published an event in spite of its panels, with a written reason."""

    id = UUID(primary_key=True, default=uuid4)
    event = ForeignKey(Event, null=False)
    account = ForeignKey(Account, null=False)
    reason = Text()
    findings = Text(help_text="The sentences that were overruled, one a line; counts only, no names.")
    granted_at = Timestamptz()


class SpeakerProfile(Table, tablename="speaker_profile"):
    """What a speaker says of herself or himself."""

    person = ForeignKey(Person, primary_key=True, null=False)
    biography = Text()
    portrait = Bytea(null=True, default=None, help_text="A JPEG that we made anew from what was sent.")
    updated_at = Timestamptz()
