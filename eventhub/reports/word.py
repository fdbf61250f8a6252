"""
The report as a DOCX that staff go on editing: real headings, captions, tables and a table of contents.

Tables are written as XML in one go: python-docx looks every cell up again,
which takes minutes for a year of three thousand events.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

from babel.numbers import format_decimal
from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from eventhub.languages import day_in_words, gettext, locale, say
from eventhub.reports.rules import Report
from eventhub.sections import Cell, DataTable, Section

_INK, _SOFT, _ACCENT = RGBColor(0x17, 0x21, 0x1F), RGBColor(0x51, 0x5D, 0x59), RGBColor(0x0A, 0x3D, 0x3C)
_LOCALES = {"en": "en-GB", "es": "es-ES", "fr": "fr-FR"}
#: A section with a table of so many columns stands on pages turned on their side.
WIDE = 9
#: Twentieths of a point between the margins of a page, upright and on its side.
_UPRIGHT, _SIDEWAYS = 9638, 14570
#: The same for a letter of the head of a table and of its rows, and for the edges of a cell.
_BOLD, _LETTER, _PADDING = 138, 108, 150
#: Longer words may be broken, such as addresses.
_LONGEST_WORD = 24
#: Half points: the letters of a table, and the smallest of one with many columns.
_SIZE, _SMALLEST = 18, 12
_RIGHT = "<w:jc w:val='right'/>"
_NO_TIME = (1980, 1, 1, 0, 0, 0)
#: Characters that XML 1.0 has no way to write.
_UNWRITABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))


def document_bytes(report: Report, language: str, lines: list[str], pictures: list[bytes]) -> bytes:
    """
    The document in the language being spoken; the same bytes for the same report.

    Args:
        report: What is in it.
        language: The language being spoken, which spelling is checked in.
        lines: What the first page says of the report.
        pictures: One PNG for each chart, in their order.

    """
    return _Writer(report, language, lines, pictures).bytes()


class _Writer:
    """Writes one document from its first page to its last."""

    def __init__(self, report: Report, language: str, lines: list[str], pictures: list[bytes]) -> None:
        self._report, self._pictures = report, iter(pictures)
        self._document: Any = Document()
        self._tables = self._figures = self._bookmarks = 0
        self._is_sideways = False
        _set_up(self._document, language, say(report.title))
        self._first_page(lines)
        for depth, section in report.all_sections:
            self._section(depth, section)
        self._turn(sideways=False)

    def bytes(self) -> bytes:
        """The file, with no time in it."""
        kept, timeless = io.BytesIO(), io.BytesIO()
        self._document.save(kept)
        with zipfile.ZipFile(kept) as made, zipfile.ZipFile(timeless, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry in made.infolist():
                archive.writestr(zipfile.ZipInfo(entry.filename, _NO_TIME), made.read(entry), zipfile.ZIP_DEFLATED)
        return timeless.getvalue()

    def _first_page(self, lines: list[str]) -> None:
        document = self._document
        document.add_paragraph(say(self._report.title), style="Title")
        for line in lines:
            document.add_paragraph(_writable(line), style="Subtitle")
        document.add_paragraph(gettext("Contents"), style="TOC Heading")
        _table_of_contents(document, self._report)

    def _section(self, depth: int, section: Section) -> None:
        self._turn(sideways=_is_wide(section))
        heading = self._document.add_heading(_writable(say(section.title)), level=min(depth, 4))
        if depth == 1 and self._bookmarks and has_tables(section):
            heading.paragraph_format.page_break_before = True
        self._bookmarks += 1
        _bookmark(heading, self._bookmarks)
        for sentence in section.sentences:
            self._document.add_paragraph(_writable(say(sentence)))
        for chart in section.charts:
            self._figures += 1
            title = _writable(say(chart.title))
            paragraph = self._document.add_paragraph(style="Figure")
            paragraph.paragraph_format.keep_with_next = True
            picture = paragraph.add_run().add_picture(io.BytesIO(next(self._pictures)), width=Cm(16.2))
            described = gettext("%(title)s. The numbers are in the tables of this section.") % {"title": title}
            picture._inline.docPr.set("descr", described)
            picture._inline.docPr.set("name", f"chart-{self._figures}")
            _caption(self._document, gettext("Chart"), "Figure", self._figures, title)
        for table in section.tables:
            self._table(table)

    def _table(self, table: DataTable) -> None:
        self._tables += 1
        title = _writable(say(table.title))
        caption = _caption(self._document, gettext("Table"), "Table", self._tables, title)
        caption.paragraph_format.keep_with_next = True
        width = _SIDEWAYS if self._is_sideways else _UPRIGHT
        body = self._document.element.body
        body.insert(len(body) - 1, parse_xml("".join(_table_xml(table, title, width))))
        if table.note:
            self._document.add_paragraph(_writable(say(table.note)), style="Table Note")

    def _turn(self, *, sideways: bool) -> None:
        """Go on upright or on the side; a page begins where that changes."""
        if sideways is self._is_sideways:
            return
        self._is_sideways = sideways
        section = self._document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE if sideways else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (Cm(29.7), Cm(21)) if sideways else (Cm(21), Cm(29.7))


def _is_wide(section: Section) -> bool:
    """Whether a section has a wide table, or nothing but parts of which one has, so that its heading stands with them."""
    if section.tables:
        return any(len(table.columns) >= WIDE for table in section.tables)
    return any(map(_is_wide, section.parts))


def has_tables(section: Section) -> bool:
    """Whether a section has tables, so that it begins on a page of its own."""
    return bool(section.tables) or any(map(has_tables, section.parts))


def _writable(text: str) -> str:
    return text.translate(_UNWRITABLE)


def _set_up(document: Any, language: str, title: str) -> None:
    """Page, language, styles and footer of an empty document."""
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "EventHub", ""
    properties.language = _LOCALES.get(language, language)
    properties.created = properties.modified = datetime(1980, 1, 1)  # noqa: DTZ001
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2)
    page.top_margin = page.bottom_margin = Cm(2)
    styles = document.styles
    for style in styles.element.iter(qn("w:lang")):
        style.set(qn("w:val"), _LOCALES.get(language, language))
    _font(styles["Normal"], 10.5, _INK)
    styles["Normal"].paragraph_format.space_after = Pt(6)
    for level, points in ((1, 20), (2, 14), (3, 12), (4, 11)):
        _font(styles[f"Heading {level}"], points, _ACCENT, bold=True)
        styles[f"Heading {level}"].paragraph_format.space_before = Pt(14)
        styles[f"Heading {level}"].paragraph_format.space_after = Pt(6)
    _font(styles["Title"], 30, _ACCENT, bold=True)
    for border in styles["Title"].element.iter(qn("w:pBdr")):
        border.getparent().remove(border)
        break
    _font(styles["Subtitle"], 11, _SOFT)
    styles["Subtitle"].font.italic = False
    _font(styles["Caption"], 10, _INK, bold=True)
    styles["Caption"].paragraph_format.space_before = Pt(14)
    styles["Caption"].paragraph_format.space_after = Pt(4)
    for name, base, size in (
        ("Table Note", "Normal", 9.0),
        ("Figure", "Normal", 10.5),
        ("TOC Heading", "Normal", 14.0),
    ):
        style = styles[name] if name in styles else styles.add_style(name, 1)
        style.base_style = styles[base]
        _font(style, size, _SOFT if name == "Table Note" else _INK, bold=name == "TOC Heading")
    note = styles["Table Note"].paragraph_format
    note.space_before, note.space_after = Pt(4), Pt(10)
    for level in (1, 2):
        style = styles.add_style(f"TOC {level}", 1)
        style.base_style = styles["Normal"]
        style.paragraph_format.left_indent = Cm(0.6 * (level - 1))
        style.paragraph_format.space_after = Pt(2)
    footer = page.footer.paragraphs[0]
    footer.add_run(f"{title} · ")
    _field(footer, "PAGE", "1")
    _font(styles["Footer"], 9, _SOFT)


def _font(style: Any, size: float, colour: RGBColor, *, bold: bool = False) -> None:
    style.font.name, style.font.size, style.font.color.rgb, style.font.bold = "Calibri", Pt(size), colour, bold
    fonts = style.element.rPr.rFonts
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    for name in ("w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(name), "Calibri")


def _field(paragraph: Any, instruction: str, shown: str) -> None:
    """A field with what it shows until the program that reads it works it out."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("shown", shown), ("end", "")):
        run = paragraph.add_run()
        if kind == "shown":
            run.text = text
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        else:
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {text} "
            run._r.append(code)


