"""The database and the cache."""

from clinic.lib import databases, verified
from clinic.settings.environment import env

# A file of certificate authorities. Given, the database must prove by one that it is the host of
# the address (sslmode=verify-full), whatever the address itself says.
DATABASE_CA = env.str("DATABASE_CA", default="")
# RDS Proxy, or another pooler that refuses a command line, stands between.
DATABASE_BY_PROXY = env.bool("DATABASE_BY_PROXY", default=False)
DATABASES = {
    "default": databases.completed(
        env.db_url("DATABASE_URL", default="postgres://127.0.0.1:5432/clinic"),
        ca=DATABASE_CA,
        by_proxy=DATABASE_BY_PROXY,
    )
}
# A copy that may be read where nothing is decided (clinic.lib.replica); empty: there is none.
if env.str("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = databases.completed_replica(
        env.db_url("DATABASE_REPLICA_URL"), ca=env.str("DATABASE_REPLICA_CA", default=DATABASE_CA)
    )
    DATABASE_ROUTERS = ["clinic.lib.replica.router.Router"]
# Where the password is found again when it was exchanged while we run (JSON with "password");
# empty: it is never exchanged so, as behind RDS Proxy, which has its own.
DATABASE_SECRET_ARN = env.str("DATABASE_SECRET_ARN", default="")
DATABASES = {
    name: databases.exchanging(database, secret=DATABASE_SECRET_ARN)
    for name, database in DATABASES.items()
}
# Seconds that what is read there may be behind; a replica further behind is not read.
DATABASE_REPLICA_LAG = env.float("DATABASE_REPLICA_LAG", default=5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# For rediss:// addresses; empty: the authorities that the system knows.
CACHE_CA = env.str("CACHE_CA", default="")
REDIS_URL = verified.cache_url(
    env.str("REDIS_URL", default="redis://127.0.0.1:6379/0"), ca=CACHE_CA
)
CACHES = {
    "default": {
        # Valkey is a help, never a condition: without it the site goes on, slower.
        "BACKEND": "clinic.lib.cache.ForgivingCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "clinic",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
        },
    }
}
# How long an answer of free times may be served from the cache, unless a change drops it earlier.
CACHE_TTL_SECONDS = env.int("CACHE_TTL_SECONDS", default=60)
