"""What organisers do with series: begin one, make its next edition, and copy an event."""

from datetime import date, datetime, time
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.folding import fold, slugify
from eventhub.directory.rules import clean_line
from eventhub.errors import Problems
from eventhub.events.commands import insert_event
from eventhub.events.locking import locked_event
from eventhub.events.queries import (
    EventRow,
    action_lines,
    action_lines_of,
    event_by_id,
    event_by_slug,
    partners_of,
    programme_of,
    team_of,
    themes_of,
)
from eventhub.events.rules import LAST_EDITION, EventFacts, ItemFacts, item_problems
from eventhub.mailings.commands import copy_wordings
from eventhub.programme.commands import insert_item
from eventhub.programme.queries import facts_of_item
from eventhub.questions.commands import insert_copies
from eventhub.questions.queries import questions_of
from eventhub.series.queries import SeriesRow, series_by_slug
from eventhub.series.rules import copied_facts, copied_items
from eventhub.words import Sentence

LONGEST_NAME = 200
#: `/staff/series/new` may become a page.
_TAKEN_ADDRESSES = frozenset({"new"})


async def create_series(name: str, *, now: datetime, account_id: UUID) -> SeriesRow:
    """
    Begin a series; events become its editions by their form.

    Raises:
        Problems: the name is missing, too long, or taken.

    """
    name = clean_line(name)
    if not name:
        raise Problems({"name": [Sentence("Please give a name.")]})
    if len(name) > LONGEST_NAME:
        raise Problems({"name": [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_NAME)]})
    if await sql("SELECT 1 AS one FROM event_series WHERE name = {}", name):
        raise Problems({"name": [Sentence("There is a series of this name already.")]})
    async with transaction():
        return await _insert_series(name, now=now, account_id=account_id)


async def next_edition(
    slug: str,
    starts_on: date,
    *,
    starts_time: time | None = None,
    time_zone: str | None = None,
    now: datetime,
    account_id: UUID,
) -> EventRow:
    """
    Make the draft of the next edition of an event, without people.

    An event without a series becomes the first edition of a new one. The new
    edition has the number after the highest of the series: two organisers at
    once get two numbers, since the second waits for the series.

    Args:
        slug: The event that the edition is made from.
        starts_on: The first day of the new edition; the programme moves with it.
        starts_time: For an event of which no time of day is known.
        time_zone: For an event of which no zone is known.

    Raises:
        Problems: the day does not do, for the event or for an item of its programme.

    """
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        series = await _series_of(event, now=now, account_id=account_id)
        rows = await sql("SELECT MAX(edition) AS highest FROM event WHERE series = {}", series.id)
        number = (rows[0]["highest"] or 0) + 1
        if number > LAST_EDITION:
            last = Sentence("The number of the edition lies between 1 and %(most)s.", most=LAST_EDITION)
            raise Problems({"starts_on": [last]})
        new = await _copy(event, starts_on, starts_time, time_zone, (series.slug, number), now, account_id)
        await record("make_next_edition", "event", event.id, account_id=account_id, now=now, detail=str(number))
    return await event_by_id(new)


async def duplicate_event(
    slug: str,
    starts_on: date,
    *,
    starts_time: time | None = None,
    time_zone: str | None = None,
    now: datetime,
    account_id: UUID,
) -> EventRow:
    """
    Make a draft like an event on another day, without people and outside its series.

    Raises:
        Problems: the day does not do, for the event or for an item of its programme.

    """
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        new = await _copy(event, starts_on, starts_time, time_zone, None, now, account_id)
        await record("duplicate_event", "event", event.id, account_id=account_id, now=now)
    return await event_by_id(new)


async def _insert_series(name: str, *, now: datetime, account_id: UUID) -> SeriesRow:
    base, new = slugify(name) if fold(name) else "series", uuid4()
    for attempt in range(50):
        slug = base if attempt == 0 else f"{base}-{attempt + 1}"
        if slug in _TAKEN_ADDRESSES:
            continue
        if await sql(
            "INSERT INTO event_series (id, slug, name, created_at) VALUES ({}, {}, {}, {}) "
            "ON CONFLICT (slug) DO NOTHING RETURNING id",
            new, slug, name, now,
        ):  # fmt: skip
            await record("create_series", "event_series", new, account_id=account_id, now=now)
            return SeriesRow(new, slug, name, now)
    raise Problems({"name": [Sentence("Too many series have this name. Please choose another.")]})


