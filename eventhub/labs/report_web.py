"""The report of a round and of a lab: pages, files and JSON of the same reading."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import wtforms
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream
from wtforms.validators import Length, Optional

from eventhub.access import Policy, account_of, open_to, sees_small_groups
from eventhub.calls.words import words_of, words_of_kinds
from eventhub.downloads import download
from eventhub.errors import NotFound, Problems
from eventhub.feedback.rules import Quote, Scores
from eventhub.forms import Form
from eventhub.labs.queries import lab_by_slug, rounds
from eventhub.labs.report import (
    COLUMNS,
    DEFINITIONS,
    FOLLOW_UP_WORDS,
    Applied,
    LabReport,
    LessonsChanged,
    People,
    RoundReport,
    lines_of_lab,
    lines_of_round,
    report_of_round,
    write_lessons,
)
from eventhub.labs.rules import LONGEST_TEXT
from eventhub.outcomes.rules import STATE_WORDS
from eventhub.pages import redirect, render
from eventhub.words import Sentence

_SAVED = Sentence("The lessons have been saved.")


class LessonsForm(Form):
    """What a lab or a round has taught."""

    lessons = wtforms.TextAreaField(
        "Lessons",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="What the next round should know. Only staff read it.",
    )
    version = wtforms.HiddenField()

    @property
    def seen(self) -> int:
        """The version that the form was opened with; 0: none that exists."""
        typed = self.version.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


class RoundReports(Controller):
    """The report of the round of a year."""

    path = "/staff/lab-reports"
    opt = open_to(Policy.READ_APPLICATIONS)

    @get("/")
    async def newest(self, now: NamedDependency[datetime]) -> Redirect:
        """Go on to the newest round that is not in the future."""
        found = await rounds()
        # where there are labs, the report is about them; others are a link away
        kind = min((one.kind for one in found), key=lambda kind: (kind != "lab", kind), default="lab")
        years = [one.year for one in found if one.kind == kind]
        so_far = [year for year in years if year <= now.year]
        if not years:
            return redirect("/staff/labs", Sentence("There is no round yet to report on."), "info")
        return redirect(report_path(max(so_far, default=min(years)), kind))

    @get("/{name:str}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        name: FromPath[str],
        now: NamedDependency[datetime],
        kind: FromQuery[str] = "lab",
    ) -> Response[Any]:
        """The page, or the file when the address ends in .csv; of another kind than labs when the address names it."""
        found = re.fullmatch(r"([0-9]{4})(\.csv)?", name)
        if not found:
            raise NotFoundException
        report = await report_of_round(int(found[1]), now.date(), kind, is_exact=sees_small_groups(request))
        if found[2]:
            return _file(f"{kind}-report-{report.year}", lines_of_round(report))
        return await _round_page(request, report)

    @post("/{year:int}/lessons/{round_id:uuid}", opt=open_to(Policy.EDIT_LABS))
    async def lessons(
        self,
        request: Request[Any, Any, Any],
        year: FromPath[int],
        round_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Keep what the round has taught."""
        form, status = LessonsForm(await request.form(), prefix=_prefix(round_id)), 422
        said: Sequence[str] = ()
        kind = next((one.kind for one in await rounds() if (one.id, one.year) == (round_id, year)), None)
        if kind is None:
            raise NotFound(Sentence("There is no such round."))
        report = await report_of_round(year, now.date(), kind, is_exact=sees_small_groups(request))
        try:
            form.validate()
            await write_lessons(
                "lab_round", round_id, form.lessons.data or "", version=form.seen, now=now,
                account_id=account_of(request).account_id,
            )  # fmt: skip
            return redirect(report_path(year, kind), _SAVED)
        except Problems as problems:
            form.add_problems(problems)
        except LessonsChanged as refusal:
            status, said = 409, refusal.sentences
        return await _round_page(request, report, form=form, of=round_id, said=said, status_code=status)


class LabReports(Controller):
    """The report of one lab."""

    path = "/staff/labs/{slug:str}"
    opt = open_to(Policy.READ_APPLICATIONS)

    @get("/report")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The page."""
        year, lab = await _of_lab(request, slug, now)
        return await _lab_page(request, year, lab)

    @get("/report.csv")
    async def file(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Stream:
        """The same as a file."""
        _, lab = await _of_lab(request, slug, now)
        return _file(f"lab-report-{lab.slug}", lines_of_lab(lab))

    @post("/report", opt=open_to(Policy.EDIT_LABS))
    async def lessons(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Keep what the lab has taught."""
        form, status = LessonsForm(await request.form()), 422
        said: Sequence[str] = ()
        lab_id = (await lab_by_slug(slug)).id
        try:
            form.validate()
            await write_lessons(
                "lab", lab_id, form.lessons.data or "", version=form.seen, now=now,
                account_id=account_of(request).account_id,
            )  # fmt: skip
            return redirect(f"/staff/labs/{slug}/report", _SAVED)
        except Problems as problems:
            form.add_problems(problems)
        except LessonsChanged as refusal:
            status, said = 409, refusal.sentences
        year, lab = await _of_lab(request, slug, now)
        return await _lab_page(request, year, lab, form=form, said=said, status_code=status)


