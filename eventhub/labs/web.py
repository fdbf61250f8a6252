"""Pages of labs: for everybody, for members who apply, and for staff."""

from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.accounts.queries import audit_trail
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.feed_queries import listed_sessions
from eventhub.events.feeds import listed_feed
from eventhub.events.queries import action_lines, themes
from eventhub.labs.commands import (
    CallClosed,
    accept_application,
    add_lab_session,
    apply_to_lab,
    change_application,
    change_lab,
    check_open,
    create_lab,
    decline_application,
    open_call,
    remove_lab_session,
    review_application,
    waitlist_application,
    withdraw_application,
)
from eventhub.labs.forms import (
    CALL_FIELDS,
    ApplyForm,
    CallForm,
    ChangeForm,
    DecisionForm,
    LabForm,
    ReviewForm,
    SessionForm,
    values_of_application,
    values_of_call,
    values_of_lab,
)
from eventhub.labs.queries import (
    ApplicationRow,
    LabRow,
    action_lines_of_lab,
    application_by_id,
    application_by_link,
    applications_of,
    lab_by_id,
    lab_by_slug,
    labs,
    members_by_region,
    mix_of,
    open_calls,
    reviews_of,
    sessions_of,
    sessions_to_add,
)
from eventhub.labs.rules import ApplicationStatus, may_decide
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import redirect, render
from eventhub.settings import current_settings
from eventhub.wording.queries import wording_hints
from eventhub.words import Sentence

