"""What members do when they apply: begin, write together, send, change and withdraw."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.applying.letters import begun_letter, invited_letter, received_letter
from eventhub.applying.queries import (
    Draft,
    EditorRow,
    SentAnswer,
    SentContent,
    SentPerson,
    draft_of,
    editor_by_link,
    editors_of,
    labs_in_round,
    siblings_of,
)
from eventhub.applying.rules import (
    GENDER_PURPOSE,
    LONGEST_ADDRESS,
    LONGEST_CITY,
    LONGEST_ORGANISATION,
    MOST_EDITORS,
    MOST_ROWS,
    NO_GENDER,
    PERSON_PARTS,
    Conflict,
    Shape,
    Value,
    completeness_problems,
    free_entry,
    kept_as,
    merged,
    open_stage,
    parts_of_person,
    people_in,
    person_field,
    tidied,
    value_problem,
)
from eventhub.calls.rules import FIRST_STAGE, CallContent
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.directory.addresses import email_problem
from eventhub.directory.folding import fold
from eventhub.directory.people import person_with_email
from eventhub.directory.rules import clean_line, clean_text, email_key
from eventhub.errors import Problems, Refusal
from eventhub.labs.commands import ApplicationStands, CallClosed, check_open, write_status
from eventhub.labs.queries import ApplicationRow, LabRow, application_by_id, lab_by_id, lab_by_slug
from eventhub.labs.rules import (
    CHANGEABLE,
    LONGEST_NAME,
    ApplicationStatus,
    application_problems,
    may_withdraw,
    too_long,
)
from eventhub.languages import country_name
from eventhub.mail.commands import post_letter
from eventhub.questions.rules import (
    LONGEST_ALL_ANSWERS,
    KeptFile,
    Question,
    QuestionKind,
    SentFile,
    all_characters,
    check_answers,
    control_name,
    in_words,
)
from eventhub.registrations.queries import member_by_key
from eventhub.settings import current_settings
from eventhub.words import Sentence


class ApplicationExists(Refusal):
    """The applicant has applied to this lab as often as its call allows."""

    status_code = 409


class MemberLeft(Refusal):
    """The member has left the association meanwhile."""

    status_code = 409


class NotYours(Refusal):
    """Only who began the application does this."""

    status_code = 403


class TooManyEditors(Refusal):
    """As many people work on the application as may."""

    status_code = 409


class BothChanged(Refusal):
    """
    Somebody else has changed the same fields meanwhile; nothing of either is lost.

    Attributes:
        conflicts: Both texts, by field.
        pending: What else was typed and is not kept yet, by field; empty for drafts, which keep it at once.

    """

    status_code = 409

    def __init__(self, conflicts: dict[str, Conflict], pending: dict[str, Value], draft: Draft) -> None:
        super().__init__(
            Sentence("Somebody else has changed the same fields meanwhile. Please choose what is to be kept.")
        )
        self.conflicts, self.pending, self.draft = conflicts, pending, draft


class Incomplete(Problems):
    """
    What was sent is incomplete or wrong.

    Attributes:
        unsaved: Fields whose text is not kept anywhere but in the form.

    """

    def __init__(self, fields: dict[str, list[str]], unsaved: set[str]) -> None:
        super().__init__(fields)
        self.unsaved = unsaved


@dataclass(frozen=True)
class NewDraft:
    """Who begins an application: in the name of a member, by its key, or of another organisation."""

    contact_name: str
    email: str
    member: str = ""
    organisation: str = ""
    city: str = ""
    country: str = ""
    language: str = "en"


@dataclass(frozen=True)
class NewApplication:
    """An application in one go, as the JSON interface takes it; `member` is its key."""

    member: str
    contact_name: str
    email: str
    motivation: str
    offers: str = ""
    needs: str = ""
    language: str = "en"


@dataclass
class Saved:
    """What became of a form: what is kept of it, and what is not and why, by field."""

    draft: Draft
    kept: dict[str, Value] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)


# Beginning


async def begin_application(slug: str, new: NewDraft, *, now: datetime) -> None:
    """
    Begin an application, or send its link again to somebody who works on it already.

    The link goes by letter only, so that nobody begins with the address of
    somebody else. A draft whose link nobody has ever used makes way for the
    next one who begins for the same applicant: else a stranger could keep a
    member from applying.

    Raises:
        NotFound: there is no such lab.
        CallClosed: it takes no applications now.
        Problems: something in the form is missing or wrong.
        ApplicationExists: the applicant has an application, and this address is none of those who write it.

    """
    lab = await lab_by_slug(slug)
    check_open(lab, now)
    assert lab.call is not None
    new, member = await _checked_beginning(new, lab.call.content, now)
    async with transaction():
        await sql(f"SELECT id FROM lab WHERE id = {{}}{lock_clause()}", lab.id)
        standing = await _standing(lab.id, member, new)
        most = lab.call.content.applications_per_member
        own = await _own_of(standing, email_key(new.email), all_of_them=len(standing) >= most)
        if own:
            application, editor = own
            await post_letter(begun_letter(lab, application, editor, now=now), now=now)
            return
        if len(standing) >= most:
            standing = await _without_unused(standing, now)
        entry = free_entry((row["entry"] for row in standing), most)
        if entry is None:
            raise _exists(lab, member["name"] if member else new.organisation)
        await _insert_draft(lab, member, new, entry, now)


async def _insert_draft(lab: LabRow, member: Row | None, new: NewDraft, entry: int, now: datetime) -> None:
    application_id = uuid4()
    contact = await person_with_email(
        new.email, name=new.contact_name, now=now, member=member["id"] if member else None,
        organisation=new.organisation, country=new.country, language=new.language,
    )  # fmt: skip
    done = await sql(
        "INSERT INTO application (id, lab, member, contact, contact_name, motivation, offers, needs, status, reason, "
        "language, organisation, city, country, entry, link_version, version, submitted_at, status_at, begun_at, "
        "saved_by) VALUES ({}, {}, {}, {}, {}, '', '', '', 'draft', '', {}, {}, {}, {}, {}, 1, 1, {}, {}, {}, '') "
        "ON CONFLICT (lab, member, entry) WHERE status <> 'withdrawn' DO NOTHING RETURNING id",
        application_id, lab.id, member["id"] if member else None, contact, new.contact_name, new.language,
        new.organisation, new.city, new.country, entry, now, now, now,
    )  # fmt: skip
    if not done:
        raise _exists(lab, member["name"] if member else new.organisation)
    editor = await _insert_editor(application_id, new.contact_name, new.email, new.language, now)
    application = await application_by_id(application_id, drafts=True)
    await post_letter(begun_letter(lab, application, editor, now=now), now=now)
    await record("begin_application", "application", application_id, account_id=None, now=now)


async def _insert_editor(application_id: UUID, name: str, email: str, language: str, now: datetime) -> EditorRow:
    new = uuid4()
    await sql(
        "INSERT INTO application_editor (id, application, name, email, email_key, language, link_version, invited_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, 1, {})",
        new, application_id, name, email.strip(), email_key(email), language, now,
    )  # fmt: skip
    return EditorRow(new, application_id, name, email.strip(), language, 1, now, None)


def _exists(lab: LabRow, applicant: str) -> ApplicationExists:
    return ApplicationExists(
        Sentence(
            "%(member)s has applied to “%(lab)s” already, or has begun to. Whoever began it can invite you to work on "
            "it; if that is you, give the same e-mail address and we send you the link again.",
            member=applicant,
            lab=lab.name,
        )
    )


async def _standing(lab_id: UUID, member: Row | None, new: NewDraft) -> list[Row]:
    """Applications of the applicant to the lab that are not withdrawn; others than members are known by their name."""
    columns = "id, status, entry, organisation, country"
    if member:
        return await sql(
            f"SELECT {columns} FROM application WHERE lab = {{}} AND member = {{}} AND status <> 'withdrawn' "
            "ORDER BY entry",
            lab_id,
            member["id"],
        )
    rows = await sql(
        f"SELECT {columns} FROM application WHERE lab = {{}} AND member IS NULL AND status <> 'withdrawn' "
        "ORDER BY entry",
        lab_id,
    )
    name = fold(new.organisation)
    return [row for row in rows if fold(row["organisation"]) == name and row["country"] == new.country]


async def _own_of(standing: list[Row], key: str, *, all_of_them: bool) -> tuple[ApplicationRow, EditorRow] | None:
    """The application that an address works on: one that is not sent yet, or any when no more can be begun."""
    for row in standing:
        if row["status"] == ApplicationStatus.DRAFT or all_of_them:
            application = await application_by_id(row["id"], drafts=True)
            editors = await editors_of(row["id"]) or [(await draft_of(row["id"])).first]
            for editor in editors:
                if email_key(editor.email) == key:
                    return application, editor
    return None


async def _without_unused(standing: list[Row], now: datetime) -> list[Row]:
    """The standing applications without drafts that nobody has ever opened; those are withdrawn."""
    kept = []
    for row in standing:
        gone = row["status"] == ApplicationStatus.DRAFT and await sql(
            "UPDATE application SET status = 'withdrawn', status_at = {} WHERE id = {} AND status = 'draft' "
            "AND saved_at IS NULL AND NOT EXISTS (SELECT 1 FROM application_editor e "
            "WHERE e.application = application.id AND e.seen_at IS NOT NULL) RETURNING id",
            now,
            row["id"],
        )
        if gone:
            await record("replace_unused_application", "application", row["id"], account_id=None, now=now)
        else:
            kept.append(row)
    return kept


async def _checked_beginning(new: NewDraft, content: CallContent, now: datetime) -> tuple[NewDraft, Row | None]:
    """The form with its text tidied and its member found; every fault at once."""
    new = replace(
        new,
        contact_name=clean_line(new.contact_name), email=new.email.strip(), organisation=clean_line(new.organisation),
        city=clean_line(new.city), country=clean_line(new.country).upper(), member=clean_line(new.member),
    )  # fmt: skip
    problems = {
        **too_long(
            {
                "contact_name": (new.contact_name, LONGEST_NAME),
                "organisation": (new.organisation, LONGEST_ORGANISATION),
                "city": (new.city, LONGEST_CITY),
                "email": (new.email, LONGEST_ADDRESS),
            }
        ),
        **_language_problem(new.language),
    }
    if not new.contact_name:
        problems["contact_name"] = [Sentence("Please give your name.")]
    if wrong := email_problem(new.email):
        problems["email"] = [wrong]
    member: Row | None = None
    if content.members_only or new.member:
        new = replace(new, organisation="", city="", country="")
        member, faults = await _member_of(new.member, now)
        problems |= faults
    else:
        for name, given, missing in (
            ("organisation", new.organisation, Sentence("Please name your organisation, or choose a member above.")),
            ("city", new.city, Sentence("Please name the city.")),
            ("country", new.country, Sentence("Please choose the country.")),
        ):
            if not given:
                problems[name] = [missing]
        known = not new.country or (len(new.country) == 2 and country_name(new.country, "en") != new.country)
        if not known:
            problems["country"] = [
                Sentence("“%(given)s” is no country code. Codes look like FR.", given=new.country[:10])
            ]
    if problems:
        raise Problems(problems)
    return new, member


async def _member_of(key: str, now: datetime) -> tuple[Row | None, dict[str, list[str]]]:
    """The member of a key, or what is wrong with it."""
    key = clean_line(key)
    if not key:
        return None, {"member": [Sentence("Please say for which member you apply.")]}
    member = await member_by_key(key)
    if member is None:
        return None, {"member": [Sentence("“%(given)s” is no member that we know.", given=key[:80])]}
    if await sql("SELECT 1 AS one FROM member WHERE id = {} AND left_on <= {}", member["id"], now.date()):
        return None, {"member": [Sentence("%(member)s has left the association.", member=member["name"])]}
    return member, {}


def _language_problem(language: str) -> dict[str, list[str]]:
    known = current_settings().language_codes
    if language in known:
        return {}
    sentence = Sentence(
        "“%(given)s” is not one of the languages %(known)s.", given=language[:20], known=", ".join(known)
    )
    return {"language": [sentence]}


# Writing together


async def invite_editor(token: str, *, name: str, email: str, now: datetime) -> EditorRow:
    """
    Let a colleague work on an application by a link of their own; invited again they get the letter again.

    Raises:
        NotFound: the link opens nothing.
        NotYours: only who began the application invites others.
        ApplicationStands: nobody can work on it any more.
        Problems: the name or the address cannot be used.
        TooManyEditors: enough people work on it.

    """
    editor = await editor_by_link(token)
    name, email = clean_line(name), email.strip()
    problems = too_long({"name": (name, LONGEST_NAME), "email": (email, LONGEST_ADDRESS)})
    if not name:
        problems["name"] = [Sentence("Please give the name of your colleague.")]
    if wrong := email_problem(email):
        problems["email"] = [wrong]
    if problems:
        raise Problems(problems)
    async with transaction():
        draft = await _locked(editor.application)
        lab = await lab_by_id(draft.application.lab)
        _check_first(draft, editor)
        stage_of(draft, lab, now)
        found = next((one for one in draft.editors if email_key(one.email) == email_key(email)), None)
        if found is None:
            if len(draft.editors) >= MOST_EDITORS:
                raise TooManyEditors(
                    Sentence("%(most)s people work on this application; that is the most.", most=MOST_EDITORS)
                )
            if editor.id is None:  # the contact of an application from before there were editors is the first of them
                await _insert_editor(draft.id, editor.name, editor.email, editor.language, editor.invited_at)
            # whoever was there first stays first, whatever the clock
            later = max(now, draft.editors[-1].invited_at + timedelta(microseconds=1))
            found = await _insert_editor(draft.id, name, email, draft.application.language, later)
            await record("invite_editor", "application", draft.id, account_id=None, now=now)
        await post_letter(invited_letter(lab, draft.application, found, by=editor.name, now=now), now=now)
    return found


async def remove_editor(token: str, editor_id: UUID, *, now: datetime) -> None:
    """
    Take a colleague's link back. Twice is once.

    Raises:
        NotFound: the link opens nothing.
        NotYours: only who began the application does this, and stays.

    """
    editor = await editor_by_link(token)
    async with transaction():
        draft = await _locked(editor.application)
        _check_first(draft, editor)
        if editor_id == editor.id:
            raise NotYours(Sentence("Whoever began an application stays with it."))
        gone = await sql(
            "DELETE FROM application_editor WHERE id = {} AND application = {} RETURNING id", editor_id, draft.id
        )
        if gone:
            await record("remove_editor", "application", draft.id, account_id=None, now=now)


def _check_first(draft: Draft, editor: EditorRow) -> None:
    if draft.first.id != editor.id:
        raise NotYours(
            Sentence("Only %(name)s, who began this application, can do this.", name=draft.first.name or "–")
        )


def stage_of(draft: Draft, lab: LabRow, now: datetime) -> int:
    """
    Which stage of an application can be written now.

    Raises:
        ApplicationStands: it was withdrawn, decided about, or found not eligible.
        CallClosed: the call takes nothing now.

    """
    if draft.status == ApplicationStatus.WITHDRAWN:
        raise ApplicationStands(Sentence("This application was withdrawn, so nothing in it can be changed any more."))
    if draft.status not in CHANGEABLE:
        raise ApplicationStands(Sentence("This application has been decided about, so it can be changed no more."))
    if draft.is_eligible is False:
        raise ApplicationStands(
            Sentence(
                "It has been decided that %(name)s may not apply to this call.", name=draft.application.member_name
            )
        )
    call = lab.call
    stage = call and open_stage(
        draft.status,
        call.content,
        takes=call.takes(now, begun_at=draft.application.begun_at if draft.is_draft else None),
        closes_at=call.closes_at,
        now=now,
        grace=timedelta(minutes=current_settings().call_grace_minutes),
    )
    if stage:
        return stage
    check_open(lab, now)
    raise CallClosed(Sentence("The call of “%(lab)s” is closed.", lab=lab.name))


async def note_presence(token: str, *, now: datetime) -> Draft:
    """Keep that an editor has the application open; who has opened one is known to hold its link."""
    editor = await editor_by_link(token)
    if editor.id:
        await sql("UPDATE application_editor SET seen_at = {} WHERE id = {}", now, editor.id)
    return await draft_of(editor.application)


async def save_application(
    token: str,
    typed: Mapping[str, Any],
    was: Mapping[str, str],
    files: Mapping[str, SentFile | None] | None = None,
    *,
    now: datetime,
) -> Saved:
    """
    Keep what somebody typed into a draft. What two changed at once is kept of neither and given back with both texts.

    Args:
        typed: By the name of the field; those that are no fields are left out.
        was: Digests of the fields as the form showed them.
        files: By the id of the question; None deletes the file that was sent before.

    Raises:
        NotFound: the link opens nothing.
        ApplicationStands: it is no draft any more.
        CallClosed: the call takes nothing now, the grace included.

    """
    editor = await editor_by_link(token)
    async with transaction():
        draft = await _locked(editor.application)
        lab = await lab_by_id(draft.application.lab)
        stage = stage_of(draft, lab, now)
        if not draft.is_draft:
            raise ApplicationStands(
                Sentence("This application has been sent meanwhile. Please load the page again to change it.")
            )
        found = await _applied(draft, lab, stage, typed, was, files or {})
        await _write(draft, found, editor, now)
    found.saved.draft = await draft_of(draft.id)
    return found.saved


async def send_application(
    token: str,
    typed: Mapping[str, Any],
    was: Mapping[str, str],
    files: Mapping[str, SentFile | None] | None = None,
    *,
    now: datetime,
) -> Draft:
    """
    Send an application, or what is changed in one that was sent; it is frozen as it is, and receipts leave.

    A draft keeps what was typed even if it cannot be sent yet; of one that was
    sent, what was sent before counts until the change can be sent as a whole.

    Raises:
        NotFound: the link opens nothing.
        ApplicationStands: it was withdrawn or decided about.
        CallClosed: the call takes nothing now.
        MemberLeft: the member has left the association.
        BothChanged: somebody else changed the same fields.
        Problems: something is missing or wrong; every fault at once.

    """
    before = await draft_of((await editor_by_link(token)).application)
    if before.is_draft:
        saved = await save_application(token, typed, was, files, now=now)
        if saved.conflicts:
            raise BothChanged(saved.conflicts, {}, saved.draft)
        refused, unsaved = saved.problems, set(saved.problems)
        typed, was, files = {}, {}, {}
    else:
        refused, unsaved = {}, set(typed)
    editor = await editor_by_link(token)
    async with transaction():
        draft = await _locked(editor.application)
        lab = await lab_by_id(draft.application.lab)
        stage = stage_of(draft, lab, now)
        _check_member(draft, now)
        found = await _applied(draft, lab, stage, typed, was, files or {})
        if found.saved.conflicts:
            raise BothChanged(found.saved.conflicts, found.saved.kept, draft)
        problems = {**found.saved.problems, **refused}
        for name, sentences in (await _incomplete(draft, lab, stage, found)).items():
            problems.setdefault(name, sentences)
        if problems:
            raise Incomplete(problems, unsaved)
        if not draft.is_draft and not found.saved.kept and not found.files:
            return draft
        await _write(draft, found, editor, now)
        await _freeze(await draft_of(draft.id), lab, editor, now)
    return await draft_of(draft.id)


async def _locked(application_id: UUID) -> Draft:
    """The application as it stands, with its row locked for this transaction."""
    await sql(f"SELECT id FROM application WHERE id = {{}}{lock_clause()}", application_id)
    return await draft_of(application_id)


def _check_member(draft: Draft, now: datetime) -> None:
    if draft.has_left(now.date()):
        raise MemberLeft(
            Sentence(
                "%(member)s has left the association, so this application can no longer be sent. What you wrote is kept.",
                member=draft.application.member_name,
            )
        )


@dataclass
class _Applied:
    """A form as it changes an application: all values after it, and the files it brings."""

    saved: Saved
    values: dict[str, Value]
    answers: dict[str, Any]
    files: dict[str, KeptFile | None]


async def _applied(
    draft: Draft,
    lab: LabRow,
    stage: int,
    typed: Mapping[str, Any],
    was: Mapping[str, str],
    files: Mapping[str, SentFile | None],
) -> _Applied:
    """What a form changes, in the caller's transaction; nothing is written yet."""
    assert lab.call is not None
    content = lab.call.content
    questions = content.questions_of(stage)
    current = draft.values(content)
    codes = current_settings().language_codes
    saved = Saved(draft)
    sound: dict[str, Value] = {}
    # of boxes none of which is ticked a browser sends nothing, so what the form remembers stands for them
    unticked: dict[str, Any] = {name: [] for name in was if name not in typed}
    for name, raw in {**typed, **unticked}.items():
        kept = kept_as(name, questions, stage)
        if kept is None or (name in unticked and kept.shape is not Shape.CODES):
            continue
        value = tidied(raw, kept)
        if wrong := value_problem(name, value, kept, languages=codes):
            saved.problems[name] = [wrong]
        else:
            sound[name] = value
    await _drop_rows_of_others(draft, sound)
    found = merged(current, sound, was)
    saved.kept, saved.conflicts = found.changes, found.conflicts
    values = {**current, **found.changes}
    if len(people_in(values)) > MOST_ROWS:
        raise Incomplete({"people": [Sentence("%(most)s people are the most.", most=MOST_ROWS)]}, set(typed))
    brought, wrong_files = _read_files(questions, files)
    saved.problems |= wrong_files
    answers = dict(draft.answers)
    for question in content.questions_of():
        name = control_name(question.id)
        if question.kind == QuestionKind.FILE:
            if question.id in brought:
                file = brought[question.id]
                answers.pop(question.id, None)
                if file:
                    answers[question.id] = file.name
        elif name in found.changes:
            answers[question.id] = found.changes[name]
    answers = {key: answer for key, answer in answers.items() if answer not in ("", [])}
    if all_characters(answers) > LONGEST_ALL_ANSWERS:
        long = Sentence("All answers together are too long; %(most)s characters is the most.", most=LONGEST_ALL_ANSWERS)
        raise Incomplete({"answers": [long]}, set(typed))
    return _Applied(saved, values, answers, brought)


