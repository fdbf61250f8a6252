"""The glossary of inclusive wording: the data file, and over it what staff have added."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from uuid import UUID

from eventhub.database import sql
from eventhub.resources import DATA
from eventhub.wording.rules import hints, term_key
from eventhub.words import Sentence


@dataclass(frozen=True)
class TermRow:
    """One term of a language; `id` is that of staff's row, None where only the file has it."""

    language: str
    term: str
    alternative: str
    id: UUID | None = None
    in_file: bool = False

    @property
    def left_alone(self) -> bool:
        """Whether it is its own alternative and so never pointed out."""
        return term_key(self.alternative) == self.term


@cache
def file_terms(language: str) -> Mapping[str, str]:
    """The terms of a language in the data file, which is read once; none for a language that it lacks."""
    with (DATA / "wording.csv").open(encoding="utf-8", newline="") as file:
        return MappingProxyType(
            {term_key(row["term"]): row["alternative"] for row in csv.DictReader(file) if row["language"] == language}
        )


async def glossary(language: str) -> list[TermRow]:
    """Every term of a language in alphabetical order; staff's alternative stands before the file's."""
    file = file_terms(language)
    found = {term: TermRow(language, term, alternative, in_file=True) for term, alternative in file.items()}
    for row in await sql("SELECT id, term, alternative FROM wording_term WHERE language = {}", language):
        found[row["term"]] = TermRow(language, row["term"], row["alternative"], row["id"], row["term"] in file)
    return [found[term] for term in sorted(found)]


async def terms(language: str) -> dict[str, str]:
    """The alternative for each term of a language."""
    return {row.term: row.alternative for row in await glossary(language)}


async def term_row(language: str, term: str) -> TermRow | None:
    """One term of the glossary, if it is there."""
    key = term_key(term)
    return next((row for row in await glossary(language) if row.term == key), None)


async def wording_hints(texts: Iterable[str], language: str) -> list[Sentence]:
    """
    A sentence for each term of a language's glossary in some texts, in their order; a term is said once.

    Args:
        texts: what somebody has written.
        language: the code of its language.

    """
    known, found = await terms(language), dict[str, Sentence]()
    for text in texts:
        for hint in hints(text, known):
            found.setdefault(term_key(hint.found), hint.sentence)
    return [*found.values()]
