import re
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.calendars import Mailbox
from eventhub.mail import addresses
from eventhub.mail.addresses import (
    Plus,
    UnreachableAddress,
    deliverable,
    envelope_sender,
    organiser_for,
    person_token,
    plus_addresses_fit,
    read_plus,
    self_test_address,
)
from eventhub.settings import current_settings

ALEX, BO = UUID(int=1), UUID(int=2)


@pytest.fixture
def sender(monkeypatch):
    """Another sender than that of the other tests; returns how to choose it."""

    def choose(mail_from="Solutions Labs <events@example.org>", plus="on"):
        monkeypatch.setattr(current_settings(), "mail_from", mail_from)
        monkeypatch.setattr(current_settings(), "plus_addresses", plus)
        addresses._plain.cache_clear()

    yield choose
    addresses._plain.cache_clear()


@given(st.uuids())
def test_the_secret_of_a_person_is_a_hundred_bits_that_survive_lower_casing(person):
    assert re.fullmatch(r"[a-z2-7]{20}", person_token(person))


def test_the_secret_of_a_person_is_always_the_same_and_nobody_elses():
    assert person_token(ALEX) == person_token(UUID(int=1)) != person_token(BO)


def test_letters_about_the_event_of_a_person_come_from_their_own_address(sender):
    sender()

    assert organiser_for(ALEX) == Mailbox("Solutions Labs", f"events+{person_token(ALEX)}@example.org")
    assert organiser_for(None) == Mailbox("Solutions Labs", "events@example.org")


def test_an_answer_to_that_address_tells_whose_it_is(sender):
    sender()
    address = organiser_for(ALEX).address

    for written in (address, address.upper(), f" <{address}> ", address.replace("example.org", "inside.example")):
        assert read_plus(written) == Plus("person", token=person_token(ALEX))


@given(st.uuids())
def test_a_bounce_tells_which_letter_came_back(letter):
    address = envelope_sender(letter)

    assert len(address.rpartition("@")[0]) <= 64
    assert read_plus(address) == read_plus(address.upper()) == Plus("bounce", letter_id=letter)


def test_a_bounce_of_a_letter_that_somebody_made_up_is_none():
    address = envelope_sender(uuid4())
    seal = address.partition("@")[0][-10:]
    other = "a" * 10 if seal != "a" * 10 else "b" * 10

    assert read_plus(address.replace(seal, other)) == Plus("none")
    assert read_plus(address.replace("+b-", "+b-a")) == Plus("none")


def test_a_self_test_comes_back_with_its_token():
    assert read_plus(self_test_address("k7q2k7q2")) == Plus("self_test", token="k7q2k7q2")


@pytest.mark.parametrize(
    "address",
    ["", "@", "+", "events", "events@example.org", "events+@example.org", "events+short@example.org",
     "events+b-@example.org", "events+t-@example.org", "x" * 500, "events+ünï@example.org", "a+b\0c@d", "\ud800+x@y"],
)  # fmt: skip
def test_what_is_none_of_our_addresses_stands_for_nothing(address):
    assert read_plus(address) == Plus("none")


@given(st.text())
def test_any_text_can_be_looked_at(text):
    read_plus(text)
    read_plus(f"events+{text}@example.org")


def test_without_plus_addresses_all_letters_come_from_one_address(sender):
    sender(plus="off")

    assert organiser_for(ALEX).address == envelope_sender(ALEX) == self_test_address("k7q2k7q2") == "events@example.org"


def test_a_sender_with_too_long_a_name_falls_back_to_its_plain_address(sender):
    sender(f"{'x' * 26}@example.org")
    assert not plus_addresses_fit()
    assert envelope_sender(ALEX) == f"{'x' * 26}@example.org"
    assert organiser_for(ALEX).address == f"{'x' * 26}+{person_token(ALEX)}@example.org"

    sender(f"{'x' * 44}@example.org")
    assert organiser_for(ALEX).address == f"{'x' * 44}@example.org"

    sender(f"{'x' * 25}@example.org")
    assert plus_addresses_fit()


@pytest.mark.parametrize(
    "address",
    ["a..b@example.org", ".a@example.org", "a.@example.org", f"{'x' * 65}@example.org", "a@b..org", "a@-b.org"],
)
def test_an_address_with_dots_or_lengths_that_no_mail_system_takes_is_refused(address):
    with pytest.raises(UnreachableAddress):
        deliverable(address)
