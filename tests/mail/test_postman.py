import asyncio
import contextlib
import logging
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP
from icalendar import Calendar

from eventhub.database import sql, transaction, utc_now
from eventhub.mail import postman
from eventhub.mail.commands import OutgoingLetter, letters_waiting, post_letter, withdraw_letters
from eventhub.mail.delivery import CannotBeSentAgain, send_again
from eventhub.mail.postman import LEASE, Postman
from eventhub.mail.queries import LetterFilter, letter_by_id, letter_counts, letters, oldest_waiting
from eventhub.mail.rules import MAX_DEATHS
from eventhub.mail.smtp import Relay, relay_from_url
from eventhub.registrations.commands import cancel_registration
from tests.make import NOW, a_person, an_event, registered


class TestRelay:
    """A real relay on a free port, which misbehaves for addresses named after what it should do."""

    __test__ = False

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.connections = 0
        self.refuse_sender: str | None = None
        self.later: set[str] = set()
        self.slow = 0.0
        self.senders: list[str] = []
        self.at_once: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self._server: asyncio.Server | None = None

    async def open(self, port: int = 0) -> None:
        def protocol() -> SMTP:
            self.connections += 1
            return SMTP(self, hostname="relay.example.org")

        self._server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def relay(self, **changed: Any) -> Relay:
        return Relay("127.0.0.1", self.port, start_tls=False, **{"our_name": "example.org", "timeout": 5.0} | changed)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        self.senders.append(address)
        return self.refuse_sender or "250 2.1.0 Ok"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("gone"):
            return f"550 5.1.1 <{address}> unknown"
        if address.startswith("busy") or address in self.later:
            return "450 4.2.0 try again later"
        envelope.rcpt_tos.append(address)
        domain = address.rpartition("@")[2]
        self.at_once[domain] += 1
        self.most_at_once[domain] = max(self.most_at_once[domain], self.at_once[domain])
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        address = envelope.rcpt_tos[0]
        await asyncio.sleep(self.slow)
        self.at_once[address.rpartition("@")[2]] -= 1
        if address.startswith("spam"):
            return "554 5.7.1 refused"
        self.got.append((address, envelope.original_content))
        if address.startswith("drop"):
            server.transport.close()
        if address.startswith("hang"):
            await asyncio.sleep(60)
        return "250 2.0.0 Ok: queued as 4XYZ"

    @property
    def recipients(self) -> list[str]:
        return [address for address, _ in self.got]

    def message(self, number: int) -> Any:
        return message_from_bytes(self.got[number][1], policy=default)


@pytest_asyncio.fixture(loop_scope="session")
async def relay():
    found = TestRelay()
    await found.open()
    yield found
    await found.close()


async def a_letter(address: str = "alex@example.org", *, now=NOW, **changed: Any) -> None:
    """The dull letter: a link to sign in."""
    facts = {"recipient_name": "Alex Example", "sign_in_url": "http://127.0.0.1:8000/sign-in/x", "minutes": 30}
    letter = {
        "kind": "sign_in_link",
        "dedupe_key": f"{address}:{now.isoformat()}",
        "recipient_name": "Alex Example",
        "recipient_address": address,
        "language": "en",
        "facts": facts,
        "event_id": None,
        "person_id": None,
    }
    async with transaction():
        await post_letter(OutgoingLetter(**letter | changed), now=now)


async def standing(*columns: str) -> list[Any]:
    """The outbox in order of writing; one column gives values, several give tuples."""
    rows = await sql(f"SELECT {', '.join(columns)} FROM letter ORDER BY created_at, id")
    return [row[columns[0]] if len(columns) == 1 else tuple(row[c] for c in columns) for row in rows]


async def test_a_letter_arrives_once_and_is_marked_with_the_words_of_the_relay(database, relay):
    await a_letter()
    carrier = Postman(relay.relay())

    assert await carrier.drain(NOW) == 1
    assert await carrier.drain(NOW) == 0

    (message_id,) = await standing("message_id")
    assert relay.recipients == ["alex@example.org"]
    assert relay.message(0)["Message-ID"] == message_id
    assert await standing("status", "attempts", "last_answer", "lease") == [
        ("sent", 1, "250 2.0.0 Ok: queued as 4XYZ", None)
    ]


async def test_a_repeated_action_writes_one_letter(database):
    await a_letter(dedupe_key="registration:1:v1")
    await a_letter("else@example.org", dedupe_key="registration:1:v1")

    assert await standing("recipient_address") == ["alex@example.org"]


