"""Labs, calls and applications as JSON."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.applying.commands import NewApplication, apply_to_lab
from eventhub.calls.opening import NewCall, open_call
from eventhub.cohorts.queries import View, labs_of, name_of, newest_view
from eventhub.errors import Problems
from eventhub.events.api import instant
from eventhub.events.queries import themes
from eventhub.events.zones import as_instant
from eventhub.labs.commands import LabFacts, add_lab_session, create_lab
from eventhub.labs.queries import (
    ApplicationRow,
    LabRow,
    action_lines_of_lab,
    lab_by_slug,
    labs,
    sessions_of,
)
from eventhub.labs.rules import ApplicationStatus
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.listing import Listing, listing, window
from eventhub.problems import check_words
from eventhub.reviewing.commands import (
    accept_application,
    decline_application,
    review_application,
    waitlist_application,
)
from eventhub.reviewing.queries import Reader, application_for, applications_for
from eventhub.settings import current_settings
from eventhub.words import Sentence


class LabIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new lab; `title` and `name` mean the same. Themes, action lines and the template by their codes."""

    name: str | None = None
    title: str | None = None
    full_title: str | None = None
    year: int
    themes: list[str] = []
    action_lines: list[str] = []
    template: str | None = None
    description: str | None = None
    place: str | None = None
    country: str | None = None


class CallIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The call of a lab; instants are RFC 3339 with their offset."""

    opens_at: str
    closes_at: str
    time_zone: str
    text: str | None = None
    criteria: str | None = None
    cohort_size: int | None = None


class ApplicationIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An application; `member` is the key of the member."""

    member: str
    contact_name: str
    email: str
    motivation: str
    offers: str | None = None
    needs: str | None = None
    language: str | None = None


class SessionIn(msgspec.Struct, forbid_unknown_fields=True):
    """The slug of the event that becomes the next session of a lab."""

    event: str


class ReviewIn(msgspec.Struct, forbid_unknown_fields=True):
    """What a reviewer thinks; the score lies between 1 and 5."""

    score: int
    comment: str | None = None


class DecisionIn(msgspec.Struct, forbid_unknown_fields=True):
    """Why; the applicant reads it."""

    reason: str | None = None


class CallOut(msgspec.Struct, kw_only=True):
    """The call of a lab; instants bear the offset of its zone."""

    state: str
    opens_at: str
    closes_at: str
    time_zone: str
    text: str
    criteria: str
    cohort_size: int | None


class SessionOut(msgspec.Struct, kw_only=True):
    """A session that has been published; instants bear the offset of the event's zone."""

    number: int
    event: str
    title: str
    status: str
    mode: str
    starts_on: date
    starts_at: str | None
    ends_at: str | None
    time_zone: str | None
    place: str
    url: str


class LabListed(msgspec.Struct, kw_only=True):
    """A lab in a list."""

    id: UUID
    slug: str
    kind: str
    year: int
    number: int
    name: str
    title: str
    description: str
    place: str
    country: str
    status: str
    themes: list[str]
    call: CallOut | None
    url: str


class LabOut(LabListed, kw_only=True):
    """A lab with its action lines and published sessions."""

    action_lines: list[str]
    sessions: list[SessionOut]


class AppliedOut(msgspec.Struct, kw_only=True):
    """What became of an application that was sent, with the personal link."""

    id: UUID
    status: str
    manage_url: str


class ApplicationOut(msgspec.Struct, kw_only=True):
    """An application as staff see it; `score` is the mean of its reviews, null while there are none."""

    id: UUID
    member: str
    member_name: str
    member_kind: str
    region: str
    contact_name: str
    email: str
    motivation: str
    offers: str
    needs: str
    language: str
    status: str
    reason: str
    score: float | None
    reviews: int
    submitted_at: datetime
    status_at: datetime


class BoundPriceOut(msgspec.Struct, kw_only=True):
    """What a bound costs, in points; `lab` is the slug of the lab whose bound it is."""

    lab: str
    bound: str
    points: float


