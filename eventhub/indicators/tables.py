"""Values of indicators."""

from uuid import uuid4

from piccolo.columns import UUID, Integer, Numeric, SmallInt, Timestamptz, Varchar
from piccolo.table import Table


class IndicatorValue(Table, tablename="indicator_value"):
    """What a document states of one indicator in one year; NULL is a document without a date."""

    id = UUID(primary_key=True, default=uuid4)
    reference = Varchar(length=40, unique=True)
    code = Varchar(length=80)
    year = SmallInt(null=True, default=None)
    scope = Varchar(length=120)
    indicator = Varchar(length=200)
    value = Numeric()
    unit = Varchar(length=40)
    qualifier = Varchar(length=20)
    women_pct = Numeric(null=True, default=None)
    men_pct = Numeric(null=True, default=None)
    pct_source = Varchar(length=20)
    value_as_printed = Varchar(length=80)
    basis = Varchar(length=20)
    source_doc = Varchar(length=120)
    source_section = Varchar(length=300)
    version = Integer(default=1)
    updated_at = Timestamptz()