async def test_a_letter_of_an_action_that_failed_was_never_written(database):
    with contextlib.suppress(ZeroDivisionError):
        async with transaction():
            await post_letter(OutgoingLetter("sign_in_link", "k", "A", "a@example.org", "en", {}, None, None), now=NOW)
            1 / 0  # noqa: B018

    assert await standing("id") == []


async def test_each_letter_has_its_own_outcome(database, relay):
    for name in ("alex", "gone", "busy", "spam", "bo"):
        await a_letter(f"{name}@example.org")

    assert await Postman(relay.relay(connections=1)).drain(NOW) == 2

    found = {address: rest for address, *rest in await standing("recipient_address", "status", "last_answer")}
    assert found == {
        "alex@example.org": ["sent", "250 2.0.0 Ok: queued as 4XYZ"],
        "gone@example.org": ["failed", "550 5.1.1 <gone@example.org> unknown"],
        "busy@example.org": ["queued", "450 4.2.0 try again later"],
        "spam@example.org": ["failed", "554 5.7.1 refused"],
        "bo@example.org": ["sent", "250 2.0.0 Ok: queued as 4XYZ"],
    }
    assert relay.connections == 1


async def test_a_busy_mailbox_is_tried_again_after_a_while(database, relay):
    relay.later = {"alex@example.org"}
    await a_letter()
    carrier = Postman(relay.relay())

    assert await carrier.drain(NOW) == 0
    assert await carrier.drain(NOW + timedelta(seconds=40)) == 0
    assert await standing("attempts") == [1]
    relay.later = set()
    assert await carrier.drain(NOW + timedelta(seconds=80)) == 1
    assert await standing("status", "attempts") == [("sent", 2)]


async def test_a_letter_that_cannot_be_written_fails_alone_and_the_log_names_nobody(database, relay, caplog):
    await a_letter("first@example.org", facts={"recipient_name": "Nora Nameless"})
    await a_letter("second@example.org", kind="no_such_kind")
    await a_letter("zoë@example.org")
    await a_letter("fine@example.org")

    with caplog.at_level(logging.INFO):
        assert await Postman(relay.relay()).drain(NOW) == 1

    assert relay.recipients == ["fine@example.org"]
    assert await standing("status") == ["failed", "failed", "failed", "sent"]
    said = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("eventhub"))
    assert said.count("cannot be written") == 3
    assert "Nora" not in said
    assert "@" not in said


async def test_after_a_lost_connection_the_same_octets_are_sent_again(database, relay):
    await a_letter("drop@example.org")
    await a_letter("alex@example.org")
    carrier = Postman(relay.relay(connections=1))

    assert await carrier.drain(NOW) == 1
    assert await standing("status", "attempts") == [("queued", 1), ("sent", 1)]
    await carrier.drain(NOW + timedelta(minutes=2))

    first, second = [raw for address, raw in relay.got if address == "drop@example.org"]
    assert first == second
    assert relay.connections == 3


async def test_a_relay_that_hangs_costs_a_few_letters_an_attempt_and_the_rest_none(database, relay):
    for number in range(20):
        await a_letter(f"hang{number}@example.org")
    carrier = Postman(relay.relay(timeout=0.2))

    assert await carrier.drain(NOW) == 0

    assert 3 <= sum(await standing("attempts")) <= 5
    assert set(await standing("status")) == {"queued"}
    assert carrier.resting_until is not None


async def test_while_the_relay_is_away_no_attempt_is_burnt_and_the_outbox_rests_longer_each_time(database, relay):
    for number in range(5):
        await a_letter(f"p{number}@example.org")
    port = relay.port
    await relay.close()
    carrier = Postman(Relay("127.0.0.1", port, start_tls=False, our_name="example.org"))

    assert await carrier.drain(NOW) == 0
    first = carrier.resting_until
    assert await carrier.drain(NOW + timedelta(seconds=1)) == 0
    assert carrier.resting_until == first
    assert await carrier.drain(NOW + timedelta(minutes=1)) == 0
    assert set(await standing("status", "attempts")) == {("queued", 0)}

    await relay.open(port)
    assert await carrier.drain(NOW + timedelta(minutes=10)) == 5
    assert carrier.resting_until is None


async def test_a_sender_that_the_relay_refuses_stops_the_outbox_and_not_the_letters(database, relay):
    relay.refuse_sender = "550 5.7.1 not our sender"
    await a_letter()
    await a_letter("bo@example.org")

    assert await Postman(relay.relay()).drain(NOW) == 0

    assert await standing("status", "attempts") == [("queued", 0), ("queued", 0)]


