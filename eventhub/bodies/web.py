"""Pages: statutory bodies and the seats of members in them."""

import re
from collections import Counter
from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, account_of, open_to
from eventhub.bodies.commands import end_seat, give_seat, remove_seat
from eventhub.bodies.forms import EndForm, SeatForm
from eventhub.bodies.queries import Meeting, all_seats, bodies, body_code, given_today, meetings_of, seats_at
from eventhub.bodies.rules import FIRST_YEAR, LAST_YEAR, attendance_rate, entitled_on
from eventhub.directory.queries import member_choices
from eventhub.errors import Problems
from eventhub.events.queries import event_by_slug
from eventhub.pages import redirect, render
from eventhub.words import Sentence


class Bodies(Controller):
    """The statutory bodies, for all staff to read."""

    opt = open_to(Policy.STAFF)

    @get("/staff/bodies")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """The bodies with the numbers of their seats today."""
        return render(request, "bodies/bodies", bodies=await bodies(now.date()), today=now.date())

    @get("/staff/bodies/{code:str}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        code: FromPath[str],
        now: NamedDependency[datetime],
        on: FromQuery[str] = "",
    ) -> Response[str]:
        """Who is entitled on a day, all terms, and the meetings of that year."""
        return await _page(request, code, now, on=on)

    @get("/staff/events/{slug:str}/seats")
    async def at_event(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """Which members with a seat are registered for a meeting, and which were there."""
        event = await event_by_slug(slug)
        return render(request, "bodies/event", event=event, meeting=await seats_at(event))


class Seats(Controller):
    """Giving and ending seats, for programme staff."""

    opt = open_to(Policy.EDIT_DIRECTORY)

    @post("/staff/bodies/{code:str}/seats")
    async def give(
        self, request: Request[Any, Any, Any], code: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Give a member a seat."""
        body_code(code)
        form = SeatForm(await request.form(), members=dict(await member_choices()))
        if form.validate():
            try:
                await give_seat(
                    code, form.member.data, form.starts_on.data, form.ends_on.data,
                    now=now, account_id=account_of(request).account_id,
                )  # fmt: skip
                return redirect(f"/staff/bodies/{code}", Sentence("The member has the seat."))
            except Problems as problems:
                form.add_problems(problems)
        return await _page(request, code, now, give=form)

    @post("/staff/bodies/{code:str}/end")
    async def end(
        self, request: Request[Any, Any, Any], code: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Say on which day a seat ends."""
        form = EndForm(await request.form(), seats=await all_seats(body_code(code)))
        if form.validate():
            try:
                await end_seat(
                    code, UUID(form.seat.data), form.last_day.data,
                    now=now, account_id=account_of(request).account_id,
                )  # fmt: skip
                return redirect(
                    f"/staff/bodies/{code}", Sentence("The seat ends on %(day)s.", day=str(form.last_day.data))
                )
            except Problems as problems:
                form.add_problems(problems)
        return await _page(request, code, now, end=form)

    @post("/staff/bodies/{code:str}/seats/{seat_id:uuid}/remove")
    async def remove(
        self,
        request: Request[Any, Any, Any],
        code: FromPath[str],
        seat_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Take a seat back that was given today by mistake."""
        await remove_seat(code, seat_id, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/bodies/{code}", Sentence("The seat is taken back, as if it had never been given."))


async def _page(
    request: Request[Any, Any, Any],
    code: str,
    now: datetime,
    *,
    on: str = "",
    give: SeatForm | None = None,
    end: EndForm | None = None,
) -> Response[str]:
    """The page of a body; a form that was refused is on it with everything as it was typed."""
    seats, today = await all_seats(body_code(code)), now.date()
    asked = _day(on) if on else today
    day = asked or today
    meetings = await meetings_of(code, day.year, seats=seats, until=today)
    return render(
        request,
        "bodies/body",
        status_code=422 if give or end or asked is None else 200,
        code=code,
        on=on if asked is None else day.isoformat(),
        day=day,
        day_is_wrong=asked is None,
        today=today,
        entitled=entitled_on(seats, day),
        past=[seat for seat in seats if seat.last_day and seat.last_day < day],
        coming=[seat for seat in seats if seat.starts_on > day and not (seat.last_day and seat.last_day < day)],
        removable=await given_today(today),
        meetings=meetings,
        modes=sorted(Counter(meeting.mode for meeting in meetings).items()),
        rate=_rate(meetings),
        give=give or SeatForm(members=dict(await member_choices())),
        end=end or EndForm(seats=seats),
        refused=give or end,
    )


def _rate(meetings: list[Meeting]) -> float | None:
    """Seats present over seats entitled, over all meetings whose attendance was recorded."""
    recorded = [meeting for meeting in meetings if meeting.recorded]
    return attendance_rate(sum(one.present for one in recorded), sum(one.entitled for one in recorded))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


BODY_PAGES: list[Any] = [Bodies, Seats]
