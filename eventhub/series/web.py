"""Pages: series of events, their editions, and copies of an event."""

from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub.access import Policy, account_of, open_to
from eventhub.errors import Problems
from eventhub.events.commands import archive_event, unarchive_event
from eventhub.events.queries import EventRow, event_by_slug, series_of
from eventhub.languages import gettext
from eventhub.pages import redirect, render
from eventhub.series.commands import create_series, duplicate_event, next_edition
from eventhub.series.forms import CopyForm, SeriesForm
from eventhub.series.queries import editions_of, figures_of, no_such_series, series_by_slug, series_lines
from eventhub.words import Sentence


class PublicSeries(Controller):
    """The editions of a series that everybody may know of."""

    opt = open_to(Policy.PUBLIC)

    @get("/series/{slug:str}")
    async def show(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """Editions, newest first; a series without a public one is none."""
        series = await series_by_slug(slug)
        editions = await editions_of(series.id, public=True)
        if not editions:
            raise no_such_series(slug)
        return render(request, "series/public_series", series=series, editions=editions)


class StaffSeries(Controller):
    """Series as organisers see them."""

    path = "/staff/series"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self, request: Request[Any, Any, Any]) -> Response[str]:
        """All series, and the form of a new one."""
        return render(request, "series/staff_series_list", lines=await series_lines(), form=SeriesForm())

    @post("/", opt=open_to(Policy.EDIT_EVENTS))
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Begin a series."""
        form = SeriesForm(await request.form())
        if form.validate():
            try:
                made = await create_series(form.name.data or "", now=now, account_id=account_of(request).account_id)
                return redirect(
                    f"/staff/series/{made.slug}", Sentence("The series is there. Events join it by their form.")
                )
            except Problems as problems:
                form.add_problems(problems)
        return render(request, "series/staff_series_list", status_code=422, lines=await series_lines(), form=form)

    @get("/{slug:str}")
    async def show(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """Editions with their figures."""
        series = await series_by_slug(slug)
        return render(
            request,
            "series/staff_series",
            series=series,
            editions=await editions_of(series.id),
            figures=await figures_of(series.id),
        )


class StaffCopies(Controller):
    """Copies of an event, and putting it away."""

    path = "/staff/events/{slug:str}"
    opt = open_to(Policy.EDIT_EVENTS)

    @get("/copy")
    async def ask(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """When the copy is, and whether it is the next edition."""
        event = await event_by_slug(slug)
        form = CopyForm(event=event, what=_choices(), data={"what": "edition"})
        return await _copy_page(request, form, event)

    @post("/copy")
    async def copy(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Make it: programme and team, and never people."""
        event = await event_by_slug(slug)
        form = CopyForm(await request.form(), event=event, what=_choices())
        if form.validate():
            make = next_edition if form.what.data == "edition" else duplicate_event
            try:
                made = await make(
                    slug,
                    form.starts_on.data,
                    starts_time=form.starts_time.data if "starts_time" in form else None,
                    time_zone=form.time_zone.data if "time_zone" in form else None,
                    now=now,
                    account_id=account_of(request).account_id,
                )
                return redirect(f"/staff/events/{made.slug}", Sentence("The draft is made. Please look it through."))
            except Problems as problems:
                form.add_problems(problems)
        return await _copy_page(request, form, event, status_code=422)

    @post("/archive")
    async def archive(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Put an event that is over away from the lists."""
        await archive_event(slug, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/events/{slug}", Sentence("The event is put away. Its pages and figures stay."))

    @post("/unarchive")
    async def unarchive(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take it back into the lists."""
        await unarchive_event(slug, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/events/{slug}", Sentence("The event is back in the lists."))


def _choices() -> list[tuple[str, str]]:
    return [
        ("edition", gettext("The next edition of its series")),
        ("copy", gettext("An event of its own, outside the series")),
    ]


async def _copy_page(
    request: Request[Any, Any, Any], form: CopyForm, event: EventRow, *, status_code: int = 200
) -> Response[str]:
    return render(
        request, "series/copy", status_code=status_code, form=form, event=event, series=await series_of(event)
    )


SERIES_PAGES: list[Any] = [PublicSeries, StaffSeries, StaffCopies]
