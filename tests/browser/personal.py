"""Paths of pages behind personal links, as JSON: made in a process of its own, with the settings of the site."""

import json

from eventhub.cli import run
from eventhub.database import sql, utc_now
from eventhub.delegations.queries import delegations_of, desk_url, people_of
from eventhub.events.queries import event_by_slug
from eventhub.registrations.commands import cancel_registration
from eventhub.registrations.queries import manage_url
from eventhub.settings import current_settings
from eventhub.speakers.personal import speaking_url
from tests.make import an_event, an_item, registered, speaking

BOARD = "meeting-of-the-board-of-directors"


async def paths() -> dict[str, str]:
    """A desk and a person at it, an invitation to speak, a seat to switch, and a seat on offer."""
    board = await event_by_slug(BOARD)
    desk = (await delegations_of(board.id))[0]
    delegate = (await people_of(board.id, desk.member))[0]
    event = await an_event(1, title="A seat on offer", mode="hybrid", place="Town Hall", offer_hours=24)
    (slot,) = await speaking(await an_item(event), "", status="invited", email="axe.speaker@example.org")
    first = await registered(event, "First Axe", attends="on_site", now=utc_now())
    second = await registered(event, "Second Axe", attends="on_site", now=utc_now())
    await cancel_registration(first.registration.id, now=utc_now())
    roomy = await an_event(title="A seat to switch", mode="hybrid", place="Town Hall")
    switching = await registered(roomy, "Third Axe", attends="on_site", now=utc_now())
    rows = await sql("SELECT status FROM registration WHERE id = {}", second.registration.id)
    assert rows[0]["status"] == "offered"
    own = desk_url(desk.id, desk.link_version)
    found = {
        "desk": own,
        "replace": f"{own}/people/{delegate.id}/replace",
        "staff desk": f"/staff/events/{BOARD}/delegations/members/{desk.member_key}",
        "staff replace": f"/staff/events/{BOARD}/delegations/members/{desk.member_key}/people/{delegate.id}/replace",
        "speaking": speaking_url(slot, 1),
        "offer": manage_url(second.registration.id, 1, by_letter=True),
        "switch": manage_url(switching.registration.id, 1, by_letter=True),
    }
    return {name: address.removeprefix(current_settings().base_url) for name, address in found.items()}


if __name__ == "__main__":
    print(json.dumps(run(paths)))
