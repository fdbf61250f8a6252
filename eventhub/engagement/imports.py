"""A printed engagement matrix of a year, all or nothing; its closing rows are compared and never taken for members."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql
from eventhub.directory.folding import fold, slugify
from eventhub.directory.imports import known_members
from eventhub.directory.planning.members import Known, MemberNames, ambiguous
from eventhub.directory.planning.shared import Cells, in_line_too
from eventhub.directory.rules import MemberKind
from eventhub.engagement.columns import columns_of
from eventhub.engagement.commands import Word, ids_of, replace_activations, write_cells
from eventhub.engagement.queries import engagement_of
from eventhub.engagement.rules import (
    DASH,
    FIRST_YEAR,
    Cell,
    Column,
    EngagementMatrix,
    MemberRow,
    Unreadable,
    Value,
    kept_text,
    nothing,
    printed,
    quarter_of,
    read_closing,
    read_value,
    suggested,
    total,
    total_members,
)
from eventhub.engagement.sheets import MORE_COLUMNS, TOTAL, TOTAL_MEMBERS
from eventhub.importing import all_or_nothing, insert_many
from eventhub.spreadsheets import BadFile, Change, ImportReport, Row, Sheet, cell_problem, read_sheet
from eventhub.words import Sentence

#: Columns that say more of a member that is made by the import.
MEMBER_COLUMNS = ("region", "country")
#: The region of former members of which the file does not say one.
UNKNOWN_REGION = ("unknown", "Region not known")
#: Names that one remark lists.
_MOST_NAMED = 20
#: Unknown names for which names like them are looked up: more are another list.
_MOST_COMPARED = 200
#: Marks after a name: of new members, of those on the board, and of footnotes.
_MARK = r"(?:[(\[](?:N|new|B|\*|[0-9]{1,2})[)\]]|[*†‡§¹²³⁰⁴-⁹])"
_MARKS = re.compile(rf"(?:\s*{_MARK})+\s*$", re.I)
_MARK_BEFORE = re.compile(_MARK, re.I)
_NEW_MARK = re.compile(r"[(\[](?:N|new)[)\]]", re.I)
_CLOSING = {fold(name): name for name in (TOTAL_MEMBERS, TOTAL)}


@dataclass(frozen=True)
class Line:
    """
    One member as the file has it; `is_made` tells that the import makes it.

    `near` are names of known members that are like that of one to be made.
    """

    number: int
    key: str
    name: str
    values: Mapping[str, Value]
    is_new: bool = False
    is_made: bool = False
    region: str = ""
    country: str = ""
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class MatrixPlan:
    """What an import would do: members made, cells and activations by key, and who the matrix lists if that changes."""

    problems: tuple[Sentence, ...] = ()
    made: tuple[Line, ...] = ()
    cells: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    activations: Mapping[str, bool] = field(default_factory=dict)
    listing: Mapping[str, bool] | None = None
    changes: tuple[Change, ...] = ()
    changed: int = 0
    unchanged: int = 0
    remarks: tuple[Sentence, ...] = ()


async def import_engagement(
    content: bytes,
    filename: str,
    *,
    year: int,
    create_missing: bool = False,
    dry_run: bool,
    now: datetime,
    account_id: UUID | None = None,
) -> ImportReport:
    """
    Read a printed matrix and write what it says otherwise than the matrix of the year, all of it or nothing.

    Args:
        create_missing: Make former members, which left at the end of the year, of names that nobody bears.

    Raises:
        BadFile: with every row, column and reason.
        ImportCollision: another import wrote the same rows at the same time.

    """
    if not FIRST_YEAR <= year <= now.year:
        raise BadFile(
            Sentence("A matrix can be imported for the years %(first)s to %(last)s.", first=FIRST_YEAR, last=now.year)
        )
    optional = (*(column.code for column in columns_of(year)), *MORE_COLUMNS, *MEMBER_COLUMNS)
    also_called = {fold(text): column.code for column in columns_of(year) for text in (column.code, column.name)}
    sheet = await asyncio.to_thread(
        read_sheet,
        content,
        filename,
        required=("member",),
        optional=optional,
        also_called={"members": "member"} | also_called,
    )
    if dry_run:
        return _report(await _plan(sheet, year, create_missing, now), written=False)
    async with all_or_nothing():
        plan = await _plan(sheet, year, create_missing, now)
        await _make_members(plan.made, year, now)
        await write_cells(year, plan.cells, source="import", now=now, account_id=account_id)
        words = {key: Word(is_active, f"Imported: {filename}"[:200]) for key, is_active in plan.activations.items()}
        await replace_activations(year, _quarter(year, now), words, now=now, account_id=account_id)
        if plan.listing is not None:
            await _list(year, plan.listing)
        if plan.made or plan.changes or plan.cells or plan.activations:
            detail = f"{year}: {len(plan.made)} new, {plan.changed} changed"
            await record("import_engagement", "file", "engagement", account_id=account_id, now=now, detail=detail)
    return _report(plan, written=True)


def _quarter(year: int, now: datetime) -> int:
    """The quarter for which a matrix says who is activated: the last one, or the running one."""
    return 4 if year < now.year else quarter_of(now.date())


async def _plan(sheet: Sheet, year: int, create_missing: bool, now: datetime) -> MatrixPlan:
    known, _ = await known_members()
    matrix = await engagement_of(year)
    plan = await asyncio.to_thread(
        plan_engagement_import, sheet, matrix, known, create_missing=create_missing, is_over=year < now.year
    )
    if plan.problems:
        raise BadFile(*plan.problems)
    return plan


async def _make_members(made: tuple[Line, ...], year: int, now: datetime) -> None:
    """Former members, which left at the end of the year."""
    if not made:
        return
    regions = {row["code"]: row["id"] for row in await sql("SELECT id, code FROM region")}
    code, name = UNKNOWN_REGION
    if code not in regions and any(not line.region for line in made):
        regions[code] = uuid4()
        await insert_many("region", ("id", "code", "name"), [(regions[code], code, name)])
    await insert_many(
        "member",
        (
            "id", "key", "name", "name_folded", "kind", "region", "country", "time_zone", "language",
            "language_confidence", "joined_note", "listed_in_2020", "left_on", "updated_at",
        ),
        [
            (
                uuid4(), line.key, line.name, fold(line.name)[:200], MemberKind.MEMBER.value,
                regions[line.region or code], line.country, "UTC", "en", "low",
                f"Known from the engagement matrix of {year} only.", year == 2020, date(year, 12, 31), now,
            )
            for line in made
        ],
    )  # fmt: skip


async def _list(year: int, listing: Mapping[str, bool]) -> None:
    ids = await ids_of(listing)
    await sql("DELETE FROM engagement_listing WHERE year = {}", year)
    await insert_many(
        "engagement_listing",
        ("id", "member", "year", "is_new"),
        [(uuid4(), ids[key], year, is_new) for key, is_new in listing.items()],
    )


def _report(plan: MatrixPlan, *, written: bool) -> ImportReport:
    new = tuple(line.name for line in plan.made)
    return ImportReport("engagement", new, plan.changes, plan.changed, plan.unchanged, written, plan.remarks)


# Planning


def plan_engagement_import(
    sheet: Sheet, matrix: EngagementMatrix, known: Known, *, create_missing: bool, is_over: bool
) -> MatrixPlan:
    """
    Compare a printed matrix with the one of the database.

    A file is taken for the whole matrix of its year when the year is over and
    the file has closing rows, or says of half of the members or more who is
    activated: then the members of that year are those that it lists. Any other
    file only says more of some.
    """
    columns = {column.code: column for column in matrix.columns if column.code in sheet.columns}
    problems: list[Sentence] = []
    if not columns:
        listed = ", ".join(column.code for column in matrix.columns)
        problems.append(Sentence("The file has no column of the matrix. Columns are: %(known)s.", known=listed))
    closing, members = _parted(sheet, problems)
    lines = _lines(members, columns, known, matrix.year, create_missing, problems)
    sums = {name: _closing_cells(row, columns, problems) for name, row in closing.items()}
    if problems:
        return MatrixPlan(problems=tuple(problems))
    is_whole = is_over and (bool(closing) or ("activated" in columns and 2 * len(lines) >= len(matrix.rows)))
    return _compared(lines, sums, matrix, columns, is_whole)


def _parted(sheet: Sheet, problems: list[Sentence]) -> tuple[dict[str, Row], list[Row]]:
    """Closing rows by name, and the rows of members."""
    closing: dict[str, Row] = {}
    members = []
    for row in sheet.rows:
        name = _CLOSING.get(fold(row["member"]))
        if name is None or (row.get("key") or "").strip():
            members.append(row)
        elif name in closing:
            problems.append(cell_problem(row.line, "member", in_line_too(name, closing[name].line)))
        else:
            closing[name] = row
    return closing, members


def _lines(
    rows: list[Row],
    columns: Mapping[str, Column],
    known: Known,
    year: int,
    create_missing: bool,
    problems: list[Sentence],
) -> list[Line]:
    names = MemberNames(known.members)
    by_key = {member.key: member for member in known.members}
    regions = {fold(text): code for code, name in known.regions.items() for text in (code, name)}
    seen: dict[str, int] = {}
    unknown = 0
    lines = []
    for row in rows:
        faults: list[Sentence] = []
        cells = Cells(row, faults)
        given = cells.text("member", 210, needed=True)
        name, mark = _parted_name(given)
        key = _key_of(cells, name, names, by_key)
        is_made = key is None
        near: list[str] = []
        if key is None:
            unknown += 1
            near = [by_key[one].name for one in names.near(name)] if unknown <= _MOST_COMPARED else []
            key = _made_key(cells, name, near, create_missing, set(by_key), regions)
        elif key and by_key[key].kind != MemberKind.MEMBER:
            cells.wrong("member", Sentence("“%(name)s” is no member but belongs otherwise.", name=name[:80]))
        if key and seen.setdefault(key, row.line) != row.line:
            cells.wrong("member", in_line_too(name, seen[key]))
        values: dict[str, Value] = {}
        for code, column in columns.items():
            try:
                values[code] = read_value(column, row[code], year)
            except Unreadable as wrong:
                cells.wrong(code, wrong.reason)
        region = cells.text("region", 120)
        if region and fold(region) not in regions:
            cells.wrong(
                "region",
                Sentence("“%(given)s” is none of: %(known)s.", given=region[:40], known=", ".join(sorted(known.regions))),
            )  # fmt: skip
        country = cells.country()
        is_new = bool(_NEW_MARK.search(mark)) or cells.one_of("new_member", ("yes", "no", ""), usual="") == "yes"
        problems += faults
        if not faults and key:
            shown = name if is_made else by_key[key].name
            region_code = regions.get(fold(region), "")
            like = tuple(near) if is_made else ()
            lines.append(Line(row.line, key, shown, values, is_new, is_made, region_code, country, like))
    return lines


def _parted_name(given: str) -> tuple[str, str]:
    """A name, and the marks that a printed table has after it."""
    marks = _MARKS.search(given)
    return (given[: marks.start()], marks[0]) if marks and marks.start() else (given, "")


def _key_of(cells: Cells, name: str, names: MemberNames, by_key: Mapping[str, object]) -> str | None:
    """The key of a known member, by the column `key`, by key or by any of its names; "" if that is wrong, None: unknown."""
    given = cells.text("key", 80)
    if given:
        if given in by_key:
            return given
        cells.wrong("key", Sentence("there is no member with the key “%(given)s”.", given=given[:80]))
        return ""
    if name in by_key:
        return name
    found = names.of(name) if fold(name) else []
    if len(found) > 1:
        cells.wrong("member", ambiguous(name, found))
        return ""
    return found[0] if found else None


def _made_key(
    cells: Cells, name: str, near: list[str], create_missing: bool, taken: set[str], regions: Mapping[str, str]
) -> str:
    """The key of a member that is to be made."""
    if not name:
        return ""
    if _MARK_BEFORE.match(name):
        cells.wrong(
            "member",
            Sentence("“%(given)s” begins with a mark. Marks stand after names, and footnotes are left out.", given=name[:80]),
        )  # fmt: skip
    elif fold(name) in regions:
        cells.wrong("member", Sentence("“%(given)s” is a region, and no member.", given=name[:80]))
    elif not create_missing and near:
        cells.wrong(
            "member",
            Sentence(
                "there is no member “%(given)s”, but %(near)s. Please correct the name, add it to a member as another "
                "name, or let the import make former members.",
                given=name[:80], near=", ".join(f"“{one}”" for one in near),
            ),
        )  # fmt: skip
    elif not create_missing:
        cells.wrong(
            "member",
            Sentence(
                "there is no member “%(given)s”. Please correct the name, add it to a member as another name, "
                "or let the import make former members.",
                given=name[:80],
            ),
        )
    elif not fold(name) or len(name) > 200:
        cells.wrong("member", Sentence("“%(given)s” has no letters or digits.", given=name[:40]))
    else:
        key = slugify(name)[:80].strip("-")
        while key in taken:
            key = f"{key[:70]}-former"
        return key
    return ""


def _closing_cells(row: Row, columns: Mapping[str, Column], problems: list[Sentence]) -> dict[str, int | None]:
    """Numbers of a closing row by code, None for a dash; what is empty was not printed."""
    found: dict[str, int | None] = {}
    for code in columns:
        if not row[code].strip():
            continue
        try:
            found[code] = read_closing(row[code])
        except Unreadable as wrong:
            problems.append(cell_problem(row.line, code, wrong.reason))
    return found


def _compared(
    lines: list[Line],
    sums: Mapping[str, Mapping[str, int | None]],
    matrix: EngagementMatrix,
    columns: Mapping[str, Column],
    is_whole: bool,
) -> MatrixPlan:
    before = {row.key: row for row in matrix.rows}
    empty_row = {column.code: _empty_cell(column) for column in matrix.columns}
    cells: dict[str, dict[str, str | None]] = {}
    activations: dict[str, bool] = {}
    changes: list[Change] = []
    after: dict[str, dict[str, Cell]] = {}
    touched: set[str] = set()
    for line in lines:
        shown = before[line.key].cells if line.key in before else empty_row
        now = dict(shown)
        for code, value in line.values.items():
            if value != shown[code].value:
                changes.append(
                    Change(line.name, code, _text(columns[code], shown[code].value), _text(columns[code], value))
                )
                touched.add(line.key)
                if code != "activated":
                    base = shown[code].empty if shown[code].computed is None else shown[code].computed
                    cells.setdefault(line.key, {})[code] = None if value == base else kept_text(columns[code], value)
                    now[code] = Cell(shown[code].empty, shown[code].computed, None if value == base else value)
        after[line.key] = now
        hint = suggested(matrix.columns, now)
        confirmed = shown["activated"].stated
        if "activated" in line.values:
            said = line.values["activated"]
            if said != (hint if confirmed is None else confirmed):
                activations[line.key] = bool(said)
                touched.add(line.key)
            confirmed = said if confirmed is not None or said != hint else None
        now["activated"] = Cell(computed=hint, stated=confirmed)
    listing, dropped, unlisted = None, [], []
    if is_whole:
        kept = {key: row for key, row in before.items() if key not in after and _has_anything(row)}
        unlisted = [row.name for row in kept.values()]
        added = [line for line in lines if line.key not in before]
        dropped = [row for key, row in before.items() if key not in after and key not in kept]
        marked = [line for line in lines if line.is_new and not (line.key in before and before[line.key].is_new)]
        if added or dropped or marked:
            listing = {line.key: line.is_new for line in lines}
        changes += [Change(line.name, "new_member", "", "yes") for line in marked if not line.is_made]
        changes += [Change(line.name, "in the matrix", "", "yes") for line in added if not line.is_made]
        changes += [Change(row.name, "in the matrix", "yes", "") for row in dropped]
        touched |= {line.key for line in (*marked, *added)}
    else:
        kept = {key: row for key, row in before.items() if key not in after}
    made = tuple(line for line in lines if line.is_made)
    known_lines = [line for line in lines if not line.is_made]
    everybody: list[Mapping[str, Cell]] = [*after.values(), *(row.cells for row in kept.values())]
    return MatrixPlan(
        made=made,
        cells=cells,
        activations=activations,
        listing=listing,
        changes=tuple(change for change in changes if change.subject not in {line.name for line in made}),
        changed=sum(line.key in touched for line in known_lines),
        unchanged=sum(line.key not in touched for line in known_lines),
        remarks=(
            *_alike(made),
            *_left_out(len(dropped)),
            *_still_there(unlisted),
            *_remarks(sums, tuple(columns.values()), everybody, matrix.year),
        ),
    )


def _alike(made: tuple[Line, ...]) -> tuple[Sentence, ...]:
    """Members to be made that may be known by a name like theirs."""
    return tuple(
        Sentence(
            "“%(given)s” becomes a former member of its own, and is called much like %(near)s.",
            given=line.name, near=", ".join(f"“{one}”" for one in line.near),
        )
        for line in made
        if line.near
    )  # fmt: skip


def _left_out(number: int) -> tuple[Sentence, ...]:
    """That members lose their row, which staff should see among many differences."""
    if not number:
        return ()
    return (
        Sentence.counted(
            "The file is taken for the whole matrix of the year: %(num)s member that it does not list has no row any more.",
            "The file is taken for the whole matrix of the year: %(num)s members that it does not list have no row any more.",
            number,
        ),
    )


def _still_there(names: list[str]) -> tuple[Sentence, ...]:
    """Members that the file does not list and the matrix will, which is why closing rows may differ."""
    if not names:
        return ()
    return (
        Sentence.counted(
            "%(num)s member that the file does not list keeps its row, as more is known of it: %(names)s.",
            "%(num)s members that the file does not list keep their rows, as more is known of them: %(names)s.",
            len(names),
            names=", ".join(names[:_MOST_NAMED]) + ("…" if len(names) > _MOST_NAMED else ""),
        ),
    )


def _empty_cell(column: Column) -> Cell:
    empty = nothing(column)
    return Cell(empty, empty if column.is_computed else None)


def _has_anything(row: MemberRow) -> bool:
    """Whether the data or somebody say anything of a member but whether it is activated."""
    return any(cell.value for code, cell in row.cells.items() if code != "activated")


def _text(column: Column, value: Value) -> str:
    return str(printed(column, value) or "")


def _remarks(
    sums: Mapping[str, Mapping[str, int | None]],
    columns: tuple[Column, ...],
    rows: list[Mapping[str, Cell]],
    year: int,
) -> tuple[Sentence, ...]:
    """Where the closing rows of the file are not those of the matrix; that they are, if they are."""
    counted: dict[str, Mapping[str, int | None]] = {
        TOTAL_MEMBERS: {**total_members(columns, rows, year)},
        TOTAL: total(columns, rows),
    }
    found = [
        Sentence(
            "“%(row)s”, %(column)s: the file says %(printed)s, and the matrix will say %(computed)s.",
            row=name,
            column=column.code,
            printed=_closing_text(said[column.code]),
            computed=_closing_text(counted[name][column.code]),
        )
        for name, said in sums.items()
        for column in columns
        if column.code in said and said[column.code] != counted[name][column.code]
    ]
    if sums and not found:
        return (Sentence("The closing rows of the file are those that the matrix will have."),)
    return tuple(found)


def _closing_text(number: int | None) -> str:
    return DASH if number is None else str(number)
