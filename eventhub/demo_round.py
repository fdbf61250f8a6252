"""
The rounds of the demonstration, played by the commands that staff and members use.

The ten labs of 2024 and their themes are printed facts, and so are 39 active
member cities and 54 per cent of women among the people known as women or men;
who applied, who was chosen and what they said is invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from uuid import UUID, uuid4

from eventhub.applying.commands import (
    NewDraft,
    begin_application,
    invite_editor,
    note_presence,
    save_application,
    send_application,
    withdraw_application,
)
from eventhub.applying.queries import EditorRow, editors_of
from eventhub.applying.rules import person_field
from eventhub.calls.commands import RoundFacts, change_round
from eventhub.calls.opening import NewCall, extend_call, open_call, open_round_call
from eventhub.calls.queries import template_by_code
from eventhub.cohorts.commands import (
    Adoption,
    adopt_proposal,
    confirm_place,
    deviate,
    give_up_place,
    keep_places_filled,
    propose_cohort,
    send_decisions,
)
from eventhub.cohorts.queries import Span, Wishes, places_of
from eventhub.database import sql
from eventhub.demo_people import MAN, WOMAN, City, People, spread
from eventhub.demo_texts import (
    CASES,
    CASES_IN,
    INTRODUCTIONS,
    LAB_LESSONS,
    MARK_COMMENTS,
    MESSAGES,
    MOTIVATIONS,
    NEEDS,
    OFFERS,
    OUTCOMES,
    POLITICAL_ROLE,
    PRIORITIES,
    REMARKS,
    REVIEW_COMMENTS,
    ROLES,
    ROUND_LESSONS,
)
from eventhub.directory.rules import email_key
from eventhub.events.queries import EventRow
from eventhub.events.rules import Mode
from eventhub.feedback.commands import Answer, ask_now, give_feedback
from eventhub.feedback.queries import feedback_url
from eventhub.feedback.rules import Consent, Subject
from eventhub.labs.cohort_page import NewParticipant, add_participant, end_participation, keep_cohorts, present_oneself
from eventhub.labs.cohort_queries import Participant, participants_of
from eventhub.labs.commands import LabFacts, change_lab, create_lab, load_labs_2024
from eventhub.labs.materials import NewMaterial, add_material
from eventhub.labs.messages import write_message
from eventhub.labs.queries import LabRow, lab_by_slug, labs, round_by_id, sessions_of
from eventhub.labs.report import write_lessons
from eventhub.labs.rules import LabStatus, ParticipantRole
from eventhub.labs.sessions import Common, Planned, make_sessions, sessions_mark
from eventhub.outcomes.commands import OutcomeFacts, add_outcome, answer_follow_up, remind_due
from eventhub.outcomes.queries import contacts_of_lab, follow_up_by_id
from eventhub.outcomes.rules import months_after
from eventhub.questions.rules import control_name
from eventhub.registrations.commands import record_attendance
from eventhub.reviewing.commands import (
    assign_reviewer,
    declare_conflict,
    decline_application,
    review_by_criteria,
    spread_reviews,
)
from eventhub.reviewing.queries import weights_of
from eventhub.reviewing.rules import Mark
from eventhub.settings import current_settings

#: Active member cities of 2024, as the report prints them.
ACTIVE = 39
#: Applications that take part in each lab of 2024.
PLACES = 5
#: People whom each of these proposes, ten a lab; and women among the ten, by number of the lab: 54 of a hundred.
TEAMS = (2, 3, 2, 1, 2)
WOMEN = (5, 5, 5, 6, 5, 5, 4, 6, 7, 6)
#: Applications of a lab besides those that take part, by number of the lab.
OTHERS = (7, 8, 6, 9, 8, 7, 8, 9, 7, 8)
#: Labs of 2024 in which more than the order of scores decides.
BOUND_DECIDES, PEOPLE_DECIDE = (2, 7, 9), 5
GIVEN_UP, LAPSED, LEFT_MIDWAY = 4, 8, 6
CONFLICT_BEFORE, CONFLICT_AFTER, ONE_MORE_WITHOUT_GENDER = 3, 10, (2, 5, 7, 10)
#: The lab that met in a host city had a call of its own, which was extended.
IN_PERSON = 9

ZONE = "Europe/Madrid"
OPENS, CLOSES = datetime(2024, 1, 10, 9, tzinfo=UTC), datetime(2024, 2, 16, 17, tzinfo=UTC)
REVIEWED, ADOPTED = datetime(2024, 2, 27, 10, tzinfo=UTC), datetime(2024, 3, 4, 10, tzinfo=UTC)
TOLD, CONFIRM_UNTIL = datetime(2024, 3, 5, 9, tzinfo=UTC), date(2024, 3, 20)
PLANNED, MIDWAY = datetime(2024, 3, 26, 9, tzinfo=UTC), datetime(2024, 7, 15, 9, tzinfo=UTC)
FINISHED = datetime(2024, 11, 25, 9, tzinfo=UTC)


def _day(at: datetime, days: float) -> datetime:
    return at + timedelta(days=days)


def _on_weekday(day: date) -> date:
    """The day, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def _token(link: str) -> str:
    return link.rsplit("/", 1)[1]


