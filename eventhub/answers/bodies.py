"""Questions on congress, assembly and statutory bodies: 9 to 12."""

from datetime import date

from eventhub.answers.asking import Asked, answers, section
from eventhub.answers.events import figures_table, word, year_of
from eventhub.bodies.queries import all_seats, meetings_of
from eventhub.bodies.rules import BODIES
from eventhub.events.rules import EventKind, Mode
from eventhub.sections import Cell, Column, DataTable, Section
from eventhub.statistics.reading import events_of
from eventhub.statistics.rules import Figure, rounded_share
from eventhub.statistics.scopes import is_own
from eventhub.words import Sentence


async def _figures(asked: Asked, *codes: str) -> dict[str, Figure]:
    found = await year_of(asked)
    return {code: figure for code in codes if (figure := found.get(code))}


@answers(9)
async def assembly(asked: Asked) -> Section:
    """The general assembly."""
    found = await _figures(asked, "assembly_members", "assembly_people", "assembly_political", "assemblies")
    if "assembly_people" not in found:
        return section(9, Sentence("No attendance of a general assembly is recorded for %(year)s.", year=asked.year))
    return section(
        9,
        Sentence(
            "%(members)s and %(people)s came to the general assembly; of these people, %(political)s had political level.",
            members=Sentence.counted("%(num)s member", "%(num)s members", int(found["assembly_members"].value)),
            people=Sentence.counted("%(num)s person", "%(num)s people", int(found["assembly_people"].value)),
            political=found["assembly_political"].value,
        ),
        tables=(figures_table("assembly", Sentence("General assembly"), list(found.values())),),
    )  # fmt: skip


@answers(10)
async def board(asked: Asked) -> Section:
    """The board's rate of attendance, and its empty seats."""
    seats = await all_seats(EventKind.BOARD_OF_DIRECTORS)
    meetings = await meetings_of(EventKind.BOARD_OF_DIRECTORS, asked.year, seats=seats, until=date(asked.year, 12, 31))
    held = [one for one in meetings if one.recorded]
    present, entitled = sum(one.present for one in held), sum(one.entitled for one in held)
    rate = rounded_share(present, entitled)
    table = DataTable(
        "meetings",
        Sentence("Meetings of the board"),
        (
            Column("meeting", Sentence("Meeting")), Column("starts_on", Sentence("Day")),
            Column("present", Sentence("Seats present"), True), Column("entitled", Sentence("Seats"), True),
            Column("rate_pct", Sentence("Rate, %"), True), Column("empty", Sentence("Empty seats")),
        ),
        tuple(
            (
                one.title, one.starts_on, one.present if one.recorded else None, one.entitled,
                rounded_share(one.present, one.entitled) if one.recorded else None,
                ", ".join(seat.member_name for seat in one.empty) if one.recorded else Sentence("attendance not recorded"),
            )
            for one in meetings
        ),
        links=tuple(f"/staff/events/{one.slug}" for one in meetings),
    )  # fmt: skip
    said = (
        Sentence("No attendance of the board is recorded for %(year)s.", year=asked.year)
        if rate is None
        else Sentence(
            "%(rate)s%% of the seats were present: %(present)s of %(entitled)s over %(meetings)s.",
            rate=rate, present=present, entitled=entitled,
            meetings=Sentence.counted("%(num)s meeting", "%(num)s meetings", len(held)),
        )
    )  # fmt: skip
    return section(10, said, tables=(table,) if meetings else ())


@answers(11)
async def meetings_by_mode(asked: Asked) -> Section:
    """Meetings of each body by mode."""
    events = [event for event in await events_of(asked.year) if event.starts_on.year == asked.year and is_own(event)]
    modes = (Mode.IN_PERSON, Mode.ONLINE, Mode.HYBRID)

    def row(kind: EventKind) -> tuple[Cell, ...]:
        numbers = [sum(event.kind == kind and event.mode == mode for event in events) for mode in modes]
        return (word(kind), *numbers, sum(numbers))

    rows = tuple(row(kind) for kind in BODIES)
    table = DataTable(
        "bodies",
        Sentence("Meetings of statutory bodies by mode"),
        (
            Column("body", Sentence("Body")), *(Column(mode, word(mode), True) for mode in modes),
            Column("total", Sentence("In all"), True),
        ),
        rows,
    )  # fmt: skip
    held = sum(event.kind in BODIES for event in events)
    return section(
        11,
        Sentence.counted(
            "%(num)s meeting of statutory bodies was held.", "%(num)s meetings of statutory bodies were held.", held
        ),
        tables=(table,),
    )


@answers(12)
async def congress(asked: Asked) -> Section:
    """The congress in numbers."""
    found = await _figures(
        asked,
        "congress_people",
        "congress_cities",
        "congress_countries",
        "congress_representatives",
        "congress_members",
    )
    if not found:
        return section(12, Sentence("No attendance of a congress is recorded for %(year)s.", year=asked.year))
    return section(
        12,
        Sentence(
            "At the congress: %(people)s from %(cities)s in %(countries)s; %(representatives)s of them represented "
            "%(members)s.",
            people=Sentence.counted("%(num)s person", "%(num)s people", int(found["congress_people"].value)),
            cities=Sentence.counted("%(num)s city", "%(num)s cities", int(found["congress_cities"].value)),
            countries=Sentence.counted("%(num)s country", "%(num)s countries", int(found["congress_countries"].value)),
            representatives=found["congress_representatives"].value,
            members=Sentence.counted("%(num)s member", "%(num)s members", int(found["congress_members"].value)),
        ),
        tables=(figures_table("congress", Sentence("Congress"), list(found.values())),),
    )
