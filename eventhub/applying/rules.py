"""Words and law of an application that several people write: its fields, whose change counts, and when it is complete."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from eventhub.calls.rules import FIRST_STAGE, SECOND_STAGE, CallContent
from eventhub.directory.rules import Gender, Level, clean_line, clean_text
from eventhub.labs.rules import LONGEST_ANSWER, LONGEST_NAME, ApplicationStatus
from eventhub.questions.rules import (
    LONGEST_LINE,
    LONGEST_TEXT,
    Question,
    QuestionKind,
    control_name,
    too_long,
)
from eventhub.words import Sentence

#: People who work on one application.
MOST_EDITORS = 12
#: People kept on one application while it is written, however many the call wants.
MOST_ROWS = 40
LONGEST_ORGANISATION, LONGEST_CITY, LONGEST_ADDRESS, LONGEST_ROLE = 200, 120, 254, 120
#: Characters of a code that somebody chooses.
LONGEST_CODE = 60
#: Why the gender of a proposed person is asked; kept beside the answer.
GENDER_PURPOSE = "balance of women and men in the cohort"

#: What a field holds: a text, or what was ticked.
Value = str | list[str]


class Shape(StrEnum):
    """How a field is read."""

    LINE = "line"
    TEXT = "text"
    CODE = "code"
    CODES = "codes"


@dataclass(frozen=True)
class Kept:
    """How one field is read and how long it may be."""

    shape: Shape
    longest: int


_STANDARD = {
    "contact_name": Kept(Shape.LINE, LONGEST_NAME),
    "language": Kept(Shape.CODE, 2),
    "motivation": Kept(Shape.TEXT, LONGEST_ANSWER),
    "offers": Kept(Shape.TEXT, LONGEST_ANSWER),
    "needs": Kept(Shape.TEXT, LONGEST_ANSWER),
    "languages": Kept(Shape.CODES, LONGEST_CODE),
    "preference": Kept(Shape.CODE, 3),
}
#: Columns of an application that people fill in, besides the questions of its call.
STANDARD_FIELDS = tuple(_STANDARD)

_PERSON = {
    "name": Kept(Shape.LINE, LONGEST_NAME),
    "email": Kept(Shape.LINE, LONGEST_ADDRESS),
    "role": Kept(Shape.LINE, LONGEST_ROLE),
    "level": Kept(Shape.CODE, LONGEST_CODE),
    "gender": Kept(Shape.CODE, LONGEST_CODE),
}
#: Gender is written and never shown again: left empty, what was answered before stays.
PERSON_PARTS = tuple(part for part in _PERSON if part != "gender")
#: Deletes what was answered before.
NO_GENDER = "none"
_PERSON_FIELD = re.compile(rf"person_([0-9a-f]{{32}})_({'|'.join(_PERSON)})")


def person_field(key: str, part: str) -> str:
    """The name of a field about a proposed person; `key` is the id of the person in hexadecimal digits."""
    return f"person_{key}_{part}"


def parts_of_person(name: str) -> tuple[str, str] | None:
    """The id and the part of a field about a proposed person; None: it is another field."""
    found = _PERSON_FIELD.fullmatch(name)
    return (found[1], found[2]) if found else None


_SHAPES = {
    QuestionKind.LONG_TEXT: Kept(Shape.TEXT, LONGEST_TEXT),
    QuestionKind.CHOICE: Kept(Shape.CODE, LONGEST_CODE),
    QuestionKind.CHOICES: Kept(Shape.CODES, LONGEST_CODE),
}


def kept_as(name: str, questions: Sequence[Question], stage: int) -> Kept | None:
    """
    How a field is read; None: it is no field of this stage.

    Files are no fields: they are sent with the form only.
    """
    for question in questions:
        if name == control_name(question.id):
            return (
                None
                if question.kind == QuestionKind.FILE
                else _SHAPES.get(QuestionKind(question.kind), Kept(Shape.LINE, LONGEST_LINE))
            )
    if stage != FIRST_STAGE:
        return None
    if person := parts_of_person(name):
        return _PERSON[person[1]]
    return _STANDARD.get(name)


def tidied(value: object, kept: Kept) -> Value:
    """What somebody typed as it is kept; whatever was sent, the result can be."""
    if kept.shape is Shape.CODES:
        many = value if isinstance(value, list) else [value]
        return sorted({clean_line(str(one)) for one in many if one not in ("", None)})
    if isinstance(value, list):
        value = value[0] if value else ""
    text = "" if value is None else str(value)
    if len(text) > 4 * kept.longest + 100:  # not worth tidying
        return text[: kept.longest + 1]
    if kept.shape is Shape.TEXT:
        return clean_text(text) if clean_line(text) else ""
    return clean_line(text)


def value_problem(name: str, value: Value, kept: Kept, *, languages: Sequence[str]) -> Sentence | None:
    """Why a value cannot even be kept in a draft; None: it can."""
    texts = value if isinstance(value, list) else [value]
    if len(texts) > LONGEST_CODE or any(len(text) > kept.longest for text in texts):
        return too_long(kept.longest)
    person = parts_of_person(name)
    part = person[1] if person else name
    if part == "language" and value not in languages:
        return Sentence("Please choose one of the answers.")
    if part == "languages" and not set(texts) <= set(languages):
        return Sentence("Please choose among the answers.")
    if part == "preference" and value and not re.fullmatch("[1-9][0-9]?", str(value)):
        return Sentence("Please choose one of the answers.")
    if person and part == "level" and value and value not in set(Level):
        return Sentence("Please choose one of the answers.")
    if person and part == "gender" and value and value not in {*Gender, NO_GENDER}:
        return Sentence("Please choose one of the answers.")
    return None


# Two at once


def digest(value: Value) -> str:
    """What a form remembers of a field as it was shown, to tell whether somebody has changed it since."""
    text = "\n".join(sorted(value)) if isinstance(value, list) else value
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


#: What a field was whose form remembers nothing of it.
NOTHING = digest("")


@dataclass(frozen=True)
class Conflict:
    """Two texts of one field, by two people at once."""

    theirs: Value
    mine: Value


@dataclass
class Merged:
    """What a form changes, and what it cannot change because somebody else did."""

    changes: dict[str, Value] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)


def merged(current: Mapping[str, Value], typed: Mapping[str, Value], was: Mapping[str, str]) -> Merged:
    """
    Tell what of a form is a change of its writer.

    A field that its writer left as it was shown changes nothing, whatever has
    become of it meanwhile. One that both changed is a conflict.

    Args:
        current: What is kept now; a field that is not there is empty.
        typed: What the form holds.
        was: Digests of what the form showed; without one, an empty field.

    """
    done = Merged()
    for name, mine in typed.items():
        theirs = current.get(name, [] if isinstance(mine, list) else "")
        base = was.get(name) or NOTHING
        if digest(mine) in (digest(theirs), base):
            continue
        if digest(theirs) == base:
            done.changes[name] = mine
        else:
            done.conflicts[name] = Conflict(theirs, mine)
    return done


def joined(theirs: Value, mine: Value) -> Value:
    """Both texts one after the other, or all that either has ticked."""
    if isinstance(theirs, list) or isinstance(mine, list):
        return sorted({*theirs, *mine})
    return "\n\n".join(one for one in (theirs, mine) if one)


# Stages


def open_stage(
    status: str, content: CallContent, *, takes: bool, closes_at: datetime, now: datetime, grace: timedelta
) -> int | None:
    """
    Which stage of an application can be written now; None: none.

    The second begins when the call closes, and is for those that have sent the first and are not decided about.

    Args:
        takes: Whether the call takes this application now.

    """
    if takes and status in (ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED):
        return FIRST_STAGE
    last = content.second_stage_closes_at
    if (
        status == ApplicationStatus.SUBMITTED
        and content.has_second_stage
        and last is not None
        and closes_at <= now < last + grace
    ):
        return SECOND_STAGE
    return None


# Completeness


@dataclass(frozen=True)
class Proposed:
    """A person whom a member proposes, as typed."""

    key: str
    name: str = ""
    email: str = ""
    role: str = ""
    level: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said of the person."""
        return not (self.name or self.email or self.role or self.level)


