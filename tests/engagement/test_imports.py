"""Printed matrices: read as printed, compared before anything is written, and the same again from our own export."""

import re
from uuid import uuid4

import pytest

from eventhub.database import sql
from eventhub.engagement.commands import state_cells
from eventhub.engagement.imports import import_engagement
from eventhub.engagement.queries import activation_of, engagement_of, members_that_sent_nobody
from eventhub.engagement.sheets import engagement_sheet
from eventhub.spreadsheets import BadFile, csv_bytes, xlsx_bytes
from tests.engagement.rows import an_engaged_year, ids
from tests.engagement.test_queries import cells
from tests.make import NOW, a_member
from tests.statistics.rows import a_year

YEAR = 2020


def csv_of(*lines):
    return "\n".join(lines).encode()


async def taken(content, *, year=YEAR, **changed):
    options = {"create_missing": False, "dry_run": False, "now": NOW} | changed
    return await import_engagement(content, "matrix.csv", year=year, **options)


async def faults_of(content, **changed):
    with pytest.raises(BadFile) as found:
        await taken(content, **changed)
    return list(found.value.sentences)


PRINTED = (
    "Member,activated,fee_paid,board_meetings,annual_meeting,bilateral_meetings,pilot_projects,"
    "indicators_analysed_year,learning_activities,wmd_organiser_or_speaker,wmd_participant,call_endorsed"
)


async def three():
    for name in ("Bogotá", "Lima", "Rome"):
        await a_member(name)
    await sql(
        "INSERT INTO member_name (id, member, name, name_folded) SELECT {}, id, 'Roma', 'roma' FROM member "
        "WHERE key = 'rome'",
        uuid4(),
    )


async def test_cells_are_read_as_printed_with_capitals_spaces_and_crosses(database):
    await three()
    report = await taken(
        csv_of(
            PRINTED,
            " bogota ,Yes,1,2, yes ,3,L,2019,4,5,6,x",
            "Roma (N),,x,,,, P (2) ,2020,,,,",
            'Lima,x,,0,–,,"L, P",,,,,YES',
        )
    )
    assert (len(report.new), report.changed, report.unchanged, report.written) == (0, 3, 0, True)
    matrix = await engagement_of(YEAR)
    assert cells(matrix) == {
        "Bogotá": {
            "activated": "yes", "fee_paid": 1, "board_meetings": 2, "annual_meeting": "yes", "bilateral_meetings": 3,
            "pilot_projects": "L", "indicators_analysed_year": 2019, "learning_activities": 4,
            "wmd_organiser_or_speaker": 5, "wmd_participant": 6, "call_endorsed": "yes",
        },
        "Lima": {"activated": "yes", "pilot_projects": "L, P", "call_endorsed": "yes"},
        "Rome": {"fee_paid": 1, "pilot_projects": "P (2)", "indicators_analysed_year": 2020},
    }  # fmt: skip
    assert [row.name for row in matrix.rows if row.is_new] == ["Rome"]
    assert matrix.total_members()["indicators_analysed_year"] == 1


async def test_importing_twice_changes_nothing(database):
    await three()
    content = csv_of(PRINTED, "Bogotá,Yes,1,2,,,L,2019,,,,", "Rome (N),,1,,,,,,,,,")
    await taken(content)
    before = await sql("SELECT id, value FROM engagement_cell ORDER BY id")
    again = await taken(content)
    assert (again.is_empty, again.changed, again.unchanged) == (True, 0, 2)
    assert await sql("SELECT id, value FROM engagement_cell ORDER BY id") == before
    audit = await sql("SELECT id FROM audit_entry WHERE action = 'import_engagement'")
    assert len(audit) == 1


async def test_a_dry_run_shows_the_differences_and_writes_nothing(database):
    await three()
    report = await taken(csv_of("member,fee_paid", "Lima,1"), dry_run=True)
    assert [(one.subject, one.field, one.before, one.after) for one in report.changes] == [
        ("Lima", "fee_paid", "", "1")
    ]
    assert not report.written
    assert await sql("SELECT id FROM engagement_cell") == []


