"""`eventhub export calendar-annex` and `engagement`, in a process of their own."""

import json
import os
import subprocess
import sys

import pytest

from tests.statistics.rows import a_year


def eventhub(folder, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")} | {
        "EVENTHUB_DATABASE_URL": f"sqlite:///{folder}/cli.sqlite"
    }
    return subprocess.run(
        [sys.executable, "-c", "from eventhub.cli import main; main()", *arguments],
        capture_output=True, text=True, env=environment, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["calendar-annex", "engagement"])
def test_a_year_must_be_named(tmp_path, kind):
    answer = eventhub(tmp_path, "export", kind)
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", "Please name the year, such as --year 2024.\n")


@pytest.mark.parametrize("year", ["1984", "2101", "abc", "²⁰²⁴", "9" * 600])
def test_a_wrong_year_is_refused_without_a_traceback(tmp_path, year):
    answer = eventhub(tmp_path, "export", "calendar-annex", "--year", year)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_an_empty_year_gives_the_columns_and_the_totals(tmp_path):
    annex = eventhub(tmp_path, "export", "calendar-annex", "--year", "2024")
    assert (annex.returncode, annex.stdout) == (0, "start,end,title,location\n")
    matrix = eventhub(tmp_path, "export", "engagement", "--year", "2024", "--format", "json")
    assert [row["member"] for row in json.loads(matrix.stdout)] == ["Total members", "Total"]
    file = tmp_path / "annex.xlsx"
    assert eventhub(tmp_path, "export", "calendar-annex", "--year", "2024", "-o", str(file)).returncode == 0
    assert file.read_bytes()[:2] == b"PK"


async def test_the_export_has_the_rows_of_the_download(reader):
    from eventhub.cli.files import EXPORTS, ExportRequest
    from eventhub.spreadsheets import csv_bytes

    await a_year()
    for kind in ("calendar-annex",):
        table = await EXPORTS[kind](ExportRequest(year=2023))
        download = await reader.get(f"/staff/figures/2023/{kind}.csv")
        assert b"".join(csv_bytes(table.columns, table.rows, mark=True)) == download.content
