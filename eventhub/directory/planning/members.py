"""A file of members against the known ones."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from typing import Any

from eventhub.directory.countries import time_zones
from eventhub.directory.folding import fold, slugify
from eventhub.directory.planning.shared import (
    Cells,
    ImportPlan,
    plan_of,
    refuse_other_key,
    same_rows,
    shared_outside_keys,
)
from eventhub.directory.rules import MemberKind, clean_line
from eventhub.labels import label_of
from eventhub.settings import KNOWN_LANGUAGES
from eventhub.spreadsheets import Sheet, cell_problem
from eventhub.words import Sentence

MEMBER_REQUIRED = ("member_id", "name", "region_code", "kind", "country", "time_zone", "language")
MEMBER_OPTIONAL = (
    "region",
    "language_confidence",
    "joined_year",
    "joined_note",
    "listed_in_2020",
    "other_names",
    "line_break_repaired",
    "outside_key",
    "left_on",
)

#: How sure we are of the language of letters; empty means that nobody said.
CONFIDENCES = ("", "high", "medium", "low")


@dataclass(frozen=True)
class Member:
    """What is known, or said by a file, of one member."""

    key: str
    name: str
    kind: str
    region_code: str
    country: str
    time_zone: str
    language: str
    language_confidence: str = ""
    joined_year: int | None = None
    joined_note: str = ""
    listed_in_2020: bool = False
    outside_key: str | None = None
    left_on: date | None = None
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """The members and regions of the database."""

    members: tuple[Member, ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict)


def plan_members_import(sheet: Sheet, existing: Known) -> ImportPlan[Member]:
    """Compare a file of members with the known ones."""
    problems: list[Sentence] = []
    names = MemberNames(existing.members)
    by_key = {member.key: member for member in existing.members}
    by_outside_key = {member.outside_key: member for member in existing.members if member.outside_key}
    new_regions: dict[str, str] = {}
    planned: list[tuple[int, Member | None, Member]] = []
    for row in sheet.rows:
        faults: list[Sentence] = []
        cells = Cells(row, faults)
        said = _member_of(cells, existing.regions, new_regions)
        before = by_outside_key.get(said.outside_key or "") or by_key.get(said.key)
        refuse_other_key(cells, "member_id", before, by_key)
        if before is None:
            candidates = names.of(said.name) or names.of(*said.other_names)
            if len(candidates) > 1:
                cells.wrong("name", ambiguous(said.name, candidates))
            elif candidates:
                before = by_key[candidates[0]]
        problems += faults
        if not faults:
            planned.append((row.line, before, _merged(before, said, sheet.columns)))
    problems += same_rows([(line, after.key) for line, _, after in planned], "member_id")
    problems += _shared_names(planned, existing.members)
    problems += shared_outside_keys([(line, b, a) for line, b, a in planned], existing.members)
    return plan_of([(b, a) for _, b, a in planned], problems, new_regions)


def _member_of(cells: Cells, regions: Mapping[str, str], new_regions: dict[str, str]) -> Member:
    name = cells.text("name", 200, needed=True)
    zone = cells.text("time_zone", 60, needed=True)
    if zone and zone not in time_zones():
        cells.wrong(
            "time_zone",
            Sentence("“%(given)s” is no time zone. Zones look like Europe/Madrid.", given=zone[:60]),
        )
    return Member(
        key=cells.key("member_id") or slugify(name),
        name=name,
        kind=cells.one_of("kind", list(MemberKind)),
        region_code=_region_of(cells, regions, new_regions),
        # Former members that only a printed matrix names have none.
        country=cells.country(needed=not cells.text("left_on", 200)),
        time_zone=zone,
        language=cells.one_of("language", KNOWN_LANGUAGES),
        language_confidence=cells.one_of("language_confidence", CONFIDENCES),
        joined_year=cells.year("joined_year"),
        joined_note=cells.text("joined_note", 2000),
        listed_in_2020=cells.one_of("listed_in_2020", ("yes", "no"), usual="no") == "yes",
        outside_key=cells.text("outside_key", 120) or None,
        left_on=cells.day("left_on"),
        other_names=_other_names(cells, name),
    )


def _region_of(cells: Cells, regions: Mapping[str, str], new_regions: dict[str, str]) -> str:
    """A region code that is known, or that the row makes known by giving the region's name."""
    code, name = cells.text("region_code", 40, needed=True), cells.text("region", 120)
    if not code or code in regions or code in new_regions:
        return code
    same = next((c for c, n in (dict(regions) | new_regions).items() if name and fold(n) == fold(name)), None)
    if same:
        cells.wrong(
            "region_code",
            Sentence(
                "the region “%(name)s” has the code %(known)s, not “%(given)s”.",
                name=name,
                known=same,
                given=code,
            ),
        )
    elif not name:
        listed = ", ".join(sorted(regions))
        cells.wrong(
            "region_code",
            Sentence(
                "“%(given)s” is none of: %(known)s. A new one needs a name in the column “region”.",
                given=code,
                known=listed,
            ),
        )
    elif not re.fullmatch("[a-z0-9]+(_[a-z0-9]+)*", code):
        cells.wrong("region_code", Sentence("“%(given)s” is no code. Codes look like north_america.", given=code))
    else:
        usual = label_of(code)
        new_regions[code] = name if usual == code.replace("_", " ") else usual
    return code


