"""
Files into the directory: members, partners and persons, all or nothing; and the facts of the first start.

Reading and comparing happen on a thread of their own: 20,000 rows take seconds.
"""

import asyncio
import csv
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql
from eventhub.directory.folding import fold
from eventhub.directory.planning.members import (
    MEMBER_OPTIONAL,
    MEMBER_REQUIRED,
    Known,
    Member,
    plan_members_import,
)
from eventhub.directory.planning.partners import (
    PARTNER_OPTIONAL,
    PARTNER_REQUIRED,
    Partner,
    plan_partners_import,
)
from eventhub.directory.planning.people import PERSON_OPTIONAL, PERSON_REQUIRED, Person, plan_people_import
from eventhub.directory.planning.shared import ImportPlan
from eventhub.directory.queries import IN_FILES
from eventhub.directory.rules import email_key
from eventhub.importing import all_or_nothing, insert_many
from eventhub.resources import DATA
from eventhub.spreadsheets import BadFile, ImportReport, Sheet, read_sheet
from eventhub.words import Sentence

#: Columns that would say of people what only they themselves can say.
_GENDER_COLUMNS = frozenset({"gender", "gender_source", "sex", "género", "genero", "sexo", "genre", "sexe"})


async def import_members(
    content: bytes, filename: str, *, dry_run: bool, now: datetime, account_id: UUID | None = None
) -> ImportReport:
    """
    Read a file of members and write what is new or different, all of it or nothing.

    Raises:
        BadFile: with every row, column and reason.
        ImportCollision: another import wrote the same rows at the same time.

    """
    sheet = await asyncio.to_thread(read_sheet, content, filename, required=MEMBER_REQUIRED, optional=MEMBER_OPTIONAL)
    if dry_run:
        return _report(
            "members",
            _sound(await asyncio.to_thread(plan_members_import, sheet, (await known_members())[0])),
            written=False,
        )
    async with all_or_nothing():
        known, ids = await known_members()
        plan = _sound(await asyncio.to_thread(plan_members_import, sheet, known))
        await _write_members(plan, ids, now)
        await _record("members", plan, now, account_id)
    return _report("members", plan, written=True)


async def import_partners(
    content: bytes, filename: str, *, dry_run: bool, now: datetime, account_id: UUID | None = None
) -> ImportReport:
    """
    Read a file of partners and write what is new or different, all of it or nothing.

    Raises:
        BadFile: with every row, column and reason.
        ImportCollision: another import wrote the same rows at the same time.

    """
    sheet = await asyncio.to_thread(read_sheet, content, filename, required=PARTNER_REQUIRED, optional=PARTNER_OPTIONAL)
    if dry_run:
        return _report(
            "partners", _sound(await asyncio.to_thread(plan_partners_import, sheet, await _partners())), written=False
        )
    async with all_or_nothing():
        plan = _sound(await asyncio.to_thread(plan_partners_import, sheet, await _partners()))
        await insert_many(
            "partner",
            ("id", "key", "outside_key", "name", "name_folded", "country", "updated_at"),
            [(uuid4(), p.key, p.outside_key, p.name, fold(p.name)[:200], p.country, now) for p in plan.new],
        )
        for _, after in plan.changed:
            await sql(
                "UPDATE partner SET outside_key = {}, name = {}, name_folded = {}, country = {}, updated_at = {} "
                "WHERE key = {}",
                after.outside_key, after.name, fold(after.name)[:200], after.country, now, after.key,
            )  # fmt: skip
        await _record("partners", plan, now, account_id)
    return _report("partners", plan, written=True)


