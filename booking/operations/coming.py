"""A patient says that he will come."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from booking.models import Appointment, Status
from booking.operations import steps
from booking.operations.errors import BookingError, WrongState
from clinic.lib.actor import Actor


class TooEarlyToConfirm(BookingError):
    """Said long before, it says little."""

    code = "too-early-to-confirm"
    sentence = _("You can tell us that you will come when the visit is nearer.")


def confirmable(appointment: Appointment, *, now: dt.datetime) -> bool:
    """Whether the page asks for it: a booked visit, from some days before until its start."""
    return (
        appointment.status == Status.BOOKED
        and appointment.confirmed_at is None
        and _opens(appointment) <= now < appointment.start
    )


def confirm_attendance(
    *, appointment: Appointment, version: int | None = None, by: Actor, now: dt.datetime
) -> Appointment:
    """The patient will come, at the present time of the visit; a move asks anew.

    Said twice it is the same. Raises WrongState unless the visit is booked and ahead, and still of
    the `version` that was seen if one is given; TooEarlyToConfirm earlier than
    CONFIRM_ATTENDANCE_DAYS before it.
    """
    with steps.short_transaction():
        visit = steps.lock_appointment(appointment.pk)
        if visit.status != Status.BOOKED or visit.start <= now:
            raise WrongState
        if version not in (None, visit.version):
            raise WrongState
        if visit.confirmed_at is not None:
            return visit
        if now < _opens(visit):
            raise TooEarlyToConfirm
        visit.confirmed_at = now
        visit.save(update_fields=["confirmed_at"])
        steps.record("attendance_confirmed", visit, by=by, now=now)
        return visit


def _opens(appointment: Appointment) -> dt.datetime:
    return appointment.start - dt.timedelta(days=settings.CONFIRM_ATTENDANCE_DAYS)
