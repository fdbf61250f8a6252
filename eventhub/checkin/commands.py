"""Verbs of the door, of participant reports, and of personal links to join."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.checkin.queries import (
    registration_of_short_code,
    registration_of_ticket,
    registration_to_join,
    reports_of,
    seated_people,
    signed_up_for,
)
from eventhub.checkin.reports import Participant, ReportPlan, plan_report
from eventhub.checkin.rules import (
    LONGEST_CODE,
    MOST_MINUTES,
    WITHOUT_SEAT,
    Decision,
    Verdict,
    join_window,
    scan_time,
    ticket_of,
    typed_code,
)
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.rules import clean_line
from eventhub.errors import NotFound, Problems
from eventhub.events.queries import EventRow, ItemRow, event_by_id
from eventhub.events.rules import Mode
from eventhub.registrations.commands import NotStanding
from eventhub.registrations.queries import RegistrationRow, registration_by_id
from eventhub.registrations.rules import Attends, RegistrationStatus
from eventhub.words import Sentence


@dataclass(frozen=True)
class Answer:
    """What the door says: the verdict, of whom, since when, and the title of the event the ticket is for."""

    verdict: Verdict
    registration: RegistrationRow | None = None
    since: datetime | None = None
    other_event: str = ""


async def check_in(
    event: EventRow,
    *,
    code: str = "",
    registration_id: UUID | None = None,
    item: ItemRow | None = None,
    scanned_at: datetime | None = None,
    now: datetime,
    account_id: UUID,
) -> Answer:
    """
    Mark the holder of a ticket as present at an event, or at one item; a second time changes nothing.

    Args:
        code: What was scanned or typed: the ticket, an address that ends with it, or its short code.
        registration_id: Somebody found by name, instead of a code.
        item: One item of the programme; None: the event.
        scanned_at: When a phone without a network noted it; it is the time that is kept.

    Raises:
        NotStanding: the event has a head count, and nobody may be counted twice.

    """
    registration = await _asked_for(event, code, registration_id)
    if registration is None:
        return Answer(Verdict.NOT_REGISTERED)
    if registration.event != event.id:
        other = await event_by_id(registration.event)
        return Answer(Verdict.OTHER_EVENT, registration, other_event=other.title)
    at = scan_time(scanned_at, now)
    if at is None:
        return Answer(Verdict.TOO_OLD, registration)
    mode = Attends.ON_SITE if event.on_site else Attends.ONLINE
    async with transaction():
        await _begin_list(event.id)
        await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", registration.id)
        registration = await registration_by_id(registration.id)
        if registration.status in WITHOUT_SEAT:
            return Answer(WITHOUT_SEAT[registration.status], registration)
        if scanned_at and await _taken_back_after(registration.id, at):
            return Answer(Verdict.TAKEN_BACK, registration)
        kept = await sql(
            "INSERT INTO attendance (id, registration, programme_item, mode, source, recorded_at, recorded_by) "
            "VALUES ({}, {}, {}, {}, 'door', {}, {}) ON CONFLICT DO NOTHING RETURNING id",
            uuid4(), registration.id, item.id if item else None, mode, at, account_id,
        )  # fmt: skip
        if not kept:
            return Answer(Verdict.ALREADY, registration, since=await _since(registration.id, item))
        await record("record_attendance", "registration", registration.id, account_id=account_id, now=now)
    if item and item.takes_sign_up and not await signed_up_for(registration.id, item.id):
        return Answer(Verdict.NOT_SIGNED_UP, registration, since=at)
    return Answer(Verdict.PRESENT, registration, since=at)


async def _asked_for(event: EventRow, code: str, registration_id: UUID | None) -> RegistrationRow | None:
    """Whom a code or an id means; None for nobody."""
    if registration_id is not None:
        try:
            return await registration_by_id(registration_id)
        except NotFound:
            return None
    ticket = ticket_of(code[:LONGEST_CODE])
    if short := typed_code(ticket):
        return await registration_of_short_code(event.id, short)
    return await registration_of_ticket(ticket)


async def _since(registration_id: UUID, item: ItemRow | None) -> datetime:
    where, values = ("programme_item = {}", [item.id]) if item else ("programme_item IS NULL", [])
    rows = await sql(
        f"SELECT recorded_at FROM attendance WHERE registration = {{}} AND {where}", registration_id, *values
    )
    since: datetime = rows[0]["recorded_at"]
    return since


async def _taken_back_after(registration_id: UUID, at: datetime) -> bool:
    """Whether somebody took the mark back after a scan that arrives only now."""
    return bool(
        await sql(
            "SELECT 1 AS one FROM audit_entry WHERE object_kind = 'registration' AND object_id = {} "
            "AND action = 'take_back_attendance' AND at >= {} LIMIT 1",
            str(registration_id),
            at,
        )
    )


async def _begin_list(event_id: UUID) -> None:
    """
    Lock the counting of an event; a list and a head count cannot begin at the same moment.

    Raises:
        NotStanding: the event has a head count.

    """
    await sql(f"SELECT id FROM event WHERE id = {{}}{lock_clause()}", event_id)
    if await sql("SELECT 1 AS one FROM head_count WHERE event = {}", event_id):
        raise NotStanding(
            Sentence(
                "This event has a head count, and people must not be counted twice. "
                "A head count of nobody takes it back."
            )
        )


# Participant reports


async def plan_of_report(event: EventRow, people: list[Participant], minimum_minutes: int) -> ReportPlan:
    """
    What a report would write; nothing is written.

    Raises:
        Problems: the minimum is no number of minutes within a day, or nobody can join the event online.

    """
    problems: dict[str, list[str]] = {}
    if not 0 <= minimum_minutes <= MOST_MINUTES:
        problems["minimum_minutes"] = [
            Sentence("The number lies between %(least)s and %(most)s.", least=0, most=MOST_MINUTES)
        ]
    if not event.has_online:
        problems["file"] = [Sentence("Nobody can join this event online, so it has no participant report.")]
    if problems:
        raise Problems(problems)
    decided = frozenset(row["key"] for report in await reports_of(event.id) for row in report.rows)
    return plan_report(people, await seated_people(event.id), decided, minimum_minutes)


async def import_report(
    event: EventRow,
    people: list[Participant],
    *,
    file_name: str,
    minimum_minutes: int,
    fingerprint: str,
    now: datetime,
    account_id: UUID,
) -> ReportPlan | None:
    """
    Mark those whom a report names as present, online and with their minutes; list the others for a decision.

    The same report a second time changes nothing. Another report of the same
    event makes minutes more, never less.

    Args:
        fingerprint: Of the plan that somebody agreed to.

    Returns:
        What was written; None when by now it would be something else, and nothing was.

    Raises:
        Problems: as `plan_of_report`.
        NotStanding: the event has a head count.

    """
    async with transaction():
        await _begin_list(event.id)
        plan = await plan_of_report(event, people, minimum_minutes)
        if plan.fingerprint != fingerprint:
            return None
        if plan.is_empty:
            return plan
        for match in plan.news:
            await _keep_minutes(match.registration, match.minutes, now=now, account_id=account_id)
        rows = [
            {"key": one.key, "name": one.name, "email": one.email, "minutes": one.minutes, "decision": Decision.OPEN}
            for one in plan.unmatched
        ]
        report_id = uuid4()
        await sql(
            "INSERT INTO participant_report (id, event, file_name, minimum_minutes, unmatched, matched, imported_by, "
            "imported_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {})",
            report_id, event.id, clean_line(file_name)[:200], minimum_minutes, json.dumps(rows, ensure_ascii=False),
            len(plan.present), account_id, now,
        )  # fmt: skip
        detail = f"{len(plan.news)} present, {len(rows)} to decide"
        await record("import_participant_report", "event", event.id, account_id=account_id, now=now, detail=detail)
    return plan


async def _keep_minutes(registration_id: UUID, minutes: int, *, now: datetime, account_id: UUID) -> None:
    """Mark somebody as present online, or add to the minutes of who is; in the caller's transaction."""
    kept = await sql(
        "INSERT INTO attendance (id, registration, programme_item, mode, source, recorded_at, recorded_by, minutes) "
        "VALUES ({}, {}, NULL, 'online', 'report', {}, {}, {}) ON CONFLICT DO NOTHING RETURNING id",
        uuid4(), registration_id, now, account_id, minutes,
    )  # fmt: skip
    if kept:
        await record("record_attendance", "registration", registration_id, account_id=account_id, now=now)
    else:
        await sql(
            "UPDATE attendance SET minutes = {} WHERE registration = {} AND programme_item IS NULL "
            "AND (minutes IS NULL OR minutes < {})",
            minutes,
            registration_id,
            minutes,
        )


