"""What people do with labs: open rounds and calls, apply, choose, and hold sessions."""

import csv
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.calls.queries import TemplateRow, template_by_code
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.folding import fold, slugify
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.queries import event_by_slug
from eventhub.events.rules import EventKind, unknown_word
from eventhub.labs.queries import (
    ApplicationRow,
    LabRow,
    RoundRow,
    application_by_id,
    lab_by_id,
    lab_by_slug,
)
from eventhub.labs.rules import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_TITLE,
    ApplicationStatus,
    CallState,
    LabStatus,
    lab_problems,
    may_apply,
    too_long,
)
from eventhub.languages import country_name
from eventhub.registrations.seats import set_pool_open
from eventhub.resources import DATA
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: Addresses below /staff/labs/ that are pages of their own.
_RESERVED_SLUGS = frozenset({"new"})


class RoundExists(Refusal):
    """There is one round a year."""

    status_code = 409


class CallClosed(Refusal):
    """The lab takes no applications now."""

    status_code = 409


class ApplicationStands(Refusal):
    """The application is in no state for this."""

    status_code = 409


class SessionTaken(Refusal):
    """The event is no lab session, or belongs to a lab already."""

    status_code = 409


@dataclass(frozen=True)
class LabFacts:
    """What staff say of a lab; themes, action lines and the template that a new one begins with by their codes."""

    name: str
    year: int
    themes: tuple[str, ...] = ()
    full_title: str = ""
    description: str = ""
    place: str = ""
    country: str = ""
    action_lines: tuple[str, ...] = ()
    template: str = ""


async def create_round(year: int, *, title: str = "", lessons: str = "", now: datetime, account_id: UUID) -> RoundRow:
    """
    Open the round of a year.

    Raises:
        Problems: the year or a text cannot be used.
        RoundExists: the year has a round.

    """
    title, lessons = clean_line(title) or _round_title(year), clean_text(lessons)
    problems = too_long({"title": (title, LONGEST_NAME), "lessons": (lessons, LONGEST_TEXT)})
    if not FIRST_YEAR <= year <= LAST_YEAR:
        problems["year"] = [Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)]
    if problems:
        raise Problems(problems)
    new = uuid4()
    async with transaction():
        done = await sql(
            "INSERT INTO lab_round (id, year, title, lessons) VALUES ({}, {}, {}, {}) "
            "ON CONFLICT (year, kind) DO NOTHING RETURNING id",
            new, year, title, lessons,
        )  # fmt: skip
        if not done:
            raise RoundExists(Sentence("There is a round of %(year)s already.", year=year))
        await record("create_round", "lab_round", new, account_id=account_id, now=now, detail=str(year))
    return RoundRow(new, year, title, lessons)


async def create_lab(facts: LabFacts, *, now: datetime, account_id: UUID) -> LabRow:
    """
    Write a new lab down as planned; the round of its year is opened when it is the first.

    Its template says what kind it is, what its call will propose, and what it says of itself unless staff say it.
    Feedback is asked for by itself after each session and at the end, until somebody switches that off.

    Raises:
        Problems: something is missing or wrong; every fault at once.

    """
    problems: dict[str, list[str]] = {}
    template = await _template(facts.template, problems)
    facts, themes, lines = await _checked_lab(facts, problems)
    kind, title = "lab", ""
    if template:
        kind, language = template.kind, current_settings().language_codes[0]
        words = template.content.words_in(language)
        title = f"{words.many} {facts.year}"[:LONGEST_NAME] if words else ""
        facts = replace(facts, description=facts.description or template.content.description.get(language, ""))
    new = uuid4()
    async with transaction():
        round_id = await round_of_year(facts.year, kind, title=title, now=now, account_id=account_id)
        slug = await _free_slug(facts.name)
        await _insert_lab(new, round_id, slug, await _next_number(round_id), facts, LabStatus.PLANNED, now)
        await sql(
            "UPDATE lab SET kind = {}, template = {}, asks_feedback = {} WHERE id = {}",
            kind, template.id if template else None, True, new,
        )  # fmt: skip
        await _link(new, themes, lines)
        await record("create_lab", "lab", new, account_id=account_id, now=now)
    return await lab_by_id(new)


