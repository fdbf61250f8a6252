"""Forms of the engagement matrix: cells of one member, a quarter, and a printed matrix."""

from typing import Any

import wtforms
from litestar.datastructures import FormMultiDict, UploadFile
from wtforms.validators import Optional

from eventhub.engagement.commands import Word
from eventhub.engagement.rules import CellKind, Column, MemberRow, kept_text
from eventhub.forms import Form
from eventhub.languages import gettext
from eventhub.words import Sentence

#: What a cell can hold, for whoever types it.
_HINTS = {
    CellKind.YES: Sentence("yes, no or empty"),
    CellKind.ONE: Sentence("1, 0 or empty"),
    CellKind.NUMBER: Sentence("A number, or empty"),
    CellKind.YEAR: Sentence("A year, or empty"),
    CellKind.ROLE: Sentence("L, P, P (2) or L, P; or empty"),
}


class CellsForm(Form):
    """What somebody says of the cells of one member; the fields are the columns."""

    def texts(self) -> dict[str, str]:
        """What was typed, by code."""
        return {field.name: field.data or "" for field in self}


def cells_form(columns: tuple[Column, ...], row: MemberRow, posted: FormMultiDict | None = None) -> CellsForm:
    """A form with one field for each column that can be typed in, filled with what was said before."""
    fields = {
        column.code: wtforms.StringField(column.name, [Optional()], description=_HINTS[column.cell])
        for column in columns
        if column.code != "activated"
    }
    made: type[CellsForm] = type("CellsOfMember", (CellsForm,), fields)
    said = {column.code: row.cells[column.code].stated for column in columns}
    return made(
        posted,
        data={
            column.code: kept_text(column, value)
            for column in columns
            if (value := said[column.code]) is not None and column.code in fields
        },
    )


class MatrixForm(Form):
    """A printed matrix to import."""

    file: Any = wtforms.FileField(
        "File", description="CSV (UTF-8) or XLSX: a column member, then the columns of the matrix, as printed."
    )
    create_missing = wtforms.BooleanField(
        "Make former members of names that nobody bears",
        description="They leave at the end of the year, and their region is not known unless the file has a column region.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file.flags.required = True

    def validate_file(self, field: wtforms.Field) -> None:
        """A file was chosen."""
        if not isinstance(field.data, UploadFile) or not field.data.filename:
            raise wtforms.validators.ValidationError(gettext("Please choose a file."))


def words_of(posted: FormMultiDict) -> dict[str, Word]:
    """What the page of a quarter said of each member that it showed: boxes, and comments beside them."""
    active = {str(key) for key in posted.getall("active", [])}
    return {
        key: Word(key in active, str(posted.get(f"comment-{key}", "")).replace("\x00", ""))
        for key in (str(shown) for shown in posted.getall("member", []))
    }
