"""What is shared by those who wait for locks."""

from __future__ import annotations

from django.db import DatabaseError, connection

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"


class StaleHoldLeft(Exception):
    """Who was ending a stale hold in the way has failed to: the caller ends it and tries again."""


def set_lock_timeout(seconds: float) -> None:
    with connection.cursor() as cursor:
        milliseconds = max(1, int(seconds * 1000))  # 0 would mean for ever
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])


def sqlstate(error: DatabaseError) -> str:
    return getattr(error.__cause__, "sqlstate", "") or ""


def is_lock_trouble(error: DatabaseError) -> bool:
    return sqlstate(error) in (LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED)
