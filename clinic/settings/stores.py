"""The database and the cache."""

from clinic.settings.environment import env

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://127.0.0.1:5432/clinic")}
# A new connection costs five times a kept one; a pool gains nothing over this.
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"].setdefault("application_name", "clinic")
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 3)
# Nobody waits longer for somebody else's lock; what must (delivery's records) says so itself.
DATABASES["default"]["OPTIONS"].setdefault("options", "-c lock_timeout=3s")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
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
