"""
The report of a round and of a lab: one reading, which the page, the file and the JSON interface all show.

A round is of one kind: pilot projects or a forum have a report of their own and are never counted as labs.

Labs, active member cities, participants and themes are the figures of the
year (`eventhub.statistics`); nothing here counts them a second time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from eventhub.accounts.commands import record
from eventhub.database import Row, sql, transaction
from eventhub.directory.rules import clean_text
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.feedback.queries import results_of_labs
from eventhub.feedback.rules import Quote, Results, Scores, together
from eventhub.labs.queries import active_members, labs, rounds
from eventhub.labs.rules import LONGEST_TEXT, too_long
from eventhub.outcomes.queries import states_of_labs
from eventhub.outcomes.rules import STATE_WORDS, OutcomeState
from eventhub.statistics.disclosure import ShownCounts
from eventhub.statistics.queries import as_seen, checked_year, figures_of
from eventhub.statistics.rules import Figure, ThemeCount
from eventhub.words import Sentence

#: How a follow-up stands: what was answered, or that nobody has.
FOLLOW_UP_STATES = (*(state.value for state in OutcomeState), "open", "coming")
#: Words for how follow-ups stand, the two that are no answers included.
FOLLOW_UP_WORDS = {
    **{state.value: words for state, words in STATE_WORDS.items()},
    "open": Sentence("Open: due and unanswered"),
    "coming": Sentence("Not due yet"),
}
OUTCOME_STATES = tuple(state.value for state in OutcomeState)

DEFINITIONS: Mapping[str, Sentence] = {
    "applications": Sentence(
        "Applications that were sent and not withdrawn, whatever became of them; a member that applied twice counts twice."
    ),
    "members_applied": Sentence("Members behind these applications, each once over the whole round."),
    "accepted": Sentence("Applications that were accepted and not withdrawn."),
    "satisfaction": Sentence(
        "Means of the answers from 1 to 5 about all of it and about single sessions. Nothing of fewer than "
        "five answers is shown; small groups are counted in a total only where they have five answers together."
    ),
    "women_men": Sentence(
        "Whole per cent over the participants known as women or men; nothing of fewer than five is shown, nor what "
        "could be worked out from the rest."
    ),
    "follow_ups": Sentence(
        "Questions after 3, 6 and 12 months: by what was answered; “open” are due and unanswered, “coming” are not due."
    ),
}


@dataclass(frozen=True)
class People:
    """Participants with counts and shares of women and men; the latter are None where the group is too small."""

    number: int
    women: int | None = None
    men: int | None = None
    women_pct: int | None = None
    men_pct: int | None = None

    @classmethod
    def of(cls, shown: ShownCounts | None, number: int) -> "People":
        """From what may be shown."""
        if shown is None:
            return cls(number)
        return cls(number, shown.women, shown.men, shown.women_pct, shown.men_pct)


@dataclass(frozen=True)
class Applied:
    """Applications from one region or one member, and how many of them were accepted."""

    code: str
    name: str
    applications: int
    accepted: int


@dataclass(frozen=True)
class LabReport:
    """One lab."""

    id: UUID
    slug: str
    number: int
    name: str
    status: str
    kind: str
    themes: tuple[str, ...]
    action_lines: tuple[str, ...]
    applications: int
    accepted: int
    regions: tuple[Applied, ...]
    members: tuple[Applied, ...]
    active_member_cities: int
    people: People
    whole: Scores
    sessions: Scores
    quotes: tuple[Quote, ...]
    outcomes: Mapping[str, int]
    follow_ups: Mapping[str, int]
    lessons: str
    version: int


@dataclass(frozen=True)
class RoundLessons:
    """What the round has taught."""

    id: UUID
    title: str
    kind: str
    lessons: str
    version: int


@dataclass(frozen=True)
class RoundReport:
    """All labs of a year, or all of another kind."""

    year: int
    kind: str
    labs: tuple[LabReport, ...]
    applications: int
    accepted: int
    members_applied: int
    regions: tuple[Applied, ...]
    members: tuple[Applied, ...]
    active_member_cities: int
    active: tuple[tuple[str, str], ...]
    people: People
    themes: tuple[ThemeCount, ...]
    action_lines: tuple[tuple[str, int], ...]
    whole: Scores
    sessions: Scores
    quotes: tuple[Quote, ...]
    outcomes: Mapping[str, int]
    follow_ups: Mapping[str, int]
    rounds: tuple[RoundLessons, ...]

    def of_lab(self, slug: str) -> LabReport:
        """
        The part on one lab.

        Raises:
            NotFound: it is no lab of the year.

        """
        for lab in self.labs:
            if lab.slug == slug:
                return lab
        raise NotFound(Sentence("There is no lab “%(slug)s”.", slug=slug[:90]))


class LessonsChanged(Refusal):
    """Somebody else was quicker."""

    status_code = 409


async def report_of_round(year: int, today: date, kind: str = "lab", *, is_exact: bool = False) -> RoundReport:
    """
    The report of the round of a kind in a year; a constant number of queries.

    Raises:
        NotFound: the year has no round of this kind.

    """
    of_year = [one for one in await rounds() if one.year == checked_year(year) and one.kind == kind]
    if not of_year:
        raise NotFound(Sentence("There is no round of %(year)s.", year=year))
    figures = as_seen(await figures_of(year, kind), is_exact=is_exact)
    found = await labs(year=year, kind=kind)
    by_slug = {lab.slug: lab for lab in figures.labs}
    applied, lines = await _applied(year, kind), await _action_lines(year, kind)
    heard = await results_of_labs(year, kind)
    outcomes, follow_ups = await states_of_labs(year, today, kind)
    reports = []
    for lab in found:
        counted = by_slug[lab.slug]
        results, sessions = heard.get(lab.id, (Results(Scores()), []))
        rows = [row for row in applied if row["lab"] == lab.id]
        reports.append(
            LabReport(
                id=lab.id,
                slug=lab.slug,
                number=lab.number,
                name=lab.name,
                status=lab.status,
                kind=lab.kind,
                themes=counted.themes,
                action_lines=tuple(lines[lab.id]),
                applications=len(rows),
                accepted=_accepted(rows),
                regions=_by("region", rows),
                members=_by("member", rows),
                active_member_cities=counted.active_members,
                people=People.of(counted.shown, counted.people),
                whole=results.scores,
                sessions=together(one.scores for one in sessions),
                quotes=_quotes([results, *sessions]),
                outcomes=_states(OUTCOME_STATES, [outcomes.get(lab.id, {})]),
                follow_ups=_states(FOLLOW_UP_STATES, [follow_ups.get(lab.id, {})]),
                lessons=lab.lessons,
                version=lab.version,
            )
        )
    participants = figures["lab_participants"]
    counted_lines = [line for report in reports for line in report.action_lines]
    everything = [heard.get(lab.id, (Results(Scores()), [])) for lab in found]
    members = _by("member", applied)
    return RoundReport(
        year=year,
        kind=kind,
        labs=tuple(reports),
        applications=len(applied),
        accepted=_accepted(applied),
        members_applied=sum(member.code != "" for member in members),
        regions=_by("region", applied),
        members=members,
        active_member_cities=int(figures["active_member_cities"].value),
        active=tuple((row["key"], row["name"]) for row in await active_members(year, kind)),
        people=_people(participants),
        themes=tuple(theme for theme in figures.themes if theme.labs),
        action_lines=tuple((line, counted_lines.count(line)) for line in dict.fromkeys(sorted(counted_lines))),
        whole=together(results.scores for results, _ in everything),
        sessions=together(one.scores for _, sessions in everything for one in sessions),
        quotes=_quotes(one for results, sessions in everything for one in (results, *sessions)),
        outcomes=_states(OUTCOME_STATES, [lab.outcomes for lab in reports]),
        follow_ups=_states(FOLLOW_UP_STATES, [lab.follow_ups for lab in reports]),
        rounds=tuple(RoundLessons(one.id, one.title, one.kind, one.lessons, one.version) for one in of_year),
    )


def _people(figure: Figure) -> People:
    return People.of(figure.shown, int(figure.value))


def _accepted(rows: Iterable[Row]) -> int:
    return sum(row["status"] == "accepted" for row in rows)


def _by(what: str, rows: Iterable[Row]) -> tuple[Applied, ...]:
    """Applications by region or member, by name; of those who are no members together, under the empty code."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        of_this = counts[row[f"{what}_name"], row[f"{what}_code"]]
        of_this[0] += 1
        of_this[1] += row["status"] == "accepted"
    return tuple(
        Applied(code, name, number, accepted)
        for (name, code), (number, accepted) in sorted(counts.items(), key=lambda item: (not item[0][1], item[0]))
    )


