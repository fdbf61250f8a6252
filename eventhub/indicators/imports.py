"""Files of stated figures, all or nothing; and the printed figures that ship."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.directory.planning.shared import Cells, ImportPlan, in_line_too, plan_of, same_rows
from eventhub.importing import all_or_nothing
from eventhub.indicators.commands import code_for, insert_values, replace_values, taken_sentence
from eventhub.indicators.queries import stated_values
from eventhub.indicators.rules import (
    LONGEST_CODE,
    LONGEST_DOCUMENT,
    LONGEST_INDICATOR,
    LONGEST_PRINTED,
    LONGEST_REFERENCE,
    LONGEST_SCOPE,
    LONGEST_SECTION,
    LONGEST_UNIT,
    PCT_SOURCES,
    UNDATED,
    Basis,
    Qualifier,
    StatedValue,
    next_reference,
    number_reason,
    read_number,
    value_problems,
)
from eventhub.resources import DATA
from eventhub.spreadsheets import BadFile, ImportReport, Row, Sheet, cell_problem, read_sheet
from eventhub.words import Sentence

INDICATOR_REQUIRED = ("year", "scope", "indicator", "value", "unit")
INDICATOR_OPTIONAL = (
    "indicator_id", "qualifier", "women_pct", "men_pct", "pct_source", "value_as_printed", "basis", "source_doc",
    "source_section", "code",
)  # fmt: skip
_LONGEST = {
    "value_as_printed": LONGEST_PRINTED, "source_doc": LONGEST_DOCUMENT, "source_section": LONGEST_SECTION,
}  # fmt: skip


async def import_indicators(
    content: bytes, filename: str, *, dry_run: bool, now: datetime, account_id: UUID | None = None
) -> ImportReport:
    """
    Read a file of stated figures and write what is new or different, all of it or nothing.

    Raises:
        BadFile: with every row, column and reason.
        ImportCollision: another import wrote the same rows at the same time.

    """
    sheet = await asyncio.to_thread(
        read_sheet, content, filename, required=INDICATOR_REQUIRED, optional=INDICATOR_OPTIONAL
    )
    if dry_run:
        return _report(await _plan(sheet), written=False)
    async with all_or_nothing():
        plan = await _plan(sheet)
        await replace_values({before.reference: after for before, after in plan.changed}, now)
        taken = {row.stated.reference for row in await stated_values()} | {one.reference for one in plan.new}
        rows = []
        for one in plan.new:
            named = one if one.reference else replace(one, reference=next_reference(one.year, taken))
            taken.add(named.reference)
            rows.append((uuid4(), named))
        await insert_values(rows, now)
        if plan.new or plan.changed:
            detail = f"{len(plan.new)} new, {len(plan.changed)} changed"
            await record("import_indicators", "file", "indicators", account_id=account_id, now=now, detail=detail)
    return _report(plan, written=True)


async def load_indicators(*, now: datetime) -> int:
    """
    Write down the printed figures of the reports that are missing; what is there stays as staff have made it.

    Returns:
        How many rows were written; a second time none.

    """
    content = (DATA / "indicators.csv").read_bytes()
    sheet = read_sheet(content, "indicators.csv", required=INDICATOR_REQUIRED, optional=INDICATOR_OPTIONAL)
    printed = plan_indicators_import(sheet, ()).new
    async with all_or_nothing():
        known = [row.stated for row in await stated_values()]
        references, years = {one.reference for one in known}, {(one.code, one.year) for one in known}
        missing = [one for one in printed if one.reference not in references and (one.code, one.year) not in years]
        await insert_values([(uuid4(), one) for one in missing], now)
        if missing:
            detail = f"{len(missing)} new"
            await record("load_indicators", "file", "indicators", account_id=None, now=now, detail=detail)
    return len(missing)


def _report(plan: ImportPlan[StatedValue], *, written: bool) -> ImportReport:
    new = tuple(f"{one.name}: {one.words} {one.unit}" for one in plan.new)
    return ImportReport("indicators", new, plan.changes, len(plan.changed), plan.unchanged, written)


async def _plan(sheet: Sheet) -> ImportPlan[StatedValue]:
    """
    What the file would change.

    Raises:
        BadFile: with every fault.

    """
    known = [row.stated for row in await stated_values()]
    plan = await asyncio.to_thread(plan_indicators_import, sheet, known)
    if plan.problems:
        raise BadFile(*plan.problems)
    return plan


def plan_indicators_import(sheet: Sheet, known: Sequence[StatedValue]) -> ImportPlan[StatedValue]:
    """Compare the rows of a file with what is stated so far."""
    problems: list[Sentence] = []
    rows = [(row.line, *_read(row, list(known), problems)) for row in sheet.rows]
    named = [(line, after.reference) for line, _, after in rows if after.reference]
    problems += same_rows(named, "indicator_id")
    problems += _shared_years(rows, known)
    return plan_of([(before, after) for _, before, after in rows], problems)


def _read(row: Row, known: list[StatedValue], problems: list[Sentence]) -> tuple[StatedValue | None, StatedValue]:
    """The stated value that a row is about, if there is one, and what it says; what cannot be read is a problem."""
    faults: list[Sentence] = []
    cells = Cells(row, faults)
    reference = cells.text("indicator_id", LONGEST_REFERENCE)
    year = _year(cells)
    scope = cells.text("scope", LONGEST_SCOPE, needed=True)
    indicator = cells.text("indicator", LONGEST_INDICATOR, needed=True)
    before = next((one for one in known if reference and one.reference == reference), None)
    code = cells.text("code", LONGEST_CODE)
    if not code:
        code = before.code if before else code_for(scope, indicator, known, reference)
    if before is None and not reference:
        before = next((one for one in known if (one.code, one.year) == (code, year)), None)
    stands = before or StatedValue(reference, code, year, scope, indicator, Decimal(0), "")

    def text(name: str) -> str:
        return cells.text(name, _LONGEST[name]) if cells.has(name) else str(getattr(stands, name))

    def one_of(name: str, words: Sequence[str], usual: str) -> str:
        return cells.one_of(name, words, usual) if cells.has(name) else str(getattr(stands, name))

    after = StatedValue(
        reference=stands.reference,
        code=code,
        year=year,
        scope=scope,
        indicator=indicator,
        value=_number(cells, "value", needed=True) or Decimal(0),
        unit=cells.text("unit", LONGEST_UNIT, needed=True),
        qualifier=one_of("qualifier", [*Qualifier], Qualifier.EXACT),
        women_pct=_number(cells, "women_pct") if cells.has("women_pct") else stands.women_pct,
        men_pct=_number(cells, "men_pct") if cells.has("men_pct") else stands.men_pct,
        pct_source=one_of("pct_source", ["", *PCT_SOURCES], ""),
        value_as_printed=text("value_as_printed"),
        basis=one_of("basis", [*Basis], Basis.REGISTER),
        source_doc=text("source_doc"),
        source_section=text("source_section"),
    )
    if not faults:  # what could not be read would only be told twice
        said = value_problems(after)
        faults += [cell_problem(row.line, name, reason) for name, reasons in said.items() for reason in reasons]
    problems += faults
    return before, after


def _year(cells: Cells) -> int | None:
    """A year, or None for the mark of a document without a date."""
    text = cells.text("year", 20, needed=True)
    return None if not text or text == UNDATED else cells.year("year")


def _number(cells: Cells, column: str, *, needed: bool = False) -> Decimal | None:
    """A number, or nothing."""
    text = cells.text(column, 40, needed=needed)
    if not text:
        return None
    number = read_number(text)
    if number is None:
        cells.wrong(column, number_reason(text))
    return number


def _shared_years(
    rows: Sequence[tuple[int, StatedValue | None, StatedValue]], known: Sequence[StatedValue]
) -> list[Sentence]:
    """Rows after which an indicator would have two values of one year."""
    touched = {before.reference for _, before, _ in rows if before}
    lines: dict[tuple[str, int | None], int] = {
        (one.code, one.year): 0 for one in known if one.reference not in touched
    }  # fmt: skip
    found = []
    for line, _, after in rows:
        first = lines.setdefault((after.code, after.year), line)
        if first == line:
            continue
        reason = in_line_too(f"{after.indicator}, {after.year_text}", first) if first else taken_sentence(after.year)
        found.append(cell_problem(line, "year", reason))
    return found
