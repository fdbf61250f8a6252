"""How many letters go to the addresses of one domain: receivers slow down, or block, who sends too many at once."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

#: Connections that carry letters to one domain at once; many receivers refuse a fourth.
CONNECTIONS_PER_DOMAIN = 3
#: This part of what may go in a minute may go at once: a scheduler that runs
#: the postman now and then should find little left over.
_BURST = 4


def domain_of(address: str) -> str:
    """The domain of an address, in one case."""
    return address.rpartition("@")[2].strip().lower()


@dataclass
class _Bucket:
    """Letters that may go now; below zero, those that are promised a later instant."""

    tokens: float
    counted_at: datetime


@dataclass
class DomainLimits:
    """
    A token bucket for each domain, in the memory of one postman.

    A letter that may not go yet is given an instant at which it may, and
    nobody else gets that place; so a long queue to one domain is moved once
    and then leaves other letters alone.

    Args:
        per_minute: The most letters to one domain in any minute; 0: no limit.

    """

    per_minute: int
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _promised: dict[UUID, datetime] = field(default_factory=dict)

    @property
    def _burst(self) -> int:
        return max(1, self.per_minute // _BURST)

    @property
    def _per_second(self) -> float:
        return (self.per_minute - self._burst + 1) / 60

    @property
    def _step(self) -> float:
        """Seconds that as many letters as may go at once take."""
        return self._burst / self._per_second

    def wait_until(self, letter_id: UUID, domain: str, now: datetime) -> datetime | None:
        """When a letter may go that cannot go now; None: it may, and is counted."""
        if not self.per_minute:
            return None
        promised = self._promised.pop(letter_id, None)
        if promised is not None and promised <= now < promised + timedelta(seconds=self._step):
            return None
        bucket = self._buckets.setdefault(domain, _Bucket(self._burst, now))
        gone_by = max(0.0, (now - bucket.counted_at).total_seconds())
        bucket.tokens = min(self._burst, bucket.tokens + gone_by * self._per_second) - 1
        bucket.counted_at = max(now, bucket.counted_at)
        if bucket.tokens >= 0:
            return None
        return self._promise(letter_id, now, -bucket.tokens / self._per_second)

    def _promise(self, letter_id: UUID, now: datetime, seconds: float) -> datetime:
        """In whole steps, so that letters can be moved together."""
        if len(self._promised) >= _FORGET_AT:  # of letters that were taken back meanwhile
            self._promised = {key: at for key, at in self._promised.items() if at + _FORGET_AFTER > now}
        at = datetime.fromtimestamp(math.ceil((now.timestamp() + seconds) / self._step) * self._step, UTC)
        self._promised[letter_id] = at
        return at


_FORGET_AT, _FORGET_AFTER = 50_000, timedelta(minutes=10)