async def import_people(
    content: bytes, filename: str, *, dry_run: bool, now: datetime, account_id: UUID | None = None
) -> ImportReport:
    """
    Read a file of persons and write what is new or different, all of it or nothing.

    Raises:
        BadFile: with every row, column and reason; also when it has a column of gender.
        ImportCollision: another import wrote the same rows at the same time.

    """
    sheet = await asyncio.to_thread(read_sheet, content, filename, required=PERSON_REQUIRED, optional=None)
    check_columns(sheet, (*PERSON_REQUIRED, *PERSON_OPTIONAL))
    if dry_run:
        existing, members = await _persons(), (await known_members())[0].members
        former = await former_addresses()
        plan = _sound(await asyncio.to_thread(plan_people_import, sheet, list(existing), members, former))
        return _report("people", plan, written=False)
    async with all_or_nothing():
        known, member_ids = await known_members()
        existing = await _persons()
        former = await former_addresses()
        plan = _sound(await asyncio.to_thread(plan_people_import, sheet, list(existing), known.members, former))
        await insert_many(
            "person",
            (
                "id", "outside_key", "name", "email", "email_key", "member", "organisation", "country", "language",
                "created_at",
            ),
            [
                (
                    uuid4(), p.outside_key, p.name, p.email, email_key(p.email) if p.email else None,
                    member_ids.get(p.member), p.organisation, p.country, p.language, now,
                )
                for p in plan.new
            ],
        )  # fmt: skip
        for before, after in plan.changed:
            await sql(
                "UPDATE person SET outside_key = {}, name = {}, email = {}, email_key = {}, member = {}, "
                "organisation = {}, country = {}, language = {} WHERE id = {}",
                after.outside_key, after.name, after.email, email_key(after.email) if after.email else None,
                member_ids.get(after.member), after.organisation, after.country, after.language, existing[before],
            )  # fmt: skip
        await _record("people", plan, now, account_id)
    return _report("people", plan, written=True)


def check_columns(sheet: Sheet, known: Sequence[str]) -> None:
    """
    Refuse columns that an import does not take, and those that say of people what only they can say.

    Raises:
        BadFile: one sentence per column.

    """
    faults = []
    for column in sheet.columns:
        if column in _GENDER_COLUMNS:
            faults.append(
                Sentence(
                    "The column “%(column)s” is not taken: how a person is counted is only what the person states, "
                    "never what a file says. Please take the column out.",
                    column=column,
                )
            )
        elif column not in known:
            faults.append(
                Sentence(
                    "Line %(line)s: the column “%(column)s” is unknown. Columns are: %(known)s.",
                    line=1, column=column[:80], known=", ".join(known),
                )
            )  # fmt: skip
    if faults:
        raise BadFile(*faults)


def _sound(plan: ImportPlan[Any]) -> ImportPlan[Any]:
    if plan.problems:
        raise BadFile(*plan.problems)
    return plan


def _report(kind: str, plan: ImportPlan[Any], *, written: bool) -> ImportReport:
    new = tuple(one.name for one in plan.new)
    return ImportReport(kind, new, plan.changes, len(plan.changed), plan.unchanged, written)


async def _record(kind: str, plan: ImportPlan[Any], now: datetime, account_id: UUID | None) -> None:
    """One line of the audit trail, unless nothing was written."""
    if plan.new or plan.changed:
        detail = f"{len(plan.new)} new, {len(plan.changed)} changed"
        await record(f"import_{kind}", "file", kind, account_id=account_id, now=now, detail=detail)


# What is known


