"""What the browser's session keeps of a held time, to show it on the way to its booking."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from booking.models import Appointment
from booking.wording import time_text, when_text

HOLD, REASON = "hold", "hold_reason"


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
