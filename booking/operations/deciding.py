"""Answering a request: the clinic accepts or declines it; a guest confirms the address."""

from __future__ import annotations

import datetime as dt

from booking import messages
from booking.models import Appointment, FreedTime, Status
from booking.operations import cells, freed, rules, steps, wanted
from booking.operations.errors import OwnRequest, ReasonMissing, WrongState
from booking.operations.writing import treat
from clinic.lib.actor import Actor


def accept(*, appointment: Appointment, by: Actor, now: dt.datetime) -> Appointment:
    """Turn a request into a booked visit.

    Raises WrongState if it is no open request any more, and OwnRequest.
    """
    with steps.short_transaction():
        visit = _lock_open(appointment, now=now)
        if rules.looks_after(by, visit.patient_id):
            raise OwnRequest
        visit.status = Status.BOOKED
        visit.decided_at, visit.decided_by = now, by.label
        visit.confirm_by = None
        visit.version += 1
        visit.save()
        steps.record("accepted", visit, by=by, now=now)
        treat(visit, by=by, now=now)
        wanted.want(visit, now=now)  # its kind may ask for more by now
        messages.accepted(visit, now=now)
        return visit


def decline(*, appointment: Appointment, reason: str, by: Actor, now: dt.datetime) -> Appointment:
    """Refuse a request and free its time; the patient is told the reason.

    Raises ReasonMissing, and WrongState if it is no open request any more.
    """
    if not reason.strip():
        raise ReasonMissing
    with steps.short_transaction():
        visit = _lock_open(appointment, now=now)
        visit.status = Status.DECLINED
        visit.decided_at, visit.decided_by = now, by.label
        visit.ended_at, visit.ended_by = now, by.label
        visit.decision_reason = reason.strip()
        visit.version += 1
        visit.save()
        cells.release(visit, now=now)
        freed.note_visit(visit, cause=FreedTime.Cause.DECLINED, now=now)
        steps.record("declined", visit, by=by, now=now)
        messages.declined(visit, now=now)
        return visit


def confirm_guest(*, appointment: Appointment, by: Actor, now: dt.datetime) -> Appointment:
    """The mailed link was followed: the request no longer lapses for want of that.

    Raises WrongState if it has ended in the meantime. Following the link again changes nothing.
    """
    with steps.short_transaction():
        visit = steps.lock_appointment(appointment.pk)
        if visit.confirm_by is None and visit.is_live:
            return visit
        visit = _lock_open(appointment, now=now)
        visit.confirm_by = None
        visit.save()
        steps.record("confirmed", visit, by=by, now=now)
        messages.booked(visit, now=now)
        return visit


def _lock_open(appointment: Appointment, *, now: dt.datetime) -> Appointment:
    visit = steps.lock_appointment(appointment.pk)
    overdue = visit.confirm_by is not None and visit.confirm_by <= now
    if visit.status != Status.PENDING or visit.start <= now or overdue:
        raise WrongState
    return visit