async def known_members() -> tuple[Known, dict[str, UUID]]:
    """All members and regions as imports compare them, and the ids behind the keys; three queries."""
    names: dict[str, list[str]] = {}
    for row in await sql(
        "SELECT m.key AS key, n.name AS name FROM member_name n JOIN member m ON m.id = n.member "
        "ORDER BY n.name_folded, n.name"
    ):
        names.setdefault(row["key"], []).append(row["name"])
    found, ids = [], {}
    for row in await sql(
        "SELECT m.id AS id, m.key AS key, m.name AS name, m.kind AS kind, r.code AS region_code, "
        "m.country AS country, m.time_zone AS time_zone, m.language AS language, "
        "m.language_confidence AS language_confidence, m.joined_year AS joined_year, m.joined_note AS joined_note, "
        "m.listed_in_2020 AS listed_in_2020, m.outside_key AS outside_key, m.left_on AS left_on "
        "FROM member m JOIN region r ON r.id = m.region"
    ):
        ids[row["key"]] = row.pop("id")
        row["listed_in_2020"] = bool(row["listed_in_2020"])
        found.append(Member(**row, other_names=tuple(names.get(row["key"], ()))))
    regions = {row["code"]: row["name"] for row in await sql("SELECT code, name FROM region")}
    return Known(tuple(found), regions), ids


async def _partners() -> list[Partner]:
    return [Partner(**row) for row in await sql("SELECT key, name, country, outside_key FROM partner")]


async def _persons() -> dict[Person, UUID]:
    """Persons that a file can name, with their ids."""
    rows = await sql(
        "SELECT p.id AS id, p.outside_key AS outside_key, p.name AS name, p.email AS email, "
        "COALESCE(m.key, '') AS member, p.organisation AS organisation, p.country AS country, p.language AS language "
        f"FROM person p LEFT JOIN member m ON m.id = p.member WHERE {IN_FILES}"
    )
    return {Person(person_id=str(row["id"]), **{k: v for k, v in row.items() if k != "id"}): row["id"] for row in rows}


async def former_addresses() -> dict[str, str]:
    """Addresses of records that were merged, each with the id of the person that it leads to."""
    rows = await sql(
        "SELECT email_key, merged_into FROM person WHERE merged_into IS NOT NULL AND email_key IS NOT NULL"
    )
    return {row["email_key"]: str(row["merged_into"]) for row in rows}


# Writing members


async def _write_members(plan: ImportPlan[Member], ids: dict[str, UUID], now: datetime) -> None:
    await insert_many(
        "region", ("id", "code", "name"), [(uuid4(), code, name) for code, name in plan.new_regions.items()]
    )
    regions = {row["code"]: row["id"] for row in await sql("SELECT id, code FROM region")}
    new = [(uuid4(), member) for member in plan.new]
    await insert_many(
        "member",
        (
            "id", "key", "outside_key", "name", "name_folded", "kind", "region", "country", "time_zone", "language",
            "language_confidence", "joined_year", "joined_note", "listed_in_2020", "left_on", "updated_at",
        ),
        [
            (
                new_id, m.key, m.outside_key, m.name, fold(m.name)[:200], m.kind, regions[m.region_code], m.country,
                m.time_zone, m.language, m.language_confidence, m.joined_year, m.joined_note, m.listed_in_2020,
                m.left_on, now,
            )
            for new_id, m in new
        ],
    )  # fmt: skip
    for _, after in plan.changed:
        await sql(
            "UPDATE member SET outside_key = {}, name = {}, name_folded = {}, kind = {}, region = {}, country = {}, "
            "time_zone = {}, language = {}, language_confidence = {}, joined_year = {}, joined_note = {}, "
            "listed_in_2020 = {}, left_on = {}, updated_at = {} WHERE id = {}",
            after.outside_key, after.name, fold(after.name)[:200], after.kind, regions[after.region_code],
            after.country, after.time_zone, after.language, after.language_confidence, after.joined_year,
            after.joined_note, after.listed_in_2020, after.left_on, now, ids[after.key],
        )  # fmt: skip
    renamed = [(ids[after.key], after) for before, after in plan.changed if before.other_names != after.other_names]
    for member_id, _after in renamed:
        await sql("DELETE FROM member_name WHERE member = {}", member_id)
    await write_other_names([(member_id, member.other_names) for member_id, member in [*new, *renamed]])


