"""Every link leads somewhere: a walk through the public pages and the desk, as a search engine or a scanner does it."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urldefrag, urljoin, urlsplit

import httpx

from tests.browser.conftest import Site

#: Pages of one kind that are looked at: addresses that differ in a name or an id only; some words are no names.
OF_ONE_KIND = 3
_NAMED = re.compile(
    r"/(events|labs|members|programme|speakers|applications|outbox|figures)/(?!(?:new|planned|held-back)\b)[^/.]+"
)


class Document(HTMLParser):
    """What the walk wants to know of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self.language = ""
        self.title = ""
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags[tag] += 1
        self._in_title = tag == "title" and not self.title
        if tag == "html":
            self.language = found.get("lang") or ""
        if identifier := found.get("id"):
            self.ids[identifier] += 1
        if link := found.get("href") or found.get("src"):
            self.links.append(link)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def faults(self) -> Iterable[str]:
        """What every page must have, and must not have."""
        if self.tags["h1"] != 1:
            yield f"{self.tags['h1']} h1"
        if not self.title.removesuffix("· EventHub").strip():
            yield "no title"
        if self.language not in ("en", "es", "fr"):
            yield f"the language is “{self.language}”"
        yield from (f"the id {name} {count} times" for name, count in self.ids.items() if count > 1)
        yield from (f"nothing at {link}" for link in self.links if link[0] == "#" and link[1:] not in self.ids)


def kind_of(address: str) -> str:
    """The address without names, ids and values; the choices at the foot are the same on every page."""
    parts = urlsplit(address)
    asked = sorted(parse_qs(parts.query, keep_blank_values=True))
    path = "" if set(asked) & {"lang", "theme", "next"} else _NAMED.sub(r"/\1/*", parts.path)
    return f"{path}?{'&'.join(asked)}"


async def walk(client: httpx.AsyncClient, start: str) -> tuple[dict[str, list[str]], set[str]]:
    """Follow links of the same origin from a start; faults by address, and the kinds of pages that were met."""
    queue, known, met = deque([start]), {start}, Counter({kind_of(start): 1})
    faults: dict[str, list[str]] = {}

    async def visit(address: str) -> None:
        answer = await client.get(address)
        found = [] if answer.status_code == 200 else [f"answered {answer.status_code}"]
        if not answer.content:
            found.append("is empty")
        if answer.headers["content-type"].startswith("text/html") and not urlsplit(address).path.endswith("/html"):
            document = Document(answer.text)
            found += document.faults()
            for link in document.links:
                target = urldefrag(urljoin(address, link))[0]
                if urljoin(target, "/") == urljoin(str(client.base_url), "/") and target not in known:
                    known.add(target)
                    met[kind_of(target)] += 1
                    if met[kind_of(target)] <= OF_ONE_KIND:
                        queue.append(target)
        if found:
            faults[address] = found

    while queue:
        await asyncio.gather(*[visit(queue.popleft()) for _ in range(min(4, len(queue)))])
    return faults, set(met)


async def test_every_public_link_leads_to_a_page_or_a_file(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        faults, met = await walk(client, f"{site.url}/")
    assert faults == {}
    assert {
        "/events/*?",
        "/events/*/register?",
        "/events/*.ics?",
        "/labs/*/apply?",
        "/calendar.ics?",
        "/sign-in?",
    } <= met


async def test_every_link_at_the_desk_leads_to_a_page_or_a_file(site: Site, administrator: Any) -> None:
    cookies = {cookie["name"]: cookie["value"] for cookie in administrator["cookies"]}
    async with httpx.AsyncClient(base_url=site.url, cookies=cookies, timeout=60, follow_redirects=True) as client:
        faults, met = await walk(client, f"{site.url}/staff/")
    assert faults == {}
    assert {
        "/staff/events/*?", "/staff/events/*/registrations?", "/staff/speakers/*?", "/staff/programme/*?", "/staff/labs/*?",
        "/staff/applications/*?", "/staff/outbox/*?", "/staff/outbox/*/html?", "/staff/members/*?", "/staff/figures/*?",
        "/staff/figures/*.xlsx?", "/staff/members.csv?kind&q&region",
    } <= met  # fmt: skip
