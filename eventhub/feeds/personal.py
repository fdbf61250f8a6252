"""
Secret calendars: what is in that of a person, a member, an account and the cohort of a lab.

Each is for its holder alone, and tells of nobody else. Its state is read
first, in a few short queries; only when it has changed is anything written.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, Response

from eventhub import languages
from eventhub.calendars import FEED_END, CalendarEvent, event_file, feed_head, published_part
from eventhub.checkin.queries import join_url
from eventhub.events.feed_queries import ItemFacts, Listed, events_by_id, items_by_id, listed_sessions
from eventhub.events.feeds import PAST, calendar_event, calendar_item
from eventhub.events.kept_feeds import KEPT_FEEDS
from eventhub.events.queries import EventRow, event_by_id
from eventhub.events.rules import EventStatus
from eventhub.feeds.commands import note_fetch
from eventhub.feeds.queries import (
    Deadline,
    FeedKind,
    LinkRow,
    OfMember,
    OfPerson,
    Seat,
    feed_by_token,
    name_of_lab,
    no_such_feed,
    of_account,
    of_member,
    of_person,
    seats_in_lab,
)
from eventhub.registrations.queries import RegistrationRow
from eventhub.registrations.rules import STANDING, Attends, RegistrationStatus

_WAITING = STANDING - {RegistrationStatus.CONFIRMED}


async def secret_feed(
    request: Request[Any, Any, Any], token: str, kinds: Iterable[FeedKind], now: datetime
) -> Response[Any]:
    """
    The calendar at a secret address.

    Args:
        kinds: Those that this kind of address may open.

    Raises:
        NotFound: it opens none of them; alike for what never existed and what was taken back.

    """
    link = await feed_by_token(token)
    if link.kind not in tuple(kinds):
        raise no_such_feed()
    state = await _state_of(link, now)
    await note_fetch(link, now=now)
    key = ("secret", link.id, link.language)

    async def build() -> bytes:
        with languages.speaking(link.language):
            name, events = await _content_of(link, state)
        return await asyncio.to_thread(_written, name, events, link.language)

    return await KEPT_FEEDS.answer(request, key, state, build, now=now, name="calendar.ics", public=False)


async def _state_of(link: LinkRow, now: datetime) -> Any:
    today = now.date()
    from_day = today - PAST
    match link.kind:
        case FeedKind.PERSON:
            return await of_person(link.subject, from_day)
        case FeedKind.MEMBER:
            return await of_member(link.subject, today, from_day)
        case FeedKind.ACCOUNT:
            return await of_account(link.subject, from_day)
        case _:
            return await name_of_lab(link.subject), tuple(await listed_sessions(link.subject))


async def _content_of(link: LinkRow, state: Any) -> tuple[str, list[CalendarEvent]]:
    match link.kind:
        case FeedKind.PERSON:
            return languages.gettext("My events"), await _of_person(state)
        case FeedKind.MEMBER:
            return state.name, await _of_member(state)
        case FeedKind.ACCOUNT:
            return languages.gettext("Events I work on"), await _with_own_link(state)
        case _:
            return state[0], await _with_own_link(state[1])


def _written(name: str, events: Sequence[CalendarEvent], language: str) -> bytes:
    ordered = sorted(events, key=lambda event: (event.starts.isoformat(), event.uid))
    parts = (published_part(event, language, with_link=True) for event in ordered)
    # no SOURCE: whoever is handed the file on would have the address for good
    return b"".join((feed_head(name=f"EventHub: {name}", source_url=""), *parts, FEED_END))


async def _of_person(state: OfPerson) -> list[CalendarEvent]:
    parts = {part.item: part for part in (*state.signed_up, *state.speaking)}
    keys = [seat.event for seat in state.seats] + [part.event for part in parts.values()]
    keys += [key for key, _ in state.lab_sessions]
    events = await events_by_id(list(dict.fromkeys(keys)))
    items = await items_by_id(list(parts))
    seats = {seat.event: seat for seat in state.seats}
    found = [_session(events[key]) for key, _ in state.lab_sessions if key in events and key not in seats]
    found += [_seat(events[key], seat) for key, seat in seats.items() if key in events]
    for item in items:
        if item.event in events:
            is_asked = parts[item.id].status == "invited"
            found.append(_part(item, events[item.event], seats.get(item.event), is_asked=is_asked))
    return found


def _seat(event: EventRow, seat: Seat | RegistrationRow) -> CalendarEvent:
    """An event as its participant knows it: a place on the waiting list is tentative, and has no link to join."""
    known = replace(calendar_event(event), updated_at=max(event.updated_at, seat.status_at))
    if seat.status in _WAITING and known.status == "CONFIRMED":
        return replace(known, status="TENTATIVE")
    return replace(known, online_url=_link_to_join(event, seat))


def _link_to_join(event: EventRow, seat: Seat | RegistrationRow | None) -> str:
    """The person's own link, which notes that it was opened; for those with a seat who attend online."""
    if seat is None or seat.status != RegistrationStatus.CONFIRMED or seat.attends != Attends.ONLINE:
        return ""
    open_to_join = event.online_url and event.status == EventStatus.PUBLISHED
    return join_url(seat.id, seat.link_version) if open_to_join else ""


