"""What becomes of the cohort of a lab: who joins and leaves, and registrations for its sessions."""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction, utc_now
from eventhub.directory.addresses import email_problem
from eventhub.directory.people import person_with_email
from eventhub.directory.queries import member_by_key
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.rules import Mode, unknown_word
from eventhub.labs.cohort_queries import (
    PARTICIPANT,
    TAKES_PART,
    Participant,
    as_participant,
    participant_by_link,
    participant_in,
)
from eventhub.labs.life_letters import welcome_letter
from eventhub.labs.queries import LabRow, lab_by_id, lab_by_slug
from eventhub.labs.rules import LabStatus, ParticipantRole
from eventhub.mail.commands import post_letter
from eventhub.registrations.commands import NewRegistration, cancel_registration, register_participant
from eventhub.registrations.rules import STANDING, Attends
from eventhub.settings import current_settings
from eventhub.words import Sentence

logger = logging.getLogger(__name__)

LONGEST_INTRODUCTION = 1_000
#: Seconds between two looks at all cohorts.
EVERY = 60.0
#: Who joined longer ago has a letter already, or the lab was there before cohorts had pages.
WELCOMED_WITHIN = timedelta(days=30)
#: At the front of the form key of a registration that the program made, and of one that ended with the part in the lab.
MADE, LEFT = "cohort:", "left:"


class AlreadyThere(Refusal):
    """This person is in the cohort."""

    status_code = 409


# What a person does


async def present_oneself(token: str, *, is_shown: bool, introduction: str, now: datetime) -> Participant:
    """
    Say whether the others see one's name and may write, and what one says of oneself.

    Raises:
        NotFound: the link opens nothing.
        Problems: the introduction is too long.

    """
    participant = await participant_by_link(token)
    text = clean_text(introduction)
    if len(text) > LONGEST_INTRODUCTION:
        too_long = Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_INTRODUCTION)
        raise Problems({"introduction": [too_long]})
    async with transaction():
        await sql(
            "UPDATE lab_participant SET is_shown = {}, introduction = {} WHERE id = {}", is_shown, text, participant.id
        )
        if is_shown != participant.is_shown:
            action = "show_in_cohort" if is_shown else "hide_in_cohort"
            await record(action, "lab_participant", participant.id, account_id=None, now=now)
    return msgspec.structs.replace(participant, is_shown=is_shown, introduction=text)


# What staff do


@dataclass(frozen=True)
class NewParticipant:
    """Somebody whom staff take into a cohort."""

    name: str
    email: str
    role: str = ParticipantRole.PARTICIPANT
    member: str = ""
    language: str = "en"


async def add_participant(slug: str, new: NewParticipant, *, now: datetime, account_id: UUID) -> Participant:
    """
    Take somebody into the cohort of a lab, or back into it; registered and written to by `keep_cohorts`.

    Raises:
        NotFound: there is no such lab.
        Problems: something is missing or wrong; every fault at once.
        AlreadyThere: this person is in it.

    """
    lab = await lab_by_slug(slug)
    name, email = clean_line(new.name), new.email.strip()
    problems: dict[str, list[str]] = {}
    if not name:
        problems["name"] = [Sentence("Please give the name.")]
    elif len(name) > 200:
        problems["name"] = [Sentence("This is too long; %(most)s characters is the most.", most=200)]
    if wrong := email_problem(email):
        problems["email"] = [wrong]
    if new.role not in set(ParticipantRole):
        problems["role"] = [unknown_word(new.role, ParticipantRole)]
    if new.language not in current_settings().language_codes:
        problems["language"] = [Sentence("Please choose a language.")]
    member = None
    if new.member:
        try:
            member = (await member_by_key(new.member.replace("\x00", ""))).id
        except NotFound:
            problems["member"] = [Sentence("“%(given)s” is no member that we know.", given=new.member[:80])]
    if problems:
        raise Problems(problems)
    async with transaction():
        await sql(f"SELECT id FROM lab WHERE id = {{}}{lock_clause()}", lab.id)
        person = await person_with_email(email, name=name, now=now, member=member, language=new.language)
        before = await sql("SELECT id, left_at FROM lab_participant WHERE lab = {} AND person = {}", lab.id, person)
        if before and before[0]["left_at"] is None:
            raise AlreadyThere(Sentence("This person is in the cohort already."))
        key = before[0]["id"] if before else uuid4()
        if before:
            await sql(
                "UPDATE lab_participant SET left_at = NULL, joined_at = {}, role = {}, member = {}, language = {} "
                "WHERE id = {}",
                now, new.role, member, new.language, key,
            )  # fmt: skip
        else:
            await sql(
                "INSERT INTO lab_participant (id, lab, person, member, role, joined_at, language) "
                "VALUES ({}, {}, {}, {}, {}, {}, {})",
                key, lab.id, person, member, new.role, now, new.language,
            )  # fmt: skip
        await record("join_cohort", "lab", lab.id, account_id=account_id, now=now, detail=new.role)
    return await participant_in(lab.id, key)


