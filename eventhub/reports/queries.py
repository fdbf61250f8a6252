"""Reads behind the report that no page of figures has, and its editions. Genders leave the database as counts only."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.events.rules import OWN, PRIVATE_KINDS
from eventhub.reports.frozen import thawed
from eventhub.reports.rules import Report
from eventhub.speakers.rules import Counts
from eventhub.statistics.reading import SPEAKS, counts, words_of_events
from eventhub.words import Sentence

_GENDER = "COALESCE(g.gender, 'undisclosed')"
#: Own events of some years that count. Values: see `_own`.
_OWN = (
    "WITH own AS (SELECT id, kind, starts_on FROM event WHERE starts_on >= {} AND starts_on < {} "
    "AND status = 'published' AND counts_in_statistics AND involvement IN ('organised', 'co_organised') "
    "AND kind NOT IN ('bilateral', 'internal'))"
)
#: Speakers of so many years are the trend: a year costs the same however many others there are.
TREND_YEARS = 10


def _days(first_year: int, last_year: int | None = None) -> tuple[date, date]:
    return date(first_year, 1, 1), date((last_year or first_year) + 1, 1, 1)


@dataclass(frozen=True)
class ReportedEvent:
    """
    One published event of the year, as lists of the report name it.

    `counts` is whether it counts as an own event: an umbrella does not.
    """

    id: UUID
    slug: str
    title: str
    kind: str
    mode: str
    involvement: str
    starts_on: date
    ends_on: date | None
    parent: UUID | None
    counts_in_statistics: bool
    is_on_gender: bool
    lines: tuple[str, ...] = ()

    @property
    def is_led(self) -> bool:
        """Whether the association leads or co-leads it, umbrellas included."""
        return self.involvement in OWN

    @property
    def is_own(self) -> bool:
        """Whether it is one of the own events that are counted."""
        return self.is_led and self.counts_in_statistics


async def events_of(year: int) -> list[ReportedEvent]:
    """Published events of a year in order of time with their action lines, private kinds left out; two queries."""
    private = sorted(PRIVATE_KINDS)
    where = (
        "e.starts_on >= {} AND e.starts_on < {} AND e.status = 'published' "
        f"AND e.kind NOT IN ({', '.join('{}' for _ in private)})"
    )
    values = (*_days(year), *private)
    lines: dict[UUID, list[str]] = defaultdict(list)
    for row in await sql(
        f"SELECT x.event AS event, a.code AS code FROM {words_of_events('action_line')} x JOIN event e ON e.id = x.event "
        f"JOIN action_line a ON a.id = x.action_line WHERE {where}",
        *values,
    ):
        lines[row["event"]].append(row["code"])
    rows = await sql(
        "SELECT e.id AS id, e.slug AS slug, e.title AS title, e.kind AS kind, e.mode AS mode, "
        "e.involvement AS involvement, e.starts_on AS starts_on, e.ends_on AS ends_on, e.parent AS parent, "
        "e.counts_in_statistics AS counts_in_statistics, "
        f"e.id IN (SELECT x.event FROM {words_of_events('theme')} x JOIN theme t ON t.id = x.theme "
        "WHERE t.code = 'gender') AS is_on_gender "
        f"FROM event e WHERE {where} ORDER BY e.starts_on, e.title_folded, e.slug",
        *values,
    )
    booleans = ("counts_in_statistics", "is_on_gender")
    return [
        ReportedEvent(**{**row, **{name: bool(row[name]) for name in booleans}}, lines=tuple(lines[row["id"]]))
        for row in rows
    ]


async def labs_by_line(year: int) -> dict[str, list[str]]:
    """Names of the Solutions Labs of a year by the code of the action line they serve."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in await sql(
        "SELECT a.code AS code, l.name AS name FROM lab_action_line x JOIN action_line a ON a.id = x.action_line "
        "JOIN lab l ON l.id = x.lab JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = 'lab' AND r.year = {} "
        "ORDER BY l.number, l.name",
        year,
    ):
        found[row["code"]].append(row["name"])
    return found


async def political_people_of(year: int) -> Counts:
    """People who attended or spoke at own events of a year with political level, once each."""
    return counts(
        await sql(
            f"{_OWN}, present AS ("
            "SELECT r.person AS person FROM own o JOIN registration r ON r.event = o.id "
            "WHERE r.level = 'political' AND r.has_attended "
            "UNION SELECT s.person FROM own o JOIN programme_item i ON i.event = o.id "
            "JOIN speaker_slot s ON s.programme_item = i.id WHERE s.status = 'confirmed' AND s.level = 'political') "
            f"SELECT {_GENDER} AS gender, COUNT(*) AS people FROM present x "
            f"LEFT JOIN gender_statement g ON g.person = x.person GROUP BY {_GENDER}",
            *_days(year),
        ),
        "people",
    )


