"""What staff say of the engagement of members: cells, who a printed matrix lists, and who is activated."""

from uuid import uuid4

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Member


class EngagementCell(Table, tablename="engagement_cell"):
    """What somebody typed in or imported for one cell; kept beside what the data give."""

    id = UUID(primary_key=True, default=uuid4)
    member = ForeignKey(Member, null=False)
    year = Integer()
    code = Varchar(length=40, help_text="Of a column of data/engagement_columns.csv.")
    value = Varchar(length=40, help_text="As printed; 0 says that the cell is empty.")
    source = Varchar(length=20, help_text="typed or import.")
    account = ForeignKey(Account, null=True, default=None)
    stated_at = Timestamptz()


class EngagementListing(Table, tablename="engagement_listing"):
    """A member that the printed matrix of a year lists; where a year has such rows, they are its members."""

    id = UUID(primary_key=True, default=uuid4)
    member = ForeignKey(Member, null=False)
    year = Integer()
    is_new = Boolean(default=False)


class Activation(Table, tablename="activation"):
    """That a member is activated at the end of a quarter, or is not; a later word replaces an earlier one, which stays."""

    id = UUID(primary_key=True, default=uuid4)
    member = ForeignKey(Member, null=False)
    year = Integer()
    quarter = SmallInt()
    is_active = Boolean(default=False)
    comment = Text(default="")
    account = ForeignKey(Account, null=True, default=None)
    confirmed_at = Timestamptz()
    replaced_at = Timestamptz(null=True, default=None)
