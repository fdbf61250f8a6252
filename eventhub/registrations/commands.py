"""
What people do with seats. Every transaction touches the pool's row first.

The order of locks is pool, then registration, then letter. One statement on
the pool decides between seat and queue; two statements would leave a waiting
person beside a free seat (measured; docs/decisions/0007-seats.md).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import is_sqlite, lock_clause, sql, transaction, violated
from eventhub.directory.addresses import email_problem
from eventhub.directory.countries import country_codes
from eventhub.directory.people import (
    StatedBy,
    forget_gender_statement,
    keep_gender_statement,
    person_with_email,
)
from eventhub.directory.rules import Gender, Level, clean_line, email_key
from eventhub.errors import Problems, Refusal
from eventhub.events.queries import EventRow, event_by_id, programme_of, public_event
from eventhub.events.rules import EventStatus, is_zone, unknown_word
from eventhub.mail.commands import post_letter
from eventhub.programme.sign_up import withdraw_all
from eventhub.registrations.letters import registration_letter
from eventhub.registrations.queries import (
    RegistrationRow,
    earlier_registrations,
    manage_url,
    member_by_key,
    place_in_queue,
    proves_mailbox,
    registration_by_id,
    registration_by_link,
    standing_registration,
)
from eventhub.registrations.rules import STANDING, Attends, RegistrationStatus, ways_to_attend
from eventhub.settings import current_settings
from eventhub.words import Sentence


class RegistrationClosed(Refusal):
    """The event takes no registrations now."""

    status_code = 409


class SentBefore(Refusal):
    """The same form key came back with other content."""

    status_code = 409


class CapacityTooSmall(Refusal):
    """More people have seats than the new capacity allows."""

    status_code = 409


class MailboxNotProven(Refusal):
    """The link was shown on a screen; what is the person's own needs the one in the letter."""

    status_code = 403


class NotStanding(Refusal):
    """The registration is in no state for this."""

    status_code = 409


@dataclass(frozen=True)
class NewRegistration:
    """What a person fills in."""

    name: str
    email: str
    attends: str = ""
    gender: str = ""
    level: str = ""
    member: str = ""
    organisation: str = ""
    city: str = ""
    country: str = ""
    language: str = "en"
    time_zone: str = ""
    answers: dict[str, str] | None = None
    submission_key: str | None = None


@dataclass(frozen=True)
class Registered:
    """What became of it; `is_new` is False when the person had registered before."""

    registration: RegistrationRow
    position: int | None
    is_new: bool
    same_form: bool = False

    @property
    def manage_url(self) -> str:
        """The personal link."""
        return manage_url(self.registration.id, self.registration.link_version)


#: At most two transactions of this process wait for one pool's row: with 32
#: on one row PostgreSQL falls to a fifth of its speed (measured).
_WAITING_PER_POOL = 2
_gates: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()


@contextlib.asynccontextmanager
async def seats_transaction(event_id: UUID) -> AsyncIterator[None]:
    """A transaction that will lock the pool of this event."""
    if is_sqlite():  # its writers queue already
        async with transaction():
            yield
        return
    gate = _gates.get(event_id)
    if gate is None:
        gate = _gates[event_id] = asyncio.Semaphore(_WAITING_PER_POOL)
    async with gate, transaction():
        yield


async def open_pool(event_id: UUID, capacity: int | None) -> None:
    """Give an event its seats, in the caller's transaction."""
    await sql(
        "INSERT INTO seat_pool (id, event, capacity, taken, waiting, queue_end, granted, is_open) "
        "VALUES ({}, {}, {}, 0, 0, 0, 0, {}) ON CONFLICT (event, position) DO NOTHING",
        uuid4(), event_id, capacity, False,
    )  # fmt: skip


async def set_pool_open(event_id: UUID, is_open: bool) -> None:
    """Let newcomers in or not, in the caller's transaction; whoever is on the way in is stopped by it."""
    await sql("UPDATE seat_pool SET is_open = {} WHERE event = {}", is_open, event_id)


