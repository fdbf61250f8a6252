"""Cells of a file, tidied and judged, and what all kinds of import share."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from eventhub.directory.countries import country_codes
from eventhub.directory.rules import clean_line
from eventhub.spreadsheets import Change, Row, cell_problem, plain_text
from eventhub.words import Sentence

#: The association was founded in 1985.
FIRST_YEAR, LAST_YEAR = 1985, 2100


Entry = TypeVar("Entry")


@dataclass(frozen=True)
class ImportPlan(Generic[Entry]):
    """New rows, differences as (before, after), rows that say nothing new, and everything that is wrong."""

    new: tuple[Entry, ...] = ()
    changed: tuple[tuple[Entry, Entry], ...] = ()
    unchanged: int = 0
    problems: tuple[Sentence, ...] = ()
    new_regions: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every difference, field by field."""
        regions = [Change(code, "region", "", name) for code, name in self.new_regions.items()]
        return tuple(regions + [change for before, after in self.changed for change in differences(before, after)])


def differences(before: Any, after: Any) -> list[Change]:
    """The fields in which two states of the same thing differ, as text."""
    return [
        Change(before.name, name, _shown(getattr(before, name)), _shown(getattr(after, name)))
        for name in before.__dataclass_fields__
        if getattr(before, name) != getattr(after, name)
    ]


def _shown(value: Any) -> str:
    return "; ".join(value) if isinstance(value, tuple) else plain_text(value)


class Cells:
    """The cells of one row, tidied; every fault is collected with its line and column."""

    def __init__(self, row: Row, problems: list[Sentence]) -> None:
        self.row = row
        self.problems = problems

    def wrong(self, column: str, reason: Sentence) -> None:
        """Note a fault of one cell."""
        self.problems.append(cell_problem(self.row.line, column, reason))

    def has(self, column: str) -> bool:
        """Whether the file has the column at all."""
        return column in self.row.cells

    def text(self, column: str, longest: int, *, needed: bool = False) -> str:
        """One line of text; empty when the file has no such column."""
        text = clean_line(self.row.get(column) or "")
        if needed and not text:
            self.wrong(column, Sentence("the cell is empty."))
        if len(text) > longest:
            self.wrong(column, Sentence("the text is longer than %(most)s characters.", most=longest))
        return text

    def one_of(self, column: str, known: Iterable[str], usual: str = "") -> str:
        """One of some words; `usual` stands for an empty cell."""
        text = clean_line(self.row.get(column) or "") or usual
        if text not in (words := list(known)):
            listed = ", ".join(word for word in words if word)
            self.wrong(column, Sentence("“%(given)s” is none of: %(known)s.", given=text[:40], known=listed))
        return text

    def country(self, *, needed: bool = False) -> str:
        """A country by its code of ISO 3166-1, in capitals."""
        code = self.text("country", 200, needed=needed).upper()
        if code and code not in country_codes():
            self.wrong(
                "country",
                Sentence("“%(given)s” is no country code of ISO 3166. Codes look like FR.", given=code[:40]),
            )
        return code

    def year(self, column: str) -> int | None:
        """A year of four digits, or nothing."""
        text = self.text(column, 200)
        if not text:
            return None
        if not re.fullmatch("[0-9]{4}", text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
            self.wrong(
                column,
                Sentence(
                    "“%(given)s” is no year between %(first)s and %(last)s.",
                    given=text[:40], first=FIRST_YEAR, last=LAST_YEAR,
                ),
            )  # fmt: skip
            return None
        return int(text)

    def day(self, column: str) -> date | None:
        """A day by ISO 8601, or nothing."""
        text = self.text(column, 200)
        if not text:
            return None
        try:
            if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError(text)
            return date.fromisoformat(text)
        except ValueError:
            self.wrong(column, Sentence("“%(given)s” is no day. Days look like 2026-11-25.", given=text[:40]))
            return None

    def key(self, column: str) -> str:
        """A key as addresses show it, or nothing."""
        text = self.text(column, 80)
        if text and not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", text):
            self.wrong(
                column,
                Sentence("“%(given)s” is no key. Keys have letters a to z, digits and hyphens.", given=text[:40]),
            )
        return text


def plan_of(
    rows: Sequence[tuple[Entry | None, Entry]],
    problems: Sequence[Sentence],
    regions: Mapping[str, str] | None = None,
) -> ImportPlan[Entry]:
    """The plan of rows as (known, said); nothing but the problems when there are any."""
    if problems:
        return ImportPlan(problems=tuple(problems))
    return ImportPlan(
        new=tuple(after for before, after in rows if before is None),
        changed=tuple((before, after) for before, after in rows if before is not None and before != after),
        unchanged=sum(before == after for before, after in rows),
        new_regions=regions or {},
    )


def in_line_too(given: str, line: int) -> Sentence:
    """The reason when two lines say the same thing."""
    return Sentence("“%(given)s” is in line %(line)s too.", given=given[:80], line=line)


def same_rows(rows: Iterable[tuple[int, str]], column: str) -> list[Sentence]:
    """Two rows that are the same thing."""
    lines: dict[str, int] = {}
    return [
        cell_problem(line, column, in_line_too(identity, lines[identity]))
        for line, identity in rows
        if lines.setdefault(identity, line) != line
    ]


def shared_outside_keys(rows: Sequence[tuple[int, Any, Any]], known: Sequence[Any]) -> list[Sentence]:
    """An outside key that two things would have afterwards."""
    touched = {before.key for _, before, _ in rows if before}
    owners = {one.outside_key: (0, one.key) for one in known if one.outside_key and one.key not in touched}
    found = []
    for line, _, after in rows:
        if not after.outside_key:
            continue
        first_line, owner = owners.setdefault(after.outside_key, (line, after.key))
        if owner != after.key:
            reason = (
                in_line_too(after.outside_key, first_line)
                if first_line
                else Sentence("“%(name)s” is the outside key of %(owner)s.", name=after.outside_key, owner=owner)
            )
            found.append(cell_problem(line, "outside_key", reason))
    return found


def refuse_other_key(cells: Cells, column: str, before: Any | None, by_key: Mapping[str, Any]) -> None:
    """Note when a row is found by its outside key, and its key is that of something else that we know."""
    key = cells.row.get(column)
    if before and key and key in by_key and key != before.key:
        cells.wrong(
            column,
            Sentence(
                "the outside key of this row is that of %(owner)s, not of “%(given)s”.", owner=before.key, given=key
            ),
        )
