"""Whose a hold is, when nobody need sign in: the browser's own value, for the pages and the API."""

from __future__ import annotations

import datetime as dt
import secrets

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import Doctor
from booking import lookups, operations
from booking.models import Appointment, VisitType
from booking.operations import BookingError
from clinic.lib.actor import Actor
from clinic.lib.throttles import ScopedThrottle

HOLDER = "holder"


class HoldThrottle(ScopedThrottle):
    """The pages' and the API's holds together: nobody shall keep all of a clinic's times."""

    scope = "hold"


def holder_of(request: HttpRequest) -> str:
    """This browser's own secret value; it survives sign-in."""
    if HOLDER not in request.session:
        request.session[HOLDER] = _new(request)
    return request.session[HOLDER]


def known_holder(request: HttpRequest) -> str:
    """The same, but empty for a browser that has never held anything."""
    return request.session.get(HOLDER, "")


def _new(request: HttpRequest) -> str:
    """From the browser's secret against forged forms, which two presses have in common before
    either answer has brought a session."""
    if secret := request.META.get("CSRF_COOKIE"):
        return salted_hmac("booking.holder", secret).hexdigest()
    return secrets.token_urlsafe(24)


def hold_once(
    *,
    visit_type: VisitType,
    start: dt.datetime,
    doctor: Doctor | None,
    holder: str,
    by: Actor,
    now: dt.datetime,
) -> Appointment:
    """Keep a time. Of two presses the one that comes too late gets what the other one made,
    and is not told that somebody took it. Raises what `operations.hold` raises."""
    try:
        return operations.hold(
            visit_type=visit_type, start=start, doctor=doctor, holder=holder, by=by, now=now
        )
    except BookingError:
        own = lookups.live_hold(holder, visit_type=visit_type, start=start, doctor=doctor, now=now)
        if own is None:
            raise
        return own
