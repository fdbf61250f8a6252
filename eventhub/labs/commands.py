"""What people do with labs: open rounds and calls, apply, choose, and hold sessions."""

import csv
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.directory.addresses import email_problem
from eventhub.directory.folding import fold, slugify
from eventhub.directory.people import person_with_email
from eventhub.directory.rules import clean_line, clean_text
from eventhub.errors import Problems, Refusal
from eventhub.events.queries import event_by_slug
from eventhub.events.rules import EventKind, is_zone, unknown_word
from eventhub.events.zones import NoSuchTime, TwoSuchTimes, to_utc
from eventhub.labs.letters import application_letter
from eventhub.labs.queries import (
    ApplicationRow,
    LabRow,
    RoundRow,
    application_by_id,
    application_by_link,
    lab_by_id,
    lab_by_slug,
)
from eventhub.labs.rules import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_NAME,
    LONGEST_REMARK,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_COHORT,
    ApplicationStatus,
    CallState,
    LabStatus,
    application_problems,
    lab_problems,
    may_apply,
    may_decide,
    may_withdraw,
    score_problem,
    too_long,
)
from eventhub.languages import country_name
from eventhub.mail.commands import post_letter
from eventhub.registrations.queries import member_by_key
from eventhub.resources import DATA
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: Addresses below /staff/labs/ that are pages of their own.
_RESERVED_SLUGS = frozenset({"new"})


class RoundExists(Refusal):
    """There is one round a year."""

    status_code = 409


class CallClosed(Refusal):
    """The lab takes no applications now."""

    status_code = 409


class ApplicationExists(Refusal):
    """The member has applied to this lab already."""

    status_code = 409


class ApplicationStands(Refusal):
    """The application is in no state for this."""

    status_code = 409


class ChangedMeanwhile(Refusal):
    """Somebody else has changed the application since the form was opened."""

    status_code = 409


class CohortFull(Refusal):
    """As many applications are accepted as the call has places."""

    status_code = 409


class SessionTaken(Refusal):
    """The event is no lab session, or belongs to a lab already."""

    status_code = 409


@dataclass(frozen=True)
class LabFacts:
    """What staff say of a lab; themes and action lines by their codes."""

    name: str
    year: int
    themes: tuple[str, ...] = ()
    full_title: str = ""
    description: str = ""
    place: str = ""
    country: str = ""
    action_lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewCall:
    """
    The invitation to apply to a lab.

    An instant with an offset is taken as it is; one without is what the
    clocks in `time_zone` show.
    """

    opens_at: datetime | None
    closes_at: datetime | None
    time_zone: str
    text: str = ""
    criteria: str = ""
    cohort_size: int | None = None


@dataclass(frozen=True)
class NewApplication:
    """What a member fills in; `member` is its key."""

    member: str
    contact_name: str
    email: str
    motivation: str
    offers: str = ""
    needs: str = ""
    language: str = "en"


async def create_round(year: int, *, title: str = "", lessons: str = "", now: datetime, account_id: UUID) -> RoundRow:
    """
    Open the round of a year.

    Raises:
        Problems: the year or a text cannot be used.
        RoundExists: the year has a round.

    """
    title, lessons = clean_line(title) or _round_title(year), clean_text(lessons)
    problems = too_long({"title": (title, LONGEST_NAME), "lessons": (lessons, LONGEST_TEXT)})
    if not FIRST_YEAR <= year <= LAST_YEAR:
        problems["year"] = [Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)]
    if problems:
        raise Problems(problems)
    new = uuid4()
    async with transaction():
        done = await sql(
            "INSERT INTO lab_round (id, year, title, lessons) VALUES ({}, {}, {}, {}) "
            "ON CONFLICT (year) DO NOTHING RETURNING id",
            new, year, title, lessons,
        )  # fmt: skip
        if not done:
            raise RoundExists(Sentence("There is a round of %(year)s already.", year=year))
        await record("create_round", "lab_round", new, account_id=account_id, now=now, detail=str(year))
    return RoundRow(new, year, title, lessons)


