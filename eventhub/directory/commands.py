"""What staff do in the directory by form."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.countries import time_zones
from eventhub.directory.folding import fold
from eventhub.directory.imports import write_other_names
from eventhub.directory.planning.members import added_names
from eventhub.directory.queries import MemberRow, member_by_key, members_named, other_names_of, regions
from eventhub.directory.rules import MemberKind, clean_line
from eventhub.errors import Problems
from eventhub.settings import KNOWN_LANGUAGES
from eventhub.words import Sentence


@dataclass(frozen=True)
class MemberFacts:
    """
    What can be changed of a member by form; its key stays for ever.

    `region` is a code; empty: it stays. `changed_on` is the first day of
    another kind or region: figures of the time before keep the former one.
    Without it a kind or region is corrected for all time.
    """

    name: str
    other_names: tuple[str, ...]
    kind: str
    time_zone: str
    language: str
    left_on: date | None
    region: str = ""
    changed_on: date | None = None


async def edit_member(key: str, facts: MemberFacts, *, now: datetime, account_id: UUID) -> MemberRow:
    """
    Change a member's names, kind, region, zone, language or last day.

    A former name is kept as another name, since files find the member by it.

    Raises:
        NotFound: no member has this key.
        Problems: something cannot be used; every fault at once.

    """
    facts = replace(
        facts,
        name=clean_line(facts.name),
        other_names=tuple(name for name in map(clean_line, facts.other_names) if name),
    )
    async with transaction():
        await sql(f"SELECT id FROM member WHERE key = {{}}{lock_clause()}", key)
        before = await member_by_key(key)
        if problems := await _member_problems(facts, before):
            raise Problems(problems)
        former = (before.name,) if fold(before.name) != fold(facts.name) else ()
        names = added_names(facts.name, (), (*facts.other_names, *former))
        facts = replace(facts, region=facts.region or before.region_code)
        changed = [
            name
            for name in ("name", "kind", "region", "time_zone", "language", "left_on")
            if getattr(before, "region_code" if name == "region" else name) != getattr(facts, name)
        ]
        if sorted(await other_names_of(before.id)) != sorted(names):
            changed.append("other_names")
        if not changed:
            return before
        confidence = "high" if "language" in changed else before.language_confidence
        if facts.changed_on and {"kind", "region"} & set(changed):
            await _keep_former(before.id, facts.changed_on - timedelta(days=1))
            changed.append("changed_on")
        await sql(
            "UPDATE member SET name = {}, name_folded = {}, kind = {}, region = (SELECT id FROM region WHERE code = {}), time_zone = {}, language = {}, "
            "language_confidence = {}, left_on = {}, updated_at = {} WHERE id = {}",
            facts.name, fold(facts.name)[:200], facts.kind, facts.region, facts.time_zone, facts.language, confidence,
            facts.left_on, now, before.id,
        )  # fmt: skip
        await sql("DELETE FROM member_name WHERE member = {}", before.id)
        await write_other_names([(before.id, names)])
        await record("edit_member", "member", before.id, account_id=account_id, now=now, detail=", ".join(changed))
        return await member_by_key(key)


async def _keep_former(member_id: UUID, last_day: date) -> None:
    """Keep what a member has been until a day; what was kept for a later day was said by mistake."""
    await sql("DELETE FROM former_membership WHERE member = {} AND ends_on >= {}", member_id, last_day)
    await sql(
        "INSERT INTO former_membership (id, member, kind, region, ends_on) "
        "SELECT {}, id, kind, region, {} FROM member WHERE id = {}",
        uuid4(), last_day, member_id,
    )  # fmt: skip


async def _member_problems(facts: MemberFacts, member: MemberRow) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}

    def wrong(field: str, sentence: Sentence) -> None:
        problems.setdefault(field, []).append(sentence)

    for field, names in (("name", (facts.name,)), ("other_names", facts.other_names)):
        for name in names:
            if not fold(name):
                wrong(field, Sentence("A name needs letters or digits."))
            elif len(name) > 200:
                wrong(field, Sentence("The name is longer than %(most)s characters.", most=200))
            elif others := [other.name for other in await members_named(name) if other.id != member.id]:
                wrong(field, Sentence("“%(name)s” is a name of %(other)s already.", name=name, other=", ".join(others)))
    if len(facts.other_names) > 50:
        wrong("other_names", Sentence("A member has %(most)s other names at most.", most=50))
    if facts.kind not in set(MemberKind):
        wrong(
            "kind", Sentence("“%(given)s” is none of: %(known)s.", given=facts.kind[:40], known=", ".join(MemberKind))
        )
    if facts.region and facts.region not in {row["code"] for row in await regions()}:
        wrong("region", Sentence("There is no region “%(code)s”.", code=facts.region[:40]))
    if facts.changed_on:
        if not 1985 <= facts.changed_on.year <= 2100:
            wrong("changed_on", Sentence("The year lies between %(first)s and %(last)s.", first=1985, last=2100))
        elif facts.kind == member.kind and facts.region in ("", member.region_code):
            wrong("changed_on", Sentence("This day is for another kind or region; neither has changed."))
    if facts.time_zone not in time_zones():
        wrong(
            "time_zone",
            Sentence("“%(zone)s” is no time zone. Zones look like Europe/Madrid.", zone=facts.time_zone[:60]),
        )
    if facts.language not in KNOWN_LANGUAGES:
        wrong(
            "language",
            Sentence("“%(given)s” is none of: %(known)s.", given=facts.language[:40], known=", ".join(KNOWN_LANGUAGES)),
        )
    if facts.left_on and not 1985 <= facts.left_on.year <= 2100:
        wrong("left_on", Sentence("The year lies between %(first)s and %(last)s.", first=1985, last=2100))
    return problems
