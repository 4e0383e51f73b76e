"""What is said of a new visit, or of a new request for one."""

from __future__ import annotations

import datetime as dt

from booking import links
from booking.messages.documents import ask_unless_told
from booking.messages.telling import take_back, tell
from booking.models import Appointment, Status
from booking.wording import when_text


def booked(appointment: Appointment, *, now: dt.datetime) -> None:
    """A visit was booked, or a request was made: whichever it is."""
    take_back(appointment, now=now)
    if appointment.status != Status.PENDING:
        tell("booked", appointment, now=now, calendar="REQUEST")
        ask_unless_told(appointment, now=now)
    elif appointment.confirm_by is not None:
        _to_be_confirmed(appointment, appointment.confirm_by, now=now)
    else:
        tell("request_received", appointment, now=now)
        ask_unless_told(appointment, now=now)


def _to_be_confirmed(appointment: Appointment, until: dt.datetime, *, now: dt.datetime) -> None:
    """Nobody has shown that the address is the guest's: a stranger is not sent words that somebody
    else chose."""
    zone = appointment.visit_type.clinic.zone
    tell(
        "guest_confirm",
        appointment,
        now=now,
        url=links.guest_url(appointment),
        more=lambda: {"patient_name": "", "confirm_by": when_text(until, zone)},
        expires_at=until,
    )