async def create_lab(facts: LabFacts, *, now: datetime, account_id: UUID) -> LabRow:
    """
    Write a new lab down as planned; the round of its year is opened when it is the first.

    Raises:
        Problems: something is missing or wrong; every fault at once.

    """
    facts, themes, lines = await _checked_lab(facts)
    new = uuid4()
    async with transaction():
        round_id = await _round_of(facts.year, now=now, account_id=account_id)
        slug = await _free_slug(facts.name)
        await _insert_lab(new, round_id, slug, await _next_number(round_id), facts, LabStatus.PLANNED, now)
        await _link(new, themes, lines)
        await record("create_lab", "lab", new, account_id=account_id, now=now)
    return await lab_by_id(new)


async def change_lab(slug: str, facts: LabFacts, *, status: str, now: datetime, account_id: UUID) -> LabRow:
    """
    Change what is said of a lab, and where it stands. It keeps its round and its address.

    Raises:
        Problems: something is missing or wrong; every fault at once.

    """
    lab = await lab_by_slug(slug)
    problems: dict[str, list[str]] = {}
    if status not in set(LabStatus):
        problems["status"] = [unknown_word(status, LabStatus)]
    facts, themes, lines = await _checked_lab(replace(facts, year=lab.year), problems)
    async with transaction():
        await sql(
            "UPDATE lab SET name = {}, full_title = {}, description = {}, place = {}, country = {}, status = "
            "{} "
            "WHERE id = {}",
            facts.name, facts.full_title, facts.description, facts.place, facts.country, status, lab.id,
        )  # fmt: skip
        await sql("DELETE FROM lab_theme WHERE lab = {}", lab.id)
        await sql("DELETE FROM lab_action_line WHERE lab = {}", lab.id)
        await _link(lab.id, themes, lines)
        await record("change_lab", "lab", lab.id, account_id=account_id, now=now)
    return await lab_by_id(lab.id)


async def open_call(slug: str, call: NewCall, *, now: datetime, account_id: UUID) -> LabRow:
    """
    Announce the call of a lab, or change the one it has.

    Raises:
        Problems: a date, the zone, a text or the size of the group cannot be used.

    """
    lab = await lab_by_slug(slug)
    call = replace(call, text=clean_text(call.text), criteria=clean_text(call.criteria))
    opens_at, closes_at = _call_instants(call)
    async with transaction():
        await sql(
            "INSERT INTO lab_call (id, lab, text, criteria, opens_at, closes_at, time_zone, cohort_size) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (lab) DO UPDATE SET text = excluded.text, "
            "criteria = excluded.criteria, opens_at = excluded.opens_at, closes_at = excluded.closes_at, "
            "time_zone = excluded.time_zone, cohort_size = excluded.cohort_size",
            uuid4(), lab.id, call.text, call.criteria, opens_at, closes_at, call.time_zone, call.cohort_size,
        )  # fmt: skip
        await sql(
            "UPDATE lab SET status = {} WHERE id = {} AND status = {}",
            LabStatus.OPEN,
            lab.id,
            LabStatus.PLANNED,
        )
        action = "change_call" if lab.call else "open_call"
        await record(action, "lab", lab.id, account_id=account_id, now=now)
    return await lab_by_id(lab.id)


async def add_lab_session(slug: str, event_slug: str, *, now: datetime, account_id: UUID) -> LabRow:
    """
    Make an event of kind `lab_session` the next session of a lab.

    Raises:
        SessionTaken: it is of another kind, or belongs to a lab already.

    """
    lab, event = await lab_by_slug(slug), await event_by_slug(event_slug.replace("\x00", ""))
    if event.kind != EventKind.LAB_SESSION:
        raise SessionTaken(Sentence("“%(title)s” is no lab session.", title=event.title))
    async with transaction():
        await sql(f"SELECT id FROM lab WHERE id = {{}}{lock_clause()}", lab.id)
        last = await sql("SELECT COALESCE(MAX(number), 0) AS n FROM lab_session WHERE lab = {}", lab.id)
        done = await sql(
            "INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, {}) ON CONFLICT (event) DO NOTHING "
            "RETURNING event",
            event.id, lab.id, int(last[0]["n"]) + 1,
        )  # fmt: skip
        if not done:
            raise SessionTaken(Sentence("“%(title)s” belongs to a lab already.", title=event.title))
        await record("add_lab_session", "lab", lab.id, account_id=account_id, now=now, detail=event.slug)
    return lab


