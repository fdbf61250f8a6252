"""
What people do with seats, and what staff decide.

Locks are taken in one order: the event, its pools by position, the
registration, the letter (eventhub/registrations/seats.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, retried, sql, transaction, violated
from eventhub.directory.addresses import email_problem
from eventhub.directory.countries import country_codes
from eventhub.directory.people import (
    StatedBy,
    forget_gender_statement,
    keep_gender_statement,
    person_with_email,
)
from eventhub.directory.rules import Gender, Level, clean_line, clean_text, email_key
from eventhub.errors import Problems, Refusal
from eventhub.events.queries import EventRow, event_by_id, event_by_slug, no_such_event, programme_of, public_event
from eventhub.events.rules import Door, EventKind, EventStatus, RegistrationMode, is_zone, unknown_word
from eventhub.mail.commands import post_letter
from eventhub.programme.sign_up import withdraw_all
from eventhub.questions.checking import checked_answers
from eventhub.questions.files import keep_files
from eventhub.questions.rules import KeptFile
from eventhub.registrations.letters import registration_letter
from eventhub.registrations.overlaps import overlap_facts, overlaps_of_address
from eventhub.registrations.queries import (
    InvitedRow,
    RegistrationRow,
    earlier_registrations,
    invitation_by_token,
    manage_url,
    member_by_key,
    place_in_queue,
    proves_mailbox,
    registration_by_id,
    registration_by_link,
    standing_registration,
)
from eventhub.registrations.rules import (
    LONGEST_REASON,
    STANDING,
    Attends,
    Pool,
    RegistrationStatus,
    Role,
    Verb,
    queue_pool,
    ways_to_attend,
)
from eventhub.registrations.seats import (
    Placed,
    changed,
    hand_on_seat,
    in_turn,
    leave_queue,
    lock_seats,
    return_due,
    seats_transaction,
    take_at_once,
    take_free_seat,
    take_seat_or_place,
    wanted_pools,
    withdraw_offer,
    write_status,
)
from eventhub.settings import current_settings
from eventhub.words import Sentence


class RegistrationClosed(Refusal):
    """The event takes no registrations now."""

    status_code = 409


class InvitationNeeded(Refusal):
    """The event takes those whom it invited, or this invitation is good for nothing."""

    status_code = 403


class SentBefore(Refusal):
    """The same form key came back with other content."""

    status_code = 409


class MailboxNotProven(Refusal):
    """The link was shown on a screen; what is the person's own needs the one in the letter."""

    status_code = 403


class NotStanding(Refusal):
    """The registration is in no state for this."""

    status_code = 409


class NoSeatFree(NotStanding):
    """All seats that the person might have are taken."""


@dataclass(frozen=True)
class NewRegistration:
    """
    What a person fills in.

    `role` is the part in the delegation of the member; `invitation_token` the
    secret of an invitation, whose address the registration then has;
    `entered_for` the name of the member whose delegation names the person.
    """

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
    #: By the id of a question; None: the person was not asked.
    answers: Mapping[str, Any] | None = None
    #: Files among the answers; `checked_registration` puts them here.
    files: Mapping[str, KeptFile] = field(default_factory=dict)
    submission_key: str | None = None
    access_needs: str = ""
    role: str = ""
    invitation_token: str = ""
    entered_for: str = ""


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


@retried
async def register_participant(slug: str, new: NewRegistration, *, now: datetime, vouched: bool = False) -> Registered:
    """
    Register somebody for a published event, or put them on its waiting list.

    Registering again with the same address gives the first registration and
    writes no second letter. Where the organisers decide, the person waits for
    them; who was invited need not.

    Args:
        vouched: Somebody who may say who comes has named this person: neither
            an invitation nor an approval is asked for, nor that the event is public.

    Raises:
        NotFound: there is no such public event.
        RegistrationClosed: it takes no registrations now.
        InvitationNeeded: it takes invited people only, and this is no invitation to it.
        Problems: something in the form is missing or wrong.
        SentBefore: the form's key was used for another registration.

    """
    async with in_turn():
        return await _register(slug, new, now, vouched=vouched)


