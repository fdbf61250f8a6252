"""The mailbox, read from a real IMAP server whose connection is cut, and by several processes."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from eventhub.database import sql, utc_now
from eventhub.mail.addresses import envelope_sender, organiser_for
from eventhub.replies import mailbox
from eventhub.replies.mailbox import MailboxTrouble, Reader
from eventhub.replies.queries import answers_of_event, mailbox_state
from eventhub.replies.self_test import NoSelfTest, mailbox_report, start_self_test
from eventhub.settings import current_settings
from tests.make import an_event, registered, some_account
from tests.replies.dovecot import DOVECOT, Server, dovecot
from tests.replies.messages import bounce, calendar, plain

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.skipif(DOVECOT is None, reason="no IMAP server here: install Debian's dovecot-imapd to run these"),
]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with dovecot() as found:
        yield found


@pytest.fixture
def server(running: Server) -> Server:
    running.empty()
    return running


@contextlib.asynccontextmanager
async def reading(url: str) -> AsyncIterator[Reader]:
    reader = Reader(url)
    try:
        yield reader
    finally:
        await reader.close()


async def answers(number: int, word: str = "DECLINED") -> tuple[Any, list[bytes]]:
    """An event, and the answers of people who registered for it."""
    event = await an_event(number)
    found = []
    for place in range(number):
        name = f"Person {place}"
        registration = (await registered(event, name)).registration
        ics = calendar(event.calendar_uid, f"person-{place}@example.org", answer=word)
        to = organiser_for(registration.person).address
        found.append(plain(ics, f"person-{place}@example.org", to, message_id=f"<{place}@client.example>"))
    return event, found


async def declined_letters() -> int:
    return len(await sql("SELECT id FROM letter WHERE kind = 'answer_declined'"))


async def test_messages_are_taken_in_and_put_into_folders_over_one_connection(server: Server) -> None:
    event, (first, second) = await answers(2)
    async with reading(server.url) as reader:
        server.deliver(first)
        server.deliver(b"From: a@b.example\nSubject: Hello\n\nwords")
        assert await reader.look_once(utc_now()) == 2
        server.deliver(second)
        server.deliver(b"From: a@b.example\n\n" + b"x\n" * 2_500_000)
        assert await reader.look_once(utc_now()) == 2
    assert (server.count(), server.count("Processed"), server.count("Review"), server.count("Failed")) == (0, 2, 1, 1)
    assert len(await answers_of_event(event.id)) == 2
    log = (server.folder / "log").read_text()
    assert log.count(": Login: user=<events>") == 1
    state = await mailbox_state()
    assert (bool(state.uid_validity), state.last_uid, state.trouble) == (True, "4", "")


async def test_a_message_is_not_marked_as_read_while_it_is_read(server: Server) -> None:
    _, (first,) = await answers(1)
    server.deliver(first)
    async with reading(server.url) as reader:
        uids = await reader._blocking(reader._connection.look)
        await reader._blocking(reader._connection.fetch, uids[0])
        flags = await reader._blocking(reader._connection._box.client.uid, "FETCH", uids[0], "(FLAGS)")
    assert b"\\Seen" not in flags[1][0]


class Cutter:
    """Passes a connection on, and cuts it when the server has said so many octets more than it had."""

    def __init__(self, port: int) -> None:
        self.to, self.budget, self.cuts = port, 0, 0
        self.server: asyncio.Server | None = None

    async def open(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    @property
    def port(self) -> int:
        assert self.server is not None
        return int(self.server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)

        async def up() -> None:
            while octets := await reader.read(4096):
                back.write(octets)
                await back.drain()

        task = asyncio.create_task(up())
        with contextlib.suppress(OSError):
            while octets := await there.read(4096):
                if len(octets) > self.budget:
                    writer.write(octets[: self.budget])
                    self.cuts += 1
                    break
                self.budget -= len(octets)
                writer.write(octets)
                await writer.drain()
        task.cancel()
        for one in (writer, back):
            one.close()


async def test_a_connection_that_is_cut_again_and_again_loses_nothing_and_does_nothing_twice(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "ANSWER", 3.0)
    event, messages = await answers(6)
    for message in messages:
        server.deliver(message)
    cutter = Cutter(server.port)
    await cutter.open()
    url = server.url.replace(str(server.port), str(cutter.port))
    budget = 0
    async with reading(url) as reader:
        while server.count() and budget < 60_000:
            budget += 331
            cutter.budget = budget
            with contextlib.suppress(MailboxTrouble):
                await reader.look_once(utc_now())
    assert cutter.server is not None
    cutter.server.close()
    assert cutter.cuts > 5
    assert server.count() == 0
    assert len(await answers_of_event(event.id)) == 6
    assert len(await sql("SELECT id FROM inbound_message")) == 6
    assert await declined_letters() == 6


async def test_a_reader_that_died_after_taking_a_message_in_does_not_apply_it_twice(server: Server) -> None:
    _, (first,) = await answers(1)
    server.deliver(first)
    async with reading(server.url) as reader:
        uids = await reader._blocking(reader._connection.look)
        octets = await reader._blocking(reader._connection.fetch, uids[0])
        await mailbox.receive(octets, source="mailbox", envelope_recipient=None, now=utc_now())
    async with reading(server.url) as reader:
        await sql("UPDATE mailbox SET lease = NULL")
        await reader.look_once(utc_now())
    assert (server.count(), server.count("Processed"), await declined_letters()) == (0, 1, 1)


async def test_a_connection_that_the_server_has_closed_is_opened_again_at_once(server: Server) -> None:
    _, (first,) = await answers(1)
    async with reading(server.url) as reader:
        await reader.look_once(utc_now())
        box = reader._connection._box
        assert box is not None
        box.client.sock.shutdown(2)
        server.deliver(first)
        assert await reader.look_once(utc_now()) == 1


async def test_one_process_reads_at_a_time(server: Server) -> None:
    async with reading(server.url) as one, reading(server.url) as other:
        assert await one.look_once(utc_now()) == 0
        assert await other.look_once(utc_now()) is None
        assert await other.look_once(utc_now() + mailbox.LEASE + timedelta(seconds=1)) == 0


async def test_a_mailbox_that_was_made_anew_is_read_from_its_beginning(server: Server) -> None:
    _, (first,) = await answers(1)
    async with reading(server.url) as reader:
        await reader.look_once(utc_now())
        reader._taken["1"] = "Processed"  # what a UID meant before
        await sql("UPDATE mailbox SET uid_validity = '1'")
        server.deliver(first)
        await reader.look_once(utc_now())
    assert (await mailbox_state()).uid_validity != "1"
    assert await declined_letters() == 1


@pytest.mark.parametrize(
    "change", [("secret", "wrong-password"), ("/INBOX", "/No-such-folder")], ids=["wrong password", "no such folder"]
)
async def test_trouble_is_told_without_names_and_passwords(server: Server, change: tuple[str, str]) -> None:
    async with reading(server.url.replace(*change)) as reader:
        with pytest.raises(MailboxTrouble):
            await reader.look_once(utc_now())
    trouble = (await mailbox_state()).trouble
    assert trouble
    assert "wrong-password" not in trouble


async def test_a_server_that_says_nothing_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "ANSWER", 0.3)
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(5), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with reading(f"imap://a:b@127.0.0.1:{port}") as reader:
        with pytest.raises(MailboxTrouble):
            await asyncio.wait_for(reader.look_once(utc_now()), 3)
        rests = [await reader.look() for _ in range(3)]
    assert rests[0] < rests[1] < rests[2] <= mailbox.LONGEST_REST * 1.2
    silent.close()


async def test_the_self_test_goes_out_and_comes_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from aiosmtpd.smtp import SMTP

    from eventhub.mail.postman import send_due

    class Relay:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            server.deliver(f"Delivered-To: {envelope.rcpt_tos[0]}\n".encode() + envelope.original_content)
            return "250 OK"

    relay = await asyncio.get_running_loop().create_server(lambda: SMTP(Relay()), "127.0.0.1", 0)
    settings, account = current_settings(), await some_account()
    with pytest.raises(NoSelfTest):
        await start_self_test(now=utc_now(), account_id=account)
    port = relay.sockets[0].getsockname()[1]
    monkeypatch.setattr(settings, "smtp_url", f"smtp://127.0.0.1:{port}?starttls=never")
    monkeypatch.setattr(settings, "imap_url", server.url)
    await start_self_test(now=utc_now(), account_id=account)
    with pytest.raises(NoSelfTest):
        await start_self_test(now=utc_now(), account_id=account)
    assert any("waits in the outbox" in sentence for _, sentence in await mailbox_report(utc_now()))
    assert await send_due() == 1
    assert any("is not back yet" in sentence for _, sentence in await mailbox_report(utc_now()))
    async with reading(server.url) as reader:
        assert await reader.look_once(utc_now()) == 1
    report = await mailbox_report(utc_now())
    assert any("letters go out and answers come in" in sentence for _, sentence in report)
    assert server.count("Processed") == 1
    late = await mailbox_report(utc_now() + timedelta(minutes=20))
    assert any("was last looked at" in sentence for _, sentence in late)
    relay.close()


async def piped(octets: bytes, *options: str) -> tuple[int, str, str]:
    """`eventhub mail receive` in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "eventhub", "mail", "receive", *options, env=dict(os.environ),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(octets)
    return process.returncode or 0, out.decode(), err.decode()


