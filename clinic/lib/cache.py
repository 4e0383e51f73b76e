"""A cache that is a help and never a condition: without Valkey the site goes on, slower.

An unreachable or silent server is left alone for a moment, so that a page which asks ten times
waits once. What drops an answer (`delete`) is always tried: a stale answer is worse than a wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django_redis.cache import RedisCache
from redis.exceptions import RedisError

AWAY_SECONDS = 2.0


class ForgivingCache(RedisCache):
    """django-redis, with an answer for every call. Its own IGNORE_EXCEPTIONS must be off.

    `add` says yes: nobody can be shown to have been first, and whoever uses it as a gate (limits
    on sign-in, one of many recomputing an answer) must let people through.
    """

    _away_until = 0.0

    def get(self, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        return self._ask(
            lambda: super(ForgivingCache, self).get(key, default, *args, **kwargs), default
        )

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(ForgivingCache, self).get_many(*args, **kwargs), {})

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(ForgivingCache, self).has_key(*args, **kwargs), False)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(ForgivingCache, self).add(*args, **kwargs), True)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(ForgivingCache, self).set(*args, **kwargs), False)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(ForgivingCache, self).set_many(*args, **kwargs), [])

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(ForgivingCache, self).touch(*args, **kwargs), False)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(ForgivingCache, self).incr(*args, **kwargs), 1)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(ForgivingCache, self).delete(*args, **kwargs), False)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(ForgivingCache, self).delete_many(*args, **kwargs), 0)

    def delete_pattern(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(ForgivingCache, self).delete_pattern(*args, **kwargs), 0)

    def clear(self) -> Any:
        return self._try(lambda: super(ForgivingCache, self).clear(), False)

    def _ask(self, call: Callable[[], Any], otherwise: Any) -> Any:
        if time.monotonic() < self._away_until:
            return otherwise
        return self._try(call, otherwise)

    def _try(self, call: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return call()
        except (RedisError, OSError):
            self._away_until = time.monotonic() + AWAY_SECONDS
            return otherwise
