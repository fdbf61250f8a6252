"""
What becomes of a message that came in: kept, read, judged, and its effect written, once.

A message is kept before it is read, by a hash of its octets, so that one that
comes twice is one. Its effect and its status are written in one transaction:
whoever dies in between leaves it to the next reader. Locks are taken in the
order of registrations (eventhub/registrations/seats.py): the event, its pools,
the message, the registration, the letter.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, retried, sql, transaction
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.queries import EventRow, event_by_id, item_by_id
from eventhub.events.rules import Door, EventStatus, unknown_word
from eventhub.mail.addresses import Plus, read_plus
from eventhub.mail.commands import post_letter
from eventhub.mail.delivery import copy_of
from eventhub.mail.suppressions import record_bounce
from eventhub.programme.sign_up import give_back
from eventhub.registrations.commands import NotStanding, end_locked
from eventhub.registrations.letters import registration_letter
from eventhub.registrations.queries import RegistrationRow, place_in_queue, registration_by_id
from eventhub.registrations.rules import STANDING, Pool, RegistrationStatus
from eventhub.registrations.seats import (
    changed,
    lock_seats,
    return_due,
    seats_transaction,
    take_seat_or_place,
    write_status,
)
from eventhub.replies.letters import (
    asked_again_letter,
    cancelled_again_letter,
    declined_letter,
    speaker_declined_letter,
)
from eventhub.replies.queries import (
    AnswerRow,
    Part,
    Place,
    answer_by_id,
    answer_by_link,
    due_releases,
    inbound_by_id,
    letter_of_message_id,
    octets_of,
    part_of,
    people_of_address,
    person_of_token,
    place_of,
    sent_letter,
    token_fits,
)
from eventhub.replies.reading import read_message
from eventhub.replies.rules import (
    LARGEST_MESSAGE,
    MOST_ATTEMPTS,
    CalendarFacts,
    Decision,
    Kind,
    Known,
    MessageFacts,
    PartStat,
    Status,
    Verdict,
    first_look,
    judge,
    may_be_applied,
    normal_address,
    part_stat,
    proposal_trouble,
    the_one,
)
from eventhub.settings import current_settings
from eventhub.speakers.commands import leads_of, line_up_of, tell_if_tipped
from eventhub.speakers.invitations import is_closed
from eventhub.speakers.letters import answer_letter, invitation_letter
from eventhub.speakers.personal import SpeakingRow, speaking_by_id
from eventhub.speakers.rules import SpeakerStatus
from eventhub.words import Sentence

logger = logging.getLogger(__name__)

#: A clock that is further ahead is wrong: its answers would outlast all later ones.
_CLOCK_AHEAD = timedelta(days=1)


class DecidedAlready(Refusal):
    """Somebody else has decided it, or it needs no decision."""

    status_code = 409


@dataclass(frozen=True)
class Received:
    """What became of a message; `is_new` is False when it had come before."""

    id: UUID
    kind: str
    status: str
    verdict: str
    reason: str
    is_new: bool


@dataclass(frozen=True)
class _About:
    """What a message turned out to be about, for its row."""

    event: UUID | None = None
    person: UUID | None = None
    registration: UUID | None = None
    slot: UUID | None = None
    letter: UUID | None = None


async def receive(octets: bytes, *, source: str, envelope_recipient: str | None, now: datetime) -> Received:
    """
    Take a message in, whatever it is; the same octets twice are one message.

    Args:
        source: `mailbox`, `pipe` or `upload`.
        envelope_recipient: Whom the envelope named; None: the headers of our mail server tell.

    """
    message_id, is_new = await _keep(octets, source, now)
    tries = await sql(
        "UPDATE inbound_message SET attempts = attempts + 1 WHERE id = {} AND status = 'received' RETURNING attempts",
        message_id,
    )
    if tries and tries[0]["attempts"] > MOST_ATTEMPTS:
        why = Sentence("It brought its reader down several times.")
        await _set_aside(message_id, Verdict(Kind.OTHER, Status.FAILED, "poison", why))
    elif tries:
        facts = await read_message(
            octets, envelope_recipient=envelope_recipient, authserv_id=current_settings().authserv_id
        )
        await _settle(message_id, facts, now)
    row = await inbound_by_id(message_id)
    done = Received(row.id, row.kind, row.status, row.verdict, row.reason, is_new)
    logger.info("message %s: %s, %s (%s)%s", done.id, done.kind, done.status, done.verdict, "" if is_new else ", again")
    return done


async def _keep(octets: bytes, source: str, now: datetime) -> tuple[UUID, bool]:
    """Write a message down before anything is done with it; its key, and whether it is new."""
    content_hash = hashlib.sha256(octets).hexdigest()
    new = uuid4()
    done = await sql(
        "INSERT INTO inbound_message (id, content_hash, message_id, source, received_at, sender, subject, octets, kind, "
        "status, verdict, reason) VALUES ({}, {}, '', {}, {}, '', '', {}, 'unread', 'received', '', '') "
        "ON CONFLICT DO NOTHING RETURNING id",
        new, content_hash, source, now, octets if len(octets) <= LARGEST_MESSAGE else None,
    )  # fmt: skip
    if done:
        return new, True
    rows = await sql("SELECT id FROM inbound_message WHERE content_hash = {}", content_hash)
    return UUID(str(rows[0]["id"])), False


async def _set_aside(message_id: UUID, verdict: Verdict) -> None:
    async with transaction():
        if await _still_waits(message_id):
            await _write(message_id, MessageFacts(), verdict, _About())


async def _settle(message_id: UUID, facts: MessageFacts, now: datetime) -> None:
    """Judge a message that was read, and write what follows from it."""
    own = _own_sender(facts)
    pluses = [read_plus(recipient) for recipient in facts.recipients]
    if token := _test_token(facts, pluses):
        await _note_self_test(message_id, facts, token, now)
    elif facts.report:
        await _note_report(message_id, facts, pluses, now)
    elif verdict := first_look(facts, own_sender=own):
        async with transaction():
            if await _still_waits(message_id):
                await _write(message_id, facts, verdict, _About())
    else:
        await _settle_answer(message_id, facts, pluses, now)


def _own_sender(facts: MessageFacts) -> bool:
    """Whether a message claims to come from one of our own addresses."""
    local, _, domain = normal_address(facts.sender).rpartition("@")
    own, _, own_domain = normal_address(current_settings().sender[1]).rpartition("@")
    return domain == own_domain and local.partition("+")[0] == own


async def _still_waits(message_id: UUID) -> bool:
    """Whether nobody has settled a message yet, its row locked for this transaction."""
    rows = await sql(f"SELECT status FROM inbound_message WHERE id = {{}}{lock_clause()}", message_id)
    return bool(rows) and rows[0]["status"] == Status.RECEIVED


async def _write(message_id: UUID, facts: MessageFacts, verdict: Verdict, about: _About) -> None:
    """Write what became of a message; its octets are kept only as long as somebody may need them."""
    await sql(
        "UPDATE inbound_message SET kind = {}, status = {}, verdict = {}, reason = {}, message_id = {}, sender = {}, "
        "subject = {}, event = {}, person = {}, registration = {}, speaker_slot = {}, letter = {} WHERE id = {}",
        verdict.kind, verdict.status, verdict.code, str(verdict.reason), facts.message_id, facts.sender, facts.subject,
        about.event, about.person, about.registration, about.slot, about.letter, message_id,
    )  # fmt: skip
    if verdict.status in (Status.DONE, Status.IGNORED):
        await sql("UPDATE inbound_message SET octets = NULL WHERE id = {}", message_id)


# The self-test


def _test_token(facts: MessageFacts, pluses: Sequence[Plus]) -> str:
    """The secret of the self-test that a message is; empty when it is none."""
    for plus in pluses:
        if plus.kind == "self_test":
            return plus.token
    if current_settings().plus_addresses == "off" and _own_sender(facts):
        _, found, rest = facts.subject.partition("[t-")
        token, closed, _ = rest.partition("]")
        return token if found and closed else ""
    return ""


async def _note_self_test(message_id: UUID, facts: MessageFacts, token: str, now: datetime) -> None:
    async with transaction():
        if not await _still_waits(message_id):
            return
        back = await sql(
            "UPDATE mailbox SET test_back_at = COALESCE(test_back_at, {}) WHERE id = 1 AND test_token = {} RETURNING id",
            now, token,
        )  # fmt: skip
        why = Sentence("The self-test came back.") if back else Sentence("This is a self-test of another time.")
        verdict = Verdict(Kind.SELF_TEST, Status.DONE if back else Status.IGNORED, "self_test", why)
        await _write(message_id, facts, verdict, _About())


# Letters that came back


async def _note_report(message_id: UUID, facts: MessageFacts, pluses: Sequence[Plus], now: datetime) -> None:
    """Note a bounce or a complaint about one of our letters; one that names no letter of ours is put before staff."""
    report = facts.report
    assert report is not None
    kind = Kind.COMPLAINT if report.kind == "complaint" else Kind.BOUNCE
    by_address = next((plus.letter_id for plus in pluses if plus.kind == "bounce"), None)
    async with transaction():
        if not await _still_waits(message_id):
            return
        letter_id = by_address or await letter_of_message_id(report.message_id)
        letter = await sent_letter(letter_id) if letter_id else None
        about = _About(letter.event, letter.person, letter=letter.id) if letter else _About()
        if report.kind == "none":
            why = Sentence("The mail system tells how far a letter has come; it was not refused.")
            verdict = Verdict(kind, Status.IGNORED, "not_failed", why)
        elif letter is None:
            why = Sentence("A letter came back, but it is not clear which one; nothing was changed.")
            verdict = Verdict(kind, Status.REVIEW, "unknown_letter", why)
        else:
            # the address of our own letter, not the one in the report: whoever writes reports could block anybody
            await record_bounce(
                letter.id, letter.recipient_address, report.kind, report.status_code, report.said, now=now  # type: ignore[arg-type]
            )  # fmt: skip
            verdict = Verdict(kind, Status.DONE, report.kind, _BOUNCED[report.kind])
        await _write(message_id, facts, verdict, about)


_BOUNCED = {
    "hard": Sentence("A letter came back: it will not arrive."),
    "soft": Sentence("A letter came back: it could not be delivered now."),
    "complaint": Sentence("Somebody reported a letter as unwanted."),
}


# Answers


@dataclass(frozen=True)
class _Matched:
    """Whom an answer is of, and what is known of it."""

    known: Known
    part: Part | None


async def _match(
    calendar: CalendarFacts | None, place: Place | None, pluses: Sequence[Plus], now: datetime
) -> _Matched:
    """Find whom an answer is of: by the address it names, and by the secret of the address it came to."""
    plus_addresses = current_settings().plus_addresses == "on"
    if calendar is None or place is None:
        return _Matched(Known(is_ours=place is not None, plus_addresses=plus_addresses), None)
    people: list[UUID] = []
    for address, _ in calendar.attendees[:5]:
        people += [person for person in await people_of_address(place.event, address) if person not in people]
    token = next((plus.token for plus in pluses if plus.kind == "person"), "") if plus_addresses else ""
    proven = [person for person in people if token and await token_fits(person, token)]
    owner = proven[0] if proven else await person_of_token(place.event, token) if token else None
    person = owner or (people[0] if people else None)
    part = await part_of(person, place, calendar.uid) if person else None
    event = await event_by_id(place.event)
    known = Known(
        invited=part.addresses if part else (),
        token_fits=bool(proven) if token else None,
        token_is_of_another=bool(token) and not proven and owner is not None,
        plus_addresses=plus_addresses,
        sequence=part.sequence if part else None,
        seen=part.seen if part else None,
        has_seat_or_slot=part is not None and (part.registration or part.slot) is not None,
        is_over=event.status != EventStatus.CANCELLED and event.is_past(now),
    )
    return _Matched(known, part)


@retried
async def _settle_answer(message_id: UUID, facts: MessageFacts, pluses: Sequence[Plus], now: datetime) -> None:
    """Judge an answer and write its effect, in one transaction that holds the event."""
    calendar = the_one(facts.calendars)
    place = await place_of(calendar.uid) if calendar and calendar.uid else None
    if calendar is None or place is None:
        matched = await _match(calendar, place, pluses, now)
        async with transaction():
            if await _still_waits(message_id):
                await _write(message_id, facts, judge(facts, calendar, matched.known), _About())
        return
    async with seats_transaction(place.event):
        event, pools = await lock_seats(place.event)
        if not await _still_waits(message_id):
            return
        matched = await _match(calendar, place, pluses, now)
        verdict = judge(facts, calendar, matched.known)
        part = matched.part
        if verdict.status == Status.DONE and part is not None:
            verdict = await _effect(message_id, calendar, verdict, part, place, event, pools, now)
        about = _About(place.event, part.person, part.registration, part.slot) if part else _About(place.event)
        await _write(message_id, facts, verdict, about)


async def _effect(
    message_id: UUID,
    calendar: CalendarFacts,
    verdict: Verdict,
    part: Part,
    place: Place,
    event: EventRow,
    pools: list[Pool],
    now: datetime,
) -> Verdict:
    """Write the effect of an answer that is believed, in the caller's transaction; the verdict, should it change."""
    # a speaker's answer to the event itself is that of the registration
    slot = await speaking_by_id(part.slot) if part.slot and place.item else None
    registration = await registration_by_id(part.registration) if part.registration else None
    if verdict.kind == Kind.COUNTER:
        if verdict.code == "outdated":
            await _ask_again(event, registration, slot, now)
            return verdict
        return await _propose(message_id, calendar, part, place, now)
    word = part_stat(calendar.attendees[0][1])
    assert word is not None and calendar.stamped_at is not None
    answer = AnswerRow(
        id=uuid4(), person=part.person, calendar_uid=calendar.uid, event=event.id,
        registration=part.registration if slot is None else None, speaker_slot=slot.id if slot else None,
        answer=word, comment=calendar.comment, sequence=_sequence(calendar, part),
        stamped_at=min(calendar.stamped_at, now + _CLOCK_AHEAD), answered_at=now,
        is_outdated=verdict.code == "outdated", release_at=None,
    )  # fmt: skip
    if verdict.code == "outdated":
        await _keep_answer(answer, message_id)
        await _ask_again(event, registration, slot, now)
        return verdict
    if event.status == EventStatus.CANCELLED:
        await _keep_answer(answer, message_id)
        if word is PartStat.DECLINED:
            return verdict
        if registration is not None:
            await _cancel_again(event, registration, calendar.uid, now)
        why = Sentence("The event was cancelled; the person was told again.")
        return replace(verdict, code="event_cancelled", reason=why)
    if slot is not None:
        return await _speaker_answers(message_id, answer, slot, event, verdict, now)
    assert registration is not None
    return await _participant_answers(message_id, answer, registration, place, event, pools, verdict, now)


