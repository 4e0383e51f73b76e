"""The day of the visit: arrival, end, and not coming."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from booking.models import Appointment, FreedTime, Status
from booking.operations import cells, freed, requests, steps
from booking.operations.errors import BookingError, WrongState
from clinic.lib.actor import Actor


class TooEarlyToCheckIn(BookingError):
    """A slip of the finger: on the page of another day."""

    code = "too-early-to-check-in"
    sentence = _("This visit is on a later day. Patients are checked in on the day itself.")


def check_in(*, appointment: Appointment, by: Actor, now: dt.datetime) -> Appointment:
    """The patient has arrived.

    Raises WrongState unless the visit is booked, and TooEarlyToCheckIn before the day of the visit
    by the clinic's calendar.
    """
    with steps.short_transaction():
        visit = _lock(appointment, Status.BOOKED)
        if not visit.can_arrive(now=now):
            raise TooEarlyToCheckIn
        visit.status, visit.arrived_at = Status.CHECKED_IN, now
        return _save(visit, "checked_in", by=by, now=now)


def complete(*, appointment: Appointment, by: Actor, now: dt.datetime) -> Appointment:
    """The visit has taken place. Raises WrongState unless the patient is checked in."""
    with steps.short_transaction():
        visit = _lock(appointment, Status.CHECKED_IN)
        visit.status = Status.COMPLETED
        visit.ended_at, visit.ended_by = now, by.label
        return _save(visit, "completed", by=by, now=now)


def mark_no_show(*, appointment: Appointment, by: Actor, now: dt.datetime) -> Appointment:
    """The patient did not come; the rest of the time is free for others.

    Raises WrongState before the visit's start, or unless it is booked.
    """
    with steps.short_transaction():
        visit = _lock(appointment, Status.BOOKED)
        if now < visit.start:
            raise WrongState
        visit.status = Status.NO_SHOW
        visit.ended_at, visit.ended_by = now, by.label
        cells.release(visit, now=now)
        freed.note_visit(visit, cause=FreedTime.Cause.NO_SHOW, now=now)
        return _save(visit, "no_show", by=by, now=now)


def _lock(appointment: Appointment, expected: Status) -> Appointment:
    visit = steps.lock_appointment(appointment.pk)
    if visit.status != expected:
        raise WrongState
    return visit


def _save(visit: Appointment, action: str, *, by: Actor, now: dt.datetime) -> Appointment:
    visit.save()
    requests.settle(visit, by=by, now=now)
    steps.record(action, visit, by=by, now=now)
    return visit
