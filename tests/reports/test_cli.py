"""`eventhub report`, in a process of its own."""

import csv

import pytest

from tests.statistics.test_cli import eventhub


def test_a_report_is_written_in_every_format(tmp_path):
    folder = tmp_path / "new" / "reports"
    answer = eventhub(tmp_path, "report", "2023", "-o", str(folder))
    assert answer.returncode == 0, answer.stderr
    names = {path.name for path in folder.iterdir()}
    assert names == {"annual-report-2023-en", *(f"annual-report-2023-en.{form}" for form in ("html", "docx", "xlsx"))}
    with (folder / "annual-report-2023-en" / "figures.csv").open(encoding="utf-8-sig", newline="") as file:
        head, first, *_ = csv.reader(file)
    assert head == ["figure", "value", "earlier", "growth_pct", "women_pct", "men_pct", "known", "unknown"]
    assert first == ["Own events", "0", "", "", "", "", "", ""]  # nothing is recorded of 2022
    assert "Numbers by gender are protected" in answer.stderr
    assert answer.stdout.splitlines()[0] == str(folder / "annual-report-2023-en.html")
    assert (folder / "annual-report-2023-en.html").stat().st_mode & 0o077 == 0


def test_one_format_one_language_and_exact_numbers_can_be_asked_for(tmp_path):
    answer = eventhub(
        tmp_path, "report", "2023", "-o", str(tmp_path), "--format", "html", "--language", "fr", "--exact"
    )
    assert answer.returncode == 0, answer.stderr
    assert [path.name for path in tmp_path.glob("annual*")] == ["annual-report-2023-fr.html"]
    assert "exact" in answer.stderr
    assert '<html lang="fr">' in (tmp_path / "annual-report-2023-fr.html").read_text()


@pytest.mark.parametrize(
    "wrong",
    [("1984",), ("2101",), ("abc",), ("2023", "--format", "pdf"), ("2023", "--language", "de"), ("2023", "-o", "/dev/null/x")],
)  # fmt: skip
def test_what_cannot_be_gets_a_sentence_and_exit_code_2(tmp_path, wrong):
    answer = eventhub(tmp_path, "report", *wrong)
    assert answer.returncode == 2
    assert answer.stderr and "Traceback" not in answer.stderr
