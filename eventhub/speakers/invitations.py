"""Inviting speakers, and taking their answers by a personal link."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.directory.addresses import email_problem
from eventhub.directory.people import StatedBy, forget_gender_statement, keep_gender_statement
from eventhub.directory.rules import Gender, Level, clean_line, clean_text, email_key
from eventhub.errors import Problems, Refusal
from eventhub.events.queries import EventRow, event_by_id
from eventhub.events.rules import EventStatus, unknown_word
from eventhub.mail.commands import post_letter
from eventhub.programme.calendar_news import tell_speaker_gone
from eventhub.registrations.queries import gender_statement_of
from eventhub.settings import current_settings
from eventhub.speakers.commands import event_of_slot, leads_of, line_up_of, tell_if_tipped
from eventhub.speakers.letters import answer_letter, invitation_letter
from eventhub.speakers.personal import SpeakingRow, slot_by_link, speaking_by_id
from eventhub.speakers.portraits import made_anew
from eventhub.speakers.rules import SpeakerStatus
from eventhub.words import Sentence

#: Characters of a biography as it is printed in programmes.
LONGEST_BIOGRAPHY = 1200
LONGEST_NAME = 200


class NotToBeInvited(Refusal):
    """The person has declined, or the event is over or cancelled."""

    status_code = 409


class AnswerTooLate(Refusal):
    """The event is over or cancelled, so that there is nothing to answer any more."""

    status_code = 409


@dataclass(frozen=True)
class Answer:
    """
    What a speaker fills in.

    Attributes:
        status: `confirmed` or `declined`.
        level: Empty leaves it as it is.
        gender: One of `Gender`; empty withdraws it; None: the question was not answered either way.
        language: The one in which the question of gender was read.
        portrait: The picture as it was sent; None keeps the one that is there.

    """

    status: str
    name: str = ""
    level: str = ""
    biography: str = ""
    gender: str | None = None
    language: str = "en"
    portrait: bytes | None = None
    remove_portrait: bool = False


async def invite_speaker(slot_id: UUID, *, email: str = "", now: datetime, account_id: UUID) -> SpeakingRow:
    """
    Write a speaker the letter with the personal link, for the first time or again.

    Args:
        email: The address of a person who has none yet.

    Raises:
        NotFound: there is no such slot.
        NotToBeInvited: the person has declined, or the event is over or cancelled.
        Problems: there is no address to write to, or it cannot be used.

    """
    event_id = await event_of_slot(slot_id)
    async with transaction():
        event, _ = await line_up_of(event_id)
        slot = await speaking_by_id(slot_id)
        if slot.status == SpeakerStatus.DECLINED:
            raise NotToBeInvited(
                Sentence("%(name)s has declined. Set the status to “Invited” first, to ask again.", name=slot.name)
            )
        if is_closed(event, now):
            raise NotToBeInvited(Sentence("This event is over or cancelled, so nobody is invited any more."))
        if not slot.email:
            await _keep_address(slot.person, email)
        await sql("UPDATE speaker_slot SET invited_at = {} WHERE id = {}", now, slot_id)
        slot = await speaking_by_id(slot_id)
        if await post_letter(invitation_letter(slot, event, now=now), now=now):
            await record("invite_speaker", "speaker_slot", slot_id, account_id=account_id, now=now)
    return slot


async def renew_speaker_link(slot_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Make all personal links of a slot stop working; the next letter brings a new one.

    Raises:
        NotFound: there is no such slot.

    """
    async with transaction():
        await line_up_of(await event_of_slot(slot_id))
        await sql("UPDATE speaker_slot SET link_version = link_version + 1, invited_at = NULL WHERE id = {}", slot_id)
        await record("renew_speaker_link", "speaker_slot", slot_id, account_id=account_id, now=now)


async def answer_invitation(token: str, answer: Answer, *, now: datetime) -> SpeakingRow:
    """
    Keep what a speaker answers through the personal link: all of it or nothing.

    The leads of the event are told when somebody confirms or declines, and
    when a published panel tips over by it.

    Raises:
        NotFound: the link is not valid.
        AnswerTooLate: the event is over or cancelled.
        Problems: something is missing or wrong.

    """
    slot = await slot_by_link(token)
    _check_open(await event_by_id(slot.event), now)
    tidy = _checked(answer)
    portrait = await made_anew(tidy.portrait) if tidy.portrait else None
    async with transaction():
        event, before = await line_up_of(slot.event)
        slot = await slot_by_link(token)  # it may have been replaced meanwhile
        _check_open(event, now)
        await sql(
            "UPDATE speaker_slot SET status = {}, level = {}, answered_at = {} WHERE id = {}",
            tidy.status,
            tidy.level or slot.level,
            now,
            slot.id,
        )
        if tidy.name:
            await sql("UPDATE person SET name = {} WHERE id = {}", tidy.name, slot.person)
        await _keep_profile(slot, tidy.biography, portrait, remove=tidy.remove_portrait, now=now)
        await _keep_gender(slot.person, tidy.gender, language=tidy.language, now=now)
        await record("answer_invitation", "speaker_slot", slot.id, account_id=None, now=now, detail=tidy.status)
        answered = await slot_by_link(token)
        if answered.status == SpeakerStatus.DECLINED:
            await tell_speaker_gone(event, answered, now=now, has_declined=True)
        if answered.status != slot.status:
            for lead in await leads_of(event):
                language = current_settings().language_codes[0]
                await post_letter(answer_letter(lead, answered, event, language=language, now=now), now=now)
        await tell_if_tipped(event, before, now)
    return answered


