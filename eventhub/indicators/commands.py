"""What programme staff do with stated figures: type in, correct, delete."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction, violated
from eventhub.directory.folding import fold
from eventhub.directory.rules import clean_line
from eventhub.errors import Problems, Refusal
from eventhub.importing import insert_many
from eventhub.indicators.definitions import code_of_printed_row, code_of_words
from eventhub.indicators.queries import ValueRow, stated_values, value_by_id
from eventhub.indicators.rules import (
    StatedValue,
    code_from_words,
    next_reference,
    value_problems,
)
from eventhub.words import Sentence

_COLUMNS = (
    "id", "reference", "code", "year", "scope", "indicator", "value", "unit", "qualifier", "women_pct", "men_pct",
    "pct_source", "value_as_printed", "basis", "source_doc", "source_section", "updated_at", "version",
)  # fmt: skip

#: Those that hold what the document states.
_FACTS = _COLUMNS[1:-2]


class ChangedMeanwhile(Refusal):
    """Somebody else was quicker."""

    status_code = 409


@dataclass(frozen=True)
class NewValue:
    """A figure as somebody types it in; `code` is empty for an indicator that may be new."""

    year: int | None
    scope: str
    indicator: str
    value: Decimal
    unit: str
    qualifier: str = "exact"
    women_pct: Decimal | None = None
    men_pct: Decimal | None = None
    pct_source: str = ""
    value_as_printed: str = ""
    basis: str = "register"
    source_doc: str = ""
    source_section: str = ""
    code: str = ""

    def stated(self, reference: str, code: str) -> StatedValue:
        """The figure with the name of its row, and the words tidied."""
        return StatedValue(
            reference, code, self.year, clean_line(self.scope), clean_line(self.indicator), self.value,
            clean_line(self.unit), self.qualifier, self.women_pct, self.men_pct, self.pct_source,
            clean_line(self.value_as_printed), self.basis, clean_line(self.source_doc), clean_line(self.source_section),
        )  # fmt: skip


async def add_value(new: NewValue, *, now: datetime, account_id: UUID) -> ValueRow:
    """
    Write down what a document states of an indicator in a year.

    Raises:
        Problems: something is wrong, or the indicator has a value of this year already.

    """
    key = uuid4()
    try:
        async with transaction():
            known = [row.stated for row in await stated_values()]
            code = new.code or code_for(new.scope, new.indicator, known)
            stated = new.stated(next_reference(new.year, (one.reference for one in known)), code)
            _check(stated, known)
            await insert_values([(key, stated)], now)
            await record("add_indicator", "indicator", code, account_id=account_id, now=now, detail=stated.reference)
    except Problems:
        raise
    except Exception as error:
        raise _taken(error, new.year) from error
    return await value_by_id(key)


async def change_value(value_id: UUID, new: NewValue, *, version: int, now: datetime, account_id: UUID) -> ValueRow:
    """
    Correct a stated figure; it stays with its indicator and keeps the name of its row.

    Raises:
        NotFound: there is no such value.
        Problems: something is wrong, or the indicator has a value of this year already.
        ChangedMeanwhile: somebody changed it since `version` was shown.

    """
    try:
        async with transaction():
            before = (await value_by_id(value_id)).stated
            stated = new.stated(before.reference, before.code)
            _check(stated, [row.stated for row in await stated_values() if row.id != value_id])
            if not await _update(value_id, stated, now, version):
                raise ChangedMeanwhile(
                    Sentence(
                        "Somebody changed this meanwhile. What you typed is kept here; compare it with the saved value."
                    )
                )
            if stated != before:
                detail = f"{stated.reference}: {before.words} → {stated.words}"
                await record(
                    "change_indicator", "indicator", stated.code, account_id=account_id, now=now, detail=detail
                )
    except Refusal:
        raise
    except Exception as error:
        raise _taken(error, new.year) from error
    return await value_by_id(value_id)


async def delete_value(value_id: UUID, *, version: int, now: datetime, account_id: UUID) -> StatedValue:
    """
    Delete a stated figure.

    Raises:
        NotFound: there is no such value.
        ChangedMeanwhile: somebody changed it since `version` was shown.

    """
    async with transaction():
        before = (await value_by_id(value_id)).stated
        done = await sql("DELETE FROM indicator_value WHERE id = {} AND version = {} RETURNING id", value_id, version)
        if not done:
            raise ChangedMeanwhile(
                Sentence("Somebody changed this meanwhile. Nothing was deleted; please look at it again.")
            )
        detail = f"{before.reference}: {before.words}"
        await record("delete_indicator", "indicator", before.code, account_id=account_id, now=now, detail=detail)
    return before


def code_for(scope: str, indicator: str, known: list[StatedValue], reference: str = "") -> str:
    """
    The indicator that a row belongs to.

    In this order: that of the printed row with the same reference; the one
    with these words among definitions and stated values; a new one.
    """
    words = fold(scope), fold(indicator)
    same = (one.code for one in known if (fold(one.scope), fold(one.indicator)) == words)
    return (
        code_of_printed_row().get(reference)
        or code_of_words().get(words)
        or next(same, None)
        or code_from_words(*words)
    )  # fmt: skip


async def insert_values(rows: list[tuple[UUID, StatedValue]], now: datetime) -> None:
    """Insert stated values, in the caller's transaction."""
    await insert_many("indicator_value", _COLUMNS, [(key, *_cells(stated), now, 1) for key, stated in rows])


async def replace_values(rows: dict[str, StatedValue], now: datetime) -> None:
    """
    Overwrite stated values, given by their references, in the caller's transaction.

    All of them go before any comes back: two rows of a file may change places.
    """
    kept = [row for row in await stated_values() if row.stated.reference in rows]
    for row in kept:
        await sql("DELETE FROM indicator_value WHERE id = {}", row.id)
    again = [(row.id, *_cells(rows[row.stated.reference]), now, row.version + 1) for row in kept]
    await insert_many("indicator_value", _COLUMNS, again)


async def _update(value_id: UUID, stated: StatedValue, now: datetime, version: int) -> bool:
    done = await sql(
        f"UPDATE indicator_value SET {', '.join(f'{name} = {{}}' for name in _FACTS)}, updated_at = {{}}, "
        "version = version + 1 WHERE id = {} AND version = {} RETURNING id",
        *_cells(stated), now, value_id, version,
    )  # fmt: skip
    return bool(done)


def _cells(stated: StatedValue) -> tuple[object, ...]:
    return tuple(getattr(stated, name) for name in _FACTS)


def _check(stated: StatedValue, others: list[StatedValue]) -> None:
    """
    Refuse a figure that is wrong in itself or beside the others.

    Raises:
        Problems: every fault at once.

    """
    faults: dict[str, list[str]] = {name: [*said] for name, said in value_problems(stated).items()}
    for name, text in (("scope", stated.scope), ("indicator", stated.indicator), ("unit", stated.unit)):
        if not text:
            faults[name] = [Sentence("Please fill this in.")]
    if any((one.code, one.year) == (stated.code, stated.year) for one in others):
        faults["year"] = [taken_sentence(stated.year)]
    if faults:
        raise Problems(faults)


def taken_sentence(year: int | None) -> Sentence:
    """Why an indicator gets no second value of one year."""
    if year is None:
        return Sentence("This indicator has a value without a year already. Please correct that one.")
    return Sentence("This indicator has a value of %(year)s already. Please correct that one.", year=str(year))


def _taken(error: Exception, year: int | None) -> Exception:
    """What two who type in the same year at once are told; another error stays what it is."""
    if violated(error) is None:
        return error
    return Problems({"year": [taken_sentence(year)]})
