"""Reads of rounds, labs, calls, sessions and applications."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from eventhub.calls.content import content_of
from eventhub.calls.rules import CallContent, takes
from eventhub.database import Row, sql
from eventhub.directory.membership import at, belonged
from eventhub.errors import NotFound
from eventhub.events.queries import EVENT_COLUMNS, EventRow
from eventhub.events.rules import EventKind
from eventhub.labs.rules import CallState, call_state, may_change, may_withdraw
from eventhub.links import make_link, read_link
from eventhub.settings import current_settings
from eventhub.words import Sentence


class CallRow(msgspec.Struct, frozen=True, dict=True):
    """The call of one lab: its own, or that of its round."""

    id: UUID
    lab: UUID
    text: str
    criteria: str
    opens_at: datetime
    closes_at: datetime
    time_zone: str
    cohort_size: int | None
    kept: str = ""
    version: int = 1
    extended_from: datetime | None = None
    extended_at: datetime | None = None
    is_of_round: bool = False

    @cached_property
    def content(self) -> CallContent:
        """All that it says besides when."""
        return content_of(self.kept, text=self.text, criteria=self.criteria, cohort_size=self.cohort_size)

    def takes(self, now: datetime, *, begun_at: datetime | None) -> bool:
        """Whether an application may be saved or sent now: a new one, or one begun before with the grace."""
        grace = timedelta(minutes=current_settings().call_grace_minutes)
        return takes(self.opens_at, self.closes_at, now, begun_at=begun_at, grace=grace)

    def state(self, now: datetime) -> CallState:
        """What the call is at an instant."""
        return call_state(self.opens_at, self.closes_at, now)

    def at(self, instant: datetime, zone: str | None = None) -> datetime:
        """The same instant as clocks show it in a zone, or in the zone of the call."""
        return instant.astimezone(ZoneInfo(zone or self.time_zone))


class LabRow(msgspec.Struct, frozen=True):
    """One lab with the year of its round, its themes (code and name) and the call that it follows."""

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
    kind: str = "lab"
    template: UUID | None = None
    lessons: str = ""
    version: int = 1

    @property
    def href(self) -> str:
        """Its public address."""
        return f"/labs/{self.slug}"

    @property
    def own_call(self) -> CallRow | None:
        """The call of the lab itself, not that of its round."""
        return self.call if self.call and not self.call.is_of_round else None

    def call_state(self, now: datetime) -> CallState | None:
        """What its call is at an instant; None: it has none."""
        return self.call.state(now) if self.call else None


class ApplicationRow(msgspec.Struct, frozen=True):
    """One application with its member, contact person and what reviewers gave; scores are 1 to 5."""

    id: UUID
    lab: UUID
    member: UUID | None
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
    begun_at: datetime | None = None
    total: int | None = None

    @property
    def average(self) -> float | None:
        """The mean score of its reviews, that of the criteria where `total` has it; None: nobody has reviewed it."""
        if self.total is not None:
            return self.total / 1000
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
    kind: str = "lab"
    priorities: str = ""
    version: int = 1


_CALL = ("id", "opens_at", "closes_at", "time_zone", "content", "version", "extended_from", "extended_at")
#: Both calls apart, since a timestamp out of an expression comes back as text on SQLite.
_CALL_COLUMNS = ", ".join(
    [f"c.{name} AS own_{name}" for name in (*_CALL, "text", "criteria", "cohort_size")]
    + [f"rc.{name} AS round_{name}" for name in _CALL]
)
_LAB = (
    "SELECT l.id AS id, l.lab_round AS lab_round, r.year AS year, l.slug AS slug, l.number AS number, l.name "
    "AS name, "
    "l.full_title AS full_title, l.description AS description, l.place AS place, l.country AS country, "
    "l.status AS status, l.created_at AS created_at, l.kind AS kind, l.template AS template, l.lessons AS lessons, "
    f"l.version AS version, {_CALL_COLUMNS} "
    "FROM lab l JOIN lab_round r ON r.id = l.lab_round LEFT JOIN lab_call c ON c.lab = l.id "
    "LEFT JOIN round_call rc ON rc.lab_round = l.lab_round"
)
_ROUND = "SELECT id, year, title, lessons, kind, priorities, version FROM lab_round"
#: A review `v` of the application `a` that was sent, by somebody who is not too near to it.
_COUNTS = (
    "v.application = a.id AND v.is_sent AND NOT EXISTS (SELECT 1 FROM conflict_of_interest k "
    "WHERE k.account = v.account AND k.lifted_at IS NULL AND (k.application = a.id OR k.member = a.member))"
)
_APPLICATION = (
    "SELECT a.id AS id, a.lab AS lab, a.member AS member, a.contact AS contact, a.contact_name AS "
    "contact_name, "
    "a.motivation AS motivation, a.offers AS offers, a.needs AS needs, a.status AS status, a.reason AS "
    "reason, "
    "a.language AS language, a.link_version AS link_version, a.version AS version, a.submitted_at AS "
    "submitted_at, "
    "a.status_at AS status_at, COALESCE(p.email, '') AS email, COALESCE(m.key, '') AS member_key, "
    "COALESCE(m.name, a.organisation) AS member_name, COALESCE(m.kind, '') AS member_kind, "
    "COALESCE(g.code, '') AS region, a.begun_at AS begun_at, "
    f"(SELECT COUNT(*) FROM application_review v WHERE {_COUNTS}) AS reviews, "
    f"(SELECT COALESCE(SUM(v.score), 0) FROM application_review v WHERE {_COUNTS}) AS score_sum "
    "FROM application a JOIN person p ON p.id = a.contact LEFT JOIN member m ON m.id = a.member "
    "LEFT JOIN region g ON g.id = m.region"
)


def no_such_lab(slug: str) -> NotFound:
    """What labs that are not there look like."""
    return NotFound(Sentence("There is no lab “%(slug)s”.", slug=slug[:90]))


def no_such_link() -> NotFound:
    """The same words whether it never existed, was replaced, or is somebody else's."""
    return NotFound(Sentence("This personal link is not valid. Please use the link in your newest letter."))


