"""Pages: campaigns of a day or month, and the events that others propose for them."""

import secrets
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.accounts.queries import audit_trail
from eventhub.campaigns.commands import (
    CampaignOver,
    DecidedAlready,
    ProposalsClosed,
    accept_proposal,
    add_event,
    change_campaign,
    create_campaign,
    decline_proposal,
    propose_event,
    remove_event,
)
from eventhub.campaigns.forms import (
    AcceptForm,
    AddEventForm,
    CampaignForm,
    DeclineForm,
    ProposalForm,
    values_of_campaign,
)
from eventhub.campaigns.queries import (
    CampaignRow,
    addable_events,
    added_events_of,
    campaign_by_slug,
    campaigns,
    past_campaigns,
    public_campaigns,
    public_events_of,
    submissions_of,
    twins,
)
from eventhub.campaigns.rules import takes_proposals, today_somewhere
from eventhub.directory.queries import member_choices
from eventhub.errors import Problems, Refusal
from eventhub.events.commands import ChangedMeanwhile
from eventhub.events.feed_queries import listed_of_campaign
from eventhub.events.feeds import listed_feed
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import chosen_zone, redirect, render
from eventhub.wording.queries import wording_hints
from eventhub.words import Sentence


class Campaigns(Controller):
    """A campaign for everybody, and the form to propose an event."""

    opt = open_to(Policy.PUBLIC)

    @get("/campaigns")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """Campaigns that are running or coming, and those of the past by year."""
        today = today_somewhere(now)
        past = groupby(await past_campaigns(today), key=lambda campaign: campaign.starts_on.year)
        return render(
            request,
            "campaigns/campaigns",
            coming=await public_campaigns(today),
            past=[(year, list(found)) for year, found in past],
            today=today,
            now=now,
            takes_proposals=takes_proposals,
        )

    @get("/campaigns/{slug:str}")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The campaign and its events by day, or their calendar file when the address ends in .ics."""
        campaign = await campaign_by_slug(slug.removesuffix(".ics"), public=True)
        if slug.endswith(".ics"):
            listed = await listed_of_campaign(campaign.id)
            return await listed_feed(request, listed, now, name=campaign.title, path=f"/campaigns/{slug}")
        found = await public_events_of(campaign.id)
        return render(
            request,
            "campaigns/campaign",
            campaign=campaign,
            days=[(day, list(group)) for day, group in groupby(found, key=lambda event: event.starts_on)],
            total=len(found),
            is_open=takes_proposals(campaign.submissions_until, campaign.ends_on, now),
            is_over=today_somewhere(now) > campaign.ends_on,
        )

    @get("/campaigns/{slug:str}/propose")
    async def new(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The form, or that it is closed."""
        campaign = await campaign_by_slug(slug, public=True)
        if not takes_proposals(campaign.submissions_until, campaign.ends_on, now):
            return render(request, "campaigns/closed", campaign=campaign)
        data: dict[str, Any] = {
            "language": languages.current(),
            "time_zone": chosen_zone(request) or "",
            "submission_key": secrets.token_urlsafe(16),
        }
        if campaign.starts_on == campaign.ends_on:
            data |= {"starts_on": campaign.starts_on, "ends_on": campaign.ends_on}
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


