"""What organisers and participants come for, from the first page to the last, with and without scripts."""

import re
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import ADMINISTRATOR, ORGANISER, OpenWindow, Site, links_in, mailed_link
from tests.browser.steps import add_item, add_speakers, draft_event, path_of, register, send

CARE = "/events/care-work-in-the-metropolis-what-cities-can-do"
FULL = "/events/workshop-on-heat-plans"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
scripts_on_and_off = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


async def sign_in(page: Page, link: str) -> None:
    await page.goto(link)
    await send(page, "sign-in")
    await expect(page).to_have_url("/staff/")


@scripts_on_and_off
async def test_an_organiser_publishes_an_event_once_its_panel_is_balanced(
    open_window: OpenWindow, site: Site, scripts: bool
) -> None:
    page = await open_window(java_script_enabled=scripts, viewport={"width": 1280, "height": 900})
    link = await (site.eventhub("sign-in-link", ORGANISER) if scripts else mailed_link(page, site.mailbox, ORGANISER))
    await page.goto(link)
    await page.reload()
    await expect(page.locator("#sign-in button")).to_have_text("Sign in now")  # looking does not use the link up
    await sign_in(page, link)
    used = await page.goto(link)
    assert used is not None and used.status == 410

    event = await draft_event(
        page, f"Rivers and cities {scripts}", day="2027-03-10", zone="America/Bogota", mode="in_person"
    )
    await add_item(page, event, "Who owns the river?", ends="11:00")
    three_men = [("Kian Velandi", "man"), ("Mika Okrat", "man"), ("Tolu Tesmor", "man")]
    await add_speakers(page, "Who owns the river?", three_men)
    await send(page, "publish-event")
    assert await page.locator("#refusal li").all_text_contents() == [
        "The event has no place yet; people on site need one.",
        "“Who owns the river?” has one gender only, 0 women and 3 men; it needs at least 1 of each: 1 woman is missing.",
    ]
    if scripts:
        await expect(page.locator("#refusal")).to_be_focused()
    await page.click(".footer a[hreflang=en]")  # the choices at the foot work below the answer to a form as well
    assert await path_of(page) == event

    await page.click(f"a[href='{event}/edit']")
    await page.fill("#place", "Biblioteca Virgilio Barco, Bogotá")
    await send(page, "event")
    two_women = [("Asha Quelho", "woman"), ("Zuri Marasti", "woman")]
    await add_speakers(page, "Who owns the river?", two_women)
    await send(page, "publish-event")
    await expect(page.locator("#notices")).to_contain_text("The event is public now.")

    public = event.removeprefix("/staff")
    visitor = await open_window(java_script_enabled=scripts, timezone_id="Europe/Paris")
    await visitor.goto(public)
    times = visitor.locator(".pairs .times")
    await expect(times.locator(".own")).to_contain_text("10:00–12:00, Bogota (America/Bogota)")
    if scripts:  # those of the device stand beside them at once
        await expect(times.locator(".yours")).to_contain_text("16:00–18:00")
    else:
        await expect(times.locator(".yours")).to_have_count(0)
    await visitor.click(".footer a[href^='/time-zone']")
    if scripts:
        await expect(visitor.locator("#tz")).to_have_value("Europe/Paris")
    await visitor.select_option("#tz", "Asia/Kolkata")
    await visitor.click("main form [type=submit]")
    assert await path_of(visitor) == public
    await visitor.goto(public)  # the choice is kept
    await expect(times.locator(".own")).to_contain_text("10:00–12:00, Bogota (America/Bogota)")
    await expect(times.locator(".yours")).to_contain_text("20:30–22:30, Kolkata (Asia/Kolkata)")


@scripts_on_and_off
async def test_the_last_seat_goes_from_one_participant_to_the_next_who_waits(
    open_window: OpenWindow, site: Site, administrator: Any, scripts: bool
) -> None:
    desk = await open_window(storage_state=administrator)
    event = await draft_event(desk, f"One seat {scripts}", day="2027-04-15", zone="Europe/Madrid", seats="1")
    await send(desk, "publish-event")
    public = event.removeprefix("/staff")
    anas, bos = f"ana.{scripts}@example.org".lower(), f"bo.{scripts}@example.org".lower()

    ana = await open_window(**PHONE, locale="es-ES", java_script_enabled=scripts)
    await register(ana, public, "", anas)
    await expect(ana.locator("html")).to_have_attribute("lang", "es")
    await expect(ana.locator("#email")).to_have_value(anas)  # a mistake loses nothing
    await expect(ana.locator("#error-summary a")).to_have_attribute("href", "#name")
    await ana.fill("#name", "Ana Belén Orozco")
    await send(ana, "register")
    await expect(ana.locator("#registration .notice.success")).to_contain_text("Ana Belén Orozco")
    assert await fits(ana)

    bo = await open_window(**PHONE, locale="en-GB", java_script_enabled=scripts)
    his_page = await register(bo, public, "Bo Lindqvist", bos)
    await expect(bo.locator("#registration .notice.warning")).to_contain_text("on the waiting list, in place 1")

    (confirmed,) = await site.mailbox.letters_to(anas)
    assert_invites(confirmed, public.removeprefix("/events/"))
    personal = next(link for link in links_in(confirmed) if "/registrations/" in link)
    await ana.goto(personal)  # opening the link changes nothing
    await expect(ana.locator("#registration .notice.success")).to_be_visible()
    await send(ana, "cancel-registration")
    await expect(ana.locator("#registration .notice.info")).to_be_visible()

    await bo.goto(his_page)
    await expect(bo.locator("#registration .notice.success")).to_contain_text("Bo Lindqvist, you have a seat.")
    await site.mailbox.letters_to(bos, 2)
    await desk.goto("/staff/outbox?kind=registration_promoted")
    await desk.click(f"tr:has-text('{bos}') a")
    await expect(desk.locator("#text + pre")).to_contain_text("Bo Lindqvist")
    await expect(desk.locator("#calendar + pre")).to_contain_text("BEGIN:VEVENT")
    await desk.click("a[href$='/html']")
    await expect(desk.locator("body")).to_contain_text("Bo Lindqvist")


