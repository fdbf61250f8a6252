"""Reads for the choice of cohorts: who can be chosen, what was asked and proposed, and what people decided."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from eventhub import languages
from eventhub.cohorts.rules import Bound, BoundKind, Candidate, clock_spread, in_words
from eventhub.cohorts.solver import Choice, Price, Proposal, Why
from eventhub.database import Row, sql
from eventhub.errors import NotFound
from eventhub.labels import label_of
from eventhub.labs.queries import LabRow, lab_by_id, labs
from eventhub.links import make_link, read_link
from eventhub.reviewing.queries import Reader, conflicts_in, reviews_of_labs, weights_of
from eventhub.reviewing.rules import mean_total
from eventhub.settings import current_settings
from eventhub.statistics.rules import SMALLEST_PUBLIC_GROUP
from eventhub.words import Sentence

#: The personal link by which a member takes the place that it was offered.
_PLACE = "lab_place"
#: Thousandths of a point for the member's first choice among several labs, and for its second.
BONUSES = {1: 300, 2: 150}


class NoSuchPlace(NotFound):
    """The link opens no place."""


class Line(msgspec.Struct, frozen=True):
    """
    One application as the choice sees it.

    Args:
        score: Thousandths of a point; without reviews nought.
        women, men: Proposed people who said so; only ever summed up.

    """

    id: UUID
    lab: UUID
    applicant: str
    member_key: str
    region: str
    status: str
    reason: str
    score: int
    reviews: int
    is_newcomer: bool
    women: int
    men: int
    languages: frozenset[str]
    time_zone: str
    preference: int | None
    waiting_place: int | None
    confirm_until: datetime | None
    confirmed_at: datetime | None
    status_at: datetime

    @property
    def key(self) -> str:
        """Its name in a proposal."""
        return str(self.id)

    def candidate(self, at: datetime, decided: bool | None, *, with_bonus: bool) -> Candidate:
        """The application as the solver takes it, with the clocks of an instant."""
        offset = at.astimezone(ZoneInfo(self.time_zone)).utcoffset()
        return Candidate(
            key=self.key,
            score=self.score,
            member=self.member_key,
            region=self.region,
            is_newcomer=self.is_newcomer,
            women=self.women,
            men=self.men,
            languages=self.languages,
            offset=int(offset.total_seconds() // 60) if offset else 0,
            bonus=BONUSES.get(self.preference or 0, 0) if with_bonus else 0,
            decided=decided,
        )


async def lines_of(found: Sequence[LabRow], today: date) -> dict[UUID, list[Line]]:
    """
    The applications that can be chosen, by lab, in the order in which they came; a fixed number of queries.

    Neither drafts nor withdrawn ones, nor those of who may not apply or has left the association.
    """
    if not found:
        return {}
    marks = ", ".join(["{}"] * len(found))
    ids = [lab.id for lab in found]
    gender = (
        "(SELECT COUNT(*) FROM proposed_person p LEFT JOIN proposed_gender q ON q.proposed_person = p.id "
        "LEFT JOIN gender_statement s ON s.person = p.person "
        "WHERE p.application = a.id AND COALESCE(q.gender, s.gender) = '{what}') AS {name}"
    )
    rows = await sql(
        "SELECT a.id AS id, a.lab AS lab, COALESCE(m.name, a.organisation) AS applicant, "
        "COALESCE(m.key, a.organisation) AS member_key, COALESCE(g.code, '') AS region, a.status AS status, "
        "a.reason AS reason, a.languages AS languages, m.time_zone AS time_zone, a.preference AS preference, "
        "a.waiting_place AS waiting_place, a.confirm_until AS confirm_until, a.confirmed_at AS confirmed_at, "
        "a.status_at AS status_at, "
        f"{gender.replace('{what}', 'woman').replace('{name}', 'women')}, "
        f"{gender.replace('{what}', 'man').replace('{name}', 'men')}, "
        "CASE WHEN EXISTS (SELECT 1 FROM lab_participant x JOIN lab ol ON ol.id = x.lab "
        "JOIN lab_round o ON o.id = ol.lab_round WHERE x.member = a.member AND o.year < r.year) THEN 0 ELSE 1 END "
        "AS is_newcomer FROM application a JOIN lab l ON l.id = a.lab JOIN lab_round r ON r.id = l.lab_round "
        "LEFT JOIN member m ON m.id = a.member LEFT JOIN region g ON g.id = m.region "
        f"WHERE a.lab IN ({marks}) AND a.status IN ('submitted', 'accepted', 'waiting', 'declined') "
        "AND (a.is_eligible OR (a.is_eligible IS NULL AND a.member IS NOT NULL)) "
        "AND (m.left_on IS NULL OR m.left_on > {}) ORDER BY a.submitted_at, a.id",
        *ids,
        today,
    )
    reviews = await reviews_of_labs(ids, {lab.id: weights_of(lab) for lab in found})
    zones = {lab.id: lab.call.time_zone if lab.call else "UTC" for lab in found}
    lines: dict[UUID, list[Line]] = {lab.id: [] for lab in found}
    for row in rows:
        totals = [one.total for one in reviews.get(row["id"], []) if one.counts and one.total is not None]
        lines[row["lab"]].append(
            Line(
                **{name: row[name] for name in _PLAIN},
                score=mean_total(totals) or 0,
                reviews=len(totals),
                is_newcomer=bool(row["is_newcomer"]),
                women=int(row["women"]),
                men=int(row["men"]),
                languages=frozenset(code for code in row["languages"].split(",") if code),
                time_zone=row["time_zone"] or zones[row["lab"]],
            )
        )
    return lines


_PLAIN = (
    "id", "lab", "applicant", "member_key", "region", "status", "reason", "preference", "waiting_place",
    "confirm_until", "confirmed_at", "status_at",
)  # fmt: skip


# What is asked, and what came out, as they are kept


class Span(msgspec.Struct, frozen=True):
    """At least and at most so many."""

    least: int | None = None
    most: int | None = None

    def __bool__(self) -> bool:
        return self.least is not None or self.most is not None


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """
    What staff ask of a cohort, or of every cohort of a round.

    Args:
        size: Applications; None: as many as the call has places.
        regions, languages: By code.
        meets_at: The usual hour of the lab, for the clocks.
        keeps: Whether what people have decided of single applications holds.
        most_labs: In how many labs of a round one member may be.

    """

    size: Span = Span()
    regions: dict[str, Span] = {}
    each_region: int | None = None
    number_of_regions: Span = Span()
    each_member: int | None = 1
    women: Span = Span()
    newcomers: Span = Span()
    languages: dict[str, Span] = {}
    hours: int | None = None
    meets_at: datetime
    keeps: bool = True
    most_labs: int | None = None

    def bounds(self, places: int | None) -> tuple[Bound, ...]:
        """The bounds for one lab; `places` of its call, where no size is asked."""
        size = self.size or Span(places, places)
        found = []
        if size:
            found.append(Bound(BoundKind.SIZE, size.least, size.most))
        if self.keeps:
            found.append(Bound(BoundKind.DECIDED))
        found += [Bound(BoundKind.REGION, one.least, one.most, key=code) for code, one in self.regions.items() if one]
        if self.each_region is not None:
            found.append(Bound(BoundKind.EACH_REGION, None, self.each_region))
        if self.number_of_regions:
            found.append(Bound(BoundKind.REGIONS, self.number_of_regions.least, self.number_of_regions.most))
        if self.each_member is not None:
            found.append(Bound(BoundKind.EACH_MEMBER, None, self.each_member))
        if self.women:
            found.append(Bound(BoundKind.WOMEN, self.women.least, self.women.most))
        if self.newcomers:
            found.append(Bound(BoundKind.NEWCOMERS, self.newcomers.least, self.newcomers.most))
        found += [
            Bound(BoundKind.LANGUAGE, one.least, one.most, key=code) for code, one in self.languages.items() if one
        ]
        if self.hours is not None:
            found.append(Bound(BoundKind.HOURS, None, self.hours))
        return tuple(found)


class KeptBound(msgspec.Struct, frozen=True):
    """A bound as it is kept; its words are made anew in the reader's language."""

    kind: str
    least: int | None = None
    most: int | None = None
    key: str = ""

    def words(self, name_of: Any = str) -> str:
        """The bound as a phrase; `name_of` says a region or language."""
        return in_words(Bound(BoundKind(self.kind), self.least, self.most, self.key, str(name_of(self.key))))


