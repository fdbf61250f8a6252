"""Indicators for staff: what reports printed beside what is computed, and the form for programme staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, account_of, open_to, sees_small_groups
from eventhub.downloads import download
from eventhub.errors import NotFound, Problems
from eventhub.indicators.commands import ChangedMeanwhile, add_value, change_value, delete_value
from eventhub.indicators.forms import ValueForm, seen_version, values_of
from eventhub.indicators.queries import (
    Indicator,
    IndicatorFilter,
    ValueRow,
    compared,
    compared_table,
    indicator_by_code,
    indicators,
    scopes_of,
    value_by_id,
    values_table,
    years_until,
)
from eventhub.indicators.rules import BASIS_WORDS, Qualifier
from eventhub.indicators.sections import trend_chart
from eventhub.pages import list_page, redirect, render
from eventhub.words import Sentence

ON_A_PAGE = 50


class Indicators(Controller):
    """All indicators with their years, and each on a page of its own."""

    path = "/staff/indicators"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(
        self,
        request: Request[Any, Any, Any],
        now: NamedDependency[datetime],
        q: FromQuery[str] = "",
        topic: FromQuery[str] = "",
        page_number: FromQuery[str] = "1",
    ) -> Response[str]:
        """The indicators that match, with their years beside each other."""
        wanted = IndicatorFilter(scope=topic, q=q)
        everything = await indicators()
        found = [one for one in everything if wanted.matches(one)]
        pages = max(1, -(-len(found) // ON_A_PAGE))
        number = min(list_page(page_number), pages)
        shown = found[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]
        years = years_until(now)
        return render(
            request,
            "indicators/indicators",
            rows=await compared(shown, years, is_exact=sees_small_groups(request)),
            years=years,
            this_year=now.year,
            total=len(found),
            number=number,
            pages=pages,
            wanted=wanted,
            scopes=scopes_of(everything),
            has_values=any(one.values for one in everything),
        )

    @get("/{code:str}")
    async def show(
        self, request: Request[Any, Any, Any], code: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """One indicator: its definition, all years, their sources, and a chart."""
        one = await indicator_by_code(code)
        years = sorted({*years_until(now), *one.by_year})
        (found,) = await compared([one], years, is_exact=sees_small_groups(request))
        return render(
            request,
            "indicators/indicator",
            indicator=one,
            entries=[entry for entry in found.years if not entry.is_empty],
            rows={row.stated.year: row for row in one.values},
            chart=trend_chart(found, this_year=now.year),
            this_year=now.year,
            bases=BASIS_WORDS,
        )


@get(["/staff/indicators.csv", "/staff/indicators.xlsx"], opt=open_to(Policy.STAFF))
async def compared_file(
    request: Request[Any, Any, Any],
    now: NamedDependency[datetime],
    q: FromQuery[str] = "",
    topic: FromQuery[str] = "",
) -> Response[Any]:
    """The indicators that match and their years, one row for each year of which something is known."""
    found = await indicators(IndicatorFilter(scope=topic, q=q))
    rows = await compared(found, years_until(now), is_exact=sees_small_groups(request))
    return download(_ending(request), "indicators", "Indicators", *compared_table(rows))


@get(["/staff/indicators/values.csv", "/staff/indicators/values.xlsx"], opt=open_to(Policy.STAFF))
async def values_file(
    request: Request[Any, Any, Any], q: FromQuery[str] = "", topic: FromQuery[str] = ""
) -> Response[Any]:
    """The stated values that match, as a file that can be imported again."""
    table = await values_table(IndicatorFilter(scope=topic, q=q))
    return download(_ending(request), "indicator-values", "Indicators", *table)


def _ending(request: Request[Any, Any, Any]) -> str:
    return str(request.scope["path"]).rpartition(".")[2]


class IndicatorValues(Controller):
    """Typing in, correcting and deleting what documents state."""

    path = "/staff/indicators"
    opt = open_to(Policy.EDIT_DIRECTORY)

    @get("/new")
    async def new(
        self,
        request: Request[Any, Any, Any],
        now: NamedDependency[datetime],
        code: FromQuery[str] = "",
        year: FromQuery[str] = "",
    ) -> Response[str]:
        """The form for a figure, of an indicator that exists or of a new one."""
        one = await indicator_by_code(code) if code else None
        return _form_page(request, ValueForm(data=_proposed(one, year or str(now.year - 1))), one)

    @post("/new")
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Write it down."""
        form = ValueForm(await request.form())
        code = form.code.data or ""
        one = await indicator_by_code(code) if code else None
        try:
            if form.validate():
                row = await add_value(form.typed(), now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/indicators/{row.stated.code}", Sentence("The figure has been written down."))
        except Problems as problems:
            form.add_problems(problems)
        return _form_page(request, form, one, status_code=422)

    @get("/values/{value_id:uuid}")
    async def edit(self, request: Request[Any, Any, Any], value_id: FromPath[UUID]) -> Response[str]:
        """The form for a figure that is there."""
        row = await value_by_id(value_id)
        return _form_page(request, ValueForm(data=values_of(row)), await indicator_by_code(row.stated.code), row)

    @post("/values/{value_id:uuid}")
    async def change(
        self, request: Request[Any, Any, Any], value_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Correct it; of two edits at once the later is shown both."""
        row = await value_by_id(value_id)
        form, who = ValueForm(await request.form()), account_of(request).account_id
        status, saved = 422, None
        said: Sequence[str] = ()
        try:
            if form.validate():
                done = await change_value(value_id, form.typed(), version=form.seen, now=now, account_id=who)
                return redirect(f"/staff/indicators/{done.stated.code}", Sentence("The figure has been corrected."))
        except Problems as problems:
            form.add_problems(problems)
        except ChangedMeanwhile as refusal:
            status, said, saved = 409, refusal.sentences, await value_by_id(value_id)
            form.version.raw_data = form.version.data = str(saved.version)
        one = await indicator_by_code(row.stated.code)
        return _form_page(request, form, one, saved or row, saved=saved, said=said, status_code=status)

    @post("/values/{value_id:uuid}/delete")
    async def delete(
        self, request: Request[Any, Any, Any], value_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Delete it, unless somebody changed it meanwhile."""
        version = seen_version(str((await request.form()).get("version", "")))
        gone = await delete_value(value_id, version=version, now=now, account_id=account_of(request).account_id)
        try:
            back = (await indicator_by_code(gone.code)).href
        except NotFound:
            back = "/staff/indicators"
        return redirect(back, Sentence("The figure of %(year)s has been deleted.", year=gone.year_text))


def _proposed(one: Indicator | None, year: str) -> dict[str, Any]:
    """What an empty form begins with: the words of the newest row, or of the definition."""
    begun = {"year": year[:4], "qualifier": Qualifier.EXACT.value, "basis": "register", "pct_source": ""}
    if one is None:
        return begun
    stated = max((row.stated for row in one.values), key=lambda each: each.year or 0, default=None)
    if stated is None:
        return begun | {"code": one.code, "scope": str(one.scope), "indicator": str(one.name), "unit": str(one.unit)}
    words = {name: getattr(stated, name) for name in ("code", "scope", "indicator", "unit", "basis")}
    return begun | words


def _form_page(
    request: Request[Any, Any, Any],
    form: ValueForm,
    one: Indicator | None,
    row: ValueRow | None = None,
    *,
    saved: ValueRow | None = None,
    said: Sequence[str] = (),
    status_code: int = 200,
) -> Response[str]:
    return render(
        request, "indicators/form", status_code=status_code, form=form, indicator=one, row=row, saved=saved, said=said
    )


INDICATOR_PAGES: list[Any] = [Indicators, compared_file, values_file, IndicatorValues]
