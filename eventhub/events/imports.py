"""Printed calendars into events: days and places as printed, nothing invented, all or nothing."""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql
from eventhub.directory.countries import country_codes, country_named
from eventhub.directory.folding import fold, slugify
from eventhub.directory.rules import clean_line
from eventhub.events.letters import new_calendar_uid
from eventhub.events.printed import UnreadableDay, kind_of_title, read_day, read_location, tidy
from eventhub.events.rules import LONGEST_EVENT, LONGEST_TITLE, EventKind, Involvement, Mode, unknown_word
from eventhub.importing import all_or_nothing, insert_many
from eventhub.registrations.seats import open_pool
from eventhub.spreadsheets import BadFile, Change, ImportReport, Row, Sheet, cell_problem, plain_text, read_sheet
from eventhub.words import Sentence

REQUIRED = ("start", "end", "title", "location")
OPTIONAL = ("row_no", "mode", "place", "country", "kind", "involvement")
#: The columns that a row fills; those named like a column of the file are taken from it when given.
_FIELDS = ("title", "starts_on", "ends_on", "mode", "place", "country", "kind", "involvement")
_PRINTED = ("printed_start", "printed_end", "printed_title", "printed_location")


@dataclass(frozen=True)
class PrintedRow:
    """One row of a printed calendar, read. `given` are the derived values that the file itself states."""

    line: int
    number: str
    title: str
    starts_on: date
    ends_on: date | None
    mode: str
    place: str
    country: str
    kind: str
    involvement: str
    printed_start: str
    printed_end: str
    printed_title: str
    printed_location: str
    given: frozenset[str]

    @property
    def identity(self) -> str:
        """What tells rows without a number apart: the same title occurs on other days."""
        return hashlib.sha256("\n".join(self.print).encode()).hexdigest()[:16]

    @property
    def print(self) -> tuple[str, ...]:
        """What is printed, however its days and spaces are written."""
        return _print_of({name: getattr(self, name) for name in _PRINTED})


@dataclass(frozen=True)
class CalendarPlan:
    """What an import would do: new rows with their keys, and differences by event id."""

    new: tuple[tuple[str, PrintedRow], ...]
    changed: tuple[tuple[UUID, PrintedRow, Mapping[str, Any]], ...]
    changes: tuple[Change, ...]
    unchanged: int


async def import_events(
    content: bytes,
    filename: str,
    *,
    source: str = "",
    dry_run: bool,
    now: datetime,
    account_id: UUID | None = None,
) -> ImportReport:
    """
    Read a printed calendar and write its events, all of them or nothing.

    Columns: start, end, title, location as printed, with row_no, mode, place,
    country, kind and involvement where there are any; what is missing is
    derived from location and title. Events are published and take no
    registrations. What staff have changed since stays, unless the file now
    says something else than the last time.

    Args:
        content: The bytes of the file.
        filename: Its name.
        source: Names the calendar; with the row's number it makes the key by
            which the same row is found again. Empty: `calendar-` and the year
            in which most rows start.
        dry_run: Only say what would be done.
        now: The clock.
        account_id: Who imports, for the audit trail.

    Raises:
        BadFile: with every row, column and reason.
        ImportCollision: another import wrote the same rows at the same time.

    """
    sheet = await asyncio.to_thread(
        read_sheet, content, filename, required=REQUIRED, optional=OPTIONAL, day_format="%d/%m/%Y"
    )
    rows = read_calendar(sheet)
    source = clean_line(source) or _usual_source(rows)
    if len(source) > 80:
        raise BadFile(Sentence("The name of the calendar is longer than %(most)s characters.", most=80))
    if dry_run:
        return _report(_plan(rows, source, await _known_events()), written=False)
    async with all_or_nothing():
        plan = _plan(rows, source, await _known_events())
        await _write(plan, now=now, account_id=account_id)
        if plan.new or plan.changed:
            detail = f"{len(plan.new)} new, {len(plan.changed)} changed"
            await record("import_events", "file", source, account_id=account_id, now=now, detail=detail)
    return _report(plan, written=True)


def _report(plan: CalendarPlan, *, written: bool) -> ImportReport:
    new = tuple(f"{row.title} ({row.printed_start.strip()})" for _, row in plan.new)
    return ImportReport("events", new, plan.changes, len(plan.changed), plan.unchanged, written)


# Reading


