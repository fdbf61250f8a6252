"""
What is done at the desks of members, by the holder of the link or by staff.

The row of the delegation is locked before anybody gets a part, and always
before the pool of seats: two people at one desk never exceed its quota.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.bodies.rules import BODIES, FIRST_YEAR, LAST_YEAR
from eventhub.database import lock_clause, sql, transaction
from eventhub.delegations.letters import delegation_letter
from eventhub.delegations.queries import (
    Delegate,
    DelegationRow,
    counts_of,
    delegation_by_link,
    delegation_of,
    delegations_of,
    member_at,
    overview_of,
    people_of,
)
from eventhub.delegations.rules import LARGEST_QUOTA, Part, part_problem
from eventhub.directory.addresses import email_problem
from eventhub.directory.rules import clean_line
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.queries import EventRow, event_by_id, event_by_slug
from eventhub.events.rules import EventStatus, unknown_word
from eventhub.mail.commands import post_letter
from eventhub.registrations.commands import NewRegistration, NotStanding, cancel_registration, register_participant
from eventhub.registrations.pools import take_over_seat
from eventhub.settings import current_settings
from eventhub.words import Sentence

LONGEST_NAME = 200
#: Rows of one INSERT.
_AT_ONCE = 400


class DeskClosed(Refusal):
    """The deadline is over, or the event has begun or was cancelled."""

    status_code = 409


class NotToBeInvited(Refusal):
    """There is nobody to write to, or nothing to invite to."""

    status_code = 409


class QuotaUsedUp(Refusal):
    """Somebody else took the last place of a quota in the same moment."""

    status_code = 409


@dataclass(frozen=True)
class ByLink:
    """The holder of the link of a desk."""

    token: str


@dataclass(frozen=True)
class ByStaff:
    """Staff at the desk of a member; the deadline does not bind them."""

    slug: str
    member: str
    account_id: UUID


By = ByLink | ByStaff


@dataclass(frozen=True)
class Terms:
    """What staff set for a desk."""

    delegates: int | None = None
    observers: int | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True)
class Contact:
    """Who fills a desk in; all empty: nobody yet."""

    name: str = ""
    email: str = ""
    language: str = "en"


@dataclass(frozen=True)
class NewDelegate:
    """Somebody whom a desk writes down."""

    name: str
    email: str
    part: str = Part.DELEGATE
    attends: str = ""
    level: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Added:
    """Who got a part; `was_registered` when the person had registered before."""

    name: str
    part: str
    status: str
    was_registered: bool


@dataclass(frozen=True)
class Invited:
    """How many contacts a letter goes to, and how many members have no address to write to."""

    written: int
    without_address: int


async def set_delegation(
    slug: str, member: str, terms: Terms, contact: Contact, *, now: datetime, account_id: UUID
) -> DelegationRow:
    """
    Set up the desk of one member, or change it. A new address kills the link that the old one holds.

    Raises:
        NotFound: there is no such event or member.
        Problems: a number, the deadline or the contact cannot be used.

    """
    event = await event_by_slug(slug)
    found = await member_at(event, member)
    contact = replace(contact, name=clean_line(contact.name), email=contact.email.strip())
    problems = _terms_problems(terms, event)
    if len(contact.name) > LONGEST_NAME:
        problems["contact_name"] = [_too_long(LONGEST_NAME)]
    if contact.email and (wrong := email_problem(contact.email)):
        problems["contact_email"] = [wrong]
    if contact.language not in current_settings().language_codes:
        problems["language"] = [Sentence("Please choose the language from the list.")]
    if problems:
        raise Problems(problems)
    async with transaction():
        await _make_desks(event, [found.id])
        desk = await _locked(event, found.key)
        is_new = 1 if desk.contact_email and desk.contact_email.casefold() != contact.email.casefold() else 0
        await sql(
            "UPDATE delegation SET delegates = {}, observers = {}, closes_at = {}, contact_name = {}, contact_email = {}, "
            f"language = {{}}, link_version = link_version + {{}}{', invited_at = NULL' if is_new else ''} WHERE id = {{}}",
            terms.delegates, terms.observers, terms.closes_at, contact.name, contact.email, contact.language, is_new, desk.id,
        )  # fmt: skip
        await record("set_delegation", "delegation", desk.id, account_id=account_id, now=now, detail=found.key)
        return await _locked(event, found.key)


async def set_all_delegations(slug: str, terms: Terms, *, now: datetime, account_id: UUID) -> int:
    """
    Give all members that an event is for the same quota and deadline; contacts stay as they are.

    Returns:
        The number of members.

    Raises:
        NotFound: there is no such event.
        Problems: a number or the deadline cannot be used, or the event is for nobody yet.

    """
    event = await event_by_slug(slug)
    members = [member.id for member in (await overview_of(event)).members]
    problems = _terms_problems(terms, event)
    if not members and event.kind in BODIES:
        problems[""] = [Sentence("No member has a seat on the first day of this meeting.")]
    elif not members:
        problems[""] = [
            Sentence("Choose the members first that this event is held for, or set up the desk of one member.")
        ]
    if problems:
        raise Problems(problems)
    async with transaction():
        await _make_desks(event, members)
        await sql(
            "UPDATE delegation SET delegates = {}, observers = {}, closes_at = {} WHERE event = {}",
            terms.delegates, terms.observers, terms.closes_at, event.id,
        )  # fmt: skip
        detail = f"all, {len(members)}"
        await record("set_delegation", "event", event.id, account_id=account_id, now=now, detail=detail)
    return len(members)


async def invite_contacts(slug: str, member: str | None = None, *, now: datetime, account_id: UUID) -> Invited:
    """
    Write the contacts of desks the letter with the link.

    Args:
        member: One member, for the first time or again; None: all that were not written to yet.

    Raises:
        NotFound: there is no such event, or the member has no desk there.
        NotToBeInvited: nobody can be written to, or the event is not published, over or cancelled.

    """
    event = await event_by_slug(slug)
    if event.status == EventStatus.DRAFT:
        raise NotToBeInvited(Sentence("Publish the event first; then its delegations can be asked."))
    if event.status == EventStatus.CANCELLED or event.is_past(now):
        raise NotToBeInvited(Sentence("This event is over or cancelled, so nobody is invited any more."))
    desks = [
        desk
        for desk in await delegations_of(event.id)
        if (desk.member_key == member if member else not desk.invited_at)
    ]
    if member and not desks:
        raise NotFound(Sentence("This member has no desk at the event yet."))
    reachable = [desk for desk in desks if desk.contact_email]
    if member and not reachable:
        raise NotToBeInvited(Sentence("Please write down the address of the contact first."))
    members = {member.id: member for member in (await overview_of(event)).members}
    written = 0
    async with transaction():
        for desk in reachable:
            if await post_letter(delegation_letter(desk, members[desk.member], event, now=now), now=now):
                written += 1
                await sql("UPDATE delegation SET invited_at = {} WHERE id = {}", now, desk.id)
                await record("invite_delegation", "delegation", desk.id, account_id=account_id, now=now)
    return Invited(written, len(desks) - len(reachable))


async def renew_desk_link(slug: str, member: str, *, now: datetime, account_id: UUID) -> None:
    """
    Make all links of a desk stop working; the next letter brings a new one.

    Raises:
        NotFound: there is no such event, or the member has no desk there.

    """
    event = await event_by_slug(slug)
    async with transaction():
        desk = await _locked(event, member)
        await sql("UPDATE delegation SET link_version = link_version + 1, invited_at = NULL WHERE id = {}", desk.id)
        await record("renew_desk_link", "delegation", desk.id, account_id=account_id, now=now)


async def add_delegate(by: By, new: NewDelegate, *, now: datetime) -> Added:
    """
    Register a person for a member and give them a part; their letters are those of everybody.

    The desk may say who comes, so that neither an invitation nor an approval is asked for.

    Whoever has registered for the member before gets the part and no second letter. The part is given once the
    row of the desk is locked; who loses the last place to somebody quicker is taken off again.

    Raises:
        NotFound: the link is not valid, or there is no such event or member.
        DeskClosed: the deadline is over.
        Problems: something is missing or wrong, the person has a part already, or the quota is used up.
        QuotaUsedUp: the last place went in the same moment.
        RegistrationClosed: the event takes no registrations now.

    """
    event, desk = await _opened(by, now)
    part = _known(new.part)
    problem = part_problem(part, counts_of(await people_of(event.id, desk.member)), desk.quota)
    if problem:
        raise Problems({"part": [problem]})
    done = await register_participant(event.slug, _registration(new, desk), now=now, vouched=True)
    registration = done.registration
    try:
        async with transaction():
            desk = await _still_open(by, event, desk, now)
            mine = {one.id: one for one in await people_of(event.id, desk.member)}
            known = mine.get(registration.id)
            if known is None:
                raise Problems({"email": [_is_elsewhere()]})
            if known.part:
                raise Problems({"email": [Sentence("This person is in the delegation already.")]})
            if problem := part_problem(part, counts_of([*mine.values()]), desk.quota):
                raise QuotaUsedUp(problem)
            action = "add_delegate" if done.is_new else "change_part"
            await _write_part(action, registration.id, part, by, now)
    except Refusal:
        if done.is_new:
            await cancel_registration(registration.id, now=now)
        raise
    return Added(registration.name if done.is_new else clean_line(new.name), part, registration.status, not done.is_new)


async def change_part(by: By, registration_id: UUID, part: str, *, now: datetime) -> Delegate:
    """
    Give somebody of a member a part or another one, such as a colleague who registered alone.

    Raises:
        NotFound: the link is not valid, or the person is not of this member.
        DeskClosed: the deadline is over.
        Problems: the part is unknown, or its quota is used up.

    """
    event, desk = await _opened(by, now)
    wanted = _known(part)
    async with transaction():
        desk = await _still_open(by, event, desk, now)
        people = await people_of(event.id, desk.member)
        person = _person(people, registration_id)
        if person.part == wanted:
            return person
        if problem := part_problem(wanted, counts_of(people, but=registration_id), desk.quota):
            raise Problems({"part": [problem]})
        await _write_part("change_part", registration_id, wanted, by, now)
    return replace(person, part=wanted)


async def remove_delegate(by: By, registration_id: UUID, *, now: datetime) -> Delegate:
    """
    Take somebody out of a delegation.

    Whom a desk wrote down is registered no more, and gets the letter that says
    so; who registered alone stays registered, without a part.

    Raises:
        NotFound: the link is not valid, or the person is not of this member.
        DeskClosed: the deadline is over.
        NotStanding: the person is marked as present.

    """
    event, desk = await _opened(by, now)
    async with transaction():
        desk = await _still_open(by, event, desk, now)
        person = _person(await people_of(event.id, desk.member), registration_id)
        if person.present and person.is_entered:
            raise NotStanding(Sentence("This person is marked as present, so the registration stays."))
        kept = person.part if person.is_entered else None
        await _write_part("remove_delegate", registration_id, kept, by, now)
    if person.is_entered:
        await cancel_registration(registration_id, now=now, account_id=_account(by))
    return person


async def replace_delegate(by: By, registration_id: UUID, new: NewDelegate, *, now: datetime) -> Added:
    """
    Send somebody else in the place of a person, with the same part and the same seat or place in the queue.

    Raises:
        NotFound: the link is not valid, or the person is not of this member.
        DeskClosed: the deadline is over.
        Problems: something is missing or wrong, or the new person is registered already.
        NotStanding: the person is marked as present, or has not answered the offer of a seat.

    """
    event, desk = await _opened(by, now)
    person = _person(await people_of(event.id, desk.member), registration_id)
    if not person.part:
        raise NotFound(Sentence("This person has no part in the delegation, so nobody can be sent instead."))
    new = replace(new, part=person.part, attends=new.attends or person.attends)
    done = await take_over_seat(registration_id, replace(_registration(new, desk), role=person.part), now=now)
    async with transaction():
        await _locked(event, desk.member_key)
        await _write_part("replace_delegate", done.registration.id, person.part, by, now)
    return Added(done.registration.name, person.part, done.registration.status, was_registered=False)


def _registration(new: NewDelegate, desk: DelegationRow) -> NewRegistration:
    return NewRegistration(
        name=new.name,
        email=new.email,
        attends=new.attends,
        level=new.level,
        member=desk.member_key,
        language=new.language,
        entered_for=desk.member_name,
    )


def _known(part: str) -> Part:
    if not part:
        raise Problems({"part": [Sentence("Please say which part the person has.")]})
    if part not in set(Part):
        raise Problems({"part": [unknown_word(part, Part)]})
    return Part(part)


def _person(people: Sequence[Delegate], registration_id: UUID) -> Delegate:
    for one in people:
        if one.id == registration_id and one.is_standing:
            return one
    raise NotFound(Sentence("This person is not registered for this member, or not any more."))


def _is_elsewhere() -> Sentence:
    return Sentence(
        "This person is registered already, but not for this member. Please ask the organisers to change that."
    )


async def _write_part(action: str, registration_id: UUID, part: str | None, by: By, now: datetime) -> None:
    await sql("UPDATE registration SET role = {} WHERE id = {}", part, registration_id)
    await record(action, "registration", registration_id, account_id=_account(by), now=now, detail=part or "")


def _account(by: By) -> UUID | None:
    return by.account_id if isinstance(by, ByStaff) else None


async def _opened(by: By, now: datetime) -> tuple[EventRow, DelegationRow]:
    """The event and the desk; staff find one made where there was none."""
    if isinstance(by, ByLink):
        desk = await delegation_by_link(by.token)
        event = await event_by_id(desk.event)
        _check_open(event, desk, now)
        return event, desk
    event = await event_by_slug(by.slug)
    _check_stands(event)
    member = await member_at(event, by.member)
    if member.desk:
        return event, member.desk
    async with transaction():
        await _make_desks(event, [member.id])
        return event, await _locked(event, member.key)


async def _still_open(by: By, event: EventRow, desk: DelegationRow, now: datetime) -> DelegationRow:
    """The desk as it stands once its row is ours; its link may have been replaced, its deadline moved."""
    locked = await _locked(event, desk.member_key)
    if isinstance(by, ByLink):
        await delegation_by_link(by.token)
        _check_open(event, locked, now)
    return locked


def _check_stands(event: EventRow) -> None:
    if event.status == EventStatus.CANCELLED:
        raise DeskClosed(Sentence("“%(title)s” was cancelled.", title=event.title))


def _check_open(event: EventRow, desk: DelegationRow, now: datetime) -> None:
    _check_stands(event)
    closes = desk.closes(event)
    if event.is_past(now) or (closes and now >= closes):
        raise DeskClosed(
            Sentence(
                "The deadline for your delegation is over. Please write to the organisers, who can still change it."
            )
        )


async def _locked(event: EventRow, member_key: str) -> DelegationRow:
    found = await delegation_of(event.id, member_key)
    if found is None:
        raise NotFound(Sentence("This member has no desk at the event yet."))
    await sql(f"SELECT id FROM delegation WHERE id = {{}}{lock_clause()}", found.id)
    again = await delegation_of(event.id, member_key)
    assert again
    return again


async def _make_desks(event: EventRow, members: Sequence[UUID]) -> None:
    """A desk for each of some members that have none, in the language of the member."""
    known = current_settings().language_codes
    rows = {row["id"]: row["language"] for row in await sql("SELECT id, language FROM member")}
    for start in range(0, len(members), _AT_ONCE):
        part = members[start : start + _AT_ONCE]
        values: list[object] = []
        for member in part:
            language = rows[member] if rows[member] in known else known[0]
            values += [uuid4(), event.id, member, "", "", language]
        marks = ", ".join(["({}, {}, {}, {}, {}, {})"] * len(part))
        await sql(
            "INSERT INTO delegation (id, event, member, contact_name, contact_email, language) "
            f"VALUES {marks} ON CONFLICT (event, member) DO NOTHING",
            *values,
        )


def _terms_problems(terms: Terms, event: EventRow) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    for name in ("delegates", "observers"):
        number = getattr(terms, name)
        if number is not None and not 0 <= number <= LARGEST_QUOTA:
            problems[name] = [Sentence("The number lies between 0 and %(most)s.", most=LARGEST_QUOTA)]
    if terms.closes_at and not FIRST_YEAR <= terms.closes_at.year <= LAST_YEAR:
        problems["closes_on"] = [
            Sentence("The year lies between %(first)s and %(last)s.", first=str(FIRST_YEAR), last=str(LAST_YEAR))
        ]
    elif terms.closes_at and event.starts_at and terms.closes_at > event.starts_at:
        problems["closes_time"] = [Sentence("The deadline lies after the start of the event.")]
    return problems


def _too_long(most: int) -> Sentence:
    return Sentence("This is too long; %(most)s characters is the most.", most=most)
