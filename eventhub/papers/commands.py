"""Sending certificates."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventhub.accounts.commands import record
from eventhub.database import transaction
from eventhub.errors import Refusal
from eventhub.events.queries import event_by_slug
from eventhub.events.rules import EventStatus
from eventhub.mail.commands import post_letter
from eventhub.papers.letters import certificate_letter
from eventhub.papers.queries import people_present
from eventhub.words import Sentence


class NotOver(Refusal):
    """Certificates are sent when the event is over."""

    status_code = 409


@dataclass(frozen=True)
class SentCertificates:
    """How many letters were written now, and how many people have no address."""

    written: int
    without_address: int


async def send_certificates(slug: str, *, now: datetime, account_id: UUID) -> SentCertificates:
    """
    Write to everybody who was present that their certificate is ready; nobody gets the letter twice.

    Raises:
        NotFound: there is no such event.
        NotOver: the event is not over, or never took place.

    """
    event = await event_by_slug(slug)
    if event.status != EventStatus.PUBLISHED:
        raise NotOver(Sentence("This event did not take place, so there is nothing to certify."))
    if not event.is_past(now):
        raise NotOver(Sentence("Certificates are sent when the event is over."))
    people = await people_present(event.id)
    written = 0
    async with transaction():
        for one in people:
            if one.email:
                written += await post_letter(certificate_letter(event, one), now=now)
        if written:
            await record(
                "send_certificates", "event", event.id, account_id=account_id, now=now, detail=f"{written} letters"
            )
    return SentCertificates(written, sum(not one.email for one in people))
