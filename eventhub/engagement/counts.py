"""
What the data give for the columns of the matrix: the activity of a year in few grouped reads, and one function per kind of count.

A further kind of count is one function in COUNTS, and a row in
data/engagement_columns.csv that names it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from eventhub.database import Row, sql
from eventhub.directory.folding import fold
from eventhub.directory.membership import at
from eventhub.engagement.rules import Column, Roles, Value
from eventhub.statistics.campaigns import roles_at
from eventhub.statistics.reading import SPEAKS

#: The kind of rounds whose accepted applications are pilot projects.
PILOT_KIND = "pilot"
#: How campaigns of World Metropolitan Day are called, folded.
_DAY_NAMES = ("metropolitan day", "dia metropolitano", "dia mundial metropolitano", "journee metropolitaine")
#: A member by its state at the date of an event `c`; whoever has left by then stands for no member.
STANDS_FOR = (
    f"{at('kind', 'c.starts_on')} = 'member' AND (m.joined_year IS NULL OR m.joined_year <= {{}}) "
    "AND (m.left_on IS NULL OR m.left_on >= c.starts_on)"
)


@dataclass(frozen=True)
class Span:
    """The part of a year that is read: from its first day to the day before `end`."""

    year: int
    first: date
    end: date

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole year."""
        return self.end == date(self.year + 1, 1, 1)


@dataclass(frozen=True)
class Activity:
    """What was read: rows by member key, with numbers of events, people or projects."""

    attended: tuple[Row, ...]
    speakers: tuple[Row, ...]
    wmd_roles: tuple[Row, ...]
    labs: tuple[Row, ...]
    pilots: tuple[Row, ...]


def is_world_metropolitan_day(title: str, slug: str) -> bool:
    """Whether a campaign is one of World Metropolitan Day, by how it is called."""
    called = fold(title)
    return any(name in called for name in _DAY_NAMES) or slug.startswith(("world-metropolitan-day", "wmd"))


async def campaigns_of_the_day(span: Span) -> list[UUID]:
    """The campaigns of World Metropolitan Day of the year."""
    rows = await sql(
        "SELECT id, title, slug FROM campaign WHERE starts_on < {} AND ends_on >= {}",
        date(span.year + 1, 1, 1),
        span.first,
    )
    return [row["id"] for row in rows if is_world_metropolitan_day(row["title"], row["slug"])]


def chosen_events(span: Span, campaigns: list[UUID]) -> tuple[str, list[Any]]:
    """
    The CTE `chosen`: own events, annual meetings, bilateral meetings and events of World Metropolitan Day, with its values.

    Only published events that count in statistics. A congress is an umbrella
    as a rule; whether somebody was there is yes or no, so that it counts as an
    annual meeting, as does whatever is a part of it, and as nothing else.
    """
    of_the_day = f"COALESCE(campaign IN ({', '.join('{}' for _ in campaigns)}), false)" if campaigns else "false"
    led = "involvement IN ('organised', 'co_organised')"
    own = f"(counts_in_statistics AND {led} AND kind NOT IN ('bilateral', 'internal'))"
    annual = (
        f"(kind NOT IN ('bilateral', 'internal') AND (({led} AND kind IN ('congress', 'general_assembly')) "
        "OR EXISTS (SELECT 1 FROM event w WHERE w.id = e.parent AND w.kind = 'congress' AND w.status = 'published' "
        f"AND w.{led})))"
    )
    return (
        "chosen AS MATERIALIZED (SELECT id, slug, title, kind, starts_on, host_member, campaign, "
        f"CASE WHEN {own} THEN 1 ELSE 0 END AS is_own, CASE WHEN {annual} THEN 1 ELSE 0 END AS is_annual, "
        f"CASE WHEN counts_in_statistics AND {of_the_day} THEN 1 ELSE 0 END AS is_wmd FROM event e "
        "WHERE starts_on >= {} AND starts_on < {} AND status = 'published' AND kind <> 'internal' "
        f"AND ({annual} OR (counts_in_statistics AND ({own} OR kind = 'bilateral' OR {of_the_day}))))"
    ), [*campaigns, span.first, span.end, *campaigns]


