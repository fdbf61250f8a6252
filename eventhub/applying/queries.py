"""Reads of applications as those see them who write them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from eventhub.applying.rules import PERSON_PARTS, Value, person_field
from eventhub.calls.rules import CallContent
from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.labs.queries import ApplicationRow, application_by_id, no_such_link
from eventhub.labs.rules import ApplicationStatus
from eventhub.links import make_link, read_link
from eventhub.questions.rules import QuestionKind, control_name
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: What the personal link of one editor opens, and that of whoever was the contact before there were editors.
_EDITOR, _CONTACT = "application_editor", "application"


class EditorRow(msgspec.Struct, frozen=True):
    """Somebody who works on an application; `id` None: the contact of one that came when there were no editors."""

    id: UUID | None
    application: UUID
    name: str
    email: str
    language: str
    link_version: int
    invited_at: datetime
    seen_at: datetime | None

    @property
    def manage_path(self) -> str:
        """The personal link without the host."""
        if self.id is None:
            return f"/applications/{make_link(_CONTACT, self.application, self.link_version)}"
        return f"/applications/{make_link(_EDITOR, self.id, self.link_version)}"

    @property
    def manage_url(self) -> str:
        """The personal link."""
        return f"{current_settings().base_url}{self.manage_path}"


class ProposedRow(msgspec.Struct, frozen=True):
    """A proposed person; what they said of their gender is kept apart, and only that there is an answer is known here."""

    id: UUID
    name: str
    email: str
    role: str
    level: str
    has_gender: bool


class FileRow(msgspec.Struct, frozen=True):
    """A file that was sent, without its content; the newest of each question counts."""

    id: UUID
    question: str
    name: str
    content_type: str
    octets: int
    uploaded_at: datetime


class VersionRow(msgspec.Struct, frozen=True):
    """One sending, as it was."""

    number: int
    sent_by: str
    sent_at: datetime


class SentPerson(msgspec.Struct, frozen=True):
    """A proposed person as sent."""

    name: str
    email: str
    role: str
    level: str = ""


class SentAnswer(msgspec.Struct, frozen=True):
    """A question and its answer, in the words in which they were read and written then."""

    id: str
    question: str
    answer: str
    language: str
    file: UUID | None = None


class SentContent(msgspec.Struct, frozen=True):
    """What was sent, word for word; gender is kept apart and not here."""

    applicant: str
    lab: str
    contact_name: str
    email: str
    motivation: str
    offers: str
    needs: str
    language: str
    languages: tuple[str, ...] = ()
    preference: int | None = None
    answers: tuple[SentAnswer, ...] = ()
    people: tuple[SentPerson, ...] = ()
    organisation: str = ""
    city: str = ""
    country: str = ""


class Draft(msgspec.Struct, frozen=True):
    """An application with all that its editors see."""

    application: ApplicationRow
    organisation: str
    city: str
    country: str
    is_eligible: bool | None
    eligibility_reason: str
    answers: dict[str, Any]
    languages: tuple[str, ...]
    preference: int | None
    saved_at: datetime | None
    saved_by: str
    left_on: date | None
    people: tuple[ProposedRow, ...]
    files: tuple[FileRow, ...]
    editors: tuple[EditorRow, ...]
    versions: tuple[VersionRow, ...]

    @property
    def id(self) -> UUID:
        """Its key."""
        return self.application.id

    @property
    def status(self) -> str:
        """Where it stands."""
        return self.application.status

    @property
    def is_draft(self) -> bool:
        """Whether it was never sent."""
        return self.application.status == ApplicationStatus.DRAFT

    @property
    def first(self) -> EditorRow:
        """Who began it, and invites the others."""
        return self.editors[0]

    def has_left(self, today: date) -> bool:
        """Whether the member is no member any more."""
        return self.left_on is not None and self.left_on <= today

    def file_of(self, question_id: str) -> FileRow | None:
        """The file that answers a question now."""
        if question_id not in self.answers:
            return None
        return next((file for file in self.files if file.question == question_id), None)

    def values(self, content: CallContent) -> dict[str, Value]:
        """What is kept, by the name of its field; files are no fields."""
        one = self.application
        found: dict[str, Value] = {
            "contact_name": one.contact_name,
            "language": one.language,
            "motivation": one.motivation,
            "offers": one.offers,
            "needs": one.needs,
            "languages": list(self.languages),
            "preference": str(self.preference or ""),
        }
        for question in content.questions_of():
            if question.kind != QuestionKind.FILE and question.id in self.answers:
                kept = self.answers[question.id]
                found[control_name(question.id)] = [str(each) for each in kept] if isinstance(kept, list) else str(kept)
        for person in self.people:
            found |= {person_field(person.id.hex, part): getattr(person, part) for part in PERSON_PARTS}
        return found


async def draft_of(application_id: UUID) -> Draft:
    """
    An application with all that its editors see; the same number of queries for every one.

    Raises:
        NotFound: there is none.

    """
    application = await application_by_id(application_id, drafts=True)
    (row,) = await sql(
        "SELECT a.organisation AS organisation, a.city AS city, a.country AS country, a.is_eligible AS is_eligible, "
        "a.eligibility_reason AS eligibility_reason, a.answers AS answers, a.languages AS languages, "
        "a.preference AS preference, a.saved_at AS saved_at, a.saved_by AS saved_by, m.left_on AS left_on "
        "FROM application a LEFT JOIN member m ON m.id = a.member WHERE a.id = {}",
        application_id,
    )
    people = await sql(
        "SELECT p.id AS id, p.name AS name, p.email AS email, p.role AS role, COALESCE(p.level, '') AS level, "
        "(SELECT COUNT(*) FROM proposed_gender g WHERE g.proposed_person = p.id) AS has_gender FROM proposed_person p WHERE p.application = {} ORDER BY p.position",
        application_id,
    )
    files = await sql(
        "SELECT id, question, name, content_type, length(content) AS octets, uploaded_at FROM application_file "
        "WHERE application = {} ORDER BY uploaded_at DESC, id",
        application_id,
    )
    versions = await sql(
        "SELECT number, sent_by, sent_at FROM application_version WHERE application = {} ORDER BY number DESC",
        application_id,
    )
    editors = await editors_of(application_id)
    answers, spoken = row.pop("answers"), row.pop("languages")
    return Draft(
        application=application,
        **row,
        answers=answers_in(answers),
        languages=tuple(code for code in spoken.split(",") if code),
        people=tuple(ProposedRow(**one | {"has_gender": bool(one["has_gender"])}) for one in people),
        files=tuple(FileRow(**one) for one in files),
        editors=tuple(editors) or (_contact_of(application),),
        versions=tuple(VersionRow(**one) for one in versions),
    )


def answers_in(kept: str) -> dict[str, Any]:
    """The answers to the questions of a call, by the id of the question; none when they cannot be read."""
    try:
        return msgspec.json.decode(kept, type=dict[str, Any]) if kept else {}
    except msgspec.DecodeError:
        return {}


_EDITOR_COLUMNS = "id, application, name, email, language, link_version, invited_at, seen_at"


async def editors_of(application_id: UUID) -> list[EditorRow]:
    """Who works on an application; who began it comes first."""
    rows = await sql(
        f"SELECT {_EDITOR_COLUMNS} FROM application_editor WHERE application = {{}} ORDER BY invited_at, id",
        application_id,
    )
    return [EditorRow(**row) for row in rows]


def _contact_of(application: ApplicationRow) -> EditorRow:
    return EditorRow(
        None, application.id, application.contact_name, application.email, application.language,
        application.link_version, application.submitted_at, None,
    )  # fmt: skip


async def editor_by_link(token: str) -> EditorRow:
    """
    Whoever holds a personal link of an application.

    Raises:
        NotFound: the link is not ours, was replaced, or its holder works on the application no more.

    """
    if opened := read_link(_EDITOR, token):
        rows = await sql(
            f"SELECT {_EDITOR_COLUMNS} FROM application_editor WHERE id = {{}} AND link_version = {{}}", *opened
        )
        if not rows:
            raise no_such_link()
        return EditorRow(**rows[0])
    if opened := read_link(_CONTACT, token):
        rows = await sql("SELECT id FROM application WHERE id = {} AND link_version = {}", *opened)
        if not rows:
            raise no_such_link()
        # the contact is whoever began it
        editors = await editors_of(opened[0])
        return editors[0] if editors else _contact_of(await application_by_id(opened[0], drafts=True))
    raise no_such_link()


async def sent_version(application_id: UUID, number: int | None = None) -> SentContent | None:
    """What was sent, the newest time or the n-th; None: nothing was."""
    condition, values = ("AND number = {}", [application_id, number]) if number else ("", [application_id])
    rows = await sql(
        f"SELECT content FROM application_version WHERE application = {{}} {condition} ORDER BY number DESC LIMIT 1",
        *values,
    )
    return msgspec.json.decode(rows[0]["content"], type=SentContent) if rows else None


async def file_content(application_id: UUID, file_id: UUID) -> tuple[str, str, bytes]:
    """
    Name, media type and content of a file of an application.

    Raises:
        NotFound: the application has no such file.

    """
    rows = await sql(
        "SELECT name, content_type, content FROM application_file WHERE id = {} AND application = {}",
        file_id,
        application_id,
    )
    if not rows:
        raise NotFound(Sentence("There is no such file."))
    return str(rows[0]["name"]), str(rows[0]["content_type"]), bytes(rows[0]["content"])


class Sibling(msgspec.Struct, frozen=True):
    """Another application of the same member in the same round."""

    lab_name: str
    status: str
    preference: int | None


async def siblings_of(application: ApplicationRow) -> list[Sibling]:
    """The other standing applications of the member to labs of the round, by name of the lab."""
    if application.member is None:
        return []
    rows = await sql(
        "SELECT l.name AS lab_name, a.status AS status, a.preference AS preference FROM application a "
        "JOIN lab l ON l.id = a.lab JOIN lab o ON o.lab_round = l.lab_round "
        "WHERE o.id = {} AND a.member = {} AND a.id <> {} AND a.status <> 'withdrawn' ORDER BY l.name, a.entry",
        application.lab,
        application.member,
        application.id,
    )
    return [Sibling(**row) for row in rows]


async def labs_in_round(lab_id: UUID) -> int:
    """How many labs the round of a lab has, itself included."""
    rows = await sql("SELECT COUNT(*) AS n FROM lab l JOIN lab o ON o.lab_round = l.lab_round WHERE o.id = {}", lab_id)
    return int(rows[0]["n"])
