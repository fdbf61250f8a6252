"""Backups of a database in use, and bringing them back."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventhub.backup import BackupFailed, back_up, bring_back

LETTERS = 200


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
        yield connection


def a_database(path: Path, rows: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE schema_migration (name TEXT)")
        connection.execute("CREATE TABLE letter (n INTEGER)")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO letter VALUES (?)", [(n,) for n in range(rows)])
        connection.execute("COMMIT")
    return path


def rows(path: Path) -> int:
    with opened(path) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM letter").fetchone()[0])


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_in_the_log_only_is_in_the_backup(home: Path) -> None:
    database = a_database(home / "e.sqlite")
    with opened(database) as server:
        server.execute("INSERT INTO letter VALUES (99)")
        assert (home / "e.sqlite-wal").stat().st_size > 0
        back_up(database, home / "copy.sqlite")
        server.execute("INSERT INTO letter VALUES (100)")
    assert (rows(home / "copy.sqlite"), rows(database)) == (4, 5)


def test_a_backup_is_one_file_that_only_its_owner_reads(home: Path) -> None:
    database = a_database(home / "data" / "e.sqlite")
    target = home / "backups"
    target.mkdir()
    back_up(database, target / "copy.sqlite")
    assert files(target) == {"copy.sqlite"}
    assert (target / "copy.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_backup_is_whole_while_others_write(home: Path) -> None:
    database = a_database(home / "e.sqlite", 0)
    stop = threading.Event()

    def write() -> None:
        with opened(database) as server:
            server.execute("PRAGMA busy_timeout=5000")
            for number in range(100_000):
                if stop.is_set():
                    return
                server.execute("BEGIN IMMEDIATE")
                server.executemany("INSERT INTO letter VALUES (?)", [(number,)] * 7)
                server.execute("COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(10):
            back_up(database, home / f"copy{number}.sqlite")
    finally:
        stop.set()
        writer.join()
    assert {rows(home / f"copy{number}.sqlite") % 7 for number in range(10)} == {0}


def test_a_backup_replaces_an_older_one_whole(home: Path) -> None:
    database = a_database(home / "e.sqlite", 2)
    (home / "copy.sqlite").write_bytes(b"old" * 10_000)
    back_up(database, home / "copy.sqlite")
    assert rows(home / "copy.sqlite") == 2


def test_a_backup_that_cannot_be_made_leaves_nothing(home: Path) -> None:
    database = a_database(home / "e.sqlite")
    before = files(home)
    for source, target, sentence in (
        (home / "nothing.sqlite", home / "copy", f"There is no database at {home / 'nothing.sqlite'}."),
        (database, database, f"{database} is the database itself; choose another file."),
    ):
        with pytest.raises(BackupFailed) as failed:
            back_up(source, target)
        assert str(failed.value) == sentence
    with pytest.raises(BackupFailed, match="could not be written"):
        back_up(database, home / "nowhere" / "copy")
    assert files(home) == before


def test_a_damaged_database_gives_no_backup(home: Path) -> None:
    database = a_database(home / "e.sqlite", 20_000)
    raw = bytearray(database.read_bytes())
    raw[40_000:60_000] = b"\x5a" * 20_000
    database.write_bytes(raw)
    (home / "copy.sqlite").write_text("the last good one")
    with pytest.raises(BackupFailed):
        back_up(database, home / "copy.sqlite")
    assert (home / "copy.sqlite").read_text() == "the last good one"
    assert not any(".new" in name for name in files(home))


@pytest.mark.parametrize("name", ["a b.sqlite", "a?mode=memory", "a#b%20c", "ñandú.sqlite", "-x"])
def test_any_file_name_will_do(home: Path, name: str) -> None:
    database = a_database(home / "data" / f"db {name}")
    back_up(database, home / name)
    assert rows(home / name) == 3
    with opened(database) as server:
        server.execute("DELETE FROM letter")
    bring_back(database, home / name)
    assert rows(database) == 3


def test_a_backup_is_brought_back_and_what_was_there_is_kept(home: Path) -> None:
    database = a_database(home / "e.sqlite", 3)
    back_up(database, home / "copy.sqlite")
    with opened(database) as server:
        server.executemany("INSERT INTO letter VALUES (?)", [(n,) for n in range(LETTERS)])
    bring_back(database, home / "copy.sqlite")
    assert rows(database) == 3
    assert rows(home / "e.sqlite.before-restore") == 3 + LETTERS
    assert rows(home / "copy.sqlite") == 3


def test_a_backup_is_brought_back_to_a_new_place(home: Path) -> None:
    back_up(a_database(home / "e.sqlite"), home / "copy.sqlite")
    bring_back(home / "elsewhere" / "deep" / "e.sqlite", home / "copy.sqlite")
    assert rows(home / "elsewhere" / "deep" / "e.sqlite") == 3
    assert files(home / "elsewhere" / "deep") == {"e.sqlite"}


def test_a_server_that_runs_keeps_its_database(home: Path) -> None:
    database = a_database(home / "e.sqlite", 3)
    back_up(database, home / "copy.sqlite")
    with opened(database) as server:
        server.execute("INSERT INTO letter VALUES (9)")
        with pytest.raises(BackupFailed, match=r"^The database is in use; stop the server first"):
            bring_back(database, home / "copy.sqlite")
        server.execute("INSERT INTO letter VALUES (10)")
    assert rows(database) == 5
    assert not any(".new" in name for name in files(home))


def test_what_is_no_backup_of_ours_is_not_brought_back(home: Path) -> None:
    database = a_database(home / "e.sqlite")
    (home / "text").write_text("no database" * 1000)
    (home / "empty").touch()
    with opened(home / "other") as other:
        other.execute("CREATE TABLE x (y)")
    damaged = a_database(home / "damaged", 20_000)
    raw = bytearray(damaged.read_bytes())
    raw[40_000:60_000] = b"\x5a" * 20_000
    damaged.write_bytes(raw)
    for name in ("text", "empty", "other", "damaged", "nothing", "e.sqlite"):
        with pytest.raises(BackupFailed) as failed:
            bring_back(database, home / name)
        assert str(failed.value).endswith("."), failed.value
        assert rows(database) == 3
    assert not any(name.endswith((".new", ".before-restore")) for name in files(home))