async def _of_lab(request: Request[Any, Any, Any], slug: str, now: datetime) -> tuple[int, LabReport]:
    lab = await lab_by_slug(slug)
    report = await report_of_round(lab.year, now.date(), lab.kind, is_exact=sees_small_groups(request))
    return lab.year, report.of_lab(lab.slug)


def report_path(year: int, kind: str) -> str:
    """Where the report of a round is."""
    return f"/staff/lab-reports/{year}" + (f"?kind={kind}" if kind != "lab" else "")


def _prefix(round_id: UUID) -> str:
    return f"of-{round_id.hex[:8]}-"


async def _round_page(
    request: Request[Any, Any, Any],
    report: RoundReport,
    *,
    form: LessonsForm | None = None,
    of: UUID | None = None,
    said: Sequence[str] = (),
    status_code: int = 200,
) -> Response[str]:
    forms = {}
    for one in report.rounds:
        values = {"lessons": one.lessons, "version": str(one.version)}
        own = form if form and one.id == of else LessonsForm(data=values, prefix=_prefix(one.id))
        if said and one.id == of:
            own.version.raw_data = own.version.data = str(one.version)
        forms[one.id] = own
    found = await rounds()
    words = await words_of_kinds()
    years = sorted({one.year for one in found if one.kind == report.kind}, reverse=True)
    newest = {one.kind: one for one in reversed(found) if one.kind != report.kind}
    return render(
        request,
        "labs/report_round",
        status_code=status_code,
        report=report,
        forms=forms,
        failed=form,
        conflict=of if said else None,
        said=said,
        definitions=DEFINITIONS,
        states=STATE_WORDS,
        follow_up_words=FOLLOW_UP_WORDS,
        years=[(year, report_path(year, report.kind)) for year in years],
        others=[(words[one.kind].many, report_path(one.year, one.kind)) for one in newest.values()],
        words=words[report.kind],
    )


async def _lab_page(
    request: Request[Any, Any, Any],
    year: int,
    lab: LabReport,
    *,
    form: LessonsForm | None = None,
    said: Sequence[str] = (),
    status_code: int = 200,
) -> Response[str]:
    own = form or LessonsForm(data={"lessons": lab.lessons, "version": str(lab.version)})
    if said:
        own.version.raw_data = own.version.data = str(lab.version)
    return render(
        request,
        "labs/report_lab",
        status_code=status_code,
        words=await words_of(lab.kind),
        round_path=report_path(year, lab.kind),
        year=year,
        lab=lab,
        form=own,
        said=said,
        definitions=DEFINITIONS,
        states=STATE_WORDS,
        follow_up_words=FOLLOW_UP_WORDS,
    )


def _file(name: str, lines: list[tuple[str, str, str, str | int | float | None]]) -> Stream:
    return download("csv", name, "report", COLUMNS, lines)


class AppliedOut(msgspec.Struct):
    """Applications from one region or member; the code is empty for those who are no members together."""

    code: str
    name: str
    applications: int
    accepted: int

    @classmethod
    def of(cls, found: Sequence[Applied]) -> "list[AppliedOut]":
        """From a part of a report."""
        return [cls(one.code, one.name, one.applications, one.accepted) for one in found]


class PeopleOut(msgspec.Struct):
    """Participants; women and men are null where the group is too small to tell."""

    participants: int
    women: int | None
    men: int | None
    women_pct: int | None
    men_pct: int | None

    @classmethod
    def of(cls, people: People) -> "PeopleOut":
        """From a part of a report."""
        return cls(people.number, people.women, people.men, people.women_pct, people.men_pct)


class SatisfactionOut(msgspec.Struct):
    """Answers from 1 to 5; the means are null below five answers."""

    asked: int
    answered: int
    response_rate_pct: int | None
    mean_usefulness: float | None
    mean_overall: float | None

    @classmethod
    def of(cls, scores: Scores) -> "SatisfactionOut":
        """From a part of a report."""
        return cls(scores.asked, scores.answered, scores.rate_pct, scores.mean_usefulness, scores.mean_overall)


