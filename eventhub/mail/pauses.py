"""
Letters that rest: all of them, those about an event, those of a kind, or those of a kind about an event.

A pause is enforced where letters are claimed, in the same statement, and the
postman looks again while he carries what he has claimed. Letters that rest
stay in the outbox as they are and leave in order when the pause ends.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.mail.commands import letters_waiting
from eventhub.resources import TEMPLATES
from eventhub.words import Sentence

#: Somebody waits for these at a screen; a pause does not hold them.
NEVER_REST = frozenset({"sign_in_link"})
LONGEST_REASON = 300


class PausedAlready(Refusal):
    """These letters rest already."""

    status_code = 409


@dataclass(frozen=True)
class Pause:
    """What rests, since when, who said so, and why."""

    id: UUID
    event: UUID | None
    event_slug: str | None
    event_title: str | None
    kind: str | None
    reason: str
    by: str | None
    paused_at: datetime


def rests(alias: str) -> str:
    """The condition, without values, under which a letter of this alias rests."""
    kinds = ", ".join(f"'{kind}'" for kind in sorted(NEVER_REST))
    return (
        f"({alias}.kind NOT IN ({kinds}) AND EXISTS (SELECT 1 FROM mail_pause p "
        f"WHERE (p.event IS NULL OR p.event = {alias}.event) AND (p.kind IS NULL OR p.kind = {alias}.kind)))"
    )


def pausable_kinds() -> list[str]:
    """The kinds of letters that can rest, in the order of their codes."""
    folders = (path.name for path in (TEMPLATES / "mail").iterdir() if path.is_dir())
    return sorted(name for name in folders if not name.startswith("_") and name not in NEVER_REST)


async def pause_letters(
    event_id: UUID | None, kind: str | None, *, reason: str, account_id: UUID | None, now: datetime
) -> UUID:
    """
    Let letters rest until somebody resumes them.

    Args:
        event_id: Of one event; None: of all events, and those about none.
        kind: Of one kind; None: of all kinds.
        reason: Why, for colleagues.

    Raises:
        Problems: there is no reason, or the kind cannot rest.
        NotFound: there is no such event.
        PausedAlready: exactly these rest.

    """
    why = " ".join(reason.replace("\0", " ").split())
    problems: dict[str, list[str]] = {}
    if not why:
        problems["reason"] = [Sentence("Say why letters rest.")]
    elif len(why) > LONGEST_REASON:
        problems["reason"] = [Sentence("Say it in %(n)s characters or fewer.", n=LONGEST_REASON)]
    if kind in NEVER_REST:
        problems["kind"] = [Sentence("Links to sign in never rest: somebody waits for them.")]
    elif kind is not None and kind not in pausable_kinds():
        problems["kind"] = [Sentence("Choose one of the kinds of letters.")]
    if problems:
        raise Problems(problems)
    new = uuid4()
    async with transaction():
        if event_id is not None and not await sql("SELECT 1 AS one FROM event WHERE id = {}", event_id):
            raise NotFound(Sentence("There is no such event."))
        done = await sql(
            "INSERT INTO mail_pause (id, event, kind, reason, account, paused_at) VALUES ({}, {}, {}, {}, {}, {}) "
            "ON CONFLICT DO NOTHING RETURNING id",
            new, event_id, kind, why, account_id, now,
        )  # fmt: skip
        if not done:
            raise PausedAlready(Sentence("These letters rest already."))
        await _record("pause_letters", event_id, kind, why, account_id=account_id, now=now)
    return new


async def resume_letters(pause_id: UUID, *, account_id: UUID | None, now: datetime) -> None:
    """
    End a pause; letters leave in the order in which they were written.

    Raises:
        NotFound: there is no such pause, or it has ended.

    """
    async with transaction():
        done = await sql("DELETE FROM mail_pause WHERE id = {} RETURNING event, kind, reason", pause_id)
        if not done:
            raise NotFound(Sentence("These letters do not rest any more."))
        (ended,) = done
        await _record(
            "resume_letters", ended["event"], ended["kind"], ended["reason"], account_id=account_id, now=now
        )  # fmt: skip
    letters_waiting.set()


async def _record(
    action: str, event_id: UUID | None, kind: str | None, why: str, *, account_id: UUID | None, now: datetime
) -> None:
    detail = f"{kind}: {why}" if kind else why
    object_kind, object_id = ("event", str(event_id)) if event_id else ("outbox", "all")
    await record(action, object_kind, object_id, account_id=account_id, now=now, detail=detail)


async def pauses(event_id: UUID | None = None) -> list[Pause]:
    """
    Every pause, the oldest first; one query.

    Args:
        event_id: Only those that hold letters about this event.

    """
    condition, values = ("WHERE p.event IS NULL OR p.event = {} ", [event_id]) if event_id else ("", [])
    rows = await sql(
        "SELECT p.id AS id, p.event AS event, e.slug AS event_slug, e.title AS event_title, p.kind AS kind, "
        "p.reason AS reason, a.name AS by, p.paused_at AS paused_at FROM mail_pause p "
        "LEFT JOIN event e ON e.id = p.event LEFT JOIN account a ON a.id = p.account "
        f"{condition}ORDER BY p.paused_at, p.id",
        *values,
    )
    return [Pause(**row) for row in rows]


async def resting_letters() -> int:
    """How many letters wait for the end of a pause."""
    rows = await sql(f"SELECT COUNT(*) AS n FROM letter l WHERE l.status = 'queued' AND {rests('l')}")
    return int(rows[0]["n"])
