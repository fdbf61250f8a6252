"""The public pages of a campaign."""

from typing import Any

from eventhub.campaigns.commands import accept_proposal, propose_event
from eventhub.campaigns.queries import submissions_of
from tests.campaigns.test_commands import a_campaign, a_proposal, one_submission
from tests.make import NOW, post_form, some_account


async def test_the_page_shows_organisers_and_never_contacts(client: Any) -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(title="<script>x</script>"), now=NOW)
    key = await one_submission(campaign)
    await accept_proposal(campaign.slug, key, now=NOW, account_id=await some_account())
    page = (await client.get(f"/campaigns/{campaign.slug}")).text
    assert "Care Network" in page and "10:00 (Europe/Madrid)" in page
    assert "<script>x" not in page
    assert "alex" not in page.lower()


async def test_a_draft_campaign_is_not_found(client: Any) -> None:
    campaign = await a_campaign(is_public=False)
    assert (await client.get(f"/campaigns/{campaign.slug}")).status_code == 404
    assert (await client.get(f"/campaigns/{campaign.slug}/propose")).status_code == 404


async def test_a_bad_form_is_shown_again_and_a_good_one_kept(client: Any) -> None:
    campaign = await a_campaign()
    path = f"/campaigns/{campaign.slug}/propose"
    form = {
        "organiser_kind": "other", "organiser_name": "Care\x00 Network", "contact_name": "Alex",
        "contact_email": "a@example.org", "title": "x" * 501, "mode": "in_person", "starts_on": "2099-10-07",
        "starts_time": "10:00", "time_zone": "Europe/Madrid", "place": "Square", "country": "ES", "language": "es",
    }  # fmt: skip
    bad = await post_form(client, path, form)
    assert bad.status_code == 422 and "x" * 501 in bad.text
    assert "gender" not in bad.text.lower()
    good = await post_form(client, path, form | {"title": "Paseo"})
    assert good.status_code == 303
    (row,) = await submissions_of(campaign.id)
    assert (row["title"], row["status"]) == ("Paseo", "submitted")
