"""Questions on events and people: 1, 2, 3, 8, 16 to 20, 22, 28, 29, 30."""

from decimal import ROUND_HALF_UP, Decimal

from eventhub.answers.asking import Asked, answers, by_gender, gender_sentence, section
from eventhub.answers.queries import (
    attended_events,
    campaigns_asked,
    edition_before,
    editions_in,
    people_of_events,
)
from eventhub.directory.queries import regions
from eventhub.events.rules import OWN
from eventhub.labels import label_of
from eventhub.sections import Cell, Chart, ChartKind, Column, DataTable, Section
from eventhub.statistics.campaigns import ORGANISERS, campaign_people
from eventhub.statistics.queries import YearFigures, as_seen, calendar_annex, figures_of
from eventhub.statistics.reading import events_of, members_of
from eventhub.statistics.rules import Figure, growth, leading
from eventhub.statistics.scopes import belongs_to_meeting, is_annual_meeting, is_global, is_on_gender
from eventhub.words import Sentence, enumeration

_EVENT, _DAY = Column("event", Sentence("Event")), Column("starts_on", Sentence("Day"))
_FIGURE = Column("figure", Sentence("Figure"))
_VALUE = Column("value", Sentence("Value"), is_number=True)
_MEANS = Column("definition", Sentence("What is counted"))


def word(code: str) -> Sentence:
    """A code in words."""
    return Sentence(label_of(code))


async def year_of(asked: Asked) -> YearFigures:
    """The figures of the year as whoever asks may see them."""
    return as_seen(await figures_of(asked.year), is_exact=asked.is_exact)


def figures_table(code: str, title: Sentence, figures: list[Figure]) -> DataTable:
    """Some figures with their shares and definitions."""
    number = {"is_number": True}
    return DataTable(
        code,
        title,
        (
            _FIGURE, _VALUE, Column("women_pct", Sentence("Women, %"), **number),
            Column("men_pct", Sentence("Men, %"), **number), Column("known", Sentence("Known"), **number),
            Column("unknown", Sentence("Not known"), **number), Column("year_before", Sentence("Year before"), **number),
            _MEANS,
        ),
        tuple(
            (
                one.name, _cell(one), one.women_pct, one.men_pct, one.known, one.unknown,
                None if one.earlier is None else int(one.earlier), one.definition,
            )
            for one in figures
        ),
    )  # fmt: skip


def _cell(figure: Figure) -> Cell:
    if figure.unit == "%":
        return Sentence("%(share)s%%", share=figure.value)
    return figure.value if isinstance(figure.value, int) else str(figure.value)


def two_places(value: int, earlier: int) -> str:
    """A ratio with two places, rounded half up as all numbers that are printed."""
    return str((Decimal(value) / earlier).quantize(Decimal("0.01"), ROUND_HALF_UP))


@answers(1)
async def own_events(asked: Asked) -> Section:
    """Own events by kind, mode and action line."""
    found = await year_of(asked)
    number = found["own_events"].value
    modes = tuple(Column(mode, word(mode), True) for mode in ("in_person", "online", "hybrid"))
    kinds = DataTable(
        "kinds",
        Sentence("Own events by kind and mode"),
        (Column("kind", Sentence("Kind")), *modes, Column("total", Sentence("In all"), True)),
        tuple((word(row.kind), row.in_person, row.online, row.hybrid, row.total) for row in found.kinds),
        totals=(
            (
                Sentence("Total"), sum(row.in_person for row in found.kinds), sum(row.online for row in found.kinds),
                sum(row.hybrid for row in found.kinds), sum(row.total for row in found.kinds),
            ),
        ) if found.kinds else (),
    )  # fmt: skip
    lines = DataTable(
        "action_lines",
        Sentence("Own events by action line"),
        (Column("code", Sentence("Code")), Column("name", Sentence("Action line")), Column("events", Sentence("Own events"), True)),
        tuple((line.code, line.name, line.events) for line in found.lines),
        note=Sentence("An event with several action lines counts under each of them."),
    )  # fmt: skip
    top = leading({row.kind: row.total for row in found.kinds})
    charts: tuple[Chart, ...] = ()
    if len(found.kinds) > 1:
        title = (
            Sentence("%(kind)s is the most frequent kind.", kind=word(top[0]))
            if len(top) == 1
            else Sentence("No kind of event stands out.")
        )
        charts = (
            Chart(
                "kinds-chart", ChartKind.BARS, title, Sentence("Kind"), (Sentence("Own events"),),
                tuple((word(row.kind), (row.total,)) for row in found.kinds),
            ),
        )  # fmt: skip
    said = Sentence.counted(
        "%(num)s own event was held in %(year)s.",
        "%(num)s own events were held in %(year)s.",
        int(number),
        year=asked.year,
    )
    return section(1, said, found["own_events"].definition, charts=charts, tables=(kinds, lines))


