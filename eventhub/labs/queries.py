"""Reads of rounds, labs, calls, sessions and applications."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.events.queries import EVENT_COLUMNS, EventRow
from eventhub.events.rules import EventKind
from eventhub.labs.rules import CallState, call_state, may_change, may_withdraw
from eventhub.links import make_link, read_link
from eventhub.settings import current_settings
from eventhub.words import Sentence


class CallRow(msgspec.Struct, frozen=True):
    """The call of one lab."""

    id: UUID
    lab: UUID
    text: str
    criteria: str
    opens_at: datetime
    closes_at: datetime
    time_zone: str
    cohort_size: int | None

    def state(self, now: datetime) -> CallState:
        """What the call is at an instant."""
        return call_state(self.opens_at, self.closes_at, now)

    def at(self, instant: datetime, zone: str | None = None) -> datetime:
        """The same instant as clocks show it in a zone, or in the zone of the call."""
        return instant.astimezone(ZoneInfo(zone or self.time_zone))


class LabRow(msgspec.Struct, frozen=True):
    """One lab with the year of its round, its themes (code and name) and its call."""

    id: UUID
    lab_round: UUID
    year: int
    slug: str
    number: int
    name: str
    full_title: str
    description: str
    place: str
    country: str
    status: str
    created_at: datetime
    themes: tuple[tuple[str, str], ...] = ()
    call: CallRow | None = None

    @property
    def href(self) -> str:
        """Its public address."""
        return f"/labs/{self.slug}"

    def call_state(self, now: datetime) -> CallState | None:
        """What its call is at an instant; None: it has none."""
        return self.call.state(now) if self.call else None


class ApplicationRow(msgspec.Struct, frozen=True):
    """One application with its member, contact person and what reviewers gave; scores are 1 to 5."""

    id: UUID
    lab: UUID
    member: UUID
    contact: UUID
    contact_name: str
    motivation: str
    offers: str
    needs: str
    status: str
    reason: str
    language: str
    link_version: int
    version: int
    submitted_at: datetime
    status_at: datetime
    email: str
    member_key: str
    member_name: str
    member_kind: str
    region: str
    reviews: int
    score_sum: int

    @property
    def average(self) -> float | None:
        """The mean score of its reviews; None: nobody has reviewed it."""
        return self.score_sum / self.reviews if self.reviews else None

    @property
    def manage_url(self) -> str:
        """The personal link."""
        return f"{current_settings().base_url}{self.manage_path}"

    @property
    def manage_path(self) -> str:
        """The personal link without the host."""
        return f"/applications/{make_link('application', self.id, self.link_version)}"

    @property
    def is_withdrawable(self) -> bool:
        """Whether the applicant may take it back."""
        return may_withdraw(self.status)

    def is_changeable(self, call: CallRow | None, now: datetime) -> bool:
        """Whether the applicant may rewrite it now."""
        return may_change(self.status, call.state(now) if call else None)


class RoundRow(msgspec.Struct, frozen=True):
    """All labs of one call period."""

    id: UUID
    year: int
    title: str
    lessons: str


_CALL_COLUMNS = ", ".join(f"c.{name} AS call_{name}" for name in CallRow.__struct_fields__)
_LAB = (
    "SELECT l.id AS id, l.lab_round AS lab_round, r.year AS year, l.slug AS slug, l.number AS number, l.name "
    "AS name, "
    "l.full_title AS full_title, l.description AS description, l.place AS place, l.country AS country, "
    f"l.status AS status, l.created_at AS created_at, {_CALL_COLUMNS} "
    "FROM lab l JOIN lab_round r ON r.id = l.lab_round LEFT JOIN lab_call c ON c.lab = l.id"
)
_APPLICATION = (
    "SELECT a.id AS id, a.lab AS lab, a.member AS member, a.contact AS contact, a.contact_name AS "
    "contact_name, "
    "a.motivation AS motivation, a.offers AS offers, a.needs AS needs, a.status AS status, a.reason AS "
    "reason, "
    "a.language AS language, a.link_version AS link_version, a.version AS version, a.submitted_at AS "
    "submitted_at, "
    "a.status_at AS status_at, COALESCE(p.email, '') AS email, m.key AS member_key, m.name AS member_name, "
    "m.kind AS member_kind, g.code AS region, "
    "(SELECT COUNT(*) FROM application_review v WHERE v.application = a.id) AS reviews, "
    "(SELECT COALESCE(SUM(v.score), 0) FROM application_review v WHERE v.application = a.id) AS score_sum "
    "FROM application a JOIN person p ON p.id = a.contact JOIN member m ON m.id = a.member "
    "JOIN region g ON g.id = m.region"
)


def no_such_lab(slug: str) -> NotFound:
    """What labs that are not there look like."""
    return NotFound(Sentence("There is no lab “%(slug)s”.", slug=slug[:90]))


def no_such_link() -> NotFound:
    """The same words whether it never existed, was replaced, or is somebody else's."""
    return NotFound(Sentence("This personal link is not valid. Please use the link in your newest letter."))


