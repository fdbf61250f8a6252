"""Inviting people to register, by hand or from a file."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.addresses import email_problem
from eventhub.directory.rules import clean_line, email_key
from eventhub.errors import Problems, Refusal
from eventhub.events.locking import locked_event, refuse_cancelled
from eventhub.events.queries import EventRow
from eventhub.events.rules import EventStatus
from eventhub.invitations.letters import invited_letter
from eventhub.invitations.queries import InvitationRow, all_invitations, invitation_by_id, unsent_of
from eventhub.invitations.rules import InvitationState, invited_again, sent_version
from eventhub.mail.commands import post_letter
from eventhub.registrations.queries import member_by_key
from eventhub.settings import current_settings
from eventhub.words import Sentence

LONGEST_NAME = 200
_AT_ONCE = 200


class NotToBeSent(Refusal):
    """The invitation was withdrawn or used, or the event takes nobody."""

    status_code = 409


@dataclass(frozen=True)
class NewInvitation:
    """Whom to invite; `member` is a key or a name of one, `language` that of the letter."""

    name: str
    email: str
    member: str = ""
    language: str = "en"


async def add_invitation(event: EventRow, new: NewInvitation, *, now: datetime, account_id: UUID) -> UUID:
    """
    Put somebody on the list of those invited; the letter goes out when it is sent.

    Whoever was on it before and was withdrawn is invited again.

    Raises:
        Problems: the name, address, member or language cannot be used, or the address is invited already.

    """
    tidy, member = await _checked(new)
    async with transaction():
        refuse_cancelled(await locked_event(event.id))
        before = (await all_invitations(event.id)).get(email_key(tidy.email))
        if before and before.state is not InvitationState.WITHDRAWN:
            raise Problems({"email": [Sentence("“%(address)s” is invited already.", address=tidy.email)]})
        invitation_id = await write_invitation(event.id, before, tidy, member, now=now, account_id=account_id)
        await record("add_invitation", "invitation", invitation_id, account_id=account_id, now=now)
    return invitation_id


async def write_invitation(
    event_id: UUID,
    before: InvitationRow | None,
    new: NewInvitation,
    member: UUID | None,
    *,
    now: datetime,
    account_id: UUID | None,
) -> UUID:
    """Make the row of an invitation, or a withdrawn one anew, in the caller's transaction."""
    if before is None:
        made = uuid4()
        await sql(
            "INSERT INTO registration_invitation (id, event, email, email_key, name, member, language, link_version, "
            "invited_by, invited_at) VALUES ({}, {}, {}, {}, {}, {}, {}, 0, {}, {})",
            made, event_id, new.email, email_key(new.email), new.name, member, new.language, account_id, now,
        )  # fmt: skip
        return made
    await sql(
        "UPDATE registration_invitation SET name = {}, email = {}, member = {}, language = {}, withdrawn_at = NULL, "
        "link_version = {}, invited_by = {}, invited_at = {} WHERE id = {}",
        new.name, new.email, member, new.language, invited_again(before.link_version), account_id, now, before.id,
    )  # fmt: skip
    return before.id


async def _checked(new: NewInvitation) -> tuple[NewInvitation, UUID | None]:
    tidy = replace(new, name=clean_line(new.name), email=new.email.strip(), member=new.member.strip())
    problems: dict[str, list[str]] = {}
    if not tidy.name:
        problems["name"] = [Sentence("Please give the name.")]
    elif len(tidy.name) > LONGEST_NAME:
        problems["name"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_NAME)]
    if wrong := email_problem(tidy.email):
        problems["email"] = [wrong]
    languages = current_settings().language_codes
    if tidy.language not in languages:
        problems["language"] = [
            Sentence("“%(given)s” is not one of the languages %(known)s.", given=tidy.language[:20], known=", ".join(languages))
        ]  # fmt: skip
    member = None
    if tidy.member:
        found = await member_by_key(tidy.member)
        if found is None:
            problems["member"] = [Sentence("“%(given)s” is no member that we know.", given=tidy.member[:80])]
        else:
            member = UUID(str(found["id"]))
    if problems:
        raise Problems(problems)
    return tidy, member


