"""What keeps a claimed letter from leaving: pauses, suppressed addresses, overtaken news, limits of a domain."""

import asyncio
import contextlib
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from uuid import UUID, uuid4

import pytest

from eventhub.database import sql, transaction
from eventhub.errors import NotFound, Problems
from eventhub.mail import postman
from eventhub.mail.addresses import read_plus
from eventhub.mail.delivery import CannotBeSentAgain, Delivery, answer_in_words, deliveries, delivery_logs, send_again
from eventhub.mail.domains import DomainLimits
from eventhub.mail.pauses import PausedAlready, pausable_kinds, pause_letters, pauses, resting_letters, resume_letters
from eventhub.mail.postman import LEASE, Postman
from eventhub.mail.queries import LetterFilter, letters
from eventhub.mail.rules import MAX_DEATHS
from eventhub.mail.suppressions import address_hash, lift, record_bounce, suppress, suppressed, suppressions_of
from tests.mail.test_postman import TestRelay, a_letter, relay, standing  # noqa: F401
from tests.make import NOW, a_person, an_account, an_event, registered

MINUTE = timedelta(minutes=1)


async def about(event, address: str, *, kind: str = "message_to_registered", person: UUID | None = None, **changed):
    """A dull letter about an event, which need not be rendered in full."""
    facts = {
        "recipient_name": "Alex Example", "message": "Hello", "message_subject": "News", "manage_url": "http://x/m",
        "opt_out_url": "http://x/o", "reader_zone": None,
    }  # fmt: skip
    await a_letter(address, kind=kind, event_id=event.id, person_id=person, facts=facts, **changed)


# Pauses (property 24)


async def test_while_letters_rest_none_leaves_and_afterwards_all_leave_in_order_once(database, relay):  # noqa: F811
    for number in range(30):
        await a_letter(f"p{number}@example.org", now=NOW + timedelta(seconds=number))
    await sql("UPDATE letter SET kind = 'registration_links', facts = {}", LINKS)
    await a_letter("in@example.org", now=NOW + MINUTE)
    later = NOW + 2 * MINUTE
    pause = await pause_letters(None, None, reason="The programme is wrong", account_id=None, now=NOW)

    assert await Postman(relay.relay()).drain(later) == 1
    assert relay.recipients == ["in@example.org"]
    assert await resting_letters() == 30
    assert Counter(await standing("status", "attempts")) == {("queued", 0): 30, ("sent", 1): 1}

    await resume_letters(pause, account_id=None, now=later)
    assert await Postman(relay.relay(connections=1)).drain(later) == 30
    assert relay.recipients[1:] == [f"p{number}@example.org" for number in range(30)]
    assert await pauses() == []


LINKS = (
    '{"recipient_name":"Alex","written_at":"2026-11-25T09:00:00+00:00",'
    '"links":[{"title":"A","when":"now","url":"http://x","status":"confirmed"}]}'
)


async def test_a_pause_holds_what_a_postman_at_work_has_claimed_and_two_postmen_lose_nothing(database, relay):  # noqa: F811
    for number in range(300):
        await a_letter(f"p{number}@example.org", now=NOW + timedelta(seconds=number))
    await sql("UPDATE letter SET kind = 'registration_links', facts = {}", LINKS)
    later = NOW + 10 * MINUTE
    relay.slow = 0.02
    tasks = [asyncio.create_task(Postman(relay.relay()).drain(later)) for _ in range(2)]
    async with asyncio.timeout(20):
        while len(relay.got) < 20:
            await asyncio.sleep(0.01)
    pause = await pause_letters(None, "registration_links", reason="Stop", account_id=None, now=later)
    for task in tasks:
        async with asyncio.timeout(20):
            await task
    left = len(relay.got)
    assert left < 200  # two postmen had claimed 240
    assert await Postman(relay.relay()).drain(later) == 0

    await resume_letters(pause, account_id=None, now=later)
    relay.slow = 0
    await asyncio.gather(*(Postman(relay.relay()).drain(later) for _ in range(2)))
    assert Counter(relay.recipients) == Counter(f"p{number}@example.org" for number in range(300))
    assert set(await standing("status", "attempts")) == {("sent", 1)}


