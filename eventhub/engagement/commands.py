"""What staff say of the engagement of members: who is activated at the end of a quarter, and cells that data cannot give."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql
from eventhub.directory.rules import clean_line
from eventhub.engagement.columns import columns_of
from eventhub.engagement.queries import activation_of, engagement_of
from eventhub.engagement.rules import Unreadable, comment_problem, kept_text, read_value
from eventhub.errors import NotFound, Problems
from eventhub.importing import all_or_nothing, insert_many
from eventhub.words import Sentence


@dataclass(frozen=True)
class Word:
    """What staff say of one member at the end of a quarter."""

    is_active: bool
    comment: str = ""


async def confirm_quarter(
    year: int, quarter: int, words: Mapping[str, Word], *, now: datetime, account_id: UUID | None
) -> int:
    """
    Confirm which members are activated at the end of a quarter; what was said before stays as history.

    Args:
        words: By member key. Members that are not named are left as they are.

    Returns:
        How many members this says something new of.

    Raises:
        Problems: the quarter has not begun, or a comment is too long.
        NotFound: one of the members is none at that date.
        ImportCollision: somebody else confirmed the same members at the same time.

    """
    if date(year, quarter * 3 - 2, 1) > now.date():
        raise Problems({"quarter": [Sentence("This quarter has not begun yet.")]})
    words = {key: Word(word.is_active, clean_line(word.comment)) for key, word in words.items()}
    if wrong := next((found for word in words.values() if (found := comment_problem(word.comment))), None):
        raise Problems({"comment": [wrong]})
    async with all_or_nothing():
        known = {row.key: row for row in (await activation_of(year, quarter)).rows}
        if unknown := words.keys() - known.keys():
            raise NotFound(Sentence("“%(key)s” is no member at the end of this quarter.", key=min(unknown)[:80]))
        changed = {
            key: word
            for key, word in words.items()
            if known[key].confirmed != word.is_active or known[key].comment != word.comment
        }
        await replace_activations(year, quarter, changed, now=now, account_id=account_id)
        if changed:
            detail = f"{year}/{quarter}: {len(changed)}"
            await record("confirm_quarter", "year", str(year), account_id=account_id, now=now, detail=detail)
    return len(changed)


async def replace_activations(
    year: int, quarter: int, words: Mapping[str, Word], *, now: datetime, account_id: UUID | None
) -> None:
    """Write what is said of members by key, in the caller's transaction; an earlier word is kept as replaced."""
    ids = await ids_of(words)
    for key in words:
        await sql(
            "UPDATE activation SET replaced_at = {} WHERE year = {} AND quarter = {} AND member = {} "
            "AND replaced_at IS NULL",
            now, year, quarter, ids[key],
        )  # fmt: skip
    await insert_many(
        "activation",
        ("id", "member", "year", "quarter", "is_active", "comment", "account", "confirmed_at"),
        [
            (uuid4(), ids[key], year, quarter, word.is_active, word.comment, account_id, now)
            for key, word in words.items()
        ],
    )


async def state_cells(
    year: int, key: str, texts: Mapping[str, str], *, now: datetime, account_id: UUID | None
) -> int:  # fmt: skip
    """
    Say what cells of one member hold, by code and as printed; an empty text takes back what was said before.

    Returns:
        How many cells this changes.

    Raises:
        NotFound: the member is not in the matrix of the year.
        Problems: a cell cannot hold what was typed; the fields are the codes.
        ImportCollision: somebody else typed in the same cells at the same time.

    """
    columns = {column.code: column for column in columns_of(year) if column.code != "activated"}
    problems: dict[str, list[str]] = {}
    said: dict[str, str | None] = {}
    for code, text in texts.items():
        if code not in columns:
            continue
        try:
            value = read_value(columns[code], text, year)
        except Unreadable as wrong:
            problems[code] = [wrong.reason]
            continue
        said[code] = kept_text(columns[code], value) if text.strip() else None
    if problems:
        raise Problems(problems)
    async with all_or_nothing():
        row = next((one for one in (await engagement_of(year)).rows if one.key == key), None)
        if row is None:
            raise NotFound(Sentence("There is no such member in the engagement matrix of %(year)s.", year=str(year)))
        changed: dict[str, str | None] = {}
        for code, text_kept in said.items():
            before, column = row.cells[code].stated, columns[code]
            is_empty_anyway = text_kept == "0" and not column.is_computed
            after = None if is_empty_anyway else text_kept
            if after != (None if before is None else kept_text(column, before)):
                changed[code] = after
        await write_cells(year, {key: changed}, source="typed", now=now, account_id=account_id)
        if changed:
            detail = f"{year}: {', '.join(changed)}"
            await record("state_engagement", "member", key, account_id=account_id, now=now, detail=detail)
    return len(changed)


async def write_cells(
    year: int,
    said: Mapping[str, Mapping[str, str | None]],
    *,
    source: str,
    now: datetime,
    account_id: UUID | None,
) -> None:
    """Write texts by member key and code, in the caller's transaction; None takes back what was said."""
    ids = await ids_of(said)
    new = []
    for key, cells in said.items():
        for code, text in cells.items():
            await sql("DELETE FROM engagement_cell WHERE year = {} AND member = {} AND code = {}", year, ids[key], code)
            if text is not None:
                new.append((uuid4(), ids[key], year, code, text, source, account_id, now))
    await insert_many(
        "engagement_cell", ("id", "member", "year", "code", "value", "source", "account", "stated_at"), new
    )


async def ids_of(keys: Iterable[str]) -> dict[str, UUID]:
    """The rows behind keys of members."""
    wanted = set(keys)
    return {row["key"]: row["id"] for row in await sql("SELECT id, key FROM member") if row["key"] in wanted}
