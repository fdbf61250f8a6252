"""
A person's gender never shows: every answer of every route, every letter and every export is looked through.

Two ways of looking. The grep: a stated gender in the same row, list item, line
or JSON object as somebody's name; in public not even the word. The exchange:
two people who did all the same things exchange what they stated, so that no
count changes; then no answer may change either, however it is written.
"""

import asyncio
import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from docx import Document
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from eventhub.access import Policy, cookie_name, is_api
from eventhub.accounts.commands import create_api_token, make_sign_in_link, sign_in
from eventhub.accounts.rules import Role
from eventhub.calls.commands import load_lab_templates
from eventhub.calls.opening import NewCall, add_call_question, open_round_call
from eventhub.cli.files import EXPORTS, NARROWED_BY, ExportRequest
from eventhub.database import sql, utc_now
from eventhub.delegations.commands import Contact, Terms, set_delegation
from eventhub.directory.rules import Gender
from eventhub.feeds.commands import make_feed_link
from eventhub.feeds.queries import FeedKind
from eventhub.labs.materials import NewMaterial, add_material
from eventhub.languages import speaking as speaking_language
from eventhub.links import make_link
from eventhub.mail.addresses import organiser_for
from eventhub.mail.opt_out import opt_out_url
from eventhub.mail.rendering import render
from eventhub.questions.rules import Definition, SentFile, Texts
from eventhub.registrations.forms import gender_choices
from eventhub.registrations.queries import manage_url
from eventhub.replies.commands import receive
from eventhub.replies.queries import answers_of_event, undo_token
from eventhub.reports.commands import publish_edition
from eventhub.reports.rules import file_name
from eventhub.speakers.personal import speaking_url
from tests.conftest import BASE_URL, browser
from tests.make import (
    NOW,
    a_lab_with_call,
    a_member,
    a_question,
    an_account,
    an_application,
    an_event,
    an_item,
    bearer,
    registered,
    some_account,
    speaking,
)

#: A woman and a man who exchange what they stated, and one who is neither; nobody else is called that.
QUETZAL, PTARMIGAN, IBIS = "Xana Quetzal", "Ximo Ptarmigan", "Xiu Ibis"
STATED = {QUETZAL: "woman", PTARMIGAN: "man", IBIS: "non_binary"}
NAMES = tuple(name.split()[1] for name in STATED)
LANGUAGES = ("en", "es", "fr")
#: Pages that explain the question and its answers, and those that print numbers; there the grep looks for names beside them.
EXPLAINING = frozenset(
    {
        "/privacy", "/styleguide", "/registrations/{token:str}", "/speaking/{token:str}", "/applications/{token:str}",
        "/reports/{year:int}", "/reports/{year:int}/{file:str}", "/api/v1/reports/{year:int}",
    }
)  # fmt: skip
#: Not the same twice: they count and time the calls themselves.
LIVELY = frozenset({"/metrics", "/health/ready", "/staff/audit"})
#: What some addresses have to be asked.
QUERIES = dict.fromkeys(
    (
        "/api/v1/statistics",
        "/api/v1/statistics/parity",
        "/api/v1/statistics/engagement",
        "/api/v1/statistics/indicators",
        "/api/v1/statistics/answers/{number:int}",
    ),
    "?year=2099",
)
#: Answers that cannot be reached with what is in the database, each for a reason.
UNREACHED = {
    "/health/ready",  # speaks of the server that runs, and none does
    "/registrations/{token:str}/certificate.pdf",  # after the event; the same page for all stands in certificates.pdf
    "/schema/{path:str}",  # always 404
    "/speakers/{slot_id:uuid}/portrait.jpg",  # pictures, and nobody has sent one
    "/speaking/{token:str}/portrait.jpg",
    "/staff/speakers/{slot_id:uuid}/portrait.jpg",
    "/sign-in/{token:str}",  # a link that ends with its first use
    "/static/{file_path:path}",  # files of the repository
}


def gender_words() -> frozenset[str]:
    """Codes and labels in every language, folded; the plural of pages as well."""
    words = {code.value for code in Gender}
    for language in LANGUAGES:
        with speaking_language(language):
            words |= {label for code, label in gender_choices() if code}
    words |= {"women", "men", "female", "male", "mujeres", "hombres", "femmes", "hommes", "femenino", "masculino"}
    return frozenset(word.casefold() for word in words)


