"""Personal links: signed, so that nothing secret is kept and letters can give them again."""

from functools import cache
from typing import Any
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from eventhub.settings import current_settings


@cache
def _serializer(kind: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        current_settings().secret_key, salt=f"link:{kind}", signer_kwargs={"digest_method": _sha256}
    )


def _sha256(data: bytes = b"") -> Any:
    import hashlib

    return hashlib.sha256(data)


def make_link(kind: str, object_id: UUID, version: int) -> str:
    """
    The secret part of a personal link: an HMAC-SHA256 over what it opens.

    Raising the object's link version makes older links stop working.
    See docs/decisions/0006-personal-links.md.
    """
    return str(_serializer(kind).dumps([object_id.hex, version]))


def read_link(kind: str, token: str) -> tuple[UUID, int] | None:
    """What a link opens and its version, or None when we did not make it."""
    try:
        identifier, version = _serializer(kind).loads(token)
        found = UUID(identifier), int(version)
    except (BadData, ValueError, TypeError):
        return None
    return found if make_link(kind, *found) == token else None