async def test_a_pause_of_one_event_or_kind_holds_no_other_letter(database, relay):  # noqa: F811
    here, there = await an_event(), await an_event(title="Elsewhere")
    for number, (event, kind) in enumerate(
        [
            (here, "registration_links"),
            (here, "registration_link"),
            (there, "registration_links"),
            (None, "registration_links"),
        ]
    ):
        await a_letter(f"p{number}@example.org", kind=kind, event_id=event.id if event else None)
    assert await _resting_after(here.id, None) == ["p0@example.org", "p1@example.org"]
    assert await _resting_after(None, "registration_links") == ["p0@example.org", "p2@example.org", "p3@example.org"]
    assert await _resting_after(here.id, "registration_links") == ["p0@example.org"]


async def _resting_after(event_id, kind) -> list[str]:
    from eventhub.mail.pauses import rests

    pause = await pause_letters(event_id, kind, reason="Because", account_id=None, now=NOW)
    rows = await sql(f"SELECT recipient_address FROM letter l WHERE {rests('l')} ORDER BY recipient_address")
    await resume_letters(pause, account_id=None, now=NOW)
    return [row["recipient_address"] for row in rows]


async def test_a_pause_needs_a_reason_a_known_kind_and_is_made_and_ended_once(database):
    account = await an_account()
    for reason in ("", " \x00 ", "x" * 501):
        with pytest.raises(Problems):
            await pause_letters(None, None, reason=reason, account_id=account, now=NOW)
    for kind in ("sign_in_link", "no_such_kind", "x" * 500):
        with pytest.raises(Problems):
            await pause_letters(None, kind, reason="Why", account_id=account, now=NOW)
    with pytest.raises(NotFound):
        await pause_letters(UUID(int=1), None, reason="Why", account_id=account, now=NOW)
    assert "sign_in_link" not in pausable_kinds()
    pause = await pause_letters(None, None, reason="Why", account_id=account, now=NOW)
    with pytest.raises(PausedAlready):
        await pause_letters(None, None, reason="Why", account_id=account, now=NOW)
    await resume_letters(pause, account_id=account, now=NOW)
    with pytest.raises(NotFound):
        await resume_letters(pause, account_id=account, now=NOW)

    rows = await sql("SELECT action, account, detail FROM audit_entry WHERE object_kind = 'outbox' ORDER BY action")
    assert [tuple(row.values()) for row in rows] == [
        ("pause_letters", account, "Why"),
        ("resume_letters", account, "Why"),
    ]


async def test_a_letter_that_rests_holds_up_no_later_one_of_the_same_person_unless_its_calendar_comes_first(
    database,
    relay,  # noqa: F811
):
    event, person = await an_event(), await a_person()
    for number, kind in enumerate(["certificate_ready", "sign_in_link"]):
        await a_letter(
            f"p{number}@example.org", now=NOW + number * MINUTE, kind=kind, event_id=event.id, person_id=person
        )
    await pause_letters(None, "certificate_ready", reason="Wrong", account_id=None, now=NOW)

    await sql("UPDATE letter SET calendar_uid = 'x' WHERE kind = 'certificate_ready'")
    assert await Postman(relay.relay()).drain(NOW + 5 * MINUTE) == 0
    await sql("UPDATE letter SET calendar_uid = NULL")
    assert await Postman(relay.relay()).drain(NOW + 5 * MINUTE) == 1


# Suppressed addresses


