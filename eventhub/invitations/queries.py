"""Reads of invitations to an event."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.invitations.rules import InvitationState, Spent, state_of
from eventhub.links import make_link, read_link
from eventhub.registrations.rules import STANDING
from eventhub.settings import current_settings
from eventhub.words import Sentence


class InvitationRow(msgspec.Struct, frozen=True):
    """One invitation with the name of its member, and what became of the registration made with it."""

    id: UUID
    event: UUID
    email: str
    name: str
    member: UUID | None
    member_key: str | None
    member_name: str | None
    language: str
    link_version: int
    registration: UUID | None
    registration_status: str | None
    invited_at: datetime
    withdrawn_at: datetime | None

    @property
    def state(self) -> InvitationState:
        """How it stands."""
        return state_of(self.link_version, has_registered=self.registration is not None, withdrawn_at=self.withdrawn_at)


_SELECT = (
    "SELECT i.id AS id, i.event AS event, i.email AS email, i.name AS name, i.member AS member, m.key AS member_key, "
    "m.name AS member_name, i.language AS language, i.link_version AS link_version, i.registration AS registration, "
    "r.status AS registration_status, i.invited_at AS invited_at, i.withdrawn_at AS withdrawn_at "
    "FROM registration_invitation i LEFT JOIN member m ON m.id = i.member LEFT JOIN registration r ON r.id = i.registration"
)
#: The same as `state_of` says, for the database.
_STATE = (
    "CASE WHEN i.registration IS NOT NULL THEN 'registered' WHEN i.withdrawn_at IS NOT NULL THEN 'withdrawn' "
    "WHEN i.link_version > 0 THEN 'sent' ELSE 'not_sent' END"
)
#: What the list may be sorted by; with “-” before it the other way round.
ORDERS = {
    "name": "LOWER(i.name)",
    "email": "i.email_key",
    "member": "CASE WHEN m.name IS NULL THEN 1 ELSE 0 END, m.name_folded",
    "time": "i.invited_at",
}


async def invitations(
    event_id: UUID, *, state: str = "", q: str = "", sort: str = "", limit: int, offset: int = 0
) -> tuple[list[InvitationRow], int]:
    """A part of the invitations to an event, and how many match; two queries."""
    parts: list[str] = ["i.event = {}"]
    values: list[Any] = [event_id]
    if state:
        parts.append(f"{_STATE} = {{}}")
        values.append(state)
    for word in q.replace("\x00", "")[:100].split()[:5]:
        parts.append(
            "(LOWER(i.name) LIKE {} ESCAPE '!' OR i.name LIKE {} ESCAPE '!' OR i.email_key LIKE {} ESCAPE '!' "
            "OR m.name_folded LIKE {} ESCAPE '!')"
        )
        forms = (word.lower(), word, word.casefold(), word.lower())
        values += [f"%{form.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%" for form in forms]
    condition = " AND ".join(parts)
    way = "DESC" if sort.startswith("-") else "ASC"
    order = ORDERS.get(sort.removeprefix("-"), ORDERS["name"])
    rows = await sql(
        f"{_SELECT} WHERE {condition} ORDER BY {order} {way}, i.email_key LIMIT {{}} OFFSET {{}}",
        *values,
        limit,
        offset,
    )
    total = await sql(
        f"SELECT COUNT(*) AS n FROM registration_invitation i LEFT JOIN member m ON m.id = i.member WHERE {condition}",
        *values,
    )
    return [InvitationRow(**row) for row in rows], int(total[0]["n"])


async def invitation_counts(event_id: UUID) -> dict[str, int]:
    """Invitations to an event by state; one query."""
    rows = await sql(
        f"SELECT {_STATE} AS state, COUNT(*) AS n FROM registration_invitation i WHERE i.event = {{}} GROUP BY 1",
        event_id,
    )
    return {row["state"]: int(row["n"]) for row in rows}


async def invitation_by_id(invitation_id: UUID) -> InvitationRow:
    """
    One invitation.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_SELECT} WHERE i.id = {{}}", invitation_id)
    if not rows:
        raise NotFound(Sentence("There is no such invitation."))
    return InvitationRow(**rows[0])


async def spent_invitation(slug: str, token: str) -> Spent | None:
    """
    Why the link of an invitation to an event opens no form; None where it does, or where the link is not ours.

    Whoever used it and cancelled since then may use it again.
    """
    if (opened := read_link("invitation", token)) is None:
        return None
    rows = await sql(
        f"{_SELECT} JOIN event e ON e.id = i.event WHERE i.id = {{}} AND e.slug = {{}} AND e.status = 'published'",
        opened[0],
        slug,
    )
    if not rows:
        return None
    found = InvitationRow(**rows[0])
    if found.registration_status in STANDING:
        return Spent.USED
    if found.withdrawn_at:
        return Spent.WITHDRAWN
    return Spent.REPLACED if found.link_version != opened[1] else None


async def unsent_of(event_id: UUID) -> list[UUID]:
    """Invitations that no letter has gone out for; one query."""
    rows = await sql(
        f"SELECT i.id AS id FROM registration_invitation i WHERE i.event = {{}} AND {_STATE} = 'not_sent' ORDER BY i.id",
        event_id,
    )
    return [UUID(str(row["id"])) for row in rows]


async def all_invitations(event_id: UUID) -> dict[str, InvitationRow]:
    """Every invitation to an event by the key of its address; one query."""
    keys = await sql("SELECT id, email_key FROM registration_invitation WHERE event = {}", event_id)
    rows = {row["id"]: InvitationRow(**row) for row in await sql(f"{_SELECT} WHERE i.event = {{}}", event_id)}
    return {row["email_key"]: rows[row["id"]] for row in keys if row["id"] in rows}


def invitation_url(slug: str, invitation_id: UUID, link_version: int) -> str:
    """Where somebody registers with an invitation."""
    token = make_link("invitation", invitation_id, link_version)
    return f"{current_settings().base_url}/events/{slug}/register?invitation={token}"
