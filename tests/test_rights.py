"""Who sees which people: those of an event at its door, and those who apply, propose or speak only to who works on that."""

import re
from typing import Any

import pytest

from eventhub.accounts.rules import Role
from eventhub.applying.commands import NewApplication, apply_to_lab
from eventhub.campaigns.commands import decline_proposal, propose_event
from eventhub.campaigns.queries import submissions_of
from eventhub.database import sql
from tests.campaigns.test_commands import a_campaign, a_proposal
from tests.make import (
    NOW,
    a_lab_with_call,
    a_member,
    a_token,
    an_event,
    an_item,
    bearer,
    registered,
    signed_in,
    some_account,
    speaking,
)

#: A text of each that stands nowhere else.
PARTICIPANT, APPLICANT = "parti@cip.example", "appli@cant.example"
PROPOSER, DECLINED = "propo@ser.example", "no@ser.example"
MOTIVATION = "A motivation that only we know"
WORKING = {Role.ADMINISTRATOR, Role.PROGRAMME, Role.ORGANISER}


async def a_house() -> dict[str, Any]:
    """One of everything with people in it; what stands in addresses of it."""
    await a_member()
    lab, event = await a_lab_with_call(), await an_event()
    application = await apply_to_lab(
        lab.slug,
        NewApplication(member="barcelona", contact_name="Appli Cant", email=APPLICANT, motivation=MOTIVATION),
        now=NOW,
    )
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(contact_name="Propo Ser", contact_email=PROPOSER), now=NOW)
    no = a_proposal(contact_name="No Ser", contact_email=DECLINED, title="No", submission_key="k2")
    await propose_event(campaign.slug, no, now=NOW)
    declined = next(row["id"] for row in await submissions_of(campaign.id) if row["title"] == "No")
    await decline_proposal(campaign.slug, declined, reason="Not now.", now=NOW, account_id=await some_account())
    registration = (await registered(event, "Parti Cip", email=PARTICIPANT)).registration
    item = await an_item(event, "Who cares?", capacity=5)
    (slot,) = await speaking(item, "woman")
    (speaker,) = await sql("SELECT person FROM speaker_slot WHERE id = {}", slot)
    return {
        "lab": lab.slug, "campaign": campaign.slug, "event": event.slug, "application_id": application.id,
        "registration_id": registration.id, "item_id": item.id, "slot_id": slot, "person_id": speaker["person"],
        "key": "barcelona",
    }  # fmt: skip


def address(path: str, house: dict[str, Any]) -> str | None:
    """A route with what is there put in; None if nothing of that kind is."""
    kind = next((kind for kind in ("labs", "campaigns", "series") if f"/{kind}/" in path), "events")
    known = house | {"slug": house.get(kind.removesuffix("s"))}
    names = re.findall(r"\{(\w+):\w+\}", path)
    if any(known.get(name) is None for name in names):
        return None
    return re.sub(r"\{(\w+):\w+\}", lambda part: str(known[part[1]]), path)


async def seen_by(app: Any, role: Role, house: dict[str, Any]) -> dict[str, set[str]]:
    """Every text of a person with the routes that show it to a role, of all that are read."""
    found: dict[str, set[str]] = {text: set() for text in (PARTICIPANT, APPLICANT, PROPOSER, DECLINED, MOTIVATION)}
    headers = bearer(await a_token(role))
    async with await signed_in(app, role) as browser:
        for path in sorted(route.path for route in app.routes if "GET" in getattr(route, "methods", ())):
            where = address(path, house)
            if where is None or not where.startswith(("/staff", "/api")):
                continue
            answer = await browser.get(where, headers=headers, follow_redirects=True)
            assert answer.status_code < 500, where
            for text, routes in found.items():
                if text in answer.text:
                    routes.add(path.removesuffix("/"))
    return found


@pytest.mark.parametrize("role", list(Role))
async def test_of_all_pages_each_shows_people_only_to_who_works_with_them(app: Any, database: None, role: Role) -> None:
    found = await seen_by(app, role, await a_house())

    door = {
        "/staff/events/{slug:str}/registrations", "/staff/events/{slug:str}/registrations/{registration_id:uuid}",
        "/api/v1/events/{slug:str}/registrations",
    }  # fmt: skip
    exports = {f"/staff/events/{{slug:str}}/registrations/export.{kind}" for kind in ("csv",)}
    letters = {"/staff/outbox"} if role in WORKING else set()
    of_events = door | exports | letters if role in WORKING else door if role == Role.CHECK_IN else set()
    assert found[PARTICIPANT] == of_events
    proposers = {"/staff/campaigns/{slug:str}"} | letters if role in WORKING else set()
    assert (found[PROPOSER], found[DECLINED]) == (proposers, proposers)
    pages = {"/staff/applications/{application_id:uuid}"}
    interface = {"/api/v1/labs/{slug:str}/applications"}
    assert found[MOTIVATION] == (pages | interface if role in WORKING else set())
    assert found[APPLICANT] == (pages | interface | letters if role in WORKING else set())


@pytest.mark.parametrize("role", list(Role))
async def test_applications_and_what_a_person_spoke_at_are_closed_to_the_door(
    app: Any, database: None, role: Role
) -> None:
    house = await a_house()
    headers = bearer(await a_token(role))
    expected = 200 if role in WORKING else 403
    async with await signed_in(app, role) as browser:
        for path in (
            f"/staff/applications/{house['application_id']}",
            f"/api/v1/labs/{house['lab']}/applications",
            f"/api/v1/labs/{house['lab']}/applications?status=submitted&limit=1",
            f"/staff/people/{house['person_id']}/speaking",
        ):
            assert (await browser.get(path, headers=headers)).status_code == expected, path
        for path in (f"/staff/labs/{house['lab']}", f"/staff/labs/{house['lab']}?status=submitted"):
            page = await browser.get(path)
            assert page.status_code == 200
            assert ("Appli Cant" in page.text) is (role in WORKING)
            assert (str(house["application_id"]) in page.text) is (role in WORKING)
        page = await browser.get(f"/staff/campaigns/{house['campaign']}")
        assert page.status_code == 200
        assert ("Propo Ser" in page.text, "No Ser" in page.text) == (role in WORKING, role in WORKING)
