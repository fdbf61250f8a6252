"""A real IMAP server for the tests: Dovecot on a free port, with its own configuration, as whoever runs the tests."""

import contextlib
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DOVECOT = shutil.which("dovecot") or ("/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else None)

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%u
mail_plugins =
first_valid_uid = 1
first_valid_gid = 1
mail_uid = {user}
mail_gid = {group}
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
passdb {{
  driver = passwd-file
  args = scheme=plain {folder}/passwords
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


@dataclass
class Server:
    """The running server, and the Maildir of its one mailbox."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    deliveries: int = field(default=0)

    @property
    def url(self) -> str:
        """What EVENTHUB_IMAP_URL would be."""
        return f"imap://events:secret@127.0.0.1:{self.port}/INBOX"

    @property
    def inbox(self) -> Path:
        """The Maildir."""
        return self.folder / "mail" / "events"

    def deliver(self, octets: bytes) -> None:
        """Put a message into the mailbox, as a mail system does."""
        for name in ("tmp", "new", "cur"):
            (self.inbox / name).mkdir(parents=True, exist_ok=True)
            _give(self.inbox / name)
        _give(self.inbox)
        self.deliveries += 1
        name = f"{int(time.time())}.{self.deliveries:06}.test"
        (self.inbox / "tmp" / name).write_bytes(octets.replace(b"\r\n", b"\n"))
        _give(self.inbox / "tmp" / name)
        (self.inbox / "tmp" / name).rename(self.inbox / "new" / name)

    def count(self, folder: str = "") -> int:
        """Messages in the inbox, or in a folder."""
        place = self.inbox / f".{folder}" if folder else self.inbox
        return sum(len(list((place / name).iterdir())) for name in ("new", "cur") if (place / name).is_dir())

    def empty(self) -> None:
        """Begin again."""
        shutil.rmtree(self.inbox, ignore_errors=True)


def _users() -> tuple[str, str, str, str, str]:
    """Whose the mail is, and who serves it: ourselves; Dovecot refuses to do either as root."""
    if os.getuid() != 0:
        user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        return user, group, user, group, user
    nobody = pwd.getpwnam("nobody")
    group = grp.getgrgid(nobody.pw_gid).gr_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    if {"dovecot", "dovenull"} <= known:
        return "nobody", group, "dovecot", "dovecot", "dovenull"
    return "nobody", group, "nobody", group, "nobody"


def _give(path: Path) -> None:
    """Let whom the mail belongs to have a file."""
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


@contextlib.contextmanager
def dovecot() -> Iterator[Server]:
    """Run the server until the block ends."""
    assert DOVECOT is not None
    with tempfile.TemporaryDirectory(prefix="eh-imap-") as name:
        folder = Path(name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        folder.chmod(0o755)
        user, group, internal, internal_group, login = _users()
        (folder / "passwords").write_text("events:{PLAIN}secret\n")
        (folder / "mail").mkdir()
        _give(folder / "mail")
        (folder / "conf").write_text(
            _CONFIGURATION.format(
                folder=folder,
                user=user,
                group=group,
                internal=internal,
                internal_group=internal_group,
                login=login,
                port=port,
            )
        )
        process = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(folder / "conf")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            _wait(port, process, folder)
            yield Server(port, folder, process)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _wait(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    for _ in range(100):
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            raise RuntimeError(f"Dovecot did not start: {said} {_log(folder)}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
            if connection.recv(100).startswith(b"* OK"):
                return
        time.sleep(0.1)
    raise RuntimeError(f"Dovecot does not answer: {_log(folder)}")


def _log(folder: Path) -> str:
    log = folder / "log"
    return log.read_text()[-2000:] if log.exists() else ""
