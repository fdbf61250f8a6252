"""An answer as people read it: the finding, a chart, and the table that page, files and JSON share."""

from collections.abc import Mapping

from eventhub.explorer.rules import (
    IN_TIME,
    LED,
    NONE,
    OWN,
    Answer,
    Dimension,
    Group,
    Measure,
    Question,
    definitions,
    leading,
)
from eventhub.labels import label_of
from eventhub.sections import Cell, Chart, ChartKind, Column, DataTable, Section
from eventhub.speakers.rules import Counts
from eventhub.statistics.disclosure import shown_parts
from eventhub.words import Sentence

#: Bars that can still be told apart; the table has the rest.
MOST_BARS = 20
#: Rows on one page; files have all of them.
MOST_ROWS = 300

MEASURES: Mapping[Measure, Sentence] = {
    Measure.EVENTS: Sentence("Events"),
    Measure.ATTENDANCES: Sentence("Attendances"),
    Measure.UNIQUE_PEOPLE: Sentence("Unique people"),
    Measure.SPEAKERS: Sentence("Speakers"),
    Measure.MEMBERS: Sentence("Members"),
    Measure.LABS: Sentence("Solutions Labs"),
}
DIMENSIONS: Mapping[Dimension, Sentence] = {
    Dimension.YEAR: Sentence("Year"),
    Dimension.MONTH: Sentence("Month"),
    Dimension.KIND: Sentence("Kind"),
    Dimension.MODE: Sentence("Mode"),
    Dimension.INVOLVEMENT: Sentence("Involvement"),
    Dimension.REGION: Sentence("Region of the member"),
    Dimension.MEMBER: Sentence("Member"),
    Dimension.THEME: Sentence("Theme"),
    Dimension.ACTION_LINE: Sentence("Action line"),
    Dimension.CAMPAIGN: Sentence("Campaign"),
    Dimension.LEVEL: Sentence("Level"),
}
#: The same within a title.
_BY: Mapping[Dimension, Sentence] = {
    Dimension.YEAR: Sentence("year"),
    Dimension.MONTH: Sentence("month"),
    Dimension.KIND: Sentence("kind"),
    Dimension.MODE: Sentence("mode"),
    Dimension.INVOLVEMENT: Sentence("involvement"),
    Dimension.REGION: Sentence("region of the member"),
    Dimension.MEMBER: Sentence("member"),
    Dimension.THEME: Sentence("theme"),
    Dimension.ACTION_LINE: Sentence("action line"),
    Dimension.CAMPAIGN: Sentence("campaign"),
    Dimension.LEVEL: Sentence("level"),
}
INVOLVEMENTS: Mapping[str, Sentence] = {OWN: Sentence("Own events"), LED: Sentence("Led or co-led")}
NOTHING = Sentence("Not stated")
IN_ALL = Sentence("In all")

Names = Mapping[Dimension, Mapping[str, str]]


def name_of(dimension: Dimension, key: str | None, names: Names) -> str:
    """What people read for a code; a Sentence where it is a word of ours."""
    if key is None or key == NONE:
        return NOTHING
    if dimension in IN_TIME:
        return key
    return names.get(dimension, {}).get(key) or Sentence(label_of(key))


def title_of(question: Question) -> Sentence:
    """What the table shows."""
    counted, by = MEASURES[question.count], _BY[question.by]
    if question.across is None:
        return Sentence("%(counted)s by %(by)s", counted=counted, by=by)
    return Sentence("%(counted)s by %(by)s and %(across)s", counted=counted, by=by, across=_BY[question.across])


def finding(answer: Answer, names: Names) -> Sentence:
    """The one sentence that the numbers say first."""
    counted, total = MEASURES[answer.question.count], answer.totals.total
    if not answer.groups:
        return Sentence("There is nothing to count.")
    if first := leading(answer.groups):
        return Sentence(
            "“%(name)s” has the most: %(value)s of %(total)s (%(counted)s).",
            name=name_of(answer.question.by, first.key, names), value=first.total, total=total, counted=counted,
        )  # fmt: skip
    if len(answer.groups) == 1:
        return Sentence(
            "Everything lies in “%(name)s”: %(total)s (%(counted)s).",
            name=name_of(answer.question.by, answer.groups[0].key, names), total=total, counted=counted,
        )  # fmt: skip
    return Sentence("No group stands out: %(total)s in all (%(counted)s).", total=total, counted=counted)


