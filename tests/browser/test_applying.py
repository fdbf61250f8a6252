"""Two people of a member write one application, on a phone and on a desk, with the script and without."""

import contextlib
from email.message import EmailMessage

from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import OpenWindow, Site, links_in

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LAB = "/labs/cool-streets-for-hot-summers"


def link_in(letter: EmailMessage) -> str:
    return next(link for link in links_in(letter) if "/applications/" in link)


async def letters_to(site: Site, address: str, count: int = 1) -> list[EmailMessage]:
    """The letters to an address; those of the demonstration leave before them, so that it takes a while."""
    for _ in range(3):
        with contextlib.suppress(AssertionError):
            return await site.mailbox.letters_to(address, count)
    return await site.mailbox.letters_to(address, count)


async def begin(page: Page, address: str) -> None:
    """Begin for the first member of the list that has not applied yet."""
    await page.goto(f"{LAB}/apply")
    members = await page.locator("#member option").evaluate_all("all => all.map(one => one.value).filter(Boolean)")
    for member in members:
        await page.goto(f"{LAB}/apply")
        await page.select_option("#member", member)
        await page.fill("#contact_name", "Sefi Ilkano")
        await page.fill("#email", address)
        async with page.expect_navigation():
            await page.click("#apply [type=submit]")
        if page.url.endswith("/apply/sent"):
            return
    raise AssertionError("every member has applied")


async def test_what_is_typed_is_kept_and_two_texts_are_joined(
    open_window: OpenWindow, chromium: Browser, site: Site
) -> None:
    page = await open_window(**PHONE)
    await begin(page, "sefi.applies@example.org")
    (letter,) = await letters_to(site, "sefi.applies@example.org")
    await page.goto(link_in(letter))
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await page.fill("#motivation", "Our summers are too hot.")
    await expect(page.locator("#saved")).to_contain_text("Saved at")
    await page.reload()
    await expect(page.locator("#motivation")).to_have_value("Our summers are too hot.")

    await page.fill("#colleague-name", "Bo Norddal")
    await page.fill("#colleague-email", "bo.applies@example.org")
    await page.click("#invite [type=submit]")
    (letter,) = await letters_to(site, "bo.applies@example.org")
    # a refused saving is told on the console, so this window is not listened to
    context = await chromium.new_context(base_url=site.url)
    other = await context.new_page()
    await other.goto(link_in(letter))
    await page.fill("#needs", "Trees.")
    await expect(page.locator("#saved")).to_contain_text("Saved at")
    await other.fill("#needs", "Shade.")
    await expect(other.locator("#needs-live")).to_contain_text("Somebody else has changed this field")
    await other.click("#application [value=save]")
    await expect(other.locator("#conflict .card")).to_have_text(["Text of Sefi IlkanoTrees.", "Your textShade."])
    await other.check("[value=joined]")
    await other.click("#conflict [type=submit]")
    await expect(other.locator("#needs")).to_have_value("Trees.\n\nShade.")
    await other.click("#application [value=send]")
    await expect(other.locator("#sent")).to_be_visible()
    await context.close()

    for address in ("sefi.applies@example.org", "bo.applies@example.org"):
        receipt = (await letters_to(site, address, 2))[-1]
        assert "Application received" in str(receipt["Subject"])
    await page.goto(link_in((await letters_to(site, "sefi.applies@example.org", 2))[-1]))
    await expect(page.locator("dl.pairs")).to_contain_text("Shade.")


async def test_without_scripts_the_button_does_all(open_window: OpenWindow, site: Site) -> None:
    page = await open_window(java_script_enabled=False, **PHONE)
    await begin(page, "plain.applies@example.org")
    (letter,) = await letters_to(site, "plain.applies@example.org")
    await page.goto(link_in(letter))
    await page.fill("#needs", "Shade.")
    await page.click("#application [value=send]")
    await page.click("#error-summary a")
    assert page.url.endswith("#motivation")
    await expect(page.locator("#needs")).to_have_value("Shade.")
    await page.fill("#motivation", "Our summers are too hot.")
    await page.click("#application [value=save]")
    await expect(page.locator("#saved")).to_contain_text("Last saved by Sefi Ilkano")
    await page.click("#application [value=send]")
    await expect(page.locator("#sent")).to_be_visible()
