"""How often one address may do something within a minute; counted in this process only."""

from typing import Any

from litestar.middleware.rate_limit import RateLimitConfig

from eventhub.settings import current_settings

#: ASVS 5.0, 6.3.1: enough for mistyping, too few for guessing.
SIGN_INS_PER_MINUTE = 10
#: Generous, since a whole city hall may sit behind one address.
FORMS_PER_MINUTE = 60


def at_most(number: int, *, of: str) -> list[Any]:
    """
    The middleware for a route, unless limits are off for a load test on loopback.

    Args:
        number: Requests a minute from one address.
        of: What is counted together. Litestar counts per store and address,
            so each has a store of its own.
    """
    if current_settings().rate_limits == "off":
        return []
    return [RateLimitConfig(rate_limit=("minute", number), store=f"limit:{of}").middleware]