#: The newcomer gets a seat when one is free and nobody waits.
_FREE = "CASE WHEN waiting = 0 AND (capacity IS NULL OR taken < capacity) THEN 1 ELSE 0 END"
_TAKE_SEAT_OR_PLACE = (
    f"UPDATE seat_pool SET granted = {_FREE}, taken = taken + {_FREE}, waiting = waiting + 1 - {_FREE}, "
    f"queue_end = queue_end + 1 - {_FREE} WHERE event = {{}} AND is_open RETURNING id, granted, queue_end"
)


async def register_participant(slug: str, new: NewRegistration, *, now: datetime) -> Registered:
    """
    Register somebody for a published event, or put them on its waiting list.

    Registering again with the same address gives the first registration and
    writes no second letter.

    Raises:
        NotFound: there is no such public event.
        RegistrationClosed: it takes no registrations now.
        Problems: something in the form is missing or wrong.
        SentBefore: the form's key was used for another registration.

    """
    event = await public_event(slug)
    _check_open(event, now)
    new, member = await _checked(new, event)
    while True:
        if before := await _registered_before(event, new):
            return before
        try:
            return await _write_registration(event, new, member, now)
        except Exception as error:
            if violated(error) not in _QUICKER:
                raise  # else the same person or form was quicker, and we look again


#: What a registration runs into that was looked for in vain a moment ago, on either engine.
_QUICKER = frozenset(
    {
        "registration_once",
        "registration.event, registration.person",
        "registration_submission",
        "registration.event, registration.submission_key",
    }
)


async def _registered_before(event: EventRow, new: NewRegistration) -> Registered | None:
    """What the same form or the same person did before; only the form gets the link again."""
    key = email_key(new.email)
    by_form, by_person = await earlier_registrations(event.id, key, new.submission_key)
    if by_form and email_key(by_form.email) != key:
        raise SentBefore(Sentence("This form was sent before with another address. Please load it again."))
    if found := by_form or by_person:
        return Registered(found, await place_in_queue(found), is_new=False, same_form=by_form is not None)
    return None


async def _write_registration(event: EventRow, new: NewRegistration, member: UUID | None, now: datetime) -> Registered:
    registration_id = uuid4()
    async with seats_transaction(event.id):
        pools = await sql(_TAKE_SEAT_OR_PLACE, event.id)
        if not pools:  # closed or cancelled since we looked
            raise RegistrationClosed(Sentence("“%(title)s” takes no registrations at present.", title=event.title))
        pool = pools[0]
        status = RegistrationStatus.CONFIRMED if pool["granted"] else RegistrationStatus.WAITLISTED
        place = None if pool["granted"] else pool["queue_end"]
        person = await person_with_email(
            new.email, name=new.name, now=now, member=member, organisation=new.organisation,
            country=new.country, language=new.language,
        )  # fmt: skip
        if new.gender:
            await keep_gender_statement(person, Gender(new.gender), by=StatedBy.FORM, language=new.language, now=now)
        await sql(
            "INSERT INTO registration (id, event, pool, person, name, status, queue_place, attends, level, member, "
            "organisation, city, country, language, time_zone, answers, submission_key, link_version, version, "
            "registered_at, status_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 1, 1, {}, {})",
            registration_id, event.id, pool["id"], person, new.name, status, place, new.attends, new.level or None,
            member, new.organisation, new.city, new.country, new.language, new.time_zone,
            msgspec.json.encode(new.answers or {}).decode(), new.submission_key, now, now,
        )  # fmt: skip
        registration = RegistrationRow(
            registration_id, event.id, pool["id"], person, new.name, status, place, new.attends, new.level or None,
            member, new.organisation, new.city, new.country, new.language, new.time_zone, 1, 1, now, now, new.email,
            None,
        )  # fmt: skip
        position = None if place is None else await place_in_queue(registration)
        if status is RegistrationStatus.CONFIRMED:
            letter = registration_letter("registration_confirmed", event, registration)
        else:
            letter = registration_letter("registration_waitlisted", event, registration, position=position)
        await post_letter(letter, now=now)
    return Registered(registration, position, is_new=True)


