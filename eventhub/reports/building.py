"""
Puts the report of a year together: what its sections are, in which order.

A further section is one function and one line in SECTIONS; every format, the
published editions and what has changed since follow by themselves.
"""

from collections.abc import Awaitable, Callable, Iterable

from eventhub.database import offloaded
from eventhub.engagement.sections import engagement_sections
from eventhub.indicators.sections import HOW_INDICATORS_READ, indicator_sections
from eventhub.reports.gender import gender_sections
from eventhub.reports.parts import (
    Wanted,
    action_line_sections,
    calendar_sections,
    campaign_sections,
    event_sections,
    headline_sections,
    lab_sections,
)
from eventhub.reports.queries import events_of
from eventhub.reports.rules import Report
from eventhub.sections import Section
from eventhub.statistics.queries import checked_year, figures_of
from eventhub.words import Sentence


async def _indicators(wanted: Wanted) -> list[Section]:
    """Printed and computed figures by scope, in one section."""
    parts = await indicator_sections(wanted.year, is_exact=wanted.is_exact)
    return [Section("indicators", Sentence("Indicators"), (HOW_INDICATORS_READ,), parts=parts)] if parts else []


#: Gives some sections of the report of a year, or none when the year has nothing of the kind.
Provider = Callable[[Wanted], Awaitable[Iterable[Section]]]

#: The sections in the order in which they are read. Those that need no more than a year say so by
#: `lambda wanted: engagement_sections(wanted.year)`.
SECTIONS: tuple[Provider, ...] = (
    headline_sections,
    event_sections,
    action_line_sections,
    lab_sections,
    campaign_sections,
    gender_sections,
    _indicators,
    calendar_sections,
    lambda wanted: engagement_sections(wanted.year),
)


async def report_of(year: int, *, is_exact: bool) -> Report:
    """
    The annual report of a year as things stand now.

    Args:
        year: Of the events.
        is_exact: Numbers by gender as they are, for data stewards only; otherwise protected ones.

    Raises:
        NotFound: there are no figures for such a year.

    """
    checked_year(year)
    figures = await figures_of(year)
    async with offloaded():
        wanted = Wanted(year, is_exact, figures, await events_of(year))
        sections = [section for provider in SECTIONS for section in await provider(wanted)]
    return Report(Sentence("Annual report %(year)s", year=str(year)), year, is_exact, tuple(sections))
