"""Files of seats into the statutory bodies, all or nothing."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.bodies.commands import lock_bodies
from eventhub.bodies.queries import all_seats
from eventhub.bodies.rules import BODIES, Term, overlap_sentence, term_problems
from eventhub.database import sql
from eventhub.directory.imports import known_members
from eventhub.directory.planning.members import Member, MemberNames, ambiguous
from eventhub.directory.planning.shared import Cells, ImportPlan, plan_of, same_rows
from eventhub.importing import all_or_nothing, insert_many
from eventhub.spreadsheets import BadFile, ImportReport, Sheet, cell_problem, read_sheet
from eventhub.words import Sentence

SEAT_REQUIRED = ("body", "member", "starts_on")
SEAT_OPTIONAL = ("ends_on",)


@dataclass(frozen=True)
class SeatEntry:
    """What is known, or said by a file, of one term; `member` is a key. Body, member and first day find it again."""

    body: str
    member: str
    starts_on: date
    ends_on: date | None = None

    @property
    def key(self) -> tuple[str, str, date]:
        """What two rows of the same term share."""
        return self.body, self.member, self.starts_on

    @property
    def name(self) -> str:
        """The term in words of the file."""
        return f"{self.body}, {self.member}, {self.starts_on}"


async def import_seats(
    content: bytes, filename: str, *, dry_run: bool, now: datetime, account_id: UUID | None = None
) -> ImportReport:
    """
    Read a file of seats and write what is new or ends otherwise, all of it or nothing.

    Raises:
        BadFile: with every row, column and reason.
        ImportCollision: another import wrote the same rows at the same time.

    """
    sheet = await asyncio.to_thread(read_sheet, content, filename, required=SEAT_REQUIRED, optional=SEAT_OPTIONAL)
    if dry_run:
        plan = await _plan(sheet)
        return _report(plan, written=False)
    async with all_or_nothing():
        bodies = await lock_bodies(map(str, BODIES))
        plan = await _plan(sheet)
        _, members = await known_members()
        new = [(uuid4(), seat) for seat in plan.new]
        await insert_many(
            "seat",
            ("id", "body", "member", "starts_on", "ends_on"),
            [(key, bodies[seat.body], members[seat.member], seat.starts_on, seat.ends_on) for key, seat in new],
        )
        for _, after in plan.changed:
            await sql(
                "UPDATE seat SET ends_on = {} WHERE body = {} AND member = {} AND starts_on = {}",
                after.ends_on, bodies[after.body], members[after.member], after.starts_on,
            )  # fmt: skip
        for key, seat in new:
            detail = f"{seat.body}, {seat.member}"
            await record("give_seat", "seat", key, account_id=account_id, now=now, detail=detail)
        if plan.new or plan.changed:
            detail = f"{len(plan.new)} new, {len(plan.changed)} changed"
            await record("import_seats", "file", "seats", account_id=account_id, now=now, detail=detail)
    return _report(plan, written=True)


async def _plan(sheet: Sheet) -> ImportPlan[SeatEntry]:
    known = [SeatEntry(seat.body, seat.member, seat.starts_on, seat.ends_on) for seat in await all_seats()]
    members, _ = await known_members()
    plan = await asyncio.to_thread(plan_seats_import, sheet, known, members.members)
    if plan.problems:
        raise BadFile(*plan.problems)
    return plan


def plan_seats_import(sheet: Sheet, known: Sequence[SeatEntry], members: Sequence[Member]) -> ImportPlan[SeatEntry]:
    """Compare a file of seats with the known ones."""
    problems: list[Sentence] = []
    names, by_key = MemberNames(members), {member.key: member for member in members}
    before_by_key = {seat.key: seat for seat in known}
    planned: list[tuple[int, SeatEntry | None, SeatEntry]] = []
    for row in sheet.rows:
        faults: list[Sentence] = []
        cells = Cells(row, faults)
        said = _entry_of(cells, names, by_key)
        if said:
            before = before_by_key.get(said.key)
            if before and not cells.has("ends_on"):
                said = replace(said, ends_on=before.ends_on)
            term = Term(said.starts_on, said.ends_on, by_key[said.member].left_on)
            for column, reasons in ({} if before == said else term_problems(term)).items():
                cells.wrong(column, reasons[0])
            if not faults:
                planned.append((row.line, before, said))
        problems += faults
    problems += same_rows([(line, after.name) for line, _, after in planned], "starts_on")
    if not problems:
        problems += _overlaps(planned, known)
    return plan_of([(before, after) for _, before, after in planned], problems)


def _entry_of(cells: Cells, names: MemberNames, by_key: dict[str, Member]) -> SeatEntry | None:
    """One row, if it can be read at all."""
    count = len(cells.problems)
    body = cells.one_of("body", map(str, BODIES))
    given = cells.text("member", 200, needed=True)
    starts_on, ends_on = cells.day("starts_on"), cells.day("ends_on")
    if not starts_on and not cells.text("starts_on", 200):
        cells.wrong("starts_on", Sentence("the cell is empty."))
    key = given
    if given and given not in by_key:
        found = names.of(given)
        if len(found) > 1:
            cells.wrong("member", ambiguous(given, found))
        elif not found:
            cells.wrong("member", Sentence("there is no member “%(given)s”.", given=given[:80]))
        else:
            key = found[0]
    return SeatEntry(body, key, starts_on, ends_on) if len(cells.problems) == count and starts_on else None


def _overlaps(planned: Sequence[tuple[int, SeatEntry | None, SeatEntry]], known: Sequence[SeatEntry]) -> list[Sentence]:
    """Terms of one member in one body that would share a day afterwards; the file's own rows count as it says."""
    said = {after.key for _, _, after in planned}
    terms: dict[tuple[str, str], list[tuple[SeatEntry, int]]] = {}
    for seat, line in [*((one, 0) for one in known if one.key not in said), *((one, n) for n, _, one in planned)]:
        terms.setdefault((seat.body, seat.member), []).append((seat, line))
    found = []
    for of_member in terms.values():
        of_member.sort(key=lambda one: one[0].starts_on)
        for (first, line), (second, other_line) in itertools.pairwise(of_member):
            if (line or other_line) and (first.ends_on is None or first.ends_on >= second.starts_on):
                at, term = (other_line, first) if other_line else (line, second)
                found.append(cell_problem(at, "starts_on", overlap_sentence(Term(term.starts_on, term.ends_on))))
    return found


def _report(plan: ImportPlan[SeatEntry], *, written: bool) -> ImportReport:
    new = tuple(seat.name for seat in plan.new)
    return ImportReport("seats", new, plan.changes, len(plan.changed), plan.unchanged, written)
