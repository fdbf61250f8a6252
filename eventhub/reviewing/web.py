"""Reviewers, their scores, conflicts of interest, and decisions about one application."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.applying.queries import file_content, sent_version
from eventhub.calls.words import words_of_kinds
from eventhub.downloads import download
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.labs.queries import lab_by_id, lab_by_slug
from eventhub.labs.rules import may_decide
from eventhub.pages import redirect, render
from eventhub.reviewing.commands import (
    accept_application,
    assign_reviewer,
    declare_conflict,
    decline_application,
    lift_conflict,
    remind_reviewers,
    review_application,
    review_by_criteria,
    spread_reviews,
    unassign_reviewer,
    waitlist_application,
)
from eventhub.reviewing.forms import (
    AssignForm,
    ConflictForm,
    DecisionForm,
    MarksForm,
    ReviewForm,
    SpreadForm,
    marks_form,
    points,
    values_of_review,
)
from eventhub.reviewing.queries import (
    Reader,
    Reviewed,
    application_for,
    applications_for,
    completeness,
    conflicts_of,
    open_by_account,
    reviewers,
    reviews_to_do,
)
from eventhub.words import Sentence

_DECISIONS = {
    "accept": (accept_application, Sentence("The application has been accepted.")),
    "waitlist": (waitlist_application, Sentence("The application is on the waiting list.")),
    "decline": (decline_application, Sentence("The application has been declined.")),
}
#: Applications of one lab on a page; a call has seen 120 at most.
_MOST = 1_000


def reader_of(request: Request[Any, Any, Any]) -> Reader:
    """Who reads applications."""
    who = account_of(request)
    return Reader(who.account_id, who.may(Policy.EDIT_LABS))


class StaffReviews(Controller):
    """What an account was asked to review."""

    path = "/staff/reviews"
    opt = open_to(Policy.READ_APPLICATIONS)

    @get("/")
    async def index(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Open reviews first."""
        return render(
            request,
            "reviewing/mine",
            reviews=await reviews_to_do(account_of(request).account_id),
            words=await words_of_kinds(),
        )