def people_in(values: Mapping[str, Value]) -> list[Proposed]:
    """The proposed people among the values of a form, in order, those left empty too."""
    keys: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        if (found := parts_of_person(name)) and found[1] != "gender":
            keys.setdefault(found[0], {})[found[1]] = str(value)
    return [Proposed(key, **parts) for key, parts in keys.items()]


def completeness_problems(
    values: Mapping[str, Value], content: CallContent, *, address_problems: Mapping[str, Sentence]
) -> dict[str, list[str]]:
    """
    Say everything that is missing before an application can be sent, by field; its questions apart.

    Args:
        address_problems: What is wrong with addresses of proposed people, by field.

    """
    faults: dict[str, list[str]] = {}
    if not values.get("contact_name"):
        faults["contact_name"] = [Sentence("Please give the name of the contact person.")]
    if not values.get("motivation"):
        faults["motivation"] = [Sentence("Please say why you apply.")]
    people = [one for one in people_in(values) if not one.is_empty]
    for one in people:
        for part, given, missing in (
            ("name", one.name, Sentence("Please give the name of the person.")),
            ("email", one.email, Sentence("Please give an e-mail address.")),
            ("role", one.role, Sentence("Please say what the person does.")),
            (
                "level",
                one.level,
                Sentence("Please say whether the person takes part at the political or technical level."),
            ),
        ):
            if not given:
                faults[person_field(one.key, part)] = [missing]
    for name, unsound in address_problems.items():
        faults.setdefault(name, [unsound])
    seen: set[str] = set()
    for one in people:
        name = person_field(one.key, "email")
        if one.email and one.email.casefold() in seen and name not in faults:
            faults[name] = [Sentence("Two people have this address. Each needs an address of their own.")]
        seen.add(one.email.casefold())
    if wrong := _number_problem(len(people), content):
        faults["people"] = [wrong]
    return faults


def _number_problem(number: int, content: CallContent) -> Sentence | None:
    if number < content.people_min:
        return Sentence.counted(
            "Please propose at least %(num)s person.", "Please propose at least %(num)s people.", content.people_min
        )
    if number > content.people_max:
        if content.people_max == 0:
            return Sentence("This call asks for no people; please remove those you have written.")
        return Sentence.counted(
            "You can propose %(num)s person at most.", "You can propose %(num)s people at most.", content.people_max
        )
    return None


def free_entry(taken: Iterable[int], most: int) -> int | None:
    """The number of a member's next application to a lab; None: it has as many as the call allows."""
    used = set(taken)
    return next((number for number in range(1, most + 1) if number not in used), None)
