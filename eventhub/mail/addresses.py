"""
Addresses: as SMTP takes them, and the ones of our own that answers come back to.

`events+TOKEN@…` belongs to one person for ever: it is the sender of the
letters about their events and the organiser in their calendar, so that an
answer proves who was asked (RFC 6047 2.2.1). `events+b-…` is the envelope
sender of one letter, so that a bounce tells which letter it was.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal
from uuid import UUID

import idna

from eventhub.calendars import Mailbox
from eventhub.settings import current_settings

_LOCAL_PART = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*"
)

#: Octets of a local part (RFC 5321 4.5.3.1.1).
_LONGEST_LOCAL_PART = 64
#: Of 5 bits each: a secret of 100 bits, and a seal of 50 behind a letter's id, which is no secret.
_TOKEN_LENGTH, _SEAL_LENGTH = 20, 10
#: A UUID in base32.
_ID_LENGTH = 26
_TOKEN = re.compile(f"[a-z2-7]{{{_TOKEN_LENGTH}}}")
_BOUNCE = re.compile(f"b-([a-z2-7]{{{_ID_LENGTH}}})([a-z2-7]{{{_SEAL_LENGTH}}})")
_SELF_TEST = re.compile(r"t-([a-z0-9]{8,40})")


class UnreachableAddress(ValueError):
    """An address that no relay can be given."""


@dataclass(frozen=True)
class Plus:
    """
    What stands behind the + of one of our addresses.

    `token` is the secret of a person or of a self-test; `letter_id` the letter
    that a bounce is about, and its seal was looked at.
    """

    kind: Literal["person", "bounce", "self_test", "none"]
    token: str = ""
    letter_id: UUID | None = None


@lru_cache(maxsize=4096)
def deliverable(address: str) -> str:
    """
    An address in ASCII, its domain in the IDNA form (RFC 5891).

    Raises:
        UnreachableAddress: it is none, or it is not ASCII before the @.

    """
    local, _, domain = address.strip().rpartition("@")
    if not _LOCAL_PART.fullmatch(local):
        raise UnreachableAddress("the part before the @ cannot be written")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise UnreachableAddress("the domain cannot be written") from error
    if not _DOMAIN.fullmatch(domain):
        raise UnreachableAddress("the domain cannot be written")
    return f"{local}@{domain}"


@lru_cache(maxsize=4096)
def person_token(person_id: UUID) -> str:
    """The secret of a person in their letters' sender: the same for ever, and nowhere else to be read."""
    return _base32(_mac(b"person", person_id)[:13])[:_TOKEN_LENGTH]


def organiser_for(person_id: UUID | None) -> Mailbox:
    """
    The sender of a letter, who is the organiser in its calendar as well: clients want them equal.

    Args:
        person_id: Whose event it is about; None: a letter that nobody's calendar answers.

    """
    plain = _plain()
    plus = _plus(person_token(person_id)) if person_id is not None else None
    return Mailbox(plain.name, plus) if plus else plain


def envelope_sender(letter_id: UUID) -> str:
    """Where a letter goes back to when it cannot be delivered (VERP)."""
    sealed = _base32(letter_id.bytes) + _seal(letter_id)
    return _plus(f"b-{sealed}") or _plain().address


def self_test_address(token: str) -> str:
    """
    Where a letter to ourselves goes that proves the way back.

    Args:
        token: 8 to 40 lower-case letters and digits.

    """
    return _plus(f"t-{token}") or _plain().address


def read_plus(address: str) -> Plus:
    """
    Tell what one of our addresses stands for, however its letters were cased on the way.

    The domain is not looked at: mail systems rewrite it, and what counts is
    secret or sealed.
    """
    local = address.strip().strip("<>").rpartition("@")[0].lower()
    _, plus, detail = local.rpartition("+")
    if not plus:
        return Plus("none")
    if _TOKEN.fullmatch(detail):
        return Plus("person", token=detail)
    if test := _SELF_TEST.fullmatch(detail):
        return Plus("self_test", token=test[1])
    if bounce := _BOUNCE.fullmatch(detail):
        letter_id = UUID(bytes=base64.b32decode(bounce[1].upper() + "======"))
        seal = _seal(letter_id)
        if hmac.compare_digest(seal, bounce[2]):
            return Plus("bounce", letter_id=letter_id)
    return Plus("none")


def plus_addresses_fit() -> bool:
    """Whether the longest of our plus addresses has room before the @; else the plain one is used."""
    longest = _plain().address.rpartition("@")[0] + "+b-" + "x" * (_ID_LENGTH + _SEAL_LENGTH)
    return len(longest) <= _LONGEST_LOCAL_PART


@cache
def _plain() -> Mailbox:
    name, address = current_settings().sender
    return Mailbox(name, deliverable(address))


def _plus(detail: str) -> str | None:
    """Our address with something behind a +; None when that is switched off or does not fit."""
    local, _, domain = _plain().address.rpartition("@")
    whole = f"{local}+{detail}"
    if current_settings().plus_addresses == "off" or len(whole) > _LONGEST_LOCAL_PART:
        return None
    return f"{whole}@{domain}"


def _mac(purpose: bytes, object_id: UUID) -> bytes:
    key = current_settings().secret_key.encode()
    return hmac.digest(key, b"address:" + purpose + b":" + object_id.bytes, hashlib.sha256)


def _seal(letter_id: UUID) -> str:
    return _base32(_mac(b"bounce", letter_id)[:7])[:_SEAL_LENGTH]


def _base32(octets: bytes) -> str:
    """Lower case, since mail systems change the case of local parts."""
    return base64.b32encode(octets).decode("ascii").rstrip("=").lower()