def _check_open(event: EventRow, now: datetime) -> None:
    if event.status == EventStatus.CANCELLED:
        raise RegistrationClosed(Sentence("“%(title)s” was cancelled.", title=event.title))
    if event.is_past(now):
        raise RegistrationClosed(Sentence("“%(title)s” is over.", title=event.title))
    if not event.takes_registrations(now):
        raise RegistrationClosed(Sentence("“%(title)s” takes no registrations at present.", title=event.title))


#: Octets of all answers to the questions of an event together, as JSON.
_LONGEST_ANSWERS = 20_000


async def _checked(new: NewRegistration, event: EventRow) -> tuple[NewRegistration, UUID | None]:
    """The form with its text tidied and its member found; every fault at once."""
    problems: dict[str, list[str]] = {}
    tidy = replace(
        new,
        name=clean_line(new.name), email=new.email.strip(), organisation=clean_line(new.organisation),
        city=clean_line(new.city), country=new.country.strip().upper(),
    )  # fmt: skip
    if not tidy.name:
        problems["name"] = [Sentence("Please give your name.")]
    for name, most in (("name", 200), ("organisation", 200), ("city", 120)):
        if len(getattr(tidy, name)) > most:
            problems[name] = [Sentence("This is too long; %(most)s characters is the most.", most=most)]
    if wrong := email_problem(tidy.email):
        problems["email"] = [wrong]
    ways = ways_to_attend(event.mode)
    attends = tidy.attends or (ways[0] if len(ways) == 1 else "")
    if not attends:
        problems["attends"] = [Sentence("Please say whether you attend on site or online.")]
    elif attends not in set(Attends):
        problems["attends"] = [unknown_word(attends, Attends)]
    elif attends not in ways:
        problems["attends"] = [Sentence("This event does not offer that.")]
    if tidy.gender and tidy.gender not in set(Gender):
        problems["gender"] = [unknown_word(tidy.gender, Gender)]
    if tidy.level and tidy.level not in set(Level):
        problems["level"] = [unknown_word(tidy.level, Level)]
    if tidy.country and tidy.country not in country_codes():
        problems["country"] = [Sentence("“%(given)s” is no country code. Codes look like FR.", given=tidy.country[:10])]
    languages = current_settings().language_codes
    if tidy.language not in languages:
        problems["language"] = [
            Sentence("“%(given)s” is not one of the languages %(known)s.", given=tidy.language[:20], known=", ".join(languages))
        ]  # fmt: skip
    if tidy.time_zone and not is_zone(tidy.time_zone):
        problems["time_zone"] = [Sentence("“%(zone)s” is no time zone. Zones look like Europe/Madrid.", zone=tidy.time_zone[:60])]  # fmt: skip
    member, zone = None, tidy.time_zone
    if tidy.member:
        found = await member_by_key(tidy.member)
        if found is None:
            problems["member"] = [Sentence("“%(given)s” is no member that we know.", given=tidy.member[:80])]
        else:
            member, zone = UUID(str(found["id"])), zone or found["time_zone"]
    if len(msgspec.json.encode(tidy.answers or {})) > _LONGEST_ANSWERS:
        problems["answers"] = [Sentence("This is too long; %(most)s characters is the most.", most=_LONGEST_ANSWERS)]
    if problems:
        raise Problems(problems)
    return replace(tidy, attends=str(attends), time_zone=zone), member


async def cancel_registration(
    registration_id: UUID, *, now: datetime, account_id: UUID | None = None
) -> RegistrationRow:
    """
    Give a seat or a place in the queue back; whoever waited longest gets a seat that is freed.

    Cancelling twice is cancelling once.

    Raises:
        NotStanding: the person was there.

    """
    return await _leave(registration_id, RegistrationStatus.CANCELLED, now=now, account_id=account_id)


async def decline_registration(
    registration_id: UUID, *, now: datetime, account_id: UUID | None = None
) -> RegistrationRow:
    """Say no to somebody who wants to attend; a seat that is freed goes to the queue."""
    return await _leave(registration_id, RegistrationStatus.DECLINED, now=now, account_id=account_id)


