"""What an annual report and its editions are, and what tells a printed edition from today's numbers."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from eventhub.sections import Cell, DataTable, Section
from eventhub.words import Sentence

#: Files of a report, and what they are served as. `csv` is one file per table, together in a ZIP archive.
MEDIA_TYPES = {
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "application/zip",
}
FORMATS = tuple(MEDIA_TYPES)
LONGEST_NOTE = 1000
#: Rows of one table on a page; the files have all of them.
MOST_ROWS = 250
#: Differences that a page lists; more are counted only.
MOST_CHANGES = 500


@dataclass(frozen=True)
class Report:
    """
    One annual report, in no language yet.

    `is_exact` tells whether numbers by gender are those for data stewards;
    nothing exact is ever published.
    """

    title: Sentence
    year: int
    is_exact: bool
    sections: tuple[Section, ...]

    @property
    def all_sections(self) -> Iterator[tuple[int, Section]]:
        """Every section and part with its depth, from 1, in the order in which they are read."""
        return _walk(self.sections, 1)

    @property
    def tables(self) -> Iterator[tuple[Section, DataTable]]:
        """Every table with the section it stands in."""
        return ((section, table) for _, section in self.all_sections for table in section.tables)


def _walk(sections: tuple[Section, ...], depth: int) -> Iterator[tuple[int, Section]]:
    for section in sections:
        yield depth, section
        yield from _walk(section.parts, depth + 1)


def without_links(report: Report) -> Report:
    """The report for readers who have no desk: nothing in it leads to pages of staff."""
    return _with_tables(report, lambda table: replace(table, links=()))


def for_page(report: Report) -> Report:
    """The report as a page shows it: of long tables the first rows, and that the files have all of them."""

    def shortened(table: DataTable) -> DataTable:
        if len(table.rows) <= MOST_ROWS:
            return table
        more = Sentence(
            "Shown are the first %(most)s of %(all)s rows; the files have all of them.",
            most=MOST_ROWS,
            all=len(table.rows),
        )
        note = Sentence("%(note)s %(more)s", note=table.note, more=more) if table.note else more
        return replace(table, rows=table.rows[:MOST_ROWS], links=table.links[:MOST_ROWS], note=note)

    return _with_tables(report, shortened)


def _with_tables(report: Report, change: Callable[[DataTable], DataTable]) -> Report:
    def changed(section: Section) -> Section:
        return replace(
            section, tables=tuple(map(change, section.tables)), parts=tuple(map(changed, section.parts))
        )  # fmt: skip

    return replace(report, sections=tuple(map(changed, report.sections)))


def file_name(year: int, edition: int | None, language: str, form: str) -> str:
    """What a file is called: `annual-report-2024-en.docx`, of an edition `annual-report-2024-edition-1-en.docx`."""
    of_edition = f"-edition-{edition}" if edition else ""
    return f"annual-report-{year}{of_edition}-{language}.{'zip' if form == 'csv' else form}"


@dataclass(frozen=True)
class Change:
    """
    One cell that is no longer what was printed.

    Both cells are None where a row is new or gone; `is_new` tells which, and
    `column` is None then.
    """

    section: str
    table: Sentence
    row: str
    column: Sentence | None
    printed: Cell = None
    now: Cell = None
    is_new: bool = False


def changes_between(printed: Report, now: Report) -> list[Change]:
    """
    Every cell in which two reports of one year differ, in the order of the printed one.

    Rows are matched by the first column that tells the rows of both tables
    apart; where none does, a row that differs is one gone and one new.
    """
    before = {table.code: (section, table) for section, table in printed.tables}
    after = {table.code: (section, table) for section, table in now.tables}
    found: list[Change] = []
    for code, (section, table) in (before | {code: one for code, one in after.items() if code not in before}).items():
        empty = replace(table, rows=(), totals=())
        old = before[code][1] if code in before else empty
        new = after[code][1] if code in after else empty
        found += _changes_of_table(section.title, old, new)
    return found


def _changes_of_table(section: str, old: DataTable, new: DataTable) -> Iterator[Change]:
    key = _key((*old.rows, *old.totals), (*new.rows, *new.totals))
    if key is None:
        gone, come = Counter(old.rows + old.totals), Counter(new.rows + new.totals)
        for row in (gone - come).elements():
            yield Change(section, old.title, row_name(row), None)
        for row in (come - gone).elements():
            yield Change(section, old.title, row_name(row), None, is_new=True)
        return
    before = {str(row[key]): row for row in (*old.rows, *old.totals)}
    after = {str(row[key]): row for row in (*new.rows, *new.totals)}
    places = {column.code: place for place, column in enumerate(new.columns)}
    for name, row in before.items():
        if name not in after:
            yield Change(section, old.title, row_name(row, key), None)
            continue
        for place, column in enumerate(old.columns):
            now = after[name][places[column.code]] if column.code in places else None
            if now != row[place]:
                yield Change(section, old.title, row_name(row, key), column.head, row[place], now)
    for name, row in after.items():
        if name not in before:
            yield Change(section, old.title, row_name(row, key), None, is_new=True)


def _key(*tables: tuple[tuple[Cell, ...], ...]) -> int | None:
    """The first column whose cells are texts that tell the rows apart, in each of the tables."""
    width = min((len(row) for rows in tables for row in rows), default=0)

    def tells_apart(place: int) -> bool:
        return all(
            len({str(row[place]) for row in rows}) == len(rows) and all(isinstance(row[place], str) for row in rows)
            for rows in tables
        )

    return next(filter(tells_apart, range(width)), None)


def row_name(row: tuple[Cell, ...], key: int | None = None) -> str:
    """What a row is called: its telling cell, or all of its words; a Sentence stays one."""
    told = row[key] if key is not None else None
    if isinstance(told, str):
        return told
    return ", ".join(str(cell) for cell in row if isinstance(cell, str | date) and cell)


def say_cell(cell: Cell, say: Callable[[str], str]) -> str | int | float | date | None:
    """A cell in the language of `say`: sentences are translated, everything else stays what it is."""
    return say(cell) if isinstance(cell, str) else cell


def note_problems(note: str, *, required: bool) -> Sentence | None:
    """Say what is wrong with a note or a reason, if anything."""
    if required and not note:
        return Sentence("Please say why.")
    if len(note) > LONGEST_NOTE:
        return Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_NOTE)
    return None