async def _drop_rows_of_others(draft: Draft, sound: dict[str, Value]) -> None:
    """A form says itself which rows are its people's; those of other applications are none of them."""
    own = {person.id.hex for person in draft.people}
    strange = {found[0] for name in sound if (found := parts_of_person(name)) and found[0] not in own}
    for key in strange:
        if await sql("SELECT 1 AS one FROM proposed_person WHERE id = {}", UUID(hex=key)):
            for part in (*PERSON_PARTS, "gender"):
                sound.pop(person_field(key, part), None)


def _read_files(
    questions: list[Question], files: Mapping[str, SentFile | None]
) -> tuple[dict[str, KeptFile | None], dict[str, list[str]]]:
    """Files as they are kept by the id of their question, and what is wrong with others, by field."""
    found: dict[str, KeptFile | None] = {}
    problems: dict[str, list[str]] = {}
    for question in questions:
        if question.kind != QuestionKind.FILE or question.id not in files:
            continue
        sent = files[question.id]
        if sent is None:
            found[question.id] = None
            continue
        read = check_answers([replace(question, shown_if=None)], {question.id: sent}, {})
        if read.problems:
            problems[control_name(question.id)] = read.problems[question.id]
        elif question.id in read.files:
            found[question.id] = read.files[question.id]
    return found, problems