async def cancel_by_link(token: str, *, now: datetime) -> RegistrationRow:
    """
    Cancel the registration that a personal link opens.

    Raises:
        NotFound: the link opens nothing.

    """
    registration = await registration_by_link(token)
    return await cancel_registration(registration.id, now=now)


async def _leave(
    registration_id: UUID, status: RegistrationStatus, *, now: datetime, account_id: UUID | None
) -> RegistrationRow:
    before = await registration_by_id(registration_id)
    async with seats_transaction(before.event):
        event, before = await _locked(before)
        if before.status not in STANDING:
            return before
        if await sql("SELECT 1 AS one FROM attendance WHERE registration = {} LIMIT 1", registration_id):
            raise NotStanding(Sentence("This person is marked as present, so the registration stays."))
        after = msgspec.structs.replace(
            before, status=status, queue_place=None, version=before.version + 1, status_at=now
        )
        await _write_status(after)
        await withdraw_all(after.id)
        if before.status == RegistrationStatus.CONFIRMED:
            await _hand_on_seat(event, now)
        elif before.status == RegistrationStatus.WAITLISTED:
            await sql("UPDATE seat_pool SET waiting = waiting - 1 WHERE event = {}", before.event)
        if event.status != EventStatus.CANCELLED:
            await post_letter(
                registration_letter(
                    "registration_cancelled",
                    event,
                    after,
                    had_seat=before.has_seat,
                    declined=status is RegistrationStatus.DECLINED,
                    calendar_method="CANCEL" if before.has_seat else None,
                ),
                now=now,
            )
        if account_id:
            await record(f"{status}_registration", "registration", after.id, account_id=account_id, now=now)
    return after


async def confirm_registration(registration_id: UUID, *, now: datetime, account_id: UUID) -> RegistrationRow:
    """
    Give a seat to somebody who waits, by hand; the audit trail tells who did it.

    Raises:
        NotStanding: the registration or the event was cancelled, or no seat is free.

    """
    before = await registration_by_id(registration_id)
    async with seats_transaction(before.event):
        event, before = await _locked(before)
        if before.status == RegistrationStatus.CONFIRMED:
            return before
        if event.status == EventStatus.CANCELLED:
            raise NotStanding(Sentence("“%(title)s” was cancelled.", title=event.title))
        if before.status not in STANDING:
            raise NotStanding(Sentence("This registration was cancelled; the person can register again."))
        was_waiting = 1 if before.status == RegistrationStatus.WAITLISTED else 0
        taken = await sql(
            "UPDATE seat_pool SET taken = taken + 1, waiting = waiting - {} "
            "WHERE event = {} AND (capacity IS NULL OR taken < capacity) RETURNING taken",
            was_waiting,
            before.event,
        )
        if not taken:
            raise NotStanding(Sentence("No seat is free. Raise the capacity first, or cancel another registration."))
        after = msgspec.structs.replace(
            before,
            status=RegistrationStatus.CONFIRMED,
            queue_place=None,
            version=before.version + 1,
            status_at=now,
        )
        await _write_status(after)
        await post_letter(registration_letter("registration_promoted", event, after), now=now)
        await record("confirm_registration", "registration", after.id, account_id=account_id, now=now)
    return after


async def resize_pool(event: EventRow, capacity: int | None, *, now: datetime) -> None:
    """
    Change how many seats an event has, in the caller's transaction; people who wait move up in order.

    Raises:
        CapacityTooSmall: more people have seats already.

    """
    pool = (await _lock_pool(event.id)) or {}
    if not pool:
        await open_pool(event.id, capacity)
        return
    if capacity is not None and capacity < pool["taken"]:
        raise CapacityTooSmall(
            Sentence("%(taken)s people have seats already; cancel some of them first.", taken=pool["taken"])
        )
    await sql("UPDATE seat_pool SET capacity = {} WHERE event = {}", capacity, event.id)
    free = pool["waiting"] if capacity is None else min(pool["waiting"], capacity - pool["taken"])
    for _ in range(free):
        await sql("UPDATE seat_pool SET taken = taken + 1 WHERE event = {}", event.id)
        await _hand_on_seat(event, now)


