"""One server with the demonstration data, one mail relay and one Chromium for all browser tests."""

import asyncio
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = os.environ.get("EVENTHUB_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_SECONDS = 20.0
ADMINISTRATOR, ORGANISER = "admin@example.org", "organiser@example.org"

OpenWindow = Callable[..., Awaitable[Page]]


async def until(found: Callable[[], Any], what: str) -> Any:
    """Wait until something is there; the error says what was not."""
    for _ in range(int(PATIENCE_SECONDS * 20)):
        if result := found():
            return result
        await asyncio.sleep(0.05)
    raise AssertionError(f"{what} did not come within {PATIENCE_SECONDS:.0f} seconds")


@dataclass
class Mailbox:
    """A mail relay that keeps every letter."""

    address: str = ""
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802  the name is aiosmtpd's
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    async def letters_to(self, address: str, count: int = 1) -> list[EmailMessage]:
        """The letters to one address in order of arrival, as soon as there are so many."""

        def found() -> list[EmailMessage] | None:
            mine = [letter for letter in self.letters if address in str(letter["To"])]
            return mine if len(mine) >= count else None

        return list(await until(found, f"letter {count} to {address}"))


@dataclass
class Site:
    """The running product: its address, its command line, its letters."""

    url: str
    env: dict[str, str]
    mailbox: Mailbox

    async def eventhub(self, *words: str) -> str:
        """What one command prints."""
        return await self.python("eventhub", *words)

    async def python(self, *words: str) -> str:
        """What a module prints that runs with the settings of the site."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *words, env=self.env, cwd=ROOT, stdout=-1, stderr=-1
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode().strip()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box, hostname="relay.test"), "127.0.0.1", 0)
    box.address = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield box
    server.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def site(mailbox: Mailbox) -> AsyncIterator[Site]:
    """The server as an operator starts it, in a process of its own; its log must hold no failure."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium here: apt-get install chromium, then make browser-test")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="eventhub-browser-", dir=memory if memory.is_dir() else None) as folder:
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")},
            "EVENTHUB_DATABASE_URL": f"sqlite:///{folder}/browser.sqlite",
            "EVENTHUB_BASE_URL": f"http://127.0.0.1:{port}",
            "EVENTHUB_SMTP_URL": mailbox.address,
            "EVENTHUB_DEVELOPMENT": "true",
            "EVENTHUB_RATE_LIMITS": "off",
        }
        found = Site(env["EVENTHUB_BASE_URL"], env, mailbox)
        await found.eventhub("demo")
        log = Path(folder) / "log"
        with log.open("wb") as output:
            server = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "eventhub",
                "serve",
                "--port",
                str(port),
                env=env,
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )
        try:
            await _answers(found.url)
            yield found
        finally:
            if server.returncode is None:
                server.terminate()
            await server.wait()
            said = log.read_text()
        assert "Traceback" not in said, said[-4000:]


async def _answers(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        for _ in range(int(PATIENCE_SECONDS * 10)):
            try:
                if (await client.get("/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError("the server did not start")


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium(site: Site) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_window(chromium: Browser, site: Site) -> AsyncIterator[OpenWindow]:
    """
    Open windows of separate visitors.

    At the end no page may have complained on the console (a breach of the
    Content-Security-Policy is told there), missed a file, or asked another host.
    """
    contexts, complaints = [], []

    def listen(context: Any) -> None:
        def console(message: Any) -> None:
            # what a missing file or a refused form adds is judged below, where its kind is known
            if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
                complaints.append(f"{message.location['url']}: {message.text}")

        def response(answer: Any) -> None:
            if answer.status >= 400 and not answer.request.is_navigation_request():
                complaints.append(f"{answer.url}: {answer.status}")

        def request(asked: Any) -> None:
            if not asked.url.startswith((f"{site.url}/", "data:")):
                complaints.append(f"asked another host: {asked.url}")

        context.on("console", console)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("response", response)
        context.on("request", request)

    async def open_one(**options: Any) -> Page:
        context = await chromium.new_context(base_url=site.url, reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        listen(context)
        contexts.append(context)
        return await context.new_page()

    yield open_one
    for context in contexts:
        await context.close()
    assert complaints == []


async def mailed_link(page: Page, mailbox: Mailbox, address: str) -> str:
    """Ask for a sign-in link, and take it from the letter."""
    before = sum(address in str(letter["To"]) for letter in mailbox.letters)
    await page.goto("/sign-in")
    await page.fill("#email", address)
    await page.click("#sign-in [type=submit]")
    letter = (await mailbox.letters_to(address, before + 1))[-1]
    return next(link for link in links_in(letter) if "/sign-in/" in link)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def administrator(chromium: Browser, site: Site) -> Any:
    """The cookies of a signed-in administrator, for windows that begin at the desk."""
    context = await chromium.new_context(base_url=site.url)
    page = await context.new_page()
    await page.goto(await mailed_link(page, site.mailbox, ADMINISTRATOR))
    await page.click("#sign-in [type=submit]")
    state = await context.storage_state()
    await context.close()
    return state


def links_in(letter: EmailMessage) -> list[str]:
    """The addresses in the text of a letter."""
    text = letter.get_body(("plain",))
    assert text is not None
    return re.findall(r"http://\S+", text.get_content())
