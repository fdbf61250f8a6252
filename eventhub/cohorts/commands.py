"""What people do to choose cohorts: have one proposed, deviate, take it over, tell applicants, and fill places."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec

from eventhub import languages
from eventhub.accounts.commands import record
from eventhub.cohorts.letters import KINDS, decision_key, decision_letter
from eventhub.cohorts.queries import (
    Line,
    Place,
    ProposalRow,
    Wishes,
    as_result,
    decided_in,
    labs_of,
    letters_written,
    lines_of,
    newest_proposal,
    place_by_link,
    places_of,
    proposal_by_id,
)
from eventhub.cohorts.rules import BoundKind, Task, bound_problems, lot_of
from eventhub.cohorts.solver import propose
from eventhub.database import Row, lock_clause, sql, transaction, utc_now
from eventhub.directory.people import StatedBy, keep_gender_statement, person_with_email
from eventhub.directory.rules import Gender, clean_line, clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.labs.commands import write_status
from eventhub.labs.queries import LabRow, application_by_id, lab_by_id, lab_by_slug, labs, round_by_id
from eventhub.labs.rules import LONGEST_REMARK, MOST_COHORT, ApplicationStatus, too_long
from eventhub.mail.commands import post_letter
from eventhub.reviewing.commands import CohortFull, forget_question, lock_lab
from eventhub.reviewing.queries import conflicts_in, has_conflict
from eventhub.words import Sentence

logger = logging.getLogger(__name__)

#: Days that whoever moves up has to confirm.
DAYS_TO_CONFIRM = 10
#: A place is offered for so many days at most.
MOST_DAYS = 120
#: Seconds between two looks at the clock.
EVERY = 60.0
#: One proposal at a time leaves the other core to everybody else.
_one_at_a_time = asyncio.Semaphore(1)


class ProposalStands(Refusal):
    """The proposal is in no state for this."""

    status_code = 409


class ConflictInLab(Refusal):
    """Somebody decides about applications of which they may not know."""

    status_code = 403


class PlaceGone(Refusal):
    """The place is not there to be taken."""

    status_code = 409


# Proposals


async def propose_cohort(slug: str, wishes: Wishes, *, now: datetime, account_id: UUID) -> UUID:
    """
    Have the best cohort of a lab proposed within bounds, and keep it.

    Raises:
        NotFound: there is no such lab.
        Problems: a bound cannot be meant, there is no size, or nobody can be chosen.

    """
    lab = await lab_by_slug(slug)
    return await _propose([lab], wishes, now=now, account_id=account_id, lab=lab.id)


async def propose_round(round_id: UUID, wishes: Wishes, *, now: datetime, account_id: UUID) -> UUID:
    """
    Have the best cohorts of all labs of a round proposed at once; members are spread by their preference.

    Raises:
        NotFound: there is no such round.
        Problems: a bound cannot be meant, a lab has no size, or nobody can be chosen.

    """
    await round_by_id(round_id)
    return await _propose(await labs(round_id=round_id), wishes, now=now, account_id=account_id, round_id=round_id)


async def _propose(
    found: Sequence[LabRow],
    wishes: Wishes,
    *,
    now: datetime,
    account_id: UUID,
    lab: UUID | None = None,
    round_id: UUID | None = None,
) -> UUID:
    lines = await lines_of(found, now.date())
    if not any(lines.values()):
        raise Problems({"": [Sentence("Nobody can be chosen: no application stands.")]})
    decided = await decided_in([one.id for one in found]) if wishes.keeps else {}
    tasks = []
    for one in found:
        places = one.call.cohort_size if one.call else None
        bounds = wishes.bounds(places)
        if not any(bound.kind is BoundKind.SIZE for bound in bounds):
            raise Problems({"size_most": [Sentence("Please say how many applications the group of “%(lab)s” takes.", lab=one.name)]})  # fmt: skip
        for bound in bounds:
            if faults := bound_problems(bound):
                raise Problems({_FIELDS.get(bound.kind, "") or f"{bound.kind}_{bound.key}_least": faults})
        tasks.append(
            Task(
                str(one.id),
                tuple(
                    line.candidate(wishes.meets_at, decided.get(line.id), with_bonus=round_id is not None)
                    for line in lines[one.id]
                ),
                bounds,
            )
        )
    if wishes.most_labs is not None and not 1 <= wishes.most_labs <= 100:
        raise Problems({"most_labs": [Sentence("The number lies between %(least)s and %(most)s.", least=1, most=100)]})
    began = time.monotonic()
    async with _one_at_a_time:
        proposal = await asyncio.to_thread(propose, tasks, most_labs=wishes.most_labs)
    scores = {line.key: line.score for own in lines.values() for line in own}
    result = as_result(proposal, scores, round(time.monotonic() - began, 2))
    new = uuid4()
    async with transaction():
        await sql(
            "INSERT INTO cohort_proposal (id, lab, lab_round, bounds, result, account, proposed_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {})",
            new, lab, round_id, msgspec.json.encode(wishes).decode(), msgspec.json.encode(result).decode(),
            account_id, now,
        )  # fmt: skip
        kind, key = ("lab", lab) if lab else ("lab_round", round_id)
        assert key is not None
        await record("propose_cohort", kind, key, account_id=account_id, now=now, detail=str(new))
    return new


#: Beside which field of the form stands what is wrong with a bound.
_FIELDS = {
    BoundKind.SIZE: "size_most", BoundKind.EACH_REGION: "each_region", BoundKind.REGIONS: "regions_least",
    BoundKind.EACH_MEMBER: "each_member", BoundKind.WOMEN: "women_least", BoundKind.NEWCOMERS: "newcomers_least",
    BoundKind.HOURS: "hours",
}  # fmt: skip


async def deviate(
    proposal_id: UUID, application_id: UUID, *, is_in: bool, reason: str, now: datetime, account_id: UUID
) -> None:
    """
    Decide otherwise than a proposal about one application; the last word counts.

    Raises:
        NotFound: there is no such proposal or application, or it is not for this account.
        Problems: there is no reason, or it is too long.
        ProposalStands: the proposal was taken over already.

    """
    reason = clean_text(reason) if clean_line(reason) else ""
    problems = too_long({"reason": (reason, LONGEST_REMARK)})
    if not reason:
        problems["reason"] = [Sentence("Please say why; the reason is kept.")]
    proposal = await proposal_by_id(proposal_id)
    known = {one.key for found in proposal.result.reasons.values() for one in found}
    if str(application_id) not in known or await has_conflict(account_id, application_id):
        raise NotFound(Sentence("There is no such application in this proposal."))
    if problems:
        raise Problems(problems)
    async with transaction():
        await _standing(proposal_id)
        await sql(
            "INSERT INTO cohort_deviation (id, proposal, application, is_in, reason, account, decided_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}) ON CONFLICT (proposal, application) DO UPDATE SET "
            "is_in = excluded.is_in, reason = excluded.reason, account = excluded.account, "
            "decided_at = excluded.decided_at",
            uuid4(), proposal_id, application_id, is_in, reason, account_id, now,
        )  # fmt: skip
        await record("deviate_from_cohort", "application", application_id, account_id=account_id, now=now, detail=reason[:200])  # fmt: skip


async def undo_deviation(proposal_id: UUID, application_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Go back to what was proposed for one application. Doing it twice is doing it once.

    Raises:
        NotFound: there is no such proposal.
        ProposalStands: it was taken over already.

    """
    await proposal_by_id(proposal_id)
    if await has_conflict(account_id, application_id):
        raise NotFound(Sentence("There is no such application in this proposal."))
    async with transaction():
        await _standing(proposal_id)
        gone = await sql(
            "DELETE FROM cohort_deviation WHERE proposal = {} AND application = {} RETURNING id",
            proposal_id,
            application_id,
        )
        if gone:
            await record("undo_deviation", "application", application_id, account_id=account_id, now=now)