def _table_of_contents(document: Any, report: Report) -> None:
    """A field that programs bring up to date, holding links to the headings until they do."""
    headings = [(depth, say(section.title)) for depth, section in report.all_sections]
    told = [(number, depth, title) for number, (depth, title) in enumerate(headings, start=1) if depth <= 2]
    for place, (number, depth, title) in enumerate(told):
        paragraph = document.add_paragraph(style=f"TOC {depth}")
        if place == 0:
            for kind in ("begin", "code", "separate"):
                paragraph._p.append(_toc_mark(kind))
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), f"_Toc{number:06}")
        link.set(qn("w:history"), "1")
        run, text = OxmlElement("w:r"), OxmlElement("w:t")
        text.text = _writable(title)
        run.append(text)
        link.append(run)
        paragraph._p.append(link)
        if place == len(told) - 1:
            paragraph._p.append(_toc_mark("end"))


def _toc_mark(kind: str) -> Any:
    run = OxmlElement("w:r")
    if kind == "code":
        code = OxmlElement("w:instrText")
        code.set(qn("xml:space"), "preserve")
        code.text = ' TOC \\o "1-2" \\h \\z \\u '
        run.append(code)
        return run
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    run.append(mark)
    return run


def _bookmark(heading: Any, number: int) -> None:
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(number))
    start.set(qn("w:name"), f"_Toc{number:06}")
    heading._p.insert(1 if heading._p.pPr is not None else 0, start)
    heading._p.append(end)