async def _incomplete(draft: Draft, lab: LabRow, stage: int, found: _Applied) -> dict[str, list[str]]:
    """What keeps an application from being sent, by field; answers are checked as those of a registration are."""
    assert lab.call is not None
    content = lab.call.content
    problems: dict[str, list[str]] = {}
    if stage == FIRST_STAGE:
        addresses = {
            person_field(one.key, "email"): wrong
            for one in people_in(found.values)
            if one.email and (wrong := email_problem(one.email))
        }
        problems = completeness_problems(found.values, content, address_problems=addresses)
        if preference := str(found.values.get("preference") or ""):
            if int(preference) > await labs_in_round(draft.application.lab):
                problems["preference"] = [Sentence("Please choose one of the answers.")]
            for sibling in await siblings_of(draft.application):
                if sibling.status != ApplicationStatus.DRAFT and str(sibling.preference or "") == preference:
                    problems["preference"] = [
                        Sentence(
                            "The application to “%(lab)s” has this place in your order already.", lab=sibling.lab_name
                        )
                    ]
    on_file = {
        question.id: str(found.answers[question.id])
        for question in content.questions_of()
        if question.kind == QuestionKind.FILE and question.id in found.answers
    }
    checked = check_answers(
        [question for question in content.questions_of() if _is_asked(question, content, stage)],
        {key: answer for key, answer in found.answers.items() if key not in on_file},
        {"member": draft.application.member_key, "attends": ""},
        on_file=on_file,
    )
    for key, sentences in checked.problems.items():
        problems[control_name(key)] = sentences
    if not problems:
        found.answers = checked.answers
    return problems