def assert_invites(letter: EmailMessage, slug: str) -> None:
    """A letter with text, a page and an invitation that calendars understand."""
    kinds = {part.get_content_type(): part for part in letter.walk()}
    assert {"text/plain", "text/html", "text/calendar"} <= set(kinds)
    assert slug in kinds["text/plain"].get_content()
    assert slug in kinds["text/html"].get_content()
    invitation = kinds["text/calendar"]
    assert invitation.get_param("method") == "REQUEST"
    assert "DTSTART:20270415T080000Z" in invitation.get_content()


async def fits(page: Page) -> bool:
    """Whether the page needs no scrolling sideways."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


_FOCUSED = """wanted => {
    const focused = document.activeElement, box = focused.getBoundingClientRect();
    const outlines = [getComputedStyle(focused), getComputedStyle(focused, "::after")];
    return {
        reached: focused.matches(wanted),
        visible: outlines.some(style => style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2)
            && box.bottom > 0 && box.top < innerHeight,
        what: focused.outerHTML.slice(0, 120),
    };
}"""


async def tab_to(page: Page, wanted: str) -> None:
    """Press the tabulator until the focus is there; it must be visible on the way."""
    for _ in range(120):
        await page.keyboard.press("Tab")
        focus = await page.evaluate(_FOCUSED, wanted)
        assert focus["visible"], f"the focus cannot be seen: {focus['what']}"
        if focus["reached"]:
            return
    raise AssertionError(f"{wanted} cannot be reached with the keyboard")


async def test_a_participant_registers_with_the_keyboard_alone(open_window: OpenWindow) -> None:
    page = await open_window(viewport={"width": 1280, "height": 800})
    await page.goto("/")
    await tab_to(page, ".skip-link")
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await tab_to(page, f"a[href='{CARE}']")
    await page.keyboard.press("Enter")
    await page.wait_for_url(CARE)
    await tab_to(page, "a[href$='/register']")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{CARE}/register")
    await tab_to(page, "#register [type=submit]")
    await page.keyboard.press("Enter")

    await expect(page.locator("#error-summary")).to_be_focused()
    await expect(page).to_have_title("Error: Register: Care work in the metropolis: what cities can do · EventHub")
    await tab_to(page, "#error-summary a")
    await page.keyboard.press("Enter")
    await expect(page.locator("#name")).to_be_focused()
    await page.keyboard.type("Noor Hesmira")
    await tab_to(page, "#email")
    await page.keyboard.type("noor.keyboard@example.org")
    await tab_to(page, "[name=level]")
    await page.keyboard.press("Space")
    await expect(page.locator("[name=level]").first).to_be_checked()
    await tab_to(page, "#register [type=submit]")
    await page.keyboard.press("Enter")
    await expect(page.locator("#registration")).to_contain_text("Noor Hesmira, you have a seat.")


async def test_language_and_appearance_stay_as_chosen(open_window: OpenWindow) -> None:
    page = await open_window()
    await page.goto("/labs/")
    await page.click(".footer a[hreflang=fr]")
    await page.click(".footer a[href*='theme=dark']")
    await page.click(".site-nav a[href='/']")
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.click(".footer a[href*='theme=auto']")
    await page.click(".site-nav a[href='/labs/']")
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert await page.locator("html").get_attribute("data-theme") is None


async def test_after_signing_out_the_way_back_shows_nothing_private(open_window: OpenWindow, site: Site) -> None:
    page = await open_window()
    await page.goto("/staff/accounts")
    await expect(page).to_have_url("/sign-in?next=/staff/accounts")
    await sign_in(page, await mailed_link(page, site.mailbox, ADMINISTRATOR))
    await page.goto("/staff/accounts")
    await expect(page.locator("main")).to_contain_text(ORGANISER)
    await page.click("form[action='/sign-out'] button")
    await expect(page).to_have_url("/")
    await page.go_back()
    await expect(page).to_have_url("/sign-in?next=/staff/accounts")
    assert ORGANISER not in await page.content()


async def test_with_scripts_a_list_changes_in_place(open_window: OpenWindow, administrator: Any) -> None:
    page = await open_window(storage_state=administrator)
    await page.goto("/staff/members")
    await page.evaluate("window.stayed = true")
    await page.fill("#q", "bogot")
    await page.press("#q", "Enter")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page).to_have_url(re.compile(r"/staff/members\?.*q=bogot"))
    await expect(page.locator("#q")).to_be_focused()
    await expect(page.locator("#announcer")).to_contain_text("One member matches.")
    await page.fill("#q", "no such city")
    await page.press("#q", "Enter")
    await expect(page.locator("#announcer")).to_have_text("No member matches")

    await page.goto(f"/staff{FULL}/registrations?status=confirmed")
    await page.evaluate("window.stayed = true")
    row = page.locator("tbody tr").first
    for _ in range(2):  # the second time the row is one that a script has put there
        await row.locator("form[action$='/present'] button").click()
        await expect(row.locator(".badge", has_text="Was there")).to_be_visible()
        await row.locator("form[action$='/absent'] button").click()
        await expect(row.locator("form[action$='/present']")).to_be_visible()
    assert await page.evaluate("window.stayed")