@pytest.mark.parametrize(
    ("bounces", "is_suppressed"),
    [
        ([("hard", "5.1.1", 0)], True),
        ([("hard", "5.1.2", 0)], True),
        ([("hard", "5.7.1", 0)], False),
        ([("hard", "5.7.1", 0), ("hard", "", 20)], True),
        ([("soft", "4.4.1", 0), ("soft", "4.4.1", 1)], False),
        ([("soft", "4.4.1", 0), ("soft", "4.4.1", 3), ("soft", "4.4.1", 6)], True),
        ([("soft", "4.4.1", 0), ("soft", "4.4.1", 3), ("soft", "4.4.1", 9)], False),
        ([("hard", "5.2.2", 0), ("hard", "5.2.2", 1)], False),
        ([("complaint", "", 0)], True),
    ],
)
async def test_letters_that_come_back_stop_more_of_them(database, bounces, is_suppressed):
    for kind, code, day in bounces:
        async with transaction():
            await record_bounce(
                None, "Alex@Example.org", kind, code, "550 <alex@example.org> no", now=NOW + timedelta(day)
            )

    assert await suppressed("alex@example.ORG") is is_suppressed
    assert not await suppressed("bo@example.org")
    for table in ("bounce", "suppression"):
        rows = await sql(f"SELECT address_hash, said FROM {table}")
        assert all("@" not in row["said"] and len(row["address_hash"]) == 64 for row in rows)


async def test_several_reports_about_one_letter_count_once(database):
    await a_letter()
    (letter,) = await standing("id")
    for _ in range(5):
        async with transaction():
            assert not await record_bounce(letter, "alex@example.org", "soft", "4.4.1", "busy", now=NOW)

    assert await standing("bounced_at", "bounce") == [(NOW, "busy")]


async def test_the_same_mailbox_is_the_same_however_it_is_written():
    assert address_hash(" Alex@EXAMPLE.org ") == address_hash("alex@example.org")
    assert address_hash("a@münchen.de") == address_hash("a@xn--mnchen-3ya.de")
    assert address_hash("alex+1@example.org") != address_hash("alex@example.org")
    assert len(address_hash("\ud800" + "x" * 600)) == 64


async def test_a_suppressed_address_gets_no_letter_but_the_link_to_sign_in(database, relay):  # noqa: F811
    async with transaction():
        assert await suppress("alex@example.org", "complaint", "spam", None, None, now=NOW)
        assert not await suppress("alex@example.org", "staff", "", None, None, now=NOW)
    await a_letter("alex@example.org", kind="registration_links", dedupe_key="1")
    await a_letter("alex@example.org", dedupe_key="2", now=NOW + MINUTE)

    assert await Postman(relay.relay()).drain(NOW + MINUTE) == 1

    assert await standing("status", "last_answer") == [
        ("suppressed", "Letters do not reach this person: one was reported as unwanted. (spam)"),
        ("sent", "250 2.0.0 Ok: queued as 4XYZ"),
    ]


async def test_staff_let_letters_through_again_with_a_reason_and_what_was_before_counts_no_more(database, relay):  # noqa: F811
    account = await an_account()
    for _ in range(2):
        async with transaction():
            await record_bounce(None, "alex@example.org", "hard", "5.0.0", "no", now=NOW)
    key = address_hash("alex@example.org")
    for reason in ("", "\x00", "x" * 501):
        with pytest.raises(Problems):
            await lift(key, reason=reason, account_id=account, now=NOW)
    await lift(key, reason="The mailbox works again", account_id=account, now=NOW)
    with pytest.raises(NotFound):
        await lift(key, reason="Again", account_id=account, now=NOW)

    assert not await suppressed("alex@example.org")
    async with transaction():
        assert not await record_bounce(None, "alex@example.org", "hard", "5.0.0", "no", now=NOW + MINUTE)
        assert await record_bounce(None, "alex@example.org", "hard", "5.0.0", "no", now=NOW + MINUTE)
    rows = await sql("SELECT detail FROM audit_entry WHERE action = 'lift_suppression'")
    assert [row["detail"] for row in rows] == ["The mailbox works again"]


async def test_an_address_that_the_relay_itself_does_not_know_gets_no_more_letters(database, relay):  # noqa: F811
    await a_letter("gone@example.org")
    await a_letter("spam@example.org")

    await Postman(relay.relay()).drain(NOW)

    assert set(await suppressions_of(["gone@example.org", "spam@example.org"])) == {"gone@example.org"}


async def test_a_letter_comes_back_to_an_address_that_names_it(database, relay):  # noqa: F811
    await a_letter()

    await Postman(relay.relay()).drain(NOW)

    (letter,) = await standing("id")
    assert read_plus(relay.senders[0]).letter_id == letter