def marks(points: int, turn: int) -> tuple[list[int], list[int]]:
    """
    The marks of two reviewers for four criteria, 8 to 40 points in all.

    Two points more are a better mean whatever the weights and the turn, so the order of points is that of scores.
    """
    least, more = divmod(points, 8)
    given = [least + ((place + turn) % 8 < more) for place in range(8)]
    return given[::2], given[1::2]


@dataclass
class Entry:
    """
    An application of the play.

    Args:
        genders: Of the proposed people; an empty one is not told.

    """

    city: City
    genders: tuple[str, ...]
    preference: int | None = None
    application: UUID = field(default_factory=uuid4)
    editor: EditorRow | None = None


@dataclass
class Play:
    """What happens to labs; every step takes the instant at which it happens."""

    people: People
    chair: UUID
    reviewers: Sequence[UUID]
    turn: int = 0

    # What members do

    async def begin(self, slug: str, entry: Entry, at: datetime) -> EditorRow:
        """Begin an application."""
        name = self.people.name()
        address = self.people.address(name)
        city = entry.city
        await begin_application(slug, NewDraft(name, address, member=city.key, language=city.language), now=at)
        (row,) = await sql(
            "SELECT e.application AS application FROM application_editor e JOIN application a ON a.id = e.application "
            "JOIN lab l ON l.id = a.lab WHERE l.slug = {} AND e.email_key = {}",
            slug,
            email_key(address),
        )
        entry.application = row["application"]
        (entry.editor,) = await editors_of(entry.application)
        return entry.editor

    async def write(self, slug: str, entry: Entry, number: int, begun: datetime, sent: datetime) -> None:
        """Begin an application and send it; of every third one a colleague writes a part."""
        editor = await self.begin(slug, entry, begun)
        typed = self.typed(entry, number)
        if self.turn % 3 == 0:
            name = self.people.name()
            other = await invite_editor(
                _token(editor.manage_path), name=name, email=self.people.address(name), now=begun
            )
            part = {name: typed.pop(name) for name in ("offers", "needs")}
            await save_application(_token(other.manage_path), part, {}, now=begun + (sent - begun) / 2)
        await send_application(_token(editor.manage_path), typed, {}, now=sent)

    def typed(self, entry: Entry, number: int) -> dict[str, str | list[str]]:
        """What the form of an application holds; `number` is that of the lab whose topic it is."""
        self.turn += 1
        turn, language = self.turn, entry.city.language
        cases = CASES[number] if language == "en" else CASES_IN[language]
        languages = sorted({"en", language})
        found: dict[str, str | list[str]] = {
            "motivation": MOTIVATIONS[language][turn % len(MOTIVATIONS[language])],
            "offers": OFFERS[language][turn * 3 % len(OFFERS[language])],
            "needs": NEEDS[language][(turn * 5 + 1) % len(NEEDS[language])],
            "languages": languages,
            "preference": str(entry.preference or ""),
            control_name("case"): cases[turn % len(cases)],
            control_name("progress"): ("planned", "under-way", "idea", "done")[turn % 4],
            control_name("working-languages"): languages,
        }
        for place, gender in enumerate(entry.genders):
            name, key = self.people.name(), uuid4().hex
            is_political = (turn + place) % 7 == 0
            role = POLITICAL_ROLE[language] if is_political else ROLES[language][(turn + place) % len(ROLES[language])]
            found |= {
                person_field(key, "name"): name,
                person_field(key, "email"): self.people.address(name),
                person_field(key, "role"): role,
                person_field(key, "level"): "political" if is_political else "technical",
                person_field(key, "gender"): gender,
            }
        return found

    # What reviewers do

    async def review(self, lab: LabRow, ranked: Sequence[Entry], at: datetime, *, part: float = 1.0) -> None:
        """Score applications in this order, each by two people; only a part of the reviews is sent, the next a draft."""
        await spread_reviews(lab.slug, self.reviewers, 2, now=at, account_id=self.chair)
        asked = await sql(
            "SELECT x.application AS application, x.account AS account FROM review_assignment x "
            "JOIN application a ON a.id = x.application WHERE a.lab = {}",
            lab.id,
        )
        for rank, entry in enumerate(ranked):
            two = marks(38 - 2 * rank, lab.number + rank)
            if rank == 7 and lab.number % 2:  # of two minds
                two = [mark + 1 for mark in two[0]], [mark - 1 for mark in two[1]]
            accounts = {row["account"] for row in asked if row["application"] == entry.application}
            for turn, (account, given) in enumerate(
                zip((one for one in self.reviewers if one in accounts), two, strict=False)
            ):
                done = (2 * rank + turn) / (2 * len(ranked))
                if done < part:
                    when = _day(at, (rank + turn) / 4)
                    await self.score(lab, entry, account, given, when)
                elif done < part + 0.1:
                    await self.score(lab, entry, account, given[:2], at, is_sent=False)

    async def score(
        self, lab: LabRow, entry: Entry, account: UUID, given: Sequence[int], at: datetime, *, is_sent: bool = True
    ) -> None:
        """One review, with a comment where there is something to say."""
        self.turn += 1
        found = {}
        for place, (code, mark) in enumerate(zip(weights_of(lab), given, strict=False)):
            said = MARK_COMMENTS[mark]
            found[code] = Mark(mark, said[(self.turn + place) % len(said)])
        comment = REVIEW_COMMENTS[self.turn % len(REVIEW_COMMENTS)] if self.turn % 2 else ""
        await review_by_criteria(entry.application, found, comment=comment, is_sent=is_sent, now=at, account_id=account)

    # What staff and members make of it

    async def choose(self, lab: LabRow, wishes: Wishes, at: datetime) -> UUID:
        """Have the best cohort proposed."""
        return await propose_cohort(lab.slug, wishes, now=at, account_id=self.chair)

    async def adopt(self, proposal: UUID, at: datetime) -> None:
        """Take a proposal over; two wait."""
        how = Adoption(
            waiting=2,
            accepted_reason="Your case is one that the group can work on, and your team does the work itself.",
            waiting_reason="Your application is good; the group had to be balanced between regions.",
            declined_reason="Others came nearer to the focus of this lab. We keep your offer for the network.",
        )
        await adopt_proposal(proposal, how, now=at, account_id=self.chair)

    async def confirm(self, lab: LabRow, at: datetime, *, but: Sequence[UUID] = ()) -> None:
        """Take the places that are offered, except these."""
        for turn, place in enumerate(await places_of(lab.id, ["accepted"])):
            if place.confirmed_at is None and place.application not in but:
                await confirm_place(_token(place.path), now=at + timedelta(hours=5 * turn))

    async def meet(self, lab: LabRow, planned: Sequence[Planned], common: Common, at: datetime) -> None:
        """Make sessions."""
        seen = await sessions_mark(lab.id)
        await make_sessions(lab.slug, planned, common, seen=seen, now=at, account_id=self.chair)

    async def talk(self, lab: LabRow, at: datetime) -> None:
        """Half of a cohort show themselves to the others, and two write to each other."""
        shown: list[Participant] = []
        for turn, one in enumerate(await participants_of(lab.id)):
            if turn % 2 == 0 or one.role != ParticipantRole.PARTICIPANT:
                text = INTRODUCTIONS[(turn + lab.number) % len(INTRODUCTIONS)] if turn % 4 == 0 else ""
                await present_oneself(_token(one.path), is_shown=True, introduction=text, now=at)
                shown.append(one)
        subject, asked, answered = MESSAGES[lab.number % len(MESSAGES)]
        first, second = shown[:2]
        await write_message(_token(first.path), second.id, subject=subject, body=asked, now=at)
        await write_message(_token(second.path), first.id, subject=f"Re: {subject}", body=answered, now=_day(at, 1))

    async def hear(self, subject: Subject, object_id: UUID, at: datetime) -> None:
        """Ask for feedback; seven of ten answer, a third of them in words."""
        await ask_now(subject, object_id, now=at, account_id=self.chair)
        rows = await sql(
            "SELECT f.id AS id FROM feedback f JOIN person p ON p.id = f.person "
            f"WHERE f.{subject.value} = {{}} ORDER BY p.name, p.email",
            object_id,
        )
        for place, row in enumerate(rows):
            self.turn += 1
            if place % 10 in (3, 6, 9):
                continue
            turn = self.turn
            comment = REMARKS[turn % len(REMARKS)] if turn % 4 == 0 else ""
            consent = (Consent.NONE, Consent.NAMED, Consent.NONE, Consent.ANONYMOUS, Consent.NONE)[turn // 4 % 5]
            answer = Answer(3 + turn * 7 % 3, 5 - turn % 3 // 2 - turn % 7 // 6, comment, consent)
            await give_feedback(
                _token(feedback_url(row["id"], 1)), answer, version=1, now=at + timedelta(hours=3 + place)
            )


@dataclass
class Cast:
    """Who applies to a lab of 2024: those who take part, in order of their scores, and everybody else."""

    seats: list[Entry]
    others: list[Entry]

    def ranked(self, number: int) -> list[Entry]:
        """All by their scores, the highest first: one of the others may be ahead of the last who take part."""
        ahead = 2 if number == PEOPLE_DECIDE else number in (*BOUND_DECIDES, GIVEN_UP, LAPSED)
        return [*self.seats[:-1], *self.others[:ahead], self.seats[-1], *self.others[ahead:]]

    @property
    def most_of_a_region(self) -> int:
        """The bound that lets the seats in."""
        regions = [entry.city.region for entry in self.seats]
        return max(regions.count(region) for region in regions)


def cast_of_2024(cities: Sequence[City]) -> dict[int, Cast]:
    """
    Who applies to which of the ten labs, by number of the lab: fifty applications of 39 members take part.

    Those who take part in two labs prefer the first; who is ahead of the last
    seat of a lab is of a region that has its share, or of one that has not, as
    the story of the lab asks.
    """
    active = sorted(spread(cities, ACTIVE), key=lambda city: (city.region, city.key))
    rest = [city for city in cities if city not in active]
    free = spread(rest, len(rest))
    free = [free[(place * 7) % len(free)] for place in range(len(free))]
    casts: dict[int, Cast] = {}
    for number in range(1, 11):
        women, person = WOMEN[number - 1], 0
        own = [active[((number - 1) * PLACES + seat) * 8 % ACTIVE] for seat in range(PLACES)]
        regions = [city.region for city in own]
        # those of the fullest region first, so that the last seat is of another
        own.sort(key=lambda city: (-regions.count(city.region), city.region, city.key))
        seats = []
        for seat, city in enumerate(own):
            size = TEAMS[seat]
            genders: tuple[str, ...] = tuple(
                WOMAN if (n + 1) * women // 10 > n * women // 10 else MAN for n in range(person, person + size)
            )
            person += size
            if seat == 0 and number in ONE_MORE_WITHOUT_GENDER:
                genders += ("",)
            seats.append(Entry(city, genders))
        cast = Cast(seats, [])
        full = own[0].region
        # ahead of the last seat: of the fullest region where its bound decides, else of another that has room
        ahead = [
            city
            for city in free
            if (
                city.region == full
                if number in BOUND_DECIDES
                else regions.count(city.region) <= 1 and city.region != full
            )
        ][: 2 if number == PEOPLE_DECIDE else 1]
        others = [*ahead, *[city for city in free if city not in ahead]][: OTHERS[number - 1]]
        free = [city for city in free if city not in others]
        for place, city in enumerate(others):
            told = ("", WOMAN, MAN, WOMAN, MAN, "", WOMAN)
            cast.others.append(
                Entry(city, tuple(told[(number + place + n) % 7] for n in range(1 + (place + number) % 3)))
            )
        casts[number] = cast
    seen: set[str] = set()
    for cast in casts.values():
        for entry in cast.seats:
            twice = sum(entry.city == other.city for one in casts.values() for other in one.seats) > 1
            entry.preference = (2 if entry.city.key in seen else 1) if twice else None
            seen.add(entry.city.key)
    return casts


@dataclass
class RoundOf2024:
    """The round of 2024 from its call to its report."""

    play: Play
    cities: Sequence[City]
    now: datetime

    async def load(self) -> None:
        """Play it."""
        await load_labs_2024(_day(OPENS, -25))
        casts = cast_of_2024(self.cities)
        await self._open()
        found = {lab.number: lab for lab in await labs(year=2024)}
        for number, lab in found.items():
            await self._apply(lab, casts[number])
        for number, lab in found.items():
            await self._choose(lab, casts[number])
        await self._fill(found, casts)
        for number, lab in found.items():
            await self._meet(lab, casts[number])
        await self._close(found, casts)

    async def _open(self) -> None:
        before = _day(OPENS, -20)
        template = await template_by_code("solutions-lab")
        for lab in await labs(year=2024):
            themes = tuple(code for code, _ in lab.themes)
            lines = ("2024-2026/AL2", *(["2024-2026/AL5"] if "gender" in themes else []))
            facts = LabFacts(
                lab.name, 2024, themes, full_title=lab.full_title, place=lab.place, country=lab.country,
                description=template.content.description["en"], action_lines=lines,
            )  # fmt: skip
            await change_lab(lab.slug, facts, status=LabStatus.OPEN, now=before, account_id=self.play.chair)
            await sql("UPDATE lab SET template = {} WHERE id = {}", template.id, lab.id)
        found = await round_by_id(lab.lab_round)
        facts_of_round = RoundFacts(
            2024, title=found.title, priorities=PRIORITIES, themes=("ecosystems", "cohesion", "gender", "institutions", "futures"),
            action_lines=("2024-2026/AL2", "2024-2026/AL5"),
        )  # fmt: skip
        await change_round(found.id, facts_of_round, version=found.version, now=before, account_id=self.play.chair)
        call = NewCall(
            OPENS, CLOSES, ZONE, cohort_size=PLACES,
            text="We invite members to apply to one or two of the ten labs of the year. Propose the people who work on "
            "the topic every day; the group of each lab is small.",
            criteria="Applications are weighed by the criteria below. Groups are balanced between regions, and between "
            "women and men.",
        )  # fmt: skip
        await open_round_call(found.id, call, template=template.id, now=before, account_id=self.play.chair)
        (lab,) = [one for one in await labs(year=2024) if one.number == IN_PERSON]
        own = NewCall(
            OPENS, _day(CLOSES, -7), ZONE, cohort_size=PLACES,
            text="This lab meets online first and then in Istanbul. Say in your application who could travel.",
            criteria="Applications are weighed by the criteria below. Half of the group or more are women.",
        )  # fmt: skip
        await open_call(lab.slug, own, now=before, account_id=self.play.chair)

    async def _apply(self, lab: LabRow, cast: Cast) -> None:
        if lab.number == IN_PERSON:  # begun by nobody else so far
            await self.play.begin(lab.slug, Entry(self._bystander(cast), ()), _day(OPENS, 9))
            await extend_call("lab", lab.slug, CLOSES, now=_day(CLOSES, -11), account_id=self.play.chair)
        entries = [*cast.others[3:], *cast.seats, *cast.others[:3]]
        for place, entry in enumerate(entries):
            begun = _day(OPENS, 2 + (place * 5 + lab.number) % 28)
            sent = _day(begun, 1 + place % 6 + 0.13 * place)
            if lab.number == 7 and place == 0:  # sent when the clock had struck, within the grace
                begun, sent = _day(CLOSES, -1), self._late()
            await self.play.write(lab.slug, entry, lab.number, begun, sent)
        if lab.number in (2, 6, 8):
            gone = Entry(self._bystander(cast), (WOMAN,))
            await self.play.write(lab.slug, gone, lab.number, _day(OPENS, 5), _day(OPENS, 9))
            assert gone.editor is not None
            await withdraw_application(_token(gone.editor.manage_path), now=_day(CLOSES, -3))
        if lab.number == 1:  # never sent
            editor = await self.play.begin(lab.slug, Entry(self._bystander(cast), ()), _day(CLOSES, -2))
            typed = {"motivation": MOTIVATIONS["en"][2]}
            await save_application(_token(editor.manage_path), typed, {}, now=_day(CLOSES, -1))

    def _bystander(self, cast: Cast) -> City:
        """A member that is none of those whose applications count."""
        theirs = {entry.city for entry in (*cast.seats, *cast.others)}
        return next(city for city in self.cities[self.play.turn % 100 :] if city not in theirs)

    def _late(self) -> datetime:
        grace = timedelta(minutes=current_settings().call_grace_minutes)
        return CLOSES + grace / 2 if grace else CLOSES - timedelta(minutes=1)

    async def _choose(self, lab: LabRow, cast: Cast) -> None:
        ranked = cast.ranked(lab.number)
        near = self.play.reviewers[1]
        if lab.number == CONFLICT_BEFORE:
            await declare_conflict(
                ranked[1].application, reviewer=near, whole_member=True, now=_day(CLOSES, 2),
                reason="Worked for this city until last year.", account_id=near,
            )  # fmt: skip
        at = _day(CLOSES, 3)
        await self.play.review(lab, ranked, at)
        if lab.number == CONFLICT_AFTER:
            await self._conflicted(lab, ranked[8])
        await sql("UPDATE lab SET status = {} WHERE id = {}", LabStatus.RUNNING, lab.id)
        wishes = Wishes(
            each_region=cast.most_of_a_region, number_of_regions=Span(least=3), women=Span(least=40),
            meets_at=datetime(2024, 6, 5, 12, tzinfo=UTC),
        )  # fmt: skip
        proposal = await self.play.choose(lab, wishes, REVIEWED)
        if lab.number == PEOPLE_DECIDE:
            for entry, is_in, reason in (
                (
                    ranked[PLACES - 1],
                    False,
                    "Its team can begin next year only, as it told us by telephone.",
                ),
                (cast.seats[-1], True, "It can host the exchange that three others asked for."),
            ):
                await deviate(
                    proposal, entry.application, is_in=is_in, reason=reason, now=_day(REVIEWED, 1),
                    account_id=self.play.chair,
                )  # fmt: skip
        await self.play.adopt(proposal, ADOPTED)
        await send_decisions(lab.slug, CONFIRM_UNTIL, now=TOLD, account_id=self.play.chair)

    async def _conflicted(self, lab: LabRow, entry: Entry) -> None:
        """Somebody who has reviewed turns out to be too near; another reviews in their place."""
        rows = await sql("SELECT account FROM application_review WHERE application = {}", entry.application)
        has = {row["account"] for row in rows}
        near = next(one for one in self.play.reviewers[1:] if one in has)
        other = next(one for one in self.play.reviewers if one not in has)
        at = _day(REVIEWED, -1)
        await declare_conflict(
            entry.application, reviewer=near, whole_member=False, now=at, account_id=near,
            reason="A relative joined the team that is proposed.",
        )  # fmt: skip
        await assign_reviewer(entry.application, other, now=at, account_id=self.play.chair)
        await self.play.score(lab, entry, other, marks(22, lab.number)[0], _day(at, 0.3))

    async def _fill(self, found: dict[int, LabRow], casts: dict[int, Cast]) -> None:
        """Places are taken; one is given up and one lapses, and the next moves up."""
        lost = [casts[number].others[0].application for number in (GIVEN_UP, LAPSED)]
        for lab in found.values():
            await self.play.confirm(lab, _day(TOLD, 2 + lab.number % 5), but=lost)
        for place in await places_of(found[GIVEN_UP].id, ["accepted"]):
            if place.application in lost:
                await give_up_place(_token(place.path), now=_day(TOLD, 7))
        await self.play.confirm(found[GIVEN_UP], _day(TOLD, 9))
        await keep_places_filled(datetime(2024, 3, 21, 8, tzinfo=UTC))
        await self.play.confirm(found[LAPSED], datetime(2024, 3, 22, 8, tzinfo=UTC))

    async def _meet(self, lab: LabRow, cast: Cast) -> None:
        """Two sessions, prepared in spring, with people who were there and what they said of it."""
        chair = self.play.chair
        for place in await places_of(lab.id, ["waiting"]):
            await decline_application(
                place.application,
                reason="All places have been taken, and the lab begins.",
                now=_day(PLANNED, -2),
                account_id=chair,
            )
        await send_decisions(lab.slug, None, now=_day(PLANNED, -2), account_id=chair)
        name = self.play.people.name()
        expert = NewParticipant(
            name, self.play.people.address(name),
            ParticipantRole.FACILITATOR if lab.number % 2 else ParticipantRole.EXPERT,
        )  # fmt: skip
        await add_participant(lab.slug, expert, now=_day(PLANNED, -1), account_id=chair)
        for meeting in (1, 2):
            is_on_site = meeting == 2 and bool(lab.place)
            common = Common(
                ZONE, 120, Mode.IN_PERSON if is_on_site else Mode.ONLINE,
                place=lab.place if is_on_site else "", country=lab.country if is_on_site else "",
                online_url="" if is_on_site else f"https://meet.example.org/lab-{lab.number}",
            )  # fmt: skip
            planned = Planned(
                f"{lab.name}: lab session {meeting}", _on_weekday(date(2024, 3 + meeting * 3, 2 * lab.number)), time(14)
            )
            await self.play.meet(lab, [planned], common, PLANNED)
        await keep_cohorts(_day(PLANNED, 0.1), lab.id)
        await self.play.talk(lab, _day(PLANNED, 5))
        (_, first), (_, second) = await sessions_of(lab.id)
        for title, url, event in (
            ("Cases of the group", f"https://example.org/labs/2024/{lab.number}/cases", None),
            ("Notes of the first session", f"https://example.org/labs/2024/{lab.number}/notes", first.id),
        ):
            await add_material(lab.slug, NewMaterial(title, url, event=event), now=_day(PLANNED, 6), account_id=chair)
        await self._present(first, 1)
        assert first.ends_at is not None and second.ends_at is not None
        await self.play.hear(Subject.EVENT, first.id, _day(first.ends_at, 1))
        if lab.number == LEFT_MIDWAY:
            (leaving,) = await sql("SELECT member FROM application WHERE id = {}", cast.seats[2].application)
            for one in await participants_of(lab.id):
                if one.member == leaving["member"]:
                    await end_participation(lab.slug, one.id, now=MIDWAY, account_id=chair)
            await keep_cohorts(MIDWAY, lab.id)
        await self._present(second, 2)
        await self.play.hear(Subject.EVENT, second.id, _day(second.ends_at, 1))

    async def _present(self, event: EventRow, meeting: int) -> None:
        rows = await sql(
            "SELECT id FROM registration WHERE event = {} AND status = 'confirmed' ORDER BY name, id", event.id
        )
        assert event.ends_at is not None
        for place, row in enumerate(rows):
            if place % 4 or meeting == 1:
                await record_attendance(row["id"], attended=True, now=event.ends_at, account_id=self.play.chair)

    async def _close(self, found: dict[int, LabRow], casts: dict[int, Cast]) -> None:
        """The end of the labs: feedback on the whole, outcomes and how they went on, lessons."""
        chair = self.play.chair
        for number, lab in found.items():
            await sql("UPDATE lab SET status = {} WHERE id = {}", LabStatus.FINISHED, lab.id)
            await self.play.hear(Subject.LAB, lab.id, FINISHED)
            if text := LAB_LESSONS.get(number):
                current = await lab_by_slug(lab.slug)
                await write_lessons(
                    "lab", lab.id, text, version=current.version, now=_day(FINISHED, 4), account_id=chair
                )
        found_round = await round_by_id(found[1].lab_round)
        await write_lessons(
            "lab_round",
            found_round.id,
            ROUND_LESSONS,
            version=found_round.version,
            now=_day(FINISHED, 10),
            account_id=chair,
        )
        for number, title, description, seats, answers in OUTCOMES:
            agreed = date(2024, 9, 2 * number + 7)
            members = tuple(casts[number].seats[seat].city.key for seat in seats)
            facts = OutcomeFacts(
                title, agreed, members, description=description, contact=await self._contact(found[number])
            )
            outcome = await add_outcome(found[number].slug, facts, now=FINISHED, account_id=chair)
            for months, answer in zip((3, 6, 12), answers, strict=False):
                due = datetime.combine(months_after(agreed, months), time(9), UTC)
                await remind_due(due)
                if answer:
                    await self._answer(outcome.id, months, *answer, _day(due, 4))
        agreed = _day(self.now, -70).date()
        later = OutcomeFacts(
            "A second visit to the energy communities", agreed, tuple(entry.city.key for entry in casts[3].seats[:2]),
            description="Two cities of the lab meet again, two years later.", contact=await self._contact(found[3]),
        )  # fmt: skip
        await add_outcome(found[3].slug, later, now=_day(self.now, -69), account_id=chair)
        await remind_due(self.now)

    async def _contact(self, lab: LabRow) -> UUID:
        contact: UUID = (await contacts_of_lab(lab.id))[0]["id"]
        return contact

    async def _answer(self, outcome: UUID, months: int, state: str, note: str, at: datetime) -> None:
        rows = await sql("SELECT id FROM follow_up WHERE outcome = {} AND months = {}", outcome, months)
        asked = await follow_up_by_id(rows[0]["id"])
        await answer_follow_up(_token(asked.path), state, note, seen=asked.seen, now=at)


@dataclass
class RunningLabs:
    """Labs of the present round whose calls have closed: one is being reviewed, one offers its places."""

    play: Play
    cities: Sequence[City]
    now: datetime
    year: int

    async def load(self) -> None:
        """Play them until now."""
        await self._reviewed()
        await self._offered()

    async def _lab(self, name: str, themes: tuple[str, ...], opened: int, closed: int) -> LabRow:
        """A lab whose call opened and closed so many days ago."""
        facts = LabFacts(name, self.year, themes, template="solutions-lab", action_lines=("2024-2026/AL2",))
        today = self.now.date()
        opens = datetime.combine(today - timedelta(days=opened), time(9), UTC)
        lab = await create_lab(facts, now=_day(opens, -3), account_id=self.play.chair)
        call = NewCall(
            opens,
            datetime.combine(today - timedelta(days=closed), time(17), UTC),
            ZONE,
            cohort_size=PLACES,
            text="A small group of cities works on one problem over four sessions online.",
            criteria="Applications are weighed by the criteria below; newcomers are welcome.",
        )
        return await open_call(lab.slug, call, now=_day(opens, -2), account_id=self.play.chair)

    async def _applied(self, lab: LabRow, first: int, number: int, topic: int, opened: float) -> list[Entry]:
        genders = cycle((WOMAN, MAN, "", WOMAN, WOMAN, MAN))
        found = []
        for n in range(number):
            entry = Entry(self.cities[(first + n * 19) % len(self.cities)], (next(genders), next(genders)))
            begun = _day(self.now, 2 + n - opened)
            await self.play.write(lab.slug, entry, topic, begun, _day(begun, 3))
            found.append(entry)
        return found

    async def _reviewed(self) -> None:
        lab = await self._lab("Rain where it falls", ("ecosystems",), 40, 6)
        entries = await self._applied(lab, 2, 9, 4, 40)
        await declare_conflict(
            entries[4].application, reviewer=self.play.reviewers[2], whole_member=True, now=_day(self.now, -5),
            reason="My partner works there.", account_id=self.play.reviewers[2],
        )  # fmt: skip
        await self.play.review(lab, entries, _day(self.now, -5), part=0.6)

    async def _offered(self) -> None:
        lab = await self._lab("Kerbs that everybody can use", ("cohesion", "gender"), 75, 35)
        entries = await self._applied(lab, 7, 11, 10, 75)
        await self.play.review(lab, entries, _day(self.now, -33))
        wishes = Wishes(
            each_region=2, number_of_regions=Span(least=3), women=Span(least=45), newcomers=Span(least=2),
            meets_at=_day(self.now, 30),
        )  # fmt: skip
        proposal = await self.play.choose(lab, wishes, _day(self.now, -22))
        await self.play.adopt(proposal, _day(self.now, -20))
        day = _day(self.now, 8).date()
        await send_decisions(lab.slug, day, now=_day(self.now, -14), account_id=self.play.chair)
        offered = await places_of(lab.id, ["accepted"])
        await self.play.confirm(lab, _day(self.now, -10), but=[place.application for place in offered[3:]])
        await sql("UPDATE lab SET status = {} WHERE id = {}", LabStatus.RUNNING, lab.id)
        name = self.play.people.name()
        facilitator = NewParticipant(name, self.play.people.address(name), ParticipantRole.FACILITATOR)
        await add_participant(lab.slug, facilitator, now=_day(self.now, -8), account_id=self.play.chair)
        first = _on_weekday(_day(self.now, 25).date())
        titles = (await template_by_code("solutions-lab")).content.sessions.titles["en"]
        planned = [
            Planned(f"{lab.name}: {title}", first + timedelta(days=21 * n), time(14)) for n, title in enumerate(titles)
        ]
        common = Common(ZONE, 120, online_url="https://meet.example.org/kerbs")
        await self.play.meet(lab, planned, common, _day(self.now, -7))
        await keep_cohorts(_day(self.now, -7), lab.id)
        await self.play.talk(lab, _day(self.now, -6))
        for title, shown in (("How to measure a kerb", None), ("Cases of the group", _day(self.now, 20))):
            url = f"https://example.org/labs/kerbs/{title.split()[0].lower()}"
            await add_material(
                lab.slug,
                NewMaterial(title, url, visible_from=shown),
                now=_day(self.now, -6),
                account_id=self.play.chair,
            )

    async def drafts(self, slug: str, number: int) -> None:
        """Members that have begun to write and not sent yet; of the first one two people write."""
        rows = await sql(
            "SELECT m.key AS key FROM application a JOIN lab l ON l.id = a.lab JOIN member m ON m.id = a.member "
            "WHERE l.slug = {}",
            slug,
        )
        theirs = {row["key"] for row in rows}
        for n, city in enumerate(spread([city for city in self.cities if city.key not in theirs], number)):
            at = _day(self.now, -4 + n)
            editor = await self.play.begin(slug, Entry(city, ()), at)
            token = _token(editor.manage_path)
            await note_presence(token, now=at)
            typed = {"motivation": MOTIVATIONS[city.language][n % 2]}
            await save_application(token, typed, {}, now=at + timedelta(hours=1))
            if n == 0:
                name = self.play.people.name()
                other = await invite_editor(token, name=name, email=self.play.people.address(name), now=at)
                needs = {"needs": NEEDS[city.language][1]}
                await save_application(_token(other.manage_path), needs, {}, now=at + timedelta(hours=20))