async def _locked(registration: RegistrationRow) -> tuple[EventRow, RegistrationRow]:
    """The event and the registration as they stand once both locks are ours: first the pool's, then its own."""
    await _lock_pool(registration.event)
    await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", registration.id)
    return await event_by_id(registration.event), await registration_by_id(registration.id)


async def _lock_pool(event_id: UUID) -> dict[str, int] | None:
    rows = await sql(f"SELECT id, capacity, taken, waiting FROM seat_pool WHERE event = {{}}{lock_clause()}", event_id)
    return rows[0] if rows else None


async def _hand_on_seat(event: EventRow, now: datetime) -> None:
    """Give one taken seat to whoever waited longest, or make it free; the pool's row is locked."""
    rows = await sql(
        "SELECT id FROM registration WHERE pool = (SELECT id FROM seat_pool WHERE event = {}) "
        "AND status = 'waitlisted' ORDER BY queue_place LIMIT 1",
        event.id,
    )
    if not rows or event.status != EventStatus.PUBLISHED or event.is_past(now):
        await sql("UPDATE seat_pool SET taken = taken - 1 WHERE event = {}", event.id)
        return
    waiting = await registration_by_id(rows[0]["id"])
    seated = msgspec.structs.replace(
        waiting,
        status=RegistrationStatus.CONFIRMED,
        queue_place=None,
        version=waiting.version + 1,
        status_at=now,
    )
    await sql("UPDATE seat_pool SET waiting = waiting - 1 WHERE event = {}", event.id)
    await _write_status(seated)
    await post_letter(registration_letter("registration_promoted", event, seated), now=now)


async def _write_status(after: RegistrationRow) -> None:
    await sql(
        "UPDATE registration SET status = {}, queue_place = {}, version = {}, status_at = {} WHERE id = {}",
        after.status,
        after.queue_place,
        after.version,
        after.status_at,
        after.id,
    )


async def send_link_again(slug: str, email: str, *, now: datetime) -> None:
    """Write the personal link to an address, if it has a registration; nobody learns whether it has."""
    event = await public_event(slug)
    registration = await standing_registration(event.id, email_key(email))
    if registration is None:
        return
    async with transaction():
        stamp = now.strftime("%Y%m%d%H%M")
        letter = registration_letter(
            "registration_link", event, registration, key=f"registration:{registration.id}:link:{stamp}"
        )
        await post_letter(letter, now=now)


async def state_gender(token: str, gender: str, *, now: datetime) -> RegistrationRow:
    """
    Keep, change or withdraw what the person states, through the personal link.

    Args:
        gender: One of `Gender`, or empty to withdraw it.

    Raises:
        Problems: it is none of these.
        MailboxNotProven: the link did not come by letter, so anybody may have typed this address.

    """
    registration = await registration_by_link(token)
    if not proves_mailbox(token):
        raise MailboxNotProven(
            Sentence("To see or change how you are counted, please open this page through the link in your letter.")
        )
    if gender and gender not in set(Gender):
        raise Problems({"gender": [unknown_word(gender, Gender)]})
    async with transaction():
        if gender:
            await keep_gender_statement(
                registration.person,
                Gender(gender),
                by=StatedBy.OWN_PAGE,
                language=registration.language,
                now=now,
            )
        else:
            await forget_gender_statement(registration.person)
    return registration


