"""Indicators of a year as JSON, for staff."""

from decimal import Decimal
from typing import Any

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromQuery

from eventhub.access import Policy, open_to, sees_small_groups
from eventhub.indicators.queries import Compared, compared, indicators
from eventhub.indicators.rules import Computed, Growth, StatedValue, plain
from eventhub.statistics.api import asked_year


class StatedOut(msgspec.Struct):
    """
    A figure as a document states it, with its source.

    `qualifier` is `exact`, `at_least`, `about` or `less_than`; `in_words` puts it before the number.
    """

    indicator_id: str
    value: int | float
    qualifier: str
    in_words: str
    value_as_printed: str
    women_pct: int | float | None
    men_pct: int | float | None
    pct_source: str
    basis: str
    source_doc: str
    source_section: str
    growth_pct: int | None

    @classmethod
    def of(cls, stated: StatedValue, growth: Growth | None) -> "StatedOut":
        """From a stated value."""
        return cls(
            stated.reference, _number(stated.value), stated.qualifier, str(stated.words), stated.value_as_printed,
            plain(stated.women_pct), plain(stated.men_pct), stated.pct_source, stated.basis, stated.source_doc,
            stated.source_section, growth.pct if growth else None,
        )  # fmt: skip


class ComputedOut(msgspec.Struct):
    """The figure as EventHub works it out; shares are protected for who is no data steward."""

    value: int | float
    women_pct: int | None
    men_pct: int | None
    growth_pct: int | None

    @classmethod
    def of(cls, own: Computed, growth: Growth | None) -> "ComputedOut":
        """From a computed figure."""
        return cls(_number(own.value), own.women_pct, own.men_pct, growth.pct if growth else None)


class IndicatorOut(msgspec.Struct):
    """
    One indicator in the year; `printed` or `computed` is null where there is none.

    `difference` is computed less printed. Growth is taken over the year before, like over like, in whole
    per cent; null where the year before has no value or 0, and for shares, ranks and ratios.
    """

    code: str
    name: str
    scope: str
    unit: str
    definition: str | None
    printed: StatedOut | None
    computed: ComputedOut | None
    difference: int | float | None

    @classmethod
    def of(cls, row: Compared) -> "IndicatorOut":
        """From an indicator compared over the year before and the year."""
        one, entry = row.indicator, row.years[-1]
        return cls(
            one.code, str(one.name), str(one.scope), str(one.unit), str(one.definition) if one.definition else None,
            StatedOut.of(entry.printed, entry.printed_growth) if entry.printed else None,
            ComputedOut.of(entry.computed, entry.computed_growth) if entry.computed else None,
            plain(entry.difference),
        )  # fmt: skip


class IndicatorsOut(msgspec.Struct):
    """The indicators of which something is known in the year."""

    year: int
    items: list[IndicatorOut]


class IndicatorsApi(Controller):
    """Indicators of a year."""

    path = "/api/v1/statistics/indicators"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def of_year(self, request: Request[Any, Any, Any], year: FromQuery[str | None] = None) -> IndicatorsOut:
        """What is printed and computed of each indicator in a year, with growth over the year before."""
        wanted = asked_year(year)
        rows = await compared(await indicators(), (wanted - 1, wanted), is_exact=sees_small_groups(request))
        return IndicatorsOut(wanted, [IndicatorOut.of(row) for row in rows if not row.years[-1].is_empty])


def _number(value: Decimal) -> int | float:
    found = plain(value)
    assert found is not None
    return found


INDICATORS_API: list[type[Controller]] = [IndicatorsApi]