async def _series_of(event: EventRow, *, now: datetime, account_id: UUID) -> SeriesRow:
    """The series of an event, locked; a new one, with the event as its first edition, when it has none."""
    if event.series is None:
        made = await _insert_series(clean_line(event.title[:LONGEST_NAME]), now=now, account_id=account_id)
        await sql(
            "UPDATE event SET series = {}, edition = 1, version = version + 1, updated_at = {} WHERE id = {}",
            made.id, now, event.id,
        )  # fmt: skip
        return made
    rows = await sql(f"SELECT slug FROM event_series WHERE id = {{}}{lock_clause()}", event.series)
    return await series_by_slug(rows[0]["slug"])


async def _copy(
    event: EventRow,
    starts_on: date,
    starts_time: time | None,
    time_zone: str | None,
    edition: tuple[str, int] | None,
    now: datetime,
    account_id: UUID,
) -> UUID:
    """Write the copy down in the caller's transaction; its key."""
    facts = copied_facts(
        await _facts_of(event, starts_on, edition), starts_on, starts_time=starts_time, time_zone=time_zone
    )
    try:
        new = await insert_event(facts, now=now, account_id=account_id)
    except Problems as problems:
        raise _at_the_day(problems) from problems
    await sql("UPDATE event SET host_member = {} WHERE id = {}", event.host_member if edition is None else None, new)
    items = [facts_of_item(row) for row in await programme_of(event.id)]
    for item in copied_items(items, starts_on - event.starts_on):
        await _copy_item(new, item, facts.time_zone)
    await insert_copies(new, await questions_of(event.id), now=now)
    await copy_wordings(event.id, new, now=now, account_id=account_id)
    return new


async def _facts_of(event: EventRow, starts_on: date, edition: tuple[str, int] | None) -> EventFacts:
    """The facts of an event with its ties; an edition is no part of what the last one was part of."""
    in_force = {row["code"] for row in await action_lines(starts_on.year)}
    parent = await event_by_id(event.parent) if event.parent and edition is None else None
    team = await team_of(event.id)
    return EventFacts(
        title=event.title, kind=event.kind, mode=event.mode, involvement=event.involvement, starts_on=event.starts_on,
        starts_time=event.starts_time, ends_on=event.ends_on, ends_time=event.ends_time, time_zone=event.time_zone,
        place=event.place, country=event.country, description=event.description, language=event.language,
        capacity=event.capacity, registration_mode=event.registration_mode,
        counts_in_statistics=event.counts_in_statistics, minimum_break=event.minimum_break,
        parent=parent.slug if parent else None, organiser_name=event.organiser_name,
        themes=tuple(row["code"] for row in await themes_of(event.id)),
        action_lines=tuple(row["code"] for row in await action_lines_of(event.id) if row["code"] in in_force),
        partners=tuple((row["role"], row["key"]) for row in await partners_of(event.id)),
        team=tuple((str(row["account"]), bool(row["is_lead"])) for row in team if row["is_active"]),
        series=edition[0] if edition else None, edition=edition[1] if edition else None,
    )  # fmt: skip


async def _copy_item(event_id: UUID, item: ItemFacts, zone: str | None) -> None:
    if item_problems(item, zone):
        sentence = Sentence("“%(title)s” of the programme has no such time on its new day.", title=item.title)
        raise Problems({"starts_on": [sentence]})
    await insert_item(event_id, uuid4(), item, zone or "")


def _at_the_day(problems: Problems) -> Problems:
    """The same faults at the fields of the small form of a copy; those of fields it does not have at the day."""
    shown: dict[str, list[str]] = {}
    for name, sentences in problems.fields.items():
        shown.setdefault(name if name == "time_zone" else "starts_on", []).extend(sentences)
    return Problems(shown)
