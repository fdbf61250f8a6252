"""Answers of a new registration, checked against what its event asks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from eventhub.questions.queries import questions_of
from eventhub.questions.rules import LONGEST_ALL_ANSWERS, Checked, all_characters, check_answers, too_long


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