async def change_role(slug: str, participant_id: UUID, role: str, *, now: datetime, account_id: UUID) -> None:
    """
    Give somebody of a cohort another role.

    Raises:
        NotFound: there is no such lab or person.
        Problems: there is no such role.

    """
    lab = await lab_by_slug(slug)
    if role not in set(ParticipantRole):
        raise Problems({"role": [unknown_word(role[:40], ParticipantRole)]})
    participant = await participant_in(lab.id, participant_id)
    async with transaction():
        await sql("UPDATE lab_participant SET role = {} WHERE id = {}", role, participant.id)
        await record("change_cohort_role", "lab", lab.id, account_id=account_id, now=now, detail=role)


async def end_participation(slug: str, participant_id: UUID, *, now: datetime, account_id: UUID) -> Participant:
    """
    Let somebody leave a cohort: the personal link opens nothing any more. Doing it twice is doing it once.

    Past sessions stay as they are; those to come are cancelled by `keep_cohorts`.

    Raises:
        NotFound: there is no such lab or person.

    """
    lab = await lab_by_slug(slug)
    participant = await participant_in(lab.id, participant_id)
    async with transaction():
        done = await sql(
            "UPDATE lab_participant SET left_at = {}, link_version = link_version + 1, is_shown = {} "
            "WHERE id = {} AND left_at IS NULL RETURNING id",
            now, False, participant.id,
        )  # fmt: skip
        if done:
            await record("leave_cohort", "lab", lab.id, account_id=account_id, now=now)
    return await participant_in(lab.id, participant_id)


