"""What staff do with rounds and templates."""

from dataclasses import dataclass, replace
from dataclasses import replace as altered
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.calls.content import as_json
from eventhub.calls.opening import changed_meanwhile
from eventhub.calls.queries import TemplateRow, template_by_code, template_by_id
from eventhub.calls.rules import PHRASES, CallContent, KindWords, SessionPattern, TemplateContent, template_problems
from eventhub.database import sql, transaction
from eventhub.directory.folding import slugify
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import Problems, Refusal
from eventhub.labs.commands import RoundExists, codes_of
from eventhub.labs.queries import RoundRow, round_by_id
from eventhub.labs.rules import FIRST_YEAR, LAST_YEAR, LONGEST_NAME, LONGEST_TEXT, too_long
from eventhub.resources import DATA
from eventhub.settings import current_settings
from eventhub.words import Sentence


class TemplateExists(Refusal):
    """Another template has this name."""

    status_code = 409


# Rounds


@dataclass(frozen=True)
class RoundFacts:
    """What staff say of a round; themes and action lines by their codes."""

    year: int
    kind: str = "lab"
    title: str = ""
    priorities: str = ""
    lessons: str = ""
    themes: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()


async def open_round(facts: RoundFacts, *, now: datetime, account_id: UUID) -> RoundRow:
    """
    Set up the round of a kind in a year.

    Raises:
        Problems: something is missing or wrong; every fault at once.
        RoundExists: the year has a round of this kind.

    """
    facts, themes, lines = await _checked_round(facts, is_new=True)
    new = uuid4()
    async with transaction():
        done = await sql(
            "INSERT INTO lab_round (id, year, kind, title, priorities, lessons) VALUES ({}, {}, {}, {}, {}, {}) "
            "ON CONFLICT (year, kind) DO NOTHING RETURNING id",
            new, facts.year, facts.kind, facts.title, facts.priorities, facts.lessons,
        )  # fmt: skip
        if not done:
            raise RoundExists(Sentence("There is a round of %(year)s already.", year=facts.year))
        await _link_round(new, themes, lines)
        await record("create_round", "lab_round", new, account_id=account_id, now=now, detail=str(facts.year))
    return await round_by_id(new)


async def change_round(round_id: UUID, facts: RoundFacts, *, version: int, now: datetime, account_id: UUID) -> RoundRow:
    """
    Change what is said of a round; it keeps its year and its kind.

    Raises:
        NotFound: there is no such round.
        Problems: something is missing or wrong; every fault at once.
        CallChanged: somebody else was quicker.

    """
    before = await round_by_id(round_id)
    facts = replace(facts, year=before.year, kind=before.kind)
    facts, themes, lines = await _checked_round(facts, is_new=False)
    async with transaction():
        done = await sql(
            "UPDATE lab_round SET title = {}, priorities = {}, lessons = {}, version = version + 1 "
            "WHERE id = {} AND version = {} RETURNING id",
            facts.title, facts.priorities, facts.lessons, round_id, version,
        )  # fmt: skip
        if not done:
            raise changed_meanwhile()
        await sql("DELETE FROM round_theme WHERE lab_round = {}", round_id)
        await sql("DELETE FROM round_action_line WHERE lab_round = {}", round_id)
        await _link_round(round_id, themes, lines)
        await record("change_round", "lab_round", round_id, account_id=account_id, now=now)
    return await round_by_id(round_id)


async def _checked_round(facts: RoundFacts, *, is_new: bool) -> tuple[RoundFacts, list[UUID], list[UUID]]:
    """The facts tidied, with the keys of themes and action lines; every fault at once."""
    facts = replace(
        facts, title=clean_line(facts.title), priorities=clean_text(facts.priorities),
        lessons=clean_text(facts.lessons),
    )  # fmt: skip
    problems = too_long(
        {
            "title": (facts.title, LONGEST_NAME),
            "priorities": (facts.priorities, LONGEST_TEXT),
            "lessons": (facts.lessons, LONGEST_TEXT),
        }
    )
    if not FIRST_YEAR <= facts.year <= LAST_YEAR:
        problems["year"] = [Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)]
    if not facts.title:
        problems["title"] = [Sentence("Please give the round a name.")]
    if is_new and facts.kind != "lab":
        known = await sql("SELECT 1 AS one FROM lab_template WHERE kind = {} LIMIT 1", facts.kind.replace("\x00", ""))
        if not known:
            problems["kind"] = [Sentence("No template is of the kind “%(given)s”.", given=facts.kind[:30])]
    keys: dict[str, list[UUID]] = {}
    for field, table in (("themes", "theme"), ("action_lines", "action_line")):
        known_codes = await codes_of(table)
        codes = tuple(dict.fromkeys(getattr(facts, field)))
        if unknown := [code for code in codes if code not in known_codes]:
            problems[field] = [
                Sentence("“%(given)s” is none of: %(known)s.", given=code[:40], known=", ".join(known_codes))
                for code in unknown[:10]
            ]
        keys[field] = [known_codes[code] for code in codes if code in known_codes]
    if problems:
        raise Problems(problems)
    return facts, keys["themes"], keys["action_lines"]


