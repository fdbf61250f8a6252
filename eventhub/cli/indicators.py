"""Files of indicators for `eventhub import` and `eventhub export`."""

from typing import TYPE_CHECKING

from eventhub.cli.files import EXPORTS, IMPORTS, NARROWED_BY, ExportRequest, ImportRequest, Table

if TYPE_CHECKING:
    from eventhub.spreadsheets import ImportReport


async def _indicators_in(asked: ImportRequest) -> "ImportReport":
    from eventhub.database import utc_now
    from eventhub.indicators.imports import import_indicators

    return await import_indicators(asked.content, asked.filename, dry_run=asked.dry_run, now=utc_now())


async def _indicators_out(asked: ExportRequest) -> Table:
    from eventhub.indicators.queries import values_table

    return Table("Indicators", *await values_table(year=asked.year))


IMPORTS["indicators"] = _indicators_in
EXPORTS["indicators"] = _indicators_out
NARROWED_BY |= {"indicators": frozenset({"--year"})}
