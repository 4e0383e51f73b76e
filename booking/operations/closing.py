"""Visits that are over and that nobody closed: what became of them is said afterwards."""

from __future__ import annotations

import datetime as dt

from booking.models import Appointment, Status
from booking.operations import cells, requests, steps
from booking.operations.errors import ReasonMissing, WrongState
from clinic.lib.actor import Actor


def close_as_completed(*, appointment: Appointment, by: Actor, now: dt.datetime) -> Appointment:
    """The visit took place, though nobody noted when the patient arrived.

    Raises WrongState before its end, or unless it is booked or checked in.
    """
    with steps.short_transaction():
        visit = _lock_over(appointment, now=now)
        if visit.status == Status.BOOKED:
            # Both steps in one: the trail of a completed visit always has an arrival.
            steps.record("checked_in", visit, by=by, now=now)
        visit.status = Status.COMPLETED
        visit.ended_at, visit.ended_by = now, by.label
        visit.save()
        requests.settle(visit, by=by, now=now)
        steps.record("completed", visit, by=by, now=now)
        return visit


def close_as_cancelled(
    *, appointment: Appointment, reason: str, by: Actor, now: dt.datetime
) -> Appointment:
    """The visit did not take place, and not because the patient stayed away. Nobody is written to:
    its time is over, and the patient was there or knows.

    Raises ReasonMissing, and WrongState before its end, or unless it is booked or checked in.
    """
    if not reason.strip():
        raise ReasonMissing
    with steps.short_transaction():
        visit = _lock_over(appointment, now=now)
        visit.status = Status.CANCELLED
        visit.ended_at, visit.ended_by = now, by.label
        visit.cancel_reason = reason.strip()
        visit.version += 1
        visit.save()
        requests.settle(visit, by=by, now=now)
        cells.release(visit, now=now)
        steps.record("cancelled", visit, by=by, now=now)
        return visit


def _lock_over(appointment: Appointment, *, now: dt.datetime) -> Appointment:
    visit = steps.lock_appointment(appointment.pk)
    if visit.status not in (Status.BOOKED, Status.CHECKED_IN) or visit.end > now:
        raise WrongState
    return visit