def _states(codes: Iterable[str], found: Iterable[Mapping[str, int]]) -> dict[str, int]:
    counts = list(found)
    return {code: sum(one.get(code, 0) for one in counts) for code in codes}


def _quotes(results: Iterable[Results]) -> tuple[Quote, ...]:
    return tuple(quote for one in results for quote in one.quotes)


async def _applied(year: int, kind: str) -> list[Row]:
    """Applications to labs of a kind and year that were sent and not withdrawn; one row each."""
    return await sql(
        "SELECT a.lab AS lab, a.status AS status, COALESCE(m.key, '') AS member_code, "
        "COALESCE(m.name, '') AS member_name, COALESCE(g.code, '') AS region_code, COALESCE(g.name, '') AS region_name "
        "FROM application a JOIN lab l ON l.id = a.lab JOIN lab_round r ON r.id = l.lab_round "
        "LEFT JOIN member m ON m.id = a.member LEFT JOIN region g ON g.id = m.region "
        "WHERE r.kind = {} AND r.year = {} AND a.status NOT IN ('draft', 'withdrawn') ORDER BY a.submitted_at, a.id",
        kind,
        year,
    )


async def _action_lines(year: int, kind: str) -> dict[UUID, list[str]]:
    """Names of the action lines of each lab of a kind and year."""
    lines: dict[UUID, list[str]] = defaultdict(list)
    for row in await sql(
        "SELECT x.lab AS lab, a.name AS name FROM lab_action_line x JOIN action_line a ON a.id = x.action_line "
        "JOIN lab l ON l.id = x.lab JOIN lab_round r ON r.id = l.lab_round WHERE r.kind = {} AND r.year = {} "
        "ORDER BY a.first_year, a.number",
        kind,
        year,
    ):
        lines[row["lab"]].append(row["name"])
    return lines