# Overtaken news (property 23)


async def test_an_offer_that_was_taken_away_and_a_reminder_of_what_was_cancelled_do_not_leave(database, relay):  # noqa: F811
    event = await an_event(capacity=5)
    alex = (await registered(event, "Alex Example")).registration
    bo = (await registered(event, "Bo Example")).registration
    cy = (await registered(event, "Cy Example")).registration
    await sql("DELETE FROM letter")
    for number, (person, kind) in enumerate(
        [(alex, "reminder"), (bo, "reminder"), (cy, "registration_offered"), (alex, "message_to_registered")]
    ):
        at = NOW + timedelta(seconds=number)
        await about(event, person.email, kind=kind, person=person.person, dedupe_key=str(number), now=at)
    await about(event, "host@example.org", kind="planned_message", dedupe_key="4")
    await sql("UPDATE registration SET status = 'cancelled' WHERE id = {}", alex.id)

    await Postman(relay.relay()).drain(NOW + MINUTE)

    rows = await sql("SELECT dedupe_key, last_answer FROM letter WHERE status = 'withdrawn' ORDER BY dedupe_key")
    assert [tuple(row.values()) for row in rows] == [
        ("0", "Not sent: what it reminds of was cancelled."),
        ("2", "Not sent: the seat is not offered to this person any more."),
    ]


# Limits of a domain; links to sign in know none

DULL = {"recipient_name": "Alex Example", "test_token": "x"}


def test_no_minute_sees_more_letters_to_a_domain_than_it_takes_and_all_go_in_the_end():
    for per_minute in (1, 3, 10, 25, 300):
        limits, gone, waiting = DomainLimits(per_minute), [], [(NOW, UUID(int=n)) for n in range(4 * per_minute)]
        while waiting:
            waiting.sort()
            at, key = waiting.pop(0)
            later = limits.wait_until(key, "example.org", at)
            if later is None:
                gone.append(at)
            else:
                assert later > at
                waiting.append((later, key))
        assert len(gone) == 4 * per_minute
        in_a_minute = max(sum(start <= one < start + MINUTE for one in gone) for start in gone)
        assert in_a_minute <= per_minute + 1
        assert gone[-1] - gone[0] < 6 * MINUTE


def test_a_place_that_was_not_taken_in_time_is_lost():
    limits = DomainLimits(10)
    keys = [UUID(int=n) for n in range(20)]
    promised = [at for key in keys if (at := limits.wait_until(key, "example.org", NOW))]

    late = [key for key in keys if limits.wait_until(key, "example.org", max(promised) + 10 * MINUTE) is None]

    assert len(late) == 2  # what may go at once, a quarter of a minute's


async def test_letters_to_a_busy_domain_wait_without_an_attempt_and_hold_up_no_others(database, relay):  # noqa: F811
    for number in range(40):
        await a_letter(f"p{number}@big.example", dedupe_key=f"big{number}", kind="mailbox_test", facts=DULL)
    await a_letter("alex@small.example", kind="mailbox_test", facts=DULL)
    postman = Postman(relay.relay(), letters_per_minute_and_domain=10, claim=10)

    assert await postman.drain(NOW) == 3
    domains = sorted(address.rpartition("@")[2] for address in relay.recipients)
    assert domains == ["big.example", "big.example", "small.example"]
    assert Counter(await standing("status", "attempts")) == {("queued", 0): 38, ("sent", 1): 3}

    now, counts = NOW, []
    while now - NOW < 10 * MINUTE and await sql("SELECT 1 AS one FROM letter WHERE status <> 'sent'"):
        now += timedelta(seconds=2)
        counts.append(await postman.drain(now))
    assert max(sum(counts[n : n + 30]) for n in range(len(counts))) <= 11
    assert now - NOW < 6 * MINUTE
    assert set(await standing("attempts")) == {1}