def _part(item: ItemFacts, event: EventRow, seat: Seat | None, *, is_asked: bool) -> CalendarEvent:
    known = replace(
        calendar_item(item, event), title=f"{item.title} · {event.title}", online_url=_link_to_join(event, seat)
    )
    return replace(known, status="TENTATIVE") if is_asked and known.status == "CONFIRMED" else known


def _session(event: EventRow) -> CalendarEvent:
    """An event as those know it who belong to it: with the address to join online while it stands."""
    is_on = event.status != EventStatus.CANCELLED
    return replace(calendar_event(event), online_url=event.online_url if is_on else "")


async def _with_own_link(listed: Sequence[Listed]) -> list[CalendarEvent]:
    return [_session(event) for event in (await events_by_id([key for key, _ in listed])).values()]


async def _of_member(state: OfMember) -> list[CalendarEvent]:
    keys = [key for key, _ in state.events] + [one.event for one in state.deadlines]
    events = await events_by_id(list(dict.fromkeys(keys)))
    found = [calendar_event(events[key]) for key, _ in state.events if key in events]
    for one in state.deadlines:
        if one.at and one.event in events:
            found.append(_deadline(one, events[one.event], state.time_zone))
    return found


def _deadline(one: Deadline, event: EventRow, zone: str) -> CalendarEvent:
    """The last day of a desk as clocks at the member show it, a whole day."""
    assert one.at
    known = calendar_event(event)
    day = one.at.astimezone(ZoneInfo(zone)).date()
    title = languages.gettext("Last day to name the delegation: %(title)s") % {"title": event.title}
    closes = languages.format_moments(one.at, None, zone, languages.current())
    text = languages.gettext("The desk closes: %(when)s, %(zone)s") % {
        "when": closes,
        "zone": languages.zone_name(zone, languages.current()),
    }
    return replace(
        known, uid=f"{one.id}-deadline@eventhub", title=title, starts=day, ends=day, time_zone=None, place="",
        description=text,
    )  # fmt: skip


async def registration_file(
    request: Request[Any, Any, Any], registration: RegistrationRow, now: datetime
) -> Response[Any]:
    """The calendar file of one registration, with the person's own link to join."""
    known = _seat(await event_by_id(registration.event), registration)

    async def build() -> bytes:
        return event_file(known, language=registration.language, with_link=True)

    key = ("registration", registration.id)
    return await KEPT_FEEDS.answer(request, key, known, build, now=now, name="event.ics", public=False)


async def cohort_calendar(
    request: Request[Any, Any, Any], participant: UUID, lab: UUID, person: UUID, language: str, now: datetime
) -> Response[Any]:
    """
    The sessions of a lab as one of its cohort knows them: with the person's own link to join where there is a seat.

    Args:
        participant: Whose calendar it is.
        language: Of the words around the events' own text.

    """
    listed = tuple(await listed_sessions(lab))
    seats = await seats_in_lab(person, lab)
    state = (await name_of_lab(lab), listed, seats)

    async def build() -> bytes:
        own = {seat.event: seat for seat in seats}
        events = (await events_by_id([key for key, _ in listed])).values()
        with languages.speaking(language):
            found = [_seat(event, own[event.id]) if event.id in own else calendar_event(event) for event in events]
        return await asyncio.to_thread(_written, state[0], found, language)

    key = ("cohort", participant, language)
    return await KEPT_FEEDS.answer(request, key, state, build, now=now, name="sessions.ics", public=False)
