"""Charts as they are drawn on pages."""

import re
from itertools import pairwise

from eventhub.languages import speaking
from eventhub.pages import environment

LABELS = (
    "People engaged, led or co-led (attendances)",
    "People engaged, led or co-led (unique people)",
    "Speakers",
)


def drawn(macro, *arguments):
    with speaking("en"):
        made = environment().get_template("_charts.html").make_module({"page": None})
        return str(getattr(made, macro)(*arguments))


def test_labels_of_charts_are_whole_and_their_rows_do_not_meet():
    charts = (
        drawn("bar_chart", "bars", "Title", [(label, 3) for label in LABELS]),
        drawn("stacked_bars", "shares", "Title", ["Women", "Men"], [(label, [50, 50]) for label in LABELS]),
    )
    for chart in charts:
        assert "…" not in chart
        written = re.findall(r'<text x="0" y="([0-9.]+)em">([^<]*)</text>', chart)
        assert " ".join(text for _, text in written) == " ".join(LABELS)
        assert all(len(text) <= 34 for _, text in written)
        heights = [float(height) for height, _ in written]
        assert all(later - before >= 1.2 for before, later in pairwise(heights))
        bars = [float(top) for top in re.findall(r'class="track" x="0" y="([0-9.]+)em"', chart)]
        assert all(any(0 < bar - height < 1 for bar in bars) for height in (heights[1], heights[3], heights[4]))