class KeptPrice(msgspec.Struct, frozen=True):
    """What a bound of a lab costs, in thousandths of a point."""

    lab: str
    bound: KeptBound
    lost: int


class KeptReason(msgspec.Struct, frozen=True):
    """Why an application is in or out; see `Reason`. A bound on gender is never named for one application."""

    key: str
    is_in: bool
    rank: int
    why: str
    bounds: tuple[KeptBound, ...] = ()


class KeptContradiction(msgspec.Struct, frozen=True):
    """A bound of a lab that cannot hold together with the others, and the number with which it could."""

    lab: str
    bound: KeptBound
    possible: int | None


class KeptAlternative(msgspec.Struct, frozen=True):
    """Another choice of nearly the same score: who would come in and who would go out."""

    score: int
    value: int
    comes: dict[str, tuple[str, ...]]
    goes: dict[str, tuple[str, ...]]


class Result(msgspec.Struct, frozen=True):
    """A proposal as it is kept; labs and applications by their ids, scores in thousandths of a point."""

    chosen: dict[str, tuple[str, ...]] | None
    score: int = 0
    value: int = 0
    unbounded: int = 0
    prices: tuple[KeptPrice, ...] = ()
    alternatives: tuple[KeptAlternative, ...] = ()
    reasons: dict[str, tuple[KeptReason, ...]] = {}
    contradictions: tuple[KeptContradiction, ...] = ()
    scores: dict[str, int] = {}
    seconds: float = 0.0

    @property
    def has_scores(self) -> bool:
        """Whether any review had a score; without, values are a thousand for each place that is filled."""
        return any(self.scores.values())

    @property
    def price(self) -> int:
        """What balance costs in all."""
        return self.unbounded - self.value if self.chosen is not None else 0

    def per_cent(self, lost: int) -> float:
        """A loss as a share of what the unbounded best has, in per cent with one digit."""
        return round(100 * lost / self.unbounded, 1) if self.unbounded else 0.0


