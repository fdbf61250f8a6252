"""The smallest change that balances a panel, an event or a year."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.speakers.rules import Counts, ParityResult, WhatIf, check, what_if

SHARES = st.sampled_from([Fraction(1, 3), Fraction(2, 5), Fraction(9, 20), Fraction(1, 2)])


@pytest.mark.parametrize(
    ("women", "men", "expected"),
    [
        pytest.param(58, 102, WhatIf("women", 6, 10), id="36 % of 160 speakers: 6 swaps or 10 additions reach 40 %"),
        pytest.param(0, 3, WhatIf("women", 1, 2), id="three men: one swap, or two more women"),
        pytest.param(4, 1, WhatIf("men", 1, 2), id="four women and a man: one swap, or two more men"),
        pytest.param(0, 2, WhatIf("women", 1, 1), id="two men: one swap, or one woman for a panel of three"),
        pytest.param(1, 2, None, id="three people are balanced with one of each"),
        pytest.param(0, 1, None, id="one person is no panel"),
        pytest.param(0, 0, None, id="nobody"),
    ],
)
def test_the_smallest_change(women, men, expected):
    assert what_if(Counts(women, men)) == expected


@given(st.integers(0, 40), st.integers(0, 40), SHARES)
def test_it_balances_and_nothing_smaller_does(women, men, share):
    found = what_if(Counts(women, men), share)
    if found is None:
        assert check(Counts(women, men), share).result in (ParityResult.BALANCED, ParityResult.NOT_APPLICABLE)
        return

    def result(swaps: int = 0, additions: int = 0) -> ParityResult:
        more, fewer = swaps + additions, swaps
        changed = (women + more, men - fewer) if found.group == "women" else (women - fewer, men + more)
        return check(Counts(*changed), share).result

    assert result(swaps=found.swaps) is ParityResult.BALANCED
    assert result(additions=found.additions) is ParityResult.BALANCED
    assert {result(swaps=n) for n in range(found.swaps)} == {ParityResult.UNBALANCED}
    assert {result(additions=n) for n in range(found.additions)} == {ParityResult.UNBALANCED}


@given(st.integers(0, 60), st.integers(0, 60))
def test_it_treats_women_and_men_alike(women, men):
    one, other = what_if(Counts(women, men)), what_if(Counts(men, women))
    assert (one is None) == (other is None)
    if one and other:
        assert (one.swaps, one.additions) == (other.swaps, other.additions)
        assert {one.group, other.group} == {"women", "men"}
