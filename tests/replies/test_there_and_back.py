"""Letters as the relay gets them, answered as a calendar does: to their sender, with their UID and SEQUENCE."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP
from icalendar import Calendar

from eventhub.database import sql, utc_now
from eventhub.events.commands import cancel_event
from eventhub.mail.postman import send_due
from eventhub.mail.suppressions import suppressed
from eventhub.programme.sign_up import sign_up
from eventhub.registrations.queries import manage_url
from eventhub.replies.commands import Received, receive, release_due
from eventhub.replies.proposals import accept_proposal
from eventhub.replies.queries import open_proposals
from eventhub.settings import current_settings
from eventhub.speakers.invitations import invite_speaker
from tests.make import an_event, an_item, registered, some_account, speaking
from tests.replies.messages import bounce, calendar, plain

pytestmark = pytest.mark.usefixtures("database")

ADDRESS = "alex-example@example.org"


class Post:
    """A relay that keeps what it gets, by the envelope."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, Message]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append((envelope.mail_from, envelope.rcpt_tos[0], message_from_bytes(envelope.original_content)))
        return "250 OK"

    async def deliver(self) -> None:
        """Send what waits, whenever it may leave."""
        await sql("UPDATE letter SET available_at = created_at WHERE status = 'queued'")
        await send_due()

    def invitations(self) -> list[tuple[str, Any, str]]:
        """Sender, event and METHOD of the calendar files that were sent."""
        found = []
        for _, _, message in self.got:
            for part in message.walk():
                if part.get_content_type() == "text/calendar":
                    whole = Calendar.from_ical(part.get_payload(decode=True).decode())  # type: ignore[union-attr]
                    found.append((parseaddr(str(message["From"]))[1], whole.events[0], str(whole["METHOD"])))
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def post(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    found = Post()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(found), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(current_settings(), "smtp_url", f"smtp://127.0.0.1:{port}?starttls=never")
    yield found
    server.close()


async def answered(invitation: tuple[str, Any, str], word: str, **changes: Any) -> Received:
    """What a calendar sends when somebody presses a button under an invitation."""
    sender, event, _ = invitation
    to = str(event["ORGANIZER"]).removeprefix("mailto:")
    assert to == sender, "clients refuse an organiser who is not the sender"
    ics = calendar(
        str(event["UID"]), str(event["ATTENDEE"]).removeprefix("mailto:"), answer=word, organiser=f"mailto:{to}",
        sequence=int(event["SEQUENCE"]), stamp=utc_now(), **changes,
    )  # fmt: skip
    return await receive(plain(ics, ADDRESS, to), source="mailbox", envelope_recipient=None, now=utc_now())


async def test_a_registration_is_declined_and_accepted_again(post: Post) -> None:
    event = await an_event(1)
    registration = (await registered(event, "Alex Example")).registration
    await post.deliver()
    (invitation,) = post.invitations()
    assert (await answered(invitation, "DECLINED")).verdict == "declined"
    await sql("UPDATE calendar_answer SET release_at = {}", utc_now())
    assert await release_due(utc_now()) == 1
    await post.deliver()
    assert [method for _, _, method in post.invitations()] == ["REQUEST", "CANCEL"]
    await asyncio.sleep(1)  # DTSTAMP has whole seconds
    assert (await answered(invitation, "ACCEPTED")).verdict == "confirmed_again"
    await post.deliver()
    *_, cancelled, again = post.invitations()
    assert again[2] == "REQUEST"
    assert int(again[1]["SEQUENCE"]) > int(cancelled[1]["SEQUENCE"]), "or calendars ignore it"
    rows = await sql("SELECT status FROM registration WHERE id = {}", registration.id)
    assert rows[0]["status"] == "confirmed"


async def test_a_speaker_confirms_and_proposes_another_time(post: Post) -> None:
    event, account = await an_event(), await some_account()
    item = await an_item(event)
    (slot,) = await speaking(item, "", name="Alex Example", email=ADDRESS, status="invited")
    await invite_speaker(slot, now=utc_now(), account_id=account)
    await post.deliver()
    (invitation,) = post.invitations()
    times = ("DTSTART:20990301T093000Z", "DTEND:20990301T103000Z")
    assert (await answered(invitation, "TENTATIVE", method="COUNTER", times=times)).verdict == "proposed"
    assert (await answered(invitation, "ACCEPTED")).status == "done"
    rows = await sql("SELECT status FROM speaker_slot WHERE id = {}", slot)
    assert rows[0]["status"] == "confirmed"
    (proposal,) = await open_proposals()
    await accept_proposal(proposal.id, now=utc_now(), account_id=account)
    await post.deliver()
    moved = post.invitations()[-1]
    assert (moved[2], moved[1].start.isoformat()) == ("REQUEST", "2099-03-01T09:30:00+00:00")
    assert int(moved[1]["SEQUENCE"]) > int(invitation[1]["SEQUENCE"])
    await asyncio.sleep(1)
    assert (await answered(invitation, "DECLINED")).verdict == "outdated"
    rows = await sql("SELECT status FROM speaker_slot WHERE id = {}", slot)
    assert rows[0]["status"] == "confirmed"


async def test_a_part_of_the_programme_is_declined(post: Post) -> None:
    event = await an_event(5)
    registration = (await registered(event, "Alex Example")).registration
    item = await an_item(event, takes_sign_up=True, capacity=1)
    await sign_up(manage_url(registration.id, 1).rsplit("/", 1)[1], item.id, now=utc_now())
    await post.deliver()
    (invitation,) = [one for one in post.invitations() if str(one[1]["UID"]) != event.calendar_uid]
    assert (await answered(invitation, "DECLINED")).verdict == "declined"
    await sql("UPDATE calendar_answer SET release_at = {}", utc_now())
    assert await release_due(utc_now()) == 1
    assert await sql("SELECT id FROM item_sign_up") == []


async def test_an_event_that_was_called_off_is_cancelled_again_with_a_file(post: Post) -> None:
    event = await an_event(5)
    await registered(event, "Alex Example")
    await post.deliver()
    (invitation,) = post.invitations()
    await cancel_event(event.slug, reason="Storm.", now=utc_now(), account_id=await some_account())
    await post.deliver()
    assert (await answered(invitation, "ACCEPTED")).status == "done"
    await post.deliver()
    assert [method for _, _, method in post.invitations()] == ["REQUEST", "CANCEL", "CANCEL"]


async def test_a_letter_that_comes_back_to_its_envelope_sender_stops_the_next(post: Post) -> None:
    await registered(await an_event(), "Alex Example")
    await post.deliver()
    ((sender, _, _),) = post.got
    done = await receive(bounce(sender), source="mailbox", envelope_recipient=None, now=utc_now())
    assert (done.verdict, await suppressed(ADDRESS)) == ("hard", True)