def as_result(proposal: Proposal, scores: Mapping[str, int], seconds: float) -> Result:
    """A proposal as it is kept."""

    def kept(bound: Bound) -> KeptBound:
        return KeptBound(bound.kind, bound.at_least, bound.at_most, bound.key)

    contradictions = tuple(
        KeptContradiction(one.task, kept(one.bound), one.possible) for one in proposal.contradictions
    )
    if proposal.best is None or proposal.unbounded is None:
        return Result(None, contradictions=contradictions, scores=dict(scores), seconds=seconds)
    best = proposal.best
    reasons = {}
    for task, found in proposal.reasons.items():
        own = []
        for one in found:
            # who reads that women or men made the difference for one application would know what its people said
            named = tuple(kept(bound) for bound in one.bounds if bound.kind is not BoundKind.WOMEN)
            why = Why.TOGETHER if one.why == Why.BY_BOUND and not named else one.why
            own.append(KeptReason(one.key, one.is_in, one.rank, why, named))
        reasons[task] = tuple(own)
    return Result(
        {task: tuple(sorted(keys)) for task, keys in best.chosen.items()},
        best.score,
        best.value,
        proposal.unbounded.value,
        tuple(_price(one, kept) for one in proposal.prices),
        tuple(_alternative(best, other) for other in proposal.alternatives),
        reasons,
        (),
        dict(scores),
        seconds,
    )


def _price(one: Price, kept: Any) -> KeptPrice:
    return KeptPrice(one.task, kept(one.bound), one.lost)


def _alternative(best: Choice, other: Choice) -> KeptAlternative:
    comes = {task: tuple(sorted(keys - best.chosen[task])) for task, keys in other.chosen.items()}
    goes = {task: tuple(sorted(best.chosen[task] - keys)) for task, keys in other.chosen.items()}
    return KeptAlternative(
        other.score,
        other.value,
        {task: keys for task, keys in comes.items() if keys},
        {task: keys for task, keys in goes.items() if keys},
    )