async def remove_lab_session(slug: str, event_slug: str, *, now: datetime, account_id: UUID) -> LabRow:
    """Part an event from a lab; the event itself stays. Parting it twice is parting it once."""
    lab, event = await lab_by_slug(slug), await event_by_slug(event_slug.replace("\x00", ""))
    async with transaction():
        gone = await sql("DELETE FROM lab_session WHERE event = {} AND lab = {} RETURNING event", event.id, lab.id)
        if gone:
            await record("remove_lab_session", "lab", lab.id, account_id=account_id, now=now, detail=event.slug)
    return lab


async def apply_to_lab(slug: str, new: NewApplication, *, now: datetime) -> ApplicationRow:
    """
    Apply to a lab in the name of a member; the contact person gets a receipt with the personal link.

    Raises:
        NotFound: there is no such lab.
        CallClosed: it takes no applications now.
        Problems: something in the form is missing or wrong.
        ApplicationExists: the member has an application that stands.

    """
    lab = await lab_by_slug(slug)
    check_open(lab, now)
    new, member = await _checked_application(new, now)
    application_id = uuid4()
    async with transaction():
        contact = await person_with_email(
            new.email, name=new.contact_name, now=now, member=member["id"], language=new.language
        )
        # the partial index decides between two at once, so nobody has to look first
        done = await sql(
            "INSERT INTO application (id, lab, member, contact, contact_name, motivation, offers, needs, "
            "status, reason, "
            "language, link_version, version, submitted_at, status_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 'submitted', '', {}, 1, 1, {}, {}) "
            "ON CONFLICT (lab, member) WHERE status <> 'withdrawn' DO NOTHING RETURNING id",
            application_id, lab.id, member["id"], contact, new.contact_name, new.motivation, new.offers, new.needs,
            new.language, now, now,
        )  # fmt: skip
        if not done:
            raise ApplicationExists(
                Sentence(
                    "%(member)s has applied to “%(lab)s” already. The link in the letter of receipt leads to "
                    "the application.",
                    member=member["name"],
                    lab=lab.name,
                )
            )
        application = await application_by_id(application_id)
        await post_letter(application_letter(lab, application), now=now)
        await record("apply_to_lab", "application", application_id, account_id=None, now=now)
    return application


async def change_application(
    token: str, new: NewApplication, *, version: int | None = None, now: datetime
) -> ApplicationRow:
    """
    Rewrite an application by its personal link; its member and its address stay.

    Args:
        version: The version that the form showed; None: whatever stands.

    Raises:
        NotFound: the link opens nothing.
        CallClosed: the call has closed.
        ApplicationStands: somebody has decided, or it was withdrawn.
        ChangedMeanwhile: somebody else was quicker.
        Problems: something in the form is missing or wrong.

    """
    before = await application_by_link(token)
    lab = await lab_by_id(before.lab)
    check_open(lab, now)
    if not before.is_changeable(lab.call, now):
        raise ApplicationStands(Sentence("This application can be changed no more."))
    new = _tidy_application(new)
    if problems := {**_answer_problems(new), **_language_problem(new.language)}:
        raise Problems(problems)
    async with transaction():
        done = await sql(
            "UPDATE application SET contact_name = {}, motivation = {}, offers = {}, needs = {}, language = "
            "{}, "
            "version = version + 1 WHERE id = {} AND version = {} RETURNING id",
            new.contact_name, new.motivation, new.offers, new.needs, new.language, before.id,
            before.version if version is None else version,
        )  # fmt: skip
        if not done:
            raise ChangedMeanwhile(
                Sentence("This application has changed meanwhile. Please load the page again and repeat your change.")
            )
        await record("change_application", "application", before.id, account_id=None, now=now)
    return await application_by_id(before.id)