async def decide_row(
    event: EventRow,
    report_id: UUID,
    key: str,
    decision: str,
    *,
    registration_id: UUID | None = None,
    now: datetime,
    account_id: UUID,
) -> None:
    """
    Say who a row of a report is: somebody with a seat, somebody unknown who counts, or nobody.

    Afterwards name and address of the row are gone; its fingerprint stays, so
    that another import does not ask again.

    Raises:
        NotFound: there is no such row, or it was decided before.
        Problems: the decision is none, or the person has no seat at the event.

    """
    if decision not in {Decision.MATCHED, Decision.UNKNOWN, Decision.DROPPED}:
        raise Problems({"decision": [Sentence("Please say what becomes of this row.")]})
    async with transaction():
        await _begin_list(event.id)
        rows = await sql("SELECT unmatched FROM participant_report WHERE id = {} AND event = {}", report_id, event.id)
        listed = json.loads(rows[0]["unmatched"]) if rows else []
        row = next((one for one in listed if one["key"] == key and one["decision"] == Decision.OPEN), None)
        if row is None:
            raise NotFound(Sentence("This row waits for no decision; perhaps somebody else has decided just now."))
        if decision == Decision.MATCHED:
            seated = {one.id for one in await seated_people(event.id)}
            if registration_id not in seated:
                raise Problems({"registration": [Sentence("Please choose one of the people with a seat.")]})
            await _keep_minutes(registration_id, row["minutes"], now=now, account_id=account_id)
        row |= {"decision": decision, "name": "", "email": ""}
        await sql(
            "UPDATE participant_report SET unmatched = {} WHERE id = {}",
            json.dumps(listed, ensure_ascii=False),
            report_id,
        )
        await record(
            "decide_report_row", "event", event.id, account_id=account_id, now=now, detail=str(Decision(decision))
        )


