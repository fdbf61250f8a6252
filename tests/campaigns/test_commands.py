"""Campaigns: proposals are kept once, become one event, and say what is wrong."""

import asyncio
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec
import pytest

from eventhub.accounts.commands import add_account
from eventhub.campaigns.commands import (
    CampaignOver,
    DecidedAlready,
    ProposalsClosed,
    accept_proposal,
    change_campaign,
    create_campaign,
    decline_proposal,
    propose_event,
)
from eventhub.campaigns.queries import (
    campaigns,
    past_campaigns,
    public_campaigns,
    public_events_of,
    submissions_of,
    twins,
)
from eventhub.campaigns.rules import CampaignFacts, Proposal, today_somewhere
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.mail.rendering import render
from tests.make import NOW, some_account

pytestmark = pytest.mark.usefixtures("database")


async def a_campaign(**changes: Any) -> Any:
    """A public month of events far ahead."""
    facts: dict[str, Any] = {
        "title": "World Metropolitan Day", "theme": "Care", "starts_on": date(2099, 10, 1),
        "ends_on": date(2099, 10, 31), "is_public": True,
    } | changes  # fmt: skip
    return await create_campaign(CampaignFacts(**facts), now=NOW, account_id=await some_account())


def a_proposal(**changes: Any) -> Proposal:
    """A sound proposal."""
    facts: dict[str, Any] = {
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


async def test_who_accepts_twice_at_once_makes_one_published_event() -> None:
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
        ({"ends_on": None}, "ends_on"),
        ({"ends_time": time(10, 0)}, "ends_time"),
        ({"ends_on": date(2100, 1, 1)}, "ends_on"),
        ({"starts_on": date(1, 1, 1)}, "starts_on"),
        ({"description": "x" * 10_001}, "description"),
        ({"language": "xx"}, "language"),
        ({"organiser_kind": "guild"}, "organiser_kind"),
        ({"organiser_name": "x" * 501}, "organiser_name"),
        ({"contact_email": "a" * 501 + "@example.org"}, "contact_email"),
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


async def two_colleagues() -> tuple[Any, Any]:
    """Two accounts that may decide."""
    one = await add_account("ana@example.org", name="Ana", role="programme", now=NOW)
    return one, await add_account("ben@example.org", name="Ben", role="organiser", now=NOW)


async def test_of_two_colleagues_who_decide_at_once_one_decides_and_the_other_is_told() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    key, (ana, ben) = await one_submission(campaign), await two_colleagues()
    done = await asyncio.gather(
        accept_proposal(campaign.slug, key, now=NOW, account_id=ana),
        decline_proposal(campaign.slug, key, reason="Not about care.", now=NOW, account_id=ben),
        return_exceptions=True,
    )
    (refusal,) = [one for one in done if isinstance(one, BaseException)]
    assert isinstance(refusal, DecidedAlready)
    (row,) = await submissions_of(campaign.id)
    (events,) = await sql("SELECT COUNT(*) AS n FROM event")
    if row["status"] == "accepted":
        assert refusal.sentences == (
            "Ana has accepted “Care walk” already. If it does not take place, cancel its event.",
        )
        assert (events["n"], await letter_kinds()) == (1, ["campaign_accepted", "campaign_proposed"])
    else:
        assert refusal.sentences == ("Ben has declined “Care walk” already.",)
        assert (events["n"], await letter_kinds()) == (0, ["campaign_declined", "campaign_proposed"])


async def test_two_colleagues_who_accept_at_once_make_one_event_and_one_is_told() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    key = await one_submission(campaign)
    done = await asyncio.gather(
        *(accept_proposal(campaign.slug, key, now=NOW, account_id=who) for who in await two_colleagues()),
        return_exceptions=True,
    )
    assert [type(one) for one in done if isinstance(one, BaseException)] == [DecidedAlready]
    (events,) = await sql("SELECT COUNT(*) AS n FROM event")
    assert (events["n"], await letter_kinds()) == (1, ["campaign_accepted", "campaign_proposed"])


async def test_a_decision_stays() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    key, (ana, ben) = await one_submission(campaign), await two_colleagues()
    await decline_proposal(campaign.slug, key, reason="No.", now=NOW, account_id=ana)
    await decline_proposal(campaign.slug, key, reason="No.", now=NOW, account_id=ana)
    with pytest.raises(DecidedAlready):
        await decline_proposal(campaign.slug, key, reason="Another reason.", now=NOW, account_id=ana)
    with pytest.raises(DecidedAlready):
        await decline_proposal(campaign.slug, key, reason="No.", now=NOW, account_id=ben)
    (row,) = await submissions_of(campaign.id)
    assert (row["reason"], row["decided_by_name"]) == ("No.", "Ana")


async def test_nothing_is_accepted_once_the_campaign_is_over_but_it_can_be_declined() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    key, account = await one_submission(campaign), await some_account()
    over = datetime(2099, 11, 1, 12, 0, tzinfo=UTC)
    with pytest.raises(CampaignOver):
        await accept_proposal(campaign.slug, key, now=over, account_id=account)
    await decline_proposal(campaign.slug, key, reason="Too late.", now=over, account_id=account)
    assert await public_events_of(campaign.id) == []


async def test_an_event_outside_the_days_of_a_shortened_campaign_is_not_accepted() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    key, account = await one_submission(campaign), await some_account()
    shorter = CampaignFacts(
        title="Day", theme="Care", starts_on=date(2099, 10, 8), ends_on=date(2099, 10, 9), is_public=True
    )
    changed = await change_campaign(campaign.slug, shorter, now=NOW, account_id=account)
    assert (changed.slug, changed.title) == (campaign.slug, "Day")
    with pytest.raises(Problems, match="this day lies outside it"):
        await accept_proposal(campaign.slug, key, now=NOW, account_id=account)
    (events,) = await sql("SELECT COUNT(*) AS n FROM event")
    assert (events["n"], await letter_kinds()) == (0, ["campaign_proposed"])


async def test_a_time_that_clocks_show_twice_or_never_is_asked_about() -> None:
    campaign = await a_campaign(starts_on=date(2027, 3, 1), ends_on=date(2027, 10, 31))
    twice = {"starts_on": date(2027, 10, 31), "starts_time": time(2, 30), "ends_on": None, "ends_time": None}
    with pytest.raises(Problems) as caught:
        await propose_event(campaign.slug, a_proposal(**twice), now=NOW)
    assert caught.value.fields == {
        "starts_time": [
            "The clocks of Europe/Madrid show this time twice on that day. "
            "Please say whether you mean the first or the second."
        ]
    }
    await propose_event(campaign.slug, a_proposal(**twice, second_start=True), now=NOW)
    event = await accept_proposal(
        campaign.slug, await one_submission(campaign), now=NOW, account_id=await some_account()
    )
    assert event.starts_at is not None
    assert event.starts_at.hour == 1
    never = {"starts_on": date(2027, 3, 28), "starts_time": time(2, 30), "ends_on": None, "ends_time": None}
    with pytest.raises(Problems) as caught:
        await propose_event(campaign.slug, a_proposal(**never), now=NOW)
    assert caught.value.fields == {
        "starts_time": ["The clocks of Europe/Madrid jump over this time on that day. Please choose another."]
    }
    assert [row["starts_at"] for row in await submissions_of(campaign.id)] == [event.starts_at]


async def test_the_receipt_repeats_all_that_was_sent_in_the_language_of_the_proposal() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(language="es", description="Uno.\n\nDos."), now=NOW)
    (row,) = await sql("SELECT kind, language, facts, recipient_address FROM letter")
    letter = render(row["kind"], row["language"], msgspec.json.decode(row["facts"]), recipient_address="a@example.org")
    for said in (
        "Care walk", "Care Network", "miércoles, 7 de octubre de 2099, 10:00–12:00", "(Europe/Madrid)", "Main square",
        "España", "Alex Example, alex@example.org", "Uno.", "Dos.", f"/campaigns/{campaign.slug}",
    ):  # fmt: skip
        assert said in letter.text
        assert said in letter.html
    assert (row["language"], row["recipient_address"]) == ("es", "alex@example.org")


