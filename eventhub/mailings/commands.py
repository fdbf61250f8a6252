"""What staff do with letters about an event: word them, plan and send them to groups, and try them on themselves."""

import logging
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import Problems, Refusal
from eventhub.events.locking import locked_event
from eventhub.events.queries import EventRow
from eventhub.events.rules import EventStatus
from eventhub.languages import gettext, speaking
from eventhub.mail.batches import post_many
from eventhub.mail.commands import OutgoingLetter, post_letter
from eventhub.mail.rules import WORDABLE_KINDS, Wording, wording_problems
from eventhub.mailings.queries import (
    PlannedRow,
    has_cohort,
    packed,
    planned_by_id,
    planned_of,
    planned_waiting,
    recipients,
    wording_in_force,
    wordings,
)
from eventhub.mailings.rules import (
    MESSAGE,
    PRESETS,
    Anchor,
    Plan,
    PlanStatus,
    due_at,
    fallback_language,
    grace,
    plan_problems,
    soon,
)
from eventhub.registrations.letters import group_letter
from eventhub.settings import current_settings
from eventhub.words import Sentence

logger = logging.getLogger(__name__)


class WordingChanged(Refusal):
    """Somebody else has worded this letter meanwhile."""

    status_code = 409


class NotPlannedAnyMore(Refusal):
    """A letter to a group was written, withdrawn, missed, or changed by somebody else."""

    status_code = 409


async def word_letter(
    event: EventRow,
    kind: str,
    language: str,
    wording: Wording,
    *,
    seen: UUID | None,
    now: datetime,
    account_id: UUID,
) -> None:
    """
    Give a kind of letter about an event other words; those that wait and were never tried get them too.

    Args:
        seen: The wording in force that the form showed; None: the usual one.

    Raises:
        Problems: a fault of the texts, at its field.
        WordingChanged: another wording is in force than the one seen.

    """
    wording = Wording(clean_line(wording.subject), clean_text(wording.body))
    problems: dict[str, list[str]] = {**wording_problems(wording)}
    _check_kind(kind, language, problems)
    async with transaction():
        await locked_event(event.id)
        await _replace_wording(event.id, kind, language, seen, now)
        new = uuid4()
        await sql(
            "INSERT INTO letter_wording (id, event, kind, language, subject, body, account, written_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {})",
            new, event.id, kind, language, wording.subject, wording.body, account_id, now,
        )  # fmt: skip
        await _reword_waiting(event.id, kind, language, new)
        await record(
            "word_letter", "event", event.id, account_id=account_id, now=now, detail=f"{kind}, {language}"
        )  # fmt: skip


async def use_usual_wording(
    event: EventRow, kind: str, language: str, *, seen: UUID | None, now: datetime, account_id: UUID
) -> None:
    """
    Let a kind of letter about an event say what it usually says; letters that were tried keep their words.

    Raises:
        Problems: there is no such kind or language.
        WordingChanged: another wording is in force than the one seen.

    """
    _check_kind(kind, language, {})
    async with transaction():
        await locked_event(event.id)
        if not await _replace_wording(event.id, kind, language, seen, now):
            return
        await _reword_waiting(event.id, kind, language, None)
        await record(
            "use_usual_wording", "event", event.id, account_id=account_id, now=now, detail=f"{kind}, {language}"
        )  # fmt: skip


def _check_kind(kind: str, language: str, problems: dict[str, list[str]]) -> None:
    if kind not in WORDABLE_KINDS:
        problems["kind"] = [Sentence("Choose one of the kinds of letters.")]
    if language not in current_settings().language_codes:
        problems["language"] = [Sentence("Choose one of the languages.")]
    if problems:
        raise Problems(problems)


async def _replace_wording(event_id: UUID, kind: str, language: str, seen: UUID | None, now: datetime) -> bool:
    stands = await wording_in_force(event_id, kind, language)
    if (stands.id if stands else None) != seen:
        raise WordingChanged(
            Sentence(
                "Somebody else has changed this wording meanwhile. Both texts are below: save yours again to keep it."
            )
        )
    if stands:
        await sql("UPDATE letter_wording SET replaced_at = {} WHERE id = {}", now, stands.id)
    return stands is not None


async def _reword_waiting(event_id: UUID, kind: str, language: str, wording_id: UUID | None) -> None:
    await sql(
        "UPDATE letter SET wording = {} WHERE event = {} AND kind = {} AND language = {} AND status = 'queued' "
        "AND attempts = 0",
        wording_id, event_id, kind, language,
    )  # fmt: skip


