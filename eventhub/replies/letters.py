"""Letters that follow an answer of somebody's calendar."""

from datetime import datetime, timedelta

from eventhub.events.letters import event_facts
from eventhub.events.queries import EventRow
from eventhub.mail.addresses import self_test_address
from eventhub.mail.commands import OutgoingLetter
from eventhub.registrations.letters import registration_letter
from eventhub.registrations.queries import RegistrationRow, manage_url
from eventhub.replies.queries import AnswerRow, ProposalRow, undo_url
from eventhub.settings import current_settings
from eventhub.speakers.personal import SpeakingRow, speaking_url

#: A self-test that has not left by then has failed.
_TEST_LIFE = timedelta(hours=1)


def declined_letter(
    event: EventRow, registration: RegistrationRow, answer: AnswerRow, *, item_title: str = "", now: datetime
) -> OutgoingLetter:
    """What somebody reads whose calendar has said no: until when they can think again; at most one an hour."""
    return registration_letter(
        "answer_declined",
        event,
        registration,
        key=f"answer:{answer.id}:declined:{now:%Y%m%d%H}",
        release_at=answer.release_at.isoformat() if answer.release_at else None,
        undo_url=undo_url(answer),
        item_title=item_title,
        speaks=False,
    )


def speaker_declined_letter(slot: SpeakingRow, event: EventRow, *, now: datetime) -> OutgoingLetter:
    """What a speaker reads whose calendar has said no; the personal link takes it back."""
    return OutgoingLetter(
        kind="answer_declined",
        dedupe_key=f"answer:{slot.id}:declined:{now.isoformat()}",
        recipient_name=slot.name,
        recipient_address=slot.email,
        language=slot.language,
        facts={
            "recipient_name": slot.name,
            "reader_zone": slot.reader_zone or None,
            "manage_url": speaking_url(slot.id, slot.link_version),
            "event": {**event_facts(event), "starts": slot.starts_at.isoformat(), "ends": slot.ends_at.isoformat()},
            "calendar_method": None,
            "release_at": None,
            "undo_url": speaking_url(slot.id, slot.link_version),
            "item_title": slot.item_title,
            "speaks": True,
        },
        event_id=event.id,
        person_id=slot.person,
        not_after=event.ends_at or slot.ends_at,
    )


def asked_again_letter(event: EventRow, registration: RegistrationRow, *, now: datetime) -> OutgoingLetter:
    """The invitation as it stands, for somebody who answered an older one; at most one a day."""
    return registration_letter(
        "event_changed", event, registration,
        key=f"registration:{registration.id}:asked_again:{event.sequence}:{now:%Y%m%d}", calendar_method="REQUEST",
    )  # fmt: skip


def cancelled_again_letter(event: EventRow, registration: RegistrationRow, *, now: datetime) -> OutgoingLetter:
    """The cancellation once more, for somebody whose calendar still has the event; at most one a day."""
    return registration_letter(
        "event_cancelled", event, registration,
        key=f"registration:{registration.id}:cancelled_again:{now:%Y%m%d}", calendar_method="CANCEL",
        reason=event.cancel_reason,
    )  # fmt: skip


def proposal_refused_letter(
    event: EventRow, proposal: ProposalRow, *, name: str, address: str, language: str, link: str, now: datetime
) -> OutgoingLetter:
    """What somebody reads whose proposal of another time was not taken up."""
    facts = event_facts(event)
    if proposal.item_title and proposal.stands_from:
        facts["starts"] = proposal.stands_from.isoformat()
        facts["ends"] = proposal.stands_to.isoformat() if proposal.stands_to else None
    return OutgoingLetter(
        kind="proposal_refused",
        dedupe_key=f"proposal:{proposal.id}:refused",
        recipient_name=name,
        recipient_address=address,
        language=language,
        facts={
            "recipient_name": name,
            "reader_zone": None,
            "manage_url": link,
            "event": facts,
            "calendar_method": None,
            "item_title": proposal.item_title or "",
            "proposed": proposal.starts_at.isoformat(),
        },
        event_id=event.id,
        person_id=proposal.person,
        not_after=event.ends_at or event.starts_at,
    )


def self_test_letter(token: str, *, now: datetime) -> OutgoingLetter:
    """A letter to ourselves: when it comes back, letters go out and answers come in."""
    name, _ = current_settings().sender
    return OutgoingLetter(
        kind="mailbox_test",
        dedupe_key=f"mailbox_test:{token}",
        recipient_name=name or "EventHub",
        recipient_address=self_test_address(token),
        language=current_settings().language_codes[0],
        facts={"recipient_name": name or "EventHub", "test_token": token},
        event_id=None,
        person_id=None,
        not_after=now.replace(microsecond=0) + _TEST_LIFE,
    )


def link_of(registration: RegistrationRow | None, slot: SpeakingRow | None) -> str:
    """Where somebody sees what they have answered."""
    if registration is not None:
        return manage_url(registration.id, registration.link_version, by_letter=True)
    return speaking_url(slot.id, slot.link_version) if slot is not None else ""
