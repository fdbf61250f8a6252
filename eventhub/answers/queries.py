"""What the answers need beyond the figures of a year: series, campaigns by name, attendance of single events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from eventhub.database import sql
from eventhub.directory.membership import at, belonged
from eventhub.errors import NotFound
from eventhub.series.queries import no_such_series
from eventhub.speakers.rules import Counts
from eventhub.statistics.campaigns import CampaignOfYear, campaigns_of
from eventhub.statistics.disclosure import added
from eventhub.statistics.facts import EventFact
from eventhub.statistics.reading import ATTENDED, SPEAKS, counts, events_of
from eventhub.words import Sentence


@dataclass(frozen=True)
class SeriesInYear:
    """The editions of a series in a year that count, with the people who came to each."""

    slug: str
    name: str
    events: tuple[EventFact, ...]
    attended: Mapping[UUID, int]


@dataclass(frozen=True)
class EditionBefore:
    """The latest earlier year of a series, and the people who came."""

    year: int
    attended: int


@dataclass(frozen=True)
class PeopleOfEvents:
    """Speakers, and those who attended and did not speak, once each; names of those that were members on the day."""

    speakers: Counts
    participants: Counts
    members: tuple[str, ...]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("{}" for _ in values)


async def attended_events(event_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these events have attendance: a list or a head count."""
    if not event_ids:
        return frozenset()
    rows = await sql(
        f"SELECT e.id AS id FROM event e WHERE e.id IN ({_marks(event_ids)}) AND ("
        f"EXISTS (SELECT 1 FROM registration r WHERE r.event = e.id AND {ATTENDED}) "
        "OR EXISTS (SELECT 1 FROM head_count h WHERE h.event = e.id))",
        *event_ids,
    )
    return frozenset(row["id"] for row in rows)


async def editions_in(year: int, slug: str = "") -> list[SeriesInYear]:
    """
    Series with an edition of the year that counts, or the one that is named.

    Raises:
        NotFound: there is no such series.

    """
    if slug and not await sql("SELECT 1 AS one FROM event_series WHERE slug = {}", slug.replace("\x00", " ")):
        raise no_such_series(slug)
    events = {event.id: event for event in await events_of(year) if event.starts_on.year == year and event.counts}
    rows = await sql(
        "SELECT e.id AS event, s.slug AS slug, s.name AS name FROM event e JOIN event_series s ON s.id = e.series "
        "WHERE e.starts_on >= {} AND e.starts_on < {} AND e.status = 'published' ORDER BY s.name, s.slug, e.starts_on, e.id",
        date(year, 1, 1), date(year + 1, 1, 1),
    )  # fmt: skip
    names = {row["slug"]: row["name"] for row in rows if row["event"] in events and slug in ("", row["slug"])}
    came = await _came([row["event"] for row in rows])
    found = []
    for one, name in names.items():
        of_series = tuple(events[row["event"]] for row in rows if row["slug"] == one and row["event"] in events)
        found.append(SeriesInYear(one, name, of_series, {event.id: came.get(event.id, 0) for event in of_series}))
    return found


async def edition_before(slug: str, year: int) -> EditionBefore | None:
    """The latest year before this one in which a series had an edition that counts."""
    rows = await sql(
        "SELECT e.id AS id, e.starts_on AS starts_on FROM event e JOIN event_series s ON s.id = e.series "
        "WHERE s.slug = {} AND e.starts_on < {} AND e.status = 'published' AND e.counts_in_statistics",
        slug,
        date(year, 1, 1),
    )
    if not rows:
        return None
    latest = max(row["starts_on"].year for row in rows)
    chosen = [row["id"] for row in rows if row["starts_on"].year == latest]
    return EditionBefore(latest, sum((await _came(chosen)).values()))


