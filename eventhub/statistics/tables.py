"""What tells that figures have to be counted again."""

from uuid import uuid4

from piccolo.columns import UUID, Integer, Timestamptz
from piccolo.table import Table


class FigureChange(Table, tablename="figure_change"):
    """One change of what figures count, whatever it was; see docs/decisions/0022-kept-figures.md."""

    id = UUID(primary_key=True, default=uuid4)
    changed_at = Timestamptz()
    mark = Integer(help_text="At random, so that the sum tells one set of changes from another.")
