"""Charts as PNG pictures for documents, drawn by the typesetter from the same numbers as the SVG on pages."""

import base64
from typing import Any

import msgspec
from babel.numbers import format_decimal, format_percent

from eventhub import languages
from eventhub.papers.press import printed
from eventhub.sections import Chart, ChartKind


async def pictures_of(charts: list[Chart], language: str) -> list[bytes]:
    """
    One PNG for each chart, in their order.

    Raises:
        CannotPrint: the typesetter made none.

    """
    if not charts:
        return []
    with languages.speaking(language):
        facts = {"papers": [_facts(chart, language) for chart in charts]}
    return [base64.b64decode(one) for one in msgspec.json.decode(await printed("charts", facts))]


def _facts(chart: Chart, language: str) -> dict[str, Any]:
    locale = languages.locale(language)
    most = max((numbers[0] for _, numbers in chart.rows), default=0) or 1
    rows = []
    for label, numbers in chart.rows:
        if chart.kind is ChartKind.STACKED:
            whole = sum(numbers) or 1
            starts = [sum(numbers[:place]) / whole for place in range(len(numbers))]
            parts = [[start, number / whole] for start, number in zip(starts, numbers, strict=True)]
            value = " · ".join(format_percent(number / whole, locale=locale) for number in numbers)
        else:
            parts = [[0, numbers[0] / most]]
            value = format_decimal(numbers[0], locale=locale) + (f"\u202f{chart.unit}" if chart.unit else "")
        rows.append({"label": languages.say(label), "value": value, "parts": parts})
    return {"lang": language, "series": [languages.say(name) for name in chart.series], "rows": rows}