class Deviation(msgspec.Struct, frozen=True):
    """Where people decided otherwise, and why."""

    application: UUID
    is_in: bool
    reason: str
    by: str
    decided_at: datetime


class ProposalRow(msgspec.Struct, frozen=True):
    """A proposal with what was asked, what came out, and where people decided otherwise."""

    id: UUID
    lab: UUID | None
    lab_round: UUID | None
    wishes: Wishes
    result: Result
    by: str
    proposed_at: datetime
    adopted_at: datetime | None
    deviations: dict[UUID, Deviation]

    def final(self, lab_id: UUID) -> set[UUID]:
        """The applications of a lab that are in, deviations included."""
        chosen = {UUID(key) for key in (self.result.chosen or {}).get(str(lab_id), ())}
        known = {UUID(one.key) for one in self.result.reasons.get(str(lab_id), ())}
        for one in self.deviations.values():
            if one.application in known or one.application in chosen:
                chosen = chosen | {one.application} if one.is_in else chosen - {one.application}
        return chosen


_PROPOSAL = (
    "SELECT p.id AS id, p.lab AS lab, p.lab_round AS lab_round, p.bounds AS wishes, p.result AS result, "
    "COALESCE(c.name, '') AS \"by\", p.proposed_at AS proposed_at, p.adopted_at AS adopted_at "
    "FROM cohort_proposal p LEFT JOIN account c ON c.id = p.account"
)


async def proposal_by_id(proposal_id: UUID) -> ProposalRow:
    """
    One proposal.

    Raises:
        NotFound: there is none.

    """
    rows = await sql(f"{_PROPOSAL} WHERE p.id = {{}}", proposal_id)
    if not rows:
        raise NotFound(Sentence("There is no such proposal."))
    return await _with_deviations(rows[0])


async def newest_proposal(lab: LabRow, *, adopted: bool = False) -> ProposalRow | None:
    """The newest proposal for a lab or for its whole round, if there is one; or the one adopted last."""
    condition = "AND p.adopted_at IS NOT NULL ORDER BY p.adopted_at DESC" if adopted else "ORDER BY p.proposed_at DESC"
    rows = await sql(
        f"{_PROPOSAL} WHERE (p.lab = {{}} OR p.lab_round = {{}}) {condition}, p.id LIMIT 1", lab.id, lab.lab_round
    )
    return await _with_deviations(rows[0]) if rows else None


async def newest_of_round(round_id: UUID) -> ProposalRow | None:
    """The newest proposal for a round as a whole."""
    rows = await sql(f"{_PROPOSAL} WHERE p.lab_round = {{}} ORDER BY p.proposed_at DESC, p.id LIMIT 1", round_id)
    return await _with_deviations(rows[0]) if rows else None


async def proposals_of(lab: LabRow) -> list[Row]:
    """Earlier proposals for a lab or its round, newest first: id, who, when, whether taken over."""
    return await sql(
        "SELECT p.id AS id, p.lab_round AS lab_round, COALESCE(c.name, '') AS \"by\", p.proposed_at AS proposed_at, "
        "p.adopted_at AS adopted_at FROM cohort_proposal p LEFT JOIN account c ON c.id = p.account "
        "WHERE p.lab = {} OR p.lab_round = {} ORDER BY p.proposed_at DESC, p.id LIMIT 20",
        lab.id,
        lab.lab_round,
    )


async def _with_deviations(row: Row) -> ProposalRow:
    found = await sql(
        "SELECT d.application AS application, d.is_in AS is_in, d.reason AS reason, COALESCE(c.name, '') AS \"by\", "
        "d.decided_at AS decided_at FROM cohort_deviation d LEFT JOIN account c ON c.id = d.account "
        "WHERE d.proposal = {} ORDER BY d.decided_at, d.id",
        row["id"],
    )
    facts = {name: row[name] for name in ("id", "lab", "lab_round", "by", "proposed_at", "adopted_at")}
    return ProposalRow(
        **facts,
        wishes=msgspec.json.decode(row["wishes"], type=Wishes),
        result=msgspec.json.decode(row["result"], type=Result),
        deviations={
            one["application"]: Deviation(
                one["application"], bool(one["is_in"]), one["reason"], one["by"], one["decided_at"]
            )
            for one in found
        },
    )


