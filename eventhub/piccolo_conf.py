"""What Piccolo reads to find the database and the tables."""

from piccolo.conf.apps import AppRegistry

from eventhub.database import engine_from_url
from eventhub.settings import current_settings

DB = engine_from_url(current_settings().database_url)

APP_REGISTRY = AppRegistry(apps=[])
