"""Questions on parity: 4 to 7."""

from datetime import timedelta

from eventhub.answers.asking import Asked, answers, gender_sentence, section
from eventhub.answers.events import figures_table, word, year_of
from eventhub.sections import Chart, ChartKind, Column, DataTable, Section
from eventhub.speakers.look_ahead import coming_panels
from eventhub.speakers.rules import ParityResult
from eventhub.statistics.parity_queries import parity_in
from eventhub.statistics.parity_rules import BASELINE_WOMEN_PCT, BASELINE_YEAR
from eventhub.statistics.queries import as_seen, exceptions_of_year, figures_of
from eventhub.statistics.rules import Figure
from eventhub.words import Sentence

#: Question 5 looks three months ahead.
COMING = timedelta(days=92)
_BAD = (ParityResult.UNBALANCED, ParityResult.UNKNOWN)


@answers(4)
async def speakers(asked: Asked) -> Section:
    """Women among the speakers, in all and by region of the day of the event."""
    found = (await year_of(asked))["speakers"]
    parity = await parity_in(asked.year, small_groups=asked.is_exact)
    number = {"is_number": True}
    groups = parity.groups["region"]
    table = DataTable(
        "regions",
        Sentence("Speakers by region"),
        (
            Column("region", Sentence("Region")), Column("women", Sentence("Women"), **number),
            Column("men", Sentence("Men"), **number), Column("unknown", Sentence("Not known"), **number),
            Column("women_pct", Sentence("Women, %"), **number), Column("men_pct", Sentence("Men, %"), **number),
        ),
        tuple(
            (
                Sentence(parity.regions.get(group.code, group.code)) if group.code else Sentence("For no member"),
                group.counts.women if group.counts else None, group.counts.men if group.counts else None,
                group.unknown if group.counts else None, group.women_pct, group.men_pct,
            )
            for group in groups
        ),
        note=Sentence(
            "The region is that of the member for which somebody spoke, on the day of the event; who spoke for two "
            "regions counts in both."
        ),
    )  # fmt: skip
    told = [group for group in groups if group.women_pct is not None and group.men_pct is not None]
    charts: tuple[Chart, ...] = ()
    if len(told) > 1:
        top = max(told, key=lambda group: group.women_pct or 0)
        region = Sentence(parity.regions.get(top.code, "")) if top.code else Sentence("no member")
        charts = (
            Chart(
                "regions-chart", ChartKind.STACKED,
                Sentence("The share of women was highest among speakers for %(region)s: %(share)s%%.", region=region, share=top.women_pct),
                Sentence("Region"), (Sentence("Women, %"), Sentence("Men, %")),
                tuple(
                    (
                        Sentence(parity.regions.get(g.code, g.code)) if g.code else Sentence("For no member"),
                        (g.women_pct or 0, g.men_pct or 0),
                    )
                    for g in told
                ),
            ),
        )  # fmt: skip
    return section(
        4,
        Sentence.counted(
            "%(num)s person spoke at own events.", "%(num)s people spoke at own events.", int(found.value)
        ),
        gender_sentence(found.shown),
        Sentence(
            "In %(year)s the printed share of women was %(share)s%%.", year=BASELINE_YEAR, share=BASELINE_WOMEN_PCT
        ),
        charts=charts,
        tables=(table,),
    )


@answers(5)
async def coming(asked: Asked) -> Section:
    """Panels of the next three months that are not balanced."""
    panels = [one for one in await coming_panels(asked.today, asked.today + COMING) if one.finding.result in _BAD]

    def missing(number: int, group: str) -> Sentence | None:
        if not number:
            return None
        if group == "women":
            return Sentence.counted("%(num)s woman", "%(num)s women", number)
        return Sentence.counted("%(num)s man", "%(num)s men", number)

    table = DataTable(
        "panels",
        Sentence("Panels out of balance"),
        (
            Column("panel", Sentence("Panel")), Column("event", Sentence("Event")), Column("starts_on", Sentence("Day")),
            Column("result", Sentence("Result")), Column("missing", Sentence("Missing")),
            Column("invited", Sentence("Invited, without an answer yet")),
        ),
        tuple(
            (
                one.line_up.title, one.event.title, one.event.starts_on, word(one.finding.result),
                missing(one.finding.missing, one.finding.missing_group) if asked.may_edit_events else None,
                ", ".join(one.invited) if asked.may_edit_events else None,
            )
            for one in panels
        ),
        links=tuple(f"/staff/events/{one.event.slug}#parity" for one in panels),
        note=None if asked.may_edit_events else Sentence("Who is missing is shown to those who work on events."),
    )  # fmt: skip
    return section(
        5,
        Sentence.counted(
            "%(num)s panel between %(first)s and %(last)s is not balanced, or cannot be told.",
            "%(num)s panels between %(first)s and %(last)s are not balanced, or cannot be told.",
            len(panels),
            first=asked.today,
            last=asked.today + COMING,
        ),
        tables=(table,) if panels else (),
    )


def _speakers_of(year: int, figure: Figure) -> Sentence:
    speakers = Sentence.counted("%(num)s speaker", "%(num)s speakers", int(figure.value))
    return Sentence("%(year)s: %(speakers)s of political level.", year=year, speakers=speakers)


@answers(6)
async def political(asked: Asked) -> Section:
    """Women among speakers of political level, this year and the one before."""
    this = (await year_of(asked))["political_speakers"]
    before = as_seen(await figures_of(asked.year - 1), is_exact=asked.is_exact)["political_speakers"]
    return section(
        6,
        _speakers_of(asked.year, this),
        gender_sentence(this.shown),
        _speakers_of(asked.year - 1, before),
        gender_sentence(before.shown),
        tables=(
            figures_table("this_year", Sentence("In %(year)s", year=asked.year), [this]),
            figures_table("last_year", Sentence("In %(year)s", year=asked.year - 1), [before]),
        ),
    )


@answers(7)
async def exceptions(asked: Asked) -> Section:
    """Events published in spite of their panels."""
    rows = await exceptions_of_year(asked.year)
    table = DataTable(
        "exceptions",
        Sentence("Parity exceptions"),
        (
            Column("event", Sentence("Event")), Column("account", Sentence("Granted by")),
            Column("reason", Sentence("Reason")), Column("granted_on", Sentence("On")),
        ),
        tuple((row.title, row.account_name, row.reason, row.granted_at.date()) for row in rows),
        links=tuple(f"/staff/events/{row.slug}" for row in rows),
    )  # fmt: skip
    return section(
        7,
        Sentence.counted(
            "%(num)s event of %(year)s was published with an exception.",
            "%(num)s events of %(year)s were published with an exception.",
            len(rows),
            year=asked.year,
        ),
        tables=(table,) if rows else (),
    )