async def test_a_link_to_sign_in_does_not_wait_behind_others(database, relay):  # noqa: F811
    for number in range(9):
        await a_letter(f"p{number}@big.example", dedupe_key=f"big{number}", kind="mailbox_test", facts=DULL)
    await a_letter("alex@big.example", kind="sign_in_link", dedupe_key="sign-in")

    await Postman(relay.relay(), letters_per_minute_and_domain=4).drain(NOW)

    assert "alex@big.example" in relay.recipients
    assert len(relay.recipients) == 2


async def test_one_domain_gets_three_connections_and_others_the_rest(database, relay):  # noqa: F811
    relay.slow = 0.05
    for number in range(12):
        await a_letter(f"p{number}@big.example", dedupe_key=f"b{number}")
    for number in range(4):
        await a_letter(f"p{number}@small.example", dedupe_key=f"s{number}")

    assert await Postman(relay.relay(connections=6)).drain(NOW) == 16

    assert relay.most_at_once["big.example"] == 3


# The log and sending again


async def test_staff_read_in_plain_words_what_became_of_a_letter(database, relay):  # noqa: F811
    await a_letter("busy@example.org")
    postman = Postman(relay.relay())
    await postman.drain(NOW)
    (found,), _ = await letters(LetterFilter(), limit=1)
    steps = (await delivery_logs([found]))[found.id]
    assert [str(step.sentence) for step in steps] == [
        "Written.",
        "The mail server for example.org said that it is busy.",
        "It is tried again then.",
    ]
    assert steps[1].said == "450 4.2.0 try again later"

    await sql("UPDATE letter SET recipient_address = 'alex@example.org'")
    await postman.drain(NOW + 2 * MINUTE)
    async with transaction():
        await record_bounce(found.id, "alex@example.org", "hard", "5.1.1", "no such mailbox", now=NOW + 9 * MINUTE)
    (found,), _ = await letters(LetterFilter(), limit=1)
    steps = (await delivery_logs([found]))[found.id]
    assert [str(step.sentence) for step in steps][2:] == [
        "The mail server for example.org accepted it.",
        "It came back: it cannot be delivered.",
    ]


@pytest.mark.parametrize(
    ("outcome", "code", "answer", "words"),
    [
        ("retry", 450, "450 4.7.1 greylisted", "The mail server for x.org asked us to come back later."),
        ("retry", 452, "452 full", "The mail server for x.org said that the mailbox is full."),
        ("retry", 421, "421 4.3.2 closing", "The mail server for x.org said that it is busy."),
        ("give up", 550, "550 5.1.1 no", "The mail server for x.org does not know the address."),
        ("give up", 554, "554 no", "The mail server for x.org does not want the letter."),
        ("give up", 552, "552 5.3.4 big", "The mail server for x.org said that the letter is too large."),
        ("give up", 550, "550 no", "The mail server for x.org refused the letter."),
        ("retry", None, "the connection was lost", "The connection to the mail server was lost before it said yes."),
        ("pause", None, "refused", "The mail relay could not be reached."),
        ("pause", 535, "535 5.7.8 no", "The mail relay refused us, not the letter. All letters wait."),
    ],
)
def test_answers_are_told_in_words(outcome, code, answer, words):
    assert answer_in_words(outcome, code, answer, "x.org") == words


async def test_a_letter_that_left_is_copied_under_a_new_name_and_one_that_failed_keeps_its_own(database, relay):  # noqa: F811
    account = await an_account()
    event, person = await an_event(), await a_person("Alex Example", "new@example.org")
    await a_letter("old@example.org", kind="registration_links", event_id=event.id, person_id=person)
    await sql("UPDATE letter SET facts = {}", LINKS)
    postman = Postman(relay.relay())
    await postman.drain(NOW)
    (first,) = await standing("id")

    copy = await send_again(first, account_id=account, now=NOW + MINUTE)
    assert await send_again(first, account_id=account, now=NOW + MINUTE) == copy != first
    await postman.drain(NOW + MINUTE)
    assert relay.recipients == ["old@example.org", "new@example.org"]
    names = [message_from_bytes(raw, policy=default)["Message-ID"] for _, raw in relay.got]
    assert len(set(names)) == 2
    rows = await sql("SELECT object_id, account, detail FROM audit_entry WHERE action = 'resend_letter'")
    assert [tuple(row.values()) for row in rows] == [(str(copy), account, f"a copy of {first}")]

    await sql("UPDATE letter SET status = 'failed' WHERE id = {}", first)
    assert await send_again(first, account_id=account, now=NOW + 2 * MINUTE) == first
    await postman.drain(NOW + 2 * MINUTE)
    assert message_from_bytes(relay.got[-1][1], policy=default)["Message-ID"] == names[0]


