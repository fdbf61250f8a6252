"""Files in and out: strict reading, and writing that reads back the same."""

import contextlib
import csv
import io
import json
import random
import zipfile
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from eventhub.spreadsheets import BadFile, Sheet, csv_bytes, json_bytes, read_sheet, xlsx_bytes


def read(content: bytes, name: str = "file.csv", **kwargs: object) -> Sheet:
    return read_sheet(content, name, **{"required": ("name",), "optional": ("note",), **kwargs})  # type: ignore[arg-type]


def faults(content: bytes, name: str = "file.csv", **kwargs: object) -> list[str]:
    with pytest.raises(BadFile) as refusal:
        read(content, name, **kwargs)
    assert refusal.value.status_code == 422
    return [str(sentence) for sentence in refusal.value.sentences]


@pytest.mark.parametrize(
    "content",
    [
        "name,note\nBogotá,a\nXi’an,b\n",
        "name;note\r\nBogotá;a\r\nXi’an;b\r\n",
        '\ufeff"name","note"\r\n"Bogotá","a"\r\n"Xi’an","b"',
        " Name ,NOTE\nBogotá,a\n\n,\nXi’an,b\n\n",
        "name,note\rBogotá,a\rXi’an,b\r",
        "name\tnote\nBogotá\ta\nXi’an\tb\n",
        "name,note,,\nBogotá,a,,\nXi’an,b,,\n",
        "Members, partners and others\n\nname;note\nBogotá;a\nXi’an;b\n",
        '"Members of 2020",\nSource:,report\n"Name","Note"\nBogotá,a\nXi’an,b\n',
    ],
    ids=[
        "commas",
        "semicolons with CRLF",
        "a byte order mark and quotes",
        "blank lines",
        "CR only",
        "tabs",
        "empty columns at the end",
        "a title with commas",
        "a title and a source",
    ],
)
def test_the_usual_ways_to_write_a_csv_read_the_same(content: str) -> None:
    sheet = read(content.encode())
    assert sheet.columns == ("name", "note")
    assert [row.cells for row in sheet.rows] == [{"name": "Bogotá", "note": "a"}, {"name": "Xi’an", "note": "b"}]


def test_rows_know_their_line_even_after_cells_with_line_ends() -> None:
    sheet = read(b'name,note\n"a\nb",1\n\nc,2\n')
    assert [(row.line, row["name"]) for row in sheet.rows] == [(2, "a\nb"), (5, "c")]


def test_cells_are_kept_exactly_as_written() -> None:
    assert read("name,note\n a\u00a0 ,\tb \n".encode()).rows[0].cells == {"name": " a\u00a0 ", "note": "\tb "}


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        (b"", ["The file is empty."]),
        (b"\n , \n", ["The file is empty."]),
        (b"name,note\n", ["The file has a line of column names and nothing else."]),
        (b"name\n\xe9\n", ["Line 2 is not UTF-8. Please save the file as “CSV UTF-8” or as XLSX."]),
        ("name\nx\n".encode("utf-16"), ["Line 1 is not UTF-8. Please save the file as “CSV UTF-8” or as XLSX."]),
        (b"note\nx\n", ["Line 1: the column “name” is missing."]),
        (b"name,name,x\n1,2,3\n", ["Line 1: the column “name” is there twice.", "Line 1: the column “x” is unknown. Columns are: name, note."]),
        (b"name,\n1,2\n", ["Line 1: column 2 has no name."]),
        (
            b"name,note\n1\n2,3\n4,5,6\n",
            ["Line 2 has 1 cells, and the line of column names has 2.", "Line 4 has 3 cells, and the line of column names has 2."],
        ),
        (b'name,note\na,"b\n', ["Line 2: the quotes do not fit together."]),
        (b'name,note\nx,y\n"a"b,c\n', ["Line 3: the quotes do not fit together."]),
        (b"name,note\na\x00b,\x07\n", ["Line 2, column “name”: the text holds a character that cannot be kept.", "Line 2, column “note”: the text holds a character that cannot be kept."]),
        (b"name,note\n" + b"x" * 140_000 + b",y\n", ["Line 2: a cell is too long."]),
        (b"x" * 5_000_001, ["The file is larger than 5 MB."]),
        (b"name\n" + b"a\n" * 20_001, ["The file has more than 20000 rows."]),
    ],
)  # fmt: skip
def test_every_fault_of_a_csv_is_named(content: bytes, sentences: list[str]) -> None:
    assert faults(content) == sentences


