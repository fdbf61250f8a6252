"""
Campaigns of a year, such as World Metropolitan Day: their events by organiser, the members in them, and the people.

Counted are published events, umbrellas and private kinds left out. Read by the
answers to questions 20 to 22, by the report and by the engagement matrix.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from eventhub.database import sql
from eventhub.directory.membership import at, belonged
from eventhub.events.rules import OWN, PRIVATE_KINDS
from eventhub.speakers.rules import Counts
from eventhub.statistics.disclosure import added
from eventhub.statistics.reading import ATTENDED, counts

#: Who events of a campaign are by, in the order in which they are shown; own ones go by their involvement.
ORGANISERS = ("organised", "co_organised", "member", "partner", "other")
_PRIVATE = ", ".join(f"'{kind}'" for kind in sorted(PRIVATE_KINDS))
#: Values: slug of the campaign, first day of the year, first day of the next year.
_CHOSEN = (
    "chosen AS (SELECT e.id AS id, e.starts_on AS starts_on, e.host_member AS host_member, e.involvement AS involvement "
    "FROM event e JOIN campaign c ON c.id = e.campaign WHERE c.slug = {} AND e.starts_on >= {} AND e.starts_on < {} "
    f"AND e.status = 'published' AND e.counts_in_statistics AND e.kind NOT IN ({_PRIVATE}))"
)
_LED = ", ".join(f"'{one}'" for one in sorted(OWN))
_OWN = f"c.involvement IN ({_LED})"


@dataclass(frozen=True)
class CampaignOfYear:
    """A campaign and its events of one year by organiser."""

    slug: str
    title: str
    theme: str
    is_public: bool
    by: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by.values())


@dataclass(frozen=True)
class CampaignMember:
    """A member in a campaign: events it organised, parts in them, and events at which somebody was there for it."""

    key: str
    name: str
    organised: int
    spoke: int
    joined: int

    @property
    def roles(self) -> int:
        """As organiser, or as somebody with a part."""
        return self.organised + self.spoke


def _days(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year + 1, 1, 1)


async def campaigns_of(year: int) -> list[CampaignOfYear]:
    """
    Campaigns that begin in a year or have events in it, in order of time.

    An event of others is by whom it was proposed by; one that nobody proposed
    is a member's where a member hosts it, and a partner's where one has a part.
    """
    first, end = _days(year)
    by: dict[UUID, Counter[str]] = {}
    for row in await sql(
        "SELECT e.id AS id, e.campaign AS campaign, e.involvement AS involvement, MIN(s.organiser_kind) AS proposed, "
        "CASE WHEN e.host_member IS NOT NULL THEN 'member' "
        "WHEN EXISTS (SELECT 1 FROM event_partner x WHERE x.event = e.id) THEN 'partner' ELSE 'other' END AS otherwise "
        "FROM event e LEFT JOIN campaign_submission s ON s.event = e.id WHERE e.campaign IS NOT NULL "
        f"AND e.starts_on >= {{}} AND e.starts_on < {{}} AND e.status = 'published' AND e.counts_in_statistics "
        f"AND e.kind NOT IN ({_PRIVATE}) GROUP BY e.id, e.campaign, e.involvement, e.host_member",
        first,
        end,
    ):
        who = row["involvement"] if row["involvement"] in OWN else row["proposed"] or row["otherwise"]
        by.setdefault(row["campaign"], Counter())[who if who in ORGANISERS else "other"] += 1
    rows = await sql(
        "SELECT id, slug, title, theme, is_public, starts_on FROM campaign ORDER BY starts_on, title, id",
    )
    return [
        CampaignOfYear(row["slug"], row["title"], row["theme"], bool(row["is_public"]), by.get(row["id"], Counter()))
        for row in rows
        if row["id"] in by or first <= row["starts_on"] < end
    ]


def roles_at(events: str) -> str:
    """
    Roles of members at the events of a CTE with `id` and `host_member`, as a statement: event, member, person.

    Each person with a confirmed part is one, and each event that the member
    hosts or has proposed is one, without a person.
    """
    return (
        f"SELECT i.event AS event, s.member AS member, s.person AS person FROM {events} c "
        "JOIN programme_item i ON i.event = c.id JOIN speaker_slot s ON s.programme_item = i.id "
        "WHERE s.status = 'confirmed' AND s.member IS NOT NULL "
        f"UNION SELECT id, host_member, NULL FROM {events} WHERE host_member IS NOT NULL "
        f"UNION SELECT c.id, s.member, NULL FROM {events} c JOIN campaign_submission s ON s.event = c.id "
        "WHERE s.status = 'accepted' AND s.member IS NOT NULL"
    )


async def campaign_members(year: int, slug: str) -> list[CampaignMember]:
    """Members in the events of a campaign by name, as far as they were members on the days of the events."""
    rows = await sql(
        f"WITH {_CHOSEN}, done AS ("
        f"SELECT event, member, CASE WHEN person IS NULL THEN 'organised' ELSE 'spoke' END AS part "
        f"FROM ({roles_at('chosen')}) x "
        "UNION ALL SELECT DISTINCT r.event, r.member, 'joined' FROM chosen c JOIN registration r ON r.event = c.id "
        f"WHERE r.member IS NOT NULL AND {ATTENDED}) "
        "SELECT m.key AS key, m.name AS name, SUM(CASE WHEN d.part = 'organised' THEN 1 ELSE 0 END) AS organised, "
        "SUM(CASE WHEN d.part = 'spoke' THEN 1 ELSE 0 END) AS spoke, "
        "SUM(CASE WHEN d.part = 'joined' THEN 1 ELSE 0 END) AS joined "
        "FROM done d JOIN chosen c ON c.id = d.event JOIN member m ON m.id = d.member "
        f"WHERE {at('kind', 'c.starts_on')} = 'member' AND {belonged('c.starts_on')} "
        "GROUP BY m.key, m.name, m.name_folded ORDER BY m.name_folded, m.key",
        slug,
        *_days(year),
    )
    return [CampaignMember(row["key"], row["name"], *(int(row[part]) for part in _PARTS)) for row in rows]


_PARTS = ("organised", "spoke", "joined")


async def campaign_people(year: int, slug: str) -> Counts:
    """People at own events of a campaign, once for each event; a head count stands in for a missing list."""
    listed = await sql(
        f"WITH {_CHOSEN}, present AS (SELECT c.id AS event, r.person AS person FROM chosen c "
        f"JOIN registration r ON r.event = c.id WHERE {_OWN} AND {ATTENDED} "
        "UNION SELECT c.id, s.person FROM chosen c JOIN programme_item i ON i.event = c.id "
        f"JOIN speaker_slot s ON s.programme_item = i.id WHERE {_OWN} AND s.status = 'confirmed') "
        "SELECT COALESCE(g.gender, 'undisclosed') AS gender, COUNT(*) AS people FROM present p "
        "LEFT JOIN gender_statement g ON g.person = p.person GROUP BY COALESCE(g.gender, 'undisclosed')",
        slug,
        *_days(year),
    )
    people = counts(listed, "people")
    for row in await sql(
        f"WITH {_CHOSEN} SELECT h.women AS women, h.men AS men, h.others AS others, h.undisclosed AS undisclosed "
        f"FROM chosen c JOIN head_count h ON h.event = c.id WHERE {_OWN} "
        f"AND NOT EXISTS (SELECT 1 FROM registration r WHERE r.event = c.id AND {ATTENDED})",
        slug,
        *_days(year),
    ):
        people = added(people, Counts(row["women"], row["men"], row["others"], row["undisclosed"]))
    return people
