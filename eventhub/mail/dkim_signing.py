"""
Signing letters (DKIM, RFC 6376), for installations whose relay does not.

A signature takes about 10 ms: the arithmetic is done in Python.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dkim  # type: ignore[import-untyped]
from dkim.crypto import (  # type: ignore[import-untyped]
    UnparsableKeyError,
    parse_pem_private_key,
)

from eventhub.mail.addresses import deliverable
from eventhub.mail.smtp import final_octets
from eventhub.settings import WrongSetting, current_settings

#: What a signature covers. One-click unsubscribing demands the last two
#: (RFC 8058 4); a header that a letter does not have cannot be added later.
SIGNED_HEADERS = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References", "MIME-Version",
    "Content-Type", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
)  # fmt: skip
#: Receivers take no signature with less (RFC 8301 3.2).
_FEWEST_BITS = 1024


@dataclass(frozen=True)
class Signer:
    """A key, read once, and where its public half stands in the DNS: `selector._domainkey.domain`."""

    key: bytes
    selector: str
    domain: str

    def sign(self, octets: bytes) -> bytes:
        """A letter with its signature in front: the octets that must go over the line, and no others."""
        final = final_octets(octets)
        signature: bytes = dkim.sign(
            final,
            self.selector.encode("ascii"),
            self.domain.encode("ascii"),
            self.key,
            include_headers=list(SIGNED_HEADERS),
        )
        return signature + final


def read_signer(path: str, *, selector: str, domain: str) -> Signer:
    """
    Read a private key and look whether it can sign.

    Raises:
        WrongSetting: it cannot be read, or is no RSA key that receivers take.

    """
    try:
        key = Path(path).read_bytes()
        numbers = parse_pem_private_key(key)
    except OSError as error:
        raise WrongSetting(f"EVENTHUB_DKIM_KEY_FILE cannot be read: {error.strerror}.") from error
    except (UnparsableKeyError, ValueError, IndexError, KeyError, TypeError) as error:
        raise WrongSetting("EVENTHUB_DKIM_KEY_FILE holds no private RSA key in PEM form.") from error
    if numbers["modulus"].bit_length() < _FEWEST_BITS:
        raise WrongSetting(f"EVENTHUB_DKIM_KEY_FILE holds a key of fewer than {_FEWEST_BITS} bits.")
    return Signer(key, selector, domain)


@cache
def signer_from_settings() -> Signer | None:
    """
    The signer of this process; None when the relay signs.

    Raises:
        WrongSetting: the key cannot be used.

    """
    settings = current_settings()
    if not settings.dkim_key_file:
        return None
    domain = deliverable(settings.sender[1]).rpartition("@")[2]
    return read_signer(settings.dkim_key_file, selector=settings.dkim_selector, domain=domain)
