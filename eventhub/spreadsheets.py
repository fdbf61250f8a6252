"""Files that people exchange: CSV and XLSX read strictly, CSV, XLSX and JSON written the same."""

import csv
import hashlib
import io
import itertools
import json
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from xml.parsers import expat

import xlsxwriter
from python_calamine import CalamineWorkbook

from eventhub.errors import Refusal
from eventhub.words import Sentence

LARGEST_FILE_BYTES = 5_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200
#: An XLSX is an archive; these keep a small file from unpacking to a huge one (ASVS 5.0, 5.2.3).
MOST_UNPACKED_BYTES = 20_000_000
MOST_ENTRIES = 200
LARGEST_RATIO = 100
#: What a spreadsheet takes for a formula when a cell begins with it (ASVS 5.0, 1.2.10), perhaps
#: after quotes that keep it from doing so; with them, guarding and reading back are exact opposites.
_FORMULA = re.compile("'*[=+\\-@\t\r\0]")
#: Most cells begin with none of these, which is asked faster.
_SUSPECT = frozenset("'=+-@\t\r\0")
#: What the csv module itself writes as `plain_text` would.
_AS_THEY_ARE = frozenset({int, date})
_CHUNK_BYTES = 64 * 1024
#: What may part the cells of a CSV.
_SIGNS = (",", ";", "\t")
#: Lines with text that may stand above the column names, such as a title and a source.
_MOST_TITLES = 10
#: Spreadsheets count days from 1900 on; what is older stays text.
_LAST_YEAR_WITHOUT_DATES = 1900
#: How workbooks show a day that documents print as day/month/year.
PRINTED_DAY_FORMAT = "dd/mm/yyyy"
_PRINTED_DAY = re.compile("([0-9]{2})/([0-9]{2})/([0-9]{4})")
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class BadFile(Refusal):
    """A file cannot be taken; every fault is named with its line, column and reason."""

    status_code: ClassVar[int] = 422


class PrintedDay(str):
    """A day as documents print it, such as 31/12/2024: these letters in a CSV, and a real day in a workbook."""

    __slots__ = ()

    @property
    def day(self) -> date | None:
        """The day; None where the text is something else, as printed calendars may have it."""
        parts = _PRINTED_DAY.fullmatch(self)
        if not parts or int(parts[3]) <= _LAST_YEAR_WITHOUT_DATES:
            return None
        try:
            return date(int(parts[3]), int(parts[2]), int(parts[1]))
        except ValueError:
            return None


