"""What people do with outcomes: write them down, change them, ask and answer how they go on."""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction, utc_now
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import Problems, Refusal
from eventhub.labs.queries import lab_by_slug
from eventhub.mail.commands import post_letter
from eventhub.outcomes.letters import follow_up_letter
from eventhub.outcomes.queries import (
    FollowUpRow,
    OutcomeRow,
    contacts_of_lab,
    follow_up_by_id,
    follow_up_by_link,
    follow_ups_to_send,
    outcome_by_id,
)
from eventhub.outcomes.rules import FOLLOW_UP_MONTHS, months_after, outcome_problems, state_problems
from eventhub.words import Sentence

logger = logging.getLogger(__name__)

#: Seconds between two looks at the clock.
EVERY = 900.0


class ChangedMeanwhile(Refusal):
    """Somebody else was quicker."""

    status_code = 409


@dataclass(frozen=True)
class OutcomeFacts:
    """What staff say was agreed; members by their keys, the contact is a person of the lab."""

    title: str
    agreed_on: date | None
    members: tuple[str, ...]
    state: str = "agreed"
    description: str = ""
    contact: UUID | None = None


async def add_outcome(lab_slug: str, facts: OutcomeFacts, *, now: datetime, account_id: UUID) -> OutcomeRow:
    """
    Write down what a lab agreed, with the follow-ups after 3, 6 and 12 months.

    Raises:
        NotFound: there is no such lab.
        Problems: something is missing or wrong; every fault at once.

    """
    lab = await lab_by_slug(lab_slug)
    facts, members = await _checked(facts, lab.id, None)
    assert facts.agreed_on is not None
    new = uuid4()
    async with transaction():
        await sql(
            "INSERT INTO outcome (id, lab, title, description, state, agreed_on, contact, account, updated_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})",
            new, lab.id, facts.title, facts.description, facts.state, facts.agreed_on, facts.contact, account_id, now,
        )  # fmt: skip
        await _bind(new, members)
        for months in FOLLOW_UP_MONTHS:
            await sql(
                "INSERT INTO follow_up (id, outcome, months, due_on) VALUES ({}, {}, {}, {})",
                uuid4(), new, months, months_after(facts.agreed_on, months),
            )  # fmt: skip
        await record("add_outcome", "lab", lab.id, account_id=account_id, now=now)
    return await outcome_by_id(new)


async def change_outcome(
    outcome_id: UUID, facts: OutcomeFacts, *, version: int, now: datetime, account_id: UUID
) -> OutcomeRow:
    """
    Change what was written down; another day moves the follow-ups that nobody was asked yet.

    Raises:
        NotFound: there is no such outcome.
        Problems: something is missing or wrong; every fault at once.
        ChangedMeanwhile: somebody changed it since `version` was shown.

    """
    before = await outcome_by_id(outcome_id)
    facts, members = await _checked(facts, before.lab, before.contact)
    assert facts.agreed_on is not None
    async with transaction():
        done = await sql(
            "UPDATE outcome SET title = {}, description = {}, state = {}, agreed_on = {}, contact = {}, account = {}, "
            "updated_at = {}, version = version + 1 WHERE id = {} AND version = {} RETURNING id",
            facts.title, facts.description, facts.state, facts.agreed_on, facts.contact, account_id, now,
            outcome_id, version,
        )  # fmt: skip
        if not done:
            raise ChangedMeanwhile(
                Sentence(
                    "Somebody changed this meanwhile. What you typed is kept here; compare it with the saved text."
                )
            )
        await sql("DELETE FROM outcome_member WHERE outcome = {}", outcome_id)
        await _bind(outcome_id, members)
        for months in FOLLOW_UP_MONTHS:
            await sql(
                "UPDATE follow_up SET due_on = {} WHERE outcome = {} AND months = {} "
                "AND asked_at IS NULL AND answered_at IS NULL",
                months_after(facts.agreed_on, months), outcome_id, months,
            )  # fmt: skip
        if facts.contact != before.contact:
            # Who is no contact any more cannot answer by an old link; the new one is asked what is still open.
            await sql(
                "UPDATE follow_up SET link_version = link_version + 1, asked_at = NULL "
                "WHERE outcome = {} AND answered_at IS NULL",
                outcome_id,
            )
        await record("change_outcome", "lab", before.lab, account_id=account_id, now=now)
    return await outcome_by_id(outcome_id)