async def test_every_bad_row_and_column_is_named_and_nothing_is_written(database):
    await three()
    await a_member("Academy", kind="associate")
    faults = await faults_of(
        csv_of(
            "member,activated,board_meetings,pilot_projects,indicators_analysed_year",
            "Lima,maybe,two,Q,2021",
            "Atlantis,yes,1,,",
            "Academy,yes,,,",
            "Lima,yes,,,",
            "Total members,1,many,,",
        )
    )
    assert faults == [
        "Line 2, column “activated”: “maybe” is neither yes nor empty.",
        "Line 2, column “board_meetings”: “two” is no number from 0 to 9999.",
        "Line 2, column “pilot_projects”: “Q” is none of L, P, P (2) or L, P.",
        "Line 2, column “indicators_analysed_year”: “2021” is no year between 1985 and 2020.",
        "Line 3, column “member”: there is no member “Atlantis”. Please correct the name, add it to a member as another "
        "name, or let the import make former members.",
        "Line 4, column “member”: “Academy” is no member but belongs otherwise.",
        "Line 5, column “member”: “Lima” is in line 2 too.",
        "Line 6, column “board_meetings”: “many” is neither a number nor a dash.",
    ]
    assert await sql("SELECT id FROM engagement_cell") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"member,mood\nLima,good\n", "the column “mood” is unknown"),
        (b"activated\nyes\n", "the column “member” is missing"),
        (b"member,region\nLima,europe\n", "no column of the matrix"),
        (b"member,activated\nTotal,1\nTotal,1\n", "“Total” is in line 2 too"),
    ],
)
async def test_a_file_that_is_no_matrix_is_refused_with_its_reason(database, content, said):
    await three()
    assert any(said in fault for fault in await faults_of(content))


async def test_a_year_that_has_not_begun_has_no_matrix_to_import(database):
    assert "2026" in (await faults_of(b"member,activated\nLima,yes\n", year=2027))[0]


async def test_unknown_names_become_former_members_that_left_at_the_end_of_the_year(database):
    await three()
    content = csv_of(
        "member,activated,region", "Atlantis,yes,", "Lima,yes,", "Ys (N),,europe", "Total members,2,", "Total,–,"
    )
    report = await taken(content, create_missing=True)
    assert (report.new, report.changed) == (("Atlantis", "Ys"), 1)
    made = await sql(
        "SELECT m.key AS key, r.code AS region, m.left_on AS left_on, m.kind AS kind FROM member m "
        "JOIN region r ON r.id = m.region WHERE m.key IN ('atlantis', 'ys') ORDER BY m.key"
    )
    assert [(row["key"], row["region"], str(row["left_on"]), row["kind"]) for row in made] == [
        ("atlantis", "unknown", "2020-12-31", "member"), ("ys", "europe", "2020-12-31", "member"),
    ]  # fmt: skip
    assert [row.name for row in (await engagement_of(2020)).rows] == ["Atlantis", "Lima", "Ys"]
    assert [row.name for row in (await engagement_of(2021)).rows] == ["Bogotá", "Lima", "Rome"]
    assert (await taken(content, create_missing=True)).is_empty
    assert (await taken(content)).is_empty


def a_printed_year():
    """141 members: the first 108 activated, 60 with a fee, 20 with 2 learning activities, 5 analysed in 2020, 3 before."""
    lines = [PRINTED]
    for number in range(141):
        fields = [
            f"City {number:03}",
            "Yes" if number < 108 else "",
            "1" if number < 60 else "",
            "2" if number < 12 else "",
            "Yes" if number < 70 else "",
            "3" if number < 10 else "",
            ("L" if number < 4 else "P (2)" if number < 9 else ""),
            ("2020" if number < 5 else "2019" if number < 8 else ""),
            "2" if number < 20 else "",
            "1" if number < 11 else "",
            "2" if number < 39 else "",
            "x" if number < 50 else "",
        ]
        lines.append(",".join(fields))
    lines.append("Total members,108,60,12,70,10,9,5,20,11,39,50")
    lines.append("Total,–,–,–,–,30,–,–,40,11,78,–")
    return lines


