"""
The demonstration data: real where public facts are concerned, invented where persons are.

Members, labs, themes, printed figures and the calendar of 2020 are facts of published reports.
Every person is made up; names are put together from syllables and addresses
end in example.org. It is the same on every machine but for its dates, which
lie around the day on which it is loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from eventhub.accounts.commands import add_account
from eventhub.accounts.queries import account_by_email
from eventhub.accounts.rules import Role
from eventhub.applying.commands import NewApplication, apply_to_lab
from eventhub.bodies.commands import give_seat
from eventhub.calls.commands import load_lab_templates
from eventhub.calls.opening import NewCall, open_call
from eventhub.campaigns.commands import create_campaign, propose_event
from eventhub.campaigns.rules import CampaignFacts, Proposal
from eventhub.database import sql, transaction
from eventhub.delegations.commands import ByStaff, Contact, NewDelegate, Terms, add_delegate, set_delegation
from eventhub.demo_people import MAN, NON_BINARY, WOMAN, City, People
from eventhub.demo_round import Play, RoundOf2024, RunningLabs
from eventhub.directory.imports import load_facts
from eventhub.events.commands import cancel_event, create_event, publish_event
from eventhub.events.imports import import_events
from eventhub.events.queries import EventRow, event_by_slug
from eventhub.events.rules import EventFacts, ItemFacts
from eventhub.fairness.commands import choose_invited_members
from eventhub.indicators.imports import load_indicators
from eventhub.invitations.commands import NewInvitation, add_invitation, send_invitation
from eventhub.labs.commands import LabFacts, create_lab, create_round
from eventhub.programme.commands import add_programme_item
from eventhub.questions.commands import add_question
from eventhub.questions.rules import Condition, Definition, Option, Texts
from eventhub.registrations.commands import (
    NewHeadCount,
    record_attendance,
    record_head_count,
    register_participant,
)
from eventhub.registrations.pools import add_pool
from eventhub.registrations.rules import PoolFacts
from eventhub.resources import DATA
from eventhub.reviewing.queries import REVIEWING_ROLES
from eventhub.series.commands import create_series, next_edition
from eventhub.speakers.commands import NewSpeaker, add_speaker

ADMINISTRATOR = "admin@example.org"
STAFF = (
    (ADMINISTRATOR, "Demo Administrator", Role.ADMINISTRATOR),
    ("programme@example.org", "Demo Programme", Role.PROGRAMME),
    ("organiser@example.org", "Demo Organiser", Role.ORGANISER),
    ("reader@example.org", "Demo Reader", Role.READER),
    ("check-in@example.org", "Demo Check-in", Role.CHECK_IN),
)


async def load_demo(now: datetime) -> bool:
    """
    Load everything that is not there yet.

    Returns:
        False when it was all loaded before.
    """
    if await sql("SELECT 1 AS one FROM audit_entry WHERE action = 'load_demo'"):
        return False
    await load_facts(now=now)
    await load_lab_templates(now)
    await load_indicators(now=now)
    for email, name, role in STAFF:
        if await account_by_email(email) is None:
            await add_account(email, name=name, role=role, now=now)
    administrator = await account_by_email(ADMINISTRATOR)
    assert administrator is not None
    account_id = UUID(str(administrator["id"]))
    content = (DATA / "calendar_2020_public.csv").read_bytes()
    await import_events(
        content, "calendar_2020_public.csv", source="calendar-2020", dry_run=False, now=now, account_id=account_id
    )
    members = await sql("SELECT key, language, region FROM member WHERE kind = 'member' ORDER BY key")
    loader = _Loader(now, account_id, People(), [(row["key"], row["language"]) for row in members])
    await loader.past_events()
    await loader.coming_events()
    await loader.running_call()
    await play_labs(now, account_id)
    await loader.asking_events()
    await loader.board_and_campaign()
    async with transaction():
        # letters about what is past were sent long ago, as far as the demonstration goes
        await sql(
            "UPDATE letter SET status = 'sent', sent_at = created_at, attempts = 1 WHERE created_at < {} OR event IN "
            "(SELECT id FROM event WHERE starts_on < {})",
            now - timedelta(hours=12),
            now.date(),
        )
        await sql(
            "INSERT INTO audit_entry (id, at, account, action, object_kind, object_id, detail) "
            "VALUES ({}, {}, {}, 'load_demo', 'database', 'demo', '')",
            uuid4(), now, account_id,
        )  # fmt: skip
    return True


async def play_labs(now: datetime, account_id: UUID) -> None:
    """The round of 2024 from its call to its report, and labs of the present round in every stage."""
    rows = await sql(
        "SELECT m.key AS key, m.language AS language, g.code AS region FROM member m JOIN region g ON g.id = m.region "
        "WHERE m.kind = 'member' ORDER BY m.key"
    )
    cities = [City(row["key"], row["language"], row["region"]) for row in rows]
    reviewers = []
    for email, _, role in STAFF:
        if role in REVIEWING_ROLES:
            account = await account_by_email(email)
            assert account is not None
            reviewers.append(UUID(str(account["id"])))
    play = Play(People("lab"), account_id, reviewers)
    await RoundOf2024(play, cities, now).load()
    running = RunningLabs(play, cities, now, now.year + 1)
    await running.load()
    await running.drafts("safe-ways-home", 3)


@dataclass
class _Loader:
    now: datetime
    account_id: UUID
    people: People
    members: Sequence[tuple[str, str]]

    async def event(
        self,
        title: str,
        day: date,
        *,
        kind: str = "webinar",
        mode: str = "online",
        hours: tuple[int, int] = (14, 16),
        zone: str = "Europe/Madrid",
        publish: bool = True,
        last_day: date | None = None,
        **more: object,
    ) -> EventRow:
        """An event with wall times; published on the eve of the demonstration or of itself."""
        if await sql("SELECT 1 AS one FROM event WHERE title = {}", title):
            rows = await sql("SELECT slug FROM event WHERE title = {}", title)
            return await event_by_slug(rows[0]["slug"])
        before = min(self.now, datetime.combine(day, time(8), UTC) - timedelta(days=40))
        facts = EventFacts(
            title=title, kind=kind, mode=mode, involvement=str(more.pop("involvement", "organised")),
            starts_on=day, starts_time=time(hours[0]), ends_on=last_day or day, ends_time=time(hours[1]), time_zone=zone,
            **more,  # type: ignore[arg-type]
        )  # fmt: skip
        event = await create_event(facts, now=before, account_id=self.account_id)
        if publish:
            event = await publish_event(event.slug, now=before, account_id=self.account_id)
        return event

    async def panel(
        self, event: EventRow, title: str, genders: Sequence[str], *, kind: str = "panel", hour: int = 0, length: int = 60,
        day: date | None = None, political: int = 0, moderator: str | None = None, status: str = "confirmed",
    ) -> None:  # fmt: skip
        """A programme item with speakers who stated these genders; an empty one stated none."""
        assert event.starts_time is not None
        start = datetime.combine(day or event.starts_on, event.starts_time) + timedelta(hours=hour)
        end = start + timedelta(minutes=length)
        facts = ItemFacts(title, kind, start.date(), start.time(), end.date(), end.time(), room="Main hall")
        item = await add_programme_item(event.slug, facts, now=self.now, account_id=self.account_id)
        for position, gender in enumerate([*genders, *([moderator] if moderator is not None else [])]):
            name = self.people.name()
            member = self.members[(self.people.made * 11) % len(self.members)][0]
            speaker = NewSpeaker(
                name=name,
                email=f"{name.lower().replace(' ', '.')}.{self.people.made}@example.org",
                gender=gender,
                level="political" if position < political else "technical",
                role="moderator" if position == len(genders) else "panellist" if len(genders) > 1 else "keynote",
                status=status,
                member=member,
            )
            await add_speaker(item.id, speaker, now=self.now, account_id=self.account_id)

    async def audience(self, event: EventRow, size: int, *, present: float = 0.0, women: float = 0.5) -> None:
        """People who register; a part of them was there."""
        at = min(self.now, (event.starts_at or self.now) - timedelta(days=20))
        for n in range(size):
            member, language = self.members[(n * 13 + size) % len(self.members)]
            draw = self.people.dice.random()
            gender = "" if draw > 0.93 else NON_BINARY if draw > 0.92 else WOMAN if draw < women * 0.92 else MAN
            online = event.mode == "online" or (event.mode == "hybrid" and n % 2 == 1)
            new = self.people.new(member, language, gender, online=online)
            done = await register_participant(event.slug, new, now=at - timedelta(minutes=7 * (size - n)))
            if self.people.dice.random() < present and done.registration.has_seat:
                await record_attendance(
                    done.registration.id, attended=True, now=event.ends_at or at, account_id=self.account_id
                )

    async def past_events(self) -> None:
        """Own events of the last years with panels, attendance, a head count and a parity exception."""
        plan = (
            ("Metropolitan governance after the elections", date(2024, 2, 14), "seminar", [WOMAN, MAN, WOMAN, MAN], 22),
            ("Care as infrastructure", date(2024, 3, 8), "webinar", [WOMAN, WOMAN, MAN], 34),
            ("Financing metropolitan transport", date(2024, 5, 22), "webinar", [MAN, MAN, WOMAN, WOMAN, MAN], 41),
            ("Women and men in city leadership", date(2025, 3, 10), "policy_debate", [WOMAN, MAN, WOMAN], 38),
            ("Water and heat in large cities", date(2025, 6, 4), "workshop", [MAN, WOMAN, WOMAN, MAN], 26),
            ("Housing across municipal borders", date(2026, 2, 18), "seminar", [WOMAN, MAN], 31),
            ("Data for metropolitan decisions", date(2026, 5, 6), "webinar", [MAN, WOMAN, NON_BINARY, MAN, WOMAN], 44),
        )
        for title, day, kind, genders, size in plan:
            event = await self.event(title, day, kind=kind, publish=False)
            await self.panel(event, f"Panel: {title.lower()}", genders, political=2, moderator=WOMAN)
            published = event.starts_at - timedelta(days=30) if event.starts_at else self.now
            await publish_event(event.slug, now=published, account_id=self.account_id)
            await self.audience(event, size, present=0.8, women=0.48)
        event = await self.event("Mayors on climate budgets", date(2026, 9, 16), kind="policy_debate", publish=False)
        await self.panel(event, "Mayors in conversation", [MAN, MAN, MAN, WOMAN], political=4, moderator=WOMAN)
        await publish_event(
            event.slug, exception_reason="One speaker fell ill on the eve; a woman had been confirmed for the seat.",
            may_except=True, now=datetime(2026, 9, 15, 15, tzinfo=UTC), account_id=self.account_id,
        )  # fmt: skip
        await self.audience(event, 36, present=0.75, women=0.5)
        forum = await self.event(
            "World forum of large cities", date(2026, 6, 22), kind="global_event", mode="in_person", place="Cairo",
            country="EG", zone="Africa/Cairo", hours=(9, 18), last_day=date(2026, 6, 24), involvement="spoke_at",
            registration_mode="closed",
        )  # fmt: skip
        count = NewHeadCount(62, 71, 2, 15, 24, "Report of the host")
        await record_head_count(forum, count, now=self.now, account_id=self.account_id)

    async def coming_events(self) -> None:
        """What staff work on now: a full event, panels that fail, a congress, a cancelled one."""
        today = self.now.date()
        care = await self.event(
            "Care work in the metropolis: what cities can do", today + timedelta(days=16), publish=False, capacity=300,
            online_url="https://meet.example.org/care",
            description="Who looks after children and older people, and who pays for it?\n\nFive cities tell what they "
            "have tried, what it cost, and what they would do differently.",
            themes=("cohesion", "gender"), action_lines=("2024-2026/AL2",),
        )  # fmt: skip
        await self.panel(care, "Opening", [WOMAN], kind="keynote", length=20)
        await self.panel(
            care, "Five cities on care", [WOMAN, MAN, WOMAN, MAN, MAN], hour=1, political=2, moderator=WOMAN
        )
        await publish_event(care.slug, now=self.now, account_id=self.account_id)
        await self.audience(care, 87)
        full = await self.event(
            "Workshop on heat plans", today + timedelta(days=23), kind="workshop", mode="hybrid", capacity=12,
            place="Conference centre, Barcelona", country="ES", hours=(9, 13),
            online_url="https://meet.example.org/heat", themes=("ecosystems",),
            description="Bring your city's heat plan. We work in small groups; that is why there are twelve seats.",
        )  # fmt: skip
        await self.audience(full, 17)
        draft = await self.event(
            "Forum on metropolitan finance", today + timedelta(days=45), kind="forum", mode="in_person", publish=False,
            place="Town hall, Montréal", country="CA", zone="America/Toronto", hours=(9, 17), themes=("institutions",),
        )  # fmt: skip
        await self.panel(draft, "Investors and cities", [MAN, MAN, MAN], status="invited", moderator=WOMAN)
        await self.panel(draft, "Green bonds in practice", [WOMAN, MAN, MAN, MAN, MAN], hour=2, political=2)
        await self.panel(draft, "Lessons from small budgets", [WOMAN, MAN, "", ""], hour=4, status="invited")
        congress = await self.event(
            "World congress of metropolises", today + timedelta(days=200), kind="congress", mode="hybrid",
            last_day=today + timedelta(days=203), hours=(9, 18), zone="Asia/Kolkata", place="Convention centre, New Delhi",
            country="IN", capacity=1400, publish=False, themes=("futures", "institutions"),
            description="Four days, three plenaries, side events and visits; held every three years.",
        )  # fmt: skip
        for offset, (title, genders) in enumerate(
            (
                ("Plenary: metropolitan futures", [WOMAN, MAN, WOMAN, MAN]),
                ("Plenary: who governs the metropolis?", [MAN, WOMAN, MAN, WOMAN, WOMAN]),
                ("Plenary: the care economy", [WOMAN, WOMAN, MAN, MAN]),
            )
        ):
            await self.panel(
                congress, title, genders, kind="plenary", day=today + timedelta(days=200 + offset), political=2
            )
        await publish_event(congress.slug, now=self.now, account_id=self.account_id)
        await self.audience(congress, 64, women=0.52)
        off = await self.event("Study visit to the port", today + timedelta(days=30), kind="visit", mode="in_person", place="Old port, Marseille", country="FR", zone="Europe/Paris", capacity=20)  # fmt: skip
        await self.audience(off, 6)
        await cancel_event(
            off.slug,
            reason="The host has to repair the quay; a new date will follow.",
            now=self.now,
            account_id=self.account_id,
        )
        for title, days, zone in (
            ("Metropolitan talks: data and trust", 37, "America/Bogota"),
            ("Dialogues métropolitains: se loger en métropole", 51, "Africa/Dakar"),
            ("Diálogos metropolitanos: movilidad y cuidados", 65, "America/Mexico_City"),
        ):
            language = "fr" if title.startswith("Dialogues") else "es" if title.startswith("Diálogos") else "en"
            talk = await self.event(title, today + timedelta(days=days), zone=zone, hours=(10, 11), language=language)
            await self.audience(talk, 9)

    async def asking_events(self) -> None:
        """An event that asks, keeps seats and invites; an online group with unequal hours; a series with two editions."""
        today = self.now.date()
        training = await self.event(
            "Training on metropolitan data for planners", today + timedelta(days=58), kind="training_course",
            mode="hybrid", place="City library, Guangzhou", country="CN", zone="Asia/Shanghai", hours=(9, 17),
            online_url="https://meet.example.org/data", capacity=40, themes=("institutions",),
            description="One day with open data of five cities. Bring a laptop, or follow online.",
        )  # fmt: skip
        lunch = {
            code: Texts(label, "", purpose)
            for code, label, purpose in (
                ("en", "What do you eat at lunch?", "So that the kitchen cooks enough of each dish."),
                ("es", "¿Qué come al mediodía?", "Para que la cocina prepare bastante de cada plato."),
                ("fr", "Que mangez-vous à midi ?", "Pour que la cuisine prépare assez de chaque plat."),
            )
        }
        dishes = (
            Option("vegetarian", {"en": "Vegetarian", "es": "Vegetariano", "fr": "Végétarien"}),
            Option("fish", {"en": "Fish", "es": "Pescado", "fr": "Poisson"}),
            Option("meat", {"en": "Meat", "es": "Carne", "fr": "Viande"}),
        )
        years = {
            code: Texts(label, "", purpose)
            for code, label, purpose in (
                ("en", "How many years have you worked with maps?", "So that each group has beginners and experts."),
                (
                    "es",
                    "¿Cuántos años lleva trabajando con mapas?",
                    "Para que cada grupo reúna experiencias distintas.",
                ),
                ("fr", "Depuis combien d’années travaillez-vous avec des cartes ?", "Pour mêler les expériences."),
            )
        }
        wish = {
            code: Texts(label, "", purpose)
            for code, label, purpose in (
                ("en", "Which question do you bring?", "So that the trainers can prepare answers."),
                ("es", "¿Qué pregunta trae?", "Para que el equipo docente prepare respuestas."),
                ("fr", "Quelle question apportez-vous ?", "Pour que l’équipe de formation prépare des réponses."),
            )
        }
        for definition in (
            Definition("choice", lunch, dishes, Condition("attends", "on_site")),
            Definition("number", years, least=0, most=60),
            Definition("long_text", wish),
        ):
            await add_question(training.slug, definition, now=self.now, account_id=self.account_id)
        for pool in (PoolFacts("On site", 24, "on_site"), PoolFacts("Online", 200, "online")):
            await add_pool(training.slug, pool, now=self.now, account_id=self.account_id)
        await self.audience(training, 14)
        name = self.people.name()
        invited = await add_invitation(
            training,
            NewInvitation(name, f"{name.lower().replace(' ', '.')}.{self.people.made}@example.org", self.members[5][0]),
            now=self.now, account_id=self.account_id,
        )  # fmt: skip
        await send_invitation(invited, now=self.now, account_id=self.account_id)

        group = await self.event(
            "Working group on night transport", today + timedelta(days=34), hours=(15, 16), capacity=30,
            online_url="https://meet.example.org/night",
            description="Twelve cities compare what runs after midnight, and who can go home safely.",
        )  # fmt: skip
        keys = [key for key, _ in self.members]
        await choose_invited_members(
            group.slug, keys[:: len(keys) // 12][:12], now=self.now, account_id=self.account_id
        )

        series = await create_series("School of metropolitan leadership", now=self.now, account_id=self.account_id)
        first = await self.event(
            "School of metropolitan leadership 2025", date(2025, 11, 12), kind="learning", series=series.slug, edition=1,
            description="A day of exchange for people who begin to lead a department.", publish=False,
        )  # fmt: skip
        await self.panel(first, "Leading across borders", [WOMAN, MAN])
        await publish_event(first.slug, now=datetime(2025, 10, 1, 9, tzinfo=UTC), account_id=self.account_id)
        if await sql("SELECT 1 AS one FROM event WHERE series = {} AND edition = 2", series.id):
            return
        await next_edition(first.slug, today + timedelta(days=80), now=self.now, account_id=self.account_id)

    async def board_and_campaign(self) -> None:
        """A meeting of the board with seats, two desks and a delegation; a campaign with two proposals."""
        today, keys = self.now.date(), [key for key, _ in self.members]
        for key in keys[::16]:
            await give_seat(
                "board_of_directors", key, date(today.year, 1, 1), None, now=self.now, account_id=self.account_id
            )
        board = await self.event(
            "Meeting of the Board of Directors", today + timedelta(days=72), kind="board_of_directors", mode="hybrid",
            place="Town hall, Brussels", country="BE", zone="Europe/Brussels", hours=(9, 13),
            online_url="https://meet.example.org/board", registration_mode="invitation",
        )  # fmt: skip
        for key in keys[:48:16]:
            name = self.people.name()
            address = f"{name.lower().replace(' ', '.')}.{self.people.made}@example.org"
            contact = Contact(name, address)
            await set_delegation(board.slug, key, Terms(2, 1), contact, now=self.now, account_id=self.account_id)
            staff = ByStaff(board.slug, key, self.account_id)
            head = NewDelegate(name, address, "head", "on_site", "political")
            await add_delegate(staff, head, now=self.now)

        facts = CampaignFacts(
            "Days of care in the metropolis", "Care", today + timedelta(days=90), today + timedelta(days=97),
            "A week in which cities show who cares, and how a city can help.",
            submissions_until=today + timedelta(days=60), is_public=True,
        )  # fmt: skip
        campaign = await create_campaign(facts, now=self.now, account_id=self.account_id)
        for title, days, kind, member in (
            ("Open doors at the neighbourhood kitchen", 91, "member", keys[20]),
            ("A walk with people who push wheelchairs", 93, "other", ""),
        ):
            day, name = today + timedelta(days=days), self.people.name()
            proposal = Proposal(
                kind, "" if member else "Association of carers", name,
                f"{name.lower().replace(' ', '.')}.{self.people.made}@example.org", title, "in_person",
                day, time(10), day, time(12), "Europe/Madrid", place="Main square", country="ES",
                description="Everybody is welcome; the place has no steps.", member=member,
            )  # fmt: skip
            await propose_event(campaign.slug, proposal, now=self.now)

    async def running_call(self) -> None:
        """The present round, with two labs whose calls are open and some applications."""
        year = self.now.year + 1
        if await sql("SELECT 1 AS one FROM lab_round WHERE year = {}", year):
            return
        await create_round(
            year, title=f"Solutions Labs {year}", now=self.now, account_id=self.account_id,
            lessons="Sessions in two time slots brought cities of Asia and the Americas back.",
        )  # fmt: skip
        today = self.now.date()
        for name, themes, wanted in (
            ("Cool streets for hot summers", ("ecosystems", "futures"), 14),
            ("Safe ways home", ("cohesion", "gender"), 9),
        ):
            facts = LabFacts(
                name, year, themes=themes,
                description="A small group of cities works on one problem over four months: two sessions online, one in "
                "a host city, and a plan that each city takes home.",
            )  # fmt: skip
            lab = await create_lab(facts, now=self.now, account_id=self.account_id)
            call = NewCall(
                datetime.combine(today - timedelta(days=10), time(9)),
                datetime.combine(today + timedelta(days=24), time(18)),
                "Europe/Madrid",
                text="Tell us what you have tried and what you would like to learn. Two people of each city can take part.",
                criteria="A concrete case; readiness to share; a team of women and men.",
                cohort_size=8,
            )
            await open_call(lab.slug, call, now=self.now, account_id=self.account_id)
            for n in range(wanted):
                member, language = self.members[(n * 17 + wanted) % len(self.members)]
                name_of_contact = self.people.name()
                new = NewApplication(
                    member, name_of_contact,
                    f"{name_of_contact.lower().replace(' ', '.')}.{self.people.made}@example.org",
                    "Our city has a case that others can use, and questions that others have answered.",
                    offers="Maps, contracts and the team that wrote them.", needs="Ways to pay for upkeep.",
                    language=language,
                )  # fmt: skip
                await apply_to_lab(lab.slug, new, now=self.now)
