"""Pages of campaigns: what everybody sees and sends, and what staff decide."""

from datetime import date
from typing import Any

import pytest

from eventhub.campaigns.commands import accept_proposal, decline_proposal, propose_event
from eventhub.campaigns.queries import campaign_by_slug, submissions_of
from eventhub.database import sql
from tests.campaigns.test_commands import a_campaign, a_proposal, one_submission
from tests.make import NOW, a_member, an_account, an_event, field, post_form, signed_in, some_account

pytestmark = pytest.mark.usefixtures("database")


async def test_the_page_shows_organisers_and_never_contacts(client: Any) -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(title="<script>x</script>"), now=NOW)
    key = await one_submission(campaign)
    await accept_proposal(campaign.slug, key, now=NOW, account_id=await some_account())
    page = (await client.get(f"/campaigns/{campaign.slug}")).text
    assert "Care Network" in page and "10:00–12:00</time>, Madrid (Europe/Madrid)" in page
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


FORM = {
    "organiser_kind": "other", "organiser_name": "Care Network", "contact_name": "Alex Example",
    "contact_email": "alex@example.org", "title": "Care walk", "mode": "in_person", "starts_on": "2099-10-07",
    "starts_time": "10:00", "ends_on": "2099-10-07", "ends_time": "12:00", "time_zone": "Europe/Madrid",
    "place": "Main square", "country": "ES", "language": "es", "description": "Bring shoes.",
}  # fmt: skip
CAMPAIGN = {
    "title": "World Metropolitan Day", "theme": "Care", "starts_on": "2099-10-01", "ends_on": "2099-10-31",
    "submissions_until": "", "language": "en", "description": "All of October.", "is_public": "y",
}  # fmt: skip


async def test_the_form_asks_for_the_zone_and_guesses_none(client: Any) -> None:
    campaign = await a_campaign()
    page = (await client.get(f"/campaigns/{campaign.slug}/propose")).text
    assert '<option selected value="">–</option>' in page.split('id="time_zone"')[1]
    bad = await post_form(client, f"/campaigns/{campaign.slug}/propose", FORM | {"time_zone": ""})
    assert bad.status_code == 422
    assert await submissions_of(campaign.id) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "é" * 501},
        {"organiser_name": "é" * 501},
        {"contact_name": "é" * 501},
        {"contact_email": "é" * 501},
        {"place": "é" * 501},
        {"description": "é" * 10_001},
        {"mode": "telepathy"},
        {"country": "XX"},
        {"language": "xx"},
        {"time_zone": "Mars/Base"},
        {"organiser_kind": "guild"},
        {"organiser_kind": "member", "member": "nowhere"},
        {"organiser_kind": "member", "member": ""},
        {"starts_on": "7 October"},
        {"starts_time": "25:99"},
        {"starts_on": "0001-01-01"},
        {"starts_on": "99999-10-07"},
        {"ends_time": ""},
        {"contact_email": ""},
        {"title": "\x00"},
    ],
)
async def test_what_was_typed_stays_in_a_form_with_a_fault(client: Any, changes: dict[str, str]) -> None:
    campaign = await a_campaign()
    sent = FORM | changes
    bad = await post_form(client, f"/campaigns/{campaign.slug}/propose", sent)
    assert bad.status_code == 422
    assert 'id="error-summary"' in bad.text
    for name in ("organiser_name", "contact_name", "contact_email", "title", "place", "description"):
        assert sent[name].replace("\x00", "") in bad.text
    for name in ("starts_on", "ends_on", "starts_time", "ends_time"):
        if sent[name]:
            assert f'value="{sent[name]}"' in bad.text
    assert await submissions_of(campaign.id) == []


async def test_a_form_sent_twice_makes_one_proposal(client: Any) -> None:
    campaign = await a_campaign()
    path = f"/campaigns/{campaign.slug}/propose"
    for _ in range(2):
        assert (await post_form(client, path, FORM | {"submission_key": "one"})).status_code == 303
    assert len(await submissions_of(campaign.id)) == 1


async def test_a_member_is_named_as_the_directory_does(client: Any) -> None:
    await a_member("Barcelona")
    campaign = await a_campaign()
    sent = FORM | {"organiser_kind": "member", "member": "barcelona", "organiser_name": ""}
    assert (await post_form(client, f"/campaigns/{campaign.slug}/propose", sent)).status_code == 303
    (row,) = await submissions_of(campaign.id)
    assert row["organiser_name"] == "Barcelona"