@dataclass(frozen=True)
class Row:
    """One line of a sheet; cells are text, exactly as written."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def get(self, column: str) -> str | None:
        """The cell, or None when the sheet has no such column."""
        return self.cells.get(column)


@dataclass(frozen=True)
class Sheet:
    """A file that was read: its columns in order, and its rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Change:
    """One value that the file has otherwise than the database."""

    subject: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class ImportReport:
    """
    What an import did, or would do: new rows by name, and every difference.

    `changed` and `unchanged` count rows; one changed row may have several
    differences, and a difference may be of something that the rows share.
    `remarks` are findings that stop nothing, such as sums that do not fit.
    """

    kind: str
    new: tuple[str, ...]
    changes: tuple[Change, ...]
    changed: int
    unchanged: int
    written: bool
    remarks: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the file says nothing that is not known."""
        return not self.new and not self.changes

    @property
    def fingerprint(self) -> str:
        """Changes when the differences do: what somebody agreed to is what gets written."""
        return hashlib.sha256(repr((self.kind, self.new, self.changes)).encode()).hexdigest()


def cell_problem(line: int, column: str, reason: Sentence) -> Sentence:
    """The sentence that names line, column and reason."""
    return Sentence("Line %(line)s, column “%(column)s”: %(reason)s", line=line, column=column, reason=reason)


def read_sheet(
    content: bytes,
    filename: str,
    *,
    required: Sequence[str],
    optional: Sequence[str] | None = (),
    also_called: Mapping[str, str] = MappingProxyType({}),
    day_format: str = "%Y-%m-%d",
) -> Sheet:
    """
    Read a CSV (UTF-8; commas, semicolons or tabs) or an XLSX (its first sheet).

    Column names are compared without case and outer spaces. Lines without any
    text are left out, and so are titles above the column names and columns at
    the end in which nothing stands. In a CSV, the quote that `csv_bytes` puts
    before formula signs is taken away again.

    Args:
        content: The bytes of the file.
        filename: Its name; the content decides, the name only helps to say what is wrong.
        required: Columns that must be there.
        optional: Columns that may be there; None allows any.
        also_called: Columns by what else they may be called, in small letters and with a space between words.
        day_format: How the date cells of an XLSX are written as text.

    Raises:
        BadFile: with every fault that was found.

    """
    if len(content) > LARGEST_FILE_BYTES:
        raise BadFile(Sentence("The file is larger than 5 MB."))
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        lines = _xlsx_lines(content, day_format)
    elif filename.lower().endswith((".xlsx", ".xls", ".ods")) or content.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile(Sentence("This file is not an XLSX. Please save it as XLSX or as CSV."))
    else:
        lines = _csv_lines(content, required, also_called)
    return _sheet(lines, required, optional, also_called)


def workbook_lines(content: bytes) -> list[tuple[int, list[str]]]:
    """
    The lines of the first sheet of an XLSX with their numbers, where its columns are not known beforehand.

    Raises:
        BadFile: it is no XLSX, or unpacks to more than can be taken.

    """
    lines = _xlsx_lines(content, "%Y-%m-%d")
    for number, cells in lines:
        if any(_NO_TEXT.search(cell) for cell in cells):
            raise BadFile(Sentence("Line %(line)s holds a character that cannot be kept.", line=number))
    return lines


def _sheet(
    lines: list[tuple[int, list[str]]],
    required: Sequence[str],
    optional: Sequence[str] | None,
    also_called: Mapping[str, str],
) -> Sheet:
    lines = [(number, cells) for number, cells in lines if any(cell.strip() for cell in cells)]
    if not lines:
        raise BadFile(Sentence("The file is empty."))
    lines = _trimmed(lines, required, also_called)
    head_line, head = lines[0]
    columns = _column_names(head, also_called)
    faults = _column_faults(head_line, columns, required, optional)
    if len(lines) - 1 > MOST_ROWS:
        faults.append(Sentence("The file has more than %(most)s rows.", most=MOST_ROWS))
    elif len(lines) == 1:
        faults.append(Sentence("The file has a line of column names and nothing else."))
    if faults:
        raise BadFile(*faults)
    for number, cells in lines[1:]:
        if len(cells) != len(columns):
            faults.append(
                Sentence(
                    "Line %(line)s has %(found)s cells, and the line of column names has %(expected)s.",
                    line=number, found=len(cells), expected=len(columns),
                )
            )  # fmt: skip
            continue
        faults += [
            cell_problem(number, column, Sentence("the text holds a character that cannot be kept."))
            for column, cell in zip(columns, cells, strict=True)
            if _NO_TEXT.search(cell)
        ]
    if faults:
        raise BadFile(*faults)
    return Sheet(columns, tuple(Row(number, dict(zip(columns, cells, strict=True))) for number, cells in lines[1:]))


def _trimmed(
    lines: list[tuple[int, list[str]]], required: Sequence[str], also_called: Mapping[str, str]
) -> list[tuple[int, list[str]]]:
    """Lines from the column names on, as far as anything stands in a column."""
    names = (set(_column_names(cells, also_called)) for _, cells in lines[: _MOST_TITLES + 1])
    above = next((position for position, found in enumerate(names) if found.issuperset(required)), 0)
    width = max(position for _, cells in lines[above:] for position, text in enumerate(cells, 1) if text.strip())
    return [(number, cells[:width]) for number, cells in lines[above:]]


def _column_names(head: Sequence[str], also_called: Mapping[str, str]) -> tuple[str, ...]:
    names = (name.strip().lower() for name in head)
    return tuple(also_called.get(re.sub(r"[\W_]+", " ", name).strip(), name) for name in names)


def _column_faults(
    line: int, columns: tuple[str, ...], required: Sequence[str], optional: Sequence[str] | None
) -> list[Sentence]:
    faults = []
    if len(columns) > MOST_COLUMNS:
        return [Sentence("The file has more than %(most)s columns.", most=MOST_COLUMNS)]
    if unnamed := [str(position) for position, name in enumerate(columns, 1) if not name]:
        faults.append(Sentence("Line %(line)s: column %(numbers)s has no name.", line=line, numbers=", ".join(unnamed)))
    for name in dict.fromkeys(name for name in columns if name and columns.count(name) > 1):
        faults.append(Sentence("Line %(line)s: the column “%(column)s” is there twice.", line=line, column=name[:80]))
    faults += [
        Sentence("Line %(line)s: the column “%(column)s” is missing.", line=line, column=name)
        for name in required
        if name not in columns
    ]
    if optional is not None:
        known = [*required, *optional]
        faults += [
            Sentence(
                "Line %(line)s: the column “%(column)s” is unknown. Columns are: %(known)s.",
                line=line, column=name[:80], known=", ".join(known),
            )
            for name in dict.fromkeys(columns)
            if name and name not in known
        ]  # fmt: skip
    return faults


# CSV


def _csv_lines(content: bytes, required: Sequence[str], also_called: Mapping[str, str]) -> list[tuple[int, list[str]]]:
    """Lines with text and their numbers, as many as can be taken and one more."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadFile(
            Sentence("Line %(line)s is not UTF-8. Please save the file as “CSV UTF-8” or as XLSX.", line=line)
        ) from error
    sign = _delimiter(text, required, also_called)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    lines: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((before + 1, [_without_guard(cell) for cell in cells]))
            before = reader.line_num
            if len(lines) > _MOST_TITLES + 1 + MOST_ROWS:
                break
    except csv.Error as error:
        reason = (
            Sentence("a cell is too long.")
            if "field limit" in str(error)
            else Sentence("the quotes do not fit together.")
        )
        raise BadFile(Sentence("Line %(line)s: %(reason)s", line=before + 1, reason=reason)) from error
    return lines


