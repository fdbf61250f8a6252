"""Reads of campaigns, their proposals and their events."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.directory.folding import fold
from eventhub.errors import NotFound
from eventhub.events.queries import EVENT_COLUMNS, EventRow
from eventhub.events.rules import PRIVATE_KINDS
from eventhub.events.zones import NoSuchTime, TwoSuchTimes, to_utc
from eventhub.words import Sentence

_COLUMNS = "id, slug, title, theme, description, language, starts_on, ends_on, submissions_until, is_public, version"


class CampaignRow(msgspec.Struct, frozen=True):
    """A campaign of a day or month."""

    id: UUID
    slug: str
    title: str
    theme: str
    description: str
    language: str
    starts_on: date
    ends_on: date
    submissions_until: date | None
    is_public: bool
    version: int


def _campaign(row: Row) -> CampaignRow:
    values: dict[str, Any] = {name: row[name] for name in CampaignRow.__struct_fields__}
    return CampaignRow(**values | {"is_public": bool(row["is_public"])})


class Counts(msgspec.Struct, frozen=True):
    """How many proposals of a campaign stand where."""

    waiting: int
    accepted: int
    declined: int


async def campaigns() -> list[tuple[CampaignRow, Counts]]:
    """All campaigns with what was proposed, the latest first."""
    rows = await sql(
        f"SELECT {_COLUMNS}, "
        "(SELECT COUNT(*) FROM campaign_submission s WHERE s.campaign = c.id AND s.status = 'submitted') AS waiting, "
        "(SELECT COUNT(*) FROM campaign_submission s WHERE s.campaign = c.id AND s.status = 'accepted') AS accepted, "
        "(SELECT COUNT(*) FROM campaign_submission s WHERE s.campaign = c.id AND s.status = 'declined') AS declined "
        "FROM campaign c ORDER BY starts_on DESC, slug"
    )
    return [(_campaign(row), Counts(row["waiting"], row["accepted"], row["declined"])) for row in rows]


async def public_campaigns(today: date) -> list[CampaignRow]:
    """Public campaigns that are not over, the next first."""
    rows = await sql(
        f"SELECT {_COLUMNS} FROM campaign WHERE is_public = {{}} AND ends_on >= {{}} ORDER BY starts_on, slug",
        True,
        today,
    )
    return [_campaign(row) for row in rows]


async def past_campaigns(today: date) -> list[CampaignRow]:
    """Public campaigns that are over, the latest first."""
    rows = await sql(
        f"SELECT {_COLUMNS} FROM campaign WHERE is_public = {{}} AND ends_on < {{}} ORDER BY starts_on DESC, slug",
        True,
        today,
    )
    return [_campaign(row) for row in rows]


async def campaign_by_slug(slug: str, *, public: bool = False) -> CampaignRow:
    """
    A campaign by its address.

    Raises:
        NotFound: there is none, or it is not public though that was asked for.

    """
    rows = await sql(f"SELECT {_COLUMNS} FROM campaign WHERE slug = {{}}", slug.replace("\x00", " "))
    if not rows or (public and not rows[0]["is_public"]):
        raise NotFound(Sentence("There is no such campaign."))
    return _campaign(rows[0])


async def submissions_of(campaign_id: UUID, *, contacts: bool = True) -> list[Row]:
    """
    Proposals of a campaign in the order in which they came, for staff only.

    With start and end in UTC, the address of the event, and who decided.
    Without `contacts` the name and address of the contact are not even read.
    """
    contact = "s.contact_name, s.contact_email" if contacts else "'' AS contact_name, '' AS contact_email"
    rows = await sql(
        f"SELECT s.id, s.organiser_kind, s.organiser_name, {contact}, s.title, s.mode, "
        "s.starts_on, s.starts_time, s.ends_on, s.ends_time, s.second_start, s.second_end, s.time_zone, s.place, s.country, s.description, "
        "s.language, s.status, s.reason, s.submitted_at, s.decided_at, a.name AS decided_by_name, "
        "e.slug AS event_slug, e.title AS event_title, e.status AS event_status FROM campaign_submission s "
        "LEFT JOIN event e ON e.id = s.event LEFT JOIN account a ON a.id = s.decided_by "
        "WHERE s.campaign = {} ORDER BY s.submitted_at, s.id",
        campaign_id,
    )
    return [
        row
        | {
            "starts_at": _instant(row["starts_on"], row["starts_time"], row["time_zone"], row["second_start"]),
            "ends_at": _instant(row["ends_on"], row["ends_time"], row["time_zone"], row["second_end"]),
        }
        for row in rows
    ]


def _instant(day: date | None, clock: time | None, zone: str, second: bool | None) -> datetime | None:
    """An instant in UTC, if the clocks of the zone still show this time on that day."""
    if day is None or clock is None:
        return None
    try:
        return to_utc(day, clock, zone, second=None if second is None else bool(second))
    except (NoSuchTime, TwoSuchTimes):
        return None


def twins(rows: list[Row]) -> set[UUID]:
    """Keys of proposals that look like another one: the same organiser, day and much the same title."""
    seen: dict[tuple[str, date, str], list[UUID]] = {}
    for row in rows:
        key = (fold(row["organiser_name"]), row["starts_on"], " ".join(sorted(set(fold(row["title"]).split()))))
        seen.setdefault(key, []).append(row["id"])
    return {one for alike in seen.values() if len(alike) > 1 for one in alike}


async def public_events_of(campaign_id: UUID) -> list[EventRow]:
    """Public events of a campaign in order of time, called-off ones too; nothing of a contact."""
    private = ", ".join("{}" for _ in PRIVATE_KINDS)
    rows = await sql(
        f"SELECT {EVENT_COLUMNS} FROM event WHERE campaign = {{}} AND status <> 'draft' AND kind NOT IN ({private}) "
        "ORDER BY starts_on, starts_at, title_folded, slug",
        campaign_id,
        *sorted(PRIVATE_KINDS),
    )
    return [EventRow(**row) for row in rows]


async def added_events_of(campaign_id: UUID) -> list[EventRow]:
    """Events that staff have put into a campaign, in order of time; those of proposals are not among them."""
    rows = await sql(
        f"SELECT {EVENT_COLUMNS} FROM event WHERE campaign = {{}} "
        "AND NOT EXISTS (SELECT 1 FROM campaign_submission s WHERE s.event = event.id) "
        "ORDER BY starts_on, title_folded, slug",
        campaign_id,
    )
    return [EventRow(**row) for row in rows]


async def addable_events(campaign: CampaignRow) -> list[Row]:
    """Address, title and day of events within the days of a campaign that belong to none; at most 200."""
    private = ", ".join("{}" for _ in PRIVATE_KINDS)
    return await sql(
        "SELECT slug, title, starts_on FROM event WHERE campaign IS NULL AND status <> 'cancelled' "
        f"AND kind NOT IN ({private}) AND starts_on >= {{}} AND COALESCE(ends_on, starts_on) <= {{}} "
        "ORDER BY starts_on, title_folded, slug LIMIT 200",
        *sorted(PRIVATE_KINDS),
        campaign.starts_on,
        campaign.ends_on,
    )


async def member_name(key: str) -> tuple[UUID, str] | None:
    """Row key and name of a member by its public key."""
    rows = await sql("SELECT id, name FROM member WHERE key = {} AND left_on IS NULL", key.replace("\x00", " "))
    return (rows[0]["id"], rows[0]["name"]) if rows else None


async def account_name(account_id: UUID | None) -> str:
    """The name of whoever decided."""
    rows = await sql("SELECT name FROM account WHERE id = {}", account_id)
    return str(rows[0]["name"]) if rows else "–"