@answers(2)
async def people_engaged(asked: Asked) -> Section:
    """People at own events."""
    found = await year_of(asked)
    both = [found["attendances"], found["unique_people"]]
    return section(
        2,
        Sentence(
            "Own events of %(year)s engaged %(people)s, counted once for each event; counted once in the year: %(unique)s.",
            people=Sentence.counted("%(num)s person", "%(num)s people", int(both[0].value)),
            unique=both[1].value, year=asked.year,
        ),
        gender_sentence(both[0].shown),
        tables=(figures_table("people", Sentence("People engaged"), both),),
    )  # fmt: skip


@answers(3)
async def led_or_co_led(asked: Asked) -> Section:
    """The same over all events led or co-led."""
    found = await year_of(asked)
    own, led = found["attendances"], found["led_attendances"]
    more = int(led.value) - int(own.value)
    return section(
        3,
        Sentence(
            "Over all events led or co-led it is %(led)s instead of %(own)s: %(more)s more, from bilateral meetings.",
            led=Sentence.counted("%(num)s person", "%(num)s people", int(led.value)), own=own.value, more=more,
        ),
        gender_sentence(led.shown),
        tables=(
            figures_table(
                "people",
                Sentence("People engaged"),
                [own, led, found["unique_people"], found["led_unique_people"], found["own_events"], found["led_events"]],
            ),
        ),
    )  # fmt: skip


@answers(8)
async def events_of_others(asked: Asked) -> Section:
    """Events of others, and those of allies."""
    found = await year_of(asked)
    all_of_them, allied = found["global_events"], found.get("allied_events")
    events = [event for event in await events_of(asked.year) if event.starts_on.year == asked.year]
    chosen = [event for event in events if is_global(event)]
    table = DataTable(
        "events",
        Sentence("Events of others"),
        (_EVENT, _DAY, Column("involvement", Sentence("Involvement")), Column("allied", Sentence("With allies"))),
        tuple(
            (event.title, event.starts_on, word(event.involvement), Sentence("yes") if event.is_allied else None)
            for event in chosen
        ),
        links=tuple(f"/staff/events/{event.slug}" for event in chosen),
    )
    said = (
        (
            Sentence.counted(
                "We took part in %(num)s event of others.",
                "We took part in %(num)s events of others.",
                int(all_of_them.value),
            ),
            Sentence(
                "How many were with the partner federation or the taskforce is not known: nobody has said who they are "
                "(setting EVENTHUB_ALLIED_PARTNERS)."
            ),
        )
        if allied is None
        else (
            Sentence(
                "We took part in %(events)s of others; with the partner federation or the taskforce: %(allied)s.",
                events=Sentence.counted("%(num)s event", "%(num)s events", int(all_of_them.value)), allied=allied.value,
            ),
            allied.definition,
        )
    )  # fmt: skip
    return section(8, *said, tables=(table,))


# Learning


@answers(16)
async def learning(asked: Asked) -> Section:
    """Learning activities and the people at them."""
    found = await year_of(asked)
    people = found["learning_attendances"]
    return section(
        16,
        Sentence.counted(
            "%(num)s learning activity was held for %(people)s people.",
            "%(num)s learning activities were held for %(people)s people.",
            int(found["learning_activities"].value),
            people=people.value,
        ),
        gender_sentence(people.shown),
        tables=(
            figures_table(
                "learning",
                Sentence("Learning"),
                [found["learning_activities"], people, found["learning_people"]],
            ),
        ),
    )  # fmt: skip


@answers(17)
async def learning_members(asked: Asked) -> Section:
    """Members in learning by region."""
    members = {}
    for one in (await members_of(asked.year))[True]:
        if one.kind == "member" and "learning" in one.scopes:
            members[one.key] = one
    names = {row["code"]: row["name"] for row in await regions()}
    by_region = {code: sorted(m.name for m in members.values() if m.region == code) for code in names}
    table = DataTable(
        "regions",
        Sentence("Members in learning activities by region"),
        (Column("region", Sentence("Region")), Column("members", Sentence("Members"), True), Column("names", Sentence("Which"))),
        tuple((Sentence(names[code]), len(found), ", ".join(found)) for code, found in by_region.items() if found),
    )  # fmt: skip
    return section(
        17,
        Sentence.counted(
            "%(num)s member joined learning activities, from %(regions)s.",
            "%(num)s members joined learning activities, from %(regions)s.",
            len(members),
            regions=Sentence.counted("%(num)s region", "%(num)s regions", len({m.region for m in members.values()})),
        ),
        Sentence("The region is that of the day of the event."),
        tables=(table,),
    )


