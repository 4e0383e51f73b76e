"""What the installation tells those who watch it: logs and metrics."""

from clinic.lib.logs import logging_config
from clinic.settings.environment import env
from clinic.settings.installation import DEBUG

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logging_config(level=LOG_LEVEL, json=env.bool("LOG_JSON", default=not DEBUG))
LOGGING_CONFIG = "clinic.lib.logs.configure"

# Who may read /metrics says so with this token; empty: there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