async def _came(event_ids: Sequence[UUID]) -> dict[UUID, int]:
    """People on the list of each event, or its head count where there is no list."""
    if not event_ids:
        return {}
    lists = await sql(
        f"SELECT r.event AS event, COUNT(DISTINCT r.person) AS people FROM registration r WHERE {ATTENDED} "
        f"AND r.event IN ({_marks(event_ids)}) GROUP BY r.event",
        *event_ids,
    )
    heads = await sql(
        "SELECT event AS event, women + men + others + undisclosed AS people FROM head_count "
        f"WHERE event IN ({_marks(event_ids)})",
        *event_ids,
    )
    return {row["event"]: row["people"] for row in heads} | {row["event"]: row["people"] for row in lists}


async def people_of_events(event_ids: Sequence[UUID]) -> PeopleOfEvents:
    """Speakers and other participants of some events, once each, and the members they stood for."""
    if not event_ids:
        return PeopleOfEvents(Counts(), Counts(), ())
    rows = await sql(
        "WITH spoke AS (SELECT DISTINCT s.person AS person FROM programme_item i "
        f"JOIN speaker_slot s ON s.programme_item = i.id WHERE i.event IN ({_marks(event_ids)}) AND {SPEAKS}), "
        "came AS (SELECT DISTINCT r.person AS person FROM registration r "
        f"WHERE r.event IN ({_marks(event_ids)}) AND {ATTENDED} "
        "AND r.person NOT IN (SELECT person FROM spoke)) "
        "SELECT 1 AS spoke, COALESCE(g.gender, 'undisclosed') AS gender, COUNT(*) AS people FROM spoke "
        "LEFT JOIN gender_statement g ON g.person = spoke.person GROUP BY COALESCE(g.gender, 'undisclosed') "
        "UNION ALL SELECT 0, COALESCE(g.gender, 'undisclosed'), COUNT(*) FROM came "
        "LEFT JOIN gender_statement g ON g.person = came.person GROUP BY COALESCE(g.gender, 'undisclosed')",
        *event_ids,
        *event_ids,
    )
    members = await sql(
        f"WITH part AS (SELECT r.event AS event, r.member AS member FROM registration r "
        f"WHERE r.event IN ({_marks(event_ids)}) AND {ATTENDED} "
        "UNION SELECT i.event, s.member FROM programme_item i JOIN speaker_slot s ON s.programme_item = i.id "
        f"WHERE i.event IN ({_marks(event_ids)}) AND s.status = 'confirmed') "
        "SELECT DISTINCT m.name AS name, m.name_folded AS folded, m.key AS key FROM part p JOIN event e ON e.id = p.event "
        f"JOIN member m ON m.id = p.member WHERE {at('kind', 'e.starts_on')} = 'member' AND {belonged('e.starts_on')} "
        "ORDER BY 2, 3",
        *event_ids,
        *event_ids,
    )
    heads = await sql(
        f"SELECT h.women AS women, h.men AS men, h.others AS others, h.undisclosed AS undisclosed FROM head_count h "
        f"WHERE h.event IN ({_marks(event_ids)}) AND NOT EXISTS "
        f"(SELECT 1 FROM registration r WHERE r.event = h.event AND {ATTENDED})",
        *event_ids,
    )
    participants = counts((row for row in rows if not row["spoke"]), "people")
    for row in heads:
        participants = added(participants, Counts(row["women"], row["men"], row["others"], row["undisclosed"]))
    return PeopleOfEvents(
        counts((row for row in rows if row["spoke"]), "people"), participants, tuple(row["name"] for row in members)
    )


async def campaigns_asked(year: int, slug: str = "") -> list[CampaignOfYear]:
    """
    The campaigns of a year, or the one that is named, if it has a part in the year.

    Raises:
        NotFound: there is no such campaign.

    """
    if slug and not await sql("SELECT 1 AS one FROM campaign WHERE slug = {}", slug.replace("\x00", " ")):
        raise NotFound(Sentence("There is no campaign “%(slug)s”.", slug=slug[:90]))
    return [one for one in await campaigns_of(year) if slug in ("", one.slug)]
