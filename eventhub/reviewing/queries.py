"""Reads of reviews as those see them who write them, and as those see them who decide."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.accounts.rules import Role
from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.labs.queries import ApplicationRow, LabRow, application_by_id, applications_of, lab_by_id
from eventhub.labs.rules import may_decide
from eventhub.reviewing.rules import DISAGREEMENT, POINT, Mark, mean_of, mean_total, spread_of
from eventhub.words import Sentence

#: Roles whose accounts may be asked for a review: those that may read applications.
REVIEWING_ROLES = (Role.ADMINISTRATOR, Role.PROGRAMME, Role.ORGANISER)
#: A conflict of interest of `{account}` with the application `a` that stands.
_CONFLICT = (
    "SELECT 1 FROM conflict_of_interest k WHERE k.account = {} AND k.lifted_at IS NULL "
    "AND (k.application = a.id OR k.member = a.member)"
)


@dataclass(frozen=True)
class Reader:
    """Who reads applications; who does not decide and reviews for a lab reads only what is assigned there."""

    account: UUID
    decides: bool

    @property
    def condition(self) -> tuple[str, list[Any]]:
        """What holds for every application `a` that this reader may know of."""
        condition, values = f"NOT EXISTS ({_CONFLICT})", [self.account]
        if not self.decides:
            condition += (
                " AND (EXISTS (SELECT 1 FROM review_assignment x WHERE x.application = a.id AND x.account = {}) "
                "OR NOT EXISTS (SELECT 1 FROM review_assignment x JOIN application o ON o.id = x.application "
                "WHERE o.lab = a.lab AND x.account = {}))"
            )
            values += [self.account, self.account]
        return condition, values


class ReviewRow(msgspec.Struct, frozen=True):
    """
    What one reviewer thinks, or has still to think, of one application.

    Args:
        total: Thousandths of a point; None: nothing is given yet.
        conflict: Why it is set aside; None: it counts once it is sent.

    """

    application: UUID
    account: UUID
    account_name: str
    is_assigned: bool
    is_sent: bool
    total: int | None
    marks: dict[str, Mark]
    comment: str
    conflict: str | None
    reviewed_at: datetime | None

    @property
    def state(self) -> str:
        """One word: set_aside, sent, begun or missing."""
        if self.conflict is not None:
            return "set_aside"
        if self.is_sent:
            return "sent"
        return "begun" if self.reviewed_at else "missing"

    @property
    def counts(self) -> bool:
        """Whether it belongs to the score of the application."""
        return self.is_sent and self.conflict is None and self.total is not None


@dataclass(frozen=True)
class Reviewed:
    """
    One application with its reviews, as one reader may see them.

    `is_open` is False while the reader's own review is still to be sent: then the others are not for them.
    """

    application: ApplicationRow
    reviews: tuple[ReviewRow, ...]
    is_open: bool = True

    @property
    def totals(self) -> tuple[int, ...]:
        """What the reviews that count give, in thousandths."""
        return tuple(one.total for one in self.reviews if one.counts and one.total is not None)

    @property
    def mean(self) -> int | None:
        """The score of the application in thousandths; None: nobody has sent a review."""
        return mean_total(self.totals)

    @property
    def spread(self) -> int:
        """Thousandths between the highest and the lowest review."""
        return spread_of(self.totals)

    @property
    def disagrees(self) -> bool:
        """Whether reviewers are far apart."""
        return self.spread >= DISAGREEMENT

    @property
    def open_reviews(self) -> tuple[ReviewRow, ...]:
        """Reviews that were asked for and have not been sent."""
        return tuple(one for one in self.reviews if one.state in ("missing", "begun"))

    def own(self, account: UUID) -> ReviewRow | None:
        """The review of one account."""
        return next((one for one in self.reviews if one.account == account), None)


def weights_of(lab: LabRow) -> dict[str, int]:
    """The weight of each criterion of a lab's call, in its order."""
    return {one.code: one.weight for one in lab.call.content.criteria} if lab.call else {}


