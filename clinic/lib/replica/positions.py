"""How far the replica has come, by positions in the primary's log (bytes since its beginning).

No clock of another machine is believed. This process notes where the primary's log ended, about
once a second; a replica that has replayed what was noted `DATABASE_REPLICA_LAG` seconds ago is at
most that far behind. A primary on which nothing happens thus has no lagging replica.
"""

from __future__ import annotations

import threading
import time
from collections import deque

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = structlog.get_logger(__name__)

ALIAS = "replica"
NOTE_SECONDS = 1.0
# A replica that failed, or that is none any more, is left alone for so long.
REST_SECONDS = 10.0

PRIMARY = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
REPLICA = "SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint WHERE pg_is_in_recovery()"

# When (monotonic clock) the primary's log ended where; oldest first.
_noted: deque[tuple[float, int]] = deque()
_noting = threading.Lock()
# One thread at a time waits for a replica that may be away; the others go on with the primary.
_connecting = threading.Lock()
_resting_until = 0.0


def configured() -> bool:
    return ALIAS in connections.settings


def primary_position() -> int:
    """Where the primary's log ends, behind all that was committed. Raises django.db.Error."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(PRIMARY)
        return int(cursor.fetchone()[0])


def reached(position: int) -> bool:
    """Whether the replica answers, is not too far behind, and has replayed up to `position`."""
    if time.monotonic() < _resting_until:
        return False
    floor = _floor()
    if floor is None:
        return False
    replica = connections[ALIAS]
    needed = max(floor, position)
    # Now, and not with the first query: what was replayed is known of this line alone.
    replica.close_if_health_check_failed()
    if replica.connection is not None and getattr(replica.connection, "replayed", -1) >= needed:
        return True
    try:
        return _asked(replica) >= needed
    except Error as error:
        rest(error)
        return False


def rest(error: Exception | None) -> None:
    """Leave the replica alone for a while; this thread's connection to it is given up."""
    global _resting_until
    _resting_until = time.monotonic() + REST_SECONDS
    connections[ALIAS].close()
    logger.warning("replica left alone", error=type(error).__name__ if error else "no replica")


def forget() -> None:
    """For tests, whose replica is another one."""
    global _resting_until
    _resting_until = 0.0
    _noted.clear()


def _asked(replica: BaseDatabaseWrapper) -> int:
    """How far it has replayed; -1 when it is not to be used. Kept beside the connection: what was
    replayed once stays replayed. Raises django.db.Error."""
    first = replica.connection is None
    if first and not _connecting.acquire(blocking=False):
        return -1
    try:
        with replica.cursor() as cursor:
            cursor.execute(REPLICA)
            row = cursor.fetchone()
    finally:
        if first:
            _connecting.release()
    if row is None or row[0] is None:  # promoted: from then on it is another database
        rest(None)
        return -1
    replica.connection.replayed = int(row[0])
    return int(row[0])


def _floor() -> int | None:
    """What a replica that is not too far behind has replayed; None when the primary is silent.

    The oldest note that is young enough. The very first note is of now: until it has aged, only a
    replica that has everything will do.
    """
    oldest = time.monotonic() - settings.DATABASE_REPLICA_LAG
    with _noting:
        if not _noted or time.monotonic() - _noted[-1][0] >= NOTE_SECONDS:
            started = time.monotonic()
            try:
                _noted.append((started, primary_position()))
            except Error:
                return None
        while len(_noted) > 1 and _noted[0][0] < oldest:
            _noted.popleft()
        return _noted[0][1]