class LabReviews(Controller):
    """The reviews of one lab: who reviews what, what is open, and where reviewers disagree."""

    path = "/staff/labs/{slug:str}"
    opt = open_to(Policy.READ_APPLICATIONS)

    @get("/reviews")
    async def show(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """All applications that are for this reader, with their reviews."""
        return await self._page(request, slug)

    @get("/reviews.csv")
    async def file(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[Any]:
        """The same as a file; a line for each review, without what is not for this reader."""
        lab = await lab_by_slug(slug)
        found, _ = await applications_for(reader_of(request), lab, limit=_MOST)
        columns = ["application", "applicant", "status", "score", "spread", "reviewer", "state", "review", "comment"]
        rows = [
            [
                str(one.application.id), one.application.member_name, one.application.status,
                points(one.mean) if one.is_open else None, points(one.spread) if one.is_open else None,
                each.account_name, each.state, points(each.total), each.comment,
            ]
            for one in found
            for each in one.reviews
        ]  # fmt: skip
        return download("csv", f"{lab.slug}-reviews", "Reviews", columns, rows)

    @post("/reviews/spread", opt=open_to(Policy.EDIT_LABS))
    async def spread(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Ask for as many reviews of each application, with an even load."""
        form = SpreadForm(await request.form(), people=await reviewers())
        if form.validate():
            try:
                number = await spread_reviews(
                    slug, form.accounts(), form.each.data, now=now, account_id=account_of(request).account_id
                )
            except Problems as problems:
                form.add_problems(problems)
            else:
                return redirect(
                    f"/staff/labs/{slug}/reviews",
                    Sentence.counted(
                        "%(num)s review has been asked for.", "%(num)s reviews have been asked for.", number
                    ),
                )
        return await self._page(request, slug, form, status_code=422)

    @post("/reviews/remind", opt=open_to(Policy.EDIT_LABS))
    async def remind(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write to everybody who has a review to send."""
        number = await remind_reviewers(slug, now=now, account_id=account_of(request).account_id)
        return redirect(
            f"/staff/labs/{slug}/reviews",
            Sentence.counted("%(num)s reviewer gets a letter.", "%(num)s reviewers get a letter.", number),
        )

    @post("/conflicts/{conflict_id:uuid}/lift", opt=open_to(Policy.EDIT_LABS))
    async def lift(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        conflict_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Say that a conflict stands no more."""
        await lift_conflict(conflict_id, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/labs/{slug}/reviews", Sentence("The conflict of interest stands no more."))

    async def _page(
        self, request: Request[Any, Any, Any], slug: str, form: SpreadForm | None = None, status_code: int = 200
    ) -> Response[str]:
        lab, reader = await lab_by_slug(slug), reader_of(request)
        found, _ = await applications_for(reader, lab, limit=_MOST)
        people = await reviewers()
        waiting = await open_by_account(lab.id) if reader.decides else {}
        conflicts = await conflicts_of(lab.id) if reader.decides else []
        return render(
            request,
            "reviewing/lab",
            status_code=status_code,
            lab=lab,
            found=[one for one in found if may_decide(one.application.status)],
            open=completeness(found),
            loads=[(row["name"], waiting[row["id"]]) for row in people if row["id"] in waiting],
            conflicts=[one for one in conflicts if one.account != reader.account],
            decides=reader.decides,
            form=form or SpreadForm(people=people),
        )


class StaffApplications(Controller):
    """One application as staff read it, review it and decide about it."""

    path = "/staff/applications/{application_id:uuid}"
    opt = open_to(Policy.READ_APPLICATIONS)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], application_id: FromPath[UUID]) -> Response[str]:
        """What was sent, what reviewers think, and the buttons."""
        return await self._page(request, application_id)

    @get("/files/{file_id:uuid}")
    async def file(
        self, request: Request[Any, Any, Any], application_id: FromPath[UUID], file_id: FromPath[UUID]
    ) -> Response[bytes]:
        """A file that was sent; it is saved and never shown in place."""
        await application_for(reader_of(request), application_id)
        name, content_type, content = await file_content(application_id, file_id)
        safe = (
            "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-_.")) or "file"
        )
        return Response(
            content,
            media_type=content_type,
            headers={"Content-Disposition": f'attachment; filename="{safe}"', "X-Content-Type-Options": "nosniff"},
        )

    @post("/review")
    async def review(
        self, request: Request[Any, Any, Any], application_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Keep scores and comments, as a draft or sent."""
        found = await self._reviewable(request, application_id)
        lab = await lab_by_id(found.application.lab)
        criteria = lab.call.content.criteria if lab.call else ()
        posted = await request.form()
        is_sent = posted.get("then") != "save" or not criteria
        form: ReviewForm | MarksForm = marks_form(posted, criteria) if criteria else ReviewForm(posted)
        if form.validate():
            comment, who = form.comment.data or "", account_of(request).account_id
            try:
                if isinstance(form, MarksForm):
                    await review_by_criteria(
                        application_id, form.marks(), comment=comment, is_sent=is_sent, now=now, account_id=who
                    )
                else:
                    await review_application(
                        application_id, score=int(form.score.data), comment=comment, now=now, account_id=who
                    )
            except Problems as problems:
                form.add_problems(problems)
            else:
                done = Sentence("Your review has been kept.") if is_sent else Sentence("Your draft has been kept.")
                return redirect(f"/staff/applications/{application_id}", done)
        return await self._page(request, application_id, review_form=form, status_code=422)

    @post("/reviewers", opt=open_to(Policy.EDIT_LABS))
    async def assign(
        self, request: Request[Any, Any, Any], application_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Ask somebody for a review."""
        await application_for(reader_of(request), application_id)
        form = AssignForm(await request.form(), reviewers=await reviewers())
        status = 422
        if form.validate() and (reviewer := form.account()):
            try:
                await assign_reviewer(application_id, reviewer, now=now, account_id=account_of(request).account_id)
            except NotFound:
                raise
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems({"reviewer": list(refusal.sentences)})
            else:
                return redirect(f"/staff/applications/{application_id}", Sentence("The review has been asked for."))
        return await self._page(request, application_id, assign_form=form, status_code=status)

    @post("/reviewers/{reviewer:uuid}/remove", opt=open_to(Policy.EDIT_LABS))
    async def unassign(
        self,
        request: Request[Any, Any, Any],
        application_id: FromPath[UUID],
        reviewer: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Ask somebody for a review no more."""
        await unassign_reviewer(application_id, reviewer, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/applications/{application_id}", Sentence("The review is asked for no more."))

    @post("/conflict")
    async def conflict(
        self, request: Request[Any, Any, Any], application_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Declare a conflict of interest: one's own, or, for those who decide, that of somebody else."""
        found = await application_for(reader_of(request), application_id)
        form = self._conflict_form(request, await reviewers(), await request.form())
        if form.validate() and (reviewer := form.account()):
            try:
                await declare_conflict(
                    application_id,
                    reviewer=reviewer,
                    whole_member=bool(form.whole_member.data),
                    reason=form.reason.data or "",
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Problems as problems:
                form.add_problems(problems)
            else:
                lab = await lab_by_id(found.application.lab)
                is_own = reviewer == account_of(request).account_id
                where = f"/staff/labs/{lab.slug}/reviews" if is_own else f"/staff/applications/{application_id}"
                return redirect(where, Sentence("The conflict of interest has been kept."))
        return await self._page(request, application_id, conflict_form=form, status_code=422)

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
        await application_for(reader_of(request), application_id)
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
            except NotFound:
                raise
            except Refusal as refusal:
                status = refusal.status_code
                own = refusal.fields if isinstance(refusal, Problems) else {"": list(refusal.sentences)}
                form.add_problems(own)
            else:
                return redirect(f"/staff/applications/{application_id}", done)
        return await self._page(request, application_id, decision_form=form, status_code=status)

    async def _reviewable(self, request: Request[Any, Any, Any], application_id: UUID) -> Reviewed:
        """
        The application, if this reader may review it: it was asked to, or it decides.

        Raises:
            NotFound: it is not for this reader.

        """
        reader = reader_of(request)
        found = await application_for(reader, application_id)
        own = found.own(reader.account)
        if not reader.decides and not (own and own.is_assigned):
            raise NotFound(Sentence("Nobody has asked you to review this application."))
        return found

    @staticmethod
    def _conflict_form(request: Request[Any, Any, Any], people: Any, posted: Any = None) -> ConflictForm:
        who = account_of(request)
        choices = people if who.may(Policy.EDIT_LABS) else [row for row in people if row["id"] == who.account_id]
        values = {} if posted is not None else {"reviewer": str(who.account_id)}
        return ConflictForm(posted, reviewers=choices, data=values)

    async def _page(
        self,
        request: Request[Any, Any, Any],
        application_id: UUID,
        *,
        review_form: ReviewForm | MarksForm | None = None,
        decision_form: DecisionForm | None = None,
        assign_form: AssignForm | None = None,
        conflict_form: ConflictForm | None = None,
        status_code: int = 200,
    ) -> Response[str]:
        reader = reader_of(request)
        found = await application_for(reader, application_id)
        application = found.application
        lab = await lab_by_id(application.lab)
        criteria = lab.call.content.criteria if lab.call else ()
        own = found.own(reader.account)
        people = await reviewers()
        asked = {one.account for one in found.reviews if one.is_assigned}
        if review_form is None:
            review_form = marks_form(None, criteria, own) if criteria else ReviewForm(data=values_of_review(own))
        forms = [review_form, decision_form, assign_form, conflict_form]
        return render(
            request,
            "labs/staff_application",
            status_code=status_code,
            lab=lab,
            application=application,
            sent=await sent_version(application_id),
            found=found,
            own=own,
            criteria=[(one.code, one.name_in(languages.current()), one.weight) for one in criteria],
            wrong=next((one for one in forms if one is not None and one.errors), None),
            review_form=review_form,
            decision_form=decision_form or DecisionForm(data={"reason": application.reason}),
            assign_form=assign_form or AssignForm(reviewers=[row for row in people if row["id"] not in asked]),
            conflict_form=conflict_form or self._conflict_form(request, people),
            is_decidable=may_decide(application.status),
            may_review=may_decide(application.status) and (reader.decides or bool(own and own.is_assigned)),
            decides=reader.decides,
        )


REVIEW_PAGES: list[Any] = [StaffReviews, LabReviews, StaffApplications]