async def record_attendance(
    registration_id: UUID,
    *,
    attended: bool,
    mode: str | None = None,
    programme_item: UUID | None = None,
    now: datetime,
    account_id: UUID,
) -> RegistrationRow:
    """
    Note that somebody was there, or take the note back. Noting it twice is noting it once.

    Args:
        mode: `on_site` or `online`; None: as registered.
        programme_item: One item of the programme; None: the event.

    Raises:
        NotStanding: the registration was cancelled or is waiting, or the event has a head count.
        Problems: the mode or the programme item is none of this event.

    """
    registration = await registration_by_id(registration_id)
    event = await event_by_id(registration.event)
    problems: dict[str, list[str]] = {}
    if mode is not None and mode not in set(Attends):
        problems["mode"] = [unknown_word(mode, Attends)]
    elif mode is not None and mode not in ways_to_attend(event.mode):
        problems["mode"] = [Sentence("This event does not offer that.")]
    if programme_item and programme_item not in {item.id for item in await programme_of(event.id)}:
        problems["session"] = [Sentence("This is no item of the programme of this event.")]
    if problems:
        raise Problems(problems)
    async with transaction():
        await _lock_counting(event.id)
        await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", registration.id)
        registration = await registration_by_id(registration.id)
        if attended:
            await _check_may_attend(registration)
            changed = await sql(
                "INSERT INTO attendance (id, registration, programme_item, mode, source, recorded_at, recorded_by) "
                "VALUES ({}, {}, {}, {}, 'staff', {}, {}) ON CONFLICT DO NOTHING RETURNING id",
                uuid4(), registration.id, programme_item, mode or registration.attends, now, account_id,
            )  # fmt: skip
        else:
            where = "programme_item = {}" if programme_item else "programme_item IS NULL"
            values = [programme_item] if programme_item else []
            changed = await sql(
                f"DELETE FROM attendance WHERE registration = {{}} AND {where} RETURNING id", registration.id, *values
            )
        if changed:
            action = "record_attendance" if attended else "take_back_attendance"
            await record(action, "registration", registration.id, account_id=account_id, now=now)
    return registration


async def _check_may_attend(registration: RegistrationRow) -> None:
    if registration.status != RegistrationStatus.CONFIRMED:
        raise NotStanding(Sentence("Only people with a seat can be marked as present. Confirm the registration first."))
    if await sql("SELECT 1 AS one FROM head_count WHERE event = {}", registration.event):
        raise NotStanding(
            Sentence(
                "This event has a head count, and people must not be counted twice. "
                "A head count of nobody takes it back."
            )
        )


async def _lock_counting(event_id: UUID) -> None:
    """A list and a head count of one event cannot begin at the same moment."""
    await sql(f"SELECT id FROM event WHERE id = {{}}{lock_clause()}", event_id)


@dataclass(frozen=True)
class NewHeadCount:
    """Numbers of people without names."""

    women: int
    men: int
    others: int
    undisclosed: int
    political: int
    source: str


async def record_head_count(event: EventRow, count: NewHeadCount, *, now: datetime, account_id: UUID) -> None:
    """
    Type in how many people were at an event that has no list; a later count replaces an earlier one.

    A count of nobody takes the earlier one back, so that a list can be begun.

    Raises:
        Problems: a number is negative, or more political people than people.
        NotStanding: the event has an attendance list, and nobody may be counted twice.

    """
    problems: dict[str, list[str]] = {}
    for name in ("women", "men", "others", "undisclosed", "political"):
        if not 0 <= getattr(count, name) <= 1_000_000:
            problems[name] = [Sentence("The number lies between 0 and 1,000,000.")]
    if not problems and count.political > count.women + count.men + count.others + count.undisclosed:
        problems["political"] = [Sentence("There cannot be more people with political level than people.")]
    if len(count.source) > 300:
        problems["source"] = [Sentence("This is too long; %(most)s characters is the most.", most=300)]
    if problems:
        raise Problems(problems)
    async with transaction():
        await _lock_counting(event.id)
        listed = await sql(
            "SELECT 1 AS one FROM attendance a JOIN registration r ON r.id = a.registration WHERE r.event = {} LIMIT 1",
            event.id,
        )
        if listed:
            raise NotStanding(
                Sentence("This event has an attendance list, and people must not be counted twice. Use the list.")
            )
        await sql("DELETE FROM head_count WHERE event = {}", event.id)
        if count.women or count.men or count.others or count.undisclosed:
            await sql(
                "INSERT INTO head_count (event, women, men, others, undisclosed, political, source, recorded_at, "
                "recorded_by) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})",
                event.id, count.women, count.men, count.others, count.undisclosed, count.political,
                clean_line(count.source), now, account_id,
            )  # fmt: skip
        await record("record_head_count", "event", event.id, account_id=account_id, now=now)