class ContradictionOut(msgspec.Struct, kw_only=True):
    """A bound that cannot hold together with the others, and the number with which it could."""

    lab: str
    bound: str
    possible: int | None


class CohortLineOut(msgspec.Struct, kw_only=True):
    """An application in a proposal; `in` with the deviations of people, `score` null while one's own review is open."""

    application: UUID
    applicant: str
    member: str
    region: str
    score: float | None
    rank: int
    proposed: bool
    is_in: bool = msgspec.field(name="in")
    why: str
    deviation: str
    status: str
    confirmed_at: datetime | None


class CohortOut(msgspec.Struct, kw_only=True):
    """The newest proposal for the cohort of a lab; scores in points, `chosen` null when nothing fits the bounds."""

    lab: str
    proposal: UUID
    whole_round: bool
    proposed_at: datetime
    adopted_at: datetime | None
    chosen: int | None
    score: float
    price_of_balance: float
    prices: list[BoundPriceOut]
    contradictions: list[ContradictionOut]
    applications: list[CohortLineOut]


def _cohort_out(view: View, slugs: dict[str, str]) -> CohortOut:
    kept = view.proposal
    result = kept.result
    return CohortOut(
        lab=view.lab.slug,
        proposal=kept.id,
        whole_round=kept.lab is None,
        proposed_at=kept.proposed_at,
        adopted_at=kept.adopted_at,
        chosen=None if result.chosen is None else len(result.chosen.get(str(view.lab.id), ())),
        score=view.score / 1000,
        price_of_balance=result.price / 1000,
        prices=[
            BoundPriceOut(
                lab=slugs.get(one.lab, ""), bound=languages.say(one.bound.words(name_of)), points=one.lost / 1000
            )
            for one in result.prices
        ],
        contradictions=[
            ContradictionOut(
                lab=slugs.get(one.lab, ""), bound=languages.say(one.bound.words(name_of)), possible=one.possible
            )
            for one in result.contradictions
        ],
        applications=[
            CohortLineOut(
                application=one.application,
                applicant=one.applicant,
                member=one.member,
                region=one.region,
                score=None if one.score is None else one.score / 1000,
                rank=one.rank,
                proposed=one.is_proposed,
                is_in=one.is_in,
                why=languages.say(one.why),
                deviation=one.deviation,
                status=one.status,
                confirmed_at=one.confirmed_at,
            )
            for one in view.entries
        ],
    )


def _call_out(lab: LabRow, now: datetime) -> CallOut | None:
    call = lab.call
    if call is None:
        return None
    return CallOut(
        state=call.state(now),
        opens_at=as_instant(call.opens_at, call.time_zone) or "",
        closes_at=as_instant(call.closes_at, call.time_zone) or "",
        time_zone=call.time_zone,
        text=call.text,
        criteria=call.criteria,
        cohort_size=call.cohort_size,
    )


def _listed(lab: LabRow, now: datetime) -> dict[str, Any]:
    """What lists and single answers say alike."""
    return {
        "id": lab.id,
        "slug": lab.slug,
        "kind": lab.kind,
        "year": lab.year,
        "number": lab.number,
        "name": lab.name,
        "title": lab.full_title or lab.name,
        "description": lab.description,
        "place": lab.place,
        "country": lab.country,
        "status": lab.status,
        "themes": [code for code, _ in lab.themes],
        "call": _call_out(lab, now),
        "url": f"{current_settings().base_url}{lab.href}",
    }


async def _lab_out(lab: LabRow, now: datetime) -> LabOut:
    sessions = [
        SessionOut(
            number=number,
            event=event.slug,
            title=event.title,
            status=event.status,
            mode=event.mode,
            starts_on=event.starts_on,
            starts_at=as_instant(event.starts_at, event.time_zone),
            ends_at=as_instant(event.ends_at, event.time_zone),
            time_zone=event.time_zone,
            place=event.place,
            url=f"{current_settings().base_url}{event.href}",
        )
        for number, event in await sessions_of(lab.id)
    ]
    lines = [line["code"] for line in await action_lines_of_lab(lab.id)]
    return LabOut(**_listed(lab, now), action_lines=lines, sessions=sessions)


