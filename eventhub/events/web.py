"""Pages of events: the public calendar and the organisers' desk."""

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, account_of, open_to
from eventhub.accounts.queries import audit_trail
from eventhub.bodies.rules import BODIES
from eventhub.errors import Problems, Refusal
from eventhub.events.calendar_web import CALENDAR_PAGES, year_of
from eventhub.events.commands import (
    NotReadyToPublish,
    cancel_event,
    change_event,
    create_event,
    delete_draft,
    publish_event,
    publishing_problems,
)
from eventhub.events.feeds import event_calendar, programme_calendar
from eventhub.events.forms import CancelForm, EventForm, PublishForm, TieChoices, labelled, values_of_event
from eventhub.events.kept import KEPT_PAGES
from eventhub.events.queries import (
    EventFilter,
    EventRow,
    action_lines,
    action_lines_of,
    all_parts_of,
    deliverables,
    deliverables_of,
    event_by_id,
    event_by_slug,
    events,
    first_events,
    partner_choices,
    partners_of,
    parts_of,
    programme_of,
    public_event,
    public_parent_of,
    series_choices,
    series_of,
    team_choices,
    team_of,
    themes,
    themes_of,
    ties_of,
    years_with_events,
)
from eventhub.events.rules import EventKind, EventStatus, Involvement, Mode
from eventhub.mail.pauses import pauses
from eventhub.mail.queries import letter_counts
from eventhub.pages import list_page, redirect, render
from eventhub.programme.queries import programme_conflicts
from eventhub.registrations.queries import head_count_of, registration_counts, seats_of
from eventhub.settings import current_settings
from eventhub.speakers.queries import exceptions_of, parity_of, parity_of_events, speakers_of
from eventhub.speakers.rules import what_if
from eventhub.wording.queries import wording_hints
from eventhub.words import Sentence

DESK_PAGE = 40
DOORS_SHOWN = 20
LOOK_AHEAD = timedelta(days=92)
_A_DAY = timedelta(days=1)


