"""Reads of the cohort of a lab: who is in it, and the sessions as one person and as staff see them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from eventhub.checkin.queries import join_url
from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.events.queries import EventRow
from eventhub.events.rules import EventStatus, RegistrationMode
from eventhub.labs.queries import LabRow, no_such_link, sessions_of
from eventhub.links import make_link, read_link
from eventhub.registrations.queries import manage_url
from eventhub.registrations.rules import STANDING, RegistrationStatus
from eventhub.settings import current_settings
from eventhub.words import Sentence

LINK, CALENDAR_LINK = "lab_participant", "cohort_calendar"


class Participant(msgspec.Struct, frozen=True):
    """Somebody of the cohort of a lab; the address is for letters only and never shown to the others."""

    id: UUID
    lab: UUID
    person: UUID
    member: UUID | None
    role: str
    joined_at: datetime
    is_shown: bool
    introduction: str
    link_version: int
    language: str
    left_at: datetime | None
    name: str
    email: str
    member_key: str
    member_name: str

    @property
    def path(self) -> str:
        """The page of this person."""
        return f"/cohorts/{make_link(LINK, self.id, self.link_version)}"

    @property
    def url(self) -> str:
        """The same with the host."""
        return f"{current_settings().base_url}{self.path}"

    @property
    def calendar_path(self) -> str:
        """The calendar of the sessions for this person; its link opens nothing else."""
        return f"/cohorts/calendars/{make_link(CALENDAR_LINK, self.id, self.link_version)}.ics"


#: Everybody who is, or was, in a cohort: `p` with the person `h` and the member `m`.
PARTICIPANT = (
    "SELECT p.id AS id, p.lab AS lab, p.person AS person, p.member AS member, p.role AS role, p.joined_at AS joined_at, "
    "p.is_shown AS is_shown, p.introduction AS introduction, p.link_version AS link_version, p.language AS language, "
    "p.left_at AS left_at, h.name AS name, COALESCE(h.email, '') AS email, COALESCE(m.key, '') AS member_key, "
    "COALESCE(m.name, '') AS member_name FROM lab_participant p JOIN person h ON h.id = p.person "
    "LEFT JOIN member m ON m.id = p.member"
)
#: Somebody who is offered a place for an application takes part once it is confirmed.
TAKES_PART = (
    "p.left_at IS NULL AND h.email IS NOT NULL AND h.email <> '' AND NOT EXISTS (SELECT 1 FROM application a "
    "WHERE a.id = p.application AND a.confirm_until IS NOT NULL AND a.confirmed_at IS NULL)"
)


def as_participant(row: Row) -> Participant:
    """A row of `PARTICIPANT`, alike on both engines."""
    return Participant(**{**row, "is_shown": bool(row["is_shown"])})


async def participant_by_link(token: str, kind: str = LINK) -> Participant:
    """
    Whose page, or calendar, a link opens.

    Raises:
        NotFound: the link is none of ours, was replaced, or the person is in the cohort no more.

    """
    opened = read_link(kind, token)
    rows = await sql(f"{PARTICIPANT} WHERE p.id = {{}}", opened[0]) if opened else []
    if opened is None or not rows or rows[0]["link_version"] != opened[1] or rows[0]["left_at"] is not None:
        raise no_such_link()
    return as_participant(rows[0])


async def participants_of(lab_id: UUID, *, with_left: bool = False) -> list[Participant]:
    """The cohort by name: facilitators and experts after participants."""
    still = "" if with_left else " AND p.left_at IS NULL"
    rows = await sql(
        f"{PARTICIPANT} WHERE p.lab = {{}}{still} ORDER BY CASE p.role WHEN 'participant' THEN 0 "
        "WHEN 'expert' THEN 1 ELSE 2 END, h.name, p.id",
        lab_id,
    )
    return [as_participant(row) for row in rows]


async def participant_in(lab_id: UUID, participant_id: UUID) -> Participant:
    """
    Somebody who is, or was, in the cohort of a lab.

    Raises:
        NotFound: nobody is.

    """
    rows = await sql(f"{PARTICIPANT} WHERE p.id = {{}} AND p.lab = {{}}", participant_id, lab_id)
    if not rows:
        raise NotFound(Sentence("There is no such person in this cohort."))
    return as_participant(rows[0])


# Sessions as one person, and as staff, see them


@dataclass(frozen=True)
class OwnSession:
    """A session with the own registration; `status` is empty for who has none."""

    number: int
    event: EventRow
    status: str = ""
    manage_url: str = ""
    join_url: str = ""
    was_there: bool = False

    def is_over(self, now: datetime) -> bool:
        """Whether it has taken place."""
        return self.event.is_past(now)


_REGISTRATION = (
    "SELECT r.id AS id, r.event AS event, r.person AS person, r.status AS status, r.attends AS attends, "
    "r.link_version AS link_version, r.version AS version, r.status_at AS status_at, "
    "CASE WHEN EXISTS (SELECT 1 FROM attendance t WHERE t.registration = r.id) THEN 1 ELSE 0 END AS was_there "
    "FROM registration r JOIN lab_session s ON s.event = r.event WHERE s.lab = {}"
)


async def own_sessions(participant: Participant, now: datetime) -> list[OwnSession]:
    """The sessions of the lab as one person sees them, in order of time; two queries."""
    rows = await sql(f"{_REGISTRATION} AND r.person = {{}}", participant.lab, participant.person)
    own = _by_event(rows)
    found = []
    for number, event in await sessions_of(participant.lab):
        mine = own.get(event.id)
        if mine is None:
            found.append(OwnSession(number, event))
            continue
        can_join = (
            mine["status"] == RegistrationStatus.CONFIRMED
            and event.status == EventStatus.PUBLISHED
            and event.has_online
            and bool(event.online_url)
            and not event.is_past(now)
        )
        found.append(
            OwnSession(
                number,
                event,
                mine["status"],
                manage_url(mine["id"], mine["link_version"]),
                join_url(mine["id"], mine["link_version"]) if can_join else "",
                bool(mine["was_there"]),
            )
        )
    return found


def _by_event(rows: Sequence[Row]) -> dict[UUID, Row]:
    """What counts of the registrations of one person: that which stands, else the newest."""
    ranked = sorted(rows, key=lambda row: (row["status"] in STANDING, row["status_at"]))
    return {row["event"]: row for row in ranked}


@dataclass(frozen=True)
class SessionAtAGlance:
    """A session for staff: how many of the cohort are registered, wait, and were there."""

    number: int
    event: EventRow
    registered: int
    waiting: int
    present: int
    is_open_to_all: bool


async def attendance_of(
    lab: LabRow, cohort: Sequence[Participant]
) -> tuple[list[SessionAtAGlance], dict[UUID, dict[UUID, str]]]:
    """
    Every session with its numbers, and for each person of the cohort where they stand in each; two queries.

    Returns:
        Words by person and event: `present`, or the status of the registration.

    """
    by_person: dict[UUID, list[Row]] = defaultdict(list)
    for row in await sql(_REGISTRATION, lab.id):
        by_person[row["person"]].append(row)
    cells = {
        one.id: {
            event: "present" if row["was_there"] else row["status"]
            for event, row in _by_event(by_person[one.person]).items()
        }
        for one in cohort
    }
    found = []
    for number, event in await sessions_of(lab.id, public_only=False):
        said = [cells[one.id].get(event.id, "") for one in cohort]
        found.append(
            SessionAtAGlance(
                number,
                event,
                sum(word in ("present", RegistrationStatus.CONFIRMED) for word in said),
                sum(word in STANDING and word != RegistrationStatus.CONFIRMED for word in said),
                said.count("present"),
                event.registration_mode in (RegistrationMode.OPEN, RegistrationMode.APPROVAL),
            )
        )
    return found, cells