def read_calendar(sheet: Sheet) -> list[PrintedRow]:
    """
    Read every row of a printed calendar.

    Raises:
        BadFile: with every row, column and reason.

    """
    problems: list[Sentence] = []
    rows = [row for line in sheet.rows if (row := _read_row(line, problems))]
    numbers: dict[str, int] = {}
    for row in rows:
        first = numbers.setdefault(row.number or row.identity, row.line)
        if first != row.line:
            column = "row_no" if row.number else "title"
            reason = Sentence("“%(given)s” is in line %(line)s too.", given=row.number or row.title[:80], line=first)
            problems.append(cell_problem(row.line, column, reason))
    if problems:
        raise BadFile(*problems)
    return rows


def _read_row(row: Row, problems: list[Sentence]) -> PrintedRow | None:
    faults: list[Sentence] = []

    def wrong(column: str, reason: Sentence) -> None:
        faults.append(cell_problem(row.line, column, reason))

    def day(column: str) -> date | None:
        if not row[column].strip():
            return None
        try:
            if len(row[column]) > 40:
                raise UnreadableDay(Sentence("the text is longer than %(most)s characters.", most=40))
            return read_day(row[column])
        except UnreadableDay as unreadable:
            wrong(column, unreadable.sentence)
            return None

    number = tidy(row.get("row_no") or "")
    if number and not (number.isascii() and number.isdigit() and len(number) <= 9 and int(number) > 0):
        wrong("row_no", Sentence("“%(given)s” is no number of a row.", given=number[:40]))
    title = clean_line(row["title"])
    if not title:
        wrong("title", Sentence("the cell is empty."))
    elif len(title) > LONGEST_TITLE:
        wrong("title", Sentence("the text is longer than %(most)s characters.", most=LONGEST_TITLE))
    starts_on, ends_on = day("start"), day("end")
    if not row["start"].strip():
        wrong("start", Sentence("the cell is empty."))
    if starts_on and ends_on and ends_on < starts_on:
        wrong("end", Sentence("the end lies before the start."))
    elif starts_on and ends_on and ends_on - starts_on > LONGEST_EVENT:
        wrong("end", Sentence("an event lasts 400 days at most."))
    where = _where(row, wrong)
    kind = tidy(row.get("kind") or "") or kind_of_title(title)
    if kind not in set(EventKind):
        wrong("kind", unknown_word(kind, EventKind))
    involvement = tidy(row.get("involvement") or "") or Involvement.PARTICIPATED
    if involvement not in set(Involvement):
        wrong("involvement", unknown_word(involvement, Involvement))
    problems += faults
    if faults or starts_on is None:
        return None
    return PrintedRow(
        line=row.line, number=str(int(number)) if number else "", title=title, starts_on=starts_on, ends_on=ends_on,
        **where, kind=str(kind), involvement=str(involvement), printed_start=row["start"], printed_end=row["end"],
        printed_title=row["title"], printed_location=row["location"],
        given=frozenset(name for name in OPTIONAL if (row.get(name) or "").strip()),
    )  # fmt: skip


def _where(row: Row, wrong: Any) -> dict[str, str]:
    """Mode, place and country: as the file states them, else as the location says."""
    printed = row["location"]
    if not tidy(printed):
        wrong("location", Sentence("the cell is empty."))
        return {}
    if len(printed) > 300:
        wrong("location", Sentence("the text is longer than %(most)s characters.", most=300))
        return {}
    read = read_location(printed, country_named)
    mode = tidy(row.get("mode") or "") or read.mode
    place = clean_line(row.get("place") or "") or clean_line(read.place)
    country = tidy(row.get("country") or "").upper() or read.country
    if mode not in set(Mode):
        wrong("mode", unknown_word(mode, Mode))
    if len(place) > 300:
        wrong("place", Sentence("the text is longer than %(most)s characters.", most=300))
    if country and country not in country_codes():
        wrong(
            "country",
            Sentence("“%(given)s” is no country code of ISO 3166. Codes look like FR.", given=country[:40]),
        )
    return {"mode": str(mode), "place": place, "country": country}


def _usual_source(rows: list[PrintedRow]) -> str:
    years = Counter(row.starts_on.year for row in rows)
    return f"calendar-{min(years, key=lambda year: (-years[year], year))}"


# Comparing


async def _known_events() -> list[dict[str, Any]]:
    """Events that came from a file, as imports compare them."""
    return await sql(
        "SELECT id, import_key, title, starts_on, starts_time, ends_on, mode, place, country, kind, involvement, "
        "printed_start, printed_end, printed_title, printed_location FROM event WHERE import_key IS NOT NULL"
    )


