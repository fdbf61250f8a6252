"""
Files of registrations and of attendance: compared first, then written whole or not at all.

They read what the exports write. People are found by their outside key, else by
the registration that the file names, else by their address. Who is registered already is compared with the file and keeps the
seat; new people get a seat or a place on the waiting list by the usual rules.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import Row, sql
from eventhub.directory.imports import check_columns, former_addresses
from eventhub.directory.planning.shared import Cells, in_line_too
from eventhub.directory.queries import IN_FILES
from eventhub.directory.rules import email_key
from eventhub.errors import NotFound, Problems
from eventhub.events.queries import EventRow, event_by_slug, programme_of
from eventhub.importing import all_or_nothing
from eventhub.questions.queries import columns_for, questions_of
from eventhub.registrations.commands import (
    NewRegistration,
    checked_registration,
    lock_counting,
    refuse_closed,
    refuse_head_count,
    register_many,
)
from eventhub.registrations.exports import ATTENDANCE_COLUMNS, REGISTRATION_COLUMNS
from eventhub.registrations.rules import STANDING, Attends, RegistrationStatus, ways_to_attend
from eventhub.spreadsheets import BadFile, Change, ImportReport, Sheet, cell_problem, read_sheet
from eventhub.words import Sentence

#: What a file can change of somebody who is registered; another way to attend may need another seat.
_CHANGEABLE = ("name", "level", "member", "organisation", "city", "country", "language")


@dataclass(frozen=True)
class _Newcomer:
    """One row that registers somebody, with the outside key that a new person gets."""

    line: int
    event: EventRow
    new: NewRegistration
    outside_key: str | None


@dataclass(frozen=True)
class _Edit:
    """One registration that the file has otherwise, with what it says of it."""

    registration: UUID
    changes: tuple[Change, ...]
    values: dict[str, Any]


@dataclass(frozen=True)
class _Plan:
    new: tuple[_Newcomer, ...]
    edits: tuple[_Edit, ...]
    unchanged: int


@dataclass(frozen=True)
class _Presence:
    """One row that says that somebody was there; `before` is what is known of it, with another mode."""

    name: str
    registration: UUID
    item: UUID | None
    mode: str
    before: UUID | None = None


async def import_registrations(
    content: bytes, filename: str, *, event: str = "", dry_run: bool, now: datetime, account_id: UUID | None = None
) -> ImportReport:
    """
    Read a file of registrations and write what is new or different, all of it or nothing.

    Rows that are cancelled or declined in the file, and answers to questions, are left as they are.

    Args:
        event: The slug of the event of every row; without it the file has a column `event`.

    Raises:
        BadFile: with every row, column and reason.
        RegistrationClosed: the file has newcomers for an event that takes nobody now.
        NotFound: there is no such event.
        ImportCollision: somebody else wrote the same rows at the same time.

    """
    sheet = await asyncio.to_thread(read_sheet, content, filename, required=("name",), optional=None)
    events = await _events_of(sheet, event)
    check_columns(sheet, (*REGISTRATION_COLUMNS, *await _names_of_questions(events)))
    if dry_run:
        return _registrations_report(await _plan_registrations(sheet, event, events, now), written=False)
    async with all_or_nothing():
        plan = await _plan_registrations(sheet, event, events, now)
        for one in events.values():
            newcomers = [new for new in plan.new if new.event.id == one.id]
            if not newcomers:
                continue
            keys = {email_key(new.new.email): new.outside_key for new in newcomers}
            for new, registered in await register_many(one, [new.new for new in newcomers], now=now):
                if key := keys[email_key(new.email)]:
                    await sql(
                        "UPDATE person SET outside_key = {} WHERE id = {} AND outside_key IS NULL",
                        key,
                        registered.registration.person,
                    )
        for edit in plan.edits:
            columns = ", ".join(f"{name} = {{}}" for name in edit.values)
            await sql(f"UPDATE registration SET {columns} WHERE id = {{}}", *edit.values.values(), edit.registration)
        if plan.new or plan.edits:
            await record(
                "import_registrations", "file", "registrations", account_id=account_id, now=now,
                detail=f"{len(plan.new)} new, {len(plan.edits)} changed",
            )  # fmt: skip
    return _registrations_report(plan, written=True)


async def import_attendance(
    content: bytes, filename: str, *, event: str = "", dry_run: bool, now: datetime, account_id: UUID | None = None
) -> ImportReport:
    """
    Read a file of who was there and write what is new or different, all of it or nothing.

    Only people with a seat can have been there; `session` is the title of a programme item, empty for the event.

    Args:
        event: The slug of the event of every row; without it the file has a column `event`.

    Raises:
        BadFile: with every row, column and reason.
        NotFound: there is no such event.
        ImportCollision: somebody else wrote the same rows at the same time.

    """
    sheet = await asyncio.to_thread(read_sheet, content, filename, required=(), optional=None)
    events = await _events_of(sheet, event)
    check_columns(sheet, ATTENDANCE_COLUMNS)
    if dry_run:
        return _attendance_report(*await _plan_attendance(sheet, event, events), written=False)
    async with all_or_nothing():
        for one in sorted(events.values(), key=lambda found: found.id):
            await lock_counting(one.id)
        plan, unchanged = await _plan_attendance(sheet, event, events)
        for there in plan:
            if there.before:
                await sql("UPDATE attendance SET mode = {} WHERE id = {}", there.mode, there.before)
                continue
            await sql(
                "INSERT INTO attendance (id, registration, programme_item, mode, source, recorded_at, recorded_by) "
                "VALUES ({}, {}, {}, {}, 'staff', {}, {})",
                uuid4(), there.registration, there.item, there.mode, now, account_id,
            )  # fmt: skip
        if plan:
            await record(
                "import_attendance", "file", "attendance", account_id=account_id, now=now, detail=f"{len(plan)} rows"
            )
    return _attendance_report(plan, unchanged, written=True)


# Events and people of a file


async def _events_of(sheet: Sheet, slug: str) -> dict[str, EventRow]:
    """
    The events that a file names, by slug, in the order of their ids: whoever locks several, locks them in this order.

    Raises:
        NotFound: there is no event of the name that was given beside the file.
        BadFile: the file names no event, another one, or one that is not there.

    """
    if slug:
        found = {slug: await event_by_slug(slug)}
    elif "event" not in sheet.columns:
        raise BadFile(Sentence("Please name the event, or give the file a column “event” with the names of events."))
    else:
        found = {}
    faults = []
    for row in sheet.rows:
        name = (row.get("event") or "").strip() or slug
        if name in found:
            continue
        if slug or not name:
            reason = (
                Sentence("this is another event than “%(event)s”.", event=slug)
                if name
                else Sentence("the cell is empty.")
            )
            faults.append(cell_problem(row.line, "event", reason))
            continue
        try:
            found[name] = await event_by_slug(name)
        except NotFound as unknown:
            faults.append(cell_problem(row.line, "event", _as_reason(unknown.sentences[0])))
    if faults:
        raise BadFile(*faults)
    return dict(sorted(found.items(), key=lambda pair: pair[1].id))


def _event_of(cells: Cells, slug: str, events: dict[str, EventRow]) -> EventRow:
    return events[(cells.row.get("event") or "").strip() or slug]


async def _names_of_questions(events: dict[str, EventRow]) -> list[str]:
    """Columns that the file of an event has for its questions; a sheet knows names in small letters."""
    names: list[str] = []
    for event in events.values():
        questions = await questions_of(event.id, with_retired=True)
        names += columns_for(questions, REGISTRATION_COLUMNS, event.language).values()
    return [name.strip().lower() for name in names]


def _keys_of(cells: Cells) -> tuple[str, str]:
    """The outside key and the address of a row, of which there is at least one unless it names the registration."""
    outside, email = cells.text("outside_key", 120), cells.text("email", 254)
    if not outside and not email and not cells.text("registration_id", 36):
        cells.wrong(
            "email" if cells.has("email") else "outside_key",
            Sentence("a person needs an e-mail address or an outside key, to be found again."),
        )
    return outside, email


async def _people() -> tuple[dict[str, Row], dict[str, Row]]:
    """Everybody that a file can name, by outside key and by address."""
    rows = await sql(f"SELECT p.id AS id, p.name AS name, p.email AS email, p.email_key AS email_key, "
                     f"p.outside_key AS outside_key FROM person p WHERE {IN_FILES}")  # fmt: skip
    by_id = {str(row["id"]): row for row in rows}
    by_email = {row["email_key"]: row for row in rows if row["email_key"]}
    former = await former_addresses()
    by_email |= {key: by_id[person] for key, person in former.items() if person in by_id}
    return {row["outside_key"]: row for row in rows if row["outside_key"]}, by_email


# Registrations


async def _plan_registrations(sheet: Sheet, slug: str, events: dict[str, EventRow], now: datetime) -> _Plan:
    by_outside, by_email = await _people()
    standing = await _standing(events)
    by_id = {(event, str(row["id"])): row for (event, _), row in standing.items()}
    problems: list[Sentence] = []
    lines: dict[tuple[UUID, str], int] = {}
    new: list[_Newcomer] = []
    edits: list[_Edit] = []
    unchanged = 0
    for row in sheet.rows:
        faults: list[Sentence] = []
        cells = Cells(row, faults)
        event = _event_of(cells, slug, events)
        if cells.one_of("status", RegistrationStatus, usual="confirmed") not in STANDING and not faults:
            unchanged += 1
            continue
        person, email, outside = _person_of(cells, by_outside, by_email)
        before = standing.get((event.id, str(person["id"]))) if person else None
        before = _named(cells, event, by_id, before)
        identity = before["person"] if before else str(person["id"]) if person else email_key(email)
        first = lines.setdefault((event.id, identity), row.line)
        if identity and first != row.line:
            cells.wrong("email" if email else "name", in_line_too(email or outside or cells.text("name", 200), first))
        if before:
            edit = await _edit_of(cells, event, before)
            if edit and not faults:
                edits.append(edit)
            unchanged += not edit
        elif not faults:
            one = await _newcomer_of(cells, event, email, None if person else outside or None)
            if one:
                new.append(one)
        problems += faults
    if problems:
        raise BadFile(*dict.fromkeys(problems))
    for event in {one.event.id: one.event for one in new}.values():
        refuse_closed(event, now)
    return _Plan(tuple(new), tuple(edits), unchanged)


def _person_of(cells: Cells, by_outside: dict[str, Row], by_email: dict[str, Row]) -> tuple[Row | None, str, str]:
    """Who a row tells of, and the address and the outside key that go with them."""
    outside, email = _keys_of(cells)
    known, same = by_outside.get(outside), by_email.get(email_key(email)) if email else None
    if known and same and known["id"] != same["id"]:
        cells.wrong("email", Sentence("the address belongs to another person than the key “%(key)s”.", key=outside))
    elif known and email and not same:
        cells.wrong(
            "email",
            Sentence(
                "the person of the key “%(key)s” has another address. Please import the people first.", key=outside
            ),
        )
    elif outside and same and not known and same["outside_key"]:
        cells.wrong(
            "outside_key",
            Sentence("the person with this address has the outside key “%(key)s”.", key=same["outside_key"]),
        )
    person = known or same
    if not person and not email and outside:
        cells.wrong("outside_key", Sentence("there is no person with this key. Please import the people first."))
    if person and not email:
        email = person["email"] or ""
    return person, email, outside


def _as_reason(sentence: str) -> Sentence:
    return sentence if isinstance(sentence, Sentence) else Sentence(sentence)


async def _newcomer_of(cells: Cells, event: EventRow, email: str, outside: str | None) -> _Newcomer | None:
    told: dict[str, Any] = {
        name: cells.text(name, 254) for name in ("attends", "level", "member", "organisation", "city", "country")
    }
    new = NewRegistration(
        name=cells.text("name", 200, needed=True),
        email=email,
        language=cells.text("language", 10) or event.language,
        **told,
    )
    try:
        new, _ = await checked_registration(new, event)
    except Problems as wrong:
        for name, sentences in wrong.fields.items():
            for sentence in sentences:
                cells.wrong(name, _as_reason(sentence))
        return None
    return _Newcomer(cells.row.line, event, new, outside)


async def _edit_of(cells: Cells, event: EventRow, before: Row) -> _Edit | None:
    """What a file has otherwise of somebody who is registered; columns that it lacks stay as they are."""
    attends = cells.text("attends", 20)
    if attends and attends != before["attends"]:
        cells.wrong(
            "attends",
            Sentence("this may need another seat. Please change it on the page of the registration."),
        )
    said = {name: cells.text(name, 254) for name in _CHANGEABLE if cells.has(name)}
    said["language"] = said.get("language") or before["language"]
    different = {name: value for name, value in said.items() if value != (before[name] or "")}
    if not different:
        return None
    told: dict[str, Any] = {name: said.get(name, before[name] or "") for name in _CHANGEABLE}
    tidy = NewRegistration(
        email=before["email"] or "nobody@example.org",
        attends=before["attends"],
        **told,
    )
    try:
        tidy, member = await checked_registration(tidy, event)
    except Problems as wrong:
        for name, sentences in wrong.fields.items():
            if name in different:
                cells.problems += [cell_problem(cells.row.line, name, _as_reason(one)) for one in sentences]
        return None
    values: dict[str, Any] = {name: getattr(tidy, name) for name in different}
    if "member" in values:
        values["member"] = member
    if "level" in values:
        values["level"] = tidy.level or None
    changes = tuple(Change(before["name"], name, before[name] or "", getattr(tidy, name)) for name in different)
    return _Edit(before["id"], changes, values)


def _named(cells: Cells, event: EventRow, by_id: dict[tuple[UUID, str], Row], found: Row | None) -> Row | None:
    """The registration that a row names by its own key, if it does; it may be none but that of the person."""
    given = cells.text("registration_id", 36).lower()
    named = by_id.get((event.id, given))
    if given and not named:
        cells.wrong(
            "registration_id", Sentence("no registration for “%(event)s” that stands has this key.", event=event.title)
        )
    elif given and found and found != named:
        cells.wrong("registration_id", Sentence("this is the registration of another person."))
    return found or named


async def _standing(events: dict[str, EventRow]) -> dict[tuple[UUID, str], Row]:
    """Registrations that stand, by event and person."""
    found = {}
    for event in events.values():
        for row in await sql(
            "SELECT r.id AS id, CAST(r.person AS VARCHAR(36)) AS person, r.name AS name, p.email AS email, "
            "p.email_key AS email_key, p.outside_key AS outside_key, r.status AS status, r.attends AS attends, "
            "r.level AS level, m.key AS member, r.organisation AS organisation, r.city AS city, r.country AS country, "
            "r.language AS language FROM registration r JOIN person p ON p.id = r.person "
            "LEFT JOIN member m ON m.id = r.member WHERE r.event = {} "
            "AND r.status IN ('pending', 'confirmed', 'offered', 'waitlisted')",
            event.id,
        ):
            found[event.id, row["person"]] = row
    return found


def _registrations_report(plan: _Plan, *, written: bool) -> ImportReport:
    changes = tuple(change for edit in plan.edits for change in edit.changes)
    names = tuple(one.new.name for one in plan.new)
    return ImportReport("registrations", names, changes, len(plan.edits), plan.unchanged, written)


# Attendance


async def _plan_attendance(sheet: Sheet, slug: str, events: dict[str, EventRow]) -> tuple[list[_Presence], int]:
    standing = list((await _standing(events)).items())
    by_outside = {(event, row["outside_key"]): row for (event, _), row in standing if row["outside_key"]}
    by_email = {(event, row["email_key"]): row for (event, _), row in standing if row["email_key"]}
    former = await former_addresses()
    by_person = dict(standing)
    by_id = {(event, str(row["id"])): row for (event, _), row in standing}
    by_email |= {
        (event.id, key): by_person[event.id, person]
        for key, person in former.items()
        for event in events.values()
        if (event.id, person) in by_person
    }
    items: dict[UUID, dict[str, list[UUID]]] = {}
    for event in events.values():
        titles = items[event.id] = defaultdict(list)
        for part in await programme_of(event.id):
            titles[part.title].append(part.id)
    known = await _known_presence(events)
    problems: list[Sentence] = []
    lines: dict[tuple[UUID, UUID | None], int] = {}
    found: list[_Presence] = []
    unchanged = 0
    for row in sheet.rows:
        faults: list[Sentence] = []
        cells = Cells(row, faults)
        event = _event_of(cells, slug, events)
        registration = _registered(cells, event, by_outside, by_email, by_id)
        item = _item_of(cells, items[event.id])
        mode = cells.text("mode", 20)
        if mode and mode not in ways_to_attend(event.mode):
            known_modes = ", ".join(ways_to_attend(event.mode))
            cells.wrong("mode", Sentence("“%(given)s” is none of: %(known)s.", given=mode[:40], known=known_modes))
        if registration and not faults:
            key = (registration["id"], item)
            if (first := lines.setdefault(key, row.line)) != row.line:
                cells.wrong("email", in_line_too(registration["email"] or registration["name"], first))
            before = known.get(key)
            mode = mode or (before["mode"] if before else registration["attends"])
            title = cells.text("session", 300)
            name = f"{registration['name']} ({title})" if title else registration["name"]
            if before and before["mode"] == mode:
                unchanged += 1
            else:
                found.append(_Presence(name, registration["id"], item, mode, before["id"] if before else None))
        problems += faults
    if not problems and any(not one.before for one in found):
        for event in events.values():
            await refuse_head_count(event.id)
    if problems:
        raise BadFile(*dict.fromkeys(problems))
    return found, unchanged


def _registered(
    cells: Cells,
    event: EventRow,
    by_outside: dict[tuple[UUID, str], Row],
    by_email: dict[tuple[UUID, str], Row],
    by_id: dict[tuple[UUID, str], Row],
) -> Row | None:
    """The registration of the person of a row, if it has a seat."""
    outside, email = _keys_of(cells)
    known = by_outside.get((event.id, outside))
    same = by_email.get((event.id, email_key(email))) if email else None
    if known and same and known["id"] != same["id"]:
        cells.wrong("email", Sentence("the address belongs to another person than the key “%(key)s”.", key=outside))
        return None
    registration = _named(cells, event, by_id, known or same)
    column, given = ("email", email) if email else ("outside_key", outside)
    if registration is None and not given:
        return None
    if registration is None:
        cells.wrong(
            column, Sentence("“%(given)s” is not registered for “%(event)s”.", given=given[:80], event=event.title)
        )
    elif registration["status"] != RegistrationStatus.CONFIRMED:
        cells.wrong(
            column, Sentence("“%(given)s” has no seat; only people with a seat can have been there.", given=given)
        )
    return registration


def _item_of(cells: Cells, titles: dict[str, list[UUID]]) -> UUID | None:
    title = cells.text("session", 300)
    if not title:
        return None
    found = titles.get(title, [])
    if len(found) != 1:
        reason = (
            Sentence("“%(given)s” is the title of several programme items.", given=title[:80])
            if found
            else Sentence("“%(given)s” is no item of the programme of this event.", given=title[:80])
        )
        cells.wrong("session", reason)
        return None
    return found[0]


async def _known_presence(events: dict[str, EventRow]) -> dict[tuple[UUID, UUID | None], Row]:
    found = {}
    for event in events.values():
        for row in await sql(
            "SELECT a.id AS id, a.registration AS registration, a.programme_item AS item, a.mode AS mode "
            "FROM attendance a JOIN registration r ON r.id = a.registration WHERE r.event = {}",
            event.id,
        ):
            found[row["registration"], row["item"]] = row
    return found


def _attendance_report(plan: Sequence[_Presence], unchanged: int, *, written: bool) -> ImportReport:
    new = tuple(one.name for one in plan if not one.before)
    changes = tuple(
        Change(one.name, "mode", str(_other(one.mode)), one.mode) for one in plan if one.before
    )  # fmt: skip
    return ImportReport("attendance", new, changes, len(changes), unchanged, written)


def _other(mode: str) -> Attends:
    """There are two ways to be there."""
    return Attends.ONLINE if mode == Attends.ON_SITE else Attends.ON_SITE
