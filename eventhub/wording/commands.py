"""What staff do with the glossary of inclusive wording: add, change and remove a term."""

from datetime import datetime
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.directory.rules import clean_line
from eventhub.errors import NotFound, Problems
from eventhub.settings import current_settings
from eventhub.wording.queries import TermRow, file_terms, term_row
from eventhub.wording.rules import term_key, term_problems
from eventhub.words import Sentence


def _sound(language: str, term: str, alternative: str) -> tuple[str, str]:
    term, alternative = term_key(clean_line(term)), clean_line(alternative)
    if problems := term_problems(language, term, alternative, languages=tuple(current_settings().language_codes)):
        raise Problems(problems)
    return term, alternative


async def add_term(language: str, term: str, alternative: str, *, now: datetime, account_id: UUID) -> str:
    """
    Add a term with its alternative to the glossary of a language; answer it as it is kept.

    Raises:
        Problems: something is missing or too long, or the glossary has the term.

    """
    term, alternative = _sound(language, term, alternative)
    there = Problems({"term": [Sentence("The glossary has this term already; change its alternative there.")]})
    if term in file_terms(language):
        raise there
    new = uuid4()
    async with transaction():
        if not await sql(
            "INSERT INTO wording_term (id, language, term, alternative) VALUES ({}, {}, {}, {}) "
            "ON CONFLICT (language, term) DO NOTHING RETURNING id",
            new, language, term, alternative,
        ):  # fmt: skip
            raise there
        await record("add_term", "wording_term", new, account_id=account_id, now=now, detail=f"{language}: {term}")
    return term


async def change_term(language: str, term: str, alternative: str, *, now: datetime, account_id: UUID) -> None:
    """
    Give a term another alternative; over a term of the data file it becomes one of staff's own.

    Raises:
        NotFound: the glossary lacks the term.
        Problems: the alternative is missing or too long.

    """
    row = await existing_term(language, term)
    _, alternative = _sound(language, row.term, alternative)
    async with transaction():
        kept = await sql(
            "INSERT INTO wording_term (id, language, term, alternative) VALUES ({}, {}, {}, {}) "
            "ON CONFLICT (language, term) DO UPDATE SET alternative = excluded.alternative RETURNING id",
            uuid4(), language, row.term, alternative,
        )  # fmt: skip
        await record(
            "change_term", "wording_term", kept[0]["id"],
            account_id=account_id, now=now, detail=f"{language}: {row.term}",
        )  # fmt: skip


async def remove_term(language: str, term: str, *, now: datetime, account_id: UUID) -> None:
    """
    Remove a term of staff's own; where the data file has it too, the file's alternative counts again.

    Raises:
        NotFound: staff have no such term.

    """
    async with transaction():
        gone = await sql(
            "DELETE FROM wording_term WHERE language = {} AND term = {} RETURNING id",
            clean_line(language), term_key(clean_line(term)),
        )  # fmt: skip
        if not gone:
            raise NotFound(Sentence("There is no such term of your own."))
        await record(
            "remove_term", "wording_term", gone[0]["id"],
            account_id=account_id, now=now, detail=f"{language}: {term_key(clean_line(term))}",
        )  # fmt: skip


async def existing_term(language: str, term: str) -> TermRow:
    """
    A term of the glossary.

    Raises:
        NotFound: the glossary lacks it.

    """
    row = await term_row(clean_line(language), clean_line(term))
    if row is None:
        raise NotFound(Sentence("The glossary has no such term."))
    return row
