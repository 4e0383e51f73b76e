"""What Valkey knows of each day's changes: how often it changed, and how far the log was then.

The first is the day's generation, for the answers in the cache; the second says whether a replica
can know of the change (docs/decisions/free-times-cache.md, read-replica.md).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

import structlog
from django.db import Error
from django_redis import get_redis_connection
from redis.exceptions import RedisError

from clinic.lib import replica

logger = structlog.get_logger(__name__)

# Outlives every fragment, so that a generation is never forgotten while one that names it lives.
GENERATION_SECONDS = 24 * 3600
# A position of the log that no replica reaches.
BEYOND = 2**52
# After a failure Valkey is left alone for so long, or each request would wait for its timeout.
REST_SECONDS = 3.0

_resting_until = 0.0


def generation_key(clinic_id: object, day: dt.date) -> str:
    return f"clinic:free-generation:{clinic_id}:{day.isoformat()}"


def raise_generations(clinic_id: object, days: Sequence[dt.date]) -> None:
    """Say that these days have changed, when that is committed."""
    position = _position_or_beyond() if replica.configured() else None

    def work(client: Any) -> None:
        pipeline = client.pipeline(transaction=False)
        # Before the generation: whoever sees that sees this too.
        if position is not None:
            _note_position(pipeline, clinic_id, days, position)
        for day in days:
            key = generation_key(clinic_id, day)
            pipeline.incr(key)
            pipeline.expire(key, GENERATION_SECONDS)
        pipeline.execute()

    # Also while reads rest: others may reach Valkey, and must not be served what is no longer so.
    with_valkey(work, None, always=True)


def needed_position(clinic_id: object, days: Sequence[dt.date]) -> int | None:
    """The position that a replica must have replayed to answer for these days; None: only the
    primary may. To be asked after the generations were read, so that it is no older than they."""
    key = _positions_key(clinic_id)
    names = [day.isoformat() for day in days]
    found = with_valkey(lambda client: client.zmscore(key, names), None)
    if found is None:
        return None
    unknown = [day for day, position in zip(days, found, strict=True) if position is None]
    if unknown:  # nothing changed since yesterday, or Valkey lost it: from now on it is known
        now = _position_now()
        if now is None:
            return None
        found.append(now)
        with_valkey(lambda client: _note_position(client, clinic_id, unknown, now), None)
    return int(max(position for position in found if position is not None))


def with_valkey(work: Any, fallback: Any, *, always: bool = False) -> Any:
    """What `work` answers; `fallback` when Valkey does not, and for a short while after."""
    global _resting_until
    if time.monotonic() < _resting_until and not always:
        return fallback
    try:
        return work(get_redis_connection("default"))
    except (RedisError, OSError) as error:
        _resting_until = time.monotonic() + REST_SECONDS
        logger.warning("cache unreachable", error=type(error).__name__)
        return fallback


def _positions_key(clinic_id: object) -> str:
    return f"clinic:free-positions:{clinic_id}"


def _position_now() -> int | None:
    """Behind what has just been committed; None if the primary does not say."""
    try:
        return replica.primary_position()
    except Error:
        return None


def _position_or_beyond() -> int:
    position = _position_now()
    return BEYOND if position is None else position


def _note_position(client: Any, clinic_id: object, days: Sequence[dt.date], position: int) -> None:
    """The highest stays: two changes may come to tell in the other order."""
    key = _positions_key(clinic_id)
    client.zadd(key, {day.isoformat(): position for day in days}, gt=True)
    client.expire(key, GENERATION_SECONDS)
