"""Who wants no reminders and messages any more: links, and what they do."""

from datetime import datetime
from uuid import UUID, uuid4

from eventhub.database import Row, sql, transaction
from eventhub.errors import NotFound
from eventhub.links import make_link, read_link
from eventhub.mail.rules import ANNOUNCEMENTS
from eventhub.settings import current_settings
from eventhub.words import Sentence

_LINK = "opt-out"
_KINDS = ", ".join(f"'{kind}'" for kind in sorted(ANNOUNCEMENTS))


def opt_out_url(person_id: UUID, event_id: UUID | None) -> str:
    """The link in the letters that a person may be without; the same for ever."""
    token = make_link(_LINK, person_id, event_id.int if event_id else 0)
    return f"{current_settings().base_url}/letters/stop/{token}"


def read_opt_out(token: str) -> tuple[UUID, UUID | None]:
    """
    Whose link it is, and about which event.

    Raises:
        NotFound: it is none of ours.

    """
    opened = read_link(_LINK, token)
    if opened is None or not 0 <= opened[1] < 1 << 128:
        raise NotFound(Sentence("This link is not valid. Please use the link in your newest letter."))
    return opened[0], UUID(int=opened[1]) if opened[1] else None


async def event_of_opt_out(event_id: UUID | None) -> Row | None:
    """Title and time of what a link is about, for its page; None: it is about all events, or the event is gone."""
    rows = await sql("SELECT slug, title, language FROM event WHERE id = {}", event_id) if event_id else []
    return rows[0] if rows else None


async def opt_out(token: str, *, of_all: bool, now: datetime) -> None:
    """
    Write no more reminders and messages to the holder of a link, about its event or about any; twice is once.

    What tells of a person's own seat still comes.

    Raises:
        NotFound: the link is none of ours, or nobody is known by it any more.

    """
    person, event = read_opt_out(token)
    async with transaction():
        rows = await sql("SELECT COALESCE(merged_into, id) AS id FROM person WHERE id = {}", person)
        if not rows:
            raise NotFound(Sentence("This link is not valid. Please use the link in your newest letter."))
        about = None if of_all else event
        if about is not None and await event_of_opt_out(about) is None:
            about = None  # it is gone, and the page says so
        await sql(
            "INSERT INTO opt_out (id, person, event, opted_out_at) VALUES ({}, {}, {}, {}) ON CONFLICT DO NOTHING",
            uuid4(), rows[0]["id"], about, now,
        )  # fmt: skip
        of_event = "" if about is None else " AND event = {}"
        await sql(
            "UPDATE letter SET status = 'withdrawn' WHERE person = {} AND status = 'queued' AND attempts = 0 "
            f"AND kind IN ({_KINDS}){of_event}",
            rows[0]["id"],
            *([] if about is None else [about]),
        )
