"""What the browser's session keeps of a held time: whose it is, and what to show of it."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from booking.models import Appointment
from booking.wording import time_text, when_text

HOLDER, HOLD, REASON = "holder", "hold", "hold_reason"


def holder_of(request: HttpRequest) -> str:
    """A random value that is this browser's own, and survives sign-in."""
    if HOLDER not in request.session:
        request.session[HOLDER] = secrets.token_urlsafe(24)
    return request.session[HOLDER]


def remember(request: HttpRequest, hold: Appointment) -> None:
    """For the notice on the pages of sign-in: the time is not lost on the way."""
    assert hold.held_until is not None
    zone = hold.visit_type.clinic.zone
    request.session[HOLD] = {
        "id": str(hold.pk),
        "label": when_text(hold.start, zone),
        "until": time_text(hold.held_until, zone),
        "held_until": hold.held_until.isoformat(),
        "url": reverse("confirm", args=[hold.pk]),
    }


def forget(request: HttpRequest) -> None:
    for name in (HOLD, REASON):
        request.session.pop(name, None)


def own_hold_or_404(request: HttpRequest, pk: Any) -> Appointment:
    holder = request.session.get(HOLDER)
    if not holder:
        raise Http404
    try:
        return Appointment.objects.select_related("visit_type__clinic", "doctor").get(
            pk=pk, holder=holder
        )
    except Appointment.DoesNotExist:
        raise Http404 from None