async def state_gender_as_speaker(token: str, gender: str, *, language: str, now: datetime) -> None:
    """
    Keep, change or withdraw how a speaker is counted; unlike the answer, whenever they like.

    Args:
        gender: One of `Gender`, or empty to withdraw it.
        language: The one in which the question was read.

    Raises:
        NotFound: the link is not valid.
        Problems: it is none of these.

    """
    slot = await slot_by_link(token)
    if gender and gender not in set(Gender):
        raise Problems({"gender": [unknown_word(gender, Gender)]})
    async with transaction():
        event, before = await line_up_of(slot.event)
        await _keep_gender(slot.person, gender, language=language, now=now)
        await tell_if_tipped(event, before, now)


def is_closed(event: EventRow, now: datetime) -> bool:
    """Whether there is nothing to ask or to answer any more."""
    return event.status == EventStatus.CANCELLED or event.is_past(now)


def _check_open(event: EventRow, now: datetime) -> None:
    if is_closed(event, now):
        raise AnswerTooLate(Sentence("This event is over or cancelled, so your answer can no longer be changed."))


async def _keep_profile(
    slot: SpeakingRow, biography: str, portrait: bytes | None, *, remove: bool, now: datetime
) -> None:
    """Write the profile where it changes; a new picture counts more than the wish to remove the old one."""
    taken_off = remove and portrait is None and slot.portrait_at is not None
    if biography == slot.biography and portrait is None and not taken_off:
        return
    kept = "NULL" if taken_off else "COALESCE(excluded.portrait, speaker_profile.portrait)"
    await sql(
        "INSERT INTO speaker_profile (person, biography, portrait, updated_at) VALUES ({}, {}, {}, {}) "
        f"ON CONFLICT (person) DO UPDATE SET biography = excluded.biography, portrait = {kept}, "
        "updated_at = excluded.updated_at",
        slot.person,
        biography,
        portrait,
        now,
    )


async def _keep_gender(person_id: UUID, gender: str | None, *, language: str, now: datetime) -> None:
    """Keep or withdraw a statement; one that was only sent along unchanged, such as what staff noted, stays as it is."""
    stated = await gender_statement_of(person_id)
    if gender is None or gender == (stated["gender"] if stated else ""):
        return
    if gender:
        await keep_gender_statement(person_id, Gender(gender), by=StatedBy.OWN_PAGE, language=language, now=now)
    else:
        await forget_gender_statement(person_id)


async def _keep_address(person_id: UUID, email: str) -> None:
    email = email.strip()
    if not email:
        raise Problems({"email": [Sentence("Please give an e-mail address, so that we can write.")]})
    if wrong := email_problem(email):
        raise Problems({"email": [wrong]})
    if await sql("SELECT id FROM person WHERE email_key = {}", email_key(email)):
        raise Problems(
            {
                "email": [
                    Sentence(
                        "We know somebody with this address already. Take this speaker off, and add them with the address."
                    )
                ]
            }
        )
    await sql("UPDATE person SET email = {}, email_key = {} WHERE id = {}", email, email_key(email), person_id)


def _checked(answer: Answer) -> Answer:
    tidy = replace(answer, name=clean_line(answer.name), biography=clean_text(answer.biography))
    problems: dict[str, list[str]] = {}
    if tidy.status not in (SpeakerStatus.CONFIRMED, SpeakerStatus.DECLINED):
        problems["answer"] = [Sentence("Please say whether you will speak.")]
    if not tidy.name and tidy.status != SpeakerStatus.DECLINED:
        problems["name"] = [Sentence("Please give a name.")]
    elif len(tidy.name) > LONGEST_NAME:
        problems["name"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_NAME)]
    if tidy.level and tidy.level not in set(Level):
        problems["level"] = [unknown_word(tidy.level, Level)]
    if len(tidy.biography) > LONGEST_BIOGRAPHY:
        problems["biography"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_BIOGRAPHY)]
    if tidy.gender and tidy.gender not in set(Gender):
        problems["gender"] = [unknown_word(tidy.gender, Gender)]
    if problems:
        raise Problems(problems)
    return tidy