async def _register(slug: str, new: NewRegistration, now: datetime, *, vouched: bool) -> Registered:
    event = await event_by_slug(slug)
    invitation = await _invitation_to(event, new.invitation_token)
    if not (event.is_public or vouched or invitation):
        raise no_such_event(slug)
    if invitation:
        new = replace(new, email=invitation.email)
    is_named = vouched or invitation is not None
    _check_open(event, now, is_named=is_named)
    if event.kind == EventKind.LAB_SESSION and not is_named:
        await _refuse_strangers(event)
    new, member = await checked_registration(new, event)
    while True:
        if before := await _registered_before(event, new):
            return before
        also_at = overlap_facts(await overlaps_of_address(event, email_key(new.email)), new.language)
        try:
            return await _write_registration(
                event, new, member, now, is_named=is_named, invitation=invitation, also_at=also_at
            )
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


async def _invitation_to(event: EventRow, token: str) -> InvitedRow | None:
    if not token:
        return None
    invitation = await invitation_by_token(token)
    if invitation is None or invitation.event != event.id:
        raise InvitationNeeded(
            Sentence("This invitation is not valid any more. Please use the link in your newest letter.")
        )
    return invitation


async def _registered_before(event: EventRow, new: NewRegistration) -> Registered | None:
    """What the same form or the same person did before; only the form gets the link again."""
    key = email_key(new.email)
    by_form, by_person = await earlier_registrations(event.id, key, new.submission_key)
    if by_form and email_key(by_form.email) != key:
        raise SentBefore(Sentence("This form was sent before with another address. Please load it again."))
    if found := by_form or by_person:
        return Registered(found, await place_in_queue(found), is_new=False, same_form=by_form is not None)
    return None


async def _write_registration(
    event: EventRow,
    new: NewRegistration,
    member: UUID | None,
    now: datetime,
    *,
    is_named: bool,
    invitation: InvitedRow | None,
    also_at: list[dict[str, Any]],
) -> Registered:
    if event.registration_mode == RegistrationMode.OPEN:
        async with seats_transaction(event.id):
            placed = await take_at_once(event.id)
            if placed:
                return await write_newcomer(event, new, member, placed, now, invitation, also_at=also_at)
    # Several pools, somebody to decide, or closed since we looked: with all locks.
    async with seats_transaction(event.id):
        event, pools = await lock_seats(event.id)
        _check_open(event, now, is_named=is_named)
        if event.registration_mode == RegistrationMode.OPEN and not pools[0].is_open:
            raise _closed(event)
        pools = await return_due(event, pools, now)
        if event.registration_mode == RegistrationMode.APPROVAL and not is_named:
            return await write_newcomer(
                event, new, member, queue_pool(pools, new.attends), now, invitation, also_at=also_at
            )
        placed = await take_seat_or_place(pools, new.attends, member)
        return await write_newcomer(event, new, member, placed, now, invitation, also_at=also_at)


async def register_many(
    event: EventRow, people: Sequence[NewRegistration], *, now: datetime
) -> list[tuple[NewRegistration, Registered]]:
    """
    Register people whom staff vouch for, one after the other and all of them or nobody, in the caller's transaction.

    Seats and the waiting list are as for everybody, and everybody gets the usual letter.

    Raises:
        RegistrationClosed: the event takes no registrations now.
        Problems: something about a person is missing or wrong.

    """
    event, pools = await lock_seats(event.id)
    refuse_closed(event, now)
    pools = await return_due(event, pools, now)
    done = []
    for one in people:
        new, member = await checked_registration(one, event)
        placed = await take_seat_or_place(pools, new.attends, member)
        done.append((new, await write_newcomer(event, new, member, placed, now)))
    return done


