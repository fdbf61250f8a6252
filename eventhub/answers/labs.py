"""Questions on Solutions Labs: 23 to 27."""

from eventhub.answers.asking import Asked, answers, gender_sentence, section
from eventhub.answers.events import word, year_of
from eventhub.errors import NotFound
from eventhub.labs.report import FOLLOW_UP_WORDS, RoundReport, report_of_round
from eventhub.sections import Chart, ChartKind, Column, DataTable, Section
from eventhub.words import Sentence, enumeration

_LAB = Column("lab", Sentence("Solutions Lab"))


async def _round(asked: Asked) -> RoundReport | None:
    try:
        return await report_of_round(asked.year, asked.today, is_exact=asked.is_exact)
    except NotFound:
        return None


def _none(number: int, asked: Asked) -> Section:
    return section(number, Sentence("There was no round of Solutions Labs in %(year)s.", year=asked.year))


@answers(23)
async def labs(asked: Asked) -> Section:
    """Labs and active member cities."""
    found = await year_of(asked)
    table = DataTable(
        "labs",
        Sentence("Solutions Labs"),
        (_LAB, Column("active_member_cities", Sentence("Active member cities"), True)),
        tuple((lab.name, lab.active_members) for lab in found.labs),
        links=tuple(f"/staff/labs/{lab.slug}" for lab in found.labs),
    )
    return section(
        23,
        Sentence(
            "%(labs)s ran, with %(cities)s, each counted once.",
            labs=Sentence.counted("%(num)s Solutions Lab", "%(num)s Solutions Labs", int(found["labs"].value)),
            cities=Sentence.counted(
                "%(num)s active member city", "%(num)s active member cities", int(found["active_member_cities"].value)
            ),
        ),
        found["active_member_cities"].definition,
        tables=(table,) if found.labs else (),
    )  # fmt: skip


@answers(24)
async def shares(asked: Asked) -> Section:
    """Women and men in each lab and over all."""
    found = await year_of(asked)
    people = found["lab_participants"]
    table = DataTable(
        "labs",
        Sentence("Women and men in Solutions Labs"),
        (
            _LAB, Column("people", Sentence("People"), True), Column("women", Sentence("Women"), True),
            Column("men", Sentence("Men"), True), Column("women_pct", Sentence("Women, %"), True),
            Column("men_pct", Sentence("Men, %"), True),
        ),
        tuple(
            (lab.name, lab.people, lab.shown.women, lab.shown.men, lab.shown.women_pct, lab.shown.men_pct)
            for lab in found.labs
        ),
        links=tuple(f"/staff/labs/{lab.slug}" for lab in found.labs),
        totals=(
            (
                Sentence("Over all, each person once"), people.value if isinstance(people.value, int) else None,
                people.shown.women if people.shown else None, people.shown.men if people.shown else None,
                people.women_pct, people.men_pct,
            ),
        ),
    )  # fmt: skip
    return section(24, gender_sentence(people.shown), tables=(table,) if found.labs else ())


@answers(25)
async def themes(asked: Asked) -> Section:
    """Labs with several themes, and the theme with the fewest labs."""
    found = await year_of(asked)
    several = [lab for lab in found.labs if len(lab.themes) > 1]
    fewest = min((theme.labs for theme in found.themes), default=0)
    if not found.labs:
        return _none(25, asked)
    rarest = enumeration([Sentence(theme.name) for theme in found.themes if theme.labs == fewest])
    priorities = DataTable(
        "themes",
        Sentence("Solutions Labs by thematic priority"),
        (
            Column("theme", Sentence("Thematic priority")), Column("labs", Sentence("Solutions Labs"), True),
            Column("active_member_cities", Sentence("Active member cities"), True),
        ),
        tuple((word(theme.code), theme.labs, theme.active_members) for theme in found.themes),
        note=Sentence("A Solutions Lab with several themes counts under each of them."),
    )  # fmt: skip
    table = DataTable(
        "labs",
        Sentence("Solutions Labs with several priorities"),
        (_LAB, Column("themes", Sentence("Themes"))),
        tuple((lab.name, enumeration([word(theme) for theme in lab.themes])) for lab in several),
        links=tuple(f"/staff/labs/{lab.slug}" for lab in several),
    )
    chart = Chart(
        "themes-chart", ChartKind.BARS, Sentence("Fewest Solutions Labs: %(themes)s, %(labs)s", themes=rarest, labs=fewest),
        Sentence("Thematic priority"), (Sentence("Solutions Labs"),),
        tuple((word(theme.code), (theme.labs,)) for theme in found.themes),
    )  # fmt: skip
    return section(
        25,
        Sentence.counted(
            "%(num)s Solutions Lab belongs to several thematic priorities.",
            "%(num)s Solutions Labs belong to several thematic priorities.",
            len(several),
        ),
        Sentence("The fewest Solutions Labs have: %(themes)s.", themes=rarest),
        charts=(chart,),
        tables=(table, priorities) if several else (priorities,),
    )