async def decided_in(lab_ids: Sequence[UUID]) -> dict[UUID, bool]:
    """What people have decided of single applications: the newest deviation of each, and places that were taken."""
    if not lab_ids:
        return {}
    marks = ", ".join(["{}"] * len(lab_ids))
    rows = await sql(
        "SELECT d.application AS application, d.is_in AS is_in FROM cohort_deviation d JOIN application a "
        f"ON a.id = d.application WHERE a.lab IN ({marks}) ORDER BY d.decided_at, d.id",
        *lab_ids,
    )
    found = {row["application"]: bool(row["is_in"]) for row in rows}
    taken = await sql(f"SELECT id FROM application WHERE lab IN ({marks}) AND confirmed_at IS NOT NULL", *lab_ids)
    return found | dict.fromkeys((row["id"] for row in taken), True)


# What pages, the CSV and the JSON interface show alike


class Entry(msgspec.Struct, frozen=True):
    """
    One application in a proposal: in or out, why in one sentence, and what people decided.

    Args:
        score: Thousandths of a point; None: not for this reader, whose own review is still to be sent.

    """

    application: UUID
    applicant: str
    member: str
    region: str
    score: int | None
    rank: int
    is_proposed: bool
    is_in: bool
    why: str
    deviation: str
    status: str
    confirmed_at: datetime | None


@dataclass(frozen=True)
class Facts:
    """A cohort in numbers. `women` and `men` are None where too few people said something."""

    number: int
    regions: tuple[tuple[str, int], ...]
    newcomers: int
    languages: tuple[tuple[str, int], ...]
    hours: int
    women: int | None
    men: int | None