def _is_asked(question: Question, content: CallContent, stage: int) -> bool:
    return any(one.id == question.id and one.stage <= stage for one in content.questions)


async def _write(draft: Draft, found: _Applied, editor: EditorRow, now: datetime) -> None:
    """Write what a form changes, in the caller's transaction; a form that changes nothing writes that it was here."""
    if editor.id:
        await sql("UPDATE application_editor SET seen_at = {} WHERE id = {}", now, editor.id)
    changes = found.saved.kept
    if not changes and not found.files and found.answers == draft.answers:
        return
    values = found.values
    preference = values.get("preference")
    await sql(
        "UPDATE application SET contact_name = {}, language = {}, motivation = {}, offers = {}, needs = {}, "
        "languages = {}, preference = {}, answers = {}, saved_at = {}, saved_by = {}, version = version + 1 "
        "WHERE id = {}",
        values["contact_name"], values["language"], values["motivation"], values["offers"], values["needs"],
        ",".join(values["languages"]), int(str(preference)) if preference else None,
        msgspec.json.encode(found.answers).decode() if found.answers else "", now, editor.name, draft.id,
    )  # fmt: skip
    await _write_people(draft, changes, values, now)
    for question_id, file in found.files.items():
        await _write_file(draft, question_id, file, now)


async def _write_people(draft: Draft, changes: Mapping[str, Value], values: Mapping[str, Value], now: datetime) -> None:
    """Write the proposed people that a form changes; one of whom nothing is said any more is deleted."""
    touched = {found[0] for name in changes if (found := parts_of_person(name))}
    if not touched:
        return
    own = {person.id.hex for person in draft.people}
    rows = await sql("SELECT MAX(position) AS n FROM proposed_person WHERE application = {}", draft.id)
    last = int(rows[0]["n"] if rows[0]["n"] is not None else -1)
    for key in [one.key for one in people_in(values) if one.key in touched]:
        name, email, role, level = (str(values.get(person_field(key, part), "")) for part in PERSON_PARTS)
        row_id = UUID(hex=key)
        if not (name or email or role or level):
            await sql("DELETE FROM proposed_person WHERE id = {} AND application = {}", row_id, draft.id)
            continue
        if key in own:
            await sql(
                "UPDATE proposed_person SET name = {}, email = {}, role = {}, level = {} WHERE id = {}",
                name, email, role, level or None, row_id,
            )  # fmt: skip
        else:
            last += 1
            await sql(
                "INSERT INTO proposed_person (id, application, position, name, email, role, level) "
                "VALUES ({}, {}, {}, {}, {}, {}, {})",
                row_id, draft.id, last, name, email, role, level or None,
            )  # fmt: skip
        gender = str(changes.get(person_field(key, "gender"), ""))
        if gender == NO_GENDER:
            await sql("DELETE FROM proposed_gender WHERE proposed_person = {}", row_id)
        elif gender:
            await sql(
                "INSERT INTO proposed_gender (proposed_person, gender, purpose, stated_at) VALUES ({}, {}, {}, {}) "
                "ON CONFLICT (proposed_person) DO UPDATE SET gender = excluded.gender, purpose = excluded.purpose, "
                "stated_at = excluded.stated_at",
                row_id, gender, GENDER_PURPOSE, now,
            )  # fmt: skip