async def withdraw_application(token: str, *, now: datetime) -> ApplicationRow:
    """
    Take an application back by its personal link. Withdrawing twice is withdrawing once.

    Raises:
        NotFound: the link opens nothing.
        ApplicationStands: it was declined.

    """
    before = await application_by_link(token)
    async with transaction():
        before = await _locked(before)
        if before.status == ApplicationStatus.WITHDRAWN:
            return before
        if not may_withdraw(before.status):
            raise ApplicationStands(Sentence("This application was declined, so it cannot be withdrawn."))
        await _write_status(before, ApplicationStatus.WITHDRAWN, before.reason, now)
        await record("withdraw_application", "application", before.id, account_id=None, now=now)
    return await application_by_id(before.id)


async def review_application(
    application_id: UUID, *, score: int, comment: str = "", now: datetime, account_id: UUID
) -> ApplicationRow:
    """
    Give an application a score of 1 to 5; the same account's later review replaces its earlier one.

    Raises:
        Problems: the score or the comment cannot be used.
        ApplicationStands: it was withdrawn.

    """
    comment = clean_text(comment)
    problems = too_long({"comment": (comment, LONGEST_REMARK)})
    if wrong := score_problem(score):
        problems["score"] = [wrong]
    if problems:
        raise Problems(problems)
    application = await application_by_id(application_id)
    async with transaction():
        _check_decidable(await _locked(application))
        await sql(
            "INSERT INTO application_review (id, application, account, score, comment, reviewed_at) "
            "VALUES ({}, {}, {}, {}, {}, {}) ON CONFLICT (application, account) DO UPDATE SET score = "
            "excluded.score, "
            "comment = excluded.comment, reviewed_at = excluded.reviewed_at",
            uuid4(), application_id, account_id, score, comment, now,
        )  # fmt: skip
        await record("review_application", "application", application_id, account_id=account_id, now=now)
    return await application_by_id(application_id)


async def accept_application(
    application_id: UUID, *, reason: str = "", now: datetime, account_id: UUID
) -> ApplicationRow:
    """
    Take an applicant into the lab; the contact person becomes a lab participant.

    Raises:
        Problems: the reason is too long.
        ApplicationStands: it was withdrawn.
        CohortFull: the group has as many members as the call says.

    """
    return await _decide(application_id, ApplicationStatus.ACCEPTED, reason, now=now, account_id=account_id)


async def waitlist_application(
    application_id: UUID, *, reason: str = "", now: datetime, account_id: UUID
) -> ApplicationRow:
    """
    Let an applicant wait for a place in the group.

    Raises:
        Problems: the reason is too long.
        ApplicationStands: it was withdrawn.

    """
    return await _decide(application_id, ApplicationStatus.WAITING, reason, now=now, account_id=account_id)


async def decline_application(
    application_id: UUID, *, reason: str = "", now: datetime, account_id: UUID
) -> ApplicationRow:
    """
    Say no to an applicant.

    Raises:
        Problems: the reason is too long.
        ApplicationStands: it was withdrawn.

    """
    return await _decide(application_id, ApplicationStatus.DECLINED, reason, now=now, account_id=account_id)


async def load_labs_2024(now: datetime) -> int:
    """
    Load the ten labs of 2024 with their themes; loaded twice it changes nothing.

    Returns:
        How many labs were new.

    """
    with (DATA / "solutions_labs_2024.csv").open(encoding="utf-8", newline="") as file:
        printed = list(csv.DictReader(file))
    added = 0
    async with transaction():
        await _load_themes()
        themes = await _codes("theme")
        round_id = await _round_of(2024, now=now, account_id=None)
        present = {int(row["number"]) for row in await sql("SELECT number FROM lab WHERE lab_round = {}", round_id)}
        for row in printed:
            if int(row["lab_no"]) in present:
                continue
            lab_id, facts = (
                uuid4(),
                LabFacts(
                    row["name"],
                    2024,
                    full_title=row["full_title"],
                    place=row["place"],
                    country=row["country"],
                ),
            )
            slug = await _free_slug(facts.name)
            await _insert_lab(lab_id, round_id, slug, int(row["lab_no"]), facts, LabStatus.FINISHED, now)
            await _link(lab_id, [themes[code.strip()] for code in row["themes"].split(";")], [])
            added += 1
        if added:
            await record("load_labs", "lab_round", round_id, account_id=None, now=now, detail=str(added))
    return added


