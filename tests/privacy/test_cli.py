"""`eventhub person`, run as people run it: it asks before it forgets, and says sentences."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eventhub.resources import DATA


def in_folder(folder: Path):
    """The command with the embedded database of this folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")}
    environment |= {"EVENTHUB_DATABASE_URL": f"sqlite:///{folder}/cli.sqlite", "PYTHONPATH": str(DATA.parent.parent)}

    def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from eventhub.cli import main; main()", *arguments],
            capture_output=True, cwd=folder, timeout=60, check=False, text=True, input=typed, env=environment,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def with_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database in which one person is known; to be copied, not changed."""
    folder = tmp_path_factory.mktemp("one")
    (folder / "people.csv").write_text("name,email\nAna Älva,ana@example.org\n", encoding="utf-8")
    assert in_folder(folder)("import", "people", "people.csv").returncode == 0
    return folder


@pytest.fixture
def eventhub(with_one: Path, tmp_path: Path):
    """The command with an embedded database of its own, in which one person is known."""
    shutil.copytree(with_one, tmp_path, dirs_exist_ok=True)
    return in_folder(tmp_path)


def known(eventhub) -> bool:
    return "ana@example.org" in eventhub("export", "people").stdout


def test_an_export_is_json(eventhub):
    answer = eventhub("person", "export", "ANA@example.org")

    assert (answer.returncode, answer.stderr) == (0, "")
    assert [one["name"] for one in json.loads(answer.stdout)["person"]] == ["Ana Älva"]


@pytest.mark.parametrize("typed", ["", "\n", "b@example.org\n", "y\n"])
def test_whoever_types_anything_but_the_address_forgets_nobody(eventhub, typed):
    answer = eventhub("person", "erase", "ana@example.org", typed=typed)

    assert answer.returncode == 1
    assert "This cannot be undone. Type the address ana@example.org again to go on" in answer.stderr
    assert known(eventhub)


def test_the_address_typed_again_forgets(eventhub):
    answer = eventhub("person", "erase", "ana@example.org", typed="Ana@example.org\n")

    assert answer.returncode == 0
    assert answer.stdout.startswith("The person is forgotten: 0 registrations, 0 of them cancelled now,")
    assert not known(eventhub)


def test_a_script_says_yes_and_reads_json(eventhub):
    answer = eventhub("person", "erase", "ana@example.org", "--yes", "--json")

    assert json.loads(answer.stdout) == {
        "person": json.loads(answer.stdout)["person"], "registrations": 0, "cancelled": 0, "letters": 0, "files": 0,
        "coming_parts": 0, "has_account": False,
    }  # fmt: skip
    assert not known(eventhub)


@pytest.mark.parametrize("verb", [("export",), ("erase", "--yes"), ("erase",)])
def test_an_unknown_address_is_a_sentence_and_exit_2(eventhub, verb):
    answer = eventhub("person", *verb, "nobody@example.org")

    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "Nobody with the address “nobody@example.org” is known here.\n"
    assert known(eventhub)