#: The address is a secret: no search engine, no referrer.
PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class PublicLabs(Controller):
    """What everybody can see, and the form for members."""

    path = "/labs"
    opt = open_to(Policy.PUBLIC)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """Open calls first, then the labs of every round, newest round first."""
        return render(
            request,
            "labs/labs",
            open_labs=await open_calls(now),
            rounds=by_year(await labs()),
            now=now,
        )

    @get("/{slug:str}")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """One lab, or the calendar file of its sessions when the address ends in .ics."""
        if slug.endswith(".ics"):
            lab = await lab_by_slug(slug.removesuffix(".ics"))
            listed = await listed_sessions(lab.id)
            return await listed_feed(request, listed, now, name=lab.name, path=f"{lab.href}.ics")
        lab = await lab_by_slug(slug)
        return render(
            request,
            "labs/lab",
            lab=lab,
            state=lab.call_state(now),
            sessions=await sessions_of(lab.id),
            action_lines=await action_lines_of_lab(lab.id),
            now=now,
        )

    @get("/{slug:str}/apply")
    async def new(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The form, while the call is open."""
        lab = await lab_by_slug(slug)
        check_open(lab, now)
        form = ApplyForm(members=await members_by_region(now.date()), language=languages.current())
        return render(request, "labs/apply", lab=lab, form=form)

    @post("/{slug:str}/apply", middleware=at_most(FORMS_PER_MINUTE, of="applications"))
    async def create(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Send the application; the page of the application follows."""
        lab = await lab_by_slug(slug)
        check_open(lab, now)
        form = ApplyForm(await request.form(), members=await members_by_region(now.date()))
        status = 422
        if form.validate():
            try:
                application = await apply_to_lab(
                    slug, form.answers(member=form.member.data, email=form.email.data), now=now
                )
            except CallClosed:
                raise
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(problems_of(refusal, "member"))
            else:
                return redirect(
                    application.manage_path,
                    Sentence("Your application has been received. A letter with this link is on its way."),
                )
        return render(request, "labs/apply", status_code=status, lab=lab, form=form)


class Applications(Controller):
    """One application, for whoever holds its personal link."""

    path = "/applications/{token:str}"
    opt = open_to(Policy.HOLDER)

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """What was sent, and what can still be done with it."""
        application = await application_by_link(token)
        return await self._page(request, application, now, None)

    @post("/")
    async def update(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change it while the call is open."""
        application = await application_by_link(token)
        form = ChangeForm(await request.form())
        status = 422
        if form.validate():
            try:
                await change_application(
                    token,
                    form.answers(member=application.member_key, email=application.email),
                    version=form.version.data,
                    now=now,
                )
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(problems_of(refusal, ""))
            else:
                return redirect(
                    application.manage_path,
                    Sentence("Your application has been changed."),
                )
        return await self._page(request, application, now, form, status)

    @post("/withdraw")
    async def withdraw(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take it back."""
        application = await withdraw_application(token, now=now)
        return redirect(
            application.manage_path,
            Sentence("Your application has been withdrawn."),
        )

    async def _page(
        self,
        request: Request[Any, Any, Any],
        application: ApplicationRow,
        now: datetime,
        form: ChangeForm | None,
        status: int = 200,
    ) -> Response[str]:
        lab = await lab_by_id(application.lab)
        changeable = application.is_changeable(lab.call, now)
        return render(
            request,
            "labs/application",
            status_code=status,
            headers=PERSONAL,
            lab=lab,
            application=application,
            form=form or (ChangeForm(data=values_of_application(application)) if changeable else None),
            typed=form is not None,
        )


class StaffLabs(Controller):
    """Labs as staff work on them."""

    path = "/staff/labs"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """All labs by round, newest round first."""
        return render(request, "labs/staff_labs", rounds=by_year(await labs()), now=now)

    @get("/new", opt=open_to(Policy.EDIT_LABS))
    async def new(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """The form for a new lab."""
        return render(request, "labs/edit", lab=None, form=await lab_form(None, data={"year": now.year}))

    @post("/new", opt=open_to(Policy.EDIT_LABS))
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Write a new lab down."""
        form = await lab_form(await request.form())
        del form.status
        if form.validate():
            try:
                lab = await create_lab(form.facts(), now=now, account_id=account_of(request).account_id)
            except Problems as problems:
                form.add_problems(problems)
            else:
                return redirect(f"/staff/labs/{lab.slug}", Sentence("The lab has been written down."))
        return render(request, "labs/edit", status_code=422, lab=None, form=form)

    @get("/{slug:str}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        now: NamedDependency[datetime],
        status: FromQuery[str] = "",
    ) -> Response[str]:
        """One lab with its call, sessions and applications."""
        return await self._page(request, await lab_by_slug(slug), now, status=status)

    @get("/{slug:str}/edit", opt=open_to(Policy.EDIT_LABS))
    async def edit(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The form for a lab that exists."""
        lab = await lab_by_slug(slug)
        form = await lab_form(None, data=values_of_lab(lab, await action_lines_of_lab(lab.id)))
        del form.year
        return render(request, "labs/edit", lab=lab, form=form)

    @post("/{slug:str}/edit", opt=open_to(Policy.EDIT_LABS))
    async def update(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change it."""
        lab = await lab_by_slug(slug)
        form = await lab_form(await request.form())
        del form.year
        if form.validate():
            try:
                await change_lab(
                    slug,
                    form.facts(),
                    status=form.status.data,
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Problems as problems:
                form.add_problems(problems)
            else:
                return redirect(f"/staff/labs/{slug}", Sentence("The lab has been changed."))
        return render(request, "labs/edit", status_code=422, lab=lab, form=form)

    @get("/{slug:str}/call", opt=open_to(Policy.EDIT_LABS))
    async def edit_call(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The form for the call."""
        lab = await lab_by_slug(slug)
        values = values_of_call(lab.call) if lab.call else {"time_zone": current_settings().time_zone}
        return render(request, "labs/call", lab=lab, form=CallForm(data=values))

    @post("/{slug:str}/call", opt=open_to(Policy.EDIT_LABS))
    async def save_call(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Announce the call, or change it."""
        lab = await lab_by_slug(slug)
        form = CallForm(await request.form())
        if form.validate():
            try:
                await open_call(slug, form.call(), now=now, account_id=account_of(request).account_id)
            except Problems as problems:
                form.add_problems({CALL_FIELDS.get(k, k): v for k, v in problems.fields.items()})
            else:
                return redirect(f"/staff/labs/{slug}", Sentence("The call has been saved."))
        return render(request, "labs/call", status_code=422, lab=lab, form=form)

    @post("/{slug:str}/sessions", opt=open_to(Policy.EDIT_LABS))
    async def add_session(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Make an event a session of the lab."""
        lab = await lab_by_slug(slug)
        form = SessionForm(await request.form(), events=await sessions_to_add())
        status = 422
        if form.validate():
            try:
                await add_lab_session(slug, form.event.data, now=now, account_id=account_of(request).account_id)
            except NotFound:
                raise
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(problems_of(refusal, "event"))
            else:
                return redirect(f"/staff/labs/{slug}", Sentence("The session has been added."))
        return await self._page(request, lab, now, session_form=form, status_code=status)

    @post("/{slug:str}/sessions/{event:str}/remove", opt=open_to(Policy.EDIT_LABS))
    async def remove_session(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        event: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Part an event from the lab."""
        await remove_lab_session(slug, event, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/labs/{slug}", Sentence("The event is no session of this lab any more."))

    async def _page(
        self,
        request: Request[Any, Any, Any],
        lab: LabRow,
        now: datetime,
        *,
        status: str = "",
        session_form: SessionForm | None = None,
        status_code: int = 200,
    ) -> Response[str]:
        applications: list[ApplicationRow] = []
        may_read = account_of(request).may(Policy.READ_APPLICATIONS)
        wanted = status if status in set(ApplicationStatus) else ""
        if may_read:
            applications, _ = await applications_of(lab.id, status=wanted)
        texts = (lab.name, lab.full_title, lab.description, *((lab.call.text, lab.call.criteria) if lab.call else ()))
        return render(
            request,
            "labs/staff_lab",
            status_code=status_code,
            lab=lab,
            state=lab.call_state(now),
            sessions=await sessions_of(lab.id, public_only=False),
            session_form=session_form or SessionForm(events=await sessions_to_add()),
            action_lines=await action_lines_of_lab(lab.id),
            mix=await mix_of(lab.id),
            applications=applications,
            may_read=may_read,
            wanted=wanted,
            statuses=[one for one in ApplicationStatus if one is not ApplicationStatus.DRAFT],
            trail=await audit_trail(object_kind="lab", object_id=lab.id, limit=10),
            # A lab names no language of its own.
            hints=[hint for code in current_settings().language_codes for hint in await wording_hints(texts, code)],
        )


_DECISIONS = {
    "accept": (accept_application, Sentence("The application has been accepted.")),
    "waitlist": (waitlist_application, Sentence("The application is on the waiting list.")),
    "decline": (decline_application, Sentence("The application has been declined.")),
}


class StaffApplications(Controller):
    """One application as staff read it, review it and decide about it."""

    path = "/staff/applications/{application_id:uuid}"
    opt = open_to(Policy.READ_APPLICATIONS)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], application_id: FromPath[UUID]) -> Response[str]:
        """What was sent, what reviewers think, and the buttons."""
        return await self._page(request, await application_by_id(application_id))

    @post("/review", opt=open_to(Policy.EDIT_LABS))
    async def review(
        self, request: Request[Any, Any, Any], application_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Keep a score and a comment."""
        application = await application_by_id(application_id)
        form = ReviewForm(await request.form())
        if form.validate():
            try:
                await review_application(
                    application_id,
                    score=int(form.score.data),
                    comment=form.comment.data or "",
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Problems as problems:
                form.add_problems(problems)
            else:
                return redirect(f"/staff/applications/{application_id}", Sentence("Your review has been kept."))
        return await self._page(request, application, review_form=form, status_code=422)

    @post("/{decision:str}", opt=open_to(Policy.EDIT_LABS))
    async def decide(
        self,
        request: Request[Any, Any, Any],
        application_id: FromPath[UUID],
        decision: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Accept it, let it wait, or decline it."""
        if decision not in _DECISIONS:
            raise NotFoundException
        application = await application_by_id(application_id)
        command, done = _DECISIONS[decision]
        form = DecisionForm(await request.form())
        status = 422
        if form.validate():
            try:
                await command(
                    application_id,
                    reason=form.reason.data or "",
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(problems_of(refusal, ""))
            else:
                return redirect(f"/staff/applications/{application_id}", done)
        return await self._page(request, application, decision_form=form, status_code=status)

    async def _page(
        self,
        request: Request[Any, Any, Any],
        application: ApplicationRow,
        *,
        review_form: ReviewForm | None = None,
        decision_form: DecisionForm | None = None,
        status_code: int = 200,
    ) -> Response[str]:
        reviews = await reviews_of(application.id)
        own = next((row for row in reviews if row["account"] == account_of(request).account_id), None)
        values = {"score": str(own["score"]), "comment": own["comment"]} if own else {}
        return render(
            request,
            "labs/staff_application",
            status_code=status_code,
            lab=await lab_by_id(application.lab),
            application=application,
            reviews=reviews,
            review_form=review_form or ReviewForm(data=values),
            decision_form=decision_form or DecisionForm(data={"reason": application.reason}),
            is_decidable=may_decide(application.status),
        )


def by_year(found: list[LabRow]) -> list[tuple[int, list[LabRow]]]:
    """Labs by the year of their round, in the order given."""
    return [(year, list(group)) for year, group in groupby(found, key=lambda lab: lab.year)]


async def lab_form(posted: Any, **more: Any) -> LabForm:
    """The form of a lab with the themes and action lines that there are."""
    return LabForm(posted, themes=await themes(), action_lines=await action_lines(), **more)


def problems_of(refusal: Refusal, field: str) -> dict[str, list[str]]:
    """What a refusal says, for a form: its own fields, or all of it beside one field."""
    return refusal.fields if isinstance(refusal, Problems) else {field: list(refusal.sentences)}


LAB_PAGES: list[Any] = [PublicLabs, Applications, StaffLabs, StaffApplications]
