"""Tables of a year for `eventhub export`: the calendar annex."""

from eventhub.cli.files import EXPORTS, NARROWED_BY, ExportRequest, ImportRequest, Table


def asked_year(asked: ExportRequest | ImportRequest) -> int:
    """
    The year that was asked for.

    Raises:
        Problems: none was named.

    """
    from eventhub.errors import Problems
    from eventhub.words import Sentence

    if asked.year is None:
        raise Problems({"year": [Sentence("Please name the year, such as --year 2024.")]})
    return asked.year


async def _calendar_annex_out(asked: ExportRequest) -> Table:
    from eventhub.statistics.queries import calendar_annex
    from eventhub.statistics.sheets import annex_sheet

    sheet = annex_sheet(await calendar_annex(asked_year(asked)))
    return Table(sheet.title, sheet.columns, sheet.rows)


EXPORTS["calendar-annex"] = _calendar_annex_out
NARROWED_BY["calendar-annex"] = frozenset({"--year"})
