"""Every page of staff can be reached from the desk, by whoever may open it and by nobody else."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from eventhub.access import ROLES, Policy
from eventhub.accounts.rules import Role
from eventhub.database import utc_now
from eventhub.registrations.pools import add_pool
from eventhub.registrations.rules import PoolFacts
from tests.make import NOW, an_event, registered, signed_in, some_account

#: Pages of one event, with the policy that opens each.
OF_AN_EVENT = {
    "registrations": Policy.SEE_PEOPLE,
    "check-in": Policy.RECORD_ATTENDANCE,
    "questions": Policy.STAFF,
    "pools": Policy.EDIT_EVENTS,
    "invitations": Policy.EDIT_EVENTS,
    "delegations": Policy.SEE_PEOPLE,
    "participant-report": Policy.RECORD_ATTENDANCE,
    "papers": Policy.SEE_PEOPLE,
}


def addresses(page: str) -> set[str]:
    return set(re.findall(r'href="([^"#?]+)', page))


def may(role: Role, policy: Policy) -> bool:
    return role in ROLES[policy]


async def test_an_event_leads_each_role_to_the_pages_that_are_open_to_it(app, database):
    event = await an_event()
    for role in Role:
        async with await signed_in(app, role) as staff:
            shown = addresses((await staff.get(f"/staff/events/{event.slug}")).text)
            led = {name for name in OF_AN_EVENT if f"/staff/events/{event.slug}/{name}" in shown}
            assert led == {name for name, policy in OF_AN_EVENT.items() if may(role, policy)}, role
            for name in led:
                answer = await staff.get(f"/staff/events/{event.slug}/{name}", follow_redirects=True)
                assert answer.status_code == 200, (role, name)


async def test_the_desk_leads_nobody_to_a_page_that_is_shut_to_them(app, database):
    event = await an_event(capacity=1)
    await registered(event, "Asha Ubeki")  # whose letter waits in the outbox
    for role in Role:
        async with await signed_in(app, role) as staff:
            for address in sorted(addresses((await staff.get("/staff/")).text)):
                if address.startswith("/staff"):
                    answer = await staff.get(address, follow_redirects=True)
                    assert answer.status_code == 200, (role, address)


async def test_whoever_checks_people_in_finds_the_events_of_today_on_the_desk(app, database):
    now = utc_now()
    today = now.astimezone(ZoneInfo("Pacific/Kiritimati")).date()  # where the day begins first
    of_today = {"starts_on": today, "ends_on": today + timedelta(days=2), "time_zone": "Pacific/Kiritimati"}
    on = await an_event(title="On today", **of_today)
    led = [
        await an_event(title="Still a draft", publish=False, **of_today),
        await an_event(title="Of others", involvement="participated", **of_today),
        await an_event(title="Soon", **of_today | {"starts_on": today + timedelta(days=1)}),
    ]
    async with await signed_in(app, Role.CHECK_IN) as staff:
        shown = addresses((await staff.get("/staff/")).text)
        assert f"/staff/events/{on.slug}/check-in" in shown
        assert [event.slug for event in led if f"/staff/events/{event.slug}/check-in" in shown] == []
        page = (await staff.get("/staff/")).text
        assert "No event is held today." not in page
    async with await signed_in(app, Role.READER) as staff:
        assert f"/staff/events/{on.slug}/check-in" not in addresses((await staff.get("/staff/")).text)


async def test_on_a_day_without_an_event_the_desk_says_where_the_check_in_is(app, database):
    async with await signed_in(app, Role.CHECK_IN) as staff:
        assert "No event is held today." in (await staff.get("/staff/")).text


async def test_words_that_templates_name_outright_are_in_the_language_of_each_reader(app, database):
    event = await an_event(mode="hybrid", place="Barcelona", country="ES")
    async with await signed_in(app) as staff:
        for language, words in (("en", "On site"), ("es", "En la sede"), ("fr", "Sur place"), ("en", "On site")):
            page = await staff.get(f"/staff/events/{event.slug}/registrations?lang={language}")
            assert re.findall(r'<option value="on_site">([^<]*)<', page.text) == [words], language


async def test_the_list_of_registrations_leads_to_the_table_of_those_who_match(app, database):
    event = await an_event()
    await registered(event, "Asha Ubeki")
    list_of_event = f"/staff/events/{event.slug}/registrations"
    async with await signed_in(app) as staff:
        page = (await staff.get(f"{list_of_event}?q=asha&size=25&page_number=1")).text
        for ending in ("csv", "xlsx"):
            assert f'href="{list_of_event}/export.{ending}?q=asha"' in page
        table = await staff.get(f"{list_of_event}/export.csv?q=nobody")
        assert table.status_code == 200
        assert "Asha" not in table.text


async def test_the_desk_counts_the_seats_of_all_pools(app, database):
    event = await an_event(capacity=5, mode="hybrid", place="Barcelona", country="ES", title="Pools")
    account = await some_account()
    for name, size, way in (("Hall", 20, "on_site"), ("Line", 30, "online")):
        await add_pool(event.slug, PoolFacts(name, size, way), now=NOW, account_id=account)
    async with await signed_in(app) as staff:
        shown = (await staff.get("/staff/")).text
        assert re.search(r"Pools</a></th>.*?0 / 50</td>", shown, re.S)
