"""Reads of the directory: members by any of their names, regions, partners, persons."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, sql, tuples
from eventhub.directory.folding import fold
from eventhub.directory.rules import email_key
from eventhub.errors import NotFound
from eventhub.privacy.rules import ERASED_KEY
from eventhub.streaming import lines_in_parts
from eventhub.words import Sentence

MOST_WORDS = 8


class MemberRow(msgspec.Struct, frozen=True):
    """One member with the name of its region."""

    id: UUID
    key: str
    outside_key: str | None
    name: str
    kind: str
    region_code: str
    region_name: str
    country: str
    time_zone: str
    language: str
    language_confidence: str
    joined_year: int | None
    joined_note: str
    listed_in_2020: bool
    left_on: date | None

    @property
    def href(self) -> str:
        """Its page for staff."""
        return f"/staff/members/{self.key}"


class PartnerRow(msgspec.Struct, frozen=True):
    """One partner."""

    id: UUID
    key: str
    outside_key: str | None
    name: str
    country: str


class PersonRow(msgspec.Struct, frozen=True):
    """One person as staff see them; never with a gender."""

    id: UUID
    outside_key: str | None
    name: str
    email: str | None
    member_key: str | None
    member_name: str | None
    organisation: str
    country: str
    language: str


class MemberFilter(msgspec.Struct, frozen=True):
    """What a list of members is narrowed to; empty means everything."""

    q: str = ""
    region: str = ""
    kind: str = ""
    country: str = ""
    language: str = ""


_MEMBER = (
    "SELECT m.id AS id, m.key AS key, m.outside_key AS outside_key, m.name AS name, m.kind AS kind, "
    "r.code AS region_code, r.name AS region_name, m.country AS country, m.time_zone AS time_zone, "
    "m.language AS language, m.language_confidence AS language_confidence, m.joined_year AS joined_year, "
    "m.joined_note AS joined_note, m.listed_in_2020 AS listed_in_2020, m.left_on AS left_on "
    "FROM member m JOIN region r ON r.id = m.region"
)
_PERSON = (
    "SELECT p.id AS id, p.outside_key AS outside_key, p.name AS name, p.email AS email, m.key AS member_key, "
    "m.name AS member_name, p.organisation AS organisation, p.country AS country, p.language AS language "
    "FROM person p LEFT JOIN member m ON m.id = p.member"
)


def _member_row(row: Row) -> MemberRow:
    return MemberRow(**{**row, "listed_in_2020": bool(row["listed_in_2020"])})


def _words(q: str) -> list[str] | None:
    """The folded words of a search; None when there is text but no letter or digit to look for."""
    words = fold(q[:200]).split()[:MOST_WORDS]
    return None if q.strip() and not words else words


def _member_conditions(wanted: MemberFilter) -> tuple[str, list[Any]]:
    parts, values = ["1 = 1"], []
    words = _words(wanted.q)
    if words is None:
        return "1 = 0", []
    for word in words:
        parts.append(
            "(m.name_folded LIKE {} OR m.id IN (SELECT n.member FROM member_name n WHERE n.name_folded LIKE {}))"
        )
        values += [f"%{word}%"] * 2
    for column, value in (
        ("r.code", wanted.region),
        ("m.kind", wanted.kind),
        ("m.country", wanted.country.upper()),
        ("m.language", wanted.language),
    ):
        if value:
            parts.append(f"{column} = {{}}")
            values.append(value)
    return " AND ".join(parts), values


async def members(wanted: MemberFilter, *, limit: int, offset: int = 0) -> tuple[list[MemberRow], int]:
    """A part of the members that match, by folded name, and how many match in all."""
    condition, values = _member_conditions(wanted)
    rows = await sql(
        f"{_MEMBER} WHERE {condition} ORDER BY m.name_folded, m.key LIMIT {{}} OFFSET {{}}", *values, limit, offset
    )
    if offset == 0 and len(rows) < limit:
        return [_member_row(row) for row in rows], len(rows)
    total = await sql(f"SELECT COUNT(*) AS n FROM member m JOIN region r ON r.id = m.region WHERE {condition}", *values)
    return [_member_row(row) for row in rows], int(total[0]["n"])


async def member_by_key(key: str) -> MemberRow:
    """
    One member.

    Raises:
        NotFound: no member has this key.

    """
    rows = await sql(f"{_MEMBER} WHERE m.key = {{}}", key)
    if not rows:
        raise NotFound(Sentence("There is no member “%(key)s”.", key=key[:80]))
    return _member_row(rows[0])


async def other_names_of(member_id: UUID) -> list[str]:
    """Other spellings of one member's name."""
    rows = await sql("SELECT name FROM member_name WHERE member = {} ORDER BY name_folded, name", member_id)
    return [row["name"] for row in rows]


