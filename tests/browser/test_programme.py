"""An event from its draft with a clash to its cancellation; items are moved by keyboard, pointer and form."""

import os
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenWindow, Site, links_in
from tests.browser.steps import add_item, add_speakers, draft_event, path_of, register, send

#: Where pictures go when somebody wants to look at them.
PICTURES = os.environ.get("EVENTHUB_TEST_PICTURES")


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        for scheme in ("light", "dark"):
            for width in (1280, 390):
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                await page.set_viewport_size({"width": width, "height": 900})
                await page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size({"width": 1280, "height": 900})


async def text_of(letter: Any) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def test_from_a_draft_that_clashes_to_an_event_that_is_cancelled(
    open_window: OpenWindow, administrator: Any, site: Site
) -> None:
    page = await open_window(storage_state=administrator, viewport={"width": 1280, "height": 900})
    event = await draft_event(page, "Night buses for care workers", day="2027-04-14", zone="Europe/Madrid")
    await add_item(page, event, "Who rides at night?", ends="10:30")
    await page.goto(f"{event}/timetable")
    await page.click("text=Who rides at night?")
    await page.fill("#room", "Red room")
    await send(page, "programme-item")

    # a clash is told before anything is saved, and what was typed stays
    await page.click(f"a[href='{event}/programme/new']")
    for field, value in (("title", "Fares"), ("starts_time", "10:15"), ("ends_time", "10:45"), ("room", "red room")):
        await page.fill(f"#{field}", value)
    await send(page, "programme-item")
    await expect(page.locator("#conflicts")).to_contain_text("are both in “red room” at the same time.")
    await expect(page.locator("#title")).to_have_value("Fares")
    await picture(page, "conflict")
    await page.fill("#room", "Blue room")
    await send(page, "programme-item")
    await expect(page.locator("#notices")).to_contain_text("The item is on the programme.")

    # out of balance, with what would balance it
    await add_speakers(
        page, "Who rides at night?", [("Kian Velandi", "man"), ("Mika Okrat", "man"), ("Tolu Tesmor", "man")]
    )
    parity = page.locator("section[aria-labelledby=parity]")
    await expect(parity).to_contain_text("Not balanced")
    await expect(parity).to_contain_text("1 to swap, or 2 to add")
    await picture(page, "unbalanced")
    await send(page, "publish-event")
    await expect(page.locator("#refusal")).to_contain_text("1 woman is missing")
    await page.fill("#exception_reason", "The panel of drivers has no woman yet; two are asked.")
    await send(page, "publish-event")
    await expect(page.locator("#notices")).to_contain_text("The event is public now.")
    await expect(page.locator("main")).to_contain_text("published this event in spite of its panels")

    visitor = await open_window(viewport={"width": 390, "height": 844}, timezone_id="America/Bogota")
    await register(visitor, event.removeprefix("/staff"), "Noor Bremish", "noor@example.net")

    # by keyboard: the arrow goes to the next free place in that direction, Enter puts the item there
    await page.goto(f"{event}/timetable")
    slot = page.locator(".slot", has_text="Fares")
    await slot.locator("[data-move]").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("td.target")).to_have_attribute("data-at", "2027-04-14T10:45")
    await page.keyboard.press("Escape")
    await expect(page.locator("td.target")).to_have_count(0)
    await page.keyboard.press("ArrowDown")
    await picture(page, "timetable")
    await slot.locator("[data-move]").focus()
    await page.keyboard.press("Escape")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("#notices")).to_contain_text("The item is moved.")
    await expect(page.locator(".slot", has_text="Fares")).to_contain_text("10:45–11:15")

    # by pointer
    await page.locator(".slot", has_text="Fares").drag_to(
        page.locator("td.free[data-at='2027-04-14T10:30'][data-column='Red room']")
    )
    await expect(page.locator("#notices")).to_contain_text("The item is moved.")
    await expect(page.locator(".slot", has_text="Fares")).to_contain_text("10:30–11:00")

    # by form, where the clash is asked about
    await page.locator(".slot", has_text="Fares").locator("[data-move]").click()
    await page.fill("#starts_time", "10:10")
    await send(page, "move")
    await expect(page.locator("#conflicts")).to_contain_text("are both in “Red room” at the same time.")
    await page.fill("#starts_time", "11:00")
    await send(page, "move")
    await expect(page.locator(".slot", has_text="Fares")).to_contain_text("11:00–11:30")

    # what nobody knows of yet is told to those concerned
    await expect(page.locator("section[aria-labelledby=told]")).to_contain_text("“Fares” has another time")
    await send(page, "release-programme")
    told = (await site.mailbox.letters_to("noor@example.net", 2))[1]
    assert "Programme changed" in str(told["Subject"])
    said = await text_of(told)
    assert "11:00–11:30" in said
    assert "04:00–04:30" in said  # on the clocks of Bogotá
    await visitor.goto(next(link for link in links_in(told) if link.endswith("/programme")))
    await expect(visitor.locator("main")).to_contain_text("“Fares” has another time")
    await picture(visitor, "public-programme")

    # moved, and called off
    await page.goto(f"{event}/edit")
    for name in ("starts_on", "ends_on"):
        await page.fill(f"#{name}", "2027-04-15")
    await send(page, "event")
    if await page.locator("#error-summary").count():
        raise AssertionError(await page.locator("#error-summary").inner_text())
    moved = (await site.mailbox.letters_to("noor@example.net", 3))[2]
    assert str(moved["Subject"]).startswith("Changed:")
    await page.goto(event)
    await page.click("section[aria-labelledby=cancel] summary >> nth=0")
    await page.fill("#reason", "Too few drivers.")
    await send(page, "cancel-event")
    off = (await site.mailbox.letters_to("noor@example.net", 4))[3]
    assert "Too few drivers." in await text_of(off)
    assert await path_of(page) == event
    await visitor.goto(event.removeprefix("/staff"))
    await expect(visitor.locator("main")).to_contain_text("This event was cancelled.")
    await picture(visitor, "cancelled")
