"""
The week of fair hours: 160 members and 168 starts; `python -m benchmarks fairness` runs it, this file alone tells ms.

`ours` ranks the week from zones and instants on, with a ledger. `limit` is given the offset of every member in
advance and only looks up, adds, compares and sorts, member by member.
"""

import csv
import time
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from eventhub.fairness.rules import WEIGHTS, class_of_hour, ranked_slots, starts_of_week
from eventhub.resources import DATA

LENGTH = timedelta(hours=1)
#: Milliseconds that a week may take.
MOST = 50


def members() -> dict[str, str]:
    """The 160 members of the association and their zones."""
    with (DATA / "members.csv").open(encoding="utf-8", newline="") as file:
        return {row["member_id"]: row["time_zone"] for row in csv.DictReader(file)}


ZONES = members()
WEEK = starts_of_week(date(2027, 3, 1), "Europe/Madrid")
LEDGER = {key: number % 7 for number, key in enumerate(ZONES)}
WEIGHT_AT = [WEIGHTS[class_of_hour(minute // 60)] for minute in range(24 * 60)]
OFFSETS = [
    (int(offset.total_seconds() // 60), LEDGER[key])
    for key, zone in ZONES.items()
    if (offset := WEEK[0].astimezone(ZoneInfo(zone)).utcoffset()) is not None
]


def ours() -> None:
    """One week as the page ranks it."""
    ranked_slots(ZONES, WEEK, length=LENGTH, ledger=LEDGER)


def limit() -> None:
    """The sums of one week, with everything known that can be known before."""
    found = []
    for start in WEEK:
        minute = start.hour * 60 + start.minute
        counts = [0, 0, 0, 0]
        worst = total = 0
        for offset, borne in OFFSETS:
            weight = WEIGHT_AT[(minute + offset) % 1440]
            counts[weight] += 1
            total += weight * (1 + borne)
            if borne + weight > worst:  # noqa: PLR1730  the quicker way
                worst = borne + weight
        found.append((worst, total, counts[3], start))
    found.sort()


def per_second(once: Callable[[], None], seconds: float) -> float:
    """How often in a second."""
    done, begin = 0, time.perf_counter()
    while (passed := time.perf_counter() - begin) < seconds:
        once()
        done += 1
    return done / passed


if __name__ == "__main__":
    took = 1000 / per_second(ours, 2)
    print(f"{len(ZONES)} members, {len(WEEK)} starts: {took:.1f} ms; {MOST} ms are the most")
    raise SystemExit(took > MOST)