WORDS = gender_words()
_WORD = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(WORDS, key=len, reverse=True)))})(?![\w-])")
#: “3 women” counts people and tells nobody's gender.
_COUNTED = re.compile(
    rf"\d+[\s\u00a0\u202f]+(?:{'|'.join(map(re.escape, sorted(WORDS, key=len, reverse=True)))})(?![\w-])"
)
_BOUNDARY = re.compile(
    r"</?(?:tr|li|p|div|dl|section|ul|ol|table|thead|tbody|form|fieldset|article|header|nav|h[1-6]|main|body|head|title|desc"
    r"|entry|item|option|details|summary|text)\b[^>]*>",
    re.I,
)


def has_gender(text: str) -> bool:
    """Whether a gender is named, other than to count people."""
    return bool(_WORD.search(_COUNTED.sub("", text.casefold())))


def records(body: bytes, media_type: str) -> Iterator[str]:
    """The parts of an answer that are each about one thing: rows, items, lines, objects."""
    if "json" in media_type:
        yield from _objects(json.loads(body))
    elif "spreadsheet" in media_type:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        for name in book.sheet_names:
            yield from ("\t".join(map(str, row)) for row in book.get_sheet_by_name(name).to_python())
    elif media_type.startswith("image/"):
        return  # what people sent themselves
    elif "wordprocessing" in media_type:
        document = Document(io.BytesIO(body))
        yield from (paragraph.text for paragraph in document.paragraphs)
        yield from ("\t".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows)
    elif "zip" in media_type:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield from archive.read(name).decode().splitlines()
    elif "pdf" in media_type:
        yield from (page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    elif "html" in media_type or "xml" in media_type:
        yield from _BOUNDARY.split(body.decode())
    elif "calendar" in media_type:
        yield from body.decode().replace("\r\n ", "").split("BEGIN:")
    else:
        yield from body.decode().splitlines()


def _objects(value: Any) -> Iterator[str]:
    """Each object with its own values, without the objects inside it."""
    if isinstance(value, dict):
        plain = {key: one for key, one in value.items() if not isinstance(one, (dict, list))}
        lists = {
            key: [e for e in one if not isinstance(e, (dict, list))]
            for key, one in value.items()
            if isinstance(one, list)
        }
        yield " ".join(str(one) for one in itertools.chain(plain.values(), *lists.values()))
        for one in value.values():
            yield from _objects(one)
    elif isinstance(value, list):
        for one in value:
            yield from _objects(one)


def leaks(body: bytes, media_type: str, *, public: bool = False) -> list[str]:
    """What tells a person's gender; in public every mention outside a form, which asks the question."""
    text = body
    if public and "html" in media_type:
        text = re.sub(rb"<form\b.*?</form>", b"", body, flags=re.S)
    return [
        record.strip()[:300]
        for record in records(text, media_type)
        if has_gender(record) and (public or any(name in record for name in NAMES))
    ]


class World:
    """What is there to be looked at: values for the parameters of routes, links of others, tokens."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], list[str]] = {}
        #: Personal links of the two who exchange, as letters give them; each shows its holder's own answer.
        self.own_links: list[str] = []
        self.people: dict[str, list[UUID]] = {}


async def the_world() -> World:
    """An event with a panel, registrations and attendance, a lab with applications, letters, a campaign, a body."""
    from eventhub.cohorts.commands import propose_cohort
    from eventhub.cohorts.queries import Span, Wishes
    from eventhub.indicators.commands import NewValue, add_value
    from eventhub.mailings.commands import plan_letter
    from eventhub.mailings.rules import Plan
    from eventhub.outcomes.commands import OutcomeFacts, add_outcome
    from eventhub.registrations.commands import record_attendance
    from eventhub.reviewing.commands import accept_application
    from tests.campaigns.test_commands import a_campaign

    found = World()
    planned = uuid4()
    for member in ("Barcelona", "Lima", "Quito", "Rome"):
        await a_member(member)
    account = await some_account()
    event = await an_event(title="Forum of birds", kind="forum", description="Wings of the metropolis.")
    item = await an_item(event, "Panel of birds")
    slots, registrations = [], {}
    for name, gender in STATED.items():
        address = f"{name.split()[1].lower()}@example.org"
        slots += await speaking(item, gender, name=name, email=address, member="barcelona")
        registrations[name] = await registered(event, name, email=address, gender=gender, member="barcelona")
    invited = await speaking(item, "woman", name="Xoel Heron", email="heron@example.org", status="invited")
    await speaking(item, "man", "man", "man")  # the panel tips over, and the organiser gets a letter
    other = await registered(event, "Xoel Heron", email="heron@example.org", gender="undisclosed")
    lab = await a_lab_with_call("Nests")
    await load_lab_templates(NOW)
    await open_round_call(lab.lab_round, NewCall(NOW, NOW + timedelta(days=9), "UTC"), now=NOW, account_id=account)
    told = Definition("text", {"en": Texts("Which nest?", "", "To find it.")})
    call = await add_call_question("lab", lab.slug, told, 1, version=1, now=NOW, account_id=account)
    asked = call.content.questions[0].id
    applications = []
    for name, member in zip(STATED, ("barcelona", "lima", "quito"), strict=True):
        new = await an_application(lab, member, f"{name.split()[1].lower()}@example.org")
        await sql("UPDATE person SET name = {} WHERE email_key = {}", name, f"{name.split()[1].lower()}@example.org")
        await sql("UPDATE application SET contact_name = {} WHERE id = {}", name, new.id)
        await accept_application(new.id, now=NOW, account_id=account)
        applications.append(new)
    theirs = await an_application(lab, "rome", "heron@example.org")
    for position, (name, gender) in enumerate(STATED.items()):
        proposed = UUID(int=20 + position)
        await sql(
            "INSERT INTO proposed_person (id, application, position, name, email, role) VALUES ({}, {}, {}, {}, {}, 'Expert')",
            proposed, applications[position].id, position, name, f"{name.split()[1].lower()}@example.org",
        )  # fmt: skip
        await sql(
            "INSERT INTO proposed_gender (proposed_person, gender, purpose, stated_at) VALUES ({}, {}, 'balance', {})",
            proposed, gender, NOW,
        )  # fmt: skip
    for file, application in ((UUID(int=11), applications[0]), (UUID(int=12), theirs)):
        await sql(
            "INSERT INTO application_file (id, application, question, name, content_type, content, uploaded_at) "
            "VALUES ({}, {}, 'plan', 'plan.png', 'image/png', {}, {})",
            file, application.id, b"\x89PNG", NOW,
        )  # fmt: skip
    for name in STATED:
        await sql(
            "UPDATE lab_participant SET is_shown = {}, introduction = 'Feathers' WHERE person IN (SELECT id FROM person "
            "WHERE email_key = {})",
            True, f"{name.split()[1].lower()}@example.org",
        )  # fmt: skip
    cohort = await sql("SELECT id FROM lab_participant ORDER BY joined_at, id")
    material = await add_material(
        lab.slug,
        NewMaterial("Feathers", file=SentFile("f.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")),
        now=NOW,
        account_id=account,
    )
    await propose_cohort(lab.slug, Wishes(size=Span(2, 2), women=Span(50), meets_at=NOW), now=NOW, account_id=account)
    for one in registrations.values():
        await record_attendance(one.registration.id, attended=True, now=NOW, account_id=account)
    campaign = await a_campaign()
    stated = await add_value(
        NewValue(2099, "own events", "speakers at own events", Decimal(40), "people"), now=NOW, account_id=account
    )
    reminder = Plan("reminder", "registered", "start", -60)
    await plan_letter(event, reminder, key=planned, now=NOW, account_id=account)
    await sql(
        "INSERT INTO parity_exception (id, event, account, reason, findings, granted_at) VALUES ({}, {}, {}, {}, {}, {})",
        UUID(int=7), event.id, account, "Two had to cancel.", "“Panel of birds” has 1 woman and 1 man.", NOW,
    )  # fmt: skip
    for name, gender in STATED.items():
        rows = await sql("SELECT id FROM person WHERE name = {}", name)
        found.people[name] = [row["id"] for row in rows]
        for row in rows:
            await sql("DELETE FROM gender_statement WHERE person = {}", row["id"])
            await sql(
                "INSERT INTO gender_statement (person, gender, source, purpose, consent_version, consent_language, "
                "stated_at) VALUES ({}, {}, 'self', 'gender statistics', '2026-11', 'en', {})",
                row["id"], gender, NOW,
            )  # fmt: skip
    series = UUID(int=8)
    await sql("INSERT INTO event_series (id, slug, name, created_at) VALUES ({}, 'birds', 'Birds', {})", series, NOW)
    await sql("UPDATE event SET series = {}, edition = 1 WHERE id = {}", series, event.id)
    desk = await set_delegation(
        event.slug, "barcelona", Terms(), Contact("Xoel Heron", "heron@example.org", "en"), now=NOW, account_id=account
    )
    await sql("UPDATE registration SET role = 'delegate' WHERE event = {} AND name = {}", event.id, QUETZAL)
    question = await a_question(event, "Your nest?", kind="file")
    await sql(
        "INSERT INTO answer_file (id, registration, question, name, content_type, content, uploaded_at) "
        "VALUES ({}, {}, {}, 'nest.png', 'image/png', {}, {})",
        UUID(int=9), registrations[QUETZAL].registration.id, UUID(question.id), b"\x89PNG", NOW,
    )  # fmt: skip
    twin = UUID(int=10)
    await sql(
        "INSERT INTO person (id, name, organisation, country, language, created_at) VALUES ({}, {}, '', '', 'en', {})",
        twin, QUETZAL, NOW,
    )  # fmt: skip
    feedback = UUID(int=11)
    await sql(
        "INSERT INTO feedback (id, event, person, language, asked_at) VALUES ({}, {}, {}, 'en', {})",
        feedback, event.id, registrations[QUETZAL].registration.person, NOW,
    )  # fmt: skip
    agreed = OutcomeFacts("A nest for two", NOW.date(), ("barcelona", "lima"))
    outcome = await add_outcome(lab.slug, agreed, now=NOW, account_id=account)
    pool = (await sql("SELECT id FROM seat_pool WHERE event = {}", event.id))[0]["id"]
    token = other.manage_url.rsplit("/", 1)[1]
    letters = [str(row["id"]) for row in await sql("SELECT id FROM letter ORDER BY id")]
    (line,) = await sql("SELECT plan FROM action_line ORDER BY code LIMIT 1") or [{"plan": "nothing"}]
    event_files = ["", ".csv", ".xlsx", ".json"]
    own = registrations[QUETZAL].registration
    await sql("INSERT INTO event_team (id, event, account) VALUES ({}, {}, {})", UUID(int=11), event.id, account)
    feeds = {
        kind: f"{await make_feed_link(kind, subject, language='en', now=NOW)}.ics"
        for kind, subject in (
            (FeedKind.PERSON, own.person), (FeedKind.MEMBER, desk.member), (FeedKind.LAB, lab.id), (FeedKind.ACCOUNT, account),
        )
    }  # fmt: skip
    await publish_edition(2099, "Printed.", after=0, now=NOW, account_id=account)
    report_files = [("en", "html"), ("es", "docx"), ("fr", "xlsx"), ("en", "csv")]
    found.values = {
        ("year", "/reports"): ["2099"],
        ("year", "/api/v1/reports"): ["2099"],
        ("number", "/staff/figures"): ["1"],
        ("file", "/staff/figures"): [file_name(2099, number, *one) for one in report_files for number in (None, 1)],
        ("file", "/reports"): [file_name(2099, 1, *one) for one in report_files],
        ("slug", "/events"): [event.slug, f"{event.slug}.ics", f"{event.slug}.atom"],
        ("slug", "/staff/events"): [event.slug],
        ("slug", "/api/v1/events"): [event.slug],
        ("slug", "/labs"): [lab.slug],
        ("kind", "/calls"): ["lab"],
        ("year", "/calls"): ["2026"],
        ("round_id", "/staff/rounds"): [str(lab.lab_round)],
        ("code", "/staff/lab-templates"): ["fund"],
        ("kind", "/staff/calls"): ["lab"],
        ("key", "/staff/calls"): [lab.slug],
        ("question_id", "/staff/calls"): [asked],
        ("slug", "/staff/labs"): [lab.slug],
        ("slug", "/api/v1/labs"): [lab.slug],
        ("slug", "/series"): ["birds"],
        ("slug", "/staff/series"): ["birds"],
        ("slug", "/campaigns"): [campaign.slug],
        ("slug", "/staff/campaigns"): [campaign.slug],
        ("item_id", "/"): [str(item.id)],
        ("person_id", "/"): [str(found.people[name][0]) for name in STATED],
        ("token", "/speaking"): [speaking_url(invited[0], 1).rsplit("/", 1)[1]],
        ("slot_id", "/"): [str(slots[0]), str(invited[0])],
        ("letter_id", "/"): letters,
        ("planned_id", "/"): [str(planned)],
        ("application_id", "/"): [str(one.id) for one in applications],
        ("token", "/lab-places"): [make_link("lab_place", applications[0].id, 1)],
        ("token", "/cohorts"): [
            make_link("lab_participant", cohort[0]["id"], 1),
            f"{make_link('cohort_calendar', cohort[0]['id'], 1)}.ics",
        ],
        ("participant", "/cohorts"): [str(row["id"]) for row in cohort],
        ("material", "/"): [str(material)],
        ("file_id", "/staff/applications"): [str(UUID(int=11))],
        ("file_id", "/applications"): [str(UUID(int=12))],
        ("registration_id", "/"): [str(registrations[QUETZAL].registration.id)],
        ("key", "/"): ["barcelona"],
        ("code", "/staff/indicators"): ["speakers", "lab_women_share"],
        ("value_id", "/"): [str(stated.id)],
        ("code", "/"): ["board", "board_of_directors", "assembly"],
        ("plan", "/"): [line["plan"]],
        ("name", "/staff/answers"): ["2", "4", "7", "24", "30.csv"],
        ("number", "/api/v1/statistics/answers"): ["4", "24"],
        ("name", "/staff/figures"): ["2099", "2099.csv", "2099.xlsx"],
        ("name", "/staff/figures/{name:str}/engagement"): ["2099"],
        ("name", "/staff/figures/{name:str}/sent"): ["2099"],
        ("quarter", "/"): ["1"],
        ("name", "/"): ["2099", "2099.csv"],
        ("number", "/applications"): ["1"],
        ("code", "/staff/figures"): ["own_events", "attendances", "speakers", "speakers.csv", "members_involved"],
        ("table", "/"): [f"calendar-annex{end}" for end in event_files[:3]],
        ("token", "/registrations"): [token],
        ("token", "/registrations/{token:str}/calendar"): [
            manage_url(own.id, own.link_version, by_letter=True).rsplit("/", 1)[1]
        ],
        ("token", "/people"): [feeds.pop(FeedKind.PERSON)],
        ("token", "/feeds"): list(feeds.values()),
        ("token", "/join"): [token],
        ("token", "/letters"): [opt_out_url(registrations[QUETZAL].registration.person, event.id).rsplit("/", 1)[1]],
        ("token", "/delegation"): [make_link("delegation", desk.id, desk.link_version)],
        ("person_id", "/delegation"): [str(registrations[QUETZAL].registration.id)],
        ("person_id", "/staff/events"): [str(registrations[QUETZAL].registration.id)],
        ("code", "/certificates"): [make_link("certificate", registrations[QUETZAL].registration.id, 1)],
        ("pool_id", "/"): [str(pool)],
        ("question_id", "/"): [question.id],
        ("kept", "/"): [str(found.people[QUETZAL][0])],
        ("merged", "/"): [str(twin)],
        ("message_id", "/"): await messages_of(event, other.registration),
        ("token", "/answers"): [undo_token((await answers_of_event(event.id))[other.registration.id])],
        ("token", "/feedback"): [make_link("feedback", feedback, 1)],
        ("token", "/follow-ups"): [make_link("follow_up", outcome.follow_ups[0].id, 1)],
        ("outcome_id", "/"): [str(outcome.id)],
        ("follow_up_id", "/"): [str(outcome.follow_ups[0].id)],
        ("name", "/staff/lab-reports"): ["2026", "2026.csv"],
        ("year", "/api/v1/lab-rounds"): ["2026"],
    }
    found.own_links = [speaking_url(slot, 1).removeprefix(BASE_URL) for slot in slots[:2]]
    for address, path in await links_in_letters():
        if address.split("@")[0] in ("quetzal", "ptarmigan", "ibis"):
            found.own_links.append(path)
        else:
            _, start, token = path.rsplit("/", 2)
            found.values.setdefault(("token", f"/{start}"), []).append(token)
    return found


async def messages_of(event: Any, registration: Any) -> list[str]:
    """A "no" of somebody's calendar, and somebody's words, which staff have to decide about."""
    from tests.replies.messages import calendar, head, plain

    no = calendar(event.calendar_uid, registration.email, answer="DECLINED", more=("COMMENT:I fly south.",))
    words = f"{head(registration.email, 'eventhub@localhost')}Content-Type: text/plain\r\n\r\nMay I bring a friend?"
    found = []
    for octets in (plain(no, registration.email, organiser_for(registration.person).address), words.encode()):
        done = await receive(octets, source="pipe", envelope_recipient=None, now=NOW)
        found.append(str(done.id))
    return found


async def links_in_letters() -> list[tuple[str, str]]:
    """Address of the recipient and path of each personal link in the letters so far."""
    found = []
    for row in await sql("SELECT kind, language, facts, recipient_address FROM letter ORDER BY id"):
        letter = render(row["kind"], "en", json.loads(row["facts"]), recipient_address=row["recipient_address"])
        paths = re.findall(rf"{BASE_URL}(/(?:registrations|people|applications|speaking)/[\w.~-]+)", letter.text)
        found += [(row["recipient_address"], path) for path in dict.fromkeys(paths)]
    return found


def get_routes(app: Any) -> list[tuple[str, Policy]]:
    """Paths with their parameters, and policies, of every route that answers GET."""
    return sorted(
        (route.path, route.route_handler_map["GET"][0].opt["policy"])
        for route in app.routes
        if "GET" in getattr(route, "route_handler_map", {})
    )


def addresses(path: str, world: World) -> list[str]:
    """The path with its parameters filled in, in every way the world knows."""
    names = re.findall(r"\{(\w+):\w+\}", path)
    choices = []
    for name in names:
        fitting = [
            (start, values) for (own, start), values in world.values.items() if own == name and path.startswith(start)
        ]
        choices.append(max(fitting, key=lambda one: len(one[0]))[1] if fitting else ["nothing"])
    found = []
    for values in itertools.product(*choices):
        filled = iter(values)
        found.append(re.sub(r"\{\w+:\w+\}", lambda _, filled=filled: next(filled), path))  # type: ignore[misc]
    return [f"{one}{QUERIES.get(path, '')}" for one in found]


Answers = dict[tuple[str, str, str], tuple[int, str, bytes]]


class Walker:
    """Everybody who may look: nobody in three languages, and each role with its pages and its programs."""

    def __init__(self, app: Any, world: World) -> None:
        self.app, self.world = app, world
        self.sessions: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    async def begin(self) -> "Walker":
        """Sign everybody in."""
        for role in Role:
            address = f"{role}@example.org"
            await an_account(role, address)
            link = await make_sign_in_link(address, now=utc_now())
            assert link
            self.sessions[role] = await sign_in(link.rsplit("/", 1)[1], now=utc_now(), former_session=None)
            self.tokens[role] = await create_api_token(address, name="canary", now=utc_now())
        return self

    async def walk(self, *only: str) -> Answers:
        """Who asked (or some of them), the route, the address, and what came back: status, media type and body."""
        found: Answers = {}
        async with browser(self.app) as client:
            for path, policy in get_routes(self.app):
                who = [*(LANGUAGES if policy in (Policy.PUBLIC, Policy.HOLDER) else LANGUAGES[:1]), *self.sessions]
                who = [one for one in who if not only or one in only]
                for address, one in itertools.product(addresses(path, self.world), who):
                    found[one, path, address] = await self.ask(client, one, address)
        return found

    async def ask(self, client: httpx.AsyncClient, who: str, address: str) -> tuple[int, str, bytes]:
        """One call, by somebody signed in or by nobody in a language."""
        client.cookies.clear()
        headers = {"Accept-Language": who} if who in LANGUAGES else {}
        if who in LANGUAGES:
            client.cookies.set("visitor", "somebody")
        elif is_api(address):
            headers = bearer(self.tokens[who])
        else:
            client.cookies.set(cookie_name("eventhub"), self.sessions[who])
        answer = await client.get(address, headers=headers)
        return answer.status_code, answer.headers.get("content-type", "").partition(";")[0], answer.content


@pytest.fixture
async def world(app: Any, database: None) -> World:
    return await the_world()


@pytest.fixture
async def walker(app: Any, world: World) -> Walker:
    return await Walker(app, world).begin()


async def exchange(world: World) -> None:
    """The woman and the man exchange what they stated; no count of anything changes."""
    for name, gender in ((QUETZAL, "man"), (PTARMIGAN, "woman")):
        for person in world.people[name]:
            await sql("UPDATE gender_statement SET gender = {} WHERE person = {}", gender, person)
    await sql("UPDATE shared_stamp SET stamp = stamp + 1")  # no page is answered from memory


def is_public(who: str, path: str) -> bool:
    return who in LANGUAGES and path not in EXPLAINING


def names_no_gender_of_a_person(walker: Walker, answers: Answers) -> None:
    """All that was answered, and that there was something to find."""
    found = [
        (who, address, leak)
        for (who, path, address), (status, media, body) in answers.items()
        if status < 300
        for leak in leaks(body, media, public=is_public(who, path))
    ]
    assert found == []
    broken = {
        address for (_, path, address), (status, _, _) in answers.items() if status >= 500 and path not in UNREACHED
    }
    assert broken == set()
    seen = {path for (_, path, _), (status, _, _) in answers.items() if status < 400}
    missed = {path for path, _ in get_routes(walker.app)} - seen - UNREACHED
    assert missed == set(), "give the parameters of new routes values in the_world()"
    named = {path for (_, path, _), (_, _, body) in answers.items() if any(name.encode() in body for name in NAMES)}
    assert len(named) > 8, "the people must be there to be looked for"


async def test_no_answer_names_a_gender_or_changes_when_two_people_exchange_what_they_stated(
    walker: Walker, world: World
) -> None:
    """One walk of everybody through every address before, and one after."""
    before = await walker.walk()
    names_no_gender_of_a_person(walker, before)
    await exchange(world)
    after = await walker.walk()
    changed = [
        (who, address)
        for (who, path, address), (status, media, body) in before.items()
        if path not in LIVELY and (status, _content(media, body)) != _now(after[who, path, address])
    ]
    assert changed == []


def _now(answer: tuple[int, str, bytes]) -> tuple[int, object]:
    status, media, body = answer
    return status, _content(media, body)


def _content(media: str, body: bytes) -> object:
    """What an answer says, without the keys of a form and of its empty rows, the time on a clock, and when a workbook was made."""
    if "spreadsheet" in media:
        return list(records(body, media))
    return re.sub(rb'name="(?:submission_)?key"[^>]*>|\b\d\d:\d\d\b|\bperson_[0-9a-f]{32}_', b"", body)


async def test_only_the_person_sees_the_own_answer(app: Any, world: World) -> None:
    """The control of the exchange: the own page of one of the two does change."""
    async with browser(app) as client:
        before = [(await client.get(link)).text for link in world.own_links]
        await exchange(world)
        after = [(await client.get(link)).text for link in world.own_links]
    own = [
        [found for page in pages if (found := re.findall(r'value="(woman|man|non_binary)"[^>]*\bchecked', page))]
        for pages in (before, after)
    ]
    assert own[0] == [["woman"], ["man"], ["woman"], ["man"], ["non_binary"]]  # as speakers, then as participants
    assert own[1] == [["man"], ["woman"], ["man"], ["woman"], ["non_binary"]]
    secret = await make_feed_link(FeedKind.PERSON, world.people[QUETZAL][0], language="en", now=NOW)
    feed = f"/people/{secret}.ics"
    async with browser(app) as client:
        answer = await client.get(feed)
    assert (answer.status_code, leaks(answer.content, "text/calendar", public=True)) == (200, [])


async def test_no_letter_to_somebody_else_names_a_gender(world: World) -> None:
    from eventhub.events.commands import cancel_event

    event = (await sql("SELECT slug FROM event WHERE title = {}", "Forum of birds"))[0]
    await cancel_event(event["slug"], reason="A storm.", now=NOW, account_id=await some_account())
    rows = await sql("SELECT kind, language, facts, recipient_address FROM letter")
    assert len({row["kind"] for row in rows}) > 3
    found = []
    for row, language in itertools.product(rows, LANGUAGES):
        facts = json.loads(row["facts"])
        letter = render(row["kind"], language, facts, recipient_address=row["recipient_address"])
        for part, media in ((letter.subject, "text/plain"), (letter.text, "text/plain"), (letter.html, "text/html")):
            found += [(row["kind"], leak) for leak in leaks(part.encode(), media, public=True)]
        found += [(row["kind"], "facts") for leak in leaks(json.dumps(facts).encode(), "application/json", public=True)]
    assert found == []


async def test_no_export_of_the_command_line_names_a_gender_or_changes_with_it(world: World) -> None:
    async def everything() -> dict[str, list[tuple[str, ...]]]:
        tables = {
            kind: await make(ExportRequest(year=2099 if "--year" in NARROWED_BY.get(kind, ()) else None))
            for kind, make in EXPORTS.items()
        }
        return {
            kind: [tuple(table.columns), *(tuple(map(str, row)) for row in await asyncio.to_thread(list, table.rows))]
            for kind, table in tables.items()
        }

    before = await everything()
    assert any(QUETZAL in row for row in before["speakers"])
    lines = [" ".join(row) for rows in before.values() for row in rows]
    assert [line for line in lines if has_gender(line) or "gender" in line] == []
    await exchange(world)
    assert await everything() == before


async def test_a_gender_that_somebody_plants_is_found_in_every_kind_of_answer(app: Any, world: World) -> None:
    """The control of the grep, through the application: a description that says too much."""
    await sql("UPDATE event SET description = {} WHERE title = {}", f"{QUETZAL} (woman)", "Forum of birds")
    await sql("UPDATE shared_stamp SET stamp = stamp + 1")
    walker = await Walker(app, world).begin()
    answers = await walker.walk("en", Role.ADMINISTRATOR)
    telling = {
        (who in LANGUAGES, media)
        for (who, path, _), (status, media, body) in answers.items()
        if status < 300 and leaks(body, media, public=is_public(who, path))
    }
    assert {(True, "text/html"), (True, "application/json"), (True, "text/calendar")} <= telling


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ("<table><tr><td>Xana Quetzal</td><td>Woman</td></tr></table>", "text/html"),
        ("<table><tr><td>Xana Quetzal</td><td>Mujer</td></tr></table>", "text/html"),
        ("<li>Quetzal <span class='man'>x</span></li>", "text/html"),
        ("<dl><div><dt>Ibis</dt><dd>Non binaire</dd></div></dl>", "text/html"),
        ('{"items": [{"name": "Xiu Ibis", "tags": ["non_binary"]}]}', "application/json"),
        ("name,x\nXimo Ptarmigan,man\n", "text/csv"),
        ("BEGIN:VEVENT\r\nATTENDEE:Quetzal\r\nX-NOTE:wom\r\n an\r\nEND:VEVENT", "text/calendar"),
        ("<entry><name>Quetzal</name><category>femme</category></entry>", "application/atom+xml"),
    ],
)
async def test_the_grep_finds_what_is_planted(body: str, media: str) -> None:
    assert leaks(body.encode(), media) != []


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ("<tr><td>Panel</td><td>1 woman, 2 men</td><td>Quetzal</td></tr>", "text/html"),
        ("<tr><td>Quetzal</td></tr><tr><td>Women</td><td>3</td></tr>", "text/html"),
        ('{"women": 3, "items": [{"name": "Ibis"}]}', "application/json"),
        ("name,level\nPtarmigan,political\n", "text/csv"),
        ("<p>Quetzal, Mandate of the woman-led lab</p>", "text/html"),
    ],
)
async def test_the_grep_lets_counts_and_other_words_pass(body: str, media: str) -> None:
    assert leaks(body.encode(), media) == []
