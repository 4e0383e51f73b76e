"""How many messages a second may leave by a channel, all workers together.

A token bucket in Valkey, by Valkey's clock. Without Valkey each worker has one of its own: mail
never stops because a cache is down.
"""

from __future__ import annotations

import os
import time
from typing import Any, Protocol

import structlog
from django.conf import settings
from django_redis import get_redis_connection
from redis.exceptions import RedisError

from notifications.models import Channel

logger = structlog.get_logger(__name__)

# What may leave at once after a silence, and what is granted at once so that calls are full: both
# as seconds of the rate. With room between the two nothing is lost when a worker wakes late.
BURST_SECONDS, GRANT_SECONDS = 0.1, 0.05
# After a provider's wish to slow down: half, and back to all of it within half a minute.
SLOWER, SLOWEST, RECOVERY = 0.5, 0.1, 0.02
LONGEST_PAUSE = 60.0
QUOTA_SECONDS = 600.0
QUOTA_RETRY_SECONDS = 60.0
# A worker that cannot ask takes this part of the rate, and asks again after so many seconds.
ALONE, ALONE_SECONDS = 0.5, 5.0
# Of what the account allows, some is left to whoever else sends by it.
QUOTA_PART = 0.95

# Refills by the time that has passed, then takes `wanted` at once or says how long to wait.
SCRIPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local rate, burst, wanted, slow = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]),
    tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'factor', 'pause', 'slowed')
local tokens, at = tonumber(kept[1] or burst), tonumber(kept[2] or now)
local factor, pause = tonumber(kept[3] or 1), tonumber(kept[4] or 0)
local slowed = tonumber(kept[5] or 0)
local passed = math.max(0, now - at)
tokens = math.min(burst, tokens + passed * rate * factor)
factor = math.min(1, factor + passed * tonumber(ARGV[5]))
local wait = 0
if slow > 0 then
  pause = math.max(pause, now + slow)
  if now - slowed > 1 then
    factor = math.max(tonumber(ARGV[7]), factor * tonumber(ARGV[6]))
    slowed = now
  end
  tokens = 0
elseif wanted < 0 then
  tokens = math.min(burst, tokens - wanted)
elseif pause > now then
  wait = pause - now
elseif tokens >= wanted then
  tokens = tokens - wanted
else
  wait = (wanted - tokens) / (rate * factor)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now),
           'factor', tostring(factor), 'pause', tostring(pause), 'slowed', tostring(slowed))
redis.call('EXPIRE', KEYS[1], 300)
return tostring(wait)
"""


class HasQuota(Protocol):
    def quota(self) -> float | None:
        """Messages a second that the account may send; None when nobody says."""


class Limit:
    """The limit of one channel. `outlet` is asked for its quota when the settings name no rate."""

    def __init__(self, channel: str, outlet: object) -> None:
        self.key = f"limit:{channel}"
        self._outlet = outlet
        self._rate = (
            settings.SMS_PER_SECOND if channel == Channel.SMS else settings.EMAIL_PER_SECOND
        )
        self._quota: float | None = None
        self._ask_again = 0.0  # monotonic clock, as all below
        self._alone_until = 0.0
        self._alone = Bucket()
        self._script: Any = None

    def rate(self) -> float:
        """Messages a second, 0 for no limit. May ask the provider: not in a transaction."""
        if self._rate:
            return self._rate
        if time.monotonic() >= self._ask_again and hasattr(self._outlet, "quota"):
            self._quota = self._ask_quota()
        return (self._quota or 0) * QUOTA_PART

    def take(self, count: int, rate: float) -> tuple[int, float]:
        """Tokens for up to `count` messages: how many were granted, or for how many seconds to
        wait for some. Small counts are granted at once or not at all, so that calls are full."""
        wanted = min(count, max(1, int(rate * GRANT_SECONDS))) if rate else count
        wait = self._run(rate, wanted=wanted)
        return (0, wait) if wait > 0 else (wanted, 0.0)

    def give_back(self, count: int, rate: float) -> None:
        """Tokens that were not used after all."""
        if count and rate:
            self._run(rate, wanted=-count)

    def slow_down(self, seconds: float, rate: float) -> None:
        """The provider wants less: a pause, then half of the rate, slowly growing back."""
        pause = min(max(seconds, 0.05), LONGEST_PAUSE)
        self._run(rate, slow=pause)

    def _run(self, rate: float, *, wanted: int = 0, slow: float = 0.0) -> float:
        values = (rate, max(1.0, rate * BURST_SECONDS), wanted, slow)
        # Without a limit there is nothing to share, except a pause that each is told of itself.
        if not rate or time.monotonic() < self._alone_until:
            return self._alone.run(rate * ALONE, *values[1:])
        try:
            if self._script is None:
                self._script = get_redis_connection("default").register_script(SCRIPT)
            answer = self._script(keys=[self.key], args=[*values, RECOVERY, SLOWER, SLOWEST])
            return float(answer)
        except (RedisError, OSError) as error:
            logger.warning("limit-alone", error=type(error).__name__)
            self._alone_until = time.monotonic() + ALONE_SECONDS
            return self._alone.run(rate * ALONE, *values[1:])

    def _ask_quota(self) -> float | None:
        try:
            quota = self._outlet.quota()  # type: ignore[attr-defined]
        except Exception as error:  # whatever the provider's client raises: mail goes on
            logger.warning("quota-unknown", error=type(error).__name__)
            self._ask_again = time.monotonic() + QUOTA_RETRY_SECONDS
            return self._quota
        self._ask_again = time.monotonic() + QUOTA_SECONDS
        return quota


class Bucket:
    """What the script does, for one process."""

    def __init__(self) -> None:
        self.tokens: float | None = None
        self.at = time.monotonic()
        self.factor, self.pause = 1.0, 0.0

    def run(self, rate: float, burst: float, wanted: int, slow: float) -> float:
        now = time.monotonic()
        passed, self.at = now - self.at, now
        before = burst if self.tokens is None else self.tokens
        self.tokens = min(burst, before + passed * rate * self.factor)
        self.factor = min(1.0, self.factor + passed * RECOVERY)
        if slow:
            self.pause, self.tokens = max(self.pause, now + slow), 0.0
            self.factor = max(SLOWEST, self.factor * SLOWER)
        elif wanted < 0:
            self.tokens = min(burst, self.tokens - wanted)
        elif self.pause > now:
            return self.pause - now
        elif rate and self.tokens < wanted:
            return (wanted - self.tokens) / (rate * self.factor)
        elif rate:
            self.tokens -= wanted
        return 0.0


_limits: dict[tuple[int, str], Limit] = {}


def limit_of(channel: str, outlet: object) -> Limit:
    """One a process, so that a quota is asked for once."""
    key = (os.getpid(), channel)
    if key not in _limits:
        _limits[key] = Limit(channel, outlet)
    return _limits[key]


def forget() -> None:
    """For tests, whose settings change."""
    _limits.clear()
