"""Backup and restore of the embedded database."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
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
    if file.exists() and file.samefile(database):
        raise BackupFailed(f"{file} is the database itself; choose another file.")
    try:
        with _copy(database, beside=file) as new:
            _check(new)
            with new.open("rb+") as written:
                os.fsync(written.fileno())
            new.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"The backup could not be written to {file}: {error}.") from error


def bring_back(database: Path, file: Path) -> None:
    """
    Put a backup in the place of the database; what was there stays beside it as `.before-restore`.

    Raises:
        BackupFailed: the file is no sound EventHub database, or the server is running on the present one.

    """
    if not file.exists():
        raise BackupFailed(f"There is no backup at {file}.")
    if database.exists() and file.samefile(database):
        raise BackupFailed(f"{file} is the database itself; choose another file.")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with _copy(file, beside=database) as new:
            _check(new)
            if database.exists():
                _check_idle(database)
                back_up(database, database.with_name(f"{database.name}.before-restore"))
            for end in ("-wal", "-shm"):
                database.with_name(database.name + end).unlink(missing_ok=True)
            new.replace(database)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"{file} cannot be restored: {error}.") from error


@contextlib.contextmanager
def _copy(source: Path, *, beside: Path) -> Iterator[Path]:
    """A copy of a database in one file, which is gone afterwards unless it was moved; only its owner may read it."""
    new = beside.with_name(f".{beside.name}.new")
    try:
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        with contextlib.closing(_opened(source)) as original, contextlib.closing(sqlite3.connect(new)) as copy:
            original.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # all in one file; the server goes back to its log
        yield new
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            new.with_name(new.name + end).unlink(missing_ok=True)


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)


def _check(file: Path) -> None:
    with contextlib.closing(_opened(file)) as copy:
        answer = copy.execute("PRAGMA integrity_check").fetchone()[0]
        known = copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_migration'").fetchone()
    if answer != "ok":
        raise BackupFailed(f"The copy is damaged: {answer}.")
    if not known:
        raise BackupFailed("The file is no database of EventHub.")


def _check_idle(database: Path) -> None:
    """Make sure that no server holds the database: each of its connections holds a lock."""
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=1)) as present:
            present.execute("PRAGMA locking_mode=EXCLUSIVE")
            present.execute("BEGIN EXCLUSIVE")
            present.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise BackupFailed(f"The database is in use; stop the server first ({error}).") from error