def _delimiter(text: str, required: Sequence[str], also_called: Mapping[str, str]) -> str:
    """The sign by which the column names are parted, else the one that parts the first line into most cells."""
    with_text = (line for line in text.splitlines() if line.strip(" ,;\t"))
    first = list(itertools.islice(with_text, _MOST_TITLES + 1)) or [""]
    if required:
        for line, sign in itertools.product(first, _SIGNS):
            names = _column_names([name.replace('"', "") for name in line.split(sign)], also_called)
            if set(required) <= set(names):
                return sign
    unquoted = re.sub(r'"[^"]*"', "", first[0])
    return max(_SIGNS, key=unquoted.count)


def _without_guard(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


# XLSX


def _xlsx_lines(content: bytes, day_format: str) -> list[tuple[int, list[str]]]:
    _check_archive(content)
    unreadable = BadFile(Sentence("This file is not an XLSX that can be read. Please save it again."))
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            cells = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the Rust parser is not an Exception
        raise unreadable from error
    lines = [(number, [_cell_text(cell, day_format) for cell in row]) for number, row in enumerate(cells, start=1)]
    width = max((position for _, row in lines for position, text in enumerate(row, 1) if text.strip()), default=0)
    return [(number, row[:width]) for number, row in lines]


def _check_archive(content: bytes) -> None:
    """Refuse what would unpack to too much or is no workbook; every entry is unpacked once, within bounds."""
    too_much = BadFile(Sentence("This XLSX unpacks to more than can be taken."))
    no_workbook = BadFile(Sentence("This file is not an XLSX. Please save it as XLSX or as CSV."))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED_BYTES or unpacked > LARGEST_RATIO * len(content):
                raise too_much
            names = {entry.filename for entry in entries}
            if not {"[Content_Types].xml", "xl/workbook.xml"} <= names or "content.xml" in names:
                raise no_workbook
            for entry in entries:
                # At most the size stated is unpacked, and then the sum is checked: a size that lies is found.
                with archive.open(entry) as stream:
                    data = stream.read(entry.file_size + 1)
                if entry.filename.endswith(".xml"):
                    _check_extent(data)
    except BadFile:
        raise
    except Exception as error:  # zipfile, zlib and expat fail in many ways
        raise no_workbook from error


def _check_extent(xml: bytes) -> None:
    """Refuse a sheet with a cell far out: the parser makes room for every cell up to it."""
    row = column = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column
        name = tag.rpartition(":")[2]
        if name == "row":
            row, column = int(attributes.get("r") or row + 1), 0
        elif name == "c":
            letters, digits = re.fullmatch(r"([A-Za-z]*)([0-9]*)", attributes.get("r", "")).groups()  # type: ignore[union-attr]
            column = _column_number(letters) if letters else column + 1
            row = int(digits) if digits else row
        if row > MOST_ROWS + 1000:
            raise BadFile(Sentence("The file has more than %(most)s rows.", most=MOST_ROWS))
        if column > MOST_COLUMNS:
            raise BadFile(Sentence("The file has more than %(most)s columns.", most=MOST_COLUMNS))

    def refuse(*_: Any) -> None:
        raise BadFile(Sentence("This file is not an XLSX. Please save it as XLSX or as CSV."))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xml, True)
    except (AttributeError, TypeError) as error:
        raise ValueError("a cell without a proper place") from error


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + ord(letter) - 64
    return number


