"""Editions of annual reports."""

from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table

from eventhub.accounts.tables import Account


class ReportEdition(Table, tablename="report_edition"):
    """
    One annual report as it was published, word for word.

    An edition never changes and is never deleted: one that was wrong is
    withdrawn with a reason, and another one follows it.
    """

    id = UUID(primary_key=True, default=uuid4)
    year = Integer()
    number = SmallInt(help_text="From 1 in each year.")
    content = Text(help_text="The report as JSON (reports/frozen.py).")
    note = Text()
    published_at = Timestamptz()
    account = ForeignKey(Account, null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    withdrawn_by = ForeignKey(Account, null=True, default=None)
    withdraw_reason = Text(default="")
