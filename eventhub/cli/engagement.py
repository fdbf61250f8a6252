"""The engagement matrix for `eventhub import` and `eventhub export`."""

from typing import TYPE_CHECKING

from eventhub.cli.files import EXPORTS, IMPORT_OPTIONS, IMPORTS, NARROWED_BY, ExportRequest, ImportRequest, Table
from eventhub.cli.report import asked_year

if TYPE_CHECKING:
    from eventhub.spreadsheets import ImportReport


async def _engagement_in(asked: ImportRequest) -> "ImportReport":
    """
    A printed matrix.

    Raises:
        Problems: no year was named.

    """
    from eventhub.database import utc_now
    from eventhub.engagement.imports import import_engagement

    return await import_engagement(
        asked.content,
        asked.filename,
        year=asked_year(asked),
        create_missing=asked.create_missing,
        dry_run=asked.dry_run,
        now=utc_now(),
    )


async def _engagement_out(asked: ExportRequest) -> Table:
    from eventhub.engagement.queries import engagement_of
    from eventhub.engagement.sheets import engagement_sheet

    sheet = engagement_sheet(await engagement_of(asked_year(asked)))
    return Table(sheet.title, sheet.columns, sheet.rows)


async def _sent_nobody_out(asked: ExportRequest) -> Table:
    from eventhub.engagement.queries import members_that_sent_nobody
    from eventhub.engagement.sheets import absent_sheet

    sheet = absent_sheet(await members_that_sent_nobody(asked_year(asked)))
    return Table(sheet.title, sheet.columns, sheet.rows)


IMPORTS["engagement"] = _engagement_in
IMPORT_OPTIONS["engagement"] = frozenset({"--year", "--create-missing"})
EXPORTS |= {"engagement": _engagement_out, "sent-nobody": _sent_nobody_out}
NARROWED_BY |= {"engagement": frozenset({"--year"}), "sent-nobody": frozenset({"--year"})}
