"""
The indicators that ship with the product: names, units, scopes, definitions, and the printed rows of each.

They are data (`eventhub/data/indicator_definitions.csv`). A further one is one
row there and, if it can be computed, one function in computing.py.
"""

import csv
from dataclasses import dataclass
from functools import cache

from eventhub.directory.folding import fold
from eventhub.resources import DATA
from eventhub.words import Sentence


@dataclass(frozen=True)
class IndicatorDefinition:
    """
    One indicator.

    `definition` says how EventHub counts it; None where it can only be typed
    in or imported. `rows` are the references of the printed values.
    """

    code: str
    name: Sentence
    unit: Sentence
    scope: Sentence
    definition: Sentence | None
    rows: tuple[str, ...]


@cache
def definitions() -> dict[str, IndicatorDefinition]:
    """All of them by code, in the order of pages and reports."""
    with (DATA / "indicator_definitions.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: IndicatorDefinition(
                row["code"],
                Sentence(row["name"]),
                Sentence(row["unit"]),
                Sentence(row["scope"]),
                Sentence(row["definition"]) if row["definition"] else None,
                tuple(row["rows"].split("; ")) if row["rows"] else (),
            )
            for row in csv.DictReader(file)
        }


@cache
def code_of_printed_row() -> dict[str, str]:
    """The indicator of each printed row, by the reference of the row."""
    return {reference: one.code for one in definitions().values() for reference in one.rows}


@cache
def code_of_words() -> dict[tuple[str, str], str]:
    """The indicator by its folded scope and name."""
    return {(fold(one.scope), fold(one.name)): one.code for one in definitions().values()}