async def _standing(proposal_id: UUID) -> Row:
    """Lock a proposal that was not taken over, in the caller's transaction."""
    (row,) = await sql(f"SELECT id, adopted_at FROM cohort_proposal WHERE id = {{}}{lock_clause()}", proposal_id)
    if row["adopted_at"] is not None:
        raise ProposalStands(Sentence("This proposal was taken over already. Have a new one made to decide otherwise."))
    return row


@dataclass(frozen=True)
class Adoption:
    """How the rest is decided, and what applicants read as the reason."""

    waiting: int = 0
    accepted_reason: str = ""
    waiting_reason: str = ""
    declined_reason: str = ""


async def adopt_proposal(proposal_id: UUID, how: Adoption, *, now: datetime, account_id: UUID) -> int:
    """
    Decide as proposed, with the deviations: who is in is accepted, the next by score wait, the rest is declined.

    Nobody is told: letters go out by `send_decisions`, and who is accepted takes part once the place is confirmed.

    Returns:
        How many applications were accepted.

    Raises:
        NotFound: there is no such proposal.
        Problems: a reason or the number of those that wait cannot be used.
        ProposalStands: it was taken over, nothing fitted, or an application has changed since.
        ConflictInLab: the account has a conflict of interest with one of the applications.
        CohortFull: with its deviations it has more applications than the call has places.

    """
    reasons = {
        name: clean_text(getattr(how, name)) for name in ("accepted_reason", "waiting_reason", "declined_reason")
    }
    problems = too_long({name: (text, LONGEST_REMARK) for name, text in reasons.items()})
    if not 0 <= how.waiting <= MOST_COHORT:
        problems["waiting"] = [Sentence("The number lies between %(least)s and %(most)s.", least=0, most=MOST_COHORT)]
    if problems:
        raise Problems(problems)
    proposal = await proposal_by_id(proposal_id)
    if proposal.result.chosen is None:
        raise ProposalStands(Sentence("Nothing fits these bounds, so there is nothing to take over."))
    found = await labs_of(proposal)
    if await conflicts_in(account_id, [lab.id for lab in found]):
        raise ConflictInLab(
            Sentence(
                "You have a conflict of interest with an application here, so a colleague takes the proposal over."
            )
        )
    accepted = 0
    async with transaction():
        for lab in sorted(found, key=lambda one: one.id):
            await lock_lab(lab.id)
        await _standing(proposal_id)
        proposal = await proposal_by_id(proposal_id)  # with deviations as they are now
        lines = await lines_of(found, now.date())
        for lab in found:
            accepted += await _adopt_lab(proposal, lab, lines[lab.id], how.waiting, reasons, now, account_id)
        await sql("UPDATE cohort_proposal SET adopted_at = {} WHERE id = {}", now, proposal_id)
        kind, key = ("lab", proposal.lab) if proposal.lab else ("lab_round", proposal.lab_round)
        assert key is not None
        await record("adopt_cohort", kind, key, account_id=account_id, now=now, detail=str(proposal_id))
    return accepted