def _sequence(calendar: CalendarFacts, part: Part) -> int:
    """SEQUENCE of an answer, but never more than we have sent: no answer may outlast all later ones."""
    sequence = calendar.sequence or 0
    return sequence if part.sequence is None else min(sequence, part.sequence)


async def _keep_answer(answer: AnswerRow, message_id: UUID | None) -> AnswerRow:
    """Write the newest answer of a person for a calendar object down; as it is kept."""
    rows = await sql(
        "INSERT INTO calendar_answer (id, person, calendar_uid, event, registration, speaker_slot, answer, comment, "
        "sequence, stamped_at, answered_at, is_outdated, release_at, inbound) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}) "
        "ON CONFLICT (person, calendar_uid) DO UPDATE SET registration = excluded.registration, "
        "speaker_slot = excluded.speaker_slot, answer = excluded.answer, comment = excluded.comment, "
        "sequence = excluded.sequence, stamped_at = excluded.stamped_at, answered_at = excluded.answered_at, "
        "is_outdated = excluded.is_outdated, release_at = excluded.release_at, inbound = excluded.inbound RETURNING id",
        answer.id, answer.person, answer.calendar_uid, answer.event, answer.registration, answer.speaker_slot,
        answer.answer, answer.comment, answer.sequence, answer.stamped_at, answer.answered_at, answer.is_outdated,
        answer.release_at, message_id,
    )  # fmt: skip
    return msgspec.structs.replace(answer, id=UUID(str(rows[0]["id"])))