# Personal links to join


@dataclass(frozen=True)
class Joining:
    """Where a personal link leads now: to the conference, or to a page that says why not."""

    registration: RegistrationRow
    event: EventRow
    opens_at: datetime | None
    closes_at: datetime | None
    address: str


async def open_join_link(token: str, *, counts: bool, now: datetime) -> Joining:
    """
    Look where a personal link to join leads now, and note that it was opened when it leads there.

    Args:
        counts: False for who only asks whether the address answers (HEAD).

    Raises:
        NotFound: the link is not ours, or was replaced.

    """
    registration = await registration_to_join(token)
    event = await event_by_id(registration.event)
    opens_at, closes_at = join_window(event.starts_at, event.ends_at) if event.starts_at else (None, None)
    is_open = (
        event.status == "published"
        and registration.status == RegistrationStatus.CONFIRMED
        and (registration.attends == Attends.ONLINE or event.mode == Mode.ONLINE)
        and opens_at is not None
        and closes_at is not None
        and opens_at <= now <= closes_at
    )
    address = event.online_url if is_open else ""
    if address and counts:
        async with transaction():
            await sql(
                "INSERT INTO join_click (registration, first_at, last_at, clicks) VALUES ({}, {}, {}, 1) "
                "ON CONFLICT (registration) DO UPDATE SET last_at = excluded.last_at, clicks = join_click.clicks + 1",
                registration.id, now, now,
            )  # fmt: skip
    return Joining(registration, event, opens_at, closes_at, address)


async def mark_who_clicked(event: EventRow, *, now: datetime, account_id: UUID) -> int:
    """
    Mark everybody with a seat who opened the personal link as present online.

    Returns:
        How many were not marked before.

    Raises:
        NotStanding: the event has a head count.

    """
    async with transaction():
        await _begin_list(event.id)
        rows = await sql(
            "SELECT r.id AS id, c.first_at AS first_at FROM join_click c JOIN registration r ON r.id = c.registration "
            "WHERE r.event = {} AND r.status = 'confirmed' AND NOT EXISTS (SELECT 1 FROM attendance a "
            "WHERE a.registration = r.id AND a.programme_item IS NULL) ORDER BY r.id",
            event.id,
        )
        for row in rows:
            await sql(
                "INSERT INTO attendance (id, registration, programme_item, mode, source, recorded_at, recorded_by) "
                "VALUES ({}, {}, NULL, 'online', 'click', {}, {}) ON CONFLICT DO NOTHING",
                uuid4(), row["id"], row["first_at"], account_id,
            )  # fmt: skip
            await record("record_attendance", "registration", row["id"], account_id=account_id, now=now)
    return len(rows)