async def test_a_printed_year_of_141_members_has_the_closing_rows_that_were_printed(database):
    await a_member("Never Listed")
    report = await taken(csv_of(*a_printed_year()), create_missing=True)
    assert (len(report.new), report.remarks) == (
        141,
        (
            "The file is taken for the whole matrix of the year: 1 member that it does not list has no row any more.",
            "The closing rows of the file are those that the matrix will have.",
        ),
    )
    matrix = await engagement_of(2020)
    members, total = matrix.total_members(), matrix.total()
    printed = ["108", "60", "12", "70", "10", "9", "5", "20", "11", "39", "50"]
    assert [str(members[column.code]) for column in matrix.columns[:11]] == printed
    assert [total[code] for code in ("bilateral_meetings", "learning_activities", "wmd_organiser_or_speaker", "wmd_participant")] == [30, 40, 11, 78]  # fmt: skip
    assert (len(matrix.rows), matrix.activated_at_end, matrix.members_at_end, matrix.rate_pct) == (141, 108, 141, 77)
    fourth = await activation_of(2020, 4)
    assert (fourth.activated, fourth.members, fourth.rate_pct) == (108, 141, 77)
    assert (await taken(csv_of(*a_printed_year()))).is_empty
    absent = {row.name for row in await members_that_sent_nobody(2020)}
    assert absent == {f"City {number:03}" for number in range(70, 141)}


async def test_closing_rows_that_do_not_fit_are_reported_and_stop_nothing(database):
    lines = a_printed_year()
    lines[-2] = lines[-2].replace("108", "109")
    lines[-1] = lines[-1].replace("40", "41").replace("–", "7", 1)
    report = await taken(csv_of(*lines), create_missing=True)
    assert report.written
    assert report.remarks == (
        "“Total members”, activated: the file says 109, and the matrix will say 108.",
        "“Total”, activated: the file says 7, and the matrix will say –.",
        "“Total”, learning_activities: the file says 41, and the matrix will say 40.",
    )


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_what_is_exported_can_be_imported_again_and_changes_nothing(database, form):
    await an_engaged_year()
    sheet = engagement_sheet(await engagement_of(2023))
    rows = list(sheet.rows)
    content = b"".join(csv_bytes(sheet.columns, rows) if form == "csv" else xlsx_bytes("x", sheet.columns, rows))
    report = await taken(content, year=2023)
    assert (report.is_empty, report.unchanged) == (True, 7)
    assert report.remarks == ("The closing rows of the file are those that the matrix will have.",)


async def test_a_printed_matrix_goes_to_another_database_and_back(database):
    await taken(csv_of(*a_printed_year()), create_missing=True)
    before = engagement_sheet(await engagement_of(2020))
    content = b"".join(csv_bytes(before.columns, before.rows))
    for table in ("engagement_cell", "engagement_listing", "activation", "member"):
        await sql(f"DELETE FROM {table}")
    for row in before.rows[:-2]:
        await a_member(str(row[0]))
    await taken(content)
    assert engagement_sheet(await engagement_of(2020)) == before


async def test_the_printed_value_is_kept_beside_the_computed_one(database):
    """Rome was at two board meetings; the printed matrix has one, and no activity at all for Quito, which spoke."""
    await an_engaged_year()
    await taken(csv_of("key,member,activated,board_meetings,speakers", "rome,Rome,yes,1,", "quito,Quito,,,"), year=2023)
    rows = {row.key: row for row in (await engagement_of(2023)).rows}
    board = rows["rome"].cells["board_meetings"]
    assert (board.value, board.computed) == (1, 2)
    assert (rows["quito"].cells["speakers"].value, rows["quito"].cells["speakers"].computed) == (0, 1)
    assert (rows["quito"].cells["activated"].value, rows["quito"].cells["activated"].computed) == (0, 1)


