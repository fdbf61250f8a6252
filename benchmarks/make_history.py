"""
Ten years of an association, to measure figures with.

    python -m benchmarks.make_history sqlite:////tmp/history.sqlite
    python -m benchmarks.make_history sqlite:////tmp/one.sqlite --first 2024 --last 2024

300 events a year (own ones, events of others, umbrellas, bilateral and statutory meetings, a campaign), 160 members,
100,000 registrations a year of 150,000 people who come again, seven of ten of them present, panels, head counts and
ten labs with sessions. The same every time. Names are numbers: no person is real.
"""

import argparse
import asyncio
import csv
import os
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from eventhub.resources import DATA

EVENTS, REGISTRATIONS, PEOPLE = 300, 100_000, 150_000
#: Kinds of own events with how often they are held, of a hundred.
KINDS = {
    "forum": 12, "seminar": 15, "workshop": 15, "webinar": 20, "learning": 10, "training_course": 5, "policy_debate": 5,
    "lab_session": 10, "campaign_event": 5, "board_of_directors": 1, "general_assembly": 1, "congress": 1,
}  # fmt: skip
GENDERS = ("woman", "woman", "woman", "woman", "man", "man", "man", "man", "man", "non_binary", "undisclosed", None)
_SPACE = UUID("5f0c6d2e-6c53-4c3f-9d0e-1f6a1c0f9a00")
AT = datetime(2024, 1, 1, 12, tzinfo=UTC)
Rows = Iterator[tuple[str, Sequence[str], list[tuple[Any, ...]]]]


def key(kind: str, number: object) -> UUID:
    """The same key for the same thing in every database."""
    return uuid5(_SPACE, f"{kind}/{number}")


def directory(chance: random.Random, people: int) -> Rows:
    """Regions, members, people and how they want to be counted."""
    with (DATA / "members.csv").open(encoding="utf-8", newline="") as file:
        members = list(csv.DictReader(file))
    regions = sorted({row["region_code"]: row["region"] for row in members}.items())
    yield "region", ("id", "code", "name"), [(key("region", code), code, name) for code, name in regions]
    yield "member", (
        "id", "key", "name", "name_folded", "kind", "region", "country", "time_zone", "language", "language_confidence",
        "joined_note", "listed_in_2020", "updated_at",
    ), [
        (
            key("member", place), row["member_id"], row["name"], row["member_id"], row["kind"],
            key("region", row["region_code"]), row["country"], row["time_zone"], row["language"], "high", "", True, AT,
        )
        for place, row in enumerate(members)
    ]  # fmt: skip
    yield (
        "theme",
        ("id", "code", "name", "tag", "position"),
        [
            (key("theme", code), code, code.title(), code, place)
            for place, code in enumerate(("futures", "ecosystems", "cohesion", "institutions", "gender"))
        ],
    )
    for first in range(0, people, 50_000):
        numbers = range(first, min(people, first + 50_000))
        yield "person", ("id", "name", "email", "email_key", "member", "organisation", "country", "language", "created_at"), [
            (key("person", n), f"Person {n}", f"p{n}@example.org", f"p{n}@example.org", key("member", n % 160), "", "", "en", AT)
            for n in numbers
        ]  # fmt: skip
        yield "gender_statement", (
            "person", "gender", "source", "purpose", "consent_version", "consent_language", "stated_at",
        ), [
            (key("person", n), gender, "self", "gender statistics", "2026-11", "en", AT)
            for n in numbers
            if (gender := chance.choice(GENDERS))
        ]  # fmt: skip


