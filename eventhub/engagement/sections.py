"""The engagement of members as sections of the annual report and of answers."""

from eventhub.engagement.queries import Absent, activation_of, engagement_of, members_that_sent_nobody
from eventhub.engagement.rules import QUARTERS, Activation, EngagementMatrix
from eventhub.engagement.sheets import closing, shown
from eventhub.sections import Cell, Chart, ChartKind, Column, DataTable, Section
from eventhub.words import Sentence


async def engagement_sections(year: int) -> tuple[Section, ...]:
    """The engagement matrix of a year, activation by quarter, and the members that sent nobody."""
    matrix = await engagement_of(year)
    quarters = tuple([await activation_of(year, quarter) for quarter in QUARTERS])
    return (
        Section(
            "engagement",
            Sentence("Engagement of members"),
            sentences=_findings(matrix),
            charts=_charts(matrix),
            tables=(_matrix_table(matrix), _definitions(matrix)),
            parts=(activation_section(quarters), absent_section(year, await members_that_sent_nobody(year))),
        ),
    )


def _findings(matrix: EngagementMatrix) -> tuple[Sentence, ...]:
    if matrix.rate_pct is None:
        return (Sentence("No member belonged to the association at the end of %(year)s.", year=str(matrix.year)),)
    return (
        Sentence(
            "%(part)s of %(whole)s members at the end of %(year)s were activated in it: %(share)s%%.",
            part=matrix.activated_at_end,
            whole=matrix.members_at_end,
            year=str(matrix.year),
            share=matrix.rate_pct,
        ),
        Sentence("(N) marks members that are new in the year, (B) members of the board of directors."),
    )


def _charts(matrix: EngagementMatrix) -> tuple[Chart, ...]:
    members = matrix.total_members()
    most = max(members.values(), default=0)
    if not most:
        return ()
    leading = next(column for column in matrix.columns if members[column.code] == most)
    return (
        Chart(
            "engagement-members",
            ChartKind.BARS,
            Sentence("Most members by column: %(column)s, %(number)s", column=leading.name, number=most),
            Sentence("Column"),
            (Sentence("Members"),),
            tuple((column.name, (members[column.code],)) for column in matrix.columns if members[column.code]),
        ),
    )


def marked_name(name: str, is_new: bool, is_board_member: bool) -> str:
    """A name with (N) for a new member and (B) for one of the board."""
    return " ".join([name, *(["(N)"] if is_new else []), *(["(B)"] if is_board_member else [])])


def _matrix_table(matrix: EngagementMatrix) -> DataTable:
    members, total = matrix.total_members(), matrix.total()
    return DataTable(
        "engagement-matrix",
        Sentence("Engagement matrix of %(year)s", year=str(matrix.year)),
        (
            Column("member", Sentence("Member")),
            *(
                Column(column.code, column.name, is_number=column.cell in ("one", "number", "year"))
                for column in matrix.columns
            ),
        ),
        tuple(
            (
                marked_name(row.name, row.is_new, row.is_board_member),
                *(_said(shown(column, row.cells[column.code].value)) for column in matrix.columns),
            )
            for row in matrix.rows
        ),
        links=tuple(f"/staff/figures/{matrix.year}/engagement/{row.key}" for row in matrix.rows),
        totals=(
            (Sentence("Total members"), *(members[column.code] for column in matrix.columns)),
            (Sentence("Total"), *(closing(total[column.code]) for column in matrix.columns)),
        ),
    )


def _said(text: str) -> Cell:
    """A cell of the matrix: numbers as numbers, yes in the reader's language, nothing as nothing."""
    if text == "yes":
        return Sentence("yes")
    if text.isdigit():
        return text if len(text) == 4 else int(text)
    return text or None


def _definitions(matrix: EngagementMatrix) -> DataTable:
    return DataTable(
        "engagement-columns",
        Sentence("What the columns of the matrix mean"),
        (Column("column", Sentence("Column")), Column("definition", Sentence("Definition"))),
        tuple((column.name, column.definition) for column in matrix.columns),
    )


def activation_section(quarters: tuple[Activation, ...]) -> Section:
    """How many members are activated at the end of each quarter, over all members at that date."""
    return Section(
        "activation",
        Sentence("Activated members by quarter"),
        sentences=(
            Sentence(
                "Activity is counted from the beginning of the year. Staff confirm it for each quarter; "
                "what is not confirmed is a suggestion from activity."
            ),
        ),
        tables=(
            DataTable(
                "activation-quarters",
                Sentence("Activated members at the end of each quarter"),
                (
                    Column("quarter", Sentence("Quarter")),
                    Column("ends_on", Sentence("End")),
                    Column("activated", Sentence("Activated"), is_number=True),
                    Column("members", Sentence("Members"), is_number=True),
                    Column("rate_pct", Sentence("Rate, %"), is_number=True),
                    Column("confirmed", Sentence("Confirmed by staff"), is_number=True),
                ),
                tuple(
                    (str(one.quarter), one.ends_on, one.activated, one.members, one.rate_pct, one.confirmed)
                    for one in quarters
                ),
            ),
        ),
    )


def absent_section(year: int, rows: tuple[Absent, ...]) -> Section:
    """Members that sent nobody to any event of a year."""
    return Section(
        "sent-nobody",
        Sentence("Members that sent nobody"),
        sentences=(
            Sentence.counted(
                "%(num)s member sent nobody to any event of %(year)s.",
                "%(num)s members sent nobody to any event of %(year)s.",
                len(rows),
                year=str(year),
            ),
            Sentence(
                "Nobody attended or spoke for them at any published event, whoever led it, "
                "and nothing else was typed in or imported."
            ),
        ),
        tables=(
            DataTable(
                "sent-nobody-members",
                Sentence("Members that sent nobody in %(year)s", year=str(year)),
                (
                    Column("member", Sentence("Member")),
                    Column("region", Sentence("Region")),
                    Column("activated", Sentence("Activated all the same")),
                ),
                tuple(
                    (row.name, Sentence(row.region) if row.region else None, Sentence("yes") if row.activated else None)
                    for row in rows
                ),
                links=tuple(f"/staff/figures/{year}/engagement/{row.key}" for row in rows),
            ),
        )
        if rows
        else (),
    )