async def _write_file(draft: Draft, question_id: str, file: KeptFile | None, now: datetime) -> None:
    """Keep a file in the place of the one before, which stays only if it was sent in an earlier version."""
    if not draft.versions:
        await sql("DELETE FROM application_file WHERE application = {} AND question = {}", draft.id, question_id)
    if file:
        await sql(
            "INSERT INTO application_file (id, application, question, name, content_type, content, uploaded_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {})",
            uuid4(), draft.id, question_id, file.name, file.content_type, file.content, now,
        )  # fmt: skip


# Sending


async def _freeze(draft: Draft, lab: LabRow, editor: EditorRow, now: datetime) -> None:
    """Keep word for word what is sent, and post the receipts, in the caller's transaction."""
    assert lab.call is not None
    number = draft.versions[0].number + 1 if draft.versions else 1
    await sql(
        "INSERT INTO application_version (id, application, number, content, sent_by, sent_at) "
        "VALUES ({}, {}, {}, {}, {}, {})",
        uuid4(), draft.id, number, msgspec.json.encode(_sent(draft, lab)).decode(), editor.name, now,
    )  # fmt: skip
    if draft.is_draft:
        await sql(
            "UPDATE application SET status = 'submitted', submitted_at = {}, status_at = {} WHERE id = {}",
            now, now, draft.id,
        )  # fmt: skip
    application = await application_by_id(draft.id, drafts=True)
    contact = next((one for one in draft.editors if email_key(one.email) == email_key(application.email)), draft.first)
    for one in {email_key(each.email): each for each in (*draft.editors, editor, contact)}.values():
        person = application.contact if one is contact else None
        await post_letter(received_letter(lab, application, one, number=number, person=person), now=now)
    action = "apply_to_lab" if number == 1 else "change_application"
    await record(action, "application", draft.id, account_id=None, now=now)


