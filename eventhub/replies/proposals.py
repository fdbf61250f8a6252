"""What organisers do with other times that people propose from their calendars (COUNTER, RFC 5546 3.2.7)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.events.commands import change_event
from eventhub.events.queries import EventRow, action_lines_of, event_by_id, item_by_id, themes_of
from eventhub.events.rules import EventFacts
from eventhub.languages import in_zone
from eventhub.mail.commands import post_letter
from eventhub.programme.commands import change_programme_item
from eventhub.programme.queries import facts_of_item
from eventhub.registrations.queries import registration_by_id
from eventhub.replies.commands import DecidedAlready
from eventhub.replies.letters import link_of, proposal_refused_letter
from eventhub.replies.queries import Place, ProposalRow, part_of, proposal_by_id
from eventhub.speakers.personal import speaking_by_id
from eventhub.words import Sentence


async def accept_proposal(proposal_id: UUID, *, now: datetime, account_id: UUID) -> ProposalRow:
    """
    Put the event, or the item of its programme, at the time that somebody proposed; everybody concerned is told as of any change.

    Raises:
        NotFound: there is no such proposal.
        DecidedAlready: it was decided, or overtaken.
        Problems: the event cannot be at that time.
        EventIsCancelled: it was called off.

    """
    proposal = await proposal_by_id(proposal_id)
    _check_open(proposal)
    event = await event_by_id(proposal.event)
    ends = proposal.ends_at
    if ends is None and proposal.stands_from and proposal.stands_to:
        ends = proposal.starts_at + (proposal.stands_to - proposal.stands_from)
    zone = event.time_zone or "UTC"
    start = in_zone(proposal.starts_at, zone)
    end = in_zone(ends, zone) if ends else None
    when = {
        "starts_on": start.date(), "starts_time": start.time(), "second_start": bool(start.fold),
        "ends_on": end.date() if end else None, "ends_time": end.time() if end else None,
        "second_end": bool(end.fold) if end else None,
    }  # fmt: skip
    if proposal.programme_item:
        item = await item_by_id(proposal.programme_item)
        facts = replace(facts_of_item(item), **when)  # type: ignore[arg-type]
        await change_programme_item(item.id, facts, now=now, account_id=account_id)
    else:
        await change_event(
            event.slug, replace(await _facts_of(event), time_zone=zone, **when), version=event.version, now=now, account_id=account_id  # type: ignore[arg-type]
        )  # fmt: skip
    async with transaction():
        await _decide_proposal(proposal, "accepted", now, account_id)
        await sql(
            "UPDATE time_proposal SET status = 'overtaken', decided_at = {} WHERE event = {} "
            "AND COALESCE(programme_item, event) = {} AND status = 'open'",
            now, proposal.event, proposal.programme_item or proposal.event,
        )  # fmt: skip
    return proposal


async def refuse_proposal(proposal_id: UUID, *, now: datetime, account_id: UUID) -> ProposalRow:
    """
    Leave the time as it is; a letter tells the person who had proposed another.

    Raises:
        NotFound: there is no such proposal.
        DecidedAlready: it was decided, or overtaken.

    """
    proposal = await proposal_by_id(proposal_id)
    _check_open(proposal)
    event = await event_by_id(proposal.event)
    part = await part_of(proposal.person, Place(event.id, proposal.programme_item), event.calendar_uid)
    registration = await registration_by_id(part.registration) if part.registration else None
    slot = await speaking_by_id(part.slot) if part.slot else None
    async with transaction():
        await _decide_proposal(proposal, "refused", now, account_id)
        if part.addresses:
            speaker = slot if proposal.programme_item and slot else None
            language = speaker.language if speaker else registration.language if registration else event.language
            link = link_of(None if speaker else registration, speaker)
            await post_letter(
                proposal_refused_letter(
                    event, proposal, name=part.name, address=part.addresses[0], language=language, link=link, now=now
                ),
                now=now,
            )
    return proposal


def _check_open(proposal: ProposalRow) -> None:
    if proposal.status != "open":
        raise DecidedAlready(Sentence("This proposal was decided already, or a newer one has come."))


async def _decide_proposal(proposal: ProposalRow, status: str, now: datetime, account_id: UUID) -> None:
    done = await sql(
        "UPDATE time_proposal SET status = {}, decided_by = {}, decided_at = {} WHERE id = {} AND status = 'open' "
        "RETURNING id",
        status, account_id, now, proposal.id,
    )  # fmt: skip
    if not done:
        raise DecidedAlready(Sentence("This proposal was decided already, or a newer one has come."))
    action = "accept_time_proposal" if status == "accepted" else "refuse_time_proposal"
    await record(action, "event", proposal.event, account_id=account_id, now=now)


async def _facts_of(event: EventRow) -> EventFacts:
    """What stands of an event, to be changed in part; its team, partners and series stay as they are."""
    parent = await event_by_id(event.parent) if event.parent else None
    return EventFacts(
        title=event.title, kind=event.kind, mode=event.mode, involvement=event.involvement, starts_on=event.starts_on,
        starts_time=event.starts_time, ends_on=event.ends_on, ends_time=event.ends_time, time_zone=event.time_zone,
        place=event.place, country=event.country, online_url=event.online_url, description=event.description,
        language=event.language, capacity=event.capacity, registration_mode=event.registration_mode,
        registration_closes_at=event.registration_closes_at, registration_opens_at=event.registration_opens_at,
        offer_hours=event.offer_hours, parity_exempt_reason=event.parity_exempt_reason,
        counts_in_statistics=event.counts_in_statistics, minimum_break=event.minimum_break,
        parent=parent.slug if parent else None,
        action_lines=tuple(row["code"] for row in await action_lines_of(event.id)),
        themes=tuple(row["code"] for row in await themes_of(event.id)),
    )  # fmt: skip