def year(chance: random.Random, of: int, registrations: int, people: int) -> Rows:
    """The events, panels, registrations, attendance and labs of one year."""
    campaign = key("campaign", of)
    yield "campaign", ("id", "slug", "title", "theme", "description", "starts_on", "ends_on", "is_public", "created_at"), [
        (campaign, f"day-{of}", f"World Metropolitan Day {of}", "", "", date(of, 10, 1), date(of, 10, 31), True, AT)
    ]  # fmt: skip
    events, pools, items, slots, heads, open_ones = [], [], [], [], [], []
    kinds = chance.choices(list(KINDS), list(KINDS.values()), k=EVENTS)
    for number in range(EVENTS):
        event, kind = key("event", f"{of}/{number}"), kinds[number]
        share = chance.random()
        involvement = (
            "organised" if share < 0.4 else "co_organised" if share < 0.6 else "spoke_at" if share < 0.75
            else "participated" if share < 0.9 else "supported"
        )  # fmt: skip
        is_own, counts = share < 0.6, chance.random() > 0.04
        kind = "bilateral" if chance.random() < 0.08 else kind
        day = date(of, 1, 1) + timedelta(days=chance.randrange(365))
        mode = chance.choice(("in_person", "online", "online", "hybrid"))
        events.append(
            (
                event, f"event-{of}-{number}", f"Event {number} of {of}", f"event {number} of {of}", kind, mode, involvement,
                "published", day, day, "Barcelona", "ES", "", "", counts, key("member", chance.randrange(160)), "", "", "",
                "", "", str(event), "", AT, AT, campaign if kind == "campaign_event" else None,
            )
        )  # fmt: skip
        pools.append((key("pool", event), event, False))
        if not is_own:
            continue
        if chance.random() < 0.15:
            heads.append((event, chance.randrange(80), chance.randrange(80), 1, 4, "count", AT))
        else:
            open_ones.append(event)
        for place in range(2):
            item = key("item", f"{event}/{place}")
            at = datetime(day.year, day.month, day.day, 9 + place, tzinfo=UTC)
            items.append(
                (
                    item,
                    event,
                    "Panel",
                    "panel",
                    day,
                    at.time(),
                    day,
                    at.replace(minute=50).time(),
                    at,
                    at.replace(minute=50),
                    "",
                    "",
                    "",
                )
            )
            slots += [
                (
                    key("slot", f"{item}/{seat}"), item, key("person", chance.randrange(people)),
                    "moderator" if seat == 4 else "panellist", "political" if chance.random() < 0.2 else "technical",
                    "confirmed", key("member", chance.randrange(160)), AT,
                )
                for seat in range(5)
            ]  # fmt: skip
    yield "event", (
        "id", "slug", "title", "title_folded", "kind", "mode", "involvement", "status", "starts_on", "ends_on", "place",
        "country", "online_url", "description", "counts_in_statistics", "host_member", "parity_exempt_reason",
        "printed_start", "printed_end", "printed_title", "printed_location", "calendar_uid", "cancel_reason", "created_at",
        "updated_at", "campaign",
    ), events  # fmt: skip
    yield "seat_pool", ("id", "event", "is_open"), pools
    yield "programme_item", (
        "id", "event", "title", "kind", "starts_on", "starts_time", "ends_on", "ends_time", "starts_at", "ends_at", "room",
        "description", "parity_exempt_reason",
    ), items  # fmt: skip
    yield "speaker_slot", ("id", "programme_item", "person", "role", "level", "status", "member", "created_at"), slots
    yield "head_count", ("event", "women", "men", "others", "undisclosed", "source", "recorded_at"), heads
    yield (
        "event_theme",
        ("id", "event", "theme"),
        [
            (key("event_theme", row[0]), row[0], key("theme", chance.choice(("futures", "cohesion", "gender"))))
            for row in events
        ],
    )
    each = registrations // len(open_ones) + 1
    for event in open_ones:
        chosen = chance.sample(range(people), min(each, people))
        taken, there = [], []
        for person in chosen:
            new = key("registration", f"{event}/{person}")
            member = key("member", person % 160) if person % 10 else None
            taken.append(
                (
                    new, event, key("pool", event), key("person", person), f"Person {person}", "confirmed", "on_site",
                    "political" if not person % 20 else "technical", member, "", f"City {person % 400}", "ES", "en", "", "",
                    AT, AT,
                )
            )  # fmt: skip
            if chance.random() < 0.7:
                there.append((key("attendance", new), new, "on_site", "staff", AT))
        yield "registration", (
            "id", "event", "pool", "person", "name", "status", "attends", "level", "member", "organisation", "city",
            "country", "language", "time_zone", "answers", "registered_at", "status_at",
        ), taken  # fmt: skip
        yield "attendance", ("id", "registration", "mode", "source", "recorded_at"), there
    yield from labs(
        chance, of, [row[0] for row in events if row[4] == "lab_session" and row[6] in ("organised", "co_organised")]
    )