async def reviews_of_labs(
    lab_ids: Sequence[UUID], weights: Mapping[UUID, Mapping[str, int]], *, application: UUID | None = None
) -> dict[UUID, list[ReviewRow]]:
    """
    All reviews asked for or written, by application; two queries whatever the number.

    Args:
        weights: Of the criteria, by lab.
        application: Only of this one.

    """
    if not lab_ids:
        return {}
    condition, values = f"a.lab IN ({', '.join(['{}'] * len(lab_ids))})", list(lab_ids)
    if application:
        condition, values = "a.id = {}", [application]
    conflict = (
        "(SELECT k.reason FROM conflict_of_interest k WHERE k.account = c.id AND k.lifted_at IS NULL "
        "AND (k.application = a.id OR k.member = a.member) ORDER BY k.declared_at LIMIT 1) AS conflict"
    )
    written = await sql(
        f"SELECT a.id AS application, a.lab AS lab, c.id AS account, c.name AS account_name, v.score AS score, "
        f"v.comment AS comment, v.scores AS scores, v.is_sent AS is_sent, v.reviewed_at AS reviewed_at, {conflict} "
        "FROM application_review v JOIN application a ON a.id = v.application JOIN account c ON c.id = v.account "
        f"WHERE {condition} ORDER BY c.name, c.id",
        *values,
    )
    asked = await sql(
        f"SELECT a.id AS application, c.id AS account, c.name AS account_name, {conflict} "
        "FROM review_assignment x JOIN application a ON a.id = x.application JOIN account c ON c.id = x.account "
        f"WHERE {condition} ORDER BY c.name, c.id",
        *values,
    )
    assigned = {(row["application"], row["account"]) for row in asked}
    found: dict[UUID, list[ReviewRow]] = defaultdict(list)
    for row in written:
        marks = marks_in(row["scores"])
        total = mean_of(marks, weights.get(row["lab"], {})) if marks else None
        if total is None and (row["is_sent"] or not marks):
            total = row["score"] * POINT
        found[row["application"]].append(
            ReviewRow(
                row["application"], row["account"], row["account_name"],
                (row["application"], row["account"]) in assigned, bool(row["is_sent"]), total, marks, row["comment"],
                row["conflict"], row["reviewed_at"],
            )
        )  # fmt: skip
    there = {(one.application, one.account) for rows in found.values() for one in rows}
    for row in asked:
        if (row["application"], row["account"]) not in there:
            found[row["application"]].append(
                ReviewRow(
                    row["application"], row["account"], row["account_name"], True, False, None, {}, "",
                    row["conflict"], None,
                )
            )  # fmt: skip
    return found


def marks_in(kept: str) -> dict[str, Mark]:
    """The marks of a review as they are kept; none when they cannot be read."""
    try:
        return msgspec.json.decode(kept, type=dict[str, Mark]) if kept else {}
    except msgspec.DecodeError:
        return {}


def is_open_to(reviews: Sequence[ReviewRow], account: UUID) -> bool:
    """Whether an account may see what others think: not while a review of its own is asked for or begun."""
    return all(one.state in ("sent", "set_aside") for one in reviews if one.account == account)


async def applications_for(
    reader: Reader, lab: LabRow, *, status: str = "", limit: int = 200, offset: int = 0
) -> tuple[list[Reviewed], int]:
    """A part of a lab's applications as a reader may see them, with their reviews, and how many there are."""
    rows, total = await applications_of(lab.id, status=status, limit=limit, offset=offset, only=reader.condition)
    reviews = await reviews_of_labs([lab.id], {lab.id: weights_of(lab)})
    return [_as_seen(row, reviews.get(row.id, []), reader) for row in rows], total


def _as_seen(application: ApplicationRow, reviews: Sequence[ReviewRow], reader: Reader) -> Reviewed:
    is_open = is_open_to(reviews, reader.account)
    found = Reviewed(application, tuple(reviews))
    if not is_open:
        hidden = [
            one if one.account == reader.account else msgspec.structs.replace(one, total=None, marks={}, comment="")
            for one in reviews
        ]
        found = Reviewed(application, tuple(hidden), is_open=False)
    mean = found.mean
    shown = msgspec.structs.replace(
        application, reviews=len(found.totals) if is_open else 0, total=mean if is_open else None
    )
    return Reviewed(shown, found.reviews, is_open)


async def application_for(reader: Reader, application_id: UUID) -> Reviewed:
    """
    One application with its reviews as a reader may see it.

    Raises:
        NotFound: there is none, or it is not for this reader: both look the same.

    """
    application = await application_by_id(application_id)
    condition, values = reader.condition
    if not await sql(f"SELECT a.id FROM application a WHERE a.id = {{}} AND {condition}", application_id, *values):
        raise NotFound(Sentence("There is no such application."))
    lab = await lab_by_id(application.lab)
    reviews = await reviews_of_labs([lab.id], {lab.id: weights_of(lab)}, application=application_id)
    return _as_seen(application, reviews.get(application_id, []), reader)


async def has_conflict(account_id: UUID, application_id: UUID) -> bool:
    """Whether an account is too near to an application to know of it."""
    return bool(await sql(f"SELECT a.id FROM application a WHERE a.id = {{}} AND EXISTS ({_CONFLICT})", application_id, account_id))  # fmt: skip


async def conflicts_in(account_id: UUID, lab_ids: Sequence[UUID]) -> set[UUID]:
    """Applications to these labs that an account may not know of."""
    if not lab_ids:
        return set()
    rows = await sql(
        f"SELECT a.id AS id FROM application a WHERE a.lab IN ({', '.join(['{}'] * len(lab_ids))}) "
        f"AND EXISTS ({_CONFLICT})",
        *lab_ids,
        account_id,
    )
    return {row["id"] for row in rows}