async def _ask_again(
    event: EventRow, registration: RegistrationRow | None, slot: SpeakingRow | None, now: datetime
) -> None:
    """Send the invitation as it stands once more."""
    if slot is not None:
        if slot.email and not is_closed(event, now):
            await post_letter(invitation_letter(slot, event, now=now), now=now)
    elif registration is not None and registration.has_seat and event.status == EventStatus.PUBLISHED:
        await post_letter(asked_again_letter(event, registration, now=now), now=now)


async def _cancel_again(event: EventRow, registration: RegistrationRow, uid: str, now: datetime) -> None:
    """Send the withdrawal of the invitation once more, at most once a day; whoever never had one is told in words."""
    rows = await sql(
        "SELECT id, status, dedupe_key, created_at, recipient_address FROM letter WHERE person = {} "
        "AND (event = {}) IS TRUE AND calendar_uid = {} AND calendar_method = 'CANCEL' "
        "ORDER BY created_at DESC, id DESC LIMIT 1",
        registration.person, event.id, uid,
    )  # fmt: skip
    if not rows:
        await post_letter(cancelled_again_letter(event, registration, now=now), now=now)
        return
    (last,) = rows
    was_again = last["dedupe_key"].startswith("copy:") and last["created_at"] > now - timedelta(days=1)
    if last["status"] == "sent" and not was_again:
        await copy_of(last["id"], registration.email or last["recipient_address"], now)


