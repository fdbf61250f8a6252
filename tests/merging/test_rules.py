"""Which records may be one person's, and whose statement stays."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.merging.queries import address_key
from eventhub.merging.rules import MOST_ALIKE, Outcome, Reason, Statement, Traits, duplicates, outcome_of, pair_key
from tests.make import NOW

MEMBER, OTHER = uuid4(), uuid4()


def traits(name: str = "ada lovelace", **changes: object) -> Traits:
    return replace(Traits(uuid4(), name, "", None, "", NOW), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        ({"member": MEMBER}, {"member": MEMBER}, [(Reason.MEMBER,)]),
        ({"organisation": "city hall"}, {"organisation": "city hall"}, [(Reason.ORGANISATION,)]),
        ({"member": MEMBER, "organisation": "x"}, {"member": MEMBER, "organisation": "x"}, [(Reason.MEMBER, Reason.ORGANISATION)]),
        ({"address": "a@x.org"}, {"address": "a@x.org", "name": "somebody else"}, [(Reason.ADDRESS,)]),
        ({"member": MEMBER}, {"member": OTHER}, []),
        ({"member": MEMBER}, {}, []),
        ({}, {}, []),
        ({"name": "", "member": MEMBER}, {"name": "", "member": MEMBER}, []),
        ({"member": MEMBER}, {"member": MEMBER, "name": "bo"}, []),
    ],
)  # fmt: skip
def test_records_are_offered_for_what_they_share(one, other, reasons):
    found = duplicates([traits(**one), traits(**other)])
    assert [pair.reasons for pair in found] == reasons


def test_a_pair_that_was_told_apart_is_offered_no_more():
    one, other, third = (traits(member=MEMBER) for _ in range(3))
    pairs = duplicates([one, other, third], {pair_key(other.id, one.id)})
    assert {frozenset((pair.kept, pair.merged)) for pair in pairs} == {
        frozenset((one.id, third.id)),
        frozenset((other.id, third.id)),
    }


def test_who_has_an_address_is_kept_and_then_who_was_known_first():
    nobody = traits(member=MEMBER)
    young = traits(member=MEMBER, address="a@x.org", created_at=NOW + timedelta(days=1))
    old = traits(member=MEMBER, address="b@x.org", created_at=NOW)
    pairs = duplicates([nobody, young, old])
    assert [(pair.kept, pair.merged) for pair in pairs] == [
        (old.id, young.id),
        (old.id, nobody.id),
        (young.id, nobody.id),
    ]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from((None, MEMBER, OTHER)), st.sampled_from(("", "x", "y"))),
        max_size=12,
    )
)
def test_each_pair_comes_once_and_never_with_itself(rows: list[tuple[str, UUID | None, str]]) -> None:
    people = [traits(name, member=member, organisation=organisation) for name, member, organisation in rows]
    pairs = duplicates(people)
    assert len({pair.key for pair in pairs}) == len(pairs)
    assert all(pair.kept != pair.merged for pair in pairs)


def test_a_heap_of_equal_names_does_not_grow_into_thousands_of_pairs():
    assert len(duplicates([traits(member=MEMBER) for _ in range(500)])) == MOST_ALIKE * (MOST_ALIKE - 1) // 2


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("a@müller.example", "a@xn--mller-kva.example", True),
        ("a@example.org.", "a@example.org", True),
        ("a.b@example.org", "ab@example.org", False),
        ("a+lab@example.org", "a@example.org", False),
        ("", "a@example.org", False),
        ("a@" + "x" * 80 + ".org", "a@example.org", False),
    ],
)
def test_addresses_are_the_same_when_mail_servers_say_so(address, other, same):
    assert (address_key(address) == address_key(other)) == same


@pytest.mark.parametrize(
    ("kept", "merged", "outcome"),
    [
        (None, None, Outcome.NONE),
        (("woman", "self"), None, Outcome.STAYS),
        (None, ("woman", "staff"), Outcome.MOVES),
        (("woman", "self"), ("woman", "self"), Outcome.STAYS),
        (("woman", "staff"), ("woman", "self"), Outcome.STAYS),
        (("woman", "self"), ("man", "staff"), Outcome.STAYS),
        (("man", "staff"), ("woman", "self"), Outcome.SWAPS),
        (("man", "self"), ("woman", "self"), Outcome.ASK),
        (("man", "staff"), ("woman", "staff"), Outcome.ASK),
    ],
)
def test_what_the_person_said_counts_and_nobody_guesses(kept, merged, outcome):
    assert outcome_of(kept and Statement(*kept), merged and Statement(*merged)) is outcome
