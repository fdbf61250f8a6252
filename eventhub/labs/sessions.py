"""Sessions of a lab made in one go: a pattern, the dates it gives, the hours that are fair, and the events themselves."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from eventhub import languages
from eventhub.accounts.commands import record
from eventhub.calls.rules import MOST_SESSIONS, SessionPattern
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.rules import clean_line
from eventhub.errors import Problems, Refusal
from eventhub.events.commands import insert_event, publish_locked
from eventhub.events.queries import event_by_id
from eventhub.events.rules import (
    LAST_YEAR,
    EventFacts,
    EventKind,
    Involvement,
    Mode,
    RegistrationMode,
    event_problems,
    is_zone,
)
from eventhub.events.zones import NoSuchTime, TwoSuchTimes, to_utc, wall_time
from eventhub.fairness.queries import MemberLine, group_of_lab, sessions_before
from eventhub.fairness.rules import LONGEST, SHORTEST, Slot, ledger_of, ranked_slots, starts_of_week
from eventhub.labs.queries import LabRow, lab_by_slug
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: Days between two sessions.
MOST_DAYS_APART = 366
#: Fair starts that are offered.
OFFERED = 6


class SessionsChanged(Refusal):
    """Somebody else has made or parted sessions since the dates were looked at."""

    status_code = 409


@dataclass(frozen=True)
class Pattern:
    """How sessions follow each other: wall times in one zone; `every_days` apart, each `minutes` long."""

    number: int
    first_day: date
    first_time: time
    time_zone: str
    every_days: int
    minutes: int


@dataclass(frozen=True)
class Planned:
    """One session before it is made; `second` says which instant is meant where the clocks show its time twice."""

    title: str
    day: date | None
    at: time | None
    second: bool | None = None


@dataclass(frozen=True)
class Common:
    """What all sessions of one go have in common; `minutes` is their length."""

    time_zone: str
    minutes: int
    mode: str = Mode.ONLINE
    place: str = ""
    country: str = ""
    online_url: str = ""
    capacity: int | None = None
    language: str = "en"
    is_published: bool = True


# Planning


def laid_out(pattern: Pattern, titles: Sequence[str], name: str, after: int = 0) -> list[Planned]:
    """
    The sessions of a pattern, at the same wall time each; a day beyond the calendar is left open.

    Args:
        titles: Those that the template proposes, in order.
        name: Of the lab.
        after: How many sessions the lab has already.

    """
    found = []
    for n in range(max(0, min(pattern.number, MOST_SESSIONS))):
        try:
            day: date | None = pattern.first_day + timedelta(days=n * pattern.every_days)
        except OverflowError:
            day = None
        title = titles[after + n] if after + n < len(titles) else ""
        numbered = languages.gettext("session %(number)s") % {"number": after + n + 1}
        found.append(Planned(f"{name}: {title or numbered}"[:300], day, pattern.first_time))
    return found


def proposed_titles(pattern: SessionPattern, language: str) -> tuple[str, ...]:
    """The titles of a template in a language, else in the first that there is."""
    return pattern.titles.get(language) or next(iter(pattern.titles.values()), ())


def happens_twice(one: Planned, zone: str) -> bool:
    """Whether the clocks of a zone show its time twice on its day."""
    if one.day is None or one.at is None or not is_zone(zone):
        return False
    try:
        to_utc(one.day, one.at, zone)
    except TwoSuchTimes:
        return True
    except (NoSuchTime, OverflowError):
        return False
    return False


def instant_of(one: Planned, zone: str) -> datetime | None:
    """When it begins; None while that is not clear."""
    if one.day is None or one.at is None or not is_zone(zone):
        return None
    try:
        return to_utc(one.day, one.at, zone, second=one.second)
    except (NoSuchTime, TwoSuchTimes, OverflowError):
        return None


def facts_of(one: Planned, common: Common, themes: tuple[str, ...] = ()) -> EventFacts:
    """The event that a planned session becomes: for its cohort, and closed to everybody else."""
    start = instant_of(one, common.time_zone)
    end_day, end_time, second_end = None, None, None
    if start and one.day and one.day.year <= LAST_YEAR:
        end = start + timedelta(minutes=common.minutes)
        end_day, end_time = wall_time(end, common.time_zone)
        if happens_twice(Planned("", end_day, end_time), common.time_zone):
            second_end = to_utc(end_day, end_time, common.time_zone, second=True) == end
    return EventFacts(
        title=clean_line(one.title), kind=EventKind.LAB_SESSION, mode=common.mode, involvement=Involvement.ORGANISED,
        starts_on=one.day, starts_time=one.at, ends_on=end_day, ends_time=end_time, time_zone=common.time_zone,
        place=clean_line(common.place), country=common.country, online_url=common.online_url.strip(),
        language=common.language, capacity=common.capacity, registration_mode=RegistrationMode.INVITATION,
        themes=themes, second_start=one.second, second_end=second_end,
    )  # fmt: skip


#: Fields of an event beside which a row of the plan shows what is wrong; the rest is common to all sessions.
_OF_ROW = {"title": "title", "starts_on": "day", "ends_on": "day", "starts_time": "at", "ends_time": "at"}


def plan_problems(
    planned: Sequence[Planned], common: Common, now: datetime
) -> tuple[dict[str, list[str]], list[dict[str, list[str]]]]:
    """Say everything that is wrong with a plan: what all sessions have in common, and each of them, by field."""
    shared: dict[str, list[str]] = {}
    if not SHORTEST <= common.minutes <= LONGEST:
        shared["minutes"] = [Sentence("The number lies between %(least)s and %(most)s.", least=SHORTEST, most=LONGEST)]
    if not 1 <= len(planned) <= MOST_SESSIONS:
        shared["number"] = [Sentence("The number lies between %(least)s and %(most)s.", least=1, most=MOST_SESSIONS)]
    if shared:
        return shared, [{} for _ in planned]
    rows: list[dict[str, list[str]]] = []
    seen: set[datetime] = set()
    for one in planned:
        faults: dict[str, list[str]] = {}
        for field, found in event_problems(facts_of(one, common)).items():
            row_field = _OF_ROW.get(field)
            into = faults if row_field else shared
            kept = into.setdefault(row_field or field, [])
            kept.extend(sentence for sentence in found if sentence not in kept)
        start = instant_of(one, common.time_zone)
        if start and start <= now:
            faults.setdefault("day", []).append(Sentence("This lies in the past."))
        if start in seen:
            faults.setdefault("at", []).append(Sentence("Another session begins at the same time."))
        if start:
            seen.add(start)
        rows.append(faults)
    if common.mode in (Mode.IN_PERSON, Mode.HYBRID) and not clean_line(common.place):
        shared["place"] = [Sentence("Please say where people meet.")]
    return shared, rows


# Fair hours


async def group_to_meet(lab: LabRow) -> list[MemberLine]:
    """Members that people of the cohort come from; before there is one, those that were accepted or have applied."""
    rows = await sql(
        "SELECT DISTINCT m.key AS key, m.name AS name, g.code AS region, m.time_zone AS time_zone "
        "FROM lab_participant p JOIN member m ON m.id = p.member JOIN region g ON g.id = m.region "
        "WHERE p.lab = {} AND p.left_at IS NULL ORDER BY m.name",
        lab.id,
    )
    found = [MemberLine(**row) for row in rows]
    return found or (await group_of_lab(lab.id))[0]


async def fair_starts(
    lab: LabRow, group: Sequence[MemberLine], day: date, zone: str, minutes: int, now: datetime
) -> list[Slot]:
    """The fairest starts in the week of a day that are still ahead, what each member has borne before counted in."""
    if not group or not SHORTEST <= minutes <= LONGEST or not is_zone(zone) or not now.year <= day.year <= LAST_YEAR:
        return []
    starts = [start for start in starts_of_week(day, zone) if start > now]
    if not starts:
        return []
    earlier = await sessions_before(lab.id, starts[0], list(group))
    borne = {key: one.weight for key, one in ledger_of(one.meeting for one in earlier).items()}
    zones = {member.key: member.time_zone for member in group}
    return ranked_slots(zones, starts, length=timedelta(minutes=minutes), ledger=borne)[:OFFERED]


# Making


async def sessions_mark(lab_id: UUID) -> str:
    """Changes whenever the lab has other sessions; what somebody looked at is what is added to."""
    rows = await sql("SELECT event FROM lab_session WHERE lab = {}", lab_id)
    together = b"".join(sorted(UUID(str(row["event"])).bytes for row in rows))
    return hashlib.sha256(together).hexdigest()[:32]


async def make_sessions(
    slug: str, planned: Sequence[Planned], common: Common, *, seen: str, now: datetime, account_id: UUID
) -> list[UUID]:
    """
    Make all sessions of a plan, or none: events of the kind `lab_session`, closed to strangers.

    The cohort is registered afterwards, by `keep_cohorts`.

    Args:
        seen: What `sessions_mark` said when the dates were looked at.

    Returns:
        The keys of the events, in order.

    Raises:
        NotFound: there is no such lab.
        Problems: something is wrong with a session (`rows-0-day`) or with what is common to all.
        SessionsChanged: somebody else was quicker.

    """
    lab = await lab_by_slug(slug)
    shared, rows = plan_problems(planned, common, now)
    faults = shared | {f"rows-{n}-{field}": found for n, row in enumerate(rows) for field, found in row.items()}
    if common.language not in current_settings().language_codes:
        faults["language"] = [Sentence("Please choose a language.")]
    if faults:
        raise Problems(faults)
    made: list[UUID] = []
    async with transaction():
        await sql(f"SELECT id FROM lab WHERE id = {{}}{lock_clause()}", lab.id)
        if await sessions_mark(lab.id) != seen:
            raise SessionsChanged(
                Sentence(
                    "Somebody has changed the sessions meanwhile, so none were made. "
                    "Please look at them and lay the dates out again."
                )
            )
        last = await sql("SELECT COALESCE(MAX(number), 0) AS n FROM lab_session WHERE lab = {}", lab.id)
        in_order = sorted(planned, key=lambda one: instant_of(one, common.time_zone) or now)
        for number, one in enumerate(in_order, int(last[0]["n"]) + 1):
            facts = facts_of(one, common, tuple(code for code, _ in lab.themes))
            new = await insert_event(facts, now=now, account_id=account_id)
            await sql("INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, {})", new, lab.id, number)
            if common.is_published:
                await publish_locked(await event_by_id(new), now=now, account_id=account_id)
            made.append(new)
        await record("make_lab_sessions", "lab", lab.id, account_id=account_id, now=now, detail=str(len(made)))
    return made