def test_twenty_thousand_rows_are_taken() -> None:
    assert len(read(b"name\n" + b"a\n" * 20_000).rows) == 20_000


def workbook(*rows: list[object], columns: tuple[str, ...] = ("name", "note")) -> bytes:
    return b"".join(xlsx_bytes("Members", columns, rows))


def test_blank_lines_take_no_room_from_rows() -> None:
    assert len(read(b"name\n" + b"a\n\n" * 15_000).rows) == 15_000


def test_rows_under_titles_are_all_taken_or_refused() -> None:
    titles = b"One\nTwo\nThree\n"
    assert len(read(titles + b"name,note\n" + b"a,b\n" * 20_000).rows) == 20_000
    assert faults(titles + b"name,note\n" + b"a,b\n" * 20_001) == ["The file has more than 20000 rows."]


def test_an_xlsx_has_titles_above_its_column_names() -> None:
    book = workbook(
        ["from the report", "", "", "page 40"],
        ["Name", "NOTE"],
        ["Bogotá", "a"],
        columns=("Members", "of 2020", "", ""),
    )
    sheet = read(book, "file.xlsx")
    assert [(row.line, row.cells) for row in sheet.rows] == [(4, {"name": "Bogotá", "note": "a"})]


def test_columns_are_known_by_what_else_they_are_called() -> None:
    sheet = read(b"Full_Name,Remark(s)\nBogot\xc3\xa1,a\n", also_called={"full name": "name", "remark s": "note"})
    assert sheet.columns == ("name", "note")
    said = faults(b"Full name,name\na,b\n", also_called={"full name": "name"})
    assert said == ["Line 1: the column “name” is there twice."]


def test_an_xlsx_reads_like_the_csv_of_the_same_rows() -> None:
    rows: list[list[object]] = [["Bogotá", "=1+1"], ["Xi’an", ""], ["", ""], ["007", 12]]
    sheet = read(workbook(*rows), "file.xlsx")
    assert sheet.columns == ("name", "note")
    assert [(row.line, *row.cells.values()) for row in sheet.rows] == [
        (2, "Bogotá", "=1+1"), (3, "Xi’an", ""), (5, "007", "12"),
    ]  # fmt: skip


def test_date_cells_of_an_xlsx_are_written_as_asked() -> None:
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet()
    page.write_row(0, 0, ["name", "note"])
    page.write_string(1, 0, "x")
    page.write_datetime(1, 1, date(2020, 10, 7), book.add_format({"num_format": "dd/mm/yyyy"}))
    book.close()
    assert read(file.getvalue()).rows[0]["note"] == "2020-10-07"
    assert read(file.getvalue(), day_format="%d/%m/%Y").rows[0]["note"] == "07/10/2020"


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


NO_XLSX = "This file is not an XLSX. Please save it as XLSX or as CSV."
TOO_MUCH = "This XLSX unpacks to more than can be taken."