def _plan(rows: list[PrintedRow], source: str, known: list[dict[str, Any]]) -> CalendarPlan:
    """
    Compare a calendar with the events that came from files.

    A row is matched on its key, else on what is printed in it, so that the
    same calendar with and without numbers does not make every event twice.

    Raises:
        BadFile: a row cannot be brought together with what staff have made of its event.

    """
    by_key = {event["import_key"]: event for event in known}
    by_print = {_print_of(event): event for event in known if event["import_key"].startswith(f"{source}:")}
    keys = {row.line: f"{source}:{row.number or row.identity}" for row in rows}
    claimed = {key for key in keys.values() if key in by_key}
    new, changed, changes, problems, unchanged = [], [], [], [], 0
    for row in rows:
        event = by_key.get(keys[row.line])
        if event is None:
            same = by_print.get(row.print)
            if same and same["import_key"] not in claimed:
                claimed.add(same["import_key"])
                event = same
        if event is None:
            new.append((keys[row.line], row))
            continue
        different = _differences(event, row)
        if event["starts_time"] is not None and {"starts_on", "ends_on"} & different.keys():
            reason = Sentence("“%(title)s” has times of day by now; change its days on its page.", title=event["title"])
            problems.append(cell_problem(row.line, "start", reason))
        subject = f"{event['title']} ({row.printed_start.strip()})"
        changes += [
            Change(subject, name, plain_text(event[name]), plain_text(value)) for name, value in different.items()
        ]
        if different:
            changed.append((event["id"], row, different))
        else:
            unchanged += 1
    if problems:
        raise BadFile(*problems)
    return CalendarPlan(tuple(new), tuple(changed), tuple(changes), unchanged)


def _print_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_told(name, event[name]) for name in _PRINTED if name != "printed_end")


def _told(name: str, text: str | None) -> str:
    """What a printed cell says: “1/2/2020” and “01/02/2020” are one day, and spaces are as good as each other."""
    told = tidy(text or "")
    if told and name in ("printed_start", "printed_end"):
        with contextlib.suppress(UnreadableDay):
            return read_day(told).isoformat()
    return told


def _differences(event: Mapping[str, Any], row: PrintedRow) -> dict[str, Any]:
    """
    The columns that the file has otherwise than the last time.

    Derived columns follow their printed cell: as long as that is the same,
    what staff have made of the event stays. What the file states itself is
    compared as it is. A printed cell that is only written in another way is
    the same.
    """
    different: dict[str, Any] = {
        name: getattr(row, name) for name in _PRINTED if _told(name, event[name]) != _told(name, getattr(row, name))
    }
    follows = {
        "title": "printed_title",
        "starts_on": "printed_start",
        "ends_on": "printed_end",
        "mode": "printed_location",
        "place": "printed_location",
        "country": "printed_location",
    }
    for name in _FIELDS:
        may_differ = name in row.given or follows.get(name) in different
        if may_differ and event[name] != getattr(row, name):
            different[name] = getattr(row, name)
    return different


# Writing


async def _write(plan: CalendarPlan, *, now: datetime, account_id: UUID | None) -> None:
    taken = {row["slug"] for row in await sql("SELECT slug FROM event")} if plan.new else set()
    made = [(uuid4(), key, row) for key, row in plan.new]
    await insert_many(
        "event",
        (
            "id", "slug", "title", "title_folded", "kind", "mode", "involvement", "status", "starts_on", "ends_on",
            "place", "country", "online_url", "description", "registration_mode", "parity_exempt_reason",
            "printed_start", "printed_end", "printed_title", "printed_location", "import_key", "calendar_uid",
            "cancel_reason", "created_by", "created_at", "updated_at", "published_at",
        ),
        [
            (
                new, _slug(row, taken), row.title, fold(row.title)[:300], row.kind, row.mode, row.involvement,
                "published", row.starts_on, row.ends_on, row.place, row.country, "", "", "closed", "",
                row.printed_start, row.printed_end, row.printed_title, row.printed_location, key,
                new_calendar_uid(new), "", account_id, now, now, now,
            )
            for new, key, row in made
        ],
    )  # fmt: skip
    for new, _, _ in made:
        await open_pool(new, None)
    for event_id, _, different in plan.changed:
        values = dict(different)
        if "title" in values:
            values["title_folded"] = fold(values["title"])[:300]
        columns = ", ".join(f"{name} = {{}}" for name in values)
        await sql(
            f"UPDATE event SET {columns}, sequence = sequence + 1, version = version + 1, updated_at = {{}} "
            "WHERE id = {}",
            *values.values(),
            now,
            event_id,
        )


def _slug(row: PrintedRow, taken: set[str]) -> str:
    """An address of title and year that nobody has yet."""
    base, year = slugify(row.title), str(row.starts_on.year)
    if year not in base.split("-"):
        base = f"{base}-{year}"
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    taken.add(slug)
    return slug