async def activity(span: Span) -> Activity:
    """All that members did; six reads, whatever the size of the year."""
    campaigns = await campaigns_of_the_day(span)
    chosen, values = chosen_events(span, campaigns)
    return Activity(
        tuple(await _attended(chosen, values, span)),
        tuple(await _speakers(chosen, values, span)),
        tuple(await _wmd_roles(chosen, values, span) if campaigns else ()),
        tuple(await _labs(span)),
        tuple(await _pilots(span)),
    )


async def _attended(chosen: str, values: list[Any], span: Span) -> list[Row]:
    """Events by member and kind: those that somebody attended for it, and bilateral meetings that it hosted."""
    return await sql(
        f"WITH {chosen}, there AS ("
        # In the order of the index (event, member), so that nothing has to be sorted: twice as fast as a join on SQLite.
        "SELECT r.event AS event, r.member AS member FROM registration r WHERE r.event IN (SELECT id FROM chosen) "
        "AND r.member IS NOT NULL AND r.has_attended "
        "GROUP BY r.event, r.member), present AS (SELECT event, member FROM there "
        "UNION ALL SELECT b.id, b.host_member FROM chosen b WHERE b.kind = 'bilateral' AND b.host_member IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM registration r WHERE r.event = b.id AND r.member = b.host_member AND r.has_attended)) "
        "SELECT m.key AS member, c.kind AS kind, c.is_own AS is_own, c.is_wmd AS is_wmd, "
        "c.is_annual AS is_annual, COUNT(*) AS number "
        "FROM present p JOIN chosen c ON c.id = p.event JOIN member m ON m.id = p.member "
        f"WHERE {STANDS_FOR} GROUP BY m.id, m.key, c.kind, c.is_own, c.is_wmd, c.is_annual",
        *values,
        span.year,
    )


async def _speakers(chosen: str, values: list[Any], span: Span) -> list[Row]:
    """People who spoke for each member at own events, once each."""
    return await sql(
        f"WITH {chosen} SELECT m.key AS member, COUNT(DISTINCT s.person) AS number FROM chosen c "
        "JOIN programme_item i ON i.event = c.id JOIN speaker_slot s ON s.programme_item = i.id "
        f"JOIN member m ON m.id = s.member WHERE c.is_own = 1 AND {SPEAKS} AND {STANDS_FOR} GROUP BY m.key",
        *values,
        span.year,
    )


async def _wmd_roles(chosen: str, values: list[Any], span: Span) -> list[Row]:
    """Roles at events of World Metropolitan Day: an event organised is one, and each person with a confirmed part one."""
    return await sql(
        f"WITH {chosen}, of_the_day AS (SELECT id, host_member FROM chosen WHERE is_wmd = 1), "
        f"had AS ({roles_at('of_the_day')}) "
        "SELECT m.key AS member, COUNT(*) AS number FROM had h JOIN chosen c ON c.id = h.event "
        f"JOIN member m ON m.id = h.member WHERE {STANDS_FOR} GROUP BY m.key",
        *values,
        span.year,
    )


async def _labs(span: Span) -> list[Row]:
    """
    Solutions Labs of the round of the year in which each member is active; the definition of labs/queries.py.

    Sessions after the end of a quarter count from then on; for the whole year
    the date does not matter, since a round can go on into the next one.
    """
    return await sql(
        "SELECT m.key AS member, COUNT(DISTINCT l.id) AS number FROM lab_participant p JOIN lab l ON l.id = p.lab "
        "JOIN lab_round r ON r.id = l.lab_round JOIN member m ON m.id = p.member JOIN lab_session s ON s.lab = l.id "
        "JOIN registration n ON n.event = s.event AND n.person = p.person JOIN event c ON c.id = s.event "
        "WHERE r.kind = 'lab' AND r.year = {} AND n.has_attended "
        f"AND c.starts_on < {{}} AND p.role = 'participant' AND {STANDS_FOR} GROUP BY m.key",
        span.year,
        date.max if span.is_whole else span.end,
        span.year,
    )


