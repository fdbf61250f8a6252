"""
What `make test` runs: linters, types, import contracts, and the tests on both databases.

Two lanes take one check after the other from one list. Tests that ask for the
database run on SQLite and on PostgreSQL; the others run once. Each check prints
one line when it is done; what fails shows all it said. With the word `browser`, only the browser tests run.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
#: As many as the machines of continuous integration have cores.
LANES = 2
BROWSER_MISSING = (
    "browser tests: left out, there is no Chromium here; `apt-get install chromium` brings it, then `make browser-test`"
)


@dataclass
class Outcome:
    """How one check went."""

    name: str
    ok: bool
    seconds: float
    said: str
    remark: str = ""


def run(name: str, *command: str, env: dict[str, str] | None = None) -> Outcome:
    """Run one command of the virtual environment."""
    start = time.monotonic()
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT, check=False, capture_output=True, text=True, env={**os.environ, **(env or {})},
    )  # fmt: skip
    said = (done.stdout + done.stderr).strip()
    last = said.splitlines()[-1] if said and command[0] == "pytest" else ""
    return Outcome(name, done.returncode == 0, time.monotonic() - start, said, last)


def audit() -> Outcome:
    """Known vulnerabilities of what is locked, where the data about them can be reached."""
    found = run(
        "known vulnerabilities", "pip-audit", "-r", "requirements.lock", "--disable-pip", "--require-hashes",
        "--progress-spinner", "off", "--format", "json", "--timeout", "20",
    )  # fmt: skip
    text = found.said[found.said.find("{") :] if "{" in found.said else ""
    try:
        packages = json.JSONDecoder().raw_decode(text)[0]["dependencies"]
    except (ValueError, KeyError):
        packages = []
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        return Outcome(found.name, True, found.seconds, found.said, "not audited: its data is out of reach here")
    bad = [package["name"] for package in audited if package["vulns"]]
    return Outcome(found.name, not bad, found.seconds, found.said, f"{len(audited)} packages audited {' '.join(bad)}")


def checks(browser: str | None) -> list[Callable[[], Outcome]]:
    """All checks, those that take longest first, so that no core waits for the other at the end."""
    tests = ("pytest", "--ignore=tests/browser")
    long = [
        lambda: run("tests on PostgreSQL", *tests, "--part=database", "--db=postgres"),
        lambda: run("tests on SQLite", *tests, "--part=database"),
        lambda: run("tests without it", *tests, "--part=rest"),
    ]
    if browser:
        long.append(lambda: run("tests in a browser", "pytest", "tests/browser"))
    return [
        *long,
        lambda: run("types", "mypy"),
        lambda: run("templates", "djlint", "templates", "--lint", "--quiet"),
        audit,
        lambda: run("imports", "lint-imports"),
        lambda: run("ruff", "ruff", "check", "."),
        lambda: run("format", "ruff", "format", "--check", "."),
    ]


def chromium() -> str | None:
    """Where a Chromium is, if one is installed."""
    return os.environ.get("EVENTHUB_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def work(check: Callable[[], Outcome]) -> Outcome:
    """Do one check; print how it went."""
    outcome = check()
    mark = "ok    " if outcome.ok else "FAILED"
    print(f"{mark} {outcome.name:24} {outcome.seconds:6.1f} s  {outcome.remark}", flush=True)
    return outcome


def main(only: str = "") -> int:
    """Run everything; 0 when all is well."""
    start = time.monotonic()
    browser = chromium()
    if only == "browser":
        if not browser:
            print(BROWSER_MISSING)
            return 1
        return subprocess.run([str(BIN / "pytest"), "tests/browser"], cwd=ROOT, check=False).returncode
    with ThreadPoolExecutor(LANES) as pool:
        outcomes = list(pool.map(work, checks(browser)))
    for outcome in outcomes:
        if not outcome.ok:
            print(f"\n--- {outcome.name} ---\n{outcome.said[-12000:]}")
    if not browser:
        print(BROWSER_MISSING)
    failed = sum(not outcome.ok for outcome in outcomes)
    print(f"\nAll of it took {time.monotonic() - start:.0f} s.")
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