async def people_at_meetings(year: int, kinds: Sequence[str]) -> dict[str, Counts]:
    """People who attended the meetings of each statutory body in a year, once each."""
    rows = await sql(
        f"{_OWN} SELECT o.kind AS kind, {_GENDER} AS gender, COUNT(DISTINCT r.person) AS people FROM own o "
        "JOIN registration r ON r.event = o.id "
        f"LEFT JOIN gender_statement g ON g.person = r.person WHERE r.has_attended AND o.kind IN ({', '.join('{}' for _ in kinds)}) "
        f"GROUP BY o.kind, {_GENDER}",
        *_days(year),
        *kinds,
    )
    return {kind: counts((row for row in rows if row["kind"] == kind), "people") for kind in kinds}


async def speakers_by_year(last_year: int) -> dict[int, Counts]:
    """Speakers at own events of each of the ten years up to this one, once in each; years without any are left out."""
    rows = await sql(
        f"{_OWN} SELECT SUBSTR(CAST(o.starts_on AS TEXT), 1, 4) AS year, {_GENDER} AS gender, "
        "COUNT(DISTINCT s.person) AS people FROM own o JOIN programme_item i ON i.event = o.id "
        "JOIN speaker_slot s ON s.programme_item = i.id LEFT JOIN gender_statement g ON g.person = s.person "
        f"WHERE {SPEAKS} GROUP BY SUBSTR(CAST(o.starts_on AS TEXT), 1, 4), {_GENDER}",
        *_days(last_year - TREND_YEARS + 1, last_year),
    )
    years = sorted({int(row["year"]) for row in rows})
    return {year: counts((row for row in rows if int(row["year"]) == year), "people") for year in years}


# Editions


@dataclass(frozen=True)
class EditionRow:
    """One published edition without its content. The names of accounts are for staff."""

    id: UUID
    year: int
    number: int
    note: str
    published_at: datetime
    account_name: str
    withdrawn_at: datetime | None
    withdrawn_by_name: str
    withdraw_reason: str

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back; it is kept for those who have it."""
        return self.withdrawn_at is not None


_EDITIONS = (
    "SELECT x.id AS id, x.year AS year, x.number AS number, x.note AS note, x.published_at AS published_at, "
    "COALESCE(a.name, '') AS account_name, x.withdrawn_at AS withdrawn_at, COALESCE(w.name, '') AS withdrawn_by_name, "
    "x.withdraw_reason AS withdraw_reason FROM report_edition x LEFT JOIN account a ON a.id = x.account "
    "LEFT JOIN account w ON w.id = x.withdrawn_by"
)


async def editions(year: int | None = None) -> list[EditionRow]:
    """Editions of a year or of all years, the newest year and edition first."""
    where, values = ("WHERE x.year = {}", [year]) if year is not None else ("", [])
    rows = await sql(f"{_EDITIONS} {where} ORDER BY x.year DESC, x.number DESC", *values)
    return [EditionRow(**row) for row in rows]


async def edition_by_number(year: int, number: int) -> EditionRow:
    """
    One edition, withdrawn or not.

    Raises:
        NotFound: there is none.

    """
    for one in await editions(year):
        if one.number == number:
            return one
    raise NotFound(Sentence("There is no edition %(number)s of the report of %(year)s.", number=number, year=year))


async def public_editions() -> list[EditionRow]:
    """The newest edition of each year that was not withdrawn, the newest year first."""
    found: dict[int, EditionRow] = {}
    for one in await editions():
        if not one.is_withdrawn:
            found.setdefault(one.year, one)
    return list(found.values())


async def public_edition(year: int) -> EditionRow:
    """
    What the public reads of a year: its newest edition that was not withdrawn.

    Raises:
        NotFound: there is none.

    """
    for one in await editions(year):
        if not one.is_withdrawn:
            return one
    raise NotFound(Sentence("No report of %(year)s is published.", year=year))


async def content_of(edition: UUID) -> Report:
    """The report that an edition holds. It never changes, so it is read from its JSON once."""
    rows = await sql("SELECT content FROM report_edition WHERE id = {}", edition)
    return _thawed(rows[0]["content"])


@lru_cache(maxsize=4)
def _thawed(content: str) -> Report:
    return thawed(content)