async def test_events_stand_below_their_day_and_in_the_calendar_file(client: Any) -> None:
    campaign = await a_campaign()
    account = await some_account()
    for key, day in (("b", 9), ("a", 7), ("c", 9)):
        on = date(2099, 10, day)
        await propose_event(
            campaign.slug, a_proposal(title=f"Walk {key}", submission_key=key, starts_on=on, ends_on=on), now=NOW
        )
    for row in await submissions_of(campaign.id):
        await accept_proposal(campaign.slug, row["id"], now=NOW, account_id=account)
    page = (await client.get(f"/campaigns/{campaign.slug}")).text
    order = [
        page.index(part)
        for part in (
            "3 events", "Wednesday, 7 October 2099", "Walk a", "Friday, 9 October 2099", "Walk b", "Walk c",
        )
    ]  # fmt: skip
    assert order == sorted(order)
    assert page.count("Friday, 9 October 2099") == 1
    file = await client.get(f"/campaigns/{campaign.slug}.ics")
    assert file.headers["content-type"] == "text/calendar; charset=utf-8"
    assert file.text.count("BEGIN:VEVENT") == 3
    assert "alex" not in file.text.lower()


async def test_the_list_parts_what_comes_from_what_is_over_and_hides_drafts(client: Any) -> None:
    assert "No campaign is coming" in (await client.get("/campaigns")).text
    await a_campaign(title="Coming month")
    await a_campaign(title="Past month", starts_on=date(2020, 10, 1), ends_on=date(2020, 10, 31))
    await a_campaign(title="Hidden month", is_public=False)
    page = (await client.get("/campaigns")).text
    coming, past = page.split('id="past"')
    assert "Coming month" in coming and "Past month" not in coming
    assert "Past month" in past and "2020 " in past
    assert "Hidden month" not in page
    calendar = (await client.get("/")).text
    assert "Coming month" in calendar
    assert "Past month" not in calendar and "Hidden month" not in calendar
    assert (await client.get("/campaigns/hidden-month.ics")).status_code == 404


async def test_an_empty_campaign_invites_and_a_past_one_says_so(client: Any) -> None:
    campaign = await a_campaign()
    assert "Yours could be the first." in (await client.get(f"/campaigns/{campaign.slug}")).text
    past = await a_campaign(title="Past", starts_on=date(2020, 10, 1), ends_on=date(2020, 10, 31))
    page = (await client.get(f"/campaigns/{past.slug}")).text
    assert "This campaign is over." in page and "/propose" not in page
    assert "31 October 2020" in (await client.get(f"/campaigns/{past.slug}/propose")).text


async def test_staff_write_a_campaign_down_and_change_it(app: Any) -> None:
    async with await signed_in(app, "organiser") as browser:
        assert "There are no campaigns yet" in (await browser.get("/staff/campaigns")).text
        bad = await post_form(browser, "/staff/campaigns/new", CAMPAIGN | {"ends_on": "2099-09-01"})
        assert bad.status_code == 422 and "The end lies before the start." in bad.text and "All of October." in bad.text
        made = await post_form(browser, "/staff/campaigns/new", CAMPAIGN)
        assert (made.status_code, made.headers["location"]) == (303, "/staff/campaigns/world-metropolitan-day")
        path = "/staff/campaigns/world-metropolitan-day/edit"
        edit = (await browser.get(path)).text
        assert 'value="2099-10-31"' in edit and "All of October." in edit
        bad = await post_form(browser, path, CAMPAIGN | {"theme": "x" * 501})
        assert bad.status_code == 422 and "x" * 501 in bad.text
        done = await post_form(browser, path, CAMPAIGN | {"theme": "Care\x00 and time"})
        assert done.status_code == 303
        page = (await browser.get("/staff/campaigns/world-metropolitan-day")).text
        assert "Care and time" in page and "No proposal is waiting." in page
        assert "Campaign written down" in page and "Campaign changed" in page
        assert "Care and time" in (await browser.get("/staff/campaigns")).text
        assert (await browser.get("/staff/campaigns/nowhere")).status_code == 404


