"""The gender section: who took part and spoke, by what the association owes to it."""

from collections.abc import Mapping, Sequence
from datetime import date

from eventhub.bodies.queries import Meeting, all_seats, meetings_of
from eventhub.bodies.rules import BODIES
from eventhub.events.rules import Mode
from eventhub.reports.parts import GENDER_COLUMNS, PROTECTED, Wanted, events_table, gender_cells, table_of, words
from eventhub.reports.queries import (
    ReportedEvent,
    people_at_meetings,
    political_people_of,
    speakers_by_year,
)
from eventhub.sections import Cell, Chart, ChartKind, Column, DataTable, Section
from eventhub.speakers.rules import Counts
from eventhub.statistics.disclosure import FEWEST_PANELS, ShownCounts
from eventhub.statistics.reading import body_group
from eventhub.statistics.rules import rounded_share
from eventhub.statistics.scopes import belongs_to_meeting, is_annual_meeting
from eventhub.words import Sentence

_WOMEN_AND_MEN = (Sentence("Women"), Sentence("Men"))
_PER_CENT = "%"


async def gender_sections(wanted: Wanted) -> list[Section]:
    """Everything on women and men in one section with parts."""
    return [
        Section(
            "gender",
            Sentence("Gender"),
            () if wanted.is_exact else (PROTECTED,),
            parts=(
                await _people(wanted),
                await _trend(wanted),
                _panels(wanted),
                await _bodies(wanted),
                _labs(wanted),
                _on_gender(wanted),
            ),
        )
    ]


def _shares_chart(
    code: str, title: Sentence, head: Sentence, rows: Sequence[tuple[str, ShownCounts]]
) -> tuple[Chart, ...]:
    """Shares of women and men, one bar for each row of which shares are shown."""
    known = tuple((label, (one.women_pct, one.men_pct)) for label, one in rows if one.women_pct is not None and one.men_pct is not None)  # fmt: skip
    return (Chart(code, ChartKind.STACKED, title, head, _WOMEN_AND_MEN, known, _PER_CENT),) if known else ()


async def _people(wanted: Wanted) -> Section:
    figures = wanted.figures
    political = await political_people_of(wanted.year)
    shown = wanted.together(political_people=political)
    groups: list[tuple[str, Sentence, Counts]] = [
        ("attendances", Sentence("People engaged (attendances)"), figures["attendances"].counts or Counts()),
        ("unique_people", Sentence("People engaged (unique people)"), figures["unique_people"].counts or Counts()),
        ("political_people", Sentence("People of political level"), political),
        ("experts", Sentence("Experts"), figures["experts"].counts or Counts()),
        ("speakers", Sentence("Speakers"), figures["speakers"].counts or Counts()),
        (
            "political_speakers",
            Sentence("Speakers of political level"),
            figures["political_speakers"].counts or Counts(),
        ),
        (
            "lab_participants",
            Sentence("Participants of Solutions Labs"),
            figures["lab_participants"].counts or Counts(),
        ),
    ]
    rows = [(name, counts, shown[code]) for code, name, counts in groups]
    title = _first_finding(shown)
    return Section(
        "gender_people",
        Sentence("People, speakers and experts"),
        charts=_shares_chart("gender_people_chart", title, Sentence("Group"), [(name, one) for name, _, one in rows]),
        tables=(
            DataTable(
                "gender_people",
                Sentence("Women and men at own events and in labs"),
                (Column("group", Sentence("Group")), Column("people", Sentence("People"), is_number=True), *GENDER_COLUMNS),
                tuple((name, counts.everybody, *gender_cells(one)) for name, counts, one in rows),
                note=Sentence(
                    "Experts are speakers at own events and the experts and facilitators of Solutions Labs, once each; "
                    "people of political level attended or spoke with it. Whole per cent of those known as women or men."
                ),
            ),
        ),
    )  # fmt: skip


def _first_finding(shown: Mapping[str, ShownCounts]) -> Sentence:
    """What the chart of all groups shows, by the group that says most of those with shares."""
    if (share := shown["speakers"].women_pct) is not None:
        return Sentence("Women were %(share)s per cent of the speakers", share=share)
    if (share := shown["attendances"].women_pct) is not None:
        return Sentence("Women were %(share)s per cent of the people engaged at own events", share=share)
    if (share := shown["lab_participants"].women_pct) is not None:
        return Sentence("Women were %(share)s per cent of the participants of all labs", share=share)
    return Sentence("Women and men among those who took part")