def _cell_text(cell: Any, day_format: str) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.strftime(day_format) if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.strftime(day_format)
    if isinstance(cell, time | timedelta):
        return str(cell)
    return str(cell)


# Writing


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]], *, mark: bool = False) -> Iterator[bytes]:
    """
    Write a CSV in UTF-8, in parts.

    A text that a spreadsheet would take for a formula gets a quote before it.
    `mark` begins the file with the byte order mark, by which Excel knows UTF-8.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    if mark:
        buffer.write("\ufeff")
    writer.writerow([_guarded(name) for name in columns])
    for row in rows:
        writer.writerow(
            [
                value
                if value is None or type(value) in _AS_THEY_ARE or (type(value) is str and value[:1] not in _SUSPECT)
                else _guarded(value)
                for value in row
            ]
        )
        if buffer.tell() >= _CHUNK_BYTES:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _guarded(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return plain_text(value)


def plain_text(value: object) -> str:
    """A value as every format shows it: days and instants by ISO 8601, yes and no in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value)


def xlsx_bytes(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """
    Write an XLSX with one sheet, row by row to a temporary file, and give it in parts.

    Text stays text, numbers are numbers, days and instants are dates. Cells of a spreadsheet have no time zone: an
    instant is what the clocks of its own zone show.
    """
    with tempfile.TemporaryFile() as file:
        options = {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True,
        }  # fmt: skip
        book = xlsxwriter.Workbook(file, options)
        page = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31] or "Sheet")
        bold = book.add_format({"bold": True})
        day, instant, printed = (
            book.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", PRINTED_DAY_FORMAT)
        )
        page.freeze_panes(1, 0)
        for position, name in enumerate(columns):
            page.write_string(0, position, name, bold)
            page.set_column(position, position, 18)
        for number, row in enumerate(rows, start=1):
            for position, value in enumerate(row):
                if type(value) is str:
                    if value:
                        page.write_string(number, position, value)
                elif isinstance(value, int | float) and not isinstance(value, bool):
                    page.write_number(number, position, value)
                elif isinstance(value, date) and value.year > _LAST_YEAR_WITHOUT_DATES:
                    page.write_datetime(number, position, value, instant if isinstance(value, datetime) else day)
                elif isinstance(value, PrintedDay) and value.day:
                    page.write_datetime(number, position, value.day, printed)
                elif text := plain_text(value):
                    page.write_string(number, position, text)
        book.close()
        file.seek(0)
        while part := file.read(_CHUNK_BYTES):
            yield part


def json_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Write a JSON list with one object per row, in parts; numbers, yes and no stay what they are."""
    opening = "["
    for row in rows:
        pairs = {
            name: value if value is None or isinstance(value, int | float) else plain_text(value)
            for name, value in zip(columns, row, strict=True)
        }
        yield (opening + "\n" + json.dumps(pairs, ensure_ascii=False)).encode()
        opening = ","
    yield (b"[" if opening == "[" else b"\n") + b"]\n"


def table_bytes(
    form: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, mark: bool = False
) -> Iterator[bytes]:
    """
    Write a table as `csv`, `xlsx` or `json`: the same columns and rows in each.

    Args:
        mark: Begin a CSV with the byte order mark; see `csv_bytes`.

    Raises:
        ValueError: another format.

    """
    if form == "csv":
        return csv_bytes(columns, rows, mark=mark)
    if form == "xlsx":
        return xlsx_bytes(title, columns, rows)
    if form == "json":
        return json_bytes(columns, rows)
    raise ValueError(f"unknown format {form!r}")