def _caption(document: Any, word: str, kind: str, number: int, title: str) -> Any:
    """“Table 3. Title”; the number is a field, so that captions that staff add are counted with it."""
    paragraph = document.add_paragraph(f"{word} ", style="Caption")
    _field(paragraph, f"SEQ {kind} \\* ARABIC", str(number))
    paragraph.add_run(f". {title}")
    return paragraph


def _table_xml(table: DataTable, title: str, width: int) -> Iterator[str]:
    """The table as WordprocessingML; its head stands again on every page."""
    rows = (*table.rows, *table.totals)
    widths, size = _widths(table, width)
    yield (
        f"<w:tbl {nsdecls('w')}><w:tblPr><w:tblW w:w='{width}' w:type='dxa'/><w:tblBorders>"
        "<w:top w:val='single' w:sz='8' w:color='767F78'/><w:bottom w:val='single' w:sz='8' w:color='767F78'/>"
        "<w:insideH w:val='single' w:sz='4' w:color='D6D0C2'/></w:tblBorders><w:tblLayout w:type='fixed'/>"
        "<w:tblCellMar><w:top w:w='30' w:type='dxa'/><w:left w:w='60' w:type='dxa'/><w:bottom w:w='30' w:type='dxa'/>"
        "<w:right w:w='60' w:type='dxa'/></w:tblCellMar><w:tblLook w:val='04A0' w:firstRow='1' w:firstColumn='1'/>"
        f"<w:tblCaption w:val={_attribute(title)}/></w:tblPr><w:tblGrid>"
    )
    yield "".join(f"<w:gridCol w:w='{one}'/>" for one in widths) + "</w:tblGrid>"
    heads = tuple(say(column.head) for column in table.columns)
    yield _row_xml(heads, table, widths, size=size, marks="<w:cantSplit/><w:tblHeader/>", bold=True, fill="F1ECE1")
    for number, row in enumerate(rows):
        texts = tuple(_cell_text(cell) for cell in row)
        yield _row_xml(texts, table, widths, size=size, marks="<w:cantSplit/>", bold=number >= len(table.rows), fill="")
    yield "</w:tbl>"


def _row_xml(
    texts: tuple[str, ...], table: DataTable, widths: list[int], *, size: int, marks: str, bold: bool, fill: str
) -> str:
    shade = f"<w:shd w:val='clear' w:color='auto' w:fill='{fill}'/>" if fill else ""
    strong = "<w:b/>" if bold else ""
    cells = "".join(
        f"<w:tc><w:tcPr><w:tcW w:w='{width}' w:type='dxa'/>{shade}</w:tcPr><w:p><w:pPr><w:spacing w:before='0' w:after='0' w:line='240' w:lineRule='auto'/>"
        f"{_RIGHT if column.is_number else ''}<w:rPr><w:sz w:val='{size}'/></w:rPr></w:pPr><w:r><w:rPr>{strong}<w:sz w:val='{size}'/></w:rPr>"
        f"<w:t xml:space='preserve'>{escape(_writable(text))}</w:t></w:r></w:p></w:tc>"
        for text, column, width in zip(texts, table.columns, widths, strict=True)
    )
    return f"<w:tr><w:trPr>{marks}</w:trPr>{cells}</w:tr>"


def _attribute(text: str) -> str:
    return '"' + escape(_writable(text), {'"': "&quot;"}) + '"'


def _widths(table: DataTable, width: int) -> tuple[list[int], int]:
    """
    Widths of the columns, and the size of the letters in half points.

    No word and no number is broken, and long texts share what is left; where
    there is no room for that, the letters are smaller.
    """
    least, wished = [], []
    for place, column in enumerate(table.columns):
        texts = [_cell_text(row[place]) for row in (*table.rows, *table.totals)]
        head = _BOLD * _longest_word([say(column.head)])
        word, longest = _longest_word(texts), max(map(len, texts), default=0)
        least.append(_PADDING + max(head, _LETTER * min(word, _LONGEST_WORD)))
        wished.append(_PADDING + max(head, _LETTER * min(longest, 60)))
    room = width - sum(least)
    if room <= 0:
        return [width * one // sum(least) for one in least], max(_SMALLEST, _SIZE * width // sum(least))
    wants = [more - one for more, one in zip(wished, least, strict=True)]
    if not sum(wants):
        return [one + room // len(least) for one in least], _SIZE
    return [one + room * want // sum(wants) for one, want in zip(least, wants, strict=True)], _SIZE


def _longest_word(texts: list[str]) -> int:
    return max((len(word) for text in texts for word in text.split()), default=0)


def _cell_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return day_in_words(cell, "medium")
    return format_decimal(cell, locale=locale()) if isinstance(cell, int) else say(cell)
