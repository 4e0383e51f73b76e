"""The link to one visit that needs no sign-in; see `clinic.lib.visit_links`."""

from __future__ import annotations

from booking.models import Appointment
from clinic.lib.visit_links import address, named_by, token_of

__all__ = ["named_by", "token_of", "visit_url"]


def visit_url(appointment: Appointment) -> str:
    return address(appointment.pk, appointment.version)