@answers(18)
async def learning_experts(asked: Asked) -> Section:
    """Experts of learning."""
    found = (await year_of(asked))["learning_experts"]
    return section(
        18,
        Sentence.counted(
            "%(num)s expert gave learning sessions.", "%(num)s experts gave learning sessions.", int(found.value)
        ),
        gender_sentence(found.shown),
        tables=(figures_table("experts", Sentence("Experts of learning activities"), [found]),),
    )


# Series and campaigns


@answers(19)
async def a_series(asked: Asked) -> Section:
    """Speakers and participants of the events of a series in the year."""
    parts = []
    for series in await editions_in(asked.year, asked.series):
        found = await people_of_events([event.id for event in series.events])
        speakers, others = by_gender(found.speakers, asked), by_gender(found.participants, asked)
        table = DataTable(
            f"series-{series.slug}",
            Sentence("Speakers and participants"),
            (
                Column("group", Sentence("Group")), Column("people", Sentence("People"), True),
                Column("women", Sentence("Women"), True), Column("men", Sentence("Men"), True),
                Column("women_pct", Sentence("Women, %"), True), Column("men_pct", Sentence("Men, %"), True),
            ),
            tuple(
                (name, counts.everybody, of.women, of.men, of.women_pct, of.men_pct)
                for name, counts, of in (
                    (Sentence("Speakers"), found.speakers, speakers),
                    (Sentence("Participants"), found.participants, others),
                )
            ),
        )  # fmt: skip
        parts.append(
            Section(
                f"series-{series.slug}",
                series.name,
                (
                    Sentence.counted(
                        "%(num)s event with %(speakers)s and %(participants)s.",
                        "%(num)s events with %(speakers)s and %(participants)s.",
                        len(series.events),
                        speakers=Sentence.counted("%(num)s speaker", "%(num)s speakers", found.speakers.everybody),
                        participants=Sentence.counted(
                            "%(num)s other participant", "%(num)s other participants", found.participants.everybody
                        ),
                    ),
                    Sentence("Members that took part: %(names)s.", names=", ".join(found.members))
                    if found.members
                    else Sentence("No member took part."),
                ),
                tables=(table,),
            )
        )
    return section(
        19,
        Sentence("Participants attended and did not speak; each person counts once.")
        if parts
        else Sentence("No event of %(year)s belongs to a series.", year=asked.year),
        parts=tuple(parts),
    )


@answers(28)
async def growth_of_a_series(asked: Asked) -> Section:
    """This edition of a series beside the one before."""
    rows: list[tuple[Cell, ...]] = []
    for series in await editions_in(asked.year, asked.series):
        before = await edition_before(series.slug, asked.year)
        now = sum(series.attended.values())
        ratio = two_places(now, before.attended) if before and before.attended else None
        change = growth(now, before.attended) if before else None
        rows.append(
            (series.name, now, before.year if before else None, before.attended if before else None, ratio, change)
        )
    table = DataTable(
        "series",
        Sentence("Attendance of series against the edition before"),
        (
            Column("series", Sentence("Series")), Column("attendance", Sentence("Attendance"), True),
            Column("before_year", Sentence("Edition before"), True), Column("before", Sentence("Attendance then"), True),
            Column("ratio", Sentence("Ratio"), True), Column("growth_pct", Sentence("Growth, %"), True),
        ),
        tuple(rows),
    )  # fmt: skip
    sentences = [
        Sentence(
            "“%(series)s” had %(now)s people against %(before)s in %(year)s: %(ratio)s times as many.",
            series=row[0], now=row[1], before=row[3], year=row[2], ratio=row[4],
        )
        if row[4] is not None
        else Sentence("“%(series)s” has no earlier edition with attendance to compare with.", series=row[0])
        for row in rows
    ] or [Sentence("No event of %(year)s belongs to a series.", year=asked.year)]  # fmt: skip
    return section(28, *sentences, tables=(table,) if rows else ())


@answers(20)
async def campaign_events(asked: Asked) -> Section:
    """Events of campaigns by organiser."""
    found = await campaigns_asked(asked.year, asked.campaign)
    table = DataTable(
        "campaigns",
        Sentence("Events of campaigns by organiser"),
        (
            Column("campaign", Sentence("Campaign")), Column("own", Sentence("Own events"), True),
            Column("co_organised", Sentence("Co-organised"), True), Column("members", Sentence("By members"), True),
            Column("partners", Sentence("By partners"), True), Column("others", Sentence("By others"), True),
            Column("total", Sentence("In all"), True),
        ),
        tuple((one.title, *(one.by.get(who, 0) for who in ORGANISERS), one.total) for one in found),
        note=Sentence("Published events; umbrella events are not counted."),
    )  # fmt: skip
    sentences = [
        Sentence.counted(
            "“%(campaign)s” had %(num)s event.", "“%(campaign)s” had %(num)s events.", one.total, campaign=one.title
        )
        for one in found
    ] or [Sentence("There was no campaign in %(year)s.", year=asked.year)]
    return section(20, *sentences, tables=(table,) if found else ())