async def change_lab(slug: str, facts: LabFacts, *, status: str, now: datetime, account_id: UUID) -> LabRow:
    """
    Change what is said of a lab, and where it stands. It keeps its round and its address.

    Raises:
        Problems: something is missing or wrong; every fault at once.

    """
    lab = await lab_by_slug(slug)
    problems: dict[str, list[str]] = {}
    if status not in set(LabStatus):
        problems["status"] = [unknown_word(status, LabStatus)]
    facts, themes, lines = await _checked_lab(replace(facts, year=lab.year), problems)
    async with transaction():
        await sql(
            "UPDATE lab SET name = {}, full_title = {}, description = {}, place = {}, country = {}, status = "
            "{} "
            "WHERE id = {}",
            facts.name, facts.full_title, facts.description, facts.place, facts.country, status, lab.id,
        )  # fmt: skip
        await sql("DELETE FROM lab_theme WHERE lab = {}", lab.id)
        await sql("DELETE FROM lab_action_line WHERE lab = {}", lab.id)
        await _link(lab.id, themes, lines)
        await record("change_lab", "lab", lab.id, account_id=account_id, now=now)
    return await lab_by_id(lab.id)


async def add_lab_session(slug: str, event_slug: str, *, now: datetime, account_id: UUID) -> LabRow:
    """
    Make an event of kind `lab_session` the next session of a lab.

    Raises:
        SessionTaken: it is of another kind, or belongs to a lab already.

    """
    lab, event = await lab_by_slug(slug), await event_by_slug(event_slug.replace("\x00", ""))
    if event.kind != EventKind.LAB_SESSION:
        raise SessionTaken(Sentence("“%(title)s” is no lab session.", title=event.title))
    async with transaction():
        await sql(f"SELECT id FROM lab WHERE id = {{}}{lock_clause()}", lab.id)
        last = await sql("SELECT COALESCE(MAX(number), 0) AS n FROM lab_session WHERE lab = {}", lab.id)
        done = await sql(
            "INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, {}) ON CONFLICT (event) DO NOTHING "
            "RETURNING event",
            event.id, lab.id, int(last[0]["n"]) + 1,
        )  # fmt: skip
        if not done:
            raise SessionTaken(Sentence("“%(title)s” is a session of something else already.", title=event.title))
        await _close_to_strangers(event.id)
        await record("add_lab_session", "lab", lab.id, account_id=account_id, now=now, detail=event.slug)
    return lab


async def _close_to_strangers(event_id: UUID) -> None:
    """Let only those in who are named or invited, in the caller's transaction; a session that takes nobody stays so."""
    closed = await sql(
        "UPDATE event SET registration_mode = 'invitation', version = version + 1 WHERE id = {} "
        "AND registration_mode IN ('open', 'approval') RETURNING id",
        event_id,
    )
    if closed:
        await set_pool_open(event_id, False)


async def remove_lab_session(slug: str, event_slug: str, *, now: datetime, account_id: UUID) -> LabRow:
    """Part an event from a lab; the event itself stays. Parting it twice is parting it once."""
    lab, event = await lab_by_slug(slug), await event_by_slug(event_slug.replace("\x00", ""))
    async with transaction():
        gone = await sql("DELETE FROM lab_session WHERE event = {} AND lab = {} RETURNING event", event.id, lab.id)
        if gone:
            await record("remove_lab_session", "lab", lab.id, account_id=account_id, now=now, detail=event.slug)
    return lab


