"""Telling a worker that messages wait. Only a hint: the sweep finds every message without it."""

from __future__ import annotations

import time

import structlog
from django.core.cache import cache
from django.db import connection, transaction

logger = structlog.get_logger(__name__)

PING_KEY = "outbox-ping"
# A worker that dies between taking the hint and starting costs no more than this.
PING_SECONDS = 10
SLOW_SECONDS = 0.4
SILENT_SECONDS = 30.0

_silent_until = 0.0  # monotonic clock


def ping_on_commit() -> None:
    """Ask for a delivery once the present transaction has committed; once per transaction."""
    if any(call[1] is ping for call in connection.run_on_commit):
        return
    transaction.on_commit(ping, robust=True)


def ping() -> None:
    """Start a delivery unless one is asked for already. Never raises, never waits for long.

    When the broker is slow or away, this process leaves it alone for half a minute.
    """
    global _silent_until
    started = time.monotonic()
    if started < _silent_until:
        return
    try:
        if cache.add(PING_KEY, 1, PING_SECONDS):
            _publish()
        failed = time.monotonic() - started > SLOW_SECONDS
    except Exception as error:  # whatever the broker's client raises
        failed = True
        logger.warning("outbox-ping", error=type(error).__name__)
    if failed:
        _silent_until = time.monotonic() + SILENT_SECONDS


def heard() -> None:
    """A delivery begins: whatever is written from now on needs a new hint."""
    cache.delete(PING_KEY)


def _publish() -> None:
    from notifications.tasks import deliver_due

    deliver_due.apply_async(retry=False, expires=60)
