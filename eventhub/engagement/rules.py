"""
What the cells and closing rows of the engagement matrix mean, and when a member is activated.

Source: the domain brief, section 5, “The engagement matrix”. The columns
themselves are data (columns.py).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from eventhub.words import Sentence

FIRST_YEAR, LAST_YEAR = 1985, 2100
QUARTERS = (1, 2, 3, 4)
LONGEST_COMMENT = 500
MOST_IN_CELL = 9_999
#: What the matrix prints where a column is not added up.
DASH = "–"


class CellKind(StrEnum):
    """How a cell is printed, and how it is read back."""

    YES = "yes"
    ONE = "one"
    NUMBER = "number"
    YEAR = "year"
    ROLE = "role"


class MembersRow(StrEnum):
    """What the row “Total members” counts: members with anything, or with the year of the matrix only."""

    ANYTHING = "anything"
    OF_THE_YEAR = "of_the_year"


class TotalRow(StrEnum):
    """What the row “Total” prints: the sum, or a dash."""

    SUM = "sum"
    DASH = "dash"


@dataclass(frozen=True)
class Column:
    """
    One kind of engagement. Columns are data, since they change from plan to plan.

    `count` names the function that computes it (counts.py); `stated` ones are
    only typed in or imported. `kinds` narrows a count to kinds of events; none
    means all. `activates` tells whether a cell makes a member active,
    `presence` whether somebody of the member must have been there.
    """

    code: str
    name: Sentence
    definition: Sentence
    cell: CellKind = CellKind.NUMBER
    count: str = "stated"
    kinds: frozenset[str] = frozenset()
    members_row: MembersRow = MembersRow.ANYTHING
    total_row: TotalRow = TotalRow.DASH
    activates: bool = False
    presence: bool = False
    first_year: int | None = None
    last_year: int | None = None

    @property
    def is_computed(self) -> bool:
        """Whether the data can give it."""
        return self.count != "stated"

    @property
    def is_yes_or_no(self) -> bool:
        """Whether its cells are yes or empty."""
        return self.cell is CellKind.YES

    def is_in(self, year: int) -> bool:
        """Whether the matrix of a year has this column."""
        return (self.first_year or year) <= year <= (self.last_year or year)


@dataclass(frozen=True)
class Roles:
    """Projects that a member leads, and those in which it is a partner."""

    leads: int = 0
    partners: int = 0

    def __bool__(self) -> bool:
        return bool(self.leads or self.partners)

    def __str__(self) -> str:
        said = [
            f"{letter} ({number})" if number > 1 else letter
            for letter, number in (("L", self.leads), ("P", self.partners))
            if number
        ]
        return ", ".join(said)


Value = int | Roles


def nothing(column: Column) -> Value:
    """The value of an empty cell."""
    return Roles() if column.cell is CellKind.ROLE else 0


#: What stands for a dash: hyphens, the minus sign and dashes of every length.
_DASHES = frozenset("-‐‑‒–—―−")
_NOTHING = frozenset({"", "0", "no"}) | _DASHES
_YES = frozenset({"yes", "y", "x", "1", "true", "✓", "✔", "✅", "☑", "●", "•", "sí", "si", "oui"})
_ROLE = re.compile(r"([lp])\s*(?:\(\s*([0-9]{1,4})\s*\))?")
#: Full-width brackets, and the sign that only says how the one before it is drawn.
_DRAWN = str.maketrans({"（": "(", "）": ")", "\ufe0f": None})


class Unreadable(ValueError):
    """A cell says nothing that its column can hold; `reason` says what it can."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(reason)
        self.reason = reason