async def rounds() -> list[RoundRow]:
    """All rounds, newest first."""
    rows = await sql("SELECT id, year, title, lessons FROM lab_round ORDER BY year DESC")
    return [RoundRow(**row) for row in rows]


async def labs(*, year: int | None = None, theme: str = "") -> list[LabRow]:
    """Labs of a year or of all years, newest round first; two queries whatever the number."""
    parts: list[str] = ["1 = 1"]
    values: list[Any] = []
    if year is not None:
        parts.append("r.year = {}")
        values.append(year)
    if theme:
        parts.append("l.id IN (SELECT lt.lab FROM lab_theme lt JOIN theme t ON t.id = lt.theme WHERE t.code = {})")
        values.append(theme)
    rows = await sql(f"{_LAB} WHERE {' AND '.join(parts)} ORDER BY r.year DESC, l.number, l.id", *values)
    return await _with_themes(rows)


async def open_calls(now: datetime) -> list[LabRow]:
    """Labs that members may apply to now, the call that closes first at the top."""
    rows = await sql(
        f"{_LAB} WHERE c.opens_at <= {{}} AND c.closes_at > {{}} ORDER BY c.closes_at, l.name, l.id", now, now
    )
    return await _with_themes(rows)


async def lab_by_slug(slug: str) -> LabRow:
    """
    One lab.

    Raises:
        NotFound: there is none.

    """
    return await _one_lab("l.slug = {}", slug.replace("\x00", ""), no_such_lab(slug))


async def lab_by_id(lab_id: UUID) -> LabRow:
    """
    One lab by its key.

    Raises:
        NotFound: there is none.

    """
    return await _one_lab("l.id = {}", lab_id, no_such_lab(str(lab_id)))


async def _one_lab(condition: str, value: object, missing: NotFound) -> LabRow:
    rows = await sql(f"{_LAB} WHERE {condition}", value)
    if not rows:
        raise missing
    return (await _with_themes(rows))[0]


async def _with_themes(rows: list[Row]) -> list[LabRow]:
    """The labs of some rows; the themes of all of them in one query."""
    named: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    if rows:
        condition, values = "1 = 1", []
        if len(rows) == 1:
            condition, values = "lt.lab = {}", [rows[0]["id"]]
        for row in await sql(
            "SELECT lt.lab AS lab, t.code AS code, t.name AS name FROM lab_theme lt JOIN theme t ON t.id = "
            "lt.theme "
            f"WHERE {condition} ORDER BY t.position, t.code",
            *values,
        ):
            named[row["lab"]].append((row["code"], row["name"]))
    found = []
    for row in rows:
        call = {name: row.pop(f"call_{name}") for name in CallRow.__struct_fields__}
        found.append(LabRow(**row, themes=tuple(named[row["id"]]), call=CallRow(**call) if call["id"] else None))
    return found


async def action_lines_of_lab(lab_id: UUID) -> list[Row]:
    """Action lines that a lab serves."""
    return await sql(
        "SELECT a.code AS code, a.name AS name FROM lab_action_line la JOIN action_line a ON a.id = "
        "la.action_line "
        "WHERE la.lab = {} ORDER BY a.first_year, a.number",
        lab_id,
    )


async def sessions_of(lab_id: UUID, *, public_only: bool = True) -> list[tuple[int, EventRow]]:
    """The sessions of a lab with their numbers, in order of time; drafts for staff only."""
    columns = ", ".join(f"e.{name} AS {name}" for name in EVENT_COLUMNS.split(", "))
    rows = await sql(
        f"SELECT s.number AS session_number, {columns} FROM lab_session s JOIN event e ON e.id = s.event "
        f"WHERE s.lab = {{}}{' AND e.status <> {}' if public_only else ''} ORDER BY e.starts_on, s.number",
        lab_id,
        *(["draft"] if public_only else []),
    )
    return [(int(row.pop("session_number")), EventRow(**row)) for row in rows]


async def sessions_to_add() -> list[Row]:
    """Events of kind `lab_session` that belong to no lab yet, newest first."""
    return await sql(
        "SELECT e.slug AS slug, e.title AS title, e.starts_on AS starts_on FROM event e "
        "WHERE e.kind = {} AND e.status <> 'cancelled' AND NOT EXISTS (SELECT 1 FROM lab_session s WHERE "
        "s.event = e.id) "
        "ORDER BY e.starts_on DESC, e.title, e.id LIMIT 200",
        EventKind.LAB_SESSION,
    )


async def applications_of(
    lab_id: UUID, *, status: str = "", limit: int = 200, offset: int = 0
) -> tuple[list[ApplicationRow], int]:
    """A part of a lab's applications with their scores, and how many match; two queries whatever the size."""
    condition, values = "a.lab = {}", [lab_id]
    if status:
        condition, values = "a.lab = {} AND a.status = {}", [lab_id, status]  # type: ignore[list-item]
    rows = await sql(
        f"{_APPLICATION} WHERE {condition} ORDER BY a.submitted_at, a.id LIMIT {{}} OFFSET {{}}",
        *values,
        limit,
        offset,
    )
    total = await sql(f"SELECT COUNT(*) AS n FROM application a WHERE {condition}", *values)
    return [ApplicationRow(**row) for row in rows], int(total[0]["n"])


