"""How often one address may register within a minute."""

from typing import Any

from litestar.middleware.rate_limit import RateLimitConfig

from eventhub.settings import current_settings

#: Generous, since a whole city hall may sit behind one address.
REGISTRATIONS_PER_MINUTE = 60


def registration_limit() -> list[Any]:
    """The middleware, unless limits are off for a load test on loopback. Kept in this process only."""
    if current_settings().rate_limits == "off":
        return []
    return [RateLimitConfig(rate_limit=("minute", REGISTRATIONS_PER_MINUTE)).middleware]
