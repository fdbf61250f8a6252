"""Addresses as SMTP takes them."""

import re
from functools import lru_cache

import idna

_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9._-]{1,255}")


class UnreachableAddress(ValueError):
    """An address that no relay can be given."""


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
