"""What uvicorn starts: the application with its surroundings and its logging."""

import logging
import os
import sys

from litestar.types import ASGIApp

from eventhub.app import asgi, create_app


def create() -> ASGIApp:
    """Make the application as `eventhub serve` was told to."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    flags = os.environ.get("EVENTHUB_SERVE", "").split(",")
    app = create_app(postman="no-postman" not in flags, migrate_first="no-migrate" not in flags)
    return asgi(app)