async def test_what_is_on_its_way_over_secret_or_goes_nowhere_is_not_sent_again(database):
    await a_letter("a@example.org")
    await a_letter("b@example.org", kind="registration_links", not_after=NOW - MINUTE)
    await a_letter("c@example.org", kind="registration_links")
    await sql("UPDATE letter SET status = 'sent' WHERE recipient_address <> 'c@example.org'")
    for letter in await standing("id"):
        with pytest.raises(CannotBeSentAgain):
            await send_again(letter, account_id=None, now=NOW)
    with pytest.raises(NotFound):
        await send_again(UUID(int=1), account_id=None, now=NOW)
    async with transaction():
        await suppress("c@example.org", "staff", "", None, None, now=NOW)
    await sql("UPDATE letter SET status = 'failed' WHERE recipient_address = 'c@example.org'")
    with pytest.raises(CannotBeSentAgain, match="do not reach"):
        await send_again((await standing("id"))[-1], account_id=None, now=NOW)


async def test_letters_are_found_by_person_event_kind_status_and_day(database):
    event, person = await an_event(), await a_person()
    await a_letter("alex@example.org", event_id=event.id, person_id=person)
    await a_letter("100%_bo@example.org", now=NOW + timedelta(days=2), recipient_name="Bo")

    async def found(**asked) -> list[str]:
        rows, total = await deliveries(Delivery(**asked), limit=10)
        assert len(rows) == total
        return [row.recipient_address[:4] for row in rows]

    day = NOW.date()
    assert await found() == ["100%", "alex"]
    assert await found(who="EXAMPLE.org") == ["100%", "alex"]
    assert await found(who="bo") == await found(who="0%_b") == ["100%"]
    assert await found(who="%") == ["100%"]
    assert await found(person=person) == await found(event=event.slug) == await found(until=day) == ["alex"]
    assert await found(since=day + timedelta(days=1)) == ["100%"]
    assert await found(kind="reminder") == await found(status="sent") == await found(who="nobody\ud83d") == []


async def test_a_postman_that_is_told_to_stop_gives_back_what_he_has_not_begun(database, relay):  # noqa: F811
    relay.slow = 0.05
    for number in range(20):
        await a_letter(f"p{number}@example.org")
    task = asyncio.create_task(Postman(relay.relay()).drain(NOW))
    async with asyncio.timeout(20):
        while not relay.got:
            await asyncio.sleep(0.01)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert await sql("SELECT COUNT(*) AS n FROM letter WHERE status = 'sending'") in ([{"n": n}] for n in range(4))


@pytest.mark.parametrize("were_there", [1, 30])
async def test_never_more_letters_are_claimed_than_asked_for(database, were_there):
    # What the planner knows is out of date: it was written down when the outbox had just been emptied.
    for number in range(were_there):
        await a_letter(f"gone{number}@example.org")
    await sql("DELETE FROM letter")
    await sql("ANALYZE letter")
    for number in range(30):
        await a_letter(f"p{number}@example.org")

    claimed = [await postman._claim(NOW, NOW + LEASE, uuid4(), 7) for _ in range(5)]

    assert [len(letters) for letters in claimed] == [7, 7, 7, 7, 2]


async def test_postmen_who_die_with_many_letters_in_hand_blame_none_of_them(database, relay):  # noqa: F811
    for number in range(30):
        await a_letter(f"p{number}@example.org")
    now = NOW
    for _ in range(MAX_DEATHS + 2):
        await postman._claim(now, now + LEASE, uuid4(), 100)
        now += LEASE + timedelta(seconds=1)

    assert await Postman(relay.relay()).drain(now) >= 29

    assert Counter(await standing("status"))["failed"] <= 1