async def _adopt_lab(
    proposal: ProposalRow,
    lab: LabRow,
    lines: Sequence[Line],
    waiting: int,
    reasons: dict[str, str],
    now: datetime,
    account_id: UUID,
) -> int:
    final = proposal.final(lab.id)
    known = {line.id: line for line in lines}
    if final - known.keys():
        raise ProposalStands(
            Sentence(
                "An application in the proposal for “%(lab)s” does not stand any more. Please have a new proposal made.",
                lab=lab.name,
            )
        )
    size = lab.call.cohort_size if lab.call else None
    if size is not None and len(final) > size:
        raise CohortFull(
            Sentence(
                "“%(lab)s” has %(places)s places; with your deviations it would have %(number)s applications.",
                lab=lab.name,
                places=size,
                number=len(final),
            )
        )
    if any(line.confirmed_at and line.id not in final for line in lines):
        raise ProposalStands(
            Sentence(
                "A member of “%(lab)s” has confirmed its place already and would lose it. Please decide about it first.",
                lab=lab.name,
            )
        )
    others = sorted((line for line in lines if line.id not in final), key=lambda one: (-one.score, lot_of(one.key)))  # fmt: skip
    for line in lines:
        if line.id in final:
            await _set(line, ApplicationStatus.ACCEPTED, reasons["accepted_reason"], None, now, account_id)
    for place, line in enumerate(others, 1):
        if place <= waiting:
            await _set(line, ApplicationStatus.WAITING, reasons["waiting_reason"], place, now, account_id)
        else:
            await _set(line, ApplicationStatus.DECLINED, reasons["declined_reason"], None, now, account_id)
    return len(final)


