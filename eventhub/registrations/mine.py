"""
What the holder of a personal link does, without an account.

A link shown on a screen opens one registration; the one in a letter proves
the mailbox as well. What people tell of themselves in confidence, and what
else they are registered for, needs the second (docs/decisions/0006-personal-links.md).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from eventhub.database import lock_clause, sql, transaction
from eventhub.directory.addresses import email_problem
from eventhub.directory.rules import Level, clean_line, clean_text, email_key
from eventhub.errors import Problems, Refusal
from eventhub.events.queries import EventRow, event_by_id
from eventhub.events.rules import EventStatus, unknown_word
from eventhub.links import make_link
from eventhub.mail.commands import post_letter
from eventhub.registrations.commands import MailboxNotProven, NewRegistration, NoSeatFree, NotStanding
from eventhub.registrations.letters import LinkFacts, links_letter
from eventhub.registrations.pools import move_pool, take_over_seat
from eventhub.registrations.queries import (
    RegistrationRow,
    manage_url,
    pools_of,
    proves_mailbox,
    registration_by_id,
    registration_by_link,
)
from eventhub.registrations.rules import LONGEST_REASON, STANDING, Attends, RegistrationStatus, ways_to_attend
from eventhub.registrations.seats import wanted_pools
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: Registrations that one letter gives the links of.
MOST_LINKS = 100


class TooLate(Refusal):
    """The event has begun, is over, or was cancelled."""

    status_code = 409


class WouldWait(Refusal):
    """No seat is free there: the person would give a seat up for the waiting list, and has not said yes to that."""

    status_code = 409


class NoTicket(Refusal):
    """There is a ticket only for who has a seat."""

    status_code = 409


# Ticket


def ticket_code(registration: RegistrationRow) -> str:
    """What the QR code of a ticket holds: a signed text that names the registration and changes nothing."""
    return make_link("ticket", registration.id, registration.link_version)


async def ticket_of(token: str) -> tuple[RegistrationRow, EventRow, str]:
    """
    The registration that a personal link opens, its event, and the code of its ticket.

    Raises:
        NotFound: the link opens nothing.
        NoTicket: the person has no seat, or the event was cancelled.

    """
    registration = await registration_by_link(token)
    event = await event_by_id(registration.event)
    if event.status == EventStatus.CANCELLED:
        raise NoTicket(Sentence("“%(title)s” was cancelled.", title=event.title))
    if registration.status != RegistrationStatus.CONFIRMED:
        raise NoTicket(Sentence("There is a ticket once you have a seat."))
    return registration, event, ticket_code(registration)


async def was_present(registration_id: UUID) -> bool:
    """Whether somebody was marked as present at the event or at any part of it."""
    return bool(await sql("SELECT 1 AS one FROM attendance WHERE registration = {} LIMIT 1", registration_id))


# What the person has told


async def name_of_replacement(registration_id: UUID) -> str | None:
    """Who took the seat of a registration over, as the person has named them."""
    rows = await sql("SELECT name FROM registration WHERE replaces = {}", registration_id)
    return rows[0]["name"] if rows else None


@dataclass(frozen=True)
class Details:
    """What a person may change of a registration that stands."""

    name: str
    organisation: str
    level: str
    language: str
    #: None: as it is; a link that does not prove the mailbox can say nothing else.
    access_needs: str | None = None


def refuse_unproven(token: str) -> None:
    """
    Refuse what is told in confidence to a link that was shown on a screen.

    Raises:
        MailboxNotProven: anybody may have typed this address.

    """
    if not proves_mailbox(token):
        raise MailboxNotProven(
            Sentence(
                "To see or change your answers and what you need, please open this page through the link in your letter."
            )
        )


async def change_details(token: str, new: Details, *, now: datetime) -> RegistrationRow:
    """
    Change what a person has told of themselves for one event.

    Raises:
        NotFound: the link opens nothing.
        MailboxNotProven: access needs are changed through a link that did not come by letter.
        NotStanding: the registration was cancelled or declined.
        TooLate: the event is over or was cancelled.
        Problems: something is missing, unknown or too long.

    """
    registration = await registration_by_link(token)
    if new.access_needs is not None:
        refuse_unproven(token)
    new = _checked_details(new)
    event = await event_by_id(registration.event)
    if event.is_past(now):
        raise TooLate(Sentence("“%(title)s” is over.", title=event.title))
    async with transaction():
        await _lock(registration.id)
        _check_stands(await registration_by_link(token), event)
        await sql(
            "UPDATE registration SET name = {}, organisation = {}, level = {}, language = {}, "
            "access_needs = COALESCE({}, access_needs) WHERE id = {}",
            new.name, new.organisation, new.level or None, new.language, new.access_needs, registration.id,
        )  # fmt: skip
    return await registration_by_id(registration.id)


def _checked_details(new: Details) -> Details:
    """The same, tidied; every fault at once."""
    problems: dict[str, list[str]] = {}
    needs = None if new.access_needs is None else clean_text(new.access_needs)
    tidy = replace(
        new, name=clean_line(new.name), organisation=clean_line(new.organisation), access_needs=needs,
        level=new.level.strip(), language=new.language.strip(),
    )  # fmt: skip
    if not tidy.name:
        problems["name"] = [Sentence("Please give your name.")]
    for name, most in (("name", 200), ("organisation", 200), ("access_needs", LONGEST_REASON)):
        if len(getattr(tidy, name) or "") > most:
            problems[name] = [Sentence("This is too long; %(most)s characters is the most.", most=most)]
    if tidy.level and tidy.level not in set(Level):
        problems["level"] = [unknown_word(tidy.level, Level)]
    known = current_settings().language_codes
    if tidy.language not in known:
        problems["language"] = [
            Sentence("“%(given)s” is not one of the languages %(known)s.", given=tidy.language[:20], known=", ".join(known))
        ]  # fmt: skip
    if problems:
        raise Problems(problems)
    return tidy


async def _lock(registration_id: UUID) -> None:
    await sql(f"SELECT id FROM registration WHERE id = {{}}{lock_clause()}", registration_id)


def _check_stands(registration: RegistrationRow, event: EventRow) -> None:
    """
    Refuse what is for registrations that stand.

    Raises:
        TooLate: the event was cancelled.
        NotStanding: the registration has ended.

    """
    if event.status == EventStatus.CANCELLED:
        raise TooLate(Sentence("“%(title)s” was cancelled.", title=event.title))
    if registration.status not in STANDING:
        raise NotStanding(Sentence("This registration has ended, so nothing of it can be changed."))


# On site or online


async def would_wait(registration: RegistrationRow, attends: str) -> bool:
    """
    Whether somebody with a seat would have to wait for one when they attend in the other way.

    A look only: the switch itself decides under the locks of the seats.
    """
    if not registration.has_seat or registration.attends == attends:
        return False
    pools = await pools_of(registration.event)
    wanted = await wanted_pools(pools, attends, registration.member) if pools else []
    if any(pool.id == registration.pool for pool in wanted):
        return False
    return not any(pool.has_free_seat and not pool.waiting for pool in wanted)


async def switch_attends(token: str, attends: str, *, agreed: bool = False, now: datetime) -> RegistrationRow:
    """
    Attend on site instead of online, or the other way round; switching twice is switching once.

    Args:
        token: The secret of the personal link.
        attends: `on_site` or `online`.
        agreed: The person gives the seat up if there is none of the other kind, and waits for one.
        now: The instant of the request.

    Raises:
        NotFound: the link opens nothing.
        Problems: it is no way to attend, or the event does not offer it.
        NotStanding: the registration has ended, or a seat on offer waits for an answer.
        TooLate: the event has begun, is over or was cancelled.
        WouldWait: it means the waiting list, and the person has not said yes to that.

    """
    registration = await registration_by_link(token)
    event = await event_by_id(registration.event)
    if attends not in set(Attends):
        raise Problems({"attends": [unknown_word(attends, Attends)]})
    if attends not in ways_to_attend(event.mode):
        raise Problems({"attends": [Sentence("This event does not offer that.")]})
    _check_stands(registration, event)
    if has_begun(event, now):
        raise TooLate(Sentence("“%(title)s” has begun already.", title=event.title))
    try:
        await move_pool(registration.id, attends, may_wait=agreed, now=now)
    except NoSeatFree:
        raise WouldWait(
            Sentence("All seats of that kind are taken: you would give your seat up and wait for another.")
        ) from None
    return await registration_by_id(registration.id)


def has_begun(event: EventRow, now: datetime) -> bool:
    """Whether it is too late to send somebody else or to come in another way."""
    return event.starts_at <= now if event.starts_at else event.starts_on <= now.date()


# A replacement


async def send_replacement(token: str, name: str, email: str, *, now: datetime) -> RegistrationRow:
    """
    Give the seat to a colleague; a letter tells both. Sending the same form twice is sending it once.

    Returns:
        The registration of the colleague.

    Raises:
        NotFound: the link opens nothing.
        NotStanding: the person has no seat to give.
        TooLate: the event has begun, is over or was cancelled.
        Problems: name or address are missing or wrong, or the colleague is registered already.

    """
    registration = await registration_by_link(token)
    event = await event_by_id(registration.event)
    name, email = clean_line(name), email.strip()
    _check_colleague(name, email, registration)
    if done := await _replaced_by(registration.id, email_key(email)):
        return done
    _check_stands(registration, event)
    if registration.status != RegistrationStatus.CONFIRMED:
        raise NotStanding(Sentence("Somebody can replace you once you have a seat."))
    if has_begun(event, now):
        raise TooLate(Sentence("“%(title)s” has begun already.", title=event.title))
    new = NewRegistration(
        name=name, email=email, organisation=registration.organisation, city=registration.city,
        country=registration.country, language=registration.language, time_zone=registration.time_zone,
    )  # fmt: skip
    try:
        return (await take_over_seat(registration.id, new, now=now)).registration
    except (NotStanding, Problems):
        if done := await _replaced_by(registration.id, email_key(email)):
            return done  # the same form was sent twice at once
        raise


def _check_colleague(name: str, email: str, registration: RegistrationRow) -> None:
    problems: dict[str, list[str]] = {}
    if not name:
        problems["name"] = [Sentence("Please give the name of your colleague.")]
    elif len(name) > 200:
        problems["name"] = [Sentence("This is too long; %(most)s characters is the most.", most=200)]
    if wrong := email_problem(email):
        problems["email"] = [wrong]
    elif email_key(email) == email_key(registration.email):
        problems["email"] = [Sentence("This is your own address. Please give that of your colleague.")]
    if problems:
        raise Problems(problems)


async def _replaced_by(registration_id: UUID, key: str) -> RegistrationRow | None:
    """The registration of this address that took over the seat of another one."""
    rows = await sql(
        "SELECT r.id AS id FROM registration r JOIN person p ON p.id = r.person "
        "WHERE r.replaces = {} AND p.email_key = {}",
        registration_id,
        key,
    )
    return await registration_by_id(rows[0]["id"]) if rows else None


# Send me my links


async def send_my_links(email: str, *, now: datetime) -> None:
    """
    Write the links of all coming events that an address is registered for to that address, in one letter.

    Nobody learns whether there are any. Asking again within a minute writes no second letter.

    Raises:
        Problems: it is no e-mail address.

    """
    if wrong := email_problem(email.strip()):
        raise Problems({"email": [wrong]})
    columns = ", ".join(f"e.{name} AS {name}" for name in EventRow.__struct_fields__)
    rows = await sql(
        f"SELECT {columns}, r.id AS r_id, r.person AS r_person, r.name AS r_name, r.link_version AS r_link_version, "
        "r.language AS r_language, r.time_zone AS r_time_zone, r.status AS r_status, "
        "r.registered_at AS r_registered_at, p.email AS r_email FROM person p JOIN registration r ON r.person = p.id "
        "JOIN event e ON e.id = r.event WHERE p.id = (SELECT COALESCE(merged_into, id) FROM person WHERE email_key = {}) "
        "AND r.status IN ('pending', 'confirmed', 'offered', 'waitlisted') AND e.status = 'published' "
        "AND COALESCE(e.ends_on, e.starts_on) >= {} ORDER BY e.starts_on, e.title, e.id LIMIT {}",
        email_key(email), now.date() - timedelta(days=2), MOST_LINKS,
    )  # fmt: skip
    found = [(row, EventRow(**{name: row[name] for name in EventRow.__struct_fields__})) for row in rows]
    found = [(row, event) for row, event in found if not event.is_past(now)]
    if not found:
        return
    newest = max((row for row, _ in found), key=lambda row: row["r_registered_at"])
    letter = links_letter(
        [
            LinkFacts(event, manage_url(row["r_id"], row["r_link_version"], by_letter=True), row["r_status"])
            for row, event in found
        ],
        name=newest["r_name"], address=newest["r_email"], language=newest["r_language"],
        reader_zone=newest["r_time_zone"] or None, person_id=newest["r_person"], stamp=now.strftime("%Y%m%d%H%M"),
    )  # fmt: skip
    async with transaction():
        await post_letter(letter, now=now)