def refuse_closed(event: EventRow, now: datetime) -> None:
    """
    Refuse those whom staff would register.

    Raises:
        RegistrationClosed: the event takes no registrations now.

    """
    _check_open(event, now, is_named=True)


async def write_newcomer(
    event: EventRow,
    new: NewRegistration,
    member: UUID | None,
    placed: Placed | Pool,
    now: datetime,
    invitation: InvitedRow | None = None,
    replaces: UUID | None = None,
    also_at: Sequence[dict[str, Any]] = (),
) -> Registered:
    """
    Keep a newcomer who has a seat or a place, or, given a pool only, waits for a decision.

    Args:
        also_at: Other events of this person at the same time, as the letter says them.

    """
    if isinstance(placed, Placed):
        pool, status, place = placed.pool, placed.status, placed.place
    else:
        pool, status, place = placed.id, RegistrationStatus.PENDING, None
    registration_id = uuid4()
    person = await person_with_email(
        new.email, name=new.name, now=now, member=member, organisation=new.organisation,
        country=new.country, language=new.language,
    )  # fmt: skip
    if new.gender:
        await keep_gender_statement(person, Gender(new.gender), by=StatedBy.FORM, language=new.language, now=now)
    await sql(
        "INSERT INTO registration (id, event, pool, person, name, status, queue_place, attends, level, member, "
        "organisation, city, country, language, time_zone, answers, submission_key, link_version, version, "
        "registered_at, status_at, access_needs, role, replaces) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 1, 1, {}, {}, {}, {}, {})",
        registration_id, event.id, pool, person, new.name, status, place, new.attends, new.level or None,
        member, new.organisation, new.city, new.country, new.language, new.time_zone,
        msgspec.json.encode(dict(new.answers or {})).decode(), new.submission_key, now, now, new.access_needs,
        new.role or None, replaces,
    )  # fmt: skip
    await keep_files(registration_id, new.files, now=now)
    if invitation:
        await sql("UPDATE registration_invitation SET registration = {} WHERE id = {}", registration_id, invitation.id)
    registration = RegistrationRow(
        registration_id, event.id, pool, person, new.name, status, place, new.attends, new.level or None,
        member, new.organisation, new.city, new.country, new.language, new.time_zone, 1, 1, now, now, new.email,
        None, access_needs=new.access_needs, role=new.role or None, replaces=replaces,
        entered_for=new.entered_for,
    )  # fmt: skip
    position = None if place is None else await place_in_queue(registration)
    if status is RegistrationStatus.WAITLISTED:
        letter = registration_letter("registration_waitlisted", event, registration, position=position, also_at=also_at)
    else:
        letter = registration_letter(f"registration_{status}", event, registration, also_at=also_at)
    await post_letter(letter, now=now)
    return Registered(registration, position, is_new=True)


def _closed(event: EventRow) -> RegistrationClosed:
    return RegistrationClosed(Sentence("“%(title)s” takes no registrations at present.", title=event.title))


def _check_open(event: EventRow, now: datetime, *, is_named: bool = False) -> None:
    door = event.door(now)
    if door is Door.CANCELLED:
        raise RegistrationClosed(Sentence("“%(title)s” was cancelled.", title=event.title))
    if door is Door.OVER:
        raise RegistrationClosed(Sentence("“%(title)s” is over.", title=event.title))
    if door is Door.EARLY:
        raise RegistrationClosed(Sentence("Registration for “%(title)s” is not open yet.", title=event.title))
    if door is Door.LATE:
        raise RegistrationClosed(Sentence("Registration for “%(title)s” has closed.", title=event.title))
    if door is Door.CLOSED:
        raise _closed(event)
    if door is Door.INVITATION and not is_named:
        raise InvitationNeeded(
            Sentence(
                "“%(title)s” takes those who were invited. Please use the link in your invitation.", title=event.title
            )
        )