async def send_cohort_link(slug: str, participant_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Write the letter with the personal link again; pressed twice within a minute it is written once.

    Raises:
        NotFound: there is no such lab, or the person is in its cohort no more.

    """
    lab = await lab_by_slug(slug)
    participant = await participant_in(lab.id, participant_id)
    if participant.left_at is not None or not participant.email:
        raise NotFound(Sentence("There is no such person in this cohort."))
    async with transaction():
        key = f"{welcome_key(participant)}:{now:%Y%m%d%H%M}"
        if await post_letter(welcome_letter(lab, participant, key=key), now=now):
            await record("send_cohort_link", "lab", lab.id, account_id=account_id, now=now)


def welcome_key(participant: Participant) -> str:
    """What keeps the letter of welcome from being written twice."""
    return f"cohort:{participant.id}:v{participant.link_version}:welcome"


# Keeping registrations as the cohort is


@dataclass(frozen=True)
class Kept:
    """What keeping cohorts came to: letters of welcome, registrations made, and registrations ended."""

    welcomed: int = 0
    registered: int = 0
    cancelled: int = 0


async def keep_cohorts(now: datetime, lab_id: UUID | None = None, *, seconds: float | None = None) -> Kept:
    """
    Welcome who joined, register every cohort for its sessions to come, and cancel who left; twice is once.

    Nobody is registered again who has cancelled. Seats are given as to anybody:
    where none is free the person waits. What a rule refuses for one person
    leaves the others as they are.

    Args:
        lab_id: Only this lab; None: all.
        seconds: After these nobody more is registered; `background` goes on. None: everybody is.

    """
    of_lab, values = ("", []) if lab_id is None else (" AND p.lab = {}", [lab_id])
    return Kept(
        await _welcome(now, of_lab, values),
        await _register(now, of_lab, values, seconds),
        await _cancel(now, lab_id),
    )


async def _welcome(now: datetime, of_lab: str, values: list[UUID]) -> int:
    rows = await sql(
        f"{PARTICIPANT} JOIN lab l ON l.id = p.lab WHERE {TAKES_PART} AND p.joined_at > {{}} AND l.status <> {{}} "
        "AND NOT EXISTS (SELECT 1 FROM letter t WHERE t.dedupe_key = "
        f"'cohort:' || p.id || ':v' || p.link_version || ':welcome'){of_lab} ORDER BY p.lab, p.id",
        now - WELCOMED_WITHIN, LabStatus.FINISHED, *values,
    )  # fmt: skip
    labs: dict[UUID, LabRow] = {}
    number = 0
    for participant in map(as_participant, rows):
        lab = labs.get(participant.lab) or await lab_by_id(participant.lab)
        labs[lab.id] = lab
        async with transaction():
            number += await post_letter(welcome_letter(lab, participant, key=welcome_key(participant)), now=now)
    return number


async def _register(now: datetime, of_lab: str, values: list[UUID], seconds: float | None) -> int:
    rows = await sql(
        "SELECT p.id AS id, p.language AS language, h.name AS name, h.email AS email, COALESCE(m.key, '') AS member, "
        "e.slug AS slug, e.mode AS mode FROM lab_participant p JOIN person h ON h.id = p.person "
        "JOIN lab_session s ON s.lab = p.lab JOIN event e ON e.id = s.event LEFT JOIN member m ON m.id = p.member "
        f"WHERE {TAKES_PART} AND e.status = 'published' AND e.starts_at > {{}} AND NOT EXISTS (SELECT 1 FROM "
        "registration r WHERE r.event = e.id AND r.person = p.person "
        f"AND (r.submission_key IS NULL OR r.submission_key NOT LIKE '{LEFT}%')){of_lab} "
        "ORDER BY e.starts_at, e.id, p.joined_at, p.id",
        now,
        *values,
    )
    number, began = 0, time.monotonic()
    for row in rows:
        if seconds is not None and time.monotonic() - began > seconds:
            break
        attends = "" if row["mode"] != Mode.HYBRID else Attends.ONLINE
        new = NewRegistration(
            name=row["name"], email=row["email"], attends=attends, member=row["member"], language=row["language"],
            submission_key=f"{MADE}{row['id'].hex}",
        )  # fmt: skip
        try:
            number += (await register_participant(row["slug"], new, now=now, vouched=True)).is_new
        except Refusal as refusal:
            logger.info("somebody of a cohort could not be registered for %s: %s", row["slug"], refusal)
    return number


async def _cancel(now: datetime, lab_id: UUID | None) -> int:
    of_lab, values = ("", []) if lab_id is None else (" AND s.lab = {}", [lab_id])
    standing = ", ".join(f"'{status}'" for status in sorted(STANDING))
    # by the form key too: who is taken out of a lab by a decision about the application has no row any more
    rows = await sql(
        "SELECT r.id AS id FROM registration r JOIN lab_session s ON s.event = r.event JOIN event e ON e.id = r.event "
        f"WHERE r.status IN ({standing}) AND e.status = 'published' AND e.starts_at > {{}}{of_lab} "
        f"AND (r.submission_key LIKE '{MADE}%' OR EXISTS (SELECT 1 FROM lab_participant o WHERE o.lab = s.lab "
        "AND o.person = r.person AND o.left_at IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM lab_participant p "
        "WHERE p.lab = s.lab AND p.person = r.person AND p.left_at IS NULL) ORDER BY e.starts_at, r.id",
        now,
        *values,
    )
    number = 0
    for row in rows:
        try:
            await cancel_registration(row["id"], now=now)
        except Refusal as refusal:
            logger.info("a registration of somebody who left a cohort stays: %s", refusal)
            continue
        # whoever comes back is registered again, unlike those who cancelled
        await sql("UPDATE registration SET submission_key = {} WHERE id = {}", f"{LEFT}{row['id'].hex}", row["id"])
        number += 1
    return number


async def background() -> None:
    """Keep cohorts until the task is cancelled; a failure is tried again after a minute."""
    while True:
        try:
            await keep_cohorts(utc_now())
        except Exception:
            logger.exception("cohorts could not be looked after")
        await asyncio.sleep(EVERY)
