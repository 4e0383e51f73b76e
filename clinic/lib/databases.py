"""How a database is connected to: what every one of ours needs, said once."""

from __future__ import annotations

from typing import Any

from clinic.lib import verified

# Nobody waits longer for somebody else's lock; what must (delivery's records) says so itself.
LOCK_TIMEOUT = "3s"


def completed(database: dict[str, Any], *, ca: str = "", by_proxy: bool = False) -> dict[str, Any]:
    """Django's settings of a database, from those that its address gave.

    `ca`: a file of certificates; then the server must prove by one of them that it is the host of
    the address. `by_proxy`: a pooler that takes no command line (RDS Proxy) stands between; then
    the role itself has the limit (`grant_database_role`).
    """
    options: dict[str, Any] = {
        "application_name": "clinic",
        "connect_timeout": 3,
        # A machine that is gone says nothing, and Linux would go on asking for a quarter of an
        # hour, with a request's thread each: `make rehearse-silence`.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # milliseconds
    }
    if not by_proxy:
        options["options"] = f"-c lock_timeout={LOCK_TIMEOUT}"
    return database | {
        # A new connection costs five times a kept one; a pool gains nothing over this.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options | database.get("OPTIONS", {}) | verified.database_options(ca),
    }


def exchanging(database: dict[str, Any], *, secret: str) -> dict[str, Any]:
    """With a password that Secrets Manager may exchange meanwhile. `secret`: its ARN, or empty."""
    return database | {"ENGINE": "clinic.lib.rotating"} if secret else database


def completed_replica(database: dict[str, Any], *, ca: str = "") -> dict[str, Any]:
    """As `completed`, for one that can be done without: what does not answer is given up."""
    found = completed(database, ca=ca)
    found["OPTIONS"] |= {
        "application_name": "clinic-replica",
        "connect_timeout": 2,
        # A machine that is gone says nothing; after this many seconds of that the primary is asked.
        "keepalives_idle": 2,
        "keepalives_interval": 1,
        "keepalives_count": 2,
        "tcp_user_timeout": 3000,  # milliseconds
    }
    # Tests that know nothing of a replica must not make a database of its own for it.
    return found | {"TEST": {"MIRROR": "default"}}