async def _refuse_strangers(event: EventRow) -> None:
    """
    Keep the sessions of a lab to its cohort and to those whom staff invite, whatever the event says.

    Raises:
        InvitationNeeded: the event is a session of a lab.

    """
    if await sql("SELECT 1 AS one FROM lab_session WHERE event = {}", event.id):
        raise InvitationNeeded(Sentence("“%(title)s” is a session of a lab, for its cohort.", title=event.title))


async def checked_registration(new: NewRegistration, event: EventRow) -> tuple[NewRegistration, UUID | None]:
    """The form with its text tidied and its member found; every fault at once."""
    problems: dict[str, list[str]] = {}
    tidy = replace(
        new,
        name=clean_line(new.name), email=new.email.strip(), organisation=clean_line(new.organisation),
        city=clean_line(new.city), country=new.country.strip().upper(), access_needs=clean_text(new.access_needs),
    )  # fmt: skip
    if not tidy.name:
        problems["name"] = [Sentence("Please give your name.")]
    for name, most in (("name", 200), ("organisation", 200), ("city", 120), ("access_needs", LONGEST_REASON)):
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
    if tidy.role and tidy.role not in set(Role):
        problems["role"] = [unknown_word(tidy.role, Role)]
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
    asked = await checked_answers(event.id, tidy.answers, {"attends": str(attends), "member": tidy.member})
    problems |= asked.problems
    if problems:
        raise Problems(problems)
    return replace(tidy, attends=str(attends), time_zone=zone, answers=asked.answers, files=asked.files), member


async def cancel_registration(
    registration_id: UUID, *, now: datetime, account_id: UUID | None = None
) -> RegistrationRow:
    """
    Give a seat or a place in the queue back; whoever waited longest gets a seat that is freed.

    Cancelling twice is cancelling once.

    Raises:
        NotStanding: the person was there.

    """
    return await leave_event(registration_id, RegistrationStatus.CANCELLED, now=now, account_id=account_id)


async def decline_registration(
    registration_id: UUID, *, reason: str = "", now: datetime, account_id: UUID | None = None
) -> RegistrationRow:
    """
    Say no to somebody who wants to attend; a seat that is freed goes to the queue.

    Raises:
        NotStanding: the person was there.
        Problems: the reason is too long.

    """
    reason = _reason(reason)
    return await leave_event(
        registration_id, RegistrationStatus.DECLINED, reason=reason, now=now, account_id=account_id
    )


async def cancel_by_link(token: str, *, now: datetime) -> RegistrationRow:
    """
    Cancel the registration that a personal link opens.

    Raises:
        NotFound: the link opens nothing.

    """
    registration = await registration_by_link(token)
    return await cancel_registration(registration.id, now=now)


@retried
async def leave_event(
    registration_id: UUID, status: RegistrationStatus, *, reason: str = "", now: datetime, account_id: UUID | None
) -> RegistrationRow:
    """
    End a registration as cancelled or declined; what it held goes to the next. Ending it twice is ending it once.

    Raises:
        NotStanding: the person was there.

    """
    before = await registration_by_id(registration_id)
    async with seats_transaction(before.event):
        event, pools, before = await locked_registration(before)
        return await end_locked(event, pools, before, status, reason=reason, now=now, account_id=account_id)


async def end_locked(
    event: EventRow,
    pools: list[Pool],
    before: RegistrationRow,
    status: RegistrationStatus,
    *,
    reason: str = "",
    now: datetime,
    account_id: UUID | None,
) -> RegistrationRow:
    """
    End a registration whose event, pools and row are locked, in the caller's transaction.

    Raises:
        NotStanding: the person was there.

    """
    if before.status not in STANDING:
        return before
    await refuse_present(before.id)
    after = changed(before, status, now, decision_reason=reason)
    await write_status(after)
    await withdraw_offer(before)
    await withdraw_all(after.id, now=now)
    await _give_back(event, pools, before, now)
    if event.status != EventStatus.CANCELLED:
        await post_letter(
            registration_letter(
                "registration_cancelled",
                event,
                after,
                had_seat=before.has_seat,
                declined=status is RegistrationStatus.DECLINED,
                was_pending=before.status == RegistrationStatus.PENDING,
                reason=reason,
            ),
            now=now,
        )
    if account_id:
        await record(f"{status}_registration", "registration", after.id, account_id=account_id, now=now, detail=reason)
    return after