@answers(26)
async def applications(asked: Asked) -> Section:
    """What the calls got and what followed."""
    report = await _round(asked)
    if report is None:
        return _none(26, asked)
    number = {"is_number": True}
    regions = DataTable(
        "regions",
        Sentence("Applications by region"),
        (
            Column("region", Sentence("Region")), Column("applications", Sentence("Applications"), **number),
            Column("accepted", Sentence("Accepted"), **number),
        ),
        tuple(
            (Sentence(one.name) if one.code else Sentence("no members"), one.applications, one.accepted)
            for one in report.regions
        ),
        totals=((Sentence("Total"), report.applications, report.accepted),),
    )  # fmt: skip
    followed = DataTable(
        "outcomes",
        Sentence("What followed"),
        (Column("state", Sentence("State")), Column("outcomes", Sentence("Outcomes"), **number), Column("answers", Sentence("Follow-ups"), **number)),
        tuple(
            (FOLLOW_UP_WORDS[state], report.outcomes.get(state), report.follow_ups.get(state))
            for state in dict.fromkeys((*report.outcomes, *report.follow_ups))
        ),
    )  # fmt: skip
    return section(
        26,
        Sentence(
            "%(applications)s from %(members)s in %(regions)s; accepted: %(accepted)s.",
            applications=Sentence.counted("%(num)s application", "%(num)s applications", report.applications),
            members=Sentence.counted("%(num)s member", "%(num)s members", report.members_applied),
            regions=Sentence.counted(
                "%(num)s region", "%(num)s regions", sum(bool(one.code) for one in report.regions)
            ),
            accepted=report.accepted,
        ),
        Sentence.counted(
            "%(num)s outcome was agreed.", "%(num)s outcomes were agreed.", sum(report.outcomes.values())
        ),
        tables=(regions, followed),
    )  # fmt: skip


@answers(27)
async def satisfaction(asked: Asked) -> Section:
    """Scores, quotes that may be published, and follow-ups still open."""
    report = await _round(asked)
    if report is None:
        return _none(27, asked)
    whole = report.whole
    scores = DataTable(
        "scores",
        Sentence("Satisfaction from 1 to 5"),
        (
            _LAB, Column("answered", Sentence("Answers"), True), Column("usefulness", Sentence("Usefulness"), True),
            Column("overall", Sentence("Overall"), True),
        ),
        tuple(
            (lab.name, lab.whole.answered, _mean(lab.whole.mean_usefulness), _mean(lab.whole.mean_overall))
            for lab in report.labs
        ),
        note=Sentence("Means are given from five answers on."),
        totals=((Sentence("Total"), whole.answered, _mean(whole.mean_usefulness), _mean(whole.mean_overall)),),
    )  # fmt: skip
    quotes = DataTable(
        "quotes",
        Sentence("Remarks that may be quoted"),
        (Column("text", Sentence("Remark")), Column("name", Sentence("Name")), Column("city", Sentence("City"))),
        tuple((quote.text, quote.name or None, quote.city or None) for quote in report.quotes),
    )
    still_open = report.follow_ups.get("open", 0)
    said = (
        Sentence("Fewer than five people have answered, so that no mean is given.")
        if whole.mean_overall is None
        else Sentence(
            "%(answers)s people gave %(overall)s of 5 overall and %(usefulness)s for usefulness.",
            answers=whole.answered, overall=_mean(whole.mean_overall), usefulness=_mean(whole.mean_usefulness),
        )
    )  # fmt: skip
    return section(
        27,
        said,
        Sentence.counted("%(num)s remark may be quoted.", "%(num)s remarks may be quoted.", len(report.quotes)),
        Sentence.counted("%(num)s follow-up is still open.", "%(num)s follow-ups are still open.", still_open),
        tables=(scores, quotes) if report.quotes else (scores,),
    )


def _mean(score: float | None) -> str | None:
    return None if score is None else f"{score:.1f}"
