"""
Reports as JSON: what an edition keeps, word for word and still in no language.

A sentence is kept as its message with its values, so that an edition is read
in every language, also in one whose translation is mended later.
"""

from datetime import date
from typing import Any

import msgspec

from eventhub.reports.rules import Report
from eventhub.sections import Cell, Chart, ChartKind, Column, DataTable, Section
from eventhub.words import Sentence

#: Of the shape below; a reader of another shape would have to know the old one as well.
SHAPE = 1


def frozen(report: Report) -> str:
    """A report as JSON."""
    kept = {
        "shape": SHAPE,
        "title": _text(report.title),
        "year": report.year,
        "is_exact": report.is_exact,
        "sections": [_section(one) for one in report.sections],
    }
    return msgspec.json.encode(kept).decode()


def thawed(text: str) -> Report:
    """
    The report that was frozen.

    Raises:
        ValueError: the text is of another shape.

    """
    kept = msgspec.json.decode(text)
    if kept.get("shape") != SHAPE:
        raise ValueError(f"a report of shape {kept.get('shape')!r} cannot be read")
    return Report(
        _sentence(kept["title"]), kept["year"], kept["is_exact"], tuple(map(_section_of, kept["sections"]))
    )  # fmt: skip


def _text(value: Any) -> Any:
    if isinstance(value, Sentence):
        kept: dict[str, Any] = {"message": value.message}
        if value.plural is not None:
            kept |= {"plural": value.plural, "number": value.number}
        if value.values:
            kept["values"] = {name: _text(one) for name, one in value.values.items()}
        return kept
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value


def _value(kept: Any) -> Any:
    if not isinstance(kept, dict):
        return kept
    return date.fromisoformat(kept["day"]) if "day" in kept else _sentence(kept)


def _sentence(kept: dict[str, Any]) -> Sentence:
    values = {name: _value(one) for name, one in kept.get("values", {}).items()}
    if "plural" not in kept:
        return Sentence(kept["message"], **values)
    values.pop("num", None)
    return Sentence.counted(kept["message"], kept["plural"], kept["number"], **values)


def _section(one: Section) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": _text(one.title),
        "sentences": [_text(sentence) for sentence in one.sentences],
        "charts": [_chart(chart) for chart in one.charts],
        "tables": [_table(table) for table in one.tables],
        "parts": [_section(part) for part in one.parts],
    }


def _section_of(kept: dict[str, Any]) -> Section:
    return Section(
        kept["code"],
        _sentence(kept["title"]),
        tuple(map(_sentence, kept["sentences"])),
        tuple(map(_chart_of, kept["charts"])),
        tuple(map(_table_of, kept["tables"])),
        tuple(map(_section_of, kept["parts"])),
    )


def _chart(one: Chart) -> dict[str, Any]:
    return {
        "code": one.code, "kind": one.kind.value, "title": _text(one.title), "label_head": _text(one.label_head),
        "series": [_text(name) for name in one.series],
        "rows": [[_text(label), list(numbers)] for label, numbers in one.rows], "unit": one.unit,
    }  # fmt: skip


def _chart_of(kept: dict[str, Any]) -> Chart:
    return Chart(
        kept["code"], ChartKind(kept["kind"]), _sentence(kept["title"]), _sentence(kept["label_head"]),
        tuple(map(_sentence, kept["series"])),
        tuple((_value(label), tuple(numbers)) for label, numbers in kept["rows"]), kept["unit"],
    )  # fmt: skip


def _table(one: DataTable) -> dict[str, Any]:
    return {
        "code": one.code, "title": _text(one.title), "note": one.note and _text(one.note),
        "columns": [
            {"code": c.code, "head": _text(c.head), "is_number": c.is_number, "is_printed_day": c.is_printed_day}
            for c in one.columns
        ],
        "rows": [_row(row) for row in one.rows], "totals": [_row(row) for row in one.totals],
    }  # fmt: skip


def _row(row: tuple[Cell, ...]) -> list[Any]:
    return [_text(cell) for cell in row]


def _table_of(kept: dict[str, Any]) -> DataTable:
    return DataTable(
        kept["code"], _sentence(kept["title"]),
        tuple(
            Column(c["code"], _sentence(c["head"]), c["is_number"], c.get("is_printed_day", False))
            for c in kept["columns"]
        ),
        tuple(tuple(map(_value, row)) for row in kept["rows"]),
        note=_sentence(kept["note"]) if kept["note"] else None,
        totals=tuple(tuple(map(_value, row)) for row in kept["totals"]),
    )  # fmt: skip