async def _give_back(event: EventRow, pools: list[Pool], before: RegistrationRow, now: datetime) -> None:
    """What a registration held before it ended goes to the next, or is free."""
    if before.holds_seat:
        await hand_on_seat(event, pools, before.pool, now)
    elif before.status == RegistrationStatus.WAITLISTED:
        await leave_queue(before)


async def refuse_present(registration_id: UUID) -> None:
    """
    Stop a change of a registration whose person was there.

    Raises:
        NotStanding: it is so.

    """
    if await sql("SELECT 1 AS one FROM attendance WHERE registration = {} LIMIT 1", registration_id):
        raise NotStanding(Sentence("This person is marked as present, so the registration stays."))


async def locked_registration(registration: RegistrationRow) -> tuple[EventRow, list[Pool], RegistrationRow]:
    """The event, its pools and the registration as they stand once their locks are ours, in this order."""
    event, pools = await lock_seats(registration.event)
    await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", registration.id)
    return event, pools, await registration_by_id(registration.id)


def _reason(text: str, *, needed: Sentence | None = None) -> str:
    """A reason as it is kept; `needed` says what is missing without one."""
    reason = clean_text(text)
    if needed and not reason:
        raise Problems({"reason": [needed]})
    if len(reason) > LONGEST_REASON:
        raise Problems(
            {"reason": [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_REASON)]}
        )
    return reason


async def decide(
    registration_id: UUID, verb: str, reason: str = "", *, now: datetime, account_id: UUID
) -> RegistrationRow:
    """
    Decide about somebody who waits for a decision or for a seat.

    Args:
        verb: `confirm`, `decline` or `waitlist`.
        reason: Kept in the audit trail; who is declined reads it in the letter.

    Raises:
        NotFound: there is no such registration.
        Problems: the verb is none of these, or the reason is missing or too long.
        NotStanding: the registration is in no state for it.
        NoSeatFree: everything is taken.

    """
    if verb == Verb.CONFIRM:
        return await confirm_registration(registration_id, reason=reason, now=now, account_id=account_id)
    if verb == Verb.DECLINE:
        return await decline_registration(registration_id, reason=reason, now=now, account_id=account_id)
    if verb == Verb.WAITLIST:
        return await _waitlist(registration_id, reason=reason, now=now, account_id=account_id)
    raise Problems({"verb": [unknown_word(verb, Verb)]})


@retried
async def confirm_registration(
    registration_id: UUID, *, reason: str = "", now: datetime, account_id: UUID
) -> RegistrationRow:
    """
    Give a free seat to somebody who waits for it or for a decision; the audit trail tells who did it.

    Raises:
        NotStanding: the registration or the event was cancelled.
        NoSeatFree: everything is taken.
        Problems: somebody else has waited longer, and no reason is given for passing them over.

    """
    reason = _reason(reason)
    before = await registration_by_id(registration_id)
    async with seats_transaction(before.event):
        event, pools, before = await locked_registration(before)
        if before.status == RegistrationStatus.CONFIRMED:
            return before
        refuse_ended(event, before)
        pools = await return_due(event, pools, now)
        pool = before.pool
        if before.status != RegistrationStatus.OFFERED:
            pool = await _free_seat(pools, before)
            if before.status == RegistrationStatus.WAITLISTED:
                if (await place_in_queue(before) or 1) > 1 and pool == before.pool:
                    _reason(
                        reason, needed=Sentence("Others have waited longer. Please say why this person comes first.")
                    )
                await leave_queue(before)
        after = changed(before, RegistrationStatus.CONFIRMED, now, pool=pool)
        await write_status(after)
        await withdraw_offer(before)
        waited = before.status == RegistrationStatus.WAITLISTED
        kind = "registration_promoted" if waited else "registration_confirmed"
        await post_letter(registration_letter(kind, event, after), now=now)
        await record("confirm_registration", "registration", after.id, account_id=account_id, now=now, detail=reason)
    return after


