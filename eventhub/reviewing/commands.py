"""What people do with applications: ask for reviews, declare conflicts, review, and decide about one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.labs.commands import ApplicationStands, locked_application, write_status
from eventhub.labs.queries import ApplicationRow, LabRow, application_by_id, lab_by_id, lab_by_slug
from eventhub.labs.rules import LONGEST_REMARK, LOWEST_SCORE, ApplicationStatus, may_decide, score_problem, too_long
from eventhub.mail.commands import post_letter
from eventhub.reviewing.letters import open_reviews_letter
from eventhub.reviewing.queries import has_conflict, open_by_account, reviewers, weights_of
from eventhub.reviewing.rules import MOST_REVIEWS_EACH, Mark, marks_problems, mean_of, overall, spread_evenly
from eventhub.words import Sentence


class CohortFull(Refusal):
    """As many applications are accepted as the call has places."""

    status_code = 409


class TooNear(Refusal):
    """Somebody has a conflict of interest with what they were to do."""

    status_code = 409


# Who reviews what


async def assign_reviewer(application_id: UUID, reviewer: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Ask an account for a review. Asking twice is asking once.

    Raises:
        NotFound: there is no such application.
        Problems: the account cannot review.
        TooNear: it has a conflict of interest.
        ApplicationStands: the application was withdrawn.

    """
    application = await _readable(application_id, account_id)
    await _check_reviewers([reviewer])
    async with transaction():
        _check_decidable(await locked_application(application))
        if await has_conflict(reviewer, application_id):
            raise TooNear(Sentence("This reviewer has a conflict of interest with the application."))
        if await _assign([(application_id, reviewer)], now, account_id):
            await record("assign_reviewer", "application", application_id, account_id=account_id, now=now, detail=str(reviewer))  # fmt: skip


