"""Secret calendars to subscribe to."""

from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Member, Person
from eventhub.labs.tables import Lab


class FeedLink(Table, tablename="feed_link"):
    """The secret address of a calendar; only a hash of it is kept."""

    id = UUID(primary_key=True, default=uuid4)
    kind = Varchar(length=10, help_text="person, account, member or lab.")
    person = ForeignKey(Person, null=True, default=None)
    account = ForeignKey(Account, null=True, default=None)
    member = ForeignKey(Member, null=True, default=None)
    lab = ForeignKey(Lab, null=True, default=None)
    language = Varchar(length=2)
    token_hash = Varchar(length=64)
    created_by = ForeignKey(Account, null=True, default=None)
    created_at = Timestamptz()
    fetched_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