async def rounds() -> list[RoundRow]:
    """All rounds, newest first."""
    return [RoundRow(**row) for row in await sql(f"{_ROUND} ORDER BY year DESC, kind, id")]


async def round_by_id(round_id: UUID) -> RoundRow:
    """
    One round.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_ROUND} WHERE id = {{}}", round_id)
    if not rows:
        raise NotFound(Sentence("There is no such round."))
    return RoundRow(**rows[0])


async def labs(
    *, year: int | None = None, theme: str = "", round_id: UUID | None = None, kind: str = ""
) -> list[LabRow]:
    """Labs of a year or of all years, newest round first; two queries whatever the number."""
    parts: list[str] = ["1 = 1"]
    values: list[Any] = []
    if year is not None:
        parts.append("r.year = {}")
        values.append(year)
    if round_id is not None:
        parts.append("l.lab_round = {}")
        values.append(round_id)
    if kind:
        parts.append("r.kind = {}")
        values.append(kind)
    if theme:
        parts.append("l.id IN (SELECT lt.lab FROM lab_theme lt JOIN theme t ON t.id = lt.theme WHERE t.code = {})")
        values.append(theme)
    rows = await sql(f"{_LAB} WHERE {' AND '.join(parts)} ORDER BY r.year DESC, r.kind, l.number, l.id", *values)
    return await _with_themes(rows)


async def open_calls(now: datetime) -> list[LabRow]:
    """Labs that members may apply to now, the call that closes first at the top."""
    rows = await sql(
        f"{_LAB} WHERE (c.opens_at <= {{}} AND c.closes_at > {{}}) "
        "OR (c.id IS NULL AND rc.opens_at <= {} AND rc.closes_at > {}) ORDER BY l.name, l.id",
        now, now, now, now,
    )  # fmt: skip
    found = await _with_themes(rows)
    return sorted(found, key=lambda lab: lab.call.closes_at if lab.call else now)


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
        call = _call_of_row(row)
        facts = {name: row[name] for name in _LAB_COLUMNS}
        found.append(LabRow(**facts, themes=tuple(named[row["id"]]), call=call))
    return found


_LAB_COLUMNS = tuple(name for name in LabRow.__struct_fields__ if name not in ("themes", "call"))


def _call_of_row(row: Row) -> CallRow | None:
    """The call that the lab of a row follows: its own, or that of its round."""
    is_of_round = row["own_id"] is None
    found = {name: row[f"{'round' if is_of_round else 'own'}_{name}"] for name in _CALL}
    if found["id"] is None:
        return None
    kept = found.pop("content")
    if not is_of_round:
        plain = {name: row[f"own_{name}"] for name in ("text", "criteria", "cohort_size")}
        return CallRow(**found, **plain, lab=row["id"], kept=kept)
    content = content_of(kept)
    words = content.words(content.language)
    return CallRow(
        **found, lab=row["id"], text=words.text, criteria=words.criteria, cohort_size=content.cohort_size,
        kept=kept, is_of_round=True,
    )  # fmt: skip


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
    lab_id: UUID,
    *,
    status: str = "",
    limit: int = 200,
    offset: int = 0,
    only: tuple[str, list[Any]] = ("1 = 1", []),
) -> tuple[list[ApplicationRow], int]:
    """
    A part of a lab's applications with their scores, and how many match; two queries. What was never sent is not there.

    Args:
        only: What else holds for an application `a`, and the values in it.

    """
    condition, values = f"a.lab = {{}} AND a.status <> 'draft' AND {only[0]}", [lab_id, *only[1]]
    if status:
        condition, values = f"{condition} AND a.status = {{}}", [*values, status]
    rows = await sql(
        f"{_APPLICATION} WHERE {condition} ORDER BY a.submitted_at, a.id LIMIT {{}} OFFSET {{}}",
        *values,
        limit,
        offset,
    )
    total = await sql(f"SELECT COUNT(*) AS n FROM application a WHERE {condition}", *values)
    return [ApplicationRow(**row) for row in rows], int(total[0]["n"])


async def application_by_id(application_id: UUID, *, drafts: bool = False) -> ApplicationRow:
    """
    One application, for staff.

    Args:
        drafts: Also one that was never sent, which nobody but those who write it may see.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_APPLICATION} WHERE a.id = {{}}", application_id)
    if not rows or (rows[0]["status"] == "draft" and not drafts):
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
    """
    Where the applications of a lab come from. A member is counted once; drafts and withdrawn ones never.

    Applicants that are no members are counted apart: `others`, and of these `others_accepted`; they have no region.
    """

    members: int
    regions: tuple[RegionMix, ...]
    by_status: dict[str, int]
    others: int = 0
    others_accepted: int = 0

    @property
    def accepted(self) -> int:
        """Applications that were accepted."""
        return self.by_status.get("accepted", 0)

    @property
    def total(self) -> int:
        """All applications that were ever sent, withdrawn ones too."""
        return sum(number for status, number in self.by_status.items() if status != "draft")