def refuse_ended(event: EventRow, registration: RegistrationRow) -> None:
    """
    Stop a change of what has ended.

    Raises:
        NotStanding: the event or the registration was cancelled or declined.

    """
    if event.status == EventStatus.CANCELLED:
        raise NotStanding(Sentence("“%(title)s” was cancelled.", title=event.title))
    if registration.status not in STANDING:
        raise NotStanding(Sentence("This registration was cancelled; the person can register again."))


async def _free_seat(pools: list[Pool], registration: RegistrationRow) -> UUID:
    """Take a free seat for somebody, whoever waits; its pool."""
    for pool in await wanted_pools(pools, registration.attends, registration.member):
        if await take_free_seat(pool.id):
            return pool.id
    raise NoSeatFree(Sentence("No seat is free. Raise the capacity first, or cancel another registration."))


@retried
async def _waitlist(registration_id: UUID, *, reason: str, now: datetime, account_id: UUID) -> RegistrationRow:
    """Put somebody who waits for a decision at the end of the queue."""
    reason = _reason(reason)
    before = await registration_by_id(registration_id)
    async with seats_transaction(before.event):
        event, pools, before = await locked_registration(before)
        if before.status == RegistrationStatus.WAITLISTED:
            return before
        refuse_ended(event, before)
        if before.status != RegistrationStatus.PENDING:
            raise NotStanding(Sentence("This person has a seat already."))
        pools = await return_due(event, pools, now)
        placed = await take_seat_or_place(pools, before.attends, before.member)
        if placed.place is None:
            raise NotStanding(Sentence("A seat is free, so nobody needs to wait. Confirm the registration instead."))
        after = changed(before, RegistrationStatus.WAITLISTED, now, pool=placed.pool, queue_place=placed.place)
        await write_status(after)
        position = await place_in_queue(after)
        await post_letter(registration_letter("registration_waitlisted", event, after, position=position), now=now)
        await record("waitlist_registration", "registration", after.id, account_id=account_id, now=now, detail=reason)
    return after


@retried
async def put_first(registration_id: UUID, reason: str, *, now: datetime, account_id: UUID) -> RegistrationRow:
    """
    Let somebody pass everybody else in the queue; the audit trail keeps the reason.

    Raises:
        Problems: no reason is given, or it is too long.
        NotStanding: the person does not wait.

    """
    reason = _reason(reason, needed=Sentence("Please say why this person comes first; it is kept with your name."))
    before = await registration_by_id(registration_id)
    async with seats_transaction(before.event):
        _, _, before = await locked_registration(before)
        if before.status != RegistrationStatus.WAITLISTED:
            raise NotStanding(Sentence("This person is not on the waiting list."))
        rows = await sql(
            "SELECT MIN(queue_place) AS first FROM registration WHERE pool = {} AND status = 'waitlisted'", before.pool
        )
        if rows[0]["first"] == before.queue_place:
            return before
        after = msgspec.structs.replace(before, queue_place=rows[0]["first"] - 1)
        await write_status(after)
        await record("put_first", "registration", after.id, account_id=account_id, now=now, detail=reason)
    return after


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
        await lock_counting(event.id)
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
    await refuse_head_count(registration.event)


async def refuse_head_count(event_id: UUID) -> None:
    """
    Refuse to begin a list beside a head count.

    Raises:
        NotStanding: the event has one.

    """
    if await sql("SELECT 1 AS one FROM head_count WHERE event = {}", event_id):
        raise NotStanding(
            Sentence(
                "This event has a head count, and people must not be counted twice. "
                "A head count of nobody takes it back."
            )
        )


async def lock_counting(event_id: UUID) -> None:
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
        await lock_counting(event.id)
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
