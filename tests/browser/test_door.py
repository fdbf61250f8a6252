"""The door on a phone: marks made without a network wait in the browser and arrive once, with their time."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import segno
from PIL import Image
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from tests.browser.conftest import CHROMIUM, CHROMIUM_OPTIONS, OpenWindow, Site

DOOR = "/staff/events/care-work-in-the-metropolis-what-cities-can-do/check-in"
PHONE = {"width": 390, "height": 844}


async def waiting(page: Page) -> str:
    """What the notice above the answer says of marks that wait."""
    await page.wait_for_selector("#door-waiting:not([hidden])")
    return (await page.inner_text("#door-waiting")).strip()


async def number(page: Page, name: str) -> int:
    return int(await page.inner_text(f"#door-{name}"))


async def codes(page: Page) -> list[tuple[str, str]]:
    """Short codes and names of those with a seat."""
    found: Any = await page.evaluate(f"fetch('{DOOR}/people').then((answer) => answer.json())")
    return [(code, name) for code, name in found["people"]]


async def type_code(page: Page, code: str) -> None:
    await page.fill("#code", code)
    await page.press("#code", "Enter")


async def test_marks_made_without_a_network_arrive_once_and_in_order(
    open_window: OpenWindow, administrator: Any
) -> None:
    page = await open_window(storage_state=administrator, viewport=PHONE)
    await page.goto(DOOR)
    await page.wait_for_load_state("networkidle")
    before = await number(page, "present")
    (first, first_name), (second, second_name), (third, _) = (await codes(page))[-3:]

    await page.context.set_offline(True)
    started_at = datetime.now(UTC)
    await type_code(page, first)
    assert await waiting(page) == "One mark waits for the network."
    assert first_name in await page.inner_text("#verdict .verdict.good")
    await page.fill("#q", second_name)
    await page.click("#door-search [type=submit]")
    await page.click(f"#found form:has(input[value='{second}']) button")
    await expect(page.locator("#door-waiting")).to_contain_text("2")
    await type_code(page, first)
    await type_code(page, "ZZZZ-ZZZZ")
    await page.wait_for_selector("#verdict .verdict.warning")
    await type_code(page, third)
    await expect(page.locator("#door-waiting")).to_contain_text("5")
    await page.click("#verdict .verdict-undo button")
    assert await waiting(page) == "4 marks wait for the network."
    kept = await page.evaluate("JSON.stringify(localStorage)")
    assert first_name not in kept
    assert second_name not in kept

    sent: list[str] = []

    async def listen(route: Route) -> None:
        sent.append(route.request.post_data or "")
        await route.continue_()

    await page.route(f"**{DOOR}", listen)
    await page.context.set_offline(False)
    await page.wait_for_selector("#door-waiting[hidden]", state="attached")
    assert [re.search("code=([^&]+)", body)[1] for body in sent] == [first, second, first, "ZZZZ-ZZZZ"]  # type: ignore[index]
    times = [datetime.fromisoformat(re.search("at=([^&]+)", body)[1].replace("%3A", ":")) for body in sent]  # type: ignore[index]
    assert times == sorted(times)
    assert times[0] >= started_at.replace(microsecond=0)
    assert await page.evaluate("localStorage.length") == 0
    lines = await page.locator("#door-log li").all_inner_texts()
    assert [line.split(":")[0] for line in lines] == ["Not registered", "Already present", "Present", "Present"]
    await page.goto(DOOR)
    assert await number(page, "present") == before + 2


async def test_marks_survive_closing_the_page_and_an_answer_that_was_lost(
    open_window: OpenWindow, administrator: Any
) -> None:
    page = await open_window(storage_state=administrator, viewport=PHONE)
    await page.goto(DOOR)
    before = await number(page, "present")
    code = (await codes(page))[0][0]
    lost: list[int] = []

    async def lose(route: Route) -> None:
        """The mark reaches the server, and the answer never the phone."""
        answer = await route.fetch()
        lost.append(answer.status)
        await route.abort()

    await page.route(f"**{DOOR}", lose)
    await type_code(page, code)
    assert await waiting(page) == "One mark waits for the network."
    assert lost == [200]
    await page.close()

    context = page.context
    again = await context.new_page()
    await again.goto(DOOR)
    await again.wait_for_selector("#door-log li")
    assert (await again.inner_text("#door-log li")).startswith("Already present:")
    assert await again.evaluate("localStorage.length") == 0
    await again.goto(DOOR)
    assert await number(again, "present") == before + 1


async def test_the_camera_reads_the_square_of_a_ticket(
    site: Site, chromium: Browser, administrator: Any, tmp_path: Path
) -> None:
    context = await chromium.new_context(base_url=site.url, storage_state=administrator)
    page = await context.new_page()
    await page.goto(DOOR)
    code, name = (await codes(page))[-4]
    await context.close()
    film = tmp_path / "ticket.y4m"
    film.write_bytes(filmed(f"{code[:4]}-{code[4:]}"))
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*CHROMIUM_OPTIONS, *camera, f"--use-file-for-fake-video-capture={film}"]
        )
        phone = await browser.new_page(base_url=site.url, storage_state=administrator, viewport=PHONE)  # type: ignore[arg-type]
        await phone.goto(DOOR)
        await phone.click("#camera")
        await phone.wait_for_selector("#verdict .verdict.good, #verdict .verdict.warning")
        assert name in await phone.inner_text("#verdict")
        await phone.click("#camera")
        assert await phone.is_hidden("#scanner")
        await browser.close()


def filmed(text: str) -> bytes:
    """A film of ten pictures of a square code, as Chromium shows it instead of a camera."""
    square = io.BytesIO()
    segno.make(text, error="m", micro=False).save(square, kind="png", scale=8, border=4)
    picture = Image.new("L", (640, 480), 200)
    picture.paste(Image.open(square).convert("L"), (120, 40))
    frame = b"FRAME\n" + picture.tobytes() + bytes([128]) * (320 * 240 * 2)
    return b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 10