_ACTIONS = {
    ApplicationStatus.ACCEPTED: "accept_application",
    ApplicationStatus.WAITING: "waitlist_application",
    ApplicationStatus.DECLINED: "decline_application",
}


async def _set(
    line: Line, status: ApplicationStatus, reason: str, place: int | None, now: datetime, account_id: UUID | None
) -> None:
    """Write a decision that was taken for many; what stands already stays, with its letter and its answer."""
    if line.status == status and line.reason == reason and (line.confirm_until or line.waiting_place == place):
        return
    if line.status == ApplicationStatus.ACCEPTED and status is ApplicationStatus.ACCEPTED:
        await sql("UPDATE application SET reason = {}, version = version + 1 WHERE id = {}", reason, line.id)
        return
    if status is ApplicationStatus.ACCEPTED:  # takes part once the place is confirmed
        await sql(
            "UPDATE application SET status = 'accepted', reason = {}, status_at = {}, version = version + 1 WHERE id = {}",
            reason,
            now,
            line.id,
        )
    else:
        await write_status(await application_by_id(line.id), status, reason, now)
    await forget_question(line.id)
    if place is not None:
        await sql("UPDATE application SET waiting_place = {} WHERE id = {}", place, line.id)
    await record(_ACTIONS[status], "application", line.id, account_id=account_id, now=now)


# Letters


async def unsent_decisions(lab: LabRow) -> list[Place]:
    """Decisions that their applicants have not been told by letter."""
    found = [
        place for place in await places_of(lab.id, list(KINDS)) if place.email
    ]  # nobody is left where it was erased
    written = await letters_written([decision_key(place) for place in found])
    return [place for place in found if decision_key(place) not in written]


async def send_decisions(slug: str, confirm_until: date | None, *, now: datetime, account_id: UUID) -> dict[str, int]:
    """
    Write the letters of acceptance, waiting and refusal that have not been written; pressed twice, each goes once.

    Args:
        confirm_until: The last day on which an offered place can be confirmed, in the zone of the call.

    Returns:
        How many letters by where the application stands.

    Raises:
        NotFound: there is no such lab.
        Problems: places are offered, and the day is missing, over, or too far away.
        ConflictInLab: the account has a conflict of interest with one of the applications.

    """
    lab = await lab_by_slug(slug)
    if await conflicts_in(account_id, [lab.id]):
        raise ConflictInLab(
            Sentence("You have a conflict of interest with an application here, so a colleague sends the letters.")
        )
    sent = dict.fromkeys(KINDS, 0)
    async with transaction():
        await lock_lab(lab.id)
        waiting = await unsent_decisions(lab)
        until = None
        if any(place.status == ApplicationStatus.ACCEPTED and not place.confirmed_at for place in waiting):
            until = _checked_day(confirm_until, lab, now)
        for place in waiting:
            letter_of = place
            if until and place.status == ApplicationStatus.ACCEPTED and not place.confirmed_at:
                await sql("UPDATE application SET confirm_until = {} WHERE id = {}", until, place.application)
                letter_of = msgspec.structs.replace(place, confirm_until=until)
            sent[place.status] += await post_letter(decision_letter(lab, letter_of), now=now)
        if any(sent.values()):
            words = ", ".join(f"{status} {number}" for status, number in sent.items() if number)
            await record("send_decisions", "lab", lab.id, account_id=account_id, now=now, detail=words)
    return sent


