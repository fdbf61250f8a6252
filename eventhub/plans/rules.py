"""Plans of the association: the order of their codes, and where their deliverables stand."""

import re
from enum import StrEnum


class DeliverableStatus(StrEnum):
    """Where a deliverable stands; of an unresolved one the source does not say it clearly."""

    DONE = "done"
    UNDER_WAY = "under_way"
    NOT_DONE = "not_done"
    UNRESOLVED = "unresolved"


def code_order(code: str) -> tuple[tuple[str, int], ...]:
    """What codes are sorted by: L2M10 stands after L2M9, and not after L2M1."""
    return tuple((word, int(number or 0)) for word, number in re.findall(r"(\D+|^)(\d{0,18})", code))