async def load_labs_2024(now: datetime) -> int:
    """
    Load the ten labs of 2024 with their themes; loaded twice it changes nothing.

    Returns:
        How many labs were new.

    """
    with (DATA / "solutions_labs_2024.csv").open(encoding="utf-8", newline="") as file:
        printed = list(csv.DictReader(file))
    added = 0
    async with transaction():
        await _load_themes()
        themes = await codes_of("theme")
        round_id = await round_of_year(2024, now=now, account_id=None)
        present = {int(row["number"]) for row in await sql("SELECT number FROM lab WHERE lab_round = {}", round_id)}
        for row in printed:
            if int(row["lab_no"]) in present:
                continue
            lab_id, facts = (
                uuid4(),
                LabFacts(
                    row["name"],
                    2024,
                    full_title=row["full_title"],
                    place=row["place"],
                    country=row["country"],
                ),
            )
            slug = await _free_slug(facts.name)
            await _insert_lab(lab_id, round_id, slug, int(row["lab_no"]), facts, LabStatus.FINISHED, now)
            await _link(lab_id, [themes[code.strip()] for code in row["themes"].split(";")], [])
            added += 1
        if added:
            await record("load_labs", "lab_round", round_id, account_id=None, now=now, detail=str(added))
    return added


def check_open(lab: LabRow, now: datetime) -> None:
    """
    Do nothing while the call of a lab is open.

    Raises:
        CallClosed: it is not open yet, it is closed, or there is none.

    """
    state = lab.call_state(now)
    if may_apply(state):
        return
    if state is CallState.NOT_YET_OPEN:
        raise CallClosed(Sentence("The call of “%(lab)s” is not open yet.", lab=lab.name))
    if state is CallState.CLOSED:
        raise CallClosed(Sentence("The call of “%(lab)s” is closed.", lab=lab.name))
    raise CallClosed(Sentence("“%(lab)s” has no call at present.", lab=lab.name))


async def write_status(before: ApplicationRow, status: ApplicationStatus, reason: str, now: datetime) -> None:
    """Write where an application stands; its contact is a lab participant while it is accepted, its people no longer."""
    await sql(
        "UPDATE application SET status = {}, reason = {}, status_at = {}, version = version + 1 WHERE id = "
        "{}",
        status, reason, now, before.id,
    )  # fmt: skip
    if status is ApplicationStatus.ACCEPTED:
        await sql(
            "INSERT INTO lab_participant (id, lab, person, member, role, joined_at, application, language) "
            "VALUES ({}, {}, {}, {}, 'participant', {}, {}, {}) ON CONFLICT (lab, person) DO NOTHING",
            uuid4(), before.lab, before.contact, before.member, now, before.id, before.language,
        )  # fmt: skip
    elif before.status == ApplicationStatus.ACCEPTED:
        # who has attended a session stays, for the figures
        await sql(
            "DELETE FROM lab_participant WHERE lab = {} AND role = 'participant' "
            "AND (application = {} OR (application IS NULL AND person = {} AND member = {})) "
            "AND NOT EXISTS (SELECT 1 FROM lab_session s JOIN registration r ON r.event = s.event "
            "JOIN attendance a ON a.registration = r.id WHERE s.lab = lab_participant.lab "
            "AND r.person = lab_participant.person)",
            before.lab, before.id, before.contact, before.member,
        )  # fmt: skip


async def locked_application(application: ApplicationRow) -> ApplicationRow:
    """The application as it stands, with its row locked for this transaction."""
    await sql(f"SELECT id FROM application WHERE id = {{}}{lock_clause()}", application.id)
    return await application_by_id(application.id)


async def _checked_lab(
    facts: LabFacts, problems: dict[str, list[str]] | None = None
) -> tuple[LabFacts, list[UUID], list[UUID]]:
    """The facts tidied, with the keys of themes and action lines; every fault at once."""
    facts = replace(
        facts,
        name=clean_line(facts.name), full_title=clean_line(facts.full_title), description=clean_text(facts.description),
        place=clean_line(facts.place), country=clean_line(facts.country).upper(),
        themes=tuple(dict.fromkeys(facts.themes)), action_lines=tuple(dict.fromkeys(facts.action_lines)),
    )  # fmt: skip
    found = problems or {}
    found |= lab_problems(
        name=facts.name,
        year=facts.year,
        themes=list(facts.themes),
        texts={
            "full_title": (facts.full_title, LONGEST_TITLE),
            "description": (facts.description, LONGEST_TEXT),
            "place": (facts.place, LONGEST_NAME),
        },
    )
    if facts.country and (len(facts.country) != 2 or country_name(facts.country, "en") == facts.country):
        found["country"] = [Sentence("“%(given)s” is no country code. Codes look like FR.", given=facts.country[:10])]
    keys: dict[str, list[UUID]] = {}
    for field, table in (("themes", "theme"), ("action_lines", "action_line")):
        known = await codes_of(table)
        codes: tuple[str, ...] = getattr(facts, field)
        if unknown := [code for code in codes if code not in known]:
            found[field] = [
                Sentence("“%(given)s” is none of: %(known)s.", given=code[:40], known=", ".join(known))
                for code in unknown[:10]
            ]
        keys[field] = [known[code] for code in codes if code in known]
    if found:
        raise Problems(found)
    return facts, keys["themes"], keys["action_lines"]


