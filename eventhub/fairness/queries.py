"""Reads for time-zone fairness: who is invited, and which meetings there were before."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from eventhub.database import Row, sql
from eventhub.events.rules import Mode
from eventhub.fairness.rules import Meeting, length_of


class MemberLine(msgspec.Struct, frozen=True):
    """A member with what fairness needs to know of it."""

    key: str
    name: str
    region: str
    time_zone: str


class EarlierMeeting(msgspec.Struct, frozen=True):
    """An earlier meeting of a series or a lab, with the members it was for."""

    slug: str
    title: str
    meeting: Meeting
    members: tuple[MemberLine, ...]


class LabOfSession(msgspec.Struct, frozen=True):
    """The lab that an event is a session of."""

    slug: str
    name: str


_MEMBER = "m.key AS key, m.name AS name, g.code AS region, m.time_zone AS time_zone"
_BY_NAME = "ORDER BY m.name_folded, m.key"
#: Meetings that were held and could be joined from afar.
_HELD = "e.starts_at IS NOT NULL AND e.starts_at < {} AND e.status = 'published' AND e.mode IN ({}, {})"


async def invited_to(event_id: UUID) -> list[MemberLine]:
    """The members that an event is held for, by name."""
    rows = await sql(
        f"SELECT {_MEMBER} FROM invited_member i JOIN member m ON m.id = i.member JOIN region g ON g.id = m.region "
        f"WHERE i.event = {{}} {_BY_NAME}",
        event_id,
    )
    return [MemberLine(**row) for row in rows]


async def present_members(today: date) -> list[MemberLine]:
    """All members that have not left, by name."""
    rows = await sql(
        f"SELECT {_MEMBER} FROM member m JOIN region g ON g.id = m.region "
        f"WHERE m.left_on IS NULL OR m.left_on > {{}} {_BY_NAME}",
        today,
    )
    return [MemberLine(**row) for row in rows]


async def group_of_lab(lab_id: UUID) -> tuple[list[MemberLine], bool]:
    """The accepted members of a lab, or while there are none those still in the running; and whether it is the first."""
    rows = await sql(
        f"SELECT {_MEMBER}, a.status AS status FROM application a JOIN member m ON m.id = a.member "
        "JOIN region g ON g.id = m.region WHERE a.lab = {} AND a.status IN ('accepted', 'submitted', 'waiting') "
        f"{_BY_NAME}",
        lab_id,
    )
    accepted = [row for row in rows if row["status"] == "accepted"]
    return [_line(row) for row in accepted or rows], bool(accepted)


async def editions_before(series_id: UUID, before: datetime, *, but: UUID) -> list[EarlierMeeting]:
    """Published editions that began before an instant and could be joined online, oldest first; two queries."""
    rows = await sql(
        "SELECT e.id AS id, e.slug AS slug, e.title AS title, e.starts_at AS starts_at, e.ends_at AS ends_at "
        f"FROM event e WHERE e.series = {{}} AND e.id <> {{}} AND {_HELD} ORDER BY e.starts_at, e.id",
        series_id, but, before, Mode.ONLINE, Mode.HYBRID,
    )  # fmt: skip
    invited: dict[UUID, list[MemberLine]] = {}
    for row in await sql(
        f"SELECT i.event AS event, {_MEMBER} FROM invited_member i JOIN event e ON e.id = i.event "
        f"JOIN member m ON m.id = i.member JOIN region g ON g.id = m.region WHERE e.series = {{}} {_BY_NAME}",
        series_id,
    ):
        invited.setdefault(row["event"], []).append(_line(row))
    return [_meeting(row, invited.get(row["id"], [])) for row in rows]


async def sessions_before(lab_id: UUID, before: datetime, cohort: list[MemberLine]) -> list[EarlierMeeting]:
    """Published sessions of a lab that began before an instant and could be joined online, oldest first."""
    rows = await sql(
        "SELECT e.slug AS slug, e.title AS title, e.starts_at AS starts_at, e.ends_at AS ends_at "
        f"FROM lab_session s JOIN event e ON e.id = s.event WHERE s.lab = {{}} AND {_HELD} ORDER BY e.starts_at, e.id",
        lab_id, before, Mode.ONLINE, Mode.HYBRID,
    )  # fmt: skip
    return [_meeting(row, cohort) for row in rows]


async def lab_of_session(event_id: UUID) -> LabOfSession | None:
    """The lab that an event is a session of, if it is one."""
    rows = await sql(
        "SELECT l.slug AS slug, l.name AS name FROM lab_session s JOIN lab l ON l.id = s.lab WHERE s.event = {}",
        event_id,
    )
    return LabOfSession(**rows[0]) if rows else None


def _line(row: Row) -> MemberLine:
    return MemberLine(row["key"], row["name"], row["region"], row["time_zone"])


def _meeting(row: Row, members: list[MemberLine]) -> EarlierMeeting:
    zones = {one.key: one.time_zone for one in members}
    length = length_of(row["starts_at"], row["ends_at"])
    return EarlierMeeting(row["slug"], row["title"], Meeting(row["starts_at"], length, zones), tuple(members))
