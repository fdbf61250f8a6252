"""The tables of a year: pages, CSV, XLSX and the command line all show these same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.labels import label_of
from eventhub.spreadsheets import PrintedDay
from eventhub.statistics.queries import YearFigures
from eventhub.statistics.rules import AnnexRow

Cell = str | int | float | None


@dataclass(frozen=True)
class Sheet:
    """One table with the names of its columns; None is an empty cell."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def figures_sheet(found: YearFigures) -> Sheet:
    """The figures, each with its definition."""
    return Sheet(
        "Figures",
        ("code", "name", "value", "women_pct", "men_pct", "known", "unknown", "year", "scope", "definition"),
        tuple(
            (
                figure.code,
                str(figure.name),
                figure.number,
                figure.women_pct,
                figure.men_pct,
                figure.known,
                figure.unknown,
                figure.year,
                str(figure.scope),
                str(figure.definition),
            )
            for figure in found.figures
        ),
    )


def kinds_sheet(found: YearFigures) -> Sheet:
    """Own events by kind and mode."""
    return Sheet(
        "Events by kind",
        ("kind", "name", "in_person", "online", "hybrid", "total"),
        tuple((row.kind, label_of(row.kind), row.in_person, row.online, row.hybrid, row.total) for row in found.kinds),
    )


def themes_sheet(found: YearFigures) -> Sheet:
    """Solutions Labs by thematic priority."""
    return Sheet(
        "Labs by theme",
        ("theme", "name", "labs", "active_member_cities"),
        tuple((row.code, row.name, row.labs, row.active_members) for row in found.themes),
    )


def annex_sheet(annex: Sequence[AnnexRow]) -> Sheet:
    """The calendar annex with its four printed columns."""
    return Sheet(
        "Calendar annex",
        ("start", "end", "title", "location"),
        tuple((PrintedDay(row.start), PrintedDay(row.end), row.title, row.location) for row in annex),
    )


def year_sheets(found: YearFigures) -> list[Sheet]:
    """All tables of the workbook of a year, in order."""
    return [figures_sheet(found), kinds_sheet(found), themes_sheet(found), annex_sheet(found.annex)]