def labs(chance: random.Random, of: int, sessions: list[UUID]) -> Rows:
    """Ten labs of a round, with ten people each and the sessions there are."""
    lab_round = key("round", of)
    yield "lab_round", ("id", "year", "title", "lessons"), [(lab_round, of, f"Round {of}", "")]
    yield "lab", ("id", "lab_round", "slug", "number", "name", "full_title", "description", "place", "country", "status", "created_at"), [
        (key("lab", f"{of}/{n}"), lab_round, f"lab-{of}-{n}", n, f"Lab {n}", "", "", "", "", "finished", AT) for n in range(10)
    ]  # fmt: skip
    yield (
        "lab_session",
        ("event", "lab", "number"),
        [(event, key("lab", f"{of}/{place % 10}"), place // 10 + 1) for place, event in enumerate(sessions)],
    )
    yield "lab_participant", ("id", "lab", "person", "member", "role", "joined_at"), [
        (key("lab_participant", f"{of}/{n}/{p}"), key("lab", f"{of}/{n}"), key("person", n * 10 + p), key("member", (n * 10 + p) % 160), "participant", AT)
        for n in range(10)
        for p in range(10)
    ]  # fmt: skip


def history(first: int, last: int, registrations: int = REGISTRATIONS, people: int = PEOPLE) -> Rows:
    """All rows in an order that foreign keys allow."""
    yield from directory(random.Random(1), people)
    for of in range(first, last + 1):
        yield from year(random.Random(of), of, registrations, people)


def _as_text(value: Any) -> Any:
    """A value as the SQLite engine keeps it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


async def load(url: str, rows: Rows) -> int:
    """Write all rows in one transaction; returns how many."""
    written = 0
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            for table, columns, values in rows:
                marks = ", ".join("?" for _ in columns)
                statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
                connection.executemany(statement, (tuple(map(_as_text, row)) for row in values))
                written += len(values)
        connection.close()
        return written
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            for table, columns, values in rows:
                await connection.copy_records_to_table(table, records=values, columns=list(columns))
                written += len(values)
        await connection.execute("VACUUM ANALYZE")  # as the server does by itself within minutes
    finally:
        await connection.close()
    return written


async def make(url: str, first: int, last: int, registrations: int = REGISTRATIONS, people: int = PEOPLE) -> int:
    """Bring a database to the current schema and fill it; the settings must name it."""
    from eventhub.database import close_pool, is_sqlite, sql, start_pool
    from eventhub.migrations import migrate

    await migrate()
    await start_pool()
    try:
        await sql("DELETE FROM region")
    finally:
        await close_pool()
    assert is_sqlite() == url.startswith("sqlite")
    return await load(url, history(first, last, registrations, people))


def main() -> None:
    """Fill the database that is named."""
    parser = argparse.ArgumentParser(description="Fill a database with years of made-up history.")
    parser.add_argument("url")
    parser.add_argument("--first", type=int, default=2015)
    parser.add_argument("--last", type=int, default=2024)
    parser.add_argument("--registrations", type=int, default=REGISTRATIONS, help="a year")
    given = parser.parse_args()
    os.environ["EVENTHUB_DATABASE_URL"] = given.url
    os.environ.setdefault("EVENTHUB_SECRET_KEY", "a key for measurements only, long enough to be taken")
    start = time.monotonic()
    written = asyncio.run(make(given.url, given.first, given.last, given.registrations))
    print(f"{written:,} rows in {time.monotonic() - start:.0f} s.")


if __name__ == "__main__":
    main()
