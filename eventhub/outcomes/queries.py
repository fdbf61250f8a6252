"""Reads of outcomes and follow-ups."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.links import make_link, read_link
from eventhub.outcomes.rules import SETTLED, is_overdue
from eventhub.settings import current_settings
from eventhub.words import Sentence


class FollowUpRow(msgspec.Struct, frozen=True):
    """One question how an outcome goes on, with what its page shows."""

    id: UUID
    outcome: UUID
    months: int
    due_on: date
    link_version: int
    asked_at: datetime | None
    state: str | None
    note: str
    answered_at: datetime | None
    title: str
    description: str
    outcome_state: str
    agreed_on: date
    lab_slug: str
    lab_name: str
    kind: str
    contact_name: str
    contact_email: str
    contact_language: str
    contact: UUID | None

    @property
    def url(self) -> str:
        """The personal link of the contact."""
        return f"{current_settings().base_url}{self.path}"

    @property
    def path(self) -> str:
        """The personal link without the host."""
        return f"/follow-ups/{make_link('follow_up', self.id, self.link_version)}"

    @property
    def seen(self) -> str:
        """What a form remembers, so that of two answers at once the later is told."""
        return self.answered_at.isoformat() if self.answered_at else ""

    def is_overdue(self, today: date) -> bool:
        """Whether it is open for too long."""
        return is_overdue(self.due_on, today)


class OutcomeRow(msgspec.Struct, frozen=True):
    """What a lab agreed, with the members that it binds (key and name) and its follow-ups in their order."""

    id: UUID
    lab: UUID
    title: str
    description: str
    state: str
    agreed_on: date
    contact: UUID | None
    version: int
    updated_at: datetime
    contact_name: str
    contact_email: str
    lab_slug: str
    lab_name: str
    members: tuple[tuple[str, str], ...] = ()
    follow_ups: tuple[FollowUpRow, ...] = ()


_OUTCOME = (
    "SELECT o.id AS id, o.lab AS lab, o.title AS title, o.description AS description, o.state AS state, "
    "o.agreed_on AS agreed_on, o.contact AS contact, o.version AS version, o.updated_at AS updated_at, "
    "COALESCE(p.name, '') AS contact_name, COALESCE(p.email, '') AS contact_email, l.slug AS lab_slug, "
    "l.name AS lab_name FROM outcome o JOIN lab l ON l.id = o.lab LEFT JOIN person p ON p.id = o.contact"
)
_FOLLOW_UP = (
    "SELECT f.id AS id, f.outcome AS outcome, f.months AS months, f.due_on AS due_on, "
    "f.link_version AS link_version, f.asked_at AS asked_at, f.state AS state, f.note AS note, "
    "f.answered_at AS answered_at, o.title AS title, o.description AS description, o.state AS outcome_state, "
    "o.agreed_on AS agreed_on, l.slug AS lab_slug, l.name AS lab_name, l.kind AS kind, COALESCE(p.name, '') AS contact_name, "
    "COALESCE(p.email, '') AS contact_email, COALESCE(p.language, 'en') AS contact_language, o.contact AS contact "
    "FROM follow_up f JOIN outcome o ON o.id = f.outcome JOIN lab l ON l.id = o.lab "
    "LEFT JOIN person p ON p.id = o.contact"
)
_SETTLED = ", ".join(f"'{state}'" for state in sorted(SETTLED))
#: Nobody is asked about what is settled, nor twice when a later question is due as well.
_OPEN = (
    f"f.answered_at IS NULL AND o.state NOT IN ({_SETTLED}) AND f.due_on <= {{}} AND NOT EXISTS "
    "(SELECT 1 FROM follow_up later WHERE later.outcome = f.outcome AND later.months > f.months "
    "AND later.due_on <= {})"
)


async def outcomes_of(lab_id: UUID) -> list[OutcomeRow]:
    """What a lab agreed, newest first; three queries whatever the number."""
    return await _outcomes("o.lab = {}", [lab_id])


async def outcome_by_id(outcome_id: UUID) -> OutcomeRow:
    """
    One outcome.

    Raises:
        NotFound: there is none.

    """
    found = await _outcomes("o.id = {}", [outcome_id])
    if not found:
        raise NotFound(Sentence("There is no such outcome."))
    return found[0]


async def _outcomes(condition: str, values: list[Any]) -> list[OutcomeRow]:
    rows = await sql(f"{_OUTCOME} WHERE {condition} ORDER BY o.agreed_on DESC, o.title, o.id", *values)
    if not rows:
        return []
    members: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for row in await sql(
        "SELECT x.outcome AS outcome, m.key AS key, m.name AS name FROM outcome_member x "
        f"JOIN outcome o ON o.id = x.outcome JOIN member m ON m.id = x.member WHERE {condition} "
        "ORDER BY m.name_folded, m.key",
        *values,
    ):
        members[row["outcome"]].append((row["key"], row["name"]))
    asked: dict[UUID, list[FollowUpRow]] = defaultdict(list)
    for row in await sql(f"{_FOLLOW_UP} WHERE {condition} ORDER BY f.months", *values):
        asked[row["outcome"]].append(FollowUpRow(**row))
    return [
        OutcomeRow(**row, members=tuple(members[row["id"]]), follow_ups=tuple(asked[row["id"]])) for row in rows
    ]  # fmt: skip


async def follow_up_by_id(follow_up_id: UUID) -> FollowUpRow:
    """
    One follow-up.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_FOLLOW_UP} WHERE f.id = {{}}", follow_up_id)
    if not rows:
        raise NotFound(Sentence("There is no such follow-up."))
    return FollowUpRow(**rows[0])