async def _checked(facts: OutcomeFacts, lab_id: UUID, contact: UUID | None) -> tuple[OutcomeFacts, list[UUID]]:
    """The facts tidied, with the keys of the members."""
    facts = replace(
        facts,
        title=clean_line(facts.title),
        description=clean_text(facts.description),
        members=tuple(dict.fromkeys(key.replace("\x00", "") for key in facts.members)),
    )
    problems = outcome_problems(
        title=facts.title, description=facts.description, state=facts.state, agreed_on=facts.agreed_on,
        members=facts.members,
    )  # fmt: skip
    keys: list[UUID] = []
    if "members" not in problems:
        marks = ", ".join("{}" for _ in facts.members)
        rows = await sql(f"SELECT id FROM member WHERE key IN ({marks})", *facts.members)
        keys = [row["id"] for row in rows]
        if len(keys) != len(facts.members):
            problems["members"] = [Sentence("One of these members is not known.")]
    if facts.contact and facts.contact != contact:
        known = {row["id"] for row in await contacts_of_lab(lab_id)}
        if facts.contact not in known:
            problems["contact"] = [Sentence("The contact is somebody of the cohort or of an accepted application.")]
    if problems:
        raise Problems(problems)
    return facts, keys


async def _bind(outcome_id: UUID, members: list[UUID]) -> None:
    for member in members:
        await sql("INSERT INTO outcome_member (id, outcome, member) VALUES ({}, {}, {})", uuid4(), outcome_id, member)


async def remind_due(now: datetime) -> int:
    """
    Ask the contacts of what is due how it goes on. Doing it twice is doing it once.

    Returns:
        How many letters were written.

    """
    written = 0
    for one in await follow_ups_to_send(now.date()):
        async with transaction():
            done = await sql(
                "UPDATE follow_up SET asked_at = {} WHERE id = {} AND asked_at IS NULL AND answered_at IS NULL "
                "AND link_version = {} RETURNING id",
                now, one.id, one.link_version,
            )  # fmt: skip
            if done:
                written += await post_letter(follow_up_letter(one), now=now)
    return written


async def answer_follow_up(token: str, state: str, note: str, *, seen: str, now: datetime) -> FollowUpRow:
    """
    The contact says how it goes on, or says it anew.

    Raises:
        NotFound: the link is not ours, or was replaced.
        Problems: something is missing or wrong.
        ChangedMeanwhile: somebody answered since `seen` was shown.

    """
    follow_up = await follow_up_by_link(token)
    return await _answer(follow_up, state, note, seen=seen, now=now, account_id=None)


async def answer_for_contact(
    follow_up_id: UUID, state: str, note: str, *, seen: str, now: datetime, account_id: UUID
) -> FollowUpRow:
    """
    Staff write down what the contact told them.

    Raises:
        NotFound: there is no such follow-up.
        Problems: something is missing or wrong.
        ChangedMeanwhile: somebody answered since `seen` was shown.

    """
    follow_up = await follow_up_by_id(follow_up_id)
    return await _answer(follow_up, state, note, seen=seen, now=now, account_id=account_id)


async def _answer(
    follow_up: FollowUpRow, state: str, note: str, *, seen: str, now: datetime, account_id: UUID | None
) -> FollowUpRow:
    note = clean_text(note)
    if problems := state_problems(state, note):
        raise Problems(problems)
    async with transaction():
        # The outcome first, so that two answers, or an answer and an edit, come one after the other.
        await sql(f"SELECT id FROM outcome WHERE id = {{}}{lock_clause()}", follow_up.outcome)
        current = await follow_up_by_id(follow_up.id)
        if current.seen != seen or current.link_version != follow_up.link_version:
            raise ChangedMeanwhile(Sentence("Another answer was saved meanwhile. Compare both, then send yours again."))
        await sql(
            "UPDATE follow_up SET state = {}, note = {}, answered_at = {} WHERE id = {}", state, note, now, follow_up.id
        )
        # An answer to a later question says more about where it stands now than one to an earlier question.
        await sql(
            "UPDATE outcome SET state = {}, updated_at = {}, version = version + 1 WHERE id = {} AND NOT EXISTS "
            "(SELECT 1 FROM follow_up f WHERE f.outcome = outcome.id AND f.months > {} AND f.answered_at IS NOT NULL)",
            state, now, follow_up.outcome, follow_up.months,
        )  # fmt: skip
        await record("answer_follow_up", "outcome", follow_up.outcome, account_id=account_id, now=now, detail=state)
    return await follow_up_by_id(follow_up.id)


async def background() -> None:
    """Ask until the task is cancelled; a failure is tried again at the next look."""
    while True:
        try:
            await remind_due(utc_now())
        except Exception:
            logger.exception("follow-ups could not be asked for")
        await asyncio.sleep(EVERY)
