"""Ready-made rows: the dull case of everything, so that a test shows only what matters to it."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from eventhub.accounts.commands import add_account, create_api_token, make_sign_in_link
from eventhub.database import sql
from eventhub.directory.rules import email_key
from tests.conftest import BASE_URL, browser

#: The instant at which tests happen, unless they say otherwise.
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


async def a_region(code: str = "europe", name: str = "Europe") -> UUID:
    """A region; the same code gives the same one."""
    rows = await sql("SELECT id FROM region WHERE code = {}", code)
    if rows:
        return UUID(str(rows[0]["id"]))
    new = uuid4()
    await sql("INSERT INTO region (id, code, name) VALUES ({}, {}, {})", new, code, name)
    return new


async def a_member(
    name: str = "Barcelona",
    *,
    region: str = "europe",
    zone: str = "Europe/Madrid",
    country: str = "ES",
    kind: str = "member",
) -> UUID:
    """A member of a region."""
    from eventhub.directory.folding import fold

    new = uuid4()
    await sql(
        "INSERT INTO member (id, key, name, name_folded, kind, region, country, time_zone, language, "
        "language_confidence, joined_note, listed_in_2020, updated_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
        new, fold(name).replace(" ", "-"), name, fold(name), kind, await a_region(region, region.title()), country, zone,
        "en", "high", "", False, NOW,
    )  # fmt: skip
    return new


async def a_person(name: str = "Alex Example", email: str | None = None, gender: str | None = None) -> UUID:
    """A person, perhaps with an address and a gender statement."""
    new = uuid4()
    await sql(
        "INSERT INTO person (id, name, email, email_key, organisation, country, language, created_at) "
        "VALUES ({}, {}, {}, {}, '', '', 'en', {})",
        new, name, email, email_key(email) if email else None, NOW,
    )  # fmt: skip
    if gender:
        await sql(
            "INSERT INTO gender_statement (person, gender, source, purpose, consent_version, consent_language, stated_at) "
            "VALUES ({}, {}, 'self', 'gender statistics', '2026-11', 'en', {})",
            new, gender, NOW,
        )  # fmt: skip
    return new


async def an_account(role: str = "administrator", email: str | None = None) -> UUID:
    """An account that can sign in."""
    return await add_account(email or f"{role}@example.org", name=role.title(), role=role, now=NOW)


async def a_token(role: str = "administrator") -> str:
    """An API token of an account with this role."""
    await an_account(role)
    return await create_api_token(f"{role}@example.org", name="tests", now=NOW)


def bearer(token: str) -> dict[str, str]:
    """The header that goes with a token."""
    return {"Authorization": f"Bearer {token}"}


def field(html: str, name: str) -> str:
    """The value of a hidden field on a page."""
    import re

    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html)
    assert found, f"no field {name}"
    return found[1]


async def post_form(
    client: httpx.AsyncClient, path: str, data: dict[str, Any], page: str | None = None
) -> httpx.Response:
    """Fill in a form as a browser does: load the page it is on, then send it with its token."""
    shown = await client.get(page or path)
    token = field(shown.text, "_csrf_token")
    return await client.post(path, data={"_csrf_token": token, **data}, headers={"Origin": BASE_URL})


async def signed_in(app: Any, role: str = "administrator") -> Any:
    """A context manager: a browser signed in with a role."""
    from eventhub.database import utc_now

    rows = await sql("SELECT 1 AS one FROM account WHERE email_key = {}", f"{role}@example.org")
    if not rows:
        await an_account(role)
    link = await make_sign_in_link(f"{role}@example.org", now=utc_now())
    assert link is not None
    return _signed_in(app, link.removeprefix(BASE_URL))


def _signed_in(app: Any, path: str) -> Any:
    import contextlib
    from collections.abc import AsyncIterator

    @contextlib.asynccontextmanager
    async def context() -> AsyncIterator[httpx.AsyncClient]:
        async with browser(app) as client:
            answer = await post_form(client, path, {})
            assert answer.status_code == 303, answer.text
            yield client

    return context()


def today() -> date:
    """The day of NOW."""
    return NOW.date()


async def themes_loaded() -> None:
    """The five thematic priorities."""
    for position, code in enumerate(("futures", "ecosystems", "cohesion", "institutions", "gender"), 1):
        await sql(
            "INSERT INTO theme (id, code, name, tag, position) VALUES ({}, {}, {}, {}, {}) ON CONFLICT (code) DO NOTHING",
            uuid4(), code, code.title(), code.title(), position,
        )  # fmt: skip


async def a_lab(name: str = "Water Stress", *, year: int = 2026, themes: tuple[str, ...] = ("ecosystems",)) -> Any:
    """A lab without a call."""
    from eventhub.labs.commands import LabFacts, create_lab

    await themes_loaded()
    return await create_lab(LabFacts(name=name, year=year, themes=themes), now=NOW, account_id=await some_account())


async def some_account() -> UUID:
    """The account that does the dull work."""
    rows = await sql("SELECT id FROM account WHERE email_key = 'dull@example.org'")
    return UUID(str(rows[0]["id"])) if rows else await an_account("programme", "dull@example.org")


async def a_lab_with_call(
    name: str = "Water Stress",
    *,
    opens_at: datetime = datetime(2026, 11, 1, 9, 0, tzinfo=UTC),
    closes_at: datetime = datetime(2099, 12, 31, 17, 0, tzinfo=UTC),
    cohort_size: int | None = None,
) -> Any:
    """A lab whose call is open, for long: pages look at the real clock."""
    from eventhub.calls.opening import NewCall, open_call

    lab = await a_lab(name)
    call = NewCall(
        opens_at=opens_at, closes_at=closes_at, time_zone="Europe/Madrid", text="Come.", criteria="Be a member.",
        cohort_size=cohort_size,
    )  # fmt: skip
    return await open_call(lab.slug, call, now=NOW, account_id=await some_account())


async def an_application(lab: Any, member: str = "barcelona", email: str | None = None) -> Any:
    """An application of a member that exists."""
    from eventhub.applying.commands import NewApplication, apply_to_lab

    new = NewApplication(
        member=member, contact_name="Alex Example", email=email or f"contact@{member}.example.org", motivation="We want to learn."
    )  # fmt: skip
    return await apply_to_lab(lab.slug, new, now=NOW)


async def an_event(capacity: int | None = None, *, publish: bool = True, **changes: Any) -> Any:
    """An event far ahead, online and open for registration unless told otherwise."""
    from datetime import time

    from eventhub.events.commands import create_event, publish_event
    from eventhub.events.rules import EventFacts

    day = date(2099, 3, 1)
    facts = EventFacts(
        **{
            "title": "Care in the metropolis", "kind": "webinar", "mode": "online", "involvement": "organised",
            "starts_on": day, "starts_time": time(10, 0), "ends_on": day, "ends_time": time(12, 0),
            "time_zone": "Europe/Madrid", "online_url": "https://meet.example.org/care", "capacity": capacity,
        }
        | changes
    )  # fmt: skip
    account = await some_account()
    event = await create_event(facts, now=NOW, account_id=account)
    return await publish_event(event.slug, now=NOW, account_id=account) if publish else event


async def registered(event: Any, name: str, *, now: datetime = NOW, **changes: Any) -> Any:
    """Somebody registers for an event; the address is made from the name."""
    from eventhub.directory.folding import slugify
    from eventhub.registrations.commands import NewRegistration, register_participant

    new = NewRegistration(**{"name": name, "email": f"{slugify(name)}@example.org"} | changes)
    return await register_participant(event.slug, new, now=now)


async def an_item(event: Any, title: str = "Opening", **changes: Any) -> Any:
    """A panel in the first hour of an event."""
    from datetime import time

    from eventhub.events.rules import ItemFacts
    from eventhub.programme.commands import add_programme_item

    facts = {
        "title": title, "kind": "panel", "starts_on": event.starts_on, "starts_time": time(10),
        "ends_on": event.starts_on, "ends_time": time(11),
    }  # fmt: skip
    return await add_programme_item(event.slug, ItemFacts(**facts | changes), now=NOW, account_id=await some_account())


async def speaking(item: Any, *genders: str, now: datetime = NOW, **changes: Any) -> list[UUID]:
    """People on an item, one for each gender given; “” for somebody whose gender is not known."""
    from eventhub.speakers.commands import NewSpeaker, add_speaker

    slots = []
    for gender in genders:
        new = NewSpeaker(**{"name": f"Person {uuid4().hex[:8]}", "gender": gender, "status": "confirmed"} | changes)
        slots.append(await add_speaker(item.id, new, now=now, account_id=await some_account()))
    return slots


def accepting(page: str, typed: dict[str, str]) -> dict[str, str]:
    """What was typed, with the box ticked that saves it in spite of the conflicts that a page shows."""
    import re

    (seen,) = re.findall(r'name="conflicts_seen"[^>]*value="([^"]+)"', page)
    return typed | {"accept_conflicts": "y", "conflicts_seen": seen}


async def a_question(event: Any, label: str = "Do you need a visa?", **changes: Any) -> Any:
    """A short text that an event asks for, in its own language; options as pairs of code and label."""
    from eventhub.questions.commands import add_question
    from eventhub.questions.rules import Definition, Option, Texts

    options = tuple(Option(code, {event.language: words}) for code, words in changes.pop("options", ()))
    facts = {"kind": "text", "texts": {event.language: Texts(label, "", "To prepare the event.")}, "options": options}
    return await add_question(event.slug, Definition(**facts | changes), now=NOW, account_id=await some_account())
