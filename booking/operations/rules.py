"""The clinic's rules for when a visit may be booked or changed by the patient."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.models import Patient
from booking import queries
from booking.availability import Span
from booking.models import Appointment, Override, Slot, SlotStatus, Status, VisitType
from booking.operations.cells import Wish
from booking.operations.errors import (
    BookingError,
    ChangeTooLate,
    NotOffered,
    Taken,
    TooFar,
    TooSoon,
    WrongState,
)
from clinic.lib.actor import Actor


def check_time(
    visit_type: VisitType, start: dt.datetime, *, now: dt.datetime, override: str = ""
) -> list[Override.Rule]:
    """Raise TooSoon or TooFar by the visit type's notice and horizon (real hours).

    With a reason to override they are not raised, but returned as what was broken. A visit that
    would be over already is refused all the same: a time that has just begun may be filled.
    """
    if start < visit_type.earliest(now):
        if not override or start + visit_type.length <= now:
            raise TooSoon
        return [Override.Rule.NOTICE]
    if start > visit_type.latest(now):
        if not override:
            raise TooFar
        return [Override.Rule.HORIZON]
    return []


def check_change(appointment: Appointment, *, by: Actor, now: dt.datetime) -> None:
    """Raise unless a patient may still cancel or move this visit; the clinic always may.

    Somebody of the clinic who changes an own visit, or one of a child in care, is like others.
    """
    if by.is_clinic and not looks_after(by, appointment.patient_id):
        return
    if appointment.status not in (Status.PENDING, Status.BOOKED):
        raise WrongState
    if not appointment.can_change(now=now):
        raise ChangeTooLate


def looks_after(by: Actor, patient_id: uuid.UUID | None) -> bool:
    """Whether the patient is the actor, or somebody in the actor's care."""
    if by.user_id is None or patient_id is None:
        return False
    return Patient.objects.looked_after_by(by.user_id).filter(pk=patient_id).exists()


def why_not(wish: Wish) -> BookingError:
    """The refusal for a time that was not obtained: never offered, or taken, with what is near."""
    visit_type = wish.visit_type
    if not _could_ever(wish):
        return NotOffered()
    doctor = queries.doctor_of(visit_type, wish.doctor_id)
    return Taken(
        lambda: queries.nearest(
            visit_type=visit_type, start=wish.start, doctor=doctor, now=wish.now
        )
    )


def _could_ever(wish: Wish) -> bool:
    """Whether some doctor has unblocked cells, free or not, for the whole visit at that start.

    With an override any time of the chosen doctor could be.
    """
    if wish.overrule and wish.chosen:
        return queries.doctor_of(wish.visit_type, wish.chosen) is not None
    doctors = queries.doctors_of(wish.visit_type)
    if wish.doctor_id is not None:
        doctors = doctors.filter(pk=wish.doctor_id)
    span = Span(wish.start, wish.start + wish.visit_type.length)
    cells = (
        Slot.objects.filter(doctor__in=doctors)
        .between(*span)
        .exclude(status__in=[SlotStatus.BLOCKED, SlotStatus.HOLIDAY])
        .order_by("doctor", "start")
        .values_list("doctor_id", "start", "end")
    )
    reached: dict[object, dt.datetime] = {}
    for doctor_id, start, end in cells:
        if reached.get(doctor_id, span.start) == start:
            reached[doctor_id] = end
    return any(end >= span.end for end in reached.values())