def _sent(draft: Draft, lab: LabRow) -> SentContent:
    assert lab.call is not None
    one, content, language = draft.application, lab.call.content, draft.application.language
    answers = []
    for question in content.questions_of():
        if question.id not in draft.answers:
            continue
        words, spoken = question.in_words(language, content.language)
        file = draft.file_of(question.id)
        answers.append(
            SentAnswer(
                id=question.id,
                question=words.label,
                answer=in_words(question, draft.answers[question.id], language, content.language),
                language=spoken,
                file=file.id if file else None,
            )
        )
    return SentContent(
        applicant=one.member_name,
        lab=lab.full_title or lab.name,
        contact_name=one.contact_name,
        email=one.email,
        motivation=one.motivation,
        offers=one.offers,
        needs=one.needs,
        language=one.language,
        languages=draft.languages,
        preference=draft.preference,
        answers=tuple(answers),
        people=tuple(SentPerson(each.name, each.email, each.role, each.level) for each in draft.people),
        organisation=draft.organisation,
        city=draft.city,
        country=draft.country,
    )


async def apply_to_lab(slug: str, new: NewApplication, *, now: datetime) -> ApplicationRow:
    """
    Apply to a lab in the name of a member in one go; the contact person gets a receipt with the personal link.

    What the call asks besides is not part of it, and can be added by the link until the call closes.

    Raises:
        NotFound: there is no such lab.
        CallClosed: it takes no applications now.
        Problems: something in the form is missing or wrong.
        ApplicationExists: the member has as many applications as the call allows.

    """
    lab = await lab_by_slug(slug)
    check_open(lab, now)
    assert lab.call is not None
    new, member = await _checked_application(new, now)
    application_id = uuid4()
    async with transaction():
        contact = await person_with_email(
            new.email, name=new.contact_name, now=now, member=member["id"], language=new.language
        )
        # the partial index decides between two at once, so nobody has to look first
        for entry in range(1, lab.call.content.applications_per_member + 1):
            done = await sql(
                "INSERT INTO application (id, lab, member, contact, contact_name, motivation, offers, needs, status, "
                "reason, language, entry, link_version, version, submitted_at, status_at, begun_at) "
                "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 'draft', '', {}, {}, 1, 1, {}, {}, {}) "
                "ON CONFLICT (lab, member, entry) WHERE status <> 'withdrawn' DO NOTHING RETURNING id",
                application_id, lab.id, member["id"], contact, new.contact_name, new.motivation, new.offers, new.needs,
                new.language, entry, now, now, now,
            )  # fmt: skip
            if done:
                break
        else:
            raise ApplicationExists(
                Sentence(
                    "%(member)s has applied to “%(lab)s” already. The link in the letter of receipt leads to the "
                    "application.",
                    member=member["name"],
                    lab=lab.name,
                )
            )
        editor = await _insert_editor(application_id, new.contact_name, new.email, new.language, now)
        await _freeze(await draft_of(application_id), lab, editor, now)
    return await application_by_id(application_id)