async def _participant_answers(
    message_id: UUID,
    answer: AnswerRow,
    registration: RegistrationRow,
    place: Place,
    event: EventRow,
    pools: list[Pool],
    verdict: Verdict,
    now: datetime,
) -> Verdict:
    await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", registration.id)
    registration = await registration_by_id(registration.id)
    if answer.answer == PartStat.DECLINED:
        holds = registration.status in STANDING
        title = ""
        if place.item:
            title = (await item_by_id(place.item)).title
            holds = holds and await _signed_up(registration.id, place.item)
        if holds:
            grace = timedelta(minutes=current_settings().decline_grace_minutes)
            answer = msgspec.structs.replace(answer, release_at=now + grace)
        answer = await _keep_answer(answer, message_id)
        if holds:
            await post_letter(declined_letter(event, registration, answer, item_title=title, now=now), now=now)
    else:
        await _keep_answer(answer, message_id)
        if answer.answer == PartStat.ACCEPTED and not place.item and registration.status not in STANDING:
            verdict = await _come_again(event, pools, registration, verdict, now)
        elif answer.answer == PartStat.ACCEPTED and place.item and not await _signed_up(registration.id, place.item):
            why = Sentence("The person wants to come to a part of the programme that they are not signed up for.")
            verdict = replace(verdict, status=Status.REVIEW, code="not_signed_up", reason=why)
    await record("calendar_answer", "registration", registration.id, account_id=None, now=now, detail=answer.answer)
    return verdict


