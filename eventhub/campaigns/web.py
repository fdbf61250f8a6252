"""Pages: campaigns of a day or month, and the events that others propose for them."""

import secrets
from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub import languages
from eventhub.access import Policy, open_to
from eventhub.campaigns.commands import ProposalsClosed, propose_event
from eventhub.campaigns.forms import ProposalForm
from eventhub.campaigns.queries import campaign_by_slug, public_events_of
from eventhub.campaigns.rules import takes_proposals
from eventhub.directory.queries import member_choices
from eventhub.errors import Problems
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import chosen_zone, redirect, render
from eventhub.words import Sentence


class Campaigns(Controller):
    """A campaign for everybody, and the form to propose an event."""

    opt = open_to(Policy.PUBLIC)

    @get("/campaigns/{slug:str}")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The campaign and its published events by day."""
        campaign = await campaign_by_slug(slug, public=True)
        is_open = takes_proposals(campaign.submissions_until, campaign.ends_on, now)
        events = await public_events_of(campaign.id)
        return render(request, "campaigns/campaign", campaign=campaign, events=events, is_open=is_open)

    @get("/campaigns/{slug:str}/propose")
    async def new(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The form, or that it is closed."""
        campaign = await campaign_by_slug(slug, public=True)
        if not takes_proposals(campaign.submissions_until, campaign.ends_on, now):
            return render(request, "campaigns/closed", campaign=campaign)
        data = {
            "language": languages.current(),
            "time_zone": chosen_zone(request) or "",
            "submission_key": secrets.token_urlsafe(16),
        }
        form = ProposalForm(members=dict(await member_choices()), data=data)
        return render(request, "campaigns/propose", campaign=campaign, form=form)

    @post("/campaigns/{slug:str}/propose", middleware=at_most(FORMS_PER_MINUTE, of="proposals"))
    async def create(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Keep the proposal."""
        campaign = await campaign_by_slug(slug, public=True)
        form = ProposalForm(await request.form(), members=dict(await member_choices()))
        if form.validate():
            try:
                await propose_event(slug, form.proposal(), now=now)
                return redirect(
                    f"/campaigns/{slug}", Sentence("Thank you. We have written to the contact what you sent.")
                )
            except Problems as problems:
                form.add_problems(problems)
            except ProposalsClosed as refusal:
                return render(request, "campaigns/closed", status_code=refusal.status_code, campaign=campaign)
        return render(request, "campaigns/propose", status_code=422, campaign=campaign, form=form)


CAMPAIGN_PAGES: list[Any] = [Campaigns]