async def send_invitation(invitation_id: UUID, *, now: datetime, account_id: UUID) -> InvitationRow:
    """
    Write the letter with the link, for the first time or again.

    Raises:
        NotFound: there is no such invitation.
        NotToBeSent: it was withdrawn or used, or the event is a draft, cancelled or over.

    """
    invitation = await invitation_by_id(invitation_id)
    async with transaction():
        event = await _event_to_invite_to(invitation.event, now)
        invitation = await _locked(invitation_id)
        if invitation.state is InvitationState.REGISTERED:
            raise NotToBeSent(Sentence("%(name)s has registered with this invitation.", name=invitation.name))
        if invitation.state is InvitationState.WITHDRAWN:
            raise NotToBeSent(Sentence("This invitation was withdrawn. Invite the address again first."))
        await _send(invitation, event, now=now)
        await record("send_invitation", "invitation", invitation_id, account_id=account_id, now=now)
    return invitation


async def send_unsent(event_id: UUID, *, now: datetime, account_id: UUID) -> int:
    """
    Write to everybody who has been invited and not been written to; returns how many letters.

    Raises:
        NotToBeSent: the event is a draft, cancelled or over.

    """
    waiting, sent = await unsent_of(event_id), 0
    async with transaction():
        await _event_to_invite_to(event_id, now)
    for start in range(0, len(waiting), _AT_ONCE):
        sent += await _send_part(event_id, waiting[start : start + _AT_ONCE], now=now, account_id=account_id)
        await asyncio.sleep(0)  # others are served in between
    return sent


async def _send_part(event_id: UUID, ids: Sequence[UUID], *, now: datetime, account_id: UUID) -> int:
    """One transaction; whoever was written to, withdrawn or registered meanwhile is left out."""
    sent = 0
    async with transaction():
        event = await _event_to_invite_to(event_id, now)
        for invitation_id in ids:
            invitation = await _locked(invitation_id)
            if invitation.state is InvitationState.NOT_SENT:
                await _send(invitation, event, now=now)
                sent += 1
        if sent:
            detail = f"{sent} letters"
            await record("send_invitations", "event", event_id, account_id=account_id, now=now, detail=detail)
    return sent


async def withdraw_invitation(invitation_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Make an invitation and its links good for nothing; withdrawing twice is withdrawing once.

    Raises:
        NotFound: there is no such invitation.
        NotToBeSent: the person has registered with it.

    """
    async with transaction():
        invitation = await _locked(invitation_id)
        if invitation.state is InvitationState.REGISTERED:
            raise NotToBeSent(
                Sentence("%(name)s has registered. Cancel the registration instead.", name=invitation.name)
            )
        if invitation.withdrawn_at is None:
            await sql("UPDATE registration_invitation SET withdrawn_at = {} WHERE id = {}", now, invitation_id)
            await record("withdraw_invitation", "invitation", invitation_id, account_id=account_id, now=now)


async def _event_to_invite_to(event_id: UUID, now: datetime) -> EventRow:
    event = await locked_event(event_id)
    if event.status == EventStatus.DRAFT:
        raise NotToBeSent(Sentence("Publish the event first; until then nobody can register."))
    if event.status == EventStatus.CANCELLED or event.is_past(now):
        raise NotToBeSent(Sentence("This event is over or cancelled, so nobody is invited any more."))
    return event


async def _locked(invitation_id: UUID) -> InvitationRow:
    await sql(f"SELECT id FROM registration_invitation WHERE id = {{}}{lock_clause()}", invitation_id)
    return await invitation_by_id(invitation_id)


async def _send(invitation: InvitationRow, event: EventRow, *, now: datetime) -> None:
    version = sent_version(invitation.link_version)
    await sql(
        "UPDATE registration_invitation SET link_version = {}, invited_at = {} WHERE id = {}",
        version, now, invitation.id,
    )  # fmt: skip
    await post_letter(invited_letter(await invitation_by_id(invitation.id), event, now=now), now=now)
