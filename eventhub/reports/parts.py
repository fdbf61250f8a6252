"""Sections of the report: headline figures, events, action lines, labs, campaigns and annexes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from eventhub.errors import NotFound
from eventhub.events.queries import action_lines
from eventhub.events.rules import Involvement, Mode
from eventhub.labels import label_of
from eventhub.labs.report import RoundReport, report_of_round
from eventhub.outcomes.rules import STATE_WORDS, OutcomeState
from eventhub.plans.queries import Deliverable, Plan, PlanLine, plan_by_code
from eventhub.plans.rules import DeliverableStatus
from eventhub.reports.queries import (
    ReportedEvent,
    labs_by_line,
)
from eventhub.sections import Cell, Chart, ChartKind, Column, DataTable, Section
from eventhub.speakers.rules import Counts
from eventhub.statistics.campaigns import (
    ORGANISERS,
    CampaignMember,
    CampaignOfYear,
    campaign_members,
    campaign_people,
    campaigns_of,
)
from eventhub.statistics.disclosure import (
    HIDDEN,
    ShownCounts,
    shown,
    shown_together,
)
from eventhub.statistics.queries import YearFigures
from eventhub.statistics.rules import Figure, leading, protected_labs
from eventhub.words import Sentence, enumeration

#: Rows of a chart; the table has all of them.
MOST_BARS = 12


@dataclass(frozen=True)
class Wanted:
    """What a section is asked for: the year, who may read it, and what has been read of the year already."""

    year: int
    is_exact: bool
    figures: YearFigures
    events: list[ReportedEvent]

    def shown(self, counts: Counts) -> ShownCounts:
        """Numbers by gender as the readers of this report may see them."""
        return shown(counts, is_exact=self.is_exact)

    def together(self, **more: Counts) -> dict[str, ShownCounts]:
        """All figures of people by their codes, with further ones of `RANKED`, as far as nobody follows from them."""
        figures = {one.code: one.counts for one in self.figures.figures if one.counts is not None}
        return shown_together(figures | more, self.figures.crowd, is_exact=self.is_exact)

    def of_campaign(self, people: Counts) -> ShownCounts:
        """Numbers of one campaign: those of the figure where it is the only one of the year, else for data stewards alone."""
        whole = self.figures["campaign_attendances"].counts
        if self.is_exact or people != whole:
            return self.shown(people) if self.is_exact else HIDDEN
        return self.together()["campaign_attendances"]

    def shown_labs(self) -> list[ShownCounts]:
        """The same for each lab."""
        if self.is_exact:
            return [lab.shown for lab in self.figures.labs]
        return [lab.shown for lab in protected_labs(self.figures.labs, self.figures.crowd)]

    def shown_table(self, groups: Sequence[str], counts: Mapping[str, Counts], *, whole: str) -> list[ShownCounts]:
        """The same for groups that may have people in common, by their names in the crowd of the year."""
        if not self.is_exact and not self.figures.crowd.may_be_shown_too(groups, whole):
            return [HIDDEN for _ in groups]
        return [self.shown(counts[group]) for group in groups]


def words(code: str) -> Sentence:
    """A code in words that are translated where they are printed."""
    return Sentence(label_of(code))


NUMBER = Sentence("Number")
GENDER_COLUMNS = (
    Column("women", Sentence("Women"), is_number=True),
    Column("men", Sentence("Men"), is_number=True),
    Column("women_pct", Sentence("Women, per cent"), is_number=True),
    Column("men_pct", Sentence("Men, per cent"), is_number=True),
    Column("known", Sentence("Known"), is_number=True),
    Column("unknown", Sentence("Not known"), is_number=True),
)


def gender_cells(one: ShownCounts) -> tuple[Cell, ...]:
    """The cells below GENDER_COLUMNS; empty where nothing is shown."""
    return one.women, one.men, one.women_pct, one.men_pct, one.known, one.unknown


PROTECTED = Sentence(
    "Numbers by gender protect people: nothing is shown of groups with fewer than ten known women and men, or fewer than "
    "five of either; other numbers are rounded to five, and shares are given of 25 people and more."
)


def table_of(
    code: str,
    title: Sentence,
    columns: tuple[Column, ...],
    rows: Iterable[tuple[Cell, ...]],
    *,
    note: Sentence | None = None,
    links: Iterable[str | None] = (),
    totals: tuple[tuple[Cell, ...], ...] = (),
) -> tuple[DataTable, ...]:
    """A table in a tuple, or nothing where it would have no row."""
    kept = tuple(rows)
    return (DataTable(code, title, columns, kept, note=note, links=tuple(links), totals=totals),) if kept else ()


# Headline figures


async def headline_sections(wanted: Wanted) -> list[Section]:
    """Every figure with the year before, what is known of it, and what it means."""
    figures = wanted.figures
    known = wanted.together()
    return [
        Section(
            "headline",
            Sentence("Headline figures"),
            sentences=(*_headlines(figures), *(() if wanted.is_exact else (PROTECTED,))),
            tables=(
                DataTable(
                    "figures",
                    Sentence("Figures of %(year)s and of the year before", year=str(wanted.year)),
                    (
                        Column("figure", Sentence("Figure")),
                        Column("value", Sentence("In %(year)s", year=str(wanted.year)), is_number=True),
                        Column("earlier", Sentence("In %(year)s", year=str(wanted.year - 1)), is_number=True),
                        Column("growth_pct", Sentence("Growth, per cent"), is_number=True),
                        *GENDER_COLUMNS[2:],
                    ),
                    tuple(
                        (
                            one.name,
                            _cell(one.value, one.unit),
                            _cell(one.earlier, one.unit),
                            one.growth_pct,
                            *_known(known.get(one.code)),
                        )
                        for one in figures.figures
                    ),
                    note=Sentence(
                        "Growth is the difference over the earlier value. Known are those who are known as women or men."
                    ),
                    links=tuple(f"/staff/figures/{wanted.year}#figure-{one.code}" for one in figures.figures),
                ),
                DataTable(
                    "definitions",
                    Sentence("What the figures mean"),
                    (
                        Column("figure", Sentence("Figure")),
                        Column("scope", Sentence("Counted over")),
                        Column("definition", Sentence("Definition")),
                    ),
                    tuple((one.name, one.scope, one.definition) for one in figures.figures),
                ),
            ),
        )
    ]


def _cell(value: int | Decimal | None, unit: str) -> Cell:
    """A value of a figure: whole numbers as such, means and shares as they are written."""
    if unit == "%" and value is not None:
        return Sentence("%(share)s%%", share=value)
    return value if value is None or isinstance(value, int) else Sentence("%(number)s", number=float(value))


def _known(one: ShownCounts | None) -> tuple[int | None, ...]:
    return (one.women_pct, one.men_pct, one.known, one.unknown) if one else (None, None, None, None)


def _headlines(figures: YearFigures) -> list[Sentence]:
    def counted(code: str) -> int:
        return int(figures[code].value)

    own = Sentence.counted(
        "%(num)s own event was held, at which people were engaged %(attendances)s times; %(members)s members were involved.",
        "%(num)s own events were held, at which people were engaged %(attendances)s times; %(members)s members were involved.",
        counted("own_events"),
        attendances=counted("attendances"),
        members=counted("members_involved"),
    )
    return [own, *_change(figures["own_events"])] if counted("own_events") else [Sentence("No own event was held.")]


def _change(figure: Figure) -> list[Sentence]:
    change = figure.growth_pct
    if change is None:
        return []
    values = {"change": abs(change), "earlier": figure.earlier, "year": str(figure.year - 1)}
    if change == 0:
        return [Sentence("That is as many as in %(year)s.", **values)]
    if change > 0:
        return [Sentence("That is %(change)s per cent more than in %(year)s, when it was %(earlier)s.", **values)]
    return [Sentence("That is %(change)s per cent fewer than in %(year)s, when it was %(earlier)s.", **values)]


# Own events


async def event_sections(wanted: Wanted) -> list[Section]:
    """Own events by kind and mode, and how the association was involved in all events."""
    kinds = wanted.figures.kinds
    if not kinds and not wanted.events:
        return [Section("events", Sentence("Events"), (Sentence("No event of the year is published."),))]
    involved = Counter(event.involvement for event in wanted.events if event.counts_in_statistics)
    lines = await action_lines(wanted.year)
    on_lines = Counter(line for event in wanted.events if event.is_own for line in set(event.lines))
    own = sum(row.total for row in kinds)
    modes = tuple(Column(mode, words(mode), is_number=True) for mode in Mode)
    sums = [sum(getattr(row, mode) for row in kinds) for mode in Mode]
    return [
        Section(
            "events",
            Sentence("Events"),
            charts=_kinds_chart(wanted),
            tables=(
                *table_of(
                    "events_by_kind",
                    Sentence("Own events by kind and mode"),
                    (
                        Column("kind", Sentence("Kind")),
                        *modes,
                        Column("total", Sentence("Total"), is_number=True),
                    ),
                    ((words(row.kind), *(getattr(row, mode) for mode in Mode), row.total) for row in kinds),
                    totals=((Sentence("Total"), *sums, own),),
                ),
                *table_of(
                    "events_by_involvement",
                    Sentence("All events by involvement of the association"),
                    (Column("involvement", Sentence("Involvement")), Column("events", NUMBER, is_number=True)),
                    ((words(one), involved[one]) for one in Involvement if involved[one]),
                    totals=((Sentence("Total"), sum(involved.values())),),
                ),
                *table_of(
                    "events_by_action_line",
                    Sentence("Own events by action line of the plan"),
                    (Column("action_line", Sentence("Action line")), Column("events", NUMBER, is_number=True)),
                    ((Sentence(row["name"]), on_lines[row["code"]]) for row in lines),
                    note=Sentence("An event that serves several action lines counts under each of them."),
                ),
            ),
        )
    ]


def _kinds_chart(wanted: Wanted) -> tuple[Chart, ...]:
    kinds = wanted.figures.kinds
    most = leading({row.kind: row.total for row in kinds})
    if not most:
        return ()
    own = sum(row.total for row in kinds)
    top = next(row.total for row in kinds if row.kind == most[0])
    if len(most) == 1:
        title = Sentence(
            "Most frequent among the own events: %(kind)s, %(top)s of %(all)s", kind=words(most[0]), top=top, all=own
        )
    else:
        title = Sentence.counted(
            "%(num)s kind of own events is the most frequent, with %(top)s each",
            "%(num)s kinds of own events are the most frequent, with %(top)s each",
            len(most),
            top=top,
        )
    rows = sorted(((words(row.kind), row.total) for row in kinds), key=lambda pair: -pair[1])[:MOST_BARS]
    return (
        Chart(
            "own_events_by_kind", ChartKind.BARS, title, Sentence("Kind"), (Sentence("Own events"),),
            tuple((name, (number,)) for name, number in rows),
        ),
    )  # fmt: skip


# Action lines


async def action_line_sections(wanted: Wanted) -> list[Section]:
    """One part per action line of the plan in force: events, labs, and where its deliverables stand."""
    title = Sentence("Action lines")
    lines = await action_lines(wanted.year)
    if not lines:
        return [Section("action_lines", title, (Sentence("No plan is known for this year."),))]
    labs = await labs_by_line(wanted.year)
    plans = {plan: await _plan(plan) for plan in dict.fromkeys(row["plan"] for row in lines)}
    parts = []
    for row in lines:
        events = [event for event in wanted.events if row["code"] in event.lines]
        plan = plans[row["plan"]]
        line = next((one for one in plan.lines if one.code == row["code"]), None) if plan else None
        parts.append(_line_section(row["number"], row["name"], events, labs[row["code"]], line))
    plan_names = ", ".join(plans)
    return [
        Section(
            "action_lines",
            title,
            (Sentence("The plan in force is that of %(plan)s.", plan=plan_names),),
            parts=tuple(parts),
        )
    ]


async def _plan(code: str) -> Plan | None:
    try:
        return await plan_by_code(code)
    except NotFound:
        return None


def _line_section(
    number: int, name: str, events: list[ReportedEvent], labs: list[str], line: PlanLine | None
) -> Section:
    code = f"action_line_{number}"
    promised: tuple[Deliverable, ...] = line.deliverables if line else ()
    own = sum(event.is_own for event in events)
    said = [
        Sentence.counted("%(num)s event served this line", "%(num)s events served this line", len(events)),
        Sentence.counted("%(num)s of them was our own", "%(num)s of them were our own", own),
    ]
    sentences = [Sentence("%(events)s; %(own)s.", events=said[0], own=said[1])] if events else [
        Sentence("No event of the year served this line.")
    ]  # fmt: skip
    if labs:
        sentences.append(
            Sentence.counted(
                "%(num)s Solutions Lab served it: %(names)s.", "%(num)s Solutions Labs served it: %(names)s.",
                len(labs), names="; ".join(labs),
            )
        )  # fmt: skip
    if promised:
        done = sum(one.status == DeliverableStatus.DONE for one in promised)
        sentences.append(
            Sentence.counted(
                "%(done)s of %(num)s deliverable is done.", "%(done)s of %(num)s deliverables are done.",
                len(promised), done=done,
            )
        )  # fmt: skip
    return Section(
        code,
        Sentence("%(number)s. %(name)s", number=number, name=Sentence(name)),
        tuple(sentences),
        tables=(
            *events_table(f"{code}_events", Sentence("Events of action line %(number)s", number=number), events),
            *table_of(
                f"{code}_deliverables",
                Sentence("Deliverables of action line %(number)s", number=number),
                (
                    Column("code", Sentence("Code")),
                    Column("deliverable", Sentence("Deliverable")),
                    Column("status", Sentence("Where it stands")),
                    Column("events", Sentence("Events as evidence"), is_number=True),
                ),
                ((one.code, one.name, words(one.status), one.evidence) for one in promised),
            ),
        ),
    )


def events_table(
    code: str, title: Sentence, events: Sequence[ReportedEvent], *, note: Sentence | None = None
) -> tuple[DataTable, ...]:
    """A list of events with their first day, title, kind and how the association was involved."""
    return table_of(
        code,
        title,
        (
            Column("title", Sentence("Title")),
            Column("starts_on", Sentence("First day")),
            Column("kind", Sentence("Kind")),
            Column("involvement", Sentence("Involvement")),
        ),
        ((event.title, event.starts_on, words(event.kind), words(event.involvement)) for event in events),
        note=note,
        links=[f"/staff/events/{event.slug}" for event in events],
    )


# Solutions Labs


async def lab_sections(wanted: Wanted) -> list[Section]:
    """The Solutions Labs of the year: by theme, one by one, which cities were active, and how labs of the year go on."""
    figures, title = wanted.figures, Sentence("Solutions Labs")
    if not figures.labs:
        return [Section("labs", title, (Sentence("No Solutions Lab ran in this year."),))]
    found = await _round(wanted.year)
    cities = figures["active_member_cities"].value
    sentences = [
        Sentence.counted(
            "%(num)s Solutions Lab ran, with %(cities)s active member cities, each counted once.",
            "%(num)s Solutions Labs ran, with %(cities)s active member cities, each counted once.",
            len(figures.labs),
            cities=cities,
        )
    ]
    if found and found.active:
        sentences.append(Sentence("They were %(names)s.", names="; ".join(name for _, name in found.active)))
    if found and found.applications:
        sentences.append(
            Sentence.counted(
                "%(num)s application came from %(members)s members; %(accepted)s were accepted.",
                "%(num)s applications came from %(members)s members; %(accepted)s were accepted.",
                found.applications, members=found.members_applied, accepted=found.accepted,
            )
        )  # fmt: skip
    if found and found.whole.mean_overall is not None:
        sentences.append(
            Sentence.counted(
                "Participants gave the labs %(mean)s of 5 on average, in %(num)s answer.",
                "Participants gave the labs %(mean)s of 5 on average, in %(num)s answers.",
                found.whole.answered, mean=str(found.whole.mean_overall),
            )
        )  # fmt: skip
    return [
        Section(
            "labs",
            title,
            tuple(sentences),
            charts=_themes_chart(figures),
            tables=(
                *_labs_table(wanted, found),
                *table_of(
                    "labs_by_theme",
                    Sentence("Labs by thematic priority"),
                    (
                        Column("theme", Sentence("Thematic priority")),
                        Column("labs", Sentence("Labs"), is_number=True),
                        Column("active_member_cities", Sentence("Active member cities"), is_number=True),
                    ),
                    ((Sentence(theme.name), theme.labs, theme.active_members) for theme in figures.themes),
                    note=Sentence("A lab with several thematic priorities counts under each of them."),
                ),
                *_follow_ups(found),
            ),
        )
    ]


async def _round(year: int) -> RoundReport | None:
    try:
        # The last day of the year: what is due by then is open, whenever the report is made.
        return await report_of_round(year, date(year, 12, 31))
    except NotFound:
        return None


def _labs_table(wanted: Wanted, found: RoundReport | None) -> tuple[DataTable, ...]:
    labs = wanted.figures.labs
    applied = {lab.slug: (lab.applications, lab.accepted) for lab in found.labs} if found else {}
    return table_of(
        "labs",
        Sentence("The labs of %(year)s", year=str(wanted.year)),
        (
            Column("lab", Sentence("Lab")),
            Column("themes", Sentence("Themes")),
            Column("applications", Sentence("Applications"), is_number=True),
            Column("accepted", Sentence("Accepted"), is_number=True),
            Column("active_member_cities", Sentence("Active member cities"), is_number=True),
            Column("participants", Sentence("Participants"), is_number=True),
        ),
        (
            (
                lab.name,
                enumeration([words(theme) for theme in lab.themes]),
                *applied.get(lab.slug, (None, None)),
                lab.active_members,
                lab.people,
            )
            for lab in labs
        ),
        links=[f"/staff/labs/{lab.slug}" for lab in labs],
    )


def _themes_chart(figures: YearFigures) -> tuple[Chart, ...]:
    names = {theme.code: Sentence(theme.name) for theme in figures.themes}
    most = leading({theme.code: theme.labs for theme in figures.themes})
    if not most:
        return ()
    top = next(theme.labs for theme in figures.themes if theme.code == most[0])
    themes = enumeration([names[code] for code in most])
    title = (
        Sentence("The priority with the most labs: %(themes)s (%(labs)s)", themes=themes, labs=top)
        if len(most) == 1
        else Sentence("The priorities with the most labs: %(themes)s (%(labs)s each)", themes=themes, labs=top)
    )
    return (
        Chart(
            "labs_by_theme_chart", ChartKind.BARS, title, Sentence("Thematic priority"), (Sentence("Labs"),),
            tuple((names[theme.code], (theme.labs,)) for theme in figures.themes),
        ),
    )  # fmt: skip


def _follow_ups(found: RoundReport | None) -> tuple[DataTable, ...]:
    if not found or not any(found.outcomes.values()):
        return ()
    return table_of(
        "lab_outcomes",
        Sentence("What was agreed in the labs, and where it stands"),
        (Column("state", Sentence("Where it stands")), Column("outcomes", NUMBER, is_number=True)),
        ((STATE_WORDS[OutcomeState(state)], number) for state, number in found.outcomes.items() if number),
    )


# Campaigns


async def campaign_sections(wanted: Wanted) -> list[Section]:
    """One part per public campaign of the year, such as World Metropolitan Day."""
    parts = []
    for one in await campaigns_of(wanted.year):
        if one.is_public:
            members = await campaign_members(wanted.year, one.slug)
            people = await campaign_people(wanted.year, one.slug)
            parts.append(_campaign(one, wanted, members, people))
    return [Section("campaigns", Sentence("Campaigns"), parts=tuple(parts))] if parts else []


def _campaign(one: CampaignOfYear, wanted: Wanted, members: list[CampaignMember], people: Counts) -> Section:
    said = [
        Sentence.counted("%(num)s event", "%(num)s events", one.total),
        Sentence.counted("%(num)s member organised or spoke", "%(num)s members organised or spoke",
                         sum(row.roles > 0 for row in members)),
        Sentence.counted("%(num)s member took part", "%(num)s members took part",
                         sum(row.joined > 0 for row in members)),
    ]  # fmt: skip
    sentences = [Sentence("%(events)s; %(active)s, and %(joined)s.", events=said[0], active=said[1], joined=said[2])]
    if one.theme:
        sentences.insert(0, Sentence("Theme: %(theme)s", theme=one.theme))
    if people.everybody:
        sentences.append(
            Sentence.counted(
                "At the own events among them, %(num)s person was engaged, counted once for each event.",
                "At the own events among them, %(num)s people were engaged, counted once for each event.",
                people.everybody,
            )
        )
    code = f"campaign_{one.slug.replace('-', '_')}"
    return Section(
        code,
        Sentence(one.title),
        tuple(sentences),
        tables=(
            *table_of(
                f"{code}_organisers",
                Sentence("Events of the campaign by organiser"),
                (Column("organiser", Sentence("Organiser")), Column("events", NUMBER, is_number=True)),
                ((head, one.by[who]) for who, head in zip(ORGANISERS, _ORGANISERS, strict=True) if one.by.get(who)),
                totals=((Sentence("Total"), one.total),),
            ),
            *table_of(
                f"{code}_members",
                Sentence("Members at events of the campaign"),
                (
                    Column("member", Sentence("Member")),
                    Column("organised", Sentence("Events organised"), is_number=True),
                    Column("spoke", Sentence("Parts on panels"), is_number=True),
                    Column("joined", Sentence("Events joined"), is_number=True),
                ),
                ((row.name, row.organised or None, row.spoke or None, row.joined or None) for row in members),
            ),
            *table_of(
                f"{code}_people",
                Sentence("Women and men at own events of the campaign"),
                (Column("group", Sentence("Group")), *GENDER_COLUMNS),
                ((Sentence("People engaged"), *gender_cells(wanted.of_campaign(people))),) if people.everybody else (),
            ),
        ),
    )


#: Who events of a campaign are by, as the report calls them; in the order of `ORGANISERS`.
_ORGANISERS = (
    Sentence("The association"),
    Sentence("The association with others"),
    Sentence("Members"),
    Sentence("Partners"),
    Sentence("Others"),
)


# Annexes


async def calendar_sections(wanted: Wanted) -> list[Section]:
    """The calendar annex, with the four columns that the association prints."""
    annex = wanted.figures.annex
    said = Sentence.counted("%(num)s event of the year", "%(num)s events of the year", len(annex))
    return [
        Section(
            "calendar",
            Sentence("Annex: calendar of the year"),
            (Sentence("%(events)s, in order of start date; days as day/month/year.", events=said),),
            tables=table_of(
                "calendar",
                Sentence("Calendar of %(year)s", year=str(wanted.year)),
                (
                    Column("start", Sentence("Start"), is_printed_day=True),
                    Column("end", Sentence("End"), is_printed_day=True),
                    Column("title", Sentence("Title")),
                    Column("location", Sentence("Location")),
                ),
                ((row.start, row.end, row.title, _location(row.location)) for row in annex),
                note=Sentence("An end that is not known is left blank."),
            ),
        )
    ]


def _location(printed: str) -> Cell:
    """A place as it was printed; “Online” is said in the language of the reader."""
    if printed == "Online":
        return words(Mode.ONLINE)
    place, online, rest = printed.rpartition(" & Online")
    return Sentence("%(place)s & Online", place=place) if online and not rest else printed
