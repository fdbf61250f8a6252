"""The public calendar: a list, a month as a table, a list for other web sites, a feed."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from eventhub.access import Policy, open_to
from eventhub.campaigns.queries import public_campaigns
from eventhub.campaigns.rules import today_somewhere
from eventhub.directory.queries import regions
from eventhub.events.feeds import public_atom, public_feed
from eventhub.events.queries import (
    EventFilter,
    EventRow,
    events,
    first_events,
    next_month,
    themes,
    years_with_events,
)
from eventhub.events.rules import FIRST_YEAR, LAST_YEAR, PRIVATE_KINDS, EventKind, Mode
from eventhub.pages import THEMES, chosen_zone, list_page, render
from eventhub.settings import current_settings
from eventhub.web_security import framed_by

CALENDAR_PAGE = 60
EMBEDDED = 50
#: Events of one month as a table; each can stand on every day of it.
MOST_IN_MONTH = 300
#: One day of each month, to be named.
MONTHS = tuple(date(2000, number, 1) for number in range(1, 13))

Months = list[tuple[date, list[EventRow]]]
Days = dict[date, list[EventRow]]


def year_of(text: str) -> int | None:
    """The year of a filter, if it can be one."""
    return int(text) if re.fullmatch("[0-9]{4}", text) and FIRST_YEAR <= int(text) <= LAST_YEAR else None


def month_of(text: str) -> int | None:
    """The month of a filter, if it can be one."""
    return int(text) if re.fullmatch("0?[1-9]|1[0-2]", text) else None


def calendar_filter(request: Request[Any, Any, Any], now: datetime) -> EventFilter:
    """What the address narrows the public calendar to; what cannot be meant is left aside."""

    def given(name: str) -> str:
        return str(request.query_params.get(name, ""))

    def one_of(name: str, known: Iterable[str]) -> str:
        return given(name) if given(name) in set(known) else ""

    year = year_of(given("year"))
    return EventFilter(
        year=year,
        month=month_of(given("month")),
        region=given("region")[:40],
        kind=one_of("kind", EventKind),
        mode=one_of("mode", Mode),
        language=one_of("language", current_settings().language_codes),
        q=given("q")[:200],
        theme="" if given("theme") in THEMES else given("theme")[:30],  # Dark is an appearance, not a theme of events
        from_day=None if year else now.date(),
        public_only=True,
    )


def by_month(found: Iterable[EventRow]) -> Months:
    """Events, which come in order of time, by the month in which they start."""
    return [(first, list(group)) for first, group in groupby(found, key=lambda event: event.starts_on.replace(day=1))]


def weeks_of(first: date) -> list[list[date | None]]:
    """The days of the month that begins on `first`, in weeks from Monday; None outside the month."""
    days: list[date | None] = [None] * first.weekday()
    days += [first + timedelta(days=number) for number in range((next_month(first) - first).days)]
    days += [None] * (-len(days) % 7)
    return [days[start : start + 7] for start in range(0, len(days), 7)]


def by_day_of_month(found: Iterable[EventRow], first: date) -> Days:
    """Events on each of their days within the month that begins on `first`; days are those of the event's own zone."""
    days: Days = defaultdict(list)
    last = next_month(first) - timedelta(days=1)
    for event in found:
        day, until = max(event.starts_on, first), min(event.ends_on or event.starts_on, last)
        while day <= until:
            days[day].append(event)
            day += timedelta(days=1)
    return days


class Calendar(Controller):
    """What is coming, for people and for programs; drafts and private kinds never appear."""

    opt = open_to(Policy.PUBLIC)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """Coming events by month, those of a year, or one month as a table."""
        wanted = calendar_filter(request, now)
        context: dict[str, Any] = {
            "years": await years_with_events(public_only=True),
            "themes": await themes(),
            "regions": await regions(),
            "kinds": [kind for kind in EventKind if kind not in PRIVATE_KINDS],
            "modes": list(Mode),
            "month_names": MONTHS,
            "campaigns": await public_campaigns(today_somewhere(now)),
            "now": now,
        }
        if request.query_params.get("view") == "month":
            return render(request, "events/calendar_month", **await _month(request, wanted, now, context))
        number = list_page(str(request.query_params.get("page_number", "1")))
        found, total = await events(wanted, limit=CALENDAR_PAGE, offset=(number - 1) * CALENDAR_PAGE)
        return render(
            request,
            "events/calendar",
            **context,
            view="",
            wanted=wanted,
            is_narrowed=wanted != EventFilter(from_day=now.date(), public_only=True),
            months=by_month(found),
            total=total,
            number=number,
            pages=max(1, -(-total // CALENDAR_PAGE)),
        )

    @get("/embed/calendar")
    async def embedded(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """Coming events as a bare list, framed by the web sites of the setting only; alike for everybody, no cookies."""
        wanted = calendar_filter(request, now)
        found = await first_events(wanted, limit=EMBEDDED)
        answer = render(
            request,
            "events/calendar_embed",
            headers=framed_by(current_settings().embedding_sites),
            wanted=wanted,
            month_names=MONTHS,
            months=by_month(found),
            now=now,
        )
        answer.cookies = []
        return answer

    @get("/calendar.atom")
    async def atom(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """The calendar, narrowed as its page is, as an Atom feed."""
        return await public_atom(request, calendar_filter(request, now), now)

    @get("/calendar.ics")
    async def feed(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """The calendar, narrowed as its page is, for programs to subscribe to; it reaches ninety days back."""
        return await public_feed(request, calendar_filter(request, now), now)


async def _month(
    request: Request[Any, Any, Any], wanted: EventFilter, now: datetime, context: dict[str, Any]
) -> dict[str, Any]:
    """What the table of a month shows; without a month in the address, that of today."""
    zone = chosen_zone(request)
    today = now.astimezone(ZoneInfo(zone) if zone else UTC).date()
    year = wanted.year or today.year
    first = date(year, wanted.month or (1 if wanted.year and wanted.year != today.year else today.month), 1)
    following, before = next_month(first), (first - timedelta(days=1)).replace(day=1)
    rest = msgspec.structs.replace(wanted, year=None, month=None, from_day=None)
    within = msgspec.structs.replace(rest, from_day=first, until_day=following - timedelta(days=1))
    found = await first_events(within, limit=MOST_IN_MONTH + 1)
    return context | {
        "view": "month",
        "years": sorted({*context["years"], first.year}, reverse=True),
        "wanted": msgspec.structs.replace(wanted, year=first.year, month=first.month),
        "is_narrowed": rest != EventFilter(public_only=True) or first != today.replace(day=1),
        "first": first,
        "before": before if before.year >= FIRST_YEAR else None,
        "following": following if following.year <= LAST_YEAR else None,
        "weeks": weeks_of(first),
        "days": by_day_of_month(found[:MOST_IN_MONTH], first),
        "total": min(len(found), MOST_IN_MONTH),
        "has_more": len(found) > MOST_IN_MONTH,
        "today": today,
    }


CALENDAR_PAGES: list[Any] = [Calendar]