async def application_by_id(application_id: UUID) -> ApplicationRow:
    """
    One application, for staff.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_APPLICATION} WHERE a.id = {{}}", application_id)
    if not rows:
        raise NotFound(Sentence("There is no such application."))
    return ApplicationRow(**rows[0])


async def application_by_link(token: str) -> ApplicationRow:
    """
    The application that a personal link opens.

    Raises:
        NotFound: the link is not ours, or was replaced.

    """
    opened = read_link("application", token)
    if opened is None:
        raise no_such_link()
    rows = await sql(f"{_APPLICATION} WHERE a.id = {{}} AND a.link_version = {{}}", *opened)
    if not rows:
        raise no_such_link()
    return ApplicationRow(**rows[0])


async def reviews_of(application_id: UUID) -> list[Row]:
    """The reviews of an application with who wrote them, oldest first."""
    return await sql(
        "SELECT v.account AS account, a.name AS account_name, v.score AS score, v.comment AS comment, "
        "v.reviewed_at AS reviewed_at FROM application_review v JOIN account a ON a.id = v.account "
        "WHERE v.application = {} ORDER BY v.reviewed_at, v.id",
        application_id,
    )


@dataclass(frozen=True)
class RegionMix:
    """Applications from one region; `standing` counts all but drafts and withdrawn ones."""

    code: str
    standing: int
    accepted: int


@dataclass(frozen=True)
class Mix:
    """Where the applications of a lab come from. A member is counted once; drafts and withdrawn ones never."""

    members: int
    regions: tuple[RegionMix, ...]
    by_status: dict[str, int]

    @property
    def accepted(self) -> int:
        """Members that were accepted."""
        return self.by_status.get("accepted", 0)

    @property
    def total(self) -> int:
        """All applications that were ever sent, withdrawn ones too."""
        return sum(number for status, number in self.by_status.items() if status != "draft")


async def mix_of(lab_id: UUID) -> Mix:
    """The mix of a lab's applications by region and status, counted in one query."""
    rows = await sql(
        "SELECT g.code AS region, a.status AS status, COUNT(*) AS n FROM application a JOIN member m ON m.id "
        "= a.member "
        "JOIN region g ON g.id = m.region WHERE a.lab = {} GROUP BY g.code, g.name, a.status ORDER BY g.name",
        lab_id,
    )
    by_status: dict[str, int] = defaultdict(int)
    standing: dict[str, int] = defaultdict(int)
    accepted: dict[str, int] = defaultdict(int)
    for row in rows:
        number = int(row["n"])
        by_status[row["status"]] += number
        if row["status"] not in ("draft", "withdrawn"):
            standing[row["region"]] += number
        if row["status"] == "accepted":
            accepted[row["region"]] += number
    regions = tuple(RegionMix(code, number, accepted[code]) for code, number in standing.items())
    # the database keeps one standing application per member and lab, so these are members
    return Mix(members=sum(standing.values()), regions=regions, by_status=dict(by_status))


async def labs_by_theme(year: int) -> list[Row]:
    """Thematic priorities in order with their number of labs in a year, none included; a lab may be in several."""
    return await sql(
        "SELECT t.code AS code, t.name AS name, COUNT(x.lab) AS labs FROM theme t LEFT JOIN "
        "(SELECT lt.theme AS theme, lt.lab AS lab FROM lab_theme lt JOIN lab l ON l.id = lt.lab "
        "JOIN lab_round r ON r.id = l.lab_round WHERE r.year = {}) x ON x.theme = t.id "
        "GROUP BY t.code, t.name, t.position ORDER BY t.position, t.code",
        year,
    )


async def active_members(year: int) -> list[Row]:
    """
    Active member cities of a round, by name, each once.

    A member with at least one accepted person who attended at least one
    session of the lab (domain brief, section 3). Associates are no cities.
    """
    return await sql(
        "SELECT DISTINCT m.id AS id, m.key AS key, m.name AS name, m.name_folded AS name_folded, g.code AS "
        "region "
        "FROM lab_participant p JOIN lab l ON l.id = p.lab JOIN lab_round r ON r.id = l.lab_round "
        "JOIN member m ON m.id = p.member JOIN region g ON g.id = m.region "
        "JOIN lab_session s ON s.lab = l.id JOIN registration n ON n.event = s.event AND n.person = p.person "
        "JOIN attendance a ON a.registration = n.id "
        "WHERE r.year = {} AND p.role = 'participant' AND m.kind = 'member' ORDER BY m.name_folded, m.id",
        year,
    )


async def members_by_region(today: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """Code of each region with key and name of its bodies of the association on a day, for a choice in a form."""
    rows = await sql(
        "SELECT m.key AS key, m.name AS name, g.code AS region FROM member m JOIN region g ON g.id = "
        "m.region "
        "WHERE m.left_on IS NULL OR m.left_on > {} ORDER BY g.name, m.name_folded, m.key",
        today,
    )
    grouped: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        grouped.setdefault(row["region"], []).append((row["key"], row["name"]))
    return list(grouped.items())