class ReviewToDo(msgspec.Struct, frozen=True):
    """One review that an account was asked for."""

    application: UUID
    applicant: str
    region: str
    lab_name: str
    lab_slug: str
    kind: str
    is_sent: bool
    is_begun: bool


async def reviews_to_do(account_id: UUID) -> list[ReviewToDo]:
    """What an account was asked to review, what is open first; conflicts and withdrawn applications are not there."""
    rows = await sql(
        "SELECT a.id AS application, COALESCE(m.name, a.organisation) AS applicant, COALESCE(g.code, '') AS region, "
        "l.name AS lab_name, l.slug AS lab_slug, l.kind AS kind, v.is_sent AS is_sent, "
        "v.id AS review FROM review_assignment x "
        "JOIN application a ON a.id = x.application JOIN lab l ON l.id = a.lab JOIN lab_round r ON r.id = l.lab_round "
        "LEFT JOIN member m ON m.id = a.member LEFT JOIN region g ON g.id = m.region "
        "LEFT JOIN application_review v ON v.application = a.id AND v.account = x.account "
        f"WHERE x.account = {{}} AND a.status NOT IN ('draft', 'withdrawn') AND NOT EXISTS ({_CONFLICT}) "
        "ORDER BY r.year DESC, l.number, l.id, a.submitted_at, a.id",
        account_id,
        account_id,
    )
    found = [
        ReviewToDo(
            row["application"], row["applicant"], row["region"], row["lab_name"], row["lab_slug"], row["kind"],
            bool(row["is_sent"]), row["review"] is not None,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.is_sent)


async def reviewers() -> list[Row]:
    """Accounts that may be asked for a review, by name."""
    return await sql(
        "SELECT id, name, email FROM account WHERE is_active AND role IN ({}, {}, {}) ORDER BY name, id",
        *REVIEWING_ROLES,
    )


class ConflictRow(msgspec.Struct, frozen=True):
    """A conflict of interest, with an application or with a member."""

    id: UUID
    account: UUID
    account_name: str
    member_name: str
    is_with_member: bool
    reason: str
    declared_by: str
    declared_at: datetime
    lifted_at: datetime | None


async def conflicts_of(lab_id: UUID) -> list[ConflictRow]:
    """Conflicts that matter for a lab: with its applications, or with a member that applied; newest first."""
    rows = await sql(
        "SELECT k.id AS id, k.account AS account, c.name AS account_name, "
        "COALESCE(m.name, am.name, a.organisation) AS member_name, k.member AS member, k.reason AS reason, "
        "COALESCE(d.name, '') AS declared_by, k.declared_at AS declared_at, k.lifted_at AS lifted_at "
        "FROM conflict_of_interest k JOIN account c ON c.id = k.account LEFT JOIN account d ON d.id = k.declared_by "
        "LEFT JOIN member m ON m.id = k.member LEFT JOIN application a ON a.id = k.application "
        "LEFT JOIN member am ON am.id = a.member WHERE a.lab = {} OR EXISTS (SELECT 1 FROM application o "
        "WHERE o.lab = {} AND o.member = k.member AND o.status <> 'draft') ORDER BY k.declared_at DESC, k.id",
        lab_id,
        lab_id,
    )
    return [
        ConflictRow(
            row["id"], row["account"], row["account_name"], row["member_name"] or "", row["member"] is not None,
            row["reason"], row["declared_by"], row["declared_at"], row["lifted_at"],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Completeness:
    """What is still open in a lab: applications without any review asked for or sent, and with some missing."""

    without: tuple[Reviewed, ...]
    incomplete: tuple[Reviewed, ...]
    disagreeing: tuple[Reviewed, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every application has all its reviews."""
        return not self.without and not self.incomplete


def completeness(found: Sequence[Reviewed]) -> Completeness:
    """What is still open among applications that stand."""
    standing = [one for one in found if may_decide(one.application.status)]
    return Completeness(
        tuple(one for one in standing if not any(each.state != "set_aside" for each in one.reviews)),
        tuple(one for one in standing if one.open_reviews),
        tuple(one for one in standing if one.is_open and one.disagrees),
    )


async def open_by_account(lab_id: UUID) -> dict[UUID, int]:
    """How many reviews each account has still to send for a lab."""
    rows = await sql(
        "SELECT x.account AS account, COUNT(*) AS n FROM review_assignment x JOIN application a "
        "ON a.id = x.application LEFT JOIN application_review v ON v.application = a.id AND v.account = x.account "
        "AND v.is_sent WHERE a.lab = {} AND a.status NOT IN ('draft', 'withdrawn') AND v.id IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM conflict_of_interest k WHERE k.account = x.account AND k.lifted_at IS NULL "
        "AND (k.application = a.id OR k.member = a.member)) GROUP BY x.account",
        lab_id,
    )
    return {row["account"]: int(row["n"]) for row in rows}
