"""Answers of a registration, checked against what its event asks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from eventhub.questions.queries import questions_of
from eventhub.questions.rules import (
    LONGEST_ALL_ANSWERS,
    Checked,
    all_characters,
    answered_in_vain,
    check_answers,
    too_long,
)
from eventhub.words import Sentence


async def checked_answers(event_id: UUID, posted: Mapping[str, Any] | None, standard: Mapping[str, str]) -> Checked:
    """
    Read the answers of somebody who registers; one query.

    Args:
        posted: By the id of a question, as `check_answers` takes it; None: nobody has asked, so nothing is missing.
        standard: `attends`, and `member`: the key of a member, or nothing.

    """
    if posted is None:
        return Checked()
    if all_characters(posted) > LONGEST_ALL_ANSWERS:
        return Checked(problems={"answers": [too_long(LONGEST_ALL_ANSWERS)]})
    return check_answers(await questions_of(event_id), posted, standard)


async def asked_no_more(event_id: UUID, posted: Mapping[str, Any]) -> Sentence | None:
    """
    What to tell somebody who had the form open while staff took a question away; nothing if nobody did.

    One query, and none for a form that answers nothing.
    """
    if not answered_in_vain((), posted):
        return None
    count = len(answered_in_vain(await questions_of(event_id), posted))
    if not count:
        return None
    return Sentence.counted(
        "A question was removed or replaced while you had the form open, so your answer to it was not taken over. "
        "Nothing else is lost.",
        "%(num)s questions were removed or replaced while you had the form open, so your answers to them were not taken "
        "over. Nothing else is lost.",
        count,
    )
