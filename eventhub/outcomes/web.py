"""Outcomes of labs as staff keep them, and the page on which a contact says how one goes on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, account_of, open_to
from eventhub.calls.words import words_of_kinds
from eventhub.directory.queries import member_choices
from eventhub.errors import NotFound, Problems
from eventhub.labs.queries import LabRow, lab_by_slug
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.outcomes.commands import (
    ChangedMeanwhile,
    add_outcome,
    answer_follow_up,
    answer_for_contact,
    change_outcome,
)
from eventhub.outcomes.forms import FollowUpForm, OutcomeForm, values_of, values_of_follow_up
from eventhub.outcomes.queries import (
    FollowUpRow,
    OutcomeRow,
    coming_follow_ups,
    contacts_of_lab,
    follow_up_by_id,
    follow_up_by_link,
    open_follow_ups,
    outcome_by_id,
    outcomes_of,
)
from eventhub.outcomes.rules import STATE_WORDS
from eventhub.pages import redirect, render
from eventhub.words import Sentence

#: The address is a secret: no search engine, no referrer.
_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class Outcomes(Controller):
    """What a lab agreed."""

    path = "/staff/labs/{slug:str}/outcomes"
    opt = open_to(Policy.EDIT_LABS)

    @get("/", opt=open_to(Policy.READ_APPLICATIONS))
    async def index(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """All of it, newest first, with how it goes on."""
        lab = await lab_by_slug(slug)
        return render(
            request, "outcomes/outcomes", lab=lab, outcomes=await outcomes_of(lab.id), states=STATE_WORDS,
            today=now.date(),
        )  # fmt: skip

    @get("/new")
    async def new(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The form for something new."""
        lab = await lab_by_slug(slug)
        return await _edit_page(request, lab, await _form(lab, data={"agreed_on": now.date(), "state": "agreed"}))

    @post("/new")
    async def create(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write it down."""
        lab = await lab_by_slug(slug)
        form = await _form(lab, await request.form())
        try:
            sound = form.validate()
            if sound:
                await add_outcome(slug, form.facts(), now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/labs/{slug}/outcomes", Sentence("The outcome has been written down."))
        except Problems as problems:
            form.add_problems(problems)
        return await _edit_page(request, lab, form, status_code=422)

    @get("/{outcome_id:uuid}")
    async def edit(
        self, request: Request[Any, Any, Any], slug: FromPath[str], outcome_id: FromPath[UUID]
    ) -> Response[str]:
        """The form for one of them."""
        lab, outcome = await _of_lab(slug, outcome_id)
        return await _edit_page(
            request, lab, await _form(lab, outcome=outcome, data=values_of(outcome)), outcome=outcome
        )

    @post("/{outcome_id:uuid}")
    async def change(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        outcome_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Change it."""
        lab, outcome = await _of_lab(slug, outcome_id)
        form = await _form(lab, await request.form(), outcome=outcome)
        try:
            if form.validate():
                who = account_of(request).account_id
                await change_outcome(outcome_id, form.facts(), version=form.seen, now=now, account_id=who)
                return redirect(f"/staff/labs/{slug}/outcomes", Sentence("The outcome has been changed."))
        except Problems as problems:
            form.add_problems(problems)
        except ChangedMeanwhile as refusal:
            saved = await outcome_by_id(outcome_id)
            form.version.raw_data = form.version.data = str(saved.version)
            return await _edit_page(
                request, lab, form, outcome=saved, other=saved, said=refusal.sentences, status_code=409
            )
        return await _edit_page(request, lab, form, outcome=outcome, status_code=422)


async def _form(lab: LabRow, posted: Any = None, *, outcome: OutcomeRow | None = None, **more: Any) -> OutcomeForm:
    members = dict(await member_choices(former=outcome is not None))
    contacts = await contacts_of_lab(lab.id)
    if outcome and outcome.contact and outcome.contact not in {row["id"] for row in contacts}:
        contacts = [*contacts, {"id": outcome.contact, "name": outcome.contact_name, "member_name": ""}]
    return OutcomeForm(posted, members=members, contacts=contacts, **more)


async def _of_lab(slug: str, outcome_id: UUID) -> tuple[LabRow, OutcomeRow]:
    lab, outcome = await lab_by_slug(slug), await outcome_by_id(outcome_id)
    if outcome.lab != lab.id:
        raise NotFound(Sentence("There is no such outcome."))
    return lab, outcome


async def _edit_page(
    request: Request[Any, Any, Any],
    lab: LabRow,
    form: OutcomeForm,
    *,
    outcome: OutcomeRow | None = None,
    other: OutcomeRow | None = None,
    said: Sequence[str] = (),
    status_code: int = 200,
) -> Response[str]:
    return render(
        request, "outcomes/edit", status_code=status_code, lab=lab, form=form, outcome=outcome, other=other, said=said,
        states=STATE_WORDS,
    )  # fmt: skip


class FollowUps(Controller):
    """Follow-ups of all labs."""

    path = "/staff/follow-ups"
    opt = open_to(Policy.READ_APPLICATIONS)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """Open and overdue ones, and what comes next."""
        today = now.date()
        found = await open_follow_ups(today)
        return render(
            request,
            "outcomes/follow_ups",
            overdue=[one for one in found if one.is_overdue(today)],
            waiting=[one for one in found if not one.is_overdue(today)],
            coming=await coming_follow_ups(today),
            words=await words_of_kinds(),
        )

    @get("/{follow_up_id:uuid}", opt=open_to(Policy.EDIT_LABS))
    async def show(self, request: Request[Any, Any, Any], follow_up_id: FromPath[UUID]) -> Response[str]:
        """The form on which staff write down what the contact told them."""
        follow_up = await follow_up_by_id(follow_up_id)
        return _answer_page(request, follow_up, FollowUpForm(data=values_of_follow_up(follow_up)), for_contact=True)

    @post("/{follow_up_id:uuid}", opt=open_to(Policy.EDIT_LABS))
    async def answer(
        self, request: Request[Any, Any, Any], follow_up_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write it down."""
        form = FollowUpForm(await request.form())
        status, who = 422, account_of(request).account_id
        said: Sequence[str] = ()
        try:
            form.validate()
            await answer_for_contact(
                follow_up_id,
                form.state.data or "",
                form.note.data or "",
                seen=form.seen.data or "",
                now=now,
                account_id=who,
            )
            return redirect("/staff/follow-ups", Sentence("The answer has been saved."))
        except Problems as problems:
            form.add_problems(problems)
        except ChangedMeanwhile as refusal:
            status, said = 409, refusal.sentences
        follow_up = await follow_up_by_id(follow_up_id)
        return _answer_page(request, follow_up, form, for_contact=True, said=said, status_code=status)


class AnswerFollowUp(Controller):
    """The page that a personal link opens."""

    path = "/follow-ups"
    opt = open_to(Policy.HOLDER)

    @get("/{token:str}")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], answer: FromQuery[str] = ""
    ) -> Response[str]:
        """The question with the answer of the link chosen; nothing is written down by looking."""
        follow_up = await follow_up_by_link(token)
        return _answer_page(request, follow_up, FollowUpForm(data=values_of_follow_up(follow_up, answer)))

    @post("/{token:str}", middleware=at_most(FORMS_PER_MINUTE, of="follow-ups"))
    async def answer(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write the answer down, or change it."""
        form = FollowUpForm(await request.form())
        status = 422
        said: Sequence[str] = ()
        try:
            form.validate()
            await answer_follow_up(
                token, form.state.data or "", form.note.data or "", seen=form.seen.data or "", now=now
            )
            return redirect(f"/follow-ups/{token}", Sentence("Thank you. Your answer has been saved."))
        except Problems as problems:
            form.add_problems(problems)
        except ChangedMeanwhile as refusal:
            status, said = 409, refusal.sentences
        return _answer_page(request, await follow_up_by_link(token), form, said=said, status_code=status)


def _answer_page(
    request: Request[Any, Any, Any],
    follow_up: FollowUpRow,
    form: FollowUpForm,
    *,
    for_contact: bool = False,
    said: Sequence[str] = (),
    status_code: int = 200,
) -> Response[str]:
    if said:
        form.seen.raw_data = form.seen.data = follow_up.seen
    page = render(
        request, "outcomes/answer", status_code=status_code, follow_up=follow_up, form=form, for_contact=for_contact,
        said=said, states=STATE_WORDS,
    )  # fmt: skip
    page.headers.update(_PERSONAL)
    return page


OUTCOME_PAGES: list[Any] = [Outcomes, FollowUps, AnswerFollowUp]