async def all_other_names() -> dict[UUID, list[str]]:
    """Other spellings of all members' names; one query."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in await sql("SELECT member, name FROM member_name ORDER BY name_folded, name"):
        found[row["member"]].append(row["name"])
    return found


async def former_memberships(member_id: UUID) -> list[Row]:
    """What a member was in former times, the latest first."""
    return await sql(
        "SELECT f.kind AS kind, g.name AS region, f.ends_on AS ends_on FROM former_membership f "
        "JOIN region g ON g.id = f.region WHERE f.member = {} ORDER BY f.ends_on DESC",
        member_id,
    )


async def members_named(name: str) -> list[MemberRow]:
    """The members that bear this name, whatever its accents, as their own or another spelling."""
    folded = fold(name)
    if not folded:
        return []
    rows = await sql(
        f"{_MEMBER} WHERE m.name_folded = {{}} OR m.id IN (SELECT n.member FROM member_name n WHERE n.name_folded = {{}}) "
        "ORDER BY m.key",
        folded,
        folded,
    )
    return [_member_row(row) for row in rows]


async def regions() -> list[Row]:
    """All regions by name: id, code, name, first and last day."""
    return await sql("SELECT id, code, name, starts_on, ends_on FROM region ORDER BY name, code")


async def member_choices(*, former: bool = False) -> list[tuple[str, list[tuple[str, str]]]]:
    """
    Keys and names of the members for a form, grouped by the name of their region; one query.

    Args:
        former: With the members that have left.

    """
    rows = await sql(
        "SELECT r.name AS region, m.key AS key, m.name AS name FROM member m JOIN region r ON r.id = m.region "
        f"WHERE {'1 = 1' if former else 'm.left_on IS NULL'} ORDER BY r.name, r.code, m.name_folded, m.key"
    )
    return [
        (region, [(row["key"], row["name"]) for row in group])
        for region, group in groupby(rows, key=lambda row: str(row["region"]))
    ]


async def partners(q: str = "", *, limit: int, offset: int = 0) -> tuple[list[PartnerRow], int]:
    """A part of the partners whose name has every word of `q`, and how many there are in all."""
    words = _words(q)
    condition = "1 = 0" if words is None else " AND ".join(["1 = 1", *("name_folded LIKE {}" for _ in words)])
    values = [f"%{word}%" for word in words or ()]
    rows = await sql(
        f"SELECT id, key, outside_key, name, country FROM partner WHERE {condition} "
        "ORDER BY name_folded, key LIMIT {} OFFSET {}",
        *values,
        limit,
        offset,
    )
    total = await sql(f"SELECT COUNT(*) AS n FROM partner WHERE {condition}", *values)
    return [PartnerRow(**row) for row in rows], int(total[0]["n"])


async def persons(q: str = "", *, limit: int, offset: int = 0) -> tuple[list[PersonRow], int]:
    """
    A part of the persons whose name or address has the text, and how many there are in all; for staff.

    Names keep their accents in the database, so they are compared as written but for case. Records that were merged
    into others are left out.
    """
    text = q.strip()[:200].lower()
    condition, values = "p.merged_into IS NULL", []
    if text:
        condition += " AND (LOWER(p.name) LIKE {} ESCAPE '!' OR p.email_key LIKE {} ESCAPE '!')"
        values = [f"%{_literal(text)}%", f"%{_literal(email_key(text))}%"]
    rows = await sql(
        f"{_PERSON} WHERE {condition} ORDER BY LOWER(p.name), p.id LIMIT {{}} OFFSET {{}}", *values, limit, offset
    )
    total = await sql(f"SELECT COUNT(*) AS n FROM person p WHERE {condition}", *values)
    return [PersonRow(**row) for row in rows], int(total[0]["n"])


def _literal(text: str) -> str:
    """Text for LIKE with its wildcards taken literally."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


# Tables for download: the same columns as the imports read.

MEMBER_COLUMNS = (
    "member_id",
    "name",
    "region",
    "region_code",
    "kind",
    "country",
    "time_zone",
    "language",
    "language_confidence",
    "joined_year",
    "joined_note",
    "listed_in_2020",
    "other_names",
    "outside_key",
    "left_on",
)
PARTNER_COLUMNS = ("key", "name", "country", "outside_key")
PERSON_COLUMNS = ("outside_key", "name", "email", "member", "organisation", "country", "language", "person_id")
#: The outside key of person `p` as files may show it.
KNOWN_OUTSIDE = f"CASE WHEN p.outside_key LIKE '{ERASED_KEY}%' THEN NULL ELSE p.outside_key END"
#: Persons `p` that files tell of: no records that were merged into others, and nobody who was forgotten.
IN_FILES = f"p.merged_into IS NULL AND (p.outside_key IS NULL OR p.outside_key NOT LIKE '{ERASED_KEY}%')"


async def members_table(wanted: MemberFilter) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """The members that match as rows of a file that `import members` reads."""
    found, _ = await members(wanted, limit=100_000)
    names = await all_other_names()
    rows = (
        (
            m.key, m.name, m.region_name, m.region_code, m.kind, m.country, m.time_zone, m.language,
            m.language_confidence, m.joined_year, m.joined_note, m.listed_in_2020, "; ".join(names.get(m.id, ())),
            m.outside_key, m.left_on,
        )
        for m in found
    )  # fmt: skip
    return MEMBER_COLUMNS, rows


async def partners_table() -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """All partners as rows of a file that `import partners` reads."""
    rows = await tuples(f"SELECT {', '.join(PARTNER_COLUMNS)} FROM partner ORDER BY name_folded, key")
    return PARTNER_COLUMNS, iter(rows)


async def persons_table() -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """
    All persons of the files by name, as rows that `import people` reads; without gender.

    They are read while they are written; see `lines_in_parts`.
    """
    order = "ORDER BY LOWER(p.name), p.id"
    keys = await tuples(f"SELECT CAST(p.id AS VARCHAR(36)) FROM person p WHERE {IN_FILES} {order}")

    async def read(part: Sequence[str]) -> list[Sequence[object]]:
        marks = ", ".join(["{}"] * len(part))
        return await tuples(
            "SELECT p.outside_key, p.name, p.email, m.key, p.organisation, p.country, p.language, "
            f"CAST(p.id AS VARCHAR(36)) FROM person p LEFT JOIN member m ON m.id = p.member WHERE p.id IN ({marks}) {order}",
            *part,
        )

    return PERSON_COLUMNS, lines_in_parts([key for (key,) in keys], read)
