"""The form by which programme staff type in a figure of a document, and correct it."""

from decimal import Decimal
from typing import Any

import wtforms
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from eventhub import languages
from eventhub.forms import Form
from eventhub.indicators.commands import NewValue
from eventhub.indicators.queries import ValueRow
from eventhub.indicators.rules import (
    BASIS_WORDS,
    LONGEST_DOCUMENT,
    LONGEST_INDICATOR,
    LONGEST_PRINTED,
    LONGEST_SCOPE,
    LONGEST_SECTION,
    LONGEST_UNIT,
    PCT_SOURCES,
    QUALIFIER_WORDS,
    number_reason,
    plain,
    read_number,
)


def _number(_: wtforms.Form, field: wtforms.Field) -> None:
    """Words of WTForms would speak of decimals; ours say what a number looks like."""
    text = (field.data or "").strip()
    if text and read_number(text) is None:
        raise ValidationError(languages.say(number_reason(text)))


class ValueForm(Form):
    """What a document states of one indicator in one year."""

    scope = wtforms.StringField(
        "Scope", [InputRequired(), Length(max=LONGEST_SCOPE)], description="Such as: membership, own events."
    )
    indicator = wtforms.StringField("What is counted", [InputRequired(), Length(max=LONGEST_INDICATOR)])
    year = wtforms.StringField(
        "Year",
        [Optional(), Regexp(r"^\s*[0-9]{4}\s*$", message="A year has four digits.")],
        description="Empty for a document without a date.",
    )
    value = wtforms.StringField(
        "Number", [InputRequired(), _number], description="Without signs between thousands: 2450 or 15.6."
    )
    unit = wtforms.StringField(
        "Unit", [InputRequired(), Length(max=LONGEST_UNIT)], description="Such as: people, members, events, percent."
    )
    qualifier = wtforms.SelectField("How near it is")
    value_as_printed = wtforms.StringField("As printed", [Optional(), Length(max=LONGEST_PRINTED)])
    women_pct = wtforms.StringField("Women, per cent", [Optional(), _number])
    men_pct = wtforms.StringField("Men, per cent", [Optional(), _number])
    pct_source = wtforms.SelectField("Where the shares come from")
    basis = wtforms.SelectField("Where the figure comes from")
    source_doc = wtforms.StringField(
        "Document", [Optional(), Length(max=LONGEST_DOCUMENT)], description="Such as: annual_report_2025."
    )
    source_section = wtforms.StringField("Section of the document", [Optional(), Length(max=LONGEST_SECTION)])
    code = wtforms.HiddenField()
    version = wtforms.HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.qualifier.choices = [(code.value, languages.say(words)) for code, words in QUALIFIER_WORDS.items()]
        self.basis.choices = [(code.value, languages.say(words)) for code, words in BASIS_WORDS.items()]
        sources = [(code, languages.say(words)) for code, words in PCT_SOURCES.items()]
        self.pct_source.choices = [("", languages.gettext("There are no shares")), *sources]
        for field in (self.qualifier, self.basis, self.pct_source):
            field.flags.required = True

    def typed(self) -> NewValue:
        """The figure as typed, once the form is sound."""
        year = (self.year.data or "").strip()
        return NewValue(
            year=int(year) if year else None,
            scope=self.scope.data or "",
            indicator=self.indicator.data or "",
            value=_read(self.value.data) or Decimal(0),
            unit=self.unit.data or "",
            qualifier=self.qualifier.data,
            women_pct=_read(self.women_pct.data),
            men_pct=_read(self.men_pct.data),
            pct_source=self.pct_source.data,
            value_as_printed=self.value_as_printed.data or "",
            basis=self.basis.data,
            source_doc=self.source_doc.data or "",
            source_section=self.source_section.data or "",
            code=self.code.data or "",
        )

    @property
    def seen(self) -> int:
        """The version that the form was opened with; 0: none that exists."""
        return seen_version(self.version.data or "")


def seen_version(text: str) -> int:
    """A version as a form sends it back; what is no number is none that exists."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _read(text: str | None) -> Decimal | None:
    return read_number((text or "").strip())


def values_of(row: ValueRow) -> dict[str, Any]:
    """What the form shows of a value that exists."""
    stated = row.stated
    numbers = {name: plain(getattr(stated, name)) for name in ("value", "women_pct", "men_pct")}
    words = (
        "scope", "indicator", "unit", "qualifier", "value_as_printed", "pct_source", "basis", "source_doc",
        "source_section", "code",
    )  # fmt: skip
    return (
        {name: getattr(stated, name) for name in words}
        | {name: "" if number is None else str(number) for name, number in numbers.items()}
        | {"year": "" if stated.year is None else str(stated.year), "version": str(row.version)}
    )
