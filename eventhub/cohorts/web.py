"""Proposals of balanced cohorts, what people decide, letters about it, and the place that a member confirms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.cohorts.commands import (
    adopt_proposal,
    confirm_place,
    deviate,
    give_up_place,
    propose_cohort,
    propose_round,
    send_decisions,
    undo_deviation,
    unsent_decisions,
)
from eventhub.cohorts.forms import AdoptForm, DeviationForm, LettersForm, WishesForm, wishes_form
from eventhub.cohorts.letters import KINDS, decision_letter
from eventhub.cohorts.queries import (
    Place,
    ProposalRow,
    labs_of,
    name_of,
    newest_of_round,
    newest_proposal,
    newest_view,
    place_by_link,
    places_of,
    proposal_by_id,
    proposals_of,
    regions,
    usual_hour,
    view_of,
)
from eventhub.downloads import download
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.labs.queries import LabRow, lab_by_id, lab_by_slug, labs, round_by_id
from eventhub.mail.rendering import render as render_letter
from eventhub.pages import redirect, render
from eventhub.reviewing.queries import Reader, conflicts_in
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: The address is a secret: no search engine, no referrer.
PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
CSV_COLUMNS = ["application", "applicant", "member", "region", "score", "rank", "proposed", "in", "why", "deviation", "status"]  # fmt: skip


def _reader(request: Request[Any, Any, Any]) -> Reader:
    who = account_of(request)
    return Reader(who.account_id, who.may(Policy.EDIT_LABS))


def _add(form: Any, refusal: Refusal) -> int:
    """Put what a refusal says into a form."""
    form.add_problems(refusal if isinstance(refusal, Problems) else {"": list(refusal.sentences)})
    return refusal.status_code


class LabChoice(Controller):
    """The choice of one lab's cohort."""

    path = "/staff/labs/{slug:str}"
    opt = open_to(Policy.EDIT_LABS)

    @get("/choice")
    async def show(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        now: NamedDependency[datetime],
        proposal: FromQuery[UUID | None] = None,
    ) -> Response[str]:
        """The newest proposal, or the one asked for, and what can be asked."""
        return await self._page(request, await lab_by_slug(slug), now, asked=proposal)

    @get("/choice.csv")
    async def file(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The newest proposal as a file."""
        lab = await lab_by_slug(slug)
        view = await newest_view(lab, _reader(request), now.date())
        rows = [
            [
                str(one.application), one.applicant, one.member, one.region,
                None if one.score is None else one.score / 1000, one.rank, "yes" if one.is_proposed else "no",
                "yes" if one.is_in else "no", languages.say(one.why), one.deviation, one.status,
            ]
            for one in view.entries
        ]  # fmt: skip
        return download("csv", f"{lab.slug}-cohort", "Cohort", CSV_COLUMNS, rows)

    @post("/choice")
    async def propose(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Have the best cohort proposed; the server goes on answering meanwhile."""
        lab = await lab_by_slug(slug)
        form = wishes_form(await request.form(), await regions(), None, None, now)
        status = 422
        if form.validate():
            try:
                await propose_cohort(slug, form.wishes(), now=now, account_id=account_of(request).account_id)
            except NotFound:
                raise
            except Refusal as refusal:
                status = _add(form, refusal)
            else:
                return redirect(f"/staff/labs/{slug}/choice", Sentence("The proposal has been made."))
        return await self._page(request, lab, now, form=form, status_code=status)

    @post("/choice/{proposal:uuid}/deviations")
    async def deviate(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        proposal: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Decide otherwise about one application."""
        lab, kept = await self._own(slug, proposal)
        view = await view_of(lab, kept, _reader(request), now.date())
        form = DeviationForm(await request.form(), entries=view.entries)
        status = 422
        if form.validate():
            application, is_in = form.choice()
            try:
                await deviate(
                    proposal,
                    application,
                    is_in=is_in,
                    reason=form.reason.data or "",
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except NotFound:
                raise
            except Refusal as refusal:
                status = _add(form, refusal)
            else:
                return redirect(_at(slug, proposal), Sentence("The deviation has been kept with its reason."))
        return await self._page(request, lab, now, asked=proposal, deviation_form=form, status_code=status)

    @post("/choice/{proposal:uuid}/deviations/{application:uuid}/undo")
    async def undo(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        proposal: FromPath[UUID],
        application: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Go back to what was proposed for one application."""
        await self._own(slug, proposal)
        await undo_deviation(proposal, application, now=now, account_id=account_of(request).account_id)
        return redirect(_at(slug, proposal), Sentence("The application stands as proposed again."))

    @post("/choice/{proposal:uuid}/adopt")
    async def adopt(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        proposal: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Decide as proposed, with the deviations."""
        lab, kept = await self._own(slug, proposal)
        if kept.lab is None:
            raise NotFound(Sentence("There is no such proposal."))  # a round is taken over as a whole
        form = AdoptForm(await request.form())
        status = 422
        if form.validate():
            try:
                number = await adopt_proposal(
                    proposal, form.adoption(), now=now, account_id=account_of(request).account_id
                )
            except NotFound:
                raise
            except Refusal as refusal:
                status = _add(form, refusal)
            else:
                return redirect(
                    f"/staff/labs/{slug}/decisions",
                    Sentence.counted(
                        "%(num)s application has been accepted. Nobody has been told yet.",
                        "%(num)s applications have been accepted. Nobody has been told yet.",
                        number,
                    ),
                )
        return await self._page(request, lab, now, asked=proposal, adopt_form=form, status_code=status)

    @get("/decisions")
    async def letters(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """Letters that have not gone out, and what they say."""
        return await self._letters(request, await lab_by_slug(slug), LettersForm())

    @post("/decisions")
    async def send(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Send them, each once."""
        lab = await lab_by_slug(slug)
        form = LettersForm(await request.form())
        status = 422
        if form.validate():
            try:
                sent = await send_decisions(
                    slug, form.confirm_until.data, now=now, account_id=account_of(request).account_id
                )
            except NotFound:
                raise
            except Refusal as refusal:
                status = _add(form, refusal)
            else:
                return redirect(
                    f"/staff/labs/{slug}/decisions",
                    Sentence.counted("%(num)s letter goes out.", "%(num)s letters go out.", sum(sent.values())),
                )
        return await self._letters(request, lab, form, status)

    async def _own(self, slug: str, proposal_id: UUID) -> tuple[LabRow, ProposalRow]:
        """
        A lab and a proposal for it or its round.

        Raises:
            NotFound: there is no such lab or proposal, or it is another lab's.

        """
        lab, kept = await lab_by_slug(slug), await proposal_by_id(proposal_id)
        if kept.lab != lab.id and kept.lab_round != lab.lab_round:
            raise NotFound(Sentence("There is no such proposal."))
        return lab, kept

    async def _page(
        self,
        request: Request[Any, Any, Any],
        lab: LabRow,
        now: datetime,
        *,
        asked: UUID | None = None,
        form: WishesForm | None = None,
        deviation_form: DeviationForm | None = None,
        adopt_form: AdoptForm | None = None,
        status_code: int = 200,
    ) -> Response[str]:
        kept = (await self._own(lab.slug, asked))[1] if asked else await newest_proposal(lab)
        view = await view_of(lab, kept, _reader(request), now.date(), name_of) if kept else None
        entries = view.entries if view else ()
        forms = (form, deviation_form, adopt_form)
        return render(
            request,
            "cohorts/lab",
            status_code=status_code,
            lab=lab,
            view=view,
            named={str(one.application): one.applicant for one in entries},
            proposals=await proposals_of(lab),
            form=form
            or wishes_form(None, await regions(), kept.wishes if kept else None, await usual_hour([lab.id]), now),
            deviation_form=deviation_form or DeviationForm(entries=entries),
            adopt_form=adopt_form or AdoptForm(),
            wrong=next((one for one in forms if one is not None and one.errors), None),
            bound_words=lambda bound: languages.say(bound.words(name_of)),
            say=languages.say,
        )

    async def _letters(
        self, request: Request[Any, Any, Any], lab: LabRow, form: LettersForm, status_code: int = 200
    ) -> Response[str]:
        barred = await conflicts_in(account_of(request).account_id, [lab.id])
        waiting = [place for place in await unsent_decisions(lab) if place.application not in barred]
        places = [place for place in await places_of(lab.id, list(KINDS)) if place.application not in barred]
        return render(
            request,
            "cohorts/decisions",
            status_code=status_code,
            lab=lab,
            form=form,
            waiting=waiting,
            previews=previews(lab, waiting),
            places=[place for place in places if place.confirm_until],
            has_offers=any(place.status == "accepted" and not place.confirmed_at for place in waiting),
        )


def previews(lab: LabRow, waiting: Sequence[Place]) -> list[tuple[str, str, str, str]]:
    """Kind, language, subject and text of one letter for each kind and language that is to go out; no personal link."""
    found: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    for place in waiting:
        kind = KINDS[place.status][0]
        if (kind, place.language) not in found:
            letter = decision_letter(lab, place)
            facts = letter.facts | {"manage_url": f"{current_settings().base_url}/lab-places/…"}
            if place.status == "accepted" and not place.confirmed_at:
                facts["confirm_until"] = None
            made = render_letter(kind, place.language, facts, recipient_address=place.email)
            found[kind, place.language] = (kind, place.language, made.subject, made.text)
    return sorted(found.values())


def _at(slug: str, proposal: UUID) -> str:
    return f"/staff/labs/{slug}/choice?proposal={proposal}"


class RoundChoice(Controller):
    """The choice of all cohorts of a round at once."""

    path = "/staff/rounds/{round_id:uuid}/choice"
    opt = open_to(Policy.EDIT_LABS)

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], round_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The newest proposal for all labs, and what can be asked."""
        return await self._page(request, round_id, now)

    @post("/")
    async def propose(
        self, request: Request[Any, Any, Any], round_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Have the best cohorts proposed."""
        form = wishes_form(await request.form(), await regions(), None, None, now)
        status = 422
        if form.validate():
            try:
                await propose_round(round_id, form.wishes(), now=now, account_id=account_of(request).account_id)
            except NotFound:
                raise
            except Refusal as refusal:
                status = _add(form, refusal)
            else:
                return redirect(f"/staff/rounds/{round_id}/choice", Sentence("The proposal has been made."))
        return await self._page(request, round_id, now, form=form, status_code=status)

    @post("/{proposal:uuid}/adopt")
    async def adopt(
        self,
        request: Request[Any, Any, Any],
        round_id: FromPath[UUID],
        proposal: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Decide as proposed for all labs."""
        if (await proposal_by_id(proposal)).lab_round != round_id:
            raise NotFound(Sentence("There is no such proposal."))
        form = AdoptForm(await request.form())
        status = 422
        if form.validate():
            try:
                number = await adopt_proposal(
                    proposal, form.adoption(), now=now, account_id=account_of(request).account_id
                )
            except NotFound:
                raise
            except Refusal as refusal:
                status = _add(form, refusal)
            else:
                return redirect(
                    f"/staff/rounds/{round_id}/choice",
                    Sentence.counted(
                        "%(num)s application has been accepted. Nobody has been told yet.",
                        "%(num)s applications have been accepted. Nobody has been told yet.",
                        number,
                    ),
                )
        return await self._page(request, round_id, now, adopt_form=form, status_code=status)

    async def _page(
        self,
        request: Request[Any, Any, Any],
        round_id: UUID,
        now: datetime,
        *,
        form: WishesForm | None = None,
        adopt_form: AdoptForm | None = None,
        status_code: int = 200,
    ) -> Response[str]:
        found = await round_by_id(round_id)
        kept = await newest_of_round(round_id)
        own = await labs_of(kept) if kept else await labs(round_id=round_id)
        views = [await view_of(lab, kept, _reader(request), now.date(), name_of) for lab in own] if kept else []
        return render(
            request,
            "cohorts/round",
            status_code=status_code,
            round=found,
            kept=kept,
            labs=own,
            views=views,
            lab_names={str(lab.id): lab.name for lab in own},
            named={str(one.application): one.applicant for view in views for one in view.entries},
            form=form
            or wishes_form(
                None, await regions(), kept.wishes if kept else None, await usual_hour([lab.id for lab in own]), now
            ),
            adopt_form=adopt_form or AdoptForm(),
            wrong=next((one for one in (form, adopt_form) if one is not None and one.errors), None),
            bound_words=lambda bound: languages.say(bound.words(name_of)),
            say=languages.say,
        )


class LabPlaces(Controller):
    """The place that a member was offered, by its personal link."""

    path = "/lab-places/{token:str}"
    opt = open_to(Policy.HOLDER)

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """What was offered, and the buttons. Looking changes nothing."""
        return await self._page(request, token, now)

    @post("/confirm")
    async def confirm(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take the place. Twice is once, and says so."""
        try:
            is_new = await confirm_place(token, now=now)
        except NotFound:
            raise
        except Refusal as refusal:
            return await self._page(request, token, now, refusal)
        done = Sentence("Thank you: the place is yours.") if is_new else Sentence("You have confirmed this place before; it is yours.")  # fmt: skip
        return redirect(f"/lab-places/{token}", done)

    @post("/give-up")
    async def give_up(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Give the place up."""
        try:
            await give_up_place(token, now=now)
        except NotFound:
            raise
        except Refusal as refusal:
            return await self._page(request, token, now, refusal)
        return redirect(f"/lab-places/{token}", Sentence("The place has been given up. Thank you for telling us."))

    async def _page(
        self, request: Request[Any, Any, Any], token: str, now: datetime, refusal: Refusal | None = None
    ) -> Response[str]:
        place = await place_by_link(token)
        page = render(
            request,
            "cohorts/place",
            status_code=refusal.status_code if refusal else 200,
            place=place,
            token=token,
            lab=await lab_by_id(place.lab),
            said=[languages.say(one) for one in refusal.sentences] if refusal else [],
            is_offered=place.status == "accepted" and place.confirm_until is not None and now < place.confirm_until,
            is_over=place.confirm_until is not None and now >= place.confirm_until,
            has_left=place.has_left(now.date()),
        )
        page.headers.update(PERSONAL)
        return page


COHORT_PAGES: list[Any] = [LabChoice, RoundChoice, LabPlaces]