async def test_staff_read_all_that_was_sent_and_accept(app: Any) -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(description="Bring shoes."), now=NOW)
    key = await one_submission(campaign)
    base = f"/staff/campaigns/{campaign.slug}"
    async with await signed_in(app, "organiser") as browser:
        page = (await browser.get(base)).text
        for said in (
            "Care walk", "Care Network", "(Others)", "7 October 2099", "10:00–12:00", "Europe/Madrid", "In person",
            "Main square", "Spain", "English", "Alex Example", "alex@example.org", "Bring shoes.",
        ):  # fmt: skip
            assert said in page
        bad = await post_form(browser, f"{base}/proposals/{key}/accept", {"involvement": "led"}, page=base)
        assert bad.status_code == 422
        done = await post_form(browser, f"{base}/proposals/{key}/accept", {"involvement": "supported"}, page=base)
        assert (done.status_code, done.headers["location"]) == (303, base)
        after = (await browser.get(base)).text
        assert 'href="/staff/events/care-walk"' in after and "No proposal is waiting." in after
    (row,) = await submissions_of(campaign.id)
    assert (row["status"], row["event_status"]) == ("accepted", "published")


async def test_declining_keeps_a_reason_that_is_too_long_and_then_folds_the_proposal_in(app: Any) -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    key = await one_submission(campaign)
    base = f"/staff/campaigns/{campaign.slug}"
    async with await signed_in(app, "organiser") as browser:
        path = f"{base}/proposals/{key}/decline"
        bad = await post_form(browser, path, {"reason": "y" * 2001}, page=base)
        assert bad.status_code == 422 and "y" * 2001 in bad.text and "<details open>" in bad.text
        assert f'href="#reason-{key}"' in bad.text and f'id="reason-{key}"' in bad.text
        assert (await post_form(browser, path, {"reason": "\x00"}, page=base)).status_code == 422
        assert (await post_form(browser, path, {"reason": "Not about care."}, page=base)).status_code == 303
        page = (await browser.get(base)).text
        assert "1 declined proposal" in page and "Not about care." in page


async def test_whoever_comes_second_reads_who_was_faster(app: Any) -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    await propose_event(campaign.slug, a_proposal(title="Talk", submission_key="k2"), now=NOW)
    walk, talk = await one_of(campaign, "Care walk"), await one_of(campaign, "Talk")
    other = await an_account("programme")
    base = f"/staff/campaigns/{campaign.slug}"
    async with await signed_in(app, "organiser") as browser:
        await accept_proposal(campaign.slug, walk, now=NOW, account_id=other)
        await decline_proposal(campaign.slug, talk, reason="No.", now=NOW, account_id=other)
        for path, data, said in (
            (f"{walk}/accept", {"involvement": "supported"}, "Programme has accepted “Care walk” already."),
            (f"{walk}/decline", {"reason": "No."}, "Programme has accepted “Care walk” already."),
            (f"{talk}/accept", {"involvement": "supported"}, "Programme has declined “Talk” already."),
        ):
            answer = await post_form(browser, f"{base}/proposals/{path}", data, page=f"{base}/edit")
            assert answer.status_code == 409 and said in answer.text
        unknown = f"{base}/proposals/{campaign.id}/decline"
        assert (await post_form(browser, unknown, {"reason": "No."}, page=f"{base}/edit")).status_code == 404


@pytest.mark.parametrize("role", ["reader", "check-in"])
async def test_who_decides_nothing_sees_no_contact(app: Any, role: str) -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    await propose_event(campaign.slug, a_proposal(submission_key="k2", title="Talk"), now=NOW)
    key = await one_of(campaign, "Talk")
    await decline_proposal(campaign.slug, key, reason="No.", now=NOW, account_id=await some_account())
    base = f"/staff/campaigns/{campaign.slug}"
    async with await signed_in(app, role) as browser:
        page = (await browser.get(base)).text
        assert "Care walk" in page and "alex" not in page.lower()
        assert "/accept" not in page and "/decline" not in page
        assert (await browser.get("/staff/campaigns/new")).status_code == 403
        assert (await browser.get(f"{base}/edit")).status_code == 403


async def one_of(campaign: Any, title: str) -> Any:
    """The key of the proposal with this title."""
    return next(row["id"] for row in await submissions_of(campaign.id) if row["title"] == title)