class PublicCalendar(Controller):
    """What everybody can see."""

    opt = open_to(Policy.PUBLIC)

    @get("/events/{slug:str}")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """One event, or its calendar file when the address ends in .ics."""
        if slug.endswith(".ics"):
            return await event_calendar(slug.removesuffix(".ics"), request, now)
        return await KEPT_PAGES.answer(request, "event", slug, now, lambda: event_page(request, slug, now))

    @get("/events/{slug:str}/programme.ics")
    async def programme_file(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The programme as a calendar: each item an event of its own."""
        return await programme_calendar(slug, request, now)


async def event_page(request: Request[Any, Any, Any], slug: str, now: datetime) -> tuple[EventRow, Response[str]]:
    """One event as everybody sees it."""
    event = await public_event(slug)
    items = await programme_of(event.id)
    return event, render(
        request,
        "events/event",
        event=event,
        days=by_day(items, event.time_zone),
        speakers=await speakers_of(event.id, confirmed_only=True),
        seats=await seats_of(event.id, event.mode),
        themes=await themes_of(event.id),
        parts=await parts_of(event.id),
        parent=await public_parent_of(event),
        is_open=event.takes_registrations(now),
        door=event.door(now),
        partners=await partners_of(event.id),
        series=await series_of(event),
        is_past=event.is_past(now),
        now=now,
    )


def by_day(items: list[Any], zone: str | None) -> list[tuple[date, list[Any]]]:
    """Programme items by the day on which they start in the event's zone."""
    there = ZoneInfo(zone or "UTC")
    return [
        (day, list(group)) for day, group in groupby(items, key=lambda item: item.starts_at.astimezone(there).date())
    ]


async def events_of_today(now: datetime) -> list[EventRow]:
    """Published events of our own that are held today by the calendar of their own place; one query."""
    near = EventFilter(
        status=EventStatus.PUBLISHED, from_day=(now - _A_DAY).date(), until_day=(now + _A_DAY).date(), archived=False
    )
    found = []
    for event in await first_events(near, limit=5 * DOORS_SHOWN):
        today = now.astimezone(ZoneInfo(event.time_zone or "UTC")).date()
        if event.is_own and event.starts_on <= today <= (event.ends_on or event.starts_on):
            found.append(event)
    return found[:DOORS_SHOWN]


class Desk(Controller):
    """Where staff begin."""

    opt = open_to(Policy.STAFF)

    @get("/staff/")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """Coming events with their numbers, and what wants attention."""
        coming, total = await events(EventFilter(from_day=now.date(), archived=False), limit=DESK_PAGE)
        soon = {e.id: e for e in coming if e.starts_on <= (now + LOOK_AHEAD).date() and e.is_own}
        checks = await parity_of_events({e.id: e.parity_exempt_reason for e in soon.values()})
        unbalanced = [(soon[key], check) for key, check in checks.items() if check.problems]
        return render(
            request,
            "events/desk",
            coming=coming,
            total=total,
            ties=await ties_of(coming),
            unbalanced=unbalanced,
            doors=await events_of_today(now),
            letters={"failed": 0, "queued": 0, **await letter_counts(), "relay": bool(current_settings().smtp_url)},
            now=now,
        )


class StaffEvents(Controller):
    """Events as organisers work on them."""

    path = "/staff/events"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(
        self,
        request: Request[Any, Any, Any],
        now: NamedDependency[datetime],
        year: FromQuery[str] = "",
        kind: FromQuery[str] = "",
        involvement: FromQuery[str] = "",
        status: FromQuery[str] = "",
        q: FromQuery[str] = "",
        archived: FromQuery[str] = "",
        page_number: FromQuery[str] = "1",
    ) -> Response[str]:
        """All events that match, newest first; those put away only when asked for."""
        chosen = year_of(year)
        number = list_page(page_number)
        wanted = EventFilter(
            year=chosen, kind=kind, involvement=involvement, status=status, q=q[:200], archived=archived == "yes"
        )
        found, total = await events(wanted, limit=DESK_PAGE, offset=(number - 1) * DESK_PAGE, newest_first=True)
        return render(
            request,
            "events/staff_events",
            events=found,
            total=total,
            number=number,
            pages=max(1, -(-total // DESK_PAGE)),
            years=await years_with_events(),
            wanted=wanted,
            kinds=labelled(EventKind),
            involvements=labelled(Involvement),
            statuses=labelled(EventStatus),
            now=now,
        )

    @get("/new", opt=open_to(Policy.EDIT_EVENTS))
    async def new(self, request: Request[Any, Any, Any], parent: FromQuery[str] = "") -> Response[str]:
        """An empty form, or that of a new part with the days, place and zone of its parent."""
        values: dict[str, Any] = {
            "time_zone": current_settings().time_zone, "mode": Mode.ONLINE, "kind": EventKind.WEBINAR,
        }  # fmt: skip
        if parent:
            above = await event_by_slug(parent.replace("\x00", " "))
            names = ("kind", "mode", "involvement", "starts_on", "ends_on", "place", "country", "language")
            values |= {name: getattr(above, name) for name in names} | {"parent": above.slug}
            values["time_zone"] = above.time_zone or values["time_zone"]
        form = await _event_form(None, **values)
        return render(request, "events/form", form=form, event=None)

    @post("/new", opt=open_to(Policy.EDIT_EVENTS))
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Write a draft."""
        form = await _event_form(await request.form())
        if form.validate():
            try:
                event = await create_event(form.facts(), now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/events/{event.slug}", Sentence("The draft is written. Now its programme."))
            except Problems as problems:
                form.add_problems(problems)
        return render(request, "events/form", status_code=422, form=form, event=None)

    @get("/{slug:str}")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """One event with its programme, panels, people and history."""
        return await _desk_page(request, await event_by_slug(slug), now)

    @get("/{slug:str}/edit", opt=open_to(Policy.EDIT_EVENTS))
    async def edit(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The form with what stands."""
        event = await event_by_slug(slug)
        parent = (await event_by_id(event.parent)).slug if event.parent else None
        values = values_of_event(
            event,
            parent=parent,
            themes=await themes_of(event.id),
            action_lines=await action_lines_of(event.id),
            series=await series_of(event),
            partners=await partners_of(event.id),
            team=await team_of(event.id),
            deliverables=await deliverables_of(event.id),
        )
        return render(request, "events/form", form=await _event_form(None, event, **values), event=event)

    @post("/{slug:str}/edit", opt=open_to(Policy.EDIT_EVENTS))
    async def update(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change it; registered people hear of what matters."""
        event = await event_by_slug(slug)
        form = await _event_form(await request.form(), event)
        status = 422
        if form.validate():
            shown = str(form.version.data or "")
            version = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 9 else None
            try:
                await change_event(
                    slug, form.facts(event), version=version, now=now, account_id=account_of(request).account_id
                )
                return redirect(f"/staff/events/{slug}", Sentence("The event is changed."))
            except Problems as problems:
                form.add_problems(problems)
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems({"": list(refusal.sentences)})
        return render(request, "events/form", status_code=status, form=form, event=event)

    @post("/{slug:str}/publish", opt=open_to(Policy.EDIT_EVENTS))
    async def publish(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Show it to the public, or say every reason why not."""
        who = account_of(request)
        form = PublishForm(await request.form())
        try:
            await publish_event(
                slug,
                exception_reason=form.exception_reason.data or "",
                may_except=who.may(Policy.ADMINISTER),
                now=now,
                account_id=who.account_id,
            )
        except Problems as problems:
            form.add_problems(problems)
            return await _desk_page(request, await event_by_slug(slug), now, publish_form=form, status_code=422)
        except NotReadyToPublish as refusal:
            return await _desk_page(request, await event_by_slug(slug), now, refusal=refusal, publish_form=form)
        return redirect(f"/staff/events/{slug}", Sentence("The event is public now."))

    @post("/{slug:str}/cancel", opt=open_to(Policy.EDIT_EVENTS))
    async def cancel(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Call it off; everybody registered is told."""
        form = CancelForm(await request.form())
        event = await event_by_slug(slug)
        try:
            await cancel_event(slug, reason=form.reason.data or "", now=now, account_id=account_of(request).account_id)
        except Problems as problems:
            form.validate()
            form.add_problems({} if form.errors else problems)
            return await _desk_page(request, event, now, cancel_form=form, status_code=422)
        return redirect(f"/staff/events/{slug}", Sentence("The event is cancelled, and registered people are told."))

    @post("/{slug:str}/delete", opt=open_to(Policy.EDIT_EVENTS))
    async def delete(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Delete a draft."""
        await delete_draft(slug, now=now, account_id=account_of(request).account_id)
        return redirect("/staff/events", Sentence("The draft is deleted."))


async def _event_form(posted: Any, event: EventRow | None = None, **values: Any) -> EventForm:
    """The form with all that can be chosen; colleagues who have left can stay on the team they are on."""
    offered = await action_lines(event.starts_on.year if event and posted is None else None)
    kept = [row for row in await action_lines() if row["code"] in values.get("action_lines", ())]
    lines = {row["code"]: row for row in [*kept, *offered]}
    team = dict(await team_choices())
    if event:
        team |= {str(row["account"]): row["name"] for row in await team_of(event.id)}
    ties = TieChoices(
        series=await series_choices(),
        partners=await partner_choices(),
        team=list(team.items()),
        deliverables=[(row["code"], f"{row['code']}: {row['name']}") for row in await deliverables()],
    )
    return EventForm(posted, themes=await themes(), action_lines=list(lines.values()), ties=ties, data=values)


async def _desk_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    now: datetime,
    *,
    refusal: Refusal | None = None,
    publish_form: PublishForm | None = None,
    cancel_form: CancelForm | None = None,
    status_code: int = 200,
) -> Response[str]:
    schedule, panels = await publishing_problems(event)
    items = await programme_of(event.id)
    return render(
        request,
        "events/staff_event",
        status_code=refusal.status_code if refusal else status_code,
        event=event,
        days=by_day(items, event.time_zone),
        conflicts=await programme_conflicts(event, items),
        speakers=await speakers_of(event.id),
        check=await parity_of(event.id, exempt_reason=event.parity_exempt_reason),
        change_of=lambda counts: what_if(counts, current_settings().parity_minimum_share),
        schedule_problems=schedule,
        panel_problems=panels,
        exceptions=await exceptions_of(event.id),
        seats=await seats_of(event.id, event.mode),
        counts=await registration_counts(event.id),
        head_count=await head_count_of(event.id),
        history=await audit_trail(object_kind="event", object_id=event.id, limit=20),
        refused=refusal is not None,
        pauses=await pauses(event.id),
        above=await event_by_id(event.parent) if event.parent else None,
        parts=await all_parts_of(event.id),
        partners=await partners_of(event.id),
        team=await team_of(event.id),
        evidence=await deliverables_of(event.id),
        lines=await action_lines_of(event.id),
        series=await series_of(event),
        has_seats=event.kind in BODIES,
        publish_form=publish_form or PublishForm(),
        cancel_form=cancel_form or CancelForm(),
        hints=await wording_hints(
            (event.title, event.description, *(text for item in items for text in (item.title, item.description))),
            event.language,
        ),
        is_past=event.is_past(now),
        now=now,
    )


EVENT_PAGES: list[Any] = [*CALENDAR_PAGES, PublicCalendar, Desk, StaffEvents]