def with_sheet(xml: str) -> bytes:
    """A workbook whose first sheet is replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["a", "b"]))) as good, zipfile.ZipFile(out, "w") as archive:
        for name in good.namelist():
            archive.writestr(name, xml.encode() if name == "xl/worksheets/sheet1.xml" else good.read(name))
    return out.getvalue()


def far_out(cell: str) -> str:
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1"><c r="{cell}" t="inlineStr"><is><t>name</t></is></c></row></sheetData></worksheet>'
    )


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        (b"not a workbook", [NO_XLSX]),
        (b"PK\x03\x04 nor this", [NO_XLSX]),
        (b"\xd0\xcf\x11\xe0 an old one", [NO_XLSX]),
        (zipped(**{"a.txt": b"x"}), [NO_XLSX]),
        (workbook(["a", "b"])[:-300], [NO_XLSX]),
        (zipped(**{f"{n}": b"" for n in range(201)}), [TOO_MUCH]),
        (zipped(big=b"0" * 20_000_001), [TOO_MUCH]),
        (zipped(big=b"0" * 1_000_000), [TOO_MUCH]),
        (with_sheet(far_out("XFD1")), ["The file has more than 200 columns."]),
        (with_sheet(far_out("A1048576")), ["The file has more than 20000 rows."]),
        (with_sheet("<!DOCTYPE x>" + far_out("A1")), [NO_XLSX]),
        (with_sheet("<worksheet"), [NO_XLSX]),
        (with_sheet(far_out("??")), [NO_XLSX]),
        (with_sheet(far_out("A1")), ["The file has a line of column names and nothing else."]),
    ],
    ids=["text", "broken archive", "old Excel", "other archive", "cut off", "many entries", "twenty megabytes", "bomb",
         "a cell far right", "a cell far down", "a document type", "broken XML", "a cell nowhere", "only a header"],
)  # fmt: skip
def test_what_is_no_proper_xlsx_is_refused(content: bytes, sentences: list[str]) -> None:
    assert faults(content, "file.xlsx") == sentences


def test_a_size_stated_too_small_is_found_before_anything_unpacks() -> None:
    content = bytearray(zipped(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<a>" + b" " * 5000 + b"</a>"}))
    at = content.rindex(b"xl/workbook.xml") - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert faults(bytes(content), "file.xlsx") == [NO_XLSX]


def test_broken_workbooks_are_refused_whatever_is_broken() -> None:
    good = workbook(["a", "b"])
    chance = random.Random(7)  # noqa: S311
    for _ in range(300):
        broken = bytearray(good)
        for _ in range(chance.randrange(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        with contextlib.suppress(BadFile):
            read(bytes(broken), "file.xlsx", optional=None)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_never_takes_text_for_a_formula(start: str) -> None:
    content = b"".join(csv_bytes(["name"], [[f"{start}cmd"], [-5], ["a=b"]]))
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert rows == [["name"], [f"'{start}cmd"], ["-5"], ["a=b"]]


def test_text_in_an_xlsx_is_never_a_formula_or_a_link() -> None:
    content = workbook(["=1+1", "https://example.org"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1),
            st.one_of(st.text("=+-@'a \t", max_size=5), st.text('אب🏙é́\u202e\n,;"', max_size=5)),
        ).filter(lambda row: row[0].strip()),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=150, deadline=None)
def test_what_is_written_reads_back_the_same_in_every_format(rows: list[tuple[str, str]]) -> None:
    columns = ("name", "note")
    from_csv = read(b"".join(csv_bytes(columns, rows)))
    assert [tuple(row.cells.values()) for row in from_csv.rows] == rows
    from_xlsx = read(b"".join(xlsx_bytes("Rows", columns, rows)), "rows.xlsx")
    assert [tuple(row.cells.values()) for row in from_xlsx.rows] == rows
    from_json = json.loads(b"".join(json_bytes(columns, rows)))
    assert [tuple(row.values()) for row in from_json] == rows


def test_all_formats_have_the_same_columns_and_rows() -> None:
    columns, rows = ("name", "note"), [["a", 1], ["b", True], ["c", None], ["d", date(2026, 11, 25)]]
    shown = [["a", "1"], ["b", "yes"], ["c", ""], ["d", "2026-11-25"]]
    for content in (b"".join(csv_bytes(columns, rows)), b"".join(xlsx_bytes("Rows", columns, rows))):
        assert [list(row.cells.values()) for row in read(content).rows] == shown
    assert json.loads(b"".join(json_bytes(columns, rows))) == [
        {"name": "a", "note": 1},
        {"name": "b", "note": True},
        {"name": "c", "note": None},
        {"name": "d", "note": "2026-11-25"},
    ]
    assert json.loads(b"".join(json_bytes(columns, []))) == []


def test_days_and_instants_are_dates_in_an_xlsx_and_numbers_are_numbers() -> None:
    there = datetime(2026, 11, 25, 9, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    row = [date(2026, 11, 25), there, 3, 2.5, "2026-11-25", date(1899, 12, 31)]
    content = b"".join(xlsx_bytes("Rows", list("abcdef"), [row]))
    _, cells = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    # Cells have no zone: 9.30 is what the clocks there show.
    assert cells == [date(2026, 11, 25), there.replace(tzinfo=None), 3, 2.5, "2026-11-25", "1899-12-31"]
    assert b"".join(csv_bytes(list("abcdef"), [row])).splitlines()[1] == (
        b"2026-11-25,2026-11-25T09:30:00+05:30,3,2.5,2026-11-25,1899-12-31"
    )
