"""Pages of the parity of years for staff, and the files that hold the same rows."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from eventhub.access import Policy, identity_of, open_to, sees_small_groups
from eventhub.directory.rules import Level
from eventhub.events.rules import PRIVATE_KINDS, EventKind
from eventhub.labels import label_of
from eventhub.pages import render
from eventhub.settings import current_settings
from eventhub.spreadsheets import csv_bytes
from eventhub.statistics.parity_queries import GROUPINGS, Filters, parity_in, trend
from eventhub.statistics.parity_rules import (
    BASELINE_MEN_PCT,
    BASELINE_SENTENCE,
    BASELINE_WOMEN_PCT,
    BASELINE_YEAR,
    Group,
    goal_sentence,
    unknown_sentence,
)
from eventhub.statistics.queries import checked_year
from eventhub.words import Sentence

COLUMNS = (
    "year", "by", "code", "name", "women", "men", "known", "unknown", "non_binary", "undisclosed", "women_pct", "men_pct",
    "baseline_women_pct", "difference_in_points",
)  # fmt: skip
_NO_REGION = Sentence("For no member")


class ParityYears(Controller):
    """
    Women and men among the speakers, year by year.

    Numbers of small groups can tell of single people: those who are no data
    stewards see neither them nor filters, by which they could be worked out.
    Who works on events sees the numbers of each panel: mending them is the work.
    """

    path = "/staff/parity"
    opt = open_to(Policy.STAFF)

    @get("/years")
    async def years(
        self,
        request: Request[Any, Any, Any],
        now: NamedDependency[datetime],
        kind: FromQuery[str] = "",
        region: FromQuery[str] = "",
        level: FromQuery[str] = "",
    ) -> Response[str]:
        """All years against the baseline of 2020, in all and by kind, region and level."""
        counted = sees_small_groups(request)
        wanted = Filters(kind, region, level) if counted else Filters()
        found = await trend(wanted, small_groups=counted)
        problems = _problems(wanted, found.regions)
        told = [group for group in found.totals if group.women_pct is not None]
        names = {name: {code: _name(name, code, found.regions) for code in found.groups[name]} for name in GROUPINGS}
        return render(
            request,
            "statistics/parity_years",
            status_code=422 if problems else 200,
            found=found,
            wanted=wanted,
            problems=problems,
            counted=counted,
            names=names,
            kinds=[kind.value for kind in EventKind if kind not in PRIVATE_KINDS],
            levels=[level.value for level in Level],
            baseline=BASELINE_SENTENCE,
            baseline_pct=(BASELINE_WOMEN_PCT, BASELINE_MEN_PCT),
            baseline_year=BASELINE_YEAR,
            newest=next((one for one in reversed(told) if int(one.code) <= now.year), told[-1] if told else None),
            roles=_roles(),
        )

    @get("/years.csv")
    async def years_file(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """The same rows as a file: every year, in all and by kind, region and level."""
        found = await trend(Filters(), small_groups=sees_small_groups(request))
        rows = [_row(year, "all", "", "", group) for year, group in zip(found.years, found.totals, strict=True)]
        rows += [
            _row(year, by, code, str(_name(by, code, found.regions)), group)
            for by in GROUPINGS
            for code, groups in found.groups[by].items()
            for year, group in zip(found.years, groups, strict=True)
            if group
        ]
        return _file("parity-years.csv", csv_bytes(COLUMNS, [_seen(row, request) for row in rows], mark=True))

    @get("/years/{name:str}")
    async def year(
        self, request: Request[Any, Any, Any], name: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """One year, as a page or as a file when the address ends in .csv."""
        named = re.fullmatch(r"([0-9]{4})(\.csv)?", name)
        if not named:
            raise NotFoundException
        year = checked_year(int(named[1]))
        exact = sees_small_groups(request)
        found = await parity_in(year, small_groups=exact)
        if named[2]:
            rows = [_row(year, "all", "", "", found.total)]
            rows += [
                _row(year, by, group.code, str(_name(by, group.code, found.regions)), group)
                for by in GROUPINGS
                for group in found.groups[by]
            ]
            return _file(f"parity-{year}.csv", csv_bytes(COLUMNS, [_seen(row, request) for row in rows], mark=True))
        counts = found.total.counts
        return render(
            request,
            "statistics/parity_year",
            found=found,
            year=year,
            years=sorted({*found.years, year}, reverse=True),
            counted=_may_count(request),
            exact=exact,
            names={by: {g.code: _name(by, g.code, found.regions) for g in found.groups[by]} for by in GROUPINGS},
            goal=goal_sentence(counts, current_settings().parity_minimum_share)
            if counts and found.total.has_shares
            else None,
            unknown=unknown_sentence(counts, split=exact) if counts else None,
            baseline=BASELINE_SENTENCE,
            baseline_year=BASELINE_YEAR,
            is_running=year >= now.year,
            roles=_roles(),
        )


def _may_count(request: Request[Any, Any, Any]) -> bool:
    who = identity_of(request)
    return who is not None and who.may(Policy.EDIT_EVENTS)


def _roles() -> list[str]:
    return current_settings().parity_roles.split(",")


def _name(by: str, code: str, regions: dict[str, str]) -> str:
    if by == "region":
        return regions.get(code, code) if code else _NO_REGION
    return label_of(code)


def _problems(wanted: Filters, regions: dict[str, str]) -> list[Sentence]:
    found = []
    if wanted.kind and wanted.kind not in set(EventKind):
        found.append(Sentence("There is no kind of event “%(code)s”.", code=wanted.kind[:40]))
    if wanted.region and wanted.region not in regions:
        found.append(Sentence("There is no region “%(code)s”.", code=wanted.region[:40]))
    if wanted.level and wanted.level not in set(Level):
        found.append(Sentence("There is no level “%(code)s”.", code=wanted.level[:40]))
    return found


def _row(year: int, by: str, code: str, name: str, group: Group) -> dict[str, str | int | None]:
    counts = group.counts
    return {
        "year": year,
        "by": by,
        "code": code,
        "name": name,
        "women": counts.women if counts else None,
        "men": counts.men if counts else None,
        "known": group.known if counts else None,
        "unknown": group.unknown if counts else None,
        "non_binary": counts.others if counts else None,
        "undisclosed": counts.undisclosed if counts else None,
        "women_pct": group.women_pct,
        "men_pct": group.men_pct,
        "baseline_women_pct": BASELINE_WOMEN_PCT,
        "difference_in_points": group.difference,
    }


def _seen(row: dict[str, str | int | None], request: Request[Any, Any, Any]) -> tuple[str | int | None, ...]:
    """A row of the file; the few who said non-binary are told apart for data stewards only."""
    if not sees_small_groups(request):
        row = row | {"non_binary": None, "undisclosed": None}
    return tuple(row[column] for column in COLUMNS)


def _file(name: str, content: Iterator[bytes]) -> Stream:
    return Stream(
        content,
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