async def _trend(wanted: Wanted) -> Section:
    years = await speakers_by_year(wanted.year)
    this_year = wanted.together()["speakers"]
    rows = [
        (str(year), counts, this_year if year == wanted.year else wanted.shown(counts))
        for year, counts in years.items()
    ]
    told = [(year, one) for year, _, one in rows if one.women_pct is not None]
    sentences, title = [], Sentence("Share of women among the speakers, by year")
    if len(told) > 1:
        (first, before), (last, now) = told[0], told[-1]
        title = _finding(first, before.women_pct or 0, last, now.women_pct or 0)
    elif not rows:
        sentences = [Sentence("Nobody spoke at own events of these years.")]
    return Section(
        "gender_trend",
        Sentence("Speakers over the years"),
        tuple(sentences),
        charts=_shares_chart("gender_trend_chart", title, Sentence("Year"), [(year, one) for year, _, one in rows])
        if len(told) > 1
        else (),
        tables=table_of(
            "gender_trend",
            Sentence("Speakers at own events by year"),
            (Column("year", Sentence("Year")), Column("speakers", Sentence("Speakers"), is_number=True), *GENDER_COLUMNS),
            ((year, counts.everybody, *gender_cells(one)) for year, counts, one in rows),
            note=Sentence("Each person counts once in each year; at most ten years are shown."),
        ),
    )  # fmt: skip


def _finding(first: str, before: int, last: str, now: int) -> Sentence:
    values = {"before": before, "first": first, "now": now, "last": last}
    if now > before:
        return Sentence(
            "The share of women among the speakers rose from %(before)s per cent in %(first)s to %(now)s in %(last)s",
            **values,
        )
    if now < before:
        return Sentence(
            "The share of women among the speakers fell from %(before)s per cent in %(first)s to %(now)s in %(last)s",
            **values,
        )
    return Sentence("The share of women among the speakers was %(now)s per cent in %(first)s and in %(last)s", **values)


def _panels(wanted: Wanted) -> Section:
    panels, title = wanted.figures.panels, Sentence("Panels")
    exceptions = _exceptions(wanted)
    if not panels.panels:
        return Section("gender_panels", title, (Sentence("No panel was checked in this year."),), tables=exceptions)
    if not wanted.is_exact and panels.panels < FEWEST_PANELS:
        few = Sentence(
            "Fewer than %(few)s panels were checked; how many were balanced would tell of the people on them.",
            few=FEWEST_PANELS,
        )
        return Section("gender_panels", title, (few,), tables=exceptions)
    share = panels.share_balanced_pct or 0
    numbers = ((Sentence("Balanced"), panels.balanced), (Sentence("Not balanced"), panels.unbalanced), (Sentence("Not known"), panels.unknown))  # fmt: skip
    return Section(
        "gender_panels",
        title,
        (Sentence.counted(
            "%(share)s per cent of %(num)s panel was balanced.", "%(share)s per cent of %(num)s panels were balanced.",
            panels.panels, share=share,
        ),),
        tables=(
            DataTable(
                "gender_panels",
                Sentence("Panels of own events by what the parity check says"),
                (
                    Column("result", Sentence("Result")),
                    Column("panels", Sentence("Panels"), is_number=True),
                    Column("share_pct", Sentence("Share, per cent"), is_number=True),
                ),
                tuple((name, number, rounded_share(number, panels.panels)) for name, number in numbers),
                totals=((Sentence("Total"), panels.panels, None),),
            ),
            *exceptions,
        ),
    )  # fmt: skip


def _exceptions(wanted: Wanted) -> tuple[DataTable, ...]:
    """Events published in spite of their panels; reasons and findings tell of people and are for data stewards only."""
    found = wanted.figures.exceptions
    reasons = (Column("reason", Sentence("Reason")),) if wanted.is_exact else ()
    return table_of(
        "gender_exceptions",
        Sentence("Events published with a parity exception"),
        (Column("title", Sentence("Title")), Column("granted_on", Sentence("Granted on")), *reasons),
        ((one.title, one.granted_at.date(), *((one.reason,) if wanted.is_exact else ())) for one in found),
        links=[f"/staff/events/{one.slug}" for one in found],
    )