class SaidOut(msgspec.Struct):
    """What somebody agreed to be quoted with; name and city are empty unless they agreed to these too."""

    text: str
    name: str
    city: str

    @classmethod
    def of(cls, quotes: Sequence[Quote]) -> "list[SaidOut]":
        """From a part of a report."""
        return [cls(quote.text, quote.name, quote.city) for quote in quotes]


class LabReportOut(msgspec.Struct):
    """The report of one lab."""

    slug: str
    number: int
    name: str
    status: str
    kind: str
    themes: list[str]
    action_lines: list[str]
    applications: int
    accepted: int
    applications_by_region: list[AppliedOut]
    applications_by_member: list[AppliedOut]
    active_member_cities: int
    people: PeopleOut
    feedback_whole: SatisfactionOut
    feedback_sessions: SatisfactionOut
    quotes: list[SaidOut]
    outcomes: dict[str, int]
    follow_ups: dict[str, int]
    lessons: str

    @classmethod
    def of(cls, lab: LabReport) -> "LabReportOut":
        """From a report."""
        return cls(
            lab.slug, lab.number, lab.name, lab.status, lab.kind, list(lab.themes), list(lab.action_lines),
            lab.applications, lab.accepted, AppliedOut.of(lab.regions), AppliedOut.of(lab.members),
            lab.active_member_cities, PeopleOut.of(lab.people), SatisfactionOut.of(lab.whole),
            SatisfactionOut.of(lab.sessions), SaidOut.of(lab.quotes), dict(lab.outcomes), dict(lab.follow_ups),
            lab.lessons,
        )  # fmt: skip


class MemberCityOut(msgspec.Struct):
    """A member city that was active."""

    key: str
    name: str


class CountOut(msgspec.Struct):
    """Labs, or others of the kind, of one theme or action line; a lab with several counts under each."""

    name: str
    labs: int


class LessonsOut(msgspec.Struct):
    """What a round has taught."""

    title: str
    kind: str
    lessons: str


class RoundReportOut(msgspec.Struct):
    """The report of the round of a year."""

    year: int
    kind: str
    labs: int
    applications: int
    members_applied: int
    accepted: int
    applications_by_region: list[AppliedOut]
    applications_by_member: list[AppliedOut]
    active_member_cities: int
    active: list[MemberCityOut]
    people: PeopleOut
    themes: list[CountOut]
    action_lines: list[CountOut]
    feedback_whole: SatisfactionOut
    feedback_sessions: SatisfactionOut
    quotes: list[SaidOut]
    outcomes: dict[str, int]
    follow_ups: dict[str, int]
    lessons: list[LessonsOut]
    by_lab: list[LabReportOut]
    definitions: dict[str, str]

    @classmethod
    def of(cls, report: RoundReport) -> "RoundReportOut":
        """From a report."""
        return cls(
            report.year, report.kind, len(report.labs), report.applications, report.members_applied, report.accepted,
            AppliedOut.of(report.regions), AppliedOut.of(report.members), report.active_member_cities,
            [MemberCityOut(key, name) for key, name in report.active], PeopleOut.of(report.people),
            [CountOut(theme.code, theme.labs) for theme in report.themes],
            [CountOut(line, number) for line, number in report.action_lines],
            SatisfactionOut.of(report.whole), SatisfactionOut.of(report.sessions), SaidOut.of(report.quotes),
            dict(report.outcomes), dict(report.follow_ups),
            [LessonsOut(one.title, one.kind, one.lessons) for one in report.rounds],
            [LabReportOut.of(lab) for lab in report.labs],
            {code: str(sentence) for code, sentence in DEFINITIONS.items()},
        )  # fmt: skip


class ReportApi(Controller):
    """Reports as JSON."""

    path = "/api/v1"
    opt = open_to(Policy.READ_APPLICATIONS)
    tags: Sequence[str] = ["labs"]

    @get("/lab-rounds/{year:int}/report")
    async def of_round(
        self,
        request: Request[Any, Any, Any],
        year: FromPath[int],
        now: NamedDependency[datetime],
        kind: FromQuery[str] = "lab",
    ) -> RoundReportOut:
        """The report of the round of a year; of labs unless another kind is named."""
        return RoundReportOut.of(await report_of_round(year, now.date(), kind, is_exact=sees_small_groups(request)))

    @get("/labs/{slug:str}/report")
    async def of_lab(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> LabReportOut:
        """The report of one lab."""
        _, lab = await _of_lab(request, slug, now)
        return LabReportOut.of(lab)


REPORT_PAGES: list[Any] = [RoundReports, LabReports, ReportApi]