async def test_staff_add_an_event_of_their_own_and_take_it_out_again(app: Any, client: Any) -> None:
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(), now=NOW)
    await accept_proposal(
        campaign.slug, await one_submission(campaign), now=NOW, account_id=await an_account("programme")
    )
    inside = await an_event(title="Landmark", starts_on=date(2099, 10, 7), ends_on=date(2099, 10, 7))
    outside = await an_event(title="Elsewhere", starts_on=date(2099, 11, 7), ends_on=date(2099, 11, 7))
    base = f"/staff/campaigns/{campaign.slug}"
    async with await signed_in(app, "organiser") as browser:
        page = (await browser.get(base)).text
        assert f'value="{inside.slug}"' in page and f'value="{outside.slug}"' not in page
        bad = await post_form(browser, f"{base}/events", {"event": outside.slug}, page=base)
        assert bad.status_code == 422
        assert (await post_form(browser, f"{base}/events", {"event": inside.slug}, page=base)).status_code == 303
        assert "Landmark" in (await client.get(f"/campaigns/{campaign.slug}")).text
        kept = await post_form(browser, f"{base}/events/care-walk/remove", {}, page=base)
        assert kept.status_code == 409
        assert (await post_form(browser, f"{base}/events/{inside.slug}/remove", {}, page=base)).status_code == 303
        assert "Landmark" not in (await client.get(f"/campaigns/{campaign.slug}")).text
        assert "Event taken out of the campaign" in (await browser.get(base)).text


async def test_of_two_who_change_a_campaign_at_once_the_later_is_told_and_keeps_what_was_typed(app: Any) -> None:
    await a_campaign()
    path = "/staff/campaigns/world-metropolitan-day/edit"
    async with await signed_in(app, "organiser") as one, await signed_in(app, "programme") as other:
        shown = field((await one.get(path)).text, "version")
        assert field((await other.get(path)).text, "version") == shown == "1"
        first = await post_form(one, path, CAMPAIGN | {"theme": "Water", "version": shown})
        assert first.status_code == 303
        late = await post_form(other, path, CAMPAIGN | {"theme": "Air", "description": "Typed long", "version": shown})
        assert late.status_code == 409
        assert "Somebody else has changed this campaign meanwhile." in late.text
        assert 'value="Air"' in late.text and "Typed long" in late.text
        assert field(late.text, "version") == shown
        again = await post_form(other, path, CAMPAIGN | {"theme": "Fire", "version": shown})
        assert again.status_code == 409  # sending it once more does not wipe the other change out
    campaign = await campaign_by_slug("world-metropolitan-day")
    assert (campaign.theme, campaign.version) == ("Water", 2)
    assert len(await sql("SELECT id FROM audit_entry WHERE action = 'change_campaign'")) == 1


@pytest.mark.parametrize("version", ["", "x", "1" * 500, "-1", "²", "1\x00"])
async def test_a_version_that_is_none_is_as_good_as_no_version(app: Any, version: str) -> None:
    await a_campaign()
    path = "/staff/campaigns/world-metropolitan-day/edit"
    async with await signed_in(app, "organiser") as browser:
        assert (await post_form(browser, path, CAMPAIGN | {"version": version})).status_code == 303


async def test_staff_see_which_words_of_a_campaign_leave_people_out_and_nobody_else(app: Any, client: Any) -> None:
    await a_campaign(title="Mankind day", theme="Care for the chairman")
    base, said = "/staff/campaigns/mankind-day", "Some words may leave people out."
    async with await signed_in(app, "organiser") as browser:
        for path in (base, f"{base}/edit"):
            page = (await browser.get(path)).text
            assert said in page and "“Mankind”" in page and "“chairman”" in page, path
        assert said not in (await browser.get("/staff/campaigns/new")).text
        bad = await post_form(browser, f"{base}/edit", CAMPAIGN | {"ends_on": "2000-01-01"})
        assert bad.status_code == 422 and said in bad.text
        await post_form(browser, f"{base}/edit", CAMPAIGN)
        assert said not in (await browser.get(base)).text
    await a_campaign(title="Mankind month")
    async with await signed_in(app, "reader") as browser:
        assert said not in (await browser.get("/staff/campaigns/mankind-month")).text
    assert said not in (await client.get("/campaigns/mankind-month")).text
