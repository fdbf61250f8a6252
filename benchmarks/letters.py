"""
The processes of the benchmark of letters; `python -m benchmarks letters` starts them.

`sink` is a mail relay that throws everything away. The other two read a line
for each round from standard input and print how many letters a second went out:
`ours` empties the outbox, `limit` sends as many equally large messages over as
many connections with bare aiosmtplib.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

LETTERS = 300
CONNECTIONS = 3


class Sink(asyncio.Protocol):
    """Says yes to everything."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.buffer, self.in_message = b"", False
        transport.write(b"220 sink\r\n")  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            mark = b"\r\n.\r\n" if self.in_message else b"\r\n"
            before, found, after = self.buffer.partition(mark)
            if not found:
                return
            self.buffer = after
            if self.in_message:
                self.in_message = False
                self.taken(before)
                self.transport.write(b"250 taken\r\n")
            else:
                self._command(before[:4].upper(), before)

    def taken(self, octets: bytes) -> None:
        """A letter has come in whole."""

    def _command(self, verb: bytes, line: bytes = b"") -> None:
        if verb == b"EHLO":
            self.transport.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif verb == b"DATA":
            self.in_message = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 ok\r\n")


async def sink(port: int) -> None:
    """Listen until somebody ends the process."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


async def ours(port: int) -> Callable[[], Awaitable[float]]:
    """Letters of confirmed registrations out of the outbox, each to another person."""
    import msgspec

    from eventhub.database import sql, start_pool, transaction, utc_now
    from eventhub.events.queries import event_by_id
    from eventhub.mail.commands import post_letter
    from eventhub.mail.postman import Postman
    from eventhub.mail.smtp import relay_from_url
    from eventhub.registrations.letters import registration_letter

    await start_pool()
    postman = Postman(relay_from_url(f"smtp://127.0.0.1:{port}", our_name="localhost", connections=CONNECTIONS))
    registration = await _registration()
    event = await event_by_id(registration.event)
    await postman.drain(utc_now())

    async def one_round() -> float:
        async with transaction():
            for _ in range(LETTERS):
                key = uuid4()
                await sql(
                    "INSERT INTO person (id, name, email, email_key, organisation, country, language, created_at) "
                    "VALUES ({}, 'Person', {}, {}, '', '', 'en', {})",
                    key, f"{key.hex}@example.org", f"{key.hex}@example.org", utc_now(),
                )  # fmt: skip
                one = msgspec.structs.replace(registration, id=key, person=key, email=f"{key.hex}@example.org")
                await post_letter(registration_letter("registration_confirmed", event, one), now=utc_now())
        began = time.perf_counter()
        sent = await postman.drain(utc_now())
        assert sent == LETTERS, sent
        return sent / (time.perf_counter() - began)

    return one_round


async def limit(port: int) -> Callable[[], Awaitable[float]]:
    """One of our letters, made once and sent over and over."""
    import aiosmtplib

    from eventhub.calendars import Mailbox
    from eventhub.database import close_pool, start_pool, utc_now
    from eventhub.mail.messages import build_message
    from eventhub.mail.queries import LetterFilter, letter_by_id, letters
    from eventhub.mail.rendering import organiser, render

    await start_pool()
    registration = await _registration()
    (first, *_), _count = await letters(LetterFilter(), limit=1)
    _, facts = await letter_by_id(first.id)
    octets = build_message(
        render(first.kind, "en", facts, recipient_address=registration.email), letter_id=first.id,
        message_id="<one@localhost>", sender=organiser(), recipient=Mailbox("Person", registration.email), date=utc_now(),
    )  # fmt: skip
    await close_pool()

    async def carry(number: int) -> None:
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=port, local_hostname="localhost", use_tls=False, start_tls=False
        )
        async with client:
            for n in range(LETTERS // CONNECTIONS):
                await client.sendmail("eventhub@localhost", [f"p{number}-{n}@example.org"], octets)

    async def one_round() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(carry(number) for number in range(CONNECTIONS)))
        return LETTERS / (time.perf_counter() - began)

    return one_round


async def _registration() -> Any:
    from benchmarks.rush import set_up
    from eventhub.database import utc_now
    from eventhub.registrations.commands import NewRegistration, register_participant

    slug = (await set_up())[0]
    person = NewRegistration("Person One", "one@example.org", time_zone="America/Bogota")
    return (await register_participant(slug, person, now=utc_now())).registration


async def rounds(make: Callable[[int], Awaitable[Callable[[], Awaitable[float]]]], port: int) -> None:
    """One round for each line that comes in."""
    one_round = await make(port)
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(await one_round(), flush=True)


if __name__ == "__main__":
    import uvloop

    what, port_number = sys.argv[1], int(sys.argv[2])
    uvloop.run(sink(port_number) if what == "sink" else rounds({"ours": ours, "limit": limit}[what], port_number))