def entries_of(proposal: ProposalRow, lab_id: UUID, lines: Sequence[Line], name_of: Any = str) -> list[Entry]:
    """The applications of a lab in a proposal, those that are in first, then by rank; what is hidden is left out."""
    known = {line.key: line for line in lines}
    final = proposal.final(lab_id)
    found = []
    for one in proposal.result.reasons.get(str(lab_id), ()):
        line = known.get(one.key)
        if line is None:  # withdrawn since, or not for this reader
            continue
        deviation = proposal.deviations.get(line.id)
        found.append(
            Entry(
                line.id, line.applicant, line.member_key, line.region,
                proposal.result.scores.get(one.key, line.score), one.rank, one.is_in, line.id in final,
                sentence_of(one, name_of), deviation.reason if deviation else "", line.status, line.confirmed_at,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (not one.is_in, one.rank))


def sentence_of(one: KeptReason, name_of: Any = str) -> str:
    """Why an application is in or out, in one sentence."""
    if one.why == Why.DECIDED:
        return Sentence("It is in because people decided so.") if one.is_in else Sentence("It is out because people decided so.")  # fmt: skip
    if one.rank == 0:
        return _unscored(one, name_of)
    if one.why == Why.BY_SCORE:
        if one.is_in:
            return Sentence("It is in by its score, which has place %(rank)s.", rank=one.rank)
        return Sentence("It is out by its score, which has place %(rank)s.", rank=one.rank)
    if one.why == Why.BY_BOUND and one.bounds:
        bound = one.bounds[0].words(name_of)
        if one.is_in:
            return Sentence("It is in, with place %(rank)s by score, because of the bound “%(bound)s”.", rank=one.rank, bound=bound)  # fmt: skip
        return Sentence("It is out, with place %(rank)s by score, because of the bound “%(bound)s”.", rank=one.rank, bound=bound)  # fmt: skip
    if one.is_in:
        return Sentence("It is in, with place %(rank)s by score, because of the bounds together.", rank=one.rank)
    return Sentence("It is out, with place %(rank)s by score, because of the bounds together.", rank=one.rank)


def _unscored(one: KeptReason, name_of: Any) -> str:
    """Why an application is in or out where no review has a score."""
    if one.why == Why.UNSCORED:
        if one.is_in:
            return Sentence("No review has a score yet. It is in because there is a place for it.")
        return Sentence("No review has a score yet. It is out because there are more applications than places, which go evenly to the regions and then by lot.")  # fmt: skip
    if one.why == Why.BY_BOUND and one.bounds:
        bound = one.bounds[0].words(name_of)
        if one.is_in:
            return Sentence("No review has a score yet. It is in because of the bound “%(bound)s”.", bound=bound)
        return Sentence("No review has a score yet. It is out because of the bound “%(bound)s”.", bound=bound)
    if one.is_in:
        return Sentence("No review has a score yet. It is in because of the bounds together.")
    return Sentence("No review has a score yet. It is out because of the bounds together.")


def facts_of(chosen: Sequence[Line], at: datetime) -> Facts:
    """The numbers of a cohort."""
    women, men = sum(one.women for one in chosen), sum(one.men for one in chosen)
    few = women + men < SMALLEST_PUBLIC_GROUP
    offsets = {one.candidate(at, None, with_bonus=False).offset for one in chosen}
    return Facts(
        len(chosen),
        tuple(sorted(Counter(one.region for one in chosen).items(), key=lambda one: (-one[1], one[0]))),
        sum(one.is_newcomer for one in chosen),
        tuple(sorted(Counter(code for one in chosen for code in one.languages).items())),
        -(-clock_spread(offsets) // 60),
        None if few else women,
        None if few else men,
    )


@dataclass(frozen=True)
class View:
    """A proposal for one lab as one reader may see it: the same on the page, in the CSV and as JSON."""

    lab: LabRow
    proposal: ProposalRow
    entries: tuple[Entry, ...]
    facts: Facts
    hidden: int

    @property
    def score(self) -> int:
        """Thousandths of a point of all that were proposed for this lab."""
        scores = self.proposal.result.scores
        return sum(scores.get(key, 0) for key in (self.proposal.result.chosen or {}).get(str(self.lab.id), ()))


async def view_of(lab: LabRow, proposal: ProposalRow, reader: Reader, today: date, name_of: Any = str) -> View:
    """A proposal for one lab as one reader may see it."""
    lines = (await lines_of([lab], today))[lab.id]
    barred = await conflicts_in(reader.account, [lab.id])
    shown = [line for line in lines if line.id not in barred]
    own = await own_to_send(reader.account, lab.id)
    entries = [
        msgspec.structs.replace(one, score=None) if one.application in own else one
        for one in entries_of(proposal, lab.id, shown, name_of)
    ]
    final = proposal.final(lab.id)
    facts = facts_of([line for line in lines if line.id in final], proposal.wishes.meets_at)
    return View(lab, proposal, tuple(entries), facts, len(lines) - len(shown))


def name_of(code: str) -> str:
    """A region or language in the reader's language."""
    return languages.gettext(label_of(code)) if code else ""


async def newest_view(lab: LabRow, reader: Reader, today: date) -> View:
    """
    The newest proposal for a lab as one reader may see it.

    Raises:
        NotFound: there is none yet.

    """
    kept = await newest_proposal(lab)
    if kept is None:
        raise NotFound(Sentence("No cohort has been proposed for “%(lab)s” yet.", lab=lab.name))
    return await view_of(lab, kept, reader, today, name_of)


async def own_to_send(account_id: UUID, lab_id: UUID) -> set[UUID]:
    """Applications of a lab for which an account was asked to send a review that it has not sent."""
    rows = await sql(
        "SELECT a.id AS id FROM review_assignment x JOIN application a ON a.id = x.application "
        "LEFT JOIN application_review v ON v.application = a.id AND v.account = x.account AND v.is_sent "
        "WHERE x.account = {} AND a.lab = {} AND v.id IS NULL",
        account_id,
        lab_id,
    )
    return {row["id"] for row in rows}


async def labs_of(proposal: ProposalRow) -> list[LabRow]:
    """The labs that a proposal is about."""
    if proposal.lab is not None:
        return [await lab_by_id(proposal.lab)]
    return await labs(round_id=proposal.lab_round)


async def regions() -> list[Row]:
    """Regions by name."""
    return await sql("SELECT code, name FROM region ORDER BY name")


async def usual_hour(lab_ids: Sequence[UUID]) -> datetime | None:
    """When the first session of these labs begins, if one has a time of day."""
    if not lab_ids:
        return None
    rows = await sql(
        "SELECT e.starts_at AS starts_at FROM lab_session s JOIN event e ON e.id = s.event "
        f"WHERE s.lab IN ({', '.join(['{}'] * len(lab_ids))}) AND e.starts_at IS NOT NULL "
        "ORDER BY e.starts_at LIMIT 1",
        *lab_ids,
    )
    return rows[0]["starts_at"] if rows else None


# Places that were offered


class Place(msgspec.Struct, frozen=True):
    """A place in a lab that was offered to a member."""

    application: UUID
    lab: UUID
    lab_name: str
    applicant: str
    contact: UUID
    contact_name: str
    email: str
    language: str
    member: UUID | None
    left_on: date | None
    status: str
    status_at: datetime
    reason: str
    time_zone: str
    link_version: int
    waiting_place: int | None
    confirm_until: datetime | None
    confirmed_at: datetime | None

    @property
    def path(self) -> str:
        """The personal link without the host."""
        return f"/lab-places/{make_link(_PLACE, self.application, self.link_version)}"

    @property
    def url(self) -> str:
        """The personal link."""
        return f"{current_settings().base_url}{self.path}"

    def has_left(self, today: date) -> bool:
        """Whether the member is no member any more."""
        return self.left_on is not None and self.left_on <= today


_PLACE_COLUMNS = (
    "SELECT a.id AS application, a.lab AS lab, CASE WHEN l.full_title = '' THEN l.name ELSE l.full_title END "
    "AS lab_name, COALESCE(m.name, a.organisation) AS applicant, a.contact AS contact, a.contact_name AS contact_name, "
    "COALESCE(p.email, '') AS email, a.language AS language, a.member AS member, m.left_on AS left_on, "
    "a.status AS status, a.status_at AS status_at, a.reason AS reason, "
    "COALESCE(c.time_zone, rc.time_zone, 'UTC') AS time_zone, a.link_version AS link_version, "
    "a.waiting_place AS waiting_place, a.confirm_until AS confirm_until, a.confirmed_at AS confirmed_at "
    "FROM application a JOIN lab l ON l.id = a.lab JOIN person p ON p.id = a.contact "
    "LEFT JOIN member m ON m.id = a.member LEFT JOIN lab_call c ON c.lab = l.id "
    "LEFT JOIN round_call rc ON rc.lab_round = l.lab_round"
)


async def place_by_link(token: str) -> Place:
    """
    The place that a personal link opens.

    Raises:
        NoSuchPlace: the link is not ours, or was replaced.

    """
    opened = read_link(_PLACE, token)
    rows = await sql(f"{_PLACE_COLUMNS} WHERE a.id = {{}} AND a.link_version = {{}}", *opened) if opened else []
    if not rows:
        raise NoSuchPlace(Sentence("This personal link is not valid. Please use the link in your newest letter."))
    return Place(**rows[0])


async def places_of(lab_id: UUID, statuses: Sequence[str]) -> list[Place]:
    """The applications of a lab in these states; those that wait in the order in which they move up."""
    rows = await sql(
        f"{_PLACE_COLUMNS} WHERE a.lab = {{}} AND a.status IN ({', '.join(['{}'] * len(statuses))}) "
        "ORDER BY CASE WHEN a.waiting_place IS NULL THEN 1 ELSE 0 END, a.waiting_place, a.status_at, a.id",
        lab_id,
        *statuses,
    )
    return [Place(**row) for row in rows]


async def letters_written(keys: Sequence[str]) -> set[str]:
    """Which of these letters are in the outbox, by the key that keeps them from being written twice."""
    found: set[str] = set()
    for start in range(0, len(keys), 400):
        part = keys[start : start + 400]
        rows = await sql(f"SELECT dedupe_key FROM letter WHERE dedupe_key IN ({', '.join(['{}'] * len(part))})", *part)
        found |= {row["dedupe_key"] for row in rows}
    return found


def by_lab(places: Sequence[Place]) -> dict[UUID, list[Place]]:
    """Places by their lab."""
    found: dict[UUID, list[Place]] = defaultdict(list)
    for place in places:
        found[place.lab].append(place)
    return found