def check_open(lab: LabRow, now: datetime) -> None:
    """
    Do nothing while the call of a lab is open.

    Raises:
        CallClosed: it is not open yet, it is closed, or there is none.

    """
    state = lab.call_state(now)
    if may_apply(state):
        return
    if state is CallState.NOT_YET_OPEN:
        raise CallClosed(Sentence("The call of “%(lab)s” is not open yet.", lab=lab.name))
    if state is CallState.CLOSED:
        raise CallClosed(Sentence("The call of “%(lab)s” is closed.", lab=lab.name))
    raise CallClosed(Sentence("“%(lab)s” has no call at present.", lab=lab.name))


async def _decide(
    application_id: UUID, status: ApplicationStatus, reason: str, *, now: datetime, account_id: UUID
) -> ApplicationRow:
    reason = clean_text(reason)
    if problems := too_long({"reason": (reason, LONGEST_REMARK)}):
        raise Problems(problems)
    before = await application_by_id(application_id)
    async with transaction():
        if status is ApplicationStatus.ACCEPTED:
            await _check_place(before)
        before = await _locked(before)
        _check_decidable(before)
        if (before.status, before.reason) == (status, reason):
            return before
        await _write_status(before, status, reason, now)
        await record(f"{_VERBS[status]}_application", "application", before.id, account_id=account_id, now=now)
    return await application_by_id(application_id)


_VERBS = {
    ApplicationStatus.ACCEPTED: "accept",
    ApplicationStatus.WAITING: "waitlist",
    ApplicationStatus.DECLINED: "decline",
}


async def _check_place(application: ApplicationRow) -> None:
    """Lock the call, so that two acceptances at once cannot both take the last place."""
    calls = await sql(f"SELECT cohort_size FROM lab_call WHERE lab = {{}}{lock_clause()}", application.lab)
    if not calls or calls[0]["cohort_size"] is None:
        return
    others = await sql(
        "SELECT COUNT(*) AS n FROM application WHERE lab = {} AND status = 'accepted' AND id <> {}",
        application.lab,
        application.id,
    )
    if int(others[0]["n"]) >= calls[0]["cohort_size"]:
        raise CohortFull(
            Sentence.counted(
                "The group is full: it has %(num)s place. Put this application on the waiting list, or "
                "change the call.",
                "The group is full: it has %(num)s places. Put this application on the waiting list, or "
                "change the call.",
                calls[0]["cohort_size"],
            )
        )


def _check_decidable(application: ApplicationRow) -> None:
    if not may_decide(application.status):
        raise ApplicationStands(Sentence("This application was withdrawn, so nothing is decided about it."))


async def _write_status(before: ApplicationRow, status: ApplicationStatus, reason: str, now: datetime) -> None:
    """Write where an application stands; its contact is a lab participant while it is accepted."""
    await sql(
        "UPDATE application SET status = {}, reason = {}, status_at = {}, version = version + 1 WHERE id = "
        "{}",
        status, reason, now, before.id,
    )  # fmt: skip
    if status is ApplicationStatus.ACCEPTED:
        await sql(
            "INSERT INTO lab_participant (id, lab, person, member, role, joined_at) "
            "VALUES ({}, {}, {}, {}, 'participant', {}) ON CONFLICT (lab, person) DO NOTHING",
            uuid4(), before.lab, before.contact, before.member, now,
        )  # fmt: skip
    elif before.status == ApplicationStatus.ACCEPTED:
        # who has attended a session stays, for the figures
        await sql(
            "DELETE FROM lab_participant WHERE lab = {} AND person = {} AND member = {} AND role = "
            "'participant' "
            "AND NOT EXISTS (SELECT 1 FROM lab_session s JOIN registration r ON r.event = s.event "
            "JOIN attendance a ON a.registration = r.id WHERE s.lab = lab_participant.lab "
            "AND r.person = lab_participant.person)",
            before.lab, before.contact, before.member,
        )  # fmt: skip


async def _locked(application: ApplicationRow) -> ApplicationRow:
    """The application as it stands, with its row locked for this transaction."""
    await sql(f"SELECT id FROM application WHERE id = {{}}{lock_clause()}", application.id)
    return await application_by_id(application.id)


