"""A file of partners against the known ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eventhub.directory.folding import fold, slugify
from eventhub.directory.planning.shared import (
    Cells,
    ImportPlan,
    plan_of,
    refuse_other_key,
    same_rows,
    shared_outside_keys,
)
from eventhub.spreadsheets import Sheet
from eventhub.words import Sentence

PARTNER_REQUIRED = ("name",)
PARTNER_OPTIONAL = ("key", "country", "outside_key")


@dataclass(frozen=True)
class Partner:
    """What is known, or said by a file, of one partner."""

    key: str
    name: str
    country: str = ""
    outside_key: str | None = None


def plan_partners_import(sheet: Sheet, existing: Sequence[Partner]) -> ImportPlan[Partner]:
    """Compare a file of partners with the known ones."""
    problems: list[Sentence] = []
    by_key = {partner.key: partner for partner in existing}
    by_outside_key = {partner.outside_key: partner for partner in existing if partner.outside_key}
    by_name = {fold(partner.name): partner for partner in existing}
    planned: list[tuple[int, Partner | None, Partner]] = []
    for row in sheet.rows:
        faults: list[Sentence] = []
        cells = Cells(row, faults)
        name = cells.text("name", 200, needed=True)
        if name and not fold(name):
            cells.wrong("name", Sentence("“%(given)s” has no letters or digits.", given=name[:40]))
        said = Partner(
            key=cells.key("key") or slugify(name),
            name=name,
            country=cells.country(),
            outside_key=cells.text("outside_key", 120) or None,
        )
        before = by_outside_key.get(said.outside_key or "") or by_key.get(said.key) or by_name.get(fold(name))
        refuse_other_key(cells, "key", before, by_key)
        problems += faults
        if faults:
            continue
        if before:
            kept = {column: getattr(before, column) for column in ("country", "outside_key") if not cells.has(column)}
            said = replace(said, key=before.key, **kept)
        planned.append((row.line, before, said))
    problems += same_rows([(line, after.key) for line, _, after in planned], "name")
    problems += shared_outside_keys(planned, existing)
    return plan_of([(b, a) for _, b, a in planned], problems)
