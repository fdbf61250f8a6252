"""What an event is tied to: its parent, themes, action lines, partners, team, deliverables and series."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import msgspec

from eventhub.database import sql, violated
from eventhub.directory.countries import country_codes
from eventhub.errors import Problems
from eventhub.events.queries import action_lines, deliverables
from eventhub.events.rules import EventFacts, event_problems
from eventhub.settings import current_settings
from eventhub.words import Sentence


class Links(msgspec.Struct, frozen=True):
    """Keys of what an event is tied to; None: what stands stays."""

    parent: UUID | None
    themes: list[UUID]
    action_lines: list[UUID]
    partners: list[tuple[str, UUID]] | None
    deliverables: list[UUID] | None
    team: list[tuple[UUID, bool]] | None
    series: UUID | None


async def look_up(facts: EventFacts, slug: str | None = None) -> tuple[dict[str, list[str]], Links]:
    """Every fault of the facts and of the codes at once, and the keys behind the codes."""
    problems = event_problems(facts, languages=current_settings().language_codes)
    if facts.country and facts.country not in country_codes():
        problems["country"] = [
            Sentence("“%(given)s” is no country code. Codes look like FR.", given=facts.country[:10])
        ]
    parent = None
    if facts.parent:
        rows = await sql("SELECT id FROM event WHERE slug = {}", facts.parent.replace("\x00", " "))
        if rows and facts.parent == slug:
            problems["parent"] = [Sentence("An event cannot be part of itself.")]
        elif rows:
            parent = rows[0]["id"]
        else:
            problems["parent"] = [Sentence("There is no event “%(slug)s”.", slug=facts.parent[:90])]
    found: dict[str, list[UUID]] = {}
    for name, table in (("themes", "theme"), ("action_lines", "action_line")):
        codes = list(dict.fromkeys(getattr(facts, name)))
        known = {row["code"]: row["id"] for row in await sql(f"SELECT id, code FROM {table}")} if codes else {}
        if unknown := [code for code in codes if code not in known]:
            problems[name] = [
                Sentence("“%(given)s” is none of: %(known)s.", given=code[:40], known=", ".join(sorted(known)))
                for code in unknown[:10]
            ]
        found[name] = [known[code] for code in codes if code in known]
    if found["action_lines"] and facts.starts_on and "action_lines" not in problems:
        problems |= await _plan_faults(facts.starts_on.year, facts.action_lines)
    return problems, Links(
        parent,
        found["themes"],
        found["action_lines"],
        await _partner_keys(facts.partners, problems),
        await _deliverable_keys(facts.deliverables, problems),
        await _team_keys(facts.team, problems),
        await _series_key(facts, slug, problems),
    )


async def _plan_faults(year: int, codes: tuple[str, ...]) -> dict[str, list[str]]:
    """Action lines are those of the plan in force when the event starts."""
    in_force = await action_lines(year)
    known = {row["code"] for row in in_force}
    if not (strange := [code for code in dict.fromkeys(codes) if code not in known]):
        return {}
    if not in_force:
        no_plan = "No plan was in force in %(year)s, so an event of that year has no action lines."
        return {"action_lines": [Sentence(no_plan, year=str(year))]}
    other = "“%(line)s” is a line of another plan; in %(year)s the plan %(plan)s is in force."
    plan = ", ".join(dict.fromkeys(row["plan"] for row in in_force))
    return {"action_lines": [Sentence(other, line=code, year=str(year), plan=plan) for code in strange[:10]]}


async def _partner_keys(
    given: tuple[tuple[str, str], ...] | None, problems: dict[str, list[str]]
) -> list[tuple[str, UUID]] | None:
    if not given:
        return None if given is None else []
    known = {row["key"]: row["id"] for row in await sql("SELECT id, key FROM partner")}
    if unknown := [key for key in dict.fromkeys(key for _, key in given) if key not in known]:
        problems.setdefault("partners", []).extend(
            Sentence("There is no partner “%(key)s”.", key=key[:90]) for key in unknown[:10]
        )
    return [(role, known[key]) for role, key in dict.fromkeys(given) if key in known]


async def _deliverable_keys(given: tuple[str, ...] | None, problems: dict[str, list[str]]) -> list[UUID] | None:
    if not given:
        return None if given is None else []
    known = {row["code"]: row["id"] for row in await deliverables()}
    if unknown := [code for code in dict.fromkeys(given) if code not in known]:
        problems["deliverables"] = [
            Sentence("There is no deliverable “%(code)s”.", code=code[:90]) for code in unknown[:10]
        ]
    return [known[code] for code in dict.fromkeys(given) if code in known]


async def _team_keys(
    given: tuple[tuple[str, bool], ...] | None, problems: dict[str, list[str]]
) -> list[tuple[UUID, bool]] | None:
    """Accounts, each once; whoever leads is on the team."""
    if not given:
        return None if given is None else []
    known = {str(row["id"]): row["id"] for row in await sql("SELECT id FROM account")}
    leads: dict[str, bool] = {}
    for account, is_lead in given:
        leads[account] = leads.get(account, False) or is_lead
    if any(account not in known for account in leads):
        problems["team"] = [Sentence("There is no such account.")]
    return [(known[account], is_lead) for account, is_lead in leads.items() if account in known]


async def _series_key(facts: EventFacts, slug: str | None, problems: dict[str, list[str]]) -> UUID | None:
    if not facts.series:
        return None
    rows = await sql("SELECT id FROM event_series WHERE slug = {}", facts.series.replace("\x00", " "))
    if not rows:
        problems["series"] = [Sentence("There is no series “%(slug)s”.", slug=facts.series[:90])]
        return None
    key: UUID = rows[0]["id"]
    if facts.edition is not None and "edition" not in problems:
        taken = await sql("SELECT slug FROM event WHERE series = {} AND edition = {}", key, facts.edition)
        if taken and taken[0]["slug"] != slug:
            problems["edition"] = [_edition_taken(facts.edition)]
    return key


def _edition_taken(number: int) -> Sentence:
    return Sentence("The series has an edition %(number)s already.", number=str(number))


@asynccontextmanager
async def _edition_once(facts: EventFacts) -> AsyncIterator[None]:
    """Two organisers who give one number at once: the second is told."""
    try:
        yield
    except Exception as error:
        if violated(error) not in ("event_edition_once", "event.series, event.edition"):
            raise
        raise Problems({"edition": [_edition_taken(facts.edition or 0)]}) from error


async def tie(event_id: UUID, facts: EventFacts, links: Links) -> None:
    """Write the ties down in the caller's transaction, as far as something was said of them."""
    if facts.organiser_name is not None:
        await sql("UPDATE event SET organiser_name = {} WHERE id = {}", facts.organiser_name, event_id)
    if facts.series is not None:
        edition = facts.edition if links.series else None
        async with _edition_once(facts):
            await sql("UPDATE event SET series = {}, edition = {} WHERE id = {}", links.series, edition, event_id)
    await _replace(event_id, "event_theme", ("theme",), [(key,) for key in links.themes])
    await _replace(event_id, "event_action_line", ("action_line",), [(key,) for key in links.action_lines])
    if links.partners is not None:
        await _replace(event_id, "event_partner", ("role", "partner"), links.partners)
    if links.deliverables is not None:
        await _replace(event_id, "event_deliverable", ("deliverable",), [(key,) for key in links.deliverables])
    if links.team is not None:
        await _replace(event_id, "event_team", ("account", "is_lead"), links.team)


async def _replace(event_id: UUID, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    await sql(f"DELETE FROM {table} WHERE event = {{}}", event_id)
    marks = ", ".join("{}" for _ in columns)
    for row in rows:
        statement = f"INSERT INTO {table} (id, event, {', '.join(columns)}) VALUES ({{}}, {{}}, {marks})"
        await sql(statement, uuid4(), event_id, *row)
