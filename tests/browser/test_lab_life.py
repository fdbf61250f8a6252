"""A lab from its call to its report, by staff at a desk and by members' contacts on a phone."""

import os
from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from eventhub.database import utc_now
from tests.browser.conftest import OpenWindow, Site, links_in
from tests.browser.steps import path_of, send

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
NAME = "Shade for waiting places"
TITLE = f"{NAME}, from the bus stop to the clinic"
#: Member, contact, what the contact says of the own gender, points of the review in each criterion.
APPLICANTS = (
    ("alexandria", "Iru Vasko", "woman", 4),
    ("guangzhou", "Tam Bervik", "man", 3),
    ("tangier", "Ode Lanna", "woman", 2),
)
CRITERIA = ("relevance", "motivation", "contribution", "team")


async def shot(page: Page, name: str) -> None:
    """A picture to look at, where somebody asked for pictures; on a phone nothing is wider than the screen."""
    if page.viewport_size and page.viewport_size["width"] < 400:
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), name
    if folder := os.environ.get("EVENTHUB_TEST_SHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def address_of(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}.shade@example.org"


def link_to(letter: EmailMessage, part: str) -> str:
    return next(link for link in links_in(letter) if f"/{part}/" in link)


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


async def a_called_lab(desk: Page) -> str:
    """A lab of 2027 from the template, with a call that is open; its page at the desk."""
    await desk.goto("/staff/labs/new")
    await desk.fill("#name", NAME)
    await desk.fill("#full_title", TITLE)
    await desk.fill("#year", "2027")
    await desk.check("#themes")
    await send(desk, "lab")
    lab = await path_of(desk)
    today = utc_now().date()
    await desk.goto(f"{lab}/call")
    for field, value in (
        ("opens_on", str(today - timedelta(days=2))), ("opens_time", "09:00"),
        ("closes_on", str(today + timedelta(days=9))), ("closes_time", "18:00"), ("cohort_size", "2"),
    ):  # fmt: skip
        await desk.fill(f"#{field}", value)
    await desk.select_option("#time_zone", "Europe/Madrid")
    await send(desk, "call")
    await shot(desk, "01-lab")
    return lab


async def apply(phone: Page, site: Site, slug: str, applicant: tuple[str, str, str, int]) -> None:
    """Ask for the link, follow it from the letter, and send the application."""
    member, name, gender, _ = applicant
    await phone.goto(f"/labs/{slug}")
    await shot(phone, "02-call")
    await phone.goto(f"/labs/{slug}/apply")
    await phone.select_option("#member", member)
    await phone.fill("#contact_name", name)
    await phone.fill("#email", address_of(name))
    await send(phone, "apply")
    (letter,) = await site.mailbox.letters_to(address_of(name))
    await phone.goto(link_to(letter, "applications"))
    await phone.fill("#motivation", "People wait for the bus in the full sun.")
    await phone.fill("#q-case", "Forty stops without a roof.")
    await phone.check("#q-progress")
    await phone.check("#q-working-languages")
    for field, value in (("name", name), ("email", address_of(name)), ("role", "Head of streets")):
        await phone.fill(f"[id^=person_][id$=_{field}]", value)
    await phone.select_option("[id^=person_][id$=_level]", "technical")
    await phone.select_option("[id^=person_][id$=_gender]", gender)
    await phone.click("#application [value=send]")
    await expect(phone.locator("#sent")).to_be_visible()
    await shot(phone, "03-sent")


async def review(desk: Page, lab: str) -> None:
    """Ask the first of the possible reviewers, who is at the desk, for all reviews, and write them."""
    await desk.goto(f"{lab}/reviews")
    await desk.check("#reviewers")
    await desk.fill("#each", "1")
    await send(desk, "spread")
    await shot(desk, "04-reviews")
    await desk.goto(lab)
    applications: Sequence[str] = await desk.locator("main a[href^='/staff/applications/']").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    for application in dict.fromkeys(applications):
        await desk.goto(application)
        heading = (await desk.inner_text("h1")).lower()
        points = next(points for member, _, _, points in APPLICANTS if member in heading)
        for criterion in CRITERIA:
            await desk.check(f"[name=score_{criterion}][value='{points}']")
        await desk.click("#review [type=submit]:not([value=save])")
    await shot(desk, "05-review")


async def choose(desk: Page, lab: str) -> None:
    """Have a cohort of two proposed, half of them women, take it over, and send the letters."""
    await desk.goto(f"{lab}/choice")
    for field, value in (("size_least", "2"), ("size_most", "2"), ("women_least", "50")):
        await desk.fill(f"#{field}", value)
    await send(desk, "wishes")
    await expect(desk.locator("main")).to_contain_text("this was proven in")
    await shot(desk, "06-choice")
    await desk.fill("#accepted_reason", "Your case fits the others.")
    await desk.fill("#declined_reason", "The group was full.")
    await desk.fill("#waiting", "0")
    await send(desk, "adopt")
    await desk.goto(f"{lab}/decisions")
    await send(desk, "letters")
    await expect(desk.locator("#error-summary")).to_contain_text("Please say until when places can be confirmed.")
    await desk.fill("#confirm_until", str(utc_now().date() + timedelta(days=7)))
    await send(desk, "letters")
    await shot(desk, "07-letters")


async def test_a_lab_goes_from_its_call_to_its_report(open_window: OpenWindow, administrator: Any, site: Site) -> None:
    desk, phone = await open_window(storage_state=administrator), await open_window(**PHONE)
    lab = await a_called_lab(desk)
    slug = lab.rsplit("/", 1)[1]
    for applicant in APPLICANTS:
        await apply(phone, site, slug, applicant)
    await site.python("tests.browser.passing", "call", slug)
    await phone.goto(f"/labs/{slug}/apply")
    await expect(phone.locator("#apply")).to_have_count(0)
    await review(desk, lab)
    await choose(desk, lab)

    iru, tam, ode = (address_of(name) for _, name, _, _ in APPLICANTS)
    declined = (await site.mailbox.letters_to(ode, 3))[-1]
    assert "could not be accepted this time" in text_of(declined)
    assert "The reason: The group was full." in text_of(declined)
    for address in (iru, tam):
        accepted = (await site.mailbox.letters_to(address, 3))[-1]
        assert accepted["Subject"] == f"Accepted: {TITLE}"
        assert "The reason: Your case fits the others." in text_of(accepted)
        await phone.goto(link_to(accepted, "lab-places"))
        await shot(phone, "08-place")
        await send(phone, "confirm")
        await expect(phone.locator("main")).to_contain_text("You have confirmed this place; it is yours.")

    await desk.goto(f"{lab}/sessions/plan")
    for field, value in (
        ("number", "1"), ("first_day", str(utc_now().date() + timedelta(days=3))),
        ("online_url", "https://meet.example.org/shade"),
    ):  # fmt: skip
        await desk.fill(f"#{field}", value)
    await desk.click("#sessions [value=look]")
    await shot(desk, "09-sessions")
    await desk.click("#sessions [value=make]")
    await desk.goto(lab)
    event = await desk.locator("main a[href^='/staff/events/']:not([href$='/new'])").first.get_attribute("href")
    for address in (iru, tam):
        welcome, seat = (await site.mailbox.letters_to(address, 5))[3:5]
        assert welcome["Subject"] == f"Your group: {TITLE}"
        (invitation,) = (part for part in seat.walk() if part.get_content_type() == "text/calendar")
        assert "METHOD:REQUEST" in invitation.get_content()
        await phone.goto(link_to(welcome, "cohorts"))
        await shot(phone, "10-cohort")

    await site.python("tests.browser.passing", "sessions", slug)
    await desk.goto(f"{event}/check-in")
    for _, name, _, _ in APPLICANTS[:2]:
        await desk.fill("#q", name)
        await desk.click("#door-search [type=submit]")
        await desk.locator("#found form button").first.click()
        await expect(desk.locator("#verdict .verdict")).to_contain_text(name)
    await shot(desk, "11-door")

    # a new lab asks for feedback by itself
    await site.eventhub("postman", "--once")
    asked = (await site.mailbox.letters_to(iru, 6))[-1]
    await phone.goto(link_to(asked, "feedback"))
    await phone.check("[name=usefulness][value='5']")
    await phone.check("[name=overall][value='4']")
    await phone.fill("#comment", "Forty roofs by the summer.")
    await phone.check("[name=consent][value=named]")
    await shot(phone, "12-feedback")
    await send(phone, "feedback")
    await shot(phone, "13-thanks")

    await desk.goto(f"{lab}/outcomes/new")
    await desk.fill("#title", "Roofs of the same kind")
    await desk.select_option("#members", ["alexandria", "guangzhou"])
    await desk.select_option("#contact", index=1)
    await send(desk, "outcome")
    await desk.goto(f"{lab}/outcomes")
    await expect(desk.locator("main")).to_contain_text("Roofs of the same kind")
    await shot(desk, "14-outcome")

    await desk.goto(f"{lab}/report")
    report = desk.locator("main")
    for words in ("applications 3", "accepted 2", "active member cities 2", "Alexandria", "Guangzhou"):
        await expect(report).to_contain_text(words)
    # fewer than five have answered, so that nothing they wrote is shown, although one may be quoted
    for words in (iru, "Forty roofs by the summer."):
        await expect(report).not_to_contain_text(words)
    await shot(desk, "15-report")
    await desk.goto("/staff/lab-reports/2027")
    await expect(desk.locator("main")).to_contain_text("Alexandria")
    await shot(desk, "16-round")
    await desk.goto("/staff/lab-reports/2024")
    await expect(desk.locator("main")).to_contain_text("active member cities 39")
    await expect(desk.locator("main blockquote").first).to_be_visible()
