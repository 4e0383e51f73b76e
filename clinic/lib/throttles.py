"""How often a caller may ask: counted in Valkey, by window, atomically.

REST framework's own throttles read a list and write it back, so that many at once slip through;
a counter does not lose any. Without Valkey nobody is refused: limits protect the site, and must
not be what takes it down.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from clinic.lib.addresses import network_of

PERIODS = {"sec": 1, "min": 60, "hour": 3600, "day": 86400}


def address_of(request: Any) -> str:
    """The caller's network."""
    address = getattr(request, "client_address", "") or request.META.get("REMOTE_ADDR", "")
    return network_of(address)


class RateThrottle(BaseThrottle):
    """At most `THROTTLE_RATES[scope]` ("10/min") requests of one `identity` in a window."""

    scope = ""
    _retry_after: float | None = None

    def identity(self, request: Request, view: Any) -> str | None:
        """Who is counted; None counts nobody."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        identity = self.identity(request, view)
        return True if identity is None else self.count(identity)

    def count(self, identity: str) -> bool:
        """Count one request of `identity`; False when it is one too many."""
        rate = api_settings.DEFAULT_THROTTLE_RATES.get(self.scope)
        if rate is None:
            return True
        limit, seconds = _parsed(str(rate))
        now = time.time()
        self._retry_after = seconds - now % seconds
        digest = hashlib.sha256(identity.encode()).hexdigest()[:32]  # no addresses in the store
        key = f"throttle:{self.scope}:{digest}:{int(now // seconds)}"
        return _incremented(key, seconds) <= limit

    def wait(self) -> float | None:
        return self._retry_after


class ScopedThrottle(RateThrottle):
    """Each network address by itself; subclasses name their `scope`."""

    def identity(self, request: Request, view: Any) -> str | None:
        return address_of(request)


class AnonymousThrottle(ScopedThrottle):
    scope = "anonymous"

    def identity(self, request: Request, view: Any) -> str | None:
        return None if request.user.is_authenticated else address_of(request)


class UserThrottle(RateThrottle):
    scope = "user"

    def identity(self, request: Request, view: Any) -> str | None:
        return str(request.user.pk) if request.user.is_authenticated else None


def _parsed(rate: str) -> tuple[int, int]:
    limit, period = rate.split("/")
    return int(limit), PERIODS[period]


def _incremented(key: str, seconds: int) -> int:
    if cache.add(key, 1, seconds):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # the window ended between the two
        return 1
