"""What staff and organisers do with campaigns: make, change, propose, accept and decline."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.campaigns.letters import proposal_letter
from eventhub.campaigns.queries import CampaignRow, account_name, campaign_by_slug, member_name
from eventhub.campaigns.rules import (
    INVOLVEMENTS,
    LONGEST_REASON,
    CampaignFacts,
    Proposal,
    campaign_problems,
    outside,
    proposal_problems,
    takes_proposals,
    today_somewhere,
)
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.directory.addresses import email_problem
from eventhub.directory.folding import slugify
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.commands import ChangedMeanwhile, event_faults, insert_event
from eventhub.events.locking import EventIsKept, locked_event, refuse_cancelled, touch_event
from eventhub.events.queries import EventRow, event_by_id, event_by_slug
from eventhub.events.rules import PRIVATE_KINDS, EventFacts, EventStatus, RegistrationMode, schedule_problems
from eventhub.mail.commands import post_letter
from eventhub.settings import current_settings
from eventhub.words import Sentence


class ProposalsClosed(Refusal):
    """The last day for proposals is over everywhere."""

    status_code = 409


class DecidedAlready(Refusal):
    """Somebody else has decided on the proposal, or it was decided otherwise before."""

    status_code = 409


class EventElsewhere(Refusal):
    """An event is part of one campaign at most."""

    status_code = 409


class CampaignOver(Refusal):
    """The last day of the campaign has ended everywhere."""

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


async def change_campaign(
    slug: str, facts: CampaignFacts, *, version: int | None = None, now: datetime, account_id: UUID
) -> CampaignRow:
    """
    Change a campaign; its address stays.

    Args:
        version: The version that the form showed; None: whatever stands.

    Raises:
        Problems: something is missing or wrong.
        ChangedMeanwhile: somebody else was quicker.

    """
    facts, campaign = _sound(facts), await campaign_by_slug(slug)
    async with transaction():
        if not await sql(
            "UPDATE campaign SET title = {}, theme = {}, description = {}, language = {}, starts_on = {}, ends_on = {}, "
            "submissions_until = {}, is_public = {}, version = version + 1 WHERE id = {} AND version = COALESCE({}, version) "
            "RETURNING id",
            facts.title, facts.theme, facts.description, facts.language, facts.starts_on, facts.ends_on,
            facts.submissions_until, facts.is_public, campaign.id, version,
        ):  # fmt: skip
            raise ChangedMeanwhile(
                Sentence(
                    "Somebody else has changed this campaign meanwhile. Please load it again and repeat your change."
                )
            )
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
        problems[name] = said if name.endswith("_time") else [*problems.get(name, []), *said]
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
            "description, language, submission_key, second_start, second_end, status, reason, submitted_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 'submitted', '', {}) "
            "ON CONFLICT (submission_key) DO NOTHING RETURNING id",
            new, campaign.id, proposal.organiser_kind, name, member[0] if member else None, proposal.contact_name,
            proposal.contact_email, proposal.title, proposal.mode, proposal.starts_on, proposal.starts_time,
            proposal.ends_on, proposal.ends_time, proposal.time_zone, proposal.place, proposal.country,
            proposal.description, proposal.language, proposal.submission_key, proposal.second_start, proposal.second_end,
            now,
        )  # fmt: skip
        if not done:
            return False
        kept = _facts(asdict(proposal))
        words = {**asdict(proposal), "id": new, "organiser_name": name}
        await post_letter(proposal_letter("campaign_proposed", words, kept, campaign), now=now)
    return True


async def accept_proposal(
    slug: str, submission_id: UUID, *, involvement: str = "supported", now: datetime, account_id: UUID
) -> EventRow:
    """
    Make a proposal a published event of the campaign; whoever accepts it twice gets the same event.

    Raises:
        DecidedAlready: somebody else has accepted it, or it was declined.
        CampaignOver: no event can be added any more.
        Problems: it lacks what a published event needs, lies outside the
            campaign, or the involvement is none.

    """
    if involvement not in INVOLVEMENTS:
        raise Problems({"involvement": [Sentence("Please choose how the association is involved.")]})
    campaign = await campaign_by_slug(slug)
    async with transaction():
        row = await _locked(campaign.id, submission_id)
        if row["status"] == "accepted" and row["decided_by"] == account_id:
            return await event_by_id(row["event"])
        if row["status"] != "submitted":
            raise await _decided(row)
        if today_somewhere(now) > campaign.ends_on:
            raise CampaignOver(
                Sentence("“%(title)s” is over, so this event can no longer be accepted.", title=campaign.title)
            )
        if not campaign.starts_on <= row["starts_on"] <= (row["ends_on"] or row["starts_on"]) <= campaign.ends_on:
            raise Problems({"": [outside(campaign.starts_on, campaign.ends_on)]})
        facts = _facts(row, involvement)
        new = await insert_event(facts, now=now, account_id=account_id)
        if faults := schedule_problems(mode=facts.mode, place=facts.place, event=facts.instants(), items=[]):
            raise Problems({"": list(faults)})
        await sql(
            "UPDATE event SET campaign = {}, organiser_name = {}, host_member = {}, status = {}, published_at = {} "
            "WHERE id = {}",
            campaign.id, row["organiser_name"], row["member"], EventStatus.PUBLISHED, now, new,
        )  # fmt: skip
        await sql(
            "UPDATE campaign_submission SET status = 'accepted', event = {}, decided_at = {}, decided_by = {} "
            "WHERE id = {}",
            new, now, account_id, submission_id,
        )  # fmt: skip
        event = await event_by_id(new)
        url = f"{current_settings().base_url}{event.href}"
        if row["contact_email"]:  # somebody who was forgotten gets no letter
            await post_letter(proposal_letter("campaign_accepted", row, facts, campaign, public_url=url), now=now)
        await record("accept_proposal", "campaign_submission", submission_id, account_id=account_id, now=now)
    return event


async def decline_proposal(slug: str, submission_id: UUID, *, reason: str, now: datetime, account_id: UUID) -> None:
    """
    Decline a proposal; its contact reads the reason.

    Raises:
        Problems: no reason, or one of more than 2000 characters.
        DecidedAlready: it was accepted, or somebody else has declined it.

    """
    reason = clean_text(reason)
    if not reason or len(reason) > LONGEST_REASON:
        raise Problems(
            {
                "reason": [
                    Sentence(
                        "Please say why, in at most %(most)s characters; the contact reads it.", most=LONGEST_REASON
                    )
                ]
            }
        )
    campaign = await campaign_by_slug(slug)
    async with transaction():
        row = await _locked(campaign.id, submission_id)
        if row["status"] == "declined" and row["decided_by"] == account_id and row["reason"] == reason:
            return
        if row["status"] != "submitted":
            raise await _decided(row)
        await sql(
            "UPDATE campaign_submission SET status = 'declined', reason = {}, decided_at = {}, decided_by = {} "
            "WHERE id = {}",
            reason, now, account_id, submission_id,
        )  # fmt: skip
        if row["contact_email"]:
            await post_letter(proposal_letter("campaign_declined", row, _facts(row), campaign, reason=reason), now=now)
        await record("decline_proposal", "campaign_submission", submission_id, account_id=account_id, now=now)


async def add_event(slug: str, event_slug: str, *, now: datetime, account_id: UUID) -> EventRow:
    """
    Make an event of our own part of a campaign; again changes nothing.

    Raises:
        EventElsewhere: it is part of another campaign.
        EventIsCancelled: it was called off.
        Problems: its kind is never public, or it lies outside the campaign.

    """
    campaign = await campaign_by_slug(slug)
    async with transaction():
        event = await locked_event((await event_by_slug(event_slug)).id)
        if event.campaign == campaign.id:
            return event
        if event.campaign:
            raise EventElsewhere(Sentence("“%(title)s” is part of another campaign.", title=event.title))
        refuse_cancelled(event)
        if event.kind in PRIVATE_KINDS:
            raise Problems({"event": [Sentence("Events of this kind are never public.")]})
        if not campaign.starts_on <= event.starts_on <= (event.ends_on or event.starts_on) <= campaign.ends_on:
            raise Problems({"event": [outside(campaign.starts_on, campaign.ends_on)]})
        await sql("UPDATE event SET campaign = {} WHERE id = {}", campaign.id, event.id)
        await touch_event(event.id, now)
        await record("add_campaign_event", "campaign", campaign.id, account_id=account_id, now=now)
    return event


async def remove_event(slug: str, event_slug: str, *, now: datetime, account_id: UUID) -> EventRow:
    """
    Take an event of our own out of a campaign; one that is not part of it stays as it is.

    Raises:
        EventIsKept: it was proposed by others and accepted.

    """
    campaign = await campaign_by_slug(slug)
    async with transaction():
        event = await locked_event((await event_by_slug(event_slug)).id)
        if event.campaign != campaign.id:
            return event
        if await sql("SELECT 1 AS one FROM campaign_submission WHERE event = {} LIMIT 1", event.id):
            raise EventIsKept(Sentence("This event was accepted for a campaign, so it stays."))
        await sql("UPDATE event SET campaign = NULL WHERE id = {}", event.id)
        await touch_event(event.id, now)
        await record("remove_campaign_event", "campaign", campaign.id, account_id=account_id, now=now)
    return event


async def _locked(campaign_id: UUID, submission_id: UUID) -> Row:
    """The proposal with its row locked for this transaction."""
    rows = await sql(
        f"SELECT * FROM campaign_submission WHERE id = {{}} AND campaign = {{}}{lock_clause()}",
        submission_id, campaign_id,
    )  # fmt: skip
    if not rows:
        raise NotFound(Sentence("There is no such proposal."))
    return rows[0]


async def _decided(row: Row) -> DecidedAlready:
    """Who has decided on a proposal, and how."""
    who, title = await account_name(row["decided_by"]), row["title"]
    if row["status"] == "declined":
        return DecidedAlready(Sentence("%(who)s has declined “%(title)s” already.", who=who, title=title))
    return DecidedAlready(
        Sentence(
            "%(who)s has accepted “%(title)s” already. If it does not take place, cancel its event.",
            who=who,
            title=title,
        )
    )


def _facts(row: dict[str, Any] | Row, involvement: str = "supported") -> EventFacts:
    """The event that a proposal would become; people register with its organiser, not here."""
    names = (
        "title", "mode", "starts_on", "starts_time", "ends_on", "ends_time", "time_zone", "place", "country",
        "description", "language",
    )  # fmt: skip
    second: dict[str, Any] = {
        name: None if row[name] is None else bool(row[name]) for name in ("second_start", "second_end")
    }
    return EventFacts(
        kind="campaign_event", involvement=involvement, registration_mode=RegistrationMode.CLOSED,
        **{name: row[name] for name in names}, **second,
    )  # fmt: skip