async def test_a_postman_who_dies_after_the_relay_accepted_sends_one_more_copy_of_the_same_letter(database, relay):
    await a_letter("hang@example.org")
    first = asyncio.create_task(Postman(relay.relay()).drain(NOW))
    while not relay.got:
        await asyncio.sleep(0.01)
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    assert await standing("status", "attempts") == [("sending", 1)]

    second = Postman(relay.relay(timeout=0.2))
    await second.drain(NOW + LEASE / 2)
    assert len(relay.got) == 1
    await second.drain(NOW + LEASE + timedelta(seconds=1))

    assert len(relay.got) == 2
    assert relay.got[0] == relay.got[1]
    assert relay.message(0)["Message-ID"] == relay.message(1)["Message-ID"]


async def test_a_letter_over_which_postmen_keep_dying_fails_and_the_next_is_sent(database, relay):
    await a_letter("poison@example.org")
    await a_letter("alex@example.org")
    now = NOW
    for _ in range(MAX_DEATHS):
        await sql(
            "UPDATE letter SET available_at = {} WHERE recipient_address = 'alex@example.org'", now + timedelta(days=1)
        )
        await _die_while_sending(now)
        now += LEASE + timedelta(seconds=1)

    assert await Postman(relay.relay()).drain(now + timedelta(days=2)) == 1

    assert relay.recipients == ["alex@example.org"]
    assert await standing("status") == ["failed", "sent"]


async def _die_while_sending(now):
    """Claim the next letter and never be heard of again."""
    assert await postman._claim(now, now + LEASE, uuid4(), 1)


async def test_two_postmen_at_once_send_each_letter_once(database, relay):
    for number in range(150):
        await a_letter(f"p{number}@example.org")

    sent = await asyncio.gather(*(Postman(relay.relay(), claim=10).drain(NOW) for _ in range(2)))

    assert sum(sent) == 150
    assert Counter(relay.recipients) == Counter(f"p{number}@example.org" for number in range(150))
    assert set(await standing("status", "attempts")) == {("sent", 1)}


async def test_connections_are_kept_for_as_many_letters_as_they_may_carry(database, relay):
    for number in range(25):
        await a_letter(f"p{number}@example.org")

    await Postman(relay.relay(connections=1, letters_per_connection=10)).drain(NOW)

    assert relay.connections == 3
    assert len(relay.got) == 25


async def test_letters_to_one_person_about_one_event_arrive_in_the_order_in_which_they_were_written(database, relay):
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    await sql("DELETE FROM letter")
    for minute in range(3):
        at = NOW + timedelta(minutes=minute)
        await a_letter("alex@example.org", now=at, event_id=event.id, person_id=alex.person, dedupe_key=str(minute))
    await a_letter("bo@example.org", event_id=event.id, person_id=await a_person("Bo"), dedupe_key="bo")
    relay.later = {"alex@example.org"}
    carrier = Postman(relay.relay())
    later = NOW + timedelta(minutes=5)

    assert await carrier.drain(later) == 1
    assert await standing("attempts") == [1, 1, 0, 0]
    relay.later = set()
    assert await carrier.drain(later + timedelta(minutes=2)) == 3

    sent = [raw for address, raw in relay.got if address == "alex@example.org"]
    dates = [message_from_bytes(raw, policy=default)["Date"].datetime for raw in sent]
    assert dates == sorted(dates)


async def test_letters_of_the_same_instant_keep_their_order(database, relay):
    event = await an_event()
    person = await a_person()
    for number in range(20):
        await a_letter(event_id=event.id, person_id=person, dedupe_key=str(number))

    await Postman(relay.relay()).drain(NOW)

    rows = await sql("SELECT message_id FROM letter ORDER BY LENGTH(dedupe_key), dedupe_key")
    assert [relay.message(n)["Message-ID"] for n in range(20)] == [row["message_id"] for row in rows]


async def test_a_letter_that_comes_too_late_is_not_sent(database, relay):
    await a_letter(not_after=NOW + timedelta(hours=1))

    assert await Postman(relay.relay()).drain(NOW + timedelta(hours=2)) == 0

    assert relay.got == []
    assert await standing("status") == ["expired"]