async def _pilots(span: Span) -> list[Row]:
    """
    Pilot projects of the round of the year: leading members by accepted application, partners by their people.

    What was entered after the end of a quarter counts from then on; for the whole year the date does not matter.
    """
    until = datetime.combine(date.max if span.is_whole else span.end, time(), UTC)
    return await sql(
        "WITH project AS (SELECT l.id AS id FROM lab l JOIN lab_round r ON r.id = l.lab_round "
        "WHERE r.kind = {} AND r.year = {}), led AS (SELECT a.lab AS lab, a.member AS member, COUNT(*) AS number "
        "FROM application a JOIN project p ON p.id = a.lab WHERE a.status = 'accepted' AND a.status_at < {} "
        "AND a.member IS NOT NULL GROUP BY a.lab, a.member) "
        "SELECT m.key AS member, 'L' AS role, SUM(x.number) AS number FROM led x JOIN member m ON m.id = x.member "
        "WHERE m.kind = 'member' GROUP BY m.key "
        "UNION ALL SELECT m.key, 'P', COUNT(DISTINCT q.lab) FROM lab_participant q JOIN project p ON p.id = q.lab "
        "JOIN member m ON m.id = q.member WHERE m.kind = 'member' AND q.joined_at < {} AND NOT EXISTS "
        "(SELECT 1 FROM led x WHERE x.lab = q.lab AND x.member = q.member) GROUP BY m.key",
        PILOT_KIND,
        span.year,
        until,
        until,
    )


# Kinds of counts


def _summed(rows: Iterable[Row]) -> dict[str, Value]:
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[row["member"]] += int(row["number"])
    return {**found}


def _count_attended(found: Activity, column: Column) -> dict[str, Value]:
    """Own events, of the kinds of the column or of all."""
    return _summed(row for row in found.attended if row["is_own"] and (not column.kinds or row["kind"] in column.kinds))


def _count_annual(found: Activity, _: Column) -> dict[str, Value]:
    """Congresses with their parts, and general assemblies; umbrellas too."""
    return _summed(row for row in found.attended if row["is_annual"])


def _count_bilateral(found: Activity, _: Column) -> dict[str, Value]:
    return _summed(row for row in found.attended if row["kind"] == "bilateral")


def _count_wmd_attended(found: Activity, _: Column) -> dict[str, Value]:
    return _summed(row for row in found.attended if row["is_wmd"])


def _count_wmd_roles(found: Activity, _: Column) -> dict[str, Value]:
    return _summed(found.wmd_roles)


def _count_speakers(found: Activity, _: Column) -> dict[str, Value]:
    return _summed(found.speakers)


def _count_labs(found: Activity, _: Column) -> dict[str, Value]:
    return _summed(found.labs)


def _count_pilots(found: Activity, _: Column) -> dict[str, Value]:
    """Leads and partnerships of each member."""
    roles: dict[str, Roles] = {}
    for row in found.pilots:
        before, number = roles.get(row["member"], Roles()), int(row["number"])
        leads, partners = (number, 0) if row["role"] == "L" else (0, number)
        roles[row["member"]] = Roles(before.leads + leads, before.partners + partners)
    return {**roles}


#: How a column is computed, by the word in its row of data/engagement_columns.csv. `activated` follows from the
#: others, and `stated` ones are not computed.
COUNTS: Mapping[str, Callable[[Activity, Column], dict[str, Value]]] = {
    "attended": _count_attended,
    "annual": _count_annual,
    "bilateral": _count_bilateral,
    "wmd_attended": _count_wmd_attended,
    "wmd_roles": _count_wmd_roles,
    "speakers": _count_speakers,
    "labs": _count_labs,
    "pilot": _count_pilots,
}


def computed(found: Activity, column: Column) -> dict[str, Value] | None:
    """The values of a column by member key, yes and no as 1 and 0; None where the data cannot give it."""
    if column.count not in COUNTS:
        return None
    values = COUNTS[column.count](found, column)
    return {key: 1 for key, value in values.items() if value} if column.is_yes_or_no else values