async def test_the_file_of_a_few_members_says_nothing_of_the_others(database):
    await a_year()
    await taken(csv_of("member,fee_paid", "Rome,1", "Lima,1"), year=2023)
    assert [row.name for row in (await engagement_of(2023)).rows] == ["Barcelona", "Lima", "Montréal", "Quito", "Rome"]


async def test_the_activation_of_less_than_half_of_the_members_is_no_whole_matrix(database):
    await a_year()
    await taken(csv_of("member,activated", "Rome,", "Lima,yes"), year=2023)
    matrix = await engagement_of(2023)
    assert [row.name for row in matrix.rows] == ["Barcelona", "Lima", "Montréal", "Quito", "Rome"]
    assert [row.name for row in matrix.rows if row.cells["activated"].value] == ["Barcelona", "Lima", "Quito"]


async def test_a_matrix_of_the_running_year_does_not_say_who_the_members_are(database):
    await three()
    await taken(csv_of("member,activated", "Rome,yes"), year=NOW.year)
    matrix = await engagement_of(NOW.year)
    assert [row.name for row in matrix.rows] == ["Bogotá", "Lima", "Rome"]
    assert [row.name for row in (await activation_of(NOW.year, 4)).rows if row.active] == ["Rome"]


async def test_names_that_two_members_bear_are_not_guessed(database):
    await three()
    new = await a_member("Lima (city)")
    await sql(
        "INSERT INTO member_name (id, member, name, name_folded) VALUES ({}, {}, 'Lima', 'lima')",
        uuid4(), new,
    )  # fmt: skip
    faults = await faults_of(csv_of("member,fee_paid", "LIMA,1"))
    assert "may be each of" in faults[0]
    assert set(await ids()) == {"bogota", "lima", "rome", "lima-city"}


async def test_importing_what_the_data_give_takes_back_what_was_said_otherwise(database):
    """Rome was at two board meetings; somebody typed in three, and the printed matrix has two."""
    await an_engaged_year()
    await state_cells(2023, "rome", {"board_meetings": "3"}, now=NOW, account_id=None)
    report = await taken(csv_of("member,board_meetings", "Rome,2"), year=2023)
    assert [(one.before, one.after) for one in report.changes] == [("3", "2")]
    assert await sql("SELECT id FROM engagement_cell") == []
    assert cells(await engagement_of(2023))["Rome"]["board_meetings"] == 2


AS_TYPED_OFF = [
    ("a program that writes numbers with a point", lambda text: text.replace(",1,", ",1.0,").replace(",2,", ",2.0,").replace(",2019,", ",2019.0,").replace("108,60", "108.0,60.0")),
    ("tabs", lambda text: text.replace(",", "\t")),
    ("semicolons and a title", lambda text: "Members 2020\n\n" + text.replace(",", ";")),
    ("names of columns", lambda text: text.replace("fee_paid", "Fee paid").replace("wmd_participant", "Participant of World Metropolitan Day").replace("board_meetings", "BOARD MEETINGS")),
    ("empty columns at the end", lambda text: "\n".join(f"{line},," for line in text.split("\n"))),
    ("ticks", lambda text: text.replace(",Yes", ",✔\ufe0f").replace(",x", ",●")),
    ("minus signs", lambda text: text.replace("–", "−")),
    ("hard spaces", lambda text: text.replace(",", "\u00a0,\u00a0")),
    ("marks", lambda text: re.sub("^(City [0-9]*[05]),", r"\1 (B) [2],", re.sub("^(City [0-9]*[16]),", r"\1¹,", text, flags=re.M), flags=re.M)),
    ("closing rows in capitals", lambda text: text.replace("Total members", "TOTAL MEMBERS").replace("Total,", "TOTAL,")),
    ("brackets of another width", lambda text: text.replace("P (2)", "P（2）")),
]  # fmt: skip