async def copy_wordings(event_id: UUID, new_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """Let the letters about a copy of an event say what those about the event say, in the caller's transaction."""
    for row in await wordings(event_id):
        await sql(
            "INSERT INTO letter_wording (id, event, kind, language, subject, body, account, written_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {})",
            uuid4(), new_id, row.kind, row.language, row.subject, row.body, account_id, now,
        )  # fmt: skip


async def checked_plan(event: EventRow, plan: Plan, *, at_once: bool, now: datetime) -> Plan:
    """
    A letter to a group as it would be kept.

    Raises:
        Problems: every fault at its field.

    """
    texts = {
        language: Wording(clean_line(text.subject), clean_text(text.body)) for language, text in plan.texts.items()
    }
    texts = {language: text for language, text in texts.items() if text.subject or text.body}
    plan = replace(plan, texts=texts)
    if problems := plan_problems(
        plan, languages=tuple(current_settings().language_codes), now=now, starts_at=event.starts_at,
        ends_at=event.ends_at, has_cohort=await has_cohort(event.id), at_once=at_once,
    ):  # fmt: skip
        raise Problems(problems)
    if event.status == EventStatus.CANCELLED and not (at_once and plan.kind == MESSAGE):
        raise Problems(
            {"when": [Sentence("The event was cancelled. Only messages that leave at once can be written about it.")]}
        )
    return plan


async def plan_letter(event: EventRow, plan: Plan, *, key: UUID, now: datetime, account_id: UUID) -> None:
    """
    Plan a letter to a group of people; who they are is decided when it is written.

    Args:
        key: Of the form; the same one sent twice plans once.

    Raises:
        Problems: every fault at its field.

    """
    plan = await checked_plan(event, plan, at_once=False, now=now)
    async with transaction():
        if await _insert(event.id, plan, key, now=now, account_id=account_id):
            await record(
                "plan_letter", "event", event.id, account_id=account_id, now=now, detail=f"{plan.kind}, {plan.audience}"
            )  # fmt: skip


async def _insert(event_id: UUID, plan: Plan, key: UUID, *, now: datetime, account_id: UUID | None) -> bool:
    return bool(
        await sql(
            "INSERT INTO planned_letter (id, event, kind, audience, texts, anchor, minutes, send_at, status, account, "
            "created_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 'planned', {}, {}) ON CONFLICT (id) DO NOTHING RETURNING id",
            key, event_id, plan.kind, plan.audience, packed(dict(plan.texts), plan.only), plan.anchor, plan.minutes,
            plan.send_at, account_id, now,
        )
    )  # fmt: skip


async def change_plan(
    event: EventRow, planned_id: UUID, plan: Plan, *, version: int, now: datetime, account_id: UUID
) -> None:
    """
    Change a planned letter that was not written yet.

    Raises:
        NotFound: there is none of this event.
        Problems: every fault at its field.
        NotPlannedAnyMore: it was written, withdrawn or missed, or somebody else was quicker.

    """
    await planned_by_id(event.id, planned_id)
    plan = await checked_plan(event, plan, at_once=False, now=now)
    async with transaction():
        if not await sql(
            "UPDATE planned_letter SET kind = {}, audience = {}, texts = {}, anchor = {}, minutes = {}, send_at = {}, "
            "version = version + 1 WHERE id = {} AND event = {} AND status = 'planned' AND version = {} RETURNING id",
            plan.kind, plan.audience, packed(dict(plan.texts), plan.only), plan.anchor, plan.minutes, plan.send_at,
            planned_id, event.id, version,
        ):  # fmt: skip
            raise NotPlannedAnyMore(
                Sentence("This letter was written, withdrawn or changed meanwhile. What you typed is kept below.")
            )
        await record("change_plan", "event", event.id, account_id=account_id, now=now, detail=str(planned_id))


async def withdraw_plan(event: EventRow, planned_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Take a planned letter back before it is written; twice is once.

    Raises:
        NotFound: there is none of this event.
        NotPlannedAnyMore: it was written or missed.

    """
    async with transaction():
        done = await sql(
            "UPDATE planned_letter SET status = 'withdrawn', version = version + 1 "
            "WHERE id = {} AND event = {} AND status = 'planned' RETURNING id",
            planned_id, event.id,
        )  # fmt: skip
        if done:
            await record("withdraw_plan", "event", event.id, account_id=account_id, now=now, detail=str(planned_id))
    if not done and (await planned_by_id(event.id, planned_id)).status != PlanStatus.WITHDRAWN:
        raise NotPlannedAnyMore(Sentence("This letter was written already."))


async def send_to_group(event: EventRow, plan: Plan, *, key: UUID, now: datetime, account_id: UUID) -> int:
    """
    Write a letter to a group of people at once, in one transaction; how many letters wait now.

    Args:
        key: Of the form; the same one sent twice writes once.

    Raises:
        Problems: every fault at its field, or the letter reaches nobody.

    """
    plan = await checked_plan(
        event, replace(plan, anchor=Anchor.INSTANT, minutes=0, send_at=now), at_once=True, now=now
    )
    async with transaction():
        await locked_event(event.id)
        if not await _insert(event.id, plan, key, now=now, account_id=account_id):
            return (await planned_by_id(event.id, key)).recipients or 0
        written = await _write(event, await planned_by_id(event.id, key), now=now, account_id=account_id)
        if not written:
            raise Problems({"audience": [Sentence("This letter would reach nobody.")]})
    return written


async def propose_presets(event: EventRow, *, now: datetime, account_id: UUID) -> int:
    """
    Plan the usual letters of an event that are still to come and not planned yet; how many.

    Raises:
        Problems: the event is not published, or has no time.

    """
    if event.status != EventStatus.PUBLISHED or event.starts_at is None:
        raise Problems({"": [Sentence("The usual letters can be planned once the event is published and has a time.")]})
    added = 0
    async with transaction():
        locked = await locked_event(event.id)
        there = {
            (row.kind, row.audience, row.anchor, row.minutes)
            for row in await planned_of(event.id)
            if row.status in (PlanStatus.PLANNED, PlanStatus.WRITTEN)
        }
        for one in PRESETS:
            due = due_at(one.anchor, one.minutes, None, locked.starts_at, locked.ends_at)
            if due is None or due <= now or (one.kind, str(one.audience), str(one.anchor), one.minutes) in there:
                continue
            texts = _thanks() if one.kind == MESSAGE else {}
            plan = Plan(one.kind, one.audience, one.anchor, one.minutes, texts=texts)
            added += await _insert(event.id, plan, uuid4(), now=now, account_id=account_id)
        if added:
            await record("plan_usual_letters", "event", event.id, account_id=account_id, now=now, detail=str(added))
    return added


def _thanks() -> dict[str, Wording]:
    """What we propose to say afterwards to those who came, in every language."""
    found = {}
    for language in current_settings().language_codes:
        with speaking(language):
            found[language] = Wording(
                gettext("Thank you for coming: [title]"),
                gettext(
                    "Thank you for taking part in “[title]”. You find what there is to read about it here: [event_link]"
                ),
            )
    return found


async def write_due(now: datetime) -> tuple[int, int]:
    """
    Write the planned letters whose time has come, each in a transaction of its own.

    Two processes may do so at once: whoever claims a letter first writes it.
    What is too late, or whose event was cancelled, is missed and never written.

    Returns:
        How many letters to groups were written, and how many were missed.

    """
    written = missed = 0
    for row in await planned_waiting():
        if row.event_status == EventStatus.CANCELLED or (row.due is not None and row.due <= now):
            try:
                became = await _claim(row, now)
            except Exception:  # the others are not to wait for it
                logger.exception("a planned letter could not be written: %s", row.id)
                continue
            written += became == PlanStatus.WRITTEN
            missed += became == PlanStatus.MISSED
    return written, missed


async def _claim(row: PlannedRow, now: datetime) -> PlanStatus | None:
    """Write one planned letter, or note that it was missed; None: somebody else did, or its time has changed."""
    async with transaction():
        event = await locked_event(row.event)
        if not await sql(
            f"SELECT id FROM planned_letter WHERE id = {{}} AND status = 'planned'{lock_clause()}", row.id
        ):
            return None
        stands = await planned_by_id(row.event, row.id)
        due = stands.due
        is_cancelled = event.status == EventStatus.CANCELLED
        if not is_cancelled and (due is None or due > now):
            return None
        if (
            is_cancelled
            or due is None
            or now - due > grace(stands.anchor, stands.minutes)
            or _too_late(stands, event, now)
        ):
            await sql("UPDATE planned_letter SET status = 'missed', sent_at = {} WHERE id = {}", now, row.id)
            await record("miss_planned_letter", "event", row.event, account_id=None, now=now, detail=str(row.id))
            return PlanStatus.MISSED
        await _write(event, stands, now=now, account_id=None)
        return PlanStatus.WRITTEN


def _too_late(row: PlannedRow, event: EventRow, now: datetime) -> bool:
    """Whether it would say that something is soon which has begun."""
    return row.kind != MESSAGE and (event.starts_at is None or event.starts_at <= now)


async def _write(event: EventRow, planned: PlannedRow, *, now: datetime, account_id: UUID | None) -> int:
    """Put a letter to a group into the outbox, in the caller's transaction; to how many."""
    reached = await recipients(event, planned.audience, planned.only)
    texts = planned.wordings
    fallback = fallback_language(texts, event.language)
    letters = []
    for key, reader in reached.found.items():
        facts: dict[str, str] = {"soon": soon(planned.anchor, planned.minutes)}
        if planned.kind == MESSAGE:
            language = reader.language if reader.language in texts else fallback
            facts = {"message_subject": texts[language].subject, "message": texts[language].body}
        letters.append(
            group_letter(
                planned.kind, event, reader, audience=planned.audience, key=f"planned:{planned.id}:{key}",
                planned=planned.id, **facts,
            )
        )  # fmt: skip
    written = await post_many(event.id, planned.kind, letters, now=now)
    await sql(
        "UPDATE planned_letter SET status = 'written', sent_at = {}, recipients = {} WHERE id = {}",
        now, written, planned.id,
    )  # fmt: skip
    await record(
        "write_to_group", "event", event.id, account_id=account_id, now=now,
        detail=f"{planned.kind}, {planned.audience}: {written} letters",
    )  # fmt: skip
    return written


async def send_test(event: EventRow, letter: OutgoingLetter, *, now: datetime, account_id: UUID) -> None:
    """Send a letter to nobody but the account that looks at it; nothing else changes."""
    async with transaction():
        await post_letter(letter, now=now)
        await record(
            "send_test_letter", "event", event.id, account_id=account_id, now=now, detail=letter.kind
        )  # fmt: skip
