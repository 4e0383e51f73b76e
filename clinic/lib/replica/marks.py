"""Whoever has written reads what he wrote: a mark in a cookie, how far the primary had come then.

The replica answers him once it has replayed that. The cookie holds a number of bytes, signed, and
nothing of the person; it need not live longer than a replica may lag at most.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core import signing
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from clinic.lib.replica import positions, reading

COOKIE = "clinic_written"
SALT = "clinic.lib.replica.marks"
SAFE = ("GET", "HEAD", "OPTIONS")
# Of no replica: the primary is read for as long as the mark lives.
NEVER = 2**62


class OwnWrites:
    """To be named before everything that reads with `replica.read`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not positions.configured():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        decides = request.method not in SAFE
        with reading.asked_by(decides=decides, written=_mark_of(request)):
            response = self.get_response(request)
        if decides:
            _leave_mark(response)
        return response


def _seconds() -> int:
    """Longer than the replica is ever read behind the primary."""
    return int(2 * settings.DATABASE_REPLICA_LAG) + 30


def _mark_of(request: HttpRequest) -> int:
    text = request.COOKIES.get(COOKIE)
    if not text:
        return 0
    try:
        return int(signing.loads(text, salt=SALT, max_age=_seconds()))
    except (signing.BadSignature, ValueError, TypeError):
        return 0


def _leave_mark(response: HttpResponseBase) -> None:
    try:
        position = positions.primary_position()
    except Error:  # perhaps it was written, and the primary went away
        position = NEVER
    response.set_cookie(
        COOKIE,
        signing.dumps(position, salt=SALT),
        max_age=_seconds(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