async def _checked_application(new: NewApplication, now: datetime) -> tuple[NewApplication, Row]:
    """The form with its text tidied and its member found; every fault at once."""
    new = replace(
        new,
        contact_name=clean_line(new.contact_name),
        email=new.email.strip(),
        # characters that nobody sees are no answer
        motivation=clean_text(new.motivation) if clean_line(new.motivation) else "",
        offers=clean_text(new.offers),
        needs=clean_text(new.needs),
    )
    problems = {
        **application_problems(
            contact_name=new.contact_name, motivation=new.motivation, offers=new.offers, needs=new.needs
        ),
        **_language_problem(new.language),
    }
    if wrong := email_problem(new.email):
        problems["email"] = [wrong]
    member, faults = await _member_of(new.member, now)
    problems |= faults
    if problems:
        raise Problems(problems)
    assert member is not None
    return new, member


# Withdrawing


async def withdraw_application(token: str, *, now: datetime) -> ApplicationRow:
    """
    Take an application back by the link of whoever began it. Withdrawing twice is withdrawing once.

    Raises:
        NotFound: the link opens nothing.
        NotYours: the link is that of a colleague who was invited.
        ApplicationStands: it was declined.

    """
    editor = await editor_by_link(token)
    async with transaction():
        draft = await _locked(editor.application)
        _check_first(draft, editor)
        before = draft.application
        if before.status == ApplicationStatus.WITHDRAWN:
            return before
        if not may_withdraw(before.status):
            raise ApplicationStands(Sentence("This application was declined, so it cannot be withdrawn."))
        await write_status(before, ApplicationStatus.WITHDRAWN, before.reason, now)
        await record("withdraw_application", "application", before.id, account_id=None, now=now)
    return await application_by_id(before.id, drafts=True)
