"""Pages that belong to no package: health, metrics, privacy, accessibility, time zone, style guide."""

import asyncio
import shutil
from itertools import groupby
from typing import Any

import wtforms
from litestar import MediaType, Request, Response, get
from litestar.datastructures import FormMultiDict
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery
from litestar.response import Redirect
from wtforms.validators import Email, InputRequired, Optional

from eventhub.access import Policy, local_path, open_to
from eventhub.database import is_sqlite, sql
from eventhub.forms import Form
from eventhub.migrations import pending
from eventhub.pages import render, zones
from eventhub.settings import current_settings

_TOO_FULL_SHARE = 0.05
_READY_SECONDS = 1.0


@get("/health/live", opt=open_to(Policy.PUBLIC), media_type=MediaType.TEXT)
async def health_live() -> str:
    """The process answers. Touches nothing: checking the database here would restart every instance at once."""
    return "live\n"


@get("/health/ready", opt=open_to(Policy.PUBLIC))
async def health_ready() -> Response[dict[str, Any]]:
    """The database answers within a second, has the current schema, and the disk has room."""
    wrong: list[str] = []
    try:
        async with asyncio.timeout(_READY_SECONDS):
            if missing := await pending():
                wrong.append(f"{len(missing)} migrations are missing")
    except Exception:
        wrong.append("the database does not answer")
    if is_sqlite():
        usage = shutil.disk_usage(current_settings().sqlite_path.parent)
        if usage.free < usage.total * _TOO_FULL_SHARE:
            wrong.append("the disk is nearly full")
    return Response({"ready": not wrong, "wrong": wrong}, status_code=503 if wrong else 200)


@get("/metrics", opt=open_to(Policy.PUBLIC), media_type=MediaType.TEXT)
async def metrics() -> Response[str]:
    """Numbers for operators in the text format of Prometheus; counts only."""
    letters = await sql("SELECT status, COUNT(*) AS n FROM letter GROUP BY status ORDER BY status")
    seats = await sql("SELECT COALESCE(SUM(taken), 0) AS taken, COALESCE(SUM(waiting), 0) AS waiting FROM seat_pool")
    registrations = await sql("SELECT status, COUNT(*) AS n FROM registration GROUP BY status ORDER BY status")
    lines = ["# HELP eventhub_letters Letters in the outbox by status.", "# TYPE eventhub_letters gauge"]
    lines += [f'eventhub_letters{{status="{row["status"]}"}} {row["n"]}' for row in letters]
    lines += ["# HELP eventhub_registrations Registrations by status.", "# TYPE eventhub_registrations gauge"]
    lines += [f'eventhub_registrations{{status="{row["status"]}"}} {row["n"]}' for row in registrations]
    lines += ["# HELP eventhub_seats Seats taken and people waiting.", "# TYPE eventhub_seats gauge"]
    lines += [f'eventhub_seats{{state="{state}"}} {int(seats[0][state])}' for state in ("taken", "waiting")]
    return Response("\n".join(lines) + "\n", headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


_NOT_FOR_SEARCH = (
    "/registrations/", "/applications/", "/speaking/", "/people/", "/feeds/", "/cohorts/", "/lab-places/", "/feedback/",
    "/follow-ups/", "/staff/", "/sign-in",
)  # fmt: skip


@get("/robots.txt", opt=open_to(Policy.PUBLIC), media_type=MediaType.TEXT)
async def robots() -> str:
    """What programs that search the web leave alone: personal links, and pages of staff."""
    return "\n".join(("User-agent: *", *(f"Disallow: {path}" for path in _NOT_FOR_SEARCH))) + "\n"


@get("/favicon.ico", opt=open_to(Policy.PUBLIC), status_code=303)
async def favicon() -> Redirect:
    """The icon, for browsers that look for it here."""
    return Redirect("/static/icon.svg", status_code=303)


@get("/privacy", opt=open_to(Policy.PUBLIC))
async def privacy(request: Request[Any, Any, Any]) -> Response[str]:
    """What is kept of people, why, and for how long."""
    return render(request, "site/privacy")


@get("/accessibility", opt=open_to(Policy.PUBLIC))
async def accessibility(request: Request[Any, Any, Any]) -> Response[str]:
    """The accessibility statement, with a contact."""
    return render(request, "site/accessibility", contact=current_settings().sender[1])


@get("/time-zone", opt=open_to(Policy.PUBLIC))
async def time_zone(request: Request[Any, Any, Any], next: FromQuery[str] = "/") -> Response[str]:  # noqa: A002
    """Choose the zone in which pages show times beside the event's own."""
    grouped = {area: list(names) for area, names in groupby(sorted(zones()), key=lambda name: name.split("/")[0])}
    return render(request, "time_zone", zones=grouped, next=local_path(next))


class _EveryField(Form):
    """One field of each kind, for the style guide."""

    name = wtforms.StringField("Full name", [InputRequired()])
    email = wtforms.EmailField("E-mail address", [InputRequired(), Email()])
    city = wtforms.SelectField(
        "City", choices={"Africa": [("la", "Lagos"), ("ra", "Rabat")], "Europe": [("be", "Berlin")]}
    )
    needs = wtforms.TextAreaField("Description", description="Only registered people see it.")
    way = wtforms.RadioField(
        "How will you attend?", [InputRequired()], choices=[("person", "On site"), ("online", "Online")]
    )
    days = wtforms.SelectMultipleField("Day", choices=[("1", "1"), ("2", "2")])
    arrival = wtforms.DateField("First day", [Optional()])
    hour = wtforms.TimeField("Start time", [Optional()])
    guests = wtforms.IntegerField("Number of seats", [Optional()])
    paper = wtforms.FileField("File")
    consent = wtforms.BooleanField("Counts in the figures", [InputRequired()])


@get("/styleguide", opt=open_to(Policy.PUBLIC))
async def styleguide(request: Request[Any, Any, Any]) -> Response[str]:
    """Every component, in development."""
    if not current_settings().development:
        raise NotFoundException
    form = _EveryField(FormMultiDict({"name": "", "email": "nobody", "days": "1"}))
    form.validate()
    return render(request, "styleguide", form=form)


SITE: list[Any] = [
    health_live,
    health_ready,
    metrics,
    robots,
    favicon,
    privacy,
    accessibility,
    time_zone,
    styleguide,
]