async def _signed_up(registration_id: UUID, item_id: UUID) -> bool:
    return bool(
        await sql(
            "SELECT 1 AS one FROM item_sign_up WHERE registration = {} AND programme_item = {}",
            registration_id,
            item_id,
        )
    )


async def _come_again(
    event: EventRow, pools: list[Pool], before: RegistrationRow, verdict: Verdict, now: datetime
) -> Verdict:
    """Give somebody who had cancelled a seat again, or a place in the queue; never more seats than there are."""
    if before.status == RegistrationStatus.DECLINED:
        why = Sentence("The organisers had declined this registration, so the answer confirms nothing.")
        return replace(verdict, status=Status.REVIEW, code="declined_by_staff", reason=why)
    if event.door(now) is not Door.OPEN or not pools:
        why = Sentence("The registration was cancelled, and the event takes no new ones by itself.")
        return replace(verdict, status=Status.REVIEW, code="door_closed", reason=why)
    pools = await return_due(event, pools, now)
    placed = await take_seat_or_place(pools, before.attends, before.member)
    after = changed(before, placed.status, now, pool=placed.pool, queue_place=placed.place, decision_reason="")
    await write_status(after)
    if placed.place is None:
        await post_letter(registration_letter("registration_confirmed", event, after), now=now)
        return replace(verdict, code="confirmed_again", reason=Sentence("The person comes after all and has a seat."))
    position = await place_in_queue(after)
    await post_letter(registration_letter("registration_waitlisted", event, after, position=position), now=now)
    why = Sentence("The person comes after all; no seat is free, so they are on the waiting list.")
    return replace(verdict, code="waitlisted_again", reason=why)


