"""Roles, and how long the proofs of identity live."""

from datetime import timedelta
from enum import StrEnum


class Role(StrEnum):
    """What an account may do; see `eventhub/access.py` for each policy."""

    ADMINISTRATOR = "administrator"
    PROGRAMME = "programme"
    ORGANISER = "organiser"
    READER = "reader"
    CHECK_IN = "check-in"


#: ASVS 5.0, 6.5.5: sign-in links live ten minutes at most; those printed by
#: the command line live an hour, since the reader sits at the machine.
LINK_LIFE = timedelta(minutes=10)
PRINTED_LINK_LIFE = timedelta(hours=1)
#: ASVS 5.0, 7.3: idle and absolute life of a session.
SESSION_IDLE = timedelta(hours=2)
SESSION_LIFE = timedelta(hours=12)
#: A repeated API call gets the first answer for a day.
IDEMPOTENCY_LIFE = timedelta(days=1)