async def _template(code: str, problems: dict[str, list[str]]) -> TemplateRow | None:
    """The template that a new lab begins with, if one is named."""
    if not code:
        return None
    try:
        return await template_by_code(code)
    except NotFound:
        problems["template"] = [Sentence("There is no template “%(given)s”.", given=code[:60])]
        return None


async def codes_of(table: str) -> dict[str, UUID]:
    """Codes of a table with their keys, in order."""
    order = {"theme": "position, code", "action_line": "first_year, number"}[table]
    return {row["code"]: row["id"] for row in await sql(f"SELECT code, id FROM {table} ORDER BY {order}")}


def _round_title(year: int) -> str:
    return f"Solutions Labs {year}"


async def round_of_year(
    year: int, kind: str = "lab", *, title: str = "", now: datetime, account_id: UUID | None
) -> UUID:
    """The round of a kind in a year with its row locked, made when there is none, in the caller's transaction."""
    new = uuid4()
    made = await sql(
        "INSERT INTO lab_round (id, year, title, lessons, kind) VALUES ({}, {}, {}, '', {}) "
        "ON CONFLICT (year, kind) DO NOTHING RETURNING id",
        new, year, title or _round_title(year), kind,
    )  # fmt: skip
    if made:
        await record("create_round", "lab_round", new, account_id=account_id, now=now, detail=str(year))
        return new
    rows = await sql(f"SELECT id FROM lab_round WHERE year = {{}} AND kind = {{}}{lock_clause()}", year, kind)
    return UUID(str(rows[0]["id"]))


async def _next_number(round_id: UUID) -> int:
    rows = await sql("SELECT COALESCE(MAX(number), 0) AS n FROM lab WHERE lab_round = {}", round_id)
    return int(rows[0]["n"]) + 1


async def _free_slug(name: str) -> str:
    """An address that no lab has, in the caller's transaction."""
    base = slugify(name) if fold(name) else "lab"
    taken = {
        row["slug"] for row in await sql("SELECT slug FROM lab WHERE slug = {} OR slug LIKE {}", base, f"{base}-%")
    } | _RESERVED_SLUGS
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


async def _insert_lab(
    lab_id: UUID, round_id: UUID, slug: str, number: int, facts: LabFacts, status: LabStatus, now: datetime
) -> None:
    await sql(
        "INSERT INTO lab (id, lab_round, slug, number, name, full_title, description, place, country, "
        "status, created_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
        lab_id, round_id, slug, number, facts.name, facts.full_title, facts.description, facts.place, facts.country,
        status, now,
    )  # fmt: skip


async def _link(lab_id: UUID, themes: list[UUID], lines: list[UUID]) -> None:
    for theme in themes:
        await sql("INSERT INTO lab_theme (id, lab, theme) VALUES ({}, {}, {})", uuid4(), lab_id, theme)
    for line in lines:
        await sql("INSERT INTO lab_action_line (id, lab, action_line) VALUES ({}, {}, {})", uuid4(), lab_id, line)


async def _load_themes() -> None:
    """The thematic priorities, in case nobody has loaded them yet."""
    with (DATA / "thematic_priorities.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            await sql(
                "INSERT INTO theme (id, code, name, tag, position) VALUES ({}, {}, {}, {}, {}) "
                "ON CONFLICT (code) DO NOTHING",
                uuid4(), row["code"], row["name"], row["tag"], int(row["order"]),
            )  # fmt: skip