def _other_names(cells: Cells, name: str) -> tuple[str, ...]:
    """Other spellings, parted by semicolons; those that only repeat the name are left out."""
    parts = [clean_line(part) for part in (cells.row.get("other_names") or "").split(";")]
    for part in parts:
        if len(part) > 200:
            cells.wrong("other_names", Sentence("the text is longer than %(most)s characters.", most=200))
        elif part and not fold(part):
            cells.wrong("other_names", Sentence("“%(given)s” has no letters or digits.", given=part[:40]))
    if name and not fold(name):
        cells.wrong("name", Sentence("“%(given)s” has no letters or digits.", given=name[:40]))
    return added_names(name, (), parts)


def added_names(name: str, kept: Sequence[str], more: Iterable[str]) -> tuple[str, ...]:
    """Other names, each spelling once however it is folded, without the name itself."""
    found = {fold(other): other for other in kept}
    for other in more:
        if other and other != name:
            found.setdefault(fold(other), other)
    return tuple(sorted((other for other in found.values() if other != name), key=lambda other: (fold(other), other)))


def _merged(before: Member | None, said: Member, columns: Sequence[str]) -> Member:
    """What a known member becomes: columns that the file lacks stay, names are added."""
    if before is None:
        return said
    kept: dict[str, Any] = {
        name: getattr(before, name)
        for name in (
            "language_confidence",
            "joined_year",
            "joined_note",
            "listed_in_2020",
            "outside_key",
            "left_on",
        )
        if name not in columns
    }
    former = (before.name,) if fold(before.name) != fold(said.name) else ()
    others = added_names(said.name, before.other_names, (*said.other_names, *former))
    return replace(said, key=before.key, other_names=others, **kept)


class MemberNames:
    """Finds members by any of their names, whatever the accents."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._keys: dict[str, set[str]] = {}
        for member in members:
            for name in (member.name, *member.other_names):
                self._keys.setdefault(fold(name), set()).add(member.key)

    def of(self, *names: str) -> list[str]:
        """Keys of the members that bear one of these names."""
        return sorted({key for name in names for key in self._keys.get(fold(name), ())})

    def near(self, name: str) -> list[str]:
        """
        Keys of at most three members with a name like this one, the likeliest first.

        That is one that has the other as whole words, else one of nearly the same letters.
        """
        given = fold(name)
        words = f" {given} "
        within = [known for known in self._keys if known and (f" {known} " in words or words in f" {known} ")]
        within.sort(key=lambda known: (abs(len(known) - len(given)), known))
        found = within or get_close_matches(given, self._keys, n=3, cutoff=0.8) if given else []
        return list(dict.fromkeys(key for known in found for key in sorted(self._keys[known])))[:3]


def ambiguous(name: str, keys: Sequence[str]) -> Sentence:
    """The reason when a name is borne by more than one member."""
    return Sentence("“%(name)s” may be each of: %(keys)s.", name=name[:80], keys=", ".join(keys))


def _shared_names(planned: Sequence[tuple[int, Member | None, Member]], known: Sequence[Member]) -> list[Sentence]:
    """A name by which two members would be found afterwards."""
    found: list[Sentence] = []
    touched = {before.key for _, before, _ in planned if before}
    owners: dict[str, tuple[int, str]] = {}
    for member in known:
        if member.key not in touched:
            for name in (member.name, *member.other_names):
                owners[fold(name)] = (0, member.key)
    for line, _, after in planned:
        for name in (after.name, *after.other_names):
            first_line, owner = owners.setdefault(fold(name), (line, after.key))
            if owner == after.key:
                continue
            column = "name" if name == after.name else "other_names"
            reason = (
                Sentence("“%(name)s” is in line %(other)s too.", name=name[:80], other=first_line)
                if first_line
                else Sentence("“%(name)s” is a name of %(owner)s already.", name=name[:80], owner=owner)
            )
            found.append(cell_problem(line, column, reason))
    return found
