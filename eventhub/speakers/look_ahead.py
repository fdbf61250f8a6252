"""Panels of the coming months, those that lack most first."""

from collections import defaultdict
from datetime import date
from uuid import UUID

import msgspec

from eventhub.database import sql
from eventhub.events.queries import EventFilter, EventRow, events
from eventhub.events.rules import EventStatus
from eventhub.settings import current_settings
from eventhub.speakers.queries import parity_of_events
from eventhub.speakers.rules import Finding, LineUp, ParityResult, WhatIf, what_if

#: Events looked at; more in three months would not be read either.
MOST_EVENTS = 500
_ORDER = {ParityResult.UNBALANCED: 0, ParityResult.UNKNOWN: 1, ParityResult.BALANCED: 2, ParityResult.NOT_APPLICABLE: 3}


class ComingPanel(msgspec.Struct, frozen=True):
    """One panel, what it lacks, and who is invited to it without having confirmed."""

    event: EventRow
    line_up: LineUp
    finding: Finding
    change: WhatIf | None
    invited: tuple[str, ...]


async def coming_panels(first: date, before: date) -> list[ComingPanel]:
    """
    Panels of own events between two days, the event not cancelled; five queries at most whatever their number.

    The unbalanced come first, those that lack most before the others, then those that cannot
    be judged; then by day. Panels that are not checked, with a reason, are left out.
    """
    found, _ = await events(EventFilter(from_day=first, before_day=before), limit=MOST_EVENTS)
    own = {event.id: event for event in found if event.is_own and event.status != EventStatus.CANCELLED}
    own = {key: event for key, event in own.items() if not event.parity_exempt_reason}
    invited = await unanswered_of(list(own))
    checks = await parity_of_events(dict.fromkeys(own, ""))
    share = current_settings().parity_minimum_share
    panels = [
        ComingPanel(
            own[key], line_up, finding, what_if(finding.counts, share), tuple(invited.get(UUID(line_up.item_id), ()))
        )
        for key, check in checks.items()
        for line_up, finding in check.panels
        if not line_up.exempt_reason
    ]
    return sorted(
        panels,
        key=lambda p: (
            _ORDER[p.finding.result], -p.finding.missing, p.event.starts_on, p.event.title, p.line_up.title,
        ),
    )  # fmt: skip


async def unanswered_of(event_ids: list[UUID]) -> dict[UUID, list[str]]:
    """Names of those who have not answered yet, by programme item."""
    if not event_ids:
        return {}
    marks = ", ".join("{}" for _ in event_ids)
    rows = await sql(
        "SELECT i.id AS item, p.name AS name FROM speaker_slot s JOIN programme_item i ON i.id = s.programme_item "
        f"JOIN person p ON p.id = s.person WHERE s.status = 'invited' AND i.event IN ({marks}) ORDER BY p.name",
        *event_ids,
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        found[row["item"]].append(row["name"])
    return found