def read_value(column: Column, text: str, year: int) -> Value:
    """
    What a printed or typed cell says: `Yes`, `2`, `L`, `P (2)`, `L, P`, a year, or nothing.

    Raises:
        Unreadable: it is none of these, or not for this column.

    """
    said = _tidied(text)
    if said in _NOTHING:
        return nothing(column)
    match column.cell:
        case CellKind.YES | CellKind.ONE:
            if said in _YES:
                return 1
            raise Unreadable(Sentence("“%(given)s” is neither yes nor empty.", given=text.strip()[:40]))
        case CellKind.NUMBER:
            if re.fullmatch("[0-9]{1,4}", said):
                return int(said)
            raise Unreadable(Sentence("“%(given)s” is no number from 0 to 9999.", given=text.strip()[:40]))
        case CellKind.YEAR:
            if re.fullmatch("[0-9]{4}", said) and FIRST_YEAR <= int(said) <= year:
                return int(said)
            raise Unreadable(
                Sentence(
                    "“%(given)s” is no year between %(first)s and %(last)s.",
                    given=text.strip()[:40], first=FIRST_YEAR, last=year,
                )
            )  # fmt: skip
        case CellKind.ROLE:
            return _roles(said, text)


def read_closing(text: str) -> int | None:
    """
    What a cell of a closing row says: a number, or None for a dash.

    Raises:
        Unreadable: it is neither.

    """
    said = _tidied(text)
    if said in _DASHES:
        return None
    if re.fullmatch("[0-9]{1,7}", said):
        return int(said)
    raise Unreadable(Sentence("“%(given)s” is neither a number nor a dash.", given=text.strip()[:40]))


def _tidied(text: str) -> str:
    """A cell in small letters and with single spaces; programs write whole numbers as 2.0 where cells are blank."""
    said = " ".join(text.translate(_DRAWN).split()).casefold()
    return said.partition(".")[0] if re.fullmatch(r"[0-9]{1,7}\.0{1,6}", said) else said


def _roles(said: str, text: str) -> Roles:
    found = {"l": 0, "p": 0}
    for part in re.split(r"\s*[,;/+&]\s*|\s+and\s+|(?<=[lp)])\s*(?=[lp])", said):
        match = _ROLE.fullmatch(part)
        if match is None or found[match[1]]:
            raise Unreadable(
                Sentence("“%(given)s” is none of L, P, P (2) or L, P.", given=text.strip()[:40]),
            )
        found[match[1]] = int(match[2]) if match[2] else 1
    return Roles(found["l"], found["p"])


def printed(column: Column, value: Value) -> str | int | None:
    """A cell as the matrix prints it; nothing is empty."""
    if column.cell is CellKind.YES:
        return "yes" if value else ""
    if isinstance(value, Roles):
        return str(value)
    return value or None


def kept_text(column: Column, value: Value) -> str:
    """A value as it is kept in the database: what is printed, and 0 for what was said to be empty."""
    return str(printed(column, value) or "0")


@dataclass(frozen=True)
class Cell:
    """
    One cell: what the data give, and what somebody has said in its place.

    `computed` is None where the data cannot give it, `stated` where nobody
    said anything. What was said goes first, and the other is kept beside it.
    """

    empty: Value = 0
    computed: Value | None = None
    stated: Value | None = None

    @property
    def value(self) -> Value:
        """What the matrix shows."""
        if self.stated is not None:
            return self.stated
        return self.empty if self.computed is None else self.computed

    @property
    def is_stated(self) -> bool:
        """Whether somebody typed it in, imported or confirmed it."""
        return self.stated is not None

    @property
    def differs(self) -> bool:
        """Whether what was said is not what the data give."""
        return self.stated is not None and self.computed is not None and self.stated != self.computed


@dataclass(frozen=True)
class MemberRow:
    """
    One member of the matrix.

    `is_member_at_end` tells whether it still belonged at the end of the year,
    or of the part of it that was asked for: the rate is taken over these.
    """

    key: str
    name: str
    cells: Mapping[str, Cell]
    is_new: bool = False
    is_board_member: bool = False
    is_member_at_end: bool = True


