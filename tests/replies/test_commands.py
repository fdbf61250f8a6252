"""What answers of calendars, bounces and proposals do."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from eventhub.calendars import Mailbox
from eventhub.database import sql
from eventhub.mail.addresses import envelope_sender, organiser_for
from eventhub.mail.suppressions import suppressed
from eventhub.registrations.commands import cancel_registration, decline_registration
from eventhub.registrations.queries import registration_by_id
from eventhub.replies.commands import DecidedAlready, Received, decide, receive, release_due, undo_decline
from eventhub.replies.proposals import accept_proposal, refuse_proposal
from eventhub.replies.queries import answer_by_id, answers_of_event, open_proposals, undo_token
from eventhub.settings import current_settings
from tests.make import NOW, an_event, an_item, registered, some_account, speaking
from tests.replies.messages import CLIENTS, bounce, calendar, complaint, head, in_words, plain

pytestmark = pytest.mark.usefixtures("database")

ADDRESS = "alex-example@example.org"
AFTER = NOW + timedelta(minutes=31)


async def alex(capacity: int | None = 1, **changes: Any) -> tuple[Any, Any]:
    """An event with somebody registered for it."""
    event = await an_event(capacity, **changes)
    return event, (await registered(event, "Alex Example")).registration


def own(registration: Any) -> str:
    """The reply address of the person."""
    return organiser_for(registration.person).address


async def take(octets: bytes, *, recipient: str | None = None, now: datetime = NOW) -> Received:
    return await receive(octets, source="pipe", envelope_recipient=recipient, now=now)


async def status_of(registration: Any) -> str:
    return (await registration_by_id(registration.id)).status


async def letters(kind: str = "") -> list[str]:
    rows = await sql("SELECT kind FROM letter ORDER BY created_at, id")
    return [row["kind"] for row in rows if not kind or row["kind"] == kind]


async def answer(event: Any, registration: Any, word: str, minute: int = 30, **changes: Any) -> Received:
    """An answer of the person, from their own calendar."""
    stamp = datetime(2026, 11, 25, 9, minute, tzinfo=UTC)
    ics = calendar(event.calendar_uid, ADDRESS, answer=word, stamp=stamp, **changes)
    return await take(plain(ics, ADDRESS, own(registration), message_id=f"<{word}-{minute}@client.example>"))


@pytest.mark.parametrize("client", list(CLIENTS))
@pytest.mark.parametrize("word", ["ACCEPTED", "DECLINED", "TENTATIVE"])
async def test_each_client_s_answer_is_taken(client: str, word: str) -> None:
    event, registration = await alex()
    done = await take(CLIENTS[client](event.calendar_uid, ADDRESS, own(registration), answer=word))
    assert (done.kind, done.status, done.verdict) == ("reply", "done", word.lower())
    found = (await answers_of_event(event.id))[registration.id]
    assert found.answer == word.lower()
    assert (found.release_at is not None) == (word == "DECLINED")
    assert await status_of(registration) == "confirmed"


async def test_a_comment_is_kept_as_it_was_written() -> None:
    event, registration = await alex()
    await take(CLIENTS["outlook"](event.calendar_uid, ADDRESS, own(registration)))
    assert (await answers_of_event(event.id))[registration.id].comment == "See you there\n\nAlex <b>Example</b>"


async def test_a_decline_frees_the_seat_after_the_grace_and_the_next_person_gets_it() -> None:
    event, registration = await alex()
    waiting = (await registered(event, "Bo Waiting")).registration
    await answer(event, registration, "DECLINED")
    assert "answer_declined" in await letters()
    assert await release_due(NOW + timedelta(minutes=29)) == 0
    assert (await status_of(registration), await status_of(waiting)) == ("confirmed", "waitlisted")
    assert await release_due(AFTER) == 1
    assert (await status_of(registration), await status_of(waiting)) == ("cancelled", "confirmed")
    assert await release_due(AFTER) == 0


async def test_undo_keeps_the_seat() -> None:
    event, registration = await alex()
    await answer(event, registration, "DECLINED")
    token = undo_token((await answers_of_event(event.id))[registration.id])
    await undo_decline(token, now=NOW + timedelta(minutes=5))
    await undo_decline(token, now=NOW + timedelta(minutes=6))
    assert await release_due(AFTER) == 0
    assert await status_of(registration) == "confirmed"


async def test_an_undo_that_comes_while_seats_are_given_back_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from eventhub.replies import commands

    event, registration = await alex()
    await answer(event, registration, "DECLINED")
    due = await commands.due_releases(AFTER)
    await undo_decline(undo_token((await answers_of_event(event.id))[registration.id]), now=AFTER)

    async def looked_before(_: datetime) -> list[tuple[UUID, UUID]]:
        return due

    monkeypatch.setattr(commands, "due_releases", looked_before)
    assert await release_due(AFTER) == 0
    assert await status_of(registration) == "confirmed"


async def test_undo_after_the_grace_gives_a_free_seat_or_the_waiting_list() -> None:
    event, registration = await alex()
    await registered(event, "Bo Waiting")
    await answer(event, registration, "DECLINED")
    token = undo_token((await answers_of_event(event.id))[registration.id])
    await release_due(AFTER)
    undone = await undo_decline(token, now=AFTER)
    assert undone.registration.status == "waitlisted"


async def test_an_accept_within_the_grace_takes_the_decline_back() -> None:
    event, registration = await alex()
    await answer(event, registration, "DECLINED", 30)
    await answer(event, registration, "ACCEPTED", 31)
    assert await release_due(AFTER) == 0
    assert await status_of(registration) == "confirmed"


@pytest.mark.parametrize(
    ("others", "status", "code"), [(0, "confirmed", "confirmed_again"), (1, "waitlisted", "waitlisted_again")]
)
async def test_whoever_had_cancelled_and_accepts_gets_a_seat_only_if_one_is_free(
    others: int, status: str, code: str
) -> None:
    event, registration = await alex()
    await cancel_registration(registration.id, now=NOW)
    for number in range(others):
        await registered(event, f"Other {number}")
    done = await answer(event, registration, "ACCEPTED")
    assert (done.verdict, await status_of(registration)) == (code, status)
    rows = await sql("SELECT taken, capacity, waiting FROM seat_pool")
    assert (rows[0]["taken"], rows[0]["waiting"]) == (1, others)


async def test_whom_the_organisers_declined_is_not_confirmed_by_an_answer() -> None:
    event, registration = await alex()
    await decline_registration(registration.id, reason="Full.", now=NOW)
    done = await answer(event, registration, "ACCEPTED")
    assert (done.status, done.verdict, await status_of(registration)) == ("review", "declined_by_staff", "declined")


async def test_an_answer_to_a_cancelled_event_brings_the_cancellation_again() -> None:
    from eventhub.events.commands import cancel_event

    event, registration = await alex()
    await sql("UPDATE letter SET status = 'sent', attempts = 1")
    await cancel_event(event.slug, reason="Storm.", now=NOW, account_id=await some_account())
    await sql("UPDATE letter SET status = 'sent', attempts = 1")
    done = await answer(event, registration, "ACCEPTED")
    assert (done.status, done.verdict) == ("done", "event_cancelled")
    assert len(await letters("event_cancelled")) == 2
    rows = await sql("SELECT DISTINCT calendar_method, calendar_sequence FROM letter WHERE kind = 'event_cancelled'")
    assert [row["calendar_method"] for row in rows] == ["CANCEL"]
    await sql("UPDATE letter SET status = 'sent', attempts = 1")
    await answer(event, registration, "ACCEPTED", 31)
    assert len(await letters("event_cancelled")) == 2
    assert await status_of(registration) == "confirmed"


async def test_a_stale_answer_is_kept_as_outdated_and_asked_again() -> None:
    event, registration = await alex()
    await sql(
        "UPDATE letter SET calendar_uid = {}, calendar_method = 'REQUEST', calendar_sequence = 2, status = 'sent', attempts = 1",
        event.calendar_uid,
    )
    done = await answer(event, registration, "DECLINED", sequence=1)
    assert (done.status, done.verdict) == ("done", "outdated")
    found = (await answers_of_event(event.id))[registration.id]
    assert (found.is_outdated, found.release_at) == (True, None)
    assert "event_changed" in await letters()
    done = await answer(event, registration, "DECLINED", 31, sequence=2)
    assert done.verdict == "declined"


async def test_older_and_equal_answers_have_no_second_effect() -> None:
    event, registration = await alex()
    await answer(event, registration, "ACCEPTED", 31)
    for minute in (30, 31):
        done = await answer(event, registration, "DECLINED", minute)
        assert (done.status, done.verdict) == ("ignored", "duplicate")
    assert (await answers_of_event(event.id))[registration.id].answer == "accepted"


async def test_the_same_message_twice_is_one() -> None:
    event, registration = await alex()
    octets = CLIENTS["google"](event.calendar_uid, ADDRESS, own(registration), answer="DECLINED")
    first, second = await take(octets), await take(octets)
    assert (first.is_new, second.is_new, first.id) == (True, False, second.id)
    assert len(await letters("answer_declined")) == 1


async def test_an_answer_of_a_clock_far_ahead_does_not_outlast_later_ones() -> None:
    event, registration = await alex()
    ics = calendar(event.calendar_uid, ADDRESS, stamp=datetime(2326, 1, 1, tzinfo=UTC), sequence=2**40)
    await take(plain(ics, ADDRESS, own(registration)))
    found = (await answers_of_event(event.id))[registration.id]
    assert found.stamped_at == NOW + timedelta(days=1)


# Speakers


async def invited(event: Any) -> tuple[Any, UUID, UUID]:
    item = await an_item(event)
    (slot,) = await speaking(item, "", name="Alex Example", email=ADDRESS, status="invited")
    rows = await sql("SELECT person FROM speaker_slot WHERE id = {}", slot)
    return item, slot, rows[0]["person"]


@pytest.mark.parametrize(
    ("word", "status"), [("ACCEPTED", "confirmed"), ("DECLINED", "declined"), ("TENTATIVE", "invited")]
)
async def test_a_speaker_answers_by_calendar(word: str, status: str) -> None:
    event = await an_event()
    item, slot, person = await invited(event)
    ics = calendar(f"{item.id}@eventhub", ADDRESS, answer=word)
    done = await take(plain(ics, ADDRESS, organiser_for(person).address))
    assert done.status == "done"
    rows = await sql("SELECT status FROM speaker_slot WHERE id = {}", slot)
    assert rows[0]["status"] == status
    told = await letters("speaker_answered")
    assert len(told) == (0 if word == "TENTATIVE" else 1)
    assert len(await letters("answer_declined")) == (1 if word == "DECLINED" else 0)


# Who is believed


async def refused(done: Received, code: str) -> None:
    assert (done.status, done.verdict) == ("review", code), done
    assert done.reason
    assert await sql("SELECT id FROM calendar_answer") == []
    assert await sql("SELECT id FROM letter WHERE kind NOT LIKE 'registration_%'") == []


async def test_an_answer_without_the_secret_is_put_before_staff() -> None:
    event, _ = await alex()
    ics = calendar(event.calendar_uid, ADDRESS, answer="DECLINED")
    await refused(await take(plain(ics, ADDRESS, "eventhub@localhost")), "no_token")


async def test_a_guessed_secret_is_put_before_staff() -> None:
    event, _ = await alex()
    ics = calendar(event.calendar_uid, ADDRESS, answer="DECLINED")
    await refused(await take(plain(ics, ADDRESS, f"eventhub+{'a' * 20}@localhost")), "wrong_token")


async def test_somebody_else_s_secret_does_not_answer_for_a_person() -> None:
    event, _ = await alex(5)
    other = (await registered(event, "Mallory Example")).registration
    ics = calendar(event.calendar_uid, ADDRESS, answer="DECLINED")
    await refused(await take(plain(ics, ADDRESS, own(other))), "forwarded")


async def test_a_forwarded_invitation_registers_nobody() -> None:
    event, registration = await alex(5)
    ics = calendar(event.calendar_uid, "party-crasher@example.net")
    await refused(await take(plain(ics, "party-crasher@example.net", own(registration))), "forwarded")
    assert len(await sql("SELECT id FROM registration")) == 1


async def test_the_secret_of_the_letter_s_own_to_counts_only_without_an_envelope() -> None:
    event, registration = await alex()
    ics = calendar(event.calendar_uid, ADDRESS)
    await refused(await take(plain(ics, ADDRESS, own(registration), delivered_to="eventhub@localhost")), "no_token")
    done = await take(plain(ics, ADDRESS, own(registration), delivered_to=None))
    assert done.verdict == "accepted"


async def test_the_recipient_of_the_pipe_outweighs_headers() -> None:
    event, registration = await alex()
    octets = plain(calendar(event.calendar_uid, ADDRESS), ADDRESS, own(registration))
    await refused(await take(octets, recipient="eventhub@localhost"), "no_token")


async def test_the_case_of_addresses_and_their_idna_form_are_no_matter() -> None:
    event = await an_event(3)
    new = (await registered(event, "Bücher", email="Alex@bücher.example")).registration
    ics = calendar(event.calendar_uid, "ALEX@xn--bcher-kva.example")
    done = await take(plain(ics, "x@y.example", own(new).upper()))
    assert (done.status, done.verdict) == ("done", "accepted")


async def test_another_sender_is_fine_while_the_secret_fits() -> None:
    event, registration = await alex()
    done = await take(CLIENTS["apple"](event.calendar_uid, ADDRESS, own(registration), sender="me@other.example"))
    assert done.verdict == "accepted"


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        ("mx.example.org; dmarc=fail header.from=example.org", "review"),
        ("mx.example.org; dkim=fail; spf=fail", "review"),
        ("mx.example.org; dmarc=pass; spf=fail", "done"),
        ("evil.example; dmarc=fail", "done"),
        ("mx.example.org (x); dkim=fail; dkim=pass", "done"),
    ],
)
async def test_our_own_server_s_verdict_counts_and_no_other(
    verdict: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_settings(), "authserv_id", "mx.example.org")
    event, registration = await alex()
    ics = calendar(event.calendar_uid, ADDRESS)
    done = await take(plain(ics, ADDRESS, own(registration), more=(f"Authentication-Results: {verdict}",)))
    assert done.status == status


async def test_without_reply_addresses_the_sender_must_be_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_settings(), "plus_addresses", "off")
    event, _ = await alex()
    ics = calendar(event.calendar_uid, ADDRESS)
    await refused(await take(plain(ics, "mallory@example.net", "eventhub@localhost")), "sender")
    done = await take(plain(ics, f"Alex <{ADDRESS.upper()}>", "eventhub@localhost"))
    assert done.verdict == "accepted"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "REQUEST"}, "method"),
        ({"method": "CANCEL"}, "method"),
        ({"method": "PUBLISH"}, "method"),
        ({"method": "ADD"}, "method"),
    ],
)
async def test_nothing_but_answers_changes_anything(changes: dict[str, Any], code: str) -> None:
    event, registration = await alex()
    done = await take(plain(calendar(event.calendar_uid, ADDRESS, **changes), ADDRESS, own(registration)))
    assert (done.status, done.verdict) == ("ignored", code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"attendees": ()}, "attendees"),
        ({"attendees": (f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ADDRESS}", "ATTENDEE;PARTSTAT=DECLINED:mailto:b@c.example")}, "attendees"),
        ({"answer": "DELEGATED"}, "no_answer"),
        ({"answer": "NEEDS-ACTION"}, "no_answer"),
        ({"more": ("RECURRENCE-ID:20990301T090000Z",)}, "series"),
        ({"stamp": None}, "no_stamp"),
    ],
)  # fmt: skip
async def test_what_is_not_certain_is_put_before_staff(changes: dict[str, Any], code: str) -> None:
    event, registration = await alex()
    done = await take(plain(calendar(event.calendar_uid, ADDRESS, **changes), ADDRESS, own(registration)))
    await refused(done, code)


async def test_an_unknown_event_is_put_before_staff() -> None:
    _, registration = await alex()
    await refused(await take(plain(calendar("x@y", ADDRESS), ADDRESS, own(registration))), "unknown_event")


async def test_two_different_calendars_are_put_before_staff() -> None:
    event, registration = await alex()
    two = calendar(event.calendar_uid, ADDRESS) + calendar(event.calendar_uid, ADDRESS, answer="DECLINED")
    await refused(await take(plain(two, ADDRESS, own(registration))), "several")


async def test_an_answer_of_a_person_never_changes_another_event_of_theirs() -> None:
    event, registration = await alex()
    other = await an_event(title="Another")
    there = (await registered(other, "Alex Example")).registration
    await answer(event, registration, "DECLINED")
    await release_due(AFTER)
    assert (await status_of(registration), await status_of(there)) == ("cancelled", "confirmed")


async def test_machines_are_ignored_but_their_answers_are_not() -> None:
    _, registration = await alex()
    text = "Content-Type: text/plain\r\n\r\nI am away."
    auto = head(ADDRESS, own(registration), more=("Auto-Submitted: auto-replied",)) + text
    assert (await take(auto.encode())).verdict == "automatic"
    bulk = head(ADDRESS, own(registration), more=("Precedence: bulk",)) + text
    assert (await take(bulk.encode())).verdict == "automatic"
    loop = head("EventHub <eventhub+x@localhost>", own(registration)) + text
    assert (await take(loop.encode())).verdict == "own_letter"
    words = head(ADDRESS, own(registration)) + text
    done = await take(words.encode())
    assert (done.status, done.verdict) == ("review", "words")


# Junk


def _with(calendar_text: str) -> bytes:
    return (head(ADDRESS, "eventhub@localhost") + "Content-Type: text/calendar\r\n\r\n" + calendar_text).encode()


@pytest.mark.parametrize(
    "octets",
    [
        b"From: a@b.example\r\n\r\n" + b"x" * 5_000_000,
        (head(ADDRESS, "eventhub@localhost") + "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
         + "--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n" * 50).encode(),
        _with(calendar("x@y", ADDRESS, more=("ATTENDEE:mailto:a@b.example",) * 50_000)),
        _with(calendar("x@y", ADDRESS, more=("ATTENDEE:mailto:a@b.example",) * 1_000)),
        _with("BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 5_000),
        _with("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR"),
        _with("\0" * 50),
    ],
    ids=["5 MB", "50 parts", "50,000 people", "1,000 people", "nested", "broken", "NULs"],
)  # fmt: skip
async def test_junk_is_set_aside_with_a_sentence(octets: bytes) -> None:
    done = await take(octets)
    assert (done.status, done.verdict) == ("failed", "unreadable")
    assert done.reason.endswith(".")


@pytest.mark.parametrize(
    "octets",
    [
        b"\0\0\0", b"\xff\xfe\xfd", b"no headers at all", b"Subject: =?utf-8?q?=00=0A?=\r\nFrom: =?x?=\r\n\r\n\0",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xe9", "Subject: \ud800".encode("utf-8", "surrogatepass"),
        b"From: " + b"a" * 600 + b"@" + b"b" * 600 + b"\r\nSubject: " + b"s" * 5000 + b"\r\nMessage-ID: " + b"m" * 999 + b"\r\n\r\nx",
    ],
)  # fmt: skip
async def test_odd_messages_are_kept_and_harm_nothing(octets: bytes) -> None:
    done = await take(octets)
    assert done.status in ("review", "failed", "ignored")
    assert len(await sql("SELECT id FROM inbound_message")) == 1


async def test_broken_zones_and_fields_cost_no_more_than_themselves() -> None:
    event, registration = await alex()
    zone = (
        "BEGIN:VTIMEZONE",
        "TZID:Nowhere",
        "BEGIN:STANDARD",
        "DTSTART:99999999T999999",
        "END:STANDARD",
        "END:VTIMEZONE",
    )
    ics = calendar(
        event.calendar_uid, ADDRESS, zone=zone, times=("DTSTART;TZID=Nowhere:nonsense",), more=("DURATION:??",)
    )
    assert (await take(plain(ics, ADDRESS, own(registration)))).verdict == "accepted"


async def test_a_message_that_kills_its_reader_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    from eventhub.replies import commands

    async def dies(*_: Any, **__: Any) -> None:
        raise SystemError("as if the process had died")

    event, registration = await alex()
    octets = plain(calendar(event.calendar_uid, ADDRESS), ADDRESS, own(registration))
    with monkeypatch.context() as patched:
        patched.setattr(commands, "read_message", dies)
        for _ in range(3):
            with pytest.raises(SystemError):
                await take(octets)
    done = await take(octets)
    assert (done.status, done.verdict) == ("failed", "poison")


async def test_a_reader_that_died_once_leaves_the_message_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    from eventhub.replies import commands

    async def dies(*_: Any, **__: Any) -> None:
        raise SystemError("as if the process had died")

    event, registration = await alex()
    octets = plain(calendar(event.calendar_uid, ADDRESS, answer="DECLINED"), ADDRESS, own(registration))
    with monkeypatch.context() as patched:
        patched.setattr(commands, "_write", dies)
        with pytest.raises(SystemError):
            await take(octets)
    assert await letters("answer_declined") == []
    assert (await take(octets)).verdict == "declined"
    assert len(await letters("answer_declined")) == 1


# Letters that came back


async def the_letter(registration: Any) -> dict[str, Any]:
    rows = await sql(
        "SELECT id, message_id FROM letter WHERE person = {} ORDER BY created_at LIMIT 1", registration.person
    )
    return rows[0]


async def test_a_bounce_is_known_by_the_address_it_came_to() -> None:
    _, registration = await alex()
    letter = await the_letter(registration)
    done = await take(bounce(envelope_sender(letter["id"])))
    assert (done.kind, done.status, done.verdict) == ("bounce", "done", "hard")
    assert await suppressed(ADDRESS)
    rows = await sql("SELECT bounced_at FROM letter WHERE id = {}", letter["id"])
    assert rows[0]["bounced_at"] == NOW


async def test_a_bounce_is_known_by_the_letter_it_returns() -> None:
    _, registration = await alex()
    letter = await the_letter(registration)
    done = await take(bounce("eventhub@localhost", message_id=letter["message_id"]))
    assert done.verdict == "hard"


async def test_a_soft_bounce_is_counted_and_stops_nothing() -> None:
    _, registration = await alex()
    letter = await the_letter(registration)
    done = await take(bounce(envelope_sender(letter["id"]), status="4.2.1", diagnostic="smtp; 450 try later"))
    assert (done.verdict, await suppressed(ADDRESS)) == ("soft", False)
    assert [row["kind"] for row in await sql("SELECT kind FROM bounce")] == ["soft"]


async def test_a_complaint_stops_letters_at_once() -> None:
    _, registration = await alex()
    letter = await the_letter(registration)
    done = await take(complaint("eventhub@localhost", message_id=letter["message_id"]))
    assert (done.kind, done.verdict, await suppressed(ADDRESS)) == ("complaint", "complaint", True)


async def test_a_report_about_no_letter_of_ours_blocks_nobody() -> None:
    await alex()
    done = await take(bounce("eventhub@localhost", message_id="<somebody-elses@x.example>"))
    assert (done.status, done.verdict, await suppressed(ADDRESS)) == ("review", "unknown_letter", False)


async def test_a_report_blocks_the_address_of_the_letter_and_not_the_one_it_names() -> None:
    _, registration = await alex()
    letter = await the_letter(registration)
    await take(bounce(envelope_sender(letter["id"]), recipient="victim@example.org"))
    assert (await suppressed(ADDRESS), await suppressed("victim@example.org")) == (True, False)


async def test_a_forged_bounce_address_blocks_nobody() -> None:
    _, registration = await alex()
    letter = await the_letter(registration)
    address = envelope_sender(letter["id"])
    seal, at, domain = address.partition("@")
    forged = f"{seal[:-1]}{'b' if seal[-1] == 'a' else 'a'}{at}{domain}"
    done = await take(bounce(forged))
    assert (done.verdict, await suppressed(ADDRESS)) == ("unknown_letter", False)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
async def test_what_was_not_refused_counts_as_nothing(action: str) -> None:
    _, registration = await alex()
    letter = await the_letter(registration)
    done = await take(bounce(envelope_sender(letter["id"]), action=action, status="4.0.0"))
    assert (done.status, await sql("SELECT id FROM bounce")) == ("ignored", [])


QMAIL = (
    "Hi. This is the qmail-send program at mx.example.net.\r\nI'm afraid I wasn't able to deliver your message to the "
    "following addresses.\r\nThis is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
    "<alex-example@example.org>:\r\n192.0.2.1 does not like recipient.\r\nRemote host said: 550 sorry, no mailbox here by that name.\r\n\r\n"
    "--- Below this line is a copy of the message.\r\n\r\nReturn-Path: <x@localhost>\r\nMessage-ID: {id}\r\n"
)
EXCHANGE = (
    "Delivery has failed to these recipients or groups:\r\n\r\nalex-example@example.org\r\nThe email address you entered "
    "couldn't be found. Please check the recipient's email address.\r\n\r\nDiagnostic information for administrators:\r\n"
    "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'\r\n"
)
POSTFIX = (
    "This is the mail system at host mx.example.net.\r\n\r\nI'm sorry to have to inform you that your message could not\r\n"
    "be delivered to one or more recipients.\r\n\r\n<alex-example@example.org>: host mail.example.org[192.0.2.5] said: "
    "452 4.2.2 Mailbox full (in reply to RCPT TO command)\r\n"
)


async def test_reports_in_plain_words_are_understood() -> None:
    _, registration = await alex()
    letter = await the_letter(registration)
    to = envelope_sender(letter["id"])
    done = await take(in_words(QMAIL.replace("{id}", letter["message_id"]), "eventhub@localhost"))
    assert (done.kind, done.verdict) == ("bounce", "hard")
    done = await take(
        in_words(EXCHANGE, to, sender="postmaster@example.org", subject="Undeliverable: Registration confirmed")
    )
    assert (done.kind, done.verdict) == ("bounce", "hard")
    done = await take(in_words(POSTFIX, to, subject="Undelivered Mail Returned to Sender"))
    assert (done.kind, done.verdict) == ("bounce", "soft")
    assert sorted(row["status_code"] for row in await sql("SELECT status_code FROM bounce")) == [
        "4.2.2",
        "5.1.1",
        "5.1.10",
    ]


async def test_an_absence_notice_to_the_bounce_address_is_no_bounce() -> None:
    _, registration = await alex()
    letter = await the_letter(registration)
    away = head(ADDRESS, envelope_sender(letter["id"]), subject="Out of office", more=("Auto-Submitted: auto-replied",))
    done = await take(
        f"Return-Path: <>\r\n{away}Content-Type: text/plain\r\n\r\nThat project does not exist any longer.".encode()
    )
    assert (done.verdict, await sql("SELECT id FROM bounce")) == ("automatic", [])


# Staff decide


async def test_staff_apply_an_answer_to_the_person_it_names() -> None:
    event, registration = await alex()
    done = await take(plain(calendar(event.calendar_uid, ADDRESS, answer="DECLINED"), ADDRESS, "eventhub@localhost"))
    decided = await decide(done.id, "apply", now=NOW, account_id=await some_account())
    assert (decided.status, decided.verdict) == ("done", "declined")
    assert (await answers_of_event(event.id))[registration.id].answer == "declined"
    assert (await sql("SELECT octets FROM inbound_message"))[0]["octets"] is None
    with pytest.raises(DecidedAlready):
        await decide(done.id, "apply", now=NOW, account_id=await some_account())


async def test_staff_apply_a_forwarded_answer_to_whose_invitation_it_was() -> None:
    event, registration = await alex()
    done = await take(
        plain(calendar(event.calendar_uid, "second@example.net"), "second@example.net", own(registration))
    )
    decided = await decide(done.id, "apply", now=NOW, account_id=await some_account())
    assert decided.verdict == "accepted"
    assert (await answers_of_event(event.id))[registration.id].answer == "accepted"


async def test_staff_put_a_message_away() -> None:
    _, registration = await alex()
    done = await take(f"{head(ADDRESS, own(registration))}Content-Type: text/plain\r\n\r\nHello".encode())
    with pytest.raises(DecidedAlready):
        await decide(done.id, "apply", now=NOW, account_id=await some_account())
    assert (await decide(done.id, "ignore", now=NOW, account_id=await some_account())).status == "ignored"


# Other times


async def proposed(
    event: Any, registration: Any, start: str = "20990302T090000Z", end: str = "20990302T110000Z"
) -> Received:
    ics = calendar(event.calendar_uid, ADDRESS, method="COUNTER", answer="TENTATIVE", times=(f"DTSTART:{start}", f"DTEND:{end}"),
                   more=("COMMENT:The day after?",))  # fmt: skip
    return await take(plain(ics, ADDRESS, own(registration)))


async def test_a_proposal_is_shown_and_taken() -> None:
    event, registration = await alex()
    done = await proposed(event, registration)
    assert (done.kind, done.status, done.verdict) == ("counter", "done", "proposed")
    (one,) = await open_proposals()
    assert (one.comment, one.starts_at) == ("The day after?", datetime(2099, 3, 2, 9, tzinfo=UTC))
    before = (await sql("SELECT sequence FROM event"))[0]["sequence"]
    await accept_proposal(one.id, now=NOW, account_id=await some_account())
    rows = await sql("SELECT starts_at, ends_at, sequence FROM event")
    assert rows[0]["starts_at"] == datetime(2099, 3, 2, 9, tzinfo=UTC)
    assert rows[0]["ends_at"] == datetime(2099, 3, 2, 11, tzinfo=UTC)
    assert rows[0]["sequence"] == before + 1
    assert await open_proposals() == []
    with pytest.raises(DecidedAlready):
        await accept_proposal(one.id, now=NOW, account_id=await some_account())


async def test_a_proposal_for_a_part_of_the_programme_moves_that_part() -> None:
    event = await an_event()
    item, slot, person = await invited(event)
    ics = calendar(
        f"{slot}@eventhub", ADDRESS, method="COUNTER", times=("DTSTART:20990301T100000Z", "DTEND:20990301T110000Z")
    )
    await take(plain(ics, ADDRESS, organiser_for(person).address))
    (one,) = await open_proposals()
    await accept_proposal(one.id, now=NOW, account_id=await some_account())
    rows = await sql("SELECT starts_at FROM programme_item WHERE id = {}", item.id)
    assert rows[0]["starts_at"] == datetime(2099, 3, 1, 10, tzinfo=UTC)


async def test_a_refused_proposal_is_answered() -> None:
    event, registration = await alex()
    await proposed(event, registration)
    (one,) = await open_proposals()
    await refuse_proposal(one.id, now=NOW, account_id=await some_account())
    assert (await letters("proposal_refused"), await open_proposals()) == (["proposal_refused"], [])


async def test_a_part_of_the_programme_is_given_back_after_the_grace_and_the_seat_stays() -> None:
    from eventhub.programme.sign_up import sign_up
    from eventhub.registrations.queries import manage_url

    event, registration = await alex()
    item = await an_item(event, takes_sign_up=True, capacity=1)
    await sign_up(manage_url(registration.id, 1).rsplit("/", 1)[1], item.id, now=NOW)
    done = await take(plain(calendar(f"{item.id}@eventhub", ADDRESS, answer="DECLINED"), ADDRESS, own(registration)))
    assert done.verdict == "declined"
    assert len(await letters("answer_declined")) == 1
    await release_due(AFTER)
    assert await sql("SELECT id FROM item_sign_up") == []
    assert (await sql("SELECT taken FROM programme_item"))[0]["taken"] == 0
    assert await status_of(registration) == "confirmed"


async def test_a_proposed_time_in_the_past_is_ignored() -> None:
    event, registration = await alex()
    done = await proposed(event, registration, "20201123T090000Z", "20201123T100000Z")
    assert (done.status, await open_proposals()) == ("ignored", [])


async def test_the_letters_can_be_read() -> None:
    import msgspec

    from eventhub.mail.rendering import render

    event, registration = await alex()
    await answer(event, registration, "DECLINED", 20)
    await proposed(event, registration)
    (one,) = await open_proposals()
    await refuse_proposal(one.id, now=NOW, account_id=await some_account())
    for row in await sql("SELECT * FROM letter WHERE kind IN ('answer_declined', 'proposal_refused')"):
        facts = msgspec.json.decode(row["facts"])
        for language in ("en", "es", "fr"):
            shown = render(row["kind"], language, facts, recipient_address=row["recipient_address"])
            assert "Care in the metropolis" in shown.text
            assert shown.calendar is None
    assert isinstance(organiser_for(registration.person), Mailbox)
    assert await answer_by_id(UUID(int=1)) is None
