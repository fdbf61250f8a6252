"""A report with a section on everything that a file has to be right about."""

from datetime import date

from eventhub.reports.rules import Report
from eventhub.sections import Chart, ChartKind, Column, DataTable, Section
from eventhub.words import Sentence


def a_report(*rows, year=2023, is_exact=False) -> Report:
    """One section with one table of texts, days and numbers, and one chart of each kind."""
    table = DataTable(
        "things",
        Sentence("Things of %(year)s", year="2023"),
        (
            Column("title", Sentence("Title")),
            Column("starts_on", Sentence("First day")),
            Column("number", Sentence("Number"), is_number=True),
        ),
        rows or (("Forum", date(2023, 5, 10), 1234), ("Webinar", None, None)),
        note=Sentence("A note."),
        links=tuple("/staff/events/secret" for _ in rows or "xx"),
        totals=((Sentence("Total"), None, 1234),),
    )
    bars = Chart(
        "bars", ChartKind.BARS, Sentence("Most are few"), Sentence("Kind"), (Sentence("Number"),),
        ((Sentence("Forum"), (3,)), ("Own words", (1,))),
    )  # fmt: skip
    stacked = Chart(
        "stacked", ChartKind.STACKED, Sentence("Women were 40 per cent"), Sentence("Group"),
        (Sentence("Women"), Sentence("Men")), (("2022", (40, 60)), ("2023", (50, 50))), "%",
    )  # fmt: skip
    part = Section("part", Sentence("A part"), (Sentence.counted("%(num)s event", "%(num)s events", 2),))
    section = Section("things", Sentence("Events"), (Sentence("Said."),), (bars, stacked), (table,), (part,))
    return Report(Sentence("Annual report %(year)s", year=str(year)), year, is_exact, (section,))
