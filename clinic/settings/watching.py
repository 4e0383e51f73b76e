"""What the installation tells those who watch it: logs and metrics."""

from clinic.lib.logs import logging_config
from clinic.settings.environment import env
from clinic.settings.installation import DEBUG

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")

# "emf": numbers leave as lines on standard output that CloudWatch reads; empty: they do not.
METRICS = env.str("METRICS", default="")
# Which installation and which of its parts (web, worker, beat) a line is of.
ENVIRONMENT_NAME = env.str("ENVIRONMENT_NAME", default="local")
SERVICE_NAME = env.str("SERVICE_NAME", default="clinic")
# Which version runs: the image's tag or a commit; empty: not told.
RELEASE = env.str("RELEASE", default="")
LOGGING = logging_config(
    level=LOG_LEVEL,
    json=env.bool("LOG_JSON", default=not DEBUG),
    said_by={"service": env.str("SERVICE_NAME", default=""), "release": RELEASE},
)
LOGGING_CONFIG = "clinic.lib.logs.configure"
# Where traces go by OTLP over HTTP, to a collector beside us ("http://127.0.0.1:4318"); empty: none
# are made. Of all that begin, this share is kept.
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
TRACES_SHARE = env.float("TRACES_SHARE", default=0.05)
# Who may read /metrics says so with this token; empty: there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
