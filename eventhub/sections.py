"""
What reports, answers and files are made of: sections with sentences, tables and charts.

Everything is said in English sentences that know how they were made, and is
translated only where it is printed (words.py); the codes of tables and columns
are the same in every language. templates/_sections.html prints them on pages.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from eventhub.words import Sentence

#: A Sentence is translated where it is printed; a plain string, such as a name or a title, is not.
Cell = str | int | date | None


@dataclass(frozen=True)
class Column:
    """
    One column: `code` is its name in files and never changes, `head` is what people read.

    The texts of one that `is_printed_day` are days as documents print them,
    31/12/2024, and real days in workbooks.
    """

    code: str
    head: Sentence
    is_number: bool = False
    is_printed_day: bool = False


@dataclass(frozen=True)
class DataTable:
    """
    One table. None is an empty cell.

    `links` has, for each row or not at all, the address that its first cell
    leads to on pages of staff. `totals` are rows below the others.
    """

    code: str
    title: Sentence
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Sentence | None = None
    links: tuple[str | None, ...] = ()
    totals: tuple[tuple[Cell, ...], ...] = ()


def number_of(cell: Cell) -> int | float | None:
    """
    The number that a cell is, for workbooks and programs; None where it is none.

    A mean is a sentence that has nothing but its number in it, so that every
    reader sees it with the point or the comma of the language.
    """
    if isinstance(cell, Sentence) and cell.message == "%(number)s":
        value = cell.values["number"]
        return value if isinstance(value, int | float) else None
    return cell if isinstance(cell, int) else None


class ChartKind(StrEnum):
    """How the numbers of a chart are drawn."""

    BARS = "bars"
    STACKED = "stacked"


@dataclass(frozen=True)
class Chart:
    """
    One chart; its title is the finding.

    `series` names the numbers of each row: one for BARS, two to four for
    STACKED, where they are parts of a whole. `rows` are pairs of a label and
    its numbers. `unit` follows each number, such as “%”.
    """

    code: str
    kind: ChartKind
    title: Sentence
    label_head: Sentence
    series: tuple[Sentence, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    unit: str = ""


@dataclass(frozen=True)
class Section:
    """
    One part of a report or an answer, in the order in which it is read.

    Its title is a Sentence, or a plain string where it is a name, which no language changes.
    """

    code: str
    title: str
    sentences: tuple[Sentence, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[DataTable, ...] = ()
    parts: "tuple[Section, ...]" = field(default=())