async def _speaker_answers(
    message_id: UUID, answer: AnswerRow, slot: SpeakingRow, event: EventRow, verdict: Verdict, now: datetime
) -> Verdict:
    await _keep_answer(answer, message_id)
    status = {PartStat.ACCEPTED: SpeakerStatus.CONFIRMED, PartStat.DECLINED: SpeakerStatus.DECLINED}.get(
        PartStat(answer.answer)
    )
    if status is None or status == slot.status:
        return verdict
    event, before = await line_up_of(event.id)
    await sql("UPDATE speaker_slot SET status = {}, answered_at = {} WHERE id = {}", status, now, slot.id)
    await record("answer_invitation", "speaker_slot", slot.id, account_id=None, now=now, detail=status)
    answered = await speaking_by_id(slot.id)
    language = current_settings().language_codes[0]
    for lead in await leads_of(event):
        await post_letter(answer_letter(lead, answered, event, language=language, now=now), now=now)
    if status is SpeakerStatus.DECLINED and answered.email:
        await post_letter(speaker_declined_letter(answered, event, now=now), now=now)
    await tell_if_tipped(event, before, now)
    why = (
        Sentence("The speaker has confirmed.")
        if status is SpeakerStatus.CONFIRMED
        else Sentence("The speaker has declined; the organisers were told.")
    )
    return replace(verdict, reason=why)


# Decisions of staff


async def decide(message_id: UUID, verb: str, *, now: datetime, account_id: UUID) -> Received:
    """
    Decide about a message that could not be decided without: take it as the answer of the person it names, or not.

    Args:
        verb: `apply` or `ignore`.

    Raises:
        NotFound: there is no such message.
        Problems: the verb is none of these.
        DecidedAlready: it needs no decision, or cannot be applied.

    """
    row = await inbound_by_id(message_id)
    if verb not in set(Decision):
        raise Problems({"verb": [unknown_word(verb, Decision)]})
    if row.status not in (Status.REVIEW, Status.FAILED):
        raise DecidedAlready(Sentence("This message was decided already."))
    if verb == Decision.APPLY:
        await _apply_by_staff(message_id, now=now, account_id=account_id)
    else:
        async with transaction():
            await _take_for_decision(message_id)
            await _decided(message_id, Status.IGNORED, account_id, now)
    row = await inbound_by_id(message_id)
    return Received(row.id, row.kind, row.status, row.verdict, row.reason, is_new=False)