async def test_every_fault_of_a_campaign_is_said_at_once_and_nothing_is_kept() -> None:
    account = await some_account()
    wrong = CampaignFacts(
        title="x" * 501, theme="", starts_on=date(2099, 10, 2), ends_on=date(2099, 10, 1), language="xx",
        description="x" * 10_001,
    )  # fmt: skip
    with pytest.raises(Problems) as caught:
        await create_campaign(wrong, now=NOW, account_id=account)
    assert sorted(caught.value.fields) == ["description", "ends_on", "language", "theme", "title"]
    assert await campaigns() == []


async def test_campaigns_are_counted_and_parted_at_the_day_that_has_ended_everywhere() -> None:
    campaign = await a_campaign(starts_on=date(2027, 10, 7), ends_on=date(2027, 10, 7))
    day = {"starts_on": date(2027, 10, 7), "ends_on": None, "ends_time": None}
    await propose_event(campaign.slug, a_proposal(**day), now=NOW)
    ((_, counts),) = await campaigns()
    assert (counts.waiting, counts.accepted, counts.declined) == (1, 0, 0)
    still, over = datetime(2027, 10, 8, 11, 59, tzinfo=UTC), datetime(2027, 10, 8, 12, 0, tzinfo=UTC)
    assert [one.slug for one in await public_campaigns(today_somewhere(still))] == [campaign.slug]
    assert await past_campaigns(today_somewhere(still)) == []
    assert await public_campaigns(today_somewhere(over)) == []
    assert [one.slug for one in await past_campaigns(today_somewhere(over))] == [campaign.slug]


async def test_without_contacts_nothing_of_them_is_read() -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    assert "alex" not in repr(await submissions_of(campaign.id, contacts=False)).lower()
