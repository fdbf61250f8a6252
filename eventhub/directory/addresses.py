"""E-mail addresses that letters can reach."""

from functools import lru_cache

import email_validator

from eventhub.words import Sentence

#: Names for examples and private networks are as good as others; the letter that arrives is the proof.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


@lru_cache(maxsize=4096)
def email_problem(address: str) -> Sentence | None:
    """
    Say what is wrong with an address that letters should reach, or None.

    The proof of an address is the letter that arrives, so nothing is looked
    up. Letters outside ASCII before the @ are refused, since few relays take
    them; in the domain they are fine (RFC 5321 4.5.3.1, RFC 6531).
    """
    text = address.strip()
    if not text:
        return Sentence("Please give an e-mail address.")
    on_this_machine = text.rpartition("@")[2] == "localhost"
    try:
        email_validator.validate_email(
            text, check_deliverability=False, allow_smtputf8=False, globally_deliverable=not on_this_machine
        )
    except email_validator.EmailNotValidError:
        return Sentence("“%(address)s” is no e-mail address. It looks like name@example.org.", address=text[:80])
    return None