class StaffCampaigns(Controller):
    """Campaigns as staff prepare them, and the decisions on what is proposed."""

    path = "/staff/campaigns"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """All campaigns with what waits, the latest first."""
        return render(request, "campaigns/staff_campaigns", found=await campaigns(), today=today_somewhere(now))

    @get("/new", opt=open_to(Policy.EDIT_EVENTS))
    async def new(self, request: Request[Any, Any, Any]) -> Response[str]:
        """An empty form."""
        form = CampaignForm(data={"language": languages.current()})
        return render(request, "campaigns/edit", form=form, campaign=None)

    @post("/new", opt=open_to(Policy.EDIT_EVENTS))
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Write a campaign down."""
        form = CampaignForm(await request.form())
        if form.validate():
            try:
                made = await create_campaign(form.facts(), now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/campaigns/{made.slug}", Sentence("The campaign is written down."))
            except Problems as problems:
                form.add_problems(problems)
        return render(request, "campaigns/edit", status_code=422, form=form, campaign=None)

    @get("/{slug:str}")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """One campaign: what waits for a decision, and what was decided."""
        return await _staff_page(request, slug, now)

    @get("/{slug:str}/edit", opt=open_to(Policy.EDIT_EVENTS))
    async def edit(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The form with what stands."""
        campaign = await campaign_by_slug(slug)
        form = CampaignForm(data=values_of_campaign(campaign))
        return render(request, "campaigns/edit", form=form, campaign=campaign, hints=await _hints(campaign))

    @post("/{slug:str}/edit", opt=open_to(Policy.EDIT_EVENTS))
    async def update(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change it; its address stays."""
        campaign = await campaign_by_slug(slug)
        form = CampaignForm(await request.form())
        status = 422
        if form.validate():
            who = account_of(request).account_id
            try:
                await change_campaign(slug, form.facts(), version=form.shown_version(), now=now, account_id=who)
                return redirect(f"/staff/campaigns/{slug}", Sentence("The campaign is changed."))
            except Problems as problems:
                form.add_problems(problems)
            except ChangedMeanwhile as refusal:
                status = refusal.status_code
                form.add_problems({"": list(refusal.sentences)})
        hints = await _hints(campaign)
        return render(request, "campaigns/edit", status_code=status, form=form, campaign=campaign, hints=hints)

    @post("/{slug:str}/proposals/{submission_id:uuid}/accept", opt=open_to(Policy.EDIT_EVENTS))
    async def accept(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        submission_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Publish the proposed event."""
        form = AcceptForm(await request.form(), proposal=submission_id)
        if not form.validate():
            return await _staff_page(request, slug, now, form, submission_id)
        try:
            event = await accept_proposal(
                slug,
                submission_id,
                involvement=form.involvement.data,
                now=now,
                account_id=account_of(request).account_id,
            )
        except Problems as problems:
            form.add_problems(problems)
            return await _staff_page(request, slug, now, form, submission_id)
        except (DecidedAlready, CampaignOver) as refusal:
            return await _staff_page(request, slug, now, refusal=refusal)
        done = Sentence("“%(title)s” is published, and the contact is told.", title=event.title)
        return redirect(f"/staff/campaigns/{slug}", done)

    @post("/{slug:str}/proposals/{submission_id:uuid}/decline", opt=open_to(Policy.EDIT_EVENTS))
    async def decline(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        submission_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Say no, with the reason."""
        form = DeclineForm(await request.form(), proposal=submission_id)
        if not form.validate():
            return await _staff_page(request, slug, now, form, submission_id)
        try:
            await decline_proposal(
                slug, submission_id, reason=form.reason.data, now=now, account_id=account_of(request).account_id
            )
        except Problems as problems:
            form.add_problems(problems)
            return await _staff_page(request, slug, now, form, submission_id)
        except DecidedAlready as refusal:
            return await _staff_page(request, slug, now, refusal=refusal)
        return redirect(f"/staff/campaigns/{slug}", Sentence("The proposal is declined, and the contact is told why."))

    @post("/{slug:str}/events", opt=open_to(Policy.EDIT_EVENTS))
    async def add(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Make an event of our own part of it."""
        form = AddEventForm(await request.form(), events=await addable_events(await campaign_by_slug(slug)))
        if not form.validate():
            return await _staff_page(request, slug, now, form)
        try:
            event = await add_event(slug, form.event.data, now=now, account_id=account_of(request).account_id)
        except Problems as problems:
            form.add_problems(problems)
            return await _staff_page(request, slug, now, form)
        done = Sentence("“%(title)s” is part of the campaign.", title=event.title)
        return redirect(f"/staff/campaigns/{slug}#own", done)

    @post("/{slug:str}/events/{event_slug:str}/remove", opt=open_to(Policy.EDIT_EVENTS))
    async def remove(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        event_slug: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Take an event of our own out of it."""
        event = await remove_event(slug, event_slug, now=now, account_id=account_of(request).account_id)
        done = Sentence("“%(title)s” is no longer part of the campaign.", title=event.title)
        return redirect(f"/staff/campaigns/{slug}#own", done)


async def _hints(campaign: CampaignRow) -> list[Sentence]:
    """Terms in the texts of a campaign that leave people out."""
    return await wording_hints((campaign.title, campaign.theme, campaign.description), campaign.language)


async def _staff_page(
    request: Request[Any, Any, Any],
    slug: str,
    now: datetime,
    faulty: AcceptForm | DeclineForm | AddEventForm | None = None,
    faulty_key: UUID | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    """The campaign with its proposals; perhaps with the form that holds a fault, or why a decision was refused."""
    campaign = await campaign_by_slug(slug)
    sees_contacts = account_of(request).may(Policy.EDIT_EVENTS)
    rows = await submissions_of(campaign.id, contacts=sees_contacts)
    waiting = [row for row in rows if row["status"] == "submitted"]
    return render(
        request,
        "campaigns/staff_campaign",
        status_code=refusal.status_code if refusal else 422 if faulty else 200,
        campaign=campaign,
        waiting=waiting,
        accepted=[row for row in rows if row["status"] == "accepted"],
        declined=[row for row in rows if row["status"] == "declined"],
        alike=twins(rows),
        forms_of={
            row["id"]: (
                faulty
                if isinstance(faulty, AcceptForm) and row["id"] == faulty_key
                else AcceptForm(proposal=row["id"], data={"involvement": "supported"}),
                faulty
                if isinstance(faulty, DeclineForm) and row["id"] == faulty_key
                else DeclineForm(proposal=row["id"]),
            )
            for row in waiting
        },
        added=await added_events_of(campaign.id),
        event_form=(
            faulty if isinstance(faulty, AddEventForm) else AddEventForm(events=await addable_events(campaign))
        ),
        faulty=faulty,
        refusals=list(refusal.sentences) if refusal else [],
        sees_contacts=sees_contacts,
        is_open=takes_proposals(campaign.submissions_until, campaign.ends_on, now),
        is_over=today_somewhere(now) > campaign.ends_on,
        trail=await audit_trail(object_kind="campaign", object_id=campaign.id, limit=20),
        hints=await _hints(campaign),
    )


CAMPAIGN_PAGES: list[Any] = [Campaigns, StaffCampaigns]
