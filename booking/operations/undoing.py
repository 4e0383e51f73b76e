"""Taking back a tap too many: what was written down on the day of a visit."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError

from booking.availability import Fit, Span
from booking.models import Appointment, SlotStatus, Status
from booking.models.appointment import AppointmentQuerySet
from booking.operations import cells, outside, steps, sweeping
from booking.operations.errors import Taken, UndoTooLate, WrongState
from booking.operations.locks import StaleHoldLeft
from clinic.lib.actor import Actor
from clinic.lib.times import day_bounds, local_day

# From what to what.
BACK = {
    Status.COMPLETED: Status.CHECKED_IN,
    Status.CHECKED_IN: Status.BOOKED,
    Status.NO_SHOW: Status.BOOKED,
}


def undo(
    *, appointment: Appointment, seen: Status | None = None, by: Actor, now: dt.datetime
) -> Appointment:
    """Take a visit one step back: completed → checked in → booked, did not come → booked.

    Whoever did not come gets the time again, closed as it may be by now; Taken when any of it was
    given away, PatientBusy when the patient has another visit then. A step can be taken back until
    the end of the clinic's day after the one on which it was made, or UndoTooLate. WrongState in
    any other state, and in another than the one that was `seen` (a second tap takes back no more).
    """
    before = Appointment.objects.get(pk=appointment.pk)
    if before.status == Status.NO_SHOW:
        sweeping.expire_holds(now=now, only=_stale_in_the_way(before, now=now))
    try:
        with steps.short_transaction():
            if before.status == Status.NO_SHOW and before.patient_id is not None:
                span = Span(before.start, before.end)
                steps.lock_free_patient(before.patient_id, span, other_than=before.pk)
            visit = steps.lock_appointment(before.pk)
            if visit.status not in BACK or visit.status != (seen or before.status):
                raise WrongState
            return _step_back(visit, by=by, now=now)
    except StaleHoldLeft as error:
        raise Taken from error
    except IntegrityError as error:
        raise cells.refusal(error) from error


def _stale_in_the_way(visit: Appointment, *, now: dt.datetime) -> AppointmentQuerySet:
    """Of any doctor: it may have the room."""
    return Appointment.objects.stale_holds(now=now).filter(
        busy_start__lt=visit.busy_end, busy_end__gt=visit.busy_start
    )


def _step_back(visit: Appointment, *, by: Actor, now: dt.datetime) -> Appointment:
    done, back = Status(visit.status), BACK[Status(visit.status)]
    made = visit.arrived_at if done == Status.CHECKED_IN else visit.ended_at
    if made is not None and now >= undo_ends(visit, made):
        raise UndoTooLate
    place = _its_time(visit, now=now) if done == Status.NO_SHOW else None
    if place is not None:
        visit.busy_start, visit.busy_end = place.fit.busy
        visit.outside_hours = place.outside
    if back == Status.BOOKED:
        visit.arrived_at = None
    visit.status, visit.ended_at, visit.ended_by = back, None, None
    visit.save()
    if place is not None:
        cells.claim(place, visit, status=SlotStatus.BOOKED, now=now)
    steps.record("undone", visit, by=by, now=now, **{"from": done.value, "to": back.value})
    return visit


def undo_ends(visit: Appointment, made: dt.datetime) -> dt.datetime:
    """Until when a step that was made at `made` can be taken back."""
    zone = visit.clinic.zone
    return day_bounds(local_day(made, zone) + dt.timedelta(days=1), zone)[1]


def _its_time(visit: Appointment, *, now: dt.datetime) -> cells.Place:
    """The time that the visit had, locked again."""
    fit = Fit(Span(visit.start, visit.end), Span(visit.busy_start, visit.busy_end))
    return outside.lock_fit(visit.visit_type, visit.doctor, fit, own=visit, now=now)