async def unassign_reviewer(application_id: UUID, reviewer: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Ask an account for a review no more; what it has sent stays. Doing it twice is doing it once.

    Raises:
        NotFound: there is no such application.

    """
    await _readable(application_id, account_id)
    async with transaction():
        gone = await sql(
            "DELETE FROM review_assignment WHERE application = {} AND account = {} RETURNING id",
            application_id,
            reviewer,
        )
        if gone:
            await record("unassign_reviewer", "application", application_id, account_id=account_id, now=now, detail=str(reviewer))  # fmt: skip


async def spread_reviews(slug: str, chosen: Sequence[UUID], each: int, *, now: datetime, account_id: UUID) -> int:
    """
    Ask for reviews of all standing applications of a lab so that each has `each` and everybody has about as many.

    Returns:
        How many were added.

    Raises:
        NotFound: there is no such lab.
        Problems: nobody or somebody who cannot review was chosen, or the number cannot be used.

    """
    lab = await lab_by_slug(slug)
    chosen = list(dict.fromkeys(chosen))
    if not 1 <= each <= MOST_REVIEWS_EACH:
        raise Problems({"each": [Sentence("The number lies between %(least)s and %(most)s.", least=1, most=MOST_REVIEWS_EACH)]})  # fmt: skip
    if not chosen:
        raise Problems({"reviewers": [Sentence("Please choose at least one reviewer.")]})
    await _check_reviewers(chosen)
    async with transaction():
        await lock_lab(lab.id)
        standing = await sql(
            "SELECT id FROM application WHERE lab = {} AND status IN ('submitted', 'accepted', 'waiting', 'declined') "
            "ORDER BY submitted_at, id",
            lab.id,
        )
        barred = await sql(
            "SELECT a.id AS application, k.account AS account FROM application a JOIN conflict_of_interest k "
            "ON k.application = a.id OR k.member = a.member WHERE a.lab = {} AND k.lifted_at IS NULL",
            lab.id,
        )
        assigned = await sql(
            "SELECT x.application AS application, x.account AS account FROM review_assignment x "
            "JOIN application a ON a.id = x.application WHERE a.lab = {}",
            lab.id,
        )
        too_near = {(row["application"], row["account"]) for row in barred}
        added = spread_evenly(
            [row["id"] for row in standing],
            chosen,
            each,
            assigned={(row["application"], row["account"]) for row in assigned} - too_near,
            barred=too_near,
        )
        if added:
            await _assign(added, now, account_id)
            await record("spread_reviews", "lab", lab.id, account_id=account_id, now=now, detail=str(len(added)))
    return len(added)


async def remind_reviewers(slug: str, *, now: datetime, account_id: UUID) -> int:
    """
    Write to everybody who has still to send a review for a lab, at most once a day.

    Returns:
        How many letters were written.

    Raises:
        NotFound: there is no such lab.

    """
    lab = await lab_by_slug(slug)
    written = 0
    async with transaction():
        waiting = await open_by_account(lab.id)
        for row in await reviewers():
            if number := waiting.get(row["id"], 0):
                written += await post_letter(open_reviews_letter(lab, row, number, now), now=now)
        if written:
            await record("remind_reviewers", "lab", lab.id, account_id=account_id, now=now, detail=str(written))
    return written


async def _check_reviewers(chosen: Sequence[UUID]) -> None:
    known = {row["id"] for row in await reviewers()}
    if not known.issuperset(chosen):
        raise Problems({"reviewers": [Sentence("Please choose an account that may read applications.")]})


async def _assign(pairs: Sequence[tuple[UUID, UUID]], now: datetime, account_id: UUID) -> int:
    done = 0
    for application, reviewer in pairs:
        new = await sql(
            "INSERT INTO review_assignment (id, application, account, assigned_by, assigned_at) "
            "VALUES ({}, {}, {}, {}, {}) ON CONFLICT (application, account) DO NOTHING RETURNING id",
            uuid4(), application, reviewer, account_id, now,
        )  # fmt: skip
        done += len(new)
    return done


# Conflicts of interest


async def declare_conflict(
    application_id: UUID, *, reviewer: UUID, whole_member: bool, reason: str, now: datetime, account_id: UUID
) -> None:
    """
    Say that an account is too near to an application, or to the member that sent it. It sees it no more.

    A review that it has written is set aside with this reason, and counts again only when the conflict is lifted.

    Raises:
        NotFound: there is no such application.
        Problems: the reason or the account cannot be used, or there is no member.

    """
    application = await _readable(application_id, account_id)
    reason = clean_text(reason) if clean_line(reason) else ""
    problems = too_long({"reason": (reason, LONGEST_REMARK)})
    if not reason:
        problems["reason"] = [Sentence("Please say what the conflict is.")]
    if whole_member and application.member is None:
        problems["whole_member"] = [Sentence("This applicant is no member; declare the conflict with the application.")]
    if problems:
        raise Problems(problems)
    await _check_reviewers([reviewer])
    member = application.member if whole_member else None
    async with transaction():
        await locked_application(application)
        standing = await sql(
            "SELECT id FROM conflict_of_interest WHERE account = {} AND lifted_at IS NULL "
            f"AND {'member' if whole_member else 'application'} = {{}}",
            reviewer,
            member or application_id,
        )
        if standing:
            return
        new = uuid4()
        await sql(
            "INSERT INTO conflict_of_interest (id, account, member, application, reason, declared_by, declared_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {})",
            new, reviewer, member, None if whole_member else application_id, reason, account_id, now,
        )  # fmt: skip
        await record("declare_conflict", "application", application_id, account_id=account_id, now=now, detail=str(reviewer))  # fmt: skip


async def lift_conflict(conflict_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Say that a conflict stands no more; somebody else than the one it is about does that. Twice is once.

    Raises:
        NotFound: there is no such conflict.
        TooNear: it is one's own.

    """
    async with transaction():
        rows = await sql(
            f"SELECT id, account, member, application, lifted_at FROM conflict_of_interest WHERE id = {{}}{lock_clause()}",
            conflict_id,
        )
        if not rows:
            raise NotFound(Sentence("There is no such conflict of interest."))
        if rows[0]["account"] == account_id:
            raise TooNear(Sentence("Somebody else lifts a conflict of interest of yours."))
        if rows[0]["lifted_at"] is not None:
            return
        await sql("UPDATE conflict_of_interest SET lifted_at = {} WHERE id = {}", now, conflict_id)
        kind, key = ("application", rows[0]["application"]) if rows[0]["application"] else ("member", rows[0]["member"])
        await record("lift_conflict", kind, key, account_id=account_id, now=now, detail=str(rows[0]["account"]))


# Reviews


async def review_application(
    application_id: UUID, *, score: int, comment: str = "", now: datetime, account_id: UUID
) -> ApplicationRow:
    """
    Give an application one overall score of 1 to 5; the same account's later review replaces its earlier one.

    Raises:
        NotFound: there is none, or the account has a conflict of interest with it.
        Problems: the score or the comment cannot be used.
        ApplicationStands: it was withdrawn.

    """
    comment = clean_text(comment)
    problems = too_long({"comment": (comment, LONGEST_REMARK)})
    if wrong := score_problem(score):
        problems["score"] = [wrong]
    if problems:
        raise Problems(problems)
    return await _write_review(application_id, score, comment, "", is_sent=True, now=now, account_id=account_id)


async def review_by_criteria(
    application_id: UUID,
    marks: Mapping[str, Mark],
    *,
    comment: str = "",
    is_sent: bool,
    now: datetime,
    account_id: UUID,
) -> ApplicationRow:
    """
    Score an application by the criteria of its call; kept as a draft, or sent so that it counts.

    Raises:
        NotFound: there is none, or the account has a conflict of interest with it.
        Problems: a score is missing or cannot be used, or a comment is too long; every fault at once.
        ApplicationStands: it was withdrawn, or a review that was sent would become a draft.

    """
    application = await _readable(application_id, account_id)
    weights = weights_of(await lab_by_id(application.lab))
    marks = {code: Mark(mark.score, clean_text(mark.comment)) for code, mark in marks.items()}
    comment = clean_text(comment)
    problems = marks_problems(marks, weights.keys(), is_sent=is_sent) | too_long({"comment": (comment, LONGEST_REMARK)})
    if problems:
        raise Problems(problems)
    total = mean_of(marks, weights)
    kept = msgspec.json.encode(marks).decode()
    score = LOWEST_SCORE if total is None else overall(total)
    return await _write_review(application_id, score, comment, kept, is_sent=is_sent, now=now, account_id=account_id)


async def _write_review(
    application_id: UUID, score: int, comment: str, marks: str, *, is_sent: bool, now: datetime, account_id: UUID
) -> ApplicationRow:
    application = await _readable(application_id, account_id)
    async with transaction():
        _check_decidable(await locked_application(application))
        if await has_conflict(account_id, application_id):  # declared since the page was opened
            raise _no_such_application()
        done = await sql(
            "INSERT INTO application_review (id, application, account, score, comment, scores, is_sent, reviewed_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (application, account) DO UPDATE SET "
            "score = excluded.score, comment = excluded.comment, scores = excluded.scores, "
            "is_sent = excluded.is_sent, reviewed_at = excluded.reviewed_at "
            "WHERE excluded.is_sent OR NOT application_review.is_sent RETURNING id",
            uuid4(), application_id, account_id, score, comment, marks, is_sent, now,
        )  # fmt: skip
        if not done:
            raise ApplicationStands(Sentence("Your review has been sent; send it again to change it."))
        verb = "review_application" if is_sent else "save_review"
        await record(verb, "application", application_id, account_id=account_id, now=now)
    return await application_by_id(application_id)


# Decisions about one application


async def accept_application(
    application_id: UUID, *, reason: str = "", now: datetime, account_id: UUID
) -> ApplicationRow:
    """
    Take an applicant into the lab; the contact person becomes a lab participant.

    Raises:
        Problems: the reason is too long.
        ApplicationStands: it was withdrawn.
        CohortFull: the group has as many members as the call says.

    """
    return await _decide(application_id, ApplicationStatus.ACCEPTED, reason, now=now, account_id=account_id)


async def waitlist_application(
    application_id: UUID, *, reason: str = "", now: datetime, account_id: UUID
) -> ApplicationRow:
    """
    Let an applicant wait for a place in the group.

    Raises:
        Problems: the reason is too long.
        ApplicationStands: it was withdrawn.

    """
    return await _decide(application_id, ApplicationStatus.WAITING, reason, now=now, account_id=account_id)


async def decline_application(
    application_id: UUID, *, reason: str = "", now: datetime, account_id: UUID
) -> ApplicationRow:
    """
    Say no to an applicant.

    Raises:
        Problems: the reason is too long.
        ApplicationStands: it was withdrawn.

    """
    return await _decide(application_id, ApplicationStatus.DECLINED, reason, now=now, account_id=account_id)


async def _decide(
    application_id: UUID, status: ApplicationStatus, reason: str, *, now: datetime, account_id: UUID
) -> ApplicationRow:
    reason = clean_text(reason)
    if problems := too_long({"reason": (reason, LONGEST_REMARK)}):
        raise Problems(problems)
    before = await _readable(application_id, account_id)
    lab = await lab_by_id(before.lab)
    async with transaction():
        await lock_lab(lab.id)
        before = await locked_application(before)
        _check_decidable(before)
        if status is ApplicationStatus.ACCEPTED:
            await _check_place(before, lab)
        if (before.status, before.reason) == (status, reason):
            return before
        await write_status(before, status, reason, now)
        await forget_question(before.id)
        await record(f"{_VERBS[status]}_application", "application", before.id, account_id=account_id, now=now)
    return await application_by_id(application_id)


_VERBS = {
    ApplicationStatus.ACCEPTED: "accept",
    ApplicationStatus.WAITING: "waitlist",
    ApplicationStatus.DECLINED: "decline",
}


async def forget_question(application_id: UUID) -> None:
    """What was decided is another thing now: a place that was offered is no more, nor one that was taken."""
    await sql(
        "UPDATE application SET confirm_until = NULL, confirmed_at = NULL, waiting_place = NULL WHERE id = {}",
        application_id,
    )


async def _check_place(application: ApplicationRow, lab: LabRow) -> None:
    """Count the places, in a transaction that has locked the lab: two acceptances at once cannot both take the last."""
    size = lab.call.cohort_size if lab.call else None
    if size is None:
        return
    others = await sql(
        "SELECT COUNT(*) AS n FROM application WHERE lab = {} AND status = 'accepted' AND id <> {}",
        application.lab,
        application.id,
    )
    if int(others[0]["n"]) >= size:
        raise CohortFull(
            Sentence.counted(
                "The group is full: it has %(num)s place. Put this application on the waiting list, or "
                "change the call.",
                "The group is full: it has %(num)s places. Put this application on the waiting list, or "
                "change the call.",
                size,
            )
        )


def _check_decidable(application: ApplicationRow) -> None:
    if not may_decide(application.status):
        raise ApplicationStands(Sentence("This application was withdrawn, so nothing is decided about it."))


async def lock_lab(lab_id: UUID) -> None:
    """Lock the row of a lab, in the caller's transaction: who decides about its applications does so in turn."""
    await sql(f"SELECT id FROM lab WHERE id = {{}}{lock_clause()}", lab_id)


async def _readable(application_id: UUID, account_id: UUID) -> ApplicationRow:
    """
    The application, if it is for this account.

    Raises:
        NotFound: there is none, or the account has a conflict of interest with it: both look the same.

    """
    application = await application_by_id(application_id)
    if await has_conflict(account_id, application_id):
        raise _no_such_application()
    return application


def _no_such_application() -> NotFound:
    return NotFound(Sentence("There is no such application."))
