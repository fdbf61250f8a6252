"""What organisers do with events: create, change, publish, cancel, put away."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.directory.folding import fold, slugify
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import Problems, Refusal
from eventhub.events.letters import new_calendar_uid
from eventhub.events.locking import EventIsCancelled, EventIsKept, locked_event
from eventhub.events.queries import (
    EventRow,
    event_by_id,
    event_by_slug,
    programme_of,
)
from eventhub.events.rules import (
    EventFacts,
    EventStatus,
    RegistrationMode,
    schedule_problems,
)
from eventhub.events.ties import Links, look_up, tie
from eventhub.mail.commands import post_letter, withdraw_letters
from eventhub.programme.calendar_news import all_gone, all_moved
from eventhub.programme.commands import follow_event, release_first
from eventhub.registrations.letters import registration_letter
from eventhub.registrations.queries import RegistrationFilter, RegistrationRow, registrations_of
from eventhub.registrations.rules import RegistrationStatus
from eventhub.registrations.seats import open_pool, resize_pool, seats_transaction, set_pool_open
from eventhub.speakers.queries import parity_of
from eventhub.words import Sentence

_LETTERS_AT_ONCE = 500
#: Characters of a reason.
LONGEST_REASON = 2000
#: `/staff/events/new` is the form of a new event.
_TAKEN_ADDRESSES = frozenset({"new"})


class NotReadyToPublish(Refusal):
    """Something keeps the event from being published; every reason at once."""

    status_code = 409


class ExceptionNotAllowed(Refusal):
    """Only an administrator may publish in spite of the panels, and only with a written reason."""

    status_code = 403


class ChangedMeanwhile(Refusal):
    """Somebody else has changed the event since the form was opened."""

    status_code = 409


async def create_event(facts: EventFacts, *, now: datetime, account_id: UUID) -> EventRow:
    """
    Write a new event down as a draft.

    Raises:
        Problems: something is missing or wrong; every fault at once.

    """
    async with transaction():
        new = await insert_event(facts, now=now, account_id=account_id)
    return await event_by_id(new)


async def insert_event(facts: EventFacts, *, now: datetime, account_id: UUID) -> UUID:
    """
    Write a new draft down in the caller's transaction; its key.

    Raises:
        Problems: something is missing or wrong; every fault at once.

    """
    facts = _tidy(facts)
    links = await _checked(facts)
    start, end = facts.instants()
    new = uuid4()
    base = slugify(facts.title)
    for attempt in range(50):
        slug = base if attempt == 0 else f"{base}-{attempt + 1}"
        if slug in _TAKEN_ADDRESSES:
            continue
        done = await sql(
            "INSERT INTO event (id, slug, title, title_folded, kind, mode, involvement, status, starts_on, "
            "starts_time, ends_on, ends_time, time_zone, starts_at, ends_at, place, country, online_url, "
            "description, language, capacity, registration_mode, registration_closes_at, parent, "
            "counts_in_statistics, minimum_break, registration_opens_at, offer_hours, parity_exempt_reason, printed_start, printed_end, printed_title, "
            "printed_location, calendar_uid, sequence, version, cancel_reason, created_by, created_at, updated_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, 'draft', {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, "
            "{}, {}, {}, {}, {}, {}, '', '', '', '', {}, 0, 1, '', {}, {}, {}) ON CONFLICT (slug) DO NOTHING RETURNING id",
            new, slug, facts.title, fold(facts.title)[:300], facts.kind, facts.mode, facts.involvement,
            facts.starts_on, facts.starts_time, facts.ends_on, facts.ends_time, facts.time_zone, start, end,
            facts.place, facts.country, facts.online_url, facts.description, facts.language, facts.capacity,
            facts.registration_mode, facts.registration_closes_at, links.parent, facts.counts_in_statistics,
            facts.minimum_break, facts.registration_opens_at, facts.offer_hours, facts.parity_exempt_reason,
            new_calendar_uid(new), account_id, now, now,
        )  # fmt: skip
        if not done:
            continue
        await tie(new, facts, links)
        await open_pool(new, facts.capacity)
        await record("create_event", "event", new, account_id=account_id, now=now)
        return new
    raise Problems({"title": [Sentence("Too many events have this title. Please choose another.")]})


async def change_event(
    slug: str, facts: EventFacts, *, version: int | None = None, now: datetime, account_id: UUID
) -> EventRow:
    """
    Change an event. Registered people hear of what matters: time and place.

    Args:
        version: The version that the form showed; None: whatever stands.

    Raises:
        Problems: something is missing or wrong.
        ChangedMeanwhile: somebody else was quicker.
        CapacityTooSmall: more people have seats than the new capacity.
        EventIsCancelled: a cancelled event is changed no more.

    """
    before = await event_by_slug(slug)
    facts = _tidy(facts)
    links = await _checked(facts, slug)
    start, end = facts.instants()
    async with seats_transaction(before.id):
        before = await locked_event(before.id)
        if before.status == EventStatus.CANCELLED:
            raise EventIsCancelled(Sentence("“%(title)s” was cancelled and is changed no more.", title=before.title))
        if version is not None and version != before.version:
            raise ChangedMeanwhile(
                Sentence("Somebody else has changed this event meanwhile. Please load it again and repeat your change.")
            )
        # the personal links of letters lead to the address to join, whatever it is by then
        moved = (start, end, facts.starts_on, facts.ends_on, facts.place) != (
            before.starts_at, before.ends_at, before.starts_on, before.ends_on, before.place,
        )  # fmt: skip
        sequence = before.sequence + (1 if moved and before.status == EventStatus.PUBLISHED else 0)
        await sql(
            "UPDATE event SET title = {}, title_folded = {}, kind = {}, mode = {}, involvement = {}, starts_on = {}, "
            "starts_time = {}, ends_on = {}, ends_time = {}, time_zone = {}, starts_at = {}, ends_at = {}, place = {}, "
            "country = {}, online_url = {}, description = {}, language = {}, capacity = {}, registration_mode = {}, "
            "registration_closes_at = {}, parent = {}, counts_in_statistics = {}, minimum_break = {}, "
            "registration_opens_at = {}, offer_hours = {}, parity_exempt_reason = {}, sequence = {}, version = version + 1, updated_at = {} WHERE id = {}",
            facts.title, fold(facts.title)[:300], facts.kind, facts.mode, facts.involvement, facts.starts_on,
            facts.starts_time, facts.ends_on, facts.ends_time, facts.time_zone, start, end, facts.place,
            facts.country, facts.online_url, facts.description, facts.language, facts.capacity,
            facts.registration_mode, facts.registration_closes_at, links.parent, facts.counts_in_statistics,
            facts.minimum_break, facts.registration_opens_at, facts.offer_hours, facts.parity_exempt_reason, sequence, now, before.id,
        )  # fmt: skip
        await tie(before.id, facts, links)
        after = await event_by_id(before.id)
        await follow_event(before, after)
        if moved:
            await all_moved(after, now=now)
        if facts.capacity != before.capacity:
            await resize_pool(after, facts.capacity, now=now)
        if after.status == EventStatus.PUBLISHED:
            await set_pool_open(after.id, after.registration_mode == RegistrationMode.OPEN)
        if moved and after.status == EventStatus.PUBLISHED and not after.is_past(now):
            await withdraw_letters(after.id, "event_changed")  # what was not sent yet is overtaken
            await _tell_registered(after, "event_changed", now)
        await record("change_event", "event", before.id, account_id=account_id, now=now, detail=_changes(before, after))
    return after


async def publishing_problems(event: EventRow) -> tuple[list[Sentence], list[Sentence]]:
    """
    What keeps an event from being published: its schedule, and its panels.

    The button on the page and the command both ask here, so they cannot disagree.
    """
    items = [(item.title, item.starts_at, item.ends_at) for item in await programme_of(event.id)]
    schedule = schedule_problems(
        mode=event.mode, place=event.place, event=(event.starts_at, event.ends_at), items=items
    )
    check = await parity_of(event.id, exempt_reason=event.parity_exempt_reason)
    return schedule, list(check.problems)


async def publish_event(
    slug: str,
    *,
    exception_reason: str = "",
    may_except: bool = False,
    now: datetime,
    account_id: UUID,
) -> EventRow:
    """
    Show an event to the public, unless its schedule or a panel holds it back.

    Args:
        exception_reason: Why it is published in spite of its panels; kept with
            the account in a parity exception.
        may_except: Whether the account is an administrator's.

    Raises:
        Problems: the reason is too long.
        NotReadyToPublish: every reason, in sentences.
        ExceptionNotAllowed: the reason came from somebody who may not decide it.
        EventIsCancelled: it was cancelled.

    """
    event = await event_by_slug(slug)
    reason = clean_text(exception_reason)
    if len(reason) > LONGEST_REASON:
        too_long = Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_REASON)
        raise Problems({"exception_reason": [too_long]})
    async with transaction():
        event = await locked_event(event.id)
        if event.status == EventStatus.PUBLISHED:
            return event
        if event.status == EventStatus.CANCELLED:
            raise EventIsCancelled(Sentence("“%(title)s” was cancelled.", title=event.title))
        await publish_locked(event, reason=reason, may_except=may_except, now=now, account_id=account_id)
    return await event_by_id(event.id)


async def publish_locked(
    event: EventRow, *, reason: str = "", may_except: bool = False, now: datetime, account_id: UUID
) -> None:
    """
    Show a draft to the public, in a transaction of the caller's that made it or has locked it.

    Raises:
        NotReadyToPublish: every reason, in sentences.
        ExceptionNotAllowed: the reason came from somebody who may not decide it.

    """
    schedule, panels = await publishing_problems(event)
    if panels and reason and not may_except:
        raise ExceptionNotAllowed(
            Sentence("Only an administrator may publish in spite of the panels."), *schedule, *panels
        )
    if schedule or (panels and not reason):
        raise NotReadyToPublish(*schedule, *panels)
    if panels:
        await sql(
            "INSERT INTO parity_exception (id, event, account, reason, findings, granted_at) "
            "VALUES ({}, {}, {}, {}, {}, {})",
            uuid4(), event.id, account_id, reason, "\n".join(panels), now,
        )  # fmt: skip
        await record("grant_parity_exception", "event", event.id, account_id=account_id, now=now)
    await sql(
        "UPDATE event SET status = 'published', published_at = {}, updated_at = {}, version = version + 1 WHERE id = {}",
        now, now, event.id,
    )  # fmt: skip
    await set_pool_open(event.id, event.registration_mode == RegistrationMode.OPEN)
    await release_first(event.id, now=now, account_id=account_id)
    await record("publish_event", "event", event.id, account_id=account_id, now=now)


async def cancel_event(slug: str, *, reason: str, now: datetime, account_id: UUID) -> EventRow:
    """
    Call an event off; everybody who registered is told, with the reason.

    Raises:
        Problems: no reason was given.
        EventIsKept: it is over, and counted in the figures.

    """
    reason = clean_text(reason)
    if not reason or len(reason) > LONGEST_REASON:
        wrong = (
            Sentence("Please say why; registered people will read it.")
            if not reason
            else Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_REASON)
        )
        raise Problems({"reason": [wrong]})
    event = await event_by_slug(slug)
    async with seats_transaction(event.id):
        event = await locked_event(event.id)
        if event.status == EventStatus.CANCELLED:
            return event
        was_published = event.status == EventStatus.PUBLISHED
        if was_published and event.is_past(now):
            raise EventIsKept(Sentence("“%(title)s” has taken place, and stays in the figures.", title=event.title))
        await sql(
            "UPDATE event SET status = 'cancelled', cancelled_at = {}, cancel_reason = {}, updated_at = {}, "
            "sequence = sequence + 1, version = version + 1 WHERE id = {}",
            now, reason, now, event.id,
        )  # fmt: skip
        event = await event_by_id(event.id)
        await all_gone(event, now=now)
        await set_pool_open(event.id, False)
        if was_published:
            await withdraw_letters(event.id, "event_changed")
            await _tell_registered(event, "event_cancelled", now, reason=reason)
        await record("cancel_event", "event", event.id, account_id=account_id, now=now)
    return event


async def delete_draft(slug: str, *, now: datetime, account_id: UUID) -> None:
    """
    Delete a draft that nobody has registered for.

    Raises:
        EventIsKept: it was published once, people are tied to it, or it is part of something.

    """
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        people = await sql(
            "SELECT 1 AS one FROM registration WHERE event = {} UNION SELECT 1 FROM head_count WHERE event = {}",
            event.id,
            event.id,
        )
        if event.status != EventStatus.DRAFT or people:
            raise EventIsKept(Sentence("Only drafts without registrations can be deleted. Cancel this event instead."))
        if await sql("SELECT 1 AS one FROM event WHERE parent = {} LIMIT 1", event.id):
            raise EventIsKept(Sentence("Other events are part of this one. Take them out of it first."))
        if await sql("SELECT 1 AS one FROM lab_session WHERE event = {}", event.id):
            raise EventIsKept(Sentence("This is a session of a lab. Take it off the lab first."))
        if await sql("SELECT 1 AS one FROM campaign_submission WHERE event = {} LIMIT 1", event.id):
            raise EventIsKept(Sentence("This event was accepted for a campaign, so it stays."))
        await all_gone(event, now=now)  # speakers may have been asked already
        await sql("UPDATE letter SET event = NULL WHERE event = {}", event.id)
        await sql(
            "DELETE FROM speaker_slot WHERE programme_item IN (SELECT id FROM programme_item WHERE event = {})",
            event.id,
        )
        for table in ("programme_item", "seat_pool", "parity_exception"):
            await sql(f"DELETE FROM {table} WHERE event = {{}}", event.id)
        await sql("DELETE FROM event WHERE id = {}", event.id)
        await record("delete_draft", "event", event.id, account_id=account_id, now=now)


async def archive_event(slug: str, *, now: datetime, account_id: UUID) -> EventRow:
    """
    Put an event away from the lists of staff; pages, feeds and figures stay as they are.

    Raises:
        EventIsKept: it is neither over nor cancelled.

    """
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        if event.archived_at:
            return event
        if event.status != EventStatus.CANCELLED and not event.is_past(now):
            raise EventIsKept(Sentence("Only events that are over or cancelled can be put away."))
        await sql("UPDATE event SET archived_at = {} WHERE id = {}", now, event.id)
        await record("archive_event", "event", event.id, account_id=account_id, now=now)
    return await event_by_id(event.id)


async def unarchive_event(slug: str, *, now: datetime, account_id: UUID) -> EventRow:
    """Take an event back into the lists of staff."""
    event = await event_by_slug(slug)
    async with transaction():
        event = await locked_event(event.id)
        if event.archived_at is None:
            return event
        await sql("UPDATE event SET archived_at = NULL WHERE id = {}", event.id)
        await record("unarchive_event", "event", event.id, account_id=account_id, now=now)
    return await event_by_id(event.id)


def _tidy(facts: EventFacts) -> EventFacts:
    return replace(
        facts,
        title=clean_line(facts.title), place=clean_line(facts.place), country=facts.country.strip().upper(),
        online_url=facts.online_url.strip(), description=clean_text(facts.description),
        parity_exempt_reason=clean_text(facts.parity_exempt_reason),
        organiser_name=None if facts.organiser_name is None else clean_line(facts.organiser_name),
    )  # fmt: skip


async def event_faults(facts: EventFacts) -> dict[str, list[str]]:
    """Everything that is wrong with the facts of an event, the codes among them, by field."""
    return (await look_up(_tidy(facts)))[0]


async def _checked(facts: EventFacts, slug: str | None = None) -> Links:
    problems, links = await look_up(facts, slug)
    if problems:
        raise Problems(problems)
    return links


def _changes(before: EventRow, after: EventRow) -> str:
    """Names of the columns that changed, for the audit trail."""
    quiet = {"version", "updated_at", "sequence", "title_folded"}
    names = [n for n in EventRow.__struct_fields__ if n not in quiet and getattr(before, n) != getattr(after, n)]
    return ", ".join(names)


async def _tell_registered(event: EventRow, kind: str, now: datetime, **more: Any) -> None:
    """Write a letter to everybody with a seat or in the queue."""
    for status in (
        RegistrationStatus.CONFIRMED, RegistrationStatus.OFFERED, RegistrationStatus.WAITLISTED, RegistrationStatus.PENDING,
    ):  # fmt: skip
        offset = 0
        while True:
            part, _ = await registrations_of(
                event.id, RegistrationFilter(status=status), limit=_LETTERS_AT_ONCE, offset=offset
            )
            for registration, _attended in part:
                await post_letter(_news(event, registration, kind, more), now=now)
            if len(part) < _LETTERS_AT_ONCE:
                break
            offset += _LETTERS_AT_ONCE


def _news(event: EventRow, registration: RegistrationRow, kind: str, more: dict[str, Any]) -> Any:
    waits = registration.status == RegistrationStatus.WAITLISTED
    key = f"registration:{registration.id}:{kind}:{event.version}"
    return registration_letter(kind, event, registration, key=key, waits=waits, **more)