async def _take_for_decision(message_id: UUID) -> None:
    rows = await sql(f"SELECT status FROM inbound_message WHERE id = {{}}{lock_clause()}", message_id)
    if not rows or rows[0]["status"] not in (Status.REVIEW, Status.FAILED):
        raise DecidedAlready(Sentence("This message was decided already."))


async def _decided(message_id: UUID, status: Status, account_id: UUID, now: datetime) -> None:
    await sql(
        "UPDATE inbound_message SET status = {}, decided_by = {}, decided_at = {}, octets = NULL WHERE id = {}",
        status, account_id, now, message_id,
    )  # fmt: skip
    action = "apply_message" if status is Status.DONE else "ignore_message"
    await record(action, "inbound_message", message_id, account_id=account_id, now=now)


@retried
async def _apply_by_staff(message_id: UUID, *, now: datetime, account_id: UUID) -> None:
    row, octets = await inbound_by_id(message_id), await octets_of(message_id)
    not_to_be = DecidedAlready(Sentence("This message cannot be applied to anybody. You can ignore it."))
    if octets is None or row.person is None or row.event is None or not may_be_applied(row.verdict):
        raise not_to_be
    facts = await read_message(octets, envelope_recipient=None, authserv_id="")
    calendar = the_one(facts.calendars)
    place = await place_of(calendar.uid) if calendar else None
    if calendar is None or place is None or place.event != row.event:
        raise not_to_be
    answer = next((said for _, said in calendar.attendees if said), "") if len(calendar.attendees) == 1 else ""
    async with seats_transaction(place.event):
        event, pools = await lock_seats(place.event)
        await _take_for_decision(message_id)
        part = await part_of(row.person, place, calendar.uid)
        address = part.addresses[0] if part.addresses else ""
        calendar = replace(
            calendar, attendees=((address, answer),), stamped_at=calendar.stamped_at or row.received_at
        )  # fmt: skip
        facts = replace(facts, calendars=(calendar,), verdicts=(), sender=address)
        known = Known(
            invited=part.addresses, token_fits=True, sequence=part.sequence, seen=part.seen,
            has_seat_or_slot=(part.registration or part.slot) is not None,
            is_over=event.status != EventStatus.CANCELLED and event.is_past(now),
        )  # fmt: skip
        verdict = judge(facts, calendar, known)
        if verdict.status == Status.REVIEW:
            raise not_to_be
        if verdict.status == Status.DONE:
            verdict = await _effect(message_id, calendar, verdict, part, place, event, pools, now)
        await sql(
            "UPDATE inbound_message SET verdict = {}, reason = {}, registration = {}, speaker_slot = {} WHERE id = {}",
            verdict.code, str(verdict.reason), part.registration, part.slot, message_id,
        )  # fmt: skip
        await _decided(message_id, Status.IGNORED if verdict.status == Status.IGNORED else Status.DONE, account_id, now)


# Seats that are given back


async def release_due(now: datetime) -> int:
    """Give the seats of those back whose calendar declined and whose time to think again has passed; how many."""
    done = 0
    for answer_id, event_id in await due_releases(now):
        done += await _release(answer_id, event_id, now)
    return done


@retried
async def _release(answer_id: UUID, event_id: UUID, now: datetime) -> bool:
    async with seats_transaction(event_id):
        event, pools = await lock_seats(event_id)
        answer = await answer_by_id(answer_id, lock=True)
        if answer is None or answer.release_at is None or answer.release_at > now:
            return False
        await sql("UPDATE calendar_answer SET release_at = NULL WHERE id = {}", answer_id)
        if answer.registration is None or event.status == EventStatus.CANCELLED or event.is_past(now):
            return False
        await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", answer.registration)
        registration = await registration_by_id(answer.registration)
        place = await place_of(answer.calendar_uid)
        if place and place.item:
            await give_back(registration.id, place.item, now=now)
            return True
        try:
            await end_locked(event, pools, registration, RegistrationStatus.CANCELLED, now=now, account_id=None)
        except NotStanding:
            logger.warning("registration %s stays: the person was there and declined", registration.id)
            return False
    return True