@pytest.mark.parametrize("typed_off", [change for _, change in AS_TYPED_OFF], ids=[name for name, _ in AS_TYPED_OFF])
async def test_a_table_typed_off_in_another_way_says_the_same(database, typed_off):
    lines = a_printed_year()
    await taken(csv_of(*lines), create_missing=True)
    changed = typed_off("\n".join(lines))
    assert changed != "\n".join(lines)
    report = await taken(changed.encode())
    assert report.is_empty
    assert report.remarks == ("The closing rows of the file are those that the matrix will have.",)


@pytest.mark.parametrize(
    ("cell", "said"),
    [("L\nP (2)", "L, P (2)"), ("L and P", "L, P"), ("P(2)L", "L, P (2)"), ("l p", "L, P"), ("L (3) + P", "L (3), P")],
)
async def test_roles_are_parted_in_every_way(database, cell, said):
    await three()
    await taken(f'member,pilot_projects\nLima,"{cell}"\n'.encode())
    assert cells(await engagement_of(YEAR))["Lima"]["pilot_projects"] == said


@pytest.mark.parametrize("cell", ["P2", "PP", "L P L", "P ((2))", "and", "1.5", "P and", "²"])
async def test_what_may_be_a_slip_is_not_guessed(database, cell):
    await three()
    assert len(await faults_of(f"member,pilot_projects\nLima,{cell}\n".encode())) == 1
    assert len(await faults_of(f"member,learning_activities\nLima,{cell}\n".encode())) == 1


async def test_names_like_an_unknown_one_are_said(database):
    await three()
    content = csv_of("member,activated", "Metropolitan Area of Lima,yes", "Bogota,yes", "Bogotta,yes", "Ys,yes")
    assert await faults_of(content) == [
        "Line 2, column “member”: there is no member “Metropolitan Area of Lima”, but “Lima”. Please correct the name, "
        "add it to a member as another name, or let the import make former members.",
        "Line 4, column “member”: there is no member “Bogotta”, but “Bogotá”. Please correct the name, add it to a member "
        "as another name, or let the import make former members.",
        "Line 5, column “member”: there is no member “Ys”. Please correct the name, add it to a member as another name, "
        "or let the import make former members.",
    ]
    report = await taken(content, create_missing=True, dry_run=True)
    assert [remark for remark in report.remarks if "much like" in remark] == [
        "“Metropolitan Area of Lima” becomes a former member of its own, and is called much like “Lima”.",
        "“Bogotta” becomes a former member of its own, and is called much like “Bogotá”.",
    ]


async def test_no_members_are_made_of_footnotes_and_regions(database):
    await three()
    faults = await faults_of(
        csv_of("member,activated", "Lima,yes", "EUROPE,", "(N) New members,", "* Board,"),
        create_missing=True,
    )
    assert faults == [
        "Line 3, column “member”: “EUROPE” is a region, and no member.",
        "Line 4, column “member”: “(N) New members” begins with a mark. Marks stand after names, and footnotes are left "
        "out.",
        "Line 5, column “member”: “* Board” begins with a mark. Marks stand after names, and footnotes are left out.",
    ]


async def test_members_that_stay_in_a_whole_matrix_unlisted_are_named(database):
    await a_member("Never Listed")
    await state_cells(2020, "never-listed", {"learning_activities": "2"}, now=NOW, account_id=None)
    report = await taken(csv_of(*a_printed_year()), create_missing=True)
    assert report.remarks[0] == (
        "1 member that the file does not list keeps its row, as more is known of it: Never Listed."
    )
    assert "“Total”, learning_activities: the file says 40, and the matrix will say 42." in report.remarks