def _tidy_application(new: NewApplication) -> NewApplication:
    return replace(
        new,
        contact_name=clean_line(new.contact_name),
        email=new.email.strip(),
        # characters that nobody sees are no answer
        motivation=clean_text(new.motivation) if clean_line(new.motivation) else "",
        offers=clean_text(new.offers),
        needs=clean_text(new.needs),
    )


def _answer_problems(new: NewApplication) -> dict[str, list[str]]:
    return application_problems(
        contact_name=new.contact_name, motivation=new.motivation, offers=new.offers, needs=new.needs
    )


def _language_problem(language: str) -> dict[str, list[str]]:
    known = current_settings().language_codes
    if language in known:
        return {}
    sentence = Sentence(
        "“%(given)s” is not one of the languages %(known)s.", given=language[:20], known=", ".join(known)
    )
    return {"language": [sentence]}


async def _checked_application(new: NewApplication, now: datetime) -> tuple[NewApplication, Row]:
    """The form with its text tidied and its member found; every fault at once."""
    new = _tidy_application(new)
    problems = {**_answer_problems(new), **_language_problem(new.language)}
    if wrong := email_problem(new.email):
        problems["email"] = [wrong]
    member = None
    key = clean_line(new.member)
    if not key:
        problems["member"] = [Sentence("Please say for which member you apply.")]
    else:
        member = await member_by_key(key)
        if member is None:
            problems["member"] = [Sentence("“%(given)s” is no member that we know.", given=key[:80])]
        elif await sql("SELECT 1 AS one FROM member WHERE id = {} AND left_on <= {}", member["id"], now.date()):
            problems["member"] = [Sentence("%(member)s has left the association.", member=member["name"])]
    if problems:
        raise Problems(problems)
    assert member is not None
    return new, member


async def _checked_lab(
    facts: LabFacts, problems: dict[str, list[str]] | None = None
) -> tuple[LabFacts, list[UUID], list[UUID]]:
    """The facts tidied, with the keys of themes and action lines; every fault at once."""
    facts = replace(
        facts,
        name=clean_line(facts.name), full_title=clean_line(facts.full_title), description=clean_text(facts.description),
        place=clean_line(facts.place), country=clean_line(facts.country).upper(),
        themes=tuple(dict.fromkeys(facts.themes)), action_lines=tuple(dict.fromkeys(facts.action_lines)),
    )  # fmt: skip
    found = problems or {}
    found |= lab_problems(
        name=facts.name,
        year=facts.year,
        themes=list(facts.themes),
        texts={
            "full_title": (facts.full_title, LONGEST_TITLE),
            "description": (facts.description, LONGEST_TEXT),
            "place": (facts.place, LONGEST_NAME),
        },
    )
    if facts.country and (len(facts.country) != 2 or country_name(facts.country, "en") == facts.country):
        found["country"] = [Sentence("“%(given)s” is no country code. Codes look like FR.", given=facts.country[:10])]
    keys: dict[str, list[UUID]] = {}
    for field, table in (("themes", "theme"), ("action_lines", "action_line")):
        known = await _codes(table)
        codes: tuple[str, ...] = getattr(facts, field)
        if unknown := [code for code in codes if code not in known]:
            found[field] = [
                Sentence("“%(given)s” is none of: %(known)s.", given=code[:40], known=", ".join(known))
                for code in unknown[:10]
            ]
        keys[field] = [known[code] for code in codes if code in known]
    if found:
        raise Problems(found)
    return facts, keys["themes"], keys["action_lines"]