@dataclass(frozen=True)
class EngagementMatrix:
    """The matrix of a year: one row per member in order of names, one column per kind of engagement."""

    year: int
    columns: tuple[Column, ...]
    rows: tuple[MemberRow, ...]

    def total_members(self) -> dict[str, int]:
        """The row “Total members”: how many members have anything in a column."""
        return total_members(self.columns, [row.cells for row in self.rows], self.year)

    def total(self) -> dict[str, int | None]:
        """The row “Total”: the sum of a column, None where the matrix prints a dash."""
        return total(self.columns, [row.cells for row in self.rows])

    @property
    def members_at_end(self) -> int:
        """Members that still belonged at the end."""
        return sum(row.is_member_at_end for row in self.rows)

    @property
    def activated_at_end(self) -> int:
        """Those of them that are activated."""
        return sum(bool(row.cells["activated"].value) for row in self.rows if row.is_member_at_end)

    @property
    def rate_pct(self) -> int | None:
        """Activated members in whole per cent of all members at the end, rounded half up; None without members."""
        return share(self.activated_at_end, self.members_at_end)


def share(part: int, whole: int) -> int | None:
    """A share in whole per cent, rounded half up; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None


def total_members(columns: Iterable[Column], rows: list[Mapping[str, Cell]], year: int) -> dict[str, int]:
    """How many members have anything in each column, or the year itself where only that counts."""
    return {
        column.code: sum(
            row[column.code].value == year if column.members_row is MembersRow.OF_THE_YEAR else bool(row[column.code].value)
            for row in rows
        )
        for column in columns
    }  # fmt: skip


def total(columns: Iterable[Column], rows: list[Mapping[str, Cell]]) -> dict[str, int | None]:
    """The sum of each column, None where the matrix prints a dash."""
    return {
        column.code: sum(_number(row[column.code].value) for row in rows) if column.total_row is TotalRow.SUM else None
        for column in columns
    }


def _number(value: Value) -> int:
    return value.leads + value.partners if isinstance(value, Roles) else value


def suggested(columns: Iterable[Column], cells: Mapping[str, Cell]) -> int:
    """1 when anything in a column that makes a member active is there, else 0."""
    return int(any(cells[column.code].value for column in columns if column.activates))


# Dates


def quarter_ends(year: int, quarter: int) -> date:
    """The last day of a quarter."""
    return date(year + quarter // 4, quarter * 3 % 12 + 1, 1) - timedelta(days=1)


def quarter_of(day: date) -> int:
    """The quarter of a day."""
    return (day.month + 2) // 3


def belongs_on(joined_year: int | None, left_on: date | None, day: date) -> bool:
    """
    Whether a member belonged to the association on a day; what is not known does not exclude it.

    Joining is known by its year only: whoever joined in a year belongs to all of it.
    """
    return (joined_year is None or joined_year <= day.year) and (left_on is None or left_on >= day)


def belongs_in(joined_year: int | None, left_on: date | None, year: int) -> bool:
    """Whether a member belonged in some part of a year."""
    return belongs_on(joined_year, left_on, date(year, 1, 1))


# Activation by quarter


@dataclass(frozen=True)
class ActivationRow:
    """One member at the end of a quarter: what activity suggests, and what staff have confirmed, if they did."""

    key: str
    name: str
    suggested: bool
    confirmed: bool | None = None
    comment: str = ""
    confirmed_by: str = ""
    confirmed_at: object = None

    @property
    def active(self) -> bool:
        """What holds: the confirmation, else the suggestion."""
        return self.suggested if self.confirmed is None else self.confirmed

    @property
    def differs(self) -> bool:
        """Whether staff have said otherwise than activity suggests."""
        return self.confirmed is not None and self.confirmed != self.suggested


@dataclass(frozen=True)
class Activation:
    """Which members are activated at the end of a quarter; the rows are all members at that date."""

    year: int
    quarter: int
    ends_on: date
    rows: tuple[ActivationRow, ...] = field(default=())

    @property
    def activated(self) -> int:
        """How many are."""
        return sum(row.active for row in self.rows)

    @property
    def confirmed(self) -> int:
        """How many staff have confirmed, as active or not."""
        return sum(row.confirmed is not None for row in self.rows)

    @property
    def members(self) -> int:
        """All members at the end of the quarter."""
        return len(self.rows)

    @property
    def rate_pct(self) -> int | None:
        """Activated ones in whole per cent of all members, rounded half up; None without members."""
        return share(self.activated, self.members)


def comment_problem(comment: str) -> Sentence | None:
    """Say what is wrong with a comment, or None."""
    if len(comment) > LONGEST_COMMENT:
        return Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_COMMENT)
    return None
