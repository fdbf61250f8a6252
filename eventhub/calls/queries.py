"""Reads of rounds, templates and calls."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from eventhub.calls.content import content_of, template_content_of, words_of_template
from eventhub.calls.rules import REMINDER_DAYS, CallContent, KindWords, TemplateContent
from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.labs.queries import CallRow, RoundRow, lab_by_id, lab_by_slug, round_by_id
from eventhub.links import make_link
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: Whose content it is.
HOLDERS = ("lab", "round", "template")


async def call_of(lab_id: UUID) -> CallRow | None:
    """The call that a lab follows: its own, or that of its round; None: neither has one."""
    try:
        return (await lab_by_id(lab_id)).call
    except NotFound:
        return None


# Templates


class TemplateRow(msgspec.Struct, frozen=True, dict=True):
    """What a new lab, or whatever else starts with a call, begins with."""

    id: UUID
    code: str
    kind: str
    name: str
    content_kept: str
    version: int
    updated_at: datetime
    retired_at: datetime | None

    @cached_property
    def content(self) -> TemplateContent:
        """Its texts, questions, criteria, letters and sessions."""
        return template_content_of(self.content_kept)


_TEMPLATE = (
    "SELECT t.id AS id, t.code AS code, t.kind AS kind, t.name AS name, t.content AS content_kept, "
    "t.version AS version, t.updated_at AS updated_at, t.retired_at AS retired_at FROM lab_template t"
)


async def templates(*, with_retired: bool = False) -> list[TemplateRow]:
    """Templates by kind and name."""
    rows = await sql(
        f"{_TEMPLATE} {'' if with_retired else 'WHERE t.retired_at IS NULL'} ORDER BY t.kind, t.name, t.id"
    )
    return [TemplateRow(**row) for row in rows]


async def template_by_code(code: str) -> TemplateRow:
    """
    One template.

    Raises:
        NotFound: there is none.

    """
    return await _one_template("t.code = {}", code.replace("\x00", ""))


async def template_by_id(template_id: UUID) -> TemplateRow:
    """
    One template by its key.

    Raises:
        NotFound: there is none.

    """
    return await _one_template("t.id = {}", template_id)


async def _one_template(condition: str, value: object) -> TemplateRow:
    rows = await sql(f"{_TEMPLATE} WHERE {condition}", value)
    if not rows:
        raise NotFound(Sentence("There is no such template."))
    return TemplateRow(**rows[0])


async def kind_words(language: str) -> dict[str, KindWords]:
    """What pages say for each kind, by its code; the words of its oldest template."""
    found: dict[str, KindWords] = {}
    for row in await sql("SELECT kind, content FROM lab_template ORDER BY retired_at IS NOT NULL, code"):
        words = words_of_template(row["content"], language)
        if words and row["kind"] not in found:
            found[row["kind"]] = words
    return found


# Rounds


@dataclass(frozen=True)
class RoundPage:
    """A round as staff set it up, with what the last one of its kind has taught."""

    round: RoundRow
    themes: tuple[str, ...]
    action_lines: tuple[tuple[str, str], ...]
    call: CallRow | None
    before: RoundRow | None


async def round_page(round_id: UUID) -> RoundPage:
    """
    A round with its themes, action lines and call; and the round before it, for its lessons.

    Raises:
        NotFound: there is no such round.

    """
    found = await round_by_id(round_id)
    before = await sql(
        "SELECT id FROM lab_round WHERE kind = {} AND year < {} ORDER BY year DESC LIMIT 1", found.kind, found.year
    )
    return RoundPage(
        found,
        tuple(
            row["code"]
            for row in await sql(
                "SELECT t.code AS code FROM round_theme x JOIN theme t ON t.id = x.theme WHERE x.lab_round = {} "
                "ORDER BY t.position, t.code",
                round_id,
            )
        ),
        tuple(
            (row["code"], row["name"])
            for row in await sql(
                "SELECT a.code AS code, a.name AS name FROM round_action_line x JOIN action_line a "
                "ON a.id = x.action_line WHERE x.lab_round = {} ORDER BY a.first_year, a.number",
                round_id,
            )
        ),
        await round_call_of(round_id),
        await round_by_id(before[0]["id"]) if before else None,
    )


async def round_call_of(round_id: UUID) -> CallRow | None:
    """The call of a whole round, if there is one; its `lab` is the round."""
    rows = await sql(
        "SELECT id, opens_at, closes_at, time_zone, content, version, extended_from, extended_at FROM round_call "
        "WHERE lab_round = {}",
        round_id,
    )
    if not rows:
        return None
    row = rows[0]
    kept = row.pop("content")
    content = content_of(kept)
    words = content.words(content.language)
    return CallRow(
        **row, lab=round_id, text=words.text, criteria=words.criteria, cohort_size=content.cohort_size, kept=kept,
        is_of_round=True,
    )  # fmt: skip


async def round_of(kind: str, year: int) -> RoundRow:
    """
    The round of a kind in a year.

    Raises:
        NotFound: there is none.

    """
    rows = await sql("SELECT id FROM lab_round WHERE kind = {} AND year = {}", kind.replace("\x00", ""), year)
    if not rows:
        raise NotFound(Sentence("There is no such round."))
    return await round_by_id(rows[0]["id"])


# What is edited alike in templates and calls


@dataclass(frozen=True)
class Holder:
    """
    A content with what it belongs to: the call of a lab, that of a round, or a template.

    Attributes:
        key: Slug of a lab, id of a round, code of a template.
        id: Of the row that holds the content.
        owner: Of the lab, round or template.
        about: The kind of what is called for: labs, pilot projects and so on.

    """

    kind: str
    key: str
    id: UUID
    owner: UUID
    name: str
    version: int
    content: CallContent
    template: TemplateContent
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    time_zone: str = "UTC"
    extended_from: datetime | None = None
    about: str = "lab"

    @property
    def path(self) -> str:
        """Where staff work on it."""
        return f"/staff/calls/{self.kind}/{self.key}"

    def at(self, instant: datetime, zone: str | None = None) -> datetime:
        """The same instant as clocks show it in a zone, or in the zone of the call."""
        return instant.astimezone(ZoneInfo(zone or self.time_zone))


async def holder_of(kind: str, key: str) -> Holder:
    """
    A content with what it belongs to.

    Raises:
        NotFound: there is no such lab, round or template, or it has no call of its own.

    """
    if kind == "template":
        found = await template_by_code(key)
        return Holder(
            kind, found.code, found.id, found.id, found.name, found.version, found.content.call, found.content,
            about=found.kind,
        )  # fmt: skip
    call: CallRow | None = None
    if kind == "lab":
        lab = await lab_by_slug(key)
        owner, name, about, call = lab.id, lab.name, lab.kind, lab.own_call
    elif kind == "round":
        try:
            owner = UUID(key)
        except ValueError:
            raise NotFound(Sentence("There is no such round.")) from None
        found_round = await round_by_id(owner)
        name, about = found_round.title, found_round.kind
        call = await round_call_of(owner)
    if call is None:
        raise NotFound(Sentence("There is no such call."))
    return Holder(
        kind, key, call.id, owner, name, call.version, call.content, TemplateContent(),
        call.opens_at, call.closes_at, call.time_zone, call.extended_from, about,
    )  # fmt: skip


# Applicants


class ApplicantRow(msgspec.Struct, frozen=True):
    """
    An application as letters about its call need it: once for the contact, perhaps once for each who works on it.

    Attributes:
        editor: Somebody other than the contact, whose name, address and link these are.

    """

    id: UUID
    contact: UUID
    contact_name: str
    email: str
    language: str
    link_version: int
    status: str
    applicant: str
    lab: UUID
    lab_name: str
    editor: UUID | None = None

    @property
    def is_sent(self) -> bool:
        """Whether it was sent already."""
        return self.status != "draft"

    @property
    def manage_url(self) -> str:
        """The personal link."""
        kind = "application_editor" if self.editor else "application"
        token = make_link(kind, self.editor or self.id, self.link_version)
        return f"{current_settings().base_url}/applications/{token}"


_APPLICANT = (
    "SELECT a.id AS id, a.contact AS contact, a.contact_name AS contact_name, COALESCE(p.email, '') AS email, "
    "a.language AS language, a.link_version AS link_version, a.status AS status, "
    "COALESCE(m.name, a.organisation) AS applicant, a.lab AS lab, l.full_title AS full_title, l.name AS name "
    "FROM application a JOIN lab l ON l.id = a.lab JOIN person p ON p.id = a.contact LEFT JOIN member m ON m.id = "
    "a.member"
)


async def applicants_of_call(
    kind: str, owner: UUID, *, drafts_only: bool, begun_before: datetime | None = None
) -> list[ApplicantRow]:
    """
    Who has begun, or also who has sent, and has an address.

    Args:
        kind: "lab", or "round" for the labs of a round that have no call of their own.
        begun_before: Leave out what was begun later.

    """
    condition, values = f"{_whose(kind)} AND p.email IS NOT NULL AND p.email <> ''", [owner]
    condition += " AND a.status = 'draft'" if drafts_only else " AND a.status IN ('draft', 'submitted')"
    if begun_before is not None:
        condition += " AND COALESCE(a.begun_at, a.submitted_at) < {}"
        values.append(begun_before)  # type: ignore[arg-type]
    rows = await sql(f"{_APPLICANT} WHERE {condition} ORDER BY a.id", *values)
    return [_applicant(row) for row in rows]


async def editors_of_call(kind: str, owner: UUID, *, drafts_only: bool) -> dict[UUID, list[ApplicantRow]]:
    """By application everybody but the contact who works on it; `kind` as for the applicants."""
    standing = "= 'draft'" if drafts_only else "IN ('draft', 'submitted')"
    found: dict[UUID, list[ApplicantRow]] = defaultdict(list)
    for row in await sql(
        "SELECT a.id AS id, a.contact AS contact, e.name AS contact_name, e.email AS email, e.language AS language, "
        "e.link_version AS link_version, a.status AS status, COALESCE(m.name, a.organisation) AS applicant, "
        "a.lab AS lab, l.full_title AS full_title, l.name AS name, e.id AS editor "
        "FROM application_editor e JOIN application a ON a.id = e.application JOIN lab l ON l.id = a.lab "
        "JOIN person p ON p.id = a.contact LEFT JOIN member m ON m.id = a.member "
        f"WHERE {_whose(kind)} AND e.email <> '' AND e.email_key <> COALESCE(p.email_key, '') "
        f"AND a.status {standing} ORDER BY a.id, e.invited_at, e.id",
        owner,
    ):
        found[row["id"]].append(_applicant(row))
    return found


async def stale_drafts(before: datetime) -> list[Row]:
    """Applications that were never sent and whose call closed before an instant: key, lab, contact, and when they began."""
    return await sql(
        "SELECT a.id AS id, a.lab AS lab, a.contact AS contact, a.begun_at AS begun_at FROM application a JOIN lab l ON l.id = a.lab "
        "LEFT JOIN lab_call c ON c.lab = l.id LEFT JOIN round_call rc ON rc.lab_round = l.lab_round "
        "WHERE a.status = 'draft' AND (c.closes_at < {} OR (c.id IS NULL AND rc.closes_at < {})) ORDER BY a.id",
        before,
        before,
    )


def _whose(kind: str) -> str:
    """The condition on the applications of a call: those of a lab, or of the labs that follow the call of a round."""
    if kind == "round":
        return "l.lab_round = {} AND NOT EXISTS (SELECT 1 FROM lab_call c WHERE c.lab = l.id)"
    return "a.lab = {}"


def _applicant(row: Row) -> ApplicantRow:
    name, full_title = row.pop("name"), row.pop("full_title")
    return ApplicantRow(**row, lab_name=full_title or name)


class OutsiderRow(msgspec.Struct, frozen=True):
    """An application of somebody who is no member, with what staff have decided about whether it may apply."""

    id: UUID
    organisation: str
    city: str
    country: str
    status: str
    is_eligible: bool | None
    eligibility_reason: str
    lab: UUID
    lab_name: str


async def outsiders_of_call(kind: str, owner: UUID, account_id: UUID) -> list[OutsiderRow]:
    """
    Applications of those who are no member, undecided ones first; withdrawn ones and drafts are left out.

    Args:
        account_id: Who reads; with whose conflicts of interest it is not there.

    """
    rows = await sql(
        "SELECT a.id AS id, a.organisation AS organisation, a.city AS city, a.country AS country, a.status AS status, "
        "a.is_eligible AS is_eligible, a.eligibility_reason AS eligibility_reason, a.lab AS lab, l.name AS lab_name "
        f"FROM application a JOIN lab l ON l.id = a.lab WHERE a.member IS NULL AND {_whose(kind)} "
        "AND a.status NOT IN ('draft', 'withdrawn') AND NOT EXISTS (SELECT 1 FROM conflict_of_interest k "
        "WHERE k.account = {} AND k.lifted_at IS NULL AND k.application = a.id) ORDER BY a.submitted_at, a.id",
        owner,
        account_id,
    )
    found = [OutsiderRow(**row | {"is_eligible": _truth(row["is_eligible"])}) for row in rows]
    return sorted(found, key=lambda one: one.is_eligible is not None)


def _truth(value: object) -> bool | None:
    return None if value is None else bool(value)


async def applicant_by_id(application_id: UUID) -> ApplicantRow:
    """
    An application as letters need it.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_APPLICANT} WHERE a.id = {{}}", application_id)
    if not rows:
        raise NotFound(Sentence("There is no such application."))
    return _applicant(rows[0])


