"""
How long the best cohort takes: 40, 120 and 200 applications within ten bounds.

    python -m benchmarks.cohorts

Each answer is proven optimal: the solver's upper bound is printed beside it.
The whole proposal counts, with the price of each bound, the alternatives and
the reasons; fails above two seconds.
"""

import random
import statistics
import sys
import time

from eventhub.cohorts.rules import Bound, BoundKind, Candidate, Task
from eventhub.cohorts.solver import propose

SIZES = (40, 120, 200)
MOST_SECONDS = 2.0
ROUNDS = 5
REGIONS = ("africa", "asia", "europe", "north-america", "latin-america", "middle-east")
OFFSETS = (-480, -360, -300, -180, 0, 60, 120, 180, 330, 480, 540)


def round_of(size: int, seed: int) -> Task:
    """Applications as a call brings them, always the same, and ten bounds that pull at them."""
    draw = random.Random(seed)
    candidates = tuple(
        Candidate(
            key=f"{number:03}", score=draw.randint(1000, 5000), member=f"m{draw.randrange(size * 3 // 4)}",
            region=draw.choice(REGIONS), is_newcomer=draw.random() < 0.3, women=draw.randint(0, 2), men=draw.randint(0, 3),
            languages=frozenset(code for code in ("en", "es", "fr") if draw.random() < 0.5), offset=draw.choice(OFFSETS),
        )
        for number in range(size)
    )  # fmt: skip
    cohort = size // 5
    bounds = (
        Bound(BoundKind.SIZE, cohort, cohort),
        Bound(BoundKind.EACH_MEMBER, at_most=1),
        Bound(BoundKind.EACH_REGION, at_most=cohort // 4 + 1),
        Bound(BoundKind.REGION, at_least=cohort // 6, key="africa"),
        Bound(BoundKind.REGION, at_least=cohort // 6, key="asia"),
        Bound(BoundKind.REGIONS, at_least=5),
        Bound(BoundKind.WOMEN, 50, 60),
        Bound(BoundKind.NEWCOMERS, at_least=cohort * 2 // 5),
        Bound(BoundKind.LANGUAGE, at_least=cohort // 2, key="fr"),
        Bound(BoundKind.HOURS, at_most=14),
    )
    return Task("lab", candidates, bounds)


def main() -> int:
    """Print a line for each size; 1 when one takes too long."""
    slowest = 0.0
    for size in SIZES:
        seconds = []
        for seed in range(ROUNDS):
            begun = time.perf_counter()
            found = propose([round_of(size, seed)])
            seconds.append(time.perf_counter() - begun)
            if found.best and not found.best.is_proven:
                print(f"{size}: the answer is not proven")
                return 1
        slowest = max(slowest, *seconds)
        said = "nothing fits; the contradicting bounds: " + str(len(found.contradictions))
        if found.best:
            said = f"score {found.best.value}, upper bound {found.best.upper:.1f}, price of balance {found.price_of_balance}"
        print(
            f"{size:4} applications, 10 bounds: median {statistics.median(seconds):.2f} s, "
            f"slowest {max(seconds):.2f} s; last: {said}"
        )
    return int(slowest > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