def _application_out(one: ApplicationRow) -> ApplicationOut:
    return ApplicationOut(
        id=one.id,
        member=one.member_key,
        member_name=one.member_name,
        member_kind=one.member_kind,
        region=one.region,
        contact_name=one.contact_name,
        email=one.email,
        motivation=one.motivation,
        offers=one.offers,
        needs=one.needs,
        language=one.language,
        status=one.status,
        reason=one.reason,
        score=one.average,
        reviews=one.reviews,
        submitted_at=one.submitted_at,
        status_at=one.status_at,
    )


class LabsApi(Controller):
    """Labs, from their call to their sessions."""

    path = "/api/v1/labs"
    tags: Sequence[str] = ["labs"]

    @post("/", opt=open_to(Policy.EDIT_LABS))
    async def create(
        self, request: Request[Any, Any, Any], data: JSONBody[LabIn], now: NamedDependency[datetime]
    ) -> LabOut:
        """Write a new lab down; the round of its year is opened when it is the first."""
        if data.name and data.title and data.name != data.title:
            raise Problems({"title": [Sentence("Please give either “name” or “title”.")]})
        facts = LabFacts(
            name=data.name or data.title or "",
            year=data.year,
            themes=tuple(data.themes),
            full_title=data.full_title or "",
            description=data.description or "",
            place=data.place or "",
            country=data.country or "",
            action_lines=tuple(data.action_lines),
            template=data.template or "",
        )
        lab = await create_lab(facts, now=now, account_id=account_of(request).account_id)
        return await _lab_out(lab, now)

    @get("/", opt=open_to(Policy.PUBLIC))
    async def index(
        self,
        now: NamedDependency[datetime],
        year: Annotated[int | None, QueryParameter(ge=1, le=9998)] = None,
        theme: FromQuery[str] = "",
        limit: FromQuery[int] = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Listing[LabListed]:
        """Labs that match, newest round first."""
        size, offset = window(limit, cursor)
        check_words(theme=(theme, [str(row["code"]) for row in await themes()] if theme else []))
        found = await labs(year=year, theme=theme)
        items = [LabListed(**_listed(lab, now)) for lab in found[offset : offset + size]]
        return listing(items, total=len(found), limit=size, offset=offset)

    @get("/{slug:str}", opt=open_to(Policy.PUBLIC))
    async def show(self, slug: FromPath[str], now: NamedDependency[datetime]) -> LabOut:
        """One lab."""
        return await _lab_out(await lab_by_slug(slug), now)

    @post("/{slug:str}/call", opt=open_to(Policy.EDIT_LABS))
    async def call(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[CallIn],
        now: NamedDependency[datetime],
    ) -> Response[LabOut]:
        """Announce the call, or change it; 201 when it is new."""
        before = await lab_by_slug(slug)
        problems: dict[str, list[str]] = {}
        new = NewCall(
            opens_at=instant(data.opens_at, "opens_at", problems),
            closes_at=instant(data.closes_at, "closes_at", problems),
            time_zone=data.time_zone,
            text=data.text or "",
            criteria=data.criteria or "",
            cohort_size=data.cohort_size,
        )
        if problems:
            raise Problems(problems)
        lab = await open_call(slug, new, now=now, account_id=account_of(request).account_id)
        return Response(await _lab_out(lab, now), status_code=200 if before.own_call else 201)

    @post("/{slug:str}/sessions", opt=open_to(Policy.EDIT_LABS))
    async def add_session(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[SessionIn],
        now: NamedDependency[datetime],
    ) -> LabOut:
        """Make an event of kind `lab_session` the next session of the lab."""
        lab = await add_lab_session(slug, data.event, now=now, account_id=account_of(request).account_id)
        return await _lab_out(lab, now)

    @post(
        "/{slug:str}/applications", opt=open_to(Policy.PUBLIC), middleware=at_most(FORMS_PER_MINUTE, of="applications")
    )
    async def apply(
        self, slug: FromPath[str], data: JSONBody[ApplicationIn], now: NamedDependency[datetime]
    ) -> AppliedOut:
        """Apply in the name of a member while the call is open."""
        new = NewApplication(
            member=data.member,
            contact_name=data.contact_name,
            email=data.email,
            motivation=data.motivation,
            offers=data.offers or "",
            needs=data.needs or "",
            language=data.language or current_settings().language_codes[0],
        )
        application = await apply_to_lab(slug, new, now=now)
        return AppliedOut(id=application.id, status=application.status, manage_url=application.manage_url)

    @get("/{slug:str}/applications", opt=open_to(Policy.READ_APPLICATIONS))
    async def applications(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        status: FromQuery[str] = "",
        limit: FromQuery[int] = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Listing[ApplicationOut]:
        """The applications of a lab in the order in which they came."""
        size, offset = window(limit, cursor)
        check_words(status=(status, ApplicationStatus))
        lab = await lab_by_slug(slug)
        who = account_of(request)
        reader = Reader(who.account_id, who.may(Policy.EDIT_LABS))
        found, total = await applications_for(reader, lab, status=status, limit=size, offset=offset)
        return listing([_application_out(one.application) for one in found], total=total, limit=size, offset=offset)

    @get("/{slug:str}/cohort", opt=open_to(Policy.EDIT_LABS))
    async def cohort(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> CohortOut:
        """The newest proposal for the lab's cohort; 404 before there is one."""
        lab, who = await lab_by_slug(slug), account_of(request)
        view = await newest_view(lab, Reader(who.account_id, who.may(Policy.EDIT_LABS)), now.date())
        return _cohort_out(view, {str(one.id): one.slug for one in await labs_of(view.proposal)})


async def _as_read(request: Request[Any, Any, Any], application_id: UUID) -> ApplicationOut:
    """One application as whoever asks may see it."""
    who = account_of(request)
    found = await application_for(Reader(who.account_id, who.may(Policy.EDIT_LABS)), application_id)
    return _application_out(found.application)


class ApplicationsApi(Controller):
    """What staff do with one application."""

    path = "/api/v1/applications/{application_id:uuid}"
    opt = open_to(Policy.EDIT_LABS)
    tags: Sequence[str] = ["labs"]

    @post("/review", status_code=200)
    async def review(
        self,
        request: Request[Any, Any, Any],
        application_id: FromPath[UUID],
        data: JSONBody[ReviewIn],
        now: NamedDependency[datetime],
    ) -> ApplicationOut:
        """Score it; a later review of the same account replaces its earlier one."""
        await review_application(
            application_id,
            score=data.score,
            comment=data.comment or "",
            now=now,
            account_id=account_of(request).account_id,
        )
        return await _as_read(request, application_id)

    @post("/accept", status_code=200)
    async def accept(
        self,
        request: Request[Any, Any, Any],
        application_id: FromPath[UUID],
        data: JSONBody[DecisionIn],
        now: NamedDependency[datetime],
    ) -> ApplicationOut:
        """Take the applicant into the lab."""
        who = account_of(request).account_id
        await accept_application(application_id, reason=data.reason or "", now=now, account_id=who)
        return await _as_read(request, application_id)

    @post("/waitlist", status_code=200)
    async def waitlist(
        self,
        request: Request[Any, Any, Any],
        application_id: FromPath[UUID],
        data: JSONBody[DecisionIn],
        now: NamedDependency[datetime],
    ) -> ApplicationOut:
        """Let the applicant wait for a place."""
        who = account_of(request).account_id
        await waitlist_application(application_id, reason=data.reason or "", now=now, account_id=who)
        return await _as_read(request, application_id)

    @post("/decline", status_code=200)
    async def decline(
        self,
        request: Request[Any, Any, Any],
        application_id: FromPath[UUID],
        data: JSONBody[DecisionIn],
        now: NamedDependency[datetime],
    ) -> ApplicationOut:
        """Say no to the applicant."""
        who = account_of(request).account_id
        await decline_application(application_id, reason=data.reason or "", now=now, account_id=who)
        return await _as_read(request, application_id)


LAB_API: list[Any] = [LabsApi, ApplicationsApi]