def _head(name: str) -> Sentence:
    """The head of a column: a word of ours, or a name that is nobody's to translate."""
    return name if isinstance(name, Sentence) else Sentence(name)


def columns_of(answer: Answer, names: Names) -> tuple[Column, ...]:
    """Code and name of the group, a column for each of the second dimension, the sum, and perhaps women and men."""
    question = answer.question
    found = [Column(question.by.value, DIMENSIONS[question.by]), Column("name", Sentence("Name"))]
    if question.across:
        found += [
            Column(
                f"{question.across}.{key or NONE}",
                _head(name_of(question.across, key, names)),
                is_number=True,
            )
            for key in answer.columns
        ]
    found.append(Column(question.count.value, MEASURES[question.count], is_number=True))
    if question.with_gender:
        found += [
            Column("women", Sentence("Women"), is_number=True),
            Column("men", Sentence("Men"), is_number=True),
            Column("unknown", Sentence("Not known"), is_number=True),
            Column("women_pct", Sentence("Women, %"), is_number=True),
            Column("men_pct", Sentence("Men, %"), is_number=True),
        ]
    return tuple(found)


def rows_of(answer: Answer, names: Names) -> list[tuple[Cell, ...]]:
    """The groups as rows of `columns_of`, and below them everything once."""
    by = answer.question.by
    return [
        (group.key or NONE, name_of(by, group.key, names), *group.cells, group.total, *genders)
        for group, genders in zip(answer.groups, _genders(answer), strict=True)
    ] + [("total", IN_ALL, *answer.totals.cells, answer.totals.total, *_gender_cells(answer, [answer.totals])[0])]


def _genders(answer: Answer) -> list[tuple[Cell, ...]]:
    return _gender_cells(answer, answer.groups)


def _gender_cells(answer: Answer, groups: "tuple[Group, ...] | list[Group]") -> list[tuple[Cell, ...]]:
    """Women, men, unknown and shares; only a question of a data steward has any."""
    if not answer.question.with_gender:
        return [() for _ in groups]
    counts = [
        Counts(women=women, men=men, undisclosed=group.total - women - men)
        for group in groups
        for women, men in [(group.women or 0, group.men or 0)]
    ]
    return [
        (shown.women, shown.men, shown.unknown, shown.women_pct, shown.men_pct)
        for shown in shown_parts(counts, is_exact=True)
    ]


def section_of(answer: Answer, names: Names, links: tuple[str | None, ...]) -> Section:
    """
    The answer as a section of a page: definitions, chart, table.

    Args:
        links: Of each group, to what it counts.

    """
    columns = columns_of(answer, names)
    *rows, total = [row[1:] for row in rows_of(answer, names)]
    left_out = len(rows) - MOST_ROWS
    note = (
        Sentence.counted(
            "One more row is in the files.", "%(num)s more rows are in the files.", left_out
        )
        if left_out > 0
        else None
    )  # fmt: skip
    table = DataTable(
        code="answer",
        title=title_of(answer.question),
        columns=(Column("name", DIMENSIONS[answer.question.by]), *columns[2:]),
        rows=tuple(rows[:MOST_ROWS]),
        note=note,
        links=links[:MOST_ROWS],
        totals=(total,),
    )
    return Section(
        code="result",
        title=title_of(answer.question),
        sentences=tuple(definitions(answer.question)),
        charts=(_chart(answer, names),) if answer.groups else (),
        tables=(table,) if answer.groups else (),
    )


def _chart(answer: Answer, names: Names) -> Chart:
    question = answer.question
    shown = answer.groups[:MOST_BARS] if question.by not in IN_TIME else answer.groups[-MOST_BARS:]
    labels = [name_of(question.by, group.key, names) for group in shown]
    if question.across and 2 <= len(answer.columns) <= 4 and answer.is_parts:
        return Chart(
            code="chart",
            kind=ChartKind.STACKED,
            title=finding(answer, names),
            label_head=DIMENSIONS[question.by],
            series=tuple(
                _head(name_of(question.across, key, names)) for key in answer.columns
            ),
            rows=tuple((label, group.cells) for label, group in zip(labels, shown, strict=True)),
        )  # fmt: skip
    return Chart(
        code="chart",
        kind=ChartKind.BARS,
        title=finding(answer, names),
        label_head=DIMENSIONS[question.by],
        series=(MEASURES[question.count],),
        rows=tuple((label, (group.total,)) for label, group in zip(labels, shown, strict=True)),
    )
