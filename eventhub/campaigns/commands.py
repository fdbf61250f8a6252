"""What staff and organisers do with campaigns: make, change, propose, accept and decline."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.campaigns.letters import proposal_letter
from eventhub.campaigns.queries import CampaignRow, campaign_by_slug, member_name
from eventhub.campaigns.rules import (
    INVOLVEMENTS,
    CampaignFacts,
    Proposal,
    campaign_problems,
    proposal_problems,
    takes_proposals,
)
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.directory.addresses import email_problem
from eventhub.directory.folding import slugify
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.commands import event_faults, insert_event
from eventhub.events.queries import EventRow, event_by_id
from eventhub.events.rules import EventFacts, EventStatus, RegistrationMode, schedule_problems
from eventhub.mail.commands import post_letter
from eventhub.settings import current_settings
from eventhub.words import Sentence


class ProposalsClosed(Refusal):
    """The last day for proposals is over everywhere."""

    status_code = 409


class DecidedAlready(Refusal):
    """The proposal was decided otherwise before."""

    status_code = 409


def _sound(facts: CampaignFacts) -> CampaignFacts:
    facts = replace(
        facts,
        title=clean_line(facts.title),
        theme=clean_line(facts.theme),
        description=clean_text(facts.description),
    )
    if problems := campaign_problems(facts, languages=tuple(current_settings().language_codes)):
        raise Problems(problems)
    return facts


async def create_campaign(facts: CampaignFacts, *, now: datetime, account_id: UUID) -> CampaignRow:
    """
    Make a campaign.

    Raises:
        Problems: something is missing or wrong.

    """
    facts, new = _sound(facts), uuid4()
    base = slugify(facts.title)
    async with transaction():
        for attempt in range(50):
            slug = base if attempt == 0 else f"{base}-{attempt + 1}"
            if slug != "new" and await sql(
                "INSERT INTO campaign (id, slug, title, theme, description, language, starts_on, ends_on, "
                "submissions_until, is_public, created_by, created_at) "
                "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (slug) DO NOTHING RETURNING id",
                new, slug, facts.title, facts.theme, facts.description, facts.language, facts.starts_on,
                facts.ends_on, facts.submissions_until, facts.is_public, account_id, now,
            ):  # fmt: skip
                break
        else:
            raise Problems({"title": [Sentence("Too many campaigns have this title. Please choose another.")]})
        await record("create_campaign", "campaign", new, account_id=account_id, now=now)
    return await campaign_by_slug(slug)


async def change_campaign(slug: str, facts: CampaignFacts, *, now: datetime, account_id: UUID) -> CampaignRow:
    """
    Change a campaign; its address stays.

    Raises:
        Problems: something is missing or wrong.

    """
    facts, campaign = _sound(facts), await campaign_by_slug(slug)
    async with transaction():
        await sql(
            "UPDATE campaign SET title = {}, theme = {}, description = {}, language = {}, starts_on = {}, ends_on = {}, "
            "submissions_until = {}, is_public = {} WHERE id = {}",
            facts.title, facts.theme, facts.description, facts.language, facts.starts_on, facts.ends_on,
            facts.submissions_until, facts.is_public, campaign.id,
        )  # fmt: skip
        await record("change_campaign", "campaign", campaign.id, account_id=account_id, now=now)
    return await campaign_by_slug(slug)


async def propose_event(slug: str, proposal: Proposal, *, now: datetime) -> bool:
    """
    Keep a proposed event and confirm it by letter; False: this very form was kept before.

    Raises:
        NotFound: there is no such public campaign.
        ProposalsClosed: the last day is over.
        Problems: something is missing or wrong; every fault at once.

    """
    campaign = await campaign_by_slug(slug, public=True)
    if not takes_proposals(campaign.submissions_until, campaign.ends_on, now):
        raise ProposalsClosed(Sentence("“%(title)s” takes no more proposals.", title=campaign.title))
    proposal = replace(
        proposal,
        organiser_name=clean_line(proposal.organiser_name), contact_name=clean_line(proposal.contact_name),
        contact_email=proposal.contact_email.strip(), title=clean_line(proposal.title),
        place=clean_line(proposal.place), country=proposal.country.strip().upper(),
        description=clean_text(proposal.description), submission_key=(proposal.submission_key or "")[:64] or None,
    )  # fmt: skip
    problems = {**await event_faults(_facts(asdict(proposal)))}
    for name, said in proposal_problems(proposal, campaign.starts_on, campaign.ends_on).items():
        problems[name] = [*problems.get(name, []), *said]
    if wrong := email_problem(proposal.contact_email):
        problems["contact_email"] = [wrong]
    if proposal.mode != "online" and not proposal.place:
        problems["place"] = [Sentence("Please say where it takes place.")]
    member = await member_name(proposal.member) if proposal.organiser_kind == "member" else None
    if proposal.organiser_kind == "member" and member is None:
        problems["member"] = [Sentence("Please choose the member from the list.")]
    if problems:
        raise Problems(problems)
    name = member[1] if member else proposal.organiser_name
    new = uuid4()
    async with transaction():
        done = await sql(
            "INSERT INTO campaign_submission (id, campaign, organiser_kind, organiser_name, member, contact_name, "
            "contact_email, title, mode, starts_on, starts_time, ends_on, ends_time, time_zone, place, country, "
            "description, language, submission_key, status, reason, submitted_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 'submitted', '', {}) "
            "ON CONFLICT (submission_key) DO NOTHING RETURNING id",
            new, campaign.id, proposal.organiser_kind, name, member[0] if member else None, proposal.contact_name,
            proposal.contact_email, proposal.title, proposal.mode, proposal.starts_on, proposal.starts_time,
            proposal.ends_on, proposal.ends_time, proposal.time_zone, proposal.place, proposal.country,
            proposal.description, proposal.language, proposal.submission_key, now,
        )  # fmt: skip
        if not done:
            return False
        kept = {**asdict(proposal), "id": new, "organiser_name": name}
        await post_letter(proposal_letter("campaign_proposed", kept, campaign.title), now=now)
    return True


async def accept_proposal(
    slug: str, submission_id: UUID, *, involvement: str = "supported", now: datetime, account_id: UUID
) -> EventRow:
    """
    Make a proposal a published event of the campaign; a second time answers the same event.

    Raises:
        DecidedAlready: it was declined.
        Problems: it lacks what a published event needs, or the involvement is none.

    """
    if involvement not in INVOLVEMENTS:
        raise Problems({"involvement": [Sentence("Please choose how the association is involved.")]})
    campaign = await campaign_by_slug(slug)
    async with transaction():
        row = await _locked(campaign.id, submission_id)
        if row["status"] == "declined":
            raise DecidedAlready(Sentence("This proposal was declined before."))
        if row["status"] == "accepted":
            return await event_by_id(row["event"])
        facts = _facts(row, involvement)
        new = await insert_event(facts, now=now, account_id=account_id)
        if faults := schedule_problems(mode=facts.mode, place=facts.place, event=facts.instants(), items=[]):
            raise Problems({"": list(faults)})
        await sql(
            "UPDATE event SET campaign = {}, organiser_name = {}, status = {}, published_at = {} WHERE id = {}",
            campaign.id, row["organiser_name"], EventStatus.PUBLISHED, now, new,
        )  # fmt: skip
        await sql(
            "UPDATE campaign_submission SET status = 'accepted', event = {}, decided_at = {}, decided_by = {} "
            "WHERE id = {}",
            new, now, account_id, submission_id,
        )  # fmt: skip
        event = await event_by_id(new)
        url = f"{current_settings().base_url.rstrip('/')}/events/{event.slug}"
        await post_letter(proposal_letter("campaign_accepted", dict(row), campaign.title, public_url=url), now=now)
        await record("accept_proposal", "campaign_submission", submission_id, account_id=account_id, now=now)
    return event


async def decline_proposal(slug: str, submission_id: UUID, *, reason: str, now: datetime, account_id: UUID) -> None:
    """
    Decline a proposal; its contact reads the reason.

    Raises:
        Problems: no reason, or one of more than 2000 characters.
        DecidedAlready: it was accepted.

    """
    reason = clean_text(reason)
    if not reason or len(reason) > 2000:
        raise Problems({"reason": [Sentence("Please say why, in at most 2000 characters; the contact reads it.")]})
    campaign = await campaign_by_slug(slug)
    async with transaction():
        row = await _locked(campaign.id, submission_id)
        if row["status"] == "accepted":
            raise DecidedAlready(Sentence("This proposal was accepted before; cancel its event instead."))
        if row["status"] == "declined":
            return
        await sql(
            "UPDATE campaign_submission SET status = 'declined', reason = {}, decided_at = {}, decided_by = {} "
            "WHERE id = {}",
            reason, now, account_id, submission_id,
        )  # fmt: skip
        await post_letter(proposal_letter("campaign_declined", dict(row), campaign.title, reason=reason), now=now)
        await record("decline_proposal", "campaign_submission", submission_id, account_id=account_id, now=now)


async def _locked(campaign_id: UUID, submission_id: UUID) -> Row:
    """The proposal with its row locked for this transaction."""
    rows = await sql(
        f"SELECT * FROM campaign_submission WHERE id = {{}} AND campaign = {{}}{lock_clause()}",
        submission_id, campaign_id,
    )  # fmt: skip
    if not rows:
        raise NotFound(Sentence("There is no such proposal."))
    return rows[0]


def _facts(row: dict[str, Any] | Row, involvement: str = "supported") -> EventFacts:
    """The event that a proposal would become; people register with its organiser, not here."""
    names = (
        "title", "mode", "starts_on", "starts_time", "ends_on", "ends_time", "time_zone", "place", "country",
        "description", "language",
    )  # fmt: skip
    return EventFacts(
        kind="campaign_event", involvement=involvement, registration_mode=RegistrationMode.CLOSED,
        **{name: row[name] for name in names},
    )  # fmt: skip