@dataclass(frozen=True)
class ClosingCall:
    """A call that closes within the days of the first reminder; `kind` is "lab" or "round"."""

    kind: str
    owner: UUID
    closes_at: datetime
    time_zone: str
    content: CallContent


async def closing_calls(now: datetime) -> list[ClosingCall]:
    """Calls that are open and close soon enough for a reminder."""
    until = now + timedelta(days=max(REMINDER_DAYS))
    found: list[ClosingCall] = []
    for kind, table, column in (("lab", "lab_call", "lab"), ("round", "round_call", "lab_round")):
        rows = await sql(
            f"SELECT {column} AS owner, closes_at, time_zone, content FROM {table} "
            "WHERE opens_at <= {} AND closes_at > {} AND closes_at <= {}",
            now, now, until,
        )  # fmt: skip
        found += [
            ClosingCall(kind, row["owner"], row["closes_at"], row["time_zone"], content_of(row["content"]))
            for row in rows
        ]
    return found


async def counts_of_call(kind: str, owner: UUID) -> tuple[int, int]:
    """How many have begun and not sent, and how many have sent, whatever became of these; withdrawn ones count nowhere."""
    rows = await sql(
        "SELECT COALESCE(SUM(CASE WHEN a.status = 'draft' THEN 1 ELSE 0 END), 0) AS begun, COUNT(*) AS everything "
        f"FROM application a JOIN lab l ON l.id = a.lab WHERE {_whose(kind)} AND a.status <> 'withdrawn'",
        owner,
    )
    begun = int(rows[0]["begun"])
    return begun, int(rows[0]["everything"]) - begun