@dataclass(frozen=True)
class Undone:
    """What became of a "no" that somebody took back; `registration` is None when its event is gone."""

    event: EventRow
    registration: RegistrationRow
    answer: AnswerRow


async def answer_of_link(token: str) -> Undone:
    """
    What the link in a letter about a "no" opens; it only looks.

    Raises:
        NotFound: it opens nothing.

    """
    answer = await answer_by_link(token)
    if answer.registration is None:
        raise NotFound(Sentence("This link is no longer valid. Please use the link in your newest letter."))
    return Undone(await event_by_id(answer.event), await registration_by_id(answer.registration), answer)


@retried
async def undo_decline(token: str, *, now: datetime) -> Undone:
    """
    Take a "no" back: the seat stays, or, when it was given back already, there is another one or a place in the queue.

    Raises:
        NotFound: the link opens nothing.
        NotStanding: the event takes nobody any more, or the organisers had declined.

    """
    found = await answer_of_link(token)
    async with seats_transaction(found.event.id):
        event, pools = await lock_seats(found.event.id)
        answer = await answer_by_link(token, lock=True)
        await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", found.registration.id)
        registration = await registration_by_id(found.registration.id)
        if answer.answer != PartStat.DECLINED:
            return Undone(event, registration, answer)
        if event.status == EventStatus.CANCELLED or event.is_past(now):
            raise NotStanding(Sentence("“%(title)s” is over or was cancelled.", title=event.title))
        place = await place_of(answer.calendar_uid)
        if place and place.item and answer.release_at is None:
            raise NotStanding(Sentence("Your place was given back. You can sign up again on your page."))
        if registration.status not in STANDING:
            verdict = Verdict(Kind.REPLY, Status.DONE, "", Sentence("The person comes."))
            verdict = await _come_again(event, pools, registration, verdict, now)
            if verdict.status is not Status.DONE:
                raise NotStanding(Sentence("“%(title)s” takes no registrations at present.", title=event.title))
        await sql(
            "UPDATE calendar_answer SET answer = 'accepted', answered_at = {}, release_at = NULL WHERE id = {}",
            now, answer.id,
        )  # fmt: skip
        await record("undo_decline", "registration", registration.id, account_id=None, now=now)
        registration = await registration_by_id(registration.id)
    return Undone(event, registration, msgspec.structs.replace(answer, answer="accepted", release_at=None))


# Other times


async def _propose(message_id: UUID, calendar: CalendarFacts, part: Part, place: Place, now: datetime) -> Verdict:
    """Keep a proposal of another time for the organiser; a newer one of the same person replaces it."""
    if trouble := proposal_trouble(calendar, now=now):
        return Verdict(Kind.COUNTER, Status.IGNORED, "no_time", trouble)
    await sql(
        "UPDATE time_proposal SET status = 'overtaken', decided_at = {} WHERE event = {} AND person = {} "
        "AND COALESCE(programme_item, event) = {} AND status = 'open'",
        now, place.event, part.person, place.item or place.event,
    )  # fmt: skip
    await sql(
        "INSERT INTO time_proposal (id, event, programme_item, person, starts_at, ends_at, comment, status, inbound, "
        "proposed_at) VALUES ({}, {}, {}, {}, {}, {}, {}, 'open', {}, {})",
        uuid4(), place.event, place.item, part.person, calendar.starts_at, calendar.ends_at, calendar.comment,
        message_id, now,
    )  # fmt: skip
    await record("propose_time", "event", place.event, account_id=None, now=now)
    return Verdict(Kind.COUNTER, Status.DONE, "proposed", Sentence("Another time is proposed."))