async def follow_up_by_link(token: str) -> FollowUpRow:
    """
    The follow-up that a personal link opens.

    Raises:
        NotFound: the link is not ours, or was replaced.

    """
    opened = read_link("follow_up", token)
    rows = await sql(f"{_FOLLOW_UP} WHERE f.id = {{}} AND f.link_version = {{}}", *opened) if opened else []
    if not rows:
        raise NotFound(Sentence("This personal link is not valid. Please use the link in your newest letter."))
    return FollowUpRow(**rows[0])


async def open_follow_ups(today: date) -> list[FollowUpRow]:
    """Follow-ups that are due and without an answer, the longest waiting first, of everything not settled."""
    rows = await sql(f"{_FOLLOW_UP} WHERE {_OPEN} ORDER BY f.due_on, o.title, f.id", today, today)
    return [FollowUpRow(**row) for row in rows]


async def follow_ups_to_send(today: date) -> list[FollowUpRow]:
    """Those of them that nobody has been asked yet and whose contact has an address."""
    rows = await sql(
        f"{_FOLLOW_UP} WHERE {_OPEN} AND f.asked_at IS NULL AND p.email IS NOT NULL ORDER BY f.due_on, f.id",
        today,
        today,
    )
    return [FollowUpRow(**row) for row in rows]


async def coming_follow_ups(today: date, *, limit: int = 50) -> list[FollowUpRow]:
    """The next follow-ups that are not due yet, of everything not settled."""
    rows = await sql(
        f"{_FOLLOW_UP} WHERE f.answered_at IS NULL AND o.state NOT IN ({_SETTLED}) AND f.due_on > {{}} "
        "ORDER BY f.due_on, o.title, f.id LIMIT {}",
        today,
        limit,
    )
    return [FollowUpRow(**row) for row in rows]


async def contacts_of_lab(lab_id: UUID) -> list[Row]:
    """People of a lab who can be the contact of an outcome: its cohort, and the contacts of accepted applications."""
    return await sql(
        "SELECT p.id AS id, p.name AS name, MAX(COALESCE(m.name, '')) AS member_name FROM ("
        "SELECT c.person AS person, c.member AS member FROM lab_participant c WHERE c.lab = {} AND c.left_at IS NULL "
        "UNION SELECT a.contact, a.member FROM application a WHERE a.lab = {} AND a.status = 'accepted') x "
        "JOIN person p ON p.id = x.person LEFT JOIN member m ON m.id = x.member WHERE p.email IS NOT NULL "
        "GROUP BY p.id, p.name ORDER BY p.name, p.id",
        lab_id,
        lab_id,
    )


async def states_of_labs(
    year: int, today: date, kind: str = "lab"
) -> tuple[dict[UUID, dict[str, int]], dict[UUID, dict[str, int]]]:
    """
    By lab of a kind and year the number of outcomes by state, and of follow-ups by what was answered; two queries.

    A follow-up without an answer is `open` from the day it is due, and
    `coming` before; what is settled or asked again later is in neither.
    """
    outcomes: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in await sql(
        "SELECT o.lab AS lab, o.state AS state, COUNT(*) AS n FROM outcome o JOIN lab l ON l.id = o.lab "
        "JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = {} AND r.year = {} GROUP BY o.lab, o.state",
        kind,
        year,
    ):
        outcomes[row["lab"]][row["state"]] = int(row["n"])
    asked: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in await sql(
        "WITH asked AS (SELECT o.lab AS lab, CASE WHEN f.answered_at IS NOT NULL THEN f.state "
        f"WHEN {_OPEN} THEN 'open' WHEN o.state NOT IN ({_SETTLED}) AND f.due_on > {{}} THEN 'coming' "
        "ELSE '' END AS state FROM follow_up f JOIN outcome o ON o.id = f.outcome JOIN lab l ON l.id = o.lab "
        "JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = {} AND r.year = {}) "
        "SELECT lab, state, COUNT(*) AS n FROM asked WHERE state <> '' GROUP BY lab, state",
        today,
        today,
        today,
        kind,
        year,
    ):
        asked[row["lab"]][row["state"]] = int(row["n"])
    return outcomes, asked
