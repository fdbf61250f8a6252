"""EventHub: events, Solutions Labs, panel parity, invitations and annual figures."""

import os

__version__ = "0.1.0"

os.environ.setdefault("PICCOLO_CONF", "eventhub.piccolo_conf")
