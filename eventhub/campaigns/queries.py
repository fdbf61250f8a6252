"""Reads of campaigns, their proposals and their events."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.directory.folding import fold
from eventhub.errors import NotFound
from eventhub.words import Sentence

_COLUMNS = "id, slug, title, theme, description, language, starts_on, ends_on, submissions_until, is_public"


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


def _campaign(row: Row) -> CampaignRow:
    values: dict[str, Any] = {name: row[name] for name in CampaignRow.__struct_fields__}
    return CampaignRow(**values | {"is_public": bool(row["is_public"])})


async def campaigns() -> list[CampaignRow]:
    """All campaigns, the latest first."""
    return [_campaign(row) for row in await sql(f"SELECT {_COLUMNS} FROM campaign ORDER BY starts_on DESC, slug")]


async def public_campaigns(today: date) -> list[CampaignRow]:
    """Public campaigns that are not over, the next first."""
    rows = await sql(
        f"SELECT {_COLUMNS} FROM campaign WHERE is_public = {{}} AND ends_on >= {{}} ORDER BY starts_on, slug",
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


async def submissions_of(campaign_id: UUID) -> list[Row]:
    """Proposals of a campaign with contact and the address of their event: for staff only."""
    rows = await sql(
        "SELECT s.id, s.organiser_kind, s.organiser_name, s.contact_name, s.contact_email, s.title, s.mode, "
        "s.starts_on, s.starts_time, s.ends_on, s.ends_time, s.time_zone, s.place, s.country, s.description, "
        "s.language, s.status, s.reason, s.submitted_at, e.slug AS event_slug FROM campaign_submission s "
        "LEFT JOIN event e ON e.id = s.event WHERE s.campaign = {} ORDER BY s.submitted_at, s.id",
        campaign_id,
    )
    return list(rows)


def twins(rows: list[Row]) -> set[UUID]:
    """Keys of proposals that look like another one: the same organiser, day and much the same title."""
    seen: dict[tuple[str, date, str], list[UUID]] = {}
    for row in rows:
        key = (fold(row["organiser_name"]), row["starts_on"], " ".join(sorted(set(fold(row["title"]).split()))))
        seen.setdefault(key, []).append(row["id"])
    return {one for alike in seen.values() if len(alike) > 1 for one in alike}


async def public_events_of(campaign_id: UUID) -> list[Row]:
    """Published events of a campaign in order of time, without anything of a contact."""
    rows = await sql(
        "SELECT slug, title, organiser_name, mode, place, country, language, starts_on, starts_time, ends_on, ends_time, "
        "time_zone, starts_at FROM event WHERE campaign = {} AND status = 'published' "
        "ORDER BY starts_on, starts_at, title_folded, slug",
        campaign_id,
    )
    return list(rows)


async def member_name(key: str) -> tuple[UUID, str] | None:
    """Row key and name of a member by its public key."""
    rows = await sql("SELECT id, name FROM member WHERE key = {} AND left_on IS NULL", key.replace("\x00", " "))
    return (rows[0]["id"], rows[0]["name"]) if rows else None


async def was_sent(key: str | None, now: datetime) -> bool:
    """Whether the form with this key has been kept already."""
    return bool(key and await sql("SELECT 1 AS one FROM campaign_submission WHERE submission_key = {}", key))
