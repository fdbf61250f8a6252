"""Every kind of page by the rules of accessibility, in both appearances, on wide and narrow screens."""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

from tests.browser.conftest import OpenWindow, Site
from tests.browser.steps import register, send

DESK, PHONE, NARROWEST = (1280, 900), (390, 844), (320, 640)
CARE, FULL = "/events/care-work-in-the-metropolis-what-cities-can-do", "/events/workshop-on-heat-plans"
CANCELLED, LAB = "/events/study-visit-to-the-port", "/labs/cool-streets-for-hot-summers"
DRAFT = "/staff/events/forum-on-metropolitan-finance"
ASKING, INVITING = "/events/training-on-metropolitan-data-for-planners", "/events/meeting-of-the-board-of-directors"
CAMPAIGN = "/campaigns/days-of-care-in-the-metropolis"


class Kind(NamedTuple):
    """A kind of page: where it is, a form that is sent there as it stands, and what the server answers."""

    address: str
    form: str = ""
    status: int = 200


PUBLIC: Mapping[str, Kind] = {
    "calendar": Kind("/"),
    "calendar without a match": Kind("/?q=nothing+is+called+so"),
    "calendar of a year": Kind("/?year=2020"),
    "calendar as a month": Kind("/?view=month&year=2020&month=3"),
    "calendar on another web site": Kind("/embed/calendar?year=2020"),
    "event": Kind(CARE),
    "event, full": Kind(FULL),
    "event, cancelled": Kind(CANCELLED),
    "event, both time zones": Kind(f"{CARE}?tz=Asia/Kolkata"),
    "programme as a timetable": Kind(f"{CARE}/programme"),
    "register, with mistakes": Kind(f"{FULL}/register", "register", 422),
    "register, with questions": Kind(f"{ASKING}/register"),
    "registration closed": Kind(f"{CANCELLED}/register"),
    "registration by invitation": Kind(f"{INVITING}/register"),
    "personal link, with mistakes": Kind(f"{FULL}/register", "send-link", 422),
    "my links, with mistakes": Kind("/my-links", "my-links", 422),
    "campaigns": Kind("/campaigns"),
    "campaign": Kind(CAMPAIGN),
    "propose, with mistakes": Kind(f"{CAMPAIGN}/propose", "propose", 422),
    "series": Kind("/series/school-of-metropolitan-leadership"),
    "labs": Kind("/labs/"),
    "lab": Kind(LAB),
    "apply, with mistakes": Kind(f"{LAB}/apply", "apply", 422),
    "sign-in, with mistakes": Kind("/sign-in", "sign-in", 422),
    "sign-in link used up": Kind("/sign-in/used-up", status=410),
    "privacy": Kind("/privacy"),
    "accessibility": Kind("/accessibility"),
    "time zone": Kind(f"/time-zone?next={CARE}"),
    "reports": Kind("/reports"),
    "not found": Kind("/events/nowhere", status=404),
    "style guide": Kind("/styleguide"),
}
STAFF: Mapping[str, Kind] = {
    "desk": Kind("/staff/"),
    "events": Kind("/staff/events"),
    "event": Kind("/staff" + CARE),
    "draft, refused": Kind(DRAFT, "publish-event", 409),
    "new event, with mistakes": Kind("/staff/events/new", "event", 422),
    "change an event": Kind(f"{DRAFT}/edit"),
    "new programme item": Kind(f"{DRAFT}/programme/new"),
    "registrations": Kind(f"/staff{FULL}/registrations"),
    "outbox": Kind("/staff/outbox"),
    "members": Kind("/staff/members"),
    "member": Kind("/staff/members/montreal"),
    "import, with mistakes": Kind("/staff/import", "import", 422),
    "labs": Kind("/staff/labs"),
    "lab": Kind("/staff" + LAB),
    "new lab, with mistakes": Kind("/staff/labs/new", "lab", 422),
    "call": Kind(f"/staff{LAB}/call"),
    "figures": Kind("/staff/figures/2024"),
    "calendar annex": Kind("/staff/figures/2020/calendar-annex"),
    "engagement": Kind("/staff/figures/2024/engagement"),
    "engagement of a member": Kind("/staff/figures/2024/engagement/abidjan"),
    "activated members of a quarter": Kind("/staff/figures/2024/engagement-quarters/4"),
    "import of a matrix, with mistakes": Kind("/staff/figures/2024/engagement-import", "import-engagement", 422),
    "members that sent nobody": Kind("/staff/figures/2024/sent-nobody"),
    "rows behind a figure": Kind("/staff/figures/2024/rows/speakers"),
    "indicators": Kind("/staff/indicators?topic=membership"),
    "indicator": Kind("/staff/indicators/members"),
    "type in a figure, with mistakes": Kind("/staff/indicators/new", "indicator-value", 422),
    "answers": Kind("/staff/answers?year=2024"),
    "answer": Kind("/staff/answers/1?year=2024"),
    "explorer": Kind("/staff/explorer?count=attendances&by=region&across=mode&year=2024"),
    "explorer, with mistakes": Kind("/staff/explorer?year=twenty", status=422),
    "report": Kind("/staff/figures/2024/report"),
    "parity by year": Kind("/staff/parity/years"),
    "accounts, with mistakes": Kind("/staff/accounts", "account", 422),
    "audit trail": Kind("/staff/audit"),
    "JSON interface": Kind("/schema"),
}
#: Pages whose address holds an id: where a link leads there, and which link.
BEHIND: Mapping[str, tuple[str, str]] = {
    "programme item": (DRAFT, ".agenda a[href^='/staff/programme/']:not([href$='/new'])"),
    "new speaker": (DRAFT, ".agenda a[href$='/speakers/new']"),
    "speaker": (DRAFT, ".agenda a[href^='/staff/speakers/']"),
    "letter": ("/staff/outbox?kind=registration_confirmed", "tbody a[href^='/staff/outbox/']"),
    "application": ("/staff" + LAB, "tbody a[href^='/staff/applications/']"),
}

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Markup is the same in every appearance and width; these rules look at colours and sizes.
SEEN = ["color-contrast", "scrollable-region-focusable", "target-size"]
_FAULTS = """only => axe.run({runOnly: only, resultTypes: ["violations"], preload: false}).then(found => found.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)} ${node.any.map(check => check.message)}`)))"""
#: Rows, cards and choices are all alike, and the frame is on every page: axe looks at the first ones.
_ALIKE = (
    "tbody tr:nth-child(n+4), main li:nth-child(n+4), .cards > :nth-child(n+3), .stat:nth-child(n+3), "
    ".pairs > :nth-child(n+4), .choice:nth-child(n+3), option:nth-child(n+4)"
)
_FRAME = ".masthead .bar > *, .footer .bar > *"
_TAKE_OUT = "parts => document.querySelectorAll(parts).forEach(part => part.remove())"
_TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter(part => part.getBoundingClientRect().right > innerWidth && !part.closest(".table-scroll"))
    .map(part => part.outerHTML.slice(0, 160)).slice(0, 3).concat(["the page is too wide"])"""


async def look(page: Page, scheme: Any, size: tuple[int, int]) -> None:
    """Choose the appearance and the size of the screen."""
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": size[0], "height": size[1]})


async def faults_of(page: Page, schemes: tuple[str, str], take_out: str) -> list[str]:
    """What does not fit, and what axe finds: all rules on the wide screen, those for the eye on the phone as well."""
    await look(page, schemes[0], NARROWEST)
    found = [f"{NARROWEST[0]} px: {fault}" for fault in await page.evaluate(_TOO_WIDE)]
    await page.evaluate(_TAKE_OUT, take_out)
    await page.evaluate(AXE_SCRIPT)
    for scheme, size, only in zip(schemes, (DESK, PHONE), (TAGS, {"type": "rule", "values": SEEN}), strict=True):
        await look(page, scheme, size)
        found += [f"{scheme}, {size[0]} px: {fault}" for fault in await page.evaluate(_FAULTS, only)]
    return found


async def check_all(page: Page, kinds: Mapping[str, Kind]) -> dict[str, list[str]]:
    """
    Faults by kind of page, of those that have any; two pages at a time, one for each core.

    Every page is seen wide and narrow, light and dark; which goes with which
    changes from page to page, so that all four occur with what pages share.
    """
    waiting, faults = list(enumerate(kinds.items())), {}

    async def work(page: Page) -> None:
        while waiting:
            number, (name, kind) = waiting.pop(0)
            status = await open_kind(page, kind)
            found = [] if status == kind.status else [f"answered {status}"]
            schemes, seen_before = (("light", "dark"), ("dark", "light"))[number % 2], number > 1
            if found := found + await faults_of(page, schemes, f"{_ALIKE}, {_FRAME}" if seen_before else _ALIKE):
                faults[name] = found

    await asyncio.gather(work(page), work(await page.context.new_page()))
    return faults


async def open_kind(page: Page, kind: Kind) -> int:
    """Go there, or send the form there; the status of the answer."""
    answer = await page.goto(kind.address)
    assert answer is not None
    assert answer.request.redirected_from is None, f"{kind.address} leads to {answer.url}"
    if kind.form:
        async with page.expect_response(lambda response: response.request.method == "POST") as sent:
            await send(page, kind.form)
        answer = await sent.value
        await page.wait_for_load_state()
    return answer.status


async def test_public_pages_have_no_accessibility_faults(open_window: OpenWindow) -> None:
    page = await open_window()
    mine = await register(page, CARE, "Sefi Ilkano", "sefi.axe@example.org")
    holder = {
        "my registration": Kind(mine),
        "my ticket": Kind(f"{mine}/ticket"),
        "join online, early": Kind(mine.replace("/registrations/", "/join/")),
    }
    assert await check_all(page, {**PUBLIC, **holder}) == {}


async def test_pages_behind_personal_links_have_no_accessibility_faults(
    open_window: OpenWindow, site: Site, administrator: Any
) -> None:
    paths = json.loads(await site.python("tests.browser.personal"))
    page = await open_window()
    assert (
        await check_all(
            page,
            {
                "delegation desk": Kind(paths["desk"]),
                "delegation desk, with mistakes": Kind(paths["desk"], "person", 422),
                "send somebody else": Kind(paths["replace"]),
                "send somebody else, with mistakes": Kind(paths["replace"], "replacement", 422),
                "asked to speak": Kind(paths["speaking"]),
                "a seat on offer": Kind(paths["offer"]),
                "on site or online": Kind(paths["switch"]),
            },
        )
        == {}
    )
    page = await open_window(storage_state=administrator)
    assert (
        await check_all(
            page,
            {
                "delegations": Kind("/staff/events/meeting-of-the-board-of-directors/delegations"),
                "attendance sheet": Kind("/staff/events/meeting-of-the-board-of-directors/delegations/sheet"),
                "delegation desk of staff": Kind(paths["staff desk"]),
                "send somebody else, by staff": Kind(paths["staff replace"]),
                "badges and certificates": Kind(f"/staff{CARE}/papers"),
                "invitations": Kind("/staff/events/meeting-of-the-board-of-directors/invitations"),
                "check-in": Kind(f"/staff{CARE}/check-in"),
            },
        )
        == {}
    )


async def test_staff_pages_have_no_accessibility_faults(open_window: OpenWindow, administrator: Any) -> None:
    page = await open_window(storage_state=administrator)
    kinds = dict(STAFF)
    for name, (address, link) in BEHIND.items():
        await page.goto(address)
        kinds[name] = Kind(str(await page.locator(link).first.get_attribute("href")))
    assert await check_all(page, kinds) == {}


_TOUCHING = """() => [...document.querySelectorAll("tr")].flatMap(row => [...row.cells].slice(1).map((cell, place) => {
    const box = part => { const range = document.createRange(); range.selectNodeContents(part); return range.getBoundingClientRect(); };
    const before = box(row.cells[place]), after = box(cell);
    return before.width && after.width && after.left - before.right < 4 ? `${row.cells[place].innerText}|${cell.innerText}` : "";
}).filter(Boolean))"""


async def test_the_report_as_a_file_has_no_faults_and_its_columns_do_not_touch_on_paper(
    open_window: OpenWindow, administrator: Any
) -> None:
    page = await open_window(storage_state=administrator)
    answer = await page.request.get("/staff/figures/2024/report/files/annual-report-2024-en.html")
    await page.set_content(await answer.text())
    await look(page, "light", (720, 900))  # a page of A4 between its margins
    await page.emulate_media(media="print")
    assert await page.evaluate(_TOUCHING) == []
    await page.emulate_media(media="screen")
    assert await faults_of(page, ("light", "dark"), _ALIKE) == []


async def test_pages_can_be_looked_at_and_printed(
    open_window: OpenWindow, administrator: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pages")
    page = await open_window(storage_state=administrator)
    for address in (CARE, "/staff/figures/2024"):
        name = re.sub(r"\W+", "-", address).strip("-")
        await page.goto(address)
        await page.emulate_media(color_scheme="dark")
        await page.screenshot(path=folder / f"{name}-dark.png", full_page=True)
        await page.emulate_media(media="print", color_scheme="light")
        await page.pdf(path=folder / f"{name}.pdf")
        await page.emulate_media(media="screen")
    assert len(list(Path(folder).iterdir())) == 4
