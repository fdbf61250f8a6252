"""What differs between two reports, and what a report becomes as JSON."""

from dataclasses import replace
from datetime import date

import pytest

from eventhub.languages import say
from eventhub.reports.frozen import frozen, thawed
from eventhub.reports.rules import changes_between, file_name, for_page, note_problems, without_links
from eventhub.sections import Column, DataTable, Section
from eventhub.words import Sentence
from tests.reports.sample import a_report


def told(changes):
    return [
        (str(one.row), one.column and str(one.column), one.printed, one.now, one.is_new) for one in changes
    ]  # fmt: skip


def test_a_report_is_the_same_after_freezing_and_thawing_but_for_its_links():
    report = a_report()
    again = thawed(frozen(report))
    assert again == without_links(report)
    assert again.sections[0].tables[0].links == ()
    assert again.sections[0].tables[0].rows[0] == ("Forum", date(2023, 5, 10), 1234)


def test_frozen_sentences_are_still_translated():
    counted = Sentence.counted("%(num)s event", "%(num)s events", 2)
    outer = Sentence("%(day)s: Total", day=Sentence("Total"))
    report = a_report((counted, None, 1), (outer, None, 2))
    first, second = (row[0] for row in thawed(frozen(report)).sections[0].tables[0].rows)
    assert (say(first, "es"), say(first, "fr")) == (say(counted, "es"), say(counted, "fr"))
    assert say(first, "es") not in ("2 events", "1 event")
    assert second.values["day"].message == "Total"


def test_a_percent_sign_in_a_name_is_kept():
    report = a_report((Sentence("100 % ours"), None, 1))
    assert say(thawed(frozen(report)).sections[0].tables[0].rows[0][0], "fr") == "100 % ours"


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="shape"):
        thawed('{"shape": 2}')


def test_the_same_report_has_no_changes():
    assert changes_between(a_report(), thawed(frozen(a_report()))) == []


def test_changed_cells_new_rows_and_rows_that_are_gone_are_found():
    printed = a_report(("Forum", date(2023, 5, 10), 3), ("Webinar", None, 2))
    now = a_report(("Forum", date(2023, 5, 11), 3), ("Debate", None, None))
    assert told(changes_between(printed, now)) == [
        ("Forum", "First day", date(2023, 5, 10), date(2023, 5, 11), False),
        ("Webinar", None, None, None, False),
        ("Debate", None, None, None, True),
    ]


def test_rows_that_no_column_tells_apart_are_compared_whole():
    printed = a_report(("Forum", None, 1), ("Forum", None, 2), ("Forum", None, 2))
    now = a_report(("Forum", None, 2), ("Forum", None, 1), ("Forum", None, 3))
    assert [(one.is_new, one.column) for one in changes_between(printed, now)] == [(False, None), (True, None)]


def test_a_column_that_was_added_and_one_that_is_gone_are_changes():
    old = a_report(("Forum", None, 1))
    table = old.sections[0].tables[0]
    other = replace(table, columns=(table.columns[0], Column("people", Sentence("People"))), rows=(("Forum", 7),), totals=(), links=())  # fmt: skip
    now = replace(old, sections=(replace(old.sections[0], tables=(other,)),))
    found = changes_between(old, now)
    assert ("Forum", "Number", 1, None, False) in told(found)


def test_a_table_that_is_new_since_is_a_change_for_each_of_its_rows():
    old = a_report()
    extra = DataTable("extra", Sentence("Extra"), (Column("a", Sentence("A")),), (("x",), ("y",)))
    now = replace(old, sections=(*old.sections, Section("more", Sentence("More"), tables=(extra,))))
    assert told(changes_between(old, now)) == [("x", None, None, None, True), ("y", None, None, None, True)]
    assert told(changes_between(now, old)) == [("x", None, None, None, False), ("y", None, None, None, False)]


def test_names_of_files_say_what_they_are():
    assert file_name(2024, None, "en", "docx") == "annual-report-2024-en.docx"
    assert file_name(2024, 2, "fr", "csv") == "annual-report-2024-edition-2-fr.zip"


def test_a_reason_is_asked_for_and_bounded():
    assert note_problems("", required=False) is None
    assert note_problems("", required=True) == "Please say why."
    assert note_problems("x" * 1001, required=False) is not None
    assert note_problems("x" * 1000, required=True) is None


def test_long_tables_are_shortened_on_pages_only_and_say_so():
    report = a_report(*((f"Event {number}", None, number) for number in range(1, 252)))
    table = for_page(report).sections[0].tables[0]
    assert (len(table.rows), len(table.links), len(table.totals)) == (250, 250, 1)
    assert table.note == "A note. Shown are the first 250 of 251 rows; the files have all of them."
    assert for_page(a_report()) == a_report()
