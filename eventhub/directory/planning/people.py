"""A file of persons against the known ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eventhub.directory.addresses import email_problem
from eventhub.directory.planning.members import Member, MemberNames, ambiguous
from eventhub.directory.planning.shared import Cells, ImportPlan, in_line_too, plan_of, same_rows
from eventhub.directory.rules import email_key
from eventhub.privacy.rules import ERASED_KEY
from eventhub.settings import KNOWN_LANGUAGES
from eventhub.spreadsheets import Sheet, cell_problem
from eventhub.words import Sentence

PERSON_REQUIRED = ("name",)
PERSON_OPTIONAL = ("outside_key", "email", "member", "organisation", "country", "language", "person_id")


@dataclass(frozen=True)
class Person:
    """What is known, or said by a file, of one person; `member` is a key, `person_id` our own. Never a gender."""

    outside_key: str | None
    name: str
    email: str | None
    member: str = ""
    organisation: str = ""
    country: str = ""
    language: str = "en"
    person_id: str = ""


def plan_people_import(
    sheet: Sheet, existing: Sequence[Person], members: Sequence[Member], former: Mapping[str, str] | None = None
) -> ImportPlan[Person]:
    """
    Compare a file of persons with the known ones.

    A row is found by its outside key, else by our own key, else by its address; when these are of different people,
    the row is refused.

    Args:
        former: Addresses of records that were merged, with the id of the person that they lead to.

    """
    problems: list[Sentence] = []
    names = MemberNames(members)
    keys = {member.key for member in members}
    by_outside_key = {person.outside_key: person for person in existing if person.outside_key}
    by_email = {email_key(person.email): person for person in existing if person.email}
    by_id = {person.person_id: person for person in existing if person.person_id}
    planned: list[tuple[int, Person | None, Person]] = []
    for row in sheet.rows:
        faults: list[Sentence] = []
        cells = Cells(row, faults)
        said = _person_of(cells, keys, names)
        known = by_outside_key.get(said.outside_key or "")
        own = by_id.get(said.person_id)
        same = by_email.get(email_key(said.email)) if said.email else None
        if said.email and not same and (same := by_id.get((former or {}).get(email_key(said.email), ""))):
            said = replace(said, email=same.email)
        if said.person_id and not own:
            cells.wrong(
                "person_id",
                Sentence("there is no person “%(given)s”; the record may have been merged.", given=said.person_id[:40]),
            )
        if known and own and known != own:
            cells.wrong(
                "person_id",
                Sentence("this is another person than that of the key “%(key)s”.", key=said.outside_key),
            )
        if same and (keyed := known or own) and keyed != same:
            cells.wrong(
                "email",
                Sentence(
                    "the address belongs to another person than the key “%(key)s”.",
                    key=said.outside_key if known else said.person_id,
                ),
            )
        if said.outside_key and said.outside_key.startswith(ERASED_KEY):
            cells.wrong("outside_key", Sentence("this key is of somebody who was forgotten, and stays so."))
        before = known or own or same
        if not said.outside_key and not said.email and not own:
            cells.wrong(
                "email" if cells.has("email") else "name",
                Sentence("a person needs an e-mail address or an outside key, to be found again."),
            )
        problems += faults
        if faults:
            continue
        if before:
            kept = {column: getattr(before, column) for column in PERSON_OPTIONAL if not cells.has(column)}
            said = replace(said, **kept | {"person_id": before.person_id})
        planned.append((row.line, before, said))
    for column in ("outside_key", "email"):
        found = [(line, value) for line, _, after in planned if (value := _identity(after, column))]
        problems += same_rows(found, column)
    problems += _same_person(planned)
    return plan_of([(b, a) for _, b, a in planned], list(dict.fromkeys(problems)))


def _identity(person: Person, column: str) -> str:
    return email_key(person.email) if column == "email" and person.email else getattr(person, column) or ""


def _same_person(planned: Sequence[tuple[int, Person | None, Person]]) -> list[Sentence]:
    """Two rows that meet in one known person, by her key and by her address."""
    lines: dict[Person, int] = {}
    found = []
    for line, before, _ in planned:
        if before and lines.setdefault(before, line) != line:
            found.append(cell_problem(line, "name", in_line_too(before.name, lines[before])))
    return found


def _person_of(cells: Cells, keys: set[str], names: MemberNames) -> Person:
    email = cells.text("email", 254) or None
    if email and (wrong := email_problem(email)):
        cells.wrong("email", wrong)
    member = cells.text("member", 200)
    if member and member not in keys:
        found = names.of(member)
        if len(found) > 1:
            cells.wrong("member", ambiguous(member, found))
        elif not found:
            cells.wrong("member", Sentence("there is no member “%(given)s”.", given=member[:80]))
        else:
            member = found[0]
    return Person(
        outside_key=cells.text("outside_key", 120) or None,
        name=cells.text("name", 200, needed=True),
        email=email,
        member=member,
        organisation=cells.text("organisation", 200),
        country=cells.country(),
        language=cells.one_of("language", KNOWN_LANGUAGES, usual="en"),
        person_id=cells.text("person_id", 36).lower(),
    )