def _checked_day(day: date | None, lab: LabRow, now: datetime) -> datetime:
    zone = ZoneInfo(lab.call.time_zone if lab.call else "UTC")
    today = now.astimezone(zone).date()
    if day is None:
        raise Problems({"confirm_until": [Sentence("Please say until when places can be confirmed.")]})
    if not today < day <= today + timedelta(days=MOST_DAYS):
        raise Problems(
            {"confirm_until": [Sentence("The day lies between tomorrow and %(most)s days from now.", most=MOST_DAYS)]}
        )
    return _end_of(day, zone)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """A minute before the day ends, as clocks in a zone show it."""
    return datetime.combine(day, clock(23, 59), zone).astimezone(UTC)


# Places


async def confirm_place(token: str, *, now: datetime) -> bool:
    """
    Take the place that was offered; the proposed people become lab participants.

    What they said of their gender moves to where the house keeps it, and overwrites nothing that they said themselves.

    Returns:
        False: it was confirmed before.

    Raises:
        NotFound: the link opens nothing.
        PlaceGone: the day is over, the place is offered no more, or the member has left the association.

    """
    place = await place_by_link(token)
    async with transaction():
        await lock_lab(place.lab)
        place = await _locked_place(token, place)
        if place.confirmed_at is not None and place.status == ApplicationStatus.ACCEPTED:
            return False
        _check_offered(place, now)
        if place.has_left(now.date()):
            raise PlaceGone(
                Sentence("%(member)s has left the association, so it cannot take the place.", member=place.applicant)
            )
        await sql("UPDATE application SET confirmed_at = {}, version = version + 1 WHERE id = {}", now, place.application)  # fmt: skip
        await _take_part(place, now)
        await record("confirm_place", "application", place.application, account_id=None, now=now)
    return True


async def give_up_place(token: str, *, now: datetime) -> bool:
    """
    Give a place up that was offered or confirmed, so that the next on the waiting list moves up.

    Returns:
        False: it was given up before.

    Raises:
        NotFound: the link opens nothing.
        PlaceGone: there is no place to give up.

    """
    place = await place_by_link(token)
    async with transaction():
        await lock_lab(place.lab)
        place = await _locked_place(token, place)
        if place.status == ApplicationStatus.WITHDRAWN:
            return False
        if place.status != ApplicationStatus.ACCEPTED:
            raise PlaceGone(Sentence("This place is offered no more."))
        before = await application_by_id(place.application)
        await write_status(before, ApplicationStatus.WITHDRAWN, before.reason, now)
        await record("give_up_place", "application", place.application, account_id=None, now=now)
        await _fill(await lab_by_id(place.lab), 1, now)
    return True


async def _locked_place(token: str, place: Place) -> Place:
    await sql(f"SELECT id FROM application WHERE id = {{}}{lock_clause()}", place.application)
    return await place_by_link(token)


def _check_offered(place: Place, now: datetime) -> None:
    if place.status == ApplicationStatus.ACCEPTED and place.confirm_until and now < place.confirm_until:
        return
    if place.confirm_until and now >= place.confirm_until and place.status in ("accepted", "declined"):
        raise PlaceGone(Sentence("The day until which this place could be confirmed is over. Please write to us if you still want to take part."))  # fmt: skip
    raise PlaceGone(Sentence("This place is offered no more."))


async def _take_part(place: Place, now: datetime) -> None:
    """Make the proposed people of an application lab participants, or its contact where it proposes nobody."""
    people = await sql(
        "SELECT p.id AS id, p.name AS name, p.email AS email, g.gender AS gender FROM proposed_person p "
        "LEFT JOIN proposed_gender g ON g.proposed_person = p.id WHERE p.application = {} ORDER BY p.position",
        place.application,
    )
    taking_part = []
    for one in people:
        if not one["email"]:
            continue
        person = await person_with_email(
            one["email"], name=one["name"], now=now, member=place.member, language=place.language
        )
        taking_part.append(person)
        await sql("UPDATE proposed_person SET person = {} WHERE id = {}", person, one["id"])
        if one["gender"]:
            gender = Gender(one["gender"])
            await keep_gender_statement(person, gender, by=StatedBy.FORM, language=place.language, now=now)
            await sql("DELETE FROM proposed_gender WHERE proposed_person = {}", one["id"])
    for person in dict.fromkeys(taking_part or [place.contact]):
        await sql(
            "INSERT INTO lab_participant (id, lab, person, member, role, joined_at, application, language) "
            "VALUES ({}, {}, {}, {}, 'participant', {}, {}, {}) ON CONFLICT (lab, person) DO UPDATE SET "
            "application = COALESCE(lab_participant.application, excluded.application), left_at = NULL",
            uuid4(), place.lab, person, place.member, now, place.application, place.language,
        )  # fmt: skip