async def write_other_names(names: Sequence[tuple[UUID, Sequence[str]]]) -> None:
    """Insert other spellings of members, in the caller's transaction."""
    await insert_many(
        "member_name",
        ("id", "member", "name", "name_folded"),
        [(uuid4(), member_id, name, fold(name)[:200]) for member_id, given in names for name in given],
    )


# Facts shipped with the product


async def load_facts(*, now: datetime) -> int:
    """
    Write down the regions, members, action lines, thematic priorities, measures and deliverables that are missing.

    What is there stays as staff have made it; a second time changes nothing.

    Returns:
        How many rows were written.

    """
    content = (DATA / "members.csv").read_bytes()
    sheet = read_sheet(content, "members.csv", required=MEMBER_REQUIRED, optional=MEMBER_OPTIONAL)
    written = 0
    async with all_or_nothing():
        known, ids = await known_members()
        plan = _sound(plan_members_import(_without_known(sheet, known), known))
        await _write_members(plan, ids, now)
        written += len(plan.new) + len(plan.new_regions)
        written += await _load_action_lines()
        written += await _load_themes()
        written += await _load_plan("2018-2020", "action_plan_2018_2020.csv")
        if written:
            await record("load_facts", "file", "facts", account_id=None, now=now, detail=f"{written} new")
    return written


def _without_known(sheet: Sheet, known: Known) -> Sheet:
    """Only the rows of members of which neither the key nor any name is known."""
    keys = {member.key for member in known.members}
    names = {fold(name) for member in known.members for name in (member.name, *member.other_names)}

    def is_new(row: Any) -> bool:
        said = [row["name"], *row["other_names"].split(";")]
        return row["member_id"] not in keys and not any(fold(name) in names for name in said if name.strip())

    return Sheet(sheet.columns, tuple(row for row in sheet.rows if is_new(row)))


async def _load_action_lines() -> int:
    written = 0
    for row in _facts("action_lines.csv"):
        first, last = re.fullmatch(r"([0-9]{4})-([0-9]{4})", row["plan"]).groups()  # type: ignore[union-attr]
        done = await sql(
            "INSERT INTO action_line (id, code, plan, first_year, last_year, number, name) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}) ON CONFLICT (code) DO NOTHING RETURNING id",
            uuid4(), f"{row['plan']}/{row['code']}", row["plan"], int(first), int(last), int(row["number"]), row["name"],
        )  # fmt: skip
        written += len(done)
    return written


async def _load_themes() -> int:
    written = 0
    for row in _facts("thematic_priorities.csv"):
        done = await sql(
            "INSERT INTO theme (id, code, name, tag, position) VALUES ({}, {}, {}, {}, {}) "
            "ON CONFLICT (code) DO NOTHING RETURNING id",
            uuid4(), row["code"], row["name"], row["tag"], int(row["order"]),
        )  # fmt: skip
        written += len(done)
    return written


async def _load_plan(plan: str, name: str) -> int:
    """Measures and deliverables of one plan; their lines are action lines. The file names no person."""
    rows = _facts(name)
    measures = {row["measure_code"]: row for row in rows}
    written = 0
    for code, row in measures.items():
        done = await sql(
            "INSERT INTO measure (id, code, plan, line, name) VALUES ({}, {}, {}, {}, {}) "
            "ON CONFLICT (plan, code) DO NOTHING RETURNING id",
            uuid4(), code, plan, f"{plan}/{row['action_line']}", row["measure"],
        )  # fmt: skip
        written += len(done)
    ids = {row["code"]: row["id"] for row in await sql("SELECT id, code FROM measure WHERE plan = {}", plan)}
    for row in rows:
        done = await sql(
            "INSERT INTO deliverable (id, measure, code, name, status) VALUES ({}, {}, {}, {}, {}) "
            "ON CONFLICT (measure, code) DO NOTHING RETURNING id",
            uuid4(), ids[row["measure_code"]], row["deliverable_code"], row["deliverable"], row["status"],
        )  # fmt: skip
        written += len(done)
    return written


def _facts(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