def _call_instants(call: NewCall) -> tuple[datetime, datetime]:
    """
    The instants at which a call opens and closes.

    Raises:
        Problems: anything about the call cannot be used; every fault at once.

    """
    problems = too_long({"text": (call.text, LONGEST_TEXT), "criteria": (call.criteria, LONGEST_TEXT)})
    if call.cohort_size is not None and not 1 <= call.cohort_size <= MOST_COHORT:
        problems["cohort_size"] = [Sentence("A group has 1 to %(most)s members.", most=MOST_COHORT)]
    zone_known = is_zone(call.time_zone)
    if not zone_known:
        problems["time_zone"] = [
            Sentence("“%(zone)s” is no time zone. Zones look like Europe/Madrid.", zone=call.time_zone[:60])
        ]
    found: list[datetime] = []
    for field, wall, missing in (
        ("opens_at", call.opens_at, Sentence("Please say when the call opens.")),
        ("closes_at", call.closes_at, Sentence("Please say when the call closes.")),
    ):
        if wall is None:
            problems[field] = [missing]
        elif not FIRST_YEAR <= wall.year <= LAST_YEAR:
            problems[field] = [
                Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)
            ]
        elif wall.tzinfo is not None:
            found.append(wall.astimezone(UTC))
        elif zone_known:
            try:
                found.append(to_utc(wall.date(), wall.time(), call.time_zone))
            except NoSuchTime:
                problems[field] = [Sentence("The clocks of %(zone)s jump over this time on that day. Please choose another.", zone=call.time_zone)]  # fmt: skip
            except TwoSuchTimes:
                problems[field] = [Sentence("The clocks of %(zone)s show this time twice on that day. Please choose another.", zone=call.time_zone)]  # fmt: skip
    if len(found) == 2 and found[1] <= found[0]:
        problems["closes_at"] = [Sentence("The call closes before it opens, or at the same time.")]
    if problems:
        raise Problems(problems)
    return found[0], found[1]


async def _codes(table: str) -> dict[str, UUID]:
    """Codes of a table with their keys, in order."""
    order = {"theme": "position, code", "action_line": "first_year, number"}[table]
    return {row["code"]: row["id"] for row in await sql(f"SELECT code, id FROM {table} ORDER BY {order}")}


def _round_title(year: int) -> str:
    return f"Solutions Labs {year}"


async def _round_of(year: int, *, now: datetime, account_id: UUID | None) -> UUID:
    """The round of a year with its row locked, made when there is none, in the caller's transaction."""
    new = uuid4()
    made = await sql(
        "INSERT INTO lab_round (id, year, title, lessons) VALUES ({}, {}, {}, '') "
        "ON CONFLICT (year) DO NOTHING RETURNING id",
        new, year, _round_title(year),
    )  # fmt: skip
    if made:
        await record("create_round", "lab_round", new, account_id=account_id, now=now, detail=str(year))
        return new
    rows = await sql(f"SELECT id FROM lab_round WHERE year = {{}}{lock_clause()}", year)
    return UUID(str(rows[0]["id"]))


async def _next_number(round_id: UUID) -> int:
    rows = await sql("SELECT COALESCE(MAX(number), 0) AS n FROM lab WHERE lab_round = {}", round_id)
    return int(rows[0]["n"]) + 1


async def _free_slug(name: str) -> str:
    """An address that no lab has, in the caller's transaction."""
    base = slugify(name) if fold(name) else "lab"
    taken = {
        row["slug"] for row in await sql("SELECT slug FROM lab WHERE slug = {} OR slug LIKE {}", base, f"{base}-%")
    } | _RESERVED_SLUGS
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


async def _insert_lab(
    lab_id: UUID, round_id: UUID, slug: str, number: int, facts: LabFacts, status: LabStatus, now: datetime
) -> None:
    await sql(
        "INSERT INTO lab (id, lab_round, slug, number, name, full_title, description, place, country, "
        "status, created_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
        lab_id, round_id, slug, number, facts.name, facts.full_title, facts.description, facts.place, facts.country,
        status, now,
    )  # fmt: skip


async def _link(lab_id: UUID, themes: list[UUID], lines: list[UUID]) -> None:
    for theme in themes:
        await sql("INSERT INTO lab_theme (id, lab, theme) VALUES ({}, {}, {})", uuid4(), lab_id, theme)
    for line in lines:
        await sql("INSERT INTO lab_action_line (id, lab, action_line) VALUES ({}, {}, {})", uuid4(), lab_id, line)


async def _load_themes() -> None:
    """The thematic priorities, in case nobody has loaded them yet."""
    with (DATA / "thematic_priorities.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            await sql(
                "INSERT INTO theme (id, code, name, tag, position) VALUES ({}, {}, {}, {}, {}) "
                "ON CONFLICT (code) DO NOTHING",
                uuid4(), row["code"], row["name"], row["tag"], int(row["order"]),
            )  # fmt: skip
