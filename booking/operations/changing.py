"""Cancelling and moving a visit."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from accounts.models import Doctor
from booking import messages
from booking.availability import Span
from booking.clock_changes import offset_minutes
from booking.models import Appointment, ChangeRequest, FreedTime, SlotStatus, Status
from booking.models.appointment import MOVABLE
from booking.operations import cells, freed, overriding, requests, rules, steps
from booking.operations.counting import counts_refusals
from booking.operations.errors import NotOffered, WrongState
from booking.operations.writing import first_status, treat
from clinic.lib.actor import Actor

CANCELLABLE = (Status.PENDING, Status.BOOKED, Status.CHECKED_IN)


def cancel(
    *,
    appointment: Appointment,
    reason: str = "",
    version: int | None = None,
    by: Actor,
    now: dt.datetime,
    notify: bool = True,
) -> Appointment:
    """Cancel a visit and give its time back. Raises WrongState when it is over or not agreed, or
    has changed since somebody saw the `version` that is given.

    Patients are bound to the visit type's notice (ChangeTooLate); the clinic is not.
    """
    with steps.short_transaction():
        visit = steps.lock_appointment(appointment.pk)
        if visit.status not in CANCELLABLE or visit.end <= now:
            raise WrongState
        if version not in (None, visit.version):
            raise WrongState
        rules.check_change(visit, by=by, now=now)
        visit.status = Status.CANCELLED
        visit.ended_at, visit.ended_by = now, by.label
        visit.cancel_reason = reason
        visit.version += 1
        visit.save()
        cells.release(visit, now=now)
        freed.note_visit(visit, cause=FreedTime.Cause.CANCELLED, now=now)
        steps.record("cancelled", visit, by=by, now=now)
        requests.settle(visit, ChangeRequest.Kind.CANCEL, by=by, now=now)
        if notify:
            messages.cancelled(visit, now=now)
        return visit


@counts_refusals
def reschedule(
    *,
    appointment: Appointment,
    start: dt.datetime,
    doctor: Doctor | None = None,
    version: int | None = None,
    override: str = "",
    by: Actor,
    now: dt.datetime,
    notify: bool = True,
    for_clinic: bool = False,
    within: Callable[[Appointment], None] = lambda visit: None,
) -> Appointment:
    """Move a visit to `start` (UTC), also to a time that overlaps its present one.

    To where it is already it does not move, and nobody is told so.
    Without a doctor it keeps its own if that one is free then, or else goes to any. All old and
    new cells are locked together in the order of their ids; a refusal changes nothing, so the old
    time is never lost. A visit that needs approval returns to `pending`. `override` is a reason to
    break the clinic's rules, as in `book`; without a doctor, the hours of the visit's own. With
    `version`, that of the visit which somebody saw, nothing moves when it has moved since. Raises
    WrongState, ChangeTooLate, TooSoon, TooFar, NotOffered, Taken or PatientBusy,
    OverrideNotAllowed or TooLong.

    `for_clinic`: the clinic cannot keep the time, so another must be given; notice and horizon do
    not bind, and what was booked stays booked. `within` is called in the transaction with the
    locked visit before it moves; what it raises refuses the move.
    """
    if start == appointment.start and doctor in (None, appointment.doctor):
        if version not in (None, appointment.version):
            raise WrongState
        if for_clinic:
            raise NotOffered  # the very time that cannot be kept
        return appointment
    visit_type = appointment.visit_type
    if for_clinic:
        visit_type = visit_type.without_limits()
    override = overriding.check_reason(override, patient_id=appointment.patient_id, by=by)
    broken = rules.check_time(visit_type, start, now=now, override=override)
    wish = cells.Wish(
        visit_type,
        start,
        now,
        doctor.pk if doctor else None,
        own=appointment,
        prefer=appointment.doctor_id,
        overrule=bool(override),
    )
    visit = appointment

    def before() -> cells.Wish:
        nonlocal visit
        span = Span(start, start + visit_type.length)
        steps.lock_free_patient(appointment.patient_id, span, other_than=appointment.pk)  # type: ignore[arg-type]
        visit = steps.lock_appointment(appointment.pk)
        if visit.status not in MOVABLE or visit.end <= now:
            raise WrongState
        if version is not None and visit.version != version:
            raise WrongState
        rules.check_change(visit, by=by, now=now)
        within(visit)
        return dataclasses.replace(wish, own=visit)

    def write(place: cells.Place) -> Appointment:
        previous = visit.start
        was = freed.time_of(visit)
        kept = cells.release(visit, now=now, keep=place.cell_ids)
        _put(visit, wish, place, stays=for_clinic)
        cells.claim(place, visit, status=SlotStatus.BOOKED, now=now, kept=kept)
        overrode = overriding.write_down(visit, place, broken, reason=override, by=by, now=now)
        steps.record("moved", visit, by=by, now=now, **overrode)
        requests.settle(visit, ChangeRequest.Kind.MOVE, by=by, now=now)
        freed.note_left(*was, visit, now=now)
        steps.forget_time(visit, previous)
        if visit.status == Status.BOOKED:
            treat(visit, by=by, now=now)
        if notify:
            messages.moved(visit, previous=previous, now=now)
        return visit

    return steps.take(wish, write, before=before)


def _put(visit: Appointment, wish: cells.Wish, place: cells.Place, *, stays: bool) -> None:
    """Write the new time and doctor into the same row, under a new version.

    `stays`: what was booked is not asked for again.
    """
    visit.doctor_id = place.doctor_id
    visit.start, visit.end = wish.start, wish.start + wish.visit_type.length
    visit.busy_start, visit.busy_end = place.fit.busy
    visit.utc_offset = offset_minutes(wish.start, wish.visit_type.clinic.zone)
    visit.outside_hours = place.outside
    visit.confirmed_at = visit.reminded_at = None
    visit.moved_at = wish.now
    if visit.status == Status.BOOKED and not stays:
        is_guest = bool(visit.patient and visit.patient.is_guest)
        visit.status = first_status(wish.visit_type, is_guest=is_guest)
    if visit.status == Status.PENDING:
        visit.decided_at = visit.decided_by = None
        visit.decision_reason = ""
    visit.version += 1
    visit.save()
