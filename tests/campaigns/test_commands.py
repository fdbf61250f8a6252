"""Campaigns: proposals are kept once, become one event, and say what is wrong."""

import asyncio
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from eventhub.campaigns.commands import (
    DecidedAlready,
    ProposalsClosed,
    accept_proposal,
    create_campaign,
    decline_proposal,
    propose_event,
)
from eventhub.campaigns.queries import public_campaigns, public_events_of, submissions_of, twins
from eventhub.campaigns.rules import CampaignFacts, Proposal
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from tests.make import NOW, some_account

pytestmark = pytest.mark.usefixtures("database")


async def a_campaign(**changes: Any) -> Any:
    """A public month of events far ahead."""
    facts = {
        "title": "World Metropolitan Day", "theme": "Care", "starts_on": date(2099, 10, 1),
        "ends_on": date(2099, 10, 31), "is_public": True,
    } | changes  # fmt: skip
    return await create_campaign(CampaignFacts(**facts), now=NOW, account_id=await some_account())


def a_proposal(**changes: Any) -> Proposal:
    """A sound proposal."""
    facts = {
        "organiser_kind": "other", "organiser_name": "Care Network", "contact_name": "Alex Example",
        "contact_email": "alex@example.org", "title": "Care walk", "mode": "in_person", "starts_on": date(2099, 10, 7),
        "starts_time": time(10, 0), "ends_on": date(2099, 10, 7), "ends_time": time(12, 0),
        "time_zone": "Europe/Madrid", "place": "Main square", "country": "ES", "submission_key": "k1",
    } | changes  # fmt: skip
    return Proposal(**facts)


async def one_submission(campaign: Any) -> Any:
    """The key of the only proposal."""
    (row,) = await submissions_of(campaign.id)
    return row["id"]


async def letter_kinds() -> list[str]:
    """Kinds of all letters."""
    return sorted(row["kind"] for row in await sql("SELECT kind FROM letter"))


async def test_a_form_sent_twice_is_kept_once() -> None:
    campaign = await a_campaign()
    assert await propose_event(campaign.slug, a_proposal(), now=NOW) is True
    assert await propose_event(campaign.slug, a_proposal(), now=NOW) is False
    assert len(await submissions_of(campaign.id)) == 1
    assert await letter_kinds() == ["campaign_proposed"]


async def test_two_who_accept_at_once_make_one_published_event() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    key, account = await one_submission(campaign), await some_account()
    one, two = await asyncio.gather(
        *(accept_proposal(campaign.slug, key, now=NOW, account_id=account) for _ in range(2))
    )
    assert one.id == two.id
    assert (one.status, one.organiser_name, one.campaign) == ("published", "Care Network", campaign.id)
    (row,) = await sql("SELECT COUNT(*) AS n FROM event")
    assert row["n"] == 1
    assert await letter_kinds() == ["campaign_accepted", "campaign_proposed"]
    (shown,) = await public_events_of(campaign.id)
    assert "alex" not in repr(shown).lower()


async def test_declining_needs_a_reason_and_stays() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    key, account = await one_submission(campaign), await some_account()
    with pytest.raises(Problems):
        await decline_proposal(campaign.slug, key, reason=" ", now=NOW, account_id=account)
    await decline_proposal(campaign.slug, key, reason="Not about care.", now=NOW, account_id=account)
    with pytest.raises(DecidedAlready):
        await accept_proposal(campaign.slug, key, now=NOW, account_id=account)
    assert await letter_kinds() == ["campaign_declined", "campaign_proposed"]
    assert await public_events_of(campaign.id) == []


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"title": "x" * 501}, "title"),
        ({"contact_name": "x" * 501}, "contact_name"),
        ({"contact_email": "nobody"}, "contact_email"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"ends_on": date(2099, 10, 6)}, "ends_on"),
        ({"starts_on": date(2099, 9, 30)}, "starts_on"),
        ({"mode": "telepathy"}, "mode"),
        ({"organiser_kind": "member", "member": "no\x00one"}, "member"),
        ({"country": "XX"}, "country"),
        ({"place": ""}, "place"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_kept(changes: dict[str, Any], name: str) -> None:
    campaign = await a_campaign()
    with pytest.raises(Problems) as caught:
        await propose_event(campaign.slug, a_proposal(**changes), now=NOW)
    assert name in caught.value.fields
    assert await submissions_of(campaign.id) == []
    assert await letter_kinds() == []


async def test_a_draft_campaign_takes_no_proposals_and_is_not_listed() -> None:
    campaign = await a_campaign(is_public=False)
    with pytest.raises(NotFound):
        await propose_event(campaign.slug, a_proposal(), now=NOW)
    assert await public_campaigns(date(2026, 11, 25)) == []


async def test_proposals_close_when_the_last_day_has_ended_everywhere() -> None:
    campaign = await a_campaign(submissions_until=date(2099, 9, 1))
    await propose_event(campaign.slug, a_proposal(), now=datetime(2099, 9, 2, 11, 59, tzinfo=UTC))
    with pytest.raises(ProposalsClosed):
        await propose_event(campaign.slug, a_proposal(), now=datetime(2099, 9, 2, 12, 0, tzinfo=UTC))


async def test_look_alikes_are_pointed_out() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    await propose_event(campaign.slug, a_proposal(submission_key="k2", title="Walk: CARE"), now=NOW)
    await propose_event(campaign.slug, a_proposal(submission_key="k3", title="Lunch"), now=NOW)
    assert len(twins(await submissions_of(campaign.id))) == 2
