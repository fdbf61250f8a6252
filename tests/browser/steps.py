"""What people do on the pages, step by step; by id, so that it works in every language."""

from collections.abc import Sequence

from playwright.async_api import Page

SEND = "[type=submit]"


async def path_of(page: Page) -> str:
    """The path of the page's address."""
    return str(await page.evaluate("location.pathname"))


async def send(page: Page, form: str) -> None:
    """Press the button of a form and wait for the next page."""
    await page.click(f"#{form} {SEND}")


async def draft_event(page: Page, title: str, *, day: str, zone: str, mode: str = "online", seats: str = "") -> str:
    """Write a draft, from 10:00 to 12:00 in its zone; its page at the desk."""
    await page.goto("/staff/events/new")
    await page.fill("#title", title)
    await page.select_option("#time_zone", zone)
    for field, value in (("starts_on", day), ("starts_time", "10:00"), ("ends_on", day), ("ends_time", "12:00")):
        await page.fill(f"#{field}", value)
    await page.select_option("#mode", mode)
    await page.fill("#capacity", seats)
    await send(page, "event")
    return await path_of(page)


async def add_item(page: Page, event: str, title: str, ends: str) -> None:
    """Put a panel on the programme of an event whose page is open; the form suggests day and start."""
    await page.click(f"a[href='{event}/programme/new']")
    await page.fill("#title", title)
    await page.fill("#ends_time", ends)
    await send(page, "programme-item")


async def add_speakers(page: Page, item: str, speakers: Sequence[tuple[str, str]]) -> None:
    """Confirm speakers for an item of the event whose page is open; each with the gender that the person stated."""
    for name, gender in speakers:
        await page.click(f"li:has(h4:text-is('{item}')) a[href$='/speakers/new']")
        await page.fill("#name", name)
        await page.select_option("#status", "confirmed")
        await page.check(f"#speaker [name=gender][value={gender}]")
        await send(page, "speaker")


async def register(page: Page, event: str, name: str, email: str) -> str:
    """Register for an event, from its public page; the personal page."""
    await page.goto(event)
    await page.click(f"a[href='{event}/register']")
    await page.fill("#name", name)
    await page.fill("#email", email)
    await send(page, "register")
    return await path_of(page)