async def test_a_failed_letter_can_be_sent_again_by_hand_and_another_cannot(database, relay):
    await a_letter("gone@example.org")
    await a_letter("alex@example.org")
    await Postman(relay.relay()).drain(NOW)
    gone, alex = await standing("id")

    assert await send_again(gone, account_id=None, now=NOW) == gone
    with pytest.raises(CannotBeSentAgain):
        await send_again(alex, account_id=None, now=NOW)

    assert await standing("status", "attempts") == [("queued", 0), ("sent", 1)]


async def test_letters_that_a_newer_one_overtakes_can_be_taken_back(database):
    event = await an_event()
    await a_letter(event_id=event.id, dedupe_key="1")
    await a_letter(dedupe_key="2")

    assert await withdraw_letters(event.id, "sign_in_link") == 1

    assert await standing("status") == ["withdrawn", "queued"]


async def test_registering_cancelling_and_registering_again_always_sends_the_newer_invitation(database, relay):
    event = await an_event(capacity=5)
    for hour in range(2):
        now = NOW + timedelta(hours=hour)
        done = await registered(event, "Alex Example", now=now)
        assert await Postman(relay.relay()).drain(now) == 1
        await cancel_registration(done.registration.id, now=now + timedelta(minutes=1))
        assert await Postman(relay.relay()).drain(now + timedelta(minutes=2)) == 1

    calendars = [
        Calendar.from_ical(part.get_payload(decode=True))
        for n in range(4)
        for part in relay.message(n).walk()
        if part.get_content_type() == "text/calendar"
    ]
    assert [str(calendar["METHOD"]) for calendar in calendars] == ["REQUEST", "CANCEL", "REQUEST", "CANCEL"]
    assert [calendar.events[0]["SEQUENCE"] for calendar in calendars] == [0, 1, 2, 3]
    assert len({str(calendar.events[0]["UID"]) for calendar in calendars}) == 1
    for number, calendar in enumerate(calendars):
        assert str(calendar.events[0]["ORGANIZER"]) == f"mailto:{relay.message(number)['From'].addresses[0].addr_spec}"
        assert str(calendar.events[0]["ATTENDEE"]) == "mailto:alex-example@example.org"


async def test_a_running_postman_is_woken_by_a_letter(database, relay):
    task = asyncio.create_task(Postman(relay.relay()).run(letters_waiting, poll_seconds=60))
    await asyncio.sleep(0.2)
    await a_letter(now=utc_now() - timedelta(seconds=1))
    async with asyncio.timeout(5):
        while not relay.got:
            await asyncio.sleep(0.01)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_the_outbox_page_has_what_it_shows(database, relay):
    event = await an_event()
    await a_letter("gone@example.org")
    await a_letter("alex@example.org", now=NOW + timedelta(minutes=1), event_id=event.id)
    await Postman(relay.relay()).drain(NOW)

    found, total = await letters(LetterFilter(), limit=1)
    assert (total, found[0].recipient_address, found[0].event_title) == (2, "alex@example.org", event.title)
    found, total = await letters(LetterFilter(status="failed", kind="sign_in_link"), limit=10)
    assert (total, [letter.recipient_address for letter in found]) == (1, ["gone@example.org"])
    assert (await letters(LetterFilter(event=event.id), limit=10))[1] == 1
    letter, facts = await letter_by_id(found[0].id)
    assert (letter, facts["minutes"]) == (found[0], 30)
    assert await letter_counts() == {"failed": 1, "queued": 1}
    assert await letter_counts(event.id) == {"queued": 1}
    assert await oldest_waiting(NOW) is None
    assert await oldest_waiting(NOW + timedelta(minutes=11)) == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "start_tls"),
    [
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, False, False),
        ("smtp://relay.example.org", "relay.example.org", 25, False, None),
        ("smtp://u%40x:p%2Fw@relay.example.org", "relay.example.org", 587, False, True),
        ("smtp://localhost?starttls=required", "localhost", 25, False, True),
        ("smtp://relay.example.org:25?starttls=never", "relay.example.org", 25, False, False),
        ("smtps://u:p@relay.example.org", "relay.example.org", 465, True, False),
    ],
)
def test_the_address_of_a_relay_is_read(url, host, port, tls, start_tls):
    found = relay_from_url(url)

    assert (found.host, found.port, found.tls, found.start_tls) == (host, port, tls, start_tls)
    if "%" in url:
        assert (found.user, found.password) == ("u@x", "p/w")


@pytest.mark.parametrize("url", ["http://relay.example.org", "smtp://", "relay:25", "smtp://a?starttls=maybe"])
def test_the_address_of_something_else_is_refused(url):
    with pytest.raises(ValueError, match=r"smtp|starttls"):
        relay_from_url(url)