async def _link_round(round_id: UUID, themes: list[UUID], lines: list[UUID]) -> None:
    for theme in themes:
        await sql("INSERT INTO round_theme (id, lab_round, theme) VALUES ({}, {}, {})", uuid4(), round_id, theme)
    for line in lines:
        await sql(
            "INSERT INTO round_action_line (id, lab_round, action_line) VALUES ({}, {}, {})", uuid4(), round_id, line
        )


# Templates


@dataclass(frozen=True)
class TemplateFacts:
    """What a template says besides its call; words and descriptions by language."""

    name: str
    kind: str
    words: dict[str, KindWords]
    description: dict[str, str]
    sessions: SessionPattern
    follow_up_months: tuple[int, ...] = (3, 6, 12)


async def create_template(facts: TemplateFacts, *, copy_of: str = "", now: datetime, account_id: UUID) -> TemplateRow:
    """
    Write a new template down.

    Args:
        copy_of: Code of the template whose call it takes over.

    Raises:
        NotFound: there is no template to copy.
        Problems: something is missing or wrong; every fault at once.
        TemplateExists: another one has its code.

    """
    facts = _checked_template(facts)
    call = (await template_by_code(copy_of)).content.call if copy_of else CallContent()
    new, code = uuid4(), slugify(facts.name)[:60].strip("-") or "template"
    async with transaction():
        done = await sql(
            "INSERT INTO lab_template (id, code, kind, name, content, version, updated_at) "
            "VALUES ({}, {}, {}, {}, {}, 1, {}) ON CONFLICT (code) DO NOTHING RETURNING id",
            new, code, facts.kind, facts.name, as_json(_content(facts, call)), now,
        )  # fmt: skip
        if not done:
            raise TemplateExists(Sentence("There is a template “%(name)s” already.", name=facts.name))
        await record("create_template", "lab_template", new, account_id=account_id, now=now)
    return await template_by_id(new)


async def change_template(
    code: str, facts: TemplateFacts, *, version: int, now: datetime, account_id: UUID
) -> TemplateRow:
    """
    Change what a template proposes besides its call. Labs that were made from it stay as they are.

    Raises:
        NotFound: there is no such template.
        Problems: something is missing or wrong; every fault at once.
        CallChanged: somebody else was quicker.

    """
    before = await template_by_code(code)
    facts = _checked_template(replace(facts, kind=before.kind))
    async with transaction():
        done = await sql(
            "UPDATE lab_template SET name = {}, content = {}, version = version + 1, updated_at = {} "
            "WHERE id = {} AND version = {} RETURNING id",
            facts.name, as_json(_content(facts, before.content.call)), now, before.id, version,
        )  # fmt: skip
        if not done:
            raise changed_meanwhile()
        await record("change_template", "lab_template", before.id, account_id=account_id, now=now)
    return await template_by_id(before.id)


async def retire_template(code: str, *, is_retired: bool, now: datetime, account_id: UUID) -> TemplateRow:
    """
    Offer a template no more for what is new, or offer it again.

    Raises:
        NotFound: there is no such template.

    """
    before = await template_by_code(code)
    if (before.retired_at is not None) == is_retired:
        return before
    async with transaction():
        await sql("UPDATE lab_template SET retired_at = {} WHERE id = {}", now if is_retired else None, before.id)
        action = "retire_template" if is_retired else "restore_template"
        await record(action, "lab_template", before.id, account_id=account_id, now=now)
    return await template_by_id(before.id)


def _content(facts: TemplateFacts, call: CallContent) -> TemplateContent:
    return TemplateContent(
        words=facts.words, description=facts.description, call=call, sessions=facts.sessions,
        follow_up_months=facts.follow_up_months,
    )  # fmt: skip


def _checked_template(facts: TemplateFacts) -> TemplateFacts:
    words = {
        code: KindWords(**{name: clean_line(getattr(one, name)) for name in PHRASES})
        for code, one in facts.words.items()
    }
    facts = replace(
        facts, name=clean_line(facts.name), kind=clean_line(facts.kind),
        words={code: one for code, one in words.items() if one.one or one.many},
        description={code: tidy for code, text in facts.description.items() if (tidy := clean_text(text))},
        sessions=altered(
            facts.sessions,
            titles={
                code: tuple(map(clean_line, titles)) for code, titles in facts.sessions.titles.items() if any(titles)
            },
        ),
    )  # fmt: skip
    codes = current_settings().language_codes
    problems = template_problems(facts.name, facts.kind, _content(facts, CallContent()), codes)
    if problems:
        raise Problems(problems)
    return facts


class _Shipped(msgspec.Struct):
    code: str
    kind: str
    name: str
    content: TemplateContent


async def load_lab_templates(now: datetime) -> int:
    """
    Write down the templates that ship and are not there; what is there stays as staff have made it.

    Returns:
        How many were new.

    """
    written = 0
    shipped = msgspec.json.decode((DATA / "lab_templates.json").read_bytes(), type=list[_Shipped])
    async with transaction():
        for one in shipped:
            done = await sql(
                "INSERT INTO lab_template (id, code, kind, name, content, version, updated_at) "
                "VALUES ({}, {}, {}, {}, {}, 1, {}) ON CONFLICT (code) DO NOTHING RETURNING id",
                uuid4(), one.code, one.kind, one.name, as_json(one.content), now,
            )  # fmt: skip
            written += len(done)
        if written:
            await record("load_templates", "file", "lab_templates", account_id=None, now=now, detail=f"{written} new")
    return written
