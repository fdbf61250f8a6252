"""Pages: time-zone fairness: at which local hour a meeting falls for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub.access import Policy, account_of, open_to
from eventhub.errors import Problems
from eventhub.events.queries import EventRow, event_by_slug, series_of
from eventhub.events.rules import EventStatus
from eventhub.events.zones import wall_time
from eventhub.fairness.commands import choose_invited_members
from eventhub.fairness.forms import MOST_COLUMNS, InvitedForm, ViewForm
from eventhub.fairness.queries import (
    EarlierMeeting,
    MemberLine,
    editions_before,
    group_of_lab,
    invited_to,
    lab_of_session,
    present_members,
    sessions_before,
)
from eventhub.fairness.rules import (
    Cell,
    Order,
    cells,
    ledger_of,
    length_of,
    local_words,
    monday_of,
    most_borne_first,
    offset_words,
    places,
    ranked_slots,
    same_clock,
    starts_of_day,
    starts_of_week,
)
from eventhub.labs.queries import lab_by_slug
from eventhub.pages import redirect, render
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: Rows of the table of the fairest starts.
FAIREST = 20


@dataclass(frozen=True)
class Column:
    """One column of the heat map: members with one clock, of one region, or one member."""

    region: str
    offsets: str
    members: tuple[MemberLine, ...]
    cells: Mapping[datetime, Cell]


@dataclass(frozen=True)
class View:
    """What the address asks for, or what is usual where it cannot be meant."""

    week: date
    length: timedelta
    order: Order
    columns: str
    rotate: bool
    rows: str
    day: date | None

    @property
    def monday(self) -> date:
        """The first day of the week."""
        return monday_of(self.week)


def _view(request: Request[Any, Any, Any], week: date, length: timedelta) -> tuple[ViewForm, View]:
    """The form as it was sent, and what to show; values that cannot be meant are shown with a sentence."""
    usual: dict[str, Any] = {
        "week": week, "minutes": int(length.total_seconds() // 60), "order": Order.WORST, "columns": "clocks",
        "rotate": False, "rows": "best",
    }  # fmt: skip
    sent = list(request.query_params.multi_items())
    given = {name for name, _ in sent}
    if not given & usual.keys():
        form = ViewForm(data=usual)
        return form, View(week, length, Order.WORST, "clocks", False, "best", None)
    sent += [(name, str(value)) for name, value in usual.items() if name not in given and name != "rotate"]
    form = ViewForm(FormMultiDict(sent))
    form.validate()

    def value(name: str) -> Any:
        return usual[name] if form[name].errors else form[name].data

    week = value("week")
    day = form.only_day()
    if day is not None and monday_of(day) != monday_of(week):
        day = None
    rows = "day" if day else "week" if form.rows.data == "week" else "best"
    view = View(
        week=week,
        length=timedelta(minutes=value("minutes")),
        order=Order(value("order")),
        columns=value("columns"),
        rotate=bool(form.rotate.data),
        rows=rows,
        day=day,
    )
    return form, view


def _columns(kind: str, members: Sequence[MemberLine], starts: list[datetime], length: timedelta) -> list[Column]:
    by_key = {member.key: member for member in members}
    zones = {member.key: member.time_zone for member in members}
    clocks = [(offsets, tuple(by_key[key] for key in keys)) for offsets, keys in same_clock(zones, starts)]
    groups: list[tuple[str, str, tuple[MemberLine, ...]]] = [
        ("", " / ".join(map(offset_words, offsets)), shared) for offsets, shared in clocks
    ]
    if kind == "regions":
        codes = sorted({member.region for member in members})
        groups = [(code, "", tuple(member for member in members if member.region == code)) for code in codes]
    elif kind == "members":
        groups = [("", offsets, (member,)) for _, offsets, shared in groups for member in shared]
    # Members that share a column by their clocks have one local hour, whoever is asked.
    asked = [shared if kind == "regions" else shared[:1] for _, _, shared in groups]
    return [
        Column(
            region,
            offsets,
            shared,
            dict(zip(starts, cells((one.time_zone for one in some), starts, length=length), strict=True)),
        )
        for (region, offsets, shared), some in zip(groups, asked, strict=True)
    ]


def _board(
    members: Sequence[MemberLine],
    earlier: Sequence[EarlierMeeting],
    view: View,
    zone: str,
    present: datetime | None,
) -> dict[str, Any]:
    """Everything that the page shows of a week; no reads of its own."""
    zones = {member.key: member.time_zone for member in members}
    ledger = ledger_of(one.meeting for one in earlier)
    names = {member.key: member for one in earlier for member in one.members} | {m.key: m for m in members}
    borne = {key: one.weight for key, one in ledger.items()} if view.rotate else None
    week = starts_of_week(view.week, zone)
    slots = ranked_slots(zones, week, length=view.length, ledger=borne, order=view.order) if members else []
    by_start = {slot.starts_at: slot for slot in slots}
    if view.day is not None:
        shown = [by_start[start] for start in starts_of_day(view.day, zone) if start in by_start]
    elif view.rows == "week":
        shown = sorted(slots, key=lambda slot: slot.starts_at)
    else:
        shown = slots[:FAIREST]
    kind = "clocks" if view.columns == "members" and len(members) > MOST_COLUMNS else view.columns
    now_at = ranked_slots(zones, [present], length=view.length, ledger=borne) if present and members else []
    return {
        "slots": shown,
        "number_of_slots": len(slots),
        "places": {order.value: places(slots, order) for order in Order},
        "columns": _columns(kind, members, [slot.starts_at for slot in shown], view.length) if shown else [],
        "too_many_columns": kind != view.columns,
        "wall": {slot.starts_at: wall_time(slot.starts_at, zone) for slot in shown},
        "present": now_at[0] if now_at else None,
        "ledger": [(names[key], one) for key, one in most_borne_first(ledger)],
        "days": [view.monday + timedelta(days=n) for n in range(7)],
        "clocks": same_clock(zones, week),
        "by_key": {member.key: member for member in members},
        "offset_words": offset_words,
        "local_words": local_words,
        "earlier": earlier,
        "members": members,
        "view": view,
        "zone": zone,
    }


def _start_of(view: View, zone: str) -> datetime:
    """The instant at which the week begins in a zone; what was before counts for the ledger."""
    return starts_of_day(view.monday, zone)[0]


class StaffFairness(Controller):
    """The hours of an event, and who it is held for."""

    opt = open_to(Policy.STAFF)

    @get("/staff/events/{slug:str}/fairness")
    async def event(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The candidate starts of a week for the members that the event is held for, and the ledger of its series."""
        return await _event_page(request, await event_by_slug(slug), now)

    @post("/staff/events/{slug:str}/fairness/members", opt=open_to(Policy.EDIT_EVENTS))
    async def members(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Say which members the event is held for."""
        event = await event_by_slug(slug)
        form = InvitedForm(await request.form(), known=await _choosable(event, now))
        if form.validate():
            try:
                await choose_invited_members(slug, form.chosen(), now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/events/{event.slug}/fairness", Sentence("The choice of members is kept."))
            except Problems as problems:
                form.add_problems(problems)
        return await _event_page(request, event, now, form)

    @get("/staff/labs/{slug:str}/fairness")
    async def lab(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The candidate starts of a week for the group of a lab, and the ledger of its sessions."""
        lab = await lab_by_slug(slug)
        zone = lab.call.time_zone if lab.call else current_settings().time_zone
        members, is_cohort = await group_of_lab(lab.id)
        form, view = _view(request, wall_time(now, zone)[0] + timedelta(days=7), timedelta(hours=1))
        earlier = await sessions_before(lab.id, _start_of(view, zone), members if is_cohort else [])
        return render(
            request,
            "fairness/fairness",
            status_code=422 if form.errors else 200,
            **_board(members, earlier, view, zone, None),
            form=form,
            lab=lab,
            is_cohort=is_cohort,
            event=None,
            series=None,
            invited_form=None,
            may_choose=False,
        )


async def _choosable(event: EventRow, now: datetime) -> list[MemberLine]:
    """Members of today, and those chosen before that have left since."""
    present, invited = await present_members(now.date()), await invited_to(event.id)
    keys = {member.key for member in present}
    return sorted([*present, *(m for m in invited if m.key not in keys)], key=lambda m: m.name.casefold())


async def _event_page(
    request: Request[Any, Any, Any], event: EventRow, now: datetime, invited_form: InvitedForm | None = None
) -> Response[str]:
    zone = event.time_zone or current_settings().time_zone
    length = length_of(event.starts_at, event.ends_at) if event.starts_at else timedelta(hours=1)
    form, view = _view(request, event.starts_on, length)
    members = await invited_to(event.id)
    series = await series_of(event)
    earlier = []
    if event.series is not None:
        earlier = await editions_before(event.series, _start_of(view, zone), but=event.id)
    failed = bool(form.errors) or invited_form is not None
    if invited_form is None:
        known = await _choosable(event, now)
        invited_form = InvitedForm(known=known, data=InvitedForm.stored(members, known))
    return render(
        request,
        "fairness/fairness",
        status_code=422 if failed else 200,
        **_board(members, earlier, view, zone, event.starts_at),
        form=form,
        event=event,
        series=series,
        lab=await lab_of_session(event.id),
        is_cohort=False,
        invited_form=invited_form,
        may_choose=event.status != EventStatus.CANCELLED,
    )


FAIRNESS_PAGES: list[Any] = [StaffFairness]
