"""
A postman is killed in the middle of his work, again and again; every letter must arrive all the same.

    python benchmarks/postman_kill.py --rounds 100 --database sqlite
    python benchmarks/postman_kill.py --rounds 100 --database postgres

Each round writes letters into the outbox, lets a postman carry some of them to
a relay on this machine, and kills him with SIGKILL. The relay writes down each
copy before it says yes. In the end no letter may be missing, all copies of a
letter must have its one Message-ID, and a letter may have arrived no oftener
than once, and once more for each postman who died over it (reliability,
property 22).
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.letters import Sink  # noqa: E402
from benchmarks.rush import a_database  # noqa: E402

#: Seconds for which a claimed letter belongs to a postman, so that nobody waits long for those of the dead.
LEASE_SECONDS = 3
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.M | re.I)


class RecordingSink(Sink):
    """Writes each copy down, whom it is for and which one it is, and only then says yes."""

    def _command(self, verb: bytes, line: bytes = b"") -> None:
        if verb == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        super()._command(verb, line)

    def taken(self, octets: bytes) -> None:
        """Write down a letter that has come in whole."""
        found = _MESSAGE_ID.search(octets)
        os.write(1, f"{json.dumps([self.recipient, found[1].decode() if found else ''])}\n".encode())


async def sink() -> None:
    """Say on which port, and listen until killed."""
    server = await asyncio.get_running_loop().create_server(RecordingSink, "127.0.0.1", 0)
    os.write(1, f"{server.sockets[0].getsockname()[1]}\n".encode())
    await server.serve_forever()


async def write() -> None:
    """Write letters: a line tells how many, and from which number on."""
    from eventhub.database import start_pool, transaction, utc_now
    from eventhub.mail.commands import OutgoingLetter, post_letter
    from eventhub.migrations import migrate

    await migrate()
    await start_pool()
    while line := await asyncio.to_thread(sys.stdin.readline):
        first, many = json.loads(line)
        async with transaction():
            for number in range(first, first + many):
                facts = {"recipient_name": "Person", "sign_in_url": "http://127.0.0.1/x", "minutes": 30}
                await post_letter(
                    OutgoingLetter(
                        "sign_in_link", f"kill:{number}", "Person", f"p{number}@example.org", "en", facts, None, None
                    ),
                    now=utc_now(),
                )
        print("written", flush=True)


async def carry(port: int) -> None:
    """Wait for a word, then carry letters until killed, or until none is left when the word is `all`."""
    from datetime import timedelta

    from eventhub.database import sql, start_pool, utc_now
    from eventhub.mail.commands import letters_waiting
    from eventhub.mail.postman import Postman
    from eventhub.mail.smtp import Relay

    await start_pool()
    relay = Relay("127.0.0.1", port, start_tls=False, our_name="localhost")
    postman = Postman(relay, lease=timedelta(seconds=LEASE_SECONDS))
    print("ready", flush=True)
    if (await asyncio.to_thread(sys.stdin.readline)).strip() == "go":
        await postman.run(letters_waiting, poll_seconds=0.2)
    while await sql("SELECT 1 AS one FROM letter WHERE status IN ('queued', 'sending') LIMIT 1"):
        await postman.drain(utc_now())
        await asyncio.sleep(0.2)
    rows = await sql("SELECT status, COUNT(*) AS n FROM letter GROUP BY status")
    print(json.dumps({row["status"]: row["n"] for row in rows}), flush=True)


def kill(url: str, *, rounds: int, letters: int = 60, seed: int = 1) -> dict[str, Any]:
    """
    Kill a postman round after round, and count what arrived.

    Returns:
        How many letters were written, how many copies came, what is lost,
        and how often the unluckiest letter came.

    """
    dice = random.Random(seed)
    with contextlib.ExitStack() as stack:
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "copies"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("EVENTHUB_")},
            "EVENTHUB_DATABASE_URL": url,
            "EVENTHUB_SECRET_KEY": "a key for the kills only, long enough to be taken",
            "PYTHONPATH": str(ROOT),
        }

        def start(*words: object, out: Any = subprocess.PIPE) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, str(Path(__file__).resolve()), "--do", *map(str, words)],
                env=environment, cwd=tempfile.gettempdir(), text=True, stdin=subprocess.PIPE, stdout=out,
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        relay = start("sink", out=stack.enter_context(file.open("w")))
        _until(lambda: file.read_text().endswith("\n"), relay)
        port = int(file.read_text())
        writer, postman = start("write"), start("carry", port)
        kills = 0
        for number in range(rounds):
            _told(writer, json.dumps([number * letters, letters]))
            _line(postman)
            working, postman = postman, start("carry", port)  # the next one gets ready meanwhile
            before = file.stat().st_size
            print("go", file=working.stdin, flush=True)
            _until(lambda before=before: file.stat().st_size > before, working)
            time.sleep(dice.uniform(0, 0.15))
            working.kill()
            kills += working.wait() == -9
        _line(postman)
        standing = json.loads(_told(postman, "all"))
        lines = file.read_text().splitlines()[1:]
    copies: Counter[str] = Counter()
    names: defaultdict[str, set[str]] = defaultdict(set)
    for recipient, message_id in map(json.loads, lines):
        copies[recipient] += 1
        names[recipient].add(message_id)
    written = rounds * letters
    return {
        "kills": kills,
        "written": written,
        "copies": len(lines),
        "lost": written - len(copies),
        "extra": len(lines) - len(copies),
        "most": max(copies.values()),
        "renamed": sum(len(found) != 1 for found in names.values()),
        "standing": standing,
    }


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a process has ended before it was killed")
    return line


def _told(process: subprocess.Popen[str], word: str) -> str:
    print(word, file=process.stdin, flush=True)
    return _line(process)


def _until(true: Any, process: subprocess.Popen[str], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError("a process does not do its work")
        time.sleep(0.005)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--letters", type=int, default=60, help="written in each round")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--do", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.do:
        work = {"sink": sink, "write": write, "carry": lambda: carry(int(given.do[1]))}[given.do[0]]
        asyncio.run(work())
        return
    with a_database(given.database) as url:
        found = kill(url, rounds=given.rounds, letters=given.letters, seed=given.seed)
    print(
        f"{found['kills']} postmen killed at work; {found['written']} letters written, {found['copies']} copies "
        f"arrived: {found['lost']} lost, {found['extra']} extra copies ({found['extra'] / max(1, found['kills']):.2f} "
        f"a kill), no letter oftener than {found['most']} times, {found['renamed']} with another Message-ID. "
        f"The outbox says: {', '.join(f'{n} {status}' for status, n in found['standing'].items())}."
    )
    raise SystemExit(1 if found["lost"] or found["renamed"] or found["extra"] > 3 * found["kills"] else 0)


if __name__ == "__main__":
    main()
