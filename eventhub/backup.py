"""Backup and restore of the embedded database."""

import contextlib
import os
import sqlite3
from pathlib import Path


class BackupFailed(Exception):
    """Why a backup or restore was not done; one sentence."""


def back_up(database: Path, file: Path) -> None:
    """
    Copy a database that may be in use, whole and checked, or not at all.

    SQLite's own online backup is used: copying the file would lose what still
    stands in the write-ahead log.

    Raises:
        BackupFailed: the source is missing, the target cannot be written, or the copy is damaged.
    """
    if not database.exists():
        raise BackupFailed(f"There is no database at {database}.")
    new = file.with_name(f".{file.name}.new")
    try:
        with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(new)) as copy:
            source.backup(copy)
        _check(new)
        with new.open("rb+") as written:
            os.fsync(written.fileno())
        new.replace(file)
    except (OSError, sqlite3.Error) as error:
        new.unlink(missing_ok=True)
        raise BackupFailed(f"The backup could not be written to {file}: {error}.") from error


def bring_back(database: Path, file: Path) -> None:
    """
    Put a backup in the place of the database; what was there stays beside it as `.before-restore`.

    Raises:
        BackupFailed: the file is no sound EventHub database, or the server is running on the present one.
    """
    try:
        _check(file)
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source:
            known = source.execute("SELECT name FROM sqlite_master WHERE name = 'schema_migration'").fetchall()
        if not known:
            raise BackupFailed(f"{file} is no database of EventHub.")
        database.parent.mkdir(parents=True, exist_ok=True)
        new = database.with_name(f".{database.name}.new")
        with contextlib.closing(sqlite3.connect(file)) as source, contextlib.closing(sqlite3.connect(new)) as copy:
            source.backup(copy)
        if database.exists():
            with contextlib.closing(sqlite3.connect(database, timeout=1)) as present:
                present.execute("PRAGMA locking_mode=EXCLUSIVE")
                present.execute("BEGIN EXCLUSIVE")
                present.execute("ROLLBACK")
            back_up(database, database.with_name(f"{database.name}.before-restore"))
        for end in ("-wal", "-shm"):
            database.with_name(database.name + end).unlink(missing_ok=True)
        new.replace(database)
    except sqlite3.OperationalError as error:
        raise BackupFailed(f"The database is in use; stop the server first ({error}).") from error
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"{file} cannot be restored: {error}.") from error


def _check(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
        answer = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if answer != "ok":
        raise BackupFailed(f"{file} is damaged: {answer}.")
