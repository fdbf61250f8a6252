"""`eventhub import` and `eventhub export`, run as people run them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from eventhub.cli.files import EXPORTS, IMPORTS, Table, _write
from eventhub.resources import DATA
from eventhub.spreadsheets import read_sheet


@pytest.fixture
def eventhub(tmp_path: Path):  # type: ignore[no-untyped-def]
    """The command with an embedded database of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")}
    environment["EVENTHUB_DATABASE_URL"] = f"sqlite:///{tmp_path}/cli.sqlite"

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-c", "from eventhub.cli import main; main()", *arguments],
            capture_output=True, cwd=tmp_path, timeout=60, check=False,
            env={**environment, "PYTHONPATH": str(DATA.parent.parent)},
        )  # fmt: skip

    return run


MEMBERS, CALENDAR = str(DATA / "members.csv"), str(DATA / "calendar_2020_public.csv")


def test_members_go_in_and_out_and_in_again_without_a_difference(eventhub, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    dry = eventhub("import", "members", MEMBERS, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert dry.stdout.decode().endswith("160 new, 0 changed, 0 as before.\nNothing was written: this was a dry run.\n")
    assert "New: Xi’an\n" in dry.stdout.decode()
    wet = json.loads(eventhub("import", "members", MEMBERS, "--json").stdout)
    assert (wet["kind"], len(wet["new"]), wet["changed"], wet["unchanged"], wet["written"]) == (
        "members",
        160,
        0,
        0,
        True,
    )
    for form in ("csv", "xlsx"):
        assert eventhub("export", "members", "-o", f"m.{form}").returncode == 0
        again = eventhub("import", "members", f"m.{form}")
        assert again.stdout == b"0 new, 0 changed, 160 as before.\n"
    exported = json.loads(eventhub("export", "members", "--format", "json").stdout)
    sheet = read_sheet(eventhub("export", "members").stdout, "m.csv", required=tuple(exported[0]))
    assert sheet.columns == tuple(exported[0])
    assert [row["member_id"] for row in sheet.rows] == [row["member_id"] for row in exported]
    assert sorted(path.name for path in tmp_path.glob("*m.*")) == ["m.csv", "m.xlsx"]


def test_a_calendar_is_imported_once(eventhub) -> None:  # type: ignore[no-untyped-def]
    assert eventhub("import", "events", CALENDAR).stdout.decode().endswith("52 new, 0 changed, 0 as before.\n")
    assert eventhub("import", "events", CALENDAR).stdout == b"0 new, 0 changed, 52 as before.\n"


def test_people_are_exported_without_gender(eventhub, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "people.csv").write_text("name,email\n=Ana,ana@example.org\n", encoding="utf-8")
    assert eventhub("import", "people", "people.csv").returncode == 0
    head, row = eventhub("export", "people").stdout.decode().split("\r\n")[:2]
    assert head == "outside_key,name,email,member,organisation,country,language,person_id"
    assert row.rpartition(",")[0] == ",'=Ana,ana@example.org,,,,en"


def test_partners_are_imported(eventhub, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "partners.csv").write_text(
        "key,name,country,outside_key\nun-habitat,UN-Habitat,KE,1\n", encoding="utf-8"
    )
    assert eventhub("import", "partners", "partners.csv").stdout == b"New: UN-Habitat\n1 new, 0 changed, 0 as before.\n"
    assert eventhub("export", "partners", "-o", "out.csv").returncode == 0
    assert (tmp_path / "out.csv").read_bytes() == (
        b"\xef\xbb\xbfkey,name,country,outside_key\r\nun-habitat,UN-Habitat,KE,1\r\n"
    )
    assert eventhub("import", "partners", "out.csv").stdout == b"0 new, 0 changed, 1 as before.\n"


def test_registrations_and_attendance_are_imported(eventhub, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "r.csv").write_text("name,email\nAna,ana@example.org\n", encoding="utf-8")
    for kind in ("registrations", "attendance"):
        wrong = eventhub("import", kind, "r.csv")
        assert (wrong.returncode, wrong.stderr.decode()) == (
            2, "Please name the event, or give the file a column “event” with the names of events.\n",
        )  # fmt: skip
        wrong = eventhub("import", kind, "r.csv", "--event", "nowhere")
        assert (wrong.returncode, wrong.stderr.decode()) == (2, "There is no event “nowhere”.\n")
    wrong = eventhub("import", "people", "r.csv", "--event", "nowhere")
    assert (wrong.returncode, wrong.stderr.decode()) == (2, "--event is not for people; please leave it out.\n")


@pytest.mark.parametrize(
    ("arguments", "sentences"),
    [
        (("import", "members", "bad.csv"), ["Line 2, column “kind”: “friend” is none of: member, associate, honorary.", "Line 3, column “time_zone”: “Mars/Base” is no time zone. Zones look like Europe/Madrid."]),
        (("import", "members", "missing.csv"), ["missing.csv cannot be read: No such file or directory."]),
        (("import", "members", "."), [". cannot be read: Is a directory."]),
        (("import", "members", "big.csv"), ["big.csv is larger than 5 MB."]),
        (("import", "members", "latin.csv"), ["Line 2 is not UTF-8. Please save the file as “CSV UTF-8” or as XLSX."]),
        (("import", "members", "empty.xlsx"), ["This file is not an XLSX. Please save it as XLSX or as CSV."]),
        (("export", "members", "-o", "no/such/folder.csv"), ["no/such/folder.csv cannot be written: No such file or directory."]),
    ],
)  # fmt: skip
def test_bad_files_end_with_two_and_every_sentence(
    eventhub, tmp_path: Path, arguments: tuple[str, ...], sentences: list[str]
) -> None:  # type: ignore[no-untyped-def]
    head = "member_id,name,region,region_code,kind,country,time_zone,language"
    (tmp_path / "bad.csv").write_text(
        f"{head}\na,A,Europe,europe,friend,FR,Europe/Paris,fr\nb,B,Europe,europe,member,FR,Mars/Base,fr\n",
        encoding="utf-8",
    )
    (tmp_path / "big.csv").write_bytes(b"x" * 5_000_001)
    (tmp_path / "latin.csv").write_bytes(f"{head}\n".encode() + b"\xe9,,,,,,,\n")
    (tmp_path / "empty.xlsx").write_bytes(b"")
    done = eventhub(*arguments)
    assert (done.returncode, done.stderr.decode().splitlines(), done.stdout) == (2, sentences, b"")


def test_unknown_kinds_and_formats_are_refused(eventhub) -> None:  # type: ignore[no-untyped-def]
    wrong = eventhub("import", "friends", MEMBERS)
    assert (wrong.returncode, wrong.stderr.decode()) == (2, f"“friends” is none of: {', '.join(IMPORTS)}.\n")
    wrong = eventhub("export", "friends")
    assert (wrong.returncode, wrong.stderr.decode()) == (2, f"“friends” is none of: {', '.join(EXPORTS)}.\n")
    assert eventhub("export", "members", "--format", "pdf").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("members", "--event", "x"), "--event does not narrow members; please leave it out."),
        (("members", "--year", "2020"), "--year does not narrow members; please leave it out."),
        (("people", "--event", "x"), "--event does not narrow people; please leave it out."),
        (("people", "--year", "2020"), "--year does not narrow people; please leave it out."),
        (("events", "--event", "x"), "--event does not narrow events; please leave it out."),
        (("engagement", "--event", "x", "--year", "2020"), "--event does not narrow engagement; please leave it out."),
        (("calendar-annex", "--event", "x", "--year", "2020"), "--event does not narrow calendar-annex; please leave it out."),
        (("speakers", "--event", "x", "--year", "2020"), "Please give --event or --year; an event has its own year."),
    ],
)  # fmt: skip
def test_an_option_that_does_not_narrow_an_export_is_refused(
    eventhub, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:  # type: ignore[no-untyped-def]
    done = eventhub("export", *arguments, "-o", "out.csv")
    assert (done.returncode, done.stderr.decode(), done.stdout) == (2, f"{sentence}\n", b"")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("kind", ["events", "registrations", "attendance", "speakers", "engagement", "calendar-annex"])
def test_a_year_narrows_the_other_exports(eventhub, kind: str) -> None:  # type: ignore[no-untyped-def]
    assert eventhub("export", kind, "--year", "2020").returncode == 0


@pytest.mark.parametrize("option", [("--round", "2020")])
def test_an_import_has_no_options_that_no_kind_heeds(eventhub, option: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    done = eventhub("import", "members", MEMBERS, *option)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"No such option '{option[0]}'" in done.stderr.decode()


def test_a_write_that_fails_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    def rows() -> Iterator[Sequence[object]]:
        for number in range(100_000):
            yield (number,)
        raise OSError(28, "No space left on device")

    (tmp_path / "out.csv").write_text("before", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        _write("csv", Table("Numbers", ("number",), rows()), tmp_path / "out.csv")
    assert ended.value.code == 2
    with pytest.raises(ZeroDivisionError):
        _write("csv", Table("Numbers", ("number",), ((1 // n,) for n in (1, 0))), tmp_path / "out.csv")
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("out.csv", "before")]


def test_a_folder_is_not_overwritten_and_nothing_is_left_beside_it(eventhub, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "folder").mkdir()
    done = eventhub("export", "members", "-o", "folder")
    assert (done.returncode, done.stderr.decode()) == (2, "folder cannot be written: Is a directory.\n")
    assert [path.name for path in tmp_path.iterdir() if "folder" in path.name] == ["folder"]


@pytest.mark.parametrize("command", ["import", "export"])
def test_the_help_has_an_example(eventhub, command: str) -> None:  # type: ignore[no-untyped-def]
    shown = eventhub(command, "--help")
    assert shown.returncode == 0
    assert f"Example: eventhub {command} members" in shown.stdout.decode()


def test_a_new_installation_loads_the_facts_of_the_association_once(eventhub, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    first, second = eventhub("facts", "--json"), eventhub("facts")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["written"] > 160
    assert second.stdout.decode() == "0 rows were missing and are there now.\n"
