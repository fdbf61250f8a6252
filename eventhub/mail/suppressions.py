"""
Addresses that get no letters, because letters came back or somebody complained.

Only a keyed hash of an address is kept, so the list says nothing to whoever
reads it and outlives the person's data. A lifted suppression stays as a row:
what happened before it was lifted counts no more.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from uuid import UUID, uuid4

from eventhub.accounts.commands import record
from eventhub.database import sql, transaction
from eventhub.directory.rules import email_key
from eventhub.errors import NotFound, Problems
from eventhub.mail.addresses import UnreachableAddress, deliverable
from eventhub.mail.rules import without_addresses
from eventhub.settings import current_settings
from eventhub.words import Sentence

BounceKind = Literal["hard", "soft", "complaint"]
Reason = Literal["hard_bounce", "soft_bounces", "complaint", "staff"]

#: The mailbox or its domain does not exist (RFC 3463 3.2): one is enough.
NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2"})
#: A full mailbox is emptied again, whatever the first digit says (RFC 3463 3.3).
_FULL = frozenset({"5.2.2", "4.2.2"})
#: Letters that came back before we believe it.
HARD_BOUNCES, SOFT_BOUNCES = 2, 3
SOFT_PERIOD = timedelta(days=7)
#: These go to a suppressed address all the same: somebody asked for them a moment ago and waits.
NEVER_SUPPRESSED = frozenset({"sign_in_link"})
_SAID_LENGTH, _REASON_LENGTH = 400, 300


@dataclass(frozen=True)
class Suppressed:
    """Why an address gets no letters, and since when."""

    id: UUID
    address_hash: str
    reason: str
    said: str
    suppressed_at: datetime


@lru_cache(maxsize=16_384)
def address_hash(address: str) -> str:
    """The keyed hash of an address, the same however it is written: 64 hexadecimal digits."""
    try:
        normal = email_key(deliverable(address))
    except UnreachableAddress:
        normal = email_key(address)
    key = current_settings().secret_key.encode()
    return hmac.new(key, b"whose letters: " + normal.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


async def suppressed(address: str) -> bool:
    """Whether an address gets no letters now."""
    return bool(await suppressions_of([address]))


async def suppressions_of(addresses: Iterable[str]) -> dict[str, Suppressed]:
    """The suppressions in force, by the address as it was given; one query for each 500 addresses."""
    by_hash: dict[str, list[str]] = {}
    for address in addresses:
        if address:
            by_hash.setdefault(address_hash(address), []).append(address)
    found: dict[str, Suppressed] = {}
    keys = list(by_hash)
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        rows = await sql(
            "SELECT id, address_hash, reason, said, suppressed_at FROM suppression WHERE lifted_at IS NULL "
            f"AND address_hash IN ({', '.join('{}' for _ in part)})",
            *part,
        )
        for row in rows:
            one = Suppressed(**row)
            found.update(dict.fromkeys(by_hash[one.address_hash], one))
    return found


async def suppress(
    address: str, reason: Reason, said: str, letter_id: UUID | None, account_id: UUID | None, *, now: datetime
) -> bool:
    """
    Send no more letters to an address, in the caller's transaction; False: it got none already.

    Args:
        address: As a letter had it; only its hash is kept.
        reason: Why.
        said: What the mail system or the staff said; addresses are taken out.
        letter_id: The letter that came back last, if one did.
        account_id: Who decided it, if staff did.

    """
    new = uuid4()
    done = await sql(
        "INSERT INTO suppression (id, address_hash, reason, said, letter, account, suppressed_at, lift_reason) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, '') ON CONFLICT DO NOTHING RETURNING id",
        new, address_hash(address), reason, _words(said), letter_id, account_id, now,
    )  # fmt: skip
    if done:
        await record("suppress_address", "suppression", new, account_id=account_id, now=now, detail=reason)
    return bool(done)


async def lift(hash_of_address: str, *, reason: str, account_id: UUID | None, now: datetime) -> None:
    """
    Let letters go to an address again; those that were suppressed meanwhile wait for staff to send them again.

    Raises:
        NotFound: the address is not suppressed.
        Problems: there is no reason, or a very long one.

    """
    why = " ".join(reason.replace("\0", " ").split())
    if not why:
        raise Problems({"reason": [Sentence("Say why letters reach this address again.")]})
    if len(why) > _REASON_LENGTH:
        raise Problems({"reason": [Sentence("Say it in %(n)s characters or fewer.", n=_REASON_LENGTH)]})
    async with transaction():
        done = await sql(
            "UPDATE suppression SET lifted_at = {}, lifted_by = {}, lift_reason = {} "
            "WHERE address_hash = {} AND lifted_at IS NULL RETURNING id",
            now, account_id, why, hash_of_address,
        )  # fmt: skip
        if not done:
            raise NotFound(Sentence("Letters to this address are not held back."))
        await record("lift_suppression", "suppression", done[0]["id"], account_id=account_id, now=now, detail=why)


async def record_bounce(
    letter_id: UUID | None, address: str, kind: BounceKind, status_code: str, said: str, *, now: datetime
) -> bool:
    """
    Note a letter that came back, in the caller's transaction; True: its address gets no letters from now on.

    An address that does not exist is believed at once, and so is a complaint;
    other lasting refusals after two letters, passing ones after three letters
    within seven days. Several reports about one letter count once.

    Args:
        letter_id: The letter, when the report tells it.
        address: Whom it was to.
        kind: hard: it will never arrive; soft: not now; complaint: the reader called it spam.
        status_code: Such as 5.1.1 (RFC 3463); empty when the report has none.
        said: What the other mail system said, for staff.

    """
    if status_code in _FULL and kind == "hard":
        kind = "soft"
    key, words = address_hash(address), _words(said)
    await sql(
        "INSERT INTO bounce (id, address_hash, letter, kind, status_code, said, bounced_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {})",
        uuid4(), key, letter_id, kind, status_code[:20], words, now,
    )  # fmt: skip
    if letter_id is not None:
        await sql("UPDATE letter SET bounced_at = {}, bounce = {} WHERE id = {}", now, words, letter_id)
    if kind == "complaint":
        return await suppress(address, "complaint", said, letter_id, None, now=now)
    if kind == "hard":
        enough = status_code in NO_SUCH_ADDRESS or await _bounces(key, "hard", None) >= HARD_BOUNCES
        return enough and await suppress(address, "hard_bounce", said, letter_id, None, now=now)
    enough = await _bounces(key, "soft", now - SOFT_PERIOD) >= SOFT_BOUNCES
    return enough and await suppress(address, "soft_bounces", said, letter_id, None, now=now)


async def _bounces(key: str, kind: BounceKind, since: datetime | None) -> int:
    """Letters that came back since an instant, and since staff last said that the address works."""
    since_when, values = ("AND b.bounced_at >= {} ", [since]) if since else ("", [])
    rows = await sql(
        "SELECT COUNT(DISTINCT b.letter) AS letters, SUM(CASE WHEN b.letter IS NULL THEN 1 ELSE 0 END) AS others "
        f"FROM bounce b WHERE b.address_hash = {{}} AND b.kind = {{}} {since_when}"
        "AND NOT EXISTS (SELECT 1 FROM suppression s WHERE s.address_hash = b.address_hash "
        "AND s.lifted_at >= b.bounced_at)",
        key, kind, *values,
    )  # fmt: skip
    return int(rows[0]["letters"]) + int(rows[0]["others"] or 0)


def _words(said: str) -> str:
    """What was said, in one line, without addresses and what no database takes."""
    text = said.replace("\0", " ").encode("utf-8", "replace").decode()
    return without_addresses(text)[:_SAID_LENGTH]


def nothing_gets_there(found: Suppressed) -> Sentence:
    """Why letters do not reach somebody, in a sentence for staff."""
    return _WHY.get(found.reason, _WHY["staff"])


def nothing_reaches_you(found: Suppressed) -> Sentence:
    """The same for the person, on their own page."""
    return _WHY_YOU.get(found.reason, _WHY_YOU["staff"])


_WHY = {
    "hard_bounce": Sentence("Letters do not reach this person: the mail system says that the address does not work."),
    "soft_bounces": Sentence("Letters do not reach this person: several came back within a week."),
    "complaint": Sentence("Letters do not reach this person: one was reported as unwanted."),
    "staff": Sentence("Letters do not reach this person: staff stopped them."),
}
_WHY_YOU = {
    "hard_bounce": Sentence("Letters do not reach you: the mail system says that your address does not work."),
    "soft_bounces": Sentence("Letters do not reach you: several came back within a week."),
    "complaint": Sentence("Letters do not reach you: one was reported as unwanted."),
    "staff": Sentence("Letters do not reach you: the organisers stopped them."),
}
