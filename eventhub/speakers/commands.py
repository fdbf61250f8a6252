"""Putting speakers on panels."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.directory.addresses import email_problem
from eventhub.directory.people import StatedBy, keep_gender_statement, person_with_email
from eventhub.directory.rules import Gender, Level, clean_line
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.queries import EventRow, event_by_id, item_by_id
from eventhub.events.rules import EventStatus, unknown_word
from eventhub.languages import say
from eventhub.mail.commands import OutgoingLetter, post_letter
from eventhub.programme.calendar_news import tell_speaker_gone
from eventhub.registrations.queries import member_by_key
from eventhub.settings import current_settings
from eventhub.speakers.personal import speaking_by_id
from eventhub.speakers.queries import parity_of
from eventhub.speakers.rules import ParityCheck, SpeakerRole, SpeakerStatus, parity_problems
from eventhub.words import Sentence


class SpeaksAlready(Refusal):
    """The person has a slot in this programme item."""

    status_code = 409


@dataclass(frozen=True)
class NewSpeaker:
    """What an organiser says of a speaker; the gender only as the person stated it."""

    name: str
    email: str = ""
    gender: str = ""
    level: str = Level.TECHNICAL
    role: str = SpeakerRole.SPEAKER
    status: str = SpeakerStatus.INVITED
    member: str = ""


async def add_speaker(item_id: UUID, new: NewSpeaker, *, now: datetime, account_id: UUID) -> UUID:
    """
    Put somebody on a programme item; the organiser is told when a published panel tips over.

    Returns:
        The key of the new slot.

    Raises:
        NotFound: there is no such item.
        Problems: something is missing or wrong.
        SpeaksAlready: the person has a slot there.

    """
    item = await item_by_id(item_id)
    new, member = await _checked(new)
    async with transaction():
        event, before = await line_up_of(item.event)
        person = await _person(new, event, member, now)
        if new.gender:
            await keep_gender_statement(
                person,
                Gender(new.gender),
                by=StatedBy.STAFF,
                language=current_settings().language_codes[0],
                now=now,
            )
        slot = uuid4()
        done = await sql(
            "INSERT INTO speaker_slot (id, programme_item, person, role, level, status, member, created_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (programme_item, person) DO NOTHING RETURNING id",
            slot, item_id, person, new.role, new.level, new.status, member, now,
        )  # fmt: skip
        if not done:
            raise SpeaksAlready(Sentence("%(name)s is on “%(title)s” already.", name=new.name, title=item.title))
        await record("add_speaker", "speaker_slot", slot, account_id=account_id, now=now)
        await tell_if_tipped(event, before, now)
    return slot


async def change_slot(
    slot_id: UUID, *, role: str, level: str, status: str, now: datetime, account_id: UUID
) -> EventRow:
    """
    Change a speaker's role, level or status in one item.

    Raises:
        NotFound: there is no such slot.
        Problems: a word is none of ours.

    """
    problems = _word_problems(role, level, status)
    if problems:
        raise Problems(problems)
    event_id = await event_of_slot(slot_id)
    async with transaction():
        event, before = await line_up_of(event_id)
        await sql(
            "UPDATE speaker_slot SET role = {}, level = {}, status = {} WHERE id = {}",
            role,
            level,
            status,
            slot_id,
        )
        if status == SpeakerStatus.DECLINED:
            await tell_speaker_gone(event, await speaking_by_id(slot_id), now=now, has_declined=True)
        await record("change_slot", "speaker_slot", slot_id, account_id=account_id, now=now, detail=status)
        await tell_if_tipped(event, before, now)
    return event


async def remove_speaker(slot_id: UUID, *, now: datetime, account_id: UUID) -> EventRow:
    """
    Take somebody off a programme item.

    Raises:
        NotFound: there is no such slot.

    """
    event_id = await event_of_slot(slot_id)
    async with transaction():
        event, before = await line_up_of(event_id)
        await tell_speaker_gone(event, await speaking_by_id(slot_id), now=now)
        await sql("DELETE FROM speaker_slot WHERE id = {}", slot_id)
        await record("remove_speaker", "speaker_slot", slot_id, account_id=account_id, now=now)
        await tell_if_tipped(event, before, now)
    return event


async def line_up_of(event_id: UUID) -> tuple[EventRow, ParityCheck]:
    """
    The event and its check before a change of its speakers, in the caller's transaction.

    Its row is locked, as in publishing: either publishing sees the new
    line-up, or the change sees that the event is published.
    """
    await sql(f"SELECT id FROM event WHERE id = {{}}{lock_clause()}", event_id)
    event = await event_by_id(event_id)
    return event, await parity_of(event.id, exempt_reason=event.parity_exempt_reason)


async def event_of_slot(slot_id: UUID) -> UUID:
    """
    The event at which a slot is.

    Raises:
        NotFound: there is no such slot.

    """
    rows = await sql(
        "SELECT i.event AS event FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item WHERE s.id = {}",
        slot_id,
    )
    if not rows:
        raise NotFound(Sentence("There is no such speaker slot."))
    return UUID(str(rows[0]["event"]))


async def _person(new: NewSpeaker, event: EventRow, member: UUID | None, now: datetime) -> UUID:
    """
    By address; without one, the speaker of this name in the same event, so that a second panel finds them.

    Somebody new is written to in the language of the event.
    """
    known = current_settings().language_codes
    language = event.language if event.language in known else known[0]
    if new.email:
        return await person_with_email(new.email, name=new.name, now=now, member=member, language=language)
    rows = await sql(
        "SELECT p.id AS id FROM person p JOIN speaker_slot s ON s.person = p.id "
        "JOIN programme_item i ON i.id = s.programme_item WHERE i.event = {} AND p.email_key IS NULL AND p.name = {}",
        event.id,
        new.name,
    )
    if rows:
        return UUID(str(rows[0]["id"]))
    made = uuid4()
    await sql(
        "INSERT INTO person (id, name, member, organisation, country, language, created_at) "
        "VALUES ({}, {}, {}, '', '', {}, {})",
        made, new.name, member, language, now,
    )  # fmt: skip
    return made


async def _checked(new: NewSpeaker) -> tuple[NewSpeaker, UUID | None]:
    tidy = replace(new, name=clean_line(new.name), email=new.email.strip())
    problems = _word_problems(tidy.role, tidy.level, tidy.status)
    if not tidy.name:
        problems["name"] = [Sentence("Please give a name.")]
    elif len(tidy.name) > 200:
        problems["name"] = [Sentence("This is too long; %(most)s characters is the most.", most=200)]
    if tidy.email and (wrong := email_problem(tidy.email)):
        problems["email"] = [wrong]
    if tidy.gender and tidy.gender not in set(Gender):
        problems["gender"] = [unknown_word(tidy.gender, Gender)]
    member = None
    if tidy.member:
        found = await member_by_key(clean_line(tidy.member))
        if found is None:
            problems["member"] = [Sentence("“%(given)s” is no member that we know.", given=tidy.member[:80])]
        else:
            member = UUID(str(found["id"]))
    if problems:
        raise Problems(problems)
    return tidy, member


def _word_problems(role: str, level: str, status: str) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if role not in set(SpeakerRole):
        problems["role"] = [unknown_word(role, SpeakerRole)]
    if level not in set(Level):
        problems["level"] = [unknown_word(level, Level)]
    if status not in set(SpeakerStatus):
        problems["status"] = [unknown_word(status, SpeakerStatus)]
    return problems


async def leads_of(event: EventRow) -> list[Row]:
    """Accounts that lead an event; without any, its author."""
    return await sql(
        "SELECT a.id AS id, a.name AS name, a.email AS email FROM event_team t JOIN account a ON a.id = t.account "
        "WHERE t.event = {} AND t.is_lead AND a.is_active ORDER BY a.id",
        event.id,
    ) or await sql("SELECT id, name, email FROM account WHERE id = {} AND is_active", event.created_by)


async def tell_if_tipped(event: EventRow, before: ParityCheck, now: datetime) -> None:
    """After publishing, the leads hear of every panel that was in balance and is so no longer; without any, its author."""
    if event.status != EventStatus.PUBLISHED:
        return
    after = await parity_of(event.id, exempt_reason=event.parity_exempt_reason)
    tipped = [line_up for line_up, _ in after.panels if line_up.item_id in after.holding_back - before.holding_back]
    if not tipped:
        return
    language, share = current_settings().language_codes[0], current_settings().parity_minimum_share
    for row in await leads_of(event):
        await post_letter(
            OutgoingLetter(
                kind="parity_tipped",
                dedupe_key=f"parity:{event.id}:{row['id']}:{now.isoformat()}",
                recipient_name=row["name"],
                recipient_address=row["email"],
                language=language,
                facts={
                    "recipient_name": row["name"],
                    "event_title": event.title,
                    "event_url": f"{current_settings().base_url}/staff/events/{event.slug}",
                    "sentences": [say(sentence, language) for sentence in parity_problems(tipped, minimum_share=share)],
                },
                event_id=event.id,
                person_id=None,
            ),
            now=now,
        )