async def keep_places_filled(now: datetime) -> int:
    """
    Let offers lapse whose day is over, and offer free places to the waiting list; doing it twice is doing it once.

    Only where letters have gone out. There are as many places as the proposal that was taken over has
    applications, and never more than the call says; without a proposal only a place that lapsed is filled.

    Returns:
        How many applications moved up.

    """
    rows = await sql("SELECT DISTINCT lab FROM application WHERE confirm_until IS NOT NULL")
    moved = 0
    for row in rows:
        lab = await lab_by_id(row["lab"])
        async with transaction():
            await lock_lab(lab.id)
            moved += await _fill(lab, await _lapse(lab, now), now)
    return moved


async def _lapse(lab: LabRow, now: datetime) -> int:
    overdue = [
        place
        for place in await places_of(lab.id, [ApplicationStatus.ACCEPTED])
        if place.confirmed_at is None and place.confirm_until and place.confirm_until <= now
    ]
    for place in overdue:
        await sql(f"SELECT id FROM application WHERE id = {{}}{lock_clause()}", place.application)
        reason = languages.say(Sentence("The place was not confirmed in time."), place.language)
        await write_status(await application_by_id(place.application), ApplicationStatus.DECLINED, reason, now)
        await record("lapse_place", "application", place.application, account_id=None, now=now)
        told = msgspec.structs.replace(place, status=ApplicationStatus.DECLINED, status_at=now, reason=reason)
        await _tell(lab, told, now, lapsed=True)
    return len(overdue)


async def _fill(lab: LabRow, freed: int, now: datetime) -> int:
    """Offer free places to those who wait, in their order, in a transaction that has locked the lab."""
    waiting = [
        place
        for place in await places_of(lab.id, [ApplicationStatus.WAITING])
        if place.email and not place.has_left(now.date())
    ]
    if not waiting:
        return 0
    accepted = len(await places_of(lab.id, [ApplicationStatus.ACCEPTED]))
    adopted = await newest_proposal(lab, adopted=True)
    size = len(adopted.final(lab.id)) if adopted else accepted + freed
    if lab.call and lab.call.cohort_size is not None:
        size = min(size, lab.call.cohort_size)
    zone = ZoneInfo(lab.call.time_zone if lab.call else "UTC")
    until = _end_of(now.astimezone(zone).date() + timedelta(days=DAYS_TO_CONFIRM), zone)
    rising = waiting[: max(0, size - accepted)]
    for place in rising:
        await sql(f"SELECT id FROM application WHERE id = {{}}{lock_clause()}", place.application)
        await sql(
            "UPDATE application SET status = 'accepted', reason = '', status_at = {}, version = version + 1, "
            "waiting_place = NULL, confirm_until = {}, confirmed_at = NULL WHERE id = {}",
            now, until, place.application,
        )  # fmt: skip
        await record("move_up", "application", place.application, account_id=None, now=now)
        told = msgspec.structs.replace(
            place, status=ApplicationStatus.ACCEPTED, status_at=now, reason="", confirm_until=until, waiting_place=None
        )
        await _tell(lab, told, now)
    return len(rising)


async def _tell(lab: LabRow, place: Place, now: datetime, *, lapsed: bool = False) -> None:
    """Write to the contact person, unless the record of that person was erased."""
    if place.email:
        await post_letter(decision_letter(lab, place, lapsed=lapsed), now=now)


async def background() -> None:
    """Keep places filled until the task is cancelled; a failure is tried again after a minute."""
    while True:
        try:
            await keep_places_filled(utc_now())
        except Exception:
            logger.exception("places in labs could not be looked after")
        await asyncio.sleep(EVERY)