async def _bodies(wanted: Wanted) -> Section:
    seats = await all_seats()
    codes = [str(body) for body in BODIES]
    held: dict[str, list[Meeting]] = {
        code: await meetings_of(
            code, wanted.year, seats=[seat for seat in seats if seat.body == code], until=date(wanted.year, 12, 31)
        )
        for code in codes
    }
    codes = [code for code in codes if held[code]]
    title = Sentence("Statutory bodies")
    if not codes:
        return Section("gender_bodies", title, (Sentence("No statutory body met in this year."),))
    people = await people_at_meetings(wanted.year, codes)
    groups = {body_group(code): people[code] for code in codes}
    shares = wanted.shown_table(list(groups), groups, whole="unique_people")
    return Section(
        "gender_bodies",
        title,
        charts=_shares_chart(
            "gender_bodies_chart",
            Sentence("Women and men at meetings of statutory bodies"),
            Sentence("Body"),
            [(words(code), one) for code, one in zip(codes, shares, strict=True)],
        ),
        tables=(
            DataTable(
                "statutory_meetings",
                Sentence("Meetings of statutory bodies"),
                (
                    Column("body", Sentence("Body")),
                    *(Column(mode, words(mode), is_number=True) for mode in Mode),
                    Column("seats", Sentence("Seats entitled"), is_number=True),
                    Column("present", Sentence("Seats present"), is_number=True),
                    Column("rate_pct", Sentence("Attendance, per cent"), is_number=True),
                ),
                tuple(_meetings(code, held[code]) for code in codes),
                note=Sentence("Attendance is seats present over seats entitled, over the meetings with attendance recorded."),
            ),
            DataTable(
                "gender_bodies",
                Sentence("Women and men at meetings of statutory bodies"),
                (Column("body", Sentence("Body")), Column("people", Sentence("People"), is_number=True), *GENDER_COLUMNS),
                tuple(
                    (words(code), people[code].everybody, *gender_cells(one))
                    for code, one in zip(codes, shares, strict=True)
                ),
                note=Sentence("People on attendance lists, once each for a body."),
            ),
        ),
    )  # fmt: skip


def _meetings(code: str, meetings: list[Meeting]) -> tuple[Cell, ...]:
    counted = [meeting for meeting in meetings if meeting.recorded]
    entitled, present = sum(one.entitled for one in counted), sum(one.present for one in counted)
    return (
        words(code),
        *(sum(meeting.mode == mode for meeting in meetings) or None for mode in Mode),
        *((entitled, present, rounded_share(present, entitled)) if entitled else (None, None, None)),
    )


def _labs(wanted: Wanted) -> Section:
    labs, title = wanted.figures.labs, Sentence("Women and men in Solutions Labs")
    if not labs:
        return Section("gender_labs", title, (Sentence("No Solutions Lab ran in this year."),))
    shares = wanted.shown_labs()
    rows = list(zip(labs, shares, strict=True))
    hidden = () if any(one.known is not None for one in shares) else (
        Sentence("At least one of the labs is too small for its numbers to be shown; then none is, as it could be worked out from the others."),
    )  # fmt: skip
    overall = wanted.together()["lab_participants"]
    finding = (
        Sentence("Women were %(share)s per cent of the participants of all labs", share=overall.women_pct)
        if overall.women_pct is not None
        else title
    )
    return Section(
        "gender_labs",
        title,
        hidden,
        charts=_shares_chart("gender_labs_chart", finding, Sentence("Lab"), [(lab.name, one) for lab, one in rows]),
        tables=table_of(
            "gender_labs",
            Sentence("Participants of each lab"),
            (Column("lab", Sentence("Lab")), Column("participants", Sentence("Participants"), is_number=True), *GENDER_COLUMNS),
            ((lab.name, lab.people, *gender_cells(one)) for lab, one in rows),
        ),
    )  # fmt: skip


def _on_gender(wanted: Wanted) -> Section:
    events = [event for event in wanted.events if event.is_on_gender]
    meetings = [event for event in wanted.events if is_annual_meeting(event)]
    said = Sentence.counted(
        "We led, co-led or spoke at %(num)s event on gender.",
        "We led, co-led or spoke at %(num)s events on gender.",
        int(wanted.figures["gender_events"].value),
    )
    return Section(
        "gender_events",
        Sentence("Events on gender equality"),
        (said,),
        tables=(
            *events_table(
                "gender_events",
                Sentence("Events with gender equality as a theme"),
                events,
                note=Sentence("Listed whatever the involvement, umbrella events too; those are not counted."),
            ),
            *table_of(
                "annual_meetings",
                Sentence("Annual meetings, and whether each had an event on gender equality"),
                (
                    Column("title", Sentence("Title")),
                    Column("starts_on", Sentence("First day")),
                    Column("had_one", Sentence("Had one")),
                    Column("event", Sentence("Event on gender equality")),
                ),
                (
                    _annual_meeting(meeting, [one for one in events if belongs_to_meeting(one, meeting)])
                    for meeting in meetings
                ),
                note=Sentence(
                    "An event on gender is at an annual meeting when it is the meeting itself, a part of it, "
                    "or an event of our own on its days."
                ),
                links=[f"/staff/events/{meeting.slug}" for meeting in meetings],
            ),
        ),
    )


def _annual_meeting(meeting: ReportedEvent, events: list[ReportedEvent]) -> tuple[Cell, ...]:
    answer = Sentence("yes") if events else Sentence("no")
    return meeting.title, meeting.starts_on, answer, "; ".join(event.title for event in events) or None