async def mix_of(lab_id: UUID) -> Mix:
    """The mix of a lab's applications by region and status, counted in one query."""
    rows = await sql(
        "SELECT COALESCE(g.code, '') AS region, a.status AS status, COUNT(*) AS n FROM application a "
        "LEFT JOIN member m ON m.id = a.member LEFT JOIN region g ON g.id = m.region WHERE a.lab = {} "
        "GROUP BY g.code, g.name, a.status ORDER BY g.name",
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
    others = standing.pop("", 0)
    regions = tuple(RegionMix(code, number, accepted[code]) for code, number in standing.items())
    return Mix(sum(standing.values()), regions, dict(by_status), others, accepted[""])


async def labs_by_theme(year: int) -> list[Row]:
    """Thematic priorities in order with their number of labs in a year, none included; a lab may be in several."""
    return await sql(
        "SELECT t.code AS code, t.name AS name, COUNT(x.lab) AS labs FROM theme t LEFT JOIN "
        "(SELECT lt.theme AS theme, lt.lab AS lab FROM lab_theme lt JOIN lab l ON l.id = lt.lab "
        "JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = 'lab' AND r.year = {}) x ON x.theme = t.id "
        "GROUP BY t.code, t.name, t.position ORDER BY t.position, t.code",
        year,
    )


async def active_members(year: int, kind: str = "lab") -> list[Row]:
    """
    Active member cities of a round, by name, each once.

    A member with at least one accepted person who attended at least one
    session of the lab (domain brief, section 3), and was a member on its day.
    Associates are no cities.
    """
    return await sql(
        "SELECT DISTINCT m.id AS id, m.key AS key, m.name AS name, m.name_folded AS name_folded, g.code AS "
        "region "
        "FROM lab_participant p JOIN lab l ON l.id = p.lab JOIN lab_round r ON r.id = l.lab_round "
        "JOIN member m ON m.id = p.member JOIN region g ON g.id = m.region "
        "JOIN lab_session s ON s.lab = l.id JOIN registration n ON n.event = s.event AND n.person = p.person "
        "JOIN event e ON e.id = s.event WHERE r.kind = {} AND r.year = {} AND p.role = 'participant' AND n.has_attended "
        f"AND {at('kind', 'e.starts_on')} = 'member' AND {belonged('e.starts_on')} ORDER BY m.name_folded, m.id",
        kind,
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