@answers(22)
async def people_of_campaigns(asked: Asked) -> Section:
    """People at own events of campaigns."""
    parts = []
    for one in await campaigns_asked(asked.year, asked.campaign):
        people = await campaign_people(asked.year, one.slug)
        parts.append(
            Section(
                f"campaign-{one.slug}",
                one.title,
                (
                    Sentence.counted(
                        "%(num)s person was engaged in own events of the campaign, counted once for each event.",
                        "%(num)s people were engaged in own events of the campaign, counted once for each event.",
                        people.everybody,
                    ),
                    gender_sentence(by_gender(people, asked)),
                ),
            )
        )
    nothing = () if parts else (Sentence("There was no campaign in %(year)s.", year=asked.year),)
    return section(22, *nothing, parts=tuple(parts))


# Gender and the calendar


@answers(29)
async def on_gender(asked: Asked) -> Section:
    """Events on gender, and whether each annual meeting had one."""
    events = [event for event in await events_of(asked.year) if event.starts_on.year == asked.year]
    chosen = [event for event in events if is_on_gender(event)]
    meetings = [event for event in events if is_annual_meeting(event)]
    themed = [event for event in events if "gender" in event.themes]
    with_one = {meeting.id for meeting in meetings if any(belongs_to_meeting(event, meeting) for event in themed)}
    annual = DataTable(
        "annual_meetings",
        Sentence("Annual meetings"),
        (_EVENT, _DAY, Column("has_one", Sentence("Has an event on gender"))),
        tuple(
            (event.title, event.starts_on, Sentence("yes") if event.id in with_one else Sentence("no"))
            for event in meetings
        ),
        note=Sentence(
            "An event on gender is at an annual meeting when it is the meeting itself, a part of it, "
            "or an event of our own on its days."
        ),
        links=tuple(f"/staff/events/{event.slug}" for event in meetings),
    )
    table = DataTable(
        "events",
        Sentence("Events on gender"),
        (_EVENT, _DAY, Column("involvement", Sentence("Involvement"))),
        tuple((event.title, event.starts_on, word(event.involvement)) for event in chosen),
        links=tuple(f"/staff/events/{event.slug}" for event in chosen),
    )
    lacking = len(meetings) - len(with_one)
    return section(
        29,
        Sentence.counted(
            "We led, co-led or spoke at %(num)s event on gender.",
            "We led, co-led or spoke at %(num)s events on gender.",
            len(chosen),
        ),
        Sentence("There was no annual meeting.")
        if not meetings
        else Sentence("Each annual meeting had one.")
        if not lacking
        else Sentence.counted(
            "%(num)s annual meeting had none.", "%(num)s annual meetings had none.", lacking
        ),
        tables=(table, annual),
    )  # fmt: skip


@answers(30)
async def annex(asked: Asked) -> Section:
    """The calendar annex, and what its rows lack."""
    rows = await calendar_annex(asked.year)
    events = {event.slug: event for event in await events_of(asked.year)}
    attended = await attended_events([event.id for event in events.values()])

    def lacks(slug: str, end: str, place: str) -> Cell:
        event = events[slug]
        missing = [
            words
            for is_missing, words in (
                (not end, Sentence("end")),
                (not place, Sentence("place")),
                (event.id not in attended and event.involvement in OWN, Sentence("attendance")),
            )
            if is_missing
        ]
        return enumeration(missing)

    found = [(row, lacks(row.slug, row.end, row.location)) for row in rows]
    table = DataTable(
        "annex",
        Sentence("Calendar annex"),
        (
            Column("start", Sentence("Start")), Column("end", Sentence("End")), Column("title", Sentence("Title")),
            Column("location", Sentence("Location")), Column("lacks", Sentence("Lacks")),
        ),
        tuple((row.start, row.end, row.title, row.location, lack) for row, lack in found),
        note=Sentence("Attendance is a list, or a head count, of own events."),
        links=tuple(f"/staff/events/{row.slug}" for row, _ in found),
    )  # fmt: skip
    return section(
        30,
        Sentence.counted("The annex has %(num)s row.", "The annex has %(num)s rows.", len(rows)),
        Sentence.counted(
            "%(num)s of them lacks something.",
            "%(num)s of them lack something.",
            sum(lack is not None for _, lack in found),
        ),
        tables=(table,),
    )