_Line = tuple[str, str, str, str | int | float | None]
#: Columns of the file.
COLUMNS = ("lab", "figure", "which", "value")


def lines_of_lab(lab: LabReport) -> list[_Line]:
    """One lab as lines of a file."""
    found: list[tuple[str, str, str | int | float | None]] = [
        ("name", "", lab.name),
        ("status", "", lab.status),
        *(("theme", theme, 1) for theme in lab.themes),
        *(("action_line", line, 1) for line in lab.action_lines),
        ("applications", "", lab.applications),
        ("accepted", "", lab.accepted),
        *_lines_applied(lab.regions, lab.members),
        ("active_member_cities", "", lab.active_member_cities),
        *_lines_people(lab.people),
        *_lines_scores("whole", lab.whole),
        *_lines_scores("sessions", lab.sessions),
        *_lines_rest(lab.outcomes, lab.follow_ups, lab.quotes),
        ("lessons", "", lab.lessons),
    ]
    return [(lab.slug, *line) for line in found]


def lines_of_round(report: RoundReport) -> list[_Line]:
    """The round and each of its labs as lines of a file; those of the round name no lab."""
    found: list[tuple[str, str, str | int | float | None]] = [
        ("labs", "", len(report.labs)),
        ("applications", "", report.applications),
        ("members_applied", "", report.members_applied),
        ("accepted", "", report.accepted),
        *_lines_applied(report.regions, report.members),
        ("active_member_cities", "", report.active_member_cities),
        *(("active_member_city", key, name) for key, name in report.active),
        *_lines_people(report.people),
        *(("theme", theme.code, theme.labs) for theme in report.themes),
        *(("action_line", line, number) for line, number in report.action_lines),
        *_lines_scores("whole", report.whole),
        *_lines_scores("sessions", report.sessions),
        *_lines_rest(report.outcomes, report.follow_ups, report.quotes),
        *(("lessons", one.title, one.lessons) for one in report.rounds),
    ]
    return [("", *line) for line in found] + [line for lab in report.labs for line in lines_of_lab(lab)]


def _lines_applied(regions: Iterable[Applied], members: Iterable[Applied]) -> list[tuple[str, str, int]]:
    return [
        (f"{figure}_by_{what}", one.code or "other", number)
        for what, group in (("region", regions), ("member", members))
        for one in group
        for figure, number in (("applications", one.applications), ("accepted", one.accepted))
    ]


def _lines_people(people: People) -> list[tuple[str, str, int | None]]:
    return [
        ("participants", "", people.number),
        ("participants", "women", people.women),
        ("participants", "men", people.men),
        ("participants_pct", "women", people.women_pct),
        ("participants_pct", "men", people.men_pct),
    ]


def _lines_scores(of: str, scores: Scores) -> list[tuple[str, str, int | float | None]]:
    return [
        (f"feedback_{of}", "asked", scores.asked),
        (f"feedback_{of}", "answered", scores.answered),
        (f"feedback_{of}", "response_rate_pct", scores.rate_pct),
        (f"feedback_{of}", "mean_usefulness", scores.mean_usefulness),
        (f"feedback_{of}", "mean_overall", scores.mean_overall),
    ]


def _lines_rest(
    outcomes: Mapping[str, int], follow_ups: Mapping[str, int], quotes: Iterable[Quote]
) -> list[tuple[str, str, str | int]]:
    return [
        *(("outcomes", state, number) for state, number in outcomes.items()),
        *(("follow_ups", state, number) for state, number in follow_ups.items()),
        *(("quote", ", ".join(part for part in (one.name, one.city) if part), one.text) for one in quotes),
    ]


async def write_lessons(
    table: str, object_id: UUID, text: str, *, version: int, now: datetime, account_id: UUID
) -> None:
    """
    Keep what a lab or a round has taught.

    Args:
        table: `lab` or `lab_round`.

    Raises:
        Problems: the text is too long.
        LessonsChanged: somebody changed the lab or round since `version` was shown.

    """
    text = clean_text(text)
    if problems := too_long({"lessons": (text, LONGEST_TEXT)}):
        raise Problems(problems)
    async with transaction():
        done = await sql(
            f"UPDATE {'lab_round' if table == 'lab_round' else 'lab'} SET lessons = {{}}, version = version + 1 "
            "WHERE id = {} AND version = {} RETURNING id",
            text, object_id, version,
        )  # fmt: skip
        if not done:
            raise LessonsChanged(
                Sentence(
                    "Somebody changed this meanwhile. What you typed is kept here; compare it with the saved text."
                )
            )
        await record("write_lessons", table, object_id, account_id=account_id, now=now)
