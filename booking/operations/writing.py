"""Writing an appointment's row, and what a booking brings with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from accounts.operations import open_treating
from booking import messages
from booking.clock_changes import offset_minutes
from booking.models import Appointment, Status, VisitType
from booking.operations import cells, steps, wanted
from clinic.lib.actor import Actor


def insert(wish: cells.Wish, place: cells.Place, **fields: Any) -> Appointment:
    appointment = Appointment(
        clinic=wish.visit_type.clinic,
        visit_type=wish.visit_type,
        doctor_id=place.doctor_id,
        start=wish.start,
        end=wish.start + wish.visit_type.length,
        busy_start=place.fit.busy.start,
        busy_end=place.fit.busy.end,
        utc_offset=offset_minutes(wish.start, wish.visit_type.clinic.zone),
        outside_hours=place.outside,
        created_at=wish.now,
        **fields,
    )
    appointment.save(force_insert=True)
    return appointment


def first_status(visit_type: VisitType, *, is_guest: bool) -> Status:
    """A guest's booking is always a request."""
    return Status.PENDING if visit_type.needs_approval or is_guest else Status.BOOKED


def agreed(
    appointment: Appointment, *, notify: bool, by: Actor, now: dt.datetime, **more: Any
) -> None:
    """What a booking or a request brings with it, in the same transaction."""
    pending = appointment.status == Status.PENDING
    steps.record("requested" if pending else "booked", appointment, by=by, now=now, **more)
    if not pending:
        treat(appointment, by=by, now=now)
    wanted.want(appointment, now=now)
    if notify:
        messages.booked(appointment, now=now)


def treat(appointment: Appointment, *, by: Actor, now: dt.datetime) -> None:
    """Open the treating relationship that an agreed visit means; never for a guest."""
    patient = appointment.patient
    if patient is None or patient.is_guest:
        return
    open_treating(
        patient=patient,
        doctor=appointment.doctor,
        visit_end=appointment.end,
        by=by,
        now=now,
    )