async def a_bounce() -> bytes:
    event = await an_event()
    registration = (await registered(event, "Alex Example")).registration
    rows = await sql("SELECT id FROM letter WHERE person = {}", registration.person)
    return bounce(envelope_sender(rows[0]["id"]))


async def test_a_message_that_two_processes_take_in_at_once_has_one_effect() -> None:
    octets = await a_bounce()
    done = await asyncio.gather(*(piped(octets) for _ in range(3)))
    assert [code for code, _, _ in done] == [0, 0, 0], done
    assert len(await sql("SELECT id FROM bounce")) == 1
    assert len(await sql("SELECT id FROM inbound_message")) == 1


async def test_without_the_unique_hash_it_would_have_several() -> None:
    octets = await a_bounce()
    await sql("DROP INDEX inbound_message_once")
    try:
        await asyncio.gather(*(piped(octets) for _ in range(2)))
        assert len(await sql("SELECT id FROM bounce")) == 2
    finally:
        await sql("DELETE FROM inbound_message")
        await sql("CREATE UNIQUE INDEX inbound_message_once ON inbound_message (content_hash)")


async def test_the_pipe_says_in_a_sentence_what_became_of_a_message() -> None:
    _, (first,) = await answers(1)
    assert await piped(first) == (0, "The person does not come.\n", "")
    assert await piped(first) == (0, "The person does not come. It had come before.\n", "")
    recipient = f"x+{uuid4().hex[:20]}@localhost"
    code, out, _ = await piped(first.replace(b"<0@", b"<1@"), "--recipient", recipient)
    assert (code, "reply address" in out) == (0, True)


@pytest.mark.parametrize(
    ("octets", "options"),
    [(b"", ()), (b"   \n", ()), (b"From: a\n\n" + b"x" * 600_000, ()), (b"From: a\n\nx", ("--recipient", "nobody"))],
)
async def test_the_pipe_refuses_junk(octets: bytes, options: tuple[str, ...]) -> None:
    code, out, err = await piped(octets, *options)
    assert (code, out) == (2, "")
    assert err.endswith(".\n")
    assert "Traceback" not in err
